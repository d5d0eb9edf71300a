"""The loops that count learners: in every drawn world, and expected.

Measures stand in one order: for each side (outdoors, indoors) and threshold ``any``, ``all``, ``own``; then for each
side every operator; then for each side ``roaming``, ``nowhere``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr

CERTAIN = 5.5
"""Standard deviations beyond which a probability is taken as 0 or 1: it differs by less than 2e-8."""

STEPS = 256
"""Steps of a standard deviation at which the normal distribution is kept; linear between them it errs by < 5e-7."""

_NORMAL = ndtr(np.arange(-CERTAIN, CERTAIN + 2 / STEPS, 1 / STEPS))


@njit(cache=True, nogil=True, inline="always")
def score(threshold_dbm: float, level_dbm: float, level_sd_db: float) -> float:
    """Return how many standard deviations a threshold lies above a level; an unknown level never reaches it."""
    if not (level_sd_db > 0) or math.isnan(level_dbm):  # NaN as well
        return np.inf if not (level_dbm >= threshold_dbm) else -np.inf
    return (threshold_dbm - level_dbm) / level_sd_db


@njit(cache=True, nogil=True)
def _fail(
    errors: NDArray[np.float32], height: float, sure: float, failing: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Add one to ``failing`` in the worlds whose error stays below ``height``, and write those to ``scratch``."""
    if height > sure:
        for world in range(len(failing)):
            scratch[world] = 1
            failing[world] += 1
    elif height >= -sure:
        limit = np.float32(height)
        for world in range(len(failing)):
            scratch[world] = errors[world] < limit
            failing[world] += scratch[world]
    else:
        scratch[:] = 0


@njit(cache=True, nogil=True)
def _add(drawn: NDArray[np.int32], failing: NDArray[np.int32], least: int, learners: int) -> None:
    for world in range(len(failing)):
        drawn[world] += learners * (failing[world] >= least)


@njit(cache=True, nogil=True)
def count(
    order: NDArray[np.int64],
    place: NDArray[np.int64],
    own: NDArray[np.int64],
    loss_db: NDArray[np.float64],
    unit: NDArray[np.int64],
    learners: NDArray[np.int64],
    block: NDArray[np.int64],
    level_dbm: NDArray[np.float32],
    level_sd_db: NDArray[np.float32],
    near: NDArray[np.int64],
    gone: NDArray[np.bool_],
    errors: NDArray[np.float32],
    thresholds: NDArray[np.float64],
    main: int,
    sure: float,
    drawn: NDArray[np.int32],
) -> None:
    """Add the learners of the groups in ``order`` to ``drawn`` (units, measures, worlds).

    ``errors`` (squares, operators, worlds) are in standard deviations; ``block`` is the row in it of each place;
    ``gone`` (schools, sides, worlds) says where no operator is usable at a school. Scores beyond ``sure`` are certain.
    """
    operators, worlds = level_dbm.shape[1], drawn.shape[2]
    failing, scratch = np.empty(worlds, np.int32), np.empty(worlds, np.int32)
    mine = np.empty(worlds, np.int32)
    each = 2 * 3 * len(thresholds)
    for i in order:
        at, into, people = place[i], drawn[unit[i]], learners[i]
        for side in range(2):
            for number in range(len(thresholds)):
                failing[:] = 0
                needed = thresholds[number] + (loss_db[i] if side else 0.0)
                for operator in range(operators):
                    height = score(needed, level_dbm[at, operator], level_sd_db[at, operator])
                    _fail(errors[block[at], operator], height, sure, failing, scratch)
                    if number == main:
                        _add(into[each + side * operators + operator], scratch, 1, people)
                    if own[i] == operator:
                        mine[:] = scratch
                row = 3 * (side * len(thresholds) + number)
                _add(into[row], failing, operators, people)
                _add(into[row + 1], failing, 1, people)
                if own[i] >= 0:
                    _add(into[row + 2], mine, 1, people)
                if number != main:
                    continue
                row = each + 2 * operators + 2 * side
                if own[i] >= 0:
                    for world in range(worlds):
                        into[row, world] += people * (mine[world] & (failing[world] < operators))
                if near[at] < 0:
                    _add(into[row + 1], failing, operators, people)
                else:
                    for world in range(worlds):
                        into[row + 1, world] += people * ((failing[world] >= operators) & gone[near[at], side, world])


