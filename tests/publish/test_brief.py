"""The brief opened again, as a department reads it."""

import dataclasses
import re
import tempfile
import time
import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from docx import Document
from docx.shared import Pt
from rasterio.transform import from_origin
from shapely.geometry import Point

from lomsong import shown
from lomsong.publish.brief import TOP, BriefContent, Signal, write_brief
from lomsong.publish.drawing import Base
from lomsong.publish.findings import DEVICES, Findings
from lomsong.publish.privacy import published_ranking, round_total
from lomsong.publish.validation import score_rows, write_validations
from lomsong.settings import Publish, Run, Settings
from lomsong.surface.scores import reliability, score
from lomsong.surface.validation import Validation

NOTE = "Số liệu mô phỏng: không có thật."
VIETNAMESE = set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")

PUBLISH = Publish(
    issuer="Sở Khoa học và Công nghệ", superior="Ủy ban nhân dân tỉnh Đồng Nai", number="125", symbol="BC-SKHCN",
    place="Đồng Nai", date="2021-09-05", basis="Công văn số 11093/UBND-KGVX", signer="Nguyễn Văn An",
    recipients=("Ủy ban nhân dân tỉnh", "Sở Giáo dục và Đào tạo"), copies=("Như trên", "Công ty Điện lực", "Lưu: VT"),
    signer_title=("KT. Giám đốc", "Phó Giám đốc"),
)  # fmt: skip


@pytest.fixture(scope="module")
def findings():
    points = gpd.GeoDataFrame(
        {
            "point_id": ["A1", "T1", "A2"], "kind": ["hamlet", "school", "hamlet"],
            "name": ["Ấp 1", "Tiểu học 1", "Ấp 2"], "unconnected_suppressed": [False] * 3,
            "commune": ["Mã Đà", "Mã Đà", "Trị An"], "reach": ["unreached", "unreached", "unknown"],
            "learners": [60.0, 200.0, 30.0], "unconnected": [55.0, 150.0, np.nan],
            "grid_power": ["no", "yes", "unknown"], "obstacles": [("no_grid", "reserve"), (), ()],
            "bodies": [("power_company", "forest_protection"), ("operators",), ("operators",)],
        },
        geometry=[Point(107, 11)] * 3, crs=4326,
    )  # fmt: skip
    bodies = pd.DataFrame(
        {
            "body": ["power_company", "forest_protection", "operators", "survey"], "points": [1, 1, 1, 1],
            "alone": [0, 0, 1, 1], "hamlets": [1, 1, 0, 1], "schools": [0, 0, 1, 0], "zones": [0, 0, 0, 0],
            "unconnected": [55.0, 55.0, 0.0, 0.0],
        }
    )  # fmt: skip
    totals = pd.DataFrame(
        [
            {"of": of, "indoor": indoor, "unconnected": many, "unconnected_low": many - 500,
             "unconnected_high": many + 700, "learners": 50_000}
            for of, indoor, many in [("any", False, 6_130), ("any", True, 12_300), ("own", False, 8_000),
                                     ("viettel", False, 9_000)]
        ]
    )  # fmt: skip
    return Findings(points=points, bodies=bodies, totals=totals)


