"""Every nasty value in every field, query, path and header of the served document, and what is wrong with answers.

Driven by the document: an operation added tomorrow is tried tomorrow. What is taken must come back as it was sent.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from app.errors import BY_CODE
from bench.api import nasty
from bench.api.lines import Answer, Line
from bench.api.nasty import MARK, Nasty
from tests.people import Json
from tests.walks.matrix import Estate, Operation, OrNobody, resolved, with_value

Way = tuple[Any, ...]
PLACE = "@@place@@"
INTERNALS = re.compile(
    rb"Traceback|site-packages|sqlalchemy|psycopg|sqlite|\.py\b|SELECT .* FROM|INSERT INTO|UPDATE .* SET|/usr/|/home/"
    rb"|object at 0x|instance of [A-Z]"
)
TELLING_NUMBERS = 12
"""From how many characters on a number is unlikely to stand in an answer by chance."""
PROBLEM = {"type", "title", "status", "detail", "hint", "instance", "code", "request_id", "errors"}
NOTHING = object()
TOLD_ELSEWHERE = {("liftHold", "/reason"), ("reviewBreakGlass", "/words"), ("createKey", "/scopes/0")}
"""Fields whose namesake in the answer is something else: why the hold was placed, why the glass was broken, and sets
that come back in their own order."""


@dataclass(frozen=True)
class Shot:
    """One request with one nasty value in one place."""

    operation: str
    place: str
    value: str
    method: str
    target: str
    headers: dict[str, str | bytes]
    body: bytes | None = None
    way: Way | None = None
    sent: Any = NOTHING

    def __str__(self) -> str:
        return f"{self.operation} {self.place}: {self.value}"


@dataclass
class Tally:
    """What came of the shots so far."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    compared: int = 0
    slowest: float = 0.0
    slowest_was: str = ""
    faults: list[str] = field(default_factory=list)
    operations: int = 0
    taken: set[str] = field(default_factory=set)


# --- the places of a document ---


def kind_of(document: Json, schema: Json) -> tuple[str, list[Any]]:
    """What a schema takes, in a word, and its codes when it is an enumeration."""
    schema = resolved(document, schema)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if option.get("type") != "null":
            return kind_of(document, option)
    if "enum" in schema or "const" in schema:
        return "code", list(schema.get("enum", [schema.get("const")]))
    by_format = {"date": "day", "date-time": "instant", "uuid": "id"}.get(schema.get("format", ""))
    kinds = {"integer": "number", "number": "number", "boolean": "flag", "array": "list", "object": "object"}
    return by_format or kinds.get(schema.get("type", ""), "text"), []


def fields(document: Json, schema: Json, at: Way = (), deep: int = 0) -> Iterator[tuple[Way, Json]]:
    """Every place inside a body, itself first, however it can be reached."""
    schema = resolved(document, schema)
    yield at, schema
    if deep > 8:
        return
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from (found for found in fields(document, option, at, deep + 1) if found[0] != at)
    if "items" in schema:
        yield from fields(document, schema["items"], (*at, 0), deep + 1)
    for name, inner in schema.get("properties", {}).items():
        yield from fields(document, inner, (*at, name), deep + 1)


