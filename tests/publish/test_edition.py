"""A whole edition, written: its names, and that no home can be found in it."""

import dataclasses
import json
import re
import sqlite3
import struct
import zipfile
from base64 import b64decode
from contextlib import closing

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import CRS

from lomsong.geo import Grid
from lomsong.publish.edition import Edition, write_edition
from lomsong.publish.layers import write_geopackage
from lomsong.publish.privacy import learner_cells
from lomsong.settings import Publish, Run, Settings

NOTE = "Số liệu mô phỏng"

RASTERS = ("level_dbm", "level_sd_db", "p_usable", "surveyed")


@pytest.fixture(scope="module")
def homes(content):
    """Homes of one to three learners, one of them alone, none at the centre of a cell."""
    rng = np.random.default_rng(11)
    west, south, east, north = content.communes.to_crs(3405).total_bounds
    hamlets = rng.uniform([west, south], [east, north], (40, 2))
    at = hamlets[rng.integers(0, 40, 900)] + rng.normal(0, 300, (900, 2))
    at[0] = west + 10, north - 10
    at = np.floor(at / 250) * 250 + np.clip(at % 250, 20, 100)
    return gpd.GeoDataFrame(
        {
            "household_id": [f"HO-{n:06d}" for n in range(900)],
            "learners": rng.integers(1, 4, 900),
            "p_usable": rng.random(900).round(3),
        },
        geometry=gpd.points_from_xy(*at.T, crs=3405),
    ).to_crs(4326)


@pytest.fixture(scope="module")
def edition(content, homes):
    crs = CRS.from_epsg(3405)
    grid = Grid.over(tuple(content.communes.to_crs(crs).total_bounds), 1000, crs)
    level = np.linspace(-130, -70, grid.shape[0] * grid.shape[1], dtype=np.float32).reshape(grid.shape)
    home = homes.iloc[0]
    rejects = pd.DataFrame(
        {
            "source_file": ["homes.csv", "homes.csv", "drive.txt"],
            "source_row": [7, 9, 12],
            "check": ["code_duplicate", "position_missing", "gps_jump"],
            "severity": "critical",
            "value": [home["household_id"], f"{home.geometry.y} {home.geometry.x}", "107.0 11.0"],
            "limit": "",
            "remedy": ["Sửa mã.", "Ghi lại.", "Bỏ điểm."],
        }
    )
    sources = pd.DataFrame(
        {"source_file": ["homes.csv", "drive.txt"], "table": ["households", "samples"], "rows_read": [902, 2],
         "accepted": [900, 1], "rejected": [2, 1]}
    )  # fmt: skip
    towers = content.towers.assign(
        learners_gained=content.towers["learners_gained"].astype(float),
        learners_reached=content.towers["learners_gained"],
        only_it=[2.5] * 10,
        slope_deg=1.0,
    ).to_crs(crs)
    towers.loc[9, "learners_gained"] = 1.5
    ranking = content.ranking.copy()
    ranking.loc[3, ["learners", "unsurveyed"]] = [3, 2]
    ranking.loc[3, [name for name in ranking if name.startswith("unconnected")]] = 1.2
    hamlets = content.hamlets.copy()
    hamlets.loc[0, ["learners", "unconnected"]] = [3, 2.0]
    return Edition(
        settings=Settings(Run("Lõm sóng", "Tỉnh Đồng Nai", NOTE), publish=Publish(issuer="Sở KH&CN")),
        operators=content.operators,
        communes=content.communes,
        ranking=ranking,
        grid=grid,
        level_dbm=dict.fromkeys(content.operators, level),
        level_sd_db=dict.fromkeys(content.operators, np.full_like(level, 5.0)),
        p_usable=dict.fromkeys(content.operators, ((level + 130) / 60).astype(np.float32)),
        surveyed=dict.fromkeys(content.operators, level > -120),
        sources=sources,
        rejects=rejects,
        flags=pd.DataFrame(
            {"check": ["stationary"], "rows": [7], "value": ["107.05 11.2"], "remedy": ["Máy đứng yên."]}
        ),
        survey=content.survey,
        cells=learner_cells(homes),
        hamlets=hamlets,
        schools=content.schools,
        towers=towers,
        plan=content.plan,
        sites=content.sites,
    )


