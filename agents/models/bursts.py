"""Server-sent events by what came in one go: text that arrived together is passed on together.

A provider sends each token as an event of its own. What follows costs the same for a token as for ten of them.
"""

import json
from collections.abc import Iterator
from typing import Any

DONE = b"[DONE]"


class EventReader:
    """Cut bytes into the data of events, as the HTML standard defines them (text/event-stream)."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Yield the data of the events that are complete by now."""
        for line in self._lines(received):
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data.clear()

    def _lines(self, received: bytes) -> Iterator[bytes]:
        # Of bytes these are exactly the ends of lines that the standard names.
        lines = (self._rest + received).splitlines(keepends=True)
        # A return at the end may be the first half of a line's end.
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        return (line.rstrip(b"\r\n") for line in lines)


def read_chunks(events: Iterator[bytes]) -> Iterator[Any]:
    """Yield the chunks of a chat completion, those in a row that hold nothing but text as one.

    Ends before the event that says that nothing follows. Raises ValueError for what is no JSON.
    """
    joined: Any = None
    for data in events:
        if data.startswith(DONE):
            break
        try:
            chunk = json.loads(data)
        except ValueError:
            if joined is not None:
                yield joined
            raise
        if joined is not None and _is_text(joined) and _is_text(chunk):
            joined["choices"][0]["delta"]["content"] += chunk["choices"][0]["delta"]["content"]
            continue
        if joined is not None:
            yield joined
        joined = chunk
    if joined is not None:
        yield joined


def _is_text(chunk: Any) -> bool:
    """Whether a chunk adds text to the first choice and says nothing else."""
    match chunk:
        case {"choices": [{"index": 0, "delta": {"content": str(), **more}, **choice}], **rest}:
            return not more and not any(choice.values()) and not rest.get("usage") and not rest.get("error")
        case _:
            return False
