"""What two rounds of surveys differ by where nothing changed.

Of the places in common the rounds themselves tell:

- a shift common to all places is taken for another phone rather than for better coverage;
- errors of the two rounds are partly the same, since the same hills lie between the same roads and homes. How much
  smaller differences are than those of independent errors is read off the middle of their distribution, an empirical
  null (Efron 2004, Journal of the American Statistical Association 99:96-104, section 3), and never taken to be larger;
- how far differences are alike in space is read off their correlation over distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

PHONES_DB = 3.0
"""Standard deviation of the shift between rounds where it cannot be estimated: phones differ by so much."""

LEAST_BLOCKS, BLOCKS_ACROSS = 8, 6
"""Blocks of space needed to estimate what rounds have in common, and their number along the longer side."""

OUTLYING = 3.0
"""Places that differ by more than so many standard deviations, and those around them, say nothing of the shift."""

_PAIRED = 1_500
"""Places whose pairs tell how far differences are alike."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """One operator's levels (dBm) and standard deviations (dB) in both rounds, shape (2, n), and where they count."""

    level: Floats
    sd: Floats
    measured: NDArray[np.bool_]
    noise: pd.Series

    @property
    def both(self) -> NDArray[np.bool_]:
        """Where the operator was measured in both rounds, shape (n,)."""
        return np.asarray(self.measured.all(axis=0))

    @property
    def independent_sd(self) -> Floats:
        """Standard deviation of the difference of independent errors, dB, shape (n,)."""
        return np.asarray(np.hypot(*self.sd))

    @property
    def change_sd(self) -> Floats:
        """Standard deviation of the difference as the rounds themselves show it, dB, shape (n,)."""
        return np.asarray(self.independent_sd * self.noise["scale"])

    @property
    def change(self) -> Floats:
        """Later less earlier level, dB, shape (n,)."""
        return np.asarray(self.level[1] - self.level[0])

    def less(self, shift_db: float) -> Pair:
        """Return the pair with a shift taken off the later round."""
        return replace(self, level=self.level - np.array([[0.0], [shift_db]]))


def noise_of_rounds(
    before: pd.DataFrame, after: pd.DataFrame, places: gpd.GeoDataFrame, range_m: float = 5_000.0
) -> pd.DataFrame:
    """Estimate what two rounds differ by where nothing changed.

    Parameters
    ----------
    before, after, places, range_m
        As in :func:`~lomsong.gap.progress.compare_rounds`.

    Returns
    -------
    One row an operator: operator, places (measured in both rounds), shift_db and shift_se_db (weighted median of
    the differences far from outlying ones, and its standard error over blocks left out), scale (of differences against
    those of independent errors, its upper bound at 95 %, at most 1), alike (share of their variance that is alike in
    space) and alike_m (its range).
    """
    at = np.column_stack([places.geometry.x, places.geometry.y])
    rows = []
    for operator in sorted(set(before["operator"]) & set(after["operator"])):
        pair = pair_of(before, after, places["demand_id"], operator, pd.Series({"scale": 1.0}))
        rows.append({"operator": operator, **_noise(pair, at, range_m)})
    columns = ["operator", "places", "shift_db", "shift_se_db", "scale", "alike", "alike_m"]
    return pd.DataFrame(rows, columns=columns)


def pair_of(before: pd.DataFrame, after: pd.DataFrame, demand_id: pd.Series, operator: str, noise: pd.Series) -> Pair:
    """Return one operator's rows of two tables ``service`` side by side, in the order of ``demand_id``."""
    level, sd = np.full((2, len(demand_id)), np.nan), np.full((2, len(demand_id)), np.nan)
    measured = np.zeros(level.shape, dtype=bool)
    for side, table in enumerate((before, after)):
        own = table[table["operator"] == operator]
        row = pd.Index(own["demand_id"]).get_indexer(pd.Index(demand_id))
        known = row >= 0
        level[side, known] = own["level_dbm"].to_numpy()[row[known]]
        sd[side, known] = own["level_sd_db"].to_numpy()[row[known]]
        measured[side, known] = (own["kind"] == "measured").to_numpy()[row[known]]
    return Pair(level, sd, measured & np.isfinite(level) & (sd > 0), noise)


