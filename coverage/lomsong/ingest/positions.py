"""How the two coordinate columns of a file are to be understood: CRS, order of the axes, lost signs, degrees as text.

A wrong reading is worse than none: what the territory does not confirm is refused, and every system that would fit is
named. A reference system is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

from lomsong.errors import CrsError, SettingsError
from lomsong.geo import VIET_NAM_BOUNDS, WGS84, to_wgs84
from lomsong.texts import Phrase, fault

Bounds = tuple[float, float, float, float]
Floats = NDArray[np.float64]

METRES_FROM = 1000.0
"""No degree has a greater value; a coordinate in metres nearly always has."""

METRES_TO = 2.1e7
"""No metres from the origin of a projection are more, a little over half of the equator: a greater number has lost its
decimal point."""

SAMPLE_ROWS = 4_096
"""Rows looked at, spread evenly over the file."""

FIT_ROWS = 512
"""Rows tried in each candidate CRS."""

NEAR_DEG = 3.0
"""A log that starts on the way to the territory lies within this of it."""

CANDIDATE_NAMES = ("VN-2000 / ", "Hanoi 1972 / ")
"""How the names of Viet Nam's projected systems begin in the EPSG database: TM-3 of all provinces, UTM, GK."""

SIGNS = ((1, 1), (-1, 1), (1, -1), (-1, -1))
"""Signs tried for longitude and latitude; the file's own first."""


@dataclass(frozen=True)
class Placing:
    """How the two coordinate columns of a file are to be understood.

    Attributes
    ----------
    crs
        System of the numbers: WGS84, or the one that was stated.
    swapped
        Whether the whole file has latitude (northing) in the first column and longitude (easting) in the second.
    signs
        What longitude and latitude are multiplied by; -1 where a minus sign was lost.
    as_text
        Whether degrees, minutes and seconds are written as text.
    """

    crs: CRS = WGS84
    swapped: bool = False
    signs: tuple[int, int] = (1, 1)
    as_text: bool = False

    def apply(self, first: Any, second: Any) -> tuple[Floats, Floats]:
        """Return longitude and latitude in degrees WGS84.

        Parameters
        ----------
        first, second
            The columns taken for longitude (easting) and latitude (northing), shape (n,): numbers or texts.

        Returns
        -------
        longitude, latitude
            Shape (n,); NaN where a value cannot be read, where a position in metres is 0 0, or where it lies outside
            what the projection can tell.
        """
        degrees_wanted = not self.crs.is_projected
        one, two = _numbers(first, degrees_wanted)[0], _numbers(second, degrees_wanted)[0]
        if self.swapped:
            one, two = two, one
        one, two = one * self.signs[0], two * self.signs[1]
        if self.crs == WGS84:
            return one, two
        nowhere = (one == 0) & (two == 0)
        return to_wgs84(np.where(nowhere, np.nan, one), np.where(nowhere, np.nan, two), self.crs)

    def flags(self) -> list[str]:
        """Return the names of the checks that hold of the file as a whole."""
        held = {
            "axes_swapped": self.swapped,
            "sign_missing": self.signs != (1, 1),
            "degrees_as_text": self.as_text,
            "projected": bool(self.crs.is_projected),
        }
        return [name for name, holds in held.items() if holds]


@dataclass(frozen=True)
class Fit:
    """A CRS in which positions lie in the territory: the share of them, and whether the axes must be exchanged."""

    crs: CRS
    share: float
    swapped: bool = False

    def __str__(self) -> str:
        share = "" if self.share > 0.9995 else f", {100 * self.share:.0f} %"
        return f"EPSG:{self.crs.to_epsg()} ({self.crs.name}{share})"


def recognise(
    first: Any,
    second: Any,
    bounds: Bounds | None,
    crs: str = "",
    where: str = "",
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    whole: bool = False,
) -> Placing:
    """Tell how the coordinate columns of a file are to be understood, or refuse the file.

    Parameters
    ----------
    first, second
        The columns taken for longitude (easting) and latitude (northing), shape (n,): numbers or texts. Some thousand
        rows are looked at.
    bounds
        West, south, east, north of the territory in degrees, or None: then only a latitude beyond 90° proves that the
        axes are exchanged.
    crs
        CRS that was stated for files in metres (or for degrees of another datum), such as ``EPSG:5899``.
    where
        File to name in errors.
    rows
        Row of each record as a person counts it, shape (n,); otherwise counted from 1.
    whole
        The columns are the whole file, not its head: then degrees of which more than half lie outside the territory
        are refused too. Of a head nothing is said: a log may start on the way, and its rows are judged one by one.

    Raises
    ------
    CrsError
        When the numbers are metres and no CRS was stated, or cannot be of the CRS stated, naming those that fit.
    SettingsError
        When ``crs`` is no CRS.
    """
    stated = _stated(crs)
    at = _spread(len(first))
    one, two, as_text, letters = _read(first, second, at)
    known = _known(one, two)
    if not known.any() and len(at) < len(first):
        at = np.arange(len(first))
        one, two, as_text, letters = _read(first, second, at)
        known = _known(one, two)
    if not known.any():
        return Placing(as_text=as_text)
    told = _Told(where, bounds, first, second, at[known], rows)
    one, two = one[known], two[known]
    if float((np.maximum(np.abs(one), np.abs(two)) > METRES_FROM).mean()) > 0.5:
        return _in_metres(one, two, stated, told, whole)
    system = stated if stated is not None and not stated.is_projected else WGS84
    if bounds is None:
        proven = (np.abs(two) > 90) & (np.abs(one) <= 90)
        return Placing(system, bool(proven.mean() > 0.5) or letters, (1, 1), as_text)
    return _in_degrees(one, two, Placing(system, as_text=as_text), told, whole)


