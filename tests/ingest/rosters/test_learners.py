import random
import unicodedata
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from lomsong.errors import ColumnError, LomsongError, MissingFileError, UsageError
from lomsong.ingest.rosters.births import births
from lomsong.ingest.rosters.declared import read_declared, reconcile, verdict
from lomsong.ingest.rosters.devices import has_device
from lomsong.ingest.rosters.homes import count_learners
from lomsong.ingest.rosters.learners import Learners, read_learners
from lomsong.tables import LEARNERS_ONCE, RECONCILED
from lomsong.texts import told

HEADINGS = {
    "code": "Mã định danh", "name": "Họ và tên", "birth": "Ngày sinh", "household": "Mã hộ", "head": "Chủ hộ",
    "phone": "SĐT", "hamlet": "Mã ấp", "commune": "Mã xã", "school": "Mã trường", "device": "Có thiết bị",
    "class": "Lớp",
}  # fmt: skip


def write(path, rows, **options):
    """Write learners, dicts by the keys of HEADINGS, as a list would come."""
    frame = pd.DataFrame(rows)
    names = [name for name in HEADINGS if name in frame]
    frame[names].rename(columns=HEADINGS).to_csv(path, index=False, **({"encoding": "utf-8"} | options))
    return path


def checks(reading):
    return dict(zip(reading.rejects["source_row"], reading.rejects["check"], strict=True))


def everything(*frames):
    """Return all texts of all frames as one, for looking for what must not be there."""
    return "\n".join(str(value) for frame in frames for value in [*frame.columns, *frame.to_numpy().ravel()])


def pair(tmp_path, first, second):
    """Read two learners, each from a list of its own."""
    return read_learners([write(tmp_path / "a.csv", [first]), write(tmp_path / "b.csv", [second])], salt="s")


AN = {"name": "Nguyễn Văn An", "birth": "05/03/2012"}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"code": "0750001", **AN}, {"code": "075 0001", "name": "Nguyễn Văn Ân", "birth": "05/03/2012"}, "same code"),
        ({"code": "0750001", **AN}, {"code": "0750001", "name": "Nguyễn Văn An", "birth": "05/03/2013"}, "same code"),
        ({"code": "075312000123", **AN}, {"code": "75312000123", **AN}, "same code"),
        (AN | {"household": "0012"}, AN | {"household": "12"}, "household"),
        (AN | {"phone": "0912.345.678 / 0987 654 321"}, AN | {"phone": "912345678"}, "telephone"),
        (AN | {"household": "H1"}, {"name": "NGUYEN  VAN AN", "birth": "2012", "household": "H1"}, "household"),
        (AN | {"household": "H1"}, {"name": unicodedata.normalize("NFD", AN["name"]), "birth": "2012-03-05 00:00:00",
                                    "household": "H1"}, "household"),
        ({"name": "Lê Thị Hoà", "birth": "1/2/2011", "household": "H1"},
         {"name": "Lê Thị Hòa", "birth": "01.02.2011", "household": "H1"}, "household"),
        (AN | {"phone": "0901 234 567"}, AN | {"phone": "+84901234567"}, "telephone"),
        (AN | {"phone": "901234567"}, AN | {"phone": "0901234567"}, "telephone"),
        (AN | {"head": "Nguyễn Văn Bình"}, AN | {"head": "nguyen van binh"}, "parent"),
        (AN | {"hamlet": "A1"}, AN | {"hamlet": "A1", "household": "H1"}, "place"),
        (AN | {"commune": "26200"}, AN | {"commune": "26200", "hamlet": "A1"}, "place"),
        (AN | {"school": "T1"}, AN | {"school": "T1"}, "place"),
    ],
)  # fmt: skip
def test_one_child_in_two_lists(tmp_path, first, second, said):
    reading = pair(tmp_path, first, second)
    assert len(reading.table) == 1
    assert checks(reading) == {2: "learner_duplicate"}
    reject = reading.rejects.iloc[0]
    assert said in reject["value"]
    assert reject["value"].endswith("as a.csv row 2")
    assert reject["source_file"] == "b.csv"
    assert reject["limit"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # twins: other given name, or the same name but for its tone
        (AN | {"household": "H1"}, AN | {"name": "Nguyễn Văn Bình", "household": "H1"}),
        (AN | {"household": "H1"}, AN | {"name": "Nguyễn Văn Ân", "household": "H1"}),
        ({"name": "Cao Minh Anh", "birth": "2012", "household": "H1"},
         {"name": "Cao Minh Ánh", "birth": "2012", "household": "H1"}),
        # one name, and the same year or day, in two hamlets, households or communes
        (AN | {"birth": "2012", "hamlet": "A1"}, AN | {"birth": "2012", "hamlet": "A2"}),
        (AN | {"hamlet": "A1", "commune": "26200"}, AN | {"hamlet": "A2", "commune": "26200"}),
        (AN | {"birth": "2012", "household": "H1"}, AN | {"birth": "2012", "household": "H2"}),
        (AN | {"commune": "26200"}, AN | {"commune": "26203"}),
        # one name in one house, born on two days
        (AN | {"household": "H1"}, AN | {"birth": "05/03/2013", "household": "H1"}),
        # a commune has thousands: two codes are two children there
        (AN | {"commune": "26200", "code": "0750001"}, AN | {"commune": "26200", "code": "0750002"}),
        # nothing but a name, or a household number that each commune has
        (AN | {"birth": ""}, AN | {"birth": ""}),
        (AN | {"birth": "2012", "household": "1", "commune": "26200"},
         AN | {"birth": "2012", "household": "1", "commune": "26203"}),
        # what stands in a column of codes instead of one
        ({"code": "0", **AN}, {"code": "0", "name": "Trần Thị Bình", "birth": "01/01/2010"}),
        ({"code": "không có", **AN}, {"code": "Không có", "name": "Trần Thị Bình", "birth": "01/01/2010"}),
    ],
)  # fmt: skip
def test_two_children(tmp_path, first, second):
    reading = pair(tmp_path, first, second)
    assert len(reading.table) == 2
    assert reading.table["learner_key"].is_unique
    assert reading.rejects.empty


