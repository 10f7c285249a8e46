"""The limit on SQLite: bare ASGI, sqlite3 on the event loop, orjson."""

import hashlib
import json
import os
import sqlite3
from typing import Any

import orjson

from app.progress.caseload import ATTENTION
from bench.twins.bare import BareApp, Handler, dumped
from bench.twins.records import CASE, COLUMNS, case_of, caseload, caseload_item, progress
from bench.twins.sealed import Seals
from bench.twins.shapes import COLUMNS as SESSION_COLUMNS
from bench.twins.shapes import item
from bench.twins.whole import COLUMNS_OF, Whole

ONE = f"""
SELECT {SESSION_COLUMNS}, practice_id, others_present, note, voided_by, void_reason,
       (SELECT json_group_array(a.id) FROM addendum a
        WHERE a.practice_id = s.practice_id AND a.session_id = s.id) AS addenda
FROM session s WHERE practice_id = ? AND id = ?
"""  # noqa: S608 - columns are ours
PAGE = f"""
SELECT {SESSION_COLUMNS} FROM session
WHERE practice_id = ? AND couple_id = ? AND voided_at IS NULL
ORDER BY starts_at DESC, id DESC LIMIT 51
"""  # noqa: S608
ONE_CASE = f"SELECT {CASE} FROM couple WHERE practice_id = ? AND id = ?"  # noqa: S608
EVIDENCE = {
    name: f"SELECT {columns} FROM {table} WHERE practice_id = ? AND couple_id = ?"  # noqa: S608
    for name, (table, columns) in COLUMNS.items()
}
INSERTS = {
    table: f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    for table, names in COLUMNS_OF.items()
}
CASELOAD = """
SELECT c.id, c.practice_id, c.label, c.evidence_version, r.as_of, r.attention, r.looked_on, r.summary, r.computed_at
FROM care_team t
JOIN couple c ON c.practice_id = t.practice_id AND c.id = t.couple_id AND c.status = 'open'
JOIN indicator_result r ON r.practice_id = c.practice_id AND r.id = c.id
WHERE t.practice_id = ? AND t.person_id = ? AND t.ends_at IS NULL
"""


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
        self.cases = {row["id"]: case_of(row) for row in self.store.execute(f"SELECT {CASE} FROM couple")}  # noqa: S608
        who = self.store.execute("SELECT digest, practice_id, person_id FROM api_key")
        self.who = {digest: (practice_id, person_id) for digest, practice_id, person_id in who}
        return {
            ("GET", "sessions"): self.sessions,
            ("POST", "sessions"): self.create,
            ("GET", "progress"): self.progress,
            ("GET", "caseload"): self.caseload,
        }

    async def sessions(self, path: str, _: bytes, __: bytes) -> bytes | None:
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
                "voided_at": row["voided_at"],
                "note": note and {"format": row["note_format"], **orjson.loads(note)},
                "voided_by": row["voided_by"],
                "void_reason": None,
                "seal": None,
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

    async def progress(self, path: str, _: bytes, __: bytes) -> bytes:
        """Is repair moving."""
        couple_id = path[12:48]
        here = (self.practice_of[couple_id], couple_id)
        case = case_of(self.store.execute(ONE_CASE, here).fetchone())
        return dumped(progress(case, lambda name: list(map(dict, self.store.execute(EVIDENCE[name], here)))))

    async def caseload(self, _: str, __: bytes, key: bytes) -> bytes:
        """The couples of the key's holder."""
        rows = self.store.execute(CASELOAD, self.who[hashlib.sha256(key).hexdigest()])
        return dumped(caseload([self._item(row) for row in rows]))

    def _item(self, row: Any) -> Any:
        label = self.seals.open(row["label"], row["practice_id"], "couple", row["id"], "label")
        text = self.seals.open(row["summary"], row["practice_id"], "indicator_result", row["id"], "summary")
        return caseload_item(row, label or "", orjson.loads(text or "{}"), ATTENTION)

    async def create(self, path: str, body: bytes, key: bytes) -> bytes:
        """A whole session in one transaction."""
        practice_id, person_id = self.who[hashlib.sha256(key).hexdigest()]
        made = Whole(orjson.loads(body), self.cases[path[12:48]], practice_id, person_id, self.seals)
        self.store.execute("BEGIN IMMEDIATE")
        for table, row in made.text_rows():
            self.store.execute(INSERTS[table], [row.get(name) for name in COLUMNS_OF[table]])
        self.store.execute("COMMIT")
        return dumped(made.answer())


app = BareApp(Limit().start)
