"""Towers and claims in a real browser: switches, before and after, tested hexagons."""

import io

import numpy as np
import pytest
from PIL import Image

from lomsong.publish.map.palette import CLAIM_COLOURS, rgb
from lomsong.publish.map.payload import payload

pytestmark = pytest.mark.browser


def choose(page, value):
    page.locator(f"label:has(input[value={value}])").click()


def screen(page):
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def test_towers_are_switched_and_their_learners_counted_once(opened, content):
    page = opened(fragment="#theme=towers")
    sums = payload(content)["reach"]["sums"]

    def told():
        return int(page.locator("#connected strong").inner_text().strip("+").replace(".", ""))

    assert told() == round(sum(learners for _, learners in sums))
    page.uncheck("input[name=tower-3]")
    page.uncheck("input[name=tower-1]")
    on = set(range(1, 11)) - {1, 3}
    assert told() == round(sum(learners for orders, learners in sums if on & set(orders)))
    assert "8/10" in page.locator("#connected").inner_text()
    assert "off=3.1" in page.url
    assert page.locator(".tower.off").count() == 2
    page.locator("#towers tbody tr").first.locator("button").click()
    page.check("#card input[name=card-tower]")
    assert page.locator("input[name=tower-1]").is_checked()
    page.click("#towers-none")
    assert told() == 0
    page.click("#towers-all")
    assert told() == round(sum(learners for _, learners in sums))


def test_groups_too_small_to_be_told_are_in_the_number_of_the_whole_plan(opened):
    page = opened("hamlets", fragment="#theme=towers")
    told = page.locator("#connected strong")
    assert told.inner_text() == "+40"
    page.uncheck("input[name=tower-1]")
    assert told.inner_text() == "≥ 0", "none of the others may be told by itself"
    page.click("#towers-none")
    assert told.inner_text() == "+0"


def test_a_tower_is_listed_with_its_commune_and_the_place_nearest_to_it(opened, content):
    page = opened(fragment="#theme=towers")
    name_of = content.communes.set_index("commune_code")["name"]
    told = page.locator("#towers .where").all_inner_texts()
    assert [words.split() for words in told] == [
        f"{name_of[code]} {places.split(', ')[0]}".split()
        for code, places in zip(content.towers["commune_code"], content.towers["hamlets"], strict=True)
    ]


def test_before_and_after_are_parted_by_a_line_that_moves(opened):
    page = opened(fragment="#theme=towers&operator=any")
    line, reach = page.locator("#swipe"), "getComputedStyle(document.querySelector('.leaflet-reach-pane')).clipPath"
    assert line.is_hidden()
    assert page.evaluate(reach) == "none"
    page.click("#compare")
    assert page.evaluate(reach).startswith("path(")
    assert line.get_attribute("aria-valuenow") == "50"
    line.focus()
    page.keyboard.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "53"
    box = line.bounding_box()
    page.mouse.move(box["x"] + 1, 600)
    page.mouse.down()
    page.mouse.move(635, 500)
    page.mouse.up()
    assert line.get_attribute("aria-valuenow") == "25"
    assert "swipe=25" in page.url
    choose(page, "level")
    assert line.is_hidden()


def test_a_tested_hexagon_tells_what_failed(opened, content):
    page = opened(fragment="#theme=claims&operator=viettel")
    overturned = content.claims[content.claims["state"] == "overturned"].iloc[0]
    page.evaluate(
        f"location.hash = '#theme=claims&operator=viettel&view=12/{overturned.latitude}/{overturned.longitude}'"
    )
    page.wait_for_function("location.hash.includes('view=12/')")
    box = page.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert tuple(screen(page)[round(y) + 6, round(x) - 22]) == rgb(CLAIM_COLOURS["overturned"])
    page.mouse.move(x + 3, y + 2)
    page.locator(".leaflet-tooltip", has_text="phép đo không đạt").wait_for()
    page.mouse.click(x, y)
    words = page.locator("#card").inner_text()
    assert "Đo kiểm bác bỏ khai báo" in words
    assert "không bắt được sóng" in words
