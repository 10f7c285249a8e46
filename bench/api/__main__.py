"""The command: runs the parts asked for, shows progress, writes the page, fails when anything was found."""

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.api import bombs, canary, contract, flaws, slow
from bench.api.lines import Line
from bench.api.page import Found, page
from bench.api.served import Served, Watching, served, tell
from bench.api.shots import Tally, Volley, count_of

PARTS = ("contract", "values", "bombs", "slow", "canary", "flaws")
MOST_GROWTH = 180_000_000
"""Bytes: pages of SQLite (8 MiB for each of eleven connections), remembered calculations (24 MiB), and the largest
import that is being read (50 MB); the rest is room for the heap."""
HEALTHY = 2.0
LARGE = 50_000_000


# --- the parts ---


def generated(kind: str, chosen: argparse.Namespace) -> Found:
    """Schemathesis, all phases."""
    tell(f"{kind}: generated requests (some minutes, nothing to be seen)")
    phases = "examples,coverage,fuzzing,stateful"
    outcome = contract.prove(kind, examples=chosen.examples, seed=chosen.seed, phases=phases)
    told = outcome.log[max(outcome.log.find("= FAILURES ="), 0) :]
    faults = () if outcome.exit_code == 0 else (told[:8000],)
    return Found(
        "contract", kind, f"{outcome.cases:,} generated requests", f"{outcome.failures} failures", faults
    )