@pytest.fixture(scope="module")
def content(new_content, new_validation, findings):
    made = new_content()
    ranking = made.ranking.copy()
    small = ranking.index[ranking["rank"] == 2][0]
    ranking.loc[small, ["unconnected", "unconnected_low", "unconnected_high"]] = [3.0, 1.0, 4.0]
    west, south, east, north = made.communes.to_crs(3405).total_bounds
    shape = (40, 30)
    p_usable = np.tile(np.linspace(0, 1, shape[1], dtype=np.float32), (shape[0], 1))
    p_usable[:2] = np.nan
    surveyed = {name: np.arange(shape[0])[:, None] + np.zeros(shape) >= 12 for name in ("viettel", "mobifone")}
    step = max((east - west) / shape[1], (north - south) / shape[0])
    return BriefContent(
        Settings(run=Run(title="Lõm sóng Đồng Nai", territory="Tỉnh Đồng Nai", note=NOTE), publish=PUBLISH),
        ranking, {"viettel": "Viettel", "mobifone": "MobiFone"}, (date(2021, 9, 1), date(2021, 9, 20)),
        {"viettel": new_validation(), "mobifone": new_validation(1)},
        dataclasses.replace(findings, zones=made.zones.assign(unconnected_suppressed=False, learners_suppressed=False)),
        sources=pd.DataFrame({"source_file": ["a.txt", "xa.gpkg"], "table": ["samples", "communes"],
                              "rows_read": [1250, 95], "accepted": [1234, 95], "rejected": [16, 0]}),
        rejects=pd.DataFrame({"check": ["duplicate"] * 9 + ["speed"] * 7}),
        schools=made.schools, hamlets=made.hamlets, base=Base(made.communes, made.water, made.roads, None),
        signal=Signal(p_usable, surveyed, from_origin(west, north, step, step), "EPSG:3405"),
        towers=made.towers, plan=made.plan, sites=made.sites,
    )  # fmt: skip


@pytest.fixture(scope="module")
def brief(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("brief") / "brief.docx"
    write_brief(path, content)
    return path


@pytest.fixture(scope="module")
def document(brief):
    return Document(brief)


def plain(text):
    return text.replace("\u00a0", " ")


def said(document):
    """All that stands in the paper, in its order, a line a paragraph and a row of a table."""
    lines = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    return plain("\n".join(lines))


def cells(table):
    return [[plain(cell.text) for cell in row.cells] for row in table.rows]


def table_with(document, heading):
    return next(table for table in document.tables if heading in cells(table)[0])


def test_the_head_is_that_of_an_administrative_document(document):
    left, right = document.tables[0].rows[0].cells
    assert [line for line in plain(left.text).split("\n") if line] == [
        "ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "Số: 125/BC-SKHCN",
    ]  # fmt: skip
    assert [line for line in right.text.split("\n") if line] == [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Đồng Nai, ngày 05 tháng 9 năm 2021",
    ]  # fmt: skip
    text = said(document)
    order = [
        "BÁO CÁO", "Kết quả rà soát vùng lõm sóng và người học chưa có kết nối trên địa bàn tỉnh Đồng Nai", NOTE,
        "Kính gửi: ", "- Ủy ban nhân dân tỉnh;", "- Sở Giáo dục và Đào tạo.", "Thực hiện Công văn số 11093/UBND-KGVX, ",
    ]  # fmt: skip
    at = [text.index(part) for part in order]
    assert at == sorted(at)
    assert document.core_properties.title == "Lõm sóng Đồng Nai"
    assert document.core_properties.language == "vi-VN"


def test_paper_margins_and_page_numbers_are_those_of_the_decree(document):
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    sides = [round(getattr(section, f"{side}_margin").mm) for side in ("top", "bottom", "left", "right")]
    assert sides == [20, 20, 30, 15]
    assert "PAGE" in section.header._element.xml
    assert section.different_first_page_header_footer
    assert "PAGE" not in section.first_page_header._element.xml
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert document.styles["Normal"].font.size.pt == 13


def test_the_foot_names_who_receives_and_who_signs(document):
    [foot] = [table for table in document.tables if "Nơi nhận:" in table.rows[0].cells[0].text]
    left, right = foot.rows[0].cells
    assert left.text.split("\n") == ["Nơi nhận:", "- Như trên;", "- Công ty Điện lực;", "- Lưu: VT."]
    assert right.text.split("\n") == ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "(Ký tên, đóng dấu)", "Nguyễn Văn An"]
    assert "./." in said(document).split("Nơi nhận:")[0][-20:]


