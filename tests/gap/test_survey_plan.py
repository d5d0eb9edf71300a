"""Drives planned in a small made-up district, and in a simulated province beside other ways to choose."""

import itertools
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist
from scipy.stats import rankdata
from shapely import LineString, box

from lomsong.errors import CrsError, DataError, UsageError
from lomsong.gap.drive import Drive
from lomsong.gap.route import exits, road_graph
from lomsong.gap.survey_plan import plan_survey
from lomsong.geo import coordinates
from lomsong.simulate import Recipe, simulate
from lomsong.surface import CoverageSurface, Shared

METRIC = CRS.from_epsg(3405)
EAST, NORTH = 700_000, 1_230_000
USABLE_DBM, MEAN_DBM, NOISE_DB2 = -110.0, -108.0, 3.0
DAY_KM, PROVINCES = 50.0, (20, 21, 22, 23)
ALONE = Shared(0.0, 1_500.0)


def line(*corners):
    return LineString([(EAST + east, NORTH + north) for east, north in corners])


@pytest.fixture(scope="module")
def field():
    """One operator, measured along the road in the south and nowhere else."""
    rng = np.random.default_rng(0)
    easting = EAST + np.arange(300) * 40.0
    level = -109 + 7 * np.sin(easting / 1_300) + rng.normal(0, 2, 300)
    frame = pd.DataFrame({"operator": "viettel", "rsrp_dbm": level, "service": "level"})
    samples = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(easting, np.full(300, NORTH + 0.0)), crs=METRIC)
    return {"viettel": CoverageSurface(workers=1).fit(samples)}


@pytest.fixture(scope="module")
def communes():
    """South along the road; west and east in the north, about which nothing was measured; one empty."""
    shapes = [
        (0, -1_000, 12_000, 2_000),
        (0, 2_000, 6_000, 9_000),
        (6_000, 2_000, 12_000, 9_000),
        (0, 9_000, 12_000, 9_500),
    ]
    table = {
        "commune_code": ["1", "2", "3", "4"], "name": ["Nam Hoà", "Tây Sơn", "Đông Phú", "Rừng Xanh"], "kind": "xã",
        "parent_code": "1", "parent_name": "Huyện", "vintage": "2021", "population": 1,
    }  # fmt: skip
    boxes = [box(EAST + w, NORTH + s, EAST + e, NORTH + n) for w, s, e, n in shapes]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(boxes, crs=METRIC)).to_crs(4326)


@pytest.fixture(scope="module")
def roads():
    lines = [
        line((0, 0), (12_000, 0)), line((3_000, 0), (3_000, 7_000)), line((9_000, 0), (9_000, 7_000)),
        line((3_000, 6_000), (9_000, 6_000)), line((30_000, 0), (31_000, 0)),
    ]  # fmt: skip
    names = ["Quốc lộ 20", "Đường Tây", "Đường Đông", None, "đảo"]
    return gpd.GeoDataFrame({"name": names}, geometry=lines, crs=METRIC)


@pytest.fixture(scope="module")
def hamlets():
    at = [(1_000, 100), (3_100, 5_000), (9_100, 5_200), (3_000, 6_800)]
    frame = pd.DataFrame({"hamlet_id": list("abcd"), "name": ["Ấp Nam", "Ấp Tây", "Ấp Đông", "Ấp Thượng"]})
    return gpd.GeoDataFrame(
        frame.assign(commune_code=["1", "2", "3", "2"], grid_power="yes"),
        geometry=gpd.points_from_xy([EAST + e for e, _ in at], [NORTH + n for _, n in at]), crs=METRIC,
    ).to_crs(4326)  # fmt: skip


def homes(parts=((1_000, 100), (3_100, 5_000), (9_100, 5_200)), per=40, learners=2, outside=0):
    rng = np.random.default_rng(5)
    at = np.vstack([np.array(part) + rng.normal(0, 350, (per, 2)) for part in parts])
    if outside:
        at = np.vstack([at, np.full((outside, 2), -50_000.0)])
    frame = pd.DataFrame({"household_id": [f"H{i}" for i in range(len(at))], "learners": learners})
    frame = frame.assign(commune_code=None)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(EAST + at[:, 0], NORTH + at[:, 1]), crs=METRIC).to_crs(
        4326
    )


