"""Two rounds of surveys compared on the same places: what changed, and how much of it noise would do alone.

Only places where an operator was measured in both rounds are compared: what was measured once is a class of its own and
never counts as progress. From what rounds differ by where nothing changed (:mod:`lomsong.gap.noise`) worlds without
change are drawn; a commune is said to have changed when few of them do as much and its own interval leaves "no change"
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from lomsong.errors import DataError
from lomsong.gap.noise import Floats, Pair, noise_of_rounds, pair_of
from lomsong.gap.service import require_each_once
from lomsong.geo import require_metres
from lomsong.surface.draws import Shared, spectral_field, white_noise
from lomsong.tables import SERVICE
from lomsong.texts import fault

ANY = "any"
"""Stands for an operator where it does not matter which one serves."""

CLASSES = ("closed", "new", "persisting", "fine", "newly_measured", "no_longer_measured", "unmeasured")
"""What became of a place: a gap closed, a new gap, a gap as before, usable as before; or not measured twice."""

VERDICTS = ("improved", "worse", "shift", "no_change", "not_comparable")

INTERVAL = (0.05, 0.95)

LEAST_COMPARED = 0.5
"""Share of a commune's learners below which nothing is said of it."""

_NODES = 12
"""Of the factor that operators share, for probabilities."""

_ROWS = 1_024
"""Places drawn at a time, so that memory stays flat."""

_MOVES = 1e-3
"""A place as sure as this of being, or not being, usable in both rounds is left out of worlds without change."""


@dataclass(frozen=True)
class Progress:
    """What two rounds tell.

    Attributes
    ----------
    places
        One row a place and operator, :data:`ANY` last: demand_id, operator, change (one of :data:`CLASSES`),
        change_db, change_sd_db, p_before, p_after, p_value (that the level did not change), shown (at the false
        discovery rate).
    communes
        One row a commune and operator, see :func:`compare_rounds`.
    totals
        The same, one row an operator, learners outside all communes included.
    noise
        Of :func:`noise_of_rounds`.
    """

    places: pd.DataFrame
    communes: pd.DataFrame
    totals: pd.DataFrame
    noise: pd.DataFrame


def compare_rounds(
    before: pd.DataFrame,
    after: pd.DataFrame,
    places: gpd.GeoDataFrame,
    communes: pd.DataFrame,
    usable_dbm: float,
    *,
    required_probability: float = 0.5,
    shared: float = 0.0,
    range_m: float = 5_000.0,
    remove_shift: bool = False,
    false_rate: float = 0.1,
    draws: int = 400,
    seed: int = 2021,
) -> Progress:
    """Compare two rounds on the same places.

    Parameters
    ----------
    before, after
        Tables ``service`` of the two rounds, whose ``demand_id`` are those of ``places``; only what is *measured* in
        both is compared. An operator that one round lacks is left out.
    places
        Points in a CRS in metres: demand_id, learners (may be a fraction), commune_code (missing: outside all).
    communes
        commune_code, name.
    usable_dbm
        One threshold for both rounds.
    required_probability
        From which a place is called usable.
    shared
        Correlation of the operators' levels at one place, 0…1.
    range_m
        Range of the fields: errors are not alike over more than this.
    remove_shift
        Whether the shift common to all places is taken off the later round. Where it is not, a change still has to
        show with it taken off; if it does not, the verdict is ``shift``.
    false_rate
        Expected share of false ones among the communes, and among the places, that are said to have changed
        (Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57:289-300).
    draws, seed
        Number of worlds and their seed.

    Returns
    -------
    Progress. ``communes`` and ``totals`` hold, in learners: learners = compared + newly_measured + no_longer_measured
    + unmeasured; of the compared: unconnected_before, unconnected_after and net, expected, with ``_low`` and
    ``_high``; gained - lost = net, the least that the probabilities of both rounds allow (Fréchet's bound); noise, the
    mean size of net if nothing had changed; closed, new, persisting by class, and closed_shown, new_shown, those that
    noise does not explain; p_value of net; verdict.

    Raises
    ------
    ColumnError, CrsError
        When a table is not what it should be, or the places are not in metres.
    DataError
        When a round tells of a place twice for one operator, a place has no position, or the rounds have no operator
        or no place in common.
    """
    require_metres(places, "places")
    for table, where in ((before, "before"), (after, "after")):
        SERVICE.check(table, where)
        require_each_once(table, where)
    lost = (places.geometry.geom_type != "Point").to_numpy() | places.geometry.is_empty.to_numpy()
    if lost.any():
        row = int(lost.argmax())
        place = {"row": places.index[row], "place": str(places["demand_id"].iloc[row])}
        raise fault(DataError, "progress_places", count=int(lost.sum()), **place)
    operators = sorted(set(before["operator"]) & set(after["operator"]))
    if not operators:
        names = {where: ", ".join(sorted(set(table["operator"]))) for where, table in (("a", before), ("b", after))}
        raise fault(DataError, "progress_operators", **names)
    noise = noise_of_rounds(before, after, places, range_m)
    pairs = {
        name: pair_of(before, after, places["demand_id"], name, noise.set_index("operator").loc[name])
        for name in operators
    }
    if not any(pair.both.any() for pair in pairs.values()):
        raise fault(DataError, "progress_no_common", places=len(places))
    return _Comparison(
        pairs=pairs,
        at=np.column_stack([places.geometry.x, places.geometry.y]),
        learners=places["learners"].to_numpy(float),
        area=places["commune_code"].map({code: row for row, code in enumerate(communes["commune_code"])}).fillna(
            len(communes)
        ).to_numpy(dtype=np.int64),
        usable_dbm=usable_dbm,
        required=required_probability,
        shared=Shared(shared, range_m),
        remove_shift=remove_shift,
        false_rate=false_rate,
        draws=draws,
        seed=seed,
    ).told(places["demand_id"], communes, noise)  # fmt: skip


