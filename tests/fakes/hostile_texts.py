"""Texts that try to ping, and the platforms' own reading of what pings."""

import html
import random
import re

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


def _disguise(rng: random.Random, ping: str) -> str:
    way = rng.randrange(9)
    if way == 0:
        return html.escape(ping)
    if way == 1:
        return "".join(f"&#{ord(c)};" if c in "<@!>&" else c for c in ping)
    if way == 2:
        return "".join(f"&#x{ord(c):x};" if c in "<@!>&" else c for c in ping)
    if way == 3:
        return "".join("\\" + c if c in "<@!>&" else c for c in ping)
    if way == 4:
        return "".join(c.upper() if rng.random() < 0.5 else c for c in ping)
    if way == 5:
        return f"`{ping}`" if rng.random() < 0.5 else f"```\n{ping}\n```"
    if way == 6:
        return f"[{ping}](https://docs.example/{ping})"
    if way == 7:
        return rng.choice("<@&!") + ping
    return ping


def write_hostile(rng: random.Random) -> str:
    """Return words with pings in many disguises, next to and inside each other."""
    parts = []
    for _ in range(rng.randint(1, 6)):
        parts.append(rng.choice(["word", "**bold", "x@", "<", "<@", "&lt;", "@", "\\", "\n\n- ", "", " "]))
        parts.append(_disguise(rng, rng.choice(_SEEDS)))
    return rng.choice(["", " "]).join(parts)
