"""Text from bytes: Unicode, Windows-1258, and the Vietnamese of the fonts that came before Unicode.

Two legacy encodings live in fonts, so that a program takes their bytes for Windows-1252:

TCVN3 (ABC, fonts ``.VnTime`` …)
    TCVN 5712:1993, third set (VN3): one byte a letter; all lower-case letters, and of the capitals only those without
    tone. A capital with tone does not exist in it: capitals are a font of their own (``.VnTimeH``), in which the
    lower-case codes are drawn as capitals. So ``Ấp`` is met as ``ấp``; a word whose other letters are capitals
    (``TR¦êNG``) is turned into capitals throughout.
VNI (fonts ``VNI-Times`` …)
    VNI Windows: the vowel, then its accents and tone as one further letter (``Tröôøng``); capitals have all.

Which encoding a text is in is judged by its words, never by a name: under the right one most words with a letter
beyond ASCII are well-formed Vietnamese syllables.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import pandas as pd

from lomsong.errors import FormatError
from lomsong.texts import fault

TCVN3_LOWER = {
    **dict(zip("¨©ª«¬­®", "ăâêôơưđ", strict=True)),
    **dict(zip("µ¶·¸¹", "àảãáạ", strict=True)),
    **dict(zip("»¼½¾Æ", "ằẳẵắặ", strict=True)),
    **dict(zip("ÇÈÉÊË", "ầẩẫấậ", strict=True)),
    **dict(zip("ÌÎÏÐÑ", "èẻẽéẹ", strict=True)),
    **dict(zip("ÒÓÔÕÖ", "ềểễếệ", strict=True)),
    **dict(zip("×ØÜÝÞ", "ìỉĩíị", strict=True)),
    **dict(zip("ßáâãä", "òỏõóọ", strict=True)),
    **dict(zip("åæçèé", "ồổỗốộ", strict=True)),
    **dict(zip("êëìíî", "ờởỡớợ", strict=True)),
    **dict(zip("ïñòóô", "ùủũúụ", strict=True)),
    **dict(zip("õö÷øù", "ừửữứự", strict=True)),
    **dict(zip("úûüýþ", "ỳỷỹýỵ", strict=True)),
}
"""Letters of TCVN3 as Windows-1252 shows their bytes (0xA8…0xFE): lower case."""

TCVN3 = {**TCVN3_LOWER, **dict(zip("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ", strict=True))}
"""All letters of TCVN3; TCVN 5712:1993, table VN3."""

_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_CIRCUMFLEX = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_LETTERS = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni() -> dict[str, str]:
    marks: dict[str, dict[str, str]] = {vowel: dict(_TONES) for vowel in "aeouyôö"}
    for vowel in "aeo":
        marks[vowel] |= {code: "\u0302" + tone for code, tone in _CIRCUMFLEX.items()}
    marks["a"] |= {code: "\u0306" + tone for code, tone in _BREVE.items()}
    table = dict(_VNI_LETTERS)
    for vowel, codes in marks.items():
        for code, accents in codes.items():
            table[vowel + code] = unicodedata.normalize("NFC", _VNI_LETTERS.get(vowel, vowel) + accents)
    capitals = {code.upper(): letter.upper() for code, letter in table.items()}
    # The accent of a capital is often typed as that of a small letter: the vowel tells the case.
    mixed = {code[0].upper() + code[1]: letter.upper() for code, letter in table.items() if len(code) == 2}
    return {**table, **mixed, **capitals}


VNI = _vni()
"""Letters of VNI Windows, one or two characters as Windows-1252 shows their bytes, in both cases."""

FONTS = ("tcvn3", "vni")
"""Legacy encodings that live in fonts."""

HEAD_WORDS = 20_000
"""Words beyond ASCII by which an encoding is judged."""

LEAST_SHARE = 0.6
"""Share of the words that must be Vietnamese syllables under a legacy encoding."""

_VNI_CODE = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))
_TCVN3_CODES = {ord(code): letter for code, letter in TCVN3.items()}
_LETTER = r"\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff"  # signs too: a legacy font draws letters in their places
_WORD = re.compile(rf"[A-Za-z]*[{_LETTER}][A-Za-z{_LETTER}]*")
_ASCII_WORD = re.compile(rf"(?<![0-9A-Za-z{_LETTER}])[A-Za-z]+(?![0-9A-Za-z{_LETTER}])")
_BEYOND_ASCII = re.compile(r"[\u00a1-\uffff]")
_UNICODE_ONLY = re.compile(r"[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0-\u01b0\u0300-\u0323\u1ea0-\u1ef9]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")

TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_ONSETS = "ngh ng nh gh gi ph th tr kh ch qu b c d đ g h k l m n p r s t v x"
_RIMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    y yêm yên yêng yêt yêu ych ynh yt yu
    o oc oi om on ong op ot oong ooc oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo
    oet ô ôc ôi ôm ôn ông ôp ôt ôk ơ ơi ơm ơn ơp ơt
    u ua uc ui uk um un ung up ut uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông uôt uơ uy uya uych uyn uynh uyp
    uyt uyu uyên uyêt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    """
