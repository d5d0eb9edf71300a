"""A made-up province of any size: enough of everything to fill a map and a workbook, from one seed."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from scipy.ndimage import gaussian_filter

from lomsong.publish.map import MapContent, SignalRaster
from lomsong.surface.scores import reliability, score
from lomsong.surface.validation import Validation
from lomsong.tables import OPERATORS

WEST, SOUTH, EAST, NORTH = 106.75, 10.55, 107.6, 11.6
NAMES = (
    "Mã Đà", "Hiếu Liêm", "Phú Lý", "Trị An", "Vĩnh Tân", "Thanh Sơn", "Phú Túc", "La Ngà", "Xuân Bắc", "Đắk Lua",
    "Nam Cát Tiên", "Tân An", "Bàu Hàm", "Sông Trầu", "Gia Kiệm", "Xuân Lộc", "Cẩm Mỹ", "Sông Ray", "Long Khánh",
    "Biên Hòa", "Trảng Bom", "Thống Nhất", "Định Quán", "Tân Phú", "Xuân Thành", "Phú Vinh", "Bình Lộc", "Xuân Đường",
    "Nhơn Trạch", "Long Thành", "Phước An", "Đại Phước",
)  # fmt: skip
DISTRICTS = ("Vĩnh Cửu", "Định Quán", "Thống Nhất", "Long Thành")
STATES = np.array(["usable", "weak", "none", "unsurveyed"])


def _territory(rng: np.random.Generator) -> shapely.Geometry:
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    wobble = sum(rng.normal(0, 0.09 / k) * np.cos(k * angles + rng.uniform(0, 6)) for k in range(2, 9))
    x = (WEST + EAST) / 2 + 0.42 * (1 + wobble) * np.cos(angles)
    y = (SOUTH + NORTH) / 2 + 0.5 * (1 + wobble) * np.sin(angles)
    return shapely.Polygon(np.column_stack([x, y]))


def _communes(count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    territory = _territory(rng)
    west, south, east, north = territory.bounds
    seeds = rng.uniform([west, south], [east, north], (count * 8, 2))
    seeds = seeds[shapely.contains_xy(territory, seeds)][:count]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=territory))
    parts = [shapely.intersection(cell, territory) for cell in cells]
    names = [NAMES[i % len(NAMES)] + ("" if i < len(NAMES) else f" {i // len(NAMES) + 1}") for i in range(len(parts))]
    return gpd.GeoDataFrame(
        {
            "commune_code": [f"{26000 + i}" for i in range(len(parts))],
            "name": names,
            "kind": ["phường" if i % 5 == 4 else "xã" for i in range(len(parts))],
            "parent_name": [f"huyện {DISTRICTS[(i // 6) % len(DISTRICTS)]}" for i in range(len(parts))],
        },
        geometry=parts,
        crs=4326,
    )


def _ranking(communes: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(communes)
    learners = rng.integers(300, 9000, count)
    share = np.clip(rng.gamma(0.6, 0.16, count), 0, 0.95)
    share[0] = 0.62
    unconnected = learners * share
    spread = 0.12 * unconnected + 8
    table = pd.DataFrame(
        {
            "commune_code": communes["commune_code"],
            "name": communes["name"],
            "learners": learners,
            "unconnected": unconnected,
            "unconnected_low": np.maximum(unconnected - spread, 0),
            "unconnected_high": np.minimum(unconnected + spread, learners),
            "share": share,
            "unsurveyed": (learners * np.where(rng.random(count) < 0.12, 0.8, rng.uniform(0, 0.2, count))).astype(int),
            "schools_without_signal": rng.integers(0, 5, count),
            "hamlets": rng.integers(3, 9, count),
            "unconnected_all": np.minimum(unconnected * 2.1 + 40, learners),
        }
    )
    for factor, operator in zip((1.2, 1.5, 1.8), OPERATORS, strict=True):
        table[f"unconnected_{operator}"] = np.minimum(unconnected * factor, learners)
    table = table.sort_values("unconnected", ascending=False, ignore_index=True)
    rank = np.arange(1, count + 1)
    table.insert(0, "rank", rank)
    table.insert(1, "rank_low", np.maximum(rank - 1 - rank // 5, 1))
    table.insert(2, "rank_high", np.minimum(rank + 1 + rank // 5, count))
    return table


def _points(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    west, south, east, north = communes.total_bounds
    at = rng.uniform([west, south], [east, north], (count * 3, 2))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at.T, crs=4326))
    inside = gpd.sjoin(points, communes[["commune_code", "geometry"]], predicate="within")
    return inside.drop(columns="index_right").head(count).reset_index(drop=True)


def _schools(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    schools = _points(communes, count, rng)
    number = range(1, len(schools) + 1)
    states = {f"state_{operator}": rng.choice(STATES, len(schools), p=(0.6, 0.2, 0.1, 0.1)) for operator in OPERATORS}
    return schools.assign(
        school_id=[f"T{n:04d}" for n in number], name=[f"Trường TH {NAMES[n % len(NAMES)]} {n}" for n in number],
        pupils=np.r_[3, rng.integers(2, 900, len(schools) - 1)], p_usable=rng.random(len(schools)).round(2),
        state=rng.choice(STATES, len(schools), p=(0.7, 0.15, 0.1, 0.05)), **states,
    )  # fmt: skip


def _hamlets(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    hamlets = _points(communes, count, rng)
    learners = rng.integers(0, 400, len(hamlets))
    return hamlets.assign(
        hamlet_id=[f"A{n:04d}" for n in range(len(hamlets))], name=[f"Ấp {n % 9 + 1}" for n in range(len(hamlets))],
        grid_power=rng.choice(["yes", "no", "unknown"], len(hamlets), p=(0.8, 0.15, 0.05)), learners=learners,
        unconnected=learners * rng.choice([0.0, 0.02, 0.5, 0.9], len(hamlets)), state=rng.choice(STATES, len(hamlets)),
    )  # fmt: skip


def _raster(shape: tuple[int, int], communes: gpd.GeoDataFrame, rng: np.random.Generator) -> SignalRaster:
    rows, columns = shape
    west, south, east, north = communes.to_crs(3405).total_bounds
    transform = Affine((east - west) / columns, 0, west, 0, -(north - south) / rows, north)
    smooth = gaussian_filter(rng.normal(size=shape), min(shape) / 22)
    level = (-100 + 13 * smooth / smooth.std() + rng.normal(0, 1.5, shape)).astype(np.float32)
    known = gaussian_filter(rng.normal(size=shape), min(shape) / 18)
    easting = transform.c + (np.arange(columns) + 0.5) * transform.a
    northing = transform.f + (np.arange(rows) + 0.5) * transform.e
    mesh = np.meshgrid(easting, northing)
    inside = shapely.contains_xy(shapely.union_all(communes.to_crs(3405).geometry), mesh[0], mesh[1])
    level[~inside] = np.nan
    deviation = (4 + 4 * gaussian_filter(rng.random(shape), 2)).astype(np.float32)
    return SignalRaster(level, deviation, known > np.quantile(known, 0.2), transform, "EPSG:3405")


def _towers(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    towers = _points(communes, count, rng)
    gained = np.sort(rng.integers(80, 3000, len(towers)))[::-1]
    return towers.assign(
        hamlets=[f"Ấp {n} (Trị An), Ấp {n + 1}" for n in range(len(towers))],
        candidate_id=[f"C{n:05d}" for n in range(len(towers))], order=np.arange(1, len(towers) + 1),
        learners_gained=gained, cumulative=gained.cumsum(), height_m=42.0,
        ground_m=rng.uniform(20, 400, len(towers)).round(1),
        forest_class=rng.choice(["special_use", "protection", "production", "none"], len(towers)),
        road_km=rng.uniform(0, 1, len(towers)).round(2), grid_km=rng.uniform(0, 9, len(towers)).round(2),
    )  # fmt: skip


def _served(towers: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Each cell with somebody unconnected, and the three towers nearest to it: the first alone for most of them."""
    lacking = cells[cells["unconnected"] >= 1].reset_index(drop=True)
    at, of = (np.column_stack([frame.geometry.x, frame.geometry.y]) for frame in (lacking, towers))
    near = np.linalg.norm(at[:, None] - of[None], axis=2).argsort(axis=1)[:, :3]
    orders = towers["order"].to_numpy()[near]
    reaching = [tuple(sorted(row[: 1 + n % 3])) for n, row in enumerate(orders.tolist())]
    return lacking[["geometry"]].assign(learners=lacking["unconnected"], towers=reaching)


