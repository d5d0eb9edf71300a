"""The intermediate quantities of P.1812 under the names of the text, each with its unit and equation."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """Where a quantity stands in the Recommendation, and its unit."""

    unit: str
    equation: str


TERMS: dict[str, Term] = {
    "d": Term("km", "§3.2"),
    "hts": Term("m", "table 5"),
    "hrs": Term("m", "table 5"),
    "w": Term("", "table 5"),
    "dtm": Term("km", "§3.6"),
    "dlm": Term("km", "§3.6"),
    "phi": Term("deg", "(4)"),
    "tau": Term("", "(3)"),
    "b0": Term("%", "(5)"),
    "ae": Term("km", "(7a)"),
    "ab": Term("km", "(7b)"),
    "th_t": Term("mrad", "(76)-(78)"),
    "th_r": Term("mrad", "(79)-(81)"),
    "th": Term("mrad", "(82)"),
    "dlt": Term("km", "(78)"),
    "dlr": Term("km", "(81a)"),
    "hst": Term("m", "(85)"),
    "hsr": Term("m", "(86)"),
    "hst_lim": Term("m", "(90a)"),
    "hsr_lim": Term("m", "(90b)"),
    "hstd": Term("m", "(89)"),
    "hsrd": Term("m", "(89)"),
    "htesph": Term("m", "(37a)"),
    "hresph": Term("m", "(37b)"),
    "hte": Term("m", "(92a)"),
    "hre": Term("m", "(92b)"),
    "hm": Term("m", "(93)"),
    "Lbfs": Term("dB", "(8)"),
    "Esp": Term("dB", "(9a)"),
    "Esb": Term("dB", "(9b)"),
    "Lb0p": Term("dB", "(10)"),
    "Lb0b": Term("dB", "(11)"),
    "Lbulla50": Term("dB", "(21)"),
    "Lbulls50": Term("dB", "(21)"),
    "Ldsph50": Term("dB", "(27)"),
    "Ld50": Term("dB", "(39)"),
    "Lbulla": Term("dB", "(21)"),
    "Lbulls": Term("dB", "(21)"),
    "Ldsph": Term("dB", "(27)"),
    "Ldb": Term("dB", "(39)"),
    "Fi": Term("", "(40)"),
    "Ldp": Term("dB", "(41)"),
    "Lbd50": Term("dB", "(42)"),
    "Lbd": Term("dB", "(43)"),
    "Lbs": Term("dB", "(44)"),
    "Lba": Term("dB", "(46)"),
    "Fj": Term("", "(57)"),
    "Fk": Term("", "(58)"),
    "Lminb0p": Term("dB", "(59)"),
    "Lminbap": Term("dB", "(60)"),
    "Lbda": Term("dB", "(61)"),
    "Lbam": Term("dB", "(62)"),
    "Lbc": Term("dB", "(63)"),
    "Lloc": Term("dB", "§4.9"),
    "Lb": Term("dB", "(69)"),
}
"""Term of each name; the order is that of the text.

The diffraction losses stand twice: with 50 at the median effective Earth radius ae, without (Ldb: with b) at aβ.
The limits of hst and hsr at the ground of the terminals, which the text writes without another name, end in ``_lim``.
"""
