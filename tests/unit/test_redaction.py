"""What is shown of secrets: that they are equal, their kind, their length, and nothing else."""

import re

import pytest

from aistudio_protos.pool import services
from aistudio_protos.redaction import _SECRET_FIELDS, Redactor

TOKEN = "t1." + "9euelZqz" * 6 + "." + "kR3x_-aB" * 10 + "abcdef"
KEY = "AQVN" + "Xy3_-z0Q" * 4 + "abcd"
SIGNATURE = "0123456789abcdef" * 4
REDACTED = r"\[redacted [0-9a-f]{10} [0-9]+\]"


@pytest.fixture
def redactor():
    return Redactor(b"a key of this test")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"Bearer {TOKEN}", r"Bearer t1\.R"),
        (f"bearer  {TOKEN}", r"bearer  t1\.R"),
        (f"Api-Key {KEY}", "Api-Key AQVNR"),
        ("Api-Key ajeq1w2e3r4t5y6u7i8o", "Api-Key ajeR"),
        ("Basic dXNlcjpwYXNz", "Basic R"),
        ("secretwithoutscheme", "R"),
        ("secret with words", "R"),
        (TOKEN, r"t1\.R"),
        ("Bearer", "Bearer"),
        ("Bearer ", "Bearer "),
        ("", ""),
    ],
)
def test_of_an_authorization_scheme_and_kind_stay(redactor, value, shown):
    assert re.fullmatch(
        shown.replace("R", REDACTED).replace(f"Bea{REDACTED}er", "Bearer"),
        redactor.header("authorization", value),
    )


@pytest.mark.parametrize(
    "name", ["authorization", "proxy-authorization", "cookie", "x-iam-token", "x-api-key", "x-client-secret"]
)
def test_a_header_that_names_a_secret_is_hidden_whatever_it_holds(redactor, name):
    assert "hunter2-and-more" not in redactor.header(name, "hunter2-and-more")


def test_other_headers_are_readable_but_for_the_secrets_in_them(redactor):
    assert redactor.header("user-agent", "grpc-python/1.78.0 t1.9") == "grpc-python/1.78.0 t1.9"
    assert re.fullmatch(rf"key=AQVN{REDACTED};", redactor.header("x-debug", f"key={KEY};"))


def test_equal_secrets_look_equal_wherever_they_stand_and_others_do_not(redactor):
    by_header = redactor.header("authorization", f"Bearer {TOKEN}").removeprefix("Bearer ")
    assert by_header == redactor.secret(TOKEN) == redactor.text(TOKEN) == redactor.field("iam_token", TOKEN)
    assert by_header != redactor.secret(TOKEN[:-1] + "g")
    assert by_header.endswith(f" {len(TOKEN)}]")


def test_another_server_shows_the_same_secret_otherwise(redactor):
    assert redactor.secret(TOKEN) != Redactor(b"another key").secret(TOKEN)


@pytest.mark.parametrize(
    "name", ["X-Amz-Signature", "x-amz-signature", "X%2DAmz%2DSignature", "X-Amz-Security-Token"]
)
def test_a_signature_is_hidden_however_its_name_is_spelled(redactor, name):
    shown = redactor.parameters(f"a=1&{name}={SIGNATURE}&b=%7e")
    assert re.fullmatch(rf"a=1&{name}={REDACTED}&b=%7e", shown)


def test_a_url_in_a_text_loses_its_signature_only_and_as_on_the_wire(redactor):
    query = f"X-Amz-Date=20251211T000000Z&X-Amz-Signature={SIGNATURE}"
    assert redactor.text(f"http://h/b/k?{query}") == f"http://h/b/k?{redactor.parameters(query)}"
    assert re.fullmatch(
        rf"\(X-Amz-Signature={REDACTED}\) and so on",
        redactor.text(f"(X-Amz-Signature={SIGNATURE}) and so on"),
    )
    assert SIGNATURE not in redactor.text(f"next=%2Fb%3FX-Amz-Signature%3D{SIGNATURE}")


def test_a_message_is_searched_to_its_depth(redactor):
    message = {
        "urls": [{"url": f"http://h/?X-Amz-Signature={SIGNATURE}"}],
        "labels": {KEY: f"was {TOKEN}"},
        "inner": {"jwt": "ey.any.thing", "yandex_passport_oauth_token": "y0_abc", "iam_token": TOKEN},
        "numbers": [1, 2.5, True, None],
    }
    shown = redactor.field("message", message)
    text = repr(shown)
    assert not any(secret in text for secret in (SIGNATURE, KEY, TOKEN, "ey.any.thing", "y0_abc"))
    assert shown["numbers"] == message["numbers"]


def test_fields_that_are_hidden_by_name_are_those_of_iam_tokens_only():
    def messages(kind, seen):
        if kind not in seen:
            seen.add(kind)
            for field in kind.fields:
                if field.message_type is not None:
                    messages(field.message_type, seen)
        return seen

    seen = set()
    for method in (method for service in services() for method in service.methods):
        messages(method.output_type, messages(method.input_type, seen))
    owners = {kind.file.package for kind in seen if _SECRET_FIELDS.intersection(kind.fields_by_name)}
    assert owners == {"yandex.cloud.iam.v1"}


def test_text_without_secrets_stays_as_it_is(redactor):
    for text in (
        "Меня зовут Женя. 2 + 2 = 4",
        "gpt://b1g/yandexgpt-lite/latest",
        "at1.x=1",
        "AQVN",
        "ajeq1w2e3r4t5y6u7i8o",
    ):
        assert redactor.text(text) == text
