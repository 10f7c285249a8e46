"""The bench's pure parts: made-up courses, equal answers, ratios and their verdicts."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from bench import courses
from bench.filling import id_at
from bench.load import NO_DAY, Shot, on_the_wire
from bench.measuring import difference
from bench.operations import plain
from bench.readings import Ratio


def test_every_couple_leaves_behind_a_full_case_in_time_order() -> None:
    made = list(courses.events(3, 1.0))

    assert Counter((e.couple, e.kind) for e in made) == {
        (couple, kind): count for couple in range(3) for kind, count in courses.FULL.items()
    }
    assert [e.day for e in made] == sorted(e.day for e in made)
    assert {e.kind for e in made if e.day == 0} == set(courses.FULL)


def test_the_same_seed_makes_the_same_events_and_ids() -> None:
    event = next(courses.events(1, 1.0))
    at = courses.instant(datetime(2024, 1, 1, tzinfo=UTC), event)

    assert id_at(at, event, 1) == id_at(at, event, 1) != id_at(at, event, 2)
    assert UUID(id_at(at, event, 1)).version == 7
    assert courses.note_text(event) == courses.note_text(event)
    assert 2000 < len(courses.note_text(event)) <= 2048


def test_answers_are_alike_whatever_the_spelling_of_an_instant() -> None:
    one = {"at": "2026-03-02T09:00:00.000000Z", "items": [{"id": "a"}], "next_cursor": "x"}
    other = {"at": "2026-03-02T09:00:00+00:00", "items": [{"id": "a"}], "next_cursor": None}

    assert plain(one) == plain(other)
    assert plain(one, frozenset({"id"})) == {"at": "2026-03-02T09:00:00", "items": [{}]}
    assert difference({"a": [1, 2]}, {"a": [1, 3]}) == "/a/1: 2 and 3"


def test_a_goal_holds_when_the_median_does_and_at_most_one_round_misses_it() -> None:
    assert Ratio((0.4, 0.2, 0.5)).holds(0.3)
    assert not Ratio((0.4, 0.2, 0.2, 0.5, 0.6)).holds(0.3)
    assert not Ratio((0.1, 0.2, 0.5)).holds(0.3)


def test_a_request_carries_its_day_and_its_fresh_value() -> None:
    shot = Shot("POST", "/v1/x", (("Idempotency-Key", "{fresh}"),), f'{{"day": "{NO_DAY}"}}'.encode())

    wire = on_the_wire(shot, fresh="k-1", day="1999-01-02").decode()

    assert "Idempotency-Key: k-1\r\n" in wire
    assert wire.endswith('Content-Length: 21\r\n\r\n{"day": "1999-01-02"}')
