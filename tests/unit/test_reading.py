"""Messages as JSON: whole, though nobody here knows the type of what they pack."""

from aistudio_protos.pool import message_class
from aistudio_protos.reading import read

OPERATION = "yandex.cloud.operation.Operation"
NEW = "type.googleapis.com/yandex.cloud.ai.New"


def operation(**fields):
    return message_class(OPERATION)(id="ftn", done=True, **fields)


def test_an_any_of_a_known_type_is_unpacked():
    made = operation()
    made.metadata.Pack(message_class("yandex.cloud.ai.tuning.v1.TuningMetadata")(tuning_task_id="ftn"))
    metadata = (read(OPERATION, made.SerializeToString()) or {})["metadata"]
    assert metadata["@type"].endswith("/yandex.cloud.ai.tuning.v1.TuningMetadata")
    assert metadata["tuning_task_id"] == "ftn"


def test_an_any_of_an_unknown_type_is_kept_as_type_and_bytes_beside_the_rest():
    made = operation()
    made.metadata.type_url, made.metadata.value = NEW, b"\x08\x01"
    made.response.type_url = NEW
    assert read(OPERATION, made.SerializeToString()) == {
        "id": "ftn",
        "done": True,
        "metadata": {"@type": NEW, "value": "CAE="},
        "response": {"@type": NEW, "value": ""},
    }


def test_bytes_that_are_no_message_of_a_known_type_are_kept_too():
    made = operation()
    made.response.type_url, made.response.value = "t/yandex.cloud.ai.tuning.v1.TuningResponse", b"\xff"
    assert (read(OPERATION, made.SerializeToString()) or {})["response"]["value"] == "/w=="


def test_each_detail_of_an_error_stands_in_its_place():
    made = operation()
    known = message_class("yandex.cloud.ai.tuning.v1.TuningMetadata")(tuning_task_id="ftn")
    made.error.details.add(type_url=NEW, value=b"1")
    made.error.details.add().Pack(known)
    new, old = (read(OPERATION, made.SerializeToString()) or {})["error"]["details"]
    assert (new, old["tuning_task_id"]) == ({"@type": NEW, "value": "MQ=="}, "ftn")


def test_bytes_that_are_no_message_are_nothing():
    assert read(OPERATION, b"\xff") is None
    assert read("no.such.Message", b"") is None
