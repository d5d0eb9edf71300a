"""Sentences of towers: settings, cost sheets, backhaul, worlds, phases, the verb that plans them, and their cards."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.reach_rows": (
        "levels có {levels} dòng nhưng needed có {needed}; mỗi điểm nhu cầu một dòng trong cả hai",
        "levels has {levels} rows, needed {needed}; give a row a place in both",
    ),
    "fault.worlds_builder": (
        "nhà mạng xây dựng {builder} không có số đo; các nhà mạng: {known}",
        "builder {builder} is none of the operators measured: {known}",
    ),
    "fault.worlds_none": (
        "{count} kịch bản của {operators} nhà mạng; cần ít nhất một kịch bản và một nhà mạng",
        "{count} worlds of {operators} operators; ask for at least one of each",
    ),
    "fault.worlds_rows": (
        "{places} điểm, {learners} số người học, {shares} xác suất; ba danh sách phải dài bằng nhau",
        "{places} places, {learners} numbers of learners, {shares} probabilities; all must be of one length",
    ),
    "fault.costs_missing": (
        "không thấy bảng chi phí {file}; kiểm tra đường dẫn hoặc để trống để dùng bảng mặc định",
        "cost sheet {file} is not there; check the path, or leave it empty for the default sheet",
    ),
    "fault.costs_unreadable": (
        "không đọc được bảng chi phí {file}: {reason}; tệp phải là TOML mã UTF-8",
        "cost sheet {file} cannot be read: {reason}; it must be TOML in UTF-8",
    ),
    "fault.costs": ("bảng chi phí {file}: {faults}", "cost sheet {file}: {faults}"),
    "costs.unknown": (
        "không có khoản mục {item}; xem các khoản mục trong bảng mặc định costs.toml",
        "no item is called {item}; see the default sheet costs.toml for all items",
    ),
    "costs.value": (
        "{item}: value = {value}; đưa số không âm (số năm, giờ nắng phải lớn hơn 0)",
        "{item}: value = {value}; give a number that is not negative (years and sun hours above 0)",
    ),
    "costs.unit": (
        "{item}: unit = {value}, bảng này tính bằng {unit}; đổi số ra đơn vị đó rồi bỏ dòng unit",
        "{item}: unit = {value}, but the sheet counts in {unit}; convert the number to that and leave unit out",
    ),
    "costs.share": (
        "{item}: value = {value} không phải tỷ lệ; đưa số từ 0 đến 1, ví dụ 0.12 cho 12 %",
        "{item}: value = {value} is no share; give a number from 0 to 1, such as 0.12 for 12 %",
    ),
    "costs.source": (
        "{item}: chưa ghi nguồn; thêm source nói số này lấy từ đâu",
        "{item}: no source; add source and say where the number is from",
    ),
    "fault.costs_count": (
        "{sectors} sector, {operators} nhà mạng; mỗi số phải từ 1 trở lên",
        "{sectors} sectors, {operators} operators; each must be 1 or more",
    ),
    "fault.costs_shape": (
        "hops cỡ {hops}, fibre_km cỡ {fibre}; cần ({candidates},) theo số ứng viên",
        "hops has shape {hops}, fibre_km {fibre}; the candidates ask for ({candidates},)",
    ),
    "fault.backhaul_limits": (
        "chặng dài nhất {hop} km, tần số {frequency} GHz; cả hai phải lớn hơn 0",
        "longest hop {hop} km, frequency {frequency} GHz; both must be above 0",
    ),
    "fault.backhaul_no_way": (
        "ứng viên {candidate} không có đường truyền dẫn qua các trạm này; thêm trạm chuyển tiếp",
        "candidate {candidate} has no way out through these sites; add a relay",
    ),
    "fault.phases": (
        "{sites} trạm và {budget} triệu đồng mỗi năm; các số không được âm",
        "{sites} sites and {budget} million VND a year; neither may be negative",
    ),
    "fault.prices_shape": (
        "mặt nạ của một ràng buộc khác cỡ với {candidates} ứng viên",
        "the mask of a constraint is of another shape than the {candidates} candidates",
    ),
    "fault.towers_communes": (
        "không có xã mang mã {codes}; kiểm tra mã và kỳ địa giới",
        "no commune has code {codes}; check code and vintage",
    ),
    "fault.towers_wish": (
        "chỉ nêu một trong siting.budget và siting.cover (--sites, --budget, --cover)",
        "give only one of siting.budget and siting.cover (--sites, --budget, --cover)",
    ),
    "fault.towers_builders": (
        "siting.operator = {operator} và siting.operator_sites loại trừ nhau; chỉ giữ một",
        "siting.operator = {operator} and siting.operator_sites exclude each other; keep one",
    ),
    "fault.towers_position_unknown": (
        "siting.{key}: không có vị trí ứng viên {position}; xem mã trong sites.gpkg, hoặc đưa \"vĩ độ, kinh độ\"",
        "siting.{key}: no candidate {position}; see sites.gpkg for their names, or give \"latitude, longitude\"",
    ),
    "fault.towers_position_both": (
        "vị trí {position} vừa bắt buộc (required) vừa bị cấm (forbidden); chỉ giữ một trong hai",
        "position {position} is both required and forbidden; keep one of the two",
    ),
    "fault.towers_position_decided": (
        "vị trí {position} vừa đã quyết định (decided) vừa bắt buộc (required); trạm đã quyết định thì không tính là "
        "trạm mới: chỉ giữ một trong hai",
        "position {position} is both decided and required; a decided tower is none of the new ones: keep one of them",
    ),
    "fault.towers_positions_near": (
        "siting.required: {one} cách {other} {away} m, gần hơn siting.min_separation_m = {least}; bỏ bớt một vị trí "
        "hoặc giảm khoảng cách này",
        "siting.required: {one} stands {away} m from {other}, nearer than siting.min_separation_m = {least}; drop one "
        "of the two or lower that distance",
    ),
    "fault.towers_position_refused": (
        "siting.{key}: vị trí {position} không thể đặt trạm ({reasons}); đưa \"vĩ độ, kinh độ\" để giữ nó",
        "siting.{key}: no tower can stand at {position} ({reasons}); give \"latitude, longitude\" to insist",
    ),
    "fault.towers_position_off": (
        "vị trí {position} nằm ngoài bản đồ địa hình; viết vĩ độ trước, kinh độ sau, tính bằng độ",
        "position {position} lies outside the terrain; give latitude first, then longitude, in degrees",
    ),
    "fault.towers_required_lonely": (
        "siting.required: từ vị trí {position} không có đường truyền dẫn thông thoáng nào, kể cả qua trạm khác; tăng "
        "siting.max_hop_km, nâng cột hoặc đặt siting.backhaul = false",
        "siting.required: no clear way out leads from {position}, not even through other sites; raise "
        "siting.max_hop_km or the mast, or set siting.backhaul = false",
    ),
    "fault.backhaul_none_fits": (
        "không phương án nào vừa có truyền dẫn cho mọi trạm vừa giữ đủ các điều kiện; bớt điều kiện, tăng "
        "siting.max_hop_km hoặc đặt siting.backhaul = false",
        "no plan has backhaul for every site and keeps all that is asked; ask less, raise siting.max_hop_km, or set "
        "siting.backhaul = false",
    ),
    "setting.siting": ("Trạm đề xuất", "Proposed towers"),
    "setting.siting.sites": ("Số trạm mới nhiều nhất; 0: không lập.", "Most new towers; 0: none are planned."),
    "setting.siting.budget": (
        "Vốn nhiều nhất, triệu đồng; lớn hơn 0 thì giới hạn phương án thay cho sites.",
        "Most capital, million VND; above 0 it limits the plan instead of sites.",
    ),
    "setting.siting.cover": (
        "Tỷ lệ người học chưa có sóng (mà vị trí nào đó phủ được) cần kết nối với chi phí ít nhất; lớn hơn 0 thì "
        "thay cho sites.",
        "Share of the unconnected learners whom any position reaches to connect at least cost; above 0 it stands "
        "instead of sites.",
    ),
    "setting.siting.given_up": (
        "Tỷ lệ người học của phương án tốt nhất có thể bớt đi để rẻ hơn; không dùng cùng cover.",
        "Share of the learners of the best plan that may be given up for a cheaper one; not with cover.",
    ),
    "setting.siting.communes": (
        "Mã các xã có người học được tính; trống: tất cả.",
        "Codes of the communes whose learners count; empty: all.",
    ),
    "setting.siting.operator": ("Nhà mạng xây dựng; trống: chưa định.", "Who builds; empty: not decided."),
    "setting.siting.operators": ("Số nhà mạng dùng chung mỗi cột.", "How many operators share each mast."),
    "setting.siting.operator_sites": (
        "Số trạm nhiều nhất của từng nhà mạng; khi đó mỗi trạm được giao cho một nhà mạng.",
        "Most towers of each operator; each tower is then given a builder.",
    ),
    "setting.siting.height_m": ("Chiều cao cột.", "Height of the mast."),
    "setting.siting.heights_m": (
        "Các chiều cao để phương án chọn; trống: chỉ height_m.",
        "Heights of which a plan may choose; empty: height_m alone.",
    ),
    "setting.siting.eirp_dbm": (
        "EIRP của tín hiệu tham chiếu trên mỗi phần tử tài nguyên.",
        "EIRP of the reference signal per resource element, antenna gain included.",
    ),
    "setting.siting.frequency_mhz": ("Tần số.", "Frequency."),
    "setting.siting.bands_mhz": (
        "Các băng tần để phương án chọn; trống: chỉ frequency_mhz.",
        "Bands of which a plan may choose; empty: frequency_mhz alone.",
    ),
    "setting.siting.sectors": (
        "Số sector mỗi trạm; 1: phát đều mọi hướng.", "Sectors of each tower; 1: alike all around.",
    ),
    "setting.siting.beamwidth_deg": ("Độ rộng búp sóng nửa công suất.", "Half-power beamwidth of a sector."),
    "setting.siting.radius_m": ("Bán kính tính vùng phủ.", "Radius within which coverage is computed."),
    "setting.siting.spacing_m": (
        "Vị trí ứng viên được làm thưa, mỗi ô cạnh này một vị trí.",
        "Candidates are thinned to one in a square of this side.",
    ),
    "setting.siting.reached": (
        "Một điểm được phủ theo xác suất trên các kịch bản (worlds), hoặc khi mức thu còn dư fade_margin_db (margin).",
        "A place is reached with a probability over drawn worlds, or where the level keeps fade_margin_db (margin).",
    ),
    "setting.siting.fade_margin_db": ("Dự trữ pha-đinh.", "Margin against fading."),
    "setting.siting.worlds": ("Số kịch bản rút thăm.", "Worlds that are drawn."),
    "setting.siting.strata": (
        "Số mức mà các kịch bản của một điểm được gộp lại.", "Levels to which the worlds of a place are summed up.",
    ),
    "setting.siting.forbidden_forest": (
        "Loại rừng không đặt trạm (special_use, protection, production).",
        "Forest classes without towers (special_use, protection, production).",
    ),
    "setting.siting.max_road_m": (
        "Xa đường hơn thì không đề xuất.", "Farther than this from a road no tower is proposed.",
    ),
    "setting.siting.max_grid_m": (
        "Xa lưới điện hơn thì không đề xuất, và mọi trạm dùng điện lưới; 0: không giới hạn.",
        "Farther than this from the grid no tower is proposed, and all have grid power; 0: no limit.",
    ),
    "setting.siting.min_separation_m": (
        "Hai trạm mới không gần nhau hơn; 0: tùy ý.", "No two new towers stand nearer; 0: any.",
    ),
    "setting.siting.decided": (
        "Trạm chắc chắn sẽ xây (mã vị trí, hoặc \"vĩ độ, kinh độ\"); không tính là trạm mới, phần phủ của chúng "
        "không tính là kết quả.",
        "Towers that will be built anyway (candidates, or \"latitude, longitude\"): neither new nor counted as gain.",
    ),
    "setting.siting.required": (
        "Vị trí phải có trong phương án (mã vị trí, hoặc \"vĩ độ, kinh độ\").",
        "Positions that must be in the plan (candidates, or \"latitude, longitude\").",
    ),
    "setting.siting.forbidden": (
        "Vị trí không được chọn (mã vị trí, hoặc \"vĩ độ, kinh độ\": mọi vị trí trong nửa spacing_m).",
        "Positions that must not be (candidates, or \"latitude, longitude\": all within half of spacing_m).",
    ),
    "setting.siting.most_in_commune": (
        "Số trạm mới nhiều nhất trong một xã; 0: tùy ý.", "Most new towers in one commune; 0: any.",
    ),
    "setting.siting.least_share": (
        "Mã xã = tỷ lệ ít nhất người học chưa có sóng (phủ được) mà phương án kết nối.",
        "Code of a commune = least share of its reachable unconnected learners that a plan connects.",
    ),
    "setting.siting.backhaul": (
        "Mỗi trạm phải có đường truyền dẫn thông thoáng.", "Every tower must have a clear way out for its traffic.",
    ),
    "setting.siting.max_hop_km": ("Chặng vi ba dài nhất.", "Longest microwave hop."),
    "setting.siting.backhaul_ghz": ("Tần số vi ba, GHz.", "Frequency of microwave links, GHz."),
    "setting.siting.costs": (
        "Bảng chi phí (TOML), đường dẫn tính từ thư mục của tệp này; trống: bảng mặc định chưa kiểm chứng.",
        "Cost sheet (TOML), its path from the folder of this file; empty: the default, which is unverified.",
    ),
    "setting.siting.sites_a_year": ("Số trạm nhiều nhất mỗi năm; 0: tùy ý.", "Most towers a year; 0: any."),
    "setting.siting.budget_a_year": (
        "Vốn nhiều nhất mỗi năm, triệu đồng; 0: tùy ý.", "Most capital a year, million VND; 0: any.",
    ),
    "setting.siting.first_year": ("Năm đầu xây dựng.", "First year of building."),
    "setting.siting.time_limit_s": ("Thời gian tối đa để tìm phương án.", "Longest search for a plan."),
    "towers.title": ("Trạm đề xuất", "Proposed towers"),
    "towers.order": ("STT", "No."),
    "towers.candidate_id": ("Vị trí", "Position"),
    "towers.commune": ("Xã, phường", "Commune"),
    "towers.gained": ("Người học thêm", "Learners gained"),
    "towers.only_it": ("Chỉ trạm này", "Only it"),
    "towers.azimuths": ("Phương vị (°)", "Azimuths (°)"),
    "towers.power": ("Điện", "Power"),
    "towers.power.existing": ("có sẵn", "existing"),
    "towers.power.grid": ("lưới", "grid"),
    "towers.power.solar": ("mặt trời", "solar"),
    "towers.capital": ("Vốn (triệu đ)", "Capital (million VND)"),
    "towers.substitute": ("Thay thế", "Spare"),
    "towers.year": ("Năm", "Year"),
    "towers.summary": (
        "{sites} trạm kết nối thêm {gain} người học (khoảng 90 %: {low}–{high}) trong {unconnected} người chưa có "
        "sóng; không phương án nào cùng điều kiện vượt {bound} (chênh {gap} %)",
        "{sites} sites connect {gain} more learners (90 % interval {low}–{high}) of {unconnected} without signal; "
        "no plan under the same conditions exceeds {bound} (gap {gap} %)",
    ),
    "towers.summary_cover": (
        "{sites} trạm, vốn {cost} triệu đồng, phủ {share} % số người học chưa có sóng mà mọi vị trí có thể phủ; "
        "không phương án nào rẻ hơn {bound} triệu đồng (chênh {gap} %)",
        "{sites} sites for {cost} million VND reach {share} % of the unconnected learners whom any position reaches; "
        "no plan costs less than {bound} million VND (gap {gap} %)",
    ),
    "towers.repaired": (
        "Phương án phải sửa để mọi trạm có đường truyền dẫn, mất {price} người học; cận trên vẫn đúng nhưng bớt chặt",
        "The plan was mended so that every site has backhaul, which costs {price} learners; the bound holds but is "
        "weaker",
    ),
    "towers.repaired_cost": (
        "Phương án phải sửa để mọi trạm có đường truyền dẫn, thêm {price} triệu đồng; cận dưới vẫn đúng nhưng bớt chặt",
        "The plan was mended so that every site has backhaul, which costs {price} million VND more; the bound holds "
        "but is weaker",
    ),
    "towers.price_title": ("Giá của từng ràng buộc", "Price of each constraint"),
    "towers.price_of": ("Nếu…", "If…"),
    "towers.price_learners": ("Người học", "Learners"),
    "towers.price_change": ("Thay đổi", "Change"),
    "towers.constraint.as_asked": ("giữ mọi ràng buộc", "all constraints hold"),
    "towers.constraint.forest": ("cho phép trong rừng bị cấm", "forbidden forest were allowed"),
    "towers.constraint.road": ("bỏ giới hạn cách đường", "the limit to a road were lifted"),
    "towers.constraint.forest_and_road": (
        "bỏ cả hai giới hạn rừng và đường", "both forest and road limits were lifted",
    ),
    "towers.constraint.grid_limit": ("bỏ giới hạn cách lưới điện", "the limit to the grid were lifted"),
    "towers.constraint.grid_required": (
        "bắt buộc có lưới điện trong {km} km", "grid power within {km} km were required",
    ),
    "towers.constraint.backhaul": ("không đòi truyền dẫn", "no backhaul were asked"),
    "towers.robust": (
        "Nếu biết trước thực tế, phương án tốt nhất hơn {mean} % (xấu nhất {worst} %) trong {worlds} kịch bản",
        "Had the truth been known, the best plan would gain {mean} % more (at worst {worst} %) over {worlds} worlds",
    ),
    "towers.threshold": (
        "Ngưỡng {usable} dBm: phương án kết nối {learners} người học, phương án tốt nhất {best}",
        "Threshold {usable} dBm: the plan connects {learners} learners, the best plan {best}",
    ),
    "towers.none": (
        "Không trạm nào: không vị trí nào được phép, và vừa ngân sách nếu có, đem sóng đến thêm cho người học",
        "No sites: no position that is allowed, and that the budget pays for where there is one, serves more learners",
    ),
    "towers.unverified": (
        "Chi phí tính theo đơn giá mặc định chưa kiểm chứng; thay bằng đơn giá của tỉnh",
        "Costs come from unverified default prices; put in those of the province",
    ),
    "towers.unverified_part": (
        "Chi phí còn tính theo {usual} trong {every} đơn giá mặc định chưa kiểm chứng; thay bằng đơn giá của tỉnh",
        "Costs still rest on {usual} of {every} prices that are unverified defaults; put in those of the province",
    ),
    "towers.forest_unknown": (
        "Không có lớp rừng nên chưa loại được vị trí nằm trong loại rừng không được đặt trạm; xem lại từng vị trí",
        "No layer of forest was given, so that no site could be kept out of forest where none may stand; look at each",
    ),
    "towers.saving": (
        "Dùng chung cột: để mỗi nhà mạng phủ {share} % người học mình chưa phủ (mà vị trí nào đó phủ được), làm riêng "
        "cần {alone} trạm, {cost} triệu đồng; dùng chung {together} trạm ({shared} cột chung), {joint} triệu đồng; "
        "tiết kiệm {saving} triệu đồng (theo cận: {low}–{high})",
        "Sharing masts: for each operator to reach {share} % of the learners whom it does not reach (and some position "
        "would), it takes {alone} sites and {cost} million VND apart, {together} sites ({shared} shared masts) and "
        "{joint} million VND together; saving {saving} million VND (by the bounds: {low}–{high})",
    ),
    "towers.cost_curve": ("Chi phí ít nhất theo tỷ lệ phủ", "Least cost by share reached"),
    "towers.gain_curve": ("Người học kết nối theo số trạm", "Learners connected by number of sites"),
    "towers.curve_sites": ("Số trạm", "Sites"),
    "towers.curve_bound": ("Cận", "Bound"),
    "towers.curve_share": ("Tỷ lệ (%)", "Share (%)"),
    "towers.unreached_title": (
        "Người học còn lại chưa có sóng, và vì sao", "Learners who remain without signal, and why",
    ),
    "towers.unreached_commune": ("Xã", "Commune"),
    "towers.why.no_ground": ("không vị trí nào phủ tới", "no position reaches them"),
    "towers.why.refused": ("chỉ vị trí bị từ chối phủ tới", "only refused positions reach them"),
    "towers.why.plan_too_small": (
        "có vị trí phủ tới nhưng không được chọn", "a position reaches them but is not chosen",
    ),
    "towers.refused": (
        "Vị trí bị từ chối: {count} ({reasons})", "Positions refused: {count} ({reasons})",
    ),
    "towers.reason.outside_territory": ("ngoài địa bàn", "outside the territory"),
    "towers.reason.water": ("mặt nước", "water"),
    "towers.reason.forest": ("rừng bị cấm", "forbidden forest"),
    "towers.reason.steep": ("dốc quá", "too steep"),
    "towers.reason.far_from_road": ("xa đường", "far from a road"),
    "towers.reason.far_from_grid": ("xa lưới điện", "far from the grid"),
    "card.book": ("Phiếu trạm đề xuất", "Cards of proposed sites"),
    "card.list": ("Danh sách", "List"),
    "card.title": ("Trạm {order} – {position}", "Site {order} – {position}"),
    "card.place": ("Vị trí", "Place"),
    "card.equipment": ("Thiết bị", "Equipment"),
    "card.learners": ("Người học", "Learners"),
    "card.supply": ("Điện và truyền dẫn", "Power and backhaul"),
    "card.costs": ("Chi phí và tiến độ", "Cost and schedule"),
    "card.notes": ("Ghi chú hiện trường", "Notes on the ground"),
    "card.commune": ("Xã", "Commune"),
    "card.latitude": ("Vĩ độ WGS84 (°)", "Latitude, WGS84 (°)"),
    "card.longitude": ("Kinh độ WGS84 (°)", "Longitude, WGS84 (°)"),
    "card.easting": ("Tọa độ Đông (m), {crs}", "Easting (m), {crs}"),
    "card.northing": ("Tọa độ Bắc (m), {crs}", "Northing (m), {crs}"),
    "card.kind": ("Loại vị trí", "Kind of position"),
    "card.kind.existing": ("cột có sẵn", "existing mast"),
    "card.kind.given": ("do người lập phương án nêu", "named by the planner"),
    "card.kind.summit": ("đỉnh", "summit"),
    "card.kind.shoulder": ("vai đồi", "shoulder"),
    "card.kind.roadside": ("ven đường", "roadside"),
    "card.kind.hamlet": ("trong ấp, thôn", "in a hamlet"),
    "card.existing_structure": ("Công trình có sẵn", "Existing structure"),
    "card.ground_m": ("Cao độ đất (m)", "Ground height (m)"),
    "card.slope_deg": ("Độ dốc (°)", "Slope (°)"),
    "card.land_class": ("Loại đất", "Land"),
    "card.land.water": ("mặt nước", "water"),
    "card.land.built": ("đất xây dựng", "built up"),
    "card.land.trees": ("cây", "trees"),
    "card.land.open": ("đất trống", "open"),
    "card.forest_class": ("Loại rừng", "Forest"),
    "card.road_km": ("Cách đường (km)", "To a road (km)"),
    "card.grid_km": ("Cách lưới điện (km)", "To the grid (km)"),
    "card.operator": ("Nhà mạng xây dựng", "Built by"),
    "card.operator_open": ("chưa định", "not decided"),
    "card.operators": ("Số nhà mạng dùng chung", "Operators sharing it"),
    "card.height_m": ("Chiều cao cột (m)", "Mast height (m)"),
    "card.frequency_mhz": ("Băng tần (MHz)", "Band (MHz)"),
    "card.azimuths": ("Phương vị các sector (°)", "Azimuths of sectors (°)"),
    "card.azimuths_none": ("phát đều mọi hướng", "alike all around"),
    "card.eirp_dbm": ("EIRP tín hiệu tham chiếu (dBm)", "EIRP of the reference signal (dBm)"),
    "card.learners_gained": ("Người học kết nối thêm, sau các trạm trước", "Learners gained, after the sites before"),
    "card.learners_reached": ("Người học chưa có sóng mà trạm phủ tới", "Learners without signal whom it reaches"),
    "card.only_it": ("Trong đó chỉ trạm này phủ tới", "Of these, whom only it reaches"),
    "card.hamlets": ("Ấp, thôn có thêm sóng", "Hamlets newly served"),
    "card.schools": ("Trường có thêm sóng", "Schools newly served"),
    "card.substitute": ("Vị trí thay thế tốt nhất", "Best substitute"),
    "card.substitute_loss": ("Người học mất nếu thay", "Learners lost with it"),
    "card.power": ("Nguồn điện", "Power"),
    "card.line_km": ("Kéo thêm đường dây (km)", "Line to build (km)"),
    "card.backhaul": ("Truyền dẫn", "Backhaul"),
    "card.backhaul.existing": ("có sẵn", "existing"),
    "card.backhaul.microwave": ("vi ba", "microwave"),
    "card.backhaul.fibre": ("cáp quang", "fibre"),
    "card.backhaul.none": ("chưa có đường", "no way known"),
    "card.backhaul_target": ("Tới", "To"),
    "card.backhaul_via": ("Qua trạm", "By way of"),
    "card.backhaul_hop_km": ("Chặng thông thoáng (km)", "Clear hop (km)"),
    "card.fibre_km": ("Cáp quang, đường thẳng (km)", "Fibre, in a straight line (km)"),
    "card.tower_cost": ("Cột và móng (triệu đồng)", "Mast and foundation (million VND)"),
    "card.radio_cost": ("Thiết bị vô tuyến (triệu đồng)", "Radio (million VND)"),
    "card.power_cost": ("Vốn nguồn điện (triệu đồng)", "Power supply (million VND)"),
    "card.road_cost": ("Làm đường vào (triệu đồng)", "Track (million VND)"),
    "card.backhaul_cost": ("Vốn truyền dẫn (triệu đồng)", "Backhaul links (million VND)"),
    "card.capital": ("Tổng vốn (triệu đồng)", "Capital (million VND)"),
    "card.running": ("Vận hành mỗi năm (triệu đồng)", "Running, a year (million VND)"),
    "card.present_value": (
        "Giá trị hiện tại của tổng chi phí (triệu đồng)", "Present value of all costs (million VND)",
    ),
    "card.year": ("Năm xây dựng", "Year of building"),
}  # fmt: skip
