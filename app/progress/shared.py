"""Work that several callers want at the same moment is done by the first of them; the caseload comes in."""

import threading
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Shared(Generic[Result]):
    """Results under way, by what they are made from, within this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[Result]] = {}
        self.waiting = 0

    def work_out(self, key: Hashable, work: Callable[[], Result]) -> tuple[Result, bool]:
        """The result, and whether this caller worked it out and must say `done` once it is kept."""
        mine: Future[Result] = Future()
        while (other := self._first(key, mine)) is not mine:
            if self._wait_for(other) is None:
                return other.result(), False
        try:
            result = work()
        except BaseException as error:
            self.done([key])
            mine.set_exception(error)  # whoever waited tries it with their own eyes
            raise
        mine.set_result(result)
        return result, True

    def _first(self, key: Hashable, mine: Future[Result]) -> Future[Result]:
        with self._lock:
            other = self._under_way.setdefault(key, mine)
            self.waiting += other is not mine
            return other

    def _wait_for(self, other: Future[Result]) -> BaseException | None:
        error = other.exception()
        with self._lock:
            self.waiting -= 1
        return error

    def done(self, keys: Iterable[Hashable]) -> None:
        """The store has these now, or nobody has."""
        with self._lock:
            for key in keys:
                self._under_way.pop(key, None)
