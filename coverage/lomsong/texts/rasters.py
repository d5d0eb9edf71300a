"""Faults of rasters."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
}  # fmt: skip
