import gzip
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from lomsong.errors import CrsError, DataError, LomsongError, MissingFileError
from lomsong.ingest.cells import cell_id, read_cells
from lomsong.tables import CELLS

HEADINGS = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
ROWS = [
    "LTE,452,4,12001,68454657,101,107.01,11.31,1500,40,1,1282569574,1300155341,-95",
    "UMTS,452,2,801,86355,-1,107.02,11.32,1000,7,1,1282569574,1300155341,0",
    "GSM,452,1,801,1795,0,107.03,11.33,5716,9,0,1282569574,1300155341,0",
    "NR,452,5,1200,21250490000,512,107.04,11.34,300,3,1,1282569574,1700000000,0",
]
BOUNDS = (106.9, 11.2, 107.3, 11.5)


def write(path, *lines, encoding="utf-8"):
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def checks(frame):
    return frame["check"].value_counts().to_dict()


def balanced(reading):
    assert reading.rows_read == len(reading.table) + len(reading.rejects)
    assert reading.sources["accepted"].sum() == len(reading.table)
    CELLS.check(reading.table, "cells")
    assert reading.table.crs.to_epsg() == 4326
    return reading


@pytest.mark.parametrize("headings", [True, False])
@pytest.mark.parametrize("packing", ["", "gz", "zip"])
def test_the_official_export_with_or_without_headings(tmp_path, headings, packing):
    path = write(tmp_path / "any name.txt", *([HEADINGS] if headings else []), *ROWS)
    if packing == "gz":
        path = tmp_path / "452.csv.gz"
        path.write_bytes(gzip.compress((tmp_path / "any name.txt").read_bytes()))
    if packing == "zip":
        path = tmp_path / "452.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "any name.txt", "452.csv")
    table = balanced(read_cells(path, BOUNDS)).table
    assert table["cell_id"].tolist() == [
        "452-04-12001-68454657", "452-02-801-86355", "452-01-801-1795", "452-05-1200-21250490000",
    ]  # fmt: skip
    assert table["operator"].tolist() == ["viettel", "vinaphone", "mobifone", "vietnamobile"]
    assert table["technology"].tolist() == ["4G", "3G", "2G", "5G"]
    assert table["pci"].astype(object).where(table["pci"].notna(), None).tolist() == [101, None, None, 512]
    # 68454657 = 267401 * 256 + 1; UMTS, GSM and NR have no such parts.
    assert table.loc[0, ["node", "sector"]].tolist() == [267401, 1]
    assert table["node"].notna().tolist() == [True, False, False, False]
    assert table["range_m"].tolist() == [1500, 1000, 5716, 300]
    assert table["samples"].tolist() == [40, 7, 9, 3]
    assert table["updated"].iloc[0] == pd.Timestamp("2011-03-15 02:15:41", tz="UTC")
    assert (table["position_kind"] == "estimated").all()
    assert table.geometry.x.tolist() == [107.01, 107.02, 107.03, 107.04]
    assert table["source_row"].tolist() == [row + headings for row in (1, 2, 3, 4)]


def test_every_line_of_an_export_is_accepted_or_charged(tmp_path):
    lines = [
        HEADINGS, ROWS[0], "LTE,452,4,1", "", ROWS[1], ROWS[0], ROWS[2].replace("107.03,11.33", ","),
        ROWS[3].replace("107.04,11.34", "0,0"), ROWS[1].replace("107.02", "12.5"),
        ROWS[1].replace("107.02,11.32", "11.32,107.02"), ROWS[2].replace("107.03", "x"),
    ]  # fmt: skip
    reading = balanced(read_cells(write(tmp_path / "c.csv", *lines), BOUNDS, "vi"))
    # Ten lines below the headings, one of them blank.
    assert reading.rows_read == 9
    charged = reading.rejects.set_index("source_row")["check"].to_dict()
    assert charged == {
        3: "columns_missing", 6: "duplicate", 7: "position_missing", 8: "position_missing", 9: "outside_territory",
        10: "swapped_coordinates", 11: "position_missing",
    }  # fmt: skip
    assert reading.table["source_row"].tolist() == [2, 5]
    assert reading.rejects["value"].iloc[0] == "LTE,452,4,1"
    assert checks(reading.flags) == {"position_estimated": 1}


