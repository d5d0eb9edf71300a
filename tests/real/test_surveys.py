"""Real drive tests: every row of the account counted again, from what each check means, without the reader."""

import csv
import gzip
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from lomsong.ingest import SurveyLimits, read_survey
from lomsong.tables import SAMPLES

pytestmark = pytest.mark.real

G_SENTINELS = {"-", "0", "-24", "-164", "-200", "-340"}
GENERATION_OF_ACT = {"LTE": "4G", "HSPA": "3G", "HSPA+": "3G"}


def counted(survey):
    """Return the account as the survey tells it, checked against itself."""
    SAMPLES.check(survey.samples, "samples")
    rejects = survey.rejects["check"].value_counts().to_dict()
    assert survey.rows_read == len(survey.samples) + sum(rejects.values())
    rows = pd.concat([survey.samples["source_row"], survey.rejects["source_row"]])
    assert rows.is_unique
    return rejects


def account_of_gnettrack(path):
    """Return rows, the number of each reject, and the levels kept, of a log of G-NetTrack."""
    with path.open(newline="", encoding="utf-8") as file:
        names, *records = [line.rstrip("\r\n").split("\t") for line in file if line.strip()]
    account, levels, silent, seen = Counter(), [], 0, set()
    for record in records:
        row = dict(zip(names, record, strict=False))
        line = "\t".join(record)
        if line in seen:
            account["duplicate"] += 1
            continue
        seen.add(line)
        if row["Operatorname"] == "NO_COVERAGE" or row["NetworkTech"] == "--":
            silent += 1
        elif row["NetworkTech"] not in ("4G", ""):
            account["other_technology"] += 1
        elif row["Level"] in G_SENTINELS or (row["Level"] == "-140" and row["Qual"] in ("0", "-")):
            account["level_sentinel"] += 1
        else:
            levels.append(float(row["Level"]))
    return len(records), dict(account), levels, silent


@pytest.mark.parametrize("name", ["Orange", "Yas", "expresso"])
def test_three_phones_in_dakar(shared_data, name):
    path = shared_data / "drive_test" / "dakar_gnettrack" / f"{name}_log.txt"
    survey = read_survey(path)
    rows, account, levels, silent = account_of_gnettrack(path)
    assert survey.rows_read == rows
    assert counted(survey) == account
    assert survey.samples["service"].value_counts().reindex(["no_service"]).fillna(0).tolist() == [silent]
    assert survey.samples["rsrp_dbm"].dropna().tolist() == levels
    assert set(survey.samples["operator"]) == {name.lower()}
    assert survey.samples["time"].dt.strftime("%Y.%m.%d").unique().tolist() == ["2025.07.18"]


def test_hamburg(shared_data):
    path = shared_data / "drive_test" / "hamburg" / "telekom_lte.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    survey = read_survey(path)
    account, levels, cells, seen = Counter(), [], [], set()
    for row in records:
        if tuple(row.values()) in seen:
            account["duplicate"] += 1
            continue
        seen.add(tuple(row.values()))
        if float(row["rsrp"]) == -140 and float(row["rsrq"]) == 0:
            account["level_sentinel"] += 1
            continue
        levels.append(float(row["rsrp"]))
        cells.append(row["cell_id"])
    assert survey.rows_read == len(records) == 42_616
    assert counted(survey) == account
    assert survey.samples["rsrp_dbm"].tolist() == levels
    assert survey.samples["cell_id"].tolist() == cells
    assert set(survey.samples["operator"]) == {"26201"}
    first = pd.Timestamp(float(records[0]["timestamp"]), unit="ms", tz="UTC")
    assert survey.samples["time"].iloc[0] == first.floor("ms")


def metres(longitude, latitude, longitude2, latitude2):
    east = np.radians(longitude2 - longitude) * np.cos(np.radians((latitude + latitude2) / 2))
    return 6_371_008.8 * np.hypot(east, np.radians(latitude2 - latitude))


def test_ambato(shared_data):
    path = shared_data / "drive_test" / "ambato" / "ambato.csv.gz"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    survey = read_survey(path)
    assert survey.rows_read == len(table) == 15_376
    account = counted(survey)
    jumps = survey.rejects.loc[survey.rejects["check"] == "gps_jump", "source_row"] - 2
    poor = table["rating"].astype(float) > 50
    other = table["act"].map(GENERATION_OF_ACT) != "4G"
    assert not table.duplicated().any()
    assert account == {
        "accuracy": int(poor.sum()),
        "other_technology": int((other & ~poor & ~table.index.isin(jumps)).sum()),
        "gps_jump": len(jumps),
    }
    # A jump by hand: no fix of the file within the minute can be reached from it at 70 m/s.
    longitude, latitude = table["lon"].astype(float), table["lat"].astype(float)
    second = table["measured_at"].astype(float) / 1000
    for at in jumps:
        near = ((second - second[at]).abs() <= 60) & ~table.index.isin(jumps)
        gap = metres(longitude[at], latitude[at], longitude[near], latitude[near])
        assert (gap > 70 * (second[near] - second[at]).abs()).mean() > 0.5
    kept = table.loc[survey.samples["source_row"] - 2]
    assert survey.samples["rsrp_dbm"].tolist() == kept["signal"].astype(float).tolist()
    told = kept["speed"].astype(float).to_numpy()
    assert np.allclose(survey.samples["speed_mps"], np.where(told < 0, np.nan, told), equal_nan=True)


def test_bins_of_chengdu(shared_data):
    path = shared_data / "drive_test" / "chengdu" / "sectors_west.parquet"
    table = pd.read_parquet(path)
    survey = read_survey(path, "x", limits=SurveyLimits(crs="EPSG:32648"))
    # -140 dBm without a quality beside it stands for no measurement.
    stand_in = (table["rsrp_dbm"] == -140) | table["rsrp_dbm"].isna()
    assert survey.rows_read == len(table) == 469_600
    assert not table.duplicated().any()
    assert counted(survey) == {"level_sentinel": int(stand_in.sum())}
    assert np.array_equal(survey.samples["rsrp_dbm"], table.loc[~stand_in, "rsrp_dbm"].astype(float))
    assert survey.samples.geometry.x.between(103.0, 105.0).all()
    assert survey.samples.geometry.y.between(30.0, 31.5).all()
