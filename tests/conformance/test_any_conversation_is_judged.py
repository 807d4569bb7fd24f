"""Whatever a client leaves out of a call, or a server out of an answer, is judged: nothing breaks it."""

import pytest
from google.protobuf.descriptor import FieldDescriptor

from aistudio_conformance.functions import FUNCTIONS
from aistudio_conformance.monitors import MONITORS
from aistudio_conformance.seen import Seen, Sight
from aistudio_conformance.server_functions import SERVER_FUNCTIONS
from aistudio_conformance.server_monitors import SERVER_MONITORS
from aistudio_protos.options import operation_types
from aistudio_protos.pool import POOL, services
from tests.conformance.evidence import answered, entry, failed, journal, put, silent

DEEPEST = 3
METHODS = [(service.name, method) for service in services() for method in service.methods]
ON_THE_WIRE = {**MONITORS, **SERVER_MONITORS}
STEPS = [answered(), answered(dataset_id="x", tuning_id="x", model_uri="x", text="x"), failed(), silent()]


def partly(message, depth, held=None):
    """The message as JSON with whatever stands no deeper than that: what is deeper was left out."""
    if depth == 0:
        return {}
    return {field.name: a_value(field, depth - 1, held or {}) for field in message.fields}


def a_value(field, depth, held):
    if field.message_type is None:
        one = "x" if field.type == FieldDescriptor.TYPE_STRING else 1
    elif field.message_type.full_name == "google.protobuf.Any":
        one = partly(held[field.name], depth) if held.get(field.name) else {}
    elif field.message_type.full_name == "google.protobuf.Timestamp":
        one = "2026-01-01T00:00:00Z"
    else:
        one = partly(field.message_type, depth)
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    return {} if is_map else [one] if field.is_repeated else one


def held_by(method):
    types = operation_types(method)
    names = {"metadata": types.metadata, "response": types.response} if types else {}
    return {field: POOL.FindMessageTypeByName(name) for field, name in names.items() if name}


def a_call(number, service, method, asked, told):
    return entry(
        number,
        f"{service}/{method.name}",
        request=asked,
        responses=told,
        request_type=method.input_type.full_name,
        response_type=method.output_type.full_name,
        metadata=(("authorization", "Api-Key x"),),
    )


def conversations(depth):
    """Every call of the contract twice, and every answer of an operation, with what is no deeper."""
    calls = []
    for service, method in METHODS:
        asked = partly(method.input_type, depth)
        for told in ((), (None,), (partly(method.output_type, depth, held_by(method)),)):
            calls += [(service, method, asked, told), (service, method, asked, told)]
    polls = next(one for one in METHODS if one[1].full_name.endswith("OperationService.Get"))
    for _, method in METHODS:
        if held := held_by(method):
            told = partly(method.output_type, depth, held)
            calls += [(*polls, {"operation_id": "x"}, ({**told, "done": done},)) for done in (False, True)]
    seen = [a_call(number, *call) for number, call in enumerate(calls, 1)]
    storage = [put(len(seen) + 1, ""), put(len(seen) + 2, "x", status="307")]
    fetched = entry(len(seen) + 3, "GET", leg="storage", url="x", status="200")
    return [journal(*seen, *storage, fetched), journal(*seen), journal(*storage, fetched), journal()]


@pytest.mark.parametrize("depth", range(DEEPEST + 1))
def test_monitors_see_something_in_any_conversation(depth):
    for seen in conversations(depth):
        assert all(isinstance(one.look(seen), Seen) for one in ON_THE_WIRE.values())
        assert all(isinstance(look(seen), Seen) for look in SERVER_FUNCTIONS.values())


@pytest.mark.parametrize("depth", range(DEEPEST + 1))
@pytest.mark.parametrize("do", ["dataset.upload", "tuning.metrics"])
def test_functions_see_something_in_any_conversation_whatever_the_client_told(do, depth):
    for seen in conversations(depth):
        for step in STEPS:
            told = type(step)(step=step.step, do=do, asked={}, answer=step.answer, ended=step.ended)
            assert all(isinstance(look(told, seen), Seen) for look in FUNCTIONS.values())


def test_a_dataset_that_does_not_say_when_it_was_updated_was_not_updated_in_time():
    counted = {"metadata": {"dataset_id": "x", "total_rows": "1"}, "modified_at": "2026-01-01T00:00:00Z"}
    polled = entry(1, "OperationService/Get", responses=(counted,))
    shown = entry(2, "DatasetService/Describe", responses=({"dataset": {"dataset_id": "x"}},))
    seen = SERVER_FUNCTIONS["updated_when_the_rows_were_counted"](journal(polled, shown))
    assert (seen.sight, seen.entries) == (Sight.VIOLATED, (1, 2))
