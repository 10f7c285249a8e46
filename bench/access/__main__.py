"""Run the proof: python -m bench.access --database both --out docs/proofs/access.md."""

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.access import report
from bench.access.flaws import FLAWS, found
from bench.access.proving import Proof, an_estate, in_memory, placed, prove
from bench.access.tally import KINDS, Prints

SERVED = {"sqlite": True, "postgresql": False}
"""SQLite is asked over a socket, PostgreSQL in this process, which is quicker and has less noise."""


def main() -> int:
    """Prove on the databases asked for, then see that each planted flaw is found; 0 when all is as it should be."""
    options = _options()
    in_memory()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    proofs = [] if options.plant else _proofs(kinds, options.pairs)
    for proof in proofs:
        _tell(proof)
    flaws = _flaws(options.plant) if options.flaws else {}
    if options.out:
        options.out.write_text(report.page(proofs, flaws))
        print(f"→ {options.out}")
    wrong = any(proof.void or proof.tally.findings for proof in proofs)
    return 1 if wrong or not all(flaws.values()) else 0


def _proofs(kinds: Iterable[str], pairs: int) -> list[Proof]:
    """Each database in a process of its own, beside the other."""
    with ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=in_memory) as processes:
        waiting = [processes.submit(prove, kind, served=SERVED[kind], pairs=pairs) for kind in kinds]
        return [each.result() for each in waiting]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--pairs", type=int, default=200, help="pairs timed for each operation")
    parser.add_argument("--flaws", type=int, default=1, help="0 leaves the planted flaws out")
    parser.add_argument("--plant", choices=[flaw.name for flaw in FLAWS], help="only plant this flaw")
    parser.add_argument("--out", type=Path, help="write the page here")
    return parser.parse_args()


def _tell(proof: Proof) -> None:
    counts = ", ".join(f"{proof.tally.count(kind)} {kind}s" for kind in KINDS)
    reach = "VOID: too little is reached" if proof.void else f"reached {report.reach(proof.owner)}"
    print(
        f"{proof.kind}: {proof.operations} operations, {reach}, {proof.tally.tried.total()} tries: {counts}"
    )
    for each in proof.tally.findings[:40]:
        print(f"  {each.kind}: {each.words[:600]}")


def _flaws(only: str | None) -> dict[str, int]:
    """How many findings each planted flaw gave."""
    told = {}
    with placed("sqlite", served=False) as (world, document):
        estate, prints = an_estate(world, document), Prints(world.url)
        for flaw in FLAWS:
            if only in (None, flaw.name):
                told[flaw.words] = len(found(flaw, estate, prints))
                print(f"planted: {flaw.words}: {told[flaw.words] or 'MISSED'}", flush=True)
        prints.close()
    return told


if __name__ == "__main__":
    sys.exit(main())
