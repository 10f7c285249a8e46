"""`python -m bench.model`: prove the timeline model; exit code 1 when a target is missed or a flaw not caught."""

from __future__ import annotations

import os

# One thread a process: two processes share the work, and threads inside numpy would only get in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.model import figures, real, speed, table
from bench.model.families import FAMILIES
from bench.model.flaws import ABLATIONS, FLAWS
from bench.model.looks import Course, Plan, run

OUT = Path("docs/proofs/model.md")
SEED = 20270301
COUPLES, QUICK = 13 * len(FAMILIES), len(FAMILIES)
# One couple of each family: ingredients are tried at the middle noise level, guards where it is hardest to hold, and
# on sixty more: thirty whose ownership is half-hearted (looked at again and again, one look will find them guilty) and
# thirty who repair as slowly as repair can be, at the highest noise level (there only a high bound tells them apart).
MIDDLE = range(QUICK, 2 * QUICK)
HALF_HEARTED = next(n for n, f in enumerate(FAMILIES) if f.name.startswith("half-hearted"))
SLOW = next(n for n, f in enumerate(FAMILIES) if f.name == "slow repair")
GUARDED = (
    *range(2 * QUICK, 3 * QUICK),
    *range(HALF_HEARTED + 3 * QUICK, 33 * QUICK, QUICK),
    *range(SLOW + 5 * QUICK, 95 * QUICK, 3 * QUICK),
)
FORTNIGHT, FOUR_WEEKS = 14, 28
# Three figures are about one family each; thirteen couples say too little, so these come to 36.
SINGLE = ("chronic deflection", "stall after half the way", "long rest, then repair")
ALONE = tuple(
    place + QUICK * turn
    for turn in range(COUPLES // QUICK, 36)
    for place, family in enumerate(FAMILIES)
    if family.name in SINGLE
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit code."""
    asked = _parser().parse_args(arguments)
    columns = (TextColumn("{task.description:34}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as progress:
        return _flawed(asked, progress) if asked.flaws else _proved(asked, progress)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.model", description="Prove the timeline model.")
    parser.add_argument("--couples", type=int, default=0, help=f"couples to simulate (default {COUPLES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the couples (default {SEED})")
    parser.add_argument(
        "--break", dest="flaws", type=_flaw_names, default=[], help="plant flaws: " + ",".join(FLAWS)
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK} couples, nothing beside them, nothing written"
    )
    parser.add_argument("--out", type=Path, default=None, help=f"where the page goes (default {OUT})")
    parser.add_argument("--processes", type=int, default=2)
    return parser


def _flaw_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in FLAWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no flaw called {', '.join(unknown)}; there are {', '.join(FLAWS)}")
    return names


def _looked(
    plan: Plan, numbers: Sequence[int], words: str, asked: argparse.Namespace, progress: Progress
) -> list[Course]:
    found: Iterable[Course] = run(plan, numbers, asked.processes)
    return list(progress.track(found, total=len(numbers), description=words))


def _proved(asked: argparse.Namespace, progress: Progress) -> int:
    began = time.monotonic()
    size = asked.couples or (QUICK if asked.quick else COUPLES)
    courses = _looked(Plan(asked.seed), range(size), "couples, every week", asked, progress)
    whole = not asked.quick and not asked.couples
    more = _looked(Plan(asked.seed), ALONE, "single families", asked, progress) if whole else []
    lines = figures.figures(courses, more)
    _printed(lines, progress.console)
    failed = table.missed(lines)
    if not asked.quick:
        proof = _beside(asked, courses, more, began, progress)
        out = asked.out or OUT
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(table.written(proof), encoding="utf-8")
        progress.console.print(f"→ {out}")
        failed += table.not_caught(proof.flaws, proof.sound)
    for name in failed:
        progress.console.print(f"missed: {name}", style="bold red")
    return bool(failed)


def _beside(
    asked: argparse.Namespace, courses: list[Course], more: list[Course], began: float, progress: Progress
) -> table.Run:
    sound, flaws = _with_flaws(list(FLAWS), asked, progress)
    ablations = {
        name: _looked(flaw.plan(asked.seed, FOUR_WEEKS), MIDDLE, f"ablation: {name}", asked, progress)
        for name, flaw in ABLATIONS.items()
    }
    planted, dropped = real.planted(asked.seed), real.drop_out()
    uneven, spent = real.unevenness(asked.seed), speed.measured()
    command = "make prove-model" if asked.seed == SEED and not asked.couples else _command(asked)
    seconds = time.monotonic() - began
    return table.Run(
        command, asked.seed, seconds, courses, more, sound, flaws, ablations, planted, dropped, uneven, spent
    )


def _with_flaws(
    names: list[str], asked: argparse.Namespace, progress: Progress
) -> tuple[list[Course], table.Courses]:
    """Look at the same couples with the sound model and with each flaw."""
    plan = ABLATIONS["everything"].plan(asked.seed, FORTNIGHT)
    sound = _looked(plan, GUARDED, "the model as it is", asked, progress)
    flaws = {
        name: _looked(FLAWS[name].plan(asked.seed, FORTNIGHT), GUARDED, f"without {name}", asked, progress)
        for name in names
    }
    return sound, flaws


def _command(asked: argparse.Namespace) -> str:
    couples = f" --couples {asked.couples}" if asked.couples else ""
    return f"python -m bench.model{couples} --seed {asked.seed}"


def _flawed(asked: argparse.Namespace, progress: Progress) -> int:
    sound, found = _with_flaws(asked.flaws, asked, progress)
    page = table.flaws_table(found, sound)
    print(page)
    if asked.out:
        asked.out.write_text(page, encoding="utf-8")
    not_caught = table.not_caught(found, sound)
    for name in not_caught:
        progress.console.print(name, style="bold red")
    return bool(not_caught)


def _printed(lines: Sequence[figures.Figure], console: Console) -> None:
    for line in lines:
        style = "green" if line.held else "bold red"
        console.print(
            f"{line.name}: {line.reached}  [target {line.target}]", style=style, highlight=False, markup=False
        )


if __name__ == "__main__":
    sys.exit(main())
