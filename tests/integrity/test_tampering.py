"""Verification finds what somebody changed past the service; `make prove-seals` does the same at length."""

import logging
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.chart import blocks, seals
from app.couples import service as couples
from app.integrity import service
from app.integrity.sealer import Sealer
from app.practice import service as practice
from app.retention import service as retention
from app.sessions import checking
from bench.sealing import swapping, tampering
from bench.sealing.proof import is_sound, run
from bench.sealing.record import Record, record
from bench.sealing.tampering import SEAL_CHANGES, TRAIL_CHANGES, Change, Hand, switch_guards_off, tampered
from tests.chart import raw
from tests.people import Caller, World, a_couple

TRIES = 25


@pytest.fixture
def made(database_url: str) -> Iterator[Record]:
    """A practice to tamper with, whose triggers are switched off."""
    with record(database_url) as practice:
        switch_guards_off(practice)
        yield practice


def test_changes_of_what_was_signed_and_of_the_trail_are_found(made: Record) -> None:
    assert is_sound(made)

    for changes in (SEAL_CHANGES, TRAIL_CHANGES):
        outcome = run(made, changes, TRIES)
        assert (outcome.found.total(), outcome.missed) == (TRIES, {})

    assert is_sound(made)


@pytest.fixture
def neighbours(made: Record, database_url: str) -> Iterator[list[Record]]:
    """Two practices in one database."""
    with record(database_url) as other:
        yield [made, other]


def test_no_text_and_no_key_opens_in_the_place_of_another(neighbours: list[Record]) -> None:
    told = swapping.run(neighbours, 2 * TRIES, seed=1)
    assert (told.refused.total(), told.silent) == (2 * TRIES, {})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_swaps_are_read_in_silence_when_nothing_binds_a_text_to_its_place(database_url: str) -> None:
    with swapping.without_associated_data(), record(database_url) as one, record(database_url) as other:
        switch_guards_off(one)
        assert swapping.run([one, other], TRIES, seed=1).silent.total() > TRIES / 2


def test_a_damaged_text_is_refused_without_a_word_of_it(world: World, therapist: Caller) -> None:
    one, other = (a_couple(therapist, label=label) for label in ("C-1", "C-2"))
    theirs = f"SELECT label FROM couple c WHERE c.id = '{other['id']}'"  # noqa: S608 - our own ids
    raw.run_past_guards(world.url, f"UPDATE couple SET label = ({theirs}) WHERE id = '{one['id']}'")  # noqa: S608
    told = therapist.get(f"/v1/couples/{one['id']}")
    assert (told.status_code, told.json()["code"]) == (500, "record_damaged")
    assert "C-2" not in told.text
    assert raw.count(world.url, "trail", "action = 'getCouple' AND status = 500") == 1
    assert therapist.get(f"/v1/couples/{other['id']}").status_code == 200
    with practice.operating(world.store, world.home(), world.watch(), "verify") as chart:
        assert [(fault.where, fault.which) for fault in service.verify(chart).faults] == [
            ("couple", one["id"])
        ]


