"""Learners gathered where they share one drawn level: a province of a million households in half as many places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.errors import DataError, UsageError
from lomsong.geo import coordinates
from lomsong.texts import fault

BLOCK_M = 50.0
"""Side of the squares in which households share one place: the support of the field, to which samples are averaged."""

DRAW_M = 100.0
"""Side of the squares in which places share one drawn error, in standard deviations: see :class:`Demand`."""

STRIP = 32
"""Rows of squares of one strip; squares are numbered strip by strip, so that those asked together lie together."""


class Areas(NamedTuple):
    """Areas to count over: their codes, and for each household the number of its area, -1 for none, shape (n,)."""

    codes: tuple[str, ...]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, belongs: pd.Series, codes: Sequence[str]) -> Areas:
        """Number the areas that households belong to; a missing code, or one not among ``codes``, is none."""
        return cls(tuple(codes), pd.Index(codes).get_indexer(pd.Index(belongs.astype(object))).astype(np.int64))


class Squares(NamedTuple):
    """Places of households: ``points``, ``block``, ``drawn_at`` and ``place_of`` of :class:`Demand`."""

    points: NDArray[np.float64]
    block: NDArray[np.int64]
    drawn_at: NDArray[np.int64]
    place_of: NDArray[np.int64]


@dataclass(frozen=True)
class Demand:
    """Learners of n households by place, own operator, loss into the building and areas.

    Households of one square of ``block_m`` share one place, their mean position weighted by learners. Places of one
    square of ``draw_m`` share the drawn error, in standard deviations, of the place of most learners; each keeps its
    own expected level and standard deviation, so that only the correlation of such neighbours is rounded, to one.

    Attributes
    ----------
    points
        Easting and northing of the m places, shape (m, 2), m, those of one square of ``draw_m`` one after another.
    block
        Square of ``draw_m`` of each place, 0, 1, 2…, not falling, shape (m,).
    drawn_at
        Row in ``points`` of the place at which each square is drawn, shape (squares,).
    place_of
        Row in ``points`` of each household, shape (n,).
    place, own, loss_db, unit
        Of each of the g groups: row in ``points``, number of its own operator or -1, loss into the building, row in
        ``unit_area``; shape (g,).
    learners, without_device, device_unknown
        Of each group: learners, those known to lack a device, those of whom that is not known; shape (g,).
    operators
        Names that ``own`` numbers.
    codes
        Areas of each grouping.
    unit_area
        Of each grouping the number of the area of every unit, the number of areas where it lies in none, shape
        (units,). A unit is what areas of all groupings have in common, such as a hamlet of one commune.
    """

    points: NDArray[np.float64]
    block: NDArray[np.int64]
    drawn_at: NDArray[np.int64]
    place_of: NDArray[np.int64]
    place: NDArray[np.int64]
    own: NDArray[np.int64]
    loss_db: NDArray[np.float64]
    unit: NDArray[np.int64]
    learners: NDArray[np.int64]
    without_device: NDArray[np.int64]
    device_unknown: NDArray[np.int64]
    operators: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    unit_area: Mapping[str, NDArray[np.int64]]


def demand_of(
    households: gpd.GeoDataFrame,
    crs: CRS,
    areas: Mapping[str, Areas],
    operators: Sequence[str],
    loss_db: NDArray[np.float64],
    block_m: float = BLOCK_M,
    draw_m: float = DRAW_M,
    squares: Squares | None = None,
) -> Demand:
    """Gather the learners of households; nobody is left out, whatever is missing of a household.

    Parameters
    ----------
    households
        Table ``households``, n rows. Without ``own_operator``, or where it is missing or none of ``operators``, the own
        operator is unknown; without ``learners_without_device`` the device is.
    crs
        Metric CRS of the fields.
    areas
        Groupings to count over, such as communes and hamlets.
    operators
        Operators, in the order in which levels will be given.
    loss_db
        Loss into the building of each household, shape (n,), see :func:`~lomsong.gap.service.entry_losses`.
    block_m, draw_m
        Sides of the squares, see :class:`Demand`; ``draw_m`` a whole multiple of ``block_m``.
    squares
        What :func:`squares_of` made of these households, so that they are not gathered twice.

    Raises
    ------
    DataError, UsageError
        When rows of ``areas`` do not fit, more lack a device than there are, or the sides do not fit.
    """
    for name, (codes, row) in areas.items():
        _check_rows(name, codes, row, len(households))
    learners = households["learners"].to_numpy(np.int64)
    lacking, unknown = _devices(households, learners)
    at, block, drawn_at, place_of = squares or squares_of(coordinates(households, crs), learners, block_m, draw_m)
    own = _own(households, operators)
    unit, unit_area = _units(areas, len(households))
    group, first = _groups(place_of, unit, own, np.asarray(loss_db, float))
    count = len(first)
    sums = [np.bincount(group, weights=values, minlength=count) for values in (learners, lacking, unknown)]
    people, lack, unsaid = (np.rint(values).astype(np.int64) for values in sums)
    return Demand(
        points=at,
        block=block,
        drawn_at=drawn_at,
        place_of=place_of,
        place=place_of[first],
        own=own[first],
        loss_db=np.asarray(loss_db, float)[first],
        unit=unit[first],
        learners=people,
        without_device=lack,
        device_unknown=unsaid,
        operators=tuple(operators),
        codes={name: codes for name, (codes, _) in areas.items()},
        unit_area=unit_area,
    )


def _check_rows(name: str, codes: tuple[str, ...], row: NDArray[np.int64], households: int) -> None:
    low, high = (int(row.min()), int(row.max())) if len(row) else (-1, -1)
    if len(row) != households or low < -1 or high >= len(codes):
        raise fault(
            DataError, "gap_areas", name=name, given=len(row), households=households, low=low, high=high,
            areas=len(codes), last=len(codes) - 1,
        )  # fmt: skip


def _devices(households: gpd.GeoDataFrame, learners: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return learners without a device, and learners of whom that is not known, of each household."""
    if "learners_without_device" not in households:
        return np.zeros_like(learners), learners
    told = households["learners_without_device"]
    known = told.notna().to_numpy()
    lacking = told.fillna(0).to_numpy(np.int64)
    over = lacking > learners
    if over.any():
        row = int(over.argmax())
        raise fault(
            DataError, "gap_devices", count=int(over.sum()), row=households.index[row], without=int(lacking[row]),
            learners=int(learners[row]),
        )  # fmt: skip
    return lacking, np.where(known, 0, learners)


