"""Declared coverage against tests: by hand, its properties, its edges, and false claims planted in a province."""

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import translate

from lomsong.errors import ColumnError, UsageError
from lomsong.gap.claims.areas import claim_areas
from lomsong.gap.claims.check import check_claims
from lomsong.gap.claims.field_tests import field_tests
from lomsong.gap.claims.hexagons import ChallengeRules
from lomsong.gap.claims.shares import exact_bounds
from lomsong.gap.claims.zones import commune_zones, zone_at
from lomsong.simulate import Recipe, simulate
from lomsong.surface.declared import Declaration

CRS = pyproj.CRS.from_epsg(3405)
EAST, NORTH = 700_000, 1_250_000
ROOT = Path(__file__).resolve().parents[3]


def land(*sizes):
    """Communes side by side, each so many km wide and 10 km high."""
    shapes, west = [], EAST
    for size in sizes:
        shapes.append(MultiPolygon([box(west, NORTH, west + 1_000 * size, NORTH + 10_000)]))
        west += 1_000 * size
    codes = [f"9000{number}" for number in range(len(sizes))]
    return gpd.GeoDataFrame({"commune_code": codes, "name": [f"Xã {code}" for code in codes]}, geometry=shapes, crs=CRS)


def declared(shapes, operator="viettel", crs=CRS, **columns):
    return Declaration(gpd.GeoDataFrame({"operator": [operator] * len(shapes), **columns}, geometry=shapes, crs=crs))


def samples_at(at, level, operator="viettel", technology="4G"):
    level = np.broadcast_to(np.asarray(level, float), len(at))
    return gpd.GeoDataFrame(
        {
            "operator": operator,
            "technology": technology,
            "rsrp_dbm": level,
            "service": np.where(np.isnan(level), "no_service", "level"),
            "time": pd.Timestamp("2021-10-04 01:00", tz="UTC"),
        },
        geometry=gpd.points_from_xy(*np.asarray(at, float).T),
        crs=CRS,
    )


def lattice(columns, rows, step=1_000, west=EAST + 500, south=NORTH + 500):
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    return np.column_stack([west + step * column.ravel(), south + step * row.ravel()]).astype(float)


WHOLE = box(EAST, NORTH, EAST + 20_000, NORTH + 10_000)


def test_by_hand():
    """200 tests, each alone in its block of 1 km; two of them fail, both in the eastern half."""
    at = lattice(20, 10)
    level = np.full(200, -90.0)
    level[[15, 16]] = -115.0, np.nan
    check = check_claims(samples_at(at, level), declared([WHOLE]), land(10, 10), usable_dbm=-110.0, crs=CRS)
    row = check.verdicts.iloc[0]
    assert (row["tests"], row["failures"], row["effective"], row["share"]) == (200, 2, 200.0, 0.99)
    assert row["claimed_km2"] == 200.0
    np.testing.assert_allclose([row["exact_low"], row["exact_high"]], exact_bounds(198, 200))
    assert row["average_verdict"] == row["verdict"] == "undecided"
    communes = check.communes.set_index("commune_code")
    assert communes["tests"].tolist() == [100, 100]
    assert communes["failures"].tolist() == [0, 2]
    assert communes["verdict"].tolist() == ["met", "undecided"], "100 without a failure show 95 %, 2 of 100 do not"
    assert check.zones["commune_code"].tolist() == ["90000", "90000", "90001", "90001"]
    assert check.zones["claimed_km2"].tolist() == [50.0] * 4
    assert check.zones["tests"].sum() == check.communes["tests"].sum() == row["tests"]
    assert check.zones["verdict"].tolist() == ["undecided"] * 4, "50 tests without a failure are fewer than 59"
    assert check.zones["more_tests"].tolist()[:2] == [9.0, 9.0]