def degrees(texts: Any) -> Floats:
    """Return degrees written as text: ``10°57'23.4"N``, ``N10°57.39'``, ``10 57 23.4``, ``106,95``, ``11° B``.

    North, south, east, west are N, S, E, W or in Vietnamese Bắc (B), Nam, Đông (Đ, D), Tây (T). A lone N is north,
    except in a column that also has B for Bắc: there it is Nam, south.

    Parameters
    ----------
    texts
        Texts of one column, shape (n,).

    Returns
    -------
    Degrees, negative in the south and west, shape (n,); NaN where a text is no angle of at most 180°.
    """
    return _angles(pd.Series(texts, dtype="object"))[0]


def fits(first: Any, second: Any, bounds: Bounds) -> list[Fit]:
    """Return every CRS in which more than half of positions in metres lie in ``bounds``, best first.

    Tried are all of VN-2000 (TM-3 of every province, UTM), Hanoi 1972 (Gauss-Kruger), and WGS84 UTM of the territory,
    each with the axes as they are and exchanged. Equal shares are put in order by whether the system is meant for the
    territory, then by how near to the middle of the territory it puts the positions.

    Parameters
    ----------
    first, second
        Numbers, shape (n,).
    bounds
        West, south, east, north of the territory in degrees.
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    at = _spread(len(one), FIT_ROWS)
    one, two = one[at], two[at]
    middle = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    found: list[tuple[tuple[float, ...], Fit]] = []
    for crs in _candidates(bounds):
        for swapped in (False, True):
            longitude, latitude = to_wgs84(*((two, one) if swapped else (one, two)), crs)
            share = _share(longitude, latitude, bounds)
            if share > 0.5:
                off = float(np.hypot(np.nanmedian(longitude) - middle[0], np.nanmedian(latitude) - middle[1]))
                order = (-share, float(not _meant_for(crs, middle)), off, float(crs.to_epsg() or 0))
                found.append((order, Fit(crs, share, swapped)))
    return [fit for _, fit in sorted(found, key=lambda pair: pair[0])]


@dataclass(frozen=True)
class _Told:
    """What an error says of a file: its name, the territory and the first row at fault."""

    where: str
    bounds: Bounds | None
    first: Any
    second: Any
    at: NDArray[np.int64]
    rows: Any

    def values(self, outside: NDArray[np.bool_]) -> dict[str, object]:
        position = int(self.at[int(np.argmax(outside))])
        return {
            "file": self.where or "?",
            "count": int(outside.sum()),
            "known": len(outside),
            "row": position + 1 if self.rows is None else int(np.asarray(self.rows)[position]),
            "value": f"{_item(self.first, position)} {_item(self.second, position)}",
            "bounds": _shown(self.bounds) if self.bounds else Phrase("positions.bounds_unknown"),
        }


def _in_degrees(one: Floats, two: Floats, plain: Placing, told: _Told, whole: bool) -> Placing:
    bounds = told.bounds
    assert bounds is not None
    for swapped in (False, True):
        for signs in SIGNS:
            placing = Placing(plain.crs, swapped, signs, plain.as_text)
            # What was read from texts has its hemisphere already; apply() of numbers only orders, signs and shifts.
            if _share(*placing.apply(one, two), bounds) > 0.5:
                return placing
    outside = ~_inside(one, two, bounds)
    if whole and float(outside.mean()) > 0.5:
        raise fault(CrsError, "positions_elsewhere", **told.values(outside))
    return plain


def _in_metres(one: Floats, two: Floats, stated: CRS | None, told: _Told, whole: bool) -> Placing:
    bounds = told.bounds
    everything = np.ones(len(one), dtype=bool)
    beyond = np.maximum(np.abs(one), np.abs(two)) > METRES_TO
    if float(beyond.mean()) > 0.5:
        raise fault(CrsError, "positions_scaled", **told.values(beyond))
    if stated is None:
        found = fits(one, two, bounds) if bounds else []
        raise fault(CrsError, "positions_unstated", **told.values(everything), fits=_phrase(found, bounds))
    box = bounds or (_grown(stated.area_of_use.bounds, NEAR_DEG) if stated.area_of_use else None)
    placings = [Placing(stated), Placing(stated, swapped=True)] if stated.is_projected else []
    places = [placing.apply(one, two) for placing in placings]
    for placing, place in zip(placings, places, strict=True):
        if box is not None and _share(*place, box) > 0.5:
            return placing
    if bounds is None and placings:
        return placings[0]
    found = fits(one, two, bounds) if bounds else []
    if bounds and not found and not whole:
        near = _grown(bounds, NEAR_DEG)
        for placing, place in zip(placings, places, strict=True):
            if _share(*place, near) > 0.5:
                return placing
    outside = ~_inside(*places[0], bounds) if places and bounds else everything
    values = told.values(outside)
    raise fault(CrsError, "positions_misstated", **values, crs=_label(stated), fits=_phrase(found, bounds))


def _phrase(found: list[Fit], bounds: Bounds | None) -> Phrase:
    if found:
        best = f"EPSG:{found[0].crs.to_epsg()}"
        return Phrase("positions.fits", {"fits": "; ".join(map(str, found)), "best": best})
    return Phrase("positions.fits_none" if bounds else "positions.no_territory")


def _label(crs: CRS) -> str:
    epsg = crs.to_epsg()
    return f"EPSG:{epsg} ({crs.name})" if epsg else crs.name


def _shown(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"{west:.2f}…{east:.2f} E, {south:.2f}…{north:.2f} N"


def _stated(crs: str) -> CRS | None:
    if not crs:
        return None
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise fault(SettingsError, "positions_crs_unknown", crs=repr(crs)) from None


@lru_cache(maxsize=32)
def _candidates(bounds: Bounds) -> tuple[CRS, ...]:
    known = query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS])
    codes = {int(info.code) for info in known if info.name.startswith(CANDIDATE_NAMES)}
    west, south, east, north = bounds
    hemisphere = 32600 if south + north >= 0 else 32700
    zones = {min(max(int((longitude + 180) // 6) + 1, 1), 60) for longitude in (west, east)}
    if _meets(bounds, VIET_NAM_BOUNDS):
        zones |= {48, 49}
    else:
        codes = set()
    codes |= {hemisphere + zone for zone in zones}
    return tuple(CRS.from_epsg(code) for code in sorted(codes))


def _meets(one: Bounds, two: Bounds) -> bool:
    return one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3]


def _meant_for(crs: CRS, middle: tuple[float, float]) -> bool:
    if crs.area_of_use is None:
        return False
    west, south, east, north = crs.area_of_use.bounds
    return bool(west <= middle[0] <= east and south <= middle[1] <= north)


def _grown(bounds: Bounds, margin: float) -> Bounds:
    return bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin


def _inside(longitude: Floats, latitude: Floats, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    return (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)


def _share(longitude: Floats, latitude: Floats, bounds: Bounds) -> float:
    return float(_inside(longitude, latitude, bounds).mean())


def _spread(count: int, wanted: int = SAMPLE_ROWS) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, wanted)).astype(np.int64))


def _item(values: Any, position: int) -> Any:
    return values.iloc[position] if isinstance(values, pd.Series) else np.asarray(values)[position]


def _known(one: Floats, two: Floats) -> NDArray[np.bool_]:
    return np.isfinite(one) & np.isfinite(two) & ~((np.abs(one) < 1e-6) & (np.abs(two) < 1e-6))


def _read(first: Any, second: Any, at: NDArray[np.int64]) -> tuple[Floats, Floats, bool, bool]:
    """Return the numbers of both columns, whether some are text, and whether letters prove that they are exchanged."""
    parts = [values.iloc[at] if isinstance(values, pd.Series) else np.asarray(values)[at] for values in (first, second)]
    (one, letters_one), (two, letters_two) = (_numbers(part, True) for part in parts)
    as_text = bool(letters_one or letters_two)
    exchanged = "N" in letters_one and "E" in letters_two and "E" not in letters_one and "N" not in letters_two
    return one, two, as_text, exchanged


_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:([.,\s'])\d{3})(?:\1\d{3})*(?:[.,]\d*)?")


def _numbers(values: Any, as_degrees: bool) -> tuple[Floats, set[str]]:
    """Return floats, and of those that had to be read as angles which axes their letters name: N, E or ``-``, none."""
    array = values.to_numpy() if isinstance(values, pd.Series) and values.dtype.kind in "fiu" else None
    array = np.asarray(values) if array is None and not isinstance(values, pd.Series) else array
    if array is not None and array.dtype.kind in "fiu":
        plain = array.astype(np.float64)
        return np.where(np.isfinite(plain), plain, np.nan), set()
    texts = pd.Series(values).reset_index(drop=True).astype("string")
    read = pd.to_numeric(texts.str.strip().str.replace(",", ".", regex=False), errors="coerce")
    floats = read.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    floats[~np.isfinite(floats)] = np.nan
    left = np.flatnonzero(np.isnan(floats) & texts.notna().to_numpy())
    letters: set[str] = set()
    if left.size:
        rest = texts.iloc[left].astype("object")
        if as_degrees:
            floats[left], letters = _angles(rest)
        open_rows = np.isnan(floats[left])
        floats[left[open_rows]] = [_grouped(text) for text in rest[open_rows]]
    return floats, letters


def _grouped(text: str) -> float:
    """Read a number with its thousands set apart: 1 204 567,8 or 1.204.567,8."""
    bare = re.sub(r"\s", " ", str(text)).strip()
    if not _THOUSANDS.fullmatch(bare):
        return np.nan
    whole, mark, part = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", bare).groups()  # type: ignore[union-attr]
    if mark and len(part) == 3 and bare.count(mark) > 1:
        whole, part = whole + part, ""
    return float(re.sub(r"[.,\s']", "", whole) + "." + (part or "0"))


_SAME = str.maketrans({
    **dict.fromkeys("º˚∘⁰*", "°"), **dict.fromkeys("′’‘`´ʹ", "'"), **dict.fromkeys("″”“„ʺ", '"'),
    **dict.fromkeys("−–—", "-"), ",": ".", "\N{NO-BREAK SPACE}": " ", **dict.fromkeys("ĐÐ", "D"),
})  # fmt: skip
_WORDS = (
    (r"V[ĨI] ?(?:DỘ|DO)|KINH ?(?:DỘ|DO)|LATITUDE|LONGITUDE|LAT|LON", " "),
    (r"BẮC|NORTH", "B"), (r"NAM|SOUTH", "S"), (r"DÔNG|DONG|EAST", "E"), (r"TÂY|TAY|WEST", "W"), (r"BAC", "B"),
    (r"DỘ|DO|DEG(?:REES)?", "°"), (r"PHÚT|PHUT|MIN", "'"), (r"GIÂY|GIAY|SEC", '"'), (r"''", '"'),
    (r"(?<=\d)\s*[DO]\s*(?=\d)", "°"), (r"\s+", " "),
)  # fmt: skip
_WORDS_COMPILED = tuple((re.compile(pattern), new) for pattern, new in _WORDS)
_ANGLE = re.compile(
    r"(?P<before>[NSEWBDT])? ?(?P<sign>[-+])? ?(?P<d>\d{1,3}(?:\.\d*)?) ?"
    r"(?:[°: -] ?(?P<m>\d{1,2}(?:\.\d*)?) ?(?:[': -] ?(?P<s>\d{1,2}(?:\.\d*)?) ?)?)?"
    r"[°'\"]* ?(?P<after>[NSEWBDT])?"
)


def _angles(texts: pd.Series) -> tuple[Floats, set[str]]:
    codes, unique = pd.factorize(texts)
    angles = [_angle(str(text)) for text in unique]
    vietnamese = any(letter == "B" for _, letter in angles)
    south = ("S", "N") if vietnamese else ("S",)
    values = [-abs(value) if letter in (*south, "W", "T") else value for value, letter in angles]
    axes = {"N": "N", "S": "N", "B": "N", "E": "E", "W": "E", "D": "E", "T": "E"}
    letters = {axes.get(letter, "-") for value, letter in angles if not np.isnan(value)}
    return np.array([*values, np.nan])[codes], letters


def _angle(text: str) -> tuple[float, str]:
    """Read one angle; returns NaN when it is none, and the letter of its hemisphere."""
    bare = text.upper().translate(_SAME).strip()
    if len(bare) > 60 or not any(letter.isdigit() for letter in bare):
        return np.nan, ""
    for pattern, new in _WORDS_COMPILED:
        bare = pattern.sub(new, bare)
    found = _ANGLE.fullmatch(bare.strip())
    if not found or (found["before"] and found["after"]):
        return np.nan, ""
    whole, minutes, seconds = float(found["d"]), float(found["m"] or 0), float(found["s"] or 0)
    # A fraction belongs to the last part only: 10.5° 30' says nothing.
    broken = (found["m"] and "." in found["d"]) or (found["s"] and "." in found["m"])
    value = whole + minutes / 60 + seconds / 3600
    if broken or minutes >= 60 or seconds >= 60 or value > 180:
        return np.nan, ""
    return -value if found["sign"] == "-" else value, found["before"] or found["after"] or ""
