"""Any file, told by its content."""

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from lomsong.errors import FormatError
from lomsong.ingest import read, read_files, tell

SAMPLE = Path(__file__).resolve().parents[2] / "data"

FILES = {
    "samples": ("a.txt", "lat,lon,operator,rsrp\n11.2,107,Viettel,-90\n"),
    "events": (
        "b.txt",
        "Timestamp\tLongitude\tLatitude\tOperatorname\tNode\tCellID\tLAC\tNetworkTech\tLevel\tQual\tSNR\tCQI\tLTERSSI"
        "\tEventType\tEventDetails\tState\n"
        "2021.10.01_08.00.00\t107.05\t11.2\tViettel\t21\t11\t7000\t4G\t-97\t-11\t4.0\t9\t-70\tHANDOVER\tx:y\tD\n",
    ),
    "statistics": ("c.txt", "Event\tStats\nVoice Calls\t40\nDropped Calls\t1\n"),
    "households": ("d.csv", "Mã hộ;Số người học;Kinh độ;Vĩ độ\nH1;2;107,05;11,2\n"),
    "schools": (
        "e.csv",
        "Mã trường,Tên trường,Cấp học,Số học sinh,Mã xã,Kinh độ,Vĩ độ\nT1,Mã Đà,TH,120,26200,107.05,11.2\n",
    ),
    "hamlets": ("f.csv", "Mã ấp,Tên ấp,Mã xã,Điện lưới quốc gia,Kinh độ,Vĩ độ\nA1,Ấp 1,26200,Có,107.05,11.2\n"),
    "learners": (
        "g.csv",
        "STT,Họ và tên,Ngày sinh,Lớp,Trường,Mã hộ,Thiết bị\n1,Nguyễn Văn A,01/02/2012,4A,TH Mã Đà,H1,Có\n"
        "2,Trần Thị B,03/04/2013,3B,TH Mã Đà,H2,Không\n",
    ),
    "declared": (
        "h.csv", "Mã trường,Tên trường,Số học sinh,Chưa có thiết bị\nT1,TH Mã Đà,120,45\nT2,TH Phú Lý,80,12\n",
    ),
    "sites": (
        "i.csv",
        "site_id,operator,technology,band_mhz,height_m,eirp_dbm,azimuth_deg,longitude,latitude\n"
        "S1,Viettel,4G,1800,42,32,120,107.05,11.2\n",
    ),
    "cells": (
        "j.csv",
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
        "LTE,452,4,7000,11379203,88,107.05,11.2,1000,7,1,1282569574,1300155341,0\n",
    ),
    "communes": (
        "k.csv",
        "Mã xã,Tên xã,Huyện,Tỉnh\n26200,Xã Mã Đà,Huyện Vĩnh Cửu,Tỉnh Đồng Nai\n"
        "26173,Xã Phú Lý,Huyện Vĩnh Cửu,Tỉnh Đồng Nai\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_told_by_its_content_and_read(tmp_path, kind):
    name, text = FILES[kind]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert tell(path) == kind
    reading = read(path)
    assert reading.rows_read == len(reading.table) + len(reading.rejects)
    assert reading.rows_read == text.count("\n") - 1
    assert len(reading.table) == reading.rows_read, reading.rejects


def test_layers_of_areas_and_rasters(tmp_path, small_province):
    frame = gpd.GeoDataFrame({"ma_xa": ["26200"], "ten_xa": ["Mã Đà"]}, geometry=[box(107, 11, 107.1, 11.1)], crs=4326)
    frame.to_file(tmp_path / "xa.gpkg")
    assert tell(tmp_path / "xa.gpkg") == "communes_layer"
    assert len(read(tmp_path / "xa.gpkg").table) == 1
    reading = read(small_province / "dem.tif")
    assert reading.sources["table"].tolist() == ["raster"]
    assert reading.rows_read == int(reading.sources["accepted"].iloc[0]) > 10_000


@pytest.mark.parametrize("kind", ["roads", "power_lines", "forest"])
def test_lines_and_areas_of_the_sample(kind):
    layer = f"{SAMPLE / 'layers.gpkg'}#{kind}"
    assert tell(layer) == kind
    reading = read(layer)
    assert reading.rows_read == len(gpd.read_file(SAMPLE / "layers.gpkg", layer=kind)) == len(reading.table)


def test_a_layer_among_others_is_read_alone_and_points_with_levels_are_samples(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # the library warns when it takes one of several layers by itself
        assert tell(f"{SAMPLE / 'layers.gpkg'}#forest") == "forest"
    points = gpd.points_from_xy([107.0, 107.1], [11.2, 11.3])
    frame = gpd.GeoDataFrame({"operator": "Viettel", "rsrp": [-90.0, -91.0]}, geometry=points, crs=4326)
    for name in ("a.gpkg", "a.parquet"):
        frame.to_parquet(tmp_path / name) if name.endswith("parquet") else frame.to_file(tmp_path / name)
        assert tell(tmp_path / name) == "samples"
        assert len(read(tmp_path / name).table) == 2


def test_areas_that_are_no_communes_are_not_taken_for_them(tmp_path):
    gpd.GeoDataFrame({"a": [1]}, geometry=[box(107, 11, 107.1, 11.1)], crs=4326).to_file(tmp_path / "x.gpkg")
    assert tell(tmp_path / "x.gpkg") == ""


def test_what_is_nothing_is_told_with_what_is_known(tmp_path):
    path = tmp_path / "x.csv"
    pd.DataFrame({"a": [1], "b": [2]}).to_csv(path, index=False)
    with pytest.raises(FormatError, match="no known kind"):
        read(path)


def test_all_faults_of_several_files_at_once(tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(FILES["samples"][1])
    bad.write_bytes(b"")
    account = read_files([good, bad, tmp_path / "none.csv"])
    assert [str(fault).split(":")[0].split("/")[-1] for fault in account.faults] == ["bad.csv", "none.csv"]
    assert account.sources["accepted"].tolist() == [1]
