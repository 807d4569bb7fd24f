"""Update on the wire: what its mask can name, and what becomes of the rest."""

import grpc
import pytest

from aistudio_protos.yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from tests.wire import steps

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NEW = {"name": "new", "description": "text", "labels": {"c": "3"}}
IMMUTABLE = sorted({field.name for field in DatasetInfo.DESCRIPTOR.fields} - NEW.keys())


@pytest.fixture
def dataset(client, folder):
    """A dataset that has a name, a description and labels."""
    reply = client.call(
        "DatasetService/Create",
        folder_id=folder.id,
        name="old",
        description="old text",
        labels={"a": "1", "b": "2"},
        task_type=steps.GENERATION,
        upload_format="jsonlines",
    )
    folder.clock.advance(seconds=5)
    return reply.dataset


def update(client, dataset, paths, **fields):
    return client.call(
        "DatasetService/Update", dataset_id=dataset.dataset_id, update_mask={"paths": paths}, **fields
    ).dataset


def described(client, dataset):
    return client.call("DatasetService/Describe", dataset_id=dataset.dataset_id).dataset


def differing(one, other):
    """The names of the fields that two datasets differ in."""
    return {
        field.name
        for field in DatasetInfo.DESCRIPTOR.fields
        if getattr(one, field.name) != getattr(other, field.name)
    }


@pytest.mark.parametrize("paths", [["name"], ["description"], ["labels"], ["labels", "name"], [*NEW]])
def test_what_the_mask_names_is_changed_and_the_rest_is_not(client, dataset, paths):
    changed = update(client, dataset, paths, **NEW)
    assert differing(dataset, changed) == {*paths, "updated_at"}
    assert all(getattr(changed, path) == NEW[path] for path in paths)
    assert changed == described(client, dataset)


def test_an_update_is_dated_and_names_nobody(client, dataset):
    changed = update(client, dataset, ["name"], name="new")
    assert changed.updated_at.seconds - dataset.updated_at.seconds == 5
    assert (changed.created_at, changed.updated_by) == (dataset.created_at, "")


def test_labels_are_replaced_as_a_whole(client, dataset):
    assert dict(update(client, dataset, ["labels"], labels={"b": "4"}).labels) == {"b": "4"}


def test_labels_that_are_named_and_not_given_are_cleared(client, dataset):
    assert not update(client, dataset, ["labels"]).labels


def test_a_description_that_is_named_and_not_given_is_cleared(client, dataset):
    assert update(client, dataset, ["description"]).description == ""


def test_a_path_that_is_named_twice_counts_once(client, dataset):
    assert update(client, dataset, ["name", "name"], name="new").name == "new"


def test_an_empty_mask_changes_what_is_given(client, dataset):
    assert differing(dataset, update(client, dataset, [], name="new")) == {"name", "updated_at"}
    assert differing(dataset, update(client, dataset, [], name="old", labels={"z": ""})) == {
        "labels",
        "updated_at",
    }


@pytest.mark.parametrize("name", ["", "n" * 64])
def test_a_name_has_the_length_that_it_has_on_create(client, dataset, name):
    refusal = steps.refused(update, client, dataset, ["name"], name=name)
    assert refusal == (INVALID, "Validation error:\nname: Length must be in the range of 1 to 63")
    assert described(client, dataset) == dataset


@pytest.mark.parametrize("path", IMMUTABLE)
def test_what_does_not_change_is_refused_and_said_to_be_that(client, dataset, path):
    code, message = steps.refused(update, client, dataset, ["name", path], name="new")
    assert code is INVALID
    assert message == (
        f"update_mask: cannot update '{path}': {path} of a dataset does not change; "
        "the mask can name name, description, labels"
    )
    assert described(client, dataset) == dataset


@pytest.mark.parametrize("path", ["", "*", "nme", "Name", "update_mask", "name ", "foo.bar", "nme.a"])
def test_what_is_no_field_is_refused_with_what_the_mask_can_name(client, dataset, path):
    code, message = steps.refused(update, client, dataset, ["name", path], name="new")
    assert code is INVALID
    assert f"cannot update {path!r}: a dataset has no such field; the mask can name name, desc" in message
    assert described(client, dataset) == dataset


def test_a_single_label_cannot_be_named(client, dataset):
    code, message = steps.refused(update, client, dataset, ["labels.a"], labels={"a": "9"})
    assert code is INVALID
    assert "labels is changed as a whole" in message


def test_a_dataset_that_is_gone_cannot_be_updated(client, dataset):
    client.call("DatasetService/Delete", dataset_id=dataset.dataset_id)
    code, message = steps.refused(update, client, dataset, ["name"], name="new")
    assert (code, message) == (grpc.StatusCode.NOT_FOUND, f"dataset {dataset.dataset_id} not found")
