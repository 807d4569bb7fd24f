"""Checks of a server that hold one answer against another; each a small pure function of the conversation."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.seen import Seen, kept, not_reached, violated

_SIGNED = ("Algorithm", "Date", "SignedHeaders", "Expires", "Credential", "Signature")
_DAY = frozenset({"86400", "86399"})
_SECONDS = 1.0


def upload_url_as_recorded(journal: Journal) -> Seen:
    """An upload URL names the folder and the dataset, has its parameters in order, and is good for a day."""
    asked = journal.calls("DatasetService/GetUploadDraftUrl", "OK")
    created = journal.calls("DatasetService/Create", "OK")
    folders = {one.response.get("dataset_id"): _dataset(one).get("folder_id") for one in created}
    for one in asked:
        dataset = (one.request or {}).get("dataset_id")
        wrong = _of_url(str(one.response.get("upload_url")), f"/{folders.get(dataset)}/{dataset}")
        if wrong:
            return violated(wrong, [one])
    return kept(asked) if asked else not_reached("no upload URL was asked for")


def _of_url(url: str, path: str) -> str:
    """What is wrong with an upload URL; empty when it is as recorded."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    names = tuple(name.removeprefix("X-Amz-") for name, _ in given)
    values = dict(given)
    if not parts.path.endswith(path):
        return f"the URL's path is {parts.path}, not BUCKET{path}"
    if names != _SIGNED:
        return f"the URL's parameters are {', '.join(names)}, not {', '.join(_SIGNED)}"
    if values["X-Amz-Expires"] not in _DAY:
        return f"the URL is good for {values['X-Amz-Expires']} seconds, not a day"
    return (
        "" if "content-length" in values["X-Amz-SignedHeaders"] else "the URL does not sign the body's length"
    )


def rows_are_those_of_the_validation(journal: Journal) -> Seen:
    """A dataset has as many rows as its validation counted."""
    counted = {
        _metadata(polled).get("dataset_id"): polled
        for polled in _done(journal)
        if "total_rows" in _metadata(polled)
    }
    shown = [one for one in _described(journal) if _dataset(one).get("dataset_id") in counted]
    for one in shown:
        polled = counted[_dataset(one)["dataset_id"]]
        rows, total = _dataset(one).get("rows"), _metadata(polled)["total_rows"]
        if rows != total:
            return violated(f"{rows} rows are shown, {total} were counted", [polled, one])
    return kept(shown) if shown else not_reached("no validated dataset was shown")


def updated_when_the_rows_were_counted(journal: Journal) -> Seen:
    """A dataset was last updated when its conversion ended, not when the operation was done."""
    first = {
        _metadata(polled).get("dataset_id"): polled
        for polled in reversed(journal.calls("OperationService/Get", "OK"))
        if "total_rows" in _metadata(polled) and not polled.response.get("done")
    }
    shown = [one for one in _described(journal) if _dataset(one).get("dataset_id") in first]
    for one in shown:
        polled = first[_dataset(one)["dataset_id"]]
        if not _is_same_moment(_dataset(one).get("updated_at"), polled.response.get("modified_at")):
            return violated("updated_at is not the moment at which the metadata appeared", [polled, one])
    return kept(shown) if shown else not_reached("no validation was seen between its conversion and its end")


def dataset_is_gone(journal: Journal) -> Seen:
    """A deleted dataset is NOT_FOUND."""
    deleted = {
        (one.request or {}).get("dataset_id"): one for one in journal.calls("DatasetService/Delete", "OK")
    }
    after = [
        one
        for one in journal.calls("DatasetService/Describe")
        if (one.request or {}).get("dataset_id") in deleted
        and one.received_at.real >= deleted[(one.request or {}).get("dataset_id")].answered_at.real
    ]
    alive = [one for one in after if one.status != "NOT_FOUND"]
    if alive:
        return violated(f"a deleted dataset is {alive[0].status}", alive)
    return kept(after) if after else not_reached("no deleted dataset was asked for")


