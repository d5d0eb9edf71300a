"""What is left to decide in a window: open columns, each for a price, and rows that these reach whole or in part.

A row of which taken columns reach a part is one of a smaller fee, of which the others reach more; one that a single
column reaches in part is one that it reaches whole and a loss; rows that the open columns do not tell apart are one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

WHOLE = 1e-12
"""What is left of a row that counts as nothing."""

ODD = -0x61C8864680B583EB
"""Spreads a share over all bits of a hash."""


ByColumn = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]
"""The rows that each column reaches and how much of each, as in a CSC matrix."""


class Node(NamedTuple):
    """What is left to decide: columns still open and the rows that they reach, of which no two are equal.

    ``indptr``, ``indices`` and ``shares`` are as in a CSR matrix, how much of each row a column reaches; ``fees`` of
    the rows, and ``u`` from 0 to its fee; ``columns`` by their place in the window, their ``prices`` and ``x``, how
    much of each a fractional plan takes; ``pull`` is the weight between steps of u and of x; ``paid`` is what is spent
    already, for the columns ``taken`` and for what no open column reaches.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    shares: NDArray[np.float64]
    fees: NDArray[np.float64]
    u: NDArray[np.float64]
    columns: NDArray[np.int64]
    prices: NDArray[np.float64]
    x: NDArray[np.float64]
    pull: float
    paid: float
    taken: NDArray[np.int64]


@njit(cache=True, nogil=True)
def turned(node: Node) -> ByColumn:
    """Return the rows that each column reaches."""
    start = np.zeros(len(node.prices) + 1, np.int64)
    for j in node.indices:
        start[j + 1] += 1
    start = np.cumsum(start)
    fill, rows, shares = start[:-1].copy(), np.empty(len(node.indices), np.int32), np.empty(len(node.indices))
    for i in range(len(node.fees)):
        for at in range(node.indptr[i], node.indptr[i + 1]):
            to = fill[node.indices[at]]
            rows[to], shares[to] = i, node.shares[at]
            fill[node.indices[at]] += 1
    return start, rows, shares


@njit(cache=True, nogil=True)
def left(node: Node, one: NDArray[np.bool_], zero: NDArray[np.bool_], keys: NDArray[np.int64]) -> Node:
    """Take some columns and drop others (masks of shape (columns,)), and merge the rows that the rest tell not apart.

    What is left of a row that taken columns reach in part is a row of its own. Equality is that of two 64-bit hashes,
    made with ``keys`` of shape (2, columns of the window).
    """
    keep, paid = ~(one | zero), node.paid + node.prices[one].sum()
    place = np.full(len(keep), -1, np.int32)
    place[keep] = np.arange(keep.sum())
    fees, u = node.fees.copy(), node.u.copy()
    start, indices, shares = np.zeros(len(fees) + 1, np.int64), np.empty_like(node.indices), np.empty_like(node.shares)
    columns, prices = node.columns[keep], node.prices[keep]
    high, low = np.zeros(len(fees), np.int64), np.zeros(len(fees), np.int64)
    count = to = 0
    for i in range(len(fees)):
        open_ = 1.0
        for at in range(node.indptr[i], node.indptr[i + 1]):
            if one[node.indices[at]]:
                open_ -= node.shares[at]
        if open_ <= WHOLE or node.fees[i] <= 0:
            continue
        first = to
        for at in range(node.indptr[i], node.indptr[i + 1]):
            if keep[node.indices[at]]:
                indices[to], shares[to] = place[node.indices[at]], min(node.shares[at] / open_, 1.0)
                to += 1
        fee = node.fees[i] * open_
        if to == first + 1:
            paid += fee * (1 - shares[first])
            fee, shares[first] = fee * shares[first], 1.0
        if to == first:
            paid += fee
            continue
        fees[count], u[count] = fee, node.u[i] * open_
        a = b = 0
        for at in range(first, to):
            told = np.int64(shares[at] * 2.0**52) * ODD
            a += keys[0][columns[indices[at]]] ^ told
            b += keys[1][columns[indices[at]]] ^ told
        high[count], low[count] = a, b
        count += 1
        start[count] = to
    start, indices, shares, fees, u = _merged(start[: count + 1], indices, shares, fees[:count], u[:count], high, low)
    fees = np.minimum(fees, cheapest_of(start, indices, shares, prices))
    return Node(
        start, indices, shares, fees, np.minimum(u, fees), columns, prices, node.x[keep], node.pull, paid,
        np.concatenate((node.taken, node.columns[one])),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _merged(
    start: NDArray[np.int64],
    indices: NDArray[np.int32],
    shares: NDArray[np.float64],
    fees: NDArray[np.float64],
    u: NDArray[np.float64],
    high: NDArray[np.int64],
    low: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows, their fees and u with those of the same two hashes as one."""
    order, own = np.argsort(high[: len(fees)]), np.ones(len(fees), np.bool_)
    for k in range(1, len(order)):
        a, b = order[k - 1], order[k]
        if high[a] == high[b] and low[a] == low[b]:
            own[a] = False
            fees[b] += fees[a]
            u[b] += u[a]
    kept = np.zeros(own.sum() + 1, np.int64)
    row = to = 0
    for i in range(len(own)):
        if own[i]:
            for at in range(start[i], start[i + 1]):
                indices[to], shares[to] = indices[at], shares[at]
                to += 1
            row += 1
            kept[row] = to
    return kept, indices[:to].copy(), shares[:to].copy(), fees[own], u[own]


@njit(cache=True, nogil=True)
def cheapest_of(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    shares: NDArray[np.float64],
    prices: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Price of the cheapest column that reaches each row; without end where some column reaches it in part."""
    least = np.full(len(indptr) - 1, np.inf)
    for i in range(len(least)):
        for at in range(indptr[i], indptr[i + 1]):
            least[i] = min(least[i], prices[indices[at]])
            if shares[at] < 1:
                least[i] = np.inf
                break
    return least
