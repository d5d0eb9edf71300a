import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner
from rich.console import Console

from lomsong.cli.site import print_study, site, summary
from lomsong.errors import UsageError
from lomsong.pipeline.study import Study, write_study
from lomsong.pipeline.towers import Towers, Wish


@pytest.fixture
def study():
    towers = gpd.GeoDataFrame(
        {
            "candidate_id": ["C00001", "E-VTL1"], "order": [1, 2], "learners_gained": [120.4, 3.2],
            "learners_reached": [120.4, 60.0], "only_it": [60.0, 3.2], "cumulative": [120.4, 123.6],
            "azimuths_deg": ["0/120/240", "10/130/250"], "power": ["grid", "existing"], "capital": [1_800.0, 780.0],
            "substitute": ["C00002", ""], "substitute_loss": [12.0, 3.2], "year": [1, 2],
        },
        geometry=gpd.points_from_xy([107.0, 107.1], [11.0, 11.1]), crs=4326,
    )  # fmt: skip
    plan = Towers(
        towers, towers[:0], 123.6, 125.0, 0.0113, "feasible", 121.0, 100.0, 140.0, 400.0, 300.0, True, 4.0,
        pd.DataFrame({"sites": [1, 2], "learners": [120.4, 123.6], "bound": [120.4, 125.0]}),
    )  # fmt: skip
    prices = pd.DataFrame(
        [("as_asked", 9, 123.6, 125.0, 0.0, 0.0, 0.0), ("forest", 12, 200.0, 200.0, 76.4, 75.0, 76.4),
         ("grid_required", 4, 90.0, 90.0, -33.6, -35.0, -33.6)],
        columns=["constraint", "candidates", "learners", "bound", "price", "price_low", "price_high"],
    )  # fmt: skip
    regret = pd.DataFrame({"regret": [0.0, 0.1]})
    thresholds = pd.DataFrame({"usable_dbm": [-110.0], "unconnected": [400.0], "learners": [121.0], "best": [121.0]})
    return Study(plan, prices, regret, thresholds)


@pytest.mark.parametrize(("language", "words"), [("vi", ("Trạm đề xuất", "rừng", "lưới")), ("en", ("grid", "forest"))])
def test_everything_is_said_and_small_counts_are_hidden(study, language, words):
    console = Console(record=True, width=160)
    print_study(console, study, Wish(), 5, language)
    told = console.export_text()
    for part in (*words, "C00001", "120", "<5", "76", "−34"):
        assert part in told, part
    assert "3.2" not in told.replace(",", ".")


def test_the_sentence_of_a_cover_tells_money(study):
    assert "million VND" in summary(study.towers, Wish(cover=0.9), "en")
    assert "90 % interval 100–140" in summary(study.towers, Wish(), "en")


def test_tables_are_written(study, tmp_path):
    table = pd.DataFrame(study.towers.towers.drop(columns="geometry"))
    paths = write_study(study, tmp_path / "new", table)
    assert [path.name for path in paths] == ["towers.csv", "curve.csv", "prices.csv", "worlds.csv", "thresholds.csv"]
    assert pd.read_csv(paths[2])["price"].tolist() == [0.0, 76.4, -33.6]
    assert pd.read_csv(paths[1])["learners"].tolist() == [120.4, 123.6]
    hidden = write_study(study, tmp_path / "hidden", table.assign(learners_gained_suppressed=[False, True]))
    assert pd.read_csv(hidden[1])["learners"].tolist() == [120.0, 120.0]


def test_one_question_at_a_time(tmp_path):
    file = tmp_path / "lomsong.toml"
    file.write_text("")
    asked = CliRunner().invoke(site, [str(file), "--sites", "3", "--budget", "10"])
    assert isinstance(asked.exception, UsageError)
    assert "only one of" in str(asked.exception)
