"""Operators' declared coverage held against field tests: the share that succeeds, overall, by commune and by zone.

A claim is what one operator declares for one technology (or for any). Tests inside it succeed when the level reaches
the threshold. Samples of one road minutes apart are no independent tests: besides how many there are, it is said how
many independent ones they are worth, and every bound and verdict goes by these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from lomsong.errors import ColumnError, UsageError
from lomsong.gap.claims.field_tests import COLUMNS, SQUARE_M, Thresholds, field_tests, identifiers, threshold_of
from lomsong.gap.claims.shares import effective_tests, exact_bounds, likeness, more_tests, verdict_of, wilson_bounds
from lomsong.gap.claims.zones import ZONE_KM2, commune_zones, zone_at
from lomsong.geo import Grid, metric_crs
from lomsong.surface.declared import Declaration
from lomsong.texts import fault

BLOCK_M = 1_000.0
"""Side of the blocks within which tests are taken to be alike: about two ranges of shadowing in open country."""

VERDICTS = ("met", "not_met", "undecided", "no_area", "no_claim")


@dataclass(frozen=True)
class Standard:
    """What share of the tests must succeed, as ARCEP asks.

    Attributes
    ----------
    average
        Over all tests of a claim.
    zone
        In every zone.
    zone_km2
        Area of a zone.
    least_km2
        A zone of which less is declared does not count towards the verdict.
    confidence
        Of each bound.
    """

    average: float = 0.98
    zone: float = 0.95
    zone_km2: float = ZONE_KM2
    least_km2: float = 1.0
    confidence: float = 0.95


@dataclass(frozen=True)
class Claim:
    """What one operator declares for one technology; ``areas`` are valid polygons in the metric CRS with level_dbm."""

    operator: str
    technology: str
    areas: gpd.GeoDataFrame

    def at(self, places: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return which places, shape (n, 2), are declared, and from which level (NaN: not told; the highest counts)."""
        inside, level = np.zeros(len(places), bool), np.full(len(places), -np.inf)
        if len(places) and len(self.areas):
            tree = shapely.STRtree(shapely.points(places))
            area, place = tree.query(self.areas.geometry.to_numpy(), predicate="intersects")
            inside[place] = True
            told = self.areas["level_dbm"].to_numpy(float)[area]
            np.maximum.at(level, place, np.where(np.isnan(told), -np.inf, told))
        return inside, np.where(np.isneginf(level), np.nan, level)

    def concerns(self, technology: pd.Series) -> NDArray[np.bool_]:
        """Return which tests of its operator say something of this claim: those of its technology or an unknown one.

        Phones that were heard, and never in that technology, may not have it: what they did not find says nothing.
        """
        own, unknown = technology == self.technology, technology == ""
        return np.asarray(own | (self.technology == "") | (unknown & (own.any() or unknown.all())), dtype=bool)


@dataclass(frozen=True)
class ClaimCheck:
    """What field tests say of the claims.

    Attributes
    ----------
    verdicts
        One row an operator and technology, see :func:`check_claims`.
    communes, zones
        One row a claim and commune or zone in which it declares something.
    tests
        Tests inside the claims, one row each: columns of :func:`~lomsong.gap.claims.field_tests.field_tests`, claim
        (operator and technology of the claim as ``claim_technology``), claimed_dbm, threshold_dbm, passed, zone_id,
        commune_code, name, block.
    crs
        Metric CRS of all positions.
    """

    verdicts: pd.DataFrame
    communes: pd.DataFrame
    zones: gpd.GeoDataFrame
    tests: pd.DataFrame
    crs: CRS = field(repr=False)


