"""What stands beside the rasters of a network: pictures, Google Earth, the summary, the list of servers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from lomsong.geo import WGS84, coordinates
from lomsong.publish.coverage.levels import opened
from lomsong.publish.coverage.overlay import write_overlay_kmz
from lomsong.publish.coverage.picture import write_picture
from lomsong.publish.coverage.summary import THRESHOLDS_DBM, coverage_summary, population_on, write_summary
from lomsong.publish.delimited import write_csv
from lomsong.publish.map.palette import level_classes
from lomsong.radio.frame import EARTH
from lomsong.shown import dbm
from lomsong.tables import OPERATORS, SITES
from lomsong.texts import text


@dataclass(frozen=True)
class CoverageEdition:
    """What is published of a network.

    Attributes
    ----------
    levels
        Raster of each operator's level, by its name in ``sites``.
    ground
        Raster of the ground on the same cells.
    sites
        Table ``sites``.
    usable_dbm
        Level from which a place is usable.
    population
        Raster of persons a cell, in any CRS, or None.
    households
        Table ``households``, or None.
    model
        Model and its main settings, told below pictures.
    language
        vi or en.
    suppress_below
        Counts of learners below this are hidden.
    left_out
        Rows of ``sites``, from 0, that were not computed: on the list of servers, but neither counted nor drawn.
    """

    levels: Mapping[str, Path]
    ground: Path
    sites: gpd.GeoDataFrame
    usable_dbm: float
    population: Path | None = None
    households: gpd.GeoDataFrame | None = None
    model: str = ""
    language: str = "vi"
    suppress_below: int = 5
    left_out: Collection[int] = ()


def terrain_ends(ground: Path, sites: gpd.GeoDataFrame, radius_m: float) -> pd.Series:
    """Tell of which ``sites`` the circle goes beyond the terrain, whose frame is wider than all circles but for that.

    Parameters
    ----------
    ground
        Raster of the ground of the network.
    sites
        Table ``sites``.
    radius_m
        Around each site.
    """
    bearings = np.tile(np.arange(0.0, 360.0, 10.0), (len(sites), 1))
    east, north = (np.broadcast_to(at[:, None], bearings.shape) for at in coordinates(sites, WGS84).T)
    circle = EARTH.fwd(east, north, bearings, np.full(bearings.shape, radius_m))
    with opened(ground) as raster:
        frame = raster.bounds
        x, y = Transformer.from_crs(WGS84, raster.crs, always_xy=True).transform(*circle[:2])
        if raster.crs.is_geographic:  # a DEM may count to 360 degrees
            x = x - 360 * np.round((x - (frame.left + frame.right) / 2) / 360)
    inside = (x >= frame.left) & (x <= frame.right) & (y >= frame.bottom) & (y <= frame.top)
    return pd.Series(~inside.all(axis=1), sites.index)


def write_coverage(folder: Path, edition: CoverageEdition) -> tuple[pd.DataFrame, list[Path]]:
    """Write ``summary.csv``, ``servers.csv``, ``coverage.kmz`` and a picture of each operator.

    Returns
    -------
    The summary, and the files written.
    """
    language = edition.language
    classes = level_classes(edition.usable_dbm)
    shown = {operator_name(operator): path for operator, path in edition.levels.items()}
    summary = folder / "summary.csv"
    with ExitStack() as stack:
        people = None
        if edition.population is not None:
            people = stack.enter_context(population_on(edition.population, next(iter(shown.values()))))
        table = coverage_summary(
            shown, edition.usable_dbm, THRESHOLDS_DBM, people, edition.households, edition.suppress_below
        )
    write_summary(summary, table)
    files = [summary, _write_servers(folder / "servers.csv", edition.sites)]
    computed = edition.sites[~np.isin(np.arange(len(edition.sites)), list(edition.left_out))]
    title = text("cover.title", language)
    overlay = folder / "coverage.kmz"
    write_overlay_kmz(overlay, shown, classes, computed, title, language, edition.model)
    files.append(overlay)
    for operator, path in edition.levels.items():
        picture = folder / "pictures" / f"{operator}.png"
        own = computed[computed["operator"] == operator]
        subtitle = text(
            "cover.subtitle", language, sites=own["site_id"].nunique(), sectors=len(own),
            level=dbm(edition.usable_dbm, language),
        )  # fmt: skip
        write_picture(
            picture, path, classes, f"{title}: {operator_name(operator)}", subtitle, ground=edition.ground,
            sites=own, usable_dbm=edition.usable_dbm, note=edition.model, language=language,
        )  # fmt: skip
        files.append(picture)
    return table, files


def operator_name(operator: str) -> str:
    """Return the name of an operator as it is shown."""
    return OPERATORS.get(operator, operator)


def _write_servers(path: Path, sites: gpd.GeoDataFrame) -> Path:
    """Write the sectors in the order by which the rasters of servers number them, from 0."""
    table = pd.DataFrame({name: sites[name] for name in SITES.names if name in sites}).reset_index(drop=True)
    # As texts: six significant digits, as numbers are written, are 100 m.
    degrees = [[f"{degree:.6f}" for degree in axis] for axis in coordinates(sites, WGS84).T]
    table = table.assign(longitude=degrees[0], latitude=degrees[1])
    write_csv(path, table.rename_axis("server").reset_index())
    return path
