"""Proposed towers, and whom any choice of them connects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lomsong.publish.map.content import MapContent
from lomsong.publish.map.values import places, plain
from lomsong.publish.privacy import published_plan, published_towers

TOWER = (
    "candidate_id", "commune_code", "order", "cumulative", "height_m", "ground_m", "forest_class", "road_km", "grid_km",
    "power", "backhaul", "backhaul_target", "backhaul_via", "backhaul_hop_km", "operator", "frequency_mhz",
    "azimuths_deg", "capital", "year", "hamlets", "schools",
)  # fmt: skip
"""What the card of a tower tells, besides its counts."""

_COUNTS = ("learners_gained", "learners_reached")

_LEAST_REACHED = 1.0
"""Expected learners whom the towers connect in a cell, from which it is drawn as reached."""

_DECIMALS = 5

_Orders = tuple[int, ...]


def towers(content: MapContent) -> list[dict[str, Any]]:
    """Return the proposed towers in their order."""
    if content.towers is None or content.towers.empty:
        return []
    published = published_towers(content.towers, content.suppress_below).sort_values("order")
    return places(published, TOWER, _COUNTS, content.suppress_below)


def account(content: MapContent) -> dict[str, Any]:
    """Return what is told of the plan as a whole."""
    plan = published_plan(content.plan, content.towers, content.suppress_below)
    return {key: plain(value) for key, value in plan.items()}


def reach(content: MapContent) -> dict[str, Any] | None:
    """Return whom any choice of towers connects.

    Returns
    -------
    ``sums``: pairs of towers and the expected learners whom just these reach, from which the page adds up any choice;
    sums too small to publish stand with the largest that shares a tower with them. ``cells``: latitude, longitude and
    the towers that reach at least half of those whom any reaches there, for the cells of several learners. ``tens``:
    whether totals are told in tens, as that of the plan is where a gain is hidden. ``less``: whether learners are left
    out of the sums, so that what a choice adds up to is the least that it connects.
    """
    if content.served is None or content.served.empty or content.towers is None:
        return None
    sums: dict[_Orders, float] = defaultdict(float)
    for orders, learners in zip(content.served["towers"], content.served["learners"], strict=True):
        sums[tuple(sorted(int(order) for order in orders))] += float(learners)
    pooled = _pooled(sums, content.suppress_below)
    return {
        "sums": [[list(orders), round(learners, 1)] for orders, learners in sorted(pooled.items())],
        "cells": _cells(content.served, content.learners),
        "tens": account(content).get("objective") != plain(content.plan.get("objective")),
        "less": sum(sums.values()) - sum(pooled.values()) >= 1,
    }


def _pooled(sums: Mapping[_Orders, float], below: int) -> dict[_Orders, float]:
    """Add sums under ``below`` to the largest that shares a tower; what shares none is left out."""
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    pooled = {orders: learners for orders, learners in ordered if learners >= below}
    for orders, learners in ordered:
        if orders not in pooled:
            host = next((other for other in pooled if set(other) & set(orders)), None)
            if host is not None:
                pooled[host] += learners
    return pooled


def _cells(served: gpd.GeoDataFrame, cells: gpd.GeoDataFrame | None) -> list[list[Any]]:
    if cells is None or cells.empty:
        return []
    crs = served.estimate_utm_crs()
    at, centres = (
        np.column_stack([points.x, points.y]) for points in (f.geometry.to_crs(crs) for f in (served, cells))
    )
    away, cell = cKDTree(centres).query(at)
    inside = away <= cells["cell_m"].to_numpy()[cell] * np.sqrt(0.5)
    each = pd.DataFrame({"cell": cell, "learners": served["learners"].to_numpy(float), "towers": served["towers"]})
    each = each[inside]
    all_of = each.groupby("cell")["learners"].sum()
    by_tower = each.explode("towers").groupby(["cell", "towers"])["learners"].sum()
    degrees = cells.geometry.to_crs(4326)
    drawn = []
    for row in all_of.index[all_of >= _LEAST_REACHED]:
        reaching = by_tower.loc[row]
        orders = [int(order) for order in reaching.index[reaching >= all_of[row] / 2]]
        if orders:
            point = degrees.iloc[row]
            drawn.append([round(float(point.y), _DECIMALS), round(float(point.x), _DECIMALS), orders])
    return drawn
