"""Communes before and after a reform: which old one went into which new one.

On 1 July 2025 the districts of Viet Nam were abolished and most communes merged. The new list says of each commune from
which old ones it was made, in words; here the words are matched to the codes of the old list. What cannot be told for
certain is reported, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lomsong.errors import ColumnError, DataError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.communes.boundaries import commune_columns, match_headings, read_communes
from lomsong.ingest.communes.placenames import COMMUNE_KINDS, clean_name, place_name
from lomsong.ingest.files.opening import is_layer, require_file, split_layer
from lomsong.ingest.files.sheets import read_raw
from lomsong.ingest.files.sources import Source, source
from lomsong.ingest.files.workbooks import is_workbook_file
from lomsong.ingest.quality import Sieve, flag, flag_file
from lomsong.ingest.reading import Reading
from lomsong.tables import COMMUNES, CROSSWALK, FLAGS, ColumnSpec, TableSpec
from lomsong.texts import fault

UNCHANGED = ("giu nguyen", "khong thay doi", "nguyen trang", "unchanged")
"""How a list says that a commune was not merged, folded."""

MOST_TOLD = 20
"""Open cases that are flagged one by one; the rest together."""

LEAST_SHARE = 0.5
"""Of an old commune's area, the share inside a new one from which geometry alone matches the two."""


@dataclass(frozen=True)
class Crosswalk:
    """Which commune before the reform went into which after it.

    Attributes
    ----------
    table
        Table ``crosswalk``, one row a pair: old_code, new_code, way, part. Of an old commune that was divided the row
        of its main part comes first.
    before
        The old list: commune_code, name, kind, parent_code, parent_name where it has them.
    after
        The new list: commune_code, name, kind, parent_code, parent_name where it has them.
    report
        What is open or divided, one row a case: vintage (before, after), problem (unmatched, ambiguous, split),
        commune_code, name, parent_name, candidates.
    reading
        Account of the files of the old list and of the table; None when both lists were given as tables.
    """

    table: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    report: pd.DataFrame
    reading: Reading | None = None
    _new: dict[str, list[str]] = field(init=False, repr=False, compare=False)
    _old: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        new: dict[str, list[str]] = {}
        old: dict[str, list[str]] = {}
        for was, became in zip(self.table["old_code"], self.table["new_code"], strict=True):
            new.setdefault(was, []).append(became)
            old.setdefault(became, []).append(was)
        object.__setattr__(self, "_new", new)
        object.__setattr__(self, "_old", old)

    def to_new(self, codes: Iterable[str] | pd.Series) -> pd.Series:
        """Return for each old code the new one; of a divided commune that of its main part, None where unknown."""
        return _series(codes, lambda code: next(iter(self._new.get(code, ())), None))

    def to_old(self, codes: Iterable[str] | pd.Series) -> pd.Series:
        """Return for each new code the list of the old ones that went into it, whole or in part; empty if unknown."""
        return _series(codes, lambda code: list(self._old.get(code, ())))

    def parts(self, code: str) -> list[str]:
        """Return all new codes of an old commune, the main part first."""
        return list(self._new.get(code, ()))

    @cached_property
    def old_only(self) -> frozenset[str]:
        """Codes that only the old list has: a file that uses one of them is of the old vintage."""
        return frozenset(self._new) - frozenset(self._old)

    @cached_property
    def split(self) -> frozenset[str]:
        """Old codes that went into several new communes."""
        return frozenset(code for code, parts in self._new.items() if len(parts) > 1)

    def flags(self, source_file: str, language: str = "en") -> pd.DataFrame:
        """Return the table ``flags`` of what is open (``crosswalk_open``) or divided (``crosswalk_split``)."""
        rows = []
        for check, of in (("crosswalk_split", True), ("crosswalk_open", False)):
            cases = self.report[(self.report["problem"] == "split") == of]
            for case in cases.head(MOST_TOLD).itertuples():
                shown = f"{case.commune_code} {case.name}" + (f", {case.parent_name}" if case.parent_name else "")
                limit = f": {case.candidates}" if case.candidates else ""
                rows.append(flag(source_file, check, language, 1, 0, shown + limit, "", "merged_from"))
            if len(cases) > MOST_TOLD:
                rows.append(flag(source_file, check, language, len(cases) - MOST_TOLD, 0, "…", "", "merged_from"))
        return pd.DataFrame(rows, columns=FLAGS.names)


