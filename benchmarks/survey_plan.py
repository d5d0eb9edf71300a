"""How fast a planned survey narrows the ranking, beside driving at random and towards the highest variance.

    python benchmarks/survey_plan.py [--seeds 6] [--km 15 30 60] [--refit] [--json FILE]

Simulated provinces with known levels, 300-600 km² and 12-20 communes. A quarter of the roads was surveyed. Then each
strategy drives the same kilometres from the same place and back, three phones logging all the way as the survey's do:

planned     lomsong.gap.plan_survey
random      to a piece of road drawn at random, by the shortest way, and so on
variance    to the piece where the level's variance is greatest, by the shortest way, and so on, each knowing the last
variance/km the same choice as planned, kilometre by kilometre, but of the level's variance alone

Fields are then estimated again from all samples, covariance and calibration kept (--refit: all estimated anew), and
400 joint draws give rank sets (5 % to 95 %). Printed: how far each strategy lowers the mean width of the rank sets, the
mean absolute error of the ranks, and the RMSE of the communes' totals, for each 10 km driven, and the ratio of planned
to each: at equal kilometres, pooled over provinces. km needed: how far each drives until the sets are as narrow as
planned has them at the shortest distance.
"""

import argparse
import json
import time
from copy import copy
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lomsong.gap import survey_plan
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

USABLE_DBM, FLOOR_DBM, SPACING_M = -110.0, -125.0, 50.0
PASS_SD_DB, ROW_SD_DB = 1.0, 1.7
SHARE = 0.25
DRAWS = 400
PEERS = ("random", "variance", "variance/km")
FIGURES = ("width", "rank_sd", "rank_error", "total_rmse")


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
    """Return a field with other samples, its mean, covariance and calibration as they are."""
    part = copy(surface)
    readings = readings_of(samples, surface.crs_, surface.block_m, surface.floor_dbm)
    offsets = pd.Series(0.0, index=np.sort(readings["device"].unique()))
    part.readings_ = without_offsets(readings, offsets)
    part.bins_ = bins_of(part.readings_, surface.repeat_)
    trend = part.mean_layers_.columns(part._at())
    known = surface.kriging_.covariance_, surface.kriging_.calibration_
    part.kriging_ = surface._kriging().fit(part._at(), *part._values(), trend, *known)
    return part


class Case:
    """A province, a quarter of whose roads was surveyed."""

    def __init__(self, seed, area_km2=None, communes=None, households=5_000, physics=True, refit=False):
        area_km2 = area_km2 or (300, 400, 500, 600)[seed % 4]
        communes = communes or (12, 16, 20)[seed % 3]
        self.seed, self.refit = seed, refit
        self.province = simulate(Recipe(area_km2=area_km2, communes=communes, households=households, seed=seed))
        self.roads = self.province.roads.to_crs(METRIC)
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.roads))
        length = self.roads.length.to_numpy()[order]
        driven = order[np.cumsum(length) <= SHARE * length.sum()]
        self.surveyed = self.roads.geometry.iloc[driven].union_all().buffer(1.0)
        self.sites, self.terrain = (self.province.sites, terrain_of(self.province)) if physics else (None, None)
        self.samples = {
            operator: drive_along(self.province, operator, self.roads.geometry.iloc[driven], seed, "first")
            for operator in OPERATORS if operator in set(self.province.sites["operator"])
        }  # fmt: skip
        self.surfaces = {name: self._fitted(samples) for name, samples in self.samples.items()}
        self.shared = shared_shadowing(self.surfaces)
        homes = self.province.households
        self.at = coordinates(homes, METRIC)
        self.learners = homes["learners"].to_numpy(float)
        codes = self.province.communes["commune_code"].tolist()
        self.area = homes["commune_code"].map({code: row for row, code in enumerate(codes)}).to_numpy()
        truth = self.province.truth
        gone = (truth[[f"{name}_dbm" for name in self.samples]].to_numpy() < USABLE_DBM).all(axis=1)
        self.true = np.bincount(self.area, self.learners * gone, len(codes))

    def _fitted(self, samples):
        return CoverageSurface(workers=1, floor_dbm=FLOOR_DBM).fit(samples, self.sites, self.terrain)

    def plan(self, km, aim="ranking", start=None):
        return plan_survey(
            self.surfaces, self.province.households, self.province.communes, self.roads, usable_dbm=USABLE_DBM,
            km=km, start=start, aim=aim, hamlets=self.province.hamlets, shared=self.shared, seed=self.seed,
        )  # fmt: skip

    def towards(self, km, start, choice):
        """Drive from one target to the next by the shortest way, back within the kilometres.

        choice: a function from the outlook (None before it is needed) to the order in which pieces are preferred.
        """
        graph, _ = survey_plan._graph(self.roads, None, self.at, 500.0, METRIC)
        begin = graph.nearest(coordinates(gpd.GeoSeries.from_xy([start[0]], [start[1]], crs=4326), METRIC)[0])
        drive, worth, prefer = Drive(graph, begin, True), np.ones(len(graph.ends)), choice(graph)
        tried = np.zeros(len(graph.ends), bool)
        while not tried.all():
            piece = prefer(tried, [stop[0] for stop in drive.stops])
            tried[piece] = True
            here = begin if not drive.stops else exits(graph, drive.stops[-1])[1]
            away = graph.ways(here).length_m[graph.ends[piece]]
            stop = (piece, int(away[1] < away[0]))
            left = worth.copy()
            left[[one for one, _ in drive.stops]] = 0
            added = drive._added(here, None, stop, left)
            longer = Drive(graph, begin, True, [*drive.stops, *added])
            if longer.km() <= km:
                drive = longer
                tried[[one for one, _ in added]] = True
        return [graph.lines[piece] for piece in {step[0]: None for step in drive.walked()}], drive.km()

    def random_choice(self, _):
        rng = np.random.default_rng([self.seed, 7])
        return lambda tried, _: int(rng.choice(np.flatnonzero(~tried)))

    def variance_choice(self, graph):
        fields = Fields(self.surfaces, self.shared, 400, self.seed)
        squares = survey_plan._squares(self.province.households, self.province.communes, METRIC)
        demand = demand_of(fields, *squares, len(self.true), USABLE_DBM)
        outlook = Outlook.of(fields, demand, graph, np.arange(len(graph.ends)), np.eye(len(self.true)))
        known = []

        def choose(tried, driven):
            outlook.measure([piece for piece in driven if piece not in known])
            known.extend(piece for piece in driven if piece not in known)
            return int(np.argmax(np.where(tried, -1.0, outlook.level_variance())))

        return choose

    def lines(self, plan):
        """Return what is driven, each stretch once."""
        told = plan.segments.to_crs(METRIC).geometry
        return list(shapely.get_parts(shapely.line_merge(told.set_precision(0.5).union_all())))

    def new_km(self, lines):
        """Return how much of what was driven had not been surveyed before."""
        return sum(line.difference(self.surveyed).length for line in lines) / 1000

    def figures(self, lines=()):
        """Return the figures of the ranking once lines were driven too."""
        surfaces = self.surfaces
        if len(lines):
            surfaces = {}
            for name, before in self.samples.items():
                more = drive_along(self.province, name, lines, self.seed + 1_000, "then")
                both = pd.concat([before, more], ignore_index=True)
                surfaces[name] = self._fitted(both) if self.refit else with_samples(self.surfaces[name], both)
        fields = Fields(surfaces, self.shared, DRAWS, self.seed + 1)
        totals = np.zeros((len(self.true), fields.n))
        unusable = (fields.drawn(self.at) < USABLE_DBM).all(axis=0)
        np.add.at(totals, self.area, self.learners[:, None] * unusable)
        ranks = ranks_of(totals)
        low, high = np.quantile(ranks, [0.05, 0.95], axis=1)
        expected = totals.mean(axis=1)
        true_rank, rank = ranks_of(self.true[:, None])[:, 0], ranks_of(expected[:, None])[:, 0]
        return {
            "width": float((np.ceil(high) - np.floor(low)).mean()),
            "rank_sd": float(ranks.std(axis=1).mean()),
            "rank_error": float(np.abs(rank - true_rank).mean()),
            "total_rmse": float(np.sqrt(((expected - self.true) ** 2).mean())),
        }


