"""A running mock, by its URL: the control API on plain HTTP/1.1, with nothing but the standard library."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from aistudio_faults.faults import Standing
from aistudio_mock import environment
from aistudio_mock.control_types import (
    Advance,
    ClockShown,
    FaultsToLoad,
    FolderList,
    FolderShown,
    MetricsShown,
    NewFolder,
    Nothing,
    Plans,
    PlanShown,
    PresetList,
    ServerShown,
    SetClock,
    SetMode,
    Standings,
    State,
    Token,
)
from aistudio_mock.domain.errors import BY_CODE, ApiError
from aistudio_mock.handles import Document, Folders, Making, MockFolder

VERSION = 1
"""The version of the control API that this client speaks."""

_PATIENCE = 60.0
"""Seconds to wait for an answer; a clock that moves waits for scans."""

_PREFIX = "/_mock/v1"

_T = TypeVar("_T")


class UnreachableError(ConnectionError):
    """No mock answers at that URL, or what answers is none. The message is one line and says what to do."""


class ControlClient:
    """The control API of the server at `url`. Safe to use from any thread, and after a fork.

    Refusals are raised as the server raises them: `aistudio_mock.domain.errors.ApiError`. `token` is what the
    server asks for where others reach it, by default that of the environment.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._address = _address(url)
        self._token = token or os.environ.get(environment.CONTROL_TOKEN)

    def server(self) -> ServerShown:
        """Where everything of the server is reached."""
        return self._typed(ServerShown, "GET", "/server")

    def certificate(self) -> bytes:
        """The CA that the server's certificate is signed with, in PEM."""
        status, body = self._exchange("GET", "/_mock/ca.pem", None)
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            raise self._foreign(status)
        return body

    def list_folders(self) -> FolderList:
        """Every folder; as `backend.control.Control`, like all below."""
        return self._typed(FolderList, "GET", "/folders")

    def create_folder(self, new: NewFolder) -> FolderShown:
        """A fresh folder."""
        return self._typed(FolderShown, "POST", "/folders", new)

    def folder(self, folder_id: str) -> FolderShown:
        """One folder."""
        return self._typed(FolderShown, "GET", _path(folder_id))

    def delete_folder(self, folder_id: str) -> Nothing:
        """Forgets a folder and everything in it."""
        return self._typed(Nothing, "DELETE", _path(folder_id))

    def reset_folder(self, folder_id: str) -> FolderShown:
        """Empties a folder."""
        return self._typed(FolderShown, "POST", _path(folder_id, "reset"), {})

    def state(self, folder_id: str, at: datetime | None = None) -> State:
        """Every object of a folder as seen now, or at another moment."""
        query = "" if at is None else f"?at={quote(at.isoformat(), safe='')}"
        return self._typed(State, "GET", _path(folder_id, "state") + query)

    def save_folder(self, folder_id: str) -> bytes:
        """The folder as a document."""
        return self._answered("GET", _path(folder_id, "saved"), None)

    def load_folder(self, document: bytes) -> FolderShown:
        """The folder of a document."""
        return msgspec.json.decode(self._answered("POST", "/folders:load", document), type=FolderShown)

    def issue_token(self, folder_id: str) -> Token:
        """A fresh IAM token."""
        return self._typed(Token, "POST", _path(folder_id, "token"), {})

    def clock(self, folder_id: str) -> ClockShown:
        """Virtual time."""
        return self._typed(ClockShown, "GET", _path(folder_id, "clock"))

    def advance_clock(self, folder_id: str, seconds: float) -> ClockShown:
        """Moves time forward."""
        return self._typed(ClockShown, "POST", _path(folder_id, "clock/advance"), Advance(seconds))

    def set_clock(self, folder_id: str, now: datetime) -> ClockShown:
        """Moves time forward to a moment."""
        return self._typed(ClockShown, "POST", _path(folder_id, "clock/set"), SetClock(now))

    def set_mode(self, folder_id: str, time: str) -> ClockShown:
        """Says how time goes from now on."""
        return self._typed(ClockShown, "POST", _path(folder_id, "clock/mode"), SetMode(time))

    def metrics(self, folder_id: str, tuning_id: str) -> MetricsShown:
        """Where a tuning's metrics are read."""
        query = f"?tuning={quote(tuning_id, safe='')}"
        return self._typed(MetricsShown, "GET", _path(folder_id, "metrics") + query)

    def shutdown(self) -> None:
        """Stops the server."""
        self._typed(Nothing, "POST", "/shutdown", {})

    def list_presets(self) -> PresetList:
        """Every preset, with its faults."""
        return self._typed(PresetList, "GET", "/presets")

    def list_faults(self, folder_id: str) -> Standings:
        """Every fault, with what became of it."""
        return self._typed(Standings, "GET", _path(folder_id, "faults"))

    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> Standing:
        """One more fault."""
        return self._typed(Standing, "POST", _path(folder_id, "faults"), fields)

    def load_faults(self, folder_id: str, listed: Sequence[Any]) -> Standings:
        """Further faults: fields, or presets by name."""
        return self._typed(Standings, "POST", _path(folder_id, "faults:load"), FaultsToLoad([*listed]))

    def clear_faults(self, folder_id: str) -> Standings:
        """Forgets every fault."""
        return self._typed(Standings, "DELETE", _path(folder_id, "faults"))

    def list_plans(self, folder_id: str) -> Plans:
        """Every script of the folder's plan, and how often it was used."""
        return self._typed(Plans, "GET", _path(folder_id, "plan"))

    def add_plan(self, folder_id: str, fields: Mapping[str, Any]) -> PlanShown:
        """One more script."""
        return self._typed(PlanShown, "POST", _path(folder_id, "plan"), fields)

    def clear_plans(self, folder_id: str) -> Plans:
        """Forgets every script."""
        return self._typed(Plans, "DELETE", _path(folder_id, "plan"))

    def document(self) -> Document:
        """The OpenAPI document of all this."""
        return self._typed(dict[str, Any], "GET", "/openapi.json")

    def journal(self, folder_id: str, after: int = 0) -> Document:
        """The folder's calls after number `after`, oldest first."""
        return self._typed(dict[str, Any], "GET", f"{_path(folder_id, 'journal')}?after={after}")

    def watch(self, folder_id: str, after: int | None = None) -> Iterator[tuple[str, Document]]:
        """What changes in a folder, as it changes: the name of each event, and what it tells.

        First how everything is, and the calls after number `after`. Ends when the folder is deleted.

        Raises:
            UnreachableError: no mock answers, or it has stopped.
        """
        query = "" if after is None else f"?after={after}"
        with self._asked("GET", f"{_PREFIX}{_path(folder_id, 'events')}{query}", None) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise self._refusal(response.status, response.read())
            name = ""
            for line in response:
                field, _, value = line.rstrip(b"\n").partition(b": ")
                if field == b"event":
                    name = value.decode()
                elif field == b"data":
                    yield name, json.loads(value)
        if name != "gone":
            raise UnreachableError(f"the mock at {self.url} has stopped")

    def _typed(self, kind: type[_T], verb: str, path: str, asked: object = None) -> _T:
        answer = self._answered(verb, path, None if asked is None else msgspec.json.encode(asked))
        try:
            return msgspec.json.decode(answer, type=kind)
        except ValueError:
            raise self._foreign(200) from None

    def _answered(self, verb: str, path: str, body: bytes | None) -> bytes:
        status, answer = self._exchange(verb, _PREFIX + path, body)
        if status == 200:  # noqa: PLR2004 - HTTP's OK
            return answer
        raise self._refusal(status, answer)

    def _refusal(self, status: int, answer: bytes) -> ApiError:
        try:
            refused = json.loads(answer)
            refusal: ApiError = BY_CODE[refused["code"]](refused["message"])
        except (ValueError, KeyError, TypeError):
            raise self._foreign(status) from None
        return refusal

    def _exchange(self, verb: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        with self._asked(verb, path, body) as response:
            return response.status, response.read()

    @contextmanager
    def _asked(self, verb: str, path: str, body: bytes | None) -> Iterator[HTTPResponse]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        # A connection for each call: nothing that could grow stale, or be shared by threads or with a fork.
        connection = HTTPConnection(*self._address, timeout=_PATIENCE)
        try:
            connection.request(verb, path, body, headers)
            yield connection.getresponse()
        except (OSError, HTTPException) as problem:
            raise UnreachableError(
                f"no mock answers at {self.url} ({_told(problem)}); is `aistudio-mock serve` running there?"
            ) from problem
        finally:
            connection.close()

    def _foreign(self, status: int) -> UnreachableError:
        return UnreachableError(
            f"{self.url} answered {status}, and not as an aistudio-mock does; is that one?"
        )


class RemoteServer(Folders):
    """A mock that runs elsewhere, with the members of a started `MockServer`; for `with`.

    Raises:
        UnreachableError: nothing answers there, or no mock of this version.
    """

    def __init__(self, url: str) -> None:
        self._control = ControlClient(url)
        self._server = self._control.server()
        if self._server.version != VERSION:
            raise UnreachableError(
                f"the mock at {url} speaks version {self._server.version} of the control API, "
                f"this client {VERSION}; install the same aistudio-mock on both sides"
            )
        self._trust: dict[str, str] | None = None
        self._kept = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go of the server, which goes on."""
        self.close()

    def close(self) -> None:
        """Removes what was kept of the server here; it goes on."""
        self._kept.close()

    @property
    def endpoint(self) -> str:
        """host:port of plaintext gRPC."""
        return self._server.grpc

    @property
    def tls_endpoint(self) -> str:
        """host:port of gRPC over TLS; its CA is the one that `env` names."""
        return self._server.tls

    @property
    def fault_endpoint(self) -> str:
        """host:port of gRPC where GOAWAY, half answers and drips are met. UnreachableError: not open."""
        if self._server.faults is None:
            raise UnreachableError("that mock has no fault port; start it with serve --fault-port 0")
        return self._server.faults

    @property
    def http_url(self) -> str:
        """Base URL of storage, the REST faces and the control API."""
        return self._server.http

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that lead a child process there. OSError when the CA cannot be kept here."""
        return {
            "YC_API_ENDPOINT": self.tls_endpoint,
            **environment.direct(self.tls_endpoint.rpartition(":")[0].strip("[]"), os.environ),
            **self.trust,
            **environment.identity(self._server.folder_id, self._server.api_key),
            **environment.place(self.endpoint, self.http_url),
        }

    @property
    def trust(self) -> dict[str, str]:
        """The part of `env` that makes clients accept the server's certificate. OSError as `env`."""
        if self._trust is None:
            self._trust = self._trusting()
        return self._trust

    @property
    def default_folder(self) -> MockFolder:
        """The folder of calls that name none; everyone who uses the server shares it."""
        return MockFolder(self._control, self._server.folder_id, self._server.api_key)

    @property
    def _making(self) -> Making:
        return self._control

    def _trusting(self) -> dict[str, str]:
        from aistudio_mock.runtime.certificates import Certificates, bundle  # noqa: PLC0415 - imports ssl

        pem, path = self._control.certificate(), Path(self._server.ca)
        if not _holds(path, pem):  # the server runs on another machine, or in a container
            path = Path(mkdtemp(prefix="aistudio-mock-ca-"), "ca.pem")
            self._kept.callback(rmtree, path.parent, ignore_errors=True)
            path.write_bytes(pem)
        return environment.trust(str(path), str(bundle(Certificates(path, pem, b"", b""))))


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and not parts.path.strip("/"):
            return parts.hostname, parts.port or 80
    except ValueError:  # the port is none
        pass
    raise UnreachableError(f"{url!r} is no address of a mock; use one such as http://127.0.0.1:8444")


def _told(problem: Exception) -> str:
    return str(problem) or type(problem).__name__


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _path(folder_id: str, *rest: str) -> str:
    return "/".join(("/folders", quote(folder_id, safe=""), *rest))