@pytest.fixture(scope="module")
def folder(edition, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edition")
    reported = []
    paths = write_edition(edition, folder, reported.append)
    assert [path.relative_to(folder).as_posix() for path in paths] == reported
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def opened(folder):
    """Yield each file's bytes, those of an archive's members among them."""
    for name, path in files(folder).items():
        yield name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{name}/{member}", archive.read(member)) for member in archive.namelist())
    table = pd.read_parquet(folder / "learners.parquet")
    yield "learners.parquet, unpacked", b"".join(table["geometry"]) + table.drop(columns="geometry").to_csv().encode()


def test_every_file_is_there_under_its_name(folder, edition):
    rasters = {f"rasters/{name}_{kind}.tif" for name in edition.operators for kind in RASTERS}
    assert files(folder).keys() == rasters | {
        "map.html", "ranking.xlsx", "brief.docx", "ranking.csv", "gaps.gpkg", "learners.parquet", "rejects.csv",
        "sites.gpkg", "sites.kmz",
    }  # fmt: skip


def test_same_edition_same_bytes(folder, edition, tmp_path):
    write_edition(edition, tmp_path, lambda _: None)
    again = files(tmp_path)
    for name, path in files(folder).items():
        assert again[name].read_bytes() == path.read_bytes(), name


def test_without_towers_no_sites(edition, tmp_path):
    write_edition(dataclasses.replace(edition, towers=None, plan={}), tmp_path, lambda _: None)
    assert not {"sites.gpkg", "sites.kmz"} & files(tmp_path).keys()
    assert "towers" not in {name for name, _ in pyogrio.list_layers(tmp_path / "gaps.gpkg")}


def test_no_household_is_named_anywhere(folder, homes):
    names = [name.encode() for name in homes["household_id"]]
    for where, content in opened(folder):
        assert b"household_id" not in content, where
        assert not any(name in content for name in names), where


def test_no_home_is_written_as_text_or_as_a_number(folder, homes):
    degrees, metres = shapely.get_coordinates(homes.geometry), shapely.get_coordinates(homes.to_crs(3405).geometry)
    forms = {struct.pack("<d", value) for value in np.concatenate([degrees, metres]).ravel()}
    texts = re.compile(
        "|".join(rf"{re.escape(f'{east:.5f}'[:-1])}|{re.escape(f'{north:.5f}'[:-1])}" for east, north in degrees)
    )
    found = []
    for where, content in opened(folder):
        if where.endswith((".csv", ".xml", ".kml", "unpacked")):
            found += [(where, match.group()) for match in texts.finditer(content.decode("utf-8", "ignore"))]
        found += [where for form in forms if form in content]
    assert found == []


def test_the_search_would_find_a_home(homes, tmp_path):
    write_geopackage(tmp_path / "leak.gpkg", {"homes": homes})
    assert struct.pack("<d", homes.geometry.iloc[5].x) in (tmp_path / "leak.gpkg").read_bytes()


def test_dots_of_the_map_are_centres_of_published_cells(folder, edition, homes):
    page = (folder / "map.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S).group(1))
    west, north, east, south = data["dots"]["box"]
    at = np.frombuffer(b64decode(data["dots"]["at"]), "<u2").reshape(-1, 2) / 65535
    longitude = (west + at[:, 0] * (east - west)) * 360 - 180
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (north + at[:, 1] * (south - north))))))
    dots = gpd.GeoSeries.from_xy(longitude, latitude, crs=4326).to_crs(3405)
    cells = edition.cells[edition.cells["unconnected"] >= 5].to_crs(3405)
    assert len(dots) == len(cells) > 20
    assert dots.distance(shapely.union_all(cells.geometry)).max() < 3
    assert dots.distance(shapely.union_all(homes.to_crs(3405).geometry)).min() > 10


COUNTS = {
    "communes": ["learners", "unconnected", "unsurveyed", "unconnected_all", "unconnected_viettel"],
    "learners": ["learners", "unconnected"],
    "hamlets": ["learners", "unconnected"],
    "schools": ["pupils"],
    "towers": ["learners_gained", "learners_reached", "only_it"],
}


