"""`lomsong profile` as a person calls it."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from PIL import Image
from pyproj import Geod, Transformer

from lomsong import cli
from lomsong.ingest import read_sites
from lomsong.radio import path_profile, sites_of

METRES = Affine(30.0, 0, 700_000, 0, -30.0, 1_260_000)
TO_DEGREES = Transformer.from_crs(3405, 4326, always_xy=True)
HEAD = "site_id,operator,technology,band_mhz,height_m,eirp_dbm,azimuth_deg,downtilt_deg,antenna,longitude,latitude"


def place(column, row):
    return TO_DEGREES.transform(*(METRES @ (column, row)))


def to(column, row):
    longitude, latitude = place(column, row)
    return f"{latitude:.6f},{longitude:.6f}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    row, column = np.mgrid[:150, :150]
    ground = (100 + 60 * np.sin(row / 15) * np.cos(column / 19)).astype("f4")
    ground[20:24, 60:80] = -9999
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", height=150, width=150, count=1, dtype="float32", crs=3405,
        transform=METRES, nodata=-9999,
    ) as target:  # fmt: skip
        target.write(ground, 1)
    longitude, latitude = place(70, 60)
    rows = [f"DN 01,Viettel,4G,1800,35,30,{azimuth},4,,{longitude:.6f},{latitude:.6f}" for azimuth in (0, 120, 240)]
    rows += [f"MM,Viettel,5G,28000,35,30,,,,{longitude:.6f},{latitude:.6f}",
             f"LOW,Viettel,4G,1800,-3,30,,,,{longitude:.6f},{latitude:.6f}"]  # fmt: skip
    (folder / "sites.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    (folder / "lomsong.toml").write_text("[radio]\nrx_height_m = 30\n[publish]\nlanguage = 'en'\n")
    return folder


def run(folder, out, place, *more, site="DN 01", language="en"):
    args = ["profile", folder / "sites.csv", "--dem", folder / "dem.tif", "--site", site, "--to", place, "--out", out]
    return CliRunner().invoke(
        cli.group, [*map(str, args), *map(str, more), *(["--lang", language] if language else [])]
    )


@pytest.mark.parametrize(("language", "words"), [("vi", "Suy hao đường truyền"), ("en", "Loss of the path")])
def test_the_picture_is_drawn_and_the_terms_are_printed(folder, tmp_path, language, words):
    out = tmp_path / "link.png"
    done = run(folder, out, to(110, 80), language=language)
    assert done.exit_code == 0, done.output
    with Image.open(out) as picture:
        assert min(picture.size) > 500
    sector = sites_of(read_sites(folder / "sites.csv").table)[1]
    link = path_profile(folder / "dem.tif", sector, place(110, 80))
    loss = f"{link.loss.lb_db + link.vegetation_db:.1f}"
    assert f"{words}: {loss.replace('.', ',') if language == 'vi' else loss} dB" in done.output
    for term in link.loss.terms:
        assert f" {term} " in done.output
    assert str(out) in done.output
    assert {"vi": "1 dòng không nhận", "en": "rows not accepted: 1"}[language] in done.output
    assert list(tmp_path.iterdir()) == [out]


def test_drawn_as_svg_the_same_bytes_again(folder, tmp_path):
    for name in "ab":
        assert run(folder, tmp_path / f"{name}.svg", to(110, 80)).exit_code == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.svg").read_text().lstrip().startswith("<?xml")


def test_a_higher_receiver_loses_less_and_the_command_line_goes_before_the_settings(folder, tmp_path):
    def loss(*more):
        done = run(folder, tmp_path / "link.png", to(130, 130), *more, language=None)
        assert done.exit_code == 0, done.output
        line = next(line for line in done.output.splitlines() if " dB" in line)
        return float(line.split(":")[1].split()[0].replace(",", "."))

    settings = ("--settings", folder / "lomsong.toml")
    usual, high, given = loss(), loss(*settings), loss(*settings, "--height", 1.5)
    assert high < usual - 20  # a hill lies between
    assert given == usual


def test_latitude_stands_first_and_blanks_do_not_matter(folder, tmp_path):
    latitude, longitude = to(110, 80).split(",")
    assert run(folder, tmp_path / "a.png", f" {latitude} , {longitude} ").exit_code == 0
    turned = run(folder, tmp_path / "b.png", f"{longitude},{latitude}")
    assert turned.exit_code == 2
    assert "latitude first" in turned.output
    assert not (tmp_path / "b.png").exists()


@pytest.mark.parametrize(
    "value", ["", "11.3", "11.3;107.0", "11,3,107,0", "a,b", "nan,nan", "inf,107", "95,107", "11,181"]
)
def test_a_place_that_is_none(folder, tmp_path, value):
    done = run(folder, tmp_path / "link.png", value)
    assert done.exit_code == 2
    assert "--to" in done.output
    assert isinstance(done.exception, SystemExit)
    assert not (tmp_path / "link.png").exists()


def test_a_place_south_and_west_is_read(folder, tmp_path):
    assert "--to" not in run(folder, tmp_path / "link.png", "-11.5,-70.25").output


FAULTS = {
    "unknown site": ("DN 99", (110, 80), "link.png", 1, ["DN 99", "DN 01", "sites.csv"]),
    "off the DEM": ("DN 01", (400, 80), "link.png", 1, []),
    "behind a void": ("DN 01", (70, 5), "link.png", 1, []),
    "at the site": ("DN 01", (70, 60), "link.png", 1, ["DN 01"]),
    "other side of the Earth": ("DN 01", None, "link.png", 1, []),
    "band out of range": ("MM", (110, 80), "link.png", 2, ["28"]),
    "kind of picture": ("DN 01", (110, 80), "link.pdf", None, ["link.pdf", ".svg"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_in_either_language(folder, tmp_path, capsys, monkeypatch, name):
    site, at, out, code, words = FAULTS[name]
    longitude, latitude = place(*at) if at else (-73.2, -11.3)
    if name == "at the site":
        longitude, latitude = (round(value, 6) for value in (longitude, latitude))
    said = {}
    for language in ("vi", "en"):
        args = [
            "profile", folder / "sites.csv", "--dem", folder / "dem.tif", "--site", site, "--to",
            f"{latitude:.6f},{longitude:.6f}", "--out", tmp_path / out, "--lang", language,
        ]  # fmt: skip
        monkeypatch.setattr("sys.argv", ["lomsong", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said[language] = capsys.readouterr().err
        assert left.value.code in ((code,) if code else (1, 2)), said
        assert said[language].startswith("lomsong: ")
        assert len(said[language].strip().splitlines()) == 1
        assert all(word in said[language] for word in words), said
    assert said["vi"] != said["en"]
    assert list(tmp_path.iterdir()) == []


def test_help(folder):
    done = CliRunner().invoke(cli.group, ["profile", "--help"])
    assert done.exit_code == 0
    for option in ("--dem", "--site", "--to", "--height", "--out", "--settings", "--antennas", "LAT,LON"):
        assert option in done.output


def test_the_length_is_that_of_the_geodesic(folder):
    link = path_profile(folder / "dem.tif", sites_of(read_sites(folder / "sites.csv").table)[0], place(110, 80))
    _, _, length_m = Geod(ellps="WGS84").inv(*place(70, 60), *place(110, 80))
    assert link.d_km[-1] == pytest.approx(length_m / 1_000, abs=1e-3)
