"""A sentence of one partner, sent everywhere it can be sent, is in no log, no refusal and no raw byte of the store."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from app.logs import JsonLines
from tests.chart import raw
from tests.live import serving
from tests.people import Caller, Json, World
from tests.walks import matrix
from tests.walks.matrix import CANARY, SAFETY_CANARY, Estate, Operation, OrNobody

SENTENCE = f"{CANARY} said alone"
LOGGERS = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "mendline")
OF_THE_TEST = ("httpx", "httpcore")


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Every line that any logger writes meanwhile, as the service would write it."""
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(OF_THE_TEST):
                lines.append(self.format(record))

    keeping = Keeping(logging.DEBUG)
    keeping.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(keeping)
    try:
        yield lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
            logger.removeHandler(keeping)


def written_into(value: Any, name: str = "") -> Any:
    """A body with the sentence in place of every word and number."""
    if isinstance(value, dict):
        return {key: written_into(inner, key) for key, inner in value.items()}
    return [written_into(inner) for inner in value] if isinstance(value, list) else SENTENCE


def one_field_each(body: Json) -> Iterator[Json]:
    """The body once for each of its fields, the sentence standing there in the wrong place."""
    for name in body:
        yield {**body, name: [{SENTENCE: SENTENCE}]}


def bad_bodies(estate: Estate, operation: Operation) -> Iterator[bytes]:
    """Bodies that hold the sentence and cannot be taken, or hardly."""
    example = estate.body(operation)
    if isinstance(example, dict):
        for body in (written_into(example), *one_field_each(example)):
            yield json.dumps(body).encode()
    yield f'{{"words": "{SENTENCE}'.encode()
    yield f'["{SENTENCE}"]'.encode()
    yield f'"{SENTENCE}"'.encode()
    yield f"{SENTENCE},{SENTENCE}\n".encode()
    yield SENTENCE.encode("utf-16")


def odd_headers(key: str) -> Iterator[dict[str, str]]:
    """The sentence in one header after another."""
    known = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    for name in ("User-Agent", "Cookie", "Referer", "X-Request-Id", "If-Match", "If-None-Match", "Idempotency-Key",
                 "Accept", "Content-Type", "X-Forwarded-For", "Range", "Origin"):  # fmt: skip
        yield {**known, name: SENTENCE}
    yield {"Authorization": f"Bearer {SENTENCE}"}
    yield {"Authorization": f"Bearer {key}{CANARY}"}
    yield {"Authorization": f"{CANARY} {key}"}


def shouted(estate: Estate, client: httpx.Client) -> list[httpx.Response]:
    """Every answer to the sentence in bodies, queries, paths, headers and methods."""
    answers = []
    for operation in estate.all.values():
        path = operation.path.format_map(OrNobody(estate.ids))
        if operation.media:
            headers = {"Content-Type": operation.media, "If-Match": '"none"', "Idempotency-Key": SENTENCE}
            answers += [
                client.request(operation.method, path, content=body, headers=headers)
                for body in bad_bodies(estate, operation)
            ]
        query = dict.fromkeys((*operation.query, "q", CANARY), SENTENCE)
        answers.append(client.request(operation.method, path, params=query))
        answers.append(client.request(operation.method, f"{path}/{quote(SENTENCE)}"))
    for headers in odd_headers(estate.owner.key):
        answers.append(httpx.post(f"{client.base_url}/v1/couples", json={"label": SENTENCE}, headers=headers))
        answers.append(httpx.get(f"{client.base_url}/v1/couples", headers=headers))
    return [*answers, client.get(f"/{CANARY}"), client.get(f"/problems/{CANARY}")]


def garbage(base: str) -> None:
    """The sentence as something that is no HTTP at all, and as a request that breaks off."""
    address = urlsplit(base)
    for sent in (
        f"{SENTENCE}\r\n\r\n",
        f"GET /{CANARY} HTTP/9.{CANARY}\r\n\r\n",
        f"POST /v1/couples HTTP/1.1\r\nHost: x\r\n{CANARY} : {SENTENCE}\r\n\r\n",
        f"POST /v1/couples HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}\r\n\r\n",
        f"POST /v1/couples HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 999\r\n\r\n{SENTENCE}",
    ):
        with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=5) as line:
            line.sendall(sent.encode())
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass


def in_the_store(world: World) -> bytes:
    """The raw bytes of the store, or all its rows as an administrator reads them."""
    if raw.is_postgres(world.url):
        return repr(raw.everything(world.url)).encode()
    path = raw.file_of(world.url)
    return path.read_bytes() + Path(f"{path}-wal").read_bytes()


@pytest.fixture
def estate(world: World) -> Estate:
    """A couple with the sentence in every word of every entry."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician"), world.somebody("administrator")
    return Estate(world, dict(world.app.openapi()), owner, administrator, matrix.marked).fresh().filled()


def test_a_sentence_sent_everywhere_is_found_nowhere(
    world: World, estate: Estate, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(world.app) as base, everything_logged() as lines:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {estate.owner.key}"}) as client:
            answers = shouted(estate, client)
        garbage(base)

    assert CANARY in estate.owner.get(f"/v1/couples/{estate.ids['couple_id']}").text
    assert [f"{each.request.url} {each.text}" for each in answers if each.status_code >= 500] == []
    assert repeated(answers) == []
    assert len(lines) > len(answers) > 500
    written = "\n".join(lines) + "".join(capfd.readouterr())
    store = in_the_store(world)
    for canary in (CANARY, SAFETY_CANARY):
        assert canary.lower() not in written.lower()
        assert canary.encode() not in store
        assert canary.encode().hex().encode() not in store
    assert b"remembered_answer" in store
    assert b"trail" in store


def repeated(answers: list[httpx.Response]) -> list[str]:
    """Refusals that repeat the sentence, other than as the address or the field's name that the caller chose."""
    found = []
    for each in answers:
        if each.status_code < 400 or not each.content:
            continue
        body = {name: value for name, value in each.json().items() if name != "instance"}
        body["errors"] = [{**error, "pointer": ""} for error in body["errors"]]
        if CANARY in json.dumps(body) + repr(each.headers):
            found.append(f"{each.request.method} {each.request.url.path}: {json.dumps(body)[:300]}")
    return found


def test_a_line_of_the_log_that_repeated_a_sentence_would_be_noticed() -> None:
    with everything_logged() as lines:
        logging.getLogger("mendline.stray").warning("body was %s", SENTENCE)

    assert any(CANARY in line for line in lines)


def test_a_stranger_with_a_key_finds_no_sentence_in_any_refusal(world: World, estate: Estate) -> None:
    stranger: Caller = world.somebody(practice_id=world.a_practice("Elsewhere"))
    found = []
    for operation in estate.all.values():
        for body in (estate.body(operation), None):
            answer = estate.send(stranger, operation, body)
            shown = answer.text + repr(answer.headers)
            if answer.status_code >= 400 and (CANARY in shown or SAFETY_CANARY in shown):
                found.append(operation.name)

    assert found == []
