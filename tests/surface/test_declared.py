import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from shapely.geometry import Polygon, box

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.surface import CoverageSurface
from lomsong.surface.declared import Credibility, Declaration, credibility, fuse
from lomsong.surface.vecchia import Covariance

CRS = "EPSG:3405"
AREAS = gpd.GeoDataFrame(
    {"operator": ["viettel", "viettel", "mobifone"], "technology": ["4G", "5G", None]},
    geometry=[box(0, 0, 1000, 1000), box(0, 0, 200, 200), box(5000, 0, 6000, 1000)],
    crs=CRS,
)
PLACES = np.array([[100.0, 100.0], [900.0, 900.0], [5500.0, 500.0]])


def surface_of(at, level, range_m=500.0):
    samples = gpd.GeoDataFrame(
        {
            "operator": "viettel",
            "rsrp_dbm": level,
            "service": np.where(np.isnan(level), "no_service", "level"),
        },
        geometry=gpd.points_from_xy(*np.asarray(at, float).T),
        crs=CRS,
    )
    surface = CoverageSurface(workers=1).fit(samples)
    surface.kriging_.covariance_ = Covariance(60.0, range_m, 5.0, 0.0)
    return surface


def yes(*values):
    return pd.array(list(values), dtype="boolean")


@pytest.mark.parametrize(
    ("operator", "technology", "expected"),
    [
        ("viettel", None, [True, True, False]),
        ("viettel", "5G", [True, False, False]),
        ("mobifone", "4G", [False, False, True]),
        ("vinaphone", None, [pd.NA, pd.NA, pd.NA]),
    ],
)
def test_who_declares_what_where(operator, technology, expected):
    for areas in (AREAS, AREAS.to_crs(4326)):
        declared = Declaration(areas)
        if technology is not None:
            declared = declared.carrying((technology,))
        assert declared.at(PLACES, AREAS.crs, operator).tolist() == expected


def test_areas_declared_from_a_lower_level_do_not_count():
    areas = AREAS.iloc[:2].assign(level_dbm=[-115.0, np.nan])
    declared = Declaration(areas)
    assert declared.at(PLACES, AREAS.crs, "viettel").tolist() == [True, True, False]
    assert declared.at(PLACES, AREAS.crs, "viettel", usable_dbm=-110.0).tolist() == [True, False, False]


def test_declarations_are_checked():
    with pytest.raises(ColumnError, match="operator"):
        Declaration(AREAS.drop(columns="operator"))
    with pytest.raises(CrsError):
        Declaration(AREAS.set_crs(None, allow_override=True))
    holed = AREAS.iloc[:1].copy()
    holed.geometry = [Polygon(box(0, 0, 1000, 1000).exterior, [box(50, 50, 200, 200).exterior])]
    assert Declaration(holed).at(PLACES, AREAS.crs, "viettel").tolist() == [False, True, False]
    assert len(Declaration(AREAS).at(PLACES[:0], AREAS.crs, "viettel")) == 0


def test_credibility_by_hand():
    """Four blocks of 1 km of one square each, three of them usable: Beta(3.5, 1.5)."""
    at = [[500, 500], [1500, 500], [2500, 500], [3500, 500]]
    surface = surface_of(at, np.array([-90.0, -95.0, -100.0, -120.0]))
    found = credibility(surface, yes(True, True, True, True), -110.0)
    assert found.share == pytest.approx(3.5 / 5)
    assert (found.blocks, found.bins) == (4.0, 4)
    assert (found.low, found.high) == pytest.approx(tuple(beta(3.5, 1.5).ppf([0.05, 0.95])))


def test_a_road_through_one_block_is_one_test():
    road = np.column_stack([np.arange(0, 1000, 50) + 10.0, np.full(20, 500.0)])
    surface = surface_of(road, np.full(20, -80.0) + np.arange(20) * 0.1)
    found = credibility(surface, pd.array([True] * 20, dtype="boolean"), -110.0)
    assert (found.blocks, found.bins) == (1.0, 20)
    assert found.share == pytest.approx(1.5 / 2)
    assert found.low < 0.5


