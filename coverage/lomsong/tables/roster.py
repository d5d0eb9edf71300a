"""Schools, households, hamlets, and learners of lists."""

from __future__ import annotations

from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, text_column

COMMUNE_CODE = text_column(
    "commune_code", "Mã xã", "Commune code", aliases=("ma xa", "ma phuong xa", "maxa", "xa ma", "code")
)
_COMMUNE: tuple[ColumnSpec, ...] = (
    text_column("commune_code", "Mã xã", "Commune code", aliases=COMMUNE_CODE.aliases, **OPTIONAL),
    text_column(
        "commune_name",
        "Tên xã",
        "Commune",
        aliases=("xa", "xa phuong", "phuong xa", "phuong", "thi tran", "xa phuong thi tran", "ten xa phuong"),
        **OPTIONAL,
    ),
    text_column(
        "parent_name",
        "Huyện",
        "District",
        aliases=("ten huyen", "quan huyen", "huyen thi xa", "huyen thanh pho", "huyen thi xa thanh pho", "huyen tp"),
        **OPTIONAL,
    ),
)
"""The commune of a row: by code, or by its name and that of its parent where the code is not given."""

_HAMLET: tuple[ColumnSpec, ...] = (
    text_column("hamlet_id", "Mã ấp", "Hamlet code", aliases=("ma ap", "ma thon"), **OPTIONAL),
    text_column(
        "hamlet_name",
        "Tên ấp",
        "Hamlet",
        aliases=("ap", "thon", "ten thon", "thon ap", "ap thon", "khu pho", "to dan pho", "xom", "buon", "thon buon"),
        **OPTIONAL,
    ),
)
"""The hamlet of a row: by code, or by its name where the code is not given."""

SCHOOLS = TableSpec(
    "schools",
    "Trường học",
    "Schools",
    (
        text_column("school_id", "Mã trường", "School code", aliases=("ma truong", "id")),
        text_column("name", "Tên trường", "Name", aliases=("ten truong", "truong", "ten")),
        text_column("level", "Cấp học", "Level", aliases=("cap hoc", "cap"), **OPTIONAL),
        count_column(
            "pupils", "Số học sinh", "Pupils", aliases=("so hoc sinh", "hoc sinh", "si so", "tong so hoc sinh")
        ),
        *_COMMUNE,
    ),
    "Point",
)

HOUSEHOLDS = TableSpec(
    "households",
    "Hộ có người học",
    "Households with learners",
    (
        text_column("household_id", "Mã hộ", "Household code", aliases=("ma ho", "id")),
        count_column("learners", "Số người học", "Learners", aliases=("so nguoi hoc", "nguoi hoc", "so hoc sinh")),
        count_column(
            "learners_without_device",
            "Chưa có thiết bị",
            "Learners without a device",
            aliases=("chua co thiet bi", "thieu thiet bi"),
            **OPTIONAL,
        ),
        text_column("category", "Diện hộ", "Category", aliases=("dien ho", "doi tuong"), **OPTIONAL),
        text_column(
            "entitlement",
            "Diện chính sách",
            "Entitlement",
            aliases=("dien uu tien", "gia dinh chinh sach", "doi tuong chinh sach", "gia dinh co cong"),
            **OPTIONAL,
        ),
        text_column(
            "own_operator",
            "Nhà mạng đang dùng",
            "Own operator",
            aliases=("nha mang", "nha mang dang dung"),
            **OPTIONAL,
        ),
        text_column("building", "Loại nhà", "Building", aliases=("loai nha",), **OPTIONAL),
        *_HAMLET,
        *_COMMUNE,
    ),
    "Point",
)

HAMLETS = TableSpec(
    "hamlets",
    "Thôn, ấp",
    "Hamlets",
    (
        text_column("hamlet_id", "Mã ấp", "Hamlet code", aliases=("ma ap", "ma thon", "id")),
        text_column("name", "Tên ấp", "Name", aliases=("ten ap", "ten thon", "ten")),
        *_COMMUNE,
        ColumnSpec(
            "grid_power",
            "choice",
            "Điện lưới quốc gia",
            "Grid power",
            choices=("yes", "no", "unknown"),
            aliases=("dien luoi", "dien luoi quoc gia"),
        ),
    ),
    "Point",
)

