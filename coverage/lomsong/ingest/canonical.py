"""Samples in the columns of the data model: CSV with longitude and latitude, GeoParquet or GeoPackage points."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from lomsong.geo import fold_text
from lomsong.ingest.files import LONGITUDE_NAMES, VECTOR_SUFFIXES, number, read_table
from lomsong.ingest.operators import operator_slug
from lomsong.tables import ColumnSpec, TableSpec

LAYOUT = TableSpec(
    "samples",
    "Mẫu đo kiểm",
    "Survey samples",
    (
        ColumnSpec("operator", "text", "Nhà mạng", "Operator", aliases=("nha mang", "operatorname", "network")),
        ColumnSpec("rsrp_dbm", "number", "RSRP (dBm)", "RSRP (dBm)", aliases=("rsrp", "level", "muc thu")),
        *(
            ColumnSpec(name, "text", vi, en, required=False)
            for name, vi, en in (
                ("time", "Thời điểm", "Time"),
                ("technology", "Công nghệ", "Technology"),
                ("band_mhz", "Băng tần (MHz)", "Band (MHz)"),
                ("cell_id", "Mã ô", "Cell"),
                ("rsrq_db", "RSRQ (dB)", "RSRQ (dB)"),
                ("sinr_db", "SINR (dB)", "SINR (dB)"),
                ("service", "Dịch vụ", "Service"),
                ("accuracy_m", "Sai số GPS (m)", "GPS accuracy (m)"),
                ("speed_mps", "Tốc độ (m/s)", "Speed (m/s)"),
                ("device", "Thiết bị", "Device"),
            )
        ),
    ),
)


def sniff(head: str) -> bool:
    """Tell whether the first line holds the headings of the data model."""
    names = {fold_text(name) for name in re.split(r"[,;\t|]", head)}
    return any(name.startswith("rsrp") for name in names) and not names.isdisjoint(LONGITUDE_NAMES)


def is_layer(path: Path) -> bool:
    """Tell whether a file is a point layer rather than text."""
    return path.suffix.lower() in (*VECTOR_SUFFIXES, ".parquet")


def parse(path: Path, technology: str) -> pd.DataFrame:
    """Read a file into the raw columns that the checks want; a row without technology is taken as ``technology``.

    A row is one without service when its ``service`` says ``no_service``.
    """
    fields = read_table(path, LAYOUT).reset_index(drop=True)
    empty = pd.Series("", index=fields.index, dtype="string")

    def column(name: str) -> pd.Series:
        return fields[name].fillna("") if name in fields else empty

    no_service = column("service").str.strip().eq("no_service")
    raw = pd.DataFrame(
        {
            "source_row": fields["source_row"],
            "complete": True,
            "copied": fields.drop(columns="source_row").duplicated(),
            "has_time": column("time").ne(""),
            "time": pd.to_datetime(column("time"), format="mixed", errors="coerce", utc=True),
            "time_text": column("time"),
            "longitude": number(column("longitude")),
            "latitude": number(column("latitude")),
            "operator": operator_slug(
                column("operator"), column("operator").where(column("operator").str.isdigit(), "")
            ),
            "technology": column("technology").where(column("technology") != "", technology),
            "cell_id": column("cell_id"),
            "device": column("device"),
            "no_service": no_service,
        }
    )
    for name in ("band_mhz", "rsrp_dbm", "rsrq_db", "sinr_db", "accuracy_m", "speed_mps"):
        raw[name] = number(column(name))
    raw.loc[no_service, "rsrp_dbm"] = float("nan")
    return raw
