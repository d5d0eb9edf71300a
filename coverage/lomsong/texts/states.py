"""States of a place and kinds of a value."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "usable": ("có sóng", "usable"),
    "weak": ("lõm sóng", "weak"),
    "none": ("trắng sóng", "no service"),
    "unsurveyed": ("chưa đo kiểm", "unsurveyed"),
    "measured": ("đo kiểm", "measured"),
    "modelled": ("mô hình", "modelled"),
    "declared": ("nhà mạng công bố", "declared"),
}  # fmt: skip
