"""Gap zones and points not reached: against the truth, against other ways to cluster, and at full size.

``python benchmarks/zones.py [RESULT.pickle]`` takes a finished run of the sample province, or makes one. The truth is
``data/truth``: a learner is truly unconnected when no operator reaches -110 dBm at the home. The second part makes a
province of 1.2 million households and 3 operators and reports CPU seconds and peak memory.
"""

from __future__ import annotations

import pickle
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS
from shapely import LineString, box
from sklearn.cluster import HDBSCAN

from lomsong.gap.obstacles import Surroundings
from lomsong.gap.outline import centres, squares_at
from lomsong.gap.unreached import reach_counts, reach_of_points, unreached_points
from lomsong.gap.zones import Clustering, gap_zones, homes_in_zones, zone_of_households
from lomsong.geo import coordinates
from lomsong.radio import Terrain

DATA = Path(__file__).resolve().parent.parent / "data"
USABLE_DBM = -110.0
HOUSEHOLDS = 1_200_000
OPERATORS = ("mobifone", "viettel", "vinaphone")
METRIC = CRS.from_epsg(3405)


def main() -> None:
    """Print all parts."""
    result = _sample()
    evidence, gaps = result.evidence, result.gaps
    truth = pd.read_parquet(DATA / "truth" / "households.parquet").set_index("household_id")
    lost = (truth.loc[evidence.households["household_id"]].max(axis=1) < USABLE_DBM).to_numpy()
    learners = evidence.households["learners"].to_numpy(float)
    print(f"sample: {learners.sum():,.0f} learners, {learners[lost].sum():,.0f} truly unconnected")
    print(f"{'':>34}  zones  found  pure  stable  CPU-s")
    for share in (0.2, 0.3, 0.4, 0.5, 0.7):
        for link_m in (300.0, 500.0, 800.0):
            _score(f"DBSCAN {link_m:.0f} m, share {share}", evidence, gaps, lost, Clustering(link_m, gap_share=share))
    for least in (5, 10):
        _score(f"HDBSCAN of {least} squares, share 0.4", evidence, gaps, lost, Clustering(), least)
    _points(evidence, gaps, lost)
    _full_size()


def _sample():
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open("rb") as file:
            return pickle.load(file)
    from lomsong import pipeline

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DATA, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".lomsong"))
        return pipeline.run(Path(folder) / "lomsong.toml")


def _score(name, evidence, gaps, lost, clustering, hdbscan=0) -> None:
    """Print what share of truly unconnected learners lies in zones, and of learners in zones is truly unconnected.

    Stable: of the learners in zones, the share that stays in one zone with the same others (the greatest part of its
    zone) when each home is left out with probability 0.1.
    """
    homes, at_home = evidence.households, gaps.at_home
    learners = homes["learners"].to_numpy(float)
    started = time.process_time()
    find = _hdbscan if hdbscan else zone_of_households
    more = (hdbscan,) if hdbscan else ()
    zone = find(homes, at_home, evidence.crs, clustering, *more).to_numpy()
    spent = time.process_time() - started
    kept = np.random.default_rng(1).random(len(homes)) > 0.1
    again = find(homes[kept], at_home[kept], evidence.crs, clustering, *more).to_numpy()
    before = zone[kept]
    pairs = pd.DataFrame({"a": before, "b": again, "learners": learners[kept]})[(before >= 0)]
    met = pairs[pairs["b"] >= 0].groupby(["a", "b"])["learners"].sum()
    stable = met.groupby("a").max().sum() / pairs["learners"].sum()
    inside = zone >= 0
    found, pure = learners[lost & inside].sum() / learners[lost].sum(), learners[lost & inside].sum()
    print(
        f"{name:>34}  {zone.max() + 1:5d}  {found:5.3f}  {pure / learners[inside].sum():.3f}  {stable:6.3f}"
        f"  {spent:5.2f}"
    )


def _hdbscan(homes, at_home, crs, clustering, least) -> pd.Series:
    """Cluster the same squares by HDBSCAN, which takes no weights."""
    cells, cell_of = np.unique(squares_at(coordinates(homes, crs), clustering.square_m), return_inverse=True)
    learners = homes["learners"].to_numpy(float) * (at_home["state"] != "unsurveyed").to_numpy()
    lost = np.bincount(cell_of, learners * (1 - at_home["p_usable"].fillna(0).to_numpy()))
    gap = (lost > 0) & (lost >= clustering.gap_share * np.bincount(cell_of, learners))
    label = np.full(len(cells), -1)
    label[gap] = HDBSCAN(least, copy=True).fit_predict(centres(cells[gap], clustering.square_m))
    enough = np.bincount(label[label >= 0], lost[label >= 0]) >= clustering.least_learners
    label = np.where((label >= 0) & np.append(enough, False)[label], label, -1)
    return pd.Series(label[cell_of], index=homes.index)


