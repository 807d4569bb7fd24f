"""Attributes that are made when they are first asked for."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - used like property
    """A method whose first result is the attribute from then on; only one thread ever calls it.

    `functools.cached_property` calls it in every thread that asks at the same time, since Python 3.12.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self._lock = RLock()
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "lazy[T]": ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: object | None, kind: type) -> "lazy[T] | T":
        if owner is None:
            return self
        made = owner.__dict__
        with self._lock:
            if self._name not in made:
                made[self._name] = self._make(owner)
            found: T = made[self._name]
        return found
