"""`python -m bench [NAME…]`: runs the benches, prints their tables; exit code 1 when a goal is missed."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from bench.harness import Report, as_json, table

BENCHES = {
    "start": "process start to first answered RPC, against a bare grpcio server",
    "calls": "server CPU per OperationService/Get, against a bare handler",
    "state": "a call that is kept in a directory, against the same call in memory",
    "datasets": "100,000 datasets in one server: memory, Get, pages of a list",
    "tunings": "10,000 tunings in one folder, against 100: a page of List, Describe, Get",
    "fixture": "with MockServer() in a warm process",
    "plugin": "pytest with the plugin, in a run that does not use it",
    "upload": "PUT of 1 MiB, 64 MiB and 1 GiB, against a bare HTTP server that keeps the body",
    "under_load": "OperationService/Get during a scan and during uploads of 256 MiB, against an idle server",
    "answers": "the first and later answers of models tuned on 20,000 rows",
    "models": "classifiers and embedding models: learning 20,000 rows, and a later answer",
    "validation": "scan and conversion of dataset files, against bare loops over the same lines",
    "client": "the reference client: import beside grpc, 1 GiB in parts beside a bare loop",
    "metrics": "a metrics archive of 10,000 steps, against a bare write of the same records",
    "server_flavours": "synchronous grpcio or grpc.aio (ADR 1)",
    "peers": "moto[server] and MiniStack beside ours; installs them, so only when asked for",
}
ONLY_WHEN_ASKED = frozenset({"peers"})


def main() -> int:
    names = "\n".join(f"  {name:<16} {what}" for name, what in BENCHES.items())
    parser = argparse.ArgumentParser(
        "python -m bench",
        description=f"benches:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all but peers")
    parser.add_argument("--every", action="store_true", help="peers as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there as well")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHES):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    reports = []
    usual = [name for name in BENCHES if arguments.every or name not in ONLY_WHEN_ASKED]
    for name in arguments.names or usual:
        for report in import_module(f"bench.{name}").run():
            print(table(report), end="\n\n", flush=True)
            reports.append(report)
    if arguments.json:
        text = json.dumps([as_json(report) for report in reports], indent=1, ensure_ascii=False)
        arguments.json.write_text(text, encoding="utf-8")
    return int(any(_misses(report) for report in reports))


def _misses(report: Report) -> bool:
    return any(report.verdict(goal) == "missed" for goal in report.goals)


if __name__ == "__main__":
    sys.exit(main())
