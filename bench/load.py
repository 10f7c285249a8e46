"""Load: wrk or a small loader of our own, both sending the same file of requests; measuring comes in."""

import asyncio
import functools
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from bench.processes import keep_to

CONNECTIONS = 16
NO_DAY = "0000-00-00"
DAY_ONE = date(1972, 1, 1)
SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True)
class Shot:
    """One request as it goes over the wire."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Window:
    """What a loader saw in one timed window."""

    requests: int
    seconds: float
    errors: int
    p50_ms: float
    p99_ms: float
    cpu: float = 0.0


def wrk_version() -> str | None:
    """wrk's name and version, or None where it is not installed."""
    if shutil.which("wrk") is None:
        return None
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    return " ".join(said.split()[:2]) or "wrk"


def write_shots(path: Path, shots: Sequence[Shot]) -> None:
    """Keep requests in a file that both loaders read: one line of JSON each."""
    path.with_suffix(".raw").unlink(missing_ok=True)
    with path.open("w") as file:
        for shot in shots:
            line = {
                "method": shot.method,
                "path": shot.path,
                "headers": shot.headers,
                "body": shot.body.decode(),
            }
            file.write(json.dumps(line) + "\n")


def read_shots(path: Path) -> Iterator[Shot]:
    """The requests of a file."""
    for line in path.read_text().splitlines():
        shot = json.loads(line)
        yield Shot(
            shot["method"], shot["path"], tuple((n, v) for n, v in shot["headers"]), shot["body"].encode()
        )


def fire(
    loader: str, url: str, shots: Path, seconds: int, *, core: int | None, first_day: int | None = None
) -> Window:
    """Send the requests of a file over 16 connections for a while.

    They are drawn by chance. With a first day they are taken in turn instead, and the days written as NO_DAY are
    counted on from it with every turn, so that no two requests tell of the same day of the same couple.
    """
    given = [str(first_day)] if first_day is not None else []
    command = [sys.executable, "-m", "bench.load", url, str(shots), str(seconds), *given]
    if loader == "wrk":
        raw = shots.with_suffix(".raw")
        if not raw.exists():
            _write_raw(raw, shots)
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "-s",
            str(SCRIPT),
            url,
            "--",
            str(raw),
            *given,
        ]
    before = os.times()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - our own programs
        keep_to(child.pid, core)
        output, _ = child.communicate(timeout=seconds + 60)
    if child.returncode:
        raise RuntimeError(f"The loader ended with status {child.returncode}.")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Window(**json.loads(output.splitlines()[-1]), cpu=cpu)


def _write_raw(raw: Path, shots: Path) -> None:
    """Whole requests for wrk, each behind a line with its length."""
    with raw.open("wb") as file:
        for shot in read_shots(shots):
            request = on_the_wire(shot)
            file.write(b"%d\n" % len(request) + request)


def on_the_wire(shot: Shot, *, fresh: str = "", day: str = NO_DAY) -> bytes:
    """The bytes of one HTTP/1.1 request; `{fresh}` in a header becomes a value that no request had before."""
    lines = [f"{shot.method} {shot.path} HTTP/1.1", "Host: localhost"]
    lines += [
        f"{name}: {value.replace('{fresh}', fresh) if fresh else value}" for name, value in shot.headers
    ]
    if shot.body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(shot.body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + shot.body.replace(NO_DAY.encode(), day.encode())


# --- our own loader: its own process ---


class Connection(asyncio.Protocol):
    """One connection that sends its next request when the answer is in."""

    def __init__(self, turns: Iterator[tuple[Shot, str]], number: int, until: float) -> None:
        self.turns, self.until, self.number = turns, until, number
        self.times: list[float] = []
        self.errors = 0
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        if self.sent >= self.until:
            self.transport.close()
            return
        shot, day = next(self.turns)
        fresh = f"{self.number}-{len(self.times)}-{time.time_ns()}"
        self.transport.write(on_the_wire(shot, fresh=fresh, day=day))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self.times.append(time.perf_counter() - self.sent)
        self.errors += int(head[9:12]) >= 400
        self.buffer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self.errors += time.perf_counter() < self.until
        if not self.done.done():
            self.done.set_result(None)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def _drawn(shots: Sequence[Shot]) -> Iterator[tuple[Shot, str]]:
    chance = random.Random(1)
    while True:
        yield chance.choice(shots), NO_DAY


def _in_turn(shots: Sequence[Shot], first_day: int) -> Iterator[tuple[Shot, str]]:
    for number in itertools.count(first_day):
        for shot in shots:
            yield shot, (DAY_ONE + timedelta(days=number)).isoformat()


async def _fire_ourselves(url: str, turns: Iterator[tuple[Shot, str]], seconds: float) -> Window:
    host, _, port = url.removeprefix("http://").partition(":")
    began = time.perf_counter()
    opened = [
        await asyncio.get_running_loop().create_connection(
            functools.partial(Connection, turns, number, began + seconds), host, int(port)
        )
        for number in range(CONNECTIONS)
    ]
    connections = [protocol for _, protocol in opened]
    await asyncio.wait([c.done for c in connections], timeout=seconds + 30)
    times = sorted(t for c in connections for t in c.times) or [0.0]
    errors = sum(c.errors for c in connections)
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    return Window(len(times), time.perf_counter() - began, errors, middle * 1000, late * 1000)


def _main(url: str, path: str, seconds: str, first_day: str = "") -> None:
    shots = list(read_shots(Path(path)))
    turns = _in_turn(shots, int(first_day)) if first_day else _drawn(shots)
    window = asyncio.run(_fire_ourselves(url, turns, float(seconds)))
    print(json.dumps({name: value for name, value in asdict(window).items() if name != "cpu"}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
