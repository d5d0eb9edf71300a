"""Kriging and joint draws beside scikit-learn, pykrige and gstools, and alone at the size of a province, in one run.

    python benchmarks/surface.py [SAMPLES PLACES DRAWS]      default 100000 1000000 200

Each part runs in a process of its own, so that its peak of memory is its own. Times are processor seconds over all
threads. The peers factorise all samples at once and take part at 2,000 of them; all are given the same covariance, and
each is asked for level and standard deviation at the same 5,000 places. Peers that are not installed are left out.
"""

import importlib.util
import os
import resource
import subprocess
import sys
import time

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from lomsong.surface import CoverageKriging
from lomsong.surface.vecchia import Covariance

GIVEN = Covariance(sill_db2=40.0, range_m=2_000.0, micro_db2=9.0, sample_db2=0.0)
PEER_SAMPLES, PEER_PLACES = 2_000, 5_000
DEFAULT = (100_000, 1_000_000, 200)


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


def beside_roads(points, places):
    """Places a few hundred metres from samples, where these tell something."""
    rng = np.random.default_rng(1)
    return points[rng.integers(len(points), size=places)] + rng.normal(0, 500, (places, 2))


def clocked(function):
    began = time.process_time()
    result = function()
    return result, time.process_time() - began


def compiled():
    """Have every loop compiled before anything is timed."""
    CoverageKriging().fit(*drive(300)).sample(drive(50)[0], n=2)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exact():
    """At no more samples than a place is estimated from, local kriging is dense kriging."""
    model = CoverageKriging()
    points, level = drive(model.neighbours)
    model.fit(points, level, covariance=GIVEN)
    at = beside_roads(points, 1_000)

    def covariance(a, b):
        return GIVEN.sill_db2 * np.exp(-cdist(a, b) / GIVEN.range_m)

    factor = cho_factor(covariance(points, points) + GIVEN.micro_db2 * np.eye(len(points)))
    weights = cho_solve(factor, covariance(points, at))
    mean = model.coefficients_[0]
    dense_dbm = mean + weights.T @ (level - mean)
    field_db2 = GIVEN.sill_db2 - np.sum(weights * covariance(points, at), axis=0)
    mean_db2 = (1 - weights.sum(axis=0)) ** 2 * model.coefficients_cov_[0, 0]
    dense_db = np.sqrt(field_db2 + mean_db2 + GIVEN.micro_db2)
    found_dbm, found_db = model.predict(at, return_std=True)
    print(f"{len(points)} samples, 1,000 places, beside dense simple kriging, greatest difference:")
    print(f"  level {np.abs(found_dbm - dense_dbm).max():.1e} dB, sd {np.abs(found_db - dense_db).max():.1e} dB")


def scikit_learn(points, level, at):
    field = ConstantKernel(GIVEN.sill_db2, "fixed") * Matern(GIVEN.range_m, "fixed", nu=0.5)
    kernel = field + WhiteKernel(GIVEN.micro_db2, "fixed")
    return GaussianProcessRegressor(kernel).fit(points, level + 95).predict(at, return_std=True)


def pykrige(points, level, at, **window):
    from pykrige.ok import OrdinaryKriging

    # Its range is the distance at which the correlation has fallen to exp(-3).
    parameters = {"psill": GIVEN.sill_db2, "range": 3 * GIVEN.range_m, "nugget": GIVEN.micro_db2}
    model = OrdinaryKriging(*points.T, level, variogram_model="exponential", variogram_parameters=parameters)
    return model.execute("points", *at.T, **window)


def gstools_model():
    import gstools

    return gstools.Exponential(dim=2, var=GIVEN.sill_db2, len_scale=GIVEN.range_m, nugget=GIVEN.micro_db2)


def gstools_fit(points, level):
    import gstools

    found = gstools_model()
    return found.fit_variogram(*gstools.vario_estimate(points.T, level, np.linspace(0, 20_000, 31)))


