"""What every face of the API does with a call before its answer and after it, whatever wire it came by.

Credentials, the folder, faults and the contract let it in; the journal takes it down. Waiting is the wire's
own business: threads wait otherwise than event loops.
"""

import errno
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError, Message

from aistudio_mock.backend.folders import Auth, Folder
from aistudio_mock.backend.heard import GrpcCall, header
from aistudio_mock.backend.identity import Credential, Identity
from aistudio_mock.domain.errors import (
    ApiError,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unauthenticated,
)
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.transport.routes import Route

if TYPE_CHECKING:
    from aistudio_faults.faults import Standing
    from aistudio_mock.backend.rates import Rates

_LOG = logging.getLogger("aistudio_mock.grpc")

_HELD_SHARE = 0.5
"""A read may be held for this share of the caller's deadline."""
_HELD_WITHOUT_DEADLINE = 30.0
"""Seconds, for callers that set no deadline."""

_ECHOED = 256
"""So many characters of the caller's own id are sent back; what is longer is not, or the answer may not fit
the metadata that callers take."""

_IDS = 16
"""The ids of so many calls are made at a time."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Headers = tuple[tuple[str, str], ...]
Read = Callable[[bytes], Message]
Entered = tuple[Credential, Message, Folder]
"""Who calls, with what, and about which folder."""


class Admission:
    """Lets calls in and takes them down."""

    def __init__(self, identity: Identity, ids: Ids, rates: "Callable[[], Rates]") -> None:
        """`rates` is called when a folder limits calls."""
        self.identity: Final = identity
        self._ids = ids
        self._rates = rates
        self._ready: deque[tuple[str, Headers]] = deque()

    def headers(self, heard: GrpcCall) -> Headers:
        """Its answer's headers (service-behaviour a.4): ids of request and trace, the caller's own echoed."""
        heard.request_id, headers = self.ids(header(heard, "x-client-request-id"))
        return headers

    def ids(self, echoed: str | bytes | None) -> tuple[str, Headers]:
        """The id of a new call, and the headers of its answer. `echoed` is the caller's own id."""
        if not self._ready:
            # Many at once: one by one each costs several times as much.
            self._ready.extend(_named(self._ids.of_call()) for _ in range(_IDS))
        try:
            request_id, headers = self._ready.popleft()
        except IndexError:  # others were faster
            request_id, headers = _named(self._ids.of_call())
        if not isinstance(echoed, str) or not 0 < len(echoed) <= _ECHOED:
            return request_id, headers
        # A header may come with any bytes, and is not sent unless it is printable ASCII.
        if echoed.isascii() and echoed.isprintable():
            return request_id, (*headers, ("x-client-request-id", echoed))
        return request_id, headers

    def enter(self, route: Route, heard: GrpcCall, read: Read) -> Entered:
        """The caller, the request that `read` makes of the body, and the folder that the call is about.

        Raises:
            Unauthenticated: the credential will not do.
            Internal: the bytes are no message.
            InvalidArgument: strict, and a header names another folder than the credential's (a.5).
            ResourceExhausted: the folder has called too often.
        """
        authorization = heard.authorization()
        if route.needs_credentials:
            credential = self._authenticate(route, authorization, heard)
        else:
            credential = Credential(self.identity.caller(authorization))
        try:
            request = read(heard.body)
        except DecodeError:
            raise Internal("Invalid protobuf byte sequence") from None
        folder = credential.folder
        if folder is None:
            folder = self._about(route, heard, request)
            if route.needs_credentials and folder.settings.auth is Auth.STRICT:
                self.identity.authenticate(authorization, Auth.STRICT)
        elif folder.settings.auth is Auth.STRICT:
            _require_same(folder, header(heard, "x-folder-id"))
        heard.before = folder.clock.reading
        if folder.settings.behaviours.quotas != "off" and self._rates().enter(folder, heard.method, request):
            heard.session = folder
        return credential, request, folder

    @staticmethod
    def meet(entered: Entered, heard: GrpcCall) -> "Standing | None":
        """The fault that was written for the call, if any; by every wire it is the same call."""
        _, request, folder = entered
        if not folder.faults.standings:
            return None
        from aistudio_faults.edits import values  # noqa: PLC0415 - only where there are faults
        from aistudio_faults.faults import Asked  # noqa: PLC0415

        asked = Asked("grpc", heard.method, lambda path: values(request, path))
        heard.fault = folder.faults.meet(asked, header(heard, "authorization") or "")
        return heard.fault

    def answered(
        self,
        route: Route,
        heard: GrpcCall,
        entered: Entered,
        status: str = "OK",
        message: str = "",
    ) -> None:
        """The call has been answered. The folder is the one that it was about when it came."""
        self._leave(heard)
        credential, request, folder = entered
        if folder is self.identity.nobody and credential.folder is None:
            folder = self._about(route, heard, request)  # which the call itself may have made
            heard.before = heard.before if folder is self.identity.nobody else None
        folder.journal.note(heard, status, message)

    def refused(self, route: Route | None, heard: GrpcCall, error: ApiError) -> Folder:
        """The call has been refused; `route` is None where nothing would have answered it. Its folder."""
        self._leave(heard)
        folder = self.identity.caller(header(heard, "authorization"))
        if folder is None:
            folder = self._about(route, heard, _readable(route, heard.body)) if route else None
        folder = folder or self.identity.nobody
        folder.journal.note(heard, error.name, error.message)
        if error.cut is not None:
            error.cut()
        return folder

    def visit(self, heard: GrpcCall) -> Folder:
        """The folder of a call that no RPC stands behind. Raises Unauthenticated."""
        authorization = heard.authorization()
        credential = self.identity.authenticate(authorization)
        named = header(heard, "openai-project") or header(heard, "x-folder-id") or ""
        folder = credential.folder or self.identity.folder(named) or self.identity.nobody
        if credential.folder is None and folder.settings.auth is Auth.STRICT:
            self.identity.authenticate(authorization, Auth.STRICT)
        heard.before = folder.clock.reading
        return folder

    def _leave(self, heard: GrpcCall) -> None:
        if heard.session is not None:
            self._rates().leave(heard.session, heard.method)
            heard.session = None

    def _authenticate(self, route: Route, authorization: str | None, heard: GrpcCall) -> Credential:
        try:
            return self.identity.authenticate(authorization)
        except Unauthenticated:
            # The folder that the call is about may look less closely than the server.
            named = self._about(route, heard, _readable(route, heard.body))
            return self.identity.authenticate(authorization, named.settings.auth)

    def _about(self, route: Route, heard: GrpcCall, request: Message) -> Folder:
        """The folder that the request names, else the one that a header does (service-behaviour a.3)."""
        folder = route.folder_of(request)
        if folder is not self.identity.nobody:
            return folder
        named = header(heard, "x-folder-id")
        return (self.identity.folder(named) if named else None) or folder


