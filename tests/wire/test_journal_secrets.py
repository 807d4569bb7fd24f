"""A whole flow of the official SDK leaves no secret in the journal, nor a piece of one."""

import json
import re

import httpx
import pytest
import requests

from aistudio_mock import MockServer
from tests.wire.journal_parts import told
from tests.wire.sdk_parts import KIND, client, quiet, row
from tests.wire.stubs import Client

QUESTION = "Кто ты?"
PIECE = 12
"""So many characters of a secret in a row are too many: error messages show four at each end."""


@pytest.fixture(name="mock", scope="module")
def _mock(tmp_path_factory):
    with quiet(tmp_path_factory.mktemp("ca")), MockServer() as mock:
        yield mock


def flow(sdk, work):
    """Upload, tuning, answer, download, metrics; the URL of the metrics."""
    (work / "train.jsonl").write_text(row(QUESTION, "Я"), encoding="utf-8")
    dataset = sdk.datasets.draft_from_path(work / "train.jsonl", name="train", **KIND).upload()
    task = sdk.models.completions("yandexgpt-lite").tune_deferred(dataset)
    assert task.wait().run(QUESTION)[0].text == "Я"
    dataset.download(download_path=work)
    return task.get_metrics_url()


def spy_on_urls(monkeypatch):
    """Every URL that the SDK calls, from here on."""
    urls = []
    for kind in (httpx.Client, httpx.AsyncClient):
        original = kind.build_request

        def build(self, method, url, *args, _original=original, **options):
            urls.append(str(url))
            return _original(self, method, url, *args, **options)

        monkeypatch.setattr(kind, "build_request", build)
    return urls


@pytest.mark.parametrize("kind", ["api key", "iam token"])
def test_no_piece_of_a_secret_is_in_the_journal(mock, tmp_path, monkeypatch, kind):
    folder = mock.folder()
    token = folder.iam_token()
    urls = spy_on_urls(monkeypatch)
    sdk = client(mock, folder.id, folder.api_key if kind == "api key" else token)
    urls.append(flow(sdk, tmp_path))
    assert requests.get(urls[-1], timeout=20).ok
    with Client(mock.endpoint, None) as anyone:
        issued = anyone.call("IamTokenService/Create", yandex_passport_oauth_token=folder.api_key).iam_token
    told_of = json.dumps(told(mock.http_url, folder.id), ensure_ascii=False)
    signatures = {one for url in urls for one in re.findall("X-Amz-Signature=([0-9a-f]{64})", url)}
    assert len(signatures) >= 3
    for secret in (folder.api_key, token, issued, *signatures):
        pieces = {secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1)}
        assert [piece for piece in pieces if piece in told_of] == []


def test_a_token_is_known_again_where_it_is_used(mock):
    folder = mock.folder()
    with Client(mock.endpoint, None) as anyone:
        token = anyone.call("IamTokenService/Create", yandex_passport_oauth_token=folder.api_key).iam_token
    with Client(mock.endpoint, f"Bearer {token}") as bearer:
        bearer.call("DatasetService/List", folder_id=folder.id)
    issuing, using = told(mock.http_url, folder.id)
    shown = issuing["responses"][0]["iam_token"]
    assert dict(using["metadata"])["authorization"] == f"Bearer {shown}"
    assert re.fullmatch(rf"t1\.\[redacted [0-9a-f]{{10}} {len(token)}\]", shown)
    assert issuing["request"]["yandex_passport_oauth_token"].startswith("AQVN[redacted ")


@pytest.mark.parametrize("field", ["yandex_passport_oauth_token", "jwt"])
def test_what_a_token_is_asked_with_is_hidden_whatever_it_looks_like(mock, field):
    mock.default_folder.reset()
    with Client(mock.endpoint, None) as anyone:
        anyone.call("IamTokenService/Create", **{field: "correct horse battery"})
    (entry,) = told(mock.http_url, mock.default_folder.id)
    assert re.fullmatch(r"\[redacted [0-9a-f]{10} 21\]", entry["request"][field])
    assert "horse" not in json.dumps(entry)


def test_an_api_key_that_was_put_where_a_name_belongs_is_hidden(mock):
    folder = mock.folder()
    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as confused:
        confused.call("DatasetService/Create", folder_id=folder.id, name=f"my {folder.api_key}", **KIND)
    assert folder.api_key not in json.dumps(told(mock.http_url, folder.id))
    assert folder.api_key not in repr(folder.journal.calls())


def test_a_key_that_is_given_for_the_folder_s_id_is_not_shown_either(mock):
    key = mock.folder().api_key
    with Client(mock.endpoint) as swapped:
        swapped.call("DatasetService/List", folder_id=key)
    requests.get(f"{mock.http_url}/ai-fomo-drafts-prod/{key}/x", timeout=20)
    listed = told(mock.http_url, key)
    assert [one["method"] for one in listed] == ["DatasetService/List", "GET"]
    assert key not in json.dumps(listed)
    assert {one["folder"] for one in listed} == {listed[0]["request"]["folder_id"]}
