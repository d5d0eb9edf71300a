"""The file of challenges: written, answered as people do, read back."""

import shutil

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely import box

from lomsong.errors import ColumnError, DataError, FormatError, MissingFileError
from lomsong.gap.claims.hexagons import ChallengeRules
from lomsong.publish.challenge import (
    ANSWERS,
    COLUMNS,
    ChallengeContent,
    challenge_rows,
    published_hexagons,
    read_replies,
    write_challenge,
    write_hexagons,
)
from lomsong.texts import text, told

HEAD = 5
IDS = ["viettel-4G-8865b1b2c1fffff", "vinaphone-any-8865b1b2c3fffff"]


def hexagons(**columns):
    cells = ["8865b1b2c1fffff", "8865b1b2c3fffff", "8865b1b2c5fffff"]
    frame = {
        "operator": ["viettel", "vinaphone", "viettel"],
        "technology": ["4G", "", "4G"],
        "hexagon": cells,
        "commune_code": ["26170", "26171", "26170"],
        "name": ["=HYPERLINK(\"http://x\")", "Trị An", "Mã Đà"],
        "state": ["overturned", "overturned", "upheld"],
        "tests": [20, 9, 30],
        "failures": [17, 9, 0],
        "share_failed": [0.85, 1.0, 0.0],
        "silent": [2, 9, 0],
        "median_dbm": [-116.35, np.nan, -80.0],
        "worst_dbm": [-124.0, np.nan, -90.0],
        "claimed_dbm": [-105.0, np.nan, np.nan],
        "threshold_dbm": -110.0,
        "first": pd.to_datetime(["2021-10-04 20:00", None, "2021-10-04 01:00"]),
        "last": pd.to_datetime(["2021-10-06 03:00", None, "2021-10-04 02:00"]),
        "occasions": [3, 0, 2],
        "cause": ["below_threshold", "no_service", None],
        "learners": [3.0, 41.0, 2.0],
        "learners_unserved": [2.4, 39.0, 0.1],
        "latitude": [11.3, 11.31, 11.32],
        "longitude": [107.1, 107.11, 107.12],
    }  # fmt: skip
    return gpd.GeoDataFrame({**frame, **columns}, geometry=[box(107, 11, 107.01, 11.01)] * 3, crs=4326)


@pytest.fixture
def issued(tmp_path):
    path = tmp_path / "issued.xlsx"
    write_challenge(path, ChallengeContent("Vùng phủ sóng công bố", "Đồng Nai", hexagons()))
    return path


def answer(issued, cells, language="vi", path=None):
    """Fill cells, given by row of the table and column, as a program of tables does, and save a copy."""
    path = path or issued.with_name("answered.xlsx")
    book = openpyxl.load_workbook(issued)
    sheet = book[text("challenge.sheet", language)]
    names = [*COLUMNS, *ANSWERS]
    for (row, column), value in cells.items():
        sheet.cell(HEAD + 1 + row, names.index(column) + 1, value)
    book.save(path)
    return path


def test_rows_by_hand():
    rows = challenge_rows(ChallengeContent("", "", hexagons()))
    assert rows["challenge_id"].tolist() == IDS
    assert rows["operator"].tolist() == ["Viettel", "VinaPhone"]
    assert rows["technology"].tolist() == ["4G", "không nêu"]
    assert rows["first"].iloc[0] == pd.Timestamp("2021-10-05"), "20:00 UTC is the next day in Viet Nam"
    assert rows["learners"].tolist() == ["<5", 41.0]
    assert rows["cause"].tolist() == ["mức thu dưới ngưỡng", "không có sóng"]
    english = challenge_rows(ChallengeContent("", "", hexagons(), language="en"))
    assert english["cause"].tolist() == ["level below the threshold", "no service"]


