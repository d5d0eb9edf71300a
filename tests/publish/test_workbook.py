import dataclasses
import re
import warnings

import numpy as np
import openpyxl
import pandas as pd
import pytest

from lomsong.publish.findings import DEVICES, WALK, Findings
from lomsong.publish.privacy import published_districts
from lomsong.publish.workbook import WorkbookContent, write_workbook
from lomsong.settings import Gap, Settings, Siting, Surface
from lomsong.texts import TEXTS

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
        rejects=pd.DataFrame({"check": ["rsrp"], "count": [3], "remedy": ["Sửa dấu."]}),
        data_note="Số liệu mô phỏng",
    )  # fmt: skip


@pytest.fixture(scope="session")
def book(book_content, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "ranking.xlsx"
    write_workbook(path, book_content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl drops the modern half of a data bar, and says so
        return openpyxl.load_workbook(path)


def column(sheet, heading):
    index = next(cell.column for cell in sheet[5] if cell.value == heading)
    return [row[0] for row in sheet.iter_rows(min_row=6, min_col=index, max_col=index)]


def test_sheets_stand_in_vietnamese_and_in_order(book):
    assert book.sheetnames == [
        "Tóm tắt", "Xếp hạng xã", "Thôn, ấp", "Trường", "Trạm đề xuất", "Chất lượng số liệu", "Phương pháp",
        "Thiết lập",
    ]  # fmt: skip


def test_numbers_are_numbers_under_frozen_filtered_headings(book, content):
    sheet = book["Xếp hạng xã"]
    cells = column(sheet, "Chưa có sóng")
    assert [cell.value for cell in cells] == pytest.approx(content.ranking["unconnected"].tolist())
    assert {cell.number_format for cell in cells} == {"#,##0"}
    assert {cell.number_format for cell in column(sheet, "Tỷ lệ")} == {"0.0%"}
    assert sheet.freeze_panes == "F6"
    assert sheet.auto_filter.ref.startswith("A5:")
    assert any(rule.type == "dataBar" for rules in sheet.conditional_formatting for rule in rules.rules)
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_codes_stay_texts(book):
    assert {cell.data_type for cell in column(book["Xếp hạng xã"], "Mã xã")} == {"s"}


def test_a_formula_in_a_name_stays_a_name(book):
    cell = column(book["Thôn, ấp"], "Tên ấp")[0]
    assert (cell.value, cell.data_type, cell.hyperlink) == (FORMULA, "s", None)
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_small_counts_are_hidden_and_zero_is_shown(book):
    learners = column(book["Thôn, ấp"], "Người học")
    assert (learners[0].value, learners[1].value) == ("<5", 0)
    assert not [cell.value for cell in learners if isinstance(cell.value, int | float) and 0 < cell.value < 5]


def test_a_hidden_count_takes_its_share_and_interval_along(book_content, tmp_path):
    ranking = book_content.ranking.copy()
    ranking.loc[0, ["unconnected", "share"]] = [2.5, 0.01]
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, ranking=ranking))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Xếp hạng xã"]
    shown = [column(sheet, heading)[0].value for heading in ("Chưa có sóng", "Thấp (5 %)", "Cao (95 %)", "Tỷ lệ")]
    assert shown == ["<5", None, None, None]


def rows_of(sheet):
    return [row for row in sheet.iter_rows(values_only=True) if row[0] is not None]


def test_quality_tells_the_known_first_then_every_file_and_check(book, content):
    rows = rows_of(book["Chất lượng số liệu"])
    told = [row[0] for row in rows]
    learners, unknown = content.ranking["learners"].sum(), content.ranking["unsurveyed"].sum()
    shares = {row[0]: row[1] for row in rows}
    assert shares["Người học ở nơi đủ bằng chứng để kết luận"] == pytest.approx(1 - unknown / learners, abs=0.0006)
    assert shares["Người học ở nơi chưa đo kiểm"] == pytest.approx(unknown / learners, abs=0.0006)
    assert told.index("Người học ở nơi chưa đo kiểm") < told.index("a.txt") < told.index("Sửa dấu.")
    assert ("a.txt", 10, 7, 3) in [row[:4] for row in rows]
    assert ("Sửa dấu.", 3, "rsrp") in [row[:3] for row in rows], "what it means before its code"


