"""Cards of proposed sites, and the account of the plan that other publications take over."""

from lomsong.publish.cards.book import write_cards
from lomsong.publish.cards.content import (
    SITE_COLUMNS,
    Card,
    CardContent,
    Line,
    cards,
    cautioned,
    placemarks,
    price_cells,
    price_table,
    site_cells,
    site_table,
    summary,
)

__all__ = [
    "SITE_COLUMNS",
    "Card",
    "CardContent",
    "Line",
    "cards",
    "cautioned",
    "placemarks",
    "price_cells",
    "price_table",
    "site_cells",
    "site_table",
    "summary",
    "write_cards",
]
