"""Blocks of whole lines: every line once, in its row, however small the blocks are."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import DataError
from lomsong.ingest.files.sources import source
from lomsong.ingest.surveys.lines import LineReader, read_head


def lines_of(block):
    pairs = zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    return [block.text[start:end].tobytes().decode() for start, end in pairs]


def read_all(data, block_bytes=64, back=(), **options):
    """Return (row, line) of a text read in small blocks; ``back`` says how many lines to give back, block by block."""
    reader = LineReader(
        io.BytesIO(data), "a.txt", options.pop("encoding", "utf-8"), ",", block_bytes=block_bytes, **options
    )
    out, back = [], list(back)
    while (block := reader.next()) is not None:
        again = min(back.pop(0) if back and not block.final else 0, len(block.rows) - 1)
        reader.give_back(block, again)
        kept = len(block.rows) - again
        shown = [line.replace("\x1f", "|") for line in lines_of(block)[:kept]]
        out += zip(block.rows[:kept].tolist(), shown, strict=True)
    return out


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(alphabet="ab1,; ", max_size=30), max_size=40),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 300),
    st.lists(st.integers(0, 3), max_size=10),
    st.booleans(),
)
def test_every_line_once_in_its_row(lines, newline, block_bytes, back, ended):
    data = newline.join(lines) + (newline if ended else "")
    wanted = [(row, line) for row, line in enumerate(lines, start=1) if line.strip(" ,")]
    assert read_all(data.encode(), block_bytes, back) == wanted


def test_quoted_fields_with_separators_quotes_and_newlines():
    data = b'a,"b,c"\n"say ""hi""",2\n"two\nlines",3\nplain,4\n'
    wanted = [(1, "a|b,c"), (2, 'say "hi"|2'), (3, "two lines|3"), (5, "plain|4")]
    for block_bytes in (1, 7, 1000):
        assert read_all(data, block_bytes) == wanted
        assert read_all(data, block_bytes, back=(1, 0, 1)) == wanted


def test_a_quote_that_is_never_closed_swallows_no_line():
    plain = [f"{number},x" for number in range(200)]
    plain[5] = '5,"x'
    wanted = [(row, line.replace(",", "|")) for row, line in enumerate(plain, start=1)]
    for block_bytes in (1, 50, 10_000):
        assert read_all("\n".join(plain).encode(), block_bytes) == wanted
    plain[100] = '100,x"y'  # nor up to another quote
    wanted[100] = (101, '100|x"y')
    plain[150] = '"150","x"'
    wanted[150] = (151, "150|x")
    assert read_all("\n".join(plain).encode(), 10_000) == wanted
    assert [row for row, _ in read_all(b'h,k\na,"b\n"1","2"\n"3","4"\n', 10_000)] == [1, 2, 3, 4]


def test_without_quoting_a_quote_is_a_letter():
    assert read_all(b'5" mast,1\nx,2\n', quotes=False) == [(1, '5" mast,1'), (2, "x,2")]


def test_headings_are_passed_over_and_rows_keep_their_numbers():
    assert read_all(b"# made by x\nlat,lon\n\n1,2\n", skip=2) == [(4, "1,2")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16(encoding):
    data = "\ufeffMã Đà,1\nẤp 2,3\n".encode(encoding)
    assert read_all(data, 5, encoding=encoding) == [(1, "Mã Đà,1"), (2, "Ấp 2,3")]


def test_a_line_without_end_is_no_log():
    with pytest.raises(DataError, match="longer than"):
        read_all(b"x" * 3_000_000, 1000)


def test_head_of_a_log_with_zeros_where_the_phone_died(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes(b"lat,lon,rsrp\n1,2,-90\n" + bytes(600) + b"\n3,4,-91\n")
    head = read_head(source(path))
    assert head.encoding == "utf-8"
    assert head.lines[0] == "lat,lon,rsrp"
