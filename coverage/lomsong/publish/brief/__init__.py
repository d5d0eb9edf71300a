"""The brief that a department signs: what was found, where first, what is in the way, and how sure that is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lomsong.publish.atomic import replacing
from lomsong.publish.brief.content import BriefContent
from lomsong.publish.brief.document import CREATED, opened
from lomsong.publish.brief.findings import TOP, findings, head
from lomsong.publish.brief.obstacles import annex, obstacles
from lomsong.publish.brief.sureness import sureness

__all__ = ["TOP", "BriefContent", "write_brief"]


def write_brief(path: str | Path, content: BriefContent) -> None:
    """Write the brief at ``path``, a ``.docx``, whole or not at all. The same content gives the same bytes."""
    document = opened(content)
    head(document, content)
    findings(document, content)
    obstacles(document, content)
    if content.validations:
        sureness(document, content)
    annex(document, content)
    drawn = io.BytesIO()
    document.save(drawn)
    with replacing(Path(path)) as draft:
        _write_undated(draft, drawn)


def _write_undated(path: Path, document: io.BytesIO) -> None:
    """Copy a zip with one and the same date on all its parts."""
    with zipfile.ZipFile(document) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, CREATED.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, source.read(name))
