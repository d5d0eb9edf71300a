import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lomsong.ingest.communes.placenames import clean_name, place_name, split_kind


@pytest.mark.parametrize(
    ("text", "kind", "folded"),
    [
        ("Xã Mã Đà", "xã", "ma da"),
        ("X. Mã Đà", "xã", "ma da"),
        ("X.Mã Đà", "xã", "ma da"),
        ("xa ma da", "xã", "ma da"),
        ("Mã Đà", "", "ma da"),
        ("TT. Vĩnh An", "thị trấn", "vinh an"),
        ("TT Vĩnh An", "thị trấn", "vinh an"),
        ("Thị trấn  Vĩnh An", "thị trấn", "vinh an"),
        ("P.1", "phường", "1"),
        ("P1", "phường", "1"),
        ("Phường 01", "phường", "1"),
        ("Xã Hố Nai 3", "xã", "ho nai 3"),
        ("Xà Bang", "", "xa bang"),
        ("TP. Biên Hòa", "thành phố", "bien hoa"),
        ("Thị xã Phước Long", "thị xã", "phuoc long"),
        ("H. Vĩnh Cửu", "huyện", "vinh cuu"),
        ("Đắk Ơ", "", "dak o"),
        ("Xã", "", "xa"),
        ("", "", ""),
    ],
)
def test_kind_and_name(text, kind, folded):
    assert place_name(text).kind == split_kind(text) == kind
    assert place_name(text).folded == folded


@pytest.mark.parametrize(
    ("one", "other"), [("Hoà Bình", "Hòa Bình"), ("Xã Phú Thuỷ", "Phú Thủy"), ("P. 1", "phường 01")]
)
def test_two_spellings_of_one_name(one, other):
    assert place_name(one).spelled == place_name(other).spelled
    assert place_name(unicodedata.normalize("NFD", one)) == place_name(one)


def test_the_tone_tells_two_communes_of_one_district_apart():
    one, other = place_name("Lộc Thạnh"), place_name("Lộc Thành")
    assert one.folded == other.folded
    assert one.spelled != other.spelled


def test_markup_stays_text_and_what_cannot_be_seen_goes():
    assert clean_name("Mã\x00 Đà\u202e <b>x</b>\t\n=1+1\u200b") == "Mã Đà <b>x</b> =1+1"


@given(st.text(max_size=40))
def test_a_clean_name_stays_as_it_is_and_any_text_is_a_name(text):
    clean = clean_name(text)
    assert clean_name(clean) == clean
    assert not any(unicodedata.category(letter) == "Cc" for letter in clean)
    assert place_name(text).folded.isascii() or any(not letter.isascii() for letter in text)
