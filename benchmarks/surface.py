"""Kriging beside scikit-learn's Gaussian process, and alone at the size of a province, in one run.

    python benchmarks/surface.py [SAMPLES PLACES]      default 100000 1000000

Prints processor seconds. scikit-learn factorises all samples at once, so it takes part at 2,000 samples only.
"""

import resource
import sys
import time

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from lomsong.surface import CoverageKriging


def drive(samples, seed=0):
    """Samples along random straight roads over 100 km, a smooth field and noise."""
    rng = np.random.default_rng(seed)
    roads = max(samples // 500, 1)
    start, heading = rng.uniform(0, 100_000, (roads, 2)), rng.uniform(0, 2 * np.pi, roads)
    along = rng.uniform(0, 20_000, samples)
    road = rng.integers(roads, size=samples)
    points = start[road] + along[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])[road]
    level = -95 + 6 * np.sin(points[:, 0] / 1500) + 6 * np.cos(points[:, 1] / 2100) + rng.normal(0, 3, samples)
    return points, level


def clocked(function):
    began = time.process_time()
    result = function()
    return result, time.process_time() - began


def main():
    samples, places = (int(value) for value in sys.argv[1:3]) if len(sys.argv) > 2 else (100_000, 1_000_000)
    CoverageKriging().fit(*drive(200)).sample(drive(50)[0], n=2)  # compile first
    points, level = drive(2_000)
    at = drive(5_000, seed=1)[0]
    kernel = ConstantKernel(40.0, "fixed") * Matern(2_000.0, "fixed", nu=0.5) + WhiteKernel(9.0, "fixed")
    (_, peer_s) = clocked(lambda: GaussianProcessRegressor(kernel).fit(points, level + 95).predict(at, return_std=True))
    (model, fit_s) = clocked(lambda: CoverageKriging().fit(points, level))
    (_, predict_s) = clocked(lambda: model.predict(at, return_std=True))
    print(
        f"2,000 samples, 5,000 places, given covariance: scikit-learn {peer_s:.2f} CPU-s, lomsong {predict_s:.2f} CPU-s"
    )
    print(f"  ratio {peer_s / predict_s:.0f} (lomsong's own fit of the covariance: {fit_s:.2f} CPU-s more)")
    points, level = drive(samples)
    at = np.random.default_rng(2).uniform(0, 100_000, (places, 2))
    model, fit_s = clocked(lambda: CoverageKriging().fit(points, level))
    _, predict_s = clocked(lambda: model.predict(at, return_std=True))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{samples:,} samples to {places:,} places: fit {fit_s:.1f}, predict {predict_s:.1f} CPU-s, {peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
