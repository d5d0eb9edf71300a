import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lomsong.errors import UsageError
from lomsong.radio import link
from lomsong.radio.link import Link
from lomsong.texts import told


def test_power_of_a_resource_element_by_hand():
    # 40 W = 46.02 dBm over 12 · 100 subcarriers: 30.79 dB less
    assert link.reference_power_dbm(46.02, link.resource_blocks(20)) == pytest.approx(15.228, abs=1e-3)
    # 5 MHz: 12 · 25 = 300
    assert link.reference_power_dbm(46.02, link.resource_blocks(5)) == pytest.approx(21.249, abs=1e-3)
    assert link.reference_power_dbm(46.02, 100, 3.0) - link.reference_power_dbm(46.02, 100) == pytest.approx(3)


def test_eirp_and_level_by_hand():
    eirp = link.eirp_re_dbm(15.2, 17.5, 2.0)
    assert eirp == pytest.approx(30.7)
    # 30.7 - 120 - 3 of the phone
    assert Link().rsrp_dbm(eirp, 120.0) == pytest.approx(-92.3)
    assert Link(device_offset_db=link.DEVICE_OFFSET_DB["kit"]).rsrp_dbm(eirp, 120.0) == pytest.approx(-91.3)
    assert Link().rsrp_dbm(eirp, 120.0, "vehicle") == pytest.approx(-101.3)
    assert Link().rsrp_dbm(eirp, 120.0, "brick") == pytest.approx(-106.3)
    assert Link(phone_gain_dbi=-2, body_loss_db=4).rsrp_dbm(eirp, 120.0) == pytest.approx(-98.3)


@pytest.mark.parametrize(
    ("technology", "spacing", "bandwidth", "blocks"),
    [("4G", 15, 1.4, 6), ("4G", 15, 10, 50), ("5G", 15, 20, 106), ("5G", 30, 100, 273), ("5G", 60, 40, 51)],
)
def test_blocks_of_a_carrier(technology, spacing, bandwidth, blocks):
    assert link.resource_blocks(bandwidth, technology, spacing) == blocks


def test_blocks_fill_their_channel_and_never_more():
    spacings = {15: link.LTE_BLOCKS}, link.NR_BLOCKS
    shares = [
        12 * spacing * blocks / (1000 * bandwidth)
        for table in spacings
        for spacing, row in table.items()
        for bandwidth, blocks in row.items()
    ]
    assert len(shares) == 6 + 11 + 15 + 14
    assert 0.75 < min(shares) < max(shares) < 1


def test_levels_broadcast_and_a_missing_path_stays_missing():
    level = Link().rsrp_dbm(np.array([[30.0], [40.0]]), [100.0, np.nan, 120.0])
    assert level.shape == (2, 3)
    assert np.isnan(level[:, 1]).all()
    assert level[1, 2] == pytest.approx(-83)


def test_kinds_of_buildings_are_settings():
    mine = Link(building_loss_db={"tole": 8.0})
    assert mine.entry_loss_db("tole") == 8
    assert mine.entry_loss_db() == 0
    with pytest.raises(UsageError, match=r"where = brick .* outdoor, vehicle, tole"):
        mine.entry_loss_db("brick")


def test_settings_do_not_change_behind_ones_back():
    kinds = {"tole": 8.0}
    mine = Link(building_loss_db=kinds)
    kinds["tole"] = 80.0
    assert mine.entry_loss_db("tole") == 8


@pytest.mark.parametrize(
    ("ghz", "probability", "efficient", "elevation", "loss"),
    [
        # Values of Study Group 3's workbook, as its validation data list them
        (28, 0.01, False, 0, 2.769),
        (28, 0.10, False, 0, 6.891),
        (28, 0.9772372, False, 0, 45.021),
        (28, 0.10, True, 0, 19.484),
        (2, 0.10, False, 45, 11.251),
        (2, 0.10, True, 45, 20.566),
        (2, 0.9772372, True, 45, 66.905),
    ],
)
def test_building_entry_loss_as_published(ghz, probability, efficient, elevation, loss):
    found = link.building_entry_loss_db(ghz, probability, thermally_efficient=efficient, elevation_deg=elevation)
    assert found == pytest.approx(loss, abs=0.002)


