"""How a conversation went beside one without a defect: where the two part is where the reader looks first."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import groupby

from msgspec import Struct

from aistudio_conformance.journal import Entry, Journal

_LONGEST = 60
"""Lines shown of one conversation: a client that does not end may have said thousands."""


class Row(Struct, frozen=True):
    """One line of two conversations side by side; empty where one of them has nothing."""

    reference: str
    seen: str
    differs: bool
    is_first: bool = False
    """Whether the conversations part here."""


@cache
def conversations() -> Mapping[str, Sequence[str]]:
    """What a client without a defect says in each case of every pack, by the case's id."""
    package = files("aistudio_conformance")
    packs = [one for one in package.iterdir() if one.name.startswith("conversations")]
    told: dict[str, Sequence[str]] = {}
    for pack in packs:
        told |= json.loads(pack.read_text("utf-8"))
    return told


def conversation(journal: Journal) -> list[str]:
    """The calls and how each was answered, in the order of their answers; what repeats stands once."""
    return [told for told, _ in groupby(map(_told, journal.entries))]


def side_by_side(reference: Sequence[str], seen: Sequence[str]) -> tuple[Row, ...]:
    """Both conversations, line by line, with the first step that differs marked."""
    rows: list[Row] = []
    for row in _rows(reference, seen):
        if len(rows) == _LONGEST:
            return (*rows, Row("…", "… and so on", differs=False))
        is_first = row.differs and not any(one.differs for one in rows)
        rows.append(Row(row.reference, row.seen, row.differs, is_first))
    return tuple(rows)


def _rows(reference: Sequence[str], seen: Sequence[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, reference, seen, autojunk=False)
    for kind, left, left_end, right, right_end in matcher.get_opcodes():
        for offset in range(max(left_end - left, right_end - right)):
            ours = reference[left + offset] if left + offset < left_end else ""
            theirs = seen[right + offset] if right + offset < right_end else ""
            yield Row(ours, theirs, kind != "equal")


def _told(entry: Entry) -> str:
    return " ".join(filter(None, (entry.method, "→", entry.status, entry.error_code)))
