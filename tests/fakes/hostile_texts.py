"""Texts that try to ping, and the platforms' own reading of what pings."""

import html
import random
import re
from collections.abc import Callable

# What Slack and Discord act on, read generously: any case, after one round of entities and backslash escapes.
_PINGS = re.compile(
    r"@(?:everyone|here|channel)|<!(?:channel|here|everyone|group|subteam)|<@[!&]?\w+|<@&\d+", re.IGNORECASE
)
_SEEDS = (
    "@everyone",
    "@here",
    "@channel",
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!subteam^S012>",
    "<@U0AB1>",
    "<@!42>",
    "<@&42>",
)


def read_as_platform(text: str) -> list[str]:
    """Return the forms in which a platform may come to see a text."""
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    return [text, unescaped, html.unescape(text), html.unescape(unescaped)]


def finds_ping(text: str) -> bool:
    """Whether any reading of a text notifies somebody."""
    return any(_PINGS.search(reading) for reading in read_as_platform(text))


def _each_sign(ping: str, disguise: Callable[[str], str]) -> str:
    return "".join(disguise(sign) if sign in "<@!>&" else sign for sign in ping)


def _disguise(rng: random.Random, ping: str) -> str:
    return rng.choice(
        [
            ping,
            html.escape(ping),
            _each_sign(ping, lambda sign: f"&#{ord(sign)};"),
            _each_sign(ping, lambda sign: f"&#x{ord(sign):x};"),
            _each_sign(ping, lambda sign: "\\" + sign),
            "".join(sign.upper() if rng.random() < 0.5 else sign for sign in ping),
            "".join(f"&#{ord(sign)};" for sign in ping),
            f"`{ping}`",
            f"```\n{ping}\n```",
            f"[{ping}](https://docs.example/{ping})",
            rng.choice("<@&!") + ping,
        ]
    )


def write_hostile(rng: random.Random) -> str:
    """Return words with pings in many disguises, next to and inside each other."""
    parts = []
    for _ in range(rng.randint(1, 6)):
        parts.append(rng.choice(["word", "**bold", "x@", "<", "<@", "&lt;", "@", "\\", "\n\n- ", "", " "]))
        parts.append(_disguise(rng, rng.choice(_SEEDS)))
    return rng.choice(["", " "]).join(parts)
