from lomsong.simulate import Recipe, simulate
from lomsong.tables import OPERATORS, SITES


def test_sites_follow_the_data_model(province):
    SITES.check(province.sites, "sites")
    assert set(province.sites["operator"]) == set(OPERATORS)
    assert (province.sites["site_id"].value_counts() == 3).all()


def test_no_site_inside_a_small_reserve(province):
    reserve = province.forest.set_index("forest_class").geometry["special_use"]
    assert not province.sites.within(reserve).any()
    assert province.sites["height_m"].between(24, 45).all()
    assert province.sites["eirp_dbm"].between(25, 33).all()


def test_every_operator_has_a_site_in_the_smallest_province():
    small = simulate(Recipe(area_km2=40, communes=8, households=1_000, seed=2))
    assert set(small.sites["operator"]) == set(OPERATORS)
