import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lomsong.errors import UsageError
from lomsong.radio import baselines
from lomsong.radio.baselines import free_space_loss_db
from lomsong.texts import told

KM = st.floats(0.02, 4.9)
MHZ = st.floats(700, 3700)
MAST = st.floats(15, 100)


def test_by_hand():
    # P.525-4 (4): 32.4 + 20 log 900 + 20 log 10 = 32.4 + 59.085 + 20
    assert free_space_loss_db(10.0, 900.0) == pytest.approx(111.485, abs=0.06)


def test_doubling_the_distance_costs_six_decibels():
    near, far = free_space_loss_db([1.0, 2.0], 1800.0)
    assert far - near == pytest.approx(20 * np.log10(2))


def test_no_distance():
    assert free_space_loss_db(0.0, 800.0) == -np.inf


def test_hata_by_hand():
    # log 900 = 2.95424: 69.55 + 77.283 - 27.64 - 1.0455 + 31.8 · 0.60206; a textbook's example, large city
    loss = baselines.okumura_hata_loss_db(4.0, 900.0, 100.0, 2.0, area="large_city")
    assert loss == pytest.approx(137.29, abs=0.005)
    # small city, 10 km: 69.55 + 77.283 - 20.414 - 0.0160 + 35.2249
    urban = baselines.okumura_hata_loss_db(10.0, 900.0, 30.0)
    assert urban == pytest.approx(161.628, abs=1e-3)
    assert baselines.okumura_hata_loss_db(10.0, 900.0, 30.0, area="suburban") - urban == pytest.approx(
        -9.9426, abs=1e-4
    )
    assert baselines.okumura_hata_loss_db(10.0, 900.0, 30.0, area="open") - urban == pytest.approx(-28.5064, abs=1e-4)


def test_hata_of_a_large_city_changes_its_height_correction_between_200_and_400_mhz():
    # at hm = 3 m: 8.29 log²(4.62) - 1.1 = 2.5621 below, 3.2 log²(35.25) - 4.97 = 2.6898 above
    small = [baselines.okumura_hata_loss_db(5.0, f, 50.0, 3.0) for f in (200.0, 400.0)]
    large = [baselines.okumura_hata_loss_db(5.0, f, 50.0, 3.0, area="large_city") for f in (200.0, 400.0)]
    log_f = np.log10([200.0, 400.0])
    correction = (1.1 * log_f - 0.7) * 3 - (1.56 * log_f - 0.8)
    assert np.add(small, correction) - large == pytest.approx([2.5621, 2.6898], abs=1e-4)


def test_cost_231_by_hand():
    # log 1800 = 3.25527: 46.3 + 110.354 - 20.414 - 0.0430 + 35.2249 · 0.69897
    loss = baselines.cost231_hata_loss_db(5.0, 1800.0, 30.0)
    assert loss == pytest.approx(160.818, abs=1e-3)
    assert baselines.cost231_hata_loss_db(5.0, 1800.0, 30.0, area="metropolitan") == pytest.approx(loss + 3)


def test_hata_and_cost_231_nearly_meet_at_1500_mhz():
    hata = baselines.okumura_hata_loss_db(5.0, 1500.0, 50.0)
    cost = baselines.cost231_hata_loss_db(5.0, 1500.0, 50.0)
    # 69.55 - 46.3 + (26.16 - 33.9) · 3.17609
    assert hata - cost == pytest.approx(-1.333, abs=1e-3)


def test_rma_by_hand():
    # d3D = 501.121; 20 log(16790.7) + 0.47791 · 2.69994 - 0.70094 + 0.0013979 · 501.12
    assert baselines.rma_los_loss_db(0.5, 800.0) == pytest.approx(85.7924, abs=1e-4)
    # 161.04 - 9.2372 + 5.2423 - 37.5127 + 38.6318 · 0.477148 - 1.9382 - 0.0009
    assert baselines.rma_nlos_loss_db(3.0, 800.0) == pytest.approx(136.0292, abs=1e-4)


def test_uma_by_hand():
    # break at 4 · 24 · 0.5 · 2e9 / 3e8 = 320 m: 28 + 120.0048 + 6.0206 - 9 log(102400 + 552.25)
    assert baselines.uma_los_loss_db(1.0, 2000.0) == pytest.approx(108.9117, abs=1e-4)
    assert baselines.uma_nlos_loss_db(1.0, 2000.0) == pytest.approx(136.8053, abs=1e-4)


def test_likelihood_of_sight_by_hand():
    assert baselines.rma_los_probability([0.0, 0.01, 1.0]) == pytest.approx([1, 1, np.exp(-0.99)])
    # 18/200 + e^(-200/63) · 0.91; at 23 m: times 1 + 10 e^(-4/3)
    assert baselines.uma_los_probability([0.018, 0.2], 1.5) == pytest.approx([1, 0.1280477], abs=1e-7)
    assert baselines.uma_los_probability(0.2, 23.0) == pytest.approx(0.4655779, abs=1e-7)


@given(KM, MHZ, MAST)
def test_out_of_sight_is_never_better_and_the_expected_loss_lies_between(km, mhz, mast):
    los, nlos = baselines.rma_los_loss_db(km, mhz, mast), baselines.rma_nlos_loss_db(km, mhz, mast)
    assert los <= nlos
    assert los - 1e-9 <= baselines.rma_loss_db(km, mhz, mast) <= nlos + 1e-9
    los, nlos = baselines.uma_los_loss_db(km, mhz), baselines.uma_nlos_loss_db(km, mhz)
    assert los <= nlos
    assert los - 1e-9 <= baselines.uma_loss_db(km, mhz) <= nlos + 1e-9


