"""Real cell files, their rows counted with nothing but the csv module."""

import csv

import pytest

from lomsong.ingest.cells import read_cells
from lomsong.tables import CELLS

pytestmark = pytest.mark.real


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "count", "kind"),
    [
        ("cells/opencellid_14_columns.csv", 4, "estimated"),
        ("cells/munich_cells.csv", 2231, "estimated"),
        ("drive_test/ambato/sites.csv", 16, "stated"),
    ],
)
def test_every_row_is_accepted_and_stands_where_the_file_says(shared_data, name, count, kind):
    rows = rows_of(shared_data / name)
    assert len(rows) == count
    reading = read_cells(shared_data / name)
    assert reading.sources[["rows_read", "accepted", "rejected"]].to_numpy().tolist() == [[count, count, 0]]
    assert len(reading.table) + len(reading.rejects) == count
    CELLS.check(reading.table, name)
    assert (reading.table["position_kind"] == kind).all()
    assert reading.table["source_row"].tolist() == list(range(2, count + 2))
    assert reading.table.geometry.x.tolist() == [float(row["lon"]) for row in rows]
    assert reading.table.geometry.y.tolist() == [float(row["lat"]) for row in rows]


def test_the_export_says_of_each_cell_what_the_file_says(shared_data):
    rows = rows_of(shared_data / "cells/opencellid_14_columns.csv")
    table = read_cells(shared_data / "cells/opencellid_14_columns.csv").table
    generation = {"GSM": "2G", "UMTS": "3G", "LTE": "4G", "NR": "5G"}
    assert table["technology"].tolist() == [generation[row["radio"]] for row in rows]
    assert table["cell_id"].tolist() == [f"{r['mcc']}-0{r['net']}-{r['area']}-{r['cell']}" for r in rows]
    assert table["samples"].tolist() == [int(row["samples"]) for row in rows]
    assert [int(moment.timestamp()) for moment in table["updated"]] == [int(row["updated"]) for row in rows]
    assert set(table["operator"]) == {"26202"}


def test_munich_within_bounds_leaves_what_lies_inside(shared_data):
    west, south, east, north = 11.5, 48.1, 11.6, 48.2
    rows = rows_of(shared_data / "cells/munich_cells.csv")
    inside = [r for r in rows if west <= float(r["lon"]) <= east and south <= float(r["lat"]) <= north]
    assert 0 < len(inside) < len(rows)
    reading = read_cells(shared_data / "cells/munich_cells.csv", (west, south, east, north))
    assert reading.sources[["rows_read", "accepted", "rejected"]].to_numpy().tolist() == [
        [len(rows), len(inside), len(rows) - len(inside)]
    ]
    assert set(reading.rejects["check"]) == {"outside_territory"}
    assert reading.table["cell_id"].tolist() == [f"262-01--{row['cell']}" for row in inside]
    assert reading.table["range_m"].tolist() == [float(row["range"]) for row in inside]
    # A number of more than 28 bits can only be a cell of NR.
    assert (reading.table["technology"] == "5G").sum() == sum(int(row["cell"]) >= 1 << 28 for row in inside)
