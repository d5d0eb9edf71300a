"""Sentences of towers: cost sheets, backhaul, worlds, phases, and the verb that plans them."""

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
        "{places} điểm, {learners} số học sinh, {shares} xác suất; ba danh sách phải dài bằng nhau",
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
        "chỉ nêu một trong --sites, --budget và --cover", "give only one of --sites, --budget and --cover",
    ),
    "towers.title": ("Trạm đề xuất", "Proposed towers"),
    "towers.order": ("STT", "No."),
    "towers.candidate_id": ("Vị trí", "Position"),
    "towers.gained": ("Học sinh thêm", "Learners gained"),
    "towers.only_it": ("Chỉ trạm này", "Only it"),
    "towers.azimuths": ("Phương vị (°)", "Azimuths (°)"),
    "towers.power": ("Điện", "Power"),
    "towers.power.existing": ("có sẵn", "existing"),
    "towers.power.grid": ("lưới", "grid"),
    "towers.power.solar": ("mặt trời", "solar"),
    "towers.capital": ("Vốn (triệu đ)", "Capital (million VND)"),
    "towers.substitute": ("Thay thế", "Substitute"),
    "towers.year": ("Năm", "Year"),
    "towers.summary": (
        "{sites} trạm kết nối thêm {gain} học sinh (khoảng 90 %: {low}–{high}) trong {unconnected} em chưa có sóng; "
        "không phương án nào cùng điều kiện vượt {bound} (chênh {gap} %)",
        "{sites} sites connect {gain} more learners (90 % interval {low}–{high}) of {unconnected} without signal; "
        "no plan under the same conditions exceeds {bound} (gap {gap} %)",
    ),
    "towers.summary_cover": (
        "{sites} trạm, vốn {cost} triệu đồng, phủ {share} % số học sinh chưa có sóng mà mọi vị trí có thể phủ; "
        "không phương án nào rẻ hơn {bound} triệu đồng (chênh {gap} %)",
        "{sites} sites for {cost} million VND reach {share} % of the unconnected learners whom any position reaches; "
        "no plan costs less than {bound} million VND (gap {gap} %)",
    ),
    "towers.repaired": (
        "Phương án phải sửa để mọi trạm có đường truyền dẫn, mất {price} học sinh; cận trên vẫn đúng nhưng bớt chặt",
        "The plan was mended so that every site has backhaul, which costs {price} learners; the bound holds but is "
        "weaker",
    ),
    "towers.price_title": ("Giá của từng ràng buộc", "Price of each constraint"),
    "towers.price_of": ("Nếu…", "If…"),
    "towers.price_learners": ("Học sinh", "Learners"),
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
        "Ngưỡng {usable} dBm: phương án kết nối {learners} học sinh, phương án tốt nhất {best}",
        "Threshold {usable} dBm: the plan connects {learners} learners, the best plan {best}",
    ),
    "towers.none": (
        "Không trạm nào: không còn học sinh chưa có sóng trong tầm các vị trí",
        "No sites: no learners without signal within reach of any position",
    ),
    "towers.unverified": (
        "Chi phí là số mặc định chưa kiểm chứng; thay bằng đơn giá của tỉnh",
        "Costs are unverified defaults; put in the prices of the province",
    ),
}  # fmt: skip