def test_the_signature_stays_on_the_page_of_the_end(document):
    blocks = list(document.iter_inner_content())
    at = next(
        row for row, block in enumerate(blocks) if hasattr(block, "rows") and "Nơi nhận:" in block.cell(0, 0).text
    )
    assert all(block.paragraph_format.keep_with_next for block in blocks[at - 3 : at])
    assert "cantSplit" in blocks[at].rows[0]._tr.xml


def test_what_ends_the_pages_of_a_part_takes_no_room(document):
    """Where the page of the signatures was full it stood on an empty page of its own."""
    ends = [part for part in document.paragraphs if part._p.pPr is not None and part._p.pPr.sectPr is not None]
    assert len(ends) == len(document.sections) - 1 > 0
    for part in ends:
        assert not part.text
        assert (part.paragraph_format.space_after, part.paragraph_format.line_spacing) == (0, Pt(1))


def test_brackets_in_the_name_of_an_office_are_not_broken(content):
    settings = dataclasses.replace(
        content.settings, publish=Publish(superior="UBND tỉnh A (mô phỏng)", issuer="Sở B (C D)")
    )
    lines = _document(dataclasses.replace(content, settings=settings, base=None)).tables[0].cell(0, 0).text
    assert "UBND TỈNH A (MÔ\u00a0PHỎNG)" in lines
    assert "SỞ B (C\u00a0D)" in lines


def test_sections_stand_in_order_with_data_quality_first(document):
    heads = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert heads == [
        "I. CHẤT LƯỢNG SỐ LIỆU", "II. KẾT QUẢ RÀ SOÁT", "III. VÙNG LÕM SÓNG", "IV. PHƯƠNG ÁN ĐẶT TRẠM",
        "V. VƯỚNG MẮC VÀ ĐƠN VỊ CHỊU TRÁCH NHIỆM", "VI. KIẾN NGHỊ, ĐỀ XUẤT",
    ]  # fmt: skip
    annexes = re.findall(r"Phụ lục ([IV]+)\n(.+)", said(document))
    assert [name for name, _ in annexes] == ["I", "II", "III"]
    assert "3 ĐIỂM" in annexes[0][1]
    assert "10 VỊ TRÍ TRẠM" in annexes[1][1]


def test_the_known_and_the_unknown_are_told_with_what_was_read(document, content):
    text = said(document)
    unknown = content.ranking["unsurveyed"].sum() / content.ranking["learners"].sum()
    assert f"Đã biết: {100 * (1 - unknown):.1f} %".replace(".", ",") in text
    assert f"Chưa biết: {100 * unknown:.1f} %".replace(".", ",") in text
    assert "Đã đọc 1.250 dòng đo kiểm, nhận 1.234 dòng (98,7 %), loại 16 dòng" in text
    assert "từ ngày 01/09/2021 đến ngày 20/09/2021" in text
    rows = cells(table_with(document, "Diện tích có bằng chứng"))
    scores = content.validations["viettel"].scores.loc[content.validations["viettel"].closest]
    assert rows[1][:3] == ["Viettel", "73,7 %", f"{scores['rmse_db']:.1f}".replace(".", ",")]
    reasons = cells(table_with(document, "Lý do"))[1:]
    assert [row[1] for row in reasons] == ["9", "7"]
    assert reasons[0][0].startswith("Dòng lặp lại nguyên văn")


def test_the_first_communes_stand_in_a_table_with_small_counts_hidden(document, content):
    heads, *rows = cells(table_with(document, "Hạng"))
    assert heads == ["Hạng", "Xã, phường", "Người học", "Chưa có sóng", "Khoảng 90 %", "Tỷ lệ"]
    first = content.ranking.sort_values("rank").head(TOP)
    assert [row[1] for row in rows] == first["name"].tolist()
    assert [int(row[0].split()[0]) for row in rows] == list(range(1, TOP + 1))
    assert rows[1][3:] == ["<5", "–", "–"]
    assert "Số người từ 1 đến dưới 5 được ghi là “<5”; dấu “–” ở cột số là số không nêu" in said(document)
    published = published_ranking(content.ranking.sort_values("rank")).head(TOP)
    for row, (_, commune) in zip(rows, published.iterrows(), strict=True):
        if pd.notna(commune["unconnected"]):
            low, high = (shown.number(commune[f"unconnected_{end}"]) for end in ("low", "high"))
            assert row[3:5] == [shown.number(commune["unconnected"]), f"{low}–{high}"]
            assert row[5] == f"{100 * commune['share']:.1f} %".replace(".", ",")


