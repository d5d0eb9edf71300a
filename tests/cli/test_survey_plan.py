"""`lomsong survey_plan` as a person calls it."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner

from lomsong import pipeline
from lomsong.cli.survey_plan import _Start, summary, survey_plan
from lomsong.errors import UsageError
from lomsong.gap.survey_plan import SurveyPlan


@pytest.fixture(scope="module")
def settings(small_province, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drive") / "province"
    shutil.copytree(small_province, folder)
    return folder / "lomsong.toml"


def call(*words):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(survey_plan, [str(word) for word in words], obj={})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_day_is_planned_printed_and_written_twice_the_same(settings, tmp_path, monkeypatch):
    done = call(settings, "--km", 25, "--out", tmp_path / "one")
    assert done.exit_code == 0, done.output
    files = [tmp_path / "one" / f"survey.{kind}" for kind in ("gpx", "kml", "csv")]
    assert all(str(file) in done.output.replace("\n", "") for file in files)
    table = pd.read_csv(files[2])
    assert table["km"].sum() <= 25.1
    known = gpd.read_file(settings.parent / "communes.gpkg")["name"]
    assert set(table["Xã"].dropna()) <= set(known)
    assert table["Xã"].iloc[0] in done.output
    assert "độ bất định của thứ hạng" in done.output
    tracks = gpd.read_file(files[0], layer="tracks")
    assert tracks["name"].tolist() == ["Ngày 1"]
    # Fields are kept from one call to the next.
    monkeypatch.setattr(pipeline, "fit_surfaces", lambda *_: pytest.fail("fitted again"))
    again = call(settings, "--km", 25, "--out", tmp_path / "two", "--lang", "vi")
    assert again.exit_code == 0
    for file in files:
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    english = call(settings, "--hours", 0.5, "--speed", 40, "--days", 2, "--out", tmp_path / "en", "--lang", "en")
    assert english.exit_code == 0
    days = pd.read_csv(tmp_path / "en" / "survey.csv").groupby("Day")["km"].sum()
    assert (days <= 20.1).all()
    assert "uncertainty of the ranks" in english.output


def test_a_day_too_short_says_so_and_writes_nothing(settings, tmp_path):
    done = call(settings, "--km", 0.1, "--out", tmp_path / "none", "--lang", "en")
    assert done.exit_code == 0
    assert "0.1 km do not suffice" in done.output or "settled" in done.output
    assert not (tmp_path / "none").exists()


def test_a_start_that_is_no_place(settings, tmp_path):
    with pytest.raises(UsageError, match="latitude first"):
        call(settings, "--start", "Mã Đà", "--out", tmp_path)
    with pytest.raises(UsageError, match=r"'107.05,11.32': give latitude and longitude .*latitude first"):
        call(settings, "--start", "107.05,11.32", "--out", tmp_path)
    assert _Start().convert("11.32, 107.05", None, None) == (107.05, 11.32)


def test_one_commune_has_no_rank_that_could_be_settled():
    segments = gpd.GeoDataFrame({"kind": ["measure"], "km": [2.0], "day": [1]}, geometry=[None])
    curve, communes = pd.DataFrame({"left": [1.0, 0.6]}), pd.DataFrame({"name": ["Mã Đà", "Phú Lý"]})
    two, one = (SurveyPlan(segments, segments, curve, communes.head(count)) for count in (2, 1))
    assert summary(two, "vi") == "1 ngày, 2,0 km, trong đó đo mới 2,0 km; độ bất định của thứ hạng dự kiến còn 60,0 %."
    assert "the number of learners without signal is expected to fall to 60.0 %" in summary(one, "en")
    assert "rank" not in summary(one, "en")
    assert "hạng" not in summary(one, "vi")
