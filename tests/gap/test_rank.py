import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm
from shapely import box

from lomsong.errors import ColumnError, DataError
from lomsong.gap import UnconnectedDraws, over_operators, rank_communes
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


def test_all_learners_are_accounted_for():
    ranking = rank_communes(service(), households(), communes())
    assert ranking["learners"].sum() + ranking.attrs["unmatched_learners"] == households()["learners"].sum()
    assert ranking.attrs["unmatched_learners"] == 1


def test_every_operator_asks_more_than_any():
    ranking = rank_communes(service(), households(), communes())
    assert (ranking["unconnected_all"] >= ranking["unconnected"]).all()


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
