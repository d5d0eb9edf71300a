"""Which column of a log is which: headings of many programs, matched by alias first and then by the words in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lomsong.geo import fold_text

ALIASES: dict[str, tuple[str, ...]] = {
    "time": (
        "timestamp", "time", "datetime", "date time", "measured at", "devicetime", "device time", "msgtime",
        "thoi diem", "thoi gian", "local time", "utc time", "gps time", "time stamp", "timestamp utc", "created at",
    ),
    "date": ("date", "ngay", "gps date"),
    "clock": ("hour", "gio", "time of day"),
    "longitude": (
        "longitude", "lon", "lng", "long", "kinh do", "x", "easting", "easting m", "gps lon", "gps longitude",
    ),
    "latitude": ("latitude", "lat", "vi do", "y", "northing", "northing m", "gps lat", "gps latitude"),
    "operator": (
        "operatorname", "operator", "network", "operator name", "provider", "carrier", "carrier name", "nha mang",
        "home operator", "network name", "mno", "network operator", "sim operator",
    ),
    "mccmnc": ("mccmnc", "mcc mnc", "plmn", "plmn id", "operator code", "ma mang"),
    "mcc": ("mcc",),
    "mnc": ("mnc", "net"),
    "technology": (
        "networktech", "technology", "act", "tech", "type", "rat", "radio", "net type", "network type", "networkmode",
        "network mode", "cong nghe", "radio type", "access technology", "system", "networktype",
    ),
    "rsrp": ("rsrp", "rsrp dbm", "lte rsrp", "serving rsrp", "serving cell rsrp", "muc thu rsrp", "rsrp serving"),
    "ss_rsrp": ("ss rsrp", "ssrsrp", "nr rsrp", "nr ss rsrp", "5g rsrp", "ss rsrp dbm"),
    "rscp": ("rscp", "cpich rscp", "rscp dbm"),
    "rxlev": ("rxlev", "rxlevel", "rx level", "rxlevsub", "rxlevfull", "rxlev dbm"),
    "rssi": ("rssi", "lterssi", "lte rssi", "rssi dbm"),
    "level": ("level", "signal", "dbm", "signal strength", "signalstrength", "muc thu", "signal dbm", "rx power"),
    "rsrq": ("rsrq", "qual", "rsrq db", "lte rsrq", "serving rsrq", "quality"),
    "sinr": ("sinr", "snr", "sinr db", "cinr", "rssnr", "rs sinr", "rs snr", "lte sinr", "serving sinr"),
    "band": (
        "band", "band mhz", "bang tan", "bang tan mhz", "frequency band", "lte band", "frequency mhz",
        "frequency",
    ),
    "arfcn": ("arfcn", "earfcn", "dl earfcn", "earfcn dl", "nrarfcn", "nr arfcn", "channel", "uarfcn"),
    "node": ("node", "enodeb", "enb", "enodeb id", "enb id", "gnodeb id", "site"),
    "cell": ("cellid", "cell id", "ci", "eci", "cid", "ecgi", "cgi", "nci", "cell", "cell identity", "ma o"),
    "area": ("lac", "tac", "area", "lac tac", "tracking area code"),
    "pci": ("pci", "psc", "physical cell id", "psc pci", "physical cell identity", "unit"),
    "accuracy": (
        "accuracy", "accuracy m", "rating", "gps accuracy", "hdop m", "horizontal accuracy", "sai so gps m",
        "sai so gps",
    ),
    "speed": (
        "speed", "speed mps", "speed m s", "speed km h", "speed kmh", "toc do", "toc do m s", "gps speed",
        "velocity",
    ),
    "device": ("device", "device name", "devicename", "model", "phone", "thiet bi", "ue", "ms"),
    "service": ("service", "service state", "dich vu", "coverage state"),
    "serving": (
        "serving", "servingcell", "serving cell", "is serving", "registered", "isregistered", "active",
        "cell type", "status cell",
    ),
    "neighbouring": ("neighboring", "neighbouring", "is neighbour", "neighbor", "neighbour"),
    "count": ("count", "samples", "n", "sample count", "number of samples", "n samples", "so mau", "measurements"),
}  # fmt: skip
"""Field of a survey row to headings, folded, the best first."""

LEVELS = ("rsrp", "ss_rsrp", "level", "rscp", "rxlev")
"""Fields that may hold a level; which of them is RSRP depends on the technology of the row."""

_UNITS = re.compile(r"\b(dbm|db|mhz|text|decimal degrees?|degrees?|wgs ?84|avg|average|mean|median)\b")
_NEIGHBOUR = re.compile(
    r"\b(n\d+|nrx\w*|nbr\d*|nei?gh\w*|detected|listed|monitored|as\d+|aset\d*|mn\d+|scell\d*|scc\d*|second ?cell|"
    r"secondary|2nd|3rd|best \d+|lan can)\b"
)
_SERVING = re.compile(r"\b(serving|pcell|pcc|primary|srv|phuc vu)\b")
_G_NEIGHBOUR = re.compile(r"^N(Tech|Cellid|CellID|LAC|Cell|ARFCN|RxLev|Qual|RSRP|RSRQ|Band|SNR)(\d+)$")
_G_FIELDS = {
    "Tech": "technology", "Cellid": "cell", "CellID": "cell", "LAC": "area", "Cell": "pci", "ARFCN": "arfcn",
    "RxLev": "level", "RSRP": "level", "Qual": "rsrq", "RSRQ": "rsrq",
}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """Where the fields of a row stand.

    Attributes
    ----------
    headings
        Headings as the file writes them.
    index
        Field to number of its column.
    neighbours
        One mapping, field to number of its column, for each neighbour cell that a row tells of.
    speed_kmh
        The speed is in km/h, not m/s.
    """

    headings: tuple[str, ...]
    index: Mapping[str, int]
    neighbours: tuple[Mapping[str, int], ...] = field(default=())
    speed_kmh: bool = False

    @property
    def usable(self) -> bool:
        """Tell whether there is a position and a level or a service to go with it."""
        return {"longitude", "latitude"} <= self.index.keys() and any(name in self.index for name in LEVELS)

    def heading(self, name: str) -> str:
        """Return the heading of a field as the file writes it, or an empty text."""
        return self.headings[self.index[name]] if name in self.index else ""


def match(headings: Sequence[str], given: Mapping[str, str] | None = None) -> Columns:
    """Match headings to the fields of a survey row.

    Parameters
    ----------
    headings
        As the file writes them.
    given
        Field or column of the table ``samples`` to heading, as a person said it; it goes before every alias.
    """
    plain = [_plain(heading) for heading in headings]
    index: dict[str, int] = {}
    for name, heading in (given or {}).items():
        wanted = _plain(heading)
        found = [at for at, text in enumerate(plain) if text == wanted or headings[at].strip() == heading.strip()]
        if found:
            index[_field_of(name)] = found[0]
    neighbours: dict[int, dict[str, int]] = {}
    taken = set(index.values())
    for at, heading in enumerate(headings):
        numbered = _G_NEIGHBOUR.match(heading.strip())
        if numbered and numbered.group(1) in _G_FIELDS:
            neighbours.setdefault(int(numbered.group(2)), {}).setdefault(_G_FIELDS[numbered.group(1)], at)
            taken.add(at)
        elif _NEIGHBOUR.search(plain[at]) and not _SERVING.search(plain[at]) and plain[at] not in _EXACT:
            taken.add(at)
    for name, aliases in ALIASES.items():
        if name in index:
            continue
        found = [plain.index(alias) for alias in aliases if alias in plain and plain.index(alias) not in taken]
        if found:
            index[name] = found[0]
            taken.add(found[0])
    for name, at in _by_words(plain, taken).items():
        if name not in index and at not in taken:
            index[name] = at
            taken.add(at)
    if "Operatorname" in headings and "Operator" in headings:  # G-NetTrack: the name, and MCC-MNC beside it
        index.setdefault("mccmnc", list(headings).index("Operator"))
    speed = headings[index["speed"]].lower() if "speed" in index else ""
    kmh = bool(re.search(r"km\s*/?\s*h|kph", speed)) or {"Operatorname", "Timestamp"} <= {h.strip() for h in headings}
    kept = [columns for _, columns in sorted(neighbours.items()) if "level" in columns]
    return Columns(tuple(headings), index, tuple(kept), kmh)


def _field_of(name: str) -> str:
    """Return the field of a column of ``samples``: rsrp_dbm is rsrp."""
    for suffix in ("_dbm", "_db", "_mhz", "_mps", "_id", "_m"):
        if name.endswith(suffix) and name.removesuffix(suffix) in ALIASES:
            return name.removesuffix(suffix)
    return name


def _plain(heading: str) -> str:
    """Return a heading folded, without units, brackets and indices of the serving set."""
    text = re.sub(r"\[[^\]]*\]", " ", str(heading))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text) if not re.search(r"[A-Z]{2}", text) else text
    for candidate in (text, spaced):
        folded = fold_text(candidate)
        if folded in _EXACT:
            return folded
    folded = fold_text(text)
    bare = " ".join(_UNITS.sub(" ", folded).split())
    return bare or folded


_EXACT = frozenset(alias for aliases in ALIASES.values() for alias in aliases)


def _by_words(plain: Sequence[str], taken: set[int]) -> dict[str, int]:
    """Return fields told by a word in the heading: serving cell first, the shorter heading before the longer."""
    best: dict[str, tuple[tuple[bool, int, int], int]] = {}
    for at, text in enumerate(plain):
        if at in taken:
            continue
        name = _word_field(text)
        if name:
            score = (not _SERVING.search(text), len(text), at)
            if name not in best or score < best[name][0]:
                best[name] = (score, at)
    return {name: at for name, (_, at) in best.items()}


def _word_field(text: str) -> str:
    words = set(text.split())
    for stem in ("rsrp", "rsrq", "rscp", "rxlev", "sinr", "rssi", "earfcn", "pci"):
        if any(stem in word for word in words):
            if stem == "rsrp" and (words & {"ss", "nr", "5g", "ssb"} or "ssrsrp" in text):
                return "ss_rsrp"
            return {"earfcn": "arfcn"}.get(stem, stem)
    if any(word.startswith("longitude") for word in words) or "kinh do" in text:
        return "longitude"
    if any(word.startswith("latitude") for word in words) or "vi do" in text:
        return "latitude"
    if "timestamp" in words or text.endswith(" time"):
        return "time"
    return ""
