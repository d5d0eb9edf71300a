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
_COMMUNE: tuple[ColumnSpec, ...] = (
    _text("commune_code", "Mã xã", "Commune code", aliases=_CODE.aliases, **_OPTIONAL),
    _text(
        "commune_name",
        "Tên xã",
        "Commune",
        aliases=("xa", "xa phuong", "phuong xa", "phuong", "thi tran", "xa phuong thi tran", "ten xa phuong"),
        **_OPTIONAL,
    ),
    _text(
        "parent_name",
        "Huyện",
        "District",
        aliases=("ten huyen", "quan huyen", "huyen thi xa", "huyen thanh pho", "huyen thi xa thanh pho", "huyen tp"),
        **_OPTIONAL,
    ),
)
"""The commune of a row: by code, or by its name and that of its parent where the code is not given."""

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
        _number("count", "Số lần đo", "Measurements that the row stands for", 0, **_OPTIONAL),
    ),
    "Point",
)

NEIGHBOURS = TableSpec(
    "neighbours",
    "Ô lân cận",
    "Levels of cells that did not serve",
    (
        _text("sample_id", "Mã mẫu", "Sample"),
        _count("rank", "Thứ tự", "Rank in the row"),
        _text("technology", "Công nghệ", "Technology", **_OPTIONAL),
        _text("cell", "Mã ô", "Cell", **_OPTIONAL),
        _text("area", "Mã vùng", "LAC or TAC", **_OPTIONAL),
        _number("pci", "PCI", "PCI or PSC", 0, **_OPTIONAL),
        _number("arfcn", "Kênh", "Channel number", 0, **_OPTIONAL),
        _number("level_dbm", "Mức thu (dBm)", "Level (dBm)", *LEVEL_LIMITS_DBM),
    ),
)

_PLACED = (
    ColumnSpec("time", "time", "Thời điểm (UTC)", "Time (UTC)"),
    _text("operator", "Nhà mạng", "Operator"),
    ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
)

EVENTS = TableSpec(
    "events",
    "Sự kiện",
    "Events of a phone: handovers, calls, tests",
    (
        *_PLACED,
        _text("event", "Sự kiện", "Event", nullable=True),
        _text("details", "Chi tiết", "Details", nullable=True),
        _text("state", "Trạng thái", "State", nullable=True),
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
    ),
    "Point",
)

STATISTICS = TableSpec(
    "statistics",
    "Tổng hợp",
    "Sums of a log",
    (
        _text("event", "Sự kiện", "Event"),
        _count("count", "Số lần", "Count"),
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
    ),
)

THROUGHPUT = TableSpec(
    "throughput",
    "Thử tốc độ",
    "Tests of throughput and delay",
    (
        *_PLACED,
        _number("rsrp_dbm", "RSRP (dBm)", "RSRP (dBm); missing for 2G and 3G", nullable=True),
        _number("download_kbps", "Tải xuống (kbit/s)", "Download (kbit/s)", 0, nullable=True),
        _number("upload_kbps", "Tải lên (kbit/s)", "Upload (kbit/s)", 0, nullable=True),
        _number("ping_ms", "Độ trễ (ms)", "Round trip (ms)", 0, nullable=True),
        _number("ping_loss_percent", "Mất gói (%)", "Lost pings (%)", 0, 100, nullable=True),
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
        *_COMMUNE,
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
        *_COMMUNE,
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
        *_COMMUNE,
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
        _text(
            "commune_code",
            "Mã xã",
            "Commune code",
            aliases=(
                *_CODE.aliases, "ma xa phuong", "ma phuong", "ma dvhc", "ma don vi hanh chinh", "ma dvhc xa", "id xa",
                "ward code", "adm3 pcode", "gid 3", "shapeid", "commune co",
            ),
        ),
        _text(
            "name",
            "Tên xã",
            "Name",
            aliases=(
                "ten xa", "tenxa", "ten", "ten xa phuong", "commune", "commune name", "ten dvhc",
                "ten don vi hanh chinh", "xa", "ward", "adm3 vi", "adm3 en", "name 3", "shapename", "full name",
            ),
        ),
        _text("kind", "Loại", "Kind", aliases=("type", "loai xa", "cap", "type 3"), **_OPTIONAL),
        _text(
            "parent_code",
            "Mã huyện",
            "Parent code",
            aliases=(
                "parent cod", "district code", "district c", "ma huyen", "mahuyen", "ma quan huyen", "adm2 pcode",
                "gid 2", "province code",
                "ma tinh", "matinh", "adm1 pcode", "gid 1",
            ),
            **_OPTIONAL,
        ),
        _text(
            "parent_name",
            "Tên huyện",
            "Parent",
            aliases=(
                "parent nam", "district", "district name", "ten huyen", "tenhuyen", "huyen", "quan huyen", "adm2 vi",
                "adm2 en",
                "name 2", "province", "ten tinh", "tentinh", "tinh", "adm1 vi", "adm1 en", "name 1",
            ),
            **_OPTIONAL,
        ),
        _text("vintage", "Niên hiệu", "Vintage", **_OPTIONAL),
        _count("population", "Dân số", "Population", aliases=("dan so", "danso", "pop", "pop 2019"), **_OPTIONAL),
        _text(
            "merged_from",
            "Sáp nhập từ",
            "Merged from",
            aliases=("merged fro", "sap nhap tu", "sap xep tu", "duoc sap xep tu", "hop nhat tu", "truoc sap nhap"),
            **_OPTIONAL,
        ),
    ),
    "MultiPolygon",
)  # fmt: skip