def test_the_paragraph_tells_rounded_totals_and_no_hidden_count(document, content):
    text = said(document)
    unconnected = content.ranking["unconnected"].sum()
    told = text.split("Ước tính ")[1].split(" trong ")[0].replace(".", "")
    assert int(told) == round_total(unconnected) != unconnected
    assert "khoảng tin cậy 90 % từ 5.630 đến 6.830" in text
    names = content.ranking.sort_values("rank")["name"].head(3).tolist()
    first = text.split("Cần ưu tiên trước hết: ")[1].split("\n")[0]
    assert first.index(names[0]) < first.index(names[2])
    assert names[1] not in first, "of fewer than five learners nothing is urgent"
    assert "−110 dBm" in text


def test_numbers_keep_their_units_on_the_line(document):
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "90\u00a0%: " in text
    assert not re.search(r"\d (%|dBm|km|m)\b", text)


def test_communes_where_everybody_has_signal_are_not_put_first(content):
    ranking = content.ranking.copy()
    ranking.loc[ranking["rank"] > 2, ["unconnected", "unconnected_low", "unconnected_high"]] = 0.0
    rows = cells(table_with(_document(dataclasses.replace(content, ranking=ranking, base=None)), "Hạng"))[1:]
    assert [row[1] for row in rows] == ranking.sort_values("rank")["name"].head(2).tolist()
    ranking[["unconnected", "unconnected_low", "unconnected_high"]] = 0.0
    text = said(_document(dataclasses.replace(content, ranking=ranking, base=None)))
    assert "cần ưu tiên" not in text
    assert "Cần ưu tiên" not in text


def test_what_is_not_the_case_is_not_told_as_none(content):
    points = content.findings.points.assign(reach="unreached", not_checked=[("terrain",), (), ()])
    found = dataclasses.replace(content.findings, points=points)
    ranking = content.ranking.assign(unsurveyed=0)
    text = said(_document(dataclasses.replace(content, ranking=ranking, base=None, validations={}, findings=found)))
    assert "đều ở nơi có đủ bằng chứng để kết luận về sóng" in text
    assert "Chưa biết" not in text
    assert "phải đo kiểm trước khi kết luận" not in text
    assert "Chưa đủ số liệu để xét ở một số hoặc mọi điểm: địa hình che khuất." in text


def test_the_share_of_the_own_operator_says_of_how_many(content):
    totals = content.findings.totals
    some = totals.assign(learners=totals["learners"].mask(totals["of"] == "own", 20_000))
    for told, note in ((totals, False), (some, True)):
        found = dataclasses.replace(content.findings, totals=told)
        text = said(_document(dataclasses.replace(content, base=None, validations={}, findings=found)))
        assert ("Mạng đang dùng: tính trên 20.000 người học" in text) == note


def test_maps_and_diagrams_are_pictures_with_descriptions(document):
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert [text.split(" ")[0] for text in described] == ["Người", "Xác", "Vùng", "Biểu", "Biểu"]
    captions = re.findall(r"^Hình (\d+)\. ", said(document), flags=re.MULTILINE)
    assert captions == ["1", "2", "3", "4", "5"]
    assert all(shape.width.mm <= 165 for shape in document.inline_shapes)


