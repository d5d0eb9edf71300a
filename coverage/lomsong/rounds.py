"""Two published runs compared: what their folders hold is brought to the same places and told apart from noise."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from lomsong.errors import DataError, MissingFileError
from lomsong.gap.progress import ANY, Progress, compare_rounds
from lomsong.geo import coordinates, join_communes, metric_crs
from lomsong.publish.progress import ProgressContent
from lomsong.tables import OPERATORS
from lomsong.texts import Phrase, fault

RASTERS = ("level_dbm", "level_sd_db", "surveyed")
"""What must be known of each operator: level, its standard deviation, and 1 where the place is surveyed."""

SHIFT_DB = 1.0
"""A shift common to all places is spoken of from here on, where it is also twice its standard error."""


@dataclass(frozen=True)
class Round:
    """A folder that ``lomsong run`` wrote.

    Attributes
    ----------
    manifest
        Content of manifest.json.
    operators
        Those whose rasters are there.
    cells
        learners, cell_m and a Point; EPSG:4326.
    communes
        commune_code, name and polygons.
    """

    folder: Path
    manifest: Mapping[str, Any]
    operators: tuple[str, ...]
    cells: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame

    @property
    def gap(self) -> Mapping[str, Any]:
        """Settings ``[gap]`` of the run."""
        gap: Mapping[str, Any] = self.manifest["settings"]["gap"]
        return gap

    @property
    def learners(self) -> int:
        """All learners of the run, those in no published cell included."""
        return int(self.manifest["counts"]["learners"])

    def range_m(self, operators: list[str]) -> float:
        """Return the mean range of some operators' fields."""
        accounts = self.manifest["counts"]["surfaces"]
        return float(np.exp(np.mean([np.log(max(accounts[name]["range_m"], 100.0)) for name in operators])))


