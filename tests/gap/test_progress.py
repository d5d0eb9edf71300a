import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from lomsong.errors import ColumnError, CrsError, DataError
from lomsong.gap.noise import noise_of_rounds
from lomsong.gap.progress import ANY, any_usable, compare_rounds
from lomsong.gap.service import joint_probability
from lomsong.geo import coordinates
from lomsong.simulate import Recipe, simulate
from lomsong.simulate.drive import drive
from lomsong.simulate.recipe import METRIC
from lomsong.surface import CoverageSurface, shared_shadowing
from lomsong.surface.draws import spectral_field

COMMUNES = pd.DataFrame({"commune_code": ["1", "2"], "name": ["Mã Đà", "Phú Lý"]})
PARTS = ["compared", "newly_measured", "no_longer_measured", "unmeasured"]


def service(demand_id, level, sd, measured=True, operator="viettel"):
    return pd.DataFrame(
        {
            "demand_id": demand_id,
            "operator": operator,
            "level_dbm": level,
            "level_sd_db": sd,
            "p_usable": np.nan,
            "state": "usable",
            "kind": np.where(np.broadcast_to(measured, len(demand_id)), "measured", "modelled"),
            "nearest_sample_m": 10.0,
        }
    )


def places_at(at, learners, codes):
    frame = {"demand_id": [str(n) for n in range(len(at))], "learners": learners, "commune_code": codes}
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*np.asarray(at, float).T, crs=METRIC))


def by_hand():
    """Seven places, one of each class, the last outside all communes."""
    at = np.column_stack([700_000 + 500.0 * np.arange(7), np.full(7, 1_230_000.0)])
    places = places_at(at, [10, 20, 30, 40, 50, 60, 70], ["1", "1", "1", "2", "2", "2", None])
    before = service(places["demand_id"], [-120, -100, -120, -100, -120, -100, -120], 4.0, [1, 1, 1, 1, 0, 1, 0])
    after = service(places["demand_id"], [-100, -120, -120, -100, -90, -100, -90], 4.0, [1, 1, 1, 1, 1, 0, 0])
    return before, after, places


def test_a_place_that_stands_twice_or_nowhere_is_named():
    before, after, places = by_hand()
    with pytest.raises(DataError, match=r"after: 1 rows tell of a place twice for one operator \(first: row 7, 2\)"):
        compare_rounds(before, pd.concat([after, after.iloc[[2]]], ignore_index=True), places, COMMUNES, -110.0)
    nowhere = places.geometry.where(places["demand_id"] != "3", None)
    with pytest.raises(DataError, match=r"1 have no point as their position \(first: row 3, 3\)"):
        compare_rounds(before, after, places.set_geometry(nowhere), COMMUNES, -110.0)


def test_classes_and_sums_by_hand():
    before, after, places = by_hand()
    told = compare_rounds(before, after, places, COMMUNES, -110.0)
    one = told.places[told.places["operator"] == "viettel"]
    assert one["change"].tolist() == [
        "closed", "new", "persisting", "fine", "newly_measured", "no_longer_measured", "unmeasured",
    ]  # fmt: skip
    assert one["change_db"].tolist()[:4] == [20, -20, 0, 0]
    first, second = (row for _, row in told.communes[told.communes["operator"] == ANY].iterrows())
    sure = ndtr(2.5)
    assert first["unconnected_before"] == pytest.approx(10 * sure + 20 * (1 - sure) + 30 * sure)
    assert first["gained"] == pytest.approx(10 * (2 * sure - 1))
    assert first["lost"] == pytest.approx(20 * (2 * sure - 1))
    assert first["net"] == pytest.approx(first["unconnected_before"] - first["unconnected_after"])
    assert first[["closed", "new", "persisting"]].tolist() == [10, 20, 30]
    assert second[["learners", *PARTS]].tolist() == [150, 40, 50, 60, 0]
    assert second["verdict"] == "not_comparable"
    assert second["net"] == pytest.approx(0)
    total = told.totals.set_index("operator").loc[ANY]
    assert total[["learners", *PARTS]].tolist() == [280, 100, 50, 60, 70]


