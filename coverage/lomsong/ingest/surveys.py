"""Survey logs of any known format, found by content, into the table ``samples`` and the table ``rejects``."""

from __future__ import annotations

import glob
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lomsong.errors import DataError, FormatError, MissingFileError, UsageError
from lomsong.geo import WGS84
from lomsong.ingest import canonical, gnettrack
from lomsong.ingest.files import read_text, require_file, require_inside
from lomsong.ingest.operators import operator_slug
from lomsong.ingest.quality import Sieve, SurveyLimits, check_samples
from lomsong.ingest.reading import Reading, Survey, join
from lomsong.tables import SAMPLES

FORMATS = ("auto", "gnettrack", "canonical")


def read_survey(
    path: str | Path,
    operator: str | None = None,
    *,
    format: str = "auto",
    limits: SurveyLimits | None = None,
    language: str = "en",
) -> Survey:
    """Read one survey file.

    Parameters
    ----------
    path
        G-NetTrack log (text, also gzipped), or CSV, GeoParquet or GeoPackage points in the columns of ``samples``.
    operator
        Operator of all rows; None: as the rows say. Rows without service carry no name, so they take the operator
        that the file names most often.
    format
        One of :data:`FORMATS`; ``auto`` looks at the content.
    limits
        What rows are held against; see :class:`~lomsong.ingest.quality.SurveyLimits`.
    language
        Language of the remedies, ``vi`` or ``en``.

    Returns
    -------
    Survey with ``samples`` (EPSG:4326), ``rejects`` and ``rows_read = len(samples) + len(rejects)``.

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the file as a whole cannot be used.
    """
    path = Path(path)
    limits = limits or SurveyLimits()
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is not one of {', '.join(FORMATS)}")
    require_file(path)
    raw = _parse(path, format, limits.technology)
    if raw.empty:
        raise DataError(f"{path}: headings without a single row; export the log again")
    raw["operator"] = _operators(raw, operator, path)
    if limits.bounds is not None:
        require_inside(raw["longitude"], raw["latitude"], raw["source_row"], limits.bounds, path)
    sieve = Sieve(path.name, raw["source_row"].to_numpy(), language)
    check_samples(raw, sieve, limits)
    reading = Reading.of(path, "samples", _samples(raw[sieve.open], path), sieve.rejects(), len(raw), sieve.flags())
    return Survey(reading.table, reading.rejects, reading.sources, reading.flags)


def read_surveys(patterns: list[str], limits: SurveyLimits, language: str = "en") -> Survey:
    """Read all files that paths or globs name, in the order of their names.

    Raises
    ------
    MissingFileError
        When a pattern names no file.
    """
    paths: list[Path] = []
    for pattern in patterns:
        found = sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise MissingFileError(f"{pattern} (inputs.surveys): no such file; check the path")
        paths += [Path(name) for name in found if Path(name) not in paths]
    return join([read_survey(path, limits=replace(limits), language=language) for path in paths])


def _parse(path: Path, format: str, technology: str) -> pd.DataFrame:
    if canonical.is_layer(path):
        return canonical.parse(path, technology)
    text = read_text(path)
    head = text[: text.find("\n")] if "\n" in text else text
    if format == "gnettrack" or (format == "auto" and gnettrack.sniff(head)):
        if not gnettrack.sniff(head):
            raise FormatError(f"{path}: no G-NetTrack headings; they start with {', '.join(gnettrack.REQUIRED)}")
        return gnettrack.parse(text, path)
    if format == "canonical" or canonical.sniff(head):
        return canonical.parse(path, technology)
    raise FormatError(
        f"{path}: no known survey format (first line: {head.strip()[:80]!r}); known are G-NetTrack logs and CSV with "
        "operator, rsrp_dbm, longitude, latitude"
    )


def _operators(raw: pd.DataFrame, operator: str | None, path: Path) -> pd.Series:
    if operator is not None:
        slug = operator_slug(pd.Series([operator]), pd.Series([operator if operator.isdigit() else ""])).iloc[0]
        return pd.Series(slug, index=raw.index)
    named = raw.loc[raw["operator"] != "", "operator"]
    if named.empty:
        raise DataError(f"{path}: no row names its operator; say it with --operator")
    most = named.value_counts().sort_index().idxmax()
    return raw["operator"].where((raw["operator"] != "") | ~raw["no_service"], most)


def _samples(kept: pd.DataFrame, path: Path) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "sample_id": path.name.split(".")[0] + ":" + kept["source_row"].astype(str),
            "time": kept["time"],
            "operator": kept["operator"],
            "technology": kept["technology"].where(~kept["no_service"], None),
            "band_mhz": kept["band_mhz"],
            "cell_id": kept["cell_id"].replace("", None),
            "rsrp_dbm": kept["rsrp_dbm"],
            "rsrq_db": kept["rsrq_db"],
            "sinr_db": kept["sinr_db"],
            "service": np.where(kept["no_service"], "no_service", "level"),
            "accuracy_m": kept["accuracy_m"],
            "speed_mps": kept["speed_mps"],
            "device": kept["device"].replace("", None),
            "source_file": path.name,
            "source_row": kept["source_row"],
        }
    )[SAMPLES.names].reset_index(drop=True)
    points = gpd.points_from_xy(kept["longitude"], kept["latitude"])
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84)
