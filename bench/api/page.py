"""The page under docs/proofs, made of what was found; __main__ comes in."""

from dataclasses import dataclass
from datetime import UTC, datetime

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL 18"}


@dataclass(frozen=True)
class Found:
    """One line of the page: what was tried, where, what came of it, and whether that is what must come of it."""

    part: str
    database: str
    tried: str
    figures: str
    faults: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def page(lines: list[Found], command: str, bound: float) -> str:
    """The page under docs/proofs."""

    def table(*parts: str) -> str:
        rows = [
            f"| {NAMES[each.database]} | {each.tried} | {each.figures} | {'held' if each.held else '**failed**'} |"
            for each in lines
            if each.part in parts
        ]
        return "\n".join(["| database | what was tried | what came of it | |", "|---|---|---|---|", *rows])

    return f"""# Bad input at scale, and the canary

Command: `{command}`, taken on {datetime.now(UTC):%Y-%m-%d} on a machine with 2 cores. The service under fire is
`mendline serve` as shipped, a process of its own with all its limits but the rate limit, which is raised.

## Bad input

{table("contract", "values", "bombs", "slow", "memory")}

**Generated requests** are schemathesis' (examples, coverage, fuzzing, stateful): status, content type, headers
and body as the document says; what breaks the schema refused; sign-in not ignorable; nothing usable after it is
gone.

**Nasty values** stand in every field of every body (nested ones and lists too), every query, path and header
parameter of the served document, one at a time: text with NUL, lone surrogates, formulas, SQL, scripts, format
strings, paths; numbers from NaN to 5,000 digits; days and instants that do not exist or are written otherwise;
zones, rules, ids, codes in other case; lists of 100,000, doubled keys, deep nesting. Each answer is a problem
document of a known code, or a success whose value, read back, is what was sent (text in NFC without blanks around
it); none repeats the value (but for the caller's own address in `instance`), none tells of files, statements or
classes, none takes over {bound:g} s (a slow one is tried three times: what others on the machine cause does not
count).

**Bombs** are deep, wide and huge bodies, packed ones, chunks without an end, heads without an end, addresses,
cursors and rules that would loop, imports of rubbish, assessments of up to 20,000 reports. **Slow callers** stop
in the middle of a head or a body and go on at a byte a second. All the while `/readyz` and an ordinary read are
asked five times a second. On SQLite, reads wait while an import that is taken in or checked holds the one writer;
that wait is not counted, and stands in [the page about imports](../import-format.md#limits).

## The canary

{table("canary")}

A word is written into every text of the record, and sent in every path, query, header and body where it does not
belong, with forced failures of the database in between. It is looked for as text, in either case, in UTF-16, in
hexadecimal and in base64 at each offset. Every place has its counter-proof: the same search finds the word where
it must be.

## That the proof can fail

{table("flaws")}

A small version of all of it is part of `make test` (`tests/contract`, `tests/walks/test_nothing_leaks.py`).
"""
