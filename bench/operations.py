"""The requests that are timed, drawn by a fixed seed, and the goals beside them; measuring comes in."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic_core import to_json

from bench import courses
from bench.courses import Event
from bench.filling import Couple, Made
from bench.load import NO_DAY, Shot

SHOTS = 4_000
UNCHANGED = 100


@dataclass(frozen=True)
class Operation:
    """One kind of request; `goals` are the least share of the limit's throughput, by kind of database."""

    name: str
    words: str
    shots: Callable[[Made, httpx.Client], list[Shot]]
    goals: Mapping[str, float]
    only_service: bool = False
    writes: bool = False
    unlike: frozenset[str] = frozenset()


def _drawn(made: Made, salt: int) -> Sequence[Couple]:
    chance = random.Random(courses.SEED + salt)
    return chance.choices(made.couples, k=SHOTS)


def _get(couple: Couple, path: str, **headers: str) -> Shot:
    return Shot("GET", path, (("Authorization", f"Bearer {couple.clinician.key}"), *headers.items()))


def _notes(made: Made, _: httpx.Client) -> list[Shot]:
    chance = random.Random(courses.SEED)
    return [_get(couple, f"/v1/sessions/{chance.choice(couple.sessions)}") for couple in _drawn(made, 1)]


def _lists(made: Made, _: httpx.Client) -> list[Shot]:
    return [_get(couple, f"/v1/couples/{couple.id}/sessions?limit=50") for couple in _drawn(made, 2)]


def _progress(made: Made, _: httpx.Client) -> list[Shot]:
    return [_get(couple, f"/v1/couples/{couple.id}/progress") for couple in _drawn(made, 3)]


def _caseloads(made: Made, http: httpx.Client) -> list[Shot]:
    """Asked once each first, so that the results of the day are stored."""
    for key in {couple.clinician.key for couple in made.couples}:
        http.get("/v1/caseload", headers={"Authorization": f"Bearer {key}"}).raise_for_status()
    return [_get(couple, "/v1/caseload") for couple in _drawn(made, 4)]


def _unchanged(made: Made, http: httpx.Client) -> list[Shot]:
    """Progress again with the ETag of the answer before."""
    shots = []
    for couple in made.couples[:UNCHANGED]:
        path = f"/v1/couples/{couple.id}/progress"
        headers = {"Authorization": f"Bearer {couple.clinician.key}"}
        tag = http.get(path, headers=headers).headers.get("ETag", "")
        shots.append(Shot("GET", path, (*headers.items(), ("If-None-Match", tag))))
    return shots


def _creates(made: Made, _: httpx.Client) -> list[Shot]:
    """One for each couple that is only written to; loaders count the report's day on."""
    return [
        Shot(
            "POST",
            f"/v1/couples/{couple.id}/sessions",
            (("Authorization", f"Bearer {couple.clinician.key}"), ("Idempotency-Key", "{fresh}")),
            to_json(_whole_session(number)),
        )
        for number, couple in enumerate(made.written_to)
    ]


def _whole_session(number: int) -> dict[str, Any]:
    now = datetime.now(UTC) - timedelta(hours=2)
    present = {"status": "attended", "country": "AT"}
    return {
        "kind": "conjoint",
        "starts_at": now.isoformat(timespec="seconds"),
        "duration_minutes": 75,
        "attendance": {"a": present, "b": present},
        "note": {"format": "narrative", "text": courses.note_text(Event(0, number, "session", 0))},
        "markers": [
            {"code": code, "observed_on": str(now.date()), "basis": "observed_in_session"}
            for code in courses.MARKERS[:4]
        ],
        "threat_reports": [
            {"window_start": NO_DAY, "window_end": NO_DAY, "episodes": 2, "source": "self_in_session"}
        ],
    }


OPERATIONS = (
    Operation("note", "read one note (2 KB)", _notes, {"postgresql": 0.15, "sqlite": 0.07}),
    Operation("list", "list 50 sessions", _lists, {"postgresql": 0.29, "sqlite": 0.22}),
    Operation("caseload", "caseload of 60 couples", _caseloads, {"postgresql": 0.26}),
    Operation("progress", "progress of a three-year case", _progress, {"postgresql": 0.31, "sqlite": 0.30}),
    Operation("unchanged", "the same unchanged (304)", _unchanged, {}, only_service=True),
    Operation(
        "create",
        "create a whole session: note of 2 KB, 4 markers, 1 report",
        _creates,
        {"postgresql": 0.27, "sqlite": 0.25},
        writes=True,
        unlike=frozenset({"id", "recorded_at", "written_at", "entries"}),
    ),
)


def plain(answer: Any, unlike: frozenset[str] = frozenset()) -> Any:
    """An answer without what may differ between equal answers: cursors, `unlike`, how an instant is spelled."""
    if isinstance(answer, dict):
        kept = answer.keys() - unlike - {"next_cursor"}
        return {name: plain(answer[name], unlike) for name in sorted(kept)}
    if isinstance(answer, list):
        return [plain(value, unlike) for value in answer]
    if isinstance(answer, str) and len(answer) >= 20 and answer[4:5] == "-" and answer[10:11] == "T":
        return _instant(answer)
    return answer


def _instant(text: str) -> str:
    body = text.removesuffix("Z").removesuffix("+00:00")
    return body.rstrip("0").rstrip(".") if "." in body else body
