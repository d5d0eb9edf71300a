"""Devices for learning: who lacks one, who was given one, and who gets the next ones, by rules that are data."""

from lomsong.devices.allocate import allocate, lot, turns
from lomsong.devices.ledger import balance, irregularities
from lomsong.devices.order import Tier, tier_of, tiers
from lomsong.devices.roster import device_needs

__all__ = [
    "Tier",
    "allocate",
    "balance",
    "device_needs",
    "irregularities",
    "lot",
    "tier_of",
    "tiers",
    "turns",
]
