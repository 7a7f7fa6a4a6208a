"""The frames of `application/vnd.amazon.eventstream`, which botocore reads but has no encoder for."""

import json
import struct
from binascii import crc32
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def frame(headers: Mapping[str, str], payload: bytes, *, is_damaged: bool = False) -> bytes:
    """Return one message; a damaged one has a checksum that doesn't match."""
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    body = prelude + struct.pack(">I", crc32(prelude)) + encoded + payload
    return body + struct.pack(">I", crc32(body) ^ (0xFFFF if is_damaged else 0))


def event(kind: str, payload: object, *, is_damaged: bool = False) -> bytes:
    """Return an event with a JSON payload."""
    return raw_event(kind, json.dumps(payload).encode(), is_damaged=is_damaged)


def raw_event(kind: str, payload: bytes, *, is_damaged: bool = False) -> bytes:
    """Return an event with a payload that need not be JSON."""
    headers = {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    return frame(headers, payload, is_damaged=is_damaged)


def exception(kind: str, message: str) -> bytes:
    """Return an error of the stream, such as `throttlingException`."""
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return frame(headers, json.dumps({"message": message}).encode())


def _header(name: str, value: str) -> bytes:
    encoded_name, encoded_value = name.encode(), value.encode()
    return (
        bytes([len(encoded_name)])
        + encoded_name
        + bytes([_STRING])
        + struct.pack(">H", len(encoded_value))
        + encoded_value
    )
