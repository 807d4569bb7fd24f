"""An ear on the wire: what the SDK hears when it polls an operation."""

from dataclasses import dataclass, field

import grpc

_GET = "/yandex.cloud.operation.OperationService/Get"


@dataclass(eq=False)
class Polls(grpc.aio.UnaryUnaryClientInterceptor):
    """Every reply of OperationService/Get; the SDK takes it as its public argument `interceptors`."""

    heard: list[tuple[str, bool]] = field(default_factory=list)
    """(operation id, was it done), in order."""

    async def intercept_unary_unary(self, continuation, client_call_details, request):
        reply = await (await continuation(client_call_details, request))
        if client_call_details.method in {_GET, _GET.encode()}:
            self.heard.append((reply.id, reply.done))
        return reply