def test_quality_tells_the_layers_of_one_file_apart_and_begins_checks_on_a_page(book_content, tmp_path):
    sources = pd.DataFrame({"source_file": "layers.gpkg", "table": ["roads", "water", "other"], "rows_read": 1})
    flags = pd.DataFrame({"check": ["mixed"] * 40, "count": 1, "remedy": "Xem lại."})
    for name, few in (("few", 2), ("many", 40)):
        told = dataclasses.replace(book_content, sources=sources, flags=flags.head(few))
        write_workbook(tmp_path / f"{name}.xlsx", told)
        sheet = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")["Chất lượng số liệu"]
        rows = rows_of(sheet)
        contents = [row[2] for row in rows if row[0] == "layers.gpkg"]
        assert contents == ["Đường giao thông", "Mặt nước", "other"]
        firsts = [sheet.cell(one.id + 1, 1).value for one in sheet.row_breaks.brk]
        assert firsts == ["Dòng bị loại, theo phép kiểm", "Dòng được giữ, nhưng cần biết"][: 1 if few == 2 else 2]


def test_evidence_and_validation_stand_by_operator(book_content, tmp_path, validation):
    told = dataclasses.replace(book_content, surveyed_share={"viettel": 0.747}, validations={"viettel": validation})
    write_workbook(tmp_path / "r.xlsx", told)
    rows = rows_of(openpyxl.load_workbook(tmp_path / "r.xlsx")["Chất lượng số liệu"])
    [row] = [row for row in rows if row[0] == "Viettel"]
    scores = validation.scores.loc[validation.closest]
    wanted = [0.747, *scores[["rmse_db", "inside90", "uncovered_called_covered", "sure_right"]]]
    assert list(row[1:6]) == pytest.approx(wanted)


def test_every_setting_stands_on_a_sheet_of_its_own_with_what_it_means(book):
    sheet = book["Thiết lập"]
    settings = {row[0]: row for row in rows_of(sheet)}
    assert settings["gap.usable_dbm"][1] == -110
    assert settings["siting.forbidden_forest"][1] == "special_use"
    assert settings["publish.issuer"][2] == "Đơn vị ban hành."
    keys = [key for key in settings if re.fullmatch(r"[a-z_]+\.[a-z_0-9.-]+", key)]
    assert len(keys) > 80
    assert not [key for key in keys if not settings[key][2]], "every one is explained"
    assert not [key for key in keys if key.startswith("fetch.")]
    assert (sheet.freeze_panes, sheet.auto_filter.ref[:3]) == ("B6", "A5:")


def printed_width(sheet):
    last = re.search(r"\$([A-Z]+)\$\d+'?$", sheet.print_area).group(1)
    known = {at: one.width for one in sheet.column_dimensions.values() for at in range(one.min, one.max + 1)}
    return sum(known.get(at + 1, 8.43) for at in range(openpyxl.utils.column_index_from_string(last)))


def test_every_sheet_prints_on_a4_across_so_that_it_can_be_read(book):
    for sheet in book:
        assert 60 < printed_width(sheet) < 215, sheet.title
        assert (int(sheet.page_setup.paperSize), sheet.page_setup.orientation) == (9, "landscape")
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_columns_that_have_no_room_on_paper_are_told(book_content, tmp_path):
    ways = [("no_grid", "reserve", "far_from_site")] * len(book_content.ranking)
    ranking = book_content.ranking.assign(in_the_way=ways, rank_low_all=1, rank_high_all=12, p_first_ten=0.5, tied=2)
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, ranking=ranking))
    written = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = written["Xếp hạng xã"]
    told = re.search("In đến cột “(.+)”", sheet["A2"].value).group(1)
    headings = [cell.value for cell in sheet[5]]
    last = openpyxl.utils.column_index_from_string(re.search(r"\$([A-Z]+)\$\d+$", sheet.print_area).group(1))
    assert headings[last - 1] == told != headings[-1]
    assert printed_width(sheet) < 200
    assert "In đến cột" not in written["Thôn, ấp"]["A2"].value


