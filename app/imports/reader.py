"""Reading import files as a stream: NDJSON and CSV become blocks of one couple's lines; pure, the importer comes in."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from app.imports.columns import COLUMNS, Cell, CellError
from app.imports.schemas import FLAT, HeaderIn, LineError, LineIn
from app.wire.types import SaidTwice, each_once

MOST_LINES = 50_000
MOST_ERRORS = 200
LONGEST_LINE = 1_048_576
LARGEST_COUPLE = 67_108_864
HINT_DOCS = "See docs/import-format.md."
_UNDECODED = re.compile("[\udc80-\udcff]")
_WORDS = {  # in place of sentences that quote the file or name one of our classes
    "extra_forbidden": "There is a field that is not known here.",
    "model_type": "The value is not of the form this field takes.",
    "model_attributes_type": "The value is not of the form this field takes.",
    "union_tag_invalid": "The value is not of the form this field takes.",
}
_NAME = re.compile(r"[^\x00-\x1f]{1,200}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that could be read."""

    number: int
    size: int
    line: LineIn


@dataclass(frozen=True, slots=True)
class Spoilt:
    """One line that could not be read, and whose couple it names if that much is legible."""

    errors: tuple[LineError, ...]
    couple: str | None = None

    @property
    def number(self) -> int:
        """Which line."""
        return self.errors[0].line


@dataclass(slots=True)
class Block:
    """The lines of one couple that stand together, and what is wrong with them as lines."""

    couple: str | None
    entries: list[Entry] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    more_errors: int = 0
    size: int = 0

    @property
    def flat(self) -> bool:
        """Whether it holds only kinds that a spreadsheet may bring for an existing couple."""
        return all(entry.line.kind in FLAT for entry in self.entries)

    @property
    def first(self) -> int:
        """The number of its first line."""
        return self.entries[0].number if self.entries else self.errors[0].line


Read = Entry | Spoilt | HeaderIn


def error(line: int, pointer: str, code: str, detail: str, hint: str = "") -> LineError:
    """One thing wrong with a line."""
    return LineError(line=line, pointer=pointer, code=code, detail=detail, hint=hint)


def _spoilt(
    line: int, pointer: str, code: str, detail: str, hint: str = "", *, couple: str | None = None
) -> Spoilt:
    return Spoilt((error(line, pointer, code, detail, hint),), couple)


# --- NDJSON ---


def ndjson(file: BinaryIO) -> Iterator[Read]:
    """The lines of an NDJSON file, each read or told what is wrong with it."""
    for number in count(1):
        raw = file.readline(LONGEST_LINE + 1)
        if not raw:
            return
        if len(raw) > LONGEST_LINE:
            _skip_rest(file, raw)
            yield _spoilt(number, "", "line_too_long", "The line is longer than 1 MiB.", "One record a line.")
        elif raw.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _line(number, raw)


def _skip_rest(file: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(LONGEST_LINE)


def _line(number: int, raw: bytes) -> Read:
    try:
        content = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=each_once)
    except UnicodeDecodeError:
        return _spoilt(number, "", "not_utf8", "The line is not UTF-8.", "Write the file in UTF-8.")
    except SaidTwice:
        return _spoilt(number, "", "said_twice", "The line names a field twice.", "Say each field once.")
    except (ValueError, RecursionError):
        return _spoilt(number, "", "not_json", "The line is not well-formed JSON.", HINT_DOCS)
    try:
        if number == 1 and isinstance(content, dict) and content.get("kind") == "mendline-import":
            return HeaderIn.model_validate(content)
        return Entry(number, len(raw), LineIn.model_validate(content))
    except ValidationError as wrong:
        name = content.get("couple") if isinstance(content, dict) else None
        legible = name.strip() if isinstance(name, str) and _NAME.fullmatch(name.strip()) else None
        return Spoilt(tuple(findings(number, wrong, HeaderIn, LineIn)), legible)


