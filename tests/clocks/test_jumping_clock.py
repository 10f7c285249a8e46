"""The server's clock jumps by days and years while people work: nothing is hidden, no chain breaks, nothing hangs."""

from datetime import timedelta
from typing import Any

import pytest

from app.chart import blocks
from app.couples import facts
from app.couples.facts import FAR_INSTANT
from tests.clocks import jumping
from tests.people import World, a_couple


def test_a_clock_that_jumps_hides_nothing_and_breaks_no_chain(world: World) -> None:
    assert jumping.run(world, jumping.JUMPS) == []


def test_a_key_that_ended_under_a_clock_ahead_opens_again_when_the_clock_is_right(world: World) -> None:
    ends = world.watch.now + timedelta(days=30)
    caller = world.somebody(expires_at=ends)
    home = f"/v1/couples/{a_couple(caller)['id']}"
    right = world.watch.now
    told = []
    for by in (0, 365, 0, -365, 0):
        world.watch.now = right + timedelta(days=by)
        told.append(caller.get(home).status_code)
    assert told == [200, 401, 200, 200, 200]


def test_the_last_step_of_a_case_is_the_last_one_taken_whatever_the_clock_said(world: World) -> None:
    caller = world.somebody()
    with jumping.ids_of(world):
        couple = a_couple(caller)
        home = f"/v1/couples/{couple['id']}"
        right = world.watch.now
        for by, deed, status in ((1, "close", "closed"), (0, "reopen", "open"), (-1, "close", "closed")):
            world.watch.now = right + timedelta(days=by)
            tag = {"If-Match": caller.get(home).headers["ETag"]}
            body = {
                "effective_on": "2026-03-01",
                **({"outcome": "parted_with_clarity"} if deed == "close" else {}),
            }
            done = caller.post(f"{home}/{deed}", body, headers=tag)
            assert done.status_code < 300, done.text
            assert caller.get(home).json()["status"] == status


FLAWS = {
    "known today means recorded before today's midnight": (
        facts,
        "known_bound",
        lambda chart, day: FAR_INSTANT if day is None else f"{day + timedelta(days=1)}T00:00:00.000000Z",
        "markers are hidden",
    ),
    "lines are looked for above the newest sealed one": (
        blocks,
        "_bound",
        lambda chart: str(chart.tuples(blocks._NEWEST)[0][0]),
        "stay unsealed",
    ),
}


@pytest.mark.parametrize("flaw", FLAWS.values(), ids=FLAWS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_would_be_noticed(
    world: World, flaw: tuple[Any, str, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, name, flawed, told = flaw
    monkeypatch.setattr(room, name, flawed)
    found = jumping.run(world, jumping.JUMPS[5:] + jumping.JUMPS[:1])
    assert any(told in each for each in found), found
