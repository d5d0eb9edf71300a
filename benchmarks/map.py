"""The offline map of a whole province: size, first paint and every control, beside plain folium markers.

``python benchmarks/map.py [MAP.html]`` makes a province the size of Đồng Nai as it reaches the map: 95 communes, 1.2
million households gathered to cells of at least five learners, three operators with a surface of 100 m each, 110,000
survey bins, 950 hamlets, 900 schools, 20 towers. No stage of a run is needed. It opens the page in headless Chromium
with the network off and measures, through the DevTools protocol, the first contentful paint and, for each control, the
time from the input to the next paint and the processor time of the page, the least of several tries: what else the
machine does at the moment is not the page's. Then a folium map of 20 markers a commune, without a network and, since it
then stays blank, with Leaflet served from memory in place of its hosts.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pyproj import CRS
from scipy.ndimage import gaussian_filter

from lomsong.publish import map as lomsong_map
from lomsong.publish.map import MapContent, SignalRaster, build_map
from lomsong.publish.privacy import learner_cells
from lomsong.tables import OPERATORS

METRIC = CRS.from_epsg(3405)
WEST, SOUTH, WIDTH, HEIGHT = 700_000.0, 1_170_000.0, 112_000.0, 144_000.0
COMMUNES, HOUSEHOLDS, HAMLETS, SCHOOLS, TOWERS = 95, 1_200_000, 950, 900, 20
BINS = 110_000
STEP_M = 100.0
STATES = np.array(["usable", "weak", "none", "unsurveyed"])
MARKERS_A_COMMUNE = 20
TRIES = 5
MOST_MB, MOST_PAINT_MS, MOST_CONTROL_MS = 6.0, 1000.0, 150.0


def main() -> None:
    """Print sizes and times."""
    with tempfile.TemporaryDirectory() as folder:
        page_file = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(folder) / "map.html"
        communes = _communes(np.random.default_rng(1))
        if len(sys.argv) == 1:
            content = _province(communes, np.random.default_rng(2))
            began = time.process_time()
            page = build_map(content)
            took = time.process_time() - began
            print(f"built in {took:.1f} s of processor time; same bytes: {build_map(content) == page}")
            page_file.write_text(page, encoding="utf-8")
        markers = Path(folder) / "markers.html"
        began = time.process_time()
        _plain(communes, np.random.default_rng(3)).save(markers)
        print(f"folium markers: built in {time.process_time() - began:.1f} s of processor time")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            _report(browser, page_file)
            _compare(browser, markers)
            browser.close()


def _territory(rng: np.random.Generator) -> shapely.Geometry:
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    wobble = sum(rng.normal(0, 0.07 / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 40))
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * (1 + wobble)[:, None]
    return shapely.Polygon(ring * [WIDTH / 2, HEIGHT / 2] + [WEST + WIDTH / 2, SOUTH + HEIGHT / 2])


def _communes(rng: np.random.Generator) -> gpd.GeoDataFrame:
    territory = _territory(rng)
    west, south, east, north = territory.bounds
    seeds = rng.uniform([west, south], [east, north], (COMMUNES * 8, 2))
    seeds = seeds[shapely.contains_xy(territory, seeds)][:COMMUNES]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=territory))
    parts = [shapely.intersection(cell, territory) for cell in cells]
    names = {
        "commune_code": [f"{26000 + n}" for n in range(len(parts))],
        "name": [f"Xã số {n}" for n in range(len(parts))],
        "kind": "xã",
        "parent_name": [f"huyện {n % 11}" for n in range(len(parts))],
    }
    return gpd.GeoDataFrame(names, geometry=parts, crs=METRIC).to_crs(4326)


def _inside(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    west, south, east, north = communes.total_bounds
    at = rng.uniform([west, south], [east, north], (count * 2, 2))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at.T, crs=4326))
    found = gpd.sjoin(points, communes[["commune_code", "geometry"]], predicate="within")
    return found.drop(columns="index_right").head(count).reset_index(drop=True)


def _surface(territory: shapely.Geometry, rng: np.random.Generator) -> SignalRaster:
    """Return a level of hills and of sites, with the fine grain of terrain, four fifths of it surveyed."""
    shape = (round(HEIGHT / STEP_M), round(WIDTH / STEP_M))
    fields = [gaussian_filter(rng.normal(size=shape), side) for side in (90, 25, 6)]
    level = -98 + sum(size * field / field.std() for size, field in zip((9, 6, 4), fields, strict=True))
    level = level + rng.normal(0, 1.0, shape)
    known = gaussian_filter(rng.normal(size=shape), 40)
    near = gaussian_filter(rng.random(shape), 3)
    deviation = 5.5 + 2 * (near - near.mean()) / near.std() * 0.4
    transform = Affine(STEP_M, 0, WEST, 0, -STEP_M, SOUTH + HEIGHT)
    easting = WEST + STEP_M * (np.arange(shape[1]) + 0.5)
    northing = SOUTH + HEIGHT - STEP_M * (np.arange(shape[0]) + 0.5)
    level[~shapely.contains_xy(territory, *np.meshgrid(easting, northing))] = np.nan
    known_enough = known > np.quantile(known, 0.2)
    return SignalRaster(level.astype(np.float32), deviation.astype(np.float32), known_enough, transform, METRIC)


def _ranking(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    learners = rng.integers(3_000, 15_000, len(communes))
    share = np.clip(rng.gamma(0.5, 0.1, len(communes)), 0, 0.95)
    table = pd.DataFrame({"commune_code": communes["commune_code"], "name": communes["name"], "learners": learners})
    table["unconnected"] = learners * share
    table = table.sort_values("unconnected", ascending=False, ignore_index=True)
    rank = np.arange(1, len(table) + 1)
    gap = table["unconnected"]
    each = {f"unconnected_{name}": np.minimum(gap * 1.6, table["learners"]) for name in OPERATORS}
    return table.assign(
        rank=rank, rank_low=np.maximum(rank - 2, 1), rank_high=np.minimum(rank + 2, len(table)),
        unconnected_low=gap * 0.85, unconnected_high=np.minimum(gap * 1.2, table["learners"]),
        unconnected_all=np.minimum(gap * 2.2, table["learners"]), share=gap / table["learners"],
        unsurveyed=(table["learners"] * rng.uniform(0, 0.6, len(table))).astype(int),
        schools_without_signal=rng.integers(0, 5, len(table)), hamlets=10, **each,
    )  # fmt: skip


def _homes(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return homes in 6,000 clusters, a tenth of which lie without signal."""
    centres = _inside(communes, 6_000, rng).to_crs(METRIC)
    at = shapely.get_coordinates(centres.geometry)
    cluster = rng.integers(0, len(at), HOUSEHOLDS)
    homes = at[cluster] + rng.normal(0, 400, (HOUSEHOLDS, 2))
    lost = rng.random(len(at)) < 0.1
    p_usable = np.where(lost[cluster], rng.uniform(0, 0.4, HOUSEHOLDS), rng.uniform(0.97, 1, HOUSEHOLDS))
    return gpd.GeoDataFrame(
        {"learners": rng.integers(0, 3, HOUSEHOLDS), "p_usable": p_usable},
        geometry=gpd.points_from_xy(*homes.T, crs=METRIC),
    )


