"""What every test shares: a certificate authority of the run's own, never the user's."""

import os
import shutil
import signal
import tempfile

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
    "test_verdicts_hold.py",
}
"""Modules of which one test takes long by itself. They begin first, or all others wait at the end."""

# The machine may be busy: a slow example is no failure.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


def pytest_configure(config):
    # Behind `&` in a script Ctrl-C is ignored, also by what is started there: then none could be tested.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # gRPC reads its roots once per process, so the whole run has one CA; workers of xdist inherit it.
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = config.stash_ca = tempfile.mkdtemp(prefix="aistudio-mock-ca-")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_unconfigure(config):
    made = getattr(config, "stash_ca", None)
    if made is not None:
        shutil.rmtree(made, ignore_errors=True)
        os.environ.pop(VARIABLE, None)
