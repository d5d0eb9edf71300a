"""Learners counted without signal at the size of a province: processor seconds, memory, and the plain way beside it.

    python benchmarks/ranking.py [HOUSEHOLDS AREA_KM2 COMMUNES DRAWS SPACING_M BLOCK_M]

by default 1200000 12700 95 200 200 50. A province is simulated, every operator's field is fitted on a survey with one
sample every SPACING_M along the roads, and then, timed, comes all that follows the fields: placing households in
squares, locating them with the physics, levels, the table ``service`` of every household and operator, and joint draws
of learners by commune and hamlet at three thresholds outdoors and indoors. Each part prints processor seconds over all
threads; the peak is that of the process, the simulated province and the fields included. Everything is compiled
before.

The plain way draws every household by itself, uncondensed, with numpy: the same kriging, one household one place, all
levels of a piece kept, masks by threshold and sums by commune with ``np.add.at``. It runs on a part of the households
and is scaled.
"""

import resource
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from lomsong.gap.demand import Areas, demand_of
from lomsong.gap.learners import SchoolsNear, learner_draws, schools_near
from lomsong.gap.service import Reception, entry_losses, over_operators, service_of, signal_at
from lomsong.gap.tallies import device_table, roaming_table, unconnected_table, walk_table
from lomsong.geo import coordinates
from lomsong.radio import Terrain
from lomsong.settings import Gap
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.recipe import METRIC
from lomsong.surface import CoverageSurface, shared_shadowing
from lomsong.tables import OPERATORS

DEFAULT = (1_200_000, 12_700, 95, 200, 200, 50)
THRESHOLDS_DBM = (-105.0, -110.0, -115.0)
LOSSES_DB = {"light": 5.0, "semi-solid": 14.0, "solid": 20.0}
FLOOR_DBM, NOISE_DB, WALK_M = -125.0, 2.0, 2_000.0
PLAIN_HOUSEHOLDS = 10_000


class Clock:
    """Processor seconds of successive parts."""

    def __init__(self):
        self.began = self.last = time.process_time()
        self.parts = {}

    def __call__(self, name):
        now = time.process_time()
        self.parts[name] = self.parts.get(name, 0.0) + now - self.last
        self.last = now


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def survey(province, operator, spacing_m, rng):
    """One sample of each stretch of road, with noise, silent below the floor."""
    lines = province.roads.to_crs(METRIC).geometry
    places = [shapely.line_interpolate_point(line, np.arange(0, line.length, spacing_m)) for line in lines]
    at = shapely.get_coordinates(np.concatenate(places))
    level = province.level_dbm(operator, at) + rng.normal(0, NOISE_DB, len(at))
    silent = level < FLOOR_DBM
    columns = {
        "operator": operator,
        "rsrp_dbm": np.where(silent, np.nan, level),
        "service": np.where(silent, "no_service", "level"),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*at.T), crs=METRIC)


def fields(province, spacing_m):
    grid = province.grid
    transform = Affine(grid.step_m, 0, grid.west_m, 0, -grid.step_m, grid.north_m)
    terrain = Terrain(province.ground_m, province.canopy_m, transform, METRIC)
    rng = np.random.default_rng(0)
    sites = province.sites.to_crs(METRIC)
    return {
        operator: CoverageSurface().fit(survey(province, operator, spacing_m, rng), sites, terrain)
        for operator in OPERATORS
    }


def gap_stage(province, surfaces, draws, block_m, clock):
    """All that the gap stage does after the fields, with the public functions of ``lomsong.gap``."""
    gap, homes, schools = Gap(), province.households, province.schools
    operators = tuple(surfaces)
    loss_db = entry_losses(homes["building"], len(homes), LOSSES_DB, "semi-solid")
    areas = {
        "commune": Areas.of(homes["commune_code"], province.communes["commune_code"]),
        "hamlet": Areas.of(homes["hamlet_id"], province.hamlets["hamlet_id"]),
    }
    demand = demand_of(homes, METRIC, areas, operators, loss_db, block_m, max(block_m, 100.0))
    clock("squares")
    places, found, at_schools, school_found, services = {}, {}, {}, {}, []
    for operator, surface in surfaces.items():
        places[operator] = surface.locate(demand.points)
        at_schools[operator] = surface.locate(schools)
        clock("physics")
        found[operator] = signal_at(surface, places[operator], gap, 0.1)
        school_found[operator] = signal_at(surface, at_schools[operator], gap, 0.1)
        clock("levels")
        services.append(
            service_of(
                surface, places[operator], homes["household_id"], gap, 0.1,
                found=found[operator], rows=demand.place_of, loss_db=loss_db,
            )
        )  # fmt: skip
        clock("service")
    service = pd.concat(services, ignore_index=True)
    shared = shared_shadowing(surfaces)
    over_operators(service, homes["household_id"], "any", shared.correlation)
    clock("service")
    nearest = schools_near(demand.points, coordinates(schools, METRIC), WALK_M)
    near = SchoolsNear(nearest, at_schools, Reception.of(school_found), np.full(len(schools), 14.0))
    counted = learner_draws(
        surfaces, places, Reception.of(found), demand, usable_dbm=gap.usable_dbm, thresholds_dbm=THRESHOLDS_DBM,
        n=draws, seed=1, shared=shared, schools=near,
    )  # fmt: skip
    clock("draws")
    tables = [function(counted, "commune") for function in (unconnected_table, roaming_table, walk_table, device_table)]
    clock("tables")
    return demand, counted, tables


