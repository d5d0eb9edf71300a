"""Encoders that only tests need, written byte by byte from the tables, and what the decoder makes of them."""

import re
import string
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import FormatError, LomsongError
from lomsong.ingest.files.encodings import (
    TCVN3,
    VNI,
    decode,
    decode_block,
    from_font,
    is_syllable,
    legacy_font,
    text_decoder,
    unfont,
    unfont_values,
)

LOWER = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"
# TCVN 5712:1993, VN3: the bytes of the letters of LOWER that are not ASCII, in its order.
VN3_BYTES = bytes.fromhex(
    "B5B6B7B8B9 A8BBBCBDBEC6 A9C7C8C9CACB CCCECFD0D1 AAD2D3D4D5D6 D7D8DCDDDE DFE1E2E3E4 ABE5E6E7E8E9 ACEAEBECEDEE "
    "EFF1F2F3F4 ADF5F6F7F8F9 FAFBFCFDFE AE".replace(" ", "")
)
VN3 = dict(zip((letter for letter in LOWER if not letter.isascii()), VN3_BYTES, strict=True))
VN3 |= dict(zip("ĂÂÊÔƠƯĐ", bytes.fromhex("A1A2A3A4A5A6A7"), strict=True))
# VNI Windows: the bytes of each letter of LOWER that is not ASCII.
VNI_BYTES = """
    61F8 61FB 61F5 61F9 61EF 61EA 61E8 61FA 61FC 61E9 61EB 61E2 61E0 61E5 61E3 61E1 61E4
    65F8 65FB 65F5 65F9 65EF 65E2 65E0 65E5 65E3 65E1 65E4 EC E6 F3 ED F2
    6FF8 6FFB 6FF5 6FF9 6FEF 6FE2 6FE0 6FE5 6FE3 6FE1 6FE4 F4 F4F8 F4FB F4F5 F4F9 F4EF
    75F8 75FB 75F5 75F9 75EF F6 F6F8 F6FB F6F5 F6F9 F6EF 79F8 79FB 79F5 79F9 EE F1
    """
VNI_CODES = {
    letter: bytes.fromhex(code)
    for letter, code in zip((x for x in LOWER if not x.isascii()), VNI_BYTES.split(), strict=True)
}
# Capitals lie 0x20 below, vowels and accents alike.
VNI_CODES |= {letter.upper(): bytes(byte - 0x20 for byte in code) for letter, code in VNI_CODES.items()}


def to_tcvn3(text):
    """A capital with tone takes the code of the small letter: in .VnTimeH it is drawn as a capital."""
    letters = unicodedata.normalize("NFC", text)
    return b"".join(x.encode() if x.isascii() else bytes([VN3.get(x) or VN3[x.lower()]]) for x in letters)


def to_vni(text):
    return b"".join(VNI_CODES.get(x) or x.encode("ascii") for x in unicodedata.normalize("NFC", text))


def to_cp1258(text):
    out = b""
    for letter in unicodedata.normalize("NFC", text):
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            base = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in base if mark in "\u0300\u0301\u0303\u0309\u0323")
            out += unicodedata.normalize("NFC", base.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")
    return out


ENCODERS = {
    "utf-8": str.encode,
    "utf-8-sig": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16": lambda text: text.encode("utf-16"),
    "cp1258": to_cp1258,
    "tcvn3": to_tcvn3,
    "vni": to_vni,
}
TEXT = "STT;Mã trường;Tên trường;Số học sinh\n1;T1;Trường Tiểu học Mã Đà;120\n2;T2;Ấp Đồng Xoài, xã Thanh Sơn;80\n"


def test_every_letter_of_tcvn3():
    assert len(VN3) == 74
    for letter, byte in VN3.items():
        assert TCVN3[bytes([byte]).decode("cp1252")] == letter
        assert from_font(bytes([byte]).decode("cp1252"), "tcvn3") == letter
    assert len(TCVN3) == 74


def test_every_letter_of_vni_in_both_cases():
    assert len(VNI_CODES) == 134
    for letter, code in VNI_CODES.items():
        assert VNI[code.decode("cp1252")] == letter
        assert from_font(code.decode("cp1252"), "vni") == letter
    extra = {code for code, letter in VNI.items() if VNI_CODES[letter].decode("cp1252") != code}
    # Beyond the table: accents of a small letter on a capital, and the dot below y that VNI has as a letter of its own.
    assert all(len(code) == 2 and ((code[1].islower() and code[0].isupper()) or code in "yï YÏ") for code in extra)


@pytest.mark.parametrize("letter", [x for x in LOWER + LOWER.upper() if not x.isascii()])
def test_every_letter_of_windows_1258(letter):
    text = f"Tr\u01b0\u1eddng th\u00f4n {letter}"
    assert decode_block(to_cp1258(text), "cp1258") == text


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_any_encoding_gives_the_same_text(name, form):
    text, found = decode(ENCODERS[name](unicodedata.normalize(form, TEXT)), "a.csv")
    assert text.casefold() == TEXT.casefold()  # TCVN3 has no Ấ
    assert text == TEXT or name == "tcvn3"
    assert found == {"utf-16": "utf-16-le"}.get(name, name)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_head_and_blocks_give_the_same_as_the_whole(name):
    lines = TEXT * 50
    data = ENCODERS[name](lines)
    encoding = text_decoder(data[:1001])
    assert encoding == {"utf-16": "utf-16-le"}.get(name, name)
    cut = ENCODERS[name](TEXT * 20)
    assert decode_block(cut, encoding) + decode_block(data[len(cut) :], encoding) == decode(data, "a")[0]


def test_ascii_first_and_vietnamese_later():
    assert text_decoder(b"id,name\n1,a\n") == "utf-8"
    assert decode_block(to_cp1258("2,Trường Mã Đà\n"), "utf-8") == "2,Trường Mã Đà\n"
    assert decode_block("2,Trường\n".encode(), "utf-8") == "2,Trường\n"


@pytest.mark.parametrize(
    "text",
    [
        "École élémentaire à Orléans, près du château; Noël, garçon, naïve, Thaï",
        "São Tomé e Príncipe, coração, João, Peña, José, Bogotá, Telefónica, Más",
        "Köln, Düsseldorf, Bär, für, Straße, schön, Übung, groß",
        "Malmö, Ålesund, Tromsø, København, Åland",
        "30 µm, 5 m², 12°C ± 1, © Viettel®, «citation»",
    ],
)
def test_western_text_stays_western(text):
    assert decode(text.encode("cp1252"), "a")[0] == text
    assert decode(text.encode("cp1252"), "a")[1] in ("cp1252", "cp1258")
    assert unfont(text) == text
    assert unfont_values(pd.Series(text.split(", ")))[1] == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Tr­êng tiÓu häc", "Trường tiểu học"),
        ("Tröôøng tieåu hoïc", "Trường tiểu học"),
        ("X· M· §µ, huyÖn VÜnh Cöu", "Xã Mã Đà, huyện Vĩnh Cửu"),
        ("Xaõ Maõ Ñaø, huyeän Vónh Cöûu", "Xã Mã Đà, huyện Vĩnh Cửu"),
        ("TÆNH ÑOÀNG NAI", "TỈNH ĐỒNG NAI"),
        ("TR¦êNG TIÓU HäC", "TRƯỜNG TIỂU HỌC"),
        ("§ång Nai", "Đồng Nai"),
        ("Aáp Ñaëng Thò", "Ấp Đặng Thị"),
    ],
)
def test_letters_of_old_fonts(typed, meant):
    assert unfont(typed) == meant
    assert unfont(meant) == meant


