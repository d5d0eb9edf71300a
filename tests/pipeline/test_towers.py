from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from scipy.sparse import csr_matrix

from lomsong.errors import UsageError
from lomsong.pipeline.towers.builders import given_builders
from lomsong.pipeline.towers.choice import as_many, check_wish, choose, solve_plan
from lomsong.pipeline.towers.constraints import constraint_prices
from lomsong.pipeline.towers.ground import Ground, beyond_decided
from lomsong.pipeline.towers.positions import Named, given_positions, named_rows
from lomsong.radio import Terrain
from lomsong.settings import Settings, Siting
from lomsong.siting import too_close
from lomsong.siting.backhaul import Backhaul
from lomsong.siting.cost import read_sheet
from lomsong.siting.engine import Search
from lomsong.siting.worlds import Worlds

UTM = CRS.from_epsg(3405)
NONE = np.zeros(0, np.int64)


def ground(learners, names="abcdef", named=None, reasons=None, direct=None, links=(), conflicts=None, **columns):
    """A ground in which each candidate reaches the learners of its own place, all in one stratum."""
    count = len(learners)
    names = list(names[:count])
    frame = {
        "candidate_id": names, "kind": "summit", "height_m": 42.0, "existing_structure": None, "grid_km": 1.0,
        "road_km": 0.1, "forest_class": "none",
    }  # fmt: skip
    at = gpd.points_from_xy(1_000.0 * np.arange(count), np.zeros(count), crs=UTM)
    candidates = gpd.GeoDataFrame(frame | columns, index=range(count), geometry=at)
    weights = np.array(learners, float)
    demand = pd.DataFrame({"unconnected": weights, "commune_code": ["1", "1", "2", "2", "2", "2"][:count]})
    direct = np.ones(count, bool) if direct is None else np.array(direct, bool)
    pairs = np.array([*links, *[(b, a) for a, b in links]]).reshape(-1, 2)
    backhaul = Backhaul(
        direct, np.where(direct, "end", "").astype(object), np.ones(count), np.full(count, "end", object),
        np.ones(count), csr_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count)),
    )  # fmt: skip
    worlds = Worlds(weights[:, None].astype(np.float32), np.zeros((count, 1), np.float32))
    return Ground(
        candidates, candidates[:0], np.array(reasons or [""] * count, object), demand["commune_code"].to_numpy(object),
        demand, worlds, csr_matrix(np.diag(np.full(count, -80.0))), csr_matrix(np.eye(count)), weights, 1,
        np.zeros(count), backhaul, pd.DataFrame({"capital": np.full(count, 10.0)}), read_sheet(), None,
        named or Named(NONE, (), NONE), csr_matrix((count, count), dtype=bool) if conflicts is None else conflicts,
        np.zeros(count, bool), 0.0, -110.0,
    )  # fmt: skip


def asked(**siting):
    return replace(Settings(), siting=replace(Siting(), **siting))


def chosen(land, **siting):
    return sorted(choose(land, asked(**siting)).plan.selected.tolist())


def test_size_is_asked_by_number_money_or_share():
    land = ground([8, 5, 4, 1])
    assert chosen(land, sites=2) == [0, 1]
    assert chosen(land, budget=30.0) == [0, 1, 2]
    assert chosen(land, cover=0.7) == [0, 1]
    assert as_many(asked(cover=0.7), 2).siting.sites == 2
    assert as_many(asked(budget=30.0), 2).siting.budget == 30.0


def test_of_plans_that_are_nearly_as_good_the_cheapest():
    land = ground([8, 7.9, 4, 1])
    land.costs["capital"] = [30.0, 10.0, 10.0, 10.0]
    assert chosen(land, sites=2) == [0, 1]
    assert chosen(land, sites=2, given_up=0.2) == [0, 1], "without the first too many would be lost"
    assert chosen(land, sites=2, given_up=0.3) == [1, 2]
    assert chosen(land, sites=1, given_up=0.02) == [1]
    plan = choose(land, asked(sites=1, given_up=0.02)).plan
    assert (plan.objective, plan.bound) == (pytest.approx(7.9), pytest.approx(8.0))


def test_positions_that_are_named_are_kept_to():
    required = Named(NONE, (np.array([3]),), np.array([0]))
    assert chosen(ground([8, 5, 4, 1], named=required), sites=2) == [1, 3]
    refused = ground([8, 5, 4, 1], named=required, reasons=["", "", "", "forest"])
    assert chosen(refused, sites=2) == [1, 3], "who is asked for is built although a rule speaks against it"
    either = Named(NONE, (np.array([2, 3]),), NONE)
    together = ground([8, 5, 4, 1], named=either, conflicts=csr_matrix(np.eye(4)[[0, 1, 3, 2]] - np.diag([1, 1, 0, 0])))
    assert chosen(together, sites=2) == [0, 2], "of the ways to equip a required position the better one"


