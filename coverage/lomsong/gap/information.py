"""What a measurement still to be made would tell about the order of communes, from joint draws of the fields.

Levels at the places of learners and along roads are drawn together. Their covariances over the draws are those of the
kriging system, faded to nothing beyond a few ranges, where a finite number of draws shows only chance (Evensen 1994;
Houtekamer and Mitchell 2001). A measurement then takes from every total and every rank what it explains of them, and
the next one knows that: a sequence of conditionings, as in a Cholesky factorisation of the observed covariance.

Counts below a threshold and ranks are no linear functions of levels. Of a function of Gaussian levels the covariance
with a level is the expected gradient times the covariance of levels (Stein 1981, lemma 2), and the expected gradient
is the same after a measurement, averaged over what it may say; what is counted here is therefore the first term of the
expected fall of the variance, which leads as long as a measurement explains a part of a level, not all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.spatial import cKDTree

from lomsong.chunks import in_chunks
from lomsong.gap.route import RoadGraph
from lomsong.surface import CoverageSurface, Shared
from lomsong.surface.field import Places

POINTS = (0.25, 0.75)
"""Shares of the length of a piece at which its level is taken."""

LOCAL_RANGES = 6.0
"""Covariances over the draws end at so many ranges of the field."""

LARGEST_LOCAL_M = 20_000.0

LEAST_NOISE_DB2 = 0.01
"""Nothing is read without any noise: it keeps what is solved regular."""

LEAST_WORTH = 1e-3
"""Pieces worth less than this share of the best are not considered."""

CHUNK = 4_000

Rows = Sequence[int] | NDArray[np.int64]
"""Pieces, as rows of an outlook."""


def faded(distance_m: NDArray[np.float64], support_m: float) -> NDArray[np.float64]:
    """Return the taper of Gaspari and Cohn (1999, equation 4.10): 1 at 0, 0 from ``support_m`` on, any shape."""
    r = np.minimum(np.abs(distance_m) / (support_m / 2), 2.0)
    inner = 1 + r**2 * (-5 / 3 + r * (5 / 8 + r * (1 / 2 - r / 4)))
    safe = np.maximum(r, 1.0)
    outer = 4 - 5 * safe + safe**2 * (5 / 3 + safe * (5 / 8 + safe * (-1 / 2 + safe / 12))) - 2 / (3 * safe)
    return np.asarray(np.where(r <= 1, inner, np.maximum(outer, 0.0)))


def rank_gradient(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how the expected rank of each commune changes with the total of each.

    The rank of a commune is one plus the number of those above it. Each step is replaced by the line that follows it
    best over the draws: its slope is the covariance of step and difference over the variance of the difference, of
    Gaussian totals the density of the difference at 0 (Stein 1981, lemma 2). A line through a step of skewed totals
    can be too steep where several meet: no rank moves more with the totals than it does by itself.

    Parameters
    ----------
    totals
        Shape (communes, n).

    Returns
    -------
    Ranks per learner, shape (communes, communes); rows sum to 0.
    """
    count = len(totals)
    slope = np.zeros((count, count))
    for one in range(count):
        apart = totals - totals[one]
        spread = apart - apart.mean(axis=1, keepdims=True)
        follows = (np.sign(apart) / 2 * spread).mean(axis=1)
        variance = (spread**2).mean(axis=1)
        # A pair whose order is the same in all draws is settled; so are two that are 0 in all draws.
        open_order = (apart.max(axis=1) > 0) & (apart.min(axis=1) < 0)
        slope[one] = np.where(open_order, follows / np.where(variance > 0, variance, 1.0), 0.0)
    np.fill_diagonal(slope, 0.0)
    slope -= np.diag(slope.sum(axis=1))
    moved = (slope @ (totals - totals.mean(axis=1, keepdims=True))).var(axis=1)
    own = ranks_of(totals).var(axis=1)
    return np.asarray(slope * np.sqrt(np.minimum(own / np.where(moved > 0, moved, 1.0), 1.0))[:, None])