def check_claims(
    samples: gpd.GeoDataFrame | pd.DataFrame,
    declaration: Declaration,
    communes: gpd.GeoDataFrame,
    *,
    usable_dbm: Thresholds,
    crs: CRS | None = None,
    standard: Standard | None = None,
    block_m: float | Mapping[str, float] = BLOCK_M,
    square_m: float = SQUARE_M,
    against: str = "usable",
    cell_m: float = 250.0,
) -> ClaimCheck:
    """Hold what operators declare against field tests.

    Verdicts go by exact bounds on effective counts. A claim is ``met`` when the average and every zone show their
    standard; ``not_met`` when the average, or with the risk divided among them one zone, shows that it misses it; else
    ``undecided``. ``no_area``: the operator's rows have no usable polygon, or none that claims use; ``no_claim``: it
    was tested and declares nothing. Of a zone or a commune alone, the verdict is that of its own bounds.

    Parameters
    ----------
    samples
        Table ``samples``, or a frame of tests in ``crs`` as
        :func:`~lomsong.gap.claims.field_tests.field_tests` or
        :func:`~lomsong.gap.claims.field_tests.bins_as_tests` return it.
    declaration
        What is declared. Polygons in any CRS; broken ones are repaired, other shapes left out. Names of operators may
        be written as people write them.
    communes
        Table ``communes``. Tests outside all of them count in the average only.
    usable_dbm
        Level from which a place is usable, one or by technology.
    crs
        Metric CRS; None: chosen from the communes.
    standard
        Shares wanted; None: those of ARCEP.
    block_m
        Side of the blocks within which tests are alike, or of each operator: twice the range of its shadowing.
    square_m
        Side of the squares in which the samples of one visit are one test.
    against
        ``usable``: tests are held against ``usable_dbm``, and areas declared from a lower level claim nothing;
        ``claimed``: against the level declared at the place, where one is told.
    cell_m
        Declared areas are counted in cells of this side.

    Returns
    -------
    ClaimCheck. Its three tables share the columns operator, technology ("": any), claimed_km2, samples, tests,
    failures, blocks (with a test), effective (independent tests they are worth), share (of tests that succeed),
    wilson_low, wilson_high, exact_low, exact_high (one-sided), verdict, more_tests (independent tests that would decide
    if the share holds on; missing: none would). ``verdicts`` adds alike (intraclass correlation within blocks), zones,
    zones_met, zones_not_met, zones_undecided, zones_untested (of those that count), worst_zone; ``zones`` adds zone_id,
    commune_code, name, counts (whether enough of it is declared) and geometry; ``communes`` commune_code and name.

    Raises
    ------
    UsageError
        When ``against`` is neither word.
    ColumnError, CrsError
        When samples lack a column or a CRS.

    References
    ----------
    Wilson (1927); Clopper and Pearson (1934); Korn and Graubard (1998); Berger (1982), Technometrics 24, 295-300 (all
    of several standards shown without dividing the risk).
    """
    if against not in ("usable", "claimed"):
        raise fault(UsageError, "claims_against", value=against)
    crs, standard = crs or metric_crs(communes), standard or Standard()
    tests = _tests(samples, crs, square_m)
    zones = commune_zones(communes, crs, standard.zone_km2)
    claims = claims_of(declaration, crs, usable_dbm, against)
    cells = _cells(zones, crs, cell_m)
    parts = [
        _of_claim(claim, tests, zones, cells, usable_dbm, standard, block_m, square_m, against) for claim in claims
    ]
    silent = sorted(set(tests["operator"]) - {claim.operator for claim in claims})
    blank = [_row(one, "", pd.DataFrame(columns=["passed"]), 0.0, 1.0, standard.average, standard) for one in silent]
    verdicts = [part[0] for part in parts] + [row | {"verdict": "no_claim", "more_tests": np.nan} for row in blank]
    of_zones = pd.concat([part[2] for part in parts], ignore_index=True) if parts else pd.DataFrame()
    shapes = zones.set_index("zone_id").geometry
    geometry = shapes.loc[of_zones["zone_id"]].to_numpy() if len(of_zones) else []
    return ClaimCheck(
        pd.DataFrame(verdicts),
        pd.concat([part[1] for part in parts], ignore_index=True) if parts else pd.DataFrame(),
        gpd.GeoDataFrame(of_zones, geometry=geometry, crs=crs),
        pd.concat([part[3] for part in parts], ignore_index=True) if parts else tests.iloc[:0],
        crs,
    )


def claims_of(declaration: Declaration, crs: CRS, usable_dbm: Thresholds, against: str = "usable") -> list[Claim]:
    """Part what is declared into claims, in the order of operator and technology.

    An operator without any usable polygon keeps a claim of no area. See :func:`check_claims` for the parameters.
    """
    areas = declaration.areas
    moved = areas.to_crs(crs) if len(areas) else areas
    frame = pd.DataFrame(
        {
            "operator": identifiers(areas["operator"]).to_numpy(),
            "technology": areas["technology"].astype(object).where(areas["technology"].notna(), "").to_numpy()
            if "technology" in areas
            else "",
            "level_dbm": areas["level_dbm"].to_numpy(float) if "level_dbm" in areas else np.nan,
        }
    )
    shapes = np.array([_polygon(shape) for shape in moved.geometry], dtype=object)
    whole = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    claims = []
    for (operator, technology), own in whole.groupby(["operator", "technology"], sort=True):
        limit = threshold_of(usable_dbm, np.array([technology], dtype=object))[0]
        kept = own.geometry.notna()
        if against == "usable":
            kept &= ~(own["level_dbm"] < limit)
        claims.append(Claim(str(operator), str(technology), own[kept][["level_dbm", "geometry"]]))
    return claims


