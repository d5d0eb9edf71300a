import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lomsong.geo import Grid, coordinates
from lomsong.ingest.maps.claims import read_claims
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.declare import DECLARED_DBM, declare
from lomsong.simulate.recipe import METRIC
from lomsong.tables import OPERATORS


@pytest.fixture(scope="module")
def cells(province):
    """Centres of the cells of 250 m inside the province."""
    territory = province.communes.to_crs(METRIC).union_all()
    centres = Grid.over(territory.bounds, 250.0, METRIC).centres()
    return centres[shapely.contains_xy(territory, *centres.T)]


@pytest.fixture(scope="module")
def exact(province):
    """Claims by the true level, cell by cell, with the false ones."""
    return declare(province, province.level_dbm, simplify_m=0, most_false=1)


def claimed_at(areas, operator, points):
    own = areas[areas["operator"] == operator].to_crs(METRIC).union_all()
    return shapely.contains_xy(own, *points.T)


def false_at(false, operator, points):
    """Return which points lie in a false claim: a distance to its told centre, whatever outline was drawn."""
    own = false[false["operator"] == operator]
    at = coordinates(gpd.GeoSeries(gpd.points_from_xy(own["longitude"], own["latitude"], crs="EPSG:4326")), METRIC)
    distance_m = np.hypot(*(points[:, None] - at).transpose(2, 0, 1))
    # The centre is told to five decimals, about a metre.
    return (distance_m <= own["radius_m"].to_numpy() + 1.0).any(axis=1)


def test_exact_claims_are_the_cells_that_reach_the_level_and_the_false_claims(province, cells, exact):
    areas, false = exact
    assert set(false["operator"]) == set(OPERATORS)
    for operator in OPERATORS:
        reached = province.level_dbm(operator, cells) >= DECLARED_DBM
        expected = reached | false_at(false, operator, cells)
        assert (claimed_at(areas, operator, cells) == expected).mean() > 0.999
        assert (expected & ~reached).sum() > 10


def test_false_claims_hold_people_and_no_signal(province, exact):
    homes = coordinates(province.households, METRIC)
    for disc in exact[1].to_crs(METRIC).itertuples():
        centre = coordinates(gpd.GeoSeries([shapely.Point(disc.longitude, disc.latitude)], crs="EPSG:4326"), METRIC)
        inside = np.hypot(*(homes - centre).T) <= disc.radius_m
        # The centre is told to five decimals, about a metre.
        assert abs(int(inside.sum()) - disc.households) <= 1
        assert abs(int(province.households["learners"][inside].sum()) - disc.learners) <= 5
        heard = province.truth[f"{disc.operator}_dbm"].to_numpy()[inside] >= DECLARED_DBM
        assert disc.households >= 5 and heard.mean() <= 0.25
        own = Grid.over(disc.geometry.bounds, 250.0, METRIC).centres()
        own = own[shapely.contains_xy(disc.geometry, *own.T)]
        covered = (province.level_dbm(disc.operator, own) >= DECLARED_DBM).mean()
        assert covered <= 0.25 and abs(covered - disc.covered_share) < 0.1


def test_false_claims_of_one_operator_stand_apart(exact):
    for _, own in exact[1].to_crs(METRIC).groupby("operator"):
        # Cells are told apart, discs may touch by a part of one.
        shapes = own.buffer(-125.0)
        assert shapes.area.sum() == pytest.approx(shapes.union_all().area)


def test_operators_plan_without_knowing_the_shadowing(province, cells):
    true = np.column_stack([province.level_dbm(operator, cells) for operator in OPERATORS])
    planned = np.column_stack([province.planned_dbm(operator, cells) for operator in OPERATORS])
    error_db = true - planned
    assert 4.0 < error_db.std() < 9.0
    # Of a variance of 44.5 dB² all share 20.25: a correlation of 0.46.
    assert 0.2 < np.corrcoef(error_db.T)[np.triu_indices(3, 1)].mean() < 0.75


def test_simplified_claims_stay_near_the_plan(province, cells):
    areas, false = province.declared, province.false_claims
    assert areas.is_valid.all() and (areas.geom_type == "Polygon").all()
    for operator in OPERATORS:
        planned = province.planned_dbm(operator, cells) >= DECLARED_DBM
        expected = planned | false_at(false, operator, cells)
        assert (claimed_at(areas, operator, cells) == expected).mean() > 0.9


def test_written_claims_are_read_as_an_operators(province, written):
    reading = read_claims(written / "declared.gpkg", tuple(province.communes.total_bounds))
    assert len(reading.table) == len(province.declared) and not len(reading.rejects) and not len(reading.flags)
    assert set(reading.table["operator"]) == set(OPERATORS)
    assert set(reading.table["technology"]) == {"4G"} and set(reading.table["level_dbm"]) == {DECLARED_DBM}
    told = json.loads((written / "truth/false_claims.json").read_text())
    assert [one["radius_m"] for one in told] == province.false_claims["radius_m"].tolist()
    for one in told:
        own = reading.table[reading.table["operator"] == one["operator"]].union_all()
        assert own.intersects(shapely.Point(one["longitude"], one["latitude"]))


def test_the_smallest_province_declares_too():
    province = simulate(Recipe(area_km2=40, communes=3, households=100))
    assert set(province.declared["operator"]) <= set(OPERATORS) and len(province.declared)
    within_km2 = province.communes.to_crs(METRIC).area.sum() / 1e6
    planted_km2 = np.pi * (province.false_claims["radius_m"] / 1_000) ** 2
    assert (planted_km2.groupby(province.false_claims["operator"]).sum() < 0.12 * within_km2).all()