def test_a_claim_is_met_only_when_the_average_and_every_zone_show_it():
    at = lattice(40, 20, step=500, west=EAST + 250, south=NORTH + 250)
    asked = {"usable_dbm": -110.0, "crs": CRS, "block_m": 500.0}
    met = check_claims(samples_at(at, -90), declared([WHOLE]), land(10, 10), **asked).verdicts.iloc[0]
    assert (met["verdict"], met["zones_met"], met["zones"]) == ("met", 4, 4)
    level = np.full(800, -90.0)
    level[(at[:, 0] > EAST + 19_000) & (at[:, 1] < NORTH + 3_000)] = -120.0
    check = check_claims(samples_at(at, level), declared([WHOLE]), land(10, 10), **asked)
    bad = check.verdicts.iloc[0]
    assert bad["share"] > 0.98, "the average alone would pass"
    assert bad["verdict"] == "undecided"
    assert bad["worst_zone"] == "90001-2"
    level[at[:, 0] > EAST + 18_000] = -120.0
    assert (
        check_claims(samples_at(at, level), declared([WHOLE]), land(10, 10), **asked).verdicts["verdict"][0]
        == "not_met"
    )


def test_samples_of_one_road_minutes_apart_are_few_tests():
    at = np.column_stack([EAST + np.arange(0, 3_000, 10.0), np.full(300, NORTH + 5_000.0)])
    row = check_claims(samples_at(at, -90), declared([WHOLE]), land(20), usable_dbm=-110, crs=CRS).verdicts.iloc[0]
    assert (row["samples"], row["tests"], row["blocks"]) == (300, 60, 3)
    assert row["effective"] == pytest.approx(3.0)
    assert row["verdict"] == "undecided"
    assert row["more_tests"] == 149 - 3


def test_more_tests_alike_change_no_verdict_and_a_failure_never_raises_the_share():
    rng = np.random.default_rng(3)
    at = rng.uniform((EAST, NORTH), (EAST + 20_000, NORTH + 10_000), (400, 2))
    level = rng.normal(-100, 6, 400)
    asked = {"usable_dbm": -110.0, "crs": CRS}
    once = check_claims(samples_at(at, level), declared([WHOLE]), land(20), **asked).verdicts
    twice = check_claims(
        pd.concat([samples_at(at, level)] * 2, ignore_index=True), declared([WHOLE]), land(20), **asked
    ).verdicts
    pd.testing.assert_frame_equal(once.drop(columns="samples"), twice.drop(columns="samples"))
    worse = check_claims(samples_at(at, level - 3), declared([WHOLE]), land(20), **asked).verdicts
    assert worse["share"][0] <= once["share"][0]
    assert worse["exact_high"][0] <= once["exact_high"][0] + 1e-9


def test_claims_as_operators_hand_them_in():
    """Another CRS, names as written, a bow tie, a line, an empty row, and one who declares nothing."""
    bow = Polygon([(EAST, NORTH), (EAST + 10_000, NORTH + 10_000), (EAST + 10_000, NORTH), (EAST, NORTH + 10_000)])
    names = ["Viettel Telecom", "VNPT", "452-04"]
    frame = gpd.GeoDataFrame({"operator": names}, geometry=[bow, bow.exterior, None], crs=CRS).to_crs(4326)
    at = lattice(20, 10)
    samples = pd.concat([samples_at(at, -90), samples_at(at, -90, "vinaphone"), samples_at(at, -90, "mobifone")])
    check = check_claims(samples, Declaration(frame), land(20), usable_dbm=-110, crs=CRS)
    found = check.verdicts.set_index("operator")
    assert found["verdict"].to_dict() == {"viettel": "undecided", "vinaphone": "no_area", "mobifone": "no_claim"}
    assert found.loc["viettel", "claimed_km2"] == pytest.approx(50, abs=3)
    assert 45 <= found.loc["viettel", "tests"] <= 60
    assert found.loc["vinaphone", "tests"] == 0
    assert not frame.geometry.iloc[0].is_valid, "what was given is left as it was"


def test_no_sample_inside_and_none_at_all():
    far = declared([translate(WHOLE, 0, 12_000)])
    check = check_claims(samples_at(lattice(5, 5), -90), far, land(20), usable_dbm=-110, crs=CRS)
    row = check.verdicts.iloc[0]
    assert (row["tests"], row["verdict"], row["more_tests"], row["claimed_km2"]) == (0, "undecided", 149, 0)
    none = check_claims(samples_at(np.zeros((0, 2)), []), declared([WHOLE]), land(20), usable_dbm=-110, crs=CRS)
    assert none.verdicts["zones_untested"].tolist() == [4]
    empty = Declaration(declared([WHOLE]).areas.iloc[:0])
    check = check_claims(samples_at(lattice(5, 5), -90), empty, land(20), usable_dbm=-110, crs=CRS)
    assert check.verdicts["verdict"].tolist() == ["no_claim"]
    assert len(check.zones) == len(check.tests) == 0


