"""A probing of an account from its first question to the file with its answers."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from typing import Any

from aistudio_conformance.case import Server
from aistudio_conformance.probe.account import Account, CannotAsk
from aistudio_conformance.probe.asking import Asked, asked, left
from aistudio_conformance.probe.question import Question
from aistudio_conformance.probe.redaction import Shown
from aistudio_conformance.recording.tape import now
from aistudio_conformance.remote_target import Access, RemoteTarget
from aistudio_conformance.target import TargetError

FORMAT = 1


class Probing:
    """What came of it, also when it was interrupted: `asked`, and `left`, ids that could not be deleted."""

    def __init__(self, access: Access, foreign_dataset: str = "") -> None:
        self.asked: list[Asked] = []
        self.left: list[str] = []
        self._access = access
        self._foreign_dataset = foreign_dataset
        self._target = RemoteTarget(access)
        self._began, self._is_whole = now(), False

    def ask(
        self,
        questions: Sequence[Question],
        begin: Callable[[Question], None],
        tell: Callable[[Asked], None],
    ) -> None:
        """Asks one after the other, and deletes in the end what was made. Raises TargetError."""
        access = self._access
        with self._target as target:
            folder = target.new_folder(Server(), 0)
            shown = Shown(access.folder_id, folder.secrets, target.origin)
            place = folder.place("iam-token" if access.iam_token else "api-key")
            with closing(Account(place, shown, self._foreign_dataset)) as account:
                _require_welcome(account)
                try:
                    for question in questions:
                        begin(question)
                        self.asked.append(asked(account, question, shown.text))
                        tell(self.asked[-1])
                    self._is_whole = True
                finally:
                    self.left = [*account.made]
                    self.left = left(account)

    def document(self) -> bytes:
        """The evidence, as JSON: what each question was answered, and what that means for each behaviour."""
        rows: dict[str, Any] = {
            row: {"means": means, "question": one.id}
            for one in self.asked
            for row, means in one.means.items()
        }
        document = {
            "evidence": FORMAT,
            "suite": version("aistudio-mock"),
            "target": self._target.description,
            "began": self._began,
            "ended": now(),
            "complete": self._is_whole,
            "left": len(self.left),
            "behaviours": dict(sorted(rows.items())),
            "questions": [_question(one) for one in self.asked],
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _require_welcome(account: Account) -> None:
    """Raises TargetError unless the account may list its datasets: else every answer would be the same."""
    try:
        account.need("DatasetService/List", folder_id=account.folder_id, page_size=1)
    except CannotAsk as error:
        raise TargetError(f"the account cannot be asked: {error}") from None


def _question(one: Asked) -> dict[str, Any]:
    return {
        "id": one.id,
        "asks": one.question,
        "open": one.open,
        "means": one.means,
        **({"problem": one.problem} if one.problem else {}),
        "exchanges": one.exchanges,
    }
