"""Cells of the networks: OpenCelliD and its extracts, operators' cell files, placemarks; told apart by content."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from lomsong.errors import DataError, FormatError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.bands import band_mhz, eutra_mhz, name_of_arfcn, nr_mhz, technology_of
from lomsong.ingest.files.columns import match_columns
from lomsong.ingest.files.numerals import dates, number
from lomsong.ingest.files.opening import is_layer, read_table, split_layer
from lomsong.ingest.files.sources import Source, sources
from lomsong.ingest.files.workbooks import is_workbook_file
from lomsong.ingest.maps.layers import all_layers
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.positions import recognise
from lomsong.ingest.quality import Sieve, flag_file
from lomsong.ingest.reading import Reading
from lomsong.tables import CELLS, ColumnSpec, TableSpec
from lomsong.texts import fault

Bounds = tuple[float, float, float, float]

OPENCELLID = (
    "radio", "mcc", "net", "area", "cell", "unit", "longitude", "latitude", "range", "samples", "changeable", "created",
    "updated", "average_signal",
)  # fmt: skip
"""Columns of OpenCelliD's and Mozilla's exports, with or without a line of headings."""

RADIOS = frozenset({"gsm", "cdma", "umts", "lte", "nr"})
"""What the first column of such an export says, in lower case."""

CELLS_OF_NODE = 256
"""Cells of an eNodeB: the E-UTRAN cell identity is its 20 bits and 8 bits of the cell (3GPP TS 36.413, 9.2.1.38)."""

MOST_EUTRAN = 1 << 28
"""E-UTRAN cell identities have 28 bits, those of NR 36 (3GPP TS 38.413, 9.3.1.7)."""


def _field(name: str, *aliases: str) -> ColumnSpec:
    return ColumnSpec(
        name, "text", aliases[0] if aliases else name, name, required=False, nullable=True, aliases=aliases
    )


CELL_FILE = TableSpec(
    "cells",
    "Ô phủ sóng",
    "Cells",
    (
        _field("site_id", "site id", "ma tram", "site", "site code", "tram", "bts id", "ma tram bts", "site name",
               "ten tram", "nodeb name", "enodeb name", "ma nha tram"),
        _field("cell_name", "cell name", "ten cell", "ten o", "sector name", "ten sector", "local cell name", "ma cell",
               "name"),
        _field("node", "enodeb id", "enb id", "enodebid", "enodeb", "enb", "ma enodeb", "lnbts id"),
        _field("sector", "local cell id", "localcellid", "local cell identity", "lcid", "lcr id", "sector id", "sector",
               "cell index"),
        _field("cell", "cgi", "ecgi", "ncgi", "eci", "cell id", "cellid", "nci", "ci", "cid", "cell", "ma o",
               "cell identity", "global cell id"),
        _field("area", "tac", "lac", "lac tac", "tac lac", "tracking area code", "location area code"),
        _field("mcc"),
        _field("net", "mnc"),
        _field("plmn", "mcc mnc", "mccmnc", "plmn id", "ma mang"),
        _field("operator", "nha mang", "network", "operator name", "carrier", "provider", "doanh nghiep"),
        _field("radio", "technology", "cong nghe", "rat", "tech", "network type", "cell type", "he thong"),
        _field("unit", "pci", "psc", "pci psc", "physical cell id", "phycellid", "physical cell identity"),
        _field("earfcn", "earfcn", "dl earfcn", "earfcn dl", "dlearfcn", "earfcndl", "arfcn", "nr arfcn", "nrarfcn",
               "dl arfcn", "ssb arfcn", "channel"),
        _field("band", "bang tan", "band mhz", "frequency band", "freq band", "lte band", "tan so", "frequency",
               "bang tan mhz"),
        _field("azimuth_deg", "azimuth", "huong", "goc phuong vi", "phuong vi", "huong anten", "azimuth anten",
               "bearing", "goc huong"),
        _field("mechanical_tilt", "mechanical tilt", "mtilt", "m tilt", "mech tilt", "mechanical downtilt",
               "goc cup co", "tilt co", "goc ngang co", "tilt co khi", "goc cup co khi"),
        _field("electrical_tilt", "electrical tilt", "etilt", "e tilt", "elec tilt", "electrical downtilt",
               "goc cup dien", "tilt dien", "goc ngang dien", "ret"),
        _field("downtilt_deg", "total tilt", "downtilt", "tilt", "goc cup", "goc ngang", "goc nghieng", "tong tilt",
               "tilt tong", "antenna tilt"),
        _field("height_m", "height", "do cao anten", "chieu cao anten", "antenna height", "ant height",
               "do cao treo anten", "height agl", "do cao", "chieu cao", "anten height"),
        _field("beamwidth_deg", "beamwidth", "horizontal beamwidth", "hbw", "do rong bup song", "hpbw", "goc mo",
               "bup song ngang", "antenna beamwidth"),
        _field("power_w", "tx power w", "power w", "cong suat w", "cong suat phat w"),
        _field("power_dbm", "tx power", "txpower", "tx power dbm", "power", "power dbm", "max tx power", "cong suat",
               "cong suat phat", "cong suat dbm", "cong suat phat dbm"),
        _field("range", "range m", "ban kinh"),
        _field("samples", "sample count", "so mau"),
        _field("changeable"),
        _field("created"),
        _field("updated", "last updated", "ngay cap nhat", "cap nhat"),
        _field("average_signal", "averagesignal", "average signal"),
    ),
    "Point",
)  # fmt: skip
"""Headings of a cell file as operators write them, before they become the table ``cells``."""

MOST_DIGITS = 15
"""Longest number taken for one."""

_DIGITS = re.compile(r"\d+")
_WHOLE = re.compile(r"\.0+$")


def read_cells(path: str | Path, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read the table ``cells``, one row a cell or sector, with an account of every row.

    What the file is, its content says: an export of OpenCelliD or Mozilla (14 columns, with or without headings), an
    extract of one, an operator's cell file (delimited text or workbook, headings in either language), or a layer of
    points (KML, KMZ with all folders, GeoPackage…). A file of sites alone gives one row a site, without cells.

    Positions of OpenCelliD are estimated from samples, and say so in ``position_kind``; never take them for antennas.
    A value outside its limits is left out and flagged, the row stays. An azimuth of 360° is 0°. The downtilt is the sum
    of the mechanical and the electrical one where these are given; *góc ngẩng* and *góc cụp* are both read as positive
    downwards. The number of an eNodeB and its cell are taken apart, or put together, for LTE alone: in NR the border
    between the two is a choice of the operator.

    Parameters
    ----------
    path
        A file (also gzipped or zipped), a folder or a glob.
    bounds
        West, south, east, north of the territory in degrees, or None: then rows outside are rejected.
    language
        Language of the remedies.

    Returns
    -------
    Reading of the table ``cells``. ``cell_id`` is mcc-mnc-area-cell with a part left empty where the file does not
    give it, and missing where it gives no cell; an MNC of one digit is written with two.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When a file as a whole cannot be used.
    """
    if Path(split_layer(str(path))[0]).is_file():
        return _read(Path(path), bounds, language)
    files = sorted({source.path for source in sources(path)})
    readings = [_read(file, bounds, language) for file in files]
    return Reading(
        pd.concat([reading.table for reading in readings], ignore_index=True),
        pd.concat([reading.rejects for reading in readings], ignore_index=True),
        pd.concat([reading.sources for reading in readings], ignore_index=True),
        pd.concat([reading.flags for reading in readings], ignore_index=True),
    )


