"""A task of an event loop that is cancelled cleans up before it ends, or tells what goes on."""

import asyncio

import pytest

from aistudio_client import AsyncAIStudio
from tests.wire.client.parts import GENERATION, ROWS, options
from tests.wire.client.terminals import Hole

BIG = b'{"request": [{"role": "user", "text": "q"}], "response": "a"}\n' * (6 << 14)
PARTS = {"part_size": 5 << 20, "check": False}


@pytest.fixture
def folder(mock):
    """One whose work does not end."""
    return mock.folder(time="manual")


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as told:
        await task
    return getattr(told.value, "__notes__", [])


@pytest.mark.parametrize(
    ("method", "field", "data", "how"),
    [
        ("GetUploadDraftUrl", "upload_url", ROWS, {}),
        ("StartMultipartUploadDraft", "multipart_upload_urls[1]", BIG, PARTS),
    ],
    ids=["in one piece", "in parts"],
)
async def test_an_upload_leaves_nothing(mock, folder, method, field, data, how):
    with Hole() as hole:
        folder.faults.add(method=f"DatasetService/{method}", set={field: hole.url})
        async with AsyncAIStudio(folder.id, **options(mock, folder)) as studio:
            task = asyncio.create_task(studio.datasets.upload(data, task_type=GENERATION, **how))
            await asyncio.to_thread(hole.request)
            assert await cancelled(task) == []
    assert folder.state().datasets == []


async def test_a_validation_leaves_nothing(mock, folder):
    begun = asyncio.Event()
    show = {"progress": lambda told: told.what == "validation" and begun.set()}
    async with AsyncAIStudio(folder.id, **options(mock, folder, **show)) as studio:
        task = asyncio.create_task(studio.datasets.upload(ROWS, task_type=GENERATION))
        await begun.wait()
        assert await cancelled(task) == []
    assert folder.state().datasets == []


async def test_a_wait_tells_what_goes_on(mock, folder):
    begun = asyncio.Event()

    def show(told):
        if told.what == "validation":
            folder.clock.advance(hours=1)
        if told.what == "tuning":
            begun.set()

    async with AsyncAIStudio(folder.id, **options(mock, folder, progress=show)) as studio:
        dataset = await studio.datasets.upload(ROWS, task_type=GENERATION)
        tuning = await studio.tunings.start(dataset)
        task = asyncio.create_task(studio.tunings.wait(tuning))
        await begun.wait()
        assert await cancelled(task) == [
            f"tuning {tuning.id} goes on; attach with tunings.wait({tuning.id!r})"
        ]
        assert (await studio.tunings.get(tuning)).status == "CREATED"


async def test_a_time_limit_of_the_loop_is_one_more_way_to_cancel(mock, folder):
    async with AsyncAIStudio(folder.id, **options(mock, folder)) as studio:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await studio.datasets.upload(ROWS, task_type=GENERATION)
    assert folder.state().datasets == []
