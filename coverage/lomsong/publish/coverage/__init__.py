"""What is published of computed coverage: rasters, an overlay for Google Earth, pictures, figures, path profiles."""
