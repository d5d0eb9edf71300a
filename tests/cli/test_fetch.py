"""`lomsong fetch` from a server on this machine: what it prints, its exit codes, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from lomsong.ingest.public.stock import LICENCES
from lomsong.settings import parse
from lomsong.texts import text

SCRIPT = Path(sys.executable).with_name("lomsong")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


def lomsong(*args, cwd=None):
    command = [SCRIPT, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, env=ENVIRONMENT)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; one file comes slowly, and can be gone on with."""

    ranges: list[str] = []  # noqa: RUF012
    slow = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        if not self.path.endswith("N11E107.tif"):
            super().do_GET()
            return
        body = Path(self.translate_path(self.path)).read_bytes()
        asked = self.headers.get("Range", "bytes=0-")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        try:
            for at in range(start, len(body), 20_000):
                self.wfile.write(body[at : at + 20_000])
                self.wfile.flush()
                if type(self).slow:
                    time.sleep(0.4)
        except OSError:
            pass


def tif(path, south, west, size=200):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(1).integers(0, 900, (size, size), dtype="int16")
    place = from_origin(west, south + 1, 1 / size, 1 / size)
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="int16", crs="EPSG:4326", transform=place
    ) as file:
        file.write(values, 1)


@pytest.fixture
def project(tmp_path):
    """A folder with communes.gpkg and lomsong.toml, and a server of layers beside it."""
    served = tmp_path / "served"
    tif(served / "N11E106.tif", 11, 106, 20)
    tif(served / "N11E107.tif", 11, 107)
    way = {"type": "way", "id": 1, "tags": {"highway": "track"}, "geometry": [{"lat": 11.2, "lon": 107}] * 2}
    (served / "overpass").write_text(json.dumps({"elements": [way]}))
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(served)))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    root = f"http://127.0.0.1:{http.server_port}"
    folder = tmp_path / "project"
    folder.mkdir()
    gpd.GeoDataFrame(geometry=[box(106.9, 11.1, 107.2, 11.4)], crs=4326).to_file(folder / "communes.gpkg")
    (folder / "lomsong.toml").write_text(
        f'[fetch]\ncache = "cache"\ntimeout_s = 5\ndem = "{root}/{{ns}}{{lat:02d}}{{ew}}{{lon:03d}}.tif"\n'
        f'landcover = "{root}/none/{{ns}}{{lat:02d}}{{ew}}{{lon:03d}}.tif"\noverpass = "{root}/overpass"\n'
        '[publish]\nlanguage = "en"\n'
    )
    Handler.ranges.clear()
    Handler.slow = False
    yield folder
    http.shutdown()
    http.server_close()


def arguments(folder, what="dem,roads", *more):
    return (
        "fetch", "--area", folder / "communes.gpkg", "--what", what, "--out", folder / "public",
        "--settings", folder / "lomsong.toml", *more,
    )  # fmt: skip


def test_it_prints_licences_and_what_to_put_into_the_settings(project):
    done = lomsong(*arguments(project))
    assert (done.returncode, done.stderr) == (0, "")
    assert LICENCES["dem"].credit in done.stdout
    assert "ODbL 1.0" in done.stdout
    assert "\x1b" not in done.stdout
    assert "━" not in done.stdout
    lines = done.stdout[done.stdout.index("[inputs]") :].split("\n\n")[0]
    settings = parse(tomllib.loads(lines))
    assert settings.inputs.dem == "public/dem/*.tif"
    assert settings.inputs.roads == "public/osm.gpkg#roads"
    assert len(list(project.glob(settings.inputs.dem))) == 2
    assert len(gpd.read_file(project / "public" / "osm.gpkg", layer="roads")) == 1
    assert (project / "cache").is_dir()
    again = lomsong(*arguments(project, "dem", "--lang", "vi"))
    assert "dem/copernicus_glo30_N11E106.tif: đã có, không đổi" in again.stdout
    assert "Ghi vào lomsong.toml" in again.stdout


def test_a_layer_that_fails_is_told_in_the_language_and_the_others_come(project):
    done = lomsong(*arguments(project, "landcover,dem", "--lang", "vi"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "kiểm tra fetch.landcover" in done.stderr
    assert text("fetch.absent", "vi", file="worldcover_2021_N09E105.tif", status=404) in done.stdout
    assert (project / "public" / "dem" / "copernicus_glo30_N11E107.tif").is_file()


def test_what_cannot_be_meant(project):
    done = lomsong(*arguments(project, "dme"))
    assert (done.returncode, "no layer dme" in done.stderr, done.stdout) == (2, True, "")
    done = lomsong("fetch", "--area", project / "none.gpkg", "--out", project / "public")
    assert done.returncode == 1
    assert "none.gpkg" in done.stderr
    assert not (project / "public").exists()
    assert lomsong("fetch", "--out", project / "public").returncode == 2


def begun_files(folder):
    """Files of which something, more than the small tile has, has come into the cache."""
    try:
        return [path for path in (folder / "cache").rglob("*.part") if path.stat().st_size >= 20_000]
    except FileNotFoundError:  # moved into place meanwhile
        return []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
def test_ctrl_c_leaves_what_came_and_the_next_run_goes_on(project):
    Handler.slow = True
    command = [SCRIPT, *map(str, arguments(project, "dem"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as run:
        until = time.monotonic() + 60
        while not (Handler.ranges and (begun := begun_files(project))):
            assert run.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=30)
        assert run.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    size = begun[0].stat().st_size
    Handler.slow = False
    done = lomsong(*arguments(project, "dem"))
    assert (done.returncode, done.stderr) == (0, "")
    assert Handler.ranges == ["bytes=0-", f"bytes={size}-"]
    with rasterio.open(project / "public" / "dem" / "copernicus_glo30_N11E107.tif") as source:
        assert source.read(1).sum() == np.random.default_rng(1).integers(0, 900, (200, 200), dtype="int16").sum()
    assert not list(project.rglob("*.part*"))
