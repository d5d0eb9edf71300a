"""Worlds that the survey allows: who is unconnected in each, and how a new site would be heard there.

A place is unconnected because its shadowing is deep, and a new site is heard through much the same shadowing; to
multiply the probability of the one with that of the other would promise too much. So both are drawn jointly: the level
of every operator, and what the builder's shadowing makes of a new site. How much of its shadowing a place has whoever
serves it (the correlation between sites) is estimated from the survey (:func:`carried_over`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong.errors import DataError, UsageError
from lomsong.surface import CoverageSurface, Places, ServiceSurface, Shared
from lomsong.surface.draws import spectral_field
from lomsong.surface.fusion import ServicePlaces
from lomsong.texts import fault

BETWEEN_SITES = 0.5
"""Correlation of the shadowing towards two sites where the survey does not tell: 3GPP TR 36.814, table A.2.1.1-2."""

NEAR_M = 300.0
"""Squares of the survey up to this far apart are compared for it."""

FAR_M = (1_000.0, 6_000.0)
"""Squares this far apart, beyond what a place has in common with its surroundings, tell what a mast has of its own."""

MOST_PAIRS = 100_000
"""Pairs of squares drawn for it, an operator."""

MOST_SQUARES = 20_000
"""Squares looked at an operator."""

MIN_PAIRS = 500
"""Fewer pairs served by different masts tell nothing."""

OWN_STREAM, MAST_STREAM = 1_000, 1_001
"""Numbers of the random streams of what is not carried over and of masts, beyond those of the operators."""

INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class Worlds:
    """Jointly drawn worlds at the places of demand.

    Attributes
    ----------
    unconnected
        Learners without a usable operator, shape (n, worlds), float32.
    shadow_db
        What the place adds to the median level of a new site, same shape.
    """

    unconnected: NDArray[np.float32]
    shadow_db: NDArray[np.float32]

    @property
    def count(self) -> int:
        """Number of worlds."""
        return int(self.unconnected.shape[1])

    @property
    def weights(self) -> NDArray[np.float64]:
        """Expected unconnected learners of each place, shape (n,)."""
        return np.asarray(self.unconnected.mean(axis=1, dtype=np.float64))


def carried_over(surfaces: Mapping[str, CoverageSurface], seed: int = 0) -> float:
    """Estimate the share of the shadowing that a place has whichever site serves it, 0…1.

    The covariance of the field's residuals between near squares that different masts serve, over that between near
    squares of one mast, for pairs equally far apart; the mean over the operators, weighted by pairs.
    :data:`BETWEEN_SITES` where too few pairs tell.
    """
    ratios, weights = [], []
    for surface in surfaces.values():
        if surface.sites_ is None or "site" not in surface.bins_:
            continue
        bins = surface.bins_
        heard = np.flatnonzero((~bins["censored"] & (bins["site"] >= 0)).to_numpy())
        if len(heard) > MOST_SQUARES:
            heard = np.sort(np.random.default_rng([seed, 7]).choice(heard, MOST_SQUARES, replace=False))
        mast = pd.factorize(surface.sites_.geometry.to_wkb())[0][bins["site"].to_numpy()[heard]]
        at = bins[["easting_m", "northing_m"]].to_numpy()[heard]
        found = _ratio(at, surface.kriging_.residual_[heard], mast)
        if found is not None:
            ratios.append(found[0])
            weights.append(found[1])
    return float(np.clip(np.average(ratios, weights=weights), 0.0, 1.0)) if ratios else BETWEEN_SITES


def _ratio(at: NDArray[np.float64], residual: NDArray[np.float64], mast: NDArray[np.int64]) -> tuple[float, int] | None:
    """Return the ratio of the covariances and how many pairs tell it."""
    pairs = cKDTree(at).query_pairs(NEAR_M, output_type="ndarray")
    one, other = pairs.T
    ring = np.minimum((np.hypot(*(at[one] - at[other]).T) / NEAR_M * 6).astype(np.int64), 5)
    product, same = residual[one] * residual[other], mast[one] == mast[other]
    apart = np.bincount(ring[~same], minlength=6)
    together = np.bincount(ring[same], minlength=6)
    counted = (apart > 0) & (together > 0)
    if apart[counted].sum() < MIN_PAIRS:
        return None
    between = np.bincount(ring[~same], product[~same], minlength=6)[counted].sum()
    within = np.bincount(ring[same], product[same], minlength=6)[counted] / together[counted]
    expected = float((within * apart[counted]).sum())
    return (float(between / expected), int(apart[counted].sum())) if expected > 0 else None


def of_the_mast_db(surfaces: Mapping[str, CoverageSurface], seed: int = 0) -> float:
    """Estimate by how much the level of a whole mast differs from the mean, as a standard deviation, dB.

    The covariance of the field's residuals between squares of one mast :data:`FAR_M` apart, less that between squares
    of different masts equally far apart; the mean over the operators. 0 where too few pairs tell.
    """
    found = []
    for stream, surface in enumerate(surfaces.values()):
        if surface.sites_ is None or "site" not in surface.bins_:
            continue
        bins = surface.bins_
        heard = np.flatnonzero((~bins["censored"] & (bins["site"] >= 0)).to_numpy())
        mast = pd.factorize(surface.sites_.geometry.to_wkb())[0][bins["site"].to_numpy()[heard]]
        at = bins[["easting_m", "northing_m"]].to_numpy()[heard]
        variance = _mast_variance(at, surface.kriging_.residual_[heard], mast, np.random.default_rng([seed, 8, stream]))
        if variance is not None:
            found.append(variance)
    return float(np.sqrt(max(float(np.mean(found)), 0.0))) if found else 0.0


def _mast_variance(
    at: NDArray[np.float64], residual: NDArray[np.float64], mast: NDArray[np.int64], rng: np.random.Generator
) -> float | None:
    """Return the variance of what squares of one mast have in common, None where too few pairs tell."""
    if len(at) < 2:
        return None
    one = rng.integers(0, len(at), MOST_PAIRS)
    length, bearing = rng.uniform(*FAR_M, MOST_PAIRS), rng.uniform(0, 2 * np.pi, MOST_PAIRS)
    other = cKDTree(at).query(at[one] + (length * np.stack([np.cos(bearing), np.sin(bearing)])).T)[1]
    ring = np.digitize(np.hypot(*(at[one] - at[other]).T), np.linspace(*FAR_M, 6)) - 1
    sums, counts = np.zeros((2, 5)), np.zeros((2, 5))
    for kind in (0, 1):
        kept = (ring >= 0) & (ring < 5) & ((mast[one] == mast[other]) == (kind == 0))
        counts[kind] = np.bincount(ring[kept], minlength=5)
        sums[kind] = np.bincount(ring[kept], (residual[one] * residual[other])[kept], minlength=5)
    known = (counts >= MIN_PAIRS).all(axis=0)
    if not known.any():
        return None
    each = sums[0, known] / counts[0, known] - sums[1, known] / counts[1, known]
    return float(np.average(each, weights=counts[0, known]))


def mast_offsets(sd_db: float, sites: int, worlds: int, seed: int) -> NDArray[np.float32]:
    """Draw by how much the level of each new mast differs from the mean in each world, shape (sites, worlds), dB."""
    return (sd_db * np.random.default_rng([seed, MAST_STREAM]).standard_normal((sites, worlds))).astype(np.float32)


def draw_worlds(
    surfaces: Mapping[str, CoverageSurface],
    at: NDArray[np.float64],
    learners: NDArray[np.float64],
    p_unconnected: NDArray[np.float64],
    *,
    builder: str = "",
    carried: float = BETWEEN_SITES,
    count: int = 100,
    seed: int = 0,
    shared: Shared | None = None,
) -> Worlds:
    """Draw who is unconnected and how new sites are heard, at all places jointly.

    Of a place's worlds those are taken as unconnected in which its best level is lowest, as many as
    ``p_unconnected`` says: expected numbers are those of the ranking, to the learner, and only how places hang
    together comes from the draws.

    Parameters
    ----------
    surfaces
        Field of each operator whose signal counts.
    at
        Easting and northing, shape (n, 2).
    learners, p_unconnected
        Learners at each place and the probability that they are unconnected, shape (n,).
    builder
        The operator who builds; empty: not decided, so that each operator builds in his share of the worlds.
    carried
        Share of the shadowing that a place has whichever site serves it, as from :func:`carried_over`.
    count, seed
        Number of worlds and their seed.
    shared
        What the operators' fields have in common; None: nothing.

    Raises
    ------
    UsageError
        When the builder is none of the operators, or there are no worlds.
    DataError
        When the lists differ in length.
    """
    if builder and builder not in surfaces:
        raise fault(UsageError, "worlds_builder", builder=builder, known=", ".join(surfaces))
    if count < 1 or not surfaces:
        raise fault(UsageError, "worlds_none", count=count, operators=len(surfaces))
    if not len(at) == len(learners) == len(p_unconnected):
        raise fault(DataError, "worlds_rows", places=len(at), learners=len(learners), shares=len(p_unconnected))
    best = np.full((len(at), count), -np.inf, np.float32)
    shadow = np.zeros((len(at), count), np.float32)
    names = list(surfaces)
    for stream, (name, surface) in enumerate(surfaces.items()):
        places = surface.locate(at)
        level = surface.drawer(count, seed, stream, shared)(places)
        np.maximum(best, level, out=best)
        mine = np.arange(stream, count, len(names)) if not builder else np.arange(count if name == builder else 0)
        shadow[:, mine] = level[:, mine] - _mean_dbm(surface, places).astype(np.float32)[:, None]
    shadow *= np.float32(carried)
    if carried < 1:
        shadow += np.float32(np.sqrt(1 - carried**2)) * _of_the_path(surfaces, at, count, seed)
    order = np.argsort(best, axis=1, kind="stable")
    place = np.empty(best.shape, np.float32)
    np.put_along_axis(place, order, np.arange(count, dtype=np.float32)[None, :], axis=1)
    share = np.clip(np.float32(count) * np.asarray(p_unconnected, np.float32)[:, None] - place, 0, 1)
    return Worlds(share * np.asarray(learners, np.float32)[:, None], shadow)


def _mean_dbm(surface: CoverageSurface, places: Places) -> NDArray[np.float64]:
    """Return the level that the mean alone gives places; of a service over several layers that of the main one."""
    shift = 0.0
    if isinstance(surface, ServiceSurface) and isinstance(places, ServicePlaces):
        number = surface.layers.index(surface.main_)
        shift = surface.shift_db(surface.main_)
        surface, places = surface.main_.surface, places.layers[number]
    coefficients = surface.kriging_.coefficients_
    level = np.full(len(places), coefficients[0])
    if places.trend is not None:
        level += np.asarray(places.trend, float).reshape(len(places), -1) @ coefficients[1:]
    return np.asarray(level + shift)


def _of_the_path(
    surfaces: Mapping[str, CoverageSurface], at: NDArray[np.float64], count: int, seed: int
) -> NDArray[np.float32]:
    """Return shadowing of the operators' mean covariance that no survey of other sites knows, shape (n, worlds)."""
    known = [surface.kriging_.covariance_ for surface in surfaces.values()]
    sill_db2 = float(np.mean([one.sill_db2 for one in known]))
    range_m = float(np.exp(np.mean([np.log(one.scale_m) for one in known])))
    return spectral_field([(sill_db2, range_m)], count, seed, OWN_STREAM)(at)