def test_an_export_without_headings_numbers_its_rows_from_one(tmp_path):
    reading = balanced(read_cells(write(tmp_path / "c.csv", ROWS[0], "LTE,1", ROWS[1])))
    assert reading.table["source_row"].tolist() == [1, 3]
    assert reading.rejects["source_row"].tolist() == [2]


def test_an_extract_with_a_running_number_and_no_technology(tmp_path):
    path = write(
        tmp_path / "m.csv", ",lon,lat,mcc,range,net,cell,averageSignal", "1182,11.5365,48.1484,262,700,1,26226,-70",
        "9,11.6,48.2,262,700,1,21250490000,-80",
    )  # fmt: skip
    table = balanced(read_cells(path)).table
    assert table["cell_id"].tolist() == ["262-01--26226", "262-01--21250490000"]
    # 26226 may be a cell of any generation, a number of more than 28 bits only one of NR.
    assert table["technology"].tolist() == [None, "5G"]
    assert table["operator"].tolist() == ["26201", "26201"]
    assert (table["position_kind"] == "estimated").all()


OPERATOR_FILE = [
    ["DANH SÁCH TRẠM 4G TỈNH ĐỒNG NAI", None, None, None, None, None, None, None, None, None, None, None, None, None],
    ["Mã trạm", "Tên Cell", "eNodeB ID", "Local Cell Id", "TAC", "PCI", "DL EARFCN", "Góc phương vị",
     "Độ cao anten (m)", "Mechanical Tilt", "Electrical Tilt", "Nhà mạng", "Kinh độ", "Vĩ độ"],
    ["DNI001", "DNI001-1", 267401, 1, 12001, 101, 1300, 0, 42, 2, 4, "Viettel", "107,0100", "11,3100"],
    ["DNI001", "DNI001-2", 267401, 2, 12001, 102, 1300, 360, 42, "2,5", -1, "Viettel", "107,0100", "11,3100"],
    ["DNI002", "DNI002-1", 267402, 1, 12001, 103, 9310, 400, 900, None, None, "VNPT", "107,0500", "11,3500"],
    ["DNI003", "DNI003-1", 267403, 3, 12001, 104, 632628, "không rõ", 30, 3, None, "Mobifone", None, None],
]  # fmt: skip


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_an_operators_file_with_headings_in_vietnamese_below_a_title(tmp_path, ending):
    path = tmp_path / f"cells{ending}"
    if ending == ".xlsx":
        book = openpyxl.Workbook()
        for row in OPERATOR_FILE:
            book.active.append(row)
        book.save(path)
    else:
        lines = [";".join("" if cell is None else str(cell) for cell in row) for row in OPERATOR_FILE]
        write(path, *lines, encoding="utf-8-sig")
    reading = balanced(read_cells(path, BOUNDS))
    table = reading.table
    assert table["site_id"].tolist() == ["DNI001", "DNI001", "DNI002"]
    assert table["cell_name"].tolist() == ["DNI001-1", "DNI001-2", "DNI002-1"]
    assert table["operator"].tolist() == ["viettel", "viettel", "vinaphone"]
    assert table["technology"].tolist() == ["4G", "4G", "4G"]
    assert table["cell_id"].tolist() == [
        f"--12001-{267401 * 256 + 1}", f"--12001-{267401 * 256 + 2}", f"--12001-{267402 * 256 + 1}",
    ]  # fmt: skip
    assert table["azimuth_deg"].tolist()[:2] == [0, 0]
    assert table["downtilt_deg"].tolist()[:2] == [6, 1.5]
    assert table["band_mhz"].tolist() == [1800, 1800, 700]
    assert table["frequency_mhz"].tolist() == [1815.0, 1815.0, 768.0]
    assert table[["azimuth_deg", "height_m", "downtilt_deg"]].iloc[2].isna().all()
    assert (table["position_kind"] == "stated").all()
    assert table.geometry.iloc[0].equals(Point(107.01, 11.31))
    left_out = reading.flags.query("check == 'value_left_out'").set_index("column")
    assert left_out.loc["azimuth_deg", ["rows", "first_row", "value", "limit"]].tolist() == [1, 5, "400", "0…360"]
    assert left_out.loc["height_m", ["rows", "value"]].tolist() == [1, "900"]
    assert reading.rejects[["source_row", "check"]].to_numpy().tolist() == [[6, "position_missing"]]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"ECI": 68454657, "RAT": "LTE"}, ("---68454657", "4G", 267401, 1)),
        ({"CGI": "452-04-12001-68454657", "RAT": "LTE"}, ("452-04-12001-68454657", "4G", 267401, 1)),
        ({"ECGI": "452-04-267401-1", "RAT": "LTE"}, ("452-04--68454657", "4G", 267401, 1)),
        ({"ECGI": "452-04-68454657", "RAT": "LTE"}, ("452-04--68454657", "4G", 267401, 1)),
        ({"Cell ID": "267401-1", "RAT": "LTE"}, ("---68454657", "4G", 267401, 1)),
        ({"eNodeB ID": 267401, "Cell ID": 1}, ("---68454657", "4G", 267401, 1)),
        ({"eNodeB ID": 267401, "Cell ID": 68454657}, ("---68454657", "4G", 267401, 1)),
        ({"CGI": "452-01-801-1795", "RAT": "GSM"}, ("452-01-801-1795", "2G", None, None)),
        ({"MCC": 452, "MNC": "04", "LAC": 801, "CI": 1795, "Công nghệ": "3G"}, ("452-04-801-1795", "3G", None, None)),
        ({"PLMN": "45204", "TAC": 7, "NCI": 21250490000, "RAT": "NR"}, ("452-04-7-21250490000", "5G", None, None)),
        ({"PLMN": "452-04", "ECI": "68454657.0", "RAT": "4G"}, ("452-04--68454657", "4G", 267401, 1)),
    ],
)
def test_the_identity_of_a_cell_however_it_is_written(tmp_path, columns, expected):
    frame = pd.DataFrame({**{name: [value] for name, value in columns.items()}, "Longitude": 107.01, "Latitude": 11.31})
    frame.to_csv(tmp_path / "c.csv", index=False)
    row = balanced(read_cells(tmp_path / "c.csv")).table.iloc[0]
    found = row["cell_id"], row["technology"], row["node"], row["sector"]
    assert tuple(None if pd.isna(value) else value for value in found) == expected


