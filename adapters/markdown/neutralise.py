"""Take the ping out of outgoing text: what a model or a document wrote must never notify anybody.

The last thing that happens to a text, and safe to repeat: adapters apply it again to what they render.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

# A word joiner shows nothing and breaks no line, and no platform reads a mention across it.
_JOINER = "\u2060"
# The two signs with which a mention begins, as themselves or as an entity, and escaped in any place.
_LESS = r"<|&\\*(?:lt|#\\*0*60|#\\*x0*3c)\\*;?"
_AT = r"@|&\\*(?:commat|#\\*0*64|#\\*x0*40)\\*;?"
_SIGNS = re.compile(rf"(?P<less>{_LESS})|(?P<at>{_AT})", re.IGNORECASE)
# As much of the text behind a sign as can matter: a word, with each letter as an entity.
_AHEAD = 160


@dataclass(frozen=True, slots=True)
class PingRule:
    """What notifies people on a platform.

    `words` ping behind an at sign; in angle brackets `commands` ping behind an exclamation mark, and any id
    behind an at sign. Nothing is lost by treating one platform's pings as pings on all.
    """

    words: tuple[str, ...] = ("everyone", "here", "channel", "group")
    commands: tuple[str, ...] = ("channel", "here", "everyone", "group", "subteam")


def neutralise(text: str, rule: PingRule, may_ping: frozenset[str] = frozenset()) -> str:
    """Return the text with no mention that notifies anybody but the allowed ids. Idempotent."""
    if "@" not in text and "<" not in text and "&" not in text:
        return text
    return _SIGNS.sub(_build_breaker(rule, may_ping), text)


def _build_breaker(rule: PingRule, may_ping: frozenset[str]) -> Callable[[re.Match[str]], str]:
    commands = tuple(f"!{command}" for command in rule.commands)

    def broken(match: re.Match[str]) -> str:
        ahead = match.string[match.end() : match.end() + _AHEAD]
        plain = html.unescape(ahead.replace("\\", "")).casefold()
        if match["at"]:
            pings = plain.startswith(rule.words)
        else:
            pings = plain.startswith(("@", *commands)) and not _is_allowed(match, ahead, may_ping)
        return match.group() + _JOINER if pings else match.group()

    return broken


def _is_allowed(match: re.Match[str], ahead: str, may_ping: frozenset[str]) -> bool:
    """Whether this is a mention in its plain form, of an id that may be pinged."""
    mention, closed, _ = ahead.partition(">")
    identity = mention.removeprefix("@").removeprefix("!").removeprefix("&")
    return match.group() == "<" and bool(closed) and mention.startswith("@") and identity in may_ping
