"""Public layers from a server on this machine: every way in which a download can go wrong, seen to go right."""

import base64
import datetime
import hashlib
import io
import json
import os
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from hypothesis import HealthCheck, example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely.geometry import box

from lomsong.errors import CrsError, DataError, FormatError, MissingFileError, UsageError
from lomsong.ingest.public import download as downloading
from lomsong.ingest.public import overpass
from lomsong.ingest.public.download import Wanted, download, require_web
from lomsong.ingest.public.fetch import fetch, tile_parts, tiles
from lomsong.ingest.public.stock import LICENCES, cache_folder
from lomsong.settings import Fetch
from lomsong.texts import TEXTS, told


@dataclass
class Shelf:
    """What the server has, and how it behaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """Statuses to answer first, each with its headers."""
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """After so many bytes of the body the connection is dropped, once each."""
    ranges: bool = True
    endless: set[str] = field(default_factory=set)
    answers: dict[str, object] = field(default_factory=dict)
    """Functions of the query."""
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def count(self, part):
        return sum(part in path for path, _ in self.seen)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        shelf = self.server.shelf
        parts = urlsplit(self.path)
        name = parts.path
        shelf.seen.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        if shelf.faults.get(name):
            status, headers = shelf.faults[name].pop(0)
            return self.bare(status, headers)
        if name in shelf.redirects:
            return self.bare(302, {"Location": shelf.redirects[name]})
        if name in shelf.endless:
            return self.pour()
        if name in shelf.answers:
            body = shelf.answers[name](parse_qs(parts.query))
        elif name in shelf.files:
            body = shelf.files[name]
        else:
            return self.bare(404, {})
        return self.give(name, body)

    def bare(self, status, headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def pour(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(4096):
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass

    def give(self, name, body):
        shelf, start = self.server.shelf, 0
        etag = shelf.etags.get(name, "")
        asked = self.headers.get("Range", "")
        if asked and shelf.ranges and self.headers.get("If-Range") in (etag, None):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body) > 0:
            return self.bare(416, {"Content-Range": f"bytes */{len(body)}"})
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if etag:
            self.send_header("ETag", etag)
        for key, value in shelf.headers.get(name, {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = shelf.cuts[name].pop(0) if shelf.cuts.get(name) else None
        self.wfile.write(body[start:] if cut is None else body[start : start + cut])
        self.wfile.flush()


@pytest.fixture
def server():
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    http.shelf = Shelf()
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield http
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def shelf(server):
    return server.shelf


@pytest.fixture
def root(server):
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Waits are noted, not sat through; no proxy stands between."""
    sat = []
    monkeypatch.setattr(downloading.time, "sleep", sat.append)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return sat


def wanted(root, tmp_path, name="/a.bin", **more):
    return Wanted(f"{root}{name}", "fetch.dem", tmp_path / "out" / "a.bin", **more)


BODY = bytes(np.random.default_rng(1).integers(0, 256, 300_000, dtype=np.uint8))


# One file


