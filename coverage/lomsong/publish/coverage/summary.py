"""Area, population and learners that computed levels reach, per operator, together, and per threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from rasterio.enums import Resampling
from rasterio.windows import Window

from lomsong.errors import DataError
from lomsong.geo import coordinates, require_crs
from lomsong.publish.coverage.levels import filled, opened, warped
from lomsong.publish.coverage.words import number
from lomsong.publish.delimited import write_csv
from lomsong.publish.privacy import suppress
from lomsong.shown import dbm
from lomsong.tables.spec import ColumnSpec, TableSpec, count_column, number_column, text_column
from lomsong.texts import fault, text

Weights = Callable[[int, int, int, int], NDArray[np.float64]]
"""Gives, of a first row and column and a number of rows and columns, the persons in each cell; NaN counts as none."""

THRESHOLDS_DBM = (-105.0, -110.0, -115.0)

JOINT = ("any", "overlap", "none", "partial", "all")
"""Rows that stand for the operators together."""

COVERAGE = TableSpec(
    "coverage",
    "Tổng hợp phủ sóng",
    "Summary of computed coverage",
    (
        ColumnSpec("scope", "choice", "Phạm vi", "Scope", choices=("operator", "count", *JOINT)),
        text_column("operator", "Nhà mạng", "Operator", nullable=True),
        count_column("operators", "Số nhà mạng", "Operators", nullable=True),
        number_column("threshold_dbm", "Ngưỡng (dBm)", "Threshold (dBm)"),
        number_column("area_km2", "Diện tích (km²)", "Area (km²)", 0),
        number_column("share", "Tỷ lệ diện tích", "Share of the computed area", 0, 1, nullable=True),
        number_column("void_km2", "Phần còn lại của khung (km²)", "Rest of the frame (km²)", 0),
        number_column("population", "Dân số", "Population", 0, nullable=True),
        number_column("population_share", "Tỷ lệ dân số", "Share of the population", 0, 1, nullable=True),
        number_column("learners", "Người học", "Learners", 0, nullable=True),
        number_column("learners_share", "Tỷ lệ người học", "Share of the learners", 0, 1, nullable=True),
    ),
)

_ROWS = 512
"""Rows that are read at once."""

STRETCHED = 0.01
"""A plane that stretches areas by more is no plane to measure them on."""

_WGS84_M = (6_378_137.0, 1 / 298.257223563)
"""Semi-major axis and flattening, for a CRS that tells no ellipsoid."""


def coverage_summary(
    levels: Mapping[str, Path],
    usable_dbm: float,
    thresholds_dbm: Sequence[float] = THRESHOLDS_DBM,
    population: Weights | None = None,
    households: gpd.GeoDataFrame | None = None,
    suppress_below: int = 5,
) -> pd.DataFrame:
    """Sum up level rasters, block by block.

    A cell counts when its level is at or above the threshold. For one operator it is computed when it has a level; for
    all together when one operator has: an operator without a level there serves nobody. Shares are of what lies in
    computed cells; ``void_km2`` is the rest of the frame of the raster, also what lies beyond the radius of every site.
    Cell areas in a geographic CRS are those on its ellipsoid, row by row; in a projected one those of the map plane,
    which Web Mercator and the like are freed from stretching.

    Parameters
    ----------
    levels
        Name of each operator to its raster of levels in dBm, all on one grid.
    usable_dbm
        The usable level; it is one of the thresholds even where it is not among ``thresholds_dbm``.
    thresholds_dbm
        Levels to count at.
    population
        Persons in each cell of the grid, see :func:`population_on`.
    households
        Points with ``learners``, in any CRS; outside of the rasters they are left out.
    suppress_below
        Counts of learners above 0 and below this are hidden, and with them those from which they could be had.

    Returns
    -------
    Table :data:`COVERAGE`: for each threshold a row an operator; then ``any`` operator, ``overlap`` (two or more),
    ``none`` (not-spot), ``partial`` (some, not all) and ``all``, and ``count`` rows for exactly so many operators. With
    ``households`` also ``learners_suppressed``.

    Raises
    ------
    MissingFileError, FormatError, CrsError
        When a raster is not there, is not one, or does not say where it lies.
    DataError
        When there is no raster, they do not share one grid, or the grid is rotated.
    """
    if not levels:
        raise fault(DataError, "cover_none")
    thresholds = sorted({float(level) for level in (usable_dbm, *thresholds_dbm)}, reverse=True)
    sums = _Sums(list(levels), thresholds)
    with ExitStack() as stack:
        sources = [stack.enter_context(opened(path)) for path in levels.values()]
        _require_one_grid(list(levels.values()), sources)
        areas = row_areas_km2(sources[0])
        homes = None if households is None else _cells_of(households, sources[0])
        for top, rows, left, columns in _blocks(sources[0].shape):
            window = Window(left, top, columns, rows)
            level = np.stack([filled(source.read(1, window=window, masked=True)) for source in sources])
            weights = [np.broadcast_to(areas[top : top + rows, None], level.shape[1:])]
            if population is None:
                weights.append(np.zeros(level.shape[1:]))
            else:
                weights.append(np.nan_to_num(population(top, left, rows, columns)))
            weights.append(np.zeros(level.shape[1:]) if homes is None else homes(top, left, rows, columns))
            sums.add(level, np.stack(weights))
    table = sums.table()
    return _published(table, population is not None, households is not None, suppress_below)


def write_summary(path: Path, table: pd.DataFrame) -> None:
    """Write the table of :func:`coverage_summary` as CSV, the marks of hidden counts left out."""
    write_csv(path, table[[name for name in COVERAGE.names if name in table]])


class _Sums:
    """Weights (area, population, learners) by how many and which operators serve, added up block by block."""

    def __init__(self, operators: list[str], thresholds: list[float]) -> None:
        self.operators, self.thresholds = operators, thresholds
        n = len(operators)
        self.total = np.zeros(3)
        self.computed = np.zeros((n, 3))
        self.computed_any = np.zeros(3)
        self.served = np.zeros((len(thresholds), n, 3))
        self.by_count = np.zeros((len(thresholds), n + 1, 3))

    def add(self, level: NDArray[np.float32], weights: NDArray[np.float64]) -> None:
        known = np.isfinite(level)
        some = known.any(axis=0)
        self.total += weights.sum(axis=(1, 2))
        self.computed += _weighed(known, weights)
        self.computed_any += weights[:, some].sum(axis=1)
        for step, threshold in enumerate(self.thresholds):
            serves = known & (level >= threshold)
            self.served[step] += _weighed(serves, weights)
            count = serves.sum(axis=0)
            for many in range(len(self.operators) + 1):
                self.by_count[step, many] += weights[:, some & (count == many)].sum(axis=1)

    def table(self) -> pd.DataFrame:
        rows: list[dict[str, Any]] = []
        for step, threshold in enumerate(self.thresholds):
            for place, name in enumerate(self.operators):
                rows.append(
                    self._row("operator", name, None, threshold, self.served[step, place], self.computed[place])
                )
            count = self.by_count[step]
            joint = {
                "any": count[1:].sum(axis=0), "overlap": count[2:].sum(axis=0), "none": count[0],
                "partial": count[1:-1].sum(axis=0), "all": count[-1],
            }  # fmt: skip
            rows += [self._row(scope, None, None, threshold, joint[scope], self.computed_any) for scope in JOINT]
            rows += [
                self._row("count", None, many, threshold, sums, self.computed_any) for many, sums in enumerate(count)
            ]
        table = pd.DataFrame(rows)
        return table.astype({"operators": "Int64"})

    def _row(
        self, scope: str, name: str | None, many: int | None, threshold: float,
        served: NDArray[np.float64], computed: NDArray[np.float64],
    ) -> dict[str, Any]:  # fmt: skip
        share = np.divide(served, computed, out=np.full(3, np.nan), where=computed > 0)
        # Sums of the same cells in another order may differ by a rounding.
        area, people, learners = np.minimum(share, 1.0)
        return {
            "scope": scope, "operator": name, "operators": many, "threshold_dbm": threshold,
            "area_km2": served[0], "share": area, "void_km2": max(self.total[0] - computed[0], 0.0),
            "population": served[1], "population_share": people, "learners": served[2], "learners_share": learners,
        }  # fmt: skip


def _weighed(members: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each weight over each mask, shape (masks, weights)."""
    return members.reshape(len(members), -1).astype(np.float64) @ weights.reshape(len(weights), -1).T


