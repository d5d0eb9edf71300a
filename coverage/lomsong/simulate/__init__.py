"""A fictive province whose truth is known: sample data, tests and scale runs."""

from lomsong.simulate.province import Province, country, simulate
from lomsong.simulate.recipe import Recipe

__all__ = ["Province", "Recipe", "country", "simulate"]