def shown(example: Any, at: Way = ()) -> Iterator[tuple[Way, Json]]:
    """The same of an example, for what its schema leaves open."""
    kinds = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    schema: Json = {"type": kinds.get(type(example), "string")}
    if isinstance(example, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", example):
        schema["format"] = "date"
    elif isinstance(example, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*", example):
        schema["format"] = "date-time"
    yield at, schema
    if isinstance(example, dict):
        for name, inner in example.items():
            yield from shown(inner, (*at, name))
    elif isinstance(example, list) and example:
        yield from shown(example[0], (*at, 0))


def count_of(document: Json, operations: Iterable[Operation]) -> int:
    """About how many shots there are."""
    found = 0
    for operation in operations:
        if operation.media == "application/json":
            places = dict(fields(document, operation.schema)) | dict(shown(operation.example))
            found += sum(len(nasty.for_field("", *kind_of(document, schema))) for schema in places.values())
        for name, schema in operation.query.items():
            found += len(nasty.for_address(name, *kind_of(document, schema)))
        found += len(nasty.for_address("", "id")) * operation.path.count("{") + 2 * len(nasty.HEADERS)
    return found


# --- shots ---


@dataclass
class Choice:
    """Which shots are fired: all, or the first at every place and a share of the others."""

    share: float
    chance: Random
    _place: str = ""

    def __call__(self, place: str) -> bool:
        """Whether the next shot at a place is one of them; asked before it is made."""
        first, self._place = place != self._place, place
        return first or self.share >= 1 or self.chance.random() < self.share


def shots_of(estate: Estate, operation: Operation, told: Json, chosen: Choice) -> Iterator[Shot]:
    """The chosen shots at one operation of a prepared estate, fields first."""
    path = operation.path.format_map(OrNobody(estate.ids))
    headers: dict[str, str | bytes] = {"Authorization": f"Bearer {estate.keeper(operation).key}"}
    if operation.media:
        headers["Content-Type"] = operation.media
    if any(each["name"] == "if-match" for each in told.get("parameters", ())):
        headers["If-Match"] = estate.etag(operation)
    body = estate.body(operation)
    plain = Shot(operation.name, "", "", operation.method, path, headers)
    if operation.media == "application/json":
        yield from _in_the_body(estate, operation, plain, body, chosen)
    elif isinstance(body, str):
        yield from _in_the_file(plain, body, chosen)
    content = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    yield from _in_the_address(estate, operation, plain, content, chosen)
    for each in told.get("parameters", ()):
        if each["in"] == "header":
            for name, value in nasty.HEADERS.items():
                if not chosen(f"header {each['name']}"):
                    continue
                odd = {**headers, each["name"]: value.encode("latin-1", "replace")}
                yield _changed(plain, f"header {each['name']}", name, headers=odd, body=content)


def _changed(shot: Shot, place: str, value: str, **changes: Any) -> Shot:
    return Shot(**{**vars(shot), "place": place, "value": value, **changes})


def _in_the_body(
    estate: Estate, operation: Operation, plain: Shot, body: Json, chosen: Choice
) -> Iterator[Shot]:
    places: dict[Way, Json] = {}
    for way, schema in (*fields(estate.document, operation.schema), *shown(body)):
        places.setdefault(way, schema)
    for way, schema in places.items():
        held = _with_a_place(estate.document, body, operation.schema, way)
        if held is None:
            continue
        kind, codes = kind_of(estate.document, schema)
        name = next((step for step in reversed(way) if isinstance(step, str)), "")
        place = "/" + "/".join(map(str, way))
        for value in nasty.for_field(name, kind, codes):
            if chosen(place):
                odd = held.replace(f'"{PLACE}"', value.json).encode()
                yield _changed(plain, place, value.name, body=odd, way=way, sent=_read(value))


def _with_a_place(document: Json, body: Any, schema: Json, way: Way) -> str | None:
    if not way:
        return f'"{PLACE}"'
    try:
        held = with_value(document, body, schema, way, PLACE)
    except (KeyError, IndexError, TypeError):  # the example holds another of several shapes
        return None
    return None if held is None else json.dumps(held)


def _read(value: Nasty) -> Any:
    """What was sent, as a client would understand it; nothing when it is no JSON."""
    try:
        return json.loads(value.json, parse_constant=lambda _: NOTHING)
    except (ValueError, RecursionError):
        return NOTHING


def _in_the_file(plain: Shot, text: str, chosen: Choice) -> Iterator[Shot]:
    """The lines of an import, one place after another."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        content = json.loads(line)
        for way, schema in shown(content):
            kind, _ = kind_of({}, schema)
            held = _with_a_place({}, content, {}, way)
            name = next((step for step in reversed(way) if isinstance(step, str)), "")
            place = f"line {number + 1} /{'/'.join(map(str, way))}"
            for value in nasty.for_field(name, kind) if held is not None else ():
                if chosen(place):
                    odd = str(held).replace(f'"{PLACE}"', value.json)
                    whole = "\n".join([*lines[:number], odd, *lines[number + 1 :]]).encode()
                    yield _changed(
                        plain, place, value.name, body=whole, target=f"{plain.target}?dry_run=true"
                    )


def _in_the_address(
    estate: Estate, operation: Operation, plain: Shot, body: bytes | None, chosen: Choice
) -> Iterator[Shot]:
    for name, schema in operation.query.items():
        for value, text in nasty.for_address(name, *kind_of(estate.document, schema)).items():
            if chosen(f"query {name}"):
                target = f"{plain.target}?{urlencode({name: text})}"
                yield _changed(plain, f"query {name}", value, target=target, body=body)
        twice = f"{plain.target}?{name}=1&{name}={MARK}&{name}[]=1&{name}[x]={MARK}"
        yield _changed(plain, f"query {name}", "several times", target=twice, body=body)
    for name in re.findall(r"{(\w+)}", operation.path):
        for value, text in nasty.for_address(name, "id").items():
            if chosen(f"path {name}"):
                ids = OrNobody({**estate.ids, name: quote(text, safe="")})
                yield _changed(plain, f"path {name}", value, target=operation.path.format_map(ids), body=body)


# --- answers ---


def faults_of(shot: Shot, answer: Answer) -> Iterator[str]:
    """What is wrong with an answer."""
    status = answer.status
    if status == 0:
        yield "no answer"
        return
    if status >= 500 or status in (100, 300, 301, 302, 303, 307, 308):
        yield f"answered {status}"
    if INTERNALS.search(_without_own_address(answer)):
        yield f"tells of its inside: {answer.body[:300]!r}"
    if 400 <= status < 500:
        yield from _faults_of_a_refusal(shot, answer)


def _faults_of_a_refusal(shot: Shot, answer: Answer) -> Iterator[str]:
    problem = answer.json()
    whole = isinstance(problem, dict) and problem.keys() >= PROBLEM
    if not whole or answer.headers.get("content-type") != "application/problem+json":
        yield f"a {answer.status} that is no problem document: {answer.body[:200]!r}"
        return
    meaning = BY_CODE.get(problem["code"])
    if meaning is None or meaning.status != answer.status or problem["status"] != answer.status:
        yield f"a {answer.status} with the code {problem['code']}"
    told = _without_own_address(answer).decode()
    long_number = re.fullmatch(r"-?\d+", str(shot.sent)) and len(str(shot.sent)) >= TELLING_NUMBERS
    if MARK in told or (long_number and str(shot.sent) in told):
        yield f"repeats what was sent: {told[:300]}"


def _without_own_address(answer: Answer) -> bytes:
    """The body without what the caller chose: the address, and the name of a field that is not known."""
    problem = answer.json()
    if not isinstance(problem, dict) or answer.status < 400:
        return b"" if answer.status < 400 else answer.body
    errors = problem.get("errors")
    bare = [{**each, "pointer": ""} for each in errors] if isinstance(errors, list) else errors
    return json.dumps({**problem, "instance": "", "errors": bare}, ensure_ascii=False).encode()


def value_at(content: Any, way: Way) -> Any:
    """What stands at the end of a way; nothing when there is no such way."""
    for step in way:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return content


def same(sent: Any, stored: Any) -> bool:
    """Whether what came back is what was sent: text in NFC without blanks around it, the same instant, the same id."""
    if isinstance(sent, bool) or isinstance(stored, bool):
        return sent is stored
    if not isinstance(sent, str):
        return bool(sent == stored)
    if not isinstance(stored, str):
        return False
    if unicodedata.normalize("NFC", sent.strip()) == stored or sent.lower() == stored:
        return True
    try:
        return datetime.fromisoformat(sent.upper()) == datetime.fromisoformat(stored)
    except (ValueError, TypeError):
        return False


def _comparable(sent: Any) -> bool:
    return isinstance(sent, str | int | float) and sent is not NOTHING


# --- the volley ---


@dataclass
class Volley:
    """Shots at one service, one after another."""

    estate: Estate
    line: Line
    bound: float
    seed: int = 0
    share: float = 1.0
    tally: Tally = field(default_factory=Tally)
    each: Callable[[Tally], None] = lambda _: None

    def fire(self, only: Iterable[str] | None = None) -> Tally:
        """Every shot (or a seeded share of them, at least one a place) at every operation (or some)."""
        told = {
            item["operationId"]: item
            for path in self.estate.document["paths"].values()
            for item in path.values()
        }
        for name in only or self.estate.all:
            operation = self.estate.all[name]
            self._at(operation, told[name])
            self.tally.operations += 1
        self.line.close()
        return self.tally

    def _at(self, operation: Operation, told: Json) -> None:
        first = now = self.estate.fresh().prepared(operation)
        choice = Choice(self.share, Random(f"{self.seed} {operation.name}"))
        match = ""
        for shot in shots_of(first, operation, told, choice):
            aimed = shot if now is first else _moved(shot, first, now)
            if match and not shot.place.startswith("header"):
                aimed.headers["If-Match"] = match
            answer = self._one(aimed)
            if 200 <= answer.status < 300 and operation.method != "get":
                self._was_taken(aimed, answer)
                if "If-Match" in aimed.headers:
                    now = now if operation.method == "patch" else self.estate.fresh().prepared(operation)
                    match = now.etag(operation)
        self.each(self.tally)

    def _one(self, shot: Shot) -> Answer:
        answer = self.line.send(shot.method, shot.target, shot.headers, shot.body)
        for _ in range(2):  # somebody else may have held the machine: what is slow is slow three times
            if answer.seconds <= self.bound or (answer.status < 400 and shot.method != "get"):
                break
            answer = min(
                answer,
                self.line.send(shot.method, shot.target, shot.headers, shot.body),
                key=lambda a: a.seconds,
            )
        self.tally.cases += 1
        self.tally.statuses[answer.status] += 1
        if answer.seconds > self.tally.slowest:
            self.tally.slowest, self.tally.slowest_was = answer.seconds, str(shot)
        if answer.seconds > self.bound:
            self._note(shot, f"took {answer.seconds:.1f} s")
        for fault in faults_of(shot, answer):
            self._note(shot, fault)
        return answer

    def _was_taken(self, shot: Shot, answer: Answer) -> None:
        self.tally.taken.add(shot.operation)
        if shot.way is None or not _comparable(shot.sent) or (shot.operation, shot.place) in TOLD_ELSEWHERE:
            return
        answers = [answer]
        if "location" in answer.headers:
            answers.append(self.line.send("GET", answer.headers["location"], _signed(shot)))
        for each in answers:
            stored = value_at(each.json(), shot.way)
            if stored is NOTHING:
                continue
            self.tally.compared += 1
            if not same(shot.sent, stored):
                self._note(shot, f"stored as {str(stored)[:120]!r}")

    def _note(self, shot: Shot, fault: str) -> None:
        if len(self.tally.faults) < 500:
            self.tally.faults.append(f"{shot}: {fault}")


def _moved(shot: Shot, first: Estate, now: Estate) -> Shot:
    """The same shot at another couple, where the first one's entry cannot be changed once more."""
    ids = [*zip(first.ids.values(), (now.ids.get(name, "") for name in first.ids), strict=True)]
    ids += [
        *zip(first.partners, now.partners, strict=True),
        *zip(first.directions, now.directions, strict=True),
    ]
    target, body = shot.target, shot.body
    for before, after in ids:
        if before != after and after:
            target = target.replace(before, after)
            body = body and body.replace(before.encode(), after.encode())
    return _changed(shot, shot.place, shot.value, target=target, body=body, headers=dict(shot.headers))


def _signed(shot: Shot) -> dict[str, str | bytes]:
    return {"Authorization": shot.headers["Authorization"]}
