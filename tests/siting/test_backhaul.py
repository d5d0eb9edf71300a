import math

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.sparse import csr_matrix
from shapely.geometry import LineString, Point

from lomsong.errors import UsageError
from lomsong.radio import Terrain
from lomsong.siting import maximum_coverage, minimum_cost_cover
from lomsong.siting.backhaul import BELOW_TOP_M, Backhaul, clearances, find_backhaul
from lomsong.siting.connection import connected_cover, connected_plan

UTM = CRS.from_epsg(3405)


def flat(height_m=0.0, rows=20, columns=400):
    ground = np.full((rows, columns), height_m)
    return Terrain(ground, np.zeros_like(ground), from_origin(0, rows * 100, 100, 100), UTM)


def masts(*east, height_m=42.0, north=1_000.0, existing=None):
    frame = {"candidate_id": [f"c{k}" for k in range(len(east))], "height_m": height_m, "existing_structure": existing}
    return gpd.GeoDataFrame(frame, index=range(len(east)), geometry=[Point(x, north) for x in east], crs=UTM)


def sites(*east, height_m=40.0):
    frame = {"site_id": [f"S{k}" for k in range(len(east))], "height_m": height_m}
    return gpd.GeoDataFrame(frame, index=range(len(east)), geometry=[Point(x, 1_000.0) for x in east], crs=UTM)


def test_clearance_over_a_smooth_earth_by_hand():
    # 20 km at 7.5 GHz, 60 m at each end; in the middle F1 = 17.3 sqrt(10·10 / (7.5·20)) m, ITU-R P.530 and P.526.
    found = clearances(flat(), np.array([[1_000.0, 1_000, 60]]), np.array([[21_000.0, 1_000, 60]]), 7.5)[0]
    f1 = 17.3 * math.sqrt(10 * 10 / (7.5 * 20))
    for value, k in zip(found, (4 / 3, 0.6), strict=True):
        bulge = 10_000.0**2 / (2 * k * 6_371_000)
        assert value == pytest.approx((60 - bulge) / f1, rel=2e-3)


def test_a_hill_a_wood_and_a_void_on_the_way():
    terrain = flat()
    one, other = np.array([[500.0, 1_000, 40]]), np.array([[9_500.0, 1_000, 40]])
    free = clearances(terrain, one, other, 7.5)
    hill = terrain.ground_m.copy()
    hill[:, 50] = 45.0
    assert (clearances(Terrain(hill, terrain.canopy_m, terrain.transform, UTM), one, other, 7.5) < 0).all()
    wood = np.zeros_like(hill)
    wood[:, 40:60] = 25.0
    over = clearances(Terrain(terrain.ground_m, wood, terrain.transform, UTM), one, other, 7.5)
    assert (over < free).all()
    void = terrain.ground_m.copy()
    void[:, 50] = np.nan
    assert np.isnan(clearances(Terrain(void, wood, terrain.transform, UTM), one, other, 7.5)).all()
    assert np.isinf(clearances(terrain, one, one + np.array([40.0, 0, 0]), 7.5)).all()


def test_both_conditions_decide_and_neither_direction_nor_order_matters():
    terrain = flat()
    limit = {}
    for east in np.arange(5_000, 39_000, 1_000):
        found = find_backhaul(terrain, masts(float(east)), sites(500.0), max_hop_km=60)
        ends = np.array([[500.0, 1_000, 40 - BELOW_TOP_M]]), np.array([[east, 1_000.0, 42 - BELOW_TOP_M]])
        both, back = clearances(terrain, *ends, 7.5)[0], clearances(terrain, *ends[::-1], 7.5)[0]
        np.testing.assert_allclose(both, back, rtol=1e-5)
        limit[east] = bool(both[0] >= 1 and both[1] >= 0.6)
        assert found.direct.tolist() == [limit[east]]
        assert found.target.tolist() == (["S0"] if limit[east] else [""])
    assert set(limit.values()) == {True, False}


def test_the_nearest_end_in_sight_is_taken_and_fibre_counts():
    terrain = flat()
    ridge = terrain.ground_m.copy()
    ridge[:, 55] = 100.0
    land = Terrain(ridge, terrain.canopy_m, terrain.transform, UTM)
    found = find_backhaul(land, masts(6_000.0), sites(5_000.0, 9_000.0))
    assert (found.target[0], found.length_km[0]) == ("S1", 3.0)
    assert (found.nearest[0], found.nearest_km[0]) == ("S0", 1.0)
    fibre = gpd.GeoDataFrame(geometry=[LineString([(6_000, 0), (6_000, 900)])], crs=UTM)
    tapped = find_backhaul(land, masts(6_000.0), sites(9_000.0), fibre=fibre)
    latitude, longitude = (float(part) for part in tapped.target[0].split(", "))
    tap = gpd.GeoSeries(gpd.points_from_xy([longitude], [latitude], crs=4326)).to_crs(UTM)
    assert tap.distance(fibre.geometry.iloc[0]).iloc[0] < 2, "whoever builds finds it on the map"
    assert find_backhaul(land, masts(6_000.0), None).direct.tolist() == [False]
    standing = find_backhaul(land, masts(6_000.0, existing=["A1"]), None)
    assert (standing.direct[0], standing.target[0], standing.length_km[0]) == (True, "A1", 0.0)