def read_crosswalk(
    after: pd.DataFrame, before: str | Path | pd.DataFrame | None = None, table: str | Path | None = None,
    language: str = "en",
) -> Crosswalk:  # fmt: skip
    """Match the communes of the old list to those of the new one.

    Parameters
    ----------
    after
        Table ``communes`` of the new vintage with a column ``merged_from``, unless ``table`` is given.
    before
        The old list: CSV, XLSX or a layer (``file#layer``) of code, name and district, or such a table.
    table
        An explicit table of old and new codes, CSV or XLSX; it goes before what ``merged_from`` says.
    language
        Language of the remedies.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, DataError
        When a file as a whole cannot be used.
    """
    reading = read_list(before, language) if isinstance(before, str | Path) else None
    old = reading.table if reading is not None else before
    given = read_mergers(table, language) if table is not None else None
    if given is None and (old is None or "merged_from" not in after):
        raise fault(ColumnError, "crosswalk_nothing")
    if old is None:
        assert given is not None
        codes = given.table["old_code"].unique()
        old = pd.DataFrame({"commune_code": codes, "name": codes})
    pairs = given.table if given is not None else pd.DataFrame(columns=CROSSWALK.names)
    matching = _Matching(after, old, pairs, whole=before is not None)
    if before is not None and "merged_from" in after:
        matching.run()
    return Crosswalk(matching.table(), _plain(old), _plain(after), matching.report(), _together(reading, given))


def _together(first: Reading | None, second: Reading | None) -> Reading | None:
    if first is None or second is None:
        return second if first is None else first
    both = {
        name: pd.concat([getattr(one, name) for one in (first, second)]) for name in ("rejects", "sources", "flags")
    }
    return Reading(first.table, **{name: frame.reset_index(drop=True) for name, frame in both.items()})


def read_list(path: str | Path, language: str = "en") -> Reading:
    """Read a list of communes without polygons, or a layer with them: code, name, kind, district, province.

    Returns
    -------
    Reading whose table has the columns of ``communes`` that were found, and ``province`` where the list has it.
    """
    file = Path(split_layer(str(path))[0])
    require_file(file)
    if is_layer(file):
        return read_communes(path, language)
    raw, headings = _table(path, COMMUNES)
    mapping = _required(headings, COMMUNES, path)
    sieve = Sieve(file.name, raw["source_row"].to_numpy(), language, raw.get("sheet"))
    sieve.reject("total_row", raw["is_total"], "")
    flag_file(sieve, raw)
    frame = commune_columns(raw, mapping, sieve, of_districts=False)
    province = match_headings(headings, [_PROVINCE])
    if province:
        frame["province"] = raw[province["province"]].map(clean_name, na_action="ignore")
    sieve.reject("code_missing", frame["commune_code"].isna(), "", "", mapping["commune_code"])
    copied = frame["commune_code"].where(sieve.open).duplicated() & sieve.open
    sieve.reject("code_duplicate", copied, frame["commune_code"].fillna(""), "", mapping["commune_code"])
    kept: Any = frame[sieve.open].reset_index(drop=True)
    if kept.empty:
        raise fault(DataError, "communes_list_empty", file=path)
    return Reading.of(file, "communes_before", kept, sieve.rejects(), len(raw), sieve.flags())


def read_mergers(path: str | Path, language: str = "en") -> Reading:
    """Read an explicit table of old and new codes, in the columns of the table ``crosswalk``.

    An old code may stand in several rows: the commune was divided, its main part first.
    """
    file = Path(split_layer(str(path))[0])
    raw, headings = _table(path, CROSSWALK)
    mapping = _required(headings, CROSSWALK, path)
    sieve = Sieve(file.name, raw["source_row"].to_numpy(), language, raw.get("sheet"))
    sieve.reject("total_row", raw["is_total"], "")
    flag_file(sieve, raw)
    frame = pd.DataFrame({column: _codes(raw[mapping[column]]) for column in ("old_code", "new_code")})
    for column in ("old_code", "new_code"):
        sieve.reject("code_missing", frame[column].isna(), "", "", mapping[column])
    copied = frame.duplicated(["old_code", "new_code"]) & sieve.open
    sieve.reject("code_duplicate", copied, frame["old_code"].fillna(""), "", mapping["old_code"])
    divided = frame["old_code"].where(sieve.open).duplicated(keep=False) & sieve.open
    frame = frame.assign(way="table", part=np.where(divided, "part", "no"))
    kept: Any = frame[sieve.open].reset_index(drop=True)[CROSSWALK.names]
    if kept.empty:
        raise fault(DataError, "communes_list_empty", file=path)
    return Reading.of(file, "crosswalk", kept, sieve.rejects(), len(raw), sieve.flags())


