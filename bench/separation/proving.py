"""One history in two worlds: asked before and after A's own material is there; the answers must be the same bytes."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from anyio.from_thread import BlockingPortal, start_blocking_portal

from app.chart.chart import Actor, Store, Visit, new_id
from app.couples.case import open_case
from app.errors import Refusal
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn
from app.progress import joint
from bench.separation import histories, outputs
from bench.separation.histories import History
from bench.separation.outputs import NOBODY, SUMMARIES, Answer, Output

SHARED: Final = 0.25
"""In how many histories a clinician shares the answers before A says anything alone."""
NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Tally:
    """What was compared, and what was found."""

    histories: int = 0
    answers: int = 0
    kept: int = 0
    hidden: int = 0
    shared: int = 0
    withheld: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass
class Place:
    """A service over one database, one clinician in it, and a clock that stands."""

    app: Any
    store: Store
    actor: Actor
    key: str
    portal: BlockingPortal

    def ask(self, address: str) -> tuple[int, dict[str, str], bytes]:
        """GET, straight into the application."""
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"mendline"), (b"authorization", f"Bearer {self.key}".encode())],
            "server": ("mendline", 80),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        told: tuple[int, dict[str, str], bytes] = self.portal.call(_answered, self.app, scope)
        return told

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """The clinician's chart, in a transaction of its own."""
        visit = Visit("prepareProof", new_id())
        with self.store.chart(self.actor, NOW, visit, writing=True) as chart:
            yield chart
            chart.sign(201)


async def _answered(app: Any, scope: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:])


@contextmanager
def placed(app: Any, store: Store) -> Iterator[Place]:
    """A practice with one clinician over a store that the application serves."""
    home = practice.found(store, NOW, "Proof", "Europe/Vienna")
    with practice.operating(store, home, NOW, "prepareProof") as chart:
        person = practice.add_person(chart, PersonIn(name="Dr. Adler", role="clinician"))
        scopes = credentials.ROLE_SCOPES["clinician"]
        key = practice.make_key(chart, "demo", person_id=person["id"], label="proof", scopes=scopes)
        chart.sign(201)
    actor = Actor(home, person["id"], "clinician", frozenset(scopes), zone="Europe/Vienna")
    with start_blocking_portal() as portal:
        yield Place(app, store, actor, str(key["secret"]), portal)


def prove(
    place: Place,
    seeds: Iterable[int],
    *,
    watch: Callable[[Tally], None] | None = None,
    most: int = 20,
    until_found: bool = False,
) -> Tally:
    """Each history in both worlds; the list of outputs is the served document's."""
    document = place.app.openapi()
    tally = Tally(differences=outputs.unexplained(document))
    found = outputs.outputs(document)
    for seed in seeds:
        _one(place, found, Random(seed), seed, tally, most)
        tally.histories += 1
        if watch is not None:
            watch(tally)
        if until_found and tally.differences:
            break
    return tally


def _one(place: Place, found: list[Output], random: Random, seed: int, tally: Tally, most: int) -> None:
    with place.writing() as chart:
        history = histories.begun(chart, random)
        histories.tell(history, most=most)
    audiences = ("joint", f"partner:{history.case.partner_ids[1]}")
    history.ids["partner_id"] = [history.case.partner_ids[1]]
    asked = outputs.addresses(found, history.ids, audiences, random)
    never = _answered_all(place, (each for each in asked if _is_summary(each)))
    shared = random.random() < SHARED and _share(place, history.case.id)
    before = never | _answered_all(place, (each for each in asked if shared or each not in never))
    with place.writing() as chart:
        history.chart, history.case = chart, open_case(chart, history.case.id)
        tally.kept += histories.keep(history)
    after = _answered_all(place, asked)
    tally.answers += len(after)
    tally.shared += shared
    for address, answer in after.items():
        withheld = shared and answer == never.get(address)
        tally.withheld += answer != before[address] and withheld
        if answer != before[address] and not withheld:
            told = f"before {_seen(before[address])}\n  after  {_seen(answer)}"
            tally.differences.append(f"history {seed}: {address}\n  {told}")
    ended = {answer == never[address] for address, answer in after.items() if _is_summary(address)}
    if shared and len(ended) > 1:  # a withdrawal takes every answer along
        tally.differences.append(f"history {seed}: what was shared together ended in part")
    _hidden(place, outputs.addresses(found, history.kept, audiences, random), history, seed, tally)


def _answered_all(place: Place, asked: Iterable[str]) -> dict[str, list[Answer]]:
    return {address: outputs.told(place.ask, address) for address in asked}


def _is_summary(address: str) -> bool:
    return address.partition("?")[0].rsplit("/", 1)[-1] in SUMMARIES


def _share(place: Place, couple_id: str) -> bool:
    """Share all three answers, where both computations agree."""
    try:
        with place.writing() as chart:
            joint.release(chart, open_case(chart, couple_id), ("progress", "timeline", "stopping"))
    except Refusal:
        return False
    return True


def _hidden(place: Place, asked: list[str], history: History, seed: int, tally: Tally) -> None:
    """Every id that is kept must be answered as the id of nobody is."""
    for address in asked:
        row_id = next(each for ids in history.kept.values() for each in ids if each in address)
        mine, nobodys = (outputs.told(place.ask, each) for each in (address, address.replace(row_id, NOBODY)))
        tally.hidden += 1
        if mine != nobodys:
            tally.differences.append(f"history {seed}: {address} is not like nothing: {_seen(mine)}")


def _seen(pages: list[Answer]) -> str:
    return " | ".join(
        f"{status} {dict(headers).get('etag', '')} {body[:400]!r}" for status, headers, body in pages
    )


class Progress:
    """A line on a terminal for whoever waits."""

    def __init__(self, kind: str, wanted: int) -> None:
        self.kind, self.wanted, self.began = kind, wanted, time.monotonic()

    def __call__(self, tally: Tally) -> None:
        if sys.stderr.isatty() or tally.histories % 50 == 0:
            end = "\r" if sys.stderr.isatty() else os.linesep
            rate = tally.histories / (time.monotonic() - self.began)
            told = f"{self.kind}: {tally.histories}/{self.wanted}, {rate:.1f} a second, {len(tally.differences)} found"
            print(told, end=end, file=sys.stderr, flush=True)
