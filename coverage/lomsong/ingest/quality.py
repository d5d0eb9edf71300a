"""Named checks: each row that is not accepted names the check it failed, the value, the limit and the remedy.

Checks run in the order of :data:`CHECKS`; a row is charged to the first it fails, so that every row is counted once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lomsong import settings
from lomsong.tables import FLAGS, REJECTS
from lomsong.texts import one_line, text

SENTINEL_LEVELS_DBM = (0.0, -24.0, -164.0, -200.0, -340.0)
"""Values that logging programs write for "no measurement"; -140 dBm is one only when the quality is 0 or missing."""


@dataclass(frozen=True)
class Check:
    """A named check: how grave a failure is, and whether it rejects the row or flags it and keeps it.

    Its sentence stands in the catalogue, :mod:`lomsong.texts`, under ``check.<name>``.
    """

    name: str
    severity: str
    effect: str = "reject"

    def remedy(self, language: str) -> str:
        """Return the sentence in ``language``."""
        return text(f"check.{self.name}", language)


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        # Rows of a survey, in the order in which they are judged
        Check("columns_missing", "critical"),
        Check("time_unreadable", "critical"),
        Check("file_duplicate", "warning", "flag"),
        Check("duplicate", "warning"),
        Check("neighbour_cell", "warning"),
        Check("position_missing", "critical"),
        Check("swapped_coordinates", "critical"),
        Check("outside_territory", "critical"),
        Check("accuracy", "warning"),
        Check("speed", "critical"),
        Check("gps_jump", "critical"),
        Check("operator_unknown", "critical"),
        Check("other_technology", "warning"),
        Check("level_sentinel", "warning"),
        Check("level_range", "critical"),
        Check("time_order", "warning", "flag"),
        Check("time_missing", "warning", "flag"),
        Check("stationary", "warning", "flag"),
        Check("level_repeated", "warning", "flag"),
        Check("level_columns", "critical", "flag"),
        Check("sheets_unread", "critical", "flag"),
        Check("not_a_track", "warning", "flag"),
        Check("technology_mix", "warning", "flag"),
        Check("technology_assumed", "warning", "flag"),
        Check("operator_assumed", "warning", "flag"),
        Check("quality_range", "warning", "flag"),
        Check("speed_converted", "warning", "flag"),
        # Coordinates of a whole file
        Check("axes_swapped", "critical", "flag"),
        Check("sign_missing", "critical", "flag"),
        Check("degrees_as_text", "warning", "flag"),
        Check("projected", "warning", "flag"),
        # Rosters
        Check("place_unknown", "critical"),
        Check("code_missing", "critical"),
        Check("code_duplicate", "critical"),
        Check("count_invalid", "critical"),
        Check("value_unknown", "critical"),
        Check("value_range", "critical"),
        Check("date_unreadable", "critical"),
        Check("total_row", "warning"),
        Check("learner_duplicate", "warning"),
        Check("placed_in_hamlet", "warning", "flag"),
        Check("placed_in_commune", "warning", "flag"),
        Check("count_implausible", "warning", "flag"),
        Check("total_mismatch", "critical", "flag"),
        Check("school_without_pupils", "warning", "flag"),
        Check("category_unknown", "warning", "flag"),
        Check("handover_incomplete", "critical", "flag"),
        Check("learner_similar", "warning", "flag"),
        Check("birth_year_only", "warning", "flag"),
        Check("code_local", "warning", "flag"),
        Check("device_unknown", "warning", "flag"),
        Check("household_unknown", "critical", "flag"),
        Check("personal_data", "warning", "flag"),
        Check("legacy_encoding", "warning", "flag"),
        # Boundaries
        Check("geometry_unusable", "critical"),
        Check("geometry_repaired", "warning", "flag"),
        Check("kind_unknown", "warning", "flag"),
        Check("code_mended", "warning", "flag"),
        Check("crosswalk_open", "critical", "flag"),
        Check("crosswalk_split", "warning", "flag"),
        Check("commune_by_place", "warning", "flag"),
        Check("commune_by_name", "warning", "flag"),
        Check("commune_by_crosswalk", "warning", "flag"),
        Check("commune_disagrees", "warning", "flag"),
        Check("commune_ambiguous", "critical", "flag"),
        Check("commune_unmatched", "critical", "flag"),
        # Sites and cells
        Check("eirp_total", "critical", "flag"),
        Check("value_left_out", "warning", "flag"),
        Check("position_estimated", "warning", "flag"),
        # Rasters
        Check("void_filled", "warning", "flag"),
        Check("void_left", "critical", "flag"),
        Check("class_unknown", "warning", "flag"),
        Check("raster_missing", "warning", "flag"),
        Check("unit_converted", "warning", "flag"),
        Check("grid_coarsened", "warning", "flag"),
    )
}
"""All checks by name; a row is charged to the first that it fails, and flagged by as many as hold."""


@dataclass
class Sieve:
    """Charges rows to checks, each row to the first check that it fails, and notes what is kept but told.

    Parameters
    ----------
    source_file
        Name written into the rejects.
    source_row
        Row of each record as a person counts it in the file, shape (n,).
    language
        Language of the remedies.
    sheets
        Sheet of each record, where several were read as one, shape (n,).
    """

    source_file: str
    source_row: NDArray[np.int64]
    language: str = "vi"
    sheets: InitVar[Any] = None

    def __post_init__(self, sheets: Any) -> None:
        self.source_file = one_line(self.source_file)
        count = len(self.source_row)
        self.sheet = np.full(count, "", dtype=object) if sheets is None else np.asarray(sheets, dtype=object)
        self.open = np.ones(len(self.source_row), dtype=bool)
        self._parts: list[pd.DataFrame] = []
        self.flag_rows: list[dict[str, Any]] = []

    def reject(self, check: str, failed: Any, value: Any = "", limit: str = "", column: str = "") -> None:
        """Charge the rows in ``failed`` that are still open to ``check``.

        ``value`` is one text, one value a row, or a function from rows to their values; ``column`` is the column at
        fault as the file or the table names it.
        """
        mask = np.asarray(pd.Series(failed).fillna(False), dtype=bool) & self.open
        if not mask.any():
            return
        self.open &= ~mask
        self._parts.append(
            pd.DataFrame(
                {
                    "source_file": self.source_file,
                    "sheet": self.sheet[mask],
                    "source_row": self.source_row[mask],
                    "check": check,
                    "severity": CHECKS[check].severity,
                    "column": column,
                    "value": _values(value, mask),
                    "limit": limit,
                    "remedy": CHECKS[check].remedy(self.language),
                },
                index=np.flatnonzero(mask),
            )
        )

    def flag(self, check: str, held: Any = True, value: Any = "", limit: str = "", column: str = "") -> None:
        """Note that ``check`` holds of the open rows in ``held``, which stay; True stands for all of them.

        One flag a call: the number of rows, the first of them and its value.
        """
        mask = np.asarray(pd.Series(held).fillna(False), dtype=bool) if np.ndim(held) else np.full(len(self.open), held)
        mask = mask & self.open
        if not mask.any():
            return
        first = int(np.argmax(mask))
        only = np.zeros(len(mask), dtype=bool)
        only[first] = True
        shown = value if isinstance(value, str) else str(_values(value, only)[0])
        self.flag_rows.append(
            flag(
                self.source_file,
                check,
                self.language,
                int(mask.sum()),
                int(self.source_row[first]),
                shown,
                limit,
                column,
                self.sheet[first],
            )
        )

    def rejects(self) -> pd.DataFrame:
        """Return the table ``rejects`` in the order of the file."""
        if not self._parts:
            return pd.DataFrame(columns=REJECTS.names)
        return pd.concat(self._parts).sort_index().reset_index(drop=True)[REJECTS.names]

    def flags(self) -> pd.DataFrame:
        """Return the table ``flags``: one row a check that held."""
        return pd.DataFrame(self.flag_rows, columns=FLAGS.names)


def _values(value: Any, mask: NDArray[np.bool_]) -> Any:
    if isinstance(value, str):
        return value
    if callable(value):
        return np.array(value(np.flatnonzero(mask)), dtype=object)
    return pd.Series(value).to_numpy()[mask].astype(str)


def flag(
    source_file: str,
    check: str,
    language: str,
    rows: int,
    first_row: int = 0,
    value: str = "",
    limit: str = "",
    column: str = "",
    sheet: str = "",
) -> dict[str, Any]:
    """Return one row of the table ``flags``; ``first_row`` 0 stands for the file as a whole."""
    return {
        "source_file": one_line(source_file),
        "check": check,
        "severity": CHECKS[check].severity,
        "rows": rows,
        "sheet": sheet,
        "first_row": first_row,
        "column": column,
        "value": value,
        "limit": limit,
        "remedy": CHECKS[check].remedy(language),
    }


def flag_file(sieve: Sieve, raw: pd.DataFrame) -> None:
    """Flag what :func:`~lomsong.ingest.files.opening.read_table` found of a file: its font, sheets left unread."""
    font, left = str(raw.attrs.get("legacy_encoding") or ""), raw.attrs.get("sheets_left", ())
    sieve.flag("legacy_encoding", bool(font), font)
    sieve.flag("sheets_unread", bool(left), ", ".join(left))


@dataclass(frozen=True)
class SurveyLimits:
    """Limits that samples are held against.

    ``bounds`` is west, south, east, north of the territory in degrees, or None; ``crs`` that of files in metres;
    ``columns`` headings that no alias knows, by field; ``utc_offset_h`` how far clocks that state no offset are ahead
    of UTC; ``operator`` whose columns are read where headings name operators.
    """

    technology: str = "4G"
    max_speed_mps: float = 70.0
    max_accuracy_m: float = 50.0
    bounds: tuple[float, float, float, float] | None = None
    crs: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    utc_offset_h: float = 0.0
    operator: str = ""

    @classmethod
    def of(cls, survey: settings.Survey, bounds: tuple[float, float, float, float] | None = None) -> SurveyLimits:
        """Return the limits that ``[survey]`` of lomsong.toml sets."""
        return cls(
            survey.technology, survey.max_speed_mps, survey.max_accuracy_m, bounds, survey.crs, survey.columns,
            survey.utc_offset_h,
        )  # fmt: skip
