import re
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import linprog

from lomsong.devices.ledger import IRREGULAR
from lomsong.publish.devices import (
    GROUPED,
    DevicesContent,
    by_commune,
    by_tier,
    counts_of,
    published,
    published_devices,
    sentences,
    told_total,
    word_of,
    write_devices,
)
from lomsong.publish.privacy import rounded_interval
from lomsong.settings import Devices, Publish, Run, Settings
from lomsong.tables import DEVICE_STATES


def content_of(seed=1, n=400, below=5, language="vi"):
    rng = np.random.default_rng(seed)
    status = rng.choice(DEVICE_STATES, n, p=[0.2, 0.3, 0.1, 0.03, 0.02, 0.1, 0.25])
    tier = np.where(status == "no_tier", 0, rng.integers(1, 5, n))
    turn = pd.Series(np.where(np.isin(status, ["next", "waiting"]), np.arange(1, n + 1), 0), dtype="Int64")
    table = pd.DataFrame(
        {
            "turn": turn.mask(turn == 0), "status": status, "tier": tier,
            "household_id": [f"H{number}" for number in range(n)],
            "commune_code": rng.choice(["26200", "26203", "26206", None], n, p=[0.6, 0.3, 0.09, 0.01]),
            "hamlet_id": "A", "category": "poor", "entitlement": None, "lacking": 1, "given": 0, "p_usable": 0.9,
            "best_operator": "viettel",
        }
    )  # fmt: skip
    settings = Settings(
        run=Run(title="T", territory="Đ", seed=7), publish=Publish(language=language, suppress_below=below),
        devices=Devices(count=10_000),
    )  # fmt: skip
    faults = pd.DataFrame({"irregularity": ["household_two"], "count": [3], "row": [9]})
    told = {"file": "so.csv", "rows": 12, "rejected": 1, "given": 11, "out": 2}
    names = {"26200": "Mã Đà", "26203": "Phú Lý", "26206": "Trị An"}
    return DevicesContent(table, names, settings, faults, told)


def test_counts_add_up_both_ways():
    content = content_of()
    tiers, communes = by_tier(content), by_commune(content)
    assert tiers["households"].sum() == communes["households"].sum() == len(content.table)
    assert (tiers[list(DEVICE_STATES)].sum(axis=1) == tiers["households"]).all()
    assert (communes[list(GROUPED)].sum(axis=1) == communes["households"]).all()
    assert (
        content.table["status"].value_counts().reindex(list(DEVICE_STATES)) == tiers[list(DEVICE_STATES)].sum()
    ).all()
    assert communes["name"].tolist() == ["(chưa rõ xã)", "Mã Đà", "Phú Lý", "Trị An"]


@pytest.mark.parametrize("seed", range(8))
def test_no_sum_that_a_reader_knows_gives_a_hidden_count_back(seed):
    content = content_of(seed, n=int(np.random.default_rng(seed).integers(40, 300)))
    whole = by_tier(content), by_commune(content)
    told = published_devices(*whole, 5)
    for frame in told:
        for name in (*DEVICE_STATES, *GROUPED, "households"):
            if name in frame:
                shown = frame[name].dropna()
                assert ((shown == 0) | (shown >= 5)).all()
    # A row with a small count has two counts hidden, unless its sum is hidden too.
    for frame, of in zip(told, whole, strict=True):
        names = [name for name in frame if f"{name}_suppressed" in frame]
        hidden = frame[names].isna()
        small = frame[[f"{name}_suppressed" for name in names]].to_numpy().any(axis=1)
        assert (hidden[small].sum(axis=1) >= 2).all()
        assert (frame[names].fillna(of[names]) == of[names]).to_numpy().all()
    # A column of small counts cannot be worked out from its rounded total either.
    communes = told[1]
    for name in GROUPED:
        hidden = communes[name].isna()
        if hidden.sum() == 1:
            low, high = rounded_interval(float(whole[1][name].sum()))
            rest = communes[name].sum()
            assert high - rest >= 4 or low - rest <= 1


