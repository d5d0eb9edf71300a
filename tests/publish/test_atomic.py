"""Files are whole or not there; what keeps one from being written is said with the file and the remedy."""

import errno
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from shapely import Point

from lomsong.errors import WriteError
from lomsong.geo import Grid
from lomsong.publish.atomic import replacing, require_writable, write_text, zipping
from lomsong.publish.coverage.rasters import cog
from lomsong.publish.layers import write_geopackage, write_parquet, write_raster, write_tab
from lomsong.publish.spreadsheet import new_workbook

resource = pytest.importorskip("resource")
UTM = CRS.from_epsg(32648)
POINTS = gpd.GeoDataFrame(
    {"a": np.arange(1400.0), "b": np.arange(1400.0)},
    geometry=[Point(500_000 + i, 1_200_000) for i in range(1400)], crs=UTM,
)  # fmt: skip
LEVELS = np.random.default_rng(1).normal(-100, 10, (120, 130)).astype(np.float32)


def _cog(path):
    with cog(path, LEVELS.shape, "float32", Affine(100, 0, 5e5, 0, -100, 1.2e6), UTM, np.nan, "level", {}) as write:
        write(LEVELS, 0, 0)


def _workbook(path):
    with new_workbook(path, "title", "author") as file:
        sheet = file.add_worksheet()
        for row in range(2000):
            sheet.write(row, 0, row * 0.123)


def _archive(path):
    with zipping(path) as archive:
        archive.writestr("levels", LEVELS.tobytes())


WRITERS = {
    "a.txt": lambda path: write_text(path, "sóng " * 5000),
    "a.tif": lambda path: write_raster(path, LEVELS, Grid(5e5, 1.2e6, 100, LEVELS.shape, UTM), "level", "dBm"),
    "cog.tif": _cog,
    "a.xlsx": _workbook,
    "a.kmz": _archive,
    "a.parquet": lambda path: write_parquet(path, POINTS),
    "a.gpkg": lambda path: write_geopackage(path, {"points": POINTS}),
    "a.tab": lambda path: write_tab(path.parent, "a", POINTS),
}


@contextmanager
def at_most(size):
    """Let no file grow beyond ``size`` bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "share"),
    # The end of a GeoPackage is its spatial index: without it every row still stands.
    [(name, share) for name in WRITERS for share in (0.2, 0.5, 0.9, 0.999) if name != "a.gpkg" or share < 0.6],
)
def test_without_room_nothing_appears_and_the_file_is_named(tmp_path, name, share):
    write, path = WRITERS[name], tmp_path / "kết quả" / name
    write(path)
    largest = max(file.stat().st_size for file in path.parent.iterdir())
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    with at_most(int(share * largest)), pytest.raises(WriteError, match=f"{path.name}: cannot be written"):
        write(path)
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.EACCES, "Excel"), (errno.EROFS, "read-only"), (errno.ENOSPC, "disk is full"), (errno.EIO, "Input/output")],
)
def test_why_a_file_cannot_take_its_place(tmp_path, monkeypatch, code, words):
    def held(self, target):
        raise OSError(code, errno.errorcode[code] if code != errno.EIO else "Input/output error", str(self))

    path = tmp_path / "ranking.xlsx"
    path.write_text("open in Excel")
    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(WriteError, match=words) as told, replacing(path) as draft:
        draft.write_text("new")
    assert str(told.value).startswith(f"{path}: ")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["open in Excel"]


def test_a_fault_of_ours_is_not_one_of_the_disk(tmp_path):
    with pytest.raises(KeyError), replacing(tmp_path / "a.txt"):
        raise KeyError("a")


def test_a_folder_is_tried_before_anything_is_computed(tmp_path):
    require_writable(tmp_path / "new" / "deeper")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"deeper: cannot be written \(Not a directory\)"):
        require_writable(tmp_path / "file" / "deeper")
