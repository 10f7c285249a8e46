"""Run the proof: python -m bench.leaving --sqlite 900 --postgresql 100."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.main import create_app
from app.settings import Settings
from bench.databases import fresh_database
from bench.leaving.proving import FLAWS, Tally, prove
from bench.separation.proving import NOW, placed

MEMORY = Path("/dev/shm")  # noqa: S108 - made-up couples: their fsyncs would cost most of the time
MASTER = MasterKey(b"0123456789abcdef0123456789abcdef")


def main() -> int:
    """Prove on both databases, then see that each planted flaw is found; 0 when all is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", type=int, default=900)
    parser.add_argument("--postgresql", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if MEMORY.is_dir():
        tempfile.tempdir = str(MEMORY)
    failed = 0
    for kind, wanted in (("sqlite", options.sqlite), ("postgresql", options.postgresql)):
        failed += _proved(kind, wanted, options.seed) if wanted else 0
    for flaw in FLAWS:
        with flaw.planted():
            found = _run("sqlite", flaw.histories, options.seed).differences
        print(f"planted: {flaw.words}: {'found' if found else 'MISSED'}")
        failed += not found
    return 1 if failed else 0


def _proved(kind: str, wanted: int, seed: int) -> int:
    began = time.monotonic()
    tally = _run(kind, wanted, seed)
    print(
        f"{kind}: {tally.histories} histories, {tally.entries} entries in copies, {tally.kept} entries kept, "
        f"{time.monotonic() - began:.0f} s: {len(tally.differences)} differences"
    )
    for told in tally.differences[:10]:
        print(told)
    return len(tally.differences)


def _run(kind: str, wanted: int, seed: int) -> Tally:
    settings = Settings(environment="demo", rate_limit="100000000/minute")
    with fresh_database(kind) as url:
        store = Store(url, MASTER, threads=4)
        try:
            with placed(create_app(settings, store=store, clock=lambda: NOW), store) as place:
                return prove(place, range(seed, seed + wanted))
        finally:
            store.close()


if __name__ == "__main__":
    sys.exit(main())
