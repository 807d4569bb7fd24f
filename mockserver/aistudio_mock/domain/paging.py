"""Pages over a folder's objects, newest first, with opaque tokens (service-behaviour e.7)."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.instant import Instant

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100

T = TypeVar("T")
Position = tuple[Instant, str]
"""Where an object stands in its list: when it was created, and its id."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page and the token of the next; an empty token says there is none."""

    items: tuple[T, ...]
    next_page_token: str


def page(
    newest_first: Iterable[T],
    position: Callable[[T], Position],
    size: int,
    token: str,
    *,
    token_on_every_page: bool = False,
) -> Page[T]:
    """Cuts one page out of objects sorted newest first.

    `token_on_every_page` gives a token on the last non-empty page too, as tunings need (e.7).

    Raises:
        InvalidArgument: `page_size` out of 0–1000, or a token that this server did not make.
    """
    if not 0 <= size <= MAX_PAGE_SIZE:
        raise InvalidArgument(
            f"Validation error:\npage_size: Value must be in the range of 0 to {MAX_PAGE_SIZE}"
        )
    limit = size or DEFAULT_PAGE_SIZE
    rest = _after(newest_first, position, _decode(token)) if token else iter(newest_first)
    items = tuple(islice(rest, limit))
    more = next(rest, None) is not None or (token_on_every_page and bool(items))
    return Page(items, _encode(position(items[-1])) if more else "")


def _after(items: Iterable[T], position: Callable[[T], Position], last: Position) -> Iterator[T]:
    # Objects made at one frozen instant keep their order of creation; the id says how far the caller is.
    passed = False
    for item in items:
        at, object_id = position(item)
        if at < last[0] or (at == last[0] and passed):
            yield item
        passed = passed or object_id == last[1]


def _encode(position: Position) -> str:
    return base64.urlsafe_b64encode(f"{position[0]}@{position[1]}".encode()).decode()


def _decode(token: str) -> Position:
    try:
        at, _, object_id = base64.urlsafe_b64decode(token).decode().partition("@")
        return Instant(int(at)), object_id
    except (ValueError, binascii.Error):
        raise InvalidArgument(
            "page_token: not a token of this list; pass next_page_token of the previous page as it is"
        ) from None
