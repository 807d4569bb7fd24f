"""What `${…}` stands for, and the files that a case is given: random per run, the same for the same seed."""

import json
import re
from hashlib import md5
from pathlib import Path

import pytest

from aistudio_conformance import files
from aistudio_conformance.variables import VariableError, fill, nonce, references, uuid
from tests.conformance.adapters import case

VARIABLES = {"nonce": {"a": "abc"}, "files": {"train": {"bytes": 17}}, "start": {"tags": ["x", "y"]}}


def test_a_text_that_is_one_reference_becomes_what_it_stands_for_with_its_type():
    assert fill("${files.train.bytes}", VARIABLES) == 17
    assert fill("${start.tags}", VARIABLES) == ["x", "y"]


def test_references_inside_a_text_become_text():
    assert fill("<${nonce.a}> ${files.train.bytes}", VARIABLES) == "<abc> 17"


def test_values_are_filled_at_any_depth_and_others_stay():
    given = {"a": [{"b": "${nonce.a}"}], "c": 1, "d": None, "e": True}
    assert fill(given, VARIABLES) == {"a": [{"b": "abc"}], "c": 1, "d": None, "e": True}


def test_a_path_may_go_into_a_list():
    assert fill("${start.tags[1]}", VARIABLES) == "y"


def test_what_stands_for_nothing_is_refused_with_what_there_is():
    with pytest.raises(
        VariableError, match=r"\$\{upload.dataset_id\} stands for nothing here; there are files, nonce"
    ):
        fill("${upload.dataset_id}", VARIABLES)


def test_references_are_found_at_any_depth():
    assert [*references({"a": ["${nonce.x} and ${nonce.y}"], "b": {"c": "${uuid.z}"}, "d": 1})] == [
        "nonce.x",
        "nonce.y",
        "uuid.z",
    ]


def test_a_nonce_belongs_to_the_seed_the_case_and_its_name():
    nonces = {nonce(seed, each, name) for seed in (1, 2) for each in ("A", "B") for name in ("x", "y")}
    assert len(nonces) == 8
    assert nonce(1, "A", "x") == nonce(1, "A", "x")
    assert all(re.fullmatch("[a-z]{12}", one) for one in nonces)


def test_a_uuid_has_the_form_of_one():
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", uuid(1, "A", "x"))


def written(tmp_path, seed=1, **contents):
    made = case("XX-01", "dataset.list", files=contents)
    return files.write(made, seed, tmp_path, VARIABLES)


def test_the_lines_of_a_file_are_written_as_they_stand_and_without_a_last_end(tmp_path):
    made = written(tmp_path, train={"lines": ["not JSON ${nonce.a}\r", {"text": "${nonce.a} й"}]})["train"]
    content = Path(made["path"]).read_bytes()
    assert content == 'not JSON abc\r\n{"text":"abc й"}'.encode()
    assert made == {
        "path": made["path"],
        "bytes": len(content),
        "md5": md5(content).hexdigest(),
        "rows": 2,
    }


def test_good_rows_are_rows_of_text_to_text_each_its_own(tmp_path):
    made = written(tmp_path, train={"rows": 3})["train"]
    rows = [json.loads(line) for line in Path(made["path"]).read_text().splitlines()]
    texts = {row["request"][0]["text"] for row in rows} | {row["response"] for row in rows}
    assert made["rows"] == len(rows) == 3
    assert len(texts) == 6
    assert {row["request"][0]["role"] for row in rows} == {"user"}


def test_a_file_without_lines_is_empty(tmp_path):
    assert written(tmp_path, train={"lines": []})["train"]["bytes"] == 0


def test_the_name_of_a_file_tells_nothing(tmp_path):
    made = written(tmp_path, good={"rows": 1}, bad={"lines": ["{"]})
    names = [Path(one["path"]).name for one in made.values()]
    assert all(re.fullmatch(r"[a-z]{12}\.jsonl", name) for name in names)
    assert len(set(names)) == 2


def test_another_seed_makes_another_file(tmp_path):
    assert written(tmp_path, 1, a={"rows": 1})["a"]["md5"] != written(tmp_path, 2, a={"rows": 1})["a"]["md5"]
    assert written(tmp_path, 1, a={"rows": 1})["a"]["md5"] == written(tmp_path, 1, a={"rows": 1})["a"]["md5"]
