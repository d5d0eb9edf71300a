"""Which column of a table made by hand is which, in which rows its headings stand, and where its rows end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lomsong.geo import fold_text
from lomsong.tables import TableSpec

LONGITUDE_NAMES = ("longitude", "lon", "lng", "long", "kinh do", "x")
LATITUDE_NAMES = ("latitude", "lat", "vi do", "y")

Wanted = TableSpec | Callable[[list[str]], int]
"""A table, or a function that counts how many of the headings given it knows."""

Row = Sequence[str]

HEAD_ROWS = 40
"""Rows that hold something, among which the headings are sought."""

MOST_HEADING_ROWS = 3
"""Rows over which headings may be spread."""

_PARENTHESES = re.compile(r"[(\[][^()\[\]]*[)\]]")
_OTHER_QUANTITY = re.compile(
    r"[(\[]\s*(nam|nữ|nu|male|female|girls?|boys?|ft|feet|foot|miles?|[km]?w|watts?|dbw|[gk]?hz)\s*[)\]]", re.IGNORECASE
)
"""Parentheses that name some of those who are counted, or a unit in which no column is."""

_ABBREVIATIONS = {"hs": "hoc sinh", "ph": "phu huynh"}
"""As schools shorten headings: Số HS, Họ tên HS, SĐT PH."""

_NUMBER = re.compile(r"[-+\u2212]?\d[\d.,\u00a0 ]*%?")
_TOTAL = re.compile(
    r"(tong cong|tong so|grand total|sub ?total|totals?|tong|cong)"
    r"|(tong cong|tong so|grand total)\b.*"
    r"|(tong|cong|total)( of| for)?( toan| tat ca| all| cac| so)?"
    r" (xa|phuong|huyen|tinh|truong|ap|thon|trang|danh sach|ho|hoc sinh|schools?|communes?|pages?|households?)\b.*"
    r"|toan (tinh|huyen|xa|truong)"
)
_FOOTER = re.compile(
    r"\b(nguoi (lap|giao|nhan|duyet|kiem tra|tong hop)|ben (giao|nhan)|dai dien|gvcn|giao vien chu nhiem|"
    r"truong (ap|thon|khu pho)|lap bieu|lap bang|ghi chu|luu y|noi nhan|thu truong|hieu truong|chu tich|ky ten|"
    r"ky ghi|ho ten ky|xac nhan|ke toan|nguon|ngay \d+ thang|ngay thang nam|tm ubnd|t m|note|notes|source|"
    r"prepared by|signature|signed|don vi bao cao|can bo|truong phong|giam doc)\b"
)


@dataclass(frozen=True)
class Headings:
    """Where the headings of a table stand.

    ``first`` and ``last`` are the numbers of their rows in the grid, ``labels`` one text a column, ``matched`` how many
    of them are wanted.
    """

    first: int
    last: int
    labels: list[str]
    matched: int


def match_columns(found: Sequence[str], spec: TableSpec) -> dict[str, str]:
    """Map headings as found to column names of ``spec``, by name, heading in either language, or alias.

    Case, diacritics, line breaks and signs do not count; after that, what stands in parentheses (a unit, a number of
    the column), the plural and how schools shorten words. A heading in another unit (feet, watts) fits only where it is
    named with it. Of two headings that fit one column the more exact wins, then the first.
    """
    indices = [_index(found, level) for level in range(3)]
    mapping: dict[str, str] = {}
    for target, names in _targets(spec):
        for heading in _fitting(indices, names):
            if heading not in mapping:
                mapping[heading] = target
                break
    return mapping


def count_matches(labels: Sequence[str], wanted: Wanted) -> int:
    """Return how many columns of what is wanted the headings give."""
    given = [label for label in labels if label]
    return len(match_columns(given, wanted)) if isinstance(wanted, TableSpec) else int(wanted(given))


def _index(found: Sequence[str], level: int) -> dict[str, str]:
    return {fold: heading for heading in reversed(found) if (fold := _fold(str(heading), level))}


def _fitting(indices: list[dict[str, str]], names: tuple[str, ...]) -> Iterator[str]:
    for level, index in enumerate(indices):
        for name in names:
            heading = index.get(_fold(name, level))
            if heading is not None:
                yield heading


@lru_cache(maxsize=64)
def _targets(spec: TableSpec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    columns = tuple((column.name, (column.name, column.vi, column.en, *column.aliases)) for column in spec.columns)
    return (*columns, ("longitude", LONGITUDE_NAMES), ("latitude", LATITUDE_NAMES))


@lru_cache(maxsize=1 << 14)
def _fold(text: str, level: int) -> str:
    """Return a heading for comparing: 0 as it is, 1 without parentheses, 2 in the singular, written out."""
    if level and not _OTHER_QUANTITY.search(text):
        text = _PARENTHESES.sub(" ", text)
    folded = fold_text(text)
    if level < 2:
        return folded
    words = (_ABBREVIATIONS.get(word, word) for word in folded.split())
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in words)


def find_headings(grid: Sequence[Row], wanted: Wanted) -> Headings | None:
    """Find the row, or the two or three rows, whose headings match most of what is wanted.

    Titles above are passed over. Where a heading stands over several others ("Toạ độ" over "Kinh độ" and "Vĩ độ"), a
    column is called by both, or by the one that is known. When nothing matches, the first row that holds two cells is
    taken, so that an error can name what was found.

    Parameters
    ----------
    grid
        Rows of cells, an empty text where a cell is empty.
    wanted
        What is sought.
    """
    rows = [at for at, row in enumerate(grid) if any(row)][:HEAD_ROWS]
    best: Headings | None = None
    for first in rows:
        for last in range(first, min(first + MOST_HEADING_ROWS, len(grid))):
            if last > first and not (any(grid[last]) and _continues(grid[last - 1], grid[last])):
                break
            labels = _labels(grid[first : last + 1], wanted)
            new = Headings(first, last, labels, count_matches(labels, wanted))
            if new.matched and (best is None or _rank(new) > _rank(best)):
                best = new
    if best is None and rows:
        first = next((at for at in rows if sum(map(bool, grid[at])) > 1), rows[0])
        best = Headings(first, first, _labels([grid[first]], wanted), 0)
    return best


def _rank(headings: Headings) -> tuple[int, int]:
    """Of two that match alike the one of fewer rows is better: a title is no part of the headings under it."""
    return headings.matched, headings.first - headings.last


def _continues(upper: Row, lower: Row) -> bool:
    """Tell whether a row may be the lower part of headings: no number in it, and cells merged between the two."""
    if any(_NUMBER.fullmatch(cell) for cell in lower) or is_numbering(lower):
        return False
    width = max(len(upper), len(lower))
    above, below = _padded(upper, width), _padded(lower, width)
    return any(bool(high) != bool(low) for high, low in zip(above, below, strict=True))


def _padded(row: Row, width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def _labels(rows: Sequence[Row], wanted: Wanted) -> list[str]:
    width = max(map(len, rows))
    stacked = [_padded(row, width) for row in rows]
    spread = [_spread(row, stacked[at + 1 :]) for at, row in enumerate(stacked)]
    labels = []
    for column in range(width):
        parts = [row[column] for row in spread if row[column]]
        own = [row[column] for row in stacked if row[column]]
        label = " ".join(parts)
        if len(parts) > 1:
            names = (" ".join(reversed(parts)), label, *reversed(own))
            label = next((name for name in names if count_matches([name], wanted)), label)
        labels.append(" ".join(label.split()))
    return _distinct(labels)


def _spread(row: list[str], below: list[list[str]]) -> list[str]:
    """Let a heading stand over the columns to its right that have one of their own only further down."""
    out = list(row)
    for column in range(1, len(out)):
        if not out[column] and any(lower[column] for lower in below):
            out[column] = out[column - 1]
    return out


def _distinct(labels: list[str]) -> list[str]:
    """Give headings that occur twice, or are empty, a name of their own."""
    seen: dict[str, int] = {}
    out = []
    for number, label in enumerate(labels, start=1):
        name = label or f"#{number}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} #{number}")
    return out


def is_numbering(row: Row) -> bool:
    """Tell whether a row only numbers the columns: (1) (2) (3), or A B 1 2 3 4."""
    cells = [cell.strip() for cell in row if cell.strip()]
    bare = [cell.strip("()[] ").split("=")[0].strip("()[] ") for cell in cells]
    letters = next((at for at, cell in enumerate(bare) if not re.fullmatch("[A-H]", cell)), len(bare))
    counted = bare[:letters] == list("ABCDEFGH")[:letters] and bare[letters:] == [
        str(number) for number in range(1, len(bare) - letters + 1)
    ]
    return counted and len(cells) >= (2 if all(cell.startswith("(") for cell in cells) else 4)


def is_total(row: Row, width: int) -> bool:
    """Tell whether a row is one of totals: its first words say so, and not all of ``width`` columns are filled."""
    if len(row) - row.count("") >= max(width, 2):
        return False
    words = next((cell for cell in row if cell and not _NUMBER.fullmatch(cell)), "")
    # Tống and Công are names; tổng and cộng, or either without a mark, begin a line of totals.
    first = unicodedata.normalize("NFC", words).lower().split(" ")[0].strip(":.")
    if fold_text(first) in ("tong", "cong") and first not in ("tổng", "cộng", "tong", "cong"):
        return False
    return _TOTAL.fullmatch(fold_text(words)) is not None


def footer_start(rows: Sequence[Row], numbers: Sequence[int], totals: Sequence[bool], width: int) -> int:
    """Return how many rows stand above the footer (signatures, notes, place and date).

    A footer is at the end, its rows are filled in half of the columns at most and hold no number, and it begins with
    one of its usual words, after the totals, or after an empty row where such a word follows or each row is one cell.
    Rows that only look poor are not part of it: they are read, and judged as rows.

    Parameters
    ----------
    rows
        Rows below the headings that hold something.
    numbers
        Their numbers in the file.
    totals
        Which of them are totals.
    width
        Number of headings.
    """
    end = len(rows)
    while end and not totals[end - 1] and _is_poor(rows[end - 1], width):
        end -= 1
    for at in range(end, len(rows)):
        if _says_footer(rows[at]) or (at > 0 and totals[at - 1]):
            return at
        if at > 0 and numbers[at] - numbers[at - 1] > 1:
            stop = next((row for row in range(at + 1, len(rows)) if numbers[row] - numbers[row - 1] > 1), len(rows))
            block = rows[at:stop]
            if any(map(_says_footer, block)) or all(sum(map(bool, row)) == 1 for row in block):
                return at
    return len(rows)


def _says_footer(row: Row) -> bool:
    return any(_FOOTER.search(fold_text(cell)) for cell in row)


def _is_poor(row: Row, width: int) -> bool:
    filled = [cell for cell in row if cell]
    return 2 * len(filled) <= max(width, 2) and not any(_NUMBER.fullmatch(cell) for cell in filled)
