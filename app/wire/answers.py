"""Answers: bytes out, ETags, If-Match and how routes document them; routes.py and services of every slice come in."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from app.errors import BY_CODE, Refusal

IfMatch = Annotated[str | None, Header(description="ETag of the version you read; needed.")]
IfNoneMatch = Annotated[
    str | None, Header(description="ETag you already have: 304 without a body when it still holds.")
]
JSON = "application/json"
PROBLEM = "application/problem+json"
ALWAYS = (
    "malformed_request",
    "unauthenticated",
    "insufficient_scope",
    "not_found",
    "rate_limited",
    "invalid_input",
)
WRITES = (
    "unsupported_media_type",
    "body_too_large",
    "body_too_slow",
    "idempotency_key_reused",
    "idempotency_in_progress",
    "service_unavailable",
)
CHANGES = ("precondition_required", "stale_version")


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer as bytes."""
    return Response(to_json(content), status, dict(headers or {}), JSON)


def created(location: str, content: Any, etag: str | None = None) -> Response:
    """201 with where the new thing lives and its ETag."""
    headers = {"Location": location}
    if etag is not None:
        headers["ETag"] = etag
    return answer(content, status=201, headers=headers)


def version_tag(row: Mapping[str, Any]) -> str:
    """Strong ETag of a thing that changes in place: its id's tail and version."""
    return f'"{str(row["id"])[-12:]}-{row["version"]}"'


def fact_tag(row: Mapping[str, Any]) -> str:
    """Strong ETag of a fact: it changes once, when another row supersedes it."""
    return f'"{str(row["id"])[-12:]}-{1 if row.get("superseded_by") else 0}"'


def state_tag(row: Mapping[str, Any]) -> str:
    """ETag of a row in place whose `state` also changes by the calendar."""
    return version_tag({"id": row["id"], "version": f"{row['version']}.{row['state']}"})


def content_tag(body: bytes) -> str:
    """Strong ETag of a computed answer."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def unchanged(etag: str, if_none_match: str | None) -> Response | None:
    """304 when the caller already has what this tag stands for."""
    if if_none_match is None or not _names(if_none_match, etag):
        return None
    return Response(status_code=304, headers={"ETag": etag})


def tagged(content: Any, etag: str, if_none_match: str | None) -> Response:
    """The answer under its ETag, or 304 when the caller already has it."""
    return unchanged(etag, if_none_match) or answer(content, headers={"ETag": etag})


def unless_known(etag: str, if_none_match: str | None, work_out: Callable[[], Any]) -> Response:
    """The same, worked out only for a caller who does not have it yet."""
    return unchanged(etag, if_none_match) or answer(work_out(), headers={"ETag": etag})


def computed(content: Any, if_none_match: str | None) -> Response:
    """A computed answer under the ETag of its own bytes."""
    body = to_json(content)
    etag = content_tag(body)
    return unchanged(etag, if_none_match) or Response(body, 200, {"ETag": etag}, JSON)


def demand_match(if_match: str | None, etag: str) -> None:
    """Refuse a change unless If-Match names the present version."""
    if if_match is None:
        raise Refusal("precondition_required", "Send the ETag of the version you read in If-Match.")
    if if_match.strip() == "*":
        words = "`*` names no version: a change is made to the one that was read."
        raise Refusal("stale_version", words, extra={"current_etag": etag})
    if not _names(if_match, etag):
        words = (
            "" if '"' in if_match else "`If-Match` names no ETag: an ETag has its quotation marks with it."
        )
        raise Refusal("stale_version", words, extra={"current_etag": etag})


def _names(header: str, etag: str) -> bool:
    """Whether a list of entity tags holds this one, also where a proxy that packs answers has made it a weak one."""
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))


# --- documentation ---------------------------------------------------------------------------------------------------


def documents(
    model: type[BaseModel] | None,
    status: int = 200,
    *,
    kind: str = "read",
    problems: Iterable[str] = (),
    description: str = "As asked.",
) -> dict[str, Any]:
    """`status_code` and `responses` of a route: `kind` is read, create or change; problems are codes of errors.py."""
    codes = [*ALWAYS, *problems]
    if kind != "read":
        codes += [*WRITES, "conflict"]
    if kind == "change":
        codes += CHANGES
    success: dict[str, Any] = {"description": description}
    if model is not None:
        success["model"] = model
    return {"status_code": status, "responses": {status: success, **problem_responses(codes)}}


def problem_responses(codes: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for problem codes, one a status, naming the codes that it can carry."""
    grouped: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        grouped.setdefault(BY_CODE[code].status, []).append(code)
    return {
        status: {
            "description": "; ".join(BY_CODE[code].title for code in names) + f" (code: {', '.join(names)})",
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, names in sorted(grouped.items())
    }
