"""What a server holds and spends, read from /proc: memory, files, threads, connections, time; the run comes in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.processes import _tree, cpu_of_tree

MB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """One look."""

    at: float
    memory: float
    files: int
    threads: int
    connections: int
    database_memory: float
    wal: float
    database: float
    processor: float


def look(at: float, pid: int, database_pid: int | None, path: Path | None) -> Sample:
    """The service's process and its children, PostgreSQL's backends, the size of an SQLite file and its WAL."""
    ours = list(_tree(pid))
    backends = list(_backends(database_pid)) if database_pid else []
    return Sample(
        at,
        sum(memory_of(each) for each in ours),
        sum(files_of(each) for each in ours),
        sum(_count(Path(f"/proc/{each}/task")) for each in ours),
        len(backends) if database_pid else _open_on(ours, path),
        sum(memory_of(each, "RssAnon") for each in backends),
        _size(path.with_name(f"{path.name}-wal")) if path else 0.0,
        _size(path) if path else 0.0,
        cpu_of_tree(pid) + (cpu_of_tree(database_pid) if database_pid else 0.0),
    )


def memory_of(pid: int, what: str = "VmRSS") -> float:
    """Resident memory of a process in MB; `RssAnon` leaves out what it shares, such as PostgreSQL's buffers."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:")), 0.0)


def files_of(pid: int) -> int:
    """Open files and sockets of a process."""
    return _count(Path(f"/proc/{pid}/fd"))


def _count(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _backends(postmaster: int) -> Iterator[int]:
    """Children of PostgreSQL that serve a client: their title names login, database and address."""
    for pid in _tree(postmaster):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if pid != postmaster and "mendline_bench" in title:
            yield pid


def _open_on(pids: list[int], path: Path | None) -> int:
    """How often the processes have a file open."""
    found = 0
    for pid in pids if path else ():
        try:
            for each in Path(f"/proc/{pid}/fd").iterdir():
                found += str(each.readlink()) == str(path)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _size(path: Path) -> float:
    return path.stat().st_size / MB if path.exists() else 0.0
