"""Which column of a log is which: headings of many programs, matched by alias first and then by the words in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lomsong.geo import fold_text
from lomsong.tables import OPERATOR_ALIASES, OPERATOR_CODES

ALIASES: dict[str, tuple[str, ...]] = {
    "time": (
        "timestamp", "time", "datetime", "date time", "measured at", "devicetime", "device time", "msgtime",
        "thoi diem", "thoi gian", "local time", "utc time", "gps time", "time stamp", "timestamp utc", "created at",
        "recorded at", "msg time", "phone time", "ue time", "ngay gio", "horodatage", "fecha hora", "thoi gian do",
        "thoi diem do", "ngay gio do", "gio viet nam", "gio vn",
    ),
    "date": ("date", "ngay", "gps date", "ngay do", "fecha"),
    "clock": ("hour", "gio", "time of day", "gio do", "heure", "hora"),
    "longitude": (
        "longitude", "lon", "lng", "long", "kinh do", "x", "easting", "easting m", "gps lon", "gps longitude", "utm e",
        "utm easting", "utm x", "east", "x m", "bin x", "longitud",
    ),
    "latitude": (
        "latitude", "lat", "vi do", "y", "northing", "northing m", "gps lat", "gps latitude", "utm n", "utm northing",
        "utm y", "north", "y m", "bin y", "latitud",
    ),
    "operator": (
        "operatorname", "operator", "network", "operator name", "provider", "carrier", "carrier name", "nha mang",
        "network operator name", "network name", "mno", "network operator", "operateur", "operador", "home operator",
        "sim operator", "ten nha mang", "mang di dong", "mang", "nha cung cap", "ten mang",
    ),
    "mccmnc": ("mccmnc", "mcc mnc", "plmn", "plmn id", "operator code", "ma mang"),
    "mcc": ("mcc",),
    "mnc": ("mnc", "net"),
    "technology": (
        "networktech", "technology", "act", "tech", "rat", "radio", "net type", "network type", "networkmode",
        "network mode", "cong nghe", "technologie", "tecnologia", "radio type", "access technology", "networktype",
        "cong nghe mang", "loai mang", "the he mang", "system", "type", "cell type",
        "celltype", "service display", "mode",
    ),
    "rsrp": ("rsrp", "rsrp dbm", "lte rsrp", "serving rsrp", "serving cell rsrp", "muc thu rsrp", "rsrp serving"),
    "ss_rsrp": ("ss rsrp", "ssrsrp", "nr rsrp", "nr ss rsrp", "5g rsrp", "ss rsrp dbm"),
    "rscp": ("rscp", "cpich rscp", "rscp dbm"),
    "rxlev": ("rxlev", "rxlevel", "rx level", "rxlevsub", "rxlevfull", "rxlev dbm"),
    "rssi": ("rssi", "lterssi", "lte rssi", "rssi dbm"),
    "level": (
        "dbm", "signal dbm", "cell dbm", "level", "signal", "signal strength", "signalstrength", "muc thu", "rx power",
        "signal level", "received power", "power", "muc tin hieu", "cuong do tin hieu", "cuong do song", "muc song",
        "muc thu tin hieu", "cuong do thu",
    ),
    "rsrq": ("rsrq", "qual", "rsrq db", "lte rsrq", "serving rsrq", "quality"),
    "sinr": ("sinr", "snr", "sinr db", "cinr", "rssnr", "rs sinr", "rs snr", "lte sinr", "serving sinr"),
    "band": (
        "band", "band mhz", "bang tan", "bang tan mhz", "frequency band", "lte band", "frequency mhz",
        "frequency",
    ),
    "arfcn": ("earfcn", "arfcn", "dl earfcn", "earfcn dl", "channel", "ch"),
    "node": ("node", "enodeb", "enb", "enodeb id", "enb id", "gnodeb id", "site", "rnc"),
    "cell": (
        "cellid", "cell id", "ci", "eci", "cid", "ecgi", "cgi", "nci", "cell", "cell identity", "cellidentity", "ma o",
        "cell ci", "cell cid",
    ),
    "area": ("lac", "tac", "area", "lac tac", "tracking area code"),
    "pci": ("pci", "psc", "physical cell id", "psc pci", "physical cell identity", "unit", "pc"),
    "accuracy": (
        "accuracy", "accuracy m", "rating", "gps accuracy", "hdop m", "horizontal accuracy", "sai so gps m",
        "sai so gps",
    ),
    "speed": (
        "speed", "speed mps", "speed m s", "speed km h", "speed kmh", "toc do", "toc do m s", "gps speed",
        "velocity", "speed ms", "toc do km h",
    ),
    "device": (
        "device", "device name", "devicename", "model", "phone", "thiet bi", "ue", "ms", "device model",
        "devicemodel", "device id", "deviceid",
    ),
    "service": ("service", "service state", "dich vu", "coverage state"),
    "serving": (
        "serving", "servingcell", "serving cell", "is serving", "is serving cell", "isserving", "registered",
        "is registered", "isregistered", "active", "status cell", "primary", "connection status", "cell status",
    ),
    "neighbouring": (
        "neighboring", "neighbouring", "is neighbour", "neighbor", "neighbour", "is neighbor", "is neighboring",
    ),
    "count": (
        "count", "samples", "n", "sample count", "number of samples", "n samples", "so mau", "measurements",
        "num samples", "nb samples", "nsamples", "sample size", "bin count", "number of measurements",
        "num measurements", "so lan do",
    ),
}  # fmt: skip
"""Field of a survey row to headings, folded, the best first."""

LEVELS = ("rsrp", "ss_rsrp", "level", "rscp", "rxlev")
"""Fields that may hold a level; which of them is RSRP depends on the technology of the row."""

DBM = frozenset({"dbm", "signal dbm", "cell dbm"})
"""Headings of what Android's ``getDbm`` gave: RSRP where the cell is of LTE, SS-RSRP where it is of NR."""

