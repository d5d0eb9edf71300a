"""Logs of many programs, told by their content: the right columns, and never another level for RSRP."""

import gzip
import unicodedata
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from lomsong.errors import ColumnError, CrsError, DataError, FormatError
from lomsong.ingest import Account, SurveyLimits, read_survey, read_surveys
from lomsong.ingest.files.opening import read_layer
from lomsong.ingest.surveys import lines as lines_module
from lomsong.ingest.surveys.headings import match

BOUNDS = (106.9, 10.9, 107.6, 11.6)

G_NETTRACK_PRO = (
    "Timestamp,Longitude,Latitude,Speed,Operatorname,Operator,CGI,Cellname,Node,CellID,LAC,NetworkTech,NetworkMode,Level,"
    "Qual,SNR,CQI,LTERSSI,ARFCN,DL_bitrate,UL_bitrate,PSC,Altitude,Height,Accuracy,Location,State,PINGAVG,PINGMIN,PINGMAX,"
    "PINGSTDEV,PINGLOSS,TESTDOWNLINK,TESTUPLINK,TESTDOWNLINKMAX,TESTUPLINKMAX,Test_Status,DataConnection_Type,"
    "DataConnection_Info,NTech1,NCellid1,NLAC1,NCell1,NARFCN1,NRxLev1,NQual1,NTech2,NCellid2,NLAC2,NCell2,NARFCN2,NRxLev2,"
    "NQual2\n"
    "2021.10.01_08.00.00,107.050000,11.200000,36,Viettel,45204,452042111,,2100,11,7000,4G,LTE,-97,-11,4.0,9,-70,1300,10,5,"
    "88,60,2,4.0,G,I,30,20,40,3,0,100,50,120,60,,M,LTE,4G,,7000,90,1300,-101,-14,4G,,7000,91,1300,-140,-20\n"
    "2021.10.01_08.00.01,107.050010,11.200000,36,Viettel,45204,452042111,,2100,11,7000,3G,HSPA+,-80,-8,-,-,-,10637,10,5,"
    "88,60,2,4.0,G,I,30,20,40,3,0,100,50,120,60,,M,LTE,3G,,,90,10637,-101,-14,-,,,,,-,-\n"
)

