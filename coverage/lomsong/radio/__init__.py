"""Physics: terrain and sites in, loss and level out.

:func:`coverage_area` computes the cells around a site by Recommendation ITU-R P.1812-8, :func:`levels` and
:func:`level_matrix` single points, :func:`path_profile` one link with every term. :mod:`lomsong.radio.p1812` is the
Recommendation itself, :mod:`lomsong.radio.itm` the Irregular Terrain Model of the NTIA as a second opinion,
:mod:`lomsong.radio.baselines` the models without terrain.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lomsong.radio import baselines, itm, p1812
    from lomsong.radio.antenna import Pattern, omni, three_gpp
    from lomsong.radio.area import Area, Sweep, coverage_area, sweep
    from lomsong.radio.link import Link
    from lomsong.radio.paths import NO_SITE, level_matrix, levels
    from lomsong.radio.profile import PathProfile, path_profile
    from lomsong.radio.relief import terrain_around
    from lomsong.radio.sectors import sites_of
    from lomsong.radio.site import Physics, Site
    from lomsong.radio.terrain import Terrain
    from lomsong.radio.vegetation import Woodland

_HOMES = {
    "NO_SITE": "paths",
    "Area": "area",
    "Link": "link",
    "PathProfile": "profile",
    "Pattern": "antenna",
    "Physics": "site",
    "Site": "site",
    "Sweep": "area",
    "Terrain": "terrain",
    "Woodland": "vegetation",
    "coverage_area": "area",
    "level_matrix": "paths",
    "levels": "paths",
    "omni": "antenna",
    "path_profile": "profile",
    "sites_of": "sectors",
    "sweep": "area",
    "terrain_around": "relief",
    "three_gpp": "antenna",
}
_MODELS = ("baselines", "itm", "p1812")

__all__ = [
    "NO_SITE",
    "Area",
    "Link",
    "PathProfile",
    "Pattern",
    "Physics",
    "Site",
    "Sweep",
    "Terrain",
    "Woodland",
    "baselines",
    "coverage_area",
    "itm",
    "level_matrix",
    "levels",
    "omni",
    "p1812",
    "path_profile",
    "sites_of",
    "sweep",
    "terrain_around",
    "three_gpp",
]


def __getattr__(name: str) -> Any:
    """Load a module when something of it is first asked for: who computes one area waits for nothing else."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"lomsong.radio.{_HOMES[name]}"), name)
    if name in _MODELS:
        return importlib.import_module(f"lomsong.radio.{name}")
    raise AttributeError(f"module 'lomsong.radio' has no attribute {name!r}")
