from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from lomsong.errors import SettingsError
from lomsong.ingest import SurveyLimits, read_surveys
from lomsong.ingest.technologies import merge, read_all, studied
from lomsong.pipeline.fields import fit_surfaces, read
from lomsong.settings import Settings, Survey, load
from lomsong.surface.fusion import ServiceSurface

HEAD = "time,longitude,latitude,operator,technology,rsrp,ss_rsrp,cell_id\n"


def log(path, rows):
    """Rows of technology, RSRP and SS-RSRP along a road."""
    lines = [
        f"2024-05-01 08:{n // 60:02d}:{n % 60:02d},{107.0 + n * 2e-4:.5f},11.0,viettel,{technology},{lte},{nr},{n}"
        for n, (technology, lte, nr) in enumerate(rows)
    ]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def readings(*paths):
    return {one: read_surveys(list(paths), SurveyLimits(technology=one)) for one in ("4G", "5G")}


def test_a_row_is_rejected_only_where_no_technology_can_use_it(tmp_path):
    path = log(tmp_path / "drive.csv", [("LTE", -95, ""), ("NR SA", "", -101), ("HSPA", -80, ""), ("LTE", -97, "")] * 5)
    both = readings(path)
    whole = merge(both)
    assert len(both["4G"].samples) == 10
    assert whole.samples["technology"].value_counts().to_dict() == {"4G": 10, "5G": 5}
    assert whole.rejects["check"].tolist() == ["other_technology"] * 5
    account = whole.sources.iloc[0]
    assert (account["rows_read"], account["accepted"], account["rejected"]) == (20, 15, 5)
    assert whole.samples["sample_id"].is_unique


def test_a_phone_on_both_gives_a_sample_of_each(tmp_path):
    path = log(tmp_path / "nsa.csv", [("5G NSA", -90 - n, -100 - n) for n in range(10)] + [("LTE", -95, "")] * 3)
    whole = merge(readings(path))
    counts = whole.samples["technology"].value_counts().to_dict()
    assert counts == {"4G": 13, "5G": 10}
    levels = whole.samples.groupby(["source_row", "technology"])["rsrp_dbm"].first().unstack().dropna()
    assert (levels["4G"] - levels["5G"]).tolist() == [10] * 10
    assert whole.samples["sample_id"].is_unique
    assert whole.sources.iloc[0]["accepted"] == 13, "rows are counted, not samples"


def test_a_log_of_the_other_technology_alone_is_read_for_that(tmp_path):
    path = tmp_path / "nr.csv"
    rows = [f"2024-05-01 08:00:{n:02d},{107 + n * 2e-4:.5f},11.0,viettel,NR,{-90 - n}" for n in range(10)]
    path.write_text("time,longitude,latitude,operator,technology,rsrp\n" + "\n".join(rows) + "\n", encoding="utf-8")
    whole = merge(readings(str(path)))
    assert whole.samples["technology"].tolist() == ["5G"] * 10
    assert whole.rejects.empty
    assert whole.sources.iloc[0]["accepted"] == 10


def test_a_level_without_a_technology_is_not_taken_twice(tmp_path):
    path = tmp_path / "bare.csv"
    rows = [f"2024-05-01 08:00:{n:02d},{107 + n * 2e-4:.5f},11.0,viettel,{-90 - n}" for n in range(10)]
    path.write_text("time,longitude,latitude,operator,level\n" + "\n".join(rows) + "\n", encoding="utf-8")
    whole = merge(readings(str(path)))
    assert whole.samples["technology"].tolist() == ["4G"] * 10


def test_only_what_has_an_rsrp_can_be_studied():
    assert studied(Settings()) == ("4G",)
    assert studied(Settings(survey=Survey(technology="5G"))) == ("5G",)
    assert studied(Settings(survey=Survey(technologies=("5G", "4G", "5G")))) == ("5G", "4G")
    with pytest.raises(SettingsError, match=r"survey.technologies: '3G'.*4G, 5G"):
        studied(Settings(survey=Survey(technologies=("4G", "3G"))))


@pytest.fixture
def territory(tmp_path):
    """A commune with one home, a log of LTE to the west and one of NR to the east of it."""
    gpd.GeoDataFrame(
        {"commune_code": ["26170"], "name": ["Trị An"]}, geometry=[box(106.9, 10.9, 107.3, 11.1)], crs=4326
    ).to_file(tmp_path / "communes.gpkg")
    pd.DataFrame(
        {"household_id": ["h1"], "learners": [2], "longitude": [107.01], "latitude": [11.0], "commune_code": ["26170"]}
    ).to_csv(tmp_path / "households.csv", index=False)
    rng = np.random.default_rng(0)
    fall = np.linspace(-85, -120, 300) + rng.normal(0, 2, 300)
    log(tmp_path / "lte.csv", [("LTE", f"{level:.0f}", "") for level in fall])
    nr = pd.read_csv(log(tmp_path / "nr.csv", [("NR", "", f"{level:.0f}") for level in fall[::-1]]))
    nr.drop(columns=["rsrp"]).to_csv(tmp_path / "nr.csv", index=False)
    settings = tmp_path / "lomsong.toml"
    settings.write_text(
        '[inputs]\nsurveys = ["lte.csv", "nr.csv"]\ncommunes = "communes.gpkg"\nhouseholds = "households.csv"\n'
        '[survey]\ntechnologies = ["4G", "5G"]\n',
        encoding="utf-8",
    )
    return settings


def test_technologies_fuse_to_the_best_level_of_the_operator(territory):
    settings = load(territory)
    evidence = read(territory, settings)
    assert evidence.samples["technology"].value_counts().to_dict() == {"4G": 300, "5G": 300}
    surface = fit_surfaces(evidence, settings)["viettel"]
    assert isinstance(surface, ServiceSurface)
    assert [layer.name for layer in surface.layers] == ["4G all", "5G all"]
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy([107.001, 107.03, 107.059], [11.0] * 3), crs=4326)
    each = [layer.surface.predict(places)["level_dbm"].to_numpy() for layer in surface.layers]
    fused = surface.predict(places)["level_dbm"].to_numpy()
    assert (fused >= np.max(each, axis=0) - 0.01).all()
    assert fused[[0, 2]] == pytest.approx(np.max(each, axis=0)[[0, 2]], abs=1.0), "one stands far above the other"
    alone = replace(settings, survey=replace(settings.survey, technologies=("4G",)), inputs=replace(
        settings.inputs, surveys=("lte.csv",)))  # fmt: skip
    only = fit_surfaces(read(territory, alone), alone)["viettel"]
    assert not isinstance(only, ServiceSurface)
    assert only.predict(places)["level_dbm"].to_numpy() == pytest.approx(each[0])


def test_a_log_of_no_use_to_any_technology_is_still_a_fault(territory):
    (territory.parent / "rxlev.csv").write_text(
        "time,longitude,latitude,operator,rxlev\n2024-05-01 08:00:00,107.0,11.0,viettel,-80\n", encoding="utf-8"
    )
    settings = load(territory)
    more = replace(settings, inputs=replace(settings.inputs, surveys=(*settings.inputs.surveys, "rxlev.csv")))
    evidence, account = read_all(territory, more)
    assert evidence is None
    assert any("rxlev.csv" in str(one) for one in account.faults)
