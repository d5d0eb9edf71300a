import json
import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from lomsong import pipeline
from lomsong.cli.site import site
from lomsong.errors import SettingsError
from lomsong.geo import coordinates
from lomsong.pipeline.towers import survey_ground
from lomsong.publish.manifest import sha256
from lomsong.publish.privacy.search import traces
from lomsong.settings import Inputs, parse
from lomsong.simulate import simulate
from lomsong.siting import maximum_coverage
from lomsong.siting.backhaul import find_backhaul

STAGES = ["evidence", "field", "gaps", "claims", "fairness", "signal", "plan", "validation"]
RASTERS = ("level_dbm", "level_sd_db", "p_usable", "surveyed", "level_class", "p_usable_class")


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
    beside = {
        name for name in names if name.startswith(("mapinfo/", "parquet/")) or name.endswith((".qml", ".aux.xml"))
    }
    assert {"mapinfo/communes.tab", "parquet/communes.parquet", "rasters/viettel_level_dbm.qml"} <= beside
    assert names - beside == rasters | challenges | {
        "gaps.kmz", "gaps.gpx",
        "map.html", "ranking.xlsx", "brief.docx", "ranking.csv", "gaps.gpkg", "learners.parquet", "rejects.csv",
        "sites.gpkg", "sites.kmz", "cards.xlsx", "manifest.json",
    }  # fmt: skip
    assert all(path.stat().st_size for path in paths)
    assert not list(folder.rglob(".*.part*"))


def test_no_household_can_be_found_in_what_is_published(small_run):
    folder, result, _ = small_run
    homes = result.evidence.households
    assert traces(folder, set(homes["household_id"])) == []
    # Roads and hamlets lie where people live: a drive may pass within a metre of a home, no layer of learners does.
    for layer in ("learners", "zones", "points"):
        places = gpd.read_file(folder / "gaps.gpkg", layer=layer).geometry
        own = set(shapely.to_wkb(homes.geometry.to_crs(4326).to_numpy()))
        assert not own & set(shapely.to_wkb(shapely.points(shapely.get_coordinates(places))))


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


@pytest.fixture
def kept(small_province, tmp_path):
    """Settings of a copy of the province with the stages of a whole run beside them."""
    shutil.copytree(small_province, tmp_path / "kept")
    return tmp_path / "kept" / "lomsong.toml"


def test_an_unchanged_stage_is_not_computed_again(small_run, kept, monkeypatch):
    calls = []
    monkeypatch.setattr(pipeline, "fit_surfaces", lambda *_: small_run[1].surfaces)  # what fitting again would find
    for name in ("read", "fit_surfaces", "find_gaps", "map_signal", "plan_towers"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *args, real=real, name=name: (calls.append(name), real(*args))[1])
    again = pipeline.run(str(kept))
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


def test_another_language_reads_again_and_computes_nothing(small_run, kept, monkeypatch):
    calls = []
    for name in ("read", "fit_surfaces", "find_gaps", "map_signal", "plan_towers"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *args, real=real, name=name: (calls.append(name), real(*args))[1])
    english = pipeline.run(kept, language="en")
    assert calls == ["read"]
    assert english.settings == replace(small_run[1].settings, publish=replace(english.settings.publish, language="en"))
    assert (small_run[1].settings.publish.language, english.settings.publish.language) == ("vi", "en")
    theirs, ours = english.evidence.rejects, small_run[1].evidence.rejects
    assert len(theirs) == len(ours) and (theirs["remedy"] != ours["remedy"]).any()


def test_a_damaged_stage_is_computed_again(small_run, kept):
    stage = kept.parent / ".lomsong" / "lomsong" / "gaps.pickle"
    assert stage.is_file()
    stage.write_bytes(b"half a file")
    pd.testing.assert_frame_equal(pipeline.run(kept).gaps.ranking, small_run[1].gaps.ranking)


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes_whatever_the_workers(
    small_run, small_province, tmp_path, monkeypatch
):
    folder, _, paths = small_run
    shutil.copytree(small_province, tmp_path / "fresh", ignore=shutil.ignore_patterns(".lomsong"))
    settings = tmp_path / "fresh" / "lomsong.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[run]", "[run]\nworkers = 1"), encoding="utf-8")

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "find_gaps", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(settings)
    monkeypatch.setattr(pipeline, "fit_surfaces", interrupt)
    again = tmp_path / "again"
    pipeline.publish(pipeline.run(settings), again)
    for path in paths:
        name = path.relative_to(folder)
        if name.name not in ("manifest.json", "ranking.xlsx"):  # both hold the settings, in which workers differ
            assert (again / name).read_bytes() == path.read_bytes(), name
    first, second = (json.loads((place / "manifest.json").read_text()) for place in (folder, again))
    assert first["counts"] == second["counts"]


