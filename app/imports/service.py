"""Bringing records in: a couple whole or not at all, twice the same as once; routes, cli and demo come in."""

import base64
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import bindparam, select

from app.chart.chart import Chart, Row
from app.clock import written
from app.couples.case import Case, open_case
from app.errors import InvalidInput, Refusal, invalid
from app.imports.kinds import HANDLERS, begin, is_id, resolved
from app.imports.reader import HINT_DOCS, MOST_ERRORS, Block, Entry, Read, Spoilt, blocks, error, findings
from app.imports.schemas import KINDS, HeaderIn, LineError
from app.imports.tables import import_entry, import_origin
from app.wire.pages import LOWEST_ID
from app.wire.types import Line

Within = Callable[[], AbstractContextManager[Chart]]
Told = Callable[[Block], None]
Fate = Literal["imported", "unchanged", "refused"]
DEFAULT_SOURCE = "earlier-system"
_REF = TypeAdapter(Line)
MOST_ERRORS_A_COUPLE = 50
MOST_SPOILT, MOST_REFUSED = 2_000, 1_000
"""Illegible lines and refused couples after which a file is taken for another kind of file, and not read to its end."""

_ORIGINS = select(
    import_origin.c.id, import_origin.c.couple_id, import_origin.c.imported_by, import_origin.c.secret
).where(import_origin.c.name_digest == bindparam("name", required=True))
_ENTRIES = select(
    import_entry.c.kind, import_entry.c.ref_digest, import_entry.c.content_digest, import_entry.c.row_id
).where(import_entry.c.origin_id == bindparam("origin", required=True))


@dataclass(frozen=True)
class Order:
    """What the caller asked for."""

    source: str | None = None
    clinician_id: str | None = None
    dry_run: bool = False


@dataclass
class Tally:
    """What became of the file so far."""

    fates: dict[str, Fate] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    imported: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    errors: list[LineError] = field(default_factory=list)
    more_errors: int = 0
    spoilt: int = 0
    refused: int = 0
    gave_up_at: int | None = None

    def while_hopeful(self, reads: Iterable[Read]) -> Iterator[Read]:
        """What is read, until too much of it was refused."""
        for read in reads:
            self.spoilt += isinstance(read, Spoilt)
            if self.spoilt > MOST_SPOILT or self.refused >= MOST_REFUSED:
                self.gave_up_at = None if isinstance(read, HeaderIn) else read.number
                return
            yield read

    def refuse(self, block: Block, errors: list[LineError]) -> None:
        """Nothing of this block went in."""
        room = MOST_ERRORS - len(self.errors)
        self.errors += errors[:room]
        self.more_errors += len(errors[room:]) + block.more_errors
        self.refused += 1
        if block.couple is not None:
            self.fates[block.couple] = "refused"

    def take(self, block: Block, visit: "Visit") -> None:
        """This block is in, as far as it was not in before."""
        self.imported += visit.imported
        self.unchanged += visit.unchanged
        fate: Fate = "imported" if visit.imported else "unchanged"
        if block.couple is not None and self.fates.get(block.couple) != "imported":
            self.fates[block.couple] = fate

    def report(self, source: str, dry_run: bool) -> Row:
        """The whole as it is answered."""
        fates = Counter(self.fates.values())
        kinds = [kind for kind in KINDS if kind in self.imported or kind in self.unchanged]
        return {
            "source": source,
            "dry_run": dry_run,
            "couples": {fate: fates[fate] for fate in ("imported", "unchanged", "refused")},
            "records": {
                kind: {"imported": self.imported[kind], "unchanged": self.unchanged[kind]} for kind in kinds
            },
            "errors": [found.model_dump() for found in self.errors],
            "more_errors": self.more_errors,
            "gave_up_at": self.gave_up_at,
        }


class _TakenBack(Exception):
    """Leaves a couple's attempt without a trace: something was refused, or it was a dry run."""


def bring_in(reads: Iterable[Read], within: Within, order: Order, told: Told = lambda _: None) -> Row:
    """Take in what was read, a couple at a time; `within` opens the chart of one couple and undoes it on an error."""
    tally, source, reads = Tally(), order.source, iter(reads)
    first = next(reads, None)
    if isinstance(first, HeaderIn):
        source = source or first.source
    elif first is not None:
        reads = chain([first], reads)
    source = source or DEFAULT_SOURCE
    for block in blocks(tally.while_hopeful(reads)):
        if tally.gave_up_at is not None and not block.errors:
            tally.gave_up_at = block.first  # not read to its end: it goes in whole or not at all
            break
        _take_in(block, within, source, order, tally)
        told(block)
    return tally.report(source, order.dry_run)


