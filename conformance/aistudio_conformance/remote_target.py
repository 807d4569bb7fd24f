"""Any server as the server of a run, the cloud among them: through the recording proxy, in one folder."""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import grpc
import trustme
from msgspec import Struct

from aistudio_conformance import journal as journals
from aistudio_conformance.case import Case, Server
from aistudio_conformance.protocol import Credentials, Place
from aistudio_conformance.recording.bending import beyond_answers
from aistudio_conformance.recording.grpc_proxy import Door, GrpcProxy, Upstream
from aistudio_conformance.recording.http_proxy import HttpProxy
from aistudio_conformance.recording.tape import Tape
from aistudio_conformance.target import CredentialsKind, TargetError
from aistudio_faults.faults import Fault
from aistudio_protos.pool import message_class

if TYPE_CHECKING:
    from aistudio_conformance.recording.rewriting import Origins

REAL = "api.cloud.yandex.net:443"
"""Where the service lists its endpoints."""

_PATIENCE = 30.0
_LIST = "/yandex.cloud.endpoint.ApiEndpointService/List"
_DISCOVERY = "/yandex.cloud.endpoint."
_HOMES = {"/yandex.cloud.iam.": "iam", "": "ai-foundation-models"}
"""Which endpoint answers a call that came without the client's having looked for one."""

_UNDO = {
    "DatasetService/Create": ("ai.dataset.v1.DatasetService/Delete", "DeleteDatasetRequest", "dataset_id"),
    "TuningService/Tune": ("operation.OperationService/Cancel", "CancelOperationRequest", "operation_id"),
}


class Access(Struct, frozen=True, kw_only=True):
    """How the server is reached, and as whom. `address` is host:port; secrets are never shown."""

    address: str
    folder_id: str
    api_key: str = ""
    iam_token: str = ""
    roots: bytes | None = None
    plaintext: bool = False
    poll_interval: float = 1.0

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Access(address={self.address!r}, folder_id={self.folder_id!r})"


def suits(case: Case, access: Access, *, may_cost: bool) -> str:
    """Why the case cannot run at a server that takes no orders; empty when it can."""
    beyond = _beyond(case)
    if beyond:
        return f"it relies on {', '.join(beyond)}, which only a mock has"
    if case.costs == "money" and not may_cost:
        return "it costs money; --may-cost runs it"
    if case.credentials == "api-key" and not access.api_key:
        return "it needs an API key; set YC_API_KEY"
    if case.credentials == "iam-token" and not access.iam_token:
        return "it needs an IAM token; set YC_IAM_TOKEN"
    return ""


def _beyond(case: Case) -> list[str]:
    """What the case relies on and the proxy cannot give: faults that only change answers it can."""
    needs = set(case.relies_on) - {"journal"}
    if not any(map(beyond_answers, case.faults)):
        needs.discard("faults")
    return sorted(needs)


