"""Which commune each row of a roster belongs to: by code, by the code of the other vintage, by name, by place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from lomsong.geo import containing
from lomsong.ingest.communes.placenames import PlaceName, place_name
from lomsong.ingest.communes.vintage import Crosswalk
from lomsong.ingest.quality import flag
from lomsong.tables import FLAGS

WAYS = ("code", "crosswalk", "name", "place", "none")
"""How a row came to its commune, in the order in which they are tried."""

COUNTED = ("learners", "pupils")
"""Columns that count people, the first there is."""

MOST_TOLD = 20
"""Ambiguous and unmatched names that are flagged one by one; the rest together."""

LEAST_LIKENESS = 70.0
"""Likeness, 0…100, from which a name is suggested."""

BORDER_M = 250.0
"""A place this near to its commune is not said to lie in another: boundaries are drawn with a broad pen."""

METRES_A_DEGREE = 111_195.0
"""Of a great circle."""

NAMED = ("commune_code", "commune_name", "parent_code", "parent_name")
"""Columns of a roster that say which commune is meant; all are optional."""


@dataclass(frozen=True)
class Matching:
    """What became of the communes of a roster.

    Attributes
    ----------
    ways
        One of :data:`WAYS` for each row, on the index of the roster.
    report
        One row a case that is not a plain match by code: check, the roster's commune_code, commune_name and
        parent_name, rows, learners, first_row, matched (the code given; empty: none), candidates (others that could
        be meant, or the nearest names).
    totals
        Rows and learners by way: way, rows, learners.
    """

    ways: pd.Series
    report: pd.DataFrame
    totals: pd.DataFrame

    def flags(self, source_file: str, language: str = "en") -> pd.DataFrame:
        """Return the table ``flags``: ambiguous and unmatched names one by one, the other checks in sum."""
        rows = []
        for check, cases in self.report.groupby("check", sort=False):
            single = check in ("commune_ambiguous", "commune_unmatched")
            count = MOST_TOLD if single else 0
            parts = [cases.iloc[at : at + 1] for at in range(min(count, len(cases)))] + [cases.iloc[count:]]
            rows += [_flag(source_file, str(check), language, part, single) for part in parts if len(part)]
        return pd.DataFrame(rows, columns=FLAGS.names)


def match_communes(
    points: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, crosswalk: Crosswalk | None = None
) -> tuple[pd.Series, Matching]:
    """Give each row the code of its commune and say how; nothing is dropped.

    A code known among the communes goes first; then the code of the other vintage, carried over; then the name,
    within its parent where the row names one, spelled as in the list or without accents; then the place. What a code
    of a divided commune or a name of several leaves open is decided by the place. Where code and place disagree the
    code is kept and the row flagged.

    A roster is taken to be of the old vintage when it uses a code or a name that only the old list has.

    Parameters
    ----------
    points
        Points, with any of the columns :data:`NAMED`, ``source_row`` and ``learners`` or ``pupils``.
    communes
        Table ``communes`` of either vintage.
    crosswalk
        What joins the two vintages.

    Returns
    -------
    codes
        Series ``commune_code`` on the index of ``points``; None where there is no commune.
    matching
        Ways, report and totals.
    """
    table = _named(points)
    register = _Register(communes, crosswalk)
    groups, keys = _grouped(table)
    register.judge(keys)
    answers = [register.answer(*key) for key in keys]
    rows = _Rows(points, communes, groups, answers)
    codes = pd.Series(rows.codes, index=points.index, dtype=object, name="commune_code")
    ways = pd.Series(np.array(WAYS, dtype=object)[rows.ways], index=points.index, name="way")
    return codes, Matching(ways, _report(points, keys, answers, rows, register), _totals(points, rows))


@dataclass(frozen=True)
class _Answer:
    """The communes that a code or a name can mean, the way that led there, and the check to flag."""

    codes: tuple[str, ...] = ()
    way: str = "none"
    check: str = ""


Key = tuple[str, str, str, str]


class _Register:
    """The communes by code and by name, of both vintages."""

    def __init__(self, communes: pd.DataFrame, crosswalk: Crosswalk | None) -> None:
        self.codes = communes["commune_code"].astype(str).tolist()
        self.known = set(self.codes)
        self.crosswalk = crosswalk
        self.is_old = crosswalk is not None and bool(self.known & crosswalk.old_only)
        self.names = dict(zip(self.codes, communes["name"].astype(str), strict=True))
        self.own = _Names(communes)
        other = None if crosswalk is None else crosswalk.after if self.is_old else crosswalk.before
        self.other = None if other is None else _Names(other)
        self.from_other = False

    def judge(self, keys: Iterable[Key]) -> None:
        """Tell whether the roster is of the vintage that the communes are not of."""
        if self.crosswalk is None or self.other is None:
            return
        keys = list(keys)
        old, new = (self.own, self.other) if self.is_old else (self.other, self.own)
        uses_old = any(_is_of(code, name, parent, self.crosswalk, old, new) for code, name, _, parent in keys)
        said = any(code or name for code, name, *_ in keys)
        self.from_other = said and uses_old != self.is_old

    def answer(self, code: str, name: str, parent_code: str, parent_name: str) -> _Answer:
        """Return what a row's code or name can mean."""
        by_code = self._by_code(code)
        if by_code.codes:
            return by_code
        return self._by_name(name, parent_code, parent_name) if name else _Answer()

    def _by_code(self, code: str) -> _Answer:
        if not code:
            return _Answer()
        for written in dict.fromkeys((code, code.removesuffix(".0"), code.removesuffix(".0").zfill(5))):
            carried = self._carried(written)
            if self.from_other and carried:
                # A code that both vintages have means another area in each; that it is still the same one is no news.
                same = carried == (written,)
                return _Answer(carried, "code" if same else "crosswalk", "" if same else "commune_by_crosswalk")
            if written in self.known:
                return _Answer((written,), "code")
            if carried:
                return _Answer(carried, "crosswalk", "commune_by_crosswalk")
        return _Answer()

    def _carried(self, code: str) -> tuple[str, ...]:
        if self.crosswalk is None:
            return ()
        found = self.crosswalk.to_old([code]).iloc[0] if self.is_old else self.crosswalk.parts(code)
        if self.is_old:
            found = sorted(found, key=lambda part: part != code)
        return tuple(part for part in found if part in self.known)

    def _by_name(self, name: str, parent_code: str, parent_name: str) -> _Answer:
        books = [(self.own, False)] + ([(self.other, True)] if self.other is not None else [])
        books = books[::-1] if self.from_other else books
        wanted = place_name(name)
        # A parent that the lists know, but under which nothing has the name, is no leave to look elsewhere.
        strict = any(book.has_parent(parent_code, parent_name) for book, _ in books)
        for within in (True,) if strict else (True, False):
            for book, carry in books:
                found = book.find(wanted, parent_code, parent_name, within)
                codes = [part for code in found for part in (self._carried(code) if carry else (code,))]
                if codes:
                    return _Answer(tuple(dict.fromkeys(codes)), "name", "commune_by_name")
        return _Answer()

    def nearest(self, name: str) -> str:
        """Return the names most like ``name``, with their codes."""
        wanted = place_name(name).folded
        if not wanted:
            return ""
        books = [book for book in (self.own, self.other) if book is not None]
        near = [
            (likeness, book.label(row))
            for book in books
            for _, likeness, row in process.extract(
                wanted, book.folded, scorer=fuzz.ratio, limit=3, score_cutoff=LEAST_LIKENESS
            )
        ]
        return "; ".join(dict.fromkeys(label for _, label in sorted(near, key=lambda pair: -pair[0])[:3]))