def handed_out(seed, left_over):
    """Return content as a run makes it, small enough to hide much: the first of those who wait are the next ones."""
    rng = np.random.default_rng(seed)
    content = content_of(seed, n=int(rng.integers(40, 300)))
    states, tiers = content.table["status"].to_numpy(object), content.table["tier"].to_numpy()
    waits = np.flatnonzero(np.isin(states, ["next", "waiting"]))
    count = len(waits) + 7 if left_over else len(waits) // 3
    states[waits], order = "waiting", waits[np.argsort(tiers[waits], kind="stable")]
    states[order[:count]] = "next"
    settings = replace(content.settings, devices=Devices(count=count))
    return replace(content, table=content.table.assign(status=states), settings=settings)


def read_back(content):
    """Return the least and the greatest of each small count for who knows all sums, marks, totals and the devices."""
    whole, devices = (by_tier(content), by_commune(content)), content.settings.devices.count
    low, high, sums, small = [], [], [], []

    def heard(least, most):
        low.append(least)
        high.append(most)
        return len(low) - 1

    totals = []
    for frame, told in zip(whole, published(content), strict=True):
        names = counts_of(frame)
        cells = np.zeros((len(frame), len(names)), int)
        for row in range(len(frame)):
            for at, name in enumerate(names):
                shown, marked = told[name].iloc[row], told[f"{name}_suppressed"].iloc[row]
                cells[row, at] = heard(1, 4) if marked else heard(5, 999) if np.isnan(shown) else heard(shown, shown)
                small += [cells[row, at]] if marked else []
            sums.append((cells[row, :-1].tolist(), cells[row, -1]))
        totals.append({})
        for at, name in enumerate(names):
            total = frame[name].sum()
            known = (total, total) if name == "next" and total == devices else told_total(total, 5)[1:]
            totals[-1][name] = heard(*known)
            sums.append((cells[:, at].tolist(), totals[-1][name]))
    sums += [([totals[0][part] for part in parts], totals[1][name]) for name, parts in GROUPED.items()]
    matrix = np.zeros((len(sums), len(low)))
    for line, (parts, total) in zip(matrix, sums, strict=True):
        line[parts], line[total] = 1, -1
    for cell in small:
        way = np.eye(len(low))[cell]
        told = {"A_eq": matrix, "b_eq": np.zeros(len(matrix)), "bounds": [*zip(low, high, strict=True)]}
        yield linprog(way, **told).fun, -linprog(-way, **told).fun


@pytest.mark.parametrize("left_over", [False, True])
def test_who_knows_how_many_are_handed_out_and_that_a_mark_stands_for_one_at_least_finds_no_hidden_count(left_over):
    for seed in range(12):
        for least, most in read_back(handed_out(seed, left_over)):
            assert most - least >= 1


def test_what_is_handed_out_is_told_as_it_is_and_small_totals_not_as_none():
    content = handed_out(3, left_over=False)
    count = content.settings.devices.count
    assert count % 10
    assert f"{count} hộ nhận đợt này" in sentences(content)[1]
    few = content.table[content.table["status"] == "served"].head(3)
    others = content.table[content.table["status"] != "served"]
    told = replace(content, table=pd.concat([others, few], ignore_index=True))
    assert "1–9 hộ đã được giao" in sentences(told)[0]
    within = replace(told, settings=replace(told.settings, publish=Publish(language="vi", suppress_below=0)))
    assert "; 3 hộ đã được giao" in sentences(within)[0]


@pytest.mark.parametrize(("devices", "left"), [(4, "1–3"), (12, "3–11")])
def test_devices_left_over_are_never_fewer_than_one(devices, left):
    content = content_of()
    few = content.table[content.table["status"] == "next"].head(3)
    settings = replace(content.settings, devices=Devices(count=devices))
    told = sentences(replace(content, table=few.reset_index(drop=True), settings=settings))
    assert [sentence for sentence in told if sentence.startswith(f"Còn {left} máy")]


def test_without_a_limit_nothing_is_hidden():
    content = content_of(below=0)
    tiers, communes = published_devices(by_tier(content), by_commune(content), 0)
    assert not tiers.isna().to_numpy().any()
    assert not communes.drop(columns="commune_code").isna().to_numpy().any()


