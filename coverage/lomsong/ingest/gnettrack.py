"""G-NetTrack and G-NetTrack Pro: tab-separated logs as the phone writes them."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from lomsong.errors import FormatError
from lomsong.ingest.files import number
from lomsong.ingest.operators import operator_slug

REQUIRED = ("Timestamp", "Longitude", "Latitude", "Operatorname", "Operator", "NetworkTech", "Level")

BANDS_MHZ: dict[str, int] = {
    "L1": 2100, "L2": 1900, "L3": 1800, "L5": 850, "L7": 2600, "L8": 900, "L20": 800, "L28": 700,
    "L38": 2600, "L40": 2300, "L41": 2500,
}  # fmt: skip
"""E-UTRA operating bands (3GPP TS 36.101 table 5.5-1) by their usual name in MHz."""

SPARE_FIELDS = 8
"""Fields that a line may have beyond its headings, a trailing tab is one; a line with more is not that log's."""


def sniff(head: str) -> bool:
    """Tell whether the first line of a file is that of a G-NetTrack log."""
    names = head.rstrip("\r\n").split("\t")
    return set(REQUIRED) <= set(names)


def parse(text: str, path: Path) -> pd.DataFrame:
    """Turn the text of a log into the raw columns that the checks want; one row a line, none dropped.

    A line without network (``NO_COVERAGE``, or technology ``--``) becomes a sample without service.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head = text.split("\n", 1)[0].split("\t")
    names = [name if name else f"_{i}" for i, name in enumerate(head)]
    try:
        with warnings.catch_warnings():
            # A line with more fields than headings is counted below; that pandas drops the surplus is meant.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            fields = pd.read_csv(
                io.StringIO(text),
                sep="\t",
                names=names,
                header=None,
                skiprows=1,
                dtype="string",
                keep_default_na=False,
                na_values=[],
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
                index_col=False,
            )
    except (pd.errors.ParserError, ValueError) as error:
        raise FormatError(f"{path}: {str(error).strip()}; export the log again") from None
    fields["source_row"] = np.arange(2, len(fields) + 2)
    named = len([name for name in head if name])
    lines = text.split("\n")[1 : len(fields) + 1]
    tabs = np.array([line.count("\t") for line in lines], dtype=np.int64)
    fields["complete"] = (tabs >= named - 1) & (tabs < named + SPARE_FIELDS)
    blank = fields[names[0]].fillna("").str.strip().eq("") & ~fields["complete"]
    fields = fields[~blank].reset_index(drop=True)
    return _raw(fields)


def _raw(fields: pd.DataFrame) -> pd.DataFrame:
    complete = fields["complete"]
    text = fields.drop(columns=["source_row", "complete"]).fillna("")
    technology = text["NetworkTech"].str.strip()
    no_service = (text["Operatorname"] == "NO_COVERAGE") | ((technology == "--") & complete)
    optional = {name: text[name] if name in text else pd.Series("", index=text.index) for name in _OPTIONAL}
    band = optional["BAND"].str.strip().map(BANDS_MHZ).astype(float)
    cell = optional["Node"].str.cat(optional["CellID"], sep="-").where(optional["CellID"] != "", "")
    raw = pd.DataFrame(
        {
            "source_row": fields["source_row"],
            "complete": complete,
            "copied": text.duplicated(),
            "has_time": True,
            "time": _times(text["Timestamp"]),
            "time_text": text["Timestamp"],
            "longitude": number(text["Longitude"]),
            "latitude": number(text["Latitude"]),
            "operator": operator_slug(text["Operatorname"], text["Operator"]),
            "technology": technology,
            "band_mhz": band,
            "cell_id": cell,
            "rsrp_dbm": number(text["Level"]),
            "rsrq_db": number(optional["Qual"]),
            "sinr_db": number(optional["SNR"]),
            "accuracy_m": number(optional["Accuracy"]),
            "speed_mps": number(optional["Speed"]) / 3.6,
            "device": optional["Device"],
            "no_service": no_service,
        }
    )
    raw.loc[no_service, ["rsrp_dbm", "rsrq_db", "sinr_db", "band_mhz"]] = np.nan
    return raw


_OPTIONAL = ("BAND", "Node", "CellID", "Qual", "SNR", "Accuracy", "Speed", "Device")


def _times(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, format="%Y.%m.%d_%H.%M.%S", errors="coerce", utc=True)
