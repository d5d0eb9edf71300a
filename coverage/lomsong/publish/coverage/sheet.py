"""A figure that is drawn outside of any global state and saved whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lomsong.errors import FormatError
from lomsong.publish.atomic import replacing
from lomsong.texts import fault

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
INK = "#22303a"
"""Text and lines."""
FAINT = "#6b7780"
"""Text of less weight."""
FRAME = "#c3cbd1"

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 11, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FRAME,
    "xtick.color": INK, "ytick.color": INK, "hatch.linewidth": 0.8, "svg.hashsalt": "lomsong", "svg.fonttype": "path",
    "axes.unicode_minus": True, "text.usetex": False, "figure.constrained_layout.use": False, "text.parse_math": False,
}  # fmt: skip


@contextmanager
def sheet(path: Path, width: int, height: int, dpi: int = DPI) -> Iterator[Figure]:
    """Give a white figure of ``width`` by ``height`` pixels and save it to ``path`` when the block ends well.

    With more ``dpi`` than :data:`DPI` the picture is the same, and finer: type keeps its size on paper.

    Raises
    ------
    FormatError
        When ``path`` ends neither in .png nor in .svg.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise fault(FormatError, "cover_picture_kind", file=path.name, kind=path.suffix)
    # A date or a version in the file would make the bytes differ between equal runs.
    metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": "lomsong"}
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        yield figure
        with replacing(path) as draft:
            figure.savefig(draft, format=kind, dpi=dpi, facecolor="white", metadata=metadata)
