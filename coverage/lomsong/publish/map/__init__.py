"""The offline interactive map: one HTML file that asks nothing of any network."""

from lomsong.publish.map.content import MapContent, SignalRaster
from lomsong.publish.map.page import build_map

__all__ = ["MapContent", "SignalRaster", "build_map"]
