import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import box

from lomsong.errors import CrsError, UsageError
from lomsong.gap.claims.check import check_claims
from lomsong.gap.claims.hexagons import ChallengeRules, challenge, hexagon_shapes, hexagons_at, occasions
from lomsong.surface.declared import Declaration

CRS = pyproj.CRS.from_epsg(3405)
CELL = h3.latlng_to_cell(11.3, 107.0, 8)
START = pd.Timestamp("2021-10-04 01:00", tz="UTC")


def within(count, part=None):
    """Return places inside the cell, one in each of so many of its hexagons two resolutions finer."""
    cells = sorted(h3.cell_to_children(part or CELL, 10))[:: 1 if part else 6]
    centres = [h3.cell_to_latlng(cell) for cell in cells][:count]
    return gpd.GeoSeries.from_xy([lon for _, lon in centres], [lat for lat, _ in centres], crs=4326)


def checked(places, level, hours=0.0, **columns):
    level = np.broadcast_to(np.asarray(level, float), len(places))
    samples = gpd.GeoDataFrame(
        {
            "operator": "viettel",
            "technology": "4G",
            "rsrp_dbm": level,
            "service": np.where(np.isnan(level), "no_service", "level"),
            "time": START + pd.to_timedelta(np.broadcast_to(hours, len(places)), "h"),
            **columns,
        },
        geometry=places.array,
        crs=4326,
    )
    around = gpd.GeoSeries([box(106.9, 11.2, 107.1, 11.4)], crs=4326)
    communes = gpd.GeoDataFrame({"commune_code": ["90001"], "name": ["Mã Đà"]}, geometry=around)
    claims = Declaration(gpd.GeoDataFrame({"operator": ["viettel"], "technology": "4G"}, geometry=around))
    return check_claims(samples, claims, communes, usable_dbm=-110.0, crs=CRS)


def test_by_hand():
    """Eight places, six of which fail on two mornings: overturned; level and cause are said."""
    level = [-120, -118, -116, np.nan, -114, -112, -100, -90]
    places = pd.concat([within(8)] * 2)
    row = challenge(checked(places, level * 2, np.repeat([0.0, 24.0], 8))).iloc[0]
    assert (row["hexagon"], row["state"], row["lacking"]) == (CELL, "overturned", None)
    assert (row["tests"], row["failures"], row["silent"], row["occasions"], row["days"]) == (16, 12, 2, 2, 2)
    assert row["effective"] == pytest.approx(8)
    assert row["share_failed"] == 0.75
    assert (row["median_dbm"], row["worst_dbm"], row["cause"]) == (-114.0, -120.0, "below_threshold")
    assert (row["commune_code"], row["name"]) == ("90001", "Mã Đà")
    assert (row["first"], row["last"] - row["first"]) == (START.tz_localize(None), pd.Timedelta(hours=24))
    centre = gpd.points_from_xy([row["longitude"]], [row["latitude"]])[0]
    assert row["geometry"].contains(centre)
    area = hexagon_shapes(pd.Series([CELL])).to_crs(CRS).area[0] / 1e6
    assert area == pytest.approx(h3.cell_area(CELL, unit="km^2"), rel=0.01)


def test_what_an_open_hexagon_lacks():
    def verdict(*args, **rules):
        row = challenge(checked(*args), ChallengeRules(**rules)).iloc[0]
        return row["state"], row["lacking"]

    twice, days = pd.concat([within(8)] * 2), np.repeat([0.0, 24.0], 8)
    assert verdict(within(8), -120) == ("open", "occasions")
    assert verdict(within(8), -120, np.linspace(0, 3.9, 8)) == ("open", "occasions"), "four hours apart is asked"
    assert verdict(twice, -120, days) == ("overturned", None)
    assert verdict(twice, -120, days, least_tests=17) == ("open", "tests")
    corner = pd.concat([within(7, sorted(h3.cell_to_children(CELL, 9))[0])] * 2)
    assert verdict(corner, -120, np.repeat([0.0, 24.0], 7)) == ("open", "places")
    assert verdict(twice, ([-120] * 3 + [-90] * 5) * 2, days) == ("open", "share")
    assert verdict(twice, -90, days) == ("open", "share"), "eight places do not show that fewer than a quarter fail"
    every = pd.concat([within(12, None), within(12, h3.cell_to_center_child(CELL, 9))])
    assert verdict(pd.concat([every] * 2), -90, np.repeat([0.0, 24.0], len(every))) == ("upheld", None)


