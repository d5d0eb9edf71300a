"""One run's published edition: every file that goes out, at its fixed name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.transform import from_origin

from lomsong.gap.claims.hexagons import ChallengeRules
from lomsong.gap.service import joint_probability
from lomsong.geo import WGS84, Grid
from lomsong.publish.atomic import write_text
from lomsong.publish.brief import BriefContent, write_brief
from lomsong.publish.challenge import ChallengeContent, write_challenge
from lomsong.publish.delimited import write_csv
from lomsong.publish.findings import Findings
from lomsong.publish.layers import write_geopackage, write_kmz, write_parquet, write_raster
from lomsong.publish.map import MapContent, SignalRaster, build_map
from lomsong.publish.privacy import (
    OF_PEOPLE,
    published_cells,
    published_hamlets,
    published_ranking,
    published_rejects,
    published_towers,
    suppress,
)
from lomsong.publish.workbook import WorkbookContent, write_workbook
from lomsong.settings import Settings
from lomsong.surface.validation import Validation
from lomsong.tables import CANDIDATES
from lomsong.texts import text


@dataclass(frozen=True)
class Edition:
    """What is published. Nothing here is finer than a hamlet, a school or a cell of several learners.

    Attributes
    ----------
    operators
        Identifier to name, in the order of the page.
    communes, ranking, hamlets, schools, cells, towers, sites, survey
        Frames as :class:`~lomsong.publish.map.MapContent` takes them; ``cells`` are its ``learners``.
    grid, level_dbm, level_sd_db, p_usable, surveyed
        Signal of each operator, arrays of shape ``grid.shape``.
    plan
        objective, bound, gap, status; empty without a plan.
    shared
        Correlation of the operators' levels at one place.
    period
        First and last day of the survey.
    validations
        How sure each operator's field is, by its identifier.
    lines
        roads, water, forest, power_lines.
    findings
        What was found besides the ranking, as it may be published.
    sources, rejects, flags
        Account of the rows read, the rows not accepted, and what was kept but should be known.
    """

    settings: Settings
    operators: Mapping[str, str]
    communes: gpd.GeoDataFrame
    ranking: pd.DataFrame
    grid: Grid
    level_dbm: Mapping[str, NDArray[np.float32]]
    level_sd_db: Mapping[str, NDArray[np.float32]]
    p_usable: Mapping[str, NDArray[np.float32]]
    surveyed: Mapping[str, NDArray[np.bool_]]
    sources: pd.DataFrame
    rejects: pd.DataFrame
    flags: pd.DataFrame
    survey: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    hamlets: gpd.GeoDataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    towers: gpd.GeoDataFrame | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    sites: gpd.GeoDataFrame | None = None
    shared: float = 0.0
    period: tuple[date, date] | None = None
    validations: Mapping[str, Validation] = field(default_factory=dict)
    lines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)


def write_edition(edition: Edition, folder: Path, report: Callable[[str], None]) -> list[Path]:
    """Write all files of an edition into ``folder``, each whole or not at all, and return their paths.

    ``report`` is called with the name of each file as it is begun.
    """
    below = edition.settings.publish.suppress_below
    writers: dict[str, Callable[[Path], None]] = {
        "ranking.csv": lambda path: write_csv(path, _ranking(edition)),
        "ranking.xlsx": lambda path: write_workbook(path, workbook_content(edition)),
        "brief.docx": lambda path: write_brief(path, _brief(edition)),
        "rejects.csv": lambda path: write_csv(path, _rejects(edition)),
        "learners.parquet": lambda path: write_parquet(path, published_cells(edition.cells, below)),
        "gaps.gpkg": lambda path: write_geopackage(path, _layers(edition)),
        "map.html": lambda path: write_text(path, build_map(map_content(edition))),
    }
    writers |= _challenges(edition)
    for operator in edition.operators:
        known = np.isfinite(edition.level_dbm[operator])
        rasters = (
            ("level_dbm", edition.level_dbm[operator], "dBm"),
            ("level_sd_db", edition.level_sd_db[operator], "dB"),
            ("p_usable", edition.p_usable[operator], "1"),
            ("surveyed", np.where(known, edition.surveyed[operator], np.nan).astype(np.float32), "1"),
        )
        for kind, values, unit in rasters:
            writers[f"rasters/{operator}_{kind}.tif"] = _raster_writer(edition, values, kind, unit)
    if edition.towers is not None and len(edition.towers):
        towers = published_towers(edition.towers, below).to_crs(WGS84)
        writers["sites.gpkg"] = lambda path: write_geopackage(path, {"sites": towers})
        writers["sites.kmz"] = lambda path: _write_placemarks(path, edition, towers)
    for name, write in writers.items():
        report(name)
        write(folder / name)
    return [folder / name for name in writers]


def _raster_writer(edition: Edition, values: NDArray[np.float32], kind: str, unit: str) -> Callable[[Path], None]:
    return lambda path: write_raster(path, values, edition.grid, kind, unit)


def _challenges(edition: Edition) -> dict[str, Callable[[Path], None]]:
    """Return writers of the challenges that each operator is to answer; none where nothing is overturned."""
    run, publish, hexagons = edition.settings.run, edition.settings.publish, edition.findings.hexagons
    if hexagons is None:
        return {}
    writers: dict[str, Callable[[Path], None]] = {}
    for operator, own in hexagons[hexagons["state"] == "overturned"].groupby("operator", sort=True):
        content = ChallengeContent(
            run.title, run.territory, own, ChallengeRules.of(edition.settings.claims), publish.language, publish.issuer,
            run.note, edition.operators, publish.suppress_below,
        )  # fmt: skip
        writers[f"claims/{operator}.xlsx"] = functools.partial(write_challenge, content=content)
    return writers


def _ranking(edition: Edition) -> pd.DataFrame:
    published = published_ranking(edition.ranking, edition.settings.publish.suppress_below)
    published = _as_text(published)
    return published[[name for name in published if not str(name).endswith("_suppressed")]]


def _rejects(edition: Edition) -> pd.DataFrame:
    sources = edition.sources
    return published_rejects(edition.rejects, sources.loc[sources["table"].isin(OF_PEOPLE), "source_file"].tolist())


def _layers(edition: Edition) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of gaps.gpkg, all in WGS84; a hidden count is null and its ``<column>_suppressed`` true."""
    below = edition.settings.publish.suppress_below
    ranking = _ranking(edition).drop(columns="name")
    layers = {"communes": edition.communes.merge(ranking, on="commune_code", how="left")}
    layers["learners"] = published_cells(edition.cells, below)
    if edition.hamlets is not None:
        layers["hamlets"] = published_hamlets(edition.hamlets, below)
    if edition.schools is not None:
        layers["schools"] = suppress(edition.schools, ["pupils"], below)
    found = edition.findings
    named = {"zones": found.zones, "points": found.points, "claims": found.hexagons}
    layers |= {name: _as_text(frame) for name, frame in named.items() if frame is not None and len(frame)}
    layers["survey"] = edition.survey
    if edition.towers is not None:
        layers["towers"] = published_towers(edition.towers, below)
    return {name: frame.to_crs(WGS84) for name, frame in layers.items()}


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose tuples of codes are texts, as files know them."""
    tuples = [name for name in frame if frame[name].map(lambda value: isinstance(value, tuple)).any()]
    return frame.assign(**{name: frame[name].map(lambda codes: " ".join(codes or ())) for name in tuples})


def _write_placemarks(path: Path, edition: Edition, towers: gpd.GeoDataFrame) -> None:
    run, publish = edition.settings.run, edition.settings.publish
    language = publish.language
    headings = {column.name: getattr(column, language) for column in CANDIDATES.columns}
    headings |= {name: text(f"book.{name}", language) for name in ("learners_gained", "cumulative")}
    marks = towers.assign(label=[text("map.tower_title", language, order=order) for order in towers["order"]])
    for name in ("learners_gained", "cumulative"):
        marks[name] = marks[name].round().astype("Int64").astype(object)
    marks["learners_gained"] = marks["learners_gained"].mask(
        towers["learners_gained_suppressed"], f"<{publish.suppress_below}"
    )
    if "forest_class" in marks:
        marks["forest_class"] = [text(f"map.forest_{kind}", language) for kind in marks["forest_class"]]
    fields = {name: heading for name, heading in headings.items() if name in marks}
    title = " – ".join(filter(None, [text("book.towers", language), run.territory]))
    write_kmz(path, title, run.note, marks, "label", fields)


def map_content(edition: Edition) -> MapContent:
    """Return what the map shows."""
    grid = edition.grid
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    best = _best(edition)
    rasters = {
        operator: SignalRaster(level, p_usable, surveyed, transform, grid.crs)
        for operator, (level, p_usable, surveyed) in {
            "any": best,
            **{
                name: (edition.level_dbm[name], edition.p_usable[name], edition.surveyed[name])
                for name in edition.operators
            },
        }.items()
    }
    run, publish = edition.settings.run, edition.settings.publish
    return MapContent(
        title=run.title,
        territory=run.territory,
        communes=edition.communes,
        ranking=edition.ranking,
        operators=dict(edition.operators),
        issuer=publish.issuer,
        language=publish.language,
        usable_dbm=edition.settings.gap.usable_dbm,
        data_note=run.note,
        hamlets=edition.hamlets,
        schools=edition.schools,
        learners=edition.cells,
        rasters=rasters,
        zones=edition.findings.zones,
        towers=edition.towers,
        plan=dict(edition.plan),
        sites=edition.sites,
        survey=edition.survey,
        roads=edition.lines.get("roads"),
        water=edition.lines.get("water"),
        forest=edition.lines.get("forest"),
        power_lines=edition.lines.get("power_lines"),
        suppress_below=publish.suppress_below,
    )


def _best(edition: Edition) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    level = np.fmax.reduce([edition.level_dbm[name] for name in edition.operators])
    each = np.stack([edition.p_usable[name].ravel() for name in edition.operators], axis=1).astype(float)
    lacking = joint_probability(1 - each, edition.shared).reshape(level.shape)
    surveyed = np.logical_or.reduce([edition.surveyed[name] for name in edition.operators])
    return level, (1 - lacking).astype(np.float32), surveyed


def brief_of(
    settings: Settings,
    ranking: pd.DataFrame,
    operators: Mapping[str, str],
    period: tuple[date, date] | None,
    validations: Mapping[str, Validation],
    findings: Findings,
) -> BriefContent:
    """Return what the brief says."""
    run, publish = settings.run, settings.publish
    return BriefContent(
        title=run.title,
        territory=run.territory,
        ranking=ranking,
        language=publish.language,
        issuer=publish.issuer,
        data_note=run.note,
        usable_dbm=settings.gap.usable_dbm,
        period=period,
        operators=operators,
        validations=validations,
        zones=findings.zones,
        points=findings.points,
        bodies=findings.bodies,
        suppress_below=publish.suppress_below,
    )


def _brief(edition: Edition) -> BriefContent:
    return brief_of(
        edition.settings, edition.ranking, edition.operators, edition.period, edition.validations, edition.findings
    )


def workbook_content(edition: Edition) -> WorkbookContent:
    """Return what the workbook holds."""
    run, publish = edition.settings.run, edition.settings.publish
    return WorkbookContent(
        language=publish.language,
        title=run.title,
        territory=run.territory,
        issuer=publish.issuer,
        ranking=edition.ranking,
        hamlets=edition.hamlets,
        schools=edition.schools,
        towers=edition.towers,
        plan=dict(edition.plan),
        data_note=run.note,
        sources=edition.sources,
        rejects=edition.rejects.groupby("check").agg(count=("check", "size"), remedy=("remedy", "first")).reset_index(),
        flags=edition.flags.groupby("check").agg(count=("rows", "sum"), remedy=("remedy", "first")).reset_index(),
        findings=edition.findings,
        settings=edition.settings,
        operators=edition.operators,
        suppress_below=publish.suppress_below,
    )
