"""The files of a run for other programs: which layers there are, in which system, and what each file says of itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.geo import coordinates
from lomsong.publish.atomic import write_text
from lomsong.publish.coverage.words import class_names
from lomsong.publish.layers import (
    NOTHING,
    Layer,
    Overlay,
    Theme,
    category_names,
    chosen_crs,
    palette_style,
    projected,
    raster_style,
    write_classes,
    write_geopackage,
    write_layers_kmz,
    write_parquet,
    write_raster,
    write_tab,
    write_waypoints,
)
from lomsong.publish.layers.looks import LOOKS, Words, layer_of
from lomsong.publish.map.palette import (
    LEVEL_LEGENDS,
    NO_SERVICE_COLOUR,
    STATE_COLOURS,
    Classes,
    level_classes,
    probability_classes,
)
from lomsong.publish.privacy import published_cells, published_hamlets, published_ranking, published_towers, suppress
from lomsong.settings import Settings

if TYPE_CHECKING:
    from lomsong.publish.edition import Edition

Writer = Callable[[Path], "list[Path] | None"]
"""Writes the file at a path; returns what it wrote where that is more than this one."""

SURVEYED_COLOUR = "#8a949b"

_SYMBOLS = {"school": "School", "hamlet": "Residence", "zone": "Danger Area", "tower": "Tall Tower"}
"""Kinds of waypoints to the symbols that receivers of GPS know."""
_SILENT = ("weak", "none")


def layer_writers(edition: Edition) -> dict[str, Writer]:
    """Return what writes each file for other programs, by its path in the folder of the run."""
    words, crs = words_of(edition), chosen_crs(edition.settings.publish.crs, edition.grid.crs)
    layers = {name: _in_crs(layer, crs) for name, layer in run_layers(edition, words).items()}
    writers: dict[str, Writer] = {
        "learners.parquet": lambda path: write_parquet(path, layers["learners"].frame),
        "gaps.gpkg": lambda path: write_geopackage(path, layers),
        "gaps.kmz": lambda path: _write_kmz(path, edition, layers, words),
        "gaps.gpx": lambda path: _write_gpx(path, edition, layers, words),
    }
    for name, layer in layers.items():
        if name != "learners":
            writers[f"parquet/{name}.parquet"] = functools.partial(_write_parquet, layer=layer)
        writers[f"mapinfo/{name}.tab"] = functools.partial(_write_tab, layer=layer)
    if "towers" in layers:
        writers["sites.gpkg"] = lambda path: write_geopackage(path, {"sites": layers["towers"]})
    return writers | _raster_writers(edition, words)


def words_of(edition: Edition) -> Words:
    """Return what the layers of an edition are called and classed by."""
    s = edition.settings
    return Words(
        s.publish.language, edition.operators, s.gap.usable_dbm, level_of(s), s.publish.suppress_below,
        s.survey.block_m, s.run.note,
    )  # fmt: skip


def level_of(settings: Settings) -> Classes:
    """Return the classes of level that the settings ask for, as the map has them."""
    publish = settings.publish
    breaks = publish.level_breaks_dbm or LEVEL_LEGENDS[publish.level_legend]
    return level_classes(settings.gap.usable_dbm, breaks)


def run_layers(edition: Edition, words: Words) -> dict[str, Layer]:
    """Return the layers of an edition that have rows, the lowest first, as they may be published.

    A hidden count is null and its ``<column>_suppressed`` true.
    """
    below, found = words.below, edition.findings
    ranking = as_text(published_ranking(edition.ranking, below)).drop(columns="name")
    frames: dict[str, gpd.GeoDataFrame | None] = {
        "communes": edition.communes.merge(ranking, on="commune_code", how="left"),
        "learners": published_cells(edition.cells, below),
        "hamlets": None if edition.hamlets is None else published_hamlets(edition.hamlets, below),
        "schools": None if edition.schools is None else suppress(edition.schools, ["pupils"], below),
        "zones": found.zones,
        "points": found.points,
        "claims": found.hexagons,
        "survey": edition.survey,
        "towers": None if edition.towers is None else published_towers(edition.towers, below),
        "sites": edition.sites,
        "homes": edition.homes,
    }
    told = {name: _with_commune(frames[name], edition.communes) for name in LOOKS}
    return {
        name: layer_of(name, as_text(frame), words)
        for name, frame in told.items()
        if frame is not None and (len(frame) or name == "learners")
    }


def _with_commune(frame: gpd.GeoDataFrame | None, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return places with the name of their commune beside its code, unless it is told already."""
    if frame is None or "commune_code" not in frame or "commune" in frame or "name" not in communes:
        return frame
    return frame.assign(commune=frame["commune_code"].map(communes.set_index("commune_code")["name"]))


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose tuples of codes are texts, as files know them."""
    tuples = [name for name in frame if frame[name].map(lambda value: isinstance(value, tuple)).any()]
    return frame.assign(**{name: frame[name].map(lambda codes: " ".join(codes or ())) for name in tuples})


def _in_crs(layer: Layer, crs: CRS) -> Layer:
    return layer.with_frame(projected(layer.frame, crs))


def _write_parquet(path: Path, layer: Layer) -> None:
    write_parquet(path, layer.frame)


def _write_tab(path: Path, layer: Layer) -> list[Path]:
    return write_tab(path.parent, path.stem, layer.frame)


def _raster_writers(edition: Edition, words: Words) -> dict[str, Writer]:
    writers: dict[str, Writer] = {}
    wanted = edition.settings.publish.crs
    crs = chosen_crs(wanted, edition.grid.crs) if wanted else None
    level, chance = words.level, probability_classes()
    for operator in edition.operators:
        numbers = {
            "level_dbm": (edition.level_dbm[operator], "dBm", level),
            "level_sd_db": (edition.level_sd_db[operator], "dB", None),
            "p_usable": (edition.p_usable[operator], "1", chance),
        }
        for kind, (values, unit, classes) in numbers.items():
            stem = f"rasters/{operator}_{kind}"
            tags = _tags(edition, words, operator, "modelled")
            writers[f"{stem}.tif"] = functools.partial(
                _write_raster, values=values, edition=edition, kind=kind, unit=unit, tags=tags, crs=crs
            )
            if classes is not None:
                style = raster_style(classes, class_names(classes, words.language))
                writers[f"{stem}.qml"] = functools.partial(write_text, text=style)
        classed = {
            "level_class": (edition.level_dbm[operator], level, "dBm"),
            "p_usable_class": (edition.p_usable[operator], chance, "1"),
        }
        for kind, (values, classes, unit) in classed.items():
            colours, labels = _legend(classes, words)
            codes = _codes(values, classes, edition.surveyed[operator])
            tags = _tags(edition, words, operator, "modelled") | {"class_unit": unit}
            writers |= _class_writers(edition, f"{operator}_{kind}", codes, colours, labels, tags, crs)
        known = np.isfinite(edition.level_dbm[operator])
        codes = np.where(known, edition.surveyed[operator], NOTHING).astype(np.uint8)
        colours = {0: STATE_COLOURS["unsurveyed"], 1: SURVEYED_COLOUR}
        labels = {0: words.say("unsurveyed"), 1: words.say("layers.surveyed_yes")}
        tags = _tags(edition, words, operator, "measured")
        # In QGIS a veil over what nobody surveyed, to be laid on the numbers.
        veil = {0: colours[0]}
        writers |= _class_writers(edition, f"{operator}_surveyed", codes, colours, labels, tags, crs, veil)
    return writers


def _class_writers(
    edition: Edition, name: str, codes: NDArray[np.uint8], colours: Mapping[int, str], labels: Mapping[int, str],
    tags: Mapping[str, str], crs: CRS | None, drawn: Mapping[int, str] | None = None,
) -> dict[str, Writer]:  # fmt: skip
    def write(path: Path) -> None:
        kind = name.split("_", 1)[1]
        write_classes(path, codes, edition.grid, kind, colours, labels, tags, crs)

    return {
        f"rasters/{name}.tif": write,
        f"rasters/{name}.tif.aux.xml": functools.partial(write_text, text=category_names(labels)),
        f"rasters/{name}.qml": functools.partial(write_text, text=palette_style(drawn or colours, labels)),
    }


def _write_raster(
    path: Path, values: NDArray[np.float32], edition: Edition, kind: str, unit: str, tags: Mapping[str, str],
    crs: CRS | None,
) -> None:  # fmt: skip
    write_raster(path, values, edition.grid, kind, unit, tags, crs)


def _legend(classes: Classes, words: Words) -> tuple[dict[int, str], dict[int, str]]:
    """Return colour and words of each code: the classes, and after them what nobody surveyed."""
    names = [*class_names(classes, words.language), words.say("unsurveyed")]
    return dict(enumerate([*classes.colours, STATE_COLOURS["unsurveyed"]])), dict(enumerate(names))


def _codes(values: NDArray[np.float32], classes: Classes, surveyed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the class of each cell; one after the last where nobody surveyed: that is no value."""
    index = np.where(surveyed, classes.index(np.nan_to_num(values)), len(classes.colours))
    return np.where(np.isfinite(values), index, NOTHING).astype(np.uint8)