def test_a_file_comes_whole_with_its_digest_and_nothing_beside_it(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, '"v1"'
    got = download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert (got.bytes, got.sha256, got.etag) == (300_000, hashlib.sha256(BODY).hexdigest(), '"v1"')
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(got.time)
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    sent = shelf.seen[0][1]
    assert sent["user-agent"].startswith("lomsong/")
    assert not {"authorization", "cookie", "range"} & set(sent)


def test_a_dropped_connection_goes_on_from_where_it_broke(shelf, root, tmp_path, waits):
    shelf.files["/a.bin"], shelf.etags["/a.bin"], shelf.cuts["/a.bin"] = BODY, '"v1"', [100_000, 50_000]
    told_on = []
    download(wanted(root, tmp_path), tmp_path / "a.bin", lambda key, values: told_on.append(key))
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert [headers.get("range") for _, headers in shelf.seen] == [None, "bytes=100000-", "bytes=150000-"]
    assert [headers.get("if-range") for _, headers in shelf.seen] == [None, '"v1"', '"v1"']
    assert waits == [4.0, 8.0]
    assert told_on.count("fetch.retry") == 2


def test_a_later_run_goes_on_after_an_interruption(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, '"v1"'

    def stop(key, values):
        if key == "fetch.progress":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(wanted(root, tmp_path), tmp_path / "a.bin", stop)
    begun = (tmp_path / "a.bin.part").stat().st_size
    assert 0 < begun < len(BODY)
    assert not (tmp_path / "a.bin").exists()
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert shelf.seen[-1][1]["range"] == f"bytes={begun}-"


def part(tmp_path, root, content, etag='"v1"', name="/a.bin"):
    (tmp_path / "a.bin.part").write_bytes(content)
    note = {"address": f"{root}{name}", "etag": etag, "modified": ""}
    (tmp_path / "a.bin.part.json").write_text(json.dumps(note))


@pytest.mark.parametrize("ignores", [False, True])
def test_another_version_or_a_server_without_ranges_starts_anew(shelf, root, tmp_path, ignores):
    shelf.files["/a.bin"], shelf.etags["/a.bin"], shelf.ranges = BODY, '"v1"' if ignores else '"v2"', not ignores
    part(tmp_path, root, b"old" * 1000)
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert len(shelf.seen) == 1


def test_a_server_that_goes_on_with_another_version_in_spite_of_if_range_is_caught(shelf, root, tmp_path, monkeypatch):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, '"v2"'
    give = Handler.give

    def ignoring_if_range(self, name, body):
        if "If-Range" in self.headers:
            del self.headers["If-Range"]
        return give(self, name, body)

    monkeypatch.setattr(Handler, "give", ignoring_if_range)
    part(tmp_path, root, b"old" * 1000)
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert [headers.get("range") for _, headers in shelf.seen] == ["bytes=3000-", None]


@pytest.mark.parametrize("etag", ['W/"v1"', ""])
def test_without_a_strong_validator_or_for_another_address_it_starts_anew(shelf, root, tmp_path, etag):
    shelf.files["/a.bin"] = BODY
    part(tmp_path, root, BODY[:1000], etag)
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    part(tmp_path, root, BODY[:1000], name="/other.bin")
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert [headers.get("range") for _, headers in shelf.seen] == [None, None]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_part_longer_than_the_file_is_dropped(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, '"v1"'
    part(tmp_path, root, BODY + b"more")
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_busy_servers_are_asked_again_after_the_time_they_name(shelf, root, tmp_path, waits):
    shelf.files["/a.bin"] = BODY
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)
    date = soon.strftime("%a, %d %b %Y %H:%M:%S GMT")
    shelf.faults["/a.bin"] = [(503, {}), (429, {"Retry-After": "7"}), (503, {"Retry-After": date})]
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert waits[:2] == [4.0, 7.0]
    assert 50 < waits[2] <= 60


def test_three_retries_and_no_more(shelf, root, tmp_path, waits):
    shelf.faults["/a.bin"] = [(503, {})] * 9
    with pytest.raises(DataError, match=r"4 tries.*the server answers 503.*fetch\.dem.*mirror") as caught:
        download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert len(shelf.seen) == 4
    assert waits == [4.0, 8.0, 16.0]
    assert str(tmp_path / "out" / "a.bin") in str(caught.value)
    assert "máy chủ trả lời 503" in told(caught.value, "vi")


def test_a_wait_too_long_is_said_and_not_sat_through(shelf, root, tmp_path, waits):
    shelf.faults["/a.bin"] = [(429, {"Retry-After": "9000"})]
    with pytest.raises(DataError, match="wait 9000 seconds"):
        download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert waits == []


def test_a_slow_line_that_gets_on_is_not_given_up(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = b"m" * (9 << 20), '"v1"'
    shelf.cuts["/a.bin"] = [3 << 19] * 5
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").stat().st_size == 9 << 20
    assert len(shelf.seen) == 6


def test_but_one_that_always_starts_anew_is(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.ranges = b"m" * (9 << 20), False
    shelf.cuts["/a.bin"] = [3 << 19] * 50
    with pytest.raises(DataError, match="run it again"):
        download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert len(shelf.seen) <= 5


MD5 = hashlib.md5(BODY).hexdigest()
WRONG = hashlib.md5(b"other").hexdigest()


@pytest.mark.parametrize(
    ("etag", "header", "good"),
    [
        (f'"{MD5}"', "", True),
        (f'"{WRONG}"', "", False),
        (f'"{WRONG}-2"', "", True),  # of several parts: no MD5
        ("", base64.b64encode(bytes.fromhex(MD5)).decode(), True),
        ("", base64.b64encode(bytes.fromhex(WRONG)).decode(), False),
    ],
)
def test_md5_is_compared_where_the_server_states_it(shelf, root, tmp_path, etag, header, good):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, etag
    shelf.headers["/a.bin"] = {"Content-MD5": header} if header else {}
    if good:
        download(wanted(root, tmp_path), tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == BODY
        return
    with pytest.raises(DataError, match=f"states MD5 {WRONG}, the file received has {MD5}"):
        download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


def test_md5_of_a_resumed_file_is_that_of_the_whole(shelf, root, tmp_path):
    shelf.files["/a.bin"], shelf.etags["/a.bin"] = BODY, f'"{MD5}"'
    part(tmp_path, root, b"\0" * 1000, f'"{MD5}"')  # the beginning is spoilt
    download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert [headers.get("range") for _, headers in shelf.seen] == ["bytes=1000-", None]


def test_too_much_is_refused_before_and_while_it_comes(shelf, root, tmp_path):
    shelf.files["/a.bin"] = BODY
    with pytest.raises(DataError, match=r"larger than the limit of 0\.25 MiB"):
        download(wanted(root, tmp_path, limit_bytes=1 << 18), tmp_path / "a.bin")
    shelf.endless.add("/endless")
    with pytest.raises(DataError, match="larger than the limit of 1 MiB"):
        download(wanted(root, tmp_path, "/endless", limit_bytes=1 << 20), tmp_path / "b.bin")
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size > 1000]


def test_statuses_are_told(shelf, root, tmp_path):
    for status in (403, 404, 410):
        shelf.faults["/a.bin"] = [(status, {})]
        with pytest.raises(MissingFileError, match=f"{status}.*by hand"):
            download(wanted(root, tmp_path), tmp_path / "a.bin")
    for status in (204, 400, 401, 206):
        shelf.faults["/a.bin"] = [(status, {})]
        with pytest.raises(DataError, match=f"the server answers {status}"):
            download(wanted(root, tmp_path), tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()


def test_redirects_lead_to_the_web_only_and_are_few(shelf, root, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    shelf.files["/a.bin"] = BODY
    shelf.redirects |= {f"/{n}": f"{root}/{n - 1}" for n in range(2, 8)} | {"/1": f"{root}/a.bin"}
    download(wanted(root, tmp_path, "/5"), tmp_path / "five")
    assert (tmp_path / "five").read_bytes() == BODY
    with pytest.raises(FormatError, match="redirects more than 5 times"):
        download(wanted(root, tmp_path, "/6"), tmp_path / "six")
    shelf.redirects |= {"/loop": f"{root}/loop"}
    for number, target in enumerate(("file://" + str(secret), "ftp://127.0.0.1/x", "data:,x", "http://u:p@127.0.0.1/")):
        shelf.redirects[f"/bad{number}"] = target
        with pytest.raises(FormatError, match="refused"):
            download(wanted(root, tmp_path, f"/bad{number}"), tmp_path / "bad")
    with pytest.raises(FormatError, match="refused"):
        download(wanted(root, tmp_path, "/loop"), tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


def test_a_redirect_never_leads_from_https_to_http():
    follow = downloading._Redirects().http_error_302
    headers = {"Location": "http://example.org/b"}
    with pytest.raises(downloading.HTTPError, match="redirect refused"):
        follow(Request("https://example.org/a"), io.BytesIO(), 302, "", headers)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "ftp://127.0.0.1/a", "a.tif", "http://", "http://u:p@127.0.0.1/a", "http://[::1/a",
        "http://127.0.0.1:99999/a", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: y", "http://127.0.0.1/Mã",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_web_are_refused(tmp_path, address):
    with pytest.raises(UsageError, match=r"fetch\.dem: the address"):
        require_web(Wanted(address, "fetch.dem", tmp_path / "a"))


def test_nobody_there(tmp_path, waits):
    with pytest.raises(DataError, match=r"without a network set fetch\.dem to a mirror"):
        download(Wanted("http://127.0.0.1:1/a", "fetch.dem", tmp_path / "a"), tmp_path / "b")
    with pytest.raises(DataError, match="cannot be reached"):
        download(Wanted("http://nowhere.invalid/a", "fetch.dem", tmp_path / "a"), tmp_path / "b")
    assert len(waits) == 3  # a name that nobody knows is not asked for again


# Tiles


def test_tiles_of_dong_nai_by_hand():
    bounds = (106.7, 10.5, 107.6, 12.3)
    names = [tile_parts(*corner)["tile"] for corner in tiles(bounds, 1)]
    assert names == ["N10E106", "N10E107", "N11E106", "N11E107", "N12E106", "N12E107"]
    assert [tile_parts(*corner)["tile"] for corner in tiles(bounds, 3)] == ["N09E105", "N12E105"]
    assert [tile_parts(*corner)["tile"] for corner in tiles((106.7, 10.5, 107.6, 11.9), 3)] == ["N09E105"]
    assert [tile_parts(*corner)["tile"] for corner in tiles((-0.5, -13.5, 1.0, -13.0), 1)] == ["S14W001", "S14E000"]
    assert [tile_parts(*corner)["tile"] for corner in tiles((107.0, 11.0, 107.0, 11.0), 1)] == ["N11E107"]


@example(0.0, -5e-324, 0.0, 0.0, 3, 0.0, 0.0)
@given(
    st.floats(-179, 160), st.floats(-85, 70), st.floats(0, 15), st.floats(0, 15), st.sampled_from([1, 3]),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_every_place_of_the_bounds_lies_in_a_tile_and_no_tile_is_far(west, south, wide, high, side, across, up):
    bounds = (west, south, west + wide, south + high)
    found = tiles(bounds, side)
    longitude, latitude = west + across * wide, south + up * high
    assert any(row <= latitude <= row + side and column <= longitude <= column + side for row, column in found)
    assert len(set(found)) == len(found)
    for row, column in found:
        assert row % side == column % side == 0
        assert row <= bounds[3] and row + side >= south and column <= bounds[2] and column + side >= west


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("way"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "id", "tags", "geometry", "lat", "lon", "elements", "remark"]), inner
        )
    ),
    max_leaves=20,
)


@settings_of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=50), JSON.map(lambda value: json.dumps({"elements": [value]}).encode())))
def test_any_answer_is_ways_or_an_error_of_ours(tmp_path, content):
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    try:
        found = overpass.ways(path, "x")
    except DataError:
        return
    frame = overpass.lines([found], "roads", (106, 11, 108, 12))
    assert list(frame.columns) == ["osm_id", "kind", "name", "geometry"]
    assert frame["osm_id"].is_unique


def test_default_addresses_are_the_documented_ones():
    parts = tile_parts(11, 107)
    assert Fetch().dem.format(**parts) == (
        "https://copernicus-dem-30m.s3.amazonaws.com/Copernicus_DSM_COG_10_N11_00_E107_00_DEM/"
        "Copernicus_DSM_COG_10_N11_00_E107_00_DEM.tif"
    )
    assert Fetch().landcover.format(**tile_parts(9, 105)) == (
        "https://esa-worldcover.s3.eu-central-1.amazonaws.com/v200/2021/map/"
        "ESA_WorldCover_10m_2021_v200_N09E105_Map.tif"
    )
    assert Fetch().population.format(country="VNM", country_lower="vnm").endswith("/2020/VNM/vnm_ppp_2020.tif")


def test_the_cache_lies_where_the_system_wants_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "l"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder(platform="linux") == tmp_path / "x" / "lomsong"
    assert cache_folder(platform="win32") == tmp_path / "l" / "lomsong"
    assert cache_folder(platform="darwin") == tmp_path / "Library" / "Caches" / "lomsong"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder(platform="linux") == tmp_path / ".cache" / "lomsong"
    assert cache_folder("~/mine") == tmp_path / "mine"


def raster(south, west, value):
    """A small real GeoTIFF of one degree."""
    content = np.full((6, 6), value, dtype="int16")
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=6, height=6, count=1, dtype="int16", crs="EPSG:4326",
            transform=from_origin(west, south + 1, 1 / 6, 1 / 6),
        ) as file:  # fmt: skip
            file.write(content, 1)
        return memory.read()


