"""The file of challenges that an operator answers, and its answers read back; the hexagons as a layer."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import python_calamine as calamine

from lomsong.errors import ColumnError, DataError, FormatError, MissingFileError
from lomsong.gap.claims.field_tests import SQUARE_M
from lomsong.gap.claims.hexagons import ChallengeRules
from lomsong.publish.layers import write_geopackage
from lomsong.publish.privacy import suppress, withheld_hexagons
from lomsong.publish.spreadsheet import new_workbook
from lomsong.tables import OPERATORS
from lomsong.texts import LANGUAGES, TEXTS, Phrase, fault, one_line, text

REPLIES = ("accepted", "fixed", "planned", "disputed")
"""What an operator may answer."""

DECISIONS = ("stands", "withdrawn", "remeasure")
"""What the department may decide then."""

COLUMNS: dict[str, str] = {
    "challenge_id": "text", "operator": "text", "technology": "text", "commune_code": "text", "commune": "text",
    "hexagon": "text", "latitude": "degrees", "longitude": "degrees", "claimed_dbm": "level", "threshold_dbm": "level",
    "tests": "count", "failures": "count", "share_failed": "share", "silent": "count", "median_dbm": "level",
    "worst_dbm": "level", "first": "date", "last": "date", "occasions": "count", "cause": "text", "learners": "count",
}  # fmt: skip
"""Columns that state the challenge, with the kind of their cells: nobody may alter them."""

ANSWERS: dict[str, str] = {"reply_kind": "choice", "reply": "answer", "reply_date": "answer_date", "decision": "choice"}
"""Columns left empty: the operator fills the first three, the department the last."""

RECORD = "lomsong"
"""Hidden sheet that keeps what was issued."""

MOST_CELLS = 4_000_000
"""Largest rectangle of a sheet that is read back."""

_SHOWN_FAULTS = 20
_HEAD_ROW = 4
_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_WIDTHS = {"challenge_id": 28, "hexagon": 18, "commune": 18, "cause": 22, "reply_kind": 26, "reply": 40, "decision": 24}
_LEAST_WIDTH = 10
_PAGES_WIDE = 2
"""Pages side by side that a row is printed on: on one nobody could read it."""
_GUIDE_WIDTH, _GUIDE_LETTERS = 110, 90
"""Width of a rule, and so many letters of it at least go on a line."""


@dataclass(frozen=True)
class ChallengeContent:
    """All that the file shows.

    Attributes
    ----------
    hexagons
        As :func:`lomsong.gap.claims.challenge` returns them; only overturned ones become rows. For a file that one
        operator gets, give its hexagons alone.
    rules
        By which they were judged.
    utc_offset_h
        Of the clock by which dates are written.
    square_m
        Side of the squares in which a visit is one test.
    """

    title: str
    territory: str
    hexagons: gpd.GeoDataFrame
    rules: ChallengeRules = field(default_factory=ChallengeRules)
    language: str = "vi"
    issuer: str = ""
    data_note: str = ""
    operators: Mapping[str, str] = field(default_factory=lambda: dict(OPERATORS))
    suppress_below: int = 5
    utc_offset_h: float = 7.0
    square_m: float = SQUARE_M


def challenge_rows(content: ChallengeContent) -> pd.DataFrame:
    """Return one row for each overturned hexagon and operator: :data:`COLUMNS`, in words of the content's language.

    ``challenge_id`` is made of operator, technology and hexagon: the same place keeps its identifier in every round.
    """
    found = content.hexagons[content.hexagons["state"] == "overturned"]
    found = suppress(found, ["learners"], content.suppress_below).reset_index(drop=True)
    technology = found["technology"].astype(str)
    shift = pd.Timedelta(hours=content.utc_offset_h)
    causes = {cause: text(f"challenge.cause_{cause}", content.language) for cause in found["cause"].dropna().unique()}
    rows = found.assign(
        challenge_id=found["operator"] + "-" + technology.where(technology != "", "any") + "-" + found["hexagon"],
        operator=found["operator"].map(lambda one: content.operators.get(one, one)),
        technology=technology.where(technology != "", text("challenge.any", content.language)),
        commune=found["name"],
        first=(found["first"] + shift).dt.floor("D"),
        last=(found["last"] + shift).dt.floor("D"),
        cause=found["cause"].map(causes),
    )
    hidden = rows["learners_suppressed"].to_numpy(bool)
    rows["learners"] = rows["learners"].round().astype(object).mask(hidden, f"<{content.suppress_below}")
    return pd.DataFrame(rows[list(COLUMNS)])


def write_challenge(path: str | Path, content: ChallengeContent) -> None:
    """Write the workbook that operators answer, whole or not at all; the same content gives the same bytes.

    Texts are written as texts, so that none becomes a formula; numbers and dates as such. Only the cells of answers can
    be filled; replies and decisions are chosen from lists. A hidden sheet keeps what was issued.

    Parameters
    ----------
    path
        An ``.xlsx`` file; what stands there is replaced.
    content
        What to show.
    """
    rows = challenge_rows(content)
    with new_workbook(path, content.title, content.issuer) as file:
        looks = _formats(file)
        _guide_sheet(file, looks, content, len(rows))
        _challenge_sheet(file, looks, content, rows)
        _record_sheet(file, content, rows)


def published_hexagons(
    hexagons: gpd.GeoDataFrame, below: int = 5, cells: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the hexagons of all states with small counts of learners hidden.

    Where the squares of learners, ``cells``, are published as well, a hexagon that would give back the few who live
    beside them tells no count, as missing.
    """
    counts = ["learners", "learners_unserved"]
    published = suppress(hexagons, counts, below)
    if cells is not None:
        withheld = pd.Series(withheld_hexagons(hexagons, cells, below), published.index)
        published[counts] = published[counts].mask(withheld)
    return published


