"""What a sector's antenna and the land between it and a bin say about the level there, one column each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from lomsong.errors import ColumnError, DataError
from lomsong.radio.compiled import compiled
from lomsong.texts import fault

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]

NEEDED = (
    "site_easting_m", "site_northing_m", "antenna_height_m", "azimuth_deg", "electrical_downtilt_deg",
    "mechanical_downtilt_deg", "frequency_mhz", "reference_signal_power_dbm", "easting_m", "northing_m",
)  # fmt: skip
"""Columns that bins must have."""

HEIGHTS = ("site_altitude_m", "altitude_m")
"""Ground at both ends: both of bins, or both of the mosaic, so that two kinds of height never meet."""

CELL_M, STEP_M = 5.0, 10.0
NEAR_M = 15.0
"""A building is taken to reach this far from where it is known."""
RADII_M = (20.0, 60.0, 200.0)
PATH_RADIUS_M = 60.0
LARGEST_CELLS = 60_000_000
RX_M = 1.5
EARTH_M = 8_500_000.0
"""Effective radius of the Earth, 4/3 of the true one."""
NEAREST_M = 5.0
CLOSE_M = 150.0
"""What is built this near the bin is counted apart."""
LIGHT_M_MHZ = 299.792458
PATH = ("edge_nu", "ground_nu", "blocked_m", "blocks", "last_block_m", "path_built", "end_built", "over_m")


@dataclass(frozen=True)
class _Means:
    """A grid of Gaussian-weighted means, ``coarser`` cells of the mosaic to one of its own each way."""

    values: Grid
    coarser: int

    def at(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> Floats:
        return np.asarray(self.values[row // self.coarser, column // self.coarser], float)


@dataclass(frozen=True, eq=False, repr=False)
class Mosaic:
    """Ground and what stands on it in metres, on one grid whose rows run north.

    The path features take it for granted that the land is known between antenna and bin. A raster of ground and of
    buildings or canopy is the normal source (:meth:`of_rasters`). Without one the bins themselves, each with its own
    ground and building height, piece it together (:meth:`of_bins`): then streets where no bin lies count as open, and
    the bins to be predicted should be among them, which tells where they are and what stands there, never a level.

    Attributes
    ----------
    west_m, south_m
        Centre of the first cell.
    cell_m
        Side of a cell.
    ground_m, building_m
        Shape (rows, columns).
    height, built
        Local mean of building height and share of built cells, by radius in m.
    """

    west_m: float
    south_m: float
    cell_m: float
    ground_m: Grid
    building_m: Grid
    height: dict[float, _Means]
    built: dict[float, _Means]

    @classmethod
    def of_bins(cls, bins: pd.DataFrame, cell_m: float = CELL_M) -> Mosaic:
        """Piece the land together from bins; their levels are not read.

        Parameters
        ----------
        bins
            ``easting_m``, ``northing_m``, ``altitude_m`` and, where known, ``building_height_m``.
        cell_m
            Side of a cell; where several bins share one, the last counts.

        Raises
        ------
        ColumnError
            Where a column is missing.
        DataError
            Where there is no row, a value is not finite or the bins lie too far apart.
        """
        values = _numbers(bins, ("easting_m", "northing_m", "altitude_m"), "bins")
        tall = _numbers(bins, ("building_height_m",), "bins")[:, 0] if "building_height_m" in bins else 0.0
        low = values[:, :2].min(axis=0)
        at = np.rint((values[:, :2] - low) / cell_m)
        _require_extent(at.max(axis=0) + 1, cell_m)
        columns, rows = at.astype(np.int64).T
        known = np.zeros((rows.max() + 1, columns.max() + 1), bool)
        known[rows, columns] = True
        ground, building = np.zeros((2, *known.shape), np.float32)
        ground[rows, columns], building[rows, columns] = values[:, 2], tall
        distance, nearest = ndimage.distance_transform_edt(~known, return_indices=True)
        near = np.where(distance * cell_m <= NEAR_M, building[tuple(nearest)], np.float32(0))
        return cls(low[0], low[1], cell_m, ground[tuple(nearest)], near, *_surroundings(building, known, cell_m))

    @classmethod
    def of_rasters(cls, ground_m: ArrayLike, transform: Affine, building_m: ArrayLike | None = None) -> Mosaic:
        """Take the land from rasters in a projected CRS in metres.

        Parameters
        ----------
        ground_m
            Shape (rows, columns), row 0 northernmost; a void is NaN and takes its nearest neighbour.
        transform
            From column and row to easting and northing, (0, 0) being the outer corner of the north-west cell.
        building_m
            Height of buildings, canopy or the larger of both, same shape; NaN counts as none, None as none anywhere.

        Raises
        ------
        DataError
            Where shapes differ, no ground is known, or the grid is rotated, south up, not square or too large.
        """
        ground = _grid(ground_m, "ground_m")
        building = np.zeros_like(ground) if building_m is None else _grid(building_m, "building_m")
        if ground.ndim != 2 or building.shape != ground.shape:
            raise fault(DataError, "learned_shape", ground=ground.shape, building=building.shape)
        cell_m = float(transform.a)
        if cell_m <= 0 or transform.b or transform.d or not math.isclose(-transform.e, cell_m, rel_tol=1e-6):
            raise fault(DataError, "learned_grid", transform=str(tuple(transform)[:6]))
        _require_extent(np.array(ground.shape), cell_m)
        void = ~np.isfinite(ground)
        if void.all():
            raise fault(DataError, "learned_void")
        if void.any():
            ground = ground[tuple(ndimage.distance_transform_edt(void, return_distances=False, return_indices=True))]
        tall = np.maximum(np.nan_to_num(building, posinf=0, neginf=0), 0)[::-1]
        west, south = transform.c + cell_m / 2, transform.f - cell_m * (len(ground) - 0.5)
        around = _surroundings(tall, np.ones(tall.shape, bool), cell_m)
        return cls(west, south, cell_m, np.ascontiguousarray(ground[::-1]), np.ascontiguousarray(tall), *around)

    def cells(self, easting_m: Floats, northing_m: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of places, held to the edge."""
        rows, columns = self.ground_m.shape
        row = np.clip(np.rint((northing_m - self.south_m) / self.cell_m), 0, rows - 1)
        column = np.clip(np.rint((easting_m - self.west_m) / self.cell_m), 0, columns - 1)
        return row.astype(np.int64), column.astype(np.int64)


