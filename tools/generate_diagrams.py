"""Writes docs/reference/{dataset,tuning}-states.md: statuses, drawn from the tables that the code obeys."""

import argparse
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from aistudio_mock.backend.tuning_stories import Run
from aistudio_mock.domain import tuning
from aistudio_mock.domain.behaviours import Behaviours
from aistudio_mock.domain.curves import requested
from aistudio_mock.domain.dataset import LEGAL, Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.operation import Packed
from aistudio_mock.domain.plan import Script
from aistudio_mock.domain.schedule import TuningPlan
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.tuning import Tuning, TuningCommand, TuningStatus
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningMetadata

REFERENCE = Path(__file__).resolve().parent.parent / "docs/reference"
PAGE = REFERENCE / "dataset-states.md"
TUNING_PAGE = REFERENCE / "tuning-states.md"

RPCS = {
    DatasetCommand.UPLOAD: "GetUploadDraftUrl, PUT, Start- or FinishMultipartUploadDraft",
    DatasetCommand.VALIDATE: "Validate",
    DatasetCommand.DOWNLOAD: "GetDownloadUrls",
    DatasetCommand.PREVIEW: "GetPreview",
    DatasetCommand.TUNE_ON: "Tune",
    DatasetCommand.INFER_ON: "a batch run",
    DatasetCommand.UPDATE: "Update",
    DatasetCommand.DELETE: "Delete",
}
"""What a client calls to give each command."""

_STAYS = ""
_ENDS = "[*]"
_LEADS_TO = {
    DatasetCommand.UPLOAD: _STAYS,
    DatasetCommand.VALIDATE: DatasetStatus.VALIDATING.name,
    DatasetCommand.DOWNLOAD: _STAYS,
    DatasetCommand.PREVIEW: _STAYS,
    DatasetCommand.TUNE_ON: _STAYS,
    DatasetCommand.INFER_ON: _STAYS,
    DatasetCommand.UPDATE: _STAYS,
    DatasetCommand.DELETE: _ENDS,
}
_BY_ITSELF = (
    (DatasetStatus.VALIDATING, DatasetStatus.READY, "the conversion ends, every row is valid"),
    (DatasetStatus.VALIDATING, DatasetStatus.INVALID, "the scan ends, some row is not"),
)


def page() -> str:
    """The page: the diagram, then what each status says to each command."""
    return "\n".join(
        [
            "# The statuses of a dataset",
            "",
            "Generated from the table `LEGAL` of `aistudio_mock.domain.dataset` by `make generate`.",
            "The status that counts is the one visible at the folder's *now*.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {line}" for line in _arrows()),
            "```",
            "",
            "Delete removes a dataset at once, so nobody sees DELETING, the contract's fifth status.",
            "",
            "## What each status allows",
            "",
            *_allowed(),
            "",
            "What is not allowed is FAILED_PRECONDITION (a PUT: 403, AccessDenied), and the message says",
            "what would work:",
            "",
            *_refusals(),
            "",
        ]
    )


def _arrows() -> Iterator[str]:
    yield f"[*] --> {DatasetStatus.DRAFT.name}: Create"
    for status in _reached():
        staying = [RPCS[command] for command in _allows(status) if _LEADS_TO[command] == _STAYS]
        if staying:
            yield f"{status.name} --> {status.name}: {', '.join(staying)}"
        for command in _allows(status):
            if _LEADS_TO[command] != _STAYS:
                yield f"{status.name} --> {_LEADS_TO[command]}: {RPCS[command]}"
        for begin, end, event in _BY_ITSELF:
            if begin is status:
                yield f"{begin.name} --> {end.name}: {event}"


def _allowed() -> Iterator[str]:
    statuses = _reached()
    yield "| | " + " | ".join(status.name for status in statuses) + " |"
    yield "|---|" + "---|" * len(statuses)
    for command in DatasetCommand:
        cells = ("yes" if command in LEGAL[status] else "" for status in statuses)
        yield f"| {RPCS[command]} | " + " | ".join(cells) + " |"


def _refusals() -> Iterator[str]:
    for status in _reached():
        for command in DatasetCommand:
            if command not in LEGAL[status]:
                yield f"- {RPCS[command]}: *{_refusal(status, command)}*"


def _refusal(status: DatasetStatus, command: DatasetCommand) -> str:
    begin = Instant(0)
    record = Dataset(
        id="fds…",
        folder_id="b1g…",
        name="",
        task_type="",
        upload_format="",
        created_at=begin,
        created_by="",
        timeline=Timeline.starting(begin, DatasetState(status)),
    )
    try:
        record.require(command, begin)
    except FailedPrecondition as refusal:
        return refusal.message
    raise AssertionError(f"{status.name} allows to {command.value}")


def _reached() -> list[DatasetStatus]:
    """The statuses that something leads to."""
    ends = {DatasetStatus.DRAFT, *(end for _, end, _ in _BY_ITSELF)}
    named = {leads for leads in _LEADS_TO.values() if leads not in {_STAYS, _ENDS}}
    return [status for status in LEGAL if status in ends or status.name in named]


