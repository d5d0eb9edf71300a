"""Which operator a row belongs to: by MCC-MNC, by name, or by an alias."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from lomsong.geo import fold_text
from lomsong.ingest.surveys.rows import Rows, Words
from lomsong.tables import OPERATOR_CODES, operator_within

NOT_A_NAME = frozenset({"", "-", "--", "no coverage", "unknown", "none", "null", "nan", "n a", "unavailable", "0"})

CODE = r"\d{3}[ .-]?\d{1,3}(?:\.0)?"
"""MCC and MNC in the place of a name."""


def operator_slug(name: pd.Series, code: pd.Series) -> pd.Series:
    """Return the identifier of the operator of each row; empty where neither name nor code tells.

    Parameters
    ----------
    name
        Operator names as logged, texts; one may be MCC-MNC.
    code
        MCC-MNC as digits, with or without a dash. A code seen with a name elsewhere in the file stands for that name.
    """
    names, codes_told = (texts.astype("string").fillna("").str.strip() for texts in (name, code))
    in_place = names.where(names.str.fullmatch(CODE), "")
    digits = _map(codes_told.where(codes_told != "", in_place), code_digits)
    by_name = _map(names, slug_of_name)
    known = pd.DataFrame({"digits": digits, "slug": by_name})
    known = known[(known["digits"] != "") & (known["slug"] != "")].drop_duplicates("digits").set_index("digits")["slug"]
    codes = known.to_dict() | OPERATOR_CODES
    by_code = _map(digits, lambda code: codes.get(code, ""))
    return by_code.where(by_code != "", by_name)


def slug_of_name(name: str) -> str:
    """Return the identifier that a name stands for, or an empty text."""
    folded = fold_text(name)
    if folded in NOT_A_NAME:
        return ""
    within = "" if re.search("[,/;+]", name) else operator_within(folded)  # a list of names is no name
    return within or folded.replace(" ", "_")


def _map(values: pd.Series, function: Callable[[str], str]) -> pd.Series:
    unique = {value: function(value) for value in values.unique()}
    return values.map(unique).astype(object)


class Operators:
    """Identifiers of operators, row by row of one file; what name a code stood with is remembered from block to block.

    Parameters
    ----------
    given
        Operator of all rows, a name or MCC-MNC; None: as the rows say.
    """

    def __init__(self, given: str | None = None) -> None:
        self.given = None if given is None else slug_of(given, given if given.isdigit() else "", {})
        self._codes: dict[str, str] = {}
        self._rows: dict[str, int] = {}

    def of_rows(self, rows: Rows) -> Words:
        """Return the identifier of each row, empty where neither name nor code tells."""
        nothing = Words(np.zeros(len(rows), dtype=np.int32), [self.given or ""])
        if self.given is not None:
            return nothing
        names, codes = rows.words.get("operator", nothing), rows.words.get("mccmnc", nothing)
        if codes is nothing and {"mcc", "mnc"} <= rows.numbers.keys():
            mcc, mnc = rows.numbers["mcc"], rows.numbers["mnc"]
            told = (mcc >= 1) & (mcc <= 999) & (mnc >= 0) & (mnc <= 999)
            found, unique = pd.factorize(np.where(told, mcc * 1000 + mnc, 0).astype(np.int64))
            texts = [f"{pair // 1000:03d}{pair % 1000:02d}" if pair >= 1000 else "" for pair in unique]
            codes = Words(found.astype(np.int32), texts)
        return self._of(names, codes)

    def _of(self, names: Words, codes: Words) -> Words:
        pairs, unique = pd.factorize(names.codes.astype(np.int64) * max(len(codes.names), 1) + codes.codes)
        found = [(names.names[pair // len(codes.names)], codes.names[pair % len(codes.names)]) for pair in unique]
        for name, code in found:
            digits = code_digits(code)
            if digits and slug_of_name(name):
                self._codes.setdefault(digits, slug_of_name(name))
        slugs = [slug_of(name, code, self._codes) for name, code in found]
        for slug, count in zip(slugs, np.bincount(pairs, minlength=len(found)).tolist(), strict=True):
            if slug:
                self._rows[slug] = self._rows.get(slug, 0) + count
        return Words(pairs.astype(np.int32), slugs)

    @property
    def most(self) -> str:
        """Operator named most often so far, or an empty text."""
        return self.given or min(self._rows, key=lambda slug: (-self._rows[slug], slug), default="")


def slug_of(name: str, code: str, codes: Mapping[str, str]) -> str:
    """Return the identifier for a name and a code; ``codes`` holds what names codes stood with elsewhere."""
    named = name if re.fullmatch(r"[\d .-]+", name) else ""  # a code in the place of the name
    digits = code_digits(code) or code_digits(named)
    known = OPERATOR_CODES.get(digits) or codes.get(digits) or slug_of_name("" if named else name)
    if not known and len(digits) > 6:  # a cell's global identity begins with that of its network
        return OPERATOR_CODES.get(digits[:5], "")
    # A foreign network without a name is known by its code.
    return known or (digits if 5 <= len(digits) <= 6 and int(digits) else "")


def code_digits(code: str) -> str:
    """Return MCC and MNC as digits, the MNC with two at least.

    Examples
    --------
    >>> code_digits("452-04"), code_digits("45204.0"), code_digits("452 4")
    ('45204', '45204', '45204')
    """
    digits = re.sub(r"\D", "", re.sub(r"\.0$", "", code.strip()))
    return f"{digits[:3]}0{digits[3]}" if len(digits) == 4 else digits
