import pandas as pd
import pytest
import xlsxwriter

from lomsong.devices import balance
from lomsong.errors import ColumnError
from lomsong.ingest import read_files, read_handovers
from lomsong.ingest.templates import templates
from lomsong.tables import HANDOVERS

ROWS = [
    ["STT", "Họ và tên", "Mã máy", "Mã hộ", "Ngày giao", "Tình trạng", "Loại thiết bị"],
    ["1", "Lê Văn A", "T1", "H1", "06/09/2021", "Đã giao", "máy tính bảng"],
    ["2", "Lê Thị B", "T2", "H2", "7-9-2021", "", "điện thoại"],
    ["3", "Lê Thị B", "T2", "H2", "20/9/2021", "Thu hồi", "điện thoại"],
    ["4", "", "T3", "", "06/09/2021", "Đã giao", ""],
    ["5", "", "T4", "H4", "hôm qua", "Hỏng", ""],
    ["6", "", "T5", "H5", "06/09/2021", "cho mèo", ""],
    ["7", "Lê Văn A", "T1", "H1", "06/09/2021", "Đã giao", "máy tính bảng"],
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "so_ban_giao.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
    return path


def test_a_ledger_as_an_office_keeps_it(file):
    reading = read_handovers(file)
    HANDOVERS.check(reading.table, "handovers")
    assert reading.table["date"].tolist() == ["2021-09-06", "2021-09-07", "2021-09-20"]
    assert reading.table["event"].tolist() == ["given", "given", "returned"]
    assert reading.source_row == (2, 3, 4)
    charged = reading.rejects.set_index("source_row")["check"].to_dict()
    assert charged == {5: "code_missing", 6: "date_unreadable", 7: "value_unknown", 8: "duplicate"}
    source = reading.sources.iloc[0]
    assert source["rows_read"] == source["accepted"] + source["rejected"] == 7
    assert "personal_data" in set(reading.flags["check"])
    assert "Lê" not in reading.table.to_csv() + reading.rejects.to_csv() + reading.flags.to_csv()
    assert balance(reading.table)["given"].to_dict() == {"H1": 1}


@pytest.mark.parametrize(
    ("written", "event"),
    [
        ("x", "given"), ("Đã cấp máy", "given"), ("Bàn giao máy tính bảng cho học sinh", "given"),
        ("Mới 100%", "given"), ("Tốt", "given"), ("Thu hồi máy", "returned"), ("Đã trả lại", "returned"),
        ("Hỏng màn hình", "broken"), ("bị mất máy", "lost"), ("chưa giao", None), ("không nhận", None),
        ("máy tính bảng", None),
    ],
)  # fmt: skip
def test_events_as_offices_write_them(tmp_path, written, event):
    path = tmp_path / "so.csv"
    path.write_text(f"Mã máy,Mã hộ,Ngày giao,Tình trạng\nT1,H1,06/09/2021,{written}\n", encoding="utf-8")
    reading = read_handovers(path)
    assert reading.table["event"].tolist() == ([event] if event else [])
    assert reading.rejects["check"].tolist() == ([] if event else ["value_unknown"])


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "đã giao, thu hồi, hỏng, mất"), ("en", "given, returned, broken, lost")]
)
def test_an_event_not_understood_is_answered_in_the_words_of_the_template(tmp_path, language, words):
    path = tmp_path / "so.csv"
    path.write_text("Mã máy,Mã hộ,Ngày giao,Tình trạng\nT1,H1,06/09/2021,cho mèo\n", encoding="utf-8")
    assert read_handovers(path, language).rejects["limit"].tolist() == [words]