SPEED_UNITS_MPS = (
    (r"km\s*/?\s*h|kph|kmph", 1 / 3.6), (r"mph|mi\s*/\s*h", 0.44704), (r"knots?|kts?\b", 1852 / 3600),
    (r"m\s*/\s*s|mps|\bms\b|_ms\b", 1.0),
)  # fmt: skip
"""Pattern in a heading or a value to the unit of speed that it states, in m/s."""

OF_CELLS = "averagesignal"
"""Heading of exports of cells: the mean of all that was heard of a cell, which stands at the cell, not where it was
heard; never the level of a sample."""

_UNITS = re.compile(r"\b(dbm|db|mhz|text|decimal degrees?|degrees?|wgs ?84|avg|average|mean|median)\b")
_NEIGHBOUR = re.compile(
    r"\b(n\d+|nrx\w*|nbr\d*|\w*nei?gh\w*|detected|listed|monitored|mn\d+|[2-9]\d* best|best [2-9]\d*|lan can)\b"
)
_OTHER_CARRIER = re.compile(r"\b(scell\d*|scc\d*|second ?cell|secondary|2nd|3rd|as\d+|aset\d*|pscell)\b")
_SERVING = re.compile(r"\b(serving|pcell|pcc|primary|srv|phuc vu)\b")
_LTE = re.compile(r"\b(lte|4g|pcc|earfcn|enb|eci)\b")
_BRANCH = re.compile(r"\b(rx ?[0-3]|ant(enna)? ?(port )?\d|port ?\d|branch ?\d|rx(ant| antenna) ?\d)\b")
_G_NEIGHBOUR = re.compile(r"^N(Tech|Cellid|CellID|LAC|Cell|ARFCN|RxLev|Qual|RSRP|RSRQ|Band|SNR)(\d+)$")
_G_FIELDS = {
    "Tech": "technology", "Cellid": "cell", "CellID": "cell", "LAC": "area", "Cell": "pci", "ARFCN": "arfcn",
    "RxLev": "level", "RSRP": "level", "Qual": "rsrq", "RSRQ": "rsrq",
}  # fmt: skip
_NEAR_FIELDS = {"rsrp": "level", "rsrq": "rsrq", "pci": "pci", "arfcn": "arfcn", "cell": "cell"}
_NR = frozenset({"nr", "5g", "ss", "ssb", "nr5g", "gnb", "endc"})
_NR_GLUED = ("ssrsr", "sssinr", "nrarfcn", "narfcn", "nrrsr", "nrpci", "nrsinr", "nr5g")
_DERIVED = frozenset(
    {"csi", "std", "stdev", "stddev", "sd", "var", "variance", "min", "minimum", "max", "maximum", "delta", "diff",
     "threshold", "class", "category", "label", "color", "colour", "asu", "count", "num", "predicted", "pred",
     "prediction", "simulated", "target", "mw", "watt", "dbuv", "percent", "ul", "uplink", "gap", "margin", "missing",
     "quantile", "error", "wifi", "wlan"}
)  # fmt: skip
"""Words of a heading whose column is not the quantity itself on the downlink of the serving cell."""
_NOT_THE_PHONE = frozenset(
    {"site", "node", "enb", "enodeb", "gnb", "gnodeb", "bts", "tower", "cell", "servingcell", "antenna", "station",
     "home", "min", "max", "std", "stddev", "destination", "mast"}
)  # fmt: skip
"""Words of a heading whose position is not that of the phone."""
_NOT_A_CLOCK = frozenset(
    {"elapsed", "serving", "trip", "round", "handover", "interruption", "setup", "response", "call", "up", "connect",
     "dwell", "delay", "duration", "session", "boot", "ping", "procedure", "access"}
)  # fmt: skip
_NOT_A_SPEED = frozenset(
    {"download", "upload", "dl", "ul", "mbps", "kbps", "internet", "wind", "test", "accuracy", "down", "up", "link"}
)
_STEMS = (
    ("rsrp", "rsrp"), ("rsrq", "rsrq"), ("rscp", "rscp"), ("rxlev", "rxlev"), ("sinr", "sinr"), ("rssi", "rssi"),
    ("earfcn", "arfcn"), ("arfcn", "arfcn"), ("pci", "pci"), ("rssnr", "sinr"), ("cinr", "sinr"),
)  # fmt: skip
NR_FIELDS = ("rsrq", "sinr", "arfcn", "pci", "band", "cell", "mcc", "mnc")
"""Fields of which a file with LTE and NR side by side has one column for each; that of the technology studied holds."""


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
    speed_unit_mps
        The unit of speed in m/s; None: the file does not state it.
    branches
        Columns of RSRP at the other antennas of the phone, where it is told of each one alone.
    levels
        Headings of the level and of columns that are named alike but for a number or an operator: of another SIM, or
        of another operator. The first is the one that is read.
    """

    headings: tuple[str, ...]
    index: Mapping[str, int]
    neighbours: tuple[Mapping[str, int], ...] = field(default=())
    speed_unit_mps: float | None = None
    branches: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Tell whether there is a position and a level or a service to go with it."""
        return {"longitude", "latitude"} <= self.index.keys() and any(name in self.index for name in LEVELS)

    def heading(self, name: str) -> str:
        """Return the heading of a field as the file writes it, or an empty text."""
        return self.headings[self.index[name]] if name in self.index else ""

    def says(self, name: str) -> str:
        """Return the heading of a field folded and without its unit, or an empty text."""
        return plain(self.heading(name)) if name in self.index else ""


