"""`token`: an IAM token from a running server, for the cURL way."""

import argparse
import json
import os
from urllib.parse import urlsplit

from aistudio_mock.commands.console import Command, CommandError, Exit, say

_DEFAULT = "http://127.0.0.1:8444"
_OAUTH = "y0_aistudio-mock"  # the mock takes any OAuth token; the prefix is the platform's
_PATIENCE = 10.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--http`."""
    parser.add_argument(
        "--http",
        metavar="URL",
        help=f"the server's HTTP address (default: $AISTUDIO_MOCK_HTTP, else {_DEFAULT})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print an IAM token and nothing else.

    Raises:
        CommandError: no server answers at that address, or what answers is no aistudio-mock.
    """
    say(_ask(arguments.http or os.environ.get("AISTUDIO_MOCK_HTTP") or _DEFAULT))
    return Exit.OK


def _ask(base: str) -> str:
    from urllib.error import HTTPError, URLError
    from urllib.request import ProxyHandler, Request, build_opener

    request = Request(  # noqa: S310 - the scheme is checked
        f"{_checked(base)}/iam/v1/tokens",
        data=json.dumps({"yandexPassportOauthToken": _OAUTH}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        # No proxy: what a developer's environment names is for the outside world.
        with build_opener(ProxyHandler({})).open(request, timeout=_PATIENCE) as answer:
            return str(json.load(answer)["iamToken"])
    except HTTPError as error:
        raise _not_ours(base, f"{error.code} {error.reason}") from error
    except (URLError, TimeoutError, ConnectionError) as error:
        raise CommandError(
            f"no server at {base} ({getattr(error, 'reason', error)}); "
            "start one: `aistudio-mock serve`, or name it: --http URL",
            Exit.ENVIRONMENT,
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _not_ours(base, "without a token") from error


def _checked(base: str) -> str:
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CommandError(f"--http {base!r}: use an address such as {_DEFAULT}", Exit.USAGE)
    return base.rstrip("/")


def _not_ours(base: str, answered: str) -> CommandError:
    return CommandError(
        f"{base} answered {answered}; is that an aistudio-mock? Name its HTTP address with --http URL",
        Exit.ENVIRONMENT,
    )


COMMAND = Command(
    example='curl -H "Authorization: Bearer $(aistudio-mock token)" …',
    add_arguments=add_arguments,
    run=run,
)
