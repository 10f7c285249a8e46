"""The OpenAPI document: FastAPI's, completed with what the door adds to every operation; main comes in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.glossary import codes_of, form_of, meaning, stem_of
from app.problems import FieldProblem, Problem
from app.wire.types import WORDS_OF_CODES

Shape = dict[str, Any]

TAGS = [
    ("practice", "People, API keys and care teams."),
    ("couples", "The case: two partners, directions, betrayals, confidentiality policy, status."),
    ("sessions", "Sessions with attendance, note and entries: drafted, signed, added to."),
    ("markers", "Behaviour seen on a day, whether a betrayal has ended, and the published kinds of both."),
    ("threat reports", "How often alarm returned in a window of days, as the affected partner tells it."),
    ("commitments", "Concrete undertakings of one partner, how both will know, and whether they were kept."),
    ("calendar", "Pauses of the work, and days on which a stronger response is to be expected."),
    ("stages", "Where the clinician sees the work stand; software never moves a stage."),
    ("indicators", "The two questions per direction, the timeline, the caseload and the published rules."),
    ("reviews", "What a clinician decides on an indicator, with a copy of what it said."),
    (
        "safety",
        "Safety concerns and separate screens: the treating clinician's alone, under scopes of their own.",
    ),
    (
        "confidences",
        "What one partner said alone: kept in view, told, or made known to both by an explicit act.",
    ),
    ("process notes", "A clinician's own notes on the contents of conversation: their author's alone."),
    (
        "releases",
        "Who may be given what: recipients, each partner's authorisations, holds, disclosures and their ledger.",
    ),
    (
        "client requests",
        "What a partner asks about the record: to see it, to have it put right; each with its clock.",
    ),
    ("access reports", "Who saw what about one partner, for handing to this partner."),
    ("break glass", "A record opened in an emergency by somebody outside the care team, and its review."),
    (
        "imports",
        "Records of an earlier system, couple by couple: whole or not at all, twice the same as once.",
    ),
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
            "description": "An API key of the practice (`ml_live_…` or `ml_demo_…`) or, where an OpenID Connect "
            "issuer is configured, its access token.",
        }
    }
    for path in content["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    for name, schema in schemas.items():
        sent = schemas.get(f"{stem_of(name)}In", {}).get("properties", {})
        for field, shape in schema.get("properties", {}).items():
            _share_codes(shape, sent.get(field, {}))
    for name, schema in schemas.items():
        for field, shape in schema.get("properties", {}).items():
            _explain(name, field, shape)
    return content


def _parts(shape: Shape) -> list[Shape]:
    """A shape, and the shapes that it may be besides null."""
    return [shape, *shape.get("anyOf", ())]


def _share_codes(shape: Shape, sent: Shape) -> None:
    """What is told takes the codes that are taken: a field of the same name, in an input of the same stem."""
    for told, taken in ((shape, sent), (shape.get("items", {}), sent.get("items", {}))):
        codes = next((each for each in _parts(taken) if "enum" in each), {})
        for each in _parts(told):
            if each.get("type") == "string" and "enum" not in each:
                each.update({name: codes[name] for name in ("enum", WORDS_OF_CODES) if name in codes})


def _explain(schema: str, field: str, shape: Shape) -> None:
    """Each field says what it means, each of its codes too, and how a day, an instant or an id is written."""
    _untitle(shape)
    shape["description"] = meaning(schema, field, shape.get("description", ""))
    _list_codes(shape, shape, codes_of(schema, field))
    form = form_of(field)
    for each in _parts(shape):
        if form and each.get("type") == "string" and "enum" not in each:
            each.setdefault("format", form)


def _untitle(shape: Shape) -> None:
    """Take out the titles that Pydantic makes from names: a reader sees `string or null` in their place."""
    for each in _parts(shape):
        each.pop("title", None)


def _list_codes(described: Shape, shape: Shape, else_words: dict[str, str]) -> None:
    """Put the words of a shape's codes into a description, in the order of the enumeration."""
    for each in (*_parts(shape), shape.get("items", {})):
        words = each.pop(WORDS_OF_CODES, else_words if "enum" in each else {})
        if words:
            lines = "".join(f"\n- `{code}`: {words[code]}" for code in each["enum"] if code in words)
            described["description"] = f"{described['description']}\n{lines}"


def _complete(method: str, operation: dict[str, Any]) -> None:
    """What the door does for every operation: sign-in, idempotency, request ids."""
    operation.setdefault("security", [{"apiKey": []}])
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"] = f"Id of the {parameter['name'].removesuffix('_id').replace('_', ' ')}."
        _untitle(parameter["schema"])
        _list_codes(parameter, parameter["schema"], {})
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