LOGS = {
    "gnettrack pro csv": (G_NETTRACK_PRO, [-97.0], "viettel", "4G", 1800.0),
    "tower collector": (
        "mcc,mnc,lac,cellid,lat,lon,signal,measured_at,rating,speed,direction,act,ta,psc,tac,pci,sid,nid,bid\n"
        "452,4,20700,11379203,11.2,107.05,-97,1633075205000,6.7,0.27,7.5,LTE,0,,20700,32,,,\n"
        "452,4,20700,11379203,11.2,107.05,-98,1633075206000,6.7,0.27,7.5,UMTS,0,32,,,,,\n",
        [-97.0], "viettel", "4G", np.nan,
    ),
    "cellmapper": (
        "11.200000,107.050000,60,452,4,7000,11379203,-97,LTE,LTE-A,1300,88\n"
        "11.200010,107.050000,60,452,4,7000,11379203,-75,UMTS,HSPA+,10637,88\n",
        [-97.0], "viettel", "4G", 1800.0,
    ),
    "network survey": (
        "deviceSerialNumber,deviceName,deviceTime,latitude,longitude,altitude,missionId,recordNumber,accuracy,locationAge,"
        "speed,groupNumber,mcc,mnc,tac,eci,earfcn,pci,rsrp,rsrq,ta,servingCell,lteBandwidth,provider,signalStrength,cqi\n"
        "x,phone,2021-10-01T08:00:05.000Z,11.2,107.05,60,m,1,4.2,0,3,1,452,4,7000,11379203,1300,88,-97,-11,,true,,Viettel,,9\n"
        "x,phone,2021-10-01T08:00:05.000Z,11.2,107.05,60,m,2,4.2,0,3,1,0,0,0,0,1300,90,-104,-15,,false,,Viettel,,\n",
        [-97.0], "viettel", "4G", 1800.0,
    ),
    "tems": (
        "TEMS export\nroute 7\n\n"
        "Time\tAll-Latitude Decimal Degree (Text)\tAll-Longitude Decimal Degree (Text)\t"
        "LTE UE - Serving Cell RSRP (dBm)[1]\t"
        "LTE UE - Neighbor Cell RSRP (dBm)[1]\tServing Cell RSRQ (dB)\tEARFCN DL\tOperator\n"
        "2021-10-01 08:00:05.120\t11.2\t107.05\t-97.0\t-88.0\t-11.1\t1300\tViettel\n",
        [-97.0], "viettel", "4G", 1800.0,
    ),
    "semicolons and decimal commas": (
        "Thời điểm;Vĩ độ;Kinh độ;Nhà mạng;Công nghệ;RSRP (dBm);Băng tần\n"
        "01/10/2021 08:00:05;11,2;107,05;Viettel;LTE;-97,5;B3\n",
        [-97.5], "viettel", "4G", 1800.0,
    ),
    "two technologies, two columns": (
        "lat|lon|time|network|RAT|LTE RSRP|NR SS-RSRP|RSCP\n"
        "11.2|107.05|2021-10-01 08:00:05|Viettel|LTE|-97|-70|\n11.2|107.05|2021-10-01 08:00:06|Viettel|NR|-98|-71|\n"
        "11.2|107.05|2021-10-01 08:00:07|Viettel|WCDMA|||-72\n",
        [-97.0], "viettel", "4G", np.nan,
    ),
    "quoted": (
        '"lon","lat","operator","rsrp","technology","comment"\n"107.05","11.2","Viettel","-97","4G","a, ""b""\nc"\n',
        [-97.0], "viettel", "4G", np.nan,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_serving_level_of_lte_alone(tmp_path, name):
    text, levels, operator, technology, band = LOGS[name]
    path = tmp_path / "whatever.dat"
    path.write_text(text, encoding="utf-8")
    survey = read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    samples = survey.samples
    assert samples["rsrp_dbm"].tolist() == levels, survey.rejects
    assert set(samples["operator"]) == {operator}
    assert set(samples["technology"]) == {technology}
    assert np.array_equal(samples["band_mhz"].unique(), [band], equal_nan=True)
    assert samples.geometry.x.round(2).tolist() == [107.05] * len(levels)
    assert survey.rows_read == len(samples) + len(survey.rejects)
    assert set(survey.rejects["check"]) <= {"other_technology", "neighbour_cell"}
    if "time" in text.lower():
        assert samples["time"].iloc[0].strftime("%Y-%m-%d %H:%M") == "2021-10-01 08:00"


def test_neighbours_stand_apart(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(G_NETTRACK_PRO)
    survey = read_survey(path)
    near = survey.neighbours
    assert near["sample_id"].tolist() == ["log:2"] * 2
    assert near[["rank", "technology", "level_dbm", "pci", "arfcn"]].to_numpy().tolist() == [
        [1, "4G", -101.0, 90.0, 1300.0],
        [2, "4G", -140.0, 91.0, 1300.0],
    ]
    assert survey.samples["speed_mps"].tolist() == [10.0]


@pytest.mark.parametrize("column", ["RSCP", "RxLev", "RSSI", "CPICH RSCP (dBm)"])
def test_another_level_is_never_taken_for_rsrp(tmp_path, column):
    path = tmp_path / "log.csv"
    path.write_text(f"lat,lon,operator,{column}\n11.2,107.05,Viettel,-80\n")
    with pytest.raises(ColumnError, match=r"RSRP|rsrp"):
        read_survey(path)


def test_5g_takes_ss_rsrp_and_never_that_of_lte(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOGS["two technologies, two columns"][0])
    survey = read_survey(path, limits=SurveyLimits(technology="5G"))
    assert survey.samples["rsrp_dbm"].tolist() == [-71.0]
    assert survey.rejects["check"].tolist() == ["other_technology"] * 2
    only = tmp_path / "only.csv"
    only.write_text("lat,lon,operator,ss_rsrp\n11.2,107.05,Viettel,-71\n")
    with pytest.raises(ColumnError, match=r"survey\.technologies"):  # and no advice to export what 5G does not have
        read_survey(only)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SIM1 RSRP", "SIM2 RSRP"), ("RSRP_1", "RSRP_2"), ("RSRP (SIM 1)", "RSRP (SIM 2)"), ("RSRP", "RSRP.1")],
)
def test_a_second_column_of_level_is_told(tmp_path, one, other):
    path = tmp_path / "log.csv"
    path.write_text(f"lat,lon,operator,{one},{other},RSRP max\n11.2,107.05,Viettel,-97,-105,-90\n")
    survey = read_survey(path)
    assert survey.samples["rsrp_dbm"].tolist() == [-97.0]
    told = survey.flags.set_index("check").loc["level_columns"]
    assert (told["value"], told["column"], told["rows"]) == (other, one, 1)


def test_no_column_of_another_operator_is_read(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("lat,lon,RSRP Viettel,RSRQ Viettel,RSRP VNPT,RSRQ VNPT\n11.2,107.05,-97,-10,-105,-14\n")
    with pytest.raises(ColumnError, match=r"RSRP Viettel, RSRP VNPT.*--operator"):
        read_survey(path)
    for name, level, quality in (("viettel", -97.0, -10.0), ("452-02", -105.0, -14.0)):
        samples = read_survey(path, name).samples
        assert samples[["rsrp_dbm", "rsrq_db"]].to_numpy().tolist() == [[level, quality]]
    with pytest.raises(ColumnError, match="rsrp_dbm missing"):
        read_survey(path, "mobifone")


@pytest.mark.parametrize("word", ["No service", "Mất sóng", "Không có sóng"])
def test_no_service_in_the_place_of_the_level(tmp_path, word):
    path = tmp_path / "log.csv"
    rows = [
        f"11.2,107.05,Viettel,{kind},{level}"
        for kind, level in (("LTE", -97), ("LTE", word), ("GSM", word), ("LTE", ""))
    ]
    path.write_text("\n".join(["lat,lon,operator,technology,rsrp", *rows]), encoding="utf-8")
    survey = read_survey(path)
    assert survey.samples["service"].tolist() == ["level", "no_service"]
    assert survey.samples["rsrp_dbm"].isna().tolist() == [False, True]
    assert survey.rejects["check"].tolist() == ["other_technology", "level_sentinel"]
    frame = pd.DataFrame({"lat": [11.2, 11.2], "lon": [107.05, 107.06], "operator": "Viettel", "rsrp": [-97, word]})
    frame.to_excel(tmp_path / "log.xlsx", index=False)
    assert read_survey(tmp_path / "log.xlsx").samples["service"].tolist() == ["level", "no_service"]


@pytest.mark.parametrize("minus", ["-", "\u2212", "\u2013"])
def test_a_typographic_minus(tmp_path, minus):
    head, row = "lat,lon,operator,rsrp,rsrq", f"11.2,107.05,Viettel,{minus}97.5,{minus}11"
    (tmp_path / "log.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    pd.DataFrame([row.split(",")], columns=head.split(",")).to_excel(tmp_path / "log.xlsx", index=False)
    for name in ("log.csv", "log.xlsx"):
        samples = read_survey(tmp_path / name).samples
        assert samples[["rsrp_dbm", "rsrq_db"]].to_numpy().tolist() == [[-97.5, -11.0]]


def test_a_decimal_comma_in_quotes_between_commas(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        'lat,lon,operator,rsrp,earfcn\n"11,2",107,Viettel,"-97,5",1300\n"11,2","107,05",Viettel,"-98,5",1300\n'
    )
    assert read_survey(path).samples["rsrp_dbm"].tolist() == [-97.5, -98.5]
    path.write_text('lat,lon,operator,rsrp,earfcn\n11.2,107.05,Viettel,-97.5,"1,300"\n')  # thousands stay none
    assert read_survey(path).samples["band_mhz"].isna().all()


def test_what_is_no_log_is_told_as_it_is(tmp_path):
    path = tmp_path / "track.gpx"
    path.write_text('<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
                    '<wpt lat="11.2" lon="107.05"><name>a</name></wpt></gpx>')  # fmt: skip
    with pytest.raises(ColumnError, match="column rsrp_dbm missing"):
        read_survey(path)
    path = tmp_path / "log.json"
    record = (
        '{"Time": "2021-10-01 08:00:00", "Longitude": 107.05, "Latitude": 11.2, "Operator": "Viettel", "RSRP": -97}'
    )
    for text in (f"{record}\n{record}\n", f"[{record}, {record}]"):
        path.write_text(text)
        with pytest.raises(FormatError, match="no known survey format"):
            read_survey(path)


def test_columns_that_only_a_person_knows(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("Breite,Länge,Netz,Pegel\n11.2,107.05,Viettel,-97\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"survey.columns"):
        read_survey(path)
    given = {"latitude": "Breite", "longitude": "Länge", "operator": "Netz", "rsrp_dbm": "Pegel"}
    assert read_survey(path, limits=SurveyLimits(columns=given)).samples["rsrp_dbm"].tolist() == [-97.0]


def test_clocks_ahead_of_utc(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("lat,lon,operator,rsrp,time\n11.2,107,Viettel,-97,2021-10-01 08:00:00\n")
    assert read_survey(path, limits=SurveyLimits(utc_offset_h=7)).samples["time"].iloc[0].hour == 1


def points(count=4):
    place = gpd.points_from_xy(107 + np.arange(count) * 0.01, [11.2] * count)
    table = {"operator": "Viettel", "rsrp": -97.0 - np.arange(count), "technology": "4G"}
    return gpd.GeoDataFrame(table, geometry=place, crs=4326)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.parquet", "a.tab", "a.mif", "a.kml"])
def test_layers_of_points(tmp_path, name):
    frame, path = points(), tmp_path / name
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver={".kml": "LIBKML", ".tab": "MapInfo File", ".mif": "MapInfo File"}.get(path.suffix))
    survey = read_survey(path)
    found = survey.samples.sort_values("rsrp_dbm", ascending=False)  # some formats order by place
    assert found["rsrp_dbm"].tolist() == frame["rsrp"].tolist()
    assert np.allclose(found.geometry.x, frame.geometry.x)


KML = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'
FOLDER = "<Folder><name>{name}</name>{places}</Folder>"
PLACE = (
    "<Placemark><ExtendedData><Data name='RSRP'><value>-{level}</value></Data>"
    "<Data name='Operator'><value>Viettel</value></Data></ExtendedData>"
    "<Point><coordinates>107.0{level},11.2,0</coordinates></Point></Placemark>"
)


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", ["log.kml", "log.kmz", "log.gpkg"])
def test_every_folder_of_a_map_and_every_layer_of_points_is_read(tmp_path, name):
    path = tmp_path / name
    if name == "log.gpkg":
        for at, layer in enumerate(("day1", "day2")):
            points()[2 * at : 2 * at + 2].to_file(path, layer=layer)
        gpd.GeoDataFrame(geometry=[box(107, 11, 108, 12)], crs=4326).to_file(path, layer="area")
        levels = [-97.0, -98.0, -99.0, -100.0]
    else:
        good, bad = (
            FOLDER.format(name=name, places="".join(PLACE.format(level=level) for level in found))
            for name, found in (("good", (80, 85)), ("bad", (115,)))
        )
        text = KML.format(folders=good + bad)
        if name == "log.kml":
            path.write_text(text)
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("doc.kml", text)
        levels = [-80.0, -85.0, -115.0]
    survey = read_survey(path)
    assert survey.samples["rsrp_dbm"].tolist() == levels
    assert survey.samples["source_row"].tolist() == list(range(1, len(levels) + 1))
    assert survey.rows_read == len(levels)


def test_of_several_layers_none_is_taken_by_chance(tmp_path):
    path = tmp_path / "all.gpkg"
    for layer in ("roads", "communes"):
        points().to_file(path, layer=layer)
    with pytest.raises(FormatError, match=r"holds several layers \(roads, communes\); name one, as .*all.gpkg#roads"):
        read_layer(path)
    assert len(read_layer(f"{path}#communes")) == 4


def test_a_layer_in_vn_2000_comes_out_where_it_is(tmp_path):
    points().to_crs(5899).to_file(tmp_path / "a.gpkg")
    survey = read_survey(tmp_path / "a.gpkg")
    assert np.allclose(survey.samples.geometry.x, points().geometry.x, atol=1e-7)


def test_folders_and_archives(tmp_path):
    text = LOGS["tower collector"][0]
    folder = tmp_path / "drive"
    (folder / "day1").mkdir(parents=True)
    (folder / "day1" / "log.csv").write_text(text)
    (folder / "day2").mkdir()
    (folder / "day2" / "log.csv.gz").write_bytes(gzip.compress(text.replace("-97", "-99").encode()))
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("day3/log.csv", text.replace("-97", "-101"))
    points().to_file(folder / "points.shp")
    survey = read_surveys([str(folder)], SurveyLimits())
    assert sorted(survey.samples["rsrp_dbm"]) == sorted([-97, -99, -101, -97, -98, -99, -100])
    assert survey.sources["rows_read"].tolist() == [2, 2, 2, 4]
    assert survey.samples["sample_id"].is_unique
    assert survey.sources["source_file"].is_unique
    packed = tmp_path / "points.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in folder.glob("points.*"):
            archive.write(part, part.name)
    assert len(read_surveys([str(packed)], SurveyLimits()).samples) == 4


def test_the_faults_of_all_logs_are_told_at_once(tmp_path):
    (tmp_path / "a.csv").write_text("lat,lon,operator,rssi\n11.2,107.05,Viettel,-70\n")
    (tmp_path / "b.csv").write_text("lat,lon,operator,rsrp\n11.2,107.05,Viettel,-97\n")
    (tmp_path / "c.jpg").write_bytes(bytes(range(128, 256)) * 20)
    account = Account()
    assert account.attempt(lambda: read_surveys([str(tmp_path)], SurveyLimits())) is None
    assert [type(error) for error in account.faults] == [ColumnError, FormatError]
    assert ["a.csv" in str(account.faults[0]), "c.jpg" in str(account.faults[1])] == [True, True]


def test_the_same_file_twice_counts_once(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(G_NETTRACK_PRO)
    survey = read_surveys([str(tmp_path / "*.csv")], SurveyLimits())
    assert len(survey.samples) == 1
    assert survey.sources["accepted"].tolist() == [1, 0]
    told = survey.flags[survey.flags["source_file"] == "b.csv"]
    assert "file_duplicate" in set(told["check"])


def test_what_lies_beside_a_log_is_no_samples(tmp_path):
    (tmp_path / "x_log.csv").write_text(G_NETTRACK_PRO)
    (tmp_path / "x_log_stats.txt").write_text("Event\tStats\nVoice Calls\t40\n")
    assert len(read_surveys([str(tmp_path)], SurveyLimits()).samples) == 1
    with pytest.raises(FormatError, match="statistics"):
        read_survey(tmp_path / "x_log_stats.txt")


def test_a_workbook(tmp_path):
    path = tmp_path / "log.xlsx"
    frame = pd.DataFrame(
        {"Kinh độ": [107.05, 107.06], "Vĩ độ": ["11,2", "11,2"], "Nhà mạng": "Viettel", "RSRP": [-97, 20]}
    )
    frame.to_excel(path, index=False, startrow=3)
    survey = read_survey(path)
    assert survey.samples["rsrp_dbm"].tolist() == [-97.0]
    assert survey.rejects[["check", "source_row", "value"]].to_numpy().tolist() == [["level_range", 6, "20"]]


def test_sheets_of_a_workbook_are_told_apart_and_none_is_lost_in_silence(tmp_path):
    path = tmp_path / "log.xlsx"
    frame = pd.DataFrame({"lat": [11.2, 11.3], "lon": [107.05, 107.06], "operator": "Viettel", "rsrp": [-97, -98]})
    with pd.ExcelWriter(path) as book:
        frame.to_excel(book, index=False, sheet_name="day 1")
        frame.assign(rsrp=[-99, -100]).to_excel(book, index=False, sheet_name="day 2")
        frame.drop(columns="operator").assign(provider="VNPT").to_excel(book, index=False, sheet_name="other")
        pd.DataFrame({"note": ["by car"], "lat": [1]}).to_excel(book, index=False, sheet_name="notes")
    survey = read_survey(path)
    assert survey.samples["rsrp_dbm"].tolist() == [-97.0, -98.0, -99.0, -100.0]
    assert survey.samples["sample_id"].tolist() == ["log:day 1:2", "log:day 1:3", "log:day 2:2", "log:day 2:3"]
    assert survey.flags.set_index("check")["value"]["sheets_unread"] == "other"
    with pd.ExcelWriter(path) as book:
        for day, level in (("day 1", -97), ("day 2", 20)):
            frame[:1].assign(rsrp=level).to_excel(book, index=False, sheet_name=day)
    assert read_survey(path).rejects[["sheet", "source_row", "value"]].to_numpy().tolist() == [["day 2", 2, "20"]]
    frame.to_excel(path, index=False)
    assert read_survey(path).samples["sample_id"].tolist() == ["log:2", "log:3"]


@pytest.mark.parametrize("texts", [1, 2, 3])
def test_texts_and_dates_in_one_column_of_a_workbook(tmp_path, texts):
    path = tmp_path / "log.xlsx"
    moments = pd.date_range("2021-10-05 08:00", periods=4, freq="min")
    frame = pd.DataFrame({"Thời gian": moments.astype(object), "lat": 11.2, "lon": 107.05 + np.arange(4) / 1e4})
    frame.loc[: texts - 1, "Thời gian"] = moments[:texts].strftime("%d/%m/%Y %H:%M:%S")
    frame.assign(operator="Viettel", rsrp=[-97, -98, -99, -100]).to_excel(path, index=False)
    survey = read_survey(path)
    assert survey.samples["time"].dt.tz_convert(None).tolist() == moments.tolist()


def test_degrees_minutes_and_seconds(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("lat;lon;operator;rsrp\n11°12'00.0\"N;107°03'00.0\"E;Viettel;-97\n11°12'36.0\"N;107°03'00.0\"E;Viettel;-98\n",
                    encoding="utf-8")  # fmt: skip
    survey = read_survey(path)
    assert np.allclose(survey.samples.geometry.y, [11.2, 11.21])
    assert "degrees_as_text" in set(survey.flags["check"])


def test_exchanged_axes_and_metres(tmp_path):
    rows = "\n".join(f"{11.2 + i * 1e-4},{107.05 + i * 1e-4},Viettel,-97" for i in range(20))
    path = tmp_path / "log.csv"
    path.write_text("lon,lat,operator,rsrp\n" + rows)
    survey = read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    assert len(survey.samples) == 20
    assert set(survey.flags["check"]) >= {"axes_swapped", "time_missing"}
    metres = points().to_crs(5899)
    rows = "\n".join(f"{point.x:.2f},{point.y:.2f},Viettel,-97" for point in metres.geometry)
    path.write_text("easting,northing,operator,rsrp\n" + rows)
    with pytest.raises(CrsError, match="EPSG:5899"):
        read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    survey = read_survey(path, limits=SurveyLimits(bounds=BOUNDS, crs="EPSG:5899"))
    assert np.allclose(survey.samples.geometry.x, points().geometry.x, atol=1e-6)
    assert "projected" in set(survey.flags["check"])


def with_loose_tones(text):
    """Return a text as Windows-1258 has it: letters composed but for their tone."""
    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        out.append(unicodedata.normalize("NFC", "".join(part for part in parts if part not in tone)) + tone)
    return "".join(out)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
def test_encodings(tmp_path, encoding):
    text = "Kinh độ;Vĩ độ;Nhà mạng;RSRP;Thiết bị\n107,05;11,2;Viettel;-97;Điện thoại của tổ khảo sát\n"
    path = tmp_path / "log.csv"
    path.write_bytes((with_loose_tones(text) if encoding == "cp1258" else text).encode(encoding))
    assert read_survey(path).samples["device"].tolist() == ["Điện thoại của tổ khảo sát"]


FIELDS = {
    "Timestamp": "2021.10.01_08.00.0{i}", "Longitude": "107.05", "Latitude": "11.2{i}", "Operatorname": "Viettel",
    "Operator": "45204", "NetworkTech": "4G", "Level": "-9{i}", "Qual": "-11", "SNR": "3.5", "Node": "21",
    "CellID": "11",
    "Speed": "36", "Accuracy": "5",
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.permutations(list(FIELDS)), st.sampled_from("\t,;|"), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_any_order_of_columns_gives_the_same_samples(tmp_path_factory, order, separator, comma, newline):
    comma = comma and separator != ","
    rows = [[FIELDS[name].format(i=i) for name in order] for i in range(5)]
    if comma:
        rows = [[cell.replace(".", ",") if name not in ("Timestamp",) else cell
                 for name, cell in zip(order, row, strict=True)] for row in rows]  # fmt: skip
    path = tmp_path_factory.mktemp("order") / "log.txt"
    path.write_bytes(newline.join(separator.join(row) for row in [order, *rows]).encode())
    samples = read_survey(path).samples
    assert samples["rsrp_dbm"].tolist() == [-90.0, -91.0, -92.0, -93.0, -94.0]
    assert samples["sinr_db"].tolist() == [3.5] * 5
    assert samples["speed_mps"].tolist() == [10.0] * 5
    assert samples["cell_id"].tolist() == ["21-11"] * 5
    assert np.allclose(samples.geometry.y, 11.2 + 0.01 * np.arange(5))


def test_small_blocks_change_nothing(small_province, monkeypatch):
    path = small_province / "surveys" / "viettel.txt.gz"
    whole = read_survey(path)
    monkeypatch.setattr(lines_module, "BLOCK_BYTES", 20_000)
    pieces = read_survey(path)
    pd.testing.assert_frame_equal(pd.DataFrame(pieces.samples), pd.DataFrame(whole.samples))
    pd.testing.assert_frame_equal(pieces.rejects, whole.rejects)
    counted = ["check", "rows"]
    assert sorted(map(tuple, pieces.flags[counted].to_numpy())) == sorted(map(tuple, whole.flags[counted].to_numpy()))


def test_the_operator_is_looked_for_beyond_the_first_block(tmp_path, monkeypatch):
    monkeypatch.setattr(lines_module, "BLOCK_BYTES", 2_000)
    head = "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tNetworkTech\tLevel"
    rows = [f"2021.10.01_08.{i // 60:02d}.{i % 60:02d}\t107.05\t11.2\tNO_COVERAGE\t\t--\t-200" for i in range(200)]
    path = tmp_path / "log.txt"
    path.write_text("\n".join([head, *rows]))
    with pytest.raises(DataError, match=r"lomsong convert log\.txt --operator NAME"):
        read_survey(path)
    path.write_text("\n".join([head, *rows, "2021.10.01_09.00.00\t107.05\t11.2\tMobiFone\t45201\t4G\t-90"]))
    assert set(read_survey(path).samples["operator"]) == {"mobifone"}


def test_headings_of_the_serving_cell_before_others():
    columns = match(
        ["Longitude", "Latitude", "LTE SCC1 RSRP(dBm)", "LTE PCC Serving RSRP(dBm)", "Best 2 RSRP", "N1 RSRP"]
    )
    assert columns.heading("rsrp") == "LTE PCC Serving RSRP(dBm)"


@pytest.mark.parametrize("rows", [40, 4_000])
def test_a_log_that_lies_elsewhere_is_refused_however_long_it_is(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(lines_module, "BLOCK_BYTES", 10_000)
    path = tmp_path / "log.csv"
    text = [f"{107.2 if i % 3 == 0 else 100.0 + i * 1e-5},11.2,Viettel,{-90 - i % 9}" for i in range(rows)]
    path.write_text("lon,lat,operator,rsrp\n" + "\n".join(text))
    with pytest.raises(CrsError, match="outside the territory"):
        read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    path.write_text("lon,lat,operator,rsrp\n" + "\n".join(line for i, line in enumerate(text) if i % 3 == 0 or i < 5))
    survey = read_survey(path, limits=SurveyLimits(bounds=BOUNDS))
    assert (survey.rejects["check"] == "outside_territory").sum() == 3


def test_a_line_of_totals_in_a_workbook_is_a_row_without_a_place(tmp_path):
    frame = pd.DataFrame(
        {"Kinh độ": [107.05, None], "Vĩ độ": [11.2, None], "Nhà mạng": ["Viettel", "Tổng cộng"], "RSRP": [-97, -97]}
    )
    frame.to_excel(tmp_path / "log.xlsx", index=False)
    survey = read_survey(tmp_path / "log.xlsx")
    assert survey.rows_read == 2
    assert survey.rejects["check"].tolist() == ["position_missing"]