def test_what_was_measured_once_never_counts():
    before, after, places = by_hand()
    told = compare_rounds(before, after, places, COMMUNES, -110.0)
    once = before["kind"].ne("measured") | after["kind"].ne("measured")
    better = after.assign(level_dbm=after["level_dbm"].mask(once, -60.0))
    again = compare_rounds(before, better, places, COMMUNES, -110.0)
    pd.testing.assert_frame_equal(told.communes, again.communes)
    pd.testing.assert_frame_equal(told.totals, again.totals)
    assert told.places.loc[told.places["change"].isin(["newly_measured", "unmeasured"]), "p_after"].isna().all()


def test_any_operator_asks_for_all_of_them_to_be_measured_twice():
    before, after, places = by_hand()
    other = service(places["demand_id"], -120.0, 4.0, [1, 1, 1, 1, 1, 1, 0], "mobifone")
    served = service(places["demand_id"], -90.0, 4.0, [1, 0, 1, 1, 1, 1, 0], "mobifone")
    told = compare_rounds(pd.concat([before, other]), pd.concat([after, served]), places, COMMUNES, -110.0)
    change = told.places[told.places["operator"] == ANY]["change"].tolist()
    assert change[:4] == ["closed", "no_longer_measured", "closed", "fine"]
    assert change[4] == "newly_measured"
    assert change[5] == "no_longer_measured"


def test_exchanged_rounds_give_the_opposite():
    before, after, places = by_hand()
    there = compare_rounds(before, after, places, COMMUNES, -110.0).communes
    back = compare_rounds(after, before, places, COMMUNES, -110.0).communes
    assert there["net"].to_numpy() == pytest.approx(-back["net"].to_numpy())
    for one, other in (("gained", "lost"), ("closed", "new"), ("newly_measured", "no_longer_measured")):
        assert there[one].to_numpy() == pytest.approx(back[other].to_numpy())


def test_probability_of_any_operator_against_the_normal_distribution():
    scores = np.array([[-0.5, 1.2], [0.3, -2.0], [-1.0, 0.1]])
    for shared in (0.0, 0.4, 0.8):
        covariance = np.full((3, 3), shared) + (1 - shared) * np.eye(3)
        wanted = 1 - multivariate_normal(np.zeros(3), covariance).cdf(-scores.T)
        assert any_usable(scores, shared) == pytest.approx(wanted, abs=2e-3)
        assert any_usable(scores, shared) == pytest.approx(1 - joint_probability(ndtr(-scores).T, shared), abs=2e-3)


def rounds_alike(shift=0.0, sd_change=2.0, seed=1, n=1_000, sd=4.0):
    """Two rounds of one unchanged field over 20 km, whose differences are alike over 800 m."""
    rng = np.random.default_rng(seed)
    at = np.column_stack([700_000 + rng.uniform(0, 20_000, n), 1_230_000 + rng.uniform(0, 20_000, n)])
    level = -108 + 6 * spectral_field([(1.0, 3_000.0)], 1, seed, 0)(at)[:, 0]
    change = sd_change * spectral_field([(1.0, 800.0)], 1, seed, 1)(at)[:, 0]
    places = places_at(at, np.full(n, 4.0), np.where(at[:, 0] < 710_000, "1", "2"))
    before = service(places["demand_id"], level, sd)
    return before, service(places["demand_id"], level + change + shift, sd), places


def test_shift_scale_and_reach_of_what_differs_are_found():
    before, after, places = rounds_alike(shift=2.1)
    row = noise_of_rounds(before, after, places).iloc[0]
    assert abs(row["shift_db"] - 2.1) < max(2.5 * row["shift_se_db"], 0.3)
    assert row["shift_se_db"] < 0.5
    wanted = 2.0 / np.hypot(4.0, 4.0)
    assert wanted * 0.9 < row["scale"] < wanted * 1.6
    assert 300 < row["alike_m"] < 2_000
    assert row["alike"] > 0.7


