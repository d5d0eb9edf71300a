"""Faults of coordinates, of layers of communes and of joining to them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Coordinates of a whole file
    "fault.positions_elsewhere": (
        "{file}: {count} trong {known} dòng nằm ngoài địa bàn {bounds} (đầu tiên: dòng {row}, {value}); kiểm tra xem "
        "có đúng tệp không",
        "{file}: {count} of {known} rows lie outside the territory {bounds} (first: row {row}, {value}); check that it "
        "is the right file",
    ),
    "fault.positions_scaled": (
        "{file}: toạ độ không phải độ cũng không phải mét ({count} trong {known} dòng đã xem, đầu tiên dòng {row}: "
        "{value}); dấu thập phân đã mất (bảng tính coi dấu chấm là dấu nghìn, hoặc độ nhân 1.000.000); xuất lại với độ "
        "thập phân",
        "{file}: coordinates are neither degrees nor metres ({count} of {known} rows looked at, first: row {row}, "
        "{value}); the decimal point is lost (a spreadsheet took it for a mark of thousands, or degrees were "
        "multiplied by 1,000,000); export decimal degrees",
    ),
    "fault.positions_unstated": (
        "{file}: toạ độ là mét mà chưa nêu hệ toạ độ ({count} dòng đã xem, đầu tiên: dòng {row}, {value}); địa bàn "
        "{bounds}; {fits}",
        "{file}: coordinates are in metres and no CRS is stated ({count} rows looked at, first: row {row}, {value}); "
        "territory {bounds}; {fits}",
    ),
    "fault.positions_misstated": (
        "{file}: {count} trong {known} dòng đã xem nằm ngoài địa bàn {bounds} khi đọc theo hệ đã nêu {crs} (đầu tiên: "
        "dòng {row}, {value}); {fits}",
        "{file}: {count} of {known} rows looked at lie outside the territory {bounds} when read in the stated {crs} "
        "(first: row {row}, {value}); {fits}",
    ),
    "fault.positions_crs_unknown": (
        "hệ toạ độ {crs} (survey.crs hoặc roster.crs) không có; ghi mã như EPSG:5899",
        "{crs} (survey.crs or roster.crs) is no known CRS; give one such as EPSG:5899",
    ),
    "positions.fits": (
        "các giá trị khớp với {fits}: đặt survey.crs hoặc roster.crs = {best}, hoặc đổi tệp sang WGS84",
        "the values fit {fits}: set survey.crs or roster.crs = {best}, or convert the file to WGS84",
    ),
    "positions.fits_none": (
        "không hệ toạ độ nào đã thử (VN-2000, Hà Nội 1972, UTM) đưa các giá trị vào địa bàn; kiểm tra xem có đúng tệp "
        "không",
        "no CRS tried (VN-2000, Hanoi 1972, UTM) puts the values into the territory; check that it is the right file",
    ),
    "positions.bounds_unknown": ("(chưa nêu)", "(not given)"),
    "positions.no_territory": (
        "đặt survey.crs hoặc roster.crs = mã EPSG của tệp, hoặc đổi tệp sang WGS84",
        "set survey.crs or roster.crs = the file's EPSG code, or convert the file to WGS84",
    ),
    # Layers of communes
    "fault.communes_empty": (
        "{file}: lớp không có xã nào; xuất lại lớp",
        "{file}: the layer holds no commune; export it again",
    ),
    "fault.communes_unusable": (
        "{file}: không xã nào vừa có mã vừa có hình; xem lại cột mã và hình",
        "{file}: no commune with a code and an area; see the code column and the geometry",
    ),
    "fault.communes_column": (
        "{file}: thiếu cột {columns}; các cột trong tệp: {found}",
        "{file}: column {columns} missing; found: {found}",
    ),
    "fault.communes_crs": (
        "{file}: lớp ghi hệ toạ độ {crs} nhưng toạ độ không thể là độ (đầu tiên: dòng {row}, {value}); đặt đúng hệ "
        "toạ độ của lớp (trong QGIS: Layer > Set CRS; VN-2000 của Đồng Nai là EPSG:5899)",
        "{file}: the layer says {crs}, but its coordinates cannot be degrees (first: row {row}, {value}); give it its "
        "true CRS (in QGIS: Layer > Set CRS; VN-2000 of Đồng Nai is EPSG:5899)",
    ),
    "fault.communes_projection": (
        "{file}: không đổi được hệ toạ độ của lớp sang WGS84 ({reason}); đặt lại hệ toạ độ, VN-2000 của Đồng Nai là "
        "EPSG:5899",
        "{file}: its CRS cannot be turned into WGS84 ({reason}); set the CRS anew, VN-2000 of Đồng Nai is EPSG:5899",
    ),
    # Lists of communes of two vintages
    "fault.crosswalk_nothing": (
        "inputs.communes không có cột merged_from (Sáp nhập từ) và không có bảng inputs.crosswalk; thêm một trong hai, "
        "cùng danh sách xã cũ inputs.communes_before",
        "inputs.communes has no column merged_from and there is no table inputs.crosswalk; give one of them, with the "
        "old list inputs.communes_before",
    ),
    "fault.communes_list_empty": (
        "{file}: không dòng nào có mã xã; xuất lại danh sách",
        "{file}: not one row with a code; export the list again",
    ),
}  # fmt: skip
