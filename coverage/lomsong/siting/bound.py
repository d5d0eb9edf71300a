"""How good any plan can be: the linear relaxation by cuts, and bounds that trust no solver.

The relaxation is, with w the weights of the rows, z_i = min(1, Σ_{j reaches i} y_j) and 0 ≤ y ≤ 1,

    max a Σ w_i z_i - Σ c_j y_j   over   G y ≤ h,   Σ_{i in part k} w_i z_i ≥ q_k,

a = 1 and c = 0 for the greatest cover, a = 0 for the least cost. With the rows split into groups g, θ_g stands for a
group's part of Σ w z. At any point y° each row of a group is full (Σ y° ≥ 1) or open, and since min(1, s) is at most 1
and at most s, for every y

    θ_g ≤ Σ_{full} w_i + Σ_j y_j Σ_{open, reached by j} w_i

is a valid cut, tight at y°. Where every row must be reached, the cuts are single rows, Σ_{j reaches i} y_j ≥ 1. HiGHS
solves the master problem; its numbers are only ever used as advice.

The bound itself is Lagrangian. Let μ ≥ 0 and ν ≥ 0 be any prices of the limits and the needs, v_i = w_i (a + ν of its
part), and f_i in [0, 1] any numbers, u_i = f_i v_i. Since z_i ≤ min(1, Σ y),

    a Σ w z - c y ≤ Σ v z - ν q + μ (h - G y) - c y ≤ Σ (v - u) - ν q + μ h + Σ_j y_j r_j,
    r_j = Σ_{i reached by j} u_i - c_j - (Gᵀ μ)_j,

and the last sum is at most that of the positive r_j. It holds for all such numbers, so neither tolerances nor a failed
solve can make it false; good duals only make it tight. f_i is the share of the dual weight of its group's cuts in which
row i was open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from lomsong.siting import problem as base
from lomsong.siting.groups import apart, groups, neighbours, slope_of
from lomsong.siting.problem import Model

PATIENCE = 8
"""Rounds without headway after which the relaxation is good enough."""

ROUNDING = 1e-11
"""Relative room for the rounding of sums in float64, added to every bound."""

CORE = 0.5
"""Weight of the points before in the point at which cuts are made."""

SIFTED = 600
"""Columns above which the master problem of the greatest cover starts with some and takes others in by their worth."""

ENTERING = 150
"""Most columns taken in a round, or a tenth of all."""

AGE = 3
"""Solves in a row that leave a cut slack before it goes."""

ROWS_AT_ONCE = 2_000
"""Rows added in a round where every row must be reached."""


@dataclass(frozen=True)
class Prices:
    """Advice of a master problem: u of each row, μ of each limit, Σ (v - u) - ν q, and σ of each region."""

    share: NDArray[np.float64]
    row: NDArray[np.float64]
    limit: NDArray[np.float64]
    rest: float
    region: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Relaxation:
    """A proven bound on the objective, the reduced worth r_j behind it, the fractional plan y, whether it converged.

    ``infeasible``: the master problem says that even fractional plans break a limit or leave a need.
    """

    bound: float
    worth: NDArray[np.float64]
    share: NDArray[np.float64]
    converged: bool = False
    infeasible: bool = False
    prices: Prices | None = None


@dataclass(frozen=True)
class Ranges:
    """What branching allows: least and most of each column, and of the sum of each region of columns.

    ``regions`` is of shape (regions, columns), ones where a column belongs to a region.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    regions: csr_matrix
    least: NDArray[np.float64]
    most: NDArray[np.float64]


def lagrangian(model: Model, prices: Prices, ranges: Ranges | None = None) -> tuple[float, NDArray[np.float64]]:
    """Return the bound that prices prove for plans within ranges (None: all plans), and the reduced worths.

    Computed in float64 from the problem alone, with room for the rounding of the sums.
    """
    mu = np.maximum(prices.limit, 0.0)
    reached = model.problem.sums(np.maximum(prices.row, 0.0))
    plain = reached - (0.0 if model.gain else model.costs) - model.limits.matrix.T @ mu
    charges = mu * model.limits.most
    low, high = np.zeros(len(plain)), np.ones(len(plain))
    if ranges is not None:
        low, high = ranges.low, ranges.high
        if len(prices.region):
            plain = plain - ranges.regions.T @ prices.region
            ends = np.where(prices.region > 0, ranges.most, np.where(prices.region < 0, ranges.least, 0.0))
            charges = np.concatenate([charges, prices.region * ends])
    taken = np.where(plain > 0, high, low) * plain
    size = abs(prices.rest) + float(np.abs(charges).sum()) + float(np.abs(taken).sum())
    size += float(reached[high > 0].max(initial=0.0))
    return prices.rest + float(charges.sum()) + float(taken.sum()) + ROUNDING * size, plain


