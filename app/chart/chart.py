"""The Chart: made once a request for one actor in one practice; the only thing that hands out rows or takes them.

Verbs: rows, one, find, tuples, marked_rows (read); expect, presume (ask ahead); add, amend (change in place), revise
and void (facts), run (an update); note, sign (trail).
"""

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.sql.expression import ClauseElement, Update

from app.chart import signing
from app.chart.ahead import Ahead, PresumedWrongly
from app.chart.audiences import CLINICIAN, Audience
from app.chart.audiences import Kind as AudienceKind
from app.chart.base import Sealed
from app.chart.database import TAKEN, UNIQUE, Database, Journey, Rows, open_database
from app.chart.ids import RowIds, new_id, untimed_id
from app.chart.keys import DataKey, MasterKey, SealBroken, context_of, key_id_of, new_secret, stored
from app.chart.plans import (
    BREAK_GLASS,
    COUPLE,
    NOW,
    PART_APART,
    PARTNER,
    PERSON,
    PRACTICE,
    Plan,
    among,
    plan_for,
)
from app.chart.seals import stamp
from app.chart.tables import data_key
from app.chart.trail import trail
from app.clock import day_in, written
from app.errors import Refusal, not_found

Row = dict[str, Any]
log = logging.getLogger("mendline.chart")

__all__ = ["Actor", "Chart", "PresumedWrongly", "Row", "Store", "among", "new_id", "untimed_id"]


@dataclass(frozen=True)
class Actor:
    """Who acts: one person of one practice through one key. An operator (`everything`) stands in every care team."""

    practice_id: str
    person_id: str
    role: str
    scopes: frozenset[str]
    key_id: str | None = None
    zone: str = "UTC"
    everything: bool = False
    challenge: str | None = None
    """What a fresh sign-in must prove before this actor signs or releases anything; None when nothing is lacking."""

    def demand_clinician(self) -> None:
        """Refuse what only a clinician may do, whatever the scopes of the key."""
        if self.role != "clinician":
            raise Refusal("clinician_needed")

    def demand_fresh_proof(self) -> None:
        """RFC 9470: say what kind of sign-in would do, so that a frontend can ask its user for it."""
        if self.challenge is not None:
            raise Refusal("step_up_needed", headers={"WWW-Authenticate": self.challenge})


RECORD = "record"
ACTIVE_FOR = timedelta(minutes=1)
MOST_KEYS = 10_000  # opened data keys that a process remembers: some 25 MB
REACHED = ("couple_id", "target_id", "visibility", "visible_partner_id")
NOWHERE: Mapping[str, None] = dict.fromkeys(REACHED)


@dataclass
class Visit:
    """What the trail will say about this request."""

    action: str
    request_id: str
    couple_id: str | None = None
    target_id: str | None = None
    area: str | None = None
    asked_id: str | None = None
    visibility: str | None = None
    visible_partner_id: str | None = None

    @property
    def reached(self) -> dict[str, str | None]:
        """What was touched, and who may learn of it."""
        return {name: getattr(self, name) for name in REACHED}

    def recall(self, reached: Mapping[str, str | None]) -> None:
        """Say again what had been touched before."""
        for name in REACHED:
            setattr(self, name, reached[name])

    def forget(self) -> None:
        """Say that nothing of a couple's was touched: the request was about something wider."""
        self.recall(NOWHERE)


class Store:
    """One process's way to the record: database, master key, compiled plans and opened data keys."""

    def __init__(
        self, url: str, master: MasterKey, threads: int = 10, plans: dict[Any, Plan] | None = None
    ) -> None:
        self.database: Database = open_database(url, threads)
        self.master = master
        self._plans: dict[Any, Plan] = {} if plans is None else plans
        self._keys: dict[str, DataKey] = {}
        self._active: dict[tuple[str, str | None, str], tuple[DataKey, datetime]] = {}
        self.stamping: dict[str, bytes] = {}
        self.busy: set[str] = (
            set()
        )  # practices with new lines on their trail, until the sealer has taken them

    def plan(
        self,
        statement: ClauseElement,
        *,
        couple: bool,
        everything: bool,
        audience: AudienceKind = "clinician",
    ) -> Plan:
        """The compiled plan of a statement that was built once; statements built per call would fill the memory."""
        name = (statement, couple, everything, audience)
        plan = self._plans.get(name)
        if plan is None:
            plan = plan_for(
                statement, self.database.dialect, couple=couple, everything=everything, audience=audience
            )
            self._plans[name] = plan
        return plan

    @contextmanager
    def chart(self, actor: Actor, now: datetime, visit: Visit, *, writing: bool) -> Iterator["Chart"]:
        """Open a chart for an actor who is already known (operators, tests); the door does the same for requests."""
        with self.database.journey(actor.practice_id, writing=writing) as journey:
            chart = Chart(self, journey, actor, now, visit, writing=writing)
            yield chart
        chart.committed()

    def key(self, key_id: str, load: Any) -> DataKey:
        """An opened data key, from memory or through `load` (id -> wrapped bytes and context)."""
        key = self._keys.get(key_id)
        if key is None:
            wrapped, context = load(key_id)
            key = DataKey(key_id, self.master.unwrap(wrapped, context))
            self.keep(key)
        return key

    def keep(self, key: DataKey) -> None:
        """Remember an opened key; couples that stay away do not fill the memory."""
        if len(self._keys) >= MOST_KEYS:
            self._keys.clear()
            self._active.clear()
        self._keys[key.id] = key

    def close(self) -> None:
        """Let all connections go."""
        self.database.close()