def match(
    headings: Sequence[str], given: Mapping[str, str] | None = None, technology: str = "4G", operator: str = ""
) -> Columns:
    """Match headings to the fields of a survey row.

    Parameters
    ----------
    headings
        As the file writes them.
    given
        Field or column of the table ``samples`` to heading, as a person said it; it goes before every alias.
    technology
        The technology under study: where a file has a quality, channel or cell for LTE and one for NR, its one holds.
    operator
        Whose level is wanted: columns that are headed as another operator's are not read. Empty: that is not known.
    """
    texts = [plain(heading) for heading in headings]
    index = _given(headings, texts, given or {})
    taken = set(index.values())
    foreign = {at for at, text in enumerate(texts) if operator and operator_in(text) not in ("", operator)}
    taken |= foreign
    taken |= {at for at, heading in enumerate(headings) if fold_text(heading).replace(" ", "") == OF_CELLS}
    neighbours = _neighbours(headings, texts, taken, technology)
    words = {at: _word_field(text) for at, text in enumerate(texts) if at not in taken}
    for name, aliases in ALIASES.items():
        if name in index:
            continue
        found = [texts.index(alias) for alias in aliases if alias in texts and texts.index(alias) not in taken]
        if found:
            index[name] = found[0]
            taken.add(found[0])
    by_words = _by_words(texts, words, taken)
    for name, at in by_words.items():
        if not name.startswith("nr_") and name not in index and at not in taken:
            index[name] = at
            taken.add(at)
    if technology == "5G":
        _of_nr(texts, index, by_words)
    _operator_code(headings, texts, index)
    kept = tuple(columns for _, columns in sorted(neighbours.items()) if "level" in columns)
    unit = speed_unit_mps(headings[index["speed"]]) if "speed" in index else None
    if {"Operatorname", "Timestamp"} <= {heading.strip() for heading in headings}:
        unit = 1 / 3.6
    branches = _branches(texts, index, words)
    near_by = (at for near in neighbours.values() for at in near.values())
    levels = _alike(headings, texts, index, {*branches, *foreign, *near_by})
    return Columns(tuple(headings), index, kept, unit, branches, levels)


