import csv
import re
import unicodedata

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from lomsong.errors import ColumnError, LomsongError, MissingFileError
from lomsong.ingest import read_communes
from lomsong.ingest.communes.vintage import mentions, read_crosswalk, read_list, read_mergers

BEFORE = [
    ("26170", "Thị trấn Vĩnh An", "735", "Huyện Vĩnh Cửu"),
    ("26173", "Xã Phú Lý", "735", "Huyện Vĩnh Cửu"),
    ("26176", "Xã Trị An", "735", "Huyện Vĩnh Cửu"),
    ("26200", "Xã Mã Đà", "735", "Huyện Vĩnh Cửu"),
    ("25321", "Xã Tân Tiến", "693", "Huyện Bù Đốp"),
    ("25318", "Xã Tân Thành", "693", "Huyện Bù Đốp"),
    ("25393", "Xã Tân Tiến", "695", "Huyện Đồng Phú"),
    ("25363", "Thị trấn Tân Phú", "695", "Huyện Đồng Phú"),
    ("25207", "Xã Tân Thành", "689", "Thành phố Đồng Xoài"),
    ("25210", "Phường Tiến Thành", "689", "Thành phố Đồng Xoài"),
]
AFTER = [
    ("26170", "Trị An", "Thị trấn Vĩnh An, Xã Mã Đà, Xã Trị An"),
    ("26173", "Phú Lý", "giữ nguyên"),
    ("25318", "Tân Tiến", "Xã Tân Thành, Xã Tân Tiến (huyện Bù Đốp)"),
    ("25363", "Đồng Phú", "Thị trấn Tân Phú, Xã Tân Tiến"),
    ("25210", "Đồng Xoài", "Phường Tiến Thành, Xã Tân Thành (thành phố Đồng Xoài)"),
]


def before(*rows):
    return pd.DataFrame(list(rows or BEFORE), columns=["commune_code", "name", "parent_code", "parent_name"])


def after(*rows):
    return pd.DataFrame(list(rows or AFTER), columns=["commune_code", "name", "merged_from"])


def names(text, code="26170", name="Xã Trị An"):
    return [(mention.name, mention.parent, mention.part) for mention in mentions(code, name, text)]


def test_what_the_lists_say_by_hand():
    assert names("Thị trấn Vĩnh An, Xã Mã Đà, Xã Trị An") == [
        ("Thị trấn Vĩnh An", "", "no"), ("Xã Mã Đà", "", "no"), ("Xã Trị An", "", "no"),
    ]  # fmt: skip
    assert names("các xã Mã Đà, Hiếu Liêm và thị trấn Vĩnh An") == [
        ("xã Mã Đà", "", "no"), ("xã Hiếu Liêm", "", "no"), ("thị trấn Vĩnh An", "", "no"),
    ]  # fmt: skip
    assert names("Xã Tân Tiến (huyện Bù Đốp); Xã Lộc An") == [
        ("Xã Tân Tiến", "huyện Bù Đốp", "no"), ("Xã Lộc An", "", "no"),
    ]  # fmt: skip
    assert names("Xã Xuân Tâm (phần còn lại sau khi sáp nhập vào xã Xuân Đông)") == [("Xã Xuân Tâm", "", "rest")]
    assert names("một phần diện tích tự nhiên, quy mô dân số của xã Xuân Tâm và xã Xuân Tây") == [
        ("xã Xuân Tâm", "", "part"), ("xã Xuân Tây", "", "no"),
    ]  # fmt: skip
    assert names("Phần còn lại của xã Xuân Tâm, Xã A (một phần)") == [("xã Xuân Tâm", "", "rest"), ("Xã A", "", "part")]
    assert [mention.unchanged for mention in mentions("26173", "Xã Phú Lý", "Giữ nguyên")] == [True]


@given(st.text(max_size=60))
def test_any_words_are_taken_apart_without_a_fault(text):
    assert all(mention.name.strip() for mention in mentions("1", "A", text))


