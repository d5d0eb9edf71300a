"""Land declared but not usable, and land usable but not declared, with the learners who live there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.gap.claims.check import Claim, claims_of, judged
from lomsong.gap.claims.field_tests import SQUARE_M, Thresholds, identifiers
from lomsong.geo import coordinates, join_communes, metric_crs
from lomsong.surface.declared import Declaration

AREAS = ("claimed_km2", "false_km2", "undeclared_km2", "unknown_km2")
LEARNERS = ("learners_claimed", "learners_false", "learners_undeclared", "learners_unknown")


def claim_areas(
    tests: pd.DataFrame,
    declaration: Declaration,
    communes: gpd.GeoDataFrame,
    *,
    usable_dbm: Thresholds,
    crs: CRS | None = None,
    estimated: gpd.GeoDataFrame | None = None,
    cell_km2: float = 0.0625,
    households: gpd.GeoDataFrame | None = None,
    p_usable: pd.DataFrame | None = None,
    square_m: float = SQUARE_M,
) -> pd.DataFrame:
    """Add up where claims and signal differ, by claim and commune.

    Two accounts that are never mixed: *measured*, the squares that were tested and nothing else; and *estimated*, where
    a cell of which p is the probability of usable signal counts 1 - p of its area as false when it is declared, and p
    as undeclared when it is not. A cell without an estimate is unknown, neither true nor false.

    Parameters
    ----------
    tests
        As :func:`~lomsong.gap.claims.field_tests.field_tests` returns them, in ``crs``.
    declaration, communes, usable_dbm, crs
        As for :func:`~lomsong.gap.claims.check_claims`.
    estimated
        Points with the column commune_code (or without: by place) and one column an operator with the probability of
        usable signal, NaN where nothing is known. None: no estimated account.
    cell_km2
        Land that a point of ``estimated`` stands for.
    households
        Table ``households``.
    p_usable
        Probability that a household has usable signal: one column an operator, on the index of ``households``.
    square_m
        Side of the squares in which tests were gathered.

    Returns
    -------
    Frame operator, technology, commune_code (missing: outside all communes), claimed_km2, false_km2 (declared, not
    usable), undeclared_km2 (usable, not declared), unknown_km2 (declared, no estimate), learners_claimed,
    learners_false, learners_undeclared, learners_unknown (the same for learners at home), measured_squares,
    measured_false_km2, measured_undeclared_km2. Learners are as they are: suppress them before they are published.
    """
    crs = crs or metric_crs(communes)
    parts = []
    cells = None if estimated is None else _places(estimated, communes, crs)
    homes = None if households is None else _places(households, communes, crs)
    for claim in claims_of(declaration, crs, usable_dbm):
        tables = [_measured(claim, tests, communes, crs, usable_dbm, square_m)]
        if cells is not None and estimated is not None:
            size = np.full(len(estimated), cell_km2)
            tables.append(_account(claim, cells, size, _probability(estimated, claim.operator), AREAS))
        if homes is not None and households is not None:
            known = _probability(pd.DataFrame(index=households.index) if p_usable is None else p_usable, claim.operator)
            tables.append(_account(claim, homes, households["learners"].to_numpy(float), known, LEARNERS))
        together = pd.concat(tables, axis=1).sort_index()
        together = together.rename_axis("commune_code").reset_index()
        together["commune_code"] = together["commune_code"].replace("", None)
        parts.append(together.assign(operator=claim.operator, technology=claim.technology))
    columns = ["operator", "technology", "commune_code", *AREAS, *LEARNERS,
               "measured_squares", "measured_false_km2", "measured_undeclared_km2"]  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=columns)
    frame = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    measured = columns[-3:]
    # Nothing measured, or nobody at home, in a commune is 0 there; an account that was not asked for is missing.
    asked = [*measured, *(AREAS if cells is not None else ()), *(LEARNERS if homes is not None else ())]
    return frame.fillna(dict.fromkeys(asked, 0.0))


def _places(points: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, crs: CRS) -> pd.DataFrame:
    at = coordinates(points, crs)
    codes = join_communes(points, communes).fillna("").to_numpy(object)
    return pd.DataFrame({"easting_m": at[:, 0], "northing_m": at[:, 1], "commune_code": codes})


def _probability(frame: pd.DataFrame, operator: str) -> NDArray[np.float64]:
    own = [name for name, known in identifiers(pd.Series(frame.columns, dtype=object)).items() if known == operator]
    return frame.iloc[:, own[0]].to_numpy(float) if own else np.full(len(frame), np.nan)


def _account(
    claim: Claim, places: pd.DataFrame, size: NDArray[np.float64], p: NDArray[np.float64], names: tuple[str, ...]
) -> pd.DataFrame:
    """Return declared, false, undeclared and unknown sums of ``size`` by commune, under ``names``."""
    declared, _ = claim.at(places[["easting_m", "northing_m"]].to_numpy(float))
    known = np.isfinite(p)
    certain = np.where(known, p, 0.0)
    sums = [
        size * declared,
        size * (declared & known) * (1 - certain),
        size * (~declared & known) * certain,
        size * (declared & ~known),
    ]
    return pd.DataFrame(dict(zip(names, sums, strict=True))).groupby(places["commune_code"].to_numpy()).sum()


def _measured(
    claim: Claim, tests: pd.DataFrame, communes: gpd.GeoDataFrame, crs: CRS, usable_dbm: Thresholds, square_m: float
) -> pd.DataFrame:
    """Return the squares tested, each once: usable where most of its visits passed."""
    known, inside = judged(claim, tests, usable_dbm, square_m)
    at = known[["easting_m", "northing_m"]].to_numpy(float)
    square = pd.MultiIndex.from_arrays(np.floor(at / square_m).astype(np.int64).T)
    squares = known.assign(inside=inside).groupby(square).agg(
        passed=("passed", "mean"), inside=("inside", "first"), east=("easting_m", "mean"), north=("northing_m", "mean")
    )  # fmt: skip
    where = gpd.GeoDataFrame(geometry=gpd.points_from_xy(squares["east"], squares["north"]), crs=crs)
    codes = join_communes(where, communes).fillna("").to_numpy(object)
    usable = (squares["passed"] >= 0.5).to_numpy()
    declared = squares["inside"].to_numpy(bool)
    km2 = (square_m / 1_000) ** 2
    sums = {
        "measured_squares": np.ones(len(squares)),
        "measured_false_km2": km2 * (declared & ~usable),
        "measured_undeclared_km2": km2 * (~declared & usable),
    }
    return pd.DataFrame(sums).groupby(codes).sum()