def test_the_workbook_holds_numbers_dates_and_no_formula(issued):
    book = openpyxl.load_workbook(issued)
    assert book.sheetnames[:2] == ["Hướng dẫn", "Vùng cần giải trình"]
    assert book["lomsong"].sheet_state == "veryHidden"
    sheet = book["Vùng cần giải trình"]
    names = [*COLUMNS, *ANSWERS]
    row = dict(zip(names, sheet[HEAD + 1], strict=True))
    assert row["commune"].data_type == "s"
    assert row["commune"].value.startswith("=HYPERLINK")
    assert row["tests"].value == 17 + 3
    assert row["median_dbm"].value == -116.35
    assert row["last"].is_date
    assert row["learners"].value == "<5"
    assert sheet.freeze_panes == "B6"
    assert sheet.protection.sheet
    assert [row[name].protection.locked for name in ("tests", *ANSWERS)] == [True, False, False, False, False]
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"list", "date"}
    assert all(cell.data_type != "f" for one in book.worksheets for cells in one for cell in cells)
    guide = " ".join(str(cells[0].value) for cells in book["Hướng dẫn"] if cells[0].value)
    assert "2 ô lục giác" in guide
    assert "25%" in guide


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_guide_says_what_was_asked_of_the_tests(tmp_path, language):
    def guide(rules, square_m=50.0):
        path = tmp_path / "file.xlsx"
        shown = hexagons().head(1)
        write_challenge(path, ChallengeContent("T", "", shown, rules, language, square_m=square_m))
        return " ".join(str(cells[0].value) for cells in openpyxl.load_workbook(path).worksheets[0] if cells[0].value)

    assert "100 m." in guide(ChallengeRules(), square_m=100.0)
    apart = {"vi": "thời điểm cách nhau", "en": "hours apart"}[language]
    assert apart in guide(ChallengeRules())
    assert apart not in guide(ChallengeRules(least_occasions=1)), "one time lies apart from none"
    assert "1 hexagons" not in guide(ChallengeRules())
    sorting = {"vi": "sắp xếp", "en": "sorting"}[language]
    assert sorting not in guide(ChallengeRules()), "Excel sorts no locked cells, whatever the protection allows"


def test_a_row_is_printed_over_two_pages_with_its_identifier_on_each(issued):
    book = openpyxl.load_workbook(issued)
    guide, sheet = book.worksheets[:2]
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight, sheet.print_title_cols) == (2, 0, "$A:$A")
    widths = {at: one.width for one in sheet.column_dimensions.values() for at in range(one.min, one.max + 1)}
    assert (sum(widths.values()) + widths[1]) / 2 < 210, "more on a page could not be read"
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("Vùng phủ sóng công bố", "Trang &P / &N")
    assert guide.page_setup.orientation == "landscape"
    for cells in guide.iter_rows(min_row=5, max_col=1):
        lines = len(str(cells[0].value)) / 95
        assert guide.row_dimensions[cells[0].row].height >= 13 * lines, cells[0].value


def test_the_same_content_gives_the_same_bytes(issued, tmp_path):
    again = tmp_path / "again.xlsx"
    write_challenge(again, ChallengeContent("Vùng phủ sóng công bố", "Đồng Nai", hexagons()))
    assert again.read_bytes() == issued.read_bytes()


def test_not_answered_yet(issued):
    replies = read_replies(issued)
    assert replies["challenge_id"].tolist() == IDS
    assert replies[["reply_kind", "reply", "reply_date", "decision"]].isna().all(axis=None)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_answers_come_back(tmp_path, language):
    path = tmp_path / "issued.xlsx"
    write_challenge(path, ChallengeContent("T", "Đ", hexagons(), language=language))
    answered = answer(
        path,
        {
            (0, "reply_kind"): text("challenge.reply_fixed", language),
            (0, "reply"): "=1+1 là số trạm mới",
            (0, "reply_date"): pd.Timestamp("2021-11-02").to_pydatetime(),
            (1, "reply_kind"): text("challenge.reply_disputed", language),
            (1, "reply_date"): "3/11/2021",
            (1, "decision"): text("challenge.decision_remeasure", language),
        },
        language,
    )
    book = openpyxl.load_workbook(answered)
    book[text("challenge.sheet", language)].cell(HEAD + 1, len(COLUMNS) + 2).data_type = "s"
    book.save(answered)
    replies = read_replies(answered, path)
    assert replies["reply_kind"].tolist() == ["fixed", "disputed"]
    assert replies["reply_date"].tolist() == [pd.Timestamp("2021-11-02"), pd.Timestamp("2021-11-03")]
    assert replies["reply"].tolist() == ["=1+1 là số trạm mới", None]
    assert replies["decision"].tolist() == [None, "remeasure"]


