"""When repair started: the latest of three days, or the clinician's own."""

from datetime import date
from typing import Any

from app.progress.starting import Beginnings, Betrayal, Start, repair_start

TODAY = date(2026, 3, 2)
FOUND = Betrayal("b1", date(2025, 3, 14))
SESSIONS = (date(2025, 4, 1), date(2025, 4, 15))


def start(**changes: Any) -> Start:
    whole: dict[str, Any] = {
        "betrayals": [FOUND],
        "ceased": [],
        "continued": [],
        "conjoint": SESSIONS,
        **changes,
    }
    return repair_start(Beginnings(**whole), TODAY)


def test_without_a_conjoint_session_repair_has_not_started() -> None:
    assert start(conjoint=()).on is None


def test_an_unasked_cessation_starts_provisionally_with_the_first_session() -> None:
    found = start()
    assert (found.on, found.basis) == (date(2025, 4, 1), "provisional")


def test_the_first_word_of_cessation_counts_when_it_is_the_latest() -> None:
    found = start(ceased=[date(2025, 5, 2), date(2025, 9, 1)])
    assert (found.on, found.basis) == (date(2025, 5, 2), "derived")


def test_full_disclosure_counts_when_it_is_the_latest() -> None:
    told = Betrayal("b1", date(2025, 3, 14), full_disclosure_on=date(2025, 6, 1))
    assert start(betrayals=[told], ceased=[date(2025, 4, 1)]).on == date(2025, 6, 1)


def test_a_later_disclosure_of_an_old_betrayal_moves_the_start() -> None:
    old = Betrayal("b2", date(2025, 7, 1), began_on=date(2020, 1, 1))
    assert start(betrayals=[FOUND, old]).on == date(2025, 7, 1)


def test_a_betrayal_that_began_during_repair_is_a_new_betrayal_and_leaves_the_start_alone() -> None:
    new = Betrayal("b2", date(2025, 9, 1), began_on=date(2025, 6, 1))
    found = start(betrayals=[FOUND, new])
    assert (found.on, found.renewed) == (date(2025, 4, 1), (new,))


def test_what_comes_to_light_once_it_is_known_to_go_on_belongs_to_the_restart() -> None:
    again = Betrayal("b2", date(2026, 1, 10))
    found = start(betrayals=[FOUND, again], ceased=[date(2025, 4, 2)], continued=[date(2026, 1, 10)])
    assert found.on == date(2025, 4, 2)


def test_the_clinicians_newest_day_goes_before_the_rule() -> None:
    found = start(chosen=[("0002", date(2025, 8, 1)), ("0001", date(2025, 10, 1))])
    assert (found.on, found.basis) == (date(2025, 8, 1), "set_by_clinician")


def test_nothing_dated_later_is_seen_on_an_earlier_day() -> None:
    whole = Beginnings([FOUND], [date(2025, 5, 2)], [], SESSIONS)
    assert repair_start(whole, date(2025, 4, 20)).on == date(2025, 4, 1)