WAYS = [
    {"type": "way", "id": 7, "tags": {"highway": "primary", "name": "ĐT 761"},
     "geometry": [{"lat": 11.2, "lon": 106.9}, {"lat": 11.2, "lon": 107.3}]},
    {"type": "way", "id": 8, "tags": {"highway": "track"},
     "geometry": [{"lat": 11.3, "lon": 107.1}, {"lat": 11.4, "lon": 107.2}]},
    {"type": "way", "id": 9, "tags": {"power": "line", "voltage": "110000"},
     "geometry": [{"lat": 11.1, "lon": 107.0}, {"lat": 20.0, "lon": 107.0}]},
]  # fmt: skip


def boxed(query):
    """Answer as Overpass does: the ways of the key asked for that touch the box."""
    text = query["data"][0]
    key = text.split('way["')[1].split('"')[0]
    south, west, north, east = map(float, text.split("](")[1].split(")")[0].split(","))
    inside = [
        way for way in WAYS
        if key in way["tags"]
        and min(p["lon"] for p in way["geometry"]) <= east and max(p["lon"] for p in way["geometry"]) >= west
        and min(p["lat"] for p in way["geometry"]) <= north and max(p["lat"] for p in way["geometry"]) >= south
    ]  # fmt: skip
    return json.dumps({"version": 0.6, "elements": inside}).encode()


