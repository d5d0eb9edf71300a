from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from lomsong.errors import LomsongError
from lomsong.geo import WGS84, Grid, coordinates
from lomsong.ingest import read_households
from lomsong.ingest.maps.rasters import RasterReading
from lomsong.ingest.rosters.homes import count_learners
from lomsong.ingest.rosters.settlements import Settlements

METRIC = CRS.from_epsg(3405)
WEST, SOUTH = 700_000, 1_230_000


def spot(east_m, north_m):
    return shapely.Point(WEST + east_m, SOUTH + north_m)


@pytest.fixture(scope="module")
def communes():
    """Two communes of 10 km by 10 km, side by side."""
    frame = {"commune_code": ["26200", "26203"], "name": ["Mã Đà", "Hiếu Liêm"]}
    shapes = [shapely.box(*(WEST + e, SOUTH, WEST + e + 10_000, SOUTH + 10_000)) for e in (0, 10_000)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=METRIC).to_crs(WGS84)


@pytest.fixture(scope="module")
def hamlets():
    """Two in the first commune, one in the second; 1.5 km apart across the border."""
    frame = {
        "hamlet_id": ["A1", "A2", "B1"],
        "name": ["Ấp 1", "Ấp 2", "Ấp 1"],
        "commune_code": ["26200"] * 2 + ["26203"],
    }
    points = [spot(2_000, 5_000), spot(9_500, 5_000), spot(11_000, 5_000)]
    return gpd.GeoDataFrame(frame, geometry=points, crs=METRIC).to_crs(WGS84)


