"""Words and limits that tables share: operators, states, levels."""

from __future__ import annotations

OPERATORS: dict[str, str] = {"viettel": "Viettel", "vinaphone": "VinaPhone", "mobifone": "MobiFone"}
"""Operators of the sample province: identifier to name as written on a page."""

OPERATOR_CODES: dict[str, str] = {
    "45204": "viettel",
    "45202": "vinaphone",
    "45201": "mobifone",
    "45205": "vietnamobile",
    "45207": "gmobile",
}
"""MCC-MNC (E.212) of the operators of Viet Nam."""

OPERATOR_ALIASES: dict[str, str] = {
    "vtl": "viettel",
    "vnpt": "vinaphone",
    "vina": "vinaphone",
    "vnp": "vinaphone",
    "mobi": "mobifone",
    "mbf": "mobifone",
    "vms": "mobifone",
    "vnmobile": "vietnamobile",
}
"""Other names under which an operator is met in files, in lower case."""

_LONGEST_FIRST = tuple(sorted(set(OPERATOR_CODES.values()), key=len, reverse=True))


def operator_within(folded: str) -> str:
    """Return the identifier of the operator that a folded name holds, or an empty text.

    Examples
    --------
    >>> operator_within("vn vinaphone"), operator_within("vnpt dong nai"), operator_within("mang x")
    ('vinaphone', 'vinaphone', '')
    """
    joined = folded.replace(" ", "")
    others = (OPERATOR_ALIASES[word] for word in folded.split() if word in OPERATOR_ALIASES)
    return next((known for known in _LONGEST_FIRST if known in joined), next(others, ""))


STATES: tuple[str, ...] = ("usable", "weak", "none", "unsurveyed")
"""State of a place for one operator; see ``docs/method.md``."""

POVERTY: tuple[str, ...] = ("poor", "near-poor", "other")
"""Categories of households, the poorest first; any other category counts as the last."""

ENTITLEMENTS: tuple[str, ...] = ("merit", "policy")
"""What a family is entitled by: merit, or social policy; of both the first counts."""

LEVEL_LIMITS_DBM: tuple[float, float] = (-156.0, -31.0)
"""RSRP that a phone can report: 3GPP TS 38.133 table 10.1.6.1-1 (the LTE range -140…-44 lies inside)."""
