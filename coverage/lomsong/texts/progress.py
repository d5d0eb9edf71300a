"""Words of the comparison of two rounds."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.progress_places": (
        "places: {count} điểm không có vị trí là điểm (đầu tiên: dòng {row}, {place}); bổ sung toạ độ hoặc bỏ ra",
        "places: {count} have no point as their position (first: row {row}, {place}); add it or leave them out",
    ),
    "progress.title": ("So sánh hai đợt đo kiểm", "Two survey rounds compared"),
    "progress.summary": ("Tóm tắt", "Summary"),
    "progress.communes": ("Theo xã", "Communes"),
    "progress.operators": ("Theo nhà mạng", "Operators"),
    "progress.table_note": (
        "Chỉ so sánh nơi cả hai đợt đều đo kiểm; nơi chỉ đo một đợt không bao giờ được tính là tiến bộ.",
        "Only places measured in both rounds are compared; what was measured once never counts as progress.",
    ),
    "progress.account": ("Người học của đợt sau (làm tròn)", "Learners of the later round (rounded)"),
    "progress.notes": ("Lưu ý", "Notes"),
    "progress.name": ("Xã", "Commune"),
    "progress.commune_code": ("Mã xã", "Code"),
    "progress.operator": ("Nhà mạng", "Operator"),
    "progress.any": ("Bất kỳ", "Any"),
    "progress.learners": ("Người học", "Learners"),
    "progress.compared": ("So sánh được", "Compared"),
    "progress.newly_measured": ("Chỉ đợt sau có đo", "Measured only now"),
    "progress.no_longer_measured": ("Chỉ đợt trước có đo", "Measured only then"),
    "progress.unmeasured": ("Không đợt nào đo đủ", "Not measured in full"),
    "progress.hidden": ("Ở nhóm quá nhỏ để công bố", "In groups too small to publish"),
    "progress.all_learners": ("Tất cả", "All"),
    "progress.unconnected_before": ("Chưa có sóng, đợt trước", "Unconnected then"),
    "progress.unconnected_before_low": ("Đợt trước, thấp (5 %)", "Then, low (5 %)"),
    "progress.unconnected_before_high": ("Đợt trước, cao (95 %)", "Then, high (95 %)"),
    "progress.unconnected_after": ("Chưa có sóng, đợt sau", "Unconnected now"),
    "progress.unconnected_after_low": ("Đợt sau, thấp (5 %)", "Now, low (5 %)"),
    "progress.unconnected_after_high": ("Đợt sau, cao (95 %)", "Now, high (95 %)"),
    "progress.net": ("Thêm có sóng", "Net gain"),
    "progress.net_low": ("Thêm, thấp (5 %)", "Net, low (5 %)"),
    "progress.net_high": ("Thêm, cao (95 %)", "Net, high (95 %)"),
    "progress.noise": ("Mức nhiễu", "Noise"),
    "progress.gained": ("Được thêm", "Gained"),
    "progress.lost": ("Bị mất", "Lost"),
    "progress.closed": ("Hết lõm", "Gap closed"),
    "progress.closed_shown": ("Hết lõm, vượt mức nhiễu", "Closed, beyond noise"),
    "progress.new": ("Lõm mới", "New gap"),
    "progress.new_shown": ("Lõm mới, vượt mức nhiễu", "New, beyond noise"),
    "progress.persisting": ("Vẫn lõm", "Persisting gap"),
    "progress.fine": ("Vẫn có sóng", "Usable as before"),
    "progress.p_value": ("Giá trị p", "p-value"),
    "progress.verdict": ("Kết luận", "Verdict"),
    "progress.verdict_improved": ("tiến bộ", "improved"),
    "progress.verdict_worse": ("kém đi", "worse"),
    "progress.verdict_shift": ("lệch chung?", "shift?"),
    "progress.verdict_no_change": ("chưa rõ", "not shown"),
    "progress.verdict_not_comparable": ("không so", "no data"),
    "progress.before": ("Trước", "Then"),
    "progress.after": ("Sau", "Now"),
    "progress.interval": ("Khoảng 90 %", "90 % interval"),
    "progress.cli_communes": (
        "Người học chưa có sóng của bất kỳ nhà mạng nào: đợt trước, đợt sau",
        "Learners without signal of any operator: then and now",
    ),
    "progress.cli_operators": ("Cả địa bàn theo nhà mạng (làm tròn)", "The whole territory by operator (rounded)"),
    "progress.cli_rest": (
        "{count} xã khác chưa thấy thay đổi hoặc không so được",
        "{count} further communes: no change shown or not comparable",
    ),
    "progress.method": (
        "Ngưỡng {usable} dBm, người học và xã của đợt sau cho cả hai đợt. “Mức nhiễu” là độ lớn trung bình của số thêm "
        "nếu không có gì thay đổi; một xã chỉ được kết luận khi vượt mức nhiễu, dự kiến không quá 10 % kết luận là "
        "sai.",
        "Threshold {usable} dBm, learners and communes of the later round in both. “Noise” is the mean size of "
        "the net gain if nothing had changed; a verdict is given only beyond noise, at most 10 % of verdicts expected "
        "false.",
    ),
    "progress.note_version": (
        "Hai đợt được tính bằng hai phiên bản: {a} và {b}; nên chạy lại đợt trước bằng phiên bản mới.",
        "The rounds were computed by two versions, {a} and {b}; better run the earlier one again with the newer.",
    ),
    "progress.note_threshold": (
        "Ngưỡng của hai đợt là {a} và {b} dBm; cả hai được tính lại ở {used} dBm từ mức thu và độ lệch chuẩn.",
        "The rounds used thresholds {a} and {b} dBm; both were recomputed at {used} dBm from level and deviation.",
    ),
    "progress.note_service": (
        "gap.thresholds_dbm của hai đợt khác nhau: mức thu không cùng nghĩa, nên chạy lại đợt trước với cùng ngưỡng.",
        "gap.thresholds_dbm differ between the rounds: levels mean different things; run the earlier with the same.",
    ),
    "progress.note_operators": (
        "Chỉ một đợt có {names}: không so sánh được, không tính vào “bất kỳ nhà mạng”.",
        "Only one round has {names}: not compared, and left out of “any operator”.",
    ),
    "progress.note_repeated": (
        "{count} tệp nhật ký có trong cả hai đợt: thay đổi bị đánh giá thấp; đợt sau chỉ nên gồm nhật ký của đợt sau.",
        "Log files that stand in both rounds: {count}. Change is understated; give the later round its own logs only.",
    ),
    "progress.note_outside": (
        "{count} người học ở ngoài địa bàn của đợt trước: không so sánh được.",
        "{count} learners live outside the territory of the earlier round: not compared.",
    ),
    "progress.note_shift": (
        "{operator}: mức thu lệch {shift} ± {se} dB ở khắp nơi: có thể do máy đo khác, không phải vùng phủ; dùng "
        "--remove-shift để trừ đi.",
        "{operator}: all levels differ by {shift} ± {se} dB: another phone rather than coverage? --remove-shift takes "
        "it off.",
    ),
    "progress.note_shift_removed": (
        "{operator}: đã trừ độ lệch chung {shift} ± {se} dB khỏi đợt sau.",
        "{operator}: a common shift of {shift} ± {se} dB was taken off the later round.",
    ),
    "fault.progress_operators": (
        "hai đợt không có nhà mạng chung: đợt trước có {a}, đợt sau có {b}; kiểm tra tên nhà mạng",
        "the rounds have no operator in common: the earlier has {a}, the later {b}; check the operators' names",
    ),
    "fault.progress_no_common": (
        "trong {places} điểm không điểm nào được đo ở cả hai đợt; không có gì để so sánh, cần đo lại cùng nơi",
        "of {places} places none was measured in both rounds: nothing to compare; survey the same places again",
    ),
    "fault.rounds_no_run": (
        "{folder}: không phải thư mục kết quả (thiếu manifest.json); đưa thư mục mà `lomsong run … --out` đã ghi",
        "{folder}: no folder of a run (no manifest.json); give one that `lomsong run … --out` wrote",
    ),
    "fault.rounds_manifest": (
        "{folder}/manifest.json: không đọc được ({reason}); chạy lại `lomsong run`",
        "{folder}/manifest.json: cannot be read ({reason}); run `lomsong run` again",
    ),
    "fault.rounds_old": (
        "{folder}: thiếu {files}; phiên bản {version} không ghi các tệp này, chạy lại `lomsong run` bằng bản hiện nay",
        "{folder}: {files} missing; version {version} did not write them: run `lomsong run` again with this one",
    ),
    "fault.rounds_unreadable": (
        "{folder}: không đọc được ({reason}); chạy lại `lomsong run`",
        "{folder}: cannot be read ({reason}); run `lomsong run` again",
    ),
    "fault.rounds_no_cells": (
        "{folder}: learners.parquet không có ô nào; đợt sau cần có người học",
        "{folder}: learners.parquet holds no cell; the later round needs learners",
    ),
    "fault.rounds_territory": (
        "{a} và {b}: không người học nào của đợt sau nằm trong địa bàn của đợt trước; đưa hai đợt của cùng một địa bàn",
        "{a} and {b}: no learner of the later round lies in the territory of the earlier; give two rounds of one place",
    ),
}  # fmt: skip
