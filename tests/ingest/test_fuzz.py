"""Whatever the bytes: a closed account, or one of our faults told in one line in either language.

LOMSONG_FUZZ is the number of cases over all tests of this file: few by default, 10,000 in the long run:

    LOMSONG_FUZZ=10000 python -m pytest tests/ingest/test_fuzz.py
"""

import gzip
import io
import json
import os
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import Point, box

CASES = int(os.environ.get("LOMSONG_FUZZ", "150"))
FEW = CASES < 1_000

fuzz = settings(
    max_examples=max(CASES // 3, 1), deadline=None, derandomize=FEW, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip

ENTRY_NAMES = (
    "read", "survey", "surveys", "households", "schools", "hamlets", "sites", "learners", "declared", "communes",
    "cells", "roads", "dem", "population", "companion", "crosswalk", "crosswalk table",
)  # fmt: skip

GNETTRACK = (
    "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tCellname\tNode\tCellID\tLAC\tNetworkTech\tLevel\tQual\tSNR"
)
MOMENTS = [f"2024.01.01_00.00.{second:02d}" for second in range(30)]
LOG = "\r\n".join(
    [
        GNETTRACK,
        *(
            f"{moment}\t{107 + at * 1e-4:.6f}\t11.000000\tViettel\t45204\t\t5000\t1\t7000\t4G\t{-90 - at}\t-9\t5.0"
            for at, moment in enumerate(MOMENTS)
        ),
        "",
    ]
)
DELIMITED = "time,lon,lat,mcc,mnc,rsrp,technology\n" + "".join(
    f"2024-01-01 00:00:{at:02d},{107 + at * 1e-4:.5f},11.0,452,4,{-90 - at},4G\n" for at in range(30)
)
OPENCELLID = "".join(
    f"LTE,452,4,12001,{68454657 + at},{at},{107 + at * 1e-3:.4f},11.01,1000,5,1,1459692342,1459692342,0\n"
    for at in range(8)
)
HOUSEHOLDS = "Mã hộ,Kinh độ,Vĩ độ,Số người học,Mã xã\n" + "".join(
    f"H{at},107,{11 + at * 1e-3:.3f},2,26170\n" for at in range(8)
)
LEARNERS = "Mã định danh;Họ và tên;Ngày sinh;Trường;Có thiết bị\n" + "".join(
    f"07920{at:07d};Nguyễn Văn {name};0{at % 9 + 1}/02/2012;THCS A;có\n" for at, name in enumerate("ABCDEFGH")
)
KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>26170</name>'
    "<Point><coordinates>107,11</coordinates></Point></Placemark></Document></kml>"
)
EVENTS = "Timestamp\tLongitude\tLatitude\tEventType\tEventDetails\tState\tOperator\tNetworkTech\r\n"

HEADS = [
    text.encode()
    for text in (
        GNETTRACK + "\r\n", "time,lon,lat,rsrp\n", OPENCELLID.split("\n", 1)[0] + "\n", EVENTS,
        HOUSEHOLDS.split("\n", 1)[0] + "\n", LEARNERS.split("\n", 1)[0] + "\n",
        "site_id,operator,longitude,latitude\n", "school_id,name,pupils,longitude,latitude\n",
        "hamlet_id,name,longitude,latitude\n", "commune_code,name\n", "Tên trường,Số học sinh\n",
        '{"type":"FeatureCollection","features":[', '<?xml version="1.0"?><kml><Document><Placemark>', "!table\n",
        "<VRTDataset ", "Version 300\n", '"', "sep=;\n",
    )
]  # fmt: skip
MAGIC = [
    b"", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"SQLite format 3\0",
    b"PAR1", b"fgb\x03fgb\0", b"\x00\x00\x27\x0a", b"II*\0", b"MM\0*", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf",
    b"%PDF-1.4", b"\x89HDF\r\n\x1a\n", b"CDF\x01",
]  # fmt: skip
SUFFIXES = (
    ".txt", ".csv", ".xlsx", ".xls", ".ods", ".json", ".geojson", ".kml", ".kmz", ".gpkg", ".parquet", ".shp", ".tab",
    ".mif", ".fgb", ".zip", ".gz", ".tif", ".hgt", ".vrt", ".asc", ".nc", "",
)  # fmt: skip


def workbook():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["DANH SÁCH HỘ"])
    sheet.merge_cells("A1:E1")
    for line in HOUSEHOLDS.splitlines():
        sheet.append(line.split(","))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def raster(path):
    shape = (20, 20)
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=4326, nodata=-9999,
        transform=from_origin(106.99, 11.03, 0.002, 0.002), compress="deflate",
    ) as target:  # fmt: skip
        target.write(np.arange(400, dtype=np.float32).reshape(shape), 1)


