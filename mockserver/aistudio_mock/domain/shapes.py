"""Values of a JSON Schema: what a model answers that is held to one, and the arguments of its tool calls."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

DEEPEST, MOST = 16, 1000
"""A schema that refers to itself ends at this depth, or after so many values."""

Schema = Mapping[str, Any]


class SchemaError(ValueError):
    """The message says what is wrong with a schema."""


def as_object(text: str) -> str:
    """`text` where it is a JSON object already, else an object that holds it."""
    return text if _object(text) is not None else _dumps({"answer": text})


def as_instance(schema: Schema, text: str) -> str:
    """`text` where it is an object with all that `schema` requires, else a value of the schema with it."""
    found = _object(text)
    if found is not None and set(schema.get("required", ())) <= set(found):
        return text
    return _dumps(instance(schema, text))


def instance(schema: Schema, text: str) -> Any:
    """A value of `schema`, as a rule: strings are `text`, numbers the smallest allowed, flags false.

    Patterns, formats and conditions are not looked at. What would be beyond `MOST` values is null.

    Raises:
        SchemaError: it is no JSON Schema.
    """
    try:
        return _Filling(schema, text).value(schema)
    except (ValueError, TypeError, AttributeError, OverflowError, LookupError) as problem:
        raise SchemaError(f"not a JSON Schema: {problem}") from None


class _Filling:
    """One schema, filled in."""

    def __init__(self, root: Schema, text: str) -> None:
        self._root = root
        self._text = text
        self._left = MOST

    def value(self, schema: Schema, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            return None
        schema = self._resolved(schema)
        if "const" in schema or schema.get("enum"):
            return schema["const"] if "const" in schema else schema["enum"][0]
        kind = _kind(schema)
        if kind == "object":
            properties = sorted(schema.get("properties", {}).items())  # a Struct has no order of its own
            return {name: self.value(inner, depth + 1) for name, inner in properties}
        if kind == "array":
            count = min(int(schema.get("minItems", 1)), MOST)
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]
        if kind == "string":
            return self._text[: int(schema.get("maxLength", len(self._text)))]
        return _SCALARS[kind](schema)

    def _resolved(self, schema: Schema) -> Schema:
        """What it refers to, or the first of what it may be."""
        for _ in range(DEEPEST):
            alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                target: Any = self._root
                for part in filter(None, schema["$ref"].removeprefix("#").split("/")):
                    target = target[part]
                schema = target
            elif alternatives:
                schema = alternatives[0]
            else:
                break
        return schema


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"


def _least(schema: Schema) -> float:
    if "exclusiveMinimum" in schema:
        return float(schema["exclusiveMinimum"]) + 1
    return float(schema.get("minimum", min(0.0, float(schema.get("maximum", 0)))))


_SCALARS: Mapping[str, Callable[[Schema], Any]] = {
    "integer": lambda schema: int(_least(schema)),
    "number": _least,
    "boolean": lambda _: False,
    "null": lambda _: None,
}


def _object(text: str) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        return found if isinstance(found, dict) else None
    return None


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
