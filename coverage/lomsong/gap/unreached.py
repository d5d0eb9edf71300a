"""Every point that is not yet reached, by name: what stands in the way, and who answers for it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong import geo
from lomsong.errors import DataError
from lomsong.gap.obstacles import Bounds, Surroundings, bodies_of, codes_of, describe, in_the_way
from lomsong.gap.service import over_operators, side_by_side
from lomsong.tables import COMMUNES, HAMLETS, SCHOOLS, SERVICE, STATES
from lomsong.texts import fault

REACHES = ("reached", "unreached", "unknown")
"""What a point can be; ``unknown`` is to be measured."""

KINDS = ("hamlet", "school", "zone")

HOMES_SHARE = 0.5
"""A hamlet whose middle has signal counts as not reached where this share of its learners is expected to have none."""


def reach_of_points(
    hamlets: gpd.GeoDataFrame | None,
    schools: gpd.GeoDataFrame | None,
    service: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    around: Surroundings,
    crs: CRS,
    *,
    households: pd.DataFrame | None = None,
    at_home: pd.DataFrame | None = None,
    shared: float = 0.0,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Tell of every hamlet and school whether it is reached by any operator, and of those not what is in the way.

    A point is *unknown* while an operator that may serve it has not been measured there and no other serves it: it is
    to be measured, and counts neither as reached nor as not. A hamlet is *unreached* where its middle has no usable
    signal, and where at least :data:`HOMES_SHARE` of its surveyed learners are expected to have none at home though its
    middle has (``basis`` then says ``homes``).

    Parameters
    ----------
    hamlets, schools
        Tables of those names; None: none.
    service
        Table ``service`` of hamlets and schools.
    communes
        Table ``communes``.
    around
        Layers that tell what stands in the way.
    crs
        Metric.
    households, at_home
        Learners of the hamlets and their signal at home (p_usable and state, on the index of ``households``); None:
        not known.
    shared
        Correlation of the operators' levels at one place.
    bounds
        From where on something is in the way.

    Returns
    -------
    GeoDataFrame in EPSG:4326, one row a point: point_id, kind (hamlet, school), name, commune_code, commune, reach (one
    of :data:`REACHES`), basis (``middle``, ``homes``), state and state_<operator>, p_usable (of any), learners (in the
    hamlet's households, or pupils; missing where not known), unconnected (expected), nearest_sample_m, the columns of
    :func:`~lomsong.gap.obstacles.describe`, obstacles, not_checked and bodies (tuples, empty but for points not
    reached). Ordered by commune, then the most unconnected first.

    Raises
    ------
    ColumnError, CrsError
        When a table or layer is not what it should be.
    DataError
        When ``at_home`` has other rows than ``households``, or two points have one identifier.
    """
    SERVICE.check(service, "service")
    COMMUNES.check(communes, "communes")
    parts = []
    if hamlets is not None and len(hamlets):
        HAMLETS.check(hamlets, "hamlets")
        counts = _of_homes(hamlets, households, at_home)
        parts.append(_rows(hamlets, "hamlet", communes).assign(grid_power=hamlets["grid_power"].to_numpy(), **counts))
    if schools is not None and len(schools):
        SCHOOLS.check(schools, "schools")
        power = _grid_power_near(schools, hamlets, crs)
        parts.append(
            _rows(schools, "school", communes).assign(grid_power=power, learners=schools["pupils"].to_numpy(float))
        )
    if not parts:
        return _empty()
    found = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=geo.WGS84)
    if found["point_id"].duplicated().any():
        twice = found["point_id"][found["point_id"].duplicated()].iloc[0]
        raise fault(DataError, "unreached_twice", value=str(twice))
    found = _with_states(found, service, shared)
    return _ordered(_with_way(found, around, crs, bounds or Bounds()))