def _own(households: gpd.GeoDataFrame, operators: Sequence[str]) -> NDArray[np.int64]:
    if "own_operator" not in households:
        return np.full(len(households), -1)
    return Areas.of(households["own_operator"], tuple(operators)).row


def squares_of(
    at: NDArray[np.float64], learners: NDArray[np.int64], block_m: float = BLOCK_M, draw_m: float = DRAW_M
) -> Squares:
    """Gather homes in squares, each a place, and places in squares that are drawn together.

    Parameters
    ----------
    at, learners
        Easting and northing of each household, shape (n, 2), m; its learners, shape (n,).
    block_m, draw_m
        As for :func:`demand_of`.

    Raises
    ------
    UsageError
        When the sides do not fit.
    """
    times = round(draw_m / block_m)
    if times < 1 or abs(times * block_m - draw_m) > 1e-9 * draw_m:
        raise fault(UsageError, "gap_block", draw=f"{draw_m:g}", block=f"{block_m:g}", twice=f"{2 * block_m:g}")
    if not len(at):
        nothing = np.empty(0, np.int64)
        return Squares(at, nothing, nothing, nothing)
    square = np.floor(at / block_m).astype(np.int64)
    wide = square // times
    wide -= wide.min(axis=0)
    strip, within = np.divmod(wide[:, 1], STRIP)
    columns = int(wide[:, 0].max()) + 1
    block_key = (strip * columns + wide[:, 0]) * STRIP + within
    inside = square % times
    key = (block_key * times + inside[:, 1]) * times + inside[:, 0]
    keys, place_of = np.unique(key, return_inverse=True)
    weight = np.bincount(place_of, weights=learners)
    # Where nobody learns the mean is that of the households.
    each = np.where(weight[place_of] > 0, learners, 1).astype(float)
    total = np.bincount(place_of, weights=each)
    middle = (square.min(axis=0) + 0.5) * block_m  # near the data: sums of coordinates far from zero lose digits
    mean = np.column_stack(
        [np.bincount(place_of, weights=each * (side - mid)) for side, mid in zip(at.T, middle, strict=True)]
    )
    block = np.unique(keys // times**2, return_inverse=True)[1]
    order = np.lexsort((np.arange(len(keys)), -weight, block))
    starts = np.flatnonzero(np.r_[True, np.diff(block) > 0])
    return Squares(mean / total[:, None] + middle, block, order[starts], place_of)


def _units(areas: Mapping[str, Areas], n: int) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
    """Return the unit of each household, and of each grouping the area of every unit."""
    unit = np.zeros(n, np.int64)
    for codes, row in areas.values():
        unit = np.unique(unit * (len(codes) + 1) + row + 1, return_inverse=True)[1]
    first = np.unique(unit, return_index=True)[1]
    found = {}
    for name, (codes, row) in areas.items():
        found[name] = np.where(row[first] < 0, len(codes), row[first])
    return unit, found


def _groups(
    place_of: NDArray[np.int64], unit: NDArray[np.int64], own: NDArray[np.int64], loss_db: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the group of each household, numbered in the order of places, and one household of each group."""
    loss = np.unique(loss_db, return_inverse=True)[1]
    key = place_of
    for values in (unit, own + 1, loss):
        key = key * (int(values.max(initial=0)) + 1) + values
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return group, first
