"""Smooth random functions of place: the same value for the same place whoever asks, over any extent."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lomsong.simulate.recipe import Recipe

Floats = NDArray[np.float64]


def fractal(easting_m: Floats, northing_m: Floats, wavelength_m: float, octaves: int, seed: int) -> Floats:
    """Return gradient noise with ``octaves`` halvings of wavelength and amplitude.

    Parameters
    ----------
    easting_m, northing_m
        Places, arrays of one shape.
    wavelength_m
        Size of the largest features.
    octaves
        Number of layers.
    seed
        Which field.

    Returns
    -------
    Values of mean 0 and standard deviation about 0.25 in the shape of ``easting_m``.

    References
    ----------
    Perlin (1985), An image synthesizer.
    """
    out = _fractal(np.ravel(easting_m), np.ravel(northing_m), float(wavelength_m), octaves, seed)
    return np.reshape(out, np.shape(easting_m))


def displaced(at: Floats, reach_m: float, wavelength_m: float, seed: int) -> Floats:
    """Push places, shape (n, 2), about by a smooth field of a size near ``reach_m``, so that straight lines bend."""
    pushes = [fractal(at[:, 0], at[:, 1], wavelength_m, 3, seed + part) for part in (0, 1)]
    return np.asarray(at + reach_m * 3.0 * np.column_stack(pushes))


class Shadowing:
    """A Gaussian field of exponential covariance as a sum of random waves.

    The spectrum of ``exp(-distance / range)`` in the plane is a bivariate Cauchy law; wave numbers are drawn from it.

    References
    ----------
    Gudmundson (1991), Correlation model for shadow fading; Rahimi and Recht (2007), Random features.
    """

    PARTS = (("shared", 4.5, 1_300.0, 110), ("own", 4.5, 1_300.0, 110), ("own", 2.0, 100.0, 60))
    """Whether all operators share the part, standard deviation (dB), range (m) and number of waves."""

    def __init__(self, recipe: Recipe, operator: str) -> None:
        generators = {"shared": recipe.rng("shadowing"), "own": recipe.rng(f"shadowing {operator}")}
        waves = []
        for whose, sd_db, range_m, count in self.PARTS:
            rng = generators[whose]
            normal = rng.standard_normal((count, 3))
            number = normal[:, :2] / (np.abs(normal[:, 2:]) * range_m)
            amplitude = np.full(count, sd_db * math.sqrt(2.0 / count))
            waves.append(np.column_stack([number, rng.uniform(0.0, 2.0 * np.pi, count), amplitude]))
        self._waves = np.vstack(waves)

    def at(self, points: Floats) -> Floats:
        """Return the shadowing in dB at points (easting, northing), shape (n, 2), metres."""
        return np.asarray(_waves_at(np.ascontiguousarray(points), self._waves))


@njit(cache=True)
def _waves_at(points: Floats, waves: Floats) -> Floats:
    out = np.zeros(len(points))
    for row in range(len(points)):
        total = 0.0
        for wave in range(len(waves)):
            phase = waves[wave, 0] * points[row, 0] + waves[wave, 1] * points[row, 1] + waves[wave, 2]
            total += waves[wave, 3] * math.cos(phase)
        out[row] = total
    return out


@njit(cache=True)
def _corner(column: int, row: int, seed: int, east: float, north: float) -> float:
    mixed = np.uint32(column * 374761393 + row * 668265263 + seed * 1274126177)
    mixed = np.uint32((mixed ^ (mixed >> np.uint32(13))) * np.uint32(1274126177))
    mixed = np.uint32((mixed ^ (mixed >> np.uint32(15))) * np.uint32(2246822519))
    angle = (mixed >> np.uint32(8)) * (2.0 * math.pi / 16777216.0)
    return math.cos(angle) * east + math.sin(angle) * north


@njit(cache=True)
def _gradient(east: float, north: float, seed: int) -> float:
    column, row = math.floor(east), math.floor(north)
    u, v = east - column, north - row
    su = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    sv = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
    low = (1.0 - su) * _corner(column, row, seed, u, v) + su * _corner(column + 1, row, seed, u - 1.0, v)
    high = (1.0 - su) * _corner(column, row + 1, seed, u, v - 1.0)
    high += su * _corner(column + 1, row + 1, seed, u - 1.0, v - 1.0)
    return (1.0 - sv) * low + sv * high


@njit(cache=True)
def _fractal(easting: Floats, northing: Floats, wavelength: float, octaves: int, seed: int) -> Floats:
    out = np.empty(len(easting))
    for index in range(len(easting)):
        east, north = easting[index] / wavelength, northing[index] / wavelength
        total, amplitude = 0.0, 1.0
        for octave in range(octaves):
            total += amplitude * _gradient(east, north, seed + 101 * octave)
            # 2 × rotation by 37°: the lattices of two octaves never line up
            east, north = 1.5973 * east - 1.2036 * north, 1.2036 * east + 1.5973 * north
            amplitude *= 0.5
        out[index] = total
    return out
