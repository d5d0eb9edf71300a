import numpy as np
import pytest
from shapely import contains_xy

from lomsong.simulate import Recipe
from lomsong.simulate.relief import raise_relief, water_layer
from lomsong.simulate.territory import draw_territory


@pytest.fixture(scope="module")
def land():
    recipe = Recipe(step_m=200)
    territory = draw_territory(recipe)
    return territory, raise_relief(territory, recipe)


def test_delta_hills_and_one_peak(land):
    territory, relief = land
    communes = territory.communes.set_index("parent_name")
    height = {
        name: relief.ground_m[np.isin(territory.commune_at, np.flatnonzero(territory.communes["parent_name"] == name))]
        for name in communes.index.unique()
    }
    assert height["Huyện Nhơn Trạch"].mean() < 20
    assert 50 < height["Thành phố Long Khánh"].mean() < 250
    assert height["Huyện Tân Phú"].mean() > height["Thành phố Biên Hòa"].mean() + 60
    assert 600 < relief.ground_m.max() < 950
    assert relief.ground_m.max() == height["Huyện Xuân Lộc"].max()
    assert relief.ground_m.min() >= 0


def test_the_reservoir_is_level_and_of_the_right_size(land):
    territory, relief = land
    assert np.unique(relief.ground_m[relief.water]).size == 1
    assert 280 < relief.water.sum() * 0.04 < 340
    layer = water_layer(territory, relief)
    assert layer.is_valid.all()
    assert abs(layer.area.sum() / (relief.water.sum() * 40_000) - 1) < 0.05


def test_canopy_is_dense_in_the_reserve_and_absent_from_towns_and_water(province):
    forest = province.forest.to_crs(3405).set_index("forest_class").geometry
    at = province.grid.centres()
    deep = contains_xy(forest["special_use"].buffer(-200), at).reshape(province.grid.shape)
    canopy = province.canopy_m
    assert np.median(canopy[deep]) >= 18 and canopy.max() <= 25
    water = contains_xy(province.water.to_crs(3405).union_all().buffer(-150), at).reshape(province.grid.shape)
    assert canopy[water].max() == 0
