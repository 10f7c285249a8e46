"""A record is kept as long as it must be; when it is destroyed, nobody finds it, not even in the bytes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import LockNotAvailable

from app.chart import whole
from app.chart.chart import Chart, Store
from app.chart.database import postgres_address
from app.chart.keys import MasterKey, SealBroken, key_id_of
from app.errors import Refusal
from app.integrity import service as integrity
from app.practice import service as practice
from app.retention import command, service
from app.retention.service import Order
from tests.archive.places import a_full_practice
from tests.chart import raw
from tests.conftest import MASTER
from tests.people import Caller, Json, World, a_couple, same_refusal
from tests.walks import matrix
from tests.walks.matrix import CANARY

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""VACUUM of PostgreSQL waits for whoever is in the way."""

CLOSING = {"outcome": "together_as_before", "effective_on": "2026-03-02"}


@contextmanager
def operating(world: World) -> Iterator[Chart]:
    with practice.operating(world.store, world.home(), world.watch(), "destroyCouple") as chart:
        yield chart
        chart.sign(200)


def closed(caller: Caller, couple: Json) -> None:
    path = f"/v1/couples/{couple['id']}"
    headers = {"If-Match": caller.get(path).headers["ETag"]}
    answer = caller.post(f"{path}/close", CLOSING, headers=headers)
    assert answer.status_code == 200, answer.text


def destroyed(world: World, couple_id: str, order: Order) -> Json:
    with operating(world) as chart:
        return service.destroy(chart, couple_id, order)


def refusal(world: World, couple_id: str, order: Order) -> Refusal:
    before = raw.everything(world.url)
    with pytest.raises(Refusal) as refused:
        destroyed(world, couple_id, order)
    assert raw.everything(world.url) == before
    return refused.value