class Files(dict):
    """Name to bytes; a failing case need not print them all."""

    def __repr__(self):
        return f"{len(self)} files"


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """Files as they should be, by ending: name to bytes."""
    folder = tmp_path_factory.mktemp("valid")
    points = gpd.GeoDataFrame(
        {"commune_code": ["26170", "26173"], "name": ["Trị An", "Tân An"], "rsrp": [-90.0, -101.5], "operator": "VNPT"},
        geometry=[Point(107, 11), Point(107.01, 11.01)], crs=4326,
    )  # fmt: skip
    areas = points.set_geometry([box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)]).set_crs(4326)
    for frame, kind in ((points, "points"), (areas, "areas")):
        for suffix in (".gpkg", ".geojson", ".fgb", ".shp", ".tab", ".mif"):
            frame.to_file(folder / f"{kind}{suffix}")
        frame.to_parquet(folder / f"{kind}.parquet")
    pd.DataFrame({"longitude": [107.0, 107.1], "latitude": [11.0, 11.1], "rsrp": [-90, -95]}).to_parquet(
        folder / "plain.parquet"
    )
    raster(folder / "dem.tif")
    texts = {
        "log.txt": LOG, "delimited.csv": DELIMITED, "opencellid.csv": OPENCELLID, "households.csv": HOUSEHOLDS,
        "learners.csv": LEARNERS,
        "points.kml": KML,
        "tiles.vrt": '<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>EPSG:4326</SRS><GeoTransform>106.99,0.002,0,'
        '11.03,0,-0.002</GeoTransform><VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename '
        'relativeToVRT="1">dem.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>'
        "</VRTDataset>",
    }  # fmt: skip
    files = Files()
    files |= {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in SUFFIXES}
    files |= {name: text.encode() for name, text in texts.items()}
    files |= {"log16.txt": LOG.encode("utf-16"), "learners16.csv": LEARNERS.encode("utf-16")}
    files["households.xlsx"] = workbook()
    files["log.txt.gz"] = gzip.compress(LOG.encode(), mtime=0)
    files["N11E107.hgt"] = np.zeros((1201, 1201), ">i2").tobytes()
    shape = [folder / f"points{suffix}" for suffix in (".shp", ".shx", ".dbf", ".prj")]
    for name, parts in {"points.zip": shape, "tile.zip": [folder / "dem.tif"]}.items():
        files[name] = zipped({path.name: path.read_bytes() for path in parts})
    files["log.zip"] = zipped({"day/log.txt": LOG.encode()})
    files["points.kmz"] = zipped({"doc.kml": files["points.kml"]})
    return files


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Write bytes under a name, always the same file, and return its path."""
    folder = tmp_path_factory.mktemp("fuzz")
    raster(folder / "dem.tif")

    def put(name, content):
        path = folder / name
        path.write_bytes(content)
        return path

    return put


def test_the_valid_files_are_read(valid, place, outcome):
    for name, content in valid.items():
        path = place(f"whole_{name}" if not name.endswith(".hgt") else name, content)
        reading = outcome("cells" if name in ("opencellid.csv", "points.kml", "points.kmz") else "read", path)
        if name.endswith((".mif", ".tab", ".shp")):
            continue  # their other parts are not beside them
        assert not isinstance(reading, Exception), f"{name}: {reading}"
        assert reading.rows_read > 0


@fuzz
@given(
    entry=st.sampled_from(ENTRY_NAMES),
    suffix=st.sampled_from(SUFFIXES),
    head=st.sampled_from(MAGIC + HEADS),
    body=st.one_of(
        st.binary(max_size=600),
        st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.text(max_size=300).map(lambda text: text.encode("utf-16-le", "surrogatepass")),
        st.text(alphabet='\t;,|"\r\n0123456789.-{}[]<>/:', max_size=600).map(str.encode),
    ),
    packed=st.booleans(),
)
def test_raw_bytes_behind_a_known_beginning(place, outcome, entry, suffix, head, body, packed):
    content = head + body
    outcome(entry, place(f"raw{suffix}", gzip.compress(content) if packed and suffix == ".gz" else content))


CHANGE = st.tuples(
    st.sampled_from(("flip", "cut", "drop", "double", "splice", "zero", "number")),
    st.floats(0, 1),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=12),
)


def changed(content, changes, other):
    data = bytearray(content)
    for kind, begin, share, piece in changes:
        at = int(begin * len(data))
        end = min(at + int(share**4 * len(data)) + 1, len(data))
        if kind == "flip":
            data[at : at + len(piece)] = piece
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at:end]
        elif kind == "double":
            data[at:at] = data[at:end]
        elif kind == "splice":
            data[at:end] = other[at : at + 4096]
        elif kind == "zero":
            data[at:end] = bytes(end - at)
        else:
            data[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(data)


@fuzz
@given(data=st.data(), entry=st.sampled_from(ENTRY_NAMES), changes=st.lists(CHANGE, min_size=1, max_size=4))
def test_valid_files_flipped_cut_doubled_and_spliced(valid, place, outcome, data, entry, changes):
    name, other = (data.draw(st.sampled_from(sorted(valid))) for _ in range(2))
    content = changed(valid[name], changes, valid[other])
    suffix = data.draw(st.sampled_from(SUFFIXES)) if data.draw(st.integers(0, 9)) == 0 else ""
    named = name if name.endswith(".hgt") else f"changed_{name}"
    outcome(entry, place(f"{named}{suffix}", content))


ABSURD = st.one_of(
    st.sampled_from(
        [
            "", " ", "-", "nan", "inf", "-inf", "1e308", "-1e308", "1e-320", "-0", "0", "00", "+84", "9" * 400, "0x10",
            "1_000", "1.234.567,89", "12,5", "−95", "٣", "½", "²", "True", "NULL", "#REF!", "0000-00-00", "00/00/0000",
            "31/02/2012", "29/02/0000", "9999-12-31T23:59:59.999999Z", "10000-01-01", "1970-01-01T00:00:00+99:99",
            "2024.13.45_25.61.61", "99999999999999999999", "-9223372036854775808", "18446744073709551616", "107°",
            "107°60'60\"E", "💥", "\u202egnp", "e\u0301" * 30, "\ufeff", "\0", "=1+1", "'", '"', "\\N", "NaT",
            "107", "11", "-95", "Viettel", "4G", "26170", "Nguyễn Văn A", "có", "2012",
        ]
    ),
    st.floats().map(str),
    st.integers().map(str),
    st.text(max_size=8),
    st.datetimes().map(str),
)  # fmt: skip

HEADINGS = (
    GNETTRACK.split("\t"),
    ["time", "lon", "lat", "mcc", "mnc", "rsrp", "technology", "speed", "accuracy", "device"],
    ["Date", "Time", "Longitude", "Latitude", "Operator", "RSRP", "SS-RSRP", "RSRQ", "SINR", "Band", "EARFCN", "PCI"],
    ["radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable", "created",
     "updated", "averageSignal"],
    ["household_id", "longitude", "latitude", "learners", "learners_without_device", "category", "own_operator",
     "building", "hamlet_id", "commune_code"],
    ["school_id", "name", "level", "pupils", "commune_code", "longitude", "latitude"],
    ["hamlet_id", "name", "commune_code", "grid_power", "longitude", "latitude"],
    ["site_id", "operator", "technology", "band_mhz", "height_m", "eirp_dbm", "azimuth_deg", "downtilt_deg",
     "beamwidth_deg", "longitude", "latitude"],
    ["Mã định danh", "Họ", "Họ và tên", "Ngày sinh", "Năm sinh", "Điện thoại", "Trường", "Xã", "Có thiết bị", "Mã hộ"],
    ["Tên trường", "Mã xã", "Số học sinh", "Chưa có thiết bị", "Đã gửi danh sách"],
    ["commune_code", "name", "kind", "parent_code", "population"],
    ["site_id", "cell_name", "eci", "tac", "mcc", "mnc", "pci", "earfcn", "azimuth", "tilt", "power_w", "updated",
     "longitude", "latitude"],
    ["Timestamp", "Longitude", "Latitude", "EventType", "EventDetails", "State"],
    ["Timestamp", "Longitude", "Latitude", "TESTDOWNLINK", "TESTUPLINK", "PINGAVG", "PINGLOSS", "NetworkTech", "Level"],
)  # fmt: skip

NUMBER = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from((107.0, 11.0, 0.0, -0.0, 1e308, -1e308, 91.0))
)
SPOT = st.lists(NUMBER, min_size=0, max_size=4)
SHAPES = st.one_of(
    st.none(),
    st.builds(lambda spot: {"type": "Point", "coordinates": spot}, SPOT),
    st.builds(lambda spots: {"type": "LineString", "coordinates": spots}, st.lists(SPOT, max_size=4)),
    st.builds(lambda spots: {"type": "Polygon", "coordinates": [spots]}, st.lists(SPOT, max_size=5)),
    st.builds(
        lambda spots: {"type": "Polygon", "coordinates": [[*spots, *spots[:1]]]},
        st.lists(st.tuples(st.floats(106, 108), st.floats(10, 12)).map(list), min_size=3, max_size=6),
    ),
    st.just({"type": "GeometryCollection", "geometries": []}),
    st.just({"type": "Nonsense"}),
)


@fuzz
@given(data=st.data(), entry=st.sampled_from(ENTRY_NAMES), separator=st.sampled_from("\t;,|"))
def test_good_grammar_with_absurd_values(place, outcome, data, entry, separator):
    headings = data.draw(st.sampled_from(HEADINGS))
    width = len(headings)
    rows = data.draw(st.lists(st.lists(ABSURD, min_size=width, max_size=width), max_size=6))
    if data.draw(st.booleans()):
        features = [
            {"type": "Feature", "properties": dict(zip(headings, row, strict=True)), "geometry": shape}
            for row in rows
            for shape in [data.draw(SHAPES)]
        ]  # fmt: skip
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        outcome(entry, place("absurd.geojson", content))
        return
    quoted = data.draw(st.booleans())
    lines = [headings, *rows]
    plain = [[f'"{cell}"' if quoted else cell for cell in line] for line in lines]
    text = data.draw(st.sampled_from(("\n", "\r\n", "\r"))).join(separator.join(line) for line in plain)
    encoding = data.draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1258")))
    outcome(entry, place("absurd.csv", text.encode(encoding, "replace")))


FOUND = {
    "communes without any name": ("communes.csv", b"commune_code,name\n!"),
    "records in cells": (
        "records.geojson",
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"commune_code": {"a": [1]}, '
        b'"name": [1, "b"]}, "geometry": {"type": "Polygon", "coordinates": [[[107, 11], [108, 11], [107, 12], '
        b"[107, 11]]]}}]}",
    ),
    "a layer without features": ("none.geojson", b'{"type": "FeatureCollection", "features": []}'),
}


@pytest.mark.parametrize("entry", ENTRY_NAMES)
@pytest.mark.parametrize("case", FOUND)
def test_what_was_found(place, outcome, entry, case):
    assert outcome(entry, place(*FOUND[case])) is not None
