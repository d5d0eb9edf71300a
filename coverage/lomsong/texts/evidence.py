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
        "{file}: giải nén ra hơn {limit}; chia thành các tệp nhỏ hơn",
        "{file}: unpacks to more than {limit}; split it into smaller files",
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
}  # fmt: skip
