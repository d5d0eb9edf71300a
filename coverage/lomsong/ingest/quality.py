"""Named checks: each row that is not accepted names the check it failed, the value, the limit and the remedy.

Checks run in the order of :data:`CHECKS`; a row is charged to the first it fails, so that every row is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.tables import FLAGS, LEVEL_LIMITS_DBM, REJECTS
from lomsong.texts import text

SENTINEL_LEVELS_DBM = (0.0, -24.0, -164.0, -200.0, -340.0)
"""Values that logging programs write for "no measurement"; -140 dBm is one only when the quality is 0 or missing."""

BREAK_ROWS = 5
"""An impossible step between two fixes counts as much as this many fixes lost; see :func:`gps_jumps`."""

LOOK_BACK = 8
"""Pieces of a broken track that may lie between two that belong together."""

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True)
class Check:
    """A named check: how grave a failure is, and whether it rejects the row or flags it and keeps it.

    Its sentence stands in the catalogue, :mod:`lomsong.texts`, under ``check.<name>``.
    """

    name: str
    severity: str
    effect: str = "reject"

    def remedy(self, language: str) -> str:
        """Return the sentence in ``language``."""
        return text(f"check.{self.name}", language)


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        # Rows of a survey, in the order in which they are judged
        Check("columns_missing", "critical"),
        Check("time_unreadable", "critical"),
        Check("file_duplicate", "warning"),
        Check("duplicate", "warning"),
        Check("neighbour_cell", "warning"),
        Check("position_missing", "critical"),
        Check("swapped_coordinates", "critical"),
        Check("outside_territory", "critical"),
        Check("accuracy", "warning"),
        Check("speed", "critical"),
        Check("gps_jump", "critical"),
        Check("operator_unknown", "critical"),
        Check("other_technology", "warning"),
        Check("level_sentinel", "warning"),
        Check("level_range", "critical"),
        Check("time_order", "warning", "flag"),
        Check("time_missing", "warning", "flag"),
        Check("stationary", "warning", "flag"),
        Check("level_repeated", "warning", "flag"),
        Check("not_a_track", "warning", "flag"),
        Check("technology_mix", "warning", "flag"),
        Check("technology_assumed", "warning", "flag"),
        Check("operator_assumed", "warning", "flag"),
        Check("quality_range", "warning", "flag"),
        # Coordinates of a whole file
        Check("axes_swapped", "critical", "flag"),
        Check("sign_missing", "critical", "flag"),
        Check("degrees_as_text", "warning", "flag"),
        Check("projected", "warning", "flag"),
        # Rosters
        Check("code_missing", "critical"),
        Check("code_duplicate", "critical"),
        Check("count_invalid", "critical"),
        Check("value_unknown", "critical"),
        Check("value_range", "critical"),
        Check("date_unreadable", "critical"),
        Check("total_row", "warning"),
        Check("learner_duplicate", "warning"),
        Check("count_implausible", "warning", "flag"),
        Check("total_mismatch", "critical", "flag"),
        Check("school_without_pupils", "warning", "flag"),
        Check("learner_similar", "warning", "flag"),
        Check("household_unknown", "critical", "flag"),
        Check("personal_data", "warning", "flag"),
        Check("legacy_encoding", "warning", "flag"),
        # Boundaries
        Check("geometry_unusable", "critical"),
        Check("geometry_repaired", "warning", "flag"),
        Check("commune_by_place", "warning", "flag"),
        Check("commune_by_name", "warning", "flag"),
        Check("commune_by_crosswalk", "warning", "flag"),
        Check("commune_ambiguous", "critical", "flag"),
        Check("commune_unmatched", "critical", "flag"),
        # Rasters
        Check("void_filled", "warning", "flag"),
        Check("void_left", "critical", "flag"),
        Check("class_unknown", "warning", "flag"),
    )
}
"""All checks by name; a row is charged to the first that it fails, and flagged by as many as hold."""


@dataclass
class Sieve:
    """Charges rows to checks, each row to the first check that it fails, and notes what is kept but told.

    Parameters
    ----------
    source_file
        Name written into the rejects.
    source_row
        Row of each record as a person counts it in the file, shape (n,).
    language
        Language of the remedies.
    """

    source_file: str
    source_row: NDArray[np.int64]
    language: str = "vi"

    def __post_init__(self) -> None:
        self.open = np.ones(len(self.source_row), dtype=bool)
        self._parts: list[pd.DataFrame] = []
        self._flags: list[dict[str, Any]] = []

    def reject(self, check: str, failed: Any, value: Any = "", limit: str = "", column: str = "") -> None:
        """Charge the rows in ``failed`` that are still open to ``check``.

        ``value`` is one text or one value a row, ``column`` the column at fault as the file or the table names it.
        """
        mask = np.asarray(pd.Series(failed).fillna(False), dtype=bool) & self.open
        if not mask.any():
            return
        self.open &= ~mask
        self._parts.append(
            pd.DataFrame(
                {
                    "source_file": self.source_file,
                    "source_row": self.source_row[mask],
                    "check": check,
                    "severity": CHECKS[check].severity,
                    "column": column,
                    "value": value if isinstance(value, str) else pd.Series(value).to_numpy()[mask].astype(str),
                    "limit": limit,
                    "remedy": CHECKS[check].remedy(self.language),
                }
            )
        )

    def flag(self, check: str, held: Any = True, value: Any = "", limit: str = "", column: str = "") -> None:
        """Note that ``check`` holds of the open rows in ``held``, which stay; True stands for all of them.

        One flag a call: the number of rows, the first of them and its value.
        """
        mask = np.asarray(pd.Series(held).fillna(False), dtype=bool) if np.ndim(held) else np.full(len(self.open), held)
        mask = mask & self.open
        if not mask.any():
            return
        first = int(np.argmax(mask))
        shown = value if isinstance(value, str) else str(pd.Series(value).to_numpy()[first])
        self._flags.append(
            flag(
                self.source_file,
                check,
                self.language,
                int(mask.sum()),
                int(self.source_row[first]),
                shown,
                limit,
                column,
            )
        )

    def rejects(self) -> pd.DataFrame:
        """Return the table ``rejects`` in the order of the file."""
        if not self._parts:
            return pd.DataFrame(columns=REJECTS.names)
        return pd.concat(self._parts).sort_values("source_row", kind="stable", ignore_index=True)[REJECTS.names]

    def flags(self) -> pd.DataFrame:
        """Return the table ``flags``: one row a check that held."""
        return pd.DataFrame(self._flags, columns=FLAGS.names)


def flag(
    source_file: str,
    check: str,
    language: str,
    rows: int,
    first_row: int = 0,
    value: str = "",
    limit: str = "",
    column: str = "",
) -> dict[str, Any]:
    """Return one row of the table ``flags``; ``first_row`` 0 stands for the file as a whole."""
    return {
        "source_file": source_file,
        "check": check,
        "severity": CHECKS[check].severity,
        "rows": rows,
        "first_row": first_row,
        "column": column,
        "value": value,
        "limit": limit,
        "remedy": CHECKS[check].remedy(language),
    }


@dataclass(frozen=True)
class SurveyLimits:
    """Limits that samples are held against.

    ``bounds`` is west, south, east, north of the territory in degrees, or None.
    """

    technology: str = "4G"
    max_speed_mps: float = 70.0
    max_accuracy_m: float = 50.0
    bounds: tuple[float, float, float, float] | None = None


def check_samples(raw: pd.DataFrame, sieve: Sieve, limits: SurveyLimits) -> None:
    """Charge every unusable row of a survey to its check.

    Parameters
    ----------
    raw
        One row a row of the file: complete, copied, has_time, no_service (bool), time, time_text, longitude, latitude,
        operator, technology, rsrp_dbm, rsrq_db, accuracy_m.
    sieve
        Collects the rejects; its ``open`` mask tells the rows to keep.
    limits
        What to hold the rows against.
    """
    sieve.reject("columns_missing", ~raw["complete"], "", "")
    sieve.reject("time_unreadable", raw["time"].isna() & raw["has_time"], raw["time_text"], "yyyy-mm-dd hh:mm:ss")
    sieve.reject("duplicate", raw["copied"], "", "")
    _check_positions(raw, sieve, limits)
    sieve.reject(
        "accuracy", raw["accuracy_m"] > limits.max_accuracy_m, raw["accuracy_m"], f"{limits.max_accuracy_m:g} m"
    )
    jumped = np.zeros(len(raw), dtype=bool)
    keep = np.flatnonzero(sieve.open)
    jumped[keep] = gps_jumps(raw.iloc[keep], limits.max_speed_mps)
    sieve.reject("gps_jump", jumped, _position_text(raw), f"{limits.max_speed_mps:g} m/s")
    sieve.reject("operator_unknown", raw["operator"].fillna("") == "", "", "")
    level = ~raw["no_service"]
    sieve.reject(
        "other_technology", level & (raw["technology"] != limits.technology), raw["technology"], limits.technology
    )
    value = raw["rsrp_dbm"]
    stand_in = value.isin(SENTINEL_LEVELS_DBM) | value.isna()
    stand_in |= (value == -140) & (raw["rsrq_db"].isna() | (raw["rsrq_db"] == 0))
    low, high = LEVEL_LIMITS_DBM
    sieve.reject("level_sentinel", level & stand_in, value, "")
    sieve.reject("level_range", level & ~value.between(low, high), value, f"{low:g}…{high:g} dBm")


def _position_text(raw: pd.DataFrame) -> pd.Series:
    return raw["longitude"].astype(str) + " " + raw["latitude"].astype(str)


def _check_positions(raw: pd.DataFrame, sieve: Sieve, limits: SurveyLimits) -> None:
    longitude, latitude = raw["longitude"], raw["latitude"]
    shown = _position_text(raw)
    nowhere = longitude.isna() | latitude.isna() | ((longitude.abs() < 1e-6) & (latitude.abs() < 1e-6))
    sieve.reject("position_missing", nowhere, shown, "")
    box = limits.bounds
    if box is None:
        # Without a territory the middle of the file stands for it: a drive does not span three degrees.
        middle = longitude[sieve.open].median(), latitude[sieve.open].median()
        box = (middle[0] - 3, middle[1] - 3, middle[0] + 3, middle[1] + 3)
    west, south, east, north = box
    inside = longitude.between(west, east) & latitude.between(south, north)
    exchanged = ~inside & latitude.between(west, east) & longitude.between(south, north)
    limit = f"{west:.3f}…{east:.3f} {south:.3f}…{north:.3f}"
    sieve.reject("swapped_coordinates", exchanged, shown, limit)
    if limits.bounds is not None:
        sieve.reject("outside_territory", ~inside, shown, limit)


def gps_jumps(track: pd.DataFrame, max_speed_mps: float) -> NDArray[np.bool_]:
    """Tell which fixes of a track lie on an excursion that no vehicle can have made.

    The track is cut wherever two successive fixes imply more than ``max_speed_mps``. Of the pieces those are kept
    that hold the most fixes, less :data:`BREAK_ROWS` for every impossible step left between them: a few fixes far
    away and back again go, a long journey that goes on elsewhere stays.

    Parameters
    ----------
    track
        Columns time, longitude, latitude in degrees; any order.
    max_speed_mps
        Greatest speed of the vehicle.

    Returns
    -------
    Mask of shape (n,) in the order of ``track``.
    """
    jumped = np.zeros(len(track), dtype=bool)
    if len(track) < 3 or track["time"].isna().all():
        return jumped
    order = np.argsort(track["time"].to_numpy(), kind="stable")
    clock = track["time"].dt.tz_convert(None).to_numpy()[order]
    seconds = (clock - clock[0]) / np.timedelta64(1, "s")
    longitude = np.radians(track["longitude"].to_numpy()[order])
    latitude = np.radians(track["latitude"].to_numpy()[order])

    def feasible(first: Any, second: Any) -> Any:
        # The clock counts whole seconds, so two fixes may lie almost one second farther apart than they say.
        reach_m = (seconds[second] - seconds[first] + 1) * max_speed_mps
        return _distance_m(longitude[first], latitude[first], longitude[second], latitude[second]) <= reach_m

    index = np.arange(len(order))
    cuts = np.flatnonzero(~feasible(index[:-1], index[1:])) + 1
    starts, ends = np.r_[0, cuts], np.r_[cuts, len(order)]
    kept = _best_chain(starts, ends, feasible)
    for piece in np.flatnonzero(~kept):
        jumped[order[starts[piece] : ends[piece]]] = True
    return jumped


def _best_chain(starts: NDArray[np.int64], ends: NDArray[np.int64], feasible: Any) -> NDArray[np.bool_]:
    """Return which pieces belong to the chain of greatest worth, by dynamic programming."""
    worth = (ends - starts).astype(float)
    before = np.full(len(starts), -1)
    for piece in range(1, len(starts)):
        gain, best = 0.0, -1
        for earlier in range(max(0, piece - LOOK_BACK), piece):
            broken = 0 if feasible(ends[earlier] - 1, starts[piece]) else BREAK_ROWS
            if worth[earlier] - broken > gain:
                gain, best = worth[earlier] - broken, earlier
        worth[piece] += gain
        before[piece] = best
    kept = np.zeros(len(starts), dtype=bool)
    piece = int(np.argmax(worth))
    while piece >= 0:
        kept[piece] = True
        piece = int(before[piece])
    return kept


def _distance_m(longitude: Any, latitude: Any, longitude2: Any, latitude2: Any) -> Any:
    half = np.sin((latitude2 - latitude) / 2) ** 2
    half = half + np.cos(latitude) * np.cos(latitude2) * np.sin((longitude2 - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
