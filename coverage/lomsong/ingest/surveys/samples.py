"""The table ``samples`` from judged rows: columns of Arrow for writing, a GeoDataFrame for notebooks."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lomsong.geo import WGS84
from lomsong.ingest.files.sources import stem_of
from lomsong.ingest.surveys.meaning import GENERATIONS, Meaning, bands_mhz, cell_name, cells
from lomsong.ingest.surveys.rows import Rows, Words
from lomsong.ingest.surveys.scanning import NO_TIME, Index
from lomsong.tables import LEVEL_LIMITS_DBM, NEIGHBOURS, SAMPLES

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def samples_table(rows: Rows, meaning: Meaning, kept: Index, name: str, technology: str) -> pa.Table:
    """Return the rows ``kept`` as columns of the table ``samples``, and longitude and latitude in degrees.

    Parameters
    ----------
    rows, meaning
        As read, and as understood.
    kept
        Rows accepted, shape (k,).
    name
        File, as shown; ``sample_id`` is its name without endings, the sheet where there are several, and the row.
    technology
        The technology under study.
    """
    silent = meaning.silent[kept]
    source_row = pa.array(rows.source_row[kept])
    known = [word if word in GENERATIONS[1:] else "" for word in meaning.technology.names]
    place = [stem_of(name)] if rows.sheet is None else [stem_of(name), pa.array(rows.sheet.texts()[kept])]

    def heard(values: Floats) -> pa.Array:
        return pa.array(np.where(silent, np.nan, values[kept]), from_pandas=True)

    columns = {
        "sample_id": pc.binary_join_element_wise(*place, pc.cast(source_row, pa.string()), ":"),
        "time": _times(rows.time, kept),
        "operator": _words(meaning.operator, kept),
        "technology": _words(Words(meaning.technology.codes, known), kept, silent),
        "band_mhz": heard(bands_mhz(rows, technology)),
        "cell_id": _words(cells(rows), kept),
        "rsrp_dbm": heard(meaning.level_dbm),
        "rsrq_db": heard(quality(rows, "rsrq")),
        "sinr_db": heard(quality(rows, "sinr")),
        "service": pa.DictionaryArray.from_arrays(pa.array(silent.astype(np.int32)), ["level", "no_service"]),
        "accuracy_m": _numbers(_positive(rows.numbers.get("accuracy")), kept),
        "speed_mps": _numbers(meaning.speed_mps, kept),
        "device": _words(rows.words.get("device"), kept),
        "source_file": pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(kept), dtype=np.int32)), [name]),
        "source_row": source_row,
        "longitude": pa.array(meaning.longitude[kept]),
        "latitude": pa.array(meaning.latitude[kept]),
    }
    if "count" in rows.numbers:
        columns["count"] = _numbers(rows.numbers["count"], kept)
    return pa.table(columns)


def quality(rows: Rows, name: str) -> Floats:
    """Return RSRQ or SINR, NaN where it is missing or out of its limits, shape (n,)."""
    if name not in rows.numbers:
        return np.full(len(rows), np.nan)
    return np.where(strange_quality(rows, name), np.nan, rows.numbers[name])


def strange_quality(rows: Rows, name: str) -> Mask:
    """Tell where RSRQ or SINR lies out of its limits, shape (n,)."""
    spec, values = SAMPLES[f"{name}_db"], rows.numbers[name]
    low, high = spec.low or -np.inf, spec.high or np.inf
    return np.asarray((values < low) | (values > high))


def neighbours_table(rows: Rows, samples: pa.Table, kept: Index) -> pd.DataFrame:
    """Return the levels of cells that did not serve, of the rows ``kept`` that became ``samples``."""
    low, high = LEVEL_LIMITS_DBM
    parts = []
    for rank, near in enumerate(rows.neighbours, start=1):
        level = near["level"]
        if isinstance(level, Words):
            continue
        heard = np.flatnonzero((level[kept] >= low) & (level[kept] <= high))
        if len(heard):
            at = kept[heard]
            fields = {
                name: column.texts()[at] if isinstance(column, Words) else column[at]
                for name, column in near.items()
                if name in NEIGHBOURS.names
            }
            names = samples["sample_id"].take(pa.array(heard)).to_pandas().to_numpy()
            parts.append(pd.DataFrame({"sample_id": names, "rank": rank, **fields, "level_dbm": level[at]}))
    if not parts:
        return pd.DataFrame(columns=NEIGHBOURS.names)
    return pd.concat(parts, ignore_index=True).reindex(columns=NEIGHBOURS.names)


def neighbour_rows(rows: Rows, meaning: Meaning, samples: pa.Table, kept: Index, near: Index) -> pd.DataFrame:
    """Return the levels of cells that did not serve and have rows of their own, beside the sample of their moment.

    Parameters
    ----------
    kept, near
        Rows that became ``samples``, and rows of other cells, ascending. A cell belongs to the sample before it, or
        else after it, that has its place and time; one without is left out.
    """
    low, high = LEVEL_LIMITS_DBM
    near = near[(meaning.level_dbm[near] >= low) & (meaning.level_dbm[near] <= high)]
    if not len(near) or not len(kept):
        return pd.DataFrame(columns=NEIGHBOURS.names)
    before = np.clip(np.searchsorted(kept, near) - 1, 0, len(kept) - 1)
    after = np.clip(before + 1, 0, len(kept) - 1)
    owner = np.where(
        _together(rows, near, kept[before]), before, np.where(_together(rows, near, kept[after]), after, -1)
    )
    near, owner = near[owner >= 0], owner[owner >= 0]
    found = pd.DataFrame({"sample_id": samples["sample_id"].take(pa.array(owner)).to_pandas().to_numpy()})
    found["rank"] = found.groupby("sample_id").cumcount() + 1
    found["technology"] = meaning.technology.texts()[near]
    for name in ("cell", "area"):
        if name in rows.words:
            found[name] = rows.words[name].map(cell_name)[near]
    for name in ("pci", "arfcn"):
        if name in rows.numbers:
            number = rows.numbers[name][near]
            found[name] = np.where((number >= 0) & (number < MOST_CHANNEL), number, np.nan)
    return found.assign(level_dbm=meaning.level_dbm[near]).reindex(columns=NEIGHBOURS.names)


MOST_CHANNEL = 3_279_166
"""Above every channel number (3GPP TS 38.104, table 5.4.2.1-1); Android's greatest integer stands for none."""


