"""RPCs in OpenAI's form: chat completions, responses and embeddings."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from google.protobuf.message import Message

from aistudio_mock.backend.heard import RestCall
from aistudio_mock.domain.errors import ApiError, InvalidArgument
from aistudio_mock.domain.instant import SECOND
from aistudio_mock.transport.admission import Entered, bug
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http import openai_chat, openai_responses, openai_responses_told, rest_json
from aistudio_mock.transport.http.openai_call import OpenAiCall
from aistudio_mock.transport.http.openai_embeddings import Asked
from aistudio_mock.transport.http.rest import Face, answered, body_of, hear, parsed

_TYPES: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


_USUAL = "invalid_request_error"


def refusal(error: ApiError) -> rest_json.Document:
    """An error in OpenAI's form."""
    status = HTTP_STATUS[error.code]
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _TYPES.get(status, _USUAL)
    return {"error": {"message": error.message, "type": kind}}


class OpenAiFace(Face):
    """An RPC in OpenAI's form."""

    call_class = OpenAiCall
    too_long = InvalidArgument  # clients in this form send again what is refused as too much

    def _refusal(self, error: ApiError, request_id: str) -> rest_json.Document:  # noqa: ARG002 - not in this form
        return refusal(error)


class _Text(OpenAiFace):
    """TextGenerationService/Completion in another form."""

    stream_type = "text/event-stream; charset=utf-8"

    def _is_stream(self, entered: Entered) -> bool:
        asked: Any = entered[1]
        return bool(asked.completion_options.stream)


class Chat(_Text):
    """Chat completions."""

    def _fields(self, request: web.Request, heard: RestCall, body: bytes) -> rest_json.Document:  # noqa: ARG002
        assert isinstance(heard, OpenAiCall)
        fields, heard.wants_usage = openai_chat.request(parsed(body))
        return fields

    def _document(self, heard: RestCall, entered: Entered, reply: Message) -> rest_json.Document:
        return openai_chat.answer(reply, _heading(heard, entered))

    def _writer(self, heard: RestCall, entered: Entered) -> Callable[[Message], bytes]:
        assert isinstance(heard, OpenAiCall)
        is_set = entered[2].settings.behaviours.openai_stream_usage == "by-itself"
        return openai_chat.events(_heading(heard, entered), usage_by_itself=is_set or heard.wants_usage)

    def _broken(self, error: ApiError, request_id: str) -> bytes:
        return openai_chat.event(self._refusal(error, request_id))


class Responses(_Text):
    """Responses. They are not kept."""

    def _fields(self, request: web.Request, heard: RestCall, body: bytes) -> rest_json.Document:  # noqa: ARG002
        return openai_responses.request(parsed(body))

    def _document(self, heard: RestCall, entered: Entered, reply: Message) -> rest_json.Document:
        return openai_responses_told.answer(reply, _heading(heard, entered))

    def _writer(self, heard: RestCall, entered: Entered) -> Callable[[Message], bytes]:
        return openai_responses_told.Events(_heading(heard, entered)).write

    def _broken(self, error: ApiError, request_id: str) -> bytes:  # noqa: ARG002 - not in this form
        said = {"type": "error", "code": "server_error", "message": error.message, "param": None}
        return openai_responses_told.named(said)


class Embeddings(OpenAiFace):
    """Embeddings: an EmbeddingsService/TextEmbedding for each text, answered together."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Reads one request and answers it."""
        heard = hear(request, self._route.name, OpenAiCall)
        headers = self._admission.headers(heard)
        replies: list[Message] = []
        try:
            heard.body = await body_of(request, self.too_long)
            asked = await self._asked(request, heard)
            for fields in asked.requests:
                heard = _another(request, heard) if replies else heard
                replies.append(await self._one(request, heard, fields))
        except ApiError as error:
            return self._refused(heard, error, headers)
        except Exception as found:  # noqa: BLE001 - no request may crash the server
            return self._refused(heard, bug(self._route, found), headers)
        return answered(asked.answer(replies), headers)

    async def _asked(self, request: web.Request, heard: OpenAiCall) -> Asked:
        try:
            return Asked(parsed(heard.body))
        except InvalidArgument as problem:
            await self._let_in(request, heard, _raising(problem))
            raise

    async def _one(self, request: web.Request, heard: OpenAiCall, fields: rest_json.Document) -> Message:
        """The reply to one text, which is a call of its own to faults, limits and the journal."""
        entered, replies = await self._let_in(request, heard, lambda: fields)
        reply = await anext(replies)
        heard.replies = (reply.SerializeToString(),)
        self._admission.answered(self._route, heard, entered)
        return reply


def _another(request: web.Request, heard: OpenAiCall) -> OpenAiCall:
    other = hear(request, heard.method, OpenAiCall)
    other.request_id = heard.request_id
    return other


def _raising(problem: InvalidArgument) -> Callable[[], rest_json.Document]:
    def fields() -> rest_json.Document:
        raise problem

    return fields


def _heading(heard: RestCall, entered: Entered) -> rest_json.Document:
    asked: Any = entered[1]
    return {"id": f"chatcmpl-{heard.request_id}", "created": heard.at // SECOND, "model": asked.model_uri}