def test_tests_outside_every_commune_count_in_the_average_alone():
    check = check_claims(samples_at(lattice(20, 10), -90), declared([WHOLE]), land(10), usable_dbm=-110, crs=CRS)
    assert check.verdicts["tests"].tolist() == [200]
    assert check.zones["tests"].sum() == 100
    assert check.tests["zone_id"].isna().sum() == 100


def test_each_technology_is_held_against_its_own_tests():
    at = lattice(10, 10)
    samples = pd.concat(
        [samples_at(at, -90), samples_at(at, -120, technology="5G"), samples_at(at[:7], np.nan, technology=None)]
    )
    claims = declared([WHOLE] * 3, technology=["4G", "5G", None])
    check = check_claims(samples, claims, land(20), usable_dbm={"4G": -110.0, "5G": -105.0}, crs=CRS)
    found = check.verdicts.set_index("technology")
    assert found.loc["5G", "share"] == 0
    assert found.loc["4G", "failures"] == 0, "silence in a square where 4G was heard at that hour is no failure"
    assert found.loc["", "share"] == 1, "of a claim for any technology one is enough"
    assert found["tests"].to_dict() == {"": 100, "4G": 100, "5G": 100}


def test_no_service_of_phones_never_heard_in_a_technology_says_nothing_of_a_claim_for_it():
    at, asked = lattice(20, 10), {"usable_dbm": -110, "crs": CRS}
    claims = declared([WHOLE] * 2, technology=["4G", "5G"])
    without = samples_at(at[:60], np.nan, technology=None)
    known = pd.concat([samples_at(at[60:], -90), without])
    found = check_claims(known, claims, land(20), **asked).verdicts.set_index("technology")
    assert found["failures"].tolist() == [60, 0], "the phones were of 4G"
    assert found.loc["5G", ["tests", "verdict"]].tolist() == [0, "undecided"]
    mixed = pd.concat([known, samples_at(at[60:61], -90, technology="5G")])
    assert check_claims(mixed, claims, land(20), **asked).verdicts["failures"].tolist() == [60, 60]
    assert check_claims(without, claims, land(20), **asked).verdicts["failures"].tolist() == [60, 60], "no phone told"


def test_what_a_visit_found_in_two_technologies_is_one_test_in_squares_of_any_side():
    near, far = np.array([[EAST + 30.0, NORTH + 30]]), np.array([[EAST + 70.0, NORTH + 70]])
    samples = pd.concat([samples_at(near, -90), samples_at(far, -120, technology="5G")])
    claims, asked = declared([WHOLE]), {"usable_dbm": -110, "crs": CRS}
    wide = check_claims(samples, claims, land(20), square_m=100, **asked).verdicts.iloc[0]
    assert (wide["tests"], wide["failures"]) == (1, 0), "4G will do, and both lie in one square of 100 m"
    assert check_claims(samples, claims, land(20), **asked).verdicts["failures"][0] == 1, "in two squares of 50 m"
    measured = claim_areas(field_tests(samples, CRS, 100), claims, land(20), square_m=100, **asked).iloc[0]
    assert (measured["measured_squares"], measured["measured_false_km2"]) == (1, 0)


def test_a_low_declared_level_claims_no_use_but_can_be_held_to_its_word():
    claims = declared([WHOLE], level_dbm=[-118.0])
    samples = samples_at(lattice(10, 10), -115)
    use = check_claims(samples, claims, land(20), usable_dbm=-110, crs=CRS).verdicts.iloc[0]
    word = check_claims(samples, claims, land(20), usable_dbm=-110, crs=CRS, against="claimed").verdicts.iloc[0]
    assert use["tests"] == 0
    assert use["verdict"] == "no_area"
    assert np.isnan(use["more_tests"]), "there is nothing to test"
    assert (word["tests"], word["share"]) == (100, 1.0)


def test_what_cannot_be_asked_is_told():
    with pytest.raises(UsageError, match="usable"):
        check_claims(samples_at(lattice(2, 2), -90), declared([WHOLE]), land(20), usable_dbm=-110, against="both")
    with pytest.raises(ColumnError, match="no_service"):
        check_claims(pd.DataFrame({"operator": []}), declared([WHOLE]), land(20), usable_dbm=-110)