@pytest.fixture
def settings(root, tmp_path):
    return Fetch(
        cache=str(tmp_path / "cache"),
        timeout_s=5,
        dem=f"{root}/dem/{{ns}}{{lat:02d}}{{ew}}{{lon:03d}}.tif",
        landcover=f"{root}/cover/{{ns}}{{lat:02d}}{{ew}}{{lon:03d}}.tif",
        overpass=f"{root}/overpass",
        boundaries=f"{root}/api/{{country}}/ADM3/",
        population=f"{root}/pop/{{country}}/{{country_lower}}.tif",
    )


@pytest.fixture
def world(shelf, root):
    """All layers over one square; the tile of the east is sea."""
    shelf.files |= {"/dem/N11E106.tif": raster(11, 106, 50), "/cover/N09E105.tif": raster(9, 105, 10)}
    shelf.files |= {"/pop/VNM/vnm.tif": raster(11, 106, 3)}
    shelf.answers["/overpass"] = boxed
    described = {"gjDownloadURL": f"{root}/file.geojson", "boundaryLicense": "ODbL <b>v1</b>", "boundarySource": "GSO"}
    shelf.files["/api/VNM/ADM3/"] = json.dumps(described).encode()
    commune = gpd.GeoDataFrame({"shapeName": ["Mã Đà"]}, geometry=[box(106.9, 11.1, 107.2, 11.4)], crs=4326)
    shelf.files["/file.geojson"] = commune.to_json().encode()
    return shelf


