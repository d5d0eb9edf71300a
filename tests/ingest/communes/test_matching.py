import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from lomsong.geo import join_communes
from lomsong.ingest import read_communes
from lomsong.ingest.communes.matching import WAYS, match_communes
from lomsong.ingest.communes.vintage import read_crosswalk, read_list

NEW = [
    ("26170", "Trị An", "phường", "Thị trấn Vĩnh An, Xã Mã Đà, Xã Trị An"),
    ("26173", "Phú Lý", "xã", "giữ nguyên"),
    ("25318", "Tân Tiến", "xã", "Xã Tân Tiến (huyện Bù Đốp)"),
    ("25363", "Đồng Phú", "phường", "Thị trấn Tân Phú, Xã Tân Tiến (huyện Đồng Phú)"),
    ("25280", "Lộc Thạnh", "xã", "giữ nguyên"),
    ("25294", "Lộc Thành", "xã", "giữ nguyên"),
    ("26446", "Xuân Hoà", "xã", "Xã Xuân Tâm (phần còn lại)"),
    ("26359", "Xuân Đông", "xã", "Xã Xuân Đông, Xã Xuân Tâm (một phần)"),
]
OLD = [
    ("26170", "Thị trấn Vĩnh An", "735", "Huyện Vĩnh Cửu"),
    ("26176", "Xã Trị An", "735", "Huyện Vĩnh Cửu"),
    ("26200", "Xã Mã Đà", "735", "Huyện Vĩnh Cửu"),
    ("26173", "Xã Phú Lý", "735", "Huyện Vĩnh Cửu"),
    ("25318", "Xã Tân Tiến", "693", "Huyện Bù Đốp"),
    ("25393", "Xã Tân Tiến", "695", "Huyện Đồng Phú"),
    ("25363", "Thị trấn Tân Phú", "695", "Huyện Đồng Phú"),
    ("25280", "Xã Lộc Thạnh", "692", "Huyện Lộc Ninh"),
    ("25294", "Xã Lộc Thành", "692", "Huyện Lộc Ninh"),
    ("26449", "Xã Xuân Tâm", "741", "Huyện Xuân Lộc"),
    ("26359", "Xã Xuân Đông", "739", "Huyện Cẩm Mỹ"),
]


def layer(rows, columns):
    shapes = [box(107 + 0.1 * at, 11, 107.1 + 0.1 * at, 11.1) for at in range(len(rows))]
    return gpd.GeoDataFrame(rows, columns=columns, geometry=shapes, crs=4326)


def new():
    return layer(NEW, ["commune_code", "name", "kind", "merged_from"])


def old():
    return layer(OLD, ["commune_code", "name", "parent_code", "parent_name"])


def crosswalk():
    return read_crosswalk(new(), pd.DataFrame(OLD, columns=["commune_code", "name", "parent_code", "parent_name"]))


def roster(*rows):
    """Rows of code, name, parent and the place: the number of a square of the layer, or None."""
    places = [None if at is None else Point(107.05 + 0.1 * at, 11.05) for *_, at in rows]
    frame = pd.DataFrame([row[:3] for row in rows], columns=["commune_code", "commune_name", "parent_name"])
    return gpd.GeoDataFrame(
        frame.assign(learners=2, source_row=np.arange(2, len(rows) + 2)), geometry=places, crs=4326
    )  # fmt: skip


def matched(*rows, communes=None, joined=True):
    points = roster(*rows)
    return match_communes(points, new() if communes is None else communes, crosswalk() if joined else None)


@pytest.mark.parametrize(
    ("row", "code", "way"),
    [
        (("26173", None, None, 1), "26173", "code"),
        (("26173.0", None, None, 1), "26173", "code"),
        (("26200", None, None, None), "26170", "crosswalk"),
        (("26200", "Xã Phú Lý", None, 3), "26170", "crosswalk"),
        ((None, "Phú Lý", None, None), "26173", "name"),
        ((None, "X. phu ly", None, None), "26173", "name"),
        ((None, "Xã Mã Đà", "Huyện Vĩnh Cửu", None), "26170", "name"),
        ((None, "TT.Vĩnh An", None, None), "26170", "name"),
        ((None, "Tân Tiến", "H. Đồng Phú", None), "25363", "name"),
        ((None, "Tân Tiến", "Bù Đốp", None), "25318", "name"),
        ((None, "Lộc Thạnh", None, None), "25280", "name"),
        ((None, "Lộc Thành", None, None), "25294", "name"),
        (("99999", None, None, 1), "26173", "place"),
        ((None, None, None, 3), "25363", "place"),
        (("26449", None, None, 7), "26359", "crosswalk"),
        (("26449", None, None, 6), "26446", "crosswalk"),
        ((None, None, None, None), None, "none"),
        ((None, None, None, 40), None, "none"),
    ],
)
def test_each_way_by_hand(row, code, way):
    # One row of the old vintage beside it, so that each case is judged in a roster of that vintage.
    codes, matching = matched(row, ("26200", None, None, 0))
    assert codes.tolist() == [code, "26170"]
    assert matching.ways.iloc[0] == way
    assert codes.name == "commune_code"


