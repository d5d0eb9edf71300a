"""The page in a real browser, without a network: what it asks, says, paints and does."""

import dataclasses
import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from lomsong.publish.map import build_map
from lomsong.publish.map.palette import rgb
from lomsong.publish.map.payload import payload

pytestmark = pytest.mark.browser

THEMES = ("unconnected", "share", "zones", "level", "probability", "survey", "towers")
DESK, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="module")
def files(content, new_content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    evil = content.communes.assign(name="<img src=x onerror=alert(1)>")
    pages = {
        "small": build_map(content),
        "evil": build_map(dataclasses.replace(content, communes=evil)),
        "province": build_map(
            new_content(communes=160, points=600, cells=20_000, raster=(500, 450), survey=60_000, language="en")
        ),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium, files):
    """Open a page; when the test ends, nothing may have been asked for or said."""
    contexts, faults = [], []

    def open_page(name="small", size=DESK, fragment="", scheme="light"):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        address = (files / f"{name}.html").as_uri()
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: request.url.startswith((address, "data:")) or faults.append(request.url))
        page.goto(address + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def choose(page, value):
    page.locator(f"label:has(input[value={value}])").click()


def screen(page):
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def test_the_whole_province_paints_in_time(opened, files, first_paint_ms):
    # The best of three: what else the machine does at the moment is not the page's.
    assert min(first_paint_ms(opened("province")) for _ in range(3)) < 1500
    page = opened("province")
    assert (files / "province.html").stat().st_size < 6_000_000
    assert page.locator("#communes tbody tr").count() == 160


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "light"), (PHONE, "dark")])
def test_every_theme_of_every_operator(opened, tmp_path, size, scheme):
    page = opened(size=size, scheme=scheme)
    if size == PHONE:
        page.click("#sheet")
    driven = 0
    for theme, operator in itertools.product(THEMES, ("any", "all", "viettel", "vinaphone", "mobifone")):
        choose(page, theme)
        if page.locator(f"input[value={operator}]").is_disabled():
            assert (theme, operator) in {("level", "all"), ("probability", "all")}
            continue
        choose(page, operator)
        assert page.locator("#legend h2").get_attribute("data-theme") == theme
        assert f"theme={theme}&operator={operator}" in page.url
        assert page.locator(".surface").count() == (theme in ("level", "probability"))
        assert page.locator(".tower").count() == (10 if theme == "towers" else 0)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        driven += 1
        if operator == "any":
            page.screenshot(path=tmp_path / f"{theme}-{size[0]}-{scheme}.png")
    assert driven == 33


def test_a_gap_zone_tells_what_is_in_the_way(opened, content):
    page = opened(fragment="#theme=zones&operator=any")
    rows = page.locator("#zones tbody tr")
    assert rows.count() == page.locator("path.zone").count() == len(content.zones)
    assert page.locator("#communes").is_hidden()
    assert "chưa có điện lưới · rừng đặc dụng · xa trạm BTS" in rows.first.inner_text()
    rows.first.locator("button").click()
    card = page.locator("#card")
    assert content.zones["name"].iloc[0] in card.inner_text()
    assert f"{content.zones['unconnected'].iloc[0]:.0f}" in card.inner_text()
    assert "households" not in page.locator("#data").inner_text()
    choose(page, "unconnected")
    assert page.locator("path.zone").count() == 0


def test_legend_titles_belong_to_their_themes(opened, content):
    page = opened()
    titles = payload(content)["texts"]
    for theme in THEMES:
        choose(page, theme)
        assert page.locator("#legend h2").inner_text() == titles[f"legend_{theme}"]


def test_colours_on_the_screen_are_the_legend_s(opened, content):
    page = opened()
    page.locator("#legend").evaluate("legend => { legend.style.visibility = 'hidden'; }")
    for theme in ("level", "probability", "unconnected"):
        choose(page, theme)
        page.wait_for_timeout(150)
        colours = {rgb(colour) for colour in payload(content)["classes"][theme]["colours"]}
        seen, counts = np.unique(screen(page)[:, 430:].reshape(-1, 3), axis=0, return_counts=True)
        filled = {tuple(colour) for colour, count in zip(seen.tolist(), counts, strict=True) if count > 1500}
        assert len(filled & colours) >= 4
        if theme != "unconnected":
            pixels = page.evaluate("document.querySelector('.surface').src")
            assert pixels == payload(content)[theme]["any"]["uri"]


