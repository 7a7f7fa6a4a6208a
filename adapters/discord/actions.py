"""The names of our buttons, which come back when one is pressed: plain text, so that they survive a restart."""

import re
from dataclasses import dataclass
from enum import StrEnum


class ButtonAction(StrEnum):
    """What a button of ours asks for."""

    STOP = "stop"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"
    PERSON = "person"
    SHARE = "share"
    RESUME = "resume"


# Discord's limit for a custom id.
MAX_CUSTOM_ID = 100
_NAME = re.compile(rf"firstline:(?P<action>{'|'.join(ButtonAction)})(?::(?P<about>.+))?")


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed. `about` is what it was made for: a post's key, a conversation, or nothing.

    Once a message has been edited its buttons carry no key; the message that they stand under says it all.
    """

    action: ButtonAction
    about: str = ""


def build_custom_id(action: ButtonAction, about: str = "") -> str:
    """Return the name of a button; an `about` that doesn't fit is left out rather than cut."""
    name = f"firstline:{action}:{about}" if about else f"firstline:{action}"
    return name if len(name) <= MAX_CUSTOM_ID else f"firstline:{action}"


def read_custom_id(custom_id: str) -> Press | None:
    """Return what a button asks for, or None when it isn't ours."""
    found = _NAME.fullmatch(custom_id)
    if found is None:
        return None
    return Press(ButtonAction(found["action"]), found["about"] or "")
