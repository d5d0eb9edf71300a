"""Faults of the terrain under a path: grids of heights, of what stands on them, and windows cut out of a DEM."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.terrain_empty": (
        "địa hình: ground_m có dạng {shape}, cần (số hàng, số cột) và ít nhất một ô; đưa vào một lưới hai chiều",
        "terrain: ground_m has shape {shape}, where (rows, columns) and at least one cell are wanted; give a grid of "
        "two dimensions",
    ),
    "fault.terrain_shape": (
        "địa hình: {name} có dạng {shape}, ground_m có dạng {wanted}; đưa mọi lớp về cùng một lưới",
        "terrain: {name} has shape {shape}, ground_m {wanted}; bring all layers to one grid",
    ),
    "fault.terrain_numbers": (
        "địa hình: {name} có giá trị không phải số; đưa vào một lưới số",
        "terrain: {name} holds something that is no number; give a grid of numbers",
    ),
    "fault.terrain_zone": (
        "địa hình: zone có {count} ô mang mã lạ (ví dụ {value}); dùng 1 biển, 3 ven biển, 4 nội địa",
        "terrain: zone has {count} cells of unknown code (such as {value}); use 1 sea, 3 coastal land, 4 inland",
    ),
    "fault.terrain_transform": (
        "địa hình: phép đặt lưới {transform} không phải sáu số hữu hạn; dùng rasterio.transform.from_origin",
        "terrain: the transform {transform} is not six finite numbers; use rasterio.transform.from_origin",
    ),
    "fault.terrain_upright": (
        "địa hình: lưới bị xoay hoặc không có bắc ở trên (cỡ ô {column_step} × {row_step}, độ xoay {turn}); nắn về "
        "lưới thẳng, hàng đầu ở phía bắc",
        "terrain: the grid is rotated or does not have north on top (cell {column_step} × {row_step}, rotation "
        "{turn}); warp it upright, first row in the north",
    ),
    "fault.terrain_crs": (
        "địa hình: hệ toạ độ {crs} không phải hệ địa lý hay hệ chiếu phẳng; gán đúng hệ toạ độ, ví dụ EPSG:4326 hay "
        "EPSG:3405",
        "terrain: the reference system {crs} is neither geographic nor projected; assign the right one, such as "
        "EPSG:4326 or EPSG:3405",
    ),
    "fault.terrain_metric": (
        "địa hình: lưới trong hệ {crs} không tính theo mét, bước này cần hệ chiếu phẳng tính bằng mét; nắn DEM sang hệ "
        "như EPSG:3405",
        "terrain: the grid in {crs} is not in metres, and a projected system in metres is needed here; warp the DEM to "
        "one such as EPSG:3405",
    ),
    "fault.terrain_square": (
        "địa hình: ô rộng {width} m, cao {height} m, bước này cần ô vuông; nắn DEM về ô vuông",
        "terrain: cells are {width} m wide and {height} m high, and square ones are needed here; warp the DEM to "
        "square cells",
    ),
    # Windows around a site
    "fault.terrain_radius": (
        "bán kính {value} m không phải số dương hữu hạn; ghi bán kính bằng mét",
        "a radius of {value} m is not a positive, finite number; give it in metres",
    ),
    "fault.terrain_place": (
        "kinh độ {longitude}, vĩ độ {latitude} không có trên Trái Đất, vĩ độ trong -90…90; ghi kinh độ trước, vĩ độ "
        "sau, theo độ",
        "longitude {longitude}, latitude {latitude} is nowhere on Earth, latitudes lie within -90…90; give the "
        "longitude first, in degrees",
    ),
    "fault.terrain_outside": (
        "{file}: điểm ({longitude}, {latitude}) nằm ngoài DEM, DEM phủ {bounds} trong hệ {crs}; thêm mảnh DEM phủ điểm "
        "này hoặc kiểm tra toạ độ",
        "{file}: the site ({longitude}, {latitude}) lies outside the DEM, which spans {bounds} in {crs}; add the tile "
        "that covers it, or check its coordinates",
    ),
    "fault.terrain_cells": (
        "{file}: cửa sổ quanh điểm có {count} ô, giới hạn {limit}; giảm bán kính hoặc dùng DEM thô hơn",
        "{file}: the window around the site has {count} cells, the limit is {limit}; lower the radius or use a coarser "
        "DEM",
    ),
    "fault.terrain_source": (
        "{name}: kiểu {kind} không phải raster; đưa đường dẫn, tệp đã mở bằng rasterio, hoặc danh sách các mảnh",
        "{name}: a {kind} is no raster; give a path, a dataset opened by rasterio, or a list of tiles",
    ),
    "fault.terrain_lattices": (
        "{files}: các mảnh khác nhau về hệ toạ độ, cỡ ô hoặc vị trí ô; ghép chúng về một lưới trước (gdalwarp)",
        "{files}: tiles differ in CRS, resolution or alignment; bring them to one grid first (gdalwarp)",
    ),
    # Classes of land cover
    "fault.landcover_class": (
        "lớp phủ {name} không có trong chú giải; các lớp: {known}; sửa tên lớp",
        "land cover {name} is no class of the legend; classes: {known}; correct the name",
    ),
    "fault.landcover_heightless": (
        "lớp phủ {name} (mã {code}) chưa có chiều cao đại diện; ghi chiều cao bằng mét cho lớp này",
        "land cover {name} (code {code}) has no representative height; give one in metres for this class",
    ),
    "fault.landcover_height": (
        "lớp phủ {name}: chiều cao {value} không nằm trong 0…{limit} m; ghi chiều cao trên mặt đất bằng mét",
        "land cover {name}: height {value} is not within 0…{limit} m; give the height above the ground in metres",
    ),
}
