"""One pure decision for every kind of event, so that all that the bot leaves unsaid has its reason in one place.

Rules stand in the order of `_RULES`; the first that has an opinion decides. What reads the screen of an interaction
(a command, a button) is told a reason; a message that isn't for the bot is met with silence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from adapters.contract import IncomingMessage, Kind, Surface, Wish


class Reason(StrEnum):
    """Why there is no answer."""

    OWN = "own message"
    BOT = "another bot"
    EDITED = "an edit of something that doesn't wait"
    DELETED = "a deletion of something that doesn't wait"
    PLACE_NOT_SERVED = "workspace or channel not served"
    PERSON_NOT_SERVED = "person or role not served"
    MUTED = "conversation muted"
    HANDED_OFF = "conversation handed to people"
    NOT_ADDRESSED = "not addressed"
    NOTHING_ASKED = "asks for nothing"
    NO_TEXT = "no text"
    NOT_THEIRS = "neither the asker nor staff"
    NOT_STAFF = "not staff"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer this text. `note` is said before the answer."""

    text: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Do something other than answering; `text` and `note` replace those of the question that an edit changes."""

    deed: Wish | Kind
    text: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Say nothing."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say why not, in one sentence."""

    reason: Reason
    text: str


Decision: TypeAlias = Answer | Act | Ignore | Refuse


@dataclass(frozen=True, slots=True)
class Lists:
    """Who or what is served: nothing that is denied, and where `allowed` names any, only these."""

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()

    def is_served(self, names: frozenset[str]) -> bool:
        """Return whether something known by these names is served."""
        return not names & self.denied and (not self.allowed or bool(names & self.allowed))


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the operator has set. Workspaces are Slack's workspaces and Discord's guilds."""

    workspaces: Lists = field(default=Lists())
    channels: Lists = field(default=Lists())
    users: Lists = field(default=Lists())
    roles: Lists = field(default=Lists())
    staff_users: frozenset[str] = frozenset()
    staff_roles: frozenset[str] = frozenset()
    staff_channels: frozenset[str] = frozenset()
    """Whoever acts here is staff: the channels in which people are told of hand-offs."""
    max_chars: int = 8_000


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What is known of the conversation. `askers` wait for an answer; `is_waiting` speaks of the message concerned."""

    is_known: bool = False
    people: frozenset[str] = frozenset()
    askers: frozenset[str] = frozenset()
    is_muted: bool = False
    is_handed_off: bool = False
    is_waiting: bool = False


UNKNOWN = ConversationState()

_STOP_WORDS = frozenset({"stop", "cancel", "stop it", "stop that"})
_FOR_THOSE_WHO_TAKE_PART = frozenset({Wish.MUTE, Wish.UNMUTE, Wish.NEW, Wish.SHARE})
INTERACTIONS = frozenset({Kind.COMMAND, Kind.BUTTON})
_ALWAYS_ADDRESSED = frozenset({Kind.MENTION, Kind.DM, Kind.COMMAND})


def decide(message: IncomingMessage, state: ConversationState, rules: GateRules) -> Decision:
    """Return what is to be done about an event."""
    for rule in _RULES:
        decision = rule(message, state, rules)
        if decision is not None:
            return decision
    return _read(message, rules)


def is_staff(message: IncomingMessage, rules: GateRules) -> bool:
    """Return whether the operator counts the author among the staff."""
    is_among_staff = message.channel in rules.staff_channels
    return is_among_staff or message.author in rules.staff_users or bool(message.roles & rules.staff_roles)


def is_addressed(message: IncomingMessage, state: ConversationState) -> bool:
    """Return whether a message is for the bot: it says so, or it follows up where bot and one person talk."""
    if message.is_addressed or message.kind in _ALWAYS_ADDRESSED or message.surface is Surface.DM:
        return True
    starter = {message.thread_author} - {None}
    company = (state.people | message.mentions | starter) - {message.author}
    return message.surface is Surface.THREAD and state.is_known and not company


def _from_programs(message: IncomingMessage, _: ConversationState, __: GateRules) -> Decision | None:
    if message.is_own:
        return Ignore(Reason.OWN)
    return Ignore(Reason.BOT) if message.is_from_bot else None


def _not_served(message: IncomingMessage, _: ConversationState, rules: GateRules) -> Decision | None:
    if message.wish is not None and message.channel in rules.staff_channels:
        return None  # the support channel needs no entry in the lists of those who are answered
    if not _is_place_served(message, rules):
        return _say_in_private(message, Reason.PLACE_NOT_SERVED, "I don't answer here. Please ask in another channel.")
    if not _is_person_served(message, rules):
        return _say_in_private(message, Reason.PERSON_NOT_SERVED, "I can't answer you. Please ask an administrator.")
    return None


