"""Counts in drawn worlds, and the states of places, on a field that is known."""

from copy import copy

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from scipy.special import ndtr

from lomsong.errors import DataError, UsageError
from lomsong.gap import service_of
from lomsong.gap.demand import Areas, demand_of
from lomsong.gap.learners import Measure, SchoolsNear, learner_draws, schools_near
from lomsong.gap.service import Reception, joint_probability, signal_at, usable_at
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Shared

METRIC = CRS.from_epsg(3405)


def points(easting, northing=0.0):
    at = gpd.points_from_xy(700_000 + np.asarray(easting, float), 1_230_000 + np.zeros(len(easting)) + northing)
    return gpd.GeoDataFrame({"id": [f"p{i}" for i in range(len(easting))]}, geometry=at, crs=METRIC)


@pytest.fixture(scope="module")
def surface():
    easting = np.arange(0, 8000, 60.0)
    level = np.where(easting < 4000, -90.0, -135.0) + np.random.default_rng(0).normal(0, 2, len(easting))
    frame = points(easting).assign(operator="viettel", rsrp_dbm=level, service="level")
    frame.loc[level < -125, "service"] = "no_service"
    return CoverageSurface(block_m=50).fit(frame)


def test_states_follow_the_road_and_stop_where_nothing_was_measured(surface):
    places = points([1000, 7000, 1000], np.array([0, 0, 60_000]))
    service = service_of(surface, surface.locate(places), places["id"], Gap(), surveyed_share=0.1)
    assert service["state"].tolist() == ["usable", "none", "unsurveyed"]
    assert service["kind"].tolist() == ["measured", "measured", "modelled"]
    assert service["p_usable"].iloc[0] > 0.95
    assert service["p_usable"].iloc[1] < 0.05


# Learners of areas -------------------------------------------------------------------------------------------------

OPERATORS = ("a", "b")
SHARED = Shared(0.4, 1_200.0)


@pytest.fixture(scope="module")
def country():
    """A field over 12 km by 12 km that falls to the east; 300 households in clusters, in three communes and none."""
    rng = np.random.default_rng(4)
    at = rng.uniform(0, 12_000, (500, 2))
    hills = 6 * np.sin(at[:, 0] / 900) * np.cos(at[:, 1] / 1_100)
    frame = points(at[:, 0], at[:, 1]).assign(service="level")
    fields = {}
    for operator, shift in zip(OPERATORS, (0.0, -3.0), strict=True):
        level = -92 - 25 * at[:, 0] / 12_000 + hills + shift + rng.normal(0, 2, len(at))
        fields[operator] = CoverageSurface(workers=1).fit(frame.assign(operator=operator, rsrp_dbm=level))
    middle = rng.uniform(2_000, 11_000, (24, 2))
    home = middle[rng.integers(24, size=300)] + rng.normal(0, 150, (300, 2))
    homes = points(home[:, 0], home[:, 1]).assign(
        learners=rng.integers(1, 4, 300),
        own_operator=rng.choice(["a", "b", "elsewhere"], 300, p=[0.5, 0.4, 0.1]),
    )
    homes["learners_without_device"] = rng.binomial(homes["learners"], 0.3)
    commune = np.where(home[:, 0] > 10_500, -1, np.floor(home[:, 0] / 4_000)).astype(np.int64)
    loss_db = rng.choice([5.0, 14.0], 300)
    return fields, homes, Areas(("x", "y", "z", "empty"), commune), loss_db


def gathered(country, block_m=50.0, draw_m=100.0):
    fields, homes, communes, loss_db = country
    hamlets = Areas(tuple("pqrst"), np.arange(len(homes)) % 6 - 1)
    areas = {"commune": communes, "hamlet": hamlets}
    demand = demand_of(homes, METRIC, areas, OPERATORS, loss_db, block_m, draw_m)
    places = {name: field.locate(demand.points) for name, field in fields.items()}
    found = {name: signal_at(field, places[name], Gap(), 0.1) for name, field in fields.items()}
    return fields, demand, places, Reception.of(found)


def counted(fields, demand, places, reception, n=200, **more):
    chosen = {"usable_dbm": -110.0, "thresholds_dbm": (-105.0, -115.0), "shared": SHARED, "seed": 3} | more
    return learner_draws(fields, places, reception, demand, n=n, **chosen)


