"""Lines and areas that speak for or against a tower: roads, power lines, forest by function, water."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lomsong.errors import ColumnError, CrsError, DataError, UsageError
from lomsong.geo import WGS84, fold_text
from lomsong.ingest.files.encodings import unfont_values
from lomsong.ingest.files.opening import read_layer, split_layer
from lomsong.ingest.positions import fits
from lomsong.ingest.quality import Sieve
from lomsong.ingest.reading import Reading
from lomsong.tables import CANDIDATES
from lomsong.texts import fault

Bounds = tuple[float, float, float, float]

FOREST_CLASSES = CANDIDATES["forest_class"].choices
"""Classes of forest by function, the strictest first, and ``none``."""

_LINES = ("LineString", "MultiLineString")
_POINTS = ("Point", "MultiPoint")
_AREAS = ("Polygon", "MultiPolygon")

_NAMES = ("name", "ten", "ten duong", "name vi", "ten tuyen", "ten rung", "ten song", "ten ho", "ten khu rung")

ROADS: tuple[tuple[str, str], ...] = (
    (r"cao toc|motorway|expressway", "motorway"),
    (r"trunk", "trunk"),
    (r"quoc lo|primary|national|ql ?\d.*", "primary"),
    (r"tinh lo|duong tinh|secondary|provincial|dt ?\d.*|tl ?\d.*", "secondary"),
    (r"huyen lo|duong huyen|tertiary|district|dh ?\d.*|hl ?\d.*", "tertiary"),
    (r"track|lam nghiep|lam sinh|duong dat|noi dong|duong mon o to|forest road", "track"),
    (r"footway|path|cycleway|bridleway|steps|pedestrian|duong mon|loi mon", "path"),
    (r"service|chuyen dung|noi bo", "service"),
    (r"duong xa|lien xa|duong thon|lien thon|duong ap|lien ap|duong xom|ngo|hem|duong pho|do thi|unclassified|"
     r"residential|living street|minor|commune|hamlet|village|road|street|local|gtnt|giao thong nong thon", "minor"),
)  # fmt: skip
"""Words of a class of road, folded, to the class; the first that fits counts.

Classes are those of OpenStreetMap's ``highway``, with its quieter roads put together as ``minor``. Vietnamese classes
after Law 35/2024/QH15 on roads, article 8: quốc lộ, đường tỉnh, đường huyện, đường xã, đường thôn, đường đô thị, đường
chuyên dùng; quốc lộ is put beside ``primary``, đường tỉnh ``secondary``, đường huyện ``tertiary``.
"""

POWER: tuple[tuple[str, str], ...] = (
    (r"minor line|minor|trung the|trung ap|ha the|ha ap|mv|lv|medium voltage|low voltage|distribution", "minor_line"),
    (r"cable|cap ngam|ngam|underground", "cable"),
    (r"line|cao the|cao ap|sieu cao ap|truyen tai|duong day|tren khong|hv|ehv|high voltage|transmission|overhead",
     "line"),
)  # fmt: skip
"""Words of a kind of power line to the kind, as OpenStreetMap's ``power`` names it."""

FOREST: tuple[tuple[str, str], ...] = (
    (r"dac dung|rung dd|dd|rdd|special use|special|vuon quoc gia|khu bao ton|du tru thien nhien|national park|"
     r"nature reserve|protected area|strict nature reserve", "special_use"),
    (r"phong ho|rung ph|ph|rph|protection|protective|watershed", "protection"),
    (r"san xuat|rung sx|sx|rsx|production|plantation", "production"),
    (r"none|khong|khong phai rung|ngoai quy hoach|ngoai 3 loai rung|ngoai ba loai rung", "none"),
)  # fmt: skip
"""Words and codes of a class of forest, folded.

Rừng đặc dụng, phòng hộ, sản xuất: Law 16/2017/QH14 on forestry, article 5; their land codes RDD, RPH, RSX: Circular
08/2024/TT-BTNMT on land statistics, and the short codes DD, PH, SX of forest inventories.
"""

