"""The sample province against the truth that was kept aside."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lomsong.simulate import simulate

SAMPLE = Path(__file__).resolve().parent.parent / "data"
USABLE_DBM = -110.0
RESERVE = {"26200": "Mã Đà", "26203": "Hiếu Liêm", "26173": "Phú Lý"}


@pytest.fixture(scope="module")
def truth(sample_run):
    """True levels of the households, in their order."""
    table = pd.read_parquet(SAMPLE / "truth" / "households.parquet").set_index("household_id")
    return table.loc[sample_run.result.evidence.households["household_id"]]


@pytest.fixture(scope="module")
def true_counts(sample_run, truth):
    """Learners truly without any usable operator, by commune."""
    households = sample_run.result.evidence.households
    gone = (truth.max(axis=1) < USABLE_DBM).to_numpy() * households["learners"].to_numpy()
    codes = sample_run.result.gaps.ranking["commune_code"]
    return pd.Series(gone).groupby(households["commune_code"].to_numpy()).sum().reindex(codes).fillna(0)


def test_injected_dirt_is_found_in_the_numbers_injected(sample_run):
    injected = json.loads((SAMPLE / "truth" / "dirt.json").read_text(encoding="utf-8"))
    evidence = sample_run.result.evidence
    for name, account in injected.items():
        file = name.split("/")[-1]
        rejects = evidence.rejects[evidence.rejects["source_file"] == file]
        assert rejects["check"].value_counts().to_dict() == account["dirt"], file
        samples = evidence.samples[evidence.samples["source_file"] == file]
        assert (samples["service"] == "no_service").sum() == account["no_service"]
        assert len(samples) + len(rejects) == account["rows"]
    assert set(evidence.rejects["source_file"]) == {name.split("/")[-1] for name in injected}


def test_intervals_of_level_hold_the_true_level(sample_run, truth):
    service = sample_run.result.gaps.service
    for operator in sample_run.result.surfaces:
        rows = service[service["operator"] == operator].set_index("demand_id").loc[truth.index]
        error = truth[f"{operator}_dbm"] - rows["level_dbm"]
        inside = (error.abs() < 1.6449 * rows["level_sd_db"]).mean()
        assert 0.85 <= inside <= 0.95, f"{operator}: {inside:.3f}"
        assert abs(error.mean()) < 1, operator


def test_intervals_hold_the_true_level_where_nobody_measured(sample_run, truth):
    """There are the deepest holes: what the model of the mean misses of them no survey on roads corrects."""
    service, inside = sample_run.result.gaps.service, []
    for operator in sample_run.result.surfaces:
        homes = service[service["operator"] == operator].set_index("demand_id").loc[truth.index]
        far = homes[homes["kind"] == "modelled"]
        error = truth.loc[far.index, f"{operator}_dbm"] - far["level_dbm"]
        inside.append(error.abs() < 1.6449 * far["level_sd_db"])
    assert sum(map(len, inside)) > 2000
    assert 0.85 <= np.concatenate(inside).mean() <= 0.95


def test_intervals_of_unconnected_learners_hold_the_true_count(sample_run, true_counts):
    ranking = sample_run.result.gaps.ranking.set_index("commune_code")
    inside = (true_counts >= ranking["unconnected_low"]) & (true_counts <= ranking["unconnected_high"])
    assert inside.mean() >= 0.85
    assert ranking["unconnected"].sum() == pytest.approx(true_counts.sum(), rel=0.1)


def test_probabilities_mean_what_they_say(sample_run, truth):
    service = sample_run.result.gaps.service
    for operator in sample_run.result.surfaces:
        p = service[service["operator"] == operator].set_index("demand_id").loc[truth.index, "p_usable"]
        usable = truth[f"{operator}_dbm"] >= USABLE_DBM
        for low, high in ((0.05, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
            band = (p >= low) & (p < high)
            assert usable[band].mean() == pytest.approx(p[band].mean(), abs=0.1), (operator, low, high)


def test_the_reserve_comes_out_among_the_first(sample_run, true_counts):
    ranking = sample_run.result.gaps.ranking
    assert RESERVE.keys() <= set(ranking["commune_code"].head(5))
    assert RESERVE.keys() <= set(true_counts.sort_values(ascending=False).index[:5])
    named = ranking.set_index("commune_code")["name"]
    assert {code: named[code] for code in RESERVE} == RESERVE
    overlap = set(ranking["commune_code"].head(10)) & set(true_counts.sort_values(ascending=False).index[:10])
    assert len(overlap) >= 8


def test_rank_sets_hold_most_true_ranks(sample_run, true_counts):
    ranking = sample_run.result.gaps.ranking.set_index("commune_code")
    first = ranking.index[:30]
    rank = (-true_counts).rank(method="min")
    tied = (-true_counts).rank(method="max")
    inside = (tied[first] >= ranking.loc[first, "rank_low"]) & (rank[first] <= ranking.loc[first, "rank_high"])
    assert inside.mean() >= 0.88


def test_physics_and_censoring_are_in_use(sample_run):
    for surface in sample_run.result.surfaces.values():
        assert surface.mean_.startswith("sites+canopy")
        assert surface.scores_["sites"].rmse_db < surface.scores_["constant"].rmse_db
        assert surface.scores_["sites+canopy"].rmse_db < surface.scores_["sites"].rmse_db
        assert 0.86 <= surface.scores_[surface.mean_].inside90 <= 0.95
        assert surface.bins_["censored"].sum() > 500


def test_the_planned_towers_respect_the_forest_and_truly_help(sample_run):
    plan, evidence = sample_run.result.plan, sample_run.result.evidence
    towers = plan.towers
    assert len(towers) == sample_run.result.settings.siting.sites
    assert not (towers["forest_class"] == "special_use").any()
    assert plan.objective <= plan.bound
    assert plan.gap <= 0.01
    province = simulate()
    homes = evidence.households
    at = np.column_stack([homes.to_crs(evidence.crs).geometry.x, homes.to_crs(evidence.crs).geometry.y])
    before = np.max([province.level_dbm(name, at) for name in sample_run.result.surfaces], axis=0)
    mast = towers[["geometry"]].assign(
        site_id=towers["candidate_id"], operator="viettel", technology="4G", height_m=towers["height_m"],
        band_mhz=sample_run.result.settings.siting.frequency_mhz, eirp_dbm=sample_run.result.settings.siting.eirp_dbm,
        beamwidth_deg=65.0, downtilt_deg=0.0,
    )  # fmt: skip
    azimuths = towers["azimuths_deg"].str.split("/")
    built = pd.concat([mast.assign(azimuth_deg=azimuths.str[sector].astype(float)) for sector in range(3)])
    lost = before < USABLE_DBM  # whom a tower can help
    heard = province.built_level_dbm("viettel", built, at[lost]) >= USABLE_DBM
    gained = homes["learners"].to_numpy()[lost][heard].sum()
    assert plan.gain_low <= gained <= plan.gain_high
    assert gained == pytest.approx(plan.objective, rel=0.1)