@dataclass(frozen=True)
class _Comparison:
    """All that the figures are made from; ``area`` is the row of the commune, one past the last outside all."""

    pairs: Mapping[str, Pair]
    at: Floats
    learners: Floats
    area: NDArray[np.int64]
    usable_dbm: float
    required: float
    shared: Shared
    remove_shift: bool
    false_rate: float
    draws: int
    seed: int

    def told(self, demand_id: pd.Series, communes: pd.DataFrame, noise: pd.DataFrame) -> Progress:
        """Return all tables."""
        areas = len(communes) + 1
        kept = {name: pair.less(self._shift(pair)) for name, pair in self.pairs.items()}
        bare = {name: pair.less(pair.noise["shift_db"]) for name, pair in self.pairs.items()}
        p, p_bare = self._probabilities(kept), self._probabilities(bare)
        places = self._places(kept, p)
        shown = {name: part["shown"].to_numpy() for name, part in places.items()}
        worlds = self._unchanged(bare, p, areas)
        drawn = self._drawn(kept, shown, areas)
        tables, totals = [], []
        for name, part in places.items():
            sums = self._sums(part, p[name], p_bare[name], worlds[name], drawn[name], areas)
            whole = self._figures({key: value.sum(axis=0, keepdims=True) for key, value in sums.items()})
            totals.append(whole.assign(operator=name))
            table = self._figures({key: value[:-1] for key, value in sums.items()})
            table.insert(0, "operator", name)
            tables.append(pd.concat([communes[["commune_code", "name"]].reset_index(drop=True), table], axis=1))
        first = ["operator", *[column for column in totals[0] if column != "operator"]]
        return Progress(
            pd.concat(
                [part.assign(demand_id=demand_id.to_numpy(), operator=name) for name, part in places.items()],
                ignore_index=True,
            )[["demand_id", "operator", *next(iter(places.values())).columns]],
            pd.concat(tables, ignore_index=True),
            pd.concat(totals, ignore_index=True)[first],
            noise,
        )

    def _shift(self, pair: Pair) -> float:
        return float(pair.noise["shift_db"]) if self.remove_shift else 0.0

    def _scores(self, pair: Pair) -> Floats:
        return np.asarray((pair.level - self.usable_dbm) / pair.sd)

    def _probabilities(self, pairs: Mapping[str, Pair]) -> dict[str, Floats]:
        """Return for each operator, and any of them, the probability of usable signal in both rounds, (2, n)."""
        scores = {name: self._scores(pair) for name, pair in pairs.items()}
        found = {name: np.where(pairs[name].both, ndtr(score), np.nan) for name, score in scores.items()}
        every = np.logical_and.reduce([pair.both for pair in pairs.values()])
        together = any_usable(np.stack([np.nan_to_num(score) for score in scores.values()]), self.shared.correlation)
        return {**found, ANY: np.where(every, together, np.nan)}

    def _places(self, pairs: Mapping[str, Pair], p: Mapping[str, Floats]) -> dict[str, pd.DataFrame]:
        found, p_values = {}, {}
        for name, pair in pairs.items():
            sd = np.hypot(pair.change_sd, pair.noise["shift_se_db"])
            # With the shift and without it: a change has to show either way.
            ways = np.stack([pair.change, self.pairs[name].change - pair.noise["shift_db"]])
            least = np.where(np.sign(ways[0]) == np.sign(ways[1]), np.abs(ways).min(axis=0), 0.0)
            p_values[name] = 2 * ndtr(-least / sd)
            found[name] = self._classed(pair.measured, p[name], p_values[name]).assign(
                change_db=pair.change, change_sd_db=sd
            )
        measured = np.logical_and.reduce([pair.measured for pair in pairs.values()])
        lowest = np.minimum(len(pairs) * np.min(list(p_values.values()), axis=0), 1.0)  # Bonferroni
        found[ANY] = self._classed(measured, p[ANY], lowest).assign(change_db=np.nan, change_sd_db=np.nan)
        columns = ["change", "change_db", "change_sd_db", "p_before", "p_after", "p_value", "shown"]
        return {name: table[columns] for name, table in found.items()}

    def _classed(self, measured: NDArray[np.bool_], p: Floats, p_value: Floats) -> pd.DataFrame:
        both = np.asarray(measured.all(axis=0))
        then, now = p >= self.required
        cases = [both & ~then & now, both & then & ~now, both & ~then & ~now, both, measured[1], measured[0]]
        shown = np.zeros(both.shape, dtype=np.bool_)
        if both.any():
            shown[both] = false_discovery_control(p_value[both]) <= self.false_rate
        return pd.DataFrame(
            {
                "change": np.select(cases, CLASSES[:-1], CLASSES[-1]),
                "p_before": p[0],
                "p_after": p[1],
                "p_value": np.where(both, p_value, np.nan),
                "shown": shown,
            }
        )

    def _matrix(self, rows: NDArray[np.int64], areas: int) -> csr_matrix:
        """Learners of places, (areas, rows)."""
        return csr_matrix((self.learners[rows], (self.area[rows], np.arange(len(rows)))), shape=(areas, len(rows)))

    def _chunks(self, which: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
        rows = np.flatnonzero(which)
        for start in range(0, len(rows), _ROWS):
            yield rows[start : start + _ROWS]

    def _unchanged(self, bare: Mapping[str, Pair], p: Mapping[str, Floats], areas: int) -> dict[str, Floats]:
        """Net of each area in worlds in which nothing changed, (areas, draws), about its mean.

        The level is the weighted mean of both rounds, from which each is drawn apart by what rounds differ by.
        """
        fields = {}
        for stream, (name, pair) in enumerate(bare.items()):
            together = Shared(self.shared.correlation, float(pair.noise["alike_m"]))
            field = spectral_field([(1.0, float(pair.noise["alike_m"]))], self.draws, self.seed + 3, stream, together)
            common = np.random.default_rng([self.seed, 4, stream]).standard_normal(self.draws)
            fields[name] = (field, common * pair.noise["shift_se_db"], self.seed + 5 + stream)
        net = {name: np.zeros((areas, self.draws)) for name in (*bare, ANY)}
        moving = {name: np.isfinite(both).all(axis=0) & _moves(both) for name, both in p.items()}
        for rows in self._chunks(np.logical_or.reduce(list(moving.values()))):
            scores = []
            for name, pair in bare.items():
                field, common, seed = fields[name]
                alike = pair.noise["alike"]
                rough = np.sqrt(alike) * field(self.at[rows])
                rough += np.sqrt(1 - alike) * white_noise(self.at[rows], self.draws, seed)
                scores.append(self._apart(pair, rows, pair.change_sd[rows, None] * rough + common[None, :]))
            stacked = np.nan_to_num(np.stack(scores))
            gains = {name: np.subtract(*ndtr(score)[::-1]) for name, score in zip(bare, stacked, strict=True)}
            gains[ANY] = np.subtract(*any_usable(stacked, self.shared.correlation)[::-1])
            for name, gain in gains.items():
                counted = np.where(moving[name][rows, None], gain, 0.0)
                net[name] += self._matrix(rows, areas) @ counted
        return {name: value - value.mean(axis=1, keepdims=True) for name, value in net.items()}

    def _apart(self, pair: Pair, rows: NDArray[np.int64], change: Floats) -> Floats:
        """Scores of both rounds, (2, rows, draws), that differ by ``change``, as much nearer to the surer one."""
        level, sd = pair.level[:, rows, None], pair.sd[:, rows, None]
        share = sd[0] ** 2 / (sd**2).sum(axis=0)
        middle = (1 - share) * level[0] + share * level[1]
        levels = np.stack([middle - share * change, middle + (1 - share) * change])
        return np.asarray((levels - self.usable_dbm) / sd)

    def _drawn(
        self, pairs: Mapping[str, Pair], shown: Mapping[str, NDArray[np.bool_]], areas: int
    ) -> dict[str, Floats]:
        """Draw unconnected learners in both rounds, (areas, 2, draws): where a change shows, errors are independent."""
        fields = {
            name: [
                spectral_field(
                    [(1.0, metres)], self.draws, self.seed + part, stream, replace(self.shared, range_m=metres)
                )
                for part, metres in enumerate([self.shared.range_m, *[float(pair.noise["alike_m"])] * 2])
            ]
            for stream, (name, pair) in enumerate(pairs.items())
        }  # fmt: skip
        every = np.logical_and.reduce([pair.both for pair in pairs.values()])
        some = np.logical_or.reduce([pair.both for pair in pairs.values()])
        out = {name: np.zeros((areas, 2, self.draws)) for name in (*pairs, ANY)}
        for rows in self._chunks(some & (self.learners > 0)):
            matrix = self._matrix(rows, areas)
            none = np.repeat(every[None, rows, None], 2, axis=0)
            for name, pair in pairs.items():
                lacking = self._lacking(pair, rows, [field(self.at[rows]) for field in fields[name]], shown[name])
                none = none & lacking
                for side in range(2):
                    out[name][:, side] += matrix @ lacking[side].astype(float)
            for side in range(2):
                out[ANY][:, side] += matrix @ none[side].astype(float)
        return out

    def _lacking(
        self, pair: Pair, rows: NDArray[np.int64], fields: list[NDArray[np.float32]], shown: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return where an operator is not usable, (2, rows, draws)."""
        sd = pair.sd[:, rows]
        same = (1 - pair.noise["scale"] ** 2) * (sd**2).sum(axis=0) / (2 * sd.prod(axis=0))
        same = np.where(shown[rows], 0.0, np.clip(same, 0.0, 0.98))[:, None]
        errors = np.stack([np.sqrt(same) * fields[0] + np.sqrt(1 - same) * own for own in fields[1:]])
        levels = pair.level[:, rows, None] + sd[:, :, None] * errors
        return np.asarray((levels < self.usable_dbm) & pair.both[None, rows, None])

    def _sums(
        self, places: pd.DataFrame, p: Floats, p_bare: Floats, world: Floats, drawn: Floats, areas: int
    ) -> dict[str, Floats]:
        """Sum all that is additive over areas."""

        def over(values: Floats) -> Floats:
            return np.asarray(np.bincount(self.area, self.learners * np.nan_to_num(values), areas), float)

        change, shown = places["change"].to_numpy(), places["shown"].to_numpy()
        sums = {name: over((change == name).astype(float)) for name in CLASSES}
        sums |= {f"{name}_shown": over(((change == name) & shown).astype(float)) for name in ("closed", "new")}
        return sums | {
            "learners": over(np.ones(len(change))),
            "unconnected_before": over(1 - p[0]),
            "unconnected_after": over(1 - p[1]),
            "gained": over(np.maximum(p[1] - p[0], 0)),
            "lost": over(np.maximum(p[0] - p[1], 0)),
            "net_bare": over(p_bare[1] - p_bare[0]),
            "world": world,
            "drawn": drawn,
        }

    def _figures(self, sums: Mapping[str, Floats]) -> pd.DataFrame:
        """Return the figures of areas, which are judged together."""
        net = sums["gained"] - sums["lost"]
        compared = sums["closed"] + sums["new"] + sums["persisting"] + sums["fine"]
        table = pd.DataFrame({"learners": sums["learners"], "compared": compared})
        table = table.assign(**{name: sums[name] for name in CLASSES[4:]})
        drawn = {
            "unconnected_before": sums["drawn"][:, 0],
            "unconnected_after": sums["drawn"][:, 1],
            "net": sums["drawn"][:, 0] - sums["drawn"][:, 1],
        }
        for name, values in drawn.items():
            expected = net if name == "net" else sums[name]
            low, high = np.quantile(values, INTERVAL, axis=1)
            table[name] = expected
            table[f"{name}_low"], table[f"{name}_high"] = np.minimum(low, expected), np.maximum(high, expected)
        table["gained"], table["lost"] = sums["gained"], sums["lost"]
        table["noise"] = np.abs(sums["world"]).mean(axis=1)
        counts = ("closed", "closed_shown", "new", "new_shown", "persisting")
        table = table.assign(**{name: sums[name] for name in counts})
        beside = (sums["net_bare"] - net)[:, None]
        with_shift = np.maximum(_p_value(net, sums["world"]), _p_sign(net, drawn["net"]))
        without = np.maximum(_p_value(net + beside[:, 0], sums["world"]), _p_sign(net, drawn["net"] + beside))
        either = np.where(np.sign(net) == np.sign(sums["net_bare"]), np.maximum(with_shift, without), 1.0)
        told = (compared > 0) & (compared >= LEAST_COMPARED * sums["learners"])
        shown, shifted = (
            _discovered(values, told, self.false_rate) & (np.abs(net) >= 1) for values in (either, with_shift)
        )
        cases = {"not_comparable": ~told, "improved": shown & (net > 0), "worse": shown, "shift": shifted}
        verdict = np.select(list(cases.values()), list(cases), "no_change")
        return table.assign(p_value=np.where(told, either, np.nan), verdict=verdict)


def any_usable(scores: Floats, shared: float) -> Floats:
    """Return the probability that some operator is usable.

    Given the common factor operators are independent; it is integrated by Gauss-Hermite quadrature (Dunnett and Sobel
    1955).

    Parameters
    ----------
    scores
        (level - threshold) / standard deviation, shape (operators, ...).
    shared
        Correlation of the operators' levels at one place, 0…1.

    Returns
    -------
    Probabilities, shape of one operator's scores.
    """
    if shared <= 0 or len(scores) == 1:
        return np.asarray(1 - np.prod(ndtr(-scores), axis=0))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    lacking = np.zeros(scores.shape[1:])
    inner = np.sqrt(1 - min(shared, 0.98))
    for z, weight in zip(nodes, weights / weights.sum(), strict=True):
        lacking += weight * np.prod(ndtr((np.sqrt(min(shared, 0.98)) * z - scores) / inner), axis=0)
    return np.asarray(1 - lacking)


def _moves(p: Floats) -> NDArray[np.bool_]:
    return np.asarray(~((p < _MOVES).all(axis=0) | (p > 1 - _MOVES).all(axis=0)))


def _p_value(net: Floats, world: Floats) -> Floats:
    """Two-sided, from worlds without change; where none goes as far, by the normal tail, never above 1 / (n + 1)."""
    count = world.shape[1]
    as_far = (np.abs(world) >= np.abs(net)[:, None] - 1e-9).sum(axis=1)
    sd = np.maximum(world.std(axis=1), 1e-9)
    tail = np.minimum(2 * ndtr(-np.abs(net) / sd), 1 / (count + 1))
    return np.asarray(np.where(as_far > 0, (as_far + 1) / (count + 1), tail), float)


def _p_sign(net: Floats, drawn: Floats) -> Floats:
    """Two-sided, from drawn worlds that go the other way or nowhere; where none does, by the normal tail."""
    count = drawn.shape[1]
    against = (drawn * np.sign(net)[:, None] <= 0).sum(axis=1)
    sd = np.maximum(drawn.std(axis=1), 1e-9)
    tail = np.minimum(2 * ndtr(-np.abs(drawn.mean(axis=1)) / sd), 2 / (count + 1))
    return np.asarray(np.where(against > 0, np.minimum(2 * (against + 1) / (count + 1), 1.0), tail), float)


def _discovered(p: Floats, told: NDArray[np.bool_], rate: float) -> NDArray[np.bool_]:
    found = np.zeros(len(p), dtype=bool)
    if told.any():
        found[told] = false_discovery_control(p[told]) <= rate
    return found