def plan(field, communes, roads, households=None, **more):
    asked = {"usable_dbm": USABLE_DBM, "km": 20.0, "shared": ALONE, "n": 200, **more}
    return plan_survey(field, homes() if households is None else households, communes, roads, **asked)


def test_the_unmeasured_north_is_driven_not_the_measured_south(field, communes, roads, hamlets):
    given = roads.copy()
    found = plan(field, communes, roads, hamlets=hamlets, start=(106.83, 11.12), km=45.0)
    pd.testing.assert_frame_equal(pd.DataFrame(roads), pd.DataFrame(given))
    measured = found.segments[found.segments["kind"] == "measure"]
    assert set(measured["commune"]) <= {"Tây Sơn", "Đông Phú", "Nam Hoà"}
    gain = measured.groupby("commune")["gain"].sum()
    assert gain[["Tây Sơn", "Đông Phú"]].sum() > 0.9 * gain.sum()
    assert set(measured.nlargest(2, "gain")["settles"]) <= {"Tây Sơn", "Đông Phú"}
    assert {"Ấp Tây", "Ấp Đông"} & set(found.segments["hamlet"])
    assert not (found.segments["road"] == "đảo").any(), "no road leads to the island"


def test_a_drive_is_one_way_from_the_start_back_to_it(field, communes, roads, hamlets):
    found = plan(field, communes, roads, hamlets=hamlets, days=2, km=16.0)
    segments = found.segments.to_crs(METRIC)
    assert set(segments["day"]) == {1, 2}
    for _, day in segments.groupby("day"):
        assert day["km"].sum() <= 16.0 + 1e-6
        assert day["cumulative_km"].iloc[-1] == pytest.approx(day["km"].sum())
        assert day["km"].to_numpy() == pytest.approx(day.length.to_numpy() / 1_000, rel=1e-3)
        ends = [(np.array(shape.coords[0]), np.array(shape.coords[-1])) for shape in day.geometry]
        for (_, left), (entered, _) in itertools.pairwise(ends):
            assert np.hypot(*(left - entered)) < 15
        assert np.hypot(*(ends[0][0] - ends[-1][1])) < 15
    assert segments["order"].tolist() == list(range(1, len(segments) + 1))
    starts = found.stops[found.stops["kind"] == "start"]
    assert starts["day"].tolist() == [1, 2]
    measured = found.segments.loc[found.segments["kind"] == "measure", ["order", "hamlet"]]
    ends = found.stops.loc[found.stops["kind"] == "stop", ["order", "name"]]
    assert ends.to_numpy().tolist() == measured.to_numpy().tolist(), "a phone and the list call a stretch by one number"
    assert (starts.geometry.x.iloc[0], starts.geometry.y.iloc[0]) == pytest.approx(found.start)


def test_gains_add_up_and_what_is_left_falls(field, communes, roads):
    found = plan(field, communes, roads)
    assert (np.diff(found.curve["left"]) <= 1e-9).all()
    assert (np.diff(found.curve["km"]) >= -1e-9).all()
    assert found.segments["share"].sum() == pytest.approx(1 - found.curve["left"].iloc[-1])
    assert (found.segments.loc[found.segments["kind"] == "transfer", "gain"] == 0).all()
    table = found.communes.set_index("commune_code")
    assert table.index.tolist() == ["1", "2", "3", "4"]
    assert (table["sd_after"] <= table["sd_now"] + 1e-9).all()
    assert (table.loc[["2", "3"], "sd_after"] < 0.95 * table.loc[["2", "3"], "sd_now"]).any()
    assert table.loc["4", "unconnected"] == 0
    more = plan(field, communes, roads, km=30.0)
    assert more.curve["left"].iloc[-1] <= found.curve["left"].iloc[-1] + 1e-9