def write_hexagons(path: str | Path, hexagons: gpd.GeoDataFrame, below: int = 5) -> None:
    """Write a GeoPackage with the layer ``claims``: the hexagons of all states, small counts of learners hidden."""
    write_geopackage(Path(path), {"claims": published_hexagons(hexagons, below)})


def read_replies(path: str | Path, issued: str | Path | None = None) -> pd.DataFrame:
    """Take the answered file back.

    Every challenge must be there once and as it was issued; rows may stand in another order. What was issued is read
    from the hidden sheet of ``issued``, the file that was sent, or else of the answered file itself, which tells
    mistakes but no forgery: keep the file that you send.

    Parameters
    ----------
    path
        The answered workbook, of either language.
    issued
        The file that was sent, as it was written.

    Returns
    -------
    Frame challenge_id, reply_kind (of :data:`REPLIES`; None: not answered), reply, reply_date (datetime64; NaT where
    none), decision (of :data:`DECISIONS` or None), in the order in which they were issued.

    Raises
    ------
    MissingFileError, FormatError, ColumnError
        When the file is not there, is no workbook, or none of challenges.
    DataError
        When challenges are missing, added or altered, or an answer cannot be understood; all faults are told at once.
    """
    record = _record(Path(issued if issued is not None else path))
    found = _answers(Path(path))
    faults = _differences(record, found)
    found = found.drop_duplicates("challenge_id").set_index("challenge_id").reindex(record.index)
    kinds, of_kind = _choices(found, "reply_kind", REPLIES)
    decisions, of_decision = _choices(found, "decision", DECISIONS)
    dates, of_date = _dates(found["reply_date"])
    faults += [*of_kind, *of_decision, *of_date]
    if faults:
        shown = tuple(faults[:_SHOWN_FAULTS])
        raise fault(DataError, "replies_altered", file=Path(path).name, count=len(faults), faults=shown)
    reply = [None if _canonical(value) == "" else str(value).strip() for value in found["reply"]]
    words = {"reply_kind": kinds, "reply": reply, "decision": decisions}
    said = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in words.items()})
    said.insert(0, "challenge_id", record.index)
    said.insert(3, "reply_date", dates)
    return said


