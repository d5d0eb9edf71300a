import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from lomsong.errors import ColumnError, CrsError, DataError, FormatError, LomsongError, MissingFileError
from lomsong.ingest import read_communes
from lomsong.texts import told


def communes(**columns):
    shapes = [box(107, 11, 107.1, 11.1), box(107.1, 11, 107.2, 11.1)]
    table = {"commune_code": ["26200", "26203"], "name": ["Mã Đà", "Hiếu Liêm"]} | columns
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def saved(frame, path):
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
    return path


def zipped(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.write(member, member.name)
    return path


def checks(reading):
    return list(zip(reading.flags["check"], reading.flags["rows"], reading.flags["first_row"], strict=True))


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".fgb", ".shp", ".tab", ".zip"])
def test_communes_of_any_layer(tmp_path, suffix):
    frame = communes().rename(columns={"commune_code": "MAXA", "name": "TENXA"})
    if suffix == ".zip":
        saved(frame, tmp_path / "xa.shp")
        path = zipped(tmp_path / "xa.zip", *[tmp_path / f"xa.{part}" for part in ("shp", "dbf", "shx", "prj", "cpg")])
    elif suffix == ".tab":
        frame.to_file(path := tmp_path / "xa.tab", driver="MapInfo File")
    else:
        path = saved(frame, tmp_path / f"xa{suffix}")
    reading = read_communes(path)
    assert sorted(reading.table["commune_code"]) == ["26200", "26203"]
    assert sorted(reading.table["name"]) == ["Hiếu Liêm", "Mã Đà"]
    assert set(reading.table.geom_type) == {"MultiPolygon"}
    assert reading.table.geometry.area.sum() == pytest.approx(0.02, rel=1e-3)
    assert reading.rows_read == 2


def test_communes_of_a_kml(tmp_path):
    ring = "107,11 107.1,11 107.1,11.1 107,11.1 107,11"
    (tmp_path / "xa.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Xã Mã Đà</name><ExtendedData>'
        '<Data name="ma_xa"><value>26200</value></Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing>'
        f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>",
        encoding="utf-8",
    )
    table = read_communes(tmp_path / "xa.kml").table
    assert table[["commune_code", "name", "kind"]].iloc[0].tolist() == ["26200", "Xã Mã Đà", "xã"]


@pytest.mark.parametrize(
    ("headings", "more"),
    [
        (("code", "name"), {"full_name": ["Xã Mã Đà", "Xã Hiếu Liêm"]}),
        (("ma_xa", "ten_xa"), {"LOAI": ["Xã", "Xã"]}),
        (("Mã xã", "Tên xã"), {"Loại": ["xã", "xã"]}),
        (("ADM3_PCODE", "ADM3_VI"), {"ADM2_VI": ["Vĩnh Cửu"] * 2, "ADM2_PCODE": ["VN75"] * 2}),
        (("commune_co", "name"), {"parent_nam": ["Vĩnh Cửu"] * 2}),
        (("GID_3", "NAME_3"), {"TYPE_3": ["Xã", "Xã"], "NAME_2": ["Vĩnh Cửu"] * 2, "GID_2": ["735"] * 2}),
        (("shapeID", "shapeName"), {"shapeISO": [""] * 2, "shapeType": ["ADM3"] * 2}),
    ],
)
def test_headings_as_in_real_files(tmp_path, headings, more):
    frame = communes(**more).rename(columns=dict(zip(("commune_code", "name"), headings, strict=True)))
    table = read_communes(saved(frame, tmp_path / "xa.gpkg")).table
    assert table["commune_code"].tolist() == ["26200", "26203"]
    assert table["name"].tolist() == ["Mã Đà", "Hiếu Liêm"]
    if {"full_name", "LOAI", "Loại", "TYPE_3"} & more.keys():
        assert table["kind"].str.lower().tolist() == ["xã", "xã"]
    if "NAME_2" in more or "ADM2_VI" in more:
        assert table["parent_name"].tolist() == ["Vĩnh Cửu"] * 2
        assert table["parent_code"].notna().all()


def test_population_and_what_it_was_merged_from_are_kept(tmp_path):
    frame = communes(population=[7158.0, np.nan], merged_from=["Xã Mã Đà, Xã Trị An", None], note=["a", "b"])
    table = read_communes(saved(frame, tmp_path / "xa.gpkg")).table
    assert table["population"].tolist() == [7158, pd.NA]
    assert table["merged_from"].tolist()[0] == "Xã Mã Đà, Xã Trị An"
    assert "note" not in table


