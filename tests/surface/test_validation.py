"""What is held out is out, and what is scored is scored as the papers say."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.stats import norm, wasserstein_distance

from lomsong.errors import UsageError
from lomsong.surface import CoverageKriging, Places
from lomsong.surface.folds import FOLDS, Survey, by_blocks, by_distances, by_passes, by_sites, deal
from lomsong.surface.scores import crps_db, judged, reliability, score, wilson
from lomsong.surface.validation import SCHEMES, cross_validate, validate
from lomsong.texts import told

METRIC = CRS.from_epsg(3405)


def readings_of(squares, passes, **columns):
    """Return readings in squares of 100 m along a line, one a square and pass."""
    squares = np.asarray(squares)
    frame = pd.DataFrame({"square": squares, "pass_id": passes, "easting_m": 700_000 + 100.0 * squares})
    given = {
        "northing_m": 1_200_000.0,
        "level_dbm": -100.0,
        "samples": 3,
        "hidden": 0.0,
        "floor_dbm": -125.0,
        "cell_id": -1,
        "site": -1,
    }
    return frame.assign(**(given | columns))


def bins_of(readings):
    bins = readings.groupby("square", sort=True).agg(
        easting_m=("easting_m", "mean"), northing_m=("northing_m", "mean"), level_dbm=("level_dbm", "mean"),
        samples=("samples", "sum"), censored=("hidden", "mean"),
    )  # fmt: skip
    return bins.assign(censored=bins["censored"] >= 0.5).reset_index()


class Nearest:
    """A field that says of a place what the nearest reading says, 4 dB unsure of it."""

    seed, block_m, crs_ = 7, 50.0, METRIC
    kriging_ = SimpleNamespace(covariance_=SimpleNamespace(scale_m=400.0))

    def __init__(self, readings):
        self.readings_, self.bins_ = readings, bins_of(readings)
        self.asked = []

    def without(self, kept):
        part = Nearest(self.readings_[kept])
        self.asked.append(part)
        return part

    def locate(self, at):
        return Places(at, None, pd.RangeIndex(len(at)))

    def predict(self, places):
        at = self.readings_[["easting_m", "northing_m"]].to_numpy()
        distance, near = cKDTree(at).query(places.at)
        level = self.readings_["level_dbm"].to_numpy()[near]
        return pd.DataFrame({"level_dbm": level, "level_sd_db": 4.0, "nearest_sample_m": distance})


@pytest.fixture
def survey():
    """Three passes over 200 squares of a winding road, two over each; five sites; one square in six censored."""
    rng = np.random.default_rng(0)
    squares = np.r_[np.arange(150), np.arange(50, 200), np.r_[0:50, 150:200]]
    readings = readings_of(
        squares, np.repeat([4, 9, 11], [150, 150, 100]), northing_m=1_200_000 + 3_000 * np.sin(squares / 20),
        level_dbm=-110 + 12 * np.sin(squares / 9) + rng.normal(0, 2, len(squares)), site=squares // 40,
    )  # fmt: skip
    silent = readings["square"] % 6 == 0
    return readings.assign(hidden=silent.astype(float), level_dbm=readings["level_dbm"].mask(silent, -125.0))


def test_crps_is_the_integral_that_defines_it():
    mean, std, level = -101.0, 6.0, -93.0
    by_hand = quad(lambda x: (norm.cdf(x, mean, std) - (x >= level)) ** 2, -200, 0, points=[level])[0]
    assert crps_db(np.array([level]), np.array([mean]), np.array([std]))[0] == pytest.approx(by_hand, rel=1e-6)
    assert crps_db(np.zeros(1), np.zeros(1), np.ones(1))[0] == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi))


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.5, 4))
def test_wilson_bounds_are_where_a_test_of_the_share_turns(successes, more, z):
    n = successes + more
    low, high = (float(bound[0]) for bound in wilson(np.array([successes]), np.array([n]), z))
    if n == 0:
        assert (low, high) == (0, 1)
        return
    assert 0 <= low <= successes / n <= high <= 1
    for bound, end in ((low, 0), (high, 1)):
        if bound != end:  # a share of just `bound` lies z of its own standard errors from what was seen
            assert abs(successes / n - bound) == pytest.approx(z * np.sqrt(bound * (1 - bound) / n), abs=1e-9)


def test_59_tests_without_failure_are_needed_for_95_percent():
    low, _ = wilson(np.array([59, 50]), np.array([59, 50]))
    assert low[0] > 0.95 > low[1]


PREDICTIONS = pd.DataFrame(
    {
        "level_dbm": [-100.0, -120.0, -105.0, -125.0, -125.0],
        "censored": [False, False, False, True, True],
        "predicted_dbm": [-97.0, -124.0, -125.0, -104.0, -130.0],
        "sd_db": [4.0, 4.0, 8.0, 3.0, 3.0],
    }
)


def test_scores_by_hand():
    scores = score(PREDICTIONS, -110, 500)
    assert scores.bins == 3
    assert scores.block_m == 500
    assert scores.rmse_db == pytest.approx(np.sqrt((9 + 16 + 400) / 3))
    assert scores.mae_db == pytest.approx(9)
    assert scores.inside90 == pytest.approx(2 / 3)
    assert scores.inside50 == 0
    p = norm.cdf([13 / 4, -14 / 4, -15 / 8, 6 / 3, -20 / 3])
    assert scores.brier == pytest.approx(np.mean((p - [1, 0, 1, 0, 0]) ** 2))
    assert (scores.judged, scores.uncovered) == (5, 3)
    assert scores.uncovered_called_covered == pytest.approx(1 / 3)
    assert (scores.sure_share, scores.sure_right) == (0.4, 0.5)


def test_a_censored_value_says_nothing_of_a_threshold_below_its_limit():
    assert judged(PREDICTIONS, -110).tolist() == [True, False, True, False, False]
    assert judged(PREDICTIONS, -130).index.tolist() == [0, 1, 2]
    assert score(PREDICTIONS, -130).judged == 3
    nothing = score(PREDICTIONS.iloc[:0], -110)
    assert np.isnan([nothing.rmse_db, nothing.brier, nothing.sure_right]).all()
    assert nothing.bins == nothing.judged == 0


def test_reliability_counts_each_value_once_in_its_class():
    table = reliability(PREDICTIONS, -110)
    assert table["n"].sum() == 5
    top = table.iloc[-1]
    assert (top["p_low"], top["n"], top["observed"]) == (0.95, 2, 0.5)
    assert top["predicted"] == pytest.approx(norm.cdf([13 / 4, 2]).mean())
    assert table.loc[table["n"] == 0, "observed"].isna().all()


def test_what_is_drawn_from_the_predictions_is_reliable():
    rng = np.random.default_rng(3)
    mean, std = rng.normal(-108, 9, 6000), rng.uniform(2, 9, 6000)
    drawn = pd.DataFrame({"level_dbm": rng.normal(mean, std), "censored": False, "predicted_dbm": mean, "sd_db": std})
    table = reliability(drawn, -110)
    inside = (table["predicted"] >= table["observed_low"]) & (table["predicted"] <= table["observed_high"])
    assert inside.sum() >= 9
    scores = score(drawn, -110)
    assert scores.inside90 == pytest.approx(0.9, abs=0.015)
    assert scores.inside50 == pytest.approx(0.5, abs=0.025)
    assert scores.sure_right >= 0.97
    # the least CRPS is that of the distribution which the values have
    for wrong in (drawn.assign(sd_db=std * 2), drawn.assign(sd_db=std / 2), drawn.assign(predicted_dbm=mean + 3)):
        assert score(wrong, -110).crps_db > scores.crps_db


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-1, 12), min_size=1, max_size=200), st.integers(0, 5))
def test_a_group_is_dealt_whole(groups, seed):
    groups = np.array(groups)
    fold = deal(groups, 3, seed)
    assert (fold[groups < 0] == -1).all()
    assert ((fold >= 0) == (groups >= 0)).all()
    assert all(len(set(fold[groups == group])) == 1 for group in set(groups))
    load = np.bincount(fold[fold >= 0], minlength=3)
    if (groups >= 0).any():
        assert load.max() - load.min() <= np.bincount(groups[groups >= 0]).max()


def test_blocks_passes_sites_and_clusters_are_held_out_whole(survey):
    whole = Survey.of(survey, bins_of(survey))
    places = whole.points + np.array([0, 900])
    for folds in (by_blocks(whole, 1000), by_sites(whole), by_distances(whole, places)):
        held = []
        for fold in folds:
            bins = fold.held["bin"].to_numpy()
            assert not set(whole.row[fold.kept]) & set(bins), "nothing of a held square is kept"
            assert fold.kept.sum() + np.isin(whole.row, bins).sum() == len(survey)
            assert fold.held["level_dbm"].tolist() == whole.bins["level_dbm"][bins].tolist()
            held += bins.tolist()
        assert sorted(held) == list(range(200)), "every square is held out once"
    for fold in by_sites(whole):
        assert not set(survey["site"][fold.kept]) & set(survey["site"].to_numpy()[~fold.kept])


def test_a_pass_is_scored_against_what_it_read_itself(survey):
    whole = Survey.of(survey, bins_of(survey))
    folds = list(by_passes(whole))
    assert len(folds) == 3
    for fold in folds:
        [held] = set(survey["pass_id"][~fold.kept])
        own = survey[survey["pass_id"] == held]
        assert held not in set(survey["pass_id"][fold.kept])
        assert fold.held["bin"].tolist() == sorted(own["square"])
        assert fold.held["level_dbm"].to_numpy() == pytest.approx(own.sort_values("square")["level_dbm"].to_numpy())


def test_the_cells_that_a_pass_heard_in_one_square_are_one_value():
    readings = readings_of(
        [0, 0, 0, 1, 1, 1], [1, 1, 2, 1, 1, 2], cell_id=list("ABAABA"), samples=[3, 1, 5, 1, 2, 5],
        level_dbm=[-100.0, -80.0, -90.0, -100.0, -125.0, -90.0], hidden=[0, 0.3, 0, 0, 1, 0],
    )  # fmt: skip
    first = next(fold.held for fold in by_passes(Survey.of(readings, bins_of(readings))) if not fold.kept[0])
    assert first["level_dbm"].tolist() == [-95, -125]
    assert first["censored"].tolist() == [False, True]


def test_squares_without_a_site_are_always_kept(survey):
    some = survey.assign(site=survey["site"].where(survey["square"] >= 80, -1))
    folds = list(by_sites(Survey.of(some, bins_of(some))))
    assert all((fold.held["bin"] >= 80).all() and fold.kept[some["square"] < 80].all() for fold in folds)
    assert sorted(np.concatenate([fold.held["bin"] for fold in folds])) == list(range(80, 200))
    none = survey.assign(site=-1)
    assert not list(by_sites(Survey.of(none, bins_of(none))))


def test_the_site_of_a_square_is_the_one_that_most_samples_were_of():
    readings = readings_of([0, 0, 0, 1], [1, 2, 3, 1], site=[5, 6, 6, 5], samples=[5, 3, 3, 1])
    [one, other] = by_sites(Survey.of(readings, bins_of(readings)))
    assert {tuple(one.held["bin"]), tuple(other.held["bin"])} == {(0,), (1,)}


def apart(points, fold_of):
    """Return distances from held to kept, counted the long way."""
    every = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    every[fold_of[:, None] == fold_of[None]] = np.inf
    return every.min(axis=1)


def test_distances_follow_those_of_the_places():
    along, road = np.meshgrid(np.arange(0, 20_000, 100.0), np.arange(0, 24_000, 8_000.0))
    at = np.column_stack([along.ravel(), road.ravel()])
    readings = readings_of(np.arange(600), 0, easting_m=at[:, 0], northing_m=at[:, 1])
    whole = Survey.of(readings, bins_of(readings))
    rng, matched = np.random.default_rng(1), {}
    for away in (50.0, 400.0, 1_000.0, 2_500.0):
        places = at[rng.integers(0, 600, 900)] + np.column_stack([np.zeros(900), rng.uniform(-away, away, 900)])
        wanted = cKDTree(at).query(places)[0]
        fold_of = np.full(600, -1)
        for number, fold in enumerate(by_distances(whole, places)):
            fold_of[fold.held["bin"]] = number
        blind = deal(np.arange(600), FOLDS)
        matched[away] = np.median(apart(at, fold_of))
        reached, random = (wasserstein_distance(apart(at, folds), wanted) for folds in (fold_of, blind))
        assert reached <= random
        if away >= 400:
            assert reached < wanted.mean() / 3 < random
    assert list(matched.values()) == sorted(matched.values()), "the farther the places, the larger the clusters"
    assert matched[2_500.0] > 5 * matched[50.0]


def test_of_more_bins_some_take_part_and_the_others_are_nowhere(survey):
    some = Survey.of(survey, bins_of(survey), most=80, seed=1)
    assert some.used.sum() == 80
    out = np.flatnonzero(~some.used)
    for folds in (by_blocks(some, 1000), by_passes(some), by_sites(some), by_distances(some, some.points + 300)):
        for fold in folds:
            assert not set(out) & (set(fold.held["bin"]) | set(some.row[fold.kept]))


def test_readings_and_bins_of_two_surveys_are_refused(survey):
    with pytest.raises(ValueError, match="200 squares in the readings, 199 bins"):
        Survey.of(survey, bins_of(survey).iloc[1:])


def test_validation_scores_each_scheme_from_what_was_kept(survey):
    field = Nearest(survey)
    along = 700_000 + np.arange(0, 20_000, 50)
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(along, [1_203_000] * 400, crs=METRIC))
    heard = []
    found = validate(field, -110, places.to_crs(4326), report=heard.append)
    assert heard == ["blocks"] * 4 + ["passes", "sites", "distances"]
    assert found.scores["scheme"].tolist() == heard
    assert found.scores["block_m"].tolist()[:4] == [200, 400, 800, 1600], "half, one, two and four ranges of 400 m"
    blocks = found.scores[found.scores["scheme"] == "blocks"]
    assert (blocks["judged"] == 200).all()
    assert (blocks["bins"] + (bins_of(survey)["censored"]).sum() == 200).all()
    assert blocks["nearest_m"].is_monotonic_increasing
    passes = found.scores[found.scores["scheme"] == "passes"].iloc[0]
    assert passes["judged"] == len(survey)
    assert passes["nearest_m"] == 0
    assert passes["rmse_db"] < blocks["rmse_db"].min(), "beside another pass it is easy"
    wanted = cKDTree(bins_of(survey)[["easting_m", "northing_m"]]).query(np.c_[places.geometry.x, places.geometry.y])[0]
    assert found.places_nearest_m == pytest.approx(np.median(wanted), abs=0.01)
    assert found.scores.loc[found.closest, "match_m"] == found.scores["match_m"].min()
    table = found.reliability_of(found.closest)
    assert table["n"].sum() == found.scores.loc[found.closest, "judged"]
    assert len(found.reliability) == 12 * 7
    expected = 0.0
    for part, fold in zip(field.asked[:5], by_blocks(Survey.of(survey, field.bins_), 200, 7), strict=True):
        assert len(part.readings_) == fold.kept.sum()
        at = field.bins_[["easting_m", "northing_m"]].to_numpy()[fold.held["bin"]]
        error = part.predict(Places(at, None, pd.RangeIndex(len(at))))["level_dbm"] - fold.held["level_dbm"]
        expected += (error[~fold.held["censored"]] ** 2).sum()
    assert blocks["rmse_db"].iloc[0] == pytest.approx(np.sqrt(expected / blocks["bins"].iloc[0]))


def test_validation_repeats_itself_and_changes_nothing(survey):
    before = survey.copy()
    one, other = (validate(Nearest(survey), -110, schemes=("blocks", "passes", "sites")) for _ in range(2))
    pd.testing.assert_frame_equal(one.scores, other.scores)
    pd.testing.assert_frame_equal(one.reliability, other.reliability)
    pd.testing.assert_frame_equal(survey, before)
    assert one.scores["match_m"].isna().all()
    assert one.closest == 3, "without places the widest blocks say most"


def test_what_cannot_be_dealt_has_no_row(survey):
    one = survey[survey["square"] == 3]
    found = validate(Nearest(one), -110, np.array([[700_000.0, 1_200_000.0]]))
    assert found.scores["scheme"].tolist() == ["passes"]
    alone = validate(Nearest(one.iloc[:1]), -110, np.empty((0, 2)))
    assert alone.scores.empty
    assert alone.reliability.empty
    assert alone.closest is None
    assert {"rmse_db", "crps_db", "match_m"} <= set(alone.scores)
    assert validate(Nearest(survey), -110, schemes=("distances",)).scores.empty, "no places, no distances to match"


def test_an_unknown_scheme_is_named_in_either_language(survey):
    with pytest.raises(UsageError, match=r"no scheme 'random'; use one of blocks, passes, sites, distances") as raised:
        validate(Nearest(survey), -110, schemes=("random",))
    assert told(raised.value, "vi").startswith("kiểm chứng: không có cách chia 'random'")
    assert SCHEMES == ("blocks", "passes", "sites", "distances")


def test_a_threshold_with_its_sign_lost_is_refused(survey):
    with pytest.raises(UsageError, match="usable_dbm has 1 of 1 values outside"):
        validate(Nearest(survey), 110, schemes=("blocks",))


def test_cross_validation_scores_uncensored_values_of_held_blocks():
    rng = np.random.default_rng(2)
    at = rng.uniform(0, 8_000, (400, 2))
    level = -100 + 9 * np.sin(at[:, 0] / 900) + rng.normal(0, 2, 400)
    censored = np.arange(400) % 10 == 0
    fitted = CoverageKriging(workers=1).fit(at, level, censored=censored)
    scores = cross_validate(fitted, level, np.ones(400), censored, 1_000)
    assert scores.bins == 360
    assert 2 < scores.rmse_db < level.std()
    assert scores.mae_db < scores.rmse_db
    assert 0.8 < scores.inside90 < 0.98
    alone = cross_validate(fitted, level[:1], np.ones(1), censored[:1], 1_000)
    assert np.isnan(alone.rmse_db)
    assert alone.bins == 0


def test_of_some_bins_each_is_estimated_at_its_own_place(survey):
    found = validate(Nearest(survey), -110, schemes=("blocks",), block_ranges=(0.5,), most=80)
    field = Nearest(survey)
    some = Survey.of(survey, field.bins_, 80, field.seed)
    squares = []
    for fold in by_blocks(some, 200, field.seed):
        rows = fold.held["bin"].to_numpy()
        estimate = field.without(fold.kept).predict(field.locate(some.points[rows]))
        error = estimate["level_dbm"].to_numpy() - fold.held["level_dbm"].to_numpy()
        squares += (error[~fold.held["censored"]] ** 2).tolist()
    assert found.scores["judged"].tolist() == [80]
    assert found.scores["rmse_db"].iloc[0] == pytest.approx(np.sqrt(np.mean(squares)))
