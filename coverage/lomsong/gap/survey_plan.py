"""Where to measure next, so that the order of the communes settles soonest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from lomsong.errors import DataError, UsageError
from lomsong.gap.drive import Drive, day_drive
from lomsong.gap.information import LEAST_WORTH, Fields, Outlook, demand_of, rank_gradient, ranks_of
from lomsong.gap.route import RoadGraph, road_graph, straight_graph
from lomsong.geo import WGS84, containing, coordinates, join_communes, require_crs
from lomsong.surface import CoverageSurface, Shared, shared_shadowing
from lomsong.tables import COMMUNES, HOUSEHOLDS
from lomsong.texts import fault

SQUARE_M = 250.0
"""Households of one square of this side, and of one commune, stand together."""

WIDE_M = 8 * SQUARE_M
"""Without roads and hamlets lines join the middles of squares of this side in which learners live."""

SETTLED = 1e-3
"""A piece that takes less than this share of the uncertainty of all ranks is not worth a drive."""

BEST_PIECES = 1_000
"""Pieces that are looked at to find a start."""

START_REACH = 0.1
"""Worth fades with the distance from a start by a factor of e each so many of the day's kilometres."""

FAR_M = 100_000.0
"""A start farther from any road is a slip of the pen."""

NEAR_M = 3_000.0
"""A hamlet farther away does not name a stretch of road."""


@dataclass(frozen=True)
class SurveyPlan:
    """Drives that settle the order of the communes, and what they are expected to bring.

    Attributes
    ----------
    segments
        Stretches in the order in which they are driven, EPSG:4326: order, day, kind (measure, or transfer: driven
        again or without worth), km, cumulative_km (of the day), commune_code, commune, hamlet (the nearest to its end),
        road, gain (expected fall of the sum of the variances of ranks, in ranks²; of one commune alone, of the variance
        of its total), share (of the uncertainty there is now), settles_code, settles (the commune whose total it
        settles most), LineString.
    stops
        Start of each day and the end of each stretch to be measured, EPSG:4326: order (of the stretch, 0 of a start),
        day, name, commune, km, kind (start, stop), Point.
    curve
        After each step of the choice: day, km (driven up to then), left (share of the uncertainty).
    communes
        commune_code, name, unconnected, sd_now, sd_after (learners), rank_sd_now: what is expected of each.
    reason
        Empty, or why nothing is planned: ``settled``, ``no_learners``, ``no_way``, ``budget``.
    start
        Longitude and latitude where each day begins; None where nothing is planned.
    straight
        Whether no road is known and lines are straight between places.
    """

    segments: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    curve: pd.DataFrame
    communes: pd.DataFrame
    reason: str = ""
    start: tuple[float, float] | None = None
    straight: bool = False

    @property
    def km(self) -> float:
        """Kilometres driven on all days."""
        return float(self.segments["km"].sum())


