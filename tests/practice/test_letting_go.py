"""What a request held is let go of when it is answered, whatever the answer was; nothing waits for the collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from app.chart.chart import Chart
from app.errors import Refusal
from tests.people import Caller, World

NEW = {"label": "R-1", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
END = {"outcome": "parted_with_clarity", "effective_on": "2026-01-31"}
NOWHERE = "/v1/couples/00000000-0000-4000-8000-000000000000"


@contextmanager
def _in_cycles() -> Iterator[list[object]]:
    """What of a request only the collector of cycles would have freed."""
    found: list[object] = []
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += [each for each in gc.garbage if isinstance(each, Chart | Refusal)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_a_refused_request_leaves_neither_its_body_nor_its_chart_in_memory(
    world: World, therapist: Caller
) -> None:
    once = {"Idempotency-Key": "once"}
    couple = therapist.post("/v1/couples", NEW, headers=once).json()
    stale = {"Idempotency-Key": "twice", "If-Match": '"nothing"'}

    with _in_cycles() as kept:
        answers = [
            therapist.post("/v1/couples", {"label": 3}),
            therapist.post("/v1/couples", {**NEW, "label": "R-2"}, headers=once),
            therapist.post("/v1/couples", NEW, headers=once),
            therapist.post(f"/v1/couples/{couple['id']}/close", END, headers=stale),
            therapist.get(NOWHERE),
            therapist.get("/v1/couples?limit=many"),
            world.client().get("/v1/couples"),
        ]

    assert [answer.status_code for answer in answers] == [422, 422, 201, 412, 404, 422, 401]
    assert kept == []
