"""Counts in drawn worlds, and the states of places, on a field that is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS

from lomsong.gap import service_of, unconnected_draws
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Shared

METRIC = CRS.from_epsg(3405)


def points(easting, northing=0.0):
    at = gpd.points_from_xy(700_000 + np.asarray(easting, float), 1_230_000 + np.zeros(len(easting)) + northing)
    return gpd.GeoDataFrame({"id": [f"p{i}" for i in range(len(easting))]}, geometry=at, crs=METRIC)


@pytest.fixture(scope="module")
def surface():
    easting = np.arange(0, 8000, 60.0)
    level = np.where(easting < 4000, -90.0, -135.0) + np.random.default_rng(0).normal(0, 2, len(easting))
    frame = points(easting).assign(operator="viettel", rsrp_dbm=level, service="level")
    frame.loc[level < -125, "service"] = "no_service"
    return CoverageSurface(block_m=50).fit(frame)


def test_states_follow_the_road_and_stop_where_nothing_was_measured(surface):
    places = points([1000, 7000, 1000], np.array([0, 0, 60_000]))
    service = service_of(surface, surface.locate(places), places["id"], Gap(), surveyed_share=0.1)
    assert service["state"].tolist() == ["usable", "none", "unsurveyed"]
    assert service["kind"].tolist() == ["measured", "measured", "modelled"]
    assert service["p_usable"].iloc[0] > 0.95
    assert service["p_usable"].iloc[1] < 0.05


def test_counts_agree_with_the_probabilities_and_do_not_depend_on_the_piece(surface, monkeypatch):
    places = points(np.linspace(3000, 5000, 50), 700.0)
    learners = np.ones(50)
    area = np.r_[np.zeros(25, int), np.ones(24, int), -1]
    located = surface.locate(places)
    service = service_of(surface, located, places["id"], Gap(), 0.1)

    def draw():
        return count({"viettel": surface}, {"viettel": located}, learners, area, ("x", "y"), n=4000)

    draws = draw()
    expected = pd.Series(1 - service["p_usable"].to_numpy()).groupby(area).sum()
    np.testing.assert_allclose(draws.any.mean(axis=1), expected.loc[[0, 1]], atol=0.6)
    assert draws.any[0].std() > np.sqrt(25 * 0.25) * 0.2
    monkeypatch.setattr("lomsong.gap.learners.CHUNK", 7)
    np.testing.assert_allclose(draw().any, draws.any)


def count(surfaces, located, learners, area, codes, n=400, shared=None):
    p_usable = {name: surfaces[name].probability(located[name], -110.0).to_numpy() for name in surfaces}
    return unconnected_draws(surfaces, located, p_usable, learners, area, codes, -110.0, n, 3, shared)


def test_a_second_operator_only_helps(surface):
    located = surface.locate(points(np.linspace(3000, 8000, 40), 900.0))
    args = (np.ones(40), np.zeros(40, int), ("x",))
    one = count({"a": surface}, {"a": located}, *args)
    two = count({"a": surface, "b": surface}, {"a": located, "b": located}, *args)
    assert (two.any <= one.any).all()
    assert two.any.sum() < one.any.sum()


def test_operators_that_share_their_shadowing_fail_together(surface):
    located = surface.locate(points(np.linspace(3500, 4500, 60), 900.0))
    pair = ({"a": surface, "b": surface}, {"a": located, "b": located})
    range_m = surface.kriging_.covariance_.range_m
    apart, close = (
        count(*pair, np.ones(60), np.zeros(60, int), ("x",), shared=Shared(share, range_m)).any for share in (0.0, 0.9)
    )
    assert close.mean() > apart.mean() + 1
