import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.ingest import wire
from data_access.ingest.edge import topic_of, user_name


@given(st.lists(st.binary(max_size=300), max_size=5), st.data())
def test_whole_packets_are_found_however_the_bytes_come(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(wire.packet(wire.PUBLISH, body) for body in bodies)
    cut = data.draw(st.integers(0, len(stream)))
    found, used = wire.split(stream[:cut], 1000)
    rest, used_rest = wire.split(stream[used:], 1000)
    assert [stream[b:e] for _, b, e in found] + [stream[used:][b:e] for _, b, e in rest] == bodies
    assert used + used_rest == len(stream)


def test_a_packet_too_long_and_a_length_without_end_are_refused() -> None:
    for bad in (wire.packet(wire.PUBLISH, b"x" * 1001), b"\x30\xff\xff\xff\xff\x01"):
        with pytest.raises(wire.Malformed):
            wire.split(bad, 1000)


@given(st.integers(0, 268_435_455))
def test_lengths_read_back(value: int) -> None:
    assert wire.read_varint(wire.varint(value), 0)[0] == value


@pytest.mark.parametrize("version", [wire.V311, wire.V5])
@pytest.mark.parametrize("will", [False, True])
def test_the_token_is_found_in_connect(version: int, will: bool) -> None:  # noqa: FBT001  # a parameter of the test
    properties = b"\x00" if version == wire.V5 else b""
    body = wire.text(b"MQTT") + bytes((version, 0x80 | (0x04 if will else 0), 0, 60)) + properties + wire.text(b"me")
    if will:
        body += properties + wire.text(b"gone") + wire.text(b"bye")
    packet = wire.packet(wire.CONNECT, body + wire.text(b"my-token"))
    assert user_name(packet, 2) == (version, b"my-token")


def test_a_token_cannot_name_another_topic() -> None:
    assert topic_of(b"a/+/#") == b"v1/devices/a%2F%2B%2F%23/telemetry"
    assert topic_of(b"") == b"v1/devices/-/telemetry"
