"""Every recorded validation and tuning, poll by poll, field by field, in poll mode and in real time.

One row a recording: what was asked, and when what was seen (service-behaviour c.6, c.7, e.2, e.3). The dates
of a run are drawn from the ranges of all recordings; a plan makes them those of one.
"""

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from aistudio_mock import MockServer
from tests.wire import steps
from tests.wire.matcher import mismatches, moment
from tests.wire.rows import FIXTURES, over_channel
from tests.wire.stubs import Client

PAIR = b'{"anchor": "foo", "positive": "barr"}\n'
TRIPLET = b'{"anchor": "hello", "positive": "hi", "negative": "by!"}\n'
THREE = (FIXTURES / "three_rows.jsonl").read_bytes()
REQUESTS = b"".join(
    json.dumps({"request": json.loads(line)["request"]}).encode() + b"\n" for line in THREE.splitlines()
)
GET = {"call": "yandex.cloud.operation.OperationService/Get"}
DATASETS = "yandex.cloud.ai.dataset.v1"
TUNINGS = "yandex.cloud.ai.tuning.v1"
PATIENCE = 60
"""Polls until an operation must be done: ten minutes, ten seconds apart."""


@dataclass(frozen=True)
class Validation:
    """One recorded validation: seconds from Validate to the metadata and to the end."""

    recording: str
    task_type: str
    body: bytes
    rows: int
    metadata: int
    done: int
    size: int | None = None
    """Of the converted file, where the uploaded text is known well enough."""


VALIDATIONS = [
    Validation("read", "TextToTextGeneration", THREE, 3, 42, 59),
    Validation("batch list", "TextToTextGenerationRequest", REQUESTS, 3, 50, 105),
    Validation("batch run", "TextToTextGenerationRequest", REQUESTS, 3, 70, 136),
    Validation("pair", "TextEmbeddingsPair", PAIR, 1, 36, 98, 2017),
    Validation("triplet", "TextEmbeddingsTriplet", TRIPLET, 1, 34, 100, 2502),
    Validation("pair-dims", "TextEmbeddingsPair", PAIR, 1, 34, 72),
    Validation("triplet-dims", "TextEmbeddingsTriplet", TRIPLET, 1, 44, 103),
    Validation("old batch", "TextToTextGenerationRequest", REQUESTS, 3, 34, 51),
]


@dataclass(frozen=True)
class Tuning:
    """One recorded tuning: seconds from Tune to PENDING, start, finish and the operation's end."""

    recording: str
    kind: str
    validation: Validation
    pending: int
    started: float
    finished: float
    done: int
    params: dict[str, Any] = field(default_factory=dict)
    created: float = 0.100001
    """The part of a second at which the task was created; known of the first alone."""


_DIMS = {"embeddingDims": ["35", "128"]}
_PAIRS, _TRIPLETS = "textEmbeddingPairParams", "textEmbeddingTripletParams"
_ROWS = {each.recording: each for each in VALIDATIONS}
TUNED = [
    Tuning("pair", _PAIRS, _ROWS["pair"], 3, 69.305868, 344.237245, 345, created=0.596121),
    Tuning("triplet", _TRIPLETS, _ROWS["triplet"], 6, 43, 201, 203),
    Tuning("pair-dims", _PAIRS, _ROWS["pair-dims"], 6, 74.751136, 353.478137, 355, _DIMS),
    Tuning("triplet-dims", _TRIPLETS, _ROWS["triplet-dims"], 5, 39, 165, 167, _DIMS),
]


def recording(row):
    return row.recording


class Watched:
    """A folder, and its replies as JSON."""

    def __init__(self, mock, time):
        self.time = time
        self.folder = mock.folder(time=time)
        self.client = Client(mock.endpoint)
        self.rpc = over_channel(self.client.channel)
        self.names = {"folder": self.folder.id}

    def call(self, service, method, request):
        return self.rpc({"call": f"{service}/{method}"}, request)

    def uploaded(self, row):
        dataset_id = steps.uploaded(self.client, self.folder, row.body, row.task_type, row.recording)
        self.names["dataset"] = dataset_id
        return dataset_id

    def poll(self, operation_id):
        """One poll; in real time ten seconds after the last one."""
        if self.time == "real":
            self.folder.clock.advance(seconds=10)
        return self.rpc(GET, {"operationId": operation_id})

    def polled(self, operation_id):
        """What polls see until the operation is done, each change once."""
        seen = [self.poll(operation_id)]
        for _ in range(PATIENCE):
            if "done" in seen[-1]:
                return [seen[0], *(later for earlier, later in pairwise(seen) if later != earlier)]
            seen.append(self.poll(operation_id))
        raise AssertionError(f"not done after {PATIENCE} polls: {seen[-1]}")

    def like(self, template, actual):
        assert list(mismatches(template, actual, self.names)) == []

    def seconds(self, begin, end):
        return (moment(self.names[end]) - moment(self.names[begin])).total_seconds()


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture(params=["poll", "real"])
def watched(mock, request):
    made = Watched(mock, request.param)
    with made.client:
        yield made