_WRAPPED = select(data_key.c.wrapped).where(data_key.c.id == bindparam("key", required=True))
_ACTIVE = (
    select(data_key.c.id)
    .where(
        data_key.c.couple_id.is_not_distinct_from(bindparam("owner", required=True)),
        data_key.c.purpose == bindparam("purpose", required=True),
        data_key.c.retired_at.is_(None),
    )
    .order_by(data_key.c.id.desc())
    .limit(1)
)


@dataclass
class Chart:
    """One actor's way to the rows of one practice, within one transaction."""

    store: Store
    journey: Journey
    actor: Actor
    now: datetime
    visit: Visit
    opened: set[str] = field(default_factory=set)
    audience: Audience = CLINICIAN
    writing: bool = True
    """In a request that may write, whom only an emergency let in stands in no care team."""
    ids: RowIds = field(default_factory=RowIds)
    _made: dict[tuple[str | None, str], DataKey] = field(init=False, default_factory=dict)
    _found: dict[tuple[str | None, str], DataKey] = field(init=False, default_factory=dict)
    _ahead: Ahead = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = Ahead(self.journey)

    def for_audience(self, audience: Audience) -> "Chart":
        """The same visit with another audience's eyes: reads what that audience may learn, and writes nothing."""
        return self if audience == self.audience else replace(self, audience=audience)

    def past_the_care_team(self) -> "Chart":
        """The same visit without the wall of care teams, for an act by which somebody outside may come in; practice
        and private walls stand."""
        return replace(self, actor=replace(self.actor, everything=True))

    @cached_property
    def at(self) -> str:
        """The instant of this request, as tables and answers spell it."""
        return written(self.now)

    @property
    def today(self) -> date:
        """The day of this request in the practice's zone."""
        return day_in(self.now, self.actor.zone)

    # --- reading ---

    def rows(self, statement: ClauseElement, *, couple: str | None = None, **params: Any) -> list[Row]:
        """All rows of a module-level statement; `couple` narrows couple-owned tables to one couple."""
        plan = self._plan(statement, couple is not None)
        return self._read(plan, self._fetch(plan, self._params(plan, couple, params)))

    def marked_rows(self, statement: ClauseElement, *, couple: str | None = None, **params: Any) -> list[Row]:
        """All rows, for a list: a text that does not open is None, and `unreadable` names its column.

        One damaged text must not take the sight of all the others away; whoever reads the one thing is refused.
        """
        plan = self._plan(statement, couple is not None)
        return self._read(plan, self._fetch(plan, self._params(plan, couple, params)), marking=True)

    def tuples(
        self, statement: ClauseElement, *, couple: str | None = None, **params: Any
    ) -> list[tuple[Any, ...]]:
        """The bare values of a statement without sealed columns or flags to read: evidence and other hot columns."""
        plan = self._plan(statement, couple is not None)
        if plan.kept_back:
            raise LookupError(f"bare values would tell {', '.join(plan.kept_back)}: read rows")
        return self._fetch(plan, self._params(plan, couple, params))

    def expect(self, *statements: ClauseElement, couple: str | None = None, **params: Any) -> None:
        """Ask ahead what will be asked in a moment, so that all of it travels together; changes no answer."""
        for statement in statements:
            plan = self._plan(statement, couple is not None)
            self._ahead.ask(plan, self._params(plan, couple, params))

    def presume(
        self, statement: ClauseElement, expected: Sequence[Row], *, couple: str | None = None, **params: Any
    ) -> None:
        """Take an answer as known; the next one brings the real one, and `PresumedWrongly` when they differ."""
        plan = self._plan(statement, couple is not None)
        self._ahead.presume(
            plan, self._params(plan, couple, params), lambda found: self._read(plan, found) == expected
        )

    @property
    def presuming(self) -> bool:
        """Whether something that was taken as known has not been told yet."""
        return self._ahead.presuming > 0

    def settle(self) -> None:
        """Be told now what was taken as known, if nothing has brought it yet."""
        if self.presuming:
            self.journey.flush()

    def find(self, statement: ClauseElement, *, couple: str | None = None, **params: Any) -> Row | None:
        """The first row, or None."""
        found = self.rows(statement, couple=couple, **params)
        return found[0] if found else None

    def one(self, statement: ClauseElement, *, couple: str | None = None, **params: Any) -> Row:
        """The row, or the refusal that says not found."""
        found = self.find(statement, couple=couple, **params)
        if found is None:
            raise not_found()
        return found

    def list_value(self, values: Sequence[str]) -> Any:
        """A list of ids as one parameter, for `among`."""
        return self.store.database.list_value(list(values))

    # --- writing ---

    def add(self, table: Table, **values: Any) -> str:
        """Store a new row and give its id; sealed columns take plain text. A couple's row needs its couple opened."""
        self._demand_own_eyes()
        row_id = values.get("id") or self.ids.next(values)
        row = {"practice_id": self.actor.practice_id, **values, "id": row_id}
        if table.info.get("owner") == "couple" and _owner(table, row) not in self.opened:
            raise LookupError(f"open the couple before adding to {table.name}")
        if table.info.get("fact"):
            row.setdefault("recorded_at", self.at)
            row.setdefault("recorded_by", self.actor.person_id)
            row.setdefault("entered_in_error", False)
        self._insert(table, row)
        return str(row["id"])

    def add_unless_taken(self, table: Table, **values: Any) -> str | None:
        """Store a new row, or give None when a unique index keeps its place for a row already there."""
        try:
            with self.attempt():
                return self.add(table, **values)
        except TAKEN as clash:
            if getattr(clash, "sqlite_errorname", UNIQUE) != UNIQUE:
                raise
            return None

    def add_practice(self, table: Table, **values: Any) -> None:
        """Store the practice's own row, whose id is the actor's practice."""
        self._insert(table, {"practice_id": self.actor.practice_id, **values})

    def amend(self, table: Table, row_id: str, version: int, **values: Any) -> int:
        """Change a row in place if it still has the version that was read; gives the new version."""
        self._demand_own_eyes()
        if table.info.get("fact"):
            raise LookupError(f"{table.name} holds facts: revise or void them")
        couple_id = values.pop("couple_id", None)
        self._seal_in(values, table, row_id, couple_id)
        if self._update(table, row_id, version, values) == 0:
            raise Refusal("stale_version")
        return version + 1

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A stretch of work that an error undoes alone; what was done before it stays in the transaction."""
        opened, made, reached = set(self.opened), dict(self._made), self.visit.reached
        try:
            with self.journey.attempt():
                yield
        except BaseException:
            self.opened, self._made = opened, made
            self._ahead.forget()
            self.visit.recall(reached)
            raise

    def run(self, statement: Update, **params: Any) -> None:
        """Send a module-level UPDATE on its way; the walls stand as for reads."""
        self._demand_own_eyes()
        plan = self._plan(statement, False)
        self._ahead.written(statement.entity_description["name"])
        self.journey.send(plan.sql, self._params(plan, None, params))

    def revise(self, table: Table, row: Mapping[str, Any], reason: str, **values: Any) -> str:
        """Correct a fact: a new row that supersedes `row`, with the reason; the old row stays as it is."""
        return self.add(
            table, couple_id=row["couple_id"], supersedes_id=row["id"], change_reason=reason, **values
        )

    def void(self, table: Table, row: Mapping[str, Any], reason: str, **values: Any) -> str:
        """Mark a fact as entered in error: a superseding row that says so; the content stays in the history."""
        return self.revise(table, row, reason, entered_in_error=True, **values)

    def note(
        self,
        *,
        couple_id: str | None = None,
        target_id: str | None = None,
        seen_by: Mapping[str, Any] | None = None,
    ) -> None:
        """Say on the trail whose record this request touched; `seen_by` has the visibility of the entry touched."""
        self.visit.couple_id = couple_id or self.visit.couple_id
        self.visit.target_id = target_id or self.visit.target_id
        if seen_by is not None:
            self.visit.visibility = seen_by["visibility"]
            self.visit.visible_partner_id = seen_by["visible_partner_id"]

    def sign(self, status: int) -> None:
        """Write this request's line on the trail; the door calls it last, before the commit."""
        line = trail_line(self.actor, self.at, self.visit, status)
        self._insert(trail, {**line, "stamp": stamp(signing.stamping_key(self), line)})
        self.store.busy.add(self.actor.practice_id)

    # --- keys ---

    def new_key(self, couple_id: str | None, purpose: str = RECORD) -> None:
        """Make the data key of a couple (or, with None, of the practice's own text)."""
        key_id, secret = new_id(), new_secret()
        wrapped = self.store.master.wrap(secret, self._key_context(key_id))
        self._insert(
            data_key,
            {
                "practice_id": self.actor.practice_id,
                "id": key_id,
                "couple_id": couple_id,
                "purpose": purpose,
                "wrapped": wrapped,
                "created_at": self.at,
            },
        )
        self._made[couple_id, purpose] = DataKey(key_id, secret)

    def has_made(self, couple_id: str | None, purpose: str) -> bool:
        """Whether a key was made in this very transaction."""
        return (couple_id, purpose) in self._made

    def committed(self) -> None:
        """Let others seal with the keys made or found here; before the commit nobody may, they might never be stored.

        A found one neither: a turn of SQLite's writer finds what another one made that shares its commit.
        """
        for (couple_id, purpose), key in (self._found | self._made).items():
            self.store.keep(key)
            self.store._active[self.actor.practice_id, couple_id, purpose] = (key, self.now)

    def seal(self, couple_id: str | None, context: str, text: str, purpose: str = RECORD) -> bytes:
        """Encrypt text with the couple's key for a purpose (or the practice's own)."""
        return self._active_key(couple_id, purpose).seal(text, context)

    def unseal(self, value: bytes, context: str) -> str:
        """Decrypt a sealed value."""
        value = stored(value)
        key_id = key_id_of(value)
        made = next((key for key in self._made.values() if key.id == key_id), None)
        return (made or self.store.key(key_id, self._load_key)).open(value, context)

    def _active_key(self, couple_id: str | None, purpose: str) -> DataKey:
        name = (self.actor.practice_id, couple_id, purpose)
        of = couple_id, purpose
        key = self._made.get(of) or self._found.get(of) or self._known_active(name)
        if key is None:
            found = self.tuples(_ACTIVE, owner=couple_id, purpose=purpose)
            if not found and purpose != RECORD:  # made when it is first needed: most couples never need it
                self.new_key(couple_id, purpose)
                return self._active_key(couple_id, purpose)
            if not found:
                raise SealBroken("no data key")
            key = self._found[of] = self.store.key(str(found[0][0]), self._load_key)
        return key

    def _known_active(self, name: tuple[str, str | None, str]) -> DataKey | None:
        """The key that this process seals with; asked again after a minute, because keys are rotated elsewhere."""
        key, asked = self.store._active.get(name, (None, self.now))
        return key if abs(self.now - asked) <= ACTIVE_FOR else None

    def _load_key(self, key_id: str) -> tuple[bytes, str]:
        found = self.tuples(_WRAPPED, key=key_id)
        if not found:
            raise SealBroken("the data key is gone")
        return stored(found[0][0]), self._key_context(key_id)

    def _key_context(self, key_id: str) -> str:
        return context_of(self.actor.practice_id, "data_key", key_id, "wrapped")

    # --- how it is done ---

    def _plan(self, statement: ClauseElement, couple: bool) -> Plan:
        plan = self.store.plan(
            statement, couple=couple, everything=self.actor.everything, audience=self.audience.kind
        )
        if plan.private:
            self.journey.name_person(self.actor.person_id, self.at)
        return plan

    def _name_person(self, table: Table) -> None:
        """Private rows are written in somebody's name; the database's own wall checks it."""
        if "private" in table.info:
            if self.actor.everything:
                raise LookupError(f"{table.name} belongs to single persons, never to an operator")
            self.journey.name_person(self.actor.person_id, self.at)

    def _demand_own_eyes(self) -> None:
        """What is written belongs to the record, never to an audience's part of it."""
        if self.audience != CLINICIAN:
            raise LookupError("a chart with another audience's eyes only reads")

    def _params(self, plan: Plan, couple: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **plan.fixed,
            PRACTICE: self.actor.practice_id,
            PERSON: self.actor.person_id,
            NOW: self.at,
            COUPLE: couple,
            PARTNER: self.audience.partner_id,
            PART_APART: BREAK_GLASS if self.writing else "",
            **params,
        }

    def _read(self, plan: Plan, found: Rows, *, marking: bool = False) -> list[Row]:
        rows = [dict(zip(plan.keys, values)) for values in found]
        # One loop a flag over all rows: a history has a thousand of them, nearly all of them short.
        for key in [plan.keys[index] for index in plan.flags]:
            for row in rows:
                row[key] = None if row[key] is None else bool(row[key])
        if plan.sealed:
            for row, values in zip(rows, found):
                if marking:
                    row["unreadable"] = []
                self._open(plan, row, values)
        for key in plan.kept_back:
            for row in rows:
                row[key] = None
        return rows

    def _open(self, plan: Plan, row: Row, values: tuple[Any, ...]) -> None:
        for sealed in plan.sealed:
            value = values[sealed.index]
            if value is None:
                continue
            key = plan.keys[sealed.index]
            context = context_of(self.actor.practice_id, sealed.table, values[sealed.id_index], sealed.column)
            try:
                row[key] = self.unseal(value, context)
            except SealBroken:
                if "unreadable" not in row:
                    raise
                row[key] = None
                row["unreadable"].append(key)
                log.error("a sealed text does not open: %s", context)  # names its place, never what it holds

    def _fetch(self, plan: Plan, params: Mapping[str, Any]) -> Rows:
        found = self._ahead.take(plan, params)
        return self.journey.fetch(plan.sql, params) if found is None else found

    def _insert(self, table: Table, row: dict[str, Any]) -> None:
        self._ahead.written(table.name)
        self._name_person(table)
        values = dict(row)
        self._seal_in(values, table, row.get("id", ""), _owner(table, row))
        self.journey.insert(_insert_plan(self.store, table, tuple(values)).sql, values)

    def _update(self, table: Table, row_id: str, version: int, values: Mapping[str, Any]) -> int:
        self._ahead.written(table.name)
        self._name_person(table)
        plan = _update_plan(self.store, table, tuple(values), self.actor.everything)
        params = {f"set_{name}": value for name, value in values.items()}
        return self.journey.count(
            plan.sql, self._params(plan, None, {**params, "row": row_id, "read_version": version})
        )

    def _seal_in(self, values: dict[str, Any], table: Table, row_id: str, couple_id: str | None) -> None:
        """Put sealed values in the place of a row's texts."""
        for name in _sealed_names(table):
            value = values.get(name)
            if value is not None:
                context = context_of(self.actor.practice_id, table.name, row_id, name)
                values[name] = self.seal(couple_id, context, value, table.info.get("key", RECORD))


