"""Text for people, in Vietnamese and English, in one catalogue."""

from __future__ import annotations

from lomsong.errors import UsageError

LANGUAGES = ("vi", "en")

TEXTS: dict[str, tuple[str, str]] = {
    "usable": ("có sóng", "usable"),
    "weak": ("lõm sóng", "weak"),
    "none": ("trắng sóng", "no service"),
    "unsurveyed": ("chưa đo kiểm", "unsurveyed"),
    "measured": ("đo kiểm", "measured"),
    "modelled": ("mô hình", "modelled"),
    "declared": ("nhà mạng công bố", "declared"),
}
"""Key to (Vietnamese, English)."""


def text(key: str, language: str, **values: object) -> str:
    """Return the text of ``key`` in ``language`` with ``values`` filled in as by :meth:`str.format`.

    Raises
    ------
    UsageError
        When the language is not one of :data:`LANGUAGES`.
    KeyError
        When the catalogue has no such key.
    """
    if language not in LANGUAGES:
        raise UsageError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    return TEXTS[key][LANGUAGES.index(language)].format(**values)
