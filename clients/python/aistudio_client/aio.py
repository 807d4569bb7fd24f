"""The client that is awaited: it plays conversations as tasks of one event loop, file work in threads."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
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
from aistudio_client._verbs.verb import Awaited

_log = logging.getLogger("aistudio_client.wire")

Channels = Callable[[str], Any]
"""Makes the channel to an address."""


class Driver:
    """Plays conversations with grpc.aio and httpx, in one event loop."""

    def __init__(self, settings: Settings, show: Shown = None, channels: Channels | None = None) -> None:
        self._settings = settings
        self._show = show
        self._make_channel = channels or self._channel
        self._channels: dict[str, Any] = {}
        self._https: dict[bool, Any] = {}
        self._is_closed = False
        self._waits: Mapping[type[Step], Callable[[Any], Awaitable[Any]]] = {
            _steps.Sleep: lambda step: asyncio.sleep(step.seconds),
            _steps.Work: lambda step: asyncio.to_thread(step.function),
            _steps.Unary: self._unary,
            _steps.Next: lambda step: step.stream.next(),
            _steps.Put: self._put,
            _steps.Get: self._get,
            _steps.Together: self._together,
        }
        self._plain: Mapping[type[Step], Callable[[Any], Any]] = {
            _steps.Now: lambda _: monotonic(),
            _steps.Chance: lambda _: _wire.chance(),
            _steps.Nonce: lambda _: _wire.nonce(),
            _steps.Show: lambda step: self._shown(step.progress),
            _steps.Open: self._opened,
        }

    async def play(self, flow: Flow[Any]) -> Any:
        """The result of a conversation; what it raises is raised. A cancelled task cleans up first."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._done(step)
                except BaseException as error:  # noqa: BLE001 - the conversation decides, cancellation included
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return end.value
        finally:
            flow.close()

    async def each(self, flow: Flow[Any]) -> AsyncIterator[Any]:
        """The items of a conversation, as they are asked for."""
        streams: list[Any] = []
        try:
            step = next(flow)
            while True:
                if isinstance(step, _steps.Emit):
                    yield step.item
                    step = flow.send(None)
                    continue
                try:
                    result = await self._done(step)
                except BaseException as error:  # noqa: BLE001 - the conversation decides
                    step = flow.throw(error)
                else:
                    if isinstance(step, _steps.Open):
                        streams.append(result)
                    step = flow.send(result)
        except StopIteration:
            return
        finally:
            flow.close()
            for stream in streams:
                stream.cancel()

    async def close(self) -> None:
        """Ends every call."""
        self._is_closed = True
        for channel in self._channels.values():
            await channel.close()
        for http in self._https.values():
            await http.aclose()

    async def _done(self, step: Step) -> Any:
        kind = type(step)
        return await self._waits[kind](step) if kind in self._waits else self._plain[kind](step)

    def _shown(self, progress: _steps.Progress) -> None:
        if self._show is not None:
            self._show(progress)

    # --- calls ----------------------------------------------------------------------------------------------

    async def _unary(self, step: _steps.Unary) -> Any:
        rpc = self._channel_to(step.address).unary_unary(
            step.method.path, _wire.serializer(), step.method.reply.FromString
        )
        began = monotonic()
        try:
            reply = await rpc(step.request, timeout=step.timeout, metadata=step.metadata)
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
        if self._is_closed:
            raise ConfigurationError("the client was closed")
        if address not in self._channels:
            self._channels[address] = self._make_channel(address)
        return self._channels[address]

    def _channel(self, address: str) -> Any:
        credentials = _wire.channel_credentials(self._settings, address)
        options = _wire.channel_options(address)
        if credentials is None:
            return grpc.aio.insecure_channel(address, options)
        return grpc.aio.secure_channel(address, credentials, options)

    # --- storage --------------------------------------------------------------------------------------------

    async def _put(self, step: _steps.Put) -> Stored:
        reader = _wire.Reader(step)

        async def body() -> AsyncIterator[bytes]:
            while block := await asyncio.to_thread(reader.next):
                yield block
                if step.wrote is not None:
                    self._shown(step.wrote(len(block)))

        http, httpx = self._http(direct=False)
        try:
            answer = await http.put(
                step.url, content=body(), headers=_wire.put_headers(step), timeout=step.timeout
            )
        except httpx.TransportError as error:
            raise _wire.lost("PUT", error) from None
        if answer.status_code != httpx.codes.OK:
            raise _wire.storage_error("PUT", answer.status_code, answer.headers, answer.content)
        return Stored(answer.headers.get("etag", ""), reader.md5())

    async def _get(self, step: _steps.Get) -> int:
        http, httpx = self._http(direct=step.direct)
        read = 0
        headers = dict(step.headers)
        try:
            async with http.stream("GET", step.url, headers=headers, timeout=step.timeout) as answer:
                if answer.status_code != httpx.codes.OK:
                    body = await answer.aread()
                    raise _wire.storage_error("GET", answer.status_code, answer.headers, body)
                async for block in answer.aiter_raw(_wire.BLOCK):
                    await asyncio.to_thread(step.sink.write, block)
                    read += len(block)
        except httpx.TransportError as error:
            raise _wire.lost("GET", error) from None
        return read

    def _http(self, *, direct: bool) -> tuple[Any, Any]:
        httpx = _wire.load_httpx()
        if direct not in self._https:
            options = _wire.http_options(httpx, self._settings, direct=direct)
            self._https[direct] = httpx.AsyncClient(**options)
        return self._https[direct], httpx

    async def _together(self, step: _steps.Together) -> list[Any]:
        free = asyncio.Semaphore(step.at_most)

        async def one(flow: Flow[Any]) -> Any:
            async with free:
                return await self.play(flow)

        parts = [asyncio.ensure_future(one(flow)) for flow in step.flows]
        try:
            return await asyncio.gather(*parts)
        except BaseException:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            raise


