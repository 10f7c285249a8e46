"""The served document against a machine that tries to break it; the long run is `make prove-api`."""

from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from app.practice.door import Anyone, DoorRoute
from app.wire.answers import answer, documents
from bench.api import contract


@pytest.mark.parametrize(
    ("kind", "examples", "phases"),
    [("sqlite", 2, "examples,fuzzing,stateful"), ("postgresql", 1, "examples,fuzzing")],
)
def test_generated_requests_are_answered_as_the_document_says(kind: str, examples: int, phases: str) -> None:
    outcome = contract.prove(kind, examples=examples, seed=7, phases=phases)

    assert outcome.exit_code == 0, outcome.log[-6000:]
    assert outcome.cases >= 200


def plant_a_division(app: FastAPI) -> None:
    """A route that fails for one ordinary input."""
    router = APIRouter(prefix="/v1", route_class=DoorRoute)

    @router.get("/flaw", operation_id="flaw", tags=["practice"], **documents(None))
    def flaw(chart: Anyone, divisor: Annotated[int, Query(ge=0, le=3)]) -> Response:
        """Divides."""
        return answer({"quotient": 6 // divisor})

    app.include_router(router)
    whole = app.openapi()
    schemas = {name: whole["components"]["schemas"][name] for name in ("Problem", "FieldProblem")}
    alone = {
        "paths": {"/v1/flaw": whole["paths"]["/v1/flaw"]},
        "components": {**whole["components"], "schemas": schemas},
    }
    app.openapi = lambda: {**whole, **alone}  # type: ignore[method-assign]


def test_the_machine_finds_a_planted_flaw() -> None:
    outcome = contract.prove(
        "sqlite", examples=5, seed=7, phases="coverage", spoil=plant_a_division, only="/v1/flaw"
    )

    assert outcome.exit_code != 0
    assert "/v1/flaw" in outcome.log
