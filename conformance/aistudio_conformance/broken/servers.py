"""Broken servers as data: a good one whose answers are changed in one way, and the checks that see it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from aistudio_conformance.case import Case
from aistudio_faults.faults import Fault


class BrokenServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One defect: the faults, or the setting, that make it of a good server, and the checks that turn red.

    It shows in `cases`; the checks are exactly those that turn red there. `needs_the_mock` says why changed
    answers do not make it of any server.
    """

    id: str
    defect: str
    cases: frozenset[str]
    red: frozenset[str]
    faults: tuple[Fault, ...] = ()
    auth: str | None = None
    needs_the_mock: str = ""

    def disguised(self, case: Case) -> Case:
        """The case with this server in place of the good one."""
        auth = self.auth or case.server.auth
        faults = (*case.server.faults, *self.faults)
        return replace(case, server=replace(case.server, faults=faults, auth=auth))


@cache
def broken_servers() -> Mapping[str, BrokenServer]:
    """Every broken server, by id."""
    text = files("aistudio_conformance").joinpath("broken", "servers.yaml").read_bytes()
    return {one.id: one for one in msgspec.yaml.decode(text, type=tuple[BrokenServer, ...])}
