"""Questions one after the other: each ends in an answer, and in the end nothing is left."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from aistudio_conformance.probe.account import UNDO, Account, CannotAsk
from aistudio_conformance.probe.question import Question


class Asked(Struct, frozen=True, kw_only=True):
    """One question and what came of it; `problem` when it could not be asked."""

    id: str
    question: str
    open: str
    means: dict[str, str]
    problem: str
    exchanges: list[dict[str, Any]]


def asked(account: Account, question: Question, shown: Callable[[str], str]) -> Asked:
    """Asks. What goes wrong is an answer as well: nothing but an interruption comes out of here."""
    account.exchanges = []
    means, problem = {}, ""
    try:
        means = question.ask(account)
    except CannotAsk as error:
        problem = f"could not be asked: {shown(str(error))}"
    except Exception as error:  # noqa: BLE001 - a server may answer in ways that nobody has thought of
        problem = f"could not be asked: {type(error).__name__}: {shown(str(error))}"
    return Asked(
        id=question.id,
        question=question.asks,
        open=question.open,
        means=means,
        problem=problem,
        exchanges=account.exchanges,
    )


def left(account: Account) -> list[str]:
    """Undoes whatever questions have made, and gives the ids of what could not be undone."""
    with suppress(CannotAsk):
        for name in _found(account):
            account.made.setdefault(name, "DatasetService/Create")
    for name, made_by in [*account.made.items()]:
        undo, field = UNDO[made_by]
        with suppress(CannotAsk):
            account.need(undo, **{field: name})
    return [*account.made]


def _found(account: Account) -> Sequence[str]:
    """Datasets with names of this run: those too whose Create was never answered. Raises CannotAsk."""
    listed = account.need(
        "DatasetService/List",
        folder_id=account.folder_id,
        dataset_name_pattern=account.prefix,
        page_size=100,
    )
    return [one.dataset_id for one in listed.datasets if one.name.startswith(account.prefix)]
