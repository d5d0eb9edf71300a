"""What each check means and what to do, one sentence in each language; the checks stand in ``ingest/quality.py``."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Survey rows
    "check.columns_missing": (
        "Dòng bị cắt hoặc thừa cột; xuất lại tệp nhật ký.",
        "The line is cut off or has fields too many; export the log again.",
    ),
    "check.time_unreadable": (
        "Không đọc được thời điểm; sửa theo dạng năm-tháng-ngày giờ:phút:giây.",
        "The time cannot be read; write year-month-day hour:minute:second.",
    ),
    "check.duplicate": ("Dòng lặp lại nguyên văn; chỉ giữ một.", "An exact copy of an earlier row; one is kept."),
    "check.file_duplicate": (
        "Cả tệp trùng nội dung với một tệp đã đọc; chỉ giữ một tệp.",
        "The whole file has the content of one already read; one is kept.",
    ),
    "check.neighbour_cell": (
        "Mức thu của ô lân cận, không phải ô phục vụ; để riêng trong bảng ô lân cận.",
        "The level of a neighbour cell, not of the serving one; kept apart among the neighbours.",
    ),
    "check.position_missing": (
        "Không có toạ độ, hoặc không đọc được; ghi lại khi GPS đã bắt được vệ tinh, hoặc viết độ thập phân.",
        "No position, or none that can be read; log again once the GPS has a fix, or write decimal degrees.",
    ),
    "check.swapped_coordinates": (
        "Kinh độ và vĩ độ bị đổi chỗ; đổi lại hai cột.",
        "Longitude and latitude are exchanged; exchange the two columns.",
    ),
    "check.outside_territory": (
        "Nằm ngoài địa bàn; kiểm tra toạ độ hoặc chọn đúng tệp.",
        "Outside the territory; check the position or choose the right file.",
    ),
    "check.accuracy": ("Sai số GPS quá lớn.", "The GPS accuracy is too poor."),
    "check.speed": (
        "Tốc độ ghi trong tệp không thể có; kiểm tra đơn vị của cột tốc độ.",
        "The speed that the row states is impossible; check the unit of the column.",
    ),
    "check.gps_jump": (
        "GPS nhảy: tốc độ không thể có; bỏ điểm này.", "The GPS jumped: the speed is impossible; drop the fix.",
    ),
    "check.operator_unknown": (
        "Không rõ nhà mạng; ghi tên nhà mạng hoặc mã MCC-MNC.", "Operator unknown; give its name or MCC-MNC.",
    ),
    "check.other_technology": (
        "Không phải công nghệ đang xét; mức thu 2G/3G không so được với RSRP.",
        "Not the technology under study; a 2G/3G level is no RSRP.",
    ),
    "check.level_sentinel": (
        "Giá trị thay cho «không đo được», không phải mức thu.", "A stand-in for “not measured”, not a level.",
    ),
    "check.level_range": (
        "Mức thu ngoài giới hạn; giá trị dương thường là mất dấu trừ, hoặc là mã 0…97 của 3GPP (LTE: dBm = mã - 141; "
        "ASU của Android: dBm = ASU - 140).",
        "Level out of range; a positive value usually means that the sign was lost, or is a 3GPP code 0…97 (LTE: dBm = "
        "code - 141; ASU of Android: dBm = ASU - 140).",
    ),
    # Survey files: kept, but told
    "check.time_order": (
        "Thời điểm chạy lùi; tệp có thể ghép từ nhiều nhật ký.",
        "The time runs backwards; the file may be several logs in one.",
    ),
    "check.time_missing": (
        "Không có cột thời điểm: không xét được GPS nhảy và thứ tự.",
        "There is no time: jumps of the GPS and the order cannot be judged.",
    ),
    "check.stationary": (
        "Máy đứng yên một chỗ lâu; các mẫu này không phải mẫu độc lập.",
        "The phone stood still for long; these samples are not independent.",
    ),
    "check.level_repeated": (
        "Mức thu lặp lại mức của dòng trước: GPS ghi nhanh hơn máy đo; số mẫu độc lập ít hơn số dòng.",
        "The level repeats that of the row before: the GPS is faster than the radio; fewer samples than rows.",
    ),
    "check.level_columns": (
        "Tệp có nhiều cột mức thu (nhiều SIM?): chỉ đọc một cột, các cột nêu ở đây không được dùng; tách mỗi SIM một "
        "tệp.",
        "The file has several columns of level (several SIMs?): one is read, those named here are not; make a file of "
        "each SIM.",
    ),
    "check.sheets_unread": (
        "Các trang tính nêu ở đây có tiêu đề khác nên không được đọc; đặt cùng tiêu đề, hoặc tách mỗi trang một tệp.",
        "The sheets named here have other headings and are not read; give them the same, or make a file of each.",
    ),
    "check.not_a_track": (
        "Các điểm không nối thành một hành trình (nhiều máy trong một tệp?): không xét GPS nhảy.",
        "The fixes do not form one journey (several phones in one file?): jumps of the GPS are not judged.",
    ),
    "check.technology_mix": (
        "Tệp lẫn nhiều công nghệ; chỉ công nghệ đang xét được dùng.",
        "The file mixes technologies; only the one under study is used.",
    ),
    "check.technology_assumed": (
        "Không ghi công nghệ; coi như công nghệ đang xét.",
        "The technology is not stated; taken as the one under study.",
    ),
    "check.operator_assumed": (
        "Dòng không có sóng không ghi nhà mạng; lấy nhà mạng có nhiều dòng nhất trong tệp.",
        "A row without service names no operator; it takes the one that the file names most often.",
    ),
    "check.quality_range": (
        "RSRQ hoặc SINR ngoài giới hạn; bỏ giá trị này, giữ mức thu.",
        "RSRQ or SINR out of range; that value is left out, the level is kept.",
    ),
    "check.speed_converted": (
        "Tốc độ không ghi đơn vị; so với vệt đo thì là km/h, đã đổi ra m/s.",
        "The unit of speed is not stated; beside the track it is km/h, converted to m/s.",
    ),
    # Coordinates of a whole file: mended, and told
    "check.axes_swapped": (
        "Cả tệp ghi vĩ độ vào cột kinh độ và ngược lại; đã đổi lại.",
        "The whole file has latitude in the column of longitude and the reverse; exchanged.",
    ),
    "check.sign_missing": (
        "Toạ độ mất dấu âm; thêm dấu thì nằm trong địa bàn, đã thêm.",
        "A coordinate has lost its minus sign; with it the file lies in the territory; added.",
    ),
    "check.degrees_as_text": (
        "Toạ độ ghi bằng độ-phút-giây; đã đổi ra độ thập phân.",
        "Coordinates are written in degrees, minutes, seconds; turned into decimal degrees.",
    ),
    "check.projected": (
        "Toạ độ phẳng (mét); đã đổi ra WGS84 theo hệ đã nêu.",
        "Coordinates are in metres; turned into WGS84 from the system named.",
    ),
    # Rosters
    "check.place_unknown": (
        "Không có toạ độ, và không rõ ấp, xã hoặc không có gì cho biết dân ở đâu trong đó; ghi toạ độ, hoặc ghi mã ấp, "
        "mã xã và khai inputs.hamlets hay inputs.population.",
        "No position, and no known hamlet or commune, or nothing tells where people live there; write the position, or "
        "hamlet and commune, and give inputs.hamlets or inputs.population.",
    ),
    "check.placed_in_hamlet": (
        "Hộ không có toạ độ: được đặt vào nơi có dân ở trong ấp; ghi toạ độ nếu có.",
        "Households without a position: put where people live in their hamlet; write positions where they are known.",
    ),
    "check.placed_in_commune": (
        "Hộ không có toạ độ, không rõ ấp: được đặt vào nơi có dân ở trong xã; ghi mã ấp hoặc toạ độ nếu có.",
        "Households without position or hamlet: put where people live in their commune; write hamlets or positions.",
    ),
    "check.code_missing": ("Thiếu mã; điền mã.", "No code; fill it in."),
    "check.code_duplicate": (
        "Mã đã có ở dòng trên; sửa mã hoặc bỏ dòng trùng.",
        "The code stands in an earlier row; correct it or drop the copy.",
    ),
    "check.count_invalid": (
        "Phải là số nguyên không âm; số chưa có thiết bị không lớn hơn số người học.",
        "Must be a whole number, not negative; no more lack a device than learn.",
    ),
    "check.count_implausible": (
        "Số lượng lớn bất thường; kiểm tra lại với nơi lập danh sách.",
        "The count is implausibly large; check it with whoever made the list.",
    ),
    "check.value_unknown": (
        "Giá trị lạ; dùng một trong các giá trị cho phép.", "Unknown value; use one of those allowed.",
    ),
    "check.value_range": (
        "Giá trị không đọc được hoặc ngoài giới hạn; ghi một số, không kèm đơn vị.",
        "Value unreadable, or out of its limits; write a number, without a unit.",
    ),
    "check.date_unreadable": (
        "Không đọc được ngày; viết theo dạng ngày/tháng/năm.", "The date cannot be read; write day/month/year.",
    ),
    "check.total_row": (
        "Dòng tổng cộng, không phải một mục; không cộng lần nữa.",
        "A line of totals, not an entry; it is not counted once more.",
    ),
    "check.total_mismatch": (
        "Tổng ghi trong bảng khác tổng các dòng; xem lại bảng.",
        "The total in the table differs from the sum of its rows; check the table.",
    ),
    "check.school_without_pupils": (
        "Trường không có học sinh nào; kiểm tra lại sĩ số.", "A school without pupils; check its number.",
    ),
    "check.learner_duplicate": (
        "Người học đã có trong danh sách; chỉ đếm một lần.", "The learner is already listed; counted once.",
    ),
    "check.learner_similar": (
        "Có thể là một người đã có trong danh sách (tên gần giống); vẫn đếm, cần xác minh.",
        "May be a learner already listed (nearly the same name); counted, to be verified.",
    ),
    "check.birth_year_only": (
        "Ngày sinh không có thật; chỉ lấy năm sinh. Sửa theo dạng ngày/tháng/năm.",
        "No such date of birth; only its year is taken. Write day/month/year.",
    ),
    "check.code_local": (
        "Mã học sinh chỉ là số thứ tự riêng của từng trường: không dùng để so giữa các danh sách.",
        "The learner codes are numbers of each school's own: they are not compared between lists.",
    ),
    "check.device_unknown": (
        "Không rõ đã có thiết bị hay chưa; ghi Có hoặc Không, ở danh sách hộ ghi số người học chưa có.",
        "It is not clear whether there is a device; write Có (yes) or Không (no), of a household the number of "
        "learners who have none.",
    ),
    "check.household_unknown": (
        "Không có hộ mang mã này; người học chưa gắn được với nơi ở.",
        "No household has this code; the learner cannot be given a home.",
    ),
    "check.personal_data": (
        "Cột có tên hoặc số điện thoại: không lưu, hoặc chỉ giữ mã băm.",
        "A column of names or phone numbers: not kept, or only as a hash.",
    ),
    "check.legacy_encoding": (
        "Chữ Việt theo bảng mã cũ (TCVN3/ABC hoặc VNI); đã đổi sang Unicode.",
        "Vietnamese in a legacy font encoding (TCVN3/ABC or VNI); turned into Unicode.",
    ),
    # Boundaries
    "check.geometry_unusable": (
        "Hình không dùng được; vẽ lại thành vùng khép kín.",
        "The geometry cannot be used; draw it again as a closed area.",
    ),
    "check.geometry_repaired": (
        "Hình bị lỗi (tự cắt, hở…); đã sửa, nên xem lại.", "The geometry was invalid; repaired, look at it again.",
    ),
    "check.code_mended": (
        "Mã xã mất số 0 ở đầu hoặc thành số thập phân (Excel); đã sửa lại.",
        "Commune codes had lost their leading zeros or become decimals (Excel); mended.",
    ),
    "check.crosswalk_open": (
        "Xã này chưa ghép được giữa hai niên hiệu; thêm vào bảng inputs.crosswalk.",
        "This commune could not be matched between the two vintages; add it to the table inputs.crosswalk.",
    ),
    "check.crosswalk_split": (
        "Xã cũ bị chia cho nhiều xã mới; mã cũ chuyển về phần chính, có toạ độ thì theo toạ độ.",
        "An old commune that was divided; its code goes to the main part, or by position where there is one.",
    ),
    "check.commune_disagrees": (
        "Toạ độ nằm ở xã khác với mã xã; vẫn lấy theo mã, nên kiểm tra lại.",
        "The position lies in another commune than the code says; the code is kept, check both.",
    ),
    "check.kind_unknown": (
        "Loại đối tượng lạ; vẫn giữ, để trống loại.", "Unknown kind of feature; kept, without a kind.",
    ),
    "check.commune_by_place": (
        "Mã xã không có trong ranh giới; lấy theo toạ độ.",
        "The commune code is not among the boundaries; taken from the position.",
    ),
    "check.commune_by_name": (
        "Không có mã xã; lấy theo tên xã trong huyện.",
        "There is no commune code; taken from its name within the parent.",
    ),
    "check.commune_by_crosswalk": (
        "Mã xã thuộc niên hiệu khác; đã chuyển theo bảng sáp nhập.",
        "The commune code is of the other vintage; carried over by the table of mergers.",
    ),
    "check.commune_ambiguous": (
        "Tên xã có ở nhiều nơi; ghi thêm mã hoặc huyện.",
        "Several communes have this name; add the code or the district.",
    ),
    "check.commune_unmatched": (
        "Không thuộc xã nào; vẫn giữ và báo, không xếp hạng được.",
        "In no commune; kept and reported, but it cannot be ranked.",
    ),
    # Cells
    "check.eirp_total": (
        "EIRP lớn hơn mức có thể của tín hiệu tham chiếu trên một phần tử tài nguyên: có lẽ là công suất toàn băng; "
        "trừ 27,8 dB với 10 MHz, 30,8 dB với 20 MHz.",
        "The EIRP is more than a reference signal can have per resource element: it may be that of the whole band; "
        "take off 27.8 dB for 10 MHz, 30.8 dB for 20 MHz.",
    ),
    "check.value_left_out": (
        "Giá trị ngoài giới hạn hoặc không đọc được; bỏ giá trị này, giữ dòng.",
        "Value out of its limits, or unreadable; that value is left out, the row is kept.",
    ),
    "check.position_estimated": (
        "Vị trí ước lượng từ mẫu đo, không phải vị trí anten; không dùng làm vị trí trạm.",
        "Positions estimated from samples, not those of antennas; do not take them for sites.",
    ),
    # Rasters
    "check.void_filled": (
        "Ô không có cao độ; đã nội suy từ các ô kề.",
        "Cells without a height; filled from those beside.",
    ),
    "check.void_left": (
        "Ô không có cao độ, xa mọi ô có số liệu; để trống.", "Cells without a height, far from any; left empty.",
    ),
    "check.class_unknown": (
        "Mã lớp phủ lạ; coi như không rõ.", "Unknown class of land cover; taken as not known.",
    ),
    "check.raster_missing": (
        "Ô trong địa bàn không có số liệu; coi như không có gì ở đó, trừ nơi lớp phủ cho biết là rừng; nên bổ sung "
        "mảnh còn thiếu.",
        "Cells of the territory without data; taken as holding nothing, but where land cover tells of forest; add the "
        "missing tile.",
    ),
    "check.unit_converted": (
        "Cao độ không ghi bằng mét; đã đổi ra mét.", "Heights are not in metres; converted to metres.",
    ),
    "check.grid_coarsened": (
        "Raster mịn hơn mức tính được cho địa bàn này; đã dùng ô lớn hơn.",
        "The raster is finer than can be computed over this territory; larger cells are used.",
    ),
}  # fmt: skip