AREA = gpd.GeoDataFrame(geometry=[box(106.9, 11.1, 107.2, 11.4)], crs=4326)
ALL = ["dem", "landcover", "roads", "power", "boundaries", "population"]


def ledger(out):
    return json.loads((out / "fetched.json").read_text(encoding="utf-8"))["files"]


def test_all_layers_with_ledger_and_licences(world, settings, tmp_path):
    out, told_on = tmp_path / "out", []
    found = fetch(AREA.to_crs(3405), ALL, out, settings, lambda key, values: told_on.append((key, values)))
    assert [(item.layer, item.file, item.state) for item in found] == [
        ("dem", "dem/copernicus_glo30_N11E106.tif", "fetched"),
        ("dem", "dem/copernicus_glo30_N11E107.tif", "absent"),
        ("landcover", "landcover/worldcover_2021_N09E105.tif", "fetched"),
        ("roads", "osm.gpkg", "fetched"),
        ("power", "osm.gpkg", "fetched"),
        ("boundaries", "boundaries/geoboundaries_VNM_ADM3.geojson", "fetched"),
        ("population", "population/worldpop_2020_VNM.tif", "fetched"),
    ]
    absent = [values for key, values in told_on if key == "fetch.absent"]
    assert [(values["status"], values["file"]) for values in absent] == [(404, "copernicus_glo30_N11E107.tif")]
    assert (out / "dem/copernicus_glo30_N11E106.tif").read_bytes() == world.files["/dem/N11E106.tif"]
    for name, entry in ledger(out).items():
        content = (out / name).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert entry["address"].startswith("http://127.0.0.1")
        assert entry["licence"]
    licences = (out / "LICENCES.md").read_text(encoding="utf-8")
    for licence in LICENCES.values():
        assert licence.credit in licences
    for layer in ALL:
        assert all(words in licences for words in TEXTS[f"fetch.note.{layer}"])
    assert "ODbL b v1 /b; GSO" in licences
    assert not [path for path in out.rglob("*") if ".part" in path.name]
    for key, values in told_on:
        assert key == "fetch.progress" or TEXTS[key][0].format(**values)


def test_lines_are_merged_once_and_cut_to_the_area(world, settings, tmp_path):
    fetch(AREA, ["roads", "power"], tmp_path / "out", settings)
    roads = gpd.read_file(tmp_path / "out" / "osm.gpkg", layer="roads")
    assert roads.crs.to_epsg() == 4326
    assert roads["osm_id"].tolist() == [7, 8]  # 7 lies in two squares
    assert roads["kind"].tolist() == ["primary", "track"]
    assert roads["name"].fillna("").tolist() == ["ĐT 761", ""]
    assert roads.geometry[0].bounds == pytest.approx((106.9, 11.2, 107.25, 11.2))
    power = gpd.read_file(tmp_path / "out" / "osm.gpkg", layer="power_lines")
    assert power["voltage"].tolist() == ["110000"]
    assert power.geometry[0].bounds == pytest.approx((107.0, 11.1, 107.0, 11.45))
    queries = [parse_qs(urlsplit(path).query)["data"][0] for path, _ in world.seen]
    assert len(queries) == 4  # two squares, two kinds
    assert all(query.startswith("[out:json][timeout:5];way[") and query.endswith("out geom;") for query in queries)
    assert "(11,106.5,11.5,107)" in queries[0]


