"""What the document promises of texts in answers — a day, an instant, an id, one of some codes — is what is told."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.people import Json, World
from tests.walks import matrix
from tests.walks.matrix import Estate, resolved

FORMS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "date-time": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", re.ASCII),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
}


@pytest.fixture
def estate(world: World) -> Estate:
    """A clinician's couple with an entry of every kind."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician"), world.somebody("administrator")
    document = dict(world.app.openapi())
    return Estate(world, document, owner, administrator, matrix.marked).fresh().filled()


def broken_promises(document: Json, schema: Json, told: Any, place: str) -> Iterator[str]:
    """Places where a text is not of the form, or not among the codes, that its schema names."""
    options = [resolved(document, each) for each in (schema, *schema.get("anyOf", ()))]
    if isinstance(told, str):
        for each in options:
            form, codes = each.get("format"), each.get("enum")
            if (form and not FORMS[form].fullmatch(told)) or (codes and told not in codes):
                yield f"{place}: {told} is not {form or codes}"
    if isinstance(told, list):
        items: Json = next((each["items"] for each in options if "items" in each), {})
        for each in told:
            yield from broken_promises(document, items, each, f"{place}[]")
    if isinstance(told, dict):
        named = {name: shape for each in options for name, shape in each.get("properties", {}).items()}
        for name, value in told.items():
            yield from broken_promises(document, named.get(name, {}), value, f"{place}.{name}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_texts_of_answers_are_of_the_form_that_the_document_promises(estate: Estate) -> None:
    seen = 0
    found: list[str] = []
    for operation in estate.all.values():
        answer = estate.send(estate.keeper(operation), operation) if operation.method == "get" else None
        if answer is None or answer.status_code != 200:
            continue
        content = estate.document["paths"][operation.path]["get"]["responses"]["200"]["content"]
        seen += 1
        found += broken_promises(
            estate.document, content["application/json"]["schema"], answer.json(), operation.name
        )

    assert seen > 70
    assert found == []


def test_a_broken_promise_is_noticed() -> None:
    schema = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}

    assert not list(broken_promises({}, schema, None, "day"))
    assert not list(broken_promises({}, schema, "2026-03-01", "day"))
    assert list(broken_promises({}, schema, "yesterday", "day")) == ["day: yesterday is not date"]
