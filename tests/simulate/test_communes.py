import unicodedata

from lomsong.simulate import Recipe
from lomsong.simulate.communes import commune_list


def test_the_official_list():
    table = commune_list(Recipe())
    assert len(table) == 160 and table["commune_code"].is_unique
    assert table["commune_code"].str.fullmatch(r"2[56]\d{3}").all()
    assert table["parent_code"].nunique() == 11
    assert set(table["kind"]) == {"xã", "phường", "thị trấn"}
    assert table["name"].map(lambda name: unicodedata.is_normalized("NFC", name)).all()
    row = table.set_index("commune_code").loc["26200"]
    assert (row["name"], row["population"], row["parent_name"]) == ("Mã Đà", 7158, "Huyện Vĩnh Cửu")
    assert set(table.loc[table["reserve"], "name"]) == {"Mã Đà", "Hiếu Liêm", "Phú Lý"}
    assert abs(table["area_km2"].sum() - 5_900) < 1e-6


def test_made_up_communes():
    table = commune_list(Recipe(communes=400, area_km2=9_000))
    assert table["commune_code"].is_unique and table["commune_code"].str.startswith("9").all()
    assert table["name"].is_unique
    assert abs(table["area_km2"].sum() - 9_000) < 1e-6
    assert table["reserve"].sum() == 8
