import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.bursts import EventReader, read_chunks

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=8)


def text(content: str, **more: object) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}], **more}


FINISH = {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"id": "c", "choices": [], "usage": {"total_tokens": 3}}
ERROR = {"error": {"message": "Too much."}}


def data_of(chunks: list[Any]) -> Iterator[bytes]:
    return iter([json.dumps(chunk).encode() for chunk in chunks])


def content_of(chunk: Any) -> str:
    return str(chunk["choices"][0]["delta"]["content"])


@given(TEXTS, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_events_are_the_same_however_they_are_cut(texts: list[str], end: str, data: st.DataObject) -> None:
    events = [json.dumps(each) for each in texts]
    stream = "".join(f": ping{end}{end}event: x{end}data: {event}{end}{end}" for event in events).encode() + b"\n"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    pieces = [stream[begin:stop] for begin, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    reader = EventReader()
    assert [event.decode() for piece in pieces for event in reader.feed(piece)] == events


def test_lines_of_one_event_are_joined_and_an_unfinished_event_is_none() -> None:
    assert list(EventReader().feed(b"data: one\ndata:two\n\ndata: three\n")) == [b"one\ntwo"]


@given(TEXTS)
def test_text_in_a_row_is_one_chunk_with_all_of_it(texts: list[str]) -> None:
    chunks = list(read_chunks(data_of([text(each) for each in texts])))
    assert len(chunks) == bool(texts)
    assert "".join(map(content_of, chunks)) == "".join(texts)


def test_what_says_more_than_text_stays_as_it_came() -> None:
    role = {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
    ends = [{**FINISH, "choices": [{"index": 0, "delta": {"content": "!"}, "finish_reason": "stop"}]}, USAGE]
    other = {"id": "c", "choices": [{"index": 1, "delta": {"content": "B"}}]}
    counted = text("c", usage={"total_tokens": 1})
    chunks = [role, text("a"), text("b"), other, counted, *ends]
    assert list(read_chunks(data_of(chunks))) == [role, text("ab"), other, counted, *ends]


def test_nothing_is_read_behind_the_end() -> None:
    events = iter([json.dumps(text("a")).encode(), b"[DONE]", b"no JSON"])
    assert list(read_chunks(events)) == [text("a")]


@pytest.mark.parametrize("broken", [b'{"id": "c", "choi', json.dumps(ERROR).encode()])
def test_text_that_came_before_an_error_comes_before_it(broken: bytes) -> None:
    chunks = read_chunks(iter([json.dumps(text("a")).encode(), json.dumps(text("b")).encode(), broken]))
    assert next(chunks) == text("ab")
    if broken.endswith(b"}"):
        assert next(chunks) == ERROR
    else:
        with pytest.raises(ValueError, match="Unterminated"):
            next(chunks)
