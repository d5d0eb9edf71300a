"""What a plan must keep to beside its size: sites not too near each other, and shares for operators and communes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, vstack
from scipy.spatial import cKDTree

from lomsong.errors import DataError, UsageError
from lomsong.siting.problem import Limits
from lomsong.texts import fault


@dataclass(frozen=True)
class SiteQuota:
    """Least and most new sites among some candidates: those of an operator, or in a commune.

    ``candidates`` are indices, or a mask of shape (candidates,); ``most`` None: any number. Both counts are whole and
    not negative: whoever solves with others raises ``DataError``.
    """

    candidates: ArrayLike
    least: int = 0
    most: int | None = None
    name: str = ""


@dataclass(frozen=True)
class DemandQuota:
    """Least share of the weight of some demand rows that must be reached, existing sites included.

    ``rows`` are indices, or a mask of shape (demand,); no row may stand in two quotas. ``least_share`` is from 0 to 1:
    whoever solves with another raises ``UsageError``.
    """

    rows: ArrayLike
    least_share: float
    name: str = ""


def chosen(given: ArrayLike, size: int, name: str, index: str = "siting_index") -> NDArray[np.int64]:
    """Return which of so many are meant by indices or by a mask, each once, rising.

    Raises
    ------
    DataError
        When they are neither whole numbers below ``size`` nor a mask of this length; ``index`` names the text of one
        that is too great.
    """
    values = np.asarray(given)
    if values.dtype == bool and values.shape == (size,):
        return np.flatnonzero(values)
    numeric = values.dtype.kind in "iuf" and bool(np.isfinite(values).all())
    if values.size and not (numeric and values.ndim <= 1 and (values == np.rint(values)).all()):
        raise fault(DataError, "siting_chosen", name=name, given=str(given)[:40], size=size)
    indices = np.unique(values.astype(np.int64))
    if indices.size and (indices[0] < 0 or indices[-1] >= size):
        bad = int(indices[0] if indices[0] < 0 else indices[-1])
        raise fault(DataError, index, name=name, index=bad, candidates=size)
    return indices


def too_close(positions: ArrayLike, min_separation_m: float) -> csr_matrix:
    """Return which pairs of candidates stand nearer than a separation: the ``conflicts`` of a plan.

    Parameters
    ----------
    positions
        Easting and northing in metres, shape (candidates, 2).
    min_separation_m
        Least distance; pairs at exactly this distance are allowed.

    Raises
    ------
    DataError
        When positions are of another shape or not finite.
    UsageError
        When the separation is not above 0.

    Examples
    --------
    >>> too_close([[0, 0], [300, 0], [2000, 0]], 500).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    at = np.asarray(positions, np.float64)
    if at.ndim != 2 or at.shape[1] != 2 or not np.isfinite(at).all():
        raise fault(DataError, "siting_positions", shape=str(at.shape))
    if not 0 < min_separation_m < np.inf:
        raise fault(UsageError, "siting_separation", value=min_separation_m)
    pairs = cKDTree(at).query_pairs(min_separation_m, output_type="ndarray")
    pairs = pairs[np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) < min_separation_m]
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return csr_matrix((np.ones(len(both), bool), both.T), shape=(len(at), len(at)))


def conflicting(conflicts: csr_matrix | None, candidates: int) -> csr_matrix:
    """Return conflicts as a symmetric pattern without a diagonal.

    Raises
    ------
    DataError
        When the shape is not (candidates, candidates).
    """
    if conflicts is None:
        return csr_matrix((candidates, candidates), dtype=bool)
    pattern = csr_matrix(conflicts)
    if pattern.shape != (candidates, candidates):
        raise fault(DataError, "siting_conflicts", given=str(pattern.shape), needed=str((candidates, candidates)))
    pattern = (pattern != 0).astype(np.int8)
    pattern = csr_matrix(pattern + pattern.T)
    pattern.setdiag(0)
    pattern.eliminate_zeros()
    return csr_matrix(pattern != 0)