_HAMLET_AND_SCHOOL: tuple[ColumnSpec, ...] = (
    *_HAMLET,
    *_COMMUNE,
    text_column("school_id", "Mã trường", "School code", aliases=("ma truong", "school id", "ma don vi"), **OPTIONAL),
    text_column(
        "school_name",
        "Tên trường",
        "School",
        aliases=("truong", "truong hoc", "school name", "ten don vi", "don vi"),
        **OPTIONAL,
    ),
)
_HAS_DEVICE = ColumnSpec(
    "has_device",
    "choice",
    "Có thiết bị",
    "Has a device",
    choices=("yes", "no", "unknown"),
    aliases=(
        "thiet bi", "thiet bi hoc tap", "co thiet bi hoc tap", "thiet bi hoc truc tuyen", "co may", "loai thiet bi",
        "has device", "device",
    ),
    **OPTIONAL,
)  # fmt: skip

LEARNERS = TableSpec(
    "learners",
    "Danh sách người học",
    "Lists of learners as schools and communes send them, one row a learner",
    (
        text_column(
            "learner_id",
            "Mã học sinh",
            "Learner code",
            aliases=(
                "ma dinh danh", "so dinh danh", "ma dinh danh ca nhan", "so dinh danh ca nhan", "ma dinh danh hoc sinh",
                "ma hs", "ma so hoc sinh", "ma nguoi hoc", "cccd", "so cccd", "student id", "pupil id", "student code",
                "pupil code", "id",
            ),
            **OPTIONAL,
        ),
        text_column(
            "name",
            "Họ và tên",
            "Full name",
            aliases=(
                "ho ten", "ho ten hoc sinh", "ho va ten hoc sinh", "ten hoc sinh", "ho va ten nguoi hoc", "hoc sinh",
                "ten nguoi hoc", "ten", "name", "student name", "pupil name", "student", "pupil", "given name",
            ),
            **OPTIONAL,
        ),
        text_column(
            "family_name",
            "Họ và tên đệm",
            "Family and middle name",
            aliases=("ho dem", "ho va dem", "ho va chu lot", "ho chu lot", "ho lot", "ho", "family name", "surname"),
            **OPTIONAL,
        ),
        text_column(
            "birth_date",
            "Ngày sinh",
            "Date of birth",
            aliases=("ngay thang nam sinh", "ngay thang sinh", "sinh ngay", "birth date", "dob", "birthday"),
            **OPTIONAL,
        ),
        ColumnSpec(
            "birth_year", "integer", "Năm sinh", "Year of birth", low=1900, high=2100, aliases=("birth year",),
            **OPTIONAL,
        ),
        text_column("gender", "Giới tính", "Gender", aliases=("phai", "sex"), **OPTIONAL),
        text_column(
            "household_id", "Mã hộ", "Household code", aliases=("ma ho gia dinh", "so ho", "household"), **OPTIONAL
        ),
        text_column(
            "head_name",
            "Chủ hộ",
            "Head of household or parent",
            aliases=(
                "ten chu ho", "ho ten chu ho", "ho va ten chu ho", "cha me", "ho ten cha me", "ho ten cha",
                "ho va ten cha", "ho ten me", "ho va ten me", "cha", "me", "phu huynh", "ho ten phu huynh",
                "nguoi giam ho", "head of household", "parent", "guardian", "parent name",
            ),
            **OPTIONAL,
        ),
        text_column(
            "phone",
            "Số điện thoại",
            "Telephone",
            aliases=(
                "sdt", "dien thoai", "so dt", "sdt phu huynh", "dien thoai phu huynh", "dien thoai lien he",
                "so dien thoai phu huynh", "phone", "phone number", "mobile",
            ),
            **OPTIONAL,
        ),
        text_column("class", "Lớp", "Class", aliases=("ten lop", "lop hoc"), **OPTIONAL),
        *_HAMLET_AND_SCHOOL,
        _HAS_DEVICE,
        text_column(
            "no_device",
            "Chưa có thiết bị",
            "Has no device",
            aliases=("khong co thiet bi", "thieu thiet bi", "chua co thiet bi hoc tap", "no device", "without device"),
            **OPTIONAL,
        ),
        text_column("category", "Diện hộ", "Category", aliases=("doi tuong", "hoan canh"), **OPTIONAL),
    ),
)  # fmt: skip

