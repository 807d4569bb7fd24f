"""The OpenAI-compatible face, as far as it goes: chat completions, responses, embeddings and models."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from aiohttp import web

from aistudio_mock.backend.backend import Backend
from aistudio_mock.backend.folders import Folder
from aistudio_mock.domain.errors import ApiError, NotFound
from aistudio_mock.transport.admission import Admission
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http import rest_json
from aistudio_mock.transport.http.openai_call import OpenAiCall
from aistudio_mock.transport.http.openai_faces import Chat, Embeddings, Responses, refusal
from aistudio_mock.transport.http.rest import answered, hear
from aistudio_mock.transport.routes import Route
from aistudio_protos.options import HttpRule

PREFIX = "/v1"
_MODELS = f"{PREFIX}/models"
_SERVICES = "/yandex.cloud.ai.foundation_models.v1"
_FACES = (
    (Chat, f"{PREFIX}/chat/completions", f"{_SERVICES}.TextGenerationService/Completion"),
    (Responses, f"{PREFIX}/responses", f"{_SERVICES}.TextGenerationService/Completion"),
    (Embeddings, f"{PREFIX}/embeddings", f"{_SERVICES}.EmbeddingsService/TextEmbedding"),
)
_THERE_IS = f"GET {_MODELS}, GET {_MODELS}/ID, {', '.join(f'POST {path}' for _, path, _ in _FACES)}"


def routes(
    backend: Backend, table: Mapping[str, Route], admission: Admission
) -> Callable[[web.Application], None]:
    """Adds it to an application."""
    models = Models(backend, admission)

    async def other(request: web.Request) -> web.Response:
        heard = hear(request, f"{request.method} {request.path}", OpenAiCall)
        return models.refused(heard, NotFound(f"no {heard.method}; there is {_THERE_IS}"))

    def add(app: web.Application) -> None:
        for face, path, rpc in _FACES:
            route = partial(table.__getitem__, rpc)
            app.router.add_route("POST", path, face(HttpRule("POST", path, "*"), route, admission).answer)
        app.router.add_route("GET", _MODELS, models.all)
        app.router.add_route("GET", f"{_MODELS}/{{id:.+}}", models.one)
        for path in (PREFIX, f"{PREFIX}/{{rest:.*}}"):
            app.router.add_route("*", path, other)

    return add


class Models:
    """Which models there are. No RPC stands behind it."""

    def __init__(self, backend: Backend, admission: Admission) -> None:
        self._backend: Final = backend
        self._admission: Final = admission

    async def all(self, request: web.Request) -> web.Response:
        """All that the folder has."""

        def listed(folder: Folder) -> rest_json.Document:
            known = self._backend.model_list.of(folder)
            return {"object": "list", "data": [_described(uri) for uri in known]}

        return self._answer(hear(request, "Models/List", OpenAiCall), listed)

    async def one(self, request: web.Request) -> web.Response:
        """One of them, by its URI."""
        uri = request.match_info["id"]

        def found(folder: Folder) -> rest_json.Document:
            self._backend.model_list.require(folder, uri)
            return _described(uri)

        return self._answer(hear(request, "Models/Get", OpenAiCall), found)

    def refused(self, heard: OpenAiCall, error: ApiError) -> web.Response:
        """A refusal, taken down."""
        headers = self._admission.headers(heard)
        self._admission.refused(None, heard, error)
        return answered(refusal(error), headers, HTTP_STATUS[error.code])

    def _answer(self, heard: OpenAiCall, tell: Callable[[Folder], rest_json.Document]) -> web.Response:
        try:
            folder = self._admission.visit(heard)
            told = tell(folder)
        except ApiError as error:
            return self.refused(heard, error)
        headers = self._admission.headers(heard)
        folder.journal.note(heard, "OK")
        return answered(told, headers)


def _described(uri: str) -> rest_json.Document:
    return {"id": uri, "object": "model", "created": 0, "owned_by": "Yandex"}
