"""What the department is to propose, each from a figure of the run."""

from __future__ import annotations

from lomsong.publish.brief.document import Paper
from lomsong.publish.brief.findings import NAMED
from lomsong.texts import TEXTS


def proposals(paper: Paper) -> None:
    """Write the proposals: where first, who is to do what, what is to be measured; none of what is not known."""
    content = paper.content
    if content.first.empty:
        return
    paper.section("proposals")
    first = content.listed(content.first["name"].head(NAMED).astype(str).tolist())
    paper.item(content.say("propose_first", names=first))
    towers, bodies = content.towers, content.findings.bodies
    if towers is not None and len(towers):
        paper.item(content.say("propose_towers", count=len(towers)))
    if bodies is not None:
        for body, points in zip(bodies["body"], bodies["points"], strict=True):
            if f"brief.propose_{body}" in TEXTS:
                paper.item(content.say(f"propose_{body}", count=content.count(points)))
    paper.item(content.say("propose_update"), keep=True)
    paper.paragraph(content.say("end"), keep=True)
