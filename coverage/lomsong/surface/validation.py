"""How good a fitted field is at places nobody measured: parts of the survey left out, never random rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import wasserstein_distance

from lomsong.errors import UsageError
from lomsong.geo import coordinates
from lomsong.radio.limits import within
from lomsong.shown import Card, count, say, share
from lomsong.surface.blocks import block_folds
from lomsong.surface.folds import Fold, Survey, by_blocks, by_distances, by_passes, by_sites
from lomsong.surface.given import LEVEL
from lomsong.surface.kriging import CoverageKriging
from lomsong.surface.scores import Scores, reliability, score
from lomsong.texts import fault

if TYPE_CHECKING:
    from lomsong.surface.field import CoverageSurface, Places

MAX_SCORED = 12_000
"""Of more bins a random subset is dealt to the folds: with whole blocks left out their spacing matters little."""

SCHEMES = ("blocks", "passes", "sites", "distances")
"""Ways to leave a part out, see :mod:`lomsong.surface.folds`."""

BLOCK_RANGES = (0.5, 1.0, 2.0, 4.0)
"""Sides of the blocks left out, in correlation ranges of the field."""

MAX_PLACES = 20_000
"""Of more places that are to be estimated a random subset is asked how far from the survey it lies."""


@dataclass(frozen=True)
class Validation:
    """How one operator's field did where a part of its survey was left out.

    Attributes
    ----------
    usable_dbm
        Level from which a place is usable.
    scores
        One row a scheme: scheme, folds, nearest_m (median distance from what was held out to what was kept), match_m
        (Wasserstein distance between those distances and the ones from the places to the survey, m; NaN without
        places), then the fields of :class:`~lomsong.surface.scores.Scores`. Blocks have a row for each side.
    reliability
        scheme and block_m, then the columns of :func:`~lomsong.surface.scores.reliability`.
    places_nearest_m
        Median distance from the places to the nearest bin; NaN without places.
    """

    usable_dbm: float
    scores: pd.DataFrame
    reliability: pd.DataFrame
    places_nearest_m: float = float("nan")

    def reliability_of(self, row: int) -> pd.DataFrame:
        """Return the reliability table that belongs to a row of ``scores``."""
        scheme, block_m = self.scores.loc[row, ["scheme", "block_m"]]
        table = self.reliability
        same = table["block_m"].isna() if pd.isna(block_m) else table["block_m"] == block_m
        return table[(table["scheme"] == scheme) & same].reset_index(drop=True)

    @property
    def closest(self) -> int | None:
        """The row of ``scores`` whose distances come closest to those of the places; without places the widest blocks.

        None where nothing could be scored.
        """
        rows = self.scores[self.scores["judged"] > 0]
        if rows.empty:
            return None
        if rows["match_m"].notna().any():
            return int(rows["match_m"].idxmin())
        return int((rows["block_m"] if rows["block_m"].notna().any() else rows["nearest_m"]).idxmax())

    def _repr_html_(self) -> str:
        names = ["nearest_m", "judged", "rmse_db", "crps_db"]
        told = self.scores[["scheme", "block_m", *names, "inside90", "uncovered_called_covered"]]
        rows = []
        for scheme, block_m, nearest, judged, rmse, crps, *shares in told.itertuples(index=False):
            side = "" if pd.isna(block_m) else f" {count(block_m / 1000, 1)} km"
            scores = [count(value, 2) for value in (rmse, crps)]
            rows.append([f"{say(scheme)}{side}", *map(count, (nearest, judged)), *scores, *map(share, shares)])
        heads = [say(name) for name in ("left_out", "nearest", "values", "rmse", "crps", "inside90", "missed")]
        return Card(say("validation", level=count(self.usable_dbm)), (), heads, rows)._repr_html_()


def validate(
    surface: CoverageSurface,
    usable_dbm: float,
    places: gpd.GeoDataFrame | NDArray[np.float64] | None = None,
    schemes: Sequence[str] = SCHEMES,
    *,
    block_ranges: Sequence[float] = BLOCK_RANGES,
    most: int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Validation:
    """Estimate parts of a survey from the rest of it and score them.

    Mean, censored values and the estimates are made anew without each part; the covariance, the choice of the mean and
    the calibration, a few numbers for the whole territory, are those of the fit. A scheme that the survey cannot feed
    (one pass, no sites known, all bins in one block) has no row.

    Parameters
    ----------
    surface
        A fitted field; it is not changed.
    usable_dbm
        Level from which a place is usable.
    places
        Where the level is wanted: points in any CRS, or easting and northing in the CRS of ``surface``, shape (m, 2).
        Without them there is no scheme "distances".
    schemes
        Of :data:`SCHEMES`.
    block_ranges
        Sides of the blocks in correlation ranges; kept between two bins and a quarter of the survey's extent.
    most
        Take part no more bins than this, drawn at random; None: all.
    report
        Called with the name of each scheme as it starts.

    Raises
    ------
    UsageError
        When a scheme is none of :data:`SCHEMES`, or ``usable_dbm`` no level.
    """
    within("validate", {"usable_dbm": LEVEL}, {"usable_dbm": usable_dbm})
    unknown = [scheme for scheme in schemes if scheme not in SCHEMES]
    if unknown:
        raise fault(UsageError, "validation_scheme", scheme=repr(unknown[0]), known=", ".join(SCHEMES))
    survey = Survey.of(surface.readings_, surface.bins_, most, surface.seed)
    located = surface.locate(survey.points[survey.used])
    place = np.cumsum(survey.used) - 1
    wanted = _places_at(surface, places)
    wanted_m = cKDTree(survey.points[survey.used]).query(wanted)[0] if len(wanted) else np.empty(0)
    sides_m = _sides_m(surface, survey, block_ranges) if "blocks" in schemes else []
    dealt = [("blocks", side_m) for side_m in sides_m]
    dealt += [(scheme, np.nan) for scheme in schemes if scheme != "blocks"]
    rows, tables = [], []
    for scheme, block_m in dealt:
        report(scheme)
        folds = list(_deal(scheme, block_m, survey, wanted, surface.seed))
        if folds:
            found = pd.concat([_estimate(surface, fold, located, place) for fold in folds], ignore_index=True)
            row = {"scheme": scheme, "folds": len(folds), **_match(found["nearest_sample_m"].to_numpy(), wanted_m)}
            rows.append(row | asdict(score(found, usable_dbm, block_m)))
            tables.append(reliability(found, usable_dbm).assign(scheme=scheme, block_m=block_m))
    median_m = float(np.median(wanted_m)) if len(wanted_m) else np.nan
    return Validation(usable_dbm, _frame(rows), _stacked(tables), median_m)


_FIRST = ("scheme", "block_m", "folds", "nearest_m", "match_m", "bins", "judged", "uncovered")


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    names = [*_FIRST, *(name for name in Scores.__dataclass_fields__ if name not in _FIRST)]
    return pd.DataFrame(rows, columns=names)


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    nothing = reliability(pd.DataFrame(columns=["level_dbm", "censored", "predicted_dbm", "sd_db"], dtype=float), 0.0)
    first = ["scheme", "block_m"]
    stacked = pd.concat(tables, ignore_index=True) if tables else nothing.iloc[:0].assign(scheme="", block_m=np.nan)
    return stacked[first + [name for name in stacked if name not in first]]


def _places_at(surface: CoverageSurface, places: gpd.GeoDataFrame | NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return easting and northing of the places, or of some of them, shape (m, 2); none without places."""
    if places is None:
        return np.empty((0, 2))
    at = np.asarray(places if isinstance(places, np.ndarray) else coordinates(places, surface.crs_), float)
    if len(at) > MAX_PLACES:
        at = at[np.sort(np.random.default_rng(surface.seed).permutation(len(at))[:MAX_PLACES])]
    return at