def cell_id(mcc: str, mnc: str, area: str, cell: str) -> str | None:
    """Return the identifier of a cell, None where there is no cell.

    Examples
    --------
    >>> cell_id("452", "4", "12001", "68454657"), cell_id("262", "1", "", "26226"), cell_id("452", "4", "7", "")
    ('452-04-12001-68454657', '262-01--26226', None)
    """
    return f"{mcc}-{mnc.zfill(2) if mnc else ''}-{area}-{cell}" if cell else None


def _read(path: Path, bounds: Bounds | None, language: str) -> Reading:
    file = Path(split_layer(str(path))[0])
    export = None if is_layer(file) or is_workbook_file(file) else _export(file)
    if export is not None:
        raw, shapes = export, None
    elif is_layer(file):
        raw, shapes = _placemarks(path)
    else:
        raw, shapes = read_table(path, CELL_FILE).reset_index(drop=True), None
    if raw.empty:
        raise fault(DataError, "table_headings_only", file=path)
    return _account(file, raw, shapes, bounds, language)


def _account(
    file: Path, raw: pd.DataFrame, shapes: NDArray[Any] | None, bounds: Bounds | None, language: str
) -> Reading:
    sieve = Sieve(file.name, raw["source_row"].to_numpy(dtype=np.int64), language, raw.get("sheet"))
    if "broken" in raw:
        sieve.reject("columns_missing", raw["broken"].notna(), raw["broken"], f"{len(OPENCELLID)}")
    sieve.reject("total_row", raw.get("is_total", pd.Series(False, index=raw.index)))
    if shapes is not None:
        sieve.reject("geometry_unusable", shapes != "Point", shapes, "Point", "geometry")
    given = [name for name in raw if name in {*CELL_FILE.names, "longitude", "latitude"}]
    copied = np.zeros(len(raw), dtype=bool)
    copied[sieve.open] = raw.loc[sieve.open, given].duplicated()
    sieve.reject("duplicate", copied)
    longitude, latitude = _positions(raw, bounds, sieve, file.name)
    estimated = any(name in raw for name in ("samples", "average_signal", "changeable"))
    sieve.flag("position_estimated", estimated)
    flag_file(sieve, raw)
    kept = sieve.open
    # Of a country's export most rows lie outside: only what stays is worked out.
    inner = Sieve(file.name, sieve.source_row[kept], language, sieve.sheet[kept])
    table = _table(raw[kept].reset_index(drop=True), inner)
    table["position_kind"] = "estimated" if estimated else "stated"
    table["source_file"], table["source_row"] = file.name, inner.source_row
    points = gpd.points_from_xy(longitude[kept], latitude[kept])
    frame = gpd.GeoDataFrame(table[CELLS.names], geometry=points, crs=WGS84)
    flags = [found for found in (sieve.flags(), inner.flags()) if len(found)]
    told = pd.concat(flags, ignore_index=True) if flags else None
    return Reading.of(file, "cells", frame, sieve.rejects(), len(raw), told)


