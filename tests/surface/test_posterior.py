"""What an estimate keeps of places for the draws there."""

import geopandas as gpd
import numpy as np
import pytest

from lomsong.surface import CoverageSurface
from lomsong.surface.posterior import Kept


@pytest.fixture(scope="module")
def field():
    rng = np.random.default_rng(1)
    at = 700_000 + rng.uniform(0, 6_000, 300), 1_230_000 + rng.uniform(0, 6_000, 300)
    columns = {
        "operator": "viettel",
        "technology": "4G",
        "rsrp_dbm": -95 + 8 * np.sin(at[0] / 700) + rng.normal(0, 2, 300),
        "service": "level",
    }
    return CoverageSurface(workers=1).fit(gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*at, crs=3405)))


def test_draws_of_what_is_kept_are_those_solved_anew(field):
    rng = np.random.default_rng(3)
    at = field.bins_[["easting_m", "northing_m"]].to_numpy()[:40] + rng.normal(0, 300, (40, 2))
    rows = np.arange(0, 40, 2)
    plain, keeping = field.locate(at), field.locate(at).keeping(rows)
    draw = field.drawer(50, 7)
    before = draw(keeping.part(rows))  # nothing is known yet
    np.testing.assert_array_equal(field.predict(plain), field.predict(keeping))
    for part in (rows, rows[5:9], np.arange(40)):  # the last holds places that are not kept
        np.testing.assert_array_equal(draw(keeping.part(part)), draw(plain.part(part)))
    np.testing.assert_array_equal(before, draw(plain.part(rows)))


def test_what_is_kept_is_used(field):
    """Draws follow the room and not the samples: what stands there is what they are made of."""
    at = field.bins_[["easting_m", "northing_m"]].to_numpy()[:5] + 200.0
    places = field.locate(at).keeping(np.arange(5))
    field.predict(places)
    draw = field.drawer(20, 7)
    before = draw(places)
    places.kept.store[0].factor[:] = 0.0
    assert draw(places).std(axis=1).max() < 1e-4
    assert before.std(axis=1).min() > 1


def test_only_what_is_wanted_is_kept():
    kept = Kept.of(6, np.array([4, 1]))
    kept.prepare(3)
    assert kept.slot.tolist() == [-1, 1, -1, -1, 0, -1]
    assert kept.store[0].weights.shape == (2, 3)
    assert kept.known(np.array([1])) is None
    assert kept.part(np.array([0, 4])).slot.tolist() == [-1, 0]
