"""The official SDK beside the mock in one process: many flows at once, one server after another."""

import pytest
from yandex_ai_studio_sdk import AsyncAIStudio

from aistudio_mock import MockServer
from tests.wire.sdk_parts import FLOWS, KIND, quiet, row, run_program
from tests.wire.stubs import Client


@pytest.fixture
def environment(tmp_path):
    with quiet(tmp_path / "ca"):
        yield


@pytest.mark.parametrize("way", ["threads", "tasks"])
def test_twenty_flows_at_once_and_then_more_at_a_second_server_over_tls(way, environment, tmp_path):
    with MockServer() as first:  # makes the CA; the program's own servers find it
        trusted = {name: first.env[name] for name in ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE")}
    told = run_program(
        "sdk_same_process",
        way,
        tmp_path,
        variables=trusted | {"AISTUDIO_MOCK_CA_DIR": str(tmp_path / "ca")},
    )
    assert told == [
        [f"Мой номер {server}-{number}" for number in range(flows)] for server, flows in enumerate(FLOWS)
    ]


def test_the_plaintext_port_leads_to_itself(environment):
    with MockServer() as mock, Client(mock.endpoint, authorization=None) as raw:
        listed = {each.id: each.address for each in raw.call("ApiEndpointService/List").endpoints}
    assert listed.pop("storage") == mock.http_url.removeprefix("http://")
    assert set(listed.values()) == {mock.endpoint}


async def test_the_server_starts_and_stops_without_holding_up_the_loop(environment, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(row("Кто ты?", "Я"), encoding="utf-8")
    async with MockServer() as mock:
        sdk = AsyncAIStudio(
            folder_id=mock.default_folder.id,
            auth=mock.default_folder.api_key,
            endpoint=mock.endpoint,
            verify=False,
        )
        dataset = await sdk.datasets.draft_from_path(path, **KIND, name="train").upload()
        tuned = await sdk.models.completions("yandexgpt-lite").tune(dataset)
        assert (await tuned.run("Кто ты?"))[0].text == "Я"