@pytest.mark.parametrize(("language", "words"), [("vi", "đừng mua"), ("en", "do not buy")])
def test_devices_that_nobody_waits_for_are_told_and_the_ledger_only_within(language, words):
    content = content_of(language=language)
    assert any(words in sentence for sentence in sentences(content))
    assert any("so.csv" in sentence for sentence in sentences(content))
    assert not any("so.csv" in sentence for sentence in sentences(content, ledger=False))
    asked = sentences(replace(content, unsaid=40))
    assert any("40" in sentence for sentence in asked if sentence not in sentences(content))
    assert any("devices.handovers" in sentence for sentence in sentences(replace(content, ledger={})))
    none = replace(content, settings=replace(content.settings, devices=Devices(count=0)))
    assert not any(words in sentence for sentence in sentences(none))


@pytest.mark.parametrize("kind", IRREGULAR)
def test_what_happened_once_is_told_as_once(kind):
    faults = pd.DataFrame({"irregularity": [kind], "count": [1], "row": [9]})
    told = sentences(replace(content_of(language="en", below=0), irregularities=faults))
    assert "(first: row 9)" in told[-1]
    assert not [sentence for sentence in told if re.search(r"\b1 (rows|times)", sentence)]


@pytest.mark.parametrize(("language", "many"), [("vi", "12.345"), ("en", "12,345")])
def test_the_ledger_is_told_in_the_numbers_of_the_language(language, many):
    ledger = {"file": "so.csv", "rows": 12_345, "rejected": 12_345, "given": 12_345, "out": 12_345}
    faults = pd.DataFrame({"irregularity": ["household_two"], "count": [12_345], "row": [23_456]})
    told = sentences(replace(content_of(language=language), ledger=ledger, irregularities=faults))[-3:]
    assert [sentence.count(many) for sentence in told] == [3, 1, 1]
    assert "23456" in told[-1], "a row of a file is no count"


def test_a_seed_that_everybody_knew_is_told():
    content = content_of()
    assert any("devices.word" in sentence for sentence in sentences(content))
    drawn = replace(content, settings=replace(content.settings, devices=Devices(word="12345")))
    assert not any("devices.word" in sentence for sentence in sentences(drawn))
    assert any("12345:số nhóm:mã xã" in sentence for sentence in sentences(drawn))


def test_a_word_draws_the_same_lots_whichever_way_its_letters_are_typed():
    words = [
        word_of(Settings(devices=Devices(word=word)))
        for word in ("Giải đặc biệt", "Gia\u0309i đa\u0323\u0306c biê\u0323t")
    ]
    assert words == ["Giải đặc biệt"] * 2


def test_categories_that_are_not_understood_are_told():
    content = content_of()
    words = content.table["category"].where(content.table.index >= 30, "khó khăn")
    told = sentences(replace(content, table=content.table.assign(category=words)))
    assert [sentence for sentence in told if sentence.startswith("30 hộ ghi diện không hiểu")]
    assert not any("diện không hiểu" in sentence for sentence in sentences(content))


def test_households_are_in_the_internal_workbook_alone(tmp_path):
    content = content_of()
    paths = write_devices(content, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "devices.xlsx", "devices.csv", "internal/devices.xlsx", "internal/NOI_BO.txt",
    ]  # fmt: skip
    published = openpyxl.load_workbook(tmp_path / "devices.xlsx")
    cells = [str(cell) for sheet in published for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert not any(cell in set(content.table["household_id"]) or "so.csv" in cell for cell in cells)
    assert "<5" in cells
    assert not any("dưới 5 người" in cell for cell in cells), "what is counted are households"
    assert {"Mã xã", "26200", "26203", "26206"} <= set(cells), "names of communes repeat"
    assert "H1" not in (tmp_path / "devices.csv").read_text(encoding="utf-8-sig")
    marker = (tmp_path / "internal" / "NOI_BO.txt").read_text(encoding="utf-8")
    assert "mã từng hộ" in marker
    assert "code of each household" in marker
    within = openpyxl.load_workbook(tmp_path / "internal" / "devices.xlsx")
    words = [cell for row in within.worksheets[0].iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
    assert not any(word.startswith("<") for word in words)
    sheet = within.worksheets[2]
    listed = [row[3] for row in sheet.iter_rows(min_row=6, values_only=True)]
    assert listed == content.table["household_id"].tolist()
    total = list(published.worksheets[0].iter_rows(values_only=True))
    line = next(row for row in total if row[0] == "Cộng")
    assert line[-1] == 400


def test_the_same_content_gives_the_same_bytes(tmp_path):
    first, second = (write_devices(content_of(), tmp_path / name) for name in "ab")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
