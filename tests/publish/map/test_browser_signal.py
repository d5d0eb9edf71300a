"""Surfaces of signal in a real browser: their colours, their thresholds, and that they tell what the package tells."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from scipy.special import ndtr

from lomsong.gap.service import joint_probability
from lomsong.publish.map.palette import UNUSABLE_COLOUR, level_classes, probability_classes, rgb
from lomsong.publish.map.payload import payload
from lomsong.publish.map.picture import LOWEST_DBM, SD_STEP_DB, draw_deviation, draw_level

pytestmark = pytest.mark.browser

PHONE = (390, 844)


def choose(page, value):
    page.locator(f"label:has(input[value={value}])").click()


def screen(page):
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def steps_of_the_legend(page):
    return [
        tuple(int(channel) for channel in re.findall(r"\d+", colour)[:3])
        for colour in page.eval_on_selector_all(
            "#legend .ramp li", "steps => steps.map(step => getComputedStyle(step).backgroundColor)"
        )
    ]


def filled_colours(page):
    seen, counts = np.unique(screen(page)[:, 430:].reshape(-1, 3), axis=0, return_counts=True)
    return {tuple(colour) for colour, count in zip(seen.tolist(), counts, strict=True) if count > 1500}


def near(colour, others):
    return any(max(abs(a - b) for a, b in zip(colour, other, strict=True)) <= 2 for other in others)


@pytest.mark.alone
def test_colours_on_the_screen_are_the_legend_s(opened, content):
    page = opened()
    legend = page.locator("#legend")
    for theme in ("level", "probability", "unconnected"):
        choose(page, theme)
        page.wait_for_timeout(250)
        steps = steps_of_the_legend(page)
        assert steps == [rgb(colour) for colour in payload(content)["classes"][theme]["colours"]]
        legend.evaluate("legend => { legend.style.visibility = 'hidden'; }")
        filled = filled_colours(page)
        legend.evaluate("legend => { legend.style.visibility = ''; }")
        assert sum(near(step, filled) for step in steps) >= 4
        ground = {(233, 238, 241), (248, 250, 249), (185, 215, 232), (169, 180, 187), (51, 69, 79), (255, 255, 255)}
        assert {colour for colour in filled if not near(colour, steps)} <= ground


def test_the_threshold_recolours_level_and_probability_at_once(opened, content):
    page = opened(fragment="#theme=level&operator=viettel&dbm=-100")
    page.locator('.surface[data-shows="level viettel -100 false"]').wait_for()
    assert page.locator("#legend .tick").all_inner_texts() == ["−110", "−100", "−90", "−80", "−70"]
    assert page.locator("#threshold-value").inner_text() == "−100\u00a0dBm"
    page.focus("#threshold")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".surface").get_attribute("data-shows") == "level viettel -101 false"
    assert "dbm=-101" in page.url
    shares = []
    for level in (-120, -110, -95):
        page.fill("#threshold", str(level))
        shares.append(page.evaluate(SHARE))
        page.evaluate(f"location.hash = '#theme=level&operator=viettel&dbm={level}'")
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2] + 0.1
    choose(page, "probability")
    assert "−95\u00a0dBm" in page.locator("#legend h2").inner_text()
    page.click("#threshold-reset")
    assert page.locator(".surface").get_attribute("data-shows") == "probability viettel -110 false"
    assert "dbm=" not in page.url
    choose(page, "indoor")
    assert page.locator(".surface").get_attribute("data-shows") == "probability viettel -110 true"


SHARE = "Number(document.getElementById('ground').textContent.match(/[0-9]+,[0-9]/)[0].replace(',', '.'))"

CODES = """() => {
    const canvas = document.querySelector('.surface');
    const { width, height } = canvas;
    return [width, height, ...canvas.getContext('2d').getImageData(0, 0, width, height).data];
}"""


@pytest.mark.parametrize(("operator", "dbm", "indoor"), [("viettel", -104, 0), ("any", -110, 0), ("all", -97, 1)])
def test_probabilities_are_those_of_the_package(opened, content, operator, dbm, indoor):
    page = opened(fragment=f"#theme=probability&operator={operator}&dbm={dbm}&indoor={indoor}")
    page.locator(f'.surface[data-shows="probability {operator} {dbm} {str(bool(indoor)).lower()}"]').wait_for()
    width, height, *flat = page.evaluate(CODES)
    seen = np.array(flat, dtype=np.uint8).reshape(height, width, 4)
    classes = probability_classes()
    codes = {name: codes_of(raster) for name, raster in content.rasters.items()}
    margin = {name: level + LOWEST_DBM - 0.5 - 14 * indoor - dbm for name, (level, _) in codes.items()}
    p_each = np.stack(
        [np.where(codes[name][0] > 0, ndtr(margin[name] / np.maximum(codes[name][1] * SD_STEP_DB, 0.1)), np.nan).ravel()
         for name in codes], axis=1,
    )  # fmt: skip
    if operator == "any":
        p = 1 - joint_probability(1 - p_each, content.shared)
    elif operator == "all":
        p = np.where(np.isnan(p_each).any(axis=1), np.nan, joint_probability(p_each, content.shared))
    else:
        p = p_each[:, list(codes).index(operator)]
    p = p.reshape(height, width)
    assert ((seen[..., 3] == 0) == np.isnan(p)).all()
    known = np.isfinite(p)
    wanted = np.array([rgb(colour) for colour in classes.colours])[classes.index(p[known])]
    clear = np.abs(p[known][:, None] - classes.breaks).min(axis=1) > 0.02
    assert clear.mean() > 0.5
    assert (seen[known][:, :3][clear] == wanted[clear]).all()


def codes_of(raster):
    pictures = (draw_level(raster, level_classes(-110)), draw_deviation(raster))
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2])))).astype(float)
        for picture in pictures
    ]


@pytest.mark.alone
def test_a_legend_of_fixed_classes_turns_grey_below_the_threshold(opened):
    page = opened("vnpt", fragment="#theme=level&operator=any&dbm=-100")
    page.locator(".surface").wait_for()
    assert page.locator("#legend .tick").all_inner_texts() == ["−105", "−95", "−85", "−75", "−65"]
    assert steps_of_the_legend(page)[0] == rgb(UNUSABLE_COLOUR)
    assert "gradient" in page.locator("#legend .ramp li").nth(1).evaluate(
        "step => getComputedStyle(step).backgroundImage"
    )
    page.locator("#legend").evaluate("legend => { legend.style.visibility = 'hidden'; }")

    def grey():
        return (screen(page) == rgb(UNUSABLE_COLOUR)).all(axis=2).sum()

    much = grey()
    page.fill("#threshold", "-115")
    page.wait_for_timeout(100)
    assert 0 < grey() < much / 2


def test_the_threshold_of_a_phone_stands_where_the_map_is_seen(opened):
    page = opened(size=PHONE, fragment="#theme=level")
    page.locator(".surface").wait_for()
    slider, panel = (page.locator(name).bounding_box() for name in ("#threshold", "#panel"))
    assert slider["y"] + slider["height"] < panel["y"]
    page.fill("#threshold", "-98")
    assert page.locator("#legend .tick.usable").inner_text() == "−98"