def printed(sheet):
    last = openpyxl.utils.column_index_from_string(re.search(r"\$([A-Z]+)\$\d+$", sheet.print_area).group(1))
    return {cell.value for cell in sheet[5][:last]}


def test_what_matters_of_each_sheet_is_printed_beside_long_lists(book_content, tmp_path):
    ways = ("no_grid", "reserve", "far_from_site")
    many = ", ".join(f"Ấp {n} (Thanh Sơn)" for n in range(8))
    hamlets = book_content.hamlets.head(2).rename(columns={"hamlet_id": "point_id"})
    points = hamlets.assign(
        name="Ấp 4 – Bảo Quang; Ấp 4 – Sông Nhạn", kind="zone", commune="Nam Cát Tiên", reach="unreached",
        obstacles=[ways] * 2, bodies=[("power_company", "forest_protection", "operators")] * 2,
    )  # fmt: skip
    gaps = ("unconnected_any", "unconnected_indoor", "unconnected_own", "roaming")
    counts = dict.fromkeys((*gaps, *WALK, *DEVICES), 9.0)
    tallies = pd.DataFrame({"row": ["area"], "area_code": ["26000"], "learners": [20.0], **counts})
    content = dataclasses.replace(
        book_content, ranking=book_content.ranking.assign(in_the_way=[ways] * len(book_content.ranking)),
        towers=book_content.towers.assign(hamlets=many, schools=many, capital=2106.0, power="grid"),
        findings=Findings(points=points, tallies=tallies),
    )  # fmt: skip
    write_workbook(tmp_path / "r.xlsx", content)
    written = openpyxl.load_workbook(tmp_path / "r.xlsx")
    for name, wanted in {
        "Xếp hạng xã": {"Vướng mắc", "Chưa có sóng MobiFone"},
        "Trạm đề xuất": {"Kinh độ", "Vĩ độ", "Loại rừng", "Thôn, ấp được phủ sóng"},
        "Điểm chưa có sóng": {"Vướng mắc", "Đơn vị chịu trách nhiệm"},
        "Người học": {"Chưa có cả thiết bị lẫn sóng"},
    }.items():
        assert wanted <= printed(written[name]), name
        assert printed_width(written[name]) < 200, name
    heights = {row: one.height for row, one in written["Trạm đề xuất"].row_dimensions.items() if row > 5}
    assert min(heights.values()) >= 4 * 14, "eight names do not go on fewer lines"


def sentences(book):
    rows = [row[0] for row in book.worksheets[-2].iter_rows(min_row=5, max_col=1, values_only=True)]
    return [row for row in rows if row]


def test_the_method_is_told_in_sentences_with_the_figures_of_the_settings(book):
    told = sentences(book)
    assert len(told) == 15
    assert all(sentence[0].isupper() and sentence.endswith(".") and "{" not in sentence for sentence in told)
    for figure in (
        "50 m",
        "\u2212125 dBm",
        "40 ô đo",
        "\u2212110 dBm",
        "10%",
        "200 lần",
        "1500 m",
        "rừng đặc dụng",
        "<5",
    ):
        assert any(figure in sentence for sentence in told), figure


def test_a_threshold_has_the_decimals_that_were_set(book_content, tmp_path):
    settings = Settings(gap=Gap(usable_dbm=-107.5))
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, settings=settings))
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    shown = [cell.number_format for row in book.worksheets[0] for cell in row if cell.value == -107.5]
    assert shown == ["General"]
    assert any("\u2212107,5 dBm" in sentence for sentence in sentences(book))