@pytest.mark.parametrize(
    ("codes", "names", "read", "mended"),
    [
        ([1234, 26203], ["Xã A", "Xã B"], ["01234", "26203"], True),
        ([4.0, 364.0], ["Phường A", "Phường B"], ["00004", "00364"], True),
        ([26200.0, 26203.0], ["A", "B"], ["26200", "26203"], True),
        (["26200", "26203"], ["Xã A", "Xã B"], ["26200", "26203"], False),
        ([735, 736], ["Huyện A", "Huyện B"], ["735", "736"], False),
        (["X1", "26203"], ["Xã A", "Xã B"], ["X1", "26203"], False),
    ],
)
def test_codes_that_a_spreadsheet_took_for_numbers(tmp_path, codes, names, read, mended):
    reading = read_communes(saved(communes(commune_code=codes, name=names), tmp_path / "xa.gpkg"))
    assert reading.table["commune_code"].tolist() == read
    assert ("code_mended" in set(reading.flags["check"])) == mended


def test_invalid_geometry_is_repaired_and_told_with_row_code_reason_and_area(tmp_path):
    bow = Polygon([(107, 11), (107.1, 11.1), (107.1, 11), (107, 11.1)])
    frame = communes()
    frame.loc[1, "geometry"] = bow
    frame = pd.concat([frame, frame.iloc[[0]]], ignore_index=True)
    frame.to_file(tmp_path / "xa.gpkg", layer="xa")
    reading = read_communes(f"{tmp_path}/xa.gpkg#xa")
    assert reading.table.geometry.is_valid.all()
    # The bow tie is two triangles of 0.1 by 0.05 degrees.
    assert reading.table.geometry.iloc[1].area == pytest.approx(2 * 0.1 * 0.05 / 2, rel=1e-6)
    assert checks(reading) == [("geometry_repaired", 1, 2)]
    value = reading.flags["value"].iloc[0]
    assert value.startswith("26203: Self-intersection[107.05 11.05]; 0.00 → 60.")
    assert reading.rejects["check"].tolist() == ["code_duplicate"]
    assert reading.rows_read == 3 == len(reading.table) + len(reading.rejects)


def test_many_repairs_are_told_one_by_one_and_then_in_sum(tmp_path):
    bows = [Polygon([(107, 11), (107.1, 11.1), (107.1, 11), (107, 11.1)])] * 25
    frame = gpd.GeoDataFrame({"code": [f"{26000 + i}" for i in range(25)], "name": "A"}, geometry=bows, crs=4326)
    flags = read_communes(saved(frame, tmp_path / "xa.gpkg")).flags
    assert flags["rows"].tolist() == [1] * 20 + [5]
    assert flags["first_row"].tolist() == list(range(1, 22))


def test_holes_enclaves_and_overlaps_stay(tmp_path):
    hole = Polygon(box(107, 11, 107.3, 11.3).exterior.coords, [box(107.1, 11.1, 107.2, 11.2).exterior.coords])
    frame = communes()
    frame["geometry"] = [MultiPolygon([hole, box(108, 11, 108.1, 11.1)]), box(107.05, 11.05, 107.2, 11.2)]
    reading = read_communes(saved(frame, tmp_path / "xa.gpkg"))
    assert reading.table.geometry.area.tolist() == pytest.approx([0.09 - 0.01 + 0.01, 0.0225])
    assert reading.flags.empty


def test_rows_that_cannot_be_used_are_rejected_by_name(tmp_path):
    shapes = [box(107, 11, 107.1, 11.1), None, Point(107, 11).buffer(0), Polygon(), box(107, 11, 107.1, 11.1)]
    codes = ["26200", "26203", "26206", "26209", None]
    frame = gpd.GeoDataFrame({"code": codes, "name": list("abcde")}, geometry=shapes, crs=4326)
    reading = read_communes(saved(frame, tmp_path / "xa.gpkg"))
    assert reading.table["commune_code"].tolist() == ["26200"]
    found = reading.rejects.set_index("source_row")["check"].to_dict()
    assert found == dict.fromkeys((2, 3, 4), "geometry_unusable") | {5: "code_missing"}


def test_markup_and_formulas_in_a_name_stay_text(tmp_path):
    names = ["<script>alert(1)</script>", "=HYPERLINK(1)\x07"]
    table = read_communes(saved(communes(name=names), tmp_path / "xa.gpkg")).table
    assert table["name"].tolist() == ["<script>alert(1)</script>", "=HYPERLINK(1)"]


