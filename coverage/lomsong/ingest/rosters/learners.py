"""Lists of learners, one row a learner: read, freed of names and telephones, and counted once across all files."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.errors import ColumnError, DataError, UsageError
from lomsong.geo import bare_code, fold_text
from lomsong.ingest.files.opening import match_columns, read_table, split_layer
from lomsong.ingest.files.sheets import read_raw
from lomsong.ingest.files.sources import Source, sources
from lomsong.ingest.quality import Sieve, flag, flag_file
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.births import births
from lomsong.ingest.rosters.devices import has_device
from lomsong.ingest.rosters.doubles import SIMILAR_RATIO, Doubles, find_doubles
from lomsong.ingest.rosters.names import compared, joined, usually_whole
from lomsong.ingest.rosters.placecodes import coded, name_key
from lomsong.ingest.rosters.roster import cells, flag_personal
from lomsong.tables import FLAGS, LEARNERS, LEARNERS_ONCE
from lomsong.texts import fault, text

NO_CODE = frozenset({"", "x", "khong", "khongco", "chua", "chuaco", "chuacap", "none", "null", "nan", "na"})
"""What stands in a column of codes instead of one, folded and without spaces."""

KEPT = ("hamlet_id", "hamlet_name", "commune_code", "commune_name", "parent_name", "school_id", "school_name")
"""Columns of places that leave the reader as they are."""

DEVICE_RANK = {"yes": 0, "no": 1, "unknown": 2}
"""Of several rows of one child the one is kept that says yes: who has a device by any list needs none."""

COPY_ROWS = 5
"""A list of fewer rows is never taken for a copy of another as a whole; its learners are compared one by one."""

DROPPED, HASHED, YEAR_KEPT = (
    ("name", "family_name", "head_name", "class", "gender"),
    ("learner_id", "phone"),
    "birth_date",
)


@dataclass(frozen=True)
class Learners(Reading):
    """Learners of one or more lists, counted once.

    Attributes
    ----------
    rows
        What became of every row read: source_file, source_row, school_id, school_name, commune_code, commune_name,
        parent_name, has_device, ``check`` (empty: counted) and ``already_equipped`` (says no, while another list says
        yes of the same child). Totals lines are among them.
    """

    rows: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass
class _List:
    """One file as read: what is kept, what is only compared, and what became of its rows."""

    name: str
    kept: pd.DataFrame
    people: pd.DataFrame
    sieve: Sieve
    check: NDArray[np.object_]
    content: int

    def reject(self, check: str, failed: NDArray[np.bool_], value: Any = "", limit: str = "", column: str = "") -> None:
        """Charge rows and remember to which check."""
        before = self.sieve.open.copy()
        self.sieve.reject(check, failed, value, limit, column)
        self.check[before & ~self.sieve.open] = check

    def account(self) -> Reading:
        """Close the account of the file."""
        rejects = self.sieve.rejects()
        accepted = len(self.kept) - len(rejects)
        line = (self.name, LEARNERS.name, len(self.kept), accepted, len(rejects))
        columns = ["source_file", "table", "rows_read", "accepted", "rejected"]
        return Reading(self.kept[self.sieve.open], rejects, pd.DataFrame([line], columns=columns), self.sieve.flags())


def read_learners(
    paths: str | Path | Sequence[str | Path],
    *,
    salt: str = "",
    language: str = "en",
    schools: pd.DataFrame | None = None,
    hamlets: pd.DataFrame | None = None,
) -> Learners:
    """Read lists of learners and count each child once across all of them.

    Names, telephones, codes and full dates of birth are compared and then dropped: nothing of them is in the result,
    nor in its rejects. Of the rows of one child the first is kept, in the order of the files' names and of their rows;
    one that says that there is a device goes before one that says that there is none. What the row kept does not know
    of household, hamlet, commune or year is taken from the child's other rows.

    Parameters
    ----------
    paths
        Files, folders or globs; each file with its headings in Vietnamese or English.
    salt
        Secret text mixed into ``learner_key``; empty: one made anew in each run of the program, so that keys of two
        runs cannot be joined. Neither order nor counts depend on it.
    language
        Language of remedies and explanations.
    schools, hamlets
        Tables of that name, to give schools and hamlets named in the lists their codes and communes; or None.

    Returns
    -------
    Learners: table ``learners_once``, rejects (``learner_duplicate`` with the row that it repeats and the rule;
    ``code_duplicate`` where a code is that of another child), flags (``learner_similar``, ``personal_data``…).

    Raises
    ------
    DataError
        When a file cannot be read, or tells neither codes nor names.
    UsageError
        When ``paths`` is empty.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    if not named:
        raise fault(UsageError, "learners_no_files")
    lists = [_read(source, salt, language) for source in _sources(named)]
    _refuse_copies(lists)
    everyone = pd.concat([part.people for part in lists], ignore_index=True)
    kept = pd.concat([part.kept for part in lists], ignore_index=True)
    kept = _with_codes(kept, schools, hamlets)
    is_open = np.concatenate([part.sieve.open for part in lists])
    people = _located(everyone, kept)[is_open].reset_index(drop=True)
    doubles = find_doubles(people)
    open_rows = np.flatnonzero(is_open)
    _charge(lists, kept, open_rows, doubles)
    check = np.concatenate([part.check for part in lists])
    table = _once(kept, open_rows, check, people, doubles, salt)
    rows = kept[["source_file", "source_row", *KEPT[2:], "has_device"]].assign(check=check, already_equipped=False)
    device = people["device"].to_numpy()
    rows.loc[is_open, "already_equipped"] = (device == 1) & (device[doubles.keeper] == 0)
    account = [part.account() for part in lists]
    flags = pd.concat([*[part.sieve.flags() for part in lists], _file_flags(doubles, lists, language)])
    return Learners(
        table,
        pd.concat([reading.rejects for reading in account], ignore_index=True),
        pd.concat([reading.sources for reading in account], ignore_index=True),
        flags[FLAGS.names].reset_index(drop=True),
        rows,
    )


