"""TensorBoard's own readers read the metrics archive, every value and step, and notice damage."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from struct import pack, unpack
from zipfile import ZipFile

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.compat import tf
from tensorboard.context import RequestContext
from tensorboard.util.tensor_util import make_ndarray

from aistudio_mock.domain.curves import Schedule, learning_rate, training_loss, validation_loss
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.metrics import MAX_TRAIN_POINTS, MAX_VALIDATION_POINTS, MetricsSpec, archive

STEPS = 300
SPEC = MetricsSpec(
    task_id="ftnnqg6k29hvhnjgt2ll",
    seed=42,
    started_at=Instant(1_765_419_724_901_989),
    finished_at=Instant(1_765_419_724_901_989 + 275 * SECOND),
    schedule=Schedule("cosine", 1e-4, 1e-6, 0.1, STEPS),
    has_validation=True,
)
VALIDATED = range(3, STEPS + 1, STEPS // MAX_VALIDATION_POINTS)
EXPECTED = {
    "train": {
        "loss": {step: training_loss(42, step, STEPS) for step in range(1, STEPS + 1)},
        "learning_rate": {step: learning_rate(SPEC.schedule, step) for step in range(1, STEPS + 1)},
    },
    "validation": {"loss": {step: validation_loss(42, step, STEPS) for step in VALIDATED}},
}


def float32(number: float) -> float:
    return unpack("<f", pack("<f", number))[0]


def extract(spec: MetricsSpec, to: Path) -> Path:
    with ZipFile(BytesIO(archive(spec))) as packed:
        packed.extractall(to)
    return to


def event_file_in(run: Path) -> Path:
    (file,) = run.iterdir()
    return file


@pytest.fixture(name="logdir")
def _logdir(tmp_path) -> Path:
    return extract(SPEC, tmp_path)


def test_the_archive_holds_the_expected_runs(logdir):
    assert {run.name for run in logdir.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("run", EXPECTED)
def test_event_file_loader_reads_every_value(logdir, run):
    version, *events = EventFileLoader(str(event_file_in(logdir / run))).Load()
    read = {tag: {} for tag in EXPECTED[run]}
    for event in events:
        for value in event.summary.value:
            read[value.tag][event.step] = make_ndarray(value.tensor).item()
    assert version.file_version == "brain.Event:2"
    assert read == {
        tag: {step: float32(number) for step, number in series.items()}
        for tag, series in EXPECTED[run].items()
    }


@pytest.mark.parametrize("run", EXPECTED)
def test_event_accumulator_reads_every_value_as_a_scalar(logdir, run):
    accumulator = EventAccumulator(str(logdir / run), size_guidance={"scalars": 0})
    accumulator.Reload()
    assert set(accumulator.Tags()["scalars"]) == EXPECTED[run].keys()
    for tag, series in EXPECTED[run].items():
        read = {event.step: event.value for event in accumulator.Scalars(tag)}
        assert read == {step: float32(number) for step, number in series.items()}


def test_the_scalars_dashboard_is_given_both_runs(logdir):
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(logdir))
    listed = provider.list_scalars(RequestContext(), experiment_id="", plugin_name="scalars")
    assert {run: set(tags) for run, tags in listed.items()} == {
        run: set(tags) for run, tags in EXPECTED.items()
    }


def test_wall_times_run_evenly_from_start_to_finish(logdir):
    times = [event.wall_time for event in EventFileLoader(str(event_file_in(logdir / "train"))).Load()]
    started = SPEC.started_at / SECOND
    assert times == pytest.approx([started + 275 * step / STEPS for step in range(STEPS + 1)], abs=2e-6)


def test_a_long_run_is_thinned_and_keeps_its_last_step(tmp_path):
    steps = 1_000_000
    spec = replace(SPEC, schedule=replace(SPEC.schedule, total_steps=steps))
    _, *events = EventFileLoader(str(event_file_in(extract(spec, tmp_path) / "train"))).Load()
    assert len(events) == MAX_TRAIN_POINTS
    assert events[-1].step == steps


@pytest.mark.parametrize(
    ("offset", "complaint"),
    [
        (0, "header crc32"),  # the length
        (8, "header crc32"),  # the checksum of the length
        (12, "event crc32"),  # the first byte of the data
        (-5, "event crc32"),  # the last byte of the data
        (-4, "event crc32"),  # the checksum of the data
    ],
)
def test_one_changed_byte_makes_the_reader_complain(logdir, offset, complaint):
    file = event_file_in(logdir / "train")
    damaged = bytearray(file.read_bytes())
    first_record = 12 + unpack("<Q", damaged[:8])[0] + 4
    damaged[offset % first_record] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(tf.errors.DataLossError, match=complaint):
        tf.pywrap_tensorflow.PyRecordReader_New(str(file)).GetNext()
    assert list(EventFileLoader(str(file)).Load()) == []
