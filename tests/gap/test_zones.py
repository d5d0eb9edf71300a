"""Gap zones of hamlets laid out by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import LineString, box

from lomsong.errors import DataError, UsageError
from lomsong.gap.learners import UnconnectedDraws
from lomsong.gap.obstacles import Surroundings
from lomsong.gap.zones import Clustering, gap_zones, homes_in_zones, zone_ids, zone_of_households

METRIC = CRS.from_epsg(3405)
EAST, NORTH = 700_000.0, 1_230_000.0
HAMLETS = {"A1": ("Ấp 1", 0, 0, "no"), "A2": ("Ấp 2", 5_000, 0, "yes"), "A10": ("Ấp 10", 10_000, 0, "unknown")}


def province(p=(0.05, 0.1, 0.95), homes=40, seed=1):
    """Three hamlets 5 km apart with ``homes`` homes each, p_usable by hamlet; the last lies in another commune."""
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame(
            {"hamlet_id": code, "e": e + rng.normal(0, 150, homes), "n": n + rng.normal(0, 150, homes), "p": q}
        )
        for (code, (_, e, n, _)), q in zip(HAMLETS.items(), p, strict=True)
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["learners"] = rng.integers(1, 4, len(frame))
    frame["household_id"] = [f"H{i:04d}" for i in range(len(frame))]
    frame["commune_code"] = np.where(frame["hamlet_id"] == "A10", "26173", "26200")
    households = gpd.GeoDataFrame(
        frame[["household_id", "learners", "hamlet_id", "commune_code"]],
        geometry=gpd.points_from_xy(frame["e"] + EAST, frame["n"] + NORTH),
        crs=METRIC,
    )
    at_home = pd.DataFrame({"p_usable": frame["p"], "state": np.where(frame["p"] < 0.5, "none", "usable")})
    return households, at_home


def service(households, at_home, schools=()):
    rows = [
        pd.DataFrame(
            {"demand_id": ids, "operator": operator, "level_dbm": -110.0, "level_sd_db": 5.0, "p_usable": p,
             "state": state, "kind": "measured", "nearest_sample_m": 10.0}
        )
        for operator in ("mobifone", "viettel")
        for ids, p, state in (
            (households["household_id"], at_home["p_usable"] / 2, at_home["state"]),
            ([row[0] for row in schools], 0.5, [row[1] for row in schools]),
        )
        if len(ids)
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def communes():
    shapes = [
        box(EAST - 9e3, NORTH - 9e3, EAST + 7.5e3, NORTH + 9e3),
        box(EAST + 7.5e3, NORTH - 9e3, EAST + 2e4, NORTH),
    ]
    table = {"commune_code": ["26200", "26173"], "name": ["Mã Đà", "Phú Lý"]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=METRIC)


def hamlets():
    rows = pd.DataFrame([(code, *row) for code, row in HAMLETS.items()], columns=["id", "name", "e", "n", "power"])
    return gpd.GeoDataFrame(
        {"hamlet_id": rows["id"], "name": rows["name"], "grid_power": rows["power"]},
        geometry=gpd.points_from_xy(rows["e"] + EAST, rows["n"] + NORTH),
        crs=METRIC,
    )


def zones_of(households, at_home, table=None, around=None, **more):
    table = service(households, at_home) if table is None else table
    return gap_zones(
        households, at_home, table, communes(), around or Surroundings(), METRIC, hamlets=hamlets(), **more
    )


def test_two_zones_by_hand():
    households, at_home = province()
    zones = zones_of(households, at_home)
    learners = households.groupby("hamlet_id")["learners"].sum()
    assert zones["zone_id"].tolist() == ["Z0001", "Z0002"]
    by_name = zones.set_index("name")
    assert set(by_name.index) == {"Ấp 1 – Mã Đà", "Ấp 2 – Mã Đà"}
    first = by_name.loc["Ấp 1 – Mã Đà"]
    assert first["learners"] <= learners["A1"]
    assert first["unconnected"] == pytest.approx(0.95 * first["learners"])
    assert first["unconnected_viettel"] == pytest.approx(0.975 * first["learners"])
    assert first["grid_power"] == "no"
    assert first["learners_grid_no"] == first["learners"]
    assert first["obstacles"] == ("no_grid",)
    assert first["not_checked"] == ("reserve", "no_road", "terrain", "far_from_site")
    assert by_name.loc["Ấp 2 – Mã Đà", "obstacles"] == ()
    expected = households["learners"] @ (1 - at_home["p_usable"])
    assert zones.attrs["in_zones"] + zones.attrs["outside_zones"] == pytest.approx(expected)
    assert zones.attrs["in_zones"] == pytest.approx(zones["unconnected"].sum())


def test_surroundings_and_schools_of_a_zone():
    households, at_home = province()
    table = service(households, at_home, [("S1", "none"), ("S2", "usable"), ("S3", "weak")])
    schools = gpd.GeoDataFrame(
        {"school_id": ["S1", "S2", "S3"], "name": "Trường", "pupils": 100},
        geometry=gpd.points_from_xy([EAST, EAST + 50, EAST + 10_000], [NORTH] * 3),
        crs=METRIC,
    )
    road = LineString([(EAST - 9e3, NORTH + 3e3), (EAST + 9e3, NORTH + 3e3)])
    reserve = box(EAST - 2e3, NORTH - 2e3, EAST + 2e3, NORTH + 2e3)
    around = Surroundings(
        roads=gpd.GeoDataFrame(geometry=[road], crs=METRIC),
        forest=gpd.GeoDataFrame({"forest_class": ["special_use"]}, geometry=[reserve], crs=METRIC),
    )
    zones = zones_of(households, at_home, table, around, schools=schools).set_index("name")
    first = zones.loc["Ấp 1 – Mã Đà"]
    assert (first["schools"], first["schools_without_signal"]) == (2, 1)
    assert first["road_km"] == pytest.approx(3.0, abs=0.1)
    assert first["special_use_share"] == pytest.approx(1.0)
    assert first["obstacles"] == ("no_grid", "reserve", "no_road")
    assert zones.loc["Ấp 2 – Mã Đà", "forest_class"] == "none"
    assert zones.loc["Ấp 2 – Mã Đà", "schools"] == 0


def test_neither_the_order_of_rows_nor_what_lies_elsewhere_matters():
    households, at_home = province()
    base = zones_of(households, at_home)
    turn = np.random.default_rng(0).permutation(len(households))
    turned = zones_of(households.iloc[turn], at_home.iloc[turn], service(households, at_home).iloc[::-1])
    pd.testing.assert_frame_equal(turned.drop(columns="geometry"), base.drop(columns="geometry"), check_exact=True)
    assert (turned.geometry.to_wkb() == base.geometry.to_wkb()).all()
    bad_elsewhere = at_home.assign(p_usable=at_home["p_usable"].where(households["hamlet_id"] != "A10", 0.2))
    more = zones_of(households, bad_elsewhere)
    kept = more[~more["name"].str.contains("Ấp 10")].reset_index(drop=True)
    assert len(more) == 3
    assert kept["unconnected"].tolist() == base["unconnected"].tolist()
    assert (kept.geometry.to_wkb() == base.geometry.to_wkb()).all()


def test_all_points_moved_move_the_zones():
    households, at_home = province()
    moved = households.set_geometry(households.translate(2_000, -4_000))
    a, b = (zone_of_households(frame, at_home, METRIC) for frame in (households, moved))
    pd.testing.assert_series_equal(a, b)


@pytest.mark.parametrize(("side_m", "homes", "least"), [(9_000, 600, 5), (1_200, 300, 1)])
def test_zones_are_the_linked_components_of_dense_squares(side_m, homes, least):
    """An independent graph of the squares: dense ones, linked within 500 m, with those that they bind."""
    rng = np.random.default_rng(8)
    n = homes
    households, _ = province(homes=n // 3, seed=5)
    households = households.set_geometry(
        gpd.points_from_xy(EAST + rng.uniform(0, side_m, n), NORTH + rng.uniform(0, side_m, n)), crs=METRIC
    )
    at_home = pd.DataFrame({"p_usable": rng.uniform(0, 1, n).round(3)})
    at_home["state"] = np.where(rng.random(n) < 0.1, "unsurveyed", "weak")
    found = zone_of_households(households, at_home, METRIC).to_numpy()
    xy = np.floor(np.column_stack([households.geometry.x, households.geometry.y]) / 100)
    squares = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "zone": found})
    surveyed = (at_home["state"] != "unsurveyed").to_numpy()
    squares["known"] = households["learners"].to_numpy() * surveyed
    squares["lost"] = squares["known"] * (1 - at_home["p_usable"])
    cells = squares.groupby(["x", "y"]).agg({"known": "sum", "lost": "sum", "zone": "first"}).reset_index()
    zone_of = squares.groupby(["x", "y"])["zone"]
    assert (zone_of.min() == zone_of.max()).all()
    gap = cells[(cells["lost"] > 0) & (cells["lost"] >= 0.4 * cells["known"])]
    tree = cKDTree(gap[["x", "y"]] * 100)
    near = tree.sparse_distance_matrix(tree, 500, output_type="coo_matrix")
    near = (near.tocsr() > 0).toarray() | np.eye(len(gap), dtype=bool)
    dense = near @ gap["lost"].to_numpy() >= 5
    count, part = connected_components(near[np.ix_(dense, dense)])
    assert count >= least
    zone, lost = gap["zone"].to_numpy(), gap["lost"].to_numpy()
    owner = np.full(len(gap), -1)
    owner[dense] = part
    bound = near[:, dense].any(axis=1)
    assert (zone[~bound] == -1).all()
    assert set(cells["zone"][~cells.index.isin(gap.index)]) == {-1}
    for number in range(count):
        assert len(set(zone[owner == number])) == 1
    zone_of_part = np.array([zone[owner == number][0] for number in range(count)])
    assert len(set(zone_of_part[zone_of_part >= 0])) == (zone_of_part >= 0).sum()
    for row in np.flatnonzero(bound & ~dense):
        assert zone[row] in zone_of_part[owner[near[row] & dense]]
    totals = np.bincount(zone[zone >= 0], lost[zone >= 0])
    assert (np.diff(totals) <= 1e-9).all()
    assert totals.min() >= 5


def test_an_unsurveyed_home_makes_no_zone():
    households, at_home = province()
    unknown = at_home.assign(state="unsurveyed")
    assert (zone_of_households(households, unknown, METRIC) == -1).all()
    zones = zones_of(households, unknown)
    assert len(zones) == 0
    assert zones.attrs["outside_zones"] == pytest.approx(households["learners"] @ (1 - at_home["p_usable"]))
    one = at_home.assign(state=at_home["state"].where(at_home.index != 0, "unsurveyed"))
    assert zones_of(households, one)["unsurveyed"].sum() in (0, households["learners"].iloc[0])


def test_intervals_come_from_draws_over_the_zones():
    households, at_home = province()
    worlds = np.tile(np.array([[60.0], [50.0]], np.float32), 100) + np.arange(100, dtype=np.float32)
    zones = zones_of(households, at_home, draws=UnconnectedDraws(zone_ids(2), worlds))
    np.testing.assert_allclose(zones["unconnected_low"], np.minimum([64.95, 54.95], zones["unconnected"]), rtol=1e-6)
    assert (zones["unconnected_high"] >= zones["unconnected"]).all()
    with pytest.raises(DataError, match="3 areas"):
        zones_of(households, at_home, draws=UnconnectedDraws(zone_ids(3), np.zeros((3, 9), np.float32)))


def test_names_count_hamlets_in_their_order_and_tell_zones_apart():
    households, at_home = province(p=(0.05, 0.9, 0.05))
    moved = households.copy()
    shift = np.where(moved["hamlet_id"] == "A10", -9_600.0, 0.0)
    moved = moved.set_geometry(gpd.points_from_xy(moved.geometry.x + shift, moved.geometry.y), crs=METRIC)
    assert zones_of(moved, at_home)["name"].tolist()[0] in (
        "Ấp 1 – Mã Đà; Ấp 10 – Phú Lý", "Ấp 10 – Phú Lý; Ấp 1 – Mã Đà",
    )  # fmt: skip
    half = moved.assign(hamlet_id=np.where(moved["hamlet_id"] == "A10", "A2", "A1"), commune_code="26200")
    assert zones_of(half, at_home)["name"].tolist()[0] == "Ấp 1, Ấp 2 – Mã Đà"
    nameless = households.assign(hamlet_id=None, commune_code="26200")
    assert zones_of(nameless, at_home)["name"].tolist() == ["Mã Đà", "Mã Đà (2)"]


def test_homes_in_zones_sum_to_the_zones():
    households, at_home = province()
    members = zone_of_households(households, at_home, METRIC)
    sums = homes_in_zones(households, at_home, members).groupby("zone")[["learners", "unconnected"]].sum()
    zones = zones_of(households, at_home, members=members)
    np.testing.assert_allclose(sums, zones[["learners", "unconnected"]])
    home = shapely.covers(zones.to_crs(METRIC).geometry.to_numpy()[members[members >= 0]],
                          households.geometry.to_numpy()[members >= 0])  # fmt: skip
    assert home.all()


def test_what_cannot_be_is_refused():
    households, at_home = province()
    with pytest.raises(UsageError, match="below 5"):
        Clustering(least_learners=4)
    with pytest.raises(UsageError, match="square_m"):
        Clustering(link_m=50)
    with pytest.raises(DataError, match="120 households"):
        zone_of_households(households, at_home.iloc[:5], METRIC)
