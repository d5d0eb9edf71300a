"""Every file of evidence under ../shared/data, read without being told what it is, and its rows counted anew."""

import csv
import gzip
import io
import zipfile

import geopandas as gpd
import pytest

from lomsong.ingest import read

pytestmark = pytest.mark.real

TABLES = {
    "admin/communes_after_2025.gpkg": "communes",
    "admin/communes_before_2025.csv": "communes_before",
    "admin/districts_before_2025.gpkg": "communes",
    "cells/munich_cells.csv": "cells",
    "cells/opencellid_14_columns.csv": "cells",
    "dem/N44W072.hgt.zip": "raster",
    "dem/S16E166.hgt.zip": "raster",
    "drive_test/ambato/ambato.csv.gz": "samples",
    "drive_test/ambato/sites.csv": "cells",
    "drive_test/hamburg/telekom_lte.csv.gz": "samples",
    **{
        f"drive_test/dakar_gnettrack/{operator}_log{end}.txt": table
        for operator in ("Orange", "Yas", "expresso")
        for end, table in (
            ("", "samples"),
            ("_events", "events"),
            ("_datatest", "throughput"),
            ("_stats", "statistics"),
        )
    },
}


def rows_there(path):
    """Rows of a file, counted without the package."""
    if path.suffix == ".gpkg":
        return len(gpd.read_file(path))
    if path.name.endswith(".hgt.zip"):
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist()) // 2
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    reader = csv.reader(io.StringIO(data.decode()), delimiter="\t" if path.suffix == ".txt" else ",")
    return sum(1 for row in reader if any(row)) - 1


@pytest.mark.parametrize("name", TABLES)
def test_every_file_is_read_and_no_row_is_lost(shared_data, name):
    path = shared_data / name
    reading = read(path)
    assert reading.sources["table"].tolist() == [TABLES[name]]
    assert reading.rows_read == rows_there(path)
    account = reading.sources.iloc[0]
    assert account["accepted"] + account["rejected"] == reading.rows_read
    if TABLES[name] != "raster":
        assert (account["accepted"], account["rejected"]) == (len(reading.table), len(reading.rejects))
