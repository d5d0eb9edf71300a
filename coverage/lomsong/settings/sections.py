"""Sections of lomsong.toml as frozen dataclasses; units stand in the keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated


@dataclass(frozen=True)
class Limits:
    """Closed limits of a number, carried in its annotation."""

    low: float
    high: float


@dataclass(frozen=True)
class Choices:
    """Values that a text may take, carried in its annotation."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """A text is a date, year-month-day, or empty; carried in its annotation."""


EDITIONS = ("published", "internal", "both")
"""What a run writes."""


@dataclass(frozen=True)
class Run:
    """``[run]``: what the whole run shares."""

    title: str = "Lõm sóng"
    territory: str = ""
    note: str = ""
    """A sentence that every output carries, such as that the data are simulated."""
    seed: Annotated[int, Limits(0, 2**32 - 1)] = 2021
    metric_crs: str = ""
    """Metric CRS to compute in, such as ``EPSG:5899``; empty: chosen from the communes."""
    workers: Annotated[int, Limits(0, 1024)] = 0
    """Threads of the compiled loops; 0: all cores."""


@dataclass(frozen=True)
class Inputs:
    """``[inputs]``: paths, relative to the folder of lomsong.toml. Empty: not given."""

    surveys: tuple[str, ...] = ()
    """Files, folders or globs of survey logs."""
    communes: str = ""
    communes_before: str = ""
    """List or layer of the communes of the other vintage, for rosters that use its codes and names."""
    crosswalk: str = ""
    """Table of mergers, old code to new code; empty: made from what ``communes`` says it was merged from."""
    households: str = ""
    learners: tuple[str, ...] = ()
    """Rosters of one row a learner, of any number of schools; they are counted once and into ``households``."""
    declared: str = ""
    """Learners, and learners without a device, as each school or commune declared them."""
    schools: str = ""
    hamlets: str = ""
    sites: str = ""
    cells: str = ""
    dem: str = ""
    """A raster, a folder or a glob of tiles."""
    canopy: str = ""
    land_cover: str = ""
    population: str = ""
    roads: str = ""
    power_lines: str = ""
    forest: str = ""
    water: str = ""
    fibre: str = ""
    """Cables, or points where they can be tapped: ends of backhaul."""
    declared_coverage: str = ""
    """Areas that operators declare as covered, or rasters; they speak only where nothing was measured or modelled."""


@dataclass(frozen=True)
class Survey:
    """``[survey]``: how samples are read and thinned."""

    technology: Annotated[str, Choices(("4G", "5G"))] = "4G"
    technologies: tuple[str, ...] = ()
    """Technologies that count together, such as 4G and 5G, instead of ``technology``; at a place the best counts."""
    max_speed_mps: Annotated[float, Limits(1, 400)] = 70.0
    max_accuracy_m: Annotated[float, Limits(1, 10_000)] = 50.0
    floor_dbm: Annotated[float, Limits(-156, -60)] = -125.0
    """Level below which a phone finds no service: the censoring limit."""
    floors_dbm: Mapping[str, Annotated[float, Limits(-156, -60)]] = field(default_factory=dict)
    """Devices or technologies whose floor is another: device, technology, or ``"device technology"`` = level."""
    block_m: Annotated[float, Limits(1, 5_000)] = 50.0
    """Side of the squares to which samples are decimated."""
    crs: str = ""
    """CRS of survey files that hold metres; empty: degrees, WGS84."""
    utc_offset_h: Annotated[float, Limits(-12, 14)] = 0.0
    """Hours that clocks in logs which state no offset are ahead of UTC; 7 in Viet Nam."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Headings of a log that no alias knows: column of ``samples`` (or longitude, latitude) = heading in the file."""


@dataclass(frozen=True)
class Roster:
    """``[roster]``: how rosters are read and what was declared of them."""

    crs: str = ""
    """CRS of rosters that hold metres; empty: degrees, WGS84."""
    declared_learners: Annotated[int, Limits(0, 100_000_000)] = 0
    """Learners that were declared in all; 0: not declared."""
    declared_without_device: Annotated[int, Limits(0, 100_000_000)] = 0
    """Learners without a device that were declared in all; 0: not declared."""
    hamlet_reach_m: Annotated[float, Limits(100, 30_000)] = 3_000.0
    """People live at most this far from the point of their hamlet: there its households without a position stand."""
    max_household_learners: Annotated[int, Limits(1, 1_000)] = 12
    """A household with more learners is flagged."""
    max_school_pupils: Annotated[int, Limits(1, 100_000)] = 6_000
    """A school with more pupils is flagged."""
    salt: str = ""
    """Secret text mixed into the hashes of names; empty: made anew in each run, so that hashes cannot be joined."""