@njit(cache=True, nogil=True, inline="always")
def _below(height: float) -> float:
    at = (height + CERTAIN) * STEPS
    if at <= 0:
        return 0.0
    if at >= 2 * CERTAIN * STEPS:
        return 1.0
    step = int(at)
    return _NORMAL[step] + (at - step) * (_NORMAL[step + 1] - _NORMAL[step])


@njit(cache=True, nogil=True)
def joint(
    heights: NDArray[np.float64], correlation: float, nodes: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the probability that all of equally correlated normal scores lie below their heights, and that none does.

    As :func:`~lomsong.gap.service.joint_probability` has it; a single one in doubt needs no integral.
    """
    doubtful, low, high = 0, 0, 0
    for height in heights:
        if height < -CERTAIN:
            low += 1
        elif height > CERTAIN:
            high += 1
        else:
            doubtful += 1
    if low and high:
        return 0.0, 0.0
    if doubtful <= 1 or correlation <= 0:
        every, none = 1.0, 1.0
        for height in heights:
            every *= _below(height)
            none *= _below(-height)
        return every, none
    every, none = 0.0, 0.0
    root, rest = math.sqrt(correlation), 1 / math.sqrt(1 - correlation)
    for a in range(len(nodes)):
        node, below, above = nodes[a], weights[a], weights[a]
        for height in heights:
            p = _below((height - root * node) * rest)
            below *= p
            above *= 1 - p
        every += below
        none += above
    return every, none


@njit(cache=True, nogil=True)
def expect(
    place: NDArray[np.int64],
    own: NDArray[np.int64],
    loss_db: NDArray[np.float64],
    unit: NDArray[np.int64],
    learners: NDArray[np.int64],
    lacking: NDArray[np.int64],
    unknown: NDArray[np.int64],
    level_dbm: NDArray[np.float32],
    level_sd_db: NDArray[np.float32],
    thresholds: NDArray[np.float64],
    main: int,
    correlation: float,
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    expected: NDArray[np.float64],
    devices: NDArray[np.float64],
) -> None:
    """Add the expected learners of all groups to ``expected`` (units, measures), all measures but ``nowhere``.

    ``devices`` (units, 4) takes those without any operator at the main threshold who lack a device, and of whom that is
    not known: both outdoors, then both indoors. Groups of one place follow one another.
    """
    operators, count = level_dbm.shape[1], len(thresholds)
    heights = np.empty((2, count, operators))
    both = np.empty((2, count, 2))
    each = 2 * 3 * count
    for i in range(len(place)):
        at, into, people = place[i], expected[unit[i]], learners[i]
        for side in range(2):
            same = i > 0 and place[i - 1] == at and (side == 0 or loss_db[i - 1] == loss_db[i])
            for number in range(count):
                needed = thresholds[number] + (loss_db[i] if side else 0.0)
                score_of = heights[side, number]
                if not same:
                    for operator in range(operators):
                        score_of[operator] = score(needed, level_dbm[at, operator], level_sd_db[at, operator])
                    both[side, number] = joint(score_of, correlation, nodes, weights)
                none, every = both[side, number]
                row = 3 * (side * count + number)
                into[row] += people * none
                into[row + 1] += people * (1 - every)
                if own[i] >= 0:
                    into[row + 2] += people * _below(score_of[own[i]])
            for operator in range(operators):
                into[each + side * operators + operator] += people * _below(heights[side, main, operator])
            none = both[side, main, 0]
            if own[i] >= 0:
                alone = max(_below(heights[side, main, own[i]]) - none, 0.0)
                into[each + 2 * operators + 2 * side] += people * alone
            devices[unit[i], 2 * side] += lacking[i] * none
            devices[unit[i], 2 * side + 1] += unknown[i] * none
