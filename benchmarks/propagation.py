"""One site, 10 km, 1800 MHz: lomsong's ITU-R P.1812-8 beside splat-hd's cheaper Irregular Terrain Model, in one run.

    python benchmarks/propagation.py [ROUNDS]      default 5

Prints medians of CPU time (user and system) of whole processes, and of computing alone (ours with reading the DEM), and
what that is in pixels of one arc-second within the radius. Ours has start, imports and writing the losses in it, and no
compiling; 7 % of its pixels, 3 % where they are squares, share the point of a radial with a neighbour. Both read the
same tile: N44W072 of ../shared/data brought from three arc-seconds to one, or a relief made up with like roughness. The
peer is Debian's package `splat`; without it lomsong runs alone.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS, Geod, Transformer
from rasterio.warp import Resampling, reproject

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "dem" / "N44W072.hgt.zip"
SOUTH, WEST, POSTS = 44, -72, 3601
LATITUDE, LONGITUDE = SOUTH + 0.5, WEST + 0.5
RADIUS_M, HEIGHT_M, RX_HEIGHT_M, FREQUENCY_MHZ = 10_000, 30, 1.5, 1800
SQUARES = CRS.from_epsg(32619)
LEAST_PIXELS_PER_S, MOST_COMPILING_S = 500_000, 15


# The tile.


def coarse_relief():
    """Heights at every third arc-second in metres, and what they are."""
    if SHARED.is_file():
        with zipfile.ZipFile(SHARED) as archive:
            heights = np.frombuffer(archive.read(archive.namelist()[0]), ">i2").reshape(1201, 1201)
        return heights.astype(float), "N44W072"
    # The power of this spectrum, flat beyond 37 km, gives differences over 90 m to 6 km within a third of N44W072's.
    rng = np.random.default_rng(0)
    squared = np.fft.fftfreq(1201)[:, None] ** 2 + np.fft.rfftfreq(1201) ** 2
    spectrum = np.fft.rfft2(rng.normal(size=(1201, 1201))) * (squared + 1 / 400**2) ** (-3.45 / 4)
    spectrum[0, 0] = 0
    heights = np.fft.irfft2(spectrum, s=(1201, 1201))
    return 900 + 212 / heights.std() * heights, "a relief made up"


def thrice_as_fine(heights):
    at = np.arange(POSTS) / 3
    before = np.minimum(at.astype(int), len(heights) - 2)
    part = at - before
    rows = heights[before] * (1 - part[:, None]) + heights[before + 1] * part[:, None]
    return rows[:, before] * (1 - part) + rows[:, before + 1] * part


def pixel_distances_m():
    """Distance of every post from the site on the ellipsoid, row 0 northernmost; posts far from it are at infinity."""
    far = np.full((POSTS, POSTS), np.inf)
    near = slice(POSTS // 2 - 600, POSTS // 2 + 601)
    latitudes, longitudes = SOUTH + 1 - np.arange(POSTS)[near] / 3600, WEST + np.arange(POSTS)[near] / 3600
    longitude, latitude = (grid.ravel() for grid in np.meshgrid(longitudes, latitudes))
    site = np.full(longitude.size, LONGITUDE), np.full(longitude.size, LATITUDE)
    far[near, near] = Geod(ellps="WGS84").inv(*site, longitude, latitude)[2].reshape(1201, 1201)
    return far


def write_squares(path, heights):
    """Write the surroundings of the site as squares of 30 m, the pixels that speed is stated for."""
    east, north = Transformer.from_crs(4326, SQUARES, always_xy=True).transform(LONGITUDE, LATITUDE)
    side = 2 * (RADIUS_M + 1_000) // 30
    transform = Affine(30, 0, round(east) - side * 15, 0, -30, round(north) + side * 15)
    squares = np.empty((side, side), np.float32)
    reproject(
        heights.astype(np.float32), squares, src_transform=arc_seconds(), src_crs=4326, dst_transform=transform,
        dst_crs=SQUARES, resampling=Resampling.bilinear,
    )  # fmt: skip
    write_raster(path, squares, transform, SQUARES)


def write_land_cover(path):
    """Write patches, a kilometre across, of forest, fields, villages and lakes, in the codes of ESA WorldCover."""
    classes = np.random.default_rng(1).choice([10, 40, 50, 80], (121, 121), p=[0.42, 0.42, 0.12, 0.04])
    codes = np.kron(classes, np.ones((30, 30)))[:POSTS, :POSTS].astype(np.uint8)
    write_raster(path, codes, arc_seconds(), CRS.from_epsg(4326))


def arc_seconds():
    """A tile's posts are the centres of its pixels."""
    return Affine(1 / 3600, 0, WEST - 0.5 / 3600, 0, -1 / 3600, SOUTH + 1 + 0.5 / 3600)


