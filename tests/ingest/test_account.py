"""Files of which no row can be used are a fault, told with the check that most rows failed."""

import gzip
import shutil

import pandas as pd
import pytest

from lomsong.errors import DataError
from lomsong.ingest import read_evidence, read_files, read_handovers
from lomsong.ingest.account import require_rows
from lomsong.ingest.files.opening import split_layer
from lomsong.pipeline.devices import ledger_of
from lomsong.pipeline.fields import hash_inputs
from lomsong.settings import load


@pytest.fixture
def project(small_province, tmp_path):
    """The small province with its tables to spoil, one at a time."""
    for path in small_province.iterdir():
        if not path.name.startswith(".") and path.name != "lomsong.toml":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def spoilt(project, small_province, old, new):
    settings = project / "lomsong.toml"
    text = (small_province / "lomsong.toml").read_text(encoding="utf-8")
    assert old in text
    settings.write_text(text.replace(old, new), encoding="utf-8")
    return settings


def test_households_of_which_none_can_be_used(project, small_province):
    homes = pd.read_csv(small_province / "households.csv.gz")
    homes.assign(learners=-3).to_csv(project / "none.csv", index=False)
    settings = spoilt(project, small_province, '"households.csv.gz"', '"none.csv"')
    evidence, account = read_evidence(settings, load(settings), "en")
    assert evidence is None
    (told,) = map(str, account.faults)
    assert told.startswith(f"none.csv: all {len(homes)} rows were rejected, {len(homes)} of them for count_invalid")
    assert "(first in row 2, learners: -3, limit 0…): Must be a whole number" in told
    assert account.sources.set_index("source_file")["rejected"]["none.csv"] == len(homes)
    (same,) = map(str, read_files([project / "none.csv"]).faults)
    assert same == told
    homes.assign(learners=[1, *[-3] * (len(homes) - 1)]).to_csv(project / "none.csv", index=False)
    assert not read_files([project / "none.csv"]).faults


def test_logs_of_which_one_can_be_used_are_no_fault(project, small_province):
    with gzip.open(small_province / "surveys" / "viettel.txt.gz", "rt", encoding="utf-8") as log:
        lines = log.read().splitlines()
    rows = ["\t".join([when, "", "", *rest]) for when, _, _, *rest in (line.split("\t") for line in lines[1:])]
    (project / "lost.txt").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    first = '"surveys/viettel.txt.gz"'
    rest = ', "surveys/vinaphone.txt.gz", "surveys/mobifone.txt.gz"'
    settings = spoilt(project, small_province, first, '"lost.txt"')
    assert not read_evidence(settings, load(settings), "en")[1].faults
    settings = spoilt(project, small_province, first + rest, '"lost.txt"')
    (told,) = map(str, read_evidence(settings, load(settings), "en")[1].faults)
    assert told.startswith("lost.txt: all ")
    assert "position_missing" in told


def test_a_ledger_of_which_no_row_can_be_used_hands_nothing_out_twice(project, small_province):
    ledger = pd.read_csv(small_province / "handovers.csv")
    ledger.assign(event="borrowed").to_csv(project / "ledger.csv", index=False)
    settings = spoilt(project, small_province, '"handovers.csv"', '"ledger.csv"')
    reading = read_handovers(project / "ledger.csv", "en")
    assert reading.sources["accepted"].sum() == 0
    with pytest.raises(DataError, match=r"ledger\.csv: all \d+ rows were rejected"):
        require_rows(reading)
    with pytest.raises(DataError, match=r"ledger\.csv: all \d+ rows were rejected"):
        ledger_of(settings, load(settings))


def test_folders_may_be_called_as_people_call_them(small_province, tmp_path):
    folder = tmp_path / "Đồng Nai #1 [50%] & (mới)"
    folder.mkdir()
    for path in small_province.iterdir():
        if not path.name.startswith(".") and path.name != "lomsong.toml":
            (folder / path.name).symlink_to(path)
    shutil.copytree(small_province / "surveys", folder / "đo #2 [a]")
    settings = spoilt(folder, small_province, '"surveys/viettel.txt.gz"', '"đo #2 [a]/v*.gz"')
    evidence, account = read_evidence(settings, load(settings), "en")
    assert not account.faults
    assert {"roads", "forest"} <= evidence.lines.keys()
    hashed = hash_inputs(settings, load(settings).inputs)
    assert {"đo #2 [a]/viettel.txt.gz", "communes.gpkg", "layers.gpkg", "households.csv.gz"} <= hashed.keys()


def test_a_layer_is_split_from_a_file_and_not_from_a_folder(tmp_path):
    folder = tmp_path / "a #1"
    folder.mkdir()
    (folder / "b.gpkg").touch()
    (folder / "c#2.csv").touch()
    assert split_layer(f"{folder}/b.gpkg#x#y") == (f"{folder}/b.gpkg", "x#y")
    assert split_layer(f"{folder}/c#2.csv") == (f"{folder}/c#2.csv", None)
    assert split_layer(f"{folder}/none.gpkg#x") == (f"{folder}/none.gpkg", "x")
    assert split_layer(f"{folder}/none.gpkg") == (f"{folder}/none.gpkg", None)
