"""The laws of the model as properties over random evidence; `make prove-laws` asks the same of many more cases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.timeline import assess, progress
from app.timeline.clock import Clock
from app.timeline.ledger import Ledger
from app.timeline.records import Report
from app.timeline.table import Table, tabulate
from bench.laws import adversary
from bench.laws.__main__ import main, written
from bench.laws.checks import LAWS
from bench.laws.documents import START

# 15 laws of 310 cases, with those of test_invariances over 5,000 examples in all.
many = settings(derandomize=True, deadline=None, max_examples=310, print_blob=False)


@pytest.mark.parametrize("name", LAWS)
@many
@given(number=st.integers(0, 2**40))
def test_a_law_holds_on_random_evidence(name: str, number: int) -> None:
    LAWS[name](number)


def broken(name: str, tries: int = 400) -> bool:
    """Whether a law catches something in some cases."""
    for number in range(tries):
        try:
            LAWS[name](number)
        except AssertionError:
            return True
    return False


def careless_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take all of a record as known on any day."""
    monkeypatch.setattr(Ledger, "on", lambda ledger, as_of: ledger)
    monkeypatch.setattr(Ledger, "known", lambda ledger, as_of: ledger._record)


def test_a_model_that_takes_what_came_later_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    careless_of_time(monkeypatch)

    assert broken("lateness")


def test_a_model_that_counts_nothing_as_zero_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(reports: tuple[Report, ...]) -> Table:
        return tabulate(tuple(r._replace(episodes=r.episodes or 0) for r in reports))

    monkeypatch.setattr("app.timeline.ledger.tabulate", careless)

    assert broken("nothing_is_not_zero")


def test_a_clock_that_overlooks_contrary_evidence_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "until", property(lambda clock: clock.as_of))
    monkeypatch.setattr("app.timeline.stopping.continuing_betrayal.CONTINUING", frozenset())
    monkeypatch.setattr("app.timeline.clock.CONTINUING", frozenset())

    assert broken("continuing")


def test_an_anniversary_that_tells_the_trend_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.timeline.look.ANNIVERSARY", "no such trigger")

    assert broken("anniversary")


def test_a_sentence_with_a_verdict_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_basis", lambda look: "Repair has failed.")

    assert broken("sound")


def test_a_figure_that_is_no_number_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    true = progress.measure
    monkeypatch.setattr(progress, "measure", lambda look: {**true(look), "p_resolved": float("nan")})

    with pytest.raises((AssertionError, ValueError)):
        LAWS["sound"](3)


@pytest.mark.parametrize("name", list(adversary.documents())[4:])
def test_a_document_made_to_be_slow_is_answered_in_time_or_refused(name: str) -> None:
    document = adversary.documents()[name]()
    found = adversary._best(name, document, START + timedelta(days=20_000), assess)

    assert found.within, found
    assert found.answer == "answered" or "must hold at most" in found.answer


def test_the_page_of_the_proof_names_every_law(capsys: pytest.CaptureFixture[str]) -> None:
    found = {name: (7, (3, "AssertionError: x") if name == "order" else None) for name in LAWS}

    page = written(found, [], 1, 60.0, 1000)

    assert "1 laws broken" in page
    assert "case 3" in page
    assert all(name.replace("_", " ") in page for name in LAWS)


def test_the_command_runs_every_law_and_tells_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.laws.__main__.ordeals", list)
    arguments = ["--examples", "15", "--quick", "--processes", "1"]

    assert main(arguments) == 0
    careless_of_time(monkeypatch)
    assert main([*arguments[:1], "150", *arguments[2:]]) == 1
