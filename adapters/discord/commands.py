"""The commands as Discord is told of them: plain data, compared with what it has, so that they are sent only on change.

A bulk overwrite counts against a daily limit and makes clients reload, which is why a restart must not cause one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from adapters.desk import Welcome
from adapters.discord.interactions import Names
from adapters.discord.payload import Payload, number, text

Definition: TypeAlias = Mapping[str, Any]

MAX_QUESTION: Final = 6_000  # Discord's ceiling for a string option
MAX_SUGGESTIONS: Final = 25
_MAX_CHOICE = 100
_SLASH, _ON_MESSAGE, _ENTRY_POINT = 1, 3, 4
_STRING, _BOOLEAN, _ATTACHMENT = 3, 5, 11
_INSTALLS: Final = [0, 1]  # by a guild, by a user
_CONTEXTS: Final = [0, 1, 2]  # in guilds, in direct messages with the bot, in all other private channels


def build_commands() -> list[Definition]:
    """Return the definitions of all commands."""
    options = [
        _option(_STRING, "question", "What would you like to know?", required=True, min_length=1, autocomplete=True),
        _option(_BOOLEAN, "private", "Only you will see the answer"),
        _option(_ATTACHMENT, "attachment", "A text file that belongs to the question"),
    ]
    options[0]["max_length"] = MAX_QUESTION
    return [
        _command(Names.ASK, "Ask a question and get an answer from the documentation", options),
        _command(Names.NEW, "Start over: forget what was said here before"),
        _command(Names.PERSON, "Ask for a person to help you here"),
        {"type": _ON_MESSAGE, "name": str(Names.ASK_ABOUT), "integration_types": _INSTALLS, "contexts": _CONTEXTS},
    ]


def is_current(existing: Iterable[Payload], wanted: Iterable[Definition]) -> bool:
    """Return whether Discord has these commands and no others; what it adds to a definition doesn't count."""
    have = {_key(each): each for each in existing if number(each, "type") != _ENTRY_POINT}
    want = {_key(each): each for each in wanted}
    return have.keys() == want.keys() and all(_has(have[key], want[key]) for key in want)


def with_entry_points(existing: Iterable[Payload], wanted: Iterable[Definition]) -> list[Definition]:
    """Return what to send: an application's entry point belongs to no bot, and Discord refuses to lose it."""
    return [*wanted, *(each for each in existing if number(each, "type") == _ENTRY_POINT)]


def suggest(welcome: Welcome, begun: str) -> list[dict[str, str]]:
    """Return common questions for what was typed so far: those that contain all its words, in the order of the fields.

    What was typed itself comes first, so that choosing is never in the way of asking.
    """
    words = begun.casefold().split()
    examples = dict.fromkeys(example for field in welcome.fields for example in field.examples)
    fitting = [each for each in examples if all(word in each.casefold() for word in words)]
    own = [begun.strip()] if begun.strip() and begun.strip() not in fitting else []
    found = [each for each in (*own, *fitting) if 0 < len(each) <= _MAX_CHOICE]
    return [{"name": each, "value": each} for each in found[:MAX_SUGGESTIONS]]


def _command(name: Names, description: str, options: list[dict[str, Any]] | None = None) -> Definition:
    return {
        "type": _SLASH,
        "name": str(name),
        "description": description,
        "options": options or [],
        "integration_types": _INSTALLS,
        "contexts": _CONTEXTS,
    }


def _option(type_: int, name: str, description: str, **more: object) -> dict[str, Any]:
    return {"type": type_, "name": name, "description": description, **more}


def _key(command: Payload) -> tuple[int, str]:
    return abs(number(command, "type")), text(command, "name")  # a definition without a type is a slash command


def _has(existing: object, wanted: object) -> bool:
    """Return whether something of Discord's holds all that is wanted; it leaves out what is empty or false."""
    if isinstance(wanted, Mapping):
        return isinstance(existing, Mapping) and all(_has(existing.get(key), wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        have = existing if isinstance(existing, list) else []
        return len(have) == len(wanted) and all(map(_has, have, wanted))
    return existing == wanted or (not existing and not wanted)