def _published(table: pd.DataFrame, population: bool, learners: bool, below: int) -> pd.DataFrame:
    if not population:
        table[["population", "population_share"]] = np.nan
    if not learners:
        return table.assign(learners=np.nan, learners_share=np.nan)
    published = suppress(table, ["learners"], below)
    # A share of a known whole tells the rest as well, which is a count of people too.
    rest = table["learners"] / table["learners_share"].where(table["learners_share"] > 0) - table["learners"]
    published["learners_suppressed"] |= (rest.round(6) > 0) & (rest < below)
    hidden = published["learners_suppressed"]
    published["learners"] = published["learners"].mask(hidden)
    # One count hidden at a threshold could be had from the others, of which the joint ones are sums.
    joint = published["scope"] != "operator"
    told_on = joint & hidden.groupby(published["threshold_dbm"]).transform("any")
    published["learners"] = published["learners"].mask(told_on)
    published["learners_share"] = published["learners_share"].mask(hidden | told_on)
    return published


def _blocks(shape: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, shape[0], _ROWS):
        for left in range(0, shape[1], 2 * _ROWS):
            yield top, min(_ROWS, shape[0] - top), left, min(2 * _ROWS, shape[1] - left)


def _require_one_grid(paths: list[Path], sources: list[Any]) -> None:
    first = sources[0]
    for path, source in zip(paths, sources, strict=True):
        if source.transform.b or source.transform.d:
            raise fault(DataError, "cover_rotated", file=path)
        same = source.shape == first.shape and source.transform.almost_equals(first.transform, 1e-9)
        if not (same and source.crs == first.crs):
            raise fault(DataError, "cover_grids", file=path, other=paths[0])


