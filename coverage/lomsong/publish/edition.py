"""One edition of a run, published or internal: every file that is written, at its fixed name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.transform import from_origin

from lomsong.gap.claims.hexagons import ChallengeRules
from lomsong.geo import Grid
from lomsong.publish.atomic import write_text
from lomsong.publish.brief import BriefContent, Signal, write_brief
from lomsong.publish.cards import CardContent, placemarks, write_cards
from lomsong.publish.challenge import ChallengeContent, write_challenge
from lomsong.publish.delimited import write_csv
from lomsong.publish.drawing import Base
from lomsong.publish.findings import Findings
from lomsong.publish.internal import MARKER, marker
from lomsong.publish.layer_files import Writer, as_text, layer_writers
from lomsong.publish.layers import write_kmz
from lomsong.publish.layers.looks import TOWER
from lomsong.publish.map import MapContent, SignalRaster, build_map
from lomsong.publish.map.palette import LEVEL_LEGENDS
from lomsong.publish.privacy import OF_PEOPLE, published_ranking, published_rejects
from lomsong.publish.workbook import WorkbookContent, write_workbook
from lomsong.settings import Settings
from lomsong.surface.validation import Validation


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
        As :func:`~lomsong.pipeline.outcome.account_of` tells it; empty without a plan.
    cards
        What is told of each tower and of the plan; None without one.
    served, indoor
        Whom the towers connect, and learners without signal inside their homes, as ``MapContent`` takes them. Only sums
        of them are published.
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
    internal
        For use inside the authority: small counts are not hidden, every file says so.
    hidden_below
        Counts of people below this are hidden in the published edition.
    homes
        Displaced homes, of the internal edition alone.
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
    served: gpd.GeoDataFrame | None = None
    cards: CardContent | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    indoor: pd.DataFrame | None = None
    sites: gpd.GeoDataFrame | None = None
    shared: float = 0.0
    period: tuple[date, date] | None = None
    validations: Mapping[str, Validation] = field(default_factory=dict)
    lines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    internal: bool = False
    hidden_below: int = 5
    homes: gpd.GeoDataFrame | None = None


def write_edition(edition: Edition, folder: Path, report: Callable[[str], None]) -> list[Path]:
    """Write all files of an edition into ``folder``, each whole or not at all, and return their paths.

    ``report`` is called with the name of each file as it is begun.
    """
    writers: dict[str, Writer] = {
        "ranking.csv": lambda path: write_csv(path, _ranking(edition)),
        "ranking.xlsx": lambda path: write_workbook(path, workbook_content(edition)),
        "brief.docx": lambda path: write_brief(path, _brief(edition)),
        "rejects.csv": lambda path: write_csv(path, _rejects(edition)),
        "map.html": lambda path: write_text(path, build_map(map_content(edition))),
    }
    writers |= _challenges(edition)
    writers |= layer_writers(edition)
    if edition.cards is not None and len(edition.cards.towers):
        content = edition.cards
        title = " – ".join(filter(None, [content.say("card.book"), content.territory]))
        writers["sites.kmz"] = lambda path: write_kmz(path, title, content.about, *placemarks(content), TOWER)
        writers["cards.xlsx"] = lambda path: write_cards(path, content)
    if edition.internal:
        writers[MARKER] = lambda path: write_text(path, marker(edition.hidden_below))
    paths: list[Path] = []
    for name, write in writers.items():
        report(name)
        paths += write(folder / name) or [folder / name]
    return paths


def _challenges(edition: Edition) -> dict[str, Writer]:
    """Return writers of the challenges that each operator is to answer; none where nothing is overturned."""
    run, publish, hexagons = edition.settings.run, edition.settings.publish, edition.findings.hexagons
    if hexagons is None:
        return {}
    survey = edition.settings.survey
    writers: dict[str, Writer] = {}
    for operator, own in hexagons[hexagons["state"] == "overturned"].groupby("operator", sort=True):
        content = ChallengeContent(
            run.title, run.territory, own, ChallengeRules.of(edition.settings.claims), publish.language, publish.issuer,
            run.note, edition.operators, publish.suppress_below, survey.utc_offset_h, survey.block_m,
        )  # fmt: skip
        writers[f"claims/{operator}.xlsx"] = functools.partial(write_challenge, content=content)
    return writers


def _ranking(edition: Edition) -> pd.DataFrame:
    published = published_ranking(edition.ranking, edition.settings.publish.suppress_below)
    published = as_text(published)
    return published[[name for name in published if not str(name).endswith("_suppressed")]]


def _rejects(edition: Edition) -> pd.DataFrame:
    sources = edition.sources
    return published_rejects(edition.rejects, sources.loc[sources["table"].isin(OF_PEOPLE), "source_file"].tolist())


def map_content(edition: Edition) -> MapContent:
    """Return what the map shows."""
    grid = edition.grid
    transform = from_origin(grid.west_m, grid.north_m, grid.step_m, grid.step_m)
    rasters = {
        name: SignalRaster(
            edition.level_dbm[name], edition.level_sd_db[name], edition.surveyed[name], transform, grid.crs
        )
        for name in edition.operators
    }
    radio, gap = edition.settings.radio, edition.settings.gap
    run, publish = edition.settings.run, edition.settings.publish
    return MapContent(
        title=run.title,
        territory=run.territory,
        communes=edition.communes,
        ranking=edition.ranking,
        operators=dict(edition.operators),
        issuer=publish.issuer,
        language=publish.language,
        usable_dbm=gap.usable_dbm,
        data_note=run.note,
        period=edition.period,
        hamlets=edition.hamlets,
        schools=edition.schools,
        learners=edition.cells,
        rasters=rasters,
        shared=edition.shared,
        level_breaks_dbm=publish.level_breaks_dbm or LEVEL_LEGENDS[publish.level_legend],
        indoor=edition.indoor,
        indoor_loss_db=radio.building_loss_db.get(gap.usual_building, 0.0),
        claims=edition.findings.hexagons,
        zones=edition.findings.zones,
        towers=edition.towers,
        served=edition.served,
        plan=dict(edition.plan) | {"operator": edition.settings.siting.operator},
        sites=edition.sites,
        survey=edition.survey,
        roads=edition.lines.get("roads"),
        water=edition.lines.get("water"),
        forest=edition.lines.get("forest"),
        power_lines=edition.lines.get("power_lines"),
        base_map=publish.base_map,
        base_map_credit=publish.base_map_credit,
        suppress_below=publish.suppress_below,
        placed=edition.findings.placed,
    )


def brief_of(
    settings: Settings,
    ranking: pd.DataFrame,
    operators: Mapping[str, str],
    period: tuple[date, date] | None,
    validations: Mapping[str, Validation],
    findings: Findings,
) -> BriefContent:
    """Return what the brief says where no map, plan or account is at hand."""
    return BriefContent(settings, ranking, operators, period, validations, findings)


def _brief(edition: Edition) -> BriefContent:
    said = brief_of(
        edition.settings, edition.ranking, edition.operators, edition.period, edition.validations, edition.findings
    )
    lines = edition.lines
    return replace(
        said, sources=edition.sources, rejects=edition.rejects, schools=edition.schools, hamlets=edition.hamlets,
        base=Base(edition.communes, lines.get("water"), lines.get("roads"), lines.get("forest")),
        signal=Signal.of(edition.grid, edition.p_usable, edition.surveyed, edition.shared),
        towers=edition.towers, plan=edition.plan, sites=edition.sites,
    )  # fmt: skip


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
        period=edition.period,
        sources=edition.sources,
        rejects=edition.rejects.groupby("check").agg(count=("check", "size"), remedy=("remedy", "first")).reset_index(),
        flags=edition.flags.groupby("check").agg(count=("rows", "sum"), remedy=("remedy", "first")).reset_index(),
        surveyed_share=_surveyed_share(edition),
        validations=edition.validations,
        findings=edition.findings,
        settings=edition.settings,
        operators=edition.operators,
        suppress_below=publish.suppress_below,
    )


def _surveyed_share(edition: Edition) -> dict[str, float]:
    """Return the share of the territory where there is evidence, by operator."""
    inside = {name: np.isfinite(level) for name, level in edition.level_dbm.items()}
    return {name: float(edition.surveyed[name][known].mean()) for name, known in inside.items() if known.any()}
