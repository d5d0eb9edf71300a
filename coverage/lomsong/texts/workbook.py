"""Words of the workbook."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "book.summary": ("Tóm tắt", "Summary"),
    "book.ranking": ("Xếp hạng xã", "Communes"),
    "book.hamlets": ("Thôn, ấp", "Hamlets"),
    "book.schools": ("Trường", "Schools"),
    "book.towers": ("Trạm đề xuất", "Towers"),
    "book.quality": ("Chất lượng số liệu", "Data quality"),
    "book.method": ("Phương pháp", "Method"),
    "book.ranking_note": (
        "Xếp theo số người học ước tính chưa có sóng dùng được; khoảng thấp – cao chứa giá trị thật với xác suất 90%.",
        "Ordered by estimated learners without usable signal; the true value lies in low – high with probability 90%.",
    ),
    "book.surveyed": ("Thời gian đo kiểm", "Surveyed"),
    "book.surveyed_of": ("Nhà mạng được đo kiểm", "Operators surveyed"),
    "book.hamlets_note": (
        "Ấp, thôn với tình trạng sóng ở trung tâm và điện lưới; nơi trung tâm có sóng mà nửa số người học trở lên chưa "
        "có sóng ở nhà thì nêu ở “Điểm chưa có sóng”.",
        "Hamlets with the signal at their middle and grid power; where the middle has signal but half of the learners "
        "or more have none at home, they stand under “Points”.",
    ),
    "book.schools_note": ("Trường, điểm trường và tình trạng sóng.", "Schools with their signal state."),
    "book.towers_note": (
        "Theo thứ tự ưu tiên; số người học thêm là ước tính, tính sau các trạm đứng trước.",
        "In order of priority; gains are estimates, counted after the towers before.",
    ),
    "book.quality_note": (
        "Số dòng đọc bằng số dòng nhận cộng số dòng loại; dòng loại ghi rõ lý do trong rejects.csv.",
        "Rows read are rows accepted plus rows rejected; rejects.csv names every rejected row and its reason.",
    ),
    "book.suppressed": (
        "“<{below}”: từ 1 đến dưới {below}; ô trống ở cột số: không nêu vì sẽ làm lộ một số như thế, hoặc chưa biết; "
        "tổng được làm tròn.",
        "“<{below}”: from 1 to under {below}; an empty cell for a count: it would give such a one back, or is not "
        "known; totals are rounded.",
    ),
    "book.territory": ("Địa bàn", "Territory"),
    "book.issuer": ("Đơn vị ban hành", "Issued by"),
    "book.figure": ("Chỉ tiêu", "Figure"),
    "book.value": ("Giá trị", "Value"),
    "book.communes": ("Số xã, phường", "Communes"),
    "book.learners": ("Người học (làm tròn)", "Learners (rounded)"),
    "book.unconnected_total": (
        "Ước tính chưa có sóng dùng được (làm tròn)", "Estimated without usable signal (rounded)",
    ),
    "book.share_total": ("Tỷ lệ chưa có sóng dùng được", "Share without usable signal"),
    "book.silent_schools": ("Trường chưa có sóng dùng được", "Schools without usable signal"),
    "book.dark_hamlets": ("Ấp chưa có điện lưới quốc gia", "Hamlets without grid power"),
    "book.points_unreached": ("Điểm chưa có sóng (ấp, trường, vùng lõm ngoài ấp)", "Points not reached"),
    "book.points_unknown": ("Điểm cần đo kiểm trước khi kết luận", "Points to be measured"),
    "book.zones_count": ("Vùng lõm sóng", "Gap zones"),
    "book.towers_count": ("Trạm đề xuất", "Proposed towers"),
    "book.usable_dbm": ("Ngưỡng sóng dùng được (RSRP, dBm)", "Usable from (RSRP, dBm)"),
    "book.objective": (
        "Người học có thêm sóng nhờ các trạm đề xuất (ước tính)", "Learners reached by the proposed towers (estimated)",
    ),
    "book.bound": (
        "Giới hạn trên của mọi phương án cùng số trạm, trong số các vị trí ứng viên (ước tính)",
        "Upper bound of any plan of as many towers among the candidate positions (estimated)",
    ),
    "book.gap": (
        "Chênh lệch tối đa so với phương án tốt nhất trong số đó", "At most this far from the best of those plans",
    ),
    "book.top": ("Các xã cần ưu tiên, nhiều nhất là mười", "Communes to put first, ten at most"),
    "book.notes": ("Cách tính các số liệu trong tập này.", "How the figures in this workbook were made."),
    "book.method_samples": (
        "Mẫu đo {survey_technology} của mỗi nhà mạng được lấy trung bình theo ô vuông cạnh {survey_block_m} m.",
        "Samples of {survey_technology} are averaged, for each operator, over squares of {survey_block_m} m.",
    ),
    "book.method_censored": (
        "Nơi điện thoại không bắt được sóng vẫn là số liệu: mức thu ở đó được hiểu là thấp hơn {survey_floor_dbm} dBm, "
        "không thay bằng một con số.",
        "Where a phone found no service is evidence too: the level there is taken as below {survey_floor_dbm} dBm, not "
        "replaced by a number.",
    ),
    "book.method_kriging": (
        "Mức thu ở nơi chưa đo được ước tính bằng kriging đơn giản cục bộ: từ {surface_neighbours} ô đo quanh đó, "
        "quanh một mức trung bình, kèm độ lệch chuẩn.",
        "The level where nobody measured is estimated by local simple kriging: from {surface_neighbours} "
        "measured squares around it, around a mean, with a standard deviation.",
    ),
    "book.method_mean_sites": (
        "Mức trung bình ấy lấy theo vị trí trạm, địa hình và tán rừng khi kiểm chứng trên những khối không gian bỏ ra "
        "cho thấy sai số giảm; nếu không thì là một hằng số.",
        "That mean follows sites, terrain and canopy where blocks of space left out show that this lowers the error; "
        "otherwise it is a constant.",
    ),
    "book.method_mean_constant": (
        "Mức trung bình ấy là một hằng số cho mỗi nhà mạng.", "That mean is one constant for each operator.",
    ),
    "book.method_states": (
        "Một nơi là “có sóng” khi xác suất mức thu đạt {gap_usable_dbm} dBm từ {usable_from} trở lên, là “trắng sóng” "
        "khi xác suất mức thu dưới {survey_floor_dbm} dBm từ {none_from} trở lên, còn lại là “lõm sóng”.",
        "A place is usable when the level reaches {gap_usable_dbm} dBm with a probability of {usable_from} or more, "
        "without service when it lies below {survey_floor_dbm} dBm with {none_from} or more, and weak otherwise.",
    ),
    "book.method_unsurveyed": (
        "Một nơi là “chưa đo kiểm” khi số liệu đo giảm chưa đến {surveyed} phương sai ban đầu và mô hình không đủ "
        "chắc.",
        "A place is unsurveyed when measurements take away less than {surveyed} of the prior variance and the model "
        "alone is not sure enough.",
    ),
    "book.method_connected": (
        "Một người học là chưa có sóng khi ở nhà không có sóng dùng được của bất kỳ nhà mạng nào.",
        "A learner is unconnected who has no usable signal of any operator at home.",
    ),
    "book.method_expected": (
        "Số người học chưa có sóng là kỳ vọng: tổng xác suất của từng người, nên có phần lẻ và được làm tròn khi hiển "
        "thị.",
        "The number of unconnected learners is an expectation: the sum of each one's probability, rounded for display.",
    ),
    "book.method_intervals": (
        "Khoảng thấp – cao là phân vị 5% và 95% của {gap_draws} lần mô phỏng đồng thời mọi nơi; các lần mô phỏng giữ "
        "tương quan giữa những nơi gần nhau và giữa các nhà mạng.",
        "Low – high are the 5% and 95% quantiles of {gap_draws} joint draws over all places, which keep the "
        "correlation between places near each other and between the operators.",
    ),
    "book.method_ranking": (
        "Các xã xếp theo kỳ vọng từ cao đến thấp; hạng cao nhất và hạng thấp nhất là tập tin cậy 90% của thứ hạng "
        "(Mogstad và cộng sự, 2024) từ chính các lần mô phỏng ấy: xã không phân biệt được thì khoảng trùng nhau.",
        "Communes are ordered by the expectation, largest first; best and worst rank are a 90% confidence set of the "
        "rank (Mogstad et al. 2024) from those same draws: communes that cannot be told apart share theirs.",
    ),
    "book.method_candidates": (
        "Vị trí ứng viên gồm trạm hiện có để dùng chung và điểm cao nhất của mỗi ô cạnh {siting_spacing_m} m, cách "
        "đường không quá {siting_max_road_m} m; không xét mặt nước, sườn dốc và: {forest}.",
        "Candidate positions are existing sites to share and the highest ground in each square of {siting_spacing_m} "
        "m, no farther than {siting_max_road_m} m from a road; water, steep slopes and these are left out: {forest}.",
    ),
    "book.method_reach": (
        "Một trạm mới cao {siting_height_m} m phục vụ một nơi trong bán kính {siting_radius_m} m khi mức thu tính toán "
        "(hiệu chỉnh theo kết quả đo của các trạm hiện có, nếu đủ số liệu), trừ {siting_fade_margin_db} dB dự phòng, "
        "đạt {gap_usable_dbm} dBm.",
        "A new tower of {siting_height_m} m serves a place within {siting_radius_m} m when the modelled level "
        "(corrected by what was measured of existing sites, where that suffices), less a margin of "
        "{siting_fade_margin_db} dB, reaches {gap_usable_dbm} dBm.",
    ),
    "book.method_bound": (
        "Giới hạn trên được chứng minh cho mọi cách chọn {towers} vị trí trong số các vị trí ứng viên; nơi ngoài danh "
        "sách ứng viên không được xét và số người học thêm là ước tính.",
        "The upper bound is proven for every choice of {towers} of the candidate positions; places that are no "
        "candidates are not considered, and the gains are estimates.",
    ),
    "book.method_homes": (
        "Không công bố nhà ở: người học chỉ được nêu theo xã, theo ấp và theo ô vuông gộp nhiều người học.",
        "No home is published: learners appear by commune, by hamlet and by squares that pool several learners.",
    ),
    "book.method_suppressed": (
        "Số người lớn hơn 0 và nhỏ hơn {below} được ghi là “<{below}”; số nào giúp suy ra số đã ẩn thì để trống hoặc "
        "làm tròn.",
        "Counts of people above 0 and under {below} read “<{below}”; whatever would give them back is left empty or "
        "rounded.",
    ),
    "book.zones": ("Vùng lõm", "Gap zones"),
    "book.zones_note": (
        "Vùng lõm sóng: nhà chưa có sóng nằm liền nhau; tên theo ấp và xã có nhiều người học nhất.",
        "Gap zones: homes without signal that lie together, named by the hamlets and commune of most learners.",
    ),
    "book.points": ("Điểm chưa có sóng", "Points"),
    "book.points_note": (
        "Mọi ấp, trường chưa có sóng hoặc cần đo kiểm, và vùng lõm ngoài các ấp đã nêu; kèm vướng mắc, nơi phụ trách.",
        "Every hamlet and school not reached or to be measured, and zones outside; with obstacles and who answers.",
    ),
    "book.tallies": ("Người học", "Learners"),
    "book.tallies_note": (
        "Ước tính theo xã; dòng cộng được làm tròn. Ba nhóm có sóng tại nhà, ở trường, không nơi nào cộng lại là mọi "
        "người học.",
        "Expected, by commune; totals are rounded. With signal at home, at school and nowhere make up all learners.",
    ),
    "book.sensitivity": ("Độ nhạy", "Sensitivity"),
    "book.sensitivity_note": (
        "Thứ hạng của các xã đứng đầu khi đổi ngưỡng, khi tính trong nhà và khi đếm cách khác.",
        "Ranks of the first communes under other thresholds, indoors, and counted in another way.",
    ),
    "book.districts": ("Theo huyện", "Districts"),
    "book.districts_note": (
        "Xếp hạng theo đơn vị cấp trên của xã (huyện, thị xã, thành phố trước 01/7/2025); “≥”: làm tròn xuống để không "
        "làm lộ số ít người của một xã.",
        "Ranking by the unit above the commune (districts before 1 July 2025); “≥”: rounded down so as not to give a "
        "small count of a commune back.",
    ),
    "book.district": ("Huyện", "District"),
    "book.fairness": ("Công bằng", "Equity"),
    "book.fairness_note": (
        "Chưa có sóng dồn vào ai: chỉ số dưới 0 là dồn vào nhóm nghèo hơn hoặc gần hơn, trên 0 là dồn vào nhóm kia. "
        "“≥”: làm tròn xuống để không làm lộ số ít người của một thôn, ấp.",
        "On whom the gap falls: below 0 on the poorer or the nearer, above 0 on the others. “≥”: rounded down so as "
        "not to give a small count of a hamlet back.",
    ),
    "book.index": ("Chỉ số", "Index"),
    "book.low": ("Thấp (5 %)", "Low (5 %)"),
    "book.high": ("Cao (95 %)", "High (95 %)"),
    "book.erreygers": ("Hiệu chỉnh Erreygers", "As corrected by Erreygers"),
    "book.index_gini": ("Gini giữa các xã (0: đều, 1: dồn vào một xã)", "Gini over communes (0 even, 1 in one alone)"),
    "book.index_poverty": (
        "Tập trung theo diện hộ, từ nghèo đến không nghèo", "Concentration by poverty, poorest first",
    ),
    "book.index_remoteness": (
        "Tập trung theo khoảng cách đến trường, từ gần đến xa", "Concentration by distance to a school, nearest first",
    ),
    "book.group": ("Phân theo", "By"),
    "book.class": ("Nhóm", "Class"),
    "book.class_poverty_poor": ("hộ nghèo", "poor"),
    "book.class_poverty_near-poor": ("hộ cận nghèo", "near-poor"),
    "book.class_poverty_other": ("hộ khác", "other"),
    "book.class_grid_power_yes": ("có điện lưới", "grid power"),
    "book.class_grid_power_no": ("chưa có điện lưới", "no grid power"),
    "book.class_grid_power_unknown": ("chưa rõ", "unknown"),
    "book.class_remoteness_1": ("một phần năm gần trường nhất", "nearest fifth"),
    "book.class_remoteness_2": ("phần năm thứ hai", "second fifth"),
    "book.class_remoteness_3": ("phần năm thứ ba", "third fifth"),
    "book.class_remoteness_4": ("phần năm thứ tư", "fourth fifth"),
    "book.class_remoteness_5": ("một phần năm xa trường nhất", "farthest fifth"),
    "book.share_unconnected": ("Tỷ lệ chưa có sóng", "Share unconnected"),
    "book.claims": ("Công bố phủ sóng", "Claims"),
    "book.claims_note": (
        "Vùng phủ sóng nhà mạng công bố so với phép thử; phép thử độc lập ít hơn số mẫu vì mẫu gần nhau giống nhau.",
        "What operators declare against field tests; fewer tests are independent than samples: neighbours are alike.",
    ),
    "book.unconnected_low": ("Thấp (5 %)", "Low (5 %)"),
    "book.unconnected_high": ("Cao (95 %)", "High (95 %)"),
    "book.kind_of_point": ("Loại điểm", "Kind"),
    "book.point_id": ("Mã điểm", "Code"),
    "book.area_code": ("Mã xã", "Commune code"),
    "book.row_outside": ("Ngoài mọi xã", "Outside every commune"),
    "book.row_total": ("Cộng (làm tròn)", "Total (rounded)"),
    "book.unconnected_any": ("Không mạng nào có sóng, ngoài trời", "No operator usable, outdoors"),
    "book.unconnected_indoor": ("Không mạng nào có sóng, trong nhà", "No operator usable, indoors"),
    "book.unconnected_own": ("Mạng đang dùng không có sóng", "Own operator not usable"),
    "book.roaming": ("Trong đó có sóng nếu dùng chung mạng", "Of these connected if networks were shared"),
    "book.home": ("Có sóng tại nhà", "Signal at home"),
    "book.school": ("Chỉ có sóng ở trường gần nhà", "Only at a school within walking distance"),
    "book.nowhere": ("Không có sóng ở nhà lẫn trường gần", "Neither at home nor at such a school"),
    "book.with_device_connected": ("Có thiết bị, có sóng", "Device and signal"),
    "book.with_device_unconnected": ("Có thiết bị, chưa có sóng", "Device, no signal"),
    "book.without_device_connected": ("Chưa có thiết bị, có sóng", "No device, signal"),
    "book.without_device_unconnected": ("Chưa có cả thiết bị lẫn sóng", "Neither device nor signal"),
    "book.device_unknown_connected": ("Chưa rõ thiết bị, có sóng", "Device unknown, signal"),
    "book.device_unknown_unconnected": ("Chưa rõ thiết bị, chưa có sóng", "Device unknown, no signal"),
    "book.own_unknown": ("Chưa rõ mạng đang dùng", "Own operator unknown"),
    "book.indoor": ("theo loại nhà", "by kind of building"),
    "book.variant_total": ("Người học chưa có sóng, toàn địa bàn (làm tròn)", "Unconnected learners in all (rounded)"),
    "book.variant_kept": ("Số xã đứng đầu vẫn đứng đầu", "Of the first communes still among the first"),
    "book.technology": ("Công nghệ", "Technology"),
    "book.verdict": ("Kết luận", "Verdict"),
    "book.verdict_met": ("đạt", "met"),
    "book.verdict_not_met": ("không đạt", "not met"),
    "book.verdict_undecided": ("chưa đủ phép thử", "undecided"),
    "book.verdict_no_area": (
        "không có vùng công bố hợp lệ, hoặc chỉ công bố mức dưới ngưỡng",
        "no valid area declared, or only below the threshold",
    ),
    "book.verdict_no_claim": ("không công bố", "nothing declared"),
    "book.claimed_km2": ("Diện tích công bố (km²)", "Declared area (km²)"),
    "book.samples": ("Số mẫu", "Samples"),
    "book.tests": ("Số phép thử", "Tests"),
    "book.failures": ("Không đạt", "Failed"),
    "book.effective": ("Phép thử độc lập tương đương", "Equivalent independent tests"),
    "book.claims_share": ("Tỷ lệ đạt", "Share passed"),
    "book.exact_low": ("Cận dưới (chính xác)", "Exact lower bound"),
    "book.exact_high": ("Cận trên (chính xác)", "Exact upper bound"),
    "book.wilson_low": ("Cận dưới Wilson", "Wilson lower bound"),
    "book.wilson_high": ("Cận trên Wilson", "Wilson upper bound"),
    "book.zones_met": ("Vùng đạt", "Zones met"),
    "book.zones_not_met": ("Vùng không đạt", "Zones not met"),
    "book.zones_undecided": ("Vùng chưa rõ", "Zones undecided"),
    "book.zones_untested": ("Vùng chưa thử", "Zones untested"),
    "book.more_tests": ("Cần thêm phép thử", "More tests needed"),
    "book.settings": ("Thiết lập", "Settings"),
    "book.settings_note": (
        "Mọi thiết lập của lần chạy: cùng số liệu và thiết lập thì ra cùng kết quả.",
        "Every setting of the run: the same data and settings give the same results.",
    ),
    "book.meaning": ("Ý nghĩa", "Meaning"),
    "book.printed": ("In đến cột “{heading}”; các cột sau để xem trên màn hình.", "Printed up to “{heading}”."),
    "book.by_operator": ("Bằng chứng và kiểm chứng theo nhà mạng", "Evidence and validation by operator"),
    "book.files": ("Các tệp đã đọc", "Files read"),
    "book.known_share": ("Người học ở nơi đủ bằng chứng để kết luận", "Learners where the evidence suffices"),
    "book.unknown_share": ("Người học ở nơi chưa đo kiểm", "Learners where nobody measured"),
    "book.unknown_learners": ("Số người học ở nơi chưa đo kiểm (làm tròn)", "Their number (rounded)"),
    "book.placed_hamlet": (
        "Người học không có toạ độ nhà, đặt theo ấp (làm tròn)", "Learners placed by their hamlet (rounded)",
    ),
    "book.placed_commune": (
        "Người học không có toạ độ nhà, đặt theo xã (làm tròn)", "Learners placed by their commune (rounded)",
    ),
    "book.tower_hamlets": ("Thôn, ấp được phủ sóng", "Hamlets connected"),
    "book.tower_schools": ("Trường được phủ sóng", "Schools connected"),
    "book.tower_power": ("Nguồn điện", "Power"),
    "book.tower_capital": ("Vốn (triệu đồng)", "Capital (million VND)"),
    "book.tower_running": ("Vận hành mỗi năm (triệu đồng)", "Running cost a year (million VND)"),
    "book.tower_azimuths_deg": ("Phương vị (°)", "Azimuths (°)"),
    "book.tower_backhaul_target": ("Truyền dẫn về", "Backhaul to"),
    "book.tower_backhaul_hop_km": ("Chặng truyền dẫn (km)", "Backhaul hop (km)"),
    "book.tower_substitute": ("Vị trí thay thế", "Substitute"),
    "book.tower_substitute_loss": ("Người học mất khi thay", "Learners lost with it"),
    "book.tower_year": ("Năm thứ", "Year"),
    "book.setting": ("Thiết lập", "Setting"),
    "book.unconnected": ("Chưa có sóng (ước tính)", "Unconnected (estimated)"),
    "book.unconnected_all": ("Thiếu ít nhất một mạng", "Lacking at least one operator"),
    "book.unconnected_one": ("Chưa có sóng {operator}", "Unconnected, {operator}"),
    "book.rank_in_commune": ("Hạng trong xã", "Rank in its commune"),
    "book.state": ("Tình trạng", "State"),
    "book.state_one": ("{operator}", "{operator}"),
    "book.p_usable": ("Xác suất có sóng", "Probability usable"),
    "book.commune": ("Xã, phường", "Commune"),
    "book.order": ("Thứ tự", "Order"),
    "book.learners_gained": ("Người học thêm (ước tính)", "Learners gained (estimated)"),
    "book.cumulative": ("Cộng dồn", "Cumulative"),
    "book.longitude": ("Kinh độ", "Longitude"),
    "book.latitude": ("Vĩ độ", "Latitude"),
    "book.source_file": ("Tệp nguồn", "Source file"),
    "book.contents": ("Nội dung", "Contents"),
    "source.samples": ("Mẫu đo sóng", "Signal samples"),
    "source.neighbours": ("Ô lân cận", "Neighbour cells"),
    "source.communes": ("Ranh giới xã", "Communes"),
    "source.communes_before": ("Xã trước sắp xếp", "Communes before"),
    "source.crosswalk": ("Bảng sáp nhập xã", "Table of mergers"),
    "source.throughput": ("Phép thử tốc độ", "Tests of throughput"),
    "source.households": ("Hộ có người học", "Households"),
    "source.learners": ("Danh sách học sinh", "Rosters of learners"),
    "source.declared": ("Số trường, xã khai", "Declared totals"),
    "source.schools": ("Trường", "Schools"),
    "source.hamlets": ("Thôn, ấp", "Hamlets"),
    "source.sites": ("Trạm BTS", "Sites"),
    "source.cells": ("Danh sách ô", "Cells"),
    "source.declared_coverage": ("Vùng khai báo có sóng", "Declared coverage"),
    "source.roads": ("Đường giao thông", "Roads"),
    "source.power_lines": ("Đường dây điện", "Power lines"),
    "source.forest": ("Rừng", "Forest"),
    "source.water": ("Mặt nước", "Water"),
    "source.fibre": ("Cáp quang", "Fibre"),
    "book.rows_read": ("Dòng đọc", "Rows read"),
    "book.accepted": ("Dòng nhận", "Accepted"),
    "book.rejected": ("Dòng loại", "Rejected"),
    "book.rejects": ("Dòng bị loại, theo phép kiểm", "Rows rejected, by check"),
    "book.flags": ("Dòng được giữ, nhưng cần biết", "Rows kept, but to be known"),
    "book.check": ("Mã phép kiểm", "Code of the check"),
    "book.count": ("Số dòng", "Rows"),
    "book.remedy": ("Ý nghĩa, cách sửa", "Meaning and remedy"),
    "book.page": ("Trang", "Page"),
}  # fmt: skip
