import dataclasses
import warnings

import openpyxl
import pandas as pd
import pytest

from lomsong.publish.workbook import WorkbookContent, write_workbook

FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(scope="session")
def book_content(content):
    hamlets = content.hamlets.copy()
    hamlets.loc[0, ["name", "learners", "unconnected"]] = [FORMULA, 3, 0]
    hamlets.loc[1, ["learners", "unconnected"]] = [0, 0]
    return WorkbookContent(
        title="Bản đồ vùng lõm sóng", territory="Tỉnh Đồng Nai", issuer="Sở Khoa học và Công nghệ",
        ranking=content.ranking, hamlets=hamlets, schools=content.schools, towers=content.towers, plan=content.plan,
        sources=pd.DataFrame({"source_file": ["a.txt"], "rows_read": [10], "accepted": [7], "rejected": [3]}),
        rejects=pd.DataFrame({"check": ["rsrp"], "count": [3]}),
        settings={"gap": {"usable_dbm": -110.0, "operators": "any"}, "siting": {"forbidden_forest": ("special_use",)}},
        notes=["Mức thu được ước tính bằng kriging."],
    )  # fmt: skip


@pytest.fixture(scope="session")
def book(book_content, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "ranking.xlsx"
    write_workbook(path, book_content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl drops the modern half of a data bar, and says so
        return openpyxl.load_workbook(path)


def column(sheet, heading):
    index = next(cell.column for cell in sheet[4] if cell.value == heading)
    return [row[0] for row in sheet.iter_rows(min_row=5, min_col=index, max_col=index)]


def test_sheets_stand_in_vietnamese_and_in_order(book):
    assert book.sheetnames == ["Tóm tắt", "Xếp hạng xã", "Ấp", "Trường", "Trạm đề xuất", "Dữ liệu", "Phương pháp"]


def test_numbers_are_numbers_under_frozen_filtered_headings(book, content):
    sheet = book["Xếp hạng xã"]
    cells = column(sheet, "Chưa có sóng")
    assert [cell.value for cell in cells] == pytest.approx(content.ranking["unconnected"].tolist())
    assert {cell.number_format for cell in cells} == {"#,##0"}
    assert {cell.number_format for cell in column(sheet, "Tỷ lệ")} == {"0.0%"}
    assert sheet.freeze_panes == "F5"
    assert sheet.auto_filter.ref.startswith("A4:")
    assert any(rule.type == "dataBar" for rules in sheet.conditional_formatting for rule in rules.rules)
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_codes_stay_texts(book):
    assert {cell.data_type for cell in column(book["Xếp hạng xã"], "Mã xã")} == {"s"}


def test_a_formula_in_a_name_stays_a_name(book):
    cell = column(book["Ấp"], "Tên ấp")[0]
    assert (cell.value, cell.data_type, cell.hyperlink) == (FORMULA, "s", None)
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_small_counts_are_hidden_and_zero_is_shown(book):
    learners = column(book["Ấp"], "Người học")
    assert (learners[0].value, learners[1].value) == ("<5", 0)
    assert not [cell.value for cell in learners if isinstance(cell.value, int | float) and 0 < cell.value < 5]


def test_a_hidden_count_takes_its_share_and_interval_along(book_content, tmp_path):
    ranking = book_content.ranking.copy()
    ranking.loc[0, ["unconnected", "share"]] = [2.5, 0.01]
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, ranking=ranking))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Xếp hạng xã"]
    shown = [column(sheet, heading)[0].value for heading in ("Chưa có sóng", "Thấp (5 %)", "Cao (95 %)", "Tỷ lệ")]
    assert shown == ["<5", None, None, None]


def test_quality_and_method_are_written(book):
    assert [cell.value for cell in book["Dữ liệu"][5]] == ["a.txt", 10, 7, 3]
    method = {row[0]: row[1] for row in book["Phương pháp"].iter_rows(values_only=True) if row[0]}
    assert method["gap.usable_dbm"] == -110
    assert method["siting.forbidden_forest"] == "special_use"


def test_english_by_switch_and_only_the_sheets_that_are_given(book_content, tmp_path):
    english = dataclasses.replace(book_content, language="en", hamlets=None, towers=None)
    write_workbook(tmp_path / "r.xlsx", english)
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames == [
        "Summary",
        "Communes",
        "Schools",
        "Data",
        "Method",
    ]


def test_same_content_same_bytes_and_nothing_left_beside(book_content, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, book_content)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_a_failure_keeps_the_old_workbook(book_content, tmp_path):
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(KeyError):
        write_workbook(path, dataclasses.replace(book_content, ranking=pd.DataFrame({"rank": [1]})))
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["r.xlsx"]
