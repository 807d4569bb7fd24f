"""What can be seen of a folder, and whether a call changed it wholly, and nothing else."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

SECTIONS = ("datasets", "tunings", "batches", "operations")


def sections(state):
    """The objects of a state by kind and id."""
    return {name: {one.id: one for one in getattr(state, name)} for name in SECTIONS}


class Look:
    """Everything that can be read of a folder and of the folders at its side."""

    def __init__(self, control, folder_id):
        self.folder = control.folder(folder_id)
        self.sides = {one.id: one for one in control.list_folders().folders if f"{folder_id}-" in one.id}
        self.plan = control.list_plans(folder_id).plans
        state = control.state(folder_id)
        self.sections, self.models = sections(state), state.models

    def __eq__(self, other):
        return vars(self) == vars(other)

    __hash__ = None

    def __repr__(self):
        return repr(vars(self))

    def named(self, section, *statuses):
        """Ids of the objects that have one of the statuses."""
        return [key for key, one in self.sections[section].items() if one.status in statuses]


class Attempt(Struct):
    """A call, and what it does to a folder."""

    name: str
    call: Callable[[], Any]
    added: dict[str, int] = {}
    """How many objects there are more, by section."""
    removed: dict[str, set[str]] = {}
    changed: dict[str, set[str]] = {}
    """Which may look otherwise; those removed or added apart."""
    then: Callable[[Look], Any] = lambda _: True
    """Whether what is there afterwards is what was asked for."""
    whole: Callable[[Look, Look], bool] | None = None
    """Judges in place of all of these."""
    done: Callable[[Any], None] = lambda _: None
    """What the worker remembers; it is given the reply, None where there was none."""
    silent: bool = False
    """Whether nothing is to be seen of it."""

    def check(self, before: Look, after: Look) -> None:
        """Raises AssertionError unless `after` is `before` with all of this, and nothing else."""
        if self.whole is not None:
            assert self.whole(before, after), (self.name, before, after)
            return
        for section in SECTIONS:
            old, new = before.sections[section], after.sections[section]
            assert set(old) - set(new) == self.removed.get(section, set()), (
                self.name,
                section,
                before,
                after,
            )
            assert len(set(new) - set(old)) == self.added.get(section, 0), (self.name, section, before, after)
            touched = {key for key in set(old) & set(new) if old[key] != new[key]}
            assert touched <= self.changed.get(section, set()), (self.name, section, before, after)
        assert (after.folder, after.sides) == (before.folder, before.sides), (self.name, before, after)
        assert self.then(after), (self.name, before, after)