def _noise(pair: Pair, at: Floats, range_m: float) -> dict[str, float]:
    both = pair.both
    count = int(both.sum())
    unknown = {"places": count, "shift_db": 0.0, "shift_se_db": PHONES_DB, "scale": 1.0, "alike": 1.0}
    if not count:
        return {**unknown, "alike_m": range_m}
    at, change, sd = at[both], pair.change[both], pair.independent_sd[both]
    side_m = max(float(np.ptp(at, axis=0).max()) / BLOCKS_ACROSS, 1.0)
    block = np.unique(np.floor(at / side_m), axis=0, return_inverse=True)[1].ravel()
    if block.max() + 1 < LEAST_BLOCKS:
        return {**unknown, "alike_m": range_m}
    shift = float(_weighted_median(change, sd**-2.0))
    calm = _far_from_change(np.abs(change - shift) / sd, at, min(range_m, side_m))
    shift, shift_se = _left_out(block[calm], lambda kept: _weighted_median(change[calm][kept], sd[calm][kept] ** -2.0))
    z = (change - shift) / sd
    scale, scale_se = _left_out(block[calm], lambda kept: _robust_scale(z[calm][kept]))
    alike, alike_m = _alike(np.clip(z, -OUTLYING * scale, OUTLYING * scale)[calm], at[calm], range_m)
    return {
        "places": count,
        "shift_db": shift,
        "shift_se_db": shift_se,
        "scale": float(np.clip(scale + 1.645 * scale_se, 0.05, 1.0)),
        "alike": alike,
        "alike_m": alike_m,
    }


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heaped, heaped[-1] / 2)])


def _robust_scale(z: Floats) -> float:
    """Standard deviation by the middle and by the shoulders of |z|, the larger: real changes lie in the tails."""
    return float(max(np.median(np.abs(z)) / 0.67449, np.quantile(np.abs(z), 0.8) / 1.28155))


def _far_from_change(z: Floats, at: Floats, away_m: float) -> NDArray[np.bool_]:
    """Return which places lie away from outlying ones; all, where that leaves less than a third."""
    outlying = z > OUTLYING * _robust_scale(z)
    if not outlying.any():
        return np.ones(len(z), dtype=bool)
    far = cKDTree(at[outlying]).query(at)[0] > away_m
    return np.asarray(far) if far.mean() > 1 / 3 else ~outlying


def _left_out(block: NDArray[np.int64], estimate: Callable[[NDArray[np.bool_]], float]) -> tuple[float, float]:
    """Return an estimate and its standard error by leaving out one block after another (Künsch 1989)."""
    whole, blocks = estimate(np.ones(len(block), dtype=bool)), np.unique(block)
    if len(blocks) < LEAST_BLOCKS:
        return whole, PHONES_DB
    parts = np.array([estimate(block != one) for one in blocks])
    return whole, float(np.sqrt((len(parts) - 1) * np.mean((parts - parts.mean()) ** 2)))


def _alike(z: Floats, at: Floats, largest_m: float) -> tuple[float, float]:
    """Fit share · exp(-distance / range) to the correlation of differences, by pairs of places."""
    picked = np.arange(len(z))
    if len(z) > _PAIRED:
        picked = np.random.default_rng(len(z)).permutation(len(z))[:_PAIRED]
    first, second = np.triu_indices(len(picked), 1)
    apart = np.hypot(*(at[picked[first]] - at[picked[second]]).T)
    extent_m = max(float(apart.max()), 1.0)
    edges = np.geomspace(max(extent_m / 200, 1.0), extent_m / 2, 13)
    into: NDArray[np.int64] = np.digitize(apart, edges)
    pairs = np.bincount(into, minlength=len(edges) + 1)[: len(edges)]
    power = max(float(np.mean(z[picked] ** 2)), 1e-12)
    products = np.bincount(into, z[picked[first]] * z[picked[second]], len(edges) + 1)[: len(edges)]
    metres = np.bincount(into, apart, len(edges) + 1)[: len(edges)]
    full = pairs > 0
    correlation, apart = products[full] / pairs[full] / power, metres[full] / pairs[full]
    ranges = np.geomspace(min(100.0, largest_m), max(largest_m, 100.0), 40)
    falls = np.exp(-apart[None, :] / ranges[:, None])
    weight = np.sqrt(pairs[full])
    share = np.clip((weight * correlation * falls).sum(axis=1) / (weight * falls**2).sum(axis=1), 0.0, 1.0)
    best = int(np.argmin((weight * (correlation - share[:, None] * falls) ** 2).sum(axis=1)))
    return float(share[best]), float(ranges[best])