class RemoteTarget:
    """A server at an address for `with`; cases run one after the other. Raises TargetError."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._tape = Tape()
        self._origins: Origins = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._start(undo)
            self._running = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the proxy; the server is left as it is."""
        self._running.close()

    @property
    def description(self) -> Mapping[str, str]:
        """What reports say of it."""
        return {"kind": "real" if self._access.address == REAL else "remote", "address": self._access.address}

    @property
    def ca(self) -> str:
        """The PEM file of the proxy's CA."""
        return self._ca

    def log(self) -> str:
        """Nothing: the server is not ours."""
        return ""

    def new_folder(self, server: Server, seed: int) -> "RemoteFolder":
        """The folder of the run, with a tape of its own. Raises TargetError."""
        del server, seed
        self._tape.begin(self._access.folder_id)
        self.bending.begin()
        return RemoteFolder(self, self._access, self._tape)

    def place(self, credentials: Credentials) -> Place:
        """Where the proxy is."""
        access = self._access
        return Place(
            grpc=self._plaintext,
            tls=self._tls,
            http=f"http://{self._http.address}",
            ca=self._ca,
            folder_id=access.folder_id,
            credentials=credentials,
            poll_interval=access.poll_interval,
        )

    def origin(self, path: str) -> str:
        """The server's own scheme and host of a storage URL that it gave; empty for any other path."""
        return self._origins.get(path, "")

    def call(self, path: str, request: Any, authorization: str) -> None:
        """One call of the suite's own, which is not on the tape. Raises grpc.RpcError."""
        channel = self._home.upstream(path).channel()
        with channel:
            channel.unary_unary(path)(
                request.SerializeToString(), metadata=(("authorization", authorization),), timeout=_PATIENCE
            )

    def _start(self, undo: ExitStack) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        scratch = undo.enter_context(TemporaryDirectory(prefix="conformance-ca-", ignore_cleanup_errors=True))
        self._ca = str(Path(scratch, "ca.pem"))
        authority.cert_pem.write_to_path(self._ca)
        origins = self._origins
        self._http = HttpProxy(self._tape, origins)
        self._http.start()
        undo.callback(self._http.close)
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        credentials = grpc.ssl_server_credentials([(leaf.private_key_pem.bytes(), chain)])
        proxy = GrpcProxy(self._tape, origins, self._http.address, credentials)
        self.bending = proxy.bending
        undo.callback(proxy.close)
        proxy.onward = self._upstream
        self._home = self._homes()
        self._plaintext = proxy.open(self._home, tls=False)
        self._tls = proxy.open(self._home, tls=True)

    def _upstream(self, address: str) -> Upstream:
        return Upstream(address, self._access.roots, self._access.plaintext)

    def _homes(self) -> Door:
        """Which endpoint of the server each service is at, as the server says. Raises TargetError."""
        first = self._upstream(self._access.address)
        request = message_class("yandex.cloud.endpoint.ListApiEndpointsRequest")
        reply = message_class("yandex.cloud.endpoint.ListApiEndpointsResponse")
        try:
            with first.channel() as channel:
                answer: Any = channel.unary_unary(_LIST, request.SerializeToString, reply.FromString)(
                    request(), timeout=_PATIENCE
                )
        except grpc.RpcError as error:
            problem = error.details() if isinstance(error, grpc.Call) else str(error)
            raise TargetError(f"{self._access.address} does not list its endpoints: {problem}") from None
        listed = {endpoint.id: endpoint.address for endpoint in answer.endpoints}
        homes = {prefix: self._upstream(listed.get(name, first.address)) for prefix, name in _HOMES.items()}
        return Door({_DISCOVERY: first} | homes)


class RemoteFolder:
    """The folder of the run, for one case. It takes no orders; its answers may be changed on their way."""

    def __init__(self, target: RemoteTarget, access: Access, tape: Tape) -> None:
        self._target = target
        self._access = access
        self._tape = tape
        self.id = access.folder_id
        named = {access.api_key: "the API key", access.iam_token: "the IAM token"}
        self.secrets: Mapping[str, str] = {value: name for value, name in named.items() if value}

    def place(self, kind: CredentialsKind) -> Place:
        """Where it is, for a client with such credentials."""
        values = {"api-key": self._access.api_key, "iam-token": self._access.iam_token, "none": ""}
        return self._target.place(Credentials(kind=kind, value=values[kind]))

    def advance(self, seconds: float) -> None:
        """Raises TargetError."""
        raise TargetError(f"the clock of {self._access.address} cannot be moved by {seconds:g} s")

    def add_fault(self, fault: Fault) -> None:
        """From now on answers are changed by the proxy; TargetError for what needs the server itself."""
        try:
            self._target.bending.add(fault)
        except ValueError as problem:
            where = self._access.address
            raise TargetError(
                f"{where} takes no fault for {fault.method or fault.object}: {problem}"
            ) from None

    def journal(self) -> bytes:
        """What the proxy saw of it, as JSON Lines."""
        return self._tape.lines()

    def forget(self) -> None:
        """What the case made is deleted or cancelled, as far as the server lets us."""
        made = journals.read(self._tape.lines().splitlines())
        for method, (undo, request, field) in _UNDO.items():
            package = undo.rpartition(".")[0]
            kind = message_class(f"yandex.cloud.{package}.{request}")
            for entry in made.calls(method, "OK"):
                name = entry.response.get("dataset_id" if field == "dataset_id" else "id", "")
                with suppress(grpc.RpcError):  # it is gone already, or over
                    self._target.call(f"/yandex.cloud.{undo}", kind(**{field: name}), self._authorization())

    def _authorization(self) -> str:
        access = self._access
        return f"Bearer {access.iam_token}" if access.iam_token else f"Api-Key {access.api_key}"
