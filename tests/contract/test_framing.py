"""Where a request begins and ends: nobody reads more of a body, or less of a head, than who stands in front does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.edge import ONCE, Edge
from tests.contract.test_slow_clients import everything_said, talking
from tests.live import serving

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
CHUNKED, CLOSING = b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"
HIDDEN = b"DELETE /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
LONGEST = 20_000_000
"""Bytes after which a sender that nobody cuts off gives up."""


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Says what it was asked."""
    body, more = b"", scope["type"] == "http"
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    seen = {
        "asked": f"{scope['method']} {scope['path']}",
        "names": [name.decode() for name, _ in scope["headers"]],
        "body": body.decode(),
    }
    answer = json.dumps(seen).encode()
    lengths = [(b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": lengths})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(Edge(mirror, limit_of=lambda _: 1_000_000)) as address:
        yield address


def head(*fields: bytes, method: bytes = b"POST") -> bytes:
    """A head with these fields, each with its line end."""
    return method + b" /asked HTTP/1.1\r\nHost: x\r\n" + b"".join(fields) + b"\r\n"


def heard(base: str, *parts: bytes) -> list[dict[str, Any]]:
    """What each answer on one connection says; the last request has to close it."""
    first, *answers = everything_said(base, *parts).split(b"HTTP/1.1 200 OK\r\n")
    assert first == b""
    return [json.loads(each.partition(b"\r\n\r\n")[2]) for each in answers]


@pytest.mark.parametrize(
    ("lengths", "body"),
    [
        (b"Content-Length: %d\r\n" % len(HIDDEN), HIDDEN),
        (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_a_body_behind_an_offer_of_another_protocol_is_no_request(
    base: str, lengths: bytes, body: bytes, apart: bool
) -> None:
    parts = (head(OFFER, lengths), body) if apart else (head(OFFER, lengths) + body,)
    told = heard(base, *parts, head(CLOSING, method=b"GET"))

    assert [(each["asked"], each["body"]) for each in told] == [
        ("POST /asked", HIDDEN.decode()),
        ("GET /asked", ""),
    ]


def test_many_offers_at_once_are_all_answered() -> None:
    with serving(mirror) as address:
        told = heard(address, head(OFFER, method=b"GET") * 300 + head(CLOSING, method=b"GET"))

    assert len(told) == 301


def test_what_stands_behind_a_body_never_becomes_a_header(base: str) -> None:
    trailers = b"2\r\n{}\r\n0\r\nIdempotency-Key: k\r\nAuthorization: Bearer k\r\n\r\n"
    (told,) = heard(base, head(CHUNKED, CLOSING), trailers)

    assert told["body"] == "{}"
    assert told["names"] == ["host", "transfer-encoding", "connection"]


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"2\r\n{}\r\n0\r\n", b"a: b\r\n" * 10_000),
        (b"2\r\n{}\r\n0\r\nX-Endless: ", b"a" * 65_536),
        (b"2;", b"a" * 65_536),
    ],
    ids=["fields behind the body", "a field behind the body", "a chunk's extension"],
)
def test_what_frames_a_body_may_not_go_on_for_ever(base: str, begun: bytes, more: bytes) -> None:
    def go_on() -> None:
        for _ in range(LONGEST // len(more)):
            line.sendall(more)

    with talking(base) as line:
        line.sendall(head(CHUNKED) + begun)
        with pytest.raises(ConnectionError):
            go_on()


def test_the_smallest_chunks_are_taken(base: str) -> None:
    (told,) = heard(base, head(CHUNKED, CLOSING), b"1\r\n{\r\n" * 100_000, b"0\r\n\r\n")

    assert len(told["body"]) == 100_000


def test_what_is_carried_out_is_answered_though_rubbish_follows(base: str) -> None:
    said = everything_said(base, head(b"Content-Length: 2\r\n") + b"{}" + b"RUBBISH\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1") == 1
    assert everything_said(base, b"RUBBISH\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("name", [name for name in ONCE if name != b"host"])
def test_a_header_that_stands_for_one_thing_may_stand_there_once(base: str, name: bytes) -> None:
    once = name + b": identity\r\n"

    assert everything_said(base, head(once, CLOSING)).startswith(b"HTTP/1.1 200 ")
    assert everything_said(base, head(once, once, CLOSING)).startswith(b"HTTP/1.1 400 ")


def test_a_body_in_a_coding_that_nobody_undoes_is_refused(base: str) -> None:
    coded = head(b"Transfer-Encoding: gzip, chunked\r\n", CLOSING) + b"0\r\n\r\n"

    assert everything_said(base, coded).startswith(b"HTTP/1.1 415 ")
