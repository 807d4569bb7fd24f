"""The clients that the suite ships: green but for what is listed, with reason and citation."""

import os
import subprocess
import sys
from fnmatch import fnmatchcase
from importlib import metadata

import pytest
import yaml

from aistudio_conformance.known import of_version, shipped
from aistudio_conformance.packs import PACKS
from tests.wire.grpcurl import PATH

SUITE = (sys.executable, "-m", "aistudio_conformance")
GROUPS = ("[A-D]*", "[EF]*", "[MO]*", "[PR]*", "TM*", "TU*", "[UV]*")
"""All cases, in parts that a client which starts programs for every call ends well within a test's time."""
NEW = ("NEW-[a-d]*", "NEW-[e-z]*")
"""The pack `forward`, likewise."""

NAMES = {"official-sdk": "yandex-ai-studio-sdk", "official-sdk-ml": "yandex-cloud-ml-sdk"}


def suite(*arguments):
    return subprocess.run(
        [*SUITE, "run", *arguments],
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


NEWEST = [
    ("official-sdk", "core", "DS*"),
    *(
        pytest.param(client, pack, "*", marks=pytest.mark.all)
        for client, pack in [
            ("official-sdk", "core"),
            ("official-sdk", "forward"),
            ("official-sdk-ml", "core"),
            ("official-sdk-ml", "forward"),
        ]
    ),
]
OLDER = ("official-sdk==0.21.0", "official-sdk==0.20.2", "official-sdk==0.19.2", "official-sdk-ml==0.18.0")
"""Three older releases, and the last one before the packages were merged; from the index when first used."""
JUDGED = [(client, pack) for client in OLDER for pack in PACKS]
if os.environ.get("AISTUDIO_RELEASES") != "all":  # which is what `make nightly` says
    JUDGED = [(OLDER[-1], "core")]


def assert_breaks_what_is_listed(client, pack, version, only="*"):
    done = suite("--client", client, "--pack", pack, "--only", only, "--parallel", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    ids = {case.id for case in PACKS[pack]() if fnmatchcase(case.id, only)}
    name = NAMES[client.partition("==")[0]]
    listed = of_version(shipped(name), version)
    count = sum(case in ids for entry in listed for case, _ in entry.places)
    assert count
    assert done.stdout.startswith(f"{name} {version} against mock: ")
    assert f"{count} known failing; all green" in done.stdout


@pytest.mark.parametrize(("client", "pack", "only"), NEWEST)
def test_the_sdk_breaks_what_is_listed_and_nothing_else(client, pack, only):
    assert_breaks_what_is_listed(client, pack, metadata.version(NAMES[client]), only)


@pytest.mark.all
@pytest.mark.parametrize(("client", "pack"), JUDGED)
def test_an_older_release_of_the_sdk_breaks_what_is_listed_and_nothing_else(client, pack):
    assert_breaks_what_is_listed(client, pack, client.partition("==")[2])


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ("official-sdk==latest", "'latest' is no version; write one such as 0.21.0"),
        ("node==1.0", "releases are of official-sdk, official-sdk-ml, not of node"),
    ],
)
def test_a_release_that_there_cannot_be_is_a_wrong_command_line(client, told):
    done = suite("--client", client)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.all
def test_a_release_that_there_is_not_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = suite("--client", "official-sdk==0.0.1")
    assert done.returncode == 2, done.stderr
    assert "yandex-ai-studio-sdk==0.0.1" in done.stderr
    assert [*(tmp_path / "aistudio-conformance").iterdir()] == []


def test_a_listed_check_that_passes_fails_the_run(tmp_path):
    stale = tmp_path / "known.yaml"
    entry = {"check": "UP-01/size-announced", "outcome": "fail", "reason": "r", "citation": "c"}
    stale.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    done = suite("--client", "raw-stubs", "--only", "UP-01", "--known-failing", str(stale))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "UP-01/size-announced is listed as known failing and passes; take it off the list" in done.stdout


def test_a_listed_check_that_there_is_not_fails_the_run(tmp_path):
    wrong = tmp_path / "known.yaml"
    entry = {"check": "UP-01/no-such-check", "outcome": "fail", "reason": "r", "citation": "c"}
    wrong.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    done = suite("--client", "raw-stubs", "--only", "UP-01", "--known-failing", str(wrong))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "UP-01/no-such-check is listed as known failing and there is no such check" in done.stdout


@pytest.mark.parametrize("client", ["reference", pytest.param("reference-async", marks=pytest.mark.all)])
def test_the_reference_client_is_the_control(client):
    done = suite("--client", client, "--parallel", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all green" in done.stdout
    assert "known failing" not in done.stdout


@pytest.mark.all
@pytest.mark.parametrize("client", ["reference", "reference-async", "shell", "node"])
@pytest.mark.parametrize("group", NEW)
def test_what_is_new_is_survived(client, group):
    done = suite("--client", client, "--pack", "forward", "--parallel", "2", "--only", group)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all green" in done.stdout
    assert "known failing" not in done.stdout


@pytest.mark.all
@pytest.mark.parametrize("client", ["shell", "node"])
@pytest.mark.parametrize("group", GROUPS)
def test_clients_that_are_no_python_are_all_green(client, group):
    done = suite("--client", client, "--parallel", "2", "--only", group)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all green" in done.stdout


@pytest.mark.parametrize(("pack", "groups"), [("core", GROUPS), ("forward", NEW)])
def test_every_case_is_in_one_group(pack, groups):
    ids = [case.id for case in PACKS[pack]()]
    assert [one for one in ids if sum(fnmatchcase(one, group) for group in groups) != 1] == []
