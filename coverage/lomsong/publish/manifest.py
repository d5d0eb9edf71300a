"""manifest.json: what went in, with which settings and versions, and what came out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lomsong.publish.atomic import write_text, writing

LIBRARIES = (
    "lomsong",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "geopandas",
    "shapely",
    "rasterio",
    "numba",
    "highspy",
)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_manifest(
    folder: Path,
    *,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    counts: Mapping[str, Any],
    timings_s: Mapping[str, float],
    outputs: Iterable[Path],
) -> Path:
    """Write ``manifest.json`` into ``folder``; ``timings_s`` is the only part that two equal runs do not share.

    Parameters
    ----------
    inputs
        Path as the settings name it to SHA-256.
    settings
        All settings, defaults included.
    counts
        Rows by table and other figures of the run.
    timings_s
        Seconds by stage.
    outputs
        Files written.
    """
    path = folder / "manifest.json"
    content = {
        "versions": versions(),
        "inputs": dict(sorted(inputs.items())),
        "settings": settings,
        "counts": counts,
        "outputs": {output.relative_to(folder).as_posix(): sha256(output) for output in sorted(outputs)},
        "timings_s": {stage: round(seconds, 3) for stage, seconds in timings_s.items()},
    }
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return path


def remove_stale(folder: Path, outputs: Iterable[Path]) -> None:
    """Remove from ``folder`` what the run before wrote there and this one did not, by the manifest of that run.

    A raster of an operator that is no longer surveyed, or a claim that nothing overturns any more, is not of this run.
    What was changed since it was written, such as a claim with the operator's answer, stays.

    Parameters
    ----------
    folder
        Where the run writes; its manifest is still that of the run before.
    outputs
        Files that this run wrote.
    """
    try:
        before = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        written = dict(before["outputs"]) if "surfaces" in before["counts"] else {}  # else it is of another verb
    except (OSError, ValueError, KeyError, TypeError):
        return
    for output in outputs:
        written.pop(output.relative_to(folder).as_posix(), None)
    for name, digest in written.items():
        path = folder / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()) and sha256(path) == digest:
            with writing(path):
                path.unlink()
            with contextlib.suppress(OSError):  # others lie beside it
                path.parent.rmdir()