def test_settings_that_only_the_ranking_asks_for_are_refused_before_anything_is_computed(tmp_path):
    asked = {"rank_by": "priority", "priority": {"ngheo": 1}, "usual_building": "gach"}
    faults = pipeline.unusable(parse({"gap": asked}))
    assert [str(fault).split(";")[0] for fault in faults] == [
        "the usual building gach has no loss",
        "gap.priority: ngheo = 1.0 is no weight",
    ]
    assert not pipeline.unusable(parse({"gap": {**asked, "priority": {"poor": 1}, "usual_building": "brick"}}))
    (tmp_path / "lomsong.toml").write_text('[gap]\nrank_by = "priority"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="at least one weight is above 0"):
        pipeline.estimate(tmp_path / "lomsong.toml")


def test_two_layers_exchanged_are_noticed(kept, monkeypatch):
    before = pipeline.estimate(kept).evidence.lines
    monkeypatch.setattr(pipeline, "fit_surfaces", lambda *_: {})
    text = kept.read_text(encoding="utf-8")
    text = text.replace("#roads", "#x").replace("#power_lines", "#roads").replace("#x", "#power_lines")
    kept.write_text(text, encoding="utf-8")
    after = pipeline.estimate(kept).evidence.lines
    assert len(after["roads"]) == len(before["power_lines"])
    assert len(after["power_lines"]) == len(before["roads"])


def test_fibre_is_an_end_of_backhaul(kept, monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "fit_surfaces", lambda *_: {})
    before = pipeline.estimate(kept).evidence
    middle = before.communes.to_crs(4326).union_all().centroid
    around = shapely.LineString(middle.buffer(0.02).exterior.coords)
    cable = gpd.GeoDataFrame({"loai": ["Cáp quang"]}, geometry=[around], crs=4326)
    cable.to_file(tmp_path / "cap.gpkg")
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text.replace("[inputs]", f"[inputs]\nfibre = '{tmp_path / 'cap.gpkg'}'"), encoding="utf-8")
    evidence = pipeline.estimate(kept).evidence
    assert "fibre" not in before.lines
    assert evidence.lines["fibre"]["kind"].tolist() == ["cable"]
    at = gpd.GeoDataFrame(
        {"candidate_id": ["a"], "height_m": [40.0], "existing_structure": [None]},
        geometry=gpd.GeoSeries([middle], crs=4326).to_crs(evidence.terrain.crs),
    )
    way = find_backhaul(evidence.terrain, at, None, fibre=evidence.lines["fibre"])
    assert way.nearest_km[0] < 3


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


def test_a_cost_sheet_is_named_in_the_manifest_and_changes_the_plan_alone(small_run, kept, monkeypatch):
    settings = kept.read_text(encoding="utf-8")
    kept.write_text(settings.replace("[siting]", '[siting]\ncosts = "gia.toml"'), encoding="utf-8")
    sheet = kept.parent / "gia.toml"
    sheet.write_text('[tower.fixed]\nvalue = 1250\nsource = "quote of the province"\n', encoding="utf-8")
    for name in ("read", "fit_surfaces", "find_gaps"):
        monkeypatch.delattr(pipeline, name)
    plan = pipeline.run(kept)
    assert plan.inputs["gia.toml"] == sha256(sheet)
    usual = small_run[1].plan.towers.set_index("candidate_id")["tower_cost"]
    own = plan.plan.towers.set_index("candidate_id")["tower_cost"]
    new = plan.plan.towers.set_index("candidate_id")["existing_structure"].isna()
    assert (own - usual)[new].eq(1_000).all()
    assert new.any()


def test_the_verb_site_asks_otherwise_than_the_settings(small_run, kept, tmp_path):
    asked = ["--sites", "2", "--height", "30", "--height", "42", "--operators", "2", "--quick", "--lang", "en"]
    said = CliRunner().invoke(site, [str(kept), *asked, "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    assert "Price of each constraint" in said.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"towers.csv", "curve.csv", "prices.csv", "worlds.csv", "cards.xlsx", "sites.kmz"} == names
    towers = pd.read_csv(tmp_path / "out" / "towers.csv")
    assert len(towers) == 2
    assert set(towers["height_m"]) <= {30.0, 42.0}
    assert (towers["operators"] == 2).all()
    with pytest.raises(SettingsError, match=r"siting\.heights_m = 900\.0"):
        CliRunner().invoke(site, [str(kept), "--height", "900"], catch_exceptions=False)


def test_built_towers_bring_what_was_promised(small_run, small_recipe):
    """In the truth that was kept aside, for a builder drawn beforehand, and against a planner who knew that truth."""
    _, result, _ = small_run
    evidence, settings, plan = result.evidence, result.settings, result.plan
    province, builder = simulate(small_recipe), "viettel"
    homes = coordinates(evidence.households, evidence.crs)
    lost = np.max([province.level_dbm(name, homes) for name in result.surfaces], axis=0) < settings.gap.usable_dbm
    learners, homes = evidence.households["learners"].to_numpy(float)[lost], homes[lost]
    ground = survey_ground(evidence, result.surfaces, result.gaps, settings)
    usable = ground.allowed & np.isfinite(ground.backhaul.only(ground.allowed).hops())
    reach = np.zeros((len(homes), len(ground.candidates)), bool)
    for column in np.flatnonzero(usable):
        mast = ground.candidates.iloc[[column] * 3][["height_m", "geometry"]].assign(
            site_id="new", operator=builder, technology="4G", band_mhz=settings.siting.frequency_mhz, downtilt_deg=0.0,
            eirp_dbm=settings.siting.eirp_dbm, beamwidth_deg=settings.siting.beamwidth_deg,
            azimuth_deg=(ground.azimuth_deg[column] + np.array([0.0, 120.0, 240.0])) % 360,
        )  # fmt: skip
        reach[:, column] = province.built_level_dbm(builder, mast, homes) >= settings.gap.usable_dbm
    gained = learners[reach[:, plan.rows].any(axis=1)].sum()
    known = maximum_coverage(reach, learners, p=len(plan.rows), forbidden=np.flatnonzero(~usable))
    assert plan.gain_low <= gained <= plan.gain_high
    assert gained >= 0.95 * known.objective