@dataclass(frozen=True)
class Radio:
    """``[radio]``: coverage and profiles of given sites by ITU-R P.1812."""

    radius_m: Annotated[float, Limits(100, 100_000)] = 20_000.0
    usable_dbm: Annotated[float, Limits(-140, -44)] = -110.0
    polarization: Annotated[str, Choices(("vertical", "horizontal"))] = "vertical"
    rx_height_m: Annotated[float, Limits(1, 3_000)] = 1.5
    time_percent: Annotated[float, Limits(1, 50)] = 50.0
    """Share of the average year in which the loss is not exceeded."""
    location_percent: Annotated[float, Limits(1, 99)] = 50.0
    """Share of the places around a cell at which the loss is not exceeded."""
    location_sigma_db: Annotated[float, Limits(0, 30)] = 0.0
    """Standard deviation over those places."""
    delta_n: Annotated[float, Limits(0, 150)] = 45.0
    """Lapse rate of refractivity, N-units/km."""
    n0: Annotated[float, Limits(200, 500)] = 325.0
    """Refractivity at sea level, N-units."""
    forest_loss: bool = True
    """Trees around the receiver attenuate as P.833 says; otherwise they are obstacles like any other."""
    clutter_m: Mapping[str, float] = field(default_factory=dict)
    """Class of land cover = height of what stands there; classes left out: as ITU-R P.1812 has it."""
    phone_gain_dbi: Annotated[float, Limits(-30, 30)] = 0.0
    device_offset_db: Annotated[float, Limits(0, 30)] = 3.0
    body_loss_db: Annotated[float, Limits(0, 40)] = 0.0
    vehicle_loss_db: Annotated[float, Limits(0, 60)] = 9.0
    building_loss_db: Mapping[str, float] = field(
        default_factory=lambda: {"light": 5.0, "semi-solid": 10.0, "brick": 14.0, "solid": 14.0, "concrete": 20.0}
    )
    """Kind of building = loss from outdoors to inside."""
    where: str = "outdoor"
    """Where the level is received: outdoor, vehicle, or a kind of building."""


@dataclass(frozen=True)
class Surface:
    """``[surface]``: the statistical field."""

    neighbours: Annotated[int, Limits(4, 256)] = 40
    rx_height_m: Annotated[float, Limits(1, 30)] = 1.5
    use_sites: bool = True
    """Take the mean from sites and terrain where cross-validation by blocks says that it helps."""
    learned: bool = False
    """Offer boosted trees on terrain, vegetation and physics as a layer of the mean."""
    surveyed_share: Annotated[float, Limits(0.001, 1)] = 0.1
    """A place is surveyed when measurements take away at least this share of the prior variance."""


