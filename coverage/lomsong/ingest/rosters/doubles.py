"""Which rows of many lists are one and the same child, and by which rule.

Rows are linked by the code, then by name and birth together with household, parents' telephone, parent or place. The
children are the connected components of these links, so that their number depends on no order of files or rows. A row
that says less (no day of birth, no hamlet, a name without diacritics) counts as a copy of one that says more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Index = NDArray[np.int64]

SIMILAR_RATIO = 90.0
"""Names alike by so many percent (indel similarity of the folded names) are nearly the same."""

REACH = 60
"""In a group of more rows than this, only rows near to each other in the order of names are compared."""

LOCAL_CODES = 10
"""Codes are each list's own numbers when so many at least, and most, of those met in two lists are of two children."""

RULES = ("code", "household", "phone", "parent", "place")
"""In the order in which a copy is explained."""


@dataclass(frozen=True)
class Doubles:
    """Who is who among n rows.

    Attributes
    ----------
    person
        Number of the child of each row, shape (n,).
    keeper
        Row that stands for the child of each row, shape (n,); itself for those that are kept.
    rule
        Of :data:`RULES`, why a row is a copy, or ``shared``: its code is that of another child; empty for those kept.
    twin_row
        Row by which a copy is explained, -1 for those kept, shape (n,).
    similar
        Row kept that a kept row nearly equals, or -1, shape (n,).
    codes
        Number of the code where it tells who a child is, -1 elsewhere, shape (n,).
    local
        The codes count only within their own list.
    """

    person: Index
    keeper: Index
    rule: NDArray[np.object_]
    twin_row: Index
    similar: Index
    codes: Index
    local: bool


def find_doubles(people: pd.DataFrame) -> Doubles:
    """Tell which rows are the same child.

    Parameters
    ----------
    people
        One row a row of the lists, in the order in which the first is kept. Texts, missing where not known: code, name
        (folded), spelling, household, phone, parent, hamlet, commune, school, class, unit (the list); bare and stripped
        as in :func:`lomsong.ingest.rosters.names.compared`; day (days since 1900-01-01) and year of birth as numbers,
        -1 where not known; device 0 yes, 1 no, 2 not known.

    Returns
    -------
    Doubles. Of one child the row is kept that says yes about a device, else the one that says no, else the first.
    """
    facts = _numbered(people)
    codes, contested, local = _codes(facts, people["name"].to_numpy(dtype=object))
    identity = np.where((contested >= 0) | local, -1, codes)
    groups = {"code": [codes], **_by_name(facts, identity)}
    person = _components(len(people), [group for rule in groups.values() for group in rule])
    keeper = _keepers(person, facts["device"].to_numpy())
    rule, twin_row = _explained(groups, keeper)
    _refuse_shared(person, keeper, contested, rule, twin_row)
    kept = (keeper == np.arange(len(people))) & (rule == "")
    similar = _similar(facts, people["name"].to_numpy(dtype=object), kept)
    return Doubles(person, keeper, rule, twin_row, similar, identity, bool(local.any()))


def _numbered(people: pd.DataFrame) -> pd.DataFrame:
    """Return every text as its number in alphabetical order, -1 where missing: order never tells on the result."""
    texts = ("code", "name", "spelling", "household", "phone", "parent", "hamlet", "commune", "school", "class", "unit")
    columns = {}
    for name in texts:
        numbers, unique = pd.factorize(people[name].to_numpy(dtype=object))
        words = np.array([str(word) for word in unique], dtype=object)
        rank = np.empty(len(words) + 1, dtype=np.int64)
        rank[np.argsort(words)] = np.arange(len(words))
        rank[:-1][words == ""] = -1
        rank[-1] = -1  # what is missing is numbered -1 and takes the last
        columns[name] = rank[numbers]
    for name in ("day", "year", "device"):
        columns[name] = people[name].to_numpy(dtype=np.int64)
    frame = pd.DataFrame(columns)
    return frame.assign(bare=people["bare"].to_numpy(bool), stripped=people["stripped"].to_numpy(bool))


