"""Each malformed HTTP/2 frame ends its call or its connection with a status, or does nothing; none hangs."""

import pytest

from aistudio_mock import MockServer
from tests.wire import http2
from tests.wire.fuzz import CALL, GOES_ON, WRONG


@pytest.fixture(scope="module", name="mock")
def _mock():
    with MockServer() as mock:
        yield mock


@pytest.mark.parametrize("what", WRONG)
def test_each_malformed_frame_has_its_end_and_the_next_call_its_answer(mock, what):
    wrong, status, then = WRONG[what]
    path = "/yandex.cloud.endpoint.ApiEndpointService/List"
    opened = b"" if "headers" in what else http2.frame(1, 4, 1, CALL)
    right = http2.frame(1, 4, 3, http2.head(path, [])) + http2.frame(0, 1, 3, b"\0" * 5)
    said = http2.PREFACE + http2.frame(4, 0, 0, b"") + opened + wrong + right

    def is_over(heard):
        return 3 in heard.statuses and (status is None or 1 in heard.statuses)

    heard, goes_on = http2.converse(mock.endpoint, said, is_over)
    assert goes_on == (then == GOES_ON)
    assert heard.statuses.get(1) == status
    assert heard.statuses.get(3) == 0 or not goes_on