def test_zones_cover_the_communes_in_equal_parts():
    hole = box(EAST, NORTH, EAST + 30_000, NORTH + 10_000).difference(
        box(EAST + 4_000, NORTH + 2_000, EAST + 9_000, NORTH + 7_000)
    )
    communes = land(30, 3, 8)
    communes.geometry = [hole, *communes.geometry[1:]]
    zones = commune_zones(communes, CRS)
    assert zones.groupby("commune_code").size().tolist() == [6, 1, 2]
    own = zones[zones["commune_code"] == "90000"]
    np.testing.assert_allclose(own["area_km2"], 275 / 6, rtol=1e-6)
    assert own.union_all().symmetric_difference(hole).area < 1
    assert own["zone_id"].is_unique
    places = np.array([[EAST + 100, NORTH + 100], [EAST + 5_000, NORTH + 5_000], [EAST + 31_000.0, NORTH + 1.0]])
    row = zone_at(places, zones)
    assert (row[1], zones["commune_code"][row[2]]) == (-1, "90001")
    with pytest.raises(UsageError):
        commune_zones(communes, CRS, 0)


def test_areas_that_differ_by_hand():
    """West half declared; p = 0.25 everywhere that is known; one learner a place."""
    at = lattice(20, 10)
    cells = gpd.GeoDataFrame({"Viettel": 0.25}, geometry=gpd.points_from_xy(*at.T), index=range(200), crs=CRS)
    cells.loc[:9, "Viettel"] = np.nan
    homes = cells[["geometry"]].assign(learners=2)
    west = declared([box(EAST, NORTH, EAST + 10_000, NORTH + 10_000)])
    tests = field_tests(samples_at(at, np.where(at[:, 0] < EAST + 5_000, -120.0, -90.0)), CRS)
    frame = claim_areas(
        tests, west, land(10, 10), usable_dbm=-110, crs=CRS, estimated=cells, cell_km2=1.0, households=homes,
        p_usable=cells[["Viettel"]],
    ).set_index("commune_code")  # fmt: skip
    assert frame.loc["90000", ["claimed_km2", "false_km2", "undeclared_km2", "unknown_km2"]].tolist() == [
        100,
        67.5,
        0,
        10,
    ]
    assert frame.loc["90001", ["claimed_km2", "false_km2", "undeclared_km2", "unknown_km2"]].tolist() == [0, 0, 25, 0]
    assert frame.loc["90000", ["learners_false", "learners_unknown"]].tolist() == [135, 20]
    assert frame.loc["90001", "learners_undeclared"] == 50
    np.testing.assert_allclose(frame["measured_false_km2"], [50 * 0.0025, 0])
    np.testing.assert_allclose(frame["measured_undeclared_km2"], [0, 100 * 0.0025])
    alone = claim_areas(tests, west, land(10, 10), usable_dbm=-110, crs=CRS)
    assert alone["false_km2"].isna().all()
    assert alone["measured_squares"].tolist() == [100, 100]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("claims_benchmark", ROOT / "benchmarks" / "claims.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_planted_false_claims_are_found_and_true_ones_are_not_overturned(benchmark):
    """Two drives at different hours over one province; the figures of 20 provinces stand in the benchmark's output."""
    province = simulate(Recipe(area_km2=120, communes=5, households=500, seed=77))
    rules = {"rules": ChallengeRules(), "one occasion": ChallengeRules(least_occasions=1)}
    hexagons, discs, _, verdicts = benchmark.outcome(province, 2, rules)
    over = hexagons["rules"] == "overturned"
    sound, wrong = hexagons["truth"] >= 0.9, (hexagons["truth"] <= 0.5) & hexagons["enough"]
    assert wrong.sum() >= 5
    assert (over & wrong).sum() >= 0.6 * wrong.sum()
    assert (over & sound).sum() <= 0.02 * sound.sum()
    assert discs["rules"].sum() >= 0.3 * len(discs)
    assert not (hexagons.loc[hexagons["rules"] == "upheld", "truth"] <= 0.5).any()
    assert (verdicts["verdict"] != "met").all(), "each operator has false claims"
    assert (hexagons["one occasion"] == "overturned").sum() >= over.sum()