def test_the_method_leaves_out_what_was_not_done(book_content, tmp_path):
    settings = Settings(surface=Surface(use_sites=False), siting=Siting(radius_m=100_000))
    bare = dataclasses.replace(book_content, language="en", settings=settings, towers=None, suppress_below=0)
    write_workbook(tmp_path / "r.xlsx", bare)
    told = sentences(openpyxl.load_workbook(tmp_path / "r.xlsx"))
    assert "That mean is one constant for each operator." in told
    assert not [sentence for sentence in told if "tower" in sentence or "Candidate" in sentence or "<" in sentence]


@pytest.mark.parametrize("language", [0, 1])
def test_every_sentence_on_the_method_takes_the_same_figures_in_both_languages(language):
    fields = {key: set(re.findall(r"{(\w+)", texts[language])) for key, texts in TEXTS.items() if "method_" in key}
    assert fields == {
        key: set(re.findall(r"{(\w+)", texts[1 - language])) for key, texts in TEXTS.items() if "method_" in key
    }
    assert len(fields) == 16


def test_every_sheet_says_what_kind_of_data_it_holds(book):
    assert {sheet["A3"].value for sheet in book} == {"Số liệu mô phỏng"}


def test_a_small_gain_of_a_tower_is_hidden_with_the_totals_that_would_tell(book_content, tmp_path):
    towers = book_content.towers.copy()
    towers.loc[9, "learners_gained"] = 2.0
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, towers=towers))
    written = openpyxl.load_workbook(tmp_path / "r.xlsx")
    gains = [cell.value for cell in column(written["Trạm đề xuất"], "Người học thêm (ước tính)")]
    totals = [cell.value for cell in column(written["Trạm đề xuất"], "Cộng dồn")]
    assert (gains[9], totals[9], totals[8] is None) == ("<5", None, False)
    summary = {row[0]: row[1] for row in written["Tóm tắt"].iter_rows(values_only=True)}
    assert summary["Người học có thêm sóng nhờ các trạm đề xuất (ước tính)"] == 12300


def test_a_commune_where_everybody_has_signal_is_not_put_first(book_content, tmp_path):
    ranking = book_content.ranking.copy()
    ranking.loc[ranking["rank"] > 2, ["unconnected", "unconnected_low", "unconnected_high"]] = 0.0
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, ranking=ranking))
    rows = [row[0].value for row in openpyxl.load_workbook(tmp_path / "r.xlsx")["Tóm tắt"].iter_rows()]
    top = rows.index("Các xã cần ưu tiên, nhiều nhất là mười")
    assert [name for name in rows[top + 2 :] if name][:2] == ranking.sort_values("rank")["name"].head(2).tolist()
    assert not set(rows) & set(ranking.loc[ranking["rank"] > 2, "name"])


def test_a_rounded_total_of_a_district_says_so_and_stays_a_number(book_content, tmp_path):
    codes = book_content.ranking["commune_code"]
    communes = book_content.ranking.assign(unconnected=np.arange(len(codes)) * 50.0 + 3)
    districts = communes.head(2).drop(columns="commune_code").assign(parent_code=["a", "b"], rank=[1, 2])
    parents = {code: "ab"[at % 2] for at, code in enumerate(codes)}
    for name in ("learners", "unconnected", "unsurveyed"):
        districts[name] = communes[name].groupby(codes.map(parents)).sum().to_numpy()
    told = published_districts(districts, communes, parents)
    findings = Findings(districts=told)
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, ranking=communes, findings=findings))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Theo huyện"]
    first = column(sheet, "Chưa có sóng")[0]
    assert (first.data_type, first.number_format) == ("n", '"≥ "#,##0')
    assert first.value < districts["unconnected"].iloc[0] < 1.1 * first.value
    assert {cell.number_format for cell in column(sheet, "Người học")} == {"#,##0"}
    assert column(sheet, "Tỷ lệ")[0].number_format == '"≥ "0.0%'
    assert "ô trống" in openpyxl.load_workbook(tmp_path / "r.xlsx")["Xếp hạng xã"]["A4"].value


