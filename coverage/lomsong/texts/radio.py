"""Faults of propagation: profiles and arguments of ITU-R P.1812."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.p1812_profile": ("mặt cắt đường truyền: {faults}", "path profile: {faults}"),
    "fault.frame_reach": (
        "hệ tọa độ {crs} không mô tả được vùng bán kính {radius} m quanh {place}; giảm bán kính hoặc đổi DEM sang UTM",
        "the reference system {crs} cannot describe {radius} m around {place}; take a smaller radius, or bring the DEM "
        "to UTM",
    ),
    "fault.site_void": (
        "trạm {site} ({place}) nằm ngoài địa hình hoặc trên ô trống của DEM; điền ô trống hoặc dùng DEM khác",
        "site {site} ({place}) lies outside the terrain or on a void of the DEM; fill the void, or use another DEM",
    ),
    "fault.site_antenna": (
        "trạm {site}: không có giản đồ cho anten {name} (đã có: {known}); đưa tệp MSI của anten này",
        "site {site}: there is no pattern of the antenna {name} (known: {known}); give the MSI file of that antenna",
    ),
    "fault.path_void": (
        "đường từ trạm {site}: sau {distance} km địa hình hết hoặc trống; bổ sung mảnh DEM hoặc điền ô trống",
        "path from site {site}: after {distance} km the terrain ends or is void; add tiles of the DEM, or fill voids",
    ),
    "fault.path_length": (
        "trạm {site}: máy thu ở đúng vị trí trạm, đường truyền phải dài hơn 0 m; kiểm tra tọa độ máy thu",
        "site {site}: the receiver is where the site is, a path must be longer than 0 m; check the receiver's place",
    ),
    "fault.path_receiver": (
        "rx_lonlat = {value}: cần hai số, kinh độ rồi vĩ độ của máy thu, theo độ",
        "rx_lonlat = {value}: give two numbers, longitude and then latitude of the receiver, in degrees",
    ),
    "fault.path_step": (
        "step_m = {value} phải là số hữu hạn không dưới {least} m; bỏ trống để lấy theo ô của DEM",
        "step_m = {value} has to be a finite number of at least {least} m; leave it out to follow the cells of the DEM",
    ),
    "fault.path_points": (
        "{name} có dạng {shape}; đưa vào hoành độ và tung độ, dạng (n, 2)",
        "{name} has shape {shape}; give easting and northing, shape (n, 2)",
    ),
    "fault.p1812_arguments": ("ITU-R P.1812: {faults}", "ITU-R P.1812: {faults}"),
    "p1812.polarization": (
        "polarization {value} không phải một phân cực; dùng một trong: {known}",
        "polarization {value} is no polarisation; use one of: {known}",
    ),
    "p1812.numbers": (
        "{name} có giá trị không phải số; đưa vào một dãy số",
        "{name} holds something that is no number; give a sequence of numbers",
    ),
    "p1812.pair": (
        "{name} không phải một cặp (kinh độ, vĩ độ); đưa vào hai số theo độ",
        "{name} is no pair of (longitude, latitude); give two numbers in degrees",
    ),
    "p1812.shapes": (
        "các dãy không cùng độ dài ({shapes}); cho mỗi điểm đúng một giá trị",
        "the sequences are not of one length ({shapes}); give one value a point",
    ),
    "p1812.points": (
        "có {count} điểm, cần ít nhất {least}; lấy mẫu địa hình dày hơn giữa hai ăng-ten",
        "{count} points, and at least {least} are needed; sample the terrain between the antennas more densely",
    ),
    "p1812.missing": (
        "{name} có {count} giá trị trống hoặc vô hạn (đầu tiên: điểm {first}, {value}); điền ô trống trước",
        "{name} has {count} values missing or infinite (first: point {first}, {value}); fill voids before",
    ),
    "p1812.start": (
        "d_km bắt đầu từ {value}, phải từ 0; tính khoảng cách từ máy phát",
        "d_km starts at {value}, and has to at 0; measure distances from the transmitter",
    ),
    "p1812.order": (
        "d_km không tăng ở {count} điểm (đầu tiên: điểm {first}, {value}), phải tăng dần; sắp xếp và bỏ điểm trùng",
        "d_km does not rise at {count} points (first: point {first}, {value}), and has to; sort and drop doubles",
    ),
    "p1812.clutter": (
        "clutter_m âm ở {count} điểm (đầu tiên: điểm {first}, {value}), giới hạn 0; ghi chiều cao trên mặt đất",
        "clutter_m is negative at {count} points (first: point {first}, {value}), the limit is 0; give heights above "
        "ground",
    ),
    "p1812.zone": (
        "zone có {count} mã lạ (đầu tiên: điểm {first}, {value}); dùng 1 biển, 3 ven biển, 4 nội địa",
        "zone has {count} unknown codes (first: point {first}, {value}); use 1 sea, 3 coastal land, 4 inland",
    ),
    "p1812.place": (
        "{name} = ({longitude}, {latitude}) không có trên Trái Đất, vĩ độ trong -90…90; ghi kinh độ trước, vĩ độ sau",
        "{name} = ({longitude}, {latitude}) is nowhere on Earth, latitudes lie within -90…90; give the longitude first",
    ),
    "p1812.limit": (
        "{name} = {value} nằm ngoài {least}…{most}; {about}",
        "{name} = {value} is outside {least}…{most}; {about}",
    ),
    "p1812.about_f_ghz": ("ghi tần số bằng GHz (800 MHz là 0.8)", "give the frequency in GHz (800 MHz is 0.8)"),
    "p1812.about_htg_m": (
        "ghi chiều cao ăng-ten phát trên mặt đất bằng mét",
        "give the transmitting antenna's height above ground in metres",
    ),
    "p1812.about_hrg_m": (
        "ghi chiều cao ăng-ten thu trên mặt đất bằng mét",
        "give the receiving antenna's height above ground in metres",
    ),
    "p1812.about_p_percent": ("ghi phần trăm thời gian, 50 là trung vị", "give a percentage of time, 50 is the median"),
    "p1812.about_pl_percent": (
        "ghi phần trăm địa điểm, 50 là trung vị",
        "give a percentage of locations, 50 is the median",
    ),
    "p1812.about_sigma_l_db": (
        "ghi độ lệch chuẩn theo địa điểm bằng dB, 0 nếu không tính",
        "give the standard deviation over locations in dB, 0 to leave it out",
    ),
    "p1812.about_delta_n": (
        "ghi độ giảm chiết suất ΔN bằng đơn vị N/km, số dương (thường 45)",
        "give the lapse rate ΔN in N-units/km, positive (commonly 45)",
    ),
    "p1812.about_n0": (
        "ghi chiết suất mặt biển N0 bằng đơn vị N (thường 325)",
        "give the refractivity at sea level N0 in N-units (commonly 325)",
    ),
    "p1812.about_dct_km": (
        "ghi khoảng cách từ máy phát đến bờ biển bằng km",
        "give the distance of the transmitter from the coast in km",
    ),
    "p1812.about_dcr_km": (
        "ghi khoảng cách từ máy thu đến bờ biển bằng km",
        "give the distance of the receiver from the coast in km",
    ),
}  # fmt: skip
