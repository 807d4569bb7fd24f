"""For any page size, and whatever is created or deleted between two pages: each item once, none missed."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from aistudio_mock.backend.store import Table
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.paging import page


class Thing:
    """A record like those of the store."""

    folder_id = "b1g"

    def __init__(self, number):
        self.id = f"id{number}"


def walk(table, sizes, changes, *, token_on_every_page):
    """The ids of every page until the listing ends, as a client gets them; `changes` happen in between."""
    token, seen, pages = "", [], 0
    while True:
        found = page(
            partial(table.newest_first, "b1g"),
            table.position,
            sizes[pages % len(sizes)],
            token,
            token_on_every_page=token_on_every_page,
        )
        seen += [thing.id for thing in found.items]
        token = found.next_page_token
        pages += 1
        assert pages < 1000
        if not token:
            return seen
        if changes:
            changes.pop(0)()


SIZES = st.lists(st.integers(0, 7), min_size=1, max_size=4)


def table_of(count):
    table, things = Table(), [Thing(number) for number in range(count)]
    for thing in things:
        table.put(thing)
    return table, things


@given(st.integers(0, 30), SIZES, st.lists(st.integers(0, 3), max_size=10), st.booleans())
def test_every_item_comes_exactly_once_while_others_are_created(count, sizes, inserts, every_page):
    table, things = table_of(count)
    fresh = iter(range(count, 10_000))

    def insert(number):
        return lambda: [table.put(Thing(next(fresh))) for _ in range(number)]

    seen = walk(table, sizes, [insert(number) for number in inserts], token_on_every_page=every_page)
    assert seen == [thing.id for thing in reversed(things)]


@given(st.integers(1, 30), SIZES, st.lists(st.integers(0, 29), max_size=10), st.booleans())
def test_every_item_that_stays_comes_exactly_once_while_others_are_deleted(count, sizes, deleted, every_page):
    table, things = table_of(count)
    gone = set()

    def delete(index):
        def change():
            thing = things[index % count]
            gone.add(thing.id)
            table.remove(thing)

        return change

    seen = walk(table, sizes, [delete(index) for index in deleted], token_on_every_page=every_page)
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one not in gone] == [t.id for t in reversed(things) if t.id not in gone]


@given(st.integers(1, 30), SIZES)
def test_a_new_version_of_an_item_keeps_its_place(count, sizes):
    table, things = table_of(count)
    changes = [lambda thing=thing: table.put(thing) for thing in things]
    seen = walk(table, sizes, changes, token_on_every_page=False)
    assert seen == [thing.id for thing in reversed(things)]


@given(st.integers(0, 30), st.integers(1, 7))
def test_where_so_wanted_every_page_with_items_has_a_token_and_no_other(count, size):
    table, _ = table_of(count)
    token = ""
    while True:
        found = page(
            partial(table.newest_first, "b1g"), table.position, size, token, token_on_every_page=True
        )
        assert bool(found.items) == bool(found.next_page_token)
        token = found.next_page_token
        if not token:
            break


@given(st.integers(0, 30), st.text(min_size=1))
def test_any_text_as_a_token_is_a_page_or_a_refusal(count, token):
    table, _ = table_of(count)
    refusal = found = None
    try:
        found = page(partial(table.newest_first, "b1g"), table.position, 5, token)
    except InvalidArgument as refused:
        refusal = refused
    if refusal:
        assert refusal.message.startswith("page_token: ")
    else:
        assert len(found.items) <= 5
