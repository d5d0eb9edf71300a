"""Counts in drawn worlds, and the states of places, on a field that is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS

from lomsong.gap import service_of, unconnected_draws
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface

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
    assert service["p_usable"].iloc[0] > 0.95 > 0.05 > service["p_usable"].iloc[1]


def test_counts_agree_with_the_probabilities_and_do_not_depend_on_the_piece(surface, monkeypatch):
    places = points(np.linspace(3000, 5000, 50), 700.0)
    learners = np.ones(50)
    area = np.r_[np.zeros(25, int), np.ones(24, int), -1]
    located = surface.locate(places)
    service = service_of(surface, located, places["id"], Gap(), 0.1)

    def draw():
        return unconnected_draws(
            {"viettel": surface}, {"viettel": located}, learners, area, ("x", "y"), -110.0, n=4000, seed=3
        )

    draws = draw()
    expected = pd.Series(1 - service["p_usable"].to_numpy()).groupby(area).sum()
    np.testing.assert_allclose(draws.any.mean(axis=1), expected.loc[[0, 1]], atol=0.6)
    np.testing.assert_array_equal(draws.any, draws.by_operator["viettel"])
    assert draws.any[0].std() > np.sqrt(25 * 0.25) * 0.2
    monkeypatch.setattr("lomsong.gap.learners.CHUNK", 7)
    np.testing.assert_allclose(draw().any, draws.any)


def test_a_second_operator_only_helps(surface):
    places = points(np.linspace(0, 8000, 40))
    located = surface.locate(places)
    args = (np.ones(40), np.zeros(40, int), ("x",), -110.0, 50, 1)
    one = unconnected_draws({"viettel": surface}, {"viettel": located}, *args)
    two = unconnected_draws({"viettel": surface, "b": surface}, {"viettel": located, "b": located}, *args)
    assert (two.any <= one.any).all()
    assert (two.all >= one.any).all()
