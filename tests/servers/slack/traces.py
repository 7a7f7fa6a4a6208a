"""Golden delivery traces: what an app sent, call by call, in a form that is the same in every run."""

import json
import re
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.servers.slack.core import Call

_KINDS = {
    "A": "app",
    "B": "bot",
    "C": "channel",
    "D": "dm",
    "F": "file",
    "G": "channel",
    "T": "team",
    "U": "user",
    "V": "view",
}
_CHANGING = re.compile(r"(?P<ts>\b\d{9,10}\.\d{6}\b)|(?P<id>\b[ABCDFGTUV]\d{9}\b)|(?P<host>http://127\.0\.0\.1:\d+)")
MAX_TEXT = 300
_HANDSHAKES = frozenset({"apps.connections.open", "auth.test"})


def trace(calls: Iterable[Call], *, without: Iterable[str] = _HANDSHAKES) -> str:
    """Return the calls as text; timestamps, ids and the server's address become names in order of appearance."""
    left_out = frozenset(without)
    name = _build_namer()
    return "\n".join(_lines(call, name) for call in calls if call.method not in left_out)


def assert_traced(path: Path, calls: Iterable[Call], *, without: Iterable[str] = _HANDSHAKES) -> None:
    """Compare calls with the trace that a file keeps; where there is no file, write it and fail.

    To accept a change, delete the file, run the test and read what it has written.
    """
    actual = trace(calls, without=without)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(actual)
        raise AssertionError(f"{path.name} was missing and is written now: read it, and run the test again")
    assert actual == path.read_text(), f"another trace than {path.name}"


def _build_namer() -> Callable[[str], str]:
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        found = match[0]
        if match["host"]:
            return "<slack>"
        kind = "ts" if match["ts"] else _KINDS[found[0]]
        if found not in names:
            number = 1 + sum(each.startswith(f"<{kind} ") for each in names.values())
            names[found] = f"<{kind} {number}>"
        return names[found]

    return lambda text: _CHANGING.sub(name, text)


def _lines(call: Call, name: Callable[[str], str]) -> str:
    lines = [f"{call.method} -> {call.outcome}"]
    for key in sorted(call.arguments):
        value = call.arguments[key]
        if isinstance(value, list) and value:
            lines += [f"  {key}:", *(f"    {_compact(each)}" for each in value)]
        else:
            lines.append(f"  {key}: {_compact(value)}")
    answer = {key: call.response[key] for key in ("ts", "file_id") if key in call.response}
    if answer:
        lines.append(f"  = {_compact(answer)}")
    return name("\n".join(lines)) + "\n"


def _compact(value: Any) -> str:
    return json.dumps(_shortened(value), ensure_ascii=False, sort_keys=True)


def _shortened(value: Any) -> Any:
    """Return a value whose long texts are shown by their ends, their length and their checksum."""
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if isinstance(value, str) and len(value) > MAX_TEXT:
        checksum = zlib.crc32(value.encode())
        return f"{value[: MAX_TEXT // 3]} [… {len(value)} characters, {checksum:08x} …] {value[-MAX_TEXT // 3 :]}"
    return value