def _formats(file: Any) -> dict[str, Any]:
    base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1}
    open_cell = {"locked": False, "bg_color": "#FFF8E1", "border": 1, "border_color": "#D9CBA0", "text_wrap": True}
    looks: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "note": {"font_color": "#52646F", "italic": True},
        "data_note": {"bold": True, "font_color": "#6B4B00"},
        "heading": {**head, "bg_color": "#DDE8EE"},
        "answer_heading": {**head, "bg_color": "#F6DFA4"},
        "wrapped": {"text_wrap": True},
        "text": {"text_wrap": True, "align": "left"},
        "count": {"num_format": "#,##0", "align": "right"},
        "level": {"num_format": "0.0", "align": "right"},
        "share": {"num_format": "0%", "align": "right"},
        "degrees": {"num_format": "0.00000", "align": "right"},
        "date": {"num_format": "dd/mm/yyyy", "align": "right"},
        "choice": open_cell,
        "answer": {**open_cell, "num_format": "@"},
        "answer_date": {**open_cell, "num_format": "dd/mm/yyyy"},
    }
    return {name: file.add_format({**base, **look}) for name, look in looks.items()}


def _guide_sheet(file: Any, looks: Mapping[str, Any], content: ChallengeContent, count: int) -> None:
    sheet = file.add_worksheet(text("challenge.guide", content.language))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, _GUIDE_WIDTH)
    sheet.write_string(0, 0, f"{content.title} – {content.territory}".strip(" –"), looks["title"])
    sheet.write_string(1, 0, content.issuer, looks["note"])
    sheet.write_string(2, 0, content.data_note, looks["data_note"])
    rules = content.rules
    figures = {
        "count": count, "tests": rules.least_tests, "places": rules.least_places, "occasions": rules.least_occasions,
        "hours": f"{rules.apart_h:g}", "limit": f"{rules.failure_limit:.0%}", "confidence": f"{rules.confidence:.0%}",
        "resolution": rules.resolution, "below": content.suppress_below, "square": f"{content.square_m:g}",
    }  # fmt: skip
    rule = "rule" if rules.least_occasions > 1 else "rule_once"
    keys = ["what", rule, "answer", "date", "locked", *(f"means_{reply}" for reply in REPLIES)]
    keys += ["people"] if content.suppress_below else []
    for row, key in enumerate(keys, start=_HEAD_ROW):
        sentence = text(f"challenge.guide_{key}", content.language, **figures)
        sheet.write_string(row, 0, sentence, looks["wrapped"])
        sheet.set_row(row, 15 * -(-len(sentence) // _GUIDE_LETTERS) + 4)
    sheet.protect()


def _challenge_sheet(file: Any, looks: Mapping[str, Any], content: ChallengeContent, rows: pd.DataFrame) -> None:
    sheet = file.add_worksheet(text("challenge.sheet", content.language))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(_PAGES_WIDE, 0)
    sheet.repeat_columns(0)
    # Of what stands above the first column a page of the others shows a few letters.
    sheet.set_footer(f"&L{content.title.replace('&', '&&')}&R{text('book.page', content.language)} &P / &N")
    sheet.write_string(0, 0, f"{content.title} – {content.territory}".strip(" –"), looks["title"])
    sheet.write_string(1, 0, text("challenge.note", content.language), looks["note"])
    sheet.write_string(2, 0, content.data_note, looks["data_note"])
    sheet.set_row(_HEAD_ROW, 45)
    last = _HEAD_ROW + max(len(rows), 1)
    for index, (name, kind) in enumerate({**COLUMNS, **ANSWERS}.items()):
        heading = text(f"challenge.{name}", content.language)
        sheet.write_string(_HEAD_ROW, index, heading, looks["answer_heading" if name in ANSWERS else "heading"])
        sheet.set_column(index, index, _WIDTHS.get(name, max(_LEAST_WIDTH, max(map(len, heading.split())) + 2)))
        for row in range(len(rows)):
            value = None if name in ANSWERS else rows[name].iloc[row]
            _write(sheet, _HEAD_ROW + 1 + row, index, value, looks[kind], looks["count"])
        if name in ANSWERS and len(rows):
            _restrict(sheet, name, index, last, content.language)
    sheet.freeze_panes(_HEAD_ROW + 1, 1)
    sheet.repeat_rows(_HEAD_ROW)
    sheet.autofilter(_HEAD_ROW, 0, last, len(COLUMNS) + len(ANSWERS) - 1)
    sheet.protect(options={"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
    sheet.activate()


def _write(sheet: Any, row: int, column: int, value: Any, look: Any, of_text: Any) -> None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look if look is not of_text else of_text)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, column, value.to_pydatetime(), look)
    else:
        sheet.write_number(row, column, float(value), look)


def _restrict(sheet: Any, name: str, column: int, last: int, language: str) -> None:
    """Let the cells of an answer take what it may be."""
    if name == "reply":
        return
    message = text(f"challenge.ask_{name}", language)
    rule: dict[str, Any] = {"error_title": text("challenge.not_known", language), "error_message": message}
    if name == "reply_date":
        rule |= {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
    else:
        letter, count = ("Y", len(REPLIES)) if name == "reply_kind" else ("Z", len(DECISIONS))
        rule |= {"validate": "list", "source": f"={RECORD}!${letter}$1:${letter}${count}"}
    sheet.data_validation(_HEAD_ROW + 1, column, last, column, rule)


def _record_sheet(file: Any, content: ChallengeContent, rows: pd.DataFrame) -> None:
    """Keep what was issued, as text, and the words of the lists."""
    sheet = file.add_worksheet(RECORD)
    for index, name in enumerate(COLUMNS):
        sheet.write_string(0, index, name)
        for row, value in enumerate(rows[name], start=1):
            sheet.write_string(row, index, _canonical(value))
    for column, key, kinds in ((24, "reply", REPLIES), (25, "decision", DECISIONS)):
        for row, kind in enumerate(kinds):
            sheet.write_string(row, column, text(f"challenge.{key}_{kind}", content.language))
    sheet.very_hidden()


def _canonical(value: Any) -> str:
    """Return a cell as a text that does not change when a program saves it again."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", " ".join(value.split()))
    if isinstance(value, date):  # a datetime and a Timestamp are dates too
        return f"{value:%Y-%m-%d}"
    return f"{float(value):.9g}"


def _sheets(path: Path) -> Mapping[str, list[list[Any]]]:
    if not path.is_file():
        raise fault(MissingFileError, "replies_missing", file=path.name)
    try:
        _require_modest(path)
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except DataError:
        raise
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, RuntimeError) as error:
        raise fault(FormatError, "replies_unreadable", file=path.name, reason=str(error)) from None


def _require_modest(path: Path) -> None:
    """Refuse a sheet with a stray cell far out: it would be laid out as a whole in memory."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                if info.file_size > 100 * MOST_CELLS:
                    raise fault(DataError, "replies_large", file=path.name)
                places = _CELL.findall(archive.read(info))
                rows = max((int(row) for _, row in places), default=0)
                columns = max((_column_number(letters) for letters, _ in places), default=0)
                if rows * columns > MOST_CELLS:
                    raise fault(DataError, "replies_large", file=path.name)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _record(path: Path) -> pd.DataFrame:
    """Return what was issued as texts, by challenge."""
    sheet = _sheets(path).get(RECORD)
    if not sheet or [str(one) for one in sheet[0][: len(COLUMNS)]] != list(COLUMNS):
        raise fault(FormatError, "replies_no_record", file=path.name)
    rows = [[str(one) for one in row[: len(COLUMNS)]] for row in sheet[1:]]
    record = pd.DataFrame([row for row in rows if row[0]], columns=list(COLUMNS), dtype=object)
    return record.set_index("challenge_id")


def _answers(path: Path) -> pd.DataFrame:
    """Return the rows of the answered sheet, cells as they are, under the names of the columns."""
    wanted = {**COLUMNS, **ANSWERS}
    names = {_canonical(heading): name for name in wanted for heading in TEXTS[f"challenge.{name}"]}
    for title, sheet in _sheets(path).items():
        heads = next((row for row in sheet if {names.get(_canonical(one)) for one in row} >= {"challenge_id"}), None)
        if title == RECORD or heads is None:
            continue
        columns = {
            names[_canonical(one)]: at for at, one in reversed(list(enumerate(heads))) if _canonical(one) in names
        }
        missing = [name for name in wanted if name not in columns]
        if missing:
            headings = " · ".join(TEXTS[f"challenge.{name}"][LANGUAGES.index("vi")] for name in missing)
            raise fault(ColumnError, "replies_columns", file=path.name, missing=headings)
        rows = sheet[sheet.index(heads) + 1 :]
        frame = pd.DataFrame(
            [[row[columns[name]] for name in wanted] for row in rows], columns=list(wanted), dtype=object
        )
        filled = frame.map(_canonical).ne("").any(axis=1)
        frame["challenge_id"] = frame["challenge_id"].map(_canonical)
        return frame[filled].reset_index(drop=True)
    raise fault(FormatError, "replies_no_sheet", file=path.name)


def _differences(record: pd.DataFrame, found: pd.DataFrame) -> list[Phrase]:
    """Return what is missing, added, doubled or altered."""
    ids = found["challenge_id"]
    faults = [Phrase("replies.missing", {"id": one}) for one in record.index.difference(ids, sort=False)]
    faults += [Phrase("replies.added", {"id": _shown(one)}) for one in ids[~ids.isin(record.index)].unique()]
    faults += [Phrase("replies.twice", {"id": one}) for one in ids[ids.duplicated()].unique() if one in record.index]
    known = found[ids.isin(record.index)]
    for name in record.columns:
        now = known[name].map(_canonical).to_numpy(object)
        was = record[name].loc[known["challenge_id"]].to_numpy(object)
        for row in (now != was).nonzero()[0]:
            column = Phrase(f"challenge.{name}")
            values = {"id": known["challenge_id"].iloc[row], "was": _shown(was[row]), "now": _shown(now[row])}
            faults.append(Phrase("replies.changed", {**values, "column": column}))
    return faults


def _choices(found: pd.DataFrame, column: str, kinds: Iterable[str]) -> tuple[list[str | None], list[Phrase]]:
    prefix = "reply" if column == "reply_kind" else column
    known = {_canonical(word): kind for kind in kinds for word in (*TEXTS[f"challenge.{prefix}_{kind}"], kind)}
    said = [_canonical(value) for value in found[column]]
    wrong = [
        Phrase("replies.choice", {"id": one, "column": Phrase(f"challenge.{column}"), "now": _shown(word)})
        for one, word in zip(found.index, said, strict=True)
        if word and word not in known
    ]
    return [known.get(word) for word in said], wrong


def _dates(cells: pd.Series) -> tuple[pd.Series, list[Phrase]]:
    """Return dates, of which some were written as text, day first."""
    dates, faults = [], []
    for one, value in cells.items():
        written = _canonical(value)
        moment = pd.NaT
        for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
            moment = pd.to_datetime(written, format=pattern, errors="coerce") if pd.isna(moment) else moment
        if written and pd.isna(moment):
            faults.append(Phrase("replies.date", {"id": one, "now": _shown(written)}))
        dates.append(moment)
    return pd.Series(dates, index=cells.index, dtype="datetime64[ns]").reset_index(drop=True), faults


def _shown(value: str) -> str:
    return one_line(value)[:80]