def plain(province, surfaces, draws, rows):
    """Every household drawn by itself; returns the processor seconds of locating and of the rest."""
    homes = province.households.iloc[rows]
    began = time.process_time()
    located = {operator: surface.locate(homes) for operator, surface in surfaces.items()}
    physics = time.process_time() - began
    loss_db = entry_losses(homes["building"], len(homes), LOSSES_DB, "semi-solid")
    learners = homes["learners"].to_numpy(float)
    area = Areas.of(homes["commune_code"], province.communes["commune_code"]).row
    own = Areas.of(homes["own_operator"], tuple(surfaces)).row
    shared = shared_shadowing(surfaces)
    drawers = [surface.drawer(draws, 1, stream, shared) for stream, surface in enumerate(surfaces.values())]
    began = time.process_time()
    for operator, surface in surfaces.items():
        surface.predict(located[operator])
    level = np.stack([drawer(located[name]) for drawer, name in zip(drawers, surfaces, strict=True)])
    for threshold in THRESHOLDS_DBM:
        for loss in (np.zeros(len(homes)), loss_db):
            gone = level < (threshold + loss)[None, :, None]
            for mask in (gone.all(axis=0), gone.any(axis=0), gone[own, np.arange(len(homes))], *gone):
                np.add.at(np.zeros((len(province.communes), draws)), area, mask * learners[:, None])
    return physics, time.process_time() - began


def main(households, area_km2, communes, draws, spacing_m, block_m):
    warm = simulate(Recipe(area_km2=60, communes=3, households=300, seed=2))
    warm_fields = fields(warm, 400.0)
    gap_stage(warm, warm_fields, 20, block_m, Clock())
    began = time.process_time()
    province = simulate(Recipe(area_km2=area_km2, communes=communes, households=households, seed=5))
    built = time.process_time() - began
    surfaces = fields(province, spacing_m)
    fitted = time.process_time() - began - built
    bins = sum(len(surface.bins_) for surface in surfaces.values())
    print(f"{len(province.households):,} households, {communes} communes, {len(surfaces)} operators, {draws} draws")
    print(f"simulated in {built:.0f} CPU-s; fields of {bins:,} bins fitted in {fitted:.0f}; so far {peak_mb():.0f} MB")
    clock = Clock()
    demand, counted, tables = gap_stage(province, surfaces, draws, block_m, clock)
    total = sum(clock.parts.values())
    print(f"{len(demand.points):,} squares of {block_m:g} m, drawn in {len(demand.drawn_at):,}")
    print(f"{len(demand.place):,} groups of learners")
    for name, seconds in clock.parts.items():
        print(f"  {name:8} {seconds:6.1f} CPU-s")
    without = total - clock.parts["physics"]
    print(f"gap stage {total:.1f} CPU-s, {without:.1f} without the physics; peak {peak_mb():.0f} MB")
    learners = int(province.households["learners"].sum())
    print(f"learners {learners:,}; in the tables {[round(float(one['learners'].iloc[-1])) for one in tables]}")
    rows = np.random.default_rng(3).choice(households, min(PLAIN_HOUSEHOLDS, households), replace=False)
    physics, rest = (seconds * households / len(rows) for seconds in plain(province, surfaces, draws, rows))
    print(
        f"every household by itself, {len(rows):,} scaled: {physics + rest:.0f} CPU-s, {rest:.0f} without the physics"
    )
    print(f"ratio {(physics + rest) / total:.1f}, {rest / without:.1f} without the physics")
    print(counted.expected["commune"][counted.measure("any")].sum().round(), "learners expected without any operator")


if __name__ == "__main__":
    given = [float(value) for value in sys.argv[1:]]
    chosen = [*given, *DEFAULT[len(given) :]]
    main(int(chosen[0]), chosen[1], int(chosen[2]), int(chosen[3]), chosen[4], chosen[5])