def test_a_bare_name_goes_to_one_twin_and_leaves_the_other(tmp_path):
    home = {"birth": "05/03/2012", "household": "H1"}
    twins = [{"name": "Lê Hoàng Ánh", **home}, {"name": "Lê Hoàng Anh", **home}]
    for order in (twins, twins[::-1]):
        write(tmp_path / "a.csv", order)
        reading = read_learners([tmp_path / "a.csv", write(tmp_path / "b.csv", [{"name": "LE HOANG ANH", **home}])])
        assert len(reading.table) == 2
        assert reading.rejects["source_file"].tolist() == ["b.csv"]


def test_a_code_that_two_children_share_is_refused_not_merged(tmp_path):
    other = {"code": "0750001", "name": "Trần Thị Bích", "birth": "07/08/2009"}
    reading = pair(tmp_path, {"code": "0750001", **AN}, other)
    assert len(reading.table) == 1
    reject = reading.rejects.iloc[0]
    assert (reject["check"], reject["column"]) == ("code_duplicate", "learner_id")
    assert reject["value"] == "code of another child (other name, other birth) at a.csv row 2"
    # the same child under its own code elsewhere is a copy of that, and both children count
    proper = write(tmp_path / "c.csv", [other | {"code": "0750002", "household": "H9"}])
    wrong = write(tmp_path / "b.csv", [other | {"household": "H9"}])
    reading = read_learners([tmp_path / "a.csv", wrong, proper])
    assert len(reading.table) == 2
    assert reading.rejects["check"].tolist() == ["learner_duplicate"]


def test_twins_under_one_code_are_refused_too(tmp_path):
    twin = AN | {"code": "0750001", "household": "H1"}
    reading = pair(tmp_path, twin, twin | {"name": "Nguyễn Thị Bích Ngọc"})
    assert reading.rejects["check"].tolist() == ["code_duplicate"]


def test_numbers_of_each_school_are_no_codes(tmp_path):
    names = ["An", "Bình", "Châu", "Dũng", "Giang", "Hải", "Khoa", "Lan", "Mai", "Nga", "Oanh", "Phúc"]
    for list_number, family in enumerate(("Nguyễn Văn", "Trần Thị")):
        rows = [
            {
                "code": str(number),
                "name": f"{family} {name}",
                "birth": f"{number:02d}/0{list_number + 3}/20{10 + list_number}",
            }
            for number, name in enumerate(names, start=1)
        ]
        write(tmp_path / f"{list_number}.csv", rows)
    reading = read_learners(tmp_path)
    assert len(reading.table) == 24
    flagged = reading.flags[reading.flags["check"] == "code_local"]
    assert flagged["source_file"].tolist() == ["0.csv", "1.csv"]


