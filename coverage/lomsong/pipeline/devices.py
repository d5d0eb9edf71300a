"""Who gets the next devices: evidence and signal brought together with the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lomsong.devices import allocate, balance, device_needs, irregularities
from lomsong.devices.ledger import of_roster
from lomsong.gap.placing import placing_areas, signal_in_area
from lomsong.gap.rank import by_commune
from lomsong.ingest import Evidence
from lomsong.ingest.account import require_rows
from lomsong.ingest.evidence import roster_codes
from lomsong.ingest.reading import Reading
from lomsong.ingest.rosters.handovers import read_handovers
from lomsong.pipeline.gaps import Gaps
from lomsong.publish.devices import DevicesContent, word_of
from lomsong.settings import Settings


def ledger_of(settings_file: Path, settings: Settings) -> Reading | None:
    """Read the ledger that the settings name, None where they name none."""
    name = settings.devices.handovers
    return require_rows(read_handovers(settings_file.parent / name, settings.publish.language)) if name else None


def put_in_turn(evidence: Evidence, gaps: Gaps, settings: Settings, ledger: Reading | None) -> DevicesContent:
    """Put every household that lacks a device in its turn, and give the first ones a device."""
    households, devices = evidence.households, settings.devices
    households = households.assign(household_id=roster_codes(households))
    handovers = None if ledger is None else of_roster(ledger.table, households)
    at_home = signal_in_area(gaps.at_home, placing_areas(households, by_commune(households, evidence.communes)))
    needs = device_needs(
        households, at_home, handovers, order=devices.order, required_probability=devices.required_probability
    )  # fmt: skip
    table = allocate(needs, devices.count, word_of(settings))
    names = evidence.communes.set_index("commune_code")["name"].to_dict()
    found = pd.DataFrame(columns=["irregularity", "count", "row"])
    if ledger is not None and handovers is not None:
        found = irregularities(handovers, households)
        found = found.assign(row=[ledger.source_row[row] for row in found["row"]])
    unsaid = int(households["learners_without_device"].isna().sum())
    return DevicesContent(table, names, settings, found, _told(ledger, handovers), unsaid)


def _told(ledger: Reading | None, handovers: pd.DataFrame | None) -> Mapping[str, object]:
    if ledger is None or handovers is None:
        return {}
    source, held = ledger.sources.iloc[0], balance(handovers)
    left_out = ~ledger.rejects["check"].isin(["total_row", "duplicate"])
    return {
        "file": str(source["source_file"]), "rows": int(source["rows_read"]), "rejected": int(left_out.sum()),
        "given": int(held["given"].sum()), "out": int(held["out_of_use"].sum()),
    }  # fmt: skip
