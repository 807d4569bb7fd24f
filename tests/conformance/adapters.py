"""Fake adapters as commands, and a server without a server, for tests of what stands between them."""

import sys
from pathlib import Path

import msgspec

from aistudio_conformance.load import case_from
from aistudio_conformance.protocol import Credentials, Place

FAKE = Path(__file__).with_name("fake_adapter.py")
HEADER = b'{"journal": 1, "server": "none"}\n'
KEY = "AQVN" + "k" * 36

PLACE = Place(
    grpc="127.0.0.1:1",
    tls="127.0.0.1:2",
    http="http://127.0.0.1:3",
    ca="/ca.pem",
    folder_id="b1gfolder",
    credentials=Credentials(kind="api-key", value=KEY),
)


def fake(**behaviours):
    """The command of an adapter: `fake(dataset_get="crash")`; `everything` is for all that is not named."""
    named = {name.replace("_", ".", 1).replace("everything", "*"): how for name, how in behaviours.items()}
    return [sys.executable, "-S", "-I", str(FAKE), *(f"{name}={how}" for name, how in named.items())]


def case(case_id, *verbs, timeout=20, **more):
    """A case that asks for these verbs, in steps of the same names, with one check of the first."""
    needed = {"dataset.get": {"dataset_id": "fds1"}, "dataset.delete": {"dataset_id": "fds1"}}
    steps = [
        {"id": verb.replace(".", "_"), "do": verb, "timeout": timeout, "with": needed.get(verb, {})}
        for verb in verbs
    ]
    written = {
        "id": case_id,
        "title": f"the case {case_id}",
        "covers": [case_id],
        "steps": steps,
        "checks": [
            {"id": "told", "rule": "dataset-name-unchanged", "step": steps[0]["id"], "reply": {"expect": {}}}
        ],
        **more,
    }
    return case_from(msgspec.json.encode(written), case_id)


class FakeFolder:
    """A folder that remembers what was done to it."""

    def __init__(self, server, seed):
        self.id, self.server, self.seed = "b1gfolder", server, seed
        self.secrets = {KEY: "the API key"}
        self.done = []

    def place(self, kind):
        return msgspec.structs.replace(PLACE, credentials=Credentials(kind=kind, value=KEY))

    def advance(self, seconds):
        self.done.append(("advance", seconds))

    def add_fault(self, fault):
        self.done.append(("fault", fault.status, fault.message))

    def journal(self):
        return HEADER

    def forget(self):
        self.done.append("forgotten")


class FakeTarget:
    """A server without a server."""

    ca = "/ca.pem"
    description = {"kind": "none"}  # noqa: RUF012 - nobody changes it

    def __init__(self):
        self.folders = []

    def new_folder(self, server, seed):
        self.folders.append(FakeFolder(server, seed))
        return self.folders[-1]

    def log(self):
        return ""
