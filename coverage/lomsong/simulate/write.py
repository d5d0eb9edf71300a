"""Write a province as the files that a province office and three operators would hand in.

Every file is written under a temporary name and then renamed; the same province gives the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio
import xlsxwriter

from lomsong.simulate.drive import drive
from lomsong.simulate.gnettrack import Log, write_log
from lomsong.simulate.handovers import hand_over
from lomsong.simulate.readme import README
from lomsong.simulate.recipe import METRIC
from lomsong.simulate.territory import cells_at, transform
from lomsong.tables import HAMLETS, HOUSEHOLDS, OPERATORS, SCHOOLS, SITES

if TYPE_CHECKING:
    from lomsong.simulate.province import Province

_MADE = datetime(2021, 10, 1)


def write_province(province: Province, folder: Path) -> list[Path]:
    """Write all files of a province into ``folder``, which is made where it is missing, and return their paths."""
    logs = survey_logs(province)
    dirt = {
        f"surveys/{name}.txt.gz": {"rows": log.rows, "no_service": log.no_service, "dirt": log.dirt}
        for name, log in logs.items()
    }
    contents: dict[str, Callable[[Path], None]] = {
        "lomsong.toml": _text(_settings(province)),
        "README.md": _text(README),
        "communes.gpkg": lambda path: _geopackage(path, {"communes": province.communes}),
        "hamlets.csv": _text(_csv(province.hamlets, HAMLETS.names)),
        "schools.xlsx": lambda path: _workbook(path, province.schools),
        "households.csv.gz": _zipped(_csv(province.households, HOUSEHOLDS.names)),
        "handovers.csv": _text(_ledger(province)),
        "sites.csv": _text(_csv(province.sites, SITES.names)),
        **{f"surveys/{name}.txt.gz": _zipped(log.text) for name, log in logs.items()},
        "dem.tif": lambda path: _raster(path, province, "ground_m"),
        "canopy.tif": lambda path: _raster(path, province, "canopy_m"),
        "layers.gpkg": lambda path: _geopackage(path, _layers(province)),
        "declared.gpkg": lambda path: _geopackage(path, {"declared": province.declared}),
        "truth/households.parquet": lambda path: _parquet(path, province.truth),
        "truth/schools.parquet": lambda path: _parquet(path, province.schools_truth),
        "truth/dirt.json": _text(json.dumps(dirt, indent=2) + "\n"),
        "truth/false_claims.json": _text(_false_claims(province)),
    }
    paths = []
    for name, write in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as temporary:
            write(temporary)
        paths.append(path)
    return paths


def survey_logs(province: Province) -> dict[str, Log]:
    """Drive through a province and return one raw log an operator."""
    roads, hamlets = province.roads.to_crs(METRIC), province.hamlets.to_crs(METRIC)
    tracks = drive(roads, hamlets, province.recipe, len(OPERATORS))
    west, south, east, north = (float(side) for side in province.communes.total_bounds)
    logs = {}
    for operator, track in zip(OPERATORS, tracks, strict=True):
        level_dbm, serving = province.serving(operator, track.points)
        altitude_m = province.ground_m[cells_at(province.grid, track.points)].astype(float)
        logs[operator] = write_log(
            operator, track, level_dbm, serving, province.sites, altitude_m, (west, south, east, north), province.recipe
        )
    return logs


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder that takes the place of ``path`` when all went well."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        temporary = Path(folder) / path.name
        yield temporary
        temporary.replace(path)


def _settings(province: Province) -> str:
    name = "Đồng Nai" if province.recipe.communes is None else f"Mô Phỏng {province.recipe.tile + 1}"
    template = files("lomsong.simulate").joinpath("sample.toml").read_text(encoding="utf-8")
    return template.replace("{province}", name)


def _text(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(text.encode())

    return write


def _zipped(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(zlib.compress(text.encode(), 9, wbits=31))  # the head of gzip.compress varies with Python

    return write


def _csv(frame: gpd.GeoDataFrame, names: list[str]) -> str:
    """Return a table as CSV with longitude and latitude last."""
    table = pd.DataFrame(frame[[name for name in names if name in frame]])
    table["longitude"], table["latitude"] = frame.geometry.x, frame.geometry.y
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def _ledger(province: Province) -> str:
    return hand_over(province.households, province.recipe).to_csv(index=False, lineterminator="\n")


def _layers(province: Province) -> dict[str, gpd.GeoDataFrame]:
    return {
        "roads": province.roads,
        "power_lines": province.power_lines,
        "water": province.water,
        "forest": province.forest,
    }


def _false_claims(province: Province) -> str:
    discs = pd.DataFrame(province.false_claims.drop(columns="geometry"))
    return json.dumps(discs.to_dict("records"), indent=2) + "\n"


def _geopackage(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write layers with a fixed date instead of today's."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_MADE:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _workbook(path: Path, schools: gpd.GeoDataFrame) -> None:
    """Write schools as an office would: Vietnamese headings, one sheet."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _MADE, "title": "Trường học (dữ liệu mô phỏng)"})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Trường học")
        sheet.freeze_panes(1, 0)
        columns = [column for column in SCHOOLS.columns if column.name in schools]
        sheet.set_column(0, len(columns) + 1, 16)
        sheet.write_row(0, 0, [*(column.vi for column in columns), "Kinh độ", "Vĩ độ"], bold)
        places = zip(schools.geometry.x, schools.geometry.y, strict=True)
        rows = zip(schools[[column.name for column in columns]].itertuples(index=False), places, strict=True)
        for number, (fields, place) in enumerate(rows, start=1):
            sheet.write_row(number, 0, [*fields, *place])


def _raster(path: Path, province: Province, name: str) -> None:
    values = getattr(province, name)
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype=values.dtype, crs="EPSG:3405",
        transform=transform(province.grid), compress="deflate", predictor=2, zlevel=9, tiled=True,
    ) as target:  # fmt: skip
        target.write(values, 1)


def _parquet(path: Path, frame: pd.DataFrame) -> None:
    frame.to_parquet(path, index=False, compression="zstd")
