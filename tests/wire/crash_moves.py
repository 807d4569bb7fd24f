"""What a worker does to its folder, one call at a time, and how each call is seen to be done wholly."""

import hashlib
from datetime import timedelta

from aistudio_mock.control_types import NewFolder
from tests.wire import batch_parts, multipart_steps, steps
from tests.wire.crash_looks import Attempt, sections

LONG = timedelta(hours=2)
"""After so long everything that was begun is over."""

URLS_LIVE = timedelta(hours=20)
"""A little less than they do."""

MANY, FEW = 25, 3
ENDED = {"COMPLETED", "FAILED", "CANCELED", "ARCHIVED", "PAID"}


def moves(worker):
    """Every call that makes sense now, some more often than others."""
    if worker.upload and worker.before.folder.now > worker.begun + URLS_LIVE:
        worker.upload = None
    if len(worker.before.sections["datasets"]) > MANY:
        return [reset]
    return [move for wanted, some in _MOVES if wanted(worker) for move in some]


def create(worker):
    name, kind = worker.token(), worker.chance.choice([steps.GENERATION, batch_parts.REQUEST_TYPE])

    def there(after):
        return [one.status for one in after.sections["datasets"].values() if one.name == name] == ["DRAFT"]

    return Attempt(
        "create",
        lambda: steps.draft(worker.client, worker, kind, name),
        added={"datasets": 1},
        then=there,
    )


def update(worker):
    dataset_id, text = worker.chance.choice(worker.drafts + worker.ready), worker.token()
    return Attempt(
        "update",
        lambda: worker.client.call(
            "DatasetService/Update",
            dataset_id=dataset_id,
            description=text,
            update_mask={"paths": ["description"]},
        ),
        changed={"datasets": {dataset_id}},
        then=lambda after: after.sections["datasets"][dataset_id].description == text,
    )


def delete(worker):
    dataset_id = worker.chance.choice(
        worker.drafts + worker.ready + worker.before.named("datasets", "VALIDATING")
    )
    operation_id = worker.before.sections["datasets"][dataset_id].operation_id

    def done(_):
        worker.end_upload(dataset_id)

    return Attempt(
        "delete",
        lambda: worker.client.call("DatasetService/Delete", dataset_id=dataset_id),
        removed={"datasets": {dataset_id}},
        changed={"operations": {operation_id}},
        then=lambda after: not operation_id or after.sections["operations"][operation_id].done,
        done=done,
    )


def put(worker):
    dataset_id = worker.chance.choice(worker.drafts)
    body = worker.body(dataset_id)
    url = steps.upload_url(worker.client, dataset_id, len(body))
    return Attempt(
        "put",
        lambda: worker.put(url, body),
        changed={"datasets": {dataset_id}},
        then=lambda after: etag(after, dataset_id) == hashlib.md5(body).hexdigest(),
    )


def etag(look, dataset_id):
    files = look.sections["datasets"][dataset_id].files
    return files[0].etag if files else None


def start(worker):
    dataset_id = worker.chance.choice(worker.drafts)
    worker.begun = worker.before.folder.now
    body = worker.body(dataset_id)
    if worker.chance.random() < 0.3:
        body *= multipart_steps.PART // len(body) + 1
    parts = multipart_steps.cut(body)

    def done(urls):
        worker.upload = None if urls is None else (dataset_id, list(zip(urls, parts, strict=True)), {})

    return Attempt(
        "start",
        lambda: multipart_steps.start(worker.client, dataset_id, len(body), len(parts)),
        done=done,
        silent=True,
    )


def part(worker):
    _, sent, etags = worker.upload
    number = worker.chance.randrange(len(sent))

    def done(reply):
        if reply is not None:
            etags[number] = reply

    return Attempt("part", lambda: worker.put(*sent[number]), done=done, silent=True)


