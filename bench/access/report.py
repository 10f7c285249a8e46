"""The page of figures: docs/proofs/access.md; only the command comes in."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from bench.access import identities
from bench.access.proving import Proof
from bench.access.tally import KINDS
from bench.access.times import Timed

NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL 18"}
WALKS: Final = {
    "strangers": "operations × colleague, supervisor whose time ended, administrator, integration, other practice",
    "keys not in force": "operations × revoked key, expired key, no key; the first two had been used before",
    "narrow keys": "operations × keys with one scope, of people who stand in the care team",
    "emergencies": "operations × somebody whom an emergency let in, who may write nothing",
    "ids in addresses": "somebody else's second id in an address; own ids in the place of another kind of thing",
    "ids in queries": "ids of the owner's in each parameter that takes one, and as `audience`",
    "fields for ids": "fields of bodies that take an id, each named in the refusal of an id of nobody",
    "ids in bodies": "ids of the owner's, of every kind, in each field that takes one, however deep",
    "cursors": "cursors of the owner's, brought by others or edited",
    "repeated POSTs": "the owner's idempotency keys, brought by others",
    "fields": "fields that are not an input's own: the server's, and all that any answer has",
    "methods": "methods that the document does not declare",
    "parameters": "reads with parameters that nobody declared",
    "times": "timed pairs",
}

_PAGE: Final = """# Nobody reaches what is not theirs

Command: `make prove-access` (`ARGS="--database sqlite"` for one database, `--pairs 50` for less timing, `--plant
NAME` for one flaw). Driven by the OpenAPI document as it is served, so that an operation added tomorrow is tried
tomorrow. A small version of the same walks is part of `make test` (`tests/walks/test_access_matrix.py`).

The owner's couple has an entry of every kind, with a marked word in every text. The same is asked with the owner's
ids and with ids of nobody. **Both answers must be the same**: status, headers, body; apart from the request's own id
and address, the date and the rate limit. No answer may hold a marked word or an id of the owner's, and no row of any
table of any practice may appear, change or go, apart from the trail, which keeps every refusal.

A run is void when the owner, or a colleague let in for the couple, reaches less than 95 % of all operations with a
2xx.

{reached}

| tried | {heads} |
|---|{bars}|
{tried}

| found | {heads} |
|---|{bars}|
{found}

Taken on {day}; SQLite over a socket, PostgreSQL in the process of the runner, both at once. {seconds}

## Time

For {sampled} operations an id of the owner's, an id of nobody and another id of nobody are asked in random order;
medians of {pairs}. A difference is a finding when it is beyond 5 % and beyond three times what the two ids of nobody
differ by, three times in a row in one direction. The largest differences:

| operation | nobody's id | difference | two ids of nobody |
|---|---|---|---|
{timed}

## Planted flaws

Each is planted in the running service; the walk named beside it has to find it.

| flaw | found |
|---|---|
{flaws}

## What it does not show

- **What somebody may do with what is theirs.** A clinician of the care team reads and writes the couple's whole
  record; a stolen key of theirs does too, until it is revoked.
- **Emergencies.** Whoever may break the glass can tell a couple of the practice from none; it is counted, limited,
  told to the team at once and reviewed. The strangers above come without that scope.
- **Time beyond these walls**: a busy machine tells a stranger that it is busy. And the medians above are of one
  machine.
- **Numbers of an earlier system.** Who may import can ask whether a couple of that system and number was brought in
  before (`couple_out_of_reach`): otherwise one couple would have two records.
- **An administrator with the key of a program** that a clinician let into a care team is that program to every check
  here. Keys of clinicians and supervisors only the operator makes.
- **One partner and the other**: [separation.md](separation.md).
"""


def page(proofs: list[Proof], flaws: Mapping[str, int]) -> str:
    """All figures in one page."""
    return _PAGE.format(
        reached="\n".join(_reached(each) for each in proofs),
        heads=" | ".join(NAMES[each.kind] for each in proofs),
        bars="|".join("---" for _ in proofs),
        tried="\n".join(
            _row(words, (f"{each.tally.tried[walk]:,}" for each in proofs)) for walk, words in WALKS.items()
        ),
        found="\n".join(
            _row(f"{kind}s", (f"**{each.tally.count(kind)}**" for each in proofs)) for kind in KINDS
        ),
        day=datetime.now(UTC).date().isoformat(),
        seconds=" ".join(f"{NAMES[each.kind]}: {each.seconds:,.0f} s." for each in proofs),
        sampled=len({each.name.partition(" ")[0] for proof in proofs for each in proof.timed}),
        pairs=max((proof.pairs for proof in proofs), default=0),
        timed="\n".join(_timed(proof) for proof in proofs),
        flaws="\n".join(_row(words, [_times(count)]) for words, count in flaws.items()),
    )


def _walked(walk: str, proofs: list[Proof]) -> str:
    return _row(WALKS[walk], (f"{each.tally.tried[walk]:,}" for each in proofs))


def _times(count: int) -> str:
    return {0: "MISSED", 1: "once"}.get(count, f"{count} times")


def reach(statuses: Mapping[str, int]) -> str:
    """How many of the operations somebody reaches."""
    return f"{len(statuses) - len(identities.missed(statuses))} of {len(statuses)}"


def _reached(proof: Proof) -> str:
    beyond = identities.missed(proof.owner)
    left = f" Not reached: {', '.join(sorted(beyond))}." if beyond else ""
    return (
        f"- {NAMES[proof.kind]}: the owner reaches {reach(proof.owner)} operations, a colleague who was let in "
        f"{reach(proof.granted)}.{left}"
    )


def _row(first: str, rest: Iterable[str]) -> str:
    return f"| {first} | {' | '.join(rest)} |"


def _timed(proof: Proof) -> str:
    largest = sorted(proof.timed, key=lambda each: -abs(each.difference) / each.missing)[:4]
    return "\n".join(_line(NAMES[proof.kind], each) for each in largest)


def _line(database: str, each: Timed) -> str:
    return _row(
        f"{each.name}, {database}",
        [
            f"{1e3 * each.missing:.2f} ms",
            f"{1e6 * each.difference:+.0f} µs ({100 * each.difference / each.missing:+.1f} %)",
            f"{1e6 * each.noise:.0f} µs",
        ],
    )
