"""Faults of layers of communes and of joining to them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
}  # fmt: skip