def gstools_krige(points, level, at):
    import gstools

    model = gstools.krige.Simple(gstools_model(), points.T, level, mean=-95.0, exact=False, cond_err="nugget")
    return model(at.T, return_var=True)


def gstools_draw(points, level, at, n):
    import gstools

    krige = gstools.krige.Simple(gstools_model(), points.T, level, mean=-95.0, exact=False, cond_err="nugget")
    fields = gstools.CondSRF(krige)
    fields.set_pos(at.T)
    return [fields(seed=seed) for seed in range(n)]


def compared(name, package, function, own_s):
    if importlib.util.find_spec(package) is None:
        print(f"  {name}: not installed")
        return
    _, peer_s = clocked(function)
    print(f"  {name}: {peer_s:.2f} CPU-s, ratio {peer_s / own_s:.1f}")


def peers():
    compiled()
    points, level = drive(PEER_SAMPLES)
    at = beside_roads(points, PEER_PLACES)
    few = at[:500]
    _, fit_s = clocked(lambda: CoverageKriging().fit(points, level))
    given = CoverageKriging()
    _, predict_s = clocked(lambda: given.fit(points, level, covariance=GIVEN).predict(at, return_std=True))
    _, draw_s = clocked(lambda: given.sample(few, n=20))
    print(f"{len(points):,} samples, {len(at):,} places, covariance given: lomsong {predict_s:.2f} CPU-s")
    compared("scikit-learn, all samples", "sklearn", lambda: scikit_learn(points, level, at), predict_s)
    compared("pykrige, all samples", "pykrige", lambda: pykrige(points, level, at), predict_s)
    window = {"backend": "loop", "n_closest_points": given.neighbours}
    compared("pykrige, the same window", "pykrige", lambda: pykrige(points, level, at, **window), predict_s)
    compared("gstools, all samples", "gstools", lambda: gstools_krige(points, level, at), predict_s)
    print(f"{len(points):,} samples, covariance and calibration estimated: lomsong {fit_s:.2f} CPU-s")
    compared("gstools, variogram alone", "gstools", lambda: gstools_fit(points, level), fit_s)
    print(f"{len(points):,} samples, 20 joint draws at {len(few)} places: lomsong {draw_s:.2f} CPU-s")
    compared("gstools", "gstools", lambda: gstools_draw(points, level, few, 20), draw_s)


def province(samples, places):
    compiled()
    points, level = drive(samples)
    model, fit_s = clocked(lambda: CoverageKriging().fit(points, level))
    return model, np.random.default_rng(2).uniform(0, 100_000, (places, 2)), fit_s


def predicted(samples, places):
    model, at, fit_s = province(samples, places)
    _, predict_s = clocked(lambda: model.predict(at, return_std=True))
    print(
        f"{samples:,} samples to {places:,} places: fit {fit_s:.1f}, level and sd {predict_s:.1f}, "
        f"together {fit_s + predict_s:.1f} CPU-s; peak {peak_mb():.0f} MB"
    )


def drawn(samples, places, draws):
    model, at, _ = province(samples, places)
    _, draw_s = clocked(lambda: model.sampler(draws, 0)(at))
    print(f"  {draws} joint draws there: {draw_s:.1f} CPU-s; peak {peak_mb():.0f} MB")


PARTS = {"exact": (exact, 0), "peers": (peers, 0), "predicted": (predicted, 2), "drawn": (drawn, 3)}


def main():
    if len(sys.argv) > 1 and sys.argv[1] in PARTS:
        function, size = PARTS[sys.argv[1]]
        function(*map(int, sys.argv[2 : 2 + size]))
        return
    sizes = sys.argv[1:4] if len(sys.argv) > 3 else [str(size) for size in DEFAULT]
    for name in PARTS:
        # One thread of linear algebra: idle ones spin, and that would be charged to whoever uses it.
        subprocess.run([sys.executable, __file__, name, *sizes], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


if __name__ == "__main__":
    main()
