"""Files made to harm: refused or made harmless, at every entry that they can reach, in bounded time and memory."""

import gzip
import os
import pickle
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import Point

from lomsong import cli, ingest, pipeline
from lomsong.errors import DataError, FormatError, LomsongError, MissingFileError
from lomsong.ingest.files import sheets, sources
from lomsong.ingest.files.opening import read_plain_parquet
from lomsong.publish.delimited import harmless, write_csv
from lomsong.publish.privacy import published_rejects
from lomsong.texts import one_line

HEADINGS = "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tNode\tCellID\tNetworkTech\tLevel\tQual\tSNR\r\n"
ROW = "2024.01.01_00.00.00\t107.0\t11.0\tViettel\t45204\t5000\t1\t4G\t-95\t-9\t5.0\r\n"
LOG = HEADINGS + ROW
HOUSEHOLDS = "household_id,longitude,latitude,learners,commune_code\nH1,107.01,11.01,2,26170\n"

ENTRY_NAMES = (
    "read", "survey", "surveys", "households", "schools", "hamlets", "sites", "learners", "declared", "communes",
    "cells", "roads", "dem", "population", "companion", "crosswalk", "crosswalk table",
)  # fmt: skip
every_entry = pytest.mark.parametrize("entry", ENTRY_NAMES)

FORMULAS = (
    '=HYPERLINK("http://evil.example","x")', "+cmd|' /C calc'!A0", "@SUM(1+1)", "-2+3", "\t=1+1", "\r=1+1", "\n=1+1",
    " =1+1", "＝1+1",
)  # fmt: skip
RUNS = re.compile(r"[\s]*[=+\-@＝＋－＠]")
IMAGE = "<img src=x onerror=alert(1)>"


