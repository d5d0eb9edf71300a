"""Words of the layers for other programs, and of the internal edition."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.layers_crs": (
        "publish.crs = {wanted} không phải hệ toạ độ nào; ghi wgs84, vn2000 hoặc một mã như EPSG:5899",
        "publish.crs = {wanted} is no known CRS; give wgs84, vn2000 or a code such as EPSG:5899",
    ),
    "fault.layers_not_vn2000": (
        "publish.crs = vn2000 nhưng lần chạy tính trong {metric}; hãy ghi mã VN-2000 của tỉnh, như EPSG:5899",
        "publish.crs = vn2000, but the run computes in {metric}; give the code of a zone of VN-2000, such as EPSG:5899",
    ),
    "layers.internal": ("NỘI BỘ", "INTERNAL"),
    "layers.internal_title": ("{title} – NỘI BỘ", "{title} – INTERNAL"),
    "layers.internal_note": (
        "NỘI BỘ – KHÔNG CÔNG BỐ: số người nhỏ chưa được ẩn. {note}",
        "INTERNAL – NOT FOR PUBLICATION: small counts of people are not hidden. {note}",
    ),
    "layers.internal_marker": (
        "Thư mục này là bản NỘI BỘ: số người dưới {below} không được ẩn, vị trí hộ trên bản đồ đã dời ngẫu "
        "nhiên, danh sách nhận thiết bị nêu mã từng hộ. Chỉ dùng trong cơ quan; không gửi ra ngoài, không đăng lên "
        "mạng. Bản được công bố nằm ở thư mục bên ngoài.",
        "This folder is the INTERNAL edition: counts of people below {below} are not hidden, homes on maps are "
        "displaced at random, the list of devices tells the code of each household. For use inside the authority only: "
        "do not send it out or put it online. What may be published lies in the folder around this one.",
    ),
    "layers.communes": ("Xã, phường theo số người học chưa có sóng", "Communes by learners without signal"),
    "layers.communes_about": (
        "Số người học ước tính chưa có sóng dùng được (RSRP từ {level} dBm, ngoài trời) của bất kỳ mạng nào, kèm "
        "khoảng 90%. Loại số liệu: ước tính từ đo kiểm.",
        "Estimated learners without usable signal (RSRP of {level} dBm or more, outdoors) of any operator, with 90% "
        "intervals. Kind: modelled from the survey.",
    ),
    "layers.learners": ("Ô gộp người học", "Cells of learners"),
    "layers.learners_about": (
        "Tâm các ô vuông gộp từ {below} người học trở lên; không có vị trí nhà ở.",
        "Centres of squares that pool {below} or more learners; no position of a home.",
    ),
    "layers.homes": ("Hộ có người học (vị trí đã dời)", "Homes of learners (displaced)"),
    "layers.homes_about": (
        "NỘI BỘ. Mỗi hộ được dời ngẫu nhiên trong khoảng đến hộ thứ năm gần nhất; không có tên, mã hộ, số điện thoại.",
        "INTERNAL. Each home is displaced at random, as far as the fifth nearest other; no name, code or telephone.",
    ),
    "layers.hamlets": ("Ấp, thôn theo tình trạng sóng", "Hamlets by signal state"),
    "layers.hamlets_about": (
        "Tình trạng sóng của mạng tốt nhất tại ấp, thôn, và điện lưới quốc gia.",
        "Signal state under the best operator, and grid power.",
    ),
    "layers.schools": ("Trường, điểm trường theo tình trạng sóng", "Schools by signal state"),
    "layers.schools_about": (
        "Tình trạng sóng của mạng tốt nhất và của từng mạng tại trường.",
        "Signal state under the best operator and under each.",
    ),
    "layers.zones": ("Vùng lõm sóng", "Gap zones"),
    "layers.zones_about": (
        "Nơi nhà chưa có sóng nằm liền nhau, kèm vướng mắc. Loại số liệu: ước tính.",
        "Where homes without signal lie together, with what is in the way. Kind: modelled.",
    ),
    "layers.points": ("Điểm chưa có sóng hoặc cần đo kiểm", "Points not reached or to be measured"),
    "layers.points_about": (
        "Ấp, trường và vùng lõm ngoài ấp, kèm vướng mắc và đơn vị chịu trách nhiệm.",
        "Hamlets, schools and gap zones outside, with obstacles and who answers for them.",
    ),
    "layers.claims": ("Công bố phủ sóng so với phép thử", "Declared coverage against field tests"),
    "layers.claims_about": (
        "Ô lục giác H3 trong vùng nhà mạng công bố; ô bị bác bỏ khi phép thử không đạt đủ nhiều.",
        "H3 hexagons inside what operators declare; one is overturned by enough failed tests.",
    ),
    "layers.claims_overturned": ("bị bác bỏ", "overturned"),
    "layers.claims_open": ("chưa đủ phép thử", "open"),
    "layers.claims_upheld": ("được giữ", "upheld"),
    "layers.survey": ("Đo kiểm", "Survey"),
    "layers.survey_about": (
        "Mức thu đo được (RSRP, dBm), trung bình theo ô {block} m; trống là không có sóng. Loại số liệu: đo kiểm.",
        "Measured level (RSRP, dBm), means over squares of {block} m; empty: no service found. Kind: measured.",
    ),
    "layers.towers": ("Trạm đề xuất", "Proposed towers"),
    "layers.towers_about": (
        "Theo thứ tự ưu tiên; số người học thêm là ước tính.", "In order of priority; gains are estimates.",
    ),
    "layers.sites": ("Trạm hiện có", "Existing sites"),
    "layers.sites_about": ("Trạm BTS theo danh sách của nhà mạng.", "Sites as listed by the operators."),
    "layers.level": ("Mức thu ước tính", "Estimated level"),
    "layers.probability": ("Xác suất có sóng dùng được", "Probability of usable signal"),
    "layers.legend_level": ("Mức thu (RSRP, dBm)", "Signal level (RSRP, dBm)"),
    "layers.legend_probability": ("Xác suất có sóng dùng được", "Probability of usable signal"),
    "layers.legend_survey": ("Mức thu đo được (RSRP, dBm)", "Measured level (RSRP, dBm)"),
    "layers.surveyed": ("Nơi có căn cứ đo kiểm", "Where the survey tells"),
    "layers.surveyed_yes": ("đã đo kiểm", "surveyed"),
    "layers.hidden": ("dưới {below}", "under {below}"),
    "layers.suppressed": ("Đã ẩn: {name}", "Hidden: {name}"),
    "layers.school_silent": ("Trường chưa có sóng", "School without signal"),
    "layers.tower": ("Trạm đề xuất", "Proposed tower"),
    "layers.service_level": ("có sóng", "level"),
    "layers.service_no_service": ("không có sóng", "no service"),
    "layers.state_of": ("Tình trạng {operator}", "State of {operator}"),
    "layers.source": (
        "lomsong {version}: kriging từ số liệu đo kiểm, xem docs/method.md",
        "lomsong {version}: kriging of the survey, see docs/method.md",
    ),
    "layers.column_mostly_unsurveyed": ("Quá nửa chưa đo kiểm", "Mostly unsurveyed"),
    "layers.column_in_the_way": ("Vướng mắc", "What is in the way"),
    "layers.column_unconnected_all": ("Thiếu ít nhất một mạng", "Lacking at least one operator"),
    "layers.column_cell_m": ("Cạnh ô (m)", "Side of the cell (m)"),
    "layers.column_p_usable": ("Xác suất có sóng", "Probability usable"),
    "layers.column_placed_by": ("Vị trí lấy theo", "Position told by"),
    "layers.column_state": ("Tình trạng", "State"),
    "layers.column_level_dbm": ("Mức thu (dBm)", "Level (dBm)"),
    "layers.column_service": ("Dịch vụ", "Service"),
    "layers.column_samples": ("Số mẫu", "Samples"),
    "layers.column_operator": ("Nhà mạng", "Operator"),
    "layers.column_kind": ("Loại điểm", "Kind of point"),
    "layers.column_point_id": ("Mã điểm", "Point"),
    "layers.column_commune": ("Xã, phường", "Commune"),
    "layers.column_commune_code": ("Mã xã", "Commune code"),
    "layers.column_reach": ("Kết luận", "Reached"),
    "layers.column_obstacles": ("Vướng mắc", "Obstacles"),
    "layers.column_bodies": ("Đơn vị chịu trách nhiệm", "Who answers for it"),
    "layers.column_learners": ("Người học", "Learners"),
    "layers.column_unconnected": ("Chưa có sóng (ước tính)", "Unconnected (estimated)"),
    "layers.column_unconnected_low": ("Thấp (5%)", "Low (5%)"),
    "layers.column_unconnected_high": ("Cao (95%)", "High (95%)"),
    "layers.column_order": ("Thứ tự", "Order"),
    "layers.column_learners_gained": ("Người học thêm (ước tính)", "Learners gained (estimated)"),
    "layers.column_cumulative": ("Cộng dồn", "Cumulative"),
    "layers.column_name": ("Tên", "Name"),
    "layers.column_lacking": ("Còn thiếu", "Lacking"),
    "layers.column_effective": ("Phép thử độc lập tương đương", "Equivalent independent tests"),
    "layers.column_places": ("Số vị trí", "Places"),
    "layers.column_failed_places": ("Vị trí không đạt", "Places that failed"),
    "layers.column_days": ("Số ngày đo", "Days"),
    "layers.column_hamlets": ("Số ấp, thôn", "Hamlets"),
    "layers.column_learners_unserved": ("Người học chưa được phục vụ", "Learners unserved"),
    "layers.column_without_device": ("Chưa có thiết bị", "Without a device"),
}  # fmt: skip
