"""Archives of metrics: read as TensorBoard reads them, unpacked without trusting them, drawn."""

import struct
from zipfile import ZipFile

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from aistudio_client import ConfigurationError, Metrics, MetricsError, Point
from aistudio_client._archive import read, unpack
from aistudio_client._events import scalars


def event(step, **tags):
    made = Event(step=step, wall_time=1.5)
    for tag, value in tags.items():
        made.summary.value.add(tag=tag, simple_value=value)
    return made


def tensor(step, tag, content):
    made = Event(step=step, wall_time=1.5)
    value = made.summary.value.add(tag=tag)
    value.tensor.dtype = 1
    value.tensor.tensor_content = content
    return made


@pytest.fixture
def events(tmp_path):
    """The bytes of an event file that TensorBoard's own writer has written."""

    def written(*made):
        writer = EventFileWriter(str(tmp_path / "logs"))
        for one in made:
            writer.add_event(one)
        writer.close()
        (path,) = (tmp_path / "logs").iterdir()
        return path.read_bytes()

    return written


@pytest.fixture
def archive(tmp_path):
    def packed(**files):
        path = tmp_path / "metrics.zip"
        with ZipFile(path, "w") as made:
            for name, content in files.items():
                made.writestr(name.replace("__", "/"), content)
        return path

    return packed


def test_scalars_are_what_tensorboards_writer_wrote(events):
    data = events(
        event(1, loss=0.5, lr=0.25), tensor(2, "acc", struct.pack("<f", 0.75)), event(-3, loss=0.125)
    )
    found = [(one.tag, one.step, one.value) for one in scalars(data)]
    assert found[:3] == [("loss", 1, 0.5), ("lr", 1, 0.25), ("acc", 2, 0.75)]
    assert {one.wall_time for one in scalars(data)} == {1.5}


def test_a_file_that_is_still_written_ends_at_its_last_whole_record(events):
    data = events(event(1, loss=0.5), event(2, loss=0.25))
    assert [one.step for one in scalars(data[:-3])] == [1]


def test_a_broken_file_is_told(events, archive):
    data = bytearray(events(event(1, loss=0.5)))
    data[-6] ^= 0xFF
    with pytest.raises(MetricsError, match="checksum"):
        read(archive(**{"x.tfevents.1": bytes(data)}), "ftn1")


def test_curves_are_named_by_their_run(events, archive):
    data = events(event(2, loss=0.25), event(1, loss=0.5))
    metrics = read(archive(**{"train__x.tfevents.1": data, "x.tfevents.1": data, "readme.txt": b"x"}), "ftn1")
    assert {name: [one.value for one in points] for name, points in metrics.curves.items()} == {
        "loss": [0.5, 0.25],
        "train/loss": [0.5, 0.25],
    }
    assert metrics.last() == {"loss": 0.25, "train/loss": 0.25}
    assert next(iter(metrics.rows())) == (1, {"loss": 0.5, "train/loss": 0.5})
    assert metrics.to_pandas().loc[2, "loss"] == 0.25


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "c:evil", "a\\evil"])
def test_a_name_that_leads_out_is_refused_and_nothing_is_written(archive, tmp_path, name):
    path = archive(good=b"x", **{name: b"x"})
    with pytest.raises(MetricsError, match="leads out"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_is_unpacked(archive, tmp_path):
    files = unpack(archive(train__x=b"1", y=b"2"), tmp_path / "out")
    assert [(path.relative_to(tmp_path / "out").as_posix(), path.read_bytes()) for path in files] == [
        ("train/x", b"1"),
        ("y", b"2"),
    ]


def test_nothing_is_written_through_a_link(archive, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MetricsError, match="is a link"):
        unpack(archive(x=b"1"), tmp_path / "out")
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_no_archive_is_told(tmp_path):
    path = tmp_path / "m.zip"
    path.write_bytes(b"<Error/>")
    for look in (lambda: unpack(path, tmp_path / "out"), lambda: read(path, "ftn1")):
        with pytest.raises(MetricsError):
            look()


METRICS = Metrics("ftn<1>", {"loss": (Point(1, 0.5, 0.0), Point(2, 0.25, 0.0)), "lr": (Point(1, 1.0, 0.0),)})


def test_curves_are_drawn_as_a_picture(tmp_path):
    METRICS.plot(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with pytest.raises(ConfigurationError, match="there are loss, lr"):
        METRICS.plot(tmp_path / "none.png", names="recall")


def test_notebooks_show_losses_and_escape_what_comes_from_outside():
    html = METRICS._repr_html_()
    assert "<svg" in html
    assert "ftn&lt;1&gt;" in html
    assert ">lr<" not in html
