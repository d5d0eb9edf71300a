"""Surfaces of signal as the page colours them: pictures of codes, and how codes become levels and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from lomsong.gap.service import quadrature
from lomsong.publish.map import palette
from lomsong.publish.map.content import MapContent
from lomsong.publish.map.picture import LOWEST_DBM, SD_STEP_DB, draw_deviation, draw_level

LOWEST_THRESHOLD_DBM, HIGHEST_THRESHOLD_DBM = -120, -95
"""Between which the page moves the level from which signal counts as usable."""


def surfaces(content: MapContent) -> dict[str, Any] | None:
    """Return the surfaces of the operators, which must lie on one grid; None without any."""
    if not content.rasters:
        return None
    classes = palette.level_classes(content.usable_dbm, content.level_breaks_dbm)
    levels = {operator: draw_level(raster, classes) for operator, raster in content.rasters.items()}
    nodes, weights = quadrature()
    return {
        "bounds": next(iter(levels.values())).bounds,
        "operators": list(levels),
        "level": {operator: picture.uri for operator, picture in levels.items()},
        "deviation": {operator: draw_deviation(raster).uri for operator, raster in content.rasters.items()},
        "lowest_dbm": LOWEST_DBM,
        "sd_step_db": SD_STEP_DB,
        "shared": round(float(content.shared), 4),
        "nodes": np.round(nodes, 6).tolist(),
        "weights": np.round(weights, 6).tolist(),
        "threshold": [min(LOWEST_THRESHOLD_DBM, content.usable_dbm), max(HIGHEST_THRESHOLD_DBM, content.usable_dbm)],
        "indoor_loss_db": content.indoor_loss_db,
        "steps_db": None if content.level_breaks_dbm else list(palette.LEVEL_STEPS_DB),
        "unusable": palette.UNUSABLE_COLOUR,
    }
