import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from lomsong.errors import CrsError, LomsongError, SettingsError
from lomsong.geo import WGS84
from lomsong.ingest.positions import Placing, degrees, fits, recognise
from lomsong.texts import told

DONG_NAI = (106.4, 10.5, 107.6, 12.3)
AMBATO = (-78.8, -1.4, -78.4, -1.1)
TM3 = ["5896", "5897", "5898", "5899", *map(str, range(9205, 9219))]


def places(count=400, bounds=DONG_NAI, seed=1):
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def metres(longitude, latitude, epsg):
    return Transformer.from_crs(4326, epsg, always_xy=True).transform(longitude, latitude)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10°57'23.4\"N", 10.9565),
        ("10°57′23,4″N", 10.9565),
        ("10 57 23.4 N", 10.9565),
        ("10:57:23.4", 10.9565),
        ("N10°57.39'", 10.9565),
        ("10d57'23.4\"N", 10.9565),
        ("10°57'23.4''S", -10.9565),
        ("-10 57 23.4", -10.9565),
        ("107.05E", 107.05),
        ("W 78.6", -78.6),
        ("10,9512", 10.9512),
        ("10.95° B", 10.95),
        ("106°49'12\" Đ", 106.82),
        ("106°49'12\" Ð", 106.82),
        ("106 độ 49 phút 12 giây Đông", 106.82),
        ("vĩ độ Bắc 10°30'", 10.5),
        ("78°36' kinh độ Tây", -78.6),
    ],
)
def test_degrees_by_hand(text, value):
    assert degrees([text])[0] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["", "abc", None, "10 61 2", "10 57 60", "10.5 30", "999", "N 10 N", "181", "1e5", "-"]
)
def test_what_is_no_angle_is_nan(text):
    assert np.isnan(degrees([text])[0])


def test_a_lone_n_is_north_but_nam_where_the_column_has_bac():
    assert degrees(["10°N", "11°N"]).tolist() == [10, 11]
    assert degrees(["10°B", "11°N"]).tolist() == [10, -11]
    assert degrees(["10° Bắc", "11° Nam"]).tolist() == [10, -11]


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 599), st.sampled_from("NSEW"))
def test_degrees_say_the_same_in_any_writing(whole, minute, tenths, letter):
    second = tenths / 10
    expected = (whole + minute / 60 + second / 3600) * (-1 if letter in "SW" else 1)
    comma = f"{second:.1f}".replace(".", ",")
    ways = [
        f"{whole}°{minute}'{second:.1f}\"{letter}", f"{letter} {whole} {minute} {second:.1f}",
        f"{whole}:{minute:02d}:{comma} {letter}", f"{whole}º {minute}’ {second:.1f}” {letter}",
        f"{whole}°{minute + second / 60:.9f}'{letter}",
    ]  # fmt: skip
    assert degrees(ways) == pytest.approx(np.full(5, expected), abs=1e-8)


@given(st.lists(st.text(max_size=30), max_size=20))
def test_degrees_of_anything_never_raise(texts):
    values = degrees(texts)
    assert values.shape == (len(texts),)
    assert (np.isnan(values) | (np.abs(values) <= 180)).all()


def test_degrees_inside_the_territory_are_taken_as_they_are():
    longitude, latitude = places()
    placing = recognise(longitude, latitude, DONG_NAI)
    assert placing == Placing(WGS84, False, (1, 1), False)
    assert placing.flags() == []
    np.testing.assert_array_equal(placing.apply(longitude, latitude), [longitude, latitude])


@pytest.mark.parametrize(
    ("bounds", "swapped", "signs", "checks"),
    [
        (DONG_NAI, True, (1, 1), ["axes_swapped"]),
        (DONG_NAI, False, (-1, 1), ["sign_missing"]),
        (AMBATO, False, (-1, 1), ["sign_missing"]),
        (AMBATO, False, (-1, -1), ["sign_missing"]),
        (AMBATO, True, (-1, -1), ["axes_swapped", "sign_missing"]),
    ],
)
def test_a_whole_file_with_axes_exchanged_or_signs_lost_is_mended(bounds, swapped, signs, checks):
    longitude, latitude = places(bounds=bounds)
    one, two = longitude * signs[0], latitude * signs[1]
    first, second = (two, one) if swapped else (one, two)
    placing = recognise(first, second, bounds)
    assert (placing.swapped, placing.signs, placing.flags()) == (swapped, signs, checks)
    np.testing.assert_allclose(placing.apply(first, second), [longitude, latitude])


def test_missing_positions_and_nought_do_not_vote():
    longitude, latitude = places(10)
    first = np.r_[np.zeros(40), np.full(40, np.nan), latitude]
    second = np.r_[np.zeros(40), np.full(40, np.nan), longitude]
    assert recognise(first, second, DONG_NAI).swapped
    assert not recognise(np.zeros(5), np.zeros(5), DONG_NAI).swapped


