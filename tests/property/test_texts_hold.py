"""Text models answer with what they were taught, schemas end, no body breaks a face, whatever they are."""

import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aistudio_mock import MockServer
from aistudio_mock.domain.answers import Message, Pairs
from aistudio_mock.domain.shapes import SchemaError, as_instance, instance
from aistudio_mock.domain.tokens import count, count_input, count_prompt, pieces, prompt_pieces, shortened

ROLES = st.sampled_from(["system", "user", "assistant", "tool"])
MESSAGES = st.lists(st.builds(Message, ROLES, st.text(max_size=30)), max_size=5)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "request": st.lists(
                st.fixed_dictionaries({"role": ROLES, "text": st.text(max_size=30)}), max_size=4
            ),
            "response": st.text(max_size=10),
        }
    ),
    min_size=1,
    max_size=6,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "anyOf",
        "allOf",
        "$ref",
        "enum",
        "const",
        "minItems",
        "maxLength",
        "minimum",
    ]
)
SCHEMAS = st.recursive(
    st.dictionaries(
        KEYWORDS, JSON | st.sampled_from(["object", "array", "string", "integer", "#", "#/items"])
    ),
    lambda inner: st.dictionaries(KEYWORDS, inner | st.lists(inner, max_size=2)),
    max_leaves=12,
)


class Share:
    """Chance that always draws the same share."""

    def __init__(self, share):
        self.share = share

    def uniform(self, low, high):
        return low + self.share * (high - low)


@given(ROWS, MESSAGES, st.floats(0, 1), st.floats(0, 1))
def test_a_tuned_model_says_only_what_it_was_taught_and_twice_the_same(rows, messages, temperature, share):
    pairs = Pairs.learned_from(rows)
    answer = pairs.answer(messages, temperature, Share(share))
    assert answer in [row["response"] for row in rows]
    assert pairs.answer(messages, temperature, Share(share)) == answer


@given(ROWS)
def test_a_chat_that_was_taught_gets_its_first_response(rows):
    pairs = Pairs.learned_from(rows)
    first = {}
    for row in rows:
        asked = tuple((said["role"], said["text"]) for said in row["request"])
        first.setdefault(asked, row["response"])
    row = rows[0]
    messages = [Message(said["role"], said["text"]) for said in row["request"]]
    assert pairs.answer(messages) == row["response"]


@settings(max_examples=30)
@given(SCHEMAS, st.text(max_size=20))
def test_any_schema_gives_a_value_or_says_that_it_is_none(schema, text):
    try:
        json.dumps(instance(schema, text))
        as_instance(schema, text)
    except SchemaError as refusal:
        assert "\n" not in str(refusal).strip()  # noqa: PT017 - any other error fails the test


@given(st.text(), st.integers(1, 10))
def test_tokens_are_counted_shown_and_cut_alike(text, limit):
    assert len(pieces(text)) == count_input(text) == count(text) + 1
    messages = [Message("user", text)]
    assert len(prompt_pieces(messages)) == count_prompt(messages)
    cut = shortened(text, limit)
    assert count(text) <= limit if cut is None else count(cut) == limit < count(text)


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
PATHS = st.sampled_from(
    [
        "/foundationModels/v1/completion",
        "/foundationModels/v1/completionAsync",
        "/foundationModels/v1/tokenize",
        "/foundationModels/v1/tokenizeCompletion",
        "/foundationModels/v1/textEmbedding",
        "/foundationModels/v1/textClassification",
        "/foundationModels/v1/fewShotTextClassification",
        "/llm/v1alpha/instruct",
        "/operations/x:cancel",
        "/v1/models",
        "/v1/chat/completions",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=PATHS, body=BODIES)
def test_no_body_breaks_a_face(mock, path, body):
    key = mock.default_folder.api_key
    answer = requests.post(
        mock.http_url + path, data=body, headers={"Authorization": f"Api-Key {key}"}, timeout=20
    )
    assert answer.status_code in {200, 400, 404, 501}
    assert answer.json()
    assert "bug in aistudio-mock" not in answer.text
