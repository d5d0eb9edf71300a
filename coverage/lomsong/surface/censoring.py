"""The level below which a phone finds no service, sample by sample: it differs by device and technology."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong.settings import Survey


def floors_of(samples: pd.DataFrame, survey: Survey) -> float | NDArray[np.float64]:
    """Return the floor of each sample as ``[survey.floors_dbm]`` has it.

    A key there is a device, a technology, or both with a space between them, such as ``"Redmi Note 9 5G"``; the
    most particular one counts, and ``survey.floor_dbm`` where none fits. Case and spaces at the ends do not matter.
    A sample that found no service has no technology of its own: that of ``survey.technology`` was looked for.

    Parameters
    ----------
    samples
        Table ``samples``, n rows.
    survey
        Settings.

    Returns
    -------
    One number where it holds for all samples, else an array of shape (n,); dBm.
    """
    if not survey.floors_dbm:
        return survey.floor_dbm
    floors = {_folded(key): value for key, value in survey.floors_dbm.items()}
    kinds = pd.DataFrame(
        {
            "device": _words(samples, "device", ""),
            "technology": _words(samples, "technology", survey.technology),
        }
    )
    both = (kinds["device"] + " " + kinds["technology"]).map(floors)
    particular = both.fillna(kinds["device"].map(floors)).fillna(kinds["technology"].map(floors))
    return np.asarray(particular.fillna(survey.floor_dbm), dtype=float)


def _words(samples: pd.DataFrame, name: str, otherwise: str) -> pd.Series:
    if name not in samples:
        return pd.Series(_folded(otherwise), index=samples.index, dtype=object)
    words = samples[name].astype(object).where(samples[name].notna(), otherwise)
    return words.map({word: _folded(str(word)) for word in words.unique()}).astype(object)


def _folded(word: str) -> str:
    return word.strip().casefold()
