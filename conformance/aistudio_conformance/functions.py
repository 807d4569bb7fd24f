"""Checks that compare one part of the conversation with another; each a small pure function."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aistudio_conformance.journal import Journal
from aistudio_conformance.model import StepReport
from aistudio_conformance.place_functions import (
    missing_endpoint_named,
    new_endpoint_ignored,
    no_credentials_elsewhere,
)
from aistudio_conformance.seen import Seen, kept, not_reached, violated

_NEXT_TO_NOTHING = 0.05
"""Seconds."""
_AROUND = 12
"""Characters shown before what differs, and half of those after it."""


def url_used_as_given(_: StepReport, journal: Journal) -> Seen:
    """Every PUT goes to an upload URL that was given, with its query in the same order and spelling."""
    puts = journal.calls("PUT")
    if not puts:
        return not_reached("no PUT was seen")
    given = {
        _tail(reply.get("upload_url", "")) for reply in _replies(journal, "DatasetService/GetUploadDraftUrl")
    }
    changed = [put for put in puts if put.url not in given]
    if not changed:
        return kept(puts)
    return violated(f"the URL of the PUT is none that was given{_parted(changed[0].url, given)}", changed)


def waits_until_done(_: StepReport, journal: Journal) -> Seen:
    """Of every operation that is polled, the last answer seen is done."""
    polls = journal.calls("OperationService/Get", "OK")
    if not polls:
        return not_reached("no poll of an operation was seen")
    last = {str(poll.response.get("id")): poll for poll in polls}
    early = [poll for poll in last.values() if not poll.response.get("done")]
    return violated("the client stopped polling before `done`", early) if early else kept([*last.values()])


def model_uri_as_on_the_wire(step: StepReport, journal: Journal) -> Seen:
    """The model that the client tells is one that the service told, byte for byte."""
    told = (step.answer.ok or {}).get("model_uri") if step.answer else None
    if told is None:
        return violated("the client told no model URI")
    replies = [entry for entry in journal.entries if entry.leg != "storage" and _holds(entry.response, told)]
    return kept(replies[-1:]) if replies else violated(f"{told!r} is in no answer of the service")


def tells_of_the_cancel(step: StepReport, _: Journal) -> Seen:
    """The client ends waiting by telling that the task was cancelled: as a status, a code, or in words."""
    answer = step.answer
    if answer is None:
        return violated(f"the client {step.ended}, and told its user nothing")
    if answer.ok is not None:
        status = answer.ok.get("status")
        return kept() if status == "CANCELED" else violated(f"the client told status {status!r}")
    failure = answer.error
    said = failure is not None and (failure.code == "CANCELLED" or "cancel" in failure.message.lower())
    return (
        kept() if said else violated(f"the client told of another failure: {failure and failure.message!r}")
    )


def tuning_told_is_the_tuning_made(step: StepReport, journal: Journal) -> Seen:
    """A tuning that the client says it started was started; one that was answered is not told as failed."""
    made = journal.calls("TuningService/Tune", "OK")
    if step.answer is None:
        return violated(f"the client {step.ended}, and told its user nothing", made)
    if step.answer.ok is None:
        return violated("the client told of a failure, and the tuning was started", made) if made else kept()
    told = step.answer.ok.get("tuning_id")
    shown = [one for one in journal.entries if one.leg != "storage" and _holds(one.response, str(told))]
    return (
        kept(shown[-1:]) if shown else violated(f"the client told of {told!r}, which is in no answer", made)
    )


def each_part_sent_once(_: StepReport, journal: Journal) -> Seen:
    """Every URL of the parts takes one PUT that is stored, and together they are as long as announced."""
    started = journal.calls("DatasetService/StartMultipartUploadDraft", "OK")
    if not started:
        return not_reached("no multipart upload was started")
    parts = [_part(url) for url in started[-1].response.get("multipart_upload_urls", ())]
    puts = [put for put in journal.calls("PUT", "200") if _part(put.url) in parts]
    if sorted(_part(put.url) for put in puts) != sorted(parts):
        return violated(f"{len(parts)} parts were to be sent, each once; {len(puts)} were", puts)
    announced = str((started[-1].request or {}).get("size_bytes"))
    sent = sum(put.body.bytes for put in puts if put.body)
    return kept(puts) if str(sent) == announced else violated(f"{sent} bytes instead of {announced}", puts)


def whole_in_parts_or_refused(step: StepReport, journal: Journal) -> Seen:
    """What is joined is the whole file; or nothing is, and the client tells of a failure."""
    started = journal.calls("DatasetService/StartMultipartUploadDraft", "OK")
    if not started:
        return not_reached("no multipart upload was started")
    if journal.calls("DatasetService/FinishMultipartUploadDraft", "OK"):
        return each_part_sent_once(step, journal)
    failed = step.answer is not None and step.answer.error is not None
    return kept(started) if failed else violated("nothing was joined, and no failure was told", started)


def finish_names_each_part(_: StepReport, journal: Journal) -> Seen:
    """Every Finish lists all parts by their numbers, each with the ETag of that part, quoted or bare."""
    finishes = journal.calls("DatasetService/FinishMultipartUploadDraft")
    started = journal.calls("DatasetService/StartMultipartUploadDraft", "OK")
    if not finishes or not started:
        return not_reached("no multipart upload was finished")
    stored = {_part(put.url): put.body.md5 for put in journal.calls("PUT", "200") if put.body}
    urls = started[-1].response.get("multipart_upload_urls", ())
    wanted = [(number, stored.get(_part(url))) for number, url in enumerate(urls, 1)]
    for finish in finishes:
        parts = (finish.request or {}).get("uploaded_parts", ())
        listed = [(int(part.get("part_num", 0)), part.get("etag", "").strip('"')) for part in parts]
        if listed != wanted:
            return violated("Finish does not list each part with its own ETag, in order", [finish])
    return kept(finishes)


def text_as_on_the_wire(step: StepReport, journal: Journal) -> Seen:
    """The text that the client tells is that of the last answer, whole."""
    answers = journal.calls("TextGenerationService/Completion", "OK")
    if not answers:
        return not_reached("no completion was seen")
    told = (step.answer.ok or {}).get("text") if step.answer else None
    texts = _texts(answers[-1].response)
    return kept(answers[-1:]) if told in texts else violated(f"{told!r} is none of {texts!r}", answers[-1:])


def labels_as_on_the_wire(step: StepReport, journal: Journal) -> Seen:
    """The classes that the client tells are those of the last answer, each with its confidence."""
    answers = journal.calls("TextClassificationService/Classify", "OK")
    if not answers:
        return not_reached("no classification was seen")
    told = (step.answer.ok or {}).get("labels") if step.answer else None
    predictions = answers[-1].response.get("predictions", ())
    given = {one.get("label", ""): one.get("confidence", 0) for one in predictions}
    return kept(answers[-1:]) if told == given else violated(f"{told!r} is not {given!r}", answers[-1:])


def vector_as_on_the_wire(step: StepReport, journal: Journal) -> Seen:
    """The vector that the client tells is that of the last answer for this text."""
    answers = [
        one
        for one in journal.calls("EmbeddingsService/TextEmbedding", "OK")
        if (one.request or {}).get("text") == step.asked.get("text")
    ]
    if not answers:
        return not_reached("no embedding of this text was seen")
    told = ((step.answer.ok or {}).get("vector") if step.answer else None) or []
    given = answers[-1].response.get("embedding", [])
    if told == given:
        return kept(answers[-1:])
    return violated(f"a vector of {len(told)} numbers was told, and is not the one given", answers[-1:])


def collected_text_told(step: StepReport, journal: Journal) -> Seen:
    """The text that the client tells is that of the answer which the operation carries when it is done."""
    begun = {one.response.get("id") for one in journal.calls("TextGenerationAsyncService/Completion", "OK")}
    polls = [one for one in journal.calls("OperationService/Get", "OK") if one.response.get("id") in begun]
    if not begun:
        return not_reached("no completion was asked for that is collected later")
    told = (step.answer.ok or {}).get("text") if step.answer else None
    answers = [one for one in polls if one.response.get("done")]
    if not answers:
        return violated("the client did not poll until the operation was done", polls)
    texts = _texts(answers[-1].response.get("response", {}))
    return kept(answers[-1:]) if told in texts else violated(f"{told!r} is none of {texts!r}", answers[-1:])


def page_tokens_sent_back(_: StepReport, journal: Journal) -> Seen:
    """Every page but the first is asked for with the token of the page before it, unchanged."""
    pages = journal.calls("TuningService/List")
    if len(pages) < 2:  # noqa: PLR2004 - one page shows nothing
        return not_reached("no second page was asked for")
    for before, page in pairwise(pages):
        sent = (page.request or {}).get("page_token", "")
        if sent and sent != before.response.get("next_page_token", ""):
            return violated("the token is not the one of the page before", [before, page])
    return kept(pages)


def request_id_told(step: StepReport, journal: Journal) -> Seen:
    """The failure that the client tells names the request, by the service's id or by its own."""
    refused = [one for one in journal.calls("DatasetService/Describe") if one.status != "OK"]
    if not refused:
        return not_reached("no call was refused")
    failure = step.answer.error if step.answer else None
    own = (one.headers.get("x-client-request-id", "") for one in refused)
    ids = [*filter(None, (*(one.request_id for one in refused), *own))]
    told = failure is not None and any(one in failure.message for one in ids)
    return kept(refused) if told else violated(f"{failure and failure.message!r} names no request", refused)