_ONSET_LIST = ("", *_ONSETS.split())
_RIME_SET = frozenset(_RIMES.split())
_FRONT = "eêiy"


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of a file's bytes and the name of its encoding.

    Parameters
    ----------
    data
        The whole content, or a piece that ends at a line's end.
    name
        File to name in the error.

    Returns
    -------
    The text in NFC, without byte order mark, and one of ``utf-8``, ``utf-8-sig``, ``utf-16-le``, ``utf-16-be``,
    ``cp1258``, ``tcvn3``, ``vni`` and ``cp1252`` (any other Western text). ASCII is ``utf-8``. UTF-8 with a rare broken
    letter, as where a log was cut off, stays UTF-8 with U+FFFD in its place.

    Raises
    ------
    FormatError
        When the bytes are no text: NULs, control characters, or bytes that no encoding here has.
    """
    encoding = text_decoder(data, name, whole=True)
    text = decode_block(data, encoding)
    found = _CONTROL.search(text)
    if found and (found.group() == "\0" or len(_CONTROL.findall(text)) * 50 > len(text)):
        raise fault(FormatError, "encoding_binary", file=name, row=text[: found.start()].count("\n") + 1)
    return text, encoding


def text_decoder(head: bytes, name: str = "", *, whole: bool = False) -> str:
    """Name the encoding of a text from its first bytes; for :func:`decode_block`.

    Parameters
    ----------
    head
        First bytes; they may end amid a letter unless they are the ``whole``.
    name
        File to name in the error.
    whole
        Whether nothing follows.

    Raises
    ------
    FormatError
        As in :func:`decode`.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    wide = _wide(head, whole)
    if wide:
        return wide
    if b"\0" in head:
        raise fault(FormatError, "encoding_binary", file=name, row=head[: head.index(b"\0")].count(b"\n") + 1)
    if _is_utf8(head, whole):
        return "utf-8"
    try:
        head.decode("cp1252")
    except UnicodeDecodeError as error:
        row, byte = head[: error.start].count(b"\n") + 1, f"0x{head[error.start]:02X}"
        raise fault(FormatError, "encoding_unknown", file=name, row=row, byte=byte) from None
    return _single_byte(head)


def decode_block(data: bytes, encoding: str) -> str:
    """Return the text of one block of a file, as NFC; it never fails, a byte that is no letter becomes U+FFFD.

    Parameters
    ----------
    data
        A block that ends at a line's end.
    encoding
        What :func:`text_decoder` said of the head. A file that is ASCII at its head and not UTF-8 later is judged again
        block by block.
    """
    if encoding in FONTS:
        return from_font(data.decode("cp1252", errors="replace"), encoding)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding.startswith("utf-8") and not _is_utf8(data, whole=True):
            return decode_block(data, _single_byte(data))
        text = data.decode(encoding, errors="replace")
    return _nfc(text.removeprefix("\ufeff"))


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _wide(head: bytes, whole: bool) -> str:
    """Name the byte order of UTF-16, by its mark or by where the NULs of its ASCII stand; else an empty text."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = head[0::2], head[1::2]
    zeros = even.count(0), odd.count(0)
    most = max(zeros)
    # At most half of a Vietnamese text lies beyond Latin-1; of what ends in 00 only the grave (U+0300) is frequent.
    if not odd or most * 10 < len(even) * 4 or min(zeros) * 4 > most or (whole and len(head) % 2):
        return ""
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"


def _is_utf8(data: bytes, whole: bool) -> bool:
    """Tell whether bytes are UTF-8, a letter cut off at the end and one broken in twenty tolerated."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data, final=whole)
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        broken = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
        return len(_BEYOND_ASCII.findall(text)) - broken > 20 * broken
    return True


def _single_byte(data: bytes) -> str:
    text = data.decode("cp1252", errors="replace")
    font = legacy_font([text])
    words = marked_words([text])
    try:
        vietnamese = [unicodedata.normalize("NFC", word.encode("cp1252").decode("cp1258")) for word in words]
    except UnicodeError:  # a byte that Windows-1258 lacks
        vietnamese = []
    share = _share(vietnamese)
    if share < LEAST_SHARE or share <= _share(words):
        return font or "cp1252"
    return font if font and _share([from_font(word, font) for word in words]) > share else "cp1258"


def unfont(text: str) -> str:
    """Return a text that a legacy font made readable as true Unicode (NFC); see :func:`unfont_values`."""
    return from_font(text, legacy_font([text]))


def unfont_values(values: pd.Series) -> tuple[pd.Series, str]:
    """Turn a column that holds letters of a legacy font into true Unicode, the column judged as a whole.

    Parameters
    ----------
    values
        Texts, missing values allowed, shape (n,).

    Returns
    -------
    The texts (NFC) on the same index, and ``tcvn3``, ``vni`` or an empty text where nothing was turned.

    Examples
    --------
    >>> unfont_values(pd.Series(["Tr­êng tiÓu häc", "X· M· §µ"]))[0].tolist()
    ['Trường tiểu học', 'Xã Mã Đà']
    """
    distinct = [str(value) for value in values.dropna().unique()]
    font = legacy_font(distinct)
    changed = {value: new for value in distinct if (new := from_font(value, font)) != value}
    return values.map(lambda value: changed.get(value, value), na_action="ignore") if changed else values.copy(), font


