import numpy as np
import pytest
import shapely

from lomsong.errors import UsageError
from lomsong.simulate import Recipe
from lomsong.simulate.territory import cells_at, draw_territory, partition


@pytest.fixture(scope="module")
def named():
    return draw_territory(Recipe())


def test_parts_get_their_share():
    at = np.stack(np.meshgrid(np.arange(80.0), np.arange(80.0)), axis=-1).reshape(-1, 2)
    centres = np.array([[20.0, 20.0], [60.0, 20.0], [40.0, 60.0]])
    count = np.bincount(partition(at, centres, np.array([1.0, 2.0, 5.0])))
    assert np.abs(count / count.sum() - np.array([1, 2, 5]) / 8).max() < 0.01


def test_communes_are_valid_and_tile_the_province(named):
    shapes = named.communes.geometry
    assert shapes.is_valid.all()
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert abs(shapes.area.sum() - named.outline.area) < 1.0
    assert abs(named.outline.area / 5_900e6 - 1) < 0.005
    assert named.outline.geom_type == "Polygon"


def test_areas_follow_the_real_ones(named):
    ratio = named.communes.area / 1e6 / named.communes["area_km2"]
    assert ratio.between(0.8, 1.25).all()
    assert ratio.std() < 0.06


def test_the_reserve_lies_in_the_north(named):
    centres = named.communes.set_index("name").representative_point()
    _, south, _, north = named.outline.bounds
    assert centres["Mã Đà"].y > (south + north) / 2
    assert centres["Trảng Dài"].x < named.outline.centroid.x


@pytest.mark.parametrize("seed", range(4))
def test_any_seed_gives_a_province(seed):
    drawn = draw_territory(Recipe(area_km2=900, communes=30, seed=seed))
    assert len(drawn.communes) == 30
    assert shapely.coverage_is_valid(drawn.communes.geometry.to_numpy())


def test_cells_hold_their_centres(named):
    rows, columns = cells_at(named.grid, named.grid.centres()[[0, 1, -1]])
    assert list(zip(rows, columns, strict=True)) == [(0, 0), (0, 1), tuple(size - 1 for size in named.grid.shape)]


@pytest.mark.parametrize("seed", [11, 12, 7777])
def test_no_commune_is_left_without_land_whatever_the_seed(seed):
    territory = draw_territory(Recipe(seed=seed))
    assert len(territory.communes) == 160
    assert territory.communes.area.min() > 0.5e6
    assert set(np.unique(territory.commune_at)) == set(range(-1, 160))


@pytest.mark.parametrize("recipe", [Recipe(area_km2=40), Recipe(area_km2=40, communes=1_000, step_m=25)])
def test_communes_too_small_for_a_cell_are_refused(recipe):
    with pytest.raises(UsageError, match=r"communes on 40 km² in cells of \d+ m .*; raise area_km2"):
        draw_territory(recipe)