def _no_number(_: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def findings(
    number: int, wrong: ValidationError, *models: type[BaseModel], base: str = ""
) -> Iterator[LineError]:
    """Pydantic's findings as errors of a line; what stands in the file is never repeated, unknown names included."""
    for found in wrong.errors(include_input=False, include_url=False, include_context=False)[:20]:
        unknown = found["type"] == "extra_forbidden"
        steps = found["loc"][:-1] if unknown else found["loc"]
        if models:
            steps = tuple(step for step in steps if any(step in model.model_fields for model in models))
        words = _WORDS.get(found["type"], found["msg"])
        yield error(number, base + "".join(f"/{step}" for step in steps), found["type"], words, HINT_DOCS)


# --- CSV ---


def table(file: BinaryIO, kind: str) -> Iterator[Read]:
    """The rows of a spreadsheet's CSV export as lines of one flat kind; row 1 holds the column names."""
    cells = COLUMNS[kind]
    head = file.readline(LONGEST_LINE).decode("utf-8-sig", "replace")
    comma = ";" if head.count(";") > head.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=comma), [])]
    wrong = tuple(islice(_wrong_names(names, cells), MOST_ERRORS))
    if wrong:
        yield Spoilt(wrong)
    else:
        yield from _rows(file, comma, names, kind)


def _wrong_names(names: list[str], cells: dict[str, Cell]) -> Iterator[LineError]:
    known = f"Columns are named {', '.join(cells)}."
    for place, name in enumerate(names, start=1):
        if name not in cells:
            yield error(1, "", "unknown_column", f"The name of column {place} is not known here.", known)
        elif name in names[: place - 1]:
            yield error(1, f"/{name}", "double_column", "This column stands there twice.", known)
    for name, cell in cells.items():
        if cell.needed and name not in names:
            yield error(1, f"/{name}", "missing_column", "This column is missing.", known)


def _rows(file: BinaryIO, comma: str, names: list[str], kind: str) -> Iterator[Read]:
    rows = csv.reader(_decoded(file), delimiter=comma, strict=True)
    while True:
        number = rows.line_num + 2  # the row may run over several lines; this is its first
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield _spoilt(number, "", "not_csv", "The row could not be read.", "Close every quotation mark.")
            return
        if any(cell.strip() for cell in row):
            yield _row(number, names, row, kind)


def _decoded(file: BinaryIO) -> Iterator[str]:
    while raw := file.readline(LONGEST_LINE):
        yield raw.decode("utf-8", "surrogateescape")


def _row(number: int, names: list[str], row: list[str], kind: str) -> Read:
    if any(_UNDECODED.search(cell) for cell in row):
        return _spoilt(number, "", "not_utf8", "The row is not UTF-8.", "Export the sheet as CSV UTF-8.")
    found = {name: text.strip() for name, text in zip(names, row) if text.strip()}
    couple = found.get("couple")
    if len(row) > len(names):
        words = "The row has more cells than there are columns."
        return _spoilt(
            number, "", "too_many_cells", words, "Quote cells that hold the separator.", couple=couple
        )
    try:
        return Entry(number, sum(map(len, row)), _as_line(kind, found))
    except CellError as wrong:
        return _spoilt(number, f"/{wrong.column}", wrong.code, wrong.detail, wrong.hint, couple=couple)
    except ValidationError as wrong:
        return Spoilt(tuple(findings(number, wrong, LineIn)), couple)


def _as_line(kind: str, found: dict[str, str]) -> LineIn:
    values: dict[str, Any] = {}
    for column, text in found.items():
        cell = COLUMNS[kind][column]
        values[cell.field or column] = cell.read(column, text)
    own = {name: values.pop(name) for name in ("couple", "ref", "recorded_at") if name in values}
    return LineIn.model_validate({"kind": kind, "data": values, **own})


# --- blocks ---


def blocks(reads: Iterable[Read]) -> Iterator[Block]:
    """Lines gathered into blocks of one couple; an illegible line spoils the couple it stands among."""
    block: Block | None = None
    for read in reads:
        if isinstance(read, HeaderIn):
            continue
        name = read.line.couple if isinstance(read, Entry) else read.couple
        if block is not None and name is not None and block.couple != name:
            yield block
            block = None
        block = block or Block(name)
        if isinstance(read, Entry):
            _take(block, read)
        else:
            room = MOST_ERRORS - len(block.errors)
            block.errors.extend(read.errors[:room])
            block.more_errors += len(read.errors[room:])
    if block is not None:
        yield block


def _take(block: Block, entry: Entry) -> None:
    """Add a line, unless the couple has grown beyond what one transaction should carry."""
    block.size += entry.size
    if len(block.entries) < MOST_LINES and block.size <= LARGEST_COUPLE:
        block.entries.append(entry)
    elif not any(found.code == "couple_too_large" for found in block.errors):
        words = f"A couple has at most {MOST_LINES} lines and 64 MiB."
        block.errors.append(
            error(entry.number, "", "couple_too_large", words, "Leave out what is not needed.")
        )
