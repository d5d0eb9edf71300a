"""Counts the injected faults again from the bytes of the logs alone."""

import gzip
from collections import Counter
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
from pyproj import Transformer

from lomsong.simulate.gnettrack import DIRT, HEADER
from lomsong.tables import OPERATORS


def metres(one, other):
    east = (one[0] - other[0]) * 111_320 * np.cos(np.radians(one[1]))
    return np.hypot(east, (one[1] - other[1]) * 110_600)


def fault(line, before):
    if line == before:
        return "duplicate"
    if len(line) < 8:
        return "columns_missing"
    try:
        datetime.strptime(line[0], "%Y.%m.%d_%H.%M.%S")
    except ValueError:
        return "time_unreadable"
    if line[1] in ("0.0", "-"):
        return "position_missing"
    if abs(float(line[2])) > 90:
        return "swapped_coordinates"
    if line[9] in ("2G", "3G"):
        return "other_technology"
    if line[11] == "0":
        return "level_sentinel"
    return None


def read(path):
    lines = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().split("\r\n")]
    assert lines[-1] == [""]
    return lines[0], lines[1:-1]


def jumps(rows):
    fixes = [(datetime.strptime(row[0], "%Y.%m.%d_%H.%M.%S"), (float(row[1]), float(row[2]))) for row in rows]
    speed = np.array([metres(a[1], b[1]) / (b[0] - a[0]).total_seconds() for a, b in pairwise(fixes)])
    away = np.flatnonzero((speed[:-1] > 300) & (speed[1:] > 300)) + 1
    rest = np.delete(np.arange(len(rows)), away)
    calm = [metres(fixes[a][1], fixes[b][1]) / (fixes[b][0] - fixes[a][0]).total_seconds() for a, b in pairwise(rest)]
    return len(away), max(calm)


@pytest.mark.parametrize("operator", OPERATORS)
def test_faults_are_there_in_the_stated_numbers(written, dirt, operator):
    name = f"surveys/{operator}.txt.gz"
    header, lines = read(written / name)
    assert header == [*HEADER, ""]
    found = [fault(line, before) for line, before in zip(lines, [None, *lines], strict=False)]
    count = Counter(found)
    placed = [
        line
        for line, what in zip(lines, found, strict=True)
        if what is None or what in ("other_technology", "level_sentinel")
    ]
    count["gps_jump"], fastest = jumps(placed)
    assert {check: count[check] for check in DIRT} == dirt[name]["dirt"]
    assert sum(line[3:4] == ["NO_COVERAGE"] for line in lines) == dirt[name]["no_service"]
    assert len(lines) == dirt[name]["rows"]
    assert fastest < 25


@pytest.mark.parametrize("operator", OPERATORS)
def test_sound_rows_are_sound(written, province, operator):
    _, lines = read(written / f"surveys/{operator}.txt.gz")
    sound = [line for line, before in zip(lines, [None, *lines], strict=False) if fault(line, before) is None]
    assert {len(line) for line in sound} == {22}
    served = [line for line in sound if line[9] == "4G"]
    levels = np.array([int(line[10]) for line in served])
    assert levels.min() >= -125 and levels.max() < -40
    assert {line[9] for line in sound} <= {"4G", "--"}
    west, south, east, north = province.communes.total_bounds
    at = np.array([[float(line[1]), float(line[2])] for line in sound])
    assert ((at > [west - 0.01, south - 0.01]) & (at < [east + 0.01, north + 0.01])).all()


def test_levels_in_the_log_are_the_truth_with_noise(written, province):
    _, lines = read(written / "surveys/viettel.txt.gz")
    served = [line for line, before in zip(lines, [None, *lines], strict=False) if fault(line, before) is None]
    served = [line for line in served if line[9] == "4G"]
    to_metric = Transformer.from_crs(4326, 3405, always_xy=True)
    points = np.column_stack(to_metric.transform(*np.array([[float(line[1]), float(line[2])] for line in served]).T))
    error = np.array([int(line[10]) for line in served]) - province.level_dbm("viettel", points)
    error = error[np.abs(error) < 30]
    assert abs(np.median(error)) < 0.6
    assert 1.5 < 1.4826 * np.median(np.abs(error)) < 3.0
