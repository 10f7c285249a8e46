"""Planted flaws: the service with a leak of memory, or of files; the run starts one of them to see itself find it."""

import tempfile
from typing import Any

from app.main import create_app_from_environment

LEAK = 65536
_kept: list[Any] = []


class Leaking:
    """Wraps the application, and keeps something of every request."""

    def __init__(self, inner: Any, keep: Any) -> None:
        self.inner, self.keep = inner, keep

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            _kept.append(self.keep(len(_kept)))
        await self.inner(scope, receive, send)


def of_memory() -> Any:
    """Sixty-four kilobytes a request."""
    return Leaking(create_app_from_environment(), lambda number: bytearray(LEAK))


def of_files() -> Any:
    """A file each twentieth request."""
    return Leaking(
        create_app_from_environment(), lambda number: None if number % 20 else tempfile.TemporaryFile()
    )
