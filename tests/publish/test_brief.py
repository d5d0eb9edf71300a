"""The brief opened again, as a department reads it."""

import time
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest
from docx import Document

from lomsong.publish.brief import TOP, BriefContent, write_brief
from lomsong.publish.privacy import published_ranking, round_total
from lomsong.publish.validation import headings, score_rows, write_validations
from lomsong.surface.scores import reliability, score
from lomsong.surface.validation import Validation

NOTE = "Số liệu mô phỏng: không có thật."


def validation(seed=0, n=3000):
    """What a field that is right about itself would get."""
    rng = np.random.default_rng(seed)
    rows, tables = [], []
    for scheme, block_m, std in (("blocks", 1500.0, 5.0), ("passes", np.nan, 3.0), ("distances", np.nan, 7.0)):
        mean = rng.normal(-107, 9, n)
        values = {"level_dbm": rng.normal(mean, std), "censored": False, "predicted_dbm": mean, "sd_db": std}
        found = pd.DataFrame(values)
        told = {"scheme": scheme, "folds": 5, "nearest_m": 300.0, "match_m": 90.0 if scheme == "blocks" else 40 + std}
        rows.append(told | vars(score(found, -110, block_m)))
        tables.append(reliability(found, -110).assign(scheme=scheme, block_m=block_m))
    return Validation(-110, pd.DataFrame(rows), pd.concat(tables, ignore_index=True), 178.0)


@pytest.fixture(scope="module")
def content(new_content):
    ranking = new_content().ranking.copy()
    small = ranking.index[ranking["rank"] == 2][0]
    ranking.loc[small, ["unconnected", "unconnected_low", "unconnected_high"]] = [3.0, 1.0, 4.0]
    return BriefContent(
        title="Lõm sóng Đồng Nai",
        territory="Tỉnh Đồng Nai",
        ranking=ranking,
        issuer="Sở Khoa học và Công nghệ",
        data_note=NOTE,
        period=(date(2021, 9, 1), date(2021, 9, 20)),
        operators={"viettel": "Viettel", "mobifone": "MobiFone"},
        validations={"viettel": validation(), "mobifone": validation(1)},
    )


