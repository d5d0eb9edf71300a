"""Drive-test logs as G-NetTrack Pro writes them, with faults injected in known numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from lomsong.geo import WGS84
from lomsong.simulate.drive import Track
from lomsong.simulate.noise import Floats
from lomsong.simulate.recipe import METRIC, Recipe
from lomsong.tables import OPERATOR_CODES, OPERATORS

HEADER = (
    "Timestamp", "Longitude", "Latitude", "Operatorname", "Operator", "Cellname", "Node", "CellID", "LAC",
    "NetworkTech", "Level", "Qual", "SNR", "CQI", "LTERSSI", "ARFCN", "PSC", "Altitude", "Distance", "TA", "BAND",
)  # fmt: skip

FLOOR_DBM = -125.0
"""Below this a phone finds no network."""

DIRT = {
    "level_sentinel": 120, "other_technology": 150, "duplicate": 90, "gps_jump": 45, "swapped_coordinates": 30,
    "position_missing": 60, "columns_missing": 20, "time_unreadable": 15,
}  # fmt: skip
"""Faults in a log of :data:`DIRT_ROWS` rows; longer and shorter logs get their share."""

DIRT_ROWS = 35_000
_START = datetime(2021, 10, 4, 0, 30)
_GPS_SD_M, _PASS_SD_DB, _ROW_SD_DB = 2.0, 1.0, 1.7
_BANDS = {900.0: ("L8", 3_500), 1800.0: ("L3", 1_300), 2100.0: ("L1", 150)}
_SENTINELS = ("-340", "-164", "-24", "-140")

Rows = NDArray[np.object_]


@dataclass(frozen=True)
class Log:
    """One raw log: its text, and what was done to it.

    ``dirt`` counts the injected faults by check; ``no_service`` counts rows without a network, which are sound.
    """

    text: str
    rows: int
    no_service: int
    dirt: dict[str, int]


def write_log(
    operator: str, track: Track, level_dbm: Floats, serving: NDArray[np.int64], sites: gpd.GeoDataFrame,
    altitude_m: Floats, bounds: tuple[float, float, float, float], recipe: Recipe,
) -> Log:  # fmt: skip
    """Turn what a phone met into a raw log.

    Parameters
    ----------
    operator
        Whose phone.
    track
        When and where.
    level_dbm, serving
        True level and row in ``sites`` of the serving sector of each row of ``track``.
    sites
        Table ``sites``.
    altitude_m
        Ground height at each row of ``track``.
    bounds
        West, south, east, north of the communes in degrees: displaced fixes stay inside.
    recipe
        Seeds.
    """
    rng = recipe.rng(f"log {operator}")
    count = len(track.second)
    passes = rng.normal(0.0, _PASS_SD_DB, int(track.leg.max()) + 1)[track.leg]
    heard = level_dbm + passes + rng.normal(0.0, _ROW_SD_DB, count)
    fixes = track.points + rng.normal(0.0, _GPS_SD_M, track.points.shape)
    place = gpd.GeoSeries.from_xy(fixes[:, 0], fixes[:, 1], crs=METRIC).to_crs(WGS84)
    rows = np.full((count, len(HEADER)), "", dtype=object)
    rows[:, 0] = [f"{_START + timedelta(seconds=int(second)):%Y.%m.%d_%H.%M.%S}" for second in track.second]
    rows[:, 1] = [f"{value:.6f}" for value in place.x]
    rows[:, 2] = [f"{value:.6f}" for value in place.y]
    _fill_served(rows, operator, heard, serving, sites, rng)
    rows[:, 17] = np.round(altitude_m + rng.normal(0.0, 3.0, count)).astype(int).astype(str)
    rows[:, 18] = "-1"
    silent = heard < FLOOR_DBM
    _fill_silent(rows, silent, rng)
    lines, dirt = _soiled(rows, track.second, silent, bounds, rng)
    text = "".join("\t".join(line) + "\r\n" for line in [(*HEADER, ""), *lines])
    return Log(text, len(lines), int(silent.sum()), dirt)


def _fill_served(
    rows: Rows, operator: str, heard: Floats, serving: NDArray[np.int64], sites: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    count = len(rows)
    number = serving // 3
    code = next(code for code, name in OPERATOR_CODES.items() if name == operator)
    quality = np.clip(np.round(-9.0 + (heard + 92.0) / 5.0 + rng.normal(0.0, 1.5, count)), -19, -4).astype(int)
    band = sites["band_mhz"].to_numpy()[serving]
    rows[:, 3], rows[:, 4] = OPERATORS[operator], code
    rows[:, 6] = (50_000 + number).astype(str)
    rows[:, 7] = (1 + serving % 3).astype(str)
    rows[:, 8] = (7_500 + number // 60).astype(str)
    rows[:, 9] = "4G"
    rows[:, 10] = np.round(heard).astype(int).astype(str)
    rows[:, 11] = quality.astype(str)
    rows[:, 12] = [f"{value:.1f}" for value in np.clip(np.round(quality * 2.0 + 32.0 + heard / 8.0), -19, 30)]
    rows[:, 13] = np.where(rng.random(count) < 0.6, "-", np.clip(quality + 20, 1, 15).astype(str))
    rows[:, 14] = np.round(np.minimum(heard + 28.0 + quality, -51.0)).astype(int).astype(str)
    rows[:, 15] = [str(_BANDS[value][1]) for value in band]
    rows[:, 16] = ((number * 3 + serving % 3) % 504).astype(str)
    rows[:, 20] = [_BANDS[value][0] for value in band]


def _fill_silent(rows: Rows, silent: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Overwrite the rows on which the phone found no network, blank where the real logs are blank."""
    blank = np.array(["NO_COVERAGE", "", "", "", "-1", "", "--", "-200", "-2", "-", "-", "-", "", ""], dtype=object)
    rows[silent, 3:17] = blank
    rows[silent, 20] = ""
    rows[silent, 11] = rng.choice(["-2", "-12"], int(silent.sum()))


