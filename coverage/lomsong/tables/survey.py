"""What logs tell: samples, neighbours, events, tests."""

from __future__ import annotations

from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, number_column, text_column
from lomsong.tables.words import LEVEL_LIMITS_DBM

SAMPLES = TableSpec(
    "samples",
    "Mẫu đo kiểm",
    "Survey samples",
    (
        text_column("sample_id", "Mã mẫu", "Sample"),
        ColumnSpec("time", "time", "Thời điểm (UTC)", "Time (UTC)", nullable=True),
        text_column("operator", "Nhà mạng", "Operator"),
        ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
        number_column("band_mhz", "Băng tần (MHz)", "Band (MHz)", 30, 100_000, **OPTIONAL),
        text_column("cell_id", "Mã ô", "Cell", **OPTIONAL),
        number_column("rsrp_dbm", "RSRP (dBm)", "RSRP (dBm)", *LEVEL_LIMITS_DBM, nullable=True),
        number_column("rsrq_db", "RSRQ (dB)", "RSRQ (dB)", -43, 20, **OPTIONAL),
        number_column("sinr_db", "SINR (dB)", "SINR (dB)", -40, 60, **OPTIONAL),
        ColumnSpec("service", "choice", "Dịch vụ", "Service", choices=("level", "no_service")),
        number_column("accuracy_m", "Sai số GPS (m)", "GPS accuracy (m)", 0, **OPTIONAL),
        number_column("speed_mps", "Tốc độ (m/s)", "Speed (m/s)", 0, **OPTIONAL),
        text_column("device", "Thiết bị", "Device", **OPTIONAL),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
        number_column("count", "Số lần đo", "Measurements that the row stands for", 0, **OPTIONAL),
    ),
    "Point",
)

NEIGHBOURS = TableSpec(
    "neighbours",
    "Ô lân cận",
    "Levels of cells that did not serve",
    (
        text_column("sample_id", "Mã mẫu", "Sample"),
        count_column("rank", "Thứ tự", "Rank in the row"),
        text_column("technology", "Công nghệ", "Technology", **OPTIONAL),
        text_column("cell", "Mã ô", "Cell", **OPTIONAL),
        text_column("area", "Mã vùng", "LAC or TAC", **OPTIONAL),
        number_column("pci", "PCI", "PCI or PSC", 0, **OPTIONAL),
        number_column("arfcn", "Kênh", "Channel number", 0, **OPTIONAL),
        number_column("level_dbm", "Mức thu (dBm)", "Level (dBm)", *LEVEL_LIMITS_DBM),
    ),
)

_PLACED = (
    ColumnSpec("time", "time", "Thời điểm (UTC)", "Time (UTC)"),
    text_column("operator", "Nhà mạng", "Operator"),
    ColumnSpec("technology", "choice", "Công nghệ", "Technology", nullable=True, choices=("2G", "3G", "4G", "5G")),
)

EVENTS = TableSpec(
    "events",
    "Sự kiện",
    "Events of a phone: handovers, calls, tests",
    (
        *_PLACED,
        text_column("event", "Sự kiện", "Event", nullable=True),
        text_column("details", "Chi tiết", "Details", nullable=True),
        text_column("state", "Trạng thái", "State", nullable=True),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
    ),
    "Point",
)

STATISTICS = TableSpec(
    "statistics",
    "Tổng hợp",
    "Sums of a log",
    (
        text_column("event", "Sự kiện", "Event"),
        count_column("count", "Số lần", "Count"),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
    ),
)

THROUGHPUT = TableSpec(
    "throughput",
    "Thử tốc độ",
    "Tests of throughput and delay",
    (
        *_PLACED,
        number_column("rsrp_dbm", "RSRP (dBm)", "RSRP (dBm); missing for 2G and 3G", nullable=True),
        number_column("download_kbps", "Tải xuống (kbit/s)", "Download (kbit/s)", 0, nullable=True),
        number_column("upload_kbps", "Tải lên (kbit/s)", "Upload (kbit/s)", 0, nullable=True),
        number_column("ping_ms", "Độ trễ (ms)", "Round trip (ms)", 0, nullable=True),
        number_column("ping_loss_percent", "Mất gói (%)", "Lost pings (%)", 0, 100, nullable=True),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
    ),
    "Point",
)
