import itertools

import numpy as np
import pandas as pd
import pytest

from lomsong.devices import tier_of, tiers
from lomsong.errors import UsageError
from lomsong.settings import Devices

NATIONAL = tiers(Devices().order)


def test_the_national_order_by_hand():
    category = pd.Series(["near-poor", "poor", "poor", "near-poor", "poor", "other", None, "xyz"])
    entitlement = pd.Series(["merit", "merit", "policy", None, None, "merit", "policy", None])
    assert tier_of(category, entitlement, NATIONAL).tolist() == [1, 1, 2, 4, 3, 0, 0, 0]


def test_every_household_stands_in_the_first_tier_it_fits():
    pairs = list(itertools.product(["poor", "near-poor", "other", None], ["merit", "policy", None]))
    category, entitlement = (pd.Series(side, dtype=object) for side in zip(*pairs, strict=True))
    order = tiers(["merit", "near-poor + policy|other+policy", "poor", "any"])
    found = tier_of(category, entitlement, order)
    for (poverty, right), tier in zip(pairs, found, strict=True):
        fits = [right == "merit", right == "policy" and poverty in ("near-poor", "other"), poverty == "poor", True]
        assert tier == 1 + fits.index(True)


def test_without_entitlements_nobody_is_entitled():
    assert tier_of(pd.Series(["poor", "near-poor"]), None, NATIONAL).tolist() == [3, 4]
    assert tier_of(pd.Series([], dtype=object), None, NATIONAL).dtype == np.int64


@pytest.mark.parametrize(("order", "words"), [(["poor+rich"], "'rich'"), (["poor|"], "''"), ([], "is empty")])
def test_an_order_that_cannot_be_meant_is_refused_by_name(order, words):
    with pytest.raises(UsageError, match=words):
        tiers(order)
