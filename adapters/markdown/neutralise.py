"""Take the ping out of outgoing text: what a model or a document wrote must never notify anybody.

The last thing that happens to a text, and safe to repeat: adapters apply it again to what they render.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

# A word joiner shows nothing and breaks no line, and no platform reads a mention across it.
_JOINER = "\u2060"
_OPEN = r"(?:<|&lt;?|&LT;?|&#0*60;?|&#[xX]0*3[cC];?)"
_AT = r"(?:@|&commat;|&#0*64;?|&#[xX]0*40;?)"
_ESCAPES = r"[\\\s\u200b]*"


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
    words = "|".join(map(re.escape, rule.words))
    commands = "|".join(map(re.escape, rule.commands))
    text = re.sub(rf"({_AT})(?={_ESCAPES}(?:{words}))", rf"\1{_JOINER}", text, flags=re.IGNORECASE)
    text = re.sub(rf"({_OPEN})(?={_ESCAPES}!{_ESCAPES}(?:{commands}))", rf"\1{_JOINER}", text, flags=re.IGNORECASE)
    return re.sub(rf"({_OPEN})({_ESCAPES}{_AT}[!&\\\s]*(\w*))", _build_breaker(may_ping), text)


def _build_breaker(may_ping: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def broken(match: re.Match[str]) -> str:
        opened, rest, identity = match.groups()
        is_allowed = (
            opened == "<" and identity in may_ping and rest in {f"@{identity}", f"@!{identity}", f"@&{identity}"}
        )
        return match.group() if is_allowed else f"{opened}{_JOINER}{rest}"

    return broken
