"""A whole edition, published and internal, written: its names, and that nobody can be found in it."""

import dataclasses
import json
import re
import shutil
import sqlite3
import zipfile
from base64 import b64decode
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from xml.etree import ElementTree as ET

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
from lomsong.ingest import read_learners
from lomsong.publish import edition as edition_module
from lomsong.publish.cards import CardContent
from lomsong.publish.edition import Edition, map_content, workbook_content, write_edition
from lomsong.publish.findings import Findings
from lomsong.publish.internal import internal_settings
from lomsong.publish.layers.mapinfo import PARTS
from lomsong.publish.map import build_map
from lomsong.publish.privacy import displaced_homes, learner_cells, published_points, published_zones
from lomsong.publish.privacy.search import traces
from lomsong.publish.workbook import write_workbook
from lomsong.settings import Publish, Run, Settings, Survey
from lomsong.texts import text

NOTE = "Số liệu mô phỏng"

CLASSED = ("level_class", "p_usable_class", "surveyed")
RASTERS = (
    "level_dbm.tif", "level_dbm.qml", "level_sd_db.tif", "p_usable.tif", "p_usable.qml",
    *(f"{kind}.{end}" for kind in CLASSED for end in ("tif", "qml", "tif.aux.xml")),
)  # fmt: skip
LAYERS = ("communes", "zones", "learners", "survey", "hamlets", "schools", "points", "sites", "towers")
"""From the lowest to the topmost."""
TAGGED, FORMULA = "<img src=x onerror=alert(1)>", '=HYPERLINK("http://evil.example";"x")'


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
def roster(homes, tmp_path_factory):
    """Learners of some homes by name, telephone and code: what their reader says, and what nobody may."""
    rng = np.random.default_rng(4)
    family, given = (
        ("Nguyễn", "Trần", "Lê", "Phạm", "Đỗ"),
        ("Thị Hồng", "Văn Đức", "Ngọc Ánh", "Quốc Bảo", "Thuỳ Dương"),
    )
    some = homes.sample(120, random_state=1)
    table = pd.DataFrame(
        {
            "Mã định danh": [f"07520{n:07d}" for n in rng.integers(1_000_000, 9_999_999, 120)],
            "Họ và tên": [f"{family[n % 5]} {given[n // 5 % 5]} {chr(65 + n % 23)}{n}" for n in range(120)],
            "Ngày sinh": [f"{n % 27 + 1:02d}/{n % 11 + 1:02d}/2012" for n in range(120)],
            "Số điện thoại": [f"09{n:08d}" for n in rng.integers(10_000_000, 99_999_999, 120)],
            "Mã hộ": some["household_id"].to_numpy(),
        }
    )
    secrets = set(table.drop(columns="Ngày sinh").to_numpy().ravel())
    twice = pd.concat([table, table.head(15), table.tail(9).assign(**{"Họ và tên": "Vũ Thị Khác"})])
    path = tmp_path_factory.mktemp("roster") / "hoc_sinh.csv"
    twice.to_csv(path, index=False)
    read = read_learners(path)
    assert len(read.rejects) >= 15
    return read, secrets | {"Vũ Thị Khác"}


