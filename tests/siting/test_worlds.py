from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from scipy.sparse import csr_matrix

from lomsong.errors import DataError, UsageError
from lomsong.siting import worlds as w
from lomsong.surface import CoverageSurface, Shared

UTM = CRS.from_epsg(3405)


@pytest.fixture(scope="module")
def surfaces():
    rng = np.random.default_rng(0)
    at = 500_000 + rng.uniform(0, 6_000, (250, 2))
    found = {}
    for number, name in enumerate(("viettel", "mobifone")):
        level = -105 + 6 * np.sin(at[:, 0] / 900 + number) + rng.normal(0, 2, 250)
        frame = gpd.GeoDataFrame(
            {"operator": name, "rsrp_dbm": level, "service": "level"}, geometry=gpd.points_from_xy(*at.T), crs=UTM
        )
        found[name] = CoverageSurface(neighbours=12, seed=1).fit(frame)
    return found


def test_expected_learners_are_those_given_and_worlds_hang_together(surfaces):
    rng = np.random.default_rng(1)
    at = 500_000 + rng.uniform(0, 6_000, (60, 2))
    at[1] = at[0] + 1.0
    learners, p = rng.integers(1, 20, 60).astype(float), rng.uniform(0, 1, 60)
    p[:2] = 0.5
    found = w.draw_worlds(surfaces, at, learners, p, count=80, seed=3, carried=1.0, shared=Shared(0.4, 1_000.0))
    assert found.weights == pytest.approx(learners * p, rel=1e-5)
    together = (found.unconnected[0] > 0) == (found.unconnected[1] > 0)
    assert together.mean() > 0.9, "places a metre apart are unconnected in the same worlds"
    assert np.corrcoef(found.unconnected.sum(axis=0), found.shadow_db.mean(axis=0))[0, 1] < -0.3


def test_the_shadow_of_a_new_site_is_that_of_its_builder(surfaces):
    at = 500_000 + np.random.default_rng(2).uniform(0, 6_000, (40, 2))
    ones, half = np.ones(40), np.full(40, 0.5)
    asked = {"count": 50, "seed": 3, "carried": 1.0}
    own = {name: w.draw_worlds(surfaces, at, ones, half, builder=name, **asked).shadow_db for name in surfaces}
    for stream, (name, surface) in enumerate(surfaces.items()):
        level = surface.drawer(50, 3, stream)(surface.locate(at))
        expected = level - surface.kriging_.coefficients_[0]
        np.testing.assert_allclose(own[name], expected, atol=1e-3)
    any_one = w.draw_worlds(surfaces, at, ones, half, **asked).shadow_db
    np.testing.assert_array_equal(any_one[:, ::2], own["viettel"][:, ::2])
    np.testing.assert_array_equal(any_one[:, 1::2], own["mobifone"][:, 1::2])
    apart = w.draw_worlds(surfaces, at, ones, half, builder="viettel", count=50, seed=3, carried=0.0).shadow_db
    assert abs(np.corrcoef(apart.ravel(), own["viettel"].ravel())[0, 1]) < 0.2


def test_questions_without_sense(surfaces):
    at, ones = np.full((2, 2), 500_100.0), np.ones(2)
    with pytest.raises(UsageError, match="vinaphone"):
        w.draw_worlds(surfaces, at, ones, ones, builder="vinaphone")
    with pytest.raises(UsageError, match="0 worlds"):
        w.draw_worlds(surfaces, at, ones, ones, count=0)
    with pytest.raises(DataError, match="3 numbers"):
        w.draw_worlds(surfaces, at, np.ones(3), ones)


