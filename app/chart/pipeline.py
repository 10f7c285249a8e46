"""A PostgreSQL connection in pipeline mode: statements prepared once, sent in one flush; database.py comes in.

psycopg connects, spells errors and reads rows. Its own pipeline blocks keep books that cost more than the statements.
"""

import functools
import re
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import pq
from psycopg.adapt import Loader, Transformer
from psycopg.errors import error_from_result

from app.clock import written

Params = Mapping[str, Any]
Statement = tuple[str, Params | list[Params] | None]
"""A text with its values; with a list of values for an INSERT of several rows; with None for a bare command."""
Rows = list[tuple[Any, ...]]
PGresult = pq.abc.PGresult
SILENT_SECONDS = 60
"""Longer than the server may work on a statement: whoever is silent for so long has gone."""

IDLE_SECONDS = 600
LIFE_SECONDS = 3600

_BIND = re.compile(r"%\((\w+)\)s|%%")
_PLACE, _VALUES = re.compile(r"\$(\d+)"), " VALUES "
_BYTES, _TEXT = pq.Format.BINARY, pq.Format.TEXT
_IDLE, _READ, _WRITE = pq.TransactionStatus.IDLE, select.POLLIN, select.POLLIN | select.POLLOUT


class InstantLoader(Loader):
    """Spells a timestamptz of a UTC session as RFC 3339 with six digits."""

    def load(self, data: Any) -> str:
        text = str(data, "ascii")  # 2026-03-02 09:00:00.123456+00, the fraction as long as it needs to be
        whole = text if len(text) == 29 else text[:-3].ljust(20, ".").ljust(26, "0")
        return f"{whole[:10]}T{whole[11:26]}Z"


@functools.lru_cache(maxsize=4096)
def numbered(sql: str, rows: int = 1) -> tuple[bytes, tuple[str, ...]]:
    """A statement with `$1` for `%(name)s`, and the names in order; its VALUES as often as there are rows."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    text = _BIND.sub(number, sql)
    values = text.partition(_VALUES)[2]
    more = (_counted_on(values, row * len(names)) for row in range(1, rows))
    return ", ".join((text, *more)).encode(), tuple(names)


def _counted_on(values: str, places: int) -> str:
    """The places of one row, for a row so many places further on."""
    return _PLACE.sub(lambda found: f"${int(found.group(1)) + places}", values)


class Line:
    """A connection that stays in pipeline mode; what is sent together travels together."""

    def __init__(self, address: str, role: str) -> None:
        self.opened_at = 0.0
        self._connection = psycopg.connect(
            address,
            autocommit=True,
            options="-c TimeZone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
        )
        self._connection.execute(f"SET ROLE {role}")
        adapters = self._connection.adapters
        as_it_is = adapters.get_loader(adapters.types["text"].oid, pq.Format.TEXT)
        assert as_it_is is not None
        for kind in ("uuid", "date"):  # the server's own text is what the wire wants
            adapters.register_loader(kind, as_it_is)
        adapters.register_loader("timestamptz", InstantLoader)
        self._reader = Transformer(self._connection)  # knows the loaders of every type that it has read
        self._link = self._connection.pgconn
        self._link.enter_pipeline_mode()
        self._link.nonblocking = 1
        self._poll = select.poll()
        self._waits_for = _READ
        self._poll.register(self._link.socket, _READ)
        self._names: dict[tuple[str, int], bytes] = {}
        self._named = 0

    @property
    def closed(self) -> bool:
        """Whether nothing can travel any more."""
        return self._connection.closed

    @property
    def idle(self) -> bool:
        """Whether no transaction is open."""
        return self._link.transaction_status == _IDLE

    def run(self, statements: Sequence[Statement]) -> list[PGresult]:
        """Send statements in one flush; gives a result for each, or raises the first one's error."""
        new: dict[tuple[str, int], bytes] = {}
        own: list[int] = []  # preparing a statement has a result too, which nobody wants
        for place, (sql, params) in enumerate(statements):
            if params is None:
                self._link.send_query_params(sql.encode(), None)
            else:
                self._send(sql, params if isinstance(params, list) else [params], new)
            own.append(place + len(new))
        self._link.pipeline_sync()
        results = self._results()
        if new:
            self._remember(new, results, set(own))
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
        return [results[place] for place in own] if new else results

    def _remember(
        self, new: dict[tuple[str, int], bytes], results: Sequence[PGresult], own: set[int]
    ) -> None:
        """What was prepared before an error stays prepared; what came behind one was skipped by the server."""
        prepared = [result for place, result in enumerate(results) if place not in own]
        for (known_by, name), result in zip(new.items(), prepared, strict=False):
            if result.status == pq.ExecStatus.COMMAND_OK:
                self._names[known_by] = name

    def _send(self, sql: str, rows: Sequence[Params], new: dict[tuple[str, int], bytes]) -> None:
        known_by = sql, len(rows)
        text, names = numbered(*known_by)
        given = [row[each] for row in rows for each in names]
        values = _all_sent(given)
        formats = (
            [_BYTES if type(value) is bytes else _TEXT for value in given] if _any_bytes(given) else None
        )
        name = self._names.get(known_by) or new.get(known_by)
        if name is None:
            self._named += 1
            name = new[known_by] = b"s%d" % self._named
            self._link.send_prepare(name, text)
        self._link.send_query_prepared(name, values, formats)

    def _results(self) -> list[PGresult]:
        """One result a message, until the server says that it has seen the end of the flush."""
        link, found = self._link, list[PGresult]()
        while link.flush():
            self._wait(_WRITE)
        while True:
            while link.is_busy():
                self._wait(_READ)
            result = link.get_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            found.append(result)

    def _wait(self, what: int) -> None:
        if what != self._waits_for:
            self._poll.modify(self._link.socket, what)
            self._waits_for = what
        ready = self._poll.poll(SILENT_SECONDS * 1000)
        if not ready:
            self.close()
            raise psycopg.OperationalError("the server has gone silent")
        if ready[0][1] & ~select.POLLOUT:
            self._link.consume_input()

    def rows(self, result: PGresult) -> Rows:
        """A result's rows."""
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


