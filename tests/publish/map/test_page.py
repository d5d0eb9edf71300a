import dataclasses
import json
import re
from pathlib import Path

import folium
import numpy as np
import pandas as pd
import pytest

from lomsong.errors import UsageError
from lomsong.publish import map as map_package
from lomsong.publish.map import build_map
from lomsong.publish.map.page import OfflineMap, safe_json
from lomsong.publish.map.payload import payload
from lomsong.publish.map.values import share
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


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("https://{s}.tiles.example.org/{z}/{x}/{y}.png?key=1", "https://*.tiles.example.org"),
    ],
)
def test_an_online_base_map_opens_the_policy_for_its_pictures_alone(content, address, host):
    page = build_map(dataclasses.replace(content, base_map=address))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page).group(1)
    assert f"img-src data: {host};" in policy
    assert policy.count("https:") == 1
    assert data_of(page)["base"]["online"] == address


@pytest.mark.parametrize(
    "address",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org/{z}/{x}.png", "tiles.example.org",
        "https://a.b/{z}/{x}/{y} https://c.d", "https://a.b; script-src *; /{z}/{x}/{y}",
        'https://a.b/{z}/{x}/{y}"><script>alert(1)</script>',
    ],
)  # fmt: skip
def test_what_is_no_base_map_is_refused(content, address):
    with pytest.raises(UsageError, match="no address of a base map"):
        build_map(dataclasses.replace(content, base_map=address))


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
    assert (data["hamlets"], data["towers"], data["signal"], data["survey"], data["dots"]) == ([], [], None, {}, None)
    assert (data["claims"], data["reach"], data["totals"]["indoor"]) == (None, None, {})
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


def test_choices_of_towers_add_up_and_hide_small_groups(content):
    found = payload(content)["reach"]
    served = content.served
    for on in ({1}, {2, 5}, set(range(1, 11))):
        exact = served["learners"][[bool(on & set(orders)) for orders in served["towers"]]].sum()
        shown = sum(learners for orders, learners in found["sums"] if on & set(orders))
        assert abs(shown - exact) < 5 * len(found["sums"])
    assert sum(learners for _, learners in found["sums"]) == pytest.approx(served["learners"].sum(), abs=1)
    assert min(learners for _, learners in found["sums"]) >= content.suppress_below
    assert found["cells"]
    assert not found["tens"]
    towers = content.towers.assign(learners_gained=[2.0, *content.towers["learners_gained"].astype(float)[1:]])
    assert payload(dataclasses.replace(content, towers=towers))["reach"]["tens"]
    published = {(round(point.y, 5), round(point.x, 5)) for point in content.learners.geometry}
    assert {(latitude, longitude) for latitude, longitude, _ in found["cells"]} <= published


def test_indoor_counts_are_hidden_as_those_outdoors(content):
    indoor = content.indoor.copy()
    code = indoor.loc[0, "commune_code"]
    indoor.loc[0, "unconnected_any"] = 2.4
    data = payload(dataclasses.replace(content, indoor=indoor))
    commune = next(commune for commune in data["communes"] if commune["commune_code"] == code)
    assert commune["indoor"]["gap"]["any"] == {"below": 5}
    assert commune["indoor"]["interval"] is None
    assert set(commune["indoor"]["gap"]) == {"any", "all", *content.operators}
    assert data["totals"]["indoor"]["any"] % 10 == 0


def test_tested_hexagons_tell_the_worst_of_their_technologies(content):
    upheld = content.claims[content.claims["state"] == "upheld"]
    claims = pd.concat([content.claims, upheld.assign(technology="5G", state="overturned")], ignore_index=True)
    found = payload(dataclasses.replace(content, claims=claims))["claims"]
    assert set(found["hexagons"]) == {"viettel", "mobifone"}
    states = [found["states"][row[2]] for row in found["hexagons"]["viettel"]]
    assert len(states) == content.claims["hexagon"].nunique()
    assert "upheld" not in states
    assert len(found["corners"]) == 6


def test_a_hexagon_outside_of_all_communes_names_none(content):
    outside = content.claims.assign(commune_code=np.nan)
    found = payload(dataclasses.replace(content, claims=outside))["claims"]
    assert {row[-1] for rows in found["hexagons"].values() for row in rows} == {None}
    safe_json(found)


def test_a_share_is_that_of_every_other_page(content):
    published = published_ranking(content.ranking, content.suppress_below).set_index("commune_code")["share"]
    for commune in payload(content)["communes"]:
        if not isinstance(commune["share"]["any"], dict):
            assert commune["share"]["any"] == round(published[commune["commune_code"]], 6)


def test_a_share_is_rounded_once():
    assert share(107.2, 492) == pytest.approx(107 / 492, abs=1e-6), "21.748 % is 21.7 %; 21.75 % would be 21.8 %"


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "grounds"),
    [("ink", ("paper", "wash", "land")), ("soft", ("paper", "wash")), ("accent", ("paper",)), ("name", ("land",)),
     ("accent-ink", ("accent",)), ("note-ink", ("note",)), ("reached-ink", ("paper",))],
)  # fmt: skip
def test_texts_have_the_contrast_that_wcag_asks_for(dark, ink, grounds):
    style = Path(map_package.__file__).with_name("map.css").read_text(encoding="utf-8")
    light, second = re.findall(r":root \{(.*?)\}", style, re.S)[:2]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light + (second if dark else "")))
    for ground in grounds:
        one, other = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (one + 0.05) / (other + 0.05) >= 4.5, (ink, ground)