def test_sorted_rows_are_the_same_rows(issued):
    book = openpyxl.load_workbook(issued)
    sheet = book["Vùng cần giải trình"]
    first, second = ([cell.value for cell in sheet[row]] for row in (HEAD + 1, HEAD + 2))
    for column, (one, other) in enumerate(zip(first, second, strict=True), start=1):
        for row, value in ((HEAD + 1, other), (HEAD + 2, one)):
            sheet.cell(row, column).value = value
            if isinstance(value, str):
                sheet.cell(row, column).data_type = "s"
    path = issued.with_name("sorted.xlsx")
    book.save(path)
    assert read_replies(path)["challenge_id"].tolist() == IDS


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({(0, "failures"): 2}, [IDS[0], "Failed", "'17'", "'2'"]),
        ({(1, "learners"): "<5"}, [IDS[1], "Learners", "'41'"]),
        ({(1, "first"): pd.Timestamp("2021-10-05").to_pydatetime()}, [IDS[1], "First tested"]),
        ({(0, "challenge_id"): "viettel-4G-made-up"}, [f"{IDS[0]}: the row is gone", "made-up: the row was not"]),
        ({(0, "challenge_id"): IDS[1]}, [f"{IDS[1]}: the row stands twice", f"{IDS[0]}: the row is gone"]),
        ({(0, "reply_kind"): "có lẽ"}, ["'có lẽ' is not in the list"]),
        ({(0, "reply_date"): "sớm"}, ["'sớm' is no date"]),
        ({(0, "tests"): 21, (1, "reply_date"): "31/02/2021"}, ["2 cells", "'21'", "31/02/2021"]),
    ],
)
def test_what_was_altered_is_told_cell_by_cell(issued, cells, words):
    path = answer(issued, cells)
    for kept in (None, issued):
        with pytest.raises(DataError) as error:
            read_replies(path, kept)
        assert all(word in str(error.value) for word in words)
        assert told(error.value, "vi") != str(error.value)


def test_a_forged_record_is_seen_by_the_file_that_was_sent(issued):
    path = answer(issued, {(0, "failures"): 2})
    book = openpyxl.load_workbook(path)
    book["lomsong"].cell(2, list(COLUMNS).index("failures") + 1, "2")
    book.save(path)
    assert len(read_replies(path)) == 2
    with pytest.raises(DataError, match="'17'"):
        read_replies(path, issued)


def test_files_that_are_no_answer(issued, tmp_path):
    with pytest.raises(MissingFileError):
        read_replies(tmp_path / "nowhere.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(FormatError):
        read_replies(tmp_path / "text.xlsx")
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(FormatError, match="hidden sheet"):
        read_replies(tmp_path / "other.xlsx")
    with pytest.raises(FormatError, match="no table of challenges"):
        read_replies(tmp_path / "other.xlsx", issued)
    book = openpyxl.load_workbook(issued)
    book["Vùng cần giải trình"].delete_cols(3)
    book.save(tmp_path / "cut.xlsx")
    with pytest.raises(ColumnError, match="Công nghệ công bố"):
        read_replies(tmp_path / "cut.xlsx")
    book = openpyxl.load_workbook(issued)
    book["Vùng cần giải trình"].cell(1_000_000, 16_000, "x")
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(DataError, match="larger"):
        read_replies(tmp_path / "far.xlsx")


def test_no_challenge_at_all(tmp_path):
    path = tmp_path / "none.xlsx"
    write_challenge(path, ChallengeContent("T", "Đ", hexagons(state="open")))
    assert len(read_replies(path)) == 0


def test_hexagons_published_before_still_tell_which_counts_are_small():
    published = ChallengeContent("T", "Đ", published_hexagons(hexagons()))
    assert challenge_rows(published)["learners"].tolist() == ["<5", 41]


def test_a_count_that_would_give_the_few_beside_a_published_square_back_is_missing():
    square = gpd.GeoDataFrame(
        {"learners": [39], "cell_m": [250.0]}, geometry=gpd.points_from_xy([107.005], [11.005]), crs=4326
    )
    published = published_hexagons(hexagons(), cells=square)
    assert published[["learners", "learners_unserved"]].isna().all(axis=None)
    rows = challenge_rows(ChallengeContent("T", "Đ", published))
    assert rows["learners"].fillna("").tolist() == ["<5", ""]


def test_the_layer_hides_few_learners(tmp_path):
    write_hexagons(tmp_path / "claims.gpkg", hexagons())
    layer = gpd.read_file(tmp_path / "claims.gpkg", layer="claims")
    assert len(layer) == 3
    assert layer["learners"].isna().tolist() == [True, False, True]
    assert layer["learners_suppressed"].tolist() == [True, False, True]
    assert layer["learners_unserved"].isna().tolist() == [True, False, True]
    first = tmp_path / "first.gpkg"
    shutil.move(tmp_path / "claims.gpkg", first)
    write_hexagons(tmp_path / "claims.gpkg", hexagons())
    assert first.read_bytes() == (tmp_path / "claims.gpkg").read_bytes()
