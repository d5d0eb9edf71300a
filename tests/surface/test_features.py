import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import ColumnError, DataError, LomsongError
from lomsong.surface import features as module
from lomsong.surface.features import HEIGHTS, NEEDED, PATH, Mosaic, sector_features

COLUMNS = [*NEEDED, *HEIGHTS, "building_height_m", "clutter_class"]


def street(wall_m=0.0):
    """Bins every 5 m along 400 m north of a 20 m mast pointing north; a wall stands at 195-205 m."""
    north = np.arange(0, 405, 5.0)
    bins = pd.DataFrame(0.0, index=range(len(north)), columns=COLUMNS)
    bins = bins.assign(northing_m=north, antenna_height_m=20.0, frequency_mhz=2600.0, clutter_class=5.0)
    bins.loc[np.abs(north - 200) <= 5, "building_height_m"] = wall_m
    return bins


def town(seed=0, side=40):
    """Bins on every cell of a square of 5 m cells, hilly and half built, around four masts."""
    rng = np.random.default_rng(seed)
    east, north = (grid.ravel() * 5.0 for grid in np.meshgrid(np.arange(side), np.arange(side)))
    n = len(east)
    mast = rng.uniform(20, 180, (4, 2))[rng.integers(4, size=n)]
    bins = pd.DataFrame(0.0, index=range(n), columns=COLUMNS)
    return bins.assign(
        easting_m=east, northing_m=north, site_easting_m=mast[:, 0], site_northing_m=mast[:, 1],
        altitude_m=500 + 5 * np.sin(east / 40), site_altitude_m=500.0, antenna_height_m=25.0, azimuth_deg=120.0,
        electrical_downtilt_deg=4.0, mechanical_downtilt_deg=2.0, frequency_mhz=1800.0, reference_signal_power_dbm=15.0,
        building_height_m=rng.integers(0, 2, n) * rng.uniform(3, 30, n),
    )  # fmt: skip


def rasters(bins, side=40):
    grid = [bins[name].to_numpy().reshape(side, side)[::-1] for name in ("altitude_m", "building_height_m")]
    return grid[0], Affine(5, 0, -2.5, 0, -5, side * 5 - 2.5), grid[1]


def test_geometry_and_pattern_by_hand():
    features = sector_features(street(), Mosaic.of_bins(street())).iloc[40]
    assert features.log_distance == pytest.approx(np.log10(200))
    assert features.off_deg == 0
    assert features.below_deg == pytest.approx(np.degrees(np.arctan(18.5 / 200)))
    assert features.pattern_db == pytest.approx(12 * (features.below_deg / 8) ** 2)
    loss = 46.3 + 33.9 * np.log10(2600) - 13.82 * np.log10(20) + (44.9 - 6.55 * np.log10(20)) * np.log10(0.2)
    assert features.physics_dbm == pytest.approx(-loss - features.pattern_db)


def test_angles_turn_with_the_azimuth_and_mechanical_tilt_weakens_sideways():
    bins = street().assign(azimuth_deg=60.0, mechanical_downtilt_deg=6.0, electrical_downtilt_deg=2.0)
    features = sector_features(bins)
    assert features.side_deg.iloc[40] == pytest.approx(-60)
    assert features.tilt_deg.iloc[40] == pytest.approx(2 + 6 * 0.5)


def test_a_wall_shadows_only_what_lies_behind_it():
    walled, clear = (sector_features(bins, Mosaic.of_bins(bins)) for bins in (street(40.0), street()))
    assert clear.blocked_m.max() == 0
    assert walled.blocked_m.iloc[:36].max() == 0
    assert walled.blocks.iloc[80] == 1
    assert walled.last_block_m.iloc[80] == pytest.approx(200)
    over = 40 - (20 - 18.5 / 2) + 200 * 200 / (2 * 8_500_000)
    wave = 299.792458 / 2600
    assert walled.edge_nu.iloc[80] == pytest.approx(over * np.sqrt(2 * 400 / (wave * 200 * 200)), rel=1e-6)
    assert walled.ground_nu.iloc[80] == clear.ground_nu.iloc[80] < 0


def test_levels_are_not_read():
    bins = street(40.0)
    loud = bins.assign(rsrp_dbm=np.linspace(-120, -60, len(bins)))
    pd.testing.assert_frame_equal(
        sector_features(bins, Mosaic.of_bins(bins)), sector_features(loud, Mosaic.of_bins(loud)), check_exact=True
    )


def test_rasters_and_the_bins_of_every_cell_are_the_same_land():
    bins = town()
    ground, transform, building = rasters(bins)
    of_bins, of_rasters = Mosaic.of_bins(bins), Mosaic.of_rasters(ground, transform, building)
    pd.testing.assert_frame_equal(sector_features(bins, of_rasters), sector_features(bins, of_bins))