def _polygon(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return the areas of a shape, repaired; None where it has none."""
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        return None
    if shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        return None
    sound = shape if shape.is_valid else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts([sound]))
    kept = [part for part in parts if isinstance(part, shapely.Polygon) and part.area > 0]
    return shapely.MultiPolygon(kept) if kept else None


def judged(
    claim: Claim, tests: pd.DataFrame, usable_dbm: Thresholds, square_m: float = SQUARE_M, against: str = "usable"
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the tests that say something of a claim, with what they found, and which of them lie inside it.

    Of a claim for any technology, what one visit to a square found in several is one test: it passes when one does.

    Returns
    -------
    Tests with claimed_dbm, threshold_dbm and passed; mask of those inside, shape (tests,).
    """
    own = tests[(tests["operator"] == claim.operator).to_numpy()]
    own = own[claim.concerns(own["technology"])].reset_index(drop=True)
    inside, claimed = claim.at(own[["easting_m", "northing_m"]].to_numpy(float))
    threshold = threshold_of(usable_dbm, own["technology"].to_numpy(object))
    if against == "claimed":
        threshold = np.where(np.isnan(claimed), threshold, claimed)
    reached = (own["level_dbm"].to_numpy(float) >= threshold) & ~own["no_service"].to_numpy(bool)
    own = own.assign(claimed_dbm=claimed, threshold_dbm=threshold, passed=reached)
    if own["technology"].nunique() < 2:
        return own, inside
    # Any of the technologies will do: the best of them, of one square and hour, is the test.
    square = np.floor(own[["easting_m", "northing_m"]].to_numpy(float) / square_m).astype(np.int64)
    hour = own["first"].dt.floor("h")
    order = np.lexsort((-own["level_dbm"].fillna(-np.inf).to_numpy(), ~reached))
    key = pd.DataFrame({"column": square[:, 0], "row": square[:, 1], "hour": hour}).iloc[order]
    first = np.sort(key.index[~key.duplicated()].to_numpy())
    return own.iloc[first].reset_index(drop=True), inside[first]


def _tests(samples: gpd.GeoDataFrame | pd.DataFrame, crs: CRS, square_m: float) -> pd.DataFrame:
    if isinstance(samples, gpd.GeoDataFrame):
        return field_tests(samples, crs, square_m)
    missing = [name for name in COLUMNS if name not in samples]
    if missing:
        raise fault(ColumnError, "claims_samples_columns", missing=", ".join(missing))
    return samples


def _cells(zones: gpd.GeoDataFrame, crs: CRS, cell_m: float) -> pd.DataFrame:
    """Return the centres of cells inside the communes with the row of their zone."""
    if not len(zones):
        return pd.DataFrame(columns=["easting_m", "northing_m", "zone", "km2"])
    centres = Grid.over(tuple(zones.total_bounds), cell_m, crs).centres()
    zone = zone_at(centres, zones)
    frame = {"easting_m": centres[:, 0], "northing_m": centres[:, 1], "zone": zone, "km2": (cell_m / 1_000) ** 2}
    return pd.DataFrame(frame)[zone >= 0]


def _of_claim(
    claim: Claim,
    tests: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    usable_dbm: Thresholds,
    standard: Standard,
    block_m: float | Mapping[str, float],
    square_m: float,
    against: str,
) -> tuple[dict[str, object], pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return verdict, rows of communes and of zones, and the tests of one claim."""
    known, inside = judged(claim, tests, usable_dbm, square_m, against)
    side_m = block_m.get(claim.operator, BLOCK_M) if isinstance(block_m, Mapping) else block_m
    found = _placed(known[inside], zones, side_m).assign(claim_technology=claim.technology)
    blocks = found.groupby("block")["passed"].agg(["sum", "size"])
    alike = likeness(blocks["sum"], blocks["size"])
    declared, _ = claim.at(cells[["easting_m", "northing_m"]].to_numpy(float))
    km2 = cells[declared].groupby("zone")["km2"].sum()
    zone_km2 = km2.set_axis(zones["zone_id"].to_numpy()[km2.index.to_numpy(int)])
    codes = zones.set_index("zone_id")["commune_code"]
    commune_km2 = zone_km2.groupby(codes.loc[zone_km2.index].to_numpy()).sum()
    by_zone = _rows(claim, found, "zone_id", zone_km2, alike, standard)
    by_zone["counts"] = by_zone["claimed_km2"] >= standard.least_km2
    by_zone = by_zone.merge(zones[["zone_id", "commune_code", "name"]], on="zone_id", how="left")
    by_commune = _rows(claim, found, "commune_code", commune_km2, alike, standard)
    names = zones.drop_duplicates("commune_code").set_index("commune_code")["name"]
    by_commune["name"] = by_commune["commune_code"].map(names)
    whole = _row(claim.operator, claim.technology, found, float(zone_km2.sum()), alike, standard.average, standard)
    whole |= {"alike": alike, "block_m": side_m}
    return _judgement(whole, by_zone, len(claim.areas) > 0, standard), by_commune, by_zone, found


def _placed(found: pd.DataFrame, zones: gpd.GeoDataFrame, block_m: float) -> pd.DataFrame:
    at = found[["easting_m", "northing_m"]].to_numpy(float)
    row = zone_at(at, zones)
    named = {name: [*zones[name], None] for name in ("zone_id", "commune_code", "name")}  # -1: outside all communes
    column = {name: np.array(values, dtype=object)[row] for name, values in named.items()}
    block = pd.MultiIndex.from_arrays(np.floor(at / block_m).astype(np.int64).T).factorize(sort=True)[0]
    return found.assign(**column, block=block).reset_index(drop=True)


def _rows(
    claim: Claim, found: pd.DataFrame, key: str, km2: pd.Series, alike: float, standard: Standard
) -> pd.DataFrame:
    """Return one row for each place in which something is declared or was tested inside the claim."""
    of = dict(list(found.groupby(key, sort=True)))
    places = sorted(set(of) | set(km2.index))
    rows = [
        {key: place}
        | _row(claim.operator, claim.technology, of.get(place, found.iloc[:0]), float(km2.get(place, 0.0)), alike,
               standard.zone, standard)
        for place in places
    ]  # fmt: skip
    blank = [key, *_row("", "", found.iloc[:0], 0.0, 1.0, standard.zone, standard)]
    return pd.DataFrame(rows, columns=blank)


def _row(
    operator: str, technology: str, found: pd.DataFrame, km2: float, alike: float, wanted: float, standard: Standard
) -> dict[str, object]:
    tests, passed = len(found), int(found["passed"].sum())
    sizes = found.groupby("block").size().to_numpy() if tests else np.zeros(0)
    effective = effective_tests(sizes, alike)
    share = passed / tests if tests else np.nan
    good = effective * share if tests else 0.0
    low, high = wilson_bounds(good, effective, standard.confidence)
    exact_low, exact_high = exact_bounds(good, effective, standard.confidence)
    return {
        "operator": operator,
        "technology": technology,
        "claimed_km2": km2,
        "samples": int(found["samples"].sum()) if tests else 0,
        "tests": tests,
        "failures": tests - passed,
        "blocks": len(sizes),
        "effective": effective,
        "share": share,
        "wilson_low": float(low),
        "wilson_high": float(high),
        "exact_low": float(exact_low),
        "exact_high": float(exact_high),
        "verdict": str(verdict_of(good, effective, wanted, standard.confidence)),
        "more_tests": float(more_tests(good, effective, wanted, standard.confidence)[0]),
    }


def _judgement(row: dict[str, object], zones: pd.DataFrame, has_area: bool, standard: Standard) -> dict[str, object]:
    """Return the row of a claim with the verdict of its average and of all its zones."""
    counted = zones[zones["counts"]]
    counts = counted["verdict"].value_counts()
    worst = counted.loc[counted["tests"] > 0].sort_values(["share", "zone_id"])["zone_id"]
    # One of many zones misses by chance more often than one alone: the risk is divided (Bonferroni).
    strict = 1 - (1 - standard.confidence) / (len(counted) + 1)
    effective = counted["effective"].to_numpy(float)
    good = np.nan_to_num(counted["share"].to_numpy(float)) * effective
    one_misses = (verdict_of(good, effective, standard.zone, strict) == "not_met").any()
    total = float(row["effective"])  # type: ignore[arg-type]
    passed = total * float(np.nan_to_num(row["share"]))  # type: ignore[call-overload]
    average_misses = str(verdict_of(passed, total, standard.average, strict)) == "not_met"
    met = row["verdict"] == "met" and bool((counted["verdict"] == "met").all())
    verdict = "not_met" if one_misses or average_misses else "met" if met else "undecided"
    return row | {
        "average_verdict": row["verdict"],
        "verdict": verdict if has_area else "no_area",
        "more_tests": row["more_tests"] if has_area else np.nan,
        "zones": len(counted),
        "zones_met": int(counts.get("met", 0)),
        "zones_not_met": int(counts.get("not_met", 0)),
        "zones_undecided": int(counts.get("undecided", 0)),
        "zones_untested": int((counted["tests"] == 0).sum()),
        "worst_zone": worst.iloc[0] if len(worst) else None,
    }
