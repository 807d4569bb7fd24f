"""A case as data: what the server is like, what the client is asked, what must then be seen."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from aistudio_conformance.protocol import Verb
from aistudio_faults.faults import Fault


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a case. A field that is not known is a mistake, never ignored."""


class Server(_Part, frozen=True):
    """The case's folder. What is left out is as the mock has it.

    `folder` is how its id begins; `plan` what becomes of its tunings, by the mock's own names. Calls that
    name no folder and come without credentials belong to it only when it is `alone` in a mock of its own; of
    the rest that mock is told `faults` and nothing else.
    """

    folder: str = ""
    alone: bool = False
    time: str = "skip"
    durations: str | None = None
    auth: str | None = None
    set: Mapping[str, str] = {}
    plan: tuple[Mapping[str, Any], ...] = ()
    faults: tuple[Fault, ...] = ()


class File(_Part, frozen=True):
    """A file for the client: `rows` random good rows of text to text, or exactly these `lines`.

    A row is at least `row_bytes` long. A line is JSON, or a string that is written as it stands. Variables in
    them are filled in.
    """

    rows: int | None = None
    row_bytes: int = 0
    lines: tuple[Any, ...] = ()


class Before(_Part, frozen=True):
    """What happens at the server before a step. `advance` is in seconds of virtual time."""

    advance: float = 0.0
    faults: tuple[Fault, ...] = ()


class Step(_Part, frozen=True):
    """One thing the client is asked to do. `timeout` is in seconds of real time."""

    id: str
    do: Verb
    with_: Mapping[str, Any] = field(default_factory=dict, name="with")
    before: Before = Before()
    timeout: float = 60.0
    after_error: bool = False
    """Whether the step is asked for also when an earlier step failed."""
    fresh: bool = False
    """Whether the client is ended and begun anew before it, and knows nothing of what it did."""


class Selector(_Part, frozen=True):
    """Journal entries: of one leg, of methods that fit a glob, of one status, with these values.

    `where` maps paths (JMESPath, into the entry) to matchers. The leg `grpc` is the API, by REST as well.
    """

    method: str
    leg: Literal["grpc", "storage"] = "grpc"
    status: str | None = None
    where: Mapping[str, Any] = {}


class Calls(_Part, frozen=True):
    """The calls that were made: how many, and what each of them says.

    `count` is a number, `at least N` or `at most N`; `expect` maps paths to matchers.
    """

    of: Selector
    count: int | str = "at least 1"
    expect: Mapping[str, Any] = {}


class Never(_Part, frozen=True):
    """A call that must not be made once `witness` was seen; without the witness nothing is shown.

    The witness is a call, or `answered`: the client dealt with the step and said what came of it.
    """

    of: Selector
    witness: Selector | Literal["answered"]


class Order(_Part, frozen=True):
    """Before each call of `each`, one of `after` was answered. `each` itself is the witness."""

    each: Selector
    after: Selector


class Reply(_Part, frozen=True):
    """What the client told its user. `expect` maps paths, into the reply, to matchers.

    Where a `witness` is named, nothing is shown without it; of a client that never calls its method nothing
    is asked.
    """

    expect: Mapping[str, Any]
    witness: Selector | None = None


class Fails(_Part, frozen=True):
    """The client told its user of a failure, because of what the `witness` shows.

    `locally` allows the client to refuse before that call; it then needs no witness. `expect` maps paths
    into the failure (`code`, `message`, `errors`) to matchers; it is asked of a local refusal too.
    """

    witness: Selector
    locally: bool = False
    expect: Mapping[str, Any] = {}


class Check(_Part, frozen=True):
    """One thing that must be seen, of exactly one kind. `rule` is its row of the ledger.

    `step` is the step it is about: one that the client does not support makes the check not applicable; one
    that was not answered, or never asked for, not reached. `not_sole` says why no mutant is caught by
    this check alone.
    """

    id: str
    rule: str
    step: str
    not_sole: str = ""
    calls: Calls | None = None
    never: Never | None = None
    order: Order | None = None
    reply: Reply | None = None
    fails: Fails | None = None
    function: str | None = None

    @property
    def look(self) -> Calls | Never | Order | Reply | Fails | str:
        """What the check looks at. The loader has seen that it is exactly one."""
        kinds = (self.calls, self.never, self.order, self.reply, self.fails, self.function)
        return next(kind for kind in kinds if kind is not None)


class ServerCheck(_Part, frozen=True):
    """One thing that a server keeps, seen in every call that `of` selects; there must be one.

    `expect` maps paths (JMESPath, into the journal's entry) to matchers; `equal` maps a path to another one
    whose value it has. A `function` looks at the whole conversation instead.
    """

    id: str
    rule: str
    of: Selector | None = None
    expect: Mapping[str, Any] = {}
    equal: Mapping[str, str] = {}
    function: str | None = None
    not_sole: str = ""


class Case(_Part, frozen=True):
    """One case. `covers` are rows of the scenario list; `relies_on` is what only a mock can give.

    `checks` judge a client; `server_checks` judge the server, with a client that keeps the contract.

    `monitors_off` maps monitors to the reason why they say nothing here.
    """

    id: str
    title: str
    covers: tuple[str, ...]
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    server_checks: tuple[ServerCheck, ...] = ()
    relies_on: tuple[Literal["clock", "faults", "journal", "settings"], ...] = ()
    costs: Literal["nothing", "money"] = "nothing"
    credentials: Literal["api-key", "iam-token", "none"] = "api-key"
    server: Server = Server()
    files: Mapping[str, File] = {}
    monitors_off: Mapping[str, str] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that calls meet in it, from the beginning or from a step on."""
        later = (fault for step in self.steps for fault in step.before.faults)
        return (*self.server.faults, *later)