def test_hops_through_other_candidates():
    # Behind two ridges only the neighbour on the ridge between sees a site, and not all see that neighbour.
    ground = np.zeros((20, 400))
    ground[:, 100], ground[:, 101] = 80.0, 80.0
    terrain = Terrain(ground, np.zeros_like(ground), from_origin(0, 2_000, 100, 100), UTM)
    found = find_backhaul(terrain, masts(15_000.0, 10_050.0), sites(5_000.0))
    assert found.direct.tolist() == [False, True]
    assert found.hops().tolist() == [2.0, 1.0]
    assert found.hops(np.array([0])).tolist()[0] == np.inf
    assert found.way(0, np.array([0, 1])) == [1]
    assert found.way(1, np.array([0, 1])) == []
    with pytest.raises(UsageError, match="no way"):
        found.way(0, np.array([0]))
    with pytest.raises(UsageError, match="-1"):
        find_backhaul(terrain, masts(1.0), None, max_hop_km=-1)


def ways(direct, links):
    count = len(direct)
    pairs = np.array([*links, *[(b, a) for a, b in links]]).reshape(-1, 2)
    graph = csr_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    names = np.array([f"S{k}" if direct[k] else "" for k in range(count)], object)
    return Backhaul(np.array(direct, bool), names, np.ones(count), names, np.ones(count), graph)


def solver(reach, weights, p):
    return lambda required, forbidden: maximum_coverage(
        reach, weights, p, required=required, forbidden=forbidden, time_limit_s=600.0
    )


def test_a_connected_plan_keeps_its_proof():
    reach, weights = np.eye(3), [5, 4, 3]
    found = connected_plan(solver(reach, weights, 2), ways([1, 1, 0], []), csr_matrix(reach), weights)
    assert found.plan.selected.tolist() == [0, 1]
    assert (found.plan.status, found.repaired, found.price) == ("optimal", False, 0.0)


def test_a_relay_that_pays_is_added_and_the_bound_stays():
    # Site 0 is worth most but needs site 2; 0 with 2 beats 1 with 3.
    reach, weights = np.eye(4), [50, 10, 1, 5]
    found = connected_plan(solver(reach, weights, 2), ways([0, 1, 1, 1], [(0, 2)]), csr_matrix(reach), weights)
    assert sorted(found.plan.selected) == [0, 2]
    assert (found.plan.objective, found.plan.bound, found.repaired, found.price) == (51.0, 60.0, True, 9.0)
    assert dict(zip(found.plan.selected.tolist(), found.hops, strict=True)) == {0: 2.0, 2: 1.0}


def test_a_site_without_any_way_is_replaced():
    reach, weights = np.eye(3), [50, 10, 1]
    found = connected_plan(solver(reach, weights, 1), ways([0, 1, 1], []), csr_matrix(reach), weights)
    assert found.plan.selected.tolist() == [1]
    assert (found.plan.status, found.repaired, found.price) == ("optimal", False, 0.0), "who has no way out is no rival"
    nowhere = connected_plan(solver(reach, weights, 1), ways([0, 0, 0], []), csr_matrix(reach), weights)
    assert (len(nowhere.plan.selected), nowhere.plan.bound) == (0, 0.0)


def test_only_those_who_may_be_used_relay():
    whole = ways([0, 0, 1], [(0, 1), (1, 2)])
    assert whole.hops().tolist() == [3.0, 2.0, 1.0]
    assert whole.only(np.array([True, False, True])).hops().tolist() == [np.inf, np.inf, 1.0]


def test_a_repair_keeps_what_is_asked_or_says_that_it_cannot():
    reach, weights = np.eye(4), [50, 10, 1, 5]
    out = ways([0, 1, 1, 1], [(0, 2)])
    found = connected_plan(solver(reach, weights, 2), out, csr_matrix(reach), weights, lambda sites: 2 not in sites)
    assert sorted(found.plan.selected) == [1, 3]
    with pytest.raises(UsageError, match="backhaul"):
        connected_plan(solver(reach, weights, 2), out, csr_matrix(reach), weights, lambda _: False)


def test_a_cover_builds_the_relays_it_lacks_where_that_is_cheaper():
    # Site 0 serves all but needs site 2 between; sites 1 and 3 have an end in sight and serve half each.
    reach = np.array([[1, 1, 0, 0], [1, 0, 0, 1]])
    costs = np.array([1.0, 5.0, 2.0, 5.0])

    def cheapest(required, forbidden):
        return minimum_cost_cover(reach, [1, 1], costs, 1.0, required=required, forbidden=forbidden)

    found = connected_cover(cheapest, ways([0, 1, 1, 1], [(0, 2)]), csr_matrix(reach), [1, 1], costs)
    assert sorted(found.plan.selected) == [0, 2]
    assert (found.plan.objective, found.plan.bound, found.price) == (3.0, 1.0, 2.0)
    costs[2] = 20.0
    dear = connected_cover(cheapest, ways([0, 1, 1, 1], [(0, 2)]), csr_matrix(reach), [1, 1], costs)
    assert sorted(dear.plan.selected) == [1, 3]


def test_repaired_plans_are_connected_and_never_above_the_best_connected_one():
    from itertools import combinations

    rng = np.random.default_rng(0)
    for _ in range(20):
        reach, weights = (rng.random((30, 8)) < 0.25).astype(float), rng.integers(1, 9, 30)
        links = [pair for pair in combinations(range(8), 2) if rng.random() < 0.3]
        out = ways(rng.random(8) < 0.4, links)
        found = connected_plan(solver(reach, weights, 3), out, csr_matrix(reach), weights)
        best = 0.0
        for size in range(4):
            for chosen in combinations(range(8), size):
                if np.isfinite(out.hops(np.array(chosen, np.int64))[list(chosen)]).all():
                    best = max(best, weights[reach[:, list(chosen)].any(axis=1)].sum())
        assert np.isfinite(found.hops).all()
        assert len(found.plan.selected) <= 3
        assert found.plan.objective <= best <= found.plan.bound + 1e-6
