"""Technologies, operating bands and channel numbers, as files write them."""

from __future__ import annotations

import re

from lomsong.geo import fold_text

TECHNOLOGY_WORDS: dict[str, str] = {
    **dict.fromkeys(("2g", "gsm", "gprs", "edge", "egprs", "geran", "cdma", "1xrtt", "is95"), "2G"),
    **dict.fromkeys(
        ("3g", "umts", "wcdma", "w cdma", "hspa", "hspa+", "hspap", "hsdpa", "hsupa", "dc hspa+", "dc hspa", "utran",
         "td scdma", "tdscdma", "evdo", "ehrpd", "hsdpa+", "hspadc"),
        "3G",
    ),
    **dict.fromkeys(
        ("4g", "lte", "lte a", "lte+", "4g+", "lte ca", "lteca", "e utran", "eutran", "lte fdd", "lte tdd", "eutra",
         "e utra", "ltea", "lte a pro", "cellinfolte"),
        "4G",
    ),
    **dict.fromkeys(
        ("5g", "nr", "5g nr", "nr sa", "nr nsa", "5g sa", "5g nsa", "nsa", "endc", "en dc", "5g+", "nr5g", "5gnr",
         "nr5g sa", "nr5g nsa", "ngran", "ng ran", "cellinfonr"),
        "5G",
    ),
    # Numbers of Android's TelephonyManager.NETWORK_TYPE_…; 4 and 5 are CDMA and EVDO there, networks that are switched
    # off, and the generation in files that count generations.
    **dict.fromkeys(("1", "2", "16", "11"), "2G"),
    **dict.fromkeys(("3", "8", "9", "10", "15", "17", "6", "12", "14"), "3G"),
    **dict.fromkeys(("13", "19", "4"), "4G"),
    **dict.fromkeys(("20", "5"), "5G"),
}  # fmt: skip
"""Words for a radio access technology, folded, to its generation."""

DUAL_WORDS = frozenset({"nsa", "endc", "en dc", "ne dc"})
"""Words, folded, for a phone on LTE and NR at once."""

UNSTATED_WORDS = frozenset(
    {"null", "none", "nan", "n a", "na", "unknown", "0", "0 0", "unavailable", "undefined", "invalid", "serving",
     "neighbor", "neighbour", "neighboring", "neighbouring", "primary", "secondary"}
)  # fmt: skip
"""Words, folded, in a column of technologies that tell of none."""

SILENT_WORDS = frozenset(
    {"no coverage", "no service", "out of service", "noservice", "oos", "no network", "no signal", "none found",
     "emergency only", "khong co song", "trang song", "mat song", "out of coverage", "nosignal", "no svc", "nocoverage",
     "state out of service", "limited service", "searching", "ngoai vung phu song"}
)  # fmt: skip
"""Words, folded, by which a row says that the phone found no network."""

EUTRA_BANDS: dict[int, tuple[int, float, int, int]] = {
    1: (2100, 2110.0, 0, 599), 2: (1900, 1930.0, 600, 1199), 3: (1800, 1805.0, 1200, 1949),
    4: (2100, 2110.0, 1950, 2399), 5: (850, 869.0, 2400, 2649), 7: (2600, 2620.0, 2750, 3449),
    8: (900, 925.0, 3450, 3799), 12: (700, 729.0, 5010, 5179), 13: (700, 746.0, 5180, 5279),
    17: (700, 734.0, 5730, 5849), 18: (850, 860.0, 5850, 5999), 19: (850, 875.0, 6000, 6149),
    20: (800, 791.0, 6150, 6449), 25: (1900, 1930.0, 8040, 8689), 26: (850, 859.0, 8690, 9039),
    28: (700, 758.0, 9210, 9659), 31: (450, 462.5, 9870, 9919), 32: (1500, 1452.0, 9920, 10359),
    34: (2000, 2010.0, 36200, 36349), 38: (2600, 2570.0, 37750, 38249), 39: (1900, 1880.0, 38250, 38649),
    40: (2300, 2300.0, 38650, 39649), 41: (2500, 2496.0, 39650, 41589), 42: (3500, 3400.0, 41590, 43589),
    43: (3700, 3600.0, 43590, 45589), 66: (2100, 2110.0, 66436, 67335), 71: (600, 617.0, 68586, 68935),
}  # fmt: skip
"""E-UTRA band to its usual name in MHz, lowest downlink frequency in MHz, first and last downlink EARFCN.

3GPP TS 36.101, tables 5.5-1 and 5.7.3-1.
"""

NR_BANDS_MHZ: dict[int, int] = {
    1: 2100, 2: 1900, 3: 1800, 5: 850, 7: 2600, 8: 900, 20: 800, 28: 700, 38: 2600, 40: 2300, 41: 2500, 66: 2100,
    71: 600, 77: 3700, 78: 3500, 79: 4700, 258: 26000, 257: 28000,
}  # fmt: skip
"""NR operating band to its usual name in MHz (3GPP TS 38.101-1, table 5.2-1)."""


LOWEST_NR_MHZ = 410.0
"""Where the frequencies of NR begin (3GPP TS 38.104, table 5.1-1)."""