def _refuse_copies(lists: list[_List]) -> None:
    """Reject the rows of a list that holds the very rows of one before it, under another name."""
    seen: dict[tuple[int, int], _List] = {}
    for part in lists:
        first = seen.setdefault((len(part.kept), part.content), part)
        if first is not part and len(part.kept) >= COPY_ROWS:
            value = text("roster.same_file", part.sieve.language, file=first.name)
            part.reject("file_duplicate", part.sieve.open.copy(), value)


def _sources(names: Sequence[str | Path]) -> list[Source]:
    """Return what the paths name, each once, in the order of names; ``file.xlsx#Sheet`` is one sheet."""
    found: set[Source] = set()
    for name in names:
        file, layer = split_layer(str(name))
        sheet = layer is not None and Path(file).is_file()
        found |= {Source(Path(name))} if sheet else set(sources(name))
    return sorted(found, key=lambda source: (source.name, str(source.path)))


def _table(source: Source) -> pd.DataFrame:
    if not source.member:
        return read_table(source.path, LEARNERS, position=False)
    raw = read_raw(source, LEARNERS)
    if raw.empty:
        raise fault(DataError, "table_headings_only", file=source.name)
    return raw.rename(columns=match_columns([str(name) for name in raw.columns], LEARNERS))


def _read(source: Source, salt: str, language: str) -> _List:
    raw = _table(source).reset_index(drop=True)
    found = [column for column in LEARNERS.columns if column.name in raw]
    if not {"learner_id", "name", "family_name"} & set(raw.columns):
        headings = ", ".join(column.vi if language == "vi" else column.en for column in found)
        raise fault(ColumnError, "learners_unnamed", file=source.name, found=headings)
    texts = {name: cells(raw, name) for name in LEARNERS.names}
    name, head, household = _people_of(texts)
    born = births(texts["birth_date"], texts["birth_year"])
    device, strange = has_device(texts["has_device"], texts["no_device"])
    part = _List(
        source.name,
        _kept(texts, household, born, device, source.name, raw["source_row"].to_numpy()),
        _compared(texts, name, head, household, born, device, salt, f"{source.path}/{source.member}"),
        Sieve(source.name, raw["source_row"].to_numpy(), language, raw.get("sheet")),
        np.full(len(raw), "", dtype=object),
        int(pd.util.hash_pandas_object(raw[[column.name for column in found]], index=False).sum()),
    )
    totals = raw["is_total"].to_numpy(dtype=bool)
    # Tống Công Minh has a date of birth or a code; a line of totals has none, though its words may stand for one.
    is_child = (texts["learner_id"].str.contains(r"\d") | (born["year"] >= 0)).to_numpy(dtype=bool)
    part.reject("total_row", totals & ~is_child)
    nobody = ((part.people["name"] == "") & (part.people["code"] == "")).to_numpy()
    part.reject("code_missing", nobody, "", "", "learner_id, name")
    date = texts["birth_date"]
    part.reject(
        "date_unreadable", born["unreadable"].to_numpy(), _shape(date, born["unreadable"]), "dd/mm/yyyy", "birth_date"
    )
    part.sieve.flag(
        "birth_year_only", born["partial"].to_numpy(), _shape(date, born["partial"]), "dd/mm/yyyy", "birth_date"
    )
    flag_file(part.sieve, raw)
    part.sieve.flag("device_unknown", strange.to_numpy(), "", "", "has_device")
    if (household != texts["household_id"]).any():
        found = [column for column in found if column.name != "family_name"]
    for key, columns in (("dropped", DROPPED), ("hashed", HASHED), ("year_kept", (YEAR_KEPT,))):
        flag_personal(part.sieve, language, f"roster.{key}", [column for column in found if column.name in columns])
    return part


