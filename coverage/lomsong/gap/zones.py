"""Gap zones: where homes without signal lie together, what they hold and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from sklearn.cluster import DBSCAN

from lomsong import geo
from lomsong.errors import DataError, UsageError
from lomsong.gap.learners import UnconnectedDraws
from lomsong.gap.obstacles import (
    FOREST_CLASSES,
    GRID_POWER,
    OBSTACLES,
    Bounds,
    Surroundings,
    codes_of,
    describe,
    forest_class_of,
    forest_shares,
    in_the_way,
    operators_of,
    served_km,
    share_held,
)
from lomsong.gap.outline import LEAST_SHOWN, centres, outlines, squares_at
from lomsong.gap.service import over_operators, side_by_side
from lomsong.tables import COMMUNES, HAMLETS, HOUSEHOLDS, SERVICE
from lomsong.texts import fault

HAMLET_SHARE = 0.1
"""A hamlet gives its name to a zone when at least this share of the zone's unconnected learners live in it."""

MOST_HAMLETS = 3
"""Most hamlets in the name of a zone."""

INTERVAL = (0.05, 0.95)
"""Quantiles of the published interval."""

_PARTS = 1_000_000
"""Probabilities are taken to a millionth: sums of whole numbers do not depend on the order of the rows."""


@dataclass(frozen=True)
class Clustering:
    """What makes homes without signal one zone.

    Attributes
    ----------
    link_m
        Homes no farther apart lie together.
    least_learners
        Fewest expected unconnected learners of a zone, and around a home that binds others to it.
    square_m
        Side of the squares that homes are gathered in first.
    gap_share
        A square belongs to a zone only where at least this share of its learners is expected to be unconnected.

    Raises
    ------
    UsageError
        When ``least_learners`` lies below :data:`LEAST_SHOWN`, or a length or share cannot be.
    """

    link_m: float = 500.0
    least_learners: int = 5
    square_m: float = 100.0
    gap_share: float = 0.4

    def __post_init__(self) -> None:
        if self.least_learners < LEAST_SHOWN:
            raise fault(UsageError, "zones_least", value=self.least_learners, least=LEAST_SHOWN)
        if not (0 < self.square_m <= self.link_m and 0 < self.gap_share <= 1):
            raise fault(
                UsageError, "zones_clustering", link=f"{self.link_m:g}", square=f"{self.square_m:g}",
                share=f"{self.gap_share:g}",
            )  # fmt: skip


def zone_of_households(
    households: gpd.GeoDataFrame, at_home: pd.DataFrame, crs: CRS, clustering: Clustering | None = None
) -> pd.Series:
    """Tell which zone each home belongs to.

    Homes are gathered in squares. Where enough of a square's learners are expected to be without signal, it is a point
    of that many unconnected learners for DBSCAN (Ester, Kriegel, Sander, Xu 1996): squares with at least
    ``least_learners`` within ``link_m`` bind all within ``link_m``. So a string of lone houses does not tie two hamlets
    together, and a home more in one commune changes no zone in another. An unsurveyed home is no proof of a gap: it
    makes no zone, but belongs to the one whose square it stands in.

    Parameters
    ----------
    households
        Table ``households``.
    at_home
        Columns p_usable and state of any operator, on the index of ``households``, see
        :func:`~lomsong.gap.service.over_operators`.
    crs
        Metric.
    clustering
        What makes a zone.

    Returns
    -------
    Number of the zone from 0, the one with most unconnected learners first and among equals the northern, then the
    eastern; -1 outside all zones. On the index of ``households``; it does not depend on the order of rows.

    Raises
    ------
    ColumnError
        When ``households`` is not what it should be.
    DataError
        When ``at_home`` has other rows.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J., Xu, X. (1996), A density-based algorithm for discovering clusters in large
    spatial databases with noise, KDD-96, 226-231.
    """
    HOUSEHOLDS.check(households, "households")
    _require_same_rows(households, at_home)
    clustering = clustering or Clustering()
    square = squares_at(geo.coordinates(households, crs), clustering.square_m)
    cells, cell_of = np.unique(square, return_inverse=True)
    learners = households["learners"].to_numpy(np.int64)
    surveyed = (at_home["state"] != "unsurveyed").to_numpy()
    gone = _gone(at_home["p_usable"].to_numpy(float)) * surveyed
    known = np.bincount(cell_of, learners * surveyed, len(cells))
    lost = np.bincount(cell_of, learners * gone, len(cells)).astype(float)
    gaps = np.flatnonzero((lost > 0) & (lost >= clustering.gap_share * known * _PARTS))
    zone = np.full(len(cells), -1)
    if gaps.size:
        zone[gaps] = _clustered(cells[gaps], lost[gaps], clustering)
    return pd.Series(zone[cell_of], index=households.index, name="zone")


