import math
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from rich.console import Console

from lomsong.cli.site import overrides, print_study, site, written
from lomsong.errors import UsageError
from lomsong.pipeline.towers import Towers
from lomsong.pipeline.towers.shared import Saving
from lomsong.pipeline.towers.study import Study, write_study
from lomsong.publish.cards import CardContent


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
    prices = pd.DataFrame(
        [("as_asked", 9, 123.6, 125.0, 0.0, 0.0, 0.0), ("forest", 12, 200.0, 200.0, 76.4, 75.0, 76.4),
         ("grid_required", 4, 90.0, 90.0, -33.6, -35.0, -33.6)],
        columns=["constraint", "candidates", "learners", "bound", "price", "price_low", "price_high"],
    )  # fmt: skip
    plan = Towers(
        towers, gpd.GeoDataFrame({"reasons": ["forest", "forest+steep"]}), 123.6, 125.0, 0.0113, "feasible", 121.0,
        100.0, 140.0, 400.0, 300.0, True, 4.0,
        pd.DataFrame({"sites": [1, 2], "learners": [120.4, 123.6], "bound": [120.4, 125.0]}), prices,
        pd.DataFrame({"why": ["refused", "no_ground"], "learners": [90.0, 3.0], "commune_code": ["26200", "26203"]}),
    )  # fmt: skip
    thresholds = pd.DataFrame({"usable_dbm": [-110.0], "unconnected": [400.0], "learners": [121.0], "best": [121.0]})
    costs = pd.DataFrame({"share": [0.5], "learners": [150.0], "sites": [2], "cost": [2_580.0], "bound": [2_500.0]})
    shared = pd.DataFrame(
        [("viettel", 3, 0, 6_000.0, 6_000.0), ("mobifone", 2, 0, 4_000.0, 4_000.0), ("", 3, 2, 7_000.0, 6_500.0)],
        columns=["operator", "sites", "shared", "capital", "bound"],
    )
    saving = Saving(0.5, shared, 3_000.0, 3_000.0, 3_500.0)
    return Study(plan, pd.DataFrame({"regret": [0.0, 0.1]}), thresholds, costs, saving)


@pytest.fixture
def content(study):
    names = ("objective", "bound", "gap", "gain", "gain_low", "gain_high", "unconnected", "repaired", "backhaul_price")
    plan = {name: getattr(study.towers, name) for name in names} | {"cover": 0.0, "grid_km": 0.5}
    return CardContent("T", "Đ", study.towers.towers, plan, study.towers.prices, communes={"26200": "Mã Đà"})


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ("Trạm đề xuất", "rừng bị cấm 2", "dốc quá 1", "Mã Đà", "chỉ vị trí bị từ chối", "tiết kiệm 3.000",
                "2.580", "1.800")),
        ("en", ("forbidden forest 2", "grid", "only refused positions", "5 sites and 10,000 million VND apart",
                "3 sites (2 shared masts)", "2,580", "1,800")),
    ],
)  # fmt: skip
def test_everything_is_said_and_small_counts_are_hidden(study, content, language, words):
    console = Console(record=True, width=160)
    print_study(console, study, CardContent(**{**vars(content), "language": language}))
    told = console.export_text()
    for part in (*words, "C00001", "120", "<5", "80", "−30"):
        assert part in told, part
    assert not any(exact in told.replace(",", ".") for exact in ("3.2", "123.6", "124")), "tens do not give it back"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_narrow_terminal_shows_every_position_whole(study, content, language):
    console = Console(record=True, width=80)
    print_study(console, study, CardContent(**{**vars(content), "language": language}))
    told = console.export_text()
    for part in ("C00001", "E-VTL1", "C00002", "10/130/250", "1.800" if language == "vi" else "1,800"):
        assert part in told, part


@pytest.mark.parametrize("told", ["0,9", "0.9"])
def test_a_share_may_have_a_decimal_comma(told):
    cover = next(option for option in site.params if option.name == "cover")
    assert cover.type.convert(told, cover, None) == 0.9


def test_tables_are_written(study, content, tmp_path):
    table = pd.DataFrame(study.towers.towers.drop(columns="geometry"))
    paths = write_study(study, tmp_path / "new", table)
    names = ["towers.csv", "curve.csv", "prices.csv", "worlds.csv", "thresholds.csv", "costs.csv", "sharing.csv"]
    assert [path.name for path in paths] == names
    assert pd.read_csv(paths[2])["price"].tolist() == [0.0, 76.4, -33.6]
    assert pd.read_csv(paths[1])["learners"].tolist() == [120.4, 123.6]
    hidden = write_study(study, tmp_path / "hidden", table.assign(learners_gained_suppressed=[False, True]))
    assert pd.read_csv(hidden[1])["learners"].tolist() == [120.0, 120.0]
    exact, coarse = (pd.read_csv(path)["bound"] for path in (paths[1], hidden[1]))
    assert coarse.tolist() == [10 * math.ceil(bound / 10) for bound in exact], "a bound stays one"
    assert pd.read_csv(hidden[2])["learners"].tolist() == [120.0, 200.0, 90.0]
    assert "price_low" not in pd.read_csv(hidden[2])


def test_what_another_plan_left_is_not_taken_for_this_ones(study, content, tmp_path):
    everything = {path.name for path in written(study, content, tmp_path)}
    assert everything == {path.name for path in tmp_path.iterdir()} > {"cards.xlsx", "sites.kmz", "costs.csv"}
    none = replace(study.towers, towers=study.towers.towers[:0])
    quick = replace(study, towers=none, costs=pd.DataFrame(), saving=None)
    left = {path.name for path in written(quick, replace(content, towers=none.towers), tmp_path)}
    assert (
        left
        == {path.name for path in tmp_path.iterdir()}
        == {"curve.csv", "prices.csv", "worlds.csv", "thresholds.csv"}
    )


def test_options_stand_in_place_of_settings():
    assert overrides({"sites": None, "communes": (), "no_backhaul": False}) == {}
    assert overrides({"sites": 3}) == {"sites": 3, "budget": 0.0, "cover": 0.0}
    assert overrides({"budget": 9.0}) == {"budget": 9.0, "cover": 0.0}
    assert overrides({"cover": 0.5, "max_grid_km": 2.0, "no_backhaul": True}) == {
        "cover": 0.5, "budget": 0.0, "max_grid_m": 2_000.0, "backhaul": False,
    }  # fmt: skip
    assert overrides({"heights_m": (30.0, 42.0), "required": ("C1",)}) == {
        "heights_m": (30.0, 42.0), "required": ("C1",),
    }  # fmt: skip
    assert overrides({"max_grid_km": 0.0}) == {"max_grid_m": 0.0}, "nought lifts what the settings ask"
    with pytest.raises(UsageError, match="only one of"):
        overrides({"sites": 3, "budget": 10.0})
