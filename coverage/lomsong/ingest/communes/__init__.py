"""Communes of either vintage: boundaries, names, mergers, and who belongs where."""