def _sides_m(surface: CoverageSurface, survey: Survey, block_ranges: Sequence[float]) -> list[float]:
    """Return the sides of blocks, each once, in m."""
    widest_m = max(float(np.ptp(survey.points, axis=0).max()) / 4, 2 * surface.block_m)
    sides = np.clip(np.asarray(block_ranges) * surface.kriging_.covariance_.scale_m, 2 * surface.block_m, widest_m)
    return [float(side) for side in np.unique(sides.round())]


def _deal(scheme: str, block_m: float, survey: Survey, places: NDArray[np.float64], seed: int) -> Iterator[Fold]:
    if scheme == "blocks":
        yield from by_blocks(survey, block_m, seed)
    elif scheme == "passes":
        yield from by_passes(survey, seed)
    elif scheme == "sites":
        yield from by_sites(survey, seed)
    elif len(places):
        yield from by_distances(survey, places, seed)


def _estimate(surface: CoverageSurface, fold: Fold, located: Places, place: NDArray[np.int64]) -> pd.DataFrame:
    """Estimate the values of a fold from what it keeps; ``place`` is the row in ``located`` of each bin."""
    estimate = surface.without(fold.kept).predict(located.part(place[fold.held["bin"].to_numpy()]))
    return pd.DataFrame(
        {
            "level_dbm": fold.held["level_dbm"].to_numpy(float),
            "censored": fold.held["censored"].to_numpy(bool),
            "predicted_dbm": estimate["level_dbm"].to_numpy(float),
            "sd_db": estimate["level_sd_db"].to_numpy(float),
            "nearest_sample_m": estimate["nearest_sample_m"].to_numpy(float),
        }
    )


