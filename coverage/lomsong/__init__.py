"""lomsong (lõm sóng, "signal hollow"): signal surveys, learners and communes into coverage gaps, a map and a plan."""

from __future__ import annotations

__version__ = "0.1.0"
