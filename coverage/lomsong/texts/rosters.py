"""Words and faults of rosters, lists of learners and what was declared of them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.codes_shared": (
        "{file}: {count} mã vừa của trường vừa của thôn, ấp (đầu tiên: {value}); mỗi trường và mỗi thôn, ấp cần một mã "
        "riêng, như T{value} và A{value}",
        "{file}: {count} codes are both of a school and of a hamlet (first: {value}); give every school and hamlet a "
        "code of its own, such as T{value} and A{value}",
    ),
    "fault.learners_unnamed": (
        "{file}: không có cột mã học sinh, cũng không có cột họ tên (tìm thấy: {found}); cần ít nhất một trong hai",
        "{file}: neither a column of learner codes nor of names (found: {found}); one of the two is needed",
    ),
    "fault.learners_no_files": (
        "inputs.learners: không nêu danh sách nào; ghi đường dẫn tới danh sách của các trường",
        "inputs.learners: names no list; give the paths of the schools' lists",
    ),
    "fault.declared_no_unit": (
        "{file}: không có cột mã trường, tên trường, mã xã hay tên xã (tìm thấy: {found}); thêm một trong các cột đó",
        "{file}: no column of school code, school name, commune code or commune name (found: {found}); add one of them",
    ),
    "fault.declared_no_count": (
        "{file}: không có cột số học sinh, cũng không có cột số em chưa có thiết bị (tìm thấy: {found}); thêm cột đó",
        "{file}: neither a column of learners nor of learners without a device (found: {found}); add one of them",
    ),
    "fault.roster_column": (
        "{table}: thiếu cột {columns} (tìm thấy: {found}); đọc hoặc tính lại bảng bằng lomsong",
        "{table}: column {columns} missing (found: {found}); read or compute the table with lomsong",
    ),
    # How a learner was recognised; {at} is the row of roster.at
    "roster.at": ("{file} dòng {row}", "{file} row {row}"),
    "roster.at_sheet": ("{file} trang {sheet} dòng {row}", "{file} sheet {sheet} row {row}"),
    "roster.same_code": ("trùng mã với {at}", "same code as {at}"),
    "roster.same_household": (
        "cùng tên, ngày (năm) sinh và hộ với {at}", "same name, birth and household as {at}",
    ),
    "roster.same_phone": (
        "cùng tên, ngày (năm) sinh và số điện thoại với {at}", "same name, birth and telephone as {at}",
    ),
    "roster.same_parent": (
        "cùng tên, ngày sinh và tên cha mẹ hoặc chủ hộ với {at}",
        "same name, date of birth and name of parent as {at}",
    ),
    "roster.same_place": (
        "cùng tên, ngày sinh và nơi ở (ấp, xã hoặc trường) với {at}",
        "same name, date of birth and place (hamlet, commune or school) as {at}",
    ),
    "roster.code_of_other": (
        "mã của một em khác (khác tên, khác ngày sinh) ở {at}",
        "code of another child (other name, other birth) at {at}",
    ),
    "roster.similar_to": ("gần giống {at}", "nearly the same as {at}"),
    "roster.same_file": ("nội dung trùng với {file}", "content of {file}"),
    "roster.rule_code": ("mã chỉ của một em", "one code, one child"),
    "roster.rule_household": ("tên + ngày (năm) sinh + hộ", "name + birth + household"),
    "roster.rule_phone": ("tên + ngày (năm) sinh + điện thoại", "name + birth + telephone"),
    "roster.rule_parent": ("tên + ngày sinh + cha mẹ", "name + date of birth + parent"),
    "roster.rule_place": ("tên + ngày sinh + nơi ở", "name + date of birth + place"),
    "roster.rule_similar": ("tên giống từ {ratio} %, cùng ngày (năm) sinh", "names alike by {ratio} %, same birth"),
    # Kept, but told
    "roster.dropped": ("bỏ: {columns}", "dropped: {columns}"),
    "roster.hashed": ("chỉ so bằng mã băm: {columns}", "compared only as a hash: {columns}"),
    "roster.year_kept": ("chỉ giữ năm: {columns}", "only the year kept: {columns}"),
    "roster.never_read": ("không đọc: {columns}", "never read: {columns}"),
    "roster.total": (
        "ghi {stated}, cộng các dòng được {sum}", "stated {stated}, the rows add up to {sum}",
    ),
    "roster.at_hamlet": (
        "{count} em được đặt vào ấp hoặc xã của mình", "{count} placed in their hamlet or commune",
    ),
    "roster.unplaced": ("{count} em chưa gắn được với nơi nào", "{count} without any place"),
    # The verdict: what was declared, and what the lists show
    "roster.of_all": ("học sinh", "learners"),
    "roster.of_without_device": ("học sinh chưa có thiết bị", "learners without a device"),
    "roster.declared": ("Khai báo {claimed} {what}", "Declared {claimed} {what}"),
    "roster.not_declared": ("Không có số khai báo về {what}", "No figure was declared of {what}"),
    "roster.shown": (
        "danh sách có {listed}, trong đó {double} trùng, {verified} đã xác minh",
        "{listed} listed, {double} of them twice, {verified} verified",
    ),
    "roster.shown_unusable": (
        "danh sách có {listed}, trong đó {double} trùng, {unusable} dòng không dùng được, {verified} đã xác minh",
        "{listed} listed, {double} of them twice, {unusable} in rows that cannot be used, {verified} verified",
    ),
    "roster.missing": ("thiếu {missing} so với khai báo", "{missing} missing from the lists"),
    "roster.over": ("nhiều hơn khai báo {over}", "{over} more than declared"),
    "roster.exact": ("đúng bằng số khai báo", "exactly as declared"),
    "roster.equipped": (
        "{count} em ghi chưa có thiết bị nhưng danh sách khác ghi đã có",
        "{count} listed as without a device, with one by another list",
    ),
    "roster.device_unknown": (
        "{count} em đã xác minh nhưng không rõ có thiết bị hay chưa",
        "of {count} verified learners it is not known whether they have a device",
    ),
    "roster.no_list_school": (
        "{units} trường chưa gửi danh sách ({claimed} theo khai báo chưa thể xác minh)",
        "{units} schools sent no list (the {claimed} they declared cannot be verified)",
    ),
    "roster.no_list_school_one": (
        "1 trường chưa gửi danh sách ({claimed} theo khai báo chưa thể xác minh)",
        "1 school sent no list (the {claimed} it declared cannot be verified)",
    ),
    "roster.no_list_commune": (
        "{units} xã chưa gửi danh sách ({claimed} theo khai báo chưa thể xác minh)",
        "{units} communes sent no list (the {claimed} they declared cannot be verified)",
    ),
    "roster.no_list_commune_one": (
        "1 xã chưa gửi danh sách ({claimed} theo khai báo chưa thể xác minh)",
        "1 commune sent no list (the {claimed} it declared cannot be verified)",
    ),
    "roster.all_sent": ("mọi đơn vị khai báo đều đã gửi danh sách", "everybody who declared has sent a list"),
    "roster.all_units": ("Tổng cộng", "Total"),
    "roster.no_unit": ("Không ghi đơn vị", "No unit given"),
}  # fmt: skip
