import numpy as np
import pytest
from pyproj import CRS
from rasterio.transform import from_origin

from lomsong.radio import Physics, Site, Terrain
from lomsong.radio.antenna import three_gpp
from lomsong.radio.masts import Plane, hope, hoped_dbm, is_near, loudest_towards, masts_around, masts_of, way_to

FLAT = Terrain(np.zeros((200, 200)), np.zeros((200, 200)), from_origin(0, 20_000, 100, 100), CRS.from_epsg(3405))


def some(count=60, seed=2, share=True):
    rng = np.random.default_rng(seed)
    at = np.repeat(rng.uniform(0, 20_000, (count, 2)), 3, axis=0)
    pattern = three_gpp()
    sites = [
        Site(0, 0, 30.0 + one // 3 % 2, 900.0, float(rng.uniform(25, 35)), 120.0 * (one % 3), 0.0, pattern)
        for one in range(3 * count)
    ]
    return masts_of(FLAT, at, sites, Physics(), share=share)


def test_sectors_of_one_place_share_a_mast():
    together, apart = some(), some(share=False)
    assert len(together.at) == 60
    assert np.diff(together.first).tolist() == [3] * 60
    assert sorted(together.row) == list(range(180))
    assert len(apart.at) == 180
    assert len(together.cuts) == 1
    first = together.first[:-1]
    assert together.loudest_dbm.tolist() == np.maximum.reduceat(together.sectors[:, 0], first).tolist()


def test_masts_around_a_box_miss_none_that_is_near_and_hope_is_free_space():
    masts, radius_m = some(), 4_000.0
    plane = Plane(0.0, 20_000.0, 100.0, radius_m, 0.0)
    receivers = np.column_stack([np.random.default_rng(3).uniform(8_000, 10_000, (50, 2)), np.full(50, 1.5)])
    around, near = masts_around(masts, receivers, radius_m)
    assert 0 < len(near) < len(masts.at)
    hoped = np.empty(len(near))
    for receiver in map(tuple, receivers):
        hope(around, receiver, radius_m**2, hoped)
        reached = {mast for mast in range(len(masts.at)) if is_near(plane, masts.at, mast, receiver)}
        assert set(near[hoped > 0]) == reached
        for rank in np.flatnonzero(hoped):
            mast = near[rank]
            level = hoped_dbm(masts.at, masts.waves, masts.loudest_dbm[mast], mast, receiver)
            assert 10 * np.log10(hoped[rank]) == pytest.approx(level, abs=1e-9)


def test_the_loudest_sector_is_the_one_that_points_there():
    masts = some(1)
    east, north, height = masts.at[0, :3]
    masts.sectors[:, 0] = 30.0
    for sector, (dx, dy) in enumerate([(0.0, 5e3), (4330.127, -2500.0), (-4330.127, -2500.0)]):
        eirp, which = loudest_towards(
            masts.at, masts.first, masts.sectors, masts.cuts, 0, (east + dx, north + dy, height)
        )
        assert masts.row[which] == sector
        assert eirp == pytest.approx(30.0, abs=0.01)


def test_the_way_to_a_receiver_by_hand():
    plane = Plane(0.0, 20_000.0, 100.0, 5_000.0, 0.0)
    way, length_m = way_to(plane, 1_050.0, 19_950.0, (1_350.0, 19_550.0, 0.0))
    assert length_m == 500
    assert (way.row, way.column, way.down, way.across, way.steps) == (0.0, 10.0, 4.0, 3.0, 5)
    spot, length_m = way_to(plane, 1_050.0, 19_950.0, (1_050.0, 19_950.0, 0.0))
    assert (spot.steps, length_m) == (1, 1e-3)
