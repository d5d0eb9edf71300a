"""Sentences of what is learned from sectors of known antennas."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.learned_columns": (
        "{table}: thiếu cột {columns}; các cột đang có: {found}",
        "{table}: column {columns} missing; found: {found}",
    ),
    "fault.learned_empty": (
        "{table}: không có dòng nào; cần ít nhất một dòng", "{table}: there is no row; give at least one",
    ),
    "fault.learned_finite": (
        "{table}, dòng {row}, cột {column}: không phải số hữu hạn; điền giá trị hoặc bỏ dòng này",
        "{table}, row {row}, column {column}: no finite number; fill it or drop the row",
    ),
    "fault.learned_numbers": (
        "{name}: có giá trị không phải là số; chỉ đưa vào các con số",
        "{name}: some values are not numbers; give numbers only",
    ),
    "fault.learned_length": (
        "{name}: có {given} giá trị cho {rows} dòng; mỗi dòng cần một giá trị",
        "{name}: {given} values for {rows} rows; give one for each",
    ),
    "fault.learned_extent": (
        "vùng bao rộng quá {limit} km² với ô vuông cạnh {cell} m; chia nhỏ theo vùng hoặc dùng ô lớn hơn",
        "the land spreads over more than {limit} km² of cells of {cell} m; split it by region or take larger cells",
    ),
    "fault.learned_shape": (
        "ground_m có cỡ {ground}, building_m có cỡ {building}; hai lưới phải hai chiều và cùng cỡ",
        "ground_m is of shape {ground}, building_m of {building}; give two grids of the same rows and columns",
    ),
    "fault.learned_grid": (
        "transform {transform}: lưới phải hướng bắc lên trên, ô vuông, tính bằng mét; chiếu lại raster trước",
        "transform {transform}: the grid must be north up with square cells in metres; reproject the raster first",
    ),
    "fault.learned_void": (
        "ground_m: không ô nào có độ cao mặt đất; chọn raster phủ lên vùng này",
        "ground_m: no cell has a ground height; choose a raster that covers the area",
    ),
    "fault.learned_sites": (
        "bins: chỉ có {sites} trạm; cần các ô đo của ít nhất hai trạm để biết sai số ở trạm chưa đo",
        "bins: of {sites} site only; give bins of two or more, so that the error at a site not measured can be known",
    ),
}  # fmt: skip
