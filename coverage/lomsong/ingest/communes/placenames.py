"""Names of communes and districts as people write them: the kind taken off, spelling made comparable."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from lomsong.geo import fold_text

KINDS: dict[str, tuple[str, ...]] = {
    "thị trấn": ("thị trấn", "tt", "ttr"),
    "phường": ("phường", "p", "f", "ph"),
    "xã": ("xã", "x"),
    "đặc khu": ("đặc khu", "đk"),
    "thành phố": ("thành phố", "tp", "t.p"),
    "thị xã": ("thị xã", "tx", "t.x"),
    "quận": ("quận", "q"),
    "huyện": ("huyện", "h"),
    "tỉnh": ("tỉnh", "t"),
}
"""Kind of a unit to the ways of writing it before a name, in lower case."""

COMMUNE_KINDS = ("xã", "phường", "thị trấn", "đặc khu")

_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _prefixes() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for kind, ways in KINDS.items():
        full, *short = ways
        # Unaccented typing of the full word is told apart from a name, Xà Bang, by having no accent at all.
        after = r"[\s.:\-]+(?=\S)"
        found.append((re.compile(rf"{full}{after}"), kind))
        bare = _unaccented(full)
        found.append((re.compile(rf"{bare}{after}(?=[\x00-\x7f]+$)"), kind))
        ends = r"(?:\s*[.:]\s*|\s+(?=\S{2})|\s*(?=\d+$))"
        found += [(re.compile(re.escape(way) + ends), kind) for way in short]
    return sorted(found, key=lambda pair: -len(pair[0].pattern))


def _unaccented(text: str) -> str:
    marks = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(letter for letter in marks if not unicodedata.combining(letter))


_PREFIXES = _prefixes()


@dataclass(frozen=True)
class PlaceName:
    """A name as it is compared.

    Attributes
    ----------
    kind
        One of :data:`KINDS`, or empty when the name does not say.
    spelled
        The bare name in lower case, accents kept, the mark of the tone moved to the end of its syllable, so that Hoà
        and Hòa are one, but Lộc Thạnh and Lộc Thành two.
    folded
        The bare name without accents, for names typed without them.
    """

    kind: str
    spelled: str
    folded: str


@lru_cache(maxsize=1 << 16)
def place_name(text: str) -> PlaceName:
    """Take a name apart: ``Xã Mã Đà``, ``TT. Vĩnh An``, ``P.1``, ``xa ma da``."""
    clean = " ".join(unicodedata.normalize("NFC", text).lower().split())
    kind, bare = "", clean
    for pattern, found in _PREFIXES:
        match = pattern.match(clean)
        if match:
            kind, bare = found, clean[match.end() :]
            break
    spelled = " ".join(_syllable(part) for part in re.findall(r"\w+", unicodedata.normalize("NFC", bare)))
    return PlaceName(kind, spelled, " ".join(_plain_number(part) for part in fold_text(bare).split()))


def split_kind(text: str) -> str:
    """Return the kind that a name starts with, in lower case, or an empty text."""
    return place_name(text).kind


def _syllable(part: str) -> str:
    letters = unicodedata.normalize("NFD", part)
    tones = "".join(letter for letter in letters if letter in _TONES)
    rest = "".join(letter for letter in letters if letter not in _TONES)
    return _plain_number(unicodedata.normalize("NFC", rest)) + tones


def _plain_number(part: str) -> str:
    return part.lstrip("0") or "0" if part.isascii() and part.isdigit() else part


def clean_name(value: object) -> str:
    """Return a name without control and invisible characters, in NFC, with single spaces; markup stays as text."""
    text = unicodedata.normalize("NFC", str(value))
    kept = [
        letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " "
        for letter in text.replace("\u200b", "").replace("\ufeff", "")
    ]
    return " ".join("".join(kept).split())
