"""The directory finds what trying one route after another finds, and leaves everything else to them."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Match

from app.directory import Directory

SOMEBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def scope_of(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": []}


def first_full(app: FastAPI, scope: dict[str, Any]) -> Any:
    matches = (route.matches(scope) for route in app.routes if not isinstance(route, Directory))
    return next((found for match, found in matches if match == Match.FULL), None)


def test_every_address_of_the_document_is_found_as_the_routes_themselves_find_it(app: FastAPI) -> None:
    directory = next(route for route in app.routes if isinstance(route, Directory))
    told = app.openapi()["paths"]
    for path, item in told.items():
        if not path.startswith("/v1/"):
            continue
        for method in item:
            scope = scope_of(method.upper(), re.sub(r"\{\w+\}", SOMEBODY, path))
            match, found = directory.matches(scope)
            assert match == Match.FULL, (method, path)
            assert found == first_full(app, scope), (method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/couples"), ("GET", "/v1/nothing"), ("GET", "/"), ("GET", "/v1"), ("GET", "/v1/couples/")],
)
def test_what_it_does_not_find_is_left_to_the_routes(app: FastAPI, method: str, path: str) -> None:
    directory = next(route for route in app.routes if isinstance(route, Directory))
    assert directory.matches(scope_of(method, path)) == (Match.NONE, {})
