"""Words of the terminal: stages and what the verbs print."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "stage.inputs": ("Kiểm tra tệp đầu vào", "Checking the input files"),
    "stage.evidence": ("Đọc số liệu", "Reading the evidence"),
    "stage.field": ("Ước tính mức thu từng nhà mạng", "Estimating each operator's level"),
    "stage.gaps": ("Xác định vùng lõm, xếp hạng xã", "Finding gaps, ranking communes"),
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
    "cli.plan": (
        "{sites} trạm đề xuất đưa sóng đến khoảng {gained} người học (ước tính); trong các vị trí ứng viên không cách "
        "chọn nào vượt quá {bound} (chênh {gap} %).",
        "{sites} proposed towers reach an estimated {gained} learners; of the candidate positions no {sites} reach "
        "more than {bound} (gap {gap} %).",
    ),
}  # fmt: skip
