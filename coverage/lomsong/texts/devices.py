"""Sentences of devices: settings, the ledger, the order, what the verb prints and the workbook tells."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "check.category_unknown": (
        "Không hiểu diện hộ nên không xếp nhóm ưu tiên; ghi hộ nghèo, cận nghèo, khác, có công hoặc chính sách.",
        "The category is not understood and puts nobody in a tier; write poor, near-poor, other, merit or policy.",
    ),
    "check.handover_incomplete": (
        "Lần giao thiếu mã máy hoặc ngày không đọc được; hộ vẫn tính là đã nhận. Bổ sung cho đủ.",
        "A hand-over without a device code or a readable date; the household counts as served. Complete it.",
    ),
    "fault.devices_term": (
        "[devices] order: nhóm {tier!r} có điều kiện lạ {term!r}; các điều kiện: {known}",
        "[devices] order: tier {tier!r} has an unknown term {term!r}; known are {known}",
    ),
    "fault.devices_order": (
        '[devices] order trống; đưa ít nhất một nhóm, ví dụ order = ["poor", "near-poor"]',
        '[devices] order is empty; give at least one tier, such as order = ["poor", "near-poor"]',
    ),
    "fault.devices_column": (
        "không biết ai chưa có thiết bị: hộ dân thiếu cột learners_without_device (Chưa có thiết bị); có: {found}",
        "nothing says who lacks a device: households have no column learners_without_device; found: {found}",
    ),
    "fault.devices_rows": (
        "{households} hộ nhưng tình trạng sóng có {at_home} dòng; mỗi hộ một dòng trong cả hai",
        "{households} households but {at_home} rows of signal; give a row a household in both",
    ),
    "fault.devices_index": (
        "chỉ mục (index) của at_home khác của hộ dân, không biết dòng nào của hộ nào; tính at_home từ chính bảng hộ ấy",
        "at_home has another index than households, so that no row says whose it is; work it out for this very table",
    ),
    "fault.devices_probability": (
        "required_probability là {value}; cho một số từ 0 đến 1",
        "required_probability is {value}; give a number from 0 to 1",
    ),
    "fault.ledger_date": (
        "sổ bàn giao: {count} ngày không viết năm-tháng-ngày (đầu tiên: {value!r}); đọc sổ bằng read_handovers hoặc "
        "đổi ra 2021-09-06",
        "ledger: {count} dates are not written year-month-day (first: {value!r}); read it with read_handovers, or "
        "write 2021-09-06",
    ),
    "setting.devices": ("Ai được nhận thiết bị trước", "Who gets the next devices"),
    "setting.devices.handovers": (
        "Sổ bàn giao thiết bị, đường dẫn tính từ thư mục của tệp này; trống: chưa giao máy nào.",
        "Ledger of the devices handed over, its path from the folder of this file; empty: none were.",
    ),
    "setting.devices.count": ("Số thiết bị giao đợt tới.", "Devices to hand out next."),
    "setting.devices.order": (
        "Các nhóm theo thứ tự nhận; dấu | là hoặc, dấu + là và; poor: hộ nghèo, near-poor: cận nghèo, other: khác, "
        "merit: gia đình có công, policy: gia đình chính sách, any: mọi hộ.",
        "Tiers, the first served first; | is or, + is and; poor, near-poor, other, merit, policy (so entitled), "
        "any: every household.",
    ),
    "setting.devices.required_probability": (
        "Xác suất có sóng tại nhà tối thiểu; thấp hơn thì thiết bị chờ trạm.",
        "Least probability of usable signal at home; below it a device waits for a tower.",
    ),
    "init.answer.given": ("đã giao", "given"),
    "init.answer.returned": ("thu hồi", "returned"),
    "init.answer.broken": ("hỏng", "broken"),
    "init.answer.lost": ("mất", "lost"),
    "setting.devices.word": (
        "Chữ công khai để bốc thăm, chỉ biết sau khi chốt danh sách, ví dụ giải đặc biệt xổ số ngày đó; trống: dùng "
        "seed của lần chạy.",
        "Public word that lots are drawn with, known only after the lists were closed, such as a prize of that day's "
        "lottery; empty: the seed of the run.",
    ),
    "devices.suppressed": (
        "“<{below}”: từ 1 đến dưới {below} hộ; ô trống: không nêu vì sẽ làm lộ một số như thế; tổng được "
        "làm tròn, tổng dưới 10 để trống.",
        "“<{below}”: from 1 to under {below} households; an empty cell would give such a one back; totals are rounded, "
        "those under 10 left out.",
    ),
    "devices.title": ("Thiết bị theo nhóm ưu tiên (số hộ)", "Devices by tier (households)"),
    "devices.tier": ("Nhóm", "Tier"),
    "devices.tier_named": ("{number}. {name}", "{number}. {name}"),
    "devices.tier_none": ("không thuộc nhóm nào", "in no tier"),
    "devices.tier_total": ("Cộng", "Total"),
    "devices.poor": ("hộ nghèo", "poor"),
    "devices.near-poor": ("hộ cận nghèo", "near-poor"),
    "devices.other": ("hộ khác", "other"),
    "devices.merit": ("có công", "merit"),
    "devices.policy": ("chính sách", "social policy"),
    "devices.any": ("mọi hộ", "every household"),
    "devices.or": (" hoặc ", " or "),
    "devices.households": ("Hộ thiếu hoặc đã nhận", "Lack or given"),
    "devices.next": ("Nhận đợt này", "Next"),
    "devices.waiting": ("Đợt sau", "Later"),
    "devices.no_signal": ("Chờ có sóng", "Wait for signal"),
    "devices.unmeasured": ("Chờ đo sóng", "Wait for a survey"),
    "devices.unnamed": ("Chưa rõ hộ", "Home not known"),
    "devices.served": ("Đã giao", "Given"),
    "devices.no_tier": ("Ngoài diện", "In no tier"),
    "devices.beside": ("Chưa xét", "Not in turn"),
    "devices.commune": ("Xã, phường", "Commune"),
    "devices.commune_none": ("(chưa rõ xã)", "(commune not known)"),
    "devices.communes_title": ("Xã nhận nhiều nhất đợt này (số hộ)", "Communes that get most (households)"),
    "devices.need": (
        "{lacking} học sinh của {households} hộ chưa có thiết bị; {served} hộ đã được giao.",
        "{lacking} learners of {households} households lack a device; {served} households were given one.",
    ),
    "devices.turns": (
        "{entitled} hộ đến lượt và có sóng: {next} hộ nhận đợt này, {waiting} hộ đợt sau.",
        "{entitled} households are entitled and have signal: {next} get one now, {waiting} later.",
    ),
    "devices.left_over": (
        "Còn {count} máy chưa có người nhận: đừng mua trước khi có tên hộ.",
        "Devices with nobody to go to: {count}; do not buy before a household is named.",
    ),
    "devices.held_back": (
        "{no_signal} hộ chờ có sóng, {unmeasured} hộ chờ đo sóng, {unnamed} hàng là học sinh chưa rõ hộ.",
        "{no_signal} households wait for signal, {unmeasured} for a survey, {unnamed} rows are learners of no known "
        "home.",
    ),
    "devices.category_strange": (
        "{count} hộ ghi diện không hiểu được nên không xếp theo diện đó: sửa theo lomsong check.",
        "Of {count} households the category or entitlement is not understood and counts for nothing: mend it as "
        "lomsong check says.",
    ),
    "devices.unsaid": (
        "{count} hộ chưa ghi có thiết bị hay chưa: hỏi trước khi chốt danh sách.",
        "Of {count} households no roster says whether they lack a device: ask before the list is closed.",
    ),
    "devices.ledger": (
        "Sổ bàn giao {file}: {rows} dòng; {given} máy đang ở các hộ, trong đó {out} máy hỏng hoặc mất.",
        "Ledger {file}: {rows} rows; {given} devices are with households, {out} of them broken or lost.",
    ),
    "devices.no_ledger": (
        "Không có sổ bàn giao (devices.handovers): coi như chưa giao máy nào.",
        "No ledger of hand-overs is named (devices.handovers): nobody counts as served.",
    ),
    "devices.ledger_rejected": (
        "{count} dòng của sổ không dùng được và không được tính: sửa theo lomsong check trước khi giao.",
        "Rows of the ledger that are not usable and count for nothing: {count}; mend them as lomsong check says before "
        "anything is handed over.",
    ),
    "devices.household_unknown": (
        "{count} dòng giao cho mã hộ không có trong danh sách (đầu tiên: dòng {row})",
        "Rows that name a household that no roster has: {count} (first: row {row})",
    ),
    "devices.device_twice": (
        "{count} lần giao một máy chưa được thu hồi (đầu tiên: dòng {row})",
        "Times a device went on without being returned: {count} (first: row {row})",
    ),
    "devices.household_two": (
        "{count} lần giao thêm máy cho hộ đã có (đầu tiên: dòng {row})",
        "Times a household that had one was given another: {count} (first: row {row})",
    ),
    "devices.not_held": (
        "{count} lần thu hồi, hỏng hoặc mất một máy mà hộ đó không giữ (đầu tiên: dòng {row})",
        "Times a device was returned, broken or lost where it was not: {count} (first: row {row})",
    ),
    "devices.rule": (
        "Nhóm trước nhận trước. Trong một nhóm, mỗi xã nhận theo tỷ lệ số hộ của mình; trong xã theo thăm: 16 chữ số "
        "hex đầu của SHA-256 của “{word}:mã hộ”, nhỏ nhận trước, ai có danh sách đều tính lại được. Mỗi hộ một máy; hộ "
        "đã được giao và nơi chưa có sóng thì không giao.",
        "Earlier tiers first. Within a tier every commune gets by its number of households, and within a commune the "
        "lot decides: the first 16 hexadecimal digits of the SHA-256 of “{word}:household code”, the least first, so "
        "that whoever holds the list can draw it again. One device a household; none where one was given, or where "
        "there is no signal.",
    ),
    "devices.rule_communes": (
        "Thứ tự giữa các xã: hộ thứ k theo thăm trong n hộ của xã ở nhóm đó, kể cả hộ đã được giao, đứng tại "
        "(k − u)/n; u là 16 chữ số hex đầu của SHA-256 của “{word}:số nhóm:mã xã”, chia cho 16^16.",
        "Between communes: household k by lot of the n of its commune in the tier, those that were given one among "
        "them, stands at (k − u)/n; u is the first 16 hexadecimal digits of the SHA-256 of “{word}:number of tier:"
        "commune code”, divided by 16^16.",
    ),
    "devices.no_word": (
        "Chưa có chữ bốc thăm: đang dùng seed của lần chạy, ai biết trước có thể chọn mã hộ; chốt danh sách rồi mới "
        "đặt devices.word.",
        "No word for the lots is set: they are drawn with the seed of the run, and who knows it can choose a household "
        "code; set devices.word once the lists are closed.",
    ),
    "book.devices": ("Thiết bị", "Devices"),
    "book.devices_note": (
        "Số hộ có học sinh chưa có thiết bị hoặc đã được giao, theo nhóm ưu tiên.",
        "Households with learners who lack a device, or that were given one, by tier.",
    ),
    "book.device_communes": ("Theo xã", "By commune"),
    "book.device_communes_note": (
        "Số hộ; “Chờ có sóng” gồm cả nơi chưa đo, “Chưa xét” là hộ ngoài diện hoặc chưa rõ tên.",
        "Households; those who wait for signal include places not measured; not in turn: in no tier, or not yet named.",
    ),
    "book.device_turns": ("Danh sách hộ", "Households"),
    "book.device_turns_note": (
        "NỘI BỘ, không công bố: từng hộ theo thứ tự nhận.",
        "INTERNAL, not for publication: each household in its turn.",
    ),
    "stage.devices": ("Xếp thứ tự nhận thiết bị", "Putting households in turn"),
}
