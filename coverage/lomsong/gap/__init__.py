"""Gap and rank: who is without signal, and which commune comes first."""

from __future__ import annotations

from lomsong.gap.learners import UnconnectedDraws, unconnected_draws
from lomsong.gap.rank import rank_communes
from lomsong.gap.service import over_operators, service_of

__all__ = ["UnconnectedDraws", "over_operators", "rank_communes", "service_of", "unconnected_draws"]
