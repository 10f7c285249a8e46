"""The sealer: a thread that seals the trail of busy practices, at an interval and at the end; main comes in.

Busy practices forget in its rounds too what they need remember no longer.
"""

import logging
import threading
from datetime import datetime, timedelta

from app.chart.blocks import MOST, Waiting
from app.chart.chart import Store, Visit, new_id
from app.chart.expiry import KEPT, forget_answers
from app.chart.expiry import MOST as FORGOTTEN_AT_ONCE
from app.chart.inspection import STORE_TROUBLES
from app.clock import Clock
from app.integrity import service
from app.practice import service as practice

log = logging.getLogger("mendline.sealer")
FORGETTING = timedelta(hours=1)
"""How often a busy practice looks for answers that nobody will ask for again."""

LEAP = timedelta(days=1)
"""A clock that went on by more than this between two rounds was set, or slept: for a week its leap is not counted."""


class Sealer:
    """Seals what this process has written; lines of a process that died are sealed by the next one that is busy."""

    def __init__(self, store: Store, clock: Clock, seconds: float) -> None:
        self._store, self._clock, self._seconds = store, clock, seconds
        self._again: set[str] = set()
        self._forgot: dict[str, datetime] = {}
        self._looked: datetime | None = None
        self._leaps: list[tuple[datetime, timedelta]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> None:
        """Begin to seal in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End, and seal what is left."""
        self._ended.set()
        self._thread.join()
        self.round()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self.round()

    def round(self) -> int:
        """Seal the lines of every practice that was busy in this round or the last; gives how many.

        The round after looks once more, because a line is stamped a little before it can be seen.
        """
        busy, self._store.busy = self._store.busy, set()
        practices, self._again = busy | self._again, busy
        leapt = self._leapt()
        for practice_id in sorted(practices):
            self._forget(practice_id, leapt)
        return sum(self._seal(practice_id) for practice_id in sorted(practices))

    def _leapt(self) -> timedelta:
        """How far the clock leapt ahead within the last week: what looks old by that much may be of yesterday.

        A computer that sleeps over the weekend leaps each week, so a leap is only taken off, not waited for.
        """
        now = self._clock()
        step = now - (self._looked or now)
        self._looked = now
        if step < timedelta(0):
            self._leaps = [(now, max(self._sum() + step, timedelta(0)))]
        elif step > timedelta(seconds=self._seconds) + LEAP:
            self._leaps.append((now, step))
        self._leaps = [(at, leap) for at, leap in self._leaps if now < at + KEPT]
        return self._sum()

    def _sum(self) -> timedelta:
        return sum((leap for _, leap in self._leaps), timedelta(0))

    def _forget(self, practice_id: str, leapt: timedelta) -> None:
        """Forget old answers once an hour, or until next round if there are more of them than one round takes."""
        now = self._clock()
        last = self._forgot.get(practice_id)
        if last is not None and last <= now < last + FORGETTING:
            return
        operator, visit = practice.operator(practice_id), Visit("forgetAnswers", new_id())
        try:
            with self._store.chart(operator, now - leapt, visit, writing=True) as chart:
                if forget_answers(chart) < FORGOTTEN_AT_ONCE:
                    self._forgot[practice_id] = now
        except STORE_TROUBLES as trouble:
            log.error("old answers could not be forgotten: %s", type(trouble).__name__)

    def _seal(self, practice_id: str) -> int:
        operator, visit = practice.operator(practice_id), Visit("sealTrail", new_id())
        sealed, waiting = 0, Waiting()
        try:
            done = MOST
            while done == MOST:  # a block that is not full is the last one
                with self._store.chart(operator, self._clock(), visit, writing=True) as chart:
                    done = service.seal_some(chart, waiting)
                sealed += done
        except Exception as trouble:  # noqa: BLE001 - what one practice's rows hold stops no other's sealing
            self._again.add(practice_id)
            log.error("the trail could not be sealed: %s", type(trouble).__name__)
        return sealed
