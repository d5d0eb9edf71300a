"""Numbers, dates and cards in the reader's form."""

import doctest
from datetime import date

import pytest

from lomsong import shown


def test_examples_run():
    assert doctest.testmod(shown).failed == 0


@pytest.mark.parametrize(
    ("value", "digits", "vietnamese", "english"),
    [(1234.5, 1, "1.234,5", "1,234.5"), (1_200_000, 0, "1.200.000", "1,200,000"), (-0.04, 1, "0,0", "0.0"),
     (-110, 0, "−110", "−110"), (float("nan"), 0, "–", "–"), (float("inf"), 1, "–", "–")],
)  # fmt: skip
def test_numbers_are_grouped_as_the_language_does(value, digits, vietnamese, english):
    assert (shown.number(value, digits), shown.number(value, digits, "en")) == (vietnamese, english)


def test_every_month_has_its_name_and_small_days_their_zero():
    days = [date(2021, month, 9) for month in range(1, 13)]
    assert [shown.day(day, "en").split()[1] for day in days] == [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]  # fmt: skip
    assert shown.day(days[1]) == "ngày 09 tháng 02 năm 2021"
    assert shown.day(days[2]) == "ngày 09 tháng 3 năm 2021"


def test_a_survey_of_one_day_names_it_once():
    day = date(2021, 10, 4)
    assert shown.period((day, day)) == "04/10/2021"
    assert shown.surveyed((day, day), ["Viettel"]) == "Số liệu đo kiểm của Viettel được thu thập trong ngày 04/10/2021."


def test_a_card_is_text_everywhere():
    card = shown.Card("<b>", [("a&b", "1")], ("<i>",), (("<script>",),), "<p>")
    html = card._repr_html_()
    assert not {"<b>", "<i>", "<script>", "<p>"} & {part + ">" for part in html.replace("</", "<").split(">")}
    assert "&lt;script&gt;" in html
    assert str(card) == "<b>\n  a&b: 1\n  <i>\n  <script>\n<p>"