def test_where_no_time_is_known_no_occasion_is_asked():
    row = challenge(checked(within(8), -120, time=pd.NaT)).iloc[0]
    assert (row["state"], row["occasions"], row["days"]) == ("overturned", 0, 0)
    assert pd.isna(row["first"])


def test_silence_is_another_cause():
    rules = ChallengeRules(least_occasions=1)
    row = challenge(checked(within(8), np.nan), rules).iloc[0]
    assert (row["state"], row["cause"]) == ("overturned", "no_service")
    assert np.isnan(row["median_dbm"])
    assert challenge(checked(within(8), -90), rules)["cause"].isna().all()


def test_many_tests_of_one_spot_overturn_nothing():
    spot = pd.concat([within(1)] * 40)
    row = challenge(checked(spot, -130, np.arange(40) * 6.0)).iloc[0]
    assert (row["tests"], row["effective"], row["state"]) == (40, 1.0, "open")


def test_lower_levels_never_take_a_challenge_back():
    rng = np.random.default_rng(2)
    places, hours = pd.concat([within(8)] * 2), np.repeat([0.0, 24.0], 8)
    for _ in range(4):
        level = rng.normal(-110, 8, 16)
        rank = [{"upheld": 0, "open": 1, "overturned": 2}[challenge(checked(places, level - drop, hours))["state"][0]]
                for drop in (0, 20)]  # fmt: skip
        assert rank == sorted(rank)


def test_learners_of_a_hexagon():
    homes = gpd.GeoDataFrame({"learners": [2, 3, 4, 5]}, geometry=[*within(3), shapely.Point()], crs=4326)
    homes.loc[2, "geometry"] = shapely.Point(107.05, 11.35)
    p = pd.DataFrame({"viettel": [0.5, np.nan, 0.0, 0.0], "mobifone": 0.0})
    row = challenge(checked(within(8), -120), None, homes, p).iloc[0]
    assert (row["learners"], row["learners_unserved"]) == (5, 1.0), "of a home without an estimate nothing is said"
    assert np.isnan(challenge(checked(within(8), -120), None, homes)["learners_unserved"].iloc[0])
    with pytest.raises(CrsError, match="households: the layer does not say"):
        challenge(checked(within(8), -120), None, homes.set_crs(None, allow_override=True))


def test_occasions_are_the_most_that_lie_apart():
    """Against every subset of the moments."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        hours = rng.uniform(0, 24, 8)
        times = pd.Series(pd.Timestamp("2021-10-04") + pd.to_timedelta(hours, "h"))
        best = max(
            mask.bit_count()
            for mask in range(256)
            if (np.diff(np.sort(hours[[bool(mask >> bit & 1) for bit in range(8)]])) >= 4).all()
        )
        assert occasions(times, 4) == best
    assert occasions(pd.Series([pd.NaT, pd.NaT]), 4) == 0


def test_hexagons_are_those_that_hold_the_places():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(106, 108, 50), rng.uniform(10, 12, 50)
    cells = pd.Series(hexagons_at(lon, lat, 8))
    assert hexagon_shapes(cells).contains(gpd.GeoSeries.from_xy(lon, lat, crs=4326)).all()


def test_nothing_tested_and_a_resolution_out_of_range():
    empty = challenge(checked(within(0), []))
    assert len(empty) == 0
    assert {"state", "hexagon", "learners"} <= set(empty.columns)
    with pytest.raises(UsageError, match="0…13"):
        ChallengeRules(resolution=14)
