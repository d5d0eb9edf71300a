import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from lomsong.surface.blocks import (
    DEVICE_SD_DB,
    LIKE_PASS,
    Repeat,
    bins_of,
    device_offsets,
    readings_of,
    repeatability,
    without_offsets,
)

METRIC = CRS.from_epsg(3405)
FLOOR = -125.0
ALIKE = Repeat(within_db2=9.0, between_db2=9.0, squares=100)


def samples(level, easting=10.0, service="level", **columns):
    frame = pd.DataFrame({"rsrp_dbm": level, "service": service, **columns})
    points = gpd.points_from_xy(np.broadcast_to(easting, len(frame)), np.full(len(frame), 5.0))
    return gpd.GeoDataFrame(frame, geometry=points, crs=METRIC)


def minutes(*after):
    return pd.Timestamp("2026-03-01 08:00") + pd.to_timedelta(after, unit="min")


def readings(square, pass_id, device, level, count=1, within=np.nan, hidden=0.0):
    """Readings as they leave readings_of, for what comes after it."""
    frame = pd.DataFrame({"square": square, "pass_id": pass_id, "device": device, "level_dbm": level})
    frame = frame.assign(samples=count, within_db2=within, hidden=hidden, floor_dbm=FLOOR, cell_id=-1)
    return frame.assign(easting_m=50.0 * frame["square"], northing_m=0.0)


def drives(devices=1, passes=4, squares=150, count=5, within=3.0, between=4.0, offsets=(0.0,), seed=0):
    """Readings of every device on every square, several times, with known variances and offsets."""
    rng = np.random.default_rng(seed)
    square, number, device = (grid.ravel() for grid in np.indices((squares, passes, devices)))
    true = rng.normal(-95, 8, squares)[square] + np.asarray(offsets, float)[device]
    own = (true + rng.normal(0, between, len(true)))[:, None] + rng.normal(0, within, (len(true), count))
    return readings(square, number * devices + device, device, own.mean(axis=1), count, own.var(axis=1, ddof=1))


def test_a_pass_ends_where_the_recording_pauses_for_more_than_half_an_hour():
    found = readings_of(samples(-90.0, time=minutes(0, 30, 60.1, 61)), METRIC, 50, FLOOR)
    assert found["samples"].tolist() == [2, 2], "30 min go on, 30.1 min do not"
    shuffled = samples(-90.0, time=minutes(61, 0, 60.1, 30))
    pd.testing.assert_frame_equal(readings_of(shuffled, METRIC, 50, FLOOR), found)


def test_files_and_devices_are_passes_of_their_own():
    same = minutes(0, 1, 2, 3)
    by_file = readings_of(samples(-90.0, time=same, source_file=["a", "b", "a", "b"]), METRIC, 50, FLOOR)
    assert by_file["samples"].tolist() == [2, 2]
    assert by_file["pass_id"].tolist() == [0, 1]
    by_device = readings_of(samples(-90.0, time=same, source_file="a", device=["x", "y", "y", "y"]), METRIC, 50, FLOOR)
    assert by_device["samples"].tolist() == [1, 3]
    assert by_device["device"].tolist() == [0, 1]
    unknown = readings_of(samples(-90.0, device=["x", None, None, "x"]), METRIC, 50, FLOOR)
    assert sorted(unknown["device"]) == [-1, 0]
    untimed = readings_of(samples([-90.0] * 4), METRIC, 50, FLOOR)
    assert untimed[["samples", "pass_id", "device", "cell_id"]].to_numpy().tolist() == [[4, 0, -1, -1]]


def test_cells_of_one_pass_stay_apart():
    found = readings_of(samples([-90.0, -92, -104], cell_id=[7, 7, 9], time=minutes(0, 1, 2)), METRIC, 50, FLOOR)
    assert found["level_dbm"].tolist() == [-91, -104]
    assert found["pass_id"].tolist() == [0, 0]
    assert found["within_db2"].tolist() == [2.0, pytest.approx(np.nan, nan_ok=True)]
    together = bins_of(found, ALIKE)
    assert together["passes"].tolist() == [1]
    assert together["level_dbm"].tolist() == [pytest.approx((-91 * 2 - 104) / 3)]


def test_bands_and_technologies_of_one_pass_stay_apart_where_no_cell_is_told():
    frame = samples([-90, -92, -110, -112], band_mhz=[1800.0, 1800.0, 900.0, 900.0], technology=["4G"] * 4)
    found = readings_of(frame, METRIC, 50, -125)
    assert found[["band", "level_dbm", "within_db2"]].to_numpy().tolist() == [[0, -111, 2], [1, -91, 2]]
    other = readings_of(frame.assign(technology=["4G", "5G", "4G", "5G"]), METRIC, 50, -125)
    assert sorted(other["level_dbm"]) == [-112, -110, -92, -90]


