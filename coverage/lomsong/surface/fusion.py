"""Layers to a service: an operator's technologies together, each held against its own threshold.

A place is usable for a service when one layer is at or above that layer's threshold. The level of the service is
therefore that of the layer with the largest margin over its threshold, told on the scale of one reference threshold.

That holds where each layer was measured whether or not another was stronger: by a scanner, by phones locked to a band
or technology, by phones on LTE and NR at once. A phone left to itself logs only the cell that serves it, mostly the
strongest; a band is then seen where it is good, and the greatest of such layers lies far too high (by 7-10 dB on two
walked logs with blocks left out, where all bands together were right to 1 dB). Bands are therefore kept together
unless one says that they were measured apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from lomsong.errors import DataError, UsageError
from lomsong.geo import coordinates, in_metres
from lomsong.radio import Terrain
from lomsong.radio.limits import within
from lomsong.settings import Gap
from lomsong.surface.draws import Shared
from lomsong.surface.field import LIMITS, CoverageSurface, Places
from lomsong.surface.shared import LARGEST, MIN_COMMON_BINS, shared_shadowing
from lomsong.tables import require_columns
from lomsong.texts import fault

MIN_LAYER_BINS = 30
"""A band with fewer squares measured has no layer of its own."""

QUADRATURE_NODES = 32
"""Of the factor that layers share, for probabilities."""

LAYER_STREAMS = 1_000
"""Streams of random numbers kept apart from one operator to the next."""

MIXED = "all"
"""Band of a layer in which bands stand together."""


@dataclass(frozen=True)
class Service:
    """What one learns by, and the level from which each technology carries it.

    Attributes
    ----------
    name
        Such as ``video``.
    thresholds_dbm
        Technology, such as ``4G``, to threshold; one that is not named does not carry the service.
    reference_dbm
        Threshold on whose scale levels of the service are told.
    """

    name: str
    thresholds_dbm: Mapping[str, float]
    reference_dbm: float

    @classmethod
    def of(cls, gap: Gap, technologies: Sequence[str] = ()) -> Service:
        """Return the service of ``[gap]``, told on the scale of ``gap.usable_dbm``.

        Its thresholds are ``gap.thresholds_dbm``; where that has none, ``gap.usable_dbm`` for each of ``technologies``.
        """
        return cls(
            "gap.thresholds_dbm", gap.thresholds_dbm or dict.fromkeys(technologies, gap.usable_dbm), gap.usable_dbm
        )

    def __post_init__(self) -> None:
        if not self.thresholds_dbm:
            raise fault(UsageError, "fusion_no_threshold", service=self.name)

    def carried_by(self, technology: str) -> bool:
        """Return whether a technology carries the service."""
        return technology in self.thresholds_dbm


@dataclass(frozen=True)
class Layer:
    """A fitted layer of one operator, and its threshold for the service."""

    name: str
    surface: CoverageSurface
    usable_dbm: float


@dataclass(frozen=True)
class ServicePlaces(Places):
    """Places as each layer located them; ``trend`` of the whole is None."""

    layers: tuple[Places, ...] = ()

    def part(self, rows: slice | NDArray[np.int64]) -> ServicePlaces:
        """Return some of the places."""
        parts = tuple(places.part(rows) for places in self.layers)
        return ServicePlaces(self.at[rows], None, self.index[rows], layers=parts)

    def keeping(self, rows: NDArray[np.int64]) -> ServicePlaces:
        """Return the places with room in every layer."""
        return replace(self, layers=tuple(places.keeping(rows) for places in self.layers))


def layers_of(
    samples: gpd.GeoDataFrame, block_m: float = 50.0, least_bins: int = MIN_LAYER_BINS, bands_apart: bool = False
) -> dict[str, gpd.GeoDataFrame]:
    """Part one operator's samples by technology and, where ``bands_apart``, by band.

    A band with fewer than ``least_bins`` squares measured has no layer of its own: its samples, and those of unknown
    band, join a layer of their technology in which such bands stand together. If that one is too small as well, it
    takes in the smallest bands that stand alone until it is not; a technology always has at least one layer. A sample
    that found no service saw none of the layers and enters each of its technology, or, where it names none, each of
    all.

    Parameters
    ----------
    samples
        Table ``samples`` of one operator, in a CRS in metres.
    block_m
        Side of the squares to which samples are averaged.
    least_bins
        Squares that a band must have to stand alone.
    bands_apart
        Whether bands were measured apart, whichever of them served.

    Returns
    -------
    Layers by name, ``4G all`` or ``4G 1800``, in the order of technology and band; none where no sample has a level.

    Raises
    ------
    ColumnError, DataError
        When a column is missing, or coordinates are not in metres.
    """
    require_columns(samples, "samples", ("service", "technology"))
    squares = _squares(samples, block_m)
    silent = (samples["service"] == "no_service").to_numpy()
    technology = samples["technology"].astype(object).where(samples["technology"].notna(), "")
    bands = samples["band_mhz"] if "band_mhz" in samples else pd.Series(np.nan, index=samples.index)
    band = bands.map(lambda mhz: f"{mhz:g}" if pd.notna(mhz) else "").astype(object)
    found = {}
    for one in sorted(set(technology[~silent])):
        of_it = ((technology == one) | ((technology == "") & silent)).to_numpy()
        heard = of_it & ~silent
        name = np.full(int(heard.sum()), MIXED, dtype=object)
        if bands_apart:
            name = _names(band[heard].to_numpy(), squares[heard], least_bins)
        for own in sorted(set(name), key=lambda text: (text == MIXED, float(text) if text != MIXED else 0.0)):
            rows = of_it & silent
            rows[np.flatnonzero(heard)[name == own]] = True
            found[f"{one} {own}".strip()] = samples[rows]
    return found


def _squares(samples: gpd.GeoDataFrame, block_m: float) -> NDArray[np.int64]:
    crs = getattr(samples, "crs", None)
    if crs is None or not in_metres(crs):
        raise fault(DataError, "fusion_not_metric")
    at = np.nan_to_num(coordinates(samples, crs))  # those without a place are in one square, and in no bin
    _, square = np.unique(np.floor(at / block_m).astype(np.int64), axis=0, return_inverse=True)
    return np.asarray(square).ravel()


def _names(band: NDArray[np.object_], square: NDArray[np.int64], least_bins: int) -> NDArray[np.object_]:
    """Return for each sample the band whose layer it enters."""
    measured = pd.Series(square).groupby(band).nunique()
    measured = measured[measured.index != ""].sort_values(kind="stable")
    alone = list(measured.index[measured >= least_bins])
    name = np.where(np.isin(band, alone), band, MIXED).astype(object)
    while alone and 0 < len(np.unique(square[name == MIXED])) < least_bins:
        name[name == alone.pop(0)] = MIXED
    return name


class ServiceSurface(CoverageSurface):
    """Level of a service everywhere, of one operator, over its layers; used as a :class:`CoverageSurface` is.

    The shadowing of the layers at one place is correlated, as far as squares that two of them measured tell
    (:func:`~lomsong.surface.shared.shared_shadowing`); where too few do, they are taken to fade together, with
    correlation :data:`~lomsong.surface.shared.LARGEST`: of all that could be, the one with fewest usable places.
    With a single layer all is that layer's, draw for draw.

    Parameters
    ----------
    service
        Thresholds by technology.
    layers
        Fitted layers with their thresholds, all of one operator and CRS. See :meth:`of`.

    Attributes
    ----------
    main_ : Layer, the one with most squares; attributes of :class:`CoverageSurface` are those of its surface
    floor_dbm
        The level of the service, on the scale of the reference threshold, at which every layer is below its own floor.
    shared_ : Shared, of the layers

    References
    ----------
    Clark (1961), Operations Research 9(2), equations 2-7: moments of the greatest of normal variables.
    """

    def __init__(self, service: Service, layers: tuple[Layer, ...]) -> None:
        if not layers:
            raise fault(DataError, "fusion_no_layer", service=service.name, known=", ".join(service.thresholds_dbm))
        operators = {layer.surface.operator_ for layer in layers}
        if len(operators) > 1 or any(layer.surface.crs_ != layers[0].surface.crs_ for layer in layers):
            raise fault(DataError, "fusion_layers_differ", operators=", ".join(sorted(operators)))
        self.main_ = max(layers, key=lambda layer: len(layer.surface.bins_))
        # What readers of a surface ask besides levels (bins, covariance, mean, CRS, terrain) is that of one layer.
        self.__dict__.update(vars(self.main_.surface))
        self.service, self.layers = service, layers
        self.floor_dbm = min(layer.surface.floor_dbm + self.shift_db(layer) for layer in layers)
        self.shared_ = _shared_by_layers({layer.name: layer.surface for layer in layers})

    @classmethod
    def of(
        cls,
        samples: gpd.GeoDataFrame,
        service: Service,
        fit: Callable[[gpd.GeoDataFrame], CoverageSurface] | None = None,
        block_m: float = 50.0,
        least_bins: int = MIN_LAYER_BINS,
        bands_apart: bool = False,
    ) -> ServiceSurface:
        """Fit the layers that carry the service.

        Parameters
        ----------
        samples
            Table ``samples`` of one operator, in a CRS in metres.
        service
            Technologies and thresholds.
        fit
            Makes the surface of one layer from its samples; None: ``CoverageSurface(block_m=block_m).fit``.
        block_m, least_bins, bands_apart
            As in :func:`layers_of`.

        Raises
        ------
        DataError
            When no sample is of a technology that carries the service.
        """
        fit = fit or CoverageSurface(block_m=block_m).fit
        parts = {
            name: part
            for name, part in layers_of(samples, block_m, least_bins, bands_apart).items()
            if service.carried_by(name.split(" ")[0])
        }
        return cls(
            service,
            tuple(Layer(name, fit(part), service.thresholds_dbm[name.split(" ")[0]]) for name, part in parts.items()),
        )

    def fit(
        self,
        samples: gpd.GeoDataFrame,
        sites: gpd.GeoDataFrame | None = None,
        terrain: Terrain | None = None,
        floors_dbm: float | NDArray[np.float64] | None = None,
    ) -> ServiceSurface:
        """Refuse: layers come fitted, see :meth:`of`."""
        raise fault(UsageError, "fusion_fitted")

    def shift_db(self, layer: Layer) -> float:
        """What brings a level of this layer to the scale of the reference threshold, dB."""
        return self.service.reference_dbm - layer.usable_dbm

    def locate(self, points: gpd.GeoDataFrame | NDArray[np.float64]) -> ServicePlaces:
        """Prepare places for every layer; as :meth:`CoverageSurface.locate`."""
        located = tuple(layer.surface.locate(points) for layer in self.layers)
        return ServicePlaces(located[0].at, None, located[0].index, layers=located)

    def predict(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> pd.DataFrame:
        """Estimate the level of the service: mean and standard deviation of the greatest margin, by Clark's moments.

        Computed rather than drawn, so that a million places cost no more than their layers; the moments are exact for
        two layers and the greatest is taken as normal in turn for more. ``information`` and ``nearest_sample_m`` are
        those of the layer with the largest expected margin, the one that the service would come from.

        Returns
        -------
        Frame as of :meth:`CoverageSurface.predict`.
        """
        places = self._places(points)
        frames = [layer.surface.predict(part) for layer, part in zip(self.layers, places.layers, strict=True)]
        if len(frames) == 1:
            return frames[0].assign(level_dbm=frames[0]["level_dbm"] + self.shift_db(self.layers[0]))
        mean = self._means(frames)
        # The greatest of readings lies higher than that of the levels themselves, by their noise: the latter is told.
        level, at_home = _greatest(mean, *self._deviations(frames, home=True))
        _, deviation = _greatest(mean, *self._deviations(frames))
        best, row = np.argmax(mean, axis=0), np.arange(len(places))
        told = {name: np.array([frame[name] for frame in frames])[best, row] for name in _OF_THE_BEST}
        return pd.DataFrame(
            {"level_dbm": level, "level_sd_db": deviation, **told, "home_sd_db": at_home}, index=places.index
        )

    def probability(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places, usable_dbm: float) -> pd.Series:
        """Return the probability that some layer is usable, on the index of ``points``.

        ``usable_dbm`` is on the scale of the reference threshold: 5 dB above it asks every layer for 5 dB more. The
        layers share one normal factor, given which they are independent; that factor is integrated by Gauss-Hermite
        quadrature (Dunnett and Sobel 1955), so that no normal greatest is assumed.
        """
        within("ServiceSurface", LIMITS, {"usable_dbm": usable_dbm})
        places = self._places(points)
        frames = [layer.surface.predict(part) for layer, part in zip(self.layers, places.layers, strict=True)]
        p = _any_above(usable_dbm, self._means(frames), *self._deviations(frames, home=True))
        return pd.Series(p, index=places.index, name="p_usable")

    def _means(self, frames: list[pd.DataFrame]) -> NDArray[np.float64]:
        """Mean of each layer on the scale of the service, shape (layers, places), dBm."""
        return np.array(
            [frame["level_dbm"] + self.shift_db(layer) for layer, frame in zip(self.layers, frames, strict=True)]
        )

    def _deviations(
        self, frames: list[pd.DataFrame], home: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Standard deviation and loading on the shared factor of each layer, each (layers, places), dB.

        Of what a survey would read, or of the level itself, as homes have it.
        """
        if home:  # the field and what no sample tells of are both shared
            std = np.array([frame["home_sd_db"] for frame in frames])
            return std, std * np.sqrt(self.shared_.correlation)
        std = np.array([frame["level_sd_db"] for frame in frames])
        models = [layer.surface.kriging_ for layer in self.layers]
        sill = np.array([[model.covariance_.sill_db2] for model in models])
        noise = np.array([[model.place_noise_db2_] for model in models])
        # Only the field is shared, not the noise of a bin; calibration widens both alike, so that shares stay.
        field = (1 - np.array([frame["information"] for frame in frames])) * sill
        share = np.clip(field / np.maximum(field + noise, 1e-12), 0.0, 1.0)
        return std, std * np.sqrt(self.shared_.correlation * share)

    def drawer(
        self, n: int, seed: int, stream: int = 0, shared: Shared | None = None, noise_apart: bool = False
    ) -> Callable[[Places], NDArray[np.float32]]:
        """Return a function from places to ``n`` joint draws, shape (places, n): the greatest of the layers' margins.

        ``stream``, ``shared`` and ``noise_apart`` are as in :meth:`CoverageSurface.drawer`. Layers are correlated among
        each other with ``shared_``, and with other operators with ``shared``: each draw is the weighted sum of two
        about their mean, one on the waves of all operators, one on those of this operator alone.
        """
        if len(self.layers) == 1:
            layer = self.layers[0]
            only = layer.surface.drawer(n, seed, stream, shared, noise_apart)
            shift = np.float32(self.shift_db(layer))
            return lambda places: only(self._places(places).layers[0]) + shift
        drawers = [
            self._layer_drawer(number, n, seed, stream, shared, noise_apart) for number in range(len(self.layers))
        ]

        def draw(places: Places) -> NDArray[np.float32]:
            located = self._places(places)
            return np.asarray(np.maximum.reduce([one(part) for one, part in zip(drawers, located.layers, strict=True)]))

        return draw

    def _layer_drawer(
        self, number: int, n: int, seed: int, stream: int, shared: Shared | None, noise_apart: bool
    ) -> Callable[[Places], NDArray[np.float32]]:
        layer = self.layers[number]
        shift, surface = np.float32(self.shift_db(layer)), layer.surface
        between = 0.0 if shared is None else shared.correlation
        within = max(self.shared_.correlation - between, 0.0) / (1 - between)
        own_stream = LAYER_STREAMS * (stream + 1) + number
        # A seed of the operator's own: waves of one seed are common to all that ride on them.
        own_seed = int(np.random.default_rng([seed, 3, stream]).integers(2**32))
        range_m = self.shared_.range_m if shared is None else shared.range_m
        own = surface.drawer(n, own_seed, own_stream, Shared(within, range_m), noise_apart)
        if shared is None or between == 0:
            return lambda places: own(places) + shift
        common = surface.drawer(n, seed, own_stream, Shared(1.0, range_m), noise_apart)
        weight = np.sqrt([between, 1 - between]).astype(np.float32)

        def draw(places: Places) -> NDArray[np.float32]:
            mean = surface.predict(places)["level_dbm"].to_numpy(np.float32)[:, None]
            level = weight[0] * (common(places) - mean)
            level += weight[1] * (own(places) - mean)
            return np.asarray(level + (mean + shift))

        return draw

    def _places(self, points: gpd.GeoDataFrame | NDArray[np.float64] | Places) -> ServicePlaces:
        if isinstance(points, ServicePlaces):
            return points
        if isinstance(points, Places):
            raise fault(UsageError, "fusion_places")
        return self.locate(points)


