"""What is read from a training file: classes and repeated rows, from whatever is in it."""

import pytest

from aistudio_mock.backend.recipes import LOOKED_AT, Sample, sample, spec
from aistudio_mock.domain.curves import requested
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.learning import DEFAULT_RANK, ClassShare
from aistudio_mock.domain.objects import Blob
from aistudio_mock.domain.timeline import Timeline
from aistudio_mock.domain.tuning import Tuning, TuningStatus
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as wire


@pytest.fixture(name="seen")
def _seen():
    blobs = BlobStore()

    def look(*files, kind="text_classification_multiclass"):
        request = wire.TuningRequest()
        getattr(request, kind).SetInParent()
        return sample(task([stored(blobs, file) for file in files], request), blobs)

    yield look
    blobs.close()


def stored(blobs, content):
    writer = blobs.create()
    writer.write(content)
    made = writer.commit()
    return Blob(made.path, made.size, made.md5, Instant(0))


def task(blobs, request):
    return Tuning(
        id="ftn1",
        operation_id="ftn1",
        folder_id="b1g1",
        created_at=Instant(0),
        created_by="aje1",
        request=request.SerializeToString(),
        source_model_uri="cls://yandexgpt-lite/latest",
        target_model_uri="",
        timeline=Timeline.starting(Instant(0), TuningStatus.CREATED),
        schedule=requested(None, lr=0, min_lr=0, warmup_ratio=0, n_samples=0, rows=1),
        training_data=tuple(blobs),
    )


def recipe(kind="text_embedding_pair_params", params=None, **more):
    request = wire.TuningRequest(**{kind: params or {}}, **more)
    return spec(task([], request), Sample(0.0, ()), 1, Instant(0)).recipe


@pytest.mark.parametrize(
    ("params", "rank"),
    [
        ({}, DEFAULT_RANK),
        ({"lora": {"rank": 64}}, 64),
        ({"lora": {"alpha": 1.0}}, DEFAULT_RANK),
        ({"prompt_tune": {"virtual_tokens": 20}}, 5),
        ({"prompt_tune": {}}, DEFAULT_RANK),
    ],
)
def test_a_prompt_of_four_tokens_learns_what_a_rank_does(params, rank):
    assert recipe(params=params).rank == rank


def test_weight_decay_and_the_largest_of_the_dimensions_are_those_of_the_request():
    asked = recipe(params={"optimizer": {"adamw": {"weight_decay": 0.25}}, "embedding_dims": [64, 256, 128]})
    assert (asked.weight_decay, asked.dims) == (0.25, 256)


@pytest.mark.parametrize(
    ("named", "validation"),
    [
        ({}, "none"),
        ({"validation_datasets": [{"dataset_id": "fds1"}]}, "trained-on"),
        ({"validation_dataset": {"dataset_id": "fds1"}}, "trained-on"),
        ({"validation_dataset": {"dataset_id": "fds2"}}, "held-out"),
        ({"validation_datasets": [{"dataset_id": "fds1"}, {"dataset_id": "fds2"}]}, "held-out"),
    ],
)
def test_rows_are_held_out_unless_all_their_datasets_are_trained_on(named, validation):
    assert recipe(train_datasets=[{"dataset_id": "fds1"}], **named).validation == validation


def test_every_key_but_text_is_a_class_with_the_share_of_rows_that_say_1(seen):
    rows = (
        b'{"text": "a", "joy": 1, "fear": 0}\n\n'
        b'{"text": "b", "joy": 1, "fear": 0}\n'
        b'{"text": "c", "joy": 0, "fear": 1}\r\n'
    )
    assert seen(rows).classes == (ClassShare("fear", 1 / 3), ClassShare("joy", 2 / 3))


def test_rows_of_several_files_count_together(seen):
    one, two = b'{"text": "a", "joy": 1}\n', b'{"text": "b", "joy": 0}'
    assert seen(one, two).classes == (ClassShare("joy", 0.5),)
    assert seen(one, one).duplicates == 0.5


def test_repeated_rows_are_a_share_of_all(seen):
    assert seen(b"{}\n{}\n{}\n[]\n").duplicates == 0.5
    assert seen(b"1\n2\n3").duplicates == 0


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"[1, 2]", b"[\n{}\n]", b"1", b"\xff\xfe", b'{"text": 1}']
)
def test_what_is_no_table_of_classes_has_none(seen, content):
    assert seen(content).classes == ()


def test_a_file_that_is_gone_shows_nothing():
    request, blobs = wire.TuningRequest(text_classification_multiclass={}), BlobStore()
    gone = Blob("gone", 5, "", Instant(0))
    assert sample(task([gone], request), blobs) == Sample(0.0, ())


def test_a_text_model_has_no_classes(seen):
    assert seen(b'{"request": [], "response": ""}', kind="text_to_text_completion").classes == ()


def test_a_long_name_is_cut(seen):
    (only,) = seen(b'{"text": "", "%s": 1}' % (b"x" * 1000)).classes
    assert only.name == "x" * 100


def test_of_a_big_file_only_the_whole_lines_at_its_beginning_are_looked_at(seen):
    row = b'{"text": "%d", "joy": 1}\n'
    rows = b"".join(row % number for number in range(LOOKED_AT // len(row) + 10))
    found = seen(rows + b'{"text": "far away", "fear": 1}\n')
    assert (found.duplicates, [each.name for each in found.classes]) == (0, ["joy"])
