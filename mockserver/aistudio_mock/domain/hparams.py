"""Hyper-parameters as TensorBoard's HParams plugin reads them: when a session starts with which, how it ends.

The messages are `tensorboard.hparams.HParamsPluginData`, encoded by hand as the events around them are.
"""

from collections.abc import Mapping
from struct import Struct

from aistudio_mock.domain.tfevents import delimited, plugin_event, varint

PLUGIN = "hparams"

HParams = Mapping[str, float | str]
"""Hyper-parameters by name; TensorBoard makes a column of each."""

SUCCESS, FAILURE = 1, 2
"""How a session can end."""

# Tags of the fields written: (field number << 3) | wire type.
_DATA_START = b"\x1a"  # SessionStartInfo, field 3
_DATA_END = b"\x22"  # SessionEndInfo, field 4
_START_HPARAMS = b"\x0a"  # map<string, Value>, field 1
_START_GROUP_NAME = b"\x22"  # string, field 4
_START_TIME = b"\x29"  # double, field 5
_END_STATUS = b"\x08"  # enum, field 1
_END_TIME = b"\x11"  # double, field 2
_ENTRY_KEY = b"\x0a"  # string, field 1
_ENTRY_VALUE = b"\x12"  # google.protobuf.Value, field 2
_VALUE_NUMBER = b"\x11"  # double, field 2
_VALUE_STRING = b"\x1a"  # string, field 3
_DOUBLE = Struct("<d")


def started(at: float, hparams: HParams, *, group: str) -> bytes:
    """The event of a session that started `at` seconds since the epoch; sessions of a group share a row."""
    entries = (
        delimited(
            _START_HPARAMS, delimited(_ENTRY_KEY, name.encode()) + delimited(_ENTRY_VALUE, _value(value))
        )
        for name, value in hparams.items()
    )
    info = b"".join(entries) + delimited(_START_GROUP_NAME, group.encode()) + _START_TIME + _DOUBLE.pack(at)
    return plugin_event(at, "_hparams_/session_start_info", PLUGIN, delimited(_DATA_START, info))


def ended(at: float, status: int) -> bytes:
    """The event of a session that ended `at` seconds since the epoch, in SUCCESS or FAILURE."""
    info = _END_STATUS + varint(status) + _END_TIME + _DOUBLE.pack(at)
    return plugin_event(at, "_hparams_/session_end_info", PLUGIN, delimited(_DATA_END, info))


def _value(value: float | str) -> bytes:
    if isinstance(value, str):
        return delimited(_VALUE_STRING, value.encode())
    return _VALUE_NUMBER + _DOUBLE.pack(value)
