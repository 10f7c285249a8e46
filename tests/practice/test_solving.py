"""The short way to a read's parameters: the same values as FastAPI's own, and nothing that does not fit."""

import asyncio
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.practice.solving import solver_for
from app.wire.answers import IfNoneMatch
from app.wire.types import Id

SOMEBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


class Asking(BaseModel):
    """A model of query parameters."""

    limit: int = 50


async def knock(request: Request) -> str:
    return "chart"


Chart = Annotated[str, Depends(knock)]
router = APIRouter()


@router.get("/things/{thing_id}")
def one(thing_id: Id, chart: Chart, limit: int = 50, if_none_match: IfNoneMatch = None) -> None: ...


@router.get("/asked")
def asked(chart: Chart, asking: Annotated[Asking, Query()]) -> None: ...


@router.get("/needed")
def needed(chart: Chart, day: str) -> None: ...


@router.get("/many")
def many(chart: Chart, day: Annotated[list[str] | None, Query()] = None) -> None: ...


@router.post("/things")
def add(chart: Chart, body: Asking) -> None: ...


def solver(number: int) -> Any:
    route = router.routes[number]
    assert isinstance(route, APIRoute)
    return solver_for(route.dependant)


def solved(number: int, query: str = "", path: dict[str, str] | None = None, **headers: str) -> Any:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "query_string": query.encode(), "path_params": path or {}, "headers": raw}
    return asyncio.run(solver(number)(Request(scope)))


def test_plain_values_are_read_from_path_query_and_headers() -> None:
    values = solved(0, "limit=7", {"thing_id": SOMEBODY.upper()}, if_none_match='"a"')

    assert values == {"chart": "chart", "thing_id": SOMEBODY, "limit": 7, "if_none_match": '"a"'}


def test_what_is_left_out_has_its_default() -> None:
    assert solved(0, "", {"thing_id": SOMEBODY}) == {
        "chart": "chart",
        "thing_id": SOMEBODY,
        "limit": 50,
        "if_none_match": None,
    }
    assert solved(1) == {"chart": "chart", "asking": Asking()}


@pytest.mark.parametrize(
    ("number", "query", "path"),
    [(0, "limit=x", {"thing_id": SOMEBODY}), (0, "", {"thing_id": "x"}), (1, "limit=3", {}), (2, "", {})],
)
def test_what_does_not_fit_is_left_to_fastapi(number: int, query: str, path: dict[str, str]) -> None:
    assert solved(number, query, path) is None


@router.post("/pairs")
def pair(chart: Chart, one: Asking, other: Asking) -> None: ...


def sent(body: bytes, kind: str = "application/json", number: int = 4) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "query_string": b"",
        "path_params": {},
        "headers": [(b"content-type", kind.encode())],
    }
    return asyncio.run(solver(number)(Request(scope, receive)))


def test_a_body_is_read_when_it_is_one_model_in_json() -> None:
    assert sent(b'{"limit": 3}') == {"chart": "chart", "body": Asking(limit=3)}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"limit": "x"}', "application/json"),
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"limit": 3}', "application/json; charset=utf-8"),
        (b'{"limit": 3}', "text/plain"),
    ],
)
def test_a_body_that_is_unusual_is_left_to_fastapi(body: bytes, kind: str) -> None:
    assert sent(body, kind) is None


@pytest.mark.parametrize("number", [3, 5])
def test_lists_and_pairs_of_bodies_are_never_read_here(number: int) -> None:
    assert solver(number) is None