def _take_in(block: Block, within: Within, source: str, order: Order, tally: Tally) -> None:
    errors = list(block.errors) + _came_back(block, tally)
    visit: Visit | None = None
    if block.entries and not any(found.code == "couple_came_back" for found in errors):
        try:
            with within() as chart:
                visit = Visit(chart, source, order.clinician_id)
                errors += visit.all_of(block)
                if errors or order.dry_run:
                    raise _TakenBack
                chart.sign(201)
        except _TakenBack:
            pass
    if errors or visit is None:
        tally.refuse(block, sorted(errors, key=lambda found: found.line))
    else:
        tally.take(block, visit)


def _came_back(block: Block, tally: Tally) -> list[LineError]:
    """A couple's lines stand together; only spreadsheets, which bring rows for existing couples, may mix them."""
    name = block.couple
    if name is None:
        return []
    back = name in tally.fates and (name in tally.whole or not block.flat)
    if not block.flat:
        tally.whole.add(name)
    if not back:
        return []
    hint = "Sort the file so that all lines of a couple stand together."
    return [
        error(
            block.first, "/couple", "couple_came_back", "This couple's lines stood further up already.", hint
        )
    ]


# --- one couple ---


@dataclass
class Known:
    """What of a couple is in already, by kind and name."""

    content: str
    row_id: str
    new: bool = False


