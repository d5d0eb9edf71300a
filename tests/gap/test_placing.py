from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lomsong.gap.demand import Areas
from lomsong.gap.learners import LearnerDraws, Measure
from lomsong.gap.placing import PLACED, PLACED_ZONE, in_zones, placing_areas, signal_in_area, with_placing
from lomsong.gap.rank import Partition

N = 4_000
ANY, WEAK, OWN = Measure("any", -110.0), Measure("any", -115.0), Measure("own", -110.0)


@pytest.fixture
def households():
    """Forty homes of a hamlet and thirty of a commune without positions, two of each with."""
    return pd.DataFrame(
        {
            "household_id": [f"H{i}" for i in range(74)],
            "learners": [2] * 40 + [3] * 30 + [1] * 4,
            "hamlet_id": ["A1"] * 40 + [None] * 30 + ["A1", "A1", None, None],
            "placed_by": ["hamlet"] * 40 + ["commune"] * 30 + ["position"] * 4,
        }
    )


@pytest.fixture
def communes():
    return Partition(("26200", "26203"), ("Mã Đà", "Hiếu Liêm"), np.repeat([0, 1, 0, 1], [40, 30, 2, 2]))


def draws(households, communes, areas, shares):
    """Worlds in which the given share of the learners of each area has no signal at each measure."""
    people = households["learners"].to_numpy()
    counts, learners = {}, {}
    for name, codes, row in (("commune", communes.codes, communes.row), (PLACED, areas.codes, areas.row)):
        sums = np.bincount(row[row >= 0], weights=people[row >= 0], minlength=len(codes))
        counts[name] = {m: np.tile(np.rint(sums * q)[:, None], N).astype(np.float32) for m, q in shares.items()}
        table = pd.DataFrame({"learners": sums, "own_known": sums / 2}, index=list(codes))
        learners[name] = pd.concat([table, pd.DataFrame({"learners": [0], "own_known": [0]}, index=[None])])
    codes = {"commune": communes.codes, PLACED: areas.codes}
    same = {name: {m: of[m][:, 0].astype(float) for m in of} for name, of in counts.items()}
    none = {name: dict.fromkeys(of, 0.0) for name, of in counts.items()}
    worlds = {name: {m: np.zeros(N, np.float32) for m in of} for name, of in counts.items()}
    return LearnerDraws(N, -110.0, (-110.0, -115.0), ("a",), codes, counts, same, worlds, none, learners)


def test_areas_are_those_that_the_homes_were_put_in(households, communes):
    areas = placing_areas(households, communes)
    assert areas.codes == ("0/A1", "1/")
    assert areas.row.tolist() == [0] * 40 + [1] * 30 + [-1] * 4
    assert placing_areas(households.assign(placed_by="position"), communes) is None
    assert placing_areas(households.drop(columns="placed_by"), communes) is None


def test_not_knowing_the_homes_adds_the_variance_of_a_draw_of_homes(households, communes):
    areas = placing_areas(households, communes)
    shares = {ANY: 0.25, WEAK: 0.1, OWN: 0.0}
    before = draws(households, communes, areas, shares)
    after = with_placing(before, households["learners"].to_numpy(float), areas, {"commune": communes}, seed=3)
    rng = np.random.default_rng(1)
    for row, (count, each) in enumerate(((40, 2), (30, 3))):
        by_hand = each * rng.binomial(count, 0.25, 20_000)
        worlds = after.counts["commune"][ANY][row]
        assert worlds.std() == pytest.approx(by_hand.std(), rel=0.06)
        assert worlds.mean() == pytest.approx(before.counts["commune"][ANY][row].mean(), abs=0.4)
    assert (after.counts["commune"][WEAK] <= after.counts["commune"][ANY] + 2).all(), "who has none has none at less"
    np.testing.assert_array_equal(after.counts["commune"][OWN], 0)
    assert after.expected["commune"] is before.expected["commune"]
    for name in ("codes", "counts", "expected", "outside_counts", "outside_expected", "learners"):
        assert set(getattr(after, name)) == {"commune"}, name
    assert PLACED in before.counts, "what was given stays"


