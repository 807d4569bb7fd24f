"""Pages and their tokens; tests/property/test_pages_hold.py has them under any inserts and deletions."""

import base64

import pytest

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, page


def newest_first(count):
    return list(range(count - 1, -1, -1))


def cut(count, size=0, token="", **options):
    def older(before):
        return [number for number in newest_first(count) if before is None or number < before]

    return page(older, lambda number: number, size, token, **options)


def test_a_page_has_the_newest_first():
    assert cut(5, 2).items == (4, 3)


def test_the_token_leads_to_the_next_page():
    assert cut(5, 2, cut(5, 2).next_page_token).items == (2, 1)


def test_the_last_page_has_no_token():
    assert cut(2, 2).next_page_token == ""
    assert cut(3, 2, cut(3, 2).next_page_token).next_page_token == ""


def test_where_so_wanted_the_last_page_with_items_has_a_token_and_the_empty_one_after_it_has_none():
    last = cut(2, 2, token_on_every_page=True)
    assert last.next_page_token
    after = cut(2, 2, last.next_page_token, token_on_every_page=True)
    assert after.items == ()
    assert after.next_page_token == ""


def test_nothing_is_one_empty_page():
    assert cut(0).items == ()
    assert cut(0, token_on_every_page=True).next_page_token == ""


def test_page_size_zero_means_a_hundred():
    assert len(cut(150).items) == DEFAULT_PAGE_SIZE == 100


def test_the_largest_page_size_is_a_thousand():
    assert len(cut(1500, MAX_PAGE_SIZE).items) == MAX_PAGE_SIZE == 1000


@pytest.mark.parametrize("size", [-1, MAX_PAGE_SIZE + 1, -(2**63), 2**63 - 1])
def test_a_page_size_out_of_range_is_refused_with_the_range(size):
    with pytest.raises(InvalidArgument, match=r"page_size: Value must be in the range of 0 to 1000"):
        cut(3, size)


def test_a_page_may_be_larger_than_the_page_before():
    assert cut(5, 3, cut(5, 1).next_page_token).items == (3, 2, 1)


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "abcd",
        "такого не было",
        "!" + encoded("before:1"),
        encoded("before:1") + "=",
        encoded("before:"),
        encoded("before:-1"),
        encoded("before: 1"),
        encoded("before:1_0"),
        encoded("before:١"),
        encoded("before:1\n"),
        encoded("before:" + "9" * 5000),
        encoded("2025-04-07T14:05:51.665580@fvtlbvohpuj5l1ajninr"),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_token_that_this_server_did_not_make_is_refused(token):
    with pytest.raises(InvalidArgument, match="pass next_page_token of the previous page as it is"):
        cut(3, 1, token)
