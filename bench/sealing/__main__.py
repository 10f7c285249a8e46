"""`make prove-seals`: prints what was changed, found and missed; ends with 1 when anything was missed."""

import argparse
import sys
import time

from bench.sealing.proof import SEED, Outcome, is_sound, run
from bench.sealing.record import database, record
from bench.sealing.tampering import SEAL_CHANGES, TRAIL_CHANGES, switch_guards_off

TIMES = {"sqlite": (1000, 5000), "postgresql": (200, 300)}


def main() -> None:
    """Both databases, unless told otherwise."""
    options = argparse.ArgumentParser(prog="make prove-seals", description=__doc__)
    options.add_argument("--databases", nargs="+", default=list(TIMES), choices=list(TIMES))
    options.add_argument("--seals", type=int, help="changes of what was signed")
    options.add_argument("--trail", type=int, help="changes of the trail")
    options.add_argument("--seed", type=int, default=SEED)
    chosen = options.parse_args()
    missed = 0
    for kind in chosen.databases:
        seals, trail = TIMES[kind]
        missed += prove(kind, chosen.seals or seals, chosen.trail or trail, chosen.seed)
    sys.exit(1 if missed else 0)


def prove(kind: str, seals: int, trail: int, seed: int) -> int:
    """One database: gives how many changes were missed, or found where there was none."""
    with database(kind) as url, record(url) as made:
        switch_guards_off(made)
        if not is_sound(made):
            print(f"{kind}: the untouched record does not verify")
            return 1
        missed = 0
        for name, changes, times in (("signed", SEAL_CHANGES, seals), ("trail", TRAIL_CHANGES, trail)):
            begun = time.perf_counter()
            outcome = run(made, changes, times, seed)
            _tell(kind, name, outcome, time.perf_counter() - begun)
            missed += outcome.missed.total()
        sound = is_sound(made)
        print(f"{kind}: the record, taken back, verifies: {'yes' if sound else 'NO'}")
        return missed + (not sound)


def _tell(kind: str, name: str, outcome: Outcome, seconds: float) -> None:
    kinds = len(outcome.found | outcome.missed)
    print(
        f"{kind}, {name}: {outcome.found.total()} of {outcome.tried} changes found "
        f"({kinds} kinds, {seconds:.0f} s)",
        flush=True,
    )
    for what, count in sorted(outcome.missed.items()):
        print(f"  MISSED {what}: {count}")


if __name__ == "__main__":
    main()
