"""Sentences of the plan of a survey: where to drive next, and why."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.drive_no_field": (
        "surfaces: không có nhà mạng nào; ước lượng mức thu của ít nhất một nhà mạng trước",
        "surfaces: there is no operator; fit the field of at least one first",
    ),
    "fault.drive_outside": (
        "{name} = {value} nằm ngoài {low}…{high}; đưa một giá trị trong khoảng này",
        "{name} = {value} lies outside {low}…{high}; give a value within",
    ),
    "fault.drive_start": (
        "--start {value}: cần vĩ độ và kinh độ tính bằng độ, như 11.32,107.05 (vĩ độ trước, trong khoảng -90…90)",
        "--start {value}: give latitude and longitude in degrees, such as 11.32,107.05 (latitude first, within -90…90)",
    ),
    "fault.drive_far": (
        "--start {value}: cách đường gần nhất {km} km, tối đa {limit} km; kiểm tra thứ tự vĩ độ, kinh độ",
        "--start {value}: {km} km from the nearest road, at most {limit} km; check the order of latitude and longitude",
    ),
    "drive.title": ("Lộ trình đo kiểm tiếp theo", "The next survey drive"),
    "drive.straight": (
        "Không có lớp đường: các đoạn là đường thẳng giữa các nơi có dân, quãng đường thật dài hơn.",
        "No roads are given: stretches are straight lines between inhabited places, the real way is longer.",
    ),
    "drive.day": ("Ngày {day}", "Day {day}"),
    "drive.start": ("Xuất phát {place}", "Start {place}"),
    "drive.measure": ("Đo", "Measure"),
    "drive.transfer": ("Di chuyển", "Transfer"),
    "drive.why": (
        "làm rõ xã {settles}; giảm {share} % độ bất định",
        "settles {settles}; takes {share} % of the uncertainty",
    ),
    "drive.why_transfer": ("đường nối, không cần đo lại", "on the way, nothing new to measure"),
    "drive.order": ("Thứ tự", "Order"),
    "drive.head_day": ("Ngày", "Day"),
    "drive.kind": ("Việc", "Task"),
    "drive.commune": ("Xã", "Commune"),
    "drive.hamlet": ("Đến ấp", "Towards hamlet"),
    "drive.road": ("Đường", "Road"),
    "drive.km": ("km", "km"),
    "drive.cumulative_km": ("km cộng dồn", "km so far"),
    "drive.head_why": ("Vì sao", "Why"),
    "drive.commune_code": ("Mã xã", "Commune code"),
    "drive.from_longitude": ("Kinh độ đầu", "Longitude from"),
    "drive.from_latitude": ("Vĩ độ đầu", "Latitude from"),
    "drive.to_longitude": ("Kinh độ cuối", "Longitude to"),
    "drive.to_latitude": ("Vĩ độ cuối", "Latitude to"),
    "drive.summary": (
        "{days} ngày, {km} km, trong đó đo mới {measured} km; {aim} dự kiến còn {left} %.",
        "Days: {days}; {km} km, of which {measured} km are to be measured; {aim} is expected to fall to {left} %.",
    ),
    "drive.aim_ranks": ("độ bất định của thứ hạng", "the uncertainty of the ranks"),
    "drive.aim_total": (
        "độ bất định của số người học chưa có sóng", "the uncertainty of the number of learners without signal",
    ),
    "drive.more": ("… và {count} đoạn nữa trong survey.csv", "… and {count} more stretches in survey.csv"),
    "drive.none_settled": (
        "Thứ tự các xã đã rõ: không đoạn đường nào làm rõ thêm đáng kể. Không cần đo thêm cho việc xếp hạng.",
        "The order of the communes is settled: no stretch of road would tell much more; nothing need be measured.",
    ),
    "drive.none_no_learners": (
        "Không có người học nào nằm trong các xã; kiểm tra households và communes.",
        "No learner lies in any commune; check households and communes.",
    ),
    "drive.none_no_way": (
        "Không có đường và có ít hơn hai ấp; đưa inputs.roads.",
        "There are no roads and fewer than two hamlets; give inputs.roads.",
    ),
    "drive.none_budget": (
        "{km} km không đủ để đến đoạn nào đáng đo rồi quay về; tăng --km hoặc đổi --start.",
        "{km} km do not suffice to reach any stretch worth measuring and return; raise --km, or move --start.",
    ),
    "stage.survey_plan": ("Chọn đoạn đường cần đo", "Choosing the roads to measure"),
}  # fmt: skip
