"""What a fictive province is made from."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from lomsong.errors import UsageError

METRIC = CRS.from_epsg(3405)
"""CRS in which a province is built: VN-2000 / UTM 48N."""

FULL_AREA_KM2 = 5_900.0
"""Area of old Đồng Nai, to which hand-drawn distances refer."""


@dataclass(frozen=True)
class Recipe:
    """Size, seed and place of a fictive province; the same recipe gives the same bytes.

    Parameters
    ----------
    area_km2
        Area of the province.
    communes
        Number of communes with made-up names and codes 9xxxx; None: the named list of old Đồng Nai.
    households
        Households with at least one learner.
    seed
        Seed of every random draw.
    step_m
        Side of the terrain cells.
    sample_spacing_m
        Mean distance between two rows of a drive test.
    origin
        Easting and northing of the south-west corner in EPSG:3405, metres.
    tile
        Number of the province within a country; it keeps codes and identifiers apart.
    """

    area_km2: float = FULL_AREA_KM2
    communes: int | None = None
    households: int = 120_000
    seed: int = 2021
    step_m: float = 100.0
    sample_spacing_m: float = 50.0
    origin: tuple[float, float] = (692_000.0, 1_168_000.0)
    tile: int = 0

    def __post_init__(self) -> None:
        faults = [
            f"{name} = {value!r} lies outside {low:g}…{high:g}"
            for name, value, low, high in (
                ("area_km2", self.area_km2, 40, 50_000),
                ("communes", 3 if self.communes is None else self.communes, 3, 1_000),
                ("households", self.households, 100, 5_000_000),
                ("step_m", self.step_m, 25, 250),
                ("sample_spacing_m", self.sample_spacing_m, 20, 500),
                ("tile", self.tile, 0, 999),
            )
            if not low <= value <= high
        ]
        if self.communes is None and self.tile:
            faults.append(f"tile = {self.tile} repeats the codes of the named communes; give communes=")
        if self.communes is not None and (self.tile + 1) * self.communes > 9_999:
            faults.append(f"tile {self.tile} of {self.communes} communes runs past code 99999; ask for fewer")
        if faults:
            raise UsageError("recipe: " + "; ".join(faults))

    @property
    def scale(self) -> float:
        """Length of this province as a share of the full one's."""
        return math.sqrt(self.area_km2 / FULL_AREA_KM2)

    def rng(self, part: str) -> np.random.Generator:
        """Return the random generator of one part, so that a change in one part leaves the others alone."""
        return np.random.default_rng([self.seed, self.tile, zlib.crc32(part.encode())])

    def number(self, part: str) -> int:
        """Return a seed for one part's noise field."""
        return int(self.rng(part).integers(1, 2**31))
