"""An account under questions: every exchange is noted, and what was made is known so as to be deleted."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf.json_format import MessageToDict
from msgspec import Struct

from aistudio_conformance.probe.redaction import Shown
from aistudio_conformance.probe.storage import Put, get, put
from aistudio_conformance.protocol import Place
from aistudio_protos.pool import POOL, message_class, method_of

_DEADLINE = 30.0
_POLLS = 900
_PACKAGES = {
    "DatasetService": "yandex.cloud.ai.dataset.v1",
    "TuningService": "yandex.cloud.ai.tuning.v1",
    "OperationService": "yandex.cloud.operation",
}
_SCHEMES = {"iam-token": "Bearer", "api-key": "Api-Key", "none": ""}
TASK_TYPE = "TextToTextGeneration"

TROUBLE = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"})
"""A line that is down, or a limit on calls: they answer no question."""

_MADE_BY = {"DatasetService/Create": "dataset_id", "TuningService/Tune": "id"}
UNDO = {
    "DatasetService/Create": ("DatasetService/Delete", "dataset_id"),
    "TuningService/Tune": ("OperationService/Cancel", "operation_id"),
}
_UNDONE_BY = dict(UNDO.values())
_GONE = frozenset({"OK", "NOT_FOUND"})

Pairs = tuple[tuple[str, str], ...]


class CannotAsk(Exception):
    """What has to come before the question did not work. The message is one line."""


class Answer(Struct, frozen=True, kw_only=True):
    """One answer: the name of a status code, its message, the reply if any, and both metadata blocks."""

    status: str
    message: str
    reply: Any
    initial: Mapping[str, Any]
    trailing: Mapping[str, Any]


class Account:
    """Calls of one folder, through the proxy. `exchanges` is what was said since it was last emptied."""

    def __init__(self, place: Place, shown: Shown, foreign_dataset: str = "") -> None:
        self.folder_id = place.folder_id
        self.foreign_dataset = foreign_dataset
        self.exchanges: list[dict[str, Any]] = []
        self.prefix = f"aistudio-probe-{secrets.token_hex(4)}"
        self.made: dict[str, str] = {}
        """What is not undone yet: by which method each id was made."""
        self._place = place
        self._shown = shown
        roots = Path(place.ca).read_bytes()
        self._channel = grpc.secure_channel(place.tls, grpc.ssl_channel_credentials(roots))
        credentials = place.credentials
        self.authorization: Pairs = (("authorization", f"{_SCHEMES[credentials.kind]} {credentials.value}"),)
        self._named = 0

    def close(self) -> None:
        """Ends every call."""
        self._channel.close()

    def unknown(self, prefix: str) -> str:
        """An id of the right shape that nothing has."""
        return prefix + "".join(secrets.choice("0123456789abcdefghijklmnopqrstuv") for _ in range(17))

    def ask(
        self, method: str, *, metadata: Pairs | None = None, trouble: frozenset[str] = TROUBLE, **fields: Any
    ) -> Answer:
        """One call, such as "DatasetService/Create" with the request's fields, and what came of it.

        Raises CannotAsk when the trouble is not the request's.
        """
        described = method_of(path_of(method))
        request: Any = message_class(described.input_type.full_name)(**fields)
        answer = self.raw(method, request.SerializeToString(), described.output_type.full_name, metadata)
        self._keep_account(method, fields, answer)
        self._note(method, _document(request), answer, self._told(metadata))
        if answer.status in trouble:
            raise CannotAsk(f"{method} is {answer.status}: {answer.message}")
        return answer

    def ask_bytes(self, method: str, request: bytes) -> Answer:
        """One call of any method with any bytes."""
        answer = self.raw(method, request, "yandex.cloud.operation.Operation", None)
        self._note(method, {"bytes": request.hex()}, answer, {})
        return answer

    def raw(self, method: str, request: bytes, reply: str, metadata: Pairs | None) -> Answer:
        """One call that is not noted."""
        sent = self.authorization if metadata is None else metadata
        call = self._channel.unary_unary(path_of(method), None, message_class(reply).FromString)
        try:
            answered, ended = call.with_call(request, metadata=sent, timeout=_DEADLINE)
        except grpc.RpcError as error:
            answered, ended = None, error
        return Answer(
            status=ended.code().name,
            message=ended.details() or "",
            reply=answered,
            initial=dict(ended.initial_metadata() or ()),
            trailing=dict(ended.trailing_metadata() or ()),
        )

    def _keep_account(self, method: str, fields: Mapping[str, Any], answer: Answer) -> None:
        """Of what is to be undone in the end."""
        if method in _MADE_BY and answer.status == "OK":
            self.made[getattr(answer.reply, _MADE_BY[method])] = method
        if method in _UNDONE_BY and answer.status in _GONE:
            self.made.pop(fields[_UNDONE_BY[method]], None)

    def need(self, method: str, **fields: Any) -> Any:
        """The reply of a call that has to work. Raises CannotAsk."""
        answer = self.ask(method, **fields)
        if answer.status != "OK":
            raise CannotAsk(f"{method} is {answer.status}: {answer.message}")
        return answer.reply

    def name(self) -> str:
        """A name for a dataset, by which it can be found again."""
        self._named += 1
        return f"{self.prefix}-{self._named}"

    @contextmanager
    def draft(self, task_type: str = TASK_TYPE) -> Iterator[str]:
        """A new dataset's id for `with`; deleted in the end. Raises CannotAsk."""
        dataset_id = self.create(task_type)
        try:
            yield dataset_id
        finally:
            with suppress(CannotAsk):  # it is tried again in the end
                self.ask("DatasetService/Delete", dataset_id=dataset_id)

    def create(self, task_type: str = TASK_TYPE) -> str:
        """A new dataset, and its id. Raises CannotAsk."""
        made = self.need(
            "DatasetService/Create",
            folder_id=self.folder_id,
            name=self.name(),
            task_type=task_type,
            upload_format="jsonlines",
        )
        return str(made.dataset_id)

    def put(self, url: str, body: bytes) -> Put:
        """One PUT to a presigned URL. Raises CannotAsk when nothing answers."""
        try:
            answered = put(HTTPConnection(urlsplit(url).netloc, timeout=_DEADLINE), url, body)
        except (OSError, HTTPException) as error:
            raise CannotAsk(f"the storage does not answer: {type(error).__name__}") from None
        said = {"status": str(answered.status), "message": f"{answered.code} {answered.message}".strip()}
        headers = sorted(answered.headers)
        self._add({"method": "PUT", "url": url, "bytes": len(body)} | said | {"headers": headers})
        return answered

    def get(self, url: str) -> bytes:
        """What a presigned URL gives; only its length is noted. Raises CannotAsk when nothing answers."""
        try:
            stored = get(HTTPConnection(urlsplit(url).netloc, timeout=_DEADLINE), url)
        except (OSError, HTTPException) as error:
            raise CannotAsk(f"the storage does not answer: {type(error).__name__}") from None
        self._add({"method": "GET", "url": url, "bytes": len(stored)})
        return stored

    def uploaded(self, dataset_id: str, rows: Sequence[str]) -> str:
        """Sends a file; the URL that it went to. Raises CannotAsk."""
        body = file_of(rows)
        url = self.need("DatasetService/GetUploadDraftUrl", dataset_id=dataset_id, size_bytes=len(body))
        answered = self.put(url.upload_url, body)
        if answered.status != 200:  # noqa: PLR2004
            raise CannotAsk(f"the storage did not take the file: {answered.status} {answered.code}")
        return str(url.upload_url)

    def ended(
        self, operation: Any, look: Callable[[], Any] = lambda: None
    ) -> tuple[Any, list[tuple[Any, Any]]]:
        """The operation when it is done, and what was seen on the way. Raises CannotAsk.

        That is what `look` gave, and the state of the operation that was asked for right after it.
        """
        pause, seen = Event(), list[tuple[Any, Any]]()
        while not operation.done:
            if len(seen) == _POLLS:
                raise CannotAsk(f"the operation was not done after {_POLLS} polls")
            if seen:
                pause.wait(self._place.poll_interval)
            looked = look()
            operation = self.need("OperationService/Get", operation_id=operation.id)
            seen.append((looked, operation))
        return operation, seen

    def _told(self, metadata: Pairs | None) -> dict[str, str]:
        """Which credentials were sent, where they are not the account's."""
        if metadata is None or set(self.authorization) <= set(metadata):
            return {}
        return {"credentials": "made up" if metadata else "none"}

    def _note(
        self, method: str, request: Mapping[str, Any], answer: Answer, credentials: Mapping[str, str]
    ) -> None:
        reply = {} if answer.reply is None else {"reply": _document(answer.reply)}
        headers = {"initial": sorted(answer.initial), "trailing": sorted(answer.trailing)}
        said = {"status": answer.status, "message": answer.message}
        asked = {"method": method, **credentials, "request": request}
        self._add(asked | said | reply | {"metadata": headers})

    def _add(self, exchange: Mapping[str, Any]) -> None:
        shown = self._shown.document(exchange)
        if shown not in self.exchanges:  # a poll that says nothing new
            self.exchanges.append(shown)


def file_of(rows: Sequence[str]) -> bytes:
    """The file with these rows."""
    return "".join(f"{row}\n" for row in rows).encode()


def path_of(method: str) -> str:
    """The path of a method such as "DatasetService/List"."""
    service = method.partition("/")[0]
    return f"/{_PACKAGES[service]}.{method}"


def _document(message: Any) -> dict[str, Any]:
    document: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=POOL)
    return document