def finish(worker):
    dataset_id, sent, etags = worker.upload
    missing = next((number for number in range(len(sent)) if number not in etags), None)
    if missing is not None:
        return part(worker)
    listed = multipart_steps.receipts(etags[number] for number in range(len(sent)))
    digests = b"".join(bytes.fromhex(etags[number].strip('"')) for number in range(len(sent)))
    made = f"{hashlib.md5(digests).hexdigest()}-{len(sent)}"
    worker.contents[made] = hashlib.md5(b"".join(body for _, body in sent)).hexdigest()

    def done(_):
        worker.upload = None

    return Attempt(
        "finish",
        lambda: multipart_steps.finish(worker.client, dataset_id, listed),
        changed={"datasets": {dataset_id}},
        then=lambda after: etag(after, dataset_id) == made,
        done=done,
    )


def validate(worker):
    dataset_id = worker.chance.choice(worker.uploaded)
    return Attempt(
        "validate",
        lambda: worker.client.call("DatasetService/Validate", dataset_id=dataset_id),
        added={"operations": 1},
        changed={"datasets": {dataset_id}},
        then=lambda after: after.sections["datasets"][dataset_id].status == "VALIDATING",
        done=lambda _: worker.end_upload(dataset_id),
    )


def tune(worker):
    order = steps.order(worker, worker.chance.choice(worker.ready), name=worker.token())
    used = sum(one.used for one in worker.before.plan)
    due = any(one.times is None or one.used < one.times for one in worker.before.plan)
    return Attempt(
        "tune",
        lambda: worker.client.call("TuningService/Tune", **order),
        added={"operations": 1, "tunings": 1},
        then=lambda after: (
            order["name"] in [one.name for one in after.sections["tunings"].values()]
            and sum(one.used for one in after.plan) == used + due
        ),
    )


def cancel(worker):
    task = worker.before.sections["tunings"][worker.chance.choice(worker.running)]
    return Attempt(
        "cancel",
        lambda: worker.client.call("TuningService/Cancel", tuning_task_id=task.id),
        changed={"tunings": {task.id}, "operations": {task.operation_id}},
        then=lambda after: after.sections["tunings"][task.id].status == "CANCELED",
    )


def cancel_operation(worker):
    task = worker.before.sections["tunings"][worker.chance.choice(worker.running)]
    return Attempt(
        "cancel operation",
        lambda: worker.client.call("OperationService/Cancel", operation_id=task.operation_id),
        changed={"tunings": {task.id}, "operations": {task.operation_id}},
        then=lambda after: after.sections["operations"][task.operation_id].done,
    )


def archive(worker):
    return _ended(worker, "Archive")


def bill(worker):
    return _ended(worker, "EnableBilling")


def _ended(worker, method):
    task_id = worker.chance.choice(worker.finished)
    worker.ended.add(task_id)
    return Attempt(
        method,
        lambda: worker.client.call(f"TuningService/{method}", tuning_task_id=task_id),
        added={"operations": 1},
        changed={"tunings": {task_id}},
    )


def batch(worker):
    order = batch_parts.order(worker, worker.chance.choice(worker.questions))
    return Attempt(
        "batch",
        lambda: worker.client.call(batch_parts.START, **order),
        added={"batches": 1, "operations": 1},
    )


def _batch(worker):
    one = worker.before.sections["batches"][worker.chance.choice([*worker.before.sections["batches"]])]
    gone = {
        key
        for key, dataset in worker.before.sections["datasets"].items()
        if one.id in dataset.labels.values() and one.status not in ENDED
    }
    return one, gone


def cancel_batch(worker):
    one, gone = _batch(worker)
    return Attempt(
        "cancel batch",
        lambda: worker.client.call("BatchInferenceService/Cancel", task_id=one.id),
        changed={"batches": {one.id}, "operations": {one.operation_id}},
        removed={"datasets": gone},
        then=lambda after: after.sections["batches"][one.id].status in ENDED,
    )