def test_nearly_the_same_is_kept_and_flagged(tmp_path):
    reading = pair(tmp_path, AN | {"household": "H1"}, AN | {"name": "Nguyễn Văn Ann", "household": "H1"})
    assert len(reading.table) == 2
    flagged = reading.flags.set_index("check").loc["learner_similar"]
    assert flagged["value"] == "nearly the same as a.csv row 2"
    assert (flagged["rows"], flagged["first_row"], flagged["source_file"]) == (1, 2, "b.csv")
    other = pair(tmp_path, AN | {"household": "H1"}, AN | {"name": "Nguyễn Văn Dũng", "household": "H1"})
    assert "learner_similar" not in set(other.flags["check"])


def test_who_has_a_device_by_any_list_has_one(tmp_path):
    first, second = ({"code": "0750001", **AN, "device": device, "household": home} for device, home in
                     (("Không", ""), ("Có", "H7")))  # fmt: skip
    reading = pair(tmp_path, first, second)
    learner = reading.table.iloc[0]
    assert (learner["has_device"], learner["household_id"], learner["birth_year"]) == ("yes", "H7", 2012)
    assert reading.rows["already_equipped"].tolist() == [True, False]
    # and what the row kept does not know comes from the other
    reading = pair(tmp_path, second | {"household": ""}, first | {"household": "H7"})
    assert reading.table["household_id"].tolist() == ["H7"]
    assert reading.table["source_file"].tolist() == ["a.csv"]


def test_a_workbook_as_schools_send_it(tmp_path):
    rows = [
        ["TRƯỜNG TIỂU HỌC MÃ ĐÀ", None, None, None, None, None],
        ["DANH SÁCH HỌC SINH CHƯA CÓ THIẾT BỊ", None, None, None, None, None],
        [None] * 6,
        ["STT", "Họ và tên đệm", "Tên", "Ngày sinh", "Lớp", "Chưa có thiết bị"],
        [1, "Nguyễn Văn", "An", "05/03/2012", "4A", "x"],
        [2, "Tống Công", "Minh", "06/03/2012", "4A", None],
        [3, "Lê Thị", "Hoa", "31/02/2012", "4A", "x"],
        [4, "Lê Thị", "Huệ", "không nhớ", "4A", "x"],
        ["Tổng cộng", None, None, "4", None, None],
    ]
    pd.DataFrame(rows).to_excel(tmp_path / "ds.xlsx", index=False, header=False)
    reading = read_learners(tmp_path / "ds.xlsx")
    assert reading.table["source_row"].tolist() == [5, 6, 7]
    assert reading.table["has_device"].tolist() == ["no", "yes", "no"]
    assert reading.table["birth_year"].tolist() == [2012] * 3
    assert checks(reading) == {8: "date_unreadable", 9: "total_row"}
    flags = reading.flags.set_index("check")
    assert flags.loc["birth_year_only", "first_row"] == 7
    assert reading.rows_read == 5
    assert "không nhớ" not in everything(reading.rejects)


def test_a_copy_on_another_sheet_names_the_sheet(tmp_path):
    path = tmp_path / "hs.xlsx"
    frame = pd.DataFrame({"Mã học sinh": ["0750001"], "Họ và tên": [AN["name"]], "Ngày sinh": [AN["birth"]]})
    with pd.ExcelWriter(path) as book:
        for name in ("Lớp 1A", "Lớp 2A"):
            frame.to_excel(book, index=False, sheet_name=name)
    copy = read_learners(path).rejects.iloc[0]
    assert (copy["sheet"], copy["value"]) == ("Lớp 2A", "same code as hs.xlsx sheet Lớp 1A row 2")


def test_a_line_of_totals_under_the_codes_is_no_learner(tmp_path):
    path = tmp_path / "lop.csv"
    path.write_text(
        "Mã học sinh,Họ và tên,Ngày sinh,Mã hộ\nHS1,Tống Công Minh,,H1\nHS2,Lê An,05/03/2012,H2\nTổng cộng,2,,\n",
        encoding="utf-8",
    )
    reading = read_learners([path])
    assert len(reading.table) == 2
    assert reading.rejects["check"].tolist() == ["total_row"]


def test_a_column_headed_ho_may_be_a_household(tmp_path):
    (tmp_path / "a.csv").write_text(
        "Họ tên,Năm sinh,Hộ\nNguyễn Văn An,2012,H1\nTrần Thị Bích,2013,H2\n", encoding="utf-8"
    )
    assert read_learners(tmp_path / "a.csv").table["household_id"].tolist() == ["H1", "H2"]
    (tmp_path / "a.csv").write_text("Họ,Tên,Năm sinh\nNguyễn Văn,An,2012\nNguyễn Văn,Ba,2012\n", encoding="utf-8")
    assert read_learners(tmp_path / "a.csv").table["household_id"].tolist() == [None, None]


