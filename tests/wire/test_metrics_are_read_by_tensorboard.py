"""TensorBoard's own readers read the metrics archive, every value and step, and notice damage."""

from io import BytesIO
from pathlib import Path
from struct import pack, unpack
from zipfile import ZipFile

import pytest
from google.protobuf.json_format import MessageToDict
from msgspec.structs import replace
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.compat import tf
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups, metadata
from tensorboard.util.tensor_util import make_ndarray

from aistudio_mock.domain import hparams
from aistudio_mock.domain.curves import Schedule, learning_rate
from aistudio_mock.domain.instant import SECOND, Instant
from aistudio_mock.domain.learning import ClassShare, Recipe
from aistudio_mock.domain.metrics import (
    EVALUATIONS,
    MAX_TRAIN_POINTS,
    MetricsSpec,
    archive,
    evaluation_curve,
    train_curve,
)

STEPS = 300
SPEC = MetricsSpec(
    task_id="ftnnqg6k29hvhnjgt2ll",
    started_at=Instant(1_765_419_724_901_989),
    last_step_at=Instant(1_765_419_724_901_989 + 275 * SECOND),
    recipe=Recipe(
        "text_classification_multiclass",
        seed=42,
        schedule=Schedule("cosine", 1e-4, 1e-6, 0.1, STEPS),
        rows=1000,
        classes=(ClassShare("радость", 0.75), ClassShare("a/b c", 0.25)),
        validation="held-out",
    ),
    logged=STEPS,
    hparams={"lr": 1e-4, "scheduler": "cosine", "lora.rank": 16.0},
    status=hparams.SUCCESS,
    ended_at=Instant(1_765_419_724_901_989 + 275 * SECOND),
)
CURVES = {"train": train_curve(SPEC), "validation": evaluation_curve(SPEC)}
EXPECTED = {
    run: {tag: dict(zip(curve.steps, series, strict=True)) for tag, series in curve.scalars.items()}
    for run, curve in CURVES.items()
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
    assert {run.name for run in logdir.iterdir() if run.is_dir()} == EXPECTED.keys()


def test_the_learning_rate_is_that_of_the_schedule_at_every_step():
    rates = EXPECTED["train"]["learning_rate"]
    assert rates == {step: learning_rate(SPEC.recipe.schedule, step) for step in range(1, STEPS + 1)}


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
    schedule = replace(SPEC.recipe.schedule, total_steps=steps)
    spec = replace(SPEC, recipe=replace(SPEC.recipe, schedule=schedule), logged=steps)
    _, *events = EventFileLoader(str(event_file_in(extract(spec, tmp_path) / "train"))).Load()
    assert len(events) == MAX_TRAIN_POINTS
    assert events[-1].step == steps


def test_without_validation_what_is_measured_is_read_from_the_training_run(tmp_path):
    spec = replace(SPEC, recipe=replace(SPEC.recipe, validation="none"))
    accumulator = EventAccumulator(str(extract(spec, tmp_path) / "train"), size_guidance={"scalars": 0})
    accumulator.Reload()
    measured = evaluation_curve(spec).scalars.keys() - {"loss"}
    assert set(accumulator.Tags()["scalars"]) == EXPECTED["train"].keys() | measured
    assert [event.step for event in accumulator.Scalars("f1/a/b c")] == list(range(15, STEPS + 1, 15))
    assert len(accumulator.Scalars("loss")) == STEPS
    assert EVALUATIONS == 20


def test_event_accumulator_reads_the_hyper_parameters(logdir):
    accumulator = EventAccumulator(str(logdir)).Reload()
    content = accumulator.PluginTagToContent(metadata.PLUGIN_NAME)
    session = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG])
    assert {name: MessageToDict(value) for name, value in session.hparams.items()} == dict(SPEC.hparams)
    assert session.start_time_secs == SPEC.started_at / SECOND
    assert session.group_name == SPEC.task_id
    end = metadata.parse_session_end_info_plugin_data(content[metadata.SESSION_END_INFO_TAG])
    assert (end.status, end.end_time_secs) == (api_pb2.STATUS_SUCCESS, SPEC.ended_at / SECOND)


def test_the_hparams_page_compares_tunings_side_by_side_with_the_losses_of_their_runs(tmp_path):
    other = replace(SPEC, task_id="ftn2", hparams={**SPEC.hparams, "lr": 1e-3}, status=None)
    extract(SPEC, tmp_path / "one"), extract(other, tmp_path / "two")
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    context = backend_context.Context(
        TBContext(logdir=str(tmp_path), data_provider=MultiplexerDataProvider(multiplexer, str(tmp_path)))
    )
    metrics = [
        api_pb2.ColParams(metric=api_pb2.MetricName(group=run, tag="loss")) for run in ("train", "validation")
    ]
    request = api_pb2.ListSessionGroupsRequest(
        slice_size=9, col_params=metrics, allowed_statuses=[*api_pb2.Status.values()]
    )
    listed = list_session_groups.Handler(RequestContext(), context, "", request).run()
    rows = {
        group.name: (
            group.hparams["lr"].number_value,
            group.sessions[0].status,
            {value.name.group: value.value for value in group.metric_values if value.name.tag == "loss"},
        )
        for group in listed.session_groups
    }
    losses = {run: float32(tags["loss"][STEPS]) for run, tags in EXPECTED.items()}
    assert rows == {
        SPEC.task_id: (1e-4, api_pb2.STATUS_SUCCESS, losses),
        "ftn2": (1e-3, api_pb2.STATUS_UNKNOWN, losses),
    }


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
