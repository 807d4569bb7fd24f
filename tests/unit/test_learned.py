"""What tuned models have learned is made once each, kept within a bound, and let go with its task."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from msgspec import Struct

from aistudio_mock.backend.learned import Learned


class Blob(Struct, frozen=True):
    size: int


class Task(Struct, frozen=True):
    id: str
    training_data: tuple[Blob, ...] = (Blob(10),)


def test_a_model_is_learned_once_however_many_ask_at_the_same_time():
    learned, together, times = Learned(), Barrier(4), []

    def ask(_):
        together.wait(20)
        return learned.of(Task("a"), lambda: times.append(1) or object())

    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(ask, range(4)))
    assert len(set(map(id, models))) == len(times) == 1


def test_learning_one_model_keeps_nobody_from_another():
    learned, begun, go_on = Learned(), Event(), Event()

    def slowly():
        begun.set()
        assert go_on.wait(20)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(learned.of, Task("slow"), slowly)
        assert begun.wait(20)
        assert learned.of(Task("quick"), lambda: "quick") == "quick"
        go_on.set()
        assert slow.result(20) == "slow"


def test_the_model_used_least_goes_first_when_there_are_too_many():
    learned = Learned(kept_bytes=20)
    for name in ("a", "b", "a", "c"):
        learned.of(Task(name), object)
    assert learned.task_ids == ("a", "c")


def test_a_model_too_big_for_the_bound_is_kept_alone():
    learned = Learned(kept_bytes=20)
    learned.of(Task("small"), object)
    big = learned.of(Task("big", (Blob(30), Blob(30))), object)
    assert learned.task_ids == ("big",)
    assert learned.of(Task("big", (Blob(30), Blob(30))), object) is big


def test_models_of_tasks_that_are_gone_make_room():
    learned = Learned(kept_bytes=20)
    for name in ("a", "b"):
        learned.of(Task(name), object)
    learned.keep_only({"b"})
    assert learned.task_ids == ("b",)
    learned.of(Task("c"), object)
    assert learned.task_ids == ("b", "c")


def test_what_could_not_be_learned_is_tried_again():
    learned = Learned()
    with pytest.raises(FileNotFoundError):
        learned.of(Task("a"), lambda: (_ for _ in ()).throw(FileNotFoundError))
    assert learned.of(Task("a"), lambda: "model") == "model"