def limits(
    candidates: int,
    *,
    most_sites: int | None,
    budget: float | None,
    costs: NDArray[np.float64],
    conflicts: csr_matrix,
    quotas: Sequence[SiteQuota],
) -> Limits:
    """Return all limits on the candidates: the number first, then the budget, cliques of conflicts and quotas."""
    rows: list[tuple[NDArray[np.int64], NDArray[np.float64], float]] = []
    everyone = np.arange(candidates)
    if most_sites is not None:
        rows.append((everyone, np.ones(candidates), float(most_sites)))
    if budget is not None:
        rows.append((everyone, costs, float(budget)))
    rows += [(clique, np.ones(len(clique)), 1.0) for clique in _cliques(conflicts)]
    for quota in quotas:
        inside = np.asarray(quota.candidates)
        if quota.most is not None:
            rows.append((inside, np.ones(len(inside)), float(quota.most)))
        if quota.least > 0:
            rows.append((inside, -np.ones(len(inside)), -float(quota.least)))
    parts = [csr_matrix((by, (np.zeros(len(at), int), at)), shape=(1, candidates)) for at, by, _ in rows]
    matrix = csr_matrix(vstack(parts, format="csr")) if parts else csr_matrix((0, candidates))
    return Limits(matrix, np.array([most for _, _, most in rows], np.float64))


def _cliques(conflicts: csr_matrix) -> list[NDArray[np.int64]]:
    """Cover all pairs in conflict by sets all in conflict with each other: at most one site of each."""
    near = [
        set(conflicts.indices[a:b].tolist()) for a, b in zip(conflicts.indptr[:-1], conflicts.indptr[1:], strict=True)
    ]
    done: set[tuple[int, int]] = set()
    cliques = []
    for one in range(len(near)):
        for other in sorted(near[one]):
            if other < one or (one, other) in done:
                continue
            clique, common = [one, other], near[one] & near[other]
            while common:
                following = min(common)
                clique.append(following)
                common = common & near[following]
            clique.sort()
            done.update((a, b) for at, a in enumerate(clique) for b in clique[at + 1 :])
            cliques.append(np.array(clique, np.int64))
    return cliques


def parts(quotas: Sequence[DemandQuota], weights: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the group of demand of each row (0: none) and the least weight of each group.

    Raises
    ------
    DataError
        When the rows are no rows of the demand.
    UsageError
        When a row stands in two quotas, or a share is not between 0 and 1.
    """
    part = np.zeros(len(weights), np.int32)
    needs = [0.0]
    for k, quota in enumerate(quotas, start=1):
        name = quota.name or str(k - 1)
        rows = chosen(quota.rows, len(weights), f"demand_quotas[{name}]", "siting_quota_row")
        if not 0 <= quota.least_share <= 1:
            raise fault(UsageError, "siting_quota_share", name=name, value=quota.least_share)
        taken = rows[part[rows] > 0]
        if taken.size:
            raise fault(UsageError, "siting_quota_twice", name=name, row=int(taken[0]))
        part[rows] = k
        needs.append(quota.least_share * float(weights[rows].sum()))
    return part, np.array(needs)


def checked(
    quotas: Sequence[SiteQuota], free: NDArray[np.bool_], must: NDArray[np.bool_], p: int | None
) -> list[SiteQuota]:
    """Return quotas with their candidates as indices; refuse those that cannot be kept, naming the one.

    Raises
    ------
    DataError
        When a quota names no candidate, or a count is not whole or negative.
    UsageError
        When a quota asks for more sites than it has candidates, or than it allows.
    """
    known = []
    for k, quota in enumerate(quotas):
        name = quota.name or str(k)
        inside = chosen(quota.candidates, len(free), f"site_quotas[{name}]")
        for count in (quota.least, 0 if quota.most is None else quota.most):
            if not (count >= 0 and count == np.rint(count)):
                raise fault(DataError, "siting_quota_count", name=name, value=count)
        known.append(replace(quota, candidates=inside))
        open_ones, forced = int((free | must)[inside].sum()), int(must[inside].sum())
        if quota.least > open_ones:
            raise fault(UsageError, "siting_quota_short", name=name, least=quota.least, have=open_ones)
        if quota.most is not None and (quota.most < quota.least or quota.most < forced):
            raise fault(UsageError, "siting_quota_most", name=name, most=quota.most, least=max(quota.least, forced))
        if p is not None and quota.least > p:
            raise fault(UsageError, "siting_quota_p", name=name, least=quota.least, p=p)
    return known