@dataclass(frozen=True)
class Gap:
    """``[gap]``: when a place counts as connected."""

    usable_dbm: Annotated[float, Limits(-140, -44)] = -110.0
    services: Mapping[str, Annotated[float, Limits(-140, -44)]] = field(
        default_factory=lambda: {"audio": -115.0, "video": -110.0}
    )
    """Service of learning = level that carries it; which level does hangs on the network."""
    rates_kbps: Mapping[str, float] = field(default_factory=lambda: {"audio": 500.0, "video": 1_000.0})
    """Service of learning = download that it needs, kbit/s: tests of throughput are held against it."""
    carried_share: Annotated[float, Limits(0.5, 0.99)] = 0.9
    """Share of the tests of throughput that must carry a service at a level."""
    service: str = ""
    """One of ``services``, whose level then stands for ``usable_dbm``; empty: ``usable_dbm`` as it is."""
    thresholds_dbm: Mapping[str, Annotated[float, Limits(-140, -44)]] = field(default_factory=dict)
    """Technology = level from which it carries the service; with one given, technologies are fitted apart."""
    required_probability: Annotated[float, Limits(0.5, 0.999)] = 0.5
    """Probability from which the state of one place is called usable."""
    none_probability: Annotated[float, Limits(0.5, 0.999)] = 0.5
    """Probability of lying below the floor from which a place is called one without service."""
    draws: Annotated[int, Limits(20, 10_000)] = 200
    usual_building: str = "brick"
    """Kind of building of ``radio.building_loss_db`` taken for a home or school of which none is told."""
    walk_m: Annotated[float, Limits(0, 20_000)] = 2_000.0
    """A pupil without signal at home can walk so far to a school that has it."""
    rank_by: Annotated[str, Choices(("unconnected", "share", "priority"))] = "unconnected"
    """What communes are ranked by."""
    first: Annotated[int, Limits(1, 1_000)] = 10
    """Communes that count as the first."""
    priority: Mapping[str, Annotated[float, Limits(0, 1_000)]] = field(default_factory=dict)
    """Weight of each indicator in the priority: unconnected, share, poor, without_device, no_grid, unsurveyed."""
    zone_link_m: Annotated[float, Limits(100, 5_000)] = 500.0
    """Homes no farther apart lie in one gap zone."""
    zone_least_learners: Annotated[int, Limits(5, 1_000)] = 5
    """Fewest expected unconnected learners of a zone."""
    zone_gap_share: Annotated[float, Limits(0.05, 1)] = 0.4
    """A square of 100 m belongs to a zone where at least this share of its learners is expected to be unconnected."""
    far_road_km: Annotated[float, Limits(0.1, 50)] = 1.0
    """Farther from a road is an obstacle."""
    far_line_km: Annotated[float, Limits(0.1, 50)] = 3.0
    """Where grid power is unknown, farther from a power line counts as none."""
    site_reach_km: Annotated[float, Limits(0, 50)] = 0.0
    """Farther from every site is an obstacle; 0: from where learners have signal."""


@dataclass(frozen=True)
class Claims:
    """``[claims]``: when the coverage that operators declare counts as proven or as overturned."""

    average_share: Annotated[float, Limits(0.5, 0.999)] = 0.98
    """Share of field tests that must succeed on average."""
    zone_share: Annotated[float, Limits(0.5, 0.999)] = 0.95
    """The same in every zone."""
    zone_km2: Annotated[float, Limits(1, 1_000)] = 50.0
    hexagon_resolution: Annotated[int, Limits(5, 11)] = 8
    """Resolution of the H3 hexagons in which a claim is overturned."""
    least_tests: Annotated[int, Limits(1, 100)] = 5
    """Fewest failed tests that overturn a hexagon."""
    least_places: Annotated[int, Limits(1, 7)] = 2
    """Parts of the hexagon in which they must lie."""
    least_occasions: Annotated[int, Limits(1, 10)] = 2
    """Times at which they must be made; 1 where there was a single drive."""
    failure_limit: Annotated[float, Limits(0.05, 0.9)] = 0.25
    """Share of failures above which a claim falls."""


