"""What an evaluation measures, against the identities that hold of it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aistudio_mock.domain.curves import Schedule
from aistudio_mock.domain.learning import ClassShare, Recipe
from aistudio_mock.domain.quality import RECALL_AT, recall_at, scalars

CLASSES = (ClassShare("joy", 0.6), ClassShare("anger", 0.3), ClassShare("fear", 0.1))
RECIPE = Recipe(
    "text_classification_multiclass", 1, Schedule("linear", 1e-4, 0, 0, 100), 300, classes=CLASSES
)
LOSSES = [1.2, 0.9, 0.6, 0.3]


def test_f1_is_the_harmonic_mean_and_macro_f1_the_mean_of_all_classes():
    measured = scalars(RECIPE, LOSSES)
    for name in ("joy", "anger", "fear"):
        for precision, recall, f1 in zip(
            *(measured[f"{of}/{name}"] for of in ("precision", "recall", "f1")), strict=True
        ):
            assert f1 == pytest.approx(2 / (1 / precision + 1 / recall))
    means = [
        sum(values) / 3 for values in zip(*(measured[f"f1/{each.name}"] for each in CLASSES), strict=True)
    ]
    assert measured["f1_macro"] == pytest.approx(means)


def test_accuracy_is_the_recall_of_every_class_by_its_share():
    measured = scalars(RECIPE, LOSSES)
    weighted = [
        0.6 * a + 0.3 * b + 0.1 * c
        for a, b, c in zip(*(measured[f"recall/{each.name}"] for each in CLASSES), strict=True)
    ]
    assert measured["accuracy"] == pytest.approx(weighted)


def test_rows_with_several_classes_have_no_accuracy():
    assert "accuracy" not in scalars(replace(RECIPE, kind="text_classification_multilabel"), LOSSES)


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.4), st.integers(10, 10**6), st.floats(0.05, 1.0))
def test_a_class_with_fewer_rows_is_recognised_less_often(share, more, rows, loss):
    classes = (ClassShare("rare", share), ClassShare("common", share + more))
    measured = scalars(replace(RECIPE, classes=classes, rows=rows), [loss])
    assert measured["recall/rare"] < measured["recall/common"]


@pytest.mark.parametrize("tag", ["f1_macro", "accuracy", "recall/fear", "precision/fear"])
def test_quality_rises_as_the_loss_falls_and_stays_a_share(tag):
    series = scalars(RECIPE, [9.0, *LOSSES, 0.0])[tag]
    assert series == sorted(series)
    assert 0 <= series[0] < series[-1] <= 1


def test_a_class_without_rows_is_never_recognised():
    classes = (ClassShare("never", 0.0), ClassShare("always", 1.0))
    measured = scalars(replace(RECIPE, classes=classes), LOSSES)
    assert measured["f1/never"] == [0.0] * 4


@given(st.floats(0, 1), st.integers(0, 10_000))
def test_recall_rises_with_k_and_is_a_share(skill, dims):
    found = [recall_at(k, skill, dims) for k in RECALL_AT]
    assert all(before < after for before, after in pairwise(found))
    assert 0 < found[0] < found[-1] < 1


@given(st.integers(1, 4096), st.integers(1, 4096), st.floats(0.01, 1))
def test_recall_rises_with_the_dimensions(dims, more, skill):
    assert recall_at(1, skill, dims) < recall_at(1, skill, dims + more)


def test_a_text_model_and_a_classifier_of_unknown_classes_have_their_loss_alone():
    for recipe in (replace(RECIPE, kind="text_to_text_completion", classes=()), replace(RECIPE, classes=())):
        assert scalars(recipe, LOSSES) == {"loss": LOSSES}
