"""What was declared against what lists show: claimed, listed, double, verified, missing, by school or commune.

In 2021 a province declared 24,000 pupils without a device and could not say how many of them there were. The answer is
a table: what each school declared, how many rows its list has, how many of them are of children already counted, and
what is left.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lomsong.errors import ColumnError
from lomsong.ingest.files.opening import numbers, read_table
from lomsong.ingest.quality import Sieve, flag_file
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.learners import Learners
from lomsong.ingest.rosters.placecodes import name_key
from lomsong.ingest.rosters.roster import MOST, charge_totals
from lomsong.tables import DECLARED, RECONCILED
from lomsong.texts import fault, text

UNITS = {"school": ("school_id", "school_name"), "commune": ("commune_code", "commune_name")}
"""By what was declared, to the columns of its code and its name."""

KINDS = {"learners": "", "learners_without_device": "_without_device"}
"""Counts declared, to the ending of their columns in the comparison."""

STAGES = ("claimed", "listed", "double", "unusable", "verified", "missing", "over")


def read_declared(path: str | Path, language: str = "en") -> Reading:
    """Read what each school or commune declared: learners, and learners without a device.

    Lines of totals are recognised and not counted; one that is not the sum of its rows is flagged with both numbers.

    Raises
    ------
    ColumnError
        When no column names schools or communes, or none has a count.
    """
    path = Path(path)
    raw = read_table(path, DECLARED, position=False).reset_index(drop=True)
    table = pd.DataFrame({name: raw[name].astype("string").str.strip() for name in DECLARED.names if name in raw})
    found = ", ".join(str(name) for name in raw.columns if name not in ("source_row", "is_total", "sheet"))
    units = [name for pair in UNITS.values() for name in pair if name in table]
    counts = [name for name in KINDS if name in table]
    if not units:
        raise fault(ColumnError, "declared_no_unit", file=path.name, found=found)
    if not counts:
        raise fault(ColumnError, "declared_no_count", file=path.name, found=found)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language, raw.get("sheet"))
    flag_file(sieve, raw)
    charge_totals(table, raw, DECLARED, sieve)
    for name in DECLARED.names:
        values = table[name].fillna("") if name in table else pd.Series("", index=raw.index)
        if name in KINDS:
            read = numbers(values, "integer")
            wrong = (read.isna() & (values != "")) | (read < 0) | (read % 1 > 0) | (read > MOST)
            sieve.reject("count_invalid", wrong, values, "0…", name)
            table[name] = read.mask(wrong).astype("Int64")
        else:
            code = values.str.replace(r"^(\d+)\.0+$", r"\1", regex=True).astype(object)
            table[name] = code.where(code != "", None)
    kind = _kind(table)
    code, name = UNITS[kind]
    unit = table[code].where(table[code].notna(), name_key(table, (name, "commune_code", "commune_name")))
    sieve.reject("code_missing", unit.isna(), "", "", code)
    sieve.reject("code_duplicate", unit.where(sieve.open).duplicated() & sieve.open, unit.fillna(""), "", code)
    kept = table[sieve.open][DECLARED.names].reset_index(drop=True)
    return Reading.of(path, DECLARED.name, kept, sieve.rejects(), len(raw), sieve.flags())


def _kind(declared: pd.DataFrame | None) -> str:
    """Return by what the declaration is: schools where it names any, else communes."""
    if declared is None:
        return "school"
    schools = [name for name in UNITS["school"] if name in declared]
    return "school" if any(declared[name].notna().any() for name in schools) else "commune"


def reconcile(
    learners: Learners | pd.DataFrame,
    declared: pd.DataFrame | None,
    *,
    declared_learners: int = 0,
    declared_without_device: int = 0,
    language: str = "en",
) -> pd.DataFrame:
    """Compare what was declared with what lists show, unit by unit and in all.

    Of every unit, for all learners and for those without a device, listed = double + unusable + verified: a row is
    double when its child is counted in another row, and unusable when it was rejected for another reason; missing is
    what was claimed above what is verified, over the reverse. In the line of totals both are of the totals, so that
    what one school lacks and another has too many meets there.

    Parameters
    ----------
    learners
        Of :func:`~lomsong.ingest.rosters.learners.read_learners`; or a table with ``learners``,
        ``learners_without_device`` and the codes of the units, such as ``households`` with communes: its counts then
        pass for listed and verified.
    declared
        Table ``declared``, or None when only totals were declared.
    declared_learners, declared_without_device
        Declared in all, as ``[roster]`` has it; 0: the sum of the units.
    language
        Language of the names of the totals line and of rows that name no unit.

    Returns
    -------
    Table ``reconciled``: units by code, the rows that name none, and the line of totals last.
    """
    kind = _kind(declared)
    tally = _tally_rows(learners.rows, kind) if isinstance(learners, Learners) else _tally_counts(learners, kind)
    claims = _claims(declared, kind)
    units = _joined(tally, claims, kind)
    total = _total(units, {"": declared_learners, "_without_device": declared_without_device}, language)
    units["name"] = units["name"].where(units["unit"] != "", text("roster.no_unit", language))
    table = pd.concat([units, total], ignore_index=True)
    for ending in KINDS.values():
        difference = table[f"claimed{ending}"] - table[f"verified{ending}"]
        table[f"missing{ending}"] = difference.clip(lower=0)
        table[f"over{ending}"] = (-difference).clip(lower=0)
    return table[RECONCILED.names]


def _tally_rows(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return one line a row of the lists: its unit and what it counts as."""
    rows = rows[rows["check"] != "total_row"].reset_index(drop=True)
    check = rows["check"]
    double, kept = check.isin(["learner_duplicate", "file_duplicate"]), check == ""
    table = rows[list(UNITS[kind])].copy()
    for ending, of in (("", pd.Series(True, index=rows.index)), ("_without_device", rows["has_device"] == "no")):
        table[f"listed{ending}"] = of
        table[f"double{ending}"] = of & double
        table[f"verified{ending}"] = of & kept
        table[f"unusable{ending}"] = of & ~double & ~kept
    table["already_equipped"] = rows["already_equipped"].astype(bool)
    table["device_unknown"] = kept & (rows["has_device"] == "unknown")
    return table


