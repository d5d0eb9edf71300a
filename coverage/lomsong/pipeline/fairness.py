"""On whom the gap falls: over communes, by poverty, ethnicity, remoteness and grid power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lomsong.gap.equity import (
    Inequality,
    by_class,
    concentration,
    gap_by_grid_power,
    gini,
    poverty_order,
    remoteness_classes,
)
from lomsong.geo import coordinates
from lomsong.ingest import Evidence
from lomsong.pipeline.gaps import Gaps
from lomsong.tables import POVERTY

REMOTENESS_CLASSES = 5
"""Fifths of the learners, from the nearest to a school to the most remote."""


@dataclass(frozen=True)
class Fairness:
    """Indices of inequality, and the gap of classes.

    Attributes
    ----------
    indices
        One row an index: measure (``gini``, ``poverty``, ``ethnicity``, ``remoteness``), value, low, high, erreygers.
    classes
        One row a class: group, class and the columns of :func:`~lomsong.gap.equity.by_class`.
    """

    indices: pd.DataFrame
    classes: pd.DataFrame


def fairness_of(evidence: Evidence, gaps: Gaps) -> Fairness:
    """Tell on whom the gap falls, as far as the tables say who is poor, of which people, and how remote."""
    households = evidence.households
    learners = households["learners"].to_numpy(float)
    gone = 1 - gaps.at_home["p_usable"].fillna(0).to_numpy(float)
    lost = gone * learners
    measure = gaps.draws.measure("any")
    communes = gaps.draws.learners["commune"]["learners"].to_numpy(float)[:-1]
    worlds = gaps.draws.counts["commune"][measure].astype(float)
    found = {"gini": gini(gaps.draws.expected["commune"][measure], communes, worlds)}
    tables = {"grid_power": gap_by_grid_power(households, gone, evidence.hamlets)}
    for group, order, classes, names, reference in _orders(evidence, learners):
        if order is not None:
            found[group] = concentration(lost, learners, order)
        tables[group] = by_class(lost, learners, classes, order=names, reference=reference)
    rows = [{"measure": name, **_values(index)} for name, index in found.items()]
    told = [table.assign(group=group) for group, table in tables.items()]
    return Fairness(pd.DataFrame(rows), pd.concat(told, ignore_index=True))


def _values(index: Inequality) -> dict[str, float]:
    return {"value": index.index, "low": index.low, "high": index.high, "erreygers": index.erreygers}


def _orders(
    evidence: Evidence, learners: NDArray[np.float64]
) -> Iterator[tuple[str, NDArray[np.float64] | None, list[str], list[str] | None, str | None]]:
    """Yield what learners are grouped by: name, order of each household or None, its class, all classes, reference."""
    households = evidence.households
    if "category" in households:
        order = poverty_order(households["category"])
        yield "poverty", order.astype(float), [POVERTY[place] for place in order], list(POVERTY), POVERTY[-1]
    if "ethnicity" in households:
        yield "ethnicity", None, list(households["ethnicity"]), None, None
    if evidence.schools is not None and len(evidence.schools):
        schools = cKDTree(coordinates(evidence.schools, evidence.crs))
        away_km = schools.query(coordinates(households, evidence.crs))[0] / 1e3
        fifth = remoteness_classes(away_km, learners, REMOTENESS_CLASSES)
        names = [str(number + 1) for number in range(REMOTENESS_CLASSES)]
        yield "remoteness", away_km, [names[place] for place in fifth], names, names[0]