WATER: tuple[tuple[str, str], ...] = (
    (r"reservoir|ho chua|ho thuy dien|ho thuy loi|thuy dien", "reservoir"),
    (r"wetland|dam lay|ngap nuoc|swamp|marsh", "wetland"),
    (r"sea|ocean|bay|bien|vinh|vung bien|strait|lagoon|dam pha", "sea"),
    (r"river|riverbank|song|oxbow", "river"),
    (r"canal|kenh|muong|ditch|drain", "canal"),
    (r"stream|suoi|khe|rach", "stream"),
    (r"pond|ao|dam|basin|fishpond|aquaculture", "pond"),
    (r"lake|ho|ho tu nhien", "lake"),
)  # fmt: skip
"""Words of a kind of water to the kind."""

FIBRE: tuple[tuple[str, str], ...] = (
    (r"node|nut|tram|diem|tu cap|pop|odf|mang xong|closure|joint|splice|cabinet|exchange", "node"),
    (r"cable|cap|cap quang|soi quang|tuyen|truc|line|fibre|fiber|backbone|duct|cong be", "cable"),
)  # fmt: skip
"""Words of a part of a fibre network to the part."""

_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')
_VOLTAGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(kv|v)?", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """One kind of layer: which geometry it has, which columns tell its class, and what they may say.

    ``tags`` are keys of OpenStreetMap: where a layer has one, a row without it is something else. ``classes`` are other
    headings, folded, the best first.
    """

    geometry: tuple[str, ...]
    column: str
    words: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    classes: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "roads": Kind(
        _LINES, "road_class", ROADS, ("highway",),
        ("road class", "loai duong", "cap duong", "loaiduong", "capduong", "phan loai", "fclass", "class", "kind",
         "loai", "type"),
    ),
    "power_lines": Kind(
        _LINES, "kind", POWER, ("power",),
        ("kind", "loai duong day", "loai day", "loaiday", "loai", "type", "class"),
    ),
    "forest": Kind(
        _AREAS, "forest_class", FOREST, (),
        ("forest class", "3 loai rung", "ba loai rung", "loai 3 rung", "loai rung", "loairung", "maloairung", "malr3",
         "mdsd", "muc dich su dung", "mucdich", "chuc nang", "chucnang", "chuc nang rung", "ldlr", "qh3lr", "quy hoach",
         "ma loai dat", "loai dat", "boundary", "leisure", "designation", "function", "class", "kind", "type", "loai"),
    ),
    "water": Kind(
        (*_AREAS, *_LINES), "kind", WATER, (),
        ("kind", "water", "waterway", "loai", "loai mat nuoc", "fclass", "natural", "landuse", "type", "class"),
    ),
    "fibre": Kind(
        (*_LINES, *_POINTS), "kind", FIBRE, (),
        ("kind", "loai", "loai cap", "loai tuyen", "telecom", "communication", "fclass", "type", "class"),
    ),
}  # fmt: skip
"""Layers by their key in ``[inputs]``."""

VOLTAGES = ("voltage kv", "voltage", "dien ap", "dienap", "cap dien ap", "capdienap", "cap da", "dien ap kv", "u kv")
"""Headings of a voltage, folded."""


def read_features(name: str | Path, kind: str, bounds: Bounds | None = None, language: str = "en") -> Reading:
    """Read one layer of roads, power lines, forest, water or fibre, with an account of every feature.

    An empty geometry, one of another type, and a feature that is not of the kind (a railway among roads, a forest of no
    known class) are rejected. Broken polygons are repaired and flagged. A road, line or water whose kind cannot be told
    is kept without one, and flagged.

    Parameters
    ----------
    name
        ``file`` or ``file#layer``: GeoPackage, Shapefile (also zipped), GeoJSON, KML, KMZ (all their folders), MapInfo
        TAB, FlatGeobuf, GeoParquet, in any CRS that it states, VN-2000 too.
    kind
        One of :data:`KINDS`.
    bounds
        West, south, east, north of the territory in degrees, or None. A layer of which nothing lies there is refused.
    language
        Language of the remedies.

    Returns
    -------
    Reading in EPSG:4326 with the columns

    - ``roads``: road_class, name; lines
    - ``power_lines``: voltage_kv, kind (line, minor_line, cable), name; lines
    - ``forest``: forest_class (special_use, protection, production, none), name; polygons
    - ``water``: kind, name; polygons, and lines of rivers and streams
    - ``fibre``: kind (node, cable), name; lines, and points where it can be tapped

    Raises
    ------
    MissingFileError, FormatError, ColumnError, CrsError, DataError
        When the layer as a whole cannot be used.
    UsageError
        When ``kind`` is none.
    """
    if kind not in KINDS:
        raise fault(UsageError, "features_kind", kind=repr(kind), known=", ".join(KINDS))
    path = Path(split_layer(str(name))[0])
    layer = all_layers(name)
    if layer.empty:
        raise fault(DataError, "features_none", file=name)
    sieve = Sieve(path.name, np.arange(1, len(layer) + 1), language)
    texts = _texts(layer)
    shapes = _shapes(layer, KINDS[kind], sieve, str(name))
    if bounds is not None:
        _require_near(shapes, layer, bounds, str(name))
    table = pd.DataFrame({KINDS[kind].column: _classes(texts, KINDS[kind], sieve, str(name))}, index=texts.index)
    if kind == "power_lines":
        table.insert(0, "voltage_kv", _voltages(texts))
    table["name"] = _named(texts, sieve)
    kept = sieve.open
    frame = gpd.GeoDataFrame(table[kept], geometry=shapes[kept], crs=WGS84).reset_index(drop=True)
    return Reading.of(path, kind, frame, sieve.rejects(), len(layer), sieve.flags())


def forest_class(text: str) -> str:
    """Return the class of forest that a word or code stands for, the strictest where several do, or an empty text.

    Examples
    --------
    >>> forest_class("Rừng đặc dụng"), forest_class("PH"), forest_class("RSX"), forest_class("cao su")
    ('special_use', 'protection', 'production', '')
    """
    return _class_of(text, FOREST)


def road_class(text: str) -> str:
    """Return the class of road that a word stands for, or an empty text.

    Examples
    --------
    >>> road_class("Quốc lộ 20"), road_class("đường huyện"), road_class("secondary_link")
    ('primary', 'tertiary', 'secondary')
    """
    return _class_of(text, ROADS)


def _class_of(text: str, words: tuple[tuple[str, str], ...]) -> str:
    folded = fold_text(text)
    return next((name for pattern, name in words if re.search(rf"(?<!\w)(?:{pattern})(?!\w)", folded)), "")


def all_layers(name: str | Path) -> gpd.GeoDataFrame:
    """Read a layer, of a KML all its folders, in two dimensions."""
    layer = read_layer(name)
    return layer.set_geometry(gpd.GeoSeries(shapely.force_2d(layer.geometry.array), layer.index, crs=layer.crs))


def _texts(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the attributes as texts under folded headings, tags of OpenStreetMap that lie packed in one unpacked."""
    raw = pd.DataFrame(layer.drop(columns=layer.geometry.name)).reset_index(drop=True)
    texts = pd.DataFrame(index=raw.index)
    for heading in raw.columns:
        folded = fold_text(str(heading))
        if folded not in texts:
            texts[folded] = raw[heading].map(_text).astype(object)
    for packed in ("other tags", "all tags", "tags"):
        if packed in texts:
            tags = texts.pop(packed).map(lambda text: dict(_TAG.findall(text)) if text else {})
            for key in ("power", "voltage", "highway", "waterway", "water", "leisure", "boundary"):
                values = tags.map(lambda row, key=key: row.get(key, ""))
                if values.ne("").any():
                    texts[key] = texts[key].where(texts[key] != "", values) if key in texts else values
    return texts


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _shapes(layer: gpd.GeoDataFrame, kind: Kind, sieve: Sieve, name: str) -> gpd.GeoSeries:
    """Return geometries in degrees, broken ones repaired; those that cannot be used are rejected."""
    try:
        shapes = layer.geometry.to_crs(WGS84)
    except (RuntimeError, ValueError) as error:  # the file states a system that leads nowhere
        raise fault(CrsError, "features_crs", file=name, reason=str(error).splitlines()[0]) from None
    values = np.asarray(shapes.array, dtype=object)
    types = layer.geometry.geom_type.fillna("None").to_numpy()
    limit = ", ".join(kind.geometry)
    known = ~(shapely.is_missing(values) | shapely.is_empty(values))
    finite = np.zeros(len(values), dtype=bool)
    finite[known] = np.isfinite(shapely.bounds(values[known])).all(axis=1)
    broken = finite & ~shapely.is_valid(values)
    values[broken] = shapely.make_valid(values[broken])
    for at in np.flatnonzero(broken | (types == "GeometryCollection")):
        values[at] = _part(values[at], kind.geometry)
    fitting = np.isin(shapely.get_type_id(values), [_TYPE_IDS[word] for word in kind.geometry])
    usable = finite & fitting & ~shapely.is_empty(values)
    sieve.reject("geometry_unusable", ~usable, types, limit, "geometry")
    sieve.flag("geometry_repaired", broken & usable, types, "", "geometry")
    return gpd.GeoSeries(values, crs=WGS84)


