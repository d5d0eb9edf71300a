"""Runs shared by the tests: a small province, and the sample province end to end."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from lomsong import pipeline
from lomsong.publish.edition import map_content
from lomsong.publish.map import build_map
from lomsong.simulate import Recipe, simulate

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data"
SHARED = ROOT.parent / "shared" / "data"

SLOW = (
    "test_truth.py", "real/test_radial.py", "tests/real/", "tests/notebooks/", "tests/cli/", "test_pipeline.py",
    "test_hostile.py",
)  # fmt: skip
"""Files that begin first, so that no core waits for the last of them; the first two compile little in common."""

SMALL = Recipe(area_km2=150, communes=8, households=2_000, seed=5, sample_spacing_m=100)
"""Of the fixture ``small_province``."""

os.environ["LC_ALL"] = "C.UTF-8"  # what is said before settings are read is in the language of the system
settings.register_profile("unhurried", deadline=None)  # tests share the cores, with each other and with strangers
settings.load_profile("unhurried")


@dataclass(frozen=True)
class Run:
    folder: Path
    result: pipeline.Result
    paths: list[Path]


def pytest_collection_modifyitems(items):
    """Let the slow files begin first; within a file nothing changes."""
    items.sort(key=lambda item: next((i for i, part in enumerate(SLOW) if part in item.nodeid), len(SLOW)))


@pytest.fixture(scope="session")
def small_recipe():
    return SMALL


@pytest.fixture(scope="session")
def small_province(tmp_path_factory):
    """Folder of a province of 150 km² as `lomsong simulate` writes it, the stages of a run kept beside it.

    One for all workers: who comes first makes it, the others wait.
    """
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    folder, made = place / "small", place / "small.made"
    with FileLock(place / "small.lock"):
        if not made.exists():
            simulate(SMALL).write(folder)
            pipeline.run(folder / "lomsong.toml")
            made.touch()
    return folder


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory):
    """The sample province, all stages and all outputs."""
    folder = tmp_path_factory.mktemp("sample_run")
    result = pipeline.run(SAMPLE / "lomsong.toml")
    return Run(folder, result, pipeline.publish(result, folder))


@pytest.fixture(scope="session")
def sample_page(tmp_path_factory):
    """Path of the map alone of the sample province, made as a run makes it."""
    page = tmp_path_factory.mktemp("sample_page") / "map.html"
    edition = pipeline.edition_of(pipeline.run(SAMPLE / "lomsong.toml"))
    page.write_text(build_map(map_content(edition)), encoding="utf-8")
    return page


@pytest.fixture(scope="session")
def shared_data():
    """Real data shared by everybody who builds this; absent outside."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not here: real data are not part of the repository")
    return SHARED
