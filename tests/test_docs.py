"""What the documents name is there."""

import dataclasses
import importlib
import pkgutil
import re
import shlex
from pathlib import Path

import click
import pytest

from lomsong.cli import VERBS
from lomsong.ingest import CHECKS
from lomsong.ingest.bands import is_silent
from lomsong.ingest.files.columns import match_columns
from lomsong.ingest.maps import layers
from lomsong.ingest.surveys import gnettrack
from lomsong.ingest.surveys.formats import FORMATS
from lomsong.ingest.surveys.headings import match
from lomsong.radio import p1812
from lomsong.settings import Settings
from lomsong.tables import CROSSWALK, TABLES, data_dictionary

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]

DOTTED = re.compile(r"\blomsong(?:\.\w+)+")
FILES = ("lomsong.toml",)
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")
SECTIONS = {section.name: section.default_factory() for section in dataclasses.fields(Settings)}
KEY = re.compile(rf"(?<![\w./])({'|'.join(SECTIONS)})\.([a-z]\w+)(?!\.)")
SUFFIXES = ("gpkg", "csv", "xlsx", "py", "md", "toml")
CODE = re.compile(r"`([^`]+)`")


def resolve(name):
    """Return what a dotted name stands for; a field of a dataclass stands for its annotation."""
    parts = name.split(".")
    found, at = importlib.import_module(parts[0]), 1
    while at < len(parts):
        try:
            found = importlib.import_module(".".join(parts[: at + 1]))
        except ModuleNotFoundError:
            break
        at += 1
    for part in parts[at:]:
        fields = getattr(found, "__dataclass_fields__", {})
        found = fields[part] if part in fields else getattr(found, part)
    return found


