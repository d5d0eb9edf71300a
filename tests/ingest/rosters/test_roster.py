import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lomsong.errors import ColumnError, CrsError, FormatError
from lomsong.ingest import read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.rosters.roster import RosterLimits

BOUNDS = (106.9, 10.9, 107.6, 11.6)


def test_a_workbook_with_vietnamese_headings(tmp_path):
    path = tmp_path / "truong.xlsx"
    pd.DataFrame(
        {
            "Mã trường": ["T1", "T2", "T2", None, "T5"],
            "TÊN TRƯỜNG": ["Tiểu học Mã Đà", "b", "c", "d", "e"],
            "Số học sinh": [120, 80, 80, 10, -3],
            "Mã xã": ["26200"] * 5,
            "Kinh độ": ["107,05"] * 5,
            "Vĩ độ": [11.25] * 5,
            "Điện thoại": ["0900"] * 5,
        }
    ).to_excel(path, index=False)
    reading = read_schools(path, BOUNDS)
    assert reading.table["school_id"].tolist() == ["T1", "T2"]
    assert reading.table["pupils"].tolist() == [120, 80]
    assert reading.table.geometry.x.tolist() == [107.05] * 2
    assert "Điện thoại" not in reading.table
    found = reading.rejects.set_index("source_row")["check"].to_dict()
    assert found == {4: "code_duplicate", 5: "code_missing", 6: "count_invalid"}
    assert reading.rows_read == 5


def test_households_keep_those_beyond_the_border_and_drop_names(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Họ tên,Số người học,Mã xã,Nhà mạng đang dùng,lon,lat\n"
        "H1,Nguyễn A,2,26200,Vina,107.05,11.2\nH2,Trần B,1,,Viettel,106.0,11.2\nH3,Lê C,1,26200,,,\n"
        "H4,X,1.5,,,107.1,11.2\n"
        "H5,Y,3,26200,,107.1,11.2\n",
        encoding="utf-8",
    )
    reading = read_households(path, BOUNDS)
    assert reading.table["household_id"].tolist() == ["H1", "H2", "H5"]
    assert reading.table["own_operator"].tolist()[:2] == ["vinaphone", "viettel"]
    assert not any("Nguyễn" in str(value) for value in reading.table.to_numpy().ravel())
    assert reading.rejects["check"].tolist() == ["position_missing", "count_invalid"]


def test_one_row_with_its_axes_exchanged_is_told_as_such(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "household_id,learners,lon,lat\nH1,1,107.1,11.2\nH2,1,11.2,107.1\nH3,1,107.2,11.3\nH4,1,107.2,95\n",
        encoding="utf-8",
    )
    rejects = read_households(path, BOUNDS).rejects
    assert rejects[["source_row", "check"]].to_numpy().tolist() == [[3, "swapped_coordinates"], [5, "position_missing"]]
    assert rejects["limit"].tolist() == ["106.900…107.600 10.900…11.600", "±180 ±90"]


def test_no_more_lack_a_device_than_learn(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Số người học,Chưa có thiết bị,lon,lat\nH1,2,2,107,11.2\nH2,2,5,107,11.2\nH3,2,,107,11.2\n",
        encoding="utf-8",
    )
    reading = read_households(path, BOUNDS)
    assert reading.table["household_id"].tolist() == ["H1", "H3"]
    found = reading.rejects[["source_row", "check", "column", "value"]].to_numpy().tolist()
    assert found == [[3, "count_invalid", "learners_without_device", "5 / 2"]]


def test_a_number_of_a_workbook_has_no_marks_of_thousands(tmp_path):
    path = tmp_path / "truong.xlsx"
    rows = {"school_id": ["T1", "T2"], "name": ["a", "b"], "pupils": [53.125, 1234], "lon": 107.1, "lat": 11.2}
    pd.DataFrame(rows).to_excel(path, index=False)
    reading = read_schools(path, BOUNDS)
    assert reading.table["pupils"].tolist() == [1234]
    assert reading.rejects[["source_row", "check"]].to_numpy().tolist() == [[2, "count_invalid"]]
    assert reading.source_row == (3,)


