"""Level and probability of each operator on a grid, for the map and the rasters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from shapely import contains_xy, prepare

from lomsong.geo import Grid
from lomsong.ingest import Evidence
from lomsong.settings import Settings
from lomsong.surface import CoverageSurface
from lomsong.surface.fusion import ServiceSurface


@dataclass(frozen=True)
class SignalGrid:
    """Level and probability of each operator on a grid over the communes, shape ``grid.shape``."""

    grid: Grid
    level_dbm: Mapping[str, NDArray[np.float32]]
    p_usable: Mapping[str, NDArray[np.float32]]
    surveyed: Mapping[str, NDArray[np.bool_]]


def map_signal(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], settings: Settings) -> SignalGrid:
    """Estimate level and probability of each operator on a grid inside the communes."""
    territory = evidence.communes.to_crs(evidence.crs).union_all()
    grid = Grid.over(territory.bounds, settings.publish.raster_m, evidence.crs)
    centres = grid.centres()
    prepare(territory)
    inside = contains_xy(territory, centres[:, 0], centres[:, 1])
    usable_dbm = settings.gap.usable_dbm
    level, p_usable, surveyed = {}, {}, {}
    for operator, surface in surfaces.items():
        places = surface.locate(centres[inside])
        estimate = surface.predict(places)
        empty = np.full(len(centres), np.nan, dtype=np.float32)
        level[operator], p_usable[operator] = empty.copy(), empty.copy()
        surveyed[operator] = np.zeros(len(centres), dtype=bool)
        level[operator][inside] = estimate["level_dbm"]
        if isinstance(surface, ServiceSurface):
            p_usable[operator][inside] = surface.probability(places, usable_dbm)
        else:
            p_usable[operator][inside] = ndtr((estimate["level_dbm"] - usable_dbm) / estimate["level_sd_db"])
        surveyed[operator][inside] = estimate["information"] >= settings.surface.surveyed_share
    return SignalGrid(
        grid,
        {name: values.reshape(grid.shape) for name, values in level.items()},
        {name: values.reshape(grid.shape) for name, values in p_usable.items()},
        {name: values.reshape(grid.shape) for name, values in surveyed.items()},
    )
