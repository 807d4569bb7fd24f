"""The client that blocks: conversations are played in the caller's thread, parts of a file in others."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self, Unpack

import grpc

from aistudio_client import _steps, _wire
from aistudio_client._client import Base, Options, Shown
from aistudio_client._errors import ConfigurationError
from aistudio_client._link import Link, Settings
from aistudio_client._status import rpc_error
from aistudio_client._steps import Flow, Step, Stored
from aistudio_client._verbs.batches import BatchVerbs
from aistudio_client._verbs.datasets import DatasetVerbs
from aistudio_client._verbs.models import ModelVerbs
from aistudio_client._verbs.operations import OperationVerbs
from aistudio_client._verbs.tunings import TuningVerbs
from aistudio_client._verbs.verb import Blocking

_log = logging.getLogger("aistudio_client.wire")

Channels = Callable[[str], Any]
"""Makes the channel to an address."""


class _Stopped(Exception):
    """A part of a file need not be sent any more: another one failed."""


class Driver:
    """Plays conversations with grpcio and httpx. Threads may share one."""

    def __init__(self, settings: Settings, show: Shown = None, channels: Channels | None = None) -> None:
        self._settings = settings
        self._show = show
        self._make_channel = channels or self._channel
        self._channels: dict[str, Any] = {}
        self._https: dict[bool, Any] = {}
        self._lock = Lock()
        self._closed = Event()
        self._ways: Mapping[type[Step], Callable[[Any], Any]] = {
            _steps.Now: lambda _: monotonic(),
            _steps.Chance: lambda _: _wire.chance(),
            _steps.Nonce: lambda _: _wire.nonce(),
            _steps.Work: lambda step: step.function(),
            _steps.Show: lambda step: self._shown(step.progress),
            _steps.Unary: self._unary,
            _steps.Next: lambda step: step.stream.next(),
            _steps.Get: self._get,
            _steps.Together: self._together,
        }

    def play(self, flow: Flow[Any], stop: Event | None = None) -> Any:
        """The result of a conversation; what it raises is raised. `stop` ends it from another thread."""
        items = self._each_step(flow, stop or self._closed)
        while True:
            try:
                next(items)
            except StopIteration as end:
                return end.value

    def each(self, flow: Flow[Any]) -> Iterator[Any]:
        """The items of a conversation, as they are asked for."""
        return self._each_step(flow, self._closed)

    def close(self) -> None:
        """Ends every wait and every call."""
        self._closed.set()
        with self._lock:
            for one in (*self._channels.values(), *self._https.values()):
                one.close()

    def _each_step(self, flow: Flow[Any], stop: Event) -> Generator[Any, None, Any]:
        """Does every step of a conversation but those that emit items, which are passed on."""
        streams: list[Any] = []
        try:
            step = next(flow)
            while True:
                if isinstance(step, _steps.Emit):
                    yield step.item
                    step = flow.send(None)
                    continue
                try:
                    result = self._done(step, stop, streams)
                except BaseException as error:  # noqa: BLE001 - the conversation decides, Ctrl-C included
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return end.value
        finally:
            flow.close()
            for stream in streams:
                stream.cancel()

    def _done(self, step: Step, stop: Event, streams: list[Any]) -> Any:
        match step:
            case _steps.Sleep(seconds):
                return self._slept(seconds, stop)
            case _steps.Put():
                return self._put(step, stop)
            case _steps.Open():
                streams.append(self._opened(step))
                return streams[-1]
        return self._ways[type(step)](step)

    def _shown(self, progress: _steps.Progress) -> None:
        if self._show is not None:
            self._show(progress)

    def _slept(self, seconds: float, stop: Event) -> None:
        if stop.wait(seconds):
            raise _Stopped if stop is not self._closed else ConfigurationError("the client was closed")

    # --- calls ----------------------------------------------------------------------------------------------

    def _unary(self, step: _steps.Unary) -> Any:
        rpc = self._channel_to(step.address).unary_unary(
            step.method.path, _wire.serializer(), step.method.reply.FromString
        )
        began = monotonic()
        try:
            reply = rpc(step.request, timeout=step.timeout, metadata=step.metadata)
        except grpc.RpcError as failure:
            error = rpc_error(step.method.name, failure, step.metadata[0][1])
            _log.debug("%s: %s in %.3f s", step.method.name, error.code, monotonic() - began)
            raise error from None
        _log.debug("%s: OK in %.3f s", step.method.name, monotonic() - began)
        return reply

    def _opened(self, step: _steps.Open) -> "_Stream":
        rpc = self._channel_to(step.address).unary_stream(
            step.method.path, _wire.serializer(), step.method.reply.FromString
        )
        return _Stream(step, rpc(step.request, timeout=step.timeout, metadata=step.metadata))

    def _channel_to(self, address: str) -> Any:
        with self._lock:
            if self._closed.is_set():
                raise ConfigurationError("the client was closed")
            if address not in self._channels:
                self._channels[address] = self._make_channel(address)
            return self._channels[address]

    def _channel(self, address: str) -> grpc.Channel:
        credentials, options = (
            _wire.channel_credentials(self._settings, address),
            _wire.channel_options(address),
        )
        if credentials is None:
            return grpc.insecure_channel(address, options)
        return grpc.secure_channel(address, credentials, options)

    # --- storage --------------------------------------------------------------------------------------------

    def _put(self, step: _steps.Put, stop: Event) -> Stored:
        reader = _wire.Reader(step)

        def body() -> Iterator[bytes]:
            while block := reader.next():
                if stop.is_set():
                    raise _Stopped
                yield block
                if step.wrote is not None:
                    self._shown(step.wrote(len(block)))

        http, httpx = self._http(direct=False)
        try:
            answer = http.put(step.url, content=body(), headers=_wire.put_headers(step), timeout=step.timeout)
        except httpx.TransportError as error:
            raise _wire.lost("PUT", error) from None
        if answer.status_code != httpx.codes.OK:
            raise _wire.storage_error("PUT", answer.status_code, answer.headers, answer.content)
        return Stored(answer.headers.get("etag", ""), reader.md5())

    def _get(self, step: _steps.Get) -> int:
        http, httpx = self._http(direct=step.direct)
        read = 0
        try:
            with http.stream("GET", step.url, headers=dict(step.headers), timeout=step.timeout) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise _wire.storage_error("GET", answer.status_code, answer.headers, answer.read())
                for block in answer.iter_raw(_wire.BLOCK):
                    step.sink.write(block)
                    read += len(block)
        except httpx.TransportError as error:
            raise _wire.lost("GET", error) from None
        return read

    def _http(self, *, direct: bool) -> tuple[Any, Any]:
        httpx = _wire.load_httpx()
        with self._lock:
            if direct not in self._https:
                options = _wire.http_options(httpx, self._settings, direct=direct)
                self._https[direct] = httpx.Client(**options)
            return self._https[direct], httpx

    def _together(self, step: _steps.Together) -> list[Any]:
        """In threads that die with the program: Ctrl-C does not wait for a storage that says nothing."""
        stop, ended = Event(), _Ended()
        waiting = deque(enumerate(step.flows))
        threads = [
            Thread(target=self._play_some, args=(waiting, ended, stop), daemon=True)
            for _ in range(min(step.at_most, len(waiting)))
        ]
        for thread in threads:
            thread.start()
        try:
            results = _collected(ended, len(step.flows))
        except BaseException as error:
            stop.set()
            if isinstance(error, Exception):
                for thread in threads:
                    thread.join()
            raise
        return [results[number] for number in range(len(step.flows))]

    def _play_some(self, waiting: "deque[tuple[int, Flow[Any]]]", ended: "_Ended", stop: Event) -> None:
        while not stop.is_set():
            try:
                number, flow = waiting.popleft()
            except IndexError:
                return
            try:
                ended.put((number, self.play(flow, stop), None))
            except BaseException as error:  # noqa: BLE001 - it is raised where the parts come together
                ended.put((number, None, error))


_Ended = SimpleQueue[tuple[int, Any, BaseException | None]]
"""What became of flows: the number of each, its result or its error."""


def _collected(ended: _Ended, count: int) -> dict[int, Any]:
    """The results by their number, as they come. Raises the first error."""
    results: dict[int, Any] = {}
    while len(results) < count:
        number, result, error = ended.get()
        if error is not None:
            raise error
        results[number] = result
    return results


class _Stream:
    """An answer that comes in pieces."""

    def __init__(self, step: _steps.Open, call: Any) -> None:
        self._step = step
        self._call = call
        self.cancel = call.cancel

    def next(self) -> Any:
        """The next piece, None at the end."""
        try:
            return next(self._call, None)
        except grpc.RpcError as failure:
            raise rpc_error(self._step.method.name, failure, self._step.metadata[0][1]) from None


class Datasets(Blocking, DatasetVerbs):
    """Datasets of the folder."""


class Tunings(Blocking, TuningVerbs):
    """Tunings of the folder."""


class Models(Blocking, ModelVerbs):
    """Base models and tuned ones."""


class Batches(Blocking, BatchVerbs):
    """Answers to whole datasets."""


class Operations(Blocking, OperationVerbs):
    """Long-running operations, of whatever kind."""


class AIStudio(Base):
    """The service, from one folder. Blocking; `AsyncAIStudio` has the same verbs, awaited.

    Threads may share one. Use it in a `with`, or `close()` it.

    Example:
        >>> with AIStudio.from_env() as studio:
        ...     dataset = studio.datasets.upload("train.jsonl", task_type="TextToTextGeneration")
    """

    def __init__(self, folder_id: str, **options: Unpack[Options]) -> None:
        super().__init__(folder_id, **options)
        self._driver = Driver(self._settings, self._show)
        link = Link(self._settings)
        self.datasets = Datasets(link, self._driver)
        self.tunings = Tunings(link, self._driver)
        self.models = Models(link, self._driver)
        self.batches = Batches(link, self._driver)
        self.operations = Operations(link, self._driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every wait and lets go of connections."""
        self._driver.close()