@pytest.fixture(scope="module")
def drawn(country):
    return counted(*gathered(country))


def test_every_measure_against_masks_household_by_household(country):
    fields, homes, communes, loss_db = country
    fields, demand, places, reception = gathered(country, 50.0, 50.0)
    draws = counted(fields, demand, places, reception, n=60)
    level = np.stack(
        [field.drawer(60, 3, stream, SHARED)(places[name]) for stream, (name, field) in enumerate(fields.items())]
    )
    level = level[:, demand.place_of]
    own = Areas.of(homes["own_operator"], OPERATORS).row
    learners = homes["learners"].to_numpy()[:, None]
    for threshold in (-105.0, -110.0, -115.0):
        for indoor in (False, True):
            gone = level < (threshold + indoor * loss_db)[:, None]
            mine = gone[own, np.arange(len(homes))] & (own >= 0)[:, None]
            masks = {"any": gone.all(axis=0), "all": gone.any(axis=0), "own": mine}
            if threshold == -110:
                masks |= {"a": gone[0], "b": gone[1], "roaming": mine & ~gone.all(axis=0), "nowhere": gone.all(axis=0)}
            for of, mask in masks.items():
                measure = draws.measure(of, threshold, indoor)
                for row in range(4):
                    plain = (learners * mask)[communes.row == row].sum(axis=0)
                    found = draws.counts["commune"][measure][row]
                    assert (found != plain).mean() < 0.05, measure  # a level within a rounding error of the threshold
                    assert np.abs(found - plain).max(initial=0) <= 3
                outside = (learners * mask)[communes.row < 0].sum(axis=0)
                assert np.abs(draws.outside_counts["commune"][measure] - outside).max() <= 3


def test_expected_numbers_are_those_of_the_probabilities(country):
    fields, homes, communes, _ = country
    _, demand, places, reception = gathered(country)
    draws = counted(fields, demand, places, reception, n=20)
    learners = homes["learners"].to_numpy()
    lacking = homes["learners_without_device"].to_numpy()
    own = Areas.of(homes["own_operator"], OPERATORS).row
    for threshold in (-105.0, -110.0, -115.0):
        p = np.column_stack(
            [
                usable_at(fields[name], places[name], [threshold], np.zeros(len(demand.points)))[:, 0, 0]
                for name in fields
            ]
        )
        p = p[demand.place_of].astype(float)
        none, every = joint_probability(1 - p, 0.4), joint_probability(p, 0.4)
        mine = np.where(own >= 0, 1 - p[np.arange(len(p)), own], 0.0)
        for of, share in (("any", none), ("all", 1 - every), ("own", mine)):
            for row in range(4):
                expected = (learners * share)[communes.row == row].sum()
                np.testing.assert_allclose(draws.expected["commune"][Measure(of, threshold)][row], expected, atol=1e-3)
        if threshold == -110:
            lost = draws.learners["commune"]["without_device_unconnected"]
            np.testing.assert_allclose(lost.sum(), (lacking * none).sum(), atol=1e-3)
            alone = (
                draws.expected["commune"][Measure("roaming", -110.0)].sum()
                + draws.outside_expected["commune"][Measure("roaming", -110.0)]
            )
            np.testing.assert_allclose(alone, (learners * np.where(own >= 0, mine - none, 0)).sum(), atol=1e-3)


def test_worlds_scatter_about_what_is_expected(country):
    draws = counted(*gathered(country), n=2_000)
    for measure, expected in draws.expected["commune"].items():
        worlds = draws.counts["commune"][measure]
        error = 4 * worlds.std(axis=1) / np.sqrt(2_000) + 0.02 * expected + 0.5
        assert (np.abs(worlds.mean(axis=1) - expected) < error).all(), measure


def test_the_same_bytes_in_any_pieces_and_by_any_number_of_workers(country, drawn, monkeypatch):
    monkeypatch.setattr("lomsong.gap.learners.CHUNK", 7)
    monkeypatch.setattr("lomsong.surface.kriging.CHUNK", 5)
    fields, demand, places, reception = gathered(country)
    fields = {name: copy(field) for name, field in fields.items()}
    for field in fields.values():
        field.kriging_ = copy(field.kriging_)
        field.kriging_.workers = 3
    pieces = counted(fields, demand, places, reception)
    for measure, worlds in drawn.counts["hamlet"].items():
        assert pieces.counts["hamlet"][measure].tobytes() == worlds.tobytes(), measure


