"""Three phones in one car: where each of them was at which second, and on foot into some hamlets."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from lomsong.simulate.noise import Floats
from lomsong.simulate.recipe import Recipe

SPEED_MPS = {"national": 14.5, "provincial": 13.0, "district": 10.5, "forest_track": 6.5, "walk": 1.4}
DRIVEN_SHARE = {"national": 1.0, "provincial": 1.0, "district": 0.70, "forest_track": 0.75}
WALKED_HAMLETS = 0.30

_MOVE_MPS = 9.0
"""Speed, as the crow flies, of moving to another road without logging."""

_DAY_S, _SHIFT_S = 86_400, 34_200


@dataclass(frozen=True)
class Track:
    """Rows of one phone in the order of time.

    Seconds from the first day's start, easting and northing in metres, shape (n, 2), and the number of the leg.
    """

    second: NDArray[np.int64]
    points: Floats
    leg: NDArray[np.int64]


@dataclass(frozen=True)
class _Leg:
    start_s: int
    line: LineString
    speed_mps: float


def drive(roads: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame, recipe: Recipe, phones: int) -> list[Track]:
    """Drive most roads and walk into some hamlets, in one order for all phones.

    Each phone writes its rows at its own whole seconds, about ``recipe.sample_spacing_m`` apart; no two rows of a phone
    imply more than 25 m/s.

    Parameters
    ----------
    roads, hamlets
        In :data:`~lomsong.simulate.recipe.METRIC`.
    recipe
        Spacing and seed.
    phones
        How many tracks to return.
    """
    rng = recipe.rng("drive")
    share = roads["class"].map(DRIVEN_SHARE).to_numpy()
    driven = roads[rng.random(len(roads)) < share]
    walked = hamlets.geometry[rng.random(len(hamlets)) < WALKED_HAMLETS]
    lines = [*driven.geometry, *(_stroll(point, rng) for point in walked)]
    kinds = [*driven["class"], *["walk"] * len(walked)]
    legs = _scheduled(lines, [SPEED_MPS[kind] for kind in kinds])
    return [_track(legs, phone, recipe, recipe.rng(f"phone {phone}")) for phone in range(phones)]


def _stroll(point: shapely.Point, rng: np.random.Generator) -> LineString:
    """Walk some 400 m out of the middle of a hamlet."""
    heading = rng.uniform(0.0, 2.0 * np.pi) + np.cumsum(rng.normal(0.0, 0.5, 8))
    steps = 50.0 * np.column_stack([np.cos(heading), np.sin(heading)])
    return LineString(np.array([point.x, point.y]) + np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)]))


def _scheduled(lines: list[LineString], speeds: list[float]) -> list[_Leg]:
    """Put lines one after the other, always the one that begins or ends nearest, and give each its start."""
    ends = np.array([[line.coords[0], line.coords[-1]] for line in lines])
    todo = np.ones(len(lines), dtype=bool)
    here, clock, legs = ends[0, 0], 0, []
    for _ in lines:
        away = np.where(todo[:, None], np.hypot(*(ends - here).transpose(2, 0, 1)), np.inf)
        index, side = np.unravel_index(int(np.argmin(away)), away.shape)
        todo[index] = False
        line = shapely.reverse(lines[index]) if side else lines[index]
        clock += 1 + int(np.ceil(away[index, side] / _MOVE_MPS))
        if clock % _DAY_S > _SHIFT_S:
            clock += _DAY_S - clock % _DAY_S
        legs.append(_Leg(clock, line, speeds[index]))
        clock += int(np.ceil(line.length / speeds[index]))
        here = ends[index, 1 - side]
    return legs


def _track(legs: list[_Leg], phone: int, recipe: Recipe, rng: np.random.Generator) -> Track:
    seconds, places, numbers = [], [], []
    for number, leg in enumerate(legs):
        duration = leg.line.length / leg.speed_mps
        beat = recipe.sample_spacing_m / leg.speed_mps
        steps = np.maximum(1, np.round(beat * rng.uniform(0.8, 1.2, int(2.0 * duration / beat) + 2))).astype(int)
        second = min(phone, int(duration)) + np.concatenate([[0], np.cumsum(steps)])
        second = second[second <= duration]
        seconds.append(leg.start_s + second)
        places.append(shapely.get_coordinates(shapely.line_interpolate_point(leg.line, second * leg.speed_mps)))
        numbers.append(np.full(len(second), number))
    return Track(np.concatenate(seconds), np.vstack(places), np.concatenate(numbers))
