"""State of each place for each operator, outdoors and indoors, with the probability behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from lomsong.errors import DataError, UsageError
from lomsong.radio.limits import within
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Places
from lomsong.surface.declared import Declaration, credibility, fuse
from lomsong.surface.fusion import ServiceSurface
from lomsong.surface.given import LEVEL
from lomsong.tables import SERVICE, STATES
from lomsong.texts import fault

QUADRATURE_NODES = 24

KINDS = SERVICE["kind"].choices
"""Kinds of what is known of a place."""

MODELLED_PROBABILITY = 0.9
"""Where no measurement tells, the model alone names a state only when it is at least this sure."""

NEXT_TO_NOTHING = 1e-7
"""A joint probability is not told apart from smaller ones below this."""

SURE = 1e-12
"""Probabilities nearer to 0 or 1 than this are taken as this near, so that each has a normal score."""


def signal_at(
    surface: CoverageSurface, places: Places, gap: Gap, surveyed_share: float, declared: Declaration | None = None
) -> pd.DataFrame:
    """Estimate one operator's signal at places, once for the table ``service`` and for the counts of learners.

    A place is *measured* when measurements take away at least ``surveyed_share`` of the prior variance there, else
    *modelled*. A modelled place is *unsurveyed* unless sites and terrain are known and the model is at least
    :data:`MODELLED_PROBABILITY` sure that it is usable or without service. Where neither tells but the operator
    declares coverage, the place is *declared*: its probability is the share of the declared area that measurements
    found usable, it is usable from the same probability on, else unsurveyed, and a level is not made up for it.

    Parameters
    ----------
    surface
        The operator's fitted field, of one layer or of a service.
    places
        m places as :meth:`CoverageSurface.locate` returns them.
    gap
        Threshold and probabilities.
    surveyed_share
        Share of the prior variance, 0…1.
    declared
        Areas that operators declare as covered.

    Returns
    -------
    Frame on the index of ``places``: level_dbm, level_sd_db, p_usable, state, kind, nearest_sample_m as in table
    ``service``; field_dbm, the level of the field about which draws scatter; and score_dbm, score_sd_db, mean and
    standard deviation of the normal level that has this ``p_usable`` at the threshold. ``level_sd_db`` is that of the
    level itself, without the noise of measurement. Scores are level and deviation but for a service of several layers,
    whose greatest is not normal, and for a declared place, whose level is not known: there the mean is shifted.
    """
    within("gap", {"usable_dbm": LEVEL}, {"usable_dbm": gap.usable_dbm})
    level = surface.predict(places)
    mean, std = level["level_dbm"].to_numpy(), level["home_sd_db"].to_numpy()
    p_usable = ndtr((mean - gap.usable_dbm) / std)
    if _several(surface):
        # The greatest of several layers is not normal: its probability is not that of its two moments.
        p_usable = surface.probability(places, gap.usable_dbm).to_numpy()
    p_none = ndtr((surface.floor_dbm - mean) / std)
    measured = level["information"].to_numpy() >= surveyed_share
    found = pd.DataFrame(
        {
            "level_dbm": mean,
            "level_sd_db": std,
            "p_usable": p_usable,
            "state": _states(p_usable, p_none, measured, surface.physics_, gap),
            "kind": pd.Categorical.from_codes(
                np.where(measured, KINDS.index("measured"), KINDS.index("modelled")), KINDS
            ),
            "nearest_sample_m": level["nearest_sample_m"].to_numpy(),
            "field_dbm": mean,
            "score_dbm": mean,
            "score_sd_db": std,
        },
        index=level.index,
    )
    told_apart = np.full(len(found), _several(surface))
    if declared is not None:
        of_claim, share = _declared(level, found["p_usable"], surface, places, declared, gap, surveyed_share)
        found.loc[of_claim, "kind"] = "declared"
        found.loc[of_claim, "p_usable"] = share
        found.loc[of_claim, "state"] = "usable" if share >= MODELLED_PROBABILITY else "unsurveyed"
        found.loc[of_claim, ["level_dbm", "level_sd_db"]] = np.nan
        told_apart |= of_claim
    score = ndtri(np.clip(found["p_usable"].to_numpy()[told_apart], SURE, 1 - SURE))
    found.loc[told_apart, "score_dbm"] = gap.usable_dbm + std[told_apart] * score
    return found


def service_of(
    surface: CoverageSurface,
    places: Places,
    demand_id: pd.Series,
    gap: Gap,
    surveyed_share: float,
    declared: Declaration | None = None,
    *,
    found: pd.DataFrame | None = None,
    rows: NDArray[np.int64] | None = None,
    loss_db: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Return the table ``service`` of one operator, with ``p_usable_indoor`` besides.

    Parameters
    ----------
    surface, places, gap, surveyed_share, declared
        As in :func:`signal_at`, which says what the states mean; they are told of the outdoor level.
    demand_id
        Identifier of each demand, shape (n,).
    found
        What :func:`signal_at` returned for ``places``, so that it is not computed twice.
    rows
        Row in ``places`` of each demand, shape (n,); None: demands and places are the same, in the same order.
    loss_db
        Loss from outdoors to inside of each demand, shape (n,), see :func:`entry_losses`; None: ``p_usable_indoor`` is
        missing.
    """
    if found is None:
        found = signal_at(surface, places, gap, surveyed_share, declared)
    if rows is not None:
        found = found.take(rows)
    loss = np.full(len(found), np.nan) if loss_db is None else loss_db
    if not len(found) == len(demand_id) == len(loss):
        raise fault(DataError, "gap_lengths", places=len(found), demand=len(demand_id), losses=len(loss))
    margin = found["score_dbm"].to_numpy() - loss - gap.usable_dbm
    table = found.assign(
        demand_id=pd.Series(demand_id).array,
        operator=surface.operator_,
        p_usable_indoor=ndtr(margin / found["score_sd_db"].to_numpy()),
    )
    return table[[*(name for name in SERVICE.names if name in table), *_BESIDES]].reset_index(drop=True)