def combined(*keys: Index) -> Index:
    """Return one number for each combination of keys, in their order; -1 where any is -1."""
    result, missing = np.asarray(keys[0], dtype=np.int64), np.asarray(keys[0]) < 0
    for key in keys[1:]:
        missing = missing | (key < 0)
        width = int(np.max(key, initial=0)) + 1
        _, result = np.unique(np.where(missing, 0, result * width + key), return_inverse=True)
    return np.where(missing, -1, result)


def _filled(group: Index, detail: Index) -> Index:
    """Return ``detail`` with what is missing filled by the least of its group; 0 where no row of the group knows it."""
    known = detail >= 0
    least = np.full(int(group.max(initial=0)) + 2, np.iinfo(np.int64).max)
    np.minimum.at(least, group[known], detail[known])
    found = least[group]
    return np.where(known, detail + 1, np.where(found == np.iinfo(np.int64).max, 0, found + 1))


def _narrowed(facts: pd.DataFrame, hard: Sequence[Index], soft: Sequence[Index]) -> Index:
    """Return groups that agree in all ``hard`` keys, in those ``soft`` ones that they know, and in spelling."""
    group = combined(*hard)
    rows = np.flatnonzero(group >= 0)
    part = group[rows]
    for detail in soft:
        part = combined(part, _filled(part, detail[rows]))
    spelling = facts["spelling"].to_numpy()[rows]
    exact = np.where(facts["stripped"].to_numpy()[rows], spelling, -1)
    told = _filled(part, exact)
    part = combined(part, np.where(facts["bare"].to_numpy()[rows] & (told > 0), told, spelling + 1))
    group[rows] = part
    return group


def _by_name(facts: pd.DataFrame, codes: Index) -> dict[str, list[Index]]:
    """Return the groups of the rules that go by name and birth."""
    fact = {name: facts[name].to_numpy() for name in facts}
    name, day, year = fact["name"], fact["day"], fact["year"]

    def groups(hard: Sequence[Index], soft: Sequence[Index] = ()) -> Index:
        return _narrowed(facts, hard, soft)

    return {
        "household": [
            groups((name, day, fact["household"])),
            # A household code may be one commune's own: with the year alone the communes must not differ.
            groups((name, year, fact["household"]), (fact["commune"], day)),
        ],
        "phone": [groups((name, year, fact["phone"]), (day,))],
        "parent": [groups((name, day, fact["parent"]))],
        "place": [
            groups((name, day, fact["hamlet"])),
            # Thousands live in a commune or learn at a school: two codes there may well be two children.
            groups((name, day, fact["commune"]), (fact["hamlet"], codes)),
            groups((name, day, fact["school"]), (fact["hamlet"], codes)),
        ],
    }


