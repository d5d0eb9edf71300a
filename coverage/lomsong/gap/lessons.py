"""Which level carries a lesson: from tests of throughput, each with the level at which it was made.

A test carries a service when it downloads as fast as the service needs. With the level x it does so with probability
(1 - λ) Φ((x - m) / τ): λ is the share that fails at any level, for want of a server, of a data allowance or of room in
the cell (the lapse rate of a psychometric function; Wichmann and Hill 2001, Perception & Psychophysics 63:1293-1313).
Tests that fail at strong signal are then no reason to ask for still stronger signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri, xlog1py, xlogy

from lomsong import shown
from lomsong.errors import UsageError
from lomsong.gap.claims.shares import wilson_bounds
from lomsong.tables import OPERATORS, require_columns
from lomsong.texts import fault, text

Floats = NDArray[np.float64]

VERDICTS = ("level", "never", "all", "other_cause", "few")
"""What tests say: from which level the service is carried; that no level carries it as often as asked; that all levels
tested do; that failures hang on something else than the level; that there are too few to tell."""

LEAST_TESTS = 20
"""Fewer tests with a level say nothing."""

STEP_DB, BEYOND_DB = 0.25, 10.0
"""Levels tried, and how far beyond those tested."""

WIDTHS_DB = np.geomspace(0.5, 16.0, 8)
"""Values of τ from which the best is sought."""

LAPSES = np.array([0.0, 0.02, 0.05, 0.09, 0.2, 0.4, 0.6, 0.8, 0.97])
"""Values of λ from which the best is sought."""

FAR_OFF = 4.0
"""Log likelihood below the best of all levels at which no farther level is looked at."""

MATTERS = 5.99
"""Twice the log likelihood that the level must add to a constant share: χ², 2 degrees of freedom, 95 %."""

WITHIN_90 = 2.706
"""Twice the log likelihood by which the ends of a 90 % interval fall short of the best: χ², 1 degree of freedom."""


@dataclass(frozen=True)
class _Counted:
    """Tests at each level: levels, shape (k,), tests and carried ones."""

    level: Floats
    tests: Floats
    carried: Floats

    def log_likelihood(self, p: Floats) -> Floats:
        """Return the log likelihood of probabilities, shape (…, k)."""
        p = np.clip(p, 1e-9, 1 - 1e-9)
        return np.asarray((xlogy(self.carried, p) + xlog1py(self.tests - self.carried, -p)).sum(axis=-1))


def lesson_levels(
    tests: pd.DataFrame, rates_kbps: Mapping[str, float] | None = None, share: float = 0.9
) -> pd.DataFrame:
    """Tell from which level on each service is carried, for every operator and technology tested.

    Parameters
    ----------
    tests
        Table ``throughput``: operator, technology, rsrp_dbm and download_kbps; tests without a level or without a
        download are left out.
    rates_kbps
        Service to the download that it needs, kbit/s; None: audio 500, video 1,000.
    share
        Share of the tests that must carry it, above 0, below 1.

    Returns
    -------
    One row an operator, technology and service: operator, technology, service, kbps, tests, carried, lowest_dbm and
    highest_dbm (of the tests), verdict (one of :data:`VERDICTS`), level_dbm, level_low_dbm and level_high_dbm (its 90 %
    interval by profile likelihood, to the next quarter of a dB outwards; missing where the tests do not bound it), and
    top, the share carried at the strongest signal. Levels are only told with the verdict ``level``.

    Raises
    ------
    ColumnError
        When a column is missing.
    UsageError
        When a rate or the share cannot be meant.

    Examples
    --------
    >>> level = np.repeat(np.arange(-120, -80), 5)
    >>> tests = pd.DataFrame({"operator": "viettel", "technology": "4G", "rsrp_dbm": level})
    >>> found = lesson_levels(tests.assign(download_kbps=np.where(level < -105, 100, 9_000)), {"video": 1_000})
    >>> found[["verdict", "level_dbm"]].to_numpy().tolist()
    [['level', -105.0]]
    """
    rates = {"audio": 500.0, "video": 1_000.0} if rates_kbps is None else rates_kbps
    if not 0 < share < 1:
        raise fault(UsageError, "lesson_share", value=share)
    for service, kbps in rates.items():
        if not kbps > 0:
            raise fault(UsageError, "lesson_rate", service=service, value=kbps)
    require_columns(tests, "throughput", ("operator", "technology", "rsrp_dbm", "download_kbps"))
    known = tests.dropna(subset=["operator", "technology", "rsrp_dbm", "download_kbps"])
    return pd.DataFrame(_rows(known, rates, share), columns=_COLUMNS)


_COLUMNS = [
    "operator", "technology", "service", "kbps", "tests", "carried", "lowest_dbm", "highest_dbm", "verdict",
    "level_dbm", "level_low_dbm", "level_high_dbm", "top",
]  # fmt: skip


def lesson_sentences(
    found: pd.DataFrame, services_dbm: Mapping[str, float], share: float, language: str = "vi"
) -> list[str]:
    """Return a sentence a row of :func:`lesson_levels`, beside the level that the settings give the service."""

    def dbm(level: float) -> str:
        return text("lesson.unbounded", language) if pd.isna(level) else shown.dbm(level, language)

    said = []
    for row in found.to_dict("records"):
        operator, rate = OPERATORS.get(row["operator"], row["operator"]), shown.number(row["kbps"], 0, language)
        of = f"{operator} {row['technology']}, {row['service']} ({rate} kbit/s)"
        values = {name: dbm(row[name]) for name in ("level_dbm", "level_low_dbm", "level_high_dbm", "lowest_dbm")}
        said.append(
            text(
                f"lesson.{row['verdict']}", language, of=of, share=shown.per_cent(share, language, 0),
                level=values["level_dbm"], low=values["level_low_dbm"], high=values["level_high_dbm"],
                lowest=values["lowest_dbm"], set=dbm(services_dbm.get(row["service"], np.nan)),
                top=shown.per_cent(row["top"], language, 0) if pd.notna(row["top"]) else "–",
                carried=shown.number(row["carried"], 0, language), tests=shown.number(row["tests"], 0, language),
            )
        )  # fmt: skip
    return said


def _rows(known: pd.DataFrame, rates: Mapping[str, float], share: float) -> Iterator[dict[str, object]]:
    for (operator, technology), part in known.groupby(["operator", "technology"], sort=True):
        level = part["rsrp_dbm"].to_numpy(float)
        for service, kbps in rates.items():
            carried = part["download_kbps"].to_numpy(float) >= kbps
            yield {
                "operator": operator, "technology": technology, "service": service, "kbps": float(kbps),
                "tests": len(part), "carried": int(carried.sum()),
                "lowest_dbm": level.min(), "highest_dbm": level.max(), **_verdict(level, carried, share),
            }  # fmt: skip


def _verdict(level: Floats, carried: NDArray[np.bool_], share: float) -> dict[str, object]:
    """Return the verdict, the level with its interval, and the share carried at the strongest signal."""
    if len(level) < LEAST_TESTS:
        return {"verdict": "few"}
    at, place = np.unique(np.round(level), return_inverse=True)
    weights = np.bincount(place).astype(float), np.bincount(place, carried.astype(float)).astype(float)
    counted = _Counted(at, *weights)
    constant = float(counted.log_likelihood(np.full(len(at), carried.mean())))
    tried = np.arange(at[0] - BEYOND_DB, at[-1] + BEYOND_DB, STEP_DB)
    best, lapses = _profile(counted, tried, share, LAPSES[share < 1 - LAPSES])
    none, their_lapses = _profile(counted, tried, share, np.append(1 - share, LAPSES[share > 1 - LAPSES]))
    never = none.max()
    if 2 * (max(best.max(), never) - constant) <= MATTERS:
        low, high = (float(bound) for bound in wilson_bounds(carried.sum(), len(carried), 0.95))
        return {"verdict": "all" if low >= share else "other_cause" if high < share else "few"}
    if never >= best.max():
        return {"verdict": "never", "top": float(1 - their_lapses[none.argmax()])}
    inside = tried[2 * (best.max() - best) <= WITHIN_90]
    unbounded = 2 * (best.max() - never) <= WITHIN_90 or inside.max() >= tried[-1]
    return {
        "verdict": "level", "level_dbm": float(tried[best.argmax()]), "top": float(1 - lapses[best.argmax()]),
        "level_low_dbm": np.nan if inside.min() <= tried[0] else float(inside.min() - STEP_DB),
        "level_high_dbm": np.nan if unbounded else float(inside.max() + STEP_DB),
    }  # fmt: skip


def _profile(counted: _Counted, tried: Floats, share: float, lapses: Floats) -> tuple[Floats, Floats]:
    """Return for each level the greatest log likelihood, and λ there, with lapse rates between the given ones.

    A level is that from which the share is carried or, where with these λ none is, that of half of what strong signal
    carries. Levels far from the most likely one are given -inf.
    """
    reached = bool(lapses[0] < 1 - share)
    bounds = [(np.log(WIDTHS_DB[0]), np.log(WIDTHS_DB[-1])), (lapses.min(), lapses.max())]

    def unlikely(at: Floats, level: float) -> float:
        shift = ndtri(share / (1 - at[1])) if reached else 0.0
        p = (1 - at[1]) * ndtr((counted.level - level) / np.exp(at[0]) + shift)
        return -float(counted.log_likelihood(p))

    corners = [np.array([np.log(width), lapse]) for width in WIDTHS_DB for lapse in lapses]
    coarse = np.array([[unlikely(at, level) for at in corners] for level in tried])
    top, corner = np.unravel_index(coarse.argmin(), coarse.shape)
    best, lapse = np.full(len(tried), -np.inf), np.zeros(len(tried))
    for steps in (range(top, len(tried)), range(top - 1, -1, -1)):
        at = corners[corner]
        for i in steps:  # from level to level the best fit moves little
            fit = minimize(unlikely, at, args=(tried[i],), method="L-BFGS-B", bounds=bounds)
            at, best[i], lapse[i] = fit.x, -fit.fun, fit.x[1]
            if best[i] < best.max() - FAR_OFF:
                break
    return best, lapse
