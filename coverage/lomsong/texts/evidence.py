"""Faults of whole files: opening, decoding, columns, coordinates, survey formats."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "fault.missing": (
        "{file}: không có tệp này; kiểm tra lại đường dẫn, hoặc bỏ khoá này",
        "{file}: no such file; check the path, or leave the key out",
    ),
    "fault.empty": ("{file}: tệp rỗng; xuất lại tệp", "{file}: the file is empty; export it again"),
    "fault.archive_damaged": (
        "{file}: tệp nén bị hỏng ({reason}); chép lại tệp", "{file}: the archive is damaged ({reason}); copy it again",
    ),
    "fault.too_large": (
        "{file}: chứa hơn {limit}; chia thành các tệp nhỏ hơn",
        "{file}: holds more than {limit}; split it into smaller files",
    ),
    "fault.too_many_members": (
        "{file}: tệp nén chứa {count} tệp, giới hạn {limit}; chia nhỏ",
        "{file}: the archive holds {count} files, the limit is {limit}; split it",
    ),
    "fault.member_outside": (
        "{file}: tệp {member!r} trong gói dẫn ra ngoài gói; từ chối, nén lại chỉ với tên tệp",
        "{file}: its member {member!r} leads out of the archive; refused, pack it again with plain names",
    ),
    "fault.member_link": (
        "{file}: {member!r} trong gói là liên kết; từ chối, nén lại chính tệp đó",
        "{file}: its member {member!r} is a link; refused, pack the file itself",
    ),
    "fault.link_outside": (
        "{file}: liên kết dẫn ra ngoài thư mục ({target}); từ chối, chép chính tệp đó vào",
        "{file}: a link that leads out of the folder ({target}); refused, copy the file itself",
    ),
    "fault.several_members": (
        "{file}: chứa nhiều tệp ({members}); chỉ để lại một tệp",
        "{file}: holds several files ({members}); leave only one",
    ),
    # Text and tables
    "fault.encoding_binary": (
        "{file}: không phải văn bản (dòng {row} có ký tự nhị phân); lưu lại dạng CSV UTF-8 hoặc .xlsx",
        "{file}: no text (row {row} holds binary bytes); save it as CSV UTF-8 or .xlsx",
    ),
    "fault.encoding_unknown": (
        "{file}: không rõ bảng mã (dòng {row}, byte {byte}); không phải UTF-8, UTF-16, Windows-1258, TCVN3 hay VNI, "
        "lưu lại dạng UTF-8",
        "{file}: unknown encoding (row {row}, byte {byte}); neither UTF-8, UTF-16, Windows-1258, TCVN3 nor VNI, save "
        "it as UTF-8",
    ),
    "fault.sheet_unreadable": (
        "{file}: không đọc được bảng tính ({reason}); mở bằng Excel và lưu lại dạng .xlsx",
        "{file}: cannot be read as a workbook ({reason}); open it in Excel and save it as .xlsx",
    ),
    "fault.sheet_password": (
        "{file}: bảng tính có mật khẩu; bỏ mật khẩu rồi lưu lại",
        "{file}: the workbook is under a password; remove it and save again",
    ),
    "fault.sheet_extent": (
        "{file}: trang {sheet!r} trải đến dòng {row}, cột {column}, quá giới hạn {limit} ô; xoá các ô thừa ở xa bảng",
        "{file}: sheet {sheet!r} reaches to row {row}, column {column}, more than {limit} cells; delete stray cells "
        "far from the table",
    ),
    "fault.sheet_missing": (
        "{file}: không có trang {sheet!r}; các trang: {sheets}",
        "{file}: no sheet {sheet!r}; its sheets: {sheets}",
    ),
    "fault.letters_lost": (
        "{file}: chữ có dấu đã mất, còn dấu hỏi (dòng {row}: {text}); mở bảng gốc, lưu lại dạng .xlsx hoặc CSV UTF-8",
        "{file}: Vietnamese letters are lost, question marks stand for them (row {row}: {text}); save the original "
        "again as .xlsx or CSV UTF-8",
    ),
    "fault.sheet_document": (
        "{file}: là văn bản Word hoặc PDF, không phải bảng tính; chép bảng sang Excel rồi lưu lại dạng .xlsx",
        "{file}: a document of Word or a PDF, no workbook; copy its table into Excel and save that as .xlsx",
    ),
    "fault.sheet_html": (
        "{file}: là trang web (HTML) mang đuôi tệp bảng tính; mở bằng Excel và lưu lại dạng .xlsx",
        "{file}: a web page (HTML) under the name of a table; open it in Excel and save it as .xlsx",
    ),
    "fault.table_unreadable": (
        "{file}: không đọc được như một bảng ({reason}); lưu lại dạng CSV UTF-8",
        "{file}: cannot be read as a table ({reason}); save it as CSV UTF-8",
    ),
    "fault.table_headings_only": (
        "{file}: chỉ có tiêu đề cột, không có dòng nào; xuất lại tệp",
        "{file}: headings without a single row; export it again",
    ),
    "fault.all_rejected": (
        "{file}: cả {rows} dòng đều bị loại, {count} dòng vì {check} (đầu tiên ở {sheet}dòng {row}{met}{limit}): "
        "{remedy}",
        "{file}: all {rows} rows were rejected, {count} of them for {check} (first in {sheet}row {row}{met}{limit}): "
        "{remedy}",
    ),
    "fault.in_sheet": ("trang {sheet}, ", "sheet {sheet}, "),
    "fault.and_limit": (", giới hạn {limit}", ", limit {limit}"),
    "fault.table_columns_missing": (
        "{file}: thiếu cột {columns}; các cột có: {found}",
        "{file}: column {columns} missing; found: {found}",
    ),
    "fault.households_no_position": (
        "{file}: không hộ nào có kinh độ, vĩ độ; các cột có: {found}. Hộ không có toạ độ chỉ đặt được khi đọc "
        "cùng ranh giới xã và danh sách ấp: chạy lomsong check với tệp lomsong.toml",
        "{file}: no household has longitude and latitude; columns: {found}. Households without positions can only be "
        "placed beside the communes and the list of hamlets: run lomsong check on the lomsong.toml",
    ),
    "fault.layer_unreadable": (
        "{file}: không đọc được như một lớp bản đồ ({reason}); lưu lại dạng GeoPackage",
        "{file}: cannot be read as a map layer ({reason}); save it as GeoPackage",
    ),
    "fault.layer_foreign": (
        "{file}: chỉ trỏ đến tệp khác hoặc máy chủ trên mạng, không chứa hình; lưu chính dữ liệu dạng GeoPackage",
        "{file}: only points to other files or to a server, and holds no geometry; save the data as GeoPackage",
    ),
    "fault.parquet_packed": (
        "{file}: Parquet nằm trong tệp nén; giải nén rồi nêu chính tệp đó",
        "{file}: Parquet inside an archive; unpack it and name the file itself",
    ),
    "fault.file_unreadable": (
        "{file}: không đọc được tệp ({reason}); kiểm tra quyền truy cập và ổ đĩa",
        "{file}: the file cannot be read ({reason}); check its permissions and the disk",
    ),
    "fault.no_file": (
        "{file}: không phải tệp thường mà là thư mục, thiết bị hoặc ống dẫn; ghi tên một tệp",
        "{file}: no ordinary file but a folder, a device or a pipe; name a file",
    ),
    "fault.too_many_columns": (
        "{file}: có {count} cột, giới hạn {limit}; chỉ giữ lại các cột cần dùng",
        "{file}: {count} columns, the limit is {limit}; keep only those needed",
    ),
    "fault.too_many_cells": (
        "{file}: có hơn {limit} ô; chia thành các tệp nhỏ hơn",
        "{file}: holds more than {limit} cells; split it into smaller files",
    ),
    "fault.layer_without_geometry": (
        "{file}: lớp không có hình; lưu lại dạng GeoPackage có hình",
        "{file}: the layer holds no geometry; save it as a GeoPackage with geometry",
    ),
    "fault.layer_several": (
        "{file}: có nhiều lớp ({layers}); nêu một lớp, như {file}#{first}",
        "{file}: holds several layers ({layers}); name one, as {file}#{first}",
    ),
    "fault.line_too_long": (
        "{file}: dòng {row} dài hơn {limit} byte, không phải nhật ký; chọn đúng tệp",
        "{file}: row {row} is longer than {limit} bytes, so this is no log; choose the right file",
    ),
    "fault.quotes": (
        "{file}: dòng {row}: dấu nháy không khép ({reason}); xuất lại tệp CSV",
        "{file}: row {row}: a quote is not closed ({reason}); export the CSV again",
    ),
    "fault.no_rows": (
        "{file}: chỉ có dòng tiêu đề, không có dòng dữ liệu; xuất lại tệp",
        "{file}: headings without a single row; export the log again",
    ),
    "fault.no_rsrp": (
        "{file}: không có cột RSRP cho {technology} (chỉ có: {found}); RSCP, RxLev và RSSI không phải RSRP; ghi công "
        "nghệ của tệp vào survey.technologies (4G: RSRP, 5G: SS-RSRP), hoặc xuất lại với cột mức thu đó",
        "{file}: no column of RSRP for {technology} (only: {found}); RSCP, RxLev and RSSI are no RSRP; name "
        "the technology of the file in survey.technologies (4G: RSRP, 5G: SS-RSRP), or export it with that level",
    ),
    "fault.level_by_operator": (
        "{file}: mỗi nhà mạng một cột mức thu ({found}); chuyển từng nhà mạng bằng lomsong convert --operator TÊN, "
        "hoặc ghi mỗi nhà mạng một dòng",
        "{file}: each operator has a column of level of its own ({found}); convert them one by one with lomsong "
        "convert --operator NAME, or write one row an operator",
    ),
    "fault.operator_unnamed": (
        "{file}: không dòng nào ghi nhà mạng; chuyển bằng lomsong convert {file} --operator TÊN --out mau.parquet rồi "
        "đưa mau.parquet vào inputs.surveys",
        "{file}: no row names its operator; say it with lomsong convert {file} --operator NAME --out samples.parquet "
        "and give samples.parquet to inputs.surveys",
    ),
    "fault.format_unknown": (
        "định dạng {format!r} không thuộc: {known}", "format {format!r} is not one of {known}",
    ),
    "fault.format_differs": (
        "{file}: đã nêu định dạng {wanted}, nhưng nội dung là {found}; bỏ --format để tự nhận",
        "{file}: the format was said to be {wanted}, but the content is {found}; leave --format out to have it told",
    ),
    "fault.no_survey_format": (
        "{file}: không nhận ra định dạng đo kiểm (dòng đầu: {line}); đọc được nhật ký G-NetTrack, CellMapper, và "
        "mọi bảng có cột kinh độ, vĩ độ, RSRP (tên cột khác thì nêu ở [survey.columns])",
        "{file}: no known survey format (first line: {line}); read are logs of G-NetTrack and CellMapper, and any "
        "table with longitude, latitude and RSRP (name unusual headings in [survey.columns])",
    ),
    "fault.survey_column": (
        "{file}: thiếu cột {column}; các cột có: {found}; nêu tên cột ở [survey.columns]",
        "{file}: column {column} missing; found: {found}; name the heading in [survey.columns]",
    ),
    "fault.gnettrack_companion": (
        "{file}: tệp {kind} đi kèm nhật ký G-NetTrack, không có mẫu đo; đưa vào tệp nhật ký chính",
        "{file}: the {kind} file beside a G-NetTrack log, which holds no samples; give the log itself",
    ),
    "fault.no_companion": (
        "{file}: không phải tệp sự kiện, thử tốc độ hay tổng hợp của G-NetTrack",
        "{file}: no file of events, tests or sums of G-NetTrack",
    ),
    "fault.only_companions": (
        "{file}: chỉ có các tệp đi kèm nhật ký, không có nhật ký; thêm tệp nhật ký",
        "{file}: only files beside logs, no log; add the log",
    ),
    "fault.kind_unknown": (
        "{file}: không nhận ra loại dữ liệu nào; đọc được: {known}",
        "{file}: of no known kind of evidence; known are: {known}",
    ),
    "fault.input_missing": (
        "{file}: thiếu inputs.{key}; ghi tên tệp vào đó", "{file}: inputs.{key} is missing; name the file there",
    ),
    "evidence.unplaced": (
        "{count} người học đã xác minh chưa gắn được với hộ hay ấp nào.",
        "{count} verified learners could be given neither a household nor a hamlet.",
    ),
}  # fmt: skip
