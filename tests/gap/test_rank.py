import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm
from shapely import box

from lomsong.errors import ColumnError, CrsError, DataError, SettingsError, UsageError
from lomsong.gap import UnconnectedDraws, over_operators, rank_communes
from lomsong.gap.priority import checked_weights
from lomsong.gap.rank import by_commune, by_district, by_hamlet, rank_areas
from lomsong.gap.service import joint_probability


def communes():
    shapes = [box(107 + 0.1 * i, 11, 107.1 + 0.1 * i, 11.1) for i in range(3)]
    table = {"commune_code": ["26200", "26203", "26173"], "name": ["Mã Đà", "Hiếu Liêm", "Phú Lý"]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def households():
    frame = pd.DataFrame(
        {
            "household_id": ["a", "b", "c", "d"],
            "learners": [2, 3, 1, 4],
            "commune_code": ["26200", "26203", None, "26203"],
        }
    )
    points = gpd.points_from_xy([107.05, 107.15, 120.0, 107.15], [11.05] * 4)
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


def service(p_viettel=(0.1, 0.5, 0.0, 1.0), p_mobifone=(0.5, 0.5, 0.0, 0.0)):
    rows = []
    for operator, ps in (("viettel", p_viettel), ("mobifone", p_mobifone)):
        for demand, p in zip("abcd", ps, strict=True):
            state = "usable" if p >= 0.5 else "none"
            rows.append([demand, operator, -100.0, 5.0, p, state, "measured", 10.0])
    names = ["demand_id", "operator", "level_dbm", "level_sd_db", "p_usable", "state", "kind", "nearest_sample_m"]
    return pd.DataFrame(rows, columns=names)


def test_expected_learners_by_hand():
    ranking = rank_communes(service(), households(), communes()).set_index("commune_code")
    assert ranking.loc["26200", "unconnected"] == pytest.approx(2 * 0.9 * 0.5)
    assert ranking.loc["26203", "unconnected"] == pytest.approx(3 * 0.25 + 0)
    assert ranking.loc["26200", "unconnected_viettel"] == pytest.approx(1.8)
    assert ranking.loc["26203", "unconnected_all"] == pytest.approx(3 * 0.75 + 4)
    assert ranking.loc["26173", ["learners", "unconnected"]].tolist() == [0, 0]
    assert np.isnan(ranking.loc["26173", "share"])
    assert ranking["rank"].tolist() == [1, 2, 3]
    assert ranking.index.tolist() == ["26200", "26203", "26173"]


def test_households_and_communes_as_a_database_names_their_geometry():
    plain = rank_communes(service(), households(), communes())
    placed = households().drop(columns="commune_code").rename_geometry("geom")
    found = rank_communes(service(), placed, communes().rename_geometry("the_geom"))
    pd.testing.assert_frame_equal(found, plain)
    with pytest.raises(CrsError, match="points: the layer does not say"):
        rank_communes(service(), pd.DataFrame(placed.rename_geometry("geometry")), communes())


def test_a_household_of_which_nothing_is_known_may_have_signal():
    told = service()
    ranking = rank_communes(told[told["demand_id"] != "d"], households(), communes()).set_index("commune_code")
    row = ranking.loc["26203"]
    assert row["unconnected"] == pytest.approx(3 * 0.25 + 4), "as an unsurveyed one, without"
    assert row["unsurveyed"] == 4
    assert (row["unconnected_low"], row["unconnected_high"]) == (0, 7)
    of_one = rank_areas(
        told[told["demand_id"] != "d"], households(), by_commune(households(), communes()), operators="viettel"
    )
    assert of_one.set_index("commune_code").loc["26203", "unconnected_low"] == 0


@pytest.mark.parametrize("operators", ["any", "all"])
def test_where_nothing_is_told_of_any_operator_nothing_is_known(operators):
    """Of no operator at all each would be usable, and none would be."""
    found = over_operators(service().head(0), pd.Series(["a", "b"]), operators)
    assert found["state"].tolist() == ["unsurveyed"] * 2
    assert found["p_usable"].isna().all()
    ranking = rank_communes(service().head(0), households(), communes())
    assert ranking["unsurveyed"].sum() == ranking["learners"].sum()


def test_an_operator_or_a_state_that_is_none_is_named():
    asked = households()["household_id"]
    with pytest.raises(UsageError, match="unknown operator 'viettel'; choose one of any, all"):
        over_operators(service(), asked, "viettel")
    for wrong, told in (("Usable", "'Usable'"), (None, "nan")):
        with pytest.raises(DataError, match=f"there is no state {told}; known: usable, weak, none, unsurveyed"):
            over_operators(service().assign(state=[wrong, *service()["state"][1:]]), asked)
    plain = over_operators(service(), asked)
    pd.testing.assert_frame_equal(over_operators(service(), asked.tolist()), plain)
    pd.testing.assert_frame_equal(over_operators(service(), asked.to_numpy()), plain)


def test_a_household_or_its_signal_that_stands_twice_is_named():
    twice = pd.concat([households(), households().iloc[[1]]], ignore_index=True)
    with pytest.raises(DataError, match=r"1 households stand there twice \(first: row 4, b\)"):
        rank_communes(service(), twice, communes())
    told = pd.concat([service(), service().iloc[[2]]], ignore_index=True)
    with pytest.raises(DataError, match=r"service: 1 rows tell of a place twice .*row 8, c"):
        rank_communes(told, households(), communes())


def test_all_learners_are_accounted_for():
    ranking = rank_communes(service(), households(), communes())
    assert ranking["learners"].sum() + ranking.attrs["unmatched_learners"] == households()["learners"].sum()
    assert ranking.attrs["unmatched_learners"] == 1


def test_every_operator_asks_more_than_any():
    ranking = rank_communes(service(), households(), communes())
    assert (ranking["unconnected_all"] >= ranking["unconnected"]).all()


def test_tables_whose_identifiers_have_nothing_in_common_are_refused():
    """Numbers in one and texts in the other: every learner would count as without signal."""
    told = service().assign(demand_id=service()["demand_id"].map({"a": 1, "b": 2, "c": 3, "d": 4}))
    asked = households().assign(household_id=["1", "2", "3", "4"])
    with pytest.raises(DataError, match="demand_id such as 1, household_id such as '1'"):
        rank_communes(told, asked, communes())
    assert rank_communes(told, asked.assign(household_id=[1, 2, 3, 9]), communes())["unconnected"].sum() > 0


@pytest.mark.parametrize("shared", [-0.1, 1.0, 1.5, np.nan])
def test_a_correlation_that_is_none_is_refused(shared):
    with pytest.raises(UsageError, match=r"shared = .*below 1"):
        rank_communes(service(), households(), communes(), shared=shared)


def test_shared_shadowing_leaves_more_learners_without_any():
    alone = rank_communes(service(), households(), communes()).set_index("commune_code")["unconnected"]
    together = rank_communes(service(), households(), communes(), shared=0.6).set_index("commune_code")["unconnected"]
    assert (together.loc[alone.index] >= alone - 1e-9).all()
    assert together["26200"] > alone["26200"] + 0.01


@pytest.mark.parametrize("shared", [0.0, 0.3, 0.8])
def test_joint_probability_against_the_multivariate_normal(shared):
    p = np.array([[0.3, 0.6, 0.8], [0.05, 0.05, 0.9], [0.5, 0.5, 0.5]])
    cov = np.full((3, 3), shared) + (1 - shared) * np.eye(3)
    exact = [multivariate_normal(np.zeros(3), cov).cdf(norm.ppf(row)) for row in p]
    np.testing.assert_allclose(joint_probability(p, shared), exact, atol=2e-4)
    np.testing.assert_allclose(joint_probability(p[:, :1], shared), p[:, 0], atol=1e-4)


def test_intervals_and_rank_sets_come_from_the_draws():
    draws = UnconnectedDraws(
        ("26200", "26203", "26173"),
        any=np.array([[1, 1, 2, 2] * 25, [0, 2, 0, 3] * 25, [0, 0, 0, 0] * 25], np.float32),
    )
    ranking = rank_communes(service(), households(), communes(), draws=draws).set_index("commune_code")
    assert ranking.loc["26200", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert ranking.loc["26203", ["rank_low", "rank_high"]].tolist() == [1, 3]
    assert ranking.loc["26203", ["unconnected_low", "unconnected_high"]].tolist() == [0, 3]
    with pytest.raises(DataError, match="other communes"):
        rank_communes(service(), households(), communes().iloc[:2], draws=draws)


def test_without_draws_the_interval_is_the_widest():
    ranking = rank_communes(service(), households(), communes()).set_index("commune_code")
    low, high = ranking.loc["26203", ["unconnected_low", "unconnected_high"]]
    assert (low, high) == (0, 3)


def test_a_tower_more_never_raises_the_gap():
    before = rank_communes(service(), households(), communes()).set_index("commune_code")["unconnected"]
    better = service(p_viettel=(0.9, 0.5, 0.2, 1.0))
    after = rank_communes(better, households(), communes()).set_index("commune_code")["unconnected"]
    assert (after <= before[after.index] + 1e-12).all()


def test_the_order_of_rows_does_not_matter():
    base = rank_communes(service(), households(), communes())
    turned = rank_communes(service().iloc[::-1], households().iloc[::-1], communes())
    pd.testing.assert_frame_equal(turned, base)


@pytest.mark.parametrize(
    ("states", "any_state", "all_state"),
    [
        (("usable", "none"), "usable", "none"),
        (("usable", "unsurveyed"), "usable", "unsurveyed"),
        (("weak", "none"), "weak", "weak"),
        (("none", "none"), "none", "none"),
        (("none", "unsurveyed"), "unsurveyed", "none"),
        (("weak", "unsurveyed"), "unsurveyed", "weak"),
        (("unsurveyed", "unsurveyed"), "unsurveyed", "unsurveyed"),
    ],
)
def test_states_over_operators(states, any_state, all_state):
    table = service().query("demand_id == 'a'").assign(state=states)
    place = pd.Series(["a"])
    assert over_operators(table, place, "any")["state"].tolist() == [any_state]
    assert over_operators(table, place, "all")["state"].tolist() == [all_state]


def test_a_place_nobody_estimated_is_unsurveyed():
    found = over_operators(service(), pd.Series(["zz", "d"], index=[4, 9]))
    assert found["state"].tolist() == ["unsurveyed", "usable"]
    assert np.isnan(found["p_usable"].loc[4])
    assert found.index.tolist() == [4, 9]


def test_wrong_tables_are_refused():
    with pytest.raises(ColumnError, match="service: column state missing"):
        rank_communes(service().drop(columns="state"), households(), communes())
    with pytest.raises(ColumnError, match="learners outside"):
        rank_communes(service(), households().assign(learners=-1), communes())


def drawn(seed=0, n=200, wide=1.0):
    """Draws about the expected 0.9, 0.75 and 0 of the three communes."""
    noise = wide * np.random.default_rng(seed).standard_normal((3, n))
    counts = np.maximum(np.array([[0.9], [0.75], [0.0]]) + noise, 0) * np.array([[1], [1], [0]])
    return UnconnectedDraws(("26200", "26203", "26173"), counts.astype(np.float32))


def test_columns_of_the_draws_and_their_limits():
    ranking = rank_communes(service(), households(), communes(), draws=drawn())
    for low, high in (("rank_low", "rank_high"), ("rank_low_all", "rank_high_all")):
        assert (ranking[low] <= ranking["rank"]).all()
        assert (ranking["rank"] <= ranking[high]).all()
    assert (ranking["rank_low_all"] <= ranking["rank_low"]).all()
    assert (ranking["rank_high_all"] >= ranking["rank_high"]).all()
    assert (ranking["tied"] == ranking["rank_high"] - ranking["rank_low"]).all()
    assert (ranking["p_first_ten"] == 1).all()
    one = rank_communes(service(), households(), communes(), draws=drawn(), first=1)
    assert one["p_first_ten"].sum() == pytest.approx(1)
    assert ranking.columns[:5].tolist() == ["rank", "rank_low", "rank_high", "rank_low_all", "rank_high_all"]


def test_communes_without_any_unconnected_share_their_rank():
    four = gpd.GeoDataFrame(
        {"commune_code": list("wxyz"), "name": ["Tân An", "Tân An", "Phú Lý", "Mã Đà"]},
        geometry=[box(107 + 0.1 * i, 11, 107.1 + 0.1 * i, 11.1) for i in range(4)],
        crs=4326,
    )
    homes = households().assign(commune_code=["z", "x", "x", "x"])
    counts = np.zeros((4, 50), np.float32)
    counts[3] = 2
    ranking = rank_communes(service(), homes, four, draws=UnconnectedDraws(tuple("wxyz"), counts))
    assert ranking["rank"].tolist() == [1, 2, 2, 2]
    assert ranking["rank_low"].tolist() == [1, 2, 2, 2]
    assert ranking["rank_high"].tolist() == [1, 4, 4, 4]
    # Two communes of one name stay two.
    assert ranking.set_index("commune_code").loc[["w", "x"], "learners"].tolist() == [0, 8]


def test_by_share_a_commune_without_learners_comes_last_and_has_none():
    ranking = rank_communes(service(), households(), communes(), draws=drawn(), by="share")
    assert ranking["commune_code"].tolist() == ["26200", "26203", "26173"]
    assert ranking["share"].iloc[:2].tolist() == pytest.approx([0.9 / 2, 0.75 / 7])
    assert np.isnan(ranking["share"].iloc[2])
    assert ranking["share_high"].iloc[0] == pytest.approx(ranking["unconnected_high"].iloc[0] / 2)


def test_priority_by_hand():
    homes = households().assign(
        category=["hộ nghèo", "poor", None, "other"],
        learners_without_device=[2, 1, 1, 4],
        hamlet_id=["h", "i", "h", "h"],
    )
    hamlets = gpd.GeoDataFrame(
        {"hamlet_id": ["h", "i"], "name": ["Ấp 1", "Ấp 2"], "grid_power": ["no", "yes"],
         "commune_code": ["26200", "26203"]},
        geometry=gpd.points_from_xy([107.05, 107.15], [11.05, 11.05]), crs=4326,
    )  # fmt: skip
    weights = {"unconnected": 2, "share": 1, "poor": 1, "without_device": 1, "no_grid": 3, "unsurveyed": 2}
    ranking = rank_communes(
        service(), homes, communes(), draws=drawn(), hamlets=hamlets, by="priority", weights=weights
    ).set_index("commune_code")
    first, second, third = (ranking.loc[code] for code in ("26200", "26203", "26173"))
    assert first["points_unconnected"] == pytest.approx(20)
    assert second["points_unconnected"] == pytest.approx(20 * 0.75 / 0.9)
    assert second["points_share"] == pytest.approx(10 * (0.75 / 7) / (0.9 / 2))
    assert (first["points_poor"], second["points_poor"]) == pytest.approx((10, 10 * 0.75 / 0.9))
    assert first["points_without_device"] == pytest.approx(10)
    assert second["points_without_device"] == pytest.approx(10 * (0.25 * 1) / (0.45 * 2))
    assert (first["points_no_grid"], second["points_no_grid"]) == pytest.approx((30, 0))
    assert (ranking["points_unsurveyed"] == 0).all()
    points = [name for name in ranking if name.startswith("points_")]
    assert ranking[points].sum(axis=1).to_numpy() == pytest.approx(ranking["score"].to_numpy())
    assert third["score"] == third["score_low"] == third["score_high"] == 0
    assert (ranking["score_low"] <= ranking["score"]).all()
    assert ranking["score_high"].iloc[0] > ranking["score"].iloc[0]


def test_priority_by_number_alone_is_the_order_by_number():
    base = rank_communes(service(), households(), communes(), draws=drawn())
    weighed = rank_communes(
        service(), households(), communes(), draws=drawn(), by="priority", weights={"unconnected": 0.3}
    )
    pd.testing.assert_frame_equal(weighed[base.columns], base)


@pytest.mark.parametrize("weights", [{}, {"unconnected": 0}, {"poverty": 1}, {"share": -1}, {"share": float("nan")}])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(SettingsError, match=r"gap\.priority"):
        checked_weights(weights)


def test_an_indicator_needs_its_column():
    with pytest.raises(ColumnError, match="households has no column category"):
        rank_communes(service(), households(), communes(), by="priority", weights={"poor": 1})
    with pytest.raises(ColumnError, match="hamlets has no column grid_power"):
        rank_communes(service(), households(), communes(), by="priority", weights={"no_grid": 1})


def test_per_operator_and_for_all():
    partition = by_commune(households(), communes())
    viettel = rank_areas(service(), households(), partition, operators="viettel").set_index("commune_code")
    assert viettel.loc["26200", "unconnected"] == pytest.approx(1.8)
    every = rank_areas(service(), households(), partition, operators="all").set_index("commune_code")
    assert every.loc["26203", "unconnected"] == pytest.approx(3 * 0.75 + 4)
    with pytest.raises(UsageError, match="unknown operator 'gmobile'"):
        rank_areas(service(), households(), partition, operators="gmobile")
    with pytest.raises(UsageError, match="unknown order"):
        rank_areas(service(), households(), partition, by="name")


def test_districts_are_their_communes():
    territory = communes().assign(parent_code=["736", "736", None], parent_name=["Vĩnh Cửu", "Vĩnh Cửu", None])
    table = rank_areas(service(), households(), by_district(households(), territory))
    assert table[["parent_code", "name", "learners"]].to_numpy().tolist() == [["736", "Vĩnh Cửu", 9]]
    assert table["unconnected"].iloc[0] == pytest.approx(1.65)
    assert table.attrs["unmatched_learners"] == 1
    with pytest.raises(ColumnError, match="parent_code"):
        by_district(households(), communes())


def test_hamlets_are_ranked_inside_their_commune():
    homes = households().assign(hamlet_id=["h", "i", None, "j"])
    hamlets = gpd.GeoDataFrame(
        {"hamlet_id": ["h", "i", "j"], "name": ["Ấp 1", "Ấp 1", "Ấp 2"], "commune_code": ["26200", "26203", "26203"]},
        geometry=gpd.points_from_xy([107.05, 107.15, 107.15], [11.05] * 3), crs=4326,
    )  # fmt: skip
    counts = np.array([[0, 1, 2, 1], [3, 0, 0, 0], [0, 0, 0, 0]], float).repeat(20, axis=1)
    table = rank_areas(service(), homes, by_hamlet(homes, hamlets), draws=counts, first=1)
    assert table[["hamlet_id", "rank"]].to_numpy().tolist() == [["h", 1], ["i", 1], ["j", 2]]
    assert table["rank_high"].max() <= 2
    assert table["p_first_ten"].tolist() == pytest.approx([1, 1 / 4 + 3 / 8, 3 / 8])
    assert table.attrs["unmatched_households"] == 1


def test_an_enclave_a_hole_and_a_code_of_another_vintage():
    inner = box(107.04, 11.04, 107.06, 11.06)
    around = box(107, 11, 107.1, 11.1).difference(inner)
    today = gpd.GeoDataFrame(
        {"commune_code": ["26170", "26173"], "name": ["Trị An", "Phú Lý"]}, geometry=[around, inner], crs=4326
    )
    homes = gpd.GeoDataFrame(
        {"household_id": ["a", "b", "c"], "learners": [2, 3, 1], "commune_code": ["26170", "26200", "26170"]},
        geometry=gpd.points_from_xy([107.05, 107.05, 107.02], [11.05, 11.05, 11.02]), crs=4326,
    )  # fmt: skip
    by_code, by_place = by_commune(homes, today), by_commune(homes, today, by_place=True)
    assert by_code.row.tolist() == [0, 1, 0]
    assert by_place.row.tolist() == [1, 1, 0]
    hole = by_commune(homes, today.iloc[:1], by_place=True)
    assert hole.row.tolist() == [-1, -1, 0]
    assert rank_areas(service(), homes, hole).attrs["unmatched_learners"] == 5


def test_repeated_codes_and_draws_of_other_areas_are_refused():
    twice = communes().assign(commune_code=["26200", "26200", "26173"])
    with pytest.raises(DataError, match=r"1 codes of areas are repeated .first: 26200"):
        rank_communes(service(), households(), twice)
    with pytest.raises(DataError, match="other communes"):
        rank_areas(service(), households(), by_commune(households(), communes()), draws=np.ones((2, 50)))


def test_one_commune_is_the_first():
    one = rank_communes(
        service(), households(), communes().iloc[:1], draws=UnconnectedDraws(("26200",), np.ones((1, 30), np.float32))
    )
    assert one[["rank", "rank_low", "rank_high", "rank_low_all", "rank_high_all"]].to_numpy().tolist() == [[1] * 5]


def test_expected_numbers_counted_elsewhere_scale_what_is_known_of_the_households():
    homes = households().assign(category="poor")
    given = np.array([1.8, 3.0, 0.0])
    ranking = rank_communes(
        service(), homes, communes(), draws=drawn(), expected=given, by="priority",
        weights={"unconnected": 1, "poor": 1},
    ).set_index("commune_code")  # fmt: skip
    assert ranking.loc[["26200", "26203", "26173"], "unconnected"].tolist() == pytest.approx(given.tolist())
    assert ranking.loc["26200", "points_poor"] == pytest.approx(50 * 1.8 / 3.0)