class _Stream:
    """An answer that comes in pieces."""

    def __init__(self, step: _steps.Open, call: Any) -> None:
        self._step = step
        self._call = call
        self.cancel = call.cancel

    async def next(self) -> Any:
        """The next piece, None at the end."""
        try:
            piece = await self._call.read()
        except grpc.RpcError as failure:
            raise rpc_error(self._step.method.name, failure, self._step.metadata[0][1]) from None
        return None if piece is grpc.aio.EOF else piece


class AsyncDatasets(Awaited, DatasetVerbs):
    """Datasets of the folder."""


class AsyncTunings(Awaited, TuningVerbs):
    """Tunings of the folder."""


class AsyncModels(Awaited, ModelVerbs):
    """Base models and tuned ones."""


class AsyncBatches(Awaited, BatchVerbs):
    """Answers to whole datasets."""


class AsyncOperations(Awaited, OperationVerbs):
    """Long-running operations, of whatever kind."""


class AsyncAIStudio(Base):
    """The service, from one folder. Awaited; `AIStudio` has the same verbs, blocking.

    It belongs to the event loop that it is first used in. Use it in an `async with`, or `await close()`.

    Example:
        >>> async with AsyncAIStudio.from_env() as studio:
        ...     dataset = await studio.datasets.upload("train.jsonl", task_type="TextToTextGeneration")
    """

    def __init__(self, folder_id: str, **options: Unpack[Options]) -> None:
        super().__init__(folder_id, **options)
        self._driver = Driver(self._settings, self._show)
        link = Link(self._settings)
        self.datasets = AsyncDatasets(link, self._driver)
        self.tunings = AsyncTunings(link, self._driver)
        self.models = AsyncModels(link, self._driver)
        self.batches = AsyncBatches(link, self._driver)
        self.operations = AsyncOperations(link, self._driver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Lets go of connections."""
        await self._driver.close()
