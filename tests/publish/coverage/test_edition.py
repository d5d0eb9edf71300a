"""What stands beside the rasters of a network: which files, of whom, and whom they do not give away."""

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lomsong.errors import MissingFileError
from lomsong.publish.coverage import edition as edition_module
from lomsong.publish.coverage.edition import CoverageEdition, operator_name, write_coverage

PLACES = [(702_050, 1_258_050), (701_050, 1_257_050)]


@pytest.fixture
def masts():
    """Three sectors of two operators, and one of an operator that nobody knows."""
    rows = {
        "site_id": ["DN 1", "DN 1", "DN 1", "DN 2"], "operator": ["viettel", "viettel", "mobifone", "làng"],
        "band_mhz": [1800.0] * 4, "height_m": [42.0] * 4, "eirp_dbm": [30.0] * 4,
        "azimuth_deg": [0.0, 120.0, np.nan, np.nan], "owner": ["somebody"] * 4,
    }  # fmt: skip
    at = gpd.points_from_xy(*zip(PLACES[0], PLACES[0], PLACES[0], PLACES[1], strict=True), crs=3405)
    return gpd.GeoDataFrame(rows, geometry=at)


@pytest.fixture
def levels(put):
    """Of each operator 40 by 40 cells of 1 ha: usable in so many rows, weak in the others, the last row unknown."""

    def make(**usable_rows):
        found = {}
        for operator, rows in usable_rows.items():
            values = np.full((40, 40), -125.0, "f4")
            values[:rows] = -90
            values[-1] = np.nan
            found[operator] = put(f"level_{operator}", values)
        return found

    return make


@pytest.fixture
def ground(put):
    return put("ground", np.linspace(50, 300, 1_600).reshape(40, 40).astype("f4"))


def number_of(table, scope, column, threshold=-110.0, operator=None):
    row = table[(table["scope"] == scope) & (table["threshold_dbm"] == threshold)]
    if operator:
        row = row[row["operator"] == operator]
    assert len(row) == 1
    return row[column].iloc[0]


def test_one_operator_without_people(tmp_path, levels, ground, masts):
    table, files = write_coverage(tmp_path / "out", CoverageEdition(levels(viettel=10), ground, masts, -110.0))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in files] == [
        "summary.csv", "servers.csv", "coverage.kmz", "pictures/viettel.png",
    ]  # fmt: skip
    assert all(path.stat().st_size for path in files)
    assert {path for path in (tmp_path / "out").rglob("*") if path.is_file()} == set(files)
    assert number_of(table, "operator", "area_km2", operator="Viettel") == pytest.approx(400 * 0.01)
    assert number_of(table, "any", "share") == pytest.approx(10 / 39)
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary[["population", "learners"]].isna().all().all()
    assert number_of(summary, "none", "area_km2") == pytest.approx(29 * 40 * 0.01)
    with Image.open(files[-1]) as picture:
        assert picture.size == (1600, 1200)


def test_what_was_not_computed_is_neither_drawn_nor_counted(tmp_path, levels, ground, masts, monkeypatch):
    told = []
    monkeypatch.setattr(
        edition_module, "write_picture", lambda *args, sites, **more: told.append((args[4], len(sites)))
    )
    monkeypatch.setattr(edition_module, "write_overlay_kmz", lambda *args: told.append(len(args[3])))
    edition = CoverageEdition(
        levels(viettel=10), ground, masts.assign(operator="viettel"), -110.0, language="en", left_out=[0]
    )
    write_coverage(tmp_path / "out", edition)
    rest = masts.iloc[1:]
    assert told[0] == len(rest)
    sites = rest["site_id"].nunique()
    assert told[1] == (f"{sites} sites, {len(rest)} sectors; usable from −110 dBm", len(rest))
    assert len(pd.read_csv(tmp_path / "out" / "servers.csv")) == len(masts)