def _people_of(texts: dict[str, pd.Series]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return full name, head of household and household code; a column headed «Họ» or «Hộ» may be any of them."""
    name, family, head, household = (texts[key] for key in ("name", "family_name", "head_name", "household_id"))
    if not (family != "").any():
        return name, head, household
    if family.str.contains(r"\d", regex=True)[family != ""].mean() > 0.5:
        return name, head, household.where(household != "", family)
    if usually_whole(name):
        return name, head.where(head != "", family), household
    return joined(family, name), head, household


def _kept(
    texts: dict[str, pd.Series], household: pd.Series, born: pd.DataFrame, device: pd.Series, file: str,
    rows: NDArray[np.int64],
) -> pd.DataFrame:  # fmt: skip
    columns = {name: texts[name] for name in (*KEPT, "category")} | {"household_id": household}
    table = pd.DataFrame({name: values.where(values != "", None) for name, values in columns.items()}).astype(object)
    swapped = table["commune_code"].isna() & table["commune_name"].fillna("").astype(str).str.fullmatch(r"\d{5}")
    table["commune_code"] = table["commune_code"].where(~swapped, table["commune_name"])
    table["commune_name"] = table["commune_name"].mask(swapped, None)
    table["birth_year"] = born["year"].where(born["year"] >= 0).astype("Int64")
    return table.assign(has_device=device, source_file=file, source_row=rows)


def _compared(
    texts: dict[str, pd.Series], name: pd.Series, head: pd.Series, household: pd.Series, born: pd.DataFrame,
    device: pd.Series, salt: str, unit: str,
) -> pd.DataFrame:  # fmt: skip
    """Return what a row is compared by, as :func:`find_doubles` wants it, the places left out."""
    frame = compared(name).rename(columns={"folded": "name"})
    school = texts["school_id"].where(texts["school_id"] != "", texts["school_name"])
    return frame.assign(
        code=_codes(texts["learner_id"]),
        household=household.map(bare_code),
        phone=_phones(texts["phone"], salt),
        parent=compared(head)["folded"],
        **{"class": texts["class"]},
        unit=unit + "\0" + school.astype(str),
        day=born["day"],
        year=born["year"],
        device=device.map(DEVICE_RANK).astype(np.int64),
    ).reset_index(drop=True)


def _codes(values: pd.Series) -> pd.Series:
    """Return codes as they are compared; zeros in front do not count: a cell of numbers loses that of 075312000123."""
    codes = values.astype("string").str.upper().str.replace(r"[\s.\-_/']", "", regex=True)
    codes = codes.str.replace(r"^0+(?=\d+$)", "", regex=True).astype(object)
    at, unique = pd.factorize(codes)
    nothing = [not code.strip("0") or (len(code) < 10 and fold_text(code) in NO_CODE) for code in unique]
    return codes.mask(np.array([*nothing, True])[at], "")


def _phones(values: pd.Series, salt: str) -> pd.Series:
    """Return telephones as hashes, +84 and a lost 0 made one, of several the first; empty where a text is none."""
    text = values.astype("string")
    digits = text.str.replace(r"\D", "", regex=True)
    first = text.str.split(r"[/;,\n]|\s-\s|hoặc", regex=True).str[0].str.replace(r"\D", "", regex=True)
    digits = digits.mask(digits.str.len() > 13, first)
    digits = digits.str.replace(r"^0*84(\d{9})$", r"\1", regex=True).str.lstrip("0")
    at, unique = pd.factorize(digits.where(digits.str.len().between(8, 10), "").astype(object))
    hashes = np.array([*(hashed(phone, salt) if phone else "" for phone in unique), ""], dtype=object)
    return pd.Series(hashes[at], index=values.index, dtype=object)


@lru_cache(maxsize=1)
def _own_salt() -> bytes:
    return secrets.token_bytes(32)


def hashed(identity: str, salt: str) -> str:
    """Return the keyed BLAKE2b hash of a text, 24 hexadecimal digits; an empty salt is one of this run alone."""
    key = hashlib.blake2b(salt.encode(), digest_size=32).digest() if salt else _own_salt()
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), key=key, digest_size=12).hexdigest()


def _shape(values: pd.Series, wanted: pd.Series) -> pd.Series:
    """Return the texts wanted with every letter as a and every digit as 9: how something is written, not what."""
    return (
        values.where(wanted, "")
        .astype("string")
        .str.replace(r"\d", "9", regex=True)
        .str.replace(r"[^\W\d_]", "a", regex=True)
        .str.slice(0, 20)
    )


def _with_codes(kept: pd.DataFrame, schools: pd.DataFrame | None, hamlets: pd.DataFrame | None) -> pd.DataFrame:
    """Give schools, communes and hamlets that are named the code that goes with it, and rows the commune of these."""
    kept = kept.copy()
    # Where the lists themselves tell the code of a name, that goes for their other rows too.
    kept["commune_code"] = coded(kept, "commune_code", ("commune_name", "parent_name"), [kept, schools, hamlets])
    kept["commune_code"] = coded(kept, "commune_code", ("commune_name",), [kept, schools, hamlets])
    for code, name, table in (("school_id", "school_name", schools), ("hamlet_id", "hamlet_name", hamlets)):
        known = None if table is None else table.rename(columns={"name": name})
        kept[code] = coded(kept, code, (name, "commune_code"), [known, kept])
        if code == "school_id":
            kept[code] = coded(kept, code, (name,), [known, kept])
    for key, table in (("hamlet_id", hamlets), ("school_id", schools)):
        if table is not None and {key, "commune_code"} <= set(table.columns):
            known = table.dropna(subset=[key]).drop_duplicates(key).set_index(key)["commune_code"]
            kept["commune_code"] = kept["commune_code"].where(kept["commune_code"].notna(), kept[key].map(known))
    return kept


def _located(people: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Add hamlet, commune and school to what rows are compared by: codes, or names where there is no code."""
    commune = kept["commune_code"].where(kept["commune_code"].notna(), name_key(kept, ("commune_name", "parent_name")))
    name = name_key(kept, ("hamlet_name",))
    # Ấp 1 is in every commune: without one its name tells no place.
    told = (name.notna() & commune.notna()).to_numpy()
    named = np.full(len(kept), None, dtype=object)
    named[told] = name.to_numpy()[told] + "\0" + commune.to_numpy(dtype=object)[told]
    hamlet = kept["hamlet_id"].where(kept["hamlet_id"].notna(), named)
    school = kept["school_id"].where(kept["school_id"].notna(), name_key(kept, ("school_name",)))
    return people.assign(hamlet=hamlet, commune=commune, school=school)


def _charge(lists: list[_List], kept: pd.DataFrame, rows: NDArray[np.int64], doubles: Doubles) -> None:
    """Reject copies in their lists, each with the row that it repeats and the rule, and flag what is similar.

    ``rows`` are those of ``kept`` that were compared, in the order of ``doubles``.
    """
    sheets = np.concatenate([part.sieve.sheet for part in lists])
    places = kept[["source_file", "source_row"]].assign(sheet=sheets).iloc[rows]
    rule, other, near = (np.full(len(kept), fill, dtype=object) for fill in ("", -1, -1))
    rule[rows], other[rows], near[rows] = doubles.rule, doubles.twin_row, doubles.similar
    start = 0
    for part in lists:
        mine = slice(start, start + len(part.kept))
        start = mine.stop
        language = part.sieve.language
        for name in sorted(set(rule[mine]) - {""}):
            shared = name == "shared"
            told = _told("code_of_other" if shared else f"same_{name}", other[mine], places, language)
            limit = text(f"roster.rule_{'code' if shared else name}", language)
            column = "learner_id" if name in ("code", "shared") else "name"
            part.reject("code_duplicate" if shared else "learner_duplicate", rule[mine] == name, told, limit, column)
        told = _told("similar_to", near[mine], places, language)
        limit = text("roster.rule_similar", language, ratio=f"{SIMILAR_RATIO:g}")
        part.sieve.flag("learner_similar", near[mine] >= 0, told, limit, "name")


def _told(key: str, others: NDArray[np.object_], places: pd.DataFrame, language: str) -> NDArray[np.object_]:
    """Return the sentence ``key`` with file, sheet and row of each row's other, empty where there is none."""
    told = np.full(len(others), "", dtype=object)
    for at in np.flatnonzero(others >= 0):
        file, row, sheet = places.iloc[others[at]]
        place = text("roster.at_sheet" if sheet else "roster.at", language, file=file, sheet=sheet, row=row)
        told[at] = text(f"roster.{key}", language, at=place)
    return told


def _once(
    kept: pd.DataFrame, rows: NDArray[np.int64], check: NDArray[np.object_], people: pd.DataFrame, doubles: Doubles,
    salt: str,
) -> pd.DataFrame:  # fmt: skip
    """Return the table ``learners_once``: the rows kept, with what their copies know more."""
    filled = ["household_id", "hamlet_id", "hamlet_name", "commune_code", "commune_name", "parent_name", "category"]
    table = kept.iloc[rows].reset_index(drop=True)
    chosen = np.flatnonzero(check[rows] == "")
    copies = np.flatnonzero(doubles.keeper != np.arange(len(rows)))
    for name in [*filled, "birth_year"]:
        known = copies[table[name].iloc[copies].notna().to_numpy()]
        first = pd.Series(table[name].to_numpy(dtype=object)[known], index=doubles.keeper[known])
        first = first[~first.index.duplicated()]
        blank = table.index.isin(first.index) & table[name].isna().to_numpy()
        table.loc[blank, name] = first.reindex(table.index[blank]).to_numpy()
    table["learner_key"] = _keys(people, doubles, salt)
    return table.iloc[chosen].reset_index(drop=True)[LEARNERS_ONCE.names]


def _keys(people: pd.DataFrame, doubles: Doubles, salt: str) -> pd.Series:
    """Return the hash of each row's child: of the code where there is one, else of name, birth and home."""
    plain = people[["name", "household", "hamlet", "commune", "school"]].fillna("").astype(str)
    identity = plain["name"] + "\0" + people["year"].astype(str) + "\0" + people["day"].astype(str)
    for name in ("household", "hamlet", "commune", "school"):
        identity = identity + "\0" + plain[name]
    coded = doubles.codes >= 0
    identity = ("n" + identity).where(~coded, "c" + people["code"].astype(str)).to_numpy(dtype=object)
    numbers, unique = pd.factorize(identity, sort=True)
    least = np.full(int(doubles.person.max(initial=-1)) + 1, len(unique))
    np.minimum.at(least, doubles.person, numbers)
    # Two children of whom nothing more is known than the same name still are two.
    again = pd.Series(least).groupby(least).cumcount().to_numpy()
    keys = [hashed(f"{unique[number]}\0{more}", salt) for number, more in zip(least, again, strict=True)]
    return pd.Series(np.array(keys, dtype=object)[doubles.person] if keys else [], dtype=object)


def _file_flags(doubles: Doubles, lists: list[_List], language: str) -> pd.DataFrame:
    told = [flag(part.name, "code_local", language, len(part.kept), 0, "", "", "learner_id") for part in lists
            if doubles.local and (part.people["code"] != "").any()]  # fmt: skip
    return pd.DataFrame(told, columns=FLAGS.names)
