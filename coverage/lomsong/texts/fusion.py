"""Faults of services over several layers, and of declared coverage."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.fusion_no_threshold": (
        "dịch vụ {service}: chưa có ngưỡng cho công nghệ nào; ghi ít nhất một ngưỡng, như 4G = -110 dBm",
        "service {service}: no technology has a threshold; give at least one, such as 4G = -110 dBm",
    ),
    "fault.survey_technologies": (
        "survey.technologies: {value} không có RSRP; chỉ dùng: {known}",
        "survey.technologies: {value} has no RSRP; use only: {known}",
    ),
    "fault.fusion_no_layer": (
        "dịch vụ {service}: không có mẫu đo nào thuộc công nghệ {known}; thêm mẫu đo hoặc ngưỡng cho công nghệ đã đo",
        "service {service}: no sample is of technology {known}; add samples, or a threshold for what was measured",
    ),
    "fault.fusion_layers_differ": (
        "các lớp phải của cùng một nhà mạng và cùng hệ toạ độ, không phải {operators}; ghép riêng từng nhà mạng",
        "layers must be of one operator and one CRS, not of {operators}; fuse each operator by itself",
    ),
    "fault.fusion_fitted": (
        "mặt dịch vụ ghép từ các lớp đã ước lượng; tạo lại bằng ServiceSurface.of(...) thay vì gọi fit",
        "a service's surface is made of fitted layers; make it anew with ServiceSurface.of(...) instead of fit",
    ),
    "fault.fusion_not_metric": (
        "mẫu đo chưa ở hệ toạ độ tính bằng mét trên mặt đất; chuyển bằng samples.to_crs(...) trước khi tách lớp",
        "samples: no CRS in metres on the ground; convert them with samples.to_crs(...) before parting them into "
        "layers",
    ),
    "fault.fusion_places": (
        "các điểm này do một mặt khác xác định; gọi locate() của chính mặt dịch vụ này",
        "places: located by another surface; use locate() of this service's own surface",
    ),
    "fault.claims_operator": (
        "{file}: vùng phủ sóng khai báo không có cột nhà mạng (có: {found}); thêm cột operator",
        "{file}: declared coverage without a column of operators (found: {found}); add the column operator",
    ),
    "fault.declared_areas_no_operator": (
        "vùng phủ sóng khai báo phải là GeoDataFrame có cột operator; thêm cột này",
        "declared coverage: a GeoDataFrame with the column operator is needed; add the column",
    ),
    "fault.declared_other_length": (
        "khai báo có {given} giá trị cho {needed} điểm, hoặc thiếu độ tin cậy; cho mỗi điểm một giá trị và độ tin cậy",
        "declared: {given} values for {needed} places, or no credibility; give one for each place, and a credibility",
    ),
}
