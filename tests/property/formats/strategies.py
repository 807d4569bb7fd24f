"""Right rows of every task type, right files of them in any spelling, and ways to break a row."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from aistudio_formats.task_types import TASK_TYPES

Row = dict[str, Any]

VALIDATED = sorted(name for name, each in TASK_TYPES.items() if each.is_validated)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
roles = st.sampled_from(["system", "user", "assistant"])
messages = st.fixed_dictionaries({"role": roles, "text": texts})
images = st.binary(min_size=1, max_size=20).map(lambda data: base64.b64encode(data).decode())
parts = st.fixed_dictionaries({"type": st.just("text"), "text": texts}) | st.fixed_dictionaries(
    {"type": st.just("image"), "image": images}
)
image_messages = st.fixed_dictionaries({"role": roles, "content": st.lists(parts, min_size=1, max_size=3)})
class_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=12
).filter(lambda name: name != "text")


@st.composite
def requests(draw: st.DrawFn, message: st.SearchStrategy[Row]) -> list[Row]:
    """Some messages, of which one at least is the user's."""
    found = draw(st.lists(message, min_size=1, max_size=4))
    draw(st.sampled_from(found))["role"] = "user"
    return found


def chats(message: st.SearchStrategy[Row], *, answered: bool) -> st.SearchStrategy[Row]:
    """Rows with a request and, where it is `answered`, a response."""
    return st.fixed_dictionaries({"request": requests(message)} | ({"response": texts} if answered else {}))


@st.composite
def classified(draw: st.DrawFn, *, one: bool) -> list[Row]:
    """The rows of one classifier file: they share their classes, in any order, and the place of the text."""
    names = draw(st.lists(class_names, min_size=1, max_size=5, unique=True))
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        values = [draw(st.integers(0, 1)) for _ in names]
        if one:
            chosen = draw(st.integers(0, len(names) - 1))
            values = [int(index == chosen) for index in range(len(names))]
        items = [("text", draw(texts)), *zip(names, values, strict=True)]
        rows.append(dict(draw(st.permutations(items))))
    return rows


def _listed(row: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.lists(row, min_size=1, max_size=6)


FILES: dict[str, st.SearchStrategy[list[Row]]] = {
    "TextToTextGeneration": _listed(chats(messages, answered=True)),
    "TextToTextGenerationRequest": _listed(chats(messages, answered=False)),
    "ImageTextToTextGeneration": _listed(chats(image_messages, answered=True)),
    "ImageTextToTextGenerationRequest": _listed(chats(image_messages, answered=False)),
    "TextClassificationMultilabel": classified(one=False),
    "TextClassificationMulticlass": classified(one=True),
    "TextEmbeddingsPair": _listed(st.fixed_dictionaries(dict.fromkeys(("anchor", "positive"), texts))),
    "TextEmbeddingsTriplet": _listed(
        st.fixed_dictionaries(dict.fromkeys(("anchor", "positive", "negative"), texts))
    ),
}
"""The rows of a right file, by task type."""

typed_files = st.sampled_from(VALIDATED).flatmap(lambda name: st.tuples(st.just(name), FILES[name]))

spellings = st.fixed_dictionaries(
    {"ensure_ascii": st.booleans(), "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :")])}
)


@st.composite
def spelled(draw: st.DrawFn, rows: list[Row]) -> bytes:
    """The rows as a file: any spelling, any line ends, the last one or none."""
    spelling, end = draw(spellings), draw(st.sampled_from(["\n", "\r\n"]))
    return (end.join(json.dumps(row, **spelling) for row in rows) + draw(st.sampled_from(["", end]))).encode()


