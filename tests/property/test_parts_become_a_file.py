"""Whatever is sent, sent again or broken off: the file is the listed parts, and no other file stays."""

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_mock.backend.parts import Accepted, Parts
from aistudio_mock.backend.store import Table
from aistudio_mock.domain.multipart import Plan
from aistudio_mock.domain.objects import PartAddress
from aistudio_mock.runtime.blobs import BlobStore

COUNT, PART = 4, 5
PLAN = Plan(size=COUNT * PART - 2, parts=COUNT, part_size=PART)
ENDS = ("whole", "broken off", "never")

sends = st.lists(
    st.tuples(
        st.integers(1, COUNT + 1),
        st.one_of(st.just(None), st.integers(0, 9)),
        st.sampled_from(ENDS),
        st.binary(min_size=10, max_size=10),
    ),
    max_size=12,
)


class Uploads:
    """PUTs in any state, over the real blob store."""

    def __init__(self, directory):
        self.directory = directory
        self.blobs = BlobStore(directory / "blobs")
        self.uploads = Table()
        self.parts = Parts(self.uploads, self.blobs)
        self.parts.begin("fds", "b1g", "upload", PLAN)
        self.sent = {}
        self.open = []

    def put(self, number, size, end, content):
        """One PUT, of the planned size where `size` is None."""
        content = content[: max(0, PLAN.length(number)) if size is None else size]
        address = PartAddress("upload", number)
        writer = self.writer(self.parts.place("fds", address, len(content)))
        if end == "whole":
            writer.write(content)
            self.parts.add("fds", address, writer.commit())
            self.sent[number] = content
            return
        writer.write(content[: len(content) // 2])
        if end == "broken off":
            writer.abort()
        else:
            self.open.append((writer, content[len(content) // 2 :]))

    def writer(self, place):
        return self.blobs.create() if place is None else self.blobs.within(place)

    def join(self, numbers):
        """The bytes of the file that those parts become."""
        taken = self.listed(numbers)
        self.parts.take(taken)
        path = self.parts.join(taken)
        self.parts.leave(taken, path)
        for writer, rest in self.open:  # those who were still sending go on after it
            writer.write(rest)
            writer.abort()
        return Path(path)

    def listed(self, numbers):
        upload = self.uploads.get("fds")
        return Accepted(upload, tuple(upload.parts[number] for number in numbers))

    def files(self):
        return list((self.directory / "blobs").glob("*"))


@contextmanager
def sent(puts):
    with tempfile.TemporaryDirectory() as directory:
        uploads = Uploads(Path(directory))
        try:
            for put in puts:
                uploads.put(*put)
            yield uploads
        finally:
            uploads.blobs.close()


@settings(max_examples=400)
@given(sends, st.data())
def test_the_file_is_the_listed_parts_and_nothing_else_stays(puts, data):
    with sent(puts) as uploads:
        listed = sorted(data.draw(st.sets(st.sampled_from(sorted(uploads.sent))))) if uploads.sent else []
        if listed:
            path = uploads.join(listed)
            assert path.read_bytes() == b"".join(uploads.sent[number] for number in listed)
            assert uploads.files() == [path]
        else:
            uploads.parts.drop("fds")
            for writer, _ in uploads.open:
                writer.abort()
            assert uploads.files() == []


@settings(max_examples=400)
@given(sends, st.data())
def test_a_server_that_dies_while_it_joins_has_every_part_when_it_comes_back(puts, data):
    with sent(puts) as uploads:
        listed = sorted(data.draw(st.sets(st.sampled_from(sorted(uploads.sent))))) if uploads.sent else []
        taken = uploads.listed(listed)
        uploads.parts.take(taken)
        uploads.parts.join(taken)
        for part in uploads.uploads.get("fds").parts.values():
            with uploads.blobs.open(part.path) as file:
                file.seek(part.offset or 0)
                assert hashlib.md5(file.read(part.size)).hexdigest() == part.md5
        for writer, _ in uploads.open:
            writer.abort()


def test_parts_that_are_not_listed_are_cut_off():
    with sent([(number, None, "whole", bytes(10)) for number in (1, 2, 3)]) as uploads:
        assert uploads.join([1, 2]).read_bytes() == bytes(2 * PART)


@given(sends)
def test_a_part_has_the_digest_of_what_was_sent_last(puts):
    with sent(puts) as uploads:
        stored = uploads.uploads.get("fds").parts
        assert {number: one.md5 for number, one in stored.items()} == {
            number: hashlib.md5(content).hexdigest() for number, content in uploads.sent.items()
        }
