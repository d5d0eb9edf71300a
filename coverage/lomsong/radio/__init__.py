"""Physics: terrain and sites in, received level out.

The model of :mod:`lomsong.radio.area` is free space, one Bullington edge over ground and canopy, and a saturating
vegetation term where the receiver stands in a wood. :mod:`lomsong.radio.p1812` is Recommendation ITU-R P.1812-8 for one
path, :mod:`lomsong.radio.itm` the Irregular Terrain Model of the NTIA as a second opinion.
"""

from lomsong.radio import itm, p1812
from lomsong.radio.area import NO_SITE, level_matrix, levels
from lomsong.radio.terrain import Terrain

__all__ = ["NO_SITE", "Terrain", "itm", "level_matrix", "levels", "p1812"]