def test_a_shift_common_to_all_is_not_called_progress():
    before, after, places = rounds_alike(shift=4.0)
    kept = compare_rounds(before, after, places, COMMUNES, -110.0)
    assert set(kept.communes["verdict"]) <= {"shift", "no_change"}
    assert (kept.communes["verdict"] == "shift").any()
    removed = compare_rounds(before, after, places, COMMUNES, -110.0, remove_shift=True)
    assert set(removed.communes["verdict"]) == {"no_change"}
    assert abs(removed.totals["net"]).max() < 0.2 * abs(kept.totals["net"]).max()


def test_few_places_take_errors_as_independent_and_the_phone_as_unknown():
    before, after, places = by_hand()
    row = noise_of_rounds(before, after, places).iloc[0]
    assert row[["shift_db", "shift_se_db", "scale", "alike"]].tolist() == [0, 3, 1, 1]


def test_same_worlds_from_the_same_seed_and_arguments_left_alone():
    before, after, places = rounds_alike(n=300)
    kept = [frame.copy() for frame in (before, after, places)]
    one, other = (compare_rounds(before, after, places, COMMUNES, -110.0) for _ in range(2))
    pd.testing.assert_frame_equal(one.communes, other.communes)
    for frame, as_it_was in zip((before, after, places), kept, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(as_it_was))


def test_what_cannot_be_compared_is_said():
    before, after, places = by_hand()
    with pytest.raises(DataError, match="no operator in common: the earlier has viettel, the later mobifone"):
        compare_rounds(before, after.assign(operator="mobifone"), places, COMMUNES, -110.0)
    with pytest.raises(DataError, match="of 7 places none was measured in both rounds"):
        compare_rounds(before, after.assign(kind="modelled"), places, COMMUNES, -110.0)
    with pytest.raises(CrsError, match=r"places: CRS WGS 84 is not in metres on the ground; .*places.to_crs\(...\)"):
        compare_rounds(before, after, places.to_crs(4326), COMMUNES, -110.0)
    with pytest.raises(ColumnError, match="after"):
        compare_rounds(before, after.drop(columns="kind"), places, COMMUNES, -110.0)


OPERATORS = ("viettel", "mobifone")


def survey(province, seed, built=None):
    """Drive the province anew: other roads, passes and noise over the same true levels."""
    recipe = dataclasses.replace(province.recipe, seed=seed)
    roads, hamlets = province.roads.to_crs(METRIC), province.hamlets.to_crs(METRIC)
    rng = np.random.default_rng(seed)
    found = {}
    for operator, track in zip(OPERATORS, drive(roads, hamlets, recipe, len(OPERATORS)), strict=True):
        level = province.level_dbm(operator, track.points)
        if built is not None and operator == "viettel":
            level = np.maximum(level, province.built_level_dbm(operator, built, track.points))
        heard = level + rng.normal(0, 1, track.leg.max() + 1)[track.leg] + rng.normal(0, 1.7, len(level))
        frame = {
            "operator": operator,
            "rsrp_dbm": np.where(heard < -125, np.nan, heard),
            "service": np.where(heard < -125, "no_service", "level"),
            "source_file": operator,
            "time": pd.Timestamp("2021-10-04", tz="UTC") + pd.to_timedelta(track.second, unit="s"),
        }
        at = track.points + rng.normal(0, 2, track.points.shape)
        found[operator] = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*at.T), crs=METRIC)
    return found


@pytest.fixture(scope="module")
def province():
    return simulate(Recipe(area_km2=150, communes=8, households=2_000, seed=5))


@pytest.fixture(scope="module")
def homes(province):
    frame = province.households.rename(columns={"household_id": "demand_id"}).to_crs(METRIC)
    return frame[["demand_id", "learners", "commune_code", "geometry"]]