def test_a_hamlet_is_moved_by_its_own_homes_alone(households, communes):
    """A row that names a hamlet of another commune is put in its own commune, and is one of thirty there."""
    households.loc[[40, 70], "hamlet_id"] = "B1"
    hamlets = Partition(("B1",), ("Ấp 1",), np.where(households["hamlet_id"] == "B1", 0, -1))
    areas = placing_areas(households, communes)
    before = draws(households, communes, areas, {ANY: 0.3})
    worlds, people = np.full((1, N), 2.0, np.float32), pd.DataFrame({"learners": [4, 0], "own_known": [2, 0]})
    before = replace(
        before, counts=before.counts | {"hamlet": {ANY: worlds}}, learners=before.learners | {"hamlet": people}
    )
    learners = households["learners"].to_numpy(float)
    after = with_placing(before, learners, areas, {"commune": communes, "hamlet": hamlets}, seed=3)
    by_hand = np.clip(np.rint(2 + 3 * np.sqrt(0.3 * 0.7) * np.random.default_rng(1).standard_normal(N)), 0, 4)
    assert after.counts["hamlet"][ANY].std() == pytest.approx(by_hand.std(), rel=0.06)


def test_who_was_put_beside_a_zone_may_live_in_it(households, communes):
    """Of forty homes of two each, thirty were put in a zone and a quarter of the learners are without signal there."""
    areas, zones = placing_areas(households, communes), Areas(("Z1", "Z2"), np.repeat([0, -1, 1, -1], [30, 10, 2, 32]))
    pairs = in_zones(areas, zones)
    assert len(pairs.codes) == 2
    assert pairs.row.tolist() == [0] * 30 + [-1] * 10 + [1] * 2 + [-1] * 32
    before = draws(households, communes, areas, {ANY: 0.5})
    worlds = {ANY: np.repeat([[20.0], [0.0]], N, axis=1).astype(np.float32)}
    people = pd.DataFrame({"learners": [60, 6, 0], "own_known": [30, 3, 0]})
    counts = before.counts | {"zone": worlds, PLACED_ZONE: worlds}
    codes = before.codes | {"zone": zones.codes, PLACED_ZONE: pairs.codes}
    before = replace(before, counts=counts, codes=codes, learners=before.learners | {"zone": people})
    after = with_placing(before, households["learners"].to_numpy(float), areas, {"commune": communes}, 3)
    by_hand = 2 * np.random.default_rng(1).binomial(40, 20 / 80, 20_000)
    assert after.counts["zone"][ANY][0].std() == pytest.approx(by_hand.std(), rel=0.06)
    assert after.counts["zone"][ANY][0].mean() == pytest.approx(20, abs=0.4)
    np.testing.assert_array_equal(after.counts["zone"][ANY][1], 0)
    assert PLACED_ZONE not in after.counts


def test_worlds_stay_whole_numbers_of_the_learners_there_are(households, communes):
    areas = placing_areas(households, communes)
    for share in (0.02, 0.98):
        before = draws(households, communes, areas, {ANY: share})
        after = with_placing(before, households["learners"].to_numpy(float), areas, {"commune": communes}, seed=0)
        worlds = after.counts["commune"][ANY]
        assert worlds.min() >= 0
        assert (worlds.max(axis=1) <= after.learners["commune"]["learners"].iloc[:-1].to_numpy()).all()
        np.testing.assert_array_equal(worlds, np.rint(worlds))


def test_signal_of_an_area_is_that_of_all_homes_put_there():
    at_home = pd.DataFrame(
        {
            "p_usable": [0.9, 0.5, 0.1, 0.8, 0.3],
            "state": ["usable", "usable", "none", "none", "unsurveyed"],
            "best_operator": ["viettel", "viettel", None, "mobifone", None],
        },
        index=list("abcde"),
    )
    areas = Areas(("0/A1",), np.array([0, 0, 0, -1, -1]))
    found = signal_in_area(at_home, areas)
    assert found["p_usable"].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.8, 0.3])
    assert found["state"].tolist() == ["usable"] * 3 + ["none", "unsurveyed"]
    assert found["best_operator"].tolist()[:4] == ["viettel"] * 3 + ["mobifone"]
    assert found["best_operator"].isna().tolist() == [False] * 4 + [True]
    assert at_home["p_usable"].tolist() == [0.9, 0.5, 0.1, 0.8, 0.3]
    assert signal_in_area(at_home, None) is at_home


def test_an_area_that_nobody_serves_has_no_best_operator():
    at_home = pd.DataFrame({"p_usable": [0.0], "state": ["none"], "best_operator": [None]})
    found = signal_in_area(at_home, Areas(("0/A1",), np.array([0])))
    assert found["best_operator"].isna().all()
