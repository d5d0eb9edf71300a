"""Faults and words of the gap: services, buildings, learners counted."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.gap_lengths": (
        "tình trạng sóng: {places} nơi, {demand} mã điểm, {losses} giá trị suy hao; mỗi mã điểm cần đúng một nơi và "
        "một giá trị suy hao",
        "service: {places} places, {demand} identifiers, {losses} losses; give one place and one loss for "
        "each identifier",
    ),
    "fault.gap_twice": (
        "{where}: {count} dòng lặp lại một điểm của cùng nhà mạng (đầu tiên: dòng {row}, {place}); giữ một dòng",
        "{where}: {count} rows tell of a place twice for one operator (first: row {row}, {place}); keep one of them",
    ),
    "fault.gap_building": (
        "loại nhà thường gặp {value} không có suy hao; dùng một trong: {known}, hoặc thêm vào radio.building_loss_db",
        "the usual building {value} has no loss; use one of: {known}, or add it to radio.building_loss_db",
    ),
    "fault.gap_service": (
        "dịch vụ {value} không có mức thu; dùng một trong: {known}, hoặc thêm vào gap.services",
        "service {value} has no level; use one of: {known}, or add it to gap.services",
    ),
    "fault.lesson_share": (
        "tỷ lệ phép thử phải đạt là {value}; ghi một số lớn hơn 0 và nhỏ hơn 1, ví dụ 0.9",
        "the share of tests that must carry the service is {value}; give a number above 0 and below 1, such as 0.9",
    ),
    "fault.lesson_rate": (
        "dịch vụ {service} cần {value} kbit/s; ghi một tốc độ lớn hơn 0",
        "service {service} needs {value} kbit/s; give a rate above 0",
    ),
    "lesson.level": (
        "{of}: đạt ở {share} số phép thử từ {level}\u00a0dBm trở lên (khoảng 90\u00a0%: {low} … {high}); đang đặt "
        "{set}\u00a0dBm.",
        "{of}: carried in {share} of tests from {level}\u00a0dBm on (90% interval {low} … {high}); the settings say "
        "{set}\u00a0dBm.",
    ),
    "lesson.never": (
        "{of}: sóng mạnh nhất cũng chỉ đạt {top} số phép thử, nên không mức thu nào đủ {share}; tìm nguyên nhân khác "
        "(máy chủ thử, gói dữ liệu, nghẽn mạng).",
        "{of}: even the strongest signal carried it in {top} of tests only, so that no level reaches {share}; look for "
        "another cause (test server, data allowance, congestion).",
    ),
    "lesson.all": (
        "{of}: đạt ở {carried}/{tests} phép thử, thấp nhất tại {lowest}\u00a0dBm: mức cần không cao hơn thế; đang đặt "
        "{set}\u00a0dBm.",
        "{of}: carried in {carried} of {tests} tests, down to {lowest}\u00a0dBm: no higher level is needed; the "
        "settings say {set}\u00a0dBm.",
    ),
    "lesson.other_cause": (
        "{of}: chỉ đạt {carried}/{tests} phép thử, và không phụ thuộc mức thu: tìm nguyên nhân khác (máy chủ thử, gói "
        "dữ liệu, nghẽn mạng) trước khi đổi ngưỡng.",
        "{of}: carried in {carried} of {tests} tests only, whatever the level: look for another cause (test server, "
        "data allowance, congestion) before changing a threshold.",
    ),
    "lesson.few": (
        "{of}: đạt {carried}/{tests} phép thử; chưa đủ để nói mức nào mang được dịch vụ.",
        "{of}: carried in {carried} of {tests} tests; too few to say which level carries it.",
    ),
    "lesson.unbounded": ("chưa rõ", "not known"),
    "fault.gap_areas": (
        "vùng {name}: {given} dòng cho {households} hộ, số thứ tự từ {low} đến {high} trong {areas} vùng; mỗi hộ cần "
        "một số từ -1 (không thuộc vùng nào) đến {last}",
        "areas {name}: {given} rows for {households} households, numbered {low} to {high} among {areas} areas; give "
        "each household a number from -1 (of none) to {last}",
    ),
    "fault.gap_block": (
        "draw_m = {draw} không phải bội số nguyên của block_m = {block}; dùng ví dụ {block} hoặc {twice}",
        "draw_m = {draw} is no whole multiple of block_m = {block}; use for example {block} or {twice}",
    ),
    "fault.gap_devices": (
        "hộ dân: {count} hộ có số người học chưa có thiết bị nhiều hơn số người học (đầu tiên: dòng {row}, {without} > "
        "{learners}); sửa learners_without_device",
        "households: {count} have more learners without a device than learners (first: row {row}, {without} > "
        "{learners}); correct learners_without_device",
    ),
    "fault.gap_other_places": (
        "mức thu tính cho {given} nơi, nhu cầu có {needed} nơi; tính lại tại demand.points",
        "levels of {given} places, where the demand has {needed}; estimate them at demand.points",
    ),
    "fault.gap_other_operators": (
        "mức thu của nhà mạng {given}, nhu cầu đếm theo {needed}; dùng cùng nhà mạng, cùng thứ tự",
        "levels of operators {given}, where the demand counts {needed}; use the same in the same order",
    ),
    "fault.gap_threshold": (
        "ngưỡng {value} dBm không có trong các ngưỡng đã đếm: {known}; thêm nó vào",
        "threshold {value} dBm is not among those counted: {known}; add it",
    ),
    "learners.any": ("không nhà mạng nào có sóng", "no operator usable"),
    "learners.all": ("có nhà mạng không có sóng", "some operator not usable"),
    "learners.own": ("nhà mạng đang dùng không có sóng", "own operator not usable"),
    "fault.gap_state": (
        "service: tình trạng {value} không có; cho phép: {known}",
        "service: there is no state {value}; known: {known}",
    ),
    "fault.gap_shared": (
        "shared = {value}: tương quan giữa các nhà mạng phải từ 0 đến dưới 1",
        "shared = {value}: the correlation between operators must be from 0 to below 1",
    ),
    "learners.own_unknown": ("chưa rõ nhà mạng đang dùng", "own operator unknown"),
    "learners.roaming": (
        "được nối sóng nếu dùng chung mạng (chuyển vùng trong nước)",
        "connected if operators shared their networks (national roaming)",
    ),
    "learners.home": ("có sóng tại nhà", "signal at home"),
    "learners.school": (
        "không có sóng tại nhà, trường trong tầm đi bộ có sóng",
        "none at home, a school with signal within walking distance",
    ),
    "learners.nowhere": (
        "không có sóng tại nhà, cũng không ở trường trong tầm đi bộ",
        "none at home, nor at a school within walking distance",
    ),
    "learners.without_device": ("chưa có thiết bị", "without a device"),
    "learners.device_unknown": ("chưa rõ thiết bị", "device unknown"),
    "learners.outside": ("ngoài mọi xã", "outside every commune"),
    "learners.outdoor": ("ngoài trời", "outdoors"),
    "learners.indoor": ("trong nhà", "indoors"),
}