@pytest.fixture(scope="module")
def built(province, homes):
    """Two towers of one operator where most learners are without signal."""
    at = coordinates(homes, METRIC)
    spots = at[np.max([province.level_dbm(name, at) for name in OPERATORS], axis=0) < -110]
    chosen = []
    for _ in range(2):
        apart = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
        chosen.append(spots[(apart < 1_500).sum(axis=1).argmax()])
        spots = spots[np.hypot(*(spots - chosen[-1]).T) > 2_000]
    frame = {"site_id": ["N1", "N2"], "operator": "viettel", "technology": "4G", "band_mhz": 900.0, "height_m": 42.0,
             "eirp_dbm": 32.0, "azimuth_deg": np.nan, "downtilt_deg": np.nan, "beamwidth_deg": np.nan}  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*np.array(chosen).T), crs=METRIC)


@pytest.fixture(scope="module")
def rounds(province, homes, built):
    """Services of autumn, of spring with nothing changed, and of spring with two towers; and what is shared."""
    at = coordinates(homes, METRIC)
    fitted = {}

    def told(samples, name):
        surfaces = {key: fitted.get((name, key)) or CoverageSurface(workers=1).fit(samples[key]) for key in OPERATORS}
        fitted.update({(name, key): surface for key, surface in surfaces.items()})
        parts = []
        for operator, surface in surfaces.items():
            level = surface.predict(at)
            measured = level["information"] >= 0.1
            parts.append(service(homes["demand_id"], level["level_dbm"], level["level_sd_db"], measured, operator))
        return pd.concat([part.reset_index(drop=True) for part in parts], ignore_index=True), surfaces

    autumn, surfaces = told(survey(province, 105), "autumn")
    spring, _ = told(survey(province, 205), "spring")
    fitted["towers", "mobifone"] = fitted["spring", "mobifone"]  # the same drive over the same levels
    towers, _ = told(survey(province, 205, built), "towers")
    return autumn, spring, towers, shared_shadowing(surfaces)


def test_nothing_changed_and_no_progress_is_claimed(rounds, homes, province):
    autumn, spring, _, shared = rounds
    told = compare_rounds(
        autumn, spring, homes, province.communes, -110.0, shared=shared.correlation, range_m=shared.range_m
    )
    assert told.communes["verdict"].isin(["improved", "worse"]).mean() <= 0.1
    assert (told.noise["scale"] < 0.9).all(), "both rounds drive past the same hills"
    inside = (told.communes["net_low"] <= 0) & (told.communes["net_high"] >= 0)
    assert inside.mean() >= 0.85
    assert (told.totals["learners"] == homes["learners"].sum()).all()


def test_learners_gained_by_towers_are_found(rounds, homes, province, built):
    autumn, _, towers, shared = rounds
    told = compare_rounds(
        autumn, towers, homes, province.communes, -110.0, shared=shared.correlation, range_m=shared.range_m
    )
    at = coordinates(homes, METRIC)
    then = {name: province.level_dbm(name, at) for name in OPERATORS}
    now = {**then, "viettel": np.maximum(then["viettel"], province.built_level_dbm("viettel", built, at))}
    gained = ((np.max(list(now.values()), axis=0) >= -110).astype(int)
              - (np.max(list(then.values()), axis=0) >= -110)) * homes["learners"]  # fmt: skip
    total = told.totals.set_index("operator").loc[ANY]
    assert gained.sum() > 100
    assert total["net_low"] <= gained.sum() <= total["net_high"]
    assert total["verdict"] == "improved"
    rows = told.communes[told.communes["operator"] == ANY].set_index("commune_code")
    truth = gained.groupby(homes["commune_code"]).sum().reindex(rows.index).fillna(0)
    assert ((truth >= rows["net_low"] - 1) & (truth <= rows["net_high"] + 1)).mean() >= 0.75
    assert rows.loc[truth.idxmax(), "verdict"] == "improved"
    assert not (rows["verdict"].eq("improved") & (truth < 1)).any()
    mobifone = told.totals.set_index("operator").loc["mobifone"]
    assert mobifone["verdict"] == "no_change"
