"""Bare ASGI: the least that answers HTTP at all, shared by both limits; nothing is checked, signed or refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

Handler = Callable[[str, bytes, bytes], Awaitable[bytes | None]]
"""A path, a body and a key to the answer's JSON; None is 404."""
NOT_FOUND = b'{"status":404}'


class BareApp:
    """Routes by method and last path segment; opens its store when the server starts."""

    def __init__(self, start: Callable[[], Awaitable[dict[tuple[str, str], Handler]]]) -> None:
        self._start = start
        self._handlers: dict[tuple[str, str], Handler] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self._handlers = await self._start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        method, path = scope["method"], scope["path"]
        body = await _body(receive) if method == "POST" else b""
        handler = self._handlers.get((method, kind_of(path)))
        answer = await handler(path, body, _key(scope)) if handler else None
        status = 404 if answer is None else 201 if method == "POST" else 200
        content = NOT_FOUND if answer is None else answer
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _key(scope: Any) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value[7:])
    return b""


async def _body(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def kind_of(path: str) -> str:
    """What an address is about: its last word, or the word before its id."""
    rest, _, last = path.rpartition("/")
    return rest.rpartition("/")[2] if len(last) == 36 else last


def dumped(content: Any) -> bytes:
    """JSON by the quickest way there is."""
    return bytes(orjson.dumps(content))
