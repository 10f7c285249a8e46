"""Keyset pages: signed cursors, bound to practice and filters; nothing is counted or skipped; routes come in."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.chart.audiences import PATTERN
from app.chart.chart import Chart, Row
from app.errors import Refusal
from app.wire.answers import answer
from app.wire.types import Day

DEFAULT_LIMIT = 50
LOWEST_ID = "00000000-0000-0000-0000-000000000000"
HIGHEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


AUDIENCE_WORDS = (
    "For whom the answer is meant: `clinician` (the treating team), `joint` (what both partners may know) or "
    "`partner:{id}` (that, and this partner's own material). Nothing else has any influence on the answer."
)
AUDIENCE = "clinician"
_AUDIENCE = re.compile(PATTERN)


def _audience(name: str) -> str:
    if not _AUDIENCE.fullmatch(name):
        raise PydanticCustomError(
            "audience", "an audience is `clinician`, `joint` or `partner:` and a partner's id"
        )
    return name


AudienceName = Annotated[
    str,
    AfterValidator(_audience),
    Field(
        description=AUDIENCE_WORDS, json_schema_extra={"pattern": PATTERN}, examples=["clinician", "joint"]
    ),
]
Audience = Annotated[
    str,
    AfterValidator(_audience),
    Query(
        description=AUDIENCE_WORDS, json_schema_extra={"pattern": PATTERN}, examples=["clinician", "joint"]
    ),
]
"""A route that takes `audience: pages.Audience = pages.AUDIENCE` is given a chart with that audience's eyes."""


class Looking(BaseModel):
    """How a list of facts is looked at."""

    audience: AudienceName = AUDIENCE
    as_of: Day | None = Field(None, description="Leave out what happened after this day.")
    known_at: Day | None = Field(
        None,
        description="As known at the end of this day in the practice's zone. Imported entries count from the day that "
        "the earlier system claims (`recorded_basis` is then `claimed`).",
    )
    history: bool = Field(
        False, description="Also show superseded entries and, to the treating team, those entered in error."
    )
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=200, description="Most items on a page.")
    cursor: str | None = Field(None, max_length=600, description="`next_cursor` of the page before.")


Look = Annotated[Looking, Query()]


Limit = Annotated[int, Query(ge=1, le=200, description="Most items on a page.")]
Cursor = Annotated[str | None, Query(max_length=600, description="`next_cursor` of the page before.")]


def position(chart: Chart, cursor: str | None, filters: dict[str, Any]) -> list[str]:
    """Where a page begins: the sort values of the last row before it, or [] for the first page."""
    if cursor is None:
        return []
    try:
        signature, _, body = cursor.partition(".")
        if not hmac.compare_digest(signature, _signature(chart, body)):
            raise ValueError("signature")
        content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, TypeError, KeyError) as broken:
        raise Refusal("cursor_invalid") from broken
    if content["f"] != _filter_digest(for_audience(chart, filters)):
        raise Refusal("cursor_mismatch")
    return list(content["p"])


def for_audience(chart: Chart, filters: dict[str, Any]) -> dict[str, Any]:
    """Filters with the audience among them, so that no page leads to another audience's."""
    name = str(chart.audience)
    return filters if name == AUDIENCE else {**filters, "audience": name}


def page(
    chart: Chart,
    path: str,
    rows: list[Row],
    *,
    limit: int,
    filters: dict[str, Any],
    bound: dict[str, Any] | None = None,
    sort: Callable[[Row], list[str]],
    shape: Callable[[Row], Row],
    beside: Row | None = None,
) -> Response:
    """`rows` holds one row more than the page when there is a next one.

    `filters` are the query's own and return in the Link header; `bound` are further facts the cursor is bound to;
    `beside` stands on every page beside the items.
    """
    filters = for_audience(chart, filters)
    shown, more = rows[:limit], len(rows) > limit
    cursor = _cursor(chart, sort(shown[-1]), {**filters, **(bound or {})}) if more else None
    headers = {}
    if cursor:
        query = urlencode(
            {**{k: v for k, v in filters.items() if v is not None}, "limit": limit, "cursor": cursor}
        )
        headers["Link"] = f'<{path}?{query}>; rel="next"'
    content = {"items": [shape(row) for row in shown], "next_cursor": cursor, "has_more": more}
    return answer({**content, **(beside or {})}, headers=headers)


def by_id(
    chart: Chart,
    path: str,
    rows: Callable[[str, int], list[Row]],
    bound: dict[str, Any],
    limit: int,
    cursor: str | None,
    *,
    begin: str = HIGHEST_ID,
    shape: Callable[[Row], Row] = dict,
) -> Response:
    """A page of rows in the order of their ids, the highest first unless `begin` is the lowest.

    `rows` gives at most so many of them from behind an id.
    """
    place = position(chart, cursor, bound)
    found = rows(place[0] if place else begin, limit + 1)
    return page(
        chart, path, found, limit=limit, filters={}, bound=bound, sort=lambda row: [row["id"]], shape=shape
    )


def _cursor(chart: Chart, place: list[str], filters: dict[str, Any]) -> str:
    content = json.dumps({"f": _filter_digest(filters), "p": place}, separators=(",", ":")).encode()
    body = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return f"{_signature(chart, body)}.{body}"


def _signature(chart: Chart, body: str) -> str:
    key = chart.store.master.derive("cursors")
    return hmac.digest(key, f"{chart.actor.practice_id}.{body}".encode(), hashlib.sha256).hex()[:32]


def _filter_digest(filters: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(filters, sort_keys=True, default=str).encode()).hexdigest()[:16]