def test_a_name_of_several_is_ambiguous_with_all_of_them_unless_the_place_tells():
    codes, matching = matched(
        (None, "Xã Tân Tiến", None, None), (None, "Mã Đà", None, None), (None, "Tân Tiến", None, 3)
    )
    assert codes.tolist() == [None, "26170", "25363"]
    case = matching.report.set_index("check").loc["commune_ambiguous"]
    assert case["candidates"] == "25318 Tân Tiến; 25363 Đồng Phú"
    assert (case["rows"], case["learners"], case["first_row"], case["matched"]) == (1, 2, 2, "")
    assert matching.ways.tolist() == ["none", "name", "name"]


def test_a_roster_of_the_new_vintage_means_the_new_commune():
    codes, _ = matched((None, "Xã Tân Tiến", None, None), (None, "Trị An", None, None))
    assert codes.tolist() == ["25318", "26170"]


def test_lists_without_tones_are_ambiguous_where_only_the_tone_tells():
    codes, matching = matched((None, "xa loc thanh", None, None))
    assert codes.tolist() == [None]
    assert matching.report["candidates"].tolist() == ["25280 Lộc Thạnh; 25294 Lộc Thành"]


def test_a_parent_that_is_known_is_no_leave_to_look_elsewhere():
    codes, matching = matched((None, "Phú Lý", "Huyện Lộc Ninh", None), ("26200", None, None, None))
    assert codes.tolist() == [None, "26170"]
    assert "commune_unmatched" in set(matching.report["check"])
    assert matched((None, "Phú Lý", "Tỉnh Đồng Nai", None))[0].tolist() == ["26173"]


def test_an_unknown_name_is_reported_with_the_nearest():
    codes, matching = matched((None, "Xã Mã Đa Hai", None, None), (None, "Zzz", None, None))
    assert codes.tolist() == [None, None]
    found = matching.report.set_index("commune_name")["candidates"]
    assert "26200 Xã Mã Đà" in found["Xã Mã Đa Hai"]
    assert found["Zzz"] == ""


def test_where_code_and_place_disagree_the_code_is_kept_and_told():
    near = roster(("26173", None, None, 1))
    near["geometry"] = [Point(107.2015, 11.05)]  # 160 m beyond the border: drawn with a broad pen
    points = pd.concat([roster(("26173", None, None, 0), ("26173", None, None, 1)), near], ignore_index=True)
    codes, matching = match_communes(points, new())
    assert codes.tolist() == ["26173"] * 3
    assert matching.report[["check", "rows", "matched"]].to_numpy().tolist() == [["commune_disagrees", 1, "26173"]]
    assert matching.totals.set_index("way")["rows"].to_dict() == dict.fromkeys(WAYS, 0) | {"code": 3}


def test_a_divided_commune_without_a_place_goes_to_its_main_part_and_is_told():
    codes, matching = matched(("26449", None, None, None), ("26449", None, None, 2))
    assert codes.tolist() == ["26446", "26446"]
    assert sorted(matching.report["check"]) == ["commune_ambiguous", "commune_by_crosswalk", "commune_disagrees"]


def test_new_codes_on_old_communes_are_told_apart_by_the_place():
    rows = (("26170", None, None, 2), ("26170", None, None, None), ("26173", None, None, 3), ("25363", None, None, 5))
    codes, matching = matched(*rows, communes=old())
    assert codes.tolist() == ["26200", "26170", "26173", "25393"]
    assert matching.ways.tolist() == ["crosswalk", "crosswalk", "code", "crosswalk"]
    assert "commune_ambiguous" in set(matching.report["check"])


def test_old_codes_on_old_communes_stay():
    codes, matching = matched(("26170", None, None, 0), ("26200", None, None, 2), communes=old())
    assert codes.tolist() == ["26170", "26200"]
    assert matching.report.empty


def test_within_the_parent_without_a_crosswalk():
    rows = ((None, "Tân Tiến", "Huyện Đồng Phú", None), (None, "Tân Tiến", None, None), ("26200", None, None, None))
    codes, _ = matched(*rows, communes=old(), joined=False)
    assert codes.tolist() == ["25393", None, "26200"]
    by_code = roster((None, "Tân Tiến", None, None)).assign(parent_code="693").drop(columns="parent_name")
    assert match_communes(by_code, old())[0].tolist() == ["25318"]


def test_numbered_wards():
    wards = layer([("1", "Phường 1", "phường"), ("2", "Phường 11", "phường")], ["commune_code", "name", "kind"])
    names = ["P.1", "p 1", "Phường 01", "F1", "phuong 11", "P.2"]
    codes, _ = match_communes(roster(*[(None, name, None, None) for name in names]), wards)
    assert codes.tolist() == ["1", "1", "1", "1", "2", None]


