"""Who gets the next devices, as it leaves the house: counts for everybody; each household, by its code, within it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.publish.atomic import write_text
from lomsong.publish.delimited import write_csv
from lomsong.publish.internal import FOLDER, MARKER, internal_settings, marker
from lomsong.publish.privacy import Counts, round_total, rounded_interval, suppress
from lomsong.publish.spreadsheet import new_workbook
from lomsong.publish.workbook.book import (
    HEAD_ROW,
    Book,
    Column,
    WorkbookContent,
    formats_of,
    open_sheet,
    spec_columns,
    table_sheet,
    write_table,
)
from lomsong.settings import Settings
from lomsong.shown import number
from lomsong.tables import DEVICE_STATES, DEVICES, ENTITLEMENTS, OPERATORS, POVERTY
from lomsong.texts import text

GROUPED = {
    "next": ("next",),
    "waiting": ("waiting",),
    "no_signal": ("no_signal", "unmeasured"),
    "served": ("served",),
    "beside": ("unnamed", "no_tier"),
}
"""States told of each commune, to those of the table."""

_WORDS = {"category": POVERTY, "entitlement": ENTITLEMENTS}


@dataclass(frozen=True)
class DevicesContent:
    """All that is told of devices.

    Attributes
    ----------
    table
        Table ``devices``.
    communes
        Code to name.
    irregularities
        As :func:`lomsong.devices.irregularities` returns them, ``row`` that of the file.
    ledger
        Name of the ledger, its rows, those that are not usable though they are no totals or copies, devices given and
        those out of use; empty without one.
    unsaid
        Households of which no roster says whether they lack a device.
    """

    table: pd.DataFrame
    communes: Mapping[str, str]
    settings: Settings
    irregularities: pd.DataFrame
    ledger: Mapping[str, object]
    unsaid: int = 0

    @property
    def language(self) -> str:
        """Language of what is written."""
        return self.settings.publish.language

    @property
    def suppress_below(self) -> int:
        """Smallest count of households that is published."""
        return self.settings.publish.suppress_below

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue."""
        return text(key, self.language, **values)


def word_of(settings: Settings) -> str:
    """Return the word that lots are drawn with: that of ``[devices]``, composed (NFC), else the seed of the run."""
    return unicodedata.normalize("NFC", settings.devices.word) or str(settings.run.seed)


def tier_names(content: DevicesContent) -> list[str]:
    """Return the name of each tier, and that of no tier last."""

    def named(part: str) -> str:
        return ", ".join(content.say(f"devices.{term.strip()}") for term in part.split("+"))

    order = content.settings.devices.order
    tiers = (content.say("devices.or").join(map(named, tier.split("|"))) for tier in order)
    names = [content.say("devices.tier_named", number=number, name=name) for number, name in enumerate(tiers, start=1)]
    return [*names, content.say("devices.tier_none")]


def by_tier(content: DevicesContent) -> pd.DataFrame:
    """Return households by tier and state: ``tier``, ``households`` and a column a state; the last row has no tier."""
    count = len(content.settings.devices.order)
    row = np.where(content.table["tier"] > 0, content.table["tier"] - 1, count)
    return _counted(content.table["status"], row, count + 1).assign(tier=tier_names(content))


def by_commune(content: DevicesContent) -> pd.DataFrame:
    """Return households by commune and state: ``commune_code``, ``name``, ``households`` and :data:`GROUPED`."""
    codes = content.table["commune_code"].fillna("")
    known = sorted(set(codes))
    row = codes.map({code: number for number, code in enumerate(known)}).to_numpy(np.int64)
    states = _counted(content.table["status"], row, len(known))
    told = {name: states[list(parts)].sum(axis=1) for name, parts in GROUPED.items()}
    names = [content.communes.get(code, code) or content.say("devices.commune_none") for code in known]
    return pd.DataFrame({"commune_code": known, "name": names, "households": states["households"], **told})


def _counted(status: pd.Series, row: NDArray[np.int64], rows: int) -> pd.DataFrame:
    state = status.map({name: number for number, name in enumerate(DEVICE_STATES)}).to_numpy(np.int64)
    counts = np.zeros((rows, len(DEVICE_STATES)), dtype=np.int64)
    np.add.at(counts, (row, state), 1)
    return pd.DataFrame(counts, columns=list(DEVICE_STATES)).assign(households=counts.sum(axis=1))