def relax(
    model: Model,
    better: float,
    deadline: float,
    starts: list[NDArray[np.float64]] | None = None,
    *,
    shrink: float = 1.0,
    shut: bool = True,
) -> tuple[Relaxation, Master]:
    """Bound the objective from above.

    Stops when converged, when the bound shows that nothing reaches ``better``, when reduced worths close out a share
    ``shrink`` of the columns, or at ``deadline``.

    Parameters
    ----------
    model
        What is sought.
    better
        Objective from which a plan counts.
    deadline
        By :func:`lomsong.siting.problem.clock`.
    starts
        Fractional plans near which the first cuts are made.
    shrink
        Share of the columns.
    shut
        Whether columns that no better plan takes are closed for good; not where the model is part of another.
    """
    columns = len(model.costs)
    bound, worth, best = np.inf, np.zeros(columns), None
    share = np.zeros(columns)
    if model.gain:
        best = plain_prices(model)
        bound, worth = lagrangian(model, best)
    elif (model.costs >= 0).all():
        bound, worth = 0.0, -model.costs
    master = Master(model)
    core = None
    for start in starts or ():
        master.cut(start, always=True)
        core = start
    active = _sifted(model, worth, starts or [])
    master.close(~active)
    falling: list[float] = []
    while bound >= better and base.clock() < deadline:
        solved = master.solve(deadline)
        if solved is None:
            return Relaxation(bound, worth, share, prices=best), master
        share = solved.share
        value, plain = lagrangian(model, solved)
        if value < bound:
            bound, worth, best = value, plain, solved
        falling.append(bound)
        # Cuts at a point between the last ones and the new optimum go deeper than cuts at the optimum itself.
        core = share if core is None else CORE * core + (1 - CORE) * share
        more = (not master.by_row and master.cut(core)) or master.cut(share)
        entering = np.flatnonzero(~active & (plain > 0))
        entering = entering[np.argsort(-plain[entering], kind="stable")[: max(ENTERING, len(plain) // 10)]]
        active[entering] = True
        master.open(entering)
        if (not more and not len(entering)) or _stalls(falling, better):
            master.open(np.flatnonzero(~active))
            return Relaxation(bound, worth, share, True, master.infeasible, best), master
        gone = shut & (bound + np.where(worth < 0, worth, 0.0) < better)
        if gone.mean() >= shrink:
            break
        master.shut(gone)
    master.open(np.flatnonzero(~active))
    return Relaxation(bound, worth, share, prices=best), master


def plain_prices(model: Model) -> Prices:
    """Return prices of a greatest cover without any solver: every row open, as if nothing overlapped."""
    return Prices(np.zeros(len(model.costs)), model.problem.weights, _price_of_count(model), 0.0)


def fixed(relaxed: Relaxation, better: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which columns every better plan takes and which none does, by reduced worth."""
    return (relaxed.worth > 0) & (relaxed.bound - relaxed.worth < better), (relaxed.worth < 0) & (
        relaxed.bound + relaxed.worth < better
    )


def _sifted(model: Model, worth: NDArray[np.float64], starts: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return the columns of the first master problem: those of the starts and the worthiest; others enter by worth."""
    active = np.zeros(len(model.costs), bool)
    if len(active) <= SIFTED or not model.gain:
        return ~active
    active[np.argsort(-worth, kind="stable")[: SIFTED // 2]] = True
    for start in starts:
        active |= start > 0
    return active


def _price_of_count(model: Model) -> NDArray[np.float64]:
    """Price of the first limit, where all columns count in it by one: the least worth among those that fit."""
    prices = np.zeros(len(model.limits.most))
    if len(prices):
        row = model.limits.matrix[[0]]
        count = int(max(model.limits.most[0], 0))
        if row.nnz == len(model.costs) > count and (row.data == 1).all():
            worth = model.problem.sums(model.problem.weights)
            prices[0] = np.sort(worth)[::-1][count]
    return prices


def _stalls(falling: list[float], better: float) -> bool:
    """Tell whether the last rounds closed next to nothing of what is open: the tail of the rounds is long."""
    return (
        len(falling) > PATIENCE
        and np.isfinite(better)
        and falling[-1 - PATIENCE] - falling[-1] < 0.01 * (falling[-1] - better)
    )


@dataclass
class _Cut:
    """A cut of a group: which of its rows were open, and for how many solves it was slack."""

    group: int
    open: NDArray[np.bool_]
    slack: int = 0


@dataclass
class Master:
    """The master problem in HiGHS: columns y_j, then θ_g; rows: limits, needs and cuts, amid them sums of regions."""

    model: Model
    infeasible: bool = False
    void: bool = False
    _cuts: list[_Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        model = self.model
        self.by_row = model.all_of_it
        self._in = np.zeros(len(model.problem.weights), bool)
        self._rows: list[int] = []
        self._order = np.zeros(0, np.int64) if self.by_row else neighbours(model)
        self._starts, self.part = groups(self._order, model.problem.part, len(model.needs))
        self.groups = len(self.part)
        self._theta = np.zeros(self.groups)
        self._last = np.zeros(len(self._order))
        self.scale = max(model.problem.total / max(self.groups, 1), 1e-300) if not self.by_row else 1.0
        self.price_scale = self.scale if model.gain else max(float(model.costs.max(initial=0.0)), 1e-300)
        self._high = np.ones(len(model.costs))
        self._weights = model.problem.weights[self._order]
        self._build()
        self.cut(np.zeros(len(model.costs)))

    def _build(self) -> None:
        model, columns, groups = self.model, len(self.model.costs), self.groups
        weight = np.array([self._weights[a:b].sum() for a, b in self._spans()]) / self.scale
        # A limit is scaled to its largest number, lest a budget in millions sit beside ones.
        matrix = csr_matrix(model.limits.matrix, dtype=np.float64)
        self._limit_scale = abs(matrix).max(axis=1).toarray().ravel() if matrix.shape[0] else np.ones(0)
        self._limit_scale[self._limit_scale == 0] = 1.0  # no column counts in it
        needs = [] if self.by_row else [*model.needs, model.need]
        self._need_of = [(k, float(q)) for k, q in enumerate(needs) if q > 0]
        self._fixed_rows = matrix.shape[0] + len(self._need_of)
        self._regions_from, self._regions = self._fixed_rows, 0
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columns + groups + 1, 0
        lp.sense_ = highspy.ObjSense.kMaximize
        cost = np.zeros(columns) if model.gain else -model.costs / self.price_scale
        # One slack for all limits and needs, dear: the model always has a solution, and its prices prove where none is.
        dear = 10.0 * (groups if model.gain else float(model.costs.sum()) / self.price_scale) + 10.0
        lp.col_cost_ = np.concatenate([cost, np.full(groups, model.gain), [-dear]])
        lp.col_lower_ = np.concatenate([np.zeros(columns), np.full(groups, -highspy.kHighsInf), [0.0]])
        lp.col_upper_ = np.concatenate([np.ones(columns), weight, [highspy.kHighsInf]])
        lp.a_matrix_.start_ = np.zeros(columns + groups + 2, np.int32)
        solver.passModel(lp)
        self._solver = solver
        for k in range(matrix.shape[0]):
            row = matrix[[k]]
            most = model.limits.most[k] / self._limit_scale[k]
            self._add(row.indices, row.data / self._limit_scale[k], -np.inf, most, -1.0)
        for k, least in self._need_of:
            inside = np.arange(groups) if k == len(model.needs) else np.flatnonzero(self.part == k)
            self._add(columns + inside, np.ones(len(inside)), least / self.scale, np.inf, 1.0)

    @property
    def grouping(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows in groups of neighbours, and where each group starts."""
        if not self.by_row:
            return self._order, self._starts
        order = neighbours(self.model)
        return order, groups(order, self.model.problem.part, len(self.model.needs))[0]

    def _spans(self) -> list[tuple[int, int]]:
        return list(zip(self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True))

    def _add(self, index: NDArray[np.int64], value: NDArray[np.float64], low: float, high: float, slack: float) -> None:
        at = np.append(index, len(self.model.costs) + self.groups).astype(np.int32)
        self._solver.addRow(low, high, len(at), at, np.append(value, slack))

    def shut(self, gone: NDArray[np.bool_]) -> None:
        """Close columns that no better plan takes."""
        new = np.flatnonzero(gone & (self._high > 0))
        self.between(new, np.zeros(len(new)), np.zeros(len(new)))
        self._high[new] = 0.0

    def close(self, columns: NDArray[np.bool_]) -> None:
        """Hold columns at 0 for now; what is shut stays shut."""
        at = np.flatnonzero(columns)
        self.between(at, np.zeros(len(at)), np.zeros(len(at)))

    def open(self, columns: NDArray[np.int64]) -> None:
        """Let columns in again."""
        self.between(columns, np.zeros(len(columns)), self._high[columns])

    def between(self, columns: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Set the range of some columns."""
        if len(columns):
            self._solver.changeColsBounds(len(columns), columns.astype(np.int32), low, high)

    def divide(self, regions: csr_matrix) -> None:
        """Add the sums over regions of columns, free for now, shape (regions, columns); once only."""
        self._regions_from, self._regions = self._solver.getNumRow(), regions.shape[0]
        if self._regions:
            self._solver.addRows(
                self._regions, np.full(self._regions, -highspy.kHighsInf), np.full(self._regions, highspy.kHighsInf),
                regions.nnz, regions.indptr[:-1].astype(np.int32), regions.indices.astype(np.int32),
                np.ones(regions.nnz),
            )  # fmt: skip

    def within(self, ranges: Ranges) -> None:
        """Hold the columns and the sums over regions within ranges."""
        self.between(np.arange(len(ranges.low)), ranges.low, ranges.high)
        if self._regions:
            rows = np.arange(self._regions_from, self._regions_from + self._regions, dtype=np.int32)
            self._solver.changeRowsBounds(len(rows), rows, ranges.least, ranges.most)

    def solve(self, deadline: float) -> Prices | None:
        """Return the advice of the master problem; None unless it was solved to optimality."""
        solver = self._solver
        if not self._optimal(deadline):
            solver.clearSolver()  # from its last basis HiGHS may end with small infeasibilities left: once more anew
            if not self._optimal(deadline):
                return None
        # Taken before the model changes: duals read after rows were added are stale.
        solution = solver.getSolution()
        values, signed = np.array(solution.col_value), np.array(solution.row_dual)
        duals = np.abs(signed)
        columns, limits = len(self.model.costs), len(self.model.limits.most)
        self._theta = values[columns:-1]
        self._last = np.zeros(0) if self.by_row else self.model.problem.shares(values[:columns])[self._order]
        self.infeasible = bool(values[-1] > 1e-6)
        money = self.price_scale
        mu = duals[:limits] * money / self._limit_scale
        share = np.clip(values[:columns], 0, 1)
        ends = self._regions_from, self._regions_from + self._regions
        cuts = np.concatenate([duals[self._fixed_rows : ends[0]], duals[ends[1] :]]) * money
        region = signed[ends[0] : ends[1]] * money
        if self.by_row:
            u = np.zeros(len(self.model.problem.weights))
            u[self._rows] = cuts
            return Prices(share, u, mu, -float(u.sum()), region)
        nu = duals[limits : self._fixed_rows] * money / self.scale
        return replace(self._by_group(share, mu, nu, cuts / self.scale), region=region)

    def _optimal(self, deadline: float) -> bool:
        """Run HiGHS; tell whether it found the optimum."""
        solver, found = self._solver, highspy.HighsModelStatus.kTimeLimit
        while found == highspy.HighsModelStatus.kTimeLimit:  # HiGHS counts wall time, the clock may be another
            left_s = deadline - base.clock()
            if left_s <= 0:
                return False
            solver.setOptionValue("time_limit", solver.getRunTime() + left_s)
            status = solver.run()
            found = solver.getModelStatus()
        self.void = found == highspy.HighsModelStatus.kInfeasible  # nothing is within the ranges, says the solver
        return bool(status != highspy.HighsStatus.kError and found == highspy.HighsModelStatus.kOptimal)

    def _by_group(
        self, share: NDArray[np.float64], mu: NDArray[np.float64], nu: NDArray[np.float64], cuts: NDArray[np.float64]
    ) -> Prices:
        model = self.model
        price = np.full(len(model.needs), model.gain)
        rest = 0.0
        for (k, least), one in zip(self._need_of, nu, strict=True):
            rest -= float(one) * least
            price[slice(None) if k == len(model.needs) else k] += one
        v = self._weights * price[model.problem.part[self._order]]
        f = np.zeros(len(v))
        for at in np.flatnonzero(cuts > 0):
            cut = self._cuts[at]
            top = price[self.part[cut.group]]
            if top > 0:
                f[self._starts[cut.group] : self._starts[cut.group + 1]] += cuts[at] / top * cut.open
        for one, cut in zip(cuts, self._cuts, strict=True):
            cut.slack = 0 if one > 0 else cut.slack + 1
        u = np.zeros(len(model.problem.weights))
        np.clip(f, 0, 1, out=f)
        u[self._order] = f * v
        return Prices(share, u, mu, rest + float((v * (1 - f)).sum()))

    def cut(self, share: NDArray[np.float64], *, always: bool = False) -> bool:
        """Add the cuts at ``share`` that the last solution violates, or all; tell whether there were any."""
        reached = self.model.problem.shares(share)
        if self.by_row:
            return self._cut_rows(reached)
        inside = reached[self._order]
        first = always or not self._cuts
        span, starts = self._last, self._starts[:-1]
        full = inside >= 1 - 1e-9
        if first or not self.groups:
            violated = np.arange(self.groups)
        else:  # the cut of each group at ``share``, read at the last solution
            here = np.add.reduceat(self._weights * np.where(full, 1.0, span), starts)
            violated = np.flatnonzero(self._theta * self.scale > here + 1e-7 * np.maximum(self.scale, here))
        if not len(violated):
            return False
        self._purge()
        lists = [self._one(int(group), inside) for group in violated]
        counts = np.array([len(one[0]) for one in lists])
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
        self._solver.addRows(
            len(lists), np.full(len(lists), -highspy.kHighsInf), np.array([one[2] for one in lists]), int(counts.sum()),
            starts, np.concatenate([one[0] for one in lists]), np.concatenate([one[1] for one in lists]),
        )  # fmt: skip
        return True

    def _one(self, group: int, inside: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64], float]:
        problem, columns = self.model.problem, len(self.model.costs)
        span = slice(self._starts[group], self._starts[group + 1])
        opened = inside[span] < 1 - 1e-9
        slope = slope_of(
            problem.indptr, problem.indices, self._order[span][opened], self._weights[span][opened], columns
        )
        near = np.flatnonzero(slope)
        self._cuts.append(_Cut(group, opened))
        index = np.append(near, columns + group).astype(np.int32)
        return index, np.append(-slope[near] / self.scale, 1.0), float(self._weights[span][~opened].sum()) / self.scale

    def _purge(self) -> None:
        old = [at for at, cut in enumerate(self._cuts) if cut.slack > AGE]
        if len(old) > max(len(self._cuts) // 4, self.groups):
            rows = np.array(old) + self._fixed_rows
            behind = rows >= self._regions_from
            rows[behind] += self._regions
            self._solver.deleteRows(len(old), rows.astype(np.int32))
            self._regions_from -= int((~behind).sum())
            gone = set(old)
            self._cuts = [cut for at, cut in enumerate(self._cuts) if at not in gone]

    def _cut_rows(self, reached: NDArray[np.float64]) -> bool:
        problem = self.model.problem
        short = np.where(self._in | (problem.weights <= 0), 2.0, reached)
        worst = np.argsort(short, kind="stable")[:ROWS_AT_ONCE]
        new = worst[short[worst] < 1 - 1e-7]
        if not len(new):
            return False
        if not self._rows:  # a first set that is spread: rows that share no column with one another
            new = apart(
                problem.indptr,
                problem.indices,
                np.argsort(np.diff(problem.indptr), kind="stable"),
                len(self.model.costs),
            )
            new = new[problem.weights[new] > 0]
        lengths = np.diff(problem.indptr)[new] + 1
        slack = [len(self.model.costs) + self.groups]
        parts = [(problem.indices[problem.indptr[i] : problem.indptr[i + 1]], slack) for i in new]
        index = np.concatenate([one for pair in parts for one in pair])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int32)
        self._solver.addRows(
            len(new), np.ones(len(new)), np.full(len(new), highspy.kHighsInf), len(index), starts,
            index.astype(np.int32), np.ones(len(index)),
        )  # fmt: skip
        self._in[new] = True
        self._rows += new.tolist()
        return True