def _several(surface: CoverageSurface) -> bool:
    return isinstance(surface, ServiceSurface) and len(surface.layers) > 1


def _declared(
    level: pd.DataFrame,
    p_usable: pd.Series,
    surface: CoverageSurface,
    places: Places,
    declared: Declaration,
    gap: Gap,
    surveyed_share: float,
) -> tuple[NDArray[np.bool_], float]:
    """Return which places are only declared, and the probability that such a place is usable."""
    measured_at = surface.bins_[["easting_m", "northing_m"]].to_numpy()
    at_bins, claims = (
        declared.at(at, surface.crs_, surface.operator_, usable_dbm=gap.usable_dbm) for at in (measured_at, places.at)
    )
    believed = credibility(surface, at_bins, gap.usable_dbm)
    fused = fuse(level, p_usable, surface.physics_, surveyed_share, claims, believed)
    return (fused["kind"] == "declared").to_numpy(), believed.share


def _states(
    p_usable: NDArray[np.float64], p_none: NDArray[np.float64], measured: NDArray[np.bool_], physics: bool, gap: Gap
) -> pd.Categorical:
    usable, weak, none, unsurveyed = range(len(STATES))
    by_measurement = np.where(
        p_usable >= gap.required_probability, usable, np.where(p_none >= gap.none_probability, none, weak)
    )
    by_model = np.where(
        p_usable >= MODELLED_PROBABILITY, usable, np.where(p_none >= MODELLED_PROBABILITY, none, unsurveyed)
    )
    return pd.Categorical.from_codes(np.where(measured, by_measurement, by_model if physics else unsurveyed), STATES)


