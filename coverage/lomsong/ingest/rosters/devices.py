"""Whether a learner has a device, as lists say it: a word, a cross, or the kind of the device."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.geo import fold_text

MARKS = frozenset({"x", "v", "1", "+", "*", "✓", "✔", "☑", "√", "✗", "×"})
"""What stands in a cell that is ticked. In a column of ticks alone an empty cell says the contrary."""

YES = frozenset(
    {"co", "da co", "yes", "y", "true", "dung", "co roi", "du", "dien thoai", "dien thoai thong minh", "smartphone",
     "may tinh", "may tinh bang", "may vi tinh", "may tinh xach tay", "laptop", "ipad", "tablet", "pc", "phone",
     "computer"}
)  # fmt: skip
NO = frozenset(
    {"khong", "chua", "khong co", "chua co", "no", "n", "false", "0", "k", "ko", "khong co thiet bi", "thieu", "none",
     "chua co thiet bi", "khong thiet bi"}
)  # fmt: skip
OPEN = frozenset({"", "chua ro", "khong ro", "chua biet", "unknown", "khong biet"})
LACKS = frozenset({"co", "yes", "y", "true", "dung", "chua", "chua co", "khong co", "thieu", "chua co thiet bi"})
"""In a column that asks who lacks a device."""
OWNS = frozenset({"khong", "no", "n", "false", "0", "da co", "k", "ko", "du"})


def has_device(has: pd.Series, lacks: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Tell from a column of who has a device, and one of who lacks one, which learners have one.

    Parameters
    ----------
    has, lacks
        Texts of the two columns, shape (n,); empty where a column is not there.

    Returns
    -------
    device
        ``yes``, ``no`` or ``unknown`` on the index of ``has``.
    strange
        True where a cell is filled, but cannot be understood, or where the two columns contradict each other.
    """
    first, odd = _answers(has, YES, NO, "yes", "no")
    second, odder = _answers(lacks, OWNS, LACKS, "no", "yes")
    against = (first != second) & (first != "unknown") & (second != "unknown")
    device = np.where(first == "unknown", second, first)
    device[against] = "unknown"
    return pd.Series(device, index=has.index, dtype=object), pd.Series(odd | odder | against, index=has.index)


def _answers(
    cells: pd.Series, yes: frozenset[str], no: frozenset[str], ticked: str, blank: str
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return yes, no or unknown for each cell, and whether it was filled with something else."""
    numbers, unique = pd.factorize(cells.astype(str).str.strip().str.lower())
    marked = [value in MARKS for value in unique]
    only_marks = any(marked) and all(mark or value == "" for mark, value in zip(marked, unique, strict=True))
    answers, strange = [], []
    for value, mark in zip(unique, marked, strict=True):
        folded = fold_text(value)
        known = {"answer": blank if value == "" and only_marks else "unknown"}
        if mark:
            known["answer"] = ticked
        elif folded in yes:
            known["answer"] = "yes"
        elif folded in no:
            known["answer"] = "no"
        answers.append(known["answer"])
        strange.append(known["answer"] == "unknown" and folded not in OPEN)
    if not answers:
        return np.full(len(cells), "unknown", dtype=object), np.zeros(len(cells), dtype=bool)
    return np.array(answers, dtype=object)[numbers], np.array(strange, dtype=bool)[numbers]
