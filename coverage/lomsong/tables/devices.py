"""Hand-overs of devices, and who gets the next ones."""

from __future__ import annotations

from lomsong.tables.spec import OPTIONAL, ColumnSpec, TableSpec, count_column, number_column, text_column

EVENTS_OF_DEVICES = ("given", "returned", "broken", "lost")
"""What a line of the ledger can tell of a device."""

DEVICE_STATES = ("next", "waiting", "no_signal", "unmeasured", "unnamed", "served", "no_tier")
"""Of a household that lacks a device or was given one; see ``docs/method.md``."""

HANDOVERS = TableSpec(
    "handovers",
    "Sổ bàn giao thiết bị",
    "Ledger of devices handed over, one row an event",
    (
        text_column(
            "device_id",
            "Mã thiết bị",
            "Device code",
            aliases=(
                "ma may", "so seri", "so se ri", "so serial", "seri", "serial", "serial number", "imei", "so imei",
                "so may", "device",
            ),
        ),
        text_column("household_id", "Mã hộ", "Household code", aliases=("ma ho", "ma ho gia dinh", "household")),
        text_column(
            "date",
            "Ngày",
            "Date",
            aliases=("ngay giao", "ngay ban giao", "ngay nhan", "ngay cap", "ngay trao", "handed over"),
            nullable=True,
        ),
        ColumnSpec(
            "event",
            "choice",
            "Nội dung",
            "Event",
            choices=EVENTS_OF_DEVICES,
            aliases=("su viec", "tinh trang", "trang thai", "viec", "status"),
            **OPTIONAL,
        ),
        text_column("kind", "Loại thiết bị", "Kind of device", aliases=("loai may", "thiet bi"), **OPTIONAL),
        text_column(
            "programme", "Chương trình", "Programme", aliases=("nguon", "nguon tai tro", "nha tai tro"), **OPTIONAL
        ),
    ),
)  # fmt: skip

DEVICES = TableSpec(
    "devices",
    "Thứ tự nhận thiết bị",
    "Households that lack a device or were given one, in the order of their turn; not for publication",
    (
        count_column("turn", "Thứ tự", "Turn; empty: none", nullable=True),
        ColumnSpec("status", "choice", "Tình trạng", "State", choices=DEVICE_STATES),
        count_column("tier", "Nhóm ưu tiên", "Tier; 0: none"),
        text_column("household_id", "Mã hộ", "Household code"),
        text_column("commune_code", "Mã xã", "Commune code", nullable=True),
        text_column("hamlet_id", "Mã ấp", "Hamlet code", nullable=True),
        text_column("category", "Diện hộ", "Category", nullable=True),
        text_column("entitlement", "Diện chính sách", "Entitlement", nullable=True),
        count_column("lacking", "Chưa có thiết bị", "Learners without a device"),
        count_column("given", "Đã được giao", "Devices given"),
        number_column("p_usable", "Xác suất có sóng", "Probability of signal", 0, 1, nullable=True),
        text_column("best_operator", "Nhà mạng tốt nhất", "Best operator", nullable=True),
    ),
)
