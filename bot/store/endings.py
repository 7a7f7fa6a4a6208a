"""The end of a reply as text, for the time between its making and its delivery."""

import json
from dataclasses import asdict

from adapters.contract import ReplyDone, ReplyFailed


def write_ending(end: ReplyDone | ReplyFailed) -> str:
    """Return the end as JSON."""
    return json.dumps({"is_done": isinstance(end, ReplyDone), **asdict(end)}, ensure_ascii=False)


def read_ending(text: str | None) -> ReplyDone | ReplyFailed | None:
    """Return what `write_ending` wrote, or nothing for nothing."""
    if text is None:
        return None
    values = json.loads(text)
    return ReplyDone(**values) if values.pop("is_done") else ReplyFailed(**values)