def compare(case, distances):
    """Return one row a strategy and distance."""
    now = case.figures()
    rows = []
    for km in distances:
        plan = case.plan(km)
        if plan.reason:
            print(f"seed {case.seed}: {km} km: {plan.reason}")
            continue
        drives = {"planned": (case.lines(plan), plan.km)}
        other = case.plan(km, "level", plan.start)
        drives["variance/km"] = (case.lines(other), other.km)
        drives["random"] = case.towards(km, plan.start, case.random_choice)
        drives["variance"] = case.towards(km, plan.start, case.variance_choice)
        for name, (lines, driven) in drives.items():
            after = case.figures(lines)
            fall = {f"{one}_fall": now[one] - after[one] for one in FIGURES}
            rows.append({"seed": case.seed, "km": km, "strategy": name, "driven_km": driven,
                         "new_km": case.new_km(lines), **after, **fall,
                         **{f"{one}_now": now[one] for one in FIGURES},
                         "expected_left": float(plan.curve["left"].iloc[-1])})  # fmt: skip
    return rows


def ratios(table):
    """Return the fall for each kilometre driven, pooled over provinces, planned over each peer."""
    found = {}
    for km, part in table.groupby("km"):
        by = part.groupby("strategy")[["driven_km", *(f"{one}_fall" for one in FIGURES)]].sum()
        for one in FIGURES:
            speed = by[f"{one}_fall"] / by["driven_km"]
            found[km, one] = {name: float(speed["planned"] / speed[name]) for name in PEERS} | {
                "planned": float(10 * len(part["seed"].unique()) * speed["planned"]),
                **{f"of {name}": float(10 * len(part["seed"].unique()) * speed[name]) for name in PEERS},
            }
    return pd.DataFrame(found).T


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--km", type=float, nargs="+", default=[15.0, 30.0, 60.0])
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("--json")
    asked = parser.parse_args()
    rows = []
    for seed in range(asked.first, asked.first + asked.seeds):
        started = time.process_time()
        case = Case(seed, refit=asked.refit)
        rows += compare(case, asked.km)
        found = pd.DataFrame(rows)
        print(found[found["seed"] == seed].drop(columns="seed").round(3).to_string(index=False))
        print(f"seed {seed}: {time.process_time() - started:.0f} CPU-s", flush=True)
    table = pd.DataFrame(rows)
    print(
        table.groupby(["km", "strategy"])[["driven_km", *FIGURES, *(f"{one}_now" for one in FIGURES)]].mean().round(3)
    )
    print("fall for each 10 km driven, and planned over each peer:")
    print(ratios(table).round(3).to_string())
    if asked.json:
        Path(asked.json).write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
