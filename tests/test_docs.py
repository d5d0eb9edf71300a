"""What the documents name is there."""

import importlib
import re
from pathlib import Path

import pytest

from lomsong.tables import data_dictionary

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]

DOTTED = re.compile(r"\blomsong(?:\.\w+)+")
FILES = ("lomsong.toml",)
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")


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