def test_lists_in_an_archive_in_a_folder_and_twice(tmp_path):
    write(tmp_path / "a.csv", [AN | {"household": "H1"}], encoding="utf-16")
    write(tmp_path / "c.csv", [{"name": "Trần Thị Bích"}, {"name": "Trần Thị Bích"}, *({"name": n} for n in "ABC")])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(tmp_path / "a.csv", "x.csv")
        archive.write(tmp_path / "c.csv", "y.csv")
    reading = read_learners([tmp_path, tmp_path / "a.csv"])
    assert reading.sources["source_file"].tolist() == ["a.csv", "b.zip/x.csv", "b.zip/y.csv", "c.csv"]
    assert reading.sources["accepted"].tolist() == [1, 0, 5, 0]
    assert reading.rejects["check"].tolist() == ["learner_duplicate"] + ["file_duplicate"] * 5
    # nothing tells the two of one name in one list apart, nor that they are one: both count
    assert len(reading.table) == 6


def test_schools_and_hamlets_give_codes_and_communes(tmp_path):
    (tmp_path / "a.csv").write_text("Họ tên,Ngày sinh,Trường\nNguyễn Văn An,05/03/2012,TH MÃ ĐÀ\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "Họ tên,Ngày sinh,Xã,Ấp\nNguyễn Văn An,05/03/2012,Xã Mã Đà,Ấp 1\n", encoding="utf-8"
    )
    schools = pd.DataFrame({"school_id": ["T1"], "name": ["TH Mã Đà"], "commune_code": ["26200"]})
    hamlets = pd.DataFrame(
        {"hamlet_id": ["A1"], "name": ["Ấp 1"], "commune_code": ["26200"], "commune_name": ["Mã Đà"]}
    )
    reading = read_learners(tmp_path, schools=schools, hamlets=hamlets)
    learner = reading.table.iloc[0]
    assert len(reading.table) == 1
    assert (learner["school_id"], learner["hamlet_id"], learner["commune_code"]) == ("T1", "A1", "26200")
    assert len(read_learners(tmp_path).table) == 2


def test_the_salt_changes_keys_only(tmp_path):
    write(tmp_path / "a.csv", [AN | {"code": "0750001"}, {"name": "Trần Thị Bích", "birth": "2011"}])
    write(tmp_path / "b.csv", [AN | {"code": "0750001"}])
    salted, again, other, none = (read_learners(tmp_path, salt=salt) for salt in ("một", "một", "hai", ""))
    pd.testing.assert_frame_equal(salted.table, again.table)
    rest = [name for name in salted.table if name != "learner_key"]
    for reading in (other, none):
        pd.testing.assert_frame_equal(salted.table[rest], reading.table[rest])
        assert not set(salted.table["learner_key"]) & set(reading.table["learner_key"])
        assert checks(reading) == checks(salted)


def test_lists_that_cannot_be_used(tmp_path):
    with pytest.raises(UsageError):
        read_learners([])
    with pytest.raises(MissingFileError):
        read_learners([tmp_path / "none.csv"])
    (tmp_path / "a.csv").write_text("Lớp,Trường\n4A,T1\n", encoding="utf-8")
    with pytest.raises(ColumnError) as caught:
        read_learners([tmp_path / "a.csv"], language="vi")
    assert told(caught.value, "vi").startswith("a.csv: không có cột mã học sinh")
    assert told(caught.value, "en").startswith("a.csv: neither a column of learner codes")


FAMILY = ["Nguyễn", "Trần", "Lê", "Tống", "Cao"]
MIDDLE = ["Văn", "Thị Hồng", "Hoàng", "Công", "Minh"]
GIVEN = ["An", "Ân", "Anh", "Ánh", "Bình", "Minh", "Hòa"]


