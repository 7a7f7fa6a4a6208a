"""Addresses of threads that may not exist yet, in the style of `addresses.py`. Pure.

A thread that is opened on a message has that message's id. Where the message is a person's, the thread's id is known
beforehand; where it will be the bot's response to a command, the interaction leads to it. So a question can be
accepted first and its thread be opened afterwards, by whoever comes first: opening it twice changes nothing.
"""

from dataclasses import dataclass, replace

from adapters.contract import Address
from adapters.discord.addresses import PLATFORM, Interaction, build_address, read_channel, read_interaction

_ON_MESSAGE, _ON_RESPONSE = "on:", "under:"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a thread is opened on, in a guild's channel: a message, or the response to an interaction."""

    guild: str
    channel: str
    message: str = ""
    interaction: Interaction | None = None


def build_anchored(anchor: Anchor) -> Address:
    """Return the address of the thread on an anchor."""
    if anchor.interaction is None:
        return Address(PLATFORM, anchor.guild, anchor.message, f"{_ON_MESSAGE}{anchor.channel}")
    at_response = build_address(anchor.guild, anchor.channel, anchor.interaction)
    return replace(at_response, thread=f"{_ON_RESPONSE}{at_response.thread}")


def read_anchor(address: Address) -> Anchor | None:
    """Return what the thread at an address is opened on, or None for a place that exists."""
    if address.thread.startswith(_ON_MESSAGE):
        return Anchor(address.workspace, address.thread.removeprefix(_ON_MESSAGE), address.channel)
    if address.thread.startswith(_ON_RESPONSE):
        plain = replace(address, thread=address.thread.removeprefix(_ON_RESPONSE))
        return Anchor(address.workspace, read_channel(plain), interaction=read_interaction(plain))
    return None
