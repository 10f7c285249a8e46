"""`python -m bench.laws`: the laws on many random documents; exit code 1 and the number of the case for a breach."""

from __future__ import annotations

import os

# One thread a process: the processes share the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import repeat
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.laws.adversary import Ordeal, ordeals
from bench.laws.checks import LAWS

OUT = Path("docs/proofs/laws.md")
EXAMPLES, SEED, BATCH = 200_000, 20261122, 100


class Batch(NamedTuple):
    """What some numbers showed of one law: how many were tried and the first that broke it."""

    law: str
    tried: int
    broken: tuple[int, str] | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit code."""
    asked = _parser().parse_args(arguments)
    began, console = time.monotonic(), Console(stderr=True)
    each = -(-asked.examples // len(LAWS))
    found = _proved(each, asked.seed, asked.processes, console)
    worst = ordeals()
    seconds = time.monotonic() - began
    page = written(found, worst, asked.seed, seconds, asked.examples)
    if not asked.quick:
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(page, encoding="utf-8")
        console.print(f"→ {OUT}")
    for law, (_, broken) in found.items():
        if broken:
            console.print(f"broken: {law}, case {broken[0]}: {broken[1]}", style="bold red", markup=False)
    slow = [each.name for each in worst if not each.within]
    return bool(slow or any(broken for _, broken in found.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.laws", description="Prove the laws of the model.")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"over all laws (default {EXAMPLES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"where the cases begin (default {SEED})")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="write no page")
    return parser


def _proved(
    each: int, seed: int, processes: int, console: Console
) -> dict[str, tuple[int, tuple[int, str] | None]]:
    """Try every law on as many cases; keep for each how many were tried and the first breach."""
    found: dict[str, tuple[int, tuple[int, str] | None]] = dict.fromkeys(LAWS, (0, None))
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("cases", total=each * len(LAWS))
        for batch in _run(each, seed, processes):
            tried, broken = found[batch.law]
            found[batch.law] = tried + batch.tried, broken or batch.broken
            progress.update(task, advance=batch.tried, description=batch.law)
    return found


def _run(each: int, seed: int, processes: int) -> Iterator[Batch]:
    work = [(law, first, min(BATCH, each - first)) for law in LAWS for first in range(0, each, BATCH)]
    if processes == 1:
        yield from map(_tried, zip(work, repeat(seed)))
        return
    with Pool(processes) as pool:
        yield from pool.imap(_tried, zip(work, repeat(seed)))


def _tried(asked: tuple[tuple[str, int, int], int]) -> Batch:
    (name, first, size), seed = asked
    for number in range(first, first + size):
        try:
            LAWS[name](seed + number)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the law is broken there
            return Batch(name, number - first + 1, (seed + number, f"{type(wrong).__name__}: {wrong}"))
    return Batch(name, size, None)


def written(
    found: dict[str, tuple[int, tuple[int, str] | None]],
    worst: Sequence[Ordeal],
    seed: int,
    seconds: float,
    examples: int,
) -> str:
    """Return the page of the proof."""
    total = sum(tried for tried, _ in found.values())
    broken = sum(breach is not None for _, breach in found.values())
    command = "make prove-laws" + (f' ARGS="--examples {examples}"' if examples != EXAMPLES else "")
    lines = [
        "# The laws of the timeline model, on random evidence",
        "",
        f"`{command}`: {total:,} cases (seed {seed}), {broken} laws broken, {seconds / 60:.0f} minutes. Two cases in",
        "three are courses such as couples may have; the others are anything the schema admits: empty lists, repeated",
        "ids, the year 1900, ten thousand episodes a day. The suite runs a smaller number of the same laws.",
        "",
        "| law | what holds | cases | broken |",
        "|---|---|---|---|",
    ]
    for name, (tried, breach) in found.items():
        said = (LAWS[name].__doc__ or "").split("\n")[0]
        lines.append(
            f"| {name.replace('_', ' ')} | {said} | {tried:,} | {f'case {breach[0]}' if breach else '–'} |"
        )
    lines += ["", *_bounded(worst), ""]
    return "\n".join(lines)


def _bounded(worst: Sequence[Ordeal]) -> list[str]:
    lines = [
        "## Time is bounded",
        "",
        "Documents made to be slow are answered within a second of processor time, or refused with a reason.",
        "",
        "| document | answer | processor time |",
        "|---|---|---|",
    ]
    return [*lines, *(f"| {each.name} | {each.answer} | {each.seconds:.2f} s |" for each in worst)]


if __name__ == "__main__":
    sys.exit(main())
