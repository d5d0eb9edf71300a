import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from pyproj import Geod, Transformer

from lomsong.errors import DataError
from lomsong.publish.coverage.levels import opened
from lomsong.publish.coverage.summary import (
    COVERAGE,
    coverage_summary,
    population_on,
    row_areas_km2,
    summary_table,
    write_summary,
)

N = np.nan


def row(table, who, threshold=-110):
    at = table[table["threshold_dbm"] == threshold]
    chosen = at[(at["operator"] == who) | (at["scope"] == who)] if isinstance(who, str) else at[at["operators"] == who]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.fixture
def two(put):
    """Six cells of 0.01 km²: both serve, one serves, the other weakly, a void of one, of both, neither serves."""
    a = put("a", np.array([[-100, -100, -110], [-100, N, -130]], np.float32))
    b = put("b", np.array([[-105, -112, -90], [N, N, -120]], np.float32))
    return {"A": a, "B": b}


def test_a_case_by_hand(two):
    table = coverage_summary(two, -110)
    COVERAGE.check(table.drop(columns=[]), "summary")
    assert row(table, "A")[["area_km2", "share", "void_km2"]].tolist() == pytest.approx([0.04, 0.8, 0.01])
    assert row(table, "B")[["area_km2", "share", "void_km2"]].tolist() == pytest.approx([0.02, 0.5, 0.02])
    joint = {who: row(table, who)["area_km2"] for who in ("any", "overlap", "none", "partial", "all")}
    assert joint == pytest.approx({"any": 0.04, "overlap": 0.02, "none": 0.01, "partial": 0.02, "all": 0.02})
    assert [row(table, many)["area_km2"] for many in (0, 1, 2)] == pytest.approx([0.01, 0.02, 0.02])
    assert row(table, "any")["void_km2"] == pytest.approx(0.01)
    assert row(table, "A", -105)["area_km2"] == pytest.approx(0.03), "-110 is under -105"
    assert row(table, "B", -115)["area_km2"] == pytest.approx(0.03)
    assert sorted(set(table["threshold_dbm"])) == [-115, -110, -105]
    assert -98 in set(coverage_summary(two, -98)["threshold_dbm"])


def test_persons_and_learners_are_counted_where_the_level_is(two):
    people = np.arange(1.0, 7.0).reshape(2, 3)
    people[1, 2] = N
    homes = gpd.GeoDataFrame(
        {"learners": [10, 20, 40, 80]},
        geometry=gpd.points_from_xy(
            [700_050, 700_150, 700_199.9, 800_000], [1_259_950, 1_259_950, 1_259_800.1, 1_259_950], crs=3405
        ),
    ).to_crs(4326)
    table = coverage_summary(
        two, -110, population=lambda top, left, rows, columns: people[top:top + rows, left:left + columns],
        households=homes,
    )  # fmt: skip
    assert row(table, "A")["population"] == 1 + 2 + 3 + 4
    assert row(table, "A")["population_share"] == pytest.approx(1.0)
    assert row(table, "B")["population_share"] == pytest.approx((1 + 3) / (1 + 2 + 3))
    assert row(table, "A")["learners"] == 30
    assert row(table, "B")[["learners", "learners_share"]].tolist() == pytest.approx([10, 1 / 3])
    assert row(table, "all")["learners"] == 10


def test_small_counts_and_what_would_give_them_back_are_hidden(two):
    homes = gpd.GeoDataFrame(
        {"learners": [3, 20]}, geometry=gpd.points_from_xy([700_050, 700_150], [1_259_950] * 2, crs=3405)
    )
    table = coverage_summary(two, -110, households=homes)
    at = table[table["threshold_dbm"] == -110]
    assert at.loc[at["operator"] == "B", "learners_suppressed"].tolist() == [True]
    assert at.loc[at["operator"] == "B", ["learners", "learners_share"]].isna().all(axis=None)
    assert at.loc[at["operator"] == "A", "learners"].tolist() == [23]
    assert at.loc[at["scope"] != "operator", ["learners", "learners_share"]].isna().all(axis=None)
    assert "(hidden)" in summary_table(table, "en")
    assert coverage_summary(two, -110, households=homes, suppress_below=0)["learners"].notna().all()


def test_blocks_do_not_change_the_sums(put):
    rng = np.random.default_rng(8)
    levels = [(-140 + 60 * rng.random((1030, 2100))).astype(np.float32) for _ in range(3)]
    for level in levels:
        level[rng.random(level.shape) < 0.1] = np.nan
    paths = {f"o{n}": put(f"o{n}", level) for n, level in enumerate(levels)}
    table = coverage_summary(paths, -110)
    serves = np.stack([np.nan_to_num(level, nan=-999) >= -110 for level in levels]).sum(axis=0)
    some = np.isfinite(np.stack(levels)).any(axis=0)
    for many in range(4):
        assert row(table, many)["area_km2"] == pytest.approx(0.01 * ((serves == many) & some).sum())
    for threshold in (-105, -110, -115):
        parts = [row(table, who, threshold)["area_km2"] for who in ("none", "partial", "all")]
        assert sum(parts) == pytest.approx(0.01 * some.sum())


