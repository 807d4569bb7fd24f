"""With the edition of its time, each how-to page's printed JSON is reproduced field for field by grpcurl."""

import json
import shlex

import pytest

from aistudio_mock import MockServer
from tests.wire.grpcurl import GRPCURL, terminal
from tests.wire.rows import FIXTURES, load, play

pytestmark = GRPCURL

PAGES = {"2025-01": load("page_2025_01.yaml"), "2024-12": load("page_2024_12.yaml")}


def played(edition):
    with MockServer(edition=edition) as mock:
        shell = terminal(mock, iam_token=mock.default_folder.iam_token())

        def printed(row, request):
            call = f'grpcurl $FLAGS {row.get("flags", "")} -H "Authorization: Bearer $IAM_TOKEN"'
            return shell.answers(f"{call} -d {shlex.quote(json.dumps(request))} $HOST {row['call']}")

        size = (FIXTURES / "three_rows.jsonl").stat().st_size
        names = {"folder": mock.default_folder.id, "upload-size": str(size)}
        return play(PAGES[edition], names, printed)


@pytest.fixture(scope="module")
def outcomes():
    return {edition: played(edition) for edition in PAGES}


@pytest.mark.parametrize(
    ("edition", "row"), [(edition, row["row"]) for edition, rows in PAGES.items() for row in rows]
)
def test_what_a_page_prints_is_what_grpcurl_prints(outcomes, edition, row):
    assert outcomes[edition][row] == []
