import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from lomsong.errors import ColumnError, DataError
from lomsong.surface.learned import LearnedCorrection, labels


def survey(rng, n=4000):
    features = pd.DataFrame({"log_distance": rng.uniform(1.5, 3.5, n), "noise": rng.normal(size=n)})
    return features, -40 - 20 * features.log_distance + rng.normal(0, 3, n), rng.integers(0, 20, n)


def test_learns_the_slope_and_never_rises_with_distance():
    features, level, sites = survey(np.random.default_rng(0))
    model = LearnedCorrection(seeds=2, leaf_samples=50).fit(features, level, sites)
    line = pd.DataFrame({"log_distance": np.linspace(1.6, 3.4, 50), "noise": 0.0})
    guess = model.predict(line)
    assert np.abs(guess - (-40 - 20 * line.log_distance)).max() < 3
    assert (np.diff(guess) <= 1e-9).all()


def apart(rng, per_site=200):
    """Sites whose levels have nothing in common, and a feature that names the site."""
    sites = np.repeat(np.arange(20), per_site)
    return pd.DataFrame({"site": rng.permutation(20)[sites].astype(float)}), rng.normal(0, 8, 20)[sites], sites


def test_stops_early_where_sites_have_nothing_in_common():
    features, level, sites = apart(np.random.default_rng(1))
    assert LearnedCorrection(seeds=1, leaf_samples=20).fit(features, level, sites).trees_ < 50
    assert LearnedCorrection(seeds=1, leaf_samples=20, trees=60).fit(features, level).trees_ == 60


def test_left_out_levels_do_not_know_their_own_site():
    """A site as loud as no other is fitted where it is seen, and estimated as the others are where it is not."""
    features, level, sites = survey(np.random.default_rng(2))
    level = level + 30 * (sites == 7)
    features["site"] = sites.astype(float)
    model = LearnedCorrection(seeds=1, leaf_samples=20, trees=100).fit(features, level, sites)
    own = sites == 7
    assert np.mean(level[own] - model.left_out_dbm_[own]) > 20
    assert np.abs(np.mean(level[~own] - model.left_out_dbm_[~own])) < 3
    alone = LearnedCorrection(seeds=1, leaf_samples=20, trees=5).fit(features, level)
    assert np.isnan(alone.left_out_dbm_).all()


def test_the_result_is_the_same_again_and_for_names_of_sites_in_words():
    features, level, sites = survey(np.random.default_rng(3), 1500)
    first = LearnedCorrection(seeds=1, trees=20, leaf_samples=50).fit(features, level, sites)
    second = clone(first).fit(features, level, [f"trạm {site}" for site in sites])
    assert first.predict(features).tolist() == second.predict(features).tolist()


def test_columns_are_found_by_name():
    features, level, sites = survey(np.random.default_rng(4), 1500)
    model = LearnedCorrection(seeds=1, trees=20, leaf_samples=50).fit(features, level, sites)
    turned = features[["noise", "log_distance"]].assign(more=1.0)
    assert model.predict(turned).tolist() == model.predict(features).tolist()
    with pytest.raises(ColumnError, match="noise"):
        model.predict(features[["log_distance"]])


def test_what_cannot_be_learned_from_is_told():
    features, level, sites = survey(np.random.default_rng(5), 100)
    model = LearnedCorrection(seeds=1, trees=2)
    with pytest.raises(DataError, match="99 values for 100"):
        model.fit(features, level[:99], sites)
    with pytest.raises(DataError, match=r"groups.*3 values for 100"):
        model.fit(features, level, [1, 2, 3])
    with pytest.raises(DataError, match=r"row 4, column y"):
        model.fit(features, level.where(level.index != 4), sites)
    with pytest.raises(DataError, match="no row"):
        model.fit(features[:0], level[:0], sites[:0])
    with pytest.raises(DataError, match="not numbers"):
        model.fit(features, ["loud"] * 100, sites)


def test_one_row_and_a_constant_level():
    features = pd.DataFrame({"log_distance": [2.0]})
    assert LearnedCorrection(seeds=1, trees=3).fit(features, [-90.0]).predict(features) == pytest.approx(-90)
    features, _, sites = survey(np.random.default_rng(6), 500)
    model = LearnedCorrection(seeds=1, trees=5, leaf_samples=20).fit(features, np.full(500, -80.0), sites)
    assert model.predict(features) == pytest.approx(-80)


def test_labels_count_a_missing_name_as_one():
    assert labels(["b", None, "a", "b"], 4, "groups").tolist() == [0, 1, 2, 0]
