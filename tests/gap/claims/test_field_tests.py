import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lomsong.errors import ColumnError, CrsError
from lomsong.gap.claims.field_tests import COLUMNS, bins_as_tests, field_tests, operator_identifier, threshold_of

CRS = "EPSG:3405"
AT = (700_010.0, 1_250_010.0)


def samples(level, at=None, minutes=None, operator="viettel", technology="4G"):
    count = len(level)
    at = np.broadcast_to(AT, (count, 2)) if at is None else np.asarray(at, float)
    level = np.asarray(level, float)
    frame = {
        "operator": operator,
        "technology": technology,
        "rsrp_dbm": level,
        "service": np.where(np.isnan(level), "no_service", "level"),
    }
    if minutes is not None:
        frame["time"] = pd.Timestamp("2021-10-04", tz="UTC") + pd.to_timedelta(minutes, "min")
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*at.T), crs=CRS)


def test_many_rows_of_one_visit_are_one_test():
    tests = field_tests(samples([-90, -100, -95], minutes=[0, 1, 2]), CRS)
    assert list(tests.columns) == list(COLUMNS)
    assert tests[["level_dbm", "samples"]].to_numpy().tolist() == [[-95.0, 3]]
    assert tests["last"].iloc[0] - tests["first"].iloc[0] == pd.Timedelta(minutes=2)


def test_a_pause_makes_a_second_test_and_so_does_another_square_or_technology():
    assert len(field_tests(samples([-90, -90, -90], minutes=[0, 20, 60]), CRS)) == 2
    assert len(field_tests(samples([-90, -90], at=[AT, (AT[0] + 50, AT[1])]), CRS)) == 2
    assert len(field_tests(samples([-90, -90], technology=["4G", "5G"]), CRS)) == 2
    assert len(field_tests(samples([-90, -90], operator=["VNPT", "vinaphone"]), CRS)) == 1


def test_silence_of_at_least_half_is_no_service():
    for level, silent, median in (([np.nan], True, None), ([np.nan, -90], True, None), ([np.nan, -90, -80], False, -90),
                                  ([np.nan, -90, -80, -70], False, -85)):  # fmt: skip
        test = field_tests(samples(level), CRS).iloc[0]
        assert test["no_service"] == silent
        assert np.isnan(test["level_dbm"]) if median is None else test["level_dbm"] == median


def test_the_order_of_samples_and_another_crs_change_nothing():
    rng = np.random.default_rng(1)
    at = AT + rng.uniform(0, 400, (300, 2))
    level = np.where(rng.random(300) < 0.2, np.nan, rng.normal(-100, 8, 300))
    given = samples(level, at, rng.uniform(0, 600, 300))
    first = field_tests(given, CRS)
    again = field_tests(given.sample(frac=1, random_state=3).to_crs(4326), CRS)
    pd.testing.assert_frame_equal(first, again, rtol=1e-9)
    assert first["samples"].sum() == 300


def test_what_has_no_place_or_says_nothing_is_left_out():
    given = samples([-90, -91, np.nan])
    given.loc[1, "geometry"] = None
    given.loc[2, "service"] = "level"
    assert field_tests(given, CRS)["samples"].tolist() == [1]
    assert len(field_tests(given.iloc[:0], CRS)) == 0


def test_bins_are_tests_of_unknown_time():
    bins = pd.DataFrame(
        {"easting_m": [1.0, 2.0], "northing_m": 0.0, "level_dbm": [-90.0, -125.0], "censored": [False, True]}
    )
    tests = bins_as_tests(bins, "Viettel", "4G")
    assert list(tests.columns) == list(COLUMNS)
    assert tests["no_service"].tolist() == [False, True]
    assert tests["level_dbm"].isna().tolist() == [False, True]
    assert tests["first"].isna().all()


def test_names_of_operators_as_people_write_them():
    names = [
        "Viettel",
        "VIETTEL TELECOM",
        "452-04",
        "VTL",
        "VNPT",
        "VinaPhone",
        "VNPT VinaPhone",
        "VNPT Đồng Nai",
        "VNP",
        "vms",
        "MBF",
        "Mobifone",
        "Gmobile",
        "VNMobile",
    ]
    found = [operator_identifier(name) for name in names]
    assert found == ["viettel"] * 4 + ["vinaphone"] * 5 + ["mobifone"] * 3 + ["gmobile", "vietnamobile"]


def test_thresholds_by_technology():
    kinds = np.array(["4G", "2G", ""], dtype=object)
    np.testing.assert_array_equal(threshold_of(-110.0, kinds), [-110, -110, -110])
    np.testing.assert_array_equal(threshold_of({"4G": -110.0, "3G": -105.0}, kinds), [-110, np.nan, -110])


def test_missing_columns_and_systems_are_told():
    with pytest.raises(ColumnError, match="operator, service"):
        field_tests(samples([-90]).drop(columns=["operator", "service"]), CRS)
    with pytest.raises(CrsError):
        field_tests(samples([-90]).set_crs(None, allow_override=True), CRS)
