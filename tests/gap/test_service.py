import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from shapely.geometry import box

from lomsong.errors import DataError, UsageError
from lomsong.gap import over_operators, service_of
from lomsong.gap.service import Reception, entry_losses, for_service, side_by_side, signal_at, usable_at
from lomsong.settings import Gap
from lomsong.surface import CoverageSurface
from lomsong.surface.declared import Declaration
from lomsong.surface.fusion import Layer, Service, ServiceSurface
from lomsong.tables import SERVICE

CRS = "EPSG:3405"


@pytest.fixture(scope="module")
def surface():
    """A road of 20 km, well covered; its first half lies in the area that the operator declares."""
    rng = np.random.default_rng(0)
    at = np.column_stack([700_000 + np.arange(0, 20_000, 50.0), np.full(400, 1_250_000.0)])
    hills = np.convolve(rng.normal(0, 6, 410), np.ones(11) / np.sqrt(11), "valid")
    samples = gpd.GeoDataFrame(
        {"operator": "viettel", "rsrp_dbm": -80 + hills, "service": "level"},
        geometry=gpd.points_from_xy(*at.T),
        crs=CRS,
    )
    return CoverageSurface(workers=1).fit(samples)


@pytest.fixture(scope="module")
def places(surface):
    return surface.locate(np.array([[705_000.0, 1_250_000.0], [705_000.0, 1_280_000.0], [705_000.0, 1_220_000.0]]))


DEMAND = pd.Series(["on the road", "declared", "nobody knows"], index=[5, 2, 9])


def declared(operator="viettel"):
    areas = gpd.GeoDataFrame({"operator": [operator]}, geometry=[box(700_000, 1_249_000, 710_000, 1_290_000)], crs=CRS)
    return Declaration(areas)


def test_declared_places_are_said_to_be_declared(surface, places):
    before = service_of(surface, places, DEMAND, Gap(), 0.1)
    after = service_of(surface, places, DEMAND, Gap(), 0.1, declared())
    SERVICE.check(after, "service")
    assert after["kind"].tolist() == ["measured", "declared", "modelled"]
    assert after["state"].tolist()[::2] == before["state"].tolist()[::2] == ["usable", "unsurveyed"]
    pd.testing.assert_frame_equal(after.iloc[[0, 2]], before.iloc[[0, 2]])
    row = after.iloc[1]
    assert np.isnan(row["level_dbm"])
    assert np.isnan(row["level_sd_db"])
    assert 0.5 < row["p_usable"] < 1
    assert row["state"] == ("usable" if row["p_usable"] >= 0.9 else "unsurveyed")


def test_a_claim_that_measurements_refute_is_not_believed(surface, places):
    refuted = service_of(surface, places, DEMAND, Gap(usable_dbm=-50.0), 0.1, declared())
    assert refuted["p_usable"].iloc[1] < 0.3
    assert refuted["state"].iloc[1] == "unsurveyed"


def test_another_operators_claim_changes_nothing(surface, places):
    before = service_of(surface, places, DEMAND, Gap(), 0.1)
    pd.testing.assert_frame_equal(service_of(surface, places, DEMAND, Gap(), 0.1, declared("mobifone")), before)


def test_a_service_of_one_layer_gives_the_rows_of_that_layer(surface, places):
    service = ServiceSurface(Service("audio", {"4G": -110.0}, -110.0), (Layer("4G", surface, -110.0),))
    located = service.locate(places.at)
    pd.testing.assert_frame_equal(
        service_of(service, located, DEMAND, Gap(), 0.1), service_of(surface, places, DEMAND, Gap(), 0.1)
    )


def test_indoors_is_outdoors_less_the_loss(surface, places):
    loss_db = np.array([0.0, 14.0, 5.0])
    service = service_of(surface, places, DEMAND, Gap(), 0.1, loss_db=loss_db)
    level = surface.predict(places)
    std = level["home_sd_db"].to_numpy()
    by_hand = norm.cdf((service["level_dbm"] - loss_db + 110) / std)
    assert (std < level["level_sd_db"]).all(), "a home has no noise of measurement"
    assert service["level_sd_db"].tolist() == std.tolist()
    np.testing.assert_allclose(service["p_usable_indoor"], by_hand, rtol=1e-12)
    assert service["p_usable_indoor"].iloc[0] == service["p_usable"].iloc[0]
    bare = service_of(surface, places, DEMAND, Gap(), 0.1)
    assert bare["p_usable_indoor"].isna().all()
    pd.testing.assert_frame_equal(bare.drop(columns="p_usable_indoor"), service.drop(columns="p_usable_indoor"))


def test_households_of_one_place_share_its_row(surface, places):
    found = signal_at(surface, places, Gap(), 0.1)
    rows = np.array([2, 0, 0])
    shared = service_of(surface, places, DEMAND, Gap(), 0.1, found=found, rows=rows, loss_db=np.zeros(3))
    apart = service_of(surface, places.part(rows), DEMAND, Gap(), 0.1, loss_db=np.zeros(3))
    pd.testing.assert_frame_equal(shared, apart)
    with pytest.raises(DataError, match="3 places, 2 identifiers, 3 losses"):
        service_of(surface, places, DEMAND.iloc[:2], Gap(), 0.1)


