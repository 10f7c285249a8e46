"""The soak's judgement: what grows is called so, what only wavers is not; the long run itself is `make prove-soak`."""

import math
import os
import random
import subprocess

from bench.soak.judging import MEMORY_LIMIT, slope, steady
from bench.soak.sampling import files_of, look, memory_of

SECONDS = [2.0 * n for n in range(600)]


def wavering(by_hour: float, *, steps: bool = False) -> list[float]:
    """Memory that saws up and down by ten MB, beside a growth an hour; neighbours are alike."""
    dice, drift, found = random.Random(7), 0.0, list[float]()  # noqa: S311 - made-up figures
    for at in SECONDS:
        drift = 0.9 * drift + dice.gauss(0, 0.3)
        grown = by_hour * at / 3600
        found.append(200 + drift + 5 * math.sin(at / 25) + (grown // 4 * 4 if steps else grown))
    return found


def test_what_grows_is_told_from_what_only_wavers() -> None:
    assert slope(SECONDS, wavering(0)).verdict(MEMORY_LIMIT) != "grows"
    assert slope(SECONDS, [200.0] * 600).verdict(MEMORY_LIMIT) == "flat"
    assert slope(SECONDS, wavering(120)).verdict(MEMORY_LIMIT) == "grows"
    assert slope(SECONDS, wavering(120, steps=True)).verdict(MEMORY_LIMIT) == "grows"
    assert slope(SECONDS[:30], wavering(0)[:30]).verdict(MEMORY_LIMIT) != "flat"


def test_numbers_that_come_and_go_are_steady_and_those_that_stay_are_not() -> None:
    assert steady([10, 12, 11, 12, 10, 13, 11, 12, 10]) == "flat"
    assert steady(list(range(10, 40))) == "grows"


def test_files_memory_and_threads_of_a_process_are_seen() -> None:
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(["cat"], stdin=pipe, stdout=pipe, stderr=nowhere) as child:  # noqa: S607
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"awake\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"awake\n"  # it has loaded its libraries and closed their files
        assert files_of(child.pid) == 3
        child.kill()
    sample = look(0.0, os.getpid(), None, None)
    assert sample.memory > memory_of(os.getpid(), "RssFile") > 0
    assert sample.threads >= 1
    assert files_of(2**22) == 0