def read_round(folder: Path) -> Round:
    """Read the folder of a run.

    Raises
    ------
    MissingFileError
        When it is no folder of a run, or one of a version that did not write what a comparison needs.
    DataError
        When a file in it cannot be read.
    """
    if not (folder / "manifest.json").is_file():
        raise fault(MissingFileError, "rounds_no_run", folder=folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        operators = tuple(manifest["counts"]["surfaces"])
        version = manifest["versions"].get("lomsong", "?")
        int(manifest["counts"]["learners"]), float(manifest["settings"]["gap"]["usable_dbm"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fault(DataError, "rounds_manifest", folder=folder, reason=repr(error)) from None
    wanted = [
        "learners.parquet",
        "gaps.gpkg",
        *(f"rasters/{name}_{kind}.tif" for name in operators for kind in RASTERS),
    ]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise fault(MissingFileError, "rounds_old", folder=folder, version=version, files=", ".join(missing))
    try:
        cells = gpd.read_parquet(folder / "learners.parquet")
        communes = pyogrio.read_dataframe(folder / "gaps.gpkg", layer="communes", columns=["commune_code", "name"])
        return Round(folder, manifest, operators, cells[["learners", "cell_m", "geometry"]], communes)
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        raise fault(DataError, "rounds_unreadable", folder=folder, reason=error) from None


def places_of(round_: Round, step_m: float) -> gpd.GeoDataFrame:
    """Return the places at which rounds are compared, in a metric CRS.

    A cell wider than ``step_m`` stands for homes anywhere in it, except in finer cells inside it and, where a part of
    it lies in a commune, beyond their borders: its learners are spread evenly over as many places.

    Returns
    -------
    cell (row in ``round_.cells``), commune_code, learners (a fraction where a cell was spread), demand_id and Point.
    """
    crs = metric_crs(round_.cells)
    at, side_m = coordinates(round_.cells, crs), round_.cells["cell_m"].to_numpy(float)
    finest_m = float(side_m.min()) if len(side_m) else 1.0
    taken: dict[float, pd.Index] = {}
    parts = []
    for side in sorted(set(side_m)):
        rows = np.flatnonzero(side_m == side)
        count = max(round(side / max(step_m, finest_m)), 1)
        ticks = (np.arange(count) + 0.5) / count - 0.5
        east, north = (grid.ravel() * side for grid in np.meshgrid(ticks, ticks))
        spots = (at[rows][:, None, :] + np.column_stack([east, north])[None, :, :]).reshape(-1, 2)
        cell = np.repeat(rows, count * count)
        free = np.ones(len(spots), dtype=bool)
        for finer_m, squares in taken.items():
            free &= ~_squares(spots, finer_m).isin(squares)
        kept = free | ~np.isin(cell, cell[free])  # never none of a cell
        parts.append(pd.DataFrame({"cell": cell[kept], "easting": spots[kept, 0], "northing": spots[kept, 1]}))
        taken[side] = _squares(at[rows], side)
    places = pd.concat(parts, ignore_index=True)
    points = gpd.GeoSeries.from_xy(places.pop("easting"), places.pop("northing"), crs=crs)
    places["commune_code"] = join_communes(gpd.GeoDataFrame(geometry=points), round_.communes)
    within = places["commune_code"].notna()
    kept = (within | ~places["cell"].isin(places.loc[within, "cell"])).to_numpy()
    places, points = places[kept].reset_index(drop=True), points[kept].reset_index(drop=True)
    number = places.groupby("cell")["cell"].transform("size").to_numpy()
    places["learners"] = round_.cells["learners"].fillna(0).to_numpy(float)[places["cell"]] / number
    places["demand_id"] = [f"{row}" for row in range(len(places))]
    return gpd.GeoDataFrame(places, geometry=points)


def _squares(at: NDArray[np.float64], side_m: float) -> pd.Index:
    """Return the square of a lattice in which each place lies, as columns and rows counted from the origin."""
    return pd.MultiIndex.from_arrays(np.floor(at / side_m).astype(np.int64).T)


def service_at(round_: Round, places: gpd.GeoDataFrame, operators: list[str]) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the table ``service`` of a round at places, read from its rasters, and which places lie on them."""
    parts, on = [], np.zeros(len(places), dtype=bool)
    usable_dbm = float(round_.gap["usable_dbm"])
    for operator in operators:
        level, sd, surveyed = (
            _raster_at(round_.folder / "rasters" / f"{operator}_{kind}.tif", places) for kind in RASTERS
        )
        known = np.isfinite(level) & (sd > 0)
        on |= known
        measured = known & (surveyed == 1)
        state = np.where(~measured, "unsurveyed", np.where(level >= usable_dbm, "usable", "weak"))
        parts.append(
            pd.DataFrame(
                {
                    "demand_id": places["demand_id"].to_numpy(),
                    "operator": operator,
                    "level_dbm": np.where(known, level, np.nan),
                    "level_sd_db": np.where(known, sd, np.nan),
                    "p_usable": np.nan,
                    "state": state,
                    "kind": np.where(measured, "measured", "modelled"),
                    "nearest_sample_m": np.nan,
                }
            )
        )
    return pd.concat(parts, ignore_index=True), on


def _raster_at(path: Path, places: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the values of the cells in which places lie, NaN outside."""
    try:
        with rasterio.open(path) as source:
            values, inverse, crs = source.read(1), ~source.transform, CRS.from_wkt(source.crs.to_wkt())
    except (rasterio.errors.RasterioError, AttributeError) as error:
        raise fault(DataError, "rounds_unreadable", folder=path, reason=error) from None
    easting, northing = coordinates(places, places.crs).T
    if crs != places.crs:
        easting, northing = Transformer.from_crs(places.crs, crs, always_xy=True).transform(easting, northing)
    column, row = (
        np.floor(across * easting + down * northing + offset).astype(np.int64)
        for across, down, offset in (inverse[:3], inverse[3:6])
    )
    inside = (row >= 0) & (row < values.shape[0]) & (column >= 0) & (column < values.shape[1])
    found = np.full(len(places), np.nan)
    found[inside] = values[row[inside], column[inside]]
    return found


def compare_folders(
    before: Path,
    after: Path,
    *,
    usable_dbm: float | None = None,
    remove_shift: bool = False,
    draws: int = 400,
) -> ProgressContent:
    """Compare the folders of two runs, the earlier one first.

    Learners, communes, settings and language are those of the later run.

    Parameters
    ----------
    before, after
        Folders that ``lomsong run`` wrote.
    usable_dbm
        Threshold for both rounds; None: that of the later one.
    remove_shift, draws
        As in :func:`~lomsong.gap.progress.compare_rounds`.

    Raises
    ------
    DataError
        When a folder cannot be used, or the rounds have no place or operator in common.
    """
    first, second = read_round(before), read_round(after)
    operators = [name for name in second.operators if name in first.operators]
    if not operators:
        each = {"a": ", ".join(first.operators), "b": ", ".join(second.operators)}
        raise fault(DataError, "progress_operators", **each)
    if not len(second.cells):
        raise fault(DataError, "rounds_no_cells", folder=after)
    threshold = float(second.gap["usable_dbm"]) if usable_dbm is None else usable_dbm
    places = places_of(second, float(second.manifest["settings"]["publish"]["raster_m"]))
    (then, on_then), (now, on_now) = (service_at(one, places, operators) for one in (first, second))
    if not on_then.any():
        raise fault(DataError, "rounds_territory", a=before, b=after)
    settings = second.manifest["settings"]
    progress = compare_rounds(
        then,
        now,
        places,
        second.communes,
        threshold,
        required_probability=float(second.gap["required_probability"]),
        shared=float(np.mean([one.manifest["counts"]["shared_shadowing"] for one in (first, second)])),
        range_m=min(first.range_m(operators), second.range_m(operators)),
        remove_shift=remove_shift,
        draws=draws,
        seed=int(settings["run"]["seed"]),
    )
    # A square at the border whose middle lies beyond it has no value in either round.
    outside = float(places["learners"][on_now & ~on_then].sum())
    return ProgressContent(
        progress=progress,
        cells=_cells(second, places, progress, operators),
        communes=second.communes,
        operators=_named(operators),
        learners=second.learners,
        usable_dbm=threshold,
        notes=_notes(first, second, operators, threshold, outside, progress, remove_shift),
        language=settings["publish"]["language"],
        title=settings["run"]["title"],
        territory=settings["run"]["territory"],
        issuer=settings["publish"]["issuer"],
        data_note=settings["run"]["note"],
        suppress_below=int(settings["publish"]["suppress_below"]),
    )


def _named(operators: list[str]) -> dict[str, str]:
    """Return the name of each operator by its identifier."""
    return {name: OPERATORS.get(name, name.replace("_", " ").title()) for name in operators}


def _notes(
    first: Round,
    second: Round,
    operators: list[str],
    usable_dbm: float,
    outside: float,
    progress: Progress,
    remove_shift: bool,
) -> tuple[Phrase, ...]:
    """Return what a reader has to know before the figures."""
    notes = []
    versions = [one.manifest["versions"].get("lomsong", "?") for one in (first, second)]
    if versions[0] != versions[1]:
        notes.append(Phrase("progress.note_version", {"a": versions[0], "b": versions[1]}))
    levels = [float(one.gap["usable_dbm"]) for one in (first, second)]
    if any(level != usable_dbm for level in levels):
        notes.append(Phrase("progress.note_threshold", {"a": levels[0], "b": levels[1], "used": float(usable_dbm)}))
    if first.gap.get("thresholds_dbm") != second.gap.get("thresholds_dbm"):
        notes.append(Phrase("progress.note_service"))
    left = sorted(set(first.operators) ^ set(second.operators))
    if left:
        notes.append(Phrase("progress.note_operators", {"names": ", ".join(_named(left).values())}))
    repeated = _survey_files(first) & _survey_files(second)
    if repeated:
        notes.append(Phrase("progress.note_repeated", {"count": len(repeated)}))
    if outside >= 1:
        notes.append(Phrase("progress.note_outside", {"count": f"{outside:.0f}"}))
    for row in progress.noise.itertuples():
        if abs(row.shift_db) >= SHIFT_DB and abs(row.shift_db) >= 2 * row.shift_se_db:
            key = "progress.note_shift_removed" if remove_shift else "progress.note_shift"
            name = _named([str(row.operator)])[str(row.operator)]
            shift = {"operator": name, "shift": float(row.shift_db), "se": float(row.shift_se_db)}
            notes.append(Phrase(key, shift))
    return tuple(notes)


def _survey_files(round_: Round) -> set[str]:
    """Return the hashes of the logs of a run."""
    patterns = round_.manifest["settings"]["inputs"]["surveys"]
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    return {
        digest
        for path, digest in round_.manifest["inputs"].items()
        if any(fnmatch.fnmatch(path, one) or PurePosixPath(path).is_relative_to(one) for one in patterns)
    }


def _cells(round_: Round, places: gpd.GeoDataFrame, progress: Progress, operators: list[str]) -> gpd.GeoDataFrame:
    """Return the cells of learners with what became of them: the class that most of their learners are in."""
    cells = round_.cells.reset_index(drop=True)
    row, weight = places["cell"].to_numpy(), places["learners"].to_numpy()
    total = np.maximum(np.bincount(row, weight, len(cells)), 1e-12)
    for name in (ANY, *operators):
        part = progress.places[progress.places["operator"] == name].reset_index(drop=True)
        heaped = part.assign(cell=row, weight=weight).groupby(["cell", "change"])["weight"].sum()
        largest = heaped.sort_values(ascending=False, kind="stable").reset_index().drop_duplicates("cell")
        cells[f"change_{name}"] = largest.set_index("cell")["change"].reindex(cells.index).to_numpy()
        shown = np.bincount(row, weight * part["shown"], len(cells)) / total
        cells[f"shown_{name}"] = shown >= 0.5
        if name == ANY:
            for side in ("before", "after"):
                compared = part[f"p_{side}"].notna().to_numpy()
                unconnected = np.where(compared, 1 - part[f"p_{side}"].fillna(1), 0.0)
                sums = np.bincount(row, weight * unconnected, len(cells))
                cells[f"unconnected_{side}"] = np.where(np.bincount(row, compared, len(cells)) > 0, sums, np.nan)
        else:
            known = part["change_db"].notna().to_numpy()
            sums = np.bincount(row, weight * known * part["change_db"].fillna(0), len(cells))
            share = np.bincount(row, weight * known, len(cells))
            cells[f"change_db_{name}"] = np.where(share > 0, sums / np.maximum(share, 1e-12), np.nan)
    return cells