def _allows(status: DatasetStatus) -> list[DatasetCommand]:
    return [command for command in DatasetCommand if command in LEGAL[status]]


TUNING_RPCS = {
    TuningCommand.CANCEL: "Cancel",
    TuningCommand.ARCHIVE: "Archive",
    TuningCommand.ENABLE_BILLING: "EnableBilling",
}
"""What a client calls to give each command; OperationService/Cancel does what TuningService/Cancel does."""

_BECOMES = {
    TuningCommand.CANCEL: TuningStatus.CANCELED,
    TuningCommand.ARCHIVE: TuningStatus.ARCHIVED,
    TuningCommand.ENABLE_BILLING: TuningStatus.PAID,
}
_LIVES = (Script(), Script("fail"), Script("fail", starts=False))
"""A run that completes, one that fails, and one that fails before it has started."""


def tuning_page() -> str:
    """The page: the task's diagram, the operation's, then what each status says to each command."""
    return "\n".join(
        [
            "# The statuses of a tuning",
            "",
            "Generated from the table `LEGAL` of `aistudio_mock.domain.tuning` and from the stories that",
            "a Tune writes, by `make generate`. What counts is the status visible at the folder's *now*.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {line}" for line in _tuning_arrows()),
            "```",
            "",
            "Nothing leads to DRAFT, which the contract names too. An Archive or EnableBilling is an",
            "operation of its own; the status changes when it is done. Without a",
            "[plan](../how-to/plan-outcomes.md) every tuning completes.",
            "",
            "## What its operation tells",
            "",
            "The status in the metadata of the operation stays at PENDING while the task runs, as recorded",
            "(`--set tuning-operation-progress=…` lets it tell more):",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {line}" for line in _operation_arrows()),
            "```",
            "",
            "## What each status allows",
            "",
            *_tuning_allowed(),
            "",
            "What is not allowed is FAILED_PRECONDITION; Cancel of a finished task only with",
            "`--set cancel-finished=refuse`, by default it is answered and changes nothing:",
            "",
            *_tuning_refusals(),
            "",
        ]
    )


def _runs() -> Iterator[Run]:
    plan = TuningPlan(*map(Instant, (1, 2, 3, 4)))
    schedule = requested(None, lr=0, min_lr=0, warmup_ratio=0, n_samples=0, rows=1)
    for script in _LIVES:
        yield Run("ftn…", "ftn…", "", Instant(0), plan, script, schedule, Behaviours())


def _tuning_arrows() -> Iterator[str]:
    yield "[*] --> CREATED: Tune"
    steps = ([mark.state.name for mark in run.task().marks] for run in _runs())
    yield from dict.fromkeys(f"{begin} --> {end}" for names in steps for begin, end in pairwise(names))
    for status, commands in tuning.LEGAL.items():
        for command in TuningCommand:
            if command in commands:
                yield f"{status.name} --> {_BECOMES[command].name}: {TUNING_RPCS[command]}"


def _operation_arrows() -> Iterator[str]:
    yield "[*] --> CREATED: Tune"
    arrows: dict[str, None] = {}
    for run in _runs():
        shown = [_told(mark.state.metadata) for mark in run.operation().marks]
        arrows |= dict.fromkeys(f"{begin} --> {end}" for begin, end in pairwise(shown))
    yield from arrows
    yield from (f"{status} --> CANCELED: Cancel" for status in ("CREATED", "PENDING"))
    yield from (f"{end} --> [*]: done" for end in ("COMPLETED", "FAILED", "CANCELED"))


def _told(metadata: Packed | None) -> str:
    assert metadata is not None  # of a tuning there always is some
    return TuningStatus(TuningMetadata.FromString(metadata.value).status).name


def _tuning_allowed() -> Iterator[str]:
    yield "| | " + " | ".join(status.name for status in tuning.LEGAL) + " |"
    yield "|---|" + "---|" * len(tuning.LEGAL)
    for command in TuningCommand:
        cells = ("yes" if command in commands else "" for commands in tuning.LEGAL.values())
        yield f"| {TUNING_RPCS[command]} | " + " | ".join(cells) + " |"


def _tuning_refusals() -> Iterator[str]:
    for status, commands in tuning.LEGAL.items():
        for command in TuningCommand:
            if command not in commands:
                yield f"- {TUNING_RPCS[command]}: *{_tuning_refusal(status, command)}*"


def _tuning_refusal(status: TuningStatus, command: TuningCommand) -> str:
    begin = Instant(0)
    record = Tuning(
        id="ftn…",
        operation_id="ftn…",
        folder_id="b1g…",
        created_at=begin,
        created_by="",
        request=b"",
        source_model_uri="",
        target_model_uri="",
        timeline=Timeline.starting(begin, status),
        schedule=next(_runs()).schedule,
        training_data=(),
    )
    try:
        record.require(command, begin)
    except FailedPrecondition as refusal:
        return refusal.message
    raise AssertionError(f"{status.name} allows to {command.value}")


def main() -> int:
    """Writes both pages, or with `--check` says whether they are fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    stale = []
    for path, write in ((PAGE, page), (TUNING_PAGE, tuning_page)):
        text = write()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make generate`\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