def test_the_expected_loss_weighs_by_the_likelihood_of_sight():
    share = float(baselines.rma_los_probability(1.0))
    los, nlos = baselines.rma_los_loss_db(1.0, 800.0), baselines.rma_nlos_loss_db(1.0, 800.0)
    assert baselines.rma_loss_db(1.0, 800.0) == pytest.approx(share * los + (1 - share) * nlos)
    assert 0 < share < 1 < nlos - los


@pytest.mark.parametrize(
    ("model", "km"),
    [
        (baselines.rma_los_loss_db, np.linspace(0.01, 10, 4001)),
        (baselines.rma_nlos_loss_db, np.linspace(0.01, 5, 4001)),
        (baselines.rma_loss_db, np.linspace(0.01, 5, 4001)),
        (baselines.uma_los_loss_db, np.linspace(0.01, 5, 4001)),
        (baselines.uma_nlos_loss_db, np.linspace(0.01, 5, 4001)),
        (baselines.uma_loss_db, np.linspace(0.01, 5, 4001)),
    ],
)
@pytest.mark.parametrize("mhz", [700.0, 1800.0, 3500.0])
def test_loss_never_falls_with_distance(model, km, mhz):
    assert (np.diff(model(km, mhz)) > 0).all()


@given(st.floats(1, 20), st.floats(150, 1500), st.floats(30, 200), st.floats(1, 10))
def test_hata_grows_with_distance_and_falls_with_the_mast(km, mhz, mast, phone):
    loss = baselines.okumura_hata_loss_db(km, mhz, mast, phone)
    assert baselines.okumura_hata_loss_db(km * 1.1, mhz, mast, phone, extrapolate=True) > loss
    assert baselines.okumura_hata_loss_db(km, mhz, mast * 1.1, phone, extrapolate=True) < loss
    assert baselines.okumura_hata_loss_db(km, mhz, mast, phone, area="open") < loss


def test_no_jump_at_the_breakpoints():
    f, hb, hm = 1800.0, 35.0, 1.5
    rma_km = 2 * np.pi * hb * hm * f * 1e6 / 3e8 / 1e3
    before, after = baselines.rma_los_loss_db([rma_km * (1 - 1e-9), rma_km * (1 + 1e-9)], f, hb, hm)
    assert after == pytest.approx(before, abs=0.01)
    uma_km = 4 * 24 * 0.5 * f * 1e6 / 3e8 / 1e3
    before, after = baselines.uma_los_loss_db([uma_km * (1 - 1e-9), uma_km * (1 + 1e-9)], f)
    assert after == pytest.approx(before, abs=1e-6)


def test_arguments_broadcast():
    loss = baselines.rma_loss_db(np.array([[0.5], [1.0], [2.0]]), np.array([700.0, 1800.0]), 42.0)
    assert loss.shape == (3, 2)
    assert loss[2, 1] == pytest.approx(float(baselines.rma_loss_db(2.0, 1800.0, 42.0)))


def test_all_faults_at_once_in_both_languages():
    with pytest.raises(UsageError) as caught:
        baselines.okumura_hata_loss_db([0.5, 5.0], 1800.0, 20.0)
    assert str(caught.value) == (
        "Okumura-Hata: distance_km has 1 of 2 values outside 1…20 km (first: 0.5); give values within the limits of "
        "the model, or extrapolate=True; frequency_mhz has 1 of 1 values outside 150…1500 MHz (first: 1800); give "
        "values within the limits of the model, or extrapolate=True; base_m has 1 of 1 values outside 30…200 m "
        "(first: 20); give values within the limits of the model, or extrapolate=True"
    )
    assert "ngoài 30…200 m" in told(caught.value, "vi")
    assert np.isfinite(baselines.okumura_hata_loss_db([0.5, 5.0], 1800.0, 20.0, extrapolate=True)).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: baselines.uma_los_loss_db(1.0, 2000.0, 42.0), "base_m has 1 of 1 values outside 25…25 m"),
        (lambda: baselines.uma_los_loss_db(1.0, 2000.0, 1.0, extrapolate=True), "outside 1.001…1e+09 m"),
        (lambda: baselines.rma_los_loss_db(0.0, 800.0, extrapolate=True), "distance_km has 1 of 1"),
        (lambda: baselines.rma_los_loss_db(np.nan, 800.0), "first: nan"),
        (lambda: baselines.rma_los_loss_db("far", 800.0), "distance_km = far is no number"),
        (lambda: baselines.rma_los_loss_db([1.0, 2.0], [800.0] * 3), "(2,), (3,)"),
        (lambda: baselines.rma_nlos_loss_db(8.0, 800.0), "outside 0.01…5 km"),
        (lambda: baselines.okumura_hata_loss_db(5.0, 900.0, 30.0, area="forest"), "area = forest is no kind of area"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, said):
    with pytest.raises(UsageError) as caught:
        call()
    assert said in str(caught.value)


def test_a_mast_of_42_m_is_reckoned_when_asked():
    low, high = (baselines.uma_nlos_loss_db(1.0, 1800.0, mast, extrapolate=True) for mast in (25.0, 42.0))
    assert low == pytest.approx(float(high), abs=0.1)  # out of sight the table knows the mast by the slant alone
