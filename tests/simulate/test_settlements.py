import geopandas as gpd
import numpy as np

from lomsong.simulate import Recipe, simulate
from lomsong.simulate.settlements import _shares
from lomsong.tables import HAMLETS, HOUSEHOLDS, SCHOOLS


def test_shares_are_whole_and_complete():
    assert _shares(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]
    assert _shares(np.array([0.0, 3.0, 1.0]), 8).tolist() == [0, 6, 2]


def test_tables_follow_the_data_model(province):
    HAMLETS.check(province.hamlets, "hamlets")
    SCHOOLS.check(province.schools, "schools")
    HOUSEHOLDS.check(province.households, "households")
    for frame, key in (
        (province.hamlets, "hamlet_id"),
        (province.schools, "school_id"),
        (province.households, "household_id"),
    ):
        assert frame[key].is_unique and frame.crs == 4326


def test_households_lie_in_their_communes_and_on_land(province):
    within = gpd.sjoin(province.households, province.communes[["commune_code", "geometry"]], predicate="within")
    assert len(within) >= 0.999 * len(province.households)
    assert (within["commune_code_left"] == within["commune_code_right"]).all()
    assert not province.households.intersects(province.water.union_all().buffer(-0.001)).any()


def test_households_follow_people_and_learners_number_one_and_a_half(province):
    count = province.households["commune_code"].value_counts()
    people = province.communes.set_index("commune_code")["population"]
    assert len(province.households) == 2_000
    assert (count / 2_000 - people / people.sum()).abs().max() < 0.001
    assert 1.4 < province.households["learners"].mean() < 1.65
    assert (province.households["learners_without_device"] <= province.households["learners"]).all()


def test_hamlets_per_commune(province):
    assert province.hamlets["commune_code"].value_counts().between(2, 8).all()
    assert set(province.hamlets["grid_power"]) <= {"yes", "no", "unknown"}
    known = province.households["hamlet_id"].isin(province.hamlets["hamlet_id"])
    assert known.all()


def test_schools_share_out_the_learners_of_a_commune(province):
    pupils = province.schools.groupby("commune_code")["pupils"].sum()
    learners = province.households.groupby("commune_code")["learners"].sum()
    assert (pupils - learners).abs().max() <= 4


def test_a_commune_without_households_has_schools_without_pupils():
    small = simulate(Recipe(area_km2=40, communes=3, households=100, seed=1))
    empty = set(small.communes["commune_code"]) - set(small.households["commune_code"])
    pupils = small.schools.groupby("commune_code")["pupils"].sum()
    assert empty and (pupils[list(empty)] == 0).all()
    assert abs(pupils.sum() - small.households["learners"].sum()) <= len(small.schools)
