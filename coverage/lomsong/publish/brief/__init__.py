"""The brief that a department signs, in the form of a provincial report: data first, then what follows from them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lomsong.publish.atomic import zipping
from lomsong.publish.brief.content import BriefContent, Signal
from lomsong.publish.brief.document import CREATED, opened
from lomsong.publish.brief.findings import TOP, findings
from lomsong.publish.brief.head import foot, head
from lomsong.publish.brief.obstacles import annex, obstacles, zones
from lomsong.publish.brief.proposals import proposals
from lomsong.publish.brief.quality import quality
from lomsong.publish.brief.sureness import sureness
from lomsong.publish.brief.towers import plan, site_sheets

__all__ = ["TOP", "BriefContent", "Signal", "write_brief"]


def write_brief(path: str | Path, content: BriefContent) -> None:
    """Write the brief at ``path``, a ``.docx``, whole or not at all. The same content gives the same bytes."""
    paper = opened(content)
    for part in (head, quality, findings, zones, plan, obstacles, proposals, foot, annex, site_sheets, sureness):
        part(paper)
    drawn = io.BytesIO()
    paper.document.save(drawn)
    _write_undated(Path(path), drawn)


def _write_undated(path: Path, document: io.BytesIO) -> None:
    """Copy a zip with one and the same date on all its parts."""
    with zipfile.ZipFile(document) as source, zipping(path) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, CREATED.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, source.read(name))
