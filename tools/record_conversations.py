"""Writes conformance/…/conversations*.json: what a client without a defect says in each case, by the pack.

Reports show it beside the conversation of a client that failed. It takes a mock and some seconds, so
it is not a part of `make generate`; the tests of the kill matrix say when it is stale.
"""

import json
import sys
from pathlib import Path

from aistudio_conformance.load import rules
from aistudio_conformance.mock_target import MockTarget
from aistudio_conformance.packs import PACKS
from aistudio_conformance.reports.story import conversation
from aistudio_conformance.runner import Judged, Runner

PLACE = Path(__file__).resolve().parent.parent / "conformance/aistudio_conformance"
CLIENT = "aistudio_conformance.adapters.raw_stubs:connect_plaintext"


def document(judged: list[Judged]) -> str:
    """The file."""
    told = {one.case.id: conversation(one.journal) for one in sorted(judged, key=lambda one: one.case.id)}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Runs every case and writes the files."""
    command = [sys.executable, "-m", "aistudio_conformance.adapters.host", CLIENT]
    with MockTarget() as target, Runner(command, target, rules(), seed=1) as runner:
        runner.smoke()
        for pack, cases in PACKS.items():
            place = PLACE / ("conversations.json" if pack == "core" else f"conversations-{pack}.json")
            place.write_text(document([*runner.run(cases())]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