def test_a_device_given_back_and_out_again_on_one_day_is_given(tmp_path):
    path = tmp_path / "so.csv"
    lines = "T1,H1,06/09/2021,Đã giao\nT1,H1,06/09/2021,Thu hồi\nT1,H1,06/09/2021,Đã giao\n,H2,06/09/2021,Đã giao\n"
    for times, repeated in ((1, 0), (2, 2)):  # the whole list pasted twice: T1 is given, and given, then H2
        path.write_text("Mã máy,Mã hộ,Ngày giao,Tình trạng\n" + times * lines, encoding="utf-8")
        reading = read_handovers(path)
        assert balance(reading.table)["given"].to_dict() == {"H1": 1, "H2": 1}
        assert reading.rejects["check"].tolist() == ["duplicate"] * repeated
    lines = "T1,H1,06/09/2021,Đã giao\nT2,H2,06/09/2021,Đã giao\nT1,H1,07/09/2021,Thu hồi\n"
    path.write_text("Mã máy,Mã hộ,Ngày giao,Tình trạng\n" + 2 * lines, encoding="utf-8")
    assert read_handovers(path).rejects["source_row"].tolist() == [5, 6, 7], "of each device the same twice"


def test_who_got_some_device_some_day_is_served(tmp_path):
    path = tmp_path / "so.csv"
    path.write_text(
        "Mã máy,Mã hộ,Ngày giao,Tình trạng\nT1,H1,06/09/2021,\n,H2,07/09/2021,Đã giao\n,H3,07/09/2021,\n"
        "T4,H4,hôm qua,Đã giao\nT5,H5,9/2021,\n,H1,08/09/2021,Thu hồi\nT4,H4,08/09/2021,Thu hồi\nT1,H1,,Hỏng\n",
        encoding="utf-8",
    )
    reading = read_handovers(path)
    HANDOVERS.check(reading.table, "handovers")
    assert reading.table["device_id"].tolist() == ["T1", "?3", "?4", "T4", "T5", "T4"]
    assert reading.table["date"].isna().tolist() == [False, False, False, True, True, False]
    flag = reading.flags.set_index("check").loc["handover_incomplete"]
    assert (flag["rows"], flag["first_row"]) == (4, 3)
    assert reading.rejects.set_index("source_row")["check"].to_dict() == {7: "code_missing", 9: "date_unreadable"}
    assert balance(reading.table)["given"].to_dict() == {"H1": 1, "H2": 1, "H3": 1, "H5": 1}  # H4 gave it back


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_template_as_it_comes_is_a_ledger_of_nothing(tmp_path, language):
    path = tmp_path / "so.xlsx"
    path.write_bytes(templates(language)["handovers.xlsx"])
    reading = read_handovers(path, language)
    HANDOVERS.check(reading.table, "handovers")
    assert len(reading.table) == reading.rows_read == 0
    assert balance(reading.table).empty


def test_any_file_is_told_a_ledger_by_its_columns(file):
    account = read_files([str(file)])
    assert account.sources["table"].tolist() == ["handovers"]


def test_without_dates_it_is_refused(tmp_path):
    path = tmp_path / "so.csv"
    path.write_text("Mã máy,Mã hộ\nT1,H1\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="date"):
        read_handovers(path)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_template_offers_words_that_are_read(tmp_path, language):
    words = pd.read_excel(_saved(tmp_path, templates(language)["handovers.xlsx"]), sheet_name=1)
    offered = words.set_index(words.columns[1]).loc["event"].iloc[3].split(", ")
    path = tmp_path / "so.csv"
    rows = "".join(f"T{n},H{n},06/09/2021,{word}\n" for n, word in enumerate(offered))
    path.write_text("device_id,household_id,date,event\n" + rows, encoding="utf-8")
    assert read_handovers(path).table["event"].tolist() == list(HANDOVERS["event"].choices)


def _saved(folder, content):
    path = folder / "template.xlsx"
    path.write_bytes(content)
    return path


def test_devices_without_a_code_on_two_sheets_are_two(tmp_path):
    path = tmp_path / "so.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, household in (("Đợt 1", "H1"), ("Đợt 2", "H2")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Mã máy", "Mã hộ", "Ngày giao"])
            sheet.write_row(1, 0, ["", household, "06/09/2021"])
    assert read_handovers(path).table["device_id"].nunique() == 2
