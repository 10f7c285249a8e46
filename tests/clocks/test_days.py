"""The laws of days and instants, at few examples; `make prove-time` tries many. And which day it is, at the door."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.clock import day_in
from tests.clocks import laws
from tests.clocks.laws import FLAWS, LAWS, SIX, Law, law_of, prove
from tests.people import World, a_couple

EXAMPLES = 25


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_law_holds(law: Law) -> None:
    prove(law, EXAMPLES)


@pytest.mark.parametrize("flaw", FLAWS.values(), ids=FLAWS)
def test_a_planted_flaw_is_noticed(
    flaw: tuple[Any, str, Any, Callable[[Any], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, name, flawed, holds = flaw
    monkeypatch.setattr(room, name, flawed)
    with pytest.raises((AssertionError, ValueError)):
        prove(law_of(holds), 8 * EXAMPLES, smallest=False)


@pytest.fixture(params=["America/New_York"])
def server_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """The machine that the service runs on believes to stand somewhere."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.usefixtures("server_zone")
def test_the_server_s_own_zone_changes_nothing() -> None:
    for holds in (
        laws.known_is_recorded_by_the_end_of_the_local_day,
        laws.text_order_is_time_order,
        laws.a_wall_time_that_comes_twice_or_never_is_one_instant,
        laws.asking_on_is_asking_further,
    ):
        prove(law_of(holds), EXAMPLES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_today_is_the_practices_today_to_the_second(world: World) -> None:
    """A day is refused as not yet come until it begins where the practice is, whatever day it is in Greenwich."""
    for zone in SIX:
        caller = world.somebody(practice_id=world.a_practice(zone, zone))
        home = f"/v1/couples/{a_couple(caller)['id']}/markers"
        midnight = datetime(2026, 3, 29, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        marker = {
            "code": "ACC-IMPACT",
            "observed_on": "2026-03-29",
            "basis": "observed_in_session",
            "words": "…",
        }
        told = []
        for seconds in (-2, 1):
            world.watch.now = midnight + timedelta(seconds=seconds)
            told.append(caller.post(home, marker).status_code)
        assert told == [422, 201], zone
        assert day_in(midnight, zone).isoformat() == "2026-03-29"
