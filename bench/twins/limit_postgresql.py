"""The limit on PostgreSQL: bare ASGI, asyncpg, orjson, the owner's connection."""

import functools
import hashlib
import os
from typing import Any

import asyncpg
import orjson

from app.progress.caseload import ATTENTION
from bench.twins.bare import BareApp, Handler, dumped
from bench.twins.records import CASE, COLUMNS, case_of, caseload, caseload_item, progress
from bench.twins.sealed import Seals
from bench.twins.shapes import COLUMNS as SESSION_COLUMNS
from bench.twins.shapes import item
from bench.twins.whole import COLUMNS_OF, Whole

CONNECTIONS = 10
ONE = f"""
SELECT {SESSION_COLUMNS}, practice_id, others_present, note, voided_by, void_reason,
       (SELECT json_agg(a) FROM addendum a WHERE a.practice_id = s.practice_id AND a.session_id = s.id) AS addenda
FROM session s WHERE practice_id = $1 AND id = $2
"""  # noqa: S608 - columns are ours
PAGE = f"""
SELECT {SESSION_COLUMNS} FROM session
WHERE practice_id = $1 AND couple_id = $2 AND voided_at IS NULL
ORDER BY starts_at DESC, id DESC LIMIT 51
"""  # noqa: S608


CASE_AND_EVIDENCE = f"""
SELECT {CASE}, json_build_object({
    ", ".join(
        f"'{name}', (SELECT coalesce(json_agg(x), '[]') FROM (SELECT {columns} FROM {table} "
        "WHERE practice_id = $1 AND couple_id = $2) x)"
        for name, (table, columns) in COLUMNS.items()
    )
})::text AS evidence
FROM couple WHERE practice_id = $1 AND id = $2
"""  # noqa: S608


@functools.cache
def _whole(tables: tuple[str, ...]) -> str:
    """One statement that fills one row of each of these tables; `$n` count on through all of them."""
    parts, number = [], 0
    for table in tables:
        names = COLUMNS_OF[table]
        values = ", ".join(f"${number + place}" for place in range(1, len(names) + 1))
        parts.append(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})")  # noqa: S608
        number += len(names)
    first = ", ".join(f"p{place} AS ({part})" for place, part in enumerate(parts[:-1]))
    return f"WITH {first} {parts[-1]}"


CASELOAD = """
SELECT c.id, c.practice_id, c.label, c.evidence_version, r.as_of, r.attention, r.looked_on, r.summary, r.computed_at
FROM care_team t
JOIN couple c ON c.practice_id = t.practice_id AND c.id = t.couple_id AND c.status = 'open'
JOIN indicator_result r ON r.practice_id = c.practice_id AND r.id = c.id
WHERE t.practice_id = $1 AND t.person_id = $2 AND t.ends_at IS NULL
"""
WHO = "SELECT digest, practice_id, person_id FROM api_key"


class Plain(asyncpg.Connection):
    """A connection that is handed on without a reset query: nothing here changes a session."""

    def get_reset_query(self) -> str:
        return ""


async def _texts(connection: Plain) -> None:
    """Ids as text, as JSON wants them."""
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str, format="text")


class Limit:
    """The routes, each as little as it can be."""

    pool: Any
    seals: Seals
    practice_of: dict[str, Any]

    async def start(self) -> dict[tuple[str, str], Handler]:
        """Open the pool and the keys."""
        self.pool = await asyncpg.create_pool(
            os.environ["BENCH_DATABASE"],
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            connection_class=Plain,
            init=_texts,
        )
        keys = await self.pool.fetch("SELECT practice_id, id, couple_id, wrapped FROM data_key")
        self.seals = Seals(os.environ["MENDLINE_MASTER_KEY"], (tuple(row) for row in keys))
        owners = "SELECT id, practice_id FROM couple UNION ALL SELECT id, practice_id FROM session"
        self.practice_of = {str(row["id"]): row["practice_id"] for row in await self.pool.fetch(owners)}
        cases = await self.pool.fetch(f"SELECT {CASE} FROM couple")  # noqa: S608
        self.cases = {str(row["id"]): case_of(row) for row in cases}
        self.who = {
            row["digest"]: (row["practice_id"], row["person_id"]) for row in await self.pool.fetch(WHO)
        }
        return {
            ("GET", "sessions"): self.sessions,
            ("POST", "sessions"): self.create,
            ("GET", "progress"): self.progress,
            ("GET", "caseload"): self.caseload,
        }

    async def sessions(self, path: str, _: bytes, __: bytes) -> bytes | None:
        """One session, or the newest fifty of a couple."""
        return await (self.note(path[-36:]) if path.startswith("/v1/sessions/") else self.page(path[12:48]))

    async def note(self, session_id: str) -> bytes | None:
        """One session with its note."""
        row = await self.pool.fetchrow(ONE, self.practice_of.get(session_id), session_id)
        if row is None:
            return None
        note = self.seals.open(row["note"], row["practice_id"], "session", row["id"], "note")
        return dumped(
            {
                **item(row),
                "others_present": None,
                "voided_at": row["voided_at"],
                "note": note and {"format": row["note_format"], **orjson.loads(note)},
                "voided_by": row["voided_by"],
                "void_reason": None,
                "seal": None,
                "addenda": row["addenda"] or [],
                "entries": None,
            }
        )

    async def page(self, couple_id: str) -> bytes:
        """The newest fifty sessions of a couple."""
        rows = await self.pool.fetch(PAGE, self.practice_of[couple_id], couple_id)
        return dumped(
            {"items": [item(row) for row in rows[:50]], "next_cursor": None, "has_more": len(rows) > 50}
        )

    async def progress(self, path: str, _: bytes, __: bytes) -> bytes:
        """Is repair moving."""
        couple_id = path[12:48]
        row = await self.pool.fetchrow(CASE_AND_EVIDENCE, self.practice_of[couple_id], couple_id)
        evidence = orjson.loads(row["evidence"])
        return dumped(progress(case_of(row), evidence.__getitem__))

    async def caseload(self, _: str, __: bytes, key: bytes) -> bytes:
        """The couples of the key's holder."""
        rows = await self.pool.fetch(CASELOAD, *self.who[hashlib.sha256(key).hexdigest()])
        return dumped(caseload([self._item(row) for row in rows]))

    def _item(self, row: Any) -> Any:
        label = self.seals.open(row["label"], row["practice_id"], "couple", row["id"], "label")
        text = self.seals.open(row["summary"], row["practice_id"], "indicator_result", row["id"], "summary")
        return caseload_item(row, label or "", orjson.loads(text or "{}"), ATTENTION)

    async def create(self, path: str, body: bytes, key: bytes) -> bytes:
        """A whole session in one statement."""
        practice_id, person_id = self.who[hashlib.sha256(key).hexdigest()]
        made = Whole(orjson.loads(body), self.cases[path[12:48]], practice_id, person_id, self.seals)
        rows = made.rows()
        statement = _whole(tuple(table for table, _ in rows))
        values = [row.get(name) for table, row in rows for name in COLUMNS_OF[table]]
        await self.pool.execute(statement, *values)
        return dumped(made.answer())


app = BareApp(Limit().start)
