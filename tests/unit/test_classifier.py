"""Tuned classifiers over small and generated data, and what base models say from examples."""

import pytest

from aistudio_formats.examples import EXAMPLE_ROWS
from aistudio_formats.examples_generated import generated
from aistudio_mock.domain.classifier import GRID, Classifier, few_shot

MULTICLASS, MULTILABEL = "TextClassificationMulticlass", "TextClassificationMultilabel"


def fitted(rows, kind=MULTILABEL):
    return Classifier.fitted(rows, multiclass=kind == MULTICLASS)


def right(model, row):
    """How many of the row's classes are told right."""
    predictions = model.predict(row["text"])
    if model.multiclass:
        return [bool(row[predictions[0][0]])]
    return [(confidence > 0.5) == bool(row[name]) for name, confidence in predictions]


def share_right(model, rows):
    told = [one for row in rows for one in right(model, row)]
    return sum(told) / len(told)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", [MULTICLASS, MULTILABEL])
def test_nine_in_ten_held_out_rows_are_right_after_a_thousand(kind, language):
    rows = list(generated(kind, 1200, language, seed=11))
    assert share_right(fitted(rows[:1000], kind), rows[1000:]) >= 0.9


@pytest.mark.parametrize("kind", [MULTICLASS, MULTILABEL])
def test_training_texts_get_their_own_classes(kind):
    rows = EXAMPLE_ROWS[kind]
    assert share_right(fitted(rows, kind), rows) == 1


def test_a_training_text_is_known_however_it_is_written():
    rows = [{"text": "Ура!", "joy": 0}, {"text": "Ура! Ура!", "joy": 1}, {"text": "Увы", "joy": 0}]
    [(_, confidence)] = fitted(rows).predict("  уРА ! ")
    assert confidence < 0.1


@pytest.mark.parametrize("text", ["Ура, нас взяли!", "hello", "", "снег " * 500])
def test_classes_of_a_multiclass_model_come_sorted_and_sum_to_one(text):
    predictions = fitted(EXAMPLE_ROWS[MULTICLASS], MULTICLASS).predict(text)
    confidences = [confidence for _, confidence in predictions]
    assert sorted(name for name, _ in predictions) == ["joy", "surprise", "upset"]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == 1
    assert min(confidences) > 0


def test_confidences_sum_to_one_for_as_many_classes_as_there_may_be():
    names = [f"class {number}" for number in range(1000)]
    rows = [{"text": name, **{one: int(one == name) for one in names}} for name in names[:50]]
    predictions = fitted(rows, MULTICLASS).predict("class 7")
    assert predictions[0][0] == "class 7"
    assert sum(confidence for _, confidence in predictions) == 1
    assert min(confidence for _, confidence in predictions) > 0


def test_classes_of_a_multilabel_model_are_each_for_itself_in_the_rows_order():
    rows = list(generated(MULTILABEL, 300, "ru", seed=3))
    both = next(row for row in rows if row["joy"] and row["upset"] and not row["surprise"])
    predictions = dict(fitted(rows).predict(both["text"]))
    assert list(predictions) == ["joy", "upset", "surprise"]
    assert min(predictions["joy"], predictions["upset"]) > 0.9
    assert predictions["surprise"] < 0.1


def test_a_binary_model_gives_its_one_class():
    rows = [
        {"text": text, "оператор": int(wants)}
        for text, wants in [
            ("Позовите человека", 1),
            ("Хочу оператора", 1),
            ("Какой баланс", 0),
            ("Привет", 0),
        ]
    ]
    model = fitted(rows)
    [(label, confidence)] = model.predict("Позовите оператора")
    assert (label, confidence > 0.5) == ("оператор", True)
    assert model.predict("баланс, привет")[0][1] < 0.5


@pytest.mark.parametrize("value", [0, 1])
def test_a_class_that_every_row_has_or_none_is_told_so(value):
    rows = [{"text": f"row {number}", "spam": value} for number in range(5)]
    for text in ("row 1", "something else", ""):
        [(_, confidence)] = fitted(rows).predict(text)
        assert (confidence > 0.5) == bool(value)


@pytest.mark.parametrize("kind", [MULTICLASS, MULTILABEL])
def test_confidences_are_numbers_of_half_precision(kind):
    model = fitted(EXAMPLE_ROWS[kind], kind)
    for row in EXAMPLE_ROWS[MULTILABEL]:
        assert all((confidence * GRID).is_integer() for _, confidence in model.predict(row["text"]))


def test_the_same_rows_give_the_same_classifier():
    rows = list(generated(MULTICLASS, 200, "en", seed=1))
    one, other = fitted(rows, MULTICLASS), fitted([dict(row) for row in rows], MULTICLASS)
    for row in rows[:20]:
        assert one.predict(row["text"]) == other.predict(row["text"])


def test_no_rows_make_no_classifier():
    with pytest.raises(ValueError, match="no training rows"):
        fitted([])


def test_a_base_model_goes_by_samples_and_names():
    samples = [("Мяч в воротах на последней минуте", "спорт"), ("Новый процессор быстрее", "техника")]
    labels = ["техника", "спорт", "культура"]

    def best(text):
        predictions = few_shot(text, labels, samples)
        assert [label for label, _ in predictions] == labels
        assert sum(confidence for _, confidence in predictions) == pytest.approx(1)
        return max(predictions, key=lambda one: one[1])[0]

    assert best("Вратарь не достал мяч из ворот") == "спорт"
    assert best("Процессор нового поколения") == "техника"
    assert best("Ночь культуры в городе") == "культура"