def test_rows_and_learners_are_summed_by_way_and_flags_say_the_same():
    rows = (("26173", None, None, 1), ("26200", None, None, 0), ("26200", None, None, 0), (None, "Mã Đà", None, 0),
            ("9", None, None, 1), ("9", None, None, None), (None, "Tân Tiến", None, None))  # fmt: skip
    codes, matching = matched(*rows)
    totals = matching.totals.set_index("way")
    assert totals["rows"].to_dict() == {"code": 1, "crosswalk": 2, "name": 1, "place": 1, "none": 2}
    assert totals["learners"].sum() == 2 * len(rows)
    flags = matching.flags("ho.csv", "vi").set_index("check")
    assert flags["rows"].to_dict() == {
        "commune_by_crosswalk": 2, "commune_by_name": 1, "commune_by_place": 1, "commune_unmatched": 1,
        "commune_ambiguous": 1,
    }  # fmt: skip
    assert flags.loc["commune_by_crosswalk", ["first_row", "value"]].tolist() == [3, "26200 → 26170 (4)"]
    assert flags.loc["commune_ambiguous", "limit"] == "25318 Tân Tiến; 25363 Đồng Phú"
    assert codes.isna().sum() == 2


def test_many_unmatched_names_are_told_one_by_one_and_then_in_sum():
    names = [f"Qq{at}" for at in range(30)]
    _, matching = matched(*[(None, name, None, None) for name in names])
    flags = matching.flags("ho.csv")
    assert flags["rows"].tolist() == [1] * 20 + [10]


def test_the_index_stays_and_nothing_is_changed():
    points = roster(("26200", None, None, 0), (None, None, None, 1)).set_index(pd.Index([9, 4]))
    copy, communes = points.copy(), new()
    codes, matching = match_communes(points, communes, crosswalk())
    assert codes.index.tolist() == matching.ways.index.tolist() == [9, 4]
    pd.testing.assert_frame_equal(points, copy)
    pd.testing.assert_frame_equal(communes, new())


def test_an_empty_roster():
    codes, matching = match_communes(roster(("1", None, None, 0)).iloc[:0], new(), crosswalk())
    assert len(codes) == 0
    assert matching.totals["rows"].sum() == 0
    assert matching.flags("x").empty


texts = st.one_of(st.none(), st.sampled_from(["26200", "26449", "Tân Tiến", "Huyện Bù Đốp", "x"]), st.text(max_size=8))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts, st.one_of(st.none(), st.integers(0, 9))), max_size=8), st.booleans())
def test_nobody_is_lost_whatever_a_roster_says(rows, joined):
    codes, matching = matched(*rows, joined=joined)
    assert len(codes) == len(rows) == matching.totals["rows"].sum()
    assert set(codes.dropna()) <= {row[0] for row in NEW}
    assert (codes.isna() == (matching.ways == "none")).all()


@pytest.mark.real
def test_old_codes_and_names_of_the_real_list_lead_where_the_crosswalk_says(shared_data):
    communes = read_communes(shared_data / "admin" / "communes_after_2025.gpkg").table
    path = shared_data / "admin" / "communes_before_2025.csv"
    joined, listed = read_crosswalk(communes, path), read_list(path).table
    nowhere = gpd.GeoSeries([None] * len(listed), crs=4326)
    by_code = gpd.GeoDataFrame(listed[["commune_code"]], geometry=nowhere)
    by_name = gpd.GeoDataFrame(
        listed.rename(columns={"name": "commune_name"})[["commune_name", "parent_name"]], geometry=nowhere
    )
    expected = joined.to_new(listed["commune_code"]).tolist()
    assert match_communes(by_code, communes, joined)[0].tolist() == expected
    codes, matching = match_communes(by_name, communes, joined)
    differing = [pair for pair in zip(codes, expected, listed["name"], strict=True) if pair[0] != pair[1]]
    # Xuân Tâm was divided: a name without a place leaves both parts open.
    assert differing == [(None, "26446", "Xã Xuân Tâm")]
    assert matching.totals.set_index("way")["rows"].to_dict() == {
        "code": 0, "crosswalk": 0, "name": 269, "place": 0, "none": 1,
    }  # fmt: skip


@pytest.mark.real
def test_place_alone_agrees_with_a_join_of_geopandas(shared_data):
    communes = read_communes(shared_data / "admin" / "communes_after_2025.gpkg").table
    rng = np.random.default_rng(3)
    west, south, east, north = communes.total_bounds
    at = gpd.points_from_xy(rng.uniform(west, east, 3_000), rng.uniform(south, north, 3_000))
    points = gpd.GeoDataFrame(geometry=at, crs=4326)
    expected = points.sjoin(communes, predicate="within").groupby(level=0)["commune_code"].first()
    codes, matching = match_communes(points, communes)
    assert codes.dropna().to_dict() == expected.to_dict()
    assert matching.totals.set_index("way").loc["place", "rows"] == len(expected)
    assert join_communes(points, communes).dropna().to_dict() == expected.to_dict()
