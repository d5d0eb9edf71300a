"""Text for people, in Vietnamese and English, in one catalogue."""

from __future__ import annotations

from lomsong.errors import UsageError

LANGUAGES = ("vi", "en")

TEXTS: dict[str, tuple[str, str]] = {
    "usable": ("có sóng", "usable"),
    "weak": ("lõm sóng", "weak"),
    "none": ("trắng sóng", "no service"),
    "unsurveyed": ("chưa đo kiểm", "unsurveyed"),
    "measured": ("đo kiểm", "measured"),
    "modelled": ("mô hình", "modelled"),
    "declared": ("nhà mạng công bố", "declared"),
    # The map
    "map.usable": ("có sóng", "usable"),
    "map.weak": ("lõm sóng", "weak"),
    "map.none": ("trắng sóng", "no service"),
    "map.unsurveyed": ("chưa đo kiểm", "unsurveyed"),
    "map.modelled": ("ước tính", "estimated"),
    "map.measured": ("đo kiểm", "measured"),
    "map.proposed": ("đề xuất", "proposed"),
    "map.panel": ("Bảng điều khiển và xếp hạng", "Controls and ranking"),
    "map.map_label": ("Bản đồ", "Map"),
    "map.legend": ("Chú giải", "Legend"),
    "map.card": ("Thông tin chi tiết", "Details"),
    "map.operator": ("Nhà mạng", "Operator"),
    "map.operator_any": ("Bất kỳ", "Any"),
    "map.operator_all": ("Tất cả", "All"),
    "map.theme": ("Chuyên đề", "Theme"),
    "map.theme_unconnected": ("Chưa có sóng", "Unconnected"),
    "map.theme_share": ("Tỷ lệ (%)", "Share (%)"),
    "map.theme_level": ("Mức thu", "Signal level"),
    "map.theme_probability": ("Xác suất", "Probability"),
    "map.theme_survey": ("Đo kiểm", "Survey"),
    "map.theme_towers": ("Trạm đề xuất", "Towers"),
    "map.ranking": ("Xếp hạng xã", "Ranking of communes"),
    "map.ranking_caption": (
        "Các xã theo số người học chưa có sóng dùng được, kèm khoảng tin cậy 90%",
        "Communes by learners without usable signal, with 90% intervals",
    ),
    "map.filter": ("Tìm xã, phường", "Find a commune"),
    "map.filter_hint": ("Gõ tên, không cần dấu – ví dụ: ma da", "Type a name; accents are not needed"),
    "map.matches": ("{found} trên {all} xã, phường", "{found} of {all} communes"),
    "map.column_rank": ("Hạng", "Rank"),
    "map.column_name": ("Xã, phường", "Commune"),
    "map.column_value": ("Chưa có sóng", "Unconnected"),
    "map.column_share": ("Tỷ lệ", "Share"),
    "map.total_of": ("trên {learners} người học ({share})", "of {learners} learners ({share})"),
    "map.meaning_any": (
        "Số người học ước tính không có sóng dùng được (từ {level}\u00a0dBm) của bất kỳ mạng nào.",
        "Estimated learners without usable signal ({level}\u00a0dBm or more) of any operator.",
    ),
    "map.meaning_all": (
        "Số người học ước tính còn thiếu sóng dùng được (từ {level}\u00a0dBm) của ít nhất một mạng.",
        "Estimated learners who lack usable signal ({level}\u00a0dBm or more) of at least one operator.",
    ),
    "map.meaning_one": (
        "Số người học ước tính chưa có sóng dùng được (từ {level}\u00a0dBm) của {operator}.",
        "Estimated learners without usable signal ({level}\u00a0dBm or more) of {operator}.",
    ),
    "map.legend_unconnected": (
        "Người học chưa có sóng dùng được, theo xã", "Learners without usable signal, by commune",
    ),
    "map.legend_share": (
        "Tỷ lệ người học chưa có sóng dùng được, theo xã", "Share of learners without usable signal, by commune",
    ),
    "map.legend_level": ("Mức thu tín hiệu (RSRP, dBm)", "Signal level (RSRP, dBm)"),
    "map.legend_probability": ("Xác suất có sóng dùng được", "Probability of usable signal"),
    "map.legend_survey": ("Mức thu đo được (RSRP, dBm)", "Measured level (RSRP, dBm)"),
    "map.legend_towers": ("Trạm đề xuất và thứ tự ưu tiên", "Proposed towers in their order"),
    "map.for_operator": ("Nhà mạng: {operator}", "Operator: {operator}"),
    "map.under": ("dưới {value}", "under {value}"),
    "map.from": ("từ {value}", "{value} or more"),
    "map.between": ("{low} đến dưới {high}", "{low} to under {high}"),
    "map.mostly_unsurveyed": ("Quá nửa số người học chưa đo kiểm", "More than half of the learners unsurveyed"),
    "map.unsurveyed_place": ("Chưa đo kiểm", "Unsurveyed"),
    "map.usable_from": ("Dùng được từ {level}\u00a0dBm", "Usable from {level}\u00a0dBm"),
    "map.no_service": ("Không bắt được sóng", "No service found"),
    "map.tower_key": ("Trạm đề xuất, số là thứ tự", "Proposed tower, numbered in order"),
    "map.symbols": ("Ký hiệu và lớp nền", "Symbols and base layers"),
    "map.dot": (
        "Ô có từ {count} người học không có sóng của mạng nào",
        "Cell with {count} or more learners without any operator's signal",
    ),
    "map.school": ("Trường học", "School"),
    "map.hamlet": ("Ấp, thôn", "Hamlet"),
    "map.sites": ("Trạm hiện có", "Existing sites"),
    "map.forest": ("Rừng, khu bảo tồn", "Forest, reserve"),
    "map.water": ("Sông, hồ", "Water"),
    "map.roads": ("Đường bộ", "Roads"),
    "map.power_lines": ("Đường dây điện", "Power lines"),
    "map.here_level": ("Mức thu: {value}\u00a0dBm", "Level: {value}\u00a0dBm"),
    "map.here_probability": ("Xác suất có sóng: {value}", "Probability usable: {value}"),
    "map.tip_unconnected": ("Chưa có sóng: {value} người học", "Without signal: {value} learners"),
    "map.tip_share": ("{value} người học chưa có sóng", "{value} of learners without signal"),
    "map.rank_words": ("Hạng {rank} (90%: {range})", "Rank {rank} (90%: {range})"),
    "map.rank_value": ("{rank} (90%: {range})", "{rank} (90%: {range})"),
    "map.close": ("Đóng", "Close"),
    "map.back_to": ("← Về {name}", "← Back to {name}"),
    "map.no_figures": ("Chưa có số liệu của xã này.", "No figures for this commune."),
    "map.card_unconnected": (
        "người học chưa có sóng dùng được ({share})", "learners without usable signal ({share})",
    ),
    "map.card_interval": ("khoảng tin cậy 90%: {range}", "90% interval: {range}"),
    "map.by_operator": ("Chưa có sóng, theo nhà mạng", "Without signal, by operator"),
    "map.hamlets_of": ("Ấp, thôn ({count})", "Hamlets ({count})"),
    "map.schools_of": ("Trường chưa có sóng dùng được ({count})", "Schools without usable signal ({count})"),
    "map.pupils_count": ("{count} học sinh", "{count} pupils"),
    "map.column_unconnected": ("Chưa có sóng", "Unconnected"),
    "map.fact_rank": ("Thứ hạng", "Rank"),
    "map.fact_learners": ("Người học", "Learners"),
    "map.fact_unconnected": ("Chưa có sóng (ước tính)", "Without signal (estimated)"),
    "map.fact_unsurveyed": ("Người học chưa đo kiểm", "Learners unsurveyed"),
    "map.fact_schools": ("Trường chưa có sóng", "Schools without signal"),
    "map.fact_state": ("Tình trạng", "State"),
    "map.fact_grid": ("Điện lưới", "Grid power"),
    "map.fact_pupils": ("Học sinh", "Pupils"),
    "map.fact_probability": ("Xác suất có sóng", "Probability usable"),
    "map.fact_height": ("Chiều cao cột", "Mast height"),
    "map.fact_ground": ("Cao độ mặt đất", "Ground height"),
    "map.fact_forest": ("Loại rừng", "Forest"),
    "map.fact_road": ("Cách đường", "To a road"),
    "map.fact_power": ("Cách lưới điện", "To the grid"),
    "map.fact_position": ("Vĩ độ, kinh độ", "Latitude, longitude"),
    "map.grid_yes": ("có", "yes"),
    "map.grid_no": ("chưa có", "no"),
    "map.grid_unknown": ("chưa rõ", "unknown"),
    "map.grid_away": ("lưới điện {km}\u00a0km", "grid {km}\u00a0km"),
    "map.forest_special_use": ("rừng đặc dụng", "special-use forest"),
    "map.forest_protection": ("rừng phòng hộ", "protection forest"),
    "map.forest_production": ("rừng sản xuất", "production forest"),
    "map.forest_none": ("ngoài rừng", "outside forest"),
    "map.plan": ("Trạm đề xuất", "Proposed towers"),
    "map.plan_reached": (
        "{count} trạm đưa sóng dùng được đến thêm {learners} người học (ước tính).",
        "{count} towers reach {learners} more learners (estimated).",
    ),
    "map.plan_optimal": (
        "Trong số các vị trí ứng viên, không phương án nào cùng số trạm có số ước tính cao hơn.",
        "Among the candidate positions, no plan of as many towers has a higher estimate.",
    ),
    "map.plan_bound": (
        "Trong số các vị trí ứng viên, không phương án nào cùng số trạm có số ước tính vượt quá {bound} (chênh tối đa "
        "{gap}).",
        "Among the candidate positions, no plan of as many towers can have an estimate above {bound} (at most {gap} "
        "away).",
    ),
    "map.column_order": ("Trạm", "Tower"),
    "map.column_gained": ("Thêm", "Gained"),
    "map.column_cumulative": ("Cộng dồn", "Cumulative"),
    "map.column_obstacles": ("Vướng mắc", "Obstacles"),
    "map.tower_title": ("Trạm đề xuất {order}", "Proposed tower {order}"),
    "map.tower_gain": ("người học có thêm sóng dùng được (ước tính)", "learners gain usable signal (estimated)"),
    "map.tower_cumulative": ("cộng dồn đến trạm này: {count}", "together with those before: {count}"),
    "map.sheet_open": ("Xếp hạng, tùy chọn", "Ranking, options"),
    "map.sheet_close": ("Về bản đồ", "Back to the map"),
    "map.zoom_in": ("Phóng to", "Zoom in"),
    "map.zoom_out": ("Thu nhỏ", "Zoom out"),
    "map.uncertainty": (
        "Giá trị thật nằm trong khoảng đã nêu với xác suất 90%. Nơi chưa đo kiểm được gạch chéo, không tô màu.",
        "The true value lies within the interval with probability 90%. Unsurveyed places are hatched, not coloured.",
    ),
    "map.privacy": (
        "Không công bố vị trí nhà ở; số người dưới {below} được ghi là “<{below}”. Tổng số được làm tròn.",
        "No home is shown; counts of people under {below} read “<{below}”. Totals are rounded.",
    ),
    "map.credits": (
        "Bản đồ xem được khi không có mạng. Dựng bằng lomsong, Leaflet 1.9.4.",
        "This map works without a network. Made with lomsong, Leaflet 1.9.4.",
    ),
    # The workbook
    "book.summary": ("Tóm tắt", "Summary"),
    "book.ranking": ("Xếp hạng xã", "Communes"),
    "book.hamlets": ("Ấp", "Hamlets"),
    "book.schools": ("Trường", "Schools"),
    "book.towers": ("Trạm đề xuất", "Towers"),
    "book.quality": ("Dữ liệu", "Data"),
    "book.method": ("Phương pháp", "Method"),
    "book.ranking_note": (
        "Xếp theo số người học ước tính chưa có sóng dùng được; khoảng thấp – cao chứa giá trị thật với xác suất 90%.",
        "Ordered by estimated learners without usable signal; the true value lies in low – high with probability 90%.",
    ),
    "book.hamlets_note": ("Ấp, thôn và tình trạng sóng, điện lưới.", "Hamlets with their signal state and grid power."),
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
        "Số người từ 1 đến dưới {below} được ghi là “<{below}”; tổng số được làm tròn.",
        "Counts of people from 1 to under {below} read “<{below}”; totals are rounded.",
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
    "book.top": ("Mười xã cần ưu tiên", "Ten communes to put first"),
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
        "Mức thu ở nơi chưa đo được ước tính bằng kriging đơn giản cục bộ: từ {surface_neighbours} ô đo gần nhất, "
        "quanh một mức trung bình, kèm độ lệch chuẩn.",
        "The level where nobody measured is estimated by local simple kriging: from the {surface_neighbours} nearest "
        "measured squares, around a mean, with a standard deviation.",
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
        "Các xã xếp theo kỳ vọng từ cao đến thấp; hạng cao nhất và hạng thấp nhất là phân vị 5% và 95% của thứ hạng "
        "trong chính các lần mô phỏng ấy.",
        "Communes are ordered by the expectation, largest first; best and worst rank are the 5% and 95% quantiles of "
        "the rank in those same draws.",
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
    "book.settings": ("Thiết lập của lần chạy", "Settings of the run"),
    "book.setting": ("Thiết lập", "Setting"),
    "book.unconnected": ("Chưa có sóng (ước tính)", "Unconnected (estimated)"),
    "book.unconnected_all": ("Thiếu ít nhất một mạng", "Lacking at least one operator"),
    "book.unconnected_one": ("Chưa có sóng {operator}", "Unconnected, {operator}"),
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
    "book.rows_read": ("Dòng đọc", "Rows read"),
    "book.accepted": ("Dòng nhận", "Accepted"),
    "book.rejected": ("Dòng loại", "Rejected"),
    "book.check": ("Phép kiểm", "Check"),
    "book.count": ("Số dòng", "Rows"),
    "book.remedy": ("Ý nghĩa, cách sửa", "Meaning and remedy"),
    "book.page": ("Trang", "Page"),
    "stage.inputs": ("Kiểm tra tệp đầu vào", "Checking the input files"),
    "stage.evidence": ("Đọc số liệu", "Reading the evidence"),
    "stage.field": ("Ước tính mức thu từng nhà mạng", "Estimating each operator's level"),
    "stage.gaps": ("Xác định vùng lõm, xếp hạng xã", "Finding gaps, ranking communes"),
    "stage.signal": ("Lập bản đồ mức thu", "Mapping the level"),
    "stage.plan": ("Tìm vị trí trạm", "Planning towers"),
    "cli.writing": ("Ghi {name}", "Writing {name}"),
    "cli.first_communes": (
        "{count} xã có nhiều người học chưa có sóng nhất (khoảng 90 %)",
        "The {count} communes with most unconnected learners (90 % intervals)",
    ),
    "cli.rank": ("Hạng", "Rank"),
    "cli.commune": ("Xã", "Commune"),
    "cli.learners": ("Người học", "Learners"),
    "cli.unconnected": ("Chưa có sóng", "Unconnected"),
    "cli.interval": ("Khoảng 90 %", "90 % interval"),
    "cli.share": ("Tỷ lệ", "Share"),
    "cli.unmatched": (
        "{count} người học ở ngoài ranh giới mọi xã: không xếp hạng được, xem lại toạ độ.",
        "{count} learners lie outside every commune: not ranked; check their positions.",
    ),
    "cli.plan": (
        "{sites} trạm đề xuất đưa sóng đến khoảng {gained} người học (ước tính); trong các vị trí ứng viên không cách "
        "chọn nào vượt quá {bound} (chênh {gap} %).",
        "{sites} proposed towers reach an estimated {gained} learners; of the candidate positions no {sites} reach "
        "more than {bound} (gap {gap} %).",
    ),
}  # fmt: skip
"""Key to (Vietnamese, English)."""


def text(key: str, language: str, **values: object) -> str:
    """Return the text of ``key`` in ``language`` with ``values`` filled in as by :meth:`str.format`.

    Raises
    ------
    UsageError
        When the language is not one of :data:`LANGUAGES`.
    KeyError
        When the catalogue has no such key.
    """
    if language not in LANGUAGES:
        raise UsageError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def catalogue(prefix: str, language: str) -> dict[str, str]:
    """Return the unfilled texts whose keys start with ``prefix``, under the rest of the key.

    Raises
    ------
    UsageError
        When the language is not one of :data:`LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise UsageError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    index = LANGUAGES.index(language)
    return {key.removeprefix(prefix): texts[index] for key, texts in TEXTS.items() if key.startswith(prefix)}
