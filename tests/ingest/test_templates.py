"""What a new project starts from says what settings and tables say, and what is filled in reads back."""

import dataclasses
import io
import re
import tomllib
import typing

import openpyxl
import pandas as pd
import pytest

from lomsong.ingest.rosters.devices import has_device
from lomsong.ingest.rosters.roster import read_hamlets, read_households, read_schools, read_sites
from lomsong.ingest.templates import TABLE_NAMES, settings_text, templates, toml, workbook
from lomsong.settings import Settings, Survey, load, parse
from lomsong.tables import TABLES, data_dictionary
from lomsong.texts import LANGUAGES, TEXTS

NAMES = [name for name in TABLE_NAMES if name in TABLES]


def keys():
    for section, kind in typing.get_type_hints(Settings).items():
        yield section, None
        for field in dataclasses.fields(kind):
            yield section, field.name


@pytest.mark.parametrize(("section", "key"), list(keys()))
def test_every_section_and_key_has_a_sentence_in_both_languages(section, key):
    vietnamese, english = TEXTS[f"setting.{section}.{key}" if key else f"setting.{section}"]
    assert vietnamese != english
    for sentence in (vietnamese, english):
        assert sentence.strip()
        assert "\n" not in sentence
        assert sentence.endswith(".") == (key is not None)


