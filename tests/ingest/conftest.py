"""Every way into the readers, and what each owes whatever it is given."""

import pytest
from geopandas import GeoDataFrame
from pandas import DataFrame
from shapely import box

from lomsong import ingest
from lomsong.errors import LomsongError
from lomsong.texts import LANGUAGES, told

TERRITORY = GeoDataFrame(geometry=[box(107.0, 11.0, 107.02, 11.02)], crs=4326)

AFTER = DataFrame({"commune_code": ["26170"], "name": ["Trị An"], "merged_from": ["Mã Đà; Trị An"]})

ENTRIES = {
    "read": ingest.read,
    "survey": ingest.read_survey,
    "surveys": lambda path: ingest.read_surveys([str(path)], ingest.SurveyLimits()),
    "households": lambda path: ingest.read_households(path, None),
    "schools": lambda path: ingest.read_schools(path, None),
    "hamlets": lambda path: ingest.read_hamlets(path, None),
    "sites": lambda path: ingest.read_sites(path, None),
    "learners": ingest.read_learners,
    "declared": ingest.read_declared,
    "communes": ingest.read_communes,
    "cells": ingest.read_cells,
    "roads": lambda path: ingest.read_features(path, "roads"),
    "dem": lambda path: ingest.read_dem(path, TERRITORY),
    "population": lambda path: ingest.read_population(path, TERRITORY),
    "companion": ingest.read_companion,
    "crosswalk": lambda path: ingest.read_crosswalk(AFTER, path),
    "crosswalk table": lambda path: ingest.read_crosswalk(AFTER, None, path),
}


@pytest.fixture(scope="session")
def entries():
    return ENTRIES


@pytest.fixture(scope="session")
def outcome():
    """Read a file by one entry: the fault it raises, told in one line in either language, or its closed account."""

    def read(entry, path):
        try:
            reading = ENTRIES[entry](path)
        except LomsongError as error:
            assert error.key, f"{error!r} is not in the catalogue"
            for language in LANGUAGES:
                sentence = told(error, language)
                assert sentence.strip() and len(sentence.splitlines()) == 1, repr(sentence)
            return error
        if hasattr(reading, "sources"):
            sums = reading.sources[["rows_read", "accepted", "rejected"]].sum()
            assert sums["rows_read"] == sums["accepted"] + sums["rejected"]
            if reading.sources["table"].ne("raster").all():
                assert reading.rows_read == len(reading.table) + len(reading.rejects)
        return reading

    return read