def test_filter_without_diacritics_and_the_card_of_a_row(opened):
    page = opened()
    page.fill("#filter", "ma da")
    rows = page.locator("#communes tbody tr")
    assert rows.count() == 1
    rows.first.locator("button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text() == "Mã Đà"
    assert re.search(r"&commune=26\d{3}$", page.url)
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()


def test_sorting_by_name_and_share(opened):
    page = opened()
    page.click("#communes th.name button")
    names = page.locator("#communes th.name[scope=row] button").all_inner_texts()
    assert names[0] == "Đắk Lua"
    assert names.index("Đắk Lua") < names.index("Hiếu Liêm") < names.index("Vĩnh Tân")
    page.click("#communes th.share button")
    shares = [float(text.rstrip("%").replace(",", ".")) for text in page.locator("td.share").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert page.locator("#communes th.share").get_attribute("aria-sort") == "descending"


def test_a_tower_s_card_names_what_stands_in_the_way(opened):
    page = opened()
    choose(page, "towers")
    page.locator("#towers tbody tr").nth(1).locator("button").click()
    words = page.locator("#card").inner_text()
    assert "Trạm đề xuất 2" in words
    assert "42\u00a0m" in words
    assert "Cách lưới điện" in words


def test_hamlets_in_the_card_lead_to_their_own(opened):
    page = opened()
    page.locator("#communes tbody tr").nth(2).click()
    first = page.locator("#card .places button").first
    name = first.inner_text()
    first.click()
    assert page.locator("#card h2").inner_text() == name
    page.click("#card .back")
    assert page.locator("#card h2").inner_text() == page.locator("#communes tr.chosen th button").inner_text()


def test_the_address_restores_what_was_seen(opened):
    page = opened(fragment="#theme=level&operator=viettel&view=10.5/11.1000/107.1000&commune=26003")
    assert page.locator("#legend h2").get_attribute("data-theme") == "level"
    assert page.locator("input[value=viettel]").is_checked()
    assert page.locator("#card").is_visible()
    assert "view=10.5/11.1000/107.1000" in page.url
    page.evaluate("location.hash = '#theme=share&operator=any'")
    page.wait_for_function("document.querySelector('#legend h2').dataset.theme === 'share'")


def test_a_foreign_address_does_no_harm(opened):
    page = opened(fragment="#theme=nonsense&operator=<img>&view=a/b/c&commune=99999")
    assert page.locator("#legend h2").get_attribute("data-theme") == "unconnected"
    assert page.locator("#card").is_hidden()


def test_a_commune_named_in_markup_is_only_a_name(opened):
    page = opened("evil")
    page.locator("#communes tbody tr").first.click()
    page.mouse.move(800, 420)
    page.wait_for_timeout(100)
    assert page.locator("#card h2").inner_text() == "<img src=x onerror=alert(1)>"
    assert page.locator("img[src=x]").count() == 0


def test_every_control_has_a_name(opened):
    page = opened()
    page.click("#legend summary")
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, input, a[role=button]')]
        .map((control) => control.labels?.[0]?.innerText || control.innerText || control.ariaLabel || control.title)
        .filter((name) => !name.trim()).length""")
    assert nameless == 0
    assert page.evaluate("document.documentElement.lang") == "vi"


def test_numbers_in_the_reader_s_form(opened):
    assert re.search(r"≈ \d{1,3}\.\d{3}", opened().locator("#total").inner_text())
    assert re.search(r"≈ \d{1,3},\d{3}", opened("province").locator("#total").inner_text())


def test_the_sheet_of_a_phone_opens_and_closes(opened, tmp_path):
    page = opened(size=PHONE)
    assert page.locator("#filter").is_hidden()
    page.click("#sheet")
    assert page.locator("#filter").is_visible()
    assert page.locator("#sheet").get_attribute("aria-expanded") == "true"
    page.screenshot(path=tmp_path / "sheet.png")
    page.locator("#communes tbody tr").first.click()
    assert page.locator("#sheet").get_attribute("aria-expanded") == "false"
    assert page.locator("#card").is_visible()


def test_symbols_can_be_hidden(opened):
    page = opened()
    page.click("#legend summary")
    assert page.locator("path.base-roads").count() == 1
    page.uncheck("input[name=show-roads]")
    assert page.locator("path.base-roads").count() == 0
    assert not page.locator("input[name=show-roads]").is_checked()


COVERED = """() => {
    const boxes = ['#legend', '#panel'].map((name) => document.querySelector(name).getBoundingClientRect());
    return [...document.querySelectorAll('path.commune')].filter((path) => {
        const matrix = path.getScreenCTM();
        const length = path.getTotalLength();
        return Array.from({ length: 60 }, (_, part) => path.getPointAtLength(length * part / 60))
            .map((point) => point.matrixTransform(matrix))
            .some(({ x, y }) => boxes.some((box) => x > box.left && x < box.right && y > box.top && y < box.bottom));
    }).length;
}"""


@pytest.mark.parametrize("size", [DESK, PHONE, (1024, 700)])
def test_nothing_covers_the_territory_at_first(opened, size):
    page = opened(size=size)
    assert page.evaluate(COVERED) == 0


def test_drawings_lie_on_whole_pixels(opened):
    page = opened(fragment="#theme=unconnected&operator=any")
    offsets = "[...document.querySelectorAll('.leaflet-pane > svg, canvas')].map((drawing) => drawing.style.transform)"
    page.evaluate("location.hash = '#view=10.3/11.1234/107.1234'")
    page.wait_for_function("location.hash.includes('theme=unconnected')")
    transforms = page.evaluate(offsets)
    assert len(transforms) >= 4
    assert not [transform for transform in transforms if re.search(r"\d\.\d", transform)]


def test_the_closed_sheet_shows_its_heading_whole(opened):
    page = opened(size=PHONE)
    panel, summary = (page.locator(name).bounding_box() for name in ("#panel", ".summary"))
    assert summary["y"] + summary["height"] <= panel["y"] + panel["height"] + 1 <= PHONE[1] + 1
    assert page.locator("#legend").is_visible()
    page.click("#sheet")
    assert page.locator("#legend").is_hidden()


def test_ranks_of_one_operator_are_counted_off(opened):
    page = opened()
    assert page.locator("#communes td.rank small").count() == 12
    choose(page, "mobifone")
    assert page.locator("#communes td.rank").all_inner_texts() == [str(rank) for rank in range(1, 13)]


def test_what_the_plan_proves_is_said_of_the_candidates(opened):
    page = opened()
    choose(page, "towers")
    words = page.locator("#plan-summary").inner_text()
    assert "ước tính" in words
    assert "Trong số các vị trí ứng viên" in words
    assert "5 người học" in page.locator("#legend").inner_text()
