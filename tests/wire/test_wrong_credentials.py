"""No credentials, wrong ones, those of another folder; and no key is ever printed."""

import logging

import grpc
import pytest

from aistudio_mock import MockServer
from aistudio_mock.transport.routes import OPEN, routes
from tests.wire import steps
from tests.wire.stubs import Client

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
MISSING = (UNAUTHENTICATED, "IAM token or API key has to be passed in request")
CREATE = {"name": "n", "task_type": "TextToTextGeneration", "upload_format": "jsonlines"}


@pytest.fixture(scope="module")
def strict():
    with MockServer(time="manual", auth="strict") as running:
        yield running


def rpcs(mock, *, are_open):
    return sorted(
        (f"{route.method.containing_service.name}/{route.method.name}", route.method.server_streaming)
        for route in routes(mock._server.backend).values()
        if (route.method.containing_service.name in OPEN) is are_open
    )


def calling(client, rpc, *, streams):
    return steps.refused(client.stream if streams else client.call, rpc)


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer", "Api-Key", "Basic dXNlcjpwYXNz", "AQVNsecret"])
def test_every_rpc_behind_the_door_refuses_a_caller_without_credentials(mock, header):
    with Client(mock.endpoint, header) as client:
        answers = {rpc: calling(client, rpc, streams=streams) for rpc, streams in rpcs(mock, are_open=False)}
    assert len(answers) > 15
    assert set(answers.values()) == {MISSING}


def test_discovery_and_tokens_need_no_credentials(mock):
    with Client(mock.endpoint, None) as client:
        assert client.call("ApiEndpointService/List").endpoints
        assert client.call("IamTokenService/Create", jwt="a.b.c").iam_token
    assert [rpc for rpc, _ in rpcs(mock, are_open=True)] == [
        "ApiEndpointService/Get",
        "ApiEndpointService/List",
        "IamTokenService/Create",
    ]


def test_credentials_are_checked_before_fields_and_bytes(mock):
    with Client(mock.endpoint, None) as client:
        assert steps.refused(client.call, "DatasetService/Create") == MISSING


@pytest.mark.parametrize(
    ("given", "what"),
    [("ajehag94oj1rgiu9sm5n", "the key's identifier"), ("b1ge6b3ojkeeciv997a8", "a folder's id")],
)
def test_an_id_given_as_the_key_is_told_which_value_to_use(mock, given, what):
    with Client(mock.endpoint, f"Api-Key {given}") as client:
        code, message = steps.refused(client.call, "DatasetService/List", folder_id="b1g")
    assert code is UNAUTHENTICATED
    assert f"that is {what}; pass the secret key (AQVN…)" in message


def test_with_lax_credentials_every_folder_is_open(mock):
    mine, theirs = mock.folder(), mock.folder()
    with Client(mock.endpoint, f"Api-Key {mine.api_key}") as client:
        dataset_id = steps.draft(client, theirs)
        assert client.call("DatasetService/Describe", dataset_id=dataset_id).dataset.folder_id == theirs.id


WRONG = [
    ("Api-Key AQVNwrongwrongwrongwrong", r"Unknown api key 'AQVN****rong (83638A03)'"),
    ("Api-Key short", "Unknown api key '****'"),
    ("Bearer t1.9euelZqM.wrong", "The token is invalid"),
    ("Bearer AQVNwrongwrongwrongwrong", "The token is invalid"),
]


@pytest.mark.parametrize(("header", "message"), WRONG)
def test_strict_refuses_what_the_server_did_not_issue(strict, header, message):
    with Client(strict.endpoint, header) as client:
        refusal = steps.refused(client.call, "DatasetService/List", folder_id="b1g")
    assert refusal == (UNAUTHENTICATED, message)


def test_strict_refuses_the_key_of_another_server(strict, mock):
    with Client(strict.endpoint, f"Api-Key {mock.folder().api_key}") as client:
        code, message = steps.refused(client.call, "DatasetService/List", folder_id="b1g")
    assert code is UNAUTHENTICATED
    assert message.startswith("Unknown api key 'AQVN****")


def test_strict_refuses_the_token_of_another_server(strict, mock):
    with Client(strict.endpoint, f"Bearer {mock.folder().iam_token()}") as client:
        refusal = steps.refused(client.call, "DatasetService/List", folder_id="b1g")
    assert refusal == (UNAUTHENTICATED, "The token is invalid")


def test_strict_lets_a_folder_s_own_token_in_until_it_expires(strict):
    folder = strict.folder()
    with Client(strict.endpoint, f"Bearer {folder.iam_token()}") as client:
        assert steps.draft(client, folder)
        folder.clock.advance(hours=12)
        assert steps.draft(client, folder)
        folder.clock.advance(seconds=1)
        refusal = steps.refused(client.call, "DatasetService/List", folder_id=folder.id)
    assert refusal == (UNAUTHENTICATED, "The token is invalid")


@pytest.mark.parametrize("auth", ["strict", "any", "off"])
def test_a_deleted_folder_s_key_and_token_are_those_of_nobody_and_bring_it_not_back(auth):
    with MockServer(time="manual", auth=auth) as mock:
        gone, other = mock.folder(), mock.folder()
        headers = [f"Bearer {gone.iam_token()}", f"Api-Key {gone.api_key}"]
        gone.delete()
        for header in headers:
            with Client(mock.endpoint, header) as client:
                if auth == "strict":
                    code, _ = steps.refused(client.call, "DatasetService/List", folder_id=other.id)
                    assert code is UNAUTHENTICATED
                else:
                    assert not client.call("DatasetService/List", folder_id=other.id).datasets
                    assert steps.refused(client.call, "OperationService/Get", operation_id="ftn1")
        assert gone.id not in mock.folders