@given(node=st.integers(1, (1 << 20) - 1), sector=st.integers(0, 255))
def test_an_eutran_identity_comes_apart_as_it_was_put_together(node, sector):
    eci = node * 256 + sector
    assert (eci >> 8, eci & 255) == (node, sector)
    assert cell_id("452", "4", "", str(eci)) == f"452-04--{eci}"


# Downlink frequencies worked out from TS 36.101 table 5.7.3-1 and TS 38.104 table 5.4.2.1-1.
@pytest.mark.parametrize(
    ("technology", "channel", "frequency", "band"),
    [
        ("LTE", 0, 2110.0, 2100), ("LTE", 1300, 1815.0, 1800), ("LTE", 1850, 1870.0, 1800), ("LTE", 3650, 945.0, 900),
        ("LTE", 3050, 2650.0, 2600), ("LTE", 6300, 806.0, 800), ("LTE", 9310, 768.0, 700), ("LTE", 40620, 2593.0, 2500),
        ("NR", 632628, 3489.42, 3489.42), ("NR", 432970, 2164.85, 2164.85), ("LTE", 8000, None, None),
        ("GSM", 62, None, None),
    ],
)  # fmt: skip
def test_frequency_and_band_of_a_channel(tmp_path, technology, channel, frequency, band):
    path = write(tmp_path / "c.csv", "cell,rat,earfcn,lon,lat", f"68454657,{technology},{channel},107,11.3")
    row = balanced(read_cells(path)).table.iloc[0]
    assert (None if pd.isna(row["frequency_mhz"]) else row["frequency_mhz"]) == pytest.approx(frequency)
    assert (None if pd.isna(row["band_mhz"]) else row["band_mhz"]) == pytest.approx(band)


def test_a_named_band_where_there_is_no_channel_and_for_nr(tmp_path):
    path = write(
        tmp_path / "c.csv", "cell,rat,earfcn,band,lon,lat", "1000,LTE,,L1800,107,11.3", "1001,LTE,,B28,107,11.3",
        "1002,NR,632628,n78,107,11.3", "1003,LTE,1300,B7,107,11.3",
    )  # fmt: skip
    assert read_cells(path).table["band_mhz"].tolist() == [1800, 700, 3500, 1800]