def test_a_point_says_when_it_is_judged_by_its_homes(book_content, tmp_path):
    hamlets = book_content.hamlets.head(2).rename(columns={"hamlet_id": "point_id"})
    points = hamlets.assign(kind="hamlet", commune="Mã Đà", reach="unreached", basis=["middle", "homes"])
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, findings=Findings(points=points)))
    told = column(openpyxl.load_workbook(tmp_path / "r.xlsx")["Điểm chưa có sóng"], "Tình trạng")
    assert [cell.value for cell in told] == ["chưa có sóng", "chưa có sóng (xét theo nhà ở)"]


def test_operators_that_declare_and_were_not_surveyed_have_their_names(book_content, tmp_path):
    claims = pd.DataFrame({"operator": ["viettel", "vietnamobile"], "verdict": ["met", "no_area"]})
    counts = "claimed_km2 samples tests failures effective share exact_low exact_high wilson_low wilson_high zones_met"
    counts += " zones_not_met zones_undecided zones_untested more_tests"
    claims = claims.assign(technology="4G", **dict.fromkeys(counts.split(), np.nan))
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, findings=Findings(claims=claims)))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Công bố phủ sóng"]
    assert [cell.value for cell in column(sheet, "Nhà mạng")] == ["Viettel", "Vietnamobile"]
    assert "dưới ngưỡng" in column(sheet, "Kết luận")[1].value, "what is declared from a lower level claims no use"


def test_a_book_without_a_territory_has_no_dash_behind_its_titles(book_content, tmp_path):
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, territory=""))
    titles = [sheet["A1"].value for sheet in openpyxl.load_workbook(tmp_path / "r.xlsx")]
    assert not [title for title in titles if title.endswith((" ", "–"))]


def test_towers_stand_with_their_commune(book_content, tmp_path):
    towers = book_content.towers.assign(commune_code=book_content.ranking["commune_code"].iloc[2])
    write_workbook(tmp_path / "r.xlsx", dataclasses.replace(book_content, towers=towers))
    communes = column(openpyxl.load_workbook(tmp_path / "r.xlsx")["Trạm đề xuất"], "Xã, phường")
    assert {cell.value for cell in communes} == {book_content.ranking["name"].iloc[2]}


def test_costs_of_towers_are_told_as_unverified_until_a_sheet_is_given(book_content, tmp_path):
    words = "đơn giá mặc định chưa kiểm chứng"
    costly = dataclasses.replace(book_content, towers=book_content.towers.assign(capital=2106.0))
    verified, partly = (
        dataclasses.replace(costly, plan=costly.plan | {"prices": 28, "usual_prices": usual}) for usual in (0, 27)
    )
    for name, content, warned in (
        ("usual", costly, True), ("part", partly, True), ("own", verified, False), ("none", book_content, False),
    ):  # fmt: skip
        write_workbook(tmp_path / f"{name}.xlsx", content)
        note = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")["Trạm đề xuất"]["A2"].value
        assert (words in note) == warned, name
        assert "lớp rừng" not in note
    wild = dataclasses.replace(book_content, plan=book_content.plan | {"forest_unknown": True})
    write_workbook(tmp_path / "wild.xlsx", wild)
    assert "Không có lớp rừng" in openpyxl.load_workbook(tmp_path / "wild.xlsx")["Trạm đề xuất"]["A2"].value


def test_english_by_switch_and_only_the_sheets_that_are_given(book_content, tmp_path):
    english = dataclasses.replace(book_content, language="en", hamlets=None, towers=None)
    write_workbook(tmp_path / "r.xlsx", english)
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames == [
        "Summary",
        "Communes",
        "Schools",
        "Data quality",
        "Method",
        "Settings",
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