def anchors(document):
    """Return the anchors that GitHub gives to the headings of a document."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_data_dictionary_is_as_printed():
    assert (ROOT / "docs" / "data.md").read_text(encoding="utf-8") == data_dictionary()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_name_is_there(document):
    names = set(DOTTED.findall(document.read_text(encoding="utf-8"))) - set(FILES)
    missing = []
    for name in sorted(names):
        try:
            resolve(name)
        except AttributeError:
            missing.append(name)
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document):
    broken = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        found = document if not file else (document.parent / file).resolve()
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


def test_a_wrong_name_or_link_would_be_seen(tmp_path):
    with pytest.raises(AttributeError):
        resolve("lomsong.surface.CoverageSurfaces")
    assert resolve("lomsong.surface.Scores.rmse_db")
    assert DOTTED.findall("see `lomsong.geo.Grid`. And lomsong.toml") == ["lomsong.geo.Grid", "lomsong.toml"]
    page = tmp_path / "page.md"
    page.write_text("# Mô hình\n## States and probability\n```\n# no heading\n```\n", encoding="utf-8")
    assert anchors(page) == {"mô-hình", "states-and-probability"}


def table_after(document, marker):
    """Return the cells of the table that follows a heading or a mark, its two head lines left out."""
    lines = (ROOT / "docs" / document).read_text(encoding="utf-8").split(marker, 1)[1].splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table[2:]


def documented_checks():
    rows = table_after("method.md", "<!-- checks -->")
    return {CODE.findall(name)[0]: (severity, effect) for name, severity, effect, *_ in rows}


def test_method_lists_every_check_as_it_is():
    assert documented_checks() == {check.name: (check.severity, check.effect) for check in CHECKS.values()}
    names = [CODE.findall(row[0])[0] for row in table_after("method.md", "<!-- checks -->")]
    assert names == list(CHECKS)


def equations(text):
    """Return the numbers of equations in a text, (9)-(11) being three and (7a) one, and what is not an equation."""
    found = {*re.findall(r"§[\d.]+\d|table \d+|attachment \d", text)}
    for first, last in re.findall(r"\((\d+)[a-z]?\)(?:-\((\d+)[a-z]?\))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def ours(name):
    """Return what a short name of the table of P.1812 stands for: something in one of its modules."""
    for module in pkgutil.iter_modules(p1812.__path__):
        try:
            return resolve(f"lomsong.radio.p1812.{module.name}.{name}")
        except AttributeError:
            continue
    raise AttributeError(name)


def test_method_names_every_equation_of_p1812():
    where = {}
    for _, places, names in table_after("method.md", "<!-- p1812 -->"):
        for name in CODE.findall(names):
            where.setdefault(name, set()).update(equations(places))
    assert p1812.TERMS.keys() <= where.keys()
    wrong = {name: term.equation for name, term in p1812.TERMS.items() if not equations(term.equation) <= where[name]}
    assert not wrong
    assert all(map(ours, where.keys() - p1812.TERMS.keys()))
    numbers = {place for places in where.values() for place in places if isinstance(place, int)}
    assert numbers == {*range(1, 64), 69, *range(76, 94)}


def test_a_wrong_equation_would_be_seen():
    assert equations("(9)-(11), (7a); §4.9, table 5") == {7, 9, 10, 11, "§4.9", "table 5"}
    assert equations("(76)-(78)") == {76, 77, 78}
    assert ours("knife_edge_db")(-1.0) == 0
    with pytest.raises(AttributeError):
        ours("knife_edges_db")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_key_of_the_settings_is_there(document):
    prose = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = [key for code in CODE.findall(prose) for key in KEY.findall(code)]
    missing = {
        f"{section}.{key}" for section, key in found if key not in SUFFIXES and not hasattr(SECTIONS[section], key)
    }
    assert not missing


def commands():
    """Return every command line of lomsong in the documents' blocks of code."""
    found = []
    for document in DOCUMENTS:
        for block in re.findall(r"^```\w*\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            found += re.findall(r"^\s*(?:\S*[\\/])?lomsong +(\w+.*)$", block, re.MULTILINE)
    return found


def test_every_command_is_one_and_has_its_options():
    shown = commands()
    assert {line.split()[0] for line in shown} == set(VERBS)
    for line in shown:
        verb, *words = shlex.split(line.split("   ")[0].split("#")[0], posix=False)
        name = verb.replace("-", "_")
        command = getattr(importlib.import_module(f"lomsong.cli.{name}"), name)
        known = {
            option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts
        }
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize(("field", "headings"), table_after("formats.md", "<!-- checked: survey -->"))
def test_headings_of_logs_are_known(field, headings):
    for heading in CODE.findall(headings):
        assert list(match([heading]).index)[:1] == CODE.findall(field), heading


@pytest.mark.parametrize(("table", "column", "headings"), table_after("formats.md", "<!-- checked: tables -->"))
def test_headings_of_tables_are_known(table, column, headings):
    spec = {**TABLES, "crosswalk": CROSSWALK}[table.strip("`")]
    for heading in CODE.findall(headings):
        assert list(match_columns([heading], spec).values()) == CODE.findall(column), heading


@pytest.mark.parametrize(("layer", "name", "words"), table_after("formats.md", "<!-- checked: classes -->"))
def test_words_of_classes_are_known(layer, name, words):
    kind = layers.KINDS[layer.strip("`")]
    for word in CODE.findall(words):
        assert layers._class_of(word, kind.words) == name.strip("`"), word


def test_formats_of_logs_and_words_for_no_service_are_those_of_the_reader():
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert tuple(row[0].strip("`") for row in table_after("formats.md", "## Survey logs")) == FORMATS
    said = re.search(r"\*\*No service\.\*\* .*? in a column of service", text, re.DOTALL).group()
    words = [word for word in CODE.findall(said) if word not in ("NO_COVERAGE", "--")]
    assert len(words) >= 6
    assert all(map(is_silent, words))
    assert gnettrack.sniff(["Timestamp", "Longitude", "Latitude", "Operatorname", "Level"])


def test_a_wrong_claim_would_be_seen():
    assert "rsrp" not in match(["RSSI"]).index
    assert layers._class_of("Đường sắt", layers.KINDS["roads"].words) == ""
    assert KEY.findall("`survey.crs`, lomsong.surface.draws and roster.slat") == [("survey", "crs"), ("roster", "slat")]
    assert not hasattr(SECTIONS["roster"], "slat")
