"""Gap zones, points not reached, equity: headings, codes and faults."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.zones_rows": (
        "vùng lõm sóng: có {given} dòng tình trạng sóng nhưng {wanted} hộ, hoặc khác chỉ mục; tính lại từ chính bảng "
        "hộ này",
        "zones: {given} rows of signal states for {wanted} households, or another index; compute them from this very "
        "table of households",
    ),
    "fault.zones_draws": (
        "vùng lõm sóng: mô phỏng lập cho {given} khu vực, không phải cho {wanted} vùng này; mô phỏng lại với mã vùng "
        "của zone_ids",
        "zones: draws were made over {given} areas, not over these {wanted} zones; draw again with the codes of "
        "zone_ids",
    ),
    "fault.zones_least": (
        "vùng lõm sóng: least_learners = {value} nhỏ hơn {least}; vùng ít người học hơn sẽ để lộ từng nhà, hãy đặt từ "
        "{least} trở lên",
        "zones: least_learners = {value} lies below {least}; a zone of fewer learners would show single homes, give "
        "{least} or more",
    ),
    "fault.zones_clustering": (
        "vùng lõm sóng: link_m = {link}, square_m = {square}, gap_share = {share}; cần 0 < square_m ≤ link_m và "
        "0 < gap_share ≤ 1",
        "zones: link_m = {link}, square_m = {square}, gap_share = {share}; 0 < square_m ≤ link_m and "
        "0 < gap_share ≤ 1 are needed",
    ),
    "fault.zones_forest": (
        "forest: forest_class lạ hoặc trống: {found}; cho phép: {known}",
        "forest: unknown or missing forest_class: {found}; known: {known}",
    ),
    "fault.equity_shape": (
        "công bằng: {given} giá trị cho {wanted} nhóm; mỗi nhóm cần đúng một giá trị",
        "equity: {given} values for {wanted} groups; give one for each",
    ),
    "fault.equity_range": (
        "công bằng: {name} có giá trị {value}; cần số hữu hạn từ 0 trở lên, chưa có sóng không quá số người học",
        "equity: {name} holds {value}; numbers of 0 or more are needed, and no more unconnected than learners",
    ),
    "fault.equity_class": (
        "công bằng: nhóm {value} không có trong danh sách; cho phép: {known}",
        "equity: class {value} is not in the list; known: {known}",
    ),
    "fault.unreached_twice": (
        "điểm {value} có hai lần; mỗi thôn, ấp và trường cần một mã riêng",
        "point {value} is there twice; give every hamlet and school an identifier of its own",
    ),
    "obstacle.no_grid": ("chưa có điện lưới quốc gia", "no grid power"),
    "obstacle.reserve": ("trong rừng đặc dụng", "inside special-use forest"),
    "obstacle.no_road": ("xa đường giao thông", "no road near"),
    "obstacle.terrain": ("địa hình che khuất", "hidden by terrain"),
    "obstacle.far_from_site": ("xa trạm BTS", "far from any site"),
    "obstacle.nothing": (
        "không thấy vướng mắc về điện, rừng, đường, địa hình hay khoảng cách trạm",
        "nothing found in the way: grid, forest, road, terrain and sites allow it",
    ),
    "obstacle.not_checked": ("chưa đủ dữ liệu để xét: {codes}", "not checked for want of data: {codes}"),
    "body.power_company": ("ngành điện", "power company"),
    "body.forest_protection": ("cơ quan quản lý rừng", "forest protection authority"),
    "body.people_committee": ("Ủy ban nhân dân tỉnh, xã", "People's Committees of province and commune"),
    "body.operators": ("các nhà mạng", "operators"),
    "body.survey": ("đơn vị đo kiểm", "survey team"),
    "reach.reached": ("đã có sóng", "reached"),
    "reach.unreached": ("chưa có sóng", "not reached"),
    "reach.homes": ("chưa có sóng (xét theo nhà ở)", "not reached (at its homes)"),
    "reach.unknown": ("cần đo kiểm", "to be measured"),
    "point.hamlet": ("thôn, ấp", "hamlet"),
    "point.school": ("trường học", "school"),
    "point.zone": ("vùng lõm sóng ngoài thôn, ấp đã nêu", "gap zone outside the hamlets listed"),
    "zones.zone_id": ("Mã vùng", "Zone"),
    "zones.name": ("Tên vùng", "Name"),
    "zones.commune": ("Xã, phường", "Commune"),
    "zones.learners": ("Người học", "Learners"),
    "zones.unconnected": ("Chưa có sóng", "Unconnected"),
    "zones.unsurveyed": ("Chưa đo kiểm", "Unsurveyed learners"),
    "zones.households": ("Số hộ", "Households"),
    "zones.schools": ("Số trường", "Schools"),
    "zones.schools_without_signal": ("Trường chưa có sóng", "Schools without signal"),
    "zones.grid_power": ("Điện lưới quốc gia", "Grid power"),
    "zones.grid_km": ("Cách đường dây điện (km)", "Power line (km)"),
    "zones.road_km": ("Cách đường giao thông (km)", "Road (km)"),
    "zones.forest_class": ("Loại rừng", "Forest class"),
    "zones.special_use_share": ("Tỷ lệ diện tích rừng đặc dụng", "Share in special-use forest"),
    "zones.site": ("Trạm gần nhất của {operator}", "Nearest site of {operator}"),
    "zones.site_km": ("Cách trạm {operator} gần nhất (km)", "Nearest site of {operator} (km)"),
    "zones.obstacles": ("Vướng mắc", "What is in the way"),
    "zones.bodies": ("Đơn vị chịu trách nhiệm", "Who answers for it"),
    "equity.lorenz": ("Đường cong Lorenz", "Lorenz curve"),
    "equity.gini": ("Hệ số Gini", "Gini coefficient"),
    "equity.concentration": ("Chỉ số tập trung", "Concentration index"),
    "equity.erreygers": ("Chỉ số tập trung hiệu chỉnh Erreygers", "Concentration index as corrected by Erreygers"),
    "equity.poverty": ("Diện hộ, từ nghèo đến không nghèo", "Category of household, poorest first"),
    "equity.ethnicity": ("Nhóm dân tộc", "Ethnicity class"),
    "equity.remoteness": ("Độ xa, từ gần đến xa", "Remoteness, nearest first"),
    "equity.grid_power": ("Điện lưới quốc gia", "Grid power"),
    "equity.rate_ratio": ("Tỷ số so với nhóm gốc", "Ratio to the reference class"),
}  # fmt: skip
