"""How fast a planned survey narrows the ranking, beside driving at random and towards the highest variance.

    python benchmarks/survey_plan.py [--seeds 8] [--first 20] [--surveys 2] [--km 25 50] [--json FILE]

Simulated provinces with known levels, 300 km², 12 communes, three operators. In each, surveys of a quarter of the roads
are made by themselves, other roads each time. After each survey every strategy drives at most the same kilometres from
the same place, the hamlet with most learners, and back to it; phones log all the way as the survey's do.

planned     lomsong.gap.survey_plan.plan_survey
random      to a piece of road drawn at random, by the shortest way, and so on; two such drives
variance    to the piece where the level's variance is greatest, by the shortest way, and so on, each knowing the last
variance/km what adds most variance of the level for each kilometre more, put where it lengthens the drive least

The fields are then fitted again to all samples, covariance and calibration kept from the fit to the first survey of the
province, and 400 joint draws are counted. The ranking's uncertainty is rank_sd, the standard deviation of a commune's
rank over the draws, mean over the communes. A part of it no drive takes away: what homes have apart from roads. It is
the same before and after and for all strategies, and does not enter how far the figure falls. Beside it stand width,
the mean width of the posterior 90 % rank sets, and rank_error, the mean absolute error of the ranks of the mean totals.

Printed: one row a strategy and drive as it is made; means over all surveys by strategy; then how far rank_sd and width
fall for each 10 km, pooled over all surveys, planned over each peer (/), and the standard error of that ratio (±) by
leaving out one province at a time: per kilometre driven, all transfers counted, and per kilometre measured newly, each
stretch once and without roads that the survey had.
"""

import argparse
import json
import time
from copy import copy
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lomsong.gap import survey_plan
from lomsong.gap.confidence import posterior_rank_sets
from lomsong.gap.drive import Drive
from lomsong.gap.information import Fields, Outlook, demand_of, ranks_of
from lomsong.gap.route import exits
from lomsong.gap.survey_plan import plan_survey
from lomsong.geo import coordinates
from lomsong.radio import Terrain
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.recipe import METRIC
from lomsong.simulate.territory import transform
from lomsong.surface import CoverageSurface, shared_shadowing
from lomsong.surface.blocks import bins_of, readings_of, without_offsets
from lomsong.tables import OPERATORS

USABLE_DBM, FLOOR_DBM, SPACING_M, PIECE_M = -110.0, -125.0, 50.0, 500.0
PASS_SD_DB, ROW_SD_DB = 1.0, 1.7
SHARE = 0.25
DRAWS = 400
RANDOM_DRIVES = 2
PEERS = ("random", "variance", "variance/km")
FIGURES = ("rank_sd", "width", "rank_error")
RATED = FIGURES[:2]


def drive_along(province, operator, lines, seed, name):
    """Return what a phone logs along lines, one pass each."""
    rng = np.random.default_rng([seed, list(OPERATORS).index(operator)])
    at, leg = [], []
    for number, line in enumerate(lines):
        steps = np.arange(rng.uniform(0, min(SPACING_M, line.length)), line.length, SPACING_M)
        at.append(shapely.get_coordinates(shapely.line_interpolate_point(line, steps)))
        leg.append(np.full(len(steps), number))
    at, leg = np.vstack(at), np.concatenate(leg)
    level = province.level_dbm(operator, at) + rng.normal(0, PASS_SD_DB, len(lines))[leg]
    level = np.round(level + rng.normal(0, ROW_SD_DB, len(at)))
    silent = level < FLOOR_DBM
    frame = pd.DataFrame({"operator": operator, "rsrp_dbm": np.where(silent, np.nan, level)})
    frame = frame.assign(service=np.where(silent, "no_service", "level"), source_file=[f"{name} {one}" for one in leg])
    fixes = at + rng.normal(0, 2.0, at.shape)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*fixes.T), crs=METRIC)


def terrain_of(province):
    ground, canopy = province.ground_m.astype(np.float32), province.canopy_m.astype(np.float32)
    return Terrain(ground, canopy, transform(province.grid), METRIC)


def with_samples(surface, samples):
    """Return a field with other samples, the layers of its mean, covariance and calibration as they are."""
    part = copy(surface)
    readings = readings_of(samples, surface.crs_, surface.block_m, surface.floor_dbm)
    offsets = pd.Series(0.0, index=np.sort(readings["device"].unique()))
    part.readings_ = without_offsets(readings, offsets)
    part.bins_ = bins_of(part.readings_, surface.repeat_)
    trend = part.mean_layers_.columns(part._at())
    known = surface.kriging_.covariance_, surface.kriging_.calibration_
    part.kriging_ = surface._kriging().fit(part._at(), *part._values(), trend, *known)
    return part


