"""Slack's rate limits: buckets for each method and workspace, and for posts for each channel too."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.slack.refusal import RateLimited


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls a minute, and how many may come at once."""

    per_minute: float
    burst: int


# Slack publishes the tiers as lower bounds and says that bursts are tolerated; the bursts are assumptions.
TIER_1, TIER_2, TIER_3, TIER_4 = Rate(1, 5), Rate(20, 5), Rate(50, 10), Rate(100, 20)
GENEROUS = Rate(600, 100)


def published_rates() -> dict[str, Rate]:
    """Return the rate of every method that has a limit of its own in Slack's reference."""
    return {
        "agents.sessions.setStatus": TIER_3,  # none is stated
        "apps.connections.open": Rate(60, 60),  # Tier 1 on paper; a client that reconnects calls it often
        "assistant.threads.setStatus": GENEROUS,
        "assistant.threads.setSuggestedPrompts": TIER_3,
        "assistant.threads.setTitle": TIER_3,
        "auth.test": GENEROUS,
        "bots.info": TIER_3,
        "chat.appendStream": TIER_4,
        "chat.delete": TIER_3,
        "chat.getPermalink": GENEROUS,
        "chat.postEphemeral": TIER_4,
        "chat.postMessage": Rate(300, 50),
        "chat.startStream": TIER_2,
        "chat.stopStream": TIER_2,
        "chat.update": TIER_3,
        "conversations.history": TIER_3,
        "conversations.info": TIER_3,
        "conversations.open": TIER_3,
        "conversations.replies": TIER_3,
        "files.completeUploadExternal": TIER_4,
        "files.getUploadURLExternal": TIER_4,
        "oauth.v2.access": TIER_4,
        "reactions.add": TIER_3,
        "reactions.remove": TIER_2,
        "team.info": TIER_3,
        "users.conversations": TIER_3,
        "users.info": TIER_4,
        "views.open": TIER_4,
        "views.publish": TIER_4,
    }


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class RateLimits:
    """Counts calls. `rates` and `post_per_channel` can be set; `refused` counts the refusals by method.

    With `as_200` a refusal comes as HTTP 200 and `ok: false`, as Slack does at times.
    """

    clock: Callable[[], float]
    rates: dict[str, Rate] = field(default_factory=published_rates)
    post_per_channel: Rate = Rate(60, 5)
    is_on: bool = True
    as_200: bool = False
    refused: Counter[str] = field(default_factory=Counter)
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def spend(self, method: str, workspace: str, channel: str) -> None:
        """Count a call, or raise RateLimited and count nothing."""
        if not self.is_on:
            return
        asked = [(self.rates[method], method, workspace)] if method in self.rates else []
        if method == "chat.postMessage":
            asked.append((self.post_per_channel, "in one channel", f"{workspace} {channel}"))
        buckets = [(self._filled(rate, name, scope), rate) for rate, name, scope in asked]
        wait = max(((1 - bucket.tokens) * 60 / rate.per_minute for bucket, rate in buckets), default=0.0)
        if wait > 1e-9:  # what floating point leaves of a bucket that is just filled
            self.refused[method] += 1
            raise RateLimited(max(1, math.ceil(wait)))
        for bucket, _ in buckets:
            bucket.tokens -= 1

    def _filled(self, rate: Rate, name: str, scope: str) -> _Bucket:
        now = self.clock()
        bucket = self._buckets.setdefault((name, scope), _Bucket(rate.burst, now))
        bucket.tokens = min(rate.burst, bucket.tokens + max(0.0, now - bucket.at) * rate.per_minute / 60)
        bucket.at = now
        return bucket