def test_the_same_question_gets_the_same_answer(field, communes, roads, hamlets):
    one, other = (plan(field, communes, roads, hamlets=hamlets) for _ in range(2))
    assert one.segments.to_json() == other.segments.to_json()
    assert one.stops.to_json() == other.stops.to_json()


def test_without_roads_lines_are_straight_between_hamlets(field, communes, hamlets):
    for none in (None, gpd.GeoDataFrame({"name": []}, geometry=[], crs=METRIC)):
        found = plan(field, communes, none, hamlets=hamlets)
        assert found.straight
        assert not found.reason
        assert (found.segments["road"] == "").all()
    assert plan(field, communes, None).straight, "without hamlets between squares of learners"


def test_a_drive_without_roads_and_hamlets_passes_by_no_home(field, communes):
    """Scattered homes are alone in their squares: a line that turned at such a square would show where it stands."""
    alone = homes(parts=[(east, north) for east in (1_500, 4_500, 8_000) for north in (3_000, 5_500, 8_000)], per=1)
    found = plan(field, communes, None, alone, km=40.0)
    assert not found.reason
    corners = shapely.get_coordinates(found.segments.to_crs(METRIC).geometry.to_numpy())
    assert cdist(corners, coordinates(alone, METRIC)).min() > 10


def test_what_is_settled_needs_no_drive(field, communes, roads):
    for dbm, unconnected in ((-300.0, 0), (100.0, 80)):
        found = plan(field, communes, roads, usable_dbm=dbm)
        assert found.reason == "settled"
        assert found.segments.empty
        assert found.stops.empty
        assert found.km == 0
        assert found.communes["unconnected"].max() == unconnected


def test_a_budget_too_small_for_a_piece_says_so(field, communes, roads):
    found = plan(field, communes, roads, km=0.2)
    assert found.reason == "budget"
    assert found.segments.empty


def test_no_learners_and_no_way(field, communes, roads):
    assert plan(field, communes, roads, homes(learners=0)).reason == "no_learners"
    assert plan(field, communes, roads, homes(parts=((-50_000, -50_000),))).reason == "no_learners"
    lone = homes(parts=((3_100, 5_000), (9_100, 5_200)), per=1)
    assert plan(field, communes, None, lone.iloc[:1]).reason in ("no_way", "settled")


def test_learners_outside_all_communes_change_nothing(field, communes, roads):
    one, other = plan(field, communes, roads), plan(field, communes, roads, homes(outside=50))
    assert one.segments.to_json() == other.segments.to_json()


def test_one_commune_is_measured_for_its_total(field, communes, roads):
    found = plan(field, communes.iloc[[1]], roads, homes(parts=((3_100, 5_000),)))
    assert not found.reason
    assert set(found.segments.loc[found.segments["kind"] == "measure", "settles"]) == {"Tây Sơn"}
    assert found.communes["sd_after"].iloc[0] < found.communes["sd_now"].iloc[0]


def test_one_way_goes_farther(field, communes, roads):
    there_and_back = plan(field, communes, roads, km=12.0)
    one_way = plan(field, communes, roads, km=12.0, returns=False, start=there_and_back.start)
    assert one_way.curve["left"].iloc[-1] < there_and_back.curve["left"].iloc[-1]
    assert one_way.km <= 12.0 + 1e-6


def test_what_cannot_be_meant_is_said_plainly(field, communes, roads):
    with pytest.raises(DataError, match="there is no operator"):
        plan({}, communes, roads)
    with pytest.raises(DataError, match=r"km = 0 lies outside 0.1…100000"):
        plan(field, communes, roads, km=0)
    for start in ((0.0, 0.0), (107.05, 1.132), (-73.0, 11.3), (float("nan"), 11.0)):
        with pytest.raises(UsageError, match="from the nearest road, at most 100 km"):
            plan(field, communes, roads, start=start)
    with pytest.raises(CrsError, match="roads: the layer does not say"):
        plan(field, communes, roads.set_crs(None, allow_override=True))
    with pytest.raises(UsageError, match=r"--start 1.132,107.05: "):
        plan(field, communes, roads, start=(107.05, 1.132))


