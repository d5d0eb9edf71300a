"""Maps drawn by matplotlib, in the colours and classes of the interactive one."""

from lomsong.publish.drawing.legend import Entry, legend, of_classes
from lomsong.publish.drawing.themes import draw_gap, draw_plan, draw_signal
from lomsong.publish.drawing.underlay import Base, clear, draw_base, north_and_scale

__all__ = [
    "Base",
    "Entry",
    "clear",
    "draw_base",
    "draw_gap",
    "draw_plan",
    "draw_signal",
    "legend",
    "north_and_scale",
    "of_classes",
]
