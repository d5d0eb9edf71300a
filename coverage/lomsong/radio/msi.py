"""Antenna patterns as manufacturers hand them out: text of the planning tool Planet (.msi, .pln, .ant)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lomsong.errors import DataError, FormatError
from lomsong.radio.antenna import STEPS, Pattern
from lomsong.texts import fault, one_line

DIPOLE_DBI = 2.15
"""Gain of a half-wave dipole: dBd + 2.15 = dBi."""

MOST_LOSS_DB = 200.0
"""Deepest value of a cut that is believed."""

MOST_ROWS = 100_000
"""Most lines of a text."""

SAME_DB = 0.1
"""How far two values for one direction (0° and 360°) may lie apart; the first counts."""

_LEAST_ANGLES = 2
_CUTS = ("HORIZONTAL", "VERTICAL")
_WORDS = (
    "NAME", "MAKE", "FREQUENCY", "GAIN", "TILT", "H_WIDTH", "V_WIDTH", "FRONT_TO_BACK", "POLARIZATION", "COMMENT",
    *_CUTS,
)  # fmt: skip
_KEYED = re.compile(r"([A-Za-z_][\w.]*)\s*[:=]?\s*(.*)")
_NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(_NUMBER)
_GAIN = re.compile(rf"({_NUMBER})\s*(dBi|dBd|dB)?", re.IGNORECASE)
_PARTS = re.compile(r"[\s;]+")
_FREQUENCY = re.compile(r"(\d+(?:[.,]\d+)?)")
_DASH = re.compile("[\u2212\u2010-\u2013]")


@dataclass
class _Cut:
    """One cut as it stands in the text: its rows are line number, angle and loss."""

    word: str
    line: int
    declared: int | None
    rows: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return self.declared is not None and len(self.rows) >= self.declared


@dataclass
class _Found:
    words: dict[str, tuple[int, str]] = field(default_factory=dict)
    cuts: dict[str, _Cut] = field(default_factory=dict)


def parse_pattern(text: str, name: str) -> Pattern:
    """Return the pattern that a text in the format of MSI Planet holds.

    Read are ``NAME`` (or a first line without keyword), ``FREQUENCY`` (MHz unless it says GHz; the middle of a range),
    ``GAIN`` (dBd unless it says dBi) and the cuts ``HORIZONTAL n`` and ``VERTICAL n`` with an angle and a loss a line.
    Other keywords are passed over: an electrical ``TILT`` is in the vertical cut already. Decimals have a point or a
    comma, columns are parted by spaces, tabs, semicolons or a comma, angles come in any order and step and are
    interpolated linearly around the circle. Losses written as negative gains turn positive when the cut has no
    positive one.

    Both cuts hold the direction straight ahead, so its loss would count twice when they are added: the horizontal cut
    is read against its own least loss. No direction is attenuated more than the deepest value of either cut.

    Parameters
    ----------
    text
        Content of the file.
    name
        File to name in errors, and the antenna where the text does not.

    Raises
    ------
    FormatError
        When a cut or the gain is missing: this is no such file.
    DataError
        When a line, an angle, a loss, a gain or the number of rows cannot be right.
    """
    found = _scan(text, name)
    for word in (*_CUTS, "GAIN"):
        if word not in found.cuts and word not in found.words:
            raise fault(FormatError, "msi_missing", file=name, word=word)
    horizontal, vertical = (_circle(found.cuts[word], name) for word in _CUTS)
    horizontal -= horizontal.min()
    most = max(float(horizontal.max()), float(vertical.max()))
    title = found.words.get("NAME", (0, ""))[1] or found.words.get("TITLE", (0, ""))[1] or name
    gain = _gain_dbi(*found.words["GAIN"], name)
    return Pattern(
        gain, horizontal, vertical, most, one_line(title), _frequency_mhz(found.words.get("FREQUENCY", (0, ""))[1])
    )


def _scan(text: str, name: str) -> _Found:
    """Sort the lines into keywords and the rows of the two cuts."""
    found, cut = _Found(), None
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_ROWS:
        raise fault(DataError, "msi_long", file=name, count=len(lines), limit=MOST_ROWS)
    for number, raw in enumerate(lines, 1):
        line = _DASH.sub("-", raw.strip().strip('"').strip())
        if not line:
            continue
        keyed = _KEYED.fullmatch(line)
        word = keyed.group(1).upper() if keyed else ""
        if keyed and word in _CUTS:
            _finished(cut, name)
            cut = _opened(found, word, number, keyed.group(2), name)
        elif cut is not None and not cut.full and word not in _WORDS:
            cut.rows.append((number, *_pair(line, number, name)))
        elif cut is not None and keyed is None:
            raise fault(
                DataError, "msi_more", file=name, row=number, word=cut.word, count=cut.declared or len(cut.rows)
            )
        elif keyed and word in _WORDS:
            found.words.setdefault(word, (number, keyed.group(2)))
        elif not found.words and not found.cuts:
            found.words["TITLE"] = (number, line)
    _finished(cut, name)
    return found


def _opened(found: _Found, word: str, number: int, rest: str, name: str) -> _Cut:
    if word in found.cuts:
        raise fault(DataError, "msi_twice", file=name, row=number, word=word, first=found.cuts[word].line)
    head = _PARTS.split(rest)[0]
    if head and not (head.isascii() and head.isdigit() and 0 < int(head[:9]) <= MOST_ROWS):
        raise fault(DataError, "msi_count", file=name, row=number, word=word, value=rest, limit=MOST_ROWS)
    found.cuts[word] = _Cut(word, number, int(head) if head else None)
    return found.cuts[word]


def _finished(cut: _Cut | None, name: str) -> None:
    """Refuse a cut that ends before its declared number of rows: what is missing would be made up."""
    if cut is not None and cut.declared is not None and not cut.full:
        counts = {"count": len(cut.rows), "declared": cut.declared}
        raise fault(DataError, "msi_fewer", file=name, row=cut.line, word=cut.word, **counts)


def _pair(line: str, number: int, name: str) -> tuple[float, float]:
    """Return angle and loss of one line."""
    parts = [part.rstrip(",") if at == 0 else part for at, part in enumerate(_PARTS.split(line.strip(";")))]
    if len(parts) == 1:
        parts = line.split(",")
    if len(parts) != 2 or not all(_PLAIN.fullmatch(part) for part in parts):
        raise fault(DataError, "msi_row", file=name, row=number, value=line)
    angle, loss = (_float(part) for part in parts)
    if not abs(angle) <= 360:
        raise fault(DataError, "msi_angle", file=name, row=number, value=f"{angle:g}")
    if not abs(loss) <= MOST_LOSS_DB:
        raise fault(DataError, "msi_loss", file=name, row=number, value=f"{loss:g}", limit=f"{MOST_LOSS_DB:g}")
    return angle, loss


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _circle(cut: _Cut, name: str) -> NDArray[np.float64]:
    """Return the cut at each tenth of a degree, shape (3600,)."""
    losses = [loss for _, _, loss in cut.rows]
    if any(loss < 0 for loss in losses):
        first = next(((row, loss) for row, _, loss in cut.rows if loss > 0), None)
        if first is not None:
            raise fault(DataError, "msi_signs", file=name, row=first[0], word=cut.word, value=f"{first[1]:g}")
    ordered = sorted((round(angle % 360, 9) % 360, row, abs(loss)) for row, angle, loss in cut.rows)
    kept: list[tuple[float, float]] = []
    for here, (angle, row, loss) in zip([None, *ordered], ordered, strict=False):
        if here is None or here[0] != angle:
            kept.append((angle, loss))
        elif abs(loss - kept[-1][1]) > SAME_DB:
            values = {"value": f"{loss:g}", "other": f"{kept[-1][1]:g}", "angle": f"{angle:g}"}
            raise fault(DataError, "msi_same", file=name, row=row, word=cut.word, **values)
    if len(kept) < _LEAST_ANGLES:
        raise fault(DataError, "msi_few", file=name, row=cut.line, word=cut.word, count=len(kept), least=_LEAST_ANGLES)
    angles, values = np.array(kept).T
    return np.interp(np.arange(STEPS) / (STEPS / 360), angles, values, period=360)


def _gain_dbi(number: int, text: str, name: str) -> float:
    matched = _GAIN.fullmatch(text.strip())
    gain = _float(matched.group(1)) if matched else math.nan
    if not -50 <= gain <= 60:
        raise fault(DataError, "msi_gain", file=name, row=number, value=text)
    return gain if matched and (matched.group(2) or "").lower() == "dbi" else gain + DIPOLE_DBI


def _frequency_mhz(text: str) -> float:
    """Return the middle of a frequency or range; NaN where there is no number, for nothing is computed from it."""
    numbers = [_float(part) for part in _FREQUENCY.findall(text)[:2]]
    if not numbers:
        return math.nan
    return (numbers[0] + numbers[-1]) / 2 * (1000 if "ghz" in text.lower() else 1)