@pytest.mark.parametrize("layer", COUNTS)
def test_no_layer_holds_a_small_count(folder, layer):
    frame = pyogrio.read_dataframe(folder / "gaps.gpkg", layer=layer)
    assert frame.crs.to_epsg() == 4326
    counts = frame[COUNTS[layer]].to_numpy(dtype=float)
    assert not ((counts > 0) & (counts < 5)).any()
    assert np.isnan(counts).any(), "the fixture has a small count in each layer"
    for name in COUNTS[layer]:
        if f"{name}_suppressed" in frame:
            assert frame.loc[frame[f"{name}_suppressed"].astype(bool), name].isna().all()


def test_every_layer_opens_with_its_rows(folder, edition):
    assert [name for name, _ in pyogrio.list_layers(folder / "gaps.gpkg")] == [*list(COUNTS)[:4], "survey", "towers"]
    frames = {
        "communes": edition.communes,
        "learners": edition.cells,
        "survey": edition.survey,
        "towers": edition.towers,
    }
    for name, frame in frames.items():
        assert len(pyogrio.read_dataframe(folder / "gaps.gpkg", layer=name)) == len(frame)
    with closing(sqlite3.connect(folder / "gaps.gpkg")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_table_holds_a_small_count(folder):
    ranking = pd.read_csv(folder / "ranking.csv")
    cells = gpd.read_parquet(folder / "learners.parquet")
    for frame, names in ((ranking, COUNTS["communes"]), (cells, COUNTS["learners"])):
        counts = frame[names].to_numpy(dtype=float)
        assert not ((counts > 0) & (counts < 5)).any()
    assert ranking.loc[3, ["learners", "unconnected", "share", "unconnected_low"]].isna().all()


def test_no_sheet_holds_a_small_count_of_people(folder):
    book = openpyxl.load_workbook(folder / "ranking.xlsx", data_only=True)
    people = re.compile("^(Người học|Chưa có sóng|Thiếu ít nhất|Số học sinh|Chưa đo kiểm|Cộng dồn)")
    seen = 0
    for sheet in ("Xếp hạng xã", "Ấp", "Trường", "Trạm đề xuất"):
        for column in book[sheet].iter_cols(min_row=5, values_only=True):
            if people.match(str(column[0])):
                values = [value for value in column[1:] if isinstance(value, int | float)]
                assert not [value for value in values if 0 < value < 5], (sheet, column[0])
                seen += "<5" in column
    assert seen >= 6


def test_the_map_holds_no_small_count(folder):
    page = (folder / "map.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S).group(1))
    small = []

    def look(value, key=""):
        if isinstance(value, dict) and "below" not in value:
            for name, part in value.items():
                look(part, key if key == "gap" else name)
        elif isinstance(value, int | float) and key in ("learners", "unconnected", "pupils", "gap", "learners_gained"):
            small.extend([(key, value)] if 0 < value < 5 else [])

    for part in ("communes", "hamlets", "schools", "towers"):
        for row in data[part]:
            look(row)
    assert small == []
    assert data["towers"][9]["learners_gained"] == {"below": 5}
    assert data["towers"][9]["cumulative"] is None
    assert data["plan"]["objective"] == 12300


def test_rejects_of_households_keep_their_row_and_lose_their_value(folder):
    rejects = pd.read_csv(folder / "rejects.csv").fillna("")
    assert rejects["source_row"].tolist() == [7, 9, 12]
    assert rejects["value"].tolist() == ["", "", "107.0 11.0"]


def test_outputs_say_that_the_data_are_simulated(folder):
    assert NOTE in (folder / "map.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "sites.kmz") as archive:
        kml = archive.read("doc.kml").decode()
    assert f"<description>{NOTE}</description>" in kml
    assert "<name>Trạm đề xuất 1</name>" in kml
    assert "&lt;5" in kml
    assert {sheet["A3"].value for sheet in openpyxl.load_workbook(folder / "ranking.xlsx")} == {NOTE}


def test_rasters_lie_on_the_grid(folder, edition):
    for name in edition.operators:
        with rasterio.open(folder / "rasters" / f"{name}_level_dbm.tif") as raster:
            assert raster.shape == edition.grid.shape
            assert raster.transform.a == edition.grid.step_m
            np.testing.assert_array_equal(raster.read(1), edition.level_dbm[name])
