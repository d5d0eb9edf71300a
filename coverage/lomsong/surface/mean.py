"""The mean of the field in layers: what sites, vegetation and the land say about a place before anybody measures there.

Each layer is some columns; their coefficients are estimated together with the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from lomsong.radio import Terrain
from lomsong.surface.learned import LearnedCorrection
from lomsong.surface.pathloss import Heard, best_server, canopy_loss, site_trend

CONSTANT = "constant"
"""The mean without any layer."""

AROUND_M = (200.0, 1_000.0, 4_000.0)
"""Sides of the squares over which the land around a place is averaged."""


@dataclass(frozen=True, eq=False)
class Mean:
    """Layers of the mean and what they are computed from.

    Attributes
    ----------
    layers
        Names in the order of their columns, of "sites", "canopy", "land", "learned", "sectors"; none: a constant.
        The column of "sectors" is not computed here: it depends on what was measured.
    sites
        Table ``sites`` of one operator, or None.
    terrain
        Ground and canopy, or None.
    rx_height_m
        Height of the phone above ground.
    learned
        Trees that turn the columns of the other layers into one more, or None.
    """

    layers: tuple[str, ...] = ()
    sites: gpd.GeoDataFrame | None = None
    terrain: Terrain | None = None
    rx_height_m: float = 1.5
    learned: LearnedCorrection | None = None

    @property
    def name(self) -> str:
        """Name of the layers together, such as "sites+canopy"."""
        return "+".join(self.layers) or CONSTANT

    def columns(self, at: NDArray[np.float64], heard: Heard | None = None) -> NDArray[np.float64] | None:
        """Return the columns of places, shape (n, q), or None where the mean is a constant.

        Parameters
        ----------
        at
            Easting and northing in the CRS of the terrain, shape (n, 2), m.
        heard
            Of :meth:`heard_where_needed`, where it is known; None: it is computed.
        """
        heard = heard or self.heard_where_needed(at)
        parts = [self.layer(name, at, heard) for name in self.layers if name != "sectors"]
        return np.hstack(parts) if parts else None

    def heard_where_needed(self, at: NDArray[np.float64]) -> Heard | None:
        """Return the best server of each place where a layer asks for it."""
        return self.heard(at) if set(self.layers) - {"land"} else None

    def heard(self, at: NDArray[np.float64]) -> Heard | None:
        """Return the best server of each place in the model; None where sites or terrain are not known."""
        if self.sites is None or self.terrain is None:
            return None
        return best_server(at, self.sites, self.terrain, self.rx_height_m)

    def layer(self, name: str, at: NDArray[np.float64], heard: Heard | None) -> NDArray[np.float64]:
        """Return the columns of one layer at places, shape (n, q)."""
        if name == "learned" and self.learned is not None:
            return self.learned.predict(self.features(at, heard)).reshape(-1, 1)
        if name == "land" or heard is None or self.sites is None or self.terrain is None:
            return self._land(at)
        if name == "canopy":
            return canopy_loss(heard)
        return site_trend(at, self.sites, self.terrain, heard)

    def features(self, at: NDArray[np.float64], heard: Heard | None) -> pd.DataFrame:
        """Return what the trees learn from: the columns of all other layers."""
        names = ("land",) if heard is None else ("sites", "canopy", "land")
        columns = np.hstack([self.layer(name, at, heard) for name in names])
        return pd.DataFrame(columns, columns=[f"column_{number}" for number in range(columns.shape[1])])

    @cached_property
    def _maps(self) -> Mapping[float, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Mean ground and canopy over squares of each side."""
        assert self.terrain is not None
        ground = np.asarray(self.terrain.ground_m, np.float32)
        known = np.isfinite(ground)
        ground = np.where(known, ground, np.float32(ground[known].mean() if known.any() else 0.0))
        canopy = np.nan_to_num(np.asarray(self.terrain.canopy_m, np.float32))
        cell_m = abs(self.terrain.transform.e)
        cells = {side: max(2 * round(side / cell_m / 2) + 1, 3) for side in AROUND_M}
        return {side: (uniform_filter(ground, n), uniform_filter(canopy, n)) for side, n in cells.items()}

    def _land(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height above the land around at each distance, in 100 m, and canopy there, in 10 m."""
        assert self.terrain is not None
        column, row = ~self.terrain.transform * (at[:, 0], at[:, 1])
        rows, columns = self.terrain.ground_m.shape
        row = np.clip(np.floor(row).astype(np.int64), 0, rows - 1)
        column = np.clip(np.floor(column).astype(np.int64), 0, columns - 1)
        here = self._maps[AROUND_M[0]][0][row, column]
        above = [(here - ground[row, column]) / 100 for side, (ground, _) in self._maps.items() if side > AROUND_M[0]]
        wood = [canopy[row, column] / 10 for _, canopy in self._maps.values()]
        return np.column_stack([*above, *wood]).astype(float)
