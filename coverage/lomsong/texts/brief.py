"""Words of the brief."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "brief.period": ("Đo kiểm từ {first} đến {last}", "Surveyed from {first} to {last}"),
    "brief.findings": ("Kết quả chính", "Findings"),
    "brief.found": (
        "Khoảng {unconnected} trong {learners} người học ({share}) được ước tính chưa có sóng dùng được của bất kỳ nhà "
        "mạng nào ({operators}), tức là mức thu RSRP chưa đạt {level} dBm. Số liệu tính cho {communes} xã, phường.",
        "An estimated {unconnected} of {learners} learners ({share}) have no usable signal from any operator "
        "({operators}): their RSRP lies below {level} dBm. {communes} communes are counted.",
    ),
    "brief.found_none": (
        "Chưa có người học nào trong {communes} xã, phường để tính.",
        "There are no learners in the {communes} communes.",
    ),
    "brief.first": (
        "Cần ưu tiên trước hết: {names}.", "First come: {names}.",
    ),
    "brief.first_one": (
        "{name} ({unconnected} người; khoảng 90 %: {low}–{high})", "{name} ({unconnected}; 90 % interval {low}–{high})",
    ),
    "brief.first_hidden": ("{name} (dưới {below} người)", "{name} (under {below})"),
    "brief.table": ("{count} xã, phường cần ưu tiên", "The {count} communes to put first"),
    "brief.rank": ("Hạng", "Rank"),
    "brief.commune": ("Xã, phường", "Commune"),
    "brief.learners": ("Người học", "Learners"),
    "brief.unconnected": ("Chưa có sóng", "Unconnected"),
    "brief.interval": ("Khoảng 90 %", "90 % interval"),
    "brief.share": ("Tỷ lệ", "Share"),
    "brief.table_note": (
        "Trong ngoặc là khoảng hạng: các xã số liệu chưa phân biệt được thì có khoảng trùng nhau. Số chưa có sóng là "
        "ước tính, kèm khoảng chứa giá trị thật với xác suất 90 %. Vướng mắc được ghi khi đúng với từ một phần tư số "
        "người chưa có sóng.",
        "In brackets the ranks that are possible: communes that the survey cannot tell apart share theirs. Counts are "
        "estimates with a 90 % interval. An obstacle is named where it holds for a quarter or more of the unconnected.",
    ),
    "brief.suppressed": (
        "Số người từ 1 đến dưới {below} được ghi là “<{below}”; tổng số được làm tròn.",
        "Counts of people from 1 to under {below} read “<{below}”; totals are rounded.",
    ),
    "brief.in_the_way": ("Vướng mắc", "In the way"),
    "brief.way": ("Vướng mắc và đơn vị chịu trách nhiệm", "What is in the way, and who answers for it"),
    "brief.way_found": (
        "Còn {unreached} điểm chưa có sóng (thôn, ấp; điểm trường; vùng lõm sóng ngoài thôn, ấp) và {unknown} điểm cần "
        "đo kiểm trước khi kết luận; danh sách đầy đủ ở phụ lục.",
        "{unreached} points are not reached (hamlets, schools, gap zones outside hamlets) and {unknown} are to be "
        "measured before anything can be said; the annex lists them all.",
    ),
    "brief.body": ("Đơn vị", "Body"),
    "brief.hamlets": ("Thôn, ấp", "Hamlets"),
    "brief.schools": ("Trường", "Schools"),
    "brief.zones": ("Vùng lõm", "Zones"),
    "brief.body_note": (
        "Một điểm có nhiều vướng mắc được tính cho từng đơn vị liên quan. Số chưa có sóng được làm tròn và không tính "
        "học sinh của trường, vì các em đã được tính ở nơi ở.",
        "A point with several obstacles counts for each body. Unconnected learners are rounded; pupils of schools are "
        "left out, since they are counted where they live.",
    ),
    "brief.zones_table": ("{count} vùng lõm sóng lớn nhất", "The {count} largest gap zones"),
    "brief.zone": ("Vùng lõm sóng", "Gap zone"),
    "brief.annex": (
        "Phụ lục: {count} điểm chưa có sóng hoặc cần đo kiểm", "Annex: {count} points not reached or to be measured",
    ),
    "brief.annex_note": (
        "Xếp theo xã. Số chưa có sóng của trường là số học sinh nhân với xác suất trường không có sóng.",
        "By commune. Of a school the unconnected are its pupils times the probability that it has no signal.",
    ),
    "brief.number": ("STT", "No."),
    "brief.point": ("Điểm", "Point"),
    "brief.zone_point": ("Vùng lõm {name}", "Zone {name}"),
    "brief.reach": ("Tình trạng", "State"),
    "brief.sure": ("Chắc chắn đến đâu", "How sure this is"),
    "brief.sure_how": (
        "Để biết mức thu ước tính đáng tin đến đâu, từng phần số liệu đo được giấu đi, ước tính lại từ phần còn lại "
        "rồi so với số đã đo. Không giấu ngẫu nhiên từng dòng, vì dòng ngay bên cạnh sẽ làm kết quả đẹp hơn thật.",
        "To tell how far the estimated level can be trusted, parts of the survey were hidden, estimated from the rest "
        "and compared with what had been read. Rows are never hidden at random: the row beside each would flatter the "
        "result.",
    ),
    "brief.sure_one": (
        "{scheme}: sai số điển hình {rmse} dB; khoảng 90 % chứa {inside90} số ô; trong số ô thật ra không dùng được, "
        "{missed} bị coi là có sóng; khi nói chắc là có sóng (xác suất từ 95 % trở lên) thì đúng {sure_right}.",
        "{scheme}: a typical error of {rmse} dB; 90 % intervals hold {inside90} of the values; of the squares that "
        "were not usable {missed} are called covered; of those said to be usable for sure (95 % or more) {sure_right} "
        "are.",
    ),
    "brief.sure_nothing": (
        "Số liệu đo quá ít để kiểm chứng: xem các con số trên là ước đoán.",
        "There is too little survey to validate: take the figures above as a guess.",
    ),
    "brief.picture": (
        "Biểu đồ độ tin cậy của {operator}: xác suất đã dự báo và tỷ lệ đo thấy dùng được.",
        "Reliability diagram of {operator}: predicted probability and the share found usable.",
    ),
    "brief.page": ("Trang", "Page"),
}  # fmt: skip