def write_raster(path, values, transform, crs):
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=values.dtype, crs=crs.to_wkt(),
        transform=transform,
    ) as file:  # fmt: skip
        file.write(values, 1)


# Processes.


def spent(command, folder, **environment):
    """CPU seconds of one process with its own children, and what it printed."""
    with subprocess.Popen(
        list(map(str, command)), cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, printed


def importing(folder, names):
    return spent([sys.executable, "-c", f"import {names}"], folder)[0]


def greatest_memory_gb():
    """Of this process alone: what the system keeps for usage may hold that of the parent before it became another."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e6


def compute(dem, calls, workers=1, land_cover=None):
    """What our child does: the area so many times, written once as the peer writes a picture of its own."""
    from lomsong.radio import Site, coverage_area

    site = Site(
        longitude=LONGITUDE, latitude=LATITUDE, height_m=HEIGHT_M, frequency_mhz=FREQUENCY_MHZ, eirp_dbm=43
    )  # fmt: skip
    more = {} if land_cover is None else {"land_cover": land_cover}
    cpu_s, wall_s = [], []
    for call in range(int(calls)):
        cpu, wall = time.process_time(), time.perf_counter()
        area = coverage_area(dem, site, radius_m=RADIUS_M, workers=int(workers), **more)
        cpu_s.append(time.process_time() - cpu)
        wall_s.append(time.perf_counter() - wall)
        if call == 0:
            np.save("area.npy", area.loss_db)
    filled = area.loss_db[np.isfinite(area.loss_db)]
    known = {"pixels": filled.size, "loss_db": np.percentile(filled, [5, 50, 95]).tolist()}
    print(json.dumps(known | {"cpu_s": cpu_s, "wall_s": wall_s, "memory_gb": greatest_memory_gb()}))


def ours(folder, dem, calls, *more):
    """CPU seconds of the whole process, and what it tells; compiled code is kept in the folder."""
    cpu_s, printed = spent(
        [sys.executable, Path(__file__).resolve(), "--ours", dem, calls, *more], folder,
        NUMBA_CACHE_DIR=str(folder / "compiled"),
    )  # fmt: skip
    return cpu_s, json.loads(printed)


# The peer.


def prepare_peer(folder):
    """Tile and site as splat-hd reads them; longitudes count westwards. Converting the tile is not counted."""
    subprocess.run(["srtm2sdf-hd", "N44W072.hgt"], cwd=folder, check=True, capture_output=True)
    (folder / "site.qth").write_text(f"site\n{LATITUDE}\n{-LONGITUDE}\n{HEIGHT_M} meters\n")
    # Permittivity, conductivity, N0, MHz, climate, vertical, half of situations and time; power 0 asks for path loss.
    (folder / "site.lrp").write_text(f"15.0\n0.005\n301.0\n{FREQUENCY_MHZ}.0\n5\n1\n0.5\n0.5\n0.0\n")


def peer(folder, *task):
    """CPU seconds; with neither terrain nor report, the least that it can write. The picture of a tile is 39 MB.

    Its text with all losses would cost more than the picture, which comes out all the same.
    """
    command = ["splat-hd", "-t", "site.qth", *task, "-olditm", "-metric", "-N", "-n", "-ngs", "-d", f"{folder}/"]
    return spent([*command, "-o", "peer.ppm"], folder)[0]


def peer_area(folder, radius_km):
    return peer(folder, "-L", RX_HEIGHT_M, "-R", radius_km)


def coloured(folder):
    """Pixels to which the peer gave a loss, and the number of colours; below the tile its picture has a legend."""
    with (folder / "peer.ppm").open("rb") as file:
        file.readline()
        columns, rows = map(int, file.readline().split())
        file.readline()
        picture = np.frombuffer(file.read(), np.uint8).reshape(rows, columns, 3)[: POSTS - 1]
    colour = picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    found = colour[colour != 0xFFFFFF]
    return found.size, np.unique(found).size


# Figures.


def head():
    print(f"  {'':40}{'whole CPU-s':>12}{'pixels/CPU-s':>14}{'alone CPU-s':>13}{'pixels/CPU-s':>14}")


def line(name, whole_s, alone_s, pixels):
    whole = " " * 26 if whole_s is None else f"{whole_s:12.2f}{pixels / whole_s:14,.0f}"
    print(f"  {name:40}{whole}{alone_s:13.2f}{pixels / alone_s:14,.0f}")


def measured(folder, pixels, rounds, with_peer):
    """Run both in turn, print, and return our median CPU seconds of computing."""
    runs = []
    for _ in range(rounds):
        first_s, again_s = ours(folder, "N44W072.hgt", 2)[1]["cpu_s"]
        run = {"ours": ours(folder, "N44W072.hgt", 1)[0], "alone": again_s, "loading": first_s - again_s}
        if with_peer:
            # A path to the site itself: tile read and picture written, no loss computed. Radius 0 also follows the
            # 14,400 profiles to the edge of the tile, of which an area needs the first kilometres only.
            run |= {"fixed": peer(folder, "-r", "site.qth"), "none": peer_area(folder, 0.05)}
            run |= {"peer": peer_area(folder, RADIUS_M / 1000)}
        runs.append(run)
    middle = {name: median(run[name] for run in runs) for name in runs[0]}
    head()
    line("lomsong, P.1812-8", middle["ours"], middle["alone"], pixels)
    line("  less loading of what is compiled", middle["ours"] - middle["loading"], middle["alone"], pixels)
    if with_peer:
        check_peer(folder, pixels)
        whole, alone, kind = middle["peer"], middle["peer"] - middle["fixed"], middle["peer"] - middle["none"]
        line("splat-hd, ITM; less reading and picture", whole, alone, pixels)
        line("  less a run of radius 0, kindest to it", None, kind, pixels)
        print(
            f"  ratio of whole processes {whole / middle['ours']:.1f}; computing {alone / middle['alone']:.1f}, "
            f"kindest {kind / middle['alone']:.1f}"
        )
    return middle["alone"]


def check_peer(folder, pixels):
    found, colours = coloured(folder)
    assert abs(found / pixels - 1) < 0.005 and colours > 5, (found, pixels, colours)
    print(f"  splat-hd's picture has {found:,} pixels with a loss, in {colours} colours")


def alone(folder, rounds, squares):
    """Print what concerns lomsong only; ``squares`` is how many squares of 30 m the radius holds."""
    runs = [ours(folder, "squares.tif", 2) for _ in range(rounds)]
    alone_s = median(run["cpu_s"][1] for _, run in runs)
    loading_s = median(run["cpu_s"][0] - run["cpu_s"][1] for _, run in runs)
    whole_s = median(ours(folder, "squares.tif", 1)[0] for _ in range(rounds))
    line(f"squares of 30 m ({squares:,})", whole_s, alone_s, squares)
    line("  less loading of what is compiled", whole_s - loading_s, alone_s, squares)
    compiler_s = median(importing(folder, "numpy, numba") - importing(folder, "numpy") for _ in range(rounds))
    line("  and less importing the compiler", whole_s - loading_s - compiler_s, alone_s, squares)
    print(
        f"    asked: {LEAST_PIXELS_PER_S:,} a CPU-second; memory at most {max(r['memory_gb'] for _, r in runs):.2f} GB"
    )
    ours(folder, "squares.tif", 1, 1, "land_cover.tif")  # compiles, should that need other types
    runs = [ours(folder, "squares.tif", 2, 1, "land_cover.tif") for _ in range(rounds)]
    covered_s = median(run["cpu_s"][1] for _, run in runs)
    whole_s = median(cpu_s - run["cpu_s"][1] for cpu_s, run in runs)
    line("  with land cover", whole_s, covered_s, squares)
    print(f"    memory at most {max(run['memory_gb'] for _, run in runs):.2f} GB")
    if (os.cpu_count() or 1) > 1:
        one, two = (
            min(ours(folder, "squares.tif", 3, workers)[1]["wall_s"][-1] for _ in range(rounds)) for workers in (1, 2)
        )
        print(f"  two workers, wall time: {one:.2f} s to {two:.2f} s, {one / two:.2f} times faster")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        coarse, what = coarse_relief()
        heights = thrice_as_fine(coarse)
        np.rint(heights).astype(">i2").tofile(folder / "N44W072.hgt")
        write_squares(folder / "squares.tif", heights)
        write_land_cover(folder / "land_cover.tif")
        pixels = int((pixel_distances_m() <= RADIUS_M).sum())
        print(
            f"{what}: heights {heights.min():.0f}…{heights.max():.0f} m, {pixels:,} pixels of one arc-second within "
            f"{RADIUS_M // 1000} km; medians of {rounds}"
        )
        with_peer = all(map(shutil.which, ("splat-hd", "srtm2sdf-hd")))
        if with_peer:
            prepare_peer(folder)
        else:
            print("  splat-hd is not installed, lomsong runs alone; to compare: sudo apt-get install splat")
        _, first = ours(folder, "N44W072.hgt", 2)
        assert abs(first["pixels"] / pixels - 1) < 0.005, (first["pixels"], pixels)
        measured(folder, pixels, rounds, with_peer)
        alone(folder, rounds, round(math.pi * RADIUS_M**2 / 900))
        compiling_s, wall_s = (first[clock][0] - first[clock][1] for clock in ("cpu_s", "wall_s"))
        print(f"  compiling at first call: {compiling_s:.1f} CPU-s, {wall_s:.1f} s; at most {MOST_COMPILING_S} s asked")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        compute(*sys.argv[2:])
    else:
        main()