def gaps_grow(_: StepReport, journal: Journal) -> Seen:
    """The pause before the third attempt is not next to nothing beside that before the second."""
    tries = [one for one in journal.calls("DatasetService/Describe") if one.fault]
    later = [
        one for one in journal.calls("DatasetService/Describe") if tries and one.number > tries[-1].number
    ]
    attempts = [*tries, *later[:1]]
    if len(attempts) < 3:  # noqa: PLR2004 - two pauses
        return not_reached("no third attempt was seen")
    first, second = (
        (after.received_at.real - before.answered_at.real).total_seconds()
        for before, after in pairwise(attempts)
    )
    # A busy machine makes pauses longer, never shorter.
    shrinks = second < first / 2 and second < _NEXT_TO_NOTHING
    return violated(f"{first:.3f} s, and then {second:.3f} s", attempts) if shrinks else kept(attempts)


def dataset_told_is_the_dataset_made(step: StepReport, journal: Journal) -> Seen:
    """A dataset that the client tells of is one that the service told it of."""
    if step.answer is None:
        return violated(f"the client {step.ended}, and told its user nothing")
    if step.answer.ok is None:
        return kept(journal.calls("DatasetService/Create"))
    told = step.answer.ok.get("dataset_id")
    seen = [one for one in journal.entries if one.leg == "grpc" and _holds(one.response, str(told))]
    return kept(seen[-1:]) if seen else violated(f"the client told of {told!r}, which is in no answer")


