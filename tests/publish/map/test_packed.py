import base64

import geopandas as gpd
import numpy as np

from lomsong.publish.map.packed import pack


def unpack(packed):
    west, north, east, south = packed["box"]
    steps = np.frombuffer(base64.b64decode(packed["at"]), dtype="<u2").reshape(-1, 2) / 65535
    across, down = west + steps[:, 0] * (east - west), north + steps[:, 1] * (south - north)
    return 360 * across - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * down))))


def test_points_come_back_within_two_metres_sorted_by_class():
    rng = np.random.default_rng(0)
    at = rng.uniform([106.7, 10.5], [107.6, 11.6], (500, 2))
    classes = rng.integers(0, 3, 500)
    packed = pack(gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at.T, crs=4326)), classes, 4)
    assert packed["counts"] == [*np.bincount(classes), 0]
    longitude, latitude = unpack(packed)
    order = np.argsort(classes, kind="stable")
    assert np.abs(longitude - at[order, 0]).max() * 111_000 < 2
    assert np.abs(latitude - at[order, 1]).max() * 111_000 < 2


def test_no_points_and_one_point():
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([107.0], [11.0], crs=4326))
    longitude, latitude = unpack(pack(points, [0], 1))
    assert (round(longitude[0], 6), round(latitude[0], 6)) == (107, 11)
    assert pack(points[:0], [], 2)["counts"] == [0, 0]