def test_what_is_decided_counts_neither_as_new_nor_as_gain():
    land = ground([8, 5, 4, 1], named=Named(np.array([0]), (), NONE))
    plan = choose(land, asked(sites=2)).plan
    assert sorted(plan.selected) == [1, 2]
    assert plan.objective == 9.0


def test_rules_between_sites():
    land = ground([8, 5, 4, 1])
    assert chosen(land, sites=2, most_in_commune=1) == [0, 2]
    assert chosen(land, sites=2, least_share={"2": 0.8}) == [0, 2]
    assert chosen(land, sites=4, operator_sites={"viettel": 1, "vinaphone": 1}) == [0, 1]
    apart = too_close(np.column_stack([1_000.0 * np.arange(4), np.zeros(4)]), 1_500.0)
    assert chosen(ground([8, 5, 4, 1], conflicts=apart), sites=2) == [0, 2]
    with pytest.raises(UsageError, match="quota"):
        chosen(land, sites=1, least_share={"1": 1.0})


def test_repairs_of_backhaul_keep_the_rules():
    # Site 0 is worth most and needs site 1 between, but only one site may stand in a commune.
    land = ground([50, 1, 10, 5], direct=[0, 1, 1, 1], links=[(0, 1)])
    assert chosen(land, sites=2) == [0, 1]
    assert chosen(land, sites=2, most_in_commune=1) == [1, 2]
    assert chosen(land, sites=2, backhaul=False) == [0, 2]
    refused = ground([50, 1, 10, 5], direct=[0, 1, 1, 1], links=[(0, 1)], reasons=["", "forest", "", ""])
    assert chosen(refused, sites=2) == [2, 3], "who is refused does not relay"


@pytest.mark.parametrize("size", [{"sites": 2}, {"budget": 30.0}, {"sites": 2, "given_up": 0.1}])
def test_without_demand_or_candidates_no_tower_is_planned(size):
    nobody = ground([0, 0])
    assert chosen(nobody, **size) == []
    assert constraint_prices(nobody, asked(**size), choose(nobody, asked(**size)).plan)["price"].abs().max() == 0
    assert chosen(ground([]), **size) == []


@pytest.mark.parametrize("size", [{"sites": 2}, {"cover": 0.5}])
def test_what_rests_on_half_a_search_is_no_answer(size, monkeypatch):
    plain = Search.run

    def run(self, deadline):
        plain(self, deadline)
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "run", run)
    with pytest.raises(KeyboardInterrupt):
        choose(ground([8, 5, 4]), asked(**size))


def test_a_required_position_without_any_way_out_is_named():
    lonely = ground([8, 5, 4], direct=[0, 1, 1], named=Named(NONE, (np.array([0]),), NONE))
    with pytest.raises(UsageError, match="no clear way out leads from a"):
        choose(lonely, asked(sites=2))
    assert chosen(lonely, sites=2, backhaul=False) == [0, 1]


def test_the_price_of_each_constraint():
    land = ground(
        [20, 8, 30, 4, 2], reasons=["forest", "", "far_from_road+forest", "", ""], direct=[1, 1, 1, 1, 0],
        grid_km=[0.1, 2.0, 0.1, 0.1, 0.1],
    )  # fmt: skip
    plan = choose(land, asked(sites=1)).plan
    priced = constraint_prices(land, asked(sites=1), plan).set_index("constraint")
    assert priced["price"].to_dict() == {
        "as_asked": 0.0, "forest": 12.0, "road": 0.0, "forest_and_road": 22.0, "grid_required": -4.0, "backhaul": 0.0,
    }  # fmt: skip
    lonely = ground([20, 8, 3], direct=[0, 1, 1])
    found = constraint_prices(lonely, asked(sites=1), choose(lonely, asked(sites=1)).plan).set_index("constraint")
    assert found.loc["backhaul", ["learners", "price", "price_low"]].tolist() == [20.0, 12.0, 12.0]
    cover = asked(cover=0.5)
    told = constraint_prices(land, cover, choose(land, cover).plan).set_index("constraint")
    assert told.loc["as_asked", "learners"] == 8.0, "of a cover it is told in learners of as many sites"


def test_builders_get_their_number_and_the_learners_whose_sim_is_theirs():
    land = ground([10, 10, 10, 10], existing_structure=[None, None, None, "S1"])
    land.demand["own_viettel"], land.demand["own_vinaphone"] = [9.0, 6.0, 1.0, 9.0], [1.0, 4.0, 9.0, 1.0]
    sites = gpd.GeoDataFrame(
        {"site_id": ["S1"], "operator": ["vinaphone"]}, geometry=gpd.points_from_xy([0], [0]), crs=UTM
    )

    class Evidence:
        pass

    evidence = Evidence()
    evidence.sites = sites
    siting = asked(operator_sites={"viettel": 2, "vinaphone": 2}).siting
    every = np.arange(4)
    assert given_builders(land, every, evidence, siting).tolist() == ["viettel", "viettel", "vinaphone", "vinaphone"]
    assert given_builders(land, every, evidence, asked(operator="x").siting).tolist() == ["x"] * 4


