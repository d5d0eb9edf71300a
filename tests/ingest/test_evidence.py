"""All inputs of a run together: two vintages, lists of learners, what was declared, rasters, another CRS."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from lomsong.errors import DataError
from lomsong.ingest import Reading, read_evidence
from lomsong.ingest.evidence import _Reader, _under_own_codes, roster_codes
from lomsong.settings import load

SETTINGS = """
[inputs]
surveys = ["surveys"]
communes = "communes_new.gpkg"
communes_before = "old.csv"
households = "households.csv"
learners = ["lists"]
declared = "declared.xlsx"
schools = "schools.csv"
hamlets = "hamlets.csv"
cells = "cells.csv"
dem = "dem"
land_cover = "cover.tif"
population = "people.tif"
[roster]
crs = "EPSG:5899"
declared_without_device = 24000
[publish]
language = "en"
"""


@pytest.fixture(scope="module")
def province(small_province, tmp_path_factory):
    """The small province, its communes merged two by two, its rosters in the old codes and in metres."""
    folder = tmp_path_factory.mktemp("merged")
    old = gpd.read_file(small_province / "communes.gpkg").sort_values("commune_code", ignore_index=True)
    old["pair"] = np.arange(len(old)) // 2
    merged = old.dissolve("pair", as_index=False)
    merged["name"] = [f"Xã Mới {i}" for i in range(len(merged))]
    merged["commune_code"] = [f"9{i:04d}" for i in range(len(merged))]
    merged["merged_from"] = old.groupby("pair")["name"].agg(", ".join).to_numpy()
    merged[["commune_code", "name", "merged_from", "geometry"]].to_file(folder / "communes_new.gpkg")
    old[["commune_code", "name"]].assign(district="Huyện A").to_csv(folder / "old.csv", index=False)
    (folder / "surveys").symlink_to(small_province / "surveys")
    (folder / "dem").mkdir()
    shutil.copy(small_province / "dem.tif", folder / "dem" / "tile.tif")
    for name in ("schools.xlsx", "hamlets.csv"):
        table = pd.read_excel(small_province / name) if name.endswith("xlsx") else pd.read_csv(small_province / name)
        in_metres(table).to_csv(folder / f"{name.split('.')[0]}.csv", index=False)
    households = pd.read_csv(small_province / "households.csv.gz")
    in_metres(households).to_csv(folder / "households.csv", index=False)
    write_lists(folder, households, pd.read_csv(folder / "schools.csv"))
    (folder / "cells.csv").write_text(
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
        f"LTE,452,4,7000,1,88,{merged.union_all().centroid.x},{merged.union_all().centroid.y},1000,7,1,1,1,0\n"
    )
    write_rasters(folder, merged)
    (folder / "lomsong.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def in_metres(table):
    lon, lat = (next(name for name in table if str(name).lower() in names) for names in (
        ("longitude", "kinh độ"), ("latitude", "vĩ độ")))  # fmt: skip
    points = gpd.GeoSeries.from_xy(table[lon], table[lat], crs=4326).to_crs(5899)
    return table.assign(**{lon: points.x.round(3), lat: points.y.round(3)})


def write_lists(folder, households, schools):
    """Two lists of learners of the first 40 households: each once, ten of them in both lists, five of no household."""
    (folder / "lists").mkdir()
    homes = households["household_id"].head(40).tolist()
    people = pd.DataFrame({"Họ và tên": [f"Nguyễn Văn {chr(65 + i // 26)}{chr(97 + i % 26)}" for i in range(45)],
                           "Ngày sinh": [f"{1 + i % 28:02d}/0{1 + i % 9}/2012" for i in range(45)],
                           "Mã hộ": homes + [f"KHÔNG {i}" for i in range(5)],
                           "Thiết bị": ["Có", "Không", "Không"] * 15,
                           "Mã trường": schools.iloc[0, 0]})  # fmt: skip
    people.iloc[:25].to_excel(folder / "lists" / "a.xlsx", index=False, startrow=2)
    people.iloc[15:].to_csv(folder / "lists" / "b.csv", index=False)
    declared = pd.DataFrame({"Mã trường": schools.iloc[:2, 0], "Số học sinh": [60, 30], "Chưa có thiết bị": [40, 10]})
    declared.to_excel(folder / "declared.xlsx", index=False)


def write_rasters(folder, communes):
    west, south, east, north = communes.total_bounds
    for name, value, kind in (("cover.tif", 10, "uint8"), ("people.tif", 2.0, "float32")):
        with rasterio.open(
            folder / name, "w", driver="GTiff", width=60, height=60, count=1, dtype=kind, crs="EPSG:4326",
            transform=from_origin(west, north, (east - west) / 60, (north - south) / 60),
        ) as target:  # fmt: skip
            target.write(np.full((60, 60), value, dtype=kind), 1)


@pytest.fixture(scope="module")
def read(province):
    evidence, account = read_evidence(province / "lomsong.toml", load(province / "lomsong.toml"))
    assert not account.faults, account.faults
    return evidence, account


def test_nothing_is_lost(read, small_province):
    evidence, account = read
    sources = account.sources
    assert (sources["rows_read"] == sources["accepted"] + sources["rejected"]).all()
    assert sources.loc[sources["table"] == "samples", "rows_read"].sum() > 1000
    assert len(evidence.households) == len(pd.read_csv(small_province / "households.csv.gz"))


def test_rosters_in_metres_and_old_codes_come_to_the_new_communes(read, small_province):
    evidence, _ = read
    old = pd.read_csv(small_province / "households.csv.gz").set_index("household_id")
    homes = evidence.households.set_index("household_id")
    codes = sorted(gpd.read_file(small_province / "communes.gpkg")["commune_code"])
    wanted = old["commune_code"].astype(str).map({code: f"9{i // 2:04d}" for i, code in enumerate(codes)})
    assert (homes["commune_code"] == wanted.loc[homes.index]).mean() > 0.99
    assert np.allclose(homes.geometry.x, old.loc[homes.index, "longitude"], atol=1e-6)
    assert {"projected", "commune_by_crosswalk"} <= set(evidence.flags["check"])
    carried = evidence.flags[evidence.flags["check"] == "commune_by_crosswalk"]
    assert carried.set_index("source_file").loc["schools.csv", "first_row"] == 2, "0 would stand for the whole file"
    assert set(evidence.crosswalk.to_new(codes)) == set(evidence.communes["commune_code"])


def test_learners_are_counted_once_and_the_declaration_answered(read):
    evidence, account = read
    assert (account.rejects["check"] == "learner_duplicate").sum() == 10
    homes = evidence.households
    assert homes["learners_verified"].sum() == 40
    total = evidence.reconciled[evidence.reconciled["row"] == "total"].iloc[0]
    assert (total["listed"], total["double"], total["verified"]) == (55, 10, 45)
    assert total["claimed_without_device"] == 24_000
    said = " ".join(account.sentences)
    assert "24,000" in said
    assert "5 verified learners could be given neither" in said
    assert not any("Nguyễn" in str(value) for value in [*account.rejects.to_numpy().ravel(), *homes.to_numpy().ravel()])


def test_land_cover_stands_in_the_terrain(province, tmp_path):
    """Where nothing measured the trees the class says how high they stand, and always where there are buildings."""
    text = (province / "lomsong.toml").read_text(encoding="utf-8")
    settings_file = province / "land.toml"
    heights = []
    for more in ("", "\n[radio]\nclutter_m = { tree_cover = 25.0, built_up = 7.0 }\n"):
        settings_file.write_text(text + more, encoding="utf-8")
        evidence, account = read_evidence(settings_file, load(settings_file))
        assert not account.faults, account.faults
        heights.append(evidence.terrain)
    codes = evidence.land_cover.values
    for terrain, trees, built in zip(heights, (15.0, 25.0), (10.0, 7.0), strict=True):
        assert set(np.unique(terrain.canopy_m[codes == 10])) == {trees}
        assert set(np.unique(terrain.clutter_m[codes == 50])) <= {built}
        assert not terrain.canopy_m[codes != 10].any()
        assert not terrain.clutter_m[codes == 10].any()


def test_rasters_and_cells_are_there(read):
    evidence, _ = read
    assert evidence.land_cover.values.shape == evidence.terrain.ground_m.shape
    assert evidence.population.values.sum() == pytest.approx(2.0 * 60 * 60, rel=0.02)
    assert len(evidence.cells) == 1


def test_the_whole_way(province, tmp_path):
    from lomsong import pipeline

    result = pipeline.run(province / "lomsong.toml")
    assert result.gaps.ranking["learners"].sum() + result.gaps.ranking.attrs["unmatched_learners"] == pytest.approx(
        result.evidence.households["learners"].sum()
    )
    paths = pipeline.publish(result, tmp_path / "out")
    assert any(path.name == "map.html" for path in paths)


def test_rosters_that_number_their_rows():
    """Schools and hamlets numbered 1, 2, 3… are one list of points; households are told apart from them."""
    numbered = pd.DataFrame({"household_id": ["1", "2", "7"]})
    schools, hamlets = pd.DataFrame({"school_id": ["1", "3"]}), pd.DataFrame({"hamlet_id": ["2", "3"]})
    apart = _under_own_codes({"households": numbered, "schools": schools, "hamlets": hamlets})
    assert apart["household_id"].tolist() == ["household:1", "household:2", "household:7"]
    assert roster_codes(apart).tolist() == ["1", "2", "7"]
    assert roster_codes(apart.assign(household_id=["household:1", "2", "3"])).tolist() == ["household:1", "2", "3"]
    assert numbered["household_id"].tolist() == ["1", "2", "7"]
    assert _under_own_codes({"households": numbered, "schools": schools.tail(1)}) is numbered
    reader = _Reader({"schools": ["d/s.csv"], "hamlets": ["d/h.csv"]}, None, "en")
    reader.account.readings |= {
        "schools": Reading.of("s.csv", "schools", schools, schools[:0], 2),
        "hamlets": Reading.of("h.csv", "hamlets", hamlets, hamlets[:0], 2),
    }
    with pytest.raises(DataError, match=r"s.csv, h.csv: 1 codes are both of a school and of a hamlet \(first: 3\)"):
        reader._require_own_codes()


def test_lists_and_hamlets_stand_for_households(province, tmp_path):
    hamlets = pd.read_csv(province / "hamlets.csv")
    rows = [f"Nguyễn Văn {chr(65 + i)},{1 + i:02d}/03/2012,{hamlets['hamlet_id'][i % 3]},Không" for i in range(12)]
    (tmp_path / "list.csv").write_text("Họ và tên,Ngày sinh,Mã ấp,Thiết bị\n" + "\n".join(rows), encoding="utf-8")
    text = SETTINGS.replace('households = "households.csv"\n', "").replace('declared = "declared.xlsx"\n', "")
    for name in (
        "surveys",
        "communes_new.gpkg",
        "old.csv",
        "schools.csv",
        "hamlets.csv",
        "cells.csv",
        "dem",
        "cover.tif",
    ):
        text = text.replace(f'"{name}"', f'"{(province / name).as_posix()}"')
    text = text.replace('"people.tif"', f'"{(province / "people.tif").as_posix()}"').replace(
        '["lists"]', '["list.csv"]'
    )
    settings_file = tmp_path / "lomsong.toml"
    settings_file.write_text(text, encoding="utf-8")
    evidence, account = read_evidence(settings_file, load(settings_file))
    assert not account.faults, account.faults
    homes = evidence.households
    assert len(homes) == 12, "each stands where people live, not all at the point of the hamlet"
    assert homes.geometry.nunique() == 12
    assert (homes["placed_by"] == "hamlet").all()
    assert homes.groupby("hamlet_id").size().tolist() == [4] * 3
    assert homes["learners"].sum() == homes["learners_without_device"].sum() == 12
    assert set(homes["commune_code"]) <= set(evidence.communes["commune_code"])
