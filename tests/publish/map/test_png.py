import io

import numpy as np
import pytest
from PIL import Image

from lomsong.publish.map.png import png

GREYS = [(shade, shade, shade) for shade in range(1, 121)]


def opened(picture):
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (61, 47)])
@pytest.mark.parametrize("kind", ["noise", "slope", "smooth", "empty"])
def test_another_reader_finds_the_same_codes(shape, kind):
    rows, columns = np.indices(shape)
    codes = {
        "noise": np.random.default_rng(2).integers(0, 121, shape),
        "slope": (rows * 3 + columns * 2) % 121,
        "smooth": 60 + 40 * np.sin(rows / 9) * np.cos(columns / 7),
        "empty": np.zeros(shape),
    }[kind].astype(np.uint8)
    image = opened(png(codes, GREYS))
    assert (np.asarray(image) == codes).all()
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert ((alpha == 0) == (codes == 0)).all()


def test_smaller_than_without_filters():
    rows, columns = np.indices((300, 300))
    wobble = np.random.default_rng(3).normal(0, 1.5, (300, 300))
    codes = (60 + 25 * np.sin(rows / 40) * np.cos(columns / 50) + wobble).astype(np.uint8)
    plain = io.BytesIO()
    image = Image.fromarray(codes)
    image.putpalette([channel for colour in [(0, 0, 0), *GREYS] for channel in colour])
    image.save(plain, "PNG", optimize=True)
    assert len(png(codes, GREYS)) < 0.95 * len(plain.getvalue())
