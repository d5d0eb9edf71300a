"""`lomsong surface` as a person calls it: the account, the scores, what is written, and how it ends when it cannot."""

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from lomsong import cli, pipeline
from lomsong.surface.validation import SCHEMES


@pytest.fixture(scope="module")
def settings(small_province, tmp_path_factory):
    """Settings of a copy of the small province, beside which the stages of a run are kept."""
    folder = tmp_path_factory.mktemp("field") / "province"
    shutil.copytree(small_province, folder)
    return folder / "lomsong.toml"


@pytest.fixture(scope="module")
def validated(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("validated")
    return folder, call("surface", settings, "--validate", "--out", folder, "--json", folder / "all.json")


def call(*words, width=None):
    env = {} if width is None else {"COLUMNS": str(width)}
    return CliRunner(env=env).invoke(cli.group, [str(word) for word in words], obj={})


def test_the_account_of_each_field_is_printed_and_nothing_written(settings):
    before = sorted(settings.parent.rglob("*.csv"))
    done = call("surface", settings, "--lang", "en")
    assert done.exit_code == 0, done.output
    for operator in ("Viettel", "VinaPhone", "MobiFone"):
        assert f"{operator}: " in done.output
    assert done.output.count("squares measured") == 3
    assert done.output.count("Covariance") == done.output.count("Calibration of the variance") == 3
    assert "RMSE" in done.output
    assert "Brier" not in done.output
    assert sorted(settings.parent.rglob("*.csv")) == before


def test_validation_writes_scores_pictures_and_the_brief(validated):
    folder, done = validated
    assert done.exit_code == 0, done.output
    pictures = {f"reliability_{operator}.png" for operator in ("viettel", "vinaphone", "mobifone")}
    assert {path.name for path in folder.iterdir()} == pictures | {"validation.csv", "brief.docx", "all.json"}
    table = pd.read_csv(folder / "validation.csv", encoding="utf-8-sig")
    assert set(table["operator"]) == {"viettel", "vinaphone", "mobifone"}
    assert set(table["scheme"]) <= set(SCHEMES)
    assert {"blocks", "distances"} <= set(table["scheme"])
    assert table["inside90"].between(0.7, 1).all()
    assert (table["crps_db"] < table["mae_db"]).all()
    assert (table["mae_db"] <= table["rmse_db"]).all()
    assert table["brier"].between(0, 0.3).all()
    for name in pictures:
        assert Image.open(folder / name).size[0] == 1500
    assert done.output.count("Giấu cụm ô xa như") == 3  # a narrow terminal breaks the line after it
    assert str(folder / "brief.docx") in done.output.replace("\n", "")


def test_json_holds_the_figures_of_the_table(validated):
    folder, _ = validated
    content = json.loads((folder / "all.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    table = pd.read_csv(folder / "validation.csv", encoding="utf-8-sig")
    for operator, found in content.items():
        rows = table[table["operator"] == operator]
        scores = found["validation"]["scores"]
        assert [row["scheme"] for row in scores] == rows["scheme"].tolist()
        assert [row["rmse_db"] for row in scores] == pytest.approx(rows["rmse_db"].tolist(), rel=1e-4)
        assert found["field"]["bins"] > 0
        assert found["field"]["calibration"].keys() == {"scale", "power", "local"}
        cells = sum(row["n"] for row in found["validation"]["reliability"])
        assert cells == sum(row["judged"] for row in scores)


def test_only_the_operator_asked_for_and_no_brief_without_the_others(settings, tmp_path):
    done = call(
        "surface", settings, "--validate", "--operator", "viettel", "--out", tmp_path, "--lang", "en", width=160
    )
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"validation.csv", "reliability_viettel.png"}
    assert "MobiFone" not in done.output
    assert "Brier" in done.output
    assert "As far as households lie" in done.output


def test_an_unknown_operator_is_a_fault_of_usage(settings, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["lomsong", "surface", str(settings), "--operator", "vittel", "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("lomsong: no operator 'vittel' in the surveys; there are ")
    assert "viettel" in line


def test_a_run_after_it_computes_no_field_again(validated, settings, monkeypatch):
    def again(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(pipeline, "read", again)
    monkeypatch.setattr(pipeline, "fit_surfaces", again)
    monkeypatch.setattr(pipeline, "find_gaps", again)
    assert len(pipeline.run(settings).gaps.ranking) == 8


def test_the_same_survey_gives_the_same_bytes(validated, settings, tmp_path):
    folder, _ = validated
    assert call("surface", settings, "--validate", "--out", tmp_path).exit_code == 0
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