_TYPE_IDS = {"Point": 0, "MultiPoint": 4, "LineString": 1, "Polygon": 3, "MultiLineString": 5, "MultiPolygon": 6}


def _part(shape: Any, wanted: tuple[str, ...]) -> Any:
    """Return what of a collection is of a type that is wanted, areas before lines."""
    parts = list(shapely.get_parts(shape, return_index=False)) if shape is not None else []
    parts = [piece for part in parts for piece in shapely.get_parts(part)]
    for one, many in ((shapely.Polygon, shapely.MultiPolygon), (shapely.LineString, shapely.MultiLineString)):
        pieces = [piece for piece in parts if isinstance(piece, one) and one.__name__ in wanted]
        if pieces:
            return pieces[0] if len(pieces) == 1 else many(pieces)
    return shape


def _require_near(shapes: gpd.GeoSeries, layer: gpd.GeoDataFrame, bounds: Bounds, name: str) -> None:
    """Refuse a layer of which nothing meets the territory, and name the CRS in which it would."""
    extent = shapes.bounds.to_numpy(dtype=float)
    known = np.isfinite(extent).all(axis=1)
    west, south, east, north = bounds
    meets = (extent[:, 0] <= east) & (extent[:, 2] >= west) & (extent[:, 1] <= north) & (extent[:, 3] >= south)
    if not known.any() or (known & meets).any():
        return
    middle = layer.geometry[known].representative_point()
    found = fits(middle.x.to_numpy(), middle.y.to_numpy(), bounds)
    place = shapes[known].iloc[0].representative_point()
    raise fault(
        CrsError, "features_outside", file=name, place=f"{place.x:.4f} {place.y:.4f}",
        bounds=f"{west:.2f}…{east:.2f} E, {south:.2f}…{north:.2f} N", crs=layer.crs.name,
        fits=", ".join(str(fit) for fit in found[:3]) or "?",
    )  # fmt: skip


