"""Words and faults of fetching public layers."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
}  # fmt: skip
