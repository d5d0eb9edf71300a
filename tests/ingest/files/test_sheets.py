import datetime
import gzip
import io
import struct
import unicodedata
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import ColumnError, DataError, FormatError, LomsongError
from lomsong.ingest.files import sheets
from lomsong.ingest.files.columns import find_headings, footer_start, is_numbering, is_total, match_columns
from lomsong.ingest.files.compound import extents
from lomsong.ingest.files.opening import dates, numbers, read_layer, read_table, read_text
from lomsong.ingest.files.sources import Source, source
from lomsong.ingest.files.workbooks import OLE_MAGIC, cell_text
from lomsong.tables import DECLARED, HANDOVERS, HOUSEHOLDS, LEARNERS, SCHOOLS, SITES

from .test_encodings import ENCODERS

TONES = "\u0300\u0301\u0303\u0309\u0323"


def series(*values):
    return pd.Series(values, dtype="string")


def workbook(path, rows, merged=(), title="Sheet", more=()):
    book = openpyxl.Workbook()
    book.active.title = title
    for name, lines in ((title, rows), *more):
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    for area in merged:
        book[title].merge_cells(area)
    book.save(path)
    return path


REAL = [
    ["UBND TỈNH ĐỒNG NAI"],
    ["DANH SÁCH TRƯỜNG HỌC NĂM HỌC 2021-2022"],
    [],
    ["STT", "Mã trường (*)", "Tên\ntrường", "Số học sinh", None, "Mã xã", "Toạ độ", None],
    [None, None, None, "Tổng", "Nữ", None, "Kinh độ", "Vĩ độ"],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"],
    [1, "T01", "Tiểu học Mã Đà", 120, 60, 26200, 107.05, 11.25],
    [2, "T02", "Tiểu học Hiếu Liêm", 80, 30, None, 107.06, 11.26],
    [],
    [3, "0003", "THCS Phú Lý", 1020, 30, 26201, 107.07, 11.27],
    [None, "Tổng cộng", None, 1220, 120],
    [],
    [None, None, None, None, "Đồng Nai, ngày 5 tháng 9 năm 2021"],
    [None, "Người lập biểu", None, None, "Hiệu trưởng"],
    [None, "Nguyễn Văn A"],
]
MERGED = ("A1:C1", "A2:H2", "A4:A5", "B4:B5", "C4:C5", "D4:E4", "F4:F5", "G4:H4", "F7:F8")


def test_a_sheet_with_a_further_column_is_of_the_same_table(tmp_path):
    path = tmp_path / "xa.xlsx"
    frame = pd.DataFrame({"Mã trường": ["1"], "Tên trường": ["A"], "Số học sinh": ["10"]})
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, index=False, sheet_name="Xã A")
        frame.assign(**{"Mã trường": ["2"], "Ghi chú": "x"}).to_excel(book, index=False, sheet_name="Xã B")
        frame.drop(columns="Số học sinh").to_excel(book, index=False, sheet_name="Xã C")
    table = sheets.read_raw(Source(path), SCHOOLS)
    assert table["Mã trường"].tolist() == ["1", "2"]
    assert table["sheet"].tolist() == ["Xã A", "Xã B"]
    assert table["Ghi chú"].fillna("").tolist() == ["", "x"]
    assert table.attrs["sheets_unread"] == table.attrs["sheets_left"] == ["Xã C"]


def test_a_workbook_as_departments_send_it(tmp_path):
    path = workbook(tmp_path / "truong.xlsx", REAL, MERGED, "Trường", [("Ghi chú", [["Liên hệ"], ["Phòng GD"]])])
    table = read_table(path, SCHOOLS)
    assert table["school_id"].tolist() == ["T01", "T02", "0003", "Tổng cộng"]
    assert table["pupils"].tolist() == ["120", "80", "1020", "1220"]
    assert table["commune_code"].tolist()[:3] == ["26200", "26200", "26201"]  # merged over rows 7 and 8
    assert table["longitude"].tolist()[:3] == ["107.05", "107.06", "107.07"]
    assert table["source_row"].tolist() == [7, 8, 10, 11]
    assert table["is_total"].tolist() == [False, False, False, True]
    assert "sheet" not in table
    assert table.attrs["sheets"] == ["Trường"]
    assert table.attrs["sheets_unread"] == ["Ghi chú"]
    assert len(table.attrs["footer"]) == 3
    assert table.attrs["legacy_encoding"] == ""


