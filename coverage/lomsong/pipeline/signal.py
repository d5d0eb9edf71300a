"""Level and probability of each operator on a grid, for the map and the rasters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """Level, its standard deviation and probability of each operator on a grid over the communes, ``grid.shape``."""

    grid: Grid
    level_dbm: Mapping[str, NDArray[np.float32]]
    level_sd_db: Mapping[str, NDArray[np.float32]]
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
    found: dict[str, dict[str, NDArray[Any]]] = {"level_dbm": {}, "level_sd_db": {}, "p_usable": {}, "surveyed": {}}
    for operator, surface in surfaces.items():
        places = surface.locate(centres[inside])
        estimate = surface.predict(places)
        level, deviation = (estimate[name].to_numpy() for name in ("level_dbm", "home_sd_db"))
        p_usable = ndtr((level - usable_dbm) / deviation)
        if isinstance(surface, ServiceSurface):
            p_usable = surface.probability(places, usable_dbm).to_numpy()
        surveyed = np.zeros(len(centres), dtype=bool)
        surveyed[inside] = estimate["information"] >= settings.surface.surveyed_share
        found["surveyed"][operator] = surveyed.reshape(grid.shape)
        for name, values in (("level_dbm", level), ("level_sd_db", deviation), ("p_usable", p_usable)):
            raster = np.full(len(centres), np.nan, dtype=np.float32)
            raster[inside] = values
            found[name][operator] = raster.reshape(grid.shape)
    return SignalGrid(grid, **found)
