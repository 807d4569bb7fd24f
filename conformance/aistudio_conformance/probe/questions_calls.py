"""Questions about every call: credentials, fields, headers, ids that nobody knows. Refusals only."""

from typing import Any

from aistudio_conformance.probe.account import Account, Answer, CannotAsk
from aistudio_conformance.probe.question import ANOTHER, Meanings, Question, stated
from aistudio_protos.pool import message_class

_MISSING = "IAM token or API key has to be passed in request"
_CLIENT_REQUEST = "0c7e4f5a-0000-4000-8000-0123456789ab"
_HEADERS = {"x-request-id", "x-server-trace-id"}


def credentials(account: Account) -> Meanings:
    """Calls without credentials, and with ones that nobody issued."""
    folder: dict[str, Any] = {"folder_id": account.folder_id}
    none = account.ask("DatasetService/List", metadata=(), **folder)
    key, token = (
        account.ask("DatasetService/List", metadata=(("authorization", wrong),), **folder)
        for wrong in (f"Api-Key AQVN{'made-up' * 5}", f"Bearer t1.{'made-up' * 4}.{'made-up' * 12}Aw")
    )
    early = account.ask("DatasetService/Describe", metadata=())
    known = key.message.startswith("Unknown api key") and "The token is invalid" in token.message
    return {
        "credentials-missing": stated(none.status == "UNAUTHENTICATED", none.message == _MISSING),
        "credentials-unknown": stated(key.status == token.status == "UNAUTHENTICATED", known),
        "credentials-before-fields": stated(early.status == "UNAUTHENTICATED"),
    }


def fields(account: Account) -> Meanings:
    """A request whose fields break the contract."""
    answer = account.ask("DatasetService/Create", folder_id=account.folder_id)
    worded = answer.message.startswith("Validation error:\n") and "name: " in answer.message
    kinds = _details(answer)
    return {
        "field-validation-wording": stated(answer.status == "INVALID_ARGUMENT", worded),
        "error-request-info": stated({"google.rpc.RequestInfo", "google.rpc.BadRequest"} <= kinds),
    }


def _details(answer: Answer) -> set[str]:
    raw = answer.trailing.get("grpc-status-details-bin", b"")
    try:
        status = message_class("google.rpc.Status").FromString(raw)
    except ValueError:  # DecodeError is one
        return set()
    return {one.type_url.rpartition("/")[2] for one in status.details}  # type: ignore[attr-defined]


def headers(account: Account) -> Meanings:
    """The metadata of an answer and of a refusal."""
    sent = (*account.authorization, ("x-client-request-id", _CLIENT_REQUEST))
    good = account.ask("DatasetService/List", metadata=sent, folder_id=account.folder_id, page_size=1)
    bad = account.ask("DatasetService/Describe", metadata=sent, dataset_id=account.unknown("fds"))
    blocks = (good.trailing, bad.trailing)
    echoed = all(block.get("x-client-request-id") == _CLIENT_REQUEST for block in blocks)
    return {"response-headers": stated(echoed, all(block.keys() >= _HEADERS for block in blocks))}


def unreadable(account: Account) -> Meanings:
    """A method that does not exist, and bytes that are no message."""
    method = account.ask_bytes("DatasetService/Descrbe", b"")
    request = account.ask_bytes("DatasetService/Describe", b"\xff\xff\xff")
    hint = "Descrbe" in method.message and "Describe" in method.message
    said = (request.status, request.message) == ("INTERNAL", "Invalid protobuf byte sequence")
    return {
        "unknown-method-hint": stated(method.status == "UNIMPLEMENTED", hint),
        "request-undecodable": stated(said),
    }


def unknown_ids(account: Account) -> Meanings:
    """Ids that nothing has."""
    dataset, operation = account.unknown("fds"), account.unknown("ftn")
    described = account.ask("DatasetService/Describe", dataset_id=dataset)
    got = account.ask("OperationService/Get", operation_id=operation)
    cancelled = account.ask("OperationService/Cancel", operation_id=operation)
    return {
        "dataset-not-found": _not_found(dataset, described),
        "operation-not-found": _not_found(operation, got, cancelled),
    }


def _not_found(name: str, *answers: Answer) -> str:
    return stated(all(one.status == "NOT_FOUND" and name in one.message for one in answers))


def foreign(account: Account) -> Meanings:
    """An object of another folder."""
    if not account.foreign_dataset:
        raise CannotAsk(
            "no dataset of another folder is known; name one that these credentials may not see "
            "with --foreign-dataset"
        )
    answer = account.ask("DatasetService/Describe", dataset_id=account.foreign_dataset)
    values = {"PERMISSION_DENIED": "permission-denied", "NOT_FOUND": "not-found"}
    return {"foreign-folder": values.get(answer.status, ANOTHER)}


QUESTIONS = (
    Question(
        id="credentials",
        open="18",
        asks="What is said without credentials and to wrong ones, and is that looked at before the fields?",
        sends=("List without, with a made-up key, with a made-up token", "Describe of nothing without"),
        rows={"credentials-missing": (), "credentials-unknown": (), "credentials-before-fields": ()},
        ask=credentials,
    ),
    Question(
        id="wrong-fields",
        open="18",
        asks="How are fields refused that break the contract?",
        sends=("Create without a name",),
        rows={"field-validation-wording": (), "error-request-info": ()},
        ask=fields,
    ),
    Question(
        id="response-headers",
        open="18",
        asks="Which metadata does an answer have, and which a refusal?",
        sends=("List", "Describe of an unknown dataset"),
        rows={"response-headers": ()},
        ask=headers,
    ),
    Question(
        id="unreadable-calls",
        open="18",
        asks="What is said of a method that does not exist, and of bytes that are no message?",
        sends=("Descrbe", "Describe with 3 wrong bytes"),
        rows={"unknown-method-hint": (), "request-undecodable": ()},
        ask=unreadable,
    ),
    Question(
        id="unknown-ids",
        open="8",
        asks="What is said of a dataset and an operation that do not exist?",
        sends=("Describe", "OperationService/Get", "OperationService/Cancel"),
        rows={"dataset-not-found": (), "operation-not-found": ()},
        ask=unknown_ids,
    ),
    Question(
        id="foreign-folder",
        open="8",
        asks="What is said of a dataset in a folder that the credentials do not belong to?",
        sends=("Describe of --foreign-dataset",),
        rows={"foreign-folder": ("permission-denied", "not-found")},
        ask=foreign,
    ),
)