def test_counts_merged_down_are_not_copied(tmp_path):
    rows = [
        ["Mã hộ", "Số người học", "Mã xã", "Kinh độ", "Vĩ độ"],
        ["H1", 3, "26200", 107.1, 11.2],
        ["H2", None, None, 107.1, 11.2],
    ]
    table = read_table(workbook(tmp_path / "ho.xlsx", rows, ("B2:B3", "C2:C3")), HOUSEHOLDS)
    assert table["learners"].fillna("").tolist() == ["3", ""]
    assert table["commune_code"].tolist() == ["26200", "26200"]


HEAD = ["Mã trường", "Tên trường", "Số học sinh", "Kinh độ", "Vĩ độ"]


def test_one_sheet_a_commune(tmp_path):
    first = [HEAD, ["T1", "a", 1, 107, 11]]
    second = [["Danh sách"], HEAD[::-1], [11, 107, 2, "b", "T2"], [11, 107, 3, "c", "T3"]]
    path = workbook(tmp_path / "a.xlsx", first, (), "Mã Đà", [("Trị An", second), ("Trống", [HEAD]), ("Khác", [["x"]])])
    table = read_table(path, SCHOOLS)
    assert table["sheet"].tolist() == ["Mã Đà", "Trị An", "Trị An"]
    assert table["school_id"].tolist() == ["T1", "T2", "T3"]
    assert table["source_row"].tolist() == [2, 3, 4]
    turned = workbook(tmp_path / "b.xlsx", first, (), "a\u202eb", [("c", first)])
    assert read_table(turned, SCHOOLS)["sheet"].tolist() == ["a b", "c"], "a name in a file does not turn a line around"
    one = read_table(f"{path}#Trị An", SCHOOLS)
    assert one["school_id"].tolist() == ["T2", "T3"]
    with pytest.raises(FormatError, match="its sheets: Mã Đà, Trị An"):
        read_table(f"{path}#Biên Hoà", SCHOOLS)


def test_a_hidden_sheet_is_not_read(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEAD, ["T1", "a", 1, 107, 11]], (), "A", [("B", [HEAD, ["X", "b", 2, 1, 1]])])
    book = openpyxl.load_workbook(path)
    book["B"].sheet_state = "hidden"
    book.save(path)
    assert read_table(path, SCHOOLS)["school_id"].tolist() == ["T1"]


def test_cells_as_text(tmp_path):
    assert cell_text(26200.0) == "26200"
    assert cell_text(1e20) == "100000000000000000000"
    assert cell_text(1.5e-7) == "0.00000015"
    assert cell_text(107.05) == "107.05"
    assert cell_text(0.1 + 0.2) == "0.3"
    assert cell_text(True) == "true"
    assert cell_text(datetime.datetime(2010, 9, 5)) == cell_text(datetime.date(2010, 9, 5)) == "2010-09-05"
    assert cell_text(datetime.datetime(2010, 9, 5, 7, 30)) == "2010-09-05 07:30:00"
    assert cell_text("#REF!") == cell_text("\u00a0 ") == ""
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, "Ghi chú"], ["0012", "a", 12, 107, 11, "x"]])
    book = openpyxl.load_workbook(path)
    for cell, value, kind in (("B2", '=HYPERLINK("http://x")', "s"), ("C2", "#N/A", "e"), ("F2", "=1+1", "f")):
        book.active[cell] = value
        book.active[cell].data_type = kind
    book.save(path)
    raw = sheets.read_raw(Source(path), SCHOOLS)
    assert raw["Mã trường"].tolist() == ["0012"]
    assert raw["Tên trường"].tolist() == ['=HYPERLINK("http://x")']
    assert raw["Số học sinh"].isna().all()
    assert raw["Ghi chú"].isna().all()


def test_formulas_in_a_text_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text(
        ",".join(HEAD) + '\n="0012",+cmd|calc,1,107,11\n@x,"=HYPERLINK(""a"",1)",2,107,11\n',
        encoding="utf-8",
    )
    table = read_table(tmp_path / "a.csv", SCHOOLS)
    assert table["school_id"].tolist() == ["0012", "@x"]
    assert table["name"].tolist() == ["+cmd|calc", '=HYPERLINK("a",1)']


