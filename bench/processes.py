"""Servers under measurement: started, kept to a core, their CPU time read from /proc; measuring comes in."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that the server and all its children have used so far."""
        return cpu_of_tree(self.pid)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], *, core: int | None) -> Iterator[Server]:
    """Start a server whose command holds `{port}`, wait until it answers, and end it afterwards."""
    port = free_port()
    arguments = [part.format(port=port) for part in command]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - our own programs
            arguments, cwd=ROOT, env={**os.environ, **environment}, stdout=said, stderr=said
        )
        try:
            keep_to(child.pid, core)
            server = Server(f"http://127.0.0.1:{port}", child.pid)
            _wait_for(server, child, said)
            yield server
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def keep_to(pid: int, core: int | None) -> None:
    """Keep a process, and what it will start, to one core."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


def _wait_for(server: Server, child: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            said.seek(0)
            raise RuntimeError(
                f"The server ended before it answered.\n{said.read().decode(errors='replace')}"
            )
        try:
            httpx.get(f"{server.url}/livez", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server did not answer in time.")


def cpu_of_tree(pid: int) -> float:
    """User and system seconds of a process, its living descendants, and those it has buried."""
    total = 0.0
    for process in _tree(pid):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(ticks) for ticks in fields[11:15]) / TICKS
    return total


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except FileNotFoundError:
            continue
        for child in found:
            yield from _tree(int(child))


def busy_elsewhere(since: tuple[float, float], ours: float) -> float:
    """Share of the machine that others used since a reading of `machine_cpu`, given the seconds that we used."""
    busy, total = machine_cpu()
    spent = total - since[1]
    return max(0.0, (busy - since[0] - ours) / spent) if spent else 0.0


def machine_cpu() -> tuple[float, float]:
    """Busy and total CPU seconds of the machine since it started."""
    fields = [int(ticks) / TICKS for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)
