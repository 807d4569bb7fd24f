"""Whatever the mock can do to a call, both clients have an answer to; the journal says what was sent."""

import pytest

from aistudio_client import AIStudioError
from tests.wire.client.fault_table import TABLE
from tests.wire.client.parts import GENERATION, ROWS


class Deeds:
    """What a user does. Each says whether it came to what it comes to when nothing goes wrong."""

    def __init__(self, studio, place, deed):
        self._studio = studio
        self._place = place
        if deed not in {"list", "upload"}:
            self._dataset = studio.datasets.upload(ROWS, task_type=GENERATION)
            self._tunings = [
                studio.tunings.start(self._dataset) for _ in range({"start": 0, "pages": 2}.get(deed, 1))
            ]
        if deed in {"stream", "metrics"}:
            self._tuning = studio.tunings.wait(self._tunings[0])

    def list(self):
        return list(self._studio.datasets.list()) == []

    def pages(self):
        found = self._studio.tunings.list(page_size=1)
        return {one.id for one in found} == {one.id for one in self._tunings}

    def upload(self):
        made = self._studio.datasets.upload(ROWS, task_type=GENERATION)
        return made.rows == len(ROWS) and len(list(self._studio.datasets.list())) == 1

    def start(self):
        begun = self._studio.tunings.start(self._dataset)
        return [one.id for one in self._studio.tunings.list()] == [begun.id]

    def stream(self):
        return list(self._studio.models.stream(self._tuning, "q1"))[-1].text == "a1"

    def download(self):
        (file,) = self._studio.datasets.download(self._dataset, self._place)
        return file.stat().st_size == self._dataset.size_bytes

    def metrics(self):
        return any("loss" in name for name in self._studio.tunings.metrics(self._tuning).curves)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_fault_is_survived_or_told(row, studios, mock, folder, tmp_path):
    where = {"endpoint": mock.fault_endpoint} if row.by_relay else {}
    deeds = Deeds(studios.of(mock, folder, **where), tmp_path / "place", row.deed)
    calls = row.faults[0].get("method") or row.faults[0]["object"]
    before = len(folder.journal.calls(calls))
    for fault in row.faults:
        folder.faults.add(**fault)
    deed = getattr(deeds, row.deed)
    if row.error is None:
        assert deed(), "it went well, and came to something else"
    else:
        with pytest.raises(row.error) as told:
            deed()
        assert isinstance(told.value, AIStudioError)
        assert "X-Amz" not in str(told.value)
    assert folder.faults.list()[0].hits
    assert [one.status for one in folder.state().datasets if one.status == "DRAFT"] == []
    sent = folder.journal.calls(calls)[before:]
    assert row.calls in {None, len(sent)}, [(one.status, one.fault) for one in sent]
