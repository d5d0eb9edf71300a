"""State of each place for each operator, with the probability behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Places
from lomsong.surface.declared import Declaration, credibility, fuse
from lomsong.surface.fusion import ServiceSurface
from lomsong.tables import SERVICE, STATES

QUADRATURE_NODES = 24

MODELLED_PROBABILITY = 0.9
"""Where no measurement tells, the model alone names a state only when it is at least this sure."""


def service_of(
    surface: CoverageSurface,
    places: Places,
    demand_id: pd.Series,
    gap: Gap,
    surveyed_share: float,
    declared: Declaration | None = None,
) -> pd.DataFrame:
    """Return the table ``service`` of one operator.

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
        Places as :meth:`CoverageSurface.locate` returns them.
    demand_id
        Identifier of each place, shape (n,).
    gap
        Threshold and probabilities.
    surveyed_share
        Share of the prior variance, 0…1.
    declared
        Areas that operators declare as covered.
    """
    level = surface.predict(places)
    mean, std = level["level_dbm"].to_numpy(), level["level_sd_db"].to_numpy()
    p_usable = ndtr((mean - gap.usable_dbm) / std)
    if isinstance(surface, ServiceSurface):
        # The greatest of several layers is not normal: its probability is not that of its two moments.
        p_usable = surface.probability(places, gap.usable_dbm).to_numpy()
    p_none = ndtr((surface.floor_dbm - mean) / std)
    measured = level["information"].to_numpy() >= surveyed_share
    service = pd.DataFrame(
        {
            "demand_id": demand_id.to_numpy(),
            "operator": surface.operator_,
            "level_dbm": mean,
            "level_sd_db": std,
            "p_usable": p_usable,
            "state": _states(p_usable, p_none, measured, surface.physics_, gap),
            "kind": np.where(measured, "measured", "modelled"),
            "nearest_sample_m": level["nearest_sample_m"].to_numpy(),
        }
    )[SERVICE.names]
    if declared is None:
        return service
    p_model = pd.Series(p_usable, index=level.index)
    return _with_declared(service, level, p_model, surface, places, declared, gap, surveyed_share)


def _with_declared(
    service: pd.DataFrame,
    level: pd.DataFrame,
    p_usable: pd.Series,
    surface: CoverageSurface,
    places: Places,
    declared: Declaration,
    gap: Gap,
    surveyed_share: float,
) -> pd.DataFrame:
    """Return ``service`` with what is only declared said to be so; all other rows as they were."""
    measured_at = surface.bins_[["easting_m", "northing_m"]].to_numpy()
    at_bins, claims = (
        declared.at(at, surface.crs_, surface.operator_, usable_dbm=gap.usable_dbm) for at in (measured_at, places.at)
    )
    believed = credibility(surface, at_bins, gap.usable_dbm)
    fused = fuse(level, p_usable, surface.physics_, surveyed_share, claims, believed)
    rows = (fused["kind"] == "declared").to_numpy()
    service.loc[rows, "kind"] = "declared"
    service.loc[rows, "p_usable"] = believed.share
    service.loc[rows, "state"] = "usable" if believed.share >= MODELLED_PROBABILITY else "unsurveyed"
    service.loc[rows, ["level_dbm", "level_sd_db"]] = np.nan
    return service


def _states(
    p_usable: NDArray[np.float64], p_none: NDArray[np.float64], measured: NDArray[np.bool_], physics: bool, gap: Gap
) -> NDArray[np.str_]:
    by_measurement = np.where(
        p_usable >= gap.required_probability, "usable", np.where(p_none >= gap.none_probability, "none", "weak")
    )
    by_model = np.where(
        p_usable >= MODELLED_PROBABILITY, "usable", np.where(p_none >= MODELLED_PROBABILITY, "none", "unsurveyed")
    )
    return np.where(measured, by_measurement, by_model if physics else "unsurveyed")


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
        Correlation of the operators' levels at one place, 0…1; 0 takes them as independent.

    Returns
    -------
    Frame p_usable, state on the index of ``demand_id``; a place that ``service`` does not hold is unsurveyed, with a
    missing probability.
    """
    _, p_each, state_each = side_by_side(service, demand_id)
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
    state = np.select([connected, open_question, weak.any(axis=1)], ["usable", "unsurveyed", "weak"], "none")
    return pd.DataFrame({"p_usable": p, "state": state}, index=demand_id.index)


def side_by_side(
    service: pd.DataFrame, demand_id: pd.Series
) -> tuple[list[str], NDArray[np.float64], NDArray[np.int64]]:
    """Return the operators, and for each place (row) and operator (column) p_usable and the number of its state.

    States are numbered as in :data:`~lomsong.tables.STATES`. A place that an operator's rows do not hold has NaN and
    is unsurveyed.
    """
    operators = sorted(service["operator"].unique())
    p = np.full((len(demand_id), len(operators)), np.nan)
    state = np.full(p.shape, STATES.index("unsurveyed"))
    for column, operator in enumerate(operators):
        rows = service[service["operator"] == operator]
        found = pd.Index(rows["demand_id"]).get_indexer(pd.Index(demand_id))
        known = found >= 0
        p[known, column] = rows["p_usable"].to_numpy()[found[known]]
        state[known, column] = pd.Categorical(rows["state"], categories=STATES).codes[found[known]]
    return operators, p, state


def joint_probability(p: NDArray[np.float64], shared: float) -> NDArray[np.float64]:
    """Return the probability that events happen together whose normal scores have one correlation between any two.

    Given the common factor z the events are independent, so that P = ∫ φ(z) Π Φ((Φ⁻¹(p) - √r z) / √(1 - r)) dz, here
    by Gauss-Hermite quadrature (Dunnett and Sobel 1955).

    Parameters
    ----------
    p
        Probability of each event, shape (n, k); a missing one is left out, all missing give NaN.
    shared
        The correlation r, 0…1.

    Returns
    -------
    Probability of all together, shape (n,).
    """
    known = np.isfinite(p)
    if shared <= 0:
        joint = np.prod(np.where(known, p, 1.0), axis=1)
    else:
        score = ndtri(np.clip(np.where(known, p, 1.0), 1e-12, 1 - 1e-12))
        nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
        joint = np.zeros(len(p))
        for z, weight in zip(nodes, weights / weights.sum(), strict=True):
            given = np.where(known, ndtr((score - np.sqrt(shared) * z) / np.sqrt(1 - shared)), 1.0)
            joint += weight * np.prod(given, axis=1)
    return np.where(known.any(axis=1), joint, np.nan)
