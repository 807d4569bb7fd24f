"""Which cases a defect can show in: where the client without it uses what the broken one has of its own.

A broken client is the raw-stub client with some attributes overridden. Until it uses the first of them it
does what the client without a defect does; a case that uses none of them cannot tell the two apart.
"""

from msgspec.structs import replace

from aistudio_conformance.adapters.host.finding import find
from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.load import cases
from tests.conformance.in_process import judged_in_process

PLAINTEXT = "aistudio_conformance.adapters.raw_stubs:connect_plaintext"


def watched(target):
    """The client without a defect in every case: judged, and what it uses of itself, by the case's id."""
    used = set()

    class Watched(RawStubs):
        def __getattribute__(self, name):
            used.add(name)
            return super().__getattribute__(name)

    adapter = find(PLAINTEXT)
    client = replace_connect(adapter, lambda place: Watched(replace(place, tls="")))
    judged, found = [], {}
    for case in cases():
        used.clear()
        judged += judged_in_process(client, target, chosen=[case])
        found[case.id] = frozenset(used)
    return judged, found


def in_plaintext(told):
    """That client, as fast as the one without a defect: without handshakes."""
    adapter = find(told)
    return replace_connect(adapter, lambda place: adapter.connect(replace(place, tls="")))


def replace_connect(adapter, connect):
    return type(adapter)(connect, adapter.hello)


def reached(mutant, used):
    """The cases in which a broken client can differ."""
    own = {name for name in vars(mutant) if name not in {"__module__", "__doc__", "__qualname__"}}
    return [case for case in cases() if "__init__" in own or own & used[case.id]]


def named(mutant, declared, used):
    """Of those, the cases whose checks it is said to turn red."""
    ids = {check.partition("/")[0] for check in declared}
    return [case for case in reached(mutant, used) if case.id in ids]
