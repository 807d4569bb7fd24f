"""What is watched of a server in every case: rules that hold whatever it is asked; pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.seen import Seen, kept, not_applicable, violated

_ID = re.compile(r"[a-z]{3}[0-9a-v]{17}")
_WHOLE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_OPERATION = "yandex.cloud.operation.Operation"
_TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELED"})


class ServerMonitor(Struct, frozen=True):
    """One always-on rule of servers: its id, its row of the ledger, and how it is seen in a journal."""

    name: str
    rule: str
    look: Callable[[Journal], Seen]

    @property
    def check(self) -> str:
        """How findings name it."""
        return f"monitor/{self.name}"


def ids_have_their_shape(journal: Journal) -> Seen:
    """Every id is three letters and 17 characters of [0-9a-v]."""
    return _each(_ids(journal), lambda text: bool(_ID.fullmatch(text)), "is no id of the platform")


def operations_in_whole_seconds(journal: Journal) -> Seen:
    """Operations and datasets have their moments in whole seconds."""
    return _each(_moments(journal), lambda text: bool(_WHOLE_SECOND.fullmatch(text)), "is no whole second")


def tasks_in_microseconds(journal: Journal) -> Seen:
    """Tuning tasks have their moments with six digits."""
    moments = [
        (entry, str(task[name]))
        for entry, task in _tasks(journal)
        for name in ("created_at", "started_at", "finished_at")
        if name in task
    ]
    # One in a thousand ends in 000, which JSON leaves out. Several, all without, are no chance.
    texts = {text for _, text in moments}
    by_chance = len(texts) == 1 or any(map(_MICROSECONDS.fullmatch, texts))
    right = _MICROSECONDS, *((_MILLISECONDS,) if by_chance else ())
    return _each(
        iter(moments), lambda text: any(shape.fullmatch(text) for shape in right), "has not six digits"
    )


def done_has_an_outcome(journal: Journal) -> Seen:
    """An operation that is done has a response or an error, and one that is not has no response."""
    polls = _operations(journal)
    odd = [
        entry
        for entry in polls
        if bool(entry.response.get("done")) is not bool({"response", "error"} & entry.response.keys())
    ]
    if odd:
        return violated("`done` and the outcome do not agree", odd)
    return kept(polls) if polls else not_applicable("no operation was seen")


def done_stays_done(journal: Journal) -> Seen:
    """What is done does not change any more."""
    last: dict[str, Entry] = {}
    polls = _operations(journal)
    for entry in polls:
        before = last.get(str(entry.response.get("id")))
        if before and before.response.get("done") and before.response != entry.response:
            return violated("an operation changed after it was done", [before, entry])
        last[str(entry.response.get("id"))] = entry
    return kept(polls) if polls else not_applicable("no operation was seen")


def time_does_not_go_back(journal: Journal) -> Seen:
    """Nothing is modified before it was created, and later answers do not show earlier moments."""
    latest: dict[tuple[str, str], tuple[str, Entry]] = {}
    objects = [*_dated(journal)]
    for entry, kind, found, name in objects:
        moment, created = str(found.get(name)), str(found.get("created_at"))
        key = kind, str(found.get("id") or found.get("dataset_id"))
        before = latest.get(key)
        if moment < created:
            return violated(f"{name} is before created_at", [entry])
        if before and moment < before[0]:
            return violated(f"{name} went back", [before[1], entry])
        latest[key] = moment, entry
    return kept([objects[-1][0]]) if objects else not_applicable("nothing dated was seen")


def terminal_status_stays(journal: Journal) -> Seen:
    """A task that is over has the same status in every later answer."""
    over: dict[str, tuple[str, Entry]] = {}
    tasks = [*_tasks(journal)]
    for entry, task in tasks:
        name, status = str(task.get("task_id")), str(task.get("status"))
        if name in over and over[name][0] != status:
            return violated(f"task {name} was {over[name][0]} and is {status}", [over[name][1], entry])
        if status in _TERMINAL:
            over[name] = status, entry
    return kept([tasks[-1][0]]) if tasks else not_applicable("no task was shown")


def both_creators(journal: Journal) -> Seen:
    """A dataset tells its creator in the new field and in the deprecated one."""
    shown = [(entry, dataset) for entry, dataset in _datasets(journal)]
    odd = [
        entry
        for entry, one in shown
        if not one.get("created_by") or one.get("created_by") != one.get("created_by_id")
    ]
    if odd:
        return violated("created_by and created_by_id do not agree", odd)
    return kept([shown[-1][0]]) if shown else not_applicable("no dataset was shown")


def _each(found: Iterator[tuple[Entry, str]], is_right: Callable[[str], bool], wrong: str) -> Seen:
    last = None
    for entry, text in found:
        if not is_right(text):
            return violated(f"{text!r} {wrong}", [entry])
        last = entry
    return kept([last]) if last else not_applicable("there was none")


def _ids(journal: Journal) -> Iterator[tuple[Entry, str]]:
    for entry in _operations(journal):
        yield entry, str(entry.response.get("id"))
    for entry, dataset in _datasets(journal):
        yield entry, str(dataset.get("dataset_id"))
    for entry, task in _tasks(journal):
        yield entry, str(task.get("task_id"))


def _moments(journal: Journal) -> Iterator[tuple[Entry, str]]:
    for entry, _, found, name in _dated(journal):
        yield entry, str(found.get("created_at"))
        yield entry, str(found.get(name))


def _dated(journal: Journal) -> Iterator[tuple[Entry, str, Mapping[str, Any], str]]:
    for entry in _operations(journal):
        yield entry, "operation", entry.response, "modified_at"
    for entry, dataset in _datasets(journal):
        yield entry, "dataset", dataset, "updated_at"


def _operations(journal: Journal) -> list[Entry]:
    return [one for one in journal.entries if one.response_type == _OPERATION and one.responses]


def _datasets(journal: Journal) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    for entry in journal.entries:
        shown = entry.response.get("dataset"), *entry.response.get("datasets", ())
        yield from ((entry, dataset) for dataset in shown if dataset)


def _tasks(journal: Journal) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    for entry in journal.entries:
        for task in filter(
            None, (entry.response.get("tuning_task"), *entry.response.get("tuning_tasks", ()))
        ):
            yield entry, task


SERVER_MONITORS: Mapping[str, ServerMonitor] = {
    monitor.name: monitor
    for monitor in (
        ServerMonitor("ids-have-their-shape", "server-ids", ids_have_their_shape),
        ServerMonitor("operations-in-whole-seconds", "server-whole-seconds", operations_in_whole_seconds),
        ServerMonitor("tasks-in-microseconds", "server-task-microseconds", tasks_in_microseconds),
        ServerMonitor("done-has-an-outcome", "server-done-with-outcome", done_has_an_outcome),
        ServerMonitor("done-stays-done", "server-done-is-final", done_stays_done),
        ServerMonitor("time-does-not-go-back", "server-time-forward", time_does_not_go_back),
        ServerMonitor("terminal-status-stays", "server-terminal-stays", terminal_status_stays),
        ServerMonitor("both-creators", "server-both-creators", both_creators),
    )
}
"""By name."""
