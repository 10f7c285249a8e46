"""A property worked out at most once, as `functools.cached_property` is, without the lock it takes; internal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class once(Generic[_T]):  # noqa: N801 - reads as the decorator that it is
    """What is found is kept in the object itself, so it is looked up like any attribute from then on.

    The objects of one call are seen by one thread only. Until Python 3.12 the library's own property takes a
    lock each time, which costs more than many of the things that are worked out here.
    """

    def __init__(self, work: Callable[[Any], _T]) -> None:
        """Keep the work to be done; its words are those of the property."""
        self.func = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn under which name what is found is kept."""
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> _T:
        """Do the work; asked only while nothing is kept under the name."""
        found: _T = self.func(instance)
        instance.__dict__[self._name] = found
        return found
