"""The whole way on real data: three operators' raw logs, and the real communes of Đồng Nai."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from lomsong import pipeline
from lomsong.simulate import Recipe, simulate

pytestmark = pytest.mark.real

LOGS = {"Orange_log.txt": "orange", "Yas_log.txt": "yas", "expresso_log.txt": "expresso"}
SETTINGS = """
[run]
title = "Thử nghiệm"
[inputs]
surveys = [{surveys}]
communes = "communes.gpkg"
households = "households.csv"
[survey]
block_m = 10.0
[siting]
sites = 0
[publish]
raster_m = 20.0
"""


@pytest.fixture(scope="module")
def dakar(shared_data, tmp_path_factory):
    """The Dakar logs as they are, over cells of 200 m as stand-in communes and simulated households."""
    folder = tmp_path_factory.mktemp("dakar")
    logs = shared_data / "drive_test" / "dakar_gnettrack"
    west, south, east, north = -17.4415, 14.6585, -17.4270, 14.6705
    columns, rows = np.arange(west, east, 0.002), np.arange(south, north, 0.002)
    cells = [box(x, y, x + 0.002, y + 0.002) for y in rows for x in columns]
    names = {"commune_code": [f"9{i:04d}" for i in range(len(cells))], "name": [f"Ô {i}" for i in range(len(cells))]}
    gpd.GeoDataFrame(names, geometry=cells, crs=4326).to_file(folder / "communes.gpkg")
    rng = np.random.default_rng(0)
    homes = pd.DataFrame({"household_id": [f"H{i}" for i in range(600)], "learners": rng.integers(1, 4, 600)})
    homes["lon"], homes["lat"] = rng.uniform(west, east, 600), rng.uniform(south, north, 600)
    homes.to_csv(folder / "households.csv", index=False)
    surveys = ", ".join(f'"{logs / name}"' for name in LOGS)
    (folder / "lomsong.toml").write_text(SETTINGS.format(surveys=surveys), encoding="utf-8")
    result = pipeline.run(folder / "lomsong.toml")
    return logs, result, pipeline.publish(result, folder / "out")


def test_every_row_of_the_real_logs_is_accounted_for(dakar):
    """Counts made here from the bytes of the files, without any reader of ours."""
    logs, result, _ = dakar
    sources = result.evidence.sources.set_index("source_file")
    for name, operator in LOGS.items():
        lines = [line.split("\t") for line in (logs / name).read_bytes().decode().split("\r\n")[1:] if line.strip()]
        account = sources.loc[name]
        assert account["rows_read"] == len(lines)
        assert account["rows_read"] == account["accepted"] + account["rejected"]
        exact = {tuple(line) for line in lines}
        rejects = result.evidence.rejects.query("source_file == @name")["check"].value_counts()
        assert rejects["duplicate"] == len(lines) - len(exact)
        served = [line for line in exact if line[3] != "NO_COVERAGE"]
        assert rejects["other_technology"] == sum(line[9] in ("2G", "3G") for line in served)
        lost = {"-24", "-164", "-200", "-340"}
        assert rejects.get("level_sentinel", 0) == sum(line[9] == "4G" and line[10] in lost for line in served)
        samples = result.evidence.samples.query("source_file == @name")
        assert set(samples["operator"]) == {operator}
        assert (samples["service"] == "no_service").sum() == len(exact) - len(served)


def test_the_real_run_ends_in_a_ranking_a_map_and_a_workbook(dakar):
    _, result, paths = dakar
    assert list(result.surfaces) == ["expresso", "orange", "yas"]
    ranking = result.gaps.ranking
    total = ranking["learners"].sum() + ranking.attrs["unmatched_learners"]
    assert total == result.evidence.households["learners"].sum()
    assert (ranking["unconnected_low"] <= ranking["unconnected"]).all()
    assert (ranking["unconnected"] <= ranking["unconnected_high"]).all()
    assert {"map.html", "ranking.xlsx", "gaps.gpkg", "expresso_level_dbm.tif"} <= {path.name for path in paths}
    assert result.evidence.crs.to_epsg() == 32628
    own = result.evidence.samples[result.evidence.samples["operator"] == "expresso"]
    silent = (own["service"] == "no_service").sum()
    bins = result.surfaces["expresso"].bins_
    assert silent > 100, "rows without coverage are kept as evidence"
    # All of them lie in squares in which the same drive heard levels far above the floor: no matter of level there.
    assert not bins["censored"].any()
    assert bins["level_dbm"].min() > result.settings.survey.floor_dbm + 12
    assert bins["samples"].sum() == len(own) - silent
    states = result.gaps.service.groupby("operator")["state"].value_counts().unstack(fill_value=0)
    assert (states["unsurveyed"] < states.sum(axis=1)).all()


@pytest.fixture(scope="module")
def real_communes(shared_data, tmp_path_factory):
    """The 95 communes since 1 July 2025 with simulated learners, terrain and a survey laid over them."""
    folder = tmp_path_factory.mktemp("dong_nai")
    communes = gpd.read_file(shared_data / "admin" / "communes_after_2025.gpkg")
    west, south, _, _ = communes.to_crs(3405).total_bounds
    recipe = Recipe(
        area_km2=26_000, communes=120, households=10_000, step_m=250, sample_spacing_m=500,
        origin=(west - 25_000, south - 12_000),
    )  # fmt: skip
    simulate(recipe).write(folder)
    text = (folder / "lomsong.toml").read_text(encoding="utf-8")
    real = shared_data / "admin" / "communes_after_2025.gpkg"
    text = text.replace('"communes.gpkg"', f'"{real}"').replace("[publish]", "[publish]\nraster_m = 1000.0")
    text = text.replace("sites = 10", "sites = 0")
    text = re.sub("^surveys = .*", 'surveys = ["surveys/viettel.txt.gz"]', text, flags=re.MULTILINE)
    (folder / "lomsong.toml").write_text(text, encoding="utf-8")
    households = pd.read_csv(folder / "households.csv.gz")
    inside = gpd.points_from_xy(households["longitude"], households["latitude"]).within(communes.union_all().envelope)
    households = households[inside]
    households.to_csv(folder / "households.csv.gz", index=False)
    result = pipeline.run(folder / "lomsong.toml")
    return communes, households, result, pipeline.publish(result, folder / "out")


def test_the_95_real_communes_are_ranked_and_nobody_is_lost(real_communes):
    communes, households, result, paths = real_communes
    ranking = result.gaps.ranking
    assert set(ranking["commune_code"]) == set(communes["code"])
    assert len(ranking) == 95
    total = ranking["learners"].sum() + ranking.attrs["unmatched_learners"]
    assert total == households["learners"].sum()
    assert "map.html" in {path.name for path in paths}


def test_codes_of_the_other_vintage_are_joined_by_place(real_communes):
    """The simulated rosters carry codes that today's communes do not have; the place decides, as geopandas would."""
    communes, households, result, _ = real_communes
    assert set(households["commune_code"].astype(str)).isdisjoint(communes["code"])
    points = gpd.GeoDataFrame(
        households[["household_id"]],
        geometry=gpd.points_from_xy(households["longitude"], households["latitude"]),
        crs=4326,
    )
    joined = gpd.sjoin(points, communes[["code", "geometry"]].to_crs(4326), how="left", predicate="intersects")
    expected = joined.drop_duplicates("household_id").set_index("household_id")["code"]
    found = result.evidence.households.set_index("household_id")["commune_code"]
    same = (found == expected[found.index]) | (found.isna() & expected[found.index].isna())
    assert same.mean() > 0.999
