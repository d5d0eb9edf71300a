"""Unconnected learners of areas: expected, and in jointly drawn worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree
from scipy.special import ndtri

from lomsong.errors import DataError, UsageError
from lomsong.gap import counting
from lomsong.gap.demand import Demand
from lomsong.gap.service import Reception, quadrature
from lomsong.surface import CoverageSurface, Places, Shared
from lomsong.texts import fault

Drawer = Callable[[Places], NDArray[np.float32]]

CHUNK = 20_000
"""Places drawn at a time, so that memory stays flat."""

NO_DOUBT = 1e-6
"""A place that an operator serves, or fails, with less than this probability counts the same in every world."""

SURE_SCORE = float(-ndtri(NO_DOUBT))

INTERVAL = (0.05, 0.95)
"""Quantiles of the worlds that intervals are told by."""

SIDES = (False, True)
"""Outdoors, indoors."""

DEVICES = ("without_device_unconnected", "device_unknown_unconnected")


@dataclass(frozen=True)
class UnconnectedDraws:
    """Learners without usable signal of any operator, by area, in each drawn world.

    Attributes
    ----------
    codes
        Areas, in the order of the rows.
    any
        Learners, shape (areas, n).
    """

    codes: tuple[str, ...]
    any: NDArray[np.float32]


class Measure(NamedTuple):
    """What is counted: learners whose signal is not usable.

    ``of`` is ``any``, no operator usable; ``all``, some operator not usable; ``own``, the household's own operator not
    usable, of learners whose operator is known; ``roaming``, of these the ones whom another operator would serve;
    ``nowhere``, no operator usable at home nor at the school within walking distance; or one operator.
    """

    of: str
    threshold_dbm: float
    indoor: bool = False


@dataclass(frozen=True)
class SchoolsNear:
    """The nearest school of each place of a demand, and the signal there.

    Attributes
    ----------
    school
        Row of the nearest school within walking distance, -1 where there is none, shape (m,).
    places
        The s schools as each operator's surface located them.
    reception
        Levels there.
    loss_db
        Loss into each school, shape (s,).
    """

    school: NDArray[np.int64]
    places: Mapping[str, Places]
    reception: Reception
    loss_db: NDArray[np.float64]


@dataclass(frozen=True)
class LearnerDraws:
    """Learners of every area by measure: expected, and in each of n jointly drawn worlds.

    Attributes
    ----------
    n, usable_dbm, thresholds_dbm, operators
        Worlds; the threshold of the service; all thresholds, with that one; operators.
    codes
        Areas of each grouping.
    counts
        By grouping and measure, shape (areas, n).
    expected
        By grouping and measure, from the probabilities, shape (areas,).
    outside_counts, outside_expected
        The same of learners in no area of a grouping, shape (n,) and a number.
    learners
        By grouping a frame, one row an area and one more for outside: learners; own_known, those whose operator is;
        without_device, device_unknown; and of these the expected number without any operator at ``usable_dbm``,
        outdoors and indoors, such as without_device_unconnected_indoor.
    """

    n: int
    usable_dbm: float
    thresholds_dbm: tuple[float, ...]
    operators: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, Mapping[Measure, NDArray[np.float32]]]
    expected: Mapping[str, Mapping[Measure, NDArray[np.float64]]]
    outside_counts: Mapping[str, Mapping[Measure, NDArray[np.float32]]]
    outside_expected: Mapping[str, Mapping[Measure, float]]
    learners: Mapping[str, pd.DataFrame]

    def unconnected(self, grouping: str, threshold_dbm: float | None = None, indoor: bool = False) -> UnconnectedDraws:
        """Return the worlds of one grouping as :func:`~lomsong.gap.rank.rank_communes` takes them."""
        measure = self.measure("any", threshold_dbm, indoor)
        return UnconnectedDraws(self.codes[grouping], self.counts[grouping][measure])

    def measure(self, of: str, threshold_dbm: float | None = None, indoor: bool = False) -> Measure:
        """Return the measure at a threshold, by default that of the service; :class:`UsageError` if not counted."""
        threshold = self.usable_dbm if threshold_dbm is None else threshold_dbm
        if threshold not in self.thresholds_dbm:
            known = ", ".join(f"{value:g}" for value in self.thresholds_dbm)
            raise fault(UsageError, "gap_threshold", value=f"{threshold:g}", known=known)
        return Measure(of, threshold, indoor)


def schools_near(at: NDArray[np.float64], schools_at: NDArray[np.float64], walk_m: float) -> NDArray[np.int64]:
    """Return the row of the school nearest to each place in a straight line, -1 where none is within ``walk_m``.

    Parameters
    ----------
    at, schools_at
        Easting and northing of m places and s schools, shape (m, 2) and (s, 2), m.
    """
    if not len(schools_at):
        return np.full(len(at), -1)
    away_m, row = cKDTree(schools_at).query(at)
    return np.where(away_m <= walk_m, row, -1).astype(np.int64)


def learner_draws(
    surfaces: Mapping[str, CoverageSurface],
    places: Mapping[str, Places],
    reception: Reception,
    demand: Demand,
    *,
    usable_dbm: float,
    thresholds_dbm: Sequence[float] = (),
    n: int = 200,
    seed: int = 0,
    shared: Shared | None = None,
    schools: SchoolsNear | None = None,
) -> LearnerDraws:
    """Count learners without signal in every area of every grouping, expected and in n joint worlds, in one pass.

    Errors are correlated in space, so that a commune whose road was read 5 dB too high is too high as a whole, and
    between operators, so that where one is dimmed the others tend to be; sums of independent errors would be far too
    narrow. In each world every operator has one error in each square of ``demand.drawn_at``, in standard deviations;
    an operator is usable at a place where its expected level and that error reach the threshold. Expected numbers are
    those of the probabilities, not of the worlds. A pupil is at school and at home in the same world: levels a few
    hundred metres apart fade together, so that the two are never taken as independent.

    Parameters
    ----------
    surfaces, places
        Fitted field of each operator, and ``demand.points`` as it located them.
    reception
        Levels at the places.
    demand
        Learners and areas.
    usable_dbm, thresholds_dbm
        Threshold of the service, for all measures; further ones, for ``any``, ``all`` and ``own``.
    n, seed
        Number of worlds and their seed.
    shared
        What the operators' fields have in common; None: nothing.
    schools
        Schools within walking distance; None: not known, and ``nowhere`` is then ``any``.

    Raises
    ------
    DataError
        When levels and demand are of other places or operators.
    """
    _check(reception, demand, surfaces)
    thresholds = tuple(sorted({float(usable_dbm), *map(float, thresholds_dbm)}, reverse=True))
    drawers = {name: surfaces[name].drawer(n, seed, stream, shared) for stream, name in enumerate(surfaces)}
    gone, near = _at_school(drawers, schools, demand, usable_dbm, n)
    measures = _measures(thresholds, float(usable_dbm), demand.operators)
    units = len(next(iter(demand.unit_area.values()), np.zeros(1)))
    drawn = np.zeros((units, len(measures), n), np.int32)
    levels, main = np.asarray(thresholds, np.float64), thresholds.index(float(usable_dbm))
    for groups, block, errors in _worlds(drawers, places, reception, demand, levels, n):
        counting.count(
            groups, demand.place, demand.own, demand.loss_db, demand.unit, demand.learners, block,
            reception.level_dbm, reception.level_sd_db, near, gone, errors, levels, main, SURE_SCORE, drawn,
        )  # fmt: skip
    expected, devices = np.zeros((units, len(measures))), np.zeros((units, 2 * len(DEVICES)))
    counting.expect(
        demand.place, demand.own, demand.loss_db, demand.unit, demand.learners, demand.without_device,
        demand.device_unknown, reception.level_dbm, reception.level_sd_db, levels, main,
        0.0 if shared is None else shared.correlation, *quadrature(), expected, devices,
    )  # fmt: skip
    return _by_area(demand, measures, drawn, expected, devices, thresholds)


def _check(reception: Reception, demand: Demand, surfaces: Mapping[str, CoverageSurface]) -> None:
    if len(reception.level_dbm) != len(demand.points):
        raise fault(DataError, "gap_other_places", given=len(reception.level_dbm), needed=len(demand.points))
    for given in (reception.operators, tuple(surfaces)):
        if given != demand.operators:
            raise fault(DataError, "gap_other_operators", given=", ".join(given), needed=", ".join(demand.operators))


def _measures(thresholds: tuple[float, ...], usable_dbm: float, operators: tuple[str, ...]) -> list[Measure]:
    """Return the measures in the order of :mod:`~lomsong.gap.counting`."""
    swept = [Measure(of, level, side) for side in SIDES for level in thresholds for of in ("any", "all", "own")]
    each = [Measure(operator, usable_dbm, side) for side in SIDES for operator in operators]
    return swept + each + [Measure(of, usable_dbm, side) for side in SIDES for of in ("roaming", "nowhere")]


def _at_school(
    drawers: Mapping[str, Drawer], schools: SchoolsNear | None, demand: Demand, usable_dbm: float, n: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return where no operator is usable at a school, shape (schools, sides, worlds), and the school of each place."""
    if schools is None:
        return np.ones((1, len(SIDES), n), bool), np.full(len(demand.points), -1)
    if len(schools.school) != len(demand.points):
        raise fault(DataError, "gap_other_places", given=len(schools.school), needed=len(demand.points))
    gone = np.ones((max(len(schools.loss_db), 1), len(SIDES), n), bool)
    level = schools.reception
    for column, (operator, drawer) in enumerate(drawers.items() if len(schools.loss_db) else ()):
        error = _errors(drawer, schools.places[operator], level.field_dbm[:, column], level.level_sd_db[:, column])
        for side, indoor in enumerate(SIDES):
            needed = usable_dbm + schools.loss_db * indoor
            height = (needed - level.level_dbm[:, column]) / level.level_sd_db[:, column]
            gone[: len(error), side] &= ~(error >= height[:, None])
    return gone, schools.school