@cache
def _sealed_names(table: Table) -> tuple[str, ...]:
    """The columns of a table that hold what somebody wrote."""
    return tuple(str(column.name) for column in table.c if isinstance(column.type, Sealed))


def _owner(table: Table, row: Mapping[str, Any]) -> str | None:
    """The couple that a row belongs to, whose key seals its text; None for the practice's own rows."""
    if table.name == "couple":
        return str(row["id"])
    return row.get("couple_id") if table.info.get("owner") == "couple" else None


def trail_line(actor: Actor, at: str, visit: Visit, status: int) -> dict[str, Any]:
    """One line of the trail."""
    return {
        "practice_id": actor.practice_id,
        "id": new_id(),
        "at": at,
        "person_id": actor.person_id or None,
        "key_id": actor.key_id,
        "request_id": visit.request_id,
        "action": visit.action,
        "status": status,
        "area": visit.area,
        "asked_id": visit.asked_id,
        **visit.reached,
    }


def _insert_plan(store: Store, table: Table, names: tuple[str, ...]) -> Plan:
    """INSERT of these columns, compiled once."""
    name = ("insert", table.name, names)
    plan = store._plans.get(name)
    if plan is None:
        statement = insert(table).values({n: bindparam(n, required=True) for n in names})
        plan = store._plans[name] = plan_for(statement, store.database.dialect, couple=False, everything=True)
    return plan


def _update_plan(store: Store, table: Table, names: tuple[str, ...], everything: bool) -> Plan:
    """UPDATE of these columns of one row at one version, walls included, compiled once."""
    name = ("update", table.name, names, everything)
    plan = store._plans.get(name)
    if plan is None:
        statement = (
            update(table)
            .where(
                table.c.id == bindparam("row", required=True),
                table.c.version == bindparam("read_version", required=True),
            )
            .values(
                {n: bindparam(f"set_{n}", required=True) for n in names} | {"version": table.c.version + 1}
            )
        )
        plan = store._plans[name] = plan_for(
            statement, store.database.dialect, couple=False, everything=everything
        )
    return plan


def fresh_secret() -> str:
    """256 bits, URL-safe, for an API key."""
    return secrets.token_urlsafe(32)