def _named(digits: str) -> tuple[str, Headers]:
    # A UUID of version 4: whoever checks that it is one is content.
    request_id = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
    trace = f"{digits[32:48]}:{digits[48:64]}:{digits[64:]}:1"
    return request_id, (("x-request-id", request_id), ("x-server-trace-id", trace))


def patience(call: GrpcCall) -> float:
    """For how many seconds a read may be held."""
    return _HELD_WITHOUT_DEADLINE if call.deadline is None else call.deadline * _HELD_SHARE


def bug(route: Route, found: Exception) -> ApiError:
    """What a caller is told of an exception: a refusal as it is, anything else is ours and is logged."""
    if isinstance(found, ApiError):
        return found
    if isinstance(found, OSError) and found.errno in _NO_ROOM:
        return ResourceExhausted(f"there is no room for the mock's files ({found.strerror}); make some")
    _LOG.error("bug in aistudio-mock while answering %s", route.path, exc_info=found)
    return Internal(f"bug in aistudio-mock: {type(found).__name__}; its log has the details")


def _require_same(own: Folder, named: str | None) -> None:
    if named is not None and named != own.id:
        raise InvalidArgument(
            f"Specified folder ID '{named}' does not match with service account folder ID '{own.id}'"
        )


def _readable(route: Route, body: bytes) -> Message:
    """The request; an empty one where the bytes are none."""
    try:
        return route.request_class.FromString(body)
    except DecodeError:
        return route.request_class()
