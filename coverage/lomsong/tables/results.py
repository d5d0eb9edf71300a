"""States of places, and the ranking."""

from __future__ import annotations

from lomsong.tables.roster import COMMUNE_CODE
from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, number_column, text_column
from lomsong.tables.words import STATES

SERVICE = TableSpec(
    "service",
    "Tình trạng sóng",
    "Signal state of each place by operator",
    (
        text_column("demand_id", "Mã điểm", "Place"),
        text_column("operator", "Nhà mạng", "Operator"),
        number_column("level_dbm", "Mức thu (dBm)", "Level (dBm)", nullable=True),
        number_column("level_sd_db", "Độ lệch chuẩn (dB)", "Standard deviation (dB)", 0, nullable=True),
        number_column("p_usable", "Xác suất có sóng", "Probability of being usable", 0, 1, nullable=True),
        ColumnSpec("state", "choice", "Tình trạng", "State", choices=STATES),
        ColumnSpec("kind", "choice", "Loại số liệu", "Kind", choices=("measured", "modelled", "declared")),
        number_column("nearest_sample_m", "Mẫu gần nhất (m)", "Nearest sample (m)", 0, nullable=True),
    ),
)

RANKING = TableSpec(
    "ranking",
    "Xếp hạng xã",
    "Communes by unconnected learners",
    (
        count_column("rank", "Hạng", "Rank"),
        count_column("rank_low", "Hạng cao nhất", "Best rank (90 %)"),
        count_column("rank_high", "Hạng thấp nhất", "Worst rank (90 %)"),
        COMMUNE_CODE,
        text_column("name", "Xã, phường", "Commune"),
        count_column("learners", "Người học", "Learners"),
        number_column("unconnected", "Chưa có sóng", "Unconnected", 0),
        number_column("unconnected_low", "Thấp (5 %)", "Low (5 %)", 0),
        number_column("unconnected_high", "Cao (95 %)", "High (95 %)", 0),
        number_column("share", "Tỷ lệ", "Share", 0, 1, nullable=True),
        count_column("unsurveyed", "Chưa đo kiểm", "Unsurveyed learners"),
        count_column("schools_without_signal", "Trường chưa có sóng", "Schools without signal", **OPTIONAL),
        count_column("hamlets", "Số ấp", "Hamlets", **OPTIONAL),
    ),
)
