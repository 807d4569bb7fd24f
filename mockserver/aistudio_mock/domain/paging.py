"""Pages over a folder's objects, with opaque tokens (service-behaviour e.7)."""

import base64
import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from msgspec import Struct

from aistudio_mock.domain.errors import FieldViolation, InvalidArgument

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100

T = TypeVar("T")
Position = int
"""Where an object stands in its list: 0 or more, a greater number for each one created later.

Not the date of creation: on a clock that stands still many have the same one. Not the id of the last object
alone: it may be deleted, or no longer pass the filter, when the next page is asked for.
"""

_TOKEN = re.compile(rb"before:([0-9]{1,18})")


class Page(Struct, Generic[T], frozen=True):
    """One page and the token of the next; an empty token says there is none."""

    items: tuple[T, ...]
    next_page_token: str


def page(
    listed: Callable[[Position | None], Iterable[T]],
    position: Callable[[T], Position],
    size: int,
    token: str,
    *,
    token_on_every_page: bool = False,
) -> Page[T]:
    """Cuts one page out of a list.

    `listed` gives the objects that come after that position, newest or oldest first, or all of them.
    `token_on_every_page` gives a token on the last non-empty page too, as tunings need (e.7).

    Raises:
        InvalidArgument: `page_size` out of 0–1000, or a token that this server did not make.
    """
    if not 0 <= size <= MAX_PAGE_SIZE:
        words = f"Value must be in the range of 0 to {MAX_PAGE_SIZE}"
        raise InvalidArgument.of(FieldViolation("page_size", words))
    limit = size or DEFAULT_PAGE_SIZE
    last = _decode(token) if token else None
    rest = iter(listed(last))
    items = tuple(islice(rest, limit))
    more = next(rest, None) is not None or (token_on_every_page and bool(items))
    return Page(items, _encode(position(items[-1])) if more else "")


def _encode(position: Position) -> str:
    return base64.urlsafe_b64encode(f"before:{position}".encode()).decode()


def _decode(token: str) -> Position:
    try:
        found = _TOKEN.fullmatch(base64.b64decode(token, altchars=b"-_", validate=True))
    except ValueError:
        found = None
    if found is None:
        raise InvalidArgument(
            "page_token: not a token of this list; pass next_page_token of the previous page as it is"
        )
    return int(found[1])
