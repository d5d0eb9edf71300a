import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lomsong.errors import DataError, SettingsError, UsageError
from lomsong.siting.cost import PARTS, read_sheet, site_costs
from lomsong.texts import told


def candidates(**columns):
    rows = max(len(values) for values in columns.values())
    frame = pd.DataFrame({"height_m": [42.0] * rows, "grid_km": 0.2, "road_km": 0.0, "existing_structure": None})
    return gpd.GeoDataFrame(frame.assign(**columns), geometry=gpd.points_from_xy(range(rows), [0] * rows))


def test_every_number_of_the_sheet_has_a_unit_and_a_source_that_says_how_sure_it_is():
    sheet = read_sheet()
    assert len(sheet.values) > 20
    for item in sheet.values:
        assert sheet.units[item]
        assert "unverified" in sheet.sources[item], item


def test_by_hand():
    sheet = read_sheet()
    found = site_costs(candidates(grid_km=[0.2], road_km=[0.5]), sheet, hops=[1.0]).iloc[0]
    assert found["tower_cost"] == sheet["tower.fixed"] + 42 * sheet["tower.per_m"]
    assert found["radio_cost"] == sheet["radio.fixed"] + 3 * sheet["radio.per_sector"]
    assert found["power"] == "grid"
    assert found["power_cost"] == pytest.approx(sheet["power.connection"] + 0.2 * sheet["power.line_per_km"])
    assert found["line_km"] == 0.2
    assert found["road_cost"] == pytest.approx(0.5 * sheet["road.per_km"])
    assert (found["backhaul"], found["backhaul_cost"]) == ("microwave", sheet["backhaul.microwave_hop"])
    assert found["capital"] == pytest.approx(found[list(PARTS)].sum())
    energy = sheet["power.load_kw"] * 8766 * sheet["power.energy"]
    running = energy + sheet["backhaul.microwave_running"] + sheet["running.site"] + sheet["running.rent"]
    assert found["running"] == pytest.approx(running)
    years = np.arange(1, 11)
    assert found["present_value"] == pytest.approx(found["capital"] + (running / 1.08**years).sum())


def test_power_is_the_cheaper_one_and_turns_once_with_the_distance_to_the_grid():
    away = np.linspace(0, 5, 60)
    found = site_costs(candidates(grid_km=away), read_sheet(), hops=np.ones(60))
    assert found["power"].iloc[0] == "grid"
    assert found["power"].iloc[-1] == "solar"
    assert (found["power"] == "solar").astype(int).diff().abs().sum() == 1
    assert (found["present_value"].diff().dropna() >= -1e-9).all()
    assert found["present_value"].diff().iloc[-1] == pytest.approx(0, abs=1e-9), "panels do not mind the distance"
    required = site_costs(candidates(grid_km=[5.0, np.nan]), read_sheet(), grid_required=True)
    assert required["power"].tolist() == ["grid", "solar"], "what is not known cannot be asked for"


def test_batteries_are_replaced():
    sheet = read_sheet()
    found = site_costs(candidates(grid_km=[np.nan]), sheet).iloc[0]
    battery = sheet["power.battery_per_kwh"] * sheet["power.load_kw"] * sheet["power.autonomy_h"]
    again = battery / 1.08 ** sheet["power.battery_years"]
    assert found["present_value"] == pytest.approx(found["capital"] + float(sheet.present(found["running"])) + again)


def test_backhaul_is_the_cheaper_of_those_that_are_known():
    away = candidates(grid_km=[0.1] * 4)
    found = site_costs(away, read_sheet(), hops=[1, 1, np.nan, np.nan], fibre_km=[0.5, 40, 3, np.nan])
    assert found["backhaul"].tolist() == ["fibre", "microwave", "fibre", "none"]
    with pytest.raises(DataError, match="hops"):
        site_costs(away, read_sheet(), hops=[1.0])


def test_what_stands_is_shared_and_masts_are_paid_once():
    sheet = read_sheet()
    frame = candidates(existing_structure=["VTL1", None])
    one, three = (site_costs(frame, sheet, operators=count, hops=[1, 1]) for count in (1, 3))
    assert one["capital"].iloc[0] < one["capital"].iloc[1]
    assert one.loc[0, ["power", "backhaul"]].tolist() == ["existing", "existing"]
    assert (three["tower_cost"] == one["tower_cost"]).all()
    assert (three["radio_cost"] == 3 * one["radio_cost"]).all()
    assert (three["present_value"] < 3 * one["present_value"]).all()


def test_a_sheet_of_ones_own_changes_what_it_names(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text('[road.per_km]\nvalue = 1\nsource = "Sở Xây dựng"\n', encoding="utf-8")
    sheet = read_sheet(path)
    assert (sheet["road.per_km"], sheet.sources["road.per_km"]) == (1.0, "Sở Xây dựng")
    assert sheet["tower.fixed"] == read_sheet()["tower.fixed"]
    assert set(sheet.values) - set(sheet.usual) == {"road.per_km"}
    assert set(read_sheet().usual) == set(sheet.values)


def test_all_faults_of_a_sheet_at_once(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(
        '[road]\nper_mile.value = 3\n[tower.fixed]\nvalue = -1\nsource = "x"\n'
        '[finance.years]\nvalue = 0\nsource = "x"\n'
        "[tower.per_m]\nvalue = 5\n"
        '[road.per_km]\nvalue = 5\nunit = "USD"\nsource = "x"\n'
        '[finance.discount_rate]\nvalue = 12\nsource = "x"\n'
    )
    with pytest.raises(SettingsError) as caught:
        read_sheet(path)
    for part in ("road.per_mile", "tower.fixed", "finance.years", "tower.per_m: no source",
                 "road.per_km: unit = 'USD'", "finance.discount_rate: value = 12 is no share"):  # fmt: skip
        assert part in str(caught.value)
    assert "chưa ghi nguồn" in told(caught.value, "vi")
    with pytest.raises(SettingsError, match="not there"):
        read_sheet(tmp_path / "none.toml")
    path.write_text("[[[")
    with pytest.raises(SettingsError, match="TOML"):
        read_sheet(path)


def test_numbers_that_are_none():
    with pytest.raises(UsageError, match="0 sectors"):
        site_costs(candidates(grid_km=[1.0]), read_sheet(), sectors=0)
