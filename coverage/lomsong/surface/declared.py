"""What an operator declares of its coverage, how far measurements bear it out, and where it may stand in for them.

Three kinds of value stay apart: *measured* where measurements tell, else *modelled* where sites and terrain carry the
mean, else *declared*, with the probability that such a declaration proved true elsewhere; what is left is unsurveyed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.special import betaincinv

from lomsong.errors import ColumnError, DataError
from lomsong.geo import require_crs
from lomsong.surface.field import BLOCK_RANGES, CoverageSurface
from lomsong.surface.fusion import ServiceSurface
from lomsong.texts import fault

PRIOR_TESTS = 0.5
"""Tests passed, and failed, that are taken to have been made before any was: Jeffreys' prior of a share."""

KINDS = ("measured", "modelled", "declared", "unsurveyed")


@dataclass(frozen=True)
class Declaration:
    """Areas that operators declare as covered.

    Attributes
    ----------
    areas
        Polygons in EPSG:4326 or any CRS with columns operator and, where told, technology (missing: any) and level_dbm,
        the level from which the area is declared (missing: whatever counts as covered).
    """

    areas: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        if not isinstance(self.areas, gpd.GeoDataFrame) or "operator" not in self.areas:
            raise fault(ColumnError, "declared_areas_no_operator")
        require_crs(self.areas, "declared coverage")

    def carrying(self, technologies: Collection[str]) -> Declaration:
        """Return what is declared for any of ``technologies``, or without saying for which."""
        if "technology" not in self.areas:
            return self
        told = self.areas["technology"]
        return Declaration(self.areas[told.isna() | told.isin(list(technologies))])

    def at(
        self,
        places: NDArray[np.float64],
        crs: CRS,
        operator: str,
        usable_dbm: float | None = None,
    ) -> pd.arrays.BooleanArray:
        """Return whether the operator declares each place as covered.

        Parameters
        ----------
        places
            Easting and northing in ``crs``, shape (n, 2).
        usable_dbm
            Leave out areas declared from a lower level than this; None: none is left out.

        Returns
        -------
        True, False, or missing for all places when this operator declares nothing of the kind; shape (n,).
        """
        own = self.areas[self.areas["operator"] == operator]
        if usable_dbm is not None and "level_dbm" in own:
            own = own[own["level_dbm"].isna() | (own["level_dbm"] >= usable_dbm)]
        inside = np.zeros(len(places), bool)
        if len(own) and len(places):
            shapes = own.to_crs(crs).geometry
            tree = shapely.STRtree(shapely.points(places))
            inside[np.unique(tree.query(shapes.to_numpy(), predicate="intersects")[1])] = True
        return pd.arrays.BooleanArray(inside, np.full(len(places), not len(own)))


@dataclass(frozen=True)
class Credibility:
    """How often measurements inside an operator's declared area found it usable.

    Attributes
    ----------
    share
        Expected share of the declared area that is usable, 0…1: mean of the posterior.
    low, high
        Its 90 % interval.
    blocks
        Independent tests that the measurements amount to: blocks of space, not squares of one road.
    bins
        Squares measured inside the declared area.
    """

    share: float
    low: float
    high: float
    blocks: float
    bins: int


def credibility(surface: CoverageSurface, declared: pd.arrays.BooleanArray, usable_dbm: float) -> Credibility:
    """Estimate how far an operator's declarations can be believed from its measured squares inside them.

    Squares of one road are no independent tests. They are gathered in blocks two correlation ranges wide, and the
    posterior of the usable share p̄ of all squares is Beta(½ + m·p̄, ½ + m·(1 - p̄)) with m = (Σ n)² / Σ n² blocks,
    where n squares lie in each: Kish's effective number of clusters taken as if each were a single test, which is the
    prudent end of what squares within a block can add. Without a square inside, the prior is returned: nothing known.

    Parameters
    ----------
    surface
        The operator's fitted field; of its ``bins_`` a censored one is not usable.
    declared
        Of each square of ``bins_``, from :meth:`Declaration.at`.
    usable_dbm
        Threshold.

    References
    ----------
    Kish (1965), Survey Sampling (clusters of unequal size); Gelman et al. (2013), Bayesian Data Analysis, chapter 2.
    """
    bins = surface.bins_
    if len(declared) != len(bins):
        raise fault(DataError, "declared_other_length", given=len(declared), needed=len(bins))
    inside = declared.to_numpy(dtype=bool, na_value=False)
    if isinstance(surface, ServiceSurface):
        usable_dbm -= surface.shift_db(surface.main_)
    usable = ((bins["level_dbm"] >= usable_dbm) & ~bins["censored"]).to_numpy()[inside]
    at = bins[["easting_m", "northing_m"]].to_numpy()[inside]
    block_m = max(BLOCK_RANGES * surface.kriging_.covariance_.scale_m, surface.block_m)
    _, size = np.unique(np.floor(at / block_m).astype(np.int64), axis=0, return_counts=True)
    blocks = float(size.sum() ** 2 / (size.astype(float) ** 2).sum()) if len(size) else 0.0
    passed = blocks * float(usable.mean()) if len(usable) else 0.0
    a, b = PRIOR_TESTS + passed, PRIOR_TESTS + blocks - passed
    low, high = betaincinv(a, b, [0.05, 0.95])
    return Credibility(a / (a + b), float(low), float(high), blocks, len(usable))


def fuse(
    level: pd.DataFrame,
    p_usable: pd.Series,
    physics: bool,
    surveyed_share: float,
    declared: pd.arrays.BooleanArray | None = None,
    credible: Credibility | None = None,
) -> pd.DataFrame:
    """Bring measured, modelled and declared together, each place with its kind.

    Parameters
    ----------
    level
        As :meth:`CoverageSurface.predict` returns it.
    p_usable
        Probability from measurements and model, on the same index.
    physics
        Whether sites and terrain carry the mean, so that the model says something where nobody measured.
    surveyed_share
        Share of the prior variance that measurements must take away for a place to be measured, 0…1.
    declared, credible
        Declarations at the places, and how far they can be believed; None: nothing is declared.

    Returns
    -------
    Frame on the index of ``level``: p_usable; p_low and p_high, the 90 % interval of the share where ``kind`` is
    declared; kind, of :data:`KINDS`. Where nothing is known ``p_usable`` is missing: what operators, or the operator
    elsewhere, do is no evidence of a place.
    """
    if declared is not None and (len(declared) != len(level) or credible is None):
        raise fault(DataError, "declared_other_length", given=len(declared), needed=len(level))
    measured = (level["information"] >= surveyed_share).to_numpy()
    claimed = np.zeros(len(level), bool) if declared is None else declared.to_numpy(dtype=bool, na_value=False)
    kind = np.select([measured, np.full(len(level), physics), claimed], KINDS[:3], KINDS[3])
    of_claim = kind == "declared"
    share, low, high = (np.nan, np.nan, np.nan) if credible is None else (credible.share, credible.low, credible.high)
    p = np.where(of_claim, share, np.where(kind == "unsurveyed", np.nan, p_usable.to_numpy()))
    return pd.DataFrame(
        {
            "p_usable": p,
            "p_low": np.where(of_claim, low, np.nan),
            "p_high": np.where(of_claim, high, np.nan),
            "kind": kind,
        },
        index=level.index,
    )