def test_what_contradicts_itself_is_refused():
    operators = ["viettel", "vinaphone"]
    for siting, words in (
        ({"budget": 5.0, "cover": 0.5}, "only one of"),
        ({"operator": "viettel", "operator_sites": {"vinaphone": 1}}, "exclude"),
        ({"operator": "beeline"}, "beeline"),
        ({"operator_sites": {"beeline": 1}}, "beeline"),
    ):
        with pytest.raises(UsageError, match=words):
            check_wish(asked(**siting).siting, operators)
    check_wish(asked(operator="viettel").siting, operators)


@pytest.fixture
def terrain():
    flat = np.zeros((100, 100))
    from rasterio.transform import from_origin

    return Terrain(flat, flat, from_origin(700_000, 1_250_000, 100, 100), UTM)


def test_positions_are_given_by_name_or_by_latitude_and_longitude(terrain):
    middle = gpd.GeoSeries(gpd.points_from_xy([705_000], [1_245_000]), crs=UTM).to_crs(4326).iloc[0]
    place = f"{middle.y}, {middle.x}"
    near = f"{middle.y:.6f}, {middle.x:.6f}"
    siting = Siting(required=(place, "C1"), decided=("C2",), forbidden=(near, "C9"), heights_m=(30.0, 42.0))
    given = given_positions(siting, terrain)
    assert given["candidate_id"].tolist() == ["R1"]
    assert given.geometry.iloc[0].distance(gpd.points_from_xy([705_000], [1_245_000])[0]) < 0.01
    candidates = gpd.GeoDataFrame(
        {"candidate_id": ["R1", "R1", "C1", "C2", "C2", "C3"], "height_m": [30.0, 42.0, 42.0, 30.0, 42.0, 42.0]},
        geometry=gpd.points_from_xy([705_000] * 2 + [0, 0, 0, 705_700], [1_245_000] * 6), crs=UTM,
    )  # fmt: skip
    refused = gpd.GeoDataFrame({"candidate_id": ["C9"], "reasons": ["steep"]}, geometry=[None], crs=UTM)
    found = named_rows(siting, candidates, refused)
    assert [rows.tolist() for rows in found.required] == [[0, 1], [2]]
    assert found.decided.tolist() == [4], "in the usual way to equip it"
    assert found.forbidden.tolist() == [0, 1, 5], "all within half of the spacing"
    for bad, words in (("C7", "no candidate C7"), ("C9", "steep")):
        with pytest.raises(UsageError, match=words):
            named_rows(replace(siting, required=(bad,)), candidates, refused)
    for key, words in (("forbidden", "no candidate C7"), ("required", "no candidate C7")):
        with pytest.raises(UsageError, match=rf"siting.{key}: {words}"):
            named_rows(replace(siting, **{key: ("C7",)}), candidates, refused)
    with pytest.raises(UsageError, match="C1 is both required and forbidden"):
        named_rows(replace(siting, forbidden=("C1 ",)), candidates, refused)
    with pytest.raises(UsageError, match=r"C2 \(.*\) is both decided and required"):
        named_rows(replace(siting, required=("C1", "C2")), candidates, refused)
    near = rf"R1 \({place[:6]}.* stands 700 m from C3 \(.*min_separation_m = 800"
    for siting_asked in ({"required": ("C3", place), "decided": ()}, {"required": (place,), "decided": ("C3",)}):
        asked_both = replace(siting, forbidden=(), min_separation_m=800.0, **siting_asked)
        with pytest.raises(UsageError, match=near):
            named_rows(asked_both, candidates, refused)
        named_rows(replace(asked_both, min_separation_m=700.0), candidates, refused)
    for bad in ("91.0, 107.0", "107.0, 11.0", "12.5, 107.0"):
        with pytest.raises(UsageError, match="outside the terrain"):
            given_positions(Siting(required=(bad,)), terrain)


def test_learners_whom_a_decided_tower_connects_are_no_longer_to_be_gained():
    worlds = Worlds(np.full((2, 2), 5, np.float32), np.array([[0, -30], [0, 0]], np.float32))
    levels = csr_matrix([[-100.0, -90.0], [0.0, -90.0]])
    reach = csr_matrix([[1, 1], [0, 0], [0, 1], [0, 1]])
    left, weights = beyond_decided(worlds, levels, reach, np.full((2, 2), 2.5), np.array([0]), -110.0)
    assert left.unconnected.tolist() == [[0, 5], [5, 5]]
    assert weights.tolist() == [0, 2.5, 2.5, 2.5]


def test_fewer_sites_than_are_required_cannot_be_planned():
    land = ground([8, 5], named=Named(NONE, (np.array([0]), np.array([1])), NONE))
    with pytest.raises(UsageError):
        solve_plan(land, asked(sites=1))