def published_devices(
    tiers: pd.DataFrame, communes: pd.DataFrame, below: int = 5, devices: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return :func:`by_tier` and :func:`by_commune` with small counts hidden, and with them what gives them back.

    Every row adds up to ``households``, every column to its total as :func:`told_totals` tells it. A count that is
    left out with a small one is missing; ``<column>_suppressed`` says which are small.
    """
    counts = Counts(below)
    told = [(frame, counts_of(frame)) for frame in (tiers, communes)]
    cells = [{name: counts.add(frame[name]) for name in names} for frame, names in told]
    totals: list[dict[str, int]] = []
    for (frame, names), numbers in zip(told, cells, strict=True):
        for row in range(len(frame)):
            counts.sum([int(numbers[name][row]) for name in names[:-1]], int(numbers["households"][row]))
        known = told_totals(frame, below, devices)
        of_column = counts.add(known["total"], known=(known["low"], known["high"]), harmless=True)
        totals.append(dict(zip(names, of_column.tolist(), strict=True)))
        for name in names:
            counts.sum(numbers[name], totals[-1][name])
    for name, parts in {**GROUPED, "households": ("households",)}.items():
        counts.sum([totals[0][part] for part in parts], totals[1][name])
    withheld = counts.withheld()
    published = []
    for (frame, names), numbers in zip(told, cells, strict=True):
        shown = suppress(frame, names, below)
        published.append(shown.assign(**{name: shown[name].mask(withheld[numbers[name]]) for name in names}))
    return published[0], published[1]


def published(content: DevicesContent) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables as :func:`published_devices` gives them."""
    below, devices = content.suppress_below, content.settings.devices.count
    return published_devices(by_tier(content), by_commune(content), below, devices)


def told_totals(table: pd.DataFrame, below: int, devices: int) -> pd.DataFrame:
    """Return the total of each count of a table as :func:`told_total` does, beside the ``total`` itself.

    That of the next ones is told as it is where all devices are handed out: how many they are everybody knows.
    """
    sums = table[counts_of(table)].sum().astype(float)
    hidden = [0 if name == "next" and total >= devices else below for name, total in sums.items()]
    told = [(total, *told_total(total, least)) for total, least in zip(sums, hidden, strict=True)]
    return pd.DataFrame(told, index=sums.index, columns=["total", "told", "low", "high"])


def told_total(total: float, below: int) -> tuple[float, float, float]:
    """Return a total as it is told, NaN for a small one, and the lowest and highest that a reader knows it to be.

    One under ten is not told: four small counts that make a total under five are 1 each.

    Examples
    --------
    >>> [told_total(total, 5) for total in (0, 3, 11, 123)]
    [(0, 0, 0), (nan, 1.0, 9.0), (10.0, 10.0, 15.0), (120.0, 115.0, 125.0)]
    """
    least = max(float(below), 10.0)
    if not below or not total:
        return total, total, total
    if total < least:
        return np.nan, 1.0, least - 1
    low, high = rounded_interval(total)
    return float(round_total(total)), max(low, least), high


def counts_of(table: pd.DataFrame) -> list[str]:
    """Return the columns of counts, their sum last."""
    return [*(name for name in table if name in (*DEVICE_STATES, *GROUPED)), "households"]


def with_total(published: pd.DataFrame, whole: pd.DataFrame, first: str, content: DevicesContent) -> pd.DataFrame:
    """Return a published table with a line of the totals of the ``whole``, rounded where small counts are hidden."""
    told = told_totals(whole, content.suppress_below, content.settings.devices.count)["told"]
    small = {name: False for name in published if str(name).endswith("_suppressed")}
    line = {**told, **small, first: content.say("devices.tier_total")}
    return pd.concat([published, pd.DataFrame([line])], ignore_index=True)


def sentences(content: DevicesContent, ledger: bool = True) -> list[str]:
    """Return what is to be known, a sentence each: need, turns, what is held back, the rule, the ledger and its faults.

    What a ``ledger`` holds is for those who keep it: its counts are exact and its faults few.
    """
    devices, below = content.settings.devices.count, content.suppress_below
    totals = told_totals(by_tier(content), below, devices)
    ends = pd.DataFrame({name: _ends(row["told"], row["low"], row["high"]) for name, row in totals.iterrows()})
    lacking = float(content.table.loc[content.table["status"] != "served", "lacking"].sum())
    # What two totals make together is told as what they are told to be: rounded by itself it would tell more of both.
    left = (devices - ends["next"])[::-1]
    counts = {
        **{name: _span(ends[name], content) for name in ends},
        "lacking": _span(_ends(*told_total(lacking, below)), content),
        "households": _span((ends["households"] - ends["served"][::-1].to_numpy()).clip(lower=0), content),
        "entitled": _span(ends["next"] + ends["waiting"], content),
    }
    told = [content.say(f"devices.{key}", **counts) for key in ("need", "turns", "held_back")]
    odd = [content.table[name].notna() & ~content.table[name].isin(words) for name, words in _WORDS.items()]
    for key, count in (("category_strange", np.logical_or(*odd).sum()), ("unsaid", content.unsaid)):
        if count:
            told.append(content.say(f"devices.{key}", count=_span(_ends(*told_total(float(count), below)), content)))
    if left.max() > 0:
        # A total of the next ones that is not told is less than the devices.
        told.append(content.say("devices.left_over", count=_span(left.clip(lower=1), content)))
    told += [content.say(f"devices.{key}", word=word_of(content.settings)) for key in ("rule", "rule_communes")]
    if not content.settings.devices.word:
        told.append(content.say("devices.no_word"))
    if ledger and not content.ledger:
        told.append(content.say("devices.no_ledger"))
    elif ledger:
        of, language = content.ledger, content.language
        held = {name: number(value, 0, language) if isinstance(value, int) else value for name, value in of.items()}
        told.append(content.say("devices.ledger", **held))
        if of["rejected"]:
            told.append(content.say("devices.ledger_rejected", count=held["rejected"]))
        for one in content.irregularities.to_dict("records"):
            count = number(one["count"], 0, language)
            told.append(content.say(f"devices.{one['irregularity']}", count=count, row=one["row"]))
    return told


def _ends(told: float, low: float, high: float) -> pd.Series:
    """Return a total as it is told, twice, or the ends of one that is not."""
    return pd.Series([low, high] if pd.isna(told) else [told, told])


def _span(ends: pd.Series, content: DevicesContent) -> str:
    return "–".join(dict.fromkeys(number(end, 0, content.language) for end in ends))


def write_devices(content: DevicesContent, folder: Path) -> list[Path]:
    """Write ``devices.xlsx`` and ``devices.csv``, counts for everybody, and ``internal/devices.xlsx``, each household.

    Returns
    -------
    The files written, each whole or not at all.
    """
    paths = [folder / "devices.xlsx", folder / "devices.csv"]
    tiers, communes = published(content)
    write_csv(paths[1], communes[["commune_code", "name", *counts_of(communes)]])
    _write_book(paths[0], content, tiers, communes)
    below = content.suppress_below
    own = replace(content, settings=internal_settings(content.settings))
    inside = folder / FOLDER
    _write_book(inside / "devices.xlsx", own, by_tier(own), by_commune(own), own.table)
    write_text(inside / MARKER, marker(below))
    return [*paths, inside / "devices.xlsx", inside / MARKER]


def _write_book(
    path: Path, content: DevicesContent, tiers: pd.DataFrame, communes: pd.DataFrame, turns: pd.DataFrame | None = None
) -> None:
    run, publish = content.settings.run, content.settings.publish
    about = WorkbookContent(
        run.title, run.territory, pd.DataFrame(), publish.language, publish.issuer, run.note,
        suppress_below=publish.suppress_below,
    )  # fmt: skip
    with new_workbook(path, run.title, publish.issuer) as file:
        book = Book(file, formats_of(file), about)
        _tier_sheet(book, content, tiers)
        rows = with_total(communes, by_commune(content), "name", content)
        # Names repeat: there are two communes Tân Hiệp.
        named = [
            Column("name", content.say("devices.commune")),
            Column("commune_code", _heading("commune_code", content)),
        ]
        table_sheet(book, "device_communes", rows, [*named, *_count_columns(content, communes)], frozen=1)
        if turns is not None:
            table_sheet(book, "device_turns", _named(turns, content), _turn_columns(book), frozen=1)


def _heading(name: str, content: DevicesContent) -> str:
    return str(getattr(DEVICES[name], content.language))


def _count_columns(content: DevicesContent, table: pd.DataFrame) -> list[Column]:
    return [Column(name, content.say(f"devices.{name}"), "count") for name in counts_of(table)]


def _tier_sheet(book: Book, content: DevicesContent, tiers: pd.DataFrame) -> None:
    """Write households by tier, the total, and what is to be known."""
    sheet = open_sheet(book, "devices", book.say("book.devices_note"))
    rows = with_total(tiers, by_tier(content), "tier", content)
    columns = [Column("tier", content.say("devices.tier")), *_count_columns(content, tiers)]
    last = write_table(book, sheet, HEAD_ROW, rows, columns)
    if content.suppress_below:
        note = book.say("devices.suppressed", below=content.suppress_below)
        sheet.write_string(last + 1, 0, note, book.formats["note"])
    told = sentences(content, ledger=not content.suppress_below)
    for row, sentence in enumerate(told, start=last + 3):
        sheet.merge_range(row, 0, row, len(columns) - 1, sentence, book.formats["text"])
        sheet.set_row(row, 14 * (1 + len(sentence) // 130))
    sheet.print_area(0, 0, last + 2 + len(told), len(columns) - 1)


def _named(turns: pd.DataFrame, content: DevicesContent) -> pd.DataFrame:
    names = ["", *tier_names(content)]
    tier = [names[number] for number in turns["tier"]]
    operator = turns["best_operator"].map(lambda name: OPERATORS.get(name, name))
    return turns.assign(commune=turns["commune_code"].map(content.communes), tier=tier, best_operator=operator)


def _turn_columns(book: Book) -> list[Column]:
    kinds: Sequence[tuple[str, str]] = (
        ("turn", "count"), ("status", "choice"), ("tier", "text"), ("household_id", "text"),
        ("commune_code", "text"), ("commune", "text"), ("hamlet_id", "text"), ("lacking", "count"), ("given", "count"),
        ("p_usable", "share"), ("best_operator", "text"),
    )  # fmt: skip
    known = {column.name: column for column in spec_columns(book, DEVICES, {n: k for n, k in kinds if n != "commune"})}
    known["commune"] = Column("commune", book.say("devices.commune"))
    known["status"] = replace(known["status"], prefix="devices.")
    return [known[name] for name, _ in kinds]
