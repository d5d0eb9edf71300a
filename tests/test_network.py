"""The rasters of a network are those of its sectors one by one, in whatever pieces and order they are made."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer

from lomsong import network
from lomsong.errors import CrsError, DataError, FormatError, LomsongError, MissingFileError, UsageError
from lomsong.network import Rasters, Reception, cover_network, path_over
from lomsong.radio import Link, Pattern, Physics, omni, sites_of, sweep, terrain_around, three_gpp
from lomsong.texts import told

CELLS, STEP = 150, 30.0
METRES = Affine(STEP, 0, 700_000, 0, -STEP, 1_260_000)
UTM, DEGREES = 3405, 4326
SECOND_OF_ARC = Affine(1 / 3600, 0, 106.83, 0, -1 / 3600, 11.39)
RADIUS_M = 2_000.0
COLUMNS = ("site_id", "operator", "band_mhz", "height_m", "eirp_dbm", "azimuth_deg", "downtilt_deg", "antenna")
BARREL = Pattern(17.0, three_gpp(40, front_to_back_db=30).horizontal_db, omni().vertical_db, 30.0, "barrel")


def hills(rows=CELLS, columns=CELLS, seed=3):
    row, column = np.mgrid[:rows, :columns]
    noise = np.random.default_rng(seed).normal(0, 4, (rows, columns))
    return (120 + 70 * np.sin(row / 17) * np.cos(column / 23) + noise).astype("f4")


def raster(path, values, transform=METRES, crs=UTM, unit=None, nodata=-9999):
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype,
        crs=crs, transform=transform, nodata=nodata,
    ) as target:  # fmt: skip
        target.write(values, 1)
        if unit:
            target.set_band_unit(1, unit)
    return path


def table(rows, transform=METRES, crs=UTM):
    """Return sectors; each row is column and row of the DEM, and then values of :data:`COLUMNS`."""
    places = [transform @ (row[0], row[1]) for row in rows]
    values = {name: [row[2 + k] if len(row) > 2 + k else None for row in rows] for k, name in enumerate(COLUMNS)}
    for name in ("azimuth_deg", "downtilt_deg"):
        values[name] = np.array([np.nan if value is None else value for value in values[name]])
    frame = gpd.GeoDataFrame(values, geometry=gpd.points_from_xy(*zip(*places, strict=True)), crs=crs)
    return frame.drop(columns="antenna") if frame["antenna"].isna().all() else frame


MIXED = [
    # one mast, three sectors and a second band, of two operators; rows of its antennas take turns
    (70, 60, "A", "viettel", 1800.0, 35.0, 30.0, 10.0, 4.0),
    (70, 60, "A", "viettel", 800.0, 35.0, 32.0, 130.0, 4.0),
    (70, 60, "A", "viettel", 1800.0, 35.0, 30.0, 130.0, None, "barrel"),
    (70, 60, "A", "viettel", 1800.0, 35.0, 30.0, 250.0),
    (70, 60, "A", "vinaphone", 1800.0, 35.0, 30.0, 10.0, 4.0),
    # twice the same: equal levels everywhere
    (40.3, 90.7, "B", "viettel", 900.0, 25.0, 28.0),
    (40.3, 90.7, "B2", "viettel", 900.0, 25.0, 28.0),
    # close to the edges, and in a corner cell
    (148.2, 3.9, "C", "vinaphone", 2100.0, 42.0, 31.0, 200.0, 6.0),
    (0.4, 149.6, "D", "mobifone", 700.0, 30.0, 33.0),
    (3.0, 120.0, "E", "viettel", 2600.0, 20.0, 25.0, 90.0, 2.0, "barrel"),
]  # fmt: skip


def alone(rasters, sites, patterns, reception, received_db):
    """Return hundredths of a dBm of each sector on the whole DEM, -2**31 for none, each swept by itself."""
    with rasterio.open(rasters.dem) as dem:
        shape, whole = dem.shape, dem.transform
    found = []
    for sector in sites_of(sites, patterns):
        terrain = terrain_around(
            rasters.dem, sector.longitude, sector.latitude, reception.radius_m, land_cover=rasters.land_cover,
            canopy=rasters.canopy, heights=reception.heights,
        )  # fmt: skip
        level = sweep(terrain, sector, reception.radius_m, physics=reception.physics).level_dbm(sector)
        level = level + np.float32(received_db)
        left, top = (round(place) for place in ~whole @ (terrain.transform.c, terrain.transform.f))
        on_dem = np.full(shape, -(2**31), np.int64)
        part = on_dem[top : top + level.shape[0], left : left + level.shape[1]]
        part[np.isfinite(level)] = np.rint(100 * level[np.isfinite(level)].astype(float))
        found.append(on_dem)
    return np.stack(found)


def expected(hundredths, rows, usable_dbm):
    """Return level, server, second and servers of some rows by sorting them all; of equals the one that came first."""
    levels = hundredths[rows]
    order = np.argsort(-levels, axis=0, kind="stable")
    ranked = np.take_along_axis(levels, order, axis=0)
    none = ranked[0] == -(2**31)
    second = ranked[1] if len(rows) > 1 else np.full_like(ranked[0], -(2**31))
    return (
        np.where(none, np.nan, ranked[0] / 100),
        np.where(none, -1, np.asarray(rows)[order[0]]),
        np.where(second == -(2**31), np.nan, second / 100),
        np.where(none, 65_535, (levels >= round(100 * usable_dbm)).sum(axis=0)),
    )


def placed(path, like):
    """Return a raster on the cells of the DEM, of which it is a part; elsewhere nothing."""
    with rasterio.open(like) as dem, rasterio.open(path) as source:
        left, top = (round(place) for place in ~dem.transform @ (source.transform.c, source.transform.f))
        whole = np.full(dem.shape, source.nodata, source.dtypes[0])
        whole[top : top + source.height, left : left + source.width] = source.read(1)
        assert source.crs == dem.crs
        assert (source.transform.a, source.transform.e) == (dem.transform.a, dem.transform.e)
    return whole


def antenna_order(sites, operator):
    """Return the rows of an operator, antenna after antenna as they come, as of equal levels the first is kept."""
    own = sites[sites["operator"] == operator]
    places = list(zip(own.geometry.x, own.geometry.y, own["height_m"], own["band_mhz"], strict=True))
    return [row for row, _ in sorted(zip(own.index, places, strict=True), key=lambda pair: places.index(pair[1]))]


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """A DEM with a hole, in metres and in degrees, and what stands on it, in yet another system."""
    folder = tmp_path_factory.mktemp("land")
    ground = hills()
    ground[100:112, 60:75] = -9999
    raster(folder / "metres.tif", ground)
    raster(folder / "degrees.tif", ground, SECOND_OF_ARC, DEGREES)
    row, column = np.mgrid[:220, :220]
    codes = np.choose((row // 18 + column // 13) % 5, [10, 50, 30, 40, 80]).astype("u1")
    heights = ((row * 7 + column * 3) % 28).astype("u1")
    for name, values in (("cover", codes), ("canopy", heights)):
        raster(folder / f"{name}.tif", values, Affine(0.00024, 0, 106.82, 0, -0.00024, 11.4), DEGREES, nodata=255)
    return folder


@pytest.mark.parametrize(("crs", "where"), [(UTM, "outdoor"), (DEGREES, "brick")])
def test_every_cell_is_what_the_sectors_give_one_by_one(land, tmp_path, crs, where):
    name, transform = ("metres", METRES) if crs == UTM else ("degrees", SECOND_OF_ARC)
    sites = table(MIXED, transform, crs)
    rasters = Rasters(land / f"{name}.tif", land / "cover.tif", land / "canopy.tif")
    physics = Physics(p_percent=10, sigma_l_db=5, pl_percent=90, rx_height_m=2)
    reception = Reception(RADIUS_M, -64.1, physics, Link(), where, {"built_up": 12.0})
    out = cover_network(sites, rasters, tmp_path, reception, patterns={"barrel": BARREL})
    received = -3.0 if where == "outdoor" else -17.0
    one_by_one = alone(rasters, sites, {"barrel": BARREL}, reception, received)
    assert list(out.levels) == ["viettel", "vinaphone", "mobifone"]
    assert (out.left_out, out.computed, out.kept) == ((), 7, 0)
    best = []
    for operator in out.levels:
        want = expected(one_by_one, antenna_order(sites, operator), -64.1)
        names = ("level_dbm", "server", "second_dbm", "servers")
        found = [placed(tmp_path / "rasters" / f"{operator}_{each}.tif", rasters.dem) for each in names]
        for each, is_there, should in zip(names, found, want, strict=True):
            np.testing.assert_allclose(is_there, should, atol=1e-5, rtol=0, err_msg=f"{operator} {each}")
        assert np.isfinite(found[0]).sum() > 3_000
        assert out.levels[operator] == tmp_path / "rasters" / f"{operator}_level_dbm.tif"
        best.append(want[0])
    # the hole, and what lies behind it, is known to nobody
    assert np.isnan(best[0][100:112, 60:75]).all()
    together = placed(tmp_path / "rasters" / "best_level_dbm.tif", rasters.dem)
    np.testing.assert_allclose(together, np.fmax.reduce(best), atol=1e-5)
    ground = placed(out.ground, rasters.dem)
    with rasterio.open(rasters.dem) as dem:
        known = np.isfinite(ground)
        assert (ground[known] == dem.read(1)[known]).all()
        assert (dem.read(1)[~known] == -9999).all()
    written = {path.name for path in (tmp_path / "rasters").iterdir()}
    assert {path.name for path in out.files} == written
    assert len(written) == 13


def test_of_equal_levels_the_sector_that_came_first_serves(tmp_path):
    flat = raster(tmp_path / "flat.tif", np.full((CELLS, CELLS), 50, "f4"))
    rows = [(65.5, 75.5, "W", "viettel", 1800.0, 30.0, 30.0), (85.5, 75.5, "E", "viettel", 1800.0, 30.0, 30.0)]
    out = [
        cover_network(table(order), Rasters(flat), tmp_path / str(k), Reception(RADIUS_M))
        for k, order in enumerate((rows, rows[::-1]))
    ]
    level, swapped = (placed(one.levels["viettel"], flat) for one in out)
    server, other = (placed(tmp_path / str(k) / "rasters" / "viettel_server.tif", flat) for k in (0, 1))
    second = placed(tmp_path / "0" / "rasters" / "viettel_second_dbm.tif", flat)
    np.testing.assert_array_equal(level, swapped)
    equal = level == second
    assert (equal & (server == 0)).sum() > 50
    assert (server[equal] == 0).all()
    assert (other[equal] == 0).all()
    apart = np.isfinite(level) & ~equal
    assert (server[apart] == 1 - other[apart]).all()


def test_tiles_of_a_dem_side_by_side_are_one_dem(land, tmp_path):
    with rasterio.open(land / "metres.tif") as dem:
        whole = dem.read(1)
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    raster(tiles / "west.tif", whole[:, :64])
    raster(tiles / "east.tif", whole[:, 64:], METRES @ Affine.translation(64, 0))
    sites = table(MIXED)
    one, two = (
        cover_network(sites, Rasters(dem), tmp_path / name, Reception(RADIUS_M), patterns={"barrel": BARREL})
        for name, dem in (("one", land / "metres.tif"), ("two", tiles))
    )
    assert len(one.files) == len(two.files) == 13
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_size_of_tiles_and_number_of_workers_change_no_byte(land, tmp_path, monkeypatch):
    def run(name, workers, tile=None):
        if tile:
            monkeypatch.setattr(network, "TILE", tile)
        cover_network(
            table(MIXED), Rasters(land / "metres.tif"), tmp_path / name, Reception(RADIUS_M), workers=workers,
            patterns={"barrel": BARREL},
        )  # fmt: skip
        return digests(tmp_path / name)

    first = run("one", 1)
    assert len(first) == 13
    assert run("all", 0) == first
    assert run("tiles", 2, 37) == first


@pytest.fixture
def swept(monkeypatch):
    """Names of the sites that are swept, in turn."""
    names = []

    def counted(terrain, site, *args, **kwargs):
        names.append(site.name)
        return sweep(terrain, site, *args, **kwargs)

    monkeypatch.setattr(network, "sweep", counted)
    return names


def near(count=4):
    return [(40 + 15 * k, 50 + 10 * k, f"S{k}", "viettel", 1800.0, 30.0, 30.0) for k in range(count)]


@pytest.fixture
def go(land, tmp_path):
    def run(rows, **changes):
        changes.setdefault("reception", Reception(1_000.0))
        return cover_network(table(rows), Rasters(land / "metres.tif"), tmp_path / "out", **changes)

    return run


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(go, tmp_path, swept):
    def stop(done, count):
        assert count == 4
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(near(), progress=stop)
    assert swept == ["S0", "S1"]
    assert not (tmp_path / "out" / "rasters").exists()
    said = []
    resumed = go(near(), progress=lambda done, count: said.append((done, count)))
    assert swept == ["S0", "S1", "S2", "S3"]
    assert (resumed.computed, resumed.kept) == (2, 2)
    assert said == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    found = digests(tmp_path / "out")
    again = go(near())
    assert (len(swept), again.computed, again.kept) == (4, 0, 4)
    assert digests(tmp_path / "out") == found
    for path in (tmp_path / "out").rglob("*.tif"):
        path.unlink()
    go(near())
    assert digests(tmp_path / "out") == found


@pytest.mark.parametrize(("column", "value"), [(0, 41), (5, 800.0 / 32), (4, 800.0), (6, 31.0), (7, 20.0)])
def test_a_changed_site_computes_only_itself_and_leaves_nothing_behind(go, tmp_path, swept, column, value):
    go(near())
    before = set((tmp_path / "out" / "work").iterdir())
    rows = near()
    row = [*rows[1], None]
    row[column] = value
    rows[1] = tuple(row)
    changed = go(rows)
    assert (swept[4:], changed.computed, changed.kept) == (["S1"], 1, 3)
    after = set((tmp_path / "out" / "work").iterdir())
    assert len(after) == len(before) == 5
    assert len(before - after) == 1


def test_a_site_added_above_or_taken_away_leaves_the_others_as_they_are(go, tmp_path, swept):
    go(near())
    added = go([(100, 40, "new", "viettel", 1800.0, 30.0, 30.0), *near()])
    assert (swept[4:], added.kept) == (["new"], 4)
    # and servers are counted anew
    with rasterio.open(tmp_path / "out" / "rasters" / "viettel_server.tif") as source:
        server = source.read(1)
    assert set(np.unique(server)) == {-1, 0, 1, 2, 3, 4}
    fewer = go(near()[1:])
    assert (len(swept), fewer.kept) == (5, 3)
    with rasterio.open(tmp_path / "out" / "rasters" / "viettel_server.tif") as source:
        column, row = (int(place) for place in ~source.transform @ (METRES @ (55, 60)))
        assert source.read(1)[row, column] == 0


@pytest.mark.parametrize(
    "reception",
    [
        Reception(1_100.0),
        Reception(1_000.0, -100.0),
        Reception(1_000.0, physics=Physics(pl_percent=51)),
        Reception(1_000.0, link=Link(body_loss_db=1)),
        Reception(1_000.0, where="brick"),
        Reception(1_000.0, heights={"built_up": 11.0}),
    ],
)
def test_other_settings_compute_all_anew(go, tmp_path, swept, reception):
    go(near(2))
    changed = go(near(2), reception=reception)
    assert (len(swept), changed.computed, changed.kept) == (4, 2, 0)
    assert len(list((tmp_path / "out" / "work").iterdir())) == 3


def test_another_dem_of_the_same_name_computes_all_anew(land, tmp_path, swept):
    dem = raster(tmp_path / "dem.tif", hills())
    cover_network(table(near(2)), Rasters(dem), tmp_path / "out", Reception(1_000.0))
    raster(dem, hills(seed=4))
    cover_network(table(near(2)), Rasters(dem), tmp_path / "out", Reception(1_000.0))
    assert len(swept) == 4


def test_another_tile_below_a_virtual_dem_computes_all_anew(tmp_path, swept):
    tile, dem = raster(tmp_path / "tile.tif", hills()), tmp_path / "dem.vrt"
    dem.write_text(
        '<VRTDataset rasterXSize="150" rasterYSize="150"><SRS>EPSG:3405</SRS>'
        "<GeoTransform>700000,30,0,1260000,0,-30</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename relativeToVRT="1">tile.tif'
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    for seed, count in ((3, 2), (3, 2), (4, 4)):
        raster(tile, hills(seed=seed))
        cover_network(table(near(2)), Rasters(dem), tmp_path / "out", Reception(1_000.0))
        assert len(swept) == count
    assert {Path(name).name for name in Rasters(dem).fingerprint()} == {"dem.vrt", "tile.tif"}


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def _foreign(path):
    raster(path, hills(20, 20))


def _swapped(path):
    other = next(each for each in path.parent.glob("*.tif") if each.name not in (path.name, "ground.tif"))
    path.write_bytes(other.read_bytes())


def _rotten(path):
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "spoil", [_cut, _foreign, _swapped, _rotten, lambda path: path.write_bytes(b""), lambda path: path.write_text("x")]
)
def test_what_is_kept_is_not_trusted_when_it_is_not_whole_or_not_ours(go, tmp_path, swept, spoil):
    go(near(2))
    found = digests(tmp_path / "out")
    kept = sorted(path for path in (tmp_path / "out" / "work").glob("*.tif") if path.name != "ground.tif")
    spoil(kept[0])
    again = go(near(2))
    assert (len(swept), again.computed, again.kept) == (3, 1, 1)
    assert digests(tmp_path / "out") == found


def test_files_of_the_person_in_the_folder_of_work_stay(go, tmp_path):
    mine = tmp_path / "out" / "work" / "dem.tif"
    mine.parent.mkdir(parents=True)
    raster(mine, hills())
    go(near(2))
    go(near(1))
    assert mine.exists()


def test_a_raster_of_all_operators_goes_with_the_second_operator(go, tmp_path):
    rows = near(2)
    rows[1] = (*rows[1][:3], "vinaphone", *rows[1][4:])
    assert "best_level_dbm.tif" in {path.name for path in go(rows).files}
    alone = go(near(2))
    assert "best_level_dbm.tif" not in {path.name for path in alone.files}
    assert not (tmp_path / "out" / "rasters" / "best_level_dbm.tif").exists()


def test_antennas_that_cannot_be_computed_are_left_out_with_their_reason(land, tmp_path):
    rows = [
        *near(1),
        (400, 50, "outside", "viettel", 1800.0, 30.0, 30.0),
        (67, 106, "void", "viettel", 1800.0, 30.0, 30.0),
        (70, 70, "mmwave", "vinaphone", 28_000.0, 30.0, 30.0),
    ]
    sites = table(rows)
    for language, words in (("en", ["metres.tif", "void", "28"]), ("vi", ["metres.tif", "void", "28"])):
        out = cover_network(
            sites, Rasters(land / "metres.tif"), tmp_path / language, Reception(1_000.0), language=language
        )
        assert [row for row, _ in out.left_out] == [1, 2, 3]
        assert list(out.levels) == ["viettel"]
        for (_, reason), word in zip(out.left_out, words, strict=True):
            assert word in reason, reason
            assert "\n" not in reason
    assert "ngoài" in out.left_out[0][1]
    with rasterio.open(out.levels["viettel"]) as source:
        assert np.isfinite(source.read(1)).sum() == pytest.approx(np.pi * 1_000**2 / STEP**2, rel=0.02)


@pytest.mark.parametrize(
    "place", [(0.0, 0.0), (-75.0, 11.39), (16.8, 11.39), (-73.2, -11.4), (106.85, -40.0)]
)  # zeros, the other side of the Earth, off the projection
def test_a_site_far_away_is_left_out_like_any_other(land, tmp_path, place):
    sites = table(near(2)).to_crs(DEGREES)
    sites.geometry = gpd.points_from_xy([sites.geometry.x[0], place[0]], [sites.geometry.y[0], place[1]], crs=DEGREES)
    out = cover_network(sites, Rasters(land / "metres.tif"), tmp_path, Reception(1_000.0))
    assert [row for row, _ in out.left_out] == [1]
    with rasterio.open(out.levels["viettel"]) as source:
        assert np.isfinite(source.read(1)).sum() > 3_000


@pytest.mark.parametrize("columns", [(67,), (400,), (67, 400)])
def test_when_all_are_left_out_the_first_reason_is_told_and_nothing_is_left(land, tmp_path, columns):
    sites = table([(column, 106, f"S{column}", "viettel", 1800.0, 30.0, 30.0) for column in columns])
    with pytest.raises(DataError) as caught:
        cover_network(sites, Rasters(land / "metres.tif"), tmp_path / "out", Reception(200.0))
    assert "metres.tif" in str(caught.value) or "void" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert told(caught.value, "vi") != told(caught.value, "en")
    assert not (tmp_path / "out").exists()


def _shifted(folder):
    raster(folder / "a.tif", hills()[:, :75])
    raster(folder / "b.tif", hills()[:, 75:], METRES @ Affine.translation(75.4, 0))


def _bare(folder):
    raster(folder / "bare.tif", hills(), crs=None)


def _elsewhere(folder):
    raster(folder / "far.tif", hills(), METRES @ Affine.translation(5_000, 0))


def _cubits(folder):
    raster(folder / "cubits.tif", hills(), unit="cubit")


def _text(folder):
    (folder / "note.tif").write_text("no raster")


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (_shifted, DataError, ["a.tif", "b.tif"]),
        (_bare, CrsError, ["bare.tif"]),
        (_elsewhere, DataError, ["far.tif", "106.8"]),
        (_cubits, DataError, ["cubits.tif", "cubit"]),
        (_text, FormatError, ["note.tif"]),
        (lambda folder: None, LomsongError, []),
    ],
)
def test_a_dem_that_cannot_be_used_is_one_clear_line(tmp_path, make, kind, words):
    folder = tmp_path / "dem"
    folder.mkdir()
    make(folder)
    with pytest.raises(kind) as caught:
        cover_network(table(near()[2:]), Rasters(folder), tmp_path / "out", Reception(1_000.0))
    said = str(caught.value)
    assert all(word in said for word in words), said
    assert "\n" not in said
    assert not (tmp_path / "out").exists()


def test_a_dem_across_the_date_line_is_one_dem(tmp_path):
    """On a plain a mast reaches as far east as west of the line, and what lies beyond is part of the raster."""
    transform = Affine(0.001, 0, 179.95, 0, -0.001, -16.95)
    dem = raster(tmp_path / "dem.tif", np.full((100, 100), 20.0, "f4"), transform, DEGREES)
    sites = table([(50, 50, "A", "viettel", 900.0, 30.0, 30.0), (60, 50, "B", "viettel", 900.0, 30.0, 30.0)])
    sites = sites.set_geometry(gpd.points_from_xy([180.0, -179.99], [-17.0, -17.0], crs=DEGREES))
    made = cover_network(sites, Rasters(dem), tmp_path / "out", Reception(radius_m=2_000.0), workers=1)
    with rasterio.open(made.levels["viettel"]) as source:
        known, west = np.isfinite(source.read(1)), source.bounds.left
    assert known.any(axis=0).sum() == pytest.approx((4_000 + 1_064) / 106.4, abs=2)
    assert west == pytest.approx(180 - 2_000 / 106_400, abs=0.003)


def test_no_dem_and_no_sites(tmp_path, land):
    with pytest.raises(MissingFileError, match=r"none\.tif"):
        cover_network(table(near(1)), Rasters(tmp_path / "none.tif"), tmp_path / "out")
    with pytest.raises(DataError):
        cover_network(table(near(1)).iloc[:0], Rasters(land / "metres.tif"), tmp_path / "out")


def test_what_a_person_asked_for_and_cannot_be_is_told_before_anything_is_computed(go, swept, tmp_path):
    with pytest.raises(UsageError, match="cellar"):
        go(near(), reception=Reception(1_000.0, where="cellar"))
    rows = [(*near(1)[0], None, None, "K742")]
    with pytest.raises(UsageError, match="K742"):
        go(rows)
    assert swept == []
    assert not (tmp_path / "out").exists()


def test_a_dem_in_feet_is_the_same_ground(land, tmp_path):
    feet = raster(tmp_path / "feet.tif", (hills() / 0.3048).astype("f8"), unit="ft")
    metres = raster(tmp_path / "metres.tif", hills())
    levels, grounds = [], []
    for dem in (feet, metres):
        out = cover_network(table(near()), Rasters(dem), tmp_path / dem.stem, Reception(1_000.0))
        levels.append(placed(out.levels["viettel"], dem))
        grounds.append(placed(out.ground, dem))
    np.testing.assert_allclose(*grounds, atol=1e-3)
    np.testing.assert_allclose(*levels, atol=0.05)


def test_ground_that_cannot_be_is_a_void_in_the_ground_too(tmp_path):
    ground = hills()
    ground[40:60, 40:60] = -32768
    dem = raster(tmp_path / "dem.tif", ground, nodata=None)
    out = cover_network(table([(75, 75, "S", "viettel", 1800.0, 30.0, 30.0)]), Rasters(dem), tmp_path, Reception(1_500))
    with rasterio.open(out.ground) as source:
        found = source.read(1)
        assert np.isnan(found).sum() > 100
        assert np.nanmin(found) > 0


def test_the_link_drawn_is_that_of_the_best_sector(land):
    rows = [(70, 60, "A", "viettel", 1800.0, 35.0, 30.0, azimuth, 4.0) for azimuth in (10.0, 130.0, 250.0)]
    sectors = sites_of(table(rows))
    to = Transformer.from_crs(UTM, DEGREES, always_xy=True)
    rasters = Rasters(land / "metres.tif", land / "cover.tif", land / "canopy.tif")
    for bearing, best in ((10, 0), (130, 1), (250, 2)):
        along = 20 * np.sin(np.radians(bearing)), -20 * np.cos(np.radians(bearing))
        place = to.transform(*(METRES @ (70 + along[0], 60 + along[1])))
        link = path_over(rasters, sectors, place, Reception())
        paid = link.antenna_db + link.loss.lb_db + link.vegetation_db + 3.0  # the phone's offset, as on a map
        assert link.level_dbm == pytest.approx(link.eirp_dbm - paid)
        each = [path_over(rasters, [sector], place, Reception()).level_dbm for sector in sectors]
        assert int(np.argmax(each)) == best
        assert link.level_dbm == max(each)
        assert link.d_km[-1] == pytest.approx(20 * STEP / 1_000, rel=2e-3)
    for place in ((108.0, 11.0), (sectors[0].longitude, sectors[0].latitude)):
        with pytest.raises(LomsongError) as caught:
            path_over(rasters, sectors, place, Reception())
        assert "\n" not in str(caught.value)


CHILD = """
import json, resource, sys
import geopandas as gpd
from lomsong.network import Rasters, Reception, cover_network
dem, sites, out = sys.argv[1:]
table = gpd.read_file(sites)
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
made = cover_network(table, Rasters(dem), __import__("pathlib").Path(out), Reception(4_000.0), workers=1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"computed": made.computed, "left": len(made.left_out), "mib": peak}))
"""


def test_memory_and_open_files_do_not_grow_with_the_number_of_sites(tmp_path):
    dem = raster(tmp_path / "dem.tif", hills(400, 400))
    found = []
    for count in (4, 60):
        rows = [(120 + 160 * (k % 8) / 8, 120 + 160 * (k // 8) / 8, f"S{k}", "viettel", 1800.0, 30.0, 30.0)
                for k in range(count)]  # fmt: skip
        sites = tmp_path / f"{count}.gpkg"
        table(rows).drop(columns=["azimuth_deg", "downtilt_deg"]).to_file(sites)
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(dem), str(sites), str(tmp_path / str(count))],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert [(each["computed"], each["left"]) for each in found] == [(4, 0), (60, 0)]
    assert found[1]["mib"] - found[0]["mib"] < 100