def _export(file: Path) -> pd.DataFrame | None:
    """Return the rows of a 14-column export, None when the file is none.

    Such files have millions of lines and nothing to guess, so they are not read as tables made by hand.
    """
    found = sources(file)
    if len(found) != 1 or is_layer(Path(found[0].member or file.name)):
        return None
    if not is_export(found[0]):
        return None
    return _lines(found[0], headings=int(_first_fields(found[0])[0] not in RADIOS))


def is_export(found: Source) -> bool:
    """Tell whether a text is an export of 14 columns, with headings or without."""
    fields = _first_fields(found)
    return len(fields) == len(OPENCELLID) and (fields[:5] == list(OPENCELLID[:5]) or fields[0] in RADIOS)


def _first_fields(found: Source) -> list[str]:
    first = found.head().split(b"\n", 1)[0].decode("utf-8", "replace").lstrip("\ufeff").strip().lower()
    return [field.strip(' "') for field in first.split(",")]


def _lines(source: Source, headings: int) -> pd.DataFrame:
    """Read lines of 14 fields; one with another number of fields stays, its text in ``broken``."""
    broken: list[tuple[int, str]] = []

    def note(row: Any) -> str:
        broken.append((row.number, row.text))
        return "skip"

    options = {
        "read_options": pa_csv.ReadOptions(column_names=list(OPENCELLID), skip_rows=headings, use_threads=False),
        "parse_options": pa_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=note),
        "convert_options": pa_csv.ConvertOptions(
            column_types=dict.fromkeys(OPENCELLID, pa.string()), strings_can_be_null=True,
            quoted_strings_can_be_null=True, null_values=[""], check_utf8=False,
        ),
    }  # fmt: skip
    try:
        with source.open() as stream:
            frame = pa_csv.read_csv(pa.PythonFile(stream, mode="r"), **options).to_pandas()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise fault(FormatError, "cells_unreadable", file=source.name, reason=str(error).splitlines()[0]) from None
    lines = np.arange(1 + headings, len(frame) + len(broken) + 1 + headings, dtype=np.int64)
    frame["source_row"] = np.setdiff1d(lines, [row for row, _ in broken])
    frame = frame[frame[list(OPENCELLID)].notna().any(axis=1)]  # blank lines are no rows
    if broken:
        lost = pd.DataFrame({"source_row": [number for number, _ in broken], "broken": [text for _, text in broken]})
        frame = pd.concat([frame, lost], ignore_index=True).sort_values("source_row", ignore_index=True)
    return frame