def test_the_plan_is_told_with_its_bound_and_a_sheet_a_site(document, content):
    text = said(document)
    assert "Đề xuất 10 trạm mới, đưa sóng đến khoảng 12.345 người học" in text
    assert (
        "không phương án nào đưa sóng đến quá 12.400 người học; phương án này kém giới hạn đó không quá 0,45 %" in text
    )
    sheets = text.split("Phụ lục II\n")[1].split("Phụ lục III\n")[0]
    titles = [sheets.index(name) for name in content.towers.sort_values("order")["candidate_id"]]
    assert titles == sorted(titles), "a sheet a site, in the order of the plan"
    first = content.towers.sort_values("order").iloc[0].geometry
    assert f"vĩ độ {first.y:.5f}°".replace(".", ",") in text
    named = content.towers.assign(commune_code=content.ranking["commune_code"].iloc[0])
    heads, *rows = cells(table_with(_document(dataclasses.replace(content, base=None, towers=named)), "STT"))
    assert heads[:4] == ["STT", "Vị trí", "Xã, phường", "Thôn, ấp được phủ sóng"]
    assert {row[2] for row in rows} == {content.ranking["name"].iloc[0]}
    proven = dataclasses.replace(
        content, base=None, validations={}, plan=content.plan | {"gap": 0.0, "status": "optimal", "bound": 12345.0}
    )
    assert "Đã chứng minh" in _written(proven)
    cheapest = {"objective": 12345.0, "cost": 900.0, "least_cost": 880.0, "gap": 0.0222, "cover": 0.95}
    text = _written(dataclasses.replace(content, base=None, validations={}, plan=cheapest))
    assert "đưa sóng đến khoảng 12.345 người học" in text
    assert "95 %" in text
    assert "với vốn 900 triệu đồng; không phương án nào đạt như vậy với vốn dưới 880 triệu đồng (chênh 2,22 %)" in text


def test_costs_are_told_with_their_unit_and_as_unverified_until_a_sheet_is_given(content):
    costly = content.towers.assign(capital=2106.0, present_value=3499.0)
    bare = dataclasses.replace(content, base=None, validations={}, towers=costly)
    words = "đơn giá mặc định chưa kiểm chứng"
    told = _written(bare)
    assert re.search(r"21\.060 triệu đồng .*" + words, told)
    assert words in told.split("Phụ lục II\n")[1].split("Phụ lục III\n")[0]
    headings = {cell for table in _document(bare).tables for row in table.rows for cell in (c.text for c in row.cells)}
    assert {"Tổng vốn (triệu đồng)", "Giá trị hiện tại của tổng chi phí (triệu đồng)"} <= headings
    for usual in (0, 27):
        plan = {**content.plan, "prices": 28, "usual_prices": usual}
        assert (words in _written(dataclasses.replace(bare, plan=plan))) == (usual > 0)
    wild = _written(dataclasses.replace(bare, plan={**content.plan, "forest_unknown": True}))
    assert ("Không có lớp rừng" in wild, "Không có lớp rừng" in told) == (True, False)


def test_a_threshold_has_the_decimals_that_were_set(content):
    finer = dataclasses.replace(content.settings, gap=dataclasses.replace(content.settings.gap, usable_dbm=-107.5))
    told = _written(dataclasses.replace(content, base=None, validations={}, signal=None, settings=finer))
    assert "−107,5 dBm" in told
    assert "−108" not in told


def _document(content):
    with tempfile.TemporaryDirectory() as folder:
        write_brief(Path(folder) / "brief.docx", content)
        return Document(Path(folder) / "brief.docx")


def _written(content):
    return said(_document(content))


def test_each_body_is_asked_for_its_own_points_and_the_annex_lists_all(document):
    text = said(document)
    parts = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 2"]
    assert parts[:4] == ["1. Ngành điện", "2. Cơ quan quản lý rừng", "3. Các nhà mạng", "4. Đơn vị đo kiểm"]
    asked = text.split("1. Ngành điện\n")[1].split("\n")[0]
    assert asked.startswith("1 điểm chưa có sóng nằm ở nơi chưa có điện lưới quốc gia")
    assert asked.endswith("Tập trung ở: Mã Đà (1 điểm).")
    rows = cells(table_with(document, "Trách nhiệm"))[1:]
    assert [row[:2] for row in rows] == [["1", "Ấp 1"], ["2", "Tiểu học 1"], ["3", "Ấp 2"]]
    assert rows[0][-1] == "ngành điện, cơ quan quản lý rừng"
    assert rows[2][5:] == ["–", "cần đo kiểm", "chưa rõ", "–", "đơn vị đo kiểm"]