@pytest.fixture(scope="module")
def people():
    """People in four cells of 200 m: 30 and 10 near A1, 7 near A2, and 5 across the border, nearer to A2 than to B1."""
    values = np.zeros((50, 100), np.float32)
    grid = Grid(WEST, SOUTH + 10_000, 200.0, values.shape, METRIC)
    for east_m, north_m, count in ((1_500, 4_900, 30), (2_900, 5_100, 10), (9_100, 5_300, 7), (10_100, 5_100, 5)):
        values[int((10_000 - north_m) // 200), int(east_m // 200)] = count
    return RasterReading(values, grid)


@pytest.fixture(scope="module")
def settlements(communes, hamlets, people):
    return Settlements(communes, METRIC, hamlets, people)


def rows(hamlet, commune=None, count=1):
    return pd.DataFrame(
        {
            "household_id": [f"H{i:03d}" for i in range(count * len(hamlet))],
            "hamlet_id": np.repeat(np.array(hamlet, dtype=object), count),
            "commune_code": np.repeat(np.array(commune or [None] * len(hamlet), dtype=object), count),
        }
    )


def nowhere(table):
    return np.full((len(table), 2), np.nan)


def metres(placed):
    return coordinates(gpd.GeoSeries(gpd.points_from_xy(*placed.degrees.T), crs=WGS84), METRIC) - [WEST, SOUTH]


def test_homes_of_a_hamlet_stand_in_its_cells_as_its_people_do(settlements):
    table = rows(["A1"], count=40)
    placed = settlements.place(table, nowhere(table))
    assert (placed.by == "hamlet").all()
    cell = (metres(placed) // 200 * 200).astype(int)
    assert np.unique(cell, axis=0, return_counts=True)[1].tolist() == [30, 10]
    assert {tuple(one) for one in cell.tolist()} == {(1_400, 4_800), (2_800, 5_000)}
    inside = metres(placed) % 200
    assert inside.std(axis=0).min() > 40, "not all in the middle of their cell"


def test_a_cell_belongs_to_the_nearest_hamlet_of_its_own_commune(settlements):
    table = rows(["A2", "B1"])
    east = metres(settlements.place(table, nowhere(table)))[:, 0]
    assert 9_000 < east[0] < 9_200
    assert 10_000 < east[1] < 10_200, "A2 is nearer, and lies in another commune"


def test_without_a_hamlet_the_commune_tells_and_a_hamlet_elsewhere_is_not_believed(settlements):
    table = rows(["Z9", "B1"], ["26200", "26200"], count=47)
    placed = settlements.place(table, nowhere(table))
    assert (placed.by == "commune").all()
    east = metres(placed)[:, 0]
    counts = [((east > low) & (east < high)).sum() for low, high in ((1_400, 1_600), (2_800, 3_000), (9_000, 9_200))]
    assert counts == [60, 20, 14]


@settings(max_examples=20)
@given(st.permutations(range(12)), st.integers(0, 2**40))
def test_neither_order_nor_company_of_rows_that_have_a_position_matters(settlements, order, seed):
    table = rows(["A1", None, "B1"], [None, "26200", "26203"], count=4)
    at = nowhere(table)
    at[[1, 6]] = [107.0, 11.1]
    own = replace(settlements, seed=seed)
    placed = own.place(table, at)
    shuffled = own.place(table.iloc[order], at[order])
    assert placed.by[[1, 6]].tolist() == ["position"] * 2
    np.testing.assert_array_equal(placed.degrees[[1, 6]], at[[1, 6]])
    np.testing.assert_array_equal(shuffled.degrees, placed.degrees[order])
    assert np.isfinite(placed.degrees).all()


def test_without_a_population_known_homes_tell_and_else_the_hamlet(communes, hamlets):
    own = Settlements(communes, METRIC, hamlets)
    table = rows(["A1"], count=60)
    known = gpd.GeoSeries([spot(1_000, 1_000), spot(1_200, 1_000)], crs=METRIC).to_crs(WGS84)
    at = nowhere(table)
    at[:2] = np.column_stack([known.x, known.y])
    east = metres(own.place(table, at))[2:, 0].round()
    assert sorted(set(east)) == [1_000, 1_200]
    assert (east == 1_000).sum() == 29
    away = np.hypot(*(metres(own.place(table, nowhere(table))) - [2_000, 5_000]).T)
    assert np.median(away) == pytest.approx(500 * np.sqrt(2 * np.log(2)), rel=0.05), "half of a normal scatter"
    assert away.max() < 3_000


def test_scattered_homes_stay_in_their_commune(communes, hamlets):
    table = rows(["B1"], count=90)
    east = metres(Settlements(communes, METRIC, hamlets, reach_m=9_000).place(table, nowhere(table)))[:, 0]
    assert east.min() >= 10_000 - 1e-3


def test_homes_of_a_hamlet_whose_point_lies_elsewhere_do_not_all_stand_at_that_point(communes, hamlets):
    """A2 is written 8.5 km off, in the other commune, as its list is told; at the border homes are kept inside."""
    astray = hamlets.geometry.to_crs(METRIC)
    astray[1], astray[2] = spot(18_000, 5_000), spot(10_000, 5_000)
    table = rows(["A2", "B1"], count=90)
    placed = Settlements(communes, METRIC, hamlets.set_geometry(astray)).place(table, nowhere(table))
    east, north = metres(placed).T.reshape(2, 2, 90)
    assert (placed.by == "hamlet").all()
    assert set(placed.commune[:90]) == {"26200"}
    assert np.median(np.hypot(east[0] - 18_000, north[0] - 5_000)) == pytest.approx(589, rel=0.05)
    assert east[1].min() >= 10_000 - 1e-3
    assert len(np.unique(placed.degrees[90:], axis=0)) > 40, "none is put back to the point for being outside"


def test_a_list_without_coordinates_is_read(tmp_path, settlements):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Họ tên,Số người học,Tên ấp,Xã\nH1,Nguyễn A,2,ấp 1,Mã Đà\nH2,Trần B,1,Ấp 2,xã Mã Đà\n"
        "H3,Lê C,1,ẤP 1,Hiếu Liêm\nH4,X,3,Ấp 9,Mã Đà\nH5,Y,1,,\nH1,Z,1,Ấp 1,Mã Đà\n",
        encoding="utf-8",
    )
    reading = read_households(path, settlements=settlements)
    assert reading.table["household_id"].tolist() == ["H1", "H2", "H3", "H4"]
    assert reading.table["hamlet_id"].tolist()[:3] == ["A1", "A2", "B1"]
    assert reading.table["placed_by"].tolist() == ["hamlet"] * 3 + ["commune"]
    assert reading.table["placed_in"].tolist() == ["26200", "26200", "26203", "26200"]
    assert reading.rejects[["source_row", "check"]].to_numpy().tolist() == [[6, "place_unknown"], [7, "code_duplicate"]]
    assert reading.rows_read == 6
    told = reading.flags.set_index("check")["rows"]
    assert told["placed_in_hamlet"] == 3
    assert told["placed_in_commune"] == 1
    assert "Nguyễn" not in str(reading.table.to_numpy())


def test_a_code_of_another_list_does_not_hide_the_name(settlements):
    table = pd.DataFrame({"household_id": ["H1", "H2", "H3"], "hamlet_id": ["01", "A2", "09"], "commune_code": "26200"})
    named = settlements.named(table.assign(hamlet_name=["ấp 01", "Ấp 1", "Ấp 9"]))
    assert named["hamlet_id"].tolist() == ["A1", "A2", "09"]


def test_a_place_of_which_nothing_tells_where_people_live_is_named_with_what_is_missing(tmp_path, communes):
    path = tmp_path / "ho.csv"
    path.write_text("household_id,learners,commune_code,commune_name\nH1,2,26200,Mã Đà\nH2,1,,\n", encoding="utf-8")
    rejects = read_households(path, settlements=Settlements(communes, METRIC)).rejects
    assert rejects["value"].tolist() == ["26200 Mã Đà", ""]
    assert rejects["remedy"].str.contains("give inputs.hamlets or inputs.population").all()


def test_a_position_that_cannot_be_read_does_not_lose_the_household(tmp_path, settlements):
    path = tmp_path / "ho.csv"
    path.write_text(
        "household_id,learners,hamlet_id,lon,lat\nH1,2,A1,không rõ,\nH2,1,a 1,0,0\nH3,1,A1,106.85,11.15\n",
        encoding="utf-8",
    )
    reading = read_households(path, settlements=settlements)
    assert reading.table["placed_by"].tolist() == ["hamlet", "hamlet", "position"]
    assert reading.table["hamlet_id"].tolist() == ["A1"] * 3
    assert reading.table.geometry.x.iloc[2] == 106.85


@pytest.mark.parametrize(
    "written", ["household_id,learners\nH1,2\n", "household_id,learners,lon,lat\nH1,2,,\nH2,1,0,0\n"]
)
def test_a_list_of_households_alone_says_what_places_them(tmp_path, written):
    path = tmp_path / "ho.csv"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(
        LomsongError, match=r"ho.csv: no household has longitude and latitude.*run lomsong check on the"
    ):
        read_households(path)


def test_where_all_have_positions_nothing_is_added(tmp_path, settlements):
    path = tmp_path / "ho.csv"
    path.write_text("household_id,learners,lon,lat\nH1,2,106.85,11.15\n", encoding="utf-8")
    assert "placed_by" not in read_households(path, settlements=settlements).table


def test_learners_without_a_home_stand_each_for_oneself(settlements, hamlets):
    learners = pd.DataFrame(
        {
            "household_id": ["H1", "X", "X", None, None, None],
            "hamlet_id": ["A1", "A1", "A1", "A1", None, None],
            "commune_code": [None, None, None, None, "26203", None],
            "has_device": ["no", "no", "unknown", "yes", "no", "no"],
            "source_file": "lop1.xlsx", "source_row": range(2, 8),
        }
    )  # fmt: skip
    nobody = gpd.GeoDataFrame({"household_id": [], "learners": []}, geometry=[], crs=WGS84)
    home = gpd.GeoDataFrame(
        {"household_id": ["H1"], "learners": [4]}, geometry=[shapely.Point(106.85, 11.15)], crs=WGS84
    )
    found = count_learners(learners, home, hamlets, settlements=settlements)
    table = found.households
    assert table["learners"].tolist() == [1] * 4
    assert table["placed_by"].tolist() == ["position", "hamlet", "hamlet", "hamlet"]
    assert table["learners_source"].tolist() == ["listed", "hamlet", "hamlet", "hamlet"]
    assert table["learners_without_device"].fillna(-1).tolist() == [1, 1, -1, 0]
    assert table["household_id"].is_unique
    assert table["learners_verified"].sum() + found.unplaced == len(learners)
    assert (found.unplaced, found.unplaced_without_device) == (2, 2), "a household of the commune may claim them"
    assert table.crs == home.crs
    alone = count_learners(learners, nobody, hamlets, settlements=settlements)
    assert alone.households["placed_by"].tolist() == ["hamlet"] * 4 + ["commune"]
    assert (alone.unplaced, alone.unplaced_without_device) == (1, 1)


def test_a_hamlet_whose_list_tells_no_commune_code_is_not_the_one_of_all_rows_without(communes, hamlets):
    """Ấp 1 of Hiếu Liêm is listed by the name of its commune: a list of names must not take it for that of Mã Đà."""
    listed = hamlets.assign(commune_code=["26200", "26200", None], commune_name=[None, None, "Hiếu Liêm"])
    table = pd.DataFrame(
        {"household_id": ["H1", "H2", "H3"], "hamlet_name": ["Ấp 1"] * 3, "commune_name": ["Mã Đà", "Hiếu Liêm", None]}
    )
    named = Settlements(communes, METRIC, listed).named(table.assign(commune_code=None))
    assert named["hamlet_id"].fillna("").tolist() == ["A1", "B1", ""]
    alone = hamlets.assign(name=["Ấp 1", "Ấp 2", "Ấp 3"], commune_code=None)
    named = Settlements(communes, METRIC, alone).named(table.assign(commune_code=None, commune_name=None))
    assert (named["hamlet_id"] == "A1").all(), "where the list tells no commune of any, the name alone tells it"


def test_learners_find_the_hamlet_that_is_named_or_written_with_spaces(settlements, hamlets):
    """As households do: the lists of schools name hamlet and commune, the list of hamlets has codes."""
    learners = pd.DataFrame(
        {
            "household_id": None,
            "hamlet_id": [None, "a 1", None],
            "hamlet_name": ["Ấp 1", None, "ẤP 1"],
            "commune_code": None,
            "commune_name": ["Hiếu Liêm", None, "xã Mã Đà"],
            "has_device": "no", "source_file": "lop1.xlsx", "source_row": range(2, 5),
        }
    )  # fmt: skip
    nobody = gpd.GeoDataFrame({"household_id": [], "learners": []}, geometry=[], crs=WGS84)
    found = count_learners(learners, nobody, hamlets, settlements=settlements)
    assert found.households["hamlet_id"].tolist() == ["B1", "A1", "A1"]
    assert found.unplaced == 0
    claimed = gpd.GeoDataFrame(
        {"household_id": ["H1"], "learners": [5], "hamlet_id": ["A1"]},
        geometry=[shapely.Point(106.85, 11.15)],
        crs=WGS84,
    )
    found = count_learners(learners, claimed, hamlets, settlements=settlements)
    assert found.households["learners"].tolist() == [3, 1, 1, 1], "two of the five that are claimed are those of A1"
