"""Sixty callers who send half a request and then a byte a second, while others are answered; __main__ comes in."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.api.bombs import Target
from bench.api.lines import Headers, Line

CALLERS = 60
LONGEST = 60.0
"""By when each of them must have been let go."""
HEAD = b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: "
BODY = (
    b"POST /v1/couples HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4000\r\n\r\n{"
)


@dataclass
class Pulse:
    """The longest that health and an ordinary read took, and every other answer than 200."""

    health: float = 0.0
    read: float = 0.0
    faults: list[str] = field(default_factory=list)
    asked: int = 0

    def beat(self, line: Line, target: Target) -> None:
        """Ask both once."""
        signed: Headers = {"Authorization": f"Bearer {target.key}"}
        health, read = line.send("GET", "/readyz", {}), line.send("GET", target.record, signed)
        self.health, self.read = max(self.health, health.seconds), max(self.read, read.seconds)
        self.faults += [f"answered {each.status}" for each in (health, read) if each.status != 200]
        self.asked += 2


@contextmanager
def beating(target: Target) -> Iterator[Pulse]:
    """Health and an ordinary read asked five times a second until the `with` ends."""
    pulse, end = Pulse(), threading.Event()

    def go() -> None:
        line = Line(target.base)
        while not end.wait(0.2):
            pulse.beat(line, target)
        line.close()

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        end.set()
        thread.join()


@dataclass
class Held:
    """What became of the slow callers."""

    let_go: int
    longest: float


def hold(target: Target, callers: int = CALLERS, longest_wait: float = LONGEST) -> Held:
    """Half of them stop within the head, half within the body; each goes on at a byte a second until it is let go."""
    where = urlsplit(target.base)
    began = time.monotonic()
    lines = []
    for number in range(callers):
        line = socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=30)
        line.sendall((HEAD if number % 2 else BODY).replace(b"KEY", target.key.encode()))
        lines.append(line)
    open_ones, longest = list(lines), 0.0
    while open_ones and time.monotonic() - began < longest_wait:
        time.sleep(1)
        open_ones = [line for line in open_ones if _goes_on(line)]
        longest = time.monotonic() - began
    for line in lines:
        line.close()
    return Held(callers - len(open_ones), longest)


def _goes_on(line: socket.socket) -> bool:
    """Send one byte more; false when the other side has hung up."""
    line.setblocking(False)
    with suppress(BlockingIOError):
        try:
            while said := line.recv(65_536):
                if not said:
                    return False
            return False
        except ConnectionError:
            return False
    line.setblocking(True)
    try:
        line.sendall(b"a")
    except OSError:
        return False
    return True
