"""The report of a run in Markdown: ratios beside their goals, absolute figures after them; __main__ comes in."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from bench.in_process import section
from bench.measuring import Plan
from bench.operations import Operation
from bench.readings import BUSY, Measured, Ratio
from bench.stacks import DRF, LIMIT, SERVICE

PACKAGES = (
    "fastapi", "starlette", "pydantic", "sqlalchemy", "psycopg", "uvicorn", "numpy",
    "asyncpg", "orjson", "django", "djangorestframework", "gunicorn",
)  # fmt: skip


def written(plan: Plan, results: Sequence[Measured], command: str, loader: str, extra: str) -> str:
    """The whole page."""
    parts = [_head(plan, command, loader), *(_section(measured) for measured in results), extra]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def _head(plan: Plan, command: str, loader: str) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    pinning = "server on core 0, loader on core 1" if plan.pinned else "nothing pinned to a core"
    return f"""# Speed

Ratios taken in one run on one machine; absolute figures stand beside them only to show their size. The *limit* is bare
ASGI with the plainest driver over the same tables and rows: it opens sealed notes with keys held in memory, and has no
sign-in, care-team check, row-level security, trail, idempotency, validation or problem documents. The service has all
of them. A ratio of 0.30 in throughput says that the service answers 30 requests where the limit answers 100.

- `{command}`, {datetime.now(UTC).date()}
- {plan.couples} couples, {plan.depth:g} of a full three-year case each; {plan.rounds} rounds of
  {plan.seconds} s a window, the order of stacks turned round every other round; medians with least and
  greatest of the rounds
- load: {loader}, 16 connections, one server process, {pinning}
- {platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}; {versions}
- every stack answered the same probe requests alike before it was timed; a window with an error in it does not count
"""


def _section(measured: Measured) -> str:
    rows = ", ".join(
        f"{count:,} {name}" for name, count in sorted(measured.rows.items(), key=lambda r: -r[1])
    )
    lines = [
        f"## {measured.database}",
        "",
        f"Rows: {rows}.",
        "",
        "| request | throughput, share of limit | goal | held | CPU, limit's over ours | throughput, times Django |",
        "|---|---|---|---|---|---|",
        *(_ratio_line(measured, operation) for operation in measured.operations),
        "",
        "Requests per second; server CPU per request; median and 99th percentile of the time to answer; CPU of the",
        "database server per request:",
        "",
        "| request | " + " | ".join(stack.name for stack in measured.stacks) + " |",
        "|---|" + "---|" * len(measured.stacks),
        *(_absolute_line(measured, operation) for operation in measured.operations),
        "",
        *(f"- *{stack.name}*: {stack.words}" for stack in measured.stacks),
        *_unchanged(measured),
        *_imported(measured),
        *_remarks(measured),
        "",
        *section(measured.spans),
    ]
    return "\n".join(lines)


def _ratio_line(measured: Measured, operation: Operation) -> str:
    ours, limit, twin = (SERVICE, operation.name), (LIMIT, operation.name), (DRF, operation.name)
    goal = operation.goals.get(measured.kind)
    share = measured.ratio(ours, limit, lambda r: r.per_second)
    cpu = measured.ratio(limit, ours, lambda r: r.cpu_us)
    cells = [
        operation.words,
        _spread(share),
        f"≥ {goal:.2f}" if goal else "",
        _held(measured, operation, share, cpu),
        _spread(cpu),
        _spread(measured.ratio(ours, twin, lambda r: r.per_second), places=1),
    ]
    return "| " + " | ".join(cells) + " |"


def _held(measured: Measured, operation: Operation, share: Ratio | None, cpu: Ratio | None) -> str:
    """Whether the goal holds: by throughput, or by CPU where others kept the machine busy."""
    goal = operation.goals.get(measured.kind)
    busy = measured.busy(operation.name)
    judged = cpu if busy else share
    if goal is None or judged is None:
        return ""
    return ("yes" if judged.holds(goal) else "**no**") + (" (by CPU)" if busy else "")


def _spread(ratio: Ratio | None, places: int = 2) -> str:
    if ratio is None:
        return "–"
    least, greatest = min(ratio.shares), max(ratio.shares)
    return f"{ratio.middle:.{places}f} ({least:.{places}f}–{greatest:.{places}f})"


def _absolute_line(measured: Measured, operation: Operation) -> str:
    cells = [_absolute(measured, stack.name, operation.name) for stack in measured.stacks]
    return f"| {operation.words} | " + " | ".join(cells) + " |"


def _absolute(measured: Measured, stack: str, operation: str) -> str:
    reads = (
        lambda r: r.per_second,
        lambda r: r.cpu_us,
        lambda r: r.window.p50_ms,
        lambda r: r.window.p99_ms,
        lambda r: r.database_us,
    )
    figures = [measured.figure(stack, operation, read) for read in reads]
    if figures[0] is None:
        return "–"
    rate, cpu, middle, late, database = (figure or 0.0 for figure in figures)
    told = f"{rate:,.0f}/s, {cpu:,.0f} µs, {middle:.1f}/{late:.1f} ms"
    return f"{told}, db {database:,.0f} µs" if database else told


def _unchanged(measured: Measured) -> list[str]:
    """Progress that has not changed must cost no more than reading a note."""
    over = measured.ratio((SERVICE, "unchanged"), (SERVICE, "note"), lambda r: r.cpu_us)
    return (
        [f"- progress unchanged (304) over reading a note, CPU: {_spread(over)}; goal ≤ 1.2"] if over else []
    )


def _imported(measured: Measured) -> list[str]:
    found = measured.imported
    if found is None:
        return []
    work = max(
        found.seconds - found.start_seconds, 0.05 * found.seconds
    )  # a busy machine can start slower than work
    told = (
        f"{found.lines:,} lines in {found.seconds:.1f} s, {found.start_seconds:.1f} s of it before the first"
    )
    return [f"- `mendline import`: {told}; {found.lines / work:,.0f} lines a second after that"]


def _remarks(measured: Measured) -> list[str]:
    left_out = [f"- left out: {op} on {stack}: {why}" for (stack, op), why in measured.left_out.items()]
    void = [
        f"- void: {r.operation} on {r.stack}, round {r.round + 1}: {r.window.errors} errors"
        for r in measured.void()
    ]
    busy = max((r.elsewhere for r in measured.readings), default=0.0)
    others = f"- Other work took up to {busy:.0%} of the machine during a window" + (
        ": only the CPU ratios count." if busy > BUSY else "."
    )
    return [*left_out, *void, others]
