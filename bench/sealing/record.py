"""A small practice to tamper with: signed, added to, co-signed, marked, read; the proof and its test come in."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.chart import blocks
from app.chart.chart import Actor, Chart, Store, Visit, new_id
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.clock import Clock
from app.couples import service as couples
from app.couples.case import open_case, open_for_writing
from app.couples.schemas import CoupleIn
from app.integrity import service as integrity
from app.main import ROUTERS
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import GrantIn, PersonIn
from app.sessions import service as sessions
from app.sessions.schemas import AddendumIn, SessionChange, SessionIn
from tests import postgres_server

assert ROUTERS  # main brings every table with it
MASTER = b"0123456789abcdef0123456789abcdef"
COUPLE: dict[str, Any] = {
    "partner_a": {"name": "A."},
    "partner_b": {"name": "B."},
    "betrayals": [
        {
            "affected": "a",
            "kind": "financial",
            "came_to_light": "discovery",
            "came_to_light_on": "2025-03-14",
        }
    ],
}
SESSION: dict[str, Any] = {
    "kind": "conjoint",
    "duration_minutes": 60,
    "attendance": {"a": {"status": "attended", "country": "AT"}, "b": {"status": "attended"}},
    "note": {"format": "narrative", "text": "Both stayed in the room."},
    "others_present": "M., for the first minutes",
    "markers": [
        {
            "code": "ACC-IMPACT",
            "observed_on": "2026-02-20",
            "basis": "observed_in_session",
            "words": "Named it.",
        },
        {"code": "ACC-MIN", "observed_on": "2026-02-20", "basis": "observed_in_session", "strength": 1},
    ],
    "cessation": [{"status": "self_reported", "effective_on": "2026-02-20"}],
}


@dataclass
class Watch:
    """A clock that goes on by itself: no two requests fall on one instant."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class Record:
    """The practice, with what an operator keeps elsewhere: the anchors."""

    store: Store
    practice_id: str
    watch: Clock
    anchors: list[dict[str, Any]]

    @contextmanager
    def chart(self) -> Iterator[Chart]:
        """An operator's chart."""
        with practice.operating(self.store, self.practice_id, self.watch(), "prove") as chart:
            yield chart


@contextmanager
def database(kind: str) -> Iterator[str]:
    """A fresh database of a kind, migrated."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'mendline.db'}"
            migrate(url)
            yield url
        return
    made = postgres_server.create_database(postgres_server.postgres_url())
    migrate(postgres_server.for_sqlalchemy(made))
    yield postgres_server.for_sqlalchemy(made)
    postgres_server.drop_database(made)


@contextmanager
def record(url: str) -> Iterator[Record]:
    """The practice, filled, in an empty database."""
    store, watch = Store(url, MasterKey(MASTER), threads=2), Watch()
    try:
        made = Record(store, practice.found(store, watch(), "Proof", "UTC"), watch, [])
        _fill(made)
        yield made
    finally:
        store.close()


def _fill(made: Record) -> None:
    with made.chart() as chart:
        people = [
            practice.add_person(chart, PersonIn(name=n, role="clinician"))["id"] for n in ("Adler", "Brandt")
        ]
        chart.sign(201)
    for number in range(3):
        _couple(made, people[0], people[1], f"C-{number}")
        with made.chart() as chart:
            blocks.seal_lines(chart)
            made.anchors = integrity.anchors(chart)


def _couple(made: Record, first: str, second: str, label: str) -> None:
    with _acting(made, first, "createCouple") as chart:
        couple = couples.begin(chart, CoupleIn.model_validate({"label": label, **COUPLE}))["id"]
    with _acting(made, first, "grant") as chart:
        open_case(chart, couple)
        practice.grant(chart, couple, GrantIn(person_id=second, part="co_therapist"))
    signed = [a_session(made, first, couple, day, sign=True) for day in (20, 24)]
    draft = a_session(made, first, couple, 26, sign=False)
    with _acting(made, first, "changeSession") as chart:
        draft = sessions.change(chart, draft["id"], SessionChange(duration_minutes=75), sessions.tag(draft))
    with _acting(made, first, "signSession") as chart:
        sessions.sign(chart, draft["id"], sessions.tag(draft))
    with _acting(made, second, "cosignSession") as chart:
        sessions.cosign(chart, signed[0]["id"], sessions.tag(signed[0]))
    with _acting(made, first, "addAddendum") as chart:
        sessions.add_addendum(
            chart, signed[0]["id"], AddendumIn(kind="late_entry", text="They left together.")
        )
    with _acting(made, first, "voidSession") as chart:
        sessions.void(chart, signed[1]["id"], "Recorded twice.", sessions.tag(signed[1]))
    a_session(made, first, couple, 28, sign=False)
    for _ in range(4):
        with _acting(made, second, "getSession") as chart:
            sessions.read(chart, draft["id"])


def a_session(made: Record, person: str, couple: str, day: int, *, sign: bool) -> dict[str, Any]:
    """A session with entries, signed or as a draft."""
    body = {**SESSION, "starts_at": f"2026-02-{day}T16:00:00Z", "sign": sign}
    with _acting(made, person, "recordSession") as chart:
        return sessions.record(chart, open_for_writing(chart, couple), SessionIn.model_validate(body))


@contextmanager
def _acting(made: Record, person: str, action: str) -> Iterator[Chart]:
    actor = Actor(made.practice_id, person, "clinician", credentials.ROLE_SCOPES["clinician"])
    with made.store.chart(actor, made.watch(), Visit(action, new_id()), writing=True) as chart:
        yield chart
        chart.sign(200)