def _clustered(cells: NDArray[np.int64], lost: NDArray[np.float64], clustering: Clustering) -> NDArray[np.int64]:
    """Return the zone of each square, the greatest first."""
    centre = centres(cells, clustering.square_m)
    found = DBSCAN(eps=clustering.link_m, min_samples=clustering.least_learners, algorithm="kd_tree")
    label = found.fit_predict(centre, sample_weight=lost / _PARTS).astype(np.int64)
    inside = label >= 0
    count = int(label.max(initial=-1)) + 1
    total = np.bincount(label[inside], lost[inside], count)
    squares = np.maximum(np.bincount(label[inside], minlength=count), 1)
    east, north = (np.bincount(label[inside], centre[inside, axis], count) / squares for axis in (0, 1))
    order = np.lexsort((-east, -north, -total))
    order = order[total[order] >= clustering.least_learners * _PARTS]
    number = np.full(count + 1, -1)
    number[order] = np.arange(len(order))
    return number[label]


def gap_zones(
    households: gpd.GeoDataFrame,
    at_home: pd.DataFrame,
    service: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    around: Surroundings,
    crs: CRS,
    *,
    hamlets: gpd.GeoDataFrame | None = None,
    schools: gpd.GeoDataFrame | None = None,
    clustering: Clustering | None = None,
    bounds: Bounds | None = None,
    members: pd.Series | None = None,
    draws: UnconnectedDraws | None = None,
) -> gpd.GeoDataFrame:
    """Outline the gap zones and tell what they hold and what stands in the way.

    Parameters
    ----------
    households, at_home, crs, clustering
        As for :func:`zone_of_households`.
    service
        Table ``service`` of households and schools.
    communes
        Table ``communes``.
    around
        Layers that tell what stands in the way.
    hamlets, schools
        Tables of those names: names and grid power; schools inside.
    bounds
        From where on something is in the way; None: as :class:`~lomsong.gap.obstacles.Bounds` has it, with the reach of
        sites that the connected homes tell (:func:`~lomsong.gap.obstacles.served_km`).
    members
        What :func:`zone_of_households` returned, if it was called before.
    draws
        Jointly drawn unconnected learners of each zone: adds their 5 % and 95 % quantiles.

    Returns
    -------
    GeoDataFrame in EPSG:4326, one row a zone, the most unconnected first: zone_id, name (hamlets and commune),
    commune_code and commune (where most of its unconnected learners live), hamlets (tuple of identifiers), learners,
    unconnected (expected, the unsurveyed of its squares included; unconnected_low and _high with ``draws``),
    unsurveyed, households, unconnected_<operator>, schools, schools_without_signal, grid_power (that of most learners),
    learners_grid_yes, _no and _unknown, grid_km and road_km (half of its learners live no farther from a line or road),
    forest_class and special_use_share (of its area), site_id_<operator> (nearest to most unconnected learners),
    site_km_<operator> (half of the learners live no farther from it), seen_share_<operator> (learners to whom the
    terrain hides not all near sites), obstacles and not_checked (tuples of codes; one holds where it does for half of
    the unconnected learners, ``reserve`` where special-use forest is the zone's class), geometry.

    ``attrs`` hold the unconnected learners ``in_zones``, ``outside_zones`` and their ``bounds``.

    Raises
    ------
    ColumnError, CrsError
        When a table or layer is not what it should be.
    DataError
        When ``at_home`` has other rows, or ``draws`` other areas than the zones.
    """
    SERVICE.check(service, "service")
    COMMUNES.check(communes, "communes")
    clustering = clustering or Clustering()
    members = zone_of_households(households, at_home, crs, clustering) if members is None else members
    _require_same_rows(households, members)
    homes = _homes_of(households, at_home, service, communes, members, hamlets)
    inside = members.to_numpy() >= 0
    squares = _squares_of(homes, geo.coordinates(households[inside], crs), clustering.square_m)
    shapes = outlines(squares.zone, squares.cell, squares.learners, clustering.square_m, clustering.link_m)
    if bounds is None:
        bounds = _bounds_of(households, at_home, crs, clustering.square_m, around)
    parts = [_names(homes, communes, hamlets), _counts(homes)]
    if draws is not None:
        parts.append(_intervals(draws, len(shapes), parts[1]["unconnected"]))
    if schools is not None:
        parts.append(_schools_in(shapes, schools, service, crs))
    parts += [_grid_power(homes), _way(squares, shapes, around, bounds, crs)]
    table = pd.concat(parts, axis=1)
    table.insert(0, "zone_id", zone_ids(len(table)))
    zones = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).to_crs(geo.WGS84)
    lost = _gone(at_home["p_usable"].to_numpy(float)) * households["learners"].to_numpy(np.int64)
    zones.attrs.update(
        in_zones=float(lost[inside].sum() / _PARTS), outside_zones=float(lost[~inside].sum() / _PARTS), bounds=bounds
    )
    return zones


