"""Writes docs/reference/dataset-states.md: a dataset's statuses, drawn from the table that the code obeys."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from aistudio_mock.domain.dataset import LEGAL, Dataset, DatasetCommand, DatasetState, DatasetStatus
from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.timeline import Timeline

PAGE = Path(__file__).resolve().parent.parent / "docs/reference/dataset-states.md"

RPCS = {
    DatasetCommand.UPLOAD: "GetUploadDraftUrl, PUT",
    DatasetCommand.VALIDATE: "Validate",
    DatasetCommand.DOWNLOAD: "GetDownloadUrls",
    DatasetCommand.TUNE_ON: "Tune",
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
    DatasetCommand.TUNE_ON: _STAYS,
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


def main() -> int:
    """Writes the page, or with `--check` says whether it is fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is stale")
    check = parser.parse_args().check
    text = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if check:
        sys.stderr.write(f"stale: {PAGE.name}; run `make generate`\n")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
