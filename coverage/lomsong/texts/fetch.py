"""Words and faults of fetching public layers, and of the templates that a new project starts from."""

from __future__ import annotations

_BY_HAND = (
    "không có mạng thì đặt {setting} thành một máy chủ khác, hoặc tự tải về và lưu thành {place}",
    "without a network set {setting} to a mirror, or get the file by hand and save it as {place}",
)

TEXTS: dict[str, tuple[str, str]] = {
    # What a person asked for
    "fault.fetch_what": (
        "--what: không có lớp {what}; các lớp có thể tải: {known}",
        "--what: no layer {what}; those that can be fetched: {known}",
    ),
    "fault.fetch_address": (
        "{setting}: địa chỉ {address} không dùng được; chỉ nhận http hoặc https, không kèm tên và mật khẩu",
        "{setting}: the address {address} cannot be used; only http or https, without name and password",
    ),
    "fault.fetch_template": (
        "{setting} = {value!r}: phần trong ngoặc nhọn không hiểu được; các phần được điền: {parts}",
        "{setting} = {value!r}: a part in braces cannot be filled in; those that can: {parts}",
    ),
    "fault.fetch_country": (
        "fetch.country = {value!r}: không phải mã nước ba chữ cái in hoa; Việt Nam là VNM",
        "fetch.country = {value!r} is no country code of three capital letters; Viet Nam is VNM",
    ),
    "fault.fetch_area_empty": (
        "Lớp bản đồ của --area không có hình nào; chọn lớp ranh giới có dữ liệu",
        "The layer of --area holds no geometry; choose a layer of boundaries",
    ),
    "fault.fetch_area_span": (
        "Lớp bản đồ của --area trải {bounds}, giới hạn {limit}° mỗi chiều; kiểm tra hệ toạ độ của lớp",
        "The layer of --area spans {bounds}, the limit is {limit}° each way; check its coordinate reference system",
    ),
    # What a server did
    "fault.fetch_absent": (
        "{file}: máy chủ không có tệp này ({status}, {address}); kiểm tra {setting}, hoặc tự tải về và lưu thành "
        "{place}",
        "{file}: the server has no such file ({status}, {address}); check {setting}, or get it by hand and save it as "
        "{place}",
    ),
    "fault.fetch_all_absent": (
        "Máy chủ không có mảnh nào trong {count} mảnh (mảnh cuối: {address}); kiểm tra {setting} và vị trí của --area",
        "The server has none of the {count} tiles (the last: {address}); check {setting} and where --area lies",
    ),
    "fault.fetch_status": (
        "{file}: máy chủ trả lời {status} ({address}); " + _BY_HAND[0],
        "{file}: the server answers {status} ({address}); " + _BY_HAND[1],
    ),
    "fault.fetch_redirect": (
        "{file}: {address} chuyển hướng quá {limit} lần, hoặc sang nơi không phải http(s); từ chối, kiểm tra {setting}",
        "{file}: {address} redirects more than {limit} times, or to what is not http(s); refused, check {setting}",
    ),
    "fault.fetch_unreachable": (
        "{file}: không tới được {address} ({reason}); " + _BY_HAND[0],
        "{file}: {address} cannot be reached ({reason}); " + _BY_HAND[1],
    ),
    "fault.fetch_broken": (
        "{file}: thử {tries} lần không xong ({reason}, {address}); chạy lại lệnh để tải tiếp; " + _BY_HAND[0],
        "{file}: {tries} tries did not get through ({reason}, {address}); run it again to go on; " + _BY_HAND[1],
    ),
    "fault.fetch_wait": (
        "{file}: máy chủ yêu cầu chờ {seconds} giây ({address}); chạy lại lệnh sau chừng ấy thời gian",
        "{file}: the server asks to wait {seconds} seconds ({address}); run it again after that",
    ),
    "fault.fetch_too_large": (
        "{file}: lớn hơn giới hạn {limit} ({address}); từ chối, kiểm tra {setting}",
        "{file}: larger than the limit of {limit} ({address}); refused, check {setting}",
    ),
    "fault.fetch_kind": (
        "{file}: không phải {wanted}, bắt đầu bằng {head} ({address}); có thể là trang đăng nhập của mạng: mở trình "
        "duyệt kiểm tra, rồi xem lại {setting} hoặc tệp {place}",
        "{file}: not {wanted}, it begins with {head} ({address}); maybe a login page of the network: look with a "
        "browser, then check {setting} or the file {place}",
    ),
    "fault.fetch_overpass_format": (
        "Trả lời của Overpass không đọc được ({address}); kiểm tra fetch.overpass",
        "The answer of Overpass cannot be read ({address}); check fetch.overpass",
    ),
    "fault.fetch_overpass_remark": (
        "Overpass không làm xong ({remark}; {address}); thử lại sau, tăng fetch.timeout_s, hoặc đổi fetch.overpass",
        "Overpass did not get through ({remark}; {address}); try later, raise fetch.timeout_s, or change "
        "fetch.overpass",
    ),
    "fault.fetch_osm_by_hand": (
        "{file}: có sẵn nhưng không do lệnh này tạo và thiếu lớp {layers}; thêm lớp đó hoặc chuyển tệp đi nơi khác",
        "{file}: is there, not from this command, and lacks the layer {layers}; add it, or move the file away",
    ),
    "fault.fetch_cache": (
        "{file}: không ghi được thư mục nhớ đệm ({reason}); đặt fetch.cache thành một thư mục khác",
        "{file}: the folder of the cache cannot be written ({reason}); set fetch.cache to another",
    ),
    "fetch.reason.cut": (
        "đứt kết nối ở {bytes} trên {expected} byte", "the connection broke at {bytes} of {expected} bytes",
    ),
    "fetch.reason.changed": ("tệp trên máy chủ đã đổi", "the file on the server has changed"),
    "fetch.reason.status": ("máy chủ trả lời {status}", "the server answers {status}"),
    "fetch.reason.md5": (
        "MD5 máy chủ nêu là {stated}, tệp nhận được là {found}",
        "the server states MD5 {stated}, the file received has {found}",
    ),
    # What is told on the way
    "fetch.absent": (
        "{file}: máy chủ không có mảnh này ({status}); coi là biển",
        "{file}: the server has no such tile ({status}); taken as sea",
    ),
    "fetch.kept": ("{file}: đã có, không đổi (tải {time})", "{file}: is there, unchanged (fetched {time})"),
    "fetch.by_hand": (
        "{file}: đã có, không do lệnh này tải; dùng như vậy", "{file}: is there, not from this command; used as it is",
    ),
    "fetch.renewed": (
        "{file}: đã bị sửa hoặc cắt so với lúc tải; tải lại",
        "{file}: has been changed or cut since it was fetched; fetching it again",
    ),
    "fetch.renewed_osm": (
        "{file}: đã bị sửa so với lúc tải; tải lại, bản bị sửa giữ ở tên có đuôi .old",
        "{file}: has been changed since it was fetched; fetching it again, the changed one keeps the ending .old",
    ),
    "fetch.cache_damaged": (
        "{file}: bản trong nhớ đệm đã bị sửa hoặc cắt; tải lại",
        "{file}: the copy in the cache has been changed or cut; fetching it again",
    ),
    "fetch.ledger_damaged": (
        "{file}: không đọc được, giữ ở tên có đuôi .old; các tệp đã có được coi là tự tải",
        "{file}: cannot be read, kept with the ending .old; the files that are there count as got by hand",
    ),
    "fetch.retry": (
        "{file}: {reason}; thử lại sau {seconds} giây", "{file}: {reason}; trying again in {seconds} s",
    ),
    "fetch.square": ("OpenStreetMap, {layer}: ô {number}/{count}", "OpenStreetMap, {layer}: square {number}/{count}"),
    "fetch.done": ("{file}: xong, {bytes} byte", "{file}: done, {bytes} bytes"),
    "fetch.inputs": (
        "Ghi vào lomsong.toml (đường dẫn tính từ thư mục chứa lomsong.toml):",
        "Put into lomsong.toml (paths count from the folder of lomsong.toml):",
    ),
    "fetch.boundaries_hint": (
        "ranh giới geoBoundaries có tên, không có mã xã: nối mã vào trước khi dùng làm communes",
        "the boundaries of geoBoundaries have names, but no official codes: join the codes before use as communes",
    ),
    # Licences
    "fetch.licences": ("Giấy phép dữ liệu", "Data licences"),
    "fetch.licences_note": (
        "Các tệp trong thư mục này do bên khác làm ra. Khi công bố bản đồ hoặc số liệu dựa trên chúng, ghi nguyên văn "
        "dòng ghi nguồn. Địa chỉ, thời điểm tải và SHA-256 của từng tệp nằm trong `fetched.json`.",
        "The files of this folder were made by others. Whoever publishes maps or figures that rest on them puts the "
        "credit beside, word for word. Address, time and SHA-256 of each file stand in `fetched.json`.",
    ),
    "fetch.layer.dem": ("Độ cao bề mặt (Copernicus GLO-30)", "Surface heights (Copernicus GLO-30)"),
    "fetch.layer.landcover": ("Lớp phủ mặt đất (ESA WorldCover 2021)", "Land cover (ESA WorldCover 2021)"),
    "fetch.layer.roads": ("Đường giao thông (OpenStreetMap)", "Roads (OpenStreetMap)"),
    "fetch.layer.power": ("Đường dây điện (OpenStreetMap)", "Power lines (OpenStreetMap)"),
    "fetch.layer.boundaries": ("Ranh giới xã (geoBoundaries)", "Commune boundaries (geoBoundaries)"),
    "fetch.layer.population": ("Lưới dân số 2020 (WorldPop)", "Population grid 2020 (WorldPop)"),
    "fetch.note.dem": (
        "Dùng miễn phí cho mọi mục đích theo giấy phép của Copernicus; phải ghi nguồn khi phân phối lại hoặc công bố.",
        "Free to use for any purpose under the licence of Copernicus; the credit goes with every copy and product.",
    ),
    "fetch.note.landcover": (
        "Được dùng, sửa, chia sẻ, kể cả thương mại, nếu ghi nguồn.",
        "May be used, changed and shared, also commercially, with the credit.",
    ),
    "fetch.note.roads": (
        "Được dùng, sửa, chia sẻ nếu ghi nguồn; cơ sở dữ liệu phái sinh khi công bố phải giữ giấy phép ODbL.",
        "May be used, changed and shared with the credit; a derived database that is published stays under the ODbL.",
    ),
    "fetch.note.power": (
        "Như lớp đường giao thông. Lưới điện trong OpenStreetMap chưa đủ: không có đường dây không có nghĩa là không "
        "có điện.",
        "As with roads. The grid in OpenStreetMap is incomplete: no line on the map does not mean no power.",
    ),
    "fetch.note.boundaries": (
        "Được dùng, sửa, chia sẻ nếu ghi nguồn và nguồn gốc của ranh giới; thường là ranh giới trước 1/7/2025.",
        "May be used, changed and shared with the credit and the source; mostly boundaries before 1 July 2025.",
    ),
    "fetch.note.population": (
        "Được dùng, sửa, chia sẻ, kể cả thương mại, nếu ghi nguồn. Đây là ước tính, không phải tổng điều tra.",
        "May be used, changed and shared, also commercially, with the credit. An estimate, not a census.",
    ),
    # Templates
    "fault.init_exists": (
        "{folder}: đã có {files}; không ghi đè, chọn thư mục khác hoặc thêm --force",
        "{folder}: {files} exist already; not overwritten, choose another folder or add --force",
    ),
    "fault.init_folder": (
        "{folder}: không phải thư mục; chọn tên khác", "{folder}: is no folder; choose another name",
    ),
    "init.next": (
        "Bước tiếp theo: đọc {file}, điền số liệu, rồi chạy", "Next: read {file}, fill in your data, then run",
    ),
    "init.settings_head": (
        "Thiết lập của một lần chạy lõm sóng. Đường dẫn tính từ thư mục chứa tệp này.\n"
        "Bỏ dấu # ở đầu dòng để dùng khoá đó; khoá không ghi thì lấy giá trị mặc định.\n"
        "Đơn vị nằm ở đuôi tên khoá. Số thập phân viết dấu chấm.",
        "Settings of a lomsong run. Paths count from the folder of this file.\n"
        "Take away the # before a key to use it; a key left out has its default.\n"
        "The unit stands at the end of a key's name.",
    ),
    "init.limits": ("Giới hạn {low}…{high}{unit}.", "Limits {low}…{high}{unit}."),
    "init.choices": ("Một trong: {choices}.", "One of: {choices}."),
    "init.unset": ("Mặc định: trống.", "Default: empty."),
    "init.columns_sheet": ("Giải thích", "Explanation"),
    "init.longitude": ("Kinh độ", "Longitude"),
    "init.latitude": ("Vĩ độ", "Latitude"),
    "init.longitude_limits": (
        "độ thập phân WGS84, như 107.02; hoặc mét nếu đặt roster.crs",
        "decimal degrees WGS84, such as 107.02; or metres where roster.crs is set",
    ),
    "init.latitude_limits": (
        "độ thập phân WGS84, như 11.25; hoặc mét nếu đặt roster.crs",
        "decimal degrees WGS84, such as 11.25; or metres where roster.crs is set",
    ),
    "init.heading": ("Cột", "Column"),
    "init.name": ("Tên trong lomsong", "Name in lomsong"),
    "init.kind": ("Kiểu", "Kind"),
    "init.needed": ("Bắt buộc", "Required"),
    "init.limits_heading": ("Giới hạn hoặc giá trị cho phép", "Limits or allowed values"),
    "init.also": ("Tên khác cũng hiểu", "Other headings understood"),
    "init.yes": ("có", "yes"),
    "init.no": ("không", "no"),
    "init.empty_allowed": ("có, được để trống ô", "yes, cells may be empty"),
    "init.kind.text": ("chữ", "text"),
    "init.kind.integer": ("số nguyên", "whole number"),
    "init.kind.number": ("số", "number"),
    "init.kind.time": ("ngày, ngày/tháng/năm", "date, day/month/year"),
    "init.kind.choice": ("chọn trong danh sách", "one of a list"),
    "init.answer.yes": ("có", "yes"),
    "init.answer.no": ("không", "no"),
    "init.answer.unknown": ("chưa rõ", "unknown"),
    "init.strange_title": ("Giá trị lạ", "Unknown value"),
    "init.strange": (
        "Chọn một giá trị trong danh sách, hoặc sửa theo giới hạn ở trang Giải thích.",
        "Choose one of the list, or keep to the limits on the sheet Explanation.",
    ),
    "init.guide": (
        "Lõm sóng: bắt đầu một tỉnh\n"
        "\n"
        "1. Mở các bảng bạn có số liệu bằng Excel, điền từ dòng 2, không đổi dòng tiêu đề:\n"
        "   {tables}\n"
        "   Trang «Giải thích» của mỗi bảng nói rõ từng cột. Cột mã để dạng chữ, số 0 ở đầu không mất.\n"
        "   Tên người và số điện thoại chỉ dùng để tìm người ghi trùng; chương trình không lưu.\n"
        "2. Chép nhật ký đo sóng vào thư mục surveys/ và ranh giới xã vào cạnh lomsong.toml.\n"
        "3. Mở lomsong.toml bằng Notepad, bỏ dấu # trước các khoá của [inputs] mà bạn có tệp.\n"
        "   Bắt buộc có: surveys, communes và households (hoặc learners cùng hamlets).\n"
        "   Hộ không có toạ độ thì ghi mã ấp hoặc mã xã, và điền hamlets.xlsx: chương trình đặt hộ vào nơi có dân ở.\n"
        "4. Địa hình, đường, lưới điện công khai:\n"
        "   lomsong fetch --area communes.gpkg --what dem,landcover,population,roads,power --out public\n"
        "5. Kiểm tra mọi tệp, sửa các lỗi được nêu:  lomsong check lomsong.toml\n"
        "6. Chạy:                                    lomsong run lomsong.toml --out ket_qua\n"
        "7. Ai nhận thiết bị trước:                  lomsong devices lomsong.toml --count 500 --out thiet_bi\n"
        "   Đã giao máy nào thì ghi vào handovers.xlsx và bỏ dấu # trước khoá handovers của [devices].\n"
        "Ý nghĩa mọi bảng và cột: data_dictionary.md\n",
        "Lõm sóng: starting a province\n"
        "\n"
        "1. Open the tables that you have data for in Excel and fill them in from row 2, headings unchanged:\n"
        "   {tables}\n"
        "   The sheet \"Explanation\" tells what each column means. Codes are text, so leading zeros stay.\n"
        "   Names and phone numbers serve to find learners listed twice; they are not kept.\n"
        "2. Copy survey logs into surveys/ and the commune boundaries beside lomsong.toml.\n"
        "3. Open lomsong.toml in a text editor and take away the # before the keys of [inputs] you have files for.\n"
        "   Needed: surveys, communes and households (or learners and hamlets).\n"
        "   Of households without coordinates give hamlet or commune, and fill in hamlets.xlsx: they are placed where\n"
        "   people live.\n"
        "4. Public terrain, roads and power lines:\n"
        "   lomsong fetch --area communes.gpkg --what dem,landcover,population,roads,power --out public\n"
        "5. Check every file and mend what is told:  lomsong check lomsong.toml\n"
        "6. Run:                                     lomsong run lomsong.toml --out results\n"
        "7. Who gets the next devices:               lomsong devices lomsong.toml --count 500 --out devices\n"
        "   Write those handed over into handovers.xlsx and take away the # before the key handovers of [devices].\n"
        "What every table and column means: data_dictionary.md\n",
    ),
}  # fmt: skip