def unreached_points(
    points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None = None, homes: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """List every point not reached and every point to be measured, and the gap zones that no listed hamlet stands for.

    Homes without signal lie also outside hamlets, and in hamlets that are reached on the whole. A zone is listed with
    its homes outside the listed hamlets, unless fewer than half of its unconnected learners live there; so nobody is
    counted twice over hamlets and zones.

    Parameters
    ----------
    points
        What :func:`reach_of_points` returned.
    zones, homes
        What :func:`~lomsong.gap.zones.gap_zones` and :func:`~lomsong.gap.zones.homes_in_zones` returned; None: only
        hamlets and schools are listed.

    Returns
    -------
    The rows of ``points`` that are not reached, and rows of kind ``zone`` with the columns that both have, ordered by
    commune, then points not reached before those to be measured, then the most unconnected first.
    """
    listed = points[points["reach"] != "reached"]
    if zones is None or homes is None or not len(zones):
        return _ordered(listed)
    stand = listed["point_id"][(listed["kind"] == "hamlet") & (listed["reach"] == "unreached")]
    counts = homes[["zone", "learners", "unconnected"]]
    apart = counts[~homes["hamlet_id"].isin(stand).to_numpy()].groupby("zone").sum().reindex(range(len(zones)))
    every = counts.groupby("zone")["unconnected"].sum().reindex(range(len(zones)))
    kept = (apart["unconnected"] > 0.5 * every).to_numpy()
    if not kept.any():
        return _ordered(listed)
    rest, apart = zones[kept], apart[kept]
    learners, lost = apart["learners"].to_numpy(float), apart["unconnected"].to_numpy(float)
    rows = gpd.GeoDataFrame(
        {
            **{name: rest[name] for name in rest if name in points and name != rest.geometry.name},
            "point_id": rest["zone_id"],
            "kind": "zone",
            "reach": "unreached",
            "basis": "homes",
            "learners": learners,
            "unconnected": lost,
            "p_usable": 1 - lost / learners,
            "bodies": bodies_of(rest["obstacles"]),
        },
        geometry=rest.geometry.representative_point(),
        crs=zones.crs,
    )
    own = rows.geometry.to_crs(points.crs).rename(points.geometry.name)
    both = pd.concat([listed, rows.drop(columns="geometry").join(own)], ignore_index=True)
    return _ordered(gpd.GeoDataFrame(both, geometry=own.name, crs=points.crs))


def reach_counts(points: pd.DataFrame) -> pd.DataFrame:
    """Count the points of each commune: ``points`` = ``reached`` + ``unreached`` + ``unknown``.

    Parameters
    ----------
    points
        What :func:`reach_of_points` returned.

    Returns
    -------
    Frame ``commune_code`` (missing: in no commune), ``commune``, ``points``, ``reached``, ``unreached``, ``unknown``
    and, of the points not reached, ``hamlets_unreached``, ``schools_unreached``; ordered by code. Their sums are those
    of all points.
    """
    table = points[["commune_code", "commune"]].assign(points=1)
    for reach in REACHES:
        table[reach] = (points["reach"] == reach).astype(int)
    for kind in ("hamlet", "school"):
        table[f"{kind}s_unreached"] = ((points["reach"] == "unreached") & (points["kind"] == kind)).astype(int)
    grouped = table.groupby(["commune_code", "commune"], dropna=False, sort=True).sum()
    return grouped.astype(np.int64).reset_index()


def by_body(unreached: pd.DataFrame) -> pd.DataFrame:
    """Count what each body answers for among the points of :func:`unreached_points`.

    Returns
    -------
    Frame ``body`` (with ``survey`` for points to be measured), ``points``, ``alone`` (points where nobody else has to
    move), ``hamlets``, ``schools``, ``zones`` and ``unconnected`` of hamlets and zones (pupils of schools live in
    them); a point stands with each body that answers for it. Most points first.
    """
    bodies = unreached["bodies"].where(unreached["reach"] == "unreached", pd.Series([("survey",)] * len(unreached)))
    bodies = bodies.set_axis(unreached.index)
    table = pd.DataFrame(
        {
            "body": bodies,
            "points": 1,
            "alone": (bodies.map(len) == 1).astype(int),
            **{f"{kind}s": (unreached["kind"] == kind).astype(int) for kind in KINDS},
            "unconnected": unreached["unconnected"].where(unreached["kind"] != "school", 0.0).fillna(0.0),
        }
    ).explode("body")
    counts = dict.fromkeys(("points", "alone", *(f"{kind}s" for kind in KINDS)), "int64")
    grouped = table.groupby("body").sum().astype(counts).reset_index()
    return grouped.sort_values(["points", "body"], ascending=[False, True], ignore_index=True)


def _rows(frame: gpd.GeoDataFrame, kind: str, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    geo.require_crs(frame, f"{kind}s")
    code = geo.join_communes(frame, communes)
    name_of = communes.drop_duplicates("commune_code").set_index("commune_code")["name"]
    return gpd.GeoDataFrame(
        {
            "point_id": frame[f"{kind}_id"].to_numpy(),
            "kind": kind,
            "name": frame["name"].to_numpy(),
            "commune_code": code.to_numpy(),
            "commune": code.map(name_of).to_numpy(),
        },
        geometry=frame.geometry.to_crs(geo.WGS84).to_numpy(),
        crs=geo.WGS84,
    )


def _of_homes(
    hamlets: gpd.GeoDataFrame, households: pd.DataFrame | None, at_home: pd.DataFrame | None
) -> dict[str, NDArray[np.float64]]:
    """Return learners, surveyed learners and expected unconnected ones, all and surveyed, of each hamlet."""
    names = ("learners", "surveyed", "unconnected", "surveyed_lost")
    if households is None or at_home is None or "hamlet_id" not in households:
        return {name: np.full(len(hamlets), np.nan) for name in names}
    if not at_home.index.equals(households.index):
        raise fault(DataError, "zones_rows", given=len(at_home), wanted=len(households))
    learners = households["learners"].to_numpy(float)
    # To a millionth, so that sums of whole numbers do not depend on the order of the rows.
    lost = learners * np.rint((1 - at_home["p_usable"].fillna(0).to_numpy(float)) * 1e6)
    surveyed = (at_home["state"] != "unsurveyed").to_numpy()
    row = pd.Index(hamlets["hamlet_id"]).get_indexer(households["hamlet_id"])
    known = row >= 0
    values = (learners, learners * surveyed, lost, lost * surveyed)
    sums = [np.bincount(row[known], value[known], len(hamlets)).astype(float) for value in values]
    return {"learners": sums[0], "surveyed": sums[1], "unconnected": sums[2] / 1e6, "surveyed_lost": sums[3] / 1e6}


def _grid_power_near(schools: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame | None, crs: CRS) -> NDArray[np.object_]:
    """Return the grid power of the hamlet nearest to each school."""
    if hamlets is None or not len(hamlets):
        return np.full(len(schools), "unknown", dtype=object)
    geo.require_crs(schools, "schools")
    (school, hamlet) = hamlets.to_crs(crs).sindex.nearest(schools.geometry.to_crs(crs).to_numpy(), return_all=False)
    power = np.full(len(schools), "unknown", dtype=object)
    power[school] = hamlets["grid_power"].to_numpy()[hamlet]
    return power


def _with_states(found: gpd.GeoDataFrame, service: pd.DataFrame, shared: float) -> gpd.GeoDataFrame:
    own = service[service["demand_id"].isin(found["point_id"])]
    signal = over_operators(own, found["point_id"], "any", shared)
    found = found.assign(state=signal["state"].to_numpy(), p_usable=signal["p_usable"].to_numpy())
    operators, _, states = side_by_side(own, found["point_id"])
    for operator, state in zip(operators, states.T, strict=True):
        found[f"state_{operator}"] = np.asarray(STATES, dtype=object)[state]
    nearest = own["nearest_sample_m"].groupby(own["demand_id"].to_numpy()).min()
    found["nearest_sample_m"] = found["point_id"].map(nearest).astype(float)
    for name in ("surveyed", "unconnected", "surveyed_lost"):
        found[name] = found.get(name, np.nan)
    school = (found["kind"] == "school").to_numpy()
    pupils_lost = found["learners"] * (1 - found["p_usable"].fillna(0))
    found["unconnected"] = found["unconnected"].where(~school, pupils_lost)
    gap = (found["state"].isin(["weak", "none"])).to_numpy()
    homes = (found["surveyed_lost"] >= HOMES_SHARE * found["surveyed"]) & (found["surveyed"] > 0)
    homes = homes.to_numpy() & (found["state"] == "usable").to_numpy()
    unknown = (found["state"] == "unsurveyed").to_numpy()
    found["reach"] = np.select([unknown, gap | homes], ["unknown", "unreached"], "reached")
    found["basis"] = np.where(homes, "homes", "middle")
    return found.drop(columns=["surveyed", "surveyed_lost"])


def _with_way(found: gpd.GeoDataFrame, around: Surroundings, crs: CRS, bounds: Bounds) -> gpd.GeoDataFrame:
    told = describe(
        geo.coordinates(found, crs), crs, around, grid_power=list(found["grid_power"]), bounds=bounds
    ).set_axis(found.index)
    obstacles, not_checked = codes_of(in_the_way(told, bounds))
    open_ = found["reach"] == "unreached"
    nothing = pd.Series([()] * len(found), index=found.index, dtype=object)
    found = found.drop(columns="grid_power").join(told)
    return found.assign(
        obstacles=obstacles.where(open_, nothing),
        not_checked=not_checked.where(open_, nothing),
        bodies=bodies_of(obstacles).where(open_, nothing),
    )


def _ordered(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    found = found.reset_index(drop=True)  # its labels may repeat, or bear the name of a column
    place = found["reach"].map({"unreached": 0, "unknown": 1, "reached": 2}).astype(int)
    order = found.assign(
        _code=found["commune_code"].astype(object).where(found["commune_code"].notna(), "~"),
        _reach=place,
        _lost=-found["unconnected"].fillna(-1.0),
    ).sort_values(["_code", "_reach", "_lost", "kind", "point_id"])
    columns = [name for name in found if name != found.geometry.name]
    return found.loc[order.index, [*columns, found.geometry.name]].reset_index(drop=True)


def _empty() -> gpd.GeoDataFrame:
    columns = ("point_id", "kind", "name", "commune_code", "commune", "reach", "basis", "state", "p_usable", "learners")
    more = ("unconnected", "nearest_sample_m", "obstacles", "not_checked", "bodies")
    return gpd.GeoDataFrame({name: [] for name in (*columns, *more)}, geometry=[], crs=geo.WGS84)