def sector_features(bins: pd.DataFrame, mosaic: Mosaic | None = None) -> pd.DataFrame:
    """Return the features of bins, each against its own sector.

    Parameters
    ----------
    bins
        The columns :data:`NEEDED`, lengths in m, angles in degrees clockwise from north, tilts down; where known
        :data:`HEIGHTS`, ``building_height_m`` and ``clutter_class``. Heights that are missing are read off the
        mosaic; a building height that is known nowhere is 0, and without clutter classes there is no such feature.
    mosaic
        The land between antenna and bin; without it the features are those of antenna and bin alone.

    Returns
    -------
    DataFrame
        One float column a feature, the index of ``bins``.

    Raises
    ------
    ColumnError
        Where a column is missing.
    DataError
        Where there is no row or a value is not finite.

    References
    ----------
    COST 231 final report §4.4.1 (Hata's model extended); 3GPP TR 38.901 table 7.3-1 (antenna); ITU-R P.526 §4.1 (ν).
    """
    of = _ends(bins, mosaic)
    columns = _antenna(of)
    if "clutter_class" in bins:
        columns["clutter"] = _numbers(bins, ("clutter_class",), "bins")[:, 0]
    if mosaic is not None:
        columns |= _land(of, mosaic)
    return pd.DataFrame(columns, index=bins.index)


def _ends(bins: pd.DataFrame, mosaic: Mosaic | None) -> dict[str, Floats]:
    """Return the needed columns, and heights and building of the bins themselves or else of the mosaic."""
    heights = HEIGHTS if mosaic is None or all(name in bins for name in HEIGHTS) else ()
    names = (*NEEDED, *heights)
    of = dict(zip(names, _numbers(bins, names, "bins").T, strict=True))
    if "building_height_m" in bins:
        of["building_height_m"] = _numbers(bins, ("building_height_m",), "bins")[:, 0]
    elif mosaic is None:
        of["building_height_m"] = np.zeros(len(bins))
    if mosaic is not None:
        at = mosaic.cells(of["easting_m"], of["northing_m"])
        of.setdefault("building_height_m", mosaic.building_m[at].astype(float))
        of.setdefault("altitude_m", mosaic.ground_m[at].astype(float))
        mast = mosaic.cells(of["site_easting_m"], of["site_northing_m"])
        of.setdefault("site_altitude_m", mosaic.ground_m[mast].astype(float))
    return of