def test_a_record_is_due_seven_years_after_the_last_service(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    closed(therapist, couple)

    with operating(world) as chart:
        (found,) = service.listed(chart)
        assert (str(found.last_service_on), str(found.kept_until)) == ("2026-03-02", "2033-03-02")
        assert not found.due(found.kept_until)
        assert found.due(found.kept_until.replace(day=3))
        assert not replace(found, held=True).due(found.kept_until.replace(day=3))
        assert not replace(found, closed=False).due(found.kept_until.replace(day=3))


def test_the_day_on_which_a_case_was_opened_is_a_day_of_the_practice(world: World, therapist: Caller) -> None:
    world.watch.go(hours=14, minutes=30)  # in Vienna it is 3 March already
    a_couple(therapist)
    with operating(world) as chart:
        chart.actor = practice.operator(world.home(), "Europe/Vienna")
        (found,) = service.listed(chart)
        assert str(found.opened_on) == "2026-03-03"


def test_nothing_is_destroyed_before_its_time_or_while_the_case_is_open(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    expired = Order(therapist.person_id, "retention_expired")
    assert "open" in str(refusal(world, couple["id"], expired).detail)

    closed(therapist, couple)
    assert "2033-03-02" in str(refusal(world, couple["id"], expired).detail)
    erasure = Order(therapist.person_id, "client_erasure")
    assert "decision" in str(refusal(world, couple["id"], erasure).detail)

    world.watch.go(days=7 * 366)
    assert destroyed(world, couple["id"], expired)["basis"] == "retention_expired"
    assert refusal(world, couple["id"], expired).meaning.status == 404


def test_a_legal_hold_is_above_every_basis(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    closed(therapist, couple)
    path = f"/v1/couples/{couple['id']}/holds"
    body = {"kind": "legal_hold", "reason": "A court asks.", "effective_on": "2026-03-02"}
    therapist.made(path, body)
    world.watch.go(days=7 * 366)

    for basis in service.BASES:
        order = Order(therapist.person_id, basis, "File 7")
        assert refusal(world, couple["id"], order).code == "legal_hold"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_no_hold_can_be_placed_while_a_record_is_being_destroyed(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple = a_couple(therapist)
    closed(therapist, couple)
    real, met = whole.destroy, []

    def meanwhile(chart: Chart, couple_id: str) -> None:
        met.append(couple_id)
        with psycopg.connect(postgres_address(world.url)) as other, pytest.raises(LockNotAvailable):
            other.execute("SELECT id FROM couple WHERE id = %s FOR NO KEY UPDATE NOWAIT", (couple_id,))
        real(chart, couple_id)

    monkeypatch.setattr(whole, "destroy", meanwhile)
    destroyed(world, couple["id"], Order(therapist.person_id, "client_erasure", "File 7"))
    assert met == [couple["id"]]


def test_of_a_destroyed_record_nobody_finds_anything(world: World) -> None:
    estate = a_full_practice(world)
    other = estate.fresh()
    couple_id, ids = estate.ids["couple_id"], dict(estate.ids)
    colleague = world.somebody("clinician", practice_id=estate.practice)
    standing = {"person_id": colleague.person_id, "part": "co_therapist"}
    estate.owner.made(f"/v1/couples/{couple_id}/care-team", standing)
    note = {"written_on": "2026-03-02", "text": "Of another author."}
    colleague.made(f"/v1/couples/{couple_id}/process-notes", note)
    ended(estate)
    sealed = [bytes(row[0]) for row in raw.rows(world.url, "SELECT note FROM session WHERE note IS NOT NULL")]
    keys = raw.rows(world.url, "SELECT wrapped FROM data_key WHERE couple_id IS NOT NULL")
    assert sealed
    assert len(keys) > 2

    row = destroyed(world, couple_id, Order(estate.owner.person_id, "client_erasure", "File 7"))

    assert row["keys_destroyed"] == 2
    tables = [t for t in whole.mortal() if t.name not in ("couple", "data_key") and "couple_id" in t.c]
    left = {t.name for t in tables if raw.count(world.url, t.name, f"couple_id = '{couple_id}'")}
    assert left == set()
    for operation in estate.all.values():
        if operation.method == "get" and operation.clinical and operation.parameter in ids:
            gone = estate.send(estate.owner, operation)
            nothing = estate.send(estate.owner, operation, ids=dict.fromkeys(ids, matrix.NOBODY))
            assert gone.status_code == 404, operation.name
            assert same_refusal(gone, nothing), operation.name
    assert [each["id"] for each in estate.owner.get("/v1/couples").json()["items"]].count(couple_id) == 0
    assert estate.owner.get("/v1/caseload").status_code == 200
    assert estate.owner.get(f"/v1/couples/{other.ids['couple_id']}").status_code == 200
    world.store._keys.clear()  # as a process that starts tomorrow
    with operating(world) as chart:
        verdict = integrity.verify(chart)
        assert verdict.faults == []
        assert verdict.seals >= 2
        for value in sealed:
            chart.store._keys.clear()
            with pytest.raises(SealBroken):
                chart.unseal(value, "whatever")
            assert key_id_of(value) not in chart.store._keys


def ended(estate: matrix.Estate) -> None:
    """The case of an estate, closed and free of holds."""
    path = f"/v1/couples/{estate.ids['couple_id']}"
    for each in estate.owner.get(f"{path}/holds").json()["items"]:
        if each["lifted_at"] is None:
            address = f"/v1/holds/{each['id']}"
            headers = {"If-Match": estate.owner.get(address).headers["ETag"]}
            lifted = estate.owner.post(f"{address}/lift", {"reason": "It is over."}, headers=headers)
            assert lifted.status_code == 200, lifted.text
    if estate.owner.get(path).json()["status"] != "closed":
        closing = estate.all["closeCouple"]
        answer = estate.send(estate.owner, closing, estate.body(closing))
        assert answer.status_code == 200, answer.text


def test_the_bytes_of_a_destroyed_record_are_in_no_page(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    closed(therapist, couple)
    wanted = "SELECT wrapped FROM data_key WHERE couple_id IS NOT NULL UNION SELECT name FROM partner"
    traces = [bytes(row[0]) for row in raw.rows(world.url, wanted)]
    assert len(traces) == 3
    if not raw.is_postgres(world.url):
        assert all(any(trace in content for content in files(world)) for trace in traces)

    destroyed(world, couple["id"], Order(therapist.person_id, "client_erasure", "File 7"))
    world.store.close()
    whole.scrub(world.url)

    if not raw.is_postgres(world.url):
        assert not any(trace in content for content in files(world) for trace in traces)
    assert raw.count(world.url, "data_key", "couple_id IS NOT NULL") == 0


def a_couple_to_destroy(world: World, therapist: Caller) -> tuple[Json, Callable[[], Json]]:
    """A closed couple, and its destruction as the command does it: with a store of its own, which it closes."""
    couple = a_couple(therapist)
    closed(therapist, couple)
    order = Order(therapist.person_id, "client_erasure", "File 7")

    def destroy() -> Json:
        store = Store(world.url, MasterKey(MASTER))
        return command.destroy(store, world.url, world.home(), couple["id"], order)

    return couple, destroy


def test_a_destruction_cut_short_before_its_pages_were_rewritten_is_finished_by_asking_again(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple, destroy = a_couple_to_destroy(world, therapist)
    scrubbed = list[str]()

    def cut_short(url: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole, "scrub", cut_short)
    with pytest.raises(KeyboardInterrupt):
        destroy()
    monkeypatch.setattr(whole, "scrub", scrubbed.append)

    assert destroy()["couple_id"] == couple["id"]
    assert scrubbed == [world.url]
    assert raw.count(world.url, "tombstone") == 1


@sqlite_alone
def test_pages_that_somebody_still_reads_are_told_to_be_left_and_go_when_asked_again(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple, destroy = a_couple_to_destroy(world, therapist)
    ((key,),) = raw.rows(world.url, "SELECT wrapped FROM data_key WHERE couple_id IS NOT NULL")
    monkeypatch.setattr("app.chart.database.BUSY_SECONDS", 0.01)
    path = raw.file_of(world.url)
    with closing(sqlite3.connect(path)) as aside:
        aside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM data_key").fetchall()
        with pytest.raises(command.NotRewritten, match=r"is destroyed, but .* same command again"):
            destroy()
        assert any(bytes(key) in content for content in files(world))

    assert destroy()["couple_id"] == couple["id"]
    assert not any(bytes(key) in content for content in files(world))


@sqlite_alone
def test_a_writer_in_the_way_of_the_pages_does_not_hide_that_the_record_is_destroyed(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, destroy = a_couple_to_destroy(world, therapist)
    monkeypatch.setattr("app.chart.database.BUSY_SECONDS", 0.01)
    scrub = whole.scrub

    def beside_a_writer(url: str) -> None:
        with closing(sqlite3.connect(raw.file_of(world.url), isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            scrub(url)

    monkeypatch.setattr(whole, "scrub", beside_a_writer)
    with pytest.raises(command.NotRewritten, match=r"is destroyed, but .*locked"):
        destroy()
    assert raw.count(world.url, "tombstone") == 1


def files(world: World) -> list[bytes]:
    path = raw.file_of(world.url)
    found = [path, Path(f"{path}-wal")]
    return [each.read_bytes() for each in found if each.exists()]


def test_what_stays_is_no_clinical_word(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist, label=CANARY)
    closed(therapist, couple)
    destroyed(world, couple["id"], Order(therapist.person_id, "client_erasure", "File 7"))

    (row,) = raw.rows(world.url, "SELECT * FROM tombstone")
    told = [str(each) for each in row if not isinstance(each, bytes | memoryview)]
    assert couple["id"] in told
    assert therapist.person_id in told
    world.store._keys.clear()  # as a process that starts tomorrow
    with operating(world) as chart:
        (shown,) = service.tombstones(chart)
    assert (shown["basis"], shown["decision"]) == ("client_erasure", "File 7")
    assert raw.count(world.url, "trail", f"action = 'destroyCouple' AND couple_id = '{couple['id']}'") == 1


def test_without_a_tombstone_the_database_lets_no_fact_go(world: World, therapist: Caller) -> None:
    """Planted flaw: a destruction that forgets the tombstone is refused by the database itself."""
    couple = a_couple(therapist)

    with pytest.raises(Exception, match="stays as it is"), operating(world) as chart:
        whole.destroy(chart, couple["id"])

    assert therapist.get(f"/v1/couples/{couple['id']}").status_code == 200


def test_a_tombstone_can_be_neither_moved_nor_taken_away(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    closed(therapist, couple)
    destroyed(world, couple["id"], Order(therapist.person_id, "client_erasure", "File 7"))

    for statement in ("DELETE FROM tombstone", "UPDATE tombstone SET basis = 'other'"):
        with pytest.raises(Exception, match="stays as it is"):
            raw.run(world.url, statement)
