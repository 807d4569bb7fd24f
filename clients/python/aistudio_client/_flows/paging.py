"""Pages as one stream of items: to the last page, and never in a circle."""

from collections.abc import Callable, Sequence
from typing import Any

from aistudio_client._errors import AIStudioError
from aistudio_client._flows.calls import call
from aistudio_client._link import Link
from aistudio_client._methods import Method
from aistudio_client._steps import Emit, Flow, Items


def items(
    link: Link,
    wanted: Method,
    request: Any,
    of_page: Callable[[Any], Sequence[Any]],
    *,
    timeout: float | None = None,
) -> Items[Any]:
    """Emits every item once, by its id.

    The list ends where a page has no token, however many items it has: a last page may be full, and a page
    with a token may be empty (service-behaviour e.7, AIP-158).

    Raises:
        RpcError: a page could not be read; `timeout` is for each, in seconds.
        AIStudioError: the service leads in a circle.
    """
    tokens, ids = set[str](), set[str]()
    while True:
        page = yield from call(link, wanted, request, timeout=timeout)
        found = of_page(page)
        fresh = [item for item in found if item.id not in ids]
        for item in fresh:
            ids.add(item.id)
            yield Emit(item)
        token = page.next_page_token
        if not token:
            return
        if token in tokens or (found and not fresh):
            raise AIStudioError(
                f"{wanted.name}: page {len(tokens) + 1} leads back to where it was; "
                f"{len(ids)} were listed, and they may not be all"
            )
        tokens.add(token)
        request = _following(request, token)


def _following(request: Any, token: str) -> Any:
    following = type(request)()
    following.CopyFrom(request)
    following.page_token = token
    return following


def first(pages: Items[Any], fits: Callable[[Any], bool]) -> Flow[Any]:
    """The first item that fits, None if none does. The pages after it are not read."""
    found: list[Any] = []

    def take(item: Any) -> bool:
        if fits(item):
            found.append(item)
        return bool(found)

    yield from taken(pages, take)
    return found[0] if found else None


def taken(source: Items[Any], take: Callable[[Any], bool | None]) -> Flow[None]:
    """Gives every item to `take`, until it says that this is enough."""
    try:
        step = next(source)
        while True:
            if isinstance(step, Emit):
                if take(step.item):
                    return
                step = next(source)
                continue
            try:
                sent = yield step
            except BaseException as error:  # noqa: BLE001 - it is the source's own
                step = source.throw(error)
            else:
                step = source.send(sent)
    except StopIteration:
        return
    finally:
        source.close()
