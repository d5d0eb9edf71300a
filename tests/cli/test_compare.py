"""`lomsong compare` on two folders as runs leave them: what is printed and written, and how it ends otherwise."""

import dataclasses
import io
import json
import re
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from click.testing import CliRunner
from pyproj import CRS
from rich.console import Console
from shapely.geometry import box

from lomsong.cli.compare import _print_operators, compare
from lomsong.geo import Grid
from lomsong.publish.layers import write_geopackage, write_parquet, write_raster
from lomsong.publish.privacy import learner_cells, published_cells
from lomsong.publish.progress import notes_of
from lomsong.rounds import compare_folders, places_of, read_round, service_at
from lomsong.surface.draws import spectral_field
from lomsong.texts import told

METRIC = CRS.from_epsg(3405)
WEST, SOUTH, SIDE = 700_000, 1_230_000, 16_000
OPERATORS = ("viettel", "mobifone")


def homes():
    """Learners in clusters, and some far from all others; the last lives where nobody surveyed in round A."""
    rng = np.random.default_rng(3)
    centres = rng.uniform(500, SIDE - 500, (60, 2))
    at = np.vstack([np.repeat(centres, 25, axis=0) + rng.normal(0, 250, (1_500, 2)), rng.uniform(0, SIDE, (60, 2))])
    at = np.clip(at, 10, SIDE - 10) + np.array([WEST, SOUTH])
    frame = {"learners": rng.integers(1, 4, len(at)), "p_usable": 0.5}
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*at.T), crs=METRIC)


def write_round(folder, noise, tower_db=0.0, step_m=250.0, west=WEST, usable_dbm=-110.0, surveyed_from=0.0, **changed):
    """Write the folder of a run over one unchanged field; a tower adds ``tower_db`` in the first commune."""
    grid = Grid.over((west, SOUTH, west + SIDE, SOUTH + SIDE), step_m, METRIC)
    at = grid.centres()
    for stream, operator in enumerate(OPERATORS):
        level = -109 + 6 * spectral_field([(1.0, 3_000.0)], 1, 1, stream)(at)[:, 0]
        level += spectral_field([(1.0, 600.0)], 1, noise, stream)(at)[:, 0]
        near = np.hypot(*(at - [WEST + 4_000, SOUTH + 12_000]).T)
        if operator == "viettel":
            level = np.maximum(level, np.where(near < 3_500, level + tower_db, level))
        surveyed = (at[:, 0] >= WEST + surveyed_from).astype(float)
        for kind, values in (("level_dbm", level), ("level_sd_db", np.full(len(at), 3.0)), ("surveyed", surveyed)):
            path = folder / "rasters" / f"{operator}_{kind}.tif"
            write_raster(path, values.astype(np.float32).reshape(grid.shape), grid, kind, "1")
    squares = [box(WEST + east, SOUTH + north, WEST + east + 8_000, SOUTH + north + 8_000)
               for north in (8_000, 0) for east in (0, 8_000)]  # fmt: skip
    names = {"commune_code": ["26200", "26203", "26206", "26209"], "name": ["Mã Đà", "Hiếu Liêm", "Phú Lý", "Trị An"]}
    communes = gpd.GeoDataFrame(names, geometry=squares, crs=METRIC).to_crs(4326)
    write_geopackage(folder / "gaps.gpkg", {"communes": communes})
    people = homes().to_crs(4326)
    write_parquet(folder / "learners.parquet", published_cells(learner_cells(people)))
    surfaces = {name: {"range_m": 3_000.0} for name in OPERATORS}
    manifest = {
        "versions": {"lomsong": "0.1.0"},
        "inputs": {f"surveys/{noise}.txt": f"hash {noise}", "communes.gpkg": "same"},
        "settings": {
            "run": {"title": "Lõm sóng", "territory": "Đồng Nai", "note": "", "seed": 2021},
            "inputs": {"surveys": ["surveys/*.txt"]},
            "gap": {"usable_dbm": usable_dbm, "required_probability": 0.5, "thresholds_dbm": {}},
            "publish": {"language": "vi", "issuer": "Sở", "raster_m": step_m, "suppress_below": 5},
        },
        "counts": {"learners": int(people["learners"].sum()), "shared_shadowing": 0.3, "surfaces": surfaces},
    } | changed
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def autumn(tmp_path_factory):
    return write_round(tmp_path_factory.mktemp("rounds") / "autumn", 11)