def test_the_servers_are_numbered_as_the_rasters_number_them_whatever_the_index(tmp_path, levels, ground, masts):
    edition = CoverageEdition(levels(viettel=10), ground, masts.set_index(np.array([7, 3, 9, 1])), -110.0)
    write_coverage(tmp_path, edition)
    servers = pd.read_csv(tmp_path / "servers.csv")
    assert servers["server"].tolist() == [0, 1, 2, 3]
    assert servers["site_id"].tolist() == masts["site_id"].tolist()
    assert "owner" not in servers
    places = gpd.GeoSeries(gpd.points_from_xy(servers["longitude"], servers["latitude"]), crs=4326).to_crs(3405)
    assert (places.distance(masts.geometry) < 0.2).all()
    assert masts.crs.to_epsg() == 3405


@pytest.mark.parametrize("language", ["vi", "en"])
def test_many_operators_with_people_and_learners(tmp_path, levels, ground, masts, put, language):
    persons = put("persons", np.full((40, 40), 2.0))
    # ten households of one learner in the first row, three in row 20
    at = [(700_050 + 100 * k, 1_259_950) for k in range(10)] + [(700_050 + 100 * k, 1_257_950) for k in range(3)]
    homes = gpd.GeoDataFrame({"learners": [1] * 13}, geometry=gpd.points_from_xy(*zip(*at, strict=True)), crs=3405)
    edition = CoverageEdition(
        levels(viettel=10, mobifone=25, làng=0), ground, masts, -110.0, persons, homes.to_crs(4326), "P.1812", language
    )
    table, files = write_coverage(tmp_path / "out", edition)
    names = [path.relative_to(tmp_path / "out").as_posix() for path in files]
    assert names == ["summary.csv", "servers.csv", "coverage.kmz"] + [
        f"pictures/{operator}.png" for operator in ("viettel", "mobifone", "làng")
    ]
    assert number_of(table, "operator", "population", operator="Viettel") == pytest.approx(10 * 40 * 2)
    assert number_of(table, "any", "population") == pytest.approx(25 * 40 * 2)
    assert number_of(table, "overlap", "area_km2") == pytest.approx(10 * 40 * 0.01)
    assert number_of(table, "operator", "area_km2", operator="làng") == 0
    # All 13 are told; ten of them are not, since the other three would be.
    assert number_of(table, "operator", "learners", operator="MobiFone") == 13
    assert np.isnan(number_of(table, "operator", "learners", operator="Viettel"))
    assert np.isnan(number_of(table, "operator", "learners_share", operator="Viettel"))
    partial = number_of(table, "partial", "learners")
    assert np.isnan(partial) or partial >= 5
    written = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert not written["learners"].between(0.5, 4.5).any()
    with zipfile.ZipFile(tmp_path / "out" / "coverage.kmz") as archive:
        text = archive.read("doc.kml").decode()
        assert archive.testzip() is None
        assert sum(name.startswith("levels/") for name in archive.namelist()) == 3
    for word in ("Viettel", "MobiFone", "làng", "DN 1", "P.1812", {"vi": "Mức thu", "en": "Predicted"}[language]):
        assert word in text


def test_same_bytes_again(tmp_path, levels, ground, masts):
    edition = CoverageEdition(levels(viettel=10, mobifone=25), ground, masts, -110.0)
    first, second = (
        {path.name: path.read_bytes() for path in write_coverage(tmp_path / name, edition)[1]} for name in "ab"
    )
    assert len(first) == 5
    assert first == second


def test_no_population_where_it_is_said_to_be(tmp_path, levels, ground, masts):
    edition = CoverageEdition(levels(viettel=10), ground, masts, -110.0, tmp_path / "none.tif")
    with pytest.raises(MissingFileError, match=r"none\.tif"):
        write_coverage(tmp_path / "out", edition)
    assert not (tmp_path / "out").exists()


def test_names_of_operators():
    assert [operator_name(each) for each in ("vinaphone", "làng")] == ["VinaPhone", "làng"]