def _together(rows: Rows, one: Index, two: Index) -> Mask:
    same = (rows.first[one] == rows.first[two]) & (rows.second[one] == rows.second[two])
    return same if rows.time is None else same & (rows.time[one] == rows.time[two])


def samples_frame(samples: pa.Table) -> gpd.GeoDataFrame:
    """Return columns of samples, with longitude and latitude, as a GeoDataFrame in EPSG:4326."""
    plain = {
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(samples.column_names, samples.columns, strict=True)
    }
    frame = pa.table(plain).to_pandas()
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    return gpd.GeoDataFrame(frame[[name for name in SAMPLES.names if name in frame]], geometry=points, crs=WGS84)


def _times(time: Index | None, kept: Index) -> pa.Array:
    kind = pa.timestamp("us", "UTC")
    if time is None:
        return pa.nulls(len(kept), kind)
    moments = time[kept]
    return pa.array(moments, mask=moments == NO_TIME).cast(kind)


def _positive(values: Floats | None) -> Floats | None:
    """Return values with NaN for the -1 of a phone that does not know them."""
    return values if values is None else np.where(values < 0, np.nan, values)


def _numbers(values: Floats | None, kept: Index) -> pa.Array:
    return pa.nulls(len(kept), pa.float64()) if values is None else pa.array(values[kept], from_pandas=True)


def _words(words: Words | None, kept: Index, missing: Mask | None = None) -> pa.Array:
    if words is None:
        return pa.nulls(len(kept), pa.dictionary(pa.int32(), pa.string()))
    codes = words.codes[kept]
    mask = words.masked(lambda name: name == "")[kept]
    mask = mask if missing is None else mask | missing
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask if mask.any() else None), words.names)
