"""The command: runs the parts asked for, shows progress, writes the document, fails when anything was lost."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.durability.failover import failovers
from bench.durability.rounds import server_kills, service_kills
from bench.durability.trouble import cut_connections, full_disk
from bench.durability.writers import Findings

PARTS = ("sqlite", "postgresql", "server", "failover", "disk", "connections", "flaws")


@dataclass(frozen=True)
class Line:
    """One line of the table: what was done, what came of it, and whether that is what must come of it."""

    deed: str
    found: Findings
    held: bool
    remark: str = ""


def tell(text: str) -> None:
    """Progress, one line that is written over."""
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _kills(kind: str) -> Callable[[argparse.Namespace], list[Line]]:
    def run(chosen: argparse.Namespace) -> list[Line]:
        with tempfile.TemporaryDirectory() as folder:
            found = service_kills(kind, Path(folder), chosen.rounds, chosen.seed, tell)
        name = "SQLite" if kind == "sqlite" else "PostgreSQL 18"
        return [Line(f"service killed {chosen.rounds} times, {name}", found, found.clean)]

    return run


def _server(chosen: argparse.Namespace) -> list[Line]:
    rounds = max(1, chosen.rounds // 2)
    found = server_kills(rounds, chosen.seed, tell)
    return [Line(f"PostgreSQL server killed {rounds} times", found, found.clean)]


def _failover(chosen: argparse.Namespace) -> list[Line]:
    rounds = max(1, chosen.rounds // 10)
    lines = []
    for synchronous in (True, False):
        done = failovers(
            rounds if synchronous else min(3, rounds), chosen.seed, tell, synchronous=synchronous
        )
        longest = f"wrote again after {max(done.pauses):.1f} s at most, without restart"
        if synchronous:
            held = done.findings.clean and max(done.pauses) <= 30
            lines.append(
                Line(f"failover to a synchronous standby, {rounds} times", done.findings, held, longest)
            )
        else:
            lines.append(
                Line(
                    f"control: failover to an asynchronous standby, {min(3, rounds)} times",
                    done.findings,
                    done.findings.lost > 0,
                    "must lose, or the line above proves nothing",
                )
            )
    return lines


def _disk(_: argparse.Namespace) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        found, refusals = full_disk(Path(folder), tell)
    held = found.clean and refusals > 0
    return [Line("no file may grow (SQLite)", found, held, f"{refusals} writes refused, then taken again")]


def _connections(chosen: argparse.Namespace) -> list[Line]:
    cuts = chosen.rounds * 10
    found = cut_connections(cuts, chosen.seed, tell)
    return [Line(f"{cuts} connections to PostgreSQL cut", found, found.clean)]


def _flaws(chosen: argparse.Namespace) -> list[Line]:
    """Each planted flaw must be found, or the clean lines mean nothing."""
    lines = []
    for name, words, wrong in (
        ("early", "planted: answers before it commits", "lost"),
        ("forgetful", "planted: does not know a repeated request again", "duplicates"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            factory = f"bench.durability.flawed:{name}"
            found = service_kills("postgresql", Path(folder), 5, chosen.seed, tell, factory)
        lines.append(Line(words, found, getattr(found, wrong) > 0, "must be found"))
    return lines


RUNS: dict[str, Callable[[argparse.Namespace], list[Line]]] = {
    "sqlite": _kills("sqlite"),
    "postgresql": _kills("postgresql"),
    "server": _server,
    "failover": _failover,
    "disk": _disk,
    "connections": _connections,
    "flaws": _flaws,
}


def document(lines: list[Line], command: str) -> str:
    """The page under docs/proofs."""
    rows = "\n".join(
        f"| {line.deed} | {line.found.acknowledged:,} | {line.found.repeated} | {line.found.lost} | "
        f"{line.found.changed} | {line.found.duplicates} | {'held' if line.held else '**failed**'} | {line.remark} |"
        for line in lines
    )
    return f"""# Durability

Command: `{command}`, taken on {datetime.now(UTC):%Y-%m-%d}. Four writers post whole sessions (some signed) and markers,
each under an idempotency key, into couples of their own, while something is broken at a random moment. Afterwards every
acknowledged write is read back and compared, every unanswered one is repeated under its key, the rows are counted, and
`mendline verify` looks at seals and trail (after each fifth round and the last).

| what was done | acknowledged | repeated under their key | lost | changed | doubled | | |
|---|---|---|---|---|---|---|---|
{rows}

In a failover the standby is first cut off for 0.4 s, then the primary is killed with all its processes, and the standby
promoted: with a synchronous standby nothing is acknowledged during the cut; with an asynchronous one writes are, and
are lost, which is why the operators' page asks for the former. The full disk is a limit on the size of the service's
files, lifted again while it runs. `synchronous=FULL` and WAL on SQLite, and `fsync`, `synchronous_commit` and
`full_page_writes` on PostgreSQL, are asserted by the test suite and by `mendline doctor`; that the machine's disk
honours a flush is the operator's part.
"""


def main() -> int:
    """Run the parts and say what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--out", type=Path, help="also write the document here")
    chosen = parser.parse_args()
    lines: list[Line] = []
    for part in chosen.only.split(","):
        for line in RUNS[part](chosen):
            tell("")
            lines.append(line)
            print(f"{'held  ' if line.held else 'FAILED'} {line.deed}: {line.found}"[:2000], flush=True)
    if chosen.out:
        chosen.out.write_text(document(lines, f'make prove-durability ARGS="{" ".join(sys.argv[1:])}"'))
    return 0 if all(line.held for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