def test_rows_of_a_text_are_numbered_as_its_lines(tmp_path):
    text = (
        "sep=;\n\n;Danh sách;;;\nMã trường;Tên trường;Số học sinh;Kinh độ;Vĩ độ\n\nT1;a;1;107,5;11\n"
        'T2;"b\nhai dòng; ba";2;107;11\n;;;;\nT3;c;3\nT4;d;4;107;11;;\nT5;e;5;107;11;6\n'
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    table = read_table(tmp_path / "a.csv", SCHOOLS)
    assert dict(zip(table["school_id"], table["source_row"], strict=True)) == {
        "T1": 6,
        "T2": 7,
        "T3": 10,
        "T4": 11,
        "T5": 12,
    }
    assert table["name"].tolist()[1] == "b\nhai dòng; ba"
    assert table["longitude"].isna().tolist() == [False, False, True, False, False]
    assert table.attrs["overfull_rows"] == [12]


@pytest.mark.parametrize(
    "rows", ['T1,"a,1,107,11\nT2,b,2,107,11\nT3,c,3,107,11\n', 'T1,"a,1,107,11\nT2,"b,2,107,11\nT3,c,3,107,11\n']
)
def test_a_quote_left_open_swallows_no_row(tmp_path, rows):
    (tmp_path / "a.csv").write_text(",".join(HEAD) + "\n" + rows, encoding="utf-8")
    table = read_table(tmp_path / "a.csv", SCHOOLS)
    assert table["school_id"].tolist() == ["T1", "T2", "T3"]
    assert table["name"].tolist() == ["a", "b", "c"]


def test_headings_in_units_parentheses_and_plurals():
    found = ["Mã  Xã\n(cũ)", "ma xa", "SỐ HỌC SINH (em) *:", "School names", "Tên trường", "Kinh độ (°E)", "Latitudes"]
    mapping = match_columns(found, SCHOOLS)
    assert mapping["ma xa"] == "commune_code"
    assert mapping["SỐ HỌC SINH (em) *:"] == "pupils"
    assert mapping["Tên trường"] == "name"
    assert mapping["Kinh độ (°E)"] == "longitude"
    assert mapping["Latitudes"] == "latitude"
    assert "Mã  Xã\n(cũ)" not in mapping
    assert match_columns(["Mã xã (1)"], SCHOOLS) == {"Mã xã (1)": "commune_code"}
    assert "pupils" not in match_columns(["Số học sinh (nữ)"], SCHOOLS).values()
    for heading in ("Antenna height (ft)", "Độ cao anten [feet]", "EIRP RS (W)", "Band (GHz)"):
        assert match_columns([heading], SITES) == {}  # 138 ft is no mast of 138 m
    assert match_columns(["Antenna height (m)", "EIRP RS (dBm)", "Band (MHz)"], SITES) != {}
    assert match_columns([unicodedata.normalize("NFD", "Số học sinh")], SCHOOLS) != {}


@pytest.mark.parametrize(
    ("spec", "heading", "column"),
    [
        (SCHOOLS, "Số HS", "pupils"), (SCHOOLS, "Tổng số HS\n(em)", "pupils"), (LEARNERS, "Họ và tên HS", "name"),
        (LEARNERS, "SĐT PH", "phone"), (DECLARED, "Số HS chưa có thiết bị", "learners_without_device"),
        (HANDOVERS, "Số IMEI", "device_id"),
    ],
)  # fmt: skip
def test_headings_as_schools_shorten_them(spec, heading, column):
    assert match_columns([heading], spec) == {heading: column}


def test_headings_over_three_rows_and_none_at_all():
    grid = [
        ["Báo cáo", "", ""],
        ["Trường", "", "Vị trí"],
        ["Mã", "Tên", "Toạ độ"],
        ["", "", "Kinh độ"],
        ["1", "a", "107"],
    ]
    found = find_headings(grid, SCHOOLS)
    assert (found.first, found.last) == (1, 3)
    assert found.labels == ["Mã Trường", "Tên Trường", "Kinh độ"]
    titled = find_headings([["Trường: TH Mã Đà", "", ""], ["Mã trường", "Số học sinh", ""], ["T1", "3", "x"]], SCHOOLS)
    assert (titled.first, titled.labels) == (1, ["Mã trường", "Số học sinh", "#3"])
    unknown = find_headings([["", ""], ["title", ""], ["a", "b"], ["1", "2"]], SCHOOLS)
    assert (unknown.first, unknown.labels, unknown.matched) == (2, ["a", "b"], 0)
    assert find_headings([["a", "a", ""]], SCHOOLS).labels == ["a", "a #2", "#3"]
    assert find_headings([["", ""]], SCHOOLS) is None


def test_numbering_totals_and_footers():
    assert is_numbering(["(1)", "(2)", "", "(3)"])
    assert is_numbering(["A", "B", "1", "2", "3=1+2"])
    assert not is_numbering(["1", "2", "3"])
    assert not is_numbering(["(1)", "(3)"])
    for text in ("Tổng cộng", "TỔNG", "Cộng:", "Tổng cộng: 35 học sinh", "Cộng toàn xã", "Total", "Toàn tỉnh"):
        assert is_total([text, "", "12"], 4), text
    for text in ("Cộng Hoà", "Tổng Hợp", "Trường Cộng Hoà", "Totally", "Công ty"):
        assert not is_total([text, "", "12"], 4), text
    assert not is_total(["Tổng", "a", "b", "c"], 4)
    rows = [["a", "b", "1", "2"], ["a", "", "", ""], ["Người lập", "", "", ""], ["Trần B", "", "", ""]]
    assert footer_start(rows, [2, 3, 4, 5], [False] * 4, 4) == 2  # the poor row above the signature is a row
    assert footer_start(rows[:2], [2, 3], [False] * 2, 4) == 2
    assert footer_start(rows[:2], [2, 4], [False] * 2, 4) == 1
    pupils = [["a", "b", "1", "2"], ["Lê Văn Tèo", "Ấp Bình", "", ""], ["Điểu Mai", "Ấp Bình", "", ""]]
    assert footer_start(pupils, [2, 4, 5], [False] * 3, 4) == 3  # below an empty row, but no signature
    assert footer_start([*pupils, ["", "Người lập", "Hiệu trưởng", ""]], [2, 4, 5, 7], [False] * 4, 4) == 3
    assert footer_start([*pupils, ["", "Người lập", "Hiệu trưởng", ""]], [2, 4, 5, 6], [False] * 4, 4) == 1
    for signs in (["Trưởng ấp", "GVCN"], ["BÊN GIAO", "BÊN NHẬN"], ["Người giao", "Người nhận"], ["Đại diện", "x"]):
        assert footer_start([rows[0], ["", *signs, ""], ["", "A", "B", ""]], [2, 4, 8], [False] * 3, 4) == 1, signs


VNI_SHEET = ["Maõ tröôøng", "Teân tröôøng", "Soá hoïc sinh", "Kinh ñoä", "Vó ñoä"]


def test_a_sheet_in_an_old_font(tmp_path):
    rows = [
        ["UBND TÆNH ÑOÀNG NAI"],
        VNI_SHEET,
        ["T1", "Tieåu hoïc Maõ Ñaø", 5, 107, 11],
        ["T2", "THCS Lê Lợi", 6, 107, 11],
    ]
    table = read_table(workbook(tmp_path / "a.xlsx", rows), SCHOOLS)
    assert table["name"].tolist() == ["Tiểu học Mã Đà", "THCS Lê Lợi"]
    assert table.attrs["legacy_encoding"] == "vni"
    rows = [["M· häc sinh", "Hä vµ tªn", "S§T phô huynh"], ["1", "NguyÔn V¨n An", "0912345678"]]
    table = read_table(workbook(tmp_path / "b.xlsx", rows), LEARNERS, position=False)
    assert "phone" in table, "§ is a letter, Đ, and no mark between words"
    (tmp_path / "a.csv").write_bytes(ENCODERS["tcvn3"](";".join(HEAD) + "\nT1;Tiểu học Mã Đà;5;107;11\n"))
    table = read_table(tmp_path / "a.csv", SCHOOLS)
    assert table["name"].tolist() == ["Tiểu học Mã Đà"]
    assert table.attrs["legacy_encoding"] == table.attrs["encoding"] == "tcvn3"


def test_kind_is_told_by_content(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEAD, ["T1", "a", 1, 107, 11]])
    for name in ("b.csv", "b.zip", "b"):
        (tmp_path / name).write_bytes(path.read_bytes())
        assert read_table(tmp_path / name, SCHOOLS)["school_id"].tolist() == ["T1"]
    text = (";".join(HEAD) + "\nT1;a;1;107;11\n").encode()
    (tmp_path / "c.xlsx").write_bytes(text)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("ho.xls", path.read_bytes())
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("ho.txt", text)
    for name in ("c.xlsx", "c.csv.gz", "c.zip", "d.zip"):
        assert read_table(tmp_path / name, SCHOOLS)["pupils"].tolist() == ["1"], name


