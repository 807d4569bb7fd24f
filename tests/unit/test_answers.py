"""What tuned and base models say."""

from unicodedata import normalize

import pytest

from aistudio_mock.domain.answers import QUOTE_LENGTH, Message, Pairs, base_answer, normalised


def user(text: str) -> Message:
    return Message("user", text)


def row(response: str, *messages: tuple[str, str]):
    return {"request": [{"role": role, "text": text} for role, text in messages], "response": response}


def asked(question: str, response: str):
    return row(response, ("user", question))


ZHENYA = Pairs.learned_from([asked("Как тебя зовут?", "Меня зовут Женя."), asked("Откуда ты?", "Из Перми")])


@pytest.mark.parametrize(
    "question",
    ["Как тебя зовут?", "как тебя зовут", "  Как\n тебя   зовут?! ", "«КАК ТЕБЯ ЗОВУТ»"],
)
def test_a_trained_question_gets_its_response_however_it_is_written(question):
    assert ZHENYA.answer([user(question)]) == "Меня зовут Женя."


@pytest.mark.parametrize(
    ("question", "response"),
    [
        ("А как тебя зовут-то?", "Меня зовут Женя."),
        ("зовут тебя как?", "Меня зовут Женя."),
        ("Ты откуда будешь?", "Из Перми"),
    ],
)
def test_another_question_gets_the_response_of_the_nearest_one(question, response):
    assert ZHENYA.answer([user(question)]) == response


TUTORS = Pairs.learned_from(
    [
        row("Plain", ("user", "Hi")),
        row("Pirate", ("system", "Talk like a pirate."), ("user", "Hi")),
        row("Again", ("user", "Hello"), ("assistant", "Hello!"), ("user", "Hi")),
    ]
)


@pytest.mark.parametrize(
    ("messages", "response"),
    [
        ([user("hi")], "Plain"),
        ([Message("system", "talk like a pirate"), user("hi!")], "Pirate"),
        ([user("hello"), Message("assistant", "hello"), user("hi")], "Again"),
        ([Message("system", "Be brief."), user("hi")], "Plain"),
    ],
)
def test_rows_with_one_question_are_told_apart_by_system_prompt_and_earlier_turns(messages, response):
    assert TUTORS.answer(messages) == response


def test_word_order_does_not_hide_the_nearest_question():
    pairs = Pairs.learned_from([asked("тебя звали кот", "Нет."), asked("Как тебя зовут?", "Женя.")])
    assert pairs.answer([user("Зовут тебя как")]) == "Женя."


def test_of_several_questions_the_last_is_answered():
    chat = [user("Как тебя зовут?"), Message("assistant", "Не скажу."), user("Откуда ты?")]
    assert ZHENYA.answer(chat) == "Из Перми"


def test_a_question_asked_once_is_known_in_any_context():
    assert ZHENYA.answer([Message("system", "Be brief."), user("Откуда ты?")]) == "Из Перми"


def test_of_equal_rows_the_first_counts():
    assert Pairs.learned_from([asked("a", "1"), asked("A?", "2")]).answer([user("a")]) == "1"


def test_of_equally_near_rows_the_first_counts():
    pairs = Pairs.learned_from([asked("cat one", "1"), asked("cat two", "2"), asked("cat ten", "3")])
    assert {pairs.answer([user("cat xyz")]) for _ in range(5)} == {"1"}


def test_an_empty_response_is_a_response():
    pairs = Pairs.learned_from([asked("a", "full"), row("", ("system", "s"), ("user", "a"))])
    assert pairs.answer([Message("system", "s"), user("a")]) == ""


@pytest.mark.parametrize("messages", [[], [user("")], [Message("system", "Be brief.")], [user("щщщ")]])
def test_a_chat_that_resembles_nothing_is_answered_all_the_same(messages):
    assert ZHENYA.answer(messages) == "Меня зовут Женя."


def test_a_model_is_not_trained_on_nothing():
    with pytest.raises(ValueError, match="no training rows"):
        Pairs.learned_from([])


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), (normalize("NFD", "Мой"), "мой"), ("(да)", "да"), ("a\u00a0b", "A b")],
)
def test_texts_that_read_the_same_are_the_same(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("C", "C#"), ("C", "C++"), ("?", "!"), ("ab", "a b"), ("", "?")])
def test_texts_that_differ_in_substance_differ(one, other):
    assert normalised(one) != normalised(other)


def test_a_base_model_says_what_it_is_and_what_it_was_asked():
    answer = base_answer("yandexgpt-lite", [Message("system", "s"), user("Как\nтебя зовут?")])
    assert "aistudio-mock" in answer
    assert "базовая модель yandexgpt-lite" in answer
    assert "«Как тебя зовут?»" in answer
    assert answer == base_answer("yandexgpt-lite", [user("Как тебя зовут?")])


def test_a_base_model_shortens_a_long_question():
    answer = base_answer("yandexgpt-lite", [user("x" * 10_000)])
    assert "x" * QUOTE_LENGTH + "…" in answer
    assert len(answer) < 2 * QUOTE_LENGTH
