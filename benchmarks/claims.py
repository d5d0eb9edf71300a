"""False claims planted in simulated provinces: how many are found, and how often a true claim is overturned.

    python benchmarks/claims.py [PROVINCES [FIRST SEED]]      default: 20 provinces from seed 1000

In each province of 150…600 km² three operators declare the cells of 250 m whose true level reaches -110 dBm. To each
claim false areas are added: discs of 0.6, 1, 1.5 and 2.5 km radius in which people live and of which at least 80 % is
truly uncovered (:mod:`lomsong.simulate.declare`). One drive survey, then two at different hours. A hexagon is truly
false when at most half of what is declared in it is covered, truly sound when at least 90 % is (true levels every
100 m). Found: an overturned hexagon touches the planted disc. Peers beside it: the same rules without asking for two
occasions; the share of failures above one half on raw tests, with nothing asked of place, time or number.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lomsong.gap.claims.check import check_claims
from lomsong.gap.claims.field_tests import field_tests
from lomsong.gap.claims.hexagons import ChallengeRules, challenge, hexagon_shapes
from lomsong.gap.claims.shares import wilson_bounds
from lomsong.geo import Grid
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.declare import declare
from lomsong.simulate.drive import drive
from lomsong.simulate.recipe import METRIC
from lomsong.surface.declared import Declaration
from lomsong.tables import OPERATORS

USABLE_DBM, FLOOR_DBM, FINE_M = -110.0, -125.0, 100.0
SOUND, FALSE = 0.9, 0.5
START = pd.Timestamp("2021-10-04 00:30")
PASS_SD_DB, ROW_SD_DB = 1.0, 1.7


def survey(province, rounds=1):
    """Return what three phones in one car logged, once or in several rounds over other roads at other hours."""
    roads, hamlets = province.roads.to_crs(METRIC), province.hamlets.to_crs(METRIC)
    parts = []
    for number in range(rounds):
        recipe = replace(province.recipe, seed=province.recipe.seed + 7_919 * number)
        for operator, track in zip(OPERATORS, drive(roads, hamlets, recipe, len(OPERATORS)), strict=True):
            rng = recipe.rng(f"claims {operator}")
            level = province.level_dbm(operator, track.points)
            level += rng.normal(0, PASS_SD_DB, track.leg.max() + 1)[track.leg] + rng.normal(0, ROW_SD_DB, len(level))
            silent = level < FLOOR_DBM
            hours = pd.Timedelta(days=30 * number, hours=5 * number)
            columns = {
                "operator": operator, "technology": "4G", "rsrp_dbm": np.where(silent, np.nan, np.round(level)),
                "service": np.where(silent, "no_service", "level"),
                "time": (START + hours + pd.to_timedelta(track.second, "s")).tz_localize("UTC"),
            }  # fmt: skip
            parts.append(gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*track.points.T), crs=METRIC))
    return pd.concat(parts, ignore_index=True)


def plant(province):
    """Return the claims of all operators, the false ones among them, and these alone."""
    areas, planted = declare(province, province.level_dbm, simplify_m=0, most_false=1)
    return Declaration(areas.to_crs(METRIC)), planted.to_crs(METRIC)


def true_shares(province, declaration, hexagons):
    """Return the share of what is declared in each hexagon that is truly covered."""
    shapes = hexagon_shapes(hexagons["hexagon"]).to_crs(METRIC)
    share = np.full(len(hexagons), np.nan)
    for operator in hexagons["operator"].unique():
        areas = declaration.areas[declaration.areas["operator"] == operator].union_all()
        shapely.prepare(areas)
        for row in np.flatnonzero((hexagons["operator"] == operator).to_numpy()):
            at = Grid.over(shapes.iloc[row].bounds, FINE_M, METRIC).centres()
            at = at[shapely.contains_xy(shapes.iloc[row], *at.T) & shapely.contains_xy(areas, *at.T)]
            if len(at):
                share[row] = (province.level_dbm(operator, at) >= USABLE_DBM).mean()
    return share


def zone_truth(province, declaration, zones):
    """Return the share of what is declared in each zone that is truly covered.

    On a grid finer than that of the claims: at the middles of their cells true claims are right by construction.
    """
    share = np.full(len(zones), np.nan)
    for operator in zones["operator"].unique():
        areas = declaration.areas[declaration.areas["operator"] == operator].union_all()
        for row in np.flatnonzero((zones["operator"] == operator).to_numpy()):
            part = areas.intersection(zones.geometry.iloc[row])
            at = Grid.over(part.bounds, FINE_M, METRIC).centres() if not part.is_empty else np.zeros((0, 2))
            at = at[shapely.contains_xy(part, *at.T)]
            if len(at):
                share[row] = (province.level_dbm(operator, at) >= USABLE_DBM).mean()
    return share


def outcome(province, rounds, rules):
    """Survey one province and judge its claims under several rules; return rows of hexagons, discs and zones."""
    declaration, planted = plant(province)
    samples = survey(province, rounds)
    tests = field_tests(samples, METRIC)
    check = check_claims(tests, declaration, province.communes, usable_dbm=USABLE_DBM, crs=METRIC)
    found = {name: challenge(check, rule) for name, rule in rules.items()}
    one = next(iter(found.values()))
    truth = true_shares(province, declaration, one)
    hexagons = pd.DataFrame({name: frame["state"] for name, frame in found.items()}).assign(
        truth=truth, enough=(one["tests"] >= 5) & (one["places"] >= 2), raw=one["share_failed"] > 0.5
    )  # fmt: skip
    shapes = one.geometry.to_crs(METRIC)
    discs = []
    for disc in planted.itertuples():
        own = (one["operator"] == disc.operator) & shapes.intersects(disc.geometry)
        row = {name: bool((hexagons.loc[own, name] == "overturned").any()) for name in rules}
        inside = tests[tests["operator"] == disc.operator]
        at = shapely.contains_xy(disc.geometry, inside["easting_m"], inside["northing_m"])
        discs.append(
            row | {"radius_m": disc.radius_m, "tests": int(at.sum()), "raw": bool(hexagons.loc[own, "raw"].any())}
        )
    zones = check.zones[check.zones["counts"] & (check.zones["tests"] > 0)].copy()
    zones["truth"] = zone_truth(province, declaration, zones)
    return hexagons, pd.DataFrame(discs), zones.drop(columns="geometry"), check.verdicts


RULES = {"rules": ChallengeRules(), "one occasion": ChallengeRules(least_occasions=1)}


def main():
    provinces = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    began = time.process_time()
    for rounds in (1, 2):
        parts = []
        for number in range(provinces):
            area = (150, 300, 450, 600)[number % 4]
            recipe = Recipe(area_km2=area, communes=8, households=2_000, seed=first + number)
            parts.append(outcome(simulate(recipe), rounds, RULES))
        report(rounds, *(pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True)))
    print(f"{time.process_time() - began:.0f} CPU-s")


def report(rounds, hexagons, discs, zones, verdicts):
    print(f"\n{rounds} drive(s): {len(hexagons)} hexagons tested, {len(discs)} false areas planted")
    sound, wrong = hexagons["truth"] >= SOUND, hexagons["truth"] <= FALSE
    enough = hexagons["enough"]
    heads = ("found/false", ".. with tests", "false alarms/sound", "discs found", ".. 5+ tests")
    print(" " * 14 + "".join(f"{head:>{width}}" for head, width in zip(heads, (20, 18, 22, 16, 16), strict=True)))
    for name in (*RULES, "raw"):
        over = hexagons[name] if name == "raw" else hexagons[name] == "overturned"
        disc, tested = discs[name], discs["tests"] >= 5
        print(
            f"{name:14}{_of(over & wrong, wrong):>20}{_of(over & wrong & enough, wrong & enough):>18}"
            f"{_of(over & sound, sound):>22}{_of(disc, disc | True):>16}{_of(disc & tested, tested):>16}"
        )
    for radius_m, own in discs.groupby("radius_m"):
        print(
            f"  radius {radius_m:5.0f} m: " + ", ".join(f"{name} {_of(own[name], own[name] | True)}" for name in RULES)
        )
    upheld = hexagons["rules"] == "upheld"
    print(f"upheld: {int(upheld.sum())}, of these truly at most half covered: {int((upheld & wrong).sum())}")
    low, high = wilson_bounds(zones["tests"] - zones["failures"], zones["tests"])
    known = zones["truth"].notna()
    for name, least, most in (("effective", zones["exact_low"], zones["exact_high"]), ("raw Wilson", low, high),
                              ("eff. Wilson", zones["wilson_low"], zones["wilson_high"])):  # fmt: skip
        held = ((zones["truth"] >= least) & (zones["truth"] <= most))[known]
        print(
            f"zones: true share inside 90 % bounds, {name}: {_of(held, held | True)}, width {np.mean(most - least):.3f}"
        )
    told = zones[known & (zones["verdict"] != "undecided")]
    right = (told["verdict"] == "met") == (told["truth"] >= 0.95)
    print(f"zones decided {len(told)} of {int(known.sum())}, rightly {int(right.sum())}; verdicts "
          f"{verdicts['verdict'].value_counts().to_dict()}")  # fmt: skip


def _of(part, whole):
    return f"{int(part.sum())}/{int(whole.sum())} {part.sum() / max(whole.sum(), 1):.1%}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
