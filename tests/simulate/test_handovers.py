from lomsong.devices import irregularities
from lomsong.simulate.handovers import hand_over
from lomsong.tables import ENTITLEMENTS, HANDOVERS


def test_the_ledger_has_its_planted_faults_and_serves_the_poor_who_lack_a_device(province):
    ledger = hand_over(province.households, province.recipe)
    HANDOVERS.check(ledger, "handovers")
    homes = province.households.set_index("household_id")
    known = ledger[ledger["household_id"].isin(homes.index)]
    assert (homes.loc[known["household_id"], "category"] == "poor").all()
    assert (homes.loc[known["household_id"], "learners_without_device"] > 0).all()
    assert set(irregularities(ledger, province.households)["irregularity"]) <= {"household_unknown", "household_two"}
    assert ledger["device_id"].nunique() == (ledger["event"] == "given").sum()


def test_a_few_families_are_entitled(province):
    told = province.households["entitlement"]
    assert set(told.dropna()) == set(ENTITLEMENTS)
    assert 0.04 < told.notna().mean() < 0.10
