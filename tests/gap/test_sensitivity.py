"""The order under other choices: by hand, against independent measures, and what must not change."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from shapely import box

from lomsong.errors import UsageError
from lomsong.gap.rank import by_commune
from lomsong.gap.sensitivity import (
    PERSISTENCE,
    Choice,
    one_at_a_time,
    rank_biased_overlap,
    sensitivity,
)
from lomsong.texts import text

LEVELS = {"a": (-106.0, -120.0), "b": (-108.0, -112.0), "c": (-112.0, -111.0), "d": (-90.0, -95.0)}


def households():
    frame = {"household_id": list("abcd"), "learners": [1, 2, 3, 4], "commune_code": ["x", "y", "z", None]}
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([0.5, 1.5, 2.5, 9.0], [0.5] * 4), crs=4326)


def communes():
    shapes = [box(i, 0, i + 1, 1) for i in range(3)]
    return gpd.GeoDataFrame({"commune_code": list("xyz"), "name": ["Một", "Hai", "Ba"]}, geometry=shapes, crs=4326)


def service(shift_db=0.0, sd_db=5.0, usable_dbm=-110.0):
    rows = [
        (demand, operator, level + shift_db, sd_db, norm.cdf((level + shift_db - usable_dbm) / sd_db))
        for demand, levels in LEVELS.items()
        for operator, level in zip(("viettel", "mobifone"), levels, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["demand_id", "operator", "level_dbm", "level_sd_db", "p_usable"])
    return table.assign(state="usable", kind="measured", nearest_sample_m=10.0)


def found(choices, services=None, **more):
    homes = households()
    services = {"base": service()} if services is None else services
    return sensitivity(services, -110.0, homes, by_commune(homes, communes()), choices, **more)


def test_counts_by_hand():
    losses = {"indoors": np.array([10.0, 0, 0, 0])}
    choices = one_at_a_time(Choice(-110.0), losses_db=losses, estimators=("constant",))
    result = found(choices, {"base": service(), "constant": service(3.0)}, first=1)
    assert list(choices) == [
        "base", "threshold:-105", "threshold:-115", "loss:indoors", "estimator:constant", "way:mean_level",
    ]  # fmt: skip
    count = result.ranks.set_index(["variant", "commune_code"])["unconnected"]
    miss = norm.sf
    assert count["base", "x"] == pytest.approx(miss(4 / 5) * miss(-10 / 5))
    assert count["threshold:-105", "y"] == pytest.approx(2 * miss(-3 / 5) * miss(-7 / 5))
    assert count["loss:indoors", "x"] == pytest.approx(miss(-6 / 5) * miss(-20 / 5))
    assert count["loss:indoors", "y"] == pytest.approx(count["base", "y"])
    assert count["estimator:constant", "z"] == pytest.approx(3 * miss(1 / 5) * miss(2 / 5))
    assert count.xs("way:mean_level").to_dict() == {"z": 3.0, "x": 0.0, "y": 0.0}
    assert result.outside["way:mean_level"] == 0
    of = result.variants.set_index("variant")
    assert (of.loc["base", "kept"], of.loc["base", "overlap"]) == (1, pytest.approx(1))
    assert of.loc["base", "kendall_tau"] == pytest.approx(1)


def test_learners_inside_and_outside_make_up_all():
    never = found({"base": Choice(200.0)})
    assert never.variants["unconnected"].iloc[0] + never.outside["base"] == pytest.approx(10)


def test_a_stricter_choice_never_lowers_a_count():
    choices = one_at_a_time(Choice(-110.0), losses_db={"indoors": 8.0})
    count = found(choices).ranks.pivot(index="commune_code", columns="variant", values="unconnected")
    assert (count["threshold:-105"] >= count["base"]).all()
    assert (count["base"] >= count["threshold:-115"]).all()
    assert (count["loss:indoors"] >= count["base"]).all()


def test_the_base_keeps_what_the_table_says_and_a_declared_place_what_is_declared():
    table = service()
    rows = table["demand_id"] == "c"
    table.loc[rows, ["level_dbm", "level_sd_db"]] = np.nan
    table.loc[rows, "p_usable"] = 0.7
    result = found(one_at_a_time(Choice(-110.0)), {"base": table})
    count = result.ranks.set_index(["variant", "commune_code"])["unconnected"]
    for variant in ("base", "threshold:-105"):
        assert count[variant, "z"] == pytest.approx(3 * 0.3**2)


def test_rounded_probabilities_move_too():
    far = service(60.0)
    assert (far["p_usable"] == 1).any()
    count = found({"base": Choice(-110.0), "other": Choice(-50.0)}, {"base": far}).ranks
    exact = norm.sf((-46.0 + 50) / 5) * norm.sf((-60.0 + 50) / 5)
    assert count.set_index(["variant", "commune_code"]).loc[("other", "x"), "unconnected"] == pytest.approx(exact)


def test_overlap_by_hand():
    # 3 1 2 against 3 2 1: all of one, half of two, all of three in common, and all beyond.
    p = 0.8
    expected = (1 - p) * (1 + p * 0.5 + p**2 * 1) + p**3
    assert rank_biased_overlap(np.array([9.0, 2, 5]), np.array([9.0, 5, 2]), p) == pytest.approx(expected)


@settings(max_examples=40)
@given(st.permutations(range(12)))
def test_overlap_against_sets(order):
    values, others = -np.arange(12.0), -np.array(order, float)
    one, other = np.argsort(-values), np.argsort(-others)
    shares = [len({*one[:depth]} & {*other[:depth]}) / depth for depth in range(1, 13)]
    weights = (1 - PERSISTENCE) * PERSISTENCE ** np.arange(12)
    expected = float(weights @ shares) + PERSISTENCE**12
    assert rank_biased_overlap(values, others) == pytest.approx(expected)
    assert rank_biased_overlap(others, values) == pytest.approx(expected)


def test_overlap_of_ties():
    tied = np.array([1.0, 1.0, 0.0])
    assert rank_biased_overlap(tied, tied) == pytest.approx(1)
    assert rank_biased_overlap(np.zeros(5), np.zeros(5)) == pytest.approx(1)
    assert rank_biased_overlap(tied, np.array([2.0, 1.0, 0.0])) < 1


def test_choices_that_are_none_are_refused_and_all_have_names():
    with pytest.raises(UsageError, match="no base variant"):
        found({"other": Choice(-110.0)})
    with pytest.raises(UsageError, match="'forest'"):
        found({"base": Choice(-110.0, estimator="forest")})
    with pytest.raises(UsageError, match="'guess'"):
        found({"base": Choice(-110.0, way="guess")})
    for name in one_at_a_time(Choice(-110.0), losses_db={"indoors": 8.0}, estimators=("constant",)):
        kind, _, value = name.partition(":")
        assert all(text(f"sensitivity.{kind}", language, value=value) for language in ("vi", "en"))
