"""The OpenAI-compatible face, as far as it goes: the list of models, and a plain word for what is missing."""

from collections.abc import Callable

from aiohttp import web

from aistudio_mock.backend.backend import Backend
from aistudio_mock.domain.errors import ApiError, NotFound, Unimplemented
from aistudio_mock.transport.admission import Admission
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.http.rest import answered, hear

PREFIX = "/v1"
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    501: "server_error",
    503: "server_error",
}
_THERE_IS = (
    "there is GET /v1/models; "
    "ask models by POST /foundationModels/v1/completion, or by gRPC, TextGenerationService/Completion"
)


def routes(backend: Backend, admission: Admission) -> Callable[[web.Application], None]:
    """Adds it to an application."""

    async def models(request: web.Request) -> web.Response:
        heard = hear(request, "Models/List")
        headers = admission.headers(heard)
        try:
            folder = admission.visit(heard)
        except ApiError as error:
            return _refused(admission, request, error)
        found = [
            {"id": uri, "object": "model", "created": 0, "owned_by": "Yandex"}
            for uri in backend.model_list.of(folder)
        ]
        folder.journal.note(heard, "OK")
        return answered({"object": "list", "data": found}, headers)

    async def other(request: web.Request) -> web.Response:
        what = f"{request.method} {request.path}"
        if request.path == f"{PREFIX}/chat/completions":
            return _refused(admission, request, Unimplemented(f"{what} is not imitated; {_THERE_IS}"))
        return _refused(admission, request, NotFound(f"no {what}; {_THERE_IS}"))

    def add(app: web.Application) -> None:
        app.router.add_route("GET", f"{PREFIX}/models", models)
        app.router.add_route("*", f"{PREFIX}{{rest:(/.*)?}}", other)

    return add


def _refused(admission: Admission, request: web.Request, error: ApiError) -> web.Response:
    heard = hear(request, f"{request.method} {request.path}")
    headers = admission.headers(heard)
    admission.refused(None, heard, error)
    status = HTTP_STATUS[error.code]
    kind = _TYPES.get(status, "invalid_request_error")
    return answered({"error": {"message": error.message, "type": kind}}, headers, status)