def delete_batch(worker):
    one, gone = _batch(worker)
    return Attempt(
        "delete batch",
        lambda: worker.client.call("BatchInferenceService/Delete", task_id=one.id),
        changed={"operations": {one.operation_id}},
        removed={"batches": {one.id}, "datasets": gone},
    )


def completion(worker):
    return Attempt(
        "completion",
        lambda: worker.client.call(
            "TextGenerationAsyncService/Completion",
            model_uri=f"gpt://{worker.id}/yandexgpt-lite/latest",
            messages=[{"role": "user", "text": worker.token()}],
        ),
        added={"operations": 1},
    )


def advance(worker):
    return _moved(worker, LONG)


def later(worker):
    return _moved(worker, timedelta(seconds=worker.chance.randrange(1, 60)))


def _moved(worker, by):
    there = worker.before.folder.now + by
    expected = worker.control.state(worker.id, there)

    def whole(before, after):
        assert (after.folder.now, after.sides, after.plan) == (there, before.sides, before.plan)
        if by == LONG:
            assert not after.named("datasets", "VALIDATING")
            for key, one in before.sections["datasets"].items():
                if one.status == "VALIDATING" and one.operation_id:
                    assert after.sections["datasets"][key].status == "READY", after.sections["datasets"][key]
        return (after.sections, after.models) == (sections(expected), expected.models)

    return Attempt("advance", lambda: worker.control.set_clock(worker.id, there), whole=whole)


def plan(worker):
    text = worker.token()
    fields = {"outcome": "fail", "message": text, "times": worker.chance.choice([1, 2, None])}
    return Attempt(
        "plan",
        lambda: worker.control.add_plan(worker.id, fields),
        then=lambda after: text in [one.message for one in after.plan],
    )


def forget_plan(worker):
    return Attempt(
        "forget plan", lambda: worker.control.clear_plans(worker.id), then=lambda after: after.plan == []
    )


def side(worker):
    new = NewFolder(f"{worker.id}-{worker.token()}", "manual", seed=3, settings={"quotas": "datasets:2"})

    def whole(before, after):
        made = after.sides[new.id]
        rest = {key: one for key, one in after.sides.items() if key != new.id}
        return (made.seed, made.polling, rest) == (
            3,
            "keep",
            before.sides,
        ) and after.sections == before.sections

    return Attempt("side", lambda: worker.control.create_folder(new), whole=whole)


def drop_side(worker):
    gone = worker.chance.choice([*worker.before.sides])

    def whole(before, after):
        rest = {key: one for key, one in before.sides.items() if key != gone}
        return after.sides == rest and after.sections == before.sections and after.folder == before.folder

    return Attempt("drop side", lambda: worker.control.delete_folder(gone), whole=whole)


def reset(worker):
    def whole(before, after):
        return not any(after.sections.values()) and not after.plan and after.folder == before.folder

    def done(_):
        worker.upload = None

    return Attempt("reset", lambda: worker.control.reset_folder(worker.id), whole=whole, done=done)


_MOVES = (
    (lambda _: True, (create, plan, forget_plan, later, side, completion)),
    (lambda worker: worker.drafts, (put, put, start, update, delete)),
    (lambda worker: worker.uploaded, (validate, validate, validate)),
    (lambda worker: worker.upload, (part, part, part, finish, finish)),
    (lambda worker: worker.ready, (tune, tune, tune, update, delete)),
    (lambda worker: worker.questions, (batch,)),
    (lambda worker: worker.before.named("datasets", "VALIDATING"), (advance, advance, delete)),
    (lambda worker: worker.running, (cancel, cancel_operation, advance)),
    (lambda worker: worker.finished, (archive, bill)),
    (lambda worker: worker.before.sections["batches"], (cancel_batch, delete_batch)),
    (lambda worker: worker.before.sides, (drop_side,)),
    (lambda worker: len(worker.before.sides) > FEW, (drop_side,) * 5),
)
"""What can be done when, each as often as it stands there."""