@st.composite
def populations(draw):
    """Return distinct children and, of each, one to three rows in the lists, each by what makes it known again."""
    children = draw(
        st.lists(
            st.tuples(
                st.sampled_from(FAMILY), st.sampled_from(MIDDLE), st.sampled_from(GIVEN), st.integers(1, 28),
                st.integers(2008, 2010), st.integers(0, 3),
            ),
            min_size=1, max_size=12, unique=True,
        )
    )  # fmt: skip
    rows = []
    for number, (family, middle, given_name, day, year, home) in enumerate(children):
        child = {
            "code": f"0750{number:05d}", "name": f"{family} {middle} {given_name}", "birth": f"{day:02d}/04/{year}",
            "household": f"H{home}", "hamlet": f"A{home % 2}", "phone": f"09{home}1234567",
            "device": draw(st.sampled_from(["Có", "Không", ""])),
        }  # fmt: skip
        rows.append(child)
        for way in draw(st.lists(st.sampled_from(["code", "name", "form"]), max_size=2)):
            copy = dict(child)
            if way == "code":
                copy |= {"birth": "", "household": "", "hamlet": "", "phone": ""}
            if way == "name":
                copy |= {"code": ""}
            if way == "form":
                copy |= {"code": "", "name": unicodedata.normalize("NFD", copy["name"].upper()),
                         "birth": f"{year}-04-{day:02d}"}  # fmt: skip
            rows.append(copy)
    return len(children), rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(population=populations(), seed=st.integers(0, 1_000))
def test_no_order_of_rows_files_or_columns_changes_the_count(tmp_path_factory, population, seed):
    count, rows = population
    shuffled = random.Random(seed).sample(rows, len(rows))
    results = []
    for order, files in ((rows, 1), (shuffled, 1), (shuffled, 3)):
        folder = tmp_path_factory.mktemp("lists")
        for part in range(files):
            if order[part::files]:
                frame = pd.DataFrame(order[part::files]).rename(columns=HEADINGS)
                columns = random.Random(seed + part).sample(list(frame), frame.shape[1])
                frame[columns].to_csv(folder / f"{(part + seed) % 5}.csv", index=False, encoding="utf-8")
        reading = read_learners(folder)
        LEARNERS_ONCE.check(reading.table, "learners")
        assert reading.rows_read == len(rows) == len(reading.table) + len(reading.rejects)
        assert set(reading.rejects["check"]) <= {"learner_duplicate"}
        results.append((len(reading.table), reading.table["has_device"].value_counts().to_dict()))
        shown = everything(reading.table, reading.rejects, reading.flags, reading.rows, reading.sources)
        for row in rows:
            for secret in (row["code"], row["name"], row["phone"], row["birth"]):
                assert not secret or secret not in shown
    assert results[0][0] == count
    assert results[0] == results[1] == results[2]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.lists(st.text(max_size=12), min_size=5, max_size=5), min_size=1, max_size=6),
    headings=st.permutations(["Họ tên", "Ngày sinh", "Mã học sinh", "Mã hộ", "Có thiết bị"]),
)
def test_any_text_is_accounted_for_or_refused_by_name(tmp_path_factory, cells, headings):
    path = tmp_path_factory.mktemp("any") / "a.csv"
    frame = pd.DataFrame(cells, columns=headings)
    path.write_text(frame.to_csv(index=False), encoding="utf-8", errors="replace")
    try:
        reading = read_learners(path)
    except LomsongError:
        return
    assert reading.rows_read == len(reading.table) + len(reading.rejects)
    assert len(reading.rows) == reading.rows_read
    assert (reading.rows["check"] == "").sum() == len(reading.table)


def test_dates_of_birth():
    written = {
        "05/03/2012": (40971, 2012), "5-3-12": (40971, 2012), "2012-03-05 00:00:00": (40971, 2012),
        "ngày 5 tháng 3 năm 2012": (40971, 2012), "05032012": (40971, 2012), "40973": (40971, 2012),
        "3/2012": (-1, 2012), "2012": (-1, 2012), "2012.0": (-1, 2012), "31/02/2012": (-1, 2012), "12/2": (-1, -1),
        "": (-1, -1),
    }  # fmt: skip
    found = births(pd.Series(list(written)), pd.Series([""] * len(written)))
    assert list(zip(found["day"], found["year"], strict=True)) == list(written.values())
    assert (pd.Timestamp("1900-01-01") + pd.Timedelta(days=40971)).date().isoformat() == "2012-03-05"
    assert found["unreadable"].tolist() == [text == "12/2" for text in written]
    assert found["partial"].tolist() == [text == "31/02/2012" for text in written]
    # the month comes first only where the file proves it
    american = births(pd.Series(["03/25/2012", "03/05/2012"]), pd.Series(["", ""]))
    assert american["day"].tolist() == [40991, 40971]