def validation_shapes(row):
    """Phases 0, 0', 1 and 2 of c.6."""
    begun = {"id": {"$same": "op"}, "createdAt": {"$same": "begun"}}
    counts = {
        "@type": f"type.googleapis.com/{DATASETS}.ValidateDatasetMetadata",
        "datasetId": {"$same": "dataset"},
        **dict.fromkeys(("validRows", "processedRows", "totalRows"), str(row.rows)),
    }
    response = {
        "@type": f"type.googleapis.com/{DATASETS}.ValidateDatasetResponse",
        "datasetId": {"$same": "dataset"},
        "isValid": True,
    }
    return (
        {**begun, "modifiedAt": {"$second": None}},
        {**begun, "modifiedAt": {"$second": None, "as": "converted"}, "metadata": counts},
        {
            **begun,
            "modifiedAt": {"$second": None, "as": "closed"},
            "done": True,
            "metadata": counts,
            "response": response,
        },
    )


@pytest.mark.parametrize("row", VALIDATIONS, ids=recording)
def test_a_recorded_validation_is_reproduced(watched, row):
    dataset_id = watched.uploaded(row)
    reply = watched.call(f"{DATASETS}.DatasetService", "Validate", {"datasetId": dataset_id})
    second = {"$second": None, "as": "begun"}
    watched.like(
        {"id": {"$id": "fds", "as": "op"}, "createdAt": second, "modifiedAt": {"$same": "begun"}}, reply
    )
    first, converted, done = validation_shapes(row)
    *early, counted, closed = watched.polled(reply["id"])
    assert len(early) <= 2
    for seen in early:
        watched.like(first, seen)
        assert moment(seen["modifiedAt"]) <= moment(counted["modifiedAt"])
    watched.like(converted, counted)
    watched.like(done, closed)
    assert 34 <= watched.seconds("begun", "converted") <= 70
    assert 17 <= watched.seconds("converted", "closed") <= 66
    described = watched.call(f"{DATASETS}.DatasetService", "Describe", {"datasetId": dataset_id})
    watched.like(dataset_shape(row), described)
    if row.size is not None:
        assert abs(int(watched.names["size"]) - row.size) < row.size * 0.02


def dataset_shape(row):
    """c.7: the date is that of the metadata, not of the end."""
    return {
        "dataset": {
            "datasetId": {"$same": "dataset"},
            "folderId": {"$same": "folder"},
            "name": row.recording,
            "status": "READY",
            "taskType": row.task_type,
            "createdAt": {"$second": None},
            "updatedAt": {"$same": "converted"},
            "rows": str(row.rows),
            "sizeBytes": {"$pattern": r"[1-9]\d*", "as": "size"},
            "createdById": {"$id": "aje", "as": "account"},
            "createdBy": {"$same": "account"},
        }
    }


def request_of(row, folder_id, dataset_id):
    """e.1: the same dataset for training and validation, every weight said."""
    weighted = [{"datasetId": dataset_id, "weight": 1.0}]
    return {
        "baseModelUri": f"emb://{folder_id}/text-embeddings/latest",
        "trainDatasets": weighted,
        "validationDatasets": weighted,
        row.kind: row.params,
        "name": "test",
    }


def metadata(status):
    return {
        "@type": f"type.googleapis.com/{TUNINGS}.TuningMetadata",
        "tuningTaskId": {"$same": "op"},
        "status": status,
    }