def _antenna(of: dict[str, Floats]) -> dict[str, Floats]:
    east, north = of["easting_m"] - of["site_easting_m"], of["northing_m"] - of["site_northing_m"]
    metres = np.maximum(np.hypot(east, north), NEAREST_M)
    rise = of["antenna_height_m"] + of["site_altitude_m"] - of["altitude_m"] - RX_M
    off = (np.degrees(np.arctan2(east, north)) - of["azimuth_deg"] + 180) % 360 - 180
    tilt = of["electrical_downtilt_deg"] + of["mechanical_downtilt_deg"] * np.cos(np.radians(off))
    below = np.degrees(np.arctan2(rise, metres))
    across, along = np.minimum(12 * (off / 65) ** 2, 30), np.minimum(12 * ((below - tilt) / 8) ** 2, 20)
    loss = _hata_db(metres, of["frequency_mhz"], of["antenna_height_m"])
    pattern = np.minimum(across + along, 30)
    return {
        "log_distance": np.log10(metres), "off_deg": np.abs(off), "side_deg": off, "below_deg": below,
        "tilt_deg": tilt, "off_beam_deg": below - tilt, "pattern_db": pattern, "rise_m": rise,
        "antenna_height_m": of["antenna_height_m"], "power_dbm": of["reference_signal_power_dbm"],
        "physics_dbm": of["reference_signal_power_dbm"] - loss - pattern,
        "altitude_m": of["altitude_m"], "site_altitude_m": of["site_altitude_m"],
        "building_m": of["building_height_m"],
    }  # fmt: skip


def _hata_db(metres: Floats, mhz: Floats, height_m: Floats) -> Floats:
    """Return COST 231's loss, outside its bounds of frequency and distance too: a feature, not yet a prediction."""
    high = np.log10(np.maximum(height_m, NEAREST_M))
    mhz = np.maximum(mhz, 1.0)
    return np.asarray(46.3 + 33.9 * np.log10(mhz) - 13.82 * high + (44.9 - 6.55 * high) * np.log10(metres / 1000))


def _land(of: dict[str, Floats], mosaic: Mosaic) -> dict[str, Floats]:
    ends = np.column_stack(
        [of["site_easting_m"], of["site_northing_m"], of["site_altitude_m"] + of["antenna_height_m"],
         of["easting_m"], of["northing_m"], of["altitude_m"] + RX_M,
         LIGHT_M_MHZ / np.maximum(of["frequency_mhz"], 1.0)]
    )  # fmt: skip
    around = mosaic.built[PATH_RADIUS_M]
    origin = np.array([mosaic.west_m, mosaic.south_m, mosaic.cell_m])
    path = _paths(ends, mosaic.ground_m, mosaic.building_m, around.values, around.coarser, origin)
    columns: dict[str, Floats] = dict(zip(PATH, path.T, strict=True))
    at = mosaic.cells(of["easting_m"], of["northing_m"])
    mast = mosaic.cells(of["site_easting_m"], of["site_northing_m"])
    for radius in RADII_M:
        for name, means in (("height", mosaic.height[radius]), ("built", mosaic.built[radius])):
            columns[f"{name}_{radius:.0f}"] = means.at(*at)
            columns[f"site_{name}_{radius:.0f}"] = means.at(*mast)
    return columns


