"""The sealer seals what its process wrote, in rounds, and what is left at the end."""

import sqlite3
from datetime import UTC, datetime

import pytest

from app.integrity import service
from app.integrity.sealer import Sealer
from app.practice import service as practice
from tests.clocks.jumping import ids_of
from tests.people import Caller, World, a_couple, a_couples_entry


def not_sealed(world: World) -> int:
    with practice.operating(world.store, world.home(), world.watch(), "verify") as chart:
        verdict = service.verify(chart)
    assert verdict.faults == []
    return verdict.lines_not_sealed


def test_a_round_seals_every_line_and_the_next_one_nothing(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    sealer = Sealer(world.store, world.watch, 3600)

    assert sealer.round() > 0
    assert not_sealed(world) == 0
    assert sealer.round() == 0

    therapist.get("/v1/couples")
    assert not_sealed(world) == 1
    assert sealer.round() == 1


def test_what_is_left_is_sealed_at_the_end(world: World, therapist: Caller) -> None:
    sealer = Sealer(world.store, world.watch, 3600)
    sealer.start()
    therapist.get("/v1/couples")
    sealer.stop()

    assert not_sealed(world) == 0


def test_two_sealers_never_seal_a_line_twice(world: World, therapist: Caller) -> None:
    for _ in range(3):
        therapist.get("/v1/couples")
    sealers = [Sealer(world.store, world.watch, 3600) for _ in range(2)]
    world.store.busy.clear()
    for sealer in sealers:
        sealer._again = {world.home()}

    assert sealers[0].round() > 0
    assert sealers[1].round() == 0
    assert not_sealed(world) == 0


def test_trouble_with_the_store_is_tried_again(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    therapist.get("/v1/couples")
    sealer = Sealer(world.store, world.watch, 3600)

    def broken(*_: object, **__: object) -> int:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(service, "seal_some", broken)
    assert sealer.round() == 0
    monkeypatch.undo()

    assert sealer.round() > 0
    assert not_sealed(world) == 0


def test_answers_for_repeated_requests_are_forgotten_after_a_week_and_not_before(
    world: World, therapist: Caller
) -> None:
    sealer = Sealer(world.store, world.watch, 7 * 24 * 3600)

    def repeated() -> bool:
        answer = therapist.post("/v1/couples", a_couples_entry(), headers={"Idempotency-Key": "once"})
        assert answer.status_code == 201
        return "idempotent-replayed" in answer.headers

    with ids_of(world):
        assert not repeated()
        world.watch.go(days=6, hours=23)
        sealer.round()
        assert repeated()

        world.watch.go(hours=2)
        therapist.get("/v1/couples")
        sealer.round()
        assert not repeated()


def test_a_clock_that_was_set_makes_nobody_forget(world: World, therapist: Caller) -> None:
    sealer = Sealer(world.store, world.watch, 3600)

    with ids_of(world):
        made = therapist.post("/v1/couples", a_couples_entry(), headers={"Idempotency-Key": "once"})
        sealer.round()
        world.watch.go(days=365)
        therapist.get("/v1/couples")
        sealer.round()
        again = therapist.post("/v1/couples", a_couples_entry(), headers={"Idempotency-Key": "once"})

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == made.json()


def test_a_computer_that_sleeps_every_weekend_forgets_all_the_same(world: World, therapist: Caller) -> None:
    sealer = Sealer(world.store, world.watch, 3600)

    def repeated() -> bool:
        answer = therapist.post("/v1/couples", a_couples_entry(), headers={"Idempotency-Key": "once"})
        return "idempotent-replayed" in answer.headers

    def a_week() -> None:
        for _ in range(5):
            therapist.get("/v1/couples")
            sealer.round()
            world.watch.go(hours=22)
        world.watch.go(hours=58)

    with ids_of(world):
        assert not repeated()
        a_week()
        assert repeated()
        a_week()
        a_week()
        assert not repeated()


def test_a_clock_that_lost_its_battery_stops_no_sealer(world: World, therapist: Caller) -> None:
    sealer = Sealer(world.store, lambda: datetime(1970, 1, 2, tzinfo=UTC), 3600)
    therapist.get("/v1/couples")

    assert sealer.round() > 0
    assert not_sealed(world) == 0
