"""One file from the web: http and https only, resumed where it broke, verified, and moved into place whole."""

from __future__ import annotations

import base64
import binascii
import datetime
import email.utils
import hashlib
import http.client
import json
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from lomsong import __version__
from lomsong.errors import DataError, FormatError, MissingFileError, UsageError
from lomsong.texts import Phrase, fault

MAX_BYTES = 8 << 30
"""Largest file that is fetched: 8 GiB."""

RETRIES = 3
"""Times that a broken download is taken up again without getting on."""

BACKOFF_S = 4.0
"""Wait before the first retry; doubled before each further one."""

LONGEST_WAIT_S = 180.0
"""A server that asks for a longer wait is left for another time."""

PROGRESS_BYTES = 1 << 20
"""A try that got this much further does not count against :data:`RETRIES`."""

MAX_REDIRECTS = 5
CHUNK_BYTES = 1 << 18

Report = Callable[[str, Mapping[str, object]], None]
"""Takes the key of a text (:mod:`lomsong.texts`) and its values."""


def silent(key: str, values: Mapping[str, object]) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Wanted:
    """One file to get.

    Attributes
    ----------
    address
        Where it is, http or https.
    setting
        The setting that holds the address, to be named in a remedy.
    place
        Where a copy got by hand would be found.
    limit_bytes
        A larger answer is refused.
    timeout_s
        Longest silence of the server.
    """

    address: str
    setting: str
    place: Path
    limit_bytes: int = MAX_BYTES
    timeout_s: float = 60.0

    @property
    def told(self) -> dict[str, object]:
        """The values that every sentence about this file may use."""
        shown = self.address if len(self.address) <= 160 else f"{self.address[:157]}..."
        return {"file": self.place.name, "address": shown, "setting": self.setting, "place": str(self.place)}


@dataclass(frozen=True)
class Delivery:
    """A file as it came: its address, size, SHA-256, ETag (may be empty) and time (ISO 8601, UTC)."""

    address: str
    bytes: int
    sha256: str
    etag: str
    time: str