def row_areas_km2(source: Any) -> NDArray[np.float64]:
    """Return the area of a cell of each row of an open raster in km², shape (rows,).

    In a geographic CRS it is that of the strip between two parallels on the ellipsoid. In a projected one it is that of
    the map plane, but for a projection that stretches areas by more than :data:`STRETCHED`, as Web Mercator does: there
    that of the cell on the ground, at the middle of the row.

    References
    ----------
    Snyder (1987), Map Projections: A Working Manual, USGS Professional Paper 1395, equation (3-12).
    """
    step_east, step_north = abs(source.transform.a), source.transform.e
    if not source.crs.is_geographic:
        metre = source.crs.linear_units_factor[1]
        plane_km2 = step_east * abs(step_north) * metre**2 / 1e6
        ground_km2 = _ground_km2(source)
        stretched = ~(np.abs(plane_km2 / ground_km2 - 1) <= STRETCHED) & np.isfinite(ground_km2)
        return np.where(stretched, ground_km2, plane_km2)
    ellipsoid = CRS.from_wkt(source.crs.to_wkt()).ellipsoid
    radius, flattening = _WGS84_M
    if ellipsoid is not None:
        radius = ellipsoid.semi_major_metre
        flattening = 1 / ellipsoid.inverse_flattening if ellipsoid.inverse_flattening else 0.0
    edges = np.radians(np.clip(source.transform.f + step_north * np.arange(source.height + 1), -90, 90))
    strips = np.abs(np.diff(_authalic(np.sin(edges), flattening)))
    return np.asarray(radius**2 * math.radians(step_east) * strips / 2 / 1e6)


def _ground_km2(source: Any) -> NDArray[np.float64]:
    """Return the area on the ground of the cell at the middle of each row of an open raster in km², shape (rows,)."""
    to_degrees = Transformer.from_crs(source.crs.to_wkt(), 4326, always_xy=True)
    east = source.transform.c + source.transform.a * (source.width / 2 + np.array([0, 1, 1, 0]))
    north = source.transform.f + source.transform.e * np.arange(source.height)[:, None]
    north = north + source.transform.e * np.array([0, 0, 1, 1])
    longitude, latitude = to_degrees.transform(np.broadcast_to(east, north.shape), north)
    earth = Geod(ellps="WGS84")
    areas = [earth.polygon_area_perimeter(*ring)[0] for ring in zip(longitude, latitude, strict=True)]
    return np.abs(areas) / 1e6


