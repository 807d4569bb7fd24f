"""What every test shares: a certificate authority and a directory of the run's own, never the user's."""

import gc
import os
import shutil
import signal
import tempfile
from itertools import islice

import pytest
from hypothesis import settings

VARIABLE = "AISTUDIO_MOCK_CA_DIR"
LONG = {
    "test_killed_at_any_moment.py",
    "test_container.py",
    "test_shipped_clients.py",
    "test_isolation_under_xdist.py",
    "test_any_bytes_are_survived.py",
    "test_control_schemathesis.py",
    "test_fuzz.py",
    "test_pages.py",
    "test_verdicts_at_any_server.py",
    "test_verdicts_by_any_wire.py",
    "test_verdicts_hold.py",
    "test_node_client.py",
    "test_tensorboard_shows_metrics.py",
    "test_tutorial_notebook.py",
    "test_your_library_page.py",
}
"""Modules of which one test takes long by itself."""

# The machine may be busy: a slow example is no failure.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


def pytest_configure(config):
    # Behind `&` in a script Ctrl-C is ignored, also by what is started there: then none could be tested.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # gRPC reads its roots once per process, so the whole run has one CA; workers of xdist inherit it.
    if VARIABLE not in os.environ:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # where tmp_path stays
        config.stash_place = place = tempfile.mkdtemp(prefix="aistudio-mock-tests-")
        os.environ[VARIABLE] = f"{place}/ca"
        os.environ["TMPDIR"] = tempfile.tempdir = place


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two workers more than there are cores: a test waits half of its time, for a program or in a pause."""
    found = yield
    return found if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else found + 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Puts what takes long at the front of each worker's even share, or all others wait for it at the end."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.path.name in LONG]
    short = iter([item for item in items if item.path.name not in LONG])
    shares = [[*long[worker::workers]] for worker in range(workers)]
    for share in shares:
        share.extend(islice(short, max(0, len(items) // workers - len(share))))
    items[:] = [item for share in shares for item in share] + list(short)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _all_there((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _all_there((yield))


def _all_there(report):
    """Where nothing may be skipped, what is skipped has failed."""
    if report.skipped and not hasattr(report, "wasxfail") and "AISTUDIO_NOTHING_SKIPPED" in os.environ:
        report.outcome = "failed"
        report.longrepr = f"skipped, though nothing may be here: {report.longrepr}"
    return report


def pytest_collection_finish():
    gc.freeze()  # thousands of tests stay to the end: no collection of garbage has to walk over them


def pytest_unconfigure(config):
    place = getattr(config, "stash_place", None)
    if place is not None:
        shutil.rmtree(place, ignore_errors=True)
        tempfile.tempdir = None
        for name in (VARIABLE, "TMPDIR"):
            os.environ.pop(name, None)