@dataclass(frozen=True)
class Siting:
    """``[siting]``: proposed towers: how many, where they may stand, how they are equipped, and in what order."""

    sites: Annotated[int, Limits(0, 1_000)] = 10
    """Most new towers; 0: none are planned."""
    budget: Annotated[float, Limits(0, 1e9)] = 0.0
    """Most capital, million VND; above 0 it limits the plan instead of ``sites``."""
    cover: Annotated[float, Limits(0, 1)] = 0.0
    """Share of the reachable unconnected learners to connect at least cost; above 0 instead of ``sites``."""
    given_up: Annotated[float, Limits(0, 0.5)] = 0.0
    """Share of the learners of the best plan that may be given up for a cheaper one; not with ``cover``."""
    communes: tuple[str, ...] = ()
    """Codes of the communes whose learners count; empty: all."""
    operator: str = ""
    """Who builds; empty: not decided."""
    operators: Annotated[int, Limits(1, 9)] = 1
    """How many share each mast."""
    operator_sites: Mapping[str, Annotated[int, Limits(0, 1_000)]] = field(default_factory=dict)
    """Operator = most towers that it builds; then each tower is given a builder."""
    height_m: Annotated[float, Limits(5, 200)] = 42.0
    heights_m: Annotated[tuple[float, ...], Limits(5, 200)] = ()
    """Heights of which a plan may choose; empty: ``height_m`` alone."""
    eirp_dbm: Annotated[float, Limits(-30, 80)] = 32.0
    """EIRP of the reference signal per resource element, antenna gain included."""
    frequency_mhz: Annotated[float, Limits(30, 6_000)] = 800.0
    bands_mhz: Annotated[tuple[float, ...], Limits(30, 6_000)] = ()
    """Bands of which a plan may choose; empty: ``frequency_mhz`` alone."""
    sectors: Annotated[int, Limits(1, 6)] = 3
    """Of each tower; 1: alike all around."""
    beamwidth_deg: Annotated[float, Limits(10, 180)] = 65.0
    radius_m: Annotated[float, Limits(500, 100_000)] = 12_000.0
    spacing_m: Annotated[float, Limits(50, 50_000)] = 1_500.0
    """Candidates are thinned to one in a square of this side."""
    reached: Annotated[str, Choices(("worlds", "margin"))] = "worlds"
    """A place is reached with a probability over drawn worlds, or where the level keeps ``fade_margin_db``."""
    fade_margin_db: Annotated[float, Limits(0, 40)] = 6.0
    worlds: Annotated[int, Limits(20, 10_000)] = 100
    strata: Annotated[int, Limits(1, 32)] = 4
    """Levels to which the worlds of a place are summed up."""
    forbidden_forest: Annotated[tuple[str, ...], Choices(("special_use", "protection", "production"))] = (
        "special_use",
    )
    max_road_m: Annotated[float, Limits(0, 100_000)] = 1_000.0
    """Farther than this from a road no candidate is proposed."""
    max_grid_m: Annotated[float, Limits(0, 1_000_000)] = 0.0
    """Farther than this from a power line no candidate is proposed, and none has panels; 0: no limit."""
    min_separation_m: Annotated[float, Limits(0, 100_000)] = 0.0
    """No two new towers nearer than this; 0: any."""
    decided: tuple[str, ...] = ()
    """Towers that will be built anyway: candidates, or latitude and longitude; neither new nor counted as gain."""
    required: tuple[str, ...] = ()
    """Candidates, or latitude and longitude, that must be among the new towers."""
    forbidden: tuple[str, ...] = ()
    """Candidates, or latitude and longitude, that must not."""
    most_in_commune: Annotated[int, Limits(0, 1_000)] = 0
    """Most new towers in one commune; 0: any."""
    least_share: Mapping[str, Annotated[float, Limits(0, 1)]] = field(default_factory=dict)
    """Code of a commune = least share of its reachable unconnected learners that a plan connects."""
    backhaul: bool = True
    """Every tower must have a clear way out."""
    max_hop_km: Annotated[float, Limits(0.5, 100)] = 30.0
    backhaul_ghz: Annotated[float, Limits(1, 90)] = 7.5
    costs: str = ""
    """Path of a cost sheet, relative to the folder of lomsong.toml; empty: the one that comes with lomsong."""
    sites_a_year: Annotated[int, Limits(0, 1_000)] = 0
    budget_a_year: Annotated[float, Limits(0, 1e9)] = 0.0
    """Most capital a year, million VND; 0: any."""
    first_year: Annotated[int, Limits(1, 9_999)] = 1
    time_limit_s: Annotated[float, Limits(0.1, 86_400)] = 20.0


@dataclass(frozen=True)
class Devices:
    """``[devices]``: who gets the next devices."""

    handovers: str = ""
    """Ledger of the devices handed over; empty: none were."""
    count: Annotated[int, Limits(0, 10_000_000)] = 0
    """Devices to hand out next."""
    order: tuple[str, ...] = ("poor+merit | near-poor+merit", "poor+policy | near-poor+policy", "poor", "near-poor")
    """Tiers, the first served first: alternatives between bars, each of terms joined by plus signs."""
    required_probability: Annotated[float, Limits(0, 0.999)] = 0.5
    """Least probability of usable signal at home; below it a device waits for a tower."""
    word: str = ""
    """Public word that lots are drawn with, known after the lists were closed; empty: the seed of the run."""


