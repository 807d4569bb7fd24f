"""Any right file becomes READY, and its rows come back; one with a defect becomes INVALID for its row."""

import pytest
import requests
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aistudio_formats import parquet
from tests.property.formats.strategies import DEFECTS, FILES, VALIDATED, line, spelled
from tests.wire import steps
from tests.wire.stubs import Client, unpack

FEW = settings(max_examples=5, phases=[Phase.generate])
"""A file is a conversation: those that fail are not made smaller. The tests of the formats do that."""


@pytest.fixture(name="judged", scope="module")
def _judged(mock):
    """What Describe and the ended operation say of a file, and a client to go on with."""

    def judge(body, task_type):
        folder = mock.folder()
        with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
            dataset_id, operation_id = steps.validating(client, folder, body, task_type)
            folder.clock.advance(hours=1)
            operation = client.call("OperationService/Get", operation_id=operation_id)
            shown = client.call("DatasetService/Describe", dataset_id=dataset_id).dataset
            urls = ()
            if shown.Status.Name(shown.status) == "READY":
                urls = client.call("DatasetService/GetDownloadUrls", dataset_id=dataset_id).download_urls
        return shown, unpack(operation.response), [requests.get(one.url, timeout=20).content for one in urls]

    return judge


@pytest.mark.parametrize("task_type", VALIDATED)
@given(st.data())
@FEW
def test_a_right_file_becomes_ready_with_all_its_rows(task_type, judged, tmp_path_factory, data):
    rows = data.draw(FILES[task_type])
    shown, response, (stored,) = judged(data.draw(spelled(rows)), task_type)
    assert (shown.Status.Name(shown.status), shown.rows) == ("READY", len(rows))
    assert (response.is_valid, list(response.errors)) == (True, [])
    path = tmp_path_factory.mktemp("stored") / "rows.parquet"
    path.write_bytes(stored)
    assert list(parquet.read_rows(path)) == rows


@pytest.mark.parametrize("task_type", VALIDATED)
@given(st.data())
@FEW
def test_a_file_with_a_defect_becomes_invalid_for_its_row(task_type, judged, data):
    rows = data.draw(FILES[task_type])
    defect = data.draw(st.sampled_from([each for each in DEFECTS if each.fits(task_type)]))
    broken = defect.broken(data, data.draw(st.sampled_from(rows)))
    before = data.draw(st.integers(1, len(rows)))
    lines = [*map(line, rows[:before]), broken, *map(line, rows[before:])]
    shown, response, _ = judged(b"\n".join(lines) + b"\n", task_type)
    assert shown.Status.Name(shown.status) == "INVALID"
    (error,) = response.errors
    assert error.error.removeprefix("mock.row.") in defect.flaw.split("|")
    assert list(error.row_numbers) == [before + 1]
