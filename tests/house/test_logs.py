"""Log lines of others' making: nothing of what they were about stands in them, and one still sees what happened."""

import asyncio
import json
import logging
from typing import Any

import pytest

from app.logs import JsonLines

CANARY = "Kanarienvogel"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What was logged, as the service writes it."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_the_event_loops_own_lines_tell_that_something_failed_and_not_with_what(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(words: str) -> None:
        raise ValueError(words)

    async def forgotten() -> None:
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(ValueError(CANARY))
        asyncio.get_running_loop().call_soon(fail, CANARY)
        await asyncio.sleep(0)
        del failed

    asyncio.run(forgotten())

    told = [line for line in lines(caplog) if line["logger"] == "asyncio" and "error" in line]
    assert {line["error"] for line in told} == {"ValueError"}
    assert sorted(line["event"].partition(" ")[2] for line in told) == [
        "Exception in callback",
        "Future exception was never retrieved",
    ]
    assert CANARY not in json.dumps(told)


def test_a_line_that_was_put_together_elsewhere_is_told_by_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logging.getLogger("somebody.else")
    log.error("%s did not fit", CANARY)
    log.error(f"{CANARY} did not fit")  # noqa: G004 - as careless libraries do

    template, place = lines(caplog)
    assert template["event"] == "%s did not fit"
    assert place["event"].startswith("test_logs.py:")
    assert CANARY not in json.dumps([template, place])