def _placemarks(path: Path) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Return the attributes of a layer as texts, positions in degrees, and the types of geometry."""
    layer = all_layers(path)
    types = layer.geometry.geom_type.fillna("None").to_numpy(dtype=object, copy=True)
    many = types == "MultiPoint"
    parts = layer.geometry[many].map(lambda shape: len(shape.geoms) == 1).to_numpy(dtype=bool)
    types[np.flatnonzero(many)[parts]] = "Point"
    places = layer.geometry.to_crs(WGS84).representative_point()
    attributes = pd.DataFrame(layer.drop(columns=layer.geometry.name)).reset_index(drop=True)
    mapping = match_columns([str(name) for name in attributes.columns], CELL_FILE)
    mapping = {heading: name for heading, name in mapping.items() if name in CELL_FILE.names}
    raw = attributes.rename(columns=str)[list(mapping)].rename(columns=mapping).map(_plain).astype("string")
    raw["longitude"], raw["latitude"] = places.x.to_numpy(), places.y.to_numpy()
    raw["source_row"] = np.arange(1, len(raw) + 1)
    return raw, types


def _plain(value: Any) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def _positions(
    raw: pd.DataFrame, bounds: Bounds | None, sieve: Sieve, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return degrees of each row; rows without, and outside the territory, are rejected."""
    first, second = raw["longitude"].to_numpy(dtype=object), raw["latitude"].to_numpy(dtype=object)
    placing = recognise(first, second, bounds, where=name, rows=sieve.source_row)
    longitude, latitude = placing.apply(first, second)
    shown = raw["longitude"].astype("string").fillna("") + " " + raw["latitude"].astype("string").fillna("")
    nowhere = np.isnan(longitude) | np.isnan(latitude) | ((np.abs(longitude) < 1e-6) & (np.abs(latitude) < 1e-6))
    sieve.reject("position_missing", nowhere, shown)
    if bounds is not None:
        west, south, east, north = bounds
        limit = f"{west:.3f}…{east:.3f} {south:.3f}…{north:.3f}"
        inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
        exchanged = (latitude >= west) & (latitude <= east) & (longitude >= south) & (longitude <= north)
        sieve.reject("swapped_coordinates", ~inside & exchanged, shown, limit)
        sieve.reject("outside_territory", ~inside, shown, limit)
    sieve.reject("position_missing", (np.abs(longitude) > 180) | (np.abs(latitude) > 90), shown, "±180 ±90")
    for check in placing.flags():
        sieve.flag(check, True, shown)
    return longitude, latitude


