"""Every refusal has a status on gRPC and on HTTP, and they say the same thing."""

import grpc
import pytest

from aistudio_mock.domain import errors
from aistudio_mock.domain.errors import ApiError
from aistudio_mock.transport.errors import HTTP_STATUS
from aistudio_mock.transport.grpc.errors import CODES


def descendants(kind):
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


KINDS = sorted(set(descendants(ApiError)), key=lambda kind: kind.code)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_has_a_status_on_both_wires(kind):
    assert CODES[kind.code] is grpc.StatusCode[kind.name]
    assert 400 <= HTTP_STATUS[kind.code] <= 599


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_is_named_after_its_status(kind):
    words = kind.name.replace("_", "")
    assert kind.__name__.upper() == words


def test_no_two_errors_share_a_code():
    codes = [kind.code for kind in KINDS]
    assert sorted(set(codes)) == codes


def test_every_canonical_code_has_an_http_status():
    assert HTTP_STATUS.keys() == {code.value[0] for code in grpc.StatusCode if code is not grpc.StatusCode.OK}


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = [line.split()[1:4] for line in errors.__doc__.splitlines() if line.startswith(("├── ", "└── "))]
    assert sorted(drawn) == sorted([kind.__name__, str(kind.code), kind.name] for kind in KINDS)
