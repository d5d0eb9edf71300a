"""Faults of lomsong.toml, and what its sections and keys mean."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.settings": ("{file}: {faults}", "{file}: {faults}"),
    "fault.settings_service": (
        "{file}: gap.service = {value} không có trong gap.services: {known}; chọn một trong đó hoặc thêm vào",
        "{file}: gap.service = {value} is not among gap.services: {known}; name one of these or add it",
    ),
    "fault.settings_missing": (
        "{file}: không có tệp thiết lập này; `lomsong init THƯ_MỤC` tạo một tệp mẫu đầy đủ",
        "{file}: no such settings file; `lomsong init DIR` writes a complete one",
    ),
    "fault.settings_unreadable": (
        "{file}: không đọc được ({reason}); lưu lại dạng văn bản UTF-8",
        "{file}: cannot be read ({reason}); save it as UTF-8 text",
    ),
    "fault.settings_toml": (
        "{file}: không đúng cú pháp TOML: {reason}; mỗi khoá ghi một lần, chữ và tên tệp đặt trong dấu nháy thẳng "
        '"…", phần thập phân sau dấu chấm, đường dẫn viết bằng / chứ không bằng \\',
        "{file}: not valid TOML: {reason}; write each key once, texts and file names in straight quotes \"…\", "
        "decimals after a point, and paths with / instead of \\",
    ),
    "fault.settings_near": (
        "không có khoá {key}; có phải là {near}?", "unknown key {key}; did you mean {near}?",
    ),
    "fault.settings_unknown": ("không có khoá {key}; các khoá có: {known}", "unknown key {key}; known: {known}"),
    "fault.settings_section": ("{key} phải là một mục, không phải {value}", "{key} must be a section, not {value}"),
    "fault.settings_texts": (
        "{key} phải là một mục gồm các chuỗi, không phải {value}", "{key} must be a section of texts, not {value}",
    ),
    "fault.settings_numbers": (
        "{key} phải là một mục gồm các số, không phải {value}", "{key} must be a section of numbers, not {value}",
    ),
    "fault.settings_number_list": (
        "{key} phải là danh sách các số, không phải {value}", "{key} must be a list of numbers, not {value}",
    ),
    "fault.settings_list": (
        "{key} phải là danh sách các chuỗi, không phải {value}", "{key} must be a list of texts, not {value}",
    ),
    "fault.settings_text": ("{key} phải là chuỗi, không phải {value}", "{key} must be a text, not {value}"),
    "fault.settings_integer": (
        "{key} phải là số nguyên, không phải {value}", "{key} must be a whole number, not {value}",
    ),
    "fault.settings_number": ("{key} phải là số, không phải {value}", "{key} must be a number, not {value}"),
    "fault.settings_truth": (
        "{key} phải là true hoặc false, không phải {value}", "{key} must be true or false, not {value}",
    ),
    "fault.settings_outside": (
        "{key} = {value} nằm ngoài {low}…{high}", "{key} = {value} lies outside {low}…{high}",
    ),
    "fault.settings_day": (
        "{key} = {value} không phải là ngày; viết năm-tháng-ngày, như 2021-10-20",
        "{key} = {value} is no date; write year-month-day, such as 2021-10-20",
    ),
    "fault.settings_choice": ("{key} = {value} không thuộc: {known}", "{key} = {value} is not one of {known}"),
    # A section or key of lomsong.toml: what it means, for the template that `lomsong init` writes
    "setting.run": ("Chung cho cả lần chạy", "What the whole run shares"),
    "setting.run.title": ("Tên ghi trên mọi sản phẩm.", "Title of every output."),
    "setting.run.territory": ("Tên địa bàn, như Đồng Nai.", "Name of the territory, such as Đồng Nai."),
    "setting.run.note": (
        "Câu ghi trên mọi sản phẩm, như số liệu là mô phỏng.",
        "A sentence that every output carries, such as that the data are simulated.",
    ),
    "setting.run.seed": (
        "Số gieo ngẫu nhiên: cùng đầu vào và số này thì ra cùng kết quả.",
        "Seed of what is drawn: same inputs and seed, same results.",
    ),
    "setting.run.metric_crs": (
        "Hệ toạ độ mét để tính; trống: chọn theo ranh giới xã.",
        "Metric CRS to compute in; empty: chosen from the communes.",
    ),
    "setting.run.workers": ("Số luồng tính; 0: mọi nhân.", "Threads to compute with; 0: all cores."),
    "setting.inputs": ("Các tệp đầu vào", "Input files"),
    "setting.inputs.surveys": (
        "Nhật ký đo sóng: tệp, thư mục hoặc mẫu tên. Bắt buộc.", "Survey logs: files, folders or globs. Required.",
    ),
    "setting.inputs.communes": ("Ranh giới xã, phường. Bắt buộc.", "Commune boundaries. Required."),
    "setting.inputs.communes_before": (
        "Danh sách hoặc ranh giới xã của niên hiệu kia, khi danh sách dùng mã hoặc tên cũ.",
        "List or layer of the communes of the other vintage, for rosters that use its codes and names.",
    ),
    "setting.inputs.crosswalk": (
        "Bảng sáp nhập, mã cũ sang mã mới; trống: lấy từ ranh giới xã.",
        "Table of mergers, old code to new code; empty: made from the communes.",
    ),
    "setting.inputs.households": (
        "Hộ có người học. Bắt buộc, hoặc lập từ learners cùng hamlets.",
        "Households with learners. Required, or made from learners and hamlets.",
    ),
    "setting.inputs.learners": (
        "Danh sách học sinh của các trường, mỗi dòng một em; mỗi em chỉ đếm một lần.",
        "Rosters of the schools, one row a learner; each learner is counted once.",
    ),
    "setting.inputs.declared": (
        "Số người học và số chưa có thiết bị mà từng trường, xã đã khai.",
        "Learners, and learners without a device, as each school or commune declared them.",
    ),
    "setting.inputs.schools": ("Trường và điểm trường.", "Schools and satellite schools."),
    "setting.inputs.hamlets": ("Thôn, ấp và tình trạng điện lưới.", "Hamlets and whether they have grid power."),
    "setting.inputs.sites": ("Trạm BTS đang có, mỗi dòng một sector.", "Existing sites, one row a sector."),
    "setting.inputs.cells": (
        "Danh sách ô (OpenCelliD hoặc của nhà mạng).", "List of cells (OpenCelliD or an operator's).",
    ),
    "setting.inputs.dem": (
        "Mô hình độ cao, mét: một tệp, thư mục hoặc mẫu tên các mảnh.",
        "Elevation, metres: a file, a folder or a glob of tiles.",
    ),
    "setting.inputs.canopy": ("Chiều cao tán cây, mét.", "Height of the canopy, metres."),
    "setting.inputs.land_cover": ("Lớp phủ mặt đất (mã ESA WorldCover).", "Land cover (classes of ESA WorldCover)."),
    "setting.inputs.population": ("Lưới dân số, người mỗi ô.", "Population grid, people a cell."),
    "setting.inputs.roads": ("Đường giao thông.", "Roads."),
    "setting.inputs.power_lines": ("Đường dây điện.", "Power lines."),
    "setting.inputs.forest": ("Ba loại rừng.", "Forest by class."),
    "setting.inputs.water": ("Mặt nước.", "Water bodies."),
    "setting.inputs.fibre": (
        "Cáp quang, hoặc điểm có thể đấu nối: đầu truyền dẫn của trạm mới.",
        "Fibre cables, or points where they can be tapped: ends of the backhaul of new sites.",
    ),
    "setting.inputs.declared_coverage": (
        "Vùng nhà mạng khai báo có sóng; chỉ dùng nơi chưa đo và không có mô hình.",
        "Areas that operators declare as covered; used only where nothing was measured or can be modelled.",
    ),
    "setting.survey": ("Cách đọc và làm thưa mẫu đo", "How samples are read and thinned"),
    "setting.survey.technology": ("Công nghệ được xét.", "Technology under study."),
    "setting.survey.technologies": (
        "Các công nghệ được xét chung, như 4G và 5G: mỗi công nghệ ước lượng riêng, mỗi nơi lấy công nghệ tốt nhất; để "
        "trống thì chỉ xét technology.",
        "Technologies that count together, such as 4G and 5G: each is fitted by itself, and at a place the best one "
        "counts; empty: technology alone.",
    ),
    "setting.survey.max_speed_mps": (
        "Nhanh hơn là GPS nhảy, bỏ dòng.", "A faster move is a jump of the GPS; the row is rejected.",
    ),
    "setting.survey.max_accuracy_m": ("Sai số GPS lớn hơn thì bỏ dòng.", "A row with a poorer GPS fix is rejected."),
    "setting.survey.floor_dbm": (
        "Dưới mức này máy không tìm thấy mạng.", "Level below which a phone finds no service: the censoring limit.",
    ),
    "setting.survey.floors_dbm": (
        "Thiết bị hoặc công nghệ có ngưỡng mất sóng khác: thiết bị, công nghệ, hoặc cả hai, như \"Redmi 5G\" = dBm.",
        "Devices or technologies whose floor is another: device, technology, or both, such as \"Redmi 5G\" = dBm.",
    ),
    "setting.survey.block_m": (
        "Cạnh ô vuông dùng để làm thưa mẫu.", "Side of the squares to which samples are thinned.",
    ),
    "setting.survey.crs": (
        "Hệ toạ độ của tệp ghi bằng mét, như EPSG:5899; trống: độ WGS84.",
        "CRS of files that hold metres, such as EPSG:5899; empty: degrees, WGS84.",
    ),
    "setting.survey.utc_offset_h": (
        "Giờ mà đồng hồ trong nhật ký không ghi múi giờ đi trước UTC; Việt Nam là 7.",
        "Hours that clocks in logs which state no offset are ahead of UTC; 7 in Viet Nam.",
    ),
    "setting.survey.columns": (
        "Cột mà chương trình không tự nhận: tên trong bảng samples = tiêu đề trong tệp.",
        "Headings that no alias knows: column of samples = heading in the file.",
    ),
    "setting.roster": ("Cách đọc danh sách và số đã khai", "How rosters are read, and what was declared"),
    "setting.roster.crs": (
        "Hệ toạ độ của danh sách ghi bằng mét; trống: độ WGS84.",
        "CRS of rosters that hold metres; empty: degrees, WGS84.",
    ),
    "setting.roster.declared_learners": (
        "Tổng số người học đã khai; 0: chưa khai.", "Learners declared in all; 0: not declared.",
    ),
    "setting.roster.declared_without_device": (
        "Tổng số người học chưa có thiết bị đã khai; 0: chưa khai.",
        "Learners without a device declared in all; 0: not declared.",
    ),
    "setting.roster.hamlet_reach_m": (
        "Dân của ấp ở cách điểm của ấp không quá chừng này; hộ không có toạ độ được đặt trong phạm vi đó.",
        "People live at most this far from the point of their hamlet; its households without a position stand there.",
    ),
    "setting.roster.max_household_learners": (
        "Hộ có nhiều người học hơn thì lưu ý.", "A household with more learners is flagged.",
    ),
    "setting.roster.max_school_pupils": ("Trường đông hơn thì lưu ý.", "A school with more pupils is flagged."),
    "setting.roster.salt": (
        "Chữ bí mật trộn vào mã băm tên; trống: mỗi lần chạy một chữ mới.",
        "Secret text mixed into hashes of names; empty: made anew in each run.",
    ),
    "setting.radio": (
        "Vùng phủ và mặt cắt của các trạm cho trước (ITU-R P.1812)",
        "Coverage and profiles of given sites (ITU-R P.1812)",
    ),
    "setting.radio.radius_m": ("Bán kính tính quanh mỗi trạm, m.", "Radius computed around each site, m."),
    "setting.radio.usable_dbm": ("Mức thu từ đó coi là dùng được, dBm.", "Level from which it is usable, dBm."),
    "setting.radio.polarization": ("Phân cực: vertical hoặc horizontal.", "Polarisation: vertical or horizontal."),
    "setting.radio.rx_height_m": ("Độ cao máy thu trên mặt đất, m.", "Height of the receiver above ground, m."),
    "setting.radio.time_percent": (
        "Phần trăm thời gian trong năm mà suy hao không vượt quá; 50 là trung vị.",
        "Percentage of the year in which the loss is not exceeded; 50 is the median.",
    ),
    "setting.radio.location_percent": (
        "Phần trăm địa điểm quanh ô mà suy hao không vượt quá; 50 là trung vị.",
        "Percentage of the places around a cell at which the loss is not exceeded; 50 is the median.",
    ),
    "setting.radio.location_sigma_db": (
        "Độ lệch chuẩn theo địa điểm, dB; 0: không tính.",
        "Standard deviation over places, dB; 0: left out.",
    ),
    "setting.radio.delta_n": (
        "Độ giảm chiết suất ΔN, đơn vị N/km.",
        "Lapse rate of refractivity ΔN, N-units/km.",
    ),
    "setting.radio.n0": ("Chiết suất N0 ở mực nước biển, đơn vị N.", "Refractivity N0 at sea level, N-units."),
    "setting.radio.forest_loss": (
        "Cây quanh máy thu suy hao theo P.833; tắt: cây là vật chắn như mọi vật khác.",
        "Trees around the receiver attenuate as P.833 says; off: they are obstacles like any other.",
    ),
    "setting.radio.clutter_m": (
        "Lớp phủ = chiều cao vật che chắn, m; lớp không ghi: theo P.1812.",
        "Class of land cover = height of what stands there, m; classes left out: as P.1812 has it.",
    ),
    "setting.radio.phone_gain_dbi": ("Độ lợi anten của máy, dBi.", "Gain of the device's antenna, dBi."),
    "setting.radio.device_offset_db": (
        "Máy đọc thấp hơn anten đẳng hướng, dB (điện thoại 3, bộ đo 2).",
        "What the device reads below an isotropic antenna, dB (phone 3, survey kit 2).",
    ),
    "setting.radio.body_loss_db": ("Suy hao do người cầm máy, dB.", "Loss by the person who holds it, dB."),
    "setting.radio.vehicle_loss_db": ("Suy hao vào trong xe, dB.", "Loss into a vehicle, dB."),
    "setting.radio.building_loss_db": (
        "Loại nhà = suy hao từ ngoài vào trong, dB.",
        "Kind of building = loss from outdoors to inside, dB.",
    ),
    "setting.radio.where": (
        "Nơi thu: outdoor (ngoài trời), vehicle (trong xe) hoặc một loại nhà.",
        "Where it is received: outdoor, vehicle, or a kind of building.",
    ),
    "setting.surface": ("Mặt mức thu theo thống kê", "The statistical field of the level"),
    "setting.surface.neighbours": (
        "Số mẫu quanh mỗi điểm dùng để ước lượng.", "Samples around each place that it is estimated from.",
    ),
    "setting.surface.rx_height_m": ("Độ cao máy thu trên mặt đất.", "Height of the receiver above ground."),
    "setting.surface.use_sites": (
        "Dùng trạm và địa hình khi kiểm chứng chéo theo khối cho thấy có ích.",
        "Use sites and terrain where cross-validation by blocks says that it helps.",
    ),
    "setting.surface.learned": (
        "Thử thêm cây quyết định tăng cường (địa hình, thảm thực vật, vật lý) vào phần trung bình.",
        "Offer boosted trees on terrain, vegetation and physics as a layer of the mean.",
    ),
    "setting.surface.surveyed_share": (
        "Nơi coi là đã đo: số đo giảm ít nhất phần này của phương sai ban đầu.",
        "A place is surveyed when measurements take away at least this share of the prior variance.",
    ),
    "setting.gap": ("Khi nào một nơi được coi là có sóng", "When a place counts as connected"),
    "setting.gap.usable_dbm": (
        "Ngưỡng mức thu ngoài trời đủ để học.", "Outdoor level from which a lesson can be followed.",
    ),
    "setting.gap.services": (
        "Dịch vụ học = mức thu đáp ứng được; hiệu chỉnh ở nơi có ghi tốc độ.",
        "Service of learning = level that carries it; calibrate where throughput was logged.",
    ),
    "setting.gap.rates_kbps": (
        "Dịch vụ học = tốc độ tải xuống cần có, kbit/s; để đối chiếu với các phép thử tốc độ.",
        "Service of learning = download that it needs, kbit/s; tests of throughput are held against it.",
    ),
    "setting.gap.carried_share": (
        "Tỷ lệ phép thử tốc độ phải đạt dịch vụ ở một mức thu.",
        "Share of the tests of throughput that must carry a service at a level.",
    ),
    "setting.gap.service": (
        "Một trong các dịch vụ trên; mức thu của nó thay cho usable_dbm. Để trống: dùng usable_dbm.",
        "One of these services, whose level stands for usable_dbm; empty: usable_dbm as it is.",
    ),
    "setting.gap.thresholds_dbm": (
        "Mức thu từ đó mỗi công nghệ đáp ứng được dịch vụ; nếu có, từng công nghệ được ước lượng riêng, và nơi có "
        "sóng là nơi ít nhất một công nghệ đạt ngưỡng.",
        "Level from which each technology carries the service; with one given, each technology is fitted by itself, "
        "and a place is usable where one of them is.",
    ),
    "setting.gap.required_probability": (
        "Xác suất từ đó một nơi được gọi là có sóng.", "Probability from which a place is called usable.",
    ),
    "setting.gap.none_probability": (
        "Xác suất dưới ngưỡng máy thu từ đó gọi là trắng sóng.",
        "Probability of lying below the floor from which a place is called one without service.",
    ),
    "setting.gap.draws": (
        "Số lần mô phỏng để có khoảng tin cậy của từng xã.", "Draws behind the intervals of each commune.",
    ),
    "setting.gap.usual_building": (
        "Loại nhà dùng khi không rõ, lấy trong radio.building_loss_db.",
        "Building taken where none is told, one of radio.building_loss_db.",
    ),
    "setting.gap.walk_m": (
        "Người học không có sóng tại nhà đi bộ được đến trường có sóng trong khoảng này.",
        "A pupil without signal at home can walk so far to a school that has it.",
    ),
    "setting.gap.rank_by": (
        "Xếp hạng theo số lượng, tỷ lệ hay điểm ưu tiên.", "What communes are ranked by.",
    ),
    "setting.gap.first": ("Số xã được xem trước tiên.", "How many communes count as the first."),
    "setting.gap.priority": (
        "Trọng số của từng tiêu chí trong điểm ưu tiên: unconnected, share, poor, without_device, no_grid, unsurveyed.",
        "Weight of each indicator in the priority: unconnected, share, poor, without_device, no_grid, unsurveyed.",
    ),
    "setting.gap.zone_link_m": (
        "Hai nhà cách nhau không quá mức này thuộc cùng một vùng lõm sóng.",
        "Homes no farther apart lie in one gap zone.",
    ),
    "setting.gap.zone_least_learners": (
        "Số người học chưa có sóng ít nhất của một vùng lõm sóng.", "Fewest unconnected learners of a gap zone.",
    ),
    "setting.gap.zone_gap_share": (
        "Tỷ lệ chưa có sóng từ đó một ô 100 m thuộc vùng lõm sóng.",
        "Share without signal from which a square of 100 m belongs to a gap zone.",
    ),
    "setting.gap.far_road_km": ("Xa đường hơn mức này là vướng mắc.", "Farther from a road is an obstacle."),
    "setting.gap.far_line_km": (
        "Nơi chưa rõ điện lưới mà xa đường dây hơn mức này thì coi là chưa có điện.",
        "Where grid power is unknown, farther from a power line counts as none.",
    ),
    "setting.gap.site_reach_km": (
        "Xa mọi trạm hơn mức này là vướng mắc; 0: tính từ nơi người học đã có sóng.",
        "Farther from every site is an obstacle; 0: told by where learners have signal.",
    ),
    "setting.claims": (
        "Khi nào vùng phủ sóng nhà mạng công bố được coi là đúng hoặc bị bác",
        "When the coverage that operators declare counts as proven or as overturned",
    ),
    "setting.claims.average_share": (
        "Tỷ lệ phép thử đạt trung bình cần có.", "Share of field tests that must succeed on average.",
    ),
    "setting.claims.zone_share": ("Tỷ lệ đạt cần có trong mỗi vùng.", "The same in every zone."),
    "setting.claims.zone_km2": ("Diện tích một vùng kiểm tra.", "Area of a zone."),
    "setting.claims.hexagon_resolution": (
        "Mức ô lục giác H3 dùng để bác công bố.", "Resolution of the H3 hexagons in which a claim is overturned.",
    ),
    "setting.claims.least_tests": (
        "Số phép thử không đạt tối thiểu để bác một ô.", "Fewest failed tests that overturn a hexagon.",
    ),
    "setting.claims.least_places": (
        "Số phần của ô phải có phép thử không đạt.", "Parts of the hexagon in which they must lie.",
    ),
    "setting.claims.least_occasions": (
        "Số thời điểm đo tối thiểu; đặt 1 nếu chỉ đo một chuyến.",
        "Times at which they must be made; 1 where there was a single drive.",
    ),
    "setting.claims.failure_limit": (
        "Tỷ lệ không đạt để bác công bố.", "Share of failures above which a claim falls.",
    ),
    "setting.publish": ("Sản phẩm và người đọc", "What is written, and for whom"),
    "setting.publish.language": ("Ngôn ngữ.", "Language."),
    "setting.publish.issuer": ("Đơn vị ban hành.", "Who issues it."),
    "setting.publish.superior": (
        "Cơ quan chủ quản, ghi trên tên đơn vị ban hành ở đầu báo cáo.",
        "Body above the issuer, at the head of the brief.",
    ),
    "setting.publish.number": (
        "Số của báo cáo; trống: chừa chỗ để ghi tay.", "Number of the brief; empty: room is left for it.",
    ),
    "setting.publish.symbol": ("Ký hiệu sau số, như BC-SKHCN.", "What follows the number, such as BC-SKHCN."),
    "setting.publish.place": ("Địa danh ghi trước ngày ký.", "Where the brief is signed."),
    "setting.publish.date": (
        "Ngày ký, như 2021-10-20; trống: chừa chỗ để ghi tay.",
        "Day of signing, such as 2021-10-20; empty: room is left for it.",
    ),
    "setting.publish.subject": (
        "Trích yếu của báo cáo; trống: câu có sẵn kèm tên địa bàn.",
        "What the brief is about; empty: a sentence that names the territory.",
    ),
    "setting.publish.basis": (
        "Văn bản được thực hiện, như “Công văn số … ngày … của Ủy ban nhân dân tỉnh”.",
        "Order that the brief carries out, such as a letter with its number and date.",
    ),
    "setting.publish.recipients": ("Nơi kính gửi.", "To whom the brief is addressed."),
    "setting.publish.copies": ("Nơi nhận và nơi lưu.", "Who else receives it, and where it is filed."),
    "setting.publish.signer_title": (
        "Quyền hạn, chức vụ của người ký, mỗi dòng một mục.", "Office of who signs, in lines.",
    ),
    "setting.publish.signer": ("Họ tên người ký.", "Who signs."),
    "setting.publish.raster_m": ("Cạnh ô của bản đồ mức thu.", "Side of the cells of level maps."),
    "setting.publish.suppress_below": (
        "Số người nhỏ hơn số này không công bố.", "Published counts of people below this are suppressed.",
    ),
    "setting.publish.edition": (
        "Bản ghi ra: published (công bố), internal (nội bộ: không ẩn số nhỏ, vào thư mục riêng) hoặc both (cả hai).",
        "What is written: published, internal (nothing suppressed, into a folder of its own) or both.",
    ),
    "setting.publish.crs": (
        "Hệ toạ độ của lớp và raster: wgs84, vn2000 hoặc mã như EPSG:5899; trống: lớp theo WGS84, raster như khi tính.",
        "CRS of layers and rasters: wgs84, vn2000 or a code such as EPSG:5899; empty: layers in WGS84, rasters as "
        "computed.",
    ),
    "setting.publish.level_legend": (
        "Các lớp mức thu trên bản đồ: chia quanh ngưỡng dùng được (usable) hay theo thang của VNPT (vnpt).",
        "Classes of level on the map: about the usable level (usable) or those of VNPT (vnpt).",
    ),
    "setting.publish.level_breaks_dbm": (
        "Các mốc chia lớp mức thu tự chọn, nhiều nhất 5 mốc; bỏ trống: theo level_legend.",
        "Breaks of one's own classes of level, at most 5; empty: as level_legend has it.",
    ),
    "setting.publish.base_map": (
        "Địa chỉ bản đồ nền trực tuyến, có z, x và y trong ngoặc nhọn; chỉ tải khi người xem bật lên. Trống: không có.",
        "Address of an online base map, z, x and y in braces; asked for only when a reader turns it on. Empty: none.",
    ),
    "setting.publish.base_map_credit": (
        "Nguồn của bản đồ nền trực tuyến.", "Whom the online base map is owed to.",
    ),
    "setting.fetch": (
        "Nơi `lomsong fetch` tải lớp công khai; phần trong ngoặc nhọn được điền vào",
        "Where `lomsong fetch` gets public layers; parts in braces are filled in",
    ),
    "setting.fetch.cache": (
        "Thư mục nhớ đệm; trống: thư mục nhớ đệm của người dùng.", "Folder of the cache; empty: the user's own.",
    ),
    "setting.fetch.timeout_s": ("Chờ máy chủ lâu nhất.", "Longest silence of a server."),
    "setting.fetch.dem": ("Mảnh 1° của Copernicus GLO-30.", "1° tiles of Copernicus GLO-30."),
    "setting.fetch.landcover": ("Mảnh 3° của ESA WorldCover 2021.", "3° tiles of ESA WorldCover 2021."),
    "setting.fetch.overpass": (
        "Máy chủ Overpass: đường và đường dây điện của OpenStreetMap.",
        "Overpass server: roads and power lines of OpenStreetMap.",
    ),
    "setting.fetch.boundaries": ("Giao diện của geoBoundaries.", "Interface of geoBoundaries."),
    "setting.fetch.population": ("Lưới dân số của WorldPop.", "Population grid of WorldPop."),
    "setting.fetch.country": ("Mã nước ISO 3166-1 ba chữ.", "Country code, ISO 3166-1 alpha-3."),
}  # fmt: skip
