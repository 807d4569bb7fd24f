"""Random commands at random virtual times over datasets, tunings and operations: what must hold, holds.

Only the scan of a file is not the real one. At the end all commands are given again to fresh services with
the same seed: every reply is the same, byte for byte.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from aistudio_mock.backend.folders import Pace
from aistudio_mock.domain.behaviours import EDITIONS
from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.errors import NotFound
from aistudio_mock.domain.instant import DAY, SECOND
from aistudio_protos.yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from tests.property.services import FOLDER, Services, Setup
from tests.wire.stubs import unpack
from tests.wire.tuning_parts import KINDS

STATUS = TuningTask.Status
ORDER = {
    STATUS.CREATED: 0,
    STATUS.PENDING: 1,
    STATUS.IN_PROGRESS: 2,
    STATUS.COMPLETED: 3,
    STATUS.FAILED: 3,
    STATUS.CANCELED: 3,
    STATUS.PAID: 4,
    STATUS.ARCHIVED: 5,
}
"""A task's status never goes back in this order, and of those with one number it keeps the first."""

ENDED = 3
SETTINGS = {
    "tune-refusals": ["sync", "async"],
    "tuning-visible-after": ["0", "5", "100"],
    "tuning-operation-progress": ["frozen", "in-progress", "steps"],
    "cancel-finished": ["unchanged", "refuse"],
    "archived-model": ["stays", "gone"],
    "dataset-ready-before-done": ["at-conversion", "at-done"],
    "tunings-last-page": ["token", "empty"],
}
SETUPS = st.builds(
    Setup,
    pace=st.sampled_from(Pace),
    durations=st.sampled_from(Durations),
    edition=st.sampled_from(sorted(EDITIONS)),
    settings=st.fixed_dictionaries({}, optional={key: st.sampled_from(of) for key, of in SETTINGS.items()}),
    seed=st.integers(0, 2**32),
)
SECONDS = st.fixed_dictionaries(
    {}, optional={phase: st.sampled_from([0, 1, 60, 86_400]) for phase in ("start", "run", "close")}
)
SCRIPTS = st.one_of(
    st.fixed_dictionaries(
        {"outcome": st.just("complete")},
        optional={"model": st.booleans(), "closing": st.sampled_from(["usual", "bare"])},
    ),
    st.fixed_dictionaries(
        {"outcome": st.just("fail")},
        optional={
            "after": st.floats(0, 1),
            "starts": st.booleans(),
            "status": st.sampled_from(["OK", "INTERNAL", "ABORTED"]),
            "closing": st.sampled_from(["usual", "bare", "error-first"]),
            "errors": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        },
    ),
    st.fixed_dictionaries(
        {"outcome": st.just("cancel")}, optional={"after": st.floats(0, 1), "starts": st.booleans()}
    ),
    st.fixed_dictionaries({"outcome": st.just("never")}, optional={"starts": st.booleans()}),
)
WHICH = st.integers(0, 7)
TIMES = st.one_of(st.integers(0, 10 * SECOND), st.integers(0, 600 * SECOND), st.just(15 * DAY))


@dataclass
class Begun:
    """A tuning that was accepted, and what was seen of it last."""

    operation_id: str
    task_id: str
    task: Any = None
    end: int | None = None
    moments: list[Any] = field(default_factory=list)


