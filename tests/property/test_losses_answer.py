"""What a run logs last answers to the request and the data as real losses do: the table of `learning`."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aistudio_mock.domain import learning
from aistudio_mock.domain.curves import BATCH_SIZE, Schedule, requested
from aistudio_mock.domain.instant import Instant
from aistudio_mock.domain.learning import BEARABLE_LR, Recipe, bearable_lr
from aistudio_mock.domain.metrics import MetricsSpec, evaluation_curve, train_curve

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/metrics.md"

KINDS = (
    "text_to_text_completion",
    "text_classification_multilabel",
    "text_classification_multiclass",
    "text_embedding_pair_params",
    "text_embedding_triplet_params",
)
MORE = st.floats(1.2, 20)
STEPS = st.integers(20, 3_000)

few = settings(max_examples=40)
"""Each draws two whole runs, and the relations are smooth."""


@st.composite
def schedules(draw):
    """A rate that can be borne with any warm-up."""
    peak = draw(st.floats(1e-5, BEARABLE_LR))
    kind = draw(st.sampled_from(["linear", "constant", "cosine"]))
    return Schedule(kind, peak, draw(st.sampled_from([0, 0.1, 1])) * peak, draw(st.floats(0, 1)), draw(STEPS))


@st.composite
def recipes(draw):
    rows = draw(st.integers(10, 100_000))
    return Recipe(
        kind=draw(st.sampled_from(KINDS)),
        seed=draw(st.integers(0, 2**63 - 1)),
        schedule=draw(schedules()),
        rows=rows,
        duplicates=int(rows * draw(st.floats(0, 0.5))),
        rank=draw(st.integers(1, 128)),
        weight_decay=draw(st.floats(0, 1)),
        validation="held-out",
    )


def last(recipe):
    """The last losses that are logged: of training, of validation."""
    total = recipe.schedule.total_steps
    spec = MetricsSpec("ftn1", Instant(0), Instant(10**6), recipe, total, {})
    train, evaluation = train_curve(spec), evaluation_curve(spec)
    assert train.steps[-1] == evaluation.steps[-1] == total
    return train.scalars["loss"][-1], evaluation.scalars["loss"][-1]


def scheduled(recipe, **changes):
    return replace(recipe, schedule=replace(recipe.schedule, **changes))


@few
@given(recipes(), MORE)
def test_more_rows(recipe, more):
    """The validation loss falls, with the same `n_samples`."""
    richer = replace(recipe, rows=int(recipe.rows * more))
    assert last(richer)[1] < last(recipe)[1]


@few
@given(recipes(), st.integers(10, 30_000), MORE, st.floats(1e-5, BEARABLE_LR))
def test_more_rows_without_n_samples(recipe, rows, more, lr):
    """The validation loss falls when the rows decide how long the run is, too."""

    def trained_on(count):
        schedule = requested(None, lr=lr, min_lr=0, warmup_ratio=0.1, n_samples=0, rows=count)
        return last(replace(recipe, rows=count, duplicates=0, schedule=schedule))[1]

    assert trained_on(int(rows * more)) < trained_on(rows)


@few
@given(recipes(), MORE)
def test_more_epochs(recipe, more):
    """The training loss falls."""
    longer = scheduled(recipe, total_steps=int(recipe.schedule.total_steps * more))
    assert last(longer)[0] < last(recipe)[0]


@few
@given(recipes(), MORE)
def test_too_many_epochs(recipe, more):
    """The validation loss, measured in training losses, rises."""
    longer = scheduled(recipe, total_steps=int(recipe.schedule.total_steps * more))
    (train, validation), (later_train, later_validation) = last(recipe), last(longer)
    assert later_validation / later_train > validation / train


def test_after_enough_epochs_the_validation_loss_rises_by_itself():
    few = Recipe("text_to_text_completion", 1, Schedule("constant", 1e-4, 0, 0, 500), 100, rank=32)
    few = replace(few, validation="held-out")
    assert last(scheduled(few, total_steps=5_000))[1] > last(few)[1]


@few
@given(recipes(), MORE, st.floats(1.01, 100))
def test_lr_too_high(recipe, more, above):
    """Above what can be borne, both losses rise with it."""
    lr = above * bearable_lr(recipe.schedule.warmup_ratio)
    high, higher = (scheduled(recipe, lr=rate, min_lr=0) for rate in (lr, lr * more))
    assert all(after > before for before, after in zip(last(high), last(higher), strict=True))


@few
@given(recipes(), MORE)
def test_lr_too_low(recipe, more):
    """Below what can be borne, the training loss falls with it."""
    lr = recipe.schedule.lr
    assert last(recipe)[0] < last(scheduled(recipe, lr=lr / more, min_lr=recipe.schedule.min_lr / more))[0]


@few
@given(recipes(), st.floats(0.05, 0.9))
def test_duplicated_rows(recipe, share):
    """The training loss falls, the validation loss rises."""
    assume(int(recipe.rows * share) > recipe.duplicates)
    (train, validation), (repeated, surprised) = (
        last(recipe),
        last(replace(recipe, duplicates=int(recipe.rows * share))),
    )
    assert repeated < train
    assert surprised > validation


@few
@given(recipes(), st.integers(1, 128))
def test_higher_rank(recipe, more):
    """The training loss falls."""
    assert last(replace(recipe, rank=recipe.rank + more))[0] < last(recipe)[0]


@few
@given(recipes(), st.floats(0.01, 1))
def test_weight_decay(recipe, more):
    """The validation loss, measured in training losses, falls."""
    (train, validation), (bound, general) = (
        last(recipe),
        last(replace(recipe, weight_decay=recipe.weight_decay + more)),
    )
    assert general / bound < validation / train


@few
@given(recipes(), st.floats(0, 0.95), st.floats(0.05, 1), st.floats(1.05, 1e4))
def test_longer_warm_up(recipe, warmup, more, above):
    """Both losses fall, where the rate is above what can be borne."""
    lr = above * bearable_lr(warmup)
    short, long = (
        scheduled(recipe, lr=lr, min_lr=0, warmup_ratio=ratio) for ratio in (warmup, min(warmup + more, 1.0))
    )
    assert all(after < before for before, after in zip(last(short), last(long), strict=True))


@few
@given(recipes())
def test_rows_held_out(recipe):
    """The validation loss is higher on them than on the trained ones."""
    assert last(recipe)[1] > last(replace(recipe, validation="trained-on"))[1]


@few
@given(recipes())
def test_every_logged_loss_is_a_positive_number_and_the_training_loss_falls_in_a_run_without_damage(recipe):
    spec = MetricsSpec("ftn1", Instant(0), Instant(1), recipe, recipe.schedule.total_steps, {})
    losses = train_curve(spec).scalars["loss"]
    assert all(0 < loss < 10 for loss in losses)
    assert losses[-1] < losses[0] * 1.04


RELATIONS = re.findall(r"^\| ([a-z-]+) \| (.+) \| (.+) \|$", learning.__doc__, re.MULTILINE)


def test_there_are_ten_relations():
    names = [name for name, *_ in RELATIONS if name != "relation"]
    assert len(names) == len(set(names)) == 10


@pytest.mark.parametrize("name", [name for name, *_ in RELATIONS if name != "relation"])
def test_a_relation_is_tested_and_written_down(name):
    assert f"test_{name.replace('-', '_')}" in globals()
    assert f"| {name} |" in PAGE.read_text(encoding="utf-8")


def test_the_page_says_what_the_module_says():
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in RELATIONS if "| {} | {} | {} |".format(*row) not in page] == []


def test_batches_are_what_the_page_says():
    assert f"{BATCH_SIZE} samples a step" in PAGE.read_text(encoding="utf-8")