def test_median_building_entry_loss_by_hand():
    # at 1 GHz the logarithms vanish: 10 log(10^1.264 + 10^0.91 + 10^-0.3) = 10 log(18.365 + 8.128 + 0.501)
    assert link.building_entry_loss_db(1.0) == pytest.approx(14.313, abs=1e-3)
    assert round(float(link.building_entry_loss_db(1.0))) == link.BUILDING_LOSS_DB["brick"]


@given(st.floats(0.1, 6), st.floats(0.01, 0.98), st.booleans())
def test_more_buildings_take_more_loss(ghz, probability, efficient):
    low, high = link.building_entry_loss_db(ghz, [probability, probability + 0.01], thermally_efficient=efficient)
    assert high > low


def test_location_variability_by_hand():
    # (0.024 · 0.8 + 0.52) · 100^0.28 = 0.5392 · 3.63078
    assert link.location_variability_db(0.8, 100.0) == pytest.approx(1.95772, abs=1e-5)
    # whole up to the clutter, half 5 m above it, nothing from 10 m above it on
    u = link.location_variability_db(0.8, 100.0, [1.5, 10, 15, 20, 40], 10.0) / 1.95772
    assert u == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-5)


def test_margin_and_probability_are_inverse():
    # the 95th percentile of a normal distribution is 1.645 standard deviations away
    assert link.fade_margin_db(0.95, 8.0) == pytest.approx(13.159, abs=1e-3)
    assert link.fade_margin_db(0.5, 8.0) == pytest.approx(0, abs=1e-12)
    assert link.probability_above(-105.0, -105.0, 8.0) == 0.5


@given(st.floats(0.001, 0.999), st.floats(0.1, 20), st.floats(-140, -60))
def test_a_level_with_the_margin_has_the_probability(probability, sigma, threshold):
    level = threshold + link.fade_margin_db(probability, sigma)
    assert link.probability_above(level, threshold, sigma) == pytest.approx(probability, abs=1e-9)


def test_probability_at_the_edges():
    assert link.probability_above([-105, -104, -106, np.nan], -105, 0.0) == pytest.approx(
        [1, 1, 0, np.nan], nan_ok=True
    )
    assert np.isnan(link.probability_above(np.nan, -105, 8.0))


def test_a_lower_threshold_is_never_harder():
    shares = [link.probability_above(-108.0, threshold, 8.0) for threshold in link.THRESHOLDS_DBM]
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[1]


def test_spreads_add_as_squares():
    assert link.combined_sigma_db(3.0, 4.0) == pytest.approx(5)
    assert link.combined_sigma_db(3.0, 4.0, 12.0) == pytest.approx(13)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: link.resource_blocks(7), "4G: bandwidth_mhz = 7 is no bandwidth of a channel"),
        (lambda: link.resource_blocks([20]), "bandwidth_mhz = [20]"),
        (lambda: link.resource_blocks(20, "3G"), "technology = 3G has no RSRP; use one of: 4G, 5G"),
        (lambda: link.resource_blocks(20, "4G", 30), "4G: spacing_khz = 30"),
        (lambda: link.resource_blocks(60, "5G", 15), "5G: bandwidth_mhz = 60"),
        (lambda: link.reference_power_dbm(40_000, 100), "total_power_dbm has 1 of 1 values outside -50…80 dBm"),
        (lambda: link.fade_margin_db(95, 8.0), "probability has 1 of 1"),
        (lambda: link.fade_margin_db(1.0, 8.0), "probability has 1 of 1"),
        (lambda: link.location_variability_db(800, 100), "frequency_ghz has 1 of 1 values outside 0.03…6 GHz"),
        (lambda: link.building_entry_loss_db(1800), "frequency_ghz has 1 of 1"),
        (lambda: link.probability_above(-100, "loud", 8), "threshold_dbm = loud is no number"),
        (lambda: link.combined_sigma_db(-1, 8), "location_db has 1 of 1"),
        (lambda: Link(body_loss_db=-3), "body_loss_db has 1 of 1"),
        (lambda: Link(building_loss_db={"brick": "thick"}), "building_loss_db.brick = thick is no number"),
        (lambda: Link().rsrp_dbm([1.0, 2.0], [1.0, 2.0, 3.0]), "(2,), (3,)"),
        (lambda: Link().rsrp_dbm(30.0, 100.0, "cave"), "where = cave has no entry loss"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_both_languages(call, said):
    with pytest.raises(UsageError) as caught:
        call()
    assert said in str(caught.value)
    assert told(caught.value, "vi") != str(caught.value)
