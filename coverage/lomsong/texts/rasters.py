"""Faults of rasters, of layers of lines and areas, and of cell files; names of classes of land cover."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.raster_unreadable": (
        "{file}: không đọc được như một tệp raster ({reason}); lưu lại dưới dạng GeoTIFF",
        "{file}: cannot be read as a raster ({reason}); save it as GeoTIFF",
    ),
    "fault.raster_damaged": (
        "{file}: tệp raster bị hỏng hoặc thiếu một phần ({reason}); tải hoặc sao chép lại",
        "{file}: the raster is damaged or a part of it is missing ({reason}); download or copy it again",
    ),
    "fault.raster_remote": (
        "{file}: trỏ đến một máy chủ trên mạng, không phải số liệu trong tệp; tải số liệu về rồi lưu dưới dạng GeoTIFF",
        "{file}: points to a server, and holds no values itself; download the data and save them as GeoTIFF",
    ),
    "fault.raster_raw": (
        "{file}: raster ảo lấy byte thô của tệp khác; lưu chính số liệu dưới dạng GeoTIFF",
        "{file}: a virtual raster over the raw bytes of another file; save the values themselves as GeoTIFF",
    ),
    "fault.raster_cells": (
        "{file}: khai {count} ô trong {size} byte; không đáng tin, lưu lại phần cần dùng dưới dạng GeoTIFF",
        "{file}: states {count} cells in {size} bytes; not to be believed, save the part needed as GeoTIFF",
    ),
    "fault.raster_fine": (
        "{file}: {count} ô của tệp nằm trên một cạnh ô lưới, giới hạn {limit}; kiểm tra cỡ ô của tệp",
        "{file}: {count} of its cells lie along one cell of the grid, the limit is {limit}; check its cell size",
    ),
    "fault.raster_bands": (
        "{file}: có {count} kênh, cần đúng 1; tách riêng kênh cần dùng thành một tệp GeoTIFF",
        "{file}: has {count} bands, and 1 is wanted; extract the one to use into a GeoTIFF of its own",
    ),
    "fault.raster_palette": (
        "{file}: kênh là bảng màu (ảnh), không phải số đo; dùng tệp số liệu gốc",
        "{file}: the band is a palette of colours (a picture), not measured values; use the original data",
    ),
    "fault.raster_complex": (
        "{file}: giá trị kiểu {values} (số phức), không phải số thực; lưu lại dưới dạng Float32",
        "{file}: values of type {values} (complex) are no real numbers; save it as Float32",
    ),
    "fault.raster_no_crs": (
        "{file}: tệp raster không ghi hệ toạ độ; gán hệ toạ độ rồi lưu lại",
        "{file}: the raster does not say its coordinate reference system; assign it and save again",
    ),
    "fault.raster_no_place": (
        "{file}: tệp raster không ghi vị trí và cỡ ô; nắn toạ độ (georeference) rồi lưu lại",
        "{file}: the raster does not say where its cells lie nor how large they are; georeference it and save again",
    ),
    "fault.raster_crs": (
        "{file}: không đổi được từ hệ toạ độ ghi trong tệp ({reason}); gán đúng hệ toạ độ rồi lưu lại",
        "{file}: nothing leads from the coordinate reference system it states ({reason}); assign the right one and "
        "save again",
    ),
    "fault.raster_unit": (
        "{file}: cao độ ghi theo đơn vị lạ {unit!r}; đổi ra mét (hoặc ghi m, ft) rồi lưu lại",
        "{file}: heights are in an unknown unit {unit!r}; turn them into metres (or state m or ft) and save again",
    ),
    "fault.raster_misses": (
        "{file}: chỉ phủ {share} địa bàn, cần ít nhất 50 %; thêm các mảnh còn thiếu: {missing}",
        "{file}: covers only {share} of the territory, and at least 50 % is needed; add the missing tiles: {missing}",
    ),
    "fault.raster_territory": (
        "địa bàn không có hình nào; kiểm tra tệp ranh giới",
        "the territory has no geometry; check the file of boundaries",
    ),
    "fault.raster_lattices": (
        "{file}: các mảnh dân số khác nhau về hệ toạ độ, cỡ ô hoặc vị trí ô ({tiles}), một người có thể bị đếm hai "
        "lần; dùng các mảnh của cùng một bộ",
        "{file}: tiles of population differ in CRS, resolution or alignment ({tiles}), and somebody might be "
        "counted twice; use tiles of one set",
    ),
    "fault.raster_legend": (
        "chú giải lớp phủ: mã {code} không phải số nguyên trong 1…65535; sửa lại mã",
        "legend of land cover: the code {code} is no whole number within 1…65535; correct it",
    ),
    "fault.raster_step": (
        "cỡ ô {value} không phải số dương; ghi cạnh ô bằng mét",
        "the step {value} is not a positive number; give the side of a cell in metres",
    ),
    # Lines and areas
    "fault.features_kind": (
        "{kind} không phải một loại lớp bản đồ; dùng một trong: {known}",
        "{kind} is no kind of layer; use one of: {known}",
    ),
    "fault.features_none": (
        "{file}: lớp không có đối tượng nào; xuất lại tệp hoặc chọn đúng lớp (tệp#lớp)",
        "{file}: the layer has no feature; export it again or choose the right layer (file#layer)",
    ),
    "fault.features_crs": (
        "{file}: không đổi được từ hệ toạ độ ghi trong tệp ({reason}); gán đúng hệ toạ độ rồi lưu lại",
        "{file}: nothing leads from the coordinate reference system it states ({reason}); assign the right one and "
        "save again",
    ),
    "fault.features_class": (
        "{file}: không có cột nào cho biết rừng đặc dụng, phòng hộ hay sản xuất (có: {found}); thêm cột forest_class "
        "(special_use, protection, production) hoặc «Loại rừng»",
        "{file}: no column tells special-use, protection or production forest (found: {found}); add a column "
        "forest_class (special_use, protection, production) or “Loại rừng”",
    ),
    "fault.features_outside": (
        "{file}: không có gì nằm trong địa bàn {bounds} (đối tượng đầu ở {place}, hệ ghi trong tệp: {crs}); hệ toạ độ "
        "khớp: {fits}; gán lại hệ toạ độ hoặc chọn đúng tệp",
        "{file}: nothing lies in the territory {bounds} (the first feature is at {place}, the file states {crs}); "
        "systems that would fit: {fits}; assign the right one or choose the right file",
    ),
    # Cell files
    "fault.cells_unreadable": (
        "{file}: không đọc được như bảng 14 cột của OpenCelliD ({reason}); tải lại tệp",
        "{file}: cannot be read as a 14-column export of OpenCelliD ({reason}); download it again",
    ),
    # Classes of ESA WorldCover
    "land_cover.unknown": ("Không rõ", "Unknown"),
    "land_cover.tree_cover": ("Cây gỗ", "Tree cover"),
    "land_cover.shrubland": ("Cây bụi", "Shrubland"),
    "land_cover.grassland": ("Đồng cỏ", "Grassland"),
    "land_cover.cropland": ("Đất trồng trọt", "Cropland"),
    "land_cover.built_up": ("Đất xây dựng", "Built-up"),
    "land_cover.bare": ("Đất trống, thực vật thưa", "Bare or sparse vegetation"),
    "land_cover.snow_ice": ("Tuyết và băng", "Snow and ice"),
    "land_cover.water": ("Mặt nước thường xuyên", "Permanent water bodies"),
    "land_cover.wetland": ("Đất ngập nước có cỏ", "Herbaceous wetland"),
    "land_cover.mangroves": ("Rừng ngập mặn", "Mangroves"),
    "land_cover.moss_lichen": ("Rêu và địa y", "Moss and lichen"),
}  # fmt: skip
