"""Words of validation: schemes, scores, the reliability diagram, and what `lomsong surface` prints."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "stage.validation": ("Kiểm chứng mức thu ước tính", "Validating the estimated level"),
    "fault.validation_scheme": (
        "kiểm chứng: không có cách chia {scheme}; dùng một trong {known}",
        "validation: there is no scheme {scheme}; use one of {known}",
    ),
    "fault.surface_operator": (
        "không có nhà mạng {operator} trong số liệu đo; các nhà mạng có: {known}",
        "no operator {operator} in the surveys; there are {known}",
    ),
    "stage.validation_all": ("Kiểm chứng bằng mọi cách giấu số liệu", "Validating in every way"),
    "valid.mean_score": ("{mean} {rmse} dB", "{mean} {rmse} dB"),
    "valid.title": ("Kiểm chứng: {operator}", "Validation: {operator}"),
    "valid.subtitle": (
        "Giấu đi từng phần số liệu đo, ước tính lại từ phần còn lại rồi so với số đã đo. Dùng được: từ {level} dBm.",
        "Parts of the survey are hidden, estimated from the rest and compared with what was read. "
        "Usable from {level} dBm.",
    ),
    "valid.blocks": ("Giấu ô vuông cạnh {side} km", "Squares of {side} km"),
    "valid.passes": ("Giấu cả lượt đo", "Whole passes"),
    "valid.sites": ("Giấu cả vùng của một trạm", "Whole sites"),
    "valid.distances": ("Giấu cụm ô xa như hộ dân", "As far as households lie"),
    "valid.scheme": ("Phần được giấu", "Left out"),
    "valid.nearest": ("Cách chỗ\nđo (m)", "From\nsurvey (m)"),
    "valid.n": ("Số ô", "Values"),
    "valid.rmse": ("RMSE\n(dB)", "RMSE\n(dB)"),
    "valid.mae": ("MAE\n(dB)", "MAE\n(dB)"),
    "valid.crps": ("CRPS\n(dB)", "CRPS\n(dB)"),
    "valid.inside90": ("Trong\n90 %", "Inside\n90 %"),
    "valid.brier": ("Brier", "Brier"),
    "valid.missed": ("Lõm bị coi\nlà có sóng", "Gaps called\ncovered"),
    "valid.sure_share": ("Nói chắc\n(≥ 95 %)", "Said sure\n(≥ 95 %)"),
    "valid.sure_right": ("Nói chắc\nmà đúng", "Sure and\nright"),
    "valid.predicted_axis": ("Xác suất có sóng dùng được đã dự báo (%)", "Predicted probability of a usable level (%)"),
    "valid.observed_axis": ("Tỷ lệ đo thấy dùng được (%)", "Share found usable (%)"),
    "valid.diagonal": ("Dự báo đúng như nói", "As predicted"),
    "valid.decibel": ("{value} dB", "{value} dB"),
    "valid.told_rmse": (
        "sai số điển hình (RMSE) của mức thu ước tính\nở nơi đã giấu số đo",
        "typical error (RMSE) of the estimated level\nwhere it was hidden",
    ),
    "valid.told_inside90": (
        "số ô có mức đo nằm trong khoảng 90 %\n(tính đúng thì phải gần 90 %)",
        "of the values lie inside the 90 % interval\n(if it is true, close to 90 %)",
    ),
    "valid.told_missed": (
        "số ô thật ra không dùng được lại bị coi\nlà có sóng (xác suất từ 50 % trở lên)",
        "of the squares that were not usable are called\ncovered (probability of 50 % or more)",
    ),
    "valid.told_sure_share": (
        "số ô được nói chắc là có sóng\n(xác suất từ 95 % trở lên)",
        "of the squares are said to be usable for sure\n(probability of 95 % or more)",
    ),
    "valid.told_sure_right": (
        "số ô nói chắc ấy đúng là dùng được\n(phải từ 95 % trở lên)",
        "of those said for sure were usable indeed\n(it should be 95 % or more)",
    ),
    "valid.others": ("Các cách giấu khác", "Other ways of leaving out"),
    "valid.of_places": (
        "Hộ dân cách chỗ đo gần nhất {metres} m (trung vị).",
        "Households lie {metres} m from the nearest square measured (median).",
    ),
    "valid.bars_note": (
        "Vạch đứng: khoảng Wilson 90 %; các ô gần nhau không độc lập nên khoảng thật rộng hơn.",
        "Bars: Wilson's 90 % bounds; neighbouring squares are not independent, so the true ones are wider.",
    ),
    "valid.nothing": (
        "{operator}: quá ít số liệu đo để kiểm chứng.", "{operator}: too few measurements to validate.",
    ),
    "valid.bins": (
        "{operator}: {bins} ô đo, {passes} lượt đo, {censored} ô không có dịch vụ",
        "{operator}: {bins} squares measured, {passes} passes, {censored} squares without service",
    ),
    "valid.mean": (
        "  Trung bình được giữ: {mean} (RMSE khi giấu ô vuông: {scores})",
        "  Mean kept: {mean} (RMSE with squares left out: {scores})",
    ),
    "valid.mean_alone": ("  Trung bình được giữ: {mean}", "  Mean kept: {mean}"),
    "valid.mean_constant": ("hằng số", "constant"),
    "valid.mean_sites": ("trạm và địa hình", "sites and terrain"),
    "valid.mean_canopy": ("thảm thực vật", "vegetation"),
    "valid.mean_land": ("thế đất", "lie of the land"),
    "valid.mean_learned": ("cây học tăng cường", "boosted trees"),
    "valid.mean_sectors": ("độ lệch từng sector", "offset of each sector"),
    "valid.calibration": (
        "  Hiệu chỉnh phương sai: × {scale}; số mũ theo phương sai dự báo {power}, theo độ phân tán của số đo quanh đó "
        "{local}",
        "  Calibration of the variance: × {scale}; exponent of the predicted variance {power}, of the spread of the "
        "samples around {local}",
    ),
    "valid.covariance": (
        "  Hiệp phương sai: độ lệch chuẩn {sd} dB, tầm tương quan {range} m, nhiễu một ô {noise} dB",
        "  Covariance: standard deviation {sd} dB, range {range} m, noise of a square {noise} dB",
    ),
    "valid.regimes": (
        "  Hiệp phương sai khác nhau theo nơi ({count} loại): độ lệch chuẩn × {low} đến × {high}, phần tầm ngắn "
        "{least} đến {most} %",
        "  The covariance differs from place to place ({count} kinds): standard deviation × {low} to × {high}, part of "
        "the short range {least} to {most} %",
    ),
}  # fmt: skip
