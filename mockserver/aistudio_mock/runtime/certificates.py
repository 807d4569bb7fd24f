"""One certificate authority and one leaf per user, kept in the cache directory and made once.

gRPC reads its root certificates once per process, so a new authority per server would break every client
that outlives a server. What is on disk is proved by a TLS handshake in memory before it is used: a torn,
foreign or expired set fails there and is made anew, under a lock, by whoever comes first. Files that were
proved once are known by their digest: a handshake takes 4 ms, on the way of every start.
"""

import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "api.cloud.yandex.net",
    "*.api.cloud.yandex.net",
    "storage.yandexcloud.net",
)
"""What every leaf stands for: this machine, and the hosts that a redirected client asks for."""

DIRECTORY_VARIABLE = "AISTUDIO_MOCK_CA_DIR"
_SET = "tls-1"  # the number goes up when NAMES change: an older set is then left alone
_CA, _CA_KEY, _LEAF, _BUNDLE, _WGETRC = "ca.pem", "ca.key", "leaf.pem", "bundle.pem", "wgetrc"
_SYSTEM_WGETRC = Path("/etc/wgetrc")
_KEY_END = b"-----END EC PRIVATE KEY-----\n"


class CertificateError(Exception):
    """The certificates cannot be made, kept or used. The message is one line and says what to do."""


class Certificates(Struct, frozen=True):
    """What a TLS server needs, and the path of the CA that its clients must trust; PEM bytes."""

    ca_path: Path
    ca_pem: bytes
    chain_pem: bytes
    key_pem: bytes


def load(extra_host: str | None = None, directory: Path | None = None) -> Certificates:
    """The user's CA with a leaf for `NAMES` and, if given, for `extra_host`; made on first use.

    Kept in `directory`, else in $AISTUDIO_MOCK_CA_DIR, else in the user's cache directory. When the files are
    there, they are read: no key is made and `cryptography` is not imported.

    Raises:
        CertificateError: the directory cannot be written, the host is no host name, or the files are damaged
            in a way that only their owner should decide about.
    """
    home = (directory or _default_directory()) / _SET
    try:
        return _load(home, extra_host)
    except OSError as error:
        raise CertificateError(
            f"cannot keep certificates in {home} ({error.strerror or error}); "
            f"set {DIRECTORY_VARIABLE} to a directory that you can write to"
        ) from error


def remove(directory: Path | None = None) -> Path | None:
    """Deletes what `load` made in the same directory; where it was, or None if there was nothing.

    Raises:
        CertificateError: the directory cannot be changed.
    """
    from shutil import rmtree  # noqa: PLC0415 - not on the start path

    home = (directory or _default_directory()) / _SET
    if not home.is_dir():
        return None
    try:
        with _alone(home.parent):
            rmtree(home)
    except OSError as error:
        raise CertificateError(f"cannot remove {home} ({error.strerror or error})") from error
    return home


def bundle(certificates: Certificates) -> Path:
    """A file with the system's CAs and ours, for variables that replace the trusted set (SSL_CERT_FILE).

    Lies beside the CA; written when missing or when the system's CAs have changed.

    Raises:
        CertificateError: the file cannot be written.
    """
    path = certificates.ca_path.with_name(_BUNDLE)
    system = _system_cas()
    return _kept(path, system if certificates.ca_pem in system else system + b"\n" + certificates.ca_pem)


def wgetrc(bundle: Path) -> Path:
    """A file for SYSTEM_WGETRC that has wget trust `bundle`: built with GnuTLS it reads no variable for that.

    Lies beside the bundle, and says first what the file says that it stands in for.

    Raises:
        CertificateError: the file cannot be written.
    """
    path = bundle.with_name(_WGETRC)
    given = Path(os.environ.get("SYSTEM_WGETRC", _SYSTEM_WGETRC))
    own = _SYSTEM_WGETRC if given == path else given
    said = own.read_bytes() if own.is_file() else b""
    return _kept(path, said + f"\nca_certificate = {bundle}\n".encode())


def _kept(path: Path, wanted: bytes) -> Path:
    """The same path, whose file holds what is wanted. Raises CertificateError."""
    try:
        if not path.exists() or path.read_bytes() != wanted:
            with _replacing(path, wanted):
                pass
    except OSError as error:
        raise CertificateError(f"cannot write {path} ({error.strerror or error})") from error
    return path


