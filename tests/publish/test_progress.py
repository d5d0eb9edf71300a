import dataclasses

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Point, box

from lomsong.gap.progress import CLASSES, Progress
from lomsong.publish.progress import (
    ProgressContent,
    account,
    notes_of,
    progress_totals,
    published_progress,
    write_progress,
)
from lomsong.texts import Phrase


def row(code, operator="any", **changed):
    figures = {
        "learners": 300.0, "compared": 200.0, "newly_measured": 60.0, "no_longer_measured": 40.0, "unmeasured": 0.0,
        "unconnected_before": 90.0, "unconnected_before_low": 70.0, "unconnected_before_high": 110.0,
        "unconnected_after": 50.0, "unconnected_after_low": 30.0, "unconnected_after_high": 60.0,
        "net": 40.0, "net_low": 20.0, "net_high": 60.0, "gained": 50.0, "lost": 10.0, "noise": 3.0, "closed": 45.0,
        "closed_shown": 30.0, "new": 6.0, "new_shown": 0.0, "persisting": 40.0, "p_value": 0.01,
        "verdict": "improved",
    }  # fmt: skip
    return {"commune_code": code, "name": "=Mã Đà", "operator": operator, **figures, **changed}


@pytest.fixture
def content():
    communes = pd.DataFrame([row("1"), row("2", gained=42.0, lost=2.0), row("1", "viettel"), row("2", "viettel")])
    totals = communes.iloc[[0, 2]].drop(columns=["commune_code", "name"]).reset_index(drop=True)
    progress = Progress(pd.DataFrame(), communes, totals, pd.DataFrame())
    shapes = gpd.GeoDataFrame(
        {"commune_code": ["1", "2"], "name": ["=Mã Đà", "Phú Lý"]},
        geometry=[box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)], crs=4326,
    )  # fmt: skip
    cells = gpd.GeoDataFrame(
        {"learners": [12], "cell_m": [250.0], "unconnected_before": [7.0], "unconnected_after": [2.0],
         "change_any": ["closed"], "shown_any": [True]},
        geometry=[Point(107.05, 11.05)], crs=4326,
    )  # fmt: skip
    return ProgressContent(
        progress, cells, shapes, {"viettel": "Viettel"}, learners=311, usable_dbm=-110.0, territory="Đồng Nai",
        notes=(Phrase("progress.note_repeated", {"count": 2}),),
    )  # fmt: skip


def test_what_gives_back_a_hidden_count_goes_with_it():
    table = pd.DataFrame(
        [
            row("1", lost=2.0, gained=42.0),
            row("2", newly_measured=3.0, compared=257.0),
            row("3", unconnected_after=4.0, net=86.0),
            row("4", unconnected_before=3.0, unconnected_after=2.0, net=1.0),
        ]
    )
    published = published_progress(table)
    assert published.loc[0, ["gained", "lost"]].isna().all()
    assert published.loc[0, "lost_suppressed"]
    assert not published.loc[0, "gained_suppressed"]
    assert published.loc[0, "net"] == 40
    assert published.loc[1, ["newly_measured", "no_longer_measured"]].isna().all()
    assert published.loc[1, ["learners", "compared"]].tolist() == [300, 257]
    assert published.loc[2, ["unconnected_after", "unconnected_after_high", "net"]].isna().all()
    assert published.loc[3, "net"] == 1
    assert table.loc[0, "lost"] == 2


def test_nothing_is_hidden_in_the_internal_edition():
    published = published_progress(pd.DataFrame([row("1", lost=2.0)]), below=0)
    assert published.loc[0, ["lost", "gained", "net"]].tolist() == [2, 50, 40]


def test_totals_are_rounded_with_their_sign(content):
    progress = dataclasses.replace(content.progress, totals=content.progress.totals.assign(net=-1_234.0))
    totals = progress_totals(dataclasses.replace(content, progress=progress))
    assert totals["net"].tolist() == [-1230, -1230]
    assert totals["verdict"].tolist() == ["improved", "improved"]


def test_the_account_names_who_was_not_compared(content):
    assert dict(account(content)) == {
        "So sánh được": 200, "Chỉ đợt sau có đo": 60, "Chỉ đợt trước có đo": 40, "Không đợt nào đo đủ": 0,
        "Ở nhóm quá nhỏ để công bố": 10, "Tất cả": 310,
    }  # fmt: skip


def test_files_hold_the_same_and_no_text_is_run(content, tmp_path):
    paths = write_progress(content, tmp_path)
    assert [path.name for path in paths] == ["progress.csv", "progress.gpkg", "progress.xlsx"]
    table = pd.read_csv(paths[0], encoding="utf-8-sig")
    assert table["name"].tolist() == ["'=Mã Đà"] * 4
    assert table["gained"].isna().tolist() == [False, True, False, False]
    cells = gpd.read_file(paths[1], layer="places")
    assert np.isnan(cells["unconnected_after"]).all()
    book = openpyxl.load_workbook(paths[2])
    assert book.sheetnames == ["Tóm tắt", "Theo xã", "Theo nhà mạng"]
    sheet = book["Theo xã"]
    headings = [cell.value for cell in sheet[5]]
    values = dict(zip(headings, [cell.value for cell in sheet[7]], strict=True))
    assert values["Xã"] == "=Mã Đà"
    assert sheet["A7"].data_type == "s"
    assert values["Bị mất"] == "<5"
    assert values["Được thêm"] is None
    assert values["Kết luận"] == "tiến bộ"
    shown = [cell.value for line in book["Tóm tắt"].iter_rows() for cell in line if cell.value is not None]
    assert set(notes_of(content)) <= set(shown)
    assert "“<5”; số nào giúp suy ra số đã ẩn thì để trống" in notes_of(content)[-1]
    width_in = sum((one.max - one.min + 1) * (7 * one.width + 5) for one in sheet.column_dimensions.values()) / 96
    printed_in = 11.69 - sheet.page_margins.left - sheet.page_margins.right
    assert 10 * printed_in / width_in > 5.5, "points of a letter on paper"
    assert "Bất kỳ" in shown


@pytest.mark.parametrize(("language", "level"), [("vi", "−107,5 dBm"), ("en", "−107.5 dBm")])
def test_a_threshold_between_two_whole_ones_is_written_as_the_language_does(content, language, level):
    note = Phrase("progress.note_threshold", {"a": -107.5, "b": -110.0, "used": -107.5})
    told = notes_of(dataclasses.replace(content, usable_dbm=-107.5, notes=(note,), language=language))
    assert all(level in one for one in told[:2])
    assert "−110 " in told[0] and "−110." not in told[0]


def test_the_same_content_gives_the_same_bytes(content, tmp_path):
    first, second = (write_progress(content, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_every_class_and_verdict_has_its_words(content):
    english = dataclasses.replace(content, language="en")
    assert len({note for one in (content, english) for note in notes_of(one)}) == 6
    from lomsong.publish.progress import worded_value

    words = {worded_value("change", name, content) for name in CLASSES}
    assert len(words) == len(CLASSES)
    assert not words & set(CLASSES)
