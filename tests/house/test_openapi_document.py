"""The OpenAPI document: checked in, valid, and honest about refusals and examples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from openapi_spec_validator import validate
from pydantic import BaseModel, TypeAdapter

from app import glossary
from app.main import ROUTERS, openapi_bytes

FILE = Path(__file__).parents[2] / "openapi" / "openapi.json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
Json = dict[str, Any]


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_the_checked_in_document_is_the_served_one(document: Json) -> None:
    assert FILE.exists(), "openapi/openapi.json is missing: run `make openapi`"
    assert json.loads(FILE.read_text("utf-8")) == document, (
        "the API changed: run `make openapi` and look at the diff"
    )
    assert FILE.read_bytes() == openapi_bytes(), "the file was edited by hand: run `make openapi`"


def test_the_document_is_valid_openapi(document: Json) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")


def untyped(document: Json) -> list[str]:
    """Refusals that are not a problem document."""
    return [
        f"{name}: {status}"
        for name, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status[0] in "45" and answer.get("content") != {"application/problem+json": {"schema": PROBLEM}}
    ]


def test_every_refusal_is_a_problem_document(document: Json) -> None:
    assert untyped(document) == [], "use **documents(…) of app/wire/answers.py"


def test_a_refusal_without_its_form_is_noticed(document: Json) -> None:
    flawed = json.loads(json.dumps(document))
    flawed["paths"]["/v1/me"]["get"]["responses"]["418"] = {"description": "A teapot."}

    assert untyped(flawed) == ["GET /v1/me: 418"]


@pytest.mark.parametrize(
    ("method", "statuses"),
    [
        ("GET", {"400", "401", "403", "404", "422", "429"}),
        ("POST", {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503"}),
        ("PATCH", {"400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"}),
        ("DELETE", {"401", "403", "404", "412", "428", "429", "503"}),
    ],
)
def test_every_operation_names_the_refusals_of_its_kind(
    document: Json, method: str, statuses: set[str]
) -> None:
    short = {
        name: sorted(statuses - set(operation["responses"]))
        for name, operation in operations(document)
        if name.startswith(method) and not statuses <= set(operation["responses"])
    }

    assert short == {}


def test_changes_ask_for_the_version_that_was_read(document: Json) -> None:
    for name, operation in operations(document):
        headers = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "header"}
        if "428" in operation["responses"]:
            assert "if-match" in headers, name


def bodies() -> list[tuple[str, type[BaseModel]]]:
    """Every operation that takes a body, with the model of the body."""
    return [
        (str(route.operation_id), cast(type[BaseModel], route.body_field.field_info.annotation))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.body_field is not None
    ]


@pytest.mark.parametrize(("name", "model"), bodies(), ids=[name for name, _ in bodies()])
def test_every_body_has_an_example_that_the_server_takes(name: str, model: type[BaseModel]) -> None:
    examples = TypeAdapter(model).json_schema().get("examples")

    assert examples, f"{name}: give {model.__name__} a json_schema_extra example"
    for example in examples:
        TypeAdapter(model).validate_json(json.dumps(example))


def test_nothing_in_an_answer_may_be_left_out(document: Json) -> None:
    """Outputs carry no defaults: a client may rely on every field."""
    answered = {
        answer["content"]["application/json"]["schema"].get("$ref", "").rsplit("/", 1)[-1]
        for _, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status[0] == "2" and "application/json" in answer.get("content", {})
    } - {""}
    schemas = document["components"]["schemas"]

    loose = {
        name: sorted(set(schemas[name].get("properties", {})) - set(schemas[name].get("required", [])))
        for name in answered
    }
    assert {name: fields for name, fields in loose.items() if fields} == {}


def test_the_document_says_where_an_etag_comes_from_and_where_the_next_page_is(document: Json) -> None:
    silent = []
    for name, operation in operations(document):
        sent = {parameter["name"].lower() for parameter in operation.get("parameters", [])}
        (told,) = (
            set(r["headers"]) for status, r in operation["responses"].items() if status.startswith("2")
        )
        if sent & {"if-match", "if-none-match"} and "ETag" not in told:
            silent.append(f"{name}: ETag")
        if "cursor" in sent and "Link" not in told:
            silent.append(f"{name}: Link")
        if ("if-none-match" in sent) != ("304" in operation["responses"]):
            silent.append(f"{name}: 304")

    assert silent == []


def unexplained(document: Json) -> list[str]:
    """Fields that do not say what they mean, or only of which type they are; parameters too."""
    fields = {
        f"{name}.{field}": shape
        for name, schema in document["components"]["schemas"].items()
        for field, shape in schema.get("properties", {}).items()
    }
    parameters = {
        f"{name}?{parameter['name']}": parameter
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
    }
    return [
        place
        for place, shape in {**fields, **parameters}.items()
        if not shape.get("description") or shape["description"] in glossary.PLAIN
    ]


def test_every_field_and_parameter_says_what_it_means(document: Json) -> None:
    assert unexplained(document) == [], "say it in the schema, or in app/glossary.py where the name recurs"


def test_a_field_that_says_nothing_is_noticed(document: Json) -> None:
    flawed = json.loads(json.dumps(document))
    flawed["components"]["schemas"]["CoupleIn"]["properties"]["colour"] = {"type": "string"}

    assert unexplained(flawed) == ["CoupleIn.colour"]


def test_every_code_that_does_not_speak_for_itself_says_what_it_means(document: Json) -> None:
    """Either each is told in a list, or the sentence names them all, or nobody would ask."""
    plain = {"item_kind", "recurs", "calendar", "overrides", "format", "with_partner"}
    silent = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, shape in schema.get("properties", {}).items()
        for each in (shape, *shape.get("anyOf", ()), shape.get("items", {}))
        if field not in plain
        and not all(f"`{code}`" in shape["description"] for code in each.get("enum", ()))
    }

    assert silent == set()


def test_the_glossary_holds_no_name_that_nobody_needs(app: FastAPI) -> None:
    schemas = get_openapi(title="", version="", routes=app.routes)["components"]["schemas"]
    needed = {
        (place, field)
        for name, schema in schemas.items()
        for field, shape in schema.get("properties", {}).items()
        if shape.get("description", "") in {"", *glossary.PLAIN}
        for place in (name, glossary.stem_of(name))
    }
    own = {(schema, name) for schema, names in glossary.OWN.items() for name in names}

    assert own <= needed
    assert set(glossary.NAMES) <= {name for _, name in needed}