def _required(headings: pd.Index, spec: TableSpec, path: str | Path) -> dict[str, str]:
    mapping = match_headings(headings, spec.columns)
    missing = [wanted for wanted in spec.required if wanted not in mapping]
    if missing:
        wanted = ", ".join(f"{column} ({spec[column].vi})" for column in missing)
        raise fault(ColumnError, "communes_column", file=path, columns=wanted, found=", ".join(map(str, headings)))
    return mapping


_PROVINCE = ColumnSpec("province", "text", "Tỉnh", "Province", aliases=("ma tinh", "province code", "ten tinh"))


def _codes(values: pd.Series) -> pd.Series:
    text = values.map(clean_name, na_action="ignore").astype("object")
    bare = text.str.replace(r"\.0+$", "", regex=True)
    short = bare.str.fullmatch(r"[0-9]{1,4}").fillna(False).astype(bool)
    return bare.mask(short, bare.str.zfill(5)).where(bare.fillna("").ne(""), None)


def _series(codes: Iterable[str] | pd.Series, found: Callable[[str], object]) -> pd.Series:
    index = codes.index if isinstance(codes, pd.Series) else None
    values = list(codes)
    result = np.empty(len(values), dtype=object)
    result[:] = [found(code) for code in values]
    return pd.Series(result, index=index, dtype=object)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    wanted = ("commune_code", "name", "kind", "parent_code", "parent_name")
    return pd.DataFrame({name: frame[name].to_numpy() for name in wanted if name in frame})


def _table(path: str | Path, spec: TableSpec) -> tuple[pd.DataFrame, pd.Index]:
    """Read a table made by hand: its rows and its headings."""
    name, sheet = (str(path), None) if Path(path).is_file() else split_layer(str(path))
    file = Path(name)
    require_file(file)
    raw = read_raw(Source(file) if is_workbook_file(file) else source(file), spec, sheet)
    if raw.empty:
        raise fault(DataError, "communes_list_empty", file=path)
    return raw, raw.columns.drop(["source_row", "is_total", "sheet"], errors="ignore")


@dataclass(frozen=True)
class Mention:
    """One old commune as the list of the new ones names it."""

    new_code: str
    name: str
    parent: str = ""
    part: str = "no"
    unchanged: bool = False


_AREA_WORDS = re.compile(
    r"(?:toàn bộ\s+)?(?:diện tích(?:\s+tự nhiên)?)(?:\s*(?:,|và)\s*quy mô dân số)?\s+(?:của\s+)?|"
    r"toàn bộ\s+|quy mô dân số\s+(?:của\s+)?",
    re.IGNORECASE,
)
_PART_WORDS = re.compile(r"^(một phần|phần còn lại)\s*(?:của\s+)?", re.IGNORECASE)
_PLURAL = re.compile(r"^(?:các|những|\d+)\s+(?=xã|phường|thị trấn)", re.IGNORECASE)


def mentions(new_code: str, name: str, merged_from: str) -> list[Mention]:
    """Take apart what a list says a commune was merged from.

    Commas, semicolons and ``và`` part the names; brackets hold the district of a namesake (``huyện Phú Riềng``) or say
    that only a part is meant (``một phần``, ``phần còn lại``); a kind holds for the names after it without one.

    Parameters
    ----------
    new_code, name
        Code and name of the new commune.
    merged_from
        Such as ``Thị trấn Vĩnh An, Xã Mã Đà, Xã Trị An``, or ``giữ nguyên``.
    """
    if fold_text(merged_from).startswith(UNCHANGED):
        return [Mention(new_code, name, unchanged=True)]
    found, kind = [], ""
    for piece in _pieces(_AREA_WORDS.sub("", merged_from)):
        brackets = " ".join(re.findall(r"\(([^)]*)\)?", piece))
        bare = _PLURAL.sub("", re.sub(r"\([^)]*\)?", " ", piece).strip(" ."))
        marks = _PART_WORDS.match(bare)
        bare = _PLURAL.sub("", _PART_WORDS.sub("", bare)).strip()
        text = fold_text(f"{marks.group(1) if marks else ''} {brackets}")
        part = "rest" if "phan con lai" in text else "part" if "mot phan" in text else "no"
        if not bare:
            continue
        own = place_name(bare).kind
        kind = own or kind
        in_bracket = place_name(brackets).kind
        parent = brackets if in_bracket and in_bracket not in COMMUNE_KINDS else ""
        found.append(Mention(new_code, bare if own or not kind else f"{kind} {bare}", parent, part))
    return found


