"""Each fault is one line with its remedy and its exit code; nothing half-written is left behind."""

import gzip
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import geopandas as gpd
import pandas as pd
import pytest

from lomsong import __version__, cli
from lomsong.ingest import read_survey

SCRIPT = Path(sys.executable).with_name("lomsong")


def process(*args, cwd=None):
    """Run the command line as a person does; what Python itself has to say stands on standard error as well."""
    return subprocess.run([SCRIPT, *map(str, args)], capture_output=True, text=True, cwd=cwd, check=False)


def lomsong(*args):
    """Run the command line in this process, which has imported everything already."""
    argv, out, err = ["lomsong", *map(str, args)], io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), mock.patch("sys.argv", argv), pytest.raises(SystemExit) as ended:
        cli.main()
    return subprocess.CompletedProcess(argv, ended.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def province(small_province, tmp_path_factory):
    """A copy to spoil."""
    folder = tmp_path_factory.mktemp("spoilt")
    for path in small_province.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "empty.csv").write_bytes(b"")
    (folder / "wrong.csv").write_text("a,b\n1,2\n")
    communes = gpd.read_file(small_province / "communes.gpkg")
    communes.set_crs(None, allow_override=True).to_file(folder / "bare.gpkg")
    households = pd.read_csv(small_province / "households.csv.gz")
    households.assign(longitude=households["longitude"] - 5).to_csv(folder / "far.csv", index=False)
    return folder