def test_squares_cover_the_bounds_and_are_shared_by_neighbours():
    found = overpass.squares((106.7, 10.5, 107.6, 12.3))
    assert len(found) == 3 * 4
    assert found[0] == (106.5, 10.5, 107.0, 11.0)
    assert found[-1] == (107.5, 12.0, 108.0, 12.5)
    assert set(overpass.squares((107.1, 11.1, 107.2, 11.2))) < set(found)


def test_a_second_run_asks_for_nothing_but_the_sea(world, settings, tmp_path):
    out = tmp_path / "out"
    fetch(AREA, ALL, out, settings)
    world.seen.clear()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.suffix in (".tif", ".gpkg", ".geojson")}
    found = fetch(AREA, ALL, out, settings)
    assert {item.state for item in found} == {"kept", "absent"}
    assert [path for path, _ in world.seen] == ["/dem/N11E107.tif"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize("spoil", ["in the folder", "in the cache too", "cut"])
def test_a_changed_or_cut_file_is_fetched_again_and_said(world, settings, tmp_path, spoil):
    out, told_on = tmp_path / "out", []
    fetch(AREA, ["dem"], out, settings)
    path = out / "dem/copernicus_glo30_N11E106.tif"
    good = path.read_bytes()
    if spoil == "in the cache too":  # through the hard link
        with path.open("r+b") as file:
            file.write(b"spoilt")
    else:
        path.unlink()
        path.write_bytes(good[:-10] if spoil == "cut" else b"x" + good[1:])
    world.seen.clear()
    found = fetch(AREA, ["dem"], out, settings, lambda key, values: told_on.append(key))
    assert path.read_bytes() == good
    assert found[0].state == "renewed"
    assert "fetch.renewed" in told_on
    assert world.count("N11E106") == (1 if spoil == "in the cache too" else 0)
    assert ("fetch.cache_damaged" in told_on) == (spoil == "in the cache too")


def test_two_areas_share_the_cache(world, settings, tmp_path):
    fetch(AREA, ["dem", "roads"], tmp_path / "one", settings)
    world.seen.clear()
    found = fetch(AREA, ["dem", "roads"], tmp_path / "two", settings)
    assert [item.state for item in found] == ["cached", "absent", "fetched"]
    assert world.count("overpass") == world.count("N11E106") == 0
    one, two = (tmp_path / name / "dem/copernicus_glo30_N11E106.tif" for name in ("one", "two"))
    assert one.samefile(two)


def test_without_hard_links_it_is_copied(world, settings, tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    found = fetch(AREA, ["dem"], tmp_path / "out", settings)
    path = tmp_path / "out" / found[0].file
    assert path.read_bytes() == world.files["/dem/N11E106.tif"]
    assert path.stat().st_nlink == 1


def test_an_answer_about_living_things_grows_old_a_tile_does_not(world, settings, tmp_path):
    fetch(AREA, ["dem", "roads"], tmp_path / "one", settings)
    for note in (tmp_path / "cache").rglob("*.json"):
        note.write_text(note.read_text().replace(str(datetime.datetime.now(datetime.UTC).year), "2020"))
    world.seen.clear()
    fetch(AREA, ["dem", "roads"], tmp_path / "two", settings)
    assert (world.count("overpass"), world.count("N11E106")) == (2, 0)


def test_a_layer_fetched_before_stays_in_the_geopackage(world, settings, tmp_path):
    out = tmp_path / "out"
    fetch(AREA, ["power"], out, settings)
    fetch(AREA, ["roads"], out, settings)
    assert {name for name, _ in pyogrio.list_layers(out / "osm.gpkg")} == {"roads", "power_lines"}
    licences = (out / "LICENCES.md").read_text(encoding="utf-8")
    assert TEXTS["fetch.layer.power"][0] in licences
    assert TEXTS["fetch.layer.roads"][0] in licences
    wide = gpd.GeoDataFrame(geometry=[box(106.9, 11.1, 107.4, 11.4)], crs=4326)
    assert [item.state for item in fetch(wide, ["roads"], out, settings)] == ["fetched"]
    assert gpd.read_file(out / "osm.gpkg", layer="roads").geometry[0].bounds[2] == pytest.approx(107.3)


def test_a_changed_geopackage_is_kept_aside(world, settings, tmp_path):
    out = tmp_path / "out"
    fetch(AREA, ["roads"], out, settings)
    with (out / "osm.gpkg").open("ab") as file:
        file.write(b"mine")
    assert fetch(AREA, ["roads"], out, settings)[0].state == "renewed"
    assert (out / "osm.gpkg.old").read_bytes().endswith(b"mine")


def test_files_got_by_hand_are_used_as_they_are(world, settings, tmp_path):
    out = tmp_path / "out"
    (out / "dem").mkdir(parents=True)
    mine = raster(11, 107, 9)
    (out / "dem/copernicus_glo30_N11E107.tif").write_bytes(mine)
    AREA.to_file(out / "osm.gpkg", layer="roads")
    found = fetch(AREA, ["dem", "roads"], out, settings)
    assert [item.state for item in found] == ["fetched", "by_hand", "by_hand"]
    assert (out / "dem/copernicus_glo30_N11E107.tif").read_bytes() == mine
    with pytest.raises(DataError, match=r"lacks the layer power_lines; add it, or move the file away"):
        fetch(AREA, ["power"], out, settings)
    (out / "dem/copernicus_glo30_N11E107.tif").write_bytes(b"no raster")
    with pytest.raises(FormatError, match=r"not GeoTIFF, it begins with 'no raster'"):
        fetch(AREA, ["dem"], out, settings)


def test_a_login_page_is_no_raster_and_does_not_stay_in_the_cache(world, settings, tmp_path):
    good = world.files["/dem/N11E106.tif"]
    world.files["/dem/N11E106.tif"] = b"<!doctype html><title>Wifi</title>"
    with pytest.raises(FormatError, match="login page of the network"):
        fetch(AREA, ["dem"], tmp_path / "out", settings)
    world.files["/dem/N11E106.tif"] = good
    assert fetch(AREA, ["dem"], tmp_path / "out", settings)[0].state == "fetched"


def test_no_tile_at_all_is_a_wrong_address_not_the_sea(shelf, settings, tmp_path):
    shelf.faults = {"/dem/N11E106.tif": [(403, {})], "/dem/N11E107.tif": [(403, {})]}
    with pytest.raises(MissingFileError, match=r"none of the 2 tiles.*fetch\.dem"):
        fetch(AREA, ["dem"], tmp_path / "out", settings)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"elements": [], "remark": "runtime error: Query timed out"}, "did not get through.*Query timed out"),
        ("<html>", "cannot be read"),
        ([], "cannot be read"),
        ({"elements": 3}, "cannot be read"),
        ({"elements": [{"id": 1}]}, "cannot be read"),
    ],
)
def test_what_overpass_says_instead_of_ways(shelf, settings, tmp_path, answer, words):
    body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    shelf.answers["/overpass"] = lambda query: body
    with pytest.raises(DataError, match=words):
        fetch(AREA, ["roads"], tmp_path / "out", settings)
    assert not (tmp_path / "out" / "osm.gpkg").exists()
    shelf.answers["/overpass"] = boxed  # it is not kept: the next run asks again
    assert fetch(AREA, ["roads"], tmp_path / "out", settings)[0].state == "fetched"