def _match(held_m: NDArray[np.float64], wanted_m: NDArray[np.float64]) -> dict[str, float]:
    """Return how far what was held lies from what was kept, and how that matches the places."""
    distance = float(wasserstein_distance(held_m, wanted_m)) if len(wanted_m) else np.nan
    return {"nearest_m": float(np.median(held_m)), "match_m": distance}


def cross_validate(
    fitted: CoverageKriging,
    level_dbm: NDArray[np.float64],
    weights: NDArray[np.float64],
    censored: NDArray[np.bool_],
    block_m: float,
    seed: int = 0,
) -> Scores:
    """Predict each fold of blocks from the others and score the uncensored values.

    Mean and censoring are estimated anew without the fold; covariance and calibration, a few numbers for the whole
    territory, are those of ``fitted``.

    Parameters
    ----------
    fitted
        An estimator fitted to all values; its points and trend are used.
    level_dbm, weights, censored
        As given to :meth:`CoverageKriging.fit`.
    block_m
        Side of the blocks.
    seed
        Of the deal of blocks to folds.

    Returns
    -------
    Scores; NaN when the points fill a single block.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(level_dbm))[:MAX_SCORED])
    points, trend = fitted.points_[chosen], fitted.sample_basis_[chosen, 1:]
    level_dbm, weights, censored = level_dbm[chosen], weights[chosen], censored[chosen]
    found = [pd.DataFrame({"level_dbm": [], "censored": np.empty(0, bool), "predicted_dbm": [], "sd_db": []})]
    for held in block_folds(points, block_m, seed=seed):
        kept, scored = ~held, held & ~censored
        if scored.any():
            model = CoverageKriging(**fitted.get_params())
            known = fitted.covariance_, fitted.calibration_
            model.fit(points[kept], level_dbm[kept], weights[kept], censored[kept], trend[kept], *known)
            mean, deviation = model.predict(points[scored], True, trend[scored])
            values = {"level_dbm": level_dbm[scored], "censored": False, "predicted_dbm": mean, "sd_db": deviation}
            found.append(pd.DataFrame(values))
    return score(pd.concat(found[1:] or found, ignore_index=True), block_m=block_m)
