import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lomsong.geo import Grid
from lomsong.simulate.propagation import Ground, _knife_db, aerials, strongest
from lomsong.simulate.recipe import METRIC


def flat(canopy_m=0.0):
    grid = Grid(0.0, 20_000.0, 100.0, (200, 200), METRIC)
    return Ground(grid, np.zeros(grid.shape), np.full(grid.shape, canopy_m))


def mast(east=10_000.0, north=10_000.0, **more):
    fields = {"band_mhz": 900.0, "height_m": 40.0, "eirp_dbm": 30.0} | more
    return gpd.GeoDataFrame(
        {name: [value] for name, value in fields.items()}, geometry=gpd.points_from_xy([east], [north]), crs=METRIC
    )


def level(sites, ground, *points):
    return strongest(np.array(points, dtype=float), aerials(sites, ground), ground)[0]


def test_open_ground_by_hand():
    near, far = level(mast(), flat(), (10_500.0, 10_000.0), (10_000.0, 19_000.0))
    assert near == pytest.approx(30 - (32.45 + 20 * np.log10(900) + 20 * np.log10(0.5) + 17), abs=0.01)
    open_far = 30 - (32.45 + 20 * np.log10(900) + 20 * np.log10(9) + 17 + 16 * np.log10(10))
    assert open_far - 9 < far < open_far  # the curved Earth takes a little more


def test_knife_edge_at_grazing_takes_six_decibels():
    assert _knife_db(0.0) == pytest.approx(6.03, abs=0.01)
    assert _knife_db(-0.8) == 0.0
    assert _knife_db(2.4) == pytest.approx(13 + 20 * np.log10(2.4), abs=0.5)


def test_a_ridge_shadows_what_lies_behind():
    ground = flat()
    ground.ground_m[:, 130:133] = 120.0
    before, behind = level(mast(), ground, (12_500.0, 10_000.0), (14_500.0, 10_000.0))
    open_before, open_behind = level(mast(), flat(), (12_500.0, 10_000.0), (14_500.0, 10_000.0))
    assert before == pytest.approx(open_before, abs=0.01)
    assert behind < open_behind - 15


def test_canopy_saturates():
    losses = [
        level(mast(), flat(), (14_000.0, 10_000.0)) - level(mast(), flat(h), (14_000.0, 10_000.0))
        for h in (5, 10, 20, 25)
    ]
    assert (np.diff(np.ravel(losses)) > 0).all()
    assert 10 < losses[-1][0] < 21


def test_sector_points_where_its_azimuth_says():
    east = mast(azimuth_deg=90.0, beamwidth_deg=65.0, downtilt_deg=2.0)
    ahead, aside, back = level(east, flat(), (13_000.0, 10_000.0), (10_000.0, 13_000.0), (7_000.0, 10_000.0))
    assert ahead - aside == pytest.approx(min(12 * (90 / 65) ** 2, 22), abs=0.1)
    assert ahead - back == pytest.approx(22, abs=0.1)


def test_a_tower_more_never_lowers_a_level():
    rng = np.random.default_rng(6)
    ground = flat()
    ground.ground_m[:] = rng.uniform(0, 60, ground.ground_m.shape)
    points = rng.uniform(1_000, 19_000, (200, 2))
    one = mast(4_000.0, 4_000.0)
    two = gpd.GeoDataFrame(pd.concat([one, mast(15_000.0, 12_000.0)], ignore_index=True), crs=METRIC)
    alone, row = strongest(points, aerials(one, ground), ground)
    both, rows = strongest(points, aerials(two, ground), ground)
    assert (both >= alone).all() and (both > alone).any()
    assert (row == 0).all() and set(rows) == {0, 1}
    second = strongest(points, aerials(two.iloc[1:], ground), ground)[0]
    assert (both == np.maximum(alone, second)).all()
