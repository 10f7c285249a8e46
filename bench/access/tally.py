"""What was tried and what was found, and whether anything was written meanwhile; every walk comes in."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.chart.base import metadata

Kind = Literal["leak", "effect", "oracle", "error"]
KINDS: Final[tuple[Kind, ...]] = ("leak", "effect", "oracle", "error")
OF_EVERY_REQUEST: Final = {"trail", "trail_block", "chain_head", "indicator_result"}
"""What a refusal and a mere look leave behind: the trail with its blocks, and answers computed for the next look."""


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should not have got, done or been able to tell."""

    kind: Kind
    words: str


@dataclass
class Tally:
    """How often each walk tried, and what it found."""

    tried: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    prints: "Prints | None" = None

    def found(self, kind: Kind, words: str) -> None:
        """Keep a finding."""
        self.findings.append(Finding(kind, words))

    def count(self, kind: Kind) -> int:
        """How many of a kind were found."""
        return sum(each.kind == kind for each in self.findings)

    @contextmanager
    def nothing_written(self, words: str) -> Iterator[None]:
        """A stretch in which no row of any practice may appear, change or go."""
        before = self.prints.taken() if self.prints else {}
        yield
        after = self.prints.taken() if self.prints else {}
        changed = sorted(name for name, print_ in after.items() if print_ != before[name])
        if changed:
            self.found("effect", f"{words}: {', '.join(changed)} changed")


class Prints:
    """Fingerprints of all tables of all practices, taken past every wall by a connection of its own."""

    def __init__(self, url: str) -> None:
        parts = make_url(url)
        self.tables = sorted(set(metadata.tables) - OF_EVERY_REQUEST)
        self.sqlite = parts.get_backend_name() == "sqlite"
        if self.sqlite:
            self._database: Any = sqlite3.connect(str(parts.database))
        else:
            plain = parts.set(drivername="postgresql").render_as_string(hide_password=False)
            self._database = psycopg.connect(plain, autocommit=True)

    def taken(self) -> dict[str, str]:
        """One print a table: of every value of every row."""
        return {name: self._of(name) for name in self.tables} if self.sqlite else self._all_at_once()

    def _of(self, name: str) -> str:
        rows = self._database.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()  # noqa: S608 - our own names
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def _all_at_once(self) -> dict[str, str]:
        each = sql.SQL(
            "SELECT {}, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t"
        )
        whole = sql.SQL(" UNION ALL ").join(
            each.format(sql.Literal(name), sql.Identifier(name)) for name in self.tables
        )
        return dict(self._database.execute(whole).fetchall())

    def close(self) -> None:
        """Let the connection go."""
        self._database.close()