def unfont_table(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Turn all columns of texts of a table into true Unicode, judged together; see :func:`unfont_values`."""
    columns = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name].dtype)]
    distinct = {text for name in columns for text in frame[name].dropna().unique() if isinstance(text, str)}
    font = legacy_font(sorted(distinct))
    changed = {text: new for text in distinct if (new := from_font(text, font)) != text}
    if not changed:
        return frame, font
    turned = {name: frame[name].map(lambda text: changed.get(text, text), na_action="ignore") for name in columns}
    return frame.assign(**turned), font


def legacy_font(texts: Sequence[str]) -> str:
    """Name the legacy font encoding that texts are in, all judged together: ``tcvn3``, ``vni``, or an empty text.

    A single word is ambiguous (``Lê`` may be ``Lờ`` in TCVN3, ``µm`` is no ``àm``): at least two different words must
    speak for it, or one among ASCII words that are all Vietnamese syllables (``§ång Nai``). Texts that hold letters of
    true Unicode Vietnamese do not count: a list may be typed by two hands.
    """
    texts = [text for text in texts if not text.isascii() and not _UNICODE_ONLY.search(text)]
    words = [word for word in marked_words(texts) if len(word) > 1]
    converted = {font: [from_font(word, font) for word in words] for font in FONTS}
    best = max(FONTS, key=lambda font: _share(converted[font]))
    good = sum(map(is_syllable, converted[best]))
    if good < LEAST_SHARE * len(words) or good <= sum(map(is_syllable, words)):
        return ""
    return best if good > 1 or _among_syllables(texts) else ""


def _among_syllables(texts: Sequence[str]) -> bool:
    others = {word for text in texts for word in _ASCII_WORD.findall(text)}
    return bool(others) and all(map(is_syllable, others))


def from_font(text: str, font: str) -> str:
    """Return a text in the legacy encoding ``font`` as Unicode (NFC); a text with true Vietnamese letters stays."""
    if not font or text.isascii() or _UNICODE_ONLY.search(text):
        return _nfc(text)
    if font == "vni":
        return _nfc(_VNI_CODE.sub(lambda found: VNI[found.group()], text))
    return _nfc(_WORD.sub(lambda found: _tcvn3_word(found.group()), text))


def _tcvn3_word(word: str) -> str:
    turned = word.translate(_TCVN3_CODES)
    known = [letter for letter in word if letter not in TCVN3_LOWER and letter.isalpha()]
    capitals = len(known) > 1 and all(letter.isupper() or letter in TCVN3 for letter in known)
    return turned.upper() if capitals else turned


def marked_words(texts: Iterable[str]) -> list[str]:
    """Return the different words beyond ASCII, in the order in which they are met; «S§T» is one, SĐT in TCVN3."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.finditer(text):
            found[word.group()] = None
            if len(found) >= HEAD_WORDS:
                return list(found)
    return list(found)


def _share(words: list[str]) -> float:
    return sum(map(is_syllable, words)) / max(len(words), 1)


@lru_cache(maxsize=1 << 16)
def is_syllable(word: str) -> bool:
    """Tell whether a word is a well-formed Vietnamese syllable: onset, rime, at most one tone, one manner of case.

    The tone stands on the vowel with a diacritic where there is one; a syllable that ends in a stop (p, t, c, ch)
    has the acute or the dot below. See Thompson, A Vietnamese Reference Grammar (1987), chapter 2.
    """
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    bare, tones, places = "", "", []
    for letter in unicodedata.normalize("NFC", word.lower()):
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(mark for mark in parts[1:] if mark in TONE_MARKS)
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in TONE_MARKS))
        if len(base) != 1 or (tone and base not in "aăâeêioôơuưy"):
            return False
        if tone:
            places.append(len(bare))
        bare, tones = bare + base, tones + tone
    return len(tones) <= 1 and _is_rhyming(bare, tones, places[0] if places else -1)


def _is_rhyming(bare: str, tone: str, place: int) -> bool:
    for onset in _ONSET_LIST:
        rime = bare[len(onset) :]
        if not bare.startswith(onset) or rime not in _RIME_SET or not _spelled(onset, rime):
            continue
        stopped = rime.endswith(("p", "t", "c", "ch", "k"))
        if stopped and tone not in ("\u0301", "\u0323"):
            continue
        accented = [at for at, letter in enumerate(bare) if letter in "ăâêôơư"]
        if tone and (place < len(onset) or (accented and place != accented[-1])):
            continue
        return True
    return False


def _spelled(onset: str, rime: str) -> bool:
    """Tell whether an onset may stand before a rime: k, gh and ngh before front vowels, c, g and ng before others."""
    front = rime[0] in _FRONT
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "ng"):
        return not front
    return onset != "g" or rime[0] not in "eêy"