def _soiled(
    rows: Rows, second: NDArray[np.int64], silent: NDArray[np.bool_], bounds: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> tuple[list[list[str]], dict[str, int]]:  # fmt: skip
    """Inject every fault into rows of its own, no two of them near each other; return lines and counts."""
    dirt = {check: max(2, round(count * len(rows) / DIRT_ROWS)) for check, count in DIRT.items()}
    beside_s = np.maximum(np.diff(second, prepend=-99), np.diff(second, append=second[-1] + 99))
    sound = np.flatnonzero(~silent & (beside_s <= 6))
    sound = sound[(sound > 2) & (sound < len(rows) - 3)]
    picked: list[int] = []
    taken = np.zeros(len(rows), dtype=bool)
    for row in rng.permutation(sound).tolist():
        if len(picked) == sum(dirt.values()):
            break
        if not taken[row - 3 : row + 4].any():
            taken[row] = True
            picked.append(row)
    dirt = dirt if len(picked) == sum(dirt.values()) else dict.fromkeys(dirt, len(picked) // len(dirt))
    fault = dict(zip(picked, np.repeat(list(dirt), list(dirt.values())).tolist(), strict=False))
    lines: list[list[str]] = []
    for row, fields in enumerate(rows.tolist()):
        fields.append("")
        lines += _with_fault(fields, fault[row], bounds, rng) if row in fault else [fields]
    return lines, dirt


def _with_fault(
    fields: list[str], check: str, bounds: tuple[float, float, float, float], rng: np.random.Generator
) -> list[list[str]]:
    """Return the line or lines that a fault makes of one sound row."""
    match check:
        case "duplicate":
            return [fields, fields]
        case "level_sentinel":
            fields[10:13] = [str(rng.choice(_SENTINELS)), "0", "-"]
        case "other_technology":
            _older(fields, rng)
        case "gps_jump":
            fields[1:3] = _displaced(float(fields[1]), float(fields[2]), bounds, rng)
        case "swapped_coordinates":
            fields[1], fields[2] = fields[2], fields[1]
        case "position_missing":
            fields[1:3] = ["0.0", "0.0"] if rng.random() < 0.5 else ["-", "-"]
        case "columns_missing":
            return [fields[: int(rng.integers(3, 8))]]
        case "time_unreadable":
            fields[0] = str(rng.choice(["2021.13.45_99.99.99", "----.--.--_--.--.--", fields[0][:11] + "??.??.??"]))
    return [fields]


def _older(fields: list[str], rng: np.random.Generator) -> None:
    """Serve a row by 3G or 2G."""
    fields[12:15] = ["-", "-", "-"]
    if rng.random() < 0.7:
        fields[9:12] = ["3G", str(rng.integers(-108, -70)), str(rng.integers(-14, -2))]
        fields[15], fields[20] = "10637", "U1"
    else:
        fields[9:12] = ["2G", str(rng.integers(-104, -62)), "-"]
        fields[15], fields[16], fields[20] = "0", "0", "EGSM"


def _displaced(
    longitude: float, latitude: float, bounds: tuple[float, float, float, float], rng: np.random.Generator
) -> list[str]:
    """Move a fix to a place 4 to 30 km away inside the bounds; in a small province as far as there is room."""
    west, south, east, north = bounds
    reach_km = min(30.0, 55.0 * min(east - west, north - south))
    while True:
        away, heading = rng.uniform(min(4.0, 0.6 * reach_km), reach_km), rng.uniform(0.0, 2.0 * np.pi)
        to_east = longitude + away * np.cos(heading) / (111.32 * np.cos(np.radians(latitude)))
        to_north = latitude + away * np.sin(heading) / 110.6
        if west < to_east < east and south < to_north < north:
            return [f"{to_east:.6f}", f"{to_north:.6f}"]
