"""Rasters, lines and areas."""