def ranks_of(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each commune in each draw, 1 the most, ties by their mean; shape (communes, n)."""
    above = (totals[None, :, :] > totals[:, None, :]).sum(axis=1)
    level = (totals[None, :, :] == totals[:, None, :]).sum(axis=1)
    return np.asarray(above + (level + 1) / 2, float)


@dataclass(frozen=True)
class Demand:
    """Learners gathered in squares, and what joint draws of the levels say of them.

    Attributes
    ----------
    at
        Easting and northing of the squares in doubt, shape (squares, 2), m.
    commune
        Row of the commune of each, shape (squares,).
    lean
        Expected gradient of the learners without signal times the drawn levels about their mean, summed over the
        operators, shape (squares, n): its covariance with a level is that of the square's total.
    totals
        Learners without usable signal of any operator by commune, shape (communes, n).
    """

    at: NDArray[np.float64]
    commune: NDArray[np.int64]
    lean: NDArray[np.float32]
    totals: NDArray[np.float64]


@dataclass(frozen=True)
class Fields:
    """Fields of the operators and how they are drawn together."""

    surfaces: Mapping[str, CoverageSurface]
    shared: Shared
    n: int
    seed: int
    _drawers: dict[tuple[int, bool], Callable[[Places], NDArray[np.float32]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def drawn(self, at: NDArray[np.float64], of_samples: bool = False) -> NDArray[np.float32]:
        """Draw the levels of all operators at places, shape (operators, places, n), dBm.

        Parameters
        ----------
        of_samples
            False: the levels of homes. True: what samples would read there, in the same worlds: without the part of a
            home's level of which no sample on a road tells, with the noise of a square, which is of each place alone.
        """
        found = np.empty((len(self.surfaces), len(at), self.n), dtype=np.float32)
        for row, surface in enumerate(self.surfaces.values()):
            if (row, of_samples) not in self._drawers:
                draw = surface.drawer(self.n, self.seed, row, self.shared, noise_apart=of_samples)
                self._drawers[row, of_samples] = draw
            found[row] = self._drawers[row, of_samples](surface.locate(at))
        return found

    def support_m(self) -> float:
        """Return where covariances end."""
        return min(LOCAL_RANGES * self.shared.range_m, LARGEST_LOCAL_M)

    def further_noise_db2(self, length_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the noise of a stretch shorter than a square exceeds that of one, (operators, stretches)."""
        single = self._single()
        noise = np.array([surface.kriging_.place_noise_db2_ for surface in single])
        squares = np.array([length_m / surface.block_m for surface in single])
        return np.asarray(np.maximum(noise, 0.01)[:, None] * (1 / np.clip(squares, 0.1, 1.0) - 1) + LEAST_NOISE_DB2)

    def _single(self) -> list[CoverageSurface]:
        layers = [getattr(surface, "main_", None) for surface in self.surfaces.values()]
        return [
            one if layer is None else layer.surface for one, layer in zip(self.surfaces.values(), layers, strict=True)
        ]


def demand_of(
    fields: Fields,
    at: NDArray[np.float64],
    learners: NDArray[np.float64],
    commune: NDArray[np.int64],
    communes: int,
    usable_dbm: float,
) -> Demand:
    """Draw the levels at squares of learners and count those below the threshold.

    Parameters
    ----------
    at, learners, commune
        Of each square, shapes (m, 2), (m,) and (m,).
    communes
        Their number.
    usable_dbm
        Threshold of the service.
    """
    totals = np.zeros((communes, fields.n))
    doubtful: list[NDArray[np.int64]] = []
    leans: list[NDArray[np.float32]] = []

    def part_of(part: slice) -> None:
        level = fields.drawn(at[part])
        unusable: NDArray[np.bool_] = np.all(level < usable_dbm, axis=0)
        lost = learners[part, None] * unusable
        np.add.at(totals, commune[part], lost)
        rows = np.flatnonzero(np.any(unusable, axis=1) & ~np.all(unusable, axis=1))
        doubtful.append(rows + part.start)
        leans.append(_lean(level[:, rows], lost[rows]))

    in_chunks(len(at), part_of, chunk=CHUNK, workers=1)
    rows = np.concatenate(doubtful) if doubtful else np.empty(0, dtype=np.int64)
    lean = np.vstack(leans) if leans else np.empty((0, fields.n), dtype=np.float32)
    return Demand(at[rows], commune[rows], lean, totals)


def _lean(level: NDArray[np.float32], lost: NDArray[np.float64]) -> NDArray[np.float32]:
    """Regress the lost learners of each square on its levels, and return what that explains of them in each draw."""
    about = np.moveaxis(level - level.mean(axis=2, keepdims=True), 0, 1).astype(float)
    own = np.einsum("son,spn->sop", about, about)
    own += 1e-6 * np.einsum("soo->s", own)[:, None, None] * np.eye(own.shape[1])
    with_lost = np.einsum("son,sn->so", about, lost - lost.mean(axis=1, keepdims=True))
    gradient = np.linalg.solve(own, with_lost[:, :, None])[:, :, 0]
    return np.einsum("so,son->sn", gradient, about).astype(np.float32)


@dataclass
class Outlook:
    """What the pieces of road not yet measured would tell; :meth:`measure` makes it that after some of them.

    Attributes
    ----------
    total_covariance
        Of each commune's total with the level at each point, learners dB, shape (communes, points).
    variance_db2, noise_db2
        Of the level at each point, and of what would be read there, shape (points,).
    within
        Covariance of the points of each piece, shape (pieces, k, k).
    weight
        Weight of each rank, or total, times its gradient, shape (aims, communes).
    """

    fields: Fields
    piece: NDArray[np.int64]
    at: NDArray[np.float64]
    level: NDArray[np.float32]
    total_covariance: NDArray[np.float64]
    variance_db2: NDArray[np.float64]
    noise_db2: NDArray[np.float64]
    within: NDArray[np.float64]
    weight: NDArray[np.float64]
    _aim_covariance: NDArray[np.float64] = field(init=False)
    _known: NDArray[np.float32] = field(init=False)
    """Of what was measured, made independent: its covariance with the level at each point, (measured, points)."""

    def __post_init__(self) -> None:
        self._aim_covariance = self.weight @ self.total_covariance
        self._known = np.empty((0, len(self.at)), dtype=np.float32)

    @classmethod
    def of(
        cls, fields: Fields, demand: Demand, graph: RoadGraph, pieces: NDArray[np.int64], weight: NDArray[np.float64]
    ) -> Outlook:
        """Draw the levels along pieces of road and relate them to the totals.

        Parameters
        ----------
        pieces
            Rows of the graph to be considered.
        weight
            As in the attributes.
        """
        operators, points = len(fields.surfaces), len(POINTS)
        k = operators * points
        places = np.stack([graph.along(share)[pieces] for share in POINTS], axis=1)
        level = fields.drawn(places.reshape(-1, 2), of_samples=True).reshape(operators, len(pieces), points, fields.n)
        level -= level.mean(axis=3, keepdims=True)
        rows = np.moveaxis(level, 0, 2).reshape(len(pieces) * k, fields.n)
        at = np.repeat(places.reshape(-1, 2), operators, axis=0)
        noise = fields.further_noise_db2(graph.length_m[pieces] / points)
        blocks = rows.reshape(len(pieces), k, fields.n)
        apart = np.hypot(*(at.reshape(len(pieces), k, 1, 2) - at.reshape(len(pieces), 1, k, 2)).transpose(3, 0, 1, 2))
        support_m = fields.support_m()
        within = np.einsum("pan,pbn->pab", blocks, blocks) / (fields.n - 1) * faded(apart, support_m)
        return cls(
            fields,
            pieces,
            at,
            rows,
            _with_totals(demand, blocks, at.reshape(len(pieces), k, 2), len(weight.T), support_m),
            np.einsum("paa->pa", within).ravel().copy(),
            np.repeat(noise.T[:, None, :], points, axis=1).ravel(),
            within,
            weight,
        )

    def worth(self) -> NDArray[np.float64]:
        """Return the expected fall of the weighted variance of the aims by measuring each piece, shape (pieces,)."""
        k = self.within.shape[1]
        about = self._aim_covariance.reshape(len(self.weight), len(self.piece), k).transpose(1, 0, 2)
        read = self.within + self.noise_db2.reshape(-1, k, 1) * np.eye(k)
        return np.maximum(np.einsum("pak,pka->p", about, np.linalg.solve(read, about.transpose(0, 2, 1))), 0.0)

    def joint_worth(self, rows: Rows) -> float:
        """Return the expected fall by measuring some pieces together; what they share counts once."""
        points = self._points(rows)
        root = self._root(points)
        return float((solve_triangular(root, self._aim_covariance[:, points].T, lower=True) ** 2).sum())

    def level_variance(self) -> NDArray[np.float64]:
        """Return the variance of what is read along each piece, mean over its points and operators, dB², (pieces,)."""
        return np.asarray(np.einsum("paa->p", self.within) / self.within.shape[1])

    def again(self) -> Outlook:
        """Return the outlook as it is now; what is measured in either is not in the other."""
        return copy(self)

    def kept(self, rows: Rows) -> Outlook:
        """Return the outlook on some of the pieces, before anything is measured."""
        pieces, points = np.asarray(rows), self._points(rows)
        return Outlook(
            self.fields, self.piece[pieces], self.at[points], self.level[points], self.total_covariance[:, points],
            self.variance_db2[points], self.noise_db2[points], self.within[pieces], self.weight,
        )  # fmt: skip

    def measure(self, rows: Rows) -> NDArray[np.float64]:
        """Take some pieces as measured; return by how much that lowers the variance of each commune's total.

        Shape (communes,), learners².
        """
        if not len(rows):
            return np.zeros(len(self.total_covariance))
        k, points = self.within.shape[1], self._points(rows)
        root = self._root(points)
        column = solve_triangular(root, self._covariance(points, slice(None)), lower=True)
        total = solve_triangular(root, self.total_covariance[:, points].T, lower=True)
        aim = solve_triangular(root, self._aim_covariance[:, points].T, lower=True)
        self.total_covariance = self.total_covariance - total.T @ column
        self._aim_covariance = self._aim_covariance - aim.T @ column
        self.variance_db2 = np.maximum(self.variance_db2 - (column**2).sum(axis=0), 1e-9)
        block = column.reshape(len(points), -1, k)
        self.within = self.within - np.einsum("mpa,mpb->pab", block, block, optimize=True)
        self._known = np.vstack([self._known, column.astype(np.float32)])
        return np.asarray((total**2).sum(axis=0))

    def _points(self, rows: Rows) -> NDArray[np.int64]:
        k = self.within.shape[1]
        return np.asarray((np.asarray(rows, dtype=np.int64)[:, None] * k + np.arange(k)).ravel())

    def _root(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the Cholesky root of the covariance of what would be read at points."""
        read = self._covariance(points, points)
        # The diagonal apart: it is exact, and never less than what the noise leaves.
        read[np.diag_indices(len(points))] = self.variance_db2[points] + self.noise_db2[points]
        return np.asarray(cholesky(read, lower=True))

    def _covariance(self, points: NDArray[np.int64], others: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Return the covariance of the level at points with that at others, given what was measured."""
        east, north = (self.at[points, axis][:, None] - self.at[others, axis][None] for axis in (0, 1))
        apart = np.hypot(east, north)
        support_m = self.fields.support_m()
        near = np.flatnonzero((apart < support_m).any(axis=0))
        found = np.zeros(apart.shape)
        shared = self.level[points] @ self.level[others][near].T / np.float32(self.fields.n - 1)
        found[:, near] = shared * faded(apart[:, near], support_m)
        return found - self._known[:, points].T @ self._known[:, others]


def _with_totals(
    demand: Demand, blocks: NDArray[np.float32], at: NDArray[np.float64], communes: int, support_m: float
) -> NDArray[np.float64]:
    """Return the covariance of totals and levels, shape (communes, pieces * k)."""
    pieces, k, n = blocks.shape
    found = np.zeros((communes, pieces * k))
    if not len(demand.at):
        return found
    middle = at.mean(axis=1)
    reach = float(np.hypot(*(at - middle[:, None]).reshape(-1, 2).T).max(initial=0.0)) + support_m
    tree = cKDTree(demand.at)
    for piece in range(pieces):
        near = np.array(tree.query_ball_point(middle[piece], reach, return_sorted=True), dtype=np.int64)
        if len(near):
            apart = np.hypot(*(demand.at[near, None] - at[piece]).transpose(2, 0, 1))
            both = demand.lean[near] @ blocks[piece].T / (n - 1) * faded(apart, support_m)
            for point in range(k):
                sums = np.bincount(demand.commune[near], both[:, point], communes)
                found[:, piece * k + point] = sums
    return found