def _places(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> dict[str, gpd.GeoDataFrame]:
    hamlets, schools = _inside(communes, HAMLETS, rng), _inside(communes, SCHOOLS, rng)
    learners = rng.integers(0, 1_500, len(hamlets))
    states = {f"state_{name}": rng.choice(STATES, len(schools)) for name in OPERATORS}
    return {
        "hamlets": hamlets.assign(
            hamlet_id=[f"A{n}" for n in range(len(hamlets))], name=[f"Ấp {n}" for n in range(len(hamlets))],
            grid_power="yes", learners=learners, unconnected=learners * rng.random(len(hamlets)) ** 4,
            state=rng.choice(STATES, len(hamlets)),
        ),
        "schools": schools.assign(
            school_id=[f"T{n}" for n in range(len(schools))], name=[f"Tiểu học số {n}" for n in range(len(schools))],
            pupils=rng.integers(20, 900, len(schools)), p_usable=rng.random(len(schools)).round(2),
            state=rng.choice(STATES, len(schools)), **states,
        ),
    }  # fmt: skip


def _plan(communes: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, rng: np.random.Generator) -> dict[str, Any]:
    lacking = cells[cells["unconnected"] >= 1].reset_index(drop=True)
    sites = lacking.sample(TOWERS, random_state=4).geometry.reset_index(drop=True)
    at, of = (shapely.get_coordinates(points.to_crs(METRIC)) for points in (lacking.geometry, sites))
    away = np.linalg.norm(at[:, None] - of[None], axis=2)
    reached = [tuple((np.flatnonzero(row < 9_000) + 1).tolist()) for row in away]
    served = lacking[["geometry"]].assign(learners=lacking["unconnected"], towers=reached)
    served = served[served["towers"].map(len) > 0].reset_index(drop=True)
    gained = np.sort(rng.uniform(100, 2_000, TOWERS))[::-1]
    towers = gpd.GeoDataFrame(
        {"candidate_id": [f"C{n}" for n in range(TOWERS)], "order": np.arange(1, TOWERS + 1), "learners_gained": gained,
         "cumulative": gained.cumsum(), "height_m": 42.0, "ground_m": 80.0, "forest_class": "none", "road_km": 0.3,
         "grid_km": 1.2, "power": "grid", "backhaul": "microwave", "backhaul_hop_km": 9.5},
        geometry=sites, crs=4326,
    )  # fmt: skip
    return {"towers": towers, "served": served,
            "plan": {"objective": served["learners"].sum(), "bound": served["learners"].sum(), "gap": 0.0,
                     "status": "optimal"}}  # fmt: skip


def _survey(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    drives = shapely.get_coordinates(_inside(communes, 100, rng).geometry)
    at = (drives[:, None] + rng.normal(0, 0.0011, (100, BINS // 100, 2)).cumsum(axis=1)).reshape(-1, 2)
    level = rng.normal(-98, 12, len(at))
    columns = {
        "operator": rng.choice(list(OPERATORS), len(at)),
        "level_dbm": np.where(level < -118, np.nan, level),
        "service": np.where(level < -118, "no_service", "level"),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*at.T, crs=4326))


def _claims(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    cells = sorted(h3.geo_to_cells(communes.union_all(), 8))[::3]
    centres = np.array([h3.cell_to_latlng(cell) for cell in cells])
    shapes = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells]
    parts = []
    for operator in OPERATORS:
        state = rng.choice(["upheld", "overturned", "open"], len(cells), p=(0.3, 0.1, 0.6))
        columns = {
            "operator": operator, "technology": "4G", "hexagon": cells, "latitude": centres[:, 0],
            "longitude": centres[:, 1], "commune_code": communes["commune_code"].iloc[0], "state": state,
            "tests": rng.integers(1, 60, len(cells)), "failures": rng.integers(0, 9, len(cells)),
            "median_dbm": rng.normal(-100, 9, len(cells)).round(), "claimed_dbm": -110.0, "cause": None,
            "lacking": np.where(state == "open", "places", None),
        }  # fmt: skip
        parts.append(gpd.GeoDataFrame(columns, geometry=shapes, crs=4326))
    return pd.concat(parts, ignore_index=True)


def _zones(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    at = _inside(communes, 150, rng)
    shapes = at.to_crs(METRIC).buffer(900).simplify(60).to_crs(4326)
    lacking = np.sort(rng.uniform(6, 600, len(at)))[::-1]
    return at.set_geometry(shapes).assign(
        zone_id=[f"Z{n}" for n in range(len(at))], name=[f"Ấp {n}" for n in range(len(at))], learners=lacking + 9,
        unconnected=lacking, unconnected_low=lacking * 0.8, unconnected_high=lacking * 1.1, schools=1,
        schools_without_signal=1, grid_power="no", grid_km=5.2, road_km=0.4, forest_class="special_use",
        obstacles=[("no_grid", "far_from_site")] * len(at),
    )  # fmt: skip


def _lines(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    one, other = (shapely.get_coordinates(_inside(communes, count, rng).geometry) for _ in range(2))
    along = np.linspace(0, 0.3, 30)[None, :, None]
    walk = one[:, None] * (1 - along) + other[:, None] * along + rng.normal(0, 0.0015, (count, 30, 2)).cumsum(axis=1)
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(walk)), crs=4326)


def _province(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> MapContent:
    ranking = _ranking(communes, rng)
    cells = learner_cells(_homes(communes, rng))
    territory = communes.to_crs(METRIC).union_all()
    indoor = ranking.rename(columns={"unconnected": "unconnected_any", "unconnected_low": "unconnected_any_low",
                                     "unconnected_high": "unconnected_any_high"})  # fmt: skip
    sites = _inside(communes, 1_500, rng)
    lake = _inside(communes, 3, rng).to_crs(METRIC).buffer(6_000).to_crs(4326)
    print(f"{len(communes)} communes, {HOUSEHOLDS:,} households in {len(cells):,} cells, {BINS:,} survey bins")
    return MapContent(
        title="Bản đồ vùng lõm sóng", territory="Tỉnh mô phỏng", data_note="Số liệu mô phỏng", communes=communes,
        ranking=ranking, operators=dict(OPERATORS), learners=cells, indoor=indoor, indoor_loss_db=14.0, shared=0.3,
        rasters={name: _surface(territory, rng) for name in OPERATORS}, claims=_claims(communes, rng),
        zones=_zones(communes, rng), survey=_survey(communes, rng), roads=_lines(communes, 500, rng),
        power_lines=_lines(communes, 60, rng),
        sites=sites.assign(
            site_id=[f"S{n}" for n in range(len(sites))], operator=rng.choice(list(OPERATORS), len(sites))
        ),
        water=gpd.GeoDataFrame(geometry=lake, crs=4326), forest=gpd.GeoDataFrame(geometry=lake, crs=4326),
        **_places(communes, rng), **_plan(communes, cells, rng),
    )  # fmt: skip


def _plain(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> folium.Map:
    found = folium.Map(location=[11.1, 107.1], zoom_start=9)
    points = _inside(communes, COMMUNES * MARKERS_A_COMMUNE, rng).geometry
    for number, point in enumerate(points):
        folium.Marker([point.y, point.x], tooltip=f"Ấp {number}", popup=f"Ấp {number}").add_to(found)
    return found


INPUTS = """new PerformanceObserver(list => {
    for (const entry of list.getEntries()) lastInput = Math.max(lastInput, entry.duration);
}).observe({type: 'event', durationThreshold: 16}); lastInput = 0;"""

PAINT = """new Promise(resolve => {
    new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(
        entry => resolve(entry.startTime)
    )).observe({type: 'paint', buffered: true});
})"""


def _opened(browser: Browser, page_file: Path) -> tuple[Page, list[str], list[str]]:
    page = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True).new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: request.url.startswith(("data:", "file:")) or requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(page_file.as_uri())
    return page, requests, messages


def _report(browser: Browser, page_file: Path) -> None:
    painted = []
    for _ in range(TRIES):
        page, _, _ = _opened(browser, page_file)
        painted.append(page.evaluate(PAINT))
        page.context.close()
    page, requests, messages = _opened(browser, page_file)
    page.wait_for_timeout(3_000)
    page.evaluate(f"var lastInput; {INPUTS}")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    size = page_file.stat().st_size / 1e6
    print(f"size {size:.2f} MB (at most {MOST_MB:g}); first paint {min(painted):.0f} ms (at most {MOST_PAINT_MS:g})")
    print(f"{'control':>32}  input to paint, ms  processor, ms")
    slowest = 0.0
    for name, prepare, act in _controls():
        found = [_timed(page, devtools, prepare, act) for _ in range(TRIES)]
        least, cpu = (min(each) for each in zip(*found, strict=True))
        slowest = max(slowest, least)
        print(f"{name:>32}  {least:18.0f}  {cpu:13.0f}")
    print(f"slowest control {slowest:.0f} ms (at most {MOST_CONTROL_MS:g})")
    print(f"requests {len(requests)}, console messages {len(messages)} {messages[:3]}")
    page.context.close()


def _timed(page: Page, devtools: Any, prepare: str, act: str) -> tuple[float, float]:
    """Return the time from the input to the next paint, and the processor time of the page until it is at rest."""
    for earlier in filter(None, prepare.split("; ")):
        _do(page, earlier)
    page.wait_for_timeout(250)
    page.evaluate("lastInput = 0")
    before = _busy_s(devtools)
    _do(page, act)
    page.wait_for_timeout(350)
    return page.evaluate("lastInput"), 1e3 * (_busy_s(devtools) - before)


def _busy_s(devtools: Any) -> float:
    metrics = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _do(page: Page, act: str) -> None:
    """Do one thing: choose a value, press a key in a field, or click."""
    kind, _, what = act.partition(" ")
    if kind == "choose":
        _click(page, f"label:has(input[value={what}])")
    elif kind == "key":
        field, _, key = what.partition(" ")
        page.focus(field)
        page.keyboard.press(key)
    else:
        _click(page, what)


def _click(page: Page, selector: str) -> None:
    found = page.locator(selector).first
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None, selector
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _controls() -> list[tuple[str, str, str]]:
    """Return name, what is done before, and what is timed."""
    themes = ("unconnected", "share", "zones", "level", "probability", "survey", "claims", "towers")
    return [
        *[(f"theme {one}", "choose unconnected" if one != "unconnected" else "choose level", f"choose {one}")
          for one in themes],
        *[(f"{theme}, {one}", f"choose {theme}; choose {other}", f"choose {one}")
          for theme in ("unconnected", "level", "probability", "survey")
          for one, other in (("any", "viettel"), ("all", "any"), ("mobifone", "any"))],
        ("claims, mobifone", "choose claims; choose viettel", "choose mobifone"),
        ("threshold, level", "choose level; choose any", "key #threshold ArrowRight"),
        ("threshold, probability", "choose probability; choose any", "key #threshold ArrowLeft"),
        ("indoors, probability", "choose probability; choose outdoor", "choose indoor"),
        ("outdoors, probability", "choose probability; choose indoor", "choose outdoor"),
        ("indoors, unconnected", "choose unconnected; choose any; choose outdoor", "choose indoor"),
        ("one tower", "choose towers", "click #towers tbody input"),
        ("all towers off or on", "choose towers", "click .actions button:not(:disabled)"),
        ("before and after", "choose towers", "click #compare"),
        ("filter", "choose unconnected; key #filter Escape", "key #filter m"),
        ("sort by name", "key #filter Escape", "click #communes th.name button"),
        ("card of a commune", "", "click #communes tbody tr button"),
    ]  # fmt: skip


def _compare(browser: Browser, page_file: Path) -> None:
    page, requests, messages = _opened(browser, page_file)
    page.wait_for_timeout(1_000)
    drawn = page.locator(".leaflet-marker-icon").count()
    size = page_file.stat().st_size / 1e6
    count = COMMUNES * MARKERS_A_COMMUNE
    print(f"folium, {count} markers: {size:.2f} MB; without a network it asks for {len(requests)} files, says "
          f"{len(messages)} things and draws {drawn} markers")  # fmt: skip
    page.context.close()
    painted = [_served_markers(browser, page_file) for _ in range(TRIES)]
    print(f"folium with Leaflet served from memory: all markers painted after {min(painted):.0f} ms")


def _served_markers(browser: Browser, page_file: Path) -> float:
    vendor = Path(lomsong_map.__file__).with_name("vendor")
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name in ("leaflet.js", "leaflet.css"):
            route.fulfill(path=vendor / name)
        elif route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.fulfill(body="", content_type="text/javascript" if name.endswith(".js") else "text/css")

    context.route("**/*", serve)
    page = context.new_page()
    page.add_init_script("window.L_NO_TOUCH = true; window.$ = () => [document.createElement('div')];")
    page.goto(page_file.as_uri())
    page.wait_for_function(
        f"document.querySelectorAll('.leaflet-marker-icon').length >= {COMMUNES * MARKERS_A_COMMUNE}", timeout=60_000
    )
    at_ms = page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
                          ".then(() => performance.now())")  # fmt: skip
    context.close()
    return float(at_ms)


if __name__ == "__main__":
    main()
