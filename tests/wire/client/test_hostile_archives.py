"""An archive of metrics that means harm, as it comes by the wire: told, and nothing is written elsewhere."""

import http.server
import threading
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from aistudio_client import MetricsError, _archive
from tests.wire.client.parts import GENERATION, ROWS


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def served(studio, folder):
    """A tuning whose metrics are the bytes that are given."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as storage:
        serving = threading.Thread(target=storage.serve_forever)
        serving.start()
        tuning = studio.tunings.wait(studio.tunings.start(studio.datasets.upload(ROWS, task_type=GENERATION)))
        url = f"http://127.0.0.1:{storage.server_port}/metrics.zip?X-Amz-Signature=secret"
        folder.faults.add(method="TuningService/GetMetricsUrl", set={"load_url": url}, times=None)

        def tuning_with(body):
            storage.body = body
            return tuning

        yield tuning_with
        storage.shutdown()
        serving.join()


def packed(name, content):
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def lying(claimed, content):
    """An archive whose file is longer than its directory says."""
    honest = packed("x.tfevents.1", content)
    size = len(content).to_bytes(4, "little")
    return honest.replace(size, claimed.to_bytes(4, "little"))


BODIES = {
    "zip-slip": packed("../../evil.tfevents.1", b"x"),
    "absolute": packed("/tmp/evil.tfevents.1", b"x"),
    "bomb": packed("x.tfevents.1", bytes(3 << 20)),
    "lies": lying(5, b"0123456789" * 7),
    "no archive": b"<html>sign in</html>",
    "half": packed("x.tfevents.1", bytes(range(256)) * 64)[:-40],
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_harm_is_told_and_nothing_is_left(served, studio, body, tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "MOST_BYTES", 2 << 20)
    monkeypatch.chdir(tmp_path)
    tuning = served(body)
    with pytest.raises(MetricsError) as told:
        studio.tunings.unpack_metrics(tuning, tmp_path / "a" / "b")
    assert "secret" not in str(told.value)
    with pytest.raises(MetricsError):
        studio.tunings.metrics(tuning)
    assert not list(tmp_path.rglob("*evil*"))


def test_a_file_of_curves_that_is_too_big_is_not_read_at_once(served, studio, monkeypatch, tmp_path):
    monkeypatch.setattr(_archive, "MOST_READ", 1 << 20)
    tuning = served(packed("x.tfevents.1", bytes(2 << 20)))
    with pytest.raises(MetricsError, match="unpack it instead"):
        studio.tunings.metrics(tuning)
    (file,) = studio.tunings.unpack_metrics(tuning, tmp_path)
    assert file.stat().st_size == 2 << 20
