import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from lomsong.publish.cards import CardContent, cards, placemarks, price_table, summary, write_cards
from lomsong.publish.layers import write_kmz


@pytest.fixture
def content():
    towers = gpd.GeoDataFrame(
        {
            "candidate_id": ["C00001", "E-VTL1"], "order": [1, 2], "commune_code": ["26200", ""],
            "kind": ["shoulder", "existing"], "existing_structure": [None, "VTL1"], "ground_m": [130.4, 88.0],
            "height_m": [42.0, 36.0], "slope_deg": [2.59, 1.0], "grid_km": [0.494, float("nan")],
            "road_km": [0.19, 0.0], "forest_class": ["production", "none"], "land_class": ["trees", "open"],
            "learners_gained": [120.4, 40.0], "learners_reached": [120.4, 60.0], "only_it": [60.0, 40.0],
            "cumulative": [120.4, 160.4], "azimuths_deg": ["10/130/250", ""], "power": ["solar", "existing"],
            "line_km": [0.0, 0.0], "backhaul": ["microwave", "existing"], "backhaul_target": ["VTL7", "VTL1"],
            "backhaul_via": ["", ""], "backhaul_hop_km": [3.777, 0.0], "operator": ["viettel", ""],
            "operators": [1, 1], "frequency_mhz": [800.0, 1_800.0], "eirp_dbm": [32.0, 32.0],
            "tower_cost": [502.0, 80.0], "radio_cost": [649.0, 649.0], "power_cost": [392.0, 0.0],
            "road_cost": [175.0, 0.0], "backhaul_cost": [388.0, 51.0], "capital": [2_106.0, 780.0],
            "running": [188.84, 150.0], "present_value": [3_499.2, 1_786.0], "substitute": ["C00002", ""],
            "substitute_loss": [12.0, 40.0], "hamlets": ["Ấp 1, Ấp 2", ""], "schools": ["", "Tiểu học Ấp 5"],
            "year": [2026, 2027],
        },
        geometry=gpd.points_from_xy([705_000.4, 706_000.0], [1_245_000.0, 1_246_000.0]), crs=3405,
    )  # fmt: skip
    prices = pd.DataFrame(
        [("as_asked", 160.4, 0.0), ("forest", 237.0, 76.6), ("grid_required", 126.0, -34.4)],
        columns=["constraint", "learners", "price"],
    )
    plan = {
        "objective": 160.4, "bound": 165.0, "gap": 0.0287, "gain": 158.0, "gain_low": 121.0, "gain_high": 196.0,
        "unconnected": 411.0, "repaired": False, "backhaul_price": 0.0, "cover": 0.0, "grid_km": 0.5,
    }  # fmt: skip
    return CardContent(
        "Lõm sóng", "Đồng Nai", towers, plan, prices, {"viettel": "Viettel"}, {"26200": "Mã Đà"}, issuer="Sở",
        data_note="Số liệu mô phỏng.",
    )  # fmt: skip


def lines(card):
    return {line.heading: line.told("vi") for part in card.parts.values() for line in part}


def test_a_card_tells_what_is_asked_of_a_site(content):
    first, second = cards(content)
    told = lines(first)
    assert first.title == "Trạm 1 – C00001"
    for heading, value in {
        "Xã": "Mã Đà (26200)", "Loại vị trí": "vai đồi", "Tọa độ Đông (m), EPSG:3405": "705.000",
        "Chiều cao cột (m)": "42", "Băng tần (MHz)": "800", "Phương vị các sector (°)": "10/130/250",
        "Người học kết nối thêm, sau các trạm trước": "120", "Ấp, thôn có thêm sóng": "Ấp 1, Ấp 2",
        "Nguồn điện": "mặt trời", "Truyền dẫn": "vi ba", "Tới": "VTL7", "Chặng thông thoáng (km)": "3,78",
        "Tổng vốn (triệu đồng)": "2.106", "Năm xây dựng": "2026", "Loại rừng": "rừng sản xuất",
        "Nhà mạng xây dựng": "Viettel", "Vị trí thay thế tốt nhất": "C00002",
    }.items():  # fmt: skip
        assert told[heading] == value, heading
    other = lines(second)
    assert "Cách lưới điện (km)" not in other, "what is not known is left out"
    assert (other["Nhà mạng xây dựng"], other["Phương vị các sector (°)"]) == ("chưa định", "phát đều mọi hướng")
    assert lines(first).keys() - other.keys() >= {"Ấp, thôn có thêm sóng"}
    unknown = lines(cards(replace(content, towers=content.towers.assign(forest_class=None, road_km=float("nan"))))[0])
    assert "Loại rừng" not in unknown, "nor said to lie outside forest"
    assert "Làm đường vào (triệu đồng)" in told
    assert "Làm đường vào (triệu đồng)" not in unknown, "nor said to need no track"
    laid = lines(cards(replace(content, towers=content.towers.assign(backhaul="fibre")))[0])
    assert laid["Cáp quang, đường thẳng (km)"] == "3,78"
    assert "Chặng thông thoáng (km)" not in laid, "nobody said that a fibre is in sight"


def test_small_counts_are_hidden_and_totals_do_not_give_them_back(content):
    small = content.towers.assign(learners_gained=[120.4, 3.2], cumulative=[120.4, 123.6])
    hidden = replace(content, towers=small)
    assert hidden.hides
    assert lines(cards(hidden)[1])["Người học kết nối thêm, sau các trạm trước"] == "<5"
    assert price_table(hidden)[1][0][1:] == ["160", "0"]
    assert price_table(hidden)[1][1][1:] == ["240", "80"]
    assert not content.hides
    assert price_table(content)[1][1] == ["cho phép trong rừng bị cấm", "237", "77"]
    assert price_table(content)[1][2] == ["bắt buộc có lưới điện trong 0,5 km", "126", "−34"]
    assert "160 người học" in summary(hidden)[0]
    assert "vượt 170 " in summary(hidden)[0], "a bound is rounded up"


