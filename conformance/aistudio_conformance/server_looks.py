"""What is seen of a server in the conversation of a client that keeps the contract; pure."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from aistudio_conformance.case import Selector, ServerCheck
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.match import look, mismatch
from aistudio_conformance.seen import Seen, kept, not_reached, violated
from aistudio_conformance.server_functions import SERVER_FUNCTIONS


def look_at_server(check: ServerCheck, journal: Journal) -> Seen:
    """What the check sees: in every call that it is about, or in the whole conversation."""
    if check.function is not None:
        return SERVER_FUNCTIONS[check.function](journal)
    assert check.of is not None
    selector = check.of
    entries = [entry for entry in journal.entries if _fits(selector, entry)]
    if not entries:
        return not_reached(
            f"no {selector.method}{f' with {selector.status}' if selector.status else ''} was seen"
        )
    for entry in entries:
        wrong = next(_wrong(check, entry), "")
        if wrong:
            return violated(f"{entry.method}: {wrong}", [entry])
    return kept(entries)


def _fits(selector: Selector, entry: Entry) -> bool:
    return (
        entry.leg == selector.leg
        and fnmatchcase(entry.method, selector.method)
        and selector.status in (None, entry.status)
        and all(not mismatch(wanted, look(path, entry.document)) for path, wanted in selector.where.items())
    )


def _wrong(check: ServerCheck, entry: Entry) -> Iterator[str]:
    for path, wanted in check.expect.items():
        problem = mismatch(wanted, look(path, entry.document))
        if problem:
            yield f"{path}: {problem}"
    for path, other in check.equal.items():
        seen, wanted = look(path, entry.document), look(other, entry.document)
        if seen is None or seen != wanted:
            yield f"{path}: {seen!r} instead of {wanted!r}, which is {other}"