def test_a_minority_outside_does_not_turn_a_file_round():
    longitude, latitude = places(100)
    first, second = longitude.copy(), latitude.copy()
    first[:49], second[:49] = latitude[:49], longitude[:49]
    assert not recognise(first, second, DONG_NAI).swapped
    first[:51], second[:51] = latitude[:51], longitude[:51]
    assert recognise(first, second, DONG_NAI).swapped


def test_without_a_territory_only_a_latitude_beyond_the_pole_is_proof():
    longitude, latitude = places()
    assert recognise(latitude, longitude, None).swapped
    assert not recognise(longitude, latitude, None).swapped
    assert not recognise(*places(bounds=(10, 40, 12, 50))[::-1], None).swapped
    assert recognise(["10°30'N"] * 3, ["50°30'E"] * 3, None).swapped


@pytest.mark.parametrize("epsg", TM3)
def test_every_zone_of_vn2000_is_named_and_read_when_it_is_stated(epsg):
    bounds = CRS.from_epsg(int(epsg)).area_of_use.bounds
    longitude, latitude = places(bounds=bounds)
    easting, northing = metres(longitude, latitude, int(epsg))
    with pytest.raises(CrsError, match=f"EPSG:{epsg} "):
        recognise(easting, northing, bounds, where="ho.csv")
    placing = recognise(easting, northing, bounds, f"EPSG:{epsg}")
    assert (placing.crs.to_epsg(), placing.swapped, placing.flags()) == (int(epsg), False, ["projected"])
    # One metre is 9e-6 degrees: the seam of PROJ's own choice of operations south of 11° N is 0.8 m.
    np.testing.assert_allclose(placing.apply(easting, northing), [longitude, latitude], atol=1e-5)


def test_metres_without_a_crs_are_refused_with_everything_that_helps():
    easting, northing = metres(*places(), 5899)
    rows = np.arange(400) + 7
    with pytest.raises(CrsError) as caught:
        recognise(easting.round(1), northing.round(1), DONG_NAI, where="ho.csv", rows=rows)
    english, vietnamese = told(caught.value, "en"), told(caught.value, "vi")
    for said in ("ho.csv", "7", f"{easting[0]:.1f} {northing[0]:.1f}", "106.40…107.60 E, 10.50…12.30 N"):
        assert said in english
        assert said in vietnamese
    assert "the values fit EPSG:5899 (VN-2000 / TM-3 107-45)" in english
    assert "survey.crs or roster.crs = EPSG:5899" in english
    assert "các giá trị khớp với EPSG:5899" in vietnamese
    assert "\n" not in english + vietnamese


@pytest.mark.parametrize("crs", ["", "EPSG:5899"])
@pytest.mark.parametrize("factor", [1e6, 1e7])
def test_degrees_without_their_decimal_point_are_no_metres(crs, factor):
    longitude, latitude = np.array([106.953456, 107.05, 106.9]) * factor, np.array([11.2, 11.3, 10.9]) * factor
    for bounds in (None, (106.5, 10.5, 107.6, 11.6)):
        with pytest.raises(CrsError, match=r"neither degrees nor metres.*row 1, 106953456"):
            recognise(longitude, latitude, bounds, crs)


def test_all_that_fit_are_named_best_first_with_their_share():
    easting, northing = metres(*places(4_000), 5899)
    found = fits(easting, northing, DONG_NAI)
    assert found[0].crs.to_epsg() == 5899
    assert found[0].share == 1
    assert "EPSG:5898" in [f"EPSG:{fit.crs.to_epsg()}" for fit in found]
    assert [fit.share for fit in found] == sorted((fit.share for fit in found), reverse=True)
    # Independent of how it was found: where the second best puts the rows.
    second = found[1]
    at = Transformer.from_crs(second.crs, 4326, always_xy=True).transform(easting, northing)
    inside = (at[0] >= 106.4) & (at[0] <= 107.6) & (at[1] >= 10.5) & (at[1] <= 12.3)
    assert second.share == pytest.approx(inside.mean(), abs=0.05)


def test_easting_and_northing_exchanged_as_vietnamese_tables_have_them():
    longitude, latitude = places()
    easting, northing = metres(longitude, latitude, 9212)
    placing = recognise(northing, easting, DONG_NAI, "EPSG:9212")
    assert placing.flags() == ["axes_swapped", "projected"]
    np.testing.assert_allclose(placing.apply(northing, easting), [longitude, latitude], atol=1e-5)
    assert any(fit.swapped and fit.crs.to_epsg() == 9212 for fit in fits(northing, easting, DONG_NAI))


@pytest.mark.parametrize("stated", ["EPSG:9212", "EPSG:3405", "EPSG:32648", "EPSG:4326"])
def test_a_stated_crs_that_cannot_be_right_is_refused_with_those_that_fit(stated):
    easting, northing = metres(*places(bounds=(107.2, 10.6, 107.5, 11.2)), 5899)
    with pytest.raises(CrsError) as caught:
        recognise(easting, northing, (107.1, 10.5, 107.6, 11.3), stated, where="tram.csv")
    assert f"when read in the stated {stated}" in str(caught.value)
    assert "the values fit EPSG:5899" in str(caught.value)


