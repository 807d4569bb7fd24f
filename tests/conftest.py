"""What every test shares: a certificate authority of the run's own, never the user's."""

import os
import shutil
import signal
import tempfile

from hypothesis import settings

VARIABLE = "AISTUDIO_MOCK_CA_DIR"

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


def pytest_unconfigure(config):
    made = getattr(config, "stash_ca", None)
    if made is not None:
        shutil.rmtree(made, ignore_errors=True)
        os.environ.pop(VARIABLE, None)
