"""Safety vocabulary: concerns, states and how long a screen holds."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.markers.kinds import BY_CODE as MARKERS
from app.safety.kinds import (
    CONCERN_KINDS,
    CONCERN_STATES,
    SCREEN_RESULTS,
    STATE_BY_CODE,
    screen_due_on,
    screen_is_current,
)


def test_every_concern_opens_as_an_open_state_and_gives_the_clinician_something_to_do() -> None:
    assert len({kind.code for kind in CONCERN_KINDS}) == len(CONCERN_KINDS) == 8
    assert all(STATE_BY_CODE[kind.opens_as].open and kind.tasks and kind.effect for kind in CONCERN_KINDS)


def test_an_unassessed_fear_or_an_acute_state_begins_under_assessment() -> None:
    assert {kind.code for kind in CONCERN_KINDS if kind.opens_as == "under_assessment"} == {
        "fear_of_partner",
        "intoxication_or_psychosis",
    }


def test_only_honour_based_threat_locks_the_export() -> None:
    assert [kind.code for kind in CONCERN_KINDS if kind.locks_export] == ["honour_based_threat"]


def test_the_marker_that_opens_a_concern_has_one_to_open() -> None:
    opening = {code for code, kind in MARKERS.items() if kind.opens_safety_concern}

    assert {code for kind in CONCERN_KINDS for code in kind.opened_by_markers} == opening


def test_only_a_resolved_concern_is_closed() -> None:
    assert {state.code: state.open for state in CONCERN_STATES} == {
        "under_assessment": True,
        "active": True,
        "resolved": False,
    }


def test_no_screen_result_claims_safety() -> None:
    assert not any("safe" in result.words for result in SCREEN_RESULTS)
    assert {result.code for result in SCREEN_RESULTS if result.screened} == {
        "no_concern_stated",
        "concern_stated",
    }
    assert [result.code for result in SCREEN_RESULTS if result.opens_concern] == ["concern_stated"]


@pytest.mark.parametrize(
    ("screened", "due"),
    [
        (date(2026, 1, 15), date(2026, 7, 15)),
        (date(2025, 8, 31), date(2026, 2, 28)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_a_screen_holds_for_six_months(screened: date, due: date) -> None:
    assert screen_due_on(screened) == due
    assert screen_is_current(screened, due)
    assert not screen_is_current(screened, date.fromordinal(due.toordinal() + 1))


def test_no_screen_and_a_screen_of_tomorrow_are_not_current() -> None:
    assert not screen_is_current(None, date(2026, 1, 1))
    assert not screen_is_current(date(2026, 1, 2), date(2026, 1, 1))


@settings(derandomize=True)
@given(st.dates())
def test_any_day_has_a_due_day(day: date) -> None:
    assert screen_due_on(day).year >= day.year
