"""What was found besides the ranking, as it may be published: zones, points, learners, sensitivity, claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from lomsong.gap.claims.check import ClaimCheck
from lomsong.gap.learners import LearnerDraws
from lomsong.gap.sensitivity import Sensitivity
from lomsong.gap.tallies import device_table, roaming_table, unconnected_table, walk_table
from lomsong.gap.unreached import by_body, reach_counts
from lomsong.publish.challenge import published_hexagons
from lomsong.publish.privacy import (
    published_classes,
    published_districts,
    published_hamlets,
    published_points,
    published_tallies,
    published_zones,
    round_total,
)

WALK = ("home", "school", "nowhere")
"""Where a learner's nearest signal is; the three make up all learners."""

DEVICES = (
    "with_device_connected", "with_device_unconnected", "without_device_connected", "without_device_unconnected",
    "device_unknown_connected", "device_unknown_unconnected",
)  # fmt: skip
"""Device by signal; the six make up all learners."""


@dataclass(frozen=True)
class Findings:
    """Frames whose small counts are hidden; None or empty: not found out.

    Attributes
    ----------
    zones, points, bodies, reach
        Gap zones; points not reached or to be measured; what each body answers for; points by commune.
    tallies
        Learners by commune: unconnected outdoors and indoors, under the own operator, roaming, :data:`WALK`,
        :data:`DEVICES`; the columns ``row`` and ``area_code`` are those of :mod:`lomsong.gap.tallies`.
    totals
        Learners without signal in all: of, indoor, unconnected with its 90 % interval _low and _high, learners; of is
        any, all, own or an operator. Rounded.
    variants, moved
        How the order hangs on threshold, indoor loss and way of counting; the rank of the first communes under each.
    indices, classes
        On whom the gap falls: indices of inequality, and the gap of classes such as poor and near-poor households.
    districts
        Ranking of the districts that communes belong or belonged to.
    placed
        Learners whose home has no position, by what told where they live, ``hamlet`` and ``commune``. Rounded.
    claims, hexagons
        Verdict on each operator's declared coverage; hexagons in which it was tested.
    """

    zones: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    bodies: pd.DataFrame | None = None
    reach: pd.DataFrame | None = None
    tallies: pd.DataFrame | None = None
    totals: pd.DataFrame | None = None
    variants: pd.DataFrame | None = None
    moved: pd.DataFrame | None = None
    indices: pd.DataFrame | None = None
    classes: pd.DataFrame | None = None
    districts: pd.DataFrame | None = None
    claims: pd.DataFrame | None = None
    hexagons: gpd.GeoDataFrame | None = None
    placed: Mapping[str, int] = field(default_factory=dict)


def published_findings(
    *,
    zones: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
    listed: gpd.GeoDataFrame | None = None,
    draws: LearnerDraws | None = None,
    sensitivity: Sensitivity | None = None,
    indices: pd.DataFrame | None = None,
    classes: pd.DataFrame | None = None,
    districts: pd.DataFrame | None = None,
    ranking: pd.DataFrame | None = None,
    parents: Mapping[str, str] | None = None,
    claims: ClaimCheck | None = None,
    hexagons: gpd.GeoDataFrame | None = None,
    hamlets: gpd.GeoDataFrame | None = None,
    homes: pd.DataFrame | None = None,
    placed: Mapping[str, float] | None = None,
    cells: gpd.GeoDataFrame | None = None,
    first: int = 10,
    below: int = 5,
) -> Findings:
    """Hide what may not be published of the results of :mod:`lomsong.gap`, under their names there.

    Parameters
    ----------
    ranking, parents
        Of the communes, which are told beside ``districts``, and the district of each.
    hamlets
        With their learners: those not told there are told of no point.
    homes
        Learners of every home with its zone, hamlet and commune: zones then do not give back who lives beside them.
    placed
        Learners whose home has no position, by what told where they live.
    cells
        Squares of learners that are published: hexagons then do not give back who lives beside them.
    first
        Communes whose ranks under other choices are told.
    below
        Smallest count of people that is shown.
    """
    told = None if hamlets is None or "learners" not in hamlets else published_hamlets(hamlets, below)
    shown = None if zones is None else published_zones(zones, below, homes, told)
    withheld = () if shown is None or homes is None else shown.loc[shown["learners"].isna(), "zone_id"]
    return Findings(
        zones=shown,
        points=None if listed is None else published_points(listed, told, below, zones, withheld),
        bodies=None if listed is None else by_body(listed),
        reach=None if points is None else reach_counts(points),
        tallies=None if draws is None else published_tallies(tallies_of(draws), WALK, DEVICES, below),
        totals=None if draws is None else totals_of(draws),
        variants=None if sensitivity is None else sensitivity.variants,
        moved=None if sensitivity is None else _moved(sensitivity, first),
        indices=indices,
        classes=None if classes is None else published_classes(classes, below, None if told is None else hamlets),
        districts=None
        if districts is None or ranking is None
        else published_districts(districts, ranking, parents or {}, below),
        claims=None if claims is None else claims.verdicts,
        placed={way: round_total(learners) for way, learners in (placed or {}).items()},
        hexagons=None if hexagons is None else published_hexagons(hexagons, below, cells),
    )


def reach_told(points: pd.DataFrame) -> pd.Series:
    """Return the code of what is told of each point's reach: ``homes`` for a hamlet that is unreached at home alone."""
    if "basis" not in points:
        return points["reach"]
    at_home = (points["kind"] == "hamlet") & (points["reach"] == "unreached") & (points["basis"] == "homes")
    return points["reach"].mask(at_home, "homes")


def tallies_of(draws: LearnerDraws, grouping: str = "commune") -> pd.DataFrame:
    """Join the tables of :mod:`lomsong.gap.tallies` side by side: a row an area, one outside of all, one of totals."""
    table = unconnected_table(draws, grouping)[["row", "area_code", "learners", "own_unknown", "unconnected_any"]]
    indoors = unconnected_table(draws, grouping, indoor=True)["unconnected_any"].rename("unconnected_indoor")
    own = roaming_table(draws, grouping)[["unconnected_own", "roaming"]]
    walk, devices = walk_table(draws, grouping)[list(WALK)], device_table(draws, grouping)[list(DEVICES)]
    return table.join([indoors, own, walk, devices])


def totals_of(draws: LearnerDraws, grouping: str = "commune") -> pd.DataFrame:
    """Return the learners without signal in all, outdoors and indoors, with their interval, rounded."""
    rows = []
    for indoor in (False, True):
        total = unconnected_table(draws, grouping, indoor=indoor).iloc[-1]
        for of in ("any", *draws.operators, "own", "all"):
            learners = total["learners"] - (total["own_unknown"] if of == "own" else 0)
            counts = {f"unconnected{end}": total[f"unconnected_{of}{end}"] for end in ("", "_low", "_high")}
            rounded = {name: round_total(float(value)) for name, value in {**counts, "learners": learners}.items()}
            rows.append({"of": of, "indoor": indoor, **rounded})
    return pd.DataFrame(rows)


def _moved(sensitivity: Sensitivity, first: int) -> pd.DataFrame:
    """Return the rank of the base's first areas under each variant, a column a variant."""
    ranks = sensitivity.ranks
    base = ranks[ranks["variant"] == sensitivity.base].sort_values("rank").head(first)
    wide = ranks.pivot(index="commune_code", columns="variant", values="rank").reindex(base["commune_code"])
    order = list(dict.fromkeys(ranks["variant"]))
    return wide[order].reset_index().assign(name=base["name"].to_numpy())
