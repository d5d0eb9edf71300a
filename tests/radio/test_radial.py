"""A whole radial against one path at a time."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.radio.p1812 import Profile, basic_loss
from lomsong.radio.p1812.combination import inverse_normal
from lomsong.radio.p1812.mechanisms import always_ducting_db, duct_reach_db, ducting_db, scatter_time_db
from lomsong.radio.p1812.path import BETA0_RADIUS_KM, analyse, anomalous_percent, inland_weight, median_radius_km
from lomsong.radio.p1812.profile import COAST, INLAND, SEA
from lomsong.radio.p1812.radial import (
    FAINTER_DB,
    GROUND,
    IN_SIGHT_MRAD,
    NO_COAST_KM,
    OBSTACLE,
    WOOD,
    Run,
    radial_losses,
    room_for,
)  # fmt: skip
from lomsong.radio.p1812.wave import wave_of
from lomsong.radio.vegetation import Woodland, woodland_loss_db

CLOSE_DB = 1e-6
UNTOUCHED = -7.0


@dataclass(frozen=True)
class Case:
    """One radial and what is asked of it, in the terms of basic_loss."""

    ground: np.ndarray
    clutter: np.ndarray = None
    zone: np.ndarray = None
    wood: np.ndarray = None
    step: float = 0.03
    latitude: float = 11.3
    bearing: float = 20.0
    link: dict = field(default_factory=dict)  # arguments of basic_loss
    woodland: Woodland = None
    bare: bool = False

    def __post_init__(self):
        for name, fill in (("clutter", 0.0), ("zone", INLAND), ("wood", 0.0)):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(len(self.ground), fill))

    @property
    def asked(self):
        return {
            "f_ghz": 0.8, "htg_m": 42.0, "hrg_m": 1.5, "polarization": "vertical", "p_percent": 50.0,
            "pl_percent": 50.0, "sigma_l_db": 0.0, "delta_n": 45.0, "n0": 325.0,
        } | self.link  # fmt: skip

    @property
    def run(self):
        asked = self.asked
        f_mhz, p, sigma = 1000 * asked["f_ghz"], asked["p_percent"], asked["sigma_l_db"]
        wood = self.woodland
        return Run(
            wave=wave_of(asked["f_ghz"], asked["polarization"] == "vertical"), step=self.step, htg=asked["htg_m"],
            hrg=asked["hrg_m"], p=p, median=p == 50,
            local=-inverse_normal(asked["pl_percent"] / 100) * sigma if sigma else 0.0,
            timed_db=scatter_time_db(p, asked["n0"]), ae=median_radius_km(asked["delta_n"]), ab=BETA0_RADIUS_KM,
            bare=self.bare, wood_db=float(wood.largest_db(f_mhz)) if wood else 0.0,
            wood_db_per_m=float(wood.specific_db_per_m(f_mhz)) if wood else 0.0,
        )  # fmt: skip

    def losses(self, wanted=None, count=None, room=None):
        """Return what the compiled radial says."""
        size = len(self.ground)
        room = room or room_for(size)
        room.rows[GROUND, :size], room.rows[OBSTACLE, :size] = self.ground, self.ground + self.clutter
        room.rows[WOOD, :size] = self.wood
        loss = np.full(size, UNTOUCHED)
        radial_losses(
            self.run, room, self.zone.astype(np.uint8), np.ones(size, bool) if wanted is None else wanted,
            size if count is None else count, math.radians(self.latitude), math.radians(self.bearing), loss,
        )  # fmt: skip
        return loss

    def path(self, at, clutter=None):
        """Return profile and distances from the coast of the path that ends at a point."""
        d = np.arange(at + 1) * self.step
        zone = self.zone[: at + 1].astype(int)
        sea = np.flatnonzero(zone == SEA)
        dct = dcr = NO_COAST_KM
        if len(sea):
            dct = 0.0 if zone[0] == SEA else (sea[0] - 0.5) * self.step
            dcr = 0.0 if zone[-1] == SEA else (at - sea[-1] - 0.5) * self.step
        clutter = self.clutter[: at + 1] if clutter is None else clutter
        ends = (107.0, self.latitude), self.lonlat(d[-1])
        return Profile(d, self.ground[: at + 1], clutter, zone, *ends), {"dct_km": dct, "dcr_km": dcr}

    def lonlat(self, d):
        """Return the place so many km along the radial, on the sphere."""
        north, turn, arc = math.radians(self.latitude), math.radians(self.bearing), d / 6371.0
        sine = math.sin(north) * math.cos(arc) + math.cos(north) * math.sin(arc) * math.cos(turn)
        east = math.sin(turn) * math.sin(arc) * math.cos(north)
        return 107.0 + math.degrees(math.atan2(east, math.cos(arc) - math.sin(north) * sine)), math.degrees(
            math.asin(sine)
        )

    def one(self, at, clutter=None, ground=None):
        """Return the loss of the path that ends at a point, by the scalar version."""
        case = self if ground is None else replace(self, ground=ground)
        profile, coast = case.path(at, clutter)
        return basic_loss(profile, **self.asked, **coast)


def assert_equal(case, points, *, rounding=False):
    """Compare the radial with one path at a time; return the worst difference.

    With ``rounding`` a difference is let pass where the path alone does the same under a nanometre of ground: the
    method jumps where two points are exactly as high as one another.
    """
    loss, worst = case.losses(), 0.0
    for at in map(int, points):
        off = abs(loss[at] - case.one(at).lb_db)
        if rounding and not off <= CLOSE_DB:
            nudged = case.ground + 1e-9 * np.eye(len(case.ground))[1:at]
            off = min(abs(loss[at] - case.one(at, ground=ground).lb_db) for ground in nudged)
        assert off <= CLOSE_DB, (at, loss[at], case.one(at).lb_db, case)
        worst = max(worst, off)
    return worst


# Radials


def zones(size, rng):
    """Return zones: all of one kind, a few sections, or anything."""
    kind = rng.integers(6)
    if kind < 3:
        return np.full(size, [INLAND, COAST, SEA][kind])
    if kind == 3:
        return rng.choice([SEA, COAST, INLAND], size)
    borders = np.sort(rng.integers(0, size + 1, rng.integers(1, 6)))
    return rng.choice([SEA, COAST, INLAND], len(borders) + 1)[np.searchsorted(borders, np.arange(size), side="right")]


def heights(size, step, rng):
    """Return ground of slopes that are met where people live; see the tests of steep ground and of ties."""
    k, kind = np.arange(size), rng.integers(6)
    if kind == 0:
        return np.zeros(size)
    if kind == 1:  # a dome, every point a corner
        return 300 * (1 - (2 * k / size - rng.uniform(0, 2)) ** 2)
    if kind == 2:  # walls
        return np.where(rng.random(size) < 0.02, rng.uniform(0, 80), rng.uniform(0, 2, size))
    roll = np.cumsum(rng.normal(0, rng.choice([0.2, 2.0, 6.0]), size)) * math.sqrt(min(step / 0.03, 4))
    return np.abs(roll) if kind == 3 else roll * min(1.0, 900 * step * 0.03 * size / (1 + np.ptp(roll)))


def links(rng, p):
    return {
        "f_ghz": float(rng.choice([0.03, 6.0, math.exp(rng.uniform(math.log(0.03), math.log(6)))])),
        "htg_m": float(rng.choice([1.0, 42.0, rng.uniform(1, 300)])),
        "hrg_m": float(rng.choice([1.5, rng.uniform(1, 30)])),
        "polarization": str(rng.choice(["horizontal", "vertical"])), "p_percent": p,
        "pl_percent": float(rng.uniform(1, 99)), "sigma_l_db": float(rng.choice([0.0, 5.5, 12.0])),
        "delta_n": float(rng.choice([0.0, 45.0, rng.uniform(0, 75)])), "n0": float(rng.uniform(250, 400)),
    }  # fmt: skip


def radial(seed, p, step=None, size=None):
    rng = np.random.default_rng(seed)
    step = float(rng.choice([0.01, 0.03, 0.09, 0.25, 1.0])) if step is None else step
    size = int(rng.integers(3, 300)) if size is None else size
    zone = zones(size, rng)
    clutter = rng.choice([0.0, 10.0, 20.0], size) if rng.random() < 0.7 else np.zeros(size)
    ground = heights(size, step, rng)
    if rng.random() < 0.5:
        ground = np.where(zone == SEA, 0.0, ground)
    return Case(
        ground, np.where(zone == SEA, 0.0, clutter), zone, step=step, latitude=float(rng.uniform(-75, 75)),
        bearing=float(rng.uniform(0, 360)), link=links(rng, p), bare=bool((clutter == 0).all() and rng.random() < 0.5),
    ), rng  # fmt: skip


# Equality with one path at a time


@pytest.mark.parametrize("p", [1.0, 10.0, 30.0, 49.99, 50.0])
def test_every_point_is_the_loss_of_its_path(p):
    compared = 0
    for seed in range(160 if p == 50 else 70):
        case, rng = radial(seed, p)
        points = rng.integers(2, len(case.ground), 8)
        assert_equal(case, points)
        compared += len(points)
    assert compared >= 560


@pytest.mark.parametrize("p", [3.0, 50.0])
@pytest.mark.parametrize(("step", "size"), [(0.03, 1500), (0.1, 3001), (1.0, 301)])
def test_long_radials(p, step, size):
    # To 300 km, where troposcatter and ducting are what is left.
    for seed in range(4):
        case, rng = radial(1000 + seed, p, step, size)
        assert_equal(case, [2, 3, size - 1, *rng.integers(size // 2, size, 5)])


def test_time_percentages_meet_at_the_median():
    for seed in range(20):
        case, _ = radial(seed, 50.0)
        nearly = replace(case, link=case.link | {"p_percent": 50 - 1e-9})
        assert not nearly.run.median
        assert nearly.losses()[1:] == pytest.approx(case.losses()[1:], abs=1e-4)


def test_bare_ground_is_ground_without_clutter():
    for seed in range(30):
        case, _ = radial(seed, [50.0, 10.0][seed % 2])
        empty = replace(case, clutter=np.zeros(len(case.ground)), bare=False)
        # What stands on bare ground is not looked at.
        assert replace(case, bare=True).losses() == pytest.approx(empty.losses(), abs=1e-9)


@pytest.mark.parametrize("zone", [SEA, INLAND])
@pytest.mark.parametrize("p", [10.0, 50.0])
def test_level_ground(zone, p):
    case = Case(np.zeros(1200), zone=np.full(1200, zone), step=0.1, link={"p_percent": p})
    assert_equal(case, [2, 3, 10, 100, 261, 262, 263, 500, 1199])
    # Where the phone sinks below the horizon the method mixes in ducting, and the loss falls for a while.
    assert (np.diff(case.losses()[1:260]) > 0).all(), "over level ground in sight, the farther the fainter"


def test_ducting_between_horizons_right_before_both_antennas():
    # Lba counts from 20 log(dlt + dlr), here of two steps out of six: less than over all of the path.
    ground = np.zeros(7)
    ground[[1, 5]] = 20.14
    case = Case(ground, step=0.1, latitude=0.0, link={"f_ghz": 1.8, "htg_m": 20.0, "hrg_m": 20.0})
    terms = case.one(6).terms
    assert terms["th"] > 1
    assert terms["Lba"] < terms["Lbd"] - 4
    assert terms["Lbda"] < terms["Lbd"] - 0.2
    assert_equal(case, [6])


def test_ducting_over_sea_near_both_coasts():
    # Low antennas on both coasts of a tropical sea: only what couples them with ducts makes these win in sight.
    case = Case(
        np.zeros(200), zone=np.full(200, SEA), step=0.1, latitude=0.0, link={"htg_m": 25.0, "hrg_m": 10.0}
    )  # fmt: skip
    ducted = 0
    for at in range(2, 200, 3):
        terms = case.one(at).terms
        ducted += terms["Lba"] < terms["Lbd"] < terms["Lbfs"] + 10
    assert ducted > 10
    assert_equal(case, range(2, 200, 3))


def test_a_wall_before_the_transmitter_and_before_the_receiver():
    for wall in (1, 2, 398):
        ground = np.zeros(400)
        ground[wall] = 60.0
        case = Case(ground)
        assert_equal(case, [2, 3, 50, 397, 398, 399])
        behind = max(wall + 1, 2)
        assert case.losses()[behind] > Case(np.zeros(400)).losses()[behind] + 6


def test_the_nearest_point_is_free_space():
    loss = Case(np.array([10.0, 0.0, 0.0])).losses()
    assert loss[1] == pytest.approx(92.4 + 20 * math.log10(0.8 * math.hypot(0.03, 0.0505)), abs=1e-9)


def test_a_point_exactly_on_the_line_of_sight():
    # Worked with a pencil: antennas at 1 and -2 m, 6 steps of 0.0925 km; points 2 and 4 lie on the line.
    case = Case(
        np.array([0, 0, 0, -1, -1, -2, -3.0]), step=0.0925, link={"htg_m": 1.0, "hrg_m": 1.0},
    )  # fmt: skip
    assert_equal(case, [6])


def test_whole_metres_make_ties():
    rng = np.random.default_rng(6)
    for _ in range(2500):
        size, step = int(rng.integers(3, 30)), float(rng.choice([0.01, 0.03, 0.07, 0.0925, 0.1, 1 / 3]))
        ground = rng.integers(0, rng.choice([2, 4, 20]), size).astype(float)
        ground = np.cumsum(ground - 1) if rng.random() < 0.3 else ground
        heights = {"htg_m": float(rng.integers(1, 5)), "hrg_m": float(rng.choice([1, 1.5, 2, 3]))}
        assert_equal(Case(ground, step=step, link=heights), [size - 1], rounding=True)


@pytest.mark.parametrize(("f", "delta_n"), [(0.1, 45.0), (0.8, 45.0), (0.8, 70.0), (0.03, 150.0)])
def test_steep_ground(f, delta_n):
    rng = np.random.default_rng(3)
    for _ in range(300):
        size = int(rng.integers(10, 120))
        ground = np.abs(np.cumsum(rng.normal(0, rng.choice([3, 9, 20]), size)))
        ground = ground + np.linspace(*rng.permutation([0, rng.uniform(0, 1500)]), size)
        link = {"f_ghz": f, "htg_m": float(rng.uniform(1, 100)), "delta_n": delta_n}
        assert_equal(Case(ground, link=link), rng.integers(2, size, 4))


def test_ground_and_sea_in_whole_metres_above_the_curve():
    # Ties above the Earth's curve are not exact; those of heights are, at receivers that stand on none.
    rng = np.random.default_rng(7)
    for _ in range(60):
        size = int(rng.integers(3, 200))
        ground = rng.integers(0, rng.choice([2, 6, 40]), size).astype(float)
        clutter = rng.choice([0.0, 5.0, 15.0], size)
        link = {"htg_m": 42.37, "hrg_m": 1.5123, "p_percent": float(rng.choice([10.0, 50.0]))}
        assert_equal(Case(ground, clutter, step=0.0925, link=link), rng.integers(2, size, 5), rounding=True)


# Trees around the receiver

WOODLAND = Woodland()


def wood_case(wood, size=80, seed=1, rough=1.0, **changes):
    """Return a radial whose clutter is the wood, so many metres high at each point."""
    rng = np.random.default_rng(seed)
    wood = np.broadcast_to(np.asarray(wood, float), size)
    ground = np.cumsum(rng.normal(0, rough, size))
    return Case(ground, wood.copy(), wood=wood.copy(), woodland=WOODLAND, **changes)


def stand_before(case, at):
    """Return the last point before the stand by its definition, with the straight ray above the bulging Earth."""
    ground, step, hrg = case.ground, case.step, case.asked["hrg_m"]
    if case.wood[at] <= hrg:
        return at - 1
    hts, hrs, d = ground[0] + case.asked["htg_m"], ground[at] + hrg, at * step
    k = np.arange(at)
    ray = hts + (hrs - hts) * k / at
    top = ground[:at] + 500 / case.run.ae * (k * step) * (d - k * step) + case.wood[:at]
    inside = (case.wood[:at] > 0) & (top > ray)
    outside = np.flatnonzero(~inside[1:]) + 1
    return int(outside[-1]) if len(outside) else 0


def with_trees(case, at):
    """Return the loss of one path with the stand taken from its clutter, and P.833 for the stand."""
    stand = stand_before(case, at)
    clutter = case.clutter[: at + 1].copy()
    clutter[stand + 1 :] = 0
    loss = case.one(at, clutter).lb_db
    if case.wood[at] > case.asked["hrg_m"]:
        # The edge of a wood lies half way between two points.
        depth_m = 1000 * case.step * (at - stand - 0.5)
        loss += float(woodland_loss_db(depth_m, 1000 * case.asked["f_ghz"], case.woodland))
    return loss, stand


def belt(*sections, size=80, tall=14.0):
    wood = np.zeros(size)
    for first, last in sections:
        wood[first : last + 1] = tall
    return wood


STANDS = {
    "none": belt(),
    "a belt half way": belt((20, 40)),
    "from a point to the end": belt((30, 79)),
    "from the first point on": belt((1, 79)),
    "around the transmitter too": belt((0, 79)),
    "around the transmitter only": belt((0, 30)),
    "two with a glade": belt((10, 35), (37, 79)),
    "single trees": belt(*((k, k) for k in range(1, 80, 3))),
    "shorter than the phone": belt((0, 79), tall=1.2),
    "as tall as the phone": belt((0, 79), tall=1.5),
    "tall": belt((5, 79), tall=90.0),
}


@pytest.mark.parametrize("name", STANDS)
@pytest.mark.parametrize("link", [{}, {"p_percent": 10.0}, {"htg_m": 6.0, "f_ghz": 1.8}, {"htg_m": 80.0}])
def test_loss_in_a_stand_is_diffraction_before_it_and_the_wood(name, link):
    case = wood_case(STANDS[name], link=link)
    loss, stands = case.losses(), []
    for at in range(2, 80, 1 if not link else 5):
        expected, stand = with_trees(case, at)
        assert loss[at] == pytest.approx(expected, abs=CLOSE_DB), (at, stand)
        stands.append(at - 1 - stand)
    reaches = name in ("from the first point on", "around the transmitter too", "tall") and link.get("htg_m") == 6.0
    assert max(stands) >= (70 if reaches else 0)
    if name in ("none", "shorter than the phone", "as tall as the phone"):
        assert max(stands) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_any_wood(seed):
    rng = np.random.default_rng(seed)
    wood = rng.choice([0.0, 1.0, 8.0, 25.0], 80, p=[0.3, 0.1, 0.4, 0.2])[np.sort(rng.integers(0, 80, 80))]
    link = {
        "f_ghz": float(rng.uniform(0.1, 3.5)), "htg_m": float(rng.uniform(2, 80)), "hrg_m": float(rng.uniform(1, 12)),
        "p_percent": float(rng.choice([5.0, 50.0])), "sigma_l_db": 4.0, "pl_percent": 90.0,
    }  # fmt: skip
    # Rough ground within the stand is an obstacle too, and may be the highest one.
    case = wood_case(wood, seed=seed, rough=float(rng.choice([1.0, 6.0])), step=0.2, link=link)
    loss = case.losses()
    for at in range(2, 80, 2):
        assert loss[at] == pytest.approx(with_trees(case, int(at))[0], abs=CLOSE_DB)


def test_wood_by_hand():
    # Level ground, a mast so high that the ray leaves the top of the trees within the last step: half a step of wood.
    case = Case(
        np.zeros(12), np.full(12, 10.0), wood=np.full(12, 10.0), woodland=WOODLAND, link={"htg_m": 3000.0},
    )  # fmt: skip
    bare = replace(case, clutter=np.zeros(12), wood=np.zeros(12))
    deep, specific = 1.37 * 800**0.42, 0.001459 * 800**0.71
    assert case.losses()[10] - bare.losses()[10] == pytest.approx(deep * (1 - math.exp(-15 * specific / deep)))
    # A mast lower than the trees: all of the path but the first half step is wood.
    low = {"htg_m": 3.0}
    within, cleared = replace(case, link=low).losses()[10], replace(bare, link=low).losses()[10]
    assert within - cleared == pytest.approx(deep * (1 - math.exp(-285 * specific / deep)))


def test_without_woodland_the_stand_is_no_obstacle_and_costs_nothing():
    case = wood_case(STANDS["from a point to the end"])
    loss, free = case.losses(), replace(case, woodland=None).losses()
    extra = [woodland_loss_db(30 * (at - stand_before(case, at) - 0.5), 800.0) for at in range(31, 80)]
    assert loss[31:] - free[31:] == pytest.approx(np.array(extra), abs=1e-9)
    assert loss[2:30] == pytest.approx(free[2:30])


# Properties


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([1.0, 20.0, 49.0, 50.0]))
def test_there_and_back(seed, p):
    # All of the Recommendation is symmetric in its terminals, its clutter at either end left out; not so are the
    # location variability (of the receiver, none on sea) and our wood around the receiver. Where two points are equally
    # near the ray it takes the first, seen from the transmitter: level ground between equal antennas is such a tie.
    case, rng = radial(seed, p)
    case = replace(
        case, link=case.link | {"sigma_l_db": 0.0}, ground=case.ground + rng.normal(0, 0.01, len(case.ground))
    )
    size = len(case.ground)
    lon, lat = case.lonlat((size - 1) * case.step)
    east, phi_t, phi_r = math.radians(107.0 - lon), math.radians(lat), math.radians(case.latitude)
    turn = math.atan2(
        math.sin(east) * math.cos(phi_r),
        math.cos(phi_t) * math.sin(phi_r) - math.sin(phi_t) * math.cos(phi_r) * math.cos(east),
    )
    swapped = {"htg_m": case.asked["hrg_m"], "hrg_m": case.asked["htg_m"]}
    back = replace(
        case, ground=case.ground[::-1].copy(), clutter=case.clutter[::-1].copy(), zone=case.zone[::-1].copy(),
        latitude=lat, bearing=math.degrees(turn), link=case.link | swapped,
    )  # fmt: skip
    assert back.losses()[-1] == pytest.approx(case.losses()[-1], abs=1e-5)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 100_000), st.floats(0, 100), st.floats(0, 1), st.sampled_from([1.0, 20.0, 50.0]))
def test_no_point_hears_better_for_higher_clutter(seed, raised, where, p):
    # Of clutter only: higher ground lifts the smooth surface too, and with it the antennas may sink or rise.
    case, _ = radial(seed, p)
    case, at = replace(case, bare=False), int(where * (len(case.ground) - 1))
    taller = case.clutter.copy()
    taller[at] += raised
    low, high = case.losses(), replace(case, clutter=taller).losses()
    assert (high >= low - 1e-5).all()
    assert (high[: at + 1] == low[: at + 1]).all(), "what stands at the receiver or behind it is no obstacle"


def test_higher_clutter_is_felt():
    case = Case(np.zeros(100))
    wall = np.zeros(100)
    wall[50] = 80
    gained = replace(case, clutter=wall).losses() - case.losses()
    assert (gained[51:] > 10).all()
    assert (gained[:51] == 0).all()


@pytest.mark.parametrize("p", [1.0, 10.0, 50.0])
def test_never_better_than_sight(p):
    for seed in range(60):
        case, _ = radial(seed, p)
        asked, k = case.asked, np.arange(1, len(case.ground))
        rise = case.ground[0] + asked["htg_m"] - case.ground[1:] - asked["hrg_m"]
        space = 92.4 + 20 * np.log10(asked["f_ghz"] * np.hypot(k * case.step, rise / 1000))
        # Multipath and focusing in p % of time are worth 2.6 log(50/p) dB at most: equation (9).
        assert (case.losses()[1:] >= space + 2.6 * math.log10(p / 50) - 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(-400, 4000), st.sampled_from([10.0, 50.0]))
def test_heights_count_from_the_ground(seed, raised, p):
    case, _ = radial(seed, p)
    rng = np.random.default_rng(seed)
    case = replace(case, ground=case.ground + rng.normal(0, 0.01, len(case.ground)))
    if (case.zone == SEA).any():  # but those of antennas near ducts over the sea, (49)
        case = replace(case, zone=np.full(len(case.ground), COAST))
    lifted = replace(case, ground=case.ground + raised)
    assert lifted.losses()[1:] == pytest.approx(case.losses()[1:], abs=1e-5)


# What is filled in


def test_only_what_is_wanted_is_filled_in_and_it_does_not_depend_on_what_is_wanted():
    for seed in range(12):
        case, rng = radial(seed, [50.0, 10.0][seed % 2])
        size, all_of_it = len(case.ground), case.losses()
        wanted, count = rng.random(size) < 0.4, int(rng.integers(0, size + 1))
        loss = case.losses(wanted, count)
        filled = wanted & (np.arange(size) < count) & (np.arange(size) > 0)
        assert (loss[filled] == all_of_it[filled]).all()
        assert (loss[~filled] == UNTOUCHED).all(), "the transmitter itself is no path"


def test_nothing_behind_the_last_known_point_is_looked_at():
    case, _ = radial(5, 50.0, 0.03, 200)
    known = case.losses()
    for junk in (math.nan, math.inf, -math.inf, 1e9):
        ground, clutter = case.ground.copy(), case.clutter.copy()
        ground[120:], clutter[120:] = junk, 5.0
        loss = replace(case, ground=ground, clutter=clutter).losses(count=120)
        assert (loss[1:120] == known[1:120]).all()
        assert (loss[120:] == UNTOUCHED).all()


def test_no_points_and_one_point():
    case = Case(np.zeros(5))
    assert (case.losses(count=0) == UNTOUCHED).all()
    assert (case.losses(count=1) == UNTOUCHED).all()
    assert (case.losses(count=2) != UNTOUCHED).tolist() == [False, True, False, False, False]


def test_a_room_may_be_used_again_and_be_larger():
    room = room_for(300)
    for seed in (3, 4, 5, 3, 6, 7, 3):
        case, _ = radial(seed, [50.0, 10.0][seed % 2])
        assert (case.losses(room=room)[1:] == case.losses()[1:]).all()


def test_single_precision_is_enough_for_the_answer():
    case, _ = radial(9, 50.0)
    room, size = room_for(len(case.ground)), len(case.ground)
    room.rows[GROUND], room.rows[OBSTACLE] = case.ground, case.ground + case.clutter
    loss = np.zeros(size, np.float32)
    radial_losses(
        case.run, room, case.zone.astype(np.uint8), np.ones(size, bool), size, math.radians(case.latitude),
        math.radians(case.bearing), loss,
    )  # fmt: skip
    assert loss[1:] == pytest.approx(case.losses()[1:], abs=2e-5)


# What is not computed because it cannot matter


def test_anomalous_times_are_rarer_than_half_of_the_time():
    # β0 < 50 % makes p = 50 a median in which A(50) >= 0 and the share Fi of anomalous diffraction vanishes.
    most = max(
        anomalous_percent(phi, dtm, inland_weight(dlm))
        for phi in np.linspace(-90, 90, 181)
        for dtm in (0.0, 1.0, 5.0, 20.0, 100.0, 1000.0)
        for dlm in (0.0, 5.0, 50.0, 1000.0)
    )
    assert 46 < most < 47
    assert abs(inverse_normal(0.5)) < 1e-8


def test_ducts_are_no_stronger_at_the_median_than_always():
    # A(50) of (53) is what ducting_db adds to the part that does not vary; over all b0, roughness, antennas, lengths.
    rng, seen = np.random.default_rng(1), []
    path = analyse(Case(np.zeros(30)).path(29)[0], 42.0, 1.5, 45.0)
    wave = wave_of(0.8, True)
    for _ in range(20_000):
        d = 10 ** rng.uniform(-1.5, 3)
        roughness = float(rng.choice([0, 10 ** rng.uniform(0, 3.7)]))
        hte, hre, ae = 10 ** rng.uniform(0, 3.7), 10 ** rng.uniform(0, 3.7), rng.uniform(6371, 143_000)
        dlt, dlr, b0 = *(d * rng.uniform(0.001, 0.5, 2)), 10 ** rng.uniform(-4, math.log10(46.9))
        changed = path._replace(
            d=d, b0=b0, tau=rng.random(), hm=roughness, hte=hte, hre=hre, ae=ae, dlt=dlt, dlr=dlr
        )  # fmt: skip
        # Nothing but A(p) depends on the percentage, and A(p) rises with it.
        fixed = ducting_db(changed, wave, 50.0, NO_COAST_KM, NO_COAST_KM)
        varying = fixed - always_ducting_db(changed, wave, NO_COAST_KM, NO_COAST_KM)
        seen.append(varying)
    assert min(seen) >= 0
    assert np.isfinite(seen).all()


def extreme(rng):
    """Return a path as steep, short or long as there are none."""
    size = int(rng.integers(3, 40))
    step = float(10 ** rng.uniform(-2.3, 0.5))
    ground = np.abs(np.cumsum(rng.normal(0, 10 ** rng.uniform(-1, 3), size)))
    ground[rng.integers(size)] += rng.choice([0, 1000, 8000])
    ground = ground + np.linspace(*rng.permutation([0.0, rng.uniform(0, 3000)]), size)
    heights = {"htg_m": float(rng.choice([1, 3000, rng.uniform(1, 3000)])), "hrg_m": float(rng.choice([1, 1.5, 3000]))}
    return Case(ground, step=step, link=heights | {"delta_n": float(rng.choice([0, 45, 150]))})


def test_no_angle_between_horizons_is_below_that_of_sight():
    rng, least = np.random.default_rng(2), 0.0
    for _ in range(4000):
        case = extreme(rng)
        profile, _ = case.path(len(case.ground) - 1)
        least = min(least, analyse(profile, case.asked["htg_m"], case.asked["hrg_m"], case.asked["delta_n"]).th)
    assert least > -1e-6 > IN_SIGHT_MRAD


def test_a_mast_on_a_mountain_and_a_phone_a_hundred_metres_away():
    for ground in ([3000.0, 1500.0, 0.0], [0.0, 1500.0, 3000.0], [0.0, 3000.0, 0.0], [3000.0, 0.0, 3000.0]):
        for step in (0.001, 0.05):
            case = Case(np.array(ground), step=step, link={"htg_m": 3000.0})
            assert case.one(2).terms["th"] > -1e-6
            assert_equal(case, [2])


def test_what_is_fainter_is_not_heard():
    # -5 log(10^-0.2a + 10^-0.2b) differs from the stronger by that much.
    assert 5 * math.log10(1 + 10 ** (-0.2 * FAINTER_DB)) < 1e-4


def test_how_far_ducts_reach_at_least_needs_the_slope_of_the_path():
    # Af of (47) alone, less 12 dB of coupling over sea, is no lower bound of Lba: θ' of (52) cuts each horizon at
    # 0.1 mrad/km, and what the higher one loses is worth more than its shielding (48). The slope of the path bounds it.
    rng, wave, steeper = np.random.default_rng(4), wave_of(0.8, True), 0
    for _ in range(3000):
        case = extreme(rng)
        profile, coast = case.path(len(case.ground) - 1)
        path = analyse(profile, case.asked["htg_m"], case.asked["hrg_m"], case.asked["delta_n"])
        bound = duct_reach_db(path.dlt + path.dlr, wave) - (12 if path.w >= 0.75 else 0)
        lba = ducting_db(path, wave, 50.0, coast["dct_km"], coast["dcr_km"])
        steeper += lba < bound
        slope = abs(path.hrs - path.hts) / path.d
        assert lba >= bound - (5e-5 * path.ae - 0.264) * wave.third * slope - 1e-9
    assert steeper > 100
