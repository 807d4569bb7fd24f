"""Event files against a decoder written from the format's description, and against known bytes."""

from struct import pack, unpack

import pytest
from google_crc32c import value as crc32c

from aistudio_mock.domain.tfevents import (
    event_file,
    masked_crc32c,
    plugin_event,
    record,
    scalar_events,
    varint,
)


def records(data: bytes) -> list[bytes]:
    found = []
    while data:
        (size,) = unpack("<Q", data[:8])
        assert unpack("<I", data[8:12]) == (masked_crc32c(data[:8]),)
        found.append(data[12 : 12 + size])
        assert unpack("<I", data[12 + size : 16 + size]) == (masked_crc32c(found[-1]),)
        data = data[16 + size :]
    return found


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (2**63 - 1, "ffffffffffffffff7f"),
        (-1, "ffffffffffffffffff01"),
    ],
)
def test_a_varint_is_base_128_low_bits_first(number, encoded):
    assert varint(number).hex() == encoded


def test_the_checksum_is_castagnoli_rotated_by_15_and_shifted():
    crc = crc32c(b"123456789")
    assert crc == 0xE3069283
    assert masked_crc32c(b"123456789") == (((crc >> 15) | (crc << 17 & 0xFFFFFFFF)) + 0xA282EAD8) % 2**32


def test_a_record_frames_its_data_with_two_checksums():
    framed = record(b"abc")
    assert framed[:8] == pack("<Q", 3)
    assert framed[12:15] == b"abc"
    assert records(framed) == [b"abc"]
    assert len(framed) == 8 + 4 + 3 + 4


def test_a_file_without_steps_says_its_version():
    assert records(event_file(1.5, [])) == [
        b"\x09" + pack("<d", 1.5) + b"\x1a\x0dbrain.Event:2",
    ]


def test_an_event_holds_every_scalar_of_its_step():
    _, event = records(event_file(0.0, scalar_events([2.5], [300], {"a": [1.0], "bc": [-2.0]})))
    first = b"\x0a\x01a\x15" + pack("<f", 1.0)
    second = b"\x0a\x02bc\x15" + pack("<f", -2.0)
    summary = b"\x0a" + bytes([len(first)]) + first + b"\x0a" + bytes([len(second)]) + second
    assert event == b"\x09" + pack("<d", 2.5) + b"\x10\xac\x02" + b"\x2a" + bytes([len(summary)]) + summary


def test_a_long_tag_has_a_long_length():
    _, event = records(event_file(0.0, scalar_events([0.0], [1], {"x" * 200: [1.0]})))
    assert event.endswith(b"\x0a\xc8\x01" + b"x" * 200 + b"\x15" + pack("<f", 1.0))


@pytest.mark.parametrize(("number", "stored"), [(1e39, "0000807f"), (-1e39, "000080ff")])
def test_a_number_too_large_for_float32_is_infinite(number, stored):
    assert records(event_file(0.0, scalar_events([0.0], [1], {"a": [number]})))[1].hex().endswith(stored)


@pytest.mark.parametrize(
    ("wall_times", "steps", "values"),
    [([1.0], [1, 2], [1.0, 2.0]), ([1.0, 2.0], [1], [1.0, 2.0]), ([1.0, 2.0], [1, 2], [1.0])],
)
def test_series_of_different_lengths_are_refused(wall_times, steps, values):
    with pytest.raises(ValueError, match="zip"):
        list(scalar_events(wall_times, steps, {"a": values}))


def test_a_plugin_s_event_has_its_tag_its_plugin_and_its_content_but_no_step():
    _, event = records(event_file(0.0, [plugin_event(2.5, "t", "p", b"xyz")]))
    metadata = b"\x0a\x08" + b"\x0a\x01p" + b"\x12\x03xyz"
    value = b"\x0a\x01t" + b"\x4a" + bytes([len(metadata)]) + metadata
    summary = b"\x0a" + bytes([len(value)]) + value
    assert event == b"\x09" + pack("<d", 2.5) + b"\x2a" + bytes([len(summary)]) + summary