def test_devices_in_words_and_crosses():
    words = ["Có", "KHÔNG", "chưa", "1", "0", "điện thoại", "Chưa rõ", "", "hỏng"]
    device, strange = has_device(pd.Series(words), pd.Series([""] * len(words)))
    assert device.tolist() == ["yes", "no", "no", "yes", "no", "yes", "unknown", "unknown", "unknown"]
    assert strange.tolist() == [word == "hỏng" for word in words]
    crosses = pd.Series(["x", "", "X"])
    empty = pd.Series(["", "", ""])
    assert has_device(crosses, empty)[0].tolist() == ["yes", "no", "yes"]
    assert has_device(empty, crosses)[0].tolist() == ["no", "yes", "no"]
    device, strange = has_device(pd.Series(["x", "x"]), pd.Series(["x", "Không"]))
    assert (device.tolist(), strange.tolist()) == (["unknown", "yes"], [True, False])


def once(**columns):
    """Learners as the reader returns them, one a value of the first column."""
    size = len(next(iter(columns.values())))
    table = pd.DataFrame({name: [None] * size for name in LEARNERS_ONCE.names}, dtype=object)
    table["source_file"], table["source_row"], table["has_device"] = "a.csv", range(2, size + 2), "no"
    return table.assign(**columns)


def homes(ids, learners, **columns):
    points = [Point(107 + number / 100, 11) for number in range(len(ids))]
    return gpd.GeoDataFrame({"household_id": ids, "learners": learners, **columns}, geometry=points, crs=4326)


def test_a_household_that_says_no_category_takes_the_neediest_of_its_learners():
    households = homes(["H1", "H2", "H3", "H4"], [2, 1, 1, 1], category=[None, "other", None, None])
    learners = once(
        household_id=["H1", "H1", "H2", "H3", "H3", "H4"],
        category=["Cận nghèo", "Hộ nghèo", "Hộ nghèo", "con liệt sĩ", None, "loại A"],
    )
    found = count_learners(learners, households).households.set_index("household_id")
    assert found["category"].dropna().to_dict() == {"H1": "poor", "H2": "other", "H3": "other"}
    assert found["entitlement"].dropna().to_dict() == {"H3": "merit"}
    assert households["category"].isna().sum() == 3


def test_a_household_code_with_spaces_or_small_letters_leads_home():
    learners = once(household_id=["h1", " H 1"], has_device=["no", "no"])
    found = count_learners(learners, homes(["H1"], [1]))
    assert found.unplaced == 0
    assert found.households["learners_without_device"].tolist() == [2]


def test_learners_come_home():
    households = homes(["H1", "H2", "H3", "H4"], [3, 2, 4, 2], learners_without_device=[3, 2, 2, 0],
                       hamlet_id=["A1", "A1", "A1", "A2"])  # fmt: skip
    hamlets = gpd.GeoDataFrame({"hamlet_id": ["A1"], "name": ["Ấp 1"]}, geometry=[Point(107, 11)], crs=4326)
    learners = once(
        household_id=["H1", "H1", "H1", "H1", "H9", None, None],
        hamlet_id=["A1", "A1", "A1", "A1", "A1", "A1", "A9"],
        has_device=["no", "yes", "yes", "yes", "no", "yes", "no"],
    )
    before = households.copy()
    found = count_learners(learners, households, hamlets)
    pd.testing.assert_frame_equal(households, before)
    table = found.households.set_index("household_id")
    counts = ["learners", "learners_claimed", "learners_verified", "learners_without_device"]
    assert table.loc["H1", counts].tolist() == [4, 3, 4, 1]
    assert table["learners_source"].tolist() == ["listed", "claimed", "claimed", "claimed", "hamlet"]
    # two without a home in A1, where H2 and H3 claim six: these claims shrink to four, in proportion
    assert table.loc[["H2", "H3"], "learners"].tolist() == [1, 3]
    assert table.loc["H4", "learners"] == 2
    assert table.loc["hamlet:A1", ["learners", "learners_without_device", "hamlet_id"]].tolist() == [2, 1, "A1"]
    assert (found.unplaced, found.unplaced_without_device) == (1, 1)
    assert table["learners_verified"].sum() + found.unplaced == len(learners)
    flagged = found.flags.iloc[0]
    assert (flagged["check"], flagged["rows"], flagged["first_row"]) == ("household_unknown", 3, 6)
    assert flagged["value"] == "2 placed in their hamlet or commune; 1 without any place"


def test_complete_lists_leave_no_claim():
    households = homes(["H1", "H2"], [3, 2])
    found = count_learners(once(household_id=["H1", "H8"]), households, complete=True)
    assert found.households["learners"].tolist() == [1, 0]
    assert found.households["learners_claimed"].tolist() == [3, 2]
    assert found.unplaced == 1
    with pytest.raises(ColumnError, match="households: column learners missing"):
        count_learners(once(household_id=["H1"]), households.drop(columns="learners"))