def test_power_in_watts_and_in_dbm(tmp_path):
    path = write(tmp_path / "c.csv", "site,Tx power (W),lon,lat", "a,40,107,11.3", "b,0,107,11.3")
    power = read_cells(path).table["power_dbm"]
    assert power[0] == pytest.approx(46.0206, abs=1e-3)
    assert pd.isna(power[1])
    path = write(tmp_path / "d.csv", "site;Công suất phát (dBm);lon;lat", "a;15,2;107;11,3")
    assert read_cells(path).table["power_dbm"].tolist() == [15.2]


def test_sites_alone_are_read_without_cells(tmp_path):
    table = balanced(read_cells(write(tmp_path / "s.csv", "site,lat,lon", "1,11.3,107", "A,11.4,107.1"))).table
    assert table["site_id"].tolist() == ["1", "A"]
    assert table["cell_id"].isna().all()
    assert (table["position_kind"] == "stated").all()
    assert table.geometry.y.tolist() == [11.3, 11.4]


def kml(marks):
    folders = "".join(
        f"<Folder><name>{folder}</name>"
        + "".join(f"<Placemark><name>{name}</name>{shape}</Placemark>" for name, shape in items)
        + "</Folder>"
        for folder, items in marks.items()
    )
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'


@pytest.mark.parametrize("ending", [".kml", ".kmz"])
def test_placemarks_of_all_folders_and_sectors_drawn_as_areas_are_charged(tmp_path, ending):
    point = "<Point><coordinates>{},{},0</coordinates></Point>"
    wedge = (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>107,11.3 107.01,11.31 107.01,11.3 107,11.3"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )
    text = kml({
        "Viettel": [("DNI001", point.format(107.01, 11.31)), ("DNI001-1", wedge)],
        "VNPT": [("DNI002", point.format(107.05, 11.35))],
    })  # fmt: skip
    path = tmp_path / f"sites{ending}"
    if ending == ".kml":
        path.write_text(text, encoding="utf-8")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("doc.kml", text)
    reading = balanced(read_cells(path, BOUNDS))
    assert reading.rows_read == 3
    assert reading.table["site_id"].tolist() == ["DNI001", "DNI002"]
    assert reading.rejects[["source_row", "check", "value"]].to_numpy().tolist() == [
        [2, "geometry_unusable", "Polygon"]
    ]


def test_a_layer_in_vn_2000_comes_to_its_place(tmp_path):
    points = gpd.GeoDataFrame(
        {"Site ID": ["a"], "Azimuth": [120.0]}, geometry=[Point(107.01, 11.31)], crs=4326
    ).to_crs(5899)  # fmt: skip
    points.to_file(tmp_path / "s.gpkg")
    table = balanced(read_cells(tmp_path / "s.gpkg", BOUNDS)).table
    assert table["azimuth_deg"].tolist() == [120]
    assert table.geometry.iloc[0].distance(Point(107.01, 11.31)) < 1e-5


def test_degrees_as_text_and_exchanged_columns_are_understood_and_told(tmp_path):
    path = write(tmp_path / "c.csv", "site;Kinh độ;Vĩ độ", "a;107°00'36\"E;11°18'36\"N", "b;107°03'00\"E;11°21'00\"N")
    reading = balanced(read_cells(path, BOUNDS))
    assert reading.table.geometry.iloc[0].distance(Point(107.01, 11.31)) < 1e-9
    assert "degrees_as_text" in checks(reading.flags)
    path = write(tmp_path / "x.csv", "site,lon,lat", "a,11.31,107.01", "b,11.35,107.05")
    reading = balanced(read_cells(path, BOUNDS))
    assert reading.table.geometry.x.tolist() == [107.01, 107.05]
    assert "axes_swapped" in checks(reading.flags)
    path = write(tmp_path / "m.csv", "site,x,y", "a,418900,1250400", "b,418950,1250450")
    with pytest.raises(CrsError, match="5899"):
        read_cells(path, BOUNDS)


def test_a_folder_of_files_is_read_together(tmp_path):
    folder = tmp_path / "cells"
    folder.mkdir()
    write(folder / "a.csv", HEADINGS, *ROWS[:2])
    write(folder / "b.csv", "site,lat,lon", "1,11.3,107")
    reading = balanced(read_cells(folder, BOUNDS))
    assert reading.sources[["source_file", "rows_read"]].to_numpy().tolist() == [["a.csv", 2], ["b.csv", 1]]
    assert reading.table["source_file"].tolist() == ["a.csv", "a.csv", "b.csv"]
    assert len(read_cells(str(folder / "a*.csv")).table) == 2


def test_a_line_of_totals_is_no_site(tmp_path):
    path = write(tmp_path / "s.csv", "Mã trạm,Số mẫu,lon,lat", "a,3,107,11.3", "b,4,107,11.4", "Tổng cộng,7,,")
    reading = balanced(read_cells(path))
    assert reading.table["site_id"].tolist() == ["a", "b"]
    assert len(reading.rejects) == reading.rows_read - 2


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_cells(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(DataError):
        read_cells(tmp_path / "empty.csv")
    with pytest.raises(LomsongError, match="longitude"):
        read_cells(write(tmp_path / "c.csv", "Site ID,Azimuth", "a,120"))
    with pytest.raises(DataError):
        read_cells(write(tmp_path / "h.csv", HEADINGS))


def test_polygons_alone_leave_no_cell_and_no_error(tmp_path):
    shape = Polygon([(107, 11.3), (107.1, 11.3), (107.1, 11.4)])
    gpd.GeoDataFrame({"site": ["a"]}, geometry=[shape], crs=4326).to_file(tmp_path / "p.gpkg")
    reading = balanced(read_cells(tmp_path / "p.gpkg"))
    assert len(reading.table) == 0
    assert checks(reading.rejects) == {"geometry_unusable": 1}


FIELD = st.sampled_from(["LTE", "452", "4", "", "-1", "107.01", "11.31", "999999999999", "x", "1e400", "é", '"', "nan"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(FIELD, min_size=1, max_size=16).map(",".join), min_size=1, max_size=6), headed=st.booleans()
)
def test_no_line_is_lost_and_nothing_but_our_errors_is_raised(tmp_path, rows, headed):
    path = write(tmp_path / "c.csv", *([HEADINGS] if headed else []), ROWS[0], *rows)
    try:
        reading = balanced(read_cells(path, BOUNDS))
    except LomsongError as error:
        assert "c.csv" in str(error)
        return
    # A quotation mark may join lines; without one each line that is not blank is a row.
    if not any('"' in row for row in rows):
        assert reading.rows_read == 1 + sum(bool(row.strip()) for row in rows)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=400), ending=st.sampled_from([".csv", ".xlsx", ".kml", ".zip", ".gpkg", ""]))
