"""How poor a household is, and to what it is entitled, as rosters write it: "Hộ nghèo", "Cận nghèo, con liệt sĩ"."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import fold_text

_DENIED = r"\b(?:khong|chua|k|ko)(?: (?:phai|thuoc|la|co|dien|doi tuong|ho|gia dinh|con|duoc huong))* "
_NOT_POOR = re.compile(
    rf"{_DENIED}(?:can )?ngheo(?: (?:hoac |va |hay )?(?:ho )?can ngheo)?\b|"
    r"(?<!chua )\bthoat (?:can )?ngheo\b|\bno[nt] poor\b"
)
_NOT_ENTITLED = re.compile(rf"{_DENIED}(?:cong|chinh sach|bao tro|khuyet tat|tan tat|mo coi|thuong binh|liet s[iy])\b")
_CATEGORY_WORDS = {
    "near-poor": re.compile(r"\b(?:can ngheo|hcn|near poor)\b"),
    "poor": re.compile(r"\b(?:ngheo|hn|poor)\b"),
    "other": re.compile(r"\b(?:other|none|no|khac|khong|binh thuong|trung binh|kha|giau)\b"),
}
"""Tried in this order: who is near-poor is called poor by half of the words."""
_ENTITLEMENT_WORDS = {
    "merit": re.compile(r"\b(?:merit|co cong|thuong binh|liet s[iy]|benh binh|khang chien|chat doc)\b"),
    "policy": re.compile(r"\b(?:policy|chinh sach|bao tro|khuyet tat|tan tat|mo coi)\b"),
}


def household_classes(
    category: pd.Series, entitlement: pd.Series | None = None
) -> tuple[pd.Series, pd.Series, NDArray[np.bool_]]:
    """Tell how poor each household is, and to what it is entitled, from one column or from two.

    Parameters
    ----------
    category, entitlement
        Texts of the two columns, shape (n,); missing where nothing is said. Either may hold what belongs to the other.

    Returns
    -------
    category
        ``poor``, ``near-poor``, ``other``, None where nothing is said, or the text itself where it is not understood.
    entitlement
        ``merit``, ``policy`` or None; a text of its column that is not understood stays.
    strange
        True where a text was not understood, shape (n,).

    Examples
    --------
    >>> told = household_classes(pd.Series(["Hộ cận nghèo, con liệt sĩ"]))
    >>> told[0].tolist(), told[1].tolist()
    (['near-poor'], ['merit'])
    """
    first = _read(category)
    second = _read(pd.Series(None, index=category.index, dtype=object) if entitlement is None else entitlement)
    # "Không" in the column of entitlements says nothing of poverty.
    beside = second["category"].where(second["category"] != "other", "")
    poverty = first["category"].where(first["category"] != "", beside)
    right = second["entitlement"].where(second["entitlement"] != "", first["entitlement"])
    # "Gia đình có công" in the column of poverty says that the family is not listed as poor.
    poverty = poverty.mask((poverty == "") & (first["entitlement"] != ""), "other")
    strange = first["strange"] | (second["strange"] & (second["category"] != "other"))
    shown = poverty.mask(first["strange"], first["text"])
    claimed = right.mask(second["strange"] & (second["category"] == ""), second["text"])
    return shown.where(shown != "", None), claimed.where(claimed != "", None), strange.to_numpy(bool)


def _read(texts: pd.Series) -> pd.DataFrame:
    """Return category and entitlement of each text, empty where it names none, and which were not understood."""
    at, unique = pd.factorize(texts.fillna("").astype(str).str.strip())
    rows = [_one(str(value)) for value in unique]
    table = pd.DataFrame(rows, columns=["category", "entitlement", "strange", "text"], dtype=object)
    return table.iloc[at].set_axis(texts.index).astype({"strange": bool})


def _one(value: str) -> tuple[str, str, bool, str]:
    folded, not_poor = _NOT_POOR.subn("other", _NOT_ENTITLED.sub("none", fold_text(value)))
    category = next(
        (name for name, words in _CATEGORY_WORDS.items() if words.search(folded)), "other" if not_poor else ""
    )
    entitlement = next((name for name, words in _ENTITLEMENT_WORDS.items() if words.search(folded)), "")
    if entitlement and category == "other" and not not_poor:
        category = ""  # "chính sách khác" says nothing of poverty
    return category, entitlement, bool(value) and not category and not entitlement, value