@settings(max_examples=80, deadline=None)
@given(
    claims=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["A1", "A2", None])), min_size=1, max_size=8),
    listed=st.lists(
        st.tuples(st.sampled_from(["H0", "H1", "H99", None]), st.sampled_from(["A1", "A2", None])), max_size=15
    ),
)
def test_nobody_is_lost_on_the_way_home(claims, listed):
    households = homes(
        [f"H{number}" for number in range(len(claims))], [count for count, _ in claims],
        hamlet_id=[hamlet for _, hamlet in claims],
    )  # fmt: skip
    hamlets = gpd.GeoDataFrame({"hamlet_id": ["A1", "A2"]}, geometry=[Point(107, 11)] * 2, crs=4326)
    if not listed:
        return
    learners = once(household_id=[home for home, _ in listed], hamlet_id=[hamlet for _, hamlet in listed])
    found = count_learners(learners, households, hamlets)
    table = found.households
    assert table["learners_verified"].sum() + found.unplaced == len(listed)
    assert (table["learners"] >= 0).all()
    assert table["learners_claimed"].sum() == sum(count for count, _ in claims)
    for hamlet in ("A1", "A2"):
        here = table[table["hamlet_id"] == hamlet]
        open_claims = here.loc[here["learners_source"] == "claimed", "learners_claimed"].sum()
        beside = here.loc[here["learners_source"] == "hamlet", "learners"].sum()
        left = here.loc[here["learners_source"] == "claimed", "learners"].sum()
        assert left == max(open_claims - beside, 0)


