import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from lomsong.siting import maximum_coverage

MCLP = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mclp"
OPTIMA = MCLP / "optima.csv"

pytestmark = [pytest.mark.real, pytest.mark.skipif(not OPTIMA.exists(), reason=f"{OPTIMA} is not there")]


def known():
    return list(csv.DictReader(OPTIMA.open())) if OPTIMA.exists() else []


@pytest.mark.parametrize("row", known(), ids=lambda row: f"{row['instance']}-{row['radius_m']}-{row['p']}")
def test_reproduces_and_proves_the_optimum(row):
    lines = (MCLP / f"{row['instance']}.txt").read_text().splitlines()[1:]
    table = np.array([[float(cell) for cell in line.split()[:3]] for line in lines if line.strip()])
    tree = cKDTree(table[:, :2])
    pairs = tree.sparse_distance_matrix(tree, float(row["radius_m"]) + 1e-9, output_type="coo_matrix")
    reach = csr_matrix((np.ones(pairs.nnz), (pairs.row, pairs.col)), shape=pairs.shape)
    plan = maximum_coverage(reach, table[:, 2], int(row["p"]))
    assert plan.objective == float(row["covered_demand_opt"])
    assert plan.bound == plan.objective
    assert plan.status == "optimal"