@pytest.fixture(scope="module")
def brief(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("brief") / "brief.docx"
    write_brief(path, content)
    return path


def said(document):
    return "\n".join(paragraph.text for paragraph in document.paragraphs).replace("\u00a0", " ")


def cells(table):
    return [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]


def test_title_territory_dates_and_note_come_first(brief):
    document = Document(brief)
    first = [paragraph.text for paragraph in document.paragraphs if paragraph.text][:4]
    under = "Tỉnh Đồng Nai – Đo kiểm từ 01/09/2021 đến 20/09/2021"
    assert first == ["Sở Khoa học và Công nghệ", "Lõm sóng Đồng Nai", under, NOTE]
    assert document.core_properties.title == "Lõm sóng Đồng Nai"
    assert document.core_properties.language == "vi-VN"
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


def test_the_first_communes_stand_in_a_table_with_small_counts_hidden(brief, content):
    heads, *rows = cells(Document(brief).tables[0])
    assert heads == ["Hạng", "Xã, phường", "Người học", "Chưa có sóng", "Khoảng 90 %", "Tỷ lệ"]
    first = content.ranking.sort_values("rank").head(TOP)
    assert [row[1] for row in rows] == first["name"].tolist()
    assert [int(row[0].split()[0]) for row in rows] == list(range(1, TOP + 1))
    assert rows[1][3:] == ["<5", "–", "–"]
    for row, (_, commune) in zip(rows, first.iterrows(), strict=True):
        if row[3] != "<5":
            assert row[3] == f"{commune['unconnected']:.0f}"
            assert row[4] == f"{commune['unconnected_low']:.0f}–{commune['unconnected_high']:.0f}"
            assert row[5] == f"{100 * commune['share']:.1f} %".replace(".", ",")


def test_the_paragraph_tells_rounded_totals_and_no_hidden_count(brief, content):
    text = said(Document(brief))
    unconnected = content.ranking["unconnected"].sum()
    told = text.split("Khoảng ")[1].split(" trong ")[0].replace(".", "")
    assert int(told) == pytest.approx(unconnected, rel=0.01)
    assert int(told) == round_total(unconnected) != unconnected
    names = content.ranking.sort_values("rank")["name"].head(3).tolist()
    assert text.index(names[0]) < text.index(names[1]) < text.index(names[2])
    assert f"{names[1]} (dưới 5 người)" in text
    assert "−110 dBm" in text
    hidden = published_ranking(content.ranking)["unconnected_suppressed"]
    assert hidden.sum() >= 1


def test_how_sure_has_scores_and_a_diagram_for_each_operator(brief, content):
    document = Document(brief)
    assert len(document.inline_shapes) == 2
    for table, (operator, found) in zip(document.tables[1:], content.validations.items(), strict=True):
        shown = ("rmse", "crps", "inside90", "brier", "missed", "sure_right")
        assert cells(table)[0] == [heading.replace("\n", " ") for heading in headings("vi", shown)]
        assert cells(table)[1:] == score_rows(found, "vi", shown)
        row = found.scores.loc[found.closest]
        assert row["scheme"] == "passes", "the one whose distances match best"
        assert f"sai số điển hình {row['rmse_db']:.1f} dB".replace(".", ",") in said(document)
        assert content.operators[operator] in said(document)
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert all(text.startswith("Biểu đồ độ tin cậy của ") for text in described)


def test_the_same_content_gives_the_same_bytes(brief, content, tmp_path):
    time.sleep(2.1)  # a zip keeps time to two seconds
    write_brief(tmp_path / "again.docx", content)
    assert (tmp_path / "again.docx").read_bytes() == brief.read_bytes()
    with zipfile.ZipFile(brief) as parts:
        assert {part.date_time[:3] for part in parts.infolist()} == {(2021, 10, 1)}
        assert parts.testzip() is None


def test_in_english_nothing_is_left_in_vietnamese(content, tmp_path):
    plain = BriefContent(
        "Gaps", "Province", content.ranking.assign(name="Town"), "en", validations={"viettel": validation()}
    )
    write_brief(tmp_path / "brief.docx", plain)
    document = Document(tmp_path / "brief.docx")
    text = said(document) + "\n".join(" ".join(row) for table in document.tables for row in cells(table))
    assert "How sure this is" in text
    vietnamese = set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    assert not vietnamese & set(text.lower())


def test_nothing_to_say_is_said(content, tmp_path):
    empty = content.ranking.iloc[:0]
    nothing = Validation(-110, validation().scores.iloc[:0], validation().reliability.iloc[:0])
    write_brief(tmp_path / "empty.docx", BriefContent("T", "", empty, validations={"viettel": nothing}))
    text = said(Document(tmp_path / "empty.docx"))
    assert "Chưa có người học nào trong 0 xã, phường để tính." in text
    assert "Số liệu đo quá ít để kiểm chứng" in text
    write_brief(tmp_path / "plain.docx", BriefContent("T", "", content.ranking))
    assert "Chắc chắn đến đâu" not in said(Document(tmp_path / "plain.docx"))


def test_an_older_picture_goes_when_nothing_can_be_scored(tmp_path):
    names = {"viettel": "Viettel"}
    first = write_validations(tmp_path, {"viettel": validation()}, names, "vi")
    assert [path.name for path in first] == ["validation.csv", "reliability_viettel.png"]
    nothing = Validation(-110, validation().scores.iloc[:0], validation().reliability.iloc[:0])
    assert [path.name for path in write_validations(tmp_path, {"viettel": nothing}, names, "vi")] == ["validation.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["validation.csv"]


def test_a_survey_without_any_service_is_drawn_too(tmp_path):
    silent = pd.DataFrame({"level_dbm": -125.0, "censored": True, "predicted_dbm": [-127.0, -124.0], "sd_db": 5.0})
    told = {"scheme": "passes", "folds": 2, "nearest_m": 20.0, "match_m": np.nan} | vars(score(silent, -110))
    table = reliability(silent, -110).assign(scheme="passes", block_m=np.nan)
    found = Validation(-110, pd.DataFrame([told]), table)
    assert np.isnan(told["rmse_db"])
    names = [path.name for path in write_validations(tmp_path, {"viettel": found}, {}, "vi")]
    assert names == ["validation.csv", "reliability_viettel.png"]
    [row] = score_rows(found, "vi", ("n", "rmse", "inside90", "brier", "missed", "sure_right"))
    assert row == ["Giấu cả lượt đo", "2", "–", "–", "0,000", "0,0 %", "–"]