def test_places_of_a_square_may_share_their_error(country):
    """Intervals of communes hardly differ from those of households drawn one by one, their means not at all."""
    alone = counted(*gathered(country, 0.01, 0.01), n=1_000).unconnected("commune").any
    together = counted(*gathered(country), n=1_000).unconnected("commune").any
    assert alone[1].std() > 5
    for one, other in zip(alone[1:3], together[1:3], strict=True):
        width = [np.subtract(*np.quantile(worlds, [0.95, 0.05])) for worlds in (one, other)]
        assert abs(one.mean() - other.mean()) < 0.02 * one.mean() + 0.5
        assert abs(width[1] / width[0] - 1) < 0.05


def test_all_learners_are_in_some_area_or_outside(country, drawn):
    _, homes, communes, _ = country
    total = int(homes["learners"].sum())
    outside = int(homes["learners"][communes.row < 0].sum())
    assert outside > 0
    for grouping in ("commune", "hamlet"):
        people = drawn.learners[grouping]
        assert people["learners"].sum() == total
        assert len(people) == len(drawn.codes[grouping]) + 1
    assert drawn.learners["commune"]["learners"].iloc[-1] == outside
    # Whatever the grouping, in every world as many are counted.
    for measure, worlds in drawn.counts["commune"].items():
        sums = [drawn.counts[name][measure].sum(axis=0) + drawn.outside_counts[name][measure] for name in drawn.codes]
        np.testing.assert_array_equal(*sums)
        assert (sums[0] <= total).all()
        assert worlds[3].sum() == 0, "a commune without learners"


def test_less_is_asked_by_lower_thresholds_and_outdoors(drawn):
    counts = drawn.counts["commune"]
    for of in ("any", "all", "own"):
        for indoor in (False, True):
            strict, usual, lax = (counts[Measure(of, level, indoor)] for level in (-105.0, -110.0, -115.0))
            assert (strict >= usual).all()
            assert (usual >= lax).all()
            assert strict.sum() > lax.sum()
        assert (counts[Measure(of, -110.0, True)] >= counts[Measure(of, -110.0, False)]).all()
    assert (counts[Measure("all", -110.0)] >= counts[Measure("any", -110.0)]).all()


def test_own_operators_that_are_not_known_are_never_taken_as_any(country):
    fields, homes, communes, loss_db = country
    silent = (fields, homes.assign(own_operator=None), communes, loss_db)
    draws = counted(*gathered(silent), n=40)
    assert draws.learners["commune"]["own_known"].sum() == 0
    for of in ("own", "roaming"):
        assert draws.counts["commune"][draws.measure(of)].sum() == 0
        assert draws.expected["commune"][draws.measure(of)].sum() == 0
    everybody = counted(*gathered((fields, homes.assign(own_operator="a"), communes, loss_db)), n=40)
    worth = everybody.counts["commune"][everybody.measure("roaming")]
    own, any_ = (everybody.counts["commune"][everybody.measure(of)] for of in ("own", "any"))
    np.testing.assert_array_equal(worth, own - any_)
    np.testing.assert_array_equal(own, everybody.counts["commune"][everybody.measure("a")])


def test_where_no_operator_was_estimated_nobody_is_connected(country):
    fields, demand, places, reception = gathered(country)
    unknown = np.full_like(reception.level_dbm, np.nan)
    draws = counted(fields, demand, places, Reception(OPERATORS, unknown, unknown, unknown), n=20)
    learners = draws.learners["commune"]["learners"].to_numpy()
    for of in ("any", "all", "a", "b"):
        worlds = draws.counts["commune"][draws.measure(of)]
        assert (worlds == learners[:-1, None]).all()
        np.testing.assert_allclose(draws.expected["commune"][draws.measure(of)], learners[:-1])