LEARNERS_ONCE = TableSpec(
    "learners_once",
    "Người học, mỗi em một lần",
    "Learners counted once; no name, telephone, code or full date of birth is in it",
    (
        text_column("learner_key", "Mã băm", "Salted hash of the learner"),
        *_HAMLET_AND_SCHOOL,
        text_column("household_id", "Mã hộ", "Household code", **OPTIONAL),
        ColumnSpec("birth_year", "integer", "Năm sinh", "Year of birth", low=1900, high=2100, **OPTIONAL),
        _HAS_DEVICE,
        text_column("category", "Diện hộ", "Category", **OPTIONAL),
        text_column("source_file", "Tệp nguồn", "Source file"),
        count_column("source_row", "Dòng", "Row"),
    ),
)

DECLARED = TableSpec(
    "declared",
    "Số liệu khai báo",
    "Learners as each school or commune declared them",
    (
        *_HAMLET_AND_SCHOOL[2:],
        count_column(
            "learners",
            "Số học sinh",
            "Learners",
            aliases=("tong so hoc sinh", "so nguoi hoc", "tong so nguoi hoc", "so luong hoc sinh", "pupils"),
            **OPTIONAL,
        ),
        count_column(
            "learners_without_device",
            "Chưa có thiết bị",
            "Learners without a device",
            aliases=(
                "thieu thiet bi", "so hoc sinh chua co thiet bi", "hoc sinh chua co thiet bi", "khong co thiet bi",
                "so hoc sinh thieu thiet bi", "so em chua co thiet bi", "without device",
            ),
            **OPTIONAL,
        ),
    ),
)  # fmt: skip


def _reconciled() -> tuple[ColumnSpec, ...]:
    """Columns of the comparison, for all learners and then for those without a device."""
    stages = (
        ("claimed", "Khai báo", "Declared"),
        ("listed", "Có trong danh sách", "Listed"),
        ("double", "Trùng", "Listed twice"),
        ("unusable", "Dòng không dùng được", "Rows not usable"),
        ("verified", "Đã xác minh", "Verified"),
        ("missing", "Thiếu so với khai báo", "Missing from the lists"),
        ("over", "Nhiều hơn khai báo", "More than declared"),
    )
    kinds = (("", "", ""), ("_without_device", ", chưa có thiết bị", ", without a device"))
    return tuple(
        count_column(stage + ending, vi + more_vi, en + more_en, nullable=True)
        for ending, more_vi, more_en in kinds
        for stage, vi, en in stages
    )


RECONCILED = TableSpec(
    "reconciled",
    "Khai báo và danh sách",
    "Declared against listed, by school or commune, with a line of totals",
    (
        text_column("unit", "Đơn vị", "School or commune; empty: rows that name none"),
        text_column("name", "Tên đơn vị", "Name", **OPTIONAL),
        ColumnSpec("row", "choice", "Loại dòng", "Kind of row", choices=("school", "commune", "total")),
        ColumnSpec("list_sent", "choice", "Đã gửi danh sách", "Sent a list", choices=("yes", "no")),
        *_reconciled(),
        count_column(
            "already_equipped", "Danh sách khác ghi đã có thiết bị", "Listed without, elsewhere with a device"
        ),
        count_column("device_unknown", "Chưa rõ thiết bị", "Verified, device not known"),
    ),
)