def test_scores_give_the_probability_of_the_table_also_where_it_is_declared(surface, places):
    found = signal_at(surface, places, Gap(), 0.1, declared())
    assert found["kind"].tolist() == ["measured", "declared", "modelled"]
    by_score = norm.cdf((found["score_dbm"] + 110) / found["score_sd_db"])
    np.testing.assert_allclose(by_score, found["p_usable"], rtol=1e-9)
    assert found["field_dbm"].notna().all()
    reception = Reception.of({"viettel": found, "b": found})
    assert reception.operators == ("viettel", "b")
    assert reception.level_dbm.shape == (3, 2)


def test_a_threshold_with_its_sign_lost_is_refused(surface, places):
    with pytest.raises(UsageError, match="gap: usable_dbm has 1 of 1 values outside"):
        service_of(surface, places, DEMAND, Gap(usable_dbm=110.0), 0.1)
    plain = service_of(surface, places, DEMAND, Gap(), 0.1)
    told = service_of(surface, places, DEMAND.to_list(), Gap(), 0.1)
    pd.testing.assert_frame_equal(told, plain, check_dtype=False)


def test_thresholds_side_by_side(surface, places):
    loss_db = np.array([0.0, 14.0, 5.0])
    p = usable_at(surface, places, (-105.0, -110.0, -115.0), loss_db)
    assert p.shape == (3, 3, 2)
    assert p.dtype == np.float32
    assert (np.diff(p, axis=1) >= 0).all()
    assert (p[:, :, 1] <= p[:, :, 0]).all()
    level = surface.predict(places)
    for number, threshold in enumerate((-105.0, -110.0, -115.0)):
        for side, loss in enumerate((0.0, loss_db)):
            by_hand = norm.cdf((level["level_dbm"] - threshold - loss) / level["home_sd_db"])
            np.testing.assert_allclose(p[:, number, side], by_hand, atol=1e-6)


def test_a_service_of_two_layers_keeps_its_probability(surface, places):
    layers = (Layer("4G", surface, -110.0), Layer("5G", surface, -100.0))
    service = ServiceSurface(Service("audio", {"4G": -110.0, "5G": -100.0}, -110.0), layers)
    located = service.locate(places.at)
    found = signal_at(service, located, Gap(), 0.1)
    exact = service.probability(located, -110.0)
    np.testing.assert_allclose(found["p_usable"], exact)
    clear = (exact > 1e-10) & (exact < 1 - 1e-10)
    assert clear.any()
    by_score = norm.cdf((found["score_dbm"] + 110) / found["score_sd_db"])
    np.testing.assert_allclose(by_score[clear.to_numpy()], exact[clear], rtol=1e-6)
    p = usable_at(service, located, (-105.0,), np.array([0.0, 5.0, 5.0]))
    np.testing.assert_allclose(p[:, 0, 0], service.probability(located, -105.0), atol=1e-6)
    np.testing.assert_allclose(p[1:, 0, 1], service.probability(located, -100.0)[1:], atol=1e-6)


def test_losses_by_kind_of_building():
    kinds = pd.Series(["light", None, "palace", "brick"])
    losses = {"light": 5.0, "brick": 14.0}
    assert entry_losses(kinds, 4, losses, "brick").tolist() == [5.0, 14.0, 14.0, 14.0]
    assert entry_losses(None, 2, losses, "light").tolist() == [5.0, 5.0]
    with pytest.raises(UsageError, match="usual building hut has no loss; use one of: light, brick"):
        entry_losses(kinds, 4, losses, "hut")


def test_a_named_service_has_its_own_level(surface, places):
    levels = {"audio": -115.0, "video": -60.0}
    assert for_service(Gap(), levels, "audio") == Gap(usable_dbm=-115.0)
    states = [
        service_of(surface, places, DEMAND, for_service(Gap(), levels, name), 0.1)["state"].iloc[0] for name in levels
    ]
    assert states == ["usable", "weak"]
    with pytest.raises(UsageError, match="service games has no level; use one of: audio, video"):
        for_service(Gap(), levels, "games")


def rows(demand_id, operator, p, level):
    return pd.DataFrame(
        {"demand_id": demand_id, "operator": operator, "level_dbm": level, "p_usable": p, "state": "usable"}
    )


def test_the_best_server_is_the_most_probable_then_the_loudest():
    ids = ["a", "b", "c", "d"]
    service = pd.concat(
        [
            rows(ids, "viettel", [0.9, 1.0, np.nan, 0.2], [-100.0, -80.0, np.nan, -120.0]),
            rows(ids[::-1], "mobifone", [np.nan, np.nan, 1.0, 0.8], [np.nan, np.nan, -70.0, -90.0]),
        ]
    )
    asked = pd.Series(["d", "a", "b", "c", "nowhere"], index=[3, 1, 4, 1, 5])
    best = over_operators(service, asked)
    assert best.index.tolist() == [3, 1, 4, 1, 5]
    assert best["best_operator"].iloc[:3].tolist() == ["viettel", "viettel", "mobifone"]
    assert best["best_operator"].isna().tolist() == [False, False, False, True, True]
    np.testing.assert_array_equal(best["best_level_dbm"], [-120.0, -100.0, -70.0, np.nan, np.nan])


def test_rows_in_any_order_are_found():
    ids = [f"h{i}" for i in range(50)]
    p = np.linspace(0, 1, 50)
    table = rows(ids, "viettel", p, -100.0)
    turned = np.random.default_rng(1).permutation(50)
    in_order, mixed = (side_by_side(part, pd.Series(ids))[1][:, 0] for part in (table, table.iloc[turned]))
    np.testing.assert_array_equal(in_order, p)
    np.testing.assert_array_equal(mixed, p)
    np.testing.assert_array_equal(side_by_side(table, pd.Series(ids[:20]))[1][:, 0], p[:20])