def _components(count: int, groups: Sequence[Index]) -> Index:
    heads, tails = [], []
    for group in groups:
        rows = np.flatnonzero(group >= 0)
        first = np.full(int(group.max(initial=-1)) + 1, -1)
        first[group[rows][::-1]] = rows[::-1]
        heads.append(rows)
        tails.append(first[group[rows]])
    head, tail = np.concatenate(heads), np.concatenate(tails)
    links = coo_matrix((np.ones(len(head), dtype=np.int8), (head, tail)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _keepers(person: Index, device: Index) -> Index:
    order = np.lexsort([np.arange(len(person)), device, person])
    first = np.ones(len(order), dtype=bool)
    first[1:] = person[order][1:] != person[order][:-1]
    keeper = np.empty(int(person.max(initial=-1)) + 1, dtype=np.int64)
    keeper[person[order][first]] = order[first]
    return keeper[person]


def _explained(groups: dict[str, list[Index]], keeper: Index) -> tuple[NDArray[np.object_], Index]:
    """Return rule and row by which each copy is explained: the row kept where it can be, else another copy."""
    rule = np.full(len(keeper), "", dtype=object)
    other = np.full(len(keeper), -1)
    open_rows = keeper != np.arange(len(keeper))
    for name in RULES:
        for group in groups[name]:
            hit = open_rows & (group >= 0) & (group == group[keeper])
            rule[hit], other[hit] = name, keeper[hit]
            open_rows &= ~hit
    for name in RULES:
        for group in groups[name]:
            rows = np.flatnonzero(group >= 0)
            size = int(group.max(initial=-1)) + 1
            first, last = np.full(size, -1), np.full(size, -1)
            first[group[rows][::-1]] = rows[::-1]
            last[group[rows]] = rows
            found = np.where(first[group[rows]] != rows, first[group[rows]], last[group[rows]])
            hit = open_rows[rows] & (found != rows)
            rule[rows[hit]], other[rows[hit]] = name, found[hit]
            open_rows[rows[hit]] = False
    return rule, other


def _neighbours(group: Index, *order: Index) -> Iterator[tuple[Index, Index]]:
    """Yield pairs of rows of one group, each pair once; in large groups only those near in ``order``."""
    rows = np.flatnonzero(group >= 0)
    rows = rows[np.lexsort([key[rows] for key in (*reversed(order), group)])]
    part = group[rows]
    for step in range(1, REACH + 1):
        same = np.flatnonzero(part[:-step] == part[step:])
        if not len(same):
            return
        yield rows[same], rows[same + step]


def _alike(names: NDArray[np.object_], first: Index, second: Index) -> NDArray[np.bool_]:
    ratio = process.cpdist(names[first].tolist(), names[second].tolist(), scorer=fuzz.ratio, dtype=np.float32)
    return np.asarray(ratio >= SIMILAR_RATIO)


def _codes(facts: pd.DataFrame, names: NDArray[np.object_]) -> tuple[Index, Index, NDArray[np.bool_]]:
    """Return groups of rows that one code makes one child, contested codes (-1: not), and which codes are local."""
    code, unit = facts["code"].to_numpy(), facts["unit"].to_numpy()
    groups, contested = _split_codes(code, facts, names)
    local = np.zeros(len(code), dtype=bool)
    pairs = pd.DataFrame({"code": code, "unit": unit, "split": contested >= 0})[code >= 0]
    met = pairs.groupby("code").agg(units=("unit", "nunique"), split=("split", "any"))
    abroad = met[met["units"] > 1]
    if abroad["split"].sum() >= LOCAL_CODES and abroad["split"].mean() > 0.5:
        local = code >= 0
        groups, contested = _split_codes(combined(code, unit), facts, names)
    return groups, contested, local


def _split_codes(code: Index, facts: pd.DataFrame, names: NDArray[np.object_]) -> tuple[Index, Index]:
    """Take apart the rows of a code that clearly belong to several children."""
    name, size = facts["name"].to_numpy(), int(code.max(initial=-1)) + 1
    named = (code >= 0) & (name >= 0)
    least, most = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(least, code[named], name[named])
    np.maximum.at(most, code[named], name[named])
    mixed = named & np.isin(code, np.flatnonzero((least != most) & (most >= 0)))
    if not mixed.any():
        return code, np.full(len(code), -1)
    day, year = facts["day"].to_numpy(), facts["year"].to_numpy()
    edges = [_same_identity(code, mixed, name, year)]
    for first, second in _neighbours(np.where(mixed, code, -1), name, year, day):
        one = _alike(names, first, second)
        one |= _may_be_one_birth(day, year, first, second) & ~_siblings(facts, first, second)
        edges.append(np.stack([first[one], second[one]]))
    head, tail = np.concatenate(edges, axis=1)
    links = coo_matrix((np.ones(len(head), dtype=np.int8), (head, tail)), shape=(len(code), len(code)))
    part = connected_components(links, directed=False)[1]
    parts = pd.DataFrame({"code": code[mixed], "part": part[mixed]}).groupby("code")["part"].nunique()
    contested = np.where((code >= 0) & np.isin(code, parts.index[parts > 1].to_numpy()), code, -1)
    # A row without a name cannot say to which of the children it belongs: it stays by itself.
    own = np.where(named, part, len(code) + np.arange(len(code)))
    return combined(code, np.where(contested >= 0, own, 0)), contested


def _same_identity(code: Index, rows: NDArray[np.bool_], name: Index, year: Index) -> Index:
    """Return links between the rows of a code with the same name and year, whatever the size of the group."""
    group = combined(np.where(rows, code, -1), name, year + 1)
    at = np.flatnonzero(group >= 0)
    first = np.full(int(group.max(initial=-1)) + 1, -1)
    first[group[at][::-1]] = at[::-1]
    return np.stack([at, first[group[at]]])


def _may_be_one_birth(day: Index, year: Index, first: Index, second: Index) -> NDArray[np.bool_]:
    """Tell which pairs can have been born on one day: by the day where both know it, else by the year."""
    days = (day[first] >= 0) & (day[second] >= 0)
    years = (year[first] >= 0) & (year[second] >= 0)
    return np.where(days, day[first] == day[second], ~years | (year[first] == year[second]))


def _siblings(facts: pd.DataFrame, first: Index, second: Index) -> NDArray[np.bool_]:
    """Tell which pairs are born in one household: twins, when they have other names and the same day of birth."""
    household, day = facts["household"].to_numpy(), facts["day"].to_numpy()
    return (household[first] >= 0) & (household[first] == household[second]) & (day[first] >= 0)


def _refuse_shared(person: Index, keeper: Index, contested: Index, rule: NDArray[np.object_], twin_row: Index) -> None:
    """Keep one child of each contested code and mark the others, unless a row of theirs has a code of its own."""
    frame = pd.DataFrame({"person": person, "sound": contested < 0, "code": contested})
    frame["code"] = frame["code"].where(~frame["sound"])
    by_person = frame.groupby("person").agg(sound=("sound", "any"), code=("code", "min"))
    doubtful = by_person[~by_person["sound"]]
    if doubtful.empty:
        return
    row = pd.Series(keeper, index=person).groupby(level=0).first()
    order = doubtful.assign(row=row[doubtful.index]).sort_values("row", kind="stable")
    refused = order[order["code"].duplicated()]
    kept = order.drop_duplicates("code").set_index("code")["row"]
    rows = refused["row"].to_numpy(dtype=np.int64)
    rule[rows] = "shared"
    twin_row[rows] = refused["code"].map(kept).to_numpy(dtype=np.int64)


def _similar(facts: pd.DataFrame, names: NDArray[np.object_], kept: NDArray[np.bool_]) -> Index:
    """Return for each row kept an earlier one that it nearly equals: same birth, and same household or hamlet."""
    similar = np.full(len(kept), -1)
    fact = {name: np.where(kept, facts[name].to_numpy(), -1) for name in facts if name not in ("bare", "stripped")}
    for place in (fact["household"], fact["hamlet"]):
        for first, second in _neighbours(combined(fact["year"], place), fact["name"], fact["day"]):
            named = (fact["name"][first] >= 0) & (fact["name"][second] >= 0)
            near = named & _may_be_one_birth(fact["day"], fact["year"], first, second)
            early, late = first[near], second[near]
            close = _alike(names, early, late)
            _note(similar, early[close], late[close])
    classes = combined(fact["school"], fact["class"])
    for place in (fact["household"], fact["hamlet"], classes):
        # Without a birth nothing tells two children of one name apart: the same name at one place is told.
        for first, second in _neighbours(combined(fact["name"], place), fact["year"], fact["day"]):
            blank = (fact["year"][first] < 0) | (fact["year"][second] < 0)
            _note(similar, first[blank], second[blank])
    return similar


def _note(similar: Index, first: Index, second: Index) -> None:
    late, early = np.maximum(first, second), np.minimum(first, second)
    fresh = similar[late] < 0
    similar[late[fresh]] = early[fresh]