def test_the_plan_in_sentences(content):
    said = summary(content)
    assert "160 người học (khoảng 90 %: 120–200) trong 410 người" in said[0], "the gain that the bound is of"
    assert "2,87 %" in said[0]
    assert "chưa kiểm chứng" in said[-1]
    assert "chưa kiểm chứng" in content.about
    own = {**content.plan, "prices": 28, "usual_prices": 0}
    assert replace(content, plan=own).about == "Số liệu mô phỏng."
    some = replace(content, plan=own | {"usual_prices": 27}, language="en")
    assert summary(some)[-1].startswith("Costs still rest on 27 of 28 prices that are unverified defaults")
    assert summary(replace(some, language="vi"))[-1].startswith("Chi phí còn tính theo 27 trong 28 đơn giá mặc định")
    wild = replace(content, plan=own | {"forest_unknown": True})
    assert summary(wild)[-1].startswith("Không có lớp rừng nên chưa loại được vị trí")
    assert not any("lớp rừng" in sentence for sentence in said)
    known = replace(content, language="en", plan=own | {"repaired": True})
    first, second = summary(known)
    assert "interval" in first
    assert "mended" in second
    cover = replace(
        known,
        plan={
            **own,
            "cover": 0.9,
            "cost": 900.0,
            "least_cost": 880.0,
            "repaired": True,
            "backhaul_price": 55.0,
        },
    )
    assert "for 900 million VND reach 90 %" in summary(cover)[0]
    assert "less than 880 million VND" in summary(cover)[0]
    assert "55 million VND more" in summary(cover)[1]
    assert len(summary(replace(content, towers=content.towers[:0]))) == 1


def test_a_sheet_a_site_fits_one_page_and_bytes_repeat(content, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        write_cards(tmp_path / name, content)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames == ["Danh sách", "1 C00001", "2 E-VTL1"]
    sheet = book["1 C00001"]
    cells = {row[0].value: row[1].value for row in sheet.iter_rows(max_col=2)}
    assert cells["Tổng vốn (triệu đồng)"] == 2106
    assert isinstance(cells["Vĩ độ WGS84 (°)"], float)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert int(sheet.page_setup.paperSize) == 9
    looks = {row[0].value: row[1] for row in sheet.iter_rows(max_col=2)}
    assert {
        looks[name].alignment.horizontal for name in ("Tổng vốn (triệu đồng)", "Năm xây dựng", "Cao độ đất (m)")
    } == {"right"}
    assert (looks["Tổng vốn (triệu đồng)"].number_format, looks["Năm xây dựng"].number_format) == ("#,##0", "0")
    assert (looks["Loại vị trí"].alignment.horizontal, looks["Tổng vốn (triệu đồng)"].alignment.indent) == ("left", 0)
    list_sheet = book["Danh sách"]
    (head,) = [row for row in list_sheet.iter_rows() if row[0].value == "STT"]
    assert list_sheet.row_dimensions[head[0].row].height > 27, "a heading of two lines stays in its row"
    assert next(cell.alignment for cell in head if cell.value == "Vị trí").horizontal == "left", "else no indent"
    listed = [value for row in book["Danh sách"].iter_rows(values_only=True) for value in row if value]
    assert {"C00001", "Mã Đà", "cho phép trong rừng bị cấm", 237, -34, 2106} <= set(listed)


def test_balloons_hold_the_whole_card(content, tmp_path):
    frame, label, fields = placemarks(content)
    assert frame[label].tolist() == ["Trạm 1 – C00001", "Trạm 2 – E-VTL1"]
    assert set(fields) <= set(frame)
    assert frame.crs.to_epsg() == 4326
    write_kmz(tmp_path / "sites.kmz", "Trạm", "", frame, label, fields)
    kml = zipfile.ZipFile(tmp_path / "sites.kmz").read("doc.kml").decode()
    assert kml.count("<Placemark>") == 2
    for told in ("Ấp 1, Ấp 2", "Tổng vốn (triệu đồng)", "2.106", "vi ba", "2027"):
        assert told in kml
    assert "nan" not in kml


def test_names_that_look_like_markup_or_a_formula_do_no_harm(content, tmp_path):
    tagged, formula = "<img src=x onerror=alert(1)>", '=HYPERLINK("http://evil.example";"x")'
    towers = content.towers.assign(hamlets=[f"{tagged}, {formula}", formula], schools=[tagged, tagged])
    nasty = replace(content, towers=towers, communes={"26200": tagged}, title=formula)
    write_cards(tmp_path / "cards.xlsx", nasty)
    cells = [
        cell for sheet in openpyxl.load_workbook(tmp_path / "cards.xlsx") for row in sheet.iter_rows() for cell in row
    ]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert any(tagged in str(cell.value) for cell in cells)
    write_kmz(tmp_path / "sites.kmz", "Trạm", "", *placemarks(nasty))
    kml = zipfile.ZipFile(tmp_path / "sites.kmz").read("doc.kml").decode()
    balloons = "".join(node.text or "" for node in ElementTree.fromstring(kml).iter())
    assert "onerror=alert(1)" in balloons
    assert "<img" not in balloons, "text that a balloon takes for markup"
