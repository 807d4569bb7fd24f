"""`ca`: where our certificate authority is, how to have it trusted, how to be rid of it."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from aistudio_mock.commands.console import Command, CommandError, Exit, say

_NAME = "aistudio-mock, local testing CA"  # as keychains and browsers list it

_SYSTEM = {
    "linux": (
        "Debian, Ubuntu   sudo cp {ca} /usr/local/share/ca-certificates/aistudio-mock.crt",
        "                 sudo update-ca-certificates",
        "Fedora, RHEL     sudo trust anchor {ca}",
        "Chrome, Chromium certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n aistudio-mock -i {ca}",
    ),
    "darwin": ("macOS            security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {ca}",),
    "win32": ("Windows          certutil -user -addstore Root {ca}",),
}
_EVERYWHERE = (
    "Firefox          Settings, Privacy & Security, View Certificates, Authorities, Import: {ca}",
    "curl             curl --cacert {ca} …",
    "Python requests  REQUESTS_CA_BUNDLE={bundle}",
    "gRPC             GRPC_DEFAULT_SSL_ROOTS_FILE_PATH={bundle}",
    "Node             NODE_EXTRA_CA_CERTS={ca}",
    "Java             keytool -importcert -noprompt -alias aistudio-mock -file {ca} -keystore NAME.p12",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--ca-dir` and `--remove`."""
    parser.add_argument(
        "--ca-dir",
        type=Path,
        metavar="DIR",
        help="where the CA is kept (default: the user's cache directory)",
    )
    parser.add_argument(
        "--remove", action="store_true", help="delete the CA and its keys; the next server makes new ones"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the CA's path on stdout, and on stderr how to have it trusted.

    Raises:
        CommandError: the certificates cannot be made, kept or removed.
    """
    from aistudio_mock.runtime.certificates import CertificateError

    try:
        return _remove(arguments.ca_dir) if arguments.remove else _show(arguments.ca_dir)
    except CertificateError as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error


def _show(directory: Path | None) -> int:
    from aistudio_mock.runtime import certificates

    own = certificates.load(directory=directory)
    say(str(own.ca_path))
    for line in _hints(own.ca_path, certificates.bundle(own)):
        sys.stderr.write(line + "\n")
    return Exit.OK


def _hints(ca: Path, bundle: Path) -> Iterator[str]:
    yield ""
    yield "`aistudio-mock run -- COMMAND` needs none of this. Where it cannot be used, trust the CA by hand:"
    for line in (*_SYSTEM.get(sys.platform, ()), *_EVERYWHERE):
        yield "  " + line.format(ca=ca, bundle=bundle)
    yield f'Its key lies beside it: take "{_NAME}" out again when you are done.'


def _remove(directory: Path | None) -> int:
    from aistudio_mock.runtime import certificates

    gone = certificates.remove(directory)
    say(f"removed {gone}" if gone else "there is no CA")
    if gone:
        sys.stderr.write("If you had it trusted by hand, take it out there too.\n")
    return Exit.OK


COMMAND = Command(
    example="aistudio-mock ca --ca-dir .certificates",
    add_arguments=add_arguments,
    run=run,
)
