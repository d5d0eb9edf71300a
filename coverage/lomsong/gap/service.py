"""State of each place for each operator, with the probability behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from lomsong.settings import Gap
from lomsong.surface import CoverageSurface, Places
from lomsong.tables import SERVICE, STATES

MODELLED_PROBABILITY = 0.9
"""Where no measurement tells, the model alone names a state only when it is at least this sure."""


def service_of(
    surface: CoverageSurface, places: Places, demand_id: pd.Series, gap: Gap, surveyed_share: float
) -> pd.DataFrame:
    """Return the table ``service`` of one operator.

    A place is *measured* when measurements take away at least ``surveyed_share`` of the prior variance there, else
    *modelled*. A modelled place is *unsurveyed* unless sites and terrain are known and the model is at least
    :data:`MODELLED_PROBABILITY` sure that it is usable or without service.

    Parameters
    ----------
    surface
        The operator's fitted field.
    places
        Places as :meth:`CoverageSurface.locate` returns them.
    demand_id
        Identifier of each place, shape (n,).
    gap
        Threshold and probabilities.
    surveyed_share
        Share of the prior variance, 0…1.
    """
    level = surface.predict(places)
    mean, std = level["level_dbm"].to_numpy(), level["level_sd_db"].to_numpy()
    p_usable = ndtr((mean - gap.usable_dbm) / std)
    p_none = ndtr((surface.floor_dbm - mean) / std)
    measured = level["information"].to_numpy() >= surveyed_share
    return pd.DataFrame(
        {
            "demand_id": demand_id.to_numpy(),
            "operator": surface.operator_,
            "level_dbm": mean,
            "level_sd_db": std,
            "p_usable": p_usable,
            "state": _states(p_usable, p_none, measured, surface.mean_ == "sites", gap),
            "kind": np.where(measured, "measured", "modelled"),
            "nearest_sample_m": level["nearest_sample_m"].to_numpy(),
        }
    )[SERVICE.names]


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


def over_operators(service: pd.DataFrame, demand_id: pd.Series, operators: str = "any") -> pd.DataFrame:
    """Bring the rows of all operators together, one row a place, in the order of ``demand_id``.

    Parameters
    ----------
    service
        Table ``service``.
    demand_id
        Places asked for, shape (n,).
    operators
        ``any``: usable when one operator is; ``all``: only when every one is. Fields of different operators are
        independent given their samples, so probabilities multiply.

    Returns
    -------
    Frame p_usable, state on the index of ``demand_id``; a place that ``service`` does not hold is unsurveyed, with a
    missing probability.
    """
    code = service["state"].map({state: number for number, state in enumerate(STATES)})
    wide_state = service.assign(code=code).pivot(index="demand_id", columns="operator", values="code")
    wide_p = service.pivot(index="demand_id", columns="operator", values="p_usable")
    wide_state, wide_p = wide_state.reindex(demand_id), wide_p.reindex(demand_id)
    usable, weak, none, unsurveyed = (wide_state.eq(number).to_numpy() for number in range(len(STATES)))
    unsurveyed = unsurveyed | wide_state.isna().to_numpy()
    if operators == "any":
        p = 1 - (1 - wide_p).prod(axis=1, min_count=1)
        connected = usable.any(axis=1)
    else:
        p = wide_p.prod(axis=1, min_count=1)
        connected = usable.all(axis=1)
    # An operator nobody measured may be the one that serves: it keeps the place from being called a gap.
    open_question = (
        unsurveyed.any(axis=1) if operators == "any" else (unsurveyed.any(axis=1) & ~(weak | none).any(axis=1))
    )
    lacking = weak.any(axis=1)
    state = np.select([connected, open_question, lacking], ["usable", "unsurveyed", "weak"], "none")
    return pd.DataFrame({"p_usable": p.to_numpy(), "state": state}, index=demand_id.index)
