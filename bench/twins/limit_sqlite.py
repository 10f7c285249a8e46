"""The limit on SQLite: bare ASGI, sqlite3 on the event loop, orjson."""

import json
import os
import sqlite3
from typing import Any

import orjson

from bench.twins.bare import BareApp, Handler, dumped
from bench.twins.sealed import Seals
from bench.twins.shapes import COLUMNS, item

ONE = f"""
SELECT {COLUMNS}, practice_id, others_present, note, voided_by, void_reason,
       (SELECT json_group_array(a.id) FROM addendum a
        WHERE a.practice_id = s.practice_id AND a.session_id = s.id) AS addenda
FROM session s WHERE practice_id = ? AND id = ?
"""  # noqa: S608 - columns are ours
PAGE = f"""
SELECT {COLUMNS} FROM session
WHERE practice_id = ? AND couple_id = ? AND voided_at IS NULL
ORDER BY starts_at DESC, id DESC LIMIT 51
"""  # noqa: S608


class Limit:
    """The routes, each as little as it can be."""

    store: sqlite3.Connection
    seals: Seals
    practice_of: dict[str, str]

    async def start(self) -> dict[tuple[str, str], Handler]:
        """Open the file and the keys."""
        self.store = sqlite3.connect(os.environ["BENCH_DATABASE"], isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            self.store.execute(f"PRAGMA {pragma}")
        self.store.row_factory = sqlite3.Row
        keys = self.store.execute("SELECT practice_id, id, couple_id, wrapped FROM data_key").fetchall()
        self.seals = Seals(os.environ["MENDLINE_MASTER_KEY"], (tuple(row) for row in keys))
        self.practice_of = dict(
            self.store.execute(
                "SELECT id, practice_id FROM couple UNION ALL SELECT id, practice_id FROM session"
            ).fetchall()
        )
        return {("GET", "sessions"): self.sessions}

    async def sessions(self, path: str, _: bytes) -> bytes | None:
        """One session, or the newest fifty of a couple."""
        return self.note(path[-36:]) if path.startswith("/v1/sessions/") else self.page(path[12:48])

    def note(self, session_id: str) -> bytes | None:
        """One session with its note."""
        row: Any = self.store.execute(ONE, (self.practice_of.get(session_id), session_id)).fetchone()
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
                "addenda": json.loads(row["addenda"]),
                "entries": None,
            }
        )

    def page(self, couple_id: str) -> bytes:
        """The newest fifty sessions of a couple."""
        rows: Any = self.store.execute(PAGE, (self.practice_of[couple_id], couple_id)).fetchall()
        return dumped(
            {"items": [item(row) for row in rows[:50]], "next_cursor": None, "has_more": len(rows) > 50}
        )


app = BareApp(Limit().start)
