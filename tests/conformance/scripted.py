"""A service and a storage that answer what a test says, call by call, and remember what they were sent."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
from yandex.cloud.endpoint.api_endpoint_pb2 import ApiEndpoint
from yandex.cloud.endpoint.api_endpoint_service_pb2 import ListApiEndpointsResponse

CUT = "cut"
"""An answer of the storage: the connection ends before it."""


@dataclass
class Call:
    """One call of the service: its request in bytes, and the seconds that it was given."""

    method: str
    request: bytes
    deadline: float | None


@dataclass
class Service(grpc.GenericRpcHandler):
    """Answers by `Service/Method`: messages, or status codes; the last one for ever, a list all at once."""

    script: dict[str, list[Any]]
    calls: list[Call] = field(default_factory=list)
    address: str = ""

    def service(self, details):
        method = details.method.rpartition(".")[2]
        if method == "ApiEndpointService/List":  # it is all here; nobody asks for that
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: self._endpoints())
        if method.endswith("/Completion"):
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: iter(self._next(method, request, context))
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._next(method, request, context)
        )

    def _next(self, method, request, context):
        self.calls.append(Call(method, request, context.time_remaining()))
        steps = self.script[method]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if callable(step):
            step = step()
        if isinstance(step, grpc.StatusCode):
            context.set_trailing_metadata((("x-request-id", "the-request-id"),))
            context.abort(step, f"{method} is {step.name}")
        return (
            [one.SerializeToString() for one in step] if isinstance(step, list) else step.SerializeToString()
        )

    def _endpoints(self):
        here = ApiEndpoint(id="ai-foundation-models", address=self.address)
        return ListApiEndpointsResponse(endpoints=[here]).SerializeToString()

    def requests(self, method, kind):
        """What was asked of one method."""
        return [kind.FromString(call.request) for call in self.calls if call.method == method]

    def methods(self):
        """What was called, in order."""
        return [call.method.partition("/")[2] for call in self.calls]


@contextmanager
def serving(script):
    """The address of a scripted service, and the service."""
    service = Service(script)
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((service,))
    service.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service.address, service
    finally:
        server.stop(None).wait()


@dataclass
class Put:
    """One request to the storage."""

    target: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def storing(*answers):
    """The base URL of a storage that gives these answers, the last one for ever, and what was put there."""
    left, puts = list(answers), []

    class Storage(BaseHTTPRequestHandler):
        timeout = 5  # a body that does not come is no reason to wait for ever

        def do_PUT(self):
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            puts.append(Put(self.path, headers, body))
            answer = left.pop(0) if len(left) > 1 else left[0]
            self.close_connection = True
            if answer == CUT:
                return
            status, text = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", puts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