class Tunings(RuleBasedStateMachine):
    """The commands of the services, and what must hold after each."""

    @initialize(setup=SETUPS, kind=st.sampled_from(sorted(KINDS)))
    def begin(self, setup, kind):
        self.setup = setup
        self.services = Services(setup)
        self.log = []
        self.begun = {}
        self.seen_operations = {}
        self.operations = []
        self.kinds = {}
        self.deleted = set()
        self.create(kind)
        self.upload(0, 2)
        self.validate(0)
        self.do("advance", by=300 * SECOND)
        self.tune(0)

    def do(self, name, /, **fields):
        outcome, reply = self.services.do(name, fields)
        self.log.append((name, fields, outcome))
        return reply

    def dataset(self, which):
        return list(self.kinds)[which % len(self.kinds)]

    def operation(self, which):
        return self.operations[which % len(self.operations)] if self.operations else "fds00000000000000000"

    def task(self, which):
        tasks = [begun.task_id for begun in self.begun.values()]
        return tasks[which % len(tasks)] if tasks else "ftn00000000000000000"

    @rule(kind=st.sampled_from(sorted(KINDS)))
    def create(self, kind):
        fields = {"folder_id": FOLDER, "name": "a", "task_type": KINDS[kind][0], "upload_format": "jsonlines"}
        self.kinds[self.do("DatasetService/Create", **fields).dataset_id] = kind

    @rule(dataset=WHICH, size=st.integers(1, 4))
    def upload(self, dataset, size):
        self.do("upload", dataset_id=self.dataset(dataset), size=size)

    @rule(dataset=WHICH)
    def validate(self, dataset):
        reply = self.do("DatasetService/Validate", dataset_id=self.dataset(dataset))
        self.operations += [reply.id] if reply else []

    @rule(dataset=st.integers(1, 7))
    def delete(self, dataset):
        dataset_id = self.dataset(dataset)
        if self.do("DatasetService/Delete", dataset_id=dataset_id) is not None:
            self.deleted.add(dataset_id)

    @rule(script=SCRIPTS, seconds=SECONDS, heeds=st.booleans(), times=st.sampled_from([1, 2]))
    def plan(self, script, seconds, heeds, times):
        self.do("plan", **script, seconds=seconds, heeds_cancel=heeds, times=times)

    @rule(
        train=st.lists(WHICH, min_size=1, max_size=2),
        validation=st.lists(WHICH, max_size=1),
        kind=st.sampled_from(sorted(KINDS)),
        model=st.sampled_from(["text-embeddings", "yandexgpt-lite", "llama-lite", "gpt-5"]),
    )
    def tune_anything(self, train, validation, kind, model):
        self.tuned(train, validation, kind, model)

    @rule(script=SCRIPTS, seconds=SECONDS)
    def tune_as_planned(self, script, seconds):
        self.do("plan", **script, seconds=seconds)
        self.tune(0)

    @rule(dataset=WHICH)
    def tune(self, dataset):
        kind = self.kinds[self.dataset(dataset)]
        self.tuned([dataset], [], kind, KINDS[kind][2])

    def tuned(self, train, validation, kind, model):
        reply = self.do(
            "TuningService/Tune",
            base_model_uri=f"{KINDS[kind][1]}://{FOLDER}/{model}/latest",
            train_datasets=[{"dataset_id": self.dataset(one), "weight": 1} for one in train],
            validation_datasets=[{"dataset_id": self.dataset(one), "weight": 1} for one in validation],
            **{kind: {}},
        )
        if reply is not None:
            self.operations.append(reply.id)
            self.begun[reply.id] = Begun(reply.id, self.services.task_of(reply.id))

    @rule(operation=WHICH)
    def poll(self, operation):
        self.do("OperationService/Get", operation_id=self.operation(operation))

    @rule(task=WHICH)
    def wait_by_describe(self, task):
        for _ in range(2):
            reply = self.do("TuningService/Describe", tuning_task_id=self.task(task))
            assert reply is None or reply.tuning_task == self.services.task(reply.tuning_task.task_id)

    @rule(kind=st.sampled_from(sorted(KINDS)), size=st.integers(1, 2))
    def wait_for_a_dataset_by_describe(self, kind, size):
        dataset = len(self.kinds)
        self.create(kind)
        self.upload(dataset, size)
        self.validate(dataset)
        for _ in range(2):
            reply = self.do("DatasetService/Describe", dataset_id=self.dataset(dataset))
            assert reply is None or reply.dataset == self.services.dataset(reply.dataset.dataset_id)

    @rule(operation=WHICH)
    def cancel_operation(self, operation):
        before = self.services.operation(self.operation(operation)) if self.operations else None
        reply = self.do("OperationService/Cancel", operation_id=self.operation(operation))
        assert reply is None or not before.done or reply == before

    @rule(task=WHICH, rpc=st.sampled_from(["Cancel", "ListErrors"]))
    def of_a_task(self, task, rpc):
        self.do(f"TuningService/{rpc}", tuning_task_id=self.task(task))

    @rule(task=WHICH, rpc=st.sampled_from(["Archive", "EnableBilling"]))
    def once_it_is_over(self, task, rpc):
        reply = self.do(f"TuningService/{rpc}", tuning_task_id=self.task(task))
        self.operations += [reply.id] if reply else []

    @rule(task=WHICH, rpc=st.sampled_from(["GetOptions", "GetMetricsUrl"]))
    def about_a_task(self, task, rpc):
        self.do(f"TuningService/{rpc}", task_id=self.task(task))

    @rule(by=TIMES)
    def advance(self, by):
        self.do("advance", by=by)

    @invariant()
    def what_has_ended_stays_and_time_goes_forward(self):
        for begun in self.begun.values():
            task = self.described(begun)
            if task is not None:
                self.assert_no_step_back(begun, task)
                begun.task = task
        for operation_id in self.operations:
            now = self.services.operation(operation_id)
            before = self.seen_operations.get(operation_id, now)
            assert not before.done or now == before
            assert before.modified_at.ToSeconds() <= now.modified_at.ToSeconds()
            assert now.created_at.ToSeconds() <= now.modified_at.ToSeconds() <= self.services.now // SECOND
            self.seen_operations[operation_id] = now

    def described(self, begun):
        """The task, or None as long as it is not visible."""
        try:
            return self.services.task(begun.task_id)
        except NotFound:
            assert begun.task is None, "what was visible stays visible"
            return None

    def assert_no_step_back(self, begun, task):
        dates = [
            task.created_at.ToMicroseconds(),
            *(
                getattr(task, name).ToMicroseconds()
                for name in ("started_at", "finished_at")
                if task.HasField(name)
            ),
            self.services.now,
        ]
        assert dates == sorted(dates)
        rank = ORDER[task.status]
        assert (rank >= ENDED) is task.HasField("finished_at")
        assert task.HasField("started_at") or task.status not in {STATUS.IN_PROGRESS, STATUS.COMPLETED}
        if begun.task is None:
            return
        assert rank >= ORDER[begun.task.status]
        if ORDER[begun.task.status] >= ENDED:
            assert rank > ORDER[begun.task.status] or task == begun.task
            task_then = type(task)()
            task_then.CopyFrom(begun.task)
            task_then.status = task.status
            assert task == task_then, "nothing but the status changes once a run is over"

    @invariant()
    def both_views_of_a_tuning_agree_at_its_end(self):
        for begun in self.begun.values():
            operation, task = self.services.operation(begun.operation_id), self.described(begun)
            if not operation.done or task is None:
                continue
            assert task.HasField("finished_at")
            metadata = unpack(operation.metadata)
            assert metadata.tuning_task_id == begun.task_id
            assert task.status in {metadata.status, STATUS.PAID, STATUS.ARCHIVED}
            assert not (operation.HasField("response") and operation.HasField("error"))
            if operation.HasField("response"):
                response = unpack(operation.response)
                assert metadata.status == response.status == STATUS.COMPLETED
                assert response.target_model_uri == task.target_model_uri
            if operation.HasField("error"):
                assert metadata.status in {STATUS.FAILED, STATUS.CANCELED}
                assert task.target_model_uri == ""
                assert (operation.error.code == 1) is (metadata.status == STATUS.CANCELED)
            event(f"both views ended as {STATUS.Name(metadata.status)}")

    @invariant()
    def lists_are_what_is_described(self):
        tasks = [task for begun in self.begun.values() if (task := self.described(begun)) is not None]
        assert self.listed("TuningService/List", "tuning_tasks") == tasks[::-1]
        datasets = self.listed("DatasetService/List", "datasets")
        assert {one.dataset_id for one in datasets} == self.kinds.keys() - self.deleted
        for one in datasets:
            assert self.services.dataset(one.dataset_id) == one

    def listed(self, rpc, name, **fields):
        found, token = [], ""
        while True:
            reply = self.services.call(rpc, folder_id=FOLDER, page_size=3, page_token=token, **fields)
            found += getattr(reply, name)
            token = reply.next_page_token
            if not token or not getattr(reply, name):
                return found

    def teardown(self):
        if not hasattr(self, "services"):
            return
        try:
            self.assert_filters_part_the_list()
            self.assert_the_same_again()
        finally:
            self.services.close()

    def assert_filters_part_the_list(self):
        every = self.listed("TuningService/List", "tuning_tasks")
        for task in every:
            event(f"a task was {STATUS.Name(task.status)}")
        for status in ORDER:
            some = self.listed("TuningService/List", "tuning_tasks", status=status)
            assert some == [task for task in every if task.status == status]

    def assert_the_same_again(self):
        again = Services(self.setup)
        try:
            for name, fields, outcome in self.log:
                assert again.do(name, fields)[0] == outcome
        finally:
            again.close()


TestTunings = Tunings.TestCase
TestTunings.settings = settings(max_examples=20, stateful_step_count=30)
