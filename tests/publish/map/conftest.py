import base64
import dataclasses
import os
import shutil

import pytest

from lomsong.publish.map import build_map
from lomsong.publish.map.palette import VNPT_BREAKS_DBM

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium; without one the tests are skipped, or fail where LOMSONG_REQUIRE_BROWSER=1."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing = pytest.fail if os.environ.get("LOMSONG_REQUIRE_BROWSER") == "1" else pytest.skip
        missing("no Chromium on the path; apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_file(content, new_content, tmp_path_factory):
    """Path of a page by name, built when it is first asked for."""
    folder = tmp_path_factory.mktemp("page")
    tiles = "https://tiles.example.org/{z}/{x}/{y}.png"
    contents = {
        "small": lambda: content,
        "evil": lambda: dataclasses.replace(
            content, communes=content.communes.assign(name="<img src=x onerror=alert(1)>")
        ),
        "viettel": lambda: dataclasses.replace(content, plan=content.plan | {"operator": "viettel"}),
        "untold": lambda: dataclasses.replace(
            content,
            ranking=content.ranking.assign(
                unsurveyed=0, unconnected=content.ranking["rank"].map({1: 13.9, 2: 1.0}).fillna(0)
            ),
        ),
        "hamlets": lambda: dataclasses.replace(
            content,
            plan=content.plan | {"objective": 40.0},
            served=content.served.head(10).assign(learners=4.0, towers=[(tower,) for tower in range(1, 11)]),
        ),
        "vnpt": lambda: dataclasses.replace(content, level_breaks_dbm=VNPT_BREAKS_DBM),
        "online": lambda: dataclasses.replace(content, base_map=tiles, base_map_credit="Nguồn mở"),
        "province": lambda: new_content(
            communes=160, points=600, cells=20_000, raster=(500, 450), survey=110_000, language="en"
        ),
    }

    def path(name):
        file = folder / f"{name}.html"
        if not file.exists():
            file.write_text(build_map(contents[name]()), encoding="utf-8")
        return file

    return path


@pytest.fixture
def opened(chromium, page_file):
    """Open a page; when the test ends, nothing may have been asked for or said."""
    contexts, faults = [], []

    def open_page(name="small", size=(1280, 800), fragment="", scheme="light", asks=None):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        address = page_file(name).as_uri()
        page.asked = []
        if asks:
            page.route(f"{asks}**", lambda route: (page.asked.append(route.request.url), route.fulfill(body=PIXEL)))
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda request: request.url.startswith((address, "data:", asks or "data:")) or faults.append(request.url),
        )
        page.goto(address + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
