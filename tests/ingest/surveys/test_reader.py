"""Raw logs: every row is accepted or named with its reason."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lomsong.errors import CrsError, DataError, FormatError, LomsongError, MissingFileError
from lomsong.ingest import SurveyLimits, read_survey, read_surveys

HEAD = (
    "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tCellname\tNode\tCellID\tLAC\tNetworkTech\tLevel\tQual\tSNR"
    "\tCQI\tLTERSSI\tARFCN\tPSC\tAltitude\tDistance\tTA\tBAND\t"
)
BOUNDS = (106.9, 10.9, 107.6, 11.6)


def line(second=0, lon=107.0, lat=11.2, operator="Viettel", code="45204", tech="4G", level="-95", qual="-10"):
    stamp = f"2021.10.01_08.{second // 60:02d}.{second % 60:02d}"
    return (
        f"{stamp}\t{lon:.6f}\t{lat:.6f}\t{operator}\t{code}\t\t21\t11\t7000\t{tech}\t{level}\t{qual}\t5.0\t10\t-73\t1800\t5\t60"
        "\t0\t\tL3\t"
    )


def no_service(second):
    return line(second, operator="NO_COVERAGE", code="", tech="--", level="-200", qual="-")


def log(tmp_path, *lines, name="log.txt", head=HEAD):
    path = tmp_path / name
    path.write_bytes("\r\n".join([head, *lines, ""]).encode())
    return path


def test_a_clean_log(tmp_path):
    survey = read_survey(log(tmp_path, line(0), line(5), no_service(9)))
    samples = survey.samples
    assert survey.rows_read == 3 == len(samples) + len(survey.rejects)
    assert samples["operator"].tolist() == ["viettel"] * 3
    assert samples["service"].tolist() == ["level", "level", "no_service"]
    assert samples["rsrp_dbm"].tolist()[:2] == [-95, -95]
    assert np.isnan(samples["rsrp_dbm"].iloc[2])
    assert samples["time"].iloc[1] == pd.Timestamp("2021-10-01 08:00:05", tz="UTC")
    assert samples["band_mhz"].iloc[0] == 1800
    assert samples["source_row"].tolist() == [2, 3, 4]
    assert samples.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        (line(3, level="-340"), "level_sentinel"),
        (line(3, level="-140", qual="0"), "level_sentinel"),
        (line(3, level="-"), "level_sentinel"),
        (line(3, level="95"), "level_range"),
        (line(3, tech="3G"), "other_technology"),
        (line(3, lon=11.2, lat=107.0), "swapped_coordinates"),
        (line(3, lon=0, lat=0), "position_missing"),
        (line(3, lon=107.1), "gps_jump"),
        (line(3, lon=106.0), "outside_territory"),
        (line(3).replace("2021.10.01_08", "2021-1o-01"), "time_unreadable"),
        ("2021.10.01_08.00.03\t107.0\t11.2\tVie", "columns_missing"),
        (line(3, operator="", code=""), "operator_unknown"),
        (line(0), "duplicate"),
    ],
)
def test_each_kind_of_dirt_is_charged_to_its_check(tmp_path, bad, check):
    path = log(tmp_path, line(0), line(2), bad, line(5, level="-96"), line(6))
    survey = read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    assert survey.rejects[["check", "source_row"]].to_numpy().tolist() == [[check, 4]]
    assert survey.rejects["remedy"].str.len().min() > 10
    assert survey.rows_read == 5 == len(survey.samples) + 1


def test_vietnamese_remedies(tmp_path):
    survey = read_survey(log(tmp_path, line(0), line(1, level="-340")), language="vi")
    assert "không phải mức thu" in survey.rejects["remedy"].iloc[0]


def test_a_low_level_with_a_quality_is_a_level(tmp_path):
    assert len(read_survey(log(tmp_path, line(0, level="-140", qual="-19"))).samples) == 1


def test_gzip_and_globs_and_the_operator_by_hand(tmp_path):
    path = log(tmp_path, line(0), no_service(1))
    packed = tmp_path / "log2.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    both = read_surveys([str(tmp_path / "log*")], SurveyLimits())
    assert both.rows_read == 4
    assert both.sources["source_file"].tolist() == ["log.txt", "log2.txt.gz"]
    assert set(read_survey(path, operator="VNPT").samples["operator"]) == {"vinaphone"}
    assert set(read_survey(path, operator="45201").samples["operator"]) == {"mobifone"}


def test_canonical_csv_and_what_convert_writes(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text(
        "Kinh độ;Vĩ độ;Nhà mạng;RSRP (dBm);Thời điểm;service\n"
        "107,01;11,2;Viettel;-101,5;2021-10-01 08:00:00;level\n107,02;11,2;Viettel;;2021-10-01 08:01:00;no_service\n"
        "107,03;11,2;Viettel;85;2021-10-01 08:02:00;level\n",
        encoding="utf-8",
    )
    survey = read_survey(path)
    assert survey.samples["rsrp_dbm"].iloc[0] == -101.5
    assert survey.samples.geometry.x.tolist() == [107.01, 107.02]
    assert survey.rejects["check"].tolist() == ["level_range"]
    assert "141" in survey.rejects["remedy"].iloc[0]  # or it is a code of 3GPP: 85 is -56 dBm and not -85
    survey.samples.to_parquet(tmp_path / "samples.parquet")
    again = read_survey(tmp_path / "samples.parquet")
    columns = ["operator", "rsrp_dbm", "service", "time"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.samples[columns]), pd.DataFrame(survey.samples[columns]), check_dtype=False
    )


def test_whole_files_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_survey(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        read_survey(tmp_path / "empty.txt")
    with pytest.raises(DataError, match="without a single row"):
        read_survey(log(tmp_path, name="head.txt"))
    (tmp_path / "other.txt").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="no known survey format"):
        read_survey(tmp_path / "other.txt")
    (tmp_path / "torn.txt.gz").write_bytes(gzip.compress(b"x" * 1000)[:-20])
    with pytest.raises(FormatError, match="damaged"):
        read_survey(tmp_path / "torn.txt.gz")


def test_a_file_in_another_crs_is_refused_with_the_one_that_fits(tmp_path):
    path = tmp_path / "metres.csv"
    path.write_text("x,y,operator,rsrp_dbm\n" + "\n".join(f"{418000 + i},{1238000 + i},Viettel,-90" for i in range(5)))
    with pytest.raises(CrsError, match=r"EPSG:5899|EPSG:3405|EPSG:32648") as caught:
        read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    assert "metres.csv" in str(caught.value)
    assert "row 2" in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_one_of_our_errors(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "log.txt"
    path.write_bytes(HEAD.encode() + b"\r\n" + data)
    try:
        survey = read_survey(path)
    except LomsongError as error:
        assert "\n" not in str(error)
    else:
        assert survey.rows_read == len(survey.samples) + len(survey.rejects)


def test_what_convert_wrote_into_a_folder_of_surveys_is_passed_over(tmp_path):
    raw = log(tmp_path, line(0), line(5), line(10, lat=0.0))
    survey = read_survey(raw)
    survey.samples.to_parquet(tmp_path / "samples.parquet")
    survey.rejects.to_csv(tmp_path / "samples.rejects.csv", index=False)
    survey.neighbours.to_csv(tmp_path / "samples.neighbours.csv", index=False)
    raw.unlink()
    assert len(read_surveys([str(tmp_path)], SurveyLimits()).samples) == len(survey.samples)
    with pytest.raises(FormatError, match="only files beside logs"):
        read_surveys([str(tmp_path / "*.csv")], SurveyLimits())