def values(service: Served, chosen: argparse.Namespace) -> Found:
    """Every nasty value in every place, or a share of them."""
    estate = service.estate()
    every = estate.all.values()
    share = min(1.0, chosen.cases / count_of(estate.document, every))

    def progress(tally: Tally) -> None:
        done = f"{tally.operations + 1} of {len(every)} operations, {tally.cases:,} cases, {len(tally.faults)} faults"
        tell(f"{service.kind}: nasty values, {done}")

    volley = Volley(estate, Line(service.base), chosen.bound, seed=chosen.seed, share=share, each=progress)
    tally = volley.fire()
    kinds = {
        digit: sum(count for status, count in tally.statuses.items() if status // 100 == digit)
        for digit in (2, 3, 4, 5)
    }
    figures = (
        f"{kinds[4]:,} refused, {kinds[2] + kinds[3]:,} answered, {kinds[5]} answers of 500 and above; "
        f"{tally.compared:,} values that were taken compared with what was stored; slowest {tally.slowest:.2f} s "
        f"({tally.slowest_was})"
    )
    reached = len(tally.taken) / sum(each.method != "get" for each in every)
    few = (
        ()
        if reached > 0.5 or chosen.cases < 10_000
        else (f"only {reached:.0%} of writing operations took anything",)
    )
    return Found("values", service.kind, f"{tally.cases:,} nasty values", figures, (*tally.faults, *few))


def thrown(service: Served, chosen: argparse.Namespace) -> Iterator[Found]:
    """Every bomb, with others being served meanwhile."""
    target = bombs.target_of(service)
    faults, count, slowest = [], 0, (0.0, "")
    pulses = slow.Pulse()
    for bomb in bombs.bombs(LARGE):
        tell(f"{service.kind}: bombs, {bomb.name}")
        with slow.beating(target) as pulse:
            answer, seconds = bomb.timed(target)
        count += 1
        allowed = max(bomb.seconds, chosen.bound)
        slowest = max(slowest, (seconds, bomb.name)) if bomb.seconds == bombs.QUICK else slowest
        if answer.status not in bomb.allowed:
            faults.append(f"{bomb.name}: answered {answer.status}: {answer.body[:300]!r}")
        if seconds > allowed:
            faults.append(f"{bomb.name}: took {seconds:.1f} s")
        faults += [f"beside {bomb.name}: {fault}" for fault in pulse.faults]
        pulses.health = max(pulses.health, pulse.health)
        if not bomb.is_work:
            pulses.read = max(pulses.read, pulse.read)
    limit = max(HEALTHY, chosen.bound)
    if max(pulses.health, pulses.read) > limit:
        faults.append(f"health took {pulses.health:.1f} s and a read {pulses.read:.1f} s meanwhile")
    figures = (
        f"slowest refusal {slowest[0]:.2f} s ({slowest[1]}); meanwhile health in {pulses.health:.2f} s and a read in "
        f"{pulses.read:.2f} s at most"
    )
    yield Found("bombs", service.kind, f"{count} bombs", figures, tuple(faults))


def held(service: Served, chosen: argparse.Namespace) -> Found:
    """Slow callers."""
    tell(f"{service.kind}: {slow.CALLERS} slow callers, up to {slow.LONGEST:.0f} s")
    target = bombs.target_of(service)
    with slow.beating(target) as pulse:
        result = slow.hold(target)
    faults = [*pulse.faults]
    if result.let_go < slow.CALLERS:
        faults.append(
            f"{slow.CALLERS - result.let_go} slow callers were still held after {slow.LONGEST:.0f} s"
        )
    if max(pulse.health, pulse.read) > max(HEALTHY, chosen.bound):
        faults.append(f"health took {pulse.health:.1f} s, a read {pulse.read:.1f} s")
    figures = (
        f"all let go within {result.longest:.0f} s; meanwhile health in {pulse.health:.2f} s and a read in "
        f"{pulse.read:.2f} s at most ({pulse.asked} asked)"
    )
    return Found(
        "slow", service.kind, f"{slow.CALLERS} callers with half a request each", figures, tuple(faults)
    )


def _warm(service: Served) -> None:
    """An entry of every kind, and every question once."""
    estate = service.estate().filled()
    for operation in estate.all.values():
        if operation.method == "get":
            estate.send(estate.keeper(operation), operation)


def under_fire(kind: str, chosen: argparse.Namespace, parts: list[str]) -> Iterator[Found]:
    """Values, bombs and slow callers against one process, whose memory and files are watched all the while."""
    with served(kind) as service:
        tell(f"{kind}: every operation once, so that what is kept for good is there")
        _warm(service)
        watching = Watching(service.pid)
        before, files = watching.now(), watching.files()
        with watching.meanwhile():
            if "values" in parts:
                yield values(service, chosen)
            if "bombs" in parts:
                yield from thrown(service, chosen)
            if "slow" in parts:
                yield held(service, chosen)
        growth, left = watching.most - before, watching.files() - files
        faults = [f"grew by {growth / 1e6:.0f} MB"] if growth > MOST_GROWTH else []
        if left > 10:  # connections to the database that it keeps
            faults.append(f"{left} more files are open than before")
        faults += [line for line in service.written().splitlines() if '"unhandled' in line][:20]
        figures = f"{before / 1e6:.0f} MB before, at most {growth / 1e6:.0f} MB more; {left} more files open afterwards"
        yield Found("memory", kind, "the process during all of that", figures, tuple(faults))


def planted(chosen: argparse.Namespace) -> Iterator[Found]:
    """Each planted flaw must be found, or the clean lines mean nothing."""
    tell("planted flaws: routes")
    with served("sqlite", "routes") as service:
        volley = Volley(service.estate(), Line(service.base), 1.5)
        seen = volley.fire(flaws.ROUTES).faults
    for name, words in (
        ("flawedDivision", "a route that fails at one value"),
        ("flawedEcho", "a route that repeats what it was sent"),
        ("flawedWait", "a route that hangs"),
    ):
        found = [fault for fault in seen if fault.startswith(name)]
        yield _planted(words, found)
    tell("planted flaws: a body kept whole")
    with served("sqlite", "greedy") as service:
        watching = Watching(service.pid)
        before, target = watching.now(), bombs.target_of(service)
        with watching.meanwhile():
            next(bomb for bomb in bombs.bombs(4 * LARGE) if bomb.name.startswith("a body of")).timed(target)
        growth = watching.most - before
        yield _planted(
            "a service that keeps bodies whole", [f"grew by {growth}"] if growth > MOST_GROWTH else []
        )
    tell("planted flaws: endless patience")
    with served("sqlite", "patient") as service:
        result = slow.hold(bombs.target_of(service), 4, 30.0)
        kept = 4 - result.let_go
        yield _planted("a service that waits for everybody", [f"{kept} of 4 held"] if kept else [])


def _planted(words: str, found: list[str]) -> Found:
    return Found(
        "flaws",
        "sqlite",
        f"planted: {words}",
        f"found: {found[0][:90]}" if found else "",
        () if found else ("missed",),
    )


def run(chosen: argparse.Namespace) -> Iterator[Found]:
    """All parts asked for, one database after the other."""
    parts = chosen.only.split(",")
    for kind in chosen.database.split(","):
        if "contract" in parts:
            yield generated(kind, chosen)
        if {"values", "bombs", "slow"} & set(parts):
            yield from under_fire(kind, chosen, parts)
        if "canary" in parts:
            for line in canary.looked_for(kind, tell):
                yield Found("canary", kind, line.where, line.figures, line.faults)
    if "flaws" in parts:
        yield from planted(chosen)


def tell_line(line: Found) -> None:
    """One line for the terminal, and its first faults."""
    tell("")
    print(f"{'held  ' if line.held else 'FAILED'} {line.database}: {line.tried}: {line.figures}", flush=True)
    for fault in line.faults[:25]:
        print(f"       {fault[:3000]}", flush=True)


def main() -> int:
    """Run the parts and say what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--examples", type=int, default=40, help="generated requests an operation and phase")
    parser.add_argument("--cases", type=int, default=20_000, help="about how many nasty values a database")
    parser.add_argument(
        "--bound", type=float, default=1.5, help="seconds that an answer may take; more on a busy machine"
    )
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--out", type=Path, help="also write the page here")
    chosen = parser.parse_args()
    lines: list[Found] = []
    for line in run(chosen):
        lines.append(line)
        tell_line(line)
    if chosen.out:
        given = shlex.join(sys.argv[1:])
        chosen.out.write_text(page(lines, f"python -m bench.api {given}".strip(), chosen.bound))
    return 0 if all(line.held for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