class World:
    """A province and the fields as its first survey shows them."""

    def __init__(self, seed, area_km2=300, communes=12, households=4_000, physics=True):
        self.seed = seed
        self.province = simulate(Recipe(area_km2=area_km2, communes=communes, households=households, seed=seed))
        self.roads = self.province.roads.to_crs(METRIC)
        homes, truth = self.province.households, self.province.truth
        self.at = coordinates(homes, METRIC)
        self.learners = homes["learners"].to_numpy(float)
        codes = self.province.communes["commune_code"].tolist()
        self.area = homes["commune_code"].map({code: row for row, code in enumerate(codes)}).to_numpy()
        operators = [name for name in OPERATORS if name in set(self.province.sites["operator"])]
        gone = (truth[[f"{name}_dbm" for name in operators]].to_numpy() < USABLE_DBM).all(axis=1)
        self.true = np.bincount(self.area, self.learners * gone, len(codes))
        largest = homes["hamlet_id"] == homes.groupby("hamlet_id")["learners"].sum().idxmax()
        town = gpd.GeoSeries.from_xy(*self.at[largest].mean(axis=0)[:, None], crs=METRIC).to_crs(4326).iloc[0]
        self.town = (town.x, town.y)
        self.graph, _ = survey_plan._graph(self.roads, None, self.at, PIECE_M, METRIC)
        sites, terrain = (self.province.sites, terrain_of(self.province)) if physics else (None, None)
        lines = self.quarter(0)
        samples = {name: drive_along(self.province, name, lines, seed, "first") for name in operators}
        fitted = CoverageSurface(workers=1, floor_dbm=FLOOR_DBM)
        self.surfaces = {name: copy(fitted).fit(part, sites, terrain) for name, part in samples.items()}
        self.shared = shared_shadowing(self.surfaces)
        self.homes = {name: surface.locate(self.at) for name, surface in self.surfaces.items()}

    def quarter(self, survey):
        """Return the roads that a survey drove."""
        order = np.random.default_rng([self.seed, survey]).permutation(len(self.roads))
        length = self.roads.length.to_numpy()[order]
        return self.roads.geometry.iloc[order[np.cumsum(length) <= SHARE * length.sum()]]


class Case:
    """What one survey of a world shows, and what drives after it would."""

    def __init__(self, world, survey=0):
        self.world, self.key = world, 1_000 * survey + world.seed
        lines = world.quarter(survey)
        self.surveyed = lines.union_all().buffer(1.0)
        self.samples = {name: drive_along(world.province, name, lines, self.key, "first") for name in world.surfaces}
        self.surfaces = {name: with_samples(world.surfaces[name], part) for name, part in self.samples.items()}

    def plan(self, km):
        """Return the drive that lomsong plans."""
        world = self.world
        return plan_survey(
            self.surfaces, world.province.households, world.province.communes, world.roads, usable_dbm=USABLE_DBM,
            km=km, start=world.town, hamlets=world.province.hamlets, piece_m=PIECE_M, n=DRAWS, shared=world.shared,
            seed=self.key,
        )  # fmt: skip

    @cached_property
    def outlook(self):
        world = self.world
        fields = Fields(self.surfaces, world.shared, DRAWS, self.key)
        squares = survey_plan._squares(world.province.households, world.province.communes, METRIC)
        demand = demand_of(fields, *squares, len(world.true), USABLE_DBM)
        return Outlook.of(fields, demand, world.graph, np.arange(len(world.graph.ends)), np.eye(len(world.true)))

    def towards(self, km, prefer):
        """Drive from one target to the next by the shortest way, back within the kilometres.

        prefer: from the pieces that were tried and those driven to the next to try.
        """
        graph = self.world.graph
        drive, worth, tried = self._drive(), np.ones(len(graph.ends)), np.zeros(len(graph.ends), bool)
        while not tried.all():
            piece = prefer(tried, [stop[0] for stop in drive.stops])
            tried[piece] = True
            here = drive.start if not drive.stops else exits(graph, drive.stops[-1])[1]
            away = graph.ways(here).length_m[graph.ends[piece]]
            left = worth.copy()
            left[[one for one, _ in drive.stops]] = 0
            added = drive._added(here, None, (piece, int(away[1] < away[0])), left)
            longer = Drive(graph, drive.start, True, [*drive.stops, *added])
            if longer.km() <= km:
                drive = longer
                tried[[one for one, _ in added]] = True
        return self._lines(drive), drive.km()

    def _drive(self):
        town = coordinates(gpd.GeoSeries.from_xy([self.world.town[0]], [self.world.town[1]], crs=4326), METRIC)[0]
        return Drive(self.world.graph, self.world.graph.nearest(town), True)

    def _lines(self, drive):
        return [drive.graph.lines[piece] for piece in {step[0]: None for step in drive.walked()}]

    def random(self, km, number):
        rng = np.random.default_rng([self.key, 7, number])
        return self.towards(km, lambda tried, _: int(rng.choice(np.flatnonzero(~tried))))

    def variance(self, km):
        outlook, known = self.outlook.again(), []

        def prefer(tried, driven):
            more = [piece for piece in driven if piece not in known]
            outlook.measure(more)
            known.extend(more)
            return int(np.argmax(np.where(tried, -1.0, outlook.level_variance())))

        return self.towards(km, prefer)

    def variance_by_km(self, km):
        outlook, drive = self.outlook.again(), self._drive()
        while True:
            worth = outlook.level_variance() * self.world.graph.length_m
            worth[[piece for piece, _ in drive.stops]] = 0
            options = drive.options(worth, km - drive.km())
            if not options:
                return self._lines(drive), drive.km()
            added = drive.added(options[0], worth)
            drive.insert(options[0].gap, added)
            outlook.measure([piece for piece, _ in added])

    def new_km(self, lines):
        """Return how much of what was driven had not been surveyed before, each stretch once."""
        return shapely.union_all(lines).difference(self.surveyed).length / 1000

    def figures(self, lines=()):
        """Return the figures of the ranking once lines were driven too."""
        world, surfaces = self.world, self.surfaces
        if len(lines):
            surfaces = {}
            for name, before in self.samples.items():
                more = drive_along(world.province, name, lines, self.key + 500, "then")
                surfaces[name] = with_samples(world.surfaces[name], pd.concat([before, more], ignore_index=True))
        unusable = np.ones((len(world.at), DRAWS), bool)
        for row, (name, surface) in enumerate(surfaces.items()):
            unusable &= surface.drawer(DRAWS, self.key + 1, row, world.shared)(world.homes[name]) < USABLE_DBM
        totals = np.zeros((len(world.true), DRAWS))
        np.add.at(totals, world.area, world.learners[:, None] * unusable)
        sets = posterior_rank_sets(totals)
        true_rank, rank = (ranks_of(total[:, None])[:, 0] for total in (world.true, totals.mean(axis=1)))
        return {
            "rank_sd": float(ranks_of(totals).std(axis=1).mean()),
            "width": float((sets.high - sets.low).mean()),
            "rank_error": float(np.abs(rank - true_rank).mean()),
        }