def record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def xls(path, rows, merged=()):
    """Write a workbook of Excel 97 ([MS-XLS] in the compound file of [MS-CFB]), one sheet, as small as it can be."""
    cells = b""
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                cells += record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            elif value is not None:
                cells += record(0x0203, place + struct.pack("<d", value))
    if merged:
        cells += record(0x00E5, struct.pack("<H", len(merged)) + b"".join(struct.pack("<HHHH", *x) for x in merged))
    begin = [record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 1997, 0, 6)) for kind in (5, 0x10)]
    end = record(0x000A, b"")
    at = len(begin[0]) + len(record(0x0085, bytes(10))) + len(end)
    sheet = record(0x0085, struct.pack("<IBBBB", at, 0, 0, 1, 1) + "A".encode("utf-16-le"))
    stream = begin[0] + sheet + end + begin[1] + cells + end
    stream += bytes(max(4096, -(-len(stream) // 512) * 512) - len(stream))
    count, free, last = len(stream) // 512, 0xFFFFFFFF, 0xFFFFFFFE
    chain = [0xFFFFFFFD, last, *range(3, 2 + count), last]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))

    def entry(name, kind, child, start, size):
        raw = (name + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, free, free, child)
        return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, last, 0) + entry("Workbook", 2, free, 2, len(stream)) + bytes(256)
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<109I", 0, *[free] * 108)
    path.write_bytes(head + table + folder + stream)
    return path


