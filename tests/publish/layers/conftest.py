"""Layers as a run has them, made of the small province of the tests."""

import numpy as np
import pytest
from pyproj import CRS

from lomsong.geo import Grid
from lomsong.publish.layers.looks import Words, layer_of
from lomsong.publish.map.palette import level_classes
from lomsong.publish.privacy import published_hamlets, published_ranking, published_towers, published_zones, suppress

TAGGED, FORMULA = "<img src=x onerror=alert(1)>", '=HYPERLINK("http://evil.example";"x")'


@pytest.fixture(scope="session")
def words(content):
    return Words("vi", content.operators, -110.0, level_classes(-110.0), 5, 50.0, "mô phỏng")


@pytest.fixture(scope="session")
def layers(content, words):
    ranking = content.ranking.copy()
    ranking.loc[2, ["learners", "unsurveyed"]] = [400, 390]
    ranking.loc[3, "unconnected"] = 2.5
    named = content.communes.assign(name=[TAGGED, *content.communes["name"][1:]])
    communes = named.merge(published_ranking(ranking).drop(columns="name"), on="commune_code")
    hamlets = content.hamlets.assign(name=[FORMULA, *content.hamlets["name"][1:]])
    zones = published_zones(content.zones).assign(obstacles=["no_grid reserve", "terrain", "", "", ""])
    frames = {
        "communes": communes, "zones": zones, "learners": content.learners, "survey": content.survey,
        "hamlets": published_hamlets(hamlets), "schools": suppress(content.schools, ["pupils"]),
        "sites": content.sites, "towers": published_towers(content.towers),
    }  # fmt: skip
    return {name: layer_of(name, frame, words) for name, frame in frames.items()}


@pytest.fixture(scope="session")
def grid():
    return Grid.over((692_000, 1_168_000, 776_000, 1_267_000), 500, CRS.from_epsg(3405))


@pytest.fixture(scope="session")
def codes(grid):
    """Classes 0 to 5 in stripes, nothing in the north-west corner."""
    found = np.tile(np.arange(grid.shape[1]) % 6, (grid.shape[0], 1)).astype(np.uint8)
    found[:30, :40] = 255
    return found
