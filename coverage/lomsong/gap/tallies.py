"""Tables of learners by area: unconnected, what sharing is worth, home and school, device and signal."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.gap.learners import INTERVAL, LearnerDraws, Measure

ROWS = ("area", "outside", "total")
"""Kinds of rows: an area, learners in none of them, and all."""


def unconnected_table(
    draws: LearnerDraws, grouping: str, threshold_dbm: float | None = None, indoor: bool = False
) -> pd.DataFrame:
    """Return the learners without signal of each area: under any, all, and the own operator, and under each one.

    Parameters
    ----------
    draws
        Counted learners.
    grouping
        One of ``draws.codes``.
    threshold_dbm
        One of ``draws.thresholds_dbm``; None: that of the service.
    indoor
        Inside the home instead of outdoors.

    Returns
    -------
    Frame with a row an area in the order of the codes, one for learners outside of all and one of totals: row, of
    :data:`ROWS`; area_code, missing but for areas; learners; own_unknown, those whose operator is not known, who are in
    no count of the own one; and for each measure the expected number with its 90 % interval, unconnected_any,
    unconnected_any_low, unconnected_any_high, so for all, own, and, at the threshold of the service, each operator.
    """
    table = _start(draws, grouping)
    measures = [draws.measure(of, threshold_dbm, indoor) for of in ("any", "all", "own")]
    if measures[0].threshold_dbm == draws.usable_dbm:
        measures += [draws.measure(operator, None, indoor) for operator in draws.operators]
    return table.join(pd.concat([_told(draws, grouping, one, f"unconnected_{one.of}") for one in measures], axis=1))


def roaming_table(draws: LearnerDraws, grouping: str, indoor: bool = False) -> pd.DataFrame:
    """Return what it is worth to learners if every phone could use every operator's network.

    Parameters
    ----------
    draws, grouping, indoor
        As in :func:`unconnected_table`.

    Returns
    -------
    Frame with rows as of :func:`unconnected_table`: row, area_code, learners, own_unknown; unconnected_own; and
    roaming, those of them whom another operator would serve, each with its 90 % interval from the same worlds.
    """
    table = _start(draws, grouping)
    own, roaming = (draws.measure(of, None, indoor) for of in ("own", "roaming"))
    return table.join([_told(draws, grouping, own, "unconnected_own"), _told(draws, grouping, roaming, "roaming")])


def walk_table(draws: LearnerDraws, grouping: str, indoor: bool = False) -> pd.DataFrame:
    """Return learners by where the nearest signal of any operator is.

    Parameters
    ----------
    draws, grouping, indoor
        As in :func:`unconnected_table`; the school is indoors as the home is.

    Returns
    -------
    Frame with rows as of :func:`unconnected_table`: row, area_code, learners; home, learners with signal at home;
    school, with none there, but at a school within walking distance; nowhere, at neither; and nowhere_low,
    nowhere_high. The three classes make up all learners.
    """
    table = _start(draws, grouping).drop(columns="own_unknown")
    gone = _told(draws, grouping, draws.measure("any", None, indoor), "gone")["gone"]
    nowhere = _told(draws, grouping, draws.measure("nowhere", None, indoor), "nowhere")
    classes = table.assign(home=table["learners"] - gone, school=gone - nowhere["nowhere"])
    return classes.join(nowhere)


def device_table(draws: LearnerDraws, grouping: str, indoor: bool = False) -> pd.DataFrame:
    """Return learners with and without a device, each with and without signal of any operator, as expected.

    Parameters
    ----------
    draws, grouping, indoor
        As in :func:`unconnected_table`.

    Returns
    -------
    Frame with rows as of :func:`unconnected_table`: row, area_code, learners; with_device_connected,
    with_device_unconnected, without_device_connected, without_device_unconnected, and the same of device_unknown. The
    six make up all learners.
    """
    people = _with_total(draws.learners[grouping])
    end = "_indoor" if indoor else ""
    gone = _told(draws, grouping, draws.measure("any", None, indoor), "gone")["gone"].to_numpy()
    lack, unknown = (people[f"{name}_unconnected{end}"].to_numpy() for name in ("without_device", "device_unknown"))
    unconnected = {"with_device": gone - lack - unknown, "without_device": lack, "device_unknown": unknown}
    learners, without, unsaid = (people[name].to_numpy() for name in ("learners", "without_device", "device_unknown"))
    all_of = {"with_device": learners - without - unsaid, "without_device": without, "device_unknown": unsaid}
    table = _start(draws, grouping).drop(columns="own_unknown")
    for name, count in all_of.items():
        lost = np.clip(unconnected[name], 0.0, count)
        table[f"{name}_connected"] = count - lost
        table[f"{name}_unconnected"] = lost
    return table


def _start(draws: LearnerDraws, grouping: str) -> pd.DataFrame:
    people = _with_total(draws.learners[grouping])
    codes = draws.codes[grouping]
    return pd.DataFrame(
        {
            "row": [*[ROWS[0]] * len(codes), *ROWS[1:]],
            "area_code": pd.Series([*codes, None, None], dtype=object),
            "learners": people["learners"].to_numpy(),
            "own_unknown": (people["learners"] - people["own_known"]).to_numpy(),
        }
    )


def _with_total(people: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([people, people.sum().to_frame().T.astype(people.dtypes)], ignore_index=True)


def _told(draws: LearnerDraws, grouping: str, measure: Measure, name: str) -> pd.DataFrame:
    """Return the expected number with its interval, of areas, outside and in all, under ``name``."""
    worlds = _stacked(draws.counts[grouping][measure], draws.outside_counts[grouping][measure])
    expected = _stacked(draws.expected[grouping][measure], np.asarray(draws.outside_expected[grouping][measure]))
    low, high = np.quantile(worlds, INTERVAL, axis=1)
    # Of few worlds, or few places in doubt, the mean can lie outside of the interval.
    return pd.DataFrame(
        {name: expected, f"{name}_low": np.minimum(low, expected), f"{name}_high": np.maximum(high, expected)}
    )


def _stacked(areas: NDArray[np.float32] | NDArray[np.float64], outside: NDArray[np.generic]) -> NDArray[np.float64]:
    rows = np.concatenate([areas, outside[None]]).astype(np.float64)
    return np.concatenate([rows, rows.sum(axis=0, keepdims=True)])