def test_a_commune_that_nobody_surveyed_has_the_wide_interval(country):
    fields, homes, _, loss_db = country
    far = homes.assign(geometry=homes.geometry.translate(60_000, 0))
    both = pd.concat([homes, far], ignore_index=True)
    row = np.r_[np.zeros(300, np.int64), np.ones(300, np.int64)]
    demand = demand_of(both, METRIC, {"commune": Areas(("near", "far"), row)}, OPERATORS, np.r_[loss_db, loss_db])
    places = {name: field.locate(demand.points) for name, field in fields.items()}
    found = {name: signal_at(field, places[name], Gap(), 0.1) for name, field in fields.items()}
    draws = counted(fields, demand, places, Reception.of(found))
    near, away = np.quantile(draws.unconnected("commune").any, [0.05, 0.95], axis=1).T
    assert away[1] - away[0] > 2 * (near[1] - near[0])


def near_schools(fields, demand, at, walk_m=2_000.0):
    places = {name: field.locate(at) for name, field in fields.items()}
    found = {name: signal_at(field, places[name], Gap(), 0.1) for name, field in fields.items()}
    return SchoolsNear(schools_near(demand.points, at, walk_m), places, Reception.of(found), np.zeros(len(at)))


def test_a_school_nearby_fades_with_the_homes_around(country):
    fields, demand, places, reception = gathered(country)
    nobody = counted(fields, demand, places, reception)
    any_, nowhere = (nobody.measure(of) for of in ("any", "nowhere"))
    np.testing.assert_array_equal(nobody.counts["commune"][any_], nobody.counts["commune"][nowhere])
    beside = near_schools(fields, demand, demand.points[::7] + 30.0)
    draws = counted(fields, demand, places, reception, schools=beside)
    worlds = draws.counts["commune"]
    np.testing.assert_array_equal(worlds[any_], nobody.counts["commune"][any_])
    assert (worlds[nowhere] <= worlds[any_]).all()
    # As if the school were independent of the home, far fewer would be without signal at both.
    level = beside.reception
    school = joint_probability(ndtr((-110 - level.level_dbm) / level.level_sd_db).astype(float), 0.4)
    p = joint_probability(ndtr((-110 - reception.level_dbm) / reception.level_sd_db).astype(float), 0.4)
    apart = np.where(beside.school < 0, 1.0, school[beside.school]) * p
    independent = (apart[demand.place] * demand.learners).sum()
    together = draws.expected["commune"][nowhere].sum() + draws.outside_expected["commune"][nowhere]
    assert (
        1.05 * independent < together < draws.expected["commune"][any_].sum() + draws.outside_expected["commune"][any_]
    )


def test_the_nearest_school_and_no_farther_than_one_walks():
    at = np.array([[0.0, 0.0], [900.0, 0.0], [5_000.0, 0.0]])
    schools = np.array([[1_000.0, 0.0], [-1_500.0, 0.0]])
    assert schools_near(at, schools, 1_200.0).tolist() == [0, 0, -1]
    assert schools_near(at, schools, 900.0).tolist() == [-1, 0, -1]
    assert schools_near(at, np.empty((0, 2)), 900.0).tolist() == [-1, -1, -1]


def test_levels_of_other_places_or_operators_are_refused(country):
    fields, demand, places, reception = gathered(country)
    short = Reception(
        OPERATORS, *(part[1:] for part in (reception.level_dbm, reception.level_sd_db, reception.field_dbm))
    )
    with pytest.raises(DataError, match=r"levels of .* places, where the demand has"):
        counted(fields, demand, places, short)
    turned = {name: fields[name] for name in reversed(OPERATORS)}
    with pytest.raises(DataError, match="levels of operators b, a, where the demand counts a, b"):
        counted(turned, demand, places, reception)
    with pytest.raises(UsageError, match="threshold -90 dBm is not among those counted: -105, -110, -115"):
        counted(fields, demand, places, reception, n=20).measure("any", -90.0)


def test_a_level_that_is_missing_alone_never_reaches_anything(country):
    fields, demand, places, reception = gathered(country)
    missing = np.full_like(reception.level_dbm, np.nan)
    unknown = Reception(OPERATORS, missing, reception.level_sd_db, reception.field_dbm)
    draws = counted(fields, demand, places, unknown, n=10)
    learners = draws.learners["commune"]["learners"].to_numpy()
    for of in ("any", "all", "a", "b"):
        np.testing.assert_allclose(draws.expected["commune"][draws.measure(of)], learners[:-1])