def _classes(texts: pd.DataFrame, kind: Kind, sieve: Sieve, name: str) -> pd.Series:
    """Return the class of each feature, None where none can be told."""
    limit = ", ".join(dict.fromkeys(found for _, found in kind.words))
    forest = kind.column == "forest_class"
    heading, classes = _class_column(texts, kind)
    shown = texts[heading] if heading else pd.Series("", index=texts.index)
    if heading in kind.tags:
        # Among lines of OpenStreetMap, one without the key is a railway or a stream, and one proposed is not there.
        sieve.reject("value_unknown", shown.eq("") | (classes.eq("") & shown.map(_is_absent)), shown, limit, heading)
    if forest:
        if not heading:
            raise fault(ColumnError, "features_class", file=name, found=", ".join(texts.columns) or "-")
        sieve.reject("value_unknown", classes.eq(""), shown, limit, heading)
    elif heading:
        sieve.flag("kind_unknown", (classes.eq("") & shown.ne("")).to_numpy(), shown, limit, heading)
    return classes.where(classes.ne(""), None)


def _is_absent(text: str) -> bool:
    return fold_text(text) in {
        "proposed", "construction", "planned", "abandoned", "disused", "razed", "tower", "pole", "substation",
    }  # fmt: skip


def _class_column(texts: pd.DataFrame, kind: Kind) -> tuple[str, pd.Series]:
    """Return the first column that tells a class of some feature, and the classes; else the first that is there."""
    candidates = [heading for heading in (*kind.tags, *kind.classes) if heading in texts]
    nothing = pd.Series("", index=texts.index, dtype=object)
    for heading in candidates:
        classes = _mapped(texts[heading], lambda text: _class_of(text, kind.words))
        if classes.ne("").any():
            if kind.column == "kind" and kind.words is WATER:
                classes = _from_further(texts, candidates, heading, classes, kind)
            return heading, classes
    known = [heading for heading in candidates if texts[heading].ne("").any()]
    if kind.column == "forest_class":
        return "", nothing
    return (known[0] if known else ""), nothing


