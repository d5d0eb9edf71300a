"""Named checks: each row that is not accepted names the check it failed, the value, the limit and the remedy.

Checks run in the order of :data:`CHECKS`; a row is charged to the first it fails, so that every row is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.tables import LEVEL_LIMITS_DBM, REJECTS

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
    """A named check with its sentence in both languages."""

    name: str
    severity: str
    vi: str
    en: str

    def remedy(self, language: str) -> str:
        """Return the sentence in ``language``."""
        return self.vi if language == "vi" else self.en


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        Check("columns_missing", "critical", "Dòng bị cắt; xuất lại tệp nhật ký.",
              "The line is cut off; export the log again."),
        Check("time_unreadable", "critical", "Không đọc được thời điểm; sửa theo dạng năm-tháng-ngày giờ:phút:giây.",
              "The time cannot be read; write year-month-day hour:minute:second."),
        Check("duplicate", "warning", "Dòng lặp lại nguyên văn; chỉ giữ một.",
              "An exact copy of an earlier row; one is kept."),
        Check("position_missing", "critical", "Không có toạ độ; ghi lại khi GPS đã bắt được vệ tinh.",
              "No position; log again once the GPS has a fix."),
        Check("swapped_coordinates", "critical", "Kinh độ và vĩ độ bị đổi chỗ; đổi lại hai cột.",
              "Longitude and latitude are exchanged; exchange the two columns."),
        Check("outside_territory", "critical", "Nằm ngoài địa bàn; kiểm tra toạ độ hoặc chọn đúng tệp.",
              "Outside the territory; check the position or choose the right file."),
        Check("accuracy", "warning", "Sai số GPS quá lớn.", "The GPS accuracy is too poor."),
        Check("gps_jump", "critical", "GPS nhảy: tốc độ không thể có; bỏ điểm này.",
              "The GPS jumped: the speed is impossible; drop the fix."),
        Check("operator_unknown", "critical", "Không rõ nhà mạng; ghi tên nhà mạng hoặc mã MCC-MNC.",
              "Operator unknown; give its name or MCC-MNC."),
        Check("other_technology", "warning", "Không phải công nghệ đang xét; mức thu 2G/3G không so được với RSRP.",
              "Not the technology under study; a 2G/3G level is no RSRP."),
        Check("level_sentinel", "warning", "Giá trị thay cho «không đo được», không phải mức thu.",
              "A stand-in for \"not measured\", not a level."),
        Check("level_range", "critical", "Mức thu ngoài giới hạn; giá trị dương thường là mất dấu trừ.",
              "Level out of range; a positive value usually means that the sign was lost."),
        Check("code_missing", "critical", "Thiếu mã; điền mã.", "No code; fill it in."),
        Check("code_duplicate", "critical", "Mã đã có ở dòng trên; sửa mã hoặc bỏ dòng trùng.",
              "The code stands in an earlier row; correct it or drop the copy."),
        Check("count_invalid", "critical", "Phải là số nguyên không âm.", "Must be a whole number, not negative."),
        Check("value_unknown", "critical", "Giá trị lạ; dùng một trong các giá trị cho phép.",
              "Unknown value; use one of those allowed."),
        Check("value_range", "critical", "Giá trị ngoài giới hạn; sửa lại.", "Value out of its limits; correct it."),
        Check("geometry_unusable", "critical", "Hình không dùng được; vẽ lại thành vùng khép kín.",
              "The geometry cannot be used; draw it again as a closed area."),
    )
}  # fmt: skip


@dataclass
class Sieve:
    """Charges rows to checks, each row to the first check that it fails.

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

    def reject(self, check: str, failed: Any, value: Any, limit: str) -> None:
        """Charge the rows in ``failed`` that are still open to ``check``."""
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
                    "value": "" if isinstance(value, str) else pd.Series(value).to_numpy()[mask].astype(str),
                    "limit": limit,
                    "remedy": CHECKS[check].remedy(self.language),
                }
            )
        )

    def rejects(self) -> pd.DataFrame:
        """Return the table ``rejects`` in the order of the file."""
        if not self._parts:
            return pd.DataFrame(columns=REJECTS.names)
        return pd.concat(self._parts).sort_values("source_row", kind="stable", ignore_index=True)


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
