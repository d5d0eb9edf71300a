"""`lomsong coverage` as a person calls it: what is written, what is said, and how it ends when it cannot."""

import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from pyproj import Transformer

from lomsong import cli

STEP, CELLS = 30.0, 150
METRES = Affine(STEP, 0, 700_000, 0, -STEP, 1_260_000)
TO_DEGREES = Transformer.from_crs(3405, 4326, always_xy=True)
HEAD = "site_id,operator,technology,band_mhz,height_m,eirp_dbm,azimuth_deg,downtilt_deg,antenna,longitude,latitude"
MSI = (
    "NAME K742\nFREQUENCY 1710-2170\nGAIN 17 dBi\nHORIZONTAL 4\n0 0\n90 20\n180 30\n270 20\n"
    "VERTICAL 4\n0 0\n90 20\n180 30\n270 20\n"
)
ONLY = {"viettel": ["A", "B"], "vinaphone": ["A"]}


def place(column, row):
    longitude, latitude = TO_DEGREES.transform(*(METRES @ (column, row)))
    return f"{longitude:.6f},{latitude:.6f}"


def raster(path, values, nodata=-9999.0, **profile):
    given = {"crs": 3405, "transform": METRES, "nodata": nodata, **profile}
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype, **given
    ) as target:
        target.write(values, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Inputs of every kind: three antennas of two operators, rows that are wrong, patterns, people."""
    folder = tmp_path_factory.mktemp("coverage")
    row, column = np.mgrid[:CELLS, :CELLS]
    raster(folder / "dem.tif", (100 + 60 * np.sin(row / 15) * np.cos(column / 19)).astype("f4"))
    raster(folder / "bare.tif", np.ones((20, 20), "f4"), crs=None)
    cover = {"crs": 4326, "transform": Affine(0.0005, 0, 106.82, 0, -0.0005, 11.4), "nodata": 0}
    raster(folder / "cover.tif", np.full((120, 120), 10, "u1"), **cover)
    raster(folder / "canopy.tif", np.full((120, 120), 18, "u1"), **cover | {"nodata": 255})
    raster(folder / "people.tif", np.full((CELLS, CELLS), 0.5, "f4"))
    good = [
        f"A,Viettel,4G,1800,35,30,10,4,,{place(70, 60)}", f"A,Viettel,4G,1800,35,30,130,4,,{place(70, 60)}",
        f"A,VinaPhone,4G,2100,35,30,,,,{place(70, 60)}", f"B,Viettel,4G,900,25,28,,,,{place(50, 90)}",
    ]  # fmt: skip
    wrong = f"W,Viettel,4G,1800,-5,30,10,4,,{place(70, 60)}"
    outside = f"OUT,Viettel,4G,1800,35,30,10,4,,{place(420, 60)}"
    sites = {
        "sites": good, "wrong": [*good, wrong], "outside": [*good, outside], "nowhere": [outside], "none": [wrong],
        "high": [*good, f"MM,Viettel,5G,28000,35,30,,,,{place(60, 60)}"],
        "antenna": [good[2].replace(",,,,", ",90,2,K742_0.5T,"), good[3].replace(",,,,", ",0,0,K742_1.5T,")],
    }  # fmt: skip
    for name, rows in sites.items():
        (folder / f"{name}.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    # far from each other: eight learners around the mast, three where nobody serves anybody
    homes = [f"HO-MAT-{k},1,{place(68 + 0.5 * k, 61.3)}" for k in range(8)]
    homes += [f"HO-XA-{k},1,{place(59 + k, 123.7)}" for k in range(3)]
    (folder / "households.csv").write_text("\n".join(["household_id,learners,longitude,latitude", *homes]) + "\n")
    (folder / "lomsong.toml").write_text(
        "[radio]\nradius_m = 1500\nusable_dbm = -80\nwhere = 'brick'\nclutter_m = {built_up = 12}\n"
        "[publish]\nlanguage = 'en'\nsuppress_below = 5\n"
    )
    (folder / "odd.toml").write_text("[radio]\nwhere = 'cellar'\n")
    patterns = folder / "patterns"
    patterns.mkdir()
    (patterns / "K742_0.5T.msi").write_text(MSI)
    (patterns / "K742_1.5T.msi").write_text(MSI.replace("90 20", "90 3"))
    (patterns / "picture.pdf").write_bytes(b"%PDF")
    return folder


def run(folder, out, *more, sites="sites.csv", dem="dem.tif", radius="1.5", language="en"):
    args = ["coverage", str(folder / sites), "--dem", str(folder / dem), "--out", str(out), *map(str, more)]
    args += ["--radius", radius] if radius else []
    return CliRunner().invoke(cli.group, [*args, *(["--lang", language] if language else [])])


def ended(capsys, monkeypatch, *args):
    """Call what the shell calls; returns exit code, and what is said on each stream."""
    monkeypatch.setattr("sys.argv", ["lomsong", *map(str, args)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def files(out):
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and "work" not in path.parts
    }


NAMES = {
    f"rasters/{operator}_{kind}.tif" for operator in ONLY for kind in ("level_dbm", "server", "second_dbm", "servers")
} | {"rasters/best_level_dbm.tif", "summary.csv", "servers.csv", "coverage.kmz", "manifest.json",
     "pictures/viettel.png", "pictures/vinaphone.png"}  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
def test_all_is_written_under_the_documented_names_and_told(folder, tmp_path, language):
    done = run(folder, tmp_path, "--population", folder / "people.tif", language=language)
    assert done.exit_code == 0, done.output
    written = files(tmp_path)
    assert set(written) == NAMES
    rasters = {name for name in NAMES if name.startswith("rasters/")}
    for name in {*(NAMES - rasters), f"rasters/* ({len(rasters)})"}:
        assert str(tmp_path / name) in done.output
    assert {"vi": "Ít nhất một nhà mạng", "en": "Any operator"}[language] in done.output
    manifest = json.loads(written["manifest.json"])
    assert set(manifest["outputs"]) == NAMES - {"manifest.json"}
    assert {name.rsplit("/", 1)[1] for name in manifest["inputs"]} == {"sites.csv", "dem.tif", "people.tif"}
    assert manifest["settings"]["radio"]["radius_m"] == 1500
    assert manifest["counts"] == {"sectors": 4, "left_out": 0}
    servers = pd.read_csv(tmp_path / "servers.csv")
    assert servers["operator"].tolist() == ["viettel", "viettel", "vinaphone", "viettel"]
    with rasterio.open(tmp_path / "rasters" / "viettel_server.tif") as source:
        assert set(np.unique(source.read(1))) == {-1, 0, 1, 3}
    summary = pd.read_csv(tmp_path / "summary.csv")
    whole = summary[(summary["scope"] == "operator") & (summary["operator"] == "VinaPhone")].iloc[0]
    assert whole["area_km2"] <= np.pi * 1.5**2 * 1.01
    assert whole["population"] == pytest.approx(whole["area_km2"] / 0.0009 * 0.5, rel=1e-3)


def test_two_runs_give_the_same_bytes_but_for_the_timings(folder, tmp_path):
    people = ("--population", folder / "people.tif", "--households", folder / "households.csv")
    land = ("--landcover", folder / "cover.tif", "--canopy", folder / "canopy.tif")
    found = []
    for name, workers in (("one", 1), ("two", 2)):
        assert run(folder, tmp_path / name, *people, *land, "--workers", workers).exit_code == 0
        written = files(tmp_path / name)
        manifest = json.loads(written.pop("manifest.json"))
        assert set(manifest.pop("timings_s")) == {"coverage", "publication"}
        found.append((written, manifest))
    assert len(found[0][0]) == len(NAMES) - 1
    assert found[0] == found[1]
    again = run(folder, tmp_path / "one", *people, *land)
    assert "Antennas kept from an earlier run: 3; computed: 0." in again.output
    assert {name: content for name, content in files(tmp_path / "one").items() if name != "manifest.json"} == found[0][
        0
    ]


def test_few_learners_are_hidden_and_nobody_is_told_where_they_live(folder, tmp_path):
    done = run(folder, tmp_path, "--households", folder / "households.csv", "--usable", "-60")
    assert done.exit_code == 0, done.output
    summary = pd.read_csv(tmp_path / "summary.csv")
    assert not summary["learners"].between(0.5, 4.5).any()
    # nobody serves three of eleven, and eight, which would give them away, is not told either
    at = summary[summary["threshold_dbm"] == -60]
    assert at[at["operator"] == "VinaPhone"]["learners"].tolist() == [8]
    joint = at[at["scope"].isin(["any", "none", "count"])]
    assert len(joint) == 5
    assert joint[["learners", "learners_share"]].isna().all().all()
    homes = (folder / "households.csv").read_text().splitlines()[1:]
    secrets = {part[:-1] for home in homes for part in home.split(",")[2:]} | {"HO-MAT", "HO-XA"}
    assert len(secrets) > 10
    everything = dict(files(tmp_path)) | {"said": done.output.encode()}
    with zipfile.ZipFile(tmp_path / "coverage.kmz") as archive:
        everything |= {name: archive.read(name) for name in archive.namelist()}
    sites = (folder / "sites.csv").read_text()
    for name, content in everything.items():
        given = [secret for secret in secrets if secret.encode() in content and secret not in sites]
        assert not given, (name, given)


def test_settings_are_taken_and_the_command_line_goes_before_them(folder, tmp_path):
    settings = ("--settings", folder / "lomsong.toml")
    plain, brick, wide = (
        run(folder, tmp_path / name, *more, radius=radius, language=None)
        for name, more, radius in (("a", (), "1.5"), ("b", settings, None), ("c", (*settings, "--usable", -90), "2"))
    )
    assert [done.exit_code for done in (plain, brick, wide)] == [0, 0, 0], brick.output
    assert "Ít nhất" in plain.output
    assert "Any operator" in brick.output
    levels = []
    for name in "abc":
        with rasterio.open(tmp_path / name / "rasters" / "viettel_level_dbm.tif") as source:
            levels.append(source.read(1))
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        radio = manifest["settings"]["radio"]
        assert (radio["radius_m"], radio["usable_dbm"]) == {"a": (1500, -110), "b": (1500, -80), "c": (2000, -90)}[name]
    # 14 dB of brick, and each rounded to a hundredth
    assert np.nanmax(np.abs(levels[0] - levels[1] - 14)) < 0.011
    assert np.isfinite(levels[2]).sum() > np.isfinite(levels[1]).sum()


def test_patterns_of_the_maker_have_points_in_their_names(folder, tmp_path):
    done = run(folder, tmp_path / "a", "--antennas", folder / "patterns", sites="antenna.csv")
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert {"K742_0.5T.msi", "K742_1.5T.msi"} < {name.rsplit("/", 1)[1] for name in manifest["inputs"]}
    levels = {}
    for operator in ("vinaphone", "viettel"):
        with rasterio.open(tmp_path / "a" / "rasters" / f"{operator}_level_dbm.tif") as source:
            column, row = ~source.transform @ (METRES @ ((70, 60) if operator == "vinaphone" else (50, 90)))
            near = source.read(1)[int(row) - 12 : int(row) + 13, int(column) - 12 : int(column) + 13]
            levels[operator] = near
    # 10 cells ahead and behind: 30 dB of the pattern; aside 3 dB, the other file's would be 20
    assert levels["vinaphone"][12, 22] - levels["vinaphone"][12, 2] > 15
    assert abs(levels["viettel"][2, 12] - levels["viettel"][12, 22]) < 15
    without = run(folder, tmp_path / "b", sites="antenna.csv")
    assert without.exit_code != 0
    assert "K742_0.5T" in str(without.exception)


def test_sites_in_metres_and_exchanged_axes_are_read_and_told(folder, tmp_path):
    easting, northing = METRES @ (70, 60)
    metres = tmp_path / "metres.csv"
    metres.write_text(f"{HEAD}\nA,Viettel,4G,1800,35,30,,,,{easting},{northing}\n")
    (tmp_path / "lomsong.toml").write_text('[roster]\ncrs = "EPSG:3405"\n')
    longitude, latitude = place(70, 60).split(",")
    turned = tmp_path / "turned.csv"
    turned.write_text(f"{HEAD}\nA,Viettel,4G,1800,35,30,,,,{latitude},{longitude}\n")
    homes = tmp_path / "homes.csv"
    homes.write_text(f"household_id,learners,longitude,latitude\nH1,2,{place(70, 61)}\nH1,3,{place(70, 61)}\n")
    settings = ("--settings", str(tmp_path / "lomsong.toml"))
    one = run(folder, tmp_path / "one", *settings, sites=metres)
    other = run(folder, tmp_path / "other", "--households", str(homes), sites=turned)
    assert one.exit_code == other.exit_code == 0, one.output + other.output
    assert "metres.csv: projected (1 rows): Coordinates are in metres" in one.output
    assert "turned.csv: axes_swapped (1 rows):" in other.output
    assert "homes.csv: rows not accepted: 1; first row 3 (code_duplicate" in other.output
    servers = [pd.read_csv(tmp_path / name / "servers.csv")[["longitude", "latitude"]] for name in ("one", "other")]
    assert np.allclose(*servers, atol=2e-6)


def test_rows_not_accepted_and_sites_left_out_are_told(folder, tmp_path):
    wrong = run(folder, tmp_path / "a", sites="wrong.csv")
    assert wrong.exit_code == 0
    assert re.search(r"rows not accepted: 1; first row 6 \(value_range: height_m: .*, limit 1…500\)", wrong.output)
    outside = run(folder, tmp_path / "b", sites="outside.csv", language="vi")
    assert outside.exit_code == 0
    assert re.search(r"Bỏ qua 1 trạm \(OUT\): .*dem\.tif", outside.output)
    assert "địa hình hết" not in outside.output
    high = run(folder, tmp_path / "c", sites="high.csv")
    assert high.exit_code == 0
    assert re.search(r"Sites left out: 1 \(MM\): .*28", high.output)
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["counts"]["left_out"] == 1


def test_terrain_that_ends_within_the_radius_is_told(folder, tmp_path):
    """A share of the half that has terrain must not pass for one of the whole circle."""
    wide = run(folder, tmp_path / "a", radius="6")
    assert re.search(r"The terrain ends within the radius of sites: 2 \(A, B\)", wide.output)
    assert "terrain ends" not in run(folder, tmp_path / "b", radius="0.9").output


FAULTS = {
    "no DEM": (["sites.csv", "--dem", "none.tif"], 1, "none.tif"),
    "no sites": (["none_at_all.csv", "--dem", "dem.tif"], 1, "none_at_all.csv"),
    "no site usable": (["none.csv", "--dem", "dem.tif"], 1, "none.csv"),
    "all outside": (["nowhere.csv", "--dem", "dem.tif"], 1, "dem.tif"),
    "no CRS": (["sites.csv", "--dem", "bare.tif"], 1, "bare.tif"),
    "land cover elsewhere": (["sites.csv", "--dem", "dem.tif", "--landcover", "nothing.tif"], 1, "nothing.tif"),
    "no population": (["sites.csv", "--dem", "dem.tif", "--population", "nobody.tif"], 1, "nobody.tif"),
    "no households": (["sites.csv", "--dem", "dem.tif", "--households", "nobody.csv"], 1, "nobody.csv"),
    "no antennas": (["sites.csv", "--dem", "dem.tif", "--antennas", "no_such"], 1, "no_such"),
    "odd place": (["sites.csv", "--dem", "dem.tif", "--settings", "odd.toml"], 2, "cellar"),
    "no settings": (["sites.csv", "--dem", "dem.tif", "--settings", "none.toml"], 2, "none.toml"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_in_either_language_and_nothing_is_left(folder, tmp_path, capsys, monkeypatch, name):
    args, code, word = FAULTS[name]
    monkeypatch.chdir(folder)
    said = {}
    for language in ("vi", "en"):
        status, _, said[language] = ended(
            capsys, monkeypatch, "coverage", *args, "--radius", 1, "--out", tmp_path / "out", "--lang", language
        )
        assert status == code, said
        assert said[language].startswith("lomsong: ")
        assert len(said[language].strip().splitlines()) == 1
        assert word in said[language]
    assert said["vi"] != said["en"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "args",
    [["--radius", "0"], ["--radius", "x"], ["--usable", "5"], ["--workers", "-1"], ["--lang", "fr"], ["--hight", "3"]],
)
def test_wrong_usage(folder, tmp_path, capsys, monkeypatch, args):
    status, _, said = ended(
        capsys,
        monkeypatch,
        "coverage",
        folder / "sites.csv",
        "--dem",
        folder / "dem.tif",
        "--out",
        tmp_path / "out",
        *args,
    )
    assert (status, args[0] in said, "Traceback" in said) == (2, True, False)
    assert not (tmp_path / "out").exists()


def test_help(capsys, monkeypatch):
    status, said, _ = ended(capsys, monkeypatch, "coverage", "--help")
    assert status == 0
    for option in ("--dem", "--landcover", "--canopy", "--settings", "--antennas", "--population", "--households",
                   "--radius", "--usable", "--workers", "--out", "--lang"):  # fmt: skip
        assert option in said


def test_a_key_pressed_is_told_in_one_line(folder, tmp_path, capsys, monkeypatch):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("lomsong.network.sweep", stopped)
    status, _, said = ended(
        capsys, monkeypatch, "coverage", folder / "sites.csv", "--dem", folder / "dem.tif", "--out", tmp_path / "out",
        "--radius", 1, "--lang", "en",
    )  # fmt: skip
    assert status == 130
    assert said.strip().splitlines()[-1].startswith("lomsong: ")
