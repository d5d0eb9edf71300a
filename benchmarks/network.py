"""A whole network: memory, speed and resuming. ``python benchmarks/network.py [SITES ...]``; 300 is a province.

One operator's masts of three sectors, 1 arc-second, 20 km around each, over the relief of benchmarks/propagation.py.
Peaks of memory are those of whole processes. Cells around all masts are counted, as often as they are computed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from propagation import coarse_relief, thrice_as_fine
from rasterio.transform import from_origin

RADIUS_M = 20_000.0
SIDE = 3601


def main() -> None:
    """Run each number of sites in a process of its own, and once more over what the last one kept."""
    counts = [int(count) for count in sys.argv[1:]] or [20, 40]
    with tempfile.TemporaryDirectory() as folder:
        dem = Path(folder, "dem.tif")
        _write_dem(dem)
        for count in (1, *counts):
            _report(f"{count} sites", dem, Path(folder, str(count)), count)
        _report(f"{counts[-1]} again", dem, Path(folder, str(counts[-1])), counts[-1])


def _report(name: str, dem: Path, out: Path, count: int) -> None:
    started = time.perf_counter()
    command = [sys.executable, __file__, "--run", str(dem), str(out), str(count)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    told = child.stdout.read().decode() if child.stdout else ""
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{name}: failed")
    cells, cpu_s = int(told.split()[0]), used.ru_utime + used.ru_stime
    print(
        f"{name:>14}: {cells / 1e6:7.1f} M cells, {cpu_s:7.1f} CPU-s, {time.perf_counter() - started:7.1f} s, "
        f"{cells / cpu_s:>9,.0f} cells/CPU-s, peak {used.ru_maxrss / 1e6:.2f} GB"
    )


def _write_dem(path: Path) -> None:
    relief = thrice_as_fine(coarse_relief()[0])
    step = 1 / 3600
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="int16", crs="EPSG:4326", tiled=True,
        transform=from_origin(107 - step / 2, 12 + step / 2, step, step), compress="DEFLATE",
    ) as target:  # fmt: skip
        target.write(np.rint(relief).astype(np.int16), 1)


def _run(dem: Path, out: Path, count: int) -> None:
    from lomsong.network import Rasters, Reception, cover_network

    rng = np.random.default_rng(1)
    place = np.repeat(rng.uniform([107.2, 11.2], [107.8, 11.8], (count, 2)), 3, axis=0)
    sites = gpd.GeoDataFrame(
        {
            "site_id": np.repeat([f"S{i}" for i in range(count)], 3), "operator": "viettel", "band_mhz": 1800.0,
            "height_m": 42.0, "eirp_dbm": 32.0, "azimuth_deg": np.tile([0.0, 120.0, 240.0], count),
            "downtilt_deg": 4.0, "beamwidth_deg": 65.0,
        },
        geometry=gpd.points_from_xy(*place.T), crs="EPSG:4326",
    )  # fmt: skip
    network = cover_network(sites, Rasters(dem), out, Reception(radius_m=RADIUS_M))
    cells = 0
    for path in sorted((out / "work").glob("*.tif")):
        if path != network.ground:
            with rasterio.open(path) as source:
                cells += sum(int((source.read(1, window=part) > -(2**31)).sum()) for _, part in source.block_windows(1))
    print(cells, network.computed, network.kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        _run(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
