"""Points reached, not reached and to be measured, in a province of two communes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from shapely import LineString, box

from lomsong.errors import CrsError, DataError
from lomsong.gap.obstacles import Surroundings
from lomsong.gap.unreached import by_body, reach_counts, reach_of_points, unreached_points
from lomsong.texts import TEXTS

METRIC = CRS.from_epsg(3405)
EAST, NORTH = 700_000.0, 1_230_000.0
STATES = {
    "A1": ("none", "weak"), "A2": ("usable", "none"), "A3": ("unsurveyed", "weak"), "A4": ("usable", "usable"),
    "S1": ("weak", "weak"), "S2": ("usable", "unsurveyed"),
}  # fmt: skip
P = {"none": 0.02, "weak": 0.2, "unsurveyed": 0.5, "usable": 0.9}


def placed(frame, easting, northing=0.0):
    geometry = gpd.points_from_xy(EAST + np.asarray(easting, float), NORTH + np.zeros(len(easting)) + northing)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=METRIC)


def hamlets():
    table = {"hamlet_id": ["A1", "A2", "A3", "A4"], "name": ["Ấp 1", "Ấp 2", "Ấp 3", "Ấp 4"]}
    table["grid_power"] = ["no", "yes", "yes", "yes"]
    return placed(table, [0, 2_000, 12_000, 14_000])


def schools():
    return placed({"school_id": ["S1", "S2"], "name": ["THCS Ấp 1", "THCS Ấp 4"], "pupils": [100, 50]}, [100, 14_000])


def communes():
    shapes = [box(EAST + low, NORTH - 5e3, EAST + low + 1e4, NORTH + 5e3) for low in (-5e3, 5e3, 3e4)]
    table = {"commune_code": ["26200", "26173", "26100"], "name": ["Mã Đà", "Phú Lý", "Hiếu Liêm"]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=METRIC)


def service(states=None):
    rows = [
        [point, operator, -100.0, 5.0, P[state], state, "measured", 40.0 + number]
        for point, each in (states or STATES).items()
        for number, (operator, state) in enumerate(zip(("mobifone", "viettel"), each, strict=True))
    ]
    names = ["demand_id", "operator", "level_dbm", "level_sd_db", "p_usable", "state", "kind", "nearest_sample_m"]
    return pd.DataFrame(rows, columns=names)


def homes(p=(0.0, 0.9, 0.5, 0.2)):
    """Ten homes of two learners in each hamlet."""
    households = pd.DataFrame({"hamlet_id": np.repeat(["A1", "A2", "A3", "A4"], 10), "learners": 2})
    at_home = pd.DataFrame({"p_usable": np.repeat(p, 10), "state": "weak"})
    at_home.loc[20:29, "state"] = "unsurveyed"
    return households, at_home


def around():
    forest = gpd.GeoDataFrame(
        {"forest_class": ["special_use"]}, geometry=[box(EAST - 500, NORTH - 500, EAST + 500, NORTH + 500)], crs=METRIC
    )
    road = LineString([(EAST - 9e3, NORTH), (EAST + 2e4, NORTH)])
    return Surroundings(forest=forest, roads=gpd.GeoDataFrame(geometry=[road], crs=METRIC))


def points(**more):
    households, at_home = homes()
    given = {"households": households, "at_home": at_home} | more
    return reach_of_points(hamlets(), schools(), service(), communes(), around(), METRIC, **given)


def test_reach_by_hand():
    found = points().set_index("point_id")
    assert found["reach"].to_dict() == {
        "A1": "unreached", "A2": "reached", "A3": "unknown", "A4": "unreached", "S1": "unreached", "S2": "reached",
    }  # fmt: skip
    assert found["basis"].to_dict()["A4"] == "homes"
    assert found.loc["A1", "basis"] == "middle"
    assert found["unconnected"].loc[["A1", "A2", "A4"]].tolist() == pytest.approx([20, 2, 16])
    assert found.loc["S1", ["learners", "unconnected"]].tolist() == pytest.approx([100, 100 * 0.8 * 0.8])
    assert found.loc["A1", "p_usable"] == pytest.approx(1 - 0.98 * 0.8)
    assert found.loc["A1", ["state_mobifone", "state_viettel"]].tolist() == ["none", "weak"]
    assert found.loc["A1", "nearest_sample_m"] == 40
    assert found.loc["A1", "obstacles"] == ("no_grid", "reserve")
    assert found.loc["A1", "bodies"] == ("power_company", "forest_protection")
    assert found.loc["S1", "obstacles"] == ("no_grid", "reserve")
    assert found.loc["A4", ["obstacles", "bodies"]].tolist() == [(), ("operators",)]
    assert found.loc[["A2", "A3"], "bodies"].tolist() == [(), ()]


def test_the_list_leaves_out_what_is_reached_and_is_ordered():
    listed = unreached_points(points())
    assert listed["point_id"].tolist() == ["A4", "A3", "S1", "A1"]
    assert listed["commune"].tolist() == ["Phú Lý", "Phú Lý", "Mã Đà", "Mã Đà"]


@pytest.mark.parametrize("with_zones", [False, True])
def test_index_geometry_name_and_kind_of_text_change_nothing(with_zones):
    """Rows of one label, as of frames put together, would each have been listed as often as there are of them."""
    given, more = points(), (zones(), in_zones(12)) if with_zones else ()
    plain = unreached_points(given, *more)
    for other in (
        given.set_index(pd.Index([7] * len(given))),
        given.set_index("point_id", drop=False),
        given.astype(dict.fromkeys(("reach", "kind"), "category")),
    ):
        pd.testing.assert_frame_equal(unreached_points(other, *more), plain, check_dtype=False, check_categorical=False)
    renamed = unreached_points(given.rename_geometry("pt"), *more)
    assert renamed.geometry.name == "pt"
    pd.testing.assert_frame_equal(renamed.rename_geometry("geometry"), plain)
    told = service().set_index("demand_id", drop=False)
    found = reach_of_points(hamlets(), schools(), told, communes(), around(), METRIC)
    pd.testing.assert_frame_equal(found, points(households=None, at_home=None))


def test_every_point_is_counted_once():
    counts = reach_counts(points())
    assert (counts["points"] == counts[["reached", "unreached", "unknown"]].sum(axis=1)).all()
    assert counts["points"].sum() == len(hamlets()) + len(schools())
    first = counts.set_index("commune_code").loc["26200"]
    assert first[["points", "reached", "unreached", "unknown"]].tolist() == [3, 1, 2, 0]
    assert first[["hamlets_unreached", "schools_unreached"]].tolist() == [1, 1]


def test_a_point_outside_every_commune_is_told_not_dropped():
    away = hamlets().set_geometry(gpd.points_from_xy(hamlets().geometry.x, hamlets().geometry.y + 9e4), crs=METRIC)
    found = reach_of_points(away, schools(), service(), communes(), around(), METRIC)
    counts = reach_counts(found)
    assert counts["points"].sum() == 6
    assert counts.loc[counts["commune_code"].isna(), "points"].tolist() == [4]


def test_a_point_that_nobody_estimated_is_to_be_measured():
    some = service({name: states for name, states in STATES.items() if name != "A1"})
    found = reach_of_points(hamlets(), None, some, communes(), around(), METRIC).set_index("point_id")
    assert found.loc["A1", ["reach", "state", "state_viettel"]].tolist() == ["unknown", "unsurveyed", "unsurveyed"]
    assert np.isnan(found.loc["A1", "learners"])


def test_unsurveyed_homes_speak_for_nothing():
    households, at_home = homes(p=(0.0, 0.0, 0.0, 0.0))
    unknown = at_home.assign(state="unsurveyed")
    found = points(households=households, at_home=unknown).set_index("point_id")
    assert found.loc["A2", "reach"] == "reached"
    assert found.loc["A2", "unconnected"] == 20


def test_better_signal_never_makes_a_point_unreached():
    better = {name: ("usable", states[1]) for name, states in STATES.items()}
    found = reach_of_points(hamlets(), schools(), service(better), communes(), around(), METRIC)
    assert (found["reach"] == "reached").all()
    assert len(unreached_points(found)) == 0
    assert len(by_body(unreached_points(found))) == 0


def test_bodies_are_counted_by_point_and_alone():
    table = by_body(unreached_points(points())).set_index("body")
    assert table["points"].to_dict() == {"forest_protection": 2, "power_company": 2, "operators": 1, "survey": 1}
    assert table["alone"].to_dict() == {"forest_protection": 0, "power_company": 0, "operators": 1, "survey": 1}
    assert table.loc["power_company", "unconnected"] == pytest.approx(20)
    assert all(f"body.{body}" in TEXTS for body in table.index)


def zones():
    frame = pd.DataFrame({"zone_id": ["Z0001", "Z0002"], "name": ["Ấp 1 – Mã Đà", "Ấp 2 – Mã Đà"]})
    frame["commune_code"], frame["commune"], frame["hamlets"] = "26200", "Mã Đà", [("A1",), ("A2",)]
    frame["learners"], frame["unconnected"], frame["grid_power"] = [30, 20], [25.0, 15.0], "no"
    frame["obstacles"], frame["not_checked"] = [("no_grid",), ("no_road",)], [(), ()]
    shapes = [box(EAST - 400, NORTH - 400, EAST + 400, NORTH + 400), box(EAST + 2e3, NORTH, EAST + 3e3, NORTH + 1e3)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=METRIC).to_crs(4326)


def in_zones(outside):
    rows = [(0, "A1", 20, 18.0), (0, None, 10, 7.0), (1, "A1", 20 - outside, 15.0 - outside * 0.75)]
    rows.append((1, "A2", outside, outside * 0.75))
    return pd.DataFrame(rows, columns=["zone", "hamlet_id", "learners", "unconnected"])


def test_zones_that_no_listed_hamlet_stands_for_are_listed_with_their_other_homes():
    listed = unreached_points(points(), zones(), in_zones(12))
    assert listed["kind"].value_counts().to_dict() == {"hamlet": 3, "school": 1, "zone": 1}
    zone = listed.set_index("point_id").loc["Z0002"]
    assert zone[["name", "reach", "basis", "learners", "unconnected"]].tolist() == [
        "Ấp 2 – Mã Đà", "unreached", "homes", 12, 9,
    ]  # fmt: skip
    assert zone["bodies"] == ("people_committee",)
    assert listed.crs == points().crs
    none = unreached_points(points(), zones(), in_zones(9))
    pd.testing.assert_frame_equal(none, unreached_points(points()))


def test_nothing_given_gives_an_empty_list():
    found = reach_of_points(None, None, service(), communes(), around(), METRIC)
    assert len(unreached_points(found)) == 0
    assert reach_counts(found)["points"].sum() == 0


def test_what_cannot_be_is_refused():
    households, at_home = homes()
    with pytest.raises(DataError, match="40 households"):
        points(households=households, at_home=at_home.iloc[:5])
    same = schools().assign(school_id="A1")
    with pytest.raises(DataError, match="point A1"):
        reach_of_points(hamlets(), same, service(), communes(), around(), METRIC)
    nowhere = schools().set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="schools: the layer does not say"):
        reach_of_points(hamlets(), nowhere, service(), communes(), around(), METRIC)
