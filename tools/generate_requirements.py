"""Writes docs/reference/requirements.md: the ledger, with behaviours, cases and broken clients joined."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from aistudio_conformance.broken.clients import EVERY
from aistudio_conformance.broken.servers import broken_servers
from aistudio_conformance.judge import SECRETS_RULE
from aistudio_conformance.load import cases, rules
from aistudio_conformance.monitors import MONITORS, SECRETS_PRINTED
from aistudio_conformance.packs import every_case
from aistudio_conformance.server_monitors import SERVER_MONITORS

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "mockserver/aistudio_mock/behaviours.yaml"
PAGE = ROOT / "docs/reference/requirements.md"
_FEW = 12


def checks() -> dict[str, str]:
    """Every check of every pack and every monitor, by the name that findings use, with its rule."""
    own = {f"{case.id}/{check.id}": check.rule for case in every_case() for check in case.checks}
    watching = {monitor.check: monitor.rule for monitor in MONITORS.values()}
    return own | watching | {f"monitor/{SECRETS_PRINTED}": SECRETS_RULE}


def server_checks() -> dict[str, str]:
    """Every check and monitor of servers, by the name that findings use, with its rule."""
    own = {f"{case.id}/{check.id}": check.rule for case in cases() for check in case.server_checks}
    return own | {monitor.check: monitor.rule for monitor in SERVER_MONITORS.values()}


@cache
def behaviours() -> Mapping[str, Mapping[str, Any]]:
    """The mock's table, by id."""
    return {row["id"]: row for row in msgspec.yaml.decode(TABLE.read_bytes())}


def page() -> str:
    """The whole page."""
    parts = (_client_rules(), _kills(), _server_rules(), _server_kills(), _resting())
    return "\n".join(line for part in parts for line in (*part, ""))


def _client_rules() -> Iterator[str]:
    yield from (
        "# Requirements",
        "",
        "What the conformance suite asks of a client and of a server, how firmly, on whose word, and what",
        "proves it: from a rule to its checks (the case stands before the stroke), and from them to the",
        "clients or servers that are broken in just that way.",
        "Generated from the ledger, the cases, the broken clients and `behaviours.yaml`; `sb` and `cs` are",
        "sections of the project's notes on the observed service and on candidate scenarios.",
        "A broken MUST is a failure; a broken SHOULD or MAY is a warning.",
        "",
        "## What a client keeps",
        "",
    )
    yield from _ledger("client", checks())


def _server_rules() -> Iterator[str]:
    yield from ("## What a server keeps", "")
    yield from _ledger("server", server_checks())


def _ledger(side: str, table: Mapping[str, str]) -> Iterator[str]:
    yield from (
        "| rule | statement | level | known from | source | rests on | checks | proven by |",
        "|---|---|---|---|---|---|---|---|",
    )
    proofs = {name: red for name, (_, red) in EVERY.items()} | {
        name: one.red for name, one in broken_servers().items()
    }
    known = behaviours()
    for rule in (one for one in rules().values() if one.side == side):
        resting = ", ".join(f"`{name}` ({known[name]['evidence']})" for name in rule.behaviours)
        seen_by = ", ".join(f"`{check}`" for check, by in table.items() if by == rule.id) or rule.unobserved
        checked = {check for check, by in table.items() if by == rule.id}
        broken = _some([f"`{name}`" for name, red in proofs.items() if red & checked])
        provenance = ", ".join(rule.provenance)
        yield (
            f"| `{rule.id}` | {rule.statement} | {rule.level} | {provenance} | {rule.cite} | {resting} "
            f"| {seen_by} | {broken} |"
        )


def _some(names: Sequence[str]) -> str:
    """All of them, or the first few of a whole pack."""
    more = f", and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _kills() -> Iterator[str]:
    yield from (
        "## Which broken client each check catches",
        "",
        "Every client below is the raw-stub client with one defect. `tests/conformance/test_kill_matrix.py`",
        "(of the pack `forward`, `test_forward_pack.py`) asserts exactly which checks it turns red, and that",
        "nothing is red without a defect. **Bold**: no other check catches this client.",
        "",
        "| broken client | its defect | checks that turn red |",
        "|---|---|---|",
    )
    for name, (client, red) in EVERY.items():
        told = ", ".join(f"**`{check}`**" if len(red) == 1 else f"`{check}`" for check in sorted(red))
        yield f"| `{name}` | {client.__doc__} | {told} |"


def _server_kills() -> Iterator[str]:
    yield from (
        "## Which broken server each check catches",
        "",
        "Every server below is a good one with faults that change its answers",
        "(`conformance/aistudio_conformance/broken/servers.yaml`): the mock, which is told them",
        "(`tests/conformance/test_server_court.py` asserts exactly which checks it turns red), or any server",
        "whose answers the proxy changes by the same code (`test_broken_at_any_server.py` asserts the same;",
        "`aistudio-conformance server --broken ID`). The last column says which need the mock, and why.",
        "",
        "| broken server | its defect | cases | checks that turn red | needs the mock |",
        "|---|---|---|---|---|",
    )
    for one in broken_servers().values():
        told = ", ".join(f"**`{check}`**" if len(one.red) == 1 else f"`{check}`" for check in sorted(one.red))
        where = f"{', '.join(sorted(one.cases))} | {told} | {one.needs_the_mock}"
        yield f"| `{one.id}` | {one.defect} | {where} |"


def _resting() -> Iterator[str]:
    resting: dict[str, list[str]] = {}
    for rule in rules().values():
        for name in rule.behaviours:
            resting.setdefault(name, []).append(f"`{rule.id}`")
    yield from (
        "## What the server is known to do",
        "",
        "The rows of [fidelity.md](fidelity.md) that rules rest on; the mock's own tests hold them.",
        "",
        "| behaviour | evidence | rules that rest on it |",
        "|---|---|---|",
    )
    for name, row in behaviours().items():
        if name in resting:
            yield f"| `{name}` | {row['evidence']} | {', '.join(resting[name])} |"


def main() -> int:
    """Writes the page, or with `--check` says whether it is fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is stale")
    check = parser.parse_args().check
    text = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if check:
        sys.stderr.write(f"stale: {PAGE.name}; run `make generate`\n")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
