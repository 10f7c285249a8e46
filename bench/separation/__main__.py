"""Run the proof: python -m bench.separation --sqlite 900 --postgresql 100."""

import argparse
import sys
import tempfile
from pathlib import Path

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.main import create_app
from app.settings import Settings
from bench.databases import fresh_database
from bench.separation import outputs
from bench.separation.flaws import FLAWS
from bench.separation.proving import NOW, Progress, Tally, placed, prove

MEMORY = Path("/dev/shm")  # noqa: S108 - made-up couples: their fsyncs would cost most of the time
MASTER = MasterKey(b"0123456789abcdef0123456789abcdef")


def main() -> int:
    """Prove on both databases, then see that each planted flaw is found; 0 when all is as it should be."""
    options = _options()
    if MEMORY.is_dir():
        tempfile.tempdir = str(MEMORY)
    failed = 0
    for kind, wanted in (("sqlite", options.sqlite), ("postgresql", options.postgresql)):
        if wanted:
            failed += _proved(kind, wanted, options.seed)
    if options.flaws:
        failed += _flaws_found(options.seed)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", type=int, default=900)
    parser.add_argument("--postgresql", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flaws", type=int, default=1, help="0 leaves the planted flaws out")
    return parser.parse_args()


def _proved(kind: str, wanted: int, seed: int) -> int:
    tally = _run(kind, wanted, seed, Progress(kind, wanted))
    print(
        f"{kind}: {tally.histories} histories, {tally.kept} entries kept, {tally.answers} answers compared, "
        f"{tally.hidden} kept ids asked for, {tally.shared} shared before, {tally.withheld} withheld after: "
        f"{len(tally.differences)} differences"
    )
    for told in tally.differences[:10]:
        print(told)
    return len(tally.differences)


def _flaws_found(seed: int) -> int:
    missed = 0
    for flaw in FLAWS:
        with flaw.planted():
            tally = _run("sqlite", flaw.histories, seed, None, until_found=True)
        found = f"found in history {tally.histories}" if tally.differences else "MISSED"
        print(f"planted: {flaw.words}: {found}", flush=True)
        missed += not tally.differences
    return missed


def _run(kind: str, wanted: int, seed: int, watch: Progress | None, *, until_found: bool = False) -> Tally:
    settings = Settings(environment="demo", rate_limit="100000000/minute")
    with fresh_database(kind) as url:
        store = Store(url, MASTER, threads=4)
        app = create_app(settings, store=store, clock=lambda: NOW)
        compared, left_out = len(outputs.outputs(app.openapi())), len(outputs.REASONS)
        print(f"{kind}: {compared} operations compared, {left_out} left out with a reason", flush=True)
        try:
            with placed(app, store) as place:
                return prove(place, range(seed, seed + wanted), watch=watch, until_found=until_found)
        finally:
            store.close()


if __name__ == "__main__":
    sys.exit(main())
