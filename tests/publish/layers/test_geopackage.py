import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from xml.etree import ElementTree as ET

import pyogrio
import pytest

from lomsong.publish.layers import write_geopackage
from lomsong.publish.map.palette import STATE_COLOURS, count_classes, level_classes, rgb

QGIS = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
application = QgsApplication([], False)
application.initQgis()
path, picture = sys.argv[1:]
layers = [QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in ("towers", "communes")]
for layer in layers:
    colours = [item.symbol().color().name() for item in layer.renderer().legendSymbolItems() if item.symbol()]
    print(layer.name(), layer.isValid(), layer.renderer().type(), layer.labelsEnabled(), ",".join(colours))
    print([field.alias() for field in layer.fields()])
settings = QgsMapSettings()
settings.setLayers(layers)
settings.setBackgroundColor(QColor("white"))
settings.setOutputSize(QSize(400, 400))
settings.setExtent(layers[1].extent())
settings.setDestinationCrs(layers[1].crs())
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def path(layers, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "gaps.gpkg"
    write_geopackage(path, layers)
    return path


@pytest.fixture(scope="module")
def styles(path):
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT f_table_name, f_geometry_column, styleQML FROM layer_styles "
        query += "WHERE useAsDefault AND f_table_schema = ''"
        return {
            name: (geometry, ET.fromstring(qml.split("\n", 1)[1])) for name, geometry, qml in database.execute(query)
        }


def drawn(style):
    """Return the words, filter and colour of each rule of a style."""
    symbols = {}
    for symbol in style.findall("renderer-v2/symbols/symbol"):
        options = {option.get("name"): option.get("value") for option in symbol.findall("layer/Option/Option")}
        symbols[symbol.get("name")] = options
    rules = style.findall(".//rule")
    return [
        (rule.get("label"), rule.get("filter"), symbols[rule.get("symbol")]["color"])
        for rule in rules
        if rule.get("symbol") is not None
    ]


def told(colour, opacity=1.0):
    return ",".join(map(str, (*rgb(colour), round(255 * opacity))))


def test_every_layer_has_its_style_and_others_read_the_file(path, styles, layers):
    assert styles.keys() == layers.keys()
    assert {geometry for geometry, _ in styles.values()} == {"geom"}
    for name in layers:
        assert len(pyogrio.read_dataframe(path, layer=name)) == len(layers[name].frame)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA user_version").fetchone() == (10200,), "GeoPackage 1.2: old programs read it"
        extensions = {row[0] for row in database.execute("SELECT extension_name FROM gpkg_extensions")}
        contents = dict(database.execute("SELECT table_name, identifier FROM gpkg_contents"))
        dates = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
    assert "gpkg_schema" in extensions
    assert contents["hamlets"] == "Ấp, thôn theo tình trạng sóng"
    assert len(dates) == 1


def test_colours_are_those_of_the_legends_of_the_map(styles, layers):
    frame = layers["communes"].frame
    gaps = ["unconnected", "unconnected_all", *(f"unconnected_{one}" for one in ("viettel", "vinaphone", "mobifone"))]
    counts = count_classes(frame[gaps].to_numpy(dtype=float).ravel())
    rules = drawn(styles["communes"][1])
    assert [colour for _, _, colour in rules[: len(counts.colours)]] == [told(one, 0.85) for one in counts.colours]
    assert [colour for _, _, colour in drawn(styles["hamlets"][1])] == [told(one) for one in STATE_COLOURS.values()]
    level = level_classes(-110.0)
    assert [colour for _, _, colour in drawn(styles["survey"][1])][1:7] == [told(one) for one in level.colours]


def test_rules_apply_to_each_row_once(layers):
    for name in ("communes", "hamlets", "schools", "survey", "sites", "towers", "zones"):
        times = sum(rows.astype(int) for _, rows in layers[name].leaves())
        assert (times == 1).all(), name


def test_rules_say_in_sql_what_they_say_here(layers, path):
    with closing(sqlite3.connect(path)) as database:
        for name, layer in layers.items():
            for rules, rows in layer.leaves():
                where = " AND ".join(rule.expression for rule in rules if rule.expression) or "1"
                assert database.execute(f"SELECT count(*) FROM {name} WHERE {where}").fetchone()[0] == rows.sum()


def test_unsurveyed_is_hatched_and_hidden_is_told_apart(layers):
    met = {rules[-1].label: (rules[-1].symbol, int(rows.sum())) for rules, rows in layers["communes"].leaves()}
    assert met["Quá nửa số người học chưa đo kiểm"][0].hatched
    assert met["Quá nửa số người học chưa đo kiểm"][1] >= 1
    assert met["dưới 5"][1] == 1


def test_columns_have_headings_and_codes_have_words(path, styles):
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT table_name, column_name, title FROM gpkg_data_columns"
        headings = {(table, column): title for table, column, title in database.execute(query)}
    assert headings["communes", "unconnected_viettel"] == "Chưa có sóng Viettel"
    assert headings["hamlets", "grid_power"] == "Điện lưới quốc gia"
    assert headings["communes", "unconnected_suppressed"] == "Đã ẩn: Chưa có sóng"
    style = styles["hamlets"][1]
    aliases = {alias.get("field"): alias.get("name") for alias in style.findall("aliases/alias")}
    assert aliases["learners"] == headings["hamlets", "learners"]
    pairs = style.findall(".//field[@name='state']//Option[@type='QString']")
    assert {pair.get("value"): pair.get("name") for pair in pairs}["none"] == "trắng sóng"


def test_qgis_opens_it_with_its_styles(path, tmp_path):
    python = shutil.which("python3", path=os.defpath)
    if (
        python is None
        or subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    ):
        pytest.skip("PyQGIS is not installed")
    from PIL import Image

    picture = tmp_path / "qgis.png"
    done = subprocess.run([python, "-c", QGIS, path, picture], capture_output=True, text=True, check=True, timeout=120)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("towers True RuleRenderer True #111d24")
    assert lines[2].startswith("communes True RuleRenderer True #ffffcc")
    assert "Chưa có sóng Viettel" in lines[3]
    image = Image.open(picture).convert("RGB")
    assert len(image.getcolors(400 * 400)) > 50, "something is drawn"
