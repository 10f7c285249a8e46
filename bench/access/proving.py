"""All walks over one database, with a service that is really served or asked in this process; the command comes in."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.main import create_app
from app.settings import Settings
from bench.access import crowd, foreign, identities, owned, times
from bench.access.tally import Prints, Tally
from bench.access.times import Timed
from bench.databases import fresh_database
from tests.live import serving
from tests.people import Json, Watch, World
from tests.walks import matrix
from tests.walks.matrix import Estate

MASTER = MasterKey(b"0123456789abcdef0123456789abcdef")
MEMORY = Path("/dev/shm")  # noqa: S108 - made-up couples: their fsyncs would cost most of the time
REACH = 0.95


@dataclass
class Proof:
    """What a run over one database came to."""

    kind: str
    served: bool
    operations: int = 0
    owner: dict[str, int] = field(default_factory=dict)
    granted: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    timed: list[Timed] = field(default_factory=list)
    pairs: int = 0
    seconds: float = 0.0

    @property
    def void(self) -> bool:
        """Whether too little can be reached by those who may for the refusals to mean anything."""
        reaches = (
            1 - len(identities.missed(each)) / max(1, len(each)) for each in (self.owner, self.granted)
        )
        return any(reach < REACH for reach in reaches)


class ServedWorld(World):
    """A world whose people speak to a socket."""

    address = ""

    def client(self, key: str | None = None) -> httpx.Client:
        """A client with (or without) a key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(
            max_keepalive_connections=0
        )  # an idle connection may be closed just when it is used
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, limits=limits)


@contextmanager
def placed(kind: str, *, served: bool) -> Iterator[tuple[World, Json]]:
    """A service over a fresh database, and its document as it is served."""
    with fresh_database(kind) as url, start_blocking_portal() as portal:
        store, watch = Store(url, MASTER, threads=4), Watch()
        settings = Settings(database_url=url, environment="demo", rate_limit="100000000/minute")
        app = create_app(settings, store=store, clock=watch)
        try:
            if not served:
                yield World(app, store, watch, portal, url), dict(app.openapi())
                return
            with serving(app) as address:
                world = ServedWorld(app, store, watch, portal, url)
                world.address = address
                yield world, httpx.get(f"{address}/openapi.json", timeout=60).json()
        finally:
            store.close()


def in_memory() -> None:
    """Put this process' databases into memory, where there is such a place."""
    if MEMORY.is_dir():
        tempfile.tempdir = str(MEMORY)


def an_estate(world: World, document: Json) -> Estate:
    """The owner's couple with an entry of every kind, each word of it marked."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician", name="Dr. Owner"), world.somebody("administrator")
    return Estate(world, document, owner, administrator, matrix.marked).fresh().filled()


def prove(kind: str, *, served: bool, pairs: int = 200, sampled: int = 20) -> Proof:
    """Every walk over one database."""
    proof, began = Proof(kind, served, pairs=pairs), time.monotonic()
    with placed(kind, served=served) as (world, document):
        estate = an_estate(world, document)
        proof.operations = len(estate.all)
        _say(kind, f"{proof.operations} operations; what those who may reach")
        proof.owner = identities.reached(estate)
        proof.granted = identities.reached(estate, world.somebody("clinician"))
        proof.tally.prints = prints = Prints(world.url)
        try:
            _walk(estate, proof, pairs, sampled)
        finally:
            prints.close()
            proof.tally.prints = None  # the proof travels to the process that asked for it
    proof.seconds = time.monotonic() - began
    return proof


def _walk(estate: Estate, proof: Proof, pairs: int, sampled: int) -> None:
    tally, everything = proof.tally, list(estate.all.values())
    say = partial(_say, proof.kind)
    identities.by_emergency(
        estate, everything, crowd.let_in_by_an_emergency(estate), tally
    )  # the team is told
    strangers = crowd.strangers(estate)
    before = seen_by_owner(estate)
    say("strangers")
    identities.by_strangers(estate, everything, strangers, tally)
    identities.by_the_shut_out(estate, everything, crowd.shut_out(estate), tally)
    say("narrow keys")
    for who, key in crowd.narrow_keys(estate).items():
        identities.by_narrow_key(estate, everything, who, key, tally)
    say("fields, methods, parameters")
    owned.fields(estate, tally, thorough=True)
    owned.methods(estate, tally)
    owned.parameters(estate, tally)
    say("time")
    chosen = times.sample(estate, sampled)
    for who in ("colleague", "clinician of another practice"):
        proof.timed += times.measure(estate, who, strangers[who], chosen, pairs, tally)
    attackers = crowd.attackers(estate)
    say("ids in addresses and queries")
    foreign.in_addresses(estate, attackers, tally)
    foreign.in_queries(estate, attackers, tally, thorough=True)
    say("ids in bodies")
    foreign.in_bodies(estate, attackers, tally, thorough=True)
    after = seen_by_owner(estate)
    for name in before:
        if after[name] != before[name]:
            tally.found("effect", f"{name}: the owner sees something else than before")
    say("cursors and repeated POSTs")
    foreign.in_cursors(estate, attackers, tally)
    foreign.in_repeated_posts(estate, strangers, tally)


def seen_by_owner(estate: Estate) -> dict[str, Any]:
    """What the owner reads of the couple, apart from what the walks themselves add: grants, couples of the owner's."""
    left_out = ("listCareTeam", "listCouples", "getCaseload")
    return {name: seen for name, seen in estate.view().items() if name not in left_out}


def _say(kind: str, words: str) -> None:
    print(f"  {kind}: {words} …", file=sys.stderr, flush=True)
