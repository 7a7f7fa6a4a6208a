"""How the bot speaks on each platform: its live replies, and beside them the platform's optional abilities."""

import time
from dataclasses import dataclass

from adapters.contract import Address, Platform
from adapters.live import LiveReplies
from adapters.scheduler import ReplyScheduler


@dataclass(frozen=True, slots=True)
class Outlet:
    """One platform. Threads are read, messages linked and people named only where `platform` can."""

    replies: LiveReplies
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class SupportChannel:
    """Where people of the support are told of a hand-off; `group` is the id of those to ping, if any."""

    address: Address
    group: str = ""


def build_outlet(platform: Platform) -> Outlet:
    """Return the outlet of a platform, whose replies share its limits."""
    return Outlet(ReplyScheduler(platform, clock=time.monotonic), platform)