FAULTS = {
    "missing file": ('"communes.gpkg"', '"none.gpkg"', 1, ["none.gpkg", "no such file", "check the path"]),
    "empty file": ('"households.csv.gz"', '"empty.csv"', 1, ["empty.csv", "the file is empty"]),
    "wrong column": ('"households.csv.gz"', '"wrong.csv"', 1, ["wrong.csv", "household_id", "found: a, b"]),
    "no CRS": ('"communes.gpkg"', '"bare.gpkg"', 1, ["bare.gpkg", "coordinate reference system", "EPSG:5899"]),
    "outside": ('"households.csv.gz"', '"far.csv"', 1, ["far.csv", "outside the territory", "first: row 2"]),
    "unknown key": ("usable_dbm", "usable_db", 2, ["unknown key gap.usable_db", "did you mean usable_dbm?"]),
    "limit": ("usable_dbm = -110.0", "usable_dbm = 5", 2, ["gap.usable_dbm = 5", "-140…-44"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_line_with_the_remedy_and_nothing_half_written(province, tmp_path, fault):
    old, new, code, words = FAULTS[fault]
    text = (province / "lomsong.toml").read_text(encoding="utf-8")
    assert old in text
    settings = province / f"{fault.replace(' ', '_')}.toml"
    settings.write_text(text.replace(old, new), encoding="utf-8")
    call = process if fault == "outside" else lomsong
    done = call("run", settings, "--out", tmp_path / "out", "--lang", "en")
    assert done.returncode == code
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout.strip() == ""
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_line_without_its_script():
    said = subprocess.run([sys.executable, "-m", "lomsong", "no_verb"], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "no_verb" in said.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "cp1258", "ascii", "utf-8"])
def test_what_is_kept_in_a_file_or_piped_on_is_legible_whatever_the_code_page(tmp_path, encoding):
    command = [sys.executable, "-m", "lomsong", "check", "none.toml", "--lang", "vi"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    said = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert "không có tệp thiết lập này" in said.stderr.decode("utf-8")
    shown = subprocess.run([*command[:3], "site", "--help"], capture_output=True, env=environment, check=False)
    assert shown.returncode == 0


@pytest.mark.parametrize("verb", ["run", "site", "devices", "survey-plan", "surface"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_computed(small_province, tmp_path, verb):
    (tmp_path / "file").touch()
    options = ["--validate"] if verb == "surface" else []
    with mock.patch("lomsong.pipeline.estimate", side_effect=AssertionError):
        done = lomsong(verb, small_province / "lomsong.toml", *options, "--out", tmp_path / "file" / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"lomsong: {tmp_path / 'file' / 'out'}: không ghi được")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "run.workers = 1"),
        (OSError(5, "Input/output error", "e.csv"), "e.csv: Input/output error; check"),
    ],
)
def test_what_the_machine_refuses_is_one_line_with_a_remedy(small_province, tmp_path, error, words):
    with mock.patch("lomsong.pipeline.run", side_effect=error):
        done = lomsong("run", small_province / "lomsong.toml", "--out", tmp_path, "--lang", "en")
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_settings_and_wrong_usage(tmp_path):
    done = lomsong("run", tmp_path / "none.toml", "--out", tmp_path / "out")
    assert (done.returncode, "no such settings file" in done.stderr) == (2, True)
    assert lomsong("run").returncode == 2
    assert lomsong("rnu").returncode == 2
    assert process("--version").stdout.split()[-1] == __version__
    assert "simulate" in lomsong("--help").stdout


def test_check_tells_every_fault_at_once(province):
    text = (province / "lomsong.toml").read_text(encoding="utf-8")
    spoilt = (
        ("[gap]", '[gap]\nusual_building = "gach"'),
        ('"households.csv.gz"', '"far.csv"'),
        ('"schools.xlsx"', '"none.xlsx"'),
    )
    for old, new in spoilt:
        text = text.replace(old, new)
    (province / "many.toml").write_text(text, encoding="utf-8")
    done = lomsong("check", province / "many.toml")
    assert done.returncode == 1
    told = [line.split(":")[1].split("/")[-1] for line in done.stderr.strip().splitlines()]
    assert told[:2] == ["far.csv", "none.xlsx"]
    assert "gach" in told[2], "what run would refuse"
    clean = process("check", province / "lomsong.toml")
    assert (clean.returncode, clean.stderr) == (0, "")
    assert "cảnh báo duplicate: " in clean.stdout


def test_check_of_single_files_in_either_language_and_the_account_as_csv(small_province, tmp_path):
    log = small_province / "surveys" / "viettel.txt.gz"
    done = lomsong("check", log, tmp_path / "none.csv", "--lang", "vi", "--out", tmp_path / "account")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "không có tệp này" in done.stderr
    rejects = pd.read_csv(tmp_path / "account" / "rejects.csv")
    sources = pd.read_csv(tmp_path / "account" / "sources.csv")
    assert sources["rejected"].tolist() == [len(rejects)]
    duplicates = (rejects["check"] == "duplicate").sum()
    assert f"cảnh báo duplicate: {duplicates} dòng bị loại" in done.stdout
    flags = pd.read_csv(tmp_path / "account" / "flags.csv")
    assert "technology_mix: cả tệp" in done.stdout
    assert "technology_mix" in set(flags["check"])
    english = lomsong("check", log, "--lang", "en")
    assert (english.returncode, f"warning duplicate: {duplicates} rejected" in english.stdout) == (0, True)


def test_convert_of_a_folder(small_province, tmp_path):
    done = lomsong("convert", small_province / "surveys", "--out", tmp_path / "samples.parquet", "--lang", "vi")
    assert done.returncode == 0, done.stderr
    samples = gpd.read_parquet(tmp_path / "samples.parquet")
    assert set(samples["operator"]) == {"viettel", "vinaphone", "mobifone"}
    assert samples["sample_id"].is_unique
    assert done.stdout.count("dòng đọc = ") == 3
    assert not (tmp_path / "samples.neighbours.csv").exists()


def test_run_prints_the_first_communes_and_the_paths(small_province, tmp_path):
    done = process("run", small_province / "lomsong.toml", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for word in ("Khoảng 90 %", "1 (1–", "map.html", "ranking.xlsx", "manifest.json"):
        assert word in done.stdout
    assert "Traceback" not in done.stderr


def test_convert_writes_samples_and_rejects(small_province, tmp_path):
    log = small_province / "surveys" / "viettel.txt.gz"
    done = lomsong("convert", log, "--out", tmp_path / "samples.parquet")
    assert done.returncode == 0, done.stderr
    samples = gpd.read_parquet(tmp_path / "samples.parquet")
    rejects = pd.read_csv(tmp_path / "samples.rejects.csv")
    lines = gzip.decompress(log.read_bytes()).decode().count("\r\n") - 1
    assert len(samples) + len(rejects) == lines
    assert f"{lines} rows read = {len(samples)} accepted + {len(rejects)} rejected" in done.stdout
    again = read_survey(tmp_path / "samples.parquet")  # as [inputs] surveys may name it
    told = ["operator", "rsrp_dbm", "service", "cell_id", "geometry"]
    assert again.samples[told].astype(str).equals(samples[told].astype(str))
    assert again.rejects.empty


def test_simulate_and_demo_outside_the_repository(tmp_path):
    small = ("--area-km2", 40, "--communes", 4, "--households", 400, "--seed", 3)
    assert process("simulate", "--out", tmp_path / "data", *small).returncode == 0
    done = process("demo", "--out", tmp_path / "maps", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "maps" / "map.html").is_file()
