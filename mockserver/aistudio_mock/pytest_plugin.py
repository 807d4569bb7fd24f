"""The pytest plugin: a server for each worker, a folder for each test.

Loaded in every run of pytest wherever aistudio-mock is installed, so it imports nothing until a fixture is
used. PYTEST_DONT_REWRITE: there is nothing here for pytest's assertion rewriting to do.
"""

# ruff: noqa: PLC0415 - see above
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from aistudio_mock.control_client import RemoteServer
    from aistudio_mock.environment import Redirection
    from aistudio_mock.handles import MockFolder
    from aistudio_mock.mock import MockServer

_FIXTURES = frozenset({"aistudio_mock", "aistudio_folder"})
_SETTINGS = ("time", "durations", "auth", "seed", "settings")
_URL = "--aistudio-mock-url"
_UNMATCHED = "aistudio_unmatched_faults"


class _Prepared(NamedTuple):
    """What this process did for its first use of the mock; `remote` is the server that the URL names."""

    trust: "Redirection"
    remote: "RemoteServer | None"
    had_grpc: bool


_PREPARED = pytest.StashKey[_Prepared]()


class AistudioMockWarning(pytest.PytestWarning):
    """Something about this run will make clients fail in a way that is hard to understand."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--aistudio-mock-url` and the ini option `aistudio_unmatched_faults`."""
    parser.getgroup("aistudio-mock").addoption(
        _URL,
        metavar="URL",
        help="use a running aistudio-mock (its HTTP address), shared by all workers, not one in each worker",
    )
    parser.addini(
        _UNMATCHED,
        "what a fault that no call has met does to its test: fail (default), warn or ignore",
        default="fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line(
        "markers",
        "aistudio(time, durations, auth, seed, settings): settings of the test's folder, as "
        '`aistudio-mock serve` takes them, such as time="manual"',
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Names our CA before the first test runs, if any test will use the mock: gRPC reads it only once."""
    if session.config.option.collectonly:
        return
    if any(_FIXTURES.intersection(getattr(item, "fixturenames", ())) for item in session.items):
        _prepared(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The environment is as it was."""
    prepared = config.stash.get(_PREPARED, None)
    if prepared is not None:
        prepared.trust.undo()
        if prepared.remote is not None:
            prepared.remote.close()


@pytest.fixture(scope="session")
def aistudio_mock(pytestconfig: pytest.Config) -> Iterator["MockServer | RemoteServer"]:
    """A running mock: this worker's own, or with --aistudio-mock-url the one that all workers share."""
    prepared = _prepared(pytestconfig)
    if prepared.remote is not None:
        _warn_when_too_late(prepared, prepared.remote)
        yield prepared.remote
        return
    from aistudio_mock.mock import MockServer

    with MockServer() as server:
        _warn_when_too_late(prepared, server)
        yield server


@pytest.fixture
def aistudio_folder(
    aistudio_mock: "MockServer | RemoteServer", request: pytest.FixtureRequest
) -> Iterator["MockFolder"]:
    """A fresh folder for this test, and the environment of a program that works in it.

    Fails the test when it passed although a fault that it wrote never met a call.
    """
    from aistudio_mock import environment

    folder = _folder(aistudio_mock, _settings(request.node))
    redirection = environment.Redirection(
        {
            **dict.fromkeys(environment.UNSET),
            "YC_API_ENDPOINT": aistudio_mock.tls_endpoint,
            **environment.identity(folder.id, folder.api_key),
            **environment.place(aistudio_mock.endpoint, aistudio_mock.http_url),
        }
    )
    failed_before = request.session.testsfailed
    try:
        yield folder
        if request.session.testsfailed == failed_before:
            _require_all_faults_met(request.config, folder)
    finally:
        redirection.undo()
        folder.delete()


def _prepared(config: pytest.Config) -> _Prepared:
    """Makes clients accept the mock's certificate for the rest of the run; the first time only."""
    if _PREPARED not in config.stash:
        had_grpc = "grpc" in sys.modules
        from aistudio_mock.environment import Redirection

        url = config.getoption(_URL)
        remote = _joined(url) if url else None
        trust = Redirection(remote.trust if remote else _own_trust())
        config.stash[_PREPARED] = _Prepared(trust, remote, had_grpc)
    return config.stash[_PREPARED]


def _own_trust() -> dict[str, str]:
    from aistudio_mock import environment
    from aistudio_mock.runtime import certificates

    try:
        own = certificates.load()
        return environment.trust(str(own.ca_path), str(certificates.bundle(own)))
    except certificates.CertificateError as problem:
        raise pytest.UsageError(f"aistudio-mock: {problem}") from None


def _joined(url: str) -> "RemoteServer":
    from aistudio_mock.control_client import RemoteServer, UnreachableError

    try:
        return RemoteServer(url)
    except UnreachableError as problem:
        raise pytest.UsageError(f"{_URL}: {problem}") from None


def _warn_when_too_late(prepared: _Prepared, server: "MockServer | RemoteServer") -> None:
    from aistudio_mock import environment

    if prepared.had_grpc and not environment.grpc_trusts(server.tls_endpoint):
        warnings.warn(
            f"{environment.TOO_LATE}. Something opened a TLS channel while tests were collected: move that "
            "into a fixture or test, use the plaintext port (aistudio_mock.endpoint), or start pytest under "
            "`aistudio-mock run -- pytest`",
            AistudioMockWarning,
            stacklevel=2,
        )


def _settings(node: pytest.Item) -> dict[str, Any]:
    """What the markers say, the nearest one first."""
    settings: dict[str, Any] = {}
    for marker in node.iter_markers("aistudio"):
        unknown = sorted(set(marker.kwargs).difference(_SETTINGS))
        if marker.args or unknown:
            wrong = ", ".join((*map(repr, marker.args), *unknown))
            takes = ", ".join(f"{name}=…" for name in _SETTINGS)
            pytest.fail(f"@pytest.mark.aistudio takes {takes}; not {wrong}", pytrace=False)
        settings = {**marker.kwargs, **settings}
    return settings


def _folder(server: "MockServer | RemoteServer", settings: dict[str, Any]) -> "MockFolder":
    from aistudio_mock.config import ConfigError

    try:
        return server.folder(**settings)
    except ConfigError as refusal:
        problem = str(refusal).removeprefix("--")
    pytest.fail(f"@pytest.mark.aistudio: {problem}", pytrace=False)


def _require_all_faults_met(config: pytest.Config, folder: "MockFolder") -> None:
    __tracebackhide__ = True
    if not folder.faults.is_touched or config.getini(_UNMATCHED) == "ignore":
        return
    unmatched = folder.faults.unmatched()
    if not unmatched:
        return
    seen = ", ".join(sorted({entry.method for entry in folder.journal.calls()})) or "nothing"
    told = (
        "no call has met\n"
        + "".join(f"  {fault}\n" for fault in unmatched)
        + f"folder {folder.id} saw {seen}. Calls are matched by their credential: does the client use "
        f"aistudio_folder.api_key? ({_UNMATCHED} = ignore in the ini file switches this off)"
    )
    if config.getini(_UNMATCHED) == "warn":
        warnings.warn(told, AistudioMockWarning, stacklevel=2)
    else:
        pytest.fail(told, pytrace=False)
