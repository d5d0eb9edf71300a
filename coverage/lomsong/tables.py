"""The data model: one :class:`TableSpec` a table.

The same specification types what readers return, checks frames at the border and prints the data dictionary, so
that the three cannot drift apart. Units stand in column names; an identifier is a column, never the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lomsong.errors import ColumnError

OPERATORS: dict[str, str] = {"viettel": "Viettel", "vinaphone": "VinaPhone", "mobifone": "MobiFone"}
"""Operators of the sample province: identifier to name as written on a page."""

OPERATOR_CODES: dict[str, str] = {
    "45204": "viettel",
    "45202": "vinaphone",
    "45201": "mobifone",
    "45205": "vietnamobile",
    "45207": "gmobile",
}
"""MCC-MNC (E.212) of the operators of Viet Nam."""

OPERATOR_ALIASES: dict[str, str] = {"vnpt": "vinaphone", "vina": "vinaphone", "mobi": "mobifone", "vms": "mobifone"}
"""Other names under which an operator is met in files, in lower case."""

STATES: tuple[str, ...] = ("usable", "weak", "none", "unsurveyed")
"""State of a place for one operator; see ``docs/method.md``."""

LEVEL_LIMITS_DBM: tuple[float, float] = (-156.0, -31.0)
"""RSRP that a phone can report: 3GPP TS 38.133 table 10.1.6.1-1 (the LTE range -140…-44 lies inside)."""


@dataclass(frozen=True)
class ColumnSpec:
    """One column: what it means, of which kind it is and between which limits it lies.

    ``kind`` is one of ``text``, ``integer``, ``number``, ``time``, ``choice``. A column that is not ``required`` may be
    absent; one that is ``nullable`` may hold missing values.
    """

    name: str
    kind: str
    vi: str
    en: str
    required: bool = True
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One table of the data model."""

    name: str
    vi: str
    en: str
    columns: tuple[ColumnSpec, ...]
    geometry: str | None = None

    @property
    def names(self) -> list[str]:
        """Column names in their order, without the geometry."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Names of the columns that must be there."""
        return [column.name for column in self.columns if column.required]

    def __getitem__(self, name: str) -> ColumnSpec:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def check(self, frame: pd.DataFrame, where: str) -> None:
        """Raise :class:`ColumnError` naming every fault of ``frame`` at once.

        Parameters
        ----------
        frame
            The table to look at; it is not changed.
        where
            File or argument to name in the message.
        """
        faults = list(self._faults(frame))
        if faults:
            raise ColumnError(f"{where}: " + "; ".join(faults))

    def _faults(self, frame: pd.DataFrame) -> Iterable[str]:
        missing = [name for name in self.required if name not in frame]
        if missing:
            yield f"column {', '.join(missing)} missing (found: {', '.join(map(str, frame.columns))})"
        if self.geometry and "geometry" not in frame:
            yield f"no geometry; give a GeoDataFrame of {self.geometry}"
        for column in self.columns:
            if column.name in frame:
                yield from _column_faults(column, frame[column.name])


def _column_faults(column: ColumnSpec, values: pd.Series) -> Iterable[str]:
    if not column.nullable and values.isna().any():
        yield f"{int(values.isna().sum())} rows have no {column.name} (first: row {_first(values.isna())})"
    if column.kind in ("number", "integer"):
        if not pd.api.types.is_numeric_dtype(values):
            yield f"{column.name} must be numbers, not {values.dtype}"
            return
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        outside = (values < low) | (values > high)
        if outside.any():
            yield (
                f"{int(outside.sum())} rows have {column.name} outside {low:g}…{high:g} "
                f"(first: row {_first(outside)}, {values[outside].iloc[0]:g})"
            )
    if column.choices:
        strange = ~(values.isin(column.choices) | values.isna())
        if strange.any():
            yield (
                f"{int(strange.sum())} rows have an unknown {column.name} (first: row {_first(strange)}, "
                f"{values[strange].iloc[0]!r}); known: {', '.join(column.choices)}"
            )


def _first(mask: pd.Series) -> object:
    return mask.index[int(np.argmax(mask.to_numpy()))]


def _text(name: str, vi: str, en: str, **more: Any) -> ColumnSpec:
    return ColumnSpec(name, "text", vi, en, **more)


def _number(
    name: str, vi: str, en: str, low: float | None = None, high: float | None = None, **more: Any
) -> ColumnSpec:
    return ColumnSpec(name, "number", vi, en, low=low, high=high, **more)


def _count(name: str, vi: str, en: str, **more: Any) -> ColumnSpec:
    return ColumnSpec(name, "integer", vi, en, low=0, **more)


_OPTIONAL: dict[str, Any] = {"required": False, "nullable": True}
_CODE = _text("commune_code", "Mã xã", "Commune code", aliases=("ma xa", "ma phuong xa", "maxa", "xa ma", "code"))

