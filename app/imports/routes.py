"""HTTP for imports: one file in, one report out; integrations that move a practice over come in."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.chart.chart import Chart
from app.errors import InvalidInput, Refusal, invalid
from app.imports import service
from app.imports.reader import ndjson, table
from app.imports.schemas import EXAMPLE_LINES, EXAMPLE_ROWS, FLAT, ImportReport, Source
from app.practice import service as practice
from app.practice.door import DoorRoute, Importing, demand_known, refuse_strangers
from app.wire.answers import answer, documents
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)
NDJSON, CSV = "application/x-ndjson", "text/csv"
Flat = Literal["marker", "threat_report", "check_in"]
assert set(FLAT) == set(Flat.__args__)  # type: ignore[attr-defined]


async def sent_file(request: Request) -> BytesIO:
    """The file that somebody who may import sends, held once; everybody else is turned away before it is read."""
    if _media_type(request) not in (NDJSON, CSV):
        refusal = Refusal("unsupported_media_type", f"Send {NDJSON} or {CSV}.")
        await asyncio.to_thread(refuse_strangers, request, refusal)
        raise refusal
    await asyncio.to_thread(demand_known, request, "imports:write")
    if request.headers.get("idempotency-key") is not None:  # the door wants to read it too
        return BytesIO(await request.body())
    file = BytesIO()
    async for part in request.stream():
        file.write(part)
    file.seek(0)
    return file


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(example: str) -> dict[str, Any]:
    return {"schema": {"type": "string", "format": "binary"}, "example": example}


@router.post(
    "/imports",
    operation_id="importRecords",
    tags=["imports"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file: NDJSON, or the CSV of a spreadsheet.",
            "content": {NDJSON: _text(EXAMPLE_LINES), CSV: _text(EXAMPLE_ROWS)},
        }
    },
    **documents(ImportReport, kind="create", description="What became of each couple and line."),
)
def import_records(
    request: Request,
    file: Annotated[BytesIO, Depends(sent_file)],
    chart: Importing,
    source: Annotated[
        Source | None,
        Query(description="Name of the earlier system; otherwise the file's own, or a general one."),
    ] = None,
    kind: Annotated[Flat | None, Query(description="For CSV: what its rows are.")] = None,
    clinician_id: Annotated[
        Id | None, Query(description="Who treats the couples; the caller when left out.")
    ] = None,
    dry_run: Annotated[bool, Query(description="Check everything, store nothing.")] = False,
) -> Response:
    """Bring records of an earlier system in: each couple whole or not at all, twice the same as once."""
    is_table = _media_type(request) == CSV
    if is_table != (kind is not None):
        words = "CSV needs `kind`; NDJSON says the kind on each line."
        hint = f"For CSV send one of {', '.join(FLAT)}; for NDJSON leave it out."
        raise invalid("#/query/kind", "kind_and_format", words, hint)
    _demand_clinician(chart, clinician_id)
    reads = table(file, kind) if kind else ndjson(file)

    @contextmanager
    def within() -> Iterator[Chart]:
        with chart.attempt():
            chart.visit.forget()  # a couple's line on the trail names nothing of the one before it
            yield chart

    report = service.bring_in(reads, within, service.Order(source, clinician_id, dry_run))
    chart.visit.forget()  # the last line on the trail is about the file
    return answer(report)


def _demand_clinician(chart: Chart, clinician_id: str | None) -> None:
    if clinician_id is None:
        return
    try:
        practice.treating_clinician(chart, clinician_id)
    except InvalidInput as refusal:
        found = refusal.errors[0]
        raise invalid("#/query/clinician_id", found.code, found.detail, found.hint) from refusal
