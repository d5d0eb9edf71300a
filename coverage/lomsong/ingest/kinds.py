"""Any file of evidence: which table it holds, told by its content, and that table with its account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd

from lomsong.errors import FormatError
from lomsong.geo import fold_text
from lomsong.ingest.account import Account
from lomsong.ingest.cells import CELL_FILE, is_export, read_cells
from lomsong.ingest.communes.boundaries import DISTRICT_CODES, match_headings, read_communes
from lomsong.ingest.communes.vintage import read_list
from lomsong.ingest.files.columns import count_matches, match_columns
from lomsong.ingest.files.opening import is_layer, read_layer, split_layer
from lomsong.ingest.files.sheets import OWN_COLUMNS, read_raw
from lomsong.ingest.files.sources import Source, sources
from lomsong.ingest.maps.layers import read_features
from lomsong.ingest.maps.tiles import RASTER_SUFFIXES, count_cells
from lomsong.ingest.quality import SurveyLimits
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.declared import read_declared
from lomsong.ingest.rosters.handovers import read_handovers
from lomsong.ingest.rosters.learners import read_learners
from lomsong.ingest.rosters.roster import read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.surveys import formats
from lomsong.ingest.surveys.companions import read_companion
from lomsong.ingest.surveys.headings import match
from lomsong.ingest.surveys.reader import read_survey
from lomsong.tables import COMMUNES, TABLES
from lomsong.texts import fault

Reader = Callable[[Path, str], Reading]

ROSTERS: dict[str, Reader] = {
    "learners": lambda path, language: read_learners(path, language=language),
    "households": lambda path, language: read_households(path, None, language),
    "schools": lambda path, language: read_schools(path, None, language),
    "hamlets": lambda path, language: read_hamlets(path, None, language),
    "declared": read_declared,
    "handovers": read_handovers,
    "sites": lambda path, language: read_sites(path, None, language),
    "cells": lambda path, language: read_cells(path, None, language),
    "communes": read_list,
}
"""Tables made by hand or exported as tables, to their readers; where two fit a file alike the first is taken."""


LINES = frozenset({"LineString", "MultiLineString"})
AREAS = frozenset({"Polygon", "MultiPolygon"})
FEATURES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "power_lines": (LINES, frozenset({"power", "voltage", "voltage kv", "dien ap", "cap dien ap", "dien"})),
    "roads": (LINES, frozenset({"highway", "road class", "loai duong", "fclass", "road", "roads", "duong"})),
    "forest": (AREAS, frozenset({"forest class", "loai rung", "ldlr", "mdsd", "chuc nang", "forest", "rung"})),
    "fibre": (LINES, frozenset({"fibre", "fiber", "loai cap", "cap quang", "soi quang", "capquang"})),
    "water": (AREAS, frozenset({"waterway", "water", "mat nuoc", "nuoc", "song", "ho"})),
}
"""Layers of lines and areas: their shapes, and the headings, folded, or else words of the layer's name that tell them.

A line or an area may carry nothing but its shape; then only what it is called says what it is.
"""

SPECS = {"cells": CELL_FILE}
"""Tables whose files have other columns than the table: what a cell file lacks its reader makes from the rest."""

MISSING = 3
"""What a missing column that must be there weighs against one found."""

LEAST_MATCHED = 2
"""Columns of a table that must be found: one heading alone tells nothing."""


def tell(path: str | Path) -> str:
    """Return which table a file holds: ``samples``, ``events``, ``households``, ``raster``… or an empty text.

    Raises
    ------
    LomsongError
        When the file cannot be opened at all.
    """
    found = sources(split_layer(str(path))[0])[0]
    if found.suffix in RASTER_SUFFIXES:
        return "raster"
    beside = formats.companion(found)
    if beside:
        return beside
    if (is_layer(found.path) or formats.kind_of(found) == "layer") and found.suffix != ".parquet":
        return _of_layer(read_layer(path), split_layer(str(path))[1] or Path(path).stem)
    if formats.kind_of(found) == "text" and is_export(found):
        return "cells"
    if formats.fits(found):
        return "samples"
    if found.suffix == ".parquet":
        return _of_layer(read_layer(path), Path(path).stem)
    return _closest(_headings(found))


def _of_layer(layer: gpd.GeoDataFrame, name: str) -> str:
    """Return the table that a layer holds: by its shapes and headings, of lines and areas at last by its name."""
    headings, shapes = [str(heading) for heading in layer.columns], set(layer.geom_type.dropna())
    if not shapes & (LINES | AREAS):
        placed = [*headings, "longitude", "latitude"]
        return "samples" if match(placed).usable else _closest(placed)
    folded = {fold_text(heading) for heading in headings}
    named = set(COMMUNES.required) <= match_headings(headings).keys() or folded & {*DISTRICT_CODES}
    if shapes & AREAS and named:
        return "communes_layer"
    for words in (folded, set(fold_text(name).split())):
        for kind, (wanted, known) in FEATURES.items():
            if shapes & wanted and words & known:
                return kind
    return ""


def _headings(found: Source) -> list[str]:
    def known(labels: list[str]) -> int:
        return max(count_matches(labels, TABLES[name]) for name in ROSTERS)

    return [str(name) for name in read_raw(found, known).columns if name not in OWN_COLUMNS]


def _closest(headings: list[str]) -> str:
    """Return the table whose columns the headings match best; a column that must be there weighs as several."""
    scores = {}
    for name in ROSTERS:
        spec = SPECS.get(name, TABLES[name])
        position = {"longitude", "latitude"} if spec.geometry == "Point" else set()
        matched = set(match_columns(headings, spec).values()) & {*spec.names, *position}
        required = {*spec.required, *position}
        least = 1 if name in SPECS else LEAST_MATCHED
        weight = len(matched) + len(required & matched) - MISSING * len(required - matched)
        scores[name] = weight if len(matched - position) >= least else 0
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0 else ""


def read(path: str | Path, language: str = "en") -> Reading:
    """Read a file of any kind of evidence, told by its content.

    Parameters
    ----------
    path
        A survey log, a file beside one, a roster, a list or layer of communes, a cell file, or a raster.
    language
        Language of the remedies.

    Returns
    -------
    Reading, whose ``sources["table"]`` says which table it is. Of a raster only the account is given, cell by cell:
    rows are cells, those without a value are rejected.

    Raises
    ------
    FormatError
        When it is of no known kind.
    LomsongError
        As its reader says.
    """
    kind = tell(path)
    file = Path(path)
    if kind == "raster":
        return count_cells(path, language)
    if kind == "samples":
        return read_survey(path, limits=SurveyLimits(), language=language)
    if kind in ("events", "throughput", "statistics"):
        return read_companion(path, language)
    if kind == "communes_layer":
        return read_communes(path, language)
    if kind in FEATURES:
        return read_features(path, kind, None, language)
    if kind in ROSTERS:
        return ROSTERS[kind](file, language)
    raise fault(FormatError, "kind_unknown", file=path, known=", ".join(("samples", *ROSTERS, *FEATURES, "raster")))


def read_files(paths: Sequence[str | Path], language: str = "en") -> Account:
    """Read several files, going on past a fault so that all of them are told at once."""
    account = Account()
    for path in paths:
        account.keep(str(path), partial(read, path, language))
    return account
