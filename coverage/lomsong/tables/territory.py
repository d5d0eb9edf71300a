"""Communes and the table of mergers."""

from __future__ import annotations

from lomsong.tables.roster import COMMUNE_CODE
from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, text_column

COMMUNES = TableSpec(
    "communes",
    "Xã, phường",
    "Communes",
    (
        text_column(
            "commune_code",
            "Mã xã",
            "Commune code",
            aliases=(
                *COMMUNE_CODE.aliases, "ma xa phuong", "ma phuong", "ma dvhc", "ma don vi hanh chinh",
                "ma dvhc xa", "id xa",
                "ward code", "adm3 pcode", "gid 3", "shapeid", "commune co",
            ),
        ),
        text_column(
            "name",
            "Tên xã",
            "Name",
            aliases=(
                "ten xa", "tenxa", "ten", "ten xa phuong", "commune", "commune name", "ten dvhc",
                "ten don vi hanh chinh", "xa", "ward", "adm3 vi", "adm3 en", "name 3", "shapename", "full name",
            ),
        ),
        text_column("kind", "Loại", "Kind", aliases=("type", "loai xa", "cap", "type 3"), **OPTIONAL),
        text_column(
            "parent_code",
            "Mã huyện",
            "Parent code",
            aliases=(
                "parent cod", "district code", "district c", "ma huyen", "mahuyen", "ma quan huyen", "adm2 pcode",
                "gid 2", "province code",
                "ma tinh", "matinh", "adm1 pcode", "gid 1",
            ),
            **OPTIONAL,
        ),
        text_column(
            "parent_name",
            "Tên huyện",
            "Parent",
            aliases=(
                "parent nam", "district", "district name", "ten huyen", "tenhuyen", "huyen", "quan huyen", "adm2 vi",
                "adm2 en",
                "name 2", "province", "ten tinh", "tentinh", "tinh", "adm1 vi", "adm1 en", "name 1",
            ),
            **OPTIONAL,
        ),
        text_column("vintage", "Niên hiệu", "Vintage", **OPTIONAL),
        count_column("population", "Dân số", "Population", aliases=("dan so", "danso", "pop", "pop 2019"), **OPTIONAL),
        text_column(
            "merged_from",
            "Sáp nhập từ",
            "Merged from",
            aliases=("merged fro", "sap nhap tu", "sap xep tu", "duoc sap xep tu", "hop nhat tu", "truoc sap nhap"),
            **OPTIONAL,
        ),
    ),
    "MultiPolygon",
)  # fmt: skip

CROSSWALK = TableSpec(
    "crosswalk",
    "Bảng chuyển đổi mã xã cũ, mới",
    "Communes before a reform to those after it, one row a pair",
    (
        text_column(
            "old_code",
            "Mã cũ",
            "Old code",
            aliases=("ma xa cu", "ma xa truoc", "ma truoc", "old", "before", "code before", "code old"),
        ),
        text_column(
            "new_code",
            "Mã mới",
            "New code",
            aliases=("ma xa moi", "ma xa sau", "ma sau", "new", "after", "code after", "code new"),
        ),
        ColumnSpec(
            "way",
            "choice",
            "Cách ghép",
            "Matched by",
            required=False,
            choices=("table", "code", "name", "district", "neighbours", "elimination", "kind", "place"),
        ),
        ColumnSpec("part", "choice", "Một phần", "Only a part of it", required=False, choices=("no", "part", "rest")),
    ),
)  # fmt: skip
