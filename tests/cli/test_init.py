"""`lomsong init` writes a project that checks, and writes over nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from lomsong.ingest.templates import templates
from lomsong.settings import Settings, Survey, load

SCRIPT = Path(sys.executable).with_name("lomsong")


def lomsong(*args):
    return subprocess.run([SCRIPT, *map(str, args)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_all_is_written_and_the_next_step_is_named(tmp_path, language):
    folder = tmp_path / "Đồng Nai [a]"
    done = lomsong("init", folder, "--lang", language)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == templates(language)
    assert load(folder / "lomsong.toml") == Settings(survey=Survey(utc_offset_h=7.0))
    assert {"vi": "HUONG_DAN.txt", "en": "README.txt"}[language] in done.stdout
    assert done.stdout.splitlines()[-1] == f'lomsong check "{folder / "lomsong.toml"}"'
    checked = lomsong("check", folder / "lomsong.toml")
    assert checked.returncode in (1, 2)
    assert "inputs.surveys" in checked.stderr
    assert "Traceback" not in checked.stderr


def test_nothing_is_written_over_without_force(tmp_path):
    (tmp_path / "schools.xlsx").write_text("mine")
    done = lomsong("init", tmp_path, "--lang", "vi")
    assert done.returncode == 2
    assert "đã có schools.xlsx; không ghi đè" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["schools.xlsx"]
    assert (tmp_path / "schools.xlsx").read_text() == "mine"
    assert lomsong("init", tmp_path, "--force").returncode == 0
    assert (tmp_path / "schools.xlsx").read_bytes() == templates("vi")["schools.xlsx"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    done = lomsong("init", tmp_path / "file", "--lang", "en")
    assert (done.returncode, "is no folder" in done.stderr) == (2, True)
    assert lomsong("init").returncode == 2
