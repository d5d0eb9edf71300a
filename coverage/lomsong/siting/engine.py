"""One search for both questions: the best plan and the bound, each kept at every moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lomsong.siting import problem as base
from lomsong.siting.anneal import CHEAPER, anneal, budgeted, cheaper
from lomsong.siting.bound import Prices, Relaxation, fixed, lagrangian, relax
from lomsong.siting.branch import branch
from lomsong.siting.breed import Breed
from lomsong.siting.problem import Model
from lomsong.siting.saddle import ruling, saddle
from lomsong.siting.search import explore, greedy, spared
from lomsong.siting.sift import SOME, TURNS, Focus, at_once, few, many, overseen, promising, sampled, wider
from lomsong.siting.thrift import cheapest, thrifty
from lomsong.siting.windows import windowed

CLOSED = 1e-9
"""Relative gap at which a plan counts as proven."""

LARGE = 2_000_000
"""Non-zeros above which the relaxation pauses to shrink the problem as soon as it can."""

WIDE = 1_000
"""Columns above which a greatest cover is seen through few of them, whatever its size."""

SHRINK = 0.25
"""Share of the columns of a large problem whose closing is worth a smaller copy."""

REPEAT = (0.1, 0.4)
"""Share of the columns whose fixing is worth another relaxation of what is left, while it falls and once converged."""

FIRST_MOVES = 160
"""Moves of the first search: it only sets the mark for the fixing of columns."""

BRANCH_MOVES = 500
"""Moves of the searches that branching starts now and then."""

READINGS = 2_500
"""Readings of rows that annealing spends for a move of the other search; where all there are is fewer, that many."""

HOPELESS = (0.002, 5)
"""Relative gap, and columns split by the fractional plan for each of a plan, beyond which branching closes nothing."""

PARED = 12
"""Plans after which one of so much less cost is given up."""

HOPELESS_COST = (0.03, 150)
"""Relative gap of a least cost, and columns split by the fractional plan, beyond which branching closes nothing."""

SIMPLEX, SIMPLE, NEAR_ALL = (0.12, 0.0), 300_000, 0.02
"""Share of the time left after which the relaxation of a least cost is sought by another way, which knows no limits:
without any and of more non-zeros than these at once; and up to which relative gap that of all: the bound is nearer."""

BRED = 0.85, 0.25
"""Share of the time left that then goes to better plans, where no windows can be solved and where all rows must be
reached."""

BRED_COVER, OVERLOOKED = (0.5, 0.25), 20_000_000
"""That of a greatest cover, and of one of more non-zeros than these: so many are too many for windows where all rows
must be reached."""

BRED_COST, FAR = (0.1, 0.5), 0.1
"""That of a least cost of part, and of one whose relative gap is wider than this: there a better plan is likely."""

BRED_AT, BRED_PLANS = (100, 1_000), 4
"""Nodes after which a longer branching turns to better plans too, and how many are made each time."""

SEARCHED = 5_000_000
"""Non-zeros above which only :data:`FIRST_MOVES` are made."""

SEARCHED_WHOLE = 100_000
"""Non-zeros below which a search moves among all columns."""

NEAREST = 200
"""Columns of best reduced worth among which the search in a larger problem moves, at least."""

NEAR_BY_SHARE = 3
"""And so many times those that the fractional plan or the best one takes."""

SAMPLED = 6e-3
"""Relative gap up to which the relaxation of a sample is solved: of the whole it says no more."""

AFAR, AT_LAST = (1e-2, 4e-3), 1e-3
"""The same of a large problem with a spread plan, before better plans are looked for and after."""

MOVES = 10_000
"""Moves of a search in what is left: a number, not a time, so that the same seed gives the same plan."""

FEW_MISSED = 0.1
"""Share of what is open by which columns outside of the few may raise the bound."""

CHEAPER_MOVES = 200_000
"""The same where the least cost is sought: there the plan is farther from the bound."""

MOST_MOVES = 100
"""Moves for each non-zero after which a small problem has been seen through."""


@dataclass
class Search:
    """The best plan and bound so far of one model, in the caller's candidates; the objective is maximised."""

    model: Model
    seed: int = 0
    best: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    value: float = -np.inf
    bound: float = np.inf
    infeasible: bool = False
    alone: bool = True
    """Whether this is no search within another."""
    enough: float = np.inf
    """Objective beyond which no better plan is needed."""
    _calls: int = 0
    _hope: float = 1.0

    def __post_init__(self) -> None:
        self._sown = self.seed  # windows do not depend on how many searches there was time for

    @property
    def better(self) -> float:
        """Least objective that counts as better than the best plan."""
        if self.value == -np.inf:
            return -np.inf
        return self.value + (self.model.unit or abs(self.value) * CLOSED / 2)

    @property
    def open(self) -> bool:
        """Tell whether a better plan may exist and is needed."""
        if self.value >= self.enough:
            return False
        return (
            self.bound >= self.better - (self.model.unit or 0.0) * 1e-6 if self.model.unit else self.bound > self.better
        )

    def run(self, deadline: float) -> None:
        """Search until proven or ``deadline`` (:func:`lomsong.siting.problem.clock`)."""
        model = self.model
        self.bound = model.problem.total if model.gain else 0.0
        self._keep(np.zeros(0, np.int64))
        left = self._first(base.clock() + (deadline - base.clock()) / 2)
        if self.value > -np.inf and not len(_fitting(model, np.arange(len(model.costs)))):
            self.bound = self.value  # no column fits: the empty plan is the only one
            return
        if self.open and left.focused:
            self._bred(left, left.starts[-1], deadline)
            left = self._overseen(left, deadline, AT_LAST)
            self._windowed(left, left.starts[-1], left.prices, deadline)
        self._close(left, deadline)
        self.infeasible = self.infeasible or self.bound == -np.inf

    def _first(self, deadline: float) -> _Left:
        """Find a first plan and, of a large or wide problem, the columns that are worth having."""
        model, limit = self.model, ruling(self.model)
        if limit is None or not (many(model) or len(model.costs) > WIDE):
            self._keep(model.problem.columns[greedy(model)])
            left = _Left(model, [self._shares()] if model.gain else [])
            moves = FIRST_MOVES if model.problem.size > LARGE else 10 * FIRST_MOVES
            self._explore(left, model.problem.places(self.best), moves, deadline)
            return left
        part = sampled(model, self.seed)
        plan = self._moved(part, greedy(part), FIRST_MOVES, np.inf, deadline)
        active, relaxed = promising(part, limit, plan, deadline, 0.0 if part is model else SAMPLED)
        inside = few(part, active)[0]
        start = inside.problem.places(part.problem.columns[plan])
        self._keep(inside.problem.columns[self._moved(inside, start, MOVES, np.inf, deadline)])
        left = _Left(model, [self._shares()], active)
        if part is model:
            self._tell(relaxed.bound)
            return left.shrunk(*fixed(relaxed, self.better), relaxed)
        if self._spread(relaxed.share):
            return self._overseen(replace(left, prices=relaxed.prices), deadline, *AFAR)
        return left

    def _spread(self, share: NDArray[np.float64]) -> bool:
        """Tell whether a fractional plan is split or costs less so that branching closes next to nothing."""
        if not self.model.gain:
            gap, split = HOPELESS_COST
            return bool((share > SOME).sum() > split and self.bound - self.value > gap * abs(self.value))
        return bool((share > SOME).sum() > HOPELESS[1] * max(len(self.best), 1))

    def _overseen(self, left: _Left, deadline: float, *nears: float) -> _Left:
        """Bound what is left of a large problem, ever nearer, through columns that are found to be worth having."""
        limit, active, prices = ruling(left.model), left.active, left.prices
        for near in nears:
            if limit is None or active is None or prices is None or not self.open or base.clock() > deadline:
                break
            relaxed = overseen(left.model, limit, active, self.better - left.offset, deadline, near, prices)
            self._tell(left.offset + relaxed.bound)
            active, prices = wider(active, relaxed.worth, at_once(self.best)), relaxed.prices
            left = replace(left, starts=[relaxed.share], active=active, prices=prices)
        return left

    def _shares(self) -> NDArray[np.float64]:
        """Return the best plan as shares of columns."""
        return np.isin(self.model.problem.columns, self.best).astype(float)

    def _close(self, left: _Left, deadline: float) -> None:
        """Bound, fix and shrink in turns, then branch over what is left."""
        focus: Focus | None = None
        while self.open and base.clock() < deadline:
            self._keep(left.taken)
            if self._settled(left.model):
                self._tell(-np.inf)
                return
            goal = self.better - left.offset
            wide = left.model.problem.size > LARGE and not left.focused
            relaxed, focus = self._relax(left, deadline, SHRINK if wide else 1.0)
            self.infeasible = relaxed.infeasible and left.model is self.model
            self._tell(left.offset + relaxed.bound)
            one, zero = fixed(relaxed, goal)
            if not wide or (one | zero).mean() < SHRINK:
                self._improve(left, relaxed, deadline)
            one, zero = fixed(relaxed, self.better - left.offset)
            if not self.open or (one | zero).sum() < max(1, REPEAT[relaxed.converged] * len(one)):
                break
            if left.focused and relaxed.converged and not one.any():
                left = left.shrunk(one, zero & ~focus.active, relaxed)
                focus = focus.onto(left.model)
                break  # the same few columns would say the same again
            left, focus = left.shrunk(one, zero, relaxed), None
        if self.open and base.clock() < deadline:
            inside = left if focus is None else replace(left, model=focus.part, active=None)
            self._bred(inside, relaxed.share, deadline)
            if focus is None:
                relaxed, focus = self._relax(left, deadline, 1.0)
                self._tell(left.offset + relaxed.bound)
            self._windowed(left, relaxed.share, relaxed.prices, deadline)
            if self.open:
                self._branch(left, focus, relaxed, deadline)

    def _relax(self, left: _Left, deadline: float, shrink: float) -> tuple[Relaxation, Focus]:
        """Bound what is left, a large problem through few of its columns."""
        goal = self.better - left.offset
        if not left.focused or left.active is None:
            free, until = not left.model.limits.matrix.nnz, deadline
            priced = thrifty(left.model) or (left.model.all_of_it and free)
            if priced:
                part = SIMPLEX[free and left.model.problem.size > SIMPLE]
                until = base.clock() + (deadline - base.clock()) * part
            relaxed, master = relax(left.model, goal, until, left.starts, shrink=shrink)
            if priced and not relaxed.converged and until <= base.clock() < deadline:
                prices = self._priced(left, deadline)
                bound, worth = lagrangian(left.model, prices)
                if bound < relaxed.bound:
                    relaxed = Relaxation(bound, worth, prices.share, prices=prices)
            return relaxed, Focus.whole(left.model, master)
        active, share = left.active, left.starts[-1]
        for _ in range(TURNS):
            relaxed, focus = Focus.on(left.model, active, goal, deadline, share)
            self._tell(left.offset + relaxed.bound)
            inside = replace(left, model=focus.part)
            self._explore(inside, focus.part.problem.places(self.best), FIRST_MOVES, deadline)
            goal, share = self.better - left.offset, relaxed.share
            missed = float(np.maximum(relaxed.worth[~active], 0.0).sum())
            if missed <= FEW_MISSED * (relaxed.bound - goal) or not self.open or base.clock() > deadline:
                break
            active = wider(active, relaxed.worth, at_once(self.best))
        return relaxed, focus

    def _priced(self, left: _Left, deadline: float) -> Prices:
        """Return prices of a least cost that no simplex has found in time."""
        if not left.model.all_of_it:
            return cheapest(left.model, left.model.problem.places(self.best), deadline, self.seed)
        start = np.isin(left.model.problem.columns, self.best).astype(float)
        return saddle(left.model, None, self.better - left.offset, deadline, start, NEAR_ALL)

    def _settled(self, left: Model) -> bool:
        """Tell whether nothing is left to decide: a better plan would have shown by now."""
        short = left.need > left.problem.total + 1e-9 * max(self.model.problem.total, 1e-300)
        done = not len(left.problem.weights) and left.limits.kept(np.zeros(0, np.int64))
        return short or done or not len(left.costs)

    def _branch(self, left: _Left, focus: Focus, relaxed: Relaxation, deadline: float) -> None:
        inside = replace(left, model=focus.part)

        def offer(columns: NDArray[np.int64] | None) -> float:
            if columns is not None:
                self._calls += 1
                if self._calls in BRED_AT and self.alone and left.model.gain:
                    self._breed(replace(inside, active=None), deadline, most=BRED_PLANS)
                plan = _fitting(left.model, columns)
                if self._calls % 8 == 1 and inside.model.problem.size <= SEARCHED:
                    start = inside.model.problem.places(left.model.problem.columns[plan])
                    self._explore(inside, start, BRANCH_MOVES, deadline)
                else:
                    self._keep(left.whole(plan))
            return self.better - left.offset

        branch(focus, relaxed.bound, deadline, offer, lambda bound: self._tell(left.offset + bound))

    def _tell(self, bound: float) -> None:
        """Lower the bound. Columns are fixed so that only better plans stay: below these the best plan is the bound."""
        unit = self.model.unit
        if unit:
            bound = np.floor(bound / unit + 1e-9) * unit if np.isfinite(bound) else bound
        self.bound = min(self.bound, max(float(bound), self.value if unit else self.better))

    def _keep(self, plan: NDArray[np.int64]) -> None:
        """Keep a plan of the caller's candidates if it is better."""
        worth = self.model.worth(self.model.problem.places(plan))
        if worth > self.value:
            self.best, self.value = plan, worth

    def _explore(self, left: _Left, start: NDArray[np.int64], moves: int, deadline: float) -> None:
        model = left.model
        enough = self.bound - (self.model.unit or abs(self.bound) * CLOSED) / 2 - left.offset
        mark = -np.inf if model.gain else self.value - left.offset
        self._keep(left.whole(self._moved(model, start, moves, enough, deadline, mark)))

    def _moved(
        self, model: Model, start: NDArray[np.int64], moves: int, enough: float, deadline: float, mark: float = -np.inf
    ) -> NDArray[np.int64]:
        """Return the best plan met in some moves from a plan."""
        self.seed += 1
        seen = float(moves) * min(READINGS, model.problem.size)  # a small problem has soon been seen through
        if model.gain and model.limits.kept(start):
            return anneal(model, start, readings=seen, enough=enough, deadline=deadline, seed=self.seed)[0]
        moves = min(moves, MOST_MOVES * model.problem.size)
        plan = explore(model, start, moves=moves, enough=enough, deadline=deadline, seed=self.seed, known=mark)
        if model.gain or model.all_of_it:
            return plan
        seen = min(moves * READINGS, moves * model.problem.size / 10)
        return cheaper(model, plan, readings=seen, enough=enough, deadline=deadline, seed=self.seed, known=mark)

    def _bred(self, left: _Left, share: NDArray[np.float64], deadline: float) -> None:
        """Where branching would close next to nothing, spend most of the time on better plans."""
        if self.alone and self._spread(share):
            search = self._breed if self.model.gain else self._cheapen
            if not _windowable(left.model):
                part = BRED[0]
            elif self.model.gain:
                part = BRED_COVER[left.model.problem.size > OVERLOOKED]
            elif left.model.all_of_it:
                part = BRED[1]
            else:
                part = BRED_COST[self.bound - self.value > FAR * abs(self.value)]
            search(left, base.clock() + (deadline - base.clock()) * part, HOPELESS[0])

    def _windowed(self, left: _Left, share: NDArray[np.float64], prices: Prices | None, deadline: float) -> None:
        """Where branching would close next to nothing, bound what is left window by window."""

        def tell(bound: float) -> bool:
            self._tell(left.offset + bound)
            return self.open

        goal, sites = self.value - left.offset, len(self.best) - len(left.taken)
        if self.alone and self.open and np.isfinite(goal) and _windowable(left.model) and self._spread(share):
            limit = ruling(left.model)
            if prices is None and limit is not None:
                prices = saddle(left.model, limit, goal, deadline, share, AT_LAST)
            if prices is not None:
                windowed(left.model, prices, goal, sites, deadline, self._sown, tell)

    def _cheapen(self, left: _Left, until: float, gap: float) -> None:
        """Look for plans of less cost, longer each time that there was none, while the gap is wider."""
        moves, cut = CHEAPER_MOVES // 8, CHEAPER
        while base.clock() < until and self.open and self.bound - self.value > gap * abs(self.value):
            before = self.value
            if left.model.all_of_it or (left.model.needs > 0).any():
                self._explore(left, left.model.problem.places(self.best), moves, until)
                moves *= 1 if self.value > before else 2
            else:
                self._pare(left, cut, until)
                cut /= 1 if self.value > before else 2

    def _pare(self, left: _Left, cut: float, until: float) -> None:
        """Look for a plan of less cost as the greatest cover for a budget that is a step below that of the best."""
        model, best = left.model, left.model.problem.places(self.best)
        cost = float(model.costs[best].sum())
        cover = replace(model, gain=1.0, need=0.0)
        cover, start = budgeted(cover, best, cost - (model.unit or cut * cost))
        breed = Breed(cover, left.active, partial(self._cross, enough=model.need), self.seed)
        most = np.inf if model.unit else PARED
        for made, plan in enumerate(breed.plans(model.problem.columns[start], until, anew=False), 1):
            found = model.problem.places(plan)
            if model.worth(found) > -cost:
                self._keep(left.whole(spared(model, found)))
                break
            if made >= most:
                break
        self.seed = breed.seed

    def _breed(self, left: _Left, until: float, gap: float = 0.0, most: float = np.inf) -> None:
        """Cross plans that were annealed apart, for some of these or while the gap is wider."""
        breed = Breed(left.model, left.active, self._cross, self.seed)
        start = left.model.problem.columns[left.model.problem.places(self.best)]
        for made, plan in enumerate(breed.plans(start, until), 1):
            self._keep(np.concatenate([left.taken, plan]))
            if made >= most or not self.open or self.bound - self.value <= gap * abs(self.value):
                break
        self.seed = breed.seed

    def _cross(
        self, part: Model, plan: NDArray[np.int64], until: float, enough: float = np.inf
    ) -> tuple[NDArray[np.int64], bool]:
        """Search a model of few columns from a plan; return the best plan, and whether none is better or needed."""
        inner = Search(part, self.seed, alone=False, enough=enough)
        inner._keep(plan)
        inner.run(until)
        return inner.best, not inner.open

    def _improve(self, left: _Left, relaxed: Relaxation, deadline: float) -> None:
        """Look for plans near the fractional one and near the best, within half of the time left."""
        if not self.open:
            return
        now = base.clock()
        half = now + (deadline - now) / 4
        near = _near(left.model, relaxed, left.model.problem.places(self.best))
        left = replace(left, model=few(left.model, near)[0]) if not near.all() else left
        moves = FIRST_MOVES if left.model.problem.size > SEARCHED else MOVES if left.model.gain else CHEAPER_MOVES
        if not (self.model.gain or self.model.all_of_it) and self._spread(relaxed.share):
            moves //= 8  # paring goes farther
        moves = max(int(self._hope * moves), FIRST_MOVES)
        before, share = self.value, relaxed.share[near]
        order = np.argsort(-share, kind="stable")
        self._explore(left, _fitting(left.model, order[share[order] > 0]), moves // 2, half)
        if self.open:
            inside = left.model.problem.places(self.best)
            self._explore(left, _fitting(left.model, inside), moves, half + (half - now))
        self._hope = 1.0 if self.value > before else self._hope / 4


@dataclass(frozen=True)
class _Left:
    """What is left to decide: some columns are taken, others dropped for good.

    ``offset`` is the objective of those taken, ``starts`` are fractional plans near which cuts are worth making,
    ``active`` the columns worth having through which a large problem is seen (None: not known), ``prices`` those of a
    relaxation that may be carried on.
    """

    model: Model
    starts: list[NDArray[np.float64]]
    active: NDArray[np.bool_] | None = None
    taken: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    offset: float = 0.0
    prices: Prices | None = None

    def whole(self, plan: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the caller's candidates of a plan of what is left, with those taken."""
        return np.concatenate([self.taken, self.model.problem.columns[plan]])

    @property
    def focused(self) -> bool:
        """Tell whether the problem is so large that it is seen through few of its columns."""
        return self.active is not None and (self.model.problem.size > LARGE or len(self.model.costs) > WIDE)

    def shrunk(self, one: NDArray[np.bool_], zero: NDArray[np.bool_], relaxed: Relaxation) -> _Left:
        """Take some columns and drop others."""
        model, columns = self.model, self.model.problem.columns
        worth = model.problem.value(np.flatnonzero(one)) if model.gain else -float(model.costs[one].sum())
        left = model.without(one, zero)
        still = ~(one | zero) & np.isin(columns, left.problem.columns)
        active = None
        if self.active is not None:
            near = relaxed.share > 0
            near[np.argsort(-relaxed.worth, kind="stable")[: int(self.active.sum())]] = True
            active = near[still]
        share, taken = relaxed.share[still], np.concatenate([self.taken, columns[one]])
        return _Left(left, [share], active, taken, self.offset + worth)


def _windowable(model: Model) -> bool:
    """Tell whether the model is of a kind and size that :func:`~lomsong.siting.windows.windowed` can bound."""
    return not ((model.needs > 0).any() or (model.all_of_it and model.problem.size > OVERLOOKED))


def _near(model: Model, relaxed: Relaxation, plan: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the columns among which a search is worth its time: of good reduced worth, or part of either plan."""
    near = relaxed.share > 0
    near[plan] = True
    count = max(NEAREST, NEAR_BY_SHARE * int(near.sum()))
    if model.problem.size < SEARCHED_WHOLE or count >= len(near):
        return np.ones(len(near), bool)
    near[np.argsort(-relaxed.worth, kind="stable")[:count]] = True
    return near


def _fitting(left: Model, columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns, in their order, that fit one after the other."""
    matrix = left.limits.matrix.tocsc()
    load = np.zeros(len(left.limits.most))
    room = left.limits.room
    chosen = []
    for column in columns:
        span = slice(matrix.indptr[column], matrix.indptr[column + 1])
        at, by = matrix.indices[span], matrix.data[span]
        if (load[at] + by <= room[at])[by > 0].all():
            load[at] += by
            chosen.append(int(column))
    return np.asarray(chosen, np.int64)
