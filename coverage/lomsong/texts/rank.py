"""Faults of rankings: draws, weights, areas."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.rank_shapes": (
        "xếp hạng: ước lượng có dạng {estimates} nhưng các lần mô phỏng có dạng {draws}; cần mỗi khu vực một dòng",
        "rank: estimates of shape {estimates} but draws of shape {draws}; give one row of draws for each area",
    ),
    "fault.rank_few_draws": (
        "xếp hạng: chỉ có {given} lần mô phỏng; cần ít nhất {least} (đặt gap.draws)",
        "rank: only {given} draws; at least {least} are needed (set gap.draws)",
    ),
    "fault.rank_coverage": (
        "xếp hạng: độ tin cậy {given} phải nằm giữa 0 và 1, ví dụ 0.9",
        "rank: coverage {given} must lie between 0 and 1, such as 0.9",
    ),
    "fault.rank_missing": (
        "xếp hạng: {count} khu vực thiếu số liệu (đầu tiên: dòng {row}); bỏ ra hoặc điền trước khi xếp hạng",
        "rank: {count} areas have no number (first: row {row}); leave them out or fill them before ranking",
    ),
    "fault.rank_other_areas": (
        "xếp hạng: các lần mô phỏng được làm cho những khu vực khác; hãy mô phỏng lại",
        "draws: made over other communes than those given; draw again",
    ),
    "fault.rank_codes": (
        "xếp hạng: {count} mã khu vực bị lặp (đầu tiên: {code}); mỗi khu vực cần một mã riêng, gộp các phần của cùng "
        "một xã thành một hình",
        "rank: {count} codes of areas are repeated (first: {code}); each area needs a code of its own, so join the "
        "parts of one commune into one shape",
    ),
    "fault.rank_households": (
        "xếp hạng: {count} hộ bị lặp mã (đầu tiên: dòng {row}, {place}); mỗi hộ một dòng, nếu không người học bị "
        "đếm hai lần",
        "rank: {count} households stand there twice (first: row {row}, {place}); give each one row, else its "
        "learners count twice",
    ),
    "fault.rank_strangers": (
        "xếp hạng: không hộ nào có trong bảng service (demand_id như {demand}, household_id như {household}); ghi mã "
        "hộ như nhau trong hai bảng",
        "rank: no household stands in service (demand_id such as {demand}, household_id such as {household}); write "
        "identifiers alike in both tables",
    ),
    "fault.rank_column": (
        "xếp hạng: bảng {table} thiếu cột {column}, cần để xếp theo {purpose}",
        "rank: table {table} has no column {column}, which is needed to rank by {purpose}",
    ),
    "fault.rank_by": (
        "xếp hạng: không biết cách xếp {given}; chọn một trong {known}",
        "rank: unknown order {given}; choose one of {known}",
    ),
    "fault.rank_operators": (
        "xếp hạng: không có nhà mạng {given}; chọn một trong {known}",
        "rank: unknown operator {given}; choose one of {known}",
    ),
    "fault.rank_weights": (
        "gap.priority: {key} = {value} không hợp lệ; trọng số là số không âm, khoá là một trong {known}, và ít nhất "
        "một trọng số lớn hơn 0",
        "gap.priority: {key} = {value} is no weight; weights are numbers not below 0, keys are among {known}, and at "
        "least one weight is above 0",
    ),
    "fault.rank_base": (
        "độ nhạy: không có phương án gốc {given}; chọn một trong {known}",
        "sensitivity: there is no base variant {given}; choose one of {known}",
    ),
    "sensitivity.base": ("Phương án gốc", "Base"),
    "sensitivity.threshold": ("Ngưỡng {value} dBm", "Threshold {value} dBm"),
    "sensitivity.loss": ("Suy hao vào nhà: {value}", "Indoor loss: {value}"),
    "sensitivity.estimator": ("Cách ước lượng: {value}", "Estimator: {value}"),
    "sensitivity.way": ("Cách đếm: {value}", "Way of counting: {value}"),
    "sensitivity.mean_level": ("mức thu trung bình dưới ngưỡng", "mean level below the threshold"),
    "sensitivity.probability": ("xác suất không có sóng", "probability of no signal"),
}  # fmt: skip