def entry_losses(building: pd.Series | None, n: int, losses_db: Mapping[str, float], usual: str) -> NDArray[np.float64]:
    """Return the loss from outdoors to inside of each of ``n`` places, shape (n,), dB.

    Parameters
    ----------
    building
        Kind of building, shape (n,); None: not known of any. A missing kind, or one without a loss, counts as
        ``usual``.
    losses_db
        Kind of building to loss.
    usual
        Kind taken where none is known.

    Raises
    ------
    UsageError
        When ``usual`` has no loss.
    """
    if usual not in losses_db:
        raise fault(UsageError, "gap_building", value=usual, known=", ".join(losses_db))
    if building is None:
        return np.full(n, float(losses_db[usual]))
    return building.astype(object).map(losses_db).fillna(losses_db[usual]).to_numpy(np.float64)


def usable_at(
    surface: CoverageSurface, places: Places, thresholds_dbm: Sequence[float], losses_db: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the probability of a usable level at several thresholds side by side.

    Parameters
    ----------
    surface, places
        An operator's fitted field and m located places.
    thresholds_dbm
        The t thresholds, each for outdoors and for indoors.
    losses_db
        Loss from outdoors to inside of each place, shape (m,).

    Returns
    -------
    Shape (m, t, 2): outdoors, indoors.
    """
    outside = np.zeros(len(places))
    p = np.empty((len(places), len(thresholds_dbm), 2), np.float32)
    level = None if _several(surface) else surface.predict(places)
    for side, loss in enumerate((outside, np.asarray(losses_db, float))):
        for number, threshold in enumerate(thresholds_dbm):
            if level is not None:
                margin = level["level_dbm"].to_numpy() - threshold - loss
                p[:, number, side] = ndtr(margin / level["home_sd_db"].to_numpy())
                continue
            for one in np.unique(loss):
                rows = np.flatnonzero(loss == one)
                p[rows, number, side] = surface.probability(places.part(rows), threshold + one)
    return p


def for_service(gap: Gap, levels_dbm: Mapping[str, float], name: str) -> Gap:
    """Return ``gap`` with the level that carries a named service, such as ``video``, as its threshold.

    Parameters
    ----------
    gap
        As in the settings.
    levels_dbm
        Service to level; which level carries a service depends on the network and is to be calibrated where
        throughput was logged.
    name
        One of them.

    Raises
    ------
    UsageError
        When there is no such service.
    """
    if name not in levels_dbm:
        raise fault(UsageError, "gap_service", value=name, known=", ".join(levels_dbm))
    return replace(gap, usable_dbm=levels_dbm[name])


@dataclass(frozen=True)
class Reception:
    """The level of every operator at the same m places, as normal scores that give their ``p_usable``.

    Attributes
    ----------
    operators
        The k operators.
    level_dbm, level_sd_db
        Mean and standard deviation, shape (m, k); NaN where an operator was not estimated, which counts as not usable.
    field_dbm
        Level of the field about which its draws scatter, shape (m, k).
    """

    operators: tuple[str, ...]
    level_dbm: NDArray[np.float32]
    level_sd_db: NDArray[np.float32]
    field_dbm: NDArray[np.float32]

    @classmethod
    def of(cls, found: Mapping[str, pd.DataFrame]) -> Reception:
        """Bring together what :func:`signal_at` returned for each operator at the same places."""
        level, std, field = (
            np.column_stack([frame[name].to_numpy(np.float32) for frame in found.values()])
            for name in ("score_dbm", "score_sd_db", "field_dbm")
        )
        return cls(tuple(found), level, std, field)


def over_operators(
    service: pd.DataFrame, demand_id: pd.Series, operators: str = "any", shared: float = 0.0
) -> pd.DataFrame:
    """Bring the rows of all operators together, one row a place, in the order of ``demand_id``.

    Parameters
    ----------
    service
        Table ``service``.
    demand_id
        Places asked for, shape (n,).
    operators
        ``any``: usable when one operator is; ``all``: only when every one is.
    shared
        Correlation of the operators' levels at one place, from 0 to below 1; 0 takes them as independent.

    Returns
    -------
    Frame on the index of ``demand_id``: p_usable, state; best_operator, the one most probably usable, the louder where
    two are equally so, and best_level_dbm, its level. A place that ``service`` does not hold is unsurveyed, with the
    rest missing.
    """
    if operators not in ("any", "all"):
        raise fault(UsageError, "rank_operators", given=repr(operators), known="any, all")
    demand_id = pd.Series(demand_id)
    found = _together(*_columns(service, demand_id), operators, shared, demand_id.index)
    return found.astype({"state": object, "best_operator": object})


def any_operator(found: Mapping[str, pd.DataFrame], shared: float = 0.0) -> pd.DataFrame:
    """Bring together what :func:`signal_at` returned for each operator at the same m places, shape (m, 4).

    As :func:`over_operators` does for ``any``, which has the columns and ``shared``; texts are categories.
    """
    names = sorted(found)
    p, level = (np.column_stack([found[name][column] for name in names]) for column in ("p_usable", "level_dbm"))
    state = np.column_stack([_number_of(found[name]["state"]) for name in names])
    return _together(names, p, state, level, "any", shared, found[names[0]].index)


def _together(
    names: list[str],
    p_each: NDArray[np.float64],
    state_each: NDArray[np.integer],
    level_each: NDArray[np.float64],
    operators: str,
    shared: float,
    index: pd.Index,
) -> pd.DataFrame:
    usable, weak, none, unsurveyed = (state_each == number for number in range(len(STATES)))
    if operators == "any":
        p = 1 - joint_probability(1 - p_each, shared)
        connected = usable.any(axis=1)
        # An operator nobody measured may be the one that serves: it keeps the place from being called a gap.
        open_question = unsurveyed.any(axis=1)
    else:
        p = joint_probability(p_each, shared)
        connected = usable.all(axis=1)
        open_question = unsurveyed.any(axis=1) & ~(weak | none).any(axis=1)
    number = np.select(
        [connected, open_question, weak.any(axis=1)],
        [STATES.index(name) for name in ("usable", "unsurveyed", "weak")],
        STATES.index("none"),
    )
    if not names:  # nothing is told of any operator
        number[:] = STATES.index("unsurveyed")
    state = pd.Categorical.from_codes(number, STATES)
    best, level = _best_server(p_each, level_each)
    server = pd.Categorical.from_codes(best, names)
    return pd.DataFrame({"p_usable": p, "state": state, "best_operator": server, "best_level_dbm": level}, index=index)


def _best_server(
    p: NDArray[np.float64], level_dbm: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the column of the best operator at each place, -1 for none, and its level."""
    if not p.size:
        return np.full(len(p), -1), np.full(len(p), np.nan)
    most = np.where(np.isfinite(p), p, -1.0)
    level = np.where((most == most.max(axis=1, keepdims=True)) & np.isfinite(level_dbm), level_dbm, -np.inf)
    first = np.where(np.isfinite(level).any(axis=1), level.argmax(axis=1), most.argmax(axis=1))
    row = np.arange(len(p))
    return np.where(most[row, first] < 0, -1, first), level_dbm[row, first]


def side_by_side(
    service: pd.DataFrame, demand_id: pd.Series
) -> tuple[list[str], NDArray[np.float64], NDArray[np.int64]]:
    """Return the operators, and for each place (row) and operator (column) p_usable and the number of its state.

    States are numbered as in :data:`~lomsong.tables.STATES`. A place that an operator's rows do not hold has NaN and
    is unsurveyed.
    """
    operators, p, state, _ = _columns(service, demand_id)
    return operators, p, state


def _columns(
    service: pd.DataFrame, demand_id: pd.Series
) -> tuple[list[str], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return what :func:`side_by_side` does, and the level, each of shape (n, operators)."""
    operators = sorted(service["operator"].unique())
    p, level = np.full((2, len(demand_id), len(operators)), np.nan)
    state = np.full(p.shape, STATES.index("unsurveyed"))
    asked = pd.Index(demand_id)
    for column, operator in enumerate(operators):
        rows = np.flatnonzero(service["operator"] == operator)
        known, found = _rows_of(service["demand_id"].iloc[rows], asked)
        rows = rows[found]
        p[known, column] = service["p_usable"].to_numpy()[rows]
        level[known, column] = service["level_dbm"].to_numpy()[rows]
        state[known, column] = _number_of(service["state"].iloc[rows])
    return operators, p, state, level


def _number_of(state: pd.Series) -> NDArray[np.int8]:
    codes = np.asarray(pd.Categorical(state, categories=STATES).codes)
    if (codes < 0).any():
        raise fault(DataError, "gap_state", value=repr(state[codes < 0].tolist()[0]), known=", ".join(STATES))
    return codes


def _rows_of(held: pd.Series, asked: pd.Index) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of the places asked for are held, and in which row each of those is."""
    every = np.arange(len(asked))
    # Mostly the households are asked for that come first in the table, in its order: no index need be built.
    if len(held) >= len(asked) and pd.Index(held.iloc[: len(asked)]).equals(asked):
        return every, every
    if len(asked) < len(held) and asked.is_unique:  # an index of the fewer
        row = asked.get_indexer(held)
        found = np.flatnonzero(row >= 0)
        if len(np.unique(row[found])) == len(found):
            return row[found], found
    require_once(held, "gap_twice", where="service")
    found = pd.Index(held).get_indexer(asked)
    return every[found >= 0], found[found >= 0]


def require_each_once(service: pd.DataFrame, where: str) -> None:
    """Raise :class:`DataError` where the rows of one operator tell of a place twice."""
    for _, own in service.groupby("operator", sort=True, observed=True):
        require_once(own["demand_id"], "gap_twice", where=where)


def require_once(identifiers: pd.Series, key: str, **told: str) -> None:
    """Raise :class:`DataError` with the text under ``key``, the row and ``place`` of the first that stands twice."""
    twice = identifiers.duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        first = {"row": identifiers.index[row], "place": str(identifiers.iloc[row])}
        raise fault(DataError, key, count=int(twice.sum()), **first, **told)


def joint_probability(p: NDArray[np.float64], shared: float) -> NDArray[np.float64]:
    """Return the probability that events happen together whose normal scores have one correlation between any two.

    Given the common factor z the events are independent, so that P = ∫ φ(z) Π Φ((Φ⁻¹(p) - √r z) / √(1 - r)) dz, here
    by Gauss-Hermite quadrature (Dunnett and Sobel 1955).

    Parameters
    ----------
    p
        Probability of each event, shape (n, k); a missing one is left out, all missing give NaN.
    shared
        The correlation r, from 0 to below 1.

    Returns
    -------
    Probability of all together, shape (n,).

    Raises
    ------
    UsageError
        When ``shared`` is no such correlation.
    """
    if not 0 <= shared < 1:
        raise fault(UsageError, "gap_shared", value=shared)
    known = np.isfinite(p)
    each = np.where(known, p, 1.0)
    joint = np.asarray(np.prod(each, axis=1))
    # All together are no likelier than the least likely: where that is next to nothing, the product will do.
    open_rows = np.flatnonzero((each.min(axis=1, initial=1.0) > NEXT_TO_NOTHING) & (joint < 1) & (shared > 0))
    if len(open_rows):
        score = ndtri(np.clip(each[open_rows], SURE, 1 - SURE))
        nodes, weights = quadrature()
        found = np.zeros(len(open_rows))
        for z, weight in zip(nodes, weights, strict=True):
            given = ndtr((score - np.sqrt(shared) * z) / np.sqrt(1 - shared))
            found += weight * np.prod(given, axis=1)
        joint[open_rows] = found
    return np.where(known.any(axis=1), joint, np.nan)


def quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes and weights, which sum to one, of the expectation over a standard normal number."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    return nodes, weights / weights.sum()


_BESIDES = ("p_usable_indoor",)
"""Columns of :func:`service_of` that table ``service`` does not name."""
