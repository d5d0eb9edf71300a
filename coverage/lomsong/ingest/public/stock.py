"""What has been fetched: a folder with its ledger and licences, and the cache behind it."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lomsong.errors import DataError
from lomsong.ingest.public.download import Delivery, Report, Wanted, digest, download
from lomsong.texts import LANGUAGES, fault, text

LEDGER = "fetched.json"
LICENCES_FILE = "LICENCES.md"

Check = Callable[[Path, Wanted], None]
"""Raises when a file is not of the kind that was wanted."""


@dataclass(frozen=True)
class Licence:
    """Under what a layer may be used, and the sentence that its owner asks for, as the owner words it."""

    name: str
    address: str
    credit: str


_OSM = Licence("ODbL 1.0", "https://www.openstreetmap.org/copyright", "© OpenStreetMap contributors")

LICENCES: dict[str, Licence] = {
    "dem": Licence(
        "Copernicus WorldDEM-30 licence (GLO-30 Public, free of charge)",
        "https://spacedata.copernicus.eu/collections/copernicus-digital-elevation-model",
        "Produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH 2014-2018 "
        "provided under COPERNICUS by the European Union and ESA; all rights reserved.",
    ),
    "landcover": Licence(
        "CC BY 4.0",
        "https://esa-worldcover.org/en/data-access",
        "© ESA WorldCover project / Contains modified Copernicus Sentinel data (2021) processed by ESA WorldCover "
        "consortium",
    ),
    "roads": _OSM,
    "power": _OSM,
    "boundaries": Licence(
        "CC BY 4.0",
        "https://www.geoboundaries.org",
        "geoBoundaries, www.geoboundaries.org (Runfola et al. 2020, doi:10.1371/journal.pone.0231866)",
    ),
    "population": Licence(
        "CC BY 4.0",
        "https://hub.worldpop.org/geodata/listing?id=29",
        "WorldPop, www.worldpop.org, School of Geography and Environmental Science, University of Southampton "
        "(doi:10.5258/SOTON/WP00645)",
    ),
}


@dataclass(frozen=True)
class Fetched:
    """One file of an output folder.

    ``state`` is ``fetched``, ``cached`` (from the cache), ``kept`` (was there, unchanged), ``renewed`` (was there,
    changed or cut), ``by_hand`` (was there, not from us) or ``absent`` (the server has none).
    """

    layer: str
    file: str
    state: str
    address: str = ""
    time: str = ""
    bytes: int = 0
    sha256: str = ""
    etag: str = ""
    licence: str = ""


def cache_folder(wanted: str = "", platform: str = sys.platform) -> Path:
    """Return the folder of the cache: ``wanted``, or the place that the system gives to such files."""
    if wanted:
        return Path(wanted).expanduser()
    if platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "") or str(Path.home() / "AppData" / "Local")
    elif platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if Path(base).is_absolute() else str(Path.home() / ".cache")
    return Path(base) / "lomsong"


class Stock:
    """An output folder, its ledger ``fetched.json``, and the cache."""

    def __init__(self, out: Path, cache: str, report: Report) -> None:
        self.out = out
        self.report = report
        self._cache = cache_folder(cache)
        self.entries: dict[str, dict[str, Any]] = {}
        ledger = out / LEDGER
        if ledger.is_file():
            try:
                files = json.loads(ledger.read_bytes())["files"]
                self.entries = {str(name): dict(entry) for name, entry in files.items()}
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.report("fetch.ledger_damaged", {"file": str(ledger)})
                ledger.replace(ledger.with_name(f"{LEDGER}.old"))

    def get(self, layer: str, name: str, wanted: Wanted, check: Check, licence: str = "") -> Fetched:
        """Return the file ``name`` of the folder: kept when it is unchanged, else from the cache, else fetched."""
        kept = self.kept(layer, name, wanted, check)
        if kept is not None:
            return kept
        there = wanted.place.is_file()
        if there:
            self.report("fetch.renewed", wanted.told)
        path, came = self.cached(wanted, check)
        _link(path, wanted.place)
        state = "renewed" if there else came.pop("state")
        return self._enter(layer, name, {**came, "state": state, "licence": licence or LICENCES[layer].name})

    def kept(self, layer: str, name: str, wanted: Wanted, check: Check) -> Fetched | None:
        """Return the file of the folder when it is still as it was entered, or was put there by hand; else None."""
        if not wanted.place.is_file():
            return None
        if name in self.entries:
            if digest(wanted.place) != self.entries[name].get("sha256"):
                return None
            return self.unchanged(name, layer)
        check(wanted.place, wanted)
        self.report("fetch.by_hand", {"file": name})
        return self.seen(name, layer)

    def unchanged(self, name: str, layer: str) -> Fetched:
        """Return the entry of a file that is still as it was entered."""
        self.report("fetch.kept", {"file": name, "time": self.entries[name].get("time", "")})
        self._licences()
        known = {key: self.entries[name][key] for key in _FIELDS if key in self.entries[name]}
        return Fetched(**{**known, "layer": layer, "file": name, "state": "kept"})

    def seen(self, name: str, layer: str) -> Fetched:
        """Return a file that somebody else put there; it is not entered, and so is never fetched over."""
        path = self.out / name
        return Fetched(layer, name, "by_hand", bytes=path.stat().st_size, sha256=digest(path))

    def enter_own(self, layer: str, name: str, state: str, address: str, more: Mapping[str, object]) -> Fetched:
        """Enter a file that was made here out of several answers."""
        path = self.out / name
        time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        entry = {"address": address, "time": time, "bytes": path.stat().st_size, "sha256": digest(path), "etag": ""}
        return self._enter(layer, name, {**entry, "state": state, "licence": LICENCES[layer].name}, more)

    def cached(self, wanted: Wanted, check: Check, living_days: int | None = None) -> tuple[Path, dict[str, Any]]:
        """Return the cache's copy of an address, fetched when it is not there, damaged, or older than allowed.

        Returns
        -------
        path
            The copy; it must not be written to.
        came
            Address, bytes, sha256, etag, time, and state: ``fetched`` or ``cached``.
        """
        key = hashlib.sha256(wanted.address.encode()).hexdigest()
        path = self._cache / key[:2] / f"{key}{wanted.place.suffix}"
        note = path.with_name(f"{key}.json" if wanted.place.suffix != ".json" else f"{key}.note.json")
        known = _delivery(note)
        if path.is_file() and known is not None and not _older(known.time, living_days):
            if known.address == wanted.address and known.sha256 == digest(path):
                return path, {**asdict(known), "state": "cached"}
            self.report("fetch.cache_damaged", wanted.told)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fault(DataError, "fetch_cache", file=str(self._cache), reason=error.strerror or str(error)) from None
        delivery = download(wanted, path, self.report)
        try:
            check(path, wanted)
        except Exception:
            path.unlink(missing_ok=True)
            raise
        write(note, json.dumps(asdict(delivery)))
        return path, {**asdict(delivery), "state": "fetched"}

    def _enter(
        self, layer: str, name: str, came: Mapping[str, Any], more: Mapping[str, object] | None = None
    ) -> Fetched:
        known = {key: came[key] for key in _FIELDS if key in came}
        self.entries[name] = {"layer": layer, **known, **(more or {})}
        ledger = {"files": {key: self.entries[key] for key in sorted(self.entries)}}
        write(self.out / LEDGER, json.dumps(ledger, indent=1, ensure_ascii=False) + "\n")
        self._licences()
        self.report("fetch.done", {"file": name, "bytes": known["bytes"], "state": came["state"]})
        return Fetched(**{**known, "layer": layer, "file": name, "state": came["state"]})

    def _licences(self) -> None:
        write(self.out / LICENCES_FILE, licences_text(self.entries))


_FIELDS = ("address", "time", "bytes", "sha256", "etag", "licence")


def licences_text(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return LICENCES.md in both languages, for the files of a ledger."""
    parts = [f"# {text('fetch.licences', 'vi')} / {text('fetch.licences', 'en')}", ""]
    parts += [line for language in LANGUAGES for line in (text("fetch.licences_note", language), "")]
    for layer, licence in LICENCES.items():
        files = sorted(
            name for name, entry in entries.items() if layer in (entry.get("layers") or [entry.get("layer")])
        )
        if not files:
            continue
        names = sorted({str(entries[name].get("licence") or licence.name) for name in files})
        parts += [f"## {text(f'fetch.layer.{layer}', 'vi')} / {text(f'fetch.layer.{layer}', 'en')}", ""]
        parts += [f"- {text(f'fetch.note.{layer}', language)}" for language in LANGUAGES]
        parts += [f"- Giấy phép / Licence: {', '.join(names)} <{licence.address}>"]
        parts += [f"- Ghi nguồn / Credit: {licence.credit}"]
        parts += [f"- Tệp / Files: {', '.join(f'`{name}`' for name in files)}", ""]
    return "\n".join(parts)


def write(path: Path, content: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(content, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _link(source: Path, place: Path) -> None:
    """Put a file at ``place`` as a hard link, or as a copy where the file system has no links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    try:
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)  # a rename between two links of one file leaves both


def _delivery(note: Path) -> Delivery | None:
    try:
        return Delivery(**json.loads(note.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _older(time: str, days: int | None) -> bool:
    if days is None:
        return False
    try:
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(time)
    except (ValueError, TypeError):
        return True
    return age > datetime.timedelta(days=days)
