"""Keys are rotated while the service runs: nothing sealed is lost, and what is no longer needed opens nothing."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.chart import rotation
from app.chart.chart import Chart, Store, new_id
from app.chart.inspection import Finding
from app.chart.keys import MasterKey, SealBroken, with_former
from app.errors import Refusal
from app.practice import service as practice
from app.wire.pages import LOWEST_ID
from tests.chart import raw
from tests.conftest import MASTER
from tests.people import Caller, World, a_couple

NEXT = MasterKey(b"abcdef0123456789abcdef0123456789", MasterKey(MASTER))
ALONE = MasterKey(b"abcdef0123456789abcdef0123456789")


@pytest.fixture
def move_in(world: World) -> Iterator[Callable[[MasterKey], None]]:
    """Lets the service run on with another master key and nothing remembered."""
    house = world.app.state.house

    def move(master: MasterKey) -> None:
        house.store.close()
        house.store = Store(world.url, master, threads=4)

    yield move
    house.store.close()


def a_note(caller: Caller, couple_id: str, words: str) -> str:
    """A marker with words; gives its address."""
    marker = {
        "code": "ACC-IMPACT",
        "observed_on": "2026-03-01",
        "basis": "observed_in_session",
        "words": words,
    }
    made = caller.made(f"/v1/couples/{couple_id}/markers", marker)
    return f"/v1/markers/{made['id']}"


def rotate(world: World, store: Store | None = None) -> int:
    """All data keys of the practice, as `mendline keys rotate --data` does it."""
    with practice.operating(store or world.store, world.home(), world.watch(), "rotateDataKeys") as chart:
        count, _ = rotation.retire_data_keys(chart, LOWEST_ID, new_id())
        chart.sign(200)
    return count


def sealing_keys(world: World) -> list[bytes]:
    """The ids of the keys that sealed the markers' words, in the order of writing."""
    rows = raw.rows(world.url, "SELECT words FROM marker ORDER BY id")
    return [bytes(row[0])[1:17] for row in rows]


def test_old_text_stays_readable_and_new_text_has_a_new_key(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    before = a_note(therapist, couple, "before")

    assert rotate(world) >= 2  # the couple's, and the practice's own
    after = a_note(therapist, couple, "after")

    assert [therapist.get(each).json()["words"] for each in (before, after)] == ["before", "after"]
    first, second = sealing_keys(world)
    assert first != second


def test_another_process_takes_the_new_key_up_within_a_minute(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    a_note(therapist, couple, "before")
    elsewhere = Store(world.url, MasterKey(MASTER))
    try:
        rotate(world, elsewhere)
    finally:
        elsewhere.close()

    soon = a_note(therapist, couple, "soon")
    world.watch.go(seconds=61)
    later = a_note(therapist, couple, "later")

    assert [therapist.get(each).json()["words"] for each in (soon, later)] == ["soon", "later"]
    before, at_once, afterwards = sealing_keys(world)
    assert before == at_once != afterwards


def test_a_new_master_key_takes_over_without_losing_a_word(
    world: World, therapist: Caller, move_in: Callable[[MasterKey], None]
) -> None:
    couple = a_couple(therapist)["id"]
    address = a_note(therapist, couple, "said before")
    with pytest.raises(SealBroken):
        rewrap(world, ALONE)

    assert states(world, NEXT)["wrapped keys"].state == "warning"
    assert states(world, ALONE)["wrapped keys"].state == "wrong"  # a key of another database opens nothing
    wrapped = rewrap(world, NEXT)
    assert wrapped >= 3  # couple, practice, trail, signing key
    assert rewrap(world, NEXT) == 0
    assert states(world, NEXT)["wrapped keys"].state == "ok"

    move_in(ALONE)
    assert therapist.get(address).json()["words"] == "said before"
    assert a_note(therapist, couple, "said after")
    move_in(MasterKey(MASTER))
    assert therapist.get(address).status_code == 500  # the former key opens nothing any more


def test_while_keys_are_rotated_both_masters_serve(
    world: World, therapist: Caller, move_in: Callable[[MasterKey], None]
) -> None:
    couple = a_couple(therapist)["id"]
    address = a_note(therapist, couple, "said before")
    move_in(NEXT)

    assert therapist.get(address).json()["words"] == "said before"
    assert a_note(therapist, couple, "said meanwhile")
    rewrap(world, NEXT)
    assert therapist.get(address).json()["words"] == "said before"


def test_the_state_tells_how_many_keys_are_in_use_and_how_old(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    world.watch.go(days=400)
    rotate(world)

    told = states(world, MasterKey(MASTER))["data keys"].detail
    assert "the oldest of 2026-03-02" in told  # the trail's key stays: all stamps are checked by one
    assert "2 retired" in told


def test_a_key_made_before_an_attempt_that_fails_is_nobody_elses_before_its_commit(world: World) -> None:
    home = world.home()

    def attempt(chart: Chart) -> None:
        with chart.attempt():
            raise Refusal("conflict")

    def a_failing_request() -> None:
        with practice.operating(world.store, home, world.watch(), "test") as chart:
            chart.new_key(None, "aside")
            with pytest.raises(Refusal):
                attempt(chart)
            chart.seal(None, "context", "word", "aside")
            raise Refusal("conflict")

    with pytest.raises(Refusal):
        a_failing_request()

    assert (home, None, "aside") not in world.store._active


def test_a_former_master_key_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "former.key"
    file.write_text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    wrapped = MasterKey(MASTER).wrap(b"x" * 32, "place")

    assert with_former(ALONE, "", file).unwrap(wrapped, "place") == b"x" * 32
    assert with_former(ALONE, "", None) is ALONE


def rewrap(world: World, master: MasterKey) -> int:
    """All wrapped keys of the practice, as `mendline keys rotate --master` does it."""
    store = Store(world.url, master, threads=1)
    try:
        return rotation.rewrap(
            partial(practice.operating, store, world.home(), world.watch(), "rotateMasterKey")
        )
    finally:
        store.close()


def states(world: World, master: MasterKey) -> dict[str, Finding]:
    """What doctor says of the keys."""
    store = Store(world.url, master, threads=1)
    try:
        with practice.operating(store, world.home(), world.watch(), "test") as chart:
            found = rotation.standing(chart)
    finally:
        store.close()
    return {each.what: each for each in rotation.told([found], master)}
