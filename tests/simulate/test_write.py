import gzip
import hashlib
import json
import zlib

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio

from lomsong import settings
from lomsong.simulate import simulate
from lomsong.tables import OPERATORS, SCHOOLS


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_recipe_gives_the_same_bytes(province, written, tmp_path):
    paths = simulate(province.recipe).write(tmp_path)
    assert digests(tmp_path) == digests(written)
    assert sorted(str(path.relative_to(tmp_path)) for path in paths) == list(digests(tmp_path))
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_the_bytes_of_what_is_zipped_are_those_of_zlib_whatever_the_python(written):
    for path in written.rglob("*.gz"):
        content = path.read_bytes()
        assert content == zlib.compress(gzip.decompress(content), 9, wbits=31)


def test_writing_again_replaces_and_leaves_nothing_behind(province, written):
    before = digests(written)
    province.write(written)
    assert digests(written) == before
    assert not list(written.rglob(".writing-*"))


def test_settings_point_at_the_files(written):
    loaded = settings.load(written / "lomsong.toml")
    named = [loaded.inputs.communes, loaded.inputs.households, loaded.inputs.schools, loaded.inputs.hamlets,
             loaded.inputs.sites, loaded.inputs.dem, loaded.inputs.canopy, loaded.inputs.declared_coverage,
             *loaded.inputs.surveys]  # fmt: skip
    assert all((written / name).is_file() for name in named)
    assert loaded.claims.least_occasions == 1
    for source in (loaded.inputs.roads, loaded.inputs.power_lines, loaded.inputs.forest, loaded.inputs.water):
        name, layer = source.split("#")
        assert len(gpd.read_file(written / name, layer=layer)) > 0


def test_tables_come_back(province, written):
    schools = pd.read_excel(written / "schools.xlsx", dtype={"Mã xã": str})
    assert list(schools)[:5] == [column.vi for column in SCHOOLS.columns][:5]
    assert schools["Số học sinh"].tolist() == province.schools["pupils"].tolist()
    households = pd.read_csv(written / "households.csv.gz")
    assert households["longitude"].tolist() == province.households.geometry.x.tolist()
    communes = gpd.read_file(written / "communes.gpkg", layer="communes")
    assert (communes["vintage"] == "2021").all() and set(communes.geom_type) == {"MultiPolygon"}


def test_rasters_come_back(province, written):
    with rasterio.open(written / "dem.tif") as dem, rasterio.open(written / "canopy.tif") as canopy:
        assert dem.crs.to_epsg() == 3405 and dem.dtypes == ("int16",) and dem.res == (100.0, 100.0)
        assert (dem.read(1) == province.ground_m).all()
        assert canopy.dtypes == ("uint8",) and (canopy.read(1) == province.canopy_m).all()


def test_dirt_is_told_for_every_survey(written):
    told = json.loads((written / "truth/dirt.json").read_text())
    assert set(told) == {f"surveys/{operator}.txt.gz" for operator in OPERATORS}
    assert all(sum(entry["dirt"].values()) + entry["no_service"] < entry["rows"] for entry in told.values())