def _from_further(
    texts: pd.DataFrame, candidates: list[str], heading: str, classes: pd.Series, kind: Kind
) -> pd.Series:
    """Fill kinds of water that one key leaves open from the others: OpenStreetMap spreads them over several."""
    for other in candidates[candidates.index(heading) + 1 :]:
        more = _mapped(texts[other], lambda text: _class_of(text, kind.words))
        classes = classes.where(classes.ne(""), more)
    return classes


def _voltages(texts: pd.DataFrame) -> pd.Series:
    """Return the highest voltage of each line in kV, NaN where it is not told."""
    heading = next((name for name in VOLTAGES if name in texts and texts[name].ne("").any()), "")
    if not heading:
        return pd.Series(np.nan, index=texts.index)
    bare = [float(n.replace(",", ".")) for text in texts[heading] for n, unit in _VOLTAGE.findall(text) if not unit]
    # OpenStreetMap gives volts, a table of the power company kilovolts: no line has 1,000 kV here.
    in_volts = "kv" not in heading and ((heading == "voltage" and "power" in texts) or any(n >= 1_000 for n in bare))
    return _mapped(texts[heading], lambda text: _kilovolts(text, in_volts)).astype(float)


def _kilovolts(text: str, in_volts: bool) -> float:
    found = []
    for number, unit in _VOLTAGE.findall(text):
        value = float(number.replace(",", "."))
        volts = unit.lower() == "v" or (not unit and in_volts and "kv" not in text.lower())
        found.append(value / 1_000 if volts else value)
    return max(found, default=float("nan"))


def _named(texts: pd.DataFrame, sieve: Sieve) -> pd.Series:
    heading = next((name for name in _NAMES if name in texts), "")
    if not heading:
        return pd.Series([None] * len(texts), index=texts.index, dtype=object)
    names = texts[heading]
    unfonted, font = unfont_values(names.where(names != "", None))
    if font:
        sieve.flag("legacy_encoding", names.ne("").to_numpy(), font, "", heading)
    composed = unfonted.astype("string").str.normalize("NFC").astype(object)
    return composed.where(composed.notna(), None)


def _mapped(values: pd.Series, function: Callable[[str], Any]) -> pd.Series:
    unique: NDArray[Any] = values.unique()
    return values.map({value: function(value) for value in unique}).astype(object)
