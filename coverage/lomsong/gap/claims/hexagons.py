"""Hexagons in which field tests overturn what an operator declares, bear it out, or leave it open.

After the mobile challenges of the FCC: evidence is gathered by cell of H3; enough tests must fail, in several parts of
the cell and at several times, before a claim is overturned there.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lomsong.errors import UsageError
from lomsong.gap.claims.check import ClaimCheck
from lomsong.gap.claims.shares import exact_bounds
from lomsong.geo import WGS84, require_crs, to_wgs84
from lomsong.settings import Claims
from lomsong.texts import fault

STATES = ("upheld", "overturned", "open")

CAUSES = ("no_service", "below_threshold")

COLUMNS = (
    "commune_code", "name", "state", "lacking", "tests", "failures", "samples", "effective", "share_failed",
    "failed_low", "failed_high", "places", "failed_places", "occasions", "failed_occasions", "days", "median_dbm",
    "worst_dbm", "silent", "claimed_dbm", "threshold_dbm", "first", "last", "cause",
)  # fmt: skip
"""What the tests of one claim in one hexagon say."""


@dataclass(frozen=True)
class ChallengeRules:
    """What it takes to overturn a claim in one hexagon.

    Attributes
    ----------
    resolution
        Of the hexagons in H3: 8 is 0.74 km² on average, 9 is 0.11 km².
    least_tests
        Tests that must fail; and, to uphold a claim, that must be made.
    least_places
        Of the seven hexagons of the next finer resolution, those in which they must lie.
    least_occasions
        Times, ``apart_h`` hours apart at least, at which they must have been made. Where no time is known it is not
        asked.
    apart_h
        Hours between two occasions.
    failure_limit
        The claim is overturned where the share of failures lies above this, upheld where it lies below, with
        ``confidence``.
    confidence
        Of the bound on the share of failures.
    """

    resolution: int = 8
    least_tests: int = 5
    least_places: int = 2
    least_occasions: int = 2
    apart_h: float = 4.0
    failure_limit: float = 0.25
    confidence: float = 0.95

    @classmethod
    def of(cls, claims: Claims) -> ChallengeRules:
        """Return the rules that the settings ask for."""
        return cls(
            resolution=claims.hexagon_resolution,
            least_tests=claims.least_tests,
            least_places=claims.least_places,
            least_occasions=claims.least_occasions,
            failure_limit=claims.failure_limit,
        )

    def __post_init__(self) -> None:
        # Two finer resolutions are needed, and H3 ends at 15.
        if not 0 <= self.resolution <= 13:
            raise fault(UsageError, "claims_resolution", value=self.resolution)


def challenge(
    check: ClaimCheck,
    rules: ChallengeRules | None = None,
    households: gpd.GeoDataFrame | None = None,
    p_usable: pd.DataFrame | None = None,
    utc_offset_h: float = 7.0,
) -> gpd.GeoDataFrame:
    """Judge each claim in each hexagon in which it was tested.

    The share of failures is bounded by exact bounds on effective counts: tests in one hexagon two resolutions finer
    (130 m across in one of resolution 8) count as one. What roads do not reach is not tested; that a hexagon's share is
    near that along its roads is what the simulated provinces bear out (``benchmarks/claims.py``), not a bound.

    Parameters
    ----------
    check
        As :func:`~lomsong.gap.claims.check_claims` returns it.
    rules
        What it takes; None: :class:`ChallengeRules` as they stand.
    households
        Table ``households``; None: learners are not counted.
    p_usable
        Probability that a household has usable signal: one column an operator, on the index of ``households``.
    utc_offset_h
        Of the clock by which days are told apart.

    Returns
    -------
    Frame in EPSG:4326, ordered by operator, technology and hexagon: operator, technology ("": any), hexagon (H3),
    commune_code, name (where most tests lie), state (:data:`STATES`), lacking (what an open one lacks: tests, places,
    occasions or share; else missing), tests, failures, samples, effective, share_failed, failed_low, failed_high,
    places, failed_places, occasions, failed_occasions (0: times unknown), days, median_dbm (of the tests that have a
    level; missing where none has), worst_dbm, silent (tests without service), claimed_dbm (highest declared level;
    missing: not told), threshold_dbm, first, last (UTC), cause (of :data:`CAUSES`; missing where nothing failed),
    learners (at home in the hexagon), learners_unserved (expected; missing where nothing is known), longitude,
    latitude (its centre), geometry. Learners are as they are: suppress them before they are published.

    References
    ----------
    FCC (2022), Establishing the Digital Opportunity Data Collection, 87 FR 21476 (geographic, temporal and testing
    thresholds of mobile challenges); the numbers of :class:`ChallengeRules` are ours.
    """
    rules = rules or ChallengeRules()
    tests = _located(check, rules)
    keys = ["operator", "technology", "hexagon"]
    frame = _evidence(tests, keys, rules, utc_offset_h)[[*keys, *COLUMNS]]
    frame = _with_learners(frame, households, p_usable, rules.resolution)
    centres = np.array([h3.cell_to_latlng(cell) for cell in frame["hexagon"]], float).reshape(-1, 2)
    frame = frame.assign(longitude=centres[:, 1], latitude=centres[:, 0])
    return gpd.GeoDataFrame(frame, geometry=hexagon_shapes(frame["hexagon"]), crs=WGS84)


def hexagon_shapes(cells: pd.Series) -> gpd.GeoSeries:
    """Return the hexagons of H3 indices as polygons in EPSG:4326, on the same index."""
    shapes = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells]
    return gpd.GeoSeries(shapes, index=cells.index, crs=WGS84)


def hexagons_at(longitude: NDArray[np.float64], latitude: NDArray[np.float64], resolution: int) -> NDArray[np.object_]:
    """Return the H3 index of each place in degrees, shape (n,)."""
    pairs = zip(latitude.tolist(), longitude.tolist(), strict=True)
    return np.array([h3.latlng_to_cell(*pair, resolution) for pair in pairs], dtype=object)


def occasions(times: pd.Series, apart_h: float) -> int:
    """Return the most moments that lie at least so many hours apart from each other; missing ones do not count.

    Examples
    --------
    >>> occasions(pd.to_datetime(pd.Series(["2021-10-04 08:00", "2021-10-04 11:00", "2021-10-04 12:00"])), 4)
    2
    """
    return int(_occasions(times, np.zeros(len(times), np.int64), 1, apart_h)[0])


def _occasions(times: pd.Series, group: NDArray[np.int64], groups: int, apart_h: float) -> NDArray[np.int64]:
    """Return :func:`occasions` of each group: always taking the earliest that is far enough gives the most."""
    known = times.notna().to_numpy()
    moments, of = times.to_numpy("datetime64[ns]").astype(np.int64)[known], group[known]
    order = np.lexsort((moments, of))
    count, last, least = [0] * groups, [-(2**62)] * groups, apart_h * 3.6e12
    for one, moment in zip(of[order].tolist(), moments[order].tolist(), strict=True):
        if moment - last[one] >= least:
            count[one] += 1
            last[one] = moment
    return np.array(count, np.int64)


def _located(check: ClaimCheck, rules: ChallengeRules) -> pd.DataFrame:
    tests = check.tests.copy()
    tests["technology"] = tests.pop("claim_technology") if "claim_technology" in tests else ""
    longitude, latitude = to_wgs84(tests["easting_m"].to_numpy(), tests["northing_m"].to_numpy(), check.crs)
    fine = hexagons_at(longitude, latitude, rules.resolution + 2)
    tests["fine"] = fine
    tests["place"] = np.array([h3.cell_to_parent(cell, rules.resolution + 1) for cell in fine], dtype=object)
    tests["hexagon"] = np.array([h3.cell_to_parent(cell, rules.resolution) for cell in fine], dtype=object)
    return tests


def _evidence(tests: pd.DataFrame, keys: list[str], rules: ChallengeRules, utc_offset_h: float) -> pd.DataFrame:
    """Return what the tests of each claim in each hexagon say, one row a hexagon."""
    failed = ~tests["passed"].to_numpy(bool)
    silent = tests["no_service"].to_numpy(bool)
    local = (tests["first"] + pd.Timedelta(hours=utc_offset_h)).dt.floor("D")
    known = tests.assign(
        failed=failed,
        silent=silent,
        silent_failed=silent & failed,
        failed_place=tests["place"].where(failed),
        day=local,
    )
    grouped = known.groupby(keys, sort=True)
    group = grouped.ngroup().to_numpy(np.int64)
    counts = grouped.agg(
        tests=("failed", "size"), failures=("failed", "sum"), samples=("samples", "sum"), places=("place", "nunique"),
        failed_places=("failed_place", "nunique"), days=("day", "nunique"), median_dbm=("level_dbm", "median"),
        worst_dbm=("level_dbm", "min"), silent=("silent", "sum"), claimed_dbm=("claimed_dbm", "max"),
        threshold_dbm=("threshold_dbm", "max"), first=("first", "min"), last=("last", "max"),
        silent_failed=("silent_failed", "sum"),
    )  # fmt: skip
    # Tests in one hexagon two resolutions finer count as one: effective_tests with a correlation of 1.
    squares = known.groupby([*keys, "fine"]).size().pow(2).groupby(level=keys).sum()
    counts["effective"] = counts["tests"] ** 2 / squares.reindex(counts.index)
    counts["share_failed"] = counts["failures"] / counts["tests"]
    low, high = exact_bounds(counts["effective"] * counts["share_failed"], counts["effective"], rules.confidence)
    counts["failed_low"], counts["failed_high"] = low, high
    counts["occasions"] = _occasions(known["first"], group, len(counts), rules.apart_h)
    counts["failed_occasions"] = _occasions(known["first"][failed], group[failed], len(counts), rules.apart_h)
    mostly_silent = 2 * counts.pop("silent_failed") >= counts["failures"]
    cause = pd.Series(np.where(mostly_silent, *CAUSES), index=counts.index, dtype=object)
    counts["cause"] = cause.where(counts["failures"] > 0, None)
    state, lacking = _judged(counts, rules)
    return counts.assign(state=state, lacking=lacking).join(_communes(known, keys)).reset_index()


def _communes(tests: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return code and name of the commune in which most tests of each hexagon lie; of two, the first by code."""
    size = tests.groupby([*keys, "commune_code"]).agg(size=("samples", "size"), name=("name", "first")).reset_index()
    most = size.sort_values([*keys, "size", "commune_code"], ascending=[True] * len(keys) + [False, True])
    return most.drop_duplicates(keys).set_index(keys)[["commune_code", "name"]]


