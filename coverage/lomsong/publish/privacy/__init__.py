"""What may leave the house: small counts suppressed with what gives them back, homes pooled or moved."""

from lomsong.publish.privacy.counts import (
    round_total,
    rounded_interval,
    suppress,
    withheld_beside_rounded,
    withheld_parts,
)
from lomsong.publish.privacy.disclosure import Counts
from lomsong.publish.privacy.hexagons import withheld_hexagons
from lomsong.publish.privacy.homes import displaced_homes, learner_cells
from lomsong.publish.privacy.published import (
    OF_PEOPLE,
    published_cells,
    published_classes,
    published_districts,
    published_hamlets,
    published_plan,
    published_points,
    published_ranking,
    published_rejects,
    published_tallies,
    published_towers,
    published_zones,
)

__all__ = [
    "OF_PEOPLE",
    "Counts",
    "displaced_homes",
    "learner_cells",
    "published_cells",
    "published_classes",
    "published_districts",
    "published_hamlets",
    "published_plan",
    "published_points",
    "published_ranking",
    "published_rejects",
    "published_tallies",
    "published_towers",
    "published_zones",
    "round_total",
    "rounded_interval",
    "suppress",
    "withheld_beside_rounded",
    "withheld_hexagons",
    "withheld_parts",
]
