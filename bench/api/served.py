"""`mendline serve` as a process of its own, its memory, files and log in view; every part of the proof comes in."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.clock import system_clock
from bench.databases import place
from bench.processes import ROOT, START_SECONDS, free_port
from tests.people import Watch, World
from tests.walks.matrix import Estate, Operation

MASTER = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SAMPLE_SECONDS = 0.05


class RealTime(Watch):
    """The time as it is, for a world whose service runs elsewhere."""

    def __call__(self) -> datetime:
        return system_clock()


@dataclass
class ServedWorld(World):
    """People and practices made in the store; everything else over a real line."""

    base: str = ""

    def client(self, key: str | None = None) -> httpx.Client:
        """A client with (or without) a key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.base, headers=headers, timeout=60)


@dataclass
class Watching:
    """The most memory that the service held, and the files it has open."""

    pid: int
    most: int = 0
    _end: threading.Event = field(default_factory=threading.Event)

    def now(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def files(self) -> int:
        """Open files and connections."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """Sample until the `with` ends."""
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _sample(self) -> None:
        while not self._end.wait(SAMPLE_SECONDS):
            try:
                self.most = max(self.most, self.now())
            except OSError:
                return


@dataclass
class Served:
    """A service that answers, and the house that it serves."""

    kind: str
    database: str
    base: str
    pid: int
    log: Path
    world: ServedWorld

    def written(self) -> str:
        """All that the process has said so far."""
        return self.log.read_text("utf-8", "replace")

    def estate(self, mark: Callable[[Operation, object], object] = lambda _, body: body) -> Estate:
        """A clinician and an administrator with one empty couple, as the served document lets them make it."""
        document = httpx.get(f"{self.base}/openapi.json", timeout=60).json()
        owner, administrator = self.world.somebody("clinician"), self.world.somebody("administrator")
        return Estate(self.world, document, owner, administrator, mark).fresh()


def tell(text: str) -> None:
    """Progress: one line that is written over."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def served(kind: str, flaw: str | None = None) -> Iterator[Served]:
    """A fresh database of a kind and `mendline serve` over it, as shipped or with a planted flaw."""
    with place(kind) as found, serving(kind, found.url, flaw) as service:
        yield service


@contextmanager
def serving(kind: str, url: str, flaw: str | None = None) -> Iterator[Served]:
    """`mendline serve` over a migrated database."""
    port = free_port()
    program = ["app.cli"] if flaw is None else ["bench.api.flaws", flaw]
    settings = {
        "MENDLINE_DATABASE_URL": url,
        "MENDLINE_MASTER_KEY": MASTER,
        "MENDLINE_ENVIRONMENT": "demo",
        "MENDLINE_RATE_LIMIT": "100000000/minute",
        "MALLOC_ARENA_MAX": "2",  # as the container has it
    }
    with tempfile.TemporaryDirectory(prefix="mendline-api-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as said:
            child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", *program, "serve", "--port", str(port)],
                cwd=ROOT,
                env={**os.environ, **settings, "MENDLINE_DATA_DIR": folder},
                stdout=said,
                stderr=said,
            )
        store = Store(url, MasterKey(b"0123456789abcdef0123456789abcdef"), threads=2)
        base = f"http://127.0.0.1:{port}"
        world = ServedWorld(None, store, RealTime(), None, url, base=base)  # type: ignore[arg-type]
        try:
            _wait(base, child, log)
            yield Served(kind, url, base, child.pid, log, world)
        finally:
            store.close()
            _end(child)


def _wait(base: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(log.read_text("utf-8", "replace")[-4000:])
        try:
            httpx.get(f"{base}/livez", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the service did not answer in time")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
