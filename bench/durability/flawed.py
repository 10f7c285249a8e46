"""Services with a planted flaw, so that the proof is seen to fail; only the proof starts them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.chart.database import Database
from app.main import create_app_from_environment

LATE = 0.25  # seconds between the answer and the commit


class Late:
    """A database whose writes are committed a moment after they were answered."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    @contextmanager
    def journey(self, practice_id: str, *, writing: bool) -> Iterator[Any]:
        """The journey as it is; its end comes late when it went well."""
        inner = self.database.journey(practice_id, writing=writing)
        journey = inner.__enter__()
        try:
            yield journey
        except BaseException as failure:
            if not inner.__exit__(type(failure), failure, failure.__traceback__):
                raise
        else:
            if writing:
                threading.Timer(LATE, inner.__exit__, (None, None, None)).start()
            else:
                inner.__exit__(None, None, None)


def early() -> FastAPI:
    """Answers before it commits."""
    app = create_app_from_environment()
    store = app.state.house.store
    store.database = Late(store.database)
    return app


class Deaf:
    """Takes the idempotency key off every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the header."""
        if scope["type"] == "http":
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"idempotency-key"]
        await self.app(scope, receive, send)


def forgetful() -> Any:
    """Does not know a repeated request again."""
    return Deaf(create_app_from_environment())
