"""Workbooks of Excel: whole or not at all, the same content in the same bytes, and no text that runs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from lomsong.publish.atomic import replacing

_CREATED = datetime(2021, 10, 1)
"""Written into every workbook: the same content gives the same bytes. When a run took place stands in its manifest."""


@contextmanager
def new_workbook(path: str | Path, title: str, author: str) -> Iterator[Any]:
    """Give an empty workbook that is written to ``path``, whole or not at all, when the block ends well.

    Texts are written as texts: a hamlet named ``=HYPERLINK(…)`` stays a name.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, options) as file:
        file.set_properties({"title": title, "author": author, "created": _CREATED})
        yield file
    with replacing(Path(path)) as draft:
        draft.write_bytes(content.getvalue())
