import hashlib

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from lomsong import pipeline
from lomsong.cli import group
from lomsong.devices import lot
from lomsong.publish.devices import write_devices

COUNT = 15


@pytest.fixture(scope="module")
def content(small_province):
    return pipeline.hand_out(small_province / "lomsong.toml", {"count": COUNT})


def test_none_goes_where_there_is_no_signal_none_twice_and_none_to_whom_the_rules_leave_out(content, small_province):
    table = content.table.set_index("household_id")
    households = pd.read_csv(small_province / "households.csv.gz").set_index("household_id")
    ledger = pd.read_csv(small_province / "handovers.csv")
    got = table[table["status"] == "next"]
    assert len(got) == COUNT
    assert (got["p_usable"] >= 0.5).all()
    assert not set(got.index) & set(ledger.loc[ledger["event"] == "given", "household_id"])
    assert set(households.loc[got.index, "category"]) <= {"poor", "near-poor"}
    assert (households.loc[got.index, "learners_without_device"] > 0).all()
    waiting = table[table["status"] == "waiting"]
    assert got["tier"].max() <= waiting["tier"].min()
    lacks = households["learners_without_device"] > 0
    given = households.index.isin(ledger["household_id"])
    assert set(table.index) <= set(households.index[lacks | given])
    assert lacks.sum() <= len(table)


def test_the_lots_are_drawn_with_the_seed_of_the_run_unless_a_word_was_told(content, small_province):
    settings = small_province / "lomsong.toml"
    table = content.table[content.table["turn"].notna()]
    for _, group_of in table.groupby(["tier", "commune_code"]):
        lots = [lot("2021", household) for household in group_of["household_id"]]
        assert lots == sorted(lots)
    other = pipeline.hand_out(settings, {"count": COUNT, "word": "giải đặc biệt 12345"}).table
    assert set(other["household_id"]) == set(content.table["household_id"])
    assert other["household_id"].tolist() != content.table["household_id"].tolist()


def test_the_list_and_the_word_alone_give_the_order_again(content, tmp_path):
    write_devices(content, tmp_path)
    rows = list(
        openpyxl.load_workbook(tmp_path / "internal" / "devices.xlsx").worksheets[2].iter_rows(values_only=True)
    )
    head = next(number for number, row in enumerate(rows) if row[0] == "Thứ tự")
    table = pd.DataFrame(rows[head + 1 :], columns=rows[head])
    table = table[table["Tình trạng"].isin(["Nhận đợt này", "Đợt sau", "Đã giao"]) & table["Nhóm ưu tiên"].notna()]
    table = table.assign(tier=table["Nhóm ưu tiên"].str.split(".").str[0])

    def drawn(text):
        return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)

    table = table.assign(lot=[drawn(f"2021:{code}") for code in table["Mã hộ"]]).sort_values("lot")
    groups = table.groupby(["tier", "Mã xã"])
    start = [drawn(f"2021:{tier}:{code}") / 16**16 for tier, code in zip(table["tier"], table["Mã xã"], strict=True)]
    place = (groups.cumcount() + 1 - start) / groups["lot"].transform("size")
    order = table.assign(place=place).sort_values(["tier", "place"])["Thứ tự"].dropna()
    assert order.tolist() == list(range(1, len(order) + 1))
    assert len(order) > COUNT


@pytest.mark.parametrize(("language", "words"), [("vi", "Thiết bị theo nhóm ưu tiên"), ("en", "Devices by tier")])
def test_the_verb_prints_and_writes(small_province, tmp_path, language, words):
    asked = [
        "devices",
        str(small_province / "lomsong.toml"),
        "--count",
        "15",
        "--out",
        str(tmp_path),
        "--lang",
        language,
    ]
    done = CliRunner().invoke(group, asked, catch_exceptions=False, env={"COLUMNS": "140"})
    assert done.exit_code == 0
    assert words in done.output
    assert "handovers.csv" in done.output
    book = openpyxl.load_workbook(tmp_path / "devices.xlsx")
    assert len(book.worksheets) == 2
    turns = openpyxl.load_workbook(tmp_path / "internal" / "devices.xlsx").worksheets[2]
    first = next(turns.iter_rows(min_row=6, max_row=6, values_only=True))
    assert first[0] == 1


def test_a_ledger_that_is_not_there_and_a_strange_order_are_refused(small_province, tmp_path):
    asked = ["devices", str(small_province / "lomsong.toml"), "--handovers", str(tmp_path / "none.csv")]
    done = CliRunner().invoke(group, asked)
    assert "none.csv" in str(done.exception)
    text = (small_province / "lomsong.toml").read_text(encoding="utf-8")
    strange = small_province / "strange.toml"
    strange.write_text(text.replace("count = 500", 'count = 500\norder = ["poor+rich"]'), encoding="utf-8")
    try:
        done = CliRunner().invoke(group, ["check", str(strange)])
    finally:
        strange.unlink()
    assert done.exit_code == 1
    assert "'rich'" in done.output + done.stderr
