"""Text from files as it may stand in markup that another program shows."""

from __future__ import annotations

import re

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, however written."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""Start of what HTML takes for a tag; a sign before a number is none."""


def plain(value: object) -> str:
    """Return a text that stays text in XML, and where a program such as Google Earth reads that as HTML once more.

    Examples
    --------
    >>> plain("<img src=x onerror=alert(1)>"), plain("<5")
    ('‹img src=x onerror=alert(1)>', '<5')
    """
    return _TAG.sub("‹", _NOT_XML.sub(" ", str(value)))