def _indoor(ranking: pd.DataFrame) -> pd.DataFrame:
    outdoors = [name for name in ranking if name.startswith("unconnected")]
    inside = {name.replace("unconnected", "unconnected_any", 1) if name in outdoors[:3] else name: ranking[name]
              for name in outdoors}  # fmt: skip
    lifted = {name: np.minimum(counts * 1.7 + 20, ranking["learners"]) for name, counts in inside.items()}
    return pd.DataFrame({"commune_code": ranking["commune_code"], **lifted})


def _claims(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    west, south, east, north = communes.total_bounds
    middle = shapely.box(0.7 * west + 0.3 * east, 0.7 * south + 0.3 * north, 0.5 * (west + east), 0.5 * (south + north))
    cells = sorted(h3.geo_to_cells(middle, 7))
    centres = np.array([h3.cell_to_latlng(cell) for cell in cells])
    shapes = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells]
    number = np.arange(len(cells))
    frame = gpd.GeoDataFrame(
        {
            "technology": "4G", "hexagon": cells, "latitude": centres[:, 0], "longitude": centres[:, 1],
            "commune_code": communes["commune_code"].iloc[0], "name": communes["name"].iloc[0],
            "state": np.array(["upheld", "overturned", "open"])[number % 3], "tests": 10 + number % 9,
            "failures": np.where(number % 3 == 1, 9, 0), "median_dbm": np.where(number % 3 == 1, np.nan, -95.0),
            "claimed_dbm": -110.0, "cause": np.where(number % 3 == 1, "no_service", None),
            "lacking": np.where(number % 3 == 2, "places", None),
        },
        geometry=shapes, crs=4326,
    )  # fmt: skip
    return pd.concat([frame.assign(operator=name) for name in ("viettel", "mobifone")], ignore_index=True)