class Visit:
    """One couple's lines going in through one chart."""

    def __init__(self, chart: Chart, source: str, clinician_id: str | None) -> None:
        self.chart, self.source, self.clinician_id = chart, source, clinician_id
        self.case: Case | None = None
        self.origin_id, self.secret = "", b""
        self.known: dict[tuple[str, str], Known] = {}
        self.repeats: Counter[tuple[str, str]] = Counter()
        self.imported: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()

    def all_of(self, block: Block) -> list[LineError]:
        """Take every line in, and say what is wrong with those that cannot be."""
        self._find(block.couple or "")
        errors: list[LineError] = []
        for entry in block.entries:
            try:
                self._take(entry)
            except Refusal as refusal:
                errors += as_errors(entry.number, refusal)
            except ValidationError as wrong:
                errors += findings(entry.number, wrong, base="/data")
            except RecursionError:
                words = "The data is nested deeper than any record is."
                errors.append(error(entry.number, "/data", "nested_too_deeply", words, HINT_DOCS))
            if len(errors) >= MOST_ERRORS_A_COUPLE or (errors and not self.origin_id):
                break
        return errors

    def _find(self, name: str) -> None:
        """The couple that this source means by a name: brought in before, or named by its id."""
        found = self.chart.rows(_ORIGINS, name=self._name_digest(name))
        mine = [row for row in found if row["imported_by"] == self.chart.actor.person_id] or found
        if len(mine) == 1:
            self.case = open_case(self.chart, mine[0]["couple_id"], held=True)
            self.origin_id, self.secret = mine[0]["id"], base64.b64decode(mine[0]["secret"])
            for kind, ref, content, row_id in self.chart.tuples(
                _ENTRIES, couple=self.case.id, origin=self.origin_id
            ):
                self.known[kind, ref] = Known(content, str(row_id))

    def _take(self, entry: Entry) -> None:
        line = entry.line
        if self.case is None and line.kind != "couple":
            self.case = self._by_id(line.couple)
        new_here = self.case is None
        if new_here:
            self._demand_past(entry)
            self.case = begin(self.chart, line.data, self.clinician_id, self._claimed(entry))
        assert self.case is not None
        if not self.origin_id:
            self._open_origin(self.case, line.couple)
        ref, content = self._digests(entry)
        known = self.known.get((line.kind, ref))
        if known is not None:
            self._compare(known, content)
            self.unchanged[line.kind] += 1
            return
        row_id = self.case.id if new_here else self._record(self.case, entry)
        self._remember(self.case, line.kind, ref, content, row_id)
        self.imported[line.kind] += 1

    def _record(self, case: Case, entry: Entry) -> str:
        line = entry.line
        if line.kind == "couple":
            raise invalid(
                "/kind", "couple_known", "This couple is on record already.", "Leave this line out."
            )
        case.demand_open()
        self._demand_past(entry)
        handler = HANDLERS[line.kind]
        handler.demand_scope(self.chart)
        body = handler.schema.model_validate(resolved(line.data, case, self._commitment))
        row = handler.record(self.chart, case, body, source=self._claimed(entry), pointer="/data")
        return str(row["id"])

    def _by_id(self, name: str) -> Case:
        """An existing couple named by its id, as spreadsheets may."""
        try:
            return open_case(self.chart, name.lower() if is_id(name) else LOWEST_ID, held=True)
        except Refusal as refusal:
            words = "This source brought no such couple in, and it is not a couple's id."
            hint = "Begin with the couple's own line, or use the name under which it was imported."
            raise invalid("/couple", "unknown_couple", words, hint) from refusal

    def _demand_past(self, entry: Entry) -> None:
        claimed = entry.line.recorded_at
        if claimed is not None and claimed > self.chart.now:
            raise invalid("/recorded_at", "in_the_future", "This instant has not come yet.")

    def _claimed(self, entry: Entry) -> str | None:
        claimed = entry.line.recorded_at
        return None if claimed is None else written(claimed)

    def _commitment(self, ref: str, pointer: str) -> str:
        """The id of the commitment that this source calls by a name, read as `ref` is read."""
        try:
            name = _REF.validate_python(ref)
        except ValidationError:
            name = ""  # nothing goes by what is no name
        known = self.known.get(("commitment", self._digest("ref", "commitment", name)))
        if known is None:
            hint = "Give the `ref` of a commitment further up, or its id."
            raise invalid(
                pointer, "unknown_commitment", "No commitment of this couple goes by this name.", hint
            )
        return known.row_id

    # --- remembering what is in ---

    def _name_digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.chart.actor.practice_id}\n{self.source}\n{name}".encode()).hexdigest()

    def _digest(self, *parts: str) -> str:
        return hmac.digest(self.secret, "\n".join(parts).encode(), hashlib.sha256).hex()[:32]

    def _digests(self, entry: Entry) -> tuple[str, str]:
        """Name and content of a line; a line without a name is called by its content and how often it came."""
        line = entry.line
        content = self._digest(
            "content", line.kind, json.dumps([self._claimed(entry), line.data], sort_keys=True)
        )
        if line.kind == "couple":
            return self._digest("couple"), content
        if line.ref is not None:
            return self._digest("ref", line.kind, line.ref), content
        self.repeats[line.kind, content] += 1
        return self._digest("nameless", content, str(self.repeats[line.kind, content])), content

    def _compare(self, known: Known, content: str) -> None:
        if known.new:
            words = "An earlier line of this couple has the same kind and `ref`."
            raise invalid("/ref", "ref_repeated", words, "Give each record a name of its own.")
        if known.content != content:
            hint = "Correct the record through the API; what is on record is not overwritten."
            raise invalid(
                "/data", "changed_since_import", "This record came in before with other content.", hint
            )

    def _open_origin(self, case: Case, name: str) -> None:
        self.secret = secrets.token_bytes(32)
        origin_id = self.chart.add_unless_taken(
            import_origin,
            couple_id=case.id,
            source=self.source,
            name_digest=self._name_digest(name),
            secret=base64.b64encode(self.secret).decode(),
            imported_at=self.chart.at,
            imported_by=self.chart.actor.person_id,
        )
        if origin_id is None:
            words = "You brought this couple in before, and its chart is no longer open to you."
            raise invalid("/couple", "couple_out_of_reach", words, "Ask its clinician to let you in again.")
        self.origin_id = origin_id

    def _remember(self, case: Case, kind: str, ref: str, content: str, row_id: str) -> None:
        self.known[kind, ref] = Known(content, row_id, new=True)
        self.chart.add(
            import_entry,
            couple_id=case.id,
            origin_id=self.origin_id,
            kind=kind,
            ref_digest=ref,
            content_digest=content,
            row_id=row_id,
        )


def as_errors(number: int, refusal: Refusal) -> Iterator[LineError]:
    """A refusal as errors of a line; services speak of the body, which stands in the line's `data`."""
    if not isinstance(refusal, InvalidInput):
        words = refusal.detail or refusal.meaning.explanation
        yield error(number, "", refusal.code, words, refusal.meaning.advice)
        return
    for found in refusal.errors:
        own = found.pointer.startswith(("/data", "/couple", "/ref", "/recorded_at", "/kind"))
        yield error(
            number, found.pointer if own else f"/data{found.pointer}", found.code, found.detail, found.hint
        )
