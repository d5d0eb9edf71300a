import geopandas as gpd
import pytest
import shapely

from lomsong.publish.map.outline import (
    commune_centres,
    commune_shapes,
    district_lines,
    line_shapes,
    polygon_shapes,
)


def test_neighbours_keep_one_border(content):
    shapes = [
        shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])
        for polygons in commune_shapes(content.communes)
    ]
    whole = shapely.union_all(shapes)
    assert abs(sum(shape.area for shape in shapes) - whole.area) < 1e-6
    assert abs(whole.area / content.communes.union_all().area - 1) < 0.01


def test_names_stand_inside(content):
    for shape, (latitude, longitude) in zip(content.communes.geometry, commune_centres(content.communes), strict=True):
        assert shape.buffer(1e-4).contains(shapely.Point(longitude, latitude))


def test_holes_and_parts_are_kept_and_latitude_comes_first():
    holed = shapely.Point(107, 11).buffer(0.1).difference(shapely.Point(107, 11).buffer(0.03))
    layer = gpd.GeoDataFrame(geometry=[shapely.MultiPolygon([holed, shapely.box(107.5, 11, 107.6, 11.1)])], crs=4326)
    holed_rings, box_rings = polygon_shapes(layer)
    assert (len(holed_rings), len(box_rings)) == (2, 1)
    assert sorted(box_rings[0]) == [[11.0, 107.5], [11.0, 107.6], [11.1, 107.5], [11.1, 107.6]]


def test_no_layer_draws_nothing():
    assert line_shapes(None) == polygon_shapes(gpd.GeoDataFrame(geometry=[], crs=4326)) == []


def test_districts_are_parted_where_their_communes_meet():
    quarters = [shapely.box(x, y, x + 1, y + 1) for x in (106, 107) for y in (10, 11)]
    communes = gpd.GeoDataFrame({"parent_code": ["a", "a", "b", "b"]}, geometry=quarters, crs=4326)
    lines = shapely.MultiLineString([[pair[::-1] for pair in line] for line in district_lines(communes)])
    assert lines.length == pytest.approx(8 + 2)
    assert lines.distance(shapely.Point(107, 11)) == 0
    assert lines.distance(shapely.Point(106.5, 11)) > 0.4
    merged = shapely.MultiLineString(
        [[pair[::-1] for pair in line] for line in district_lines(communes.drop(columns="parent_code"))]
    )
    assert merged.length == pytest.approx(8)
