"""The requests that are timed, drawn by a fixed seed, and the goals beside them; measuring comes in."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench import courses
from bench.filling import Couple, Made
from bench.load import Shot

SHOTS = 4_000


@dataclass(frozen=True)
class Operation:
    """One kind of request; `goals` are the least share of the limit's throughput, by kind of database."""

    name: str
    words: str
    shots: Callable[[Made, httpx.Client], list[Shot]]
    goals: Mapping[str, float]
    only_service: bool = False


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


def _caseloads(made: Made, _: httpx.Client) -> list[Shot]:
    return [_get(couple, "/v1/caseload") for couple in _drawn(made, 4)]


OPERATIONS = (
    Operation("note", "read one note (2 KB)", _notes, {"postgresql": 0.15, "sqlite": 0.07}),
    Operation("list", "list 50 sessions", _lists, {"postgresql": 0.29, "sqlite": 0.22}),
)


def plain(answer: Any) -> Any:
    """An answer without what may differ between equal answers: cursors, and how an instant is spelled."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name != "next_cursor"}
    if isinstance(answer, list):
        return [plain(value) for value in answer]
    if isinstance(answer, str) and len(answer) >= 20 and answer[4:5] == "-" and answer[10:11] == "T":
        return _instant(answer)
    return answer


def _instant(text: str) -> str:
    body = text.removesuffix("Z").removesuffix("+00:00")
    return body.rstrip("0").rstrip(".") if "." in body else body
