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
        count_column("rank_low_all", "Hạng cao nhất, mọi xã cùng lúc", "Best rank, all at once (90 %)", **OPTIONAL),
        count_column("rank_high_all", "Hạng thấp nhất, mọi xã cùng lúc", "Worst rank, all at once (90 %)", **OPTIONAL),
        number_column("p_first_ten", "Xác suất thuộc nhóm đầu", "Probability of the first group", 0, 1, **OPTIONAL),
        count_column("tied", "Số xã chưa phân biệt được", "Communes it cannot be told from", **OPTIONAL),
        COMMUNE_CODE,
        text_column("name", "Xã, phường", "Commune"),
        count_column("learners", "Người học", "Learners"),
        number_column("unconnected", "Chưa có sóng", "Unconnected", 0),
        number_column("unconnected_low", "Thấp (5 %)", "Low (5 %)", 0),
        number_column("unconnected_high", "Cao (95 %)", "High (95 %)", 0),
        number_column("share", "Tỷ lệ", "Share", 0, 1, nullable=True),
        count_column("unsurveyed", "Chưa đo kiểm", "Unsurveyed learners"),
        number_column("score", "Điểm ưu tiên", "Priority score", 0, 100.001, **OPTIONAL),
        number_column("score_low", "Điểm thấp (5 %)", "Score, low (5 %)", 0, **OPTIONAL),
        number_column("score_high", "Điểm cao (95 %)", "Score, high (95 %)", 0, **OPTIONAL),
        number_column("points_unconnected", "Điểm: chưa có sóng", "Points: unconnected", 0, **OPTIONAL),
        number_column("points_share", "Điểm: tỷ lệ chưa có sóng", "Points: share unconnected", 0, **OPTIONAL),
        number_column("points_poor", "Điểm: hộ nghèo, cận nghèo", "Points: poor and near-poor", 0, **OPTIONAL),
        number_column("points_without_device", "Điểm: chưa có thiết bị", "Points: without a device", 0, **OPTIONAL),
        number_column("points_no_grid", "Điểm: chưa có điện lưới", "Points: no grid power", 0, **OPTIONAL),
        number_column("points_unsurveyed", "Điểm: chưa đo kiểm", "Points: unsurveyed", 0, **OPTIONAL),
        count_column("schools_without_signal", "Trường chưa có sóng", "Schools without signal", **OPTIONAL),
        count_column("hamlets", "Số ấp", "Hamlets", **OPTIONAL),
    ),
)