@pytest.fixture(scope="module")
def edition(content, homes, roster):
    learners, _ = roster
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
    rejects = pd.concat([rejects, learners.rejects], ignore_index=True)
    sources = pd.DataFrame(
        {"source_file": ["homes.csv", "drive.txt", "hoc_sinh.csv"], "table": ["households", "samples", "learners"],
         "rows_read": [902, 2, 144], "accepted": [900, 1, 120], "rejected": [2, 1, 24]}
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
    hamlets.loc[1, "name"] = FORMULA
    communes = content.communes.assign(name=[TAGGED, *content.communes["name"][1:]])
    ranking["name"] = ranking["commune_code"].map(communes.set_index("commune_code")["name"])
    points = hamlets.head(4).drop(columns="state").rename(columns={"hamlet_id": "point_id"})
    points = points.assign(
        kind="hamlet", commune=TAGGED, reach=["unreached", "unreached", "unknown", "unreached"],
        obstacles=[("no_grid",), ("reserve", "terrain"), (), ()], bodies=[("power_company",), ("operators",), (), ()],
    )  # fmt: skip
    findings = Findings(zones=published_zones(content.zones), points=published_points(points))
    return Edition(
        settings=Settings(Run("Lõm sóng", "Tỉnh Đồng Nai", NOTE), publish=Publish(issuer="Sở KH&CN")),
        operators=content.operators,
        communes=communes,
        ranking=ranking,
        grid=grid,
        level_dbm=dict.fromkeys(content.operators, level),
        level_sd_db=dict.fromkeys(content.operators, np.full_like(level, 5.0)),
        p_usable=dict.fromkeys(content.operators, ((level + 130) / 60).astype(np.float32)),
        surveyed=dict.fromkeys(content.operators, level > -120),
        sources=sources,
        rejects=rejects,
        flags=pd.concat(
            [
                pd.DataFrame(
                    {"check": ["stationary"], "rows": [7], "value": ["107.05 11.2"], "remedy": ["Máy đứng yên."]}
                ),
                learners.flags,
            ],
            ignore_index=True,
        ),
        survey=content.survey,
        cells=learner_cells(homes),
        hamlets=hamlets,
        schools=content.schools,
        towers=towers,
        plan=content.plan,
        sites=content.sites,
        findings=findings,
    )


@pytest.fixture(scope="module")
def folder(edition, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edition")
    reported = []
    paths = write_edition(edition, folder, reported.append)
    assert set(reported) <= {path.relative_to(folder).as_posix() for path in paths} == set(files(folder))
    return folder


@pytest.fixture(scope="module")
def internal(edition, homes, tmp_path_factory):
    """The internal edition of the same: counts as they are, homes displaced."""
    folder = tmp_path_factory.mktemp("run") / "internal"
    kept = ["learners", "p_usable", "geometry"]
    write_edition(
        dataclasses.replace(
            edition, settings=internal_settings(edition.settings), cells=learner_cells(homes, minimum=1),
            homes=displaced_homes(homes[kept], 1), internal=True,
        ),
        folder, lambda _: None,
    )  # fmt: skip
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_there_under_its_name(folder, edition):
    names = {f"rasters/{name}_{kind}" for name in edition.operators for kind in RASTERS}
    names |= {f"mapinfo/{name}{part}" for name in LAYERS for part in PARTS}
    names |= {f"parquet/{name}.parquet" for name in LAYERS if name != "learners"}
    assert files(folder).keys() == names | {
        "map.html", "ranking.xlsx", "brief.docx", "ranking.csv", "gaps.gpkg", "gaps.kmz", "gaps.gpx",
        "learners.parquet", "rejects.csv", "sites.gpkg",
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


def test_no_name_telephone_code_or_exact_home_is_in_any_file(folder, homes, roster):
    words = set(homes["household_id"]) | roster[1]
    assert traces(folder, words, homes, [CRS.from_epsg(5899)]) == []


def test_the_internal_edition_names_nobody_either_and_displaces_homes(internal, homes, roster):
    assert traces(internal, set(homes["household_id"]) | roster[1], homes, [CRS.from_epsg(5899)]) == []
    shown = pyogrio.read_dataframe(internal / "gaps.gpkg", layer="homes")
    assert shown.columns.tolist() == ["learners", "p_usable", "geometry"]
    assert len(shown) == len(homes)
    assert shown["learners"].sum() == homes["learners"].sum()


def test_the_internal_edition_says_so_in_every_file(internal, folder):
    plain = {".id", ".map", ".dat", ".tab", ".qml", ".xml", ".csv", ".parquet", ".gpx"}
    assert (internal / "NOI_BO.txt").read_text(encoding="utf-8").startswith("Thư mục này là bản NỘI BỘ")
    assert "NOI_BO.txt" not in files(folder)
    for name, path in files(internal).items():
        if path.suffix in plain:
            continue
        word = "INTERNAL" if name == "NOI_BO.txt" else "NỘI BỘ"
        told = {trace.where.split(":")[0] for trace in traces_of(path, "NỘI BỘ", "internal", word)}
        assert told, name
    for name, path in files(folder).items():
        assert not traces_of(path, "NỘI BỘ"), name


def traces_of(path, *words):
    """Look through one file alone."""
    with TemporaryDirectory() as lone:
        shutil.copy(path, Path(lone, path.name))
        return traces(Path(lone), words)


def test_the_internal_edition_hides_no_count(internal, edition):
    ranking = pd.read_csv(internal / "ranking.csv")
    assert ranking.loc[3, ["learners", "unsurveyed"]].tolist() == [3, 2]
    hamlets = pyogrio.read_dataframe(internal / "gaps.gpkg", layer="hamlets")
    assert hamlets["learners"].tolist() == edition.hamlets["learners"].tolist()
    rejects = pd.read_csv(internal / "rejects.csv").fillna("")
    assert rejects["value"].tolist()[:2] == ["", ""], "what stood in rows of people stays out of both"


def test_names_that_other_programs_would_run_are_harmless(folder):
    assert not traces_of(folder / "gaps.kmz", "<img")
    assert not traces_of(folder / "gaps.gpx", "<img")
    for name in ("ranking.csv", "rejects.csv"):
        assert not re.search(r'(^|,)"?[=+@]', (folder / name).read_text(encoding="utf-8-sig"), re.MULTILINE)
    with zipfile.ZipFile(folder / "gaps.kmz") as archive:
        kml = ET.fromstring(archive.read("doc.kml"))
    texts = {element.text for element in kml.iter() if element.text}
    assert TAGGED.replace("<", "‹") in texts
    assert FORMULA in texts
    gpx = pyogrio.read_dataframe(folder / "gaps.gpx", layer="waypoints")
    assert FORMULA in set(gpx["name"])
    for path, options in ((folder / "gaps.gpkg", {"layer": "communes"}), (folder / "mapinfo" / "communes.tab", {})):
        assert TAGGED in set(pyogrio.read_dataframe(path, **options)["name"]), "as data it is kept as it was"


def test_map_workbook_cards_and_brief_say_when_was_measured_and_whose_signal(edition, content, tmp_path):
    days = (date(2021, 10, 4), date(2021, 10, 15))
    cards = CardContent("Lõm sóng", "Đồng Nai", edition.towers, {}, operators=content.operators, period=days)
    told = "Số liệu đo kiểm của Viettel, VinaPhone và MobiFone được thu thập từ ngày 04/10/2021 đến ngày 15/10/2021."
    for period, said in ((days, True), (None, False)):
        dated = dataclasses.replace(edition, period=period)
        assert (told in build_map(map_content(dated))) == said
        assert (dataclasses.replace(cards, period=period).surveyed == told) == said
        write_workbook(tmp_path / "r.xlsx", workbook_content(dated))
        book = openpyxl.load_workbook(tmp_path / "r.xlsx")
        figures = {row[0].value: row[1].value for row in book["Tóm tắt"].iter_rows(max_col=2)}
        assert figures.get("Thời gian đo kiểm") == ("04/10/2021 – 15/10/2021" if said else None)
        feet = [sheet.oddFooter.left.text for sheet in book]
        assert all(("04/10/2021 – 15/10/2021" in foot) == said for foot in feet)


def test_every_waypoint_says_its_commune(folder):
    gpx = pyogrio.read_dataframe(folder / "gaps.gpx", layer="waypoints")
    assert {text("layers.school_silent", "vi"), text("layers.tower", "vi")} <= set(gpx["type"])
    assert gpx["desc"].str.contains(text("book.commune", "vi")).all()


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
    assert [name for name, kind in pyogrio.list_layers(folder / "gaps.gpkg") if kind] == list(LAYERS)
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
    for sheet in (text(f"book.{name}", "vi") for name in ("ranking", "hamlets", "schools", "towers")):
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
    assert rejects["source_row"].tolist()[:3] == [7, 9, 12]
    assert rejects["value"].tolist()[:3] == ["", "", "107.0 11.0"]
    assert set(rejects["value"][3:]) == {""}


def test_outputs_say_that_the_data_are_simulated(folder):
    assert NOTE in (folder / "map.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "gaps.kmz") as archive:
        kml = archive.read("doc.kml").decode()
    assert f"<description>{NOTE}</description>" in kml
    assert "&lt;5" in kml
    with rasterio.open(folder / "rasters" / "viettel_level_class.tif") as raster:
        assert raster.tags()["note"] == NOTE
    assert {sheet["A3"].value for sheet in openpyxl.load_workbook(folder / "ranking.xlsx")} == {NOTE}


def test_rasters_lie_on_the_grid(folder, edition):
    for name in edition.operators:
        with rasterio.open(folder / "rasters" / f"{name}_level_dbm.tif") as raster:
            assert raster.shape == edition.grid.shape
            assert raster.transform.a == edition.grid.step_m
            np.testing.assert_array_equal(raster.read(1), edition.level_dbm[name])


def test_claims_are_told_by_the_clocks_of_the_logs_and_the_squares_of_the_tests():
    settings = Settings(survey=Survey(utc_offset_h=9.0, block_m=100.0))
    hexagons = gpd.GeoDataFrame({"operator": ["viettel"], "state": ["overturned"]}, geometry=[shapely.Point(107, 11)])
    edition = SimpleNamespace(settings=settings, findings=SimpleNamespace(hexagons=hexagons), operators={})
    writer = edition_module._challenges(edition)["claims/viettel.xlsx"]
    content = writer.keywords["content"]
    assert (content.utc_offset_h, content.square_m) == (9.0, 100.0)
