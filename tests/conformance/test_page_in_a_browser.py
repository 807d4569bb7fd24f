"""The HTML report in a real browser: two clients side by side, and the story of what one of them broke.

The picture in docs/images is what this test saw: `make screenshots` takes it anew.
"""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from aistudio_conformance.cli import main
from tests.wire.browser import browser

BROKEN = "python:aistudio_conformance.broken.clients:RewritesLineEnds"
CASES = ("--only", "UP-0*", "--only", "DS-0*", "--seed", "1")


@pytest.fixture(name="page")
def _page(tmp_path):
    bundles = []
    for name, client in (("good", "reference"), ("broken", BROKEN)):
        bundles.append(str(tmp_path / name))
        main(["run", "--client", client, *CASES, "--bundle", bundles[-1]])
    main(["judge", *bundles, "--html", str(tmp_path / "page.html")])
    return tmp_path / "page.html"


@pytest.fixture(name="pictures")
def _pictures(tmp_path):
    return Path(os.environ.get("AISTUDIO_SCREENSHOTS", tmp_path))


@pytest.mark.all
def test_a_red_cell_leads_to_its_story(page, pictures, tmp_path):
    with browser(tmp_path / "profile") as window:
        window.open(page.as_uri())
        window.waits_for("a client that keeps the contract", "aistudio-client " + version("aistudio-mock"))
        window.keeps(pictures / "conformance-report.png")
        window.clicks("#matrix td.red a")
        window.waits_for(
            "UP-01/body-is-the-file",
            "MUST",
            "The file is sent once, byte for byte, with its Content-Length and not in chunks.",
            "PUT → 200",
        )