def plan_survey(
    surfaces: Mapping[str, CoverageSurface],
    households: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame | None = None,
    *,
    usable_dbm: float,
    km: float = 60.0,
    days: int = 1,
    start: tuple[float, float] | None = None,
    returns: bool = True,
    hamlets: gpd.GeoDataFrame | None = None,
    first: int = 0,
    piece_m: float = 500.0,
    n: int = 400,
    seed: int = 2021,
    shared: Shared | None = None,
) -> SurveyPlan:
    """Plan drives along the pieces of road whose measurement settles the order of the communes soonest.

    All operators are measured on one drive. It grows by the stretches that together bring most for each kilometre
    more, what they share counted once; parts of it are then given up and grown anew while that brings more.

    Parameters
    ----------
    surfaces
        Fitted field of each operator.
    households, communes
        The tables of those names. Learners outside all communes have no part in the ranking and none here.
    roads
        Lines; without them, or without any, lines are straight between hamlets, or between squares of learners.
    usable_dbm
        Threshold of the service.
    km
        Kilometres to drive each day, the way back included.
    days
        How many days.
    start
        Longitude and latitude from which each day starts, moved to the nearest road; None: the place of learners around
        which the roads have most to tell.
    returns
        Whether each day ends where it began.
    hamlets
        The table of that name: names for the stops.
    first
        Weigh each commune's rank by how uncertain it is whether it is among so many first; 0: all alike.
    piece_m
        Greatest length of the pieces of road between which is chosen.
    n, seed
        Joint draws, and their seed.
    shared
        What the operators' fields have in common; None: estimated from them.

    Raises
    ------
    ColumnError
        When a table is not what it should be.
    DataError
        When there is no field, or a number is out of its limits.
    UsageError
        When the start lies more than 100 km from any road.
    """
    _require(surfaces, km, days, piece_m, n)
    HOUSEHOLDS.check(households, "households")
    COMMUNES.check(communes, "communes")
    crs = next(iter(surfaces.values())).crs_
    fields = Fields(surfaces, shared or shared_shadowing(surfaces), n, seed)
    at, learners, commune = _squares(households, communes, crs)
    table = communes[["commune_code", "name"]].reset_index(drop=True)
    if not len(at):
        return _nothing("no_learners", table)
    demand = demand_of(fields, at, learners, commune, len(table), usable_dbm)
    graph, straight = _graph(roads, hamlets, at, piece_m, crs)
    weight, uncertainty, rank_sd = _aims(demand.totals, first)
    table = table.assign(unconnected=demand.totals.mean(axis=1), sd_now=demand.totals.std(axis=1), rank_sd_now=rank_sd)
    reason = "" if uncertainty > 0 and len(demand.at) else "settled"
    if reason or not len(graph.ends):
        return _nothing(reason or "no_way", table.assign(sd_after=table["sd_now"]), straight)
    outlook = Outlook.of(fields, demand, graph, np.arange(len(graph.ends)), weight)
    middle = _commune_of(graph, communes, crs)
    begin = _start(graph, start, at, outlook.worth(), km, crs)
    outlook = _considered(outlook, graph, begin, uncertainty)
    if not len(outlook.piece):
        return _nothing("settled", table.assign(sd_after=table["sd_now"]), straight)
    chosen = _choose(graph, outlook, begin, km, days, returns, uncertainty, seed)
    after = np.sqrt(np.maximum(table["sd_now"].to_numpy() ** 2 - chosen.lowered, 0.0))
    table = table.assign(sd_after=after)
    if not any(drive.stops for drive in chosen.drives):
        return _nothing("budget", table, straight)
    return _told(chosen, graph, table, middle, hamlets, roads, crs, uncertainty, begin, straight)


@dataclass(frozen=True)
class _Chosen:
    drives: list[Drive]
    curve: pd.DataFrame
    gain: NDArray[np.float64]
    """Of each piece of the graph, ranks²."""
    settles: NDArray[np.int64]
    """Row of the commune that each piece settles most; -1: none."""
    lowered: NDArray[np.float64]


def _require(surfaces: Mapping[str, CoverageSurface], km: float, days: int, piece_m: float, n: int) -> None:
    if not surfaces:
        raise fault(DataError, "drive_no_field")
    for name, value, low, high in (
        ("km", km, 0.1, 100_000), ("days", days, 1, 365), ("piece_m", piece_m, 50, 20_000), ("n", n, 50, 5_000),
    ):  # fmt: skip
        if not low <= value <= high:
            raise fault(DataError, "drive_outside", name=name, value=value, low=f"{low:g}", high=f"{high:g}")