def strata_of(worlds: Worlds, usable_dbm: float, strata: int = 4) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sum the worlds of each place up to a few levels that a new site needs there.

    The worlds in which a place is unconnected are put in order of the median level that a new site needs
    (``usable_dbm`` less the shadow) and cut into parts of equal weight; each part stands for its mean.

    Returns
    -------
    needed_dbm, weights
        Level needed in each stratum, rising, and expected unconnected learners in it, each shape (n, strata). The
        weights of a place sum to its expected unconnected learners.
    """
    need = usable_dbm - worlds.shadow_db
    order = np.argsort(need, axis=1, kind="stable")
    need = np.take_along_axis(need, order, axis=1)
    weight = np.take_along_axis(worlds.unconnected, order, axis=1).astype(np.float64)
    total = weight.sum(axis=1, keepdims=True)
    before = np.cumsum(weight, axis=1)
    needed = np.zeros((len(need), strata), np.float32)
    for stratum in range(strata):
        low, high = total * stratum / strata, total * (stratum + 1) / strata
        inside = np.clip(np.minimum(before, high) - np.maximum(before - weight, low), 0.0, None)
        whole = inside.sum(axis=1)
        mean = (inside * need).sum(axis=1) / np.where(whole > 0, whole, 1.0)
        needed[:, stratum] = np.where(whole > 0, mean, np.inf)
    return needed, np.repeat(total / strata / worlds.count, strata, axis=1)


def gains_in_worlds(
    worlds: Worlds, levels_dbm: csr_matrix, usable_dbm: float, offsets_db: NDArray[np.float32] | None = None
) -> NDArray[np.float64]:
    """Return the learners that the first 1, 2, … sites connect in each world, shape (sites, worlds).

    Parameters
    ----------
    worlds
        At the n places.
    levels_dbm
        Median level of each site at each place, shape (n, sites); no entry: none.
    usable_dbm
        Level from which a place is usable.
    offsets_db
        Of the level of each site in each world, shape (sites, worlds); None: none.
    """
    columns = csr_matrix(levels_dbm).tocsc()
    open_learners = worlds.unconnected.copy()
    gained = np.zeros((columns.shape[1], worlds.count))
    for site in range(columns.shape[1]):
        span = slice(columns.indptr[site], columns.indptr[site + 1])
        rows = columns.indices[span]
        own = 0.0 if offsets_db is None else offsets_db[site]
        served = columns.data[span, None] + worlds.shadow_db[rows] + own >= usable_dbm
        gained[site] = np.where(served, open_learners[rows], 0).sum(axis=0, dtype=np.float64)
        open_learners[rows] = np.where(served, 0, open_learners[rows])
    return np.cumsum(gained, axis=0)


def interval_of(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the quantiles of 90 % of the worlds."""
    low, high = np.quantile(values, INTERVAL)
    return float(low), float(high)