SAMPLES = TableSpec(
    "samples",
    "Mẫu đo kiểm",
    "Survey samples",
    (
        _text("sample_id", "Mã mẫu", "Sample"),
        ColumnSpec("time", "time", "Thời điểm (UTC)", "Time (UTC)", nullable=True),
        _text("operator", "Nhà mạng", "Operator"),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
        _number("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000, **_OPTIONAL),
        _text("cell_id", "Mã ô", "Cell", **_OPTIONAL),
        _number("rsrp_dbm", "RSRP (dBm)", "RSRP (dBm)", *LEVEL_LIMITS_DBM, nullable=True),
        _number("rsrq_db", "RSRQ (dB)", "RSRQ (dB)", -43, 20, **_OPTIONAL),
        _number("sinr_db", "SINR (dB)", "SINR (dB)", -40, 60, **_OPTIONAL),
        ColumnSpec("service", "choice", "Dịch vụ", "Service", choices=("level", "no_service")),
        _number("accuracy_m", "Sai số GPS (m)", "GPS accuracy (m)", 0, **_OPTIONAL),
        _number("speed_mps", "Tốc độ (m/s)", "Speed (m/s)", 0, **_OPTIONAL),
        _text("device", "Thiết bị", "Device", **_OPTIONAL),
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
    ),
    "Point",
)

SCHOOLS = TableSpec(
    "schools",
    "Trường học",
    "Schools",
    (
        _text("school_id", "Mã trường", "School code", aliases=("ma truong", "id")),
        _text("name", "Tên trường", "Name", aliases=("ten truong", "truong", "ten")),
        _text("level", "Cấp học", "Level", aliases=("cap hoc", "cap"), **_OPTIONAL),
        _count("pupils", "Số học sinh", "Pupils", aliases=("so hoc sinh", "hoc sinh", "si so")),
        _CODE,
    ),
    "Point",
)

HOUSEHOLDS = TableSpec(
    "households",
    "Hộ có người học",
    "Households with learners",
    (
        _text("household_id", "Mã hộ", "Household code", aliases=("ma ho", "id")),
        _count("learners", "Số người học", "Learners", aliases=("so nguoi hoc", "nguoi hoc", "so hoc sinh")),
        _count(
            "learners_without_device",
            "Chưa có thiết bị",
            "Learners without a device",
            aliases=("chua co thiet bi", "thieu thiet bi"),
            **_OPTIONAL,
        ),
        _text("category", "Diện hộ", "Category", aliases=("dien ho", "doi tuong"), **_OPTIONAL),
        _text(
            "own_operator",
            "Nhà mạng đang dùng",
            "Own operator",
            aliases=("nha mang", "nha mang dang dung"),
            **_OPTIONAL,
        ),
        _text("building", "Loại nhà", "Building", aliases=("loai nha",), **_OPTIONAL),
        _text("hamlet_id", "Mã ấp", "Hamlet code", aliases=("ma ap", "ma thon"), **_OPTIONAL),
        ColumnSpec(
            "commune_code",
            "text",
            "Mã xã",
            "Commune code",
            required=False,
            nullable=True,
            aliases=_CODE.aliases,
        ),
    ),
    "Point",
)

HAMLETS = TableSpec(
    "hamlets",
    "Thôn, ấp",
    "Hamlets",
    (
        _text("hamlet_id", "Mã ấp", "Hamlet code", aliases=("ma ap", "ma thon", "id")),
        _text("name", "Tên ấp", "Name", aliases=("ten ap", "ten thon", "ten")),
        _CODE,
        ColumnSpec(
            "grid_power",
            "choice",
            "Điện lưới quốc gia",
            "Grid power",
            choices=("yes", "no", "unknown"),
            aliases=("dien luoi", "dien luoi quoc gia"),
        ),
    ),
    "Point",
)

COMMUNES = TableSpec(
    "communes",
    "Xã, phường",
    "Communes",
    (
        _CODE,
        _text("name", "Tên xã", "Name", aliases=("ten xa", "ten")),
        _text("kind", "Loại", "Kind", **_OPTIONAL),
        _text("parent_code", "Mã huyện", "Parent code", **_OPTIONAL),
        _text("vintage", "Niên hiệu", "Vintage", **_OPTIONAL),
    ),
    "MultiPolygon",
)

SITES = TableSpec(
    "sites",
    "Trạm BTS",
    "Sites, one row a sector",
    (
        _text("site_id", "Mã trạm", "Site", aliases=("ma tram",)),
        _text("operator", "Nhà mạng", "Operator", aliases=("nha mang",)),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", choices=("2G", "3G", "4G", "5G"), **_OPTIONAL),
        _number("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000),
        _number("height_m", "Độ cao anten (m)", "Antenna height (m)", 1, 500),
        _number("eirp_dbm", "EIRP RS (dBm)", "EIRP of the reference signal per resource element (dBm)", -30, 80),
        _number("azimuth_deg", "Góc phương vị (°)", "Azimuth (°)", 0, 360, **_OPTIONAL),
        _number("downtilt_deg", "Góc cụp (°)", "Downtilt (°)", -20, 45, **_OPTIONAL),
        _number("beamwidth_deg", "Độ rộng búp sóng (°)", "Beamwidth (°)", 1, 360, **_OPTIONAL),
    ),
    "Point",
)

SERVICE = TableSpec(
    "service",
    "Tình trạng sóng",
    "Signal state of each place by operator",
    (
        _text("demand_id", "Mã điểm", "Place"),
        _text("operator", "Nhà mạng", "Operator"),
        _number("level_dbm", "Mức thu (dBm)", "Level (dBm)", nullable=True),
        _number("level_sd_db", "Độ lệch chuẩn (dB)", "Standard deviation (dB)", 0, nullable=True),
        _number("p_usable", "Xác suất có sóng", "Probability of being usable", 0, 1, nullable=True),
        ColumnSpec("state", "choice", "Tình trạng", "State", choices=STATES),
        ColumnSpec("kind", "choice", "Loại số liệu", "Kind", choices=("measured", "modelled", "declared")),
        _number("nearest_sample_m", "Mẫu gần nhất (m)", "Nearest sample (m)", 0, nullable=True),
    ),
)

RANKING = TableSpec(
    "ranking",
    "Xếp hạng xã",
    "Communes by unconnected learners",
    (
        _count("rank", "Hạng", "Rank"),
        _count("rank_low", "Hạng cao nhất", "Best rank (90 %)"),
        _count("rank_high", "Hạng thấp nhất", "Worst rank (90 %)"),
        _CODE,
        _text("name", "Xã, phường", "Commune"),
        _count("learners", "Người học", "Learners"),
        _number("unconnected", "Chưa có sóng", "Unconnected", 0),
        _number("unconnected_low", "Thấp (5 %)", "Low (5 %)", 0),
        _number("unconnected_high", "Cao (95 %)", "High (95 %)", 0),
        _number("share", "Tỷ lệ", "Share", 0, 1, nullable=True),
        _count("unsurveyed", "Chưa đo kiểm", "Unsurveyed learners"),
        _count("schools_without_signal", "Trường chưa có sóng", "Schools without signal", **_OPTIONAL),
        _count("hamlets", "Số ấp", "Hamlets", **_OPTIONAL),
    ),
)

_SEVERITY = ColumnSpec("severity", "choice", "Mức độ", "Severity", choices=("critical", "warning"))

REJECTS = TableSpec(
    "rejects",
    "Dòng bị loại",
    "Rows not accepted, and why",
    (
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
        _text("check", "Phép kiểm", "Check"),
        _SEVERITY,
        _text("column", "Cột", "Column"),
        _text("value", "Giá trị", "Value"),
        _text("limit", "Giới hạn", "Limit"),
        _text("remedy", "Cách xử lý", "Remedy"),
    ),
)

FLAGS = TableSpec(
    "flags",
    "Lưu ý về dữ liệu được giữ",
    "What was kept, but should be known",
    (
        _text("source_file", "Tệp nguồn", "Source file"),
        _text("check", "Phép kiểm", "Check"),
        _SEVERITY,
        _count("rows", "Số dòng", "Rows"),
        _count("first_row", "Dòng đầu", "First row (0: the whole file)"),
        _text("column", "Cột", "Column"),
        _text("value", "Giá trị", "Value"),
        _text("limit", "Giới hạn", "Limit"),
        _text("remedy", "Cách xử lý", "Remedy"),
    ),
)

CANDIDATES = TableSpec(
    "candidates",
    "Vị trí ứng viên",
    "Candidate tower positions",
    (
        _text("candidate_id", "Mã vị trí", "Candidate"),
        _number("ground_m", "Cao độ đất (m)", "Ground height (m)"),
        _number("height_m", "Chiều cao cột (m)", "Mast height (m)", 1),
        _number("slope_deg", "Độ dốc (°)", "Slope (°)", 0, 90),
        _number("grid_km", "Cách lưới điện (km)", "To the grid (km)", 0, nullable=True),
        _number("road_km", "Cách đường (km)", "To a road (km)", 0, nullable=True),
        ColumnSpec(
            "forest_class",
            "choice",
            "Loại rừng",
            "Forest class",
            choices=("special_use", "protection", "production", "none"),
        ),
        _text("existing_structure", "Công trình có sẵn", "Existing structure", **_OPTIONAL),
    ),
    "Point",
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (SAMPLES, SCHOOLS, HOUSEHOLDS, HAMLETS, COMMUNES, SITES, CANDIDATES, SERVICE, RANKING, REJECTS, FLAGS)
}


def data_dictionary() -> str:
    """Return the data dictionary of all tables as Markdown."""
    parts = ["# Data dictionary", "", "Printed from `lomsong.tables`; change it there.", ""]
    for spec in TABLES.values():
        parts += [f"## {spec.name}: {spec.en} / {spec.vi}", "", "| column | kind | limits | English | Tiếng Việt |"]
        parts.append("|---|---|---|---|---|")
        for column in spec.columns:
            limits = ", ".join(column.choices)
            if column.low is not None or column.high is not None:
                limits = "…".join("" if bound is None else f"{bound:g}" for bound in (column.low, column.high))
            optional = "" if column.required else ", optional"
            parts.append(f"| `{column.name}` | {column.kind}{optional} | {limits} | {column.en} | {column.vi} |")
        if spec.geometry:
            parts.append(f"| `geometry` | {spec.geometry} | | | |")
        parts.append("")
    return "\n".join(parts)