def compare(case, distances, survey=0):
    """Return one row a strategy, distance and drive."""
    now = case.figures()
    rows = []
    for km in distances:
        plan = case.plan(km)
        told = plan.segments.to_crs(METRIC).geometry
        course = list(shapely.get_parts(shapely.line_merge(told.set_precision(0.5).union_all())))
        drives = [("planned", (course, plan.km)), ("variance", case.variance(km))]
        drives += [("variance/km", case.variance_by_km(km))]
        drives += [("random", case.random(km, number)) for number in range(RANDOM_DRIVES)]
        for name, (lines, driven) in drives:
            after = case.figures(lines)
            rows.append({"seed": case.world.seed, "survey": survey, "km": km, "strategy": name, "driven_km": driven,
                         "new_km": case.new_km(lines) if lines else 0.0, **{f"{one}_now": now[one] for one in FIGURES},
                         **{one: now[one] - after[one] for one in FIGURES}})  # fmt: skip
    return rows


def speeds(table, per):
    """Return how far each figure falls for each 10 km, by strategy, pooled; index strategy, columns figures."""
    by = table.groupby("strategy")[[per, *FIGURES]].sum()
    return by[list(FIGURES)].div(by[per], axis=0) * 10


def ratios(table):
    """Return, by distance, kilometres and figure, the speeds and planned over each peer with its standard error.

    NaN where a peer, or a peer without one of the provinces, narrowed nothing.
    """
    found = {}
    np.seterr(divide="ignore")
    for (km, part), per in ((one, per) for one in table.groupby("km") for per in ("driven_km", "new_km")):
        seeds = part["seed"].unique()
        speed = speeds(part, per)
        without = [speeds(part[part["seed"] != seed], per) for seed in seeds if len(seeds) > 1]
        for one in RATED:
            row = {name: speed.loc[name, one] for name in ("planned", *PEERS)}
            for name in PEERS:
                whole, *left = (of.loc["planned", one] / max(of.loc[name, one], 0.0) for of in [speed, *without])
                left = np.where(np.isfinite(left), left, np.nan)
                row[f"/{name}"] = whole if np.isfinite(whole) else np.nan
                row[f"±{name}"] = np.sqrt((len(seeds) - 1) * left.var()) if len(seeds) > 1 else np.nan
            found[km, per, one] = row
    return pd.DataFrame(found).T


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=20)
    parser.add_argument("--surveys", type=int, default=2)
    parser.add_argument("--km", type=float, nargs="+", default=[25.0, 50.0])
    parser.add_argument("--json")
    asked = parser.parse_args()
    rows = []
    for seed in range(asked.first, asked.first + asked.seeds):
        started = time.process_time()
        world = World(seed)
        for survey in range(asked.surveys):
            more = compare(Case(world, survey), asked.km, survey)
            print(pd.DataFrame(more).round(3).to_string(index=False, header=not rows))
            rows += more
        print(f"seed {seed}: {time.process_time() - started:.0f} CPU-s", flush=True)
        if asked.json:
            Path(asked.json).write_text(json.dumps(rows))
    report(pd.DataFrame(rows))


def report(table):
    """Print means and ratios."""
    columns = ["driven_km", "new_km", *(f"{one}_now" for one in FIGURES), *FIGURES]
    print("means; figures before the drive (_now), and how far they fall")
    print(table.groupby(["km", "strategy"])[columns].mean().round(3).to_string())
    print("fall for each 10 km; planned over each peer (/), and the standard error of that (±)")
    print(ratios(table).round(3).to_string())


if __name__ == "__main__":
    main()
