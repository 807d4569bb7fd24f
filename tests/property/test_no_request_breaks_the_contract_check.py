"""Whatever a request holds, checking it against the contract ends in a pass or a refusal."""

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.transport.contract import require_valid
from aistudio_protos.pool import message_class, services

REQUESTS = sorted({method.input_type.full_name for service in services() for method in service.methods})
_CPP = FieldDescriptor
_SCALARS = {
    _CPP.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    _CPP.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    _CPP.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    _CPP.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    _CPP.CPPTYPE_DOUBLE: st.floats(),
    _CPP.CPPTYPE_FLOAT: st.floats(width=32),
    _CPP.CPPTYPE_BOOL: st.booleans(),
    _CPP.CPPTYPE_ENUM: st.integers(-(2**31), 2**31 - 1),
}
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def values(field, depth):
    if field.message_type is not None:
        return messages(field.message_type, depth - 1)
    if field.cpp_type == _CPP.CPPTYPE_STRING:
        return st.binary(max_size=20) if field.type == _CPP.TYPE_BYTES else _TEXT
    return _SCALARS[field.cpp_type]


@st.composite
def messages(draw, descriptor, depth=4):
    """A message of any content, nested `depth` deep."""
    message = message_class(descriptor.full_name)()
    for field in descriptor.fields:
        if (depth <= 0 and field.message_type is not None) or not draw(st.booleans()):
            continue
        fill(draw, message, field, depth)
    return message


def fill(draw, message, field, depth):
    target = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        for one in draw(st.lists(values(key, depth), max_size=3)):
            if value.message_type is not None:
                target[one].CopyFrom(draw(values(value, depth)))
            else:
                target[one] = draw(values(value, depth))
    elif field.is_repeated:
        target.extend(draw(st.lists(values(field, depth), max_size=3)))
    elif field.message_type is not None:
        target.CopyFrom(draw(values(field, depth)))
    else:
        setattr(message, field.name, draw(values(field, depth)))


def check(request):
    refusal = None
    try:
        require_valid(request)
    except InvalidArgument as refused:
        refusal = refused
    if refusal:
        lines = [f"{one.field}: {one.description}" for one in refusal.violations]
        assert lines
        assert refusal.message == "\n".join(["Validation error:", *lines])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_content_of_a_request_crashes_the_check(data):
    name = data.draw(st.sampled_from(REQUESTS))
    check(data.draw(messages(message_class(name).DESCRIPTOR)))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(REQUESTS), st.binary(max_size=200))
def test_no_bytes_that_decode_crash_the_check(name, body):
    try:
        request = message_class(name).FromString(body)
    except DecodeError:
        return
    check(request)


def test_a_deeply_nested_request_does_not_crash_the_check():
    # protobuf itself reads a hundred levels, and each of these is three.
    request = message_class("yandex.cloud.ai.foundation_models.v1.CompletionRequest")()
    value = request.messages.add().tool_call_list.tool_calls.add().function_call.arguments.fields["a"]
    for _ in range(28):
        value = value.struct_value.fields["a"]
    value.number_value = 1
    check(message_class(request.DESCRIPTOR.full_name).FromString(request.SerializeToString()))