CROSSWALK = TableSpec(
    "crosswalk",
    "Bảng chuyển đổi mã xã cũ, mới",
    "Communes before a reform to those after it, one row a pair",
    (
        _text(
            "old_code",
            "Mã cũ",
            "Old code",
            aliases=("ma xa cu", "ma xa truoc", "ma truoc", "old", "before", "code before", "code old"),
        ),
        _text(
            "new_code",
            "Mã mới",
            "New code",
            aliases=("ma xa moi", "ma xa sau", "ma sau", "new", "after", "code after", "code new"),
        ),
        ColumnSpec(
            "way",
            "choice",
            "Cách ghép",
            "Matched by",
            required=False,
            choices=("table", "code", "name", "district", "neighbours", "elimination", "kind", "place"),
        ),
        ColumnSpec("part", "choice", "Một phần", "Only a part of it", required=False, choices=("no", "part", "rest")),
    ),
)  # fmt: skip

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

CELLS = TableSpec(
    "cells",
    "Ô phủ sóng",
    "Cells of the networks, one row a cell or sector",
    (
        _text("cell_id", "Mã ô (MCC-MNC-vùng-ô)", "Cell (MCC-MNC-area-cell)", nullable=True),
        _text("site_id", "Mã trạm", "Site", **_OPTIONAL),
        _text("cell_name", "Tên ô", "Cell name", **_OPTIONAL),
        _text("operator", "Nhà mạng", "Operator", nullable=True),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
        _count("area", "LAC/TAC", "Area (LAC or TAC)", **_OPTIONAL),
        _count("node", "eNodeB", "eNodeB", **_OPTIONAL),
        _count("sector", "Ô trong eNodeB", "Cell within the eNodeB", **_OPTIONAL),
        ColumnSpec("pci", "integer", "PCI/PSC", "PCI or PSC", low=0, high=1_007, **_OPTIONAL),
        _count("arfcn", "EARFCN/NR-ARFCN", "Downlink EARFCN or NR-ARFCN", **_OPTIONAL),
        _number("frequency_mhz", "Tần số (MHz)", "Downlink frequency (MHz)", 30, 100_000, **_OPTIONAL),
        _number("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000, **_OPTIONAL),
        _number("azimuth_deg", "Góc phương vị (°)", "Azimuth (°)", 0, 360, **_OPTIONAL),
        _number("height_m", "Độ cao anten (m)", "Antenna height (m)", 1, 500, **_OPTIONAL),
        _number("downtilt_deg", "Góc cụp (°)", "Downtilt, mechanical and electrical (°)", -20, 45, **_OPTIONAL),
        _number("beamwidth_deg", "Độ rộng búp sóng (°)", "Beamwidth (°)", 1, 360, **_OPTIONAL),
        _number("power_dbm", "Công suất phát (dBm)", "Transmitter power (dBm)", -30, 80, **_OPTIONAL),
        _number("range_m", "Bán kính ước lượng (m)", "Estimated range (m)", 0, **_OPTIONAL),
        _count("samples", "Số mẫu", "Samples", **_OPTIONAL),
        ColumnSpec(
            "position_kind",
            "choice",
            "Loại vị trí (ước lượng hay khai báo)",
            "Whether the position is estimated from samples or stated",
            choices=("estimated", "stated"),
        ),
        ColumnSpec("updated", "time", "Cập nhật (UTC)", "Updated (UTC)", **_OPTIONAL),
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
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

_HAMLET_AND_SCHOOL: tuple[ColumnSpec, ...] = (
    _text("hamlet_id", "Mã ấp", "Hamlet code", aliases=("ma ap", "ma thon"), **_OPTIONAL),
    _text(
        "hamlet_name",
        "Tên ấp",
        "Hamlet",
        aliases=("ap", "thon", "ten thon", "thon ap", "ap thon", "khu pho", "to dan pho", "xom", "buon", "thon buon"),
        **_OPTIONAL,
    ),
    *_COMMUNE,
    _text("school_id", "Mã trường", "School code", aliases=("ma truong", "school id", "ma don vi"), **_OPTIONAL),
    _text(
        "school_name",
        "Tên trường",
        "School",
        aliases=("truong", "truong hoc", "school name", "ten don vi", "don vi"),
        **_OPTIONAL,
    ),
)
_HAS_DEVICE = ColumnSpec(
    "has_device",
    "choice",
    "Có thiết bị",
    "Has a device",
    choices=("yes", "no", "unknown"),
    aliases=(
        "thiet bi", "thiet bi hoc tap", "co thiet bi hoc tap", "thiet bi hoc truc tuyen", "co may", "loai thiet bi",
        "has device", "device",
    ),
    **_OPTIONAL,
)  # fmt: skip

LEARNERS = TableSpec(
    "learners",
    "Danh sách người học",
    "Lists of learners as schools and communes send them, one row a learner",
    (
        _text(
            "learner_id",
            "Mã học sinh",
            "Learner code",
            aliases=(
                "ma dinh danh", "so dinh danh", "ma dinh danh ca nhan", "so dinh danh ca nhan", "ma dinh danh hoc sinh",
                "ma hs", "ma so hoc sinh", "ma nguoi hoc", "cccd", "so cccd", "student id", "pupil id", "student code",
                "pupil code", "id",
            ),
            **_OPTIONAL,
        ),
        _text(
            "name",
            "Họ và tên",
            "Full name",
            aliases=(
                "ho ten", "ho ten hoc sinh", "ho va ten hoc sinh", "ten hoc sinh", "ho va ten nguoi hoc", "hoc sinh",
                "ten nguoi hoc", "ten", "name", "student name", "pupil name", "student", "pupil", "given name",
            ),
            **_OPTIONAL,
        ),
        _text(
            "family_name",
            "Họ và tên đệm",
            "Family and middle name",
            aliases=("ho dem", "ho va dem", "ho va chu lot", "ho chu lot", "ho lot", "ho", "family name", "surname"),
            **_OPTIONAL,
        ),
        _text(
            "birth_date",
            "Ngày sinh",
            "Date of birth",
            aliases=("ngay thang nam sinh", "ngay thang sinh", "sinh ngay", "birth date", "dob", "birthday"),
            **_OPTIONAL,
        ),
        ColumnSpec(
            "birth_year", "integer", "Năm sinh", "Year of birth", low=1900, high=2100, aliases=("birth year",),
            **_OPTIONAL,
        ),
        _text("gender", "Giới tính", "Gender", aliases=("phai", "sex"), **_OPTIONAL),
        _text("household_id", "Mã hộ", "Household code", aliases=("ma ho gia dinh", "so ho", "household"), **_OPTIONAL),
        _text(
            "head_name",
            "Chủ hộ",
            "Head of household or parent",
            aliases=(
                "ten chu ho", "ho ten chu ho", "ho va ten chu ho", "cha me", "ho ten cha me", "ho ten cha",
                "ho va ten cha", "ho ten me", "ho va ten me", "cha", "me", "phu huynh", "ho ten phu huynh",
                "nguoi giam ho", "head of household", "parent", "guardian", "parent name",
            ),
            **_OPTIONAL,
        ),
        _text(
            "phone",
            "Số điện thoại",
            "Telephone",
            aliases=(
                "sdt", "dien thoai", "so dt", "sdt phu huynh", "dien thoai phu huynh", "dien thoai lien he",
                "so dien thoai phu huynh", "phone", "phone number", "mobile",
            ),
            **_OPTIONAL,
        ),
        _text("class", "Lớp", "Class", aliases=("ten lop", "lop hoc"), **_OPTIONAL),
        *_HAMLET_AND_SCHOOL,
        _HAS_DEVICE,
        _text(
            "no_device",
            "Chưa có thiết bị",
            "Has no device",
            aliases=("khong co thiet bi", "thieu thiet bi", "chua co thiet bi hoc tap", "no device", "without device"),
            **_OPTIONAL,
        ),
        _text("category", "Diện hộ", "Category", aliases=("doi tuong", "hoan canh"), **_OPTIONAL),
    ),
)  # fmt: skip

LEARNERS_ONCE = TableSpec(
    "learners_once",
    "Người học, mỗi em một lần",
    "Learners counted once; no name, telephone, code or full date of birth is in it",
    (
        _text("learner_key", "Mã băm", "Salted hash of the learner"),
        *_HAMLET_AND_SCHOOL,
        _text("household_id", "Mã hộ", "Household code", **_OPTIONAL),
        ColumnSpec("birth_year", "integer", "Năm sinh", "Year of birth", low=1900, high=2100, **_OPTIONAL),
        _HAS_DEVICE,
        _text("category", "Diện hộ", "Category", **_OPTIONAL),
        _text("source_file", "Tệp nguồn", "Source file"),
        _count("source_row", "Dòng", "Row"),
    ),
)

DECLARED = TableSpec(
    "declared",
    "Số liệu khai báo",
    "Learners as each school or commune declared them",
    (
        *_HAMLET_AND_SCHOOL[2:],
        _count(
            "learners",
            "Số học sinh",
            "Learners",
            aliases=("tong so hoc sinh", "so nguoi hoc", "tong so nguoi hoc", "so luong hoc sinh", "pupils"),
            **_OPTIONAL,
        ),
        _count(
            "learners_without_device",
            "Chưa có thiết bị",
            "Learners without a device",
            aliases=(
                "thieu thiet bi", "so hoc sinh chua co thiet bi", "hoc sinh chua co thiet bi", "khong co thiet bi",
                "so hoc sinh thieu thiet bi", "so em chua co thiet bi", "without device",
            ),
            **_OPTIONAL,
        ),
    ),
)  # fmt: skip


def _reconciled() -> tuple[ColumnSpec, ...]:
    """Columns of the comparison, for all learners and then for those without a device."""
    stages = (
        ("claimed", "Khai báo", "Declared"),
        ("listed", "Có trong danh sách", "Listed"),
        ("double", "Trùng", "Listed twice"),
        ("unusable", "Dòng không dùng được", "Rows not usable"),
        ("verified", "Đã xác minh", "Verified"),
        ("missing", "Thiếu so với khai báo", "Missing from the lists"),
        ("over", "Nhiều hơn khai báo", "More than declared"),
    )
    kinds = (("", "", ""), ("_without_device", ", chưa có thiết bị", ", without a device"))
    return tuple(
        _count(stage + ending, vi + more_vi, en + more_en, nullable=True)
        for ending, more_vi, more_en in kinds
        for stage, vi, en in stages
    )


RECONCILED = TableSpec(
    "reconciled",
    "Khai báo và danh sách",
    "Declared against listed, by school or commune, with a line of totals",
    (
        _text("unit", "Đơn vị", "School or commune; empty: rows that name none"),
        _text("name", "Tên đơn vị", "Name", **_OPTIONAL),
        ColumnSpec("row", "choice", "Loại dòng", "Kind of row", choices=("school", "commune", "total")),
        ColumnSpec("list_sent", "choice", "Đã gửi danh sách", "Sent a list", choices=("yes", "no")),
        *_reconciled(),
        _count("already_equipped", "Danh sách khác ghi đã có thiết bị", "Listed without, elsewhere with a device"),
        _count("device_unknown", "Chưa rõ thiết bị", "Verified, device not known"),
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
    for spec in (
        SAMPLES,
        NEIGHBOURS,
        EVENTS,
        THROUGHPUT,
        STATISTICS,
        SCHOOLS,
        HOUSEHOLDS,
        HAMLETS,
        LEARNERS,
        LEARNERS_ONCE,
        DECLARED,
        RECONCILED,
        COMMUNES,
        CROSSWALK,
        SITES,
        CELLS,
        CANDIDATES,
        SERVICE,
        RANKING,
        REJECTS,
        FLAGS,
    )
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