@pytest.fixture(scope="module")
def spring(tmp_path_factory):
    return write_round(tmp_path_factory.mktemp("rounds") / "spring", 12, tower_db=25.0)


def call(*words):
    return CliRunner(env={"COLUMNS": "80"}).invoke(compare, [str(word) for word in words], obj={})


@pytest.fixture(scope="module")
def compared(autumn, spring, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    return folder, call(autumn, spring, "--out", folder, "--json", folder / "all.json")


def test_the_commune_with_the_tower_stands_first_in_vietnamese(compared):
    folder, done = compared
    assert done.exit_code == 0, done.output
    assert {path.name for path in folder.iterdir()} == {
        "progress.csv", "progress.gpkg", "progress.xlsx", "all.json",
    }  # fmt: skip
    lines = done.output.splitlines()
    assert max(map(len, lines[:14])) <= 80
    [line] = [line for line in lines if line.startswith("Mã Đà")]
    assert "tiến bộ" in line
    for name in ("Hiếu Liêm", "Phú Lý", "Trị An"):
        assert "tiến bộ" not in next(line for line in lines if line.startswith(name))
    assert any(line.startswith("Bất kỳ") for line in lines)
    assert "nan" not in done.output


def test_what_is_written_agrees_and_adds_up(compared):
    folder, _ = compared
    table = pd.read_csv(folder / "progress.csv", encoding="utf-8-sig", dtype={"commune_code": str})
    content = json.loads((folder / "all.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert set(table["operator"]) == {"any", *OPERATORS}
    assert len(table) == 4 * 3 == len(content["communes"])
    parts = ["compared", "newly_measured", "no_longer_measured", "unmeasured"]
    assert table[parts].fillna(0).sum(axis=1).to_numpy() == pytest.approx(table["learners"].to_numpy(), abs=0.1)
    layer = gpd.read_file(folder / "progress.gpkg", layer="communes").set_index("commune_code")
    any_ = table[table["operator"] == "any"].set_index("commune_code")
    assert layer["net"].to_numpy() == pytest.approx(any_["net"].reindex(layer.index).to_numpy(), rel=1e-4)
    assert layer.loc["26200", "verdict_viettel"] == "improved"
    assert layer.loc["26200", "verdict_mobifone"] == "no_change"
    cells = gpd.read_file(folder / "progress.gpkg", layer="places")
    assert cells["learners"].min() >= 5
    assert {"closed", "persisting", "fine"} <= set(cells["change_viettel"])
    assert cells.loc[cells["change_viettel"] == "closed", "change_db_viettel"].median() > 8


def test_compared_and_not_compared_are_all_learners(autumn, spring):
    content = compare_folders(autumn, spring, draws=50)
    row = content.progress.totals.set_index("operator").loc["any"]
    in_cells = row[["compared", "newly_measured", "no_longer_measured", "unmeasured"]].sum()
    assert in_cells == pytest.approx(content.cells["learners"].sum())
    assert content.learners == homes()["learners"].sum() >= in_cells


def test_english_and_the_same_bytes_again(autumn, spring, compared, tmp_path):
    folder, _ = compared
    done = call(autumn, spring, "--out", tmp_path, "--lang", "en")
    assert "improved" in done.output
    for name in ("progress.csv", "progress.gpkg"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_what_nobody_surveyed_before_is_never_progress(spring, tmp_path):
    before = write_round(tmp_path / "half", 11, tower_db=-25.0, surveyed_from=8_000)
    content = compare_folders(before, spring)
    rows = content.progress.communes.set_index(["commune_code", "operator"])
    for code in ("26200", "26206"):
        row = rows.loc[(code, "any")]
        assert row["newly_measured"] >= 0.99 * row["learners"]
        assert row["verdict"] == "not_comparable"
        assert row[["net", "gained", "lost", "closed", "net_low", "net_high"]].abs().max() < 1
    assert rows.loc[("26203", "any"), "verdict"] == "no_change"


def test_another_threshold_step_and_version_are_recomputed_and_said(spring, tmp_path):
    before = write_round(tmp_path / "b", 11, step_m=400.0, usable_dbm=-105.0, versions={"lomsong": "0.0.9"})
    done = call(before, spring, "--lang", "en")
    text = " ".join(done.output.split())
    assert "thresholds −105 and −110 dBm; both were recomputed at −110 dBm" in text
    assert "two versions, 0.0.9 and 0.1.0" in text
    strict, usual = (compare_folders(before, spring, usable_dbm=dbm, draws=100) for dbm in (-100.0, None))
    rows = usual.progress.communes.set_index(["commune_code", "operator"])
    assert rows.loc[("26200", "viettel"), "verdict"] == "improved"
    assert (strict.progress.totals["unconnected_after"] > usual.progress.totals["unconnected_after"]).all()


def test_notes_name_operators_and_write_decibels_as_the_language_does(spring, tmp_path):
    before = write_round(tmp_path / "louder", 11)
    for path in (before / "rasters").glob("viettel_level_dbm.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
            raster.write(raster.read(1) + 4, 1)
    manifest = json.loads((before / "manifest.json").read_text(encoding="utf-8"))
    manifest["counts"]["surfaces"] |= {"vinaphone": {"range_m": 3_000.0}}
    (before / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for path in (before / "rasters").glob("mobifone_*.tif"):
        shutil.copy(path, path.with_name(path.name.replace("mobifone", "vinaphone")))
    for one, other, shift in ((before, spring, "−"), (spring, before, "+")):
        notes = notes_of(compare_folders(one, other, draws=50))
        assert notes[0].startswith("Chỉ một đợt có VinaPhone:")
        assert notes[1].startswith("Viettel: ")
        assert re.search(rf"lệch \{shift}\d,\d ± \d,\d dB", notes[1]), notes[1]
    assert "người học và xã của đợt sau cho cả hai đợt" in notes[2]


def test_no_figure_on_a_narrow_screen_is_cut(autumn, spring):
    content = compare_folders(autumn, spring, draws=50)
    wide = content.progress.totals.assign(
        learners=178_000.0, compared=178_000.0, unconnected_before=30_123.0, unconnected_after=29_123.0, net=-1_000.0,
        net_low=-11_000.0, net_high=-6_200.0, noise=1_140.0,
    )  # fmt: skip
    console = Console(width=80, record=True, file=io.StringIO())
    progress = dataclasses.replace(content.progress, totals=wide)
    _print_operators(console, dataclasses.replace(content, progress=progress))
    printed = console.export_text()
    assert printed.count("−11.000…−6200") == len(wide)
    assert printed.count("…") == len(wide)
    assert printed.count("178.000") == len(wide)


def test_no_figure_of_a_whole_province_is_broken(autumn, spring):
    content = compare_folders(autumn, spring, draws=50)
    whole = content.progress.totals.assign(
        learners=1_840_000.0, compared=1_820_000.0, unconnected_before=128_000.0, unconnected_after=117_000.0,
        net=11_000.0, net_low=10_600.0, net_high=11_200.0, noise=200.0,
    )  # fmt: skip
    console = Console(width=80, record=True, file=io.StringIO())
    progress = dataclasses.replace(content.progress, totals=whole)
    _print_operators(console, dataclasses.replace(content, progress=progress))
    printed = console.export_text()
    for figure in ("1.820.000", "128.000", "117.000", " 11.000", "10.600…11.200"):
        assert printed.count(figure) == len(whole), printed
    assert max(map(len, printed.splitlines())) <= 80


def test_logs_that_stand_in_both_rounds_are_noticed(autumn):
    done = call(autumn, autumn, "--lang", "en")
    assert "Log files that stand in both rounds: 1." in " ".join(done.output.split())
    assert "improved" not in done.output


def test_a_round_beside_itself_has_nobody_outside_its_territory(tmp_path):
    """Cells of learners reach beyond the border: their homes do not, and rasters end there."""
    round_ = write_round(tmp_path / "round", 11)
    communes = gpd.read_file(round_ / "gaps.gpkg", layer="communes").to_crs(METRIC)
    territory = box(WEST, SOUTH, WEST + SIDE - 1_100, SOUTH + SIDE)
    (round_ / "gaps.gpkg").unlink()
    write_geopackage(round_ / "gaps.gpkg", {"communes": communes.clip(territory).to_crs(4326)})
    for path in (round_ / "rasters").glob("*.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
            values = raster.read(1)
            values[:, int((SIDE - 1_100) / 250) :] = np.nan
            raster.write(values, 1)
    places = places_of(read_round(round_), 250.0)
    beyond = ~places.within(territory).to_numpy()
    assert places["commune_code"].isna().to_numpy().tolist() == beyond.tolist()
    assert not places[beyond]["cell"].isin(places[~beyond]["cell"]).any()
    assert beyond.any()
    assert "outside the territory" not in call(round_, round_, "--lang", "en").output


def test_learners_of_a_larger_territory_are_told(spring, tmp_path):
    before = write_round(tmp_path / "part", 11, west=WEST + 8_000)
    places = places_of(read_round(spring), 250.0)
    count = places["learners"][places.geometry.x < WEST + 8_000].sum()
    text = " ".join(call(before, spring, "--lang", "en").output.split())
    assert f"{count:.0f} learners live outside the territory of the earlier round" in text


def test_faults_say_what_to_do(autumn, spring, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    old = tmp_path / "old"
    shutil.copytree(spring, old)
    (old / "rasters" / "viettel_level_sd_db.tif").unlink()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{}")
    far = write_round(tmp_path / "far", 11, west=WEST + 100_000)
    other = tmp_path / "other"
    shutil.copytree(spring, other)
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    manifest["counts"]["surfaces"] = {}
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for folder, words in (
        (bare, ["no folder of a run", "--out"]),
        (old, ["rasters/viettel_level_sd_db.tif missing", "0.1.0", "again"]),
        (broken, ["manifest.json: cannot be read", "counts"]),
        (far, ["no learner of the later round lies in the territory"]),
        (other, ["no operator in common"]),
    ):
        done = call(folder, spring)
        assert done.exit_code != 0
        assert all(word in str(done.exception) for word in words), str(done.exception)
        assert "\n" not in str(done.exception)
        assert told(done.exception, "vi") != str(done.exception)


def test_places_hold_the_learners_of_their_cells_once(spring):
    round_ = read_round(spring)
    places = places_of(round_, 250.0)
    sums = places.groupby("cell")["learners"].sum()
    assert sums.to_numpy() == pytest.approx(round_.cells["learners"].to_numpy())
    wide = round_.cells["cell_m"].to_numpy()[places["cell"]] > 250
    assert wide.any()
    squares = np.floor(np.column_stack([places.geometry.x, places.geometry.y]) / 250).astype(int)
    fine = {tuple(square) for square in squares[~wide]}
    mixed = sum(tuple(square) in fine for square in squares[wide])
    assert mixed < 0.05 * wide.sum(), "a wide cell leaves out the finer ones inside it"
    service, on = service_at(round_, places, ["viettel"])
    assert on.all()
    assert (service["kind"] == "measured").all()
