"""A load generator in a process of its own: asked by lines of JSON on stdin, one answer each (see `Load`)."""

import asyncio
import base64
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Self

import grpc

from bench.harness import Sample, percentile
from bench.processes import Child


@dataclass(frozen=True, slots=True)
class Target:
    """What to call, as bytes for bytes."""

    address: str
    path: str = "/bench/plain"
    body: bytes = b""
    metadata: tuple[tuple[str, str], ...] = field(default=())

    def question(self) -> dict[str, Any]:
        body = base64.b64encode(self.body).decode()
        return {"address": self.address, "path": self.path, "body": body, "metadata": self.metadata}


class Load:
    """The load generator, seen from a bench; for `with`."""

    def __init__(self) -> None:
        self._child = Child("-m", "bench.load", talks=True)

    def slice(self, server: Child, target: Target, *, concurrency: int, seconds: float) -> Sample:
        """Calls for `seconds`: calls a second, latencies and the server's CPU time per call."""
        before = server.cpu()
        answer = self._child.ask(target.question() | {"concurrency": concurrency, "seconds": seconds})
        return {
            "rps": answer["calls"] / answer["seconds"],
            "server CPU us/call": (server.cpu() - before) / answer["calls"] * 1e6,
            "p50 us": answer["p50"],
            "p99 us": answer["p99"],
        }

    def hold(self, address: str, calls: int) -> bool:
        """Leaves `calls` waiting in a bare server; whether it still answers a plain one within 2 s."""
        answered: bool = self._child.ask({"address": address, "hold": calls})
        return answered

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.__exit__()


class _Caller:
    """Channels that stay open, one an address, and the calls that were left waiting."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._held: list[Any] = []

    async def answer(self, question: dict[str, Any]) -> Any:
        channel = self._channel(question["address"])
        if "hold" in question:
            return await self._hold(channel, question["hold"])
        call = channel.unary_unary(question["path"])
        body = base64.b64decode(question["body"])
        metadata = tuple((key, value) for key, value in question["metadata"])
        latencies: list[int] = []
        began = time.perf_counter_ns()
        end = began + int(question["seconds"] * 1e9)

        async def one_after_another() -> None:
            now = time.perf_counter_ns()
            while now < end:
                await call(body, metadata=metadata, timeout=60)
                done = time.perf_counter_ns()
                latencies.append(done - now)
                now = done

        await asyncio.gather(*(one_after_another() for _ in range(question["concurrency"])))
        return {
            "calls": len(latencies),
            "seconds": (time.perf_counter_ns() - began) / 1e9,
            "p50": percentile(latencies, 0.5) / 1000,
            "p99": percentile(latencies, 0.99) / 1000,
        }

    async def _hold(self, channel: grpc.aio.Channel, calls: int) -> bool:
        hold = channel.unary_unary("/bench/hold")
        self._held += [hold(b"") for _ in range(calls)]
        ask = channel.unary_unary("/bench/held")
        try:
            async with asyncio.timeout(5):
                while int(await ask(b"", timeout=2)) < calls:  # noqa: ASYNC110 - another process counts
                    await asyncio.sleep(0.01)
        except (grpc.aio.AioRpcError, TimeoutError):
            return False
        return True

    def _channel(self, address: str) -> grpc.aio.Channel:
        if address not in self._channels:
            self._channels[address] = grpc.aio.insecure_channel(address)
        return self._channels[address]


async def _main() -> None:
    caller = _Caller()
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await caller.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