def _default_directory() -> Path:
    given = os.environ.get(DIRECTORY_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    if sys.platform == "linux":
        # What platformdirs says as well, 8 ms later.
        named = os.environ.get("XDG_CACHE_HOME", "")
        return Path(named if named.startswith("/") else Path("~/.cache").expanduser(), "aistudio-mock")
    from platformdirs import user_cache_path  # noqa: PLC0415 - slow to import

    return user_cache_path("aistudio-mock", appauthor=False)


def _load(home: Path, extra_host: str | None) -> Certificates:
    if _fault(home, _LEAF, "localhost"):
        with _alone(home.parent):
            if _fault(home, _LEAF, "localhost"):  # nobody else has made it while we waited
                _make(home)
    leaf = _LEAF
    if extra_host is not None and extra_host not in NAMES:
        leaf = f"leaf-{sha256(extra_host.encode()).hexdigest()[:16]}.pem"
        if _fault(home, leaf, extra_host):
            _issue(home, leaf, extra_host)
    key, _, chain = (home / leaf).read_bytes().partition(_KEY_END)
    return Certificates(home / _CA, (home / _CA).read_bytes(), chain, key + _KEY_END)


def _make(home: Path) -> None:
    """A whole new set, put in place by one rename, so that no reader ever sees half of it."""
    import tempfile  # noqa: PLC0415 - once per user

    import trustme  # noqa: PLC0415 - imports cryptography: 60 ms, once per user

    ca = trustme.CA(organization_name="aistudio-mock", organization_unit_name="local testing CA")
    with tempfile.TemporaryDirectory(prefix=".new-", dir=home.parent) as work:
        new = Path(work, "set")
        new.mkdir(mode=0o700)
        _write(new / _CA, ca.cert_pem.bytes())
        _write(new / _CA_KEY, ca.private_key_pem.bytes())
        _write(new / _LEAF, ca.issue_cert(*NAMES).private_key_and_cert_chain_pem.bytes())
        if fault := _fault(new, _LEAF, "localhost"):
            raise CertificateError(f"new certificates do not work ({fault}); is the system's date right?")
        if home.exists():
            home.rename(Path(work, "broken"))
        new.rename(home)


def _issue(home: Path, leaf: str, host: str) -> None:
    """One more leaf of the same CA. Any number of processes may do this at once: each result is good."""
    import trustme  # noqa: PLC0415 - see _make

    try:
        ca = trustme.CA.from_pem((home / _CA).read_bytes(), (home / _CA_KEY).read_bytes())
        issued = ca.issue_cert(*NAMES, host)
    except ValueError as error:
        raise CertificateError(
            f"no certificate can be made for {host!r} ({error}); "
            f"if the name is right, delete {home} and start again"
        ) from error
    with _replacing(home / leaf, issued.private_key_and_cert_chain_pem.bytes()) as new:
        if refusal := _refusal(home, new.name, host):
            raise CertificateError(f"{home} is damaged ({refusal}); delete it and start again")


def _fault(home: Path, leaf: str, host: str) -> str | None:
    """As `_refusal`, of files that were not proved before."""
    proof = home / f"{leaf}.proved"
    try:
        these = sha256((home / _CA).read_bytes() + (home / leaf).read_bytes()).digest()
        if proof.is_file() and proof.read_bytes() == these:
            return None
    except PermissionError:
        raise
    except OSError as error:
        return str(error)
    refusal = _refusal(home, leaf, host)
    if refusal is None:
        with suppress(OSError):  # a directory that can only be read will do
            proof.write_bytes(these)
    return refusal


def _refusal(home: Path, leaf: str, host: str) -> str | None:
    """Why a client that trusts this CA would refuse a server with this leaf at `host`; None if it accepts."""
    try:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(home / leaf)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(home / _CA)
        _shake_hands(client, server, host)
    except PermissionError:
        raise
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; idna errors are ValueErrors
        return str(error)
    return None


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(downward, upward, server_hostname=host),
        server.wrap_bio(upward, downward, server_side=True),
    )
    for end in ends * 2:  # hello, answer, finished, finished
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Only one process at a time is in here; the system releases the lock of one that dies."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("ab") as file:
        _lock(file.fileno())
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


@contextmanager
def _replacing(path: Path, content: bytes) -> Iterator[Path]:
    """A new file beside `path`, which takes its place when the block ends well."""
    import tempfile  # noqa: PLC0415 - see _make

    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield Path(name)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _system_cas() -> bytes:
    """The CAs this system trusts, as PEM; empty where none can be found."""
    file = ssl.get_default_verify_paths().cafile
    if file:
        return Path(file).read_bytes()
    try:
        import certifi  # noqa: PLC0415 - optional: only where the system has no file
    except ImportError:
        store = ssl.create_default_context().get_ca_certs(binary_form=True)
        return "".join(map(ssl.DER_cert_to_PEM_cert, store)).encode()
    return Path(certifi.where()).read_bytes()
