"""With the SDK's own interval of 60 s between polls, nothing in `skip` mode ever waits for a second one."""

import pytest

from tests.wire.sdk_parts import KIND, SECONDS_OF_A_PROGRAM, client, row
from tests.wire.sdk_polls import Polls

MEGABYTE = 1 << 20
_FILLER = "Вопрос" + " и так далее" * 30


@pytest.mark.timeout(SECONDS_OF_A_PROGRAM)
@pytest.mark.parametrize("megabytes", [0.001, 20])
def test_the_first_poll_of_every_operation_finds_it_done(megabytes, mock, tmp_path):
    polls = Polls()
    sdk = client(mock, mock.default_folder.id, mock.default_folder.api_key, interceptors=[polls])
    path = tmp_path / "train.jsonl"
    rows = write_rows(path, int(megabytes * MEGABYTE))
    dataset = sdk.datasets.draft_from_path(path, name="big", **KIND).upload()
    tuned = sdk.models.completions("yandexgpt-lite").tune(dataset)
    assert dataset.rows == rows
    assert tuned.run(f"{_FILLER} {rows - 1}")[0].text == f"Ответ {rows - 1}"
    assert [done for _, done in polls.heard] == [True] * len(polls.heard)
    first, *others = (operation for operation, _ in polls.heard)
    assert first not in others  # one poll for the upload, the rest for the tuning
    assert len(set(others)) == 1


def write_rows(path, size):
    """Writes rows, each different, until the file has `size` bytes; returns how many."""
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            file.write(row(f"{_FILLER} {rows}", f"Ответ {rows}"))
            rows += 1
    return rows
