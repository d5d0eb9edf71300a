import gzip

import pytest

from lomsong.errors import DataError, FormatError, MissingFileError
from lomsong.ingest.antennas import MAX_PATTERN_BYTES, read_pattern

TEXT = (
    "NAME Ăng-ten 65°\r\nFREQUENCY 900\r\nGAIN 15\r\n"
    "HORIZONTAL 2\r\n0\t0,0\r\n180\t25,0\r\nVERTICAL 2\r\n0 0\r\n90 20\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_in_any_unicode(tmp_path, encoding):
    path = tmp_path / "k65.msi"
    path.write_bytes(TEXT.encode(encoding))
    pattern = read_pattern(path)
    assert pattern.name == "Ăng-ten 65°"
    assert pattern.gain_dbi == pytest.approx(17.15)
    assert pattern.attenuation_db([0, 90, 180], 0, 0) == pytest.approx([0, 12.5, 25])


def test_a_western_file_packed(tmp_path):
    path = tmp_path / "k65.msi.gz"
    path.write_bytes(gzip.compress(TEXT.replace("Ăng-ten", "Antenne für").encode("cp1252")))
    assert read_pattern(path).name == "Antenne für 65°"


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", DataError, "k65.msi"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", FormatError, "k65.msi"),
        (b"a;b\n1;2\n", FormatError, "no MSI Planet antenna pattern"),
        (b"0 0\n" * (MAX_PATTERN_BYTES // 4 + 1), DataError, "holds more than 4 MiB"),
    ],
)
def test_a_file_that_is_no_pattern(tmp_path, content, kind, said):
    path = tmp_path / "k65.msi"
    path.write_bytes(content)
    with pytest.raises(kind, match=said):
        read_pattern(path)


def test_no_file(tmp_path):
    with pytest.raises(MissingFileError):
        read_pattern(tmp_path / "k65.msi")