def _points(evidence, gaps, lost) -> None:
    around = Surroundings(
        evidence.lines["roads"], evidence.lines["power_lines"], evidence.lines["forest"], evidence.sites,
        evidence.terrain,
    )  # fmt: skip
    homes, at_home = evidence.households, gaps.at_home
    members = zone_of_households(homes, at_home, evidence.crs)
    zones = gap_zones(
        homes, at_home, gaps.service, evidence.communes, around, evidence.crs, hamlets=evidence.hamlets,
        schools=evidence.schools, members=members,
    )  # fmt: skip
    print(f"{len(zones)} zones of {zones.to_crs(evidence.crs).area.sum() / 1e6:.0f} km²; obstacles:")
    print(zones["obstacles"].map(", ".join).value_counts().to_string())
    points = reach_of_points(
        evidence.hamlets, evidence.schools, gaps.service, evidence.communes, around, evidence.crs, households=homes,
        at_home=at_home, shared=gaps.shared, bounds=zones.attrs["bounds"],
    )  # fmt: skip
    listed = unreached_points(points, zones, homes_in_zones(homes, at_home, members))
    counts = reach_counts(points)[["points", "reached", "unreached", "unknown"]].sum()
    print(f"points: {counts.to_dict()}; listed: {listed['kind'].value_counts().to_dict()}")
    by_hamlet = pd.DataFrame({"hamlet": homes["hamlet_id"], "learners": homes["learners"], "lost": lost})
    by_hamlet["lost"] *= by_hamlet["learners"]
    sums = by_hamlet.groupby("hamlet").sum()
    truth = {"hamlet": sums["lost"] >= 0.5 * sums["learners"]}
    schools = pd.read_parquet(DATA / "truth" / "schools.parquet").set_index("school_id")
    truth["school"] = schools.filter(like="_dbm").max(axis=1) < USABLE_DBM
    for kind, without in truth.items():
        of_kind = points[(points["kind"] == kind)]
        told = pd.crosstab(of_kind["reach"], of_kind["point_id"].map(without).rename("truly without signal"))
        print(f"{kind}s, in truth {'half the learners' if kind == 'hamlet' else 'the school'} without:")
        print(told.to_string())
    stand = set(listed["point_id"][listed["kind"] == "hamlet"])
    in_zone = members.to_numpy() >= 0
    told = in_zone | homes["hamlet_id"].isin(stand).to_numpy()
    learners = homes["learners"].to_numpy(float)
    print(f"truly unconnected learners in a zone or a listed hamlet: {learners[lost & told].sum():.0f}")


