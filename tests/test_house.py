"""The house rules that no linter knows."""

import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lomsong

ROOT = Path(__file__).resolve().parent.parent


def test_coverage_folder_does_not_shadow_coverage_py():
    assert not (ROOT / "coverage" / "__init__.py").exists()
    code = "import coverage; print(coverage.__file__); print(coverage.Coverage.__name__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    file, name = done.stdout.split()
    assert name == "Coverage"
    assert Path(file).parent != ROOT / "coverage"


def test_every_public_name_is_there():
    for name in lomsong.__all__:
        assert getattr(lomsong, name).__doc__, name
    assert set(lomsong.__all__) == {
        "CoverageKriging", "CoverageSurface", "maximum_coverage", "minimum_cost_cover", "rank_communes",
        "read_cells", "read_communes", "read_crosswalk", "read_hamlets", "read_handovers", "read_households",
        "read_land_cover", "read_learners", "read_population", "read_schools", "read_sites", "read_survey",
        "read_terrain",
        "plot_gain_curve", "plot_gap", "plot_level", "plot_modelled", "plot_plan", "plot_probability", "plot_profile",
        "plot_ranking", "plot_reliability", "plot_survey", "show_ranking",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in lomsong.__all__ if inspect.isfunction(getattr(lomsong, name))])
def test_help_names_every_parameter_of_a_public_function(name):
    """In its own docstring, or in that of a public one that it refers to."""
    own = inspect.getdoc(getattr(lomsong, name))
    others = {other.rpartition(".")[2] for other in re.findall(r":func:`~?([\w.]+)`", own)} & set(lomsong.__all__)
    said = "\n".join([own, *(inspect.getdoc(getattr(lomsong, other)) for other in others)])
    for parameter in inspect.signature(getattr(lomsong, name)).parameters:
        assert re.search(rf"^(\w+, )*{parameter}\b", said, re.MULTILINE), parameter


def test_importing_the_package_is_cheap():
    code = "import sys, lomsong; print([m for m in ('geopandas', 'numba', 'rasterio', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_address_of_an_index_and_no_path_of_a_machine_in_constraints():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(line.startswith("#") or line.count("==") == 1 for line in lines)
    assert not any(mark in line for line in lines for mark in ("://", "@", "/"))


def test_package_data_is_found():
    assert importlib.util.find_spec("lomsong.simulate")
    assert (Path(lomsong.__file__).parent / "py.typed").is_file()
