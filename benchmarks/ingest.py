"""A G-NetTrack log to canonical Parquet with an account of every row, beside pandas doing it without one.

python benchmarks/ingest.py [ROWS ...]      default 200000 1000000; 10000000 shows that memory stays flat

Each conversion runs in a process of its own, after one that compiles; CPU time is that of reading and writing, memory
the greatest of the process. Logs have the faults that real ones have: rows of 3G, sentinels, lost fixes, jumps, copies,
cut lines.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HEAD = (
    "Timestamp\tLongitude\tLatitude\tOperatorname\tOperator\tCellname\tNode\tCellID\tLAC\tNetworkTech\tLevel\tQual\tSNR"
    "\tCQI\tLTERSSI\tARFCN\tPSC\tAltitude\tDistance\tTA\tBAND\t\r\n"
)
PIECE = 100_000


def write_log(path, rows):
    """Write a drive of one phone, piece by piece; 8 % of its rows are of 3G and 1 % at fault."""
    with path.open("w", newline="") as file:
        file.write(HEAD)
        for begin in range(0, rows, PIECE):
            file.write("".join(lines(begin, min(begin + PIECE, rows))))


def lines(begin, end):
    rng = np.random.default_rng(begin)
    at = np.arange(begin, end)
    clock = (np.datetime64("2021-10-01") + at.astype("timedelta64[s]")).astype(str)
    level = np.round(-95 + 12 * np.sin(at / 700) + rng.normal(0, 4, len(at))).astype(int)
    fault = rng.random(len(at))
    for i, row in enumerate(at.tolist()):
        tech, value = ("3G", -80) if row % 500 < 40 else ("4G", int(level[i]))
        longitude = 107 + (row % 40_000) * 4e-5
        if fault[i] < 0.002:
            value = -340
        elif fault[i] < 0.004:
            longitude += 0.3
        elif fault[i] < 0.006:
            longitude = 0.0
        stamp = clock[i].replace("-", ".").replace(":", ".").replace("T", "_")
        line = (
            f"{stamp}\t{longitude:.6f}\t{11.2 + row // 40_000 * 1e-3:.6f}\tViettel\t45204\t\t"
            f"{5000 + row // 900}\t{1 + row // 300 % 3}\t7000\t{tech}\t{value}\t-9\t5.0\t-\t-73\t1300\t"
            f"{row // 300 % 504}\t60\t-1\t\tL3\t\r\n"
        )
        yield line[:40] + "\r\n" if fault[i] > 0.999 else line
        if 0.998 < fault[i] <= 0.999:
            yield line


def convert(path, out):
    """What the child does: print rows, CPU seconds and the greatest memory."""
    from lomsong.ingest.files.sources import source
    from lomsong.ingest.surveys.reader import open_survey
    from lomsong.publish.delimited import csv_writer
    from lomsong.publish.samples import sample_writer

    began = time.process_time()
    with (
        sample_writer(Path(out)) as samples,
        csv_writer(Path(out).with_suffix(".rejects.csv")) as rejects,
        open_survey(source(path)) as stream,
    ):
        for piece in stream:
            samples.write(piece.samples)
            rejects.write(piece.rejects)
    cpu_s = time.process_time() - began
    print(stream.rows_read, stream.accepted, cpu_s, greatest_memory_gb())


def greatest_memory_gb():
    """Of this process alone: what the system keeps for usage may hold that of the parent before it became another."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def child(path, out):
    done = subprocess.run(
        [sys.executable, __file__, "--convert", path, out], capture_output=True, text=True, check=True
    )
    rows, accepted, cpu_s, memory_gb = map(float, done.stdout.split())
    return int(rows), int(accepted), cpu_s, memory_gb


def peer(path, out):
    began = time.process_time()
    pd.read_csv(path, sep="\t", on_bad_lines="skip", index_col=False).to_parquet(out)
    return time.process_time() - began


def main():
    sizes = [int(size) for size in sys.argv[1:]] or [200_000, 1_000_000]
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "log.txt", Path(folder) / "out.parquet"
        write_log(path, 1_000)
        child(path, out)  # compiles
        for size in sizes:
            write_log(path, size)
            rows, accepted, cpu_s, memory_gb = child(path, out)
            lines_there = path.read_bytes().count(b"\n") - 1 if size <= 2_000_000 else rows
            assert rows == lines_there, (rows, lines_there)
            print(
                f"{rows:,} rows ({path.stat().st_size / 1e6:,.0f} MB), {accepted:,} accepted: {cpu_s:.2f} CPU-s, "
                f"{rows / cpu_s:,.0f} rows a CPU-second, {memory_gb:.2f} GB"
            )
            if size <= 2_000_000:
                peer_s = peer(path, out)
                print(f"  pandas, no account, no checks, all in memory: {peer_s:.2f} CPU-s; ratio {peer_s / cpu_s:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--convert"]:
        convert(*sys.argv[2:4])
    else:
        main()