URI = {"$join": ["emb://", {"$same": "folder"}, "/text-embeddings/latest@", {"$id": "tamr"}], "as": "uri"}
BEGUN = {"id": {"$same": "op"}, "createdAt": {"$same": "begun"}}
CREATED = {**BEGUN, "modifiedAt": {"$same": "begun"}, "metadata": metadata("CREATED")}
PENDING = {**BEGUN, "modifiedAt": {"$second": None, "as": "pending"}, "metadata": metadata("PENDING")}
DONE = {
    **BEGUN,
    "modifiedAt": {"$second": None, "as": "closed"},
    "done": True,
    "metadata": metadata("COMPLETED"),
    "response": {
        "@type": f"type.googleapis.com/{TUNINGS}.TuningResponse",
        "tuningTaskId": {"$same": "op"},
        "status": "COMPLETED",
        "targetModelUri": URI,
    },
}
TASK = {
    "taskId": {"$same": "op"},
    "operationId": {"$same": "op"},
    "status": "COMPLETED",
    "folderId": {"$same": "folder"},
    "createdBy": {"$id": "aje"},
    "createdAt": {"$micros": None, "as": "created"},
    "startedAt": {"$micros": None, "as": "started"},
    "finishedAt": {"$micros": None, "as": "finished"},
    "sourceModelUri": "emb://text-embeddings/latest",
    "targetModelUri": {"$same": "uri"},
    "name": "test",
}
REPLY = {
    "id": {"$id": "ftn", "as": "op"},
    "createdAt": {"$second": None, "as": "begun"},
    "modifiedAt": {"$same": "begun"},
    "metadata": metadata("CREATED"),
}


def ready(watched, row):
    dataset_id = watched.uploaded(row)
    reply = watched.call(f"{DATASETS}.DatasetService", "Validate", {"datasetId": dataset_id})
    if watched.time == "manual":
        watched.folder.clock.advance(minutes=3)
    assert "done" in watched.polled(reply["id"])[-1]
    return dataset_id


@pytest.mark.parametrize("row", TUNED, ids=recording)
def test_a_recorded_tuning_is_reproduced(watched, row):
    request = request_of(row, watched.folder.id, ready(watched, row.validation))
    reply = watched.call(f"{TUNINGS}.TuningService", "Tune", request)
    watched.like(REPLY, reply)
    assert_polled(watched, reply["id"])
    assert_task(watched, reply["id"])
    assert 3 <= watched.seconds("begun", "pending") <= 6
    assert 39 <= watched.seconds("created", "started") <= 74
    assert 126 <= watched.seconds("started", "finished") <= 279
    assert 0 <= watched.seconds("finished", "closed") <= 2
    options = watched.call(f"{TUNINGS}.TuningService", "GetOptions", {"taskId": reply["id"]})
    expected = {"taskId": reply["id"], **request}
    del expected["name"]
    assert options == expected


def assert_polled(watched, operation_id):
    """e.2: perhaps CREATED once more, PENDING with a date that is frozen, then the end; nothing between."""
    *early, pending, done = watched.polled(operation_id)
    assert len(early) <= 1
    for seen in early:
        watched.like(CREATED, seen)
    watched.like(PENDING, pending)
    watched.like(DONE, done)


def assert_task(watched, task_id):
    """e.3: microseconds, the source without its folder; List shows the same as Describe."""
    described = watched.call(f"{TUNINGS}.TuningService", "Describe", {"tuningTaskId": task_id})
    watched.like({"tuningTask": TASK}, described)
    listed = watched.call(f"{TUNINGS}.TuningService", "List", {"folderId": watched.folder.id})
    assert listed["tuningTasks"] == [described["tuningTask"]]


@pytest.mark.parametrize("row", TUNED, ids=recording)
def test_a_plan_gives_a_tuning_the_very_dates_of_its_recording(mock, row):
    watched = Watched(mock, "manual")
    with watched.client:
        request = request_of(row, watched.folder.id, ready(watched, row.validation))
        now = watched.folder.clock.now()
        watched.folder.clock.advance(seconds=1 - now.microsecond / 1e6 + row.created)
        seconds = {
            "pending": row.pending,
            "start": row.started,
            "run": row.finished - row.started,
            "close": row.done - row.finished,
        }
        watched.folder.plan.add(seconds=seconds)
        watched.like(REPLY, watched.call(f"{TUNINGS}.TuningService", "Tune", request))
        operation_id = watched.names["op"]
        watched.folder.clock.advance(seconds=10)
        watched.like(PENDING, watched.poll(operation_id))
        watched.folder.clock.advance(minutes=6)
        watched.like(DONE, watched.poll(operation_id))
        assert_task(watched, operation_id)
        assert watched.seconds("begun", "pending") == row.pending
        assert watched.seconds("created", "started") == pytest.approx(row.started, abs=2e-6)
        assert watched.seconds("created", "finished") == pytest.approx(row.finished, abs=2e-6)
        assert watched.seconds("begun", "closed") == row.done
