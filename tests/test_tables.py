import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from lomsong.errors import ColumnError
from lomsong.tables import HOUSEHOLDS, SERVICE, TABLES, data_dictionary


def service():
    return pd.DataFrame(
        {
            "demand_id": ["a", "b"], "operator": "viettel", "level_dbm": [-100.0, -120.0], "level_sd_db": [5.0, 8.0],
            "p_usable": [0.9, 0.1], "state": ["usable", "weak"], "kind": "measured", "nearest_sample_m": [10.0, 50.0],
        }
    )  # fmt: skip


def test_a_good_table_passes_and_is_not_changed():
    frame = service()
    before = frame.copy()
    SERVICE.check(frame, "service")
    pd.testing.assert_frame_equal(frame, before)


def test_every_fault_is_told_at_once_with_row_value_and_limit():
    frame = service().drop(columns="level_sd_db").assign(p_usable=[0.5, 1.5], state=["usable", "good"])
    with pytest.raises(ColumnError) as caught:
        SERVICE.check(frame, "service.csv")
    message = str(caught.value)
    for word in ("service.csv", "level_sd_db missing", "0…1", "row 1", "1.5", "'good'", "unsurveyed"):
        assert word in message


def test_a_missing_value_of_a_nullable_column_hides_no_limit():
    frame = service().assign(p_usable=pd.array([None, 1.5], dtype="Float64"))
    with pytest.raises(ColumnError, match=r"1 rows have p_usable outside 0…1 \(first: row 1, 1.5\)"):
        SERVICE.check(frame, "service")


@pytest.mark.parametrize("learners", [1.5, float("inf")])
def test_a_count_is_a_whole_number(learners):
    frame = pd.DataFrame({"household_id": ["a", "b"], "learners": [2.0, learners], "geometry": None})
    with pytest.raises(
        ColumnError, match=rf"1 rows have a learners that is no whole number \(first: row 1, {learners}"
    ):
        HOUSEHOLDS.check(frame, "households")
    HOUSEHOLDS.check(frame.assign(learners=[2.0, 3.0]), "households")


def test_geometry_is_asked_for():
    with pytest.raises(ColumnError, match="no geometry"):
        HOUSEHOLDS.check(pd.DataFrame({"household_id": ["a"], "learners": [1]}), "households")


def test_the_column_of_the_geometry_may_have_any_name():
    frame = gpd.GeoDataFrame({"household_id": ["a"], "learners": [1]}, geometry=[Point(107, 11)], crs=4326)
    HOUSEHOLDS.check(frame.rename_geometry("geom"), "households")
    with pytest.raises(ColumnError, match="no geometry"):
        HOUSEHOLDS.check(gpd.GeoDataFrame(pd.DataFrame(frame.drop(columns="geometry"))), "households")


def test_text_where_numbers_belong():
    with pytest.raises(ColumnError, match="p_usable must be numbers"):
        SERVICE.check(service().assign(p_usable=["a", "b"]), "service")


def test_dictionary_names_every_column_of_every_table():
    text = data_dictionary()
    for spec in TABLES.values():
        assert f"## {spec.name}:" in text
        assert all(f"| `{column.name}` |" in text for column in spec.columns)
