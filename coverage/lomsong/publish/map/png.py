"""Whole numbers under 256 as a PNG whose palette colours them, small because neighbours are alike.

Pillow filters no picture that has a palette; of a surface in whole dB that costs a fifth of the size.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEEPEST = 9


def png(codes: NDArray[np.uint8], colours: Sequence[tuple[int, int, int]]) -> bytes:
    """Return codes as a PNG.

    Parameters
    ----------
    codes
        Shape (rows, columns); 0 is transparent.
    colours
        Of the codes from 1, each red, green and blue.

    References
    ----------
    Portable Network Graphics (second edition), ISO/IEC 15948:2003, 9 (filtering) and 12.8 (choice of filter by the
    least sum of absolute differences).
    """
    rows, columns = codes.shape
    palette = bytes(3) + b"".join(bytes(colour) for colour in colours)
    packer = zlib.compressobj(_DEEPEST, zlib.DEFLATED, zlib.MAX_WBITS, _DEEPEST, zlib.Z_FILTERED)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"tRNS", b"\x00"),
        (b"IDAT", packer.compress(_filtered(codes)) + packer.flush()),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _filtered(codes: NDArray[np.uint8]) -> bytes:
    """Return each row as its number of filter and what that filter leaves of it."""
    here = codes.astype(np.int16)
    wider = np.pad(here, ((1, 0), (1, 0)))
    left, above, corner = wider[1:, :-1], wider[:-1, 1:], wider[:-1, :-1]
    guesses = (np.zeros_like(here), left, above, (left + above) // 2, _paeth(left, above, corner))
    rest = np.stack([here - guess for guess in guesses]).astype(np.uint8)
    cost = np.abs(rest.view(np.int8).astype(np.int64)).sum(axis=2)
    best = cost.argmin(axis=0)
    return np.column_stack([best.astype(np.uint8), rest[best, np.arange(len(codes))]]).tobytes()


def _paeth(left: NDArray[np.int16], above: NDArray[np.int16], corner: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return of the three neighbours the one nearest to left + above - corner; of two, the first of them."""
    guess = left + above - corner
    to_left, to_above, to_corner = (np.abs(guess - each) for each in (left, above, corner))
    nearest = np.where(
        (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
    )
    return nearest.astype(np.int16)
