"""Small level rasters on disk, and sites."""

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from lomsong.publish.coverage.rasters import cog

METRES = Affine(100, 0, 700_000, 0, -100, 1_260_000)


@pytest.fixture
def put(tmp_path):
    """Write an array as a raster of levels and return its path."""

    def write(name, values, transform=METRES, crs=3405, nodata=float("nan"), dtype="float32"):
        path = tmp_path / f"{name}.tif"
        with cog(path, values.shape, dtype, transform, CRS.from_epsg(crs), nodata, "level_dbm", {"unit": "dBm"}) as w:
            w(np.asarray(values, dtype), 0, 0)
        return path

    return write


@pytest.fixture
def sites():
    at = gpd.points_from_xy([702_050, 702_050, 990_000], [1_258_050] * 3, crs=3405)
    return gpd.GeoDataFrame(
        {
            "site_id": ["DNI <1> & Mã Đà", "DNI <1> & Mã Đà", "xa"], "operator": ["viettel"] * 3,
            "band_mhz": [1800.0] * 3, "height_m": [42.5] * 3, "azimuth_deg": [0.0, 120.0, np.nan],
        },
        geometry=at,
    ).to_crs(4326)  # fmt: skip
