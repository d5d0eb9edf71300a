import hashlib

import numpy as np
import pandas as pd
import pytest

from lomsong.devices import allocate, lot, turns


@pytest.fixture
def needs():
    rng = np.random.default_rng(1)
    n = 3_000
    return pd.DataFrame(
        {
            "household_id": [f"H{number}" for number in range(n)],
            "commune_code": rng.choice(["26200", "26203", "26206", "26209", None], n, p=[0.5, 0.3, 0.15, 0.04, 0.01]),
            "tier": rng.integers(0, 4, n),
            "status": rng.choice(["waiting", "no_signal", "served"], n, p=[0.8, 0.1, 0.1]),
            "turn": pd.array([pd.NA] * n, dtype="Int64"),
        }
    ).assign(status=lambda frame: frame["status"].where(frame["tier"] > 0, "no_tier"))


def test_whoever_holds_the_list_draws_the_same_lot():
    assert lot("giải 8", "H1") == int(hashlib.sha256("giải 8:H1".encode()).hexdigest()[:16], 16)


def test_tiers_come_one_after_the_other_and_every_turn_is_given_once(needs):
    found = allocate(needs, 700, "x")
    waiting = found[found["status"].isin(["next", "waiting"])]
    assert waiting["turn"].tolist() == list(range(1, len(waiting) + 1))
    assert waiting["tier"].is_monotonic_increasing
    assert (found["status"] == "next").sum() == 700
    assert waiting["status"].tolist()[:700] == ["next"] * 700
    rest = found[~found["status"].isin(["next", "waiting"])]
    assert rest["turn"].isna().all()
    assert sorted(found["household_id"]) == sorted(needs["household_id"])


def test_within_a_tier_every_commune_has_its_share_at_any_time(needs):
    tier, commune = needs["tier"].to_numpy(), needs["commune_code"].fillna("").to_numpy()
    turn = turns(tier, commune, needs["household_id"], "x")
    for number in (1, 2, 3):
        rows = np.flatnonzero(tier == number)
        order = commune[rows[np.argsort(turn[rows])]]
        sizes = pd.Series(order).value_counts()
        for given in range(1, len(order), 7):
            had = pd.Series(order[:given]).value_counts().reindex(sizes.index, fill_value=0)
            # One moment t fits all: each had t n, rounded up or down.
            assert ((had - 1) / sizes).max() <= ((had + 1) / sizes).min()


def test_within_a_commune_the_lot_decides(needs):
    turn = turns(needs["tier"].to_numpy(), needs["commune_code"].fillna(""), needs["household_id"], "x")
    lots = pd.Series([lot("x", household) for household in needs["household_id"]])
    table = needs.assign(turn=turn, lot=lots)[turn > 0].sort_values("turn")
    for _, group in table.groupby(["tier", "commune_code"]):
        assert group["lot"].is_monotonic_increasing


def test_more_devices_leave_those_before_where_they_are_and_so_does_handing_them_over(needs):
    fewer, more = allocate(needs, 100, "x"), allocate(needs, 400, "x")
    assert set(fewer["household_id"][:100]) <= set(more["household_id"][:400])
    given = set(fewer["household_id"][fewer["status"] == "next"])
    after = needs.assign(status=needs["status"].mask(needs["household_id"].isin(given), "served"))
    assert allocate(after, 300, "x")["household_id"][:300].tolist() == more["household_id"][100:400].tolist()


def test_no_order_of_rows_changes_a_turn_and_another_word_changes_most(needs):
    found = allocate(needs, 50, "x").set_index("household_id")["turn"]
    moved = allocate(needs.sample(frac=1, random_state=2), 50, "x").set_index("household_id")["turn"]
    pd.testing.assert_series_equal(found.sort_index(), moved.sort_index())
    other = allocate(needs, 50, "y").set_index("household_id")["turn"]
    assert (found.dropna() != other.reindex(found.dropna().index)).mean() > 0.9


def test_everybody_in_a_tier_has_much_the_same_chance():
    commune = np.repeat(["a", "b", "c"], [60, 30, 10])
    homes = np.array([f"H{number}" for number in range(100)])
    first = sum(turns(np.ones(100, np.int64), commune, homes, str(word)) <= 25 for word in range(400)) / 400
    # Of 400 drawings each is among the first quarter in 100, give or take three standard deviations of 9.
    assert first.min() > 0.25 - 0.09
    assert first.max() < 0.25 + 0.09
    for name in "abc":
        assert first[commune == name].mean() == pytest.approx(0.25, abs=0.02)


def test_nobody_to_give_to():
    nobody = pd.DataFrame(columns=["household_id", "commune_code", "tier", "status", "turn"])
    assert allocate(nobody, 10, "x").empty


def test_another_count_can_be_handed_out_of_a_list_that_has_its_turns(needs):
    for count in (0, 20, 900):
        again = allocate(allocate(needs, 300, "x"), count, "x")
        pd.testing.assert_frame_equal(again.dropna(subset="turn"), allocate(needs, count, "x").dropna(subset="turn"))
