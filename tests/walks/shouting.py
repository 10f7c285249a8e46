"""A sentence sent everywhere it does not belong, and looked for in every form; the walks and the proofs come in."""

import base64
import json
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tests.people import Json
from tests.walks.matrix import CANARY, WORDS, Estate, Operation, OrNobody, resolved, with_value

SENTENCE = f"{CANARY} said alone"
Way = tuple[Any, ...]
NO_WORDS = frozenset({"zone", "rule", "model_version"})
"""Texts of a grammar of their own, in which nobody could say anything."""
FORMS: dict[str, tuple[Json, ...]] = {
    "note": (
        {
            "format": "soap",
            "subjective": dict.fromkeys("ab", SENTENCE),
            "objective": SENTENCE,
            "assessment": SENTENCE,
        },
        {"format": "dap", **dict.fromkeys(("data", "assessment", "plan"), SENTENCE)},
        {"format": "birp", **dict.fromkeys(("behaviour", "intervention", "response", "plan"), SENTENCE)},
        {"format": "narrative", "text": SENTENCE},
    ),
    "cadence": ({"kind": "whenever", "event": SENTENCE},),
}
"""Parts whose texts shut each other out."""
CARRIED = {"commitments": "recordCommitment", "check_ins": "recordCheckIn"}
"""Entries that a session may bring along, and the operation that records one alone."""


def holds(data: bytes, word: str = CANARY) -> bool:
    """Whether bytes hold a word as text in either case, in UTF-16, in hexadecimal, or in base64 at any offset."""
    folded = data.lower()
    text = word.lower().encode()
    if any(form in folded for form in (text, text.hex().encode(), word.encode().hex().encode())):
        return True
    wide = word.encode("utf-16-le")
    return any(form in data for form in (wide, wide.swapcase(), *_in_base64(word.encode())))


def _in_base64(word: bytes) -> Iterator[bytes]:
    """What surely stands in the base64 of anything with this word in it, whatever stands around."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + word)
        inner = encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


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


def untold(estate: Estate) -> list[str]:
    """Write the sentence into every text that bodies can hold, also where no example has one; gives the texts that were
    not taken anywhere, so that nobody takes them for looked after."""
    left = []
    for operation in estate.all.values():
        of_a_couple = operation.clinical or operation.name == "createCouple"
        if of_a_couple and operation.media == "application/json":
            texts = {way for way in texts_of(estate.document, operation.schema) if way[-1] not in NO_WORDS}
            for change in _changes(operation, texts):
                texts -= _taken(estate, operation, texts, change) if texts else set()
            left += [f"{operation.name} {'/'.join(map(str, way))}" for way in texts]
    return sorted(left)


def texts_of(document: Json, schema: Json, at: Way = ()) -> Iterator[Way]:
    """The way to every free text of a body."""
    schema = resolved(document, schema)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from texts_of(document, option, at)
    if "items" in schema:
        yield from texts_of(document, schema["items"], (*at, 0))
    for name, inner in schema.get("properties", {}).items():
        yield from texts_of(document, inner, (*at, name))
    if schema.get("type") == "string" and not {"format", "enum", "pattern", "const"} & set(schema):
        yield at


Change = Callable[[Estate, Operation, Json], Json | None]


def _changes(operation: Operation, texts: set[Way]) -> Iterator[Change]:
    """The example with the texts that it lacks, together or one by one, or with a part in another form."""
    plain = [way for way in sorted(texts, key=str) if not set(way) & {"note", "cadence", *CARRIED}]
    yield partial(_with, plain)
    yield from (partial(_with, ways) for ways in ([], *([way] for way in plain)))
    for name, forms in FORMS.items():
        if name in operation.schema["properties"]:
            yield from (partial(_in_form, name, form) for form in forms)
    yield from (partial(_carrying, name) for name in CARRIED if name in operation.schema["properties"])


def _with(ways: list[Way], house: Estate, operation: Operation, body: Json) -> Json | None:
    for way in ways:
        body = with_value(house.document, body, operation.schema, way, SENTENCE) or body
    return body


def _in_form(name: str, form: Json, _: Estate, __: Operation, body: Json) -> Json:
    return {**body, name: form}


def _carrying(name: str, house: Estate, operation: Operation, body: Json) -> Json | None:
    """A session that brings another kind of entry along, every text of which is told."""
    maker = house.all[CARRIED[name]]
    entry = house.body(maker)
    ways = [
        way
        for way in texts_of(house.document, maker.schema)
        if way[-1] not in NO_WORDS and "cadence" not in way
    ]
    told = _with(ways, house, maker, entry) or entry
    told |= (
        {"commitment_id": house.need("commitment_id")}
        if name == "check_ins"
        else {"cadence": FORMS["cadence"][0]}
    )
    return {**body, name: [told]}


def _taken(estate: Estate, operation: Operation, texts: set[Way], change: Change) -> set[Way]:
    """Which texts hold the sentence in a body that is taken."""
    house = estate.fresh().prepared(operation)
    if operation.name == "replyToAccessRequest":
        _ready_to_reply(house)
    body = change(house, operation, house.body(operation))
    if body is None or not any(_said(body, way) for way in texts):
        return set()
    answer = house.send(house.keeper(operation), operation, body)
    return {way for way in texts if _said(body, way)} if answer.is_success else set()


def _ready_to_reply(house: Estate) -> None:
    for name in ("checkAccessIdentity", "hearOtherPartner"):
        house.send(house.owner, house.all[name], house.body(house.all[name]))
    for part in ("own_individual", "conjoint"):
        house.send(
            house.owner, house.all["decideAccess"], {"part": part, "decision": "give", "words": SENTENCE}
        )


def _said(body: Any, way: Way) -> bool:
    for step in way:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(body, str) and any(word in body for word in WORDS)


def odd_headers(key: str) -> Iterator[dict[str, str]]:
    """The sentence in one header after another."""
    known = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    for name in ("User-Agent", "Cookie", "Referer", "X-Request-Id", "If-Match", "If-None-Match", "Idempotency-Key",
                 "Accept", "Content-Type", "X-Forwarded-For", "Range", "Origin"):  # fmt: skip
        yield {**known, name: SENTENCE}
    yield {"Authorization": f"Bearer {SENTENCE}"}
    yield {"Authorization": f"Bearer {key}{CANARY}"}
    yield {"Authorization": f"{CANARY} {key}"}


def shouted(estate: Estate, client: httpx.Client, every: int = 1) -> list[httpx.Response]:
    """Every answer to the sentence in bodies, queries, paths, headers and methods; or of every so many operations."""
    answers = []
    for operation in [*estate.all.values()][::every]:
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
