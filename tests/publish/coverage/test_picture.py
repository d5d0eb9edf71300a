import numpy as np
import pytest
from affine import Affine
from PIL import Image

from lomsong.errors import FormatError
from lomsong.publish.coverage.picture import HEIGHT, WIDTH, _round_length, write_picture
from lomsong.publish.map.palette import level_classes, rgb

CLASSES = level_classes(-110)


def colours(path):
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    return {tuple(map(int, colour)) for colour in np.unique(pixels, axis=0)}


def over(colour, beneath=0xD4, alpha=158 / 255):
    return tuple(round(alpha * channel + (1 - alpha) * beneath) for channel in rgb(colour))


def near(wanted, found):
    return any(max(abs(a - b) for a, b in zip(wanted, colour, strict=True)) <= 3 for colour in found)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_classes_present_are_drawn_and_the_same_call_gives_the_same_bytes(tmp_path, put, sites, language):
    level = np.full((50, 70), -95, np.float32)
    level[:10] = np.nan
    raster = put("l", level)
    ground = np.add.outer(np.arange(50.0), np.arange(70.0)).astype(np.float32)
    ground[40:] = np.nan
    for name in "ab":
        write_picture(
            tmp_path / f"{name}.png", raster, CLASSES, "Vùng phủ $4G$", "Mã Đà", ground=ground, sites=sites,
            usable_dbm=-110, note="P.1812-8", language=language,
        )  # fmt: skip
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").size == (WIDTH, HEIGHT)


def test_without_ground_the_map_shows_the_colours_of_the_legend(tmp_path, put):
    level = np.full((40, 40), -95, np.float32)
    raster = put("l", level)
    write_picture(tmp_path / "p.png", raster, CLASSES, "t")
    pixels = np.asarray(Image.open(tmp_path / "p.png").convert("RGB"))
    middle = tuple(map(int, pixels[600, 600]))
    assert near(over(CLASSES.colours[3]), {middle})
    assert near(middle, {tuple(map(int, colour)) for colour in np.unique(pixels[:, 1060:].reshape(-1, 3), axis=0)})


def test_a_void_is_hatched_and_relief_is_shaded(tmp_path, put):
    level = np.full((40, 40), np.nan, np.float32)
    raster, bumps = put("l", level), np.add.outer(np.sin(np.arange(40)) * 90, np.zeros(40)).astype(np.float32)
    write_picture(tmp_path / "bare.png", raster, CLASSES, "t", ground=bumps)
    bumps[20:] = np.nan
    write_picture(tmp_path / "void.png", raster, CLASSES, "t", ground=bumps)
    hatch = (0xE3, 0xE6, 0xE8)
    assert hatch in colours(tmp_path / "void.png")
    assert hatch not in colours(tmp_path / "bare.png")
    upper = np.asarray(Image.open(tmp_path / "bare.png").convert("L"))[300:500, 300:900]
    assert upper.std() > 15


def test_ground_may_lie_on_disk_in_another_crs(tmp_path, put):
    level = put("l", np.full((30, 30), -90, np.float32))
    ground = put("g", np.full((80, 80), 120, np.float32), Affine(0.001, 0, 106.8, 0, -0.001, 11.42), 4326)
    write_picture(tmp_path / "p.png", level, CLASSES, "t", ground=ground)
    assert (tmp_path / "p.png").stat().st_size > 10_000


def test_other_kinds_of_pictures_are_told(tmp_path, put):
    with pytest.raises(FormatError, match=r"p\.bmp"):
        write_picture(tmp_path / "p.bmp", put("l", np.full((5, 5), -90)), CLASSES, "t")


@pytest.mark.parametrize(("longest", "wanted"), [(999, 500), (1000, 1000), (4_999, 2_000), (0.7, 0.5)])
def test_scale_bars_have_round_lengths(longest, wanted):
    assert _round_length(longest) == pytest.approx(wanted)
