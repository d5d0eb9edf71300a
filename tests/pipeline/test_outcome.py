from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from lomsong.pipeline.outcome import _account, account_of, period_of
from lomsong.settings import Settings, Siting, Survey
from lomsong.siting.cost import read_sheet


def planned(**more):
    """A plan that an account can be made of."""
    usual = {"objective": 9.0, "bound": 9.0, "gap": 0.02, "status": "feasible", "gain_low": 7.0, "gain_high": 11.0}
    return SimpleNamespace(**(usual | {"towers": pd.DataFrame(), "sheet": None} | more))


def test_of_a_cover_the_learners_are_told_and_the_bound_is_of_the_cost():
    towers = pd.DataFrame({"learners_gained": [30.0, 12.0]})
    plan = planned(objective=900.0, bound=880.0, towers=towers, sheet=read_sheet())
    told = account_of(plan, cover=0.95)
    assert (told["objective"], told["cost"], told["least_cost"], told["cover"]) == (42.0, 900.0, 880.0, 0.95)
    assert "bound" not in told
    assert account_of(plan)["bound"] == 880.0
    assert account_of(plan)["objective"] == 900.0
    assert told["prices"] == told["usual_prices"] > 20


@pytest.mark.parametrize(
    ("forbidden", "lines", "unknown"),
    [(("special_use",), {}, True), (("special_use",), {"forest": None}, None), ((), {}, None)],
)
def test_a_rule_on_forest_that_no_layer_tells_is_told_as_not_kept(forbidden, lines, unknown):
    plan = planned()
    settings = Settings(siting=Siting(forbidden_forest=forbidden))
    assert _account(plan, settings, SimpleNamespace(lines=lines)).get("forest_unknown") is unknown


def test_the_days_of_a_survey_are_those_of_the_clocks_in_its_logs():
    times = pd.to_datetime(["2021-10-04 23:30", None, "2021-10-08 16:00"], utc=True)
    evidence = SimpleNamespace(samples=pd.DataFrame({"time": times}))
    for offset_h, days in (
        (0.0, (date(2021, 10, 4), date(2021, 10, 8))),
        (7.0, (date(2021, 10, 5), date(2021, 10, 8))),
    ):
        settings = Settings(survey=Survey(utc_offset_h=offset_h))
        assert period_of(evidence, settings) == days
    assert period_of(SimpleNamespace(samples=pd.DataFrame({"time": times[:0]})), Settings()) is None