def line(row: Any) -> bytes:
    """A row as a line without its end."""
    return json.dumps(row, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to break a right row: the name of the flaw, and the line that has it."""

    flaw: str
    broken: Callable[[st.DataObject, Row], bytes]
    only: str = ""
    """What is in the name of the task types that can have it."""

    def fits(self, task_type: str) -> bool:
        """Whether rows of the task type can have it."""
        return any(part in task_type for part in self.only.split("|"))


def _any_key(data: st.DataObject, row: Row) -> str:
    return data.draw(st.sampled_from(sorted(row)))


def _cut(data: st.DataObject, row: Row) -> bytes:
    whole = line(row).decode()
    return whole[: data.draw(st.integers(1, len(whole) - 1))].encode()


def _twice(data: st.DataObject, row: Row) -> bytes:
    key = _any_key(data, row)
    again = json.dumps(key)[1:-1]
    if data.draw(st.booleans()) and key:
        again = f"\\u{ord(key[0]):04x}{json.dumps(key[1:])[1:-1]}" if ord(key[0]) < 0x10000 else again
    return f'{{"{again}": {json.dumps(row[key])}, {line(row).decode()[1:]}'.encode()


def _in_text(data: st.DataObject, row: Row, inserted: bytes) -> bytes:
    """The line with something put at the beginning of its last text."""
    del data
    marked = line(_with_text(row, "MARK"))
    return marked.replace(b"MARK", b"MARK" + inserted)


def _with_text(row: Row, text: Any) -> Row:
    """The row with one of its texts replaced."""
    for key in ("response", "anchor", "text"):
        if isinstance(row.get(key), str):  # a class may have that name too
            return row | {key: text}
    *before, last = row["request"]
    if "text" in last:
        return {"request": [*before, last | {"text": text}]}
    return {"request": [*before, last | {"content": [{"type": "text", "text": text}]}]}


def _with_class(data: st.DataObject, row: Row, values: st.SearchStrategy[Any]) -> bytes:
    return line(row | {data.draw(st.sampled_from(sorted(set(row) - {"text"}))): data.draw(values)})


def _not_one(data: st.DataObject, row: Row) -> bytes:
    names = sorted(set(row) - {"text"})
    return line(row | dict.fromkeys(names, data.draw(st.sampled_from([0, 1] if len(names) > 1 else [0]))))


def _with_part(row: Row, kind: str, value: str) -> bytes:
    return line(row | {"request": [{"role": "user", "content": [{"type": kind, "image": value}]}]})


def _roles(row: Row, role: str) -> Row:
    return row | {"request": [message | {"role": role} for message in row["request"]]}


_CHAT, _IMAGE, _CLASSES, _CLASS = "Generation", "Image", "Classification", "Multiclass"
_BAD_UTF8 = st.sampled_from([b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\x80"])
_HALF = st.sampled_from([rb"\ud83d", rb"\ude00", rb"\ud83dx", rb"\ud83d\ud83d", rb"\uDBFF\u0041"])
_BOMB = st.integers(1, 20_000).map(lambda depth: b"[" * depth)
_NOT_USERS = st.sampled_from(["system", "assistant"])
_NOT_TEXT = st.sampled_from([None, True, 0, 1.5, [], {}, 10**30])
_NOT_A_CLASS = st.sampled_from([2, -1, 10**6])
_NUMBERS = st.sampled_from([None, True, "1", 1.5, [], {}, 10**30])
_NOT_BASE64 = st.sampled_from(["a", "a===", "data:image/png;base64,aGk=", "aG k=", "aGk", "ы"])

DEFECTS = (
    Defect("invalid_utf8", lambda data, row: _in_text(data, row, data.draw(_BAD_UTF8))),
    Defect("byte_order_mark", lambda _, row: b"\xef\xbb\xbf" + line(row)),
    Defect("blank", lambda data, _: data.draw(st.sampled_from([b"", b" ", b"\t \r"]))),
    Defect("cut_short", _cut),
    Defect("wrong_type", lambda _, row: line(row)[1:]),
    Defect(
        "more_than_one_value", lambda data, row: line(row) + data.draw(st.sampled_from([b",", b"}", b" x"]))
    ),
    Defect("more_than_one_value", lambda _, row: line(row) * 2),
    Defect("wrong_type", lambda data, _: line(data.draw(st.sampled_from([1, "a", None, True, [], 0.5])))),
    Defect("repeated_key", _twice),
    Defect("missing_field", lambda data, row: line({k: row[k] for k in set(row) - {_any_key(data, row)}})),
    Defect("unknown_field", lambda data, row: line(row | {data.draw(st.just("other-key-1")): 1})),
    Defect("wrong_type|number_out_of_range", lambda data, row: line(_with_text(row, data.draw(_NOT_TEXT)))),
    Defect("empty_text", lambda _, row: line(_with_text(row, ""))),
    Defect("lone_surrogate", lambda data, row: _in_text(data, row, data.draw(_HALF))),
    Defect("nul_byte", lambda _, row: _in_text(_, row, b"\0")),
    Defect(
        "invalid_json", lambda data, row: _in_text(data, row, data.draw(st.sampled_from([b"\t", b"\\q"])))
    ),
    Defect("unknown_field", lambda data, row: line(row)[:-1] + b',"a b":' + data.draw(_BOMB)),
    Defect("unknown_value", lambda _, row: line(_roles(row, "bot")), _CHAT),
    Defect("empty_list", lambda _, row: line(row | {"request": []}), _CHAT),
    Defect("no_user_message", lambda data, row: line(_roles(row, data.draw(_NOT_USERS))), _CHAT),
    Defect("wrong_type", lambda _, row: line(row | {"request": "what?"}), _CHAT),
    Defect("wrong_type", lambda data, _: b'{"request":[' + data.draw(_BOMB), _CHAT),
    Defect("not_base64", lambda data, row: _with_part(row, "image", data.draw(_NOT_BASE64)), _IMAGE),
    Defect("unknown_value", lambda _, row: _with_part(row, "audio", "aGk="), _IMAGE),
    Defect("unknown_value", lambda data, row: _with_class(data, row, _NOT_A_CLASS), _CLASSES),
    Defect("wrong_type|number_out_of_range", lambda data, row: _with_class(data, row, _NUMBERS), _CLASSES),
    Defect("not_one_class", _not_one, _CLASS),
)
"""Every way to break a row that the validation knows by name."""