def _errors(
    drawer: Drawer, places: Places, field_dbm: NDArray[np.float32], level_sd_db: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the drawn errors at places in standard deviations, shape (places, n)."""
    error = drawer(places)
    error -= field_dbm[:, None]
    error /= level_sd_db[:, None]
    return error


def _worlds(
    drawers: Mapping[str, Drawer],
    places: Mapping[str, Places],
    reception: Reception,
    demand: Demand,
    thresholds: NDArray[np.float64],
    n: int,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the groups, place by place, with the row of each place in the errors of its square, drawn where in doubt.

    Yields
    ------
    Groups in the order of their units; row in the errors of every place of the demand; errors (squares, operators, n).
    """
    doubt = _in_doubt(reception, demand, thresholds)
    group_block = demand.block[demand.place]
    for start in range(0, len(demand.drawn_at), CHUNK):
        squares = np.arange(start, min(start + CHUNK, len(demand.drawn_at)))
        errors = np.zeros((len(squares), len(drawers), n), np.float32)
        for column, (operator, drawer) in enumerate(drawers.items()):
            rows = squares[doubt[squares, column]]
            at = demand.drawn_at[rows]
            field_dbm, std = reception.field_dbm[at, column], reception.level_sd_db[at, column]
            if len(rows):
                errors[rows - start, column] = _errors(drawer, places[operator].part(at), field_dbm, std)
        first, last = np.searchsorted(group_block, [squares[0], squares[-1] + 1])
        groups = np.arange(first, last)
        # Areas one after another: the counts of one stay in the cache.
        yield groups[np.argsort(demand.unit[groups], kind="stable")], demand.block - start, errors


def _in_doubt(reception: Reception, demand: Demand, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return in which square which operator is in doubt at some threshold, shape (squares, operators)."""
    loss = np.zeros(len(demand.points))
    np.maximum.at(loss, demand.place, demand.loss_db)
    best = (thresholds.min() - reception.level_dbm) / reception.level_sd_db
    worst = (thresholds.max() + loss[:, None] - reception.level_dbm) / reception.level_sd_db
    doubt = (best <= SURE_SCORE) & (worst >= -SURE_SCORE)
    if not len(doubt):
        return doubt
    starts = np.flatnonzero(np.r_[True, np.diff(demand.block) > 0])
    return np.asarray(np.logical_or.reduceat(doubt, starts, axis=0))


def _by_area(
    demand: Demand,
    measures: list[Measure],
    drawn: NDArray[np.int32],
    expected: NDArray[np.float64],
    devices: NDArray[np.float64],
    thresholds: tuple[float, ...],
) -> LearnerDraws:
    """Sum units to areas, the last row being outside of all of them."""
    usable_dbm = measures[-1].threshold_dbm
    _share_of_nowhere(measures, drawn, expected)
    people = _people(demand, devices, len(drawn))
    counts, means, totals = {}, {}, {}
    for grouping, codes in demand.codes.items():
        unit_area = demand.unit_area[grouping]
        sums = np.zeros((len(codes) + 1, *drawn.shape[1:]), np.int64)
        for unit, area in enumerate(unit_area):
            sums[area] += drawn[unit]
        counts[grouping] = sums.astype(np.float32)
        adding = csr_matrix(
            (np.ones(len(unit_area)), (unit_area, np.arange(len(unit_area)))), (len(codes) + 1, len(drawn))
        )
        means[grouping] = adding @ expected
        totals[grouping] = pd.DataFrame(adding @ people.to_numpy(float), [*codes, None], people.columns)
        whole = list(_WHOLE)
        totals[grouping][whole] = totals[grouping][whole].round().astype(np.int64)
    return LearnerDraws(
        drawn.shape[2],
        usable_dbm,
        thresholds,
        demand.operators,
        demand.codes,
        {name: {one: rows[:-1, i] for i, one in enumerate(measures)} for name, rows in counts.items()},
        {name: {one: rows[:-1, i] for i, one in enumerate(measures)} for name, rows in means.items()},
        {name: {one: rows[-1, i] for i, one in enumerate(measures)} for name, rows in counts.items()},
        {name: {one: float(rows[-1, i]) for i, one in enumerate(measures)} for name, rows in means.items()},
        totals,
    )


def _share_of_nowhere(measures: list[Measure], drawn: NDArray[np.int32], expected: NDArray[np.float64]) -> None:
    """Expect as many ``nowhere`` of those without signal at home as the worlds have it, unit by unit."""
    for column, measure in enumerate(measures):
        if measure.of != "nowhere":
            continue
        home = measures.index(measure._replace(of="any"))
        at_home = drawn[:, home].mean(axis=1)
        # Where no world has anybody without signal, hardly anybody is expected to be: none of them at school.
        share = np.where(at_home > 0, drawn[:, column].mean(axis=1) / np.maximum(at_home, 1e-9), 1.0)
        expected[:, column] = expected[:, home] * share


_WHOLE = ("learners", "own_known", "without_device", "device_unknown")


def _people(demand: Demand, devices: NDArray[np.float64], units: int) -> pd.DataFrame:
    known = np.where(demand.own >= 0, demand.learners, 0)
    each = (demand.learners, known, demand.without_device, demand.device_unknown)
    sums = {
        name: np.bincount(demand.unit, weights=values, minlength=units)
        for name, values in zip(_WHOLE, each, strict=True)
    }
    ends = [f"{name}{'_indoor' if indoor else ''}" for indoor in SIDES for name in DEVICES]
    return pd.DataFrame({**sums, **dict(zip(ends, devices.T, strict=True))})
