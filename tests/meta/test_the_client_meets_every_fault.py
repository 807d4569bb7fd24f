"""Every effect of a fault, on each wire that has it, is in the table of what the client makes of it."""

import typing

from aistudio_faults.faults import Fault
from aistudio_mock.domain.fault_rules import EFFECTS, GRPC_ONLY, STORAGE_ONLY
from tests.wire.client.fault_table import NOT_FOR_A_CLIENT, TABLE


def possible():
    """(leg, effect), or with the value where there are a few that are named."""
    kinds = typing.get_type_hints(Fault)
    for name in EFFECTS:
        values = [value for value in typing.get_args(kinds[name]) if isinstance(value, str) and value]
        for leg in ("grpc", "storage"):
            if name in (STORAGE_ONLY if leg == "grpc" else GRPC_ONLY):
                continue
            yield from ((leg, name, value) for value in values) if values else ((leg, name),)


def tried():
    for row in TABLE:
        for fault in row.faults:
            leg = "grpc" if "method" in fault else "storage"
            for name, value in fault.items():
                yield (leg, name)
                if isinstance(value, str):
                    yield (leg, name, value)


def test_every_effect_is_met_or_said_to_be_none():
    met = set(tried())
    assert sorted(set(possible()) - met - NOT_FOR_A_CLIENT.keys()) == []
    assert NOT_FOR_A_CLIENT.keys() & met == set(), "it is met, so it applies"


def test_what_is_possible_is_told_by_value():
    assert {("grpc", "cut", "middle"), ("storage", "redirect"), ("grpc", "latency")} <= set(possible())
    assert ("storage", "goaway", "before") not in set(possible())
