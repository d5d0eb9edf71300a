import pandas as pd
import pytest

from lomsong.ingest.rosters.categories import household_classes
from lomsong.ingest.rosters.roster import read_households


@pytest.mark.parametrize(
    ("written", "category", "entitlement"),
    [
        ("Hộ nghèo", "poor", None), ("HỘ CẬN NGHÈO", "near-poor", None), ("nghèo", "poor", None),
        ("Cận nghèo; con thương binh", "near-poor", "merit"), ("nghèo + liệt sỹ", "poor", "merit"),
        ("không nghèo", "other", None), ("Thoát nghèo", "other", None), ("hộ khá", "other", None),
        ("Gia đình có công", "other", "merit"), ("Chính sách khác", "other", "policy"), ("Mồ côi", "other", "policy"),
        ("poor", "poor", None), ("Near poor", "near-poor", None), ("other", "other", None),
        ("Không thuộc hộ nghèo, cận nghèo", "other", None), ("không thuộc diện chính sách", "other", None),
        ("Không có công", "other", None), ("không phải hộ cận nghèo", "other", None),
        ("chưa thoát nghèo", "poor", None), ("Hộ nghèo, không thuộc diện chính sách", "poor", None),
        ("HN", "poor", None), ("HCN", "near-poor", None),
        ("near-poor", "near-poor", None), ("non-poor", "other", None), (None, None, None), ("  ", None, None),
    ],
)  # fmt: skip
def test_one_column_says_it_in_words(written, category, entitlement):
    found = household_classes(pd.Series([written], index=[7]))
    assert found[0].where(found[0].notna(), None).to_dict() == {7: category}
    assert found[1].where(found[1].notna(), None).to_dict() == {7: entitlement}
    assert not found[2].any()


def test_what_is_not_understood_stays_and_is_told():
    category, entitlement, strange = household_classes(
        pd.Series(["khó khăn", "Nghèo", "nghèo"]), pd.Series(["", "loại A", "không"])
    )
    assert category.tolist() == ["khó khăn", "poor", "poor"]
    assert entitlement.tolist()[1] == "loại A"
    assert pd.isna(entitlement[2])
    assert strange.tolist() == [True, True, False]


def test_no_entitlement_says_nothing_of_poverty():
    category, entitlement, strange = household_classes(pd.Series([None, "Hộ nghèo"]), pd.Series(["Không", "không có"]))
    assert category.isna().tolist() == [True, False]
    assert entitlement.isna().all()
    assert not strange.any()


def test_two_columns_may_say_what_belongs_to_the_other():
    category, entitlement, _ = household_classes(
        pd.Series(["liệt sĩ", "cận nghèo"]), pd.Series(["hộ nghèo", "bảo trợ xã hội"])
    )
    assert category.tolist() == ["poor", "near-poor"]
    assert entitlement.tolist() == ["merit", "policy"]


def test_a_roster_in_vietnamese_is_read_into_our_words_and_flagged_where_it_is_not(tmp_path):
    file = tmp_path / "ho.csv"
    file.write_text(
        "Mã hộ,Số người học,Diện hộ,Diện chính sách,Kinh độ,Vĩ độ\n"
        "H1,1,Hộ nghèo,Thương binh,107,11\nH2,2,Cận nghèo,,107,11\nH3,1,khó khăn,,107,11\n",
        encoding="utf-8",
    )
    reading = read_households(file)
    assert reading.table["category"].tolist() == ["poor", "near-poor", "khó khăn"]
    assert reading.table["entitlement"].tolist()[0] == "merit"
    flag = reading.flags.set_index("check").loc["category_unknown"]
    assert (flag["rows"], flag["first_row"], flag["value"]) == (1, 4, "khó khăn")