def _is_place_served(message: IncomingMessage, rules: GateRules) -> bool:
    # A list of channels can't name the direct messages that people will open, and Discord's belong to no guild.
    is_channel_served = message.surface is Surface.DM or rules.channels.is_served(frozenset({message.channel}))
    is_workspace_served = not message.workspace or rules.workspaces.is_served(frozenset({message.workspace}))
    return is_channel_served and is_workspace_served


def _is_person_served(message: IncomingMessage, rules: GateRules) -> bool:
    """Either list may let a person in; either may keep them out."""
    names = frozenset({message.author}), message.roles
    if names[0] & rules.users.denied or names[1] & rules.roles.denied:
        return False
    is_open = not rules.users.allowed and not rules.roles.allowed
    return is_open or bool(names[0] & rules.users.allowed or names[1] & rules.roles.allowed)


def _changes(message: IncomingMessage, state: ConversationState, rules: GateRules) -> Decision | None:
    if message.kind is Kind.DELETE:
        return Act(Kind.DELETE) if state.is_waiting else Ignore(Reason.DELETED)
    if message.kind is not Kind.EDIT:
        return None
    if not state.is_waiting:
        return Ignore(Reason.EDITED)
    read = _read(message, rules)
    return Act(Kind.EDIT, read.text, read.note) if isinstance(read, Answer) else Act(Kind.DELETE)


def _wishes(message: IncomingMessage, state: ConversationState, rules: GateRules) -> Decision | None:
    wish = message.wish
    if wish is None:
        is_empty = message.kind in {Kind.BUTTON, Kind.REACTION}
        return Ignore(Reason.NOTHING_ASKED) if is_empty else None
    if wish is Wish.STOP:
        return _stop(message, state, rules)
    if wish is Wish.GIVE_BACK and not is_staff(message, rules):
        return _say_in_private(message, Reason.NOT_STAFF, "Only support staff can give a conversation back to me.")
    is_party = message.author in state.people or message.surface is Surface.DM or is_staff(message, rules)
    is_strange = state.is_known or wish in {Wish.MUTE, Wish.UNMUTE}
    if wish in _FOR_THOSE_WHO_TAKE_PART and is_strange and not is_party:
        return _say_in_private(message, Reason.NOT_THEIRS, "Only those who take part here can do that.")
    if wish is Wish.NEW and state.askers and not (message.author in state.askers or is_staff(message, rules)):
        return _say_in_private(
            message, Reason.NOT_THEIRS, "I'm answering someone else here. Please try again once that is done."
        )
    return Act(wish)


def _closed(message: IncomingMessage, state: ConversationState, __: GateRules) -> Decision | None:
    if state.is_muted:
        return _say_in_private(message, Reason.MUTED, "I've been asked to be silent here.")
    if state.is_handed_off:
        return _say_in_private(message, Reason.HANDED_OFF, "This conversation is with people now: they answer here.")
    return None


def _not_for_us(message: IncomingMessage, state: ConversationState, _: GateRules) -> Decision | None:
    return None if is_addressed(message, state) else Ignore(Reason.NOT_ADDRESSED)


def _stop_word(message: IncomingMessage, state: ConversationState, rules: GateRules) -> Decision | None:
    is_stop = message.text.strip(" .!").casefold() in _STOP_WORDS
    return _stop(message, state, rules) if is_stop and state.askers else None


_Rule: TypeAlias = Callable[[IncomingMessage, ConversationState, GateRules], Decision | None]
_RULES: tuple[_Rule, ...] = (_from_programs, _not_served, _changes, _wishes, _closed, _not_for_us, _stop_word)


def _stop(message: IncomingMessage, state: ConversationState, rules: GateRules) -> Decision:
    if not state.askers:
        return _say_in_private(message, Reason.NOTHING_ASKED, "There is no answer under way that I could stop.")
    if message.author in state.askers or is_staff(message, rules):
        return Act(Wish.STOP)
    return _say_in_private(message, Reason.NOT_THEIRS, "Only the person who asked, or support staff, can stop this.")


def _read(message: IncomingMessage, rules: GateRules) -> Decision:
    text = message.text.strip()
    if not text:
        return Refuse(Reason.NO_TEXT, "I can only read text. What would you like to know?")
    if len(text) <= rules.max_chars:
        return Answer(text)
    note = f"_Your message is longer than {rules.max_chars:,} characters; I have read the first part of it._"
    return Answer(text[: rules.max_chars].rstrip(), note)


def _say_in_private(message: IncomingMessage, reason: Reason, text: str) -> Decision:
    return Refuse(reason, text) if message.kind in INTERACTIONS else Ignore(reason)
