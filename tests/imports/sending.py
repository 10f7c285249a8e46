"""Files for the tests of imports, and how they are sent."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.people import Caller

Json = dict[str, Any]
EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
CLAIMED = "2025-05-02T08:00:00.000000Z"


def couple(name: str = "1", **data: Any) -> Json:
    """A couple's own line: hidden debts, A affected."""
    betrayal = {
        "affected": "a",
        "kind": "financial",
        "came_to_light": "discovery",
        "came_to_light_on": "2025-03-14",
    }
    body = {
        "label": f"C-{name}",
        "partner_a": {"name": "A."},
        "partner_b": {"name": "B."},
        "betrayals": [betrayal],
    }
    return {"kind": "couple", "couple": name, "recorded_at": CLAIMED, "data": {**body, **data}}


def report(name: str = "1", ref: str | None = "r1", **data: Any) -> Json:
    """A threat report."""
    body = {
        "window_start": "2025-05-01",
        "window_end": "2025-05-14",
        "episodes": 12,
        "source": "self_checkin",
        **data,
    }
    return {"kind": "threat_report", "couple": name, **({"ref": ref} if ref else {}), "data": body}


def pause(name: str = "1", ref: str = "p1", **data: Any) -> Json:
    """A pause."""
    body = {"kind": "travel", "starts_on": "2025-07-01", "ends_on": "2025-07-28", **data}
    return {"kind": "pause", "couple": name, "ref": ref, "data": body}


def ndjson(*lines: Json) -> bytes:
    """Lines as a file."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def send(caller: Caller, file: bytes, *, kind: str | None = None, **query: Any) -> httpx.Response:
    """POST a file; CSV when a kind is given."""
    params = {**query, **({"kind": kind} if kind else {})}
    media = "text/csv; charset=utf-8" if kind else "application/x-ndjson"
    return caller.http.post("/v1/imports", content=file, params=params, headers={"Content-Type": media})


def told(caller: Caller, *lines: Json, **query: Any) -> Json:
    """The report on lines sent, which must be answered with 200."""
    answer = send(caller, ndjson(*lines), **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def errors(report: Json) -> list[tuple[int, str, str]]:
    """Line, pointer and code of each error."""
    return [(found["line"], found["pointer"], found["code"]) for found in report["errors"]]


def fates(report: Json) -> tuple[int, int, int]:
    """How many couples were imported, unchanged, refused."""
    counts = report["couples"]
    return counts["imported"], counts["unchanged"], counts["refused"]
