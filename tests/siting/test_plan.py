import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from scipy.sparse import coo_matrix, csr_matrix

from lomsong.errors import UsageError
from lomsong.siting import Plan, maximum_coverage, minimum_cost_cover, tower_plan
from lomsong.siting import plan as p
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.robustness import prices, regret
from lomsong.siting.worlds import Worlds

UTM = CRS.from_epsg(3405)


def places(count, **columns):
    columns = {"candidate_id": list("abcdefgh"[:count])} | columns
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(range(count), [0] * count), crs=UTM)


def test_by_hand():
    reach = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    learners = [10, 5, 8, 2, 99]
    plan = maximum_coverage(reach, learners, 2)
    table = tower_plan(places(3), plan, reach, learners)
    assert table["candidate_id"].tolist() == ["a", "b"]
    assert table["order"].tolist() == [1, 2]
    assert table["learners_gained"].tolist() == [15, 8]
    assert table["learners_reached"].tolist() == [15, 13]
    assert table["only_it"].tolist() == [10, 8]
    assert table["cumulative"].tolist() == [15, 23]
    assert table["substitute"].tolist() == ["c", "c"]
    assert table["substitute_loss"].tolist() == [8, 6]


def test_nothing_chosen():
    plan = maximum_coverage(np.ones((2, 1)), [0, 0], 1)
    assert len(tower_plan(places(1), plan, np.ones((2, 1)), [0, 0])) == 0


def test_the_substitute_is_the_best_of_all_that_are_left():
    rng = np.random.default_rng(0)
    reach, weights = (rng.random((60, 8)) < 0.25).astype(float), rng.integers(1, 9, 60)
    plan = maximum_coverage(reach, weights, 3)
    table = tower_plan(places(8), plan, reach, weights)

    def worth(chosen):
        return weights[reach[:, chosen].any(axis=1)].sum()

    for row, site in enumerate(plan.selected):
        rest = [other for other in plan.selected if other != site]
        best = max(worth([*rest, other]) for other in range(8) if other not in plan.selected)
        assert table["substitute_loss"][row] == pytest.approx(worth(plan.selected) - best)


def test_a_substitute_stays_within_the_budget():
    reach, learners = np.array([[1, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 0]]), [5, 4, 3]
    costs = [10, 10, 13, 12]
    plan = maximum_coverage(reach, learners, budget=22, costs=costs)
    assert plan.selected.tolist() == [0, 1]
    for budget, spare, loss in ((None, "c", 0), (23, "c", 0), (22, "d", 5), (20, "", 9)):
        table = tower_plan(places(4), plan, reach, learners, costs=costs, budget=budget)
        assert (table["substitute"][0], table["substitute_loss"][0]) == (spare, loss), budget


def test_a_site_reaches_or_does_not_and_gains_nothing_from_what_stands():
    reach, learners = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]), [5, 4, 3, 2]
    plan = maximum_coverage(reach, learners, 1)
    doubled = coo_matrix((np.full(10, 0.3), np.tile(np.nonzero(reach), 2)), shape=reach.shape)
    for one in (reach * 0.3, reach * 2, doubled):
        assert tower_plan(places(3), plan, csr_matrix(one), learners)["substitute_loss"].tolist() == [1]
    plan = maximum_coverage(reach, learners, 1, existing=[0])
    table = tower_plan(places(3), plan, reach, learners, existing=[0])
    assert table[["learners_gained", "learners_reached", "only_it"]].to_numpy().tolist() == [[3, 3, 3]]
    assert table["substitute"].tolist() == ["c"]


def test_the_gain_curve_rises_and_stays_below_its_bounds():
    rng = np.random.default_rng(1)
    reach, weights = (rng.random((80, 12)) < 0.2).astype(float), rng.integers(1, 9, 80)
    curve = p.gain_curve(lambda count: maximum_coverage(reach, weights, count), range(1, 6))
    assert (curve["learners"].diff().dropna() >= 0).all()
    assert (curve["bound"] >= curve["learners"] - 1e-9).all()
    assert curve["learners"][0] == (weights @ reach).max()
    assert set(curve["status"]) == {"optimal"}
    loose = p.gain_curve(lambda count: Plan(np.arange(1), 10.0 - count, 12.0, np.ones(1)), (1, 2))
    assert loose[["learners", "bound"]].to_numpy().tolist() == [[9, 12], [9, 12]]
    assert loose["gap"].tolist() == [pytest.approx(1 / 3)] * 2


def test_the_cost_curve_rises_with_the_share():
    rng = np.random.default_rng(2)
    reach, weights, costs = (rng.random((50, 10)) < 0.4).astype(float), np.ones(50), rng.uniform(1, 3, 10)
    reach = reach[reach.any(axis=1)]
    weights = weights[: len(reach)]
    curve = p.cost_curve(lambda share: minimum_cost_cover(reach, weights, costs, share), (0.3, 0.6, 0.9), weights.sum())
    assert (curve["cost"].diff().dropna() >= -1e-9).all()
    assert (curve["bound"] <= curve["cost"] + 1e-9).all()
    assert (curve["learners"] >= curve["share"] * weights.sum() - 1e-9).all()


