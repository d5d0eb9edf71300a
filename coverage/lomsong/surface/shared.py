"""What operators share: the hill or the wood that dims one operator's signal dims the others' too."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from lomsong.surface.draws import Shared
from lomsong.surface.field import CoverageSurface

MIN_COMMON_BINS = 30
"""Below this many bins in common nothing is said about a pair of operators."""

LARGEST = 0.95


def shared_shadowing(surfaces: Mapping[str, CoverageSurface]) -> Shared:
    """Estimate the correlation of the operators' fields at one place, the same for every pair, 0…0.95.

    The covariance of the residuals of two operators in squares that both measured, over the geometric mean of the
    sills of their fields, so that noise, which they do not share, does not dilute it; the mean over the pairs,
    weighted by squares. Censored squares are left out. Operators of one drive have samples at the same places, and
    then the errors of their estimates are correlated just as the fields are (the intrinsic coregionalisation of
    Wackernagel 2003, chapter 22).
    """
    frames = {name: _residuals(surface) for name, surface in surfaces.items()}
    products, weights = [], []
    for one, other in combinations(frames, 2):
        common = pd.concat([frames[one], frames[other]], axis=1, join="inner", keys=["one", "other"])
        if len(common) < MIN_COMMON_BINS:
            continue
        covariance = float((common["one"] * common["other"]).mean())
        sills = [surfaces[name].kriging_.covariance_.sill_db2 for name in (one, other)]
        products.append(covariance / float(np.sqrt(sills[0] * sills[1])))
        weights.append(len(common))
    correlation = float(np.clip(np.average(products, weights=weights), 0.0, LARGEST)) if products else 0.0
    ranges_m = [surface.kriging_.covariance_.scale_m for surface in surfaces.values()]
    return Shared(correlation, float(np.exp(np.mean(np.log(ranges_m)))))


def _residuals(surface: CoverageSurface) -> pd.Series:
    bins = surface.bins_
    squares = np.floor(bins[["easting_m", "northing_m"]].to_numpy() / surface.block_m).astype(np.int64)
    index = pd.MultiIndex.from_arrays([squares[:, 0], squares[:, 1]])
    residual, regimes = surface.kriging_.residual_, surface.kriging_.regimes_
    if regimes is not None:  # on the scale of the sill
        residual = residual / regimes.scale(surface.kriging_.points_)
    return pd.Series(residual, index=index)[~bins["censored"].to_numpy()]