def test_any_bytes_raise_nothing_but_our_errors(tmp_path, data, ending):
    path = tmp_path / f"c{ending}"
    Path(path).write_bytes(data)
    try:
        balanced(read_cells(path))
    except LomsongError as error:
        assert "\n" not in str(error)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(14)))
def test_the_order_of_columns_does_not_matter(tmp_path, order):
    lines = [[row.split(",")[at] for at in order] for row in [HEADINGS, *ROWS]]
    table = read_cells(write(tmp_path / "c.csv", *map(",".join, lines)), BOUNDS).table
    plain = read_cells(write(tmp_path / "p.csv", HEADINGS, *ROWS), BOUNDS).table
    pd.testing.assert_frame_equal(
        pd.DataFrame(table.drop(columns=["source_file", "geometry"])),
        pd.DataFrame(plain.drop(columns=["source_file", "geometry"])),
    )
    assert table.geometry.geom_equals(plain.geometry).all()


def test_cells_on_a_sheet_with_other_headings_are_told(tmp_path):
    path = tmp_path / "o.xlsx"
    frame = pd.DataFrame({"Tên trạm": ["A"], "Kinh độ": [107.1], "Vĩ độ": [11.1], "Cell ID": [5], "PCI": [7]})
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, index=False, sheet_name="4G")
        frame.drop(columns="PCI").to_excel(book, index=False, sheet_name="Cũ")
    assert read_cells(path).flags.set_index("check")["value"]["sheets_unread"] == "Cũ"
