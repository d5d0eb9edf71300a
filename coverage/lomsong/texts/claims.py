"""Declared coverage held against tests: faults, and the file of challenges."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.claims_share": (
        "{name} = {value} phải nằm giữa {low} và 1, không kể hai đầu; ghi ví dụ 0.95",
        "{name} = {value} must lie between {low} and 1, ends left out; give 0.95, for example",
    ),
    "fault.claims_zone": (
        "diện tích vùng kiểm tra {value} km² phải là số dương; ghi ví dụ 50",
        "the area of a zone, {value} km², must be positive; give 50, for example",
    ),
    "fault.claims_against": (
        "against = {value}: chỉ nhận usable (so với ngưỡng dùng được) hoặc claimed (so với mức nhà mạng công bố)",
        "against = {value}: must be usable (the threshold of use) or claimed (the level that was declared)",
    ),
    "fault.claims_samples_columns": (
        "mẫu đo để kiểm tra vùng phủ sóng công bố thiếu cột {missing}; thêm các cột này",
        "samples to hold against declared coverage lack the columns {missing}; add them",
    ),
    "fault.claims_resolution": (
        "độ phân giải lục giác {value} phải từ 0 đến 13; 8 ứng với khoảng 0,74 km²",
        "resolution {value} of hexagons must be 0…13; 8 is about 0.74 km²",
    ),
    "fault.claims_raster_outside": (
        "{file}: raster vùng phủ sóng không nằm trong địa bàn {bounds}; kiểm tra hệ toạ độ ghi trong tệp",
        "{file}: the raster of declared coverage does not meet the territory {bounds}; check the CRS that it states",
    ),
    "fault.claims_raster_operator": (
        "{file}: tên tệp không cho biết nhà mạng nào; đặt tên như viettel_4G.tif",
        "{file}: the name of the file does not tell which operator; name it like viettel_4G.tif",
    ),
    "fault.claims_raster_large": (
        "{file}: {count} ô trong địa bàn, giới hạn {limit}; lưu lại với cỡ ô lớn hơn",
        "{file}: {count} cells in the territory, the limit is {limit}; save it with larger cells",
    ),
    "fault.claims_raster_values": (
        "{file}: giá trị {low}…{high} không phải 0/1 và cũng không phải mức thu dBm (-156…-31); xuất lại raster",
        "{file}: values {low}…{high} are neither 0 and 1 nor levels in dBm (-156…-31); export the raster again",
    ),
    "fault.replies_missing": (
        "{file}: không có tệp này; kiểm tra đường dẫn",
        "{file}: there is no such file; check the path",
    ),
    "fault.replies_unreadable": (
        "{file}: không đọc được như một tệp Excel ({reason}); xin lại tệp .xlsx từ nhà mạng",
        "{file}: cannot be read as a workbook ({reason}); ask the operator for the .xlsx again",
    ),
    "fault.replies_large": (
        "{file}: trang tính lớn bất thường; xoá các ô nằm xa ngoài bảng rồi lưu lại",
        "{file}: a sheet is larger than any file of challenges; delete stray cells far outside the table and save it",
    ),
    "fault.replies_no_record": (
        "{file}: thiếu trang ẩn lưu nội dung đã gửi; dùng chính tệp đã gửi, hoặc chỉ rõ tệp đã gửi bằng issued=",
        "{file}: the hidden sheet that keeps what was issued is gone; use the file that was sent, or give issued=",
    ),
    "fault.replies_no_sheet": (
        "{file}: không có bảng vùng phủ sóng cần giải trình; trả lời ngay trong tệp đã gửi",
        "{file}: holds no table of challenges; answer in the file that was sent",
    ),
    "fault.replies_columns": (
        "{file}: thiếu cột {missing}; trả lời ngay trong tệp đã gửi, không xoá cột",
        "{file}: the columns {missing} are gone; answer in the file that was sent and delete no column",
    ),
    "fault.replies_altered": (
        "{file}: {count} chỗ không khớp với tệp đã gửi hoặc không hiểu được: {faults}; sửa lại rồi đọc lại",
        "{file}: {count} cells differ from what was sent or cannot be understood: {faults}; correct and read again",
    ),
    "replies.missing": ("{id}: dòng đã bị xoá", "{id}: the row is gone"),
    "replies.added": ("{id}: dòng không có trong tệp đã gửi", "{id}: the row was not in the file that was sent"),
    "replies.twice": ("{id}: dòng bị lặp lại", "{id}: the row stands twice"),
    "replies.changed": (
        "{id}, «{column}»: đã gửi {was!r}, nay là {now!r}",
        "{id}, “{column}”: was sent as {was!r}, is now {now!r}",
    ),
    "replies.choice": (
        "{id}, «{column}»: {now!r} không có trong danh sách; chọn lại từ danh sách",
        "{id}, “{column}”: {now!r} is not in the list; choose from the list",
    ),
    "replies.date": (
        "{id}, ngày trả lời {now!r} không phải là ngày; ghi dd/mm/yyyy",
        "{id}, date of reply {now!r} is no date; write dd/mm/yyyy",
    ),
    # The file of challenges
    "challenge.guide": ("Hướng dẫn", "How to answer"),
    "challenge.sheet": ("Vùng cần giải trình", "Challenges"),
    "challenge.note": (
        "Nhà mạng điền các cột màu vàng: loại trả lời, nội dung, ngày trả lời. Các ô khác không được sửa.",
        "Operators fill the yellow columns: kind of reply, reply, date of reply. No other cell may be altered.",
    ),
    "challenge.guide_what": (
        "Tệp này có {count} ô lục giác (H3, mức {resolution}) mà kết quả đo kiểm trái với vùng phủ sóng nhà mạng đã "
        "công bố. Mỗi dòng là một ô của một nhà mạng.",
        "Hexagons (H3, resolution {resolution}) in which field tests contradict the coverage that an operator "
        "declares: {count}. Each row is one hexagon of one operator.",
    ),
    "challenge.guide_rule": (
        "Một ô được nêu khi có ít nhất {tests} phép thử không đạt, ở ít nhất {places} phần của ô, vào ít nhất "
        "{occasions} thời điểm cách nhau từ {hours} giờ (nếu biết giờ đo), và tỷ lệ không đạt lớn hơn {limit} với độ "
        "tin cậy {confidence}. Một phép thử là một lần đi qua một ô vuông {square} m.",
        "A hexagon is listed where at least {tests} tests failed, in at least {places} parts of it, at {occasions} or "
        "more times at least {hours} hours apart (where times are known), and the share that failed lies above {limit} "
        "with a confidence of {confidence}. One test is one visit to a square of {square} m.",
    ),
    "challenge.guide_rule_once": (
        "Một ô được nêu khi có ít nhất {tests} phép thử không đạt, ở ít nhất {places} phần của ô, và tỷ lệ không đạt "
        "lớn hơn {limit} với độ tin cậy {confidence}. Một phép thử là một lần đi qua một ô vuông {square} m.",
        "A hexagon is listed where at least {tests} tests failed, in at least {places} parts of it, and the share that "
        "failed lies above {limit} with a confidence of {confidence}. One test is one visit to a square of {square} m.",
    ),
    "challenge.guide_answer": (
        "Chọn loại trả lời từ danh sách và ghi nội dung; số liệu đo của nhà mạng gửi kèm, ghi rõ mã ở cột đầu.",
        "Choose the kind of reply from the list and write the reply; send your own measurements along and name the "
        "identifier in the first column.",
    ),
    "challenge.guide_date": (
        "Ngày trả lời ghi theo dạng ngày/tháng/năm.",
        "The date of reply is written as day/month/year.",
    ),
    "challenge.guide_locked": (
        "Không sửa, xoá hay thêm dòng và cột: tệp trả lời được đối chiếu từng ô với tệp đã gửi. Được lọc.",
        "Do not alter, delete or add rows and columns: the answered file is held against the one that was sent, "
        "cell by cell. Filtering is fine.",
    ),
    "challenge.guide_means_accepted": (
        "«Công nhận»: kết quả đo đúng, nhà mạng sửa lại vùng phủ sóng công bố.",
        "“Accepted”: the tests are right, and the declared coverage will be corrected.",
    ),
    "challenge.guide_means_fixed": (
        "«Đã khắc phục»: sóng đã được cải thiện sau ngày đo cuối; ghi ngày và biện pháp.",
        "“Fixed”: the signal was improved after the last test; state when and how.",
    ),
    "challenge.guide_means_planned": (
        "«Sẽ khắc phục»: ghi biện pháp và thời hạn.",
        "“Planned”: state what will be done, and until when.",
    ),
    "challenge.guide_means_disputed": (
        "«Không đồng ý»: nhà mạng có số liệu đo khác; gửi kèm số liệu.",
        "“Disputed”: your own measurements differ; send them along.",
    ),
    "challenge.guide_people": (
        "“<{below}”: từ 1 đến dưới {below} học sinh; ô trống: không nêu vì sẽ làm lộ một số như thế, hoặc chưa biết.",
        "“<{below}”: from 1 to under {below} learners; an empty cell: it would give such a one back, or is not known.",
    ),
    "challenge.challenge_id": ("Mã giải trình", "Challenge"),
    "challenge.operator": ("Nhà mạng", "Operator"),
    "challenge.technology": ("Công nghệ công bố", "Declared technology"),
    "challenge.any": ("không nêu", "not stated"),
    "challenge.commune_code": ("Mã xã", "Commune code"),
    "challenge.commune": ("Xã, phường", "Commune"),
    "challenge.hexagon": ("Ô lục giác (H3)", "Hexagon (H3)"),
    "challenge.latitude": ("Vĩ độ tâm ô", "Latitude of centre"),
    "challenge.longitude": ("Kinh độ tâm ô", "Longitude of centre"),
    "challenge.claimed_dbm": ("Mức công bố (dBm)", "Declared level (dBm)"),
    "challenge.threshold_dbm": ("Ngưỡng kiểm tra (dBm)", "Threshold of the tests (dBm)"),
    "challenge.tests": ("Số phép thử", "Tests"),
    "challenge.failures": ("Không đạt", "Failed"),
    "challenge.share_failed": ("Tỷ lệ không đạt", "Share failed"),
    "challenge.silent": ("Không có sóng", "Without service"),
    "challenge.median_dbm": ("Mức trung vị (dBm)", "Median level (dBm)"),
    "challenge.worst_dbm": ("Mức thấp nhất (dBm)", "Lowest level (dBm)"),
    "challenge.first": ("Ngày đo đầu", "First tested"),
    "challenge.last": ("Ngày đo cuối", "Last tested"),
    "challenge.occasions": ("Số thời điểm đo", "Times tested"),
    "challenge.cause": ("Nguyên nhân dự đoán", "Likely cause"),
    "challenge.learners": ("Học sinh trong ô", "Learners in the hexagon"),
    "challenge.reply_kind": ("Loại trả lời", "Kind of reply"),
    "challenge.reply": ("Nội dung trả lời", "Reply"),
    "challenge.reply_date": ("Ngày trả lời", "Date of reply"),
    "challenge.decision": ("Quyết định của Sở", "Decision of the department"),
    "challenge.cause_no_service": ("không có sóng", "no service"),
    "challenge.cause_below_threshold": ("mức thu dưới ngưỡng", "level below the threshold"),
    "challenge.reply_accepted": ("Công nhận", "Accepted"),
    "challenge.reply_fixed": ("Đã khắc phục", "Fixed"),
    "challenge.reply_planned": ("Sẽ khắc phục", "Planned"),
    "challenge.reply_disputed": ("Không đồng ý", "Disputed"),
    "challenge.decision_stands": ("Giữ kết luận", "Stands"),
    "challenge.decision_withdrawn": ("Rút kết luận", "Withdrawn"),
    "challenge.decision_remeasure": ("Đo kiểm lại", "Measure again"),
    "challenge.not_known": ("Giá trị không hợp lệ", "Not a value to choose"),
    "challenge.ask_reply_kind": ("Chọn loại trả lời từ danh sách.", "Choose the kind of reply from the list."),
    "challenge.ask_reply_date": ("Ghi ngày theo dạng ngày/tháng/năm.", "Write the date as day/month/year."),
    "challenge.ask_decision": ("Chọn quyết định từ danh sách.", "Choose the decision from the list."),
}  # fmt: skip
