"""Mixed work at a fixed rate, whether or not earlier requests have been answered; the run comes in.

Reads, new entries, retries, imports, refusals and readers too slow for what they asked. Work moves on to new couples
all the time, so that what a request has to do stays the same from beginning to end.
"""

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

Json = dict[str, Any]
WINDOW = 8  # couples that are worked on at a time
COUPLE_EACH = 300  # requests
SLOW_EACH = 150
ORIGINS = 40  # couples of an earlier system, brought in again and again, as a nightly import does
LATEST = date(2026, 1, 31)
WARM_UP = 1 / 3  # of the time
CROWD = 24  # requests at once in the warm-up: more than the service has threads
FILLING = {"record a report": 30, "progress": 30, "record a session": 20, "timeline": 6}


@dataclass
class Asked:
    """One request: what kind, when it was due, how long after that its answer was there, and its status."""

    kind: str
    due: float
    seconds: float
    status: int


@dataclass
class Couple:
    """A couple at work: its address, sessions to read, and the next free window for a report."""

    home: str
    sessions: list[str] = field(default_factory=list)
    reports: int = 0


class Load:
    """Everything that is sent, from one event loop."""

    def __init__(self, address: str, key: str, seed: int) -> None:
        self.address, self.dice, self.number = address, random.Random(seed), 0
        self.client = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(30, pool=None),  # a request that waits for a line grows old, no more
            # let go of a line before the server does, so that no request meets a line that is just being closed
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=2),
        )
        self.key = key
        self.couples: deque[Couple] = deque()
        self._left: Couple | None = None
        self.asked: list[Asked] = []
        self.errors: Counter[str] = Counter()
        self._waiting: set[asyncio.Task[None]] = set()
        self._kinds: tuple[tuple[int, str, Callable[[Couple], Awaitable[tuple[int, int]]]], ...] = (
            (20, "read a session", self._session),
            (12, "list markers", lambda c: self._get(f"{c.home}/markers?limit=20")),
            (12, "progress", lambda c: self._get(f"{c.home}/progress")),
            (4, "timeline", lambda c: self._get(f"{c.home}/timeline")),
            (3, "caseload", lambda c: self._get("/v1/caseload?limit=20")),
            (12, "record a marker", self._marker),
            (10, "record a report", self._report),
            (8, "record a session", self._record_session),
            (2, "import", self._import),
            (4, "no such thing", lambda c: self._get(f"{c.home[:-4]}0000", 404)),
            (4, "nobody", self._stranger),
            (4, "bad input", self._bad),
            (1, "the document", lambda c: self._get("/openapi.json")),
        )

    async def run(self, rate: float, seconds: float) -> None:
        """Send so many requests a second for so long; a request is due whether the ones before it are back or not.

        In the warm-up it is three times as many, most of them changes and the progress after them, and they come in
        crowds: whatever the service may remember up to a bound is to be full before anything is measured, and so are
        the pages of each connection, of which all but a few are seldom asked while the machine is idle.
        """
        for _ in range(WINDOW):
            await self._new_couple()
        begun = time.monotonic()
        weights = [weight for weight, _, _ in self._kinds]
        filling = [FILLING.get(kind, weight) for weight, kind, _ in self._kinds]
        fast, warm = int(3 * rate * seconds * WARM_UP), seconds * WARM_UP
        for number in range(fast + int(rate * (seconds - warm))):
            crowd = number // CROWD * CROWD
            due = begun + (crowd / (3 * rate) if number < fast else warm + (number - fast) / rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            _, kind, send = self.dice.choices(self._kinds, filling if number < fast else weights)[0]
            self._begin(self._timed(kind, due, send(self.dice.choice(self.couples))))
            if number % COUPLE_EACH == COUPLE_EACH - 1:
                self._begin(self._new_couple())
            if number % SLOW_EACH == 0:
                self._begin(self._slow(self.couples[-1]))
        await asyncio.gather(*self._waiting)
        await self.client.aclose()

    def _begin(self, work: Awaitable[Any]) -> None:
        async def done() -> None:
            try:
                await work
            except httpx.HTTPError as failure:
                self.errors[f"beside: {type(failure).__name__}"] += 1

        task = asyncio.create_task(done())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _timed(self, kind: str, due: float, sent: Awaitable[tuple[int, int]]) -> None:
        try:
            status, wanted = await sent
        except httpx.HTTPError as failure:
            self.errors[f"{kind}: {type(failure).__name__}"] += 1
            return
        self.asked.append(Asked(kind, due, time.monotonic() - due, status))
        if status != wanted:
            self.errors[f"{kind}: {status} in place of {wanted}"] += 1

    # --- kinds of requests: each gives the status and the one that was wanted ---

    async def _get(self, path: str, wanted: int = 200) -> tuple[int, int]:
        return (await self.client.get(path)).status_code, wanted

    async def _post(self, path: str, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers=headers)

    async def _session(self, couple: Couple) -> tuple[int, int]:
        if not couple.sessions:
            return await self._record_session(couple)
        return await self._get(f"/v1/sessions/{self.dice.choice(couple.sessions)}")

    async def _record_session(self, couple: Couple) -> tuple[int, int]:
        once = {"Idempotency-Key": f"soak-{self.dice.getrandbits(96)}"}
        body = {
            "kind": "conjoint",
            "starts_at": f"2025-{self.dice.randint(1, 12):02d}-{self.dice.randint(1, 28):02d}T16:00:00Z",
            "duration_minutes": 60,
            "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
            "note": {"format": "narrative", "text": "They came together. " * 60},
            "sign": self.dice.random() < 0.5,
        }
        answer = await self._post(f"{couple.home}/sessions", body, once)
        if answer.status_code == 201:
            couple.sessions.append(answer.json()["id"])
            if self.dice.random() < 0.2:
                answer = await self._post(f"{couple.home}/sessions", body, once)
        return answer.status_code, 201

    async def _marker(self, couple: Couple) -> tuple[int, int]:
        body = {
            "code": self.dice.choice(("ACC-IMPACT", "ACC-MIN")),
            "observed_on": str(LATEST - timedelta(days=self.dice.randint(0, 300))),
            "basis": "observed_in_session",
            "words": "Named it.",
        }
        if body["code"] == "ACC-MIN":
            body["strength"] = 1  # type: ignore[assignment]
        return (await self._post(f"{couple.home}/markers", body)).status_code, 201

    async def _report(self, couple: Couple) -> tuple[int, int]:
        couple.reports += 1
        day = str(LATEST - timedelta(days=couple.reports))
        body = {
            "window_start": day,
            "window_end": day,
            "episodes": self.dice.randint(0, 9),
            "source": "self_checkin",
        }
        return (await self._post(f"{couple.home}/threat-reports", body)).status_code, 201

    async def _import(self, _: Couple) -> tuple[int, int]:
        lines = [
            {"kind": "mendline-import", "version": 1, "source": "soak"},
            {
                "kind": "couple",
                "couple": f"{self.dice.randint(1, ORIGINS)}",
                "recorded_at": "2025-04-02T18:10:00Z",
                "data": _couple("S"),
            },
        ]
        answer = await self.client.post(
            "/v1/imports",
            content="\n".join(map(json.dumps, lines)).encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        return answer.status_code, 200

    async def _stranger(self, couple: Couple) -> tuple[int, int]:
        key = f"{self.key[:-12]}{self.dice.getrandbits(48):012x}"
        answer = await self.client.get(couple.home, headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, 401

    async def _bad(self, couple: Couple) -> tuple[int, int]:
        return (await self._post(f"{couple.home}/markers", {"code": "NO-SUCH"})).status_code, 422

    async def _new_couple(self) -> None:
        answer = await self._post("/v1/couples", _couple(f"C-{self.number}"))
        self.number += 1
        if answer.status_code != 201:
            self.errors[f"new couple: {answer.status_code}"] += 1
            return
        self.couples.append(Couple(f"/v1/couples/{answer.json()['id']}"))
        if len(self.couples) > WINDOW:
            left, self._left = self._left, self.couples.popleft()
            if left is not None:
                await self._close(left)

    async def _close(self, couple: Couple) -> None:
        """End the case of a couple that nobody works on any more, so that the caseload stays as long as it is."""
        tag = (await self.client.get(couple.home)).headers["etag"]
        body = {"outcome": "parted_with_clarity", "effective_on": str(LATEST)}
        answer = await self._post(f"{couple.home}/close", body, {"If-Match": tag})
        if answer.status_code != 200:
            self.errors[f"close: {answer.status_code}"] += 1

    async def _slow(self, couple: Couple) -> None:
        """Asks for much and reads it in drops; after a few seconds it is gone without a word."""
        where = urlsplit(self.address)
        try:
            reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1024)
            path = self.dice.choice(("/openapi.json", f"{couple.home}/markers?limit=200"))
            head = f"GET {path} HTTP/1.1\r\nHost: mendline\r\nAuthorization: Bearer {self.key}\r\n\r\n"
            writer.write(head.encode())
            await writer.drain()
            for _ in range(self.dice.randint(2, 8)):
                await reader.read(256)
                await asyncio.sleep(1)
            writer.transport.abort()
        except OSError as failure:
            self.errors[f"slow reader: {type(failure).__name__}"] += 1


def _couple(label: str) -> Json:
    return {
        "label": label,
        "partner_a": {"name": "A."},
        "partner_b": {"name": "B."},
        "betrayals": [
            {
                "affected": "a",
                "kind": "financial",
                "came_to_light": "discovery",
                "came_to_light_on": "2025-01-04",
            }
        ],
    }