def test_hamlets_and_sites(tmp_path):
    (tmp_path / "ap.csv").write_text(
        "hamlet_id,name,commune_code,grid_power,lon,lat\nA1,Ấp 1,26200,Có,107,11.2\nA2,Ấp 2,26200,chưa,107,11.2\n"
        "A3,Ấp 3,26200,Maybe,107,11.2\n",
        encoding="utf-8",
    )
    hamlets = read_hamlets(tmp_path / "ap.csv", BOUNDS)
    assert hamlets.table["grid_power"].tolist() == ["yes", "no"]
    assert hamlets.rejects["check"].tolist() == ["value_unknown"]
    told = read_hamlets(tmp_path / "ap.csv", BOUNDS, language="vi").rejects[["value", "limit"]].iloc[0].tolist()
    assert told == ["Maybe", "có, không, chưa rõ"], "as the office wrote it, in words that it may write"
    (tmp_path / "sites.csv").write_text(
        "site_id,operator,band_mhz,height_m,eirp_dbm,azimuth_deg,lon,lat\nS1,VinaPhone,1800,42,30,120,107,11.2\n"
        "S1,VinaPhone,1800,42,30,,107,11.2\nS2,MobiFone,1800,0,30,,107,11.2\nS3,MobiFone,1800,30,30,30°,107,11.2\n"
    )
    sites = read_sites(tmp_path / "sites.csv", BOUNDS)
    assert sites.table["operator"].tolist() == ["vinaphone"] * 2
    assert sites.rejects["check"].tolist() == ["value_range"] * 2
    assert "unit" in sites.rejects["remedy"].iloc[1]  # 30 lies within its limits


