"""The container's files: right by their schemas and linter, and acted out step by step on this machine."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.container.image import read

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
IMAGE = read(ROOT / "Dockerfile")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
MEGABYTES = 300
"""Of the image, unpacked: Debian, its Python, and the mock."""
SCHEMAS = {
    "docker-compose.yml": ["vendor.compose-spec"],
    "examples/docker-compose.state.yml": ["vendor.compose-spec"],
    "examples/ci/github-actions.yml": ["vendor.github-workflows"],
    "examples/ci/gitlab-ci.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}

REHEARSAL = """
set -eu
W=$1
mount -t tmpfs tmpfs $W
{build}
du -s --bytes $W/debian $W/python.up $W/final.up
mount -t tmpfs tmpfs $W/final/tmp
mount -t tmpfs -o uid=10001,mode=700 tmpfs $W/final/var/lib/aistudio-mock
rm -f $W/final/etc/hosts
echo 127.0.0.1 localhost mock > $W/final/etc/hosts  # as compose names the service
mount -o remount,ro $W/final
powerless="--clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all"
inside="chroot $W/final setpriv --reuid=mock --regid=mock $powerless env -i {env}"
unshare --pid --fork $inside {command} > $W/log 2>&1 &
keeper=$!
tries=0
until $inside {health}; do
  tries=$((tries + 1)); [ $tries -lt 60 ] || {{ cat $W/log; exit 9; }}
  sleep 0.5
done
first=$(tr -d ' ' < /proc/$keeper/task/$keeper/children)
echo process $(grep NSpid /proc/$first/status | tr '\\t' ' ')
$inside touch /etc/anything 2>/dev/null && echo the root can be written
$inside aistudio-mock demo > $W/demo || {{ cat $W/demo; exit 8; }}
echo user $($inside id -u)
$inside env {judge} > $W/judged 2>&1 && echo judged 0 || cat $W/judged
kill -TERM $first
wait $keeper && echo ended 0 || echo ended $?
"""


def said_by(service, name):
    """A command of a service, with the defaults of its variables."""
    return [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", word) for word in COMPOSE[service][name]]


@pytest.mark.all
@pytest.mark.parametrize("file", SCHEMAS)
def test_a_file_fits_the_schema_of_those_who_read_it(file):
    schema, *more = SCHEMAS[file]
    command = [BIN / "check-jsonschema", "--builtin-schema", schema, *more, ROOT / file]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.all
def test_the_linter_of_dockerfiles_has_nothing_to_say():
    command = [BIN / "hadolint", ROOT / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.all
@pytest.mark.timeout(600)
@pytest.mark.skipif(
    not shutil.which("mmdebstrap") or os.geteuid() != 0,
    reason="needs Linux's namespaces, root and mmdebstrap",
)
def test_the_image_builds_serves_as_process_1_on_a_read_only_root_is_judged_and_ends_with_0(tmp_path):
    script = REHEARSAL.format(
        build="\n".join(IMAGE.build(ROOT)),
        env=shlex.join(IMAGE.environment),
        command=shlex.join([*IMAGE.entrypoint, *said_by("mock", "command")]),
        judge=shlex.join(
            [
                *(f"{name}={value}" for name, value in COMPOSE["conformance"]["environment"].items()),
                *said_by("conformance", "entrypoint"),
                *said_by("conformance", "command"),
            ]
        ),
        health=shlex.join(IMAGE.health),
    )
    apart = ["unshare", "--mount", "--pid", "--fork", "--mount-proc"]
    command = [*apart, "sh", "-c", script, "sh", tmp_path]
    environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"}  # not there
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=580)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert "user 10001" in said
    assert "http://127.0.0.1:8444 answers" in said
    assert " 1\n" in said[said.index("process NSpid:") :]
    assert "can be written" not in said
    assert said.endswith("ended 0\n")
    assert "judged 0\n" in said, said
    sizes = re.findall(r"^(\d+)\t.*/(.+)$", said, re.MULTILINE)
    layers = {layer: int(size) / 1e6 for size, layer in sizes}
    assert layers.keys() == {"debian", "python.up", "final.up"}
    assert sum(layers.values()) < MEGABYTES, layers