def test_where_everything_is_built_the_means_say_so():
    bins = town().assign(building_height_m=12.0)
    features = sector_features(bins, Mosaic.of_bins(bins))
    for radius in (20, 60, 200):
        np.testing.assert_allclose(features[f"height_{radius}"], 12, rtol=1e-3)
        np.testing.assert_allclose(features[f"site_built_{radius}"], 1, rtol=1e-3)
    np.testing.assert_allclose(features["path_built"], 1, rtol=1e-3)


def test_the_countryside_needs_a_raster_of_the_ground_only():
    """A hill stands between; neither heights, buildings nor clutter of bins are known."""
    bins = street().drop(columns=[*HEIGHTS, "building_height_m", "clutter_class"])
    ground = np.full((50, 20), 300.0)
    ground[:, :] += np.where(np.abs(np.arange(50)[::-1] * 10 - 200) <= 10, 60.0, 0.0)[:, None]
    ground[0, 0] = np.nan
    features = sector_features(bins, Mosaic.of_rasters(ground, Affine(10, 0, -100, 0, -10, 495)))
    assert features.altitude_m.iloc[40] == 360
    assert features.altitude_m.iloc[80] == features.site_altitude_m.iloc[80] == 300
    assert features.ground_nu.iloc[80] > 0
    assert (features[["building_m", "path_built", "height_200"]] == 0).all(axis=None)
    assert "clutter" not in features
    assert np.isfinite(features).all(axis=None)


def test_without_land_there_are_no_paths():
    features = sector_features(town())
    assert not set(PATH) & set(features)
    assert {"log_distance", "building_m", "clutter"} <= set(features)


@settings(max_examples=10, deadline=None)
@given(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000), st.floats(-400, 4000))
def test_moving_everything_changes_nothing_but_the_altitudes(east, north, up):
    bins = town(side=12)
    moved = bins.assign(
        easting_m=bins.easting_m + 5 * east, site_easting_m=bins.site_easting_m + 5 * east,
        northing_m=bins.northing_m + 5 * north, site_northing_m=bins.site_northing_m + 5 * north,
        altitude_m=bins.altitude_m + up, site_altitude_m=bins.site_altitude_m + up,
    )  # fmt: skip
    before, after = (sector_features(table, Mosaic.of_bins(table)).drop(columns=[*HEIGHTS]) for table in (bins, moved))
    # Heights are kept as 32-bit numbers, and a path that just touches a roof may fall on either side of it.
    counts = ["blocked_m", "blocks", "last_block_m"]
    np.testing.assert_allclose(after.drop(columns=counts), before.drop(columns=counts), atol=0.02)
    assert np.isclose(after[counts], before[counts], atol=1e-4).mean() > 0.99


@pytest.mark.parametrize("height_m", [5.0, 20.0, 80.0])
def test_a_higher_wall_never_clears_a_path(height_m):
    lower, higher = (sector_features(bins, Mosaic.of_bins(bins)) for bins in (street(height_m), street(height_m + 5)))
    assert (higher.edge_nu >= lower.edge_nu).all()
    assert (higher.blocked_m >= lower.blocked_m).all()


def test_what_cannot_be_used_is_told(monkeypatch):
    bins = street()
    with pytest.raises(ColumnError, match="azimuth_deg"):
        sector_features(bins.drop(columns="azimuth_deg"))
    with pytest.raises(ColumnError, match="altitude_m"):
        sector_features(bins.drop(columns="altitude_m"))
    with pytest.raises(DataError, match=r"row 3, column northing_m"):
        sector_features(bins.assign(northing_m=bins.northing_m.where(bins.index != 3)))
    with pytest.raises(DataError, match="no row"):
        Mosaic.of_bins(bins.iloc[:0])
    with pytest.raises(DataError, match="north up"):
        Mosaic.of_rasters(np.zeros((3, 3)), Affine(5, 1, 0, 0, -5, 0))
    with pytest.raises(DataError, match="no cell"):
        Mosaic.of_rasters(np.full((3, 3), np.nan), Affine(5, 0, 0, 0, -5, 0))
    with pytest.raises(DataError, match="same rows"):
        Mosaic.of_rasters(np.zeros((3, 3)), Affine(5, 0, 0, 0, -5, 0), np.zeros((3, 4)))
    monkeypatch.setattr(module, "LARGEST_CELLS", 50)
    with pytest.raises(DataError, match="km²"):
        Mosaic.of_bins(bins)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, "abc", None, np.nan])
def test_bad_values_raise_errors_of_ours_only(bad):
    for column in COLUMNS:
        bins = street().astype(object)
        bins.loc[7, column] = bad
        with pytest.raises(LomsongError):
            sector_features(bins, Mosaic.of_bins(street()))
