import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri

from lomsong.errors import ColumnError, UsageError
from lomsong.gap.lessons import lesson_levels, lesson_sentences
from lomsong.ingest import read_companion

VIDEO = {"video": 1_000.0}


def logged(count, middle=-108.0, width=3.0, lapse=0.05, seed=0, low=-125.0, high=-75.0):
    """Tests whose chance to carry a lesson rises with the level, some failing at any."""
    rng = np.random.default_rng(seed)
    level = np.round(rng.uniform(low, high, count))
    carried = rng.random(count) < (1 - lapse) * ndtr((level - middle) / width)
    rate = np.where(carried, 4_000, 200)
    return pd.DataFrame({"operator": "viettel", "technology": "4G", "rsrp_dbm": level, "download_kbps": rate})


def test_the_level_that_carries_nine_in_ten_is_found_with_its_interval():
    true = -108 + 3 * ndtri(0.9 / 0.95)
    found = [lesson_levels(logged(400, seed=seed), VIDEO).iloc[0] for seed in range(40)]
    told = [row for row in found if row["verdict"] == "level"]
    assert len(told) >= 34, "now and then chance makes more than one in ten fail at any level"
    high = np.array([np.inf if pd.isna(row["level_high_dbm"]) else row["level_high_dbm"] for row in told])
    low = np.array([row["level_low_dbm"] for row in told])
    inside = (low <= true) & (true <= high)
    assert inside.mean() >= 0.8
    assert np.median([row["level_dbm"] for row in told]) == pytest.approx(true, abs=1.5)


def test_more_tests_tell_more_exactly():
    few, many = (lesson_levels(logged(count, lapse=0.0), VIDEO).iloc[0] for count in (60, 3_000))
    assert many["level_dbm"] == pytest.approx(-108 + 3 * ndtri(0.9), abs=1)
    assert many["level_high_dbm"] - many["level_low_dbm"] < few["level_high_dbm"] - few["level_low_dbm"]


def test_a_faster_service_needs_more():
    tests = logged(300, lapse=0.0).assign(download_kbps=lambda frame: 20 * (frame["rsrp_dbm"] + 120).clip(lower=0) ** 2)
    found = lesson_levels(tests, {"audio": 500, "video": 2_000}).set_index("service")["level_dbm"]
    assert found.to_dict() == pytest.approx({"audio": -115.0, "video": -110.0}, abs=1)


@pytest.mark.parametrize(
    ("tests", "verdict"),
    [
        (logged(200, middle=-200), "all"),
        (logged(200, middle=-200, lapse=0.6), "other_cause"),
        (logged(400, lapse=0.4), "never"),
        (logged(19), "few"),
        (logged(25, middle=-200, lapse=0.1, seed=4), "few"),
    ],
)
def test_what_tests_cannot_tell_is_not_told(tests, verdict):
    found = lesson_levels(tests, VIDEO).iloc[0]
    assert found["verdict"] == verdict
    assert pd.isna(found["level_dbm"])


def test_where_no_level_carries_it_so_often_the_share_at_strong_signal_is_told():
    found = lesson_levels(logged(2_000, lapse=0.4), VIDEO).iloc[0]
    assert found["top"] == pytest.approx(0.6, abs=0.05)


def test_tests_without_level_or_download_count_for_nothing():
    tests = logged(100)
    more = pd.concat([tests, tests.head(9).assign(rsrp_dbm=np.nan), tests.head(9).assign(download_kbps=np.nan)])
    pd.testing.assert_frame_equal(lesson_levels(more), lesson_levels(tests))


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(ColumnError, match="download_kbps"):
        lesson_levels(logged(30).drop(columns="download_kbps"))
    with pytest.raises(UsageError, match=r"1\.5"):
        lesson_levels(logged(30), share=1.5)
    with pytest.raises(UsageError, match="video"):
        lesson_levels(logged(30), {"video": -1})


def test_real_tests_that_failed_for_another_cause_ask_for_no_stronger_signal(shared_data):
    """The phones of Dakar ran out of data: most tests failed, at strong signal too."""
    logs = shared_data / "drive_test" / "dakar_gnettrack"
    for name in ("Orange", "Yas"):
        tests = read_companion(logs / f"{name}_log_datatest.txt").table
        found = lesson_levels(tests[tests["technology"] == "4G"])
        assert found["verdict"].isin(["other_cause", "never"]).all()
        assert (found["carried"] < found["tests"] / 2).all()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_verdict_is_told_in_a_sentence(language):
    sets = [
        logged(3_000, lapse=0.0),
        logged(200, middle=-200),
        logged(200, middle=-200, lapse=0.6),
        logged(400, lapse=0.4),
    ]
    for tests in [*sets, logged(5)]:
        found = lesson_levels(tests, VIDEO)
        (said,) = lesson_sentences(found, {"video": -110.0}, 0.9, language)
        assert said.startswith(
            "Viettel 4G, video (1.000 kbit/s)" if language == "vi" else "Viettel 4G, video (1,000 kbit/s)"
        )
        assert "nan" not in said
        assert "{" not in said
    said = lesson_sentences(lesson_levels(sets[0], VIDEO), {}, 0.9, language)[0]
    assert "90" in said
    assert ("chưa rõ" if language == "vi" else "not known") in said, "the settings do not know this service"
