"""A province whose rosters hold no coordinates, end to end, against the same province with them."""

import shutil

import openpyxl
import pandas as pd
import pytest
from docx import Document

from lomsong import pipeline
from lomsong.pipeline.devices import put_in_turn
from lomsong.pipeline.outcome import edition_of

SENTENCE = "Danh sách không ghi toạ độ nhà của khoảng"


@pytest.fixture(scope="module")
def without(small_province, tmp_path_factory):
    """The small province, its households in another order, named by hamlet alone."""
    folder = tmp_path_factory.mktemp("without") / "province"
    shutil.copytree(small_province, folder)
    homes = pd.read_csv(folder / "households.csv.gz", dtype=str)
    homes = homes.drop(columns=["longitude", "latitude", "commune_code"]).iloc[::-1]
    homes.to_csv(folder / "households.csv.gz", index=False)
    return folder


@pytest.fixture(scope="module")
def run(without):
    result = pipeline.run(without / "lomsong.toml")
    return result, pipeline.publish(result, without / "out")


def test_the_ranking_is_near_that_of_known_positions(run, small_province):
    result, _ = run
    known = pipeline.run(small_province / "lomsong.toml")
    assert (result.evidence.households["placed_by"] == "hamlet").all()
    assert result.evidence.households["learners"].sum() == known.evidence.households["learners"].sum()
    told, true = (one.gaps.ranking.set_index("commune_code")["unconnected"] for one in (result, known))
    assert told.sum() == pytest.approx(true.sum(), rel=0.15)
    assert told.corr(true.reindex(told.index), method="spearman") > 0.8


def test_map_workbook_and_brief_say_how_many_were_placed(run, without):
    result, _ = run
    out = without / "out"
    learners = round(result.evidence.households["learners"].sum(), -1)
    shown = f"{SENTENCE} {learners:,} người học (chỉ biết ấp)".replace(",", ".")
    assert shown in (out / "map.html").read_text(encoding="utf-8")
    assert shown in "\n".join(part.text for part in Document(str(out / "brief.docx")).paragraphs)
    cells = {
        row[0]: row[1]
        for sheet in openpyxl.load_workbook(out / "ranking.xlsx", read_only=True)
        for row in sheet.iter_rows(values_only=True, max_col=2)
        if row and row[0]
    }
    assert cells["Người học không có toạ độ nhà, đặt theo ấp (làm tròn)"] == learners


def test_the_internal_edition_tells_which_homes_have_no_position(run):
    result, _ = run
    assert (edition_of(result, internal=True).homes["placed_by"] == "hamlet").all()


def test_no_household_gets_a_device_by_the_chance_of_its_place(run):
    result, _ = run
    content = put_in_turn(result.evidence, result.gaps, result.settings, None)
    each = content.table.groupby("hamlet_id")["p_usable"].nunique()
    assert (each == 1).all()
    assert content.table["p_usable"].nunique() > 3