_OF_THE_BEST = ("information", "nearest_sample_m")


def _shared_by_layers(surfaces: Mapping[str, CoverageSurface]) -> Shared:
    shared = shared_shadowing(surfaces)
    squares = [_measured_squares(surface) for surface in surfaces.values()]
    if any(len(one & other) >= MIN_COMMON_BINS for one, other in combinations(squares, 2)):
        return shared
    return Shared(LARGEST, shared.range_m)


def _measured_squares(surface: CoverageSurface) -> set[tuple[int, int]]:
    bins = surface.bins_[~surface.bins_["censored"]]
    at = np.floor(bins[["easting_m", "northing_m"]].to_numpy() / surface.block_m).astype(np.int64)
    return set(map(tuple, at.tolist()))


def _greatest(
    mean: NDArray[np.float64], std: NDArray[np.float64], loading: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the greatest of the rows, each (places,), by Clark's recursion."""
    level, variance, shared = mean[0], std[0] ** 2, loading[0]
    for other, deviation, load in zip(mean[1:], std[1:], loading[1:], strict=True):
        spread = np.sqrt(np.maximum(variance + deviation**2 - 2 * shared * load, 1e-12))
        z = (level - other) / spread
        first, second = ndtr(z), ndtr(-z)
        bump = spread * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        greatest = level * first + other * second + bump
        square = (level**2 + variance) * first + (other**2 + deviation**2) * second + (level + other) * bump
        level, variance = greatest, np.maximum(square - greatest**2, 1e-12)
        shared = shared * first + load * second
    return level, np.sqrt(variance)


def _any_above(
    usable_dbm: float, mean: NDArray[np.float64], std: NDArray[np.float64], loading: NDArray[np.float64]
) -> NDArray[np.float64]:
    if len(mean) == 1:
        return np.asarray(ndtr((mean[0] - usable_dbm) / std[0]))
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    own = np.sqrt(np.maximum(std**2 - loading**2, 1e-12))
    none = np.zeros(mean.shape[1])
    for factor, weight in zip(nodes, weights / weights.sum(), strict=True):
        none += weight * np.prod(ndtr((usable_dbm - mean - loading * factor) / own), axis=0)
    # One of several is usable at least as probably as each alone; the quadrature may miss that by a hair.
    return np.maximum(1 - none, ndtr((mean - usable_dbm) / std).max(axis=0))
