"""The limit on PostgreSQL: bare ASGI, asyncpg, orjson, the owner's connection."""

import os
from typing import Any

import asyncpg
import orjson

from bench.twins.bare import BareApp, Handler, dumped
from bench.twins.sealed import Seals
from bench.twins.shapes import COLUMNS, item

CONNECTIONS = 10
ONE = f"""
SELECT {COLUMNS}, practice_id, others_present, note, voided_by, void_reason,
       (SELECT json_agg(a) FROM addendum a WHERE a.practice_id = s.practice_id AND a.session_id = s.id) AS addenda
FROM session s WHERE practice_id = $1 AND id = $2
"""  # noqa: S608 - columns are ours
PAGE = f"""
SELECT {COLUMNS} FROM session
WHERE practice_id = $1 AND couple_id = $2 AND voided_at IS NULL
ORDER BY starts_at DESC, id DESC LIMIT 51
"""  # noqa: S608


class Plain(asyncpg.Connection):
    """A connection that is handed on without a reset query: nothing here changes a session."""

    def get_reset_query(self) -> str:
        return ""


class Limit:
    """The routes, each as little as it can be."""

    pool: Any
    seals: Seals
    practice_of: dict[str, Any]

    async def start(self) -> dict[tuple[str, str], Handler]:
        """Open the pool and the keys."""
        self.pool = await asyncpg.create_pool(
            os.environ["BENCH_DATABASE"], min_size=CONNECTIONS, max_size=CONNECTIONS, connection_class=Plain
        )
        keys = await self.pool.fetch("SELECT practice_id, id, couple_id, wrapped FROM data_key")
        self.seals = Seals(os.environ["MENDLINE_MASTER_KEY"], (tuple(row) for row in keys))
        owners = "SELECT id, practice_id FROM couple UNION ALL SELECT id, practice_id FROM session"
        self.practice_of = {str(row["id"]): row["practice_id"] for row in await self.pool.fetch(owners)}
        return {("GET", "sessions"): self.sessions}

    async def sessions(self, path: str, _: bytes) -> bytes | None:
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
                "note": note and {"format": row["note_format"], **orjson.loads(note)},
                "voided_by": row["voided_by"],
                "void_reason": None,
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


app = BareApp(Limit().start)
