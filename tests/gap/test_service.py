import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from lomsong.gap import service_of
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
