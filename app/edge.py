"""The edge: what surrounds every request in pure ASGI: id, limits, headers, log line, last resort; main comes in."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.chart.chart import new_id
from app.errors import BY_CODE

log = logging.getLogger("mendline.edge")
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
BODY_SECONDS = 20.0
"""How long a body may take, however small it is."""
BODY_PACE = 16_384
"""Bytes for which it may take a second more."""
ONCE = (
    b"authorization",
    b"content-encoding",
    b"content-type",
    b"host",
    b"idempotency-key",
    b"if-match",
    b"mendline-practice",
)
"""Fields of a head that stand for one thing: who is in front of the service might go by another one than it does."""
USUAL = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
)


class Edge:
    """Wraps the application: gives ids and headers, refuses bodies beyond its bounds, catches what nobody caught."""

    def __init__(self, app: ASGIApp, *, limit_of: Callable[[str], int]) -> None:
        self.app = app
        self.limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began = _request_id(scope), time.perf_counter()
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = False, 0

        async def sending(message: Message) -> None:
            nonlocal started, status
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
                _add_headers(message["headers"], scope, request_id)
            await send(message)

        limit = self.limit_of(scope["path"])
        try:
            _demand_readable(Headers(scope=scope), limit)
            await self.app(scope, _limited(receive, limit), sending)
        except Unreadable as unreadable:
            if not started:
                await _refuse(unreadable.code, scope, request_id, sending)
        except ClientDisconnect:
            pass  # nobody is there to be told anything
        except Exception as error:
            log.error(
                "unhandled %s",
                type(error).__name__,
                extra={"request_id": request_id},
                exc_info=_frames(error),
            )
            if not started:
                await _refuse("internal_error", scope, request_id, sending)
        finally:
            if log.isEnabledFor(logging.INFO):
                log.info("request", extra=_line(scope, request_id, status, began))


class Unreadable(Exception):
    """The body is not read to its end: too large, too slow, or packed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _demand_readable(headers: Headers, limit: int) -> None:
    """Refuse what the head already tells: a field twice, a packed body, which could unfold to anything, or one beyond
    the limit."""
    names = [name for name, _ in headers.raw]
    if any(names.count(name) > 1 for name in ONCE):
        raise Unreadable("malformed_request")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Unreadable("unsupported_media_type")
    if headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
        raise Unreadable("unsupported_media_type")
    declared = headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise Unreadable("body_too_large")


def _limited(receive: Receive, limit: int) -> Receive:
    """What comes of the body, up to its limit, and no slower than its pace."""
    seen, more, began = 0, True, 0.0

    async def receiving() -> Message:
        nonlocal seen, more, began
        if not more:
            return await receive()
        began = began or asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(began + BODY_SECONDS + seen / BODY_PACE):
                message = await receive()
        except TimeoutError:
            raise Unreadable("body_too_slow") from None
        seen, more = seen + len(message.get("body", b"")), message.get("more_body", False)
        if seen > limit:
            raise Unreadable("body_too_large")
        return message

    return receiving


def _request_id(scope: Scope) -> str:
    """The caller's X-Request-Id when it is harmless, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return new_id()


def _add_headers(headers: list[tuple[bytes, bytes]], scope: Scope, request_id: str) -> None:
    """Nothing below sets the first three; the others stand unless a page has its own."""
    own = {name for name, _ in headers}
    headers.append((b"x-request-id", request_id.encode()))
    rate = scope["state"].get("rate")
    if rate is not None:
        policy = f'"key";q={rate.limit.amount};w={rate.limit.get_expiry()}'
        headers.append((b"ratelimit-policy", policy.encode()))
        headers.append((b"ratelimit", f'"key";r={rate.remaining};t={rate.wait}'.encode()))
    headers.extend(header for header in USUAL if header[0] not in own)


def _frames(error: Exception) -> Any:
    """The traceback without its message, which may quote what somebody wrote."""
    return (type(error), RuntimeError(type(error).__name__), error.__traceback__)


def _line(scope: Scope, request_id: str, status: int, began: float) -> dict[str, Any]:
    """What the log says of a request: the operation, never the address, in which anybody could have typed anything."""
    route = scope.get("route")
    return {
        "request_id": request_id,
        "action": getattr(route, "operation_id", None) or getattr(route, "name", None),
        "method": scope["method"][:16],
        "status": status,
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }


async def _refuse(code: str, scope: Scope, request_id: str, send: Send) -> None:
    meaning = BY_CODE[code]
    body = to_json(
        {
            "type": f"/problems/{code}",
            "title": meaning.title,
            "status": meaning.status,
            "detail": meaning.explanation,
            "hint": meaning.advice,
            "instance": scope["path"],
            "code": code,
            "request_id": request_id,
            "errors": [],
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": meaning.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