def _judged(counts: pd.DataFrame, rules: ChallengeRules) -> tuple[NDArray[np.str_], NDArray[np.object_]]:
    """Return the state of each hexagon, and what an open one lacks."""
    untimed = counts["first"].isna()
    fails = counts["failed_low"] > rules.failure_limit
    # To overturn, the failures must be many and spread; to uphold, the tests.
    lacks = {
        "tests": counts["failures"].where(fails, counts["tests"]) < rules.least_tests,
        "places": counts["failed_places"].where(fails, counts["places"]) < rules.least_places,
        "occasions": ~untimed & (counts["failed_occasions"].where(fails, counts["occasions"]) < rules.least_occasions),
        "share": ~fails & (counts["failed_high"] >= rules.failure_limit),
    }
    lacking = np.select([lack.to_numpy(bool) for lack in lacks.values()], list(lacks), default="")
    state = np.where(lacking != "", "open", np.where(fails, "overturned", "upheld"))
    told = lacking.astype(object)
    told[lacking == ""] = None
    return state, told


def _with_learners(
    frame: pd.DataFrame, households: gpd.GeoDataFrame | None, p_usable: pd.DataFrame | None, resolution: int
) -> pd.DataFrame:
    """Add the learners of each hexagon, all of them for every operator: no two counts differ by a few homes."""
    if households is None:
        return frame.assign(learners=np.nan, learners_unserved=np.nan)
    require_crs(households, "households")
    at = households.geometry.to_crs(WGS84)
    told = ~(at.is_empty | at.isna()).to_numpy()
    cell = np.full(len(households), "", dtype=object)
    cell[told] = hexagons_at(at[told].x.to_numpy(), at[told].y.to_numpy(), resolution)
    learners = households["learners"].to_numpy(float)
    home = pd.Series(learners).groupby(cell).sum()
    result = frame.assign(learners=frame["hexagon"].map(home).fillna(0.0), learners_unserved=np.nan)
    known = pd.DataFrame(index=households.index) if p_usable is None else p_usable
    for operator in known.columns:
        missing = pd.Series(learners * (1 - known[operator].to_numpy(float))).groupby(cell).sum(min_count=1)
        own = (result["operator"] == operator).to_numpy()
        without = result["hexagon"].map(missing).where(result["learners"] > 0, 0.0)
        result["learners_unserved"] = result["learners_unserved"].mask(own, without)
    return result
