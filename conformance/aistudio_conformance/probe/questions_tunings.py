"""Questions about tunings that can start none: listings, ids that nobody knows, refusals.

Every Tune names a base model that does not exist, and a dataset that does not either or has no data. Should
one be taken all the same, its operation is cancelled at once.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aistudio_conformance.probe.account import Account, Answer, CannotAsk
from aistudio_conformance.probe.question import ANOTHER, STATED, UNTOLD, Meanings, Question, by_status, stated

_PAGES = 50
_COMPLETED = 4
_DAY = frozenset({"86400", "86399"})


def last_page(account: Account) -> Meanings:
    """The token of the last page of tunings that has any."""
    page, token = account.need("TuningService/List", folder_id=account.folder_id, page_size=100), ""
    if not page.tuning_tasks:
        raise CannotAsk("there is no tuning in the folder")
    for _ in range(_PAGES):
        if not page.next_page_token:
            return {"tunings-last-page": "empty"}
        if page.next_page_token == token:
            return {"tunings-last-page": ANOTHER}
        token = page.next_page_token
        page = account.need(
            "TuningService/List", folder_id=account.folder_id, page_size=100, page_token=token
        )
        if not page.tuning_tasks:
            return {"tunings-last-page": "token"}
    return {"tunings-last-page": UNTOLD}


def finished(account: Account) -> Meanings:
    """The metrics of a task that somebody has finished before. Of the task itself nothing is shown."""
    page = account.need("TuningService/List", folder_id=account.folder_id, page_size=100)
    tasks = [one.task_id for one in page.tuning_tasks if one.status == _COMPLETED]
    if not tasks:
        raise CannotAsk("there is no finished tuning in the folder")
    answer = account.ask("TuningService/GetMetricsUrl", task_id=tasks[0])
    if answer.status != "OK":
        return {"metrics-when-completed": ANOTHER, "metrics-url-anatomy": UNTOLD}
    given = dict(parse_qsl(urlsplit(answer.reply.load_url).query))
    is_presigned = given.get("X-Amz-Expires") in _DAY and "X-Amz-Signature" in given
    return {"metrics-when-completed": STATED, "metrics-url-anatomy": stated(is_presigned)}


def unknown_task(account: Account) -> Meanings:
    """A task that does not exist."""
    task = account.unknown("ftn")
    answers = [
        account.ask(f"TuningService/{method}", tuning_task_id=task)
        for method in ("Describe", "ListErrors", "Cancel")
    ]
    metrics = account.ask("TuningService/GetMetricsUrl", task_id=task)
    is_named = all(one.status == "NOT_FOUND" and task in one.message for one in (*answers, metrics))
    return {"tuning-not-found": stated(is_named)}


def tune_refused(account: Account) -> Meanings:
    """Tune of what does not exist: complete, without parameters, and with a name against the pattern."""
    kinds: Any = {"text_to_text_completion": {}}
    complete = _tuned(account, **kinds)
    bare = _tuned(account)
    named = _tuned(account, name="Not A Name!", **kinds)
    is_same = (named.status, named.message[:5]) == (complete.status, complete.message[:5])
    is_pattern = named.status == "INVALID_ARGUMENT" and "name" in named.message
    return {
        "tune-parameters-required": stated(bare.status == "INVALID_ARGUMENT"),
        "tune-name": "free" if is_same else "pattern" if is_pattern else ANOTHER,
    }


def _tuned(account: Account, **fields: Any) -> Answer:
    answer = account.ask("TuningService/Tune", **_order(account, account.unknown("fds")), **fields)
    if answer.status == "OK":
        account.ask("OperationService/Cancel", operation_id=answer.reply.id)
        raise CannotAsk("a Tune of what does not exist was taken; it is cancelled")
    return answer


def tune_of_a_draft(account: Account) -> Meanings:
    """Tune of what cannot be trained: refused at once, or taken and failed later."""
    with account.draft() as dataset_id:
        answer = account.ask("TuningService/Tune", **_order(account, dataset_id), text_to_text_completion={})
        if answer.status == "OK":
            account.ask("OperationService/Cancel", operation_id=answer.reply.id)
    values = {"OK": "async", "FAILED_PRECONDITION": "sync", "INVALID_ARGUMENT": "sync", "NOT_FOUND": "sync"}
    return {"tune-refusals": by_status(answer.status, values)}


def _order(account: Account, dataset_id: str) -> dict[str, Any]:
    return {
        "base_model_uri": f"gpt://{account.folder_id}/no-such-model/latest",
        "train_datasets": [{"dataset_id": dataset_id, "weight": 1}],
    }


def drafts(account: Account) -> Meanings:
    """Drafts of tunings, which the contract calls unimplemented; one that does not exist is deleted."""
    answer = account.ask("TuningService/DeleteDraft", tuning_task_id=account.unknown("ftn"))
    return {"tuning-drafts": stated(answer.status == "UNIMPLEMENTED")}


QUESTIONS = (
    Question(
        id="tuning-pages",
        open="4",
        asks="Which token has the last page of tunings?",
        sends=("List to the end",),
        rows={"tunings-last-page": ("token", "empty")},
        ask=last_page,
    ),
    Question(
        id="finished-tuning",
        open="7",
        asks="Has a finished tuning metrics, and what is their URL?",
        sends=("List", "GetMetricsUrl of a finished task, if there is one"),
        rows={"metrics-when-completed": (), "metrics-url-anatomy": ()},
        ask=finished,
    ),
    Question(
        id="unknown-task",
        open="8",
        asks="What is said of a tuning task that does not exist?",
        sends=("Describe", "ListErrors", "Cancel", "GetMetricsUrl"),
        rows={"tuning-not-found": ()},
        ask=unknown_task,
    ),
    Question(
        id="tune-refused",
        open="2, 14",
        asks="What does Tune say of a model and a dataset that do not exist, without parameters, to a name?",
        sends=("Tune of an unknown model with an unknown dataset", "without parameters", "with a wrong name"),
        rows={"tune-parameters-required": (), "tune-name": ("free", "pattern")},
        ask=tune_refused,
    ),
    Question(
        id="tune-of-a-draft",
        open="2",
        asks="Is a Tune of what cannot be trained refused at once, or taken and failed later?",
        sends=("Create", "Tune of an unknown model with the empty draft", "Cancel if it is taken", "Delete"),
        rows={"tune-refusals": ("sync", "async")},
        ask=tune_of_a_draft,
    ),
    Question(
        id="tuning-drafts",
        open="16",
        asks="Are drafts of tunings implemented?",
        sends=("DeleteDraft of an unknown task",),
        rows={"tuning-drafts": ()},
        ask=drafts,
    ),
)
