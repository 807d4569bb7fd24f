"""Checks of where a client goes: endpoints that are listed or not, and where the storage sends it."""

from aistudio_conformance.call_monitors import SECRET
from aistudio_conformance.journal import Entry, Journal
from aistudio_conformance.model import StepReport
from aistudio_conformance.seen import Seen, kept, not_applicable, not_reached, violated

_NEEDED = "ai-foundation-models"
_METHODS = {"dataset.upload": "PUT", "tuning.metrics": "GET"}


def new_endpoint_ignored(step: StepReport, journal: Journal) -> Seen:
    """With an endpoint in the list that nobody knows, the client does what it was asked for."""
    lists = journal.calls("ApiEndpointService/List", "OK")
    if not lists:
        return not_applicable("the client does not look endpoints up")
    if not any(_is_new(one) for one in lists):
        return not_reached("no list with a new endpoint was seen")
    if step.answer is not None and step.answer.ok is not None:
        return kept(lists)
    return violated("the client did not do what it was asked for", lists)


def missing_endpoint_named(step: StepReport, journal: Journal) -> Seen:
    """Without the endpoint that it needs the client fails, and names it."""
    lists = journal.calls("ApiEndpointService/List", "OK")
    if not lists:
        return not_applicable("the client does not look endpoints up")
    without = [one for one in lists if _NEEDED not in _ids(one)]
    if not without:
        return not_reached(f"no list without {_NEEDED} was seen")
    failure = step.answer.error if step.answer else None
    if failure is not None and _NEEDED in failure.message:
        return kept(without)
    return violated(f"the client does not name {_NEEDED}: {failure and failure.message!r}", without)


def no_credentials_elsewhere(step: StepReport, journal: Journal) -> Seen:
    """After the storage has sent the client elsewhere, no request of that kind carries credentials."""
    requests = journal.calls(_METHODS[step.do])
    sent = next((one for one in requests if one.status == "307"), None)
    if sent is None:
        return not_reached("the storage sent nobody elsewhere")
    told = [one for one in requests if one.number > sent.number and _carries_credentials(one)]
    return violated("credentials went where the storage had pointed", told) if told else kept([sent])


def _carries_credentials(entry: Entry) -> bool:
    return any(name == "authorization" or SECRET.search(value) for name, value in entry.metadata)


def _is_new(lists: Entry) -> bool:
    return any(one.get("address", "").endswith(".invalid:443") for one in lists.response.get("endpoints", ()))


def _ids(lists: Entry) -> set[str]:
    return {one.get("id", "") for one in lists.response.get("endpoints", ())}