def model_uri_is_the_same_everywhere(journal: Journal) -> Seen:
    """The operation's response and the task name the same tuned model."""
    told = {
        polled.response["response"].get("tuning_task_id"): polled
        for polled in _done(journal)
        if "target_model_uri" in polled.response.get("response", {})
    }
    described = journal.calls("TuningService/Describe", "OK")
    over = [one for one in described if _task(one).get("status") == "COMPLETED"]
    tasks = [one for one in over if _task(one).get("task_id") in told]
    for one in tasks:
        polled = told[_task(one)["task_id"]]
        if _task(one).get("target_model_uri") != polled.response["response"]["target_model_uri"]:
            return violated("the task names another model than the operation", [polled, one])
    return kept(tasks) if tasks else not_reached("no finished task was described")


def cancelled_is_shown(journal: Journal) -> Seen:
    """Once its cancel was answered, a task is CANCELED."""
    cancels = [one for one in journal.entries if one.method.endswith("/Cancel") and one.status == "OK"]
    if not cancels:
        return not_reached("nothing was cancelled")
    described = journal.calls("TuningService/Describe", "OK")
    after = [one for one in described if one.received_at.real >= cancels[0].answered_at.real]
    odd = [one for one in after if _task(one).get("status") != "CANCELED"]
    if odd:
        return violated(f"the task is {_task(odd[0]).get('status')}", [cancels[0], *odd])
    return kept(after) if after else not_reached("no cancelled task was described")


def pending_is_frozen(journal: Journal) -> Seen:
    """Between CREATED and done a tuning's operation does not change: it is PENDING, modified once."""
    polls = [
        one
        for one in journal.calls("OperationService/Get", "OK")
        if _metadata(one).get("status") == "PENDING"
    ]
    if len(polls) < 2:  # noqa: PLR2004 - one poll shows nothing
        return not_reached("no two polls saw PENDING")
    moments = {one.response.get("modified_at") for one in polls}
    return kept(polls) if len(moments) == 1 else violated("modified_at moved while PENDING", polls)


def pages_fit_together(journal: Journal) -> Seen:
    """No page of a list is longer than asked, and none repeats what an earlier one had."""
    pages = [one for one in journal.calls("TuningService/List", "OK") if (one.request or {}).get("page_size")]
    seen = set[Any]()
    for page in pages:
        ids = [task.get("task_id") for task in page.response.get("tuning_tasks", ())]
        if len(ids) > int((page.request or {})["page_size"]):
            return violated(f"{len(ids)} on a page of {(page.request or {})['page_size']}", [page])
        if seen & {*ids}:
            return violated("a page repeats what an earlier one had", [page])
        seen |= {*ids}
    return kept(pages) if pages else not_reached("no page was asked for")


def lists_what_was_made(journal: Journal) -> Seen:
    """The list, all its pages together, has every task that was started, the newest first."""
    pages = journal.calls("TuningService/List", "OK")
    made = [_metadata(one).get("tuning_task_id") for one in journal.calls("TuningService/Tune", "OK")]
    if not pages or not made:
        return not_reached("no tunings were made and listed")
    listed = [task.get("task_id") for page in pages for task in page.response.get("tuning_tasks", ())]
    ours = [task for task in listed if task in made]
    wanted = made[::-1]
    return kept(pages) if ours == wanted else violated(f"{listed} were listed, {wanted} were made", pages)


def _described(journal: Journal) -> tuple[Entry, ...]:
    return journal.calls("DatasetService/Describe", "OK")


def _dataset(entry: Entry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.response.get("dataset") or {}
    return found


def _metadata(entry: Entry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.response.get("metadata") or {}
    return found


def _task(entry: Entry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.response.get("tuning_task") or {}
    return found


def _done(journal: Journal) -> Iterator[Entry]:
    return (one for one in journal.calls("OperationService/Get", "OK") if one.response.get("done"))


def _is_same_moment(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return abs((_moment(one) - _moment(other)).total_seconds()) <= _SECONDS


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


SERVER_FUNCTIONS: Mapping[str, Callable[[Journal], Seen]] = {
    function.__name__: function
    for function in (
        upload_url_as_recorded,
        rows_are_those_of_the_validation,
        updated_when_the_rows_were_counted,
        dataset_is_gone,
        model_uri_is_the_same_everywhere,
        cancelled_is_shown,
        pending_is_frozen,
        pages_fit_together,
        lists_what_was_made,
    )
}
"""By the name that cases use."""