def survey(carried, seed=0, count=4_000):
    """A survey whose shadowing is partly of the place and partly of the path to the mast that serves it."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 8_000, (count, 2))
    mast = rng.integers(0, 4, count)

    def field():
        turn = rng.normal(size=(300, 2)) / np.abs(rng.normal(size=(300, 1))) / 1_000.0
        waves = np.cos(at @ turn.T + rng.uniform(0, 2 * np.pi, 300))
        return 6 * np.sqrt(2 / 300) * waves.sum(axis=1)

    paths = np.stack([field() for _ in range(4)])
    residual = np.sqrt(carried) * field() + np.sqrt(1 - carried) * paths[mast, np.arange(count)]
    bins = pd.DataFrame({"easting_m": at[:, 0], "northing_m": at[:, 1], "censored": False, "site": mast})
    sites = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(4), range(4)), crs=UTM)
    return SimpleNamespace(bins_=bins, sites_=sites, kriging_=SimpleNamespace(residual_=residual))


@pytest.mark.parametrize("carried", [0.2, 0.5, 0.9])
def test_what_is_carried_over_is_found_in_a_survey(carried):
    assert w.carried_over({"viettel": survey(carried)}) == pytest.approx(carried, abs=0.12)


def test_where_nothing_tells_the_published_correlation_counts():
    few = survey(0.9, count=40)
    assert w.carried_over({"viettel": few}) == w.BETWEEN_SITES
    few.sites_ = None
    assert w.carried_over({"viettel": few}) == w.BETWEEN_SITES


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_strata_keep_weight_and_mean(seed, strata):
    rng = np.random.default_rng(seed)
    unconnected = (rng.random((5, 12)) < 0.6) * rng.integers(1, 5, (5, 1))
    drawn = w.Worlds(unconnected.astype(np.float32), rng.normal(0, 7, (5, 12)).astype(np.float32))
    needed, weights = w.strata_of(drawn, -110.0, strata)
    assert weights.sum(axis=1) == pytest.approx(drawn.weights)
    for place in range(5):
        if drawn.weights[place] == 0:
            assert np.isinf(needed[place]).all()
            continue
        assert (np.diff(needed[place]) >= -1e-4).all()
        mean = np.average(-110 - drawn.shadow_db[place], weights=unconnected[place])
        assert needed[place].mean() == pytest.approx(mean, abs=1e-3)


def test_gains_by_hand_and_never_counted_twice():
    drawn = w.Worlds(np.array([[3, 3], [5, 0], [2, 2]], np.float32), np.array([[0, -10], [0, 0], [20, 0]], np.float32))
    levels = csr_matrix(np.array([[-105.0, -100.0], [-110.0, 0.0], [0.0, -115.0]]))
    found = w.gains_in_worlds(drawn, levels, -110.0)
    # World 1: site 1 gives places 1 and 2, site 2 place 3. World 2: the first place is 10 dB down; site 2 just does it.
    assert found.tolist() == [[8.0, 0.0], [10.0, 3.0]]
    assert w.gains_in_worlds(drawn, levels[:, :0], -110.0).shape == (0, 2)
    assert w.interval_of(np.arange(101.0)) == (5.0, 95.0)


def one_network(sd_db, rng):
    """Bins of 40 masts whose levels differ by a mast's own offset, and by noise."""
    mast = rng.integers(0, 40, 6_000)
    centre = 500_000 + rng.uniform(0, 30_000, (40, 2))
    at = centre[mast] + rng.normal(0, 1_500, (6_000, 2))
    bins = pd.DataFrame({"easting_m": at[:, 0], "northing_m": at[:, 1], "censored": False, "site": mast})
    sites = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*centre.T), crs=UTM)
    residual = sd_db * rng.standard_normal(40)[mast] + rng.normal(0, 5, 6_000)
    return SimpleNamespace(sites_=sites, bins_=bins, kriging_=SimpleNamespace(residual_=residual))


def test_what_a_mast_has_of_its_own_is_found():
    rng = np.random.default_rng(6)
    found = [w.of_the_mast_db({"a": one_network(3.0, rng), "b": one_network(3.0, rng)}) for _ in range(4)]
    assert np.mean(found) == pytest.approx(3.0, abs=0.5)
    assert np.mean([w.of_the_mast_db({"a": one_network(0.0, rng)}) for _ in range(4)]) < 0.5
    bare = one_network(3.0, rng)
    bare.sites_ = None
    assert w.of_the_mast_db({"a": bare}) == 0.0


def test_offsets_of_masts_widen_what_a_plan_may_gain():
    worlds = w.Worlds(np.ones((200, 400), np.float32), np.random.default_rng(7).normal(0, 4, (200, 400)).astype("f4"))
    levels = csr_matrix(np.full((200, 1), -110.0))
    sure = w.gains_in_worlds(worlds, levels, -110.0)[-1]
    offsets = w.mast_offsets(2.0, 1, 400, 5)
    told = w.gains_in_worlds(worlds, levels, -110.0, offsets)[-1]
    assert offsets.std() == pytest.approx(2.0, rel=0.15)
    assert np.corrcoef(told, offsets[0])[0, 1] > 0.9
    assert told.std() > 3 * sure.std()
    np.testing.assert_array_equal(w.gains_in_worlds(worlds, levels, -110.0, 0 * offsets)[-1], sure)
