"""People for the tests: a practice, its clinicians and keys, couples as a caller enters them; all tests come in."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal

from app.chart.chart import Store
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn

DAY_ZERO = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Json = dict[str, Any]


@dataclass
class Watch:
    """A clock that tests set: `watch.now` is what the service believes."""

    now: datetime = DAY_ZERO

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)  # two requests never fall on one instant
        return self.now

    def go(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


class Bridge(httpx.BaseTransport):
    """httpx's ASGI transport for synchronous tests: one event loop in a thread of its own."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def go() -> httpx.Response:
            body = request.read()
            sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            answer = await self._inner.handle_async_request(sent)
            content = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        return self._portal.call(go)


@dataclass
class Caller:
    """Somebody with a key: speaks HTTP to the service."""

    http: httpx.Client
    person_id: str
    key: str

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.http.get(path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST a JSON body."""
        return self.http.post(path, json=body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """PATCH a JSON body."""
        return self.http.patch(path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """DELETE."""
        return self.http.delete(path, **options)

    def made(self, path: str, body: Any = None, **options: Any) -> Json:
        """POST that must succeed with 201; gives the answer's body."""
        answer = self.post(path, body, **options)
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return dict(answer.json())


@dataclass
class World:
    """One service over one fresh database, with a clock in the test's hand."""

    app: Any
    store: Store
    watch: Watch
    portal: BlockingPortal
    url: str
    practices: list[str] = field(default_factory=list)

    def a_practice(self, name: str = "Practice at the river", zone: str = "Europe/Vienna") -> str:
        """A new practice; gives its id."""
        practice_id = practice.found(self.store, self.watch(), name, zone)
        self.practices.append(practice_id)
        return practice_id

    def home(self) -> str:
        """The practice that tests use when they do not care which."""
        return self.practices[0] if self.practices else self.a_practice()

    def somebody(
        self,
        role: str = "clinician",
        *,
        practice_id: str | None = None,
        scopes: Collection[str] | None = None,
        expires_at: datetime | None = None,
        name: str = "Dr. Adler",
    ) -> Caller:
        """A person of a role with a key of all (or the given) scopes of that role."""
        home = practice_id or self.home()
        with practice.operating(self.store, home, self.watch(), "testSetup") as chart:
            person = practice.add_person(chart, PersonIn(name=name, role=role))
            key = practice.make_key(
                chart,
                "demo",
                person_id=person["id"],
                label="test",
                scopes=scopes if scopes is not None else credentials.ROLE_SCOPES[role],
                expires_at=expires_at,
            )
            chart.sign(201)
        return Caller(self.client(key["secret"]), person["id"], key["secret"])

    def client(self, key: str | None = None) -> httpx.Client:
        """A client with (or without) a key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(
            transport=Bridge(self.app, self.portal), base_url="http://mendline", headers=headers
        )


POLICY: Json = {
    "code": "limited_secrets",
    "agreed_on": "2025-04-02",
    "acknowledged_by_a": True,
    "acknowledged_by_b": True,
}


def a_betrayal(**changes: Any) -> Json:
    """A betrayal as a caller sends it: hidden debts, found out in March 2025, A affected."""
    return {
        "affected": "a",
        "kind": "financial",
        "came_to_light": "discovery",
        "came_to_light_on": "2025-03-14",
        **changes,
    }


def a_couple(caller: Caller, **changes: Any) -> Json:
    """A couple with one betrayal, opened by the caller."""
    return caller.made("/v1/couples", a_couples_entry(**changes))


def a_couples_entry(**changes: Any) -> Json:
    """What is sent to open a couple with one betrayal."""
    return {
        "label": "C-014",
        "partner_a": {"name": "A."},
        "partner_b": {"name": "B."},
        "betrayals": [a_betrayal()],
        "policy": {**POLICY},
        **changes,
    }


def partner(couple: Json, side: str) -> str:
    """The id of partner `a` or `b`."""
    return next(str(p["id"]) for p in couple["partners"] if p["side"] == side)


def same_refusal(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two refusals are the same answer, apart from the request's own id and address."""

    def bare(answer: httpx.Response) -> tuple[int, Json]:
        return answer.status_code, {
            k: v for k, v in answer.json().items() if k not in {"request_id", "instance"}
        }

    return bare(one) == bare(other)
