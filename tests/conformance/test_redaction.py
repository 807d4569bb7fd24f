"""Secrets in what a client shows are named and replaced; what only looks a little like one stays."""

import pytest

from aistudio_conformance.redaction import Redactor

KEY = "AQVN" + "0" * 36
TOKEN = f"t1.{'a' * 20}.{'b' * 64}"
SIGNATURE = "X-Amz-Signature=" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "shown", "names"),
    [
        (f"key {KEY}.", "key [redacted].", ("an API key",)),
        (f"Bearer {TOKEN}", "Bearer [redacted]", ("an IAM token",)),
        (
            f"PUT /x?a=b&{SIGNATURE}&c=d",
            "PUT /x?a=b&X-Amz-Signature[redacted]&c=d",
            ("the signature of a presigned URL",),
        ),
        (
            "X-Amz-Signature%3D" + "0a" * 32,
            "X-Amz-Signature[redacted]",
            ("the signature of a presigned URL",),
        ),
        (f"{KEY} {TOKEN}", "[redacted] [redacted]", ("an IAM token", "an API key")),
        ("X-Amz-Signature=[redacted 5f1c09ab22 64]", "X-Amz-Signature=[redacted 5f1c09ab22 64]", ()),
        ("AQVN…, t1.x, Signature", "AQVN…, t1.x, Signature", ()),
    ],
)
def test_secrets_are_known_by_their_look(text, shown, names):
    assert Redactor({}).text(text) == shown
    assert Redactor({}).found(text) == names


def test_a_secret_of_the_case_is_known_by_its_value():
    redactor = Redactor({"pass word": "the API key", "": "nothing"})
    assert redactor.found("my pass word is pass word") == ("the API key",)
    assert redactor.text("my pass word is pass word") == "my [redacted] is [redacted]"
