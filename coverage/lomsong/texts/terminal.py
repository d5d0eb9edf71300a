"""Words of the terminal: stages and what the verbs print."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "stage.inputs": ("Kiểm tra tệp đầu vào", "Checking the input files"),
    "stage.evidence": ("Đọc số liệu", "Reading the evidence"),
    "stage.field": ("Ước tính mức thu từng nhà mạng", "Estimating each operator's level"),
    "stage.gaps": ("Xác định vùng lõm, xếp hạng xã", "Finding gaps, ranking communes"),
    "stage.claims": ("Đối chiếu vùng nhà mạng công bố", "Holding declared coverage against the survey"),
    "stage.fairness": ("Xem ai chịu thiệt", "Telling on whom the gap falls"),
    "stage.signal": ("Lập bản đồ mức thu", "Mapping the level"),
    "stage.plan": ("Tìm vị trí trạm", "Planning towers"),
    "cli.writing": ("Ghi {name}", "Writing {name}"),
    "cli.first_communes": (
        "{count} xã có nhiều người học chưa có sóng nhất (khoảng 90 %)",
        "The {count} communes with most unconnected learners (90 % intervals)",
    ),
    "cli.rank": ("Hạng", "Rank"),
    "cli.commune": ("Xã", "Commune"),
    "cli.learners": ("Người học", "Learners"),
    "cli.unconnected": ("Chưa có sóng", "Unconnected"),
    "cli.interval": ("Khoảng 90 %", "90 % interval"),
    "cli.share": ("Tỷ lệ", "Share"),
    "cli.unmatched": (
        "{count} người học ở ngoài ranh giới mọi xã: không xếp hạng được, xem lại toạ độ.",
        "{count} learners lie outside every commune: not ranked; check their positions.",
    ),
    "cli.internal_stays": (
        "{folder} là bản nội bộ của lần chạy trước, không khớp các tệp vừa ghi; xoá đi hoặc chạy lại với "
        "--edition both.",
        "{folder} is the internal edition of an earlier run and does not belong to the files just written; delete it, "
        "or run again with --edition both.",
    ),
    "cli.published_stays": (
        "{folder} còn các tệp công bố của lần chạy trước, không khớp bản nội bộ vừa ghi; xoá đi hoặc chạy lại với "
        "--edition both.",
        "{folder} still holds the published files of an earlier run, which do not belong to the internal edition just "
        "written; delete them, or run again with --edition both.",
    ),
    "cli.plan": (
        "{sites} trạm đề xuất đưa sóng đến khoảng {gained} người học (ước tính); trong các vị trí ứng viên không cách "
        "chọn nào vượt quá {bound} (chênh {gap} %).",
        "{sites} proposed towers reach an estimated {gained} learners; of the candidate positions no {sites} reach "
        "more than {bound} (gap {gap} %).",
    ),
    "fault.and_more": (
        "{first} (và {more} lỗi khác; `lomsong check {settings}` nêu tất cả)",
        "{first} (and {more} more; `lomsong check {settings}` tells all)",
    ),
    "fault.write_full": (
        "{file}: ổ đĩa đã đầy, không ghi được; dọn bớt ổ đĩa hoặc chọn nơi khác, rồi chạy lại",
        "{file}: cannot be written, the disk is full; make room or choose another place, then run it again",
    ),
    "fault.write_held": (
        "{file}: không ghi được: chương trình khác (như Excel) đang mở, hoặc thư mục chỉ cho đọc; đóng chương trình đó "
        "hoặc chọn thư mục khác, rồi chạy lại",
        "{file}: may not be written: another program such as Excel holds it open, or the folder is read-only; close "
        "that program or choose another folder, then run it again",
    ),
    "fault.write": (
        "{file}: không ghi được ({reason}); kiểm tra đường dẫn và ổ đĩa, hoặc chọn thư mục khác, rồi chạy lại",
        "{file}: cannot be written ({reason}); check the path and the disk, or choose another folder, then run it "
        "again",
    ),
    "fault.system": (
        "{file}: {reason}; kiểm tra tệp, ổ đĩa và quyền truy cập, rồi chạy lại",
        "{file}: {reason}; check the file, the disk and your rights to it, then run it again",
    ),
    "fault.memory": (
        "không đủ bộ nhớ; đóng các chương trình khác, đặt run.workers = 1 trong lomsong.toml, hoặc chạy trên máy có "
        "nhiều bộ nhớ hơn",
        "not enough memory; close other programs, set run.workers = 1 in lomsong.toml, or take a machine with more",
    ),
    "cli.interrupted": (
        "đã dừng, không để lại tệp dở dang; chạy lại thì các bước đã xong không phải làm lại",
        "interrupted, nothing half-written is left; run it again, and stages that were finished are kept",
    ),
    "check.file": (
        "{file} ({table}): {read} dòng đọc = {accepted} nhận + {rejected} loại",
        "{file} ({table}): {read} rows read = {accepted} accepted + {rejected} rejected",
    ),
    "check.rejected": ("{check}: {rows} dòng bị loại", "{check}: {rows} rejected"),
    "check.flagged": ("{check}: {rows} dòng được giữ", "{check}: {rows} kept"),
    "check.whole": ("{check}: cả tệp", "{check}: the file as a whole"),
    "check.first": ("đầu tiên ở dòng {row}", "first in row {row}"),
    "check.first_sheet": ("đầu tiên ở trang {sheet}, dòng {row}", "first in sheet {sheet}, row {row}"),
    "check.limit": ("giới hạn {limit}", "limit {limit}"),
    "check.critical": ("nghiêm trọng", "critical"),
    "check.warning": ("cảnh báo", "warning"),
    "check.sum": (
        "Tất cả: {read} dòng đọc = {accepted} nhận + {rejected} loại.",
        "All: {read} rows read = {accepted} accepted + {rejected} rejected.",
    ),
    "check.clean": ("Không tệp nào có lỗi làm hỏng cả tệp.", "No file as a whole is at fault."),
    "check.faults": ("Số tệp không dùng được: {count}", "Files that cannot be used: {count}"),
    "convert.file": (
        "{file}: {read} dòng đọc = {accepted} nhận + {rejected} loại ({format})",
        "{file}: {read} rows read = {accepted} accepted + {rejected} rejected ({format})",
    ),
    "convert.beside": (
        "{file}: tệp {kind} đi kèm nhật ký, không có mẫu đo; bỏ qua",
        "{file}: the {kind} file beside a log, which holds no samples; passed over",
    ),
}  # fmt: skip