def packed(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def run_cli(monkeypatch, capsys, *args):
    """Run the command line in this process: exit code, standard output, standard error."""
    monkeypatch.setattr(sys, "argv", ["lomsong", *map(str, args)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def assert_refused_by_the_command_line(monkeypatch, capsys, path, folder):
    """Neither check nor convert take a file: one line each, nothing written."""
    code, _, err = run_cli(monkeypatch, capsys, "check", path)
    assert (code, len(err.splitlines())) == (1, 1), err
    out = folder / "written" / "samples.parquet"
    code, _, err = run_cli(monkeypatch, capsys, "convert", path, "--out", out)
    assert (code, len(err.splitlines())) == (1, 1), err
    assert not out.parent.exists() or not list(out.parent.iterdir())


# Archives


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    """Archives of a few hundred kilobytes that unpack to hundreds of megabytes, and some that only say so."""
    folder = tmp_path_factory.mktemp("bombs")
    much = bytes(200 << 20)
    found = {"gzip": folder / "log.csv.gz", "gzip of a log": folder / "log.txt.gz"}
    found["gzip"].write_bytes(gzip.compress(HOUSEHOLDS.encode() + much))
    found["gzip of a log"].write_bytes(gzip.compress(LOG.encode() + b"a" * len(much)))
    found["zip"] = packed(folder / "high.zip", [("a.csv", much)])
    found["kmz"] = packed(folder / "big.kmz", [("doc.kml", b"<kml><Document>" + much + b"</Document></kml>")])
    members = [(f"{at}.csv", b"x") for at in range(sources.MAX_MEMBERS + 1)]
    found["many members"] = packed(folder / "many.zip", members, zipfile.ZIP_STORED)
    found["10 GB declared"] = declaring(folder / "declared.zip", 10 << 30)
    book = openpyxl.Workbook()
    book.active.append(HOUSEHOLDS.split("\n", maxsplit=1)[0].split(","))
    book.save(folder / "big.xlsx")
    with zipfile.ZipFile(folder / "big.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst>" + much + b"</sst>")
    found["workbook"] = folder / "big.xlsx"
    return found


def declaring(path, size):
    """A zip of one small member whose central directory states another size."""
    packed(path, [("a.csv", HOUSEHOLDS * 50)])
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    if size >= 1 << 32:  # by the field of zip64, as zip tools do
        name_bytes, extra_bytes = struct.unpack_from("<HH", data, at + 28)
        extra = struct.pack("<HHQ", 1, 8, size)
        struct.pack_into("<I", data, at + 24, 0xFFFFFFFF)
        struct.pack_into("<H", data, at + 30, extra_bytes + len(extra))
        data[at + 46 + name_bytes : at + 46 + name_bytes] = extra
        end = data.rindex(b"PK\x05\x06")
        struct.pack_into("<I", data, end + 12, struct.unpack_from("<I", data, end + 12)[0] + len(extra))
    else:
        struct.pack_into("<I", data, at + 24, size)
    path.write_bytes(data)
    return path


GREATEST = """
import pathlib, re, resource
def greatest():
    # Greatest memory of this process so far, KiB; what getrusage tells a child includes its parent's at the fork.
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

BOMBS = ("gzip", "gzip of a log", "zip", "kmz", "many members", "10 GB declared", "workbook")


@every_entry
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_by_every_entry(bombs, outcome, entry, bomb):
    assert isinstance(outcome(entry, bombs[bomb]), DataError)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_by_the_command_line(bombs, bomb, monkeypatch, capsys, tmp_path):
    assert_refused_by_the_command_line(monkeypatch, capsys, bombs[bomb], tmp_path)


def test_bombs_take_little_memory(bombs):
    """All of them, by all entries that unpack, in one process that may not grow by what they unpack to."""
    program = (
        GREATEST
        + """
import sys
from lomsong import ingest
from lomsong.errors import LomsongError
before = greatest()
for path in sys.argv[1:]:
    for read in (ingest.read, ingest.read_survey, ingest.read_communes, ingest.read_cells, ingest.read_learners):
        try:
            read(path)
        except LomsongError:
            continue
        raise SystemExit(f"{path} was read")
print((greatest() - before) // 1024)
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, bombs.values())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # numba, pandas and GDAL, loaded meanwhile, take some 150 MB; a limit of 64 MiB unpacked is held twice or thrice
    assert int(done.stdout) < 550


@every_entry
def test_a_size_that_lies_is_caught_while_unpacking(tmp_path, outcome, entry):
    assert isinstance(outcome(entry, declaring(tmp_path / "less.zip", 10)), DataError)
    reading = outcome(entry, declaring(tmp_path / "more.zip", 100_000))
    assert isinstance(reading, DataError) or reading.rows_read == 50


@every_entry
@pytest.mark.parametrize("kind", ["gzip", "zip", "quine"])
def test_archives_in_archives_are_not_followed(tmp_path, outcome, entry, kind):
    path = tmp_path / f"log.txt.{'gz' if kind == 'gzip' else 'zip'}"
    if kind == "gzip":
        path.write_bytes(gzip.compress(gzip.compress(LOG.encode())))
    else:
        packed(path, [("log.txt", LOG)])
        for _ in range(3):  # each level names the one below as itself, as a quine does
            packed(path, [(path.name if kind == "quine" else "in.zip", path.read_bytes())])
    assert isinstance(outcome(entry, path), DataError)


OUTSIDE = ("../a.csv", "/etc/a.csv", "C:\\a.csv", "..\\a.csv", "a/../../b.csv", "\\\\server\\a.csv", "a/..\\..\\b.csv")


@every_entry
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_member_that_leads_out_is_refused(tmp_path, outcome, entry, name):
    error = outcome(entry, packed(tmp_path / "a.zip", [(name, HOUSEHOLDS)]))
    assert isinstance(error, FormatError)
    if entry not in ("communes", "roads"):  # GDAL is asked there for a layer in the archive, of which there is none
        assert error.key == "fault.member_outside"


@every_entry
@pytest.mark.parametrize("name", ["．．/a.csv", "‥/a.csv", "..%2fa.csv", "a\nb\x1b[2J.csv", "=cmd.csv", "}/etc/x.gpkg"])
def test_no_name_of_a_member_leads_out_or_breaks_a_line(tmp_path, outcome, entry, name):
    before = set(tmp_path.parent.iterdir())
    reading = outcome(entry, packed(tmp_path / "a.zip", [(name, HOUSEHOLDS)]))
    assert set(tmp_path.parent.iterdir()) == before
    if not isinstance(reading, LomsongError):
        assert all(shown == one_line(shown) for shown in reading.sources["source_file"])


@every_entry
def test_a_link_in_an_archive_is_refused(tmp_path, outcome, entry):
    info = zipfile.ZipInfo("a.csv")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    error = outcome(entry, packed(tmp_path / "a.zip", [(info, "/etc/passwd")]))
    assert isinstance(error, FormatError)


# Files on disk


def test_a_link_that_leads_out_of_a_folder_is_refused_and_one_named_itself_is_read(tmp_path, monkeypatch, capsys):
    (tmp_path / "secret.txt").write_text(LOG, newline="")
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "in.txt").write_text(LOG.replace("107.0", "107.1"), newline="")
    (folder / "same.txt").symlink_to(folder / "in.txt")
    limits = ingest.SurveyLimits()
    assert ingest.read_surveys([str(folder)], limits).rows_read == 2
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    for named in (folder, folder / "*.txt", f"{tmp_path}/**/*.txt"):
        if str(named).startswith(f"{tmp_path}/**"):
            assert ingest.read_surveys([str(named)], limits).rows_read == 4  # nothing leads out of tmp_path
            continue
        with pytest.raises(FormatError, match="leads out of the folder"):
            ingest.read_surveys([str(named)], limits)
        assert run_cli(monkeypatch, capsys, "convert", named, "--out", tmp_path / "x.parquet")[0] == 1
    assert ingest.read_survey(folder / "out.txt").rows_read == 1


def test_links_in_a_circle_end(tmp_path):
    (tmp_path / "log.txt").write_text(LOG, newline="")
    for name in ("one", "two", "three"):
        (tmp_path / name).symlink_to(tmp_path)
    started = time.monotonic()
    for named in (tmp_path, f"{tmp_path}/**/*.txt"):
        assert len(sources.sources(named)) == 1
    assert time.monotonic() - started < 5


@contextmanager
def at_most(seconds):
    """Fail, rather than hang, after so many seconds."""

    def stop(number, frame):
        raise TimeoutError(f"still at it after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@every_entry
def test_devices_pipes_and_folders_are_no_files(tmp_path, outcome, entry):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.csv" / "pipe.csv").symlink_to(tmp_path / "pipe.csv")
    with at_most(10):
        for path in ("/dev/zero", tmp_path / "pipe.csv", tmp_path / "folder.csv", "/dev/null", tmp_path / "none\0.csv"):
            assert isinstance(outcome(entry, path), MissingFileError | FormatError)


@every_entry
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="permissions do not hold for root")
def test_a_file_that_may_not_be_read(tmp_path, outcome, entry):
    path = tmp_path / "log.txt"
    path.write_text(LOG, newline="")
    path.chmod(0)
    assert isinstance(outcome(entry, path), DataError)


def test_a_disk_that_fails_is_told_in_one_line(tmp_path, outcome, monkeypatch):
    path = tmp_path / "log.txt"
    path.write_text(LOG, newline="")

    def fail(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    error = outcome("survey", path)
    assert error.key == "fault.file_unreadable"
    assert "Input/output error" in str(error)


def test_a_file_that_vanishes_before_it_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "log.txt"
    path.write_text(LOG, newline="")
    found = sources.source(path)
    path.unlink()
    with pytest.raises(MissingFileError, match=r"log\.txt: no such file"):
        found.head()


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes((HEADINGS + ROW * 400_000).encode())
    found = sources.source(path)
    with found.open() as stream:
        assert len(stream.read(1000)) == 1000
        os.truncate(path, 0)
        while stream.read(1 << 20):  # what was read ahead is still given
            pass


NOTHING = {
    "no byte": b"", "a mark": b"\xef\xbb\xbf", "a mark of UTF-16": b"\xff\xfe", "line ends": b"\r\n" * 500,
    "spaces": b" \t,;" * 500, "NULs": bytes(5_000), "a NUL": HOUSEHOLDS.replace("H1", "H\x001").encode(),
    "half a pair": b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8A",
}  # fmt: skip


@every_entry
@pytest.mark.parametrize("content", NOTHING)
@pytest.mark.parametrize("suffix", [".csv", ".txt", ".xlsx", ".gpkg", ".kmz", ".parquet", ".tif", ".zip"])
def test_files_of_nothing(tmp_path, outcome, entry, content, suffix):
    (tmp_path / f"a{suffix}").write_bytes(NOTHING[content])
    assert isinstance(outcome(entry, tmp_path / f"a{suffix}"), DataError)


@pytest.mark.parametrize("entry", ["read", "survey", "households", "learners", "cells"])
@pytest.mark.parametrize("beginning", [LOG, HOUSEHOLDS, ""])
def test_a_line_of_a_gigabyte_is_given_up_early(tmp_path, outcome, entry, beginning):
    path = tmp_path / "log.txt"
    path.write_bytes(beginning.encode())
    os.truncate(path, 1 << 30)
    with at_most(30):
        assert isinstance(outcome(entry, path), DataError)


@every_entry
def test_a_hundred_thousand_columns(tmp_path, outcome, entry):
    names, cells = ([word] * 100_000 for word in ("learners", "1"))
    path = tmp_path / "wide.csv"
    path.write_text(f"{HOUSEHOLDS.splitlines()[0]},{','.join(names)}\nH1,107,11,1,26170,{','.join(cells)}\n")
    with at_most(30):
        error = outcome(entry, path)
    assert isinstance(error, DataError)
    assert len(str(error)) < 2_000


def test_a_log_of_ten_thousand_columns_is_read(tmp_path):
    path = tmp_path / "wide.txt"
    path.write_text(
        HEADINGS.rstrip() + "".join(f"\tx{at}" for at in range(10_000)) + "\n" + ROW.rstrip() + "\t1" * 10_000 + "\n"
    )
    reading = ingest.read_survey(path)
    assert (reading.rows_read, len(reading.table)) == (1, 1)


def test_a_table_of_more_cells_than_memory_holds_is_refused(tmp_path, outcome, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_CELLS", 1_000)
    path = tmp_path / "long.csv"
    path.write_text(HOUSEHOLDS + "H,107,11,1,26170\n" * 300)
    assert outcome("households", path).key == "fault.too_many_cells"


# Files that name others


OGR = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource><GeometryType>wkbPoint'
    '</GeometryType><LayerSRS>WGS84</LayerSRS><GeometryField encoding="PointFromColumns" x="longitude" y="latitude"/>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
VRT = (
    '<VRTDataset rasterXSize="10" rasterYSize="10"><SRS>EPSG:4326</SRS><GeoTransform>107,0.01,0,11.1,0,-0.01'
    '</GeoTransform><VRTRasterBand dataType="Byte" band="1" {raw}><SimpleSource><SourceFilename relativeToVRT="0">'
    "{source}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
)


@pytest.fixture
def server():
    """A server on this machine that counts who asks it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args):
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()


@every_entry
@pytest.mark.parametrize("suffix", [".kml", ".gpkg", ".geojson", ".shp", ".vrt", ".fgb"])
@pytest.mark.parametrize("before", ["", '<?xml version="1.0"?>', "<!-- x --> ", '<kml/> {"a": 1}\n'])
def test_a_virtual_layer_is_not_followed_under_any_name(tmp_path, outcome, entry, suffix, before):
    secret = tmp_path / "secret.csv"
    secret.write_text("longitude,latitude,commune_code,name\n107,11,00001,SECRET\n")
    path = tmp_path / f"layer{suffix}"
    path.write_text(before + OGR.format(source=f"CSV:{secret}"))
    error = outcome(entry, path)
    assert isinstance(error, DataError), error.table.to_string()
    assert "SECRET" not in str(error)


def test_a_command_of_gdal_is_not_run(tmp_path, outcome, entries):
    (tmp_path / "secret.geojson").write_text(POINT)
    command = f"gdal vector pipeline ! read {tmp_path}/secret.geojson ! write {tmp_path}/written.geojson"
    for name in ("a.json", "a.geojson", "a.gdalg.json"):
        path = tmp_path / name
        path.write_text(f'{{"type": "gdal_streamed_alg", "feature": 1, "command_line": "{command}"}}')
        for entry in entries:
            assert isinstance(outcome(entry, path), DataError)
    assert not (tmp_path / "written.geojson").exists()


POINT = (
    '{"type": "FeatureCollection", %s "features": [{"type": "Feature", "properties": {"commune_code": "26170", '
    '"name": "A"}, "geometry": {"type": "Point", "coordinates": [107, 11]}}]}'
).replace("%s ", "")


@every_entry
def test_nothing_is_fetched(tmp_path, outcome, entry, server):
    address, asked = server
    hidden = address.replace("http", "&#104;ttp")
    linked = POINT.replace(
        '"features"', f'"crs": {{"type": "link", "properties": {{"href": "{address}/crs"}}}}, "features"', 1
    )
    late = linked.replace('"features"', f'"note": "{"x" * 300_000}", "features"', 1)
    files = {
        "curl.vrt": VRT.format(raw="", source=f"/vsicurl/{address}/a.tif"),
        "plain.vrt": VRT.format(raw="", source=f"{address}/a.tif"),
        "hidden.vrt": VRT.format(raw="", source=f"/vsi&#99;url/{hidden}/a.tif"),
        "junk.vrt": "x " + VRT.format(raw="", source=f"/vsicurl/{address}/a.tif"),
        "nested.vrt": VRT.format(raw="", source="curl.vrt"),
        "dem.tif": VRT.format(raw="", source=f"{address}/a.tif"),
        "ogr.kml": OGR.format(source=f"{address}/a.geojson"),
        "link.geojson": linked,
        "late.geojson": late,
        "wms.xml": f'<GDAL_WMS><Service name="TMS"><ServerUrl>{address}</ServerUrl></Service></GDAL_WMS>',
        "gml.kml": f'<?xml version="1.0"?><ogr:FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://x {address}/a.xsd" xmlns:ogr="http://ogr.maptools.org/"/>',
        "network.kml": f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>'
        f"<href>{address}/a.kml</href></Link></NetworkLink></Document></kml>",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    for name in files:
        outcome(entry, tmp_path / name)
    assert asked == []


@pytest.mark.parametrize("entry", ["read", "dem"])
def test_a_virtual_raster_does_not_read_bytes_of_other_files(tmp_path, outcome, entry):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(200)))
    for raw in ('subClass="VRTRawRasterBand"', ""):
        (tmp_path / "a.vrt").write_text(VRT.format(raw=raw, source=secret))
        assert isinstance(outcome(entry, tmp_path / "a.vrt"), DataError)
    (tmp_path / "a.vrt").write_text(VRT.format(raw="", source="a.vrt"))
    assert isinstance(outcome(entry, tmp_path / "a.vrt"), DataError)


ENTITIES = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(9))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e0 "ha">{ENTITIES}]>'
OUTER = '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e9 SYSTEM "file://{secret}">]>'
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&e9;</name><Point><coordinates>107,11'
    "</coordinates></Point></Placemark></Document></kml>"
)


@every_entry
@pytest.mark.parametrize("suffix", [".kml", ".kmz", ".svg"])
@pytest.mark.parametrize("doctype", [LAUGHS, OUTER])
def test_entities_are_not_expanded(tmp_path, outcome, entry, suffix, doctype):
    (tmp_path / "secret").write_text("SECRET")
    text = doctype.replace("{secret}", str(tmp_path / "secret")) + KML
    path = tmp_path / f"a{suffix}"
    if suffix == ".kmz":
        packed(path, [("doc.kml", text)])
    else:
        path.write_text(text)
    with at_most(10):
        reading = outcome(entry, path)
    told = str(reading) if isinstance(reading, LomsongError) else reading.table.to_string()
    assert "SECRET" not in told and "hahaha" not in told


@pytest.mark.parametrize("doctype", [LAUGHS, OUTER])
def test_entities_in_a_workbook_are_not_expanded(tmp_path, outcome, doctype):
    (tmp_path / "secret").write_text("SECRET")
    book = openpyxl.Workbook()
    for line in HOUSEHOLDS.splitlines():
        book.active.append(line.replace("H1", "PLACE").split(","))
    book.save(tmp_path / "plain.xlsx")
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(path, "w") as archive:
        for name in plain.namelist():
            content = plain.read(name)
            if name == "xl/sharedStrings.xml":
                body = content.decode().partition("?>")[2].replace("PLACE", "&e9;")
                content = doctype.replace("{secret}", str(tmp_path / "secret")) + body
            archive.writestr(name, content)
    for entry in ("read", "households", "survey", "cells"):
        with at_most(10):
            reading = outcome(entry, path)
        told = str(reading) if isinstance(reading, LomsongError) else reading.table.to_string()
        assert "SECRET" not in told and "hahaha" not in told


@every_entry
def test_geojson_nested_ten_thousand_deep(tmp_path, outcome, entry):
    deep = "[" * 10_000 + "]" * 10_000
    for name, text in {
        "features": f'{{"type": "FeatureCollection", "features": [{deep}]}}',
        "property": POINT.replace('"A"', deep, 1),
        "place": POINT.replace("[107, 11]", deep, 1),
    }.items():
        path = tmp_path / f"{name}.geojson"
        path.write_text(text)
        assert isinstance(outcome(entry, path), DataError)


# Columnar files, rasters, pickles


@every_entry
def test_a_parquet_with_a_damaged_footer(tmp_path, outcome, entry):
    frame = gpd.GeoDataFrame({"rsrp": [-90.0], "commune_code": ["26170"]}, geometry=[Point(107, 11)], crs=4326)
    frame.to_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    footer = struct.unpack("<I", whole[-8:-4])[0]
    for content in (
        whole[:-4], whole[:-8] + b"\xff\xff\xff\x7fPAR1", whole[:-8] + bytes(4) + b"PAR1",
        whole[: -8 - footer] + bytes(footer) + whole[-8:], b"PAR1", b"PAR1PAR1",
    ):  # fmt: skip
        (tmp_path / "a.parquet").write_bytes(content)
        assert isinstance(outcome(entry, tmp_path / "a.parquet"), DataError)


@pytest.mark.parametrize("entry", ["communes", "cells", "roads", "households"])
def test_a_parquet_that_unpacks_to_too_much_is_refused(tmp_path, outcome, entry):
    nothing = pa.nulls(60_000_000, pa.int8())
    pq.write_table(pa.table({"commune_code": nothing, "name": nothing}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 300_000
    with at_most(10):
        assert outcome(entry, tmp_path / "a.parquet").key == "fault.too_large"


def test_what_pandas_noted_in_a_parquet_is_not_believed(tmp_path):
    table = pa.table({"longitude": [107.0], "latitude": [11.0], "rsrp": [-90.0]})
    for note in (b"[]", b'{"columns": 3}', b'{"index_columns": ["x"], "columns": [{"name": "x"}]}'):
        pq.write_table(table.replace_schema_metadata({b"pandas": note}), tmp_path / "a.parquet")
        frame = read_plain_parquet(tmp_path / "a.parquet", "a.parquet")
        assert frame.to_dict("list") == table.to_pydict()
    pq.write_table(table.replace_schema_metadata({b"pandas": b"\xff"}), tmp_path / "a.parquet")
    with pytest.raises(FormatError, match="cannot be read"):
        read_plain_parquet(tmp_path / "a.parquet", "a.parquet")
    pq.write_table(pa.table({"rsrp": pa.nulls(60_000_000, pa.float64())}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="holds more than"):
        read_plain_parquet(tmp_path / "a.parquet", "a.parquet")


def test_a_raster_that_only_states_its_cells_is_not_counted(tmp_path, outcome):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=500_000, height=500_000, count=1, dtype="uint8", tiled=True,
        blockxsize=16384, blockysize=16384, crs=4326, transform=from_origin(106, 12, 1e-6, 1e-6), sparse_ok=True,
        nodata=0, compress="deflate",
    ):  # fmt: skip
        pass
    with at_most(20):
        assert outcome("read", tmp_path / "a.tif").key == "fault.raster_cells"


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@every_entry
def test_a_pickle_is_never_loaded(tmp_path, outcome, entry):
    data = pickle.dumps(Evil(tmp_path / "harmed"))
    for name in ("a.pkl", "a.pickle", "a.csv", "a.parquet", "a.txt", "a.npy", "a.tif"):
        (tmp_path / name).write_bytes(data)
        assert isinstance(outcome(entry, tmp_path / name), DataError)
    assert not (tmp_path / "harmed").exists()


# What is written


@pytest.mark.parametrize("kind", ["object", "string", "category"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_runs_in_a_written_table(tmp_path, text, kind):
    table = pd.DataFrame({"name": pd.Series([text, "A"], dtype=kind)})
    write_csv(tmp_path / "a.csv", table)
    cell = pd.read_csv(tmp_path / "a.csv", encoding="utf-8-sig")["name"][0]
    assert not RUNS.match(cell)
    assert text.strip() in cell
    numbers = pd.DataFrame({"value": ["-95", "+84", "-9,5", "-0.25", "A-1"]})
    pd.testing.assert_frame_equal(harmless(numbers), numbers)


def texts_of(path):
    """Every text of a CSV, its headings too, as a spreadsheet takes it."""
    table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return table.to_numpy().ravel().tolist()


def runs(text):
    return bool(RUNS.match(text)) and not re.fullmatch(r"[+-]\d+([.,]\d+)?(e[+-]?\d+)?", text)


@pytest.mark.parametrize("formula", [FORMULAS[0], FORMULAS[1], FORMULAS[2], FORMULAS[3]])
def test_convert_writes_no_formula(tmp_path, monkeypatch, capsys, formula):
    lines = [
        ROW.replace("Viettel", formula).replace("45204", ""), ROW.replace("107.0", formula), ROW.replace("4G", formula),
        ROW.replace("-95", formula), ROW.replace("2024.01.01_00.00.00", formula), ROW.replace("5000", formula),
    ]  # fmt: skip
    path = tmp_path / f"{formula.replace('/', '')}.txt"
    path.write_text(HEADINGS + "".join(lines), newline="")
    code, _, err = run_cli(monkeypatch, capsys, "convert", path, "--out", tmp_path / "out" / "samples.parquet")
    assert code == 0, err
    written = sorted((tmp_path / "out").glob("*.csv"))
    assert written
    for table in written:
        assert not [text for text in texts_of(table) if runs(text)]
    assert len(pd.read_parquet(tmp_path / "out" / "samples.parquet", columns=["source_row"])) + len(
        pd.read_csv(tmp_path / "out" / "samples.rejects.csv")
    ) == len(lines)


@pytest.fixture(scope="module")
def poisoned(small_province, tmp_path_factory):
    """The small province with a commune, a hamlet, a school and a household that mean harm, run to the end."""
    folder = tmp_path_factory.mktemp("poisoned")
    for path in small_province.iterdir():
        if path.name not in ("communes.gpkg", "hamlets.csv", "households.csv.gz", "lomsong.toml", ".lomsong"):
            (folder / path.name).symlink_to(path)
    shutil.copy(small_province / "lomsong.toml", folder)  # a link would lead to the inputs beside its target
    communes = gpd.read_file(small_province / "communes.gpkg")
    communes["name"] = [IMAGE, *FORMULAS[:4], *communes["name"][5:]][: len(communes)]
    communes.to_file(folder / "communes.gpkg")
    hamlets = pd.read_csv(small_province / "hamlets.csv", dtype=str)
    hamlets["name"] = [IMAGE, *FORMULAS[:4], *hamlets["name"][5:]]
    hamlets.to_csv(folder / "hamlets.csv", index=False)
    households = pd.read_csv(small_province / "households.csv.gz", dtype=str)
    bad = households.head(3).assign(household_id=["SECRET-1", "SECRET-1", "=SECRET"], learners=["2", "2", "many"])
    pd.concat([households, bad]).to_csv(folder / "households.csv.gz", index=False)
    fields = pipeline.estimate(small_province / "lomsong.toml").surfaces  # no name has a part in them
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "fit_surfaces", lambda *_: fields)
        result = pipeline.run(folder / "lomsong.toml")
    out = tmp_path_factory.mktemp("poisoned_out")
    return out, pipeline.publish(result, out), result


def test_a_run_writes_no_formula(poisoned):
    folder, paths, _ = poisoned
    tables = [path for path in paths if path.suffix == ".csv"]
    assert {path.name for path in tables} == {"ranking.csv", "rejects.csv"}
    for path in tables:
        assert not [text for text in texts_of(path) if runs(text)]
    assert [text for text in texts_of(folder / "ranking.csv") if "HYPERLINK" in text]
    cells = [
        (sheet.title, cell.coordinate, cell.value)
        for sheet in openpyxl.load_workbook(folder / "ranking.xlsx")
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f"
    ]
    assert not [cell for cell in cells if any(formula in str(cell[2]) for formula in FORMULAS)], cells
    for name in zipfile.ZipFile(folder / "ranking.xlsx").namelist():
        assert "evil.example" not in zipfile.ZipFile(folder / "ranking.xlsx").read(name).decode() or not name.endswith(
            ".rels"
        )


def test_a_name_in_html_stays_a_name(poisoned):
    folder, paths, _ = poisoned
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert IMAGE not in page
    assert "<img src=x" not in page
    assert "onerror=alert(1)" in page  # it is there, as text of the data
    assert "default-src 'none'" in page
    for path in paths:
        if path.suffix == ".kmz":
            kml = zipfile.ZipFile(path).read("doc.kml").decode()
            assert "<img" not in kml


def test_published_rejects_tell_nothing_of_a_household(poisoned):
    folder = poisoned[0]
    told = (folder / "rejects.csv").read_text(encoding="utf-8-sig")
    assert "SECRET" not in told
    rejects = pd.read_csv(folder / "rejects.csv")
    mine = rejects[rejects["source_file"].str.startswith("households")]
    assert len(mine) >= 2
    assert mine["value"].isna().all()


def test_rejects_of_lists_of_learners_hold_nothing_personal(tmp_path):
    people = (
        "Mã định danh;Họ và tên;Ngày sinh;Điện thoại;Trường;Mã hộ\n"
        "079200000001;Nguyễn Văn Bí Mật;01/02/2012;0912345678;THCS A;HO-SECRET\n"
        "079200000001;Nguyễn Văn Bí Mật;01/02/2012;0912345678;THCS A;HO-SECRET\n"
        "079200000002;Trần Thị Kín;32/13/2012;0987654321;THCS A;HO-KIN\n"
        ";;01/01/2011;0911111111;THCS A;HO-X\n"
        "079200000004;Lê Văn Giấu;không rõ 0913;0911111112;THCS A;HO-Y\n"
    )
    (tmp_path / "a.csv").write_text(people, encoding="utf-8")
    reading = ingest.read_learners(tmp_path / "a.csv")
    told = reading.rejects.to_csv() + reading.flags.to_csv()
    assert len(reading.rejects) >= 3
    for secret in ("Bí Mật", "Kín", "Giấu", "0792", "09123", "09876", "HO-", "01/02/2012", "32/13", "không rõ"):
        assert secret not in told, secret
    published = published_rejects(reading.rejects, ["a.csv"])
    assert published["value"].eq("").all()


def test_what_a_file_says_does_not_steer_the_terminal(tmp_path, monkeypatch, capsys):
    path = tmp_path / "a\x1b[31m\nb.csv"
    path.write_text(HOUSEHOLDS.replace(",2,", ",\x1b]0;owned\x07\x1b[2Jx,") + "H2,107.01,11.01,2,26170\n" * 40)
    code, out, err = run_cli(monkeypatch, capsys, "check", path)
    assert code == 0, err
    assert "count_invalid" in out or "value_range" in out
    assert "\x1b" not in out + err and "\x07" not in out + err


def test_a_file_name_that_is_no_text(tmp_path, monkeypatch, capsys):
    path = os.fsencode(tmp_path) + b"/log\xff.txt"
    Path(os.fsdecode(path)).write_text(LOG, newline="")
    code, _, err = run_cli(monkeypatch, capsys, "convert", os.fsdecode(path), "--out", tmp_path / "a.parquet")
    assert code == 0, err
    assert len(gpd.read_parquet(tmp_path / "a.parquet")) == 1
    assert run_cli(monkeypatch, capsys, "check", os.fsdecode(path))[0] == 0


# Interruption and memory


def write_drive(path, rows):
    """A drive of one phone along a straight road."""
    at = np.arange(rows)
    moments = (np.datetime64("2024-01-01") + at.astype("timedelta64[s]")).astype(str)
    with path.open("w", newline="") as file:
        file.write(HEADINGS)
        for row, moment in zip(at.tolist(), moments.tolist(), strict=True):
            stamp = moment.replace("-", ".").replace(":", ".").replace("T", "_")
            file.write(
                f"{stamp}\t{107 + row % 40_000 * 4e-5:.6f}\t{11 + row // 40_000 * 1e-3:.6f}\tViettel\t45204\t"
                f"{5000 + row // 900}\t1\t4G\t{-90 - row % 30}\t-9\t5.0\r\n"
            )
    return path


def start_convert(log, out):
    """Start a conversion and wait until it has begun to write."""
    script = Path(sys.executable).with_name("lomsong")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to it
    child = subprocess.Popen(
        [script, "convert", log, "--out", out, "--lang", "vi"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    while not list(out.parent.glob(".*.part*")):
        assert child.poll() is None and time.monotonic() < deadline, child.communicate()
        time.sleep(0.01)
    return child


def test_an_interrupted_conversion_leaves_nothing(tmp_path):
    log = write_drive(tmp_path / "log.txt", 600_000)
    out = tmp_path / "out" / "samples.parquet"
    out.parent.mkdir()
    child = start_convert(log, out)
    child.send_signal(signal.SIGINT)
    said, err = child.communicate(timeout=60)
    assert child.returncode == 130, (said, err)
    assert len(err.strip().splitlines()) == 1
    assert err.strip().startswith("lomsong: ")
    assert list(out.parent.iterdir()) == []


def test_a_killed_conversion_leaves_no_half_output_and_the_next_one_is_whole(tmp_path):
    log = write_drive(tmp_path / "log.txt", 300_000)
    out = tmp_path / "out" / "samples.parquet"
    out.parent.mkdir()
    child = start_convert(log, out)
    child.kill()
    child.communicate(timeout=60)
    assert all(path.name.startswith(".") and ".part" in path.name for path in out.parent.iterdir())
    done = subprocess.run(
        [Path(sys.executable).with_name("lomsong"), "convert", log, "--out", out], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(pd.read_parquet(out, columns=["source_row"])) == 300_000


def test_memory_does_not_grow_with_the_log(tmp_path):
    """Four times the rows, read in small blocks in one process each: at most 15 % more memory."""
    program = (
        GREATEST
        + """
import sys
from lomsong.ingest.files.sources import source
from lomsong.ingest.surveys import lines
from lomsong.ingest.surveys.reader import open_survey
from lomsong.publish.delimited import csv_writer
from lomsong.publish.samples import sample_writer
from pathlib import Path
lines.BLOCK_BYTES = 1 << 20
with sample_writer(Path(sys.argv[2])) as samples, open_survey(source(sys.argv[1])) as stream:
    for piece in stream:
        samples.write(piece.samples)
print(stream.rows_read, greatest())
"""
    )
    memory = {}
    for rows in (150_000, 600_000):
        log = write_drive(tmp_path / f"{rows}.txt", rows)
        command = [sys.executable, "-c", program, log, tmp_path / "out.parquet"]
        for _ in range(2 if not memory else 1):  # the first compiles
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        read, memory[rows] = map(int, done.stdout.split())
        assert read == rows
    assert memory[600_000] <= 1.15 * memory[150_000], memory
