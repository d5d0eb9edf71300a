"""One catalogue in both languages: nothing missing, nothing that cannot be filled."""

import re
import string

import pytest

from lomsong.errors import ColumnError, DataError
from lomsong.ingest import CHECKS
from lomsong.texts import LANGUAGES, TEXTS, Phrase, fault, text, told


def fields(sentence):
    return {
        name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name is not None
    }


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_take_the_same_values(key):
    vietnamese, english = TEXTS[key]
    assert vietnamese.strip()
    assert english.strip()
    assert fields(vietnamese) == fields(english)


def test_a_sentence_in_vietnamese_has_its_marks():
    bare = [key for key, (vi, en) in TEXTS.items() if len(vi.split()) > 6 and vi.isascii()]
    assert not bare, "seven words without one diacritic are not Vietnamese"
    same = [key for key, (vi, en) in TEXTS.items() if vi == en and len(re.findall(r"[a-z]{3,}", vi)) > 3]
    assert not same


def test_a_fault_is_told_in_either_language_with_phrases_inside():
    faults = (
        Phrase("frame.kind", {"column": "pupils", "kind": "str"}),
        Phrase("frame.no_geometry", {"geometry": "Point"}),
    )
    error = fault(ColumnError, "frame", where="truong.xlsx", faults=faults)
    assert str(error) == "truong.xlsx: pupils must be numbers, not str; no geometry; give a GeoDataFrame of Point"
    assert (
        told(error, "vi")
        == "truong.xlsx: pupils phải là số, không phải str; không có hình; đưa vào GeoDataFrame gồm Point"
    )
    assert told(DataError("as it was"), "vi") == "as it was"


@pytest.mark.parametrize("key", [key for key in TEXTS if key.removeprefix("check.") in CHECKS])
def test_what_a_check_says_is_a_sentence(key):
    for said in TEXTS[key]:
        assert said[0].isupper() and said.endswith("."), said


def test_two_rooms_never_have_the_same_key():
    import importlib
    import pkgutil

    import lomsong.texts as rooms

    keys = [
        key
        for room in pkgutil.iter_modules(rooms.__path__)
        for key in importlib.import_module(f"lomsong.texts.{room.name}").TEXTS
    ]
    assert len(keys) == len(set(keys)) == len(TEXTS)
    assert all(text("cli.rank", language) for language in LANGUAGES)