def _full_size() -> None:
    rng = np.random.default_rng(0)
    hamlets, schools, sites = 6_000, 3_000, 1_500
    middle = rng.uniform([690_000, 1_170_000], [790_000, 1_297_000], (hamlets, 2))
    hamlet = rng.integers(0, hamlets, HOUSEHOLDS)
    at = middle[hamlet] + rng.normal(0, 450, (HOUSEHOLDS, 2))
    spots = middle[rng.integers(0, hamlets, sites)] + rng.normal(0, 300, (sites, 2))
    owner = np.asarray(OPERATORS)[rng.integers(0, 3, sites)]
    crs = METRIC
    codes = np.array([f"{20000 + number}" for number in range(100)])
    communes = gpd.GeoDataFrame(
        {"commune_code": codes, "name": [f"Xã {code}" for code in codes]},
        geometry=[
            box(690_000 + 10_000 * i, 1_170_000 + 12_700 * j, 700_000 + 10_000 * i, 1_182_700 + 12_700 * j)
            for i in range(10)
            for j in range(10)
        ],
        crs=crs,
    )
    column, row = np.clip((at - [690_000, 1_170_000]) // [10_000, 12_700], 0, 9).astype(int).T
    ids = pd.Series(np.char.add("H", np.arange(HOUSEHOLDS).astype(str)))
    homes = gpd.GeoDataFrame(
        {
            "household_id": ids,
            "learners": rng.integers(0, 4, HOUSEHOLDS),
            "hamlet_id": np.char.add("A", hamlet.astype(str)),
            "commune_code": codes[column * 10 + row],
        },
        geometry=gpd.points_from_xy(*at.T),
        crs=crs,
    )
    towns = gpd.GeoDataFrame(
        {
            "hamlet_id": [f"A{i}" for i in range(hamlets)],
            "name": [f"Ấp {i % 9 + 1}" for i in range(hamlets)],
            "grid_power": rng.choice(["yes", "no", "unknown"], hamlets, p=[0.9, 0.05, 0.05]),
        },
        geometry=gpd.points_from_xy(*middle.T),
        crs=crs,
    )
    learning = gpd.GeoDataFrame(
        {"school_id": [f"S{i}" for i in range(schools)], "name": "Trường", "pupils": 300},
        geometry=gpd.points_from_xy(*middle[:schools].T),
        crs=crs,
    )
    masts = gpd.GeoDataFrame(
        {"site_id": [f"B{i}" for i in range(sites)], "operator": owner, "height_m": 40.0, "band_mhz": 1800.0},
        geometry=gpd.points_from_xy(*spots.T),
        crs=crs,
    )
    service, gone = _service(homes, towns, learning, at, middle, middle[:schools], spots, owner)
    at_home = pd.DataFrame({"p_usable": 1 - gone, "state": np.where(gone > 0.5, "weak", "usable")}, index=homes.index)
    easting = np.arange(690_000, 791_000, 100.0)
    height = 60 + 50 * np.sin(easting / 3_000)[None, :] * np.cos(np.arange(1_300)[:, None] / 40)
    terrain = Terrain(height, np.zeros_like(height), Affine(100, 0, 690_000, 0, -100, 1_299_000), crs)
    start = rng.uniform([690_000, 1_170_000], [790_000, 1_297_000], (8_000, 2))
    lines = [LineString([first, first + rng.normal(0, 1_500, 2)]) for first in start]
    forest = gpd.GeoDataFrame(
        {"forest_class": ["special_use", "protection"] * 150},
        geometry=gpd.GeoSeries(gpd.points_from_xy(*start[:300].T)).buffer(3_000, 64),
        crs=crs,
    )
    roads, power = gpd.GeoDataFrame(geometry=lines, crs=crs), gpd.GeoDataFrame(geometry=lines[:4_000], crs=crs)
    around = Surroundings(roads, power, forest, masts, terrain)
    before_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    started = time.process_time()
    members = zone_of_households(homes, at_home, crs)
    clustered = time.process_time()
    zones = gap_zones(homes, at_home, service, communes, around, crs, hamlets=towns, schools=learning, members=members)
    outlined = time.process_time()
    points = reach_of_points(
        towns, learning, service, communes, around, crs, households=homes, at_home=at_home,
        bounds=zones.attrs["bounds"],
    )  # fmt: skip
    listed = unreached_points(points, zones, homes_in_zones(homes, at_home, members))
    done = time.process_time()
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{HOUSEHOLDS:,} households, {len(zones)} zones of {(members >= 0).sum():,}, {len(listed):,} points listed: "
        f"members {clustered - started:.1f}, zones {outlined - clustered:.1f}, points {done - outlined:.1f} CPU-s; "
        f"peak {peak_gb:.2f} GB, {before_gb:.2f} of it before"
    )


def _service(homes, towns, learning, at, middle, school_at, spots, owner):
    """Return a service table in which signal falls off 2.5 km from a mast, and the chance of having none at homes."""
    from scipy.spatial import cKDTree

    gone, parts = np.ones(len(homes)), []
    demand = [homes["household_id"], towns["hamlet_id"], learning["school_id"]]
    for operator in OPERATORS:
        away = cKDTree(spots[owner == operator]).query(np.vstack([at, middle, school_at]))[0]
        p = 1 / (1 + np.exp((away - 2_500) / 300))
        gone *= 1 - p[: len(homes)]
        parts.append(
            pd.DataFrame(
                {
                    "demand_id": pd.concat(demand, ignore_index=True), "operator": operator, "level_dbm": -100.0,
                    "level_sd_db": 6.0, "p_usable": p, "state": np.where(p >= 0.5, "usable", "weak"),
                    "kind": "measured", "nearest_sample_m": 100.0,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True), gone


if __name__ == "__main__":
    main()