def test_ways_out_are_named():
    links = csr_matrix(np.array([[0, 4.0, 0], [4.0, 0, 0], [0, 0, 0]]))
    backhaul = Backhaul(
        np.array([False, True, False]), np.array(["", "S7", ""], object), np.array([np.nan, 2.5, np.nan]),
        np.array(["S1", "S7", "S9"], object), np.array([6.0, 2.5, 9.0]), links,
    )  # fmt: skip
    found = p.with_ways_out(places(3), np.array([0, 1, 2]), backhaul)
    assert found["backhaul_target"].tolist() == ["S7", "S7", ""]
    assert found["backhaul_via"].tolist() == ["b", "", ""]
    assert found["backhaul_hops"].tolist() == [2, 1, np.inf]
    np.testing.assert_array_equal(found["backhaul_hop_km"], [4.0, 2.5, np.nan])
    # A fibre is laid, and paid for, to the nearest end, whether it is the one in sight or not.
    kinds = places(3).assign(backhaul=["fibre", "microwave", "fibre"])
    laid = p.with_ways_out(kinds, np.array([0, 1, 2]), backhaul)
    assert laid["backhaul_target"].tolist() == ["S1", "S7", "S9"]
    assert laid["backhaul_via"].tolist() == ["", "", ""]
    assert laid["backhaul_hop_km"].tolist() == [6.0, 2.5, 9.0]


def test_azimuths_and_names():
    assert p.azimuths_of([20.0, np.nan, 350.0], 3) == ["20/140/260", "", "350/110/230"]
    hamlets = gpd.GeoDataFrame(
        {"name": ["Ấp 1", "Ấp 2", "Ấp 3", "Ấp 4"]}, geometry=gpd.points_from_xy([9, 1, 2, 3], [0] * 4), crs=UTM
    )
    level = csr_matrix(np.array([[-100.0], [-100.0], [-120.0], [-100.0]]))
    named = p.named_places(places(1), hamlets, level, -110.0, [0.1, 0.1, 0.1, 0.9], most=1)
    assert named == ["Ấp 2 (+1)"], "the nearest first; weak and served ones are left out"
    assert p.named_places(places(2), None, level, -110.0, []) == ["", ""]


def test_a_place_of_another_commune_is_named_with_it():
    hamlets = gpd.GeoDataFrame(
        {"name": ["Ấp 5", "Ấp 5", "Ấp 6"], "commune_code": ["1", "2", None], "commune": ["Trị An", "Phú Lý", None]},
        geometry=gpd.points_from_xy([1, 2, 3], [0] * 3), crs=UTM,
    )  # fmt: skip
    level = csr_matrix(np.full((3, 2), -100.0))
    named = p.named_places(places(2, commune_code=["1", "2"]), hamlets, level, -110.0, [0.0] * 3)
    assert named == ["Ấp 5, Ấp 5 (Phú Lý), Ấp 6", "Ấp 5 (Trị An), Ấp 5, Ấp 6"]
    assert p.named_places(places(1), hamlets, level[:, :1], -110.0, [0.0] * 3) == ["Ấp 5 (Trị An), Ấp 5 (Phú Lý), Ấp 6"]


def test_why_places_remain():
    reach = csr_matrix(np.array([[1, 0], [0, 1], [0, 0], [0, 0]]))
    refused = csr_matrix(np.array([[0], [0], [1], [0]]))
    found = p.why_unreached([5, 4, 3, 2], np.array([0, 0, 0, 1]), reach, np.array([0]), refused)
    assert found.to_dict("list") == {
        "place": [0, 0, 1], "why": ["plan_too_small", "refused", "no_ground"], "learners": [4, 3, 2],
    }  # fmt: skip


def test_years_keep_the_order_the_budget_and_the_relays():
    towers = places(4, capital=[4.0, 3.0, 9.0, 1.0], backhaul_via=["", "d", "", ""])
    assert p.phases(towers, sites_a_year=2).tolist() == [1, 2, 2, 1], "d relays for b and is built first"
    years = p.phases(towers, budget_a_year=5.0, first_year=2027)
    assert years.tolist() == [2027, 2028, 2030, 2027]
    for year in range(2027, 2031):
        assert towers["capital"][years <= year].sum() <= 5 * (year - 2026)
    assert p.phases(towers).tolist() == [1, 1, 1, 1]
    with pytest.raises(UsageError):
        p.phases(towers, sites_a_year=-1)


def test_the_price_of_a_constraint():
    reach, weights = np.eye(4), [9, 7, 5, 3]
    allowed = np.array([False, True, True, True])

    def solve(mask):
        return maximum_coverage(reach, weights, 2, forbidden=np.flatnonzero(~mask))

    found = prices(solve, allowed, {"forest": np.ones(4, bool), "grid": np.array([0, 0, 1, 1], bool), "none": allowed})
    assert found["constraint"].tolist() == ["as_asked", "forest", "grid", "none"]
    assert found["learners"].tolist() == [12, 16, 8, 12]
    assert found["price"].tolist() == [0, 4, -4, 0]
    with pytest.raises(UsageError, match="4"):
        prices(solve, allowed, {"forest": np.ones(3, bool)})


def test_regret_is_what_knowing_the_world_would_have_gained():
    # Two sites of one place each; in half of the worlds the learners of the other place are the many.
    many, few = np.array([[8, 1]] * 5, np.float32).ravel(), np.array([[1, 8]] * 5, np.float32).ravel()
    worlds = Worlds(np.stack([many, few]), np.zeros((2, 10), np.float32))
    levels = csr_matrix(np.array([[-100.0, 0], [0, -100.0]]))
    found = regret(worlds, levels, -110.0, np.array([0]), lambda r, v: maximum_coverage(r, v, 1), looked_at=10)
    assert found["learners"].tolist() == [8, 1] * 5
    assert found["best"].tolist() == [8] * 10
    assert found["regret"].tolist() == [0, 0.875] * 5
    assert isinstance(found, pd.DataFrame)
