"""`aistudio-mock ca`, and servers that keep their CA where they are told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_mock.cli import main
from aistudio_mock.commands.console import Exit
from tests.wire.run_parts import serve_command


def test_the_path_is_all_there_is_on_stdout(tmp_path, capsys):
    assert main(["ca", "--ca-dir", str(tmp_path)]) == Exit.OK
    told = capsys.readouterr()
    (path,) = told.out.splitlines()
    assert Path(path).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert path in told.err


@pytest.mark.parametrize(
    ("platform", "word"),
    [
        ("linux", "update-ca-certificates"),
        ("darwin", "security add-trusted-cert"),
        ("win32", "certutil -user"),
    ],
)
def test_the_hints_are_those_of_the_system(tmp_path, capsys, monkeypatch, platform, word):
    main(["ca", "--ca-dir", str(tmp_path)])
    capsys.readouterr()
    monkeypatch.setattr(sys, "platform", platform)
    from aistudio_mock.commands.ca import _hints

    told = "\n".join(_hints(tmp_path / "ca.pem", tmp_path / "bundle.pem"))
    assert word in told
    for program in ("Firefox", "curl", "requests", "gRPC", "Node", "Java"):
        assert program in told


def test_the_ca_can_be_removed(tmp_path, capsys):
    main(["ca", "--ca-dir", str(tmp_path)])
    path = Path(capsys.readouterr().out.strip())
    assert main(["ca", "--ca-dir", str(tmp_path), "--remove"]) == Exit.OK
    assert capsys.readouterr().out == f"removed {path.parent}\n"
    assert not path.parent.exists()
    assert main(["ca", "--ca-dir", str(tmp_path), "--remove"]) == Exit.OK
    assert capsys.readouterr().out == "there is no CA\n"


def test_a_directory_that_cannot_be_used_is_said_in_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["ca", "--ca-dir", str(tmp_path / "file")]) == Exit.ENVIRONMENT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("aistudio-mock: cannot keep certificates in ")


def test_a_server_keeps_its_ca_where_it_is_told(tmp_path):
    command = serve_command("--json", "--ca-dir", tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        ready = json.loads(server.stdout.readline())
        server.terminate()
    assert Path(ready["ca"]).is_relative_to(tmp_path)
