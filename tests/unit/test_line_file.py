"""Lines that a thread writes: whole, in order, and to the end."""

import errno
import os
from io import FileIO
from threading import Event, Thread

import pytest

from aistudio_mock.runtime.line_file import LineFile, OccupiedError, create


def first():
    return b"first\n"


def opened(path, line=lambda number: f"{number}\n".encode()):
    return LineFile(create(path, lambda _: True), first, line)


def test_every_line_is_there_after_close_in_the_order_of_put(tmp_path):
    file = opened(tmp_path / "f")
    for number in range(1000):
        file.put(number)
    file.close()
    assert (tmp_path / "f").read_text().split() == ["first", *map(str, range(1000))]


def test_putting_does_not_wait_for_the_writing(tmp_path):
    may_write = Event()

    def slowly(number):
        assert may_write.wait(20)
        return f"{number}\n".encode()

    file = opened(tmp_path / "f", slowly)
    for number in range(200):
        file.put(number)
    may_write.set()
    file.close()
    assert (tmp_path / "f").read_text().count("\n") == 201


def test_lines_are_in_the_file_while_it_is_open(tmp_path):
    """The line of the second thing is made when that of the first has been written."""
    seen = Event()
    before = []

    def line(number):
        before.append((tmp_path / "f").read_text())
        seen.set()
        return f"{number}\n".encode()

    file = opened(tmp_path / "f", line)
    file.put(1)
    assert seen.wait(20)
    file.close()
    assert before == ["first\n"]


def test_one_thing_that_cannot_be_told_does_not_end_the_file(tmp_path, caplog):
    file = opened(tmp_path / "f", lambda number: f"{10 // number}\n".encode())
    for number in (0, 5):
        file.put(number)
    file.close()
    assert (tmp_path / "f").read_text() == "first\n2\n"
    assert "bug in aistudio-mock" in caplog.text


class FullDisk(FileIO):
    """A file that takes a few bytes, a few at a time, and then no more."""

    room = 14

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = super().write(data[: min(3, self.room)])
        self.room -= taken
        return taken


def test_a_full_disk_is_said_once_and_stalls_nobody(tmp_path, caplog):
    file = LineFile(FullDisk(tmp_path / "f", "wb"), first, lambda number: f"line {number}\n".encode())
    for number in range(100):
        file.put(number)
    file.close()
    assert (tmp_path / "f").read_text() == "first\nline 0\nl"
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'f'} ends here: it cannot be written any more ({os.strerror(errno.ENOSPC)})"
    ]


def test_a_pipe_takes_lines_too(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "f")
    read = []
    reader = Thread(target=lambda: read.append((tmp_path / "f").read_text()))
    reader.start()
    file = opened(tmp_path / "f")
    file.put(7)
    file.close()
    reader.join(20)
    assert read == ["first\n7\n"]


@pytest.mark.parametrize("content", [b"", b"first\nand more\n"])
def test_a_file_of_ours_is_begun_anew(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    create(tmp_path / "f", lambda line: line == b"first\n").close()
    assert (tmp_path / "f").read_bytes() == b""


def test_a_file_of_others_is_left_alone(tmp_path):
    (tmp_path / "f").write_bytes(b"thesis\n")
    with pytest.raises(OccupiedError):
        create(tmp_path / "f", lambda line: line == b"first\n")
    assert (tmp_path / "f").read_bytes() == b"thesis\n"