def validated_only_when_stored(step: StepReport, journal: Journal) -> Seen:
    """Validate is called once a PUT was stored; or the client tells of a failure and validates nothing."""
    puts, validations = journal.calls("PUT"), journal.calls("DatasetService/Validate")
    stored = [one for one in puts if one.status == "200"]
    if not puts:
        return not_reached("no PUT was seen")
    if not validations:
        failed = step.answer is not None and step.answer.error is not None
        return kept(puts) if failed else violated("nothing was validated, and no failure was told", puts)
    refused = puts[0].answered_at.real
    later = [one for one in validations if one.received_at.real >= refused]
    early = [one for one in later if not stored or one.received_at.real < stored[0].answered_at.real]
    return violated("Validate was called before the file was stored", early) if early else kept(stored)


def _texts(completion: Mapping[str, Any]) -> list[str]:
    return [one.get("message", {}).get("text", "") for one in completion.get("alternatives", ())]


def _replies(journal: Journal, method: str) -> Sequence[Mapping[str, str]]:
    return [entry.response for entry in journal.calls(method, "OK")]


def _tail(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _parted(sent: str, given: Iterable[str]) -> str:
    """Where it parts from the most like of those that were given, in words; empty when none was."""
    nearest = max(given, key=lambda one: _alike(sent, one), default="")
    start = max(0, _alike(sent, nearest) - _AROUND)
    pieces = (repr(url[start : start + 4 * _AROUND]) for url in (sent, nearest))
    return f": {' instead of '.join(pieces)}" if nearest else ""


def _alike(one: str, other: str) -> int:
    """How many characters they begin with together."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _part(url: str) -> tuple[str, ...]:
    """Which part of which upload a URL is for, however it is spelt."""
    parts = urlsplit(url)
    named = parse_qs(parts.query)
    return (parts.path, *named.get("uploadId", ()), *named.get("partNumber", ()))


def _holds(value: object, told: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(one, told) for one in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_holds(one, told) for one in value)
    return value == told


FUNCTIONS: Mapping[str, Callable[[StepReport, Journal], Seen]] = {
    function.__name__: function
    for function in (
        url_used_as_given,
        waits_until_done,
        model_uri_as_on_the_wire,
        tells_of_the_cancel,
        tuning_told_is_the_tuning_made,
        each_part_sent_once,
        finish_names_each_part,
        text_as_on_the_wire,
        labels_as_on_the_wire,
        vector_as_on_the_wire,
        collected_text_told,
        page_tokens_sent_back,
        request_id_told,
        gaps_grow,
        dataset_told_is_the_dataset_made,
        validated_only_when_stored,
        whole_in_parts_or_refused,
        new_endpoint_ignored,
        missing_endpoint_named,
        no_credentials_elsewhere,
    )
}
"""By the name that cases use."""