def test_only_squares_inside_count_and_no_service_fails():
    at = [[500, 500], [1500, 500], [2500, 500], [3500, 500]]
    surface = surface_of(at, np.array([-90.0, np.nan, -90.0, -90.0]))
    assert surface.bins_["censored"].tolist() == [False, True, False, False]
    found = credibility(surface, yes(True, True, False, pd.NA), -130.0)
    assert found.share == pytest.approx(1.5 / 3)
    assert found.bins == 2


def test_nothing_measured_inside_tells_nothing():
    surface = surface_of([[500, 500], [1500, 500]], np.array([-90.0, -95.0]))
    found = credibility(surface, yes(False, pd.NA), -110.0)
    assert (found.share, found.blocks, found.bins) == (0.5, 0.0, 0)
    assert found.high - found.low > 0.9
    with pytest.raises(DataError, match="1 values for 2 places"):
        credibility(surface, yes(True), -110.0)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40),
    st.integers(0, 39),
)
def test_more_failures_never_raise_credibility(squares, changed):
    at = np.array([[1000.0 * block + 50 * row, 0.0] for row, (_, block) in enumerate(squares)])
    level = np.array([-90.0 if usable else -115.0 for usable, _ in squares])
    surface = surface_of(at, level)
    every = pd.array([True] * len(surface.bins_), dtype="boolean")
    before = credibility(surface, every, -110.0)
    assert 0 < before.low < before.share < before.high < 1
    assert before.blocks <= before.bins + 1e-9
    row = surface.bins_.index[changed % len(surface.bins_)]
    surface.bins_.loc[row, "level_dbm"] = -130.0
    after = credibility(surface, every, -110.0)
    assert after.share <= before.share + 1e-12


LEVEL = pd.DataFrame({"information": [0.5, 0.1, 0.05, 0.0, 0.0]}, index=list("abcde"))
P = pd.Series([0.9, 0.8, 0.7, 0.6, 0.5], index=LEVEL.index)
CREDIBLE = Credibility(0.8, 0.6, 0.95, 12.0, 40)


def test_kinds_stand_in_their_order():
    claims = yes(True, True, True, False, pd.NA)
    fused = fuse(LEVEL, P, False, 0.1, claims, CREDIBLE)
    assert fused["kind"].tolist() == ["measured", "measured", "declared", "unsurveyed", "unsurveyed"]
    assert fused.index.tolist() == list("abcde")
    np.testing.assert_array_equal(fused["p_usable"], [0.9, 0.8, 0.8, np.nan, np.nan])
    np.testing.assert_array_equal(fused["p_low"], [np.nan, np.nan, 0.6, np.nan, np.nan])
    modelled = fuse(LEVEL, P, True, 0.1, claims, CREDIBLE)
    assert modelled["kind"].tolist() == ["measured", "measured", "modelled", "modelled", "modelled"]
    np.testing.assert_array_equal(modelled["p_usable"], P)


def test_without_declarations_nothing_is_declared():
    fused = fuse(LEVEL, P, False, 0.1)
    assert fused["kind"].tolist() == ["measured", "measured", "unsurveyed", "unsurveyed", "unsurveyed"]
    with pytest.raises(DataError, match="credibility"):
        fuse(LEVEL, P, False, 0.1, yes(True, True, True, True, True))


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([True, False, None])), min_size=1), st.booleans())
def test_a_declaration_never_touches_what_is_measured_or_modelled(rows, physics):
    level = pd.DataFrame({"information": [information for information, _ in rows]})
    p = pd.Series(np.linspace(0, 1, len(rows)))
    claims = pd.array([claim for _, claim in rows], dtype="boolean")
    with_claims, without = fuse(level, p, physics, 0.1, claims, CREDIBLE), fuse(level, p, physics, 0.1)
    changed = (with_claims["kind"] != without["kind"]).to_numpy()
    assert (without["kind"][changed] == "unsurveyed").all()
    assert (with_claims["kind"][changed] == "declared").all()
    pd.testing.assert_frame_equal(with_claims[~changed], without[~changed])
