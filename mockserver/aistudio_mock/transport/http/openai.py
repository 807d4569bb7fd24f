"""The OpenAI-compatible face, as far as it goes: chat completions and the list of models."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aiohttp import web
from google.protobuf.message import Message

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.heard import RestCall
from aistudio_mock.domain.errors import ApiError, NotFound
from aistudio_mock.domain.instant import SECOND
from aistudio_mock.transport.admission import Admission, Entered
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http import openai_chat, rest_json
from aistudio_mock.transport.http.rest import Face, answered, hear, parsed
from aistudio_mock.transport.routes import Route
from aistudio_protos.options import HttpRule

PREFIX = "/v1"
_COMPLETION = "/yandex.cloud.ai.foundation_models.v1.TextGenerationService/Completion"
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    501: "server_error",
    503: "server_error",
}


class Chat(Face):
    """Chat completions: TextGenerationService/Completion in another form."""

    stream_type = "text/event-stream; charset=utf-8"

    def _fields(self, request: web.Request, body: bytes) -> rest_json.Document:  # noqa: ARG002 - all in the body
        return openai_chat.request(parsed(body))

    def _is_stream(self, entered: Entered) -> bool:
        asked: Any = entered[1]
        return bool(asked.completion_options.stream)

    def _document(self, heard: RestCall, entered: Entered, reply: Message) -> rest_json.Document:
        return openai_chat.answer(reply, _heading(heard, entered))

    def _writer(self, heard: RestCall, entered: Entered) -> Callable[[Message], bytes]:
        return openai_chat.events(_heading(heard, entered))

    def _refusal(self, error: ApiError, request_id: str) -> rest_json.Document:  # noqa: ARG002 - not in this form
        return _refusal(error)


def routes(
    backend: Backend, table: Mapping[str, Route], admission: Admission
) -> Callable[[web.Application], None]:
    """Adds it to an application."""
    rule = HttpRule("POST", f"{PREFIX}/chat/completions", "*")
    chat = Chat(rule, partial(table.__getitem__, _COMPLETION), admission)

    async def models(request: web.Request) -> web.Response:
        heard = hear(request, "Models/List")
        headers = admission.headers(heard)
        try:
            folder = admission.visit(heard)
        except ApiError as error:
            return _refused(admission, request, error)
        described = {"object": "model", "created": 0, "owned_by": "Yandex"}
        found = [{"id": uri, **described} for uri in backend.model_list.of(folder)]
        folder.journal.note(heard, "OK")
        return answered({"object": "list", "data": found}, headers)

    async def other(request: web.Request) -> web.Response:
        there_is = f"there is GET {PREFIX}/models, POST {rule.path}"
        return _refused(admission, request, NotFound(f"no {request.method} {request.path}; {there_is}"))

    def add(app: web.Application) -> None:
        app.router.add_route("POST", rule.path, chat.answer)
        app.router.add_route("GET", f"{PREFIX}/models", models)
        for path in (PREFIX, f"{PREFIX}/{{rest:.*}}"):
            app.router.add_route("*", path, other)

    return add


def _heading(heard: RestCall, entered: Entered) -> rest_json.Document:
    asked: Any = entered[1]
    return {"id": f"chatcmpl-{heard.request_id}", "created": heard.at // SECOND, "model": asked.model_uri}


def _refused(admission: Admission, request: web.Request, error: ApiError) -> web.Response:
    heard = hear(request, f"{request.method} {request.path}")
    headers = admission.headers(heard)
    admission.refused(None, heard, error)
    return answered(_refusal(error), headers, HTTP_STATUS[error.code])


def _refusal(error: ApiError) -> rest_json.Document:
    kind = _TYPES.get(HTTP_STATUS[error.code], "invalid_request_error")
    return {"error": {"message": error.message, "type": kind}}
