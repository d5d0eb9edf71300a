"""The state of every place, and the ranking of communes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lomsong.gap import over_operators, rank_communes, service_of, unconnected_draws
from lomsong.ingest import Evidence
from lomsong.settings import Settings
from lomsong.surface import CoverageSurface, shared_shadowing
from lomsong.surface.declared import Declaration


@dataclass(frozen=True)
class Gaps:
    """State of every place, and the ranking."""

    service: pd.DataFrame
    at_home: pd.DataFrame
    """p_usable and state of any operator at each household."""
    ranking: pd.DataFrame
    shared: float
    """Correlation of the operators' levels at one place."""


def find_gaps(evidence: Evidence, surfaces: Mapping[str, CoverageSurface], settings: Settings) -> Gaps:
    """Give every household, school and hamlet its state and rank the communes."""
    demand = {"household_id": evidence.households, "school_id": evidence.schools, "hamlet_id": evidence.hamlets}
    areas = evidence.declared_coverage
    declared = None if areas is None else Declaration(areas).carrying((settings.survey.technology,))
    services, homes, p_usable = [], {}, {}
    for operator, surface in surfaces.items():
        for key, frame in demand.items():
            if frame is not None and len(frame):
                places = surface.locate(frame)
                share = settings.surface.surveyed_share
                services.append(service_of(surface, places, frame[key], settings.gap, share, declared))
                if key == "household_id":
                    homes[operator], p_usable[operator] = places, services[-1]["p_usable"].to_numpy()
    service = pd.concat(services, ignore_index=True)
    shared = shared_shadowing(surfaces)
    codes = tuple(evidence.communes["commune_code"])
    area = evidence.households["commune_code"].map({code: row for row, code in enumerate(codes)})
    draws = unconnected_draws(
        surfaces,
        homes,
        p_usable,
        evidence.households["learners"].to_numpy(float),
        area.fillna(-1).to_numpy(dtype=np.int64),
        codes,
        settings.gap.usable_dbm,
        settings.gap.draws,
        settings.run.seed,
        shared,
    )
    ranking = rank_communes(
        service,
        evidence.households,
        evidence.communes,
        draws=draws,
        schools=evidence.schools,
        hamlets=evidence.hamlets,
        shared=shared.correlation,
    )
    at_home = over_operators(service, evidence.households["household_id"], "any", shared.correlation)
    return Gaps(service, at_home, ranking, shared.correlation)
