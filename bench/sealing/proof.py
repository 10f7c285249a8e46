"""The proof: so many random changes, each looked for by the verification; the command and its test come in."""

import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from app.integrity import service as integrity
from bench.sealing.record import Record
from bench.sealing.tampering import Change, NothingDone, tampered

SEED = 20261122
NOT_POSSIBLE = (NothingDone, sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError)
"""The database itself refuses, or the record has no such place: another change is tried."""


@dataclass
class Outcome:
    """What came of it."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        return self.found.total() + self.missed.total()


def is_sound(made: Record) -> bool:
    """Whether the untouched record verifies, anchors included; otherwise nothing below would mean anything."""
    with made.chart() as chart:
        return not integrity.verify(chart, made.anchors).faults


def run(made: Record, changes: Sequence[tuple[int, Change]], times: int, seed: int = SEED) -> Outcome:
    """Change something so many times; each change is taken back before the next."""
    dice, outcome = random.Random(seed), Outcome()
    weights, hands = [weight for weight, _ in changes], [change for _, change in changes]
    while outcome.tried < times:
        (change,) = dice.choices(hands, weights)
        try:
            with tampered(made, change, dice) as (chart, what):
                faults = integrity.verify(chart, made.anchors).faults
                (outcome.found if faults else outcome.missed)[what] += 1
        except NOT_POSSIBLE:
            continue
    return outcome
