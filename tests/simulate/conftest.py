import json

import pytest

from lomsong.simulate import Recipe, simulate

SMALL = Recipe(area_km2=150, communes=8, households=2_000)


@pytest.fixture(scope="session")
def province():
    return simulate(SMALL)


@pytest.fixture(scope="session")
def written(province, tmp_path_factory):
    folder = tmp_path_factory.mktemp("province")
    province.write(folder)
    return folder


@pytest.fixture(scope="session")
def dirt(written):
    return json.loads((written / "truth/dirt.json").read_text())
