"""Values of the borders as text: where to answer, and the end of a reply until it is delivered."""

import json
from dataclasses import asdict

from adapters.contract import Address, ReplyDone, ReplyFailed


def write_address(address: Address) -> str:
    """Return the address as JSON."""
    return json.dumps(asdict(address), ensure_ascii=False)


def read_address(text: str) -> Address:
    """Return what `write_address` wrote."""
    return Address(**json.loads(text))


def write_ending(end: ReplyDone | ReplyFailed) -> str:
    """Return the end as JSON."""
    return json.dumps({"is_done": isinstance(end, ReplyDone), **asdict(end)}, ensure_ascii=False)


def read_ending(text: str | None) -> ReplyDone | ReplyFailed | None:
    """Return what `write_ending` wrote, or nothing for nothing."""
    if text is None:
        return None
    values = json.loads(text)
    return ReplyDone(**values) if values.pop("is_done") else ReplyFailed(**values)