def test_only_who_is_among_the_first_can_be_asked(field, communes, roads):
    found = plan(field, communes, roads, first=1)
    assert not found.reason
    assert found.curve["left"].iloc[-1] < 1


@dataclass(frozen=True)
class Surveyed:
    """A province whose level is a Gaussian field of known covariance, a quarter of its roads surveyed.

    What a drive is worth is worked out by exact conditioning, without anything that plans it.
    """

    roads: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    lines: np.ndarray
    places: np.ndarray
    read: np.ndarray
    seed: int

    @classmethod
    def of(cls, province, seed):
        rng = np.random.default_rng(seed)
        roads = province.roads.to_crs(METRIC)
        order = rng.permutation(len(roads))
        length = roads.length.to_numpy()[order]
        lines = roads.geometry.to_numpy()[order[np.cumsum(length) <= 0.25 * length.sum()]]
        places = every(lines, 100.0)
        root = np.linalg.cholesky(covariance(places, places) + NOISE_DB2 * np.eye(len(places)))
        read = MEAN_DBM + root @ rng.standard_normal(len(places))
        return cls(roads, province.households, province.communes, lines, places, read, seed)

    @cached_property
    def surfaces(self):
        frame = pd.DataFrame({"operator": "viettel", "rsrp_dbm": self.read, "service": "level"})
        samples = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*self.places.T), crs=METRIC)
        return {"viettel": CoverageSurface(workers=1).fit(samples)}

    @cached_property
    def graph(self):
        return road_graph(self.roads.geometry, 500.0)

    @cached_property
    def town(self):
        learners = self.households.groupby("hamlet_id")["learners"].sum()
        largest = (self.households["hamlet_id"] == learners.idxmax()).to_numpy()
        return coordinates(self.households, METRIC)[largest].mean(axis=0)

    def told(self, at, places, read=None):
        """Return mean and covariance of the level at places, given what was read."""
        root = cho_factor(covariance(places, places) + NOISE_DB2 * np.eye(len(places)))
        across = covariance(at, places)
        mean = None if read is None else MEAN_DBM + across @ cho_solve(root, read - MEAN_DBM)
        return mean, covariance(at, at) - across @ cho_solve(root, across.T)

    def rank_sd(self, lines=(), worlds=16, n=300):
        """Return the standard deviation of a commune's rank, mean over communes, and over what lines may tell."""
        rng = np.random.default_rng(1)
        homes = coordinates(self.households, METRIC)
        frame = pd.DataFrame(np.column_stack([np.floor(homes / 250), homes]), columns=["i", "j", "east", "north"])
        frame["commune"] = pd.factorize(self.households["commune_code"], sort=True)[0]
        frame["learners"] = self.households["learners"].to_numpy()
        squares = frame.groupby(["i", "j", "commune"], as_index=False).agg(
            {"east": "mean", "north": "mean", "learners": "sum"}
        )
        count, new = len(squares), every(lines, 200.0) if len(lines) else np.empty((0, 2))
        mean, both = self.told(np.vstack([squares[["east", "north"]], new]), self.places, self.read)
        root = np.linalg.cholesky(both[count:, count:] + NOISE_DB2 * np.eye(len(new)))
        gain = cho_solve((root, True), both[count:, :count]).T if len(new) else np.empty((count, 0))
        after = both[:count, :count] - gain @ both[count:, :count] + 1e-6 * np.eye(count)
        scatter = np.linalg.cholesky(after) @ rng.standard_normal((count, n))
        found, commune = [], squares["commune"].to_numpy()
        of_commune = csr_matrix((np.ones(count), (commune, np.arange(count))))
        for told in (gain @ (root @ rng.standard_normal((len(new), worlds)))).T:
            lost = squares["learners"].to_numpy()[:, None] * ((mean[:count] + told)[:, None] + scatter < USABLE_DBM)
            found.append(rankdata(-(of_commune @ lost), axis=0).std(axis=1).mean())
        return float(np.mean(found))

    def planned(self, km):
        town = gpd.GeoSeries.from_xy(*self.town[:, None], crs=METRIC).to_crs(4326).iloc[0]
        shared = Shared(0.0, self.surfaces["viettel"].kriging_.covariance_.scale_m)
        found = plan_survey(
            self.surfaces, self.households, self.communes, self.roads, usable_dbm=USABLE_DBM, km=km,
            start=(town.x, town.y), shared=shared, seed=self.seed,
        )  # fmt: skip
        return found.segments.to_crs(METRIC).geometry.to_numpy(), found.km

    def towards(self, km, prefer):
        """Drive to the preferred piece by the shortest way, from there to the next, and home within the kilometres."""
        graph, begin = self.graph, self.graph.nearest(self.town)
        drive, tried = Drive(graph, begin, True), np.zeros(len(graph.ends), bool)
        while not tried.all():
            piece = prefer(tried, drive)
            tried[piece] = True
            here = exits(graph, drive.stops[-1])[1] if drive.stops else begin
            first = graph.ways(here).length_m[graph.ends[piece]]
            added, node = [], here
            for step in [*graph.ways(here).pieces(int(graph.ends[piece][np.argmin(first)])), piece]:
                added.append((step, int(graph.ends[step, 0] != node)))
                node = exits(graph, added[-1])[1]
            longer = Drive(graph, begin, True, [*drive.stops, *added])
            if longer.km() <= km:
                drive = longer
                tried[[step for step, _ in added]] = True
        return graph.lines[sorted({step for step, *_ in drive.walked()})], drive.km()

    def random(self, km, number):
        rng = np.random.default_rng([self.seed, number])
        return self.towards(km, lambda tried, _: int(rng.choice(np.flatnonzero(~tried))))

    def highest_variance(self, km):
        known = {}

        def prefer(tried, drive):
            driven = sorted({step for step, _ in drive.stops})
            if len(driven) not in known:
                places = np.vstack([self.places, *(every(self.graph.lines[[step]], 200.0) for step in driven)])
                known[len(driven)] = self.told(self.graph.along(0.5), places)[1].diagonal()
            return int(np.argmax(np.where(tried, -1.0, known[len(driven)])))

        return self.towards(km, prefer)

    def new_km(self, lines):
        return shapely.union_all(lines).difference(shapely.union_all(self.lines).buffer(1.0)).length / 1000


