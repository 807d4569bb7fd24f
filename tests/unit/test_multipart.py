"""How files are cut into parts, which lists of parts are taken, and which file becomes the object."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.domain import multipart, s3_errors
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.multipart import MAX_PART, MAX_PARTS, MIN_PART, Plan, Receipt
from aistudio_mock.domain.objects import FinishedUpload, PartAddress, Piece

MIB = 1 << 20
ONE, TWO, THREE = ("1" * 32, "2" * 32, "3" * 32)


def part(md5, size=MIN_PART):
    return FinishedUpload("/somewhere", size, md5)


def took(receipts, uploaded):
    return multipart.accepted([Receipt(*receipt) for receipt in receipts], uploaded, "upload")


@given(st.integers(1, MAX_PARTS * MAX_PART), st.integers(0, MAX_PARTS), st.sampled_from([5, 8, 100]))
def test_a_plan_covers_the_file_with_parts_of_allowed_sizes_or_is_refused(size, parts, chosen):
    try:
        plan = multipart.plan(size, parts, chosen * MIB)
    except InvalidArgument:
        assert parts
        assert parts * MAX_PART < size or (parts - 1) * MIN_PART >= size
        return
    assert plan.parts == parts or not parts
    assert 1 <= plan.parts <= MAX_PARTS
    lengths = [plan.length(number) for number in (1, plan.parts)]
    assert 0 < lengths[-1] <= lengths[0] <= MAX_PART
    assert plan.parts == 1 or plan.part_size >= MIN_PART
    assert plan.begin(plan.parts) + lengths[-1] == size


@given(st.integers(1, MAX_PARTS * MAX_PART), st.sampled_from([5, 8, 100]))
def test_what_the_server_chooses_is_not_finer_than_it_is_set_to(size, chosen):
    plan = multipart.plan(size, 0, chosen * MIB)
    assert plan.parts == 1 or plan.part_size >= chosen * MIB


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("partNumber=7&uploadId=a%2Fb&X-Amz-Date=1", PartAddress("a/b", 7)),
        ("X-Amz-Date=1&uploadId=x&partNumber=10000", PartAddress("x", 10_000)),
        ("uploadId=&partNumber=1", PartAddress("", 1)),
        ("X-Amz-Date=1&part%4Eumber=1&upload%49d=x", PartAddress("x", 1)),
        ("X-Amz-Date=1", None),
    ],
)
def test_the_query_of_a_put_names_the_part(query, address):
    assert multipart.addressed(query) == address


@pytest.mark.parametrize(
    "query",
    [
        "partNumber=1",
        "uploadId=x",
        *(f"uploadId=x&partNumber={n}" for n in ("", "0", "10001", "-1", "1.0", "٣", "9" * 5000)),
    ],
)
def test_a_query_that_names_half_a_part_is_refused(query):
    with pytest.raises(s3_errors.InvalidArgument):
        multipart.addressed(query)


@pytest.mark.parametrize(
    ("etag", "md5"), [('"abc"', "abc"), ("abc", "abc"), ('"abc', '"abc'), ('"', '"'), ('""abc""', '"abc"')]
)
def test_one_pair_of_quotes_is_taken_off_an_etag(etag, md5):
    assert Receipt(1, etag).md5 == md5


def test_the_parts_of_a_list_come_in_its_order_and_others_do_not_count():
    uploaded = {9: part(THREE, 1), 2: part(TWO), 1: part(ONE), 5: part(ONE)}
    assert took([(1, ONE), (2, TWO), (9, THREE)], uploaded) == (part(ONE), part(TWO), part(THREE, 1))


@pytest.mark.parametrize(
    ("receipts", "error"),
    [
        ([(2, TWO), (1, ONE)], s3_errors.InvalidPartOrder),
        ([(1, ONE), (1, ONE)], s3_errors.InvalidPartOrder),
        ([(1, TWO)], s3_errors.InvalidPart),
        ([(1, ONE), (4, ONE)], s3_errors.InvalidPart),
        ([(2, TWO), (3, THREE), (5, ONE)], s3_errors.EntityTooSmall),
        ([(3, THREE), (5, ONE)], s3_errors.EntityTooSmall),
    ],
)
def test_a_wrong_list_is_refused(receipts, error):
    uploaded = {1: part(ONE), 2: part(TWO), 3: part(THREE, MIN_PART - 1), 5: part(ONE, 0)}
    with pytest.raises(error):
        took(receipts, uploaded)
    assert len(took([(1, ONE), (3, THREE)], uploaded)) == 2


def test_the_etag_of_an_object_made_of_parts_is_s3s():
    # The published example of how S3 does it: the MD5 of both digests' bytes.
    md5s = [hashlib.md5(text).hexdigest() for text in (b"a", b"b")]
    digest = hashlib.md5(bytes.fromhex("".join(md5s))).hexdigest()
    assert multipart.etag(md5s) == f"{digest}-2"
    assert multipart.is_made_of(f"{digest}-2", [Receipt(1, f'"{md5s[0]}"'), Receipt(2, md5s[1])])
    assert not multipart.is_made_of(f"{digest}-2", [Receipt(1, md5s[1]), Receipt(2, md5s[0])])
    assert not multipart.is_made_of(f"{digest}-2", [Receipt(1, "no digest"), Receipt(2, md5s[0])])


def home(*found, busy=None):
    return multipart.home([Piece(*piece) for piece in found], busy)


def test_the_home_of_an_object_is_the_file_that_needs_the_least_copied():
    assert home(("spool", 0, 5, 0), ("spool", 5, 5, 5)) == "spool"
    assert home(("spool", 0, 5, 0), ("own", 0, 5, 5)) == "spool"
    assert home(("own", 0, 5, 0), ("spool", 5, 6, 5)) == "spool"
    assert home(("own", 0, 5, 0), ("other", 0, 6, 5)) == "own"


def test_a_file_whose_bytes_would_move_or_that_is_being_written_is_no_home():
    assert home(("spool", 0, 5, 0), ("spool", 6, 5, 5)) is None
    assert home(("spool", 5, 5, 0)) is None
    assert home(("spool", 0, 5, 0), busy="spool") is None
    assert home(("own", 0, 5, 0), ("spool", 5, 5, 5), busy="spool") == "own"


def test_pieces_follow_each_other():
    parts = [FinishedUpload("spool", 3, ONE, 30), FinishedUpload("own", 4, TWO)]
    assert list(multipart.pieces(parts)) == [Piece("spool", 30, 3, 0), Piece("own", 0, 4, 3)]


def test_parts_are_equal_unless_that_makes_them_too_small():
    assert multipart.plan(2 * MIN_PART + 7, 2, MIB).part_size == MIN_PART + 4
    assert multipart.plan(2 * MIN_PART + 7, 3, MIB).part_size == MIN_PART


def test_a_plan_says_where_each_part_begins_and_how_long_it_is():
    plan = Plan(size=10, parts=3, part_size=4)
    assert [(plan.begin(number), plan.length(number)) for number in (1, 2, 3)] == [(0, 4), (4, 4), (8, 2)]
    assert plan.length(4) < 0
