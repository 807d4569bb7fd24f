"""What ListUploadSchemas shows: a JSON Schema of one row, for each task type that is validated.

The text is JSON and a Python literal at once, because the official SDK reads it with `ast.literal_eval`: no
`true`, `false` or `null` anywhere, so "nothing" is written `{"not": {}}` (service-behaviour c.10; contents
assumed, h.13).
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from aistudio_formats import task_types
from aistudio_formats.classes import TEXT, ClassRow, Multiclass, model_of
from aistudio_formats.models import MODELS
from aistudio_formats.rows import Row

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"


class Schema(Struct, frozen=True):
    """One upload format and the schema of its rows, as JSON text that is a Python literal as well."""

    upload_format: str
    text: str


def upload_schemas(task_type: str) -> tuple[Schema, ...]:
    """One schema for each upload format of the task type; none where rows are not checked."""
    known = task_types.find(task_type)
    if known.row is None:
        return ()
    text = json.dumps(row_schema(MODELS[known.row]), ensure_ascii=False)
    return tuple(Schema(upload_format, text) for upload_format in known.upload_formats)


def row_schema(model: type[Row]) -> dict[str, Any]:
    """The JSON Schema of one row. What it cannot say (the same classes in each row) is in its description."""
    described = _of_classes(model) if issubclass(model, ClassRow) else _of(model)
    return {"$schema": _DIALECT, "description": f"{model.shape}; {model.rules}"} | described


def _of_classes(model: type[ClassRow]) -> dict[str, Any]:
    """The schema of any file's rows, made from that of a file with one class."""
    schema = _of(model_of(b'{"text": "", "class": 0}', model))
    of_class = schema["properties"].pop("class")
    if issubclass(model, Multiclass):
        # Keys are not values to JSON Schema: that exactly one of any keys is 1 is for the description to say.
        of_class = of_class | {"description": "exactly one class of a row is 1"}
    return schema | {"required": [TEXT], "additionalProperties": of_class, "minProperties": 2}


def _of(model: type[Row]) -> dict[str, Any]:
    """The parser's own schema of the model, every reference resolved and nothing that Python cannot read."""
    (schema,), parts = msgspec.json.schema_components((model,), ref_template=_REF)
    whole = _resolved(schema, {_REF.format(name=name): part for name, part in parts.items()})
    assert isinstance(whole, dict)
    return whole


def _resolved(value: Any, parts: Mapping[str, Any]) -> Any:
    match value:
        case {"$ref": str(name)}:
            return _resolved(parts[name], parts)
        case dict():
            kept = {
                key: each
                for key, each in value.items()
                if key not in {"title", "description", "discriminator"}
            }
            return {key: _resolved(each, parts) for key, each in kept.items()}
        case list():
            return [_resolved(each, parts) for each in value]
        case False:
            return {"not": {}}
    return value