def _authalic(sine: NDArray[np.float64], flattening: float) -> NDArray[np.float64]:
    """Return Snyder's q of the sine of a latitude; 2 sin φ on a sphere."""
    e2 = flattening * (2 - flattening)
    if e2 < 1e-12:
        return 2 * sine
    e = math.sqrt(e2)
    return np.asarray((1 - e2) * (sine / (1 - e2 * sine**2) + np.arctanh(e * sine) / e))


def _cells_of(households: gpd.GeoDataFrame, source: Any) -> Weights:
    """Return a reader of the learners in each cell."""
    require_crs(households, "households")
    kept = households[~(households.geometry.is_empty | households.geometry.isna())]
    at = coordinates(kept, CRS.from_wkt(source.crs.to_wkt()))
    place = source.transform
    fraction = (at[:, 0] - place.c) / place.a, (at[:, 1] - place.f) / place.e
    finite = np.isfinite(fraction[0]) & np.isfinite(fraction[1])
    column, row = (np.floor(np.where(finite, part, -1)).astype(np.int64) for part in fraction)
    learners = np.nan_to_num(kept["learners"].to_numpy(dtype=float, na_value=np.nan))
    order = np.argsort(row, kind="stable")
    row, column, learners = row[order], column[order], learners[order]

    def read(top: int, left: int, rows: int, columns: int) -> NDArray[np.float64]:
        here = slice(*np.searchsorted(row, [top, top + rows]))
        inside = (column[here] >= left) & (column[here] < left + columns)
        cell = (row[here][inside] - top) * columns + column[here][inside] - left
        counted = np.bincount(cell, learners[here][inside], rows * columns)
        return np.asarray(counted, dtype=np.float64).reshape(rows, columns)

    return read


@contextmanager
def population_on(path: Path, grid: Path) -> Iterator[Weights]:
    """Give a reader of a raster of persons a cell, in any CRS, on the grid of another raster.

    A person is spread evenly over the cell: the sum over a region stays, whichever of the two grids is finer.
    """
    with opened(grid) as target:
        shape, transform, crs = target.shape, target.transform, target.crs
    with opened(path) as source, warped(source, shape, transform, crs, Resampling.sum) as view:

        def read(top: int, left: int, rows: int, columns: int) -> NDArray[np.float64]:
            persons = filled(view.read(1, window=Window(left, top, columns, rows), masked=True))
            return np.maximum(np.nan_to_num(persons.astype(np.float64)), 0.0)

        yield read


def summary_table(table: pd.DataFrame, language: str = "vi") -> str:
    """Return the table of :func:`coverage_summary` as text in columns, a block a threshold."""
    lines: list[str] = []
    shown = table[(table["scope"] != "count") & ~((table["scope"] == "partial") & (table["area_km2"] <= 0))]
    headings = [text(f"cover.column_{name}", language) for name in ("who", "area", "share", "void")]
    people = [name for name in ("population", "learners") if table[f"{name}_share"].notna().any()]
    headings += [part for name in people for part in (getattr(COVERAGE[name], language), "%")]
    for threshold, block in shown.groupby("threshold_dbm", sort=False):
        cells = [_cells(row, people, language) for _, row in block.iterrows()]
        lines += ["", text("cover.at_threshold", language, level=dbm(float(str(threshold)), language))]
        lines += _aligned([headings, *cells])
    return "\n".join(lines[1:])


def _cells(row: pd.Series, people: list[str], language: str) -> list[str]:
    who = str(row["operator"]) if row["scope"] == "operator" else text(f"cover.scope_{row['scope']}", language)
    cells = [
        who,
        number(row["area_km2"], 1, language),
        number(100 * row["share"], 1, language),
        number(row["void_km2"], 1, language),
    ]
    for name in people:
        hidden = name == "learners" and bool(row.get("learners_suppressed", False))
        count = text("cover.hidden", language) if hidden else number(row[name], 0, language)
        cells += [count, number(100 * row[f"{name}_share"], 1, language)]
    return cells


def _aligned(rows: list[list[str]]) -> list[str]:
    """Return rows as lines: the first column flush left, numbers flush right, a rule under the headings."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]