def test_technologies_of_sites_are_known_by_the_words_of_cell_files(tmp_path):
    head = "site_id,operator,technology,band_mhz,height_m,eirp_dbm,longitude,latitude"
    words = ["LTE", "4g", "NR", "GSM", "4G", "WLAN"]
    rows = [f"S{at},viettel,{word},1800,30,30,107,11" for at, word in enumerate(words)]
    (tmp_path / "sites.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    sites = read_sites(tmp_path / "sites.csv")
    assert sites.table["technology"].tolist() == ["4G", "4G", "5G", "2G", "4G"]
    assert sites.rejects[["check", "value"]].values.tolist() == [["value_unknown", "WLAN"]]


def test_a_sector_that_is_listed_twice_is_one(tmp_path):
    """Twice in the table it would be counted as two servers, and be its own second server."""
    head = "site_id,operator,band_mhz,height_m,eirp_dbm,azimuth_deg,longitude,latitude"
    rows = ["A,viettel,1800,30,30,0,107,11", "A,viettel,1800,30,30,120,107,11", "A,viettel,1800.0,30,30,0,107,11.0"]
    (tmp_path / "sites.csv").write_text("\n".join([head, *rows, rows[1]]), encoding="utf-8")
    sites = read_sites(tmp_path / "sites.csv")
    assert sites.table["azimuth_deg"].tolist() == [0, 120]
    assert sites.rejects[["source_row", "check"]].values.tolist() == [[4, "duplicate"], [5, "duplicate"]]


def test_a_wrong_column_names_what_was_found(tmp_path):
    (tmp_path / "ho.csv").write_text("Mã hộ,Kinh độ,Vĩ độ\nH1,107,11\n", encoding="utf-8")
    with pytest.raises(ColumnError) as caught:
        read_households(tmp_path / "ho.csv")
    assert all(word in str(caught.value) for word in ("ho.csv", "learners (Số người học)", "Mã hộ"))


def test_a_roster_elsewhere_is_refused(tmp_path):
    (tmp_path / "ho.csv").write_text("household_id,learners,lon,lat\nH1,1,-17.4,14.7\n", encoding="utf-8")
    with pytest.raises(CrsError, match="1 of 1 rows lie outside the territory"):
        read_households(tmp_path / "ho.csv", BOUNDS)


def test_a_file_that_is_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_text("no workbook")
    with pytest.raises(FormatError, match="workbook"):
        read_schools(tmp_path / "a.xlsx")


def test_totals_are_told_apart_and_held_against_the_rows(tmp_path):
    path = tmp_path / "truong.csv"
    path.write_text(
        "Mã trường;Tên trường;Số học sinh;Xã;Huyện;Kinh độ;Vĩ độ\n"
        "T1;TH Mã Đà;1.250;Mã Đà;Vĩnh Cửu;107,05;11,2\n"
        "T2;Cống Dầu;0;Mã Đà;Vĩnh Cửu;107,05;11,2\n"
        "Cộng;;1250;;;;\n"
        "T3;THCS Phú Lý;7000;Phú Lý;Vĩnh Cửu;107,1;11,2\n"
        "Cộng;;7.100;;;;\n"
        "Tổng cộng;;8.250;;;;\n",
        encoding="utf-8",
    )
    reading = read_schools(path, BOUNDS, limits=RosterLimits(max_school_pupils=5_000))
    assert reading.table["pupils"].tolist() == [1250, 0, 7000]
    assert reading.table["commune_name"].tolist() == ["Mã Đà", "Mã Đà", "Phú Lý"]
    assert reading.table["parent_name"].tolist() == ["Vĩnh Cửu"] * 3
    assert reading.rejects["check"].tolist() == ["total_row"] * 3
    assert reading.rejects["source_row"].tolist() == [4, 6, 7]
    flags = reading.flags.set_index("check")
    # the first subtotal and the last line are right; the second subtotal is a hundred off
    assert flags.loc["total_mismatch", ["rows", "first_row"]].tolist() == [1, 6]
    assert flags.loc["total_mismatch", "value"] == "stated 7100, the rows add up to 7000"
    assert flags.loc["count_implausible", ["first_row", "value", "limit"]].tolist() == [5, "7000", "5000"]
    assert flags.loc["school_without_pupils", "first_row"] == 3
    assert reading.rows_read == 6


def test_people_in_a_roster_of_households_are_told_and_dropped(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Chủ hộ,SĐT,Số người học,Nhà mạng,Xã,lon,lat\n"
        'H1,Nguyễn Văn Bình,0901234567,15,"Vina, Viettel",26200,107.05,11.2\n'
        "H2,Trần Thị Hoa,0907654321,2,không,26200,107.05,11.2\nH3,Lê C,0911222333,1,Viettel Mobile,26200,107,11.2\n",
        encoding="utf-8",
    )
    reading = read_households(path, BOUNDS, "vi")
    assert reading.table["own_operator"].tolist() == ["vinaphone", None, "viettel"]
    # a column headed «Xã» that holds nothing but codes is one of codes
    assert reading.table["commune_code"].tolist() == ["26200"] * 3
    flags = reading.flags.set_index("check")
    assert flags.loc["personal_data", "value"] == "không đọc: Chủ hộ, Số điện thoại"
    assert flags.loc["count_implausible", ["rows", "value"]].tolist() == [1, "15"]
    frames = (reading.table, reading.rejects, reading.flags)
    shown = [str(value) for frame in frames for value in frame.to_numpy().ravel()]
    assert not any(secret in value for value in shown for secret in ("Bình", "Hoa", "0901", "0907", "Lê C"))


@pytest.mark.parametrize(
    ("word", "power"),
    [("Có", "yes"), ("X", "yes"), ("Điện lưới quốc gia", "yes"), ("Chưa có điện", "no"), ("Pin mặt trời", "no"),
     ("máy phát", "no"), ("chưa rõ", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_grid_power_in_words(tmp_path, word, power):
    path = tmp_path / "ap.csv"
    path.write_text(f"Mã ấp,Tên ấp,Xã,Điện lưới,lon,lat\nA1,Ấp 1,Mã Đà,{word},107,11.2\nA2,Ấp 2,Mã Đà,Có,107,11.2\n")
    assert read_hamlets(path).table["grid_power"].tolist() == [power, "yes"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(st.integers(0, 20_000), min_size=1, max_size=8),
    off=st.integers(-3, 3),
    mark=st.sampled_from(["", ".", ","]),
    order=st.permutations(["Mã hộ", "Số người học", "Kinh độ", "Vĩ độ"]),
)
def test_a_total_is_flagged_when_it_is_off(tmp_path_factory, counts, off, mark, order):
    def written(number):
        return f"{number:,}".replace(",", mark)

    stated = max(sum(counts) + off, 0)
    frame = pd.DataFrame(
        {"Mã hộ": [f"H{at}" for at in range(len(counts))] + ["Tổng cộng"],
         "Số người học": [*map(written, counts), written(stated)], "Kinh độ": [*["107,05"] * len(counts), ""],
         "Vĩ độ": [*["11,2"] * len(counts), ""]}
    )  # fmt: skip
    path = tmp_path_factory.mktemp("total") / "ho.csv"
    frame[order].to_csv(path, index=False, sep=";")
    reading = read_households(path, limits=RosterLimits(max_household_learners=1_000))
    assert reading.table["learners"].sum() == sum(counts)
    assert reading.rejects["check"].tolist() == ["total_row"]
    assert ("total_mismatch" in set(reading.flags["check"])) == (stated != sum(counts))
    large = reading.flags.loc[reading.flags["check"] == "count_implausible", "rows"].sum()
    assert large == sum(count > 1_000 for count in counts)


def test_sheets_of_the_same_kind_that_are_not_read_are_told(tmp_path):
    path = tmp_path / "truong.xlsx"
    frame = pd.DataFrame(
        {"Mã trường": ["1"], "Tên trường": ["A"], "Số học sinh": [5], "Xã": ["Mã Đà"], "Kinh độ": [107], "Vĩ độ": [11]}
    )
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, index=False, sheet_name="Xã A")
        frame.drop(columns="Số học sinh").assign(**{"Mã trường": "2"}).to_excel(book, index=False, sheet_name="Xã B")
        pd.DataFrame({"Ghi chú": ["cũ"]}).to_excel(book, index=False, sheet_name="Ghi chú")
    flags = read_schools(path).flags.set_index("check")
    assert flags.loc["sheets_unread", ["severity", "value"]].tolist() == ["critical", "Xã B"]


def test_a_total_power_in_the_place_of_a_reference_signal_is_told(tmp_path):
    path = tmp_path / "tram.csv"
    path.write_text(
        "site_id,operator,technology,band_mhz,height_m,eirp_dbm,longitude,latitude\n"
        "A,viettel,4G,1800,42,32,107,11\nB,viettel,4G,1800,42,60.5,107.1,11\nC,viettel,4G,1800,42,45,107.2,11\n"
    )
    reading = read_sites(path)
    assert len(reading.table) == 3
    flag = reading.flags.set_index("check").loc["eirp_total"]
    assert (flag["rows"], flag["first_row"], flag["value"], flag["limit"]) == (1, 3, "60.5", "45")


def test_a_cross_in_the_place_of_a_number_of_learners_without_a_device_is_told_and_the_household_kept(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Số người học,Chưa có thiết bị,Kinh độ,Vĩ độ\n"
        "H1,2,x,107,11\nH2,1,1,107,11\nH3,1,,107,11\nH4,1,-1,107,11\n",
        encoding="utf-8",
    )
    reading = read_households(path)
    assert reading.table["household_id"].tolist() == ["H1", "H2", "H3"]
    assert reading.table["learners_without_device"].isna().tolist() == [True, False, True]
    flag = reading.flags.set_index("check").loc["device_unknown"]
    assert (flag["rows"], flag["first_row"], flag["value"]) == (1, 2, "x")
    assert reading.rejects["check"].tolist() == ["count_invalid"]


def book(path, **sheets):
    with pd.ExcelWriter(path) as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, index=False, sheet_name=name)
    return path


def homes(code, *counts, total=None):
    rows = [(f"{code}{at}", count, 107.1, 11.1) for at, count in enumerate(counts)]
    return pd.DataFrame(
        [*rows, ("Tổng cộng", total, None, None)], columns=["Mã hộ", "Số người học", "Kinh độ", "Vĩ độ"]
    )


def test_a_row_of_one_of_several_sheets_is_told_with_its_sheet(tmp_path):
    path = book(tmp_path / "ho.xlsx", A=homes("A", 1, "hai"), B=homes("B", 1, "ba", 20))
    reading = read_households(path)
    told = reading.rejects[["sheet", "source_row", "check"]].to_numpy().tolist()
    assert told == [["A", 3, "count_invalid"], ["A", 4, "total_row"], ["B", 3, "count_invalid"], ["B", 5, "total_row"]]
    flag = reading.flags.set_index("check").loc["count_implausible"]
    assert (flag["sheet"], flag["first_row"]) == ("B", 4)
    assert set(read_households(f"{path}#A").rejects["sheet"]) == {""}


def test_the_total_of_a_sheet_is_held_against_its_own_rows(tmp_path):
    path = book(
        tmp_path / "ho.xlsx", A=homes("A", 1, 2, total=3), B=homes("B", 4, 5, total=10), C=homes("C", 6, total=18)
    )
    told = read_households(path).flags.set_index("check")[["sheet", "limit"]].loc[["total_mismatch"]]
    assert told.to_numpy().tolist() == [["B", "9"]], "A is right, and C states the total of the whole workbook"
