import dataclasses
import json
import re
from pathlib import Path

import folium
import pandas as pd
import pytest

from lomsong.publish import map as map_package
from lomsong.publish.map import build_map
from lomsong.publish.map.page import OfflineMap, safe_json
from lomsong.publish.map.payload import payload
from lomsong.publish.privacy import published_ranking

VENDOR = Path(map_package.__file__).with_name("vendor")
EVIL = "<img src=x onerror=alert(1)>"


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S).group(1))


@pytest.fixture(scope="session")
def page(content):
    return build_map(content)


def test_only_leaflet_s_own_comments_name_an_address(page):
    ours = page
    for vendored in (VENDOR / "leaflet.css", VENDOR / "leaflet.js"):
        ours = ours.replace(vendored.read_text(encoding="utf-8").partition("//# source")[0], "")
    assert len(ours) < len(page) - 150_000
    assert not re.search(r"https?://|url\((?!#hatch)", ours)
    assert not re.search(r"<link[^>]+href=\"(?!data:)|<script[^>]+src=|sourceMappingURL", page)
    assert "default-src 'none'" in page


def test_same_content_same_bytes(page, content):
    assert build_map(content) == page


def test_the_licence_of_leaflet_travels_with_it(page):
    assert "BSD 2-Clause" in page


@pytest.mark.parametrize(
    "evil", [EVIL, "</script><script>alert(1)</script>", "{{ 7 * 7 }}{% raw %}", "a\u2028b", "<!--"]
)
def test_no_name_becomes_markup(page, content, evil):
    before = page.count(evil)
    communes = content.communes.assign(name=evil, parent_name=evil)
    named = build_map(dataclasses.replace(content, communes=communes, title=evil, territory=evil, data_note=evil))
    assert data_of(named)["communes"][0]["name"] == evil
    assert "<" not in evil or named.count(evil) == before
    assert "49" not in re.search(r"<h1>(.*?)</h1>", named).group(1)


def test_json_leaves_no_way_out_of_a_script():
    text = safe_json({"name": "</script>&\u2028\u2029<!--"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": "</script>&\u2028\u2029<!--"}


def test_language_of_the_page(page, content):
    assert '<html lang="vi">' in page
    english = build_map(dataclasses.replace(content, language="en"))
    assert '<html lang="en">' in english
    assert data_of(english)["texts"]["theme_towers"] == "Towers"


def test_no_household_no_identifier_of_places_no_small_count(page):
    data = data_of(page)
    assert not re.search(r"household|hamlet_id|school_id|site_id", json.dumps(data))
    counts = [hamlet["learners"] for hamlet in data["hamlets"]] + [school["pupils"] for school in data["schools"]]
    assert {"below": 5} in counts
    assert not [count for count in counts if not isinstance(count, dict) and 0 < count < 5]


def test_a_hidden_count_takes_its_share_and_interval_along(content):
    ranking = content.ranking.copy()
    ranking.loc[0, ["learners", "unconnected"]] = [1000, 2.0]
    code = ranking.loc[0, "commune_code"]
    data = payload(dataclasses.replace(content, ranking=ranking))
    commune = next(commune for commune in data["communes"] if commune["commune_code"] == code)
    assert (commune["gap"]["any"], commune["share"]["any"], commune["interval"]) == (
        {"below": 5},
        {"below": 0.005},
        None,
    )


def test_a_mostly_unsurveyed_commune_is_marked(content):
    ranking = content.ranking.assign(unsurveyed=content.ranking["learners"] * 0.6)
    assert all(
        commune["mostly_unsurveyed"] for commune in payload(dataclasses.replace(content, ranking=ranking))["communes"]
    )


def test_the_barest_content_makes_a_page(content):
    ranking = content.ranking[["rank", "rank_low", "rank_high", "commune_code", "name", "learners", "unconnected",
                               "unconnected_low", "unconnected_high", "share", "unsurveyed"]]  # fmt: skip
    bare = type(content)(
        title="t", territory="", communes=content.communes, ranking=ranking, operators=content.operators
    )
    data = data_of(build_map(bare))
    assert (data["hamlets"], data["towers"], data["level"], data["survey"], data["dots"]) == ([], [], {}, {}, None)
    assert list(data["totals"]["unconnected"]) == ["any"]


def test_a_commune_without_figures_stays_on_the_map(content):
    data = payload(dataclasses.replace(content, ranking=content.ranking.iloc[1:]))
    assert sum("gap" not in commune for commune in data["communes"]) == 1


def test_missing_values_are_null_never_nan(content):
    towers = content.towers.assign(grid_km=float("nan"), road_km=pd.NA)
    assert '"grid_km":null' in build_map(dataclasses.replace(content, towers=towers))


def test_layers_of_folium_can_be_added(content):
    offline = OfflineMap(content)
    folium.Rectangle([[11, 107], [11.1, 107.1]]).add_to(offline)
    page = offline.get_root().render()
    assert "L.rectangle" in page
    assert "map_lomsong" in page.rpartition("L.rectangle")[2]


def test_a_share_is_that_of_every_other_page(content):
    published = published_ranking(content.ranking, content.suppress_below).set_index("commune_code")["share"]
    for commune in payload(content)["communes"]:
        if not isinstance(commune["share"]["any"], dict):
            assert commune["share"]["any"] == round(published[commune["commune_code"]], 4)