def test_no_sentence_is_about_a_key_that_is_gone():
    known = {f"setting.{section}.{key}" if key else f"setting.{section}" for section, key in keys()}
    assert {key for key in TEXTS if key.startswith("setting.")} == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_settings_load_and_are_the_defaults_but_for_clocks_of_viet_nam(tmp_path, language):
    path = tmp_path / "lomsong.toml"
    path.write_text(settings_text(language), encoding="utf-8")
    assert load(path) == dataclasses.replace(Settings(), survey=Survey(utc_offset_h=7.0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_stands_in_the_settings_once_and_with_its_comment(language):
    content = settings_text(language)
    raw = tomllib.loads(content)
    sections = content.split("\n[")[1:]
    for block in sections:
        section, lines = block.split("]")[0], block.splitlines()
        for field in dataclasses.fields(typing.get_type_hints(Settings)[section]):
            at = [number for number, line in enumerate(lines) if re.match(rf"(# )?{field.name} = ", line)]
            assert len(at) == 1, field.name
            comment = TEXTS[f"setting.{section}.{field.name}"][LANGUAGES.index(language)]
            assert lines[at[0] - 1].startswith(f"# {comment}")
            assert (field.name in raw[section]) == (not lines[at[0]].startswith("#"))
    assert len(sections) == len(dataclasses.fields(Settings))


def test_examples_can_be_taken_as_they_stand():
    """Every key uncommented: what is shown is TOML of the right kind."""
    content = re.sub(r"^# (\w+ = .*)$", r"\1", settings_text("en"), flags=re.MULTILINE)
    settings = parse(tomllib.loads(content))
    assert settings.inputs.households == "households.xlsx"
    assert settings.inputs.surveys == ("surveys",)
    assert settings.survey.columns == {"rsrp_dbm": "Serving RSRP"}


def test_limits_and_units_stand_in_the_comments():
    vietnamese, english = settings_text("vi"), settings_text("en")
    assert "Limits -140…-44 dBm.\nusable_dbm = -110.0" in english
    assert "Giới hạn 1…10000 m.\nmax_accuracy_m = 50.0" in vietnamese
    assert "One of: 4G, 5G." in english
    assert "Giới hạn 0,5…0,999." in vietnamese
    assert "Limits 0…4294967295." in english


def test_values_as_toml():
    for value in (True, 3, -1.5, 'a "b" \\ ổ\n', ["a", "b"], {"a_b": "c"}, [], {}):
        assert tomllib.loads(f"key = {toml(value)}")["key"] == value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_its_headings_and_explains_each(name, language):
    spec = TABLES[name]
    book = openpyxl.load_workbook(io.BytesIO(workbook(spec, language)))
    sheet, explained = book.worksheets
    headings = [cell.value for cell in sheet[1]]
    assert headings[: len(spec.columns)] == [getattr(column, language) for column in spec.columns]
    if spec.geometry == "Point":
        assert headings[-2:] == {"vi": ["Kinh độ", "Vĩ độ"], "en": ["Longitude", "Latitude"]}[language]
    assert len(set(headings)) == len(headings)
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    assert [row[0].value for row in explained.iter_rows(min_row=2)] == headings
    assert [row[1].value for row in explained.iter_rows(min_row=2)][: len(spec.columns)] == spec.names
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    for at, column in enumerate(spec.columns):
        letter = sheet.cell(1, at + 1).column_letter
        if column.kind in ("text", "choice"):
            assert sheet.column_dimensions[letter].width >= 13
        if column.choices:
            assert any(str(rule.sqref).startswith(f"{letter}2:") for rule in lists)


def fill(path, name, language, rows, number_format=None):
    """Fill a template as a person does, by its headings."""
    path.write_bytes(workbook(TABLES[name], language))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    places = {"longitude": headings[-2], "latitude": headings[-1]}
    known = places | {column.name: getattr(column, language) for column in TABLES[name].columns}
    for number, row in enumerate(rows, start=2):
        for column, value in row.items():
            sheet.cell(number, headings.index(known[column]) + 1, value)
    book.save(path)
    return path


HERE = {"longitude": 107.02, "latitude": 11.25}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_reads_back(tmp_path, language):
    rows = [
        {"household_id": "0012", "learners": 2, "learners_without_device": 1, "own_operator": "Viettel", **HERE},
        {"household_id": "0013", "learners": 3, "commune_code": "26170", **HERE, "longitude": 107.03},
    ]
    reading = read_households(fill(tmp_path / "households.xlsx", "households", language, rows))
    assert (len(reading.table), len(reading.rejects)) == (2, 0)
    assert reading.table["household_id"].tolist() == ["0012", "0013"]
    assert reading.table["learners"].tolist() == [2, 3]
    assert reading.table["own_operator"].tolist()[0] == "viettel"
    assert reading.table.geometry.x.tolist() == [107.02, 107.03]

    school = {"school_id": "001", "name": "Tiểu học Mã Đà", "pupils": 120, "commune_code": "26170", **HERE}
    reading = read_schools(fill(tmp_path / "schools.xlsx", "schools", language, [school]))
    assert reading.table[["school_id", "name", "pupils"]].to_numpy().tolist() == [["001", "Tiểu học Mã Đà", 120]]

    site = {"site_id": "DNI001", "operator": "MobiFone", "band_mhz": 1800, "height_m": 42, "eirp_dbm": 15, **HERE}
    reading = read_sites(fill(tmp_path / "sites.xlsx", "sites", language, [site]))
    assert reading.table["operator"].tolist() == ["mobifone"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_a_list_offers_are_understood(tmp_path, language):
    book = openpyxl.load_workbook(io.BytesIO(workbook(TABLES["hamlets"], language)))
    rules = book.worksheets[0].data_validations.dataValidation
    offered = next(rule.formula1 for rule in rules if rule.type == "list").strip('"').split(",")
    assert offered == {"vi": ["có", "không", "chưa rõ"], "en": ["yes", "no", "unknown"]}[language]
    rows = [
        {"hamlet_id": f"0{n}", "name": "Ấp 1", "commune_code": "26170", "grid_power": word, **HERE}
        for n, word in enumerate(offered)
    ]
    reading = read_hamlets(fill(tmp_path / "hamlets.xlsx", "hamlets", language, rows))
    assert reading.table["grid_power"].tolist() == ["yes", "no", "unknown"]


def test_words_offered_for_devices_are_understood():
    offered = pd.Series(TABLES["learners"]["has_device"].answers("vi"))
    device, strange = has_device(offered, pd.Series([""] * 3))
    assert device.tolist() == ["yes", "no", "unknown"]
    assert not strange.any()


def test_codes_are_text_so_that_leading_zeros_stay():
    book = openpyxl.load_workbook(io.BytesIO(workbook(TABLES["schools"], "vi")))
    formats = {
        cell.value: book.worksheets[0].column_dimensions[cell.column_letter].number_format
        for cell in book.worksheets[0][1]
    }
    assert formats["Mã trường"] == formats["Mã xã"] == "@"
    assert formats["Số học sinh"] != "@"


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_files_are_there_and_the_same_each_time(language):
    files = templates(language)
    guide = {"vi": "HUONG_DAN.txt", "en": "README.txt"}[language]
    assert set(files) == {"lomsong.toml", guide, "data_dictionary.md", *(f"{name}.xlsx" for name in NAMES)}
    assert {"households.xlsx", "schools.xlsx", "hamlets.xlsx", "sites.xlsx"} <= set(files)
    assert files["data_dictionary.md"].decode() == data_dictionary()
    assert "lomsong check lomsong.toml" in files[guide].decode()
    assert 10 <= files[guide].count(b"\n") <= 20
    assert templates(language) == files
