"""Head and foot of the paper, as Decree 30/2020/NĐ-CP has them: who to whom, of what, when; who receives, who signs."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from lomsong import shown
from lomsong.publish.brief.content import BriefContent, together
from lomsong.publish.brief.document import SIZE_PT, WIDTH_MM, Paper, columns, line, rule

_LEFT_MM, _RIGHT_MM = 76, 92


def head(paper: Paper) -> None:
    """Write who issues the brief, its number, the motto, place and date, what it is about and to whom it goes."""
    content, document = paper.content, paper.document
    publish = content.publish
    left, right = columns(document, (_LEFT_MM, _RIGHT_MM))
    if publish.superior:
        line(left, _unbroken(publish.superior.upper()), 12, first=True)
    issuer = publish.issuer or content.say("issuer_blank")
    line(left, _unbroken(issuer.upper()), 12, bold=True, first=not publish.superior)
    rule(left, 24, _LEFT_MM)
    line(left, number_of(content), SIZE_PT)
    line(right, content.say("republic"), 12, bold=True, first=True)
    line(right, content.say("motto"), SIZE_PT, bold=True)
    rule(right, {"vi": 53, "en": 66}[content.language], _RIGHT_MM)
    line(right, place_and_day(content), SIZE_PT, italic=True)
    line(document, content.say("kind").upper(), 14, bold=True).paragraph_format.space_before = Pt(14)
    line(document, subject_of(content), 14, bold=True)
    rule(document, 50, WIDTH_MM)
    if content.settings.run.note:
        line(document, content.settings.run.note, 11, italic=True, after_pt=6)
    _addressed(paper)
    opening = content.say("opening_basis", basis=publish.basis) if publish.basis else ""
    paper.paragraph(opening + content.say("opening", issuer=_in_sentence(content, bool(opening))))


def _unbroken(name: str) -> str:
    """Return a name whose brackets are not broken over lines."""
    return re.sub(r"\(.*?\)", lambda found: found[0].replace(" ", "\u00a0"), name)


def subject_of(content: BriefContent) -> str:
    """Return what the brief is about."""
    if content.publish.subject:
        return content.publish.subject
    territory = content.settings.run.territory
    if not territory:
        return content.say("subject")
    return content.say("subject_of", territory=territory[:1].lower() + territory[1:])


def number_of(content: BriefContent) -> str:
    """Return number and symbol; where the number is not yet given there is room for it."""
    publish = content.publish
    return content.say("number_of", number=publish.number or "\u00a0" * 8, symbol=publish.symbol)


def place_and_day(content: BriefContent) -> str:
    """Return place and day of signing; where they are not yet given there is room for them."""
    publish = content.publish
    when = shown.day(date.fromisoformat(publish.date), content.language) if publish.date else content.say("day_blank")
    return ", ".join(filter(None, [publish.place or content.say("place_blank"), when]))


def _in_sentence(content: BriefContent, follows: bool) -> str:
    if content.publish.issuer:
        return content.publish.issuer
    return content.say("issuer_we_after" if follows else "issuer_we")


def _addressed(paper: Paper) -> None:
    content, document = paper.content, paper.document
    recipients = content.publish.recipients
    if not recipients:
        return
    if len(recipients) == 1:
        line(document, content.say("to", name=recipients[0]), 14, after_pt=8)
        return
    opening = line(document, content.say("to", name=""), 14, side=WD_ALIGN_PARAGRAPH.LEFT)
    opening.paragraph_format.left_indent = Mm(35)
    for at, name in enumerate(recipients, start=1):
        end = "." if at == len(recipients) else ";"
        one = line(document, f"- {name}{end}", 14, side=WD_ALIGN_PARAGRAPH.LEFT, after_pt=8 if end == "." else 0)
        one.paragraph_format.left_indent = Mm(48)


def foot(paper: Paper) -> None:
    """Write who receives the brief on the left, each once, and who signs it on the right, on the page of the end."""
    content, document = paper.content, paper.document
    publish = content.publish
    spacer = document.add_paragraph().paragraph_format
    spacer.space_after, spacer.keep_with_next = Pt(0), True
    left, right = columns(document, (85, 85))
    line(left, content.say("copies"), 12, bold=True, italic=True, first=True, side=WD_ALIGN_PARAGRAPH.LEFT)
    above = [content.say("as_above")] if publish.recipients else []
    names = list(dict.fromkeys([*above, *publish.copies])) or [content.say("file")]
    for at, name in enumerate(names, start=1):
        end = "." if at == len(names) else ";"
        line(left, f"- {name}{end}", 11, side=WD_ALIGN_PARAGRAPH.LEFT)
    titles = publish.signer_title or (content.say("signer_title"),)
    for at, title in enumerate(titles):
        line(right, title.upper(), SIZE_PT, bold=True, first=at == 0)
    line(right, content.say("signature"), 12, italic=True, after_pt=56)
    line(right, publish.signer, SIZE_PT, bold=True)


def annex_head(paper: Paper, key: str, *, wide: bool = False, **values: Any) -> None:
    """Begin an annex on pages of its own, with its number, its title and the brief that it belongs to."""
    content, document = paper.content, paper.document
    paper.new_pages(wide=wide)
    number = ("I", "II", "III", "IV", "V")[paper.next("annex") - 1]
    line(document, content.say("annex_number", number=number), 14, bold=True, side=WD_ALIGN_PARAGRAPH.CENTER)
    line(document, content.say(key, **values).upper(), 14, bold=True)
    when = date.fromisoformat(content.publish.date) if content.publish.date else None
    day = shown.day(when, content.language) if when else content.say("day_blank")
    said = content.say(
        "annex_of", number=number_of(content).split(": ", 1)[-1], day=day, issuer=_in_sentence(content, True)
    )
    line(document, together(said), SIZE_PT, italic=True)
    rule(document, 50, WIDTH_MM + (87 if wide else 0))
