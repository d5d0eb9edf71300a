"""Physics: terrain and sites in, received level out.

The model of :mod:`lomsong.radio.area` is free space, one Bullington edge over ground and canopy, and a saturating
vegetation term where the receiver stands in a wood.
"""

from lomsong.radio.area import NO_SITE, level_matrix, levels
from lomsong.radio.terrain import Terrain

__all__ = ["NO_SITE", "Terrain", "level_matrix", "levels"]