def test_each_way_of_matching_by_hand():
    crosswalk = read_crosswalk(after(), before())
    ways = {(pair.old_code, pair.new_code): pair.way for pair in crosswalk.table.itertuples()}
    assert ways == {
        ("26170", "26170"): "code", ("26176", "26170"): "name", ("26200", "26170"): "name",
        ("26173", "26173"): "code", ("25318", "25318"): "code", ("25321", "25318"): "district",
        ("25363", "25363"): "code", ("25393", "25363"): "neighbours",
        ("25210", "25210"): "code", ("25207", "25210"): "district",
    }  # fmt: skip
    assert crosswalk.report.empty
    assert crosswalk.to_new(pd.Series(["26200", "26173", "99999", None], index=[7, 5, 3, 1])).to_dict() == {
        7: "26170", 5: "26173", 3: None, 1: None,
    }  # fmt: skip
    assert crosswalk.to_old(["26170", "x"]).tolist() == [["26170", "26176", "26200"], []]
    assert crosswalk.old_only == {"26176", "26200", "25321", "25393", "25207"}


def test_the_order_of_either_list_does_not_matter():
    expected = read_crosswalk(after(), before()).table
    turned = read_crosswalk(after(*AFTER[::-1]), before(*BEFORE[::-1])).table
    pd.testing.assert_frame_equal(turned, expected)


def test_what_cannot_be_told_is_reported_and_not_guessed():
    old = before(
        *BEFORE, ("25400", "Xã Tân Tiến", "695", "Huyện Đồng Phú"), ("27000", "Xã Lạ", "735", "Huyện Vĩnh Cửu")
    )
    new = after(*AFTER, ("26179", "Tân An", "Xã Không Có"), ("26182", "Im Lặng", None))
    crosswalk = read_crosswalk(new, old)
    found = {(case.vintage, case.problem, case.commune_code) for case in crosswalk.report.itertuples()}
    assert found == {
        ("after", "ambiguous", "25363"), ("after", "unmatched", "26179"), ("after", "unmatched", "26182"),
        ("before", "unmatched", "25393"), ("before", "unmatched", "25400"), ("before", "unmatched", "27000"),
    }  # fmt: skip
    listed = crosswalk.report.set_index("problem").loc["ambiguous", "candidates"]
    assert "25393" in listed
    assert "25400" in listed
    assert crosswalk.to_new(["25393", "25400", "27000"]).tolist() == [None] * 3
    flags = crosswalk.flags("xa.csv", "vi")
    assert flags["check"].tolist() == ["crosswalk_open"] * 6
    assert flags["rows"].sum() == len(crosswalk.report)
    assert "inputs.crosswalk" in flags["remedy"].iloc[0]


def test_two_that_claim_the_same_commune_without_saying_that_it_was_divided():
    new = after(*AFTER[:2], ("26179", "Tân An", "Xã Mã Đà"))
    crosswalk = read_crosswalk(new, before(*BEFORE[:4]))
    assert crosswalk.to_new(["26200"]).tolist() == ["26170"]
    assert crosswalk.report[["vintage", "problem", "commune_code", "name"]].to_numpy().tolist() == [
        ["after", "unmatched", "26179", "Xã Mã Đà"]
    ]


def test_a_divided_commune_goes_to_what_is_left_of_it():
    old = before(*BEFORE[:4], ("26449", "Xã Xuân Tâm", "741", "Huyện Xuân Lộc"))
    new = after(*AFTER[:2], ("26359", "Xuân Đông", "Xã Xuân Tâm"), ("26446", "Xuân Hoà", "Xã Xuân Tâm (phần còn lại)"))
    for rows in (new, new.iloc[::-1]):
        crosswalk = read_crosswalk(rows, old)
        assert crosswalk.to_new(["26449"]).tolist() == ["26446"]
        assert crosswalk.parts("26449") == ["26446", "26359"]
        assert crosswalk.split == {"26449"}
        assert crosswalk.to_old(["26359"]).tolist() == [["26449"]]
        assert crosswalk.table.set_index("new_code").loc[["26446", "26359"], "part"].tolist() == ["rest", "part"]
        assert crosswalk.flags("f")["check"].tolist() == ["crosswalk_split"]


def test_tones_tell_namesakes_of_one_district_apart():
    old = before(("25280", "Xã Lộc Thạnh", "692", "Lộc Ninh"), ("25294", "Xã Lộc Thành", "692", "Lộc Ninh"),
                 ("25285", "Xã Lộc Hòa", "692", "Lộc Ninh"))  # fmt: skip
    new = after(("1", "A", "Xã Lộc Hoà, Xã Lộc Thạnh"), ("2", "B", "Xã Lộc Thành"))
    crosswalk = read_crosswalk(new, old)
    assert crosswalk.to_new(["25280", "25285", "25294"]).tolist() == ["1", "1", "2"]


