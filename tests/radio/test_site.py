import math

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from shapely import Point

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.radio import Physics, Site, Woodland, omni, sites_of, three_gpp
from lomsong.texts import told


def sector_pattern_db(bearing, azimuth, beamwidth=65.0):
    """The horizontal cut of 3GPP TR 36.942 §4.2.1, as it is written there."""
    off = (np.asarray(bearing) - azimuth + 180) % 360 - 180
    return -np.minimum(12 * (off / beamwidth) ** 2, 25)


UTM = CRS.from_epsg(32648)


def table(crs="EPSG:4326", at=((107.2, 11.3), (107.3, 11.4)), **columns):
    rows = {
        "site_id": ["A", "B"], "operator": "viettel", "band_mhz": [900.0, 1800.0], "height_m": [30, 42],
        "eirp_dbm": [31.0, 29.5],
    } | columns  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[Point(*each) for each in at], crs=crs)


def test_only_what_must_be_there():
    first, second = sites_of(table())
    assert (first.longitude, first.latitude) == pytest.approx((107.2, 11.3))
    assert (first.height_m, first.frequency_mhz, first.eirp_dbm, first.name) == (30.0, 900.0, 31.0, "A")
    assert (second.height_m, second.frequency_mhz, second.eirp_dbm, second.name) == (42.0, 1800.0, 29.5, "B")
    assert first.pattern is second.pattern is None
    assert math.isnan(first.azimuth_deg)
    assert first.tilt_deg == 0


def test_places_are_brought_to_degrees():
    frame = table().to_crs(UTM)
    for site, place in zip(sites_of(frame), ((107.2, 11.3), (107.3, 11.4)), strict=True):
        assert (site.longitude, site.latitude) == pytest.approx(place, abs=1e-8)
    assert sites_of(table().iloc[:0]) == []


@pytest.mark.parametrize("nothing", [np.nan, None])
def test_no_azimuth_no_direction(nothing):
    frame = table(azimuth_deg=np.array([nothing, 120.0], dtype=float), downtilt_deg=[6.0, np.nan])
    round_about, sector = sites_of(frame)
    assert round_about.pattern is None
    assert math.isnan(round_about.azimuth_deg)
    assert sector.azimuth_deg == 120.0
    bearings = np.arange(0.0, 360, 7)
    found = sector.pattern.attenuation_db(bearings, 0.0, 120.0)
    np.testing.assert_allclose(found, -sector_pattern_db(bearings, 120.0), atol=1e-4)
    # Its downtilt is not known: the vertical cut says nothing.
    np.testing.assert_allclose(sector.pattern.attenuation_db(120.0, np.array([-60, 0, 8, 60.0]), 120.0), 0)


def test_a_stated_downtilt_is_electrical():
    frame = table(azimuth_deg=[40.0, 40.0], downtilt_deg=[6.0, 0.0], beamwidth_deg=[33.0, np.nan])
    narrow, plain = sites_of(frame)
    assert narrow.tilt_deg == plain.tilt_deg == 0
    assert float(narrow.pattern.attenuation_db(40.0, 6.0, 40.0)) == pytest.approx(0, abs=1e-9)
    assert float(narrow.pattern.attenuation_db(40.0 + 16.5, 6.0, 40.0)) == pytest.approx(3)
    assert float(narrow.pattern.attenuation_db(40.0, 11.0, 40.0)) == pytest.approx(3)
    assert float(plain.pattern.attenuation_db(40.0 + 32.5, 0.0, 40.0)) == pytest.approx(3)
    # Above and below no more than 20 dB, behind no more than 25.
    assert float(narrow.pattern.attenuation_db(40.0, 80.0, 40.0)) == pytest.approx(20)
    assert float(narrow.pattern.attenuation_db(220.0, 80.0, 40.0)) == pytest.approx(25)


def test_a_named_antenna_is_tilted_by_hand():
    patterns = {"K80": three_gpp(40), "round": omni()}
    frame = table(
        antenna=["K80", None], azimuth_deg=[90.0, np.nan], downtilt_deg=[4.0, 4.0], beamwidth_deg=[65.0, 65.0]
    )
    named, unnamed = sites_of(frame, patterns)
    assert named.pattern is patterns["K80"]
    assert named.tilt_deg == 4.0
    assert unnamed.pattern is None
    assert unnamed.tilt_deg == 0
    level = sites_of(table(antenna=["round", "round"]), patterns)[0]
    assert level.pattern is patterns["round"]
    assert level.tilt_deg == 0
    assert math.isnan(level.azimuth_deg)


def test_an_unknown_antenna():
    frame = table(antenna=["K80", "X1"])
    with pytest.raises(UsageError, match=r"site B: there is no pattern of the antenna X1 .*K80") as error:
        sites_of(frame, {"K80": three_gpp()})
    assert "trạm B" in told(error.value, "vi")
    with pytest.raises(UsageError, match=r"site A.*K80"):
        sites_of(frame)


def test_no_table_of_sites():
    with pytest.raises(CrsError, match="sites"):
        sites_of(table(crs=None))
    with pytest.raises(ColumnError, match="band_mhz"):
        sites_of(table().drop(columns="band_mhz"))
    with pytest.raises(DataError, match="azimuth_deg"):
        sites_of(table(azimuth_deg=[400.0, 0.0]))
    with pytest.raises(DataError, match="height_m"):
        sites_of(table(height_m=[30.0, 0.2]))


def test_the_constants_of_a_run():
    run = Physics(polarization="horizontal", p_percent=10, pl_percent=90, sigma_l_db=5).run(30, 900, 25, bare=True)
    assert (run.step, run.htg, run.hrg, run.p, run.median, run.bare) == (0.025, 30.0, 1.5, 10.0, False, True)
    assert run.local == pytest.approx(5 * 1.2816, abs=2e-3)
    assert run.ae == pytest.approx(6371 * 157 / (157 - 45))
    assert run.ab == pytest.approx(3 * 6371)
    assert run.wood_db == pytest.approx(1.37 * 900**0.42)
    assert run.wood_db_per_m == pytest.approx(0.001459 * 900**0.71)
    other = Physics(woodland=Woodland(a1_db=2.0)).run(30, 900, 25, bare=False)
    assert other.wood_db == pytest.approx(2 * 900**0.42)
    assert other.median
    assert other.local == 0
    assert Physics(woodland=None).run(30, 900, 25, bare=True).wood_db == 0


def test_all_that_is_out_of_its_limits_at_once():
    with pytest.raises(UsageError) as error:
        Physics(rx_height_m=0.5, n0=100).run(0.2, 7000, 25, bare=True)
    for language in ("vi", "en"):
        assert all(name in told(error.value, language) for name in ("f_ghz", "htg_m", "hrg_m", "n0"))


def test_a_site_says_no_level_by_itself():
    site = Site(107.0, 11.0, 30.0, 900.0)
    assert math.isnan(site.eirp_dbm)
    assert site.pattern is None