def covariance(one, other):
    return 60.0 * np.exp(-cdist(one, other) / 1_000.0)


def every(lines, step_m):
    """Return places along lines."""
    return np.vstack([
        shapely.get_coordinates(shapely.line_interpolate_point(one, np.arange(min(step_m, one.length) / 2, one.length,
                                                                              step_m))) for one in lines
    ])  # fmt: skip


def test_the_ranking_narrows_half_as_fast_again_as_at_random_or_towards_the_highest_variance():
    """Pooled over four provinces and two surveys of each, a kilometre driven; phones log all the way.

    With refits to known levels, more provinces and shorter days: benchmarks/survey_plan.py.
    """
    rows = []
    provinces = [simulate(Recipe(area_km2=300, communes=12, households=4_000, seed=seed)) for seed in PROVINCES]
    for province, survey in itertools.product(provinces, (1, 2)):
        case = Surveyed.of(province, survey)
        before = case.rank_sd()
        drives = [("planned", case.planned(DAY_KM)), ("variance", case.highest_variance(DAY_KM))]
        for name, (lines, km) in [*drives, ("random", case.random(DAY_KM, survey))]:
            assert km <= DAY_KM + 1e-6
            rows.append((name, before - case.rank_sd(lines), km, case.new_km(lines)))
    pooled = pd.DataFrame(rows, columns=["name", "fall", "driven_km", "new_km"]).groupby("name").sum()
    speed = pooled["fall"] / pooled["driven_km"]
    assert speed["planned"] >= 1.5 * speed["random"]
    assert speed["planned"] >= 1.5 * speed["variance"]
    # A drive that finds more new road has less left to find on each kilometre of it.
    newly = pooled["fall"] / pooled["new_km"]
    assert newly["planned"] >= 1.5 * newly["random"]
    assert newly["planned"] >= 1.2 * newly["variance"]
