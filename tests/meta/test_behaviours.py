"""The table of behaviours is well formed, fresh where it is copied, and obeyed where it can be chosen."""

import ast
import re
import sys
from itertools import chain
from pathlib import Path

import msgspec
import pytest

from aistudio_formats.examples import EXAMPLES
from aistudio_mock import MockServer
from aistudio_mock.commands import demo_story
from aistudio_mock.domain.behaviours import EDITIONS, VALUES, Behaviours
from aistudio_mock.domain.settings import READERS
from tools import generate_behaviours, generate_diagrams

ROOT = Path(__file__).resolve().parents[2]
ROWS = msgspec.yaml.decode(generate_behaviours.TABLE.read_bytes())
EVIDENCE = {"recorded", "documented", "proto", "sdk-source", "assumed"}
KEYS = {"id", "statement", "evidence", "cite"}
SETTABLE = [row for row in ROWS if "values" in row]


def named(rows):
    return {"argvalues": rows, "ids": [row["id"] for row in rows]}


@pytest.mark.parametrize("row", **named(ROWS))
def test_a_row_is_well_formed(row):
    assert KEYS <= row.keys() <= KEYS | {"values", "also", "editions"}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])
    assert row["evidence"] in EVIDENCE
    assert all(isinstance(row[key], str) and row[key] == row[key].strip() != "" for key in KEYS)
    assert row["statement"].endswith(".")
    assert "|" not in row["statement"] + row["cite"], "it would break the page's table"


def test_an_id_is_used_once():
    ids = [row["id"] for row in ROWS]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("row", **named(SETTABLE))
def test_a_choice_has_several_values_all_of_them_text(row):
    values = row["values"]
    assert len(values) == len(set(values)) > 1
    assert all(isinstance(value, str) and value for value in values)


@pytest.mark.parametrize("row", **named(SETTABLE))
def test_the_default_comes_first_and_older_editions_choose_among_the_rest(row):
    name = row["id"].replace("-", "_")
    assert getattr(Behaviours(), name) == row["values"][0]
    assert set(row.get("editions", {}).values()) <= set(row["values"][1:])
    assert row.get("editions", {}).keys() <= set(generate_behaviours.EDITIONS)


def test_what_takes_other_text_than_its_values_has_a_reader_of_it():
    also = {row["id"].replace("-", "_") for row in ROWS if "also" in row}
    assert also == READERS.keys()
    assert also <= VALUES.keys()


def test_only_rows_with_values_differ_between_editions():
    assert [row["id"] for row in ROWS if "editions" in row and "values" not in row] == []


def test_the_newest_edition_is_the_defaults():
    newest = max(EDITIONS)
    assert list(EDITIONS)[-1] == newest == generate_behaviours.EDITIONS[-1]
    assert EDITIONS[newest] == {}


def test_the_module_is_fresh():
    module = generate_behaviours.module(ROWS)
    assert generate_behaviours.MODULE.read_text(encoding="utf-8") == module, "run `make generate`"


def test_the_page_is_fresh():
    page = generate_behaviours.page(ROWS)
    assert generate_behaviours.PAGE.read_text(encoding="utf-8") == page, "run `make generate`"


def test_the_main_path_is_what_the_demo_does_and_its_assumed_share_is_told(capsys):
    with MockServer() as mock:
        demo_story.tell(mock._ready, EXAMPLES["TextToTextGeneration"].encode())
        called = {entry.method for entry in mock.default_folder.journal.calls()}
    told = generate_behaviours.main_path(ROWS)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert called == generate_behaviours.MAIN_PATH.keys()
    shown = list(chain.from_iterable(generate_behaviours.MAIN_PATH.values()))
    assert len(shown) == len(set(shown))
    assert set(shown) <= {row["id"] for row in ROWS}
    assert told in generate_behaviours.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (generate_diagrams.PAGE, generate_diagrams.page),
        (generate_diagrams.TUNING_PAGE, generate_diagrams.tuning_page),
    ],
)
def test_the_diagrams_are_fresh(path, page):
    assert path.read_text(encoding="utf-8") == page(), "run `make generate`"


def attributes_read():
    """Every attribute name that the server's code reads, but for the generated module."""
    for path in (ROOT / "mockserver").rglob("*.py"):
        if path != generate_behaviours.MODULE:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    yield node.attr


def test_every_choice_is_read_somewhere_in_the_server():
    assert set(Behaviours.__struct_fields__) == VALUES.keys()
    assert VALUES.keys() - set(attributes_read()) == set()