def speed_unit_mps(text: str) -> float | None:
    """Return the unit of speed that a heading or a value states, in m/s; None where it states none.

    Examples
    --------
    >>> speed_unit_mps("Velocity (km/h)") == 1 / 3.6, speed_unit_mps("speed")
    (True, None)
    """
    lowered = text.lower()
    return next((unit for pattern, unit in SPEED_UNITS_MPS if re.search(pattern, lowered)), None)


def plain(heading: str) -> str:
    """Return a heading folded, without units, brackets and indices of the serving set."""
    text = re.sub(r"\[[^\]]*\]", " ", str(heading))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])(?!Bm\b)", " ", text) if not re.search(r"[A-Z]{2}", text) else text
    for candidate in (text, spaced):
        folded = fold_text(candidate)
        if folded in _EXACT:
            return folded
    folded = fold_text(spaced)
    bare = " ".join(_UNITS.sub(" ", folded).split())
    return bare or folded


_EXACT = frozenset(alias for aliases in ALIASES.values() for alias in aliases)


def _given(headings: Sequence[str], texts: Sequence[str], given: Mapping[str, str]) -> dict[str, int]:
    index: dict[str, int] = {}
    for name, heading in given.items():
        wanted = plain(heading)
        found = [at for at, text in enumerate(texts) if text == wanted or headings[at].strip() == heading.strip()]
        if found:
            index[_field_of(name)] = found[0]
    return index


def _field_of(name: str) -> str:
    """Return the field of a column of ``samples``: rsrp_dbm is rsrp."""
    for suffix in ("_dbm", "_db", "_mhz", "_mps", "_id", "_m"):
        if name.endswith(suffix) and name.removesuffix(suffix) in ALIASES:
            return name.removesuffix(suffix)
    return name


def _neighbours(
    headings: Sequence[str], texts: Sequence[str], taken: set[int], technology: str
) -> dict[int, dict[str, int]]:
    """Return the columns of neighbour cells by rank, and take them and those of other carriers from the rest."""
    found: dict[int, dict[str, int]] = {}
    apart = technology == "5G" and any(_word_field(text) == "ss_rsrp" for text in texts)
    for at, heading in enumerate(headings):
        if at in taken or texts[at] in _EXACT:
            continue
        numbered = _G_NEIGHBOUR.match(heading.strip())
        if numbered and numbered.group(1) in _G_FIELDS:
            found.setdefault(int(numbered.group(2)), {}).setdefault(_G_FIELDS[numbered.group(1)], at)
            taken.add(at)
        elif _OTHER_CARRIER.search(texts[at]):
            taken.add(at)
        elif _NEIGHBOUR.search(texts[at]) and not _SERVING.search(texts[at]):
            taken.add(at)
            name = _word_field(texts[at])
            if apart:  # here and there LTE has neighbours of its own
                name = {"ss_rsrp": "rsrp"}.get(name, name.removeprefix("nr_") if name.startswith("nr_") else "")
            numbers = re.findall(r"\d+", re.sub(r"(?i)[2345]g", "", heading))
            if name in _NEAR_FIELDS:
                found.setdefault(int(numbers[-1]) if numbers else 0, {}).setdefault(_NEAR_FIELDS[name], at)
    return found


def _by_words(texts: Sequence[str], words: Mapping[int, str], taken: set[int]) -> dict[str, int]:
    """Return fields told by a word in the heading: the serving cell first, the whole phone before one antenna.

    Of those left, the shorter heading before the longer.
    """
    best: dict[str, tuple[tuple[bool, bool, int, int], int]] = {}
    for at, name in words.items():
        if (name and at not in taken) or name.startswith("nr_"):
            score = (not _SERVING.search(texts[at]), bool(_BRANCH.search(texts[at])), len(texts[at]), at)
            if name not in best or score < best[name][0]:
                best[name] = (score, at)
    return {name: at for name, (_, at) in best.items()}


def _branches(texts: Sequence[str], index: Mapping[str, int], words: Mapping[int, str]) -> tuple[int, ...]:
    """Return the other antennas' columns where the level chosen is that of one antenna."""
    at = index.get("rsrp", -1)
    if at < 0 or not _BRANCH.search(texts[at]):
        return ()
    rest = _BRANCH.sub("", texts[at])
    return tuple(
        other for other, name in words.items()
        if other != at and name == "rsrp" and _BRANCH.search(texts[other]) and _BRANCH.sub("", texts[other]) == rest
    )  # fmt: skip