def test_a_workbook_of_excel_97(tmp_path):
    rows = [["Danh sách"], [*HEAD, "Mã xã"], ["T1", "Mã Đà", 120, 107.05, 11.25, 26200], ["T2", "b", 80, 107, 11, None]]
    table = read_table(xls(tmp_path / "a.dat", rows, [(2, 3, 5, 5)]), SCHOOLS)
    assert table["name"].tolist() == ["Mã Đà", "b"]
    assert table["commune_code"].tolist() == ["26200", "26200"]
    assert table["longitude"].tolist() == ["107.05", "107"]
    assert table["source_row"].tolist() == [3, 4]
    data = bytearray((tmp_path / "a.dat").read_bytes())
    assert list(extents(bytes(data))) == [(0, 0), (0, 0), (4, 6)]
    at = data.index(struct.pack("<HHHHH", 0x0203, 14, 3, 2, 0)) + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "far.xls").write_bytes(data)
    with pytest.raises(DataError, match="row 65536, column 65536"):
        read_table(tmp_path / "far.xls", SCHOOLS)


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 5_000), byte=st.integers(0, 255))
def test_property_a_damaged_workbook_of_excel_97(tmp_path_factory, at, byte):
    path = xls(tmp_path_factory.mktemp("x") / "a.xls", [HEAD, ["T1", "a", 1, 107, 11]])
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    path.write_bytes(data)
    try:
        assert len(read_table(path, SCHOOLS)) > 0
    except LomsongError as error:
        assert "a.xls" in str(error)


