"""What clients that have no .proto files ask of a server: reflection, and health by it."""

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from aistudio_mock import MockServer
from tests.wire.grpcurl import DOORS, terminal, with_grpcurl

REFLECTION = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
SERVICES = {
    "yandex.cloud.ai.dataset.v1.DatasetService",
    "yandex.cloud.ai.tuning.v1.TuningService",
    "yandex.cloud.ai.foundation_models.v1.TextGenerationService",
    "yandex.cloud.endpoint.ApiEndpointService",
    "yandex.cloud.iam.v1.IamTokenService",
    "yandex.cloud.operation.OperationService",
    "grpc.health.v1.Health",
}


@pytest.fixture(scope="module")
def mock():
    with MockServer() as mock:
        yield mock


@with_grpcurl
@pytest.mark.parametrize("door", DOORS)
def test_list_names_the_services(mock, door):
    assert set(terminal(mock, door).prints("grpcurl $FLAGS $HOST list").split()) >= SERVICES


@with_grpcurl
def test_everything_that_is_listed_can_be_described(mock):
    shell = terminal(mock)
    described = shell.prints("grpcurl $FLAGS $HOST describe")
    for service in shell.prints("grpcurl $FLAGS $HOST list").split():
        assert f"{service} is a service:" in described


@with_grpcurl
def test_describe_shows_methods_and_the_contract_s_own_options(mock):
    shell = terminal(mock)
    service = shell.prints("grpcurl $FLAGS $HOST describe yandex.cloud.ai.dataset.v1.DatasetService")
    assert (
        "rpc Validate ( .yandex.cloud.ai.dataset.v1.ValidateDatasetRequest ) "
        "returns ( .yandex.cloud.operation.Operation )"
    ) in service
    method = shell.prints("grpcurl $FLAGS $HOST describe yandex.cloud.ai.dataset.v1.DatasetService.Validate")
    assert method.splitlines()[0] == "yandex.cloud.ai.dataset.v1.DatasetService.Validate is a method:"
    message = shell.prints("grpcurl $FLAGS $HOST describe yandex.cloud.ai.dataset.v1.CreateDatasetRequest")
    assert 'string name = 1 [(.yandex.cloud.length) = "<=63", (.yandex.cloud.required) = true];' in message


@with_grpcurl
def test_a_dot_in_place_of_the_slash_finds_the_method(mock):
    # As one of the how-to pages writes it. That it is unanswered yet is not reflection's doing.
    done = terminal(mock, iam_token="t").run(
        'grpcurl $FLAGS -H "Authorization: Bearer $IAM_TOKEN" -d \'{"task_type": "TextToTextGeneration"}\' '
        "$HOST yandex.cloud.ai.dataset.v1.DatasetService.ListUploadSchemas"
    )
    assert done.returncode in {0, 64 + grpc.StatusCode.UNIMPLEMENTED.value[0]}, done.stderr
    assert "does not" not in done.stderr


@with_grpcurl
def test_grpcurl_itself_refuses_the_page_s_slip_of_a_method_name(mock):
    done = terminal(mock, iam_token="t").run(
        'grpcurl $FLAGS -d \'{"task_id": "t"}\' $HOST '
        "yandex.cloud.operation.OperationService/GetMetricsUrlRequest"
    )
    assert done.returncode == 1
    assert 'does not include a method named "GetMetricsUrlRequest"' in done.stderr


@with_grpcurl
@pytest.mark.parametrize("door", DOORS)
def test_health_is_checked_without_a_proto_file_and_without_credentials(mock, door):
    check = "grpcurl $FLAGS $HOST grpc.health.v1.Health/Check"
    assert terminal(mock, door).answers(check) == {"status": "SERVING"}
    one = 'grpcurl $FLAGS -d \'{"service": "yandex.cloud.ai.tuning.v1.TuningService"}\''
    assert terminal(mock, door).answers(f"{one} $HOST grpc.health.v1.Health/Check") == {"status": "SERVING"}


def asked(channel, service, **request):
    call = channel.stream_stream(
        f"/{service}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    [answer] = call(iter([reflection_pb2.ServerReflectionRequest(**request)]), timeout=20)
    return answer


@pytest.mark.parametrize("service", REFLECTION)
def test_both_versions_of_reflection_list_the_services(mock, service):
    with grpc.insecure_channel(mock.endpoint) as channel:
        answer = asked(channel, service, list_services="")
    assert {one.name for one in answer.list_services_response.service} >= SERVICES


@pytest.mark.parametrize("service", REFLECTION)
@pytest.mark.parametrize(
    "symbol",
    [
        *sorted(SERVICES),
        "yandex.cloud.ai.dataset.v1.DatasetService.Validate",
        "yandex.cloud.ai.dataset.v1.DatasetInfo.Status",
        "yandex.cloud.ai.tuning.v1.TuningRequest.tuning_params",
        "yandex.cloud.required",
    ],
)
def test_both_versions_of_reflection_find_a_symbol_s_file_with_its_imports(mock, service, symbol):
    with grpc.insecure_channel(mock.endpoint) as channel:
        answer = asked(channel, service, file_containing_symbol=symbol)
    assert len(answer.file_descriptor_response.file_descriptor_proto) >= 1


@pytest.mark.parametrize("symbol", ["yandex.cloud.Nonsense", "Nonsense", "", f"{min(SERVICES)}.Nonsense"])
def test_an_unknown_symbol_is_an_answer_and_no_failed_call(mock, symbol):
    with grpc.insecure_channel(mock.endpoint) as channel:
        answer = asked(channel, REFLECTION[0], file_containing_symbol=symbol)
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_health_serves_and_an_unknown_service_is_not_found(mock):
    with grpc.insecure_channel(mock.endpoint) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = check(health_pb2.HealthCheckRequest(), timeout=20)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as refused:
            check(health_pb2.HealthCheckRequest(service="nonsense"), timeout=20)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
