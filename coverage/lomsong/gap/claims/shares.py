"""Shares of tests that succeed: their bounds, how many tests a standard takes, and what tests close together are worth.

All bounds are one-sided: each holds with the confidence named, so that both together hold with twice the risk.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri

from lomsong.errors import UsageError
from lomsong.texts import fault

MOST_TESTS = 100_000
"""Beyond so many tests, nothing is said about how many more would decide."""

LEAST_BLOCKS, LEAST_FAILED_BLOCKS = 10, 3
"""Blocks of several tests, and those of them with a failure, below which nobody can tell how alike tests are."""

Floats = NDArray[np.float64]


def wilson_bounds(successes: ArrayLike, tests: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return lower and upper bound of a share by the score test.

    Parameters
    ----------
    successes, tests
        Counts, or effective counts, shape (n,); without tests the bounds are 0 and 1.
    confidence
        Of each bound, 0.5…1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.

    Examples
    --------
    >>> low, high = wilson_bounds(95, 100, 0.975)
    >>> round(float(low), 4), round(float(high), 4)
    (0.8882, 0.9785)
    """
    _require_share("confidence", confidence, 0.5)
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(tests, float))
    z2 = ndtri(confidence) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.clip(k / n, 0, 1)
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    low = np.where(n > 0, np.where(k <= 0, 0.0, np.maximum(middle - half, 0.0)), 0.0)
    high = np.where(n > 0, np.where(k >= n, 1.0, np.minimum(middle + half, 1.0)), 1.0)
    return low, high


def exact_bounds(successes: ArrayLike, tests: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return lower and upper bound of a share that err with at most 1 - ``confidence``, whatever the share.

    Effective counts need not be whole: the bounds are those of Clopper and Pearson through the beta distribution, as
    Korn and Graubard use them for surveys of clusters.

    Parameters
    ----------
    successes, tests
        Counts, or effective counts, shape (n,); without tests the bounds are 0 and 1.
    confidence
        Of each bound, 0.5…1.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413; Korn and Graubard (1998), Survey Methodology 24, 193-201.
    """
    _require_share("confidence", confidence, 0.5)
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(tests, float))
    k = np.clip(k, 0, n)
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, betaincinv(np.maximum(k, 1e-12), n - k + 1, 1 - confidence), 0.0)
        high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1e-12), confidence), 1.0)
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def needed_without_failure(share: float, confidence: float = 0.95) -> int:
    """Return how many independent tests, none of which fails, show a share: the least n with share^n ≤ 1 - confidence.

    Examples
    --------
    >>> needed_without_failure(0.95), needed_without_failure(0.98)
    (59, 149)
    """
    _require_share("share", share)
    _require_share("confidence", confidence, 0.5)
    return math.ceil(math.log(1 - confidence) / math.log(share))


def verdict_of(successes: ArrayLike, tests: ArrayLike, standard: float, confidence: float = 0.95) -> NDArray[np.str_]:
    """Return ``met`` where the lower exact bound reaches a standard, ``not_met`` where the upper one stays below.

    Else ``undecided``. Each of the two is wrong with at most 1 - ``confidence``.
    """
    low, high = exact_bounds(successes, tests, confidence)
    return np.where(low >= standard, "met", np.where(high < standard, "not_met", "undecided"))


def more_tests(successes: ArrayLike, tests: ArrayLike, standard: float, confidence: float = 0.95) -> Floats:
    """Return how many further independent tests decide about a standard if the share found so far holds on.

    Parameters
    ----------
    successes, tests
        Counts, or effective counts, shape (n,). Without tests all are taken to succeed.
    standard
        Share wanted, 0…1.
    confidence
        Of each bound.

    Returns
    -------
    Least whole number of tests, shape (n,): 0 where the verdict stands; NaN where more than :data:`MOST_TESTS` would
    be needed, as where the share found is the standard.
    """
    _require_share("standard", standard)
    k, n = np.broadcast_arrays(np.atleast_1d(np.asarray(successes, float)), np.atleast_1d(np.asarray(tests, float)))
    share = np.where(n > 0, k / np.where(n > 0, n, 1), 1.0)

    def decided(more: Floats) -> NDArray[np.bool_]:
        # Also without a test so far; a verdict of what was found counts as it is.
        of = np.where((more == 0) & (n > 0), k, share * (n + more))
        return verdict_of(of, n + more, standard, confidence) != "undecided"

    least, most = np.zeros(len(n)), np.full(len(n), float(MOST_TESTS))
    never = ~decided(most)
    while (most - least > 0).any():
        middle = np.floor((least + most) / 2)
        done = decided(middle)
        most, least = np.where(done, middle, most), np.where(done, least, np.minimum(middle + 1, most))
    return np.where(never, np.nan, most)


def likeness(passed: ArrayLike, tests: ArrayLike) -> float:
    """Return how alike the results of tests in one block are: their intraclass correlation, 0…1.

    The moments of a one-way analysis of variance over blocks. Where fewer than :data:`LEAST_BLOCKS` blocks hold
    several tests, or fewer than :data:`LEAST_FAILED_BLOCKS` a failure, nobody can tell: 1, a block is one test.

    Parameters
    ----------
    passed, tests
        Tests passed and made in each block, shape (blocks,).

    References
    ----------
    Ridout, Demétrio and Firth (1999), Estimating intraclass correlation for binary data, Biometrics 55, 137-148.
    """
    k, n = np.asarray(passed, float), np.asarray(tests, float)
    k, n = k[n > 0], n[n > 0]
    total, blocks = n.sum(), len(n)
    if int((n > 1).sum()) < LEAST_BLOCKS or int((k < n).sum()) < LEAST_FAILED_BLOCKS or k.sum() == 0:
        return 1.0
    share = k / n
    between = float((n * (share - k.sum() / total) ** 2).sum()) / (blocks - 1)
    within = float((n * share * (1 - share)).sum()) / (total - blocks)
    size = (total - (n**2).sum() / total) / (blocks - 1)
    spread = between + (size - 1) * within
    return float(np.clip((between - within) / spread, 0.0, 1.0)) if spread > 0 else 1.0


def effective_tests(tests: ArrayLike, alike: float) -> float:
    """Return how many independent tests blocks of tests are worth: (Σ n)² / Σ n (1 + (n - 1) ρ).

    Parameters
    ----------
    tests
        Tests in each block, shape (blocks,).
    alike
        Intraclass correlation ρ, 0…1: at 0 each test counts; at 1 the (Σ n)² / Σ n² of
        :func:`lomsong.surface.declared.credibility`.

    References
    ----------
    Kish (1965), Survey Sampling, sections 5.4 and 8.2 (design effect of clusters of unequal size).
    """
    n = np.asarray(tests, float)
    spent = float((n * (1 + (n - 1) * alike)).sum())
    return float(n.sum() ** 2 / spent) if spent > 0 else 0.0


def _require_share(name: str, value: float, low: float = 0.0) -> None:
    if not low < value < 1:
        raise fault(UsageError, "claims_share", name=name, value=value, low=f"{low:g}")
