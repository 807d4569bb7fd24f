"""Servers with a directory for their state, and folders with something of everything."""

from contextlib import contextmanager
from datetime import timedelta

from aistudio_mock.app import Server
from aistudio_mock.config import ServerConfig, parse_time
from aistudio_mock.handles import MockFolder
from tests.wire import batch_parts, steps
from tests.wire.stubs import Client


class Here:
    """A server on a directory, its default folder, and a client."""

    def __init__(self, server):
        self.server = server
        self.folder = self.of(server.ready.folder_id)
        self.client = Client(server.ready.grpc, f"Api-Key {self.folder.api_key}")

    def of(self, folder_id):
        return MockFolder(self.server.control, folder_id, self.server.control.folder(folder_id).api_key)

    @property
    def files(self):
        return set((self.server._config.state / "files").iterdir())


@contextmanager
def running(directory, http_port, time, options):
    """A server on that directory, by those of its options."""
    options = {"state": directory, "http_port": http_port, "time": parse_time(time), **options}
    server = Server(ServerConfig(grpc_port=0, tls_port=0, **options))
    server.start()
    here = Here(server)
    try:
        yield here
    finally:
        here.client.channel.close()
        server.stop()


def fill(here):
    """All that a folder can hold, and an upload under way."""
    return filled(here.client, here.folder)


def filled(client, folder):
    """Datasets of every status, a tuning that is over and one that runs, a batch run; the ready one's id."""
    ready = steps.validated(client, folder)
    steps.validated(client, folder, steps.BAD, name="wrong")
    steps.uploaded(client, folder, b"\xff\xfe not text", name="draft")
    client.call("TuningService/Tune", **steps.order(folder, ready), name="over")
    client.call(batch_parts.START, **batch_parts.order(folder, batch_parts.source(client, folder)))
    folder.clock.advance(days=1)
    client.call("TuningService/Tune", **steps.order(folder, ready), name="running")
    folder.plan.add("never")
    return ready


def everything(here):
    """What can be seen of a folder, now and later."""
    now = here.folder.clock.now()
    states = [here.folder.state(), here.folder.state(now + timedelta(days=400))]
    pages = [
        here.client.call("DatasetService/List", folder_id=here.folder.id, page_size=2),
        here.client.call("TuningService/List", folder_id=here.folder.id),
        here.client.call("BatchInferenceService/List", folder_id=here.folder.id),
    ]
    return here.folder.api_key, now, here.folder.plan.list(), states, pages


def drafts(here):
    return [one.id for one in here.folder.state().datasets if one.status == "DRAFT"]
