import json
import shutil

import numpy as np
import pandas as pd
import pytest

from lomsong import pipeline
from lomsong.publish.manifest import sha256
from lomsong.settings import Inputs

STAGES = ["evidence", "field", "gaps", "claims", "fairness", "signal", "plan", "validation"]
RASTERS = ("level_dbm", "level_sd_db", "p_usable", "surveyed")


@pytest.fixture(scope="module")
def small_run(small_province, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    result = pipeline.run(small_province / "lomsong.toml")
    return folder, result, pipeline.publish(result, folder)


def test_everything_is_written_at_its_name(small_run):
    folder, result, paths = small_run
    names = {path.relative_to(folder).as_posix() for path in paths}
    rasters = {f"rasters/{name}_{kind}.tif" for name in result.surfaces for kind in RASTERS}
    challenges = {f"claims/{name}.xlsx" for name in result.claims.hexagons.query("state == 'overturned'")["operator"]}
    assert challenges
    assert names == rasters | challenges | {
        "map.html", "ranking.xlsx", "brief.docx", "ranking.csv", "gaps.gpkg", "learners.parquet", "rejects.csv",
        "sites.gpkg", "sites.kmz", "manifest.json",
    }  # fmt: skip
    assert all(path.stat().st_size for path in paths)
    assert not list(folder.rglob(".*.part*"))


def test_nothing_is_lost_on_the_way(small_run):
    _, result, _ = small_run
    evidence, ranking = result.evidence, result.gaps.ranking
    assert (evidence.sources["rows_read"] == evidence.sources["accepted"] + evidence.sources["rejected"]).all()
    assert evidence.sources["rejected"].sum() == len(evidence.rejects)
    assert ranking["learners"].sum() + ranking.attrs["unmatched_learners"] == evidence.households["learners"].sum()
    places = len(evidence.households) + len(evidence.schools) + len(evidence.hamlets)
    assert len(result.gaps.service) == places * len(result.surfaces)


def test_the_manifest_names_inputs_settings_versions_and_outputs(small_run, small_province):
    folder, result, paths = small_run
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["communes.gpkg"] == sha256(small_province / "communes.gpkg")
    assert "surveys/viettel.txt.gz" in manifest["inputs"]
    assert not any(name.startswith("truth") for name in manifest["inputs"]), "the truth is kept aside"
    assert manifest["settings"]["gap"]["usable_dbm"] == -110
    assert manifest["counts"]["buildings_without_loss"] == 0, "of every kind in the rosters the loss is known"
    assert manifest["outputs"]["map.html"] == sha256(folder / "map.html")
    assert set(manifest["outputs"]) | {"manifest.json"} == {path.relative_to(folder).as_posix() for path in paths}
    assert list(manifest["timings_s"]) == STAGES
    assert manifest["counts"]["surfaces"].keys() == result.surfaces.keys()


def test_same_inputs_same_bytes_whatever_the_workers(small_run, small_province, tmp_path):
    folder, _, paths = small_run
    settings = (small_province / "lomsong.toml").read_text(encoding="utf-8")
    other = tmp_path / "province"
    shutil.copytree(small_province, other)
    (other / "lomsong.toml").write_text(settings.replace("[run]", "[run]\nworkers = 1"), encoding="utf-8")
    again = tmp_path / "again"
    pipeline.publish(pipeline.run(other / "lomsong.toml"), again)
    for path in paths:
        name = path.relative_to(folder)
        if name.name not in ("manifest.json", "ranking.xlsx"):  # both hold the settings, in which workers differ
            assert (again / name).read_bytes() == path.read_bytes(), name
    first, second = (json.loads((place / "manifest.json").read_text()) for place in (folder, again))
    assert first["counts"] == second["counts"]


@pytest.fixture
def kept(small_run, small_province, tmp_path):
    """Settings of a copy of the province with the stages of a whole run beside them."""
    shutil.copytree(small_province, tmp_path / "kept")
    return tmp_path / "kept" / "lomsong.toml"


def test_an_unchanged_stage_is_not_computed_again(small_run, kept, monkeypatch):
    calls = []
    for name in ("read", "fit_surfaces", "find_gaps", "map_signal", "plan_towers"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *args, real=real, name=name: (calls.append(name), real(*args))[1])
    again = pipeline.run(kept)
    assert calls == []
    pd.testing.assert_frame_equal(again.gaps.ranking, small_run[1].gaps.ranking)
    settings = kept.read_text(encoding="utf-8")
    kept.write_text(settings.replace("sites = 10", "sites = 2"), encoding="utf-8")
    assert len(pipeline.run(kept).plan.towers) == 2
    assert calls == ["plan_towers"]
    with (kept.parent / "hamlets.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    pipeline.run(kept)
    assert calls == ["plan_towers", "read", "fit_surfaces", "find_gaps", "map_signal", "plan_towers"]


def test_a_damaged_stage_is_computed_again(small_run, kept):
    stage = kept.parent / ".lomsong" / "lomsong" / "gaps.pickle"
    assert stage.is_file()
    stage.write_bytes(b"half a file")
    pd.testing.assert_frame_equal(pipeline.run(kept).gaps.ranking, small_run[1].gaps.ranking)


def test_an_interrupted_run_goes_on_from_where_it_stopped(small_province, tmp_path, monkeypatch):
    shutil.copytree(small_province, tmp_path / "fresh", ignore=shutil.ignore_patterns(".lomsong"))
    settings = tmp_path / "fresh" / "lomsong.toml"

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "find_gaps", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(settings)
    monkeypatch.setattr(pipeline, "fit_surfaces", interrupt)
    assert len(pipeline.run(settings).gaps.ranking) == 8


def test_two_layers_exchanged_are_noticed(kept):
    before = pipeline.run(kept).evidence.lines
    text = kept.read_text(encoding="utf-8")
    text = text.replace("#roads", "#x").replace("#power_lines", "#roads").replace("#x", "#power_lines")
    kept.write_text(text, encoding="utf-8")
    after = pipeline.run(kept).evidence.lines
    assert len(after["roads"]) == len(before["power_lines"])
    assert len(after["power_lines"]) == len(before["roads"])


def test_households_are_never_kept_in_the_published_folder(small_run):
    folder, _, paths = small_run
    assert {path for path in folder.rglob("*") if path.is_file()} == set(paths)


def test_a_run_without_sites_terrain_schools_or_hamlets(small_province, tmp_path):
    wanted = ("surveys", "communes", "households")
    lines = [
        line
        for line in (small_province / "lomsong.toml").read_text(encoding="utf-8").splitlines()
        if not any(line.startswith(f"{key} =") for key in Inputs.__dataclass_fields__ if key not in wanted)
    ]
    settings = small_province / "bare.toml"
    settings.write_text("\n".join(lines), encoding="utf-8")
    result = pipeline.run(settings)
    paths = pipeline.publish(result, tmp_path)
    assert result.plan is None
    assert {surface.mean_ for surface in result.surfaces.values()} == {"constant"}
    assert "map.html" in {path.name for path in paths}
    assert np.isfinite(result.gaps.ranking["unconnected"]).all()