def technology_of(word: str) -> str:
    """Return 2G…5G for a word of a file, or an empty text.

    A phone on LTE and NR at once counts as 5G; see :func:`is_dual`.

    Examples
    --------
    >>> technology_of("LTE-A"), technology_of("HSPA+"), technology_of("--"), technology_of("NETWORK_TYPE_LTE")
    ('4G', '3G', '', '4G')
    """
    folded = _spaced(word)
    if folded.endswith(" 0"):  # 13.0: a number that went through a table
        folded = folded.removesuffix(" 0")
    known = TECHNOLOGY_WORDS.get(folded, "")
    tokens = [token for token in re.split(r"[ +]", folded) if token]
    if known or not tokens:
        return known
    if is_dual(word):
        return "5G"
    first = TECHNOLOGY_WORDS.get(folded.split(" ")[0], "")
    if first and not tokens[0].isdigit():
        return first
    found = {TECHNOLOGY_WORDS.get(token, "") for token in tokens if not token.isdigit()} - {""}
    return found.pop() if len(found) == 1 else ""


def is_dual(word: str) -> bool:
    """Tell whether a word says that the phone is on LTE and NR at once: NSA, EN-DC, 4G+5G.

    Examples
    --------
    >>> is_dual("5G NSA"), is_dual("LTE+NR"), is_dual("NR5G-SA"), is_dual("4G+")
    (True, True, False, False)
    """
    folded = _spaced(word)
    tokens = {token for token in re.split(r"[ +]", folded) if token and not token.isdigit()}
    if tokens & DUAL_WORDS or "en dc" in folded:
        return True
    generations = {TECHNOLOGY_WORDS.get(token, "") for token in tokens}
    return {"4G", "5G"} <= generations


def is_unstated(word: str) -> bool:
    """Tell whether a word in a column of technologies tells of none: N/A, null, unknown."""
    return _spaced(word) in UNSTATED_WORDS


def _spaced(word: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9+]", " ", str(word).lower()).split())


def is_silent(word: str) -> bool:
    """Tell whether a word of a file says that the phone found no network."""
    return fold_text(word) in SILENT_WORDS


def band_mhz(word: str, technology: str = "4G") -> float:
    """Return the usual name in MHz of a band as a file writes it (L3, B3, n78, LTE 1800); NaN where it is none.

    Examples
    --------
    >>> band_mhz("E-UTRA 3"), band_mhz("Band 3 (1800)"), band_mhz("1842.5"), band_mhz("1842500000"), band_mhz("U900")
    (1800.0, 1800.0, 1842.5, 1842.5, nan)
    """
    plain = re.sub(r"^e-?utran?[\s_-]*", "", str(word).strip().lower())
    found = re.search(r"(\d+(?:[.,]\d+)?)\s*(?:mhz)?\s*\)?$", plain)
    if not found or plain.startswith(("u", "e", "g", "w")):  # bands of 2G and 3G
        return float("nan")
    value = float(found.group(1).replace(",", "."))
    for unit in (1e6, 1e3):  # a frequency in Hz, or in kHz
        if value > 1e5 and 400 <= value / unit <= 1e5:
            return value / unit
    if value >= 400:
        return value if value <= 1e5 else float("nan")
    if technology == "5G" or plain.startswith("n7"):
        return float(NR_BANDS_MHZ.get(int(value), float("nan")))
    return float(EUTRA_BANDS[int(value)][0]) if int(value) in EUTRA_BANDS else float("nan")


def eutra_mhz(earfcn: float) -> float:
    """Return the downlink frequency of an EARFCN, MHz; NaN where no band has it.

    References
    ----------
    3GPP TS 36.101, 5.7.3: F = F_DL_low + 0.1 (N_DL - N_Offs-DL).

    Examples
    --------
    >>> eutra_mhz(1300)
    1815.0
    """
    for _, lowest_mhz, first, last in EUTRA_BANDS.values():
        if first <= earfcn <= last:
            return lowest_mhz + 0.1 * (earfcn - first)
    return float("nan")


def nr_mhz(arfcn: float) -> float:
    """Return the frequency of an NR-ARFCN, MHz; NaN where it is none.

    References
    ----------
    3GPP TS 38.104, 5.4.2.1: F = F_REF-Offs + ΔF_Global (N_REF - N_REF-Offs).

    Examples
    --------
    >>> nr_mhz(632628)
    3489.42
    """
    if 0 <= arfcn < 600_000:
        return 0.005 * arfcn
    if 600_000 <= arfcn < 2_016_667:
        return round(3_000 + 0.015 * (arfcn - 600_000), 6)
    if 2_016_667 <= arfcn <= 3_279_165:
        return round(24_250.08 + 0.06 * (arfcn - 2_016_667), 6)
    return float("nan")


def name_of_arfcn(arfcn: float, technology: str = "4G") -> float:
    """Return the usual name in MHz of the band of a downlink channel number; NaN where it has none.

    An NR-ARFCN does not tell its band, so its frequency stands in; a number below :data:`LOWEST_NR_MHZ` is the EARFCN
    of the LTE cell beside it.
    """
    if technology == "5G":
        frequency_mhz = nr_mhz(arfcn)
        return frequency_mhz if frequency_mhz >= LOWEST_NR_MHZ else float("nan")
    return next((float(name) for name, _, first, last in EUTRA_BANDS.values() if first <= arfcn <= last), float("nan"))
