"""Which operator builds which tower."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lomsong.ingest import Evidence
from lomsong.pipeline.towers.demand import OWN
from lomsong.pipeline.towers.ground import Ground
from lomsong.settings import Siting


def given_builders(
    ground: Ground, selected: NDArray[np.int64], evidence: Evidence, siting: Siting
) -> NDArray[np.object_]:
    """Return the operator who builds each selected site, empty where that is not decided, shape (selected,).

    Where ``siting.operator_sites`` says how many each builds at most, sites are dealt so that as many learners
    as possible are reached by the operator whose SIM they have; a mast goes to its owner where his number allows.
    """
    quotas = dict(siting.operator_sites)
    if not quotas or not len(selected):
        return np.full(len(selected), siting.operator, object)
    names = list(quotas)
    reached = ground.reach[:, selected]
    total = ground.demand["unconnected"].to_numpy(float)
    own = np.column_stack([ground.demand[f"{OWN}{name}"].to_numpy(float) for name in names]) / total[:, None]
    worth = np.asarray(reached.T @ (ground.weights[:, None] * np.repeat(own, ground.strata, axis=0)))
    worth = worth + float(ground.weights.sum()) * _owned(ground, selected, evidence, names)
    seats = np.repeat(np.arange(len(names)), list(quotas.values()))
    site, seat = linear_sum_assignment(-worth[:, seats])
    builder = np.full(len(selected), "", object)
    builder[site] = np.array(names, object)[seats[seat]]
    return builder


def _owned(ground: Ground, selected: NDArray[np.int64], evidence: Evidence, names: list[str]) -> NDArray[np.float64]:
    """Return ones where a selected site stands on an operator's own mast, shape (selected, names)."""
    structure = ground.candidates["existing_structure"].iloc[selected]
    if evidence.sites is None:
        return np.zeros((len(selected), len(names)))
    owner = evidence.sites.drop_duplicates("site_id").set_index("site_id")["operator"]
    mine = structure.map(owner).to_numpy(object)
    return np.column_stack([mine == name for name in names]).astype(float)
