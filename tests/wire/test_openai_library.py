"""OpenAI's own library for Python against its endpoint: answers, and what it makes of trouble."""

import asyncio
import importlib

import pytest

from aistudio_mock import MockServer

pytestmark = pytest.mark.all

COMPLETION = "TextGenerationService/Completion"
QUESTION = [{"role": "user", "content": "Кто ты?"}]
AT_ONCE = {"retry-after-ms": "1"}
"""How the library is told not to wait before it tries again."""


@pytest.fixture
def openai():
    """The library, which `make test` does not install."""
    return importlib.import_module("openai")


@pytest.fixture
def pydantic():
    """What it describes answers with."""
    return importlib.import_module("pydantic")


@pytest.fixture(scope="module")
def mock():
    with MockServer(auth="strict") as running:
        yield running


@pytest.fixture
def options(mock, folder):
    return {"api_key": folder.api_key, "base_url": f"{mock.http_url}/v1", "project": folder.id}


@pytest.fixture
def client(openai, options):
    with openai.OpenAI(**options) as client:
        yield client


@pytest.fixture
def asked(folder):
    return {"model": f"gpt://{folder.id}/yandexgpt-lite/latest", "messages": QUESTION}


def test_a_stream_says_what_an_answer_says(client, asked):
    whole = client.chat.completions.create(**asked)
    chunks = list(client.chat.completions.create(**asked, stream=True))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said == whole.choices[0].message.content
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    with client.chat.completions.stream(**asked) as stream:
        assert stream.get_final_completion().choices[0].message.content == said


async def test_streams_are_awaited_side_by_side(openai, options, asked):
    async def said(client, word):
        question = [{"role": "user", "content": word}]
        stream = await client.chat.completions.create(**{**asked, "messages": question}, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    words = [f"слово{number}" for number in range(40)]
    async with openai.AsyncOpenAI(**options) as client:
        answers = await asyncio.gather(*(said(client, word) for word in words))
    assert [word for word, answer in zip(words, answers, strict=True) if f"«{word}»" not in answer] == []


def test_an_answer_is_parsed_and_a_function_called(openai, pydantic, client, asked):
    class Answer(pydantic.BaseModel):
        why: str
        count: int

    parsed = client.chat.completions.parse(**asked, response_format=Answer).choices[0].message.parsed
    assert isinstance(parsed, Answer)
    tool = openai.pydantic_function_tool(Answer)
    choice = client.chat.completions.create(**asked, tools=[tool]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "Answer"


def test_a_response_says_what_an_answer_says(client, asked):
    whole = client.responses.create(model=asked["model"], input=QUESTION)
    said = client.chat.completions.create(**asked).choices[0].message.content
    with client.responses.stream(model=asked["model"], input="Кто ты?") as stream:
        assert stream.get_final_response().output_text == whole.output_text == said


def test_a_response_is_parsed_and_a_function_s_result_taken(pydantic, client, asked):
    class Answer(pydantic.BaseModel):
        why: str

    model = asked["model"]
    assert client.responses.parse(model=model, input="Кто ты?", text_format=Answer).output_parsed.why
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}
    with client.responses.stream(model=model, input=QUESTION, tools=[tool]) as stream:
        [called] = stream.get_final_response().output
    result = {"type": "function_call_output", "call_id": called.call_id, "output": "снег"}
    conversation = [*QUESTION, called.to_dict(), result]
    assert client.responses.create(model=model, input=conversation, tools=[tool]).output_text


def test_vectors_are_the_same_packed_and_plain(client, folder):
    model = f"emb://{folder.id}/text-search-doc/latest"
    packed = client.embeddings.create(model=model, input=["да", "нет"])
    plain = client.embeddings.create(model=model, input=["да", "нет"], encoding_format="float")
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, rel=1e-6)


def test_models_are_listed_and_told_of(client, asked):
    assert asked["model"] in [model.id for model in client.models.list()]
    assert client.models.retrieve(asked["model"]).owned_by == "Yandex"


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"model": "gpt-4o"}, "BadRequestError"),
        ({"model": "gpt://FOLDER/nobody/latest"}, "NotFoundError"),
        ({"messages": []}, "BadRequestError"),
    ],
)
def test_what_is_asked_wrongly_is_an_error_of_its_kind(openai, client, folder, asked, other, error):
    other = {name: value and value.replace("FOLDER", folder.id) for name, value in other.items()}
    with pytest.raises(getattr(openai, error)):
        client.chat.completions.create(**{**asked, **other})


def test_an_unknown_key_is_an_authentication_error(openai, client, asked):
    with pytest.raises(openai.AuthenticationError, match="Unknown api key 'AQVN"):
        client.with_options(api_key="AQVNnobodyknowsthis").chat.completions.create(**asked)


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [
        ("RESOURCE_EXHAUSTED", "RateLimitError", 3),
        ("UNAVAILABLE", "InternalServerError", 3),
        ("DEADLINE_EXCEEDED", "InternalServerError", 3),
        ("ABORTED", "ConflictError", 3),
        ("PERMISSION_DENIED", "PermissionDeniedError", 1),
        ("INVALID_ARGUMENT", "BadRequestError", 1),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_fault_is_an_error_of_its_kind_after_its_attempts(
    openai, client, folder, asked, status, error, attempts, stream
):
    folder.faults.add(method=COMPLETION, status=status, trailers=AT_ONCE, times=5)
    with pytest.raises(getattr(openai, error), match="a fault that was asked of aistudio-mock"):
        client.chat.completions.create(**asked, stream=stream)
    assert len(folder.journal.calls(COMPLETION)) == attempts


def test_a_fault_that_passes_is_not_noticed(client, folder, asked):
    folder.faults.add(method=COMPLETION, status="UNAVAILABLE", trailers=AT_ONCE, times=2)
    assert client.chat.completions.create(**asked).choices
    assert len(folder.journal.calls(COMPLETION)) == 3


def test_an_answer_that_takes_too_long_is_a_timeout(openai, client, folder, asked):
    folder.faults.add(method=COMPLETION, latency=60)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.1, max_retries=0).chat.completions.create(**asked)


def test_a_stream_that_is_cut_is_an_error_and_not_an_end(openai, client, folder, asked):
    folder.faults.add(method=COMPLETION, cut="middle")
    with pytest.raises((openai.APIConnectionError, openai.APIError)):
        list(client.chat.completions.create(**asked, stream=True))


def test_a_stream_that_is_left_is_no_error_in_the_log(client, asked, caplog):
    question = [{"role": "user", "content": "слово " * 3000}]
    for _ in range(20):
        with client.chat.completions.create(**{**asked, "messages": question}, stream=True) as stream:
            next(iter(stream))
    assert client.chat.completions.create(**asked).choices
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