ODS = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 ><office:body><office:spreadsheet><table:table table:name="A">{}</table:table></office:spreadsheet></office:body>
 </office:document-content>"""


def ods(path, rows):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(rows), zipfile.ZIP_DEFLATED)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path


def ods_row(cells, more="", repeated=""):
    texts = "".join(
        f'<table:table-cell office:value-type="string"{repeated}><text:p>{x}</text:p></table:table-cell>' for x in cells
    )
    return f"<table:table-row{more}>{texts}</table:table-row>"


def test_ods_and_its_repeated_cells(tmp_path):
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    tail = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    path = ods(tmp_path / "a.ods", ods_row(HEAD) + ods_row(["T1", "a", 1, 107, 11]) + tail)
    assert read_table(path, SCHOOLS)["school_id"].tolist() == ["T1"]
    many = ods_row(["x"], ' table:number-rows-repeated="1000000"', ' table:number-columns-repeated="16000"')
    with pytest.raises(DataError, match="more than 40,000,000 cells"):
        read_table(ods(tmp_path / "b.ods", ods_row(HEAD) + many), SCHOOLS)


def test_a_cell_in_the_last_corner_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEAD, ["T1", "a", 1, 107, 11]])
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "z"
    book.save(path)
    with pytest.raises(DataError, match="row 1048576, column 16384"):
        read_table(path, SCHOOLS)
    book.active["XFD1048576"] = None  # its format alone does no harm
    book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    book.save(path)
    assert len(read_table(path, SCHOOLS)) == 1


def rezip(path, target, change):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))


def test_a_workbook_that_unpacks_to_too_much(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEAD, ["T1", "a", 1, 107, 11]])
    rezip(path, tmp_path / "bomb.xlsx", lambda name, data: data + b" " * (80 << 20) if "sheet1" in name else data)
    with pytest.raises(DataError, match="holds more than 64 MiB"):
        read_table(tmp_path / "bomb.xlsx", SCHOOLS)
    data = bytearray((tmp_path / "bomb.xlsx").read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = next(info.file_size for info in archive.infolist() if "sheet1" in info.filename)
    lie = bytes(data).replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lie != bytes(data)
    (tmp_path / "lie.xlsx").write_bytes(lie)
    with pytest.raises(FormatError, match="cannot be read as a workbook"):
        read_table(tmp_path / "lie.xlsx", SCHOOLS)


def test_what_is_no_table(tmp_path):
    for name, data, error in (
        ("a.xls", b"<html><body><table><tr><td>x</td></tr></table></body></html>", "web page"),
        ("b.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "workbook"),
        ("p.xlsx", OLE_MAGIC + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "under a password"),
        ("w.doc", OLE_MAGIC + bytes(600) + "WordDocument".encode("utf-16-le"), "document of Word or a PDF"),
        ("w.pdf", b"%PDF-1.7\n%\x8d\xc3\n1 0 obj", "copy its table into Excel"),
        ("w.rtf", rb"{\rtf1\ansi a;b}", "copy its table into Excel"),
        ("c.xlsx", b"PK\x03\x04nothing", "workbook|damaged"),
        ("d.csv", b" \n;;\n", "empty"),
        ("e.csv", ";".join(HEAD).encode(), "headings without a single row"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(LomsongError, match=error) as caught:
            read_table(tmp_path / name, SCHOOLS)
        assert name in str(caught.value)
    with zipfile.ZipFile(tmp_path / "w.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(FormatError, match=r"w\.docx: a document of Word"):
        read_table(tmp_path / "w.docx", SCHOOLS)
    # As Excel saves "CSV (comma delimited)": letters beyond the code page become question marks.
    lost = "DANH SÁCH\nMã trường;Tên trường;Số học sinh;Kinh độ;Vĩ độ\nT1;Mã Đà;5;107;11\n".encode("cp1252", "replace")
    (tmp_path / "lost.csv").write_bytes(lost)
    with pytest.raises(FormatError, match=r"lost.*row 2: Mã tr\?\?ng, .* as \.xlsx or CSV UTF-8"):
        read_table(tmp_path / "lost.csv", SCHOOLS)
    (tmp_path / "asked.csv").write_text("Mã trường;Tên trường;Số học sinh?;Có điện?;lon;lat\nT1;a?b;5;x;107;11\n")
    assert len(read_table(tmp_path / "asked.csv", SCHOOLS)) == 1
    (tmp_path / "f.csv").write_text("a;b\n1;2\n")
    with pytest.raises(ColumnError, match=r"school_id \(Mã trường\).*longitude, latitude missing; found: a, b"):
        read_table(tmp_path / "f.csv", SCHOOLS)


def test_a_position_written_in_another_way_is_left_to_the_caller(tmp_path):
    (tmp_path / "a.csv").write_text("Mã trường;Tên trường;Số học sinh;Toạ độ\nT1;a;1;11°15′N\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", SCHOOLS, position=False)
    assert table.columns.tolist() == ["school_id", "name", "pupils", "Toạ độ", "source_row", "is_total"]


def points():
    return gpd.GeoDataFrame(
        {"school_id": ["T1", "T2"], "name": ["a", "b"], "pupils": [1, 2]},
        geometry=gpd.points_from_xy([107.05, 107.06], [11.2, 11.3]),
        crs=4326,
    )


def test_layers_plain_and_packed(tmp_path):
    folder = tmp_path / "shp"
    folder.mkdir()
    points().to_file(folder / "truong.shp")
    points().to_file(tmp_path / "a.kml", driver="KML")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"gis/{file.name}")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.write(tmp_path / "a.kml", "doc.kml")
    points().to_file(folder / "b.tab", driver="MapInfo File")
    for name in (folder / "truong.shp", tmp_path / "a.zip", folder / "b.tab"):
        table = read_table(name, SCHOOLS)
        assert table["school_id"].tolist() == ["T1", "T2"]
        assert table["longitude"].astype(float).tolist() == pytest.approx([107.05, 107.06])
        assert table["source_row"].tolist() == [1, 2]
    for name in ("a.kml", "a.kmz"):
        assert len(read_layer(tmp_path / name)) == 2
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../x.shp", b"x")
    with pytest.raises(FormatError, match="leads out of the archive"):
        read_table(tmp_path / "evil.zip", SCHOOLS)


def test_a_layer_in_an_old_font(tmp_path):
    frame = points().assign(name=[ENCODERS["tcvn3"](x).decode("cp1252") for x in ("Tiểu học mã đà", "Phú lý")])
    frame.to_file(tmp_path / "a.gpkg")
    layer = read_layer(tmp_path / "a.gpkg")
    assert layer["name"].tolist() == ["Tiểu học mã đà", "Phú lý"]
    assert isinstance(layer, gpd.GeoDataFrame)
    assert layer.crs.to_epsg() == 4326
    table = read_table(tmp_path / "a.gpkg", SCHOOLS)
    assert table["name"].tolist() == ["Tiểu học mã đà", "Phú lý"]
    assert table.attrs["legacy_encoding"] == "tcvn3"
    points().assign(name=["Xã Trị An", "Lê Lợi"]).to_file(tmp_path / "b.gpkg")
    assert read_layer(tmp_path / "b.gpkg").attrs["legacy_encoding"] == ""


def test_numbers_of_a_column():
    def read(*values, kind="number"):
        return numbers(series(*values), kind).tolist()

    assert read("1.234", "850", "920") == [1234, 850, 920]
    assert read("1.234", "12.5") == [1.234, 12.5]
    assert read("1.234", kind="integer") == [1234]
    assert read("107.123", "106.321") == [107.123, 106.321]
    assert read("107,123", "11,2") == [107.123, 11.2]
    assert read("1,234.50", "1,234") == [1234.5, 1234]
    assert read("1.234,5", "1 234,5", "1\u00a0234,5", "\u22125", "45 %") == [1234.5, 1234.5, 1234.5, -5, 0.45]
    assert read("1.234.567", "1.234") == [1234567, 1234]
    assert read("0.123", "0.456", kind="integer") == [0.123, 0.456]
    assert np.isnan(read("x", None, "", "1.2.3", "1,2,3", "12a", "inf", "--")).all()
    assert numbers(pd.Series(["1"], index=[9], dtype="string")).index.tolist() == [9]


def test_dates_of_a_column():
    def read(*values):
        return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in dates(series(*values))]

    same = ("05/09/2010", "5-9-10", "5.9.2010", "2010-09-05", "2010/9/5", "40426", "Ngày 5 tháng 9 năm 2010")
    assert set(read(*same)) == {"2010-09-05"}
    assert read("2010", "1/1/75", "2010-09-05T07:30:00Z", "05/09/2010 14:30") == [
        "2010-01-01", "1975-01-01", "2010-09-05", "2010-09-05",
    ]  # fmt: skip
    assert read("31/02/2010", "x", None, "", "13/13/2010", "7") == [None] * 6
    assert read("09/25/2010", "01/02/2010") == ["2010-09-25", "2010-01-02"]
    assert read("09/25/2010", "25/09/2010") == [None, "2010-09-25"]


def test_text_of_any_encoding(tmp_path):
    for name, encoder in ENCODERS.items():
        (tmp_path / "a.txt").write_bytes(encoder("Mã trường, tên trường tiểu học\n"))
        assert read_text(tmp_path / "a.txt") == "Mã trường, tên trường tiểu học\n", name


@pytest.mark.real
def test_communes_before_2025(shared_data):
    path = shared_data / "admin" / "communes_before_2025.csv"
    raw = sheets.read_raw(source(path), lambda names: len({"name", "code"} & {x.lower() for x in names}))
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    assert len(raw) == len(lines) - 1 == 270
    assert not raw["is_total"].any()
    assert raw.attrs["footer"] == []


TABLE = [
    ["T01", "Tiểu học mã đà", "120", "107.05", "11.25", "26200"],
    ["0002", "Trường trung học cơ sở phú lý", "80", "107.125", "11.5", "26203"],
    ["T03", "Trường mầm non đồng xoài", "1020", "106.75", "11.75", "26206"],
    ["T04", "Điểm trường suối tượng; ấp 2, xã thanh sơn", "", "107.0625", "11.0", "26200"],
]
COLUMNS = ["Mã trường", "Tên trường", "Số học sinh", "Kinh độ", "Vĩ độ", "Mã xã"]


def as_text(order, separator, decimal):
    lines = [[COLUMNS[at] for at in order]]
    lines += [[row[at].replace(".", decimal) if at in (3, 4) else row[at] for at in order] for row in TABLE]
    quoted = [[f'"{x}"' if separator in x else x for x in line] for line in lines]
    return "".join(separator.join(line) + "\r\n" for line in quoted)


@settings(max_examples=150, deadline=None)
@given(
    order=st.permutations(range(6)),
    encoding=st.sampled_from(sorted(ENCODERS)),
    form=st.sampled_from(["NFC", "NFD"]),
    separator=st.sampled_from("\t;,|"),
    decimal=st.sampled_from(".,"),
)
def test_property_the_same_table_in_any_clothes(tmp_path_factory, order, encoding, form, separator, decimal):
    path = tmp_path_factory.mktemp("p") / "a.csv"
    path.write_bytes(ENCODERS[encoding](unicodedata.normalize(form, as_text(order, separator, decimal))))
    table = read_table(path, SCHOOLS)
    assert table["school_id"].tolist() == [row[0] for row in TABLE]
    assert table["name"].str.casefold().tolist() == [row[1].casefold() for row in TABLE]
    assert table["commune_code"].tolist() == [row[5] for row in TABLE]
    assert numbers(table["pupils"], "integer").fillna(-1).tolist() == [120, 80, 1020, -1]
    assert numbers(table["longitude"]).tolist() == [107.05, 107.125, 106.75, 107.0625]
    assert numbers(table["latitude"]).tolist() == [11.25, 11.5, 11.75, 11.0]
    assert table["source_row"].tolist() == [2, 3, 4, 5]


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(6)), titles=st.integers(0, 4), font=st.sampled_from(["unicode", "tcvn3", "vni"]))
def test_property_the_same_table_from_a_workbook(tmp_path_factory, order, titles, font):
    def typed(text):
        return text if font == "unicode" else ENCODERS[font](text).decode("cp1252")

    rows = [[typed("Danh sách trường học")]] * titles + [[typed(COLUMNS[at]) for at in order]]
    rows += [[float(row[at]) if at in (2, 3, 4) and row[at] else typed(row[at]) for at in order] for row in TABLE]
    table = read_table(workbook(tmp_path_factory.mktemp("p") / "a.xlsx", rows), SCHOOLS)
    assert table["school_id"].tolist() == [row[0] for row in TABLE]
    assert table["name"].str.casefold().tolist() == [row[1].casefold() for row in TABLE]
    assert table["pupils"].fillna("").tolist() == ["120", "80", "1020", ""]
    assert numbers(table["longitude"]).tolist() == [107.05, 107.125, 106.75, 107.0625]
    assert table["source_row"].tolist() == [titles + 2 + at for at in range(4)]
    assert table.attrs["legacy_encoding"] == ("" if font == "unicode" else font)


GOOD = (";".join(COLUMNS) + "\nT1;a;1;107;11;26200\n").encode()


@settings(max_examples=120, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=60).map(lambda x: b"PK\x03\x04" + x),
        st.text(alphabet='";,|\t\r\nabxé1=.(', max_size=200).map(lambda x: GOOD + x.encode()),
    ),
    name=st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.txt"]),
)
def test_property_no_bytes_raise_anything_but_our_errors(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("f") / name
    path.write_bytes(data)
    try:
        table = read_table(path, SCHOOLS)
    except LomsongError as error:
        assert name in str(error)
        return
    assert len(table) > 0
    assert table["source_row"].is_monotonic_increasing


@settings(max_examples=120, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), member=st.integers(0, 20))
def test_property_a_damaged_workbook_raises_nothing_but_our_errors(tmp_path_factory, at, byte, member):
    folder = tmp_path_factory.mktemp("f")
    path = workbook(folder / "a.xlsx", REAL, MERGED)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()

    def damage(name, data):
        if name != names[member % len(names)]:
            return data
        changed = bytearray(data)
        changed[at % len(changed)] = byte
        return bytes(changed)

    rezip(path, folder / "b.xlsx", damage)
    whole = bytearray(path.read_bytes())
    whole[at % len(whole)] = byte
    (folder / "c.xlsx").write_bytes(whole)
    for name in ("b.xlsx", "c.xlsx"):
        try:
            assert len(read_table(folder / name, SCHOOLS)) > 0
        except LomsongError as error:
            assert name in str(error)
