"""What each sector is louder or fainter than the physics says: offsets shrunk to those of its band and operator.

A power, a tilt or a cable in the list of sites is seldom what hangs on the mast. Where the logs name the cell that
served, and the list of sites knows it, the squares that a sector served tell its own offset; the fewer stretches of
road it was heard on, the more of it is that of its band, and of that what the operator's sectors have in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

LEAST_BINS, LEAST_SECTORS = 100, 3
"""Squares served by known sectors, and sectors that serve one, below which no offsets are offered."""


def served_by(samples: pd.DataFrame, readings: pd.DataFrame, squares: pd.Series, sites: gpd.GeoDataFrame) -> Rows:
    """Return the cell that served each square as a number of :func:`cells_of_sites`, -1 where the sites know none.

    Parameters
    ----------
    samples
        Table ``samples`` that the readings were made of.
    readings
        Of :func:`~lomsong.surface.blocks.readings_of`; of a square the cell with most samples counts.
    squares
        Squares asked for, shape (n,).
    sites
        Table ``sites`` of the operator.
    """
    if "cell_id" not in samples:
        return np.full(len(squares), -1)
    names = pd.factorize(samples["cell_id"].astype(object), sort=True)[1]
    known = pd.Index(np.unique(_names_of(sites)))
    number = np.append(known.get_indexer(pd.Index([_plain(name) for name in names])), -1)
    heard = readings[readings["hidden"] < 0.5]
    counts = heard["samples"].groupby([heard["square"], number[heard["cell_id"].to_numpy()]], sort=True).sum()
    most = counts.reset_index().sort_values(["square", "samples"], kind="stable").groupby("square").last()
    cell = most.iloc[:, 0].reindex(squares)
    return np.asarray(cell.fillna(-1).to_numpy(), np.int64)


def cells_of_sites(sites: gpd.GeoDataFrame) -> Rows:
    """Return the number of the cell of each row of ``sites``: of its ``cell_id`` where it has one, else ``site_id``."""
    return np.asarray(np.unique(_names_of(sites), return_inverse=True)[1].ravel(), np.int64)


def _names_of(sites: gpd.GeoDataFrame) -> NDArray[np.object_]:
    own = sites["site_id"] if "cell_id" not in sites else sites["cell_id"].fillna(sites["site_id"])
    return np.array([_plain(name) for name in own], dtype=object)


def _plain(name: object) -> str:
    return str(name).strip().casefold()


@dataclass(frozen=True)
class Served:
    """Squares and the sectors that served them.

    Attributes
    ----------
    sector
        Row in the table of sites of the best server in the model, shape (n,), -1 for none.
    own
        Whether the log names that sector's cell, so that the square tells of it, shape (n,).
    block
        Block of land that each square lies in, shape (n,): squares of one are no independent tests.
    band
        Band of each row of the table of sites, as a number from 0, shape (sites,).
    """

    sector: Rows
    own: NDArray[np.bool_]
    block: Rows
    band: Rows

    @property
    def enough(self) -> bool:
        """Whether there is something to estimate from."""
        return int(self.own.sum()) >= LEAST_BINS and len(np.unique(self.sector[self.own])) >= LEAST_SECTORS

    def part(self, rows: Rows) -> Served:
        """Return some of the squares."""
        return Served(self.sector[rows], self.own[rows], self.block[rows], self.band)

    def offsets(self, residual_db: Floats, without: NDArray[np.bool_] | None = None) -> Floats:
        """Estimate the offset of each sector, shape (sites,), dB.

        Means of one sector in one block are the data: band + sector + rest. The variances of sectors in a band and of
        bands are estimated by moments (Searle, Casella and McCulloch 1992, section 3.6), the effects by best linear
        unbiased prediction (Robinson 1991); a sector that nobody measured has that of its band.

        Parameters
        ----------
        residual_db
            Level less the mean of the other layers at each square, shape (n,), dB.
        without
            Squares to leave out, shape (n,).
        """
        used = self.own if without is None else self.own & ~without
        frame = pd.DataFrame({"sector": self.sector, "block": self.block, "db": residual_db})[used]
        found = np.zeros(len(self.band))
        blocks = frame.groupby(["sector", "block"])["db"].mean()
        if not len(blocks):
            return found
        by_sector = blocks.groupby("sector").agg(["mean", "size", "var"])
        mean, count = by_sector["mean"].to_numpy(), by_sector["size"].to_numpy(float)
        freedom = float((count - 1).sum())
        if not freedom:
            return found  # every sector in one block: what is of the sector and what of the place cannot be told
        rest_db2 = float(np.nansum(by_sector["var"].to_numpy() * (count - 1))) / freedom
        band = self.band[by_sector.index.to_numpy()]
        sector_db2 = _excess(mean, rest_db2 / count, band)
        precision = 1 / np.maximum(sector_db2 + rest_db2 / count, 1e-9)
        total = np.bincount(band, precision)
        of_band = np.bincount(band, precision * mean) / np.maximum(total, 1e-9)
        heard = np.flatnonzero(total > 0)
        band_db2 = _excess(of_band[heard], 1 / total[heard], np.zeros(len(heard), np.int64))
        shrunk = np.zeros(int(self.band.max()) + 1)
        common = np.average(of_band[heard], weights=1 / (band_db2 + 1 / total[heard]))
        shrunk[:] = common
        shrunk[heard] += (of_band[heard] - common) * band_db2 / (band_db2 + 1 / total[heard])
        found[:] = shrunk[self.band]
        found[by_sector.index.to_numpy()] += (mean - shrunk[band]) * sector_db2 * precision
        return found

    def column(self, residual_db: Floats, fold: Rows) -> Floats:
        """Return the offset of the sector of each square as estimated without its own fold, shape (n, 1), dB."""
        column = np.zeros(len(self.sector))
        for one in range(int(fold.max(initial=-1)) + 1):
            held = fold == one
            column[held] = at_sectors(self.offsets(residual_db, held), self.sector[held])[:, 0]
        return column.reshape(-1, 1)


def at_sectors(offsets_db: Floats, sector: Rows) -> Floats:
    """Return the offset of each sector named, shape (n, 1), dB; 0 where there is none."""
    return np.where(sector >= 0, offsets_db[sector], 0.0).reshape(-1, 1)


def _excess(mean: Floats, noise_db2: Floats, group: Rows) -> float:
    """Return the variance of means about those of their groups beyond what their noise explains, dB²."""
    size = np.bincount(group)
    freedom = float((size[size > 0] - 1).sum())
    if not freedom:
        return 0.0
    centre = np.bincount(group, mean) / np.maximum(size, 1)
    spread = float(np.sum((mean - centre[group]) ** 2)) / freedom
    return max(spread - float(np.mean(noise_db2)), 0.0)