def test_a_hamlet_unreached_at_home_alone_is_told_apart_from_those_silent_at_their_middle(content):
    points = content.findings.points.assign(basis=["homes", "middle", "middle"])
    found = dataclasses.replace(content.findings, points=points)
    document = _document(dataclasses.replace(content, base=None, validations={}, findings=found))
    rows = cells(table_with(document, "Trách nhiệm"))[1:]
    assert [row[6] for row in rows] == ["chưa có sóng (xét theo nhà ở)", "chưa có sóng", "cần đo kiểm"]
    assert "Ngoài ra, 1 thôn, ấp có sóng ở trung tâm" in said(document)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((900, 100, 2_345.0, 321.4, 0, 0), "2.670 trong 3.670 người học chưa có thiết bị học tập. Ước tính 320 người"),
        ((900, 100, 50.0, np.nan, 30.0, 6.0), "50 trong 1.090 người học chưa có thiết bị học tập. Còn 40 người học"),
        ((900, 100, 0, 0, 0, 0), ""),
    ],
)
def test_who_lacks_a_device_is_told_with_how_many_have_no_signal_for_one(content, counts, words):
    total = pd.DataFrame([counts], columns=DEVICES).assign(row="total", learners=np.nansum(counts))
    found = dataclasses.replace(content.findings, tallies=total)
    told = said(_document(dataclasses.replace(content, base=None, validations={}, findings=found)))
    assert words in told
    assert ("thiết bị học tập" in told) == bool(words)
    assert ("Còn 40 người học chưa rõ" in told) == (counts[4] > 0)


def test_how_sure_has_scores_for_each_operator(document, content):
    tables = [cells(table) for table in document.tables if any("CRPS" in head for head in cells(table)[0])]
    assert len(tables) == 2
    for table, (operator, found) in zip(tables, content.validations.items(), strict=True):
        keys = ("rmse", "crps", "inside90", "brier", "missed", "sure_right")
        assert table[1:] == [[plain(cell) for cell in row] for row in score_rows(found, "vi", keys)]
        row = found.scores.loc[found.closest]
        assert row["scheme"] == "passes", "the one whose distances match best"
        assert f"sai số điển hình {row['rmse_db']:.1f} dB".replace(".", ",") in said(document)
        assert content.operators[operator] in said(document)


def test_the_same_content_gives_the_same_bytes(brief, content, tmp_path):
    time.sleep(2.1)  # a zip keeps time to two seconds
    write_brief(tmp_path / "again.docx", content)
    assert (tmp_path / "again.docx").read_bytes() == brief.read_bytes()
    with zipfile.ZipFile(brief) as parts:
        assert {part.date_time[:3] for part in parts.infolist()} == {(2021, 10, 1)}
        assert parts.testzip() is None


