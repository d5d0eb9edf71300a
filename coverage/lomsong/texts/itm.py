"""Faults and warnings of the Irregular Terrain Model."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.itm_limit": (
        "{name} = {value}: ngoài giới hạn {limit} của mô hình ITM; {remedy}",
        "{name} = {value} is outside {limit}, the limits of the ITM; {remedy}",
    ),
    "fault.itm_choice": (
        "{name} = {value}: mô hình ITM chỉ nhận {limit}; {remedy}",
        "{name} = {value} is not known to the ITM, only {limit}; {remedy}",
    ),
    "fault.itm_profile": (
        "profile_m: dạng {shape}, cần một dãy ít nhất 3 điểm; lấy mặt cắt với bước nhỏ hơn",
        "profile_m: shape {shape}, where one row of at least 3 points is wanted; sample the path at a smaller step",
    ),
    "fault.itm_void": (
        "profile_m: {count} trong {size} độ cao bị trống (đầu tiên: số {first}), giới hạn 0; lấp chỗ trống của DEM",
        "profile_m: {count} of {size} heights are void (first: number {first}), the limit is 0; fill the voids of the "
        "DEM",
    ),
    "fault.itm_elevation": (
        "profile_m: độ cao {value} ngoài giới hạn {limit}; thường là mã ô trống của DEM hoặc đơn vị không phải mét",
        "profile_m: height {value} is outside {limit}; usually the marker of a void in the DEM, or not in metres",
    ),
    "fault.itm_undefined": (
        "mô hình ITM không có lời giải cho tuyến dài {distance} m ở {frequency} MHz; kiểm tra mặt cắt và độ "
        "cao ăng-ten",
        "the ITM has no answer for the path of {distance} m at {frequency} MHz; check the profile and the heights "
        "of the antennas",
    ),
    # What to give instead
    "itm.give.height": (
        "ghi độ cao ăng-ten so với mặt đất, bằng mét",
        "give the height of the antenna above the ground, in metres",
    ),
    "itm.give.f_mhz": ("ghi tần số bằng MHz", "give the frequency in MHz"),
    "itm.give.n0": (
        "ghi chiết suất quy về mực nước biển, bằng đơn vị N (vùng xích đạo 360)",
        "give the refractivity reduced to sea level, in N-units (equatorial climate 360)",
    ),
    "itm.give.epsilon": (
        "ghi hằng số điện môi tương đối của đất (đất thường 15)",
        "give the relative permittivity of the ground (average ground 15)",
    ),
    "itm.give.sigma": (
        "ghi độ dẫn điện của đất bằng S/m (đất thường 0,005)",
        "give the conductivity of the ground in S/m (average ground 0.005)",
    ),
    "itm.give.percent": (
        "ghi phần trăm mà suy hao không vượt quá (trung vị: 50)",
        "give the percentage in which the loss is not exceeded (median: 50)",
    ),
    "itm.give.step_m": (
        "ghi khoảng cách giữa hai điểm của mặt cắt, bằng mét",
        "give the distance between two points of the profile, in metres",
    ),
    "itm.give.distance_m": ("ghi chiều dài tuyến bằng mét", "give the length of the path in metres"),
    "itm.give.delta_h_m": (
        "ghi độ gồ ghề địa hình bằng mét (đồng bằng 30, đồi 90, núi 200)",
        "give the irregularity of the terrain in metres (plains 30, hills 90, mountains 200)",
    ),
    "itm.give.climate": (
        "1 là xích đạo, 2 cận nhiệt lục địa, 3 cận nhiệt biển, 4 sa mạc, 5 ôn đới lục địa, 6 và 7 ôn đới biển trên đất "
        "và trên biển",
        "1 is equatorial, 2 continental subtropical, 3 maritime subtropical, 4 desert, 5 continental temperate, 6 and "
        "7 maritime temperate over land and over sea",
    ),
    "itm.give.polarization": (
        "chọn phân cực của ăng-ten (trạm di động: vertical)",
        "choose the polarization of the antennas (mobile sites: vertical)",
    ),
    "itm.give.mdvar": (
        "0 là một bản tin, 1 máy thu riêng, 2 di động, 3 phát quảng bá; cộng 10 để bỏ biến thiên theo vị trí, 20 để bỏ "
        "biến thiên theo tình huống",
        "0 is a single message, 1 an individual receiver, 2 mobile, 3 broadcast; add 10 to leave out the variability "
        "of locations, 20 that of situations",
    ),
    "itm.give.siting": (
        "chọn cách đặt ăng-ten; nơi bất kỳ là random",
        "choose how the place of the antenna was found; anywhere is random",
    ),
    # Warnings
    "itm.warning.frequency": ("tần số ngoài 40…10000 MHz", "frequency outside 40…10000 MHz"),
    "itm.warning.height_tx": ("độ cao ăng-ten phát ngoài 1…1000 m", "height of the transmitter outside 1…1000 m"),
    "itm.warning.height_rx": ("độ cao ăng-ten thu ngoài 1…1000 m", "height of the receiver outside 1…1000 m"),
    "itm.warning.angle_tx": (
        "góc chân trời phía phát quá 0,2 rad",
        "horizon of the transmitter steeper than 0.2 rad",
    ),
    "itm.warning.angle_rx": ("góc chân trời phía thu quá 0,2 rad", "horizon of the receiver steeper than 0.2 rad"),
    "itm.warning.horizon_tx": (
        "chân trời phía phát quá gần hoặc quá xa so với mặt đất nhẵn (0,1…3 lần)",
        "horizon of the transmitter not within 0.1…3 times that of a smooth Earth",
    ),
    "itm.warning.horizon_rx": (
        "chân trời phía thu quá gần hoặc quá xa so với mặt đất nhẵn (0,1…3 lần)",
        "horizon of the receiver not within 0.1…3 times that of a smooth Earth",
    ),
    "itm.warning.refractivity": (
        "chiết suất tại độ cao của tuyến ngoài 250…400",
        "refractivity at the elevation of the path outside 250…400",
    ),
    "itm.warning.path_steep": (
        "tuyến quá ngắn so với chênh lệch độ cao hiệu dụng của hai ăng-ten",
        "path too short for the difference between the effective heights",
    ),
    "itm.warning.path_short": ("tuyến ngắn hơn 1 km", "path shorter than 1 km"),
    "itm.warning.path_long": ("tuyến dài hơn 1000 km", "path longer than 1000 km"),
    "itm.warning.quantile": ("phần trăm ngoài 0,1…99,9", "percentage outside 0.1…99.9"),
}  # fmt: skip
