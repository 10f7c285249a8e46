"""What the chart's own verbs refuse a slice that forgets something, and what an attempt that failed leaves behind."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.chart import signing
from app.chart.audiences import JOINT as BOTH
from app.chart.base import metadata
from app.chart.chart import Actor, Chart, Store, Visit, new_id
from app.chart.keys import MasterKey
from app.chart.plans import plan_for
from app.couples.case import JOINT, open_case
from app.couples.tables import couple
from app.errors import Refusal
from app.practice import service as practice
from app.practice.tables import care_team, person
from app.process_notes.tables import process_note
from app.progress.tables import indicator_result
from tests.conftest import MASTER
from tests.people import Caller, Json, World, a_couple

NOTE: Json = {"written_on": "2026-03-01", "text": "Own words.", **JOINT, "visibility": "clinician"}
_NOTES = select(process_note.c.id, process_note.c.text)


def opened(world: World, therapist: Caller) -> AbstractContextManager[Chart]:
    """The therapist's own chart, for writing."""
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())
    return world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=True)


def test_nothing_is_added_to_a_couple_whose_chart_was_not_opened(world: World, therapist: Caller) -> None:
    made = a_couple(therapist)["id"]
    with opened(world, therapist) as chart:
        with pytest.raises(LookupError, match="open the couple"):
            chart.add(process_note, couple_id=made, **NOTE)
        open_case(chart, made)
        assert chart.add(process_note, couple_id=made, **NOTE)


def test_of_two_who_read_one_version_the_second_changes_nothing(world: World, therapist: Caller) -> None:
    with opened(world, therapist) as chart:
        chart.amend(person, therapist.person_id, 1, name="Dr. First")
        with pytest.raises(Refusal) as refused:
            chart.amend(person, therapist.person_id, 1, name="Dr. Second")
    assert refused.value.code == "stale_version"
    assert therapist.get("/v1/me").json()["name"] == "Dr. First"


def test_other_eyes_send_no_update(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    statement = update(care_team).values(part="treating")
    with opened(world, therapist) as chart, pytest.raises(LookupError, match="only reads"):
        chart.for_audience(BOTH).run(statement)


def test_a_statement_joins_nothing_of_another_practice(world: World) -> None:
    loose = select(couple.c.id).select_from(
        couple.outerjoin(indicator_result, indicator_result.c.id == couple.c.id)
    )
    with pytest.raises(LookupError, match="practice_id"):
        plan_for(loose, world.store.database.dialect, couple=False, everything=False)


def test_past_the_care_team_an_author_meets_no_process_note_and_an_operator_writes_none(
    world: World, therapist: Caller
) -> None:
    made = a_couple(therapist)["id"]
    therapist.made(f"/v1/couples/{made}/process-notes", {"written_on": "2026-03-01", "text": "Own."})
    with opened(world, therapist) as chart:
        assert [row["text"] for row in chart.rows(_NOTES)] == ["Own."]
        wide = chart.past_the_care_team()
        assert wide.rows(_NOTES) == []
        open_case(wide, made)
        with pytest.raises(LookupError, match="never to an operator"):
            wide.add(process_note, couple_id=made, **NOTE)


def test_an_attempt_that_failed_leaves_no_key_no_open_couple_and_nothing_on_the_trail(
    world: World, therapist: Caller
) -> None:
    made = a_couple(therapist)["id"]

    def failing(chart: Chart) -> None:
        with chart.attempt():
            open_case(chart, made)
            chart.note(target_id=made, seen_by=JOINT)
            chart.add(process_note, couple_id=made, **NOTE)  # the first one: it makes their key
            raise ZeroDivisionError

    with opened(world, therapist) as chart:
        with pytest.raises(ZeroDivisionError):
            failing(chart)
        assert chart.visit.reached == Visit("test", "").reached
        with pytest.raises(LookupError, match="open the couple"):
            chart.add(process_note, couple_id=made, **NOTE)
        open_case(chart, made)
        chart.add(process_note, couple_id=made, **NOTE)
    fresh = Store(world.url, MasterKey(MASTER), threads=1)
    try:
        with opened(replace(world, store=fresh), therapist) as chart:
            assert [row["text"] for row in chart.rows(_NOTES)] == ["Own words."]
    finally:
        fresh.close()


def test_a_stamping_key_that_was_never_stored_stamps_nothing_afterwards(world: World) -> None:
    practice_id = new_id()

    def founding(*, breaks_off: bool) -> None:
        with practice.operating(world.store, practice_id, world.watch(), "foundPractice") as chart:
            chart.add_practice(metadata.tables["practice"], name="P", zone="UTC", created_at=chart.at)
            chart.new_key(None)
            signing.found(chart)
            chart.sign(201)
            if breaks_off:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        founding(breaks_off=True)
    assert practice_id not in world.store.stamping
    founding(breaks_off=False)
    with practice.operating(world.store, practice_id, world.watch(), "look") as chart:
        chart.sign(200)
    assert practice_id in world.store.stamping