@pytest.mark.parametrize(
    "text", ["Lê", "Hà Lê Tô Trân", "Bé", "Thaï", "Thaï Airways", "Müller", "Zoë", "50 µm", "«»", "ASCII only", "", "ô"]
)
def test_what_is_ambiguous_or_true_unicode_stays(text):
    assert unfont(text) == text


def test_a_column_is_judged_as_a_whole_and_two_hands_are_told_apart():
    index = [7, 3, 5, 1, 0]
    typed = pd.Series(["X· M· §µ", "Lª", None, "Xã Trị An", "x"], index=index)
    turned, font = unfont_values(typed)
    assert font == "tcvn3"
    assert turned.index.tolist() == index
    assert turned.dropna().tolist() == ["Xã Mã Đà", "Lê", "Xã Trị An", "x"]
    assert turned.isna().tolist() == [False, False, True, False, False]
    assert typed.iloc[0] == "X· M· §µ"  # not changed
    assert legacy_font(["Xã Trị An", "Lê Lợi", "Nguyễn Huệ"]) == ""


def test_syllables():
    good = "trường nghiêng quốc giếng gì Quỳnh khuỷu Đắk ĐỒNG uống ấp yên thuở hoà hòa"
    bad = "trưởngg nge kà cê tiễp tíêu TrưỜng xêc été naïve ń Trường2 ngô̂̀́"
    assert [word for word in good.split() if not is_syllable(word)] == []
    assert [word for word in bad.split() if is_syllable(word)] == []


def test_bytes_that_are_no_text():
    for data in (b"a\0b", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"\x01\x02\x03\x04" * 5, b"ab\x81\x8d\x90"):
        with pytest.raises(FormatError, match=r"a\.csv"):
            decode(data, "a.csv")
    with pytest.raises(FormatError, match="row 3 holds binary"):
        decode(b"a\nb\nc\0", "a.csv")
    with pytest.raises(FormatError, match="row 2, byte 0x81"):
        decode(b"a\n\x81\xe1", "a.csv")


def test_a_log_cut_off_amid_a_letter_is_still_utf8():
    data = ("Trường Tiểu học Mã Đà\n" * 20).encode() + "ờ".encode()[:2]
    text, encoding = decode(data, "a")
    assert encoding == "utf-8"
    assert text.count("Trường") == 20
    assert text.endswith("\ufffd")


@pytest.mark.real
def test_communes_of_two_provinces_in_every_encoding(shared_data):
    text = (shared_data / "admin" / "communes_before_2025.csv").read_text("utf-8")
    for name, encoder in ENCODERS.items():
        decoded, found = decode(encoder(text), "a")
        assert decoded.casefold() == unicodedata.normalize("NFC", text).casefold(), name
        assert found == {"utf-16": "utf-16-le"}.get(name, name)
    words = {word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()}
    assert len(words) > 100
    assert sum(map(is_syllable, words)) >= 0.98 * len(words)


WORDS = "trường tiểu học đồng xoài ấp thanh sơn phước bình quý nguyễn thị hương chữ lõm"
LEGACY = {"cp1258": to_cp1258, "tcvn3": to_tcvn3, "vni": to_vni}


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(LEGACY)),
    words=st.lists(
        st.sampled_from(WORDS.split()),
        min_size=4,
        max_size=12,
        unique=True,
    ),
    ascii_words=st.lists(st.text(string.ascii_letters, min_size=1, max_size=6), max_size=5),
)
def test_property_a_few_words_tell_the_encoding(name, words, ascii_words):
    text = " ".join([*words, *ascii_words])
    assert decode(LEGACY[name](text), "a")[0] == text


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300))
def test_property_any_bytes_give_text_or_our_error(data):
    try:
        text, encoding = decode(data, "a")
    except LomsongError:
        return
    assert unicodedata.is_normalized("NFC", text)
    assert "\0" not in text
    assert decode_block(data, encoding) == text
