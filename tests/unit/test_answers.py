"""What tuned and base models say."""

from unicodedata import normalize

import pytest

from aistudio_mock.domain.answers import LARGE, QUOTE_LENGTH, Message, Pairs, base_answer, normalised


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


TALKS = Pairs.learned_from(
    [
        row("Кит", ("user", "Кто больше, слон или кит?"), ("assistant", "Кит."), ("user", "Уверен?")),
        row("Нил", ("user", "Какая река длиннее всех?"), ("assistant", "Нил."), ("user", "Уверен?")),
        row("Arr", ("system", "Talk like a pirate, always."), ("user", "Who are you?")),
        row("Sir", ("system", "Talk like a butler, politely."), ("user", "Who are you?")),
    ]
)


@pytest.mark.parametrize(
    ("messages", "response"),
    [
        ([user("какая река всех длиннее"), Message("assistant", "нил"), user("уверен")], "Нил"),
        ([user("слон или кит: кто больше"), Message("assistant", "кит"), user("уверен?")], "Кит"),
        ([Message("system", "Talk like a butler!"), user("who are you")], "Sir"),
        ([Message("system", "Talk like a butler!"), user("so who are you?")], "Sir"),
        ([Message("system", "Talk like a pirate."), user("who are you")], "Arr"),
    ],
)
def test_a_beginning_that_is_only_like_a_trained_one_still_tells_rows_apart(messages, response):
    assert TALKS.answer(messages) == response


def test_a_large_model_finds_the_nearest_among_what_shares_a_word_with_it():
    rows = [
        asked(f"question number {number} about topic{number % 97}", str(number)) for number in range(3000)
    ]
    pairs = Pairs.learned_from(rows)
    assert len(pairs.by_question) > LARGE
    assert pairs.answer([user("Question nr. 1234 on topic70")]) == "1234"
    assert pairs.answer([user("number 17, about which topic?")], 1, Draws(0)) == "17"


def test_a_large_model_answers_what_shares_no_word_with_it():
    pairs = Pairs.learned_from([asked(f"q{number}", str(number)) for number in range(3000)])
    assert pairs.answer([user("q1234567")]) == "1234"


class Draws:
    """Chance that gives what it is told to."""

    def __init__(self, *shares):
        self.shares = iter(shares)

    def uniform(self, low, high):
        return low + next(self.shares) * (high - low)


def test_a_temperature_leaves_what_was_trained_on():
    assert {ZHENYA.answer([user("Откуда ты?")], 1, Draws(share)) for share in (0, 0.5, 0.99)} == {"Из Перми"}


def test_a_temperature_chooses_among_rows_that_ask_the_same():
    pairs = Pairs.learned_from([asked("a", "1"), asked("A?", "2")])
    assert {pairs.answer([user("a")], 0.5, Draws(share)) for share in (0, 0.99)} == {"1", "2"}


def test_a_temperature_chooses_among_nearly_equally_near_rows_and_no_others():
    pairs = Pairs.learned_from(
        [asked("cat one", "1"), asked("cat two", "2"), asked("something else entirely", "3")]
    )
    said = {pairs.answer([user("cat onw")], 1, Draws(share / 10)) for share in range(10)}
    assert said <= {"1", "2"}
    assert pairs.answer([user("cat onw")], 0.01, Draws(0.99)) == "1"


def test_a_base_model_varies_its_words_with_a_temperature():
    said = {base_answer("m", [user("?")], 1, Draws(share / 10)) for share in range(10)}
    assert len(said) > 1
    assert base_answer("m", [user("?")], 0, Draws(0.9)) == base_answer("m", [user("?")])


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