def _pieces(text: str) -> Iterator[str]:
    depth, begin = 0, 0
    for match in re.finditer(r"[(),;]|\s+và\s+", text):
        mark = match.group()
        if mark in "()":
            depth = max(depth + (1 if mark == "(" else -1), 0)
        elif depth == 0:
            yield text[begin : match.start()].strip()
            begin = match.end()
    yield text[begin:].strip()


class _Matching:
    """Matches mentions to rows of the old list: by code, name and district, neighbours, elimination, place."""

    def __init__(self, after: pd.DataFrame, before: pd.DataFrame, pairs: pd.DataFrame, *, whole: bool) -> None:
        self.after, self.before, self.whole = after, before.reset_index(drop=True), whole
        self.names = [place_name(str(name)) for name in self.before["name"]]
        self.kinds = [str(kind or "").lower() for kind in self.before.get("kind", [""] * len(self.before))]
        self.codes = self.before["commune_code"].astype(str).tolist()
        self.row_of = {code: row for row, code in enumerate(self.codes)}
        self.in_scope = self._scope()
        self.by_name: dict[str, list[int]] = {}
        for row in np.flatnonzero(self.in_scope):
            self.by_name.setdefault(self.names[row].folded, []).append(int(row))
        self.pairs: list[tuple[str, str, str, str]] = list(pairs[CROSSWALK.names].itertuples(index=False, name=None))
        self.given = set(pairs["old_code"])
        self.taken: set[int] = {self.row_of[code] for code in self.given if code in self.row_of}
        self.open: list[tuple[Mention, list[int]]] = []

    def _scope(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Rows of the provinces that the new communes lie in: a list of the whole country holds many others."""
        if "province" not in self.before:
            return np.ones(len(self.before), dtype=bool)
        kept_codes = self.before["commune_code"].isin(set(self.after["commune_code"]))
        provinces = self.before.loc[kept_codes, "province"]
        inside = self.before["province"].isin(provinces.unique()) if len(provinces) else provinces.index.isin([])
        return np.asarray(inside if len(provinces) else np.ones(len(self.before), dtype=bool))

    def run(self) -> None:
        named = set(self.table()["new_code"])
        for row in self.after.itertuples():
            if row.commune_code in named:
                continue
            said = getattr(row, "merged_from", None)
            name = f"{getattr(row, 'kind', None) or ''} {row.name}".strip()
            if isinstance(said, str) and said.strip():
                self.open += [(mention, []) for mention in mentions(row.commune_code, name, said)]
        for way in (self._own_code, self._alone):
            self._sweep(way)
        while any(self._sweep(way) for way in (self._near, self._left, self._kind)):
            pass
        self._by_place()

    def _sweep(self, way: Any) -> bool:
        """Try one way on every open mention; those that it settles are no longer open."""
        left, settled = [], False
        for mention, _ in self.open:
            candidates, used = way(mention)
            if used:
                row = candidates[0]
                self.pairs.append((self.codes[row], mention.new_code, used, mention.part))
                if mention.part == "no":
                    self.taken.add(row)
                settled = True
            else:
                left.append((mention, candidates))
        self.open = left
        return settled

    def _own_code(self, mention: Mention) -> tuple[list[int], str]:
        """A new commune bears the code of one that went into it: where the name agrees too, it is that one."""
        row = self.row_of.get(mention.new_code)
        if row is None or row in self.taken or mention.part != "no":
            return [], ""
        return [row], "code" if row in self._candidates(mention) else ""

    def _alone(self, mention: Mention) -> tuple[list[int], str]:
        candidates = self._candidates(mention)
        used = "district" if mention.parent else "name"
        return candidates, used if len(candidates) == 1 and self._may_take(candidates[0], mention) else ""

    def _left(self, mention: Mention) -> tuple[list[int], str]:
        """What is left when those that are matched are taken away."""
        candidates = self._candidates(mention)
        free = [row for row in candidates if row not in self.taken]
        return free or candidates, "elimination" if len(free) == 1 else ""

    def _may_take(self, row: int, mention: Mention) -> bool:
        """A commune goes into one other, unless the words say that it was divided."""
        if row not in self.taken or mention.part != "no":
            return True
        return any(part != "no" for old, _, _, part in self.pairs if old == self.codes[row])

    def _near(self, mention: Mention) -> tuple[list[int], str]:
        """The namesake in the district of the others that went into the same new commune."""
        free = [row for row in self._candidates(mention) if row not in self.taken]
        others = [self.row_of[old] for old, new, *_ in self.pairs if new == mention.new_code and old in self.row_of]
        if mention.new_code in self.row_of:
            others.append(self.row_of[mention.new_code])
        for column in ("parent_code", "parent_name", "province"):
            if column in self.before and others:
                values = self.before[column]
                near = [row for row in free if values[row] in {values[other] for other in others}]
                if len(near) == 1:
                    return near, "neighbours"
        return free, ""

    def _kind(self, mention: Mention) -> tuple[list[int], str]:
        """The namesake of the same kind; last, because lists mistake one kind for the other."""
        kind = place_name(mention.name).kind
        free = [row for row in self._candidates(mention) if row not in self.taken]
        same = [row for row in free if kind in (self.kinds[row], self.names[row].kind)]
        return (same, "kind") if len(same) == 1 else (free, "")

    def _candidates(self, mention: Mention) -> list[int]:
        wanted = place_name(mention.name)
        rows = self.by_name.get(wanted.folded, [])
        if mention.parent:
            rows = [row for row in rows if self._is_parent(row, mention.parent)]
        return [row for row in rows if self.names[row].spelled == wanted.spelled] or rows

    def _is_parent(self, row: int, parent: str) -> bool:
        if "parent_name" not in self.before:
            return True
        return place_name(str(self.before["parent_name"][row])).folded == place_name(parent).folded

    def _by_place(self) -> None:
        """Match what is left of both sides by area, where the old list has polygons."""
        areas = isinstance(self.before, gpd.GeoDataFrame) and isinstance(self.after, gpd.GeoDataFrame)
        matched = {old for old, *_ in self.pairs}
        rest = [row for row in np.flatnonzero(self.in_scope) if self.codes[row] not in matched]
        if not (areas and rest):
            return
        new = self.after.to_crs(WGS84)
        for row in rest:
            shape = self.before.geometry.to_crs(WGS84).iloc[row]
            near = new.iloc[new.sindex.query(shape, predicate="intersects")]
            shares = shapely.area(shapely.intersection(near.geometry.to_numpy(), shape)) / shape.area
            if len(shares) and shares.max() > LEAST_SHARE:
                code = near["commune_code"].iloc[int(np.argmax(shares))]
                self.pairs.append((self.codes[row], str(code), "place", "no"))
        settled = {old for old, *_ in self.pairs}
        self.open = [
            (mention, candidates)
            for mention, candidates in self.open
            if not any(self.codes[row] in settled for row in candidates)
        ]

    def table(self) -> pd.DataFrame:
        """Return the pairs, of a divided commune the main part first: what is left of it, or what no word limits."""
        frame = pd.DataFrame(self.pairs, columns=CROSSWALK.names).drop_duplicates(["old_code", "new_code"])
        divided = frame["old_code"].duplicated(keep=False)
        frame["part"] = frame["part"].mask(divided & (frame["part"] == "no") & (frame["way"] != "table"), "part")
        order = frame["part"].map({"rest": 0, "no": 1, "part": 2}).astype(int)
        return frame.assign(order=order).sort_values(["old_code", "order"], kind="stable", ignore_index=True)[
            CROSSWALK.names
        ]

    def report(self) -> pd.DataFrame:
        table = self.table()
        cases = []
        for mention, rows in self.open:
            problem = "ambiguous" if len(rows) > 1 else "unmatched"
            cases.append(("after", problem, mention.new_code, mention.name, mention.parent, self._listed(rows)))
        spoken = {mention.new_code for mention, _ in self.open} | set(table["new_code"])
        # A table without the old list names what was merged; whoever is not in it kept its code.
        silent = self.after[~self.after["commune_code"].isin(spoken) & self.whole]
        cases += [("after", "unmatched", row.commune_code, row.name, "", "") for row in silent.itertuples()]
        strange = set(table["new_code"]) - set(self.after["commune_code"])
        cases += [("after", "unmatched", code, "", "", "") for code in sorted(strange)]
        matched = set(table["old_code"])
        lost = [int(row) for row in np.flatnonzero(self.in_scope) if self.codes[row] not in matched]
        cases += [("before", "unmatched", *self._told(row), "") for row in lost]
        for code, parts in table[table["old_code"].duplicated(keep=False)].groupby("old_code"):
            told = self._told(self.row_of[code]) if code in self.row_of else (code, code, "")
            cases.append(("before", "split", *told, ", ".join(parts["new_code"])))
        columns = ["vintage", "problem", "commune_code", "name", "parent_name", "candidates"]
        return pd.DataFrame(cases, columns=columns)

    def _told(self, row: int) -> tuple[str, str, str]:
        parent = self.before["parent_name"][row] if "parent_name" in self.before else ""
        return self.codes[row], str(self.before["name"][row]), str(parent or "")

    def _listed(self, rows: list[int]) -> str:
        return "; ".join(" ".join(filter(None, self._told(row))) for row in rows)
