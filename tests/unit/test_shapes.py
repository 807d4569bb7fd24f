"""Values of a JSON Schema, and answers put into objects."""

import json

import pytest
from jsonschema import validate

from aistudio_mock.domain.shapes import MOST, SchemaError, as_instance, as_object, instance

SCHEMAS = [
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "b": {"const": 3}, "c": {"type": "null"}}},
    {"properties": {"list": {"type": "array", "items": {"type": "number", "minimum": 2}, "minItems": 2}}},
    {"type": "object", "properties": {"n": {"type": "integer", "exclusiveMinimum": 4, "maximum": 5}}},
    {"type": "object", "properties": {"n": {"type": "number", "maximum": -2}}},
    {"type": "object", "properties": {"maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
    {"type": "object", "properties": {"maybe": {"type": ["null", "boolean"]}}},
    {"$defs": {"P": {"type": "object", "properties": {"x": {"type": "string"}}}}, "$ref": "#/$defs/P"},
    {"type": "object", "properties": {"short": {"type": "string", "maxLength": 2}}},
    {"type": "object"},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_value_is_valid(schema):
    validate(instance(schema, "текст"), schema)


def test_the_text_is_in_the_value():
    assert instance(SCHEMAS[0], "да") == {"a": "да", "b": 0}


def test_a_schema_that_refers_to_itself_ends():
    node = {"type": "object", "properties": {name: {"$ref": "#"} for name in "abcdefghij"}}
    assert len(json.dumps(instance(node, "x"))) < 100 * MOST


def test_a_schema_of_many_values_ends():
    deep = {"type": "string"}
    for _ in range(8):
        deep = {"type": "array", "minItems": 1000, "items": deep}
    assert len(json.dumps(instance(deep, "x"))) < 100 * MOST**2


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "colour"},
        {"properties": 1},
        {"type": "array", "minItems": "many"},
        {"$ref": "#/nowhere"},
        {"$ref": 1},
        {"anyOf": {"a": 1}},
        {"type": "integer", "minimum": float("inf")},
        {"type": "object", "properties": {"a": "string"}},
    ],
)
def test_what_is_no_schema_is_told(schema):
    with pytest.raises(SchemaError, match="not a JSON Schema"):
        instance(schema, "x")


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"a": 1}', '{"a": 1}'), ("[1]", '{"answer": "[1]"}'), ("да", '{"answer": "да"}')],
)
def test_an_object_stays_what_it_is_and_anything_else_is_put_into_one(text, told):
    assert as_object(text) == told


def test_an_answer_with_all_that_is_required_stays_what_it_is():
    assert as_instance(SCHEMAS[0], '{"a": "trained"}') == '{"a": "trained"}'
    assert json.loads(as_instance(SCHEMAS[0], '{"b": 1}')) == {"a": '{"b": 1}', "b": 0}
