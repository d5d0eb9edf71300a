import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from lomsong.errors import ColumnError, CrsError, DataError, FormatError, MissingFileError
from lomsong.ingest import read_communes, read_hamlets, read_households, read_schools, read_sites

BOUNDS = (106.9, 10.9, 107.6, 11.6)


def test_a_workbook_with_vietnamese_headings(tmp_path):
    path = tmp_path / "truong.xlsx"
    pd.DataFrame(
        {
            "Mã trường": ["T1", "T2", "T2", None, "T5"],
            "TÊN TRƯỜNG": ["Tiểu học Mã Đà", "b", "c", "d", "e"],
            "Số học sinh": [120, 80, 80, 10, -3],
            "Mã xã": ["26200"] * 5,
            "Kinh độ": ["107,05"] * 5,
            "Vĩ độ": [11.25] * 5,
            "Điện thoại": ["0900"] * 5,
        }
    ).to_excel(path, index=False)
    reading = read_schools(path, BOUNDS)
    assert reading.table["school_id"].tolist() == ["T1", "T2"]
    assert reading.table["pupils"].tolist() == [120, 80]
    assert reading.table.geometry.x.tolist() == [107.05] * 2
    assert "Điện thoại" not in reading.table
    found = reading.rejects.set_index("source_row")["check"].to_dict()
    assert found == {4: "code_duplicate", 5: "code_missing", 6: "count_invalid"}
    assert reading.rows_read == 5


def test_households_keep_those_beyond_the_border_and_drop_names(tmp_path):
    path = tmp_path / "ho.csv"
    path.write_text(
        "Mã hộ,Họ tên,Số người học,Mã xã,Nhà mạng đang dùng,lon,lat\n"
        "H1,Nguyễn A,2,26200,Vina,107.05,11.2\nH2,Trần B,1,,Viettel,106.0,11.2\nH3,Lê C,1,26200,,,\n"
        "H4,X,1.5,,,107.1,11.2\n"
        "H5,Y,3,26200,,107.1,11.2\n",
        encoding="utf-8",
    )
    reading = read_households(path, BOUNDS)
    assert reading.table["household_id"].tolist() == ["H1", "H2", "H5"]
    assert reading.table["own_operator"].tolist()[:2] == ["vinaphone", "viettel"]
    assert not any("Nguyễn" in str(value) for value in reading.table.to_numpy().ravel())
    assert reading.rejects["check"].tolist() == ["position_missing", "count_invalid"]


def test_hamlets_and_sites(tmp_path):
    (tmp_path / "ap.csv").write_text(
        "hamlet_id,name,commune_code,grid_power,lon,lat\nA1,Ấp 1,26200,Có,107,11.2\nA2,Ấp 2,26200,chưa,107,11.2\n"
        "A3,Ấp 3,26200,maybe,107,11.2\n",
        encoding="utf-8",
    )
    hamlets = read_hamlets(tmp_path / "ap.csv", BOUNDS)
    assert hamlets.table["grid_power"].tolist() == ["yes", "no"]
    assert hamlets.rejects["check"].tolist() == ["value_unknown"]
    (tmp_path / "sites.csv").write_text(
        "site_id,operator,band_mhz,height_m,eirp_dbm,azimuth_deg,lon,lat\nS1,VinaPhone,1800,42,30,120,107,11.2\n"
        "S1,VinaPhone,1800,42,30,,107,11.2\nS2,MobiFone,1800,0,30,,107,11.2\n"
    )
    sites = read_sites(tmp_path / "sites.csv", BOUNDS)
    assert sites.table["operator"].tolist() == ["vinaphone"] * 2
    assert sites.rejects["check"].tolist() == ["value_range"]


def test_a_wrong_column_names_what_was_found(tmp_path):
    (tmp_path / "ho.csv").write_text("Mã hộ,Kinh độ,Vĩ độ\nH1,107,11\n", encoding="utf-8")
    with pytest.raises(ColumnError) as caught:
        read_households(tmp_path / "ho.csv")
    assert all(word in str(caught.value) for word in ("ho.csv", "learners (Số người học)", "Mã hộ"))


def test_a_roster_elsewhere_is_refused(tmp_path):
    (tmp_path / "ho.csv").write_text("household_id,learners,lon,lat\nH1,1,-17.4,14.7\n", encoding="utf-8")
    with pytest.raises(CrsError, match="1 of 1 rows lie outside the territory"):
        read_households(tmp_path / "ho.csv", BOUNDS)


def test_a_file_that_is_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_text("no workbook")
    with pytest.raises(FormatError, match="workbook"):
        read_schools(tmp_path / "a.xlsx")


def communes(**columns):
    shapes = [box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)]
    table = {"commune_code": ["26200", "26203"], "name": ["Mã Đà", "Hiếu Liêm"]} | columns
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_communes_of_any_layer(tmp_path, suffix):
    path = tmp_path / f"xa{suffix}"
    frame = communes()
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    reading = read_communes(path)
    assert reading.table["commune_code"].tolist() == ["26200", "26203"]
    assert set(reading.table.geom_type) == {"MultiPolygon"}


def test_communes_broken_and_double(tmp_path):
    bow = Polygon([(107, 11), (107.1, 11.1), (107.1, 11), (107, 11.1)])
    frame = communes()
    frame.loc[0, "geometry"] = bow
    frame = pd.concat([frame, frame.iloc[[1]]], ignore_index=True)
    frame.to_file(tmp_path / "xa.gpkg", layer="xa")
    reading = read_communes(f"{tmp_path}/xa.gpkg#xa")
    assert reading.table.geometry.is_valid.all()
    assert reading.table.geometry.iloc[0].area == pytest.approx(bow.buffer(0).area * 2, rel=0.01)
    assert reading.rejects["check"].tolist() == ["code_duplicate"]
    assert reading.rows_read == 3


def test_communes_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_communes(tmp_path / "none.gpkg")
    communes().set_crs(None, allow_override=True).to_file(tmp_path / "bare.gpkg")
    with pytest.raises(CrsError, match="coordinate reference system"):
        read_communes(tmp_path / "bare.gpkg")
    communes().rename(columns={"commune_code": "number"}).to_file(tmp_path / "wrong.gpkg")
    with pytest.raises(ColumnError, match=r"commune_code \(Mã xã\) missing; found: number, name"):
        read_communes(tmp_path / "wrong.gpkg")
    communes().iloc[:0].to_file(tmp_path / "none.gpkg")
    with pytest.raises(DataError):
        read_communes(tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("no layer")
    with pytest.raises(FormatError, match="save it as GeoPackage"):
        read_communes(tmp_path / "text.gpkg")
