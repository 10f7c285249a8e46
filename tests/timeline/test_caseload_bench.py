"""The bench of caseload refreshes: its sums, and that it really computes first and reads afterwards."""

import pytest

from bench import caseload
from bench.caseload import Reading, told


def test_couples_a_second_are_those_computed_and_nothing_else() -> None:
    lines = told([Reading(60, 2.0, 0.006), Reading(40, 0.5, 0.002), Reading(0, 9.0, 9.0)])

    assert "100 couples in 2.5 s" in lines[0]
    assert "40 couples/s" in lines[0]
    assert lines[1] == "read again: 4.0 ms a caseload of about 50 couples"


def test_it_runs_on_a_small_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert caseload.main(["--couples", "2", "--depth", "0.02"]) == 0

    told_again = capsys.readouterr().out
    assert "2 couples in" in told_again
    assert "read again" in told_again