def test_an_exchanged_key_gives_a_token_of_its_folder(strict):
    folder = strict.folder()
    with Client(strict.endpoint, None) as client:
        reply = client.call("IamTokenService/Create", yandex_passport_oauth_token=folder.api_key)
    with Client(strict.endpoint, f"Bearer {reply.iam_token}") as client:
        assert steps.draft(client, folder)


@pytest.fixture
def foreign(strict):
    """A folder, its READY dataset and tuning, and the client of another folder."""
    theirs, mine = strict.folder(), strict.folder()
    with Client(strict.endpoint, f"Api-Key {theirs.api_key}") as owner:
        dataset_id = steps.validated(owner, theirs)
        operation_id = owner.call("TuningService/Tune", **steps.order(theirs, dataset_id)).id
        before = steps.stored(owner, theirs)
        with Client(strict.endpoint, f"Api-Key {mine.api_key}") as client:
            yield client, mine, theirs, dataset_id, operation_id
        assert steps.stored(owner, theirs) == before


def test_strict_refuses_a_foreign_folder_in_the_platform_s_words(foreign):
    client, mine, theirs, *_ = foreign
    uri = f"gpt://{theirs.id}/yandexgpt-lite/latest"
    words = f"Specified folder ID '{theirs.id}' does not match with service account folder ID '{mine.id}'"
    refusals = [
        steps.refused(client.call, "DatasetService/Create", folder_id=theirs.id, **CREATE),
        steps.refused(client.call, "DatasetService/List", folder_id=theirs.id),
        steps.refused(client.call, "TuningService/List", folder_id=theirs.id),
        steps.refused(client.call, "TuningService/Tune", **steps.order(theirs, "fds1")),
        steps.refused(client.stream, "TextGenerationService/Completion", model_uri=uri),
    ]
    assert set(refusals) == {(grpc.StatusCode.INVALID_ARGUMENT, words)}


def foreign_objects(dataset_id, task_id):
    dataset, task = {"dataset_id": dataset_id}, {"tuning_task_id": task_id}
    return [
        *[
            (f"DatasetService/{rpc}", dataset)
            for rpc in ("Describe", "Update", "Delete", "Validate", "GetDownloadUrls")
        ],
        ("DatasetService/GetUploadDraftUrl", {**dataset, "size_bytes": 1}),
        *[(f"TuningService/{rpc}", task) for rpc in ("Describe", "Cancel")],
        *[(f"TuningService/{rpc}", {"task_id": task_id}) for rpc in ("GetOptions", "GetMetricsUrl")],
        *[(f"OperationService/{rpc}", {"operation_id": task_id}) for rpc in ("Get", "Cancel")],
    ]


def test_strict_refuses_every_object_of_a_foreign_folder(foreign):
    client, mine, theirs, dataset_id, operation_id = foreign
    rows = foreign_objects(dataset_id, operation_id)
    refusals = [steps.refused(client.call, rpc, **fields) for rpc, fields in rows]
    refusals.append(steps.refused(client.call, "TuningService/Tune", **steps.order(mine, dataset_id)))
    denied = (
        f"Permission to [resource-manager.folder {theirs.id}, resource-manager.cloud b1gaistudiomockcloud, "
        "organization-manager.organization bpfaistudiomock00org] denied"
    )
    assert set(refusals) == {(grpc.StatusCode.PERMISSION_DENIED, denied)}


def test_a_foreign_object_can_be_set_to_look_as_if_it_were_not_there():
    with MockServer(time="manual", auth="strict", settings={"foreign-folder": "not-found"}) as mock:
        theirs, mine = mock.folder(), mock.folder()
        with Client(mock.endpoint, f"Api-Key {theirs.api_key}") as owner:
            dataset_id = steps.draft(owner, theirs)
        with Client(mock.endpoint, f"Api-Key {mine.api_key}") as client:
            refusal = steps.refused(client.call, "DatasetService/Describe", dataset_id=dataset_id)
    assert refusal == (grpc.StatusCode.NOT_FOUND, f"dataset {dataset_id} not found")


def test_no_key_or_token_is_printed_whole(strict, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    folder = strict.folder()
    with MockServer(auth="strict") as another:
        foreign = another.folder()
        secrets = [
            foreign.api_key,
            foreign.iam_token(),
            folder.api_key,
            folder.iam_token(),
            "AQVNmistyped0123456789",
        ]
    said = []
    for secret in secrets:
        for header in (f"Api-Key {secret}", f"Bearer {secret}", f"Basic {secret}", secret):
            with Client(strict.endpoint, header) as client:
                said.append(steps.refused(client.call, "DatasetService/Describe", dataset_id="fds1")[1])
                said.append(steps.refused(client.call, "DatasetService/Create", folder_id="b1g")[1])
    printed = capfd.readouterr()
    everything = "\n".join([*said, caplog.text, printed.out, printed.err, repr(folder)])
    assert [secret for secret in secrets if secret in everything] == []
    assert said
