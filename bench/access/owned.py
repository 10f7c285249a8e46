"""What no caller may set, and what no document declares: server-owned fields, methods and parameters; walks come in."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from bench.access.tally import Tally
from tests.people import Json
from tests.walks.matrix import MAKERS, NOBODY, Estate, Operation, resolved

SERVER_OWNED: Final = (
    "id", "practice_id", "couple_id", "version", "recorded_at", "recorded_by", "source_recorded_at", "created_at",
    "created_by", "supersedes_id", "superseded_by", "entered_in_error", "signed_at", "signed_by", "state", "session_id",
    "evidence_version", "granted_by", "secret", "digest", "snapshot", "etag", "sealed", "everything", "person_id",
    "visible_to", "__proto__", "_id",
)  # fmt: skip
MOST: Final = 40
"""A refusal names the first fifty faults, so that many fields at once may be sent and each be named."""
ALL_METHODS: Final = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"}
UNDECLARED: Final = {
    "practice_id": NOBODY,
    "person_id": NOBODY,
    "everything": "true",
    "include_deleted": "true",
    "sort": "name",
    "fields": "secret",
}


def told_fields(document: Json) -> list[str]:
    """Every property of every answer that the document describes, and what the server owns besides."""
    names = {
        name
        for schema, shape in document["components"]["schemas"].items()
        if not schema.endswith(("In", "Correction", "Change"))
        for name in shape.get("properties", {})
    }
    return sorted(names | set(SERVER_OWNED))


def fields(estate: Estate, tally: Tally, *, thorough: bool = False) -> None:
    """Every field that is not an input's own, in every object of every body: refused by name, and nothing written."""
    for operation in estate.all.values():
        if operation.media == "application/json":
            body = estate.body(operation)
            etag = estate.etag(operation) if operation.parameter else None
            with tally.nothing_written(f"{operation.name}, fields that the server owns"):
                for way, properties in objects(estate.document, operation.schema, body):
                    everything = told_fields(estate.document) if thorough and not way else SERVER_OWNED
                    extra = [name for name in everything if name not in properties]
                    for first in range(0, len(extra), MOST):
                        _try_fields(estate, operation, body, way, extra[first : first + MOST], etag, tally)


def objects(document: Json, schema: Json, body: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Each object inside a body: the way to it, and the properties that its schema names."""
    options = [
        resolved(document, each) for each in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()))
    ]
    if isinstance(body, list):
        items: Json = next((each["items"] for each in options if "items" in each), {})
        for n, inner in enumerate(body[:1]):
            yield from objects(document, resolved(document, items), inner, (*way, n))
    named: Json = {}
    for each in options:
        named |= each.get("properties", {})
    if isinstance(body, dict) and named:
        yield way, named
        for name, inner in body.items():
            yield from objects(document, resolved(document, named.get(name, {})), inner, (*way, name))


def _try_fields(
    estate: Estate,
    operation: Operation,
    body: Json,
    way: tuple[Any, ...],
    names: list[str],
    etag: str | None,
    tally: Tally,
) -> None:
    spoilt: Any = deepcopy(body)
    here = spoilt
    for step in way:
        here = here[step]
    here |= dict.fromkeys(names, "2020-01-01")
    answer = estate.send(estate.keeper(operation), operation, spoilt, etag=etag)
    tally.tried["fields"] += len(names)
    errors = answer.json().get("errors", ()) if answer.status_code == 422 else ()
    refused = {each["pointer"].rpartition("/")[2] for each in errors}
    taken = sorted(set(names) - refused)
    if taken:
        place = "/".join(map(str, way)) or "its body"
        tally.found("effect", f"{operation.name}: takes {', '.join(taken)} in {place}, {answer.status_code}")


def methods(estate: Estate, tally: Tally) -> None:
    """No method that the document does not declare answers on any address, and none does anything."""
    declared: dict[str, set[str]] = {}
    for operation in estate.all.values():
        declared.setdefault(operation.path, set()).add(operation.method.upper())
    with tally.nothing_written("undeclared methods"):
        for path, known in declared.items():
            for method in sorted(ALL_METHODS - known):
                _try_method(estate, path, method, known, tally)


def _try_method(estate: Estate, path: str, method: str, known: set[str], tally: Tally) -> None:
    address = path.format_map({**dict.fromkeys(MAKERS, NOBODY), **estate.ids})
    answer = estate.owner.http.request(
        method, address, json={} if method in ("PUT", "PATCH", "POST") else None
    )
    tally.tried["methods"] += 1
    if answer.status_code != 405 or set(answer.headers["Allow"].split(", ")) != known:
        tally.found("leak", f"{method} {path}: {answer.status_code} {answer.headers.get('Allow')}")


def parameters(estate: Estate, tally: Tally) -> None:
    """A parameter that no operation declares is refused, so that a misspelt one never widens an answer."""
    for operation in estate.all.values():
        if operation.method != "get" or operation.name in (
            "getAccessReport",
            "listProcessNoteAccesses",
            "listAudit",
        ):
            continue
        caller = estate.keeper(operation)
        tally.tried["parameters"] += 1
        extra = {name: value for name, value in UNDECLARED.items() if name not in operation.query}
        answer = estate.send(caller, operation, query=extra)
        if answer.status_code != 422:
            tally.found("leak", f"{operation.name}: an undeclared parameter is passed over")
