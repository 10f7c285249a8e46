"""Services with planted flaws, so that the proof is seen to fail: `python -m bench.api.flaws NAME serve …`.

Each is `mendline serve` as shipped with one thing changed beforehand.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from pydantic import ConfigDict
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import app.main
from app import edge
from app.chart.chart import Chart
from app.errors import invalid
from app.practice.door import Anyone, DoorRoute
from app.wire.answers import answer, documents
from app.wire.types import Input, Line

ROUTES = ("flawedDivision", "flawedEcho", "flawedWait")
BREAK = "break"
WAIT_SECONDS = 3.0
HELD: list[bytes] = []


class Words(Input):
    """What the flawed routes take."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "Something said."}]})

    words: Line


def spoil(service: FastAPI) -> None:
    """Three routes: one fails at one nasty value, one repeats what it was sent, one takes its time over a dot."""
    router = APIRouter(prefix="/v1", route_class=DoorRoute)

    @router.get("/flaws/division", operation_id="flawedDivision", tags=["practice"], **documents(None))
    def division(chart: Anyone, divisor: Annotated[str, Query()]) -> Response:
        """Divides by one less than what it reads."""
        return answer({"quotient": 6 // (int(divisor) - 1) if divisor.isdigit() else 6})

    @router.post(
        "/flaws/echo", operation_id="flawedEcho", tags=["practice"], **documents(None, kind="create")
    )
    def echo(chart: Anyone, body: Words) -> Response:
        """Refuses with the words themselves."""
        raise invalid("/words", "wrong_words", f"These words are wrong: {body.words}")

    @router.post(
        "/flaws/wait", operation_id="flawedWait", tags=["practice"], **documents(None, kind="create")
    )
    def wait(chart: Anyone, body: Words) -> Response:
        """Takes its time over a dot."""
        time.sleep(WAIT_SECONDS if body.words == "." else 0)
        return answer({})

    service.router.routes[1:1] = router.routes


class Greedy:
    """Reads every body to its end and keeps it, whatever the limits say."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read first, then go on."""
        read: list[Message] = []
        more = scope["type"] == "http" and scope["method"] == "POST"
        while more:
            read.append(await receive())
            HELD.append(read[-1].get("body", b""))
            more = read[-1].get("more_body", False)

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        await self.inner(scope, again, send)


def _routes(make: Callable[[], FastAPI]) -> Callable[[], Any]:
    def made() -> FastAPI:
        service = make()
        spoil(service)
        return service

    return made


def _greedy(make: Callable[[], FastAPI]) -> Callable[[], Any]:
    return lambda: Greedy(make())


def _patient(make: Callable[[], FastAPI]) -> Callable[[], Any]:
    """Waits for everybody."""
    from app import listener

    listener.HEAD_SECONDS = edge.BODY_SECONDS = 3600.0
    return make


def _breaking(make: Callable[[], FastAPI]) -> Callable[[], Any]:
    """While the switch is there every third row cannot be stored, and the failure tells what stood in it: 500s."""
    plain, count = Chart.add, iter(range(sys.maxsize))
    switch = Path(os.environ["MENDLINE_DATA_DIR"]) / BREAK

    def add(self: Chart, table: Any, **values: Any) -> Any:
        if switch.exists() and next(count) % 3 == 2:
            raise RuntimeError(f"cannot store {values!r}")
        return plain(self, table, **values)

    Chart.add = add  # type: ignore[method-assign]
    return make


def _talkative(make: Callable[[], FastAPI]) -> Callable[[], Any]:
    """Logs every row as it is stored."""
    plain = Chart.add

    def add(self: Chart, table: Any, **values: Any) -> Any:
        logging.getLogger("mendline.flaw").info("stored %s", values)
        return plain(self, table, **values)

    Chart.add = add  # type: ignore[method-assign]
    return make


FLAWS: dict[str, Callable[[Callable[[], FastAPI]], Callable[[], Any]]] = {
    "routes": _routes,
    "greedy": _greedy,
    "patient": _patient,
    "breaking": _breaking,
    "talkative": _talkative,
}


if __name__ == "__main__":
    from app.cli import main

    app.main.create_app_from_environment = FLAWS[sys.argv.pop(1)](app.main.create_app_from_environment)
    main()
