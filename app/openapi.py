"""The OpenAPI document: FastAPI's, completed with what the door adds to every operation; main comes in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.problems import FieldProblem, Problem

TAGS = [
    (
        "imports",
        "Records of an earlier system, couple by couple: whole or not at all, twice the same as once.",
    ),
    ("commitments", "Concrete undertakings of one partner, how both will know, and whether they were kept."),
    ("stages", "Where the clinician sees the work stand; software never moves a stage."),
    ("calendar", "Pauses of the work, and days on which a stronger response is to be expected."),
    ("sessions", "Sessions with attendance, note and entries: drafted, signed, added to."),
    ("access reports", "Who saw what about one partner, for handing to this partner."),
    ("break glass", "A record opened in an emergency by somebody outside the care team, and its review."),
    ("process notes", "A clinician's own notes on the contents of conversation: their author's alone."),
    ("couples", "The case: two partners, directions, betrayals, confidentiality policy, status."),
    ("practice", "People, API keys and care teams."),
    (
        "safety",
        "Safety concerns and separate screens: the treating clinician's alone, under scopes of their own.",
    ),
    ("markers", "Behaviour seen on a day, whether a betrayal has ended, and the published kinds of both."),
    ("indicators", "The two questions per direction, the timeline, the caseload and the published rules."),
    (
        "releases",
        "Who may be given what: recipients, each partner's authorisations, holds, disclosures and their ledger.",
    ),
    (
        "client requests",
        "What a partner asks about the record: to see it, to have it put right; each with its clock.",
    ),
    (
        "confidences",
        "What one partner said alone: kept in view, told, or made known to both by an explicit act.",
    ),
    ("reviews", "What a clinician decides on an indicator, with a copy of what it said."),
    ("threat reports", "How often alarm returned in a window of days, as the affected partner tells it."),
]
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeating a POST with the same key and body gives the first answer again, for at least seven days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
REPLAYED = {
    "description": "`true` when this is the first answer again.",
    "schema": {"type": "string", "enum": ["true"]},
}
ETAG = {
    "description": "Names this version: for `If-Match` when changing it, for `If-None-Match` when asking again.",
    "schema": {"type": "string"},
}
LINK = {
    "description": '`rel="next"`: the address of the next page, while there is one.',
    "schema": {"type": "string"},
}
LOCATION = {"description": "Where the new thing lives.", "schema": {"type": "string"}}
WITHOUT_ADDRESS = ("setRepairStart",)
"""Operations that make something which only a list shows."""


def document(app: FastAPI, tags: list[tuple[str, str]]) -> dict[str, Any]:
    """The finished document of an application."""
    content = get_openapi(
        title="Mendline",
        version=app.version,
        summary="Case notes and honest repair indicators for couples after a betrayal.",
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": words} for name, words in tags],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/"}],
    )
    schemas = content.setdefault("components", {}).setdefault("schemas", {})
    for model in (FieldProblem, Problem):
        shape = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        shape.pop("$defs", None)
        schemas[model.__name__] = shape
    schemas["Problem"]["required"] = list(schemas["Problem"]["properties"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    content["components"]["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of the practice: ml_live_… or ml_demo_…",
        }
    }
    for path in content["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return content


def _complete(method: str, operation: dict[str, Any]) -> None:
    """What the door does for every operation: sign-in, idempotency, request ids."""
    operation.setdefault("security", [{"apiKey": []}])
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY)
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            _describe_success(method, status, operation, response.setdefault("headers", {}))
    if any(parameter["name"].lower() == "if-none-match" for parameter in operation.get("parameters", [])):
        operation["responses"]["304"] = {
            "description": "What the caller has still holds; no body.",
            "headers": {"ETag": ETAG},
        }


def _describe_success(method: str, status: str, operation: dict[str, Any], headers: dict[str, Any]) -> None:
    sent = {parameter["name"].lower() for parameter in operation.get("parameters", [])}
    headers["X-Request-Id"] = {
        "description": "Names this request in the trail and in logs.",
        "schema": {"type": "string"},
    }
    if method == "post":
        headers["Idempotent-Replayed"] = REPLAYED
    if sent & {"if-match", "if-none-match"} or status == "201":
        headers["ETag"] = ETAG
    if "cursor" in sent:
        headers["Link"] = LINK
    if status == "201" and operation["operationId"] not in WITHOUT_ADDRESS:
        headers["Location"] = LOCATION
