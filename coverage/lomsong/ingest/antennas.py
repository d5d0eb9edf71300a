"""Pattern files of antennas."""

from __future__ import annotations

from pathlib import Path

from lomsong.ingest.files.encodings import decode
from lomsong.ingest.files.sources import source
from lomsong.radio.antenna import Pattern
from lomsong.radio.msi import parse_pattern

MAX_PATTERN_BYTES = 4 << 20
"""Largest pattern file: two cuts in hundredths of a degree are 1 MiB."""


def read_pattern(path: str | Path) -> Pattern:
    """Read the pattern of one antenna from a text in the format of MSI Planet (.msi, .pln, .ant).

    Parameters
    ----------
    path
        A file, plain, gzipped, or alone in a zip.

    Returns
    -------
    Pattern; see :func:`lomsong.radio.msi.parse_pattern` for what is understood.

    Raises
    ------
    MissingFileError, FormatError, DataError
        When the file is not there, is no text, too large, or holds no pattern that can be right.
    """
    found = source(path)
    text, _ = decode(found.read(MAX_PATTERN_BYTES), found.name)
    return parse_pattern(text, found.name)