def _tags(edition: Edition, words: Words, operator: str, kind: str) -> dict[str, str]:
    """Return what a raster says of itself."""
    run, publish = edition.settings.run, edition.settings.publish
    tags = {
        "title": run.title,
        "territory": run.territory,
        "note": run.note,
        "issuer": publish.issuer,
        "operator": edition.operators[operator],
        "technology": edition.settings.survey.technology,
        "kind": kind,
        "kind_words": words.say(kind),
        "usable_dbm": f"{words.usable_dbm:g}",
        "level_breaks_dbm": " ".join(f"{limit:g}" for limit in words.level.breaks),
        "where": "outdoor",
        "period": " – ".join(day.isoformat() for day in edition.period or ()),
        "source": words.say("layers.source", version=version("lomsong")),
        "edition": "internal" if edition.internal else "published",
    }
    return {name: value for name, value in tags.items() if value}


def _title(edition: Edition) -> str:
    return " – ".join(filter(None, [edition.settings.run.title, edition.settings.run.territory]))


def _write_kmz(path: Path, edition: Edition, layers: Mapping[str, Layer], words: Words) -> None:
    # Thousands of measured squares are a surface for Google Earth, not placemarks.
    drawn = [layer for name, layer in layers.items() if name not in ("survey", "homes") and len(layer.frame)]
    themes = list(_themes(edition, words))
    write_layers_kmz(path, _title(edition), edition.settings.run.note, drawn, themes)


