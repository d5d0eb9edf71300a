"""Which operator a row belongs to: by MCC-MNC, by name, or by an alias."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lomsong.geo import fold_text
from lomsong.tables import OPERATOR_ALIASES, OPERATOR_CODES

NOT_A_NAME = frozenset({"", "-", "--", "no coverage", "unknown", "none", "null", "nan"})


def operator_slug(name: pd.Series, code: pd.Series) -> pd.Series:
    """Return the identifier of the operator of each row; empty where neither name nor code tells.

    Parameters
    ----------
    name
        Operator names as logged, texts.
    code
        MCC-MNC as digits, with or without a dash. A code seen with a name elsewhere in the file stands for that name.
    """
    digits = code.astype("string").fillna("").str.replace(r"\D", "", regex=True)
    by_name = _map(name.astype("string").fillna(""), _slug_of_name)
    known = pd.DataFrame({"digits": digits, "slug": by_name})
    known = known[(known["digits"] != "") & (known["slug"] != "")].drop_duplicates("digits").set_index("digits")["slug"]
    codes = known.to_dict() | OPERATOR_CODES
    by_code = _map(digits, lambda code: codes.get(code, ""))
    return by_code.where(by_code != "", by_name)


def _slug_of_name(name: str) -> str:
    folded = fold_text(name)
    if folded in NOT_A_NAME:
        return ""
    return OPERATOR_ALIASES.get(folded, folded.replace(" ", "_"))


def _map(values: pd.Series, function: Callable[[str], str]) -> pd.Series:
    unique = {value: function(value) for value in values.unique()}
    return values.map(unique).astype(object)