def test_cells_in_degrees_have_their_area_on_the_ellipsoid(put):
    step = 0.01
    path = put("g", np.full((300, 4), -90, np.float32), Affine(step, 0, 107, 0, -step, 60), 4326)
    with opened(path) as source:
        areas = row_areas_km2(source)
    for line in (0, 150, 299):
        north = 60 - step * line
        edge = np.linspace(0, step, 60)
        ring = (np.r_[107 + edge, 107 + edge[::-1]], np.r_[np.full(60, north), np.full(60, north - step)])
        wanted = abs(Geod(ellps="WGS84").polygon_area_perimeter(*ring)[0]) / 1e6
        assert areas[line] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("epsg", "rel"), [(3857, 1e-4), (3405, 1e-3), (5899, 1e-3)])
def test_areas_on_a_plane_are_those_on_the_ground(put, epsg, rel):
    (west, east), (south, north) = Transformer.from_crs(4326, epsg, always_xy=True).transform([106.9, 107], [21, 21.1])
    count, ring = 200, np.linspace(0, 1, 200)
    transform = Affine((east - west) / count, 0, west, 0, (south - north) / count, north)
    with rasterio.open(put("m", np.zeros((count, count), np.float32), transform, epsg)) as source:
        found = row_areas_km2(source).sum() * count
    edge = (
        np.r_[west + ring * (east - west), east - ring * (east - west)],
        np.r_[np.full(200, south), np.full(200, north)],
    )
    degrees = Transformer.from_crs(epsg, 4326, always_xy=True).transform(*edge)
    wanted = abs(Geod(ellps="WGS84").polygon_area_perimeter(*degrees)[0]) / 1e6
    assert found == pytest.approx(wanted, rel=rel)


@pytest.mark.parametrize("cell", [0.0005, 0.004])
def test_persons_stay_when_they_are_spread_on_another_grid(put, cell):
    level = put("l", np.full((90, 90), -90, np.float32), Affine(0.001, 0, 107, 0, -0.001, 11.5), 4326)
    size = round(0.04 / cell)
    people = np.random.default_rng(1).integers(0, 50, (size, size)).astype(np.float32)
    raster = put("p", people, Affine(cell, 0, 107.02, 0, -cell, 11.48), 4326)
    with population_on(raster, level) as read:
        whole = read(0, 0, 90, 90)
        parts = sum(read(top, 0, 45, 90).sum() for top in (0, 45))
    assert whole.sum() == pytest.approx(people.sum(), rel=1e-4)
    assert parts == pytest.approx(people.sum(), rel=1e-4)


def test_other_grids_and_no_raster_are_told(put):
    a = put("a", np.full((3, 3), -90))
    with pytest.raises(DataError, match=r"b\.tif"):
        coverage_summary({"A": a, "B": put("b", np.full((3, 4), -90))}, -110)
    with pytest.raises(DataError, match="operator"):
        coverage_summary({}, -110)
    turned = put("t", np.full((3, 3), -90), Affine(100, 10, 700_000, 10, -100, 1_260_000))
    with pytest.raises(DataError, match="rotated"):
        coverage_summary({"T": turned}, -110)


def test_the_table_is_written_and_told_in_both_languages(tmp_path, two):
    table = coverage_summary(two, -110)
    write_summary(tmp_path / "summary.csv", table)
    again = pd.read_csv(tmp_path / "summary.csv", encoding="utf-8-sig")
    assert again.columns.tolist() == COVERAGE.names
    assert again["area_km2"].to_numpy() == pytest.approx(table["area_km2"].to_numpy(), abs=1e-6)
    vietnamese, english = summary_table(table), summary_table(table, "en")
    assert "Mức thu từ −110 dBm trở lên" in vietnamese
    assert "0,8" not in vietnamese.split("%")[0]
    assert "frame" in english.splitlines()[1]  # the corners beyond the radius are no terrain that is missing
    line = next(line for line in english.split("−110")[1].splitlines() if line.startswith("A "))
    assert line.split() == ["A", "0.0", "80.0", "0.0"]
    assert "Mức thu từ −107,5 dBm trở lên" in summary_table(coverage_summary(two, -107.5))
    assert len({len(line) for line in english.splitlines()[1:3]}) == 1