def _squares(
    households: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, crs: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Gather learners by square and commune: mean place, learners, row of the commune."""
    rows = {code: row for row, code in enumerate(communes["commune_code"])}
    frame = pd.DataFrame(coordinates(households, crs), columns=["easting_m", "northing_m"])
    frame["learners"] = households["learners"].to_numpy(float)
    frame["commune"] = join_communes(households, communes).map(rows).fillna(-1).to_numpy(dtype=np.int64)
    frame = frame[(frame["commune"] >= 0) & (frame["learners"] > 0)]
    for name in ("easting_m", "northing_m"):
        frame[f"square_{name}"] = np.floor(frame[name] / SQUARE_M).astype(np.int64)
        frame[name] *= frame["learners"]
    keys = ["commune", "square_easting_m", "square_northing_m"]
    sums = frame.groupby(keys, sort=True)[["easting_m", "northing_m", "learners"]].sum().reset_index()
    learners = sums["learners"].to_numpy()
    at = sums[["easting_m", "northing_m"]].to_numpy() / learners[:, None]
    return at, learners, sums["commune"].to_numpy()


def _graph(
    roads: gpd.GeoDataFrame | None,
    hamlets: gpd.GeoDataFrame | None,
    at: NDArray[np.float64],
    piece_m: float,
    crs: CRS,
) -> tuple[RoadGraph, bool]:
    if roads is not None and len(roads):
        require_crs(roads, "roads")
        graph = road_graph(roads.geometry.to_crs(crs), piece_m)
        if len(graph.ends):
            return graph, False
    if hamlets is not None and len(hamlets):
        return straight_graph(coordinates(hamlets.set_geometry(hamlets.to_crs(crs).centroid), crs), piece_m), True
    # The middles of wide squares: a mean of learners may be the home of one household, and the drive is handed on.
    return straight_graph((np.unique(np.floor(at / WIDE_M), axis=0) + 0.5) * WIDE_M, piece_m), True


def _aims(totals: NDArray[np.float64], first: int) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Return the weighted gradient of the ranks, the sum of their weighted variances, their standard deviations."""
    count = len(totals)
    if count == 1:
        return np.ones((1, 1)), float(totals.var()), np.zeros(1)
    ranks = ranks_of(totals)
    variance = ranks.var(axis=1)
    among = (ranks <= first).mean(axis=1)
    weight = 4 * among * (1 - among) if 0 < first < count else np.ones(count)
    return np.sqrt(weight)[:, None] * rank_gradient(totals), float(weight @ variance), np.sqrt(variance)


def _commune_of(graph: RoadGraph, communes: gpd.GeoDataFrame, crs: CRS) -> NDArray[np.int64]:
    """Return the row of the commune in which the middle of each piece lies, -1 for none."""
    point, polygon = containing(gpd.GeoSeries.from_xy(*graph.along(0.5).T, crs=crs), communes)
    commune = np.full(len(graph.ends), -1)
    commune[point[::-1]] = polygon[::-1]
    return commune


def _start(
    graph: RoadGraph,
    start: tuple[float, float] | None,
    at: NDArray[np.float64],
    worth: NDArray[np.float64],
    km: float,
    crs: CRS,
) -> int:
    """Return the node at which to start: the one asked for, else the square of learners with most worth around it."""
    if start is not None:
        place = coordinates(gpd.GeoSeries.from_xy([start[0]], [start[1]], crs=WGS84), crs)[0]
        away_m = np.hypot(*(graph.nodes - place).T)
        node = int(np.argmin(away_m))
        if not away_m[node] <= FAR_M:  # nor where the place is nowhere in that system
            shown = {"value": f"{start[1]:g},{start[0]:g}", "km": f"{away_m[node] / 1000:.0f}"}
            raise fault(UsageError, "drive_far", **shown, limit=f"{FAR_M / 1000:g}")
        return node
    best = np.argsort(-worth, kind="stable")[:BEST_PIECES]
    around = cdist(at, graph.along(0.5)[best])
    return graph.nearest(at[int(np.argmax(np.exp(-around / (1000 * km * START_REACH)) @ worth[best]))])


def _considered(outlook: Outlook, graph: RoadGraph, begin: int, uncertainty: float) -> Outlook:
    """Return the outlook on the pieces that can be reached and are worth something."""
    reached = np.isfinite(graph.ways(begin).length_m[graph.ends[:, 0]])
    worth = np.where(reached, outlook.worth(), 0.0)
    reached &= (worth >= LEAST_WORTH * worth.max()) & (worth.max() >= SETTLED * uncertainty)
    return outlook.kept(np.flatnonzero(reached))


def _choose(
    graph: RoadGraph, outlook: Outlook, begin: int, km: float, days: int, returns: bool, uncertainty: float, seed: int
) -> _Chosen:
    """Choose the drive of each day, each knowing those before, and tell what they bring in the order of driving."""
    row_of = np.full(len(graph.ends), -1)
    row_of[outlook.piece] = np.arange(len(outlook.piece))
    gain, settles = np.zeros(len(graph.ends)), np.full(len(graph.ends), -1)
    lowered = np.zeros(outlook.weight.shape[1])
    drives, curve, spent_km, known = [], [(1, 0.0, 1.0)], 0.0, 0.0
    for day in range(1, days + 1):
        drive = day_drive(graph, begin, returns, km, outlook, LEAST_WORTH * SETTLED * uncertainty, seed + day)
        drives.append(drive)
        for piece, _, stop in drive.walked():
            spent_km += float(graph.length_m[piece]) / 1000
            if stop:
                rows = [int(row_of[piece])]
                gain[piece] = outlook.joint_worth(rows)
                fallen = outlook.measure(rows)
                settles[piece] = int(np.argmax(fallen)) if fallen.max() > 0 else -1
                lowered += fallen
                known += gain[piece]
                curve.append((day, spent_km, max(1 - known / uncertainty, 0.0)))
    return _Chosen(drives, pd.DataFrame(curve, columns=["day", "km", "left"]), gain, settles, lowered)


_SEGMENTS = ("order", "day", "kind", "km", "cumulative_km", "commune_code", "commune", "hamlet", "road", "gain",
             "share", "settles_code", "settles")  # fmt: skip
_STOPS = ("order", "day", "name", "commune", "km", "kind")


def _nothing(reason: str, table: pd.DataFrame, straight: bool = False) -> SurveyPlan:
    segments, stops = (
        gpd.GeoDataFrame({name: [] for name in names}, geometry=[], crs=WGS84) for names in (_SEGMENTS, _STOPS)
    )
    return SurveyPlan(segments, stops, pd.DataFrame({"day": [], "km": [], "left": []}), table, reason, None, straight)


def _told(
    chosen: _Chosen,
    graph: RoadGraph,
    table: pd.DataFrame,
    commune: NDArray[np.int64],
    hamlets: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    crs: CRS,
    uncertainty: float,
    begin: int,
    straight: bool,
) -> SurveyPlan:
    """Tell the drives stretch by stretch."""
    names = np.full(len(roads), "", object) if roads is not None else np.empty(0, object)
    if roads is not None and "name" in roads:
        names = roads["name"].fillna("").astype(str).to_numpy()
    of_road = np.array([names[row] if row >= 0 else "" for row in graph.road], dtype=object)
    steps = [(day, *step) for day, drive in enumerate(chosen.drives, start=1) for step in drive.walked()]
    frame = pd.DataFrame(steps, columns=["day", "piece", "way", "stop"])
    piece = frame["piece"].to_numpy()
    frame["row"], frame["road"] = commune[piece], of_road[piece]
    frame["kind"] = np.where(frame["stop"], "measure", "transfer")
    keys = ["day", "row", "road", "kind"]
    run = (frame[keys] != frame[keys].shift()).any(axis=1).cumsum()
    segments, ends = [], []
    for _, part in frame.groupby(run, sort=True):
        stretch = _stretch(part, chosen, graph, table)
        segments.append(stretch[0])
        ends.append(stretch[1])
    told = gpd.GeoDataFrame(segments, geometry=ends, crs=crs)
    told["order"] = np.arange(1, len(told) + 1)
    told["cumulative_km"] = told.groupby("day")["km"].cumsum()
    told["share"] = told["gain"] / uncertainty
    last = shapely.get_point(told.geometry.to_numpy(), -1)
    told["hamlet"] = _hamlets(shapely.get_coordinates(last), hamlets, crs)
    stops = _stops(told, last, graph.nodes[begin], hamlets, crs)
    home = gpd.GeoSeries.from_xy(*graph.nodes[[begin]].T, crs=crs).to_crs(WGS84)
    told = told[[*_SEGMENTS, "geometry"]].to_crs(WGS84)
    where = (float(home.x.iloc[0]), float(home.y.iloc[0]))
    return SurveyPlan(told, stops, chosen.curve, table, "", where, straight)


def _stretch(
    part: pd.DataFrame, chosen: _Chosen, graph: RoadGraph, table: pd.DataFrame
) -> tuple[dict[str, object], shapely.LineString]:
    pieces, ways = part["piece"].to_numpy(), part["way"].to_numpy()
    lines = [shapely.reverse(graph.lines[piece]) if way else graph.lines[piece] for piece, way in zip(
        pieces, ways, strict=True)]  # fmt: skip
    course = np.vstack([shapely.get_coordinates(line) for line in lines])
    course = course[np.concatenate([[True], (np.diff(course, axis=0) != 0).any(axis=1)])]
    measured = part["kind"].iloc[0] == "measure"
    gains = chosen.gain[pieces] if measured else np.zeros(len(pieces))
    best = int(chosen.settles[pieces[int(np.argmax(gains))]]) if measured else -1
    row = int(part["row"].iloc[0])
    return {
        "day": int(part["day"].iloc[0]),
        "kind": part["kind"].iloc[0],
        "km": float(graph.length_m[pieces].sum() / 1000),
        "commune_code": table["commune_code"].iloc[row] if row >= 0 else "",
        "commune": table["name"].iloc[row] if row >= 0 else "",
        "road": part["road"].iloc[0],
        "gain": float(gains.sum()),
        "settles_code": table["commune_code"].iloc[best] if best >= 0 else "",
        "settles": table["name"].iloc[best] if best >= 0 else "",
    }, shapely.LineString(course)


def _hamlets(at: NDArray[np.float64], hamlets: gpd.GeoDataFrame | None, crs: CRS) -> NDArray[np.object_]:
    """Return the name of the nearest hamlet within :data:`NEAR_M`, else an empty text, shape (n,)."""
    if hamlets is None or not len(hamlets):
        return np.full(len(at), "", dtype=object)
    away, row = cKDTree(shapely.get_coordinates(hamlets.to_crs(crs).centroid.to_numpy())).query(at)
    names = hamlets["name"].fillna("").astype(str).to_numpy(object)
    return np.where(away <= NEAR_M, names[row], "")


def _stops(
    told: gpd.GeoDataFrame,
    last: NDArray[np.object_],
    home: NDArray[np.float64],
    hamlets: gpd.GeoDataFrame | None,
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Return the start of each day and the end of each stretch to be measured."""
    at_home = str(_hamlets(home[None], hamlets, crs)[0])
    rows: list[tuple[int, int, str, str, float, str]] = []
    places = []
    for day, part in told.groupby("day", sort=True):
        first = part.iloc[0]
        rows.append((0, int(day), at_home, str(first["commune"]), 0.0, "start"))
        places.append(shapely.Point(home))
        for row, stretch in part[part["kind"] == "measure"].iterrows():
            where, km = (str(stretch["hamlet"]), str(stretch["commune"])), float(stretch["cumulative_km"])
            rows.append((int(stretch["order"]), int(day), *where, km, "stop"))
            places.append(last[row])
    return gpd.GeoDataFrame(rows, columns=list(_STOPS), geometry=places, crs=crs).to_crs(WGS84)
