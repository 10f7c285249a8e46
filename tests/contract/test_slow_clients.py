"""Callers who come slowly, pack their bodies or read nothing: each is let go in bounded time, and told why."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from threading import Event
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app import edge, listener
from app.practice import door
from app.practice.sign_in import unauthenticated
from tests.live import serving
from tests.people import World, a_couples_entry

HEAD = b"POST /v1/couples HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, application: FastAPI) -> Iterator[str]:
    """The service with little patience; gives its address. The database does not matter here."""
    for name in ("HEAD_SECONDS", "LINGER_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(listener, name, 0.2)
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.2)
    with serving(application) as base:
        yield base


def talking(base: str) -> socket.socket:
    """A connection of a caller who speaks by hand."""
    where = urlsplit(base)
    return socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=30)


def status(line: socket.socket) -> int:
    """The status of the next answer, which is read to its end."""
    answer = HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status


def everything_said(base: str, *parts: bytes) -> bytes:
    """What the service says to these bytes until it hangs up by itself; the caller never does."""
    with talking(base) as line:
        for part in parts:
            line.sendall(part)
        said = b""
        try:
            while more := line.recv(65_536):
                said += more
        except ConnectionResetError:
            pass
        return said


@pytest.mark.parametrize(
    "sent", [b"", b"GET /li", HEAD, b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Endless: aaaa"]
)
def test_half_a_head_is_waited_for_only_so_long(impatient: str, sent: bytes) -> None:
    said = everything_said(impatient, sent)

    assert said.startswith(b"HTTP/1.1 408 ") if sent else said == b""


def test_a_second_request_may_not_take_longer_than_the_first(impatient: str) -> None:
    said = everything_said(impatient, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HT")

    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in said


def test_a_head_that_never_ends_is_refused(impatient: str) -> None:
    said = everything_said(impatient, b"GET /livez HTTP/1.1\r\nX-Endless: ", *[b"a" * 16_384] * 5)

    assert (
        said.startswith(b"HTTP/1.1 431 ") or said == b""
    )  # cut off while it still sent, it may read nothing


def test_many_requests_at_once_are_no_long_head(impatient: str) -> None:
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 2_000 + b"\r\n"
    said = everything_said(impatient, (one + b"\r\n") * 40 + one + b"Connection: close\r\n\r\n")

    assert said.count(b"HTTP/1.1 200 ") == 41


@pytest.mark.parametrize("head", [HEAD, HEAD + b"Connection: close\r\n", HEAD.replace(b"/1.1", b"/1.0")])
def test_the_rest_of_a_refused_body_is_let_in_so_that_its_sender_reads_why(
    impatient: str, head: bytes
) -> None:
    said = everything_said(impatient, head + b"Content-Length: 5000000\r\n\r\n", *[b" " * 50_000] * 100)

    assert said.startswith(b"HTTP/1.1 413 ")


def test_who_sends_the_rest_of_a_refused_body_may_go_on_on_the_same_connection(
    application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = []
    before = listener.Listener.on_response_complete

    def noting(self: listener.Listener) -> None:
        before(self)
        ends.append(self._rest)

    monkeypatch.setattr(listener.Listener, "on_response_complete", noting)
    with serving(application) as base, talking(base) as line:
        line.sendall(b"POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        assert status(line) == 404
        line.sendall(b"12345GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(line) == 200
        assert ends[0] is not None
        assert ends[0].cancelled()


def test_half_a_body_is_waited_for_only_so_long(impatient: str) -> None:
    said = everything_said(impatient, HEAD + b"Authorization: Bearer x\r\nContent-Length: 99\r\n\r\n{")

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["code"] == "body_too_slow"


def test_a_body_without_end_is_refused_at_the_limit(impatient: str) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = (
        HEAD.replace(b"json", b"x-made-up") + b"Authorization: Bearer x\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    said = everything_said(impatient, sent.replace(b"x-made-up", b"json") + chunk * 20)

    assert said.startswith(b"HTTP/1.1 413 ")


def test_an_answer_that_nobody_reads_is_dropped(impatient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = []
    before = listener.Listener._drop_unread

    def noting(self: listener.Listener, unread: int, taken: int) -> None:
        before(self, unread, taken)
        dropped.append(self.transport.is_closing())

    monkeypatch.setattr(listener.Listener, "_drop_unread", noting)
    where = urlsplit(impatient)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((str(where.hostname), int(where.port or 80)))
        line.sendall(b"GET /static/redoc/redoc.standalone.js HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        for _ in range(300):
            if any(dropped):
                break
            time.sleep(0.02)

    assert any(dropped)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("scopes", "status"), [(("record:read",), b"403"), (("record:read", "imports:write"), b"408")]
)
def test_a_file_of_somebody_who_may_not_import_is_not_waited_for(
    impatient: str, world: World, scopes: tuple[str, ...], status: bytes
) -> None:
    head = HEAD.replace(b"couples", b"imports").replace(b"json", b"x-ndjson")
    key = world.somebody(scopes=scopes).key.encode()
    said = everything_said(
        impatient, head + b"Authorization: Bearer " + key + b"\r\nContent-Length: 100000000\r\n\r\n{"
    )

    assert said.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_a_packed_body_is_refused_unopened(impatient: str, coding: str) -> None:
    bomb = gzip.compress(b"0" * 100_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    answer = httpx.post(f"{impatient}/v1/couples", content=bomb, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_requests_of_every_kind_share_the_same_few_threads(
    application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = application.state.settings.threads
    inside, most, too_many = [], [], Event()

    def admit(knock: object, _: object) -> None:
        inside.append(knock)
        most.append(len(inside))
        if len(inside) > threads:
            too_many.set()
        too_many.wait(0.3)
        inside.pop()
        raise unauthenticated()

    monkeypatch.setattr(door, "admit", admit)
    entry = json.dumps(a_couples_entry())
    kinds = ("application/json", "application/json; charset=utf-8")  # the second is left to FastAPI
    with serving(application) as base, ThreadPoolExecutor(threads + 2) as callers:

        def ask(kind: str) -> int:
            headers = {"Authorization": "Bearer x", "Content-Type": kind}
            return httpx.post(f"{base}/v1/couples", content=entry, headers=headers, timeout=60).status_code

        answers = list(callers.map(ask, kinds * (threads // 2 + 1)))

    assert set(answers) == {401}
    assert max(most) <= threads
