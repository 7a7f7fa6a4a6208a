import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers import event_stream


def decoded(data: bytes, *, size: int) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    messages: list[tuple[dict[str, str], bytes]] = []
    for start in range(0, len(data), size):
        buffer.add_data(data[start : start + size])
        messages.extend((message.headers, message.payload) for message in buffer)
    return messages


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=3), st.binary()), max_size=4
    ),
    st.integers(1, 64),
)
def test_botocore_reads_the_frames_however_they_are_cut(
    messages: list[tuple[dict[str, str], bytes]], size: int
) -> None:
    data = b"".join(event_stream.frame(headers, payload) for headers, payload in messages)
    assert decoded(data, size=size) == messages


def test_an_event_names_its_kind_and_holds_json() -> None:
    ((headers, payload),) = decoded(event_stream.event("messageStop", {"stopReason": "end_turn"}), size=7)
    assert headers == {
        ":message-type": "event",
        ":event-type": "messageStop",
        ":content-type": "application/json",
    }
    assert json.loads(payload) == {"stopReason": "end_turn"}


def test_an_exception_is_an_error_to_botocore() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_stream.exception("throttlingException", "Too much."))
    response = next(iter(buffer)).to_response_dict()
    assert response["status_code"] == 400
    assert response["headers"][":exception-type"] == "throttlingException"


def test_a_damaged_frame_fails_its_checksum() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_stream.event("messageStop", {}, is_damaged=True))
    with pytest.raises(ChecksumMismatch):
        next(iter(buffer))
