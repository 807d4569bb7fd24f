"""Clocks stop short of the calendar's end, so that everything they date is in it."""

from datetime import UTC, datetime, timedelta

import pytest

from aistudio_mock.domain.errors import FailedPrecondition
from aistudio_mock.domain.instant import LAST, moment
from tests.wire import steps
from tests.wire.stubs import Client

END = moment(LAST)


@pytest.mark.parametrize("there", [END + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)])
def test_a_clock_is_not_set_to_the_calendar_s_last_year(mock, folder, there):
    before = folder.clock.now()
    with pytest.raises(FailedPrecondition, match="the clock would pass 9998-"):
        folder.clock.set(there)
    with pytest.raises(FailedPrecondition, match="the clock would pass 9998-"):
        folder.clock.advance(there - before)
    assert folder.clock.now() == before
    with pytest.raises(ValueError, match="from 1970 to 9998-"):
        mock.folder(now=there)


def test_at_the_last_moment_everything_goes_as_ever(mock):
    folder = mock.folder(now=END)

    with Client(mock.endpoint, f"Api-Key {folder.api_key}") as client:
        dataset_id = steps.draft(client, folder)
        reply = steps.put(steps.upload_url(client, dataset_id, len(steps.GOOD)), steps.GOOD)
        assert reply.status_code == 200
        assert "9999" in reply.headers["X-Amz-Expiration"]
        token = client.call("IamTokenService/Create", yandex_passport_oauth_token=folder.api_key)
        assert token.expires_at.ToDatetime(tzinfo=UTC) == END + timedelta(hours=12)
        client.call("DatasetService/Validate", dataset_id=dataset_id)
        assert folder.clock.now() == END
