"""Repeated POSTs: what an Idempotency-Key stands for, twins under way, first answers; only the door comes in."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic_core import to_json
from sqlalchemy import bindparam, select
from starlette.responses import Response

from app.chart.chart import Chart
from app.chart.plans import PART_APART
from app.chart.tables import remembered_answer
from app.errors import Refusal
from app.practice import credentials
from app.practice.tables import care_team

_REMEMBERED = select(
    remembered_answer.c.id,
    remembered_answer.c.request_digest,
    remembered_answer.c.status,
    remembered_answer.c.answer,
).where(
    remembered_answer.c.key_id == bindparam("key", required=True),
    remembered_answer.c.key_digest == bindparam("key_digest", required=True),
)
_STANDS = select(care_team.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A POST that names itself; its key stands for one address, query and body, byte for byte."""

    key: str
    target: str
    body: bytes

    @property
    def key_digest(self) -> str:
        """What is stored of the key."""
        return hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def request_digest(self) -> str:
        """What is stored of the request."""
        return hashlib.sha256(f"POST {self.target}\n".encode() + self.body).hexdigest()

    def demand_valid(self) -> None:
        """400 for a key that no header should hold."""
        if not (1 <= len(self.key) <= 255 and self.key.isascii() and self.key.isprintable()):
            raise Refusal("idempotency_key_invalid")


class Running:
    """The repeatable POSTs under way in this process; those of other processes meet at the unique index."""

    def __init__(self) -> None:
        """Begin with none."""
        self._names: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def twin_of(self, post: Repeatable | None, token: str) -> Iterator[bool]:
        """Tells whether the same POST of the same caller is under way already; while inside, it is."""
        if post is None:
            yield False
            return
        name = (credentials.digest(token), post.key)
        with self._lock:
            twin = name in self._names
            self._names.add(name)
        try:
            yield twin
        finally:
            if not twin:
                with self._lock:
                    self._names.discard(name)


def replayed(post: Repeatable | None, chart: Chart) -> Response | None:
    """The first answer again, when this key was already used for this very request."""
    if post is None:
        return None
    if chart.presuming:
        chart.presume(_REMEMBERED, [], key=chart.actor.key_id, key_digest=post.key_digest)
        return None
    found = chart.find(_REMEMBERED, key=chart.actor.key_id, key_digest=post.key_digest)
    if found is None:
        return None
    if found["request_digest"] != post.request_digest:
        raise Refusal("idempotency_key_reused")
    saved = json.loads(found["answer"])
    if saved["couple_id"] is not None:
        # permission may have been lost since the first answer
        chart.one(_STANDS, couple=saved["couple_id"], **{PART_APART: ""})
    chart.visit.recall(saved)
    headers = {**saved["headers"], "Idempotent-Replayed": "true"}
    return Response(saved["body"].encode(), found["status"], headers)


def remember(post: Repeatable | None, chart: Chart, response: Response) -> Response:
    """Keep the answer, sealed, beside what was written with it."""
    if post is None or response.status_code >= 400:
        return response
    saved = {
        "body": bytes(response.body),
        "headers": {k: v for k, v in response.headers.items() if k != "content-length"},
        **chart.visit.reached,
    }
    chart.add(
        remembered_answer,
        key_id=chart.actor.key_id,
        key_digest=post.key_digest,
        request_digest=post.request_digest,
        status=response.status_code,
        answer=to_json(saved).decode(),
        created_at=chart.at,
    )
    return response
