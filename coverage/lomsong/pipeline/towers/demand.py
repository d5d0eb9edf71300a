"""Whom towers are planned for: the expected unconnected learners, gathered in squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import UsageError
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.settings import Siting
from lomsong.texts import fault

DEMAND_CELL_M = 250.0
"""Households of one square of this side stand together where towers are planned."""

SPARSE_CELL_M = 1_000.0
"""Side of the squares of those that few unconnected learners share."""

FEW_LEARNERS = 0.5
"""Expected unconnected learners below which a square is gathered with its neighbours."""

LEAST_DEMAND = 0.02
"""Squares with fewer expected unconnected learners are left out of the plan."""

OWN = "own_"
"""Begins the columns of unconnected learners by their own operator."""


def demand_cells(evidence: Evidence, gaps: Gaps, siting: Siting) -> pd.DataFrame:
    """Gather learners in squares: of :data:`DEMAND_CELL_M`, and of :data:`SPARSE_CELL_M` where few are unconnected.

    Returns
    -------
    Columns easting_m, northing_m (mean of the households), learners, unconnected (expected) and commune_code, and for
    each operator of ``siting.operator_sites`` those of the unconnected whose own it is, ``own_<operator>``; squares are
    cut at the borders of communes. Households that are connected beyond doubt are left out.

    Raises
    ------
    UsageError
        When a code of ``siting.communes`` or ``siting.least_share`` is that of no commune.
    """
    households = evidence.households
    frame = pd.DataFrame(coordinates(households, evidence.crs), columns=["easting_m", "northing_m"])
    frame["learners"] = households["learners"].to_numpy(float)
    frame["unconnected"] = frame["learners"] * (1 - _p_usable(evidence, gaps, siting.operator))
    frame["commune_code"] = households["commune_code"].fillna("").to_numpy()
    for name in siting.operator_sites:
        own = households["own_operator"].to_numpy() == name if "own_operator" in households else False
        frame[f"{OWN}{name}"] = frame["unconnected"] * own
    known_communes(evidence, (*siting.communes, *siting.least_share))
    if siting.communes:
        frame = frame[frame["commune_code"].isin(siting.communes)]
    frame = frame[frame["unconnected"] > 0]
    few = frame.groupby(_squares(frame, DEMAND_CELL_M))["unconnected"].transform("sum") < FEW_LEARNERS
    cells = pd.concat([_gathered(frame[~few], DEMAND_CELL_M), _gathered(frame[few], SPARSE_CELL_M)], ignore_index=True)
    return cells[cells["unconnected"] >= LEAST_DEMAND].reset_index(drop=True)


def known_communes(evidence: Evidence, codes: tuple[str, ...]) -> None:
    """Refuse codes that are of no commune."""
    unknown = sorted(set(codes) - set(evidence.communes["commune_code"]))
    if unknown:
        raise fault(UsageError, "towers_communes", codes=", ".join(unknown))


def _p_usable(evidence: Evidence, gaps: Gaps, operator: str) -> NDArray[np.float64]:
    """Return the probability that any operator is usable at each household, or the one who builds, if he is named."""
    if not operator:
        return gaps.at_home["p_usable"].to_numpy(float)
    own = gaps.service[gaps.service["operator"] == operator]
    p_usable = own.drop_duplicates("demand_id").set_index("demand_id")["p_usable"]
    return p_usable.reindex(evidence.households["household_id"]).fillna(1.0).to_numpy(float)


def _squares(frame: pd.DataFrame, side_m: float) -> list[pd.Series]:
    return [np.floor(frame[name] / side_m).astype(np.int64).rename(name[0]) for name in ("easting_m", "northing_m")] + [
        frame["commune_code"].rename("c")
    ]


def _gathered(frame: pd.DataFrame, side_m: float) -> pd.DataFrame:
    summed = {name: (name, "sum") for name in ("learners", "unconnected", *frame.filter(like=OWN).columns)}
    return frame.groupby(_squares(frame, side_m)).agg(
        easting_m=("easting_m", "mean"),
        northing_m=("northing_m", "mean"),
        **summed,
        commune_code=("commune_code", "first"),
    )