def test_metres_without_a_territory_need_a_crs():
    easting, northing = metres(*places(), 5899)
    with pytest.raises(CrsError, match=r"set survey\.crs or roster\.crs"):
        recognise(easting, northing, None, where="ho.csv")
    assert not recognise(easting, northing, None, "EPSG:5899").swapped
    assert recognise(northing, easting, None, "EPSG:5899").swapped


def test_a_crs_that_is_none():
    with pytest.raises(SettingsError, match="EPSG:5899"):
        recognise([1.0], [1.0], DONG_NAI, "EPSG:1")


def test_degrees_elsewhere_are_refused_in_a_whole_file_and_left_to_the_rows_in_a_head():
    longitude, latitude = places(bounds=(-17.5, 14.6, -17.3, 14.8))
    assert recognise(longitude, latitude, DONG_NAI) == Placing()
    with pytest.raises(CrsError, match="400 of 400 rows lie outside the territory"):
        recognise(longitude, latitude, DONG_NAI, whole=True)


def test_degrees_of_vn2000_are_shifted_when_they_are_stated():
    longitude, latitude = places()
    placing = recognise(longitude, latitude, DONG_NAI, "EPSG:4756")
    shifted = placing.apply(longitude, latitude)
    off_m = 111_195 * np.hypot((shifted[0] - longitude) * np.cos(np.radians(latitude)), shifted[1] - latitude)
    assert (off_m > 150).all()
    assert (off_m < 260).all()


def test_texts_of_any_kind():
    texts = pd.Series(["106,95", "106°57'00\"Đ", " 106.95 ", None, "x", "106 57 0"])
    north = pd.Series(["10,5", "10°30'B", "10.5", "10.5", "10.5", "10 30 0"])
    placing = recognise(texts, north, DONG_NAI)
    assert placing.flags() == ["degrees_as_text"]
    longitude, latitude = placing.apply(texts, north)
    assert longitude == pytest.approx([106.95, 106.95, 106.95, np.nan, np.nan, 106.95], nan_ok=True)
    assert latitude == pytest.approx([10.5] * 6)


def test_metres_with_their_thousands_set_apart():
    longitude, latitude = places(3)
    easting, northing = metres(longitude, latitude, 5899)
    vietnamese = [f"{value:,.2f}".replace(",", " ").replace(".", ",") for value in easting]
    dotted = [f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for value in northing]
    found = recognise(vietnamese, dotted, DONG_NAI, "EPSG:5899").apply(vietnamese, dotted)
    np.testing.assert_allclose(found, [longitude, latitude], atol=1e-5)


def test_a_position_of_nought_in_metres_is_none():
    placing = Placing(CRS.from_epsg(5899))
    longitude, latitude = placing.apply(np.array([0.0, 400_000.0, 1e30]), np.array([0.0, 1_230_000.0, 1e30]))
    assert np.isnan(longitude).tolist() == [True, False, True]
    assert np.isnan(latitude).tolist() == [True, False, True]


def test_a_block_is_read_as_the_whole_is():
    longitude, latitude = places(50)
    placing = recognise(latitude, longitude, DONG_NAI)
    whole = placing.apply(latitude, longitude)
    blocks = [placing.apply(latitude[at : at + 7], longitude[at : at + 7]) for at in range(0, 50, 7)]
    np.testing.assert_array_equal(whole, np.concatenate(blocks, axis=1))


def test_plain_degrees_are_fast():
    longitude, latitude = places(100_000)
    recognise(longitude, latitude, DONG_NAI).apply(longitude, latitude)
    begin = time.process_time()
    for _ in range(5):
        recognise(longitude, latitude, DONG_NAI).apply(longitude, latitude)
    assert (time.process_time() - begin) / 5 < 0.1


values = st.one_of(st.floats(), st.integers(-(10**20), 10**20), st.text(max_size=12), st.none())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(values, values), max_size=12),
    st.sampled_from([None, DONG_NAI, AMBATO, (-180.0, -90.0, 180.0, 90.0)]),
    st.sampled_from(["", "EPSG:5899", "EPSG:4756", "EPSG:4326", "nonsense"]),
    st.booleans(),
)
def test_anything_is_read_or_refused_in_our_words(pairs, bounds, crs, whole):
    columns = [pd.Series([pair[axis] for pair in pairs], dtype=object) for axis in (0, 1)]
    try:
        placing = recognise(*columns, bounds, crs, "f", whole=whole)
    except LomsongError as error:
        assert told(error, "vi") != told(error, "en")
        return
    found = placing.apply(*columns)
    assert found[0].shape == found[1].shape == (len(pairs),)
    assert not np.isinf(np.concatenate(found)).any()
