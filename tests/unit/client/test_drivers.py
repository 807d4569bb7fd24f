"""Both drivers beside channels that have no wire: what exactly is handed to gRPC."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc_testing
import pytest

from aistudio_client import FailedPrecondition, OAuthToken, Timeouts
from aistudio_client._flows import datasets
from aistudio_client.aio import Driver as AsyncDriver
from aistudio_client.sync import Driver
from aistudio_protos.google.protobuf.any_pb2 import Any
from aistudio_protos.google.rpc.error_details_pb2 import BadRequest
from aistudio_protos.google.rpc.status_pb2 import Status
from aistudio_protos.pool import services
from tests.unit.client.world import link, reply

SERVICES = {one.full_name: one for one in services()}
DESCRIBE = SERVICES["yandex.cloud.ai.dataset.v1.DatasetService"].methods_by_name["Describe"]
EXCHANGE = SERVICES["yandex.cloud.iam.v1.IamTokenService"].methods_by_name["Create"]


@pytest.fixture
def channel():
    return grpc_testing.channel(SERVICES.values(), grpc_testing.strict_fake_time(0.0))


@pytest.fixture
def played(channel):
    """Plays a conversation in a thread, so that the test can be the service."""
    shared = link(timeouts=Timeouts(call=7.0))
    driver = Driver(shared.settings, channels=lambda _: channel)
    with ThreadPoolExecutor(1) as pool:
        yield lambda flow: pool.submit(driver.play, flow(shared))
    driver.close()


def answer(channel, method, message, **more):
    metadata, request, call = channel.take_unary_unary(method)
    call.send_initial_metadata(())
    ended = {"trailing_metadata": (), "code": grpc.StatusCode.OK, "details": "", **more}
    call.terminate(message, **ended)
    return dict(metadata), request


def described(shared):
    return datasets.get(shared, "fds1")


def test_a_call_carries_its_credential_and_an_id_of_its_own(channel, played):
    done = played(described)
    info = reply("DatasetService/Describe", dataset={"dataset_id": "fds1"})
    metadata, request = answer(channel, DESCRIBE, info)
    assert done.result(timeout=10).id == "fds1"
    assert request.dataset_id == "fds1"
    assert metadata["authorization"] == "Api-Key AQVNsecret"
    assert len(metadata["x-client-request-id"]) == 20


def test_the_exchange_of_a_token_carries_none(channel):
    shared = link(credentials=OAuthToken("y0_secret"))
    driver = Driver(shared.settings, channels=lambda _: channel)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(driver.play, described(shared))
        metadata, request = answer(channel, EXCHANGE, reply("IamTokenService/Create", iam_token="t1.a"))
        assert "authorization" not in metadata
        assert request.yandex_passport_oauth_token == "y0_secret"
        metadata, _ = answer(channel, DESCRIBE, reply("DatasetService/Describe"))
        assert metadata["authorization"] == "Bearer t1.a"
        done.result(timeout=10)
    driver.close()


def test_a_refusal_is_told_with_everything_that_came_with_it(channel, played):
    done = played(described)
    violation = BadRequest(field_violations=[{"field": "dataset_id", "description": "too long"}])
    packed = Any(type_url="type.googleapis.com/google.rpc.BadRequest", value=violation.SerializeToString())
    status = Status(code=9, message="not now", details=[packed]).SerializeToString()
    trailers = (("grpc-status-details-bin", status), ("x-request-id", "req-1"))
    refusal = {
        "code": grpc.StatusCode.FAILED_PRECONDITION,
        "details": "not now",
        "trailing_metadata": trailers,
    }
    answer(channel, DESCRIBE, None, **refusal)
    with pytest.raises(FailedPrecondition) as told:
        done.result(timeout=10)
    assert str(told.value).splitlines() == [
        "DatasetService/Describe: FAILED_PRECONDITION: not now",
        "  dataset_id: too long",
        "  request id: req-1",
    ]


class Recorded:
    """A channel that keeps what a call is given and answers at once."""

    def __init__(self):
        self.given = {}

    def unary_unary(self, *_):
        def blocking(request, **given):
            self.given = given
            return reply("DatasetService/Describe", dataset={"dataset_id": request.dataset_id})

        return blocking

    def close(self):
        """Nothing."""


class RecordedAwaited(Recorded):
    def unary_unary(self, *_):
        blocking = super().unary_unary()

        async def awaited(request, **given):
            return blocking(request, **given)

        return awaited

    async def close(self):
        """Nothing."""


def test_both_drivers_send_the_same_deadline_and_metadata():
    shared = link(timeouts=Timeouts(call=7.0))
    blocking, awaited = Recorded(), RecordedAwaited()
    sync = Driver(shared.settings, channels=lambda _: blocking)
    sync.play(described(shared))
    aio = AsyncDriver(shared.settings, channels=lambda _: awaited)
    asyncio.run(aio.play(described(shared)))
    for given in (blocking.given, awaited.given):
        assert 6.0 < given["timeout"] <= 7.0
        assert [name for name, _ in given["metadata"]] == ["x-client-request-id", "authorization"]
    sync.close()
    asyncio.run(aio.close())
