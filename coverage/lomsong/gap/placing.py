"""Households whose position nobody wrote down: what not knowing it adds to the intervals of their areas.

Such households stand where people live in their hamlet or commune, spread so that the shares of the area come out as
those of its people. Where each truly lives is then still a matter of chance: given the field, one of l learners in an
area of which the share q has no signal adds l² q (1 - q) to the variance of the learners without signal. Of a zone q is
the share of the area's learners that are without signal in it: who was put elsewhere may live there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.gap.demand import Areas
from lomsong.gap.learners import LearnerDraws, Measure
from lomsong.gap.rank import Partition

T = TypeVar("T")

PLACED = "placed"
"""Grouping of the households without a position by the area that they were put in."""

PLACED_ZONE = "placed_zone"
"""Grouping of the same households by area and gap zone."""

OF_KNOWN_OPERATOR = ("own", "roaming")
"""Measures of learners whose own operator is known."""


def placing_areas(households: pd.DataFrame, communes: Partition) -> Areas | None:
    """Return the areas in which households without a position were put, by hamlet and commune; None: all have one.

    Parameters
    ----------
    households
        Table ``households``; ``placed_by`` (position, hamlet or commune) tells which they are.
    communes
        Partition of these households by commune.
    """
    if "placed_by" not in households or (households["placed_by"] == "position").all():
        return None
    known = households["placed_by"] == "position"
    hamlet = households["hamlet_id"] if "hamlet_id" in households else pd.Series("", index=households.index)
    area = pd.Series(communes.row.astype(str), households.index) + "/"
    area = (area + hamlet.where(households["placed_by"] == "hamlet", "").astype(str)).mask(known)
    return Areas.of(area, sorted(area.dropna().unique()))


def signal_in_area(at_home: pd.DataFrame, areas: Areas | None) -> pd.DataFrame:
    """Give households without a position the signal of their area: the mean probability, the most frequent state.

    Where one of them was put is chance, and nobody is to be served or passed over by chance.

    Parameters
    ----------
    at_home
        ``p_usable``, ``state`` and ``best_operator`` of each household.
    areas
        Of :func:`placing_areas`.
    """
    if areas is None:
        return at_home
    put = at_home.groupby(np.where(areas.row >= 0, areas.row, np.nan))  # NaN: in no group
    each = {"p_usable": put["p_usable"].mean()}
    each |= {name: put[name].agg(_most_frequent) for name in ("state", "best_operator")}
    inside = areas.row >= 0
    of_area = {name: values.reindex(areas.row).set_axis(at_home.index) for name, values in each.items()}
    return at_home.assign(**{name: at_home[name].where(~inside, values) for name, values in of_area.items()})


def _most_frequent(values: pd.Series) -> object:
    found = values.mode()  # of several the first by name; none where all are missing
    return found.iloc[0] if len(found) else None


def in_zones(areas: Areas, zones: Areas) -> Areas:
    """Return the pairs of area and zone that households without a position were put in, of the same households."""
    pair = np.where((areas.row >= 0) & (zones.row >= 0), areas.row * len(zones.codes) + zones.row, -1)
    found = np.unique(pair[pair >= 0])
    return Areas(tuple(found.astype(str)), np.where(pair >= 0, np.searchsorted(found, pair), -1))


def with_placing(
    draws: LearnerDraws,
    learners: NDArray[np.float64],
    areas: Areas,
    partitions: Mapping[str, Partition],
    seed: int,
) -> LearnerDraws:
    """Add to the worlds that nobody knows where in their area the households without a position live.

    One normal number an area and world moves all measures together, so that whoever lacks signal at a low threshold
    lacks it at a high one. Expected numbers stay.

    Parameters
    ----------
    draws
        With the grouping :data:`PLACED` and maybe :data:`PLACED_ZONE`, which are taken out; with these "zone" is moved.
    learners
        Of each household, shape (n,).
    areas
        Of :func:`placing_areas`.
    partitions
        Groupings of the same households whose worlds are moved.
    seed
        Of the numbers drawn.
    """
    inside = areas.row >= 0
    moved = np.random.default_rng([seed, len(areas.codes)]).standard_normal((len(areas.codes), draws.n))
    people = draws.learners[PLACED].iloc[:-1]
    squares = np.bincount(areas.row[inside], learners[inside] ** 2, len(areas.codes))
    of_area = {name: _deviations(learners[inside], partition, areas, inside) for name, partition in partitions.items()}
    # What in_zones calls a pair tells its area and its zone.
    pair, zones = np.array(draws.codes.get(PLACED_ZONE, ()), np.int64), len(draws.codes.get("zone", ())) or 1
    area, zone = np.divmod(pair, zones)
    of_zone = csr_matrix((np.ones(len(pair)), (zone, np.arange(len(pair)))), (zones, len(pair)))
    counts = {name: dict(of) for name, of in _without(draws.counts).items()}

    def move(name: str, measure: Measure, by: NDArray[np.float64]) -> None:
        most = draws.learners[name].iloc[:-1][_whose(measure)].to_numpy(float)[:, None]
        worlds = np.rint(counts[name][measure] + by)
        counts[name][measure] = np.clip(worlds, 0, most).astype(np.float32)

    for measure, gone in draws.counts[PLACED].items():
        total = people[_whose(measure)].to_numpy(float)[:, None]
        share = gone / np.maximum(total, 1.0)
        known = total / np.maximum(people["learners"].to_numpy(float)[:, None], 1.0)
        extra = moved * np.sqrt(known * share * (1 - share))
        for name, adding in of_area.items():
            move(name, measure, adding @ extra)
        if len(pair):
            part = draws.counts[PLACED_ZONE][measure] / np.maximum(total[area], 1.0)
            extra = moved[area] * np.sqrt(known[area] * squares[area, None] * part * (1 - part))
            move("zone", measure, of_zone @ extra)
    return replace(
        draws, counts=counts, codes=_without(draws.codes), expected=_without(draws.expected),
        outside_counts=_without(draws.outside_counts), outside_expected=_without(draws.outside_expected),
        learners=_without(draws.learners),
    )  # fmt: skip


def _deviations(
    learners: NDArray[np.float64], partition: Partition, areas: Areas, inside: NDArray[np.bool_]
) -> csr_matrix:
    """Return by how much an area moves each part of a partition, for the homes alone that the part has of it."""
    part, area = partition.row[inside], areas.row[inside]
    known = part >= 0
    shape = (len(partition.codes), len(areas.codes))
    return csr_matrix((learners[known] ** 2, (part[known], area[known])), shape).sqrt()


def _without(groupings: Mapping[str, T]) -> dict[str, T]:
    return {name: value for name, value in groupings.items() if name not in (PLACED, PLACED_ZONE)}


def _whose(measure: Measure) -> str:
    return "own_known" if measure.of in OF_KNOWN_OPERATOR else "learners"
