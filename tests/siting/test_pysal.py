import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from shapely import Point

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.siting.pysal import MaximumCoverage

COSTS = np.array([[1.0, 9, 9], [2, 1, 9], [9, 2, 9], [9, 9, 0]])


def test_attributes_by_hand():
    solved = MaximumCoverage.from_cost_matrix(COSTS, [5, 3, 2, 4], service_radius=2, p_facilities=2).solve()
    assert solved.fac2cli == [[0, 1], [], [3]]
    assert solved.cli2fac == [[0], [0], [], [2]]
    assert solved.perc_cov == pytest.approx(100 * 3 / 4)  # of the clients, whatever they weigh
    assert solved.plan.objective == 12
    assert solved.n_cli_uncov == 1
    assert solved.plan.status == "optimal"


def test_new_sites_come_on_top_of_those_that_stand():
    solved = MaximumCoverage.from_cost_matrix(COSTS, [5, 3, 2, 4], 2, 1, predefined_facilities_arr=[1, 0, 0]).solve()
    assert solved.plan.selected.tolist() == [2]
    assert solved.fac2cli == [[0, 1], [], [3]]


def test_a_sparse_matrix_holds_only_what_is_near():
    near = csr_matrix((COSTS[COSTS <= 2], np.nonzero(COSTS <= 2)), shape=COSTS.shape)
    dense, sparse = (MaximumCoverage.from_cost_matrix(one, np.ones(4), 2, 1).solve() for one in (COSTS, near))
    assert dense.fac2cli == sparse.fac2cli


def test_layers_give_what_their_distances_give():
    rng = np.random.default_rng(0)
    clients, sites = rng.random((40, 2)) * 1000, rng.random((8, 2)) * 1000
    demand = gpd.GeoDataFrame({"n": rng.integers(1, 9, 40)}, geometry=gpd.points_from_xy(*clients.T), crs=5899)
    facility = gpd.GeoDataFrame({"old": [1] + [0] * 7}, geometry=gpd.points_from_xy(*sites.T), crs=5899)
    solved = MaximumCoverage.from_geodataframe(
        demand, facility, "geometry", "geometry", "n", 250, 3, predefined_facility_col="old"
    ).solve()
    costs = np.hypot(*(clients[:, None] - sites[None]).transpose(2, 0, 1))
    same = MaximumCoverage.from_cost_matrix(costs, demand["n"], 250, 3, np.array([1] + [0] * 7)).solve()
    assert solved.perc_cov == same.perc_cov
    assert solved.cli2fac == same.cli2fac
    with pytest.raises(CrsError, match="project both"):
        MaximumCoverage.from_geodataframe(demand, facility.to_crs(4326), "geometry", "geometry", "n", 250, 3)
    with pytest.raises(ColumnError, match="has no column pupils"):
        MaximumCoverage.from_geodataframe(demand, facility, "geometry", "geometry", "pupils", 250, 3)


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
def test_what_is_missing_does_not_stand(missing):
    points = gpd.GeoDataFrame(
        {"demand": [1, 2, 3], "stands": pd.Series([1, missing, 0], dtype=object)},
        geometry=gpd.points_from_xy([0, 10, 20], [0, 0, 0]), crs=3405,
    )  # fmt: skip
    given = (points, points, "geometry", "geometry", "demand", 1, 1, "stands")
    assert MaximumCoverage.from_geodataframe(*given).predefined.tolist() == [0]
    assert MaximumCoverage.from_cost_matrix(np.eye(3), [1, 1, 1], 0, 1, points["stands"]).predefined.tolist() == [0]


def test_what_is_no_number_is_named():
    points = gpd.GeoDataFrame({"demand": [1, 2], "stands": [0, "yes"]}, geometry=gpd.points_from_xy([0, 1], [0, 1]))
    with pytest.raises(DataError, match="row 1, from 0, 'yes'"):
        MaximumCoverage.from_geodataframe(points, points, "geometry", "geometry", "demand", 1, 1, "stands")


def test_geometries_that_are_none_are_named():
    points = gpd.GeoDataFrame({"demand": [1, 2]}, geometry=[Point(0, 0), None], crs=3405)
    with pytest.raises(DataError, match="row 1"):
        MaximumCoverage.from_geodataframe(points, points[:1], "geometry", "geometry", "demand", 1, 1)
    with pytest.raises(ColumnError, match="demand holds no geometries"):
        MaximumCoverage.from_geodataframe(points[:1], points[:1], "demand", "geometry", "demand", 1, 1)


def test_faults():
    with pytest.raises(DataError, match="shape"):
        MaximumCoverage.from_cost_matrix(np.ones(4), np.ones(4), 1, 1)
    with pytest.raises(UsageError, match="service_radius"):
        MaximumCoverage.from_cost_matrix(COSTS, np.ones(4), -1, 1)
    with pytest.raises(UsageError, match="solve"):
        _ = MaximumCoverage.from_cost_matrix(COSTS, np.ones(4), 1, 1).plan
