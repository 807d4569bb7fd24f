"""`python -m aistudio_conformance.adapters.host MODULE[:FACTORY]`: hosts a client until stdin ends."""

import argparse
import sys
from collections.abc import Sequence

from aistudio_conformance.adapters.host.answering import Host
from aistudio_conformance.adapters.host.finding import Adapter, Missing, find
from aistudio_conformance.adapters.host.lines import Lines

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when stdin ends or nobody listens any more, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m aistudio_conformance.adapters.host",
        description="Hosts a Python client: reads asks on stdin, answers on stdout, one JSON object a line.",
        epilog="example: python -m aistudio_conformance.adapters.host ./my_client.py:connect",
    )
    parser.add_argument(
        "client",
        metavar="MODULE[:FACTORY]",
        help="a module or a file; FACTORY(place) gives the client (default: connect)",
    )
    told = parser.parse_args(arguments).client
    with Lines() as lines:
        host = Host(_found(told))
        try:
            for line in lines:
                lines.write(host.answer(line))
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            return 0
        finally:
            host.leave()
    return 0


def _found(told: str) -> Adapter | Missing:
    try:
        return find(told)
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return missing  # told again in every answer: whoever asks reads those


if __name__ == "__main__":
    sys.exit(main())