def test_an_outlier_counts_as_one_at_the_edge_of_its_reading():
    # Median -90, robust spread 1.4826 dB: the limit is the least one, 9 dB.
    found = readings_of(samples([-91.0, -90, -89, -40, -91, -89, -90]), METRIC, 50, FLOOR)
    assert found["level_dbm"].tolist() == [pytest.approx((-91 - 90 - 89 - 81 - 91 - 89 - 90) / 7)]
    # Spread 5 · 1.4826 dB: three of them are 22.239 dB.
    wide = readings_of(samples([-100.0, -95, -90, -85, -30]), METRIC, 50, FLOOR)
    assert wide["level_dbm"].tolist() == [pytest.approx((-100 - 95 - 90 - 85 - 90 + 22.239) / 5)]


def test_silence_amid_strong_signal_is_set_aside_and_near_the_floor_it_counts():
    service = ["level", "level", "no_service"]
    strong = readings_of(samples([-113.0, -113, np.nan], service=service), METRIC, 50, FLOOR)
    assert strong[["samples", "hidden", "level_dbm"]].to_numpy().tolist() == [[2, 0, -113]]
    weak = readings_of(samples([-113.5, -113.5, np.nan], service=service), METRIC, 50, FLOOR)
    assert weak["samples"].tolist() == [3]
    assert weak["hidden"].tolist() == [pytest.approx(1 / 3)]
    silent = readings_of(samples([np.nan, np.nan, np.nan], service="no_service"), METRIC, 50, FLOOR)
    assert silent[["samples", "hidden", "level_dbm"]].to_numpy().tolist() == [[3, 1, FLOOR]]
    assert bins_of(silent, ALIKE)["censored"].tolist() == [True]


def test_each_sample_has_its_own_floor():
    floors = np.array([-130.0, -130, -118, -118])
    frame = samples([-128.0, np.nan, -119, np.nan], service=["level", "no_service", "level", "no_service"])
    frame["device"] = ["x", "x", "y", "y"]
    found = readings_of(frame, METRIC, 50, floors)
    assert found["level_dbm"].tolist() == [-129, -118]
    assert found["hidden"].tolist() == [0.5, 1.0]
    assert found["floor_dbm"].tolist() == [-130, -118]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(-124, -50), st.integers(0, 2)), min_size=1, max_size=40))
