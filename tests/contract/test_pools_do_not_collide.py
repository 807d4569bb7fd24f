"""Our contract and the official SDK in one process, in both orders; each case is a fresh interpreter."""

import os
import subprocess
import sys

import pytest

OURS = "from aistudio_protos.yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as ours"
OFFICIAL = (
    "from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as official; import yandex_ai_studio_sdk"
)
EXCHANGE = """
sent = ours.CreateDatasetRequest(name="x", labels={"a": "b"})
received = official.CreateDatasetRequest.FromString(sent.SerializeToString())
assert type(received) is not type(sent)
assert (received.name, dict(received.labels)) == ("x", {"a": "b"})
assert ours.CreateDatasetRequest.FromString(received.SerializeToString()) == sent
from aistudio_protos.options import field_rules
assert field_rules(ours.CreateDatasetRequest.DESCRIPTOR.fields_by_name["name"]).length == "<=63"
"""


def run(*lines, **environment):
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("order", [(OURS, OFFICIAL), (OFFICIAL, OURS)], ids=["ours first", "official first"])
def test_the_official_sdk_and_ours_share_a_process(order):
    run(*order, EXCHANGE)


def test_nothing_of_ours_is_in_the_default_pool():
    run(
        "import importlib, pkgutil, aistudio_protos",
        "found = pkgutil.walk_packages(aistudio_protos.__path__, 'aistudio_protos.')",
        "names = [importlib.import_module(module.name).__name__ for module in found]",
        "assert len(names) > 40, names",
        "from aistudio_protos.pool import POOL",
        "from google.protobuf.descriptor_pool import Default",
        "from google.protobuf.descriptor_pb2 import FileDescriptorProto",
        "for name in [n for n in names if n.endswith('_pb2')]:",
        "    path = name.removeprefix('aistudio_protos.').removesuffix('_pb2').replace('.', '/') + '.proto'",
        "    POOL.FindFileByName(path)",
        "    try: Default().FindFileByName(path)",
        "    except KeyError: continue",
        "    raise AssertionError(path)",
    )


def test_importing_messages_is_light():
    loaded = run("import sys; before = {*sys.modules}", OURS, "print(*{*sys.modules} - before)").split()
    heavy = {
        "google.protobuf.descriptor_pb2",
        "google.protobuf.descriptor_pool",
        "google.protobuf.json_format",
        "google.protobuf.text_format",
        "dataclasses",
        "grpc",
        "pathlib",
    }
    assert "google.protobuf.descriptor" in loaded
    assert heavy.intersection(loaded) == set()


def test_pure_python_protobuf_will_do():
    run(
        "from google.protobuf.internal import api_implementation",
        "assert api_implementation.Type() == 'python'",
        OURS,
        "from aistudio_protos.yandex.cloud.ai.tuning.v1 import tuning_service_pb2 as tuning",
        "from aistudio_protos.google.protobuf import any_pb2, timestamp_pb2",
        "tuning.TuningRequest.WeightedDataset(weight=1.0)",
        "tuning.TextEmbeddingPairParams.Scheduler().DESCRIPTOR",
        "packed = any_pb2.Any()",
        "packed.Pack(timestamp_pb2.Timestamp(seconds=1))",
        "from aistudio_protos.options import field_rules",
        "assert field_rules(ours.CreateDatasetRequest.DESCRIPTOR.fields_by_name['name']).required",
        PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION="python",
    )
