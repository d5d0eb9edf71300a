"""Sentences of the field: what a survey or a place lacks to be estimated."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.field_floors": (
        "floors_dbm: có cỡ {given} cho {samples} mẫu; mỗi mẫu cần một giá trị",
        "floors_dbm: shape {given} for {samples} samples; give one for each",
    ),
    "fault.field_no_sample": (
        "samples: trong {samples} mẫu không mẫu nào có vị trí và mức thu hợp lệ; kiểm tra hai cột này",
        "samples: of {samples} none has a place and a finite level; check both columns",
    ),
    "fault.field_nothing_kept": (
        "kept: không giữ lại số đo nào; giữ ít nhất một số đo", "kept: no reading is kept; keep at least one",
    ),
    "fault.field_degrees": (
        "points: tọa độ có vẻ là độ; đưa tọa độ mét theo {crs}",
        "points: these look like degrees; give metres of {crs}",
    ),
    "fault.field_no_frame_of_points": (
        "points: cần GeoDataFrame gồm các điểm, hoặc tọa độ đông và bắc bằng mét cỡ (n, 2), không phải {kind} cỡ "
        "{shape}",
        "points: give a GeoDataFrame of points, or easting and northing in metres, shape (n, 2), not {kind} of shape "
        "{shape}",
    ),
    "fault.field_places": (
        "points: {count} điểm có tọa độ không hữu hạn (đầu tiên: dòng {row}); bỏ các dòng này, hoặc đổi chỗ kinh độ và "
        "vĩ độ nếu ghi ngược",
        "points: {count} have no finite coordinates (first: row {row}); drop those rows, or swap longitude and "
        "latitude where they stand the wrong way round",
    ),
    "fault.field_no_frame": (
        "samples: cần GeoDataFrame, không phải {kind}; kết quả read_survey có sẵn ở .samples",
        "samples: a GeoDataFrame is needed, not {kind}; a survey has one as .samples",
    ),
    "fault.field_columns": (
        "samples: thiếu cột {columns}; đọc bằng lomsong.read_survey",
        "samples: column {columns} missing; read them with lomsong.read_survey",
    ),
    "fault.field_operators": (
        "samples: mỗi lần chỉ một nhà mạng, không phải {count} ({operators}); lọc theo nhà mạng trước",
        "samples: one operator at a time, not {count} ({operators}); filter by operator first",
    ),
    "fault.field_technologies": (
        "samples: mức thu của {count} công nghệ ({technologies}) không so được với nhau; ước lượng từng công nghệ, "
        "hoặc ghép bằng ServiceSurface.of(...)",
        "samples: levels of {count} technologies ({technologies}) do not compare; fit each by itself, or fuse them "
        "with ServiceSurface.of(...)",
    ),
    "fault.field_terrain": (
        "sites: mô hình truyền sóng của trạm cần cả địa hình; đưa terrain= hoặc bỏ sites",
        "sites: the physics of sites needs terrain too; give terrain=, or leave sites out",
    ),
    "fault.field_weights": (
        "weights: {count} giá trị không dương; bỏ các dòng này", "weights: {count} are not positive; drop those rows",
    ),
    "fault.field_mask": (
        "{name}: {count} giá trị không phải đúng hoặc sai (đầu tiên: dòng {row}, {value}); ghi True hoặc False",
        "{name}: {count} values are neither true nor false (first: row {row}, {value}); give True or False",
    ),
    "fault.field_trend": (
        "trend: có giá trị không hữu hạn; điền hoặc bỏ các dòng này",
        "trend: some values are not finite; fill or drop those rows",
    ),
    "fault.field_trend_columns": (
        "trend: đưa vào {given} cột, khi ước lượng có {fitted} cột; đưa đúng các cột ấy",
        "trend: {given} columns given, {fitted} fitted; give the same ones",
    ),
    "fault.field_no_y": (
        "CoverageKriging cần y, nhưng y là None ({name})",
        "CoverageKriging requires y to be passed, but the target y is None ({name})",
    ),
    "fault.field_length": (
        "{name}: có {given} giá trị cho {points} điểm; mỗi điểm cần một giá trị",
        "{name}: {given} values for {points} points; give one for each",
    ),
    "fault.field_finite": (
        "{name}: {count} giá trị không hữu hạn (đầu tiên: dòng {row}); bỏ các dòng này",
        "{name}: {count} values are not finite (first: row {row}); drop those rows",
    ),
}  # fmt: skip
