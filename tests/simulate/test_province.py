import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lomsong.geo import coordinates
from lomsong.simulate import Recipe, country, simulate
from lomsong.simulate.recipe import METRIC
from lomsong.tables import COMMUNES, OPERATORS

SAMPLE = Path(__file__).parents[2] / "data"


def test_a_small_province(province):
    COMMUNES.check(province.communes, "communes")
    assert len(province.communes) == 8 and len(province.households) == 2_000
    assert abs(province.communes.to_crs(METRIC).area.sum() / 150e6 - 1) < 0.01


def test_it_is_made_quickly(province):
    start = time.process_time()
    simulate(Recipe(area_km2=150, communes=8, households=2_000, seed=1))
    assert time.process_time() - start < 3


@pytest.mark.parametrize("operator", OPERATORS)
def test_truth_is_the_level_at_the_household(province, operator):
    some = province.households.iloc[::97]
    level = province.level_dbm(operator, coordinates(some, METRIC))
    told = province.truth.set_index("household_id").loc[some["household_id"], f"{operator}_dbm"]
    assert np.abs(level - told.to_numpy()).max() < 0.051


def test_the_serving_sector_belongs_to_the_operator(province):
    points = coordinates(province.households.iloc[:50], METRIC)
    for operator in OPERATORS:
        rows = province.serving(operator, points)[1]
        assert set(province.sites["operator"].iloc[rows]) == {operator}


def test_an_existing_mast_built_again_gives_what_it_gives_now(province):
    points = coordinates(province.households.iloc[::40], METRIC)
    own = province.sites[province.sites["operator"] == "viettel"]
    assert np.allclose(province.built_level_dbm("viettel", own, points), province.level_dbm("viettel", points))
    assert (
        province.built_level_dbm("viettel", own.iloc[:3], points) <= province.level_dbm("viettel", points) + 1e-9
    ).all()


def test_provinces_of_a_country_stand_apart():
    recipe = Recipe(area_km2=150, communes=8, households=300)
    one, other = country(2, recipe)
    for name, key in (("communes", "commune_code"), ("households", "household_id"), ("hamlets", "hamlet_id"),
                      ("schools", "school_id"), ("sites", "site_id"), ("communes", "parent_code")):  # fmt: skip
        assert not set(getattr(one, name)[key]) & set(getattr(other, name)[key])
    assert not one.communes.union_all().intersects(other.communes.union_all())


def test_the_sample_province_is_as_described():
    truth = pd.read_parquet(SAMPLE / "truth/households.parquet")
    households = pd.read_csv(SAMPLE / "households.csv.gz", dtype={"commune_code": str})
    assert (truth["household_id"] == households["household_id"]).all()
    assert len(households) == 120_000 and 170_000 < households["learners"].sum() < 195_000
    best = truth[[f"{name}_dbm" for name in OPERATORS]].max(axis=1)
    unconnected = households["learners"].where(best < -110, 0)
    assert 0.03 < unconnected.sum() / households["learners"].sum() < 0.06
    ranked = unconnected.groupby(households["commune_code"]).sum().sort_values(ascending=False)
    assert {"26200", "26203", "26173"} <= set(ranked.index[:5])
    assert 15 <= (ranked > 50).sum() <= 40