def test_ways_that_are_no_lines_are_left_out(shelf, settings, tmp_path):
    place = {"lat": 11.2, "lon": 107.0}
    strange = [
        {"type": "node", "id": 1},
        {"type": "way", "id": "x", "geometry": [place, place]},
        {"type": "way", "id": 2, "geometry": [place]},
        {"type": "way", "id": 3},
        {"type": "way", "id": 4, "geometry": [None, {"lat": "a", "lon": 1}, {"lat": float("nan"), "lon": 1}, place]},
        {"type": "way", "id": 5, "tags": [], "geometry": [place, None, {"lat": 11.3, "lon": 107.0}]},
    ]
    shelf.answers["/overpass"] = lambda query: json.dumps({"elements": strange}).encode()
    fetch(AREA, ["roads"], tmp_path / "out", settings)
    assert gpd.read_file(tmp_path / "out" / "osm.gpkg", layer="roads")["osm_id"].tolist() == [5]


def test_an_area_without_roads_gives_an_empty_layer(shelf, settings, tmp_path):
    shelf.answers["/overpass"] = lambda query: b'{"elements": []}'
    fetch(AREA, ["roads"], tmp_path / "out", settings)
    assert len(gpd.read_file(tmp_path / "out" / "osm.gpkg", layer="roads")) == 0


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[" * 100_000, b"3", b'{"gjDownloadURL": 5}', b"\xff"])
def test_what_geoboundaries_says_instead_of_a_file(shelf, settings, tmp_path, body):
    shelf.files["/api/VNM/ADM3/"] = body
    with pytest.raises(FormatError, match="gjDownloadURL"):
        fetch(AREA, ["boundaries"], tmp_path / "out", settings)


def test_an_interface_cannot_lead_to_files_of_this_machine_or_pour(shelf, settings, tmp_path):
    shelf.files["/api/VNM/ADM3/"] = b'{"gjDownloadURL": "file:///etc/passwd"}'
    with pytest.raises(UsageError, match="only http or https"):
        fetch(AREA, ["boundaries"], tmp_path / "out", settings)
    shelf.endless.add("/api/VNM/ADM3/")
    (tmp_path / "cache").rename(tmp_path / "away")
    with pytest.raises(DataError, match="larger than the limit of 4 MiB"):
        fetch(AREA, ["boundaries"], tmp_path / "out", settings)


def test_what_cannot_be_meant(settings, tmp_path):
    for changed, words in (
        (replace(settings, dem="http://127.0.0.1/{tiel}"), r"fetch\.dem = .*in braces.*ns, lat, ew, lon, tile"),
        (replace(settings, dem="file:///{ns}{lat}"), r"fetch\.dem: the address"),
    ):
        with pytest.raises(UsageError, match=words):
            fetch(AREA, ["dem"], tmp_path / "out", changed)
    for country in ("../x", "vnm", "VN", ""):
        with pytest.raises(UsageError, match=r"fetch\.country"):
            fetch(AREA, ["population"], tmp_path / "out", replace(settings, country=country))
    with pytest.raises(UsageError, match="no layer dme; those that can be fetched: dem"):
        fetch(AREA, ["dme"], tmp_path / "out", settings)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"set fetch\.cache"):
        fetch(AREA, ["dem"], tmp_path / "out", replace(settings, cache=str(tmp_path / "file")))
    assert not (tmp_path / "out").exists()


