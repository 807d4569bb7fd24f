"""`--target`: which server a run is against, and which cases can run there.

What speaks to a server that is not our own mock is imported when there is one: it is slow to import.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aistudio_conformance.case import Case
from aistudio_conformance.commands.command import CommandError
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.results import Exit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from aistudio_conformance.remote_target import Access
    from aistudio_conformance.target import Target

MOCK = "mock"


def add_target(parser: argparse.ArgumentParser) -> None:
    """`--target` and what goes with it."""
    parser.add_argument(
        "--target",
        default=MOCK,
        metavar="mock|real|HOST:PORT",
        help="what it runs against: a mock of the run's own (default), the cloud, or any server; "
        "the last two take YC_FOLDER_ID and YC_API_KEY or YC_IAM_TOKEN, and are seen through a proxy",
    )
    add_remote(parser)
    parser.add_argument(
        "--may-cost", action="store_true", help="run also cases that cost money at a real account"
    )


def add_remote(parser: argparse.ArgumentParser) -> None:
    """How a server at an address is reached."""
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the PEM file to trust at HOST:PORT")
    parser.add_argument("--plaintext", action="store_true", help="HOST:PORT speaks no TLS")


def rerun(arguments: argparse.Namespace) -> list[str]:
    """The options of `add_target`, as they were given."""
    if arguments.target == MOCK:
        return []
    ca = ["--ca", str(arguments.ca)] if arguments.ca else []
    flags = {"--plaintext": arguments.plaintext, "--may-cost": arguments.may_cost}
    return ["--target", arguments.target, *ca, *(name for name, is_given in flags.items() if is_given)]


def chosen(arguments: argparse.Namespace) -> "tuple[AbstractContextManager[Target], Access | None]":
    """The target, and how it is reached if it is not our own mock. Raises CommandError."""
    if arguments.target == MOCK:
        return MockTarget(), None
    access = remote_access(arguments, "mock, real, or HOST:PORT")
    if arguments.parallel > 1:
        raise CommandError(
            "--parallel: there is one folder at a server that is not our mock, so cases run one by one",
            Exit.USAGE,
        )
    from aistudio_conformance.remote_target import RemoteTarget

    return RemoteTarget(access), access


def runnable(
    cases: Sequence[Case], access: "Access | None", *, may_cost: bool
) -> tuple[tuple[Case, ...], list[str]]:
    """The cases that can run there, and why the others cannot. Raises CommandError if none can."""
    if access is None:
        return tuple(cases), []
    from aistudio_conformance.remote_target import suits

    reasons = {case.id: suits(case, access, may_cost=may_cost) for case in cases}
    left_out = [f"{case} does not run there: {reason}" for case, reason in reasons.items() if reason]
    found = tuple(case for case in cases if not reasons[case.id])
    if not found:
        raise CommandError(f"no case can run there; {left_out[0]}", Exit.USAGE)
    return found, left_out


def remote_access(arguments: argparse.Namespace, choice: str = "real, or HOST:PORT") -> "Access":
    """How the server is reached, and as whom; `choice` is what `--target` may be. Raises CommandError."""
    problem = next(_problems(arguments, choice), "")
    if problem:
        raise CommandError(problem, Exit.USAGE)
    try:
        roots = arguments.ca.read_bytes() if arguments.ca else None
    except OSError as error:
        raise CommandError(f"--ca {arguments.ca}: {error.strerror}", Exit.USAGE) from None
    from aistudio_conformance.remote_target import REAL, Access

    return Access(
        address=REAL if arguments.target == "real" else arguments.target,
        folder_id=os.environ["YC_FOLDER_ID"],
        api_key=os.environ.get("YC_API_KEY", ""),
        iam_token=os.environ.get("YC_IAM_TOKEN", ""),
        roots=roots,
        plaintext=arguments.plaintext,
    )


def _problems(arguments: argparse.Namespace, choice: str) -> Iterator[str]:
    host, _, port = arguments.target.rpartition(":")
    if arguments.target != "real" and not (host and port.isdecimal()):
        yield f"--target {arguments.target}: use {choice}"
    if arguments.target == "real" and (arguments.ca or arguments.plaintext):
        yield "--ca and --plaintext are for HOST:PORT; the cloud has TLS and a public CA"
    if not os.environ.get("YC_FOLDER_ID"):
        yield f"--target {arguments.target} needs a folder; set YC_FOLDER_ID"
    if not (os.environ.get("YC_API_KEY") or os.environ.get("YC_IAM_TOKEN")):
        yield f"--target {arguments.target} needs credentials; set YC_API_KEY or YC_IAM_TOKEN"
