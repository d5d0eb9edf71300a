"""Work over a few threads: in order, and an interrupt does not wait for it."""

import _thread
import subprocess
import sys
import threading
import time

import pytest

from lomsong.chunks import in_chunks, left_behind, over_threads

INTERRUPTED = """
import _thread, sys, time
from lomsong import chunks, cli, pipeline

def fit(value):
    _thread.interrupt_main()
    time.sleep(60)

pipeline.run = lambda *rest: chunks.over_threads(fit, "ab")
sys.argv = ["lomsong", "run", sys.argv[1], "--out", sys.argv[2], "--lang", "en"]
cli.main()
"""


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_results_come_in_order_whoever_is_first(workers):
    def slow(value):
        time.sleep(0.05 / value)
        return -value

    assert over_threads(slow, range(1, 6), workers) == [-1, -2, -3, -4, -5]
    assert over_threads(slow, [], workers) == []


def test_an_error_is_that_of_the_first_and_ends_the_work():
    with pytest.raises(KeyError, match="2"):
        over_threads({1: "a"}.__getitem__, [1, 2, 3], 1)


def test_an_interrupt_does_not_wait_for_what_is_under_way_and_begins_nothing_more():
    free, begun = threading.Event(), []

    def stuck(value):
        begun.append(value)
        _thread.interrupt_main()
        free.wait(60)

    try:
        with pytest.raises(KeyboardInterrupt):
            over_threads(stuck, "abc", 1)
        assert left_behind()
    finally:
        free.set()
    until = time.monotonic() + 30
    while left_behind():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert begun == ["a"]


def test_an_error_waits_for_what_is_under_way_and_halts_it():
    halted, both, ended = threading.Event(), threading.Barrier(2), []

    def work(part):
        both.wait(60)
        if part.start == 0:
            raise ZeroDivisionError
        ended.append(halted.wait(60))

    with pytest.raises(ZeroDivisionError):
        in_chunks(2, work, chunk=1, workers=2, halted=halted)
    assert ended == [True]
    assert not left_behind()


def test_the_command_line_ends_at_once_when_it_is_interrupted(small_province, tmp_path):
    command = [sys.executable, "-c", INTERRUPTED, small_province / "lomsong.toml", tmp_path / "out"]
    started = time.monotonic()
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert time.monotonic() - started < 40
    assert said.returncode == 130
    assert said.stderr.strip().startswith("lomsong: interrupted")
    assert len(said.stderr.strip().splitlines()) == 1
