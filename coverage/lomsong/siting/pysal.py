"""Maximum coverage for those who know it from PySAL's spopt: its names and attributes, this search and bound.

Only the public names are shared (spopt.locate, MCLP), with the same meaning but for two: the sites asked for come on
top of those that stand already, and a site that would add nothing is not chosen. Distances come as a matrix or from two
layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas.array import GeometryDtype
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse
from scipy.spatial import cKDTree

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.siting.cover import Plan, maximum_coverage
from lomsong.texts import fault


class MaximumCoverage:
    """Which ``p_facilities`` new sites cover the most weight within a service radius.

    Make one by :meth:`from_cost_matrix` or :meth:`from_geodataframe`, then call :meth:`solve`.

    Parameters
    ----------
    reach
        Non-zero where a facility covers a client, shape (clients, facilities).
    weights
        Demand of each client, shape (clients,).
    p_facilities
        Number of new facilities; predefined ones come on top.
    predefined
        Indices of facilities that stand already.

    Attributes
    ----------
    plan
        The :class:`~lomsong.siting.cover.Plan` of new sites with its bound, once solved.
    fac2cli
        Of each facility the clients that it covers; none where it is not in use.
    cli2fac
        Of each client the facilities in use that cover it.
    perc_cov
        Percentage of the clients that are covered, as in spopt; the weight that they carry is in ``plan``.
    n_cli_uncov
        Number of clients that no facility in use covers.
    """

    def __init__(
        self,
        reach: csr_matrix,
        weights: ArrayLike,
        p_facilities: int,
        predefined: Sequence[int] | NDArray[np.int64] = (),
    ) -> None:
        self.reach = reach
        self.weights = weights
        self.p_facilities = p_facilities
        self.predefined = predefined

    @classmethod
    def from_cost_matrix(
        cls,
        cost_matrix: ArrayLike | csr_matrix,
        weights: ArrayLike,
        service_radius: float,
        p_facilities: int,
        predefined_facilities_arr: ArrayLike | None = None,
    ) -> MaximumCoverage:
        """Read who covers whom from costs between clients (rows) and facilities (columns).

        Parameters
        ----------
        cost_matrix
            Distance or travel time, shape (clients, facilities). Of a sparse matrix only what is stored counts: what is
            not is out of reach, a stored 0 is in reach.
        weights
            Demand of each client, shape (clients,).
        service_radius
            Largest cost at which a client is covered.
        p_facilities
            Number of new facilities.
        predefined_facilities_arr
            Of each facility non-zero where it stands already, shape (facilities,); missing: it does not.

        Raises
        ------
        DataError
            When the matrix has not two dimensions or holds NaN, or an array does not fit it.
        UsageError
            When the radius is negative.
        """
        if not service_radius >= 0:
            raise fault(UsageError, "siting_radius", value=service_radius)
        if issparse(cost_matrix):
            costs = csr_matrix(cost_matrix)
            entries = costs.tocoo()
            inside = entries.data <= service_radius
            data = entries.data
            at = (entries.row[inside], entries.col[inside])
        else:
            data = np.asarray(cost_matrix, np.float64)
            if data.ndim != 2:
                raise fault(DataError, "siting_matrix", shape=str(data.shape))
            costs = data
            rows, columns = np.nonzero(data <= service_radius)
            at = (rows, columns)
        if np.isnan(data).any():
            raise fault(DataError, "siting_reach_finite")
        reach = csr_matrix((np.ones(len(at[0]), bool), at), shape=costs.shape)
        return cls(reach, weights, p_facilities, _standing(predefined_facilities_arr, costs.shape[1]))

    @classmethod
    def from_geodataframe(
        cls,
        gdf_demand: gpd.GeoDataFrame,
        gdf_fac: gpd.GeoDataFrame,
        demand_col: str,
        facility_col: str,
        weights_cols: str,
        service_radius: float,
        p_facilities: int,
        predefined_facility_col: str | None = None,
    ) -> MaximumCoverage:
        """Read who covers whom from straight distances between points of two layers in one metric system.

        Parameters
        ----------
        gdf_demand, gdf_fac
            Layers of clients and facilities; a shape that is no point counts at its centroid.
        demand_col, facility_col
            Geometry columns.
        weights_cols
            Column of the clients' demand.
        service_radius
            Largest distance at which a client is covered, in the unit of the system.
        p_facilities
            Number of new facilities.
        predefined_facility_col
            Column that is non-zero where a facility stands already; missing: it does not.

        Raises
        ------
        ColumnError
            When a column is missing or holds no geometries.
        DataError
            When a geometry is missing or empty, or a column of numbers holds others.
        CrsError
            When the systems differ or are in degrees.
        UsageError
            When the radius is negative.
        """
        if not service_radius >= 0:
            raise fault(UsageError, "siting_radius", value=service_radius)
        clients = _points(gdf_demand, demand_col, "gdf_demand")
        facilities = _points(gdf_fac, facility_col, "gdf_fac")
        if clients.crs != facilities.crs or (clients.crs is not None and clients.crs.is_geographic):
            raise fault(CrsError, "siting_frame_crs", demand=str(clients.crs), facility=str(facilities.crs))
        weights = _column(gdf_demand, weights_cols, "gdf_demand")
        predefined = None
        if predefined_facility_col is not None:
            predefined = _column(gdf_fac, predefined_facility_col, "gdf_fac")
        trees = [cKDTree(np.column_stack([one.x, one.y])) for one in (clients, facilities)]
        pairs = trees[0].sparse_distance_matrix(trees[1], np.nextafter(service_radius, np.inf), output_type="ndarray")
        shape = (len(clients), len(facilities))
        reach = csr_matrix((np.ones(len(pairs), bool), (pairs["i"], pairs["j"])), shape=shape)
        return cls(reach, weights, p_facilities, _standing(predefined, shape[1]))

    def solve(self, *, time_limit_s: float = 60.0, seed: int = 0) -> MaximumCoverage:
        """Choose the sites and return self, with the attributes filled.

        Raises
        ------
        UsageError, DataError
            As :func:`~lomsong.siting.cover.maximum_coverage`.
        """
        self._plan = maximum_coverage(
            self.reach, self.weights, self.p_facilities, existing=self.predefined, time_limit_s=time_limit_s, seed=seed
        )
        facilities = np.union1d(np.asarray(self.predefined, np.int64), self._plan.selected)
        used = np.zeros(self.reach.shape[1], bool)
        used[facilities] = True
        by_client = csr_matrix(self.reach)
        entries = by_client.tocoo()
        kept = used[entries.col] & (entries.data != 0)
        active = csr_matrix((np.ones(int(kept.sum()), bool), (entries.row[kept], entries.col[kept])), by_client.shape)
        self.cli2fac = _lists(active)
        self.fac2cli = _lists(csr_matrix(active.T))
        covered = np.diff(active.indptr) > 0
        self.n_cli_uncov = int((~covered).sum())
        self.perc_cov = (1 - self.n_cli_uncov / len(covered)) * 100.0 if len(covered) else 0.0
        return self

    @property
    def plan(self) -> Plan:
        """The plan behind the attributes, with its bound."""
        if not hasattr(self, "_plan"):
            raise fault(UsageError, "siting_solve_first", name="plan")
        return self._plan


def _lists(matrix: csr_matrix) -> list[list[int]]:
    return [sorted(part.tolist()) for part in np.split(matrix.indices, matrix.indptr[1:-1])] if matrix.shape[0] else []


def _standing(predefined: ArrayLike | None, facilities: int) -> NDArray[np.int64]:
    if predefined is None:
        return np.zeros(0, np.int64)
    flags = np.asarray(predefined)
    if flags.shape != (facilities,):
        raise fault(
            DataError, "siting_shape", name="predefined_facilities_arr", given=str(flags.shape), size=facilities
        )
    return np.flatnonzero(np.nan_to_num(pd.array(flags, dtype="Float64").to_numpy(float, na_value=0.0)))


def _column(frame: gpd.GeoDataFrame, column: str, name: str) -> NDArray[np.float64]:
    if column not in frame.columns:
        shown = ", ".join(str(one) for one in frame.columns)
        raise fault(ColumnError, "siting_frame_column", frame=name, column=column, columns=shown)
    values = pd.to_numeric(frame[column], errors="coerce")
    lost = np.flatnonzero(values.isna() & frame[column].notna())
    if lost.size:
        first = int(lost[0])
        raise fault(
            DataError, "siting_frame_number", frame=name, column=column, count=lost.size, first=first,
            value=repr(frame[column].iloc[first]),
        )  # fmt: skip
    return values.to_numpy(np.float64, na_value=np.nan)


def _points(frame: gpd.GeoDataFrame, column: str, name: str) -> gpd.GeoSeries:
    if column not in frame.columns:
        shown = ", ".join(str(one) for one in frame.columns)
        raise fault(ColumnError, "siting_frame_column", frame=name, column=column, columns=shown)
    if not isinstance(frame[column].dtype, GeometryDtype):
        raise fault(ColumnError, "siting_frame_geometry", frame=name, column=column)
    shapes = gpd.GeoSeries(frame[column])
    empty = np.flatnonzero(shapes.is_empty | shapes.isna())
    if empty.size:
        raise fault(DataError, "siting_frame_empty", frame=name, column=column, count=empty.size, first=int(empty[0]))
    if shapes.crs is not None and shapes.crs.is_geographic:
        raise fault(CrsError, "siting_frame_crs", demand=str(shapes.crs), facility=str(shapes.crs))
    return shapes.centroid
