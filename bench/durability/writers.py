"""Writers at work while something breaks: what each sent, what was acknowledged, and whether it is still there."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

Json = dict[str, Any]
NOBODY_ANSWERS = (httpx.TransportError,)


@dataclass
class Sent:
    """One POST under its idempotency key, and the answer to it, if one came."""

    key: str
    path: str
    body: Json
    status: int | None = None
    answer: Json | None = None


@dataclass
class Writer:
    """One client that writes into a couple of its own until it is told to stop or nobody answers."""

    client: httpx.Client
    couple: Json
    sent: list[Sent] = field(default_factory=list)

    def write_until(self, stop: threading.Event, *, persist: bool = False) -> None:
        """Send one write after the other; with `persist`, go on after refusals and broken connections."""
        while not stop.is_set():
            each = Sent(str(uuid4()), *self.next(len(self.sent)))
            self.sent.append(each)
            try:
                send(self.client, each)
            except NOBODY_ANSWERS:
                if not persist:
                    return
                time.sleep(0.02)

    def next(self, number: int) -> tuple[str, Json]:
        """The path and body of the next write: every third is a whole session, some of them signed."""
        home = f"/v1/couples/{self.couple['id']}"
        marker = {"code": "ACC-IMPACT", "observed_on": "2026-03-01", "basis": "observed_in_session"}
        if number % 3:
            return f"{home}/markers", {**marker, "words": f"entry {number}"}
        note = {"format": "narrative", "text": f"Session {number}. " + "Both spoke in turn. " * 20}
        session = {
            "kind": "conjoint",
            "starts_at": "2026-03-01T09:00:00Z",
            "duration_minutes": 50,
            "zone": "Europe/Vienna",
            "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
            "note": note,
            "markers": [{**marker, "words": f"first of session {number}"}, marker],
            "sign": number % 2 == 0,
        }
        return f"{home}/sessions", session


def send(client: httpx.Client, each: Sent) -> None:
    """Send, or send again under the same key; a refusal for the moment leaves the question open."""
    answer = client.post(each.path, json=each.body, headers={"Idempotency-Key": each.key})
    if answer.status_code not in (409, 503, 507):
        each.status, each.answer = answer.status_code, answer.json()


def client_of(address: str, key: str) -> httpx.Client:
    """A client with a key."""
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def a_writer(client: httpx.Client) -> Writer:
    """A writer with a new couple."""
    made = client.post(
        "/v1/couples",
        json={
            "label": "C-1",
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
        },
    )
    made.raise_for_status()
    return Writer(client, made.json())


@dataclass
class Findings:
    """What a round found wrong, and how much it looked at."""

    acknowledged: int = 0
    repeated: int = 0
    lost: int = 0
    changed: int = 0
    duplicates: int = 0
    refused: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Take another round's findings in."""
        for name in ("acknowledged", "repeated", "lost", "changed", "duplicates", "refused"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.notes += other.notes

    @property
    def clean(self) -> bool:
        """Nothing lost, changed or doubled, and the chains hold."""
        return not (self.lost or self.changed or self.duplicates or self.refused or self.notes)


def looked_back(writer: Writer) -> Findings:
    """Read every acknowledged write, repeat the open ones under their keys, and count what stands in the record."""
    found = Findings()
    for each in writer.sent:
        if each.answer is None:
            _settle(writer.client, each, found)
        elif each.status == 201:
            found.acknowledged += 1
            _compare(writer.client, each, found)
        else:
            found.refused += 1
            found.notes.append(f"{each.path}: {each.status} {each.answer.get('code')}")
    stands = {kind: _count(writer, kind) for kind in ("markers", "sessions")}
    made = [each for each in writer.sent if each.status == 201]
    sessions = sum(each.path.endswith("/sessions") for each in made)
    expected = {"sessions": sessions, "markers": len(made) - sessions + 2 * sessions}
    for kind, count in stands.items():
        found.duplicates += max(0, count - expected[kind])
        found.lost += max(0, expected[kind] - count)
    return found


def _settle(client: httpx.Client, each: Sent, found: Findings) -> None:
    for _ in range(100):
        send(client, each)
        if each.answer is not None:
            break
        time.sleep(0.05)
    if each.status != 201:
        found.refused += 1
        found.notes.append(f"repeated {each.path}: {each.status}")
    found.repeated += 1


def _compare(client: httpx.Client, each: Sent, found: Findings) -> None:
    """The acknowledged answer and what is read now must be one text, apart from what later writes may add."""
    assert each.answer is not None
    kind, asked = ("sessions", "?include=entries") if each.path.endswith("/sessions") else ("markers", "")
    now = client.get(f"/v1/{kind}/{each.answer['id']}{asked}")
    if now.status_code != 200:
        found.lost += 1
        return
    told = now.json()
    differing = [name for name, value in each.answer.items() if told.get(name) != value]
    if differing:
        found.changed += 1
        found.notes.append(f"{kind}: {', '.join(differing)} changed")


def _count(writer: Writer, kind: str) -> int:
    count, cursor = 0, None
    while True:
        query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        answer = writer.client.get(f"/v1/couples/{writer.couple['id']}/{kind}", params=query)
        if answer.status_code != 200:
            return count  # the whole couple is gone: what was acknowledged in it counts as lost
        page = answer.json()
        count, cursor = count + len(page["items"]), page["next_cursor"]
        if not page["has_more"]:
            return count
