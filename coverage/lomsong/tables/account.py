"""Rows not accepted, and what was kept but should be known."""

from __future__ import annotations

from lomsong.tables.spec import ColumnSpec, TableSpec, count_column, text_column

_SEVERITY = ColumnSpec("severity", "choice", "Mức độ", "Severity", choices=("critical", "warning"))
_SHEET = text_column("sheet", "Trang tính", "Sheet, where several were read as one")

REJECTS = TableSpec(
    "rejects",
    "Dòng bị loại",
    "Rows not accepted, and why",
    (
        text_column("source_file", "Tệp nguồn", "Source file"),
        _SHEET,
        count_column("source_row", "Dòng", "Row"),
        text_column("check", "Phép kiểm", "Check"),
        _SEVERITY,
        text_column("column", "Cột", "Column"),
        text_column("value", "Giá trị", "Value"),
        text_column("limit", "Giới hạn", "Limit"),
        text_column("remedy", "Cách xử lý", "Remedy"),
    ),
)

FLAGS = TableSpec(
    "flags",
    "Lưu ý về dữ liệu được giữ",
    "What was kept, but should be known",
    (
        text_column("source_file", "Tệp nguồn", "Source file"),
        text_column("check", "Phép kiểm", "Check"),
        _SEVERITY,
        count_column("rows", "Số dòng", "Rows"),
        _SHEET,
        count_column("first_row", "Dòng đầu", "First row (0: the whole file)"),
        text_column("column", "Cột", "Column"),
        text_column("value", "Giá trị", "Value"),
        text_column("limit", "Giới hạn", "Limit"),
        text_column("remedy", "Cách xử lý", "Remedy"),
    ),
)