def test_a_list_of_the_whole_country_is_narrowed_to_the_provinces():
    old = before().assign(province="75")
    far = before(("00004", "Xã Mã Đà", "001", "Quận Ba Đình")).assign(province="01")
    crosswalk = read_crosswalk(after(), pd.concat([old, far], ignore_index=True))
    assert crosswalk.to_new(["26200", "00004"]).tolist() == ["26170", None]
    assert crosswalk.report.empty


def test_old_polygons_settle_what_names_do_not():
    old = gpd.GeoDataFrame(
        before(BEFORE[0], ("26200", "Xã Ma Da Cũ", "735", "")),
        geometry=[box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)], crs=4326,
    )  # fmt: skip
    new = gpd.GeoDataFrame(after(AFTER[0]), geometry=[box(107, 11, 107.18, 11.1)], crs=4326)
    crosswalk = read_crosswalk(new, old)
    assert crosswalk.table.set_index("old_code").loc["26200"].tolist() == ["26170", "place", "no"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    "headings", [("old_code", "new_code"), ("Mã xã cũ", "Mã xã mới"), ("Mã cũ", "Mã mới"), ("Ma truoc", "MÃ SAU")]
)
def test_an_explicit_table(tmp_path, suffix, headings):
    rows = [("26200", "26170"), (26176, 26170), ("4", "00004"), ("", "1"), ("26200", "26170"), ("26449", "26446"),
            ("26449", "26359")]  # fmt: skip
    path = tmp_path / f"sapnhap{suffix}"
    frame = pd.DataFrame(rows, columns=list(headings)).assign(note="x")
    frame.to_csv(path, index=False, encoding="utf-16") if suffix == ".csv" else frame.to_excel(path, index=False)
    reading = read_mergers(path)
    assert reading.rows_read == 7 == len(reading.table) + len(reading.rejects)
    assert reading.rejects.set_index("source_row")["check"].to_dict() == {5: "code_missing", 6: "code_duplicate"}
    crosswalk = read_crosswalk(after().drop(columns="merged_from"), table=path)
    assert crosswalk.to_new(["26200", "26176", "00004", "26449"]).tolist() == ["26170", "26170", "00004", "26446"]
    assert crosswalk.reading.sources["table"].tolist() == ["crosswalk"]
    strange = crosswalk.report[crosswalk.report["vintage"] == "after"]["commune_code"]
    assert {"00004", "26446", "26359"} <= set(strange)


