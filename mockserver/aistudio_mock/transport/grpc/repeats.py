"""Who asks what was asked before is given that answer, as long as it is the one that would be given.

A client that polls sends the same bytes with the same credential again and again, so this is the way of most
calls. Nothing of a call is left out: it is told of in the journal, and its answer has ids of its own.
"""

from collections.abc import Mapping

import grpc
from msgspec.structs import replace

from aistudio_mock.backend.addresses import Door
from aistudio_mock.backend.heard import GrpcCall, header, size_of
from aistudio_mock.backend.lasting import Asked, Repeat
from aistudio_mock.runtime.clocks import steady_now, system_now
from aistudio_mock.transport.admission import Admission, Entered
from aistudio_mock.transport.grpc.arrival import deadline_of
from aistudio_mock.transport.routes import LastingAnswer, Route

_REMEMBERED = 1_000
"""How many questions of one RPC; then all are forgotten."""

_LONGEST = 4_096
"""Bytes of a question and its answer; longer ones are not worth their memory."""

Header = str | bytes
Question = tuple[bytes, Header | None, Header | None]


class Repeats:
    """What callers of one RPC asked, and the answers that last."""

    def __init__(self, route: Route, lasting: LastingAnswer, admission: Admission, door: Door) -> None:
        self._name, self._path = route.name, route.path
        self._lasting = lasting
        self._admission = admission
        self._identity = admission.identity
        self._door = door
        self._asked: dict[Question, Asked] = {}

    def answer(self, body: bytes, context: grpc.ServicerContext) -> bytes | None:
        """The reply to what was asked before, the whole call done; None where it has to be looked at."""
        arrived = steady_now()
        metadata = context.invocation_metadata()
        first = dict(reversed(metadata))
        asked = self._asked.get(_question(body, first))
        if asked is None or asked.version is not self._identity.version or not asked.lasting.holds(arrived):
            return None
        request_id, headers = self._admission.ids(first.get("x-client-request-id"))
        lasting = asked.lasting
        lasting.folder.journal.repeat(
            Repeat(
                asked,
                system_now(),
                arrived,
                steady_now(),
                request_id,
                metadata,
                context.peer(),
                deadline_of(context),
                self._door,
            )
        )
        context.set_trailing_metadata(headers)
        return lasting.reply

    def keep(self, heard: GrpcCall, entered: Entered, version: object) -> None:
        """A call has been answered. `version` is that of `Identity` before anybody looked at the call."""
        _, request, folder = entered
        if heard.fault or folder.settings.behaviours.quotas != "off":
            return
        lasting = self._lasting(request)
        if lasting is None or lasting.folder is not folder:
            return
        now = steady_now()
        token = self._identity.lasts(header(heard, "authorization"))
        lasting = replace(lasting, until=min(lasting.until, lasting.reading.not_before(now, token)))
        size = size_of(heard.metadata) + len(self._path) + len(heard.body) + len(lasting.reply)
        if size > _LONGEST:
            return
        if len(self._asked) >= _REMEMBERED:
            self._asked.clear()
        asked = Asked(self._name, self._path, heard.body, heard.metadata, lasting, version, size)
        self._asked[_question(heard.body, dict(reversed(heard.metadata)))] = asked


def _question(body: bytes, first: Mapping[Header, Header]) -> Question:
    """All that the answer of a call depends on, apart from what `Lasting.holds` looks at."""
    return body, first.get("authorization"), first.get("x-folder-id")