def test_declared_with_a_totals_line(tmp_path):
    path = tmp_path / "khai_bao.csv"
    path.write_text(
        "STT;Tên trường;Số học sinh;Chưa có thiết bị\n1;TH Mã Đà;1.250;300\n2;THCS Hiếu Liêm;900;x\n"
        "3;TH Phú Lý;800;120\n4;TH Phú Lý;800;120\n;Tổng cộng;3.000;420\n",
        encoding="utf-8",
    )
    reading = read_declared(path, "vi")
    assert reading.table["learners"].tolist() == [1250, 800]
    assert reading.table["learners_without_device"].tolist() == [300, 120]
    assert checks(reading) == {3: "count_invalid", 5: "code_duplicate", 6: "total_row"}
    flagged = reading.flags.set_index("column")["value"].to_dict()
    assert flagged == {
        "learners": "ghi 3000, cộng các dòng được 3750",
        "learners_without_device": "ghi 420, cộng các dòng được 540",
    }
    (tmp_path / "a.csv").write_text("Số học sinh\n5\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="no column of school code"):
        read_declared(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("Mã trường\nT1\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="neither a column of learners"):
        read_declared(tmp_path / "a.csv")


def rows_of(counts):
    """Rows of lists: (school, check, has_device) to how many."""
    parts = [
        pd.DataFrame({"school_id": school, "school_name": None, "commune_code": None, "commune_name": None,
                      "has_device": device, "check": check, "already_equipped": False}, index=range(count))
        for (school, check, device), count in counts.items()
    ]  # fmt: skip
    empty = pd.DataFrame()
    return Learners(empty, empty, empty, empty, pd.concat(parts, ignore_index=True))


def test_the_24_000_question():
    learners = rows_of(
        {
            ("T1", "", "no"): 19_000, ("T2", "", "no"): 450, ("T1", "learner_duplicate", "no"): 1_850,
            ("T2", "", "yes"): 5_000, ("T2", "total_row", "unknown"): 3, ("T2", "", "unknown"): 7,
        }
    )  # fmt: skip
    silent = [f"T{number}" for number in range(3, 15)]
    declared = pd.DataFrame(
        {"school_id": ["T1", "T2", *silent], "learners": [21_000, 5_000, *[500] * 12],
         "learners_without_device": [20_700, 400, *[200] * 12]}
    )  # fmt: skip
    table = reconcile(learners, declared, declared_without_device=24_000)
    RECONCILED.check(table, "reconciled")
    total = table.iloc[-1]
    assert total["row"] == "total"
    stages = ["claimed_without_device", "listed_without_device", "double_without_device"]
    assert total[stages].tolist() == [24_000, 21_300, 1_850]
    assert (total["verified_without_device"], total["missing_without_device"]) == (19_450, 4_550)
    assert (total["claimed"], total["listed"], total["verified"]) == (32_000, 26_307, 24_457)
    school = table.set_index("unit")
    assert school.loc["T1", ["missing_without_device", "over_without_device"]].tolist() == [1_700, 0]
    assert school.loc["T2", ["missing_without_device", "over_without_device"]].tolist() == [0, 50]
    assert school.loc["T3", ["list_sent", "missing"]].tolist() == ["no", 500]
    assert verdict(table, "en") == (
        "Declared 24,000 learners without a device; 21,300 listed, 1,850 of them twice, 19,450 verified; "
        "4,550 missing from the lists; 12 schools sent no list (the 2,400 they declared cannot be verified); "
        "of 7 verified learners it is not known whether they have a device."
    )
    assert verdict(table, "vi").startswith(
        "Khai báo 24.000 học sinh chưa có thiết bị; danh sách có 21.300, trong đó 1.850 trùng, 19.450 đã xác minh; "
        "thiếu 4.550 so với khai báo; 12 trường chưa gửi danh sách (2.400 theo khai báo chưa thể xác minh)"
    )
    assert verdict(table, "en", "learners").startswith("Declared 32,000 learners; 26,307 listed")


@settings(max_examples=60, deadline=None)
@given(
    counts=st.dictionaries(
        st.tuples(
            st.sampled_from(["T1", "T2", None]),
            st.sampled_from(["", "learner_duplicate", "code_duplicate", "date_unreadable", "file_duplicate"]),
            st.sampled_from(["yes", "no", "unknown"]),
        ),
        st.integers(1, 30), min_size=1, max_size=12,
    ),
    claims=st.dictionaries(
        st.sampled_from(["T1", "T2", "T3"]), st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3
    ),
)  # fmt: skip
def test_the_comparison_adds_up(counts, claims):
    declared = pd.DataFrame(
        {"school_id": list(claims), "learners": [both[0] for both in claims.values()],
         "learners_without_device": [both[1] for both in claims.values()]}
    )  # fmt: skip
    table = reconcile(rows_of(counts), declared)
    units, total = table.iloc[:-1], table.iloc[-1]
    for ending in ("", "_without_device"):
        stages = table[[f"{stage}{ending}" for stage in ("double", "unusable", "verified")]].sum(axis=1)
        assert (table[f"listed{ending}"] == stages).all()
        for stage in ("listed", "double", "verified"):
            assert units[f"{stage}{ending}"].sum() == total[f"{stage}{ending}"]
        known = table[f"claimed{ending}"].notna()
        balance = table[f"verified{ending}"] + table[f"missing{ending}"] - table[f"over{ending}"]
        assert (balance[known] == table.loc[known, f"claimed{ending}"]).all()
    listed = sum(counts.values())
    assert total["listed"] == listed
    assert total["listed_without_device"] == sum(n for (_, _, device), n in counts.items() if device == "no")


def test_units_known_by_name_and_by_commune(tmp_path):
    write(tmp_path / "a.csv", [AN | {"commune": "26200", "household": "H1", "device": "Không"}])
    declared = pd.DataFrame(
        {"commune_code": ["26200", "26203"], "commune_name": ["Mã Đà", "Hiếu Liêm"], "learners": [3, 1]}
    )
    table = reconcile(read_learners(tmp_path), declared)
    assert table["row"].tolist() == ["commune", "commune", "total"]
    assert table.set_index("unit").loc["26200", ["claimed", "verified", "missing"]].tolist() == [3, 1, 2]
    assert "1 commune sent no list (the 1 it declared cannot be verified)" in verdict(table, "en", "learners")
    assert verdict(table, "en").startswith("No figure was declared of learners without a device; 1 listed")
    (tmp_path / "a.csv").write_text("Họ tên,Năm sinh,Trường\nNguyễn Văn An,2012,TH MÃ ĐÀ\n", encoding="utf-8")
    named = pd.DataFrame({"school_id": ["T1"], "school_name": ["TH Mã Đà"], "learners": [1]})
    table = reconcile(read_learners(tmp_path), named)
    assert table.set_index("unit").loc["T1", ["claimed", "verified"]].tolist() == [1, 1]
    assert "exactly as declared; everybody who declared has sent a list" in verdict(table, "en", "learners")


def test_households_may_stand_for_lists():
    households = homes(["H1", "H2"], [3, 2], learners_without_device=[1, 2], commune_code=["26200", "26203"])
    declared = pd.DataFrame({"commune_code": ["26200"], "learners": [2], "learners_without_device": [2]})
    table = reconcile(households, declared).set_index("unit")
    assert table.loc["26200", ["verified", "over", "missing_without_device"]].tolist() == [3, 1, 1]
    assert table.loc["total", ["claimed", "verified"]].tolist() == [2, 5]