def _tally_counts(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    table = pd.DataFrame({name: frame.get(name) for name in UNITS[kind]}, index=frame.index)
    for name, ending in KINDS.items():
        found = frame[name] if name in frame else pd.Series(0, index=frame.index)
        table[f"listed{ending}"] = table[f"verified{ending}"] = found.fillna(0).astype("int64")
        table[f"double{ending}"] = table[f"unusable{ending}"] = 0
    return table.assign(already_equipped=0, device_unknown=0).reset_index(drop=True)


def _claims(declared: pd.DataFrame | None, kind: str) -> pd.DataFrame:
    frame = pd.DataFrame(columns=DECLARED.names) if declared is None else declared
    table = pd.DataFrame({name: frame.get(name) for name in UNITS[kind]}, index=frame.index)
    for name, ending in KINDS.items():
        table[f"claimed{ending}"] = (frame[name] if name in frame else pd.Series(pd.NA, index=frame.index)).astype(
            "Int64"
        )
    return table.reset_index(drop=True)


def _joined(tally: pd.DataFrame, claims: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Bring rows and claims of one unit together: by its code, else by its name where that is of one unit only."""
    code, name = UNITS[kind]
    both = pd.concat([frame[[code, name]] for frame in (claims, tally)], ignore_index=True).astype(object)
    named = name_key(both, (name,))
    pairs = pd.DataFrame({"name": named, "code": both[code].to_numpy()}).dropna().drop_duplicates()
    unique = pairs[~pairs["name"].duplicated(keep=False)].set_index("name")["code"]
    unit = both[code].where(both[code].notna(), named.map(unique))
    shown = both[name].where(both[name].notna() & named.notna(), None)
    # A unit known by its name alone is shown by it, as first written.
    first = shown.groupby(named).first()
    unit = unit.where(unit.notna(), named.map(first)).fillna("").astype(str)
    of_claims, of_tally = unit.iloc[: len(claims)].to_numpy(), unit.iloc[len(claims) :].to_numpy()
    stages = [column for column in tally if column not in (code, name)]
    counted = tally[stages].astype("int64").groupby(of_tally).sum()
    claimed = claims[[f"claimed{ending}" for ending in KINDS.values()]].groupby(of_claims).sum(min_count=1)
    table = claimed.join(counted, how="outer").sort_index()
    table[stages] = table[stages].fillna(0).astype("int64")
    names = shown.groupby(unit.to_numpy()).first().reindex(table.index)
    return table.assign(
        unit=table.index, name=names, row=kind, list_sent=np.where(table["listed"] > 0, "yes", "no")
    ).reset_index(drop=True)


def _total(units: pd.DataFrame, given: dict[str, int], language: str) -> pd.DataFrame:
    counts = [column for column in units if column not in ("unit", "name", "row", "list_sent")]
    sums = {column: units[column].sum(min_count=1 if column.startswith("claimed") else 0) for column in counts}
    for ending, count in given.items():
        if count:
            sums[f"claimed{ending}"] = count
    sent = "yes" if (units["list_sent"] == "yes").all() else "no"
    line = pd.DataFrame(
        [{**sums, "unit": "total", "name": text("roster.all_units", language), "row": "total", "list_sent": sent}]
    )
    return line.astype({column: units[column].dtype for column in counts})


def verdict(reconciled: pd.DataFrame, language: str, of: str = "learners_without_device") -> str:
    """Say in one sentence what the comparison shows, numbers in the reader's form (24.000 in Vietnamese, 24,000).

    Parameters
    ----------
    reconciled
        Of :func:`reconcile`.
    language
        ``vi`` or ``en``.
    of
        ``learners_without_device`` or ``learners``.

    Examples
    --------
    Declared 24,000 learners without a device; 21,300 listed, 1,850 of them twice, 19,450 verified; 4,550 missing from
    the lists; 12 schools sent no list (the 2,900 they declared cannot be verified).
    """
    ending = KINDS[of]
    total = reconciled[reconciled["row"] == "total"].iloc[0]
    shown = {stage: figure(total[stage + ending], language) for stage in STAGES}
    what = text("roster.of_without_device" if ending else "roster.of_all", language)
    claimed = not pd.isna(total[f"claimed{ending}"])
    parts = [text("roster.declared" if claimed else "roster.not_declared", language, what=what, **shown)]
    parts.append(text("roster.shown_unusable" if total[f"unusable{ending}"] else "roster.shown", language, **shown))
    if claimed:
        side = "missing" if total[f"missing{ending}"] else "over" if total[f"over{ending}"] else "exact"
        parts.append(text(f"roster.{side}", language, **shown))
    parts.append(_silent(reconciled, ending, language))
    if ending:
        for key, column in (("equipped", "already_equipped"), ("device_unknown", "device_unknown")):
            if total[column]:
                parts.append(text(f"roster.{key}", language, count=figure(total[column], language)))
    return "; ".join(part for part in parts if part) + "."


def _silent(reconciled: pd.DataFrame, ending: str, language: str) -> str:
    """Say how many units sent no list, and how many learners can therefore not be verified."""
    units = reconciled[(reconciled["row"] != "total") & (reconciled["unit"] != "")]
    claiming = units[units[f"claimed{ending}"].fillna(0) > 0]
    silent = claiming[claiming["list_sent"] == "no"]
    if silent.empty:
        return text("roster.all_sent", language) if len(claiming) else ""
    key = f"roster.no_list_{silent['row'].iloc[0]}" + ("_one" if len(silent) == 1 else "")
    claimed = figure(silent[f"claimed{ending}"].sum(), language)
    return text(key, language, units=figure(len(silent), language), claimed=claimed)


def figure(count: object, language: str) -> str:
    """Return a count as it is written in ``language``: 24.000 or 24,000; a dash where there is none."""
    if pd.isna(count):
        return "–"
    return f"{int(str(count)):,}".replace(",", "." if language == "vi" else ",")