class _Names:
    """Names of one list of communes, found by spelling or without accents, and by parent."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.codes = table["commune_code"].astype(str).tolist()
        self.texts = table["name"].astype(str).tolist()
        self.places = [place_name(name) for name in self.texts]
        self.kinds = [str(kind or "").lower() for kind in table.get("kind", [""] * len(table))]
        self.folded = [place.folded for place in self.places]
        self.parent_codes = table["parent_code"].astype(str).tolist() if "parent_code" in table else None
        parents = table["parent_name"].fillna("").astype(str) if "parent_name" in table else []
        self.parents = [place_name(parent).folded for parent in parents]
        self.rows: dict[str, list[int]] = {}
        for row, name in enumerate(self.folded):
            self.rows.setdefault(name, []).append(row)

    def find(self, wanted: PlaceName, parent_code: str, parent_name: str, within: bool) -> list[str]:
        """Return the codes that a name can mean; ``within`` only those under the parent that the row names."""
        rows = self.rows.get(wanted.folded, [])
        if within and (parent_code or parent_name):
            rows = [row for row in rows if self._under(row, parent_code, parent_name)]
        rows = [row for row in rows if self.places[row].spelled == wanted.spelled] or rows
        if len(rows) > 1 and wanted.kind:
            rows = [row for row in rows if wanted.kind in (self.kinds[row], self.places[row].kind)] or rows
        return [self.codes[row] for row in rows]

    def _under(self, row: int, parent_code: str, parent_name: str) -> bool:
        if parent_code and self.parent_codes is not None and self.parent_codes[row] == parent_code:
            return True
        return bool(parent_name and self.parents and self.parents[row] == place_name(parent_name).folded)

    def has(self, wanted: PlaceName) -> bool:
        """Tell whether any commune has the name."""
        return wanted.folded in self.rows

    def has_parent(self, parent_code: str, parent_name: str) -> bool:
        """Tell whether the list has communes under the parent that a row names."""
        if parent_code and self.parent_codes is not None and parent_code in self.parent_codes:
            return True
        return bool(parent_name) and place_name(parent_name).folded in self.parents

    def label(self, row: int) -> str:
        """Return code and name as they are shown."""
        return f"{self.codes[row]} {self.texts[row]}"


def _is_of(code: str, name: str, parent: str, crosswalk: Crosswalk, old: _Names, new: _Names) -> bool:
    """Tell whether a row uses what only the old list has."""
    if code in crosswalk.old_only:
        return True
    if not name:
        return False
    wanted = place_name(name)
    if not old.has(wanted):
        return False
    return not new.has(wanted) or (bool(parent) and bool(old.find(wanted, "", parent, within=True)) and not new.parents)


@dataclass
class _Rows:
    """The roster row by row: the code and the way of each, and where code and place disagree."""

    points: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    groups: NDArray[np.int64]
    answers: list[_Answer]

    def __post_init__(self) -> None:
        count = len(self.points)
        self.codes = np.full(count, None, dtype=object)
        self.ways = np.full(count, WAYS.index("none"), dtype=np.int64)
        self.disagree = np.zeros(count, dtype=bool)
        self.undecided = np.zeros(count, dtype=bool)
        shapes = self.communes.geometry.to_numpy()
        self._codes = self.communes["commune_code"].astype(str).to_numpy(dtype=object)
        self._shape_of = dict(zip(self._codes, shapes, strict=True))
        self._border = BORDER_M if self.communes.crs.is_projected else BORDER_M / METRES_A_DEGREE
        self._places = self.points.geometry.to_crs(self.communes.crs).to_numpy()
        self._order = np.argsort(self.groups, kind="stable")
        self._starts = np.searchsorted(self.groups[self._order], np.arange(len(self.answers) + 1))
        open_rows = [self._take(group, answer) for group, answer in enumerate(self.answers)]
        self._place(np.concatenate([*open_rows, np.zeros(0, dtype=np.int64)]))

    def _take(self, group: int, answer: _Answer) -> NDArray[np.int64]:
        """Give the rows of a group their commune when there is only one, else return the rows."""
        rows = self._order[self._starts[group] : self._starts[group + 1]]
        if len(answer.codes) != 1:
            return rows
        self.codes[rows] = answer.codes[0]
        self.ways[rows] = WAYS.index(answer.way)
        shape = self._shape_of[answer.codes[0]]
        shapely.prepare(shape)
        here = self._places[rows]
        outside = np.flatnonzero(~shapely.intersects(shape, here) & ~shapely.is_missing(here) & ~shapely.is_empty(here))
        self.disagree[rows[outside]] = ~shapely.dwithin(shape, here[outside], self._border)
        return rows[:0]

    def _place(self, rows: NDArray[np.int64]) -> None:
        position, shape = containing(gpd.GeoSeries(self._places[rows], crs=self.communes.crs), self.communes)
        met, first = np.unique(position, return_index=True)
        here = np.full(len(rows), None, dtype=object)
        here[met] = self._codes[shape[first]]
        self.codes[rows] = here
        self.ways[rows[met]] = WAYS.index("place")
        several = np.array([len(answer.codes) > 1 for answer in self.answers], dtype=bool)
        for at in np.flatnonzero(several[self.groups[rows]]):
            answer = self.answers[self.groups[rows[at]]]
            begin, end = np.searchsorted(position, (at, at + 1))
            self._choose(int(rows[at]), answer, [self._codes[found] for found in shape[begin:end]])

    def _choose(self, row: int, answer: _Answer, here: list[str]) -> None:
        """Let the place say which of several communes is meant."""
        meant = [code for code in here if code in answer.codes]
        if not meant and answer.way == "crosswalk":
            # The code of a divided commune whose parts the position does not tell apart goes to the main part.
            meant, self.undecided[row], self.disagree[row] = [answer.codes[0]], not here, bool(here)
        if meant:
            self.codes[row], self.ways[row] = meant[0], WAYS.index(answer.way)
        elif not here:
            self.undecided[row] = True


def _named(points: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in NAMED:
        values = points[name] if name in points else pd.Series("", index=points.index)
        columns[name] = values.astype("string").fillna("").str.strip().to_numpy(dtype=object)
    return pd.DataFrame(columns)


def _grouped(table: pd.DataFrame) -> tuple[NDArray[np.int64], list[Key]]:
    groups = table.groupby(list(NAMED), sort=False, dropna=False)
    numbers = groups.ngroup().to_numpy(dtype=np.int64)
    first = table.drop_duplicates(list(NAMED))
    return numbers, list(first.itertuples(index=False, name=None))


def _learners(points: pd.DataFrame) -> NDArray[np.float64]:
    name = next((name for name in COUNTED if name in points), None)
    if name is None:
        return np.zeros(len(points))
    return pd.to_numeric(points[name], errors="coerce").fillna(0).to_numpy(dtype=float)


def _totals(points: pd.DataFrame, rows: _Rows) -> pd.DataFrame:
    counts = np.bincount(rows.ways, minlength=len(WAYS))
    learners = np.bincount(rows.ways, weights=_learners(points), minlength=len(WAYS))
    return pd.DataFrame({"way": WAYS, "rows": counts, "learners": learners.round().astype(np.int64)})


def _report(
    points: pd.DataFrame, keys: list[Key], answers: list[_Answer], rows: _Rows, register: _Register
) -> pd.DataFrame:
    codes = pd.Series(rows.codes, dtype=object).fillna("")
    lines = pd.DataFrame({"group": rows.groups, "matched": codes, "learners": _learners(points)})
    lines["first_row"] = points["source_row"].to_numpy() if "source_row" in points else 0
    checks = np.array([answer.check for answer in answers] or [""], dtype=object)[rows.groups]
    checks[rows.ways == WAYS.index("place")] = "commune_by_place"
    lost = rows.ways == WAYS.index("none")
    checks[lost] = np.where(rows.undecided[lost], "commune_ambiguous", "commune_unmatched")
    checks[~lost & rows.undecided] = "commune_ambiguous"
    parts = [lines.assign(check=checks)[checks != ""], lines.assign(check="commune_disagrees")[rows.disagree]]
    cases = pd.concat(parts).groupby(["check", "group", "matched"], sort=False, as_index=False)
    table = cases.agg(rows=("group", "size"), learners=("learners", "sum"), first_row=("first_row", "min"))
    named = pd.DataFrame(keys, columns=list(NAMED)) if keys else pd.DataFrame(columns=list(NAMED))
    table = table.join(named, on="group")
    listed = lru_cache(maxsize=None)(register.nearest)
    table["candidates"] = [
        _candidates(check, answers[group], register, listed(name or ""))
        for check, group, name in zip(table["check"], table["group"], table["commune_name"], strict=True)
    ]
    table["learners"] = table["learners"].round().astype(np.int64)
    columns = ["check", "commune_code", "commune_name", "parent_name", "rows", "learners", "first_row", "matched"]
    return table[[*columns, "candidates"]].sort_values("first_row", kind="stable", ignore_index=True)


def _candidates(check: str, answer: _Answer, register: _Register, nearest: str) -> str:
    if check == "commune_unmatched":
        return nearest
    if len(answer.codes) > 1:
        return "; ".join(f"{code} {register.names[code]}" for code in answer.codes)
    return ""


def _flag(source_file: str, check: str, language: str, cases: pd.DataFrame, single: bool) -> dict[str, object]:
    first = cases.iloc[0]
    said = " ".join(filter(None, (first["commune_code"], first["commune_name"], first["parent_name"]))) or "–"
    told = said + (f" → {first['matched']}" if first["matched"] and first["matched"] != said else "")
    told += f" ({int(cases['learners'].sum())})" if cases["learners"].sum() else ""
    limit = str(first["candidates"]) if single else ""
    return flag(
        source_file, check, language, int(cases["rows"].sum()), int(first["first_row"]), told, limit, "commune_code"
    )
