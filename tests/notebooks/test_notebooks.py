"""Every notebook runs, and is committed without outputs."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ABSOLUTE_PATH = re.compile(r"""["'](/|~|[A-Za-z]:[\\/]|file:)""")
SUMMARY = re.compile(r"^\*[^\s*]", re.MULTILINE)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_runs_without_error_or_warning(notebook, tmp_path, monkeypatch):
    # A kernel of its own: this interpreter, no profile and no settings of whoever runs the tests.
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    client = NotebookClient(notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_it_is_committed_without_outputs(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            assert cell.metadata == {}
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_its_cells_are_numbered_in_order(notebook):
    stems = {cell.id.rpartition("-")[0] for cell in notebook.cells}
    assert len(stems) == 1
    assert [cell.id for cell in notebook.cells] == [
        f"{next(iter(stems))}-{number:02d}" for number in range(1, len(notebook.cells) + 1)
    ]


def test_each_part_is_told_in_vietnamese_too_and_it_ends_in_exercises(notebook):
    heads = [cell.source for cell in notebook.cells if re.match("##? ", cell.source)]
    assert [head.splitlines()[0] for head in heads if "Đi tiếp" not in head and not SUMMARY.search(head)] == []
    assert heads[-2].startswith("## Rút ra và bài tập")
    assert len(re.findall(r"^\d\. \*", heads[-2], re.MULTILINE)) == 3


def test_it_names_no_path_of_a_machine_and_no_missing_file(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not ABSOLUTE_PATH.search(cell.source), cell.id
        else:
            for target in LINK.findall(cell.source):
                assert (FOLDER / target).exists(), f"{cell.id}: {target}"
