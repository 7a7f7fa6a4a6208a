"""Where things are on Discord, as strings that can be stored: conversations, channels and private answers.

The only place that knows how an Address of Discord is written; both directions of the adapter use it. Pure.
"""

import re
from dataclasses import dataclass, field

from adapters.contract import Address
from adapters.discord.payload import time_of

PLATFORM = "discord"
DM = "dm"
"""Stands for the guild where there is none."""

# The token comes last, for nothing is known of its alphabet.
_INTERACTION = re.compile(r"(\d+):(\d*):(private|public):(.+)", re.DOTALL)


def build_conversation_id(guild: str, channel: str, *, private_to: str = "") -> str:
    """Return the id of the talk in a channel, thread or DM; a person's private talk in a channel is one of its own."""
    place = f"{PLATFORM}:{guild or DM}:{channel}"
    return f"{place}:{private_to}" if private_to else place


@dataclass(frozen=True, slots=True)
class Interaction:
    """A slash command or a button that is answered in its own way, by its token rather than in its channel.

    `user` asked, and can be written to directly once the token is dead. `is_ephemeral`: nobody else sees the answer.
    """

    id: str
    application: str
    user: str
    token: str = field(repr=False)
    is_ephemeral: bool = True

    @property
    def created_at(self) -> float:
        """When Discord made it, in epoch seconds; the token lives 15 minutes from then."""
        return time_of(self.id)


def build_address(guild: str, channel: str, interaction: Interaction | None = None) -> Address:
    """Return the address of a channel, thread or DM, or of the answer to an interaction there.

    A thread is a channel of its own to Discord's rate limits; so is the answer to an interaction.
    """
    workspace = guild or DM
    if interaction is None:
        return Address(PLATFORM, workspace, channel)
    sight = "private" if interaction.is_ephemeral else "public"
    thread = f"{interaction.application}:{interaction.user}:{sight}:{interaction.token}"
    return Address(PLATFORM, workspace, f"{channel}:{interaction.id}", thread)


def read_channel(address: Address) -> str:
    """Return the channel, thread or DM that an address lies in."""
    return address.channel.partition(":")[0]


def read_interaction(address: Address) -> Interaction | None:
    """Return the interaction that an address answers, or None for an ordinary place."""
    found = _INTERACTION.fullmatch(address.thread)
    if found is None:
        return None
    identity = address.channel.partition(":")[2]
    application, user, sight, token = found.groups()
    return Interaction(identity, application, user, token, is_ephemeral=sight == "private")