def test_in_english_nothing_is_left_in_vietnamese(content):
    english = Settings(run=Run(title="Gaps", territory="Province"), publish=Publish(language="en"))
    unnamed = content.ranking.assign(name="Town")
    points = content.findings.points.assign(name="Place", commune="Town")
    findings = dataclasses.replace(content.findings, points=points, zones=content.findings.zones.assign(name="Zone"))
    english = dataclasses.replace(
        content, settings=english, ranking=unnamed, findings=findings, base=None,
        towers=content.towers.assign(hamlets="Place", capital=100.0),
    )  # fmt: skip
    text = _written(english)
    assert "RELIABILITY OF THE ESTIMATES" in text
    assert "an estimated" in text.lower()
    assert "1,250 rows read 1,234" in text
    assert not VIETNAMESE & set(text.lower()), VIETNAMESE & set(text.lower())


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_word_of_a_heading_is_broken(content, language):
    settings = dataclasses.replace(content.settings, publish=dataclasses.replace(PUBLISH, language=language))
    way = content.ranking.assign(in_the_way=[("reserve",)] * len(content.ranking))
    towers = content.towers.assign(capital=100.0)
    document = _document(dataclasses.replace(content, settings=settings, ranking=way, towers=towers, base=None))
    tables = [table for table in document.tables if table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")]
    assert len(tables) >= 7
    for table in tables:
        for cell in table.rows[0].cells:
            longest = max(map(len, cell.text.split()))
            # Bold letters of 10.5 points are half as wide as high, and 1.9 mm are kept free on each side.
            assert longest * 0.5 * 10.5 * 25.4 / 72 + 3.8 <= cell.width.mm + 0.1, (cell.text, cell.width.mm)


def test_what_is_not_told_leaves_room_to_be_written_by_hand(content):
    text = _written(BriefContent(Settings(), content.ranking))
    assert "[CƠ QUAN BAN HÀNH]" in text
    assert re.search("Số: {8,}/BC", text)
    assert "……, ngày …… tháng …… năm ……" in text
    assert "Kính gửi" not in text
    assert "- Lưu: VT." in text
    assert "PHƯƠNG ÁN ĐẶT TRẠM" not in text
    assert "Phụ lục I\n" not in text


def test_nothing_to_say_is_said(content):
    empty = content.ranking.iloc[:0]
    nothing = Validation(-110, content.validations["viettel"].scores.iloc[:0], pd.DataFrame())
    text = _written(BriefContent(Settings(), empty, validations={"viettel": nothing}))
    assert "Chưa có người học nào trong 0 xã, phường để tính." in text
    assert "Số liệu đo quá ít để kiểm chứng" in text


def test_a_name_that_looks_like_a_formula_or_markup_stays_a_name(content):
    nasty = '=HYPERLINK("http://x","<img src=x onerror=alert(1)>")'
    ranking = content.ranking.assign(name=nasty)
    text = _written(dataclasses.replace(content, ranking=ranking, base=None))
    assert nasty in text


def test_an_older_picture_goes_when_nothing_can_be_scored(tmp_path, new_validation):
    names = {"viettel": "Viettel"}
    first = write_validations(tmp_path, {"viettel": new_validation()}, names, "vi")
    assert [path.name for path in first] == ["validation.csv", "reliability_viettel.png"]
    nothing = Validation(-110, new_validation().scores.iloc[:0], new_validation().reliability.iloc[:0])
    assert [path.name for path in write_validations(tmp_path, {"viettel": nothing}, names, "vi")] == ["validation.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["validation.csv"]


def test_a_survey_without_any_service_is_drawn_too(content, tmp_path):
    silent = pd.DataFrame({"level_dbm": -125.0, "censored": True, "predicted_dbm": [-127.0, -124.0], "sd_db": 5.0})
    told = {"scheme": "passes", "folds": 2, "nearest_m": 20.0, "match_m": np.nan} | vars(score(silent, -110))
    table = reliability(silent, -110).assign(scheme="passes", block_m=np.nan)
    found = Validation(-110, pd.DataFrame([told]), table)
    assert np.isnan(told["rmse_db"])
    names = [path.name for path in write_validations(tmp_path, {"viettel": found}, {}, "vi")]
    assert names == ["validation.csv", "reliability_viettel.png"]
    found = dataclasses.replace(found, scores=found.scores.assign(block_m=np.nan))
    text = said(_document(dataclasses.replace(content, base=None, validations={"viettel": found})))
    assert "Trong số ô thật ra không dùng được, 0,0 % bị coi là có sóng." in text
    assert "– dB" not in text
    assert "thì đúng –" not in text
    [row] = score_rows(found, "vi", ("n", "rmse", "inside90", "brier", "missed", "sure_right"))
    assert row == ["Giấu cả lượt đo", "2", "–", "–", "0,000", "0,0 %", "–"]
