"""Questions asked ahead change no answer; what is presumed is told before anything is handed out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select

from app.chart.ahead import Ahead
from app.chart.chart import Actor, Chart, PresumedWrongly, Visit, new_id
from app.couples.case import open_case
from app.couples.tables import couple, partner
from app.practice import credentials
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple

_LABEL = select(couple.c.id, couple.c.label, couple.c.version).where(
    couple.c.id == bindparam("row", required=True)
)
_NAMES = select(partner.c.id, partner.c.name)


@pytest.fixture
def chart(world: World, therapist: Caller) -> Iterator[Chart]:
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())
    with world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=True) as opened:
        yield opened


def test_what_is_asked_ahead_is_found_once_and_asked_anew_after(chart: Chart, therapist: Caller) -> None:
    chart.expect(_NAMES)
    assert chart.rows(_NAMES) == chart.rows(_NAMES) == []


def test_what_was_written_meanwhile_is_seen_all_the_same(world: World, therapist: Caller) -> None:
    made = a_couple(therapist)["id"]
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())
    with world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=True) as chart:
        open_case(chart, made, held=True)
        chart.expect(_LABEL, _NAMES, row=made)
        chart.expect(_LABEL, couple=made, row=made)
        chart.amend(couple, made, 1, couple_id=made, label="changed")
        (row,) = chart.rows(_LABEL, row=made)
        assert (row["label"], row["version"]) == ("changed", 2)
        assert chart.rows(_LABEL, couple=made, row=made) == [row]


def test_what_was_asked_within_an_attempt_that_failed_is_asked_anew(world: World, therapist: Caller) -> None:
    made = a_couple(therapist)["id"]
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())

    def attempt(chart: Chart) -> None:
        with chart.attempt():
            chart.amend(couple, made, 1, couple_id=made, label="taken back")
            chart.expect(_LABEL, row=made)
            chart.journey.flush()
            raise ZeroDivisionError

    with world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=True) as chart:
        open_case(chart, made, held=True)
        with pytest.raises(ZeroDivisionError):
            attempt(chart)
        (row,) = chart.rows(_LABEL, row=made)
    assert (row["label"], row["version"]) == ("C-014", 1)


def test_a_stranger_who_asks_ahead_learns_nothing(world: World, therapist: Caller) -> None:
    made = a_couple(therapist)["id"]
    stranger = world.somebody("clinician", name="Dr. Other")
    actor = Actor(world.home(), stranger.person_id, "clinician", frozenset())
    with world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=False) as chart:
        chart.expect(_LABEL, couple=made, row=made)
        assert chart.rows(_LABEL, couple=made, row=made) == []


def test_a_wrong_presumption_breaks_off_before_the_rows_asked_with_it_are_told(chart: Chart) -> None:
    def ask() -> None:
        chart.presume(_NAMES, [{"id": new_id(), "name": "somebody"}])
        chart.rows(_LABEL, row=new_id())

    with pytest.raises(PresumedWrongly):
        ask()
    assert not chart.presuming


# --- at the door ---


def revoke(world: World, caller: Caller) -> None:
    digest = credentials.digest(caller.key)
    raw.run(world.url, f"UPDATE api_key SET revoked_at = '2026-03-01T00:00:00Z' WHERE digest = '{digest}'")  # noqa: S608


READS = ("/v1/couples", "/v1/caseload", "/v1/indicators/rules", "/v1/couples?cursor=bad", "/v1/marker-kinds")


@pytest.mark.parametrize("path", READS)
def test_somebody_known_whose_key_was_revoked_behind_the_door_is_told_nothing(
    world: World, therapist: Caller, path: str
) -> None:
    known = therapist.get(path)
    revoke(world, therapist)
    answer = therapist.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert known.status_code in (200, 400, 422)


def test_without_the_lookup_that_travels_along_a_revoked_key_would_be_served(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    therapist.get("/v1/couples")
    revoke(world, therapist)
    monkeypatch.setattr(Ahead, "presume", lambda *_: None)
    assert therapist.get("/v1/couples").status_code == 200


def test_a_revoked_key_writes_nothing(world: World, therapist: Caller) -> None:
    made = a_couple(therapist)
    revoke(world, therapist)
    before = raw.everything(world.url)
    report = {"window_start": "2026-02-07", "window_end": "2026-02-20", "episodes": 1}
    for path, body in (
        ("/v1/couples", {"label": "X", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}),
        (f"/v1/couples/{made['id']}/threat-reports", {**report, "source": "self_in_session"}),
    ):
        assert therapist.post(path, body).status_code == 401
    assert raw.everything(world.url) == before


def test_a_scope_taken_away_acts_at_once_and_counts_once(world: World, therapist: Caller) -> None:
    left = int(therapist.get("/v1/couples").headers["RateLimit"].split("r=")[1].split(";")[0])
    digest = credentials.digest(therapist.key)
    raw.run(world.url, f"UPDATE api_key SET scopes = 'practice:read' WHERE digest = '{digest}'")  # noqa: S608
    refused = therapist.get("/v1/couples")
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert int(refused.headers["RateLimit"].split("r=")[1].split(";")[0]) == left - 1


def test_a_known_key_ends_when_it_said_it_would(world: World) -> None:
    caller = world.somebody(expires_at=world.watch.now + timedelta(hours=1))
    assert caller.get("/v1/couples").status_code == 200
    world.watch.go(hours=2)
    assert caller.get("/v1/couples").status_code == 401


def test_a_repeated_post_of_somebody_known_is_replayed_and_leaves_one_line_each(
    world: World, therapist: Caller
) -> None:
    body: Json = {"label": "X", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    headers = {"Idempotency-Key": "once"}
    therapist.get("/v1/couples")
    first, again = (therapist.post("/v1/couples", body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    sql = "SELECT count(*) FROM trail WHERE action = 'createCouple' AND status = 201"
    assert raw.rows(world.url, sql) == [(2,)]
    assert len(therapist.get("/v1/couples").json()["items"]) == 1


# --- keys made within a request ---


def test_a_key_that_was_never_stored_seals_nothing_afterwards(world: World, therapist: Caller) -> None:
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())
    where = new_id()

    def break_off() -> None:
        with world.store.chart(actor, world.watch(), Visit("test", new_id()), writing=True) as chart:
            chart.new_key(where)
            assert chart.unseal(chart.seal(where, "context", "text"), "context") == "text"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert not any(where in name for name in world.store._active)
