"""Whether time tells what is somebody else's from what does not exist: interleaved pairs beside a control; proving.py.

For each operation three requests are mixed at random: with the owner's id, with the id of nobody, and with another id
of nobody. The first two must take as long as each other, as far as the last two do.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Final

import httpx

from bench.access.identities import Etags
from bench.access.tally import Tally
from tests.people import Caller
from tests.walks.matrix import NOBODY, Estate, Operation

NOBODY_EITHER: Final = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5e"
SHARE, NOISE = 0.05, 3.0
AGAIN: Final = 3
"""How often in a row a difference must be seen: one glance at a busy machine sees much that is not there."""


@dataclass(frozen=True)
class Timed:
    """Seconds that one operation took, in the middle."""

    name: str
    foreign: float
    missing: float
    control: float

    @property
    def difference(self) -> float:
        """How much longer an id of somebody else's takes than one of nobody's."""
        return self.foreign - self.missing

    @property
    def noise(self) -> float:
        """How much longer one id of nobody's takes than another."""
        return abs(self.control - self.missing)

    @property
    def tells(self) -> bool:
        """Whether the difference is beyond the twentieth part and three times the noise."""
        return abs(self.difference) > max(SHARE * self.missing, NOISE * self.noise)


def sample(estate: Estate, wanted: int) -> list[Operation]:
    """Reads and changes of as many kinds of things as there are, alternately."""
    clinical = [each for each in estate.all.values() if each.clinical and each.path.count("{") == 1]
    reads = {each.parameter: each for each in clinical if each.method == "get" and each.path.endswith("}")}
    changes = {each.parameter: each for each in clinical if each.method != "get"}
    lists = [each for each in clinical if each.method == "get" and each.parameter == "couple_id"]
    mixed = [each for three in zip(reads.values(), changes.values(), strict=False) for each in three]
    return [*lists[:: max(1, len(lists) // 4)][:4], *mixed][:wanted]


def measure(
    estate: Estate, who: str, caller: Caller, operations: Iterable[Operation], pairs: int, tally: Tally
) -> list[Timed]:
    """Each operation timed; a difference is a finding when it is seen again and again, in one direction."""
    etags, random, told = Etags(estate), Random(7), []
    for operation in operations:
        requests = _requests(estate, caller, operation, etags)
        seen = [_timed(f"{operation.name} by {who}", caller, requests, pairs, random)]
        while seen[-1].tells and len(seen) < AGAIN:
            seen.append(_timed(seen[0].name, caller, requests, pairs, random))
        tally.tried["times"] += len(seen) * pairs
        told.append(seen[-1])
        if seen[-1].tells and len({each.difference > 0 for each in seen}) == 1:
            by = f"{1e3 * seen[-1].difference:.2f} ms of {1e3 * seen[-1].missing:.2f}"
            tally.found("oracle", f"{seen[0].name}: an id of the owner's takes longer by {by}")
    return told


def _requests(estate: Estate, caller: Caller, operation: Operation, etags: Etags) -> list[httpx.Request]:
    """The owner's id, nobody's, nobody's again."""
    assert operation.parameter is not None
    body = estate.body(operation) if operation.media else None
    headers = {"If-Match": etags(operation) or ""} if operation.method != "get" else {}
    ids = (estate.ids[operation.parameter], NOBODY, NOBODY_EITHER)
    return [
        caller.http.build_request(
            operation.method,
            operation.path.replace(f"{{{operation.parameter}}}", each),
            json=body,
            headers=headers,
        )
        for each in ids
    ]


def _timed(name: str, caller: Caller, requests: list[httpx.Request], pairs: int, random: Random) -> Timed:
    taken: list[list[float]] = [[], [], []]
    order = [0, 1, 2]
    for _ in range(pairs):
        random.shuffle(order)
        for which in order:
            began = time.perf_counter()
            caller.http.send(requests[which])
            taken[which].append(time.perf_counter() - began)
    return Timed(name, *(median(each) for each in taken))