def _alike(headings: Sequence[str], texts: Sequence[str], index: Mapping[str, int], known: set[int]) -> tuple[str, ...]:
    """Return the heading of the level, and of what is headed alike but for a number or an operator."""
    at = next((index[name] for name in ("rsrp", "ss_rsrp", "level") if name in index), -1)
    if at < 0:
        return ()
    wanted, known = _bare(texts[at]), known | set(index.values())
    others = [
        other for other, text in enumerate(texts)
        if other not in known and not _BRANCH.search(text) and _bare(text) == wanted
    ]  # fmt: skip
    return tuple(headings[other].strip() for other in (at, *others))


def _bare(text: str) -> str:
    """Return a heading without numbers and operators: RSRP SIM1 and RSRP Viettel are both RSRP."""
    words = (word.rstrip("0123456789") for word in text.split() if not operator_in(word))
    return " ".join(sorted(word for word in words if word and word not in ("sim", "slot")))


def operator_in(text: str) -> str:
    """Return the operator that a folded heading names, or an empty text."""
    return next((slug for word in text.split() if (slug := _OPERATORS.get(word, ""))), "")


_OPERATORS = {**{slug: slug for slug in OPERATOR_CODES.values()}, **OPERATOR_ALIASES}


def _of_nr(texts: Sequence[str], index: dict[str, int], by_words: Mapping[str, int]) -> None:
    """Put the fields of NR in the place of those of LTE, and leave out what can only be of LTE."""
    shared = ("arfcn", "pci", "band", "cell") if "ss_rsrp" in index else ()
    of_lte: list[str] = [name for name in shared if name in index and _LTE.search(texts[index[name]])]
    if {"ss_rsrp", "rsrp"} <= index.keys():
        of_lte += [name for name in ("rsrq", "sinr") if name in index]
    for name in of_lte:
        del index[name]
    index |= {name: by_words[f"nr_{name}"] for name in NR_FIELDS if f"nr_{name}" in by_words}


def _operator_code(headings: Sequence[str], texts: Sequence[str], index: dict[str, int]) -> None:
    """Find the column with MCC-MNC where no heading says it: beside the name in G-NetTrack, in front of a CGI."""
    if "Operatorname" in headings and "Operator" in headings:
        index.setdefault("mccmnc", list(headings).index("Operator"))
    if not {"operator", "mccmnc", "mcc"} & index.keys():
        found = [at for at, text in enumerate(texts) if text in ("cgi", "ecgi")]
        if found:
            index["mccmnc"] = found[0]


def _word_field(text: str) -> str:
    """Return the field that the words of a heading tell of, or an empty text; ``nr_`` before one of NR."""
    words = set(text.split())
    if words & _DERIVED or any(word.startswith("nrsrp") for word in words):
        return ""
    of_nr = bool(words & _NR) or any(word.startswith(_NR_GLUED) for word in words)
    name = _radio_field(text, words)
    if name == "rsrp" and of_nr:
        return "ss_rsrp"
    if name:
        return f"nr_{name}" if of_nr and name in NR_FIELDS else name
    return _field_of_the_phone(text, words)


def _radio_field(text: str, words: set[str]) -> str:
    if "physical cell" in text or "physicalcell" in text or "phy cell" in text:
        return "pci"
    for stem, name in _STEMS:
        if any(stem in word and not word.startswith("uarfcn") for word in words):
            return name
    if "snr" in words:
        return "sinr"
    if {"mcc", "mnc"} <= words:
        return "mccmnc"
    if words & {"mcc", "mnc", "band"}:
        return (words & {"mcc", "mnc", "band"}).pop()
    return "cell" if re.search(r"\b(global )?cell ?id(entity)?\b", text) or words & {"eci", "ecgi", "nci"} else ""


def _field_of_the_phone(text: str, words: set[str]) -> str:
    if not words & _NOT_THE_PHONE:
        if words & {"lon", "lng"} or any(word.startswith("longitude") for word in words) or "kinh do" in text:
            return "longitude"
        if "lat" in words or any(word.startswith("latitude") for word in words) or "vi do" in text:
            return "latitude"
        if words & {"easting", "northing"}:
            return "longitude" if "easting" in words else "latitude"
    if words & {"timestamp", "datetime"} or ("time" in words and not words & _NOT_A_CLOCK):
        return "time"
    if re.match(r"thoi (diem|gian (do(?! tre)|utc|gmt|gio))\b", text):
        return "time"
    if words & {"technology", "rat"} or re.search(r"\bnet(work)? ?(type|mode)\b|\bcong nghe\b", text):
        return "technology"
    if words & {"operator", "provider"} or text.startswith("network prov") or "nha mang" in text:
        return "operator"
    if "accuracy" in words and not words & {"vertical", "speed", "bearing", "time", "altitude"}:
        return "accuracy"
    return "speed" if words & {"speed", "velocity"} and not words & _NOT_A_SPEED else ""
