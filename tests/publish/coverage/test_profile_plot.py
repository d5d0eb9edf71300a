import dataclasses
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from lomsong.errors import DataError, FormatError
from lomsong.publish.coverage.profile_plot import _groups, bullington_point, write_profile_plot
from lomsong.radio.p1812 import Loss
from lomsong.radio.profile import PathProfile


@pytest.fixture
def hill():
    d = np.linspace(0, 10, 101)
    ground = np.full(101, 20.0)
    ground[50] = 120.0
    zone = np.where(d > 8, 1, 4)
    canopy = np.where(d > 9, 15.0, 0.0)
    loss = Loss(140.0, {"Lbfs": 110.0, "Ldp": 25.0})
    return PathProfile(
        d, ground, np.zeros(101), canopy, canopy, zone, (107.0, 11.3), (107.09, 11.3), 42.0, 1.5, 800.0, 1e9, 90.0,
        32.0, 3.0, 7.0, loss, -118.0,
    )  # fmt: skip


def test_horizon_rays_cross_on_a_single_hill(hill):
    bare = dataclasses.replace(hill, canopy_m=np.zeros(101), standing_m=np.zeros(101))
    assert bullington_point(bare) == pytest.approx((5.0, 120.0), abs=1e-3)
    flat = dataclasses.replace(bare, ground_m=np.full(101, 20.0))
    assert bullington_point(flat) is None


def test_numbers_of_the_box(hill):
    told = {name: value for _, rows in _groups(hill, "en") for name, value, _ in rows}
    assert told["Distance"] == "10.00 km"
    assert told["Free space"] == "110.0"
    assert told["Diffraction"] == "25.0"
    assert told["Other mechanisms"] == "5.0"
    assert told["Trees at the receiver"] == "7.0"
    assert told["Total"] == "147.0"
    assert told["Antenna pattern"] == "−3.0 dB"
    assert told["Level"] == "−118.0 dBm"
    assert "Obstructed" in told
    unknown = dataclasses.replace(hill, eirp_dbm=np.nan, level_dbm=np.nan)
    told = {name: value for _, rows in _groups(unknown, "vi") for name, value, _ in rows}
    assert told["EIRP"] == told["Mức thu"] == "chưa rõ"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_same_profile_same_bytes(tmp_path, hill, kind, language):
    for name in "ab":
        write_profile_plot(tmp_path / f"{name}.{kind}", hill, language, "DNI $1$", "Ấp 4 <&>")
    one = (tmp_path / f"a.{kind}").read_bytes()
    assert one == (tmp_path / f"b.{kind}").read_bytes()
    if kind == "png":
        assert Image.open(tmp_path / "a.png").size == (1600, 800)
    else:
        assert ET.fromstring(one).tag.endswith("svg")
        assert not re.search(rb"<dc:date>", one)


def test_no_text_is_cut_off_or_lies_on_another(tmp_path, hill, monkeypatch):
    from matplotlib.figure import Figure

    seen, real = [], dataclasses.replace(hill, effective_earth_km=8495.0)
    kept = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (seen.append(self), kept(self, *a, **k)))
    for language in ("vi", "en"):
        write_profile_plot(tmp_path / "p.png", real, language, "DNI_0042_Mã Đà_Vĩnh Cửu_Đồng Nai", "Ấp 4, xã Mã Đà")
    for figure in seen:
        renderer = figure.canvas.get_renderer()
        texts = [t for a in figure.axes for t in a.texts if t.get_text()] + list(figure.texts)
        boxes = [t.get_window_extent(renderer) if not hasattr(t, "xy") else t.get_bbox_patch().get_window_extent()
                 for t in texts]  # fmt: skip
        assert all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= 1600 and b.y1 <= 800 for b in boxes)
        pairs = [(texts[i].get_text(), texts[j].get_text()) for i in range(len(boxes)) for j in range(i)
                 if boxes[i].overlaps(boxes[j])]  # fmt: skip
        assert pairs == []


def test_what_cannot_be_drawn_is_told(tmp_path, hill):
    short = {name: getattr(hill, name)[:2] for name in ("d_km", "ground_m", "clutter_m", "canopy_m", "zone")}
    with pytest.raises(DataError, match="2 points"):
        write_profile_plot(tmp_path / "p.png", dataclasses.replace(hill, **short))
    with pytest.raises(FormatError, match=r"p\.gif"):
        write_profile_plot(tmp_path / "p.gif", hill)
    assert list(tmp_path.iterdir()) == []
