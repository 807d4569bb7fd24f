"""No secret is shown: not by `repr`, not by errors, not by the logs."""

import logging

import pytest

from aistudio_client import (
    AIStudio,
    ApiKey,
    ConfigurationError,
    IamToken,
    NoCredentials,
    OAuthToken,
    StorageError,
)
from aistudio_client._link import Token
from aistudio_client._methods import method
from aistudio_client._parts import Part
from aistudio_client._sources import open_source
from aistudio_client._steps import Get, Put, Unary
from aistudio_client._wire import storage_error

SECRET = "AQVNsecretsecretsecret"
URL = f"https://storage/x?X-Amz-Signature={SECRET}"


@pytest.mark.parametrize(
    "value",
    [
        ApiKey(SECRET),
        IamToken(SECRET),
        OAuthToken(SECRET),
        Token(SECRET, 0.0),
        Part(1, 0, 1, URL),
        Put(URL, open_source(b"x"), 0, 1, 1.0),
        Get(URL, None, 1.0),
        Unary(method("DatasetService/List"), "a", None, (("authorization", SECRET),), 1.0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_reprs_show_no_secret(value):
    assert SECRET not in repr(value)
    assert SECRET not in str(value)


def test_a_client_shows_its_folder_and_no_secret():
    with AIStudio("b1g", api_key=SECRET) as studio:
        assert SECRET not in repr(studio) + repr(studio.datasets) + repr(studio._settings)
        assert "b1g" in repr(studio)


def test_an_error_of_the_storage_does_not_repeat_the_signature():
    body = f"<Error><Code>AccessDenied</Code><Message>no</Message><Resource>{URL}</Resource></Error>".encode()
    error = storage_error("PUT", 403, {"x-amz-request-id": "r1"}, body)
    assert isinstance(error, StorageError)
    assert str(error) == "PUT: the storage answered 403 AccessDenied: no\n  request id: r1"


def test_the_identifier_of_a_key_is_told_from_its_secret():
    with pytest.raises(ConfigurationError, match="identifier"):
        ApiKey("aje0123456789abcdefgh"[:20])


@pytest.mark.parametrize("secret", ["", " a", "a\n", "ключ"])
def test_what_no_header_can_carry_is_refused_and_not_told(secret):
    with pytest.raises(ConfigurationError) as told:
        ApiKey(secret)
    assert not secret.strip() or secret.strip() == "a" or secret not in str(told.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "no credentials"),
        ({"api_key": SECRET, "iam_token": SECRET}, "more than one"),
        ({"api_key": SECRET, "plaintext": True}, "localhost only"),
        ({"api_key": SECRET, "plaintext": True, "endpoint": "localhost.evil.example:1"}, "localhost only"),
    ],
)
def test_what_cannot_work_is_told_at_once(options, said):
    with pytest.raises(ConfigurationError, match=said) as told:
        AIStudio("b1g", **options)
    assert SECRET not in str(told.value)


def test_without_a_folder_there_is_no_client():
    with pytest.raises(ConfigurationError, match="YC_FOLDER_ID"):
        AIStudio("", credentials=NoCredentials())


def test_the_environment_says_who_and_where(monkeypatch):
    for name in ("YC_FOLDER_ID", "YC_API_KEY", "API_KEY", "YC_IAM_TOKEN", "YC_API_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FOLDER_ID", "b1genv")
    monkeypatch.setenv("YC_IAM_TOKEN", "t1.env")
    monkeypatch.setenv("YC_API_ENDPOINT", "example:443")
    with AIStudio.from_env() as studio:
        assert (studio.folder_id, studio._settings.endpoint) == ("b1genv", "example:443")
        assert studio._settings.credentials == IamToken("t1.env")
    with AIStudio.from_env(api_key=SECRET) as studio:
        assert studio._settings.credentials == ApiKey(SECRET)


def test_the_logs_have_a_logger_of_their_own():
    assert logging.getLogger("aistudio_client.wire").parent is logging.getLogger("aistudio_client")