@compiled
def _paths(ends: Floats, ground: Grid, building: Grid, built: Grid, coarser: int, origin: Floats) -> Floats:
    """Return the columns :data:`PATH` of straight paths, each (x, y, z) of both ends and the wavelength in m."""
    found = np.zeros((len(ends), 8))
    rows, columns = ground.shape
    west, south, cell = origin
    for i in range(len(ends)):
        x, y, z, to_x, to_y, to_z, wave = ends[i]
        length = max(math.hypot(to_x - x, to_y - y), NEAREST_M)
        steps, before, close = max(int(length / STEP_M), 2), False, 0
        edge, land, last = -1e3, -1e3, -1.0
        for j in range(1, steps):
            f = j / steps
            far, left = f * length, (1 - f) * length
            row = min(max(round((y + f * (to_y - y) - south) / cell), 0), rows - 1)
            column = min(max(round((x + f * (to_x - x) - west) / cell), 0), columns - 1)
            over = ground[row, column] + far * left / (2 * EARTH_M) - z - f * (to_z - z)
            scale = math.sqrt(2 * length / (wave * far * left))
            around = built[row // coarser, column // coarser]
            land, top = max(land, over * scale), over + building[row, column]
            edge = max(edge, top * scale)
            if top > 0:
                found[i, 2] += length / steps
                found[i, 3] += not before
                found[i, 7] += top / (steps - 1)
                last = left
            before = top > 0
            found[i, 5] += around / (steps - 1)
            if left < CLOSE_M:
                close += 1
                found[i, 6] += around
        found[i, 0], found[i, 1], found[i, 4] = edge, land, last
        found[i, 6] /= max(close, 1)
    return found


def _surroundings(
    building: Grid, known: NDArray[np.bool_], cell_m: float
) -> tuple[dict[float, _Means], dict[float, _Means]]:
    """Return local means of building height and of what is built, by radius; 0 where nothing is known near."""
    height, built = {}, {}
    for radius in RADII_M:
        # A quarter of the radius is fine enough, and 200 m on cells of 5 m would cost ten times the rest.
        coarser = max(int(radius / cell_m / 4), 1)
        sigma = radius / (cell_m * coarser)
        weight = _blurred(known.astype(np.float32), coarser, sigma) + np.float32(1e-6)
        height[radius] = _Means(_blurred(building * known, coarser, sigma) / weight, coarser)
        built[radius] = _Means(_blurred(((building > 0) & known).astype(np.float32), coarser, sigma) / weight, coarser)
    return height, built


def _blurred(values: Grid, coarser: int, sigma: float) -> Grid:
    """Return sums of ``coarser`` × ``coarser`` cells, smoothed by a Gaussian of ``sigma`` of those."""
    rows, columns = values.shape
    padded = np.pad(values, ((0, -rows % coarser), (0, -columns % coarser)))
    sums = padded.reshape(padded.shape[0] // coarser, coarser, -1, coarser).sum(axis=(1, 3), dtype=np.float32)
    return np.asarray(ndimage.gaussian_filter(sums, sigma, truncate=3, mode="constant"), np.float32)


def _require_extent(cells: NDArray[np.generic], cell_m: float) -> None:
    if np.prod(cells.astype(float)) > LARGEST_CELLS:
        raise fault(DataError, "learned_extent", limit=f"{LARGEST_CELLS * cell_m**2 / 1e6:g}", cell=f"{cell_m:g}")


def _grid(values: ArrayLike, name: str) -> Grid:
    try:
        return np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise fault(DataError, "learned_numbers", name=name) from error


def _numbers(bins: pd.DataFrame, names: tuple[str, ...], table: str) -> Floats:
    require_columns(bins, names, table)
    values = bins[list(names)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    return finite(values, table, list(names))


def require_columns(table: pd.DataFrame, names: tuple[str, ...], name: str) -> None:
    """Raise ColumnError where a column is missing."""
    lacking = [column for column in names if column not in table]
    if lacking:
        found = ", ".join(map(str, table.columns))
        raise fault(ColumnError, "learned_columns", table=name, columns=", ".join(lacking), found=found)


def finite(values: ArrayLike, table: str, names: list[str]) -> Floats:
    """Return a table of numbers, shape (n, columns), once it is known to hold rows and only finite values.

    Raises
    ------
    DataError
        Where it does not; the first bad row and column are named.
    """
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise fault(DataError, "learned_numbers", name=table) from error
    if not len(numbers):
        raise fault(DataError, "learned_empty", table=table)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = bad[0]
        raise fault(DataError, "learned_finite", table=table, row=int(row), column=names[column])
    return numbers
