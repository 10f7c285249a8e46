"""`make bench`: the service beside the limit and a Django twin on the same rows; writes docs/proofs/speed.md."""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bench import in_process, load, report
from bench.measuring import Plan, measure
from bench.operations import OPERATIONS
from bench.readings import Measured

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
NAMES = ",".join(operation.name for operation in OPERATIONS)


@app.command()
def main(
    couples: Annotated[int, typer.Option(min=1, help="Couples in the database; 1000 for a verdict.")] = 50,
    depth: Annotated[
        float, typer.Option(min=0.01, help="Share of a full three-year case that each has.")
    ] = 1.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; 5 for a verdict.")] = 2,
    seconds: Annotated[int, typer.Option(min=1, help="Length of a timed window.")] = 2,
    databases: Annotated[str, typer.Option(help="Which databases, with commas.")] = "sqlite,postgresql",
    operations: Annotated[str, typer.Option(help="Which requests, with commas.")] = NAMES,
    loader: Annotated[str, typer.Option(help="`wrk` or `own`; wrk when it is installed.")] = "",
    pin: Annotated[bool, typer.Option(help="Keep server and loader to a core each.")] = True,
    out: Annotated[Path, typer.Option(help="Where the report goes; `-` prints it.")] = Path(
        "docs/proofs/speed.md"
    ),
) -> None:
    """Measure the speed of the service as ratios in one run."""
    if find_spec("asyncpg") is None:
        sys.exit("The limit and the twin are not installed: run it by `make bench`.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that every server it started ends too
    chosen = loader or ("wrk" if load.wrk_version() else "own")
    plan = Plan(couples, depth, rounds, seconds, chosen, pin)
    wanted = [operation for operation in OPERATIONS if operation.name in operations.split(",")]
    results = [measure(plan, kind, wanted, _tell) for kind in databases.split(",")]
    model = "\n".join(["## The model alone", "", *in_process.section(in_process.model_spans())])
    page = report.written(plan, results, _command(), _loader_words(chosen, asked=bool(loader)), model)
    if str(out) == "-":
        print(page)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page)
        _tell(f"written to {out}")
    _end(results)


def _tell(words: str) -> None:
    print(f"→ {words}", file=sys.stderr, flush=True)


def _command() -> str:
    return " ".join(["python -m bench", *sys.argv[1:]])


def _loader_words(loader: str, *, asked: bool) -> str:
    if loader == "wrk":
        return load.wrk_version() or "wrk"
    reason = "as asked" if asked else "because wrk is not installed (Debian package `wrk`)"
    return f"the bench's own asyncio loader, {reason}; its figures must not be put beside wrk's"


def _end(results: list[Measured]) -> None:
    """A run without a single sound window is a failed run."""
    if not any(not reading.void for measured in results for reading in measured.readings):
        sys.exit("no sound window")


if __name__ == "__main__":
    app()