class Lines:
    """Lines that rest, the last used first; one that was not needed for a while, or has grown old, is let go.

    A backend of PostgreSQL keeps the plans of every statement it has seen as long as it lives: without an end to
    idle and old lines, its memory would follow the busiest minute of the year.
    """

    def __init__(self, opened: Callable[[], Line], ticks: Callable[[], float] = time.monotonic) -> None:
        self._opened, self._ticks = opened, ticks
        self._lock = threading.Lock()
        self._resting: list[tuple[Line, float]] = []

    def __len__(self) -> int:
        return len(self._resting)

    def take(self) -> Line:
        """A line that can carry something, a new one if none rests."""
        while True:
            with self._lock:
                line, _ = self._resting.pop() if self._resting else (None, 0.0)
            if line is None:
                line = self._opened()
                line.opened_at = self._ticks()
                return line
            if not line.closed and self._ticks() - line.opened_at <= LIFE_SECONDS:
                return line
            line.close()

    def give_back(self, line: Line) -> None:
        """Let a line rest; those that have rested too long go."""
        now = self._ticks()
        with self._lock:
            self._resting.append((line, now))
            rested = sum(since < now - IDLE_SECONDS for _, since in self._resting)  # the oldest stand first
            unneeded, self._resting = self._resting[:rested], self._resting[rested:]
        for each, _ in unneeded:
            each.close()

    def close(self) -> None:
        """Close those that rest."""
        with self._lock:
            resting, self._resting = self._resting, []
        for line, _ in resting:
            line.close()


def _any_bytes(values: Sequence[Any]) -> bool:
    return bytes in map(type, values)


_SPELLINGS: dict[type, Callable[[Any], bytes | None]] = {
    str: str.encode,
    type(None): lambda _: None,
    bytes: lambda value: value,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    float: lambda value: repr(value).encode(),
    datetime: lambda value: written(value).encode(),
    date: lambda value: value.isoformat().encode(),
    UUID: lambda value: str(value).encode(),
}


def _all_sent(values: Sequence[Any]) -> list[bytes | None]:
    """Values as the server reads them; most are exactly of a kind that is known."""
    try:
        return [None if value is None else _SPELLINGS[type(value)](value) for value in values]
    except KeyError:
        return [_sent(value) for value in values]


def _sent(value: Any) -> bytes | None:
    """A value as the server reads it: its text, or bytes as they are; also of a kind that is like a known one."""
    spelling = next((spell for kind, spell in _SPELLINGS.items() if isinstance(value, kind)), None)
    if spelling is None:
        raise TypeError(f"a {type(value).__name__} does not travel")
    return spelling(value)