def _themes(edition: Edition, words: Words) -> Iterator[Theme]:
    level, chance = words.level, probability_classes()
    for title, legend, values, classes in (
        ("layers.level", "layers.legend_level", edition.level_dbm, level),
        ("layers.probability", "layers.legend_probability", edition.p_usable, chance),
    ):
        overlays = []
        for operator, name in edition.operators.items():
            codes = _codes(values[operator], classes, edition.surveyed[operator])
            codes = np.where(codes == len(classes.colours), NOTHING, codes).astype(np.uint8)
            overlays.append(Overlay(name, codes, edition.grid, classes.colours))
        names = class_names(classes, words.language)
        key = dict(zip(names, classes.colours, strict=True))
        yield Theme(words.say(title), words.say(legend), key, tuple(overlays))
    colours = (NO_SERVICE_COLOUR, *level.colours)
    measured = [
        Overlay(name, _measured(edition, operator, level), edition.grid, colours)
        for operator, name in edition.operators.items()
    ]
    names = [words.say("map.no_service"), *class_names(level, words.language)]
    key = dict(zip(names, colours, strict=True))
    yield Theme(words.say("layers.survey"), words.say("layers.legend_survey"), key, tuple(measured))


def _measured(edition: Edition, operator: str, level: Classes) -> NDArray[np.uint8]:
    """Return 1 + the class of what was measured in each cell, its mean; 0 where no service was all that was found."""
    grid, bins = edition.grid, edition.survey[edition.survey["operator"] == operator]
    at = coordinates(projected(bins, grid.crs), grid.crs)
    column = np.floor((at[:, 0] - grid.west_m) / grid.step_m).astype(int)
    row = np.floor((grid.north_m - at[:, 1]) / grid.step_m).astype(int)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    cell = np.ravel_multi_index((row[inside], column[inside]), grid.shape)
    mean = bins["level_dbm"][inside].groupby(cell).mean()
    codes = np.full(grid.shape[0] * grid.shape[1], NOTHING, dtype=np.uint8)
    codes[mean.index] = np.where(mean.isna(), 0, 1 + level.index(mean.fillna(0)))
    return codes.reshape(grid.shape)


def _write_gpx(path: Path, edition: Edition, layers: Mapping[str, Layer], words: Words) -> None:
    """Write schools without signal, the other points not reached, and proposed towers."""
    groups = []
    if "schools" in layers:
        schools = layers["schools"].frame
        groups.append(("school", "layers.school_silent", schools[schools["state"].isin(_SILENT)], layers["schools"]))
    if "points" in layers:
        points = layers["points"].frame
        open_ones = points[(points["reach"] == "unreached") & (points["kind"] != "school")]
        groups += [
            (kind, f"point.{kind}", open_ones[open_ones["kind"] == kind], layers["points"])
            for kind in ("hamlet", "zone")
        ]
    if "towers" in layers:
        towers = layers["towers"].frame
        names = [words.say("map.tower_title", order=order) for order in towers["order"]]
        groups.append(("tower", "layers.tower", towers.assign(name=names), layers["towers"]))
    told = [
        (words.say(key), _SYMBOLS[kind], rows.assign(about=[layer.told(row) for row in rows.to_dict("records")]))
        for kind, key, rows, layer in groups
        if len(rows)
    ]
    write_waypoints(path, _title(edition), edition.settings.run.note, told)