def test_a_list_goes_on_past_a_damaged_label_and_says_which(
    world: World, therapist: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    whole, torn = (a_couple(therapist, label=label) for label in ("C-1", "C-2"))
    assert therapist.get("/v1/caseload").status_code == 200
    for path in ("/v1/couples", "/v1/caseload"):  # the label, and with it the stored result
        raw.run_past_guards(
            world.url,
            f"UPDATE couple SET label = substr(label, 1, 40) WHERE id = '{torn['id']}'",  # noqa: S608 - our own ids
            f"UPDATE indicator_result SET summary = substr(summary, 1, 40) WHERE id = '{torn['id']}'",  # noqa: S608
        )
        with caplog.at_level(logging.ERROR):
            items = therapist.get(path).json()["items"]
        told = {item.get("couple_id", item.get("id")): (item["label"], item["unreadable"]) for item in items}
        assert told == {whole["id"]: ("C-1", []), torn["id"]: (None, ["label"])}, path
        assert f"couple/{torn['id']}/label" in caplog.text
    assert therapist.get(f"/v1/couples/{torn['id']}").json()["code"] == "record_damaged"
    with practice.operating(world.store, world.home(), world.watch(), "doctor") as chart:
        assert couples.labels(chart) == (2, 1)
        assert [standing.couple_id for standing in retention.listed(chart)] == [torn["id"], whole["id"]]
        assert {fault.which for fault in service.verify(chart).faults} == {torn["id"]}

    anew = therapist.patch(
        f"/v1/couples/{torn['id']}", {"label": "C-2"}, headers={"If-Match": f'"{torn["id"][-12:]}-1"'}
    )
    assert anew.json()["label"] == "C-2"
    assert [item["unreadable"] for item in therapist.get("/v1/couples").json()["items"]] == [[], []]


def test_the_caseload_tells_of_a_couple_whose_key_is_gone_and_of_all_others(
    world: World, therapist: Caller
) -> None:
    whole, torn = (a_couple(therapist, label=label) for label in ("C-1", "C-2"))
    for _ in ("computed for the first time", "on the next day"):
        raw.run_past_guards(
            world.url,
            f"UPDATE data_key SET wrapped = substr(wrapped, 1, 20) WHERE couple_id = '{torn['id']}'",  # noqa: S608
        )
        world.store._keys.clear()
        world.store._active.clear()
        answer = therapist.get("/v1/caseload")
        assert answer.status_code == 200, answer.text
        found = {item["couple_id"]: item for item in answer.json()["items"]}
        assert (found[whole["id"]]["label"], found[torn["id"]]["label"]) == ("C-1", None)
        assert found[torn["id"]]["attention"] == found[whole["id"]]["attention"]
        world.watch.go(days=1)


# What only SQLite takes: its columns keep values of any kind.
STRANGE = {
    "a word for a sealed text": "UPDATE couple SET label = 'hello'",
    "a number for a sealed text": "UPDATE couple SET label = 9000000000000000000",
    "a word for a wrapped key": "UPDATE data_key SET wrapped = 'hello' WHERE couple_id IS NOT NULL",
    "a word for a public key": "UPDATE signing_key SET public = 'hello'",
    "a word for a signing key": "UPDATE signing_key SET wrapped = 'hello'",
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_value_of_another_kind_is_found_and_stops_neither_verification_nor_sealer(
    world: World, therapist: Caller, change: str
) -> None:
    couple = a_couple(therapist)
    raw.run_past_guards(world.url, change)
    world.store._keys.clear()

    told = therapist.get(f"/v1/couples/{couple['id']}")
    assert told.status_code == 200 or told.json()["code"] == "record_damaged"
    Sealer(world.store, world.watch, 3600).round()
    with practice.operating(world.store, world.home(), world.watch(), "verify") as chart:
        assert service.verify(chart).faults != []


# --- the proof can fail ---


def without(check: Callable[..., Any]) -> Any:
    return tuple(each for each in checking.CHECKS if each is not check)


def leave_out(monkeypatch: pytest.MonkeyPatch, name: str, *columns: str) -> None:
    """A canonical form that forgets columns, at signing and at verification alike."""
    plain = getattr(seals, name)
    monkeypatch.setattr(
        seals, name, lambda *given: plain(*given[:-1], {**given[-1], **dict.fromkeys(columns)})
    )


FLAWS: list[tuple[str, Callable[[pytest.MonkeyPatch], object], Change]] = [
    (
        "what was put in is not looked for",
        lambda patch: patch.setattr(checking, "CHECKS", without(checking.nothing_was_put_in)),
        tampering.entry_put_in,
    ),
    (
        "contents are not compared",
        lambda patch: patch.setattr(checking, "CHECKS", without(checking.what_was_sealed_stands)),
        tampering.text_written_anew,
    ),
    (
        "states are taken as they are",
        lambda patch: patch.setattr(checking, "CHECKS", without(checking.each_state_has_its_seal)),
        tampering.signed_by_hand,
    ),
    (
        "signatures are not checked",
        lambda patch: patch.setattr(seals, "CHECKS", seals.CHECKS[:-1]),
        lambda hand: tampering.edit(hand, "seal", hand.one("seal"), ("signature",)),
    ),
    (
        "the form forgets a column of a session",
        lambda patch: leave_out(patch, "_part", "duration_minutes"),
        lambda hand: tampering.edit(
            hand, "session", hand.one("session", tampering.SIGNED), ("duration_minutes",)
        ),
    ),
    (
        "the form forgets a column of a line",
        lambda patch: leave_out(patch, "canonical_line", "person_id"),
        lambda hand: tampering.edit(
            hand, "trail", hand.one("trail", "person_id IS NOT NULL"), ("person_id",)
        ),
    ),
    (
        "stamps are not compared",
        lambda patch: patch.setattr(service, "_stamp_faults", lambda *_: iter(())),
        tampering.line_put_in,
    ),
    (
        "lines of a block are not looked for",
        lambda patch: patch.setattr(service, "_block_faults", lambda *_: iter(())),
        tampering.line_deleted,
    ),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw[0])
def test_a_verification_that_skips_something_is_noticed(
    database_url: str,
    flaw: tuple[str, Callable[[pytest.MonkeyPatch], object], Change],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, break_it, change = flaw
    break_it(monkeypatch)
    with record(database_url) as made:
        switch_guards_off(made)
        assert is_sound(made)
        assert run(made, [(1, change)], 6).missed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_an_anchor_a_tail_cut_off_by_the_owner_is_not_seen(made: Record) -> None:
    """Why `mendline anchors` is there: with them it is found, as above."""
    anchors, made.anchors = made.anchors, []
    assert run(made, [(1, tampering.tail_cut)], 3).missed

    made.anchors = anchors
    assert not run(made, [(1, tampering.tail_cut)], 3).missed


# --- the unsealed tail ---


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_line_that_no_block_holds_yet_is_protected_by_its_stamp_alone(made: Record) -> None:
    with made.chart() as chart:
        chart.sign(200)

    def newest(hand: Hand) -> str:
        return hand.ids("trail")[-1]

    def found(change: Callable[[Hand], object]) -> bool:
        with tampered(made, lambda hand: str(change(hand)), random.Random(1)) as (chart, _):  # noqa: S311
            return bool(service.verify(chart, made.anchors).faults)

    assert found(lambda hand: hand.put("trail", newest(hand), status=404))
    assert not found(lambda hand: hand.run(f"DELETE FROM trail WHERE id = '{newest(hand)}'"))  # noqa: S608


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lines_that_come_late_go_into_a_later_block(made: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow transaction's line has a smaller id than lines that were sealed meanwhile."""
    plain, late = blocks._unsealed, []

    def held_back(*given: Any) -> list[str]:
        first, *others = plain(*given)
        late.append(first)
        return others

    for _ in range(3):
        with made.chart() as chart:
            chart.sign(200)
    monkeypatch.setattr(blocks, "_unsealed", held_back)
    with made.chart() as chart:
        blocks.seal_lines(chart)
    monkeypatch.undo()

    with made.chart() as chart:
        assert blocks.seal_lines(chart) == 1
        *_, last = blocks.blocks(chart)
        assert [line["id"] for line in blocks.members(chart, last)[0]] == late
        verdict = service.verify(chart, made.anchors)
    assert (verdict.faults, verdict.lines_not_sealed) == ([], 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_whole_sweep_finds_what_was_left_out_long_ago(
    made: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        with made.chart() as chart:
            chart.sign(200)
    plain = blocks._unsealed
    monkeypatch.setattr(blocks, "_unsealed", lambda *given: plain(*given)[1:])
    with made.chart() as chart:
        blocks.seal_lines(chart)
    monkeypatch.undo()
    monkeypatch.setattr(blocks, "_bound", lambda _: "ffffffff-0000-0000-0000-000000000000")  # as if long ago

    with made.chart() as chart:
        assert blocks.seal_lines(chart) == 0
        assert service.seal_trail(chart, everything=True) == 1