def test_nothing_is_lost_and_levels_lie_between_those_heard(rows):
    easting, level, file = map(np.array, zip(*rows, strict=True))
    found = readings_of(samples(level.astype(float), easting, source_file=file), METRIC, 50, FLOOR)
    assert found["samples"].sum() == len(rows)
    bins = bins_of(found, ALIKE)
    assert bins["samples"].sum() == len(rows)
    assert bins["passes"].sum() == len(set(zip(easting // 50, file, strict=True)))
    assert bins["square"].tolist() == list(range(len(set(easting // 50))))
    assert bins["easting_m"] @ bins["samples"] == pytest.approx(easting.sum())
    assert level.min() - 1e-9 <= bins["level_dbm"].min() <= bins["level_dbm"].max() <= level.max() + 1e-9
    assert (bins["effective"] <= bins["samples"] + 1e-9).all()


def test_bins_by_hand():
    two = readings([0, 0, 1], [0, 1, 0], -1, [-90.0, -100.0, -110.0], count=[1, 4, 2])
    two.loc[[0, 1], "easting_m"] = [10.0, 20.0]
    found = bins_of(two, ALIKE)
    # Half the variance is common to a pass: 4 samples are worth 4 / (1 + 3/2) = 1.6, two 4/3.
    assert found["effective"].tolist() == pytest.approx([2.6, 4 / 3])
    assert found["level_dbm"].tolist() == pytest.approx([(-90 - 100 * 1.6) / 2.6, -110])
    assert found["easting_m"].tolist() == [18, 50]
    assert found["samples"].tolist() == [5, 2]
    assert found["passes"].tolist() == [2, 1]
    assert found["spread_db"].tolist() == [pytest.approx(np.sqrt(50)), pytest.approx(np.nan, nan_ok=True)]
    assert found["censored"].tolist() == [False, False]


def test_a_bin_is_censored_from_half_of_what_its_passes_are_worth():
    half = readings([0, 0, 1, 1], [0, 1, 0, 1], -1, [-120.0, FLOOR, -120.0, FLOOR], [4, 4, 4, 1], hidden=[0, 1, 0, 1])
    found = bins_of(half, ALIKE)
    assert found["censored"].tolist() == [True, False]
    assert found["level_dbm"].tolist() == pytest.approx([FLOOR, (-120 * 1.6 + FLOOR) / 2.6])


def test_repeatability_finds_the_variances_that_made_the_readings():
    found = repeatability(drives(squares=600))
    assert found.within_db2 == pytest.approx(9, rel=0.06)
    assert found.between_db2 == pytest.approx(16, rel=0.1)
    assert found.squares == 600
    none_between = repeatability(drives(squares=600, between=0.0))
    assert none_between.between_db2 == pytest.approx(0, abs=0.3)
    assert none_between.effective(np.array([5.0])) == pytest.approx(5, rel=0.15)


def test_without_second_passes_samples_count_as_the_published_ones_do():
    once = repeatability(drives(passes=1))
    assert once.squares == 0
    assert once.within_db2 == pytest.approx(9, rel=0.15)
    assert once.between_db2 / (once.between_db2 + once.within_db2) == pytest.approx(LIKE_PASS)
    nothing = repeatability(drives(passes=1).iloc[:0])
    assert nothing.effective(np.array([1.0, 1e9])) == pytest.approx([1, 1 / LIKE_PASS])


def test_effective_samples_grow_with_samples_up_to_what_one_pass_can_tell():
    worth = ALIKE.effective(np.arange(1.0, 200))
    assert worth[0] == 1
    assert (np.diff(worth) > 0).all()
    assert worth[-1] < 2
    assert Repeat(9, 0, 0).effective(np.array([7.0])) == pytest.approx(7)


def test_offsets_of_three_devices_are_found():
    planted = np.array([4.0, 0.0, -4.0])
    seen = drives(devices=3, passes=2, offsets=planted, seed=2)
    repeat = repeatability(drives(squares=600))
    found = device_offsets(seen, repeat)
    assert found.to_numpy() == pytest.approx(planted, abs=0.6)
    corrected = without_offsets(seen, found)
    assert corrected.groupby("device")["level_dbm"].mean().to_numpy() == pytest.approx([-95] * 3, abs=1.5)
    assert np.ptp(corrected.groupby("device")["level_dbm"].mean()) < 0.1
    assert (corrected["floor_dbm"] - FLOOR).to_numpy() == pytest.approx(-found[corrected["device"]].to_numpy())
    # As linear mixed effects: the same normal equations, written out in full.
    device, square = (pd.get_dummies(seen[name]).to_numpy(float) for name in ("device", "square"))
    design = np.hstack([device, square])
    weight = 1 / (repeat.between_db2 + repeat.within_db2 / seen["samples"].to_numpy())
    prior = np.diag([1 / DEVICE_SD_DB**2] * 3 + [0.0] * square.shape[1])
    full = np.linalg.solve(design.T @ (weight[:, None] * design) + prior, design.T @ (weight * seen["level_dbm"]))
    assert found.to_numpy() == pytest.approx(full[:3], abs=1e-8)


def test_devices_with_too_few_squares_in_common_keep_no_offset():
    few = drives(devices=2, passes=1, squares=29, offsets=(5.0, -5.0))
    assert device_offsets(few, ALIKE).tolist() == [0, 0]
    enough = drives(devices=2, passes=1, squares=30, offsets=(5.0, -5.0))
    assert np.ptp(device_offsets(enough, ALIKE)) > 5
    apart = drives(devices=2, passes=1, offsets=(5.0, -5.0))
    apart["square"] += 1000 * apart["device"]
    assert device_offsets(apart, ALIKE).tolist() == [0, 0]
    unnamed = drives(passes=2).assign(device=-1)
    assert device_offsets(unnamed, ALIKE).tolist() == [0]


@pytest.mark.parametrize("level", [np.nan, np.inf])
def test_a_sample_without_a_number_or_a_place_says_nothing(level):
    frame = samples([-90.0, level, -92.0], [10.0, 60.0, 110.0])
    assert bins_of(readings_of(frame, METRIC, 50, FLOOR), ALIKE)["level_dbm"].tolist() == [-90, -92]
    frame = samples([-90.0, -91.0, -92.0], [10.0, 60.0, 110.0])
    frame.geometry = [frame.geometry[0], None, frame.geometry[2]]
    placed = bins_of(readings_of(frame, METRIC, 50, FLOOR), ALIKE)
    assert placed[["square", "easting_m", "level_dbm"]].to_numpy().tolist() == [[0, 10, -90], [1, 110, -92]]
    assert len(readings_of(samples([level, level]), METRIC, 50, FLOOR)) == 0


def test_a_time_that_is_missing_or_has_a_zone_is_no_obstacle():
    for time in ([None] * 4, [pd.NaT] * 4, minutes(0, 1, 2, 3).tz_localize("Asia/Ho_Chi_Minh")):
        assert readings_of(samples([-90.0] * 4, time=time), METRIC, 50, FLOOR)["samples"].tolist() == [4]
