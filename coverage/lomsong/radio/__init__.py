"""Physics: terrain and sites in, loss and level out.

:func:`coverage_area` computes the cells around a site by Recommendation ITU-R P.1812-8, :func:`levels` and
:func:`level_matrix` single points, :func:`path_profile` one link with every term. :mod:`lomsong.radio.p1812` is the
Recommendation itself, :mod:`lomsong.radio.itm` the Irregular Terrain Model of the NTIA as a second opinion,
:mod:`lomsong.radio.baselines` the models without terrain.
"""

from lomsong.radio import baselines, itm, p1812
from lomsong.radio.antenna import Pattern, omni, three_gpp
from lomsong.radio.area import Area, Sweep, coverage_area, sweep
from lomsong.radio.link import Link
from lomsong.radio.paths import NO_SITE, level_matrix, levels
from lomsong.radio.profile import PathProfile, path_profile
from lomsong.radio.relief import terrain_around
from lomsong.radio.site import Physics, Site, sites_of
from lomsong.radio.terrain import Terrain
from lomsong.radio.vegetation import Woodland

__all__ = [
    "NO_SITE", "Area", "Link", "PathProfile", "Pattern", "Physics", "Site", "Sweep", "Terrain", "Woodland",
    "baselines", "coverage_area", "itm", "level_matrix", "levels", "omni", "p1812", "path_profile", "sites_of", "sweep",
    "terrain_around", "three_gpp",
]  # fmt: skip