def test_names_in_a_legacy_font_become_unicode(tmp_path):
    reading = read_communes(saved(communes(name=["X· M· §µ", "X· HiÕu Liªm"]), tmp_path / "xa.gpkg"))
    assert reading.table["name"].tolist() == ["Xã Mã Đà", "Xã Hiếu Liêm"]
    assert reading.table["kind"].tolist() == ["xã", "xã"]
    assert "legacy_encoding" in set(reading.flags["check"])


def test_a_layer_in_vn2000_is_shifted(tmp_path):
    metres = communes().to_crs(5899)
    table = read_communes(saved(metres, tmp_path / "xa.gpkg")).table
    assert table.total_bounds == pytest.approx([107, 11, 107.2, 11.1], abs=2e-5)


def test_latitude_first_is_exchanged_and_metres_called_degrees_are_refused(tmp_path):
    def geojson(name, corners):
        features = [
            {"type": "Feature", "properties": {"code": "26200", "name": "A"},
             "geometry": {"type": "Polygon", "coordinates": [corners]}},
        ]  # fmt: skip
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return tmp_path / name

    reading = read_communes(geojson("a.geojson", [[11, 107], [11.1, 107], [11.1, 107.1], [11, 107]]))
    assert reading.table.total_bounds == pytest.approx([107, 11, 107.1, 11.1])
    assert checks(reading) == [("axes_swapped", 1, 1)]
    corners = [[400_000, 1_230_000], [401_000, 1_230_000], [401_000, 1_231_000], [400_000, 1_230_000]]
    with pytest.raises(CrsError) as caught:
        read_communes(geojson("b.geojson", corners))
    assert all(word in str(caught.value) for word in ("b.geojson", "WGS 84", "row 1", "400000", "EPSG:5899"))
    assert "hệ toạ độ" in told(caught.value, "vi")


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
    with pytest.raises(DataError, match="holds no commune"):
        read_communes(tmp_path / "none.gpkg")
    communes(commune_code=[None, ""]).to_file(tmp_path / "codeless.gpkg")
    with pytest.raises(DataError, match="a code and an area"):
        read_communes(tmp_path / "codeless.gpkg")
    (tmp_path / "text.gpkg").write_text("no layer")
    with pytest.raises(FormatError, match="save it as GeoPackage"):
        read_communes(tmp_path / "text.gpkg")
    (tmp_path / "readme.txt").write_text("no layer")
    with pytest.raises(FormatError):
        read_communes(zipped(tmp_path / "empty.zip", tmp_path / "readme.txt"))


@pytest.fixture(scope="module", params=[".fgb", ".shp", ".geojson", ".gpkg"])
def sound(request, tmp_path_factory):
    return saved(communes(), tmp_path_factory.mktemp("sound") / f"xa{request.param}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_layer_is_read_or_refused_in_our_words(sound, data):
    content = bytearray(sound.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=12)):
        content[at] = data.draw(st.integers(0, 255))
    kept = sound.read_bytes()
    try:
        sound.write_bytes(content[: data.draw(st.integers(1, len(content)))])
        reading = read_communes(sound)
        assert reading.rows_read == len(reading.table) + len(reading.rejects)
        assert reading.table.geometry.is_valid.all()
    except LomsongError as error:
        assert told(error, "en")
    finally:
        sound.write_bytes(kept)


@pytest.mark.real
def test_the_real_communes_and_districts(shared_data):
    path = shared_data / "admin" / "communes_after_2025.gpkg"
    reading = read_communes(path)
    raw = gpd.read_file(path)
    assert reading.rows_read == len(raw) == len(reading.table) == 95
    assert reading.rejects.empty
    assert reading.table["commune_code"].tolist() == raw["code"].tolist()
    assert reading.table["name"].tolist() == raw["name"].tolist()
    assert reading.table["population"].sum() == raw["population"].sum()
    assert reading.table["merged_from"].tolist() == raw["merged_from"].tolist()
    assert reading.table["kind"].tolist() == [name.split()[0].lower() for name in raw["full_name"]]
    districts = read_communes(shared_data / "admin" / "districts_before_2025.gpkg").table
    assert len(districts) == 22
    row = districts.set_index("commune_code").loc["735"]
    assert (row["name"], row["kind"], row["parent_code"]) == ("Huyện Vĩnh Cửu", "huyện", "75")
