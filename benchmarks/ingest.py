"""Reading a G-NetTrack log with its account, beside pandas reading the same bytes without one, in one run.

python benchmarks/ingest.py [ROWS]      default 200000
"""

import io
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from lomsong.ingest import read_survey

HEAD = (
    "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tCellname\tNode\tCellID\tLAC\tNetworkTech\tLevel\tQual\tSNR"
)
HEAD += "\tCQI\tLTERSSI\tARFCN\tPSC\tAltitude\tDistance\tTA\tBAND\t\r\n"


def log(rows):
    start = pd.Timestamp("2021-10-01")
    lines = []
    for i in range(rows):
        time_text = (start + pd.Timedelta(seconds=2 * i)).strftime("%Y.%m.%d_%H.%M.%S")
        place = f"{107 + i * 1e-6:.6f}\t{11.2 + i * 1e-6:.6f}"
        served = f"Viettel\t45204\t\t21\t{i % 99}\t7000\t4G\t{-80 - i % 30}\t-9\t5.0\t10\t-73\t1800"
        lines.append(f"{time_text}\t{place}\t{served}\t5\t60\t0\t\tL3\t")
    return HEAD + "\r\n".join(lines) + "\r\n"


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    text = log(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.txt"
        path.write_text(text, newline="")
        read_survey(path)
        began = time.process_time()
        survey = read_survey(path)
        ours_s = time.process_time() - began
    began = time.process_time()
    pd.read_csv(io.StringIO(text), sep="\t", index_col=False)
    peer_s = time.process_time() - began
    assert survey.rows_read == rows == len(survey.samples) + len(survey.rejects)
    print(
        f"{rows:,} rows: lomsong {ours_s:.2f} CPU-s ({rows / ours_s:,.0f} rows a CPU-second), pandas alone {peer_s:.2f}"
    )
    print(f"  the account of every row costs {ours_s / peer_s:.1f} times plain reading")


if __name__ == "__main__":
    main()