class _BrokenError(Exception):
    """A try that failed, and may go better the next time."""

    def __init__(self, reason: Phrase | str, wait_s: float | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.wait_s = wait_s


def digest(path: Path, method: str = "sha256") -> str:
    """Return the SHA-256 (or another digest of :mod:`hashlib`) of a file in hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()


def download(wanted: Wanted, target: Path, report: Report = silent) -> Delivery:
    """Fetch one file to ``target``; what came before an interruption stays beside it and is gone on from.

    The bytes go to ``target.part``, with the server's ETag in ``target.part.json``. A later call asks for the rest
    (``Range`` with ``If-Range``, RFC 9110 sections 13.1.5 and 14.2); a server that has another version, or that does
    not know ranges, makes it start anew. Length, and MD5 where the server states one, are verified; then the file
    is moved to ``target``.

    Raises
    ------
    MissingFileError
        When the server has no such file (403, 404, 410: some stores say 403 of what they do not have).
    FormatError, DataError
        When the answer is too large, or the server cannot be reached, refuses, or keeps breaking off.
    UsageError
        When the address is none of http or https.
    """
    require_web(wanted)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _Partial(target.with_name(f"{target.name}.part"), wanted.address)
    failures, reached = 0, partial.size
    while True:
        try:
            headers = _attempt(wanted, partial, report)
            break
        except _BrokenError as broken:
            failures = 1 if partial.size - reached >= PROGRESS_BYTES else failures + 1
            reached = max(reached, partial.size)
            _pause(wanted, broken, failures, report)
    delivery = Delivery(wanted.address, partial.size, digest(partial.path), headers.get("ETag", ""), _now())
    partial.path.replace(target)
    partial.note.unlink(missing_ok=True)
    return delivery


def _pause(wanted: Wanted, broken: _BrokenError, failures: int, report: Report) -> None:
    if failures > RETRIES:
        raise fault(DataError, "fetch_broken", **wanted.told, reason=broken.reason, tries=failures)
    wait = BACKOFF_S * 2 ** (failures - 1) if broken.wait_s is None else broken.wait_s
    if wait > LONGEST_WAIT_S:
        raise fault(DataError, "fetch_wait", **wanted.told, seconds=f"{wait:.0f}")
    report("fetch.retry", {**wanted.told, "reason": broken.reason, "seconds": f"{wait:g}"})
    time.sleep(wait)


def require_web(wanted: Wanted) -> None:
    """Raise :class:`UsageError` when the address is not plain http or https, or carries a name or password."""
    try:
        parts = urlsplit(wanted.address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or parts.username or parts.password or re.search(r"[\x00-\x20\x7f-\U0010ffff]", wanted.address):
        raise fault(UsageError, "fetch_address", **wanted.told)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, to the web only, and never from https to http."""

    max_redirections = MAX_REDIRECTS
    max_repeats = 1

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> Any:  # fmt: skip
        target = urlsplit(urljoin(req.full_url, headers.get("Location", "")))
        downgraded = urlsplit(req.full_url).scheme == "https" and target.scheme != "https"
        if target.scheme not in ("http", "https") or target.username or target.password or downgraded:
            raise HTTPError(req.full_url, code, "redirect refused", headers, fp)
        return super().http_error_302(req, fp, code, msg, headers)  # type: ignore[arg-type]

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows http and https alone: no files, no FTP, no cookies, no passwords."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.UnknownHandler(), urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(), urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


class _Partial:
    """What has come so far of one file, and of which version of it."""

    def __init__(self, path: Path, address: str) -> None:
        self.path = path
        self.note = path.with_name(f"{path.name}.json")
        self._address = address

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def validator(self) -> str:
        """Return the strong ETag or the date of the version that has begun; empty: the rest cannot be asked for."""
        try:
            known = json.loads(self.note.read_text(encoding="utf-8"))
            if known["address"] != self._address:
                return ""
            etag, modified = str(known["etag"]), str(known["modified"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        strong = etag if etag.startswith('"') else modified
        return strong if strong.isascii() and strong.isprintable() else ""

    def begin(self, headers: Message) -> None:
        """Note the version that now begins."""
        known = {
            "address": self._address,
            "etag": headers.get("ETag", ""),
            "modified": headers.get("Last-Modified", ""),
        }
        self.path.unlink(missing_ok=True)
        self.note.write_text(json.dumps(known), encoding="utf-8")

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def _attempt(wanted: Wanted, partial: _Partial, report: Report) -> Message:
    """Get the file, or the rest of it, once; return the headers of the answer."""
    request = urllib.request.Request(wanted.address, headers={"User-Agent": f"lomsong/{__version__}", "Accept": "*/*"})
    validator = partial.validator()
    start = partial.size if validator else 0
    if start:
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", validator)
    with _answer(request, wanted, partial, start) as response:
        headers: Message = response.headers
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        if resumed and not _goes_on(headers, start, validator):
            partial.drop()
            raise _BrokenError(Phrase("fetch.reason.changed"), 0)
        if not resumed:
            start = 0
            partial.begin(headers)
        expected = _expected_bytes(headers, start)
        if expected is not None and expected > wanted.limit_bytes:
            raise _too_large(wanted)
        _receive(response, wanted, partial, start, expected, report)
    if expected is not None and partial.size < expected:
        raise _BrokenError(Phrase("fetch.reason.cut", {"bytes": partial.size, "expected": expected}))
    _verify_md5(headers, partial, whole=not resumed)
    return headers


@contextmanager
def _answer(
    request: urllib.request.Request, wanted: Wanted, partial: _Partial, start: int
) -> Iterator[http.client.HTTPResponse]:
    """Open the address; what went wrong comes as a :class:`_BrokenError` to try again, or as an error of ours."""
    try:
        response = _opener().open(request, timeout=wanted.timeout_s)
    except HTTPError as error:
        with error:
            raise _refused(error, wanted, partial, start) from None
    except (http.client.InvalidURL, UnicodeError):
        raise fault(UsageError, "fetch_address", **wanted.told) from None
    except URLError as error:
        if isinstance(error.reason, socket.gaierror | ssl.SSLCertVerificationError) or "unknown url" in str(error):
            raise fault(DataError, "fetch_unreachable", **wanted.told, reason=_line(error.reason)) from None
        raise _BrokenError(_line(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(_line(error)) from None
    with response:
        if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK):
            raise fault(DataError, "fetch_status", **wanted.told, status=response.status)
        yield response


def _refused(error: HTTPError, wanted: Wanted, partial: _Partial, start: int) -> Exception:
    """Return what a status other than success means."""
    status = error.code
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return fault(MissingFileError, "fetch_absent", **wanted.told, status=status)
    if 300 <= status < 400:
        return fault(FormatError, "fetch_redirect", **wanted.told, limit=MAX_REDIRECTS)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
        partial.drop()
        return _BrokenError(Phrase("fetch.reason.changed"), 0)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
        return _BrokenError(Phrase("fetch.reason.status", {"status": status}), _retry_after_s(error.headers))
    return fault(DataError, "fetch_status", **wanted.told, status=status)


def _retry_after_s(headers: Message) -> float | None:
    """Return the wait that the server asks for, as seconds or as a date (RFC 9110 section 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())


def _goes_on(headers: Message, start: int, validator: str) -> bool:
    """Tell whether a partial answer is the rest of what has come: the same version, from the very next byte."""
    etag = headers.get("ETag", "")
    same = not (etag and validator.startswith('"')) or etag == validator
    return same and headers.get("Content-Range", "").replace(" ", "").startswith(f"bytes{start}-")


def _expected_bytes(headers: Message, start: int) -> int | None:
    """Return the size that the whole file will have, or None where the server does not say."""
    length = headers.get("Content-Length", "").strip()
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    return start + int(length) if length.isascii() and length.isdigit() and not chunked else None


def _receive(
    response: http.client.HTTPResponse, wanted: Wanted, partial: _Partial, start: int, expected: int | None,
    report: Report,
) -> None:  # fmt: skip
    done = start
    with partial.path.open("ab" if start else "wb") as file:
        while expected is None or done < expected:
            try:
                piece = response.read1(CHUNK_BYTES if expected is None else min(CHUNK_BYTES, expected - done))
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenError(_line(error)) from None
            if not piece:
                break
            done += len(piece)
            if done > wanted.limit_bytes:
                break
            file.write(piece)
            report("fetch.progress", {**wanted.told, "done": done, "total": expected})
    if done > wanted.limit_bytes:
        partial.drop()
        raise _too_large(wanted)


def _too_large(wanted: Wanted) -> DataError:
    limit = wanted.limit_bytes
    shown = f"{limit / (1 << 30):g} GiB" if limit >= 1 << 30 else f"{limit / (1 << 20):g} MiB"
    return fault(DataError, "fetch_too_large", **wanted.told, limit=shown)


def _verify_md5(headers: Message, partial: _Partial, whole: bool) -> None:
    """Compare the file with the MD5 that the server states: ``Content-MD5``, or an ETag of 32 hex digits as of S3."""
    stated = ""
    plain = re.fullmatch(r'"([0-9a-fA-F]{32})"', headers.get("ETag", "").strip())
    if plain and "kms" not in headers.get("x-amz-server-side-encryption", ""):  # of encrypted objects it is no MD5
        stated = plain[1].lower()
    if whole and "Content-MD5" in headers:
        try:
            stated = base64.b64decode(headers["Content-MD5"].strip(), validate=True).hex()
        except (binascii.Error, ValueError):
            stated = "?"
    found = digest(partial.path, "md5") if stated else ""
    if found != stated:
        partial.drop()
        raise _BrokenError(Phrase("fetch.reason.md5", {"stated": stated, "found": found}))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
