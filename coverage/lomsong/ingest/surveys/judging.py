"""Judging the rows of one survey file: accepted, rejected with the check they failed, or to come again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from lomsong.ingest.account import stacked
from lomsong.ingest.quality import SENTINEL_LEVELS_DBM, Sieve, SurveyLimits, flag
from lomsong.ingest.surveys.meaning import Interpreter, Meaning
from lomsong.ingest.surveys.rows import Rows
from lomsong.ingest.surveys.samples import neighbour_rows, neighbours_table, samples_table, strange_quality
from lomsong.ingest.surveys.scanning import NO_TIME, Index, Seen
from lomsong.ingest.surveys.tracks import MOST_JUMPS, Track
from lomsong.tables import LEVEL_LIMITS_DBM, NEIGHBOURS

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAME_PLACE_DEG = 1e-6
"""A position nearer to 0, 0 than this is that of a GPS without a fix."""

DRIVE_DEG = 3.0
"""Without a territory, what lies farther than this from where the file begins is not looked for exchanged axes."""

_NO = ("false", "0", "0.0", "no", "n", "f", "neighbour", "neighbor", "neighbouring", "neighboring", "nbr", "none",
       "noneconnection", "không", "lân cận")  # fmt: skip
_YES = ("true", "1", "1.0", "yes", "y", "t", "neighbour", "neighbor", "có")
NOT_SERVING = {
    field_: frozenset(form(word) for word in words for form in (str.lower, str.upper, str.capitalize))
    for field_, words in (("serving", _NO), ("neighbouring", _YES))
}
"""Field to words by which a row says that its cell is not the serving one."""

STAND_INS = (-1.0, 99.0, 127.0, 255.0, -255.0, 999.0, -999.0, 9999.0, -9999.0, 32767.0, -32768.0, 65535.0,
             2147483647.0, -2147483648.0)  # fmt: skip
"""More values that programs and phones write for "no measurement": no sign was lost, there was nothing to write."""

NO_LEVELS = (*SENTINEL_LEVELS_DBM, *STAND_INS)
"""No level; all of them lie outside of what a phone can report."""

REPEATED_SHARE = 0.3
"""From this share on repeated levels are told: a radio at one a second repeats itself now and then by chance."""


@dataclass(frozen=True)
class Failure:
    """Rows that fail a check: shape (n,); ``value`` shows what is wrong of given rows."""

    check: str
    rows: Mask
    value: Callable[[Index], list[str]] | str = ""
    limit: str = ""
    column: str = ""


@dataclass(frozen=True)
class Judged:
    """What became of some rows.

    Attributes
    ----------
    samples
        Columns of the table ``samples`` and longitude, latitude.
    neighbours, rejects
        Tables of these names.
    rows
        Rows judged; always ``len(samples) + len(rejects)``.
    """

    samples: pa.Table
    neighbours: pd.DataFrame
    rejects: pd.DataFrame
    rows: int


@dataclass
class Judge:
    """Judges one file piece by piece and keeps what must be remembered between pieces.

    Parameters
    ----------
    name
        File, as shown.
    meaning
        How its rows are to be understood.
    limits, language
        What rows are held against, and the language of the remedies.
    seen
        Lines met before.
    time_required
        A row without a time is cut off, not a row of a file without times.
    """

    name: str
    meaning: Interpreter
    limits: SurveyLimits
    language: str
    seen: Seen
    time_required: bool = False
    _tracks: dict[str, Track] = field(default_factory=dict, init=False)
    _journey: bool | None = field(default=None, init=False)
    _copied: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool), init=False)
    _box: tuple[float, float, float, float] | None = field(default=None, init=False)
    _before: tuple[float, float] = field(default=(np.nan, np.nan), init=False)
    _flags: list[dict[str, Any]] = field(default_factory=list, init=False)
    _repeats: int = field(default=0, init=False)
    _levels: int = field(default=0, init=False)
    _copies: int = field(default=0, init=False)
    _rows: int = field(default=0, init=False)
    _placed: int = field(default=0, init=False)
    _outside: int = field(default=0, init=False)
    _technologies: set[str] = field(default_factory=set, init=False)

    def __call__(self, rows: Rows) -> tuple[Judged, int]:
        """Judge rows; return what became of them, and how many at their end are to come again with the next."""
        meant = self.meaning(rows)
        copied = np.concatenate([self._copied, self.seen(rows.hashes[len(self._copied) :])])
        failures = [*self._of_lines(rows, copied), *self._of_positions(rows, meant)]
        open_ = ~np.logical_or.reduce([failure.rows for failure in failures])
        jumped, count = self._jumps(rows, meant, open_)
        self._copied = copied[count:]
        speed = f"{self.limits.max_speed_mps:g} m/s"
        sheets = None if rows.sheet is None else rows.sheet.texts()[:count]
        failures += [Failure("gps_jump", jumped, self._place(rows), speed), *self._of_levels(rows, meant)]
        sieve = Sieve(self.name, rows.source_row[:count], self.language, sheets)
        for failure in failures:
            heading = self.meaning.heading(failure.column) if failure.column else ""
            sieve.reject(failure.check, failure.rows[:count], failure.value, failure.limit, heading)
        kept = np.flatnonzero(sieve.open)
        self._tell(rows, meant, sieve, kept)
        self._count(rows, meant, copied[:count], kept)
        failed = {failure.check: failure.rows[:count] for failure in failures}
        self._placed += int((~failed["position_missing"]).sum())
        self._outside += int((failed["outside_territory"] & ~failed["position_missing"]).sum())
        samples = samples_table(rows, meant, kept, self.name, self.limits.technology)
        others = [failure.rows[:count] for failure in failures if failure.check == "neighbour_cell"]
        near = np.flatnonzero(np.logical_or.reduce(others)) if others else np.zeros(0, dtype=np.int64)
        neighbours = [neighbours_table(rows, samples, kept), neighbour_rows(rows, meant, samples, kept, near)]
        judged = Judged(samples, stacked(neighbours, NEIGHBOURS.names), sieve.rejects(), count)
        return judged, len(rows) - count

    @property
    def is_elsewhere(self) -> bool:
        """Whether more than half of the positions judged so far lie outside the territory."""
        return 2 * self._outside > self._placed

    def flags(self, timed: bool) -> list[dict[str, Any]]:
        """Return rows of the table ``flags`` for the whole file, once all of it was judged; ``timed``: it has times."""
        merged: dict[str, dict[str, Any]] = {}
        for told in self._flags:
            known = merged.setdefault(told["check"], told | {"rows": 0})
            known["rows"] += told["rows"]
        whole = dict.fromkeys(self.meaning.placing.flags(), "")
        if not timed:
            whole["time_missing"] = ""
        if self.meaning.speed_recognised:
            whole["speed_converted"] = "km/h"
        if self._rows and self._copies == self._rows:
            whole["file_duplicate"] = ""
        technologies = sorted(self._technologies - {"", "?"})
        if len(technologies) > 1:
            whole["technology_mix"] = ", ".join(technologies)
        for check, value in whole.items():
            merged[check] = flag(self.name, check, self.language, self._rows, 0, value)
        if self._repeats > REPEATED_SHARE * max(self._levels, 1):
            share = f"{100 * self._repeats / self._levels:.0f} %"
            merged["level_repeated"] = flag(self.name, "level_repeated", self.language, self._repeats, 0, share)
        return list(merged.values())

    # Checks of rows, in their order

    def _of_lines(self, rows: Rows, copied: Mask) -> list[Failure]:
        failures = [Failure("columns_missing", ~rows.complete)]
        if rows.time is not None:
            untimed = self._untimed(rows, rows.time)
            where = next((name for name in ("time", "date") if self.meaning.heading(name)), "")
            failures.append(Failure("time_unreadable", untimed, self._moment(rows), "yyyy-mm-dd hh:mm:ss", where))
        failures.append(Failure("duplicate", copied))
        for name, words in NOT_SERVING.items():
            if name in rows.words:
                other = rows.words[name].masked(words.__contains__)
                failures.append(Failure("neighbour_cell", other, column=name))
        return failures

    def _untimed(self, rows: Rows, time: Index) -> Mask:
        bad = time == NO_TIME
        if bad.any() and not self.time_required:
            at = np.flatnonzero(bad)
            bad[at] = [shown.strip() not in ("", "-") for shown in self._moment(rows)(at)]
        return bad

    def _moment(self, rows: Rows) -> Callable[[Index], list[str]]:
        """Return what shows the times of given rows: a date and a clock where both stand in columns of their own."""
        if self.meaning.heading("time") or not self.meaning.heading("clock"):
            return _shown(rows, "time" if self.meaning.heading("time") else "date")

        def shown(at: Index) -> list[str]:
            pairs = zip(rows.show("date", at), rows.show("clock", at), strict=True)
            return [f"{date} {clock}" if date.strip() and clock.strip() else "" for date, clock in pairs]

        return shown

    def _of_positions(self, rows: Rows, meant: Meaning) -> list[Failure]:
        lon, lat, shown = meant.longitude, meant.latitude, self._place(rows)
        nowhere = np.isnan(lon) | np.isnan(lat) | ((np.abs(lon) < SAME_PLACE_DEG) & (np.abs(lat) < SAME_PLACE_DEG))
        west, south, east, north = self._bounds(lon[~nowhere], lat[~nowhere])
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        exchanged = ~inside & (lat >= west) & (lat <= east) & (lon >= south) & (lon <= north)
        outside = ~inside if self.limits.bounds is not None else (np.abs(lat) > 90) | (np.abs(lon) > 180)
        limit = f"{west:.3f}…{east:.3f} {south:.3f}…{north:.3f}"
        failures = [
            Failure("position_missing", nowhere, shown, column="longitude"),
            Failure("swapped_coordinates", exchanged, shown, limit, "longitude"),
            Failure("outside_territory", outside, shown, limit, "longitude"),
        ]
        most_m, most_mps = self.limits.max_accuracy_m, self.limits.max_speed_mps
        if "accuracy" in rows.numbers:
            poor = rows.numbers["accuracy"] > most_m
            failures.append(Failure("accuracy", poor, _shown(rows, "accuracy"), f"{most_m:g} m", "accuracy"))
        fast = meant.speed_mps > most_mps
        failures.append(Failure("speed", fast, _shown(rows, "speed"), f"{most_mps:g} m/s", "speed"))
        return failures

    def _bounds(self, lon: Floats, lat: Floats) -> tuple[float, float, float, float]:
        """Bounds of the territory; without one, of what lies around the middle of the file's beginning."""
        if self.limits.bounds is not None:
            return self.limits.bounds
        if self._box is None and len(lon):
            east, north = float(np.median(lon)), float(np.median(lat))
            self._box = east - DRIVE_DEG, north - DRIVE_DEG, east + DRIVE_DEG, north + DRIVE_DEG
        return self._box or (-180.0, -90.0, 180.0, 90.0)

    def _place(self, rows: Rows) -> Callable[[Index], list[str]]:
        def shown(at: Index) -> list[str]:
            pairs = zip(rows.show("longitude", at), rows.show("latitude", at), strict=True)
            return [f"{one} {two}".strip() for one, two in pairs]

        return shown

    def _of_levels(self, rows: Rows, meant: Meaning) -> list[Failure]:
        level, value, field_ = ~meant.silent, meant.level_dbm, meant.level_field
        quality = rows.numbers.get("rsrq", np.full(len(rows), np.nan))
        low, high = LEVEL_LIMITS_DBM
        inside = (value >= low) & (value <= high)
        stand_in = (value == -140) & (np.isnan(quality) | (quality == 0))
        stand_in[~inside] = np.isin(value[~inside], NO_LEVELS) | np.isnan(value[~inside])
        wanted = self.limits.technology
        other = meant.technology.masked(lambda word: word not in ("", wanted))
        return [
            Failure("operator_unknown", meant.operator.masked(lambda slug: slug == ""), column="operator"),
            Failure("other_technology", level & other, self._technology(rows, meant), wanted, "technology"),
            Failure("level_sentinel", level & stand_in, _shown(rows, field_), column=field_),
            Failure("level_range", level & ~inside, _shown(rows, field_),
                    f"{low:g}…{high:g} dBm", field_),
        ]  # fmt: skip

    def _technology(self, rows: Rows, meant: Meaning) -> Callable[[Index], list[str]]:
        words = rows.words.get("technology", meant.technology)
        return lambda at: [words.names[code] for code in words.codes[at]]

    # The track

    def _jumps(self, rows: Rows, meant: Meaning, open_: Mask) -> tuple[Mask, int]:
        """Return which rows are jumps of the GPS, and how many rows from the first are decided."""
        jumped = np.zeros(len(rows), dtype=bool)
        if rows.time is None or self._journey is False:
            return jumped, len(rows)
        at = np.flatnonzero(open_ & (rows.time != NO_TIME))
        device = rows.words.get("device")
        groups = {"": at}
        if device is not None and len(device.names) > 1:
            groups = {name: at[device.codes[at] == code] for code, name in enumerate(device.names)}
        count = len(rows)
        for name, found in groups.items():
            final = rows.final or len(groups) > 1
            gone, again = self._track(name).jumps(
                rows.time[found], meant.longitude[found], meant.latitude[found], final
            )
            jumped[found] = gone
            count = int(found[-again]) if again else count
        if self._journey is None and len(at):
            self._journey = bool(jumped.sum() <= MOST_JUMPS * len(at))
            if not self._journey:
                self._flags.append(flag(self.name, "not_a_track", self.language, len(rows), int(rows.source_row[0])))
                return np.zeros(len(rows), dtype=bool), len(rows)
        return jumped, count

    def _track(self, device: str) -> Track:
        return self._tracks.setdefault(device, Track(self.limits.max_speed_mps))

    # What is kept but told

    def _tell(self, rows: Rows, meant: Meaning, sieve: Sieve, kept: Index) -> None:
        count = len(sieve.open)
        if rows.time is not None and self._journey is not False:
            track = self._track("")
            sieve.flag("time_order", _at(kept[track.backwards(rows.time[kept])], count))
            sieve.flag("stationary", _at(kept[track.standing(meant.longitude[kept], meant.latitude[kept])], count))
        sieve.flag("operator_assumed", meant.operator_assumed[:count], self.meaning.operators.most)
        sieve.flag("technology_assumed", meant.technology_assumed[:count], self.limits.technology)
        for name in ("rsrq", "sinr"):
            if name in rows.numbers:
                strange = strange_quality(rows, name)[:count] & ~meant.silent[:count]
                strange[strange] = ~np.isin(rows.numbers[name][:count][strange], STAND_INS)
                sieve.flag("quality_range", strange, _shown(rows, name), column=self.meaning.heading(name))
        self._flags += sieve.flag_rows

    def _count(self, rows: Rows, meant: Meaning, copied: Mask, kept: Index) -> None:
        """Count copies, technologies, and levels that repeat those of the row before: the radio had nothing new."""
        self._rows += len(copied)
        self._copies += int(copied.sum())
        self._technologies |= {meant.technology.names[code] for code in np.unique(meant.technology.codes)}
        level = meant.level_dbm[kept]
        heard = ~np.isnan(level) & ~meant.silent[kept]
        level, quality = level[heard], rows.numbers.get("rsrq", meant.level_dbm)[kept][heard]
        if len(level):
            before, quality_before = (
                np.concatenate([[first], values[:-1]])
                for first, values in zip(self._before, (level, quality), strict=True)
            )
            self._repeats += int(((level == before) & ((quality == quality_before) | np.isnan(quality))).sum())
            self._levels += len(level)
            self._before = float(level[-1]), float(quality[-1])


def _shown(rows: Rows, name: str) -> Callable[[Index], list[str]]:
    return lambda at: rows.show(name, at)


def _at(index: Index, count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[index] = True
    return mask
