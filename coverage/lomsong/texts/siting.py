"""Sentences of the choice of sites: what was asked that cannot be meant, and what stands in its way."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.siting_positions": (
        "positions: cỡ {shape} hoặc giá trị không hữu hạn; đưa (số ứng viên, 2) tọa độ mét",
        "positions: shape {shape} or values that are not finite; give (candidates, 2) in metres",
    ),
    "fault.siting_separation": (
        "min_separation_m = {value}; đưa số mét lớn hơn 0", "min_separation_m = {value}; give metres above 0",
    ),
    "fault.siting_conflicts": (
        "conflicts: cỡ {given}, cần {needed}", "conflicts has shape {given}, the candidates ask for {needed}",
    ),
    "fault.siting_reach_finite": (
        "reach: có giá trị không hữu hạn; đặt khác 0 nơi ứng viên phủ được dòng nhu cầu",
        "reach holds values that are not finite; give non-zero where a candidate reaches a row",
    ),
    "fault.siting_reach_kind": (
        "reach: cần ma trận số cỡ (nhu cầu, ứng viên), không thiếu giá trị nào, không phải cỡ {shape}; đặt khác 0 nơi "
        "ứng viên phủ được dòng nhu cầu",
        "reach: give a matrix of numbers, shape (demand, candidates), none missing, not one of shape {shape}; non-zero "
        "where a candidate reaches a row",
    ),
    "fault.siting_shape": (
        "{name}: cỡ {given}, reach cần ({size},)", "{name} has shape {given}, reach asks for ({size},)",
    ),
    "fault.siting_negative": (
        "{name}: {count} giá trị âm, không hữu hạn hoặc không phải số (đầu tiên: dòng {first}, đếm từ 0, {value}); sửa "
        "hoặc bỏ các dòng này",
        "{name}: {count} values are negative, not finite or no numbers (first: row {first}, from 0, {value}); mend or "
        "drop them",
    ),
    "fault.siting_index": (
        "{name}: nêu ứng viên {index}, nhưng chỉ có {candidates} ứng viên, đánh số từ 0",
        "{name} names candidate {index} of {candidates}; they are counted from 0",
    ),
    "fault.siting_contradiction": (
        "ứng viên {index} vừa bắt buộc vừa đã có hoặc bị cấm; chỉ nêu một lần",
        "candidate {index} is both required and existing or forbidden; name it once",
    ),
    "fault.siting_conflict": (
        "ứng viên bắt buộc {one} xung đột với {other} (bắt buộc hoặc đã có); bỏ một trong hai",
        "required candidate {one} is in conflict with {other}, required or existing; drop one of them",
    ),
    "fault.siting_no_size": (
        "chưa có p lẫn budget; đưa ít nhất một trong hai", "neither p nor budget is given; give at least one of them",
    ),
    "fault.siting_p": (
        "p = {p} trạm, trong đó {required} bắt buộc; p phải là số nguyên từ 0 và đủ chỗ cho các trạm này",
        "p = {p} sites, {required} of them required; p must be a whole number from 0 and leave room for these",
    ),
    "fault.siting_budget": (
        "budget = {value}; đưa số không âm cùng với costs của từng ứng viên",
        "budget = {value}; give a number that is not negative, and costs of all candidates",
    ),
    "fault.siting_budget_required": (
        "budget = {budget} không đủ cho các trạm bắt buộc, tốn {cost}; tăng ngân sách hoặc bỏ bớt",
        "budget = {budget} does not pay for the required candidates, which cost {cost}; raise it or drop some",
    ),
    "fault.siting_time": (
        "time_limit_s = {value}; đưa số giây lớn hơn 0", "time_limit_s = {value}; give seconds above 0",
    ),
    "fault.siting_target": (
        "target = {value} không phải tỷ lệ; đưa số lớn hơn 0 và không quá 1",
        "target = {value} is no share; give a number above 0 and up to 1",
    ),
    "fault.siting_target_reach": (
        "target = {target} không đạt được: cả {candidates} ứng viên chỉ phủ {reached} trên {total} ({share}); "
        "dòng không ứng viên nào phủ: {rows}; hạ mục tiêu hoặc thêm ứng viên",
        "target = {target} cannot be met: all {candidates} candidates together reach {reached} of {total} ({share}); "
        "rows that none reaches: {rows}; lower the target or add candidates",
    ),
    "fault.siting_chosen": (
        "{name}: đưa chỉ số nguyên từ 0, hoặc mặt nạ đúng/sai dài {size}; đã nhận {given}",
        "{name}: give whole indices from 0, or a mask of length {size}; these were given: {given}",
    ),
    "fault.siting_quota_row": (
        "{name}: dòng {index} không có trong {candidates} dòng nhu cầu",
        "{name} names row {index} of {candidates}; they are counted from 0",
    ),
    "fault.siting_quota_count": (
        "site_quotas[{name}]: số trạm {value}; đưa số nguyên không âm",
        "site_quotas[{name}]: {value} sites; give a whole number that is not negative",
    ),
    "fault.siting_quota_share": (
        "demand_quotas[{name}]: least_share = {value}; đưa tỷ lệ từ 0 đến 1",
        "demand_quotas[{name}]: least_share = {value}; give a share from 0 to 1",
    ),
    "fault.siting_quota_twice": (
        "demand_quotas[{name}]: dòng {row} đã thuộc chỉ tiêu khác; mỗi dòng chỉ thuộc một chỉ tiêu",
        "demand_quotas[{name}]: row {row} stands in another quota too; a row may stand in one",
    ),
    "fault.siting_quota_reach": (
        "demand_quotas[{name}]: cần {need}, mọi ứng viên chỉ phủ {most}; dòng không ứng viên nào phủ: {rows}; "
        "hạ chỉ tiêu hoặc thêm ứng viên",
        "demand_quotas[{name}] asks for {need}, all candidates reach {most}; rows that none reaches: {rows}; "
        "lower the quota or add candidates",
    ),
    "fault.siting_quota_short": (
        "site_quotas[{name}]: cần ít nhất {least} trạm nhưng chỉ có {have} ứng viên được phép",
        "site_quotas[{name}] asks for {least} sites, but only {have} of its candidates are allowed",
    ),
    "fault.siting_quota_most": (
        "site_quotas[{name}]: nhiều nhất {most} trạm nhưng phải có {least}; nâng số nhiều nhất",
        "site_quotas[{name}] allows {most} sites, but {least} must stand; raise the most",
    ),
    "fault.siting_quota_p": (
        "site_quotas[{name}]: cần ít nhất {least} trạm nhưng p = {p}; tăng p hoặc hạ chỉ tiêu",
        "site_quotas[{name}] asks for {least} sites, but p = {p}; raise p or lower the quota",
    ),
    "fault.siting_infeasible": (
        "không phương án nào giữ được mọi giới hạn và chỉ tiêu cùng lúc (đã chứng minh); "
        "nới ngân sách, p, khoảng cách hoặc chỉ tiêu",
        "no plan keeps all limits and quotas at once, which is proven; "
        "ease the budget, p, the separation or a quota",
    ),
    "fault.siting_none_found": (
        "không tìm được phương án giữ mọi giới hạn trong {seconds} giây, cũng chưa chứng minh là không có; "
        "tăng time_limit_s hoặc nới một giới hạn",
        "no plan that keeps all limits was found in {seconds} s, nor was it proven that there is none; "
        "raise time_limit_s or ease a limit",
    ),
    "fault.siting_operators": (
        "reach có {reach} nhà mạng, weights {weights}, own_costs {costs}; ba danh sách phải dài bằng nhau",
        "reach holds {reach} operators, weights {weights}, own_costs {costs}; all must be of one length",
    ),
    "fault.siting_operator_width": (
        "reach của nhà mạng {operator} có {given} ứng viên, các nhà mạng khác {needed}; dùng cùng một danh sách",
        "reach of operator {operator} has {given} candidates, the others {needed}; use one list for all",
    ),
    "fault.siting_solve_first": (
        "{name} chỉ có sau khi gọi solve()", "{name} is there once solve() was called",
    ),
    "fault.siting_frame_column": (
        "{frame}: không có cột {column}; các cột: {columns}", "{frame} has no column {column}; it has {columns}",
    ),
    "fault.siting_frame_geometry": (
        "{frame}: cột {column} không chứa hình; nêu cột hình học",
        "{frame}: column {column} holds no geometries; name the geometry column",
    ),
    "fault.siting_frame_number": (
        "{frame}: cột {column} có {count} giá trị không phải số (đầu tiên: dòng {first}, đếm từ 0, {value}); sửa lại",
        "{frame}: column {column} holds {count} values that are no numbers (first: row {first}, from 0, {value}); "
        "mend them",
    ),
    "fault.siting_frame_empty": (
        "{frame}: cột {column} có {count} hình trống (đầu tiên: dòng {first}, đếm từ 0); sửa hoặc bỏ các dòng này",
        "{frame}: column {column} has {count} empty geometries (first: row {first}, from 0); mend or drop them",
    ),
    "fault.siting_frame_crs": (
        "hệ tọa độ không dùng được ({demand} và {facility}); đưa cả hai lớp về cùng một hệ tọa độ mét",
        "coordinate systems {demand} and {facility} will not do; project both layers to the same one in metres",
    ),
    "fault.siting_radius": (
        "service_radius = {value}; đưa số không âm", "service_radius = {value}; give a number that is not negative",
    ),
    "fault.siting_matrix": (
        "cost_matrix: cỡ {shape}; cần (số điểm nhu cầu, số ứng viên)",
        "cost_matrix has shape {shape}; give (demand, candidates)",
    ),
}  # fmt: skip
