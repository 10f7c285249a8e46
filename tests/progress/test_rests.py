"""Gaps that rest, closed cases, and the clock that never resets."""

from datetime import date, timedelta

from app.progress.rests import Rest, closures, gaps, process_clock

FIRST = date(2025, 1, 1)


def after(*days: int) -> list[date]:
    return [FIRST + timedelta(day) for day in days]


def test_sixty_days_without_contact_are_no_rest() -> None:
    (open_end,) = gaps(after(0, 60))
    assert open_end.end is None


def test_a_longer_gap_rests_from_the_day_after_its_thirtieth_and_is_known_only_then() -> None:
    gap, _ = gaps(after(0, 61))
    start, end, known = after(31, 61, 61)
    assert (gap.start, gap.end, gap.known_on) == (start, end, known)


def test_the_last_contact_opens_a_rest_that_is_known_after_sixty_days() -> None:
    (rest,) = gaps(after(0))
    assert (rest.end, rest.known_on) == (None, FIRST + timedelta(61))


def test_without_contacts_there_is_no_gap() -> None:
    assert gaps([]) == []


def test_a_closed_case_rests_until_it_is_taken_up_again() -> None:
    closed, reopened = after(10, 40)
    found = closures([("x", "open", reopened), ("y", "closed", closed)])
    assert found == [Rest("closed:y", closed, reopened)]


def test_the_process_clock_leaves_rests_out_and_counts_overlapping_ones_once() -> None:
    resting = [Rest("a", *after(10, 20)), Rest("b", *after(15, 30)), Rest("c", FIRST + timedelta(90), None)]
    clock = process_clock([FIRST], resting, FIRST + timedelta(100))
    assert round(clock.months * 30.4375) == 100 - 20 - 10


def test_the_process_clock_starts_with_the_first_session_and_not_before() -> None:
    clock = process_clock(after(5, 19), [], FIRST)
    assert (clock.since, clock.months) == (None, 0.0)


def test_a_gap_that_nobody_could_know_of_yet_does_not_rest() -> None:
    contacts = after(0, 100)
    clock = process_clock([FIRST], gaps(contacts), FIRST + timedelta(50))
    assert round(clock.months * 30.4375) == 50
