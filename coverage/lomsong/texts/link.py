"""Faults of antennas, links and the losses without terrain."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.limits": ("{model}: {faults}", "{model}: {faults}"),
    "limit.outside": (
        "{name} có {count}/{size} giá trị ngoài {least}…{most} {unit} (đầu tiên: {first}); {remedy}",
        "{name} has {count} of {size} values outside {least}…{most} {unit} (first: {first}); {remedy}",
    ),
    "limit.number": (
        "{name} = {value} không phải số; đưa vào một số hoặc một dãy số",
        "{name} = {value} is no number; give a number or an array of numbers",
    ),
    "limit.shapes": (
        "các dãy không khớp dạng ({shapes}); đưa vào các dãy cùng dạng hoặc một số",
        "the arrays do not fit each other ({shapes}); give arrays of one shape, or single numbers",
    ),
    "limit.extrapolate": (
        "đưa vào giá trị trong giới hạn của mô hình, hoặc đặt extrapolate=True",
        "give values within the limits of the model, or extrapolate=True",
    ),
    "limit.correct": ("kiểm tra giá trị và đơn vị", "check value and unit"),
    "fault.baseline_area": (
        "{model}: area = {value} không phải loại khu vực; dùng một trong: {known}",
        "{model}: area = {value} is no kind of area; use one of: {known}",
    ),
    "fault.link_where": (
        "where = {value} không có suy hao xuyên vào; dùng một trong: {known}, hoặc thêm vào building_loss_db",
        "where = {value} has no entry loss; use one of: {known}, or add it to building_loss_db",
    ),
    "fault.link_technology": (
        "technology = {value} không có RSRP; dùng một trong: {known}",
        "technology = {value} has no RSRP; use one of: {known}",
    ),
    "fault.link_spacing": (
        "{technology}: spacing_khz = {value} không phải khoảng cách sóng mang con; dùng một trong: {known} kHz",
        "{technology}: spacing_khz = {value} is no subcarrier spacing; use one of: {known} kHz",
    ),
    "fault.link_bandwidth": (
        "{technology}: bandwidth_mhz = {value} không phải băng thông của kênh; dùng một trong: {known} MHz",
        "{technology}: bandwidth_mhz = {value} is no bandwidth of a channel; use one of: {known} MHz",
    ),
    "fault.antenna_value": (
        "giản đồ ăng-ten: {name} = {value} không dùng được; đưa vào một số hữu hạn, suy hao không âm",
        "antenna pattern: {name} = {value} cannot be used; give one finite number, attenuations not negative",
    ),
    "fault.antenna_numbers": (
        "giản đồ ăng-ten: {name} có giá trị không phải số; đưa vào suy hao bằng dB",
        "antenna pattern: {name} holds something that is no number; give attenuations in dB",
    ),
    "fault.antenna_shape": (
        "giản đồ ăng-ten: {name} có dạng {shape}, cần ({steps},); cho mỗi phần mười độ một giá trị",
        "antenna pattern: {name} has shape {shape}, where ({steps},) is wanted; give one value each tenth of a degree",
    ),
    "fault.antenna_cut": (
        "giản đồ ăng-ten: {name} có {count} giá trị âm hoặc trống (đầu tiên: ở {first}°, {value}); ghi suy hao so với "
        "cực đại, từ 0 dB trở lên",
        "antenna pattern: {name} has {count} values negative or missing (first: at {first}°, {value}); give "
        "attenuations below the maximum, 0 dB or more",
    ),
    "fault.msi_missing": (
        "{file}: không có dòng {word} nên không phải giản đồ ăng-ten MSI Planet; cần có GAIN, HORIZONTAL và VERTICAL",
        "{file}: has no line {word}, so it is no MSI Planet antenna pattern; GAIN, HORIZONTAL and VERTICAL are needed",
    ),
    "fault.msi_long": (
        "{file}: có {count} dòng, giới hạn {limit}; đưa vào tệp của một ăng-ten",
        "{file}: has {count} lines, the limit is {limit}; give the file of one antenna",
    ),
    "fault.msi_twice": (
        "{file}: dòng {row} mở {word} lần thứ hai (lần đầu: dòng {first}); chỉ giữ một, mỗi ăng-ten một tệp",
        "{file}: row {row} opens {word} a second time (first: row {first}); keep one, and one antenna a file",
    ),
    "fault.msi_count": (
        "{file}: dòng {row}, số hàng của {word} là {value}, phải là số nguyên trong 1…{limit}; ghi ví dụ {word} 360",
        "{file}: row {row}, the number of rows of {word} is {value}, and has to be whole within 1…{limit}; write for "
        "example {word} 360",
    ),
    "fault.msi_fewer": (
        "{file}: {word} ở dòng {row} báo {declared} hàng nhưng chỉ có {count}; lấy lại tệp đầy đủ hoặc sửa số hàng",
        "{file}: {word} in row {row} declares {declared} rows and has {count}; get the whole file, or correct the "
        "number",
    ),
    "fault.msi_more": (
        "{file}: dòng {row} nằm ngoài {count} hàng mà {word} đã báo; sửa số hàng hoặc bỏ dòng thừa",
        "{file}: row {row} lies beyond the {count} rows that {word} declares; correct the number or drop the row",
    ),
    "fault.msi_row": (
        "{file}: dòng {row} là \"{value}\", cần đúng hai số là góc và suy hao; ghi ví dụ 12 3.4",
        "{file}: row {row} is \"{value}\", where two numbers, angle and loss, are wanted; write for example 12 3.4",
    ),
    "fault.msi_angle": (
        "{file}: dòng {row}, góc {value} ngoài -360…360; ghi góc bằng độ",
        "{file}: row {row}, angle {value} is outside -360…360; give angles in degrees",
    ),
    "fault.msi_loss": (
        "{file}: dòng {row}, suy hao {value} dB vượt giới hạn {limit}; ghi suy hao bằng dB so với cực đại",
        "{file}: row {row}, loss {value} dB is beyond the limit {limit}; give losses in dB below the maximum",
    ),
    "fault.msi_signs": (
        "{file}: dòng {row}, {word} có {value} dương giữa các giá trị âm; ghi mọi suy hao cùng dấu, cực đại là 0",
        "{file}: row {row}, {word} has a positive {value} among negative values; give all losses one sign, the "
        "maximum being 0",
    ),
    "fault.msi_same": (
        "{file}: dòng {row}, {word} cho góc {angle}° giá trị {value} dB, trước đó là {other} dB; giữ một giá trị",
        "{file}: row {row}, {word} gives {value} dB at {angle}°, and {other} dB before; keep one value",
    ),
    "fault.msi_few": (
        "{file}: {word} ở dòng {row} có {count} góc, cần ít nhất {least}; lấy tệp đầy đủ từ nhà sản xuất",
        "{file}: {word} in row {row} has {count} angles, and at least {least} are needed; get the whole file from the "
        "maker",
    ),
    "fault.msi_gain": (
        "{file}: dòng {row}, GAIN là \"{value}\", cần một số trong -50…60 dB; ghi ví dụ GAIN 17.5 dBi",
        "{file}: row {row}, GAIN is \"{value}\", where a number within -50…60 dB is wanted; write for example GAIN "
        "17.5 dBi",
    ),
}  # fmt: skip