def test_a_table_of_what_was_merged_leaves_the_others_as_they_are(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old_code,new_code\n26200,26170\n26176,26170\n26999,99999\n")
    report = read_crosswalk(after(), None, path).report
    assert report["commune_code"].tolist() == ["99999"]
    assert set(read_crosswalk(after(), before(), path).report["commune_code"]) > {"99999"}


def test_an_explicit_table_goes_before_the_words():
    words = after(("26170", "Trị An", "Xã Mã Đà"), ("26173", "Phú Lý", "giữ nguyên"))
    crosswalk = read_crosswalk(words, before(*BEFORE[:4]))
    assert crosswalk.to_new(["26200", "26176"]).tolist() == ["26170", None]


def test_lists_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_list(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    with pytest.raises(ColumnError, match="commune_code"):
        read_list(tmp_path / "a.csv")
    with pytest.raises(ColumnError, match="old_code"):
        read_mergers(tmp_path / "a.csv")
    with pytest.raises(ColumnError, match=r"inputs\.crosswalk"):
        read_crosswalk(after().drop(columns="merged_from"), before())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_our_words(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"old_code,new_code\n" + data)
    try:
        reading = read_mergers(path)
    except LomsongError:
        return
    assert reading.rows_read == len(reading.table) + len(reading.rejects)


@pytest.fixture(scope="module")
def real(shared_data):
    new = read_communes(shared_data / "admin" / "communes_after_2025.gpkg").table
    return new, read_crosswalk(new, shared_data / "admin" / "communes_before_2025.csv")


def bare(name):
    """Name without kind and accents; written anew here, so that the count does not rest on what it counts."""
    text = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"^(thi tran|phuong|xa) ", "", text.strip())


@pytest.mark.real
def test_the_real_list_is_matched_whole(shared_data, real):
    new, crosswalk = real
    with (shared_data / "admin" / "communes_before_2025.csv").open(encoding="utf-8-sig") as file:
        old = list(csv.DictReader(file))
    assert len(old) == 270 == crosswalk.reading.rows_read == len(crosswalk.before)
    assert crosswalk.table["old_code"].nunique() == 270
    assert set(crosswalk.table["old_code"]) == {row["commune_code"] for row in old}
    assert set(crosswalk.table["new_code"]) == set(new["commune_code"])
    # Only Xuân Tâm was divided; 269 went whole into one.
    assert len(crosswalk.table) == 271
    assert crosswalk.split == {"26449"}
    assert crosswalk.report["problem"].tolist() == ["split"]
    assert crosswalk.to_new(["26200", "26449"]).tolist() == ["26170", "26446"]
    assert crosswalk.to_old(["26170"]).tolist() == [["26170", "26176", "26200"]]


@pytest.mark.real
def test_the_real_match_agrees_with_a_count_of_its_own(shared_data, real):
    new, crosswalk = real
    raw = gpd.read_file(shared_data / "admin" / "communes_after_2025.gpkg").set_index("code")
    names = dict(zip(crosswalk.before["commune_code"], crosswalk.before["name"].map(bare), strict=True))
    for code, made_from in raw["merged_from"].items():
        matched = sorted(names[old] for old in crosswalk.to_old([code])[0])
        if made_from == "giữ nguyên":
            assert matched == [bare(raw.loc[code, "name"])]
        else:
            said = [bare(re.sub(r"\(.*?\)", "", part)) for part in re.split(r",(?![^(]*\))", made_from)]
            assert matched == sorted(said), code
    # Every new commune bears the code of one that went into it.
    assert crosswalk.to_new(new["commune_code"]).tolist() == new["commune_code"].tolist()


@pytest.mark.real
def test_each_real_pair_lies_in_one_place(shared_data, real):
    """The district of the old commune must meet the new one: names were matched without looking at the map."""
    new, crosswalk = real
    districts = gpd.read_file(shared_data / "admin" / "districts_before_2025.gpkg").set_index("district_code")
    areas, shapes = districts.to_crs(3405).geometry, new.set_index("commune_code").to_crs(3405).geometry
    parent = crosswalk.before.set_index("commune_code")["parent_code"]
    shared_km2 = [
        shapes[pair.new_code].intersection(areas[parent[pair.old_code]]).area / 1e6
        for pair in crosswalk.table.itertuples()
    ]
    assert min(shared_km2) > 1


def test_rows_of_the_table_of_codes_are_accounted_for_beside_those_of_the_old_list(tmp_path):
    (tmp_path / "xa_cu.csv").write_text("Mã xã,Tên xã\n26200,Xã Mã Đà\n,Xã Lạ\n", encoding="utf-8")
    (tmp_path / "bang.csv").write_text("Mã cũ,Mã mới\n26200,26170\n26201,\n", encoding="utf-8")
    new = after(("26170", "Xã Trị An", ""))
    found = read_crosswalk(new, tmp_path / "xa_cu.csv", tmp_path / "bang.csv").reading
    assert found.rejects[["source_file", "source_row"]].to_numpy().tolist() == [["xa_cu.csv", 3], ["bang.csv", 3]]
    assert found.sources["rows_read"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("read", "row"),
    [
        (read_list, {"Mã xã": "26170", "Tên xã": "Xã Trị An", "Sáp nhập từ": "Xã Mã Đà"}),
        (read_mergers, {"Mã cũ": "26200", "Mã mới": "26170"}),
    ],
)
def test_a_sheet_with_other_headings_is_told(tmp_path, read, row):
    path = tmp_path / "xa.xlsx"
    frame = pd.DataFrame([row])
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, index=False, sheet_name="A")
        frame.iloc[:, :-1].to_excel(book, index=False, sheet_name="B")
    assert read(path).flags.set_index("check")["value"]["sheets_unread"] == "B"