def homes_in_zones(households: pd.DataFrame, at_home: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Return the homes that lie in zones, to be summed by hamlet; not for publication.

    Parameters
    ----------
    households, at_home, members
        As for :func:`gap_zones`.

    Returns
    -------
    Frame ``zone`` (row in the zones), ``hamlet_id`` (None where unknown), ``learners`` and expected ``unconnected``.
    """
    _require_same_rows(households, members)
    inside = members.to_numpy() >= 0
    learners = households["learners"].to_numpy(np.int64)[inside]
    return pd.DataFrame(
        {
            "zone": members.to_numpy()[inside],
            "hamlet_id": households["hamlet_id"].to_numpy()[inside] if "hamlet_id" in households else None,
            "learners": learners,
            "unconnected": learners * _gone(at_home["p_usable"].to_numpy(float)[inside]) / _PARTS,
        }
    )


def zone_ids(count: int) -> tuple[str, ...]:
    """Return the identifiers of so many zones, in their order.

    Examples
    --------
    >>> zone_ids(2)
    ('Z0001', 'Z0002')
    """
    return tuple(f"Z{number:04d}" for number in range(1, count + 1))


def _require_same_rows(households: pd.DataFrame, other: pd.DataFrame | pd.Series) -> None:
    if not other.index.equals(households.index):
        raise fault(DataError, "zones_rows", given=len(other), wanted=len(households))


def _gone(p_usable: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the probability of being without signal in millionths; a missing one counts as without, as ranks do."""
    return np.rint((1 - np.nan_to_num(p_usable)) * _PARTS).astype(np.int64)


def _homes_of(
    households: gpd.GeoDataFrame,
    at_home: pd.DataFrame,
    service: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    members: pd.Series,
    hamlets: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return the homes in zones, with what they lose in millionths of learners: any operator, and each."""
    inside = members.to_numpy() >= 0
    some = households[inside]
    learners = some["learners"].to_numpy(np.int64)
    frame = pd.DataFrame({"zone": members.to_numpy()[inside], "learners": learners})
    frame["lost"] = learners * _gone(at_home["p_usable"].to_numpy(float)[inside])
    frame["unsurveyed"] = learners * (at_home["state"].to_numpy()[inside] == "unsurveyed")
    operators, p_each, _ = side_by_side(service, some["household_id"])
    for operator, p in zip(operators, p_each.T, strict=True):
        frame[f"lost_{operator}"] = learners * _gone(p)
    frame["commune_code"] = geo.join_communes(some, communes).to_numpy()
    frame["hamlet_id"] = some["hamlet_id"].to_numpy() if "hamlet_id" in some else None
    frame["grid_power"] = "unknown"
    if hamlets is not None and len(hamlets):
        HAMLETS.check(hamlets, "hamlets")
        known = hamlets.drop_duplicates("hamlet_id").set_index("hamlet_id")
        frame["hamlet_id"] = frame["hamlet_id"].where(frame["hamlet_id"].isin(known.index))
        frame["grid_power"] = frame["hamlet_id"].map(known["grid_power"]).fillna("unknown").astype(object)
    return frame


@dataclass(frozen=True)
class _Squares:
    """Squares of zones: zone, number and learners, what they lose in millionths, share of learners by grid power."""

    zone: NDArray[np.int64]
    cell: NDArray[np.int64]
    learners: NDArray[np.float64]
    lost: NDArray[np.float64]
    grid_power: NDArray[np.object_]
    centre: NDArray[np.float64]


def _squares_of(homes: pd.DataFrame, at: NDArray[np.float64], side_m: float) -> _Squares:
    cells, cell_of = np.unique(squares_at(at, side_m), return_inverse=True)
    zone = np.zeros(len(cells), np.int64)
    zone[cell_of] = homes["zone"]
    sums = [np.bincount(cell_of, homes[name], len(cells)).astype(float) for name in ("learners", "lost")]
    by_power = np.stack(
        [np.bincount(cell_of, homes["learners"] * (homes["grid_power"] == power), len(cells)) for power in GRID_POWER]
    )
    power = np.asarray(GRID_POWER, dtype=object)[by_power.argmax(axis=0)] if len(cells) else np.array([], object)
    order = np.lexsort((cells, zone))
    return _Squares(
        zone[order], cells[order], sums[0][order], sums[1][order], power[order], centres(cells, side_m)[order]
    )


def _names(homes: pd.DataFrame, communes: gpd.GeoDataFrame, hamlets: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return name, commune and hamlets of each zone; zones of one name are numbered."""
    count = int(homes["zone"].max()) + 1 if len(homes) else 0
    commune_name = communes.drop_duplicates("commune_code").set_index("commune_code")["name"]
    by_commune = _leading(homes, "commune_code")
    main = by_commune.groupby("zone")["commune_code"].first().reindex(range(count))
    rows = pd.DataFrame({"commune_code": main, "commune": main.map(commune_name)})
    by_hamlet = _leading(homes, "hamlet_id")
    share = by_hamlet["lost"] / by_hamlet["zone"].map(homes.groupby("zone")["lost"].sum())
    by_hamlet = by_hamlet[(share >= HAMLET_SHARE) & (by_hamlet.groupby("zone").cumcount() < MOST_HAMLETS)]
    rows["hamlets"] = by_hamlet.groupby("zone")["hamlet_id"].agg(tuple).reindex(range(count))
    rows["hamlets"] = rows["hamlets"].map(lambda codes: codes if isinstance(codes, tuple) else ())
    known: dict[object, tuple[object, object]] = {}
    if hamlets is not None and len(hamlets):
        place = hamlets.drop_duplicates("hamlet_id").assign(commune_code=geo.join_communes(hamlets, communes))
        place = place.dropna(subset="name")
        known = dict(zip(place["hamlet_id"], zip(place["name"], place["commune_code"], strict=True), strict=True))
    named = commune_name.to_dict()
    plain = pd.Series(
        [_name(codes, code, known, named) for codes, code in zip(rows["hamlets"], main, strict=True)],
        index=rows.index, dtype=object,
    )  # fmt: skip
    nth = plain.groupby(plain).cumcount() + 1
    rows.insert(0, "name", plain.where(nth == 1, plain + " (" + nth.astype(str) + ")"))
    return rows


def _name(
    hamlets: tuple[str, ...],
    commune_code: object,
    known: Mapping[object, tuple[object, object]],
    commune_name: Mapping[object, object],
) -> str:
    """Return «Ấp 1, Ấp 2 – Mã Đà»: hamlets of each commune together, the communes in the order of what they lose."""
    groups: dict[object, list[str]] = {}
    for name, code in (known[hamlet] for hamlet in hamlets if hamlet in known):
        groups.setdefault(code, []).append(str(name))
    named = [
        ", ".join(sorted(names, key=_natural)) + (f" – {commune_name[code]}" if code in commune_name else "")
        for code, names in groups.items()
    ]
    if named:
        return "; ".join(named)
    return str(commune_name.get(commune_code, "–"))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort «Ấp 10» behind «Ấp 2»."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _leading(homes: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return zone, ``by`` and what is lost, in each zone the most first; homes without ``by`` are left out."""
    lost = homes.groupby(["zone", by])["lost"].sum().reset_index()
    return lost.sort_values(["zone", "lost", by], ascending=[True, False, True], ignore_index=True)


def _counts(homes: pd.DataFrame) -> pd.DataFrame:
    grouped = homes.groupby("zone")
    table = grouped[["learners"]].sum()
    table["unconnected"] = grouped["lost"].sum() / _PARTS
    table["unsurveyed"] = grouped["unsurveyed"].sum()
    table["households"] = grouped.size()
    for name in homes.filter(like="lost_"):
        table[name.replace("lost_", "unconnected_")] = grouped[name].sum() / _PARTS
    return table


def _intervals(draws: UnconnectedDraws, count: int, expected: pd.Series) -> pd.DataFrame:
    if draws.codes != zone_ids(count):
        raise fault(DataError, "zones_draws", given=len(draws.codes), wanted=count)
    low, high = np.quantile(draws.any, INTERVAL, axis=1)
    bounds = {"unconnected_low": np.minimum(low, expected), "unconnected_high": np.maximum(high, expected)}
    return pd.DataFrame(bounds, index=expected.index)


def _schools_in(
    shapes: NDArray[np.object_], schools: gpd.GeoDataFrame, service: pd.DataFrame, crs: CRS
) -> pd.DataFrame:
    zones = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    school, zone = geo.containing(schools, zones)
    state = over_operators(service, schools["school_id"])["state"]
    without = state.isin(["weak", "none"]).to_numpy()[school]
    return pd.DataFrame(
        {
            "schools": np.bincount(zone, minlength=len(shapes)),
            "schools_without_signal": np.bincount(zone[without], minlength=len(shapes)),
        }
    )


def _grid_power(homes: pd.DataFrame) -> pd.DataFrame:
    learners = homes.pivot_table(index="zone", columns="grid_power", values="learners", aggfunc="sum", fill_value=0)
    learners = learners.reindex(columns=list(GRID_POWER), fill_value=0)
    most = learners.to_numpy().argmax(axis=1) if len(learners) else np.zeros(0, int)
    table = learners.add_prefix("learners_grid_").astype(np.int64).rename_axis(columns=None)
    table.insert(0, "grid_power", np.asarray(GRID_POWER, dtype=object)[most])
    return table


def _bounds_of(
    households: gpd.GeoDataFrame, at_home: pd.DataFrame, crs: CRS, square_m: float, around: Surroundings
) -> Bounds:
    cells, cell_of = np.unique(squares_at(geo.coordinates(households, crs), square_m), return_inverse=True)
    connected = households["learners"].to_numpy(float) * (at_home["state"] == "usable").to_numpy()
    reach = served_km(
        centres(cells, square_m), crs, np.bincount(cell_of, connected, len(cells)).astype(float), around.sites
    )
    return Bounds() if reach is None else replace(Bounds(), site_km=reach)


def _way(
    squares: _Squares, shapes: NDArray[np.object_], around: Surroundings, bounds: Bounds, crs: CRS
) -> pd.DataFrame:  # fmt: skip
    """Return distances, forest, sites and obstacles of each zone."""
    count, zone = len(shapes), squares.zone
    told = describe(squares.centre, crs, around, grid_power=list(squares.grid_power), bounds=bounds)
    held = in_the_way(told, bounds)
    table = pd.DataFrame(index=range(count))
    for name in ("grid_km", "road_km"):
        table[name] = _halfway(told[name].to_numpy(), squares.learners, zone, count)
    shares = forest_shares(shapes, around.forest, crs)
    table["forest_class"] = forest_class_of(shares)
    table["special_use_share"] = shares[FOREST_CLASSES[0]].to_numpy()
    for operator in operators_of(told):
        hidden_db = told[f"hidden_db_{operator}"]
        seen = np.where(hidden_db.notna(), hidden_db < bounds.ridge_db, np.nan)
        site = pd.DataFrame({"zone": zone, "site": told[f"site_id_{operator}"], "lost": squares.lost})
        table[f"site_id_{operator}"] = _leading(site, "site").groupby("zone")["site"].first().reindex(range(count))
        table[f"site_km_{operator}"] = _halfway(told[f"site_km_{operator}"].to_numpy(), squares.learners, zone, count)
        table[f"seen_share_{operator}"] = share_held(seen, squares.learners, zone, count)
    share = pd.DataFrame({code: share_held(held[code].to_numpy(), squares.lost, zone, count) for code in OBSTACLES})
    share["reserve"] = np.where(
        table["forest_class"].isna(), np.nan, (table["forest_class"] == FOREST_CLASSES[0]).astype(float)
    )
    table["obstacles"], table["not_checked"] = codes_of(share)
    return table


def _halfway(
    values: NDArray[np.float64], weight: NDArray[np.float64], zone: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return in each zone the least value that half of the weight does not exceed; NaN where values are missing."""
    order = np.lexsort((values, zone))
    held = np.cumsum(weight[order])
    ends = np.searchsorted(zone[order], np.arange(count + 1))
    before = np.r_[0.0, held][ends]
    wanted = before[:-1] + np.diff(before) / 2
    return values[order][np.searchsorted(held, wanted)] if count else np.zeros(0)
