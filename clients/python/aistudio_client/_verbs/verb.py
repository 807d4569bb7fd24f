"""One description of a verb, two ways to call it.

A verb is a method that returns a conversation. On a client that blocks it gives the result, on one that
awaits it gives an awaitable of it; type checkers see which by the class that the verb is found on.
"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from aistudio_client._link import Link
from aistudio_client._steps import Flow, Items

if TYPE_CHECKING:
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")


class Plays(Protocol):
    """Plays conversations: the driver of a client."""

    def play(self, flow: Flow[Any]) -> Any: ...
    def each(self, flow: Flow[Any]) -> Any: ...


class Verbs:
    """A group of verbs of one client."""

    def __init__(self, link: Link, driver: Plays) -> None:
        self._link = link
        self._driver = driver

    def __repr__(self) -> str:
        """Whose verbs these are."""
        return f"{type(self).__name__}(folder_id={self._link.folder_id!r})"


class Blocking(Verbs):
    """Verbs that block until they have their result."""


class Awaited(Verbs):
    """Verbs that are awaited."""


class verb(Generic[P, T]):  # noqa: N801 - a decorator
    """A verb with one result."""

    def __init__(self, function: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, verbs: Blocking, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, verbs: Awaited, kind: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, verbs: None, kind: type) -> Callable[Concatenate[Any, P], Flow[T]]: ...
    def __get__(self, verbs: Any, kind: type) -> Any:
        """The verb of one client; of the class, what it is written as: a conversation."""
        if verbs is None:
            return self._function
        return _bound(self._function, verbs, verbs._driver.play)  # noqa: SLF001 - its own


class listing(Generic[P, T]):  # noqa: N801 - a decorator
    """A verb with several results, one after the other."""

    def __init__(self, function: Callable[Concatenate[Any, P], Items[T]]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, verbs: Blocking, kind: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, verbs: Awaited, kind: type) -> Callable[P, AsyncIterator[T]]: ...
    @overload
    def __get__(self, verbs: None, kind: type) -> Callable[Concatenate[Any, P], Items[T]]: ...
    def __get__(self, verbs: Any, kind: type) -> Any:
        """The verb of one client; of the class, what it is written as: a conversation."""
        if verbs is None:
            return self._function
        return _bound(self._function, verbs, verbs._driver.each)  # noqa: SLF001 - its own


def path_of(path: str | os.PathLike[str]) -> "Path":
    """A path as one; pathlib is loaded when there is one."""
    from pathlib import Path  # noqa: PLC0415

    return Path(path)


def _bound(function: Callable[..., Any], verbs: Any, played: Callable[[Any], Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return played(function(verbs, *args, **kwargs))

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    bound: Any = call
    bound.__wrapped__ = function.__get__(verbs)  # `help` and `inspect.signature` look there
    return call
