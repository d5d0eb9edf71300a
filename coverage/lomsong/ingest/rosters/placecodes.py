"""Codes of places from their names, where these have one code only."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import fold_text
from lomsong.ingest.communes.placenames import place_name


def coded(kept: pd.DataFrame, code: str, names: tuple[str, ...], known: Sequence[pd.DataFrame | None]) -> pd.Series:
    """Fill missing codes from rows of ``known`` of the same names, where these have one code only.

    A row without commune in a list that tells communes is left out: its hamlet is not that of all who tell none.
    """
    wanted = kept[code].isna() & kept[names[0]].notna()
    if not wanted.any():
        return kept[code]
    for table in known:
        if table is None or not {code, *names} <= set(table.columns):
            continue
        within = table[list(names[1:])].notna()
        key = name_key(table, names).where(within.all(axis=1).to_numpy() | ~within.to_numpy().any(), None)
        pairs = pd.DataFrame({"key": key, "code": table[code].to_numpy(dtype=object)}).dropna().drop_duplicates()
        unique = pairs[~pairs["key"].duplicated(keep=False)].set_index("key")["code"]
        found = name_key(kept, names).map(unique)
        kept = kept.assign(**{code: kept[code].where(kept[code].notna() | found.isna(), found)})
    return kept[code]


def name_key(table: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Return the names of each row, folded and put together; missing where the first is, on a new index."""
    parts: list[NDArray[np.object_]] = []
    for name in names:
        at, unique = pd.factorize(table[name].fillna("").astype(str))
        fold = _place_folded if name in ("commune_name", "parent_name") else _folded
        folded = np.array([*(fold(str(value)) for value in unique), ""], dtype=object)
        parts.append(folded[at])
    key = parts[0]
    for part in parts[1:]:
        key = key + "\0" + part
    return pd.Series(key, dtype=object).where(parts[0] != "", None)


def _folded(name: str) -> str:
    """Return a name for comparing: Ấp 01 is Ấp 1."""
    return re.sub(r"\b0+(?=\d)", "", fold_text(name))


def _place_folded(name: str) -> str:
    return place_name(name).folded