def _zones(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    at = _points(communes, count, rng)
    unconnected = np.sort(rng.uniform(6, 300, len(at)))[::-1]
    ways = [("no_grid", "reserve", "far_from_site"), ("terrain",), ()]
    columns = {f"unconnected_{operator}": unconnected for operator in OPERATORS}
    columns |= {f"site_km_{operator}": rng.uniform(1, 9, len(at)).round(1) for operator in OPERATORS}
    shapes = at.to_crs(3405).buffer(800, cap_style="square").to_crs(4326)
    return at.set_geometry(shapes).assign(
        zone_id=[f"Z{n:04d}" for n in range(1, len(at) + 1)], name=[f"Ấp {n} – {NAMES[n]}" for n in range(len(at))],
        learners=unconnected + 9, unconnected=unconnected, unconnected_low=unconnected * 0.8,
        unconnected_high=unconnected * 1.1, households=7, schools=1, schools_without_signal=1, grid_power="no",
        grid_km=5.2, road_km=0.4, forest_class="special_use",
        obstacles=[ways[n % 3] for n in range(len(at))], **columns,
    )  # fmt: skip


def _survey(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    steps = rng.normal(0, 0.0015, (40, max(count // 40, 1), 2)).cumsum(axis=1)
    starts = shapely.get_coordinates(_points(communes, 40, rng).geometry)[:, None, :]
    at = (starts + steps).reshape(-1, 2)
    level = -100 + 12 * np.sin(40 * at[:, 0]) + 9 * np.cos(33 * at[:, 1])
    silent = level < -116
    bins = gpd.GeoDataFrame(
        {
            "operator": rng.choice(list(OPERATORS), len(at)),
            "level_dbm": np.where(silent, np.nan, level),
            "service": np.where(silent, "no_service", "level"),
        },
        geometry=gpd.points_from_xy(*at.T, crs=4326),
    )
    return bins[bins.within(shapely.union_all(communes.geometry))]


def _walks(communes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    a, b = (shapely.get_coordinates(_points(communes, count, rng).geometry) for _ in range(2))
    along = np.linspace(0, 1, 40)[None, :, None]
    walk = a[:, None, :] * (1 - along) + b[:, None, :] * along + rng.normal(0, 0.002, (count, 40, 2)).cumsum(axis=1)
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(walk)), crs=4326)


def make_content(communes: int = 12, points: int = 60, cells: int = 400, raster: tuple[int, int] = (60, 50),
                 survey: int = 2000, language: str = "vi", seed: int = 7) -> MapContent:  # fmt: skip
    rng = np.random.default_rng(seed)
    shapes = _communes(communes, rng)
    ranking = _ranking(shapes, rng)
    learners = _points(shapes, cells, rng).assign(learners=rng.integers(5, 120, cells), cell_m=250.0)
    share = learners["commune_code"].map(ranking.set_index("commune_code")["share"])
    learners["unconnected"] = learners["learners"] * 0.9 * (rng.random(len(learners)) < share)
    sites = _points(shapes, points, rng)
    blob = _points(shapes, 2, rng).to_crs(3405).buffer(9_000).to_crs(4326)
    towers = _towers(shapes, 10, rng)
    return MapContent(
        title="Bản đồ vùng lõm sóng" if language == "vi" else "Signal gaps and learners", territory="Tỉnh Đồng Nai",
        issuer="Sở Khoa học và Công nghệ", language=language,
        data_note="Số liệu mô phỏng" if language == "vi" else "Simulated data",
        communes=shapes, ranking=ranking, operators=dict(OPERATORS), hamlets=_hamlets(shapes, points * 3 // 2, rng),
        schools=_schools(shapes, points, rng), learners=learners,
        rasters={key: _raster(raster, shapes, rng) for key in OPERATORS}, shared=0.3, indoor_loss_db=14.0,
        indoor=_indoor(ranking), claims=_claims(shapes), towers=towers, served=_served(towers, learners),
        zones=_zones(shapes, 5, np.random.default_rng(seed + 1)),
        plan={"objective": 12345.0, "bound": 12400.0, "gap": 0.0045, "status": "time_limit"},
        sites=sites.assign(
            site_id=[f"S{n}" for n in range(len(sites))], operator=rng.choice(list(OPERATORS), len(sites))
        ),
        survey=_survey(shapes, survey, rng), roads=_walks(shapes, 14, rng), power_lines=_walks(shapes, 6, rng),
        water=gpd.GeoDataFrame(geometry=blob[:1], crs=4326), forest=gpd.GeoDataFrame(geometry=blob[1:], crs=4326),
    )  # fmt: skip


FIRST_PAINT = """new Promise(resolve => {
    new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(
        entry => resolve(entry.startTime)
    )).observe({type: 'paint', buffered: true});
})"""


@pytest.fixture(scope="session")
def first_paint_ms() -> Callable[[Any], float]:
    """When the first contents of a page were painted; waits for it: a page may be loaded before anything is."""
    return lambda page: page.evaluate(FIRST_PAINT)


@pytest.fixture(scope="session")
def content() -> MapContent:
    return make_content()


@pytest.fixture(scope="session")
def new_content() -> Callable[..., MapContent]:
    return make_content


def make_validation(seed=0, n=3000):
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


@pytest.fixture(scope="session")
def validation() -> Validation:
    return make_validation()


@pytest.fixture(scope="session")
def new_validation() -> Callable[..., Validation]:
    return make_validation
