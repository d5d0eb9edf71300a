"""Faults of frames: columns, limits, coordinate reference systems."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.frame": ("{where}: {faults}", "{where}: {faults}"),
    "frame.missing": (
        "thiếu cột {columns} (các cột có: {found})", "column {columns} missing (found: {found})",
    ),
    "frame.no_geometry": (
        "không có hình; đưa vào GeoDataFrame gồm {geometry}", "no geometry; give a GeoDataFrame of {geometry}",
    ),
    "frame.empty": (
        "{count} dòng không có {column} (đầu tiên: dòng {row})", "{count} rows have no {column} (first: row {row})",
    ),
    "frame.kind": ("{column} phải là số, không phải {kind}", "{column} must be numbers, not {kind}"),
    "frame.outside": (
        "{count} dòng có {column} ngoài {low}…{high} (đầu tiên: dòng {row}, {value})",
        "{count} rows have {column} outside {low}…{high} (first: row {row}, {value})",
    ),
    "frame.whole": (
        "{count} dòng có {column} không phải số nguyên (đầu tiên: dòng {row}, {value})",
        "{count} rows have a {column} that is no whole number (first: row {row}, {value})",
    ),
    "frame.choice": (
        "{count} dòng có {column} lạ (đầu tiên: dòng {row}, {value}); cho phép: {known}",
        "{count} rows have an unknown {column} (first: row {row}, {value}); known: {known}",
    ),
    "fault.geo_no_points": (
        "lớp có đối tượng không phải là điểm; lấy .centroid hoặc .representative_point() trước",
        "some geometries of the layer are no points; take .centroid or .representative_point() first",
    ),
    "fault.crs_missing": (
        "{where}: lớp không ghi hệ toạ độ; gán trước khi lưu (QGIS: Layer > Set CRS; WGS84 là EPSG:4326, VN-2000 múi "
        "của Đồng Nai là EPSG:5899)",
        "{where}: the layer does not say its coordinate reference system; set it before saving (in QGIS: Layer > Set "
        "CRS; WGS84 is EPSG:4326, Đồng Nai's VN-2000 zone is EPSG:5899)",
    ),
    "fault.crs_no_metres": (
        "{where}: hệ toạ độ {crs} không tính bằng mét trên mặt đất; đổi trước bằng {where}.to_crs(...) sang hệ chiếu, "
        "như EPSG:5899",
        "{where}: CRS {crs} is not in metres on the ground; convert it with {where}.to_crs(...) to a projected one "
        "such as EPSG:5899",
    ),
    "fault.crs_unknown": (
        "run.metric_crs = {wanted} không phải hệ toạ độ nào; ghi như EPSG:5899",
        "run.metric_crs = {wanted} is no known CRS; give one such as EPSG:5899",
    ),
    "fault.crs_not_metric": (
        "run.metric_crs = {wanted} không tính bằng mét trên mặt đất; ghi như EPSG:5899",
        "run.metric_crs = {wanted} is not in metres on the ground; give one such as EPSG:5899",
    ),
}  # fmt: skip
