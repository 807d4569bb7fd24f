"""Makes writing calls in a folder of its own until the server is gone, and knows what must be there then."""

import hashlib
import json
import random

import grpc
import requests

from aistudio_mock.control_client import ControlClient
from aistudio_mock.control_types import NewFolder
from tests.wire import batch_parts, steps
from tests.wire.crash_looks import Look
from tests.wire.crash_moves import moves
from tests.wire.stubs import Client

LOST = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN, grpc.StatusCode.CANCELLED}
"""What a call ends with whose server has gone."""


class Worker:
    """`work` once for each life of the server; `before` is what was there at the last look."""

    def __init__(self, name, seed):
        self.id = f"b1g{name}"
        self.chance = random.Random(seed)
        self.count = 0
        self.before = None
        self.pending = None
        self.upload = None
        self.ended = set()
        self.contents = {}
        """Digests of files by their ETags."""
        self.calls = {}
        """How often each call was made and answered."""
        self.unanswered = []
        self.tokens = []

    def work(self, ready, is_gone):
        """Goes on until `is_gone` says that no call can be answered any more. Raises AssertionError."""
        self.control = ControlClient(ready["http"])
        try:
            self.api_key = self.entered()
            with Client(ready["grpc"], f"Api-Key {self.api_key}") as self.client:
                self.catch_up(ready)
                while True:
                    self.step()
        except grpc.RpcError as error:
            if error.code() not in LOST or not is_gone():
                raise
        except (ConnectionError, requests.ConnectionError):
            if not is_gone():
                raise

    def look_again(self, ready):
        """A last look, without one more call."""
        self.control = ControlClient(ready["http"])
        self.catch_up(ready)

    def entered(self):
        """The API key of the folder, which is made in the first life."""
        if self.id not in [one.id for one in self.control.list_folders().folders]:
            assert self.before is None, f"{self.id} is lost"
            new = NewFolder(self.id, "manual", auth="strict", seed=self.chance.randrange(1000))
            self.control.create_folder(new)
        return self.control.folder(self.id).api_key

    def catch_up(self, ready):
        """What was answered is there, what was not wholly or not at all, and nothing else has changed."""
        now = Look(self.control, self.id)
        if self.before is not None and self.pending is None:
            assert now == self.before, (self.before, now)
        if self.pending is not None:
            attempt, answered = self.pending
            if answered or now != self.before:
                attempt.check(self.before, now)
                if not answered:
                    attempt.done(None)
            elif attempt.silent:
                attempt.done(None)
            if not answered:
                self.unanswered.append((attempt.name, now != self.before))
        self.before, self.pending = now, None
        self.show_token(ready)

    def show_token(self, ready):
        """A token of an earlier life is as good as it was; a new one for the next life."""
        for token, expires_at in self.tokens[-1:]:
            if self.before.folder.now < expires_at:
                with Client(ready["grpc"], f"Bearer {token}") as bearer:
                    bearer.call("DatasetService/List", folder_id=self.id)
        issued = self.control.issue_token(self.id)
        assert issued.iam_token not in [token for token, _ in self.tokens]
        self.tokens.append((issued.iam_token, issued.expires_at))

    def step(self):
        """One call, and a look at what it did."""
        attempt = self.chance.choice(moves(self))(self)
        self.pending = attempt, False
        reply = attempt.call()
        self.pending = attempt, True
        self.calls[attempt.name] = self.calls.get(attempt.name, 0) + 1
        attempt.done(reply)
        after = Look(self.control, self.id)
        attempt.check(self.before, after)
        self.before, self.pending = after, None

    def token(self):
        """A text that was not there before."""
        self.count += 1
        return f"{self.id[3:]}{self.count}"

    def body(self, dataset_id):
        """A valid file for a dataset, of bytes that were not sent before."""
        questions = [f"{self.token()}?" for _ in range(self.chance.randrange(1, 6))]
        if self.before.sections["datasets"][dataset_id].task_type == batch_parts.REQUEST_TYPE:
            body = batch_parts.requests(*questions)
        else:
            row = json.loads(steps.GOOD.splitlines()[0])
            body = b"".join(json.dumps(row | {"response": one}).encode() + b"\n" for one in questions)
        digest = hashlib.md5(body).hexdigest()
        self.contents[digest] = digest
        return body

    @staticmethod
    def put(url, body):
        """The ETag that a PUT is answered with."""
        answer = requests.put(url, data=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.headers["ETag"]

    def end_upload(self, dataset_id):
        """The upload of that dataset, if it is ours, can go on no more."""
        if self.upload and self.upload[0] == dataset_id:
            self.upload = None

    def _datasets(self, *statuses):
        found = self.before.sections["datasets"]
        return [found[key] for key in self.before.named("datasets", *statuses) if not found[key].labels]

    @property
    def drafts(self):
        """Ids of datasets that can be uploaded to."""
        return [one.id for one in self._datasets("DRAFT")]

    @property
    def uploaded(self):
        """Ids of datasets that can be validated."""
        return [one.id for one in self._datasets("DRAFT") if one.files]

    @property
    def ready(self):
        """Ids of datasets that can be tuned on."""
        return [one.id for one in self._datasets("READY") if one.task_type == steps.GENERATION]

    @property
    def questions(self):
        """Ids of datasets that can be answered."""
        return [one.id for one in self._datasets("READY") if one.task_type == batch_parts.REQUEST_TYPE]

    @property
    def running(self):
        """Ids of tasks that are not over."""
        return self.before.named("tunings", "CREATED", "PENDING", "IN_PROGRESS")

    @property
    def finished(self):
        """Ids of tasks of which nobody has disposed yet."""
        return [key for key in self.before.named("tunings", "COMPLETED") if key not in self.ended]