@dataclass(frozen=True)
class Publish:
    """``[publish]``: what is written and for whom."""

    language: Annotated[str, Choices(("vi", "en"))] = "vi"
    issuer: str = ""
    """Body that issues brief, workbook and map."""
    superior: str = ""
    """Body above the issuer, at the head of the brief."""
    number: str = ""
    """Number of the brief; empty: room is left for it."""
    symbol: str = "BC"
    """What follows the number, such as BC-SKHCN."""
    place: str = ""
    """Where the brief is signed."""
    date: Annotated[str, Day()] = ""
    """Day on which the brief is signed, such as 2021-10-20; empty: room is left for it."""
    subject: str = ""
    """What the brief is about; empty: a sentence that names the territory."""
    basis: str = ""
    """Order that the brief carries out, such as a letter of the People's Committee with its number and date."""
    recipients: tuple[str, ...] = ()
    """To whom the brief is addressed."""
    copies: tuple[str, ...] = ()
    """Who else receives it, and where it is filed."""
    signer_title: tuple[str, ...] = ()
    """Office of who signs, in lines."""
    signer: str = ""
    """Who signs."""
    raster_m: Annotated[float, Limits(20, 10_000)] = 250.0
    suppress_below: Annotated[int, Limits(0, 1_000)] = 5
    """Published counts of people below this are suppressed."""
    edition: Annotated[str, Choices(EDITIONS)] = "published"
    """What is written: published, internal (nothing suppressed, into a folder of its own), or both."""
    crs: str = ""
    """Reference system of layers and rasters: wgs84, vn2000 or a code; empty: layers in WGS84, rasters as computed."""
    level_legend: Annotated[str, Choices(("usable", "vnpt"))] = "usable"
    """Classes of level on the map: in steps about the usable level, or those of VNPT."""
    level_breaks_dbm: Annotated[tuple[float, ...], Limits(-140, -44)] = ()
    """Breaks of classes of one's own, at most 5; empty: as ``level_legend`` has it."""
    base_map: str = ""
    """Address of an online base map with {z}, {x} and {y}, offered on the map but off at first; empty: none."""
    base_map_credit: str = ""
    """Whom the online base map is owed to."""


@dataclass(frozen=True)
class Fetch:
    """``[fetch]``: where ``lomsong fetch`` gets public layers; parts in braces are filled in."""

    cache: str = ""
    """Folder of the cache; empty: one in the home folder."""
    timeout_s: Annotated[float, Limits(1, 3_600)] = 60.0
    dem: str = (
        "https://copernicus-dem-30m.s3.amazonaws.com/Copernicus_DSM_COG_10_{ns}{lat:02d}_00_{ew}{lon:03d}_00_DEM/"
        "Copernicus_DSM_COG_10_{ns}{lat:02d}_00_{ew}{lon:03d}_00_DEM.tif"
    )
    landcover: str = (
        "https://esa-worldcover.s3.eu-central-1.amazonaws.com/v200/2021/map/"
        "ESA_WorldCover_10m_2021_v200_{ns}{lat:02d}{ew}{lon:03d}_Map.tif"
    )
    overpass: str = "https://overpass-api.de/api/interpreter"
    """Roads and power lines of OpenStreetMap."""
    boundaries: str = "https://www.geoboundaries.org/api/current/gbOpen/{country}/ADM3/"
    population: str = (
        "https://data.worldpop.org/GIS/Population/Global_2000_2020/2020/{country}/{country_lower}_ppp_2020.tif"
    )
    country: str = "VNM"
    """ISO 3166-1 alpha-3 code."""


@dataclass(frozen=True)
class Settings:
    """The whole of lomsong.toml."""

    run: Run = field(default_factory=Run)
    inputs: Inputs = field(default_factory=Inputs)
    survey: Survey = field(default_factory=Survey)
    roster: Roster = field(default_factory=Roster)
    radio: Radio = field(default_factory=Radio)
    surface: Surface = field(default_factory=Surface)
    gap: Gap = field(default_factory=Gap)
    claims: Claims = field(default_factory=Claims)
    siting: Siting = field(default_factory=Siting)
    devices: Devices = field(default_factory=Devices)
    publish: Publish = field(default_factory=Publish)
    fetch: Fetch = field(default_factory=Fetch)