def test_areas_that_cannot_be_placed(settings, tmp_path):
    for area, kind, words in (
        (AREA.set_crs(None, allow_override=True), CrsError, "coordinate reference system"),
        (AREA.iloc[:0], DataError, "no geometry"),
        (AREA.scale(1000, 1000).to_frame("geometry"), DataError, "the limit is 20°"),
        (AREA.translate(500_000, 0).to_frame("geometry"), DataError, "check its coordinate reference system"),
    ):
        with pytest.raises(kind, match=words):
            fetch(area, ["dem"], tmp_path / "out", settings)


def test_a_spoilt_ledger_is_kept_aside_and_its_files_stay(world, settings, tmp_path):
    out = tmp_path / "out"
    fetch(AREA, ["dem"], out, settings)
    for spoilt in ("{", "[]", '{"files": 3}', '{"files": {"a": 3}}'):
        (out / "fetched.json").write_text(spoilt)
        told_on = []
        found = fetch(AREA, ["dem"], out, settings, lambda key, values, told_on=told_on: told_on.append(key))
        assert "fetch.ledger_damaged" in told_on
        assert found[0].state == "by_hand"
        assert (out / "fetched.json.old").read_text() == spoilt


def test_one_layer_that_fails_leaves_the_others_and_the_next_run_goes_on(world, settings, tmp_path):
    world.faults["/cover/N09E105.tif"] = [(503, {})] * 4
    with pytest.raises(DataError, match="503"):
        fetch(AREA, ["dem", "landcover"], tmp_path / "out", settings)
    assert list(ledger(tmp_path / "out")) == ["dem/copernicus_glo30_N11E106.tif"]
    found = fetch(AREA, ["dem", "landcover"], tmp_path / "out", settings)
    assert [item.state for item in found] == ["kept", "absent", "fetched"]


def test_texts_of_fetching_hold_both_languages():
    keys = [key for key in TEXTS if key.startswith(("fault.fetch_", "fetch."))]
    assert len(keys) > 40
    for key in keys:
        vietnamese, english = TEXTS[key]
        assert vietnamese
        assert english
        assert vietnamese != english
        assert set(fields(vietnamese)) == set(fields(english)), key


def fields(sentence):
    return [part.split("}")[0].split("!")[0] for part in sentence.split("{")[1:]]
