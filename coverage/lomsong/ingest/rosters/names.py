"""Names of people, brought to a form in which they can be compared; nothing here is ever kept.

A Vietnamese name is compared twice. Folded (no case, no diacritics) it tells who may be one person. Spelled, with
diacritics brought to one form, it tells twins apart whose names differ by a tone only, Hoàng Anh and Hoàng Ánh.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from lomsong.geo import fold_text

TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
"""Huyền, sắc, ngã, hỏi, nặng as combining marks."""


def compared(names: pd.Series) -> pd.DataFrame:
    """Bring full names to the forms in which they are compared.

    Parameters
    ----------
    names
        Texts, shape (n,); missing or empty where there is no name.

    Returns
    -------
    Frame on the index of ``names``: ``folded`` (empty: no name), ``spelling`` (words after the first, or the only one,
    with their diacritics in one form), ``bare`` (no diacritics in the whole name) and ``stripped`` (spelled so that a
    bare name of the same folded form must have lost its diacritics: one in the first word, or in two words).
    """
    codes, unique = pd.factorize(names.fillna("").astype(str))
    cache: dict[str, tuple[str, str]] = {}
    rows = [_compared(str(name), cache) for name in unique]
    table = pd.DataFrame(rows, columns=["folded", "spelling", "bare", "stripped"])
    if table.empty:
        table = table.astype({"folded": object, "spelling": object, "bare": bool, "stripped": bool})
    return table.iloc[codes].set_axis(names.index)


def _compared(name: str, cache: dict[str, tuple[str, str]]) -> tuple[str, str, bool, bool]:
    folded, spelled = [], []
    for word in name.split():
        if word not in cache:
            cache[word] = (_folded(word), _spelled(word))
        plain, exact = cache[word]
        if plain:
            folded.append(plain)
            spelled.append(exact)
    marked = [plain != exact for plain, exact in zip(folded, spelled, strict=True)]
    stripped = bool(marked) and (marked[0] or sum(marked) > 1)
    return " ".join(folded), " ".join(spelled[1:] or spelled), not any(marked), stripped


def _folded(word: str) -> str:
    return fold_text("".join(letter for letter in word if unicodedata.category(letter) != "Cf"))


def _spelled(word: str) -> str:
    """Return a word in lower case, its tone after its letters: hoà and hòa are one spelling, and NFC and NFD."""
    letters = [letter for letter in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(letter) != "Cf"]
    tones = "".join(letter for letter in letters if letter in TONES)
    letters = [letter for letter in letters if letter not in TONES]
    kept = "".join(letter if letter.isalnum() or unicodedata.combining(letter) else " " for letter in letters)
    return " ".join(unicodedata.normalize("NFC", kept).split()) + tones


def joined(family: pd.Series, given: pd.Series) -> pd.Series:
    """Return full names of which the family and the given name stand in two columns."""
    return (family.fillna("").astype(str) + " " + given.fillna("").astype(str)).str.strip()


def usually_whole(names: pd.Series) -> bool:
    """Tell whether most of the names given have two words or more."""
    filled = names[names.fillna("").astype(str).str.strip() != ""].astype(str)
    return bool(len(filled) and np.mean(filled.str.split().str.len() > 1) > 0.5)