def _table(raw: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    """Return the columns of the table ``cells``, values outside their limits left out."""
    table = pd.DataFrame(index=raw.index)
    identity = _identity(raw, sieve)
    for name in ("site_id", "cell_name"):
        table[name] = _text_of(raw, name).replace("", None)
    # A file of sites gives them a name alone; a placemark has no other.
    if "site_id" not in raw and not identity["cell_id"].notna().any():
        table["site_id"] = table["cell_name"]
    arfcn = _whole(raw, "earfcn", "arfcn", sieve)
    technology = identity["technology"]
    mhz = [nr_mhz(n) if t == "5G" else eutra_mhz(n) for n, t in zip(arfcn, technology.fillna("4G"), strict=True)]
    table = table.join(identity)
    table["arfcn"] = arfcn.astype("Int64")
    table["frequency_mhz"] = pd.Series(mhz, index=raw.index, dtype=float).where(
        technology.isin(["4G", "5G"]) | technology.isna()
    )
    table["band_mhz"] = _bands(raw, arfcn, technology)
    tilts = [_number_of(raw, name, "downtilt_deg", sieve) for name in ("mechanical_tilt", "electrical_tilt")]
    total = pd.concat(tilts, axis=1).sum(axis=1, min_count=1)
    table["downtilt_deg"] = total.where(total.notna(), _number_of(raw, "downtilt_deg", "downtilt_deg", sieve))
    table["azimuth_deg"] = _number_of(raw, "azimuth_deg", "azimuth_deg", sieve) % 360
    watts = number(_text_of(raw, "power_w"))
    dbm = _number_of(raw, "power_dbm", "power_dbm", sieve)
    table["power_dbm"] = dbm.where(dbm.notna(), 10 * np.log10(watts.where(watts > 0) * 1_000))
    for name in ("height_m", "beamwidth_deg"):
        table[name] = _number_of(raw, name, name, sieve)
    table["range_m"] = _number_of(raw, "range", "range_m", sieve)
    table["samples"] = _whole(raw, "samples", "samples", sieve).astype("Int64")
    pci = _whole(raw, "unit", "pci", sieve)
    table["pci"] = pci.where(technology != "2G").astype("Int64")  # GSM has no such code
    table["updated"] = _times(_text_of(raw, "updated"))
    return table


def _identity(raw: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    """Return who runs a cell, of which technology it is, and its numbers."""
    parts = _mapped(_text_of(raw, "cell"), _cell_parts)
    mcc, mnc, area, cell, node, sector = (parts.map(lambda part, at=at: part[at]) for at in range(6))
    plmn = _mapped(_text_of(raw, "plmn"), _network)
    mcc = _first(_digits(raw, "mcc"), plmn.map(lambda part: part[0]), mcc)
    mnc = _first(_digits(raw, "net"), plmn.map(lambda part: part[1]), mnc)
    area = _first(_digits(raw, "area"), area)
    node, sector = _first(_digits(raw, "node"), node), _first(_digits(raw, "sector"), sector)
    # Beside the number of an eNodeB, a "cell id" below 256 is that of the cell within it.
    local = (node != "") & (sector == "") & (number(cell) < CELLS_OF_NODE)
    sector, cell = sector.where(~local, cell), cell.where(~local, "")
    technology = _mapped(_text_of(raw, "radio"), technology_of)
    technology = technology.where(technology != "", np.where(node != "", "4G", ""))
    technology = technology.where((technology != "") | ~(number(cell) >= MOST_EUTRAN), "5G")
    nodes, sectors = number(node), number(sector)
    joined = (cell == "") & nodes.notna() & sectors.notna() & (technology == "4G") & (sectors < CELLS_OF_NODE)
    cell = cell.where(~joined, (nodes * CELLS_OF_NODE + sectors).astype("Int64").astype(str))
    numbers = number(cell)
    split = (technology == "4G") & numbers.between(CELLS_OF_NODE, MOST_EUTRAN - 1)
    return pd.DataFrame(
        {
            "cell_id": [cell_id(*row) for row in zip(mcc, mnc, area, cell, strict=True)],
            "operator": _operators(raw, mcc, mnc),
            "technology": technology.replace("", None),
            "area": _within(number(area), "area", area, sieve),
            "node": nodes.where(~(split & nodes.isna()), numbers // CELLS_OF_NODE).astype("Int64"),
            "sector": sectors.where(~(split & sectors.isna()), numbers % CELLS_OF_NODE).astype("Int64"),
        },
        index=raw.index,
    )


def _cell_parts(text: str) -> tuple[str, str, str, str, str, str]:
    """Take a cell identity apart into mcc, mnc, area, cell, eNodeB and cell of it, whatever of them it has."""
    numbers = [_bare(part) for part in ([text] if text.isdecimal() else _DIGITS.findall(_WHOLE.sub("", text)))]
    if len(numbers) == 4:
        mcc, mnc, area, cell = numbers
        # 452-04-267776-1: an area has 16 bits (24 in NR), so that is an eNodeB and its cell.
        if area and cell and int(area) > 65_535 and int(cell) < CELLS_OF_NODE:
            return mcc, mnc, "", "", area, cell
        return mcc, mnc, area, cell, "", ""
    if len(numbers) == 3:
        return numbers[0], numbers[1], "", numbers[2], "", ""
    if len(numbers) == 2:
        return "", "", "", "", numbers[0], numbers[1]
    return "", "", "", numbers[0] if len(numbers) == 1 else "", "", ""


def _bare(digits: str) -> str:
    """Return a whole number without leading zeros, an empty text where it is none or too long to be a number here."""
    return str(int(digits)) if digits.isdecimal() and len(digits) <= MOST_DIGITS else ""


def _network(text: str) -> tuple[str, str]:
    """Take an MCC-MNC apart, written with or without a sign between."""
    numbers = _DIGITS.findall(_WHOLE.sub("", text))
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    return (numbers[0][:3], numbers[0][3:]) if len(numbers) == 1 and len(numbers[0]) in (5, 6) else ("", "")


def _operators(raw: pd.DataFrame, mcc: pd.Series, mnc: pd.Series) -> pd.Series:
    """Return the operator of each row: by MCC-MNC, by name, else the code itself; None where neither is given."""
    code = (mcc + mnc.str.zfill(2)).where((mcc != "") & (mnc != ""), "")
    slug = operator_slug(_text_of(raw, "operator"), code)
    return slug.where(slug != "", code).replace("", None)


def _bands(raw: pd.DataFrame, arfcn: pd.Series, technology: pd.Series) -> pd.Series:
    """Return the band in MHz: by the channel number, else as the file names it."""
    known = technology.fillna("4G")
    by_channel = [name_of_arfcn(n, t) if t in ("4G", "5G") else np.nan for n, t in zip(arfcn, known, strict=True)]
    named = [band_mhz(word, t) if word else np.nan for word, t in zip(_text_of(raw, "band"), known, strict=True)]
    channel, name = (pd.Series(values, index=raw.index, dtype=float) for values in (by_channel, named))
    # An NR-ARFCN lies in several bands, so the name tells more.
    first, second = (channel.where(known != "5G", name), name.where(known != "5G", channel))
    found = first.where(first.notna(), second)
    limits = CELLS["band_mhz"]
    return found.where(found.between(limits.low, limits.high))


def _times(texts: pd.Series) -> pd.Series:
    """Return times in UTC: seconds since 1970, or dates as written."""
    seconds = number(texts)
    epoch = pd.to_datetime(seconds.where(seconds.between(1, 4e9)), unit="s", utc=True, errors="coerce")
    written = texts.where((texts != "") & seconds.isna())
    if written.notna().any():
        named = pd.to_datetime(dates(written), errors="coerce")
        epoch = epoch.where(epoch.notna(), named.dt.tz_localize("UTC") if named.dt.tz is None else named)
    return epoch.astype("datetime64[us, UTC]")


def _number_of(raw: pd.DataFrame, name: str, column: str, sieve: Sieve) -> pd.Series:
    """Return a column as numbers within the limits of ``column`` of the table; what is left out is flagged."""
    texts = _text_of(raw, name)
    bare = texts.str.replace(r"\s*(°|độ|deg|m|dBm)\s*$", "", regex=True)
    values = number(bare)
    unreadable = (texts != "") & values.isna() & ~texts.map(fold_text).isin(("", "na", "n a", "null", "none", "omni"))
    return _within(values, column, texts, sieve, unreadable)


def _whole(raw: pd.DataFrame, name: str, column: str, sieve: Sieve) -> pd.Series:
    texts = _text_of(raw, name)
    values = number(texts).where(lambda found: found != -1)  # "not known" in exports
    return _within(values, column, texts, sieve, values.notna() & (values % 1 != 0))


def _within(values: pd.Series, column: str, texts: pd.Series, sieve: Sieve, also: Any = False) -> pd.Series:
    spec = CELLS[column]
    low = -np.inf if spec.low is None else spec.low
    high = (1 << 53 if spec.kind == "integer" else np.inf) if spec.high is None else spec.high
    outside = (values < low) | (values > high) | also
    limit = f"{low:g}…{'' if spec.high is None else f'{high:g}'}"
    sieve.flag("value_left_out", outside.to_numpy(dtype=bool), texts.to_numpy(dtype=object), limit, column)
    kept = values.where(~outside)
    return kept.astype("Int64") if column == "area" else kept


def _text_of(raw: pd.DataFrame, name: str) -> pd.Series:
    if name not in raw:
        return pd.Series("", index=raw.index, dtype=object)
    return raw[name].astype("string").fillna("").str.strip().astype(object)


def _digits(raw: pd.DataFrame, name: str) -> pd.Series:
    """Return whole numbers as texts without leading zeros, an empty text where there is none."""
    return _mapped(_text_of(raw, name), lambda text: _bare(_WHOLE.sub("", text)))


def _first(*columns: pd.Series) -> pd.Series:
    """Return the first text of each row that is not empty."""
    found = columns[0]
    for column in columns[1:]:
        found = found.where(found != "", column)
    return found


def _mapped(values: pd.Series, function: Callable[[str], Any]) -> pd.Series:
    codes, unique = pd.factorize(values)
    found = np.empty(max(len(unique), 1), dtype=object)
    for at, value in enumerate(unique):
        found[at] = function(value)
    return pd.Series(found[codes], index=values.index, dtype=object)
